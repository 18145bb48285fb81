-- The accounts, and the day that counts as today: the last one on which anything was loaded, since a
-- mart must not change by the hour at which dbt runs.
select
    account,
    tap,
    name,
    coalesce(currency, 'XXX') as currency,
    {% if var('today') %}cast('{{ var("today") }}' as date){% else -%}
    coalesce(
        (select cast(max(loaded_at) as date) from {{ ref('stg_time_entries') }}),
        (select max(day) from {{ ref('stg_usage') }}),
        current_date
    ){% endif %} as today
from {{ ref('stg_accounts') }}
