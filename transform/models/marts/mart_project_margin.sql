-- What a project earned and cost, by month and currency. A cost in another currency than the price is
-- a row of its own, not a difference.
with money as (
    select account, project_key, {{ month_of('day') }} as month, currency,
        seconds, bill_amount as revenue, 0 as cost, 0 as expenses,
        case when is_billable and bill_amount is null and not is_running then 1 else 0 end as without_rate, 0 as without_cost
    from {{ ref('fct_time_entry_day') }}
    union all
    select account, project_key, {{ month_of('day') }}, cost_currency,
        0, 0, cost_amount, 0, 0, case when cost_amount is null and not is_running then 1 else 0 end
    from {{ ref('fct_time_entry_day') }}
    union all
    select expense.account, {{ key_of('expense.project_id', 'expense') }}, {{ month_of('expense.day') }}, account.currency,
        0, 0, 0, {{ units_of('expense.total_minor', 'account.currency') }}, 0, 0
    from {{ ref('stg_expenses') }} as expense
    join {{ ref('dim_account') }} as account on account.account = expense.account
),

months as (
    select account, project_key, month, currency,
        cast(sum(seconds) as bigint) as seconds,
        cast(coalesce(sum(revenue), 0) as decimal(18, 4)) as revenue,
        cast(coalesce(sum(cost), 0) as decimal(18, 4)) as cost,
        cast(coalesce(sum(expenses), 0) as decimal(18, 4)) as expenses,
        cast(sum(without_rate) as bigint) as entries_without_rate,
        cast(sum(without_cost) as bigint) as entries_without_cost
    from money
    group by 1, 2, 3, 4
)

select
    *,
    cast(revenue - cost - expenses as decimal(18, 4)) as margin,
    cast(revenue * 3600 / nullif(seconds, 0) as decimal(18, 4)) as revenue_per_hour
from months
