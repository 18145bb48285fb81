"""Reports: time, attendance and expenses of everybody, as Clockify adds them up.

Unlike elsewhere, durations are seconds. Where names that were seen on the wire differ from those of
the published description, both are accepted: `_id` and `id`, `isLocked` and `locked`.
"""

from msgspec import field

from tap_clockify.rows.common import MinorUnits, Seconds
from tap_clockify.rows.expenses import ExpenseDay
from tap_clockify.rows.members import UserCustomFieldValue
from taps_common.records.row_types import Instant, Json, Number, Row


class ReportedInterval(Row):
    """When an entry ran, UTC.

    Attributes:
        start: when the entry began. Example: 2026-01-31T08:00:00Z.
        end: when the entry ended. Example: 2026-01-31T09:30:00Z.
        duration: from start to end. Example: 5400.
    """

    start: Instant | None = None
    end: Instant | None = None
    duration: Seconds | None = None


class ReportedTag(Row):
    """A tag of an entry; its id comes by either name.

    Attributes:
        _id: the tag. Empty: where it comes as id. Joins: tags.id.
        id: the tag. Empty: where it comes as _id. Joins: tags.id.
        name: Example: Sprint1.
    """

    _id: str | None = None
    id: str | None = None
    name: str | None = None


class ReportedAmount(Row):
    """What an entry is worth, by kind of amount: EARNED, COST or PROFIT.

    Attributes:
        type: EARNED, COST or PROFIT.
        value: an amount in the currency of the row. Example: 10500.
    """

    type: str | None = None
    value: MinorUnits | None = None


class ReportedCustomField(Row):
    """A custom field's value on an entry.

    Attributes:
        customFieldId: the field. Joins: custom_fields.id.
        name: of the field. Example: PO number.
        type: of the field: TXT, NUMBER, DROPDOWN_SINGLE, DROPDOWN_MULTIPLE, CHECKBOX or LINK.
            Empty: where the report leaves it out.
        value: a number, a list of texts, true or false, or a text, as the field's type has it.
            Empty: where none was given.
    """

    customFieldId: str | None = None
    name: str | None = None
    type: str | None = None
    value: Json = None


class InvoicingInfo(Row):
    """Whether and by what it was invoiced.

    Attributes:
        manuallyInvoiced: whether somebody marked it as invoiced by hand.
        invoiceId: the invoice. Empty: where it was marked by hand. Joins: invoices.id.
    """

    manuallyInvoiced: bool | None = None
    invoiceId: str | None = None


class DetailedReportEntry(Row):
    """A finished time entry in the detailed report, with names and amounts, whoever's it is.

    Attributes:
        _id: the time entry. Joins: time_entries.id.
        workspaceId: where the time was recorded. Joins: workspaces.id.
        start: copy of timeInterval.start, at the top because it is the replication key.
            Example: 2026-01-31T08:00:00Z.
        end: copy of timeInterval.end. Example: 2026-01-31T09:30:00Z.
        durationSeconds: copy of timeInterval.duration. Example: 5400.
        id: copy of _id, where it came by this name. Empty: where it came as _id.
        timeInterval: when the entry ran.
        description: what was done, as the member wrote it. Empty: where nothing was written.
        userId: whose time it is. Joins: users.id.
        userName: Example: john.
        userEmail: Example: john@example.com.
        billable: whether the time can be billed.
        projectId: the project that the time is booked on. Empty: where none was chosen.
            Joins: projects.id.
        projectName: Example: Clockify. Empty: where no project was chosen.
        projectColor: in which Clockify shows the project, RGB in hexadecimal. Example: #03A9F4.
            Empty: where no project was chosen.
        clientId: the project's client. Empty: where there is none. Joins: clients.id.
        clientName: Example: Cake.com. Empty: where there is no client.
        taskId: the task that the time is booked on. Empty: where none was chosen. Joins: tasks.id.
        taskName: Example: Task name. Empty: where no task was chosen.
        tagIds: the entry's tags. Empty: where there are none, or tags has them. Joins: tags.id.
        tags: the entry's tags with their names. Empty: where there are none, or tagIds has them.
        type: REGULAR, BREAK, HOLIDAY or TIME_OFF. Empty: where the report leaves it out.
        isLocked: whether the entry can no longer be changed. Empty: where Clockify sends locked
            instead.
        locked: whether the entry can no longer be changed. Empty: where Clockify sends isLocked
            instead.
        approvalRequestId: the approval request that holds the entry. One that was rejected or taken
            back is in no table. Empty: where the entry was not handed in. Needs: the plan Standard.
            Joins: approval_requests.id.
        amount: what is earned. Example: 10500. Empty: where the key may not see amounts. Needs: a
            role that may see amounts.
        rate: what is earned an hour. Example: 7000. Empty: where the key may not see amounts.
            Needs: a role that may see amounts.
        currency: ISO 4217 code of the amounts. Example: USD. Empty: where the report leaves it out.
        amounts: what the entry is worth, by kind. Empty: where the key may not see amounts.
            Needs: a role that may see amounts.
        customFields: the entry's custom fields. Needs: the plan Pro.
        userCustomFields: the member's custom fields. Needs: the plan Pro.
        invoicingInfo: by what it was invoiced; an empty list where it was not. Empty: where the
            report leaves it out. Needs: the plan Standard.
    """

    _id: str = ""
    workspaceId: str = ""
    start: Instant | None = None
    end: Instant | None = None
    durationSeconds: Seconds | None = None
    id: str | None = None
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
    amount: MinorUnits | None = None
    rate: MinorUnits | None = None
    currency: str | None = None
    amounts: list[ReportedAmount] | None = None
    customFields: list[ReportedCustomField] | None = None
    userCustomFields: list[UserCustomFieldValue] | None = None
    invoicingInfo: InvoicingInfo | list[Json] | None = None


