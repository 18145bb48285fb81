{# Sums and ratios that several marts have. #}

{# People against capacity, by a member's period. Ratios are of sums, and null where nothing was available. #}
{% macro utilization(period, of_day) %}
with periods as (
    select
        account, member_key, {{ of_day }} as {{ period }},
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
    {{ share('tracked_seconds', 'available_seconds') }} as tracked_utilization,
    {{ share('billable_seconds', 'available_seconds') }} as billable_utilization
from periods
{% endmacro %}

{# Seconds by seconds, in decimals; null where there is nothing to divide by. #}
{% macro share(part, whole) -%}
cast({{ part }} * cast(1.0 as decimal(5, 4)) / nullif({{ whole }}, 0) as decimal(12, 4))
{%- endmacro %}

{# One number by another; null where that is undefined, never 0 or infinite. #}
{% macro ratio(a, b) -%}
cast(cast({{ a }} as double precision) / nullif(cast({{ b }} as double precision), 0) as decimal(38, 4))
{%- endmacro %}

{# What follows of a budget at completion, earned value, actual cost and planned value. #}
{% macro earned_value(budget, earned, actual, planned) %}
{%- set forecast = "cast(" ~ budget ~ " as double precision) * cast(" ~ actual ~ " as double precision) / nullif(cast(" ~ earned ~ " as double precision), 0)" -%}
    cast({{ earned }} as decimal(38, 4)) as earned,
    cast({{ actual }} as decimal(38, 4)) as actual,
    cast({{ planned }} as decimal(38, 4)) as planned,
    cast({{ earned }} - {{ planned }} as decimal(38, 4)) as schedule_variance,
    cast({{ earned }} - {{ actual }} as decimal(38, 4)) as cost_variance,
    {{ ratio(earned, planned) }} as schedule_index,
    {{ ratio(earned, actual) }} as cost_index,
    cast({{ forecast }} as decimal(38, 4)) as estimate_at_completion,
    cast({{ forecast }} - cast({{ actual }} as double precision) as decimal(38, 4)) as estimate_to_complete,
    cast(cast({{ budget }} as double precision) - {{ forecast }} as decimal(38, 4)) as variance_at_completion
{%- endmacro %}
