"""Approval requests, with the time entries and expenses they hold."""

from typing import Annotated

from msgspec import Meta

from tap_clockify.rows.common import (
    IsoDuration,
    MinorUnits,
    Period,
    ProjectInfo,
    Rate,
    TaskInfo,
    ZonedTimeInterval,
)
from tap_clockify.rows.expenses import ExpenseCategory, ExpenseDay
from tap_clockify.rows.projects import Tag
from taps_common.records.row_types import Instant, Json, Number, Row

ChangedAt = Annotated[Instant, Meta(description="Copy of approvalRequest.status.updatedAt.")]


class ApprovalCreator(Row):
    """Who handed a request in."""

    userId: str | None = None
    userName: str | None = None
    userEmail: str | None = None


class ApprovalOwner(Row):
    """Whose time and expenses a request is about."""

    userId: str | None = None
    userName: str | None = None
    timeZone: str | None = None
    startOfWeek: str | None = None


class ApprovalStatus(Row):
    """What was decided, when and by whom."""

    state: str | None = None
    note: str | None = None
    updatedAt: Instant | None = None
    updatedBy: str | None = None
    updatedByUserName: str | None = None


class ApprovalBody(Row):
    """The request itself."""

    id: str
    workspaceId: str | None = None
    type: str | None = None
    creator: ApprovalCreator | None = None
    owner: ApprovalOwner | None = None
    dateRange: Period | None = None
    status: ApprovalStatus | None = None


class ApprovedCustomFieldValue(Row):
    """A custom field's value on a time entry that was handed in."""

    customFieldId: str | None = None
    timeEntryId: str | None = None
    value: Json = None
    sourceType: str | None = None


class ApprovalEntry(Row):
    """A time entry that was handed in."""

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
    """An expense that was handed in."""

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
    """Time and expenses of a period that were handed in: pending, approved or withdrawn."""

    approvalRequest: ApprovalBody
    id: Annotated[str, Meta(description="Copy of approvalRequest.id.")] = ""
    workspaceId: str = ""
    updatedAt: ChangedAt | None = None
    approvedTime: IsoDuration | None = None
    pendingTime: IsoDuration | None = None
    trackedTime: IsoDuration | None = None
    billableTime: IsoDuration | None = None
    breakTime: IsoDuration | None = None
    billableAmount: MinorUnits | None = None
    costAmount: MinorUnits | None = None
    expenseTotal: MinorUnits | None = None
    entries: list[ApprovalEntry] | None = None
    expenses: list[ApprovalExpense] | None = None


class ApprovalRequestEntry(Row):
    """A time entry in an approval request."""

    workspaceId: str
    approvalRequestId: str
    updatedAt: ChangedAt | None
    id: str | None
    description: str | None
    billable: bool | None
    isLocked: bool | None
    type: str | None
    project: ProjectInfo | None
    task: TaskInfo | None
    tags: list[Tag] | None
    timeInterval: ZonedTimeInterval | None
    hourlyRate: Rate | None
    costRate: Rate | None
    customFieldValues: list[ApprovedCustomFieldValue] | None


class ApprovalRequestExpense(Row):
    """An expense in an approval request."""

    workspaceId: str
    approvalRequestId: str
    updatedAt: ChangedAt | None
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
