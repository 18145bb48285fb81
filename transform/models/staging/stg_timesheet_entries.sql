-- Which timesheet holds an entry of Clockify; ClickTime's follow by member and day.
select distinct {{ account_of('"workspaceId"') }} as account, "approvalRequestId" as timesheet_id, id as entry_id
from {{ raw('clockify', 'approval_request_entries') }} as entry
where _sdc_deleted_at is null
