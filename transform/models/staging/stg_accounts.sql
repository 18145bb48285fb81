-- One row per account: a workspace of Clockify, a company of ClickTime, a project of Perform.
select
    {{ account_of('id') }} as account,
    'clockify' as tap,
    workspace.name,
    (
        select min(money.code)
        from {{ raw('clockify', 'workspace_currencies') }} as money
        where money."workspaceId" = workspace.id and {{ boolean_of('money."isDefault"') }}
    ) as currency
from {{ raw('clockify', 'workspaces') }} as workspace
union all
select distinct {{ account_of() }}, 'clicktime', _schema, '{{ var("clicktime_currency") }}'
from {{ raw('clicktime', 'users') }} as person
union all
select distinct {{ account_of('project') }}, 'perform', project, cast(null as {{ text_type() }})
from {{ raw('perform', 'activity_export') }} as activity
