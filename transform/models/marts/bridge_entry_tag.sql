-- The tags that an entry has now. Hours by tag do not add up to all hours: an entry with two tags
-- counts for both, one without for none.
select distinct
    {{ key_of('entry_id') }} as entry_key,
    {{ key_of(text_of('tagged')) }} as tag_key,
    account,
    entry_id,
    {{ text_of('tagged') }} as tag_id
from {{ ref('stg_time_entries') }} as entry
{{ each_text('entry.tag_ids', 'tagged') }}
