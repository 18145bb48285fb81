-- Amounts are minor units; unit prices are hundredths of them.
select
    {{ account_of('"workspaceId"') }} as account,
    "invoiceId" as invoice_id,
    cast("order" as bigint) as line,
    description,
    lower("itemType") as item_type,
    lower("importType") as import_type,
    cast(quantity as decimal(18, 4)) as quantity,
    cast("unitPrice" as decimal(18, 4)) as unit_price_hundredths,
    cast(amount as decimal(18, 4)) as amount_minor,
    {{ list_text('"timeEntryIds"') }} as entry_ids
from {{ raw('clockify', 'invoice_items') }} as item
where _sdc_deleted_at is null
