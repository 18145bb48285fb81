-- The same by node of the work breakdown structure and discipline, as of each day on which the project has
-- a snapshot: each activity counts by its last one until then. Sums first, then ratios. A node has its own
-- activities, not those of nodes below it: how codes name their parents is not documented.
with snapshots as (
    select *, lead(day) over (partition by account, activity_code order by day) as next_day
    from {{ ref('mart_earned_value') }}
    where day is not null
),

days as (
    select distinct account, day from snapshots
),

-- Activities that no snapshot has yet are part of the budget.
activities as (
    select account, activity_code, wbs_code, discipline, original_budget_cost, revised_budget_cost, current_estimate_cost
    from {{ ref('stg_activities') }}
    union all
    select distinct account, activity_code, wbs_code, discipline, original_budget_cost, revised_budget_cost, current_estimate_cost
    from snapshots
    where not exists (
        select 1 from {{ ref('stg_activities') }} as activity
        where activity.account = snapshots.account and activity.activity_code = snapshots.activity_code
    )
),

nodes as (
    select
        activities.account, activities.wbs_code, activities.discipline, days.day,
        cast(count(*) as bigint) as activities,
        cast(count(snapshots.activity_code) as bigint) as activities_with_snapshot,
        cast(sum(activities.original_budget_cost) as decimal(38, 4)) as original_budget_cost,
        cast(sum(activities.revised_budget_cost) as decimal(38, 4)) as revised_budget_cost,
        cast(sum(activities.current_estimate_cost) as decimal(38, 4)) as current_estimate_cost,
        sum(snapshots.earned) as earned, sum(snapshots.actual) as actual, sum(snapshots.planned) as planned
    from activities
    join days on days.account = activities.account
    left join snapshots
        on snapshots.account = activities.account and snapshots.activity_code = activities.activity_code
        and snapshots.day <= days.day and (snapshots.next_day is null or snapshots.next_day > days.day)
    group by 1, 2, 3, 4
)

select
    account, wbs_code, discipline, day, activities, activities_with_snapshot,
    original_budget_cost, revised_budget_cost, current_estimate_cost,
    {{ earned_value('revised_budget_cost', 'earned', 'actual', 'planned') }},
    {{ ratio('earned', 'revised_budget_cost') }} as earned_share
from nodes
