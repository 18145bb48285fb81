-- A project with a budget, by the period in which the budget counts: all of it, or each week, month
-- or year where it begins anew.
with budgets as (
    select * from {{ ref('dim_project') }} where budget_seconds is not null or budget_amount is not null
),

{% set period = "case upper(coalesce(budgets.reset_rule, '')) when 'WEEKLY' then " ~ week_of('used.day')
    ~ " when 'MONTHLY' then " ~ month_of('used.day')
    ~ " when 'YEARLY' then cast(date_trunc('year', used.day) as date) else date '2000-01-01' end" %}
used as (
    select project_key, day, seconds, is_billable, currency,
        case when is_billable then bill_amount else 0 end as amount, false as is_expense
    from {{ ref('fct_time_entry_day') }}
    where is_worked
    union all
    select {{ key_of('expense.project_id', 'expense') }}, expense.day, 0, expense.is_billable, account.currency,
        {{ units_of('expense.total_minor', 'account.currency') }}, true
    from {{ ref('stg_expenses') }} as expense
    join {{ ref('dim_account') }} as account on account.account = expense.account
),

periods as (
    select
        budgets.project_key,
        {{ period }} as period,
        sum(case when used.is_billable or budgets.budget_has_non_billable then used.seconds else 0 end) as seconds,
        sum(case when used.is_expense and not budgets.budget_has_expenses then 0
            when used.currency = budgets.currency then used.amount else 0 end) as amount,
        -- what went in the last four weeks, of which the average is what goes in one
        sum(case when used.day > account.today - 28 and used.day <= account.today
            and (used.is_billable or budgets.budget_has_non_billable) then used.seconds else 0 end) as recent_seconds,
        max(case when used.currency <> budgets.currency then 1 else 0 end) = 1 as has_other_currency
    from budgets
    join used on used.project_key = budgets.project_key
    join {{ ref('dim_account') }} as account on account.account = budgets.account
    group by 1, 2
)

select
    budgets.account, budgets.project_key, periods.period,
    budgets.reset_rule, budgets.currency,
    budgets.budget_seconds,
    cast(periods.seconds as bigint) as used_seconds,
    cast(budgets.budget_seconds - periods.seconds as bigint) as left_seconds,
    cast(periods.seconds * cast(1.0 as decimal(5, 4)) / nullif(budgets.budget_seconds, 0) as decimal(12, 4)) as used_share,
    budgets.budget_amount,
    cast(periods.amount as decimal(18, 4)) as used_amount,
    cast(periods.amount / nullif(budgets.budget_amount, 0) as decimal(12, 4)) as used_amount_share,
    cast({{ whole_division('cast(periods.recent_seconds as bigint)', '4') }} as bigint) as seconds_a_week,
    periods.has_other_currency
from budgets
join periods on periods.project_key = budgets.project_key
