select {{ account_of('"workspaceId"') }} as account, id as client_id, name, {{ boolean_of('archived') }} as is_archived
from {{ raw('clockify', 'clients') }} as client
where _sdc_deleted_at is null
union all
select {{ account_of() }}, "ID", "Name", not {{ boolean_of('"IsActive"') }}
from {{ raw('clicktime', 'clients') }} as client
where _sdc_deleted_at is null
