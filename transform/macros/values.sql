{# What differs between databases, one macro each. #}

{# A member of a JSON object as text; null where any step is missing. #}
{% macro json_text(column, path) %}
{%- if target.type == 'postgres' -%}
(cast({{ column }} as jsonb) #>> '{ {{- path | replace('.', ',') -}} }')
{%- elif target.type == 'snowflake' -%}
cast(get_path(try_parse_json(cast({{ column }} as varchar)), '{{ path }}') as varchar)
{%- else -%}
json_extract_string(cast({{ column }} as json), '$.{{ path }}')
{%- endif -%}
{% endmacro %}

{# A list as JSON text, whether it was loaded as JSON, as its text or as an array. #}
{% macro list_text(column) %}
{%- if target.type == 'postgres' -%}
(case when jsonb_typeof(to_jsonb({{ column }})) = 'string' then to_jsonb({{ column }}) #>> '{}' else cast(to_jsonb({{ column }}) as text) end)
{%- else -%} cast({{ column }} as varchar) {%- endif -%}
{% endmacro %}

{# Join each text of a list (JSON text) as `alias.value`; a row whose list is null or empty has none. #}
{% macro each_text(list, alias) %}
{%- if target.type == 'postgres' -%}
cross join lateral jsonb_array_elements_text(case when {{ list }} like '[%' then cast({{ list }} as jsonb) else '[]' end) as {{ alias }} (value)
{%- elif target.type == 'snowflake' -%}
cross join lateral flatten(input => try_parse_json(case when {{ list }} like '[%' then {{ list }} else '[]' end)) as {{ alias }}
{%- else -%}
cross join lateral (select unnest(case when {{ list }} like '[%' then cast(cast({{ list }} as json) as varchar[]) else [] end) as value) as {{ alias }}
{%- endif -%}
{% endmacro %}

{# The text that `each_text` joined; Snowflake's is a VARIANT until it is cast. #}
{% macro text_of(alias) -%} cast({{ alias }}.value as {{ text_type() }}) {%- endmacro %}

{# A timestamp of UTC as the wall clock of a zone shows it, and back. #}
{% macro to_local(timestamp, zone) %}
{%- if target.type == 'snowflake' -%} convert_timezone('UTC', {{ zone }}, {{ timestamp }})
{%- else -%} (({{ timestamp }} at time zone 'UTC') at time zone {{ zone }}) {%- endif -%}
{% endmacro %}
{% macro to_utc(timestamp, zone) %}
{%- if target.type == 'snowflake' -%} convert_timezone({{ zone }}, 'UTC', {{ timestamp }})
{%- else -%} (({{ timestamp }} at time zone {{ zone }}) at time zone 'UTC') {%- endif -%}
{% endmacro %}

{# When a snapshot is made, in UTC: dbt's own go by the time zone of the session. #}
{% macro postgres__snapshot_get_time() -%} ({{ current_timestamp() }} at time zone 'UTC') {%- endmacro %}
{% macro duckdb__snapshot_get_time() -%} ({{ current_timestamp() }} at time zone 'UTC') {%- endmacro %}

{# Whole seconds between two timestamps. #}
{% macro seconds_between(start, end) %}
{%- if target.type == 'postgres' -%} cast(floor(extract(epoch from ({{ end }} - {{ start }}))) as bigint)
{%- else -%} cast(datediff('second', {{ start }}, {{ end }}) as bigint) {%- endif -%}
{% endmacro %}

{% macro days_between(start, end) -%} ({{ end }} - {{ start }}) {%- endmacro %}

{% macro days_later(day, days) %}
{%- if target.type == 'snowflake' -%} cast(dateadd('day', {{ days }}, {{ day }}) as date)
{%- else -%} ({{ day }} + cast({{ days }} as integer)) {%- endif -%}
{% endmacro %}

{# Integers divided and cut: plain `/` of DuckDB gives a floating point number, that of Snowflake a decimal
   of six digits, enough for the divisors here. #}
{% macro whole_division(a, b) %}
{%- if target.type == 'postgres' -%} ({{ a }} / {{ b }})
{%- elif target.type == 'snowflake' -%} cast(floor({{ a }} / {{ b }}) as bigint)
{%- else -%} ({{ a }} // {{ b }}) {%- endif -%}
{% endmacro %}

{# Money of a rate and seconds, to a ten-thousandth of a unit, in whole numbers throughout: no
   database's rounding of floating point decides about the last digit. #}
{% macro amount_of(rate, seconds) -%}
cast({{ whole_division("(cast(" ~ rate ~ " * 10000 as bigint) * " ~ seconds ~ " + 1800)", "3600") }} * cast(0.0001 as decimal(5, 4)) as decimal(18, 4))
{%- endmacro %}

{# Hours of seconds, to a ten-thousandth; for showing. Sums are made of seconds. #}
{% macro hours_of(seconds) -%}
cast({{ whole_division("(" ~ seconds ~ " * 10000 + 1800)", "3600") }} * cast(0.0001 as decimal(5, 4)) as decimal(12, 4))
{%- endmacro %}

{# An expression by the digits that the minor unit of a currency has: <digits> and <unit> in it stand for 2
   and 0.01, for 0 and 1 with yen. #}
{% macro by_digits(currency, expression) -%}
{%- set units = {0: '1', 1: '0.1', 2: '0.01', 3: '0.001', 4: '0.0001'} -%}
case
    {%- for digits in var('minor_digits').values() | unique | sort %}
    when {{ currency }} in (
        {%- set comma = joiner(', ') -%}
        {%- for code, own in var('minor_digits').items() if own == digits %}{{ comma() }}'{{ code }}'{% endfor -%}
    ) then {{ expression | replace('<digits>', digits) | replace('<unit>', units[digits]) }}
    {%- endfor %}
    else {{ expression | replace('<digits>', 2) | replace('<unit>', units[2]) }} end
{%- endmacro %}

{# Minor units as units: 10550 are 105.50 EUR, 10550 JPY and 10.550 KWD. #}
{% macro units_of(minor, currency) -%}
cast(cast({{ minor }} as decimal(18, 4)) * {{ by_digits(currency, '<unit>') }} as decimal(18, 4))
{%- endmacro %}

{# Money as it is printed: half a minor unit is rounded up. #}
{% macro printed(amount, currency) -%}
cast({{ by_digits(currency, 'round(cast(' ~ amount ~ ' as decimal(18, 4)), <digits>)') }} as decimal(18, 4))
{%- endmacro %}

{# Seconds by the rule of invoices, the variable `invoice_rounding`. #}
{% macro rounded_seconds(seconds) -%}
{%- set rule = var('invoice_rounding') -%}
{%- set step = (rule.get('minutes', 0) * 60) | int -%}
{%- if not step -%} {{ seconds }}
{%- else -%}
{%- set more = {'down': 0, 'nearest': step // 2, 'up': step - 1}[rule.get('direction', 'nearest')] -%}
({{ whole_division('(' ~ seconds ~ ' + ' ~ more ~ ')', step) }} * {{ step }})
{%- endif -%}
{%- endmacro %}

{# Seconds of an ISO-8601 duration: PT1H30M, PT45S, P1DT2H, PT1.5S; null for anything else. #}
{% macro iso_seconds(text) -%}
{%- set text = "cast(" ~ text ~ " as " ~ text_type() ~ ")" -%}
case when {{ text }} like 'P%' then cast(floor(
    {%- set comma = joiner(' + ') -%}
    {%- for letter, factor in [('D', 86400), ('H', 3600), ('M', 60), ('S', 1)] %}
    {{- comma() }} {{ factor }} * coalesce(cast(nullif({{ iso_part(text, letter) }}, '') as decimal(18, 6)), 0)
    {%- endfor %}) as bigint) end
{%- endmacro %}
{% macro iso_part(text, letter) %}
{%- if target.type == 'postgres' -%} substring({{ text }} from '([0-9.]+){{ letter }}')
{%- elif target.type == 'snowflake' -%} regexp_substr({{ text }}, '([0-9.]+){{ letter }}', 1, 1, 'e', 1)
{%- else -%} regexp_extract({{ text }}, '([0-9.]+){{ letter }}', 1) {%- endif -%}
{% endmacro %}

{# A number that came as text, which may have spaces around; null where it is not one. #}
{% macro number_of(text) %}
{%- if target.type == 'postgres' -%}
cast(case when trim({{ text }}) ~ '^-?[0-9]+(\.[0-9]+)?$' then trim({{ text }}) end as decimal(38, 4))
{%- else -%} try_cast(trim(cast({{ text }} as varchar)) as decimal(38, 4)) {%- endif -%}
{% endmacro %}

{# The day of a text that begins with one (2026-01-31…). #}
{% macro day_of(text) -%} cast(substring(cast({{ text }} as {{ text_type() }}), 1, 10) as date) {%- endmacro %}

{# A day of Perform, whose projects choose how dates are written: 2026-01-31, or by the variable
   `perform_dates`. Anything else is null, never a guess: 03/04/2026 is two days. #}
{% macro perform_day(column) -%}
{%- set text = "cast(" ~ column ~ " as " ~ text_type() ~ ")" -%}
case when {{ text }} like '____-__-__%' then {{ day_of(text) }}
{%- for project, order in var('perform_dates').items() %}
    when project = '{{ project | replace("'", "''") }}' and {{ text }} like '__/__/____%' then
        cast(substring({{ text }}, 7, 4) || '-' || substring({{ text }}, {{ 1 if order == 'mdy' else 4 }}, 2) || '-' || substring({{ text }}, {{ 4 if order == 'mdy' else 1 }}, 2) as date)
{%- endfor %} end
{%- endmacro %}

{# Whether a value of any spelling is true; null stays null. #}
{% macro boolean_of(value) -%} cast({{ value }} as boolean) {%- endmacro %}

{# The Monday of a day's week. #}
{% macro week_of(day) -%} cast(date_trunc('week', {{ day }}) as date) {%- endmacro %}
{% macro month_of(day) -%} cast(date_trunc('month', {{ day }}) as date) {%- endmacro %}

{# The first day of the period in which a budget counts that begins anew by a rule. #}
{% macro budget_period(day, reset_rule) -%}
case upper(coalesce({{ reset_rule }}, '')) when 'WEEKLY' then {{ week_of(day) }} when 'MONTHLY' then {{ month_of(day) }}
    when 'YEARLY' then cast(date_trunc('year', {{ day }}) as date) else date '2000-01-01' end
{%- endmacro %}

{# The day of a week as Clockify writes it. #}
{% macro weekday_of(day) -%}
case {{ 'dayofweekiso(' ~ day ~ ')' if target.type == 'snowflake' else 'cast(extract(isodow from ' ~ day ~ ') as integer)' }} when 1 then 'MONDAY' when 2 then 'TUESDAY' when 3 then 'WEDNESDAY'
when 4 then 'THURSDAY' when 5 then 'FRIDAY' when 6 then 'SATURDAY' else 'SUNDAY' end
{%- endmacro %}

{# All days from one to another, as `day`. #}
{% macro days(first, last) %}
{%- if target.type == 'postgres' -%}
select cast(day as date) as day from generate_series(cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval '1 day') as series (day)
{%- elif target.type == 'snowflake' -%}
select day from (
    select dateadd('day', row_number() over (order by null) - 1, {{ first }}) as day from table(generator(rowcount => 40000))
) as numbered where day <= {{ last }}
{%- else -%}
select cast(unnest(generate_series(cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval '1 day')) as date) as day
{%- endif -%}
{% endmacro %}

{# Days of plans: a plan counts on the member's working days. #}
{% macro planned_days() %}
select plan.account, {{ key_of('plan.member_id', 'plan') }} as member_key, {{ key_of('plan.project_id', 'plan') }} as project_key,
    calendar.day, calendar.week, plan.seconds_a_day as seconds
from {{ ref('stg_plans') }} as plan
join {{ ref('dim_day') }} as calendar on calendar.day between plan.first_day and plan.last_day
left join {{ ref('dim_member') }} as member on member.account = plan.account and member.member_id = plan.member_id
where coalesce(member.working_days, {{ assumed_working_days() }}) like '%' || calendar.weekday || '%'
{% endmacro %}

{# What is assumed of members whose service does not say. #}
{% macro assumed_capacity() -%} {{ (var('capacity_hours') * 3600) | int }} {%- endmacro %}
{% macro assumed_working_days() -%} '{{ var("working_days") | join(",") }}' {%- endmacro %}

{# The account of a row: a workspace of Clockify, a company of ClickTime, a project of Perform. #}
{% macro account_of(part='', relation='') -%}
{{ relation ~ '.' if relation }}_schema {%- if part %} || ':' || {{ relation ~ '.' if relation }}{{ part }} {%- endif %}
{%- endmacro %}

{# A name of a document, with its id behind it where two have the same. #}
{% macro told_apart(name, id, relation) -%}
{{ relation }}.{{ name }} || case when count(*) over (partition by {{ relation }}.account, {{ relation }}.{{ name }}) > 1 then ' (' || {{ relation }}.{{ id }} || ')' else '' end
{%- endmacro %}

{# Whether what a row names is in no list (any more): it was deleted, or its list was not selected. #}
{% macro is_in_no_list(relation, list, id) -%}
not exists (
        select 1 from {{ ref(list) }} as listed
        where listed.account = {{ relation }}.account and listed.{{ id }} = {{ relation }}.{{ id }}
    )
{%- endmacro %}

{# A key in all accounts; null where the id is. #}
{% macro key_of(id, relation='') -%} {{ relation ~ '.' if relation }}account || '/' || cast({{ id }} as {{ text_type() }}) {%- endmacro %}
