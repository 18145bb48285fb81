-- Rates by level, from when to when. A change has the time of the `dbt build` that saw it first.
select
    rate.rate_key || '/' || cast(cast(rate.dbt_valid_from as timestamp) as {{ text_type() }}) as rate_version_key,
    rate.rate_key,
    rate.account,
    rate.level,
    {{ key_of('rate.member_id', 'rate') }} as member_key,
    {{ key_of('rate.project_id', 'rate') }} as project_key,
    {{ key_of('rate.task_id', 'rate') }} as task_key,
    -- the first that was seen of a level was there before, as far as anybody knows
    case when rate.dbt_valid_from > min(rate.dbt_valid_from) over (partition by rate.account, rate.level)
        then cast(rate.dbt_valid_from as timestamp) end as valid_from,
    cast(rate.dbt_valid_to as timestamp) as valid_to,
    rate.dbt_valid_to is null as is_current,
    {%- for kind in ['bill', 'cost'] %}
    {{ units_of('rate.' ~ kind ~ '_minor', 'coalesce(rate.' ~ kind ~ '_currency, account.currency)') }} as {{ kind }}_rate,
    coalesce(rate.{{ kind }}_currency, account.currency) as {{ kind }}_currency{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('rate_snapshot') }} as rate
join {{ ref('dim_account') }} as account on account.account = rate.account
