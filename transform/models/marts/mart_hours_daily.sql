-- Hours by day and all that they can be asked by. Currencies stay apart.
select
    account, member_key, day, project_key, task_key, client_key, kind, is_billable, currency, cost_currency,
    cast(sum(seconds) as bigint) as seconds,
    {{ hours_of('cast(sum(seconds) as bigint)') }} as hours,
    cast(sum(case when approval = 'approved' then seconds else 0 end) as bigint) as approved_seconds,
    cast(sum(case when is_invoiced then seconds else 0 end) as bigint) as invoiced_seconds,
    cast(sum(bill_amount) as decimal(18, 4)) as bill_amount,
    cast(sum(cost_amount) as decimal(18, 4)) as cost_amount,
    cast(count(*) as bigint) as entries,
    cast(sum(case when is_running then 1 else 0 end) as bigint) as running,
    cast(sum(case when is_billable and bill_amount is null and not is_running then 1 else 0 end) as bigint) as entries_without_rate
from {{ ref('fct_time_entry_day') }}
group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
