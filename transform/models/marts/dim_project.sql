select
    {{ key_of('project.project_id', 'project') }} as project_key,
    project.account,
    project.project_id,
    {{ key_of('project.client_id', 'project') }} as client_key,
    project.name,
    project.is_archived,
    project.is_billable,
    project.budget_seconds,
    {{ units_of('project.budget_minor', 'account.currency') }} as budget_amount,
    account.currency,
    project.budget_has_non_billable,
    project.budget_has_expenses,
    project.reset_rule
from {{ ref('stg_projects') }} as project
left join {{ ref('dim_account') }} as account on account.account = project.account
union all
-- projects that were deleted and have entries
select distinct
    {{ key_of('project_id') }}, account, project_id, cast(null as {{ text_type() }}), 'Unknown project',
    cast(null as boolean), cast(null as boolean), cast(null as bigint), cast(null as decimal(18, 4)),
    cast(null as {{ text_type() }}), cast(null as boolean), cast(null as boolean), cast(null as {{ text_type() }})
from (
    select account, project_id from {{ ref('stg_time_entries') }}
    union select account, project_id from {{ ref('stg_plans') }}
    union select account, project_id from {{ ref('stg_expenses') }}
) as named
where project_id is not null
    and {{ is_in_no_list('named', 'stg_projects', 'project_id') }}
