-- What was spent, in minor units of the workspace's currency: the row names none.
select
    {{ account_of('"workspaceId"') }} as account,
    id as expense_id,
    "userId" as member_id,
    {{ json_text('project', 'id') }} as project_id,
    {{ day_of('date') }} as day,
    {{ boolean_of('billable') }} as is_billable,
    cast(total as decimal(18, 4)) as total_minor
from {{ raw('clockify', 'expenses') }} as expense
where _sdc_deleted_at is null
