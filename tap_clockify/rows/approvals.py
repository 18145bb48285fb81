"""Approval requests, with the time entries and expenses they hold."""

from tap_clockify.rows.common import (
    IsoDuration,
    MinorUnits,
    Period,
    ProjectInfo,
    Rate,
    Seconds,
    TaskInfo,
    ZonedTimeInterval,
)
from tap_clockify.rows.expenses import ExpenseCategory, ExpenseDay
from tap_clockify.rows.projects import Tag
from taps_common.records.row_types import Instant, Json, Number, Row


class ApprovalCreator(Row):
    """Who handed a request in.

    Attributes:
        userId: the member. Joins: users.id.
        userName: Example: John Doe.
        userEmail: Example: johndoe@example.com.
    """

    userId: str | None = None
    userName: str | None = None
    userEmail: str | None = None


class ApprovalOwner(Row):
    """Whose time and expenses a request is about.

    Attributes:
        userId: the member. Joins: users.id.
        userName: Example: John Doe.
        timeZone: where the member's days begin and end. Example: Europe/Budapest.
        startOfWeek: the first day of the member's week, MONDAY to SUNDAY.
    """

    userId: str | None = None
    userName: str | None = None
    timeZone: str | None = None
    startOfWeek: str | None = None


class ApprovalStatus(Row):
    """What was decided, when and by whom.

    Attributes:
        state: PENDING, APPROVED or WITHDRAWN_APPROVAL; requests in other states are never listed.
        note: what was said about the decision. Empty: where nothing was written.
        updatedAt: when the state changed last. Example: 2020-01-01T08:00:00Z. Empty: perhaps while
            nothing was decided; not documented.
        updatedBy: who changed it. Empty: as updatedAt. Joins: users.id.
        updatedByUserName: who changed it, by name. Example: John Doe. Empty: as updatedAt.
    """

    state: str | None = None
    note: str | None = None
    updatedAt: Instant | None = None
    updatedBy: str | None = None
    updatedByUserName: str | None = None


class ApprovalBody(Row):
    """The request itself.

    Attributes:
        id: unique in all of Clockify. Example: 567687e29ae1f428e7ebf564.
        workspaceId: where the request is. Joins: workspaces.id.
        type: TIMESHEET, EXPENSE or TIMESHEET_AND_EXPENSE.
        creator: who handed it in.
        owner: whose time and expenses it is about.
        dateRange: the period that was handed in.
        status: what was decided.
    """

    id: str
    workspaceId: str | None = None
    type: str | None = None
    creator: ApprovalCreator | None = None
    owner: ApprovalOwner | None = None
    dateRange: Period | None = None
    status: ApprovalStatus | None = None


class ApprovedCustomFieldValue(Row):
    """A custom field's value on a time entry that was handed in.

    Attributes:
        customFieldId: the field. Joins: custom_fields.id.
        timeEntryId: the entry. Joins: time_entries.id.
        value: a number, a list of texts, true or false, or a text, as the field's type has it.
            Example: 20231211-12345. Empty: where none was given.
        sourceType: where the value comes from: WORKSPACE, PROJECT or TIMEENTRY. Empty: where
            Clockify leaves it out.
    """

    customFieldId: str | None = None
    timeEntryId: str | None = None
    value: Json = None
    sourceType: str | None = None


class ApprovalEntry(Row):
    """A time entry that was handed in.

    Attributes:
        id: the entry. Joins: time_entries.id.
        approvalRequestId: the request that holds it. Joins: approval_requests.id.
        description: what was done, as the member wrote it. Empty: where nothing was written.
        billable: whether the time can be billed.
        isLocked: whether the entry can no longer be changed.
        type: REGULAR, BREAK, HOLIDAY or TIME_OFF.
        project: what the time is booked on. Empty: where none was chosen.
        task: what the time is booked on, within the project. Empty: where none was chosen.
        tags: the entry's tags. Empty: where there are none. Joins: tags.id.
        timeInterval: when the entry ran.
        hourlyRate: what an hour of the entry is billed at. Empty: where the entry has no rate.
        costRate: what an hour of the entry costs. Empty: where the entry has no such rate.
            Needs: the plan Pro.
        customFieldValues: the entry's custom fields. Needs: the plan Pro.
    """

    id: str | None = None
    approvalRequestId: str | None = None
    description: str | None = None
    billable: bool | None = None
    isLocked: bool | None = None
    type: str | None = None
    project: ProjectInfo | None = None
    task: TaskInfo | None = None
    tags: list[Tag] | None = None
    timeInterval: ZonedTimeInterval | None = None
    hourlyRate: Rate | None = None
    costRate: Rate | None = None
    customFieldValues: list[ApprovedCustomFieldValue] | None = None


