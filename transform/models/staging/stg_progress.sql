select
    {{ account_of('project') }} as account,
    _row_id as progress_id,
    activity_reference_code as activity_code,
    {{ perform_day('progress_date') }} as day,
    {{ number_of('quantity_delta') }} as quantity,
    {{ number_of('actual_quantity_to_date') }} as quantity_to_date,
    {{ number_of('percentage_complete_percent') }} as percent_complete
from {{ raw('perform', 'quantity_progress_report') }} as progress
