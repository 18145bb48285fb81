select
    {{ account_of('project') }} as account,
    _row_id as snapshot_id,
    activity_reference_code as activity_code,
    {{ perform_day('snapshot_date') }} as day,
    {{ number_of('earned_value') }} as earned,
    {{ number_of('actual_cost') }} as actual,
    {{ number_of('planned_value') }} as planned
from {{ raw('perform', 'snapshot_export') }} as snapshot
