-- Weeks from Monday. Ratios are of sums, and null where nothing was available: for a team, add the
-- seconds up and divide then.
with weeks as (
    select
        account, member_key, {{ week_of('day') }} as week,
        cast(sum(capacity_seconds) as bigint) as capacity_seconds,
        cast(sum(holiday_seconds) as bigint) as holiday_seconds,
        cast(sum(time_off_seconds) as bigint) as time_off_seconds,
        cast(sum(expected_seconds) as bigint) as available_seconds,
        cast(sum(tracked_seconds) as bigint) as tracked_seconds,
        cast(sum(billable_seconds) as bigint) as billable_seconds
    from {{ ref('fct_member_day') }}
    group by 1, 2, 3
)

select
    *,
    tracked_seconds - billable_seconds as internal_seconds,
    greatest(tracked_seconds - available_seconds, 0) as overtime_seconds,
    cast(tracked_seconds * cast(1.0 as decimal(5, 4)) / nullif(available_seconds, 0) as decimal(12, 4)) as tracked_utilization,
    cast(billable_seconds * cast(1.0 as decimal(5, 4)) / nullif(available_seconds, 0) as decimal(12, 4)) as billable_utilization
from weeks
