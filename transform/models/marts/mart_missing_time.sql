-- Days before today on which less is there than is expected.
select
    day.account, day.member_key, day.day,
    day.expected_seconds,
    day.tracked_seconds,
    day.expected_seconds - day.tracked_seconds as missing_seconds,
    cast({{ days_between('day.day', 'account.today') }} as bigint) as days_late,
    day.approver_key
from {{ ref('fct_member_day') }} as day
join {{ ref('dim_account') }} as account on account.account = day.account
where day.is_to_complete_time and day.day < account.today and day.tracked_seconds < day.expected_seconds
