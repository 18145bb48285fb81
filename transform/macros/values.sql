{# What differs between databases, one macro each. #}

{# A member of a JSON object as text; null where any step is missing. #}
{% macro json_text(column, path) %}
{%- if target.type == 'postgres' -%}
(cast({{ column }} as jsonb) #>> '{ {{- path | replace('.', ',') -}} }')
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
{%- else -%}
cross join lateral (select unnest(case when {{ list }} like '[%' then cast(cast({{ list }} as json) as varchar[]) else [] end) as value) as {{ alias }}
{%- endif -%}
{% endmacro %}

{# A timestamp of UTC as the wall clock of a zone shows it, and back. #}
{% macro to_local(timestamp, zone) %}
(({{ timestamp }} at time zone 'UTC') at time zone {{ zone }})
{% endmacro %}
{% macro to_utc(timestamp, zone) %}
(({{ timestamp }} at time zone {{ zone }}) at time zone 'UTC')
{% endmacro %}

{# Whole seconds between two timestamps. #}
{% macro seconds_between(start, end) %}
{%- if target.type == 'postgres' -%} cast(floor(extract(epoch from ({{ end }} - {{ start }}))) as bigint)
{%- else -%} cast(datediff('second', {{ start }}, {{ end }}) as bigint) {%- endif -%}
{% endmacro %}

{% macro days_between(start, end) -%} ({{ end }} - {{ start }}) {%- endmacro %}

{# Integers divided and cut: plain `/` of DuckDB gives a floating point number. #}
{% macro whole_division(a, b) %}
{%- if target.type == 'postgres' -%} ({{ a }} / {{ b }})
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

{# Minor units as units: 10550 are 105.50 EUR, 10550 JPY and 10.550 KWD. #}
{% macro units_of(minor, currency) -%}
cast(cast({{ minor }} as decimal(18, 4)) * case
    {%- for digits in var('minor_digits').values() | unique | sort %}
    when {{ currency }} in (
        {%- set comma = joiner(', ') -%}
        {%- for code, own in var('minor_digits').items() if own == digits %}{{ comma() }}'{{ code }}'{% endfor -%}
    ) then {{ '1' if digits == 0 else '0.' ~ '0' * (digits - 1) ~ '1' }}
    {%- endfor %}
    else 0.01 end as decimal(18, 4))
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
{%- else -%} regexp_extract({{ text }}, '([0-9.]+){{ letter }}', 1) {%- endif -%}
{% endmacro %}

{# A number that came as text, which may have spaces around; null where it is not one. #}
{% macro number_of(text) %}
{%- if target.type == 'postgres' -%}
cast(case when trim({{ text }}) ~ '^-?[0-9]+(\.[0-9]+)?$' then trim({{ text }}) end as decimal(38, 4))
{%- else -%} try_cast(trim({{ text }}) as decimal(38, 4)) {%- endif -%}
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

{# The day of a week as Clockify writes it. #}
{% macro weekday_of(day) -%}
case cast(extract(isodow from {{ day }}) as integer) when 1 then 'MONDAY' when 2 then 'TUESDAY' when 3 then 'WEDNESDAY'
when 4 then 'THURSDAY' when 5 then 'FRIDAY' when 6 then 'SATURDAY' else 'SUNDAY' end
{%- endmacro %}

{# All days from one to another, as `day`. #}
{% macro days(first, last) %}
{%- if target.type == 'postgres' -%}
select cast(day as date) as day from generate_series(cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval '1 day') as series (day)
{%- else -%}
select cast(unnest(generate_series(cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval '1 day')) as date) as day
{%- endif -%}
{% endmacro %}

{# The account of a row: a workspace of Clockify, a company of ClickTime, a project of Perform. #}
{% macro account_of(part='', relation='') -%}
{{ relation ~ '.' if relation }}_schema {%- if part %} || ':' || {{ relation ~ '.' if relation }}{{ part }} {%- endif %}
{%- endmacro %}

{# A key in all accounts; null where the id is. #}
{% macro key_of(id, relation='') -%} {{ relation ~ '.' if relation }}account || '/' || cast({{ id }} as {{ text_type() }}) {%- endmacro %}
