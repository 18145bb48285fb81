-- What models read and the loader did not bring: a null there is not a zero. One row per table and
-- column that is missing; `column_name` is empty where the whole table is.
{% set rows = [] %}
{% for tap, tables in needed().items() %}
    {% for table, need in tables.items() %}
        {% do source(tap, table) %}
        {% for schema in var(tap ~ '_schemas') %}
            {% set relation = adapter.get_relation(target.database, schema, table) if execute else none %}
            {% if not relation %}
                {% do rows.append((tap, schema, table, '', need['marts'])) %}
            {% else %}
                {% set there = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list %}
                {% for column in need['columns'] if column | lower not in there %}
                    {% do rows.append((tap, schema, table, column, need['marts'])) %}
                {% endfor %}
            {% endif %}
        {% endfor %}
    {% endfor %}
{% endfor %}
{% for row in rows %}
select '{{ row[0] }}' as tap, '{{ row[1] }}' as loaded_schema, '{{ row[2] }}' as table_name, '{{ row[3] }}' as column_name, '{{ row[4] }}' as empty_without_it
{% if not loop.last %}union all{% endif %}
{% else %}
select cast(null as {{ text_type() }}) as tap, cast(null as {{ text_type() }}) as loaded_schema, cast(null as {{ text_type() }}) as table_name, cast(null as {{ text_type() }}) as column_name, cast(null as {{ text_type() }}) as empty_without_it
where false
{% endfor %}
