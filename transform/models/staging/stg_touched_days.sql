-- When we learnt last of an entry of a member and a day of UTC, deleted ones included: a total of the
-- service that is older than that cannot agree.
select
    {{ account_of('"workspaceId"') }} as account,
    "userId" as member_id,
    cast(cast("start" as timestamp) as date) as day,
    max(case when _sdc_deleted_at > _sdc_extracted_at then _sdc_deleted_at else _sdc_extracted_at end) as touched_at
from {{ raw('clockify', 'time_entries') }} as entry
group by 1, 2, 3
