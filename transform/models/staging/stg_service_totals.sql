-- What Clockify itself adds up, by member and day of UTC: what our rows are checked by.
select
    {{ account_of('"workspaceId"') }} as account,
    'user_day_totals' as checked_by,
    "userId" as member_id,
    "userName" as member_name,
    {{ day_of('date') }} as day,
    cast(duration as bigint) as seconds,
    cast(amount as decimal(18, 4)) as amount_minor,
    _sdc_extracted_at as loaded_at
from {{ raw('clockify', 'user_day_totals') }} as total
union all
select
    {{ account_of('"workspaceId"') }},
    'attendance_report',
    "userId",
    "userName",
    {{ day_of('date') }},
    cast("totalDuration" as bigint),
    cast(null as decimal(18, 4)),
    _sdc_extracted_at
from {{ raw('clockify', 'attendance_report') }} as attendance
union all
select
    {{ account_of('"workspaceId"') }},
    'detailed_report',
    "userId",
    cast(null as {{ text_type() }}),
    cast(cast("start" as timestamp) as date),
    cast(sum(cast("durationSeconds" as bigint)) as bigint),
    cast(null as decimal(18, 4)),
    min(_sdc_extracted_at)
from {{ raw('clockify', 'detailed_report') }} as reported
group by 1, 3, 5
