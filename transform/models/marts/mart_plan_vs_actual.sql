-- Planned beside worked, by week.
with planned as (
    select account, member_key, project_key, week, sum(seconds) as seconds
    from ({{ planned_days() }}) as days
    group by 1, 2, 3, 4
),

worked as (
    select account, member_key, project_key, {{ week_of('day') }} as week, sum(seconds) as seconds
    from {{ ref('fct_time_entry_day') }}
    where is_worked and project_key is not null
    group by 1, 2, 3, 4
)

select
    coalesce(planned.account, worked.account) as account,
    coalesce(planned.member_key, worked.member_key) as member_key,
    coalesce(planned.project_key, worked.project_key) as project_key,
    coalesce(planned.week, worked.week) as week,
    cast(coalesce(planned.seconds, 0) as bigint) as planned_seconds,
    cast(coalesce(worked.seconds, 0) as bigint) as worked_seconds,
    cast(coalesce(worked.seconds, 0) - coalesce(planned.seconds, 0) as bigint) as difference_seconds
from planned
full join worked
    on worked.member_key = planned.member_key and worked.project_key = planned.project_key and worked.week = planned.week
