-- Each entry once, with its worth. Left joins throughout: an entry is never lost for lack of a name.
with entry as (
    select
        entry.*,
        member.zone,
        coalesce(
            entry.day, cast({{ to_local('entry.started_at', 'member.zone') }} as date)
        ) as local_day,
        coalesce(entry.is_billable, project.is_billable, task.is_billable, false) as is_billable_now,
        project.client_key,
        account.currency as account_currency
    from {{ ref('stg_time_entries') }} as entry
    left join {{ ref('dim_member') }} as member
        on member.account = entry.account and member.member_id = entry.member_id
    left join {{ ref('dim_project') }} as project
        on project.account = entry.account and project.project_id = entry.project_id
    left join {{ ref('dim_task') }} as task
        on task.account = entry.account and task.task_id = entry.task_id
    left join {{ ref('dim_account') }} as account on account.account = entry.account
),

-- The rate: the entry's own, as it was when it was entered, else that of the nearest level.
{% set levels = [
    ('task', ['task']),
    ('member on project', ['member', 'project']),
    ('project', ['project']),
    ('member', ['member']),
    ('workspace', []),
] %}
priced as (
    select
        entry.*,
        {%- for kind in ['bill', 'cost'] %}
        {% set own = units_of('entry.' ~ kind ~ '_minor', 'coalesce(entry.' ~ kind ~ '_currency, entry.account_currency)') -%}
        coalesce(entry.{{ kind }}_rate, {{ own }}{% for level, _ in levels %}, rate_{{ loop.index }}.{{ kind }}_rate{% endfor %}) as {{ kind }}_rate_now,
        case when entry.{{ kind }}_minor is not null or entry.{{ kind }}_rate is not null then 'entry'
            {%- for level, _ in levels %} when rate_{{ loop.index }}.{{ kind }}_rate is not null then '{{ level }}'{% endfor %} end as {{ kind }}_level,
        -- of the level that has the rate
        coalesce(case when entry.{{ kind }}_minor is not null or entry.{{ kind }}_rate is not null then entry.{{ kind }}_currency
            {%- for level, _ in levels %} when rate_{{ loop.index }}.{{ kind }}_rate is not null then rate_{{ loop.index }}.{{ kind }}_currency{% endfor %} end,
            entry.account_currency) as currency_of_{{ kind }}{{ ',' if not loop.last }}
        {%- endfor %}
    from entry
    {%- for level, whose in levels %}
    {%- set rate = 'rate_' ~ loop.index %}
    left join {{ ref('dim_rate_history') }} as {{ rate }}
        on {{ rate }}.account = entry.account and {{ rate }}.level = '{{ level }}'
        {%- for one in whose %} and {{ rate }}.{{ one }}_key = {{ key_of('entry.' ~ one ~ '_id', 'entry') }}{% endfor %}
        {%- if var('rates_of') == 'day' %}
        and ({{ rate }}.valid_from is null or {{ rate }}.valid_from <= entry.started_at)
        and ({{ rate }}.valid_to is null or {{ rate }}.valid_to > entry.started_at)
        {%- else %} and {{ rate }}.is_current
        {%- endif %}
    {%- endfor %}
),

-- The last timesheet that holds an entry: one that was withdrawn and handed in again counts once.
held as (
    select
        held.account, held.entry_id, sheet.timesheet_id, sheet.status,
        row_number() over (
            partition by held.account, held.entry_id order by sheet.changed_at desc, sheet.timesheet_id desc
        ) as place
    from {{ ref('stg_timesheet_entries') }} as held
    join {{ ref('stg_timesheets') }} as sheet
        on sheet.account = held.account and sheet.timesheet_id = held.timesheet_id
    union all
    select
        entry.account, entry.entry_id, sheet.timesheet_id, sheet.status,
        row_number() over (
            partition by entry.account, entry.entry_id order by sheet.first_day desc, sheet.timesheet_id desc
        )
    from {{ ref('stg_time_entries') }} as entry
    join {{ ref('stg_timesheets') }} as sheet
        on sheet.account = entry.account and sheet.member_id = entry.member_id
        and entry.day between sheet.first_day and sheet.last_day -- `day` is ClickTime's only
),

-- Invoices that hold an entry. One that is void invoices nothing.
billed as (
    select account, entry_id, min(invoice_id) as invoice_id
    from (
        select line.account, {{ text_of('behind') }} as entry_id, line.invoice_id
        from {{ ref('stg_invoice_lines') }} as line
        {{ each_text('line.entry_ids', 'behind') }}
        union
        select account, entry_id, coalesce(invoice_id, 'by hand')
        from {{ ref('stg_reported_entries') }}
        where invoice_id is not null or is_invoiced_by_hand
    ) as named
    where not exists (
        select 1 from {{ ref('stg_invoices') }} as invoice
        where invoice.account = named.account and invoice.invoice_id = named.invoice_id and invoice.status = 'void'
    )
    group by account, entry_id
)

select
    {{ key_of('priced.entry_id', 'priced') }} as entry_key,
    priced.account,
    priced.entry_id,
    {{ key_of('priced.member_id', 'priced') }} as member_key,
    {{ key_of('priced.project_id', 'priced') }} as project_key,
    {{ key_of('priced.task_id', 'priced') }} as task_key,
    priced.client_key,
    priced.zone,
    priced.started_at,
    priced.ended_at,
    priced.local_day as day,
    priced.seconds,
    {{ hours_of('priced.seconds') }} as hours,
    priced.seconds is null as is_running,
    priced.kind,
    priced.kind = 'regular' as is_worked,
    priced.is_billable_now as is_billable,
    priced.is_locked,
    {{ key_of('held.timesheet_id', 'priced') }} as timesheet_key,
    coalesce(held.status, 'draft') as approval,
    billed.invoice_id,
    billed.invoice_id is not null as is_invoiced,
    priced.bill_rate_now as bill_rate,
    priced.bill_level,
    priced.currency_of_bill as currency,
    -- not billable is worth nothing; billable without a rate is not known
    cast(case when priced.seconds is null then null
        when not priced.is_billable_now then cast(0 as decimal(18, 4))
        else {{ amount_of('priced.bill_rate_now', 'priced.seconds') }} end as decimal(18, 4)) as bill_amount,
    priced.cost_rate_now as cost_rate,
    priced.currency_of_cost as cost_currency,
    {{ amount_of('priced.cost_rate_now', 'priced.seconds') }} as cost_amount,
    priced.description,
    priced.loaded_at
from priced
left join held on held.account = priced.account and held.entry_id = priced.entry_id and held.place = 1
left join billed on billed.account = priced.account and billed.entry_id = priced.entry_id
