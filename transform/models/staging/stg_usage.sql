-- What was booked on an activity, or on an event of one. Cells that are no number are null.
select
    {{ account_of('project') }} as account,
    _row_id as usage_id,
    {{ perform_day('work_date') }} as day,
    resource_type,
    -- of people the one that is theirs: names may be those of two
    coalesce(resource_unique_identifier, resource_identifier, resource_name) as resource_id,
    resource_name,
    resource_role as role,
    event_type,
    case work_reference_type when 'Activity' then work_reference_code else related_activity_code end as activity_code,
    work_reference_type <> 'Activity' as is_event,
    uom as unit,
    {{ number_of('quantity') }} as quantity,
    lower(trim(uom)) in ('hr', 'hrs', 'h', 'hour', 'hours') as is_hours,
    {{ number_of('cost') }} as cost,
    lower(status) as status
from {{ raw('perform', 'resource_usage_export') }} as used
