-- Each invoice: what it comes to, what was paid, what is still open, and since when it is due.
with owed as (
    select
        invoice.*,
        account.today,
        case when invoice.status = 'void' then 0 else coalesce(invoice.open, invoice.total - invoice.paid) end as still_open
    from {{ ref('stg_invoices') }} as invoice
    join {{ ref('dim_account') }} as account on account.account = invoice.account
),

aged as (
    select *, case when still_open <= 0 or status = 'unsent' then null
        when due_on < today then {{ days_between('due_on', 'today') }} when due_on >= today then 0 end as days_overdue
    from owed
)

select
    {{ key_of('invoice_id') }} as invoice_key,
    account, invoice_id,
    {{ key_of('client_id') }} as client_key,
    number, status, issued_on, due_on, currency,
    total, paid,
    cast(still_open as decimal(18, 4)) as open,
    cast(days_overdue as bigint) as days_overdue,
    case when status in ('void', 'unsent') then status
        when still_open <= 0 then 'paid'
        when days_overdue is null then 'no due day'
        when days_overdue = 0 then 'not due'
        when days_overdue <= 30 then '1 to 30'
        when days_overdue <= 60 then '31 to 60'
        when days_overdue <= 90 then '61 to 90'
        else 'over 90' end as age_band
from aged
