select
    {{ account_of('"workspaceId"') }} as account,
    id as task_id,
    "projectId" as project_id,
    name,
    {{ boolean_of('billable') }} as is_billable
from {{ raw('clockify', 'tasks') }} as task
where _sdc_deleted_at is null
union all
-- ClickTime's tasks are kinds of work, whatever the job.
select {{ account_of() }}, "ID", cast(null as {{ text_type() }}), "Name", {{ boolean_of('"IsBillable"') }}
from {{ raw('clicktime', 'tasks') }} as task
where _sdc_deleted_at is null