class AttendanceDay(Row):
    """A member's day in the attendance report, days of UTC.

    Attributes:
        userId: the member. Joins: users.id.
        date: the day, of UTC. Example: 2026-01-31.
        workspaceId: where the member works. Joins: workspaces.id.
        userName: Example: John Doe.
        imageUrl: address of the member's picture.
        startTime: when the first entry began, as the report writes it.
        endTime: when the last entry ended, as the report writes it. Empty: while nothing ended.
        break_: how long breaks were. Example: 1800.
        totalDuration: how long the member worked. Example: 27000.
        overtime: how much of totalDuration exceeds capacity. Example: 1800.
        capacity: what the member is to work on the day. Example: 25200.
        remainingCapacity: how much of capacity is left. Example: 0.
        timeOff: how long the member was away. Example: 0.
        hasRunningEntry: whether a timer still ran when the report was made.
    """

    userId: str
    date: str
    workspaceId: str = ""
    userName: str | None = None
    imageUrl: str | None = None
    startTime: str | None = None
    endTime: str | None = None
    break_: Seconds | None = field(name="break", default=None)
    totalDuration: Seconds | None = None
    overtime: Seconds | None = None
    capacity: Seconds | None = None
    remainingCapacity: Seconds | None = None
    timeOff: Seconds | None = None
    hasRunningEntry: bool | None = None


class UserDayTotal(Row):
    """What the summary report adds up for a member and a day of UTC: what entries are checked by.

    Entries count on the day they start, and not while their timer runs.

    Attributes:
        userId: the member. Joins: users.id.
        date: the day, of UTC. Example: 2026-01-31.
        workspaceId: where the member worked. Joins: workspaces.id.
        userName: Example: John Doe.
        duration: of all entries of the day. Example: 27000.
        amount: what they are worth, in the report's currency. Empty: where the key's role may not
            see it.
        amounts: what they are worth, by kind.
    """

    userId: str
    date: str
    workspaceId: str = ""
    userName: str | None = None
    duration: Seconds | None = None
    amount: MinorUnits | None = None
    amounts: list[ReportedAmount] | None = None


class ReportedExpense(Row):
    """An expense in the expense report, with names, whoever's it is.

    Attributes:
        _id: the expense. Joins: expenses.id.
        workspaceId: where the money was spent. Joins: workspaces.id.
        date: when the money was spent.
        id: copy of _id, where it came by this name. Empty: where it came as _id.
        userId: who spent the money. Joins: users.id.
        userName: Example: John Doe.
        userEmail: Example: johndoe@example.com.
        userStatus: of the member; its values are not documented. Example: ACTIVE.
        projectId: what the money was spent for. Empty: where none was chosen. Joins: projects.id.
        projectName: Example: Software Development. Empty: where no project was chosen.
        projectColor: in which Clockify shows the project, RGB in hexadecimal. Example: #03A9F4.
            Empty: where no project was chosen.
        clientName: Example: Client X. Empty: where there is no client.
        categoryId: what the money was spent on. Joins: expense_categories.id.
        categoryName: Example: Procurement.
        categoryUnit: what is counted. Example: piece. Empty: where the category has no price by
            unit.
        categoryHasUnitPrice: whether the category has a price by unit.
        notes: free text about the expense. Empty: where nothing was written.
        billable: whether the client can be billed for it.
        quantity: how many units, if the category has a price by unit. Example: 10.
        amount: how much was spent. Example: 10500.5.
        currency: ISO 4217 code of amount. Example: USD. Empty: where the report leaves it out.
        fileId: the receipt, which is not read. Empty: without a receipt.
        fileName: of the receipt. Example: expense_20200101. Empty: without a receipt.
        isLocked: whether the expense can no longer be changed. Empty: where Clockify sends locked
            instead.
        locked: whether the expense can no longer be changed. Empty: where Clockify sends isLocked
            instead.
        approvalRequestId: the approval request that holds the expense. One that was rejected or
            taken back is in no table. Empty: where the expense was not handed in.
            Joins: approval_requests.id.
        invoicingInfo: by what it was invoiced; an empty list where it was not. Empty: where the
            report leaves it out.
        userCustomFields: the member's custom fields.
        exportFields: columns of Clockify's own export of the report. Example: ["PROJECT",
            "CLIENT"]. Empty: where the report leaves it out.
        reportName: described as the expense's name. Empty: where the report leaves it out.
        time: described as the expense's time; its form is not documented. Empty: where the report
            leaves it out.
    """

    _id: str = ""
    workspaceId: str = ""
    date: ExpenseDay | None = None
    id: str | None = None
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
    invoicingInfo: InvoicingInfo | list[Json] | None = None
    userCustomFields: list[UserCustomFieldValue] | None = None
    exportFields: list[str] | None = None
    reportName: str | None = None
    time: str | None = None
