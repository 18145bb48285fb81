-- A project with a budget, by the period in which the budget counts: all of it, or each week, month
-- or year where it begins anew. What goes on as it went in the last four weeks is a forecast, not a plan.
with budgets as (
    select project.*, account.today
    from {{ ref('dim_project') }} as project
    join {{ ref('dim_account') }} as account on account.account = project.account
    where project.budget_seconds is not null or project.budget_amount is not null
),

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

counted as ( -- what counts against a budget, by day
    select budgets.project_key, {{ budget_period('used.day', 'budgets.reset_rule') }} as period, used.day,
        sum(case when used.is_billable or budgets.budget_has_non_billable then used.seconds else 0 end) as seconds,
        sum(case when used.is_expense and not budgets.budget_has_expenses then 0
            when used.currency = budgets.currency then used.amount else 0 end) as amount,
        max(case when used.currency <> budgets.currency then 1 else 0 end) as other_currency
    from budgets
    join used on used.project_key = budgets.project_key
    group by 1, 2, 3
    union all
    -- the period of today is there even if nothing went in it yet
    select project_key, {{ budget_period('today', 'budgets.reset_rule') }}, today, 0, 0, 0 from budgets
),

burning as (
    select counted.*,
        -- the last four weeks, whatever periods they lie in
        sum(case when counted.day > budgets.today - 28 and counted.day <= budgets.today then counted.seconds else 0 end)
            over (partition by counted.project_key) as recent_seconds,
        sum(case when counted.day > budgets.today - 28 and counted.day <= budgets.today then counted.amount else 0 end)
            over (partition by counted.project_key) as recent_amount,
        sum(counted.seconds) over (partition by counted.project_key, counted.period order by counted.day) as seconds_until,
        sum(counted.amount) over (partition by counted.project_key, counted.period order by counted.day) as amount_until,
        budgets.budget_seconds, budgets.budget_amount
    from counted
    join budgets on budgets.project_key = counted.project_key
),

periods as (
    select
        project_key, period,
        cast(sum(seconds) as bigint) as seconds,
        cast(sum(amount) as decimal(18, 4)) as amount,
        cast(max(recent_seconds) as bigint) as recent_seconds,
        cast(max(recent_amount) as decimal(18, 4)) as recent_amount,
        min(case when seconds_until >= budget_seconds then day end) as seconds_gone_on,
        min(case when amount_until >= budget_amount then day end) as amount_gone_on,
        max(other_currency) = 1 as has_other_currency
    from burning
    group by 1, 2
),

ends as (
    select
        budgets.account, periods.*, budgets.today, budgets.reset_rule, budgets.currency, budgets.budget_seconds, budgets.budget_amount,
        cast(case upper(coalesce(budgets.reset_rule, ''))
            when 'WEEKLY' then periods.period + interval '6 days'
            when 'MONTHLY' then periods.period + interval '1 month' - interval '1 day'
            when 'YEARLY' then periods.period + interval '1 year' - interval '1 day'
        end as date) as period_end
    from periods
    join budgets on budgets.project_key = periods.project_key
),

planned as (
    select ends.project_key, ends.period, sum(days.seconds) as seconds
    from ends
    join ({{ planned_days() }}) as days
        on days.project_key = ends.project_key and days.day > ends.today
        and days.day >= ends.period and days.day <= coalesce(ends.period_end, days.day)
    group by 1, 2
),

foreseen as (
    select
        ends.*,
        cast(coalesce(planned.seconds, 0) as bigint) as planned_seconds,
        -- a period that lies ahead has no past to go by
        ends.period <= ends.today as has_begun,
        greatest(coalesce({{ days_between('ends.today', 'ends.period_end') }}, 0), 0) as days_left,
        {%- for what in ['seconds', 'amount'] %}
        -- the day on which it was used up; else the one on which it will be, if that is within ten years
        coalesce(ends.{{ what }}_gone_on, case
            when ends.recent_{{ what }} > 0 and ends.period <= ends.today
                and (ends.budget_{{ what }} - ends.{{ what }}) * 28 <= ends.recent_{{ what }} * 3650
            then {{ days_later('ends.today', 'ceil((ends.budget_' ~ what ~ ' - ends.' ~ what ~ ') * 28.0 / ends.recent_' ~ what ~ ')') }}
        end) as {{ what }}_out_on{{ ',' if not loop.last }}
        {%- endfor %}
    from ends
    left join planned on planned.project_key = ends.project_key and planned.period = ends.period
)

select
    account, project_key, period, period_end, reset_rule, currency,
    budget_seconds,
    seconds as used_seconds,
    cast(budget_seconds - seconds as bigint) as left_seconds,
    {{ share('seconds', 'budget_seconds') }} as used_share,
    budget_amount,
    amount as used_amount,
    cast(amount / nullif(budget_amount, 0) as decimal(12, 4)) as used_amount_share,
    cast({{ whole_division('recent_seconds', '4') }} as bigint) as seconds_a_week,
    cast(recent_amount * cast(0.25 as decimal(3, 2)) as decimal(18, 4)) as amount_a_week,
    planned_seconds,
    -- of time and money whichever is used up first; empty where the period ends before
    case when least(coalesce(seconds_out_on, amount_out_on), coalesce(amount_out_on, seconds_out_on)) <= coalesce(period_end, date '9999-12-31')
        then least(coalesce(seconds_out_on, amount_out_on), coalesce(amount_out_on, seconds_out_on)) end as runs_out_on,
    -- at the end of the period; a budget that never begins anew has no end, so what is planned counts
    cast(case when not has_begun then null
        when period_end is not null then seconds + {{ whole_division('recent_seconds * days_left', '28') }}
        when planned_seconds > 0 then seconds + planned_seconds end as bigint) as forecast_seconds,
    cast(case when has_begun and period_end is not null then amount + recent_amount * days_left / 28 end as decimal(18, 4)) as forecast_amount,
    has_other_currency
from foreseen
