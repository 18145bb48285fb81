-- Each line of an invoice, beside what the entries behind it are worth.
with behind as (
    select line.account, line.invoice_id, line.line,
        cast(count(*) as bigint) as entries,
        cast(sum(entry.seconds) as bigint) as seconds,
        -- null where an entry has no rate, or one of another currency: then the worth is not known
        case when count(*) = sum(case when entry.currency = invoice.currency and entry.bill_amount is not null then 1 else 0 end)
            then sum({{ amount_of('entry.bill_rate', 'entry.seconds') }}) end as worth
    from {{ ref('stg_invoice_lines') }} as line
    {{ each_text('line.entry_ids', 'named') }}
    join {{ ref('stg_invoices') }} as invoice on invoice.account = line.account and invoice.invoice_id = line.invoice_id
    join {{ ref('fct_time_entry') }} as entry on entry.account = line.account and entry.entry_id = named.value
    group by 1, 2, 3
),

lines as (
    select
        line.account || '/' || line.invoice_id || '/' || cast(line.line as {{ text_type() }}) as line_key,
        line.account, line.invoice_id, line.line,
        {{ key_of('invoice.client_id', 'line') }} as client_key,
        invoice.number, invoice.status, invoice.issued_on, invoice.currency,
        line.item_type, line.import_type, line.description, line.quantity,
        {{ units_of('line.unit_price_hundredths * cast(0.01 as decimal(3, 2))', 'invoice.currency') }} as unit_price,
        {{ units_of('line.amount_minor', 'invoice.currency') }} as amount,
        coalesce(behind.entries, 0) as entries,
        coalesce(behind.seconds, 0) as seconds,
        cast(behind.worth as decimal(18, 4)) as worked_amount
    from {{ ref('stg_invoice_lines') }} as line
    left join {{ ref('stg_invoices') }} as invoice on invoice.account = line.account and invoice.invoice_id = line.invoice_id
    left join behind on behind.account = line.account and behind.invoice_id = line.invoice_id and behind.line = line.line
)

select
    *,
    cast(worked_amount - amount as decimal(18, 4)) as written_down,
    cast(amount / nullif(worked_amount, 0) as decimal(12, 4)) as realization
from lines
