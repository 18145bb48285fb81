-- What is expected of a member on a day, and what is there. The days are those between the first
-- and the last on which the member is known to have been there.
with tracked as (
    select
        account, member_key, day,
        cast(sum(case when is_worked then seconds else 0 end) as bigint) as seconds,
        cast(sum(case when is_worked and is_billable then seconds else 0 end) as bigint) as billable_seconds
    from {{ ref('fct_time_entry_day') }}
    group by 1, 2, 3
),

bounds as (
    select member_key, min(day) as first_day, max(day) as last_day from tracked group by 1
),

accounts as (
    select account, min(day) as first_day from tracked group by 1
),

present as (
    select
        member.*,
        coalesce(member.employed_from, bounds.first_day, accounts.first_day) as first_day,
        -- who left is expected until the last day on which there is anything
        least(account.today, case
            when member.employed_to is not null then member.employed_to
            when member.status = 'active' then account.today
            else coalesce(bounds.last_day, accounts.first_day)
        end) as last_day
    from {{ ref('dim_member') }} as member
    join {{ ref('dim_account') }} as account on account.account = member.account
    join accounts on accounts.account = member.account
    left join bounds on bounds.member_key = member.member_key
),

absent as (
    select
        {{ key_of('absence.member_id') }} as member_key,
        calendar.day,
        least(sum(case when absence.reason = 'holiday' then absence.share else 0 end), 1) as holiday,
        least(sum(case when absence.reason = 'time off' then absence.share else 0 end), 1) as time_off
    from {{ ref('stg_absences') }} as absence
    join {{ ref('dim_day') }} as calendar on calendar.day between absence.first_day and absence.last_day
    group by 1, 2
),

shares as (
    select
        present.account, present.member_key, calendar.day, present.is_to_complete_time, present.approver_key,
        case when present.working_days like '%' || calendar.weekday || '%' then present.capacity_seconds else 0 end as capacity_seconds,
        coalesce(absent.holiday, 0) as holiday,
        -- a holiday during time off is a holiday
        least(coalesce(absent.time_off, 0), 1 - coalesce(absent.holiday, 0)) as time_off
    from present
    join {{ ref('dim_day') }} as calendar
        -- a day with time is there whether or not it was expected
        on calendar.day between present.first_day and present.last_day
    left join absent on absent.member_key = present.member_key and absent.day = calendar.day
),

days as (
    select account, member_key, day, is_to_complete_time, approver_key, capacity_seconds,
        case when not is_to_complete_time then 'exempt' when capacity_seconds = 0 then 'day off'
            when holiday = 1 then 'holiday' when holiday + time_off = 1 then 'time off' end as nothing_expected,
        cast(floor(capacity_seconds * holiday) as bigint) as holiday_seconds,
        cast(floor(capacity_seconds * time_off) as bigint) as time_off_seconds
    from shares
    union all
    select tracked.account, tracked.member_key, tracked.day, false, cast(null as {{ text_type() }}), 0, 'not employed', 0, 0
    from tracked
    where not exists (
        select 1 from shares where shares.member_key = tracked.member_key and shares.day = tracked.day
    )
)

select
    days.account, days.member_key, days.day, days.is_to_complete_time, days.approver_key,
    cast(days.capacity_seconds as bigint) as capacity_seconds,
    days.holiday_seconds,
    days.time_off_seconds,
    cast(days.capacity_seconds - days.holiday_seconds - days.time_off_seconds as bigint) as expected_seconds,
    days.nothing_expected,
    coalesce(tracked.seconds, 0) as tracked_seconds,
    coalesce(tracked.billable_seconds, 0) as billable_seconds
from days
left join tracked on tracked.member_key = days.member_key and tracked.day = days.day
