-- Today's rates by level, in minor units: what stands behind an entry that has none of its own.
with levels as (
    select {{ account_of('id') }} as account, 'workspace' as level, cast(null as {{ text_type() }}) as member_id,
        cast(null as {{ text_type() }}) as project_id, cast(null as {{ text_type() }}) as task_id, "hourlyRate" as bill, "costRate" as cost
    from {{ raw('clockify', 'workspaces') }} as workspace
    union all
    select {{ account_of('"workspaceId"') }}, case "membershipType" when 'WORKSPACE' then 'member' else 'member on project' end,
        "userId", case "membershipType" when 'PROJECT' then "targetId" end, null, "hourlyRate", "costRate"
    from {{ raw('clockify', 'user_memberships') }} as membership
    where "membershipType" in ('WORKSPACE', 'PROJECT') and _sdc_deleted_at is null
        -- a member of two workspaces brings the memberships of both
        and ("membershipType" = 'PROJECT' or "targetId" = "workspaceId")
    union all
    select {{ account_of('"workspaceId"') }}, 'project', null, id, null, "hourlyRate", "costRate"
    from {{ raw('clockify', 'projects') }} as project where _sdc_deleted_at is null
    union all
    select {{ account_of('"workspaceId"') }}, 'task', null, null, id, "hourlyRate", "costRate"
    from {{ raw('clockify', 'tasks') }} as task where _sdc_deleted_at is null
)

select
    account || '/' || level || '/' || coalesce(member_id, '') || '/' || coalesce(project_id, '') || '/' || coalesce(task_id, '') as rate_key,
    account, level, member_id, project_id, task_id,
    cast({{ json_text('bill', 'amount') }} as decimal(18, 4)) as bill_minor,
    {{ json_text('bill', 'currency') }} as bill_currency,
    cast({{ json_text('cost', 'amount') }} as decimal(18, 4)) as cost_minor,
    {{ json_text('cost', 'currency') }} as cost_currency
from levels
where {{ json_text('bill', 'amount') }} is not null or {{ json_text('cost', 'amount') }} is not null
