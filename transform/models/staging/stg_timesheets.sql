-- Periods that were handed in: approval requests of Clockify, timesheets of ClickTime.
select
    {{ account_of('"workspaceId"') }} as account,
    id as timesheet_id,
    {{ json_text('"approvalRequest"', 'owner.userId') }} as member_id,
    {{ day_of(json_text('"approvalRequest"', 'dateRange.start')) }} as first_day,
    {{ day_of(json_text('"approvalRequest"', 'dateRange.end')) }} as last_day,
    case {{ json_text('"approvalRequest"', 'status.state') }}
        when 'PENDING' then 'submitted' when 'APPROVED' then 'approved' when 'REJECTED' then 'rejected'
        when 'WITHDRAWN_APPROVAL' then 'withdrawn' when 'WITHDRAWN_SUBMISSION' then 'withdrawn'
        when 'UNSUBMITTED' then 'draft' else 'other' end as status,
    {{ iso_seconds('"trackedTime"') }} as seconds_handed_in,
    cast("updatedAt" as timestamp) as changed_at
from {{ raw('clockify', 'approval_requests') }} as request
where _sdc_deleted_at is null and {{ json_text('"approvalRequest"', 'type') }} = 'TIMESHEET'
union all
select
    {{ account_of() }},
    "ID",
    "UserID",
    {{ day_of('"StartDate"') }},
    {{ day_of('"EndDate"') }},
    case "Status" when 'Open' then case when {{ boolean_of('"HasBeenSubmitted"') }} then 'submitted' else 'draft' end
        when 'Waiting' then 'submitted' when 'Approved' then 'approved' when 'Locked' then 'approved'
        when 'Rejected' then 'rejected' else 'submitted' end, -- JobHold and TORAHold wait for somebody
    cast(null as bigint), -- ClickTime does not say how much was handed in
    cast(null as timestamp)
from {{ raw('clicktime', 'timesheets') }} as sheet
where _sdc_deleted_at is null
