-- Perform, by activity and day of a snapshot. All three budgets stand beside each other; forecasts are
-- of the revised one. For a node or a project, add up earned, actual and planned, and divide then.
{% set forecast -%}
cast(activity.revised_budget_cost as double precision) * cast(snapshot.actual as double precision) / nullif(cast(snapshot.earned as double precision), 0)
{%- endset -%}
with snapshots as (
    select account, activity_code, day,
        sum(earned) as earned, sum(actual) as actual, sum(planned) as planned, count(*) as snapshots
    from {{ ref('stg_snapshots') }} group by 1, 2, 3
)

select
    {{ key_of('snapshot.activity_code', 'snapshot') }} as activity_key,
    snapshot.account, snapshot.activity_code, activity.name, activity.wbs_code, activity.discipline, snapshot.day,
    activity.original_budget_cost, activity.revised_budget_cost, activity.current_estimate_cost,
    cast(snapshot.earned as decimal(38, 4)) as earned,
    cast(snapshot.actual as decimal(38, 4)) as actual,
    cast(snapshot.planned as decimal(38, 4)) as planned,
    cast(snapshot.earned - snapshot.planned as decimal(38, 4)) as schedule_variance,
    cast(snapshot.earned - snapshot.actual as decimal(38, 4)) as cost_variance,
    cast(cast(snapshot.earned as double precision) / nullif(cast(snapshot.planned as double precision), 0) as decimal(38, 4)) as schedule_index,
    cast(cast(snapshot.earned as double precision) / nullif(cast(snapshot.actual as double precision), 0) as decimal(38, 4)) as cost_index,
    cast({{ forecast }} as decimal(38, 4)) as estimate_at_completion,
    cast({{ forecast }} - cast(snapshot.actual as double precision) as decimal(38, 4)) as estimate_to_complete,
    cast(cast(activity.revised_budget_cost as double precision) - {{ forecast }} as decimal(38, 4)) as variance_at_completion,
    cast(snapshot.snapshots as bigint) as snapshots
from snapshots as snapshot
left join {{ ref('stg_activities') }} as activity
    on activity.account = snapshot.account and activity.activity_code = snapshot.activity_code
