"""Reports: time, attendance and expenses of everybody, as Clockify adds them up.

Unlike elsewhere, durations are seconds. Where names that were seen on the wire differ from those of
the published description, both are accepted: `_id` and `id`, `isLocked` and `locked`.
"""

from typing import Annotated

from msgspec import Meta, field

from tap_clockify.rows.common import MinorUnits
from tap_clockify.rows.expenses import ExpenseDay
from tap_clockify.rows.members import UserCustomFieldValue
from taps_common.records.row_types import Instant, Json, Number, Row

Seconds = Annotated[Number, Meta(description="In seconds.")]
ReportedId = Annotated[str, Meta(description="Copy of _id where it came by this name.")]


class ReportedInterval(Row):
    """When an entry ran, UTC."""

    start: Instant | None = None
    end: Instant | None = None
    duration: Seconds | None = None


class ReportedTag(Row):
    """A tag of an entry; its id comes by either name."""

    _id: str | None = None
    id: str | None = None
    name: str | None = None


class ReportedAmount(Row):
    """What an entry is worth, by kind of amount: EARNED, COST or PROFIT."""

    type: str | None = None
    value: MinorUnits | None = None


class ReportedCustomField(Row):
    """A custom field's value on an entry."""

    customFieldId: str | None = None
    name: str | None = None
    type: str | None = None
    value: Json = None


class InvoicingInfo(Row):
    """Whether and by what it was invoiced."""

    manuallyInvoiced: bool | None = None
    invoiceId: str | None = None


class DetailedReportEntry(Row):
    """A finished time entry in the detailed report, with names and amounts, whoever's it is."""

    _id: Annotated[str, Meta(description="Id of the time entry.")] = ""
    workspaceId: str = ""
    start: Annotated[Instant, Meta(description="Copy of timeInterval.start.")] | None = None
    id: ReportedId | None = None
    timeInterval: ReportedInterval | None = None
    description: str | None = None
    userId: str | None = None
    userName: str | None = None
    userEmail: str | None = None
    billable: bool | None = None
    projectId: str | None = None
    projectName: str | None = None
    projectColor: str | None = None
    clientId: str | None = None
    clientName: str | None = None
    taskId: str | None = None
    taskName: str | None = None
    tagIds: list[str] | None = None
    tags: list[ReportedTag] | None = None
    type: str | None = None
    isLocked: bool | None = None
    locked: bool | None = None
    approvalRequestId: str | None = None
    amount: (
        Annotated[
            Number,
            Meta(
                description="What is earned, in minor units of the currency (cents), possibly with "
                "a fraction; null where the key's role may not see amounts."
            ),
        ]
        | None
    ) = None
    rate: (
        Annotated[Number, Meta(description="Per hour, in minor units of the currency (cents).")]
        | None
    ) = None
    currency: str | None = None
    amounts: list[ReportedAmount] | None = None
    customFields: list[ReportedCustomField] | None = None
    userCustomFields: list[UserCustomFieldValue] | None = None
    invoicingInfo: (
        Annotated[
            InvoicingInfo | list[Json],
            Meta(description="By what it was invoiced; an empty list where it was not."),
        ]
        | None
    ) = None


class AttendanceDay(Row):
    """A member's day in the attendance report, days of UTC."""

    userId: str
    date: Annotated[str, Meta(description="The day (2026-01-31).")]
    workspaceId: str = ""
    userName: str | None = None
    imageUrl: str | None = None
    startTime: Annotated[str, Meta(description="When the first entry began.")] | None = None
    endTime: Annotated[str, Meta(description="When the last entry ended.")] | None = None
    break_: Seconds | None = field(name="break", default=None)
    totalDuration: Seconds | None = None
    overtime: Seconds | None = None
    capacity: Seconds | None = None
    remainingCapacity: Seconds | None = None
    timeOff: Seconds | None = None
    hasRunningEntry: bool | None = None


class ReportedExpense(Row):
    """An expense in the expense report, with names, whoever's it is."""

    _id: Annotated[str, Meta(description="Id of the expense.")] = ""
    workspaceId: str = ""
    date: ExpenseDay | None = None
    id: ReportedId | None = None
    userId: str | None = None
    userName: str | None = None
    userEmail: str | None = None
    userStatus: str | None = None
    projectId: str | None = None
    projectName: str | None = None
    projectColor: str | None = None
    clientName: str | None = None
    categoryId: str | None = None
    categoryName: str | None = None
    categoryUnit: str | None = None
    categoryHasUnitPrice: bool | None = None
    notes: str | None = None
    billable: bool | None = None
    quantity: Number | None = None
    amount: MinorUnits | None = None
    currency: str | None = None
    fileId: str | None = None
    fileName: str | None = None
    isLocked: bool | None = None
    locked: bool | None = None
    approvalRequestId: str | None = None
    invoicingInfo: (
        Annotated[
            InvoicingInfo | list[Json],
            Meta(description="By what it was invoiced; an empty list where it was not."),
        ]
        | None
    ) = None
    userCustomFields: list[UserCustomFieldValue] | None = None
    exportFields: list[str] | None = None
    reportName: str | None = None
    time: str | None = None
