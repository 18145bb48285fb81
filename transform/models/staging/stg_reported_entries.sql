-- Entries as the detailed report has them: a second source of the same.
select
    {{ account_of('"workspaceId"') }} as account,
    _id as entry_id,
    "userId" as member_id,
    cast("start" as timestamp) as started_at,
    cast("durationSeconds" as bigint) as seconds,
    "approvalRequestId" as timesheet_id,
    {{ json_text('"invoicingInfo"', 'invoiceId') }} as invoice_id,
    coalesce({{ json_text('"invoicingInfo"', 'manuallyInvoiced') }} = 'true', false) as is_invoiced_by_hand
from {{ raw('clockify', 'detailed_report') }} as reported
