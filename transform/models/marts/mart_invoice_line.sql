-- Each line of an invoice, beside what the entries behind it are worth. Only here is anything rounded as
-- an invoice is: time by the variable `invoice_rounding`, money to what can be printed, so that lines add
-- up to the total below them.
{% set by_entry = var('invoice_rounding').get('per', 'sum') == 'entry' %}
with behind as (
    select line.account, line.invoice_id, line.line, invoice.currency, entry.bill_rate,
        {% if by_entry %}entry.entry_id{% else %}cast(null as {{ text_type() }}){% endif %} as part,
        cast(count(*) as bigint) as entries,
        cast(sum(entry.seconds) as bigint) as seconds,
        -- an entry that has no rate, or one of another currency: then the worth is not known
        max(case when entry.currency = invoice.currency and entry.bill_amount is not null then 0 else 1 end) as unknown
    from {{ ref('stg_invoice_lines') }} as line
    {{ each_text('line.entry_ids', 'named') }}
    join {{ ref('stg_invoices') }} as invoice on invoice.account = line.account and invoice.invoice_id = line.invoice_id
    join {{ ref('fct_time_entry') }} as entry on entry.account = line.account and entry.entry_id = {{ text_of('named') }}
    group by 1, 2, 3, 4, 5, 6
),

-- Of one rate, as hours of different rates cannot be rounded together.
priced as (
    select *, {{ rounded_seconds('seconds') }} as billed_seconds,
        {{ amount_of('bill_rate', rounded_seconds('seconds')) }} as worth
    from behind
),

summed as (
    select account, invoice_id, line,
        cast(sum(entries) as bigint) as entries,
        cast(sum(seconds) as bigint) as seconds,
        cast(sum(billed_seconds) as bigint) as billed_seconds,
        case when max(unknown) = 0 then
            {%- if by_entry %} sum({{ printed('worth', 'currency') }})
            {%- else %} {{ printed('sum(worth)', 'currency') }}
            {%- endif %} end as worth
    from priced
    group by account, invoice_id, line, currency
),

lines as (
    select
        line.account || '/' || line.invoice_id || '/' || cast(line.line as {{ text_type() }}) as line_key,
        line.account, line.invoice_id, line.line,
        {{ key_of('invoice.client_id', 'line') }} as client_key,
        invoice.number, invoice.status, invoice.issued_on, invoice.currency,
        line.item_type, line.import_type, line.description, line.quantity,
        -- hundredths of a fils are the fifth digit of a dinar
        cast(cast(line.unit_price_hundredths as decimal(18, 4)) * cast(0.01 as decimal(3, 2)) * {{ by_digits('invoice.currency', '<unit>') }} as decimal(18, 5)) as unit_price,
        {{ units_of('line.amount_minor', 'invoice.currency') }} as amount,
        coalesce(summed.entries, 0) as entries,
        coalesce(summed.seconds, 0) as seconds,
        coalesce(summed.billed_seconds, 0) as billed_seconds,
        cast(summed.worth as decimal(18, 4)) as worked_amount
    from {{ ref('stg_invoice_lines') }} as line
    left join {{ ref('stg_invoices') }} as invoice on invoice.account = line.account and invoice.invoice_id = line.invoice_id
    left join summed on summed.account = line.account and summed.invoice_id = line.invoice_id and summed.line = line.line
)

select
    *,
    cast(worked_amount - amount as decimal(18, 4)) as written_down,
    cast(amount / nullif(worked_amount, 0) as decimal(12, 4)) as realization
from lines
