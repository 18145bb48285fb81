select {{ key_of('tag_id') }} as tag_key, account, tag_id, name, is_archived
from {{ ref('stg_tags') }}
union all
select distinct tag_key, account, tag_id, 'Unknown tag', cast(null as boolean)
from {{ ref('bridge_entry_tag') }} as bridge
where {{ is_in_no_list('bridge', 'stg_tags', 'tag_id') }}
