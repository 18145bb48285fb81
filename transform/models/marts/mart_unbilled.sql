-- Work in progress: billable, finished, on no invoice.
select
    account, client_key, project_key, {{ month_of('day') }} as month, currency,
    cast(sum(seconds) as bigint) as seconds,
    {{ hours_of('cast(sum(seconds) as bigint)') }} as hours,
    cast(sum(bill_amount) as decimal(18, 4)) as amount,
    cast(sum(case when approval = 'approved' then bill_amount else 0 end) as decimal(18, 4)) as approved_amount,
    cast(sum(case when bill_amount is null then 1 else 0 end) as bigint) as entries_without_rate,
    min(day) as oldest_day
from {{ ref('fct_time_entry') }}
where is_billable and not is_running and not is_invoiced
    {%- if var('approved_only') %} and approval = 'approved'{% endif %}
group by 1, 2, 3, 4, 5
