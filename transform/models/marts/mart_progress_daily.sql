-- Perform, by activity and day: what was done, and what it took. Undefined is null, not zero.
{% set earned -%}
cast(both_of.quantity as double precision) * cast(activity.revised_budget_labour as double precision) / nullif(cast(activity.revised_budget_quantity as double precision), 0)
{%- endset -%}
with done as (
    select account, activity_code, day, sum(quantity) as quantity,
        max(quantity_to_date) as quantity_to_date, max(percent_complete) as percent_complete
    from {{ ref('stg_progress') }} group by 1, 2, 3
),

used as (
    select account, activity_code, day,
        -- hours of people; quantities of other units are not hours
        sum(case when resource_type = 'People' and is_hours then quantity end) as hours,
        sum(cost) as cost
    from {{ ref('stg_usage') }}
    where activity_code is not null and coalesce(status, '') <> 'rejected'
    group by 1, 2, 3
),

both_of as (
    select
        coalesce(done.account, used.account) as account,
        coalesce(done.activity_code, used.activity_code) as activity_code,
        coalesce(done.day, used.day) as day,
        done.quantity, done.quantity_to_date, done.percent_complete, used.hours, used.cost
    from done full join used
        on used.account = done.account and used.activity_code = done.activity_code and used.day = done.day
)

select
    {{ key_of('both_of.activity_code', 'both_of') }} as activity_key,
    both_of.account, both_of.activity_code, activity.name, activity.unit, both_of.day,
    cast(both_of.quantity as decimal(38, 4)) as quantity,
    cast(both_of.quantity_to_date as decimal(38, 4)) as quantity_to_date,
    cast(both_of.percent_complete as decimal(38, 4)) as percent_complete,
    -- percent complete is cumulative: a day's own is the difference to the time before
    cast(both_of.percent_complete - lag(both_of.percent_complete) over (
        partition by both_of.account, both_of.activity_code, case when both_of.percent_complete is null then 1 else 0 end order by both_of.day
    ) as decimal(38, 4)) as percent_gained,
    cast(both_of.hours as decimal(38, 4)) as hours,
    cast(both_of.cost as decimal(38, 4)) as cost,
    cast(cast(both_of.hours as double precision) / nullif(cast(both_of.quantity as double precision), 0) as decimal(38, 4)) as hours_per_unit,
    cast({{ earned }} as decimal(38, 4)) as earned_hours,
    cast({{ earned }} / nullif(cast(both_of.hours as double precision), 0) as decimal(38, 4)) as performance_factor
from both_of
left join {{ ref('stg_activities') }} as activity
    on activity.account = both_of.account and activity.activity_code = both_of.activity_code
