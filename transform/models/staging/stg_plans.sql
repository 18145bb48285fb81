select
    {{ account_of('"workspaceId"') }} as account,
    id as plan_id,
    "userId" as member_id,
    "projectId" as project_id,
    {{ day_of(json_text('period', 'start')) }} as first_day,
    {{ day_of(json_text('period', 'end')) }} as last_day,
    cast(round(cast("hoursPerDay" as decimal(18, 6)) * 3600) as bigint) as seconds_a_day
from {{ raw('clockify', 'assignments') }} as plan
where _sdc_deleted_at is null
