-- Projects, and ClickTime's jobs. A budget that is switched off is none.
select
    {{ account_of('"workspaceId"') }} as account,
    id as project_id,
    "clientId" as client_id,
    name,
    {{ boolean_of('archived') }} as is_archived,
    {{ boolean_of('billable') }} as is_billable,
    case when {{ json_text('"timeEstimate"', 'active') }} = 'true'
        then {{ iso_seconds(json_text('"timeEstimate"', 'estimate')) }} end as budget_seconds,
    coalesce({{ json_text('"timeEstimate"', 'includeNonBillable') }}, 'true') = 'true' as budget_has_non_billable,
    case when {{ json_text('"budgetEstimate"', 'active') }} = 'true'
        then cast({{ json_text('"budgetEstimate"', 'estimate') }} as decimal(18, 4)) end as budget_minor,
    coalesce({{ json_text('"budgetEstimate"', 'includeExpenses') }}, 'false') = 'true' as budget_has_expenses,
    coalesce({{ json_text('"timeEstimate"', 'resetOption') }}, {{ json_text('"budgetEstimate"', 'resetOption') }}) as reset_rule,
    -- what Clockify says was ever recorded on it
    {{ iso_seconds('duration') }} as recorded_seconds,
    _sdc_extracted_at as loaded_at
from {{ raw('clockify', 'projects') }} as project
where _sdc_deleted_at is null
union all
select
    {{ account_of() }},
    "ID",
    "ClientID",
    "Name",
    not {{ boolean_of('"IsActive"') }},
    {{ boolean_of('"IsBillable"') }},
    cast(null as bigint), -- the unit of LifetimeBudget is not documented, so it is no budget here
    true,
    cast(null as decimal(18, 4)),
    false,
    cast(null as {{ text_type() }}),
    cast(null as bigint),
    _sdc_extracted_at
from {{ raw('clicktime', 'jobs') }} as job
where _sdc_deleted_at is null
