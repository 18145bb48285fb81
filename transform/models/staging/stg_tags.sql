select {{ account_of('"workspaceId"') }} as account, id as tag_id, name, {{ boolean_of('archived') }} as is_archived
from {{ raw('clockify', 'tags') }} as tag
where _sdc_deleted_at is null
