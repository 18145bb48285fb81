"""The rows of the reports, as observed and as documented."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sandbox.clockify.instants import seconds, zoned

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sandbox.clockify.expenses import Expense
    from sandbox.clockify.rows import TimeEntry, User
    from sandbox.clockify.workspaces import WorkspaceData
    from sandbox.wire import Json

HOUR = 3_600
CAPACITY = 7 * HOUR

Row = dict[str, "Json"]


def entry_row(
    data: WorkspaceData,
    entry: TimeEntry,
    zone: ZoneInfo,
    *,
    approval_id: str | None,
    invoice_id: str | None,
    amounts: str,
    documented: bool,
) -> Row:
    """Return a row of the detailed report; `invoicingInfo` is absent, a list or an object."""
    user = data.users.get(entry.userId) or data.former.get(entry.userId)
    project = data.projects.get(entry.projectId or "")
    task = data.tasks.get(entry.taskId or "")
    tags = [data.tags[one] for one in entry.tagIds or () if one in data.tags]
    start, end = entry.timeInterval.start, entry.timeInterval.end or entry.timeInterval.start
    length = seconds(end) - seconds(start)
    row: Row = {
        "description": entry.description,
        "userId": entry.userId,
        "userName": user.name if user else None,
        "userEmail": user.email if user else None,
        "billable": entry.billable,
        "projectId": entry.projectId,
        "projectName": project.name if project else None,
        "projectColor": project.color if project else None,
        "clientId": project.clientId if project else None,
        "clientName": project.clientName if project else None,
        "taskId": entry.taskId,
        "taskName": task.name if task else None,
        "timeInterval": {
            "start": zoned(start, zone)[0],
            "end": zoned(end, zone)[0],
            "duration": length,
        },
        "approvalRequestId": approval_id,
    }
    if documented:
        shown: list[Json] = [{"id": tag.id, "name": tag.name} for tag in tags]
        return {"id": entry.id, **row, "locked": entry.isLocked, "tags": shown}
    row = {
        "_id": entry.id,
        **row,
        "isLocked": entry.isLocked,
        "tagIds": [*entry.tagIds] if entry.tagIds is not None else None,
        "tags": [{"_id": tag.id, "name": tag.name} for tag in tags],
        "type": entry.type,
        "customFields": [
            {"customFieldId": one.customFieldId, "name": one.name, "value": _plain(one.value)}
            for one in entry.customFieldValues or ()
        ],
        "userCustomFields": [msgspec.to_builtins(one) for one in user.customFields] if user else [],
        **_amounts(data, entry, length, amounts),
    }
    if invoice_id is not None:
        row["invoicingInfo"] = {"manuallyInvoiced": False, "invoiceId": invoice_id}
    elif int(entry.id[-1], 16) % 2:
        row["invoicingInfo"] = []
    return row


def _amounts(data: WorkspaceData, entry: TimeEntry, length: int, shown: str) -> Row:
    """Return what the time is worth, minor units; nothing when amounts are hidden."""
    if shown == "HIDE_AMOUNT":
        return {}
    hourly = entry.hourlyRate if entry.billable else None
    worth = {
        "EARNED": hourly.amount * length / HOUR if hourly else 0.0,
        "COST": entry.costRate.amount * length / HOUR if entry.costRate else 0.0,
    }
    worth["PROFIT"] = worth["EARNED"] - worth["COST"]
    rate = entry.costRate if shown == "COST" else hourly
    return {
        "amount": round(worth.get(shown, worth["EARNED"]), 2),
        "rate": float(rate.amount) if rate else 0.0,
        "currency": rate.currency if rate else data.row.currencies[0].code,
        "amounts": [{"type": kind, "value": round(one, 2)} for kind, one in worth.items()],
    }


def attendance_row(user: User, day: str, worked: list[TimeEntry], zone: ZoneInfo) -> Row:
    """Return one member's day, durations in seconds; what still runs counts nothing."""
    lengths = {"REGULAR": 0, "BREAK": 0, "TIME_OFF": 0, "HOLIDAY": 0}
    for entry in worked:
        end = entry.timeInterval.end
        if end is not None:
            lengths[entry.type] += seconds(end) - seconds(entry.timeInterval.start)
    ends = [entry.timeInterval.end for entry in worked if entry.timeInterval.end]
    total = lengths["REGULAR"]
    return {
        "userId": user.id,
        "userName": user.name,
        "imageUrl": user.profilePicture,
        "date": day,
        "startTime": zoned(min(entry.timeInterval.start for entry in worked), zone)[0],
        "endTime": zoned(max(ends), zone)[0] if ends else None,
        "break": lengths["BREAK"],
        "totalDuration": total,
        "overtime": max(0, total - CAPACITY),
        "capacity": CAPACITY,
        "remainingCapacity": max(0, CAPACITY - total),
        "timeOff": lengths["TIME_OFF"] + lengths["HOLIDAY"],
        "hasRunningEntry": len(ends) < len(worked),
    }


def expense_row(
    data: WorkspaceData, expense: Expense, approval_id: str | None, *, documented: bool
) -> Row:
    """Return a row of the expense report; the date is an instant here."""
    user = data.users.get(expense.userId) or data.former.get(expense.userId)
    project = data.projects.get(expense.projectId or "")
    category = data.expense_categories.get(expense.categoryId or "")
    standing = {one.userId: one.membershipStatus for one in data.row.memberships}
    row: Row = {
        "workspaceId": expense.workspaceId,
        "userId": expense.userId,
        "userName": user.name if user else None,
        "userEmail": user.email if user else None,
        "userStatus": standing.get(expense.userId, "INACTIVE"),
        "date": f"{expense.date}T00:00:00Z",
        "projectId": expense.projectId,
        "projectName": project.name if project else None,
        "categoryId": expense.categoryId,
        "categoryName": category.name if category else None,
        "categoryUnit": category.unit if category else None,
        "categoryHasUnitPrice": category.hasUnitPrice if category else False,
        "notes": expense.notes,
        "billable": expense.billable,
        "quantity": expense.quantity,
        "amount": expense.total,
        "fileId": expense.fileId,
        "fileName": expense.fileName,
        "approvalRequestId": approval_id,
    }
    if not documented:
        return {
            "_id": expense.id,
            **row,
            "clientName": project.clientName if project else None,
            "isLocked": expense.isLocked,
            "currency": data.row.currencies[0].code,
            "userCustomFields": [msgspec.to_builtins(one) for one in user.customFields]
            if user
            else [],
        }
    billed = [
        invoice.id
        for invoice in data.invoices.values()
        for item in invoice.items
        if expense.id in item.expenseIds
    ]
    return {
        "id": expense.id,
        **row,
        "locked": expense.isLocked,
        "projectColor": project.color if project else None,
        "exportFields": ["PROJECT", "CLIENT"],
        "reportName": "Expense report",
        "time": "00:00:00",
        "invoicingInfo": {"manuallyInvoiced": False, "invoiceId": billed[0]} if billed else None,
    }


def _plain(value: object) -> Json:
    plain: Json = msgspec.to_builtins(value)
    return plain
