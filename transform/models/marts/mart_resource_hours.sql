-- Perform: who or what was booked on what, by day. Rejected usages do not count. Exceptions and dockets are
-- not here: Bentley documents no column of those clips.
select
    account,
    {{ key_of('resource_id') }} as resource_key,
    {{ key_of('activity_code') }} as activity_key,
    day,
    resource_type,
    event_type,
    resource_id,
    max(resource_name) as name,
    max(role) as role,
    activity_code,
    cast(sum(case when is_hours then quantity end) as decimal(38, 4)) as hours,
    cast(sum(case when is_hours and status = 'approved' then quantity end) as decimal(38, 4)) as approved_hours,
    cast(sum(cost) as decimal(38, 4)) as cost,
    cast(count(*) as bigint) as usages
from {{ ref('stg_usage') }}
where coalesce(status, '') <> 'rejected'
group by account, resource_id, activity_code, day, resource_type, event_type