class ApprovalExpense(Row):
    """An expense that was handed in.

    Attributes:
        id: the expense. Joins: expenses.id.
        approvalRequestId: the request that holds it. Joins: approval_requests.id.
        approvalStatus: PENDING, APPROVED, UNSUBMITTED, REJECTED, WITHDRAWN_APPROVAL or
            WITHDRAWN_SUBMISSION.
        detailedApprovalStatus: one of the values of approvalStatus; when they differ is not
            documented.
        userId: who spent the money. Joins: users.id.
        workspaceId: where the money was spent. Joins: workspaces.id.
        date: when the money was spent.
        billable: whether the client can be billed for it.
        isLocked: whether the expense can no longer be changed. Empty: where Clockify sends locked
            instead.
        locked: whether the expense can no longer be changed. Empty: where Clockify sends isLocked
            instead.
        notes: free text about the expense. Empty: where nothing was written.
        quantity: how many units, if the category has a price by unit. Example: 3.
        total: how much was spent. Example: 10500.5.
        currency: ISO 4217 code of total. Example: USD.
        fileId: the receipt, which is not read. Empty: without a receipt.
        fileName: of the receipt. Example: file_12345.csv. Empty: without a receipt.
        fileUrl: address of the receipt. Empty: without a receipt.
        category: what the money was spent on. Empty: where none was chosen.
            Joins: expense_categories.id.
        project: what the money was spent for. Empty: where none was chosen.
        task: what the money was spent for, within the project. Empty: where none was chosen.
    """

    id: str | None = None
    approvalRequestId: str | None = None
    approvalStatus: str | None = None
    detailedApprovalStatus: str | None = None
    userId: str | None = None
    workspaceId: str | None = None
    date: ExpenseDay | None = None
    billable: bool | None = None
    isLocked: bool | None = None
    locked: bool | None = None
    notes: str | None = None
    quantity: Number | None = None
    total: MinorUnits | None = None
    currency: str | None = None
    fileId: str | None = None
    fileName: str | None = None
    fileUrl: str | None = None
    category: ExpenseCategory | None = None
    project: ProjectInfo | None = None
    task: TaskInfo | None = None


class ApprovalRequest(Row):
    """Time and expenses of a period that were handed in: pending, approved or withdrawn.

    Attributes:
        approvalRequest: the request itself; id and updatedAt are copied from it.
        id: copy of approvalRequest.id, unique in all of Clockify.
            Example: 567687e29ae1f428e7ebf564.
        workspaceId: where the request is. Joins: workspaces.id.
        updatedAt: copy of approvalRequest.status.updatedAt, at the top because it is the
            replication key. Example: 2020-01-01T08:00:00Z.
        approvedTime: how much of the time is approved.
        approvedTimeSeconds: approvedTime as a number. Example: 27000.
        pendingTime: how much of the time waits for a decision.
        pendingTimeSeconds: pendingTime as a number. Example: 27000.
        trackedTime: how much time was recorded.
        trackedTimeSeconds: trackedTime as a number. Example: 27000.
        billableTime: how much of the time can be billed.
        billableTimeSeconds: billableTime as a number. Example: 27000.
        breakTime: how much of the time is breaks.
        breakTimeSeconds: breakTime as a number. Example: 27000.
        billableAmount: what the time can be billed at. Example: 2500.
        costAmount: what the time costs. Example: 5000. Needs: the plan Pro.
        expenseTotal: what the expenses add up to. Example: 7500. Needs: the plan Pro.
        entries: time that was handed in, one row each in approval_request_entries.
        expenses: expenses that were handed in, one row each in approval_request_expenses.
            Needs: the plan Pro.
    """

    approvalRequest: ApprovalBody
    id: str = ""
    workspaceId: str = ""
    updatedAt: Instant | None = None
    approvedTime: IsoDuration | None = None
    approvedTimeSeconds: Seconds | None = None
    pendingTime: IsoDuration | None = None
    pendingTimeSeconds: Seconds | None = None
    trackedTime: IsoDuration | None = None
    trackedTimeSeconds: Seconds | None = None
    billableTime: IsoDuration | None = None
    billableTimeSeconds: Seconds | None = None
    breakTime: IsoDuration | None = None
    breakTimeSeconds: Seconds | None = None
    billableAmount: MinorUnits | None = None
    costAmount: MinorUnits | None = None
    expenseTotal: MinorUnits | None = None
    entries: list[ApprovalEntry] | None = None
    expenses: list[ApprovalExpense] | None = None


