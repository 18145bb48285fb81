{# A tap's table as it was loaded, of all schemas of that tap, with the columns that are asked for.
   A table or column that was not selected is null here, and a row of `_coverage` there.

   Args:
     tap: clockify, clicktime or perform.
     table: its name; `needed` has its columns. #}
{% macro raw(tap, table) %}
{% set columns = needed()[tap][table]['columns'] %}
{% set ours = columns + ['_sdc_deleted_at', '_sdc_extracted_at'] %}
{% do source(tap, table) %}
{% set parts = [] %}
{% for schema in var(tap ~ '_schemas') %}
    {% set relation = adapter.get_relation(target.database, schema, table) if execute else none %}
    {% if relation %}
        {% set there = {} %}
        {% for column in adapter.get_columns_in_relation(relation) %}
            {% do there.update({column.name | lower: in_utc(column)}) %}
        {% endfor %}
        {% set picked = [] %}
        {% for column in ours %}
            {% set value = there.get(column | lower) %}
            {# Some loaders write an empty text for a mark that is not there; all cast what they get. #}
            {% if value and column.startswith('_sdc_') %}
                {% do picked.append("cast(nullif(cast(" ~ value ~ " as " ~ text_type() ~ "), '') as timestamp) as " ~ column) %}
            {% elif value %}
                {% do picked.append(value ~ " as " ~ named(column)) %}
            {% else %}
                {% do picked.append("cast(null as " ~ ("timestamp" if column.startswith('_sdc_') else text_type()) ~ ") as " ~ named(column)) %}
            {% endif %}
        {% endfor %}
        {% do parts.append("select '" ~ schema ~ "' as _schema, " ~ picked | join(', ') ~ " from " ~ relation) %}
    {% endif %}
{% endfor %}
{% if not parts %}
    {% set picked = [] %}
    {% for column in columns %}
        {% do picked.append("cast(null as " ~ text_type() ~ ") as " ~ named(column)) %}
    {% endfor %}
    {% do parts.append(
        "select cast(null as " ~ text_type() ~ ") as _schema, " ~ picked | join(', ')
        ~ ", cast(null as timestamp) as _sdc_deleted_at, cast(null as timestamp) as _sdc_extracted_at where false"
    ) %}
{% endif %}
({{ parts | join(' union all ') }})
{% endmacro %}

{# A loaded column; a timestamp with a time zone becomes that of UTC without one, which is all that models know. #}
{% macro in_utc(column) -%}
{%- set kind = column.data_type | lower -%}
{%- if kind.startswith(('timestamp_tz', 'timestamp_ltz')) -%}
{{ return("cast(convert_timezone('UTC', " ~ adapter.quote(column.name) ~ ") as timestamp_ntz)") }}
{%- elif 'with time zone' in kind -%} {{ return("(" ~ adapter.quote(column.name) ~ " at time zone 'UTC')") }}
{%- else -%} {{ return(adapter.quote(column.name)) }} {%- endif -%}
{% endmacro %}

{# A column's name as models write it: in quotes where it has capitals or is a word of SQL. Without quotes
   Snowflake has capitals, so quotes must be where they are needed and nowhere else. #}
{% macro named(column) -%}
{{ return(column if column == column | lower and column not in ('start', 'end', 'order', 'from', 'to') else adapter.quote(column)) }}
{%- endmacro %}

{% macro text_type() %}{{ return('text' if target.type == 'postgres' else 'varchar') }}{% endmacro %}
