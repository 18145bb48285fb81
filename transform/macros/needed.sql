{# The tables and columns of the taps that models read, and what is empty without a table. #}
{% macro needed() %}
{{ return({
    'clockify': {
        'workspaces': {'columns': ['id', 'name', 'hourlyRate', 'costRate'], 'marts': 'rates of the workspace'},
        'workspace_currencies': {'columns': ['workspaceId', 'code', 'isDefault'], 'marts': 'currency of expenses and budgets'},
        'users': {'columns': ['id', 'workspaceId', 'name', 'status', 'settings'], 'marts': 'names and zones of members'},
        'member_profiles': {'columns': ['userId', 'workspaceId', 'weekStart', 'workCapacity', 'workingDays'], 'marts': 'capacity (assumed without it)'},
        'user_memberships': {'columns': ['userId', 'workspaceId', 'targetId', 'membershipType', 'membershipStatus', 'hourlyRate', 'costRate'], 'marts': 'rates of members'},
        'user_group_members': {'columns': ['userGroupId', 'userId', 'workspaceId'], 'marts': 'holidays of groups'},
        'clients': {'columns': ['id', 'workspaceId', 'name', 'archived'], 'marts': 'names of clients'},
        'projects': {'columns': ['id', 'workspaceId', 'clientId', 'name', 'archived', 'billable', 'hourlyRate', 'costRate', 'timeEstimate', 'budgetEstimate', 'estimateReset', 'duration'], 'marts': 'names of projects, mart_budget_burn, mart_reconciliation by project'},
        'tasks': {'columns': ['id', 'workspaceId', 'projectId', 'name', 'status', 'billable', 'hourlyRate', 'costRate'], 'marts': 'names and rates of tasks'},
        'tags': {'columns': ['id', 'workspaceId', 'name', 'archived'], 'marts': 'names of tags'},
        'time_entries': {'columns': ['id', 'workspaceId', 'userId', 'projectId', 'taskId', 'start', 'end', 'billable', 'type', 'isLocked', 'description', 'tagIds', 'hourlyRate', 'costRate', 'updatedAt'], 'marts': 'all hours of Clockify'},
        'completed_windows': {'columns': ['stream', 'workspaceId', 'userId', 'from', 'to', 'readAt'], 'marts': 'deletions seen by incremental runs'},
        'detailed_report': {'columns': ['_id', 'workspaceId', 'userId', 'start', 'durationSeconds', 'approvalRequestId', 'invoicingInfo'], 'marts': 'what was invoiced by hand; mart_reconciliation by entry'},
        'user_day_totals': {'columns': ['workspaceId', 'userId', 'userName', 'date', 'duration', 'amount'], 'marts': 'mart_reconciliation by day'},
        'attendance_report': {'columns': ['workspaceId', 'userId', 'userName', 'date', 'break', 'totalDuration'], 'marts': 'mart_reconciliation by attendance'},
        'approval_requests': {'columns': ['id', 'workspaceId', 'approvalRequest', 'trackedTime', 'updatedAt'], 'marts': 'mart_timesheet_status, approved hours'},
        'approval_request_entries': {'columns': ['id', 'workspaceId', 'approvalRequestId'], 'marts': 'approved hours'},
        'invoices': {'columns': ['id', 'workspaceId', 'clientId', 'number', 'status', 'currency', 'issuedDate', 'dueDate', 'amount', 'subtotal', 'paid', 'balance'], 'marts': 'mart_invoice_line'},
        'invoice_items': {'columns': ['invoiceId', 'workspaceId', 'order', 'description', 'itemType', 'importType', 'quantity', 'unitPrice', 'amount', 'timeEntryIds'], 'marts': 'mart_invoice_line, mart_unbilled'},
        'expenses': {'columns': ['id', 'workspaceId', 'userId', 'date', 'billable', 'total', 'project'], 'marts': 'expenses in mart_project_margin'},
        'holidays': {'columns': ['id', 'workspaceId', 'name', 'datePeriod', 'userIds', 'userGroupIds', 'everyoneIncludingNew'], 'marts': 'holidays in mart_missing_time'},
        'time_off_requests': {'columns': ['id', 'workspaceId', 'userId', 'status', 'timeOffPeriod'], 'marts': 'time off in mart_missing_time'},
        'assignments': {'columns': ['id', 'workspaceId', 'userId', 'projectId', 'hoursPerDay', 'period'], 'marts': 'mart_plan_vs_actual'},
    },
    'clicktime': {
        'users': {'columns': ['ID', 'Name', 'IsActive', 'DivisionID', 'TimesheetApproverID', 'StartDate', 'EndDate', 'SubjectToTimesheetCompletion', 'MinimumTimeHours', 'MinimumTimePeriod'], 'marts': 'names and minimum hours of members'},
        'clients': {'columns': ['ID', 'Name', 'IsActive'], 'marts': 'names of clients'},
        'jobs': {'columns': ['ID', 'ClientID', 'Name', 'IsActive', 'IsBillable', 'LifetimeBudget'], 'marts': 'names and billability of projects'},
        'tasks': {'columns': ['ID', 'Name', 'IsActive', 'IsBillable'], 'marts': 'names of tasks'},
        'time_entries': {'columns': ['ID', 'UserID', 'JobID', 'TaskID', 'Date', 'Hours', 'Comment', 'BillingRate', 'CostRate'], 'marts': 'all hours of ClickTime'},
        'timesheets': {'columns': ['ID', 'UserID', 'StartDate', 'EndDate', 'Status', 'HasBeenSubmitted', 'ApprovedByUserID'], 'marts': 'mart_timesheet_status, approved hours'},
    },
    'perform': {
        'activity_export': {'columns': ['project', 'reference_code', 'activity_name', 'wbs_code', 'discipline', 'quantity_uom', 'original_budget_cost_at_complete', 'revised_budget_cost_at_complete', 'current_estimate_cost_at_complete', 'original_budget_labour_at_complete', 'revised_budget_labour_at_complete', 'current_estimate_labour_at_complete', 'original_budget_quantity_at_complete', 'revised_budget_quantity_at_complete', 'current_estimate_quantity_at_complete'], 'marts': 'budgets in mart_earned_value and mart_earned_value_wbs'},
        'resource_usage_export': {'columns': ['project', '_row_id', 'work_date', 'resource_type', 'resource_name', 'resource_identifier', 'resource_unique_identifier', 'resource_role', 'event_type', 'work_reference_type', 'work_reference_code', 'related_activity_code', 'uom', 'quantity', 'cost', 'status'], 'marts': 'mart_resource_hours, hours and cost in mart_progress_daily'},
        'quantity_progress_report': {'columns': ['project', '_row_id', 'activity_reference_code', 'progress_date', 'quantity_delta', 'actual_quantity_to_date', 'percentage_complete_percent'], 'marts': 'mart_progress_daily'},
        'snapshot_export': {'columns': ['project', '_row_id', 'activity_reference_code', 'snapshot_date', 'earned_value', 'actual_cost', 'planned_value'], 'marts': 'mart_earned_value, mart_earned_value_wbs'},
    },
}) }}
{% endmacro %}
