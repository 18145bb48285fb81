-- Perform, by activity and day of a snapshot. All three budgets stand beside each other; forecasts are
-- of the revised one. Nodes: mart_earned_value_wbs.
with snapshots as (
    select account, activity_code, day,
        sum(earned) as earned, sum(actual) as actual, sum(planned) as planned, count(*) as snapshots
    from {{ ref('stg_snapshots') }} group by 1, 2, 3
)

select
    {{ key_of('snapshot.activity_code', 'snapshot') }} as activity_key,
    snapshot.account, snapshot.activity_code, activity.name, activity.wbs_code, activity.discipline, snapshot.day,
    activity.original_budget_cost, activity.revised_budget_cost, activity.current_estimate_cost,
    {{ earned_value('activity.revised_budget_cost', 'snapshot.earned', 'snapshot.actual', 'snapshot.planned') }},
    cast(snapshot.snapshots as bigint) as snapshots
from snapshots as snapshot
left join {{ ref('stg_activities') }} as activity
    on activity.account = snapshot.account and activity.activity_code = snapshot.activity_code