class ApprovalRequestEntry(Row):
    """A time entry in an approval request.

    Attributes:
        workspaceId: where the request is. Joins: workspaces.id.
        approvalRequestId: the request. Joins: approval_requests.id.
        updatedAt: when the state of the request changed last. Example: 2020-01-01T08:00:00Z.
        id: the entry. Joins: time_entries.id.
        description: what was done, as the member wrote it. Empty: where nothing was written.
        billable: whether the time can be billed.
        isLocked: whether the entry can no longer be changed.
        type: REGULAR, BREAK, HOLIDAY or TIME_OFF.
        project: what the time is booked on. Empty: where none was chosen.
        task: what the time is booked on, within the project. Empty: where none was chosen.
        tags: the entry's tags. Empty: where there are none. Joins: tags.id.
        timeInterval: when the entry ran.
        start: copy of timeInterval.start. Example: 2026-01-31T08:00:00Z.
        end: copy of timeInterval.end. Example: 2026-01-31T09:30:00Z. Empty: while the timer runs.
        durationSeconds: from start to end. Example: 5400. Empty: while the timer runs.
        hourlyRate: what an hour of the entry is billed at. Empty: where the entry has no rate.
        costRate: what an hour of the entry costs. Empty: where the entry has no such rate.
            Needs: the plan Pro.
        customFieldValues: the entry's custom fields. Needs: the plan Pro.
    """

    workspaceId: str
    approvalRequestId: str
    updatedAt: Instant | None
    id: str | None
    description: str | None
    billable: bool | None
    isLocked: bool | None
    type: str | None
    project: ProjectInfo | None
    task: TaskInfo | None
    tags: list[Tag] | None
    timeInterval: ZonedTimeInterval | None
    start: Instant | None
    end: Instant | None
    durationSeconds: Seconds | None
    hourlyRate: Rate | None
    costRate: Rate | None
    customFieldValues: list[ApprovedCustomFieldValue] | None


class ApprovalRequestExpense(Row):
    """An expense in an approval request.

    Attributes:
        workspaceId: where the request is. Joins: workspaces.id.
        approvalRequestId: the request. Joins: approval_requests.id.
        updatedAt: when the state of the request changed last. Example: 2020-01-01T08:00:00Z.
        id: the expense. Joins: expenses.id.
        approvalStatus: PENDING, APPROVED, UNSUBMITTED, REJECTED, WITHDRAWN_APPROVAL or
            WITHDRAWN_SUBMISSION.
        detailedApprovalStatus: one of the values of approvalStatus; when they differ is not
            documented.
        userId: who spent the money. Joins: users.id.
        date: when the money was spent.
        billable: whether the client can be billed for it.
        isLocked: whether the expense can no longer be changed. Empty: where Clockify sends locked
            instead.
        locked: whether the expense can no longer be changed. Empty: where Clockify sends isLocked
            instead.
        notes: free text about the expense. Empty: where nothing was written.
        quantity: how many units, if the category has a price by unit. Example: 3.
        total: how much was spent. Example: 10500.5.
        currency: ISO 4217 code of total. Example: USD.
        fileId: the receipt, which is not read. Empty: without a receipt.
        fileName: of the receipt. Example: file_12345.csv. Empty: without a receipt.
        fileUrl: address of the receipt. Empty: without a receipt.
        category: what the money was spent on. Empty: where none was chosen.
            Joins: expense_categories.id.
        project: what the money was spent for. Empty: where none was chosen.
        task: what the money was spent for, within the project. Empty: where none was chosen.
    """

    workspaceId: str
    approvalRequestId: str
    updatedAt: Instant | None
    id: str | None
    approvalStatus: str | None
    detailedApprovalStatus: str | None
    userId: str | None
    date: ExpenseDay | None
    billable: bool | None
    isLocked: bool | None
    locked: bool | None
    notes: str | None
    quantity: Number | None
    total: MinorUnits | None
    currency: str | None
    fileId: str | None
    fileName: str | None
    fileUrl: str | None
    category: ExpenseCategory | None
    project: ProjectInfo | None
    task: TaskInfo | None
