select
    {{ account_of('"workspaceId"') }} as account,
    id as invoice_id,
    "clientId" as client_id,
    number,
    lower(status) as status,
    currency,
    {{ day_of('"issuedDate"') }} as issued_on,
    {{ day_of('"dueDate"') }} as due_on,
    {{ units_of('amount', 'currency') }} as total,
    {{ units_of('subtotal', 'currency') }} as subtotal,
    {{ units_of('paid', 'currency') }} as paid,
    {{ units_of('balance', 'currency') }} as open
from {{ raw('clockify', 'invoices') }} as invoice
where _sdc_deleted_at is null
