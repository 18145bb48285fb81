"""Reports: time entries, attendance and expenses of a window, for everybody at once.

They have a host of their own and are asked by POST. Bounds are wall clock in the body's `timeZone`
(default: the key owner's), which returned times carry the offset of. Observed and documented names
differ: `documented_reports`. On Free a window has 31 days at most. A role that may not see amounts
is refused unless it asks to hide them. Settled here: running entries are in no report; members get
their own rows; the entries of removed users are included.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from sandbox.clockify.ask import Ask, Shown, access_denied, invalid
from sandbox.clockify.instants import DAY, HOUR, seconds, zoned
from sandbox.clockify.planning import CAPACITY
from sandbox.clockify.rows import Expense, Rate, TimeEntry, User
from sandbox.clockify.time_entries import tags_of

SPANS = {"UNLIMITED_REPORTS": None, "ONE_YEAR_RANGE_REPORTS": 366}
"""Feature and the days of its longest window; without either 31."""

USER = {"userName": "userId.name", "userEmail": "userId.email"}
PROJECT = {
    "projectName": "projectId.name",
    "projectColor": "projectId.color",
    "clientId": "projectId.clientId",
    "clientName": "projectId.clientName",
}


def detailed(ask: Ask) -> list[Shown]:
    """Return the finished time entries that start in a window, newest start first."""
    if "detailedFilter" not in ask.body:
        raise invalid("detailedFilter must not be null")
    return _kept(ask, _finished(ask))


def _finished(ask: Ask) -> list[Shown]:
    amounts = str(ask.body.get("amountShown") or "EARNED")
    if amounts != "HIDE_AMOUNT" and not ask.is_admin:
        raise access_denied()
    start, end, zone = _window(ask)
    data = ask.data
    approved = {
        entry_id: request.id
        for request in data.approval_requests.values()
        for entry_id in request.entryIds
    }
    billed = {
        entry_id: invoice.id
        for invoice in data.invoices.values()
        for item in invoice.items
        for entry_id in item.timeEntryIds
    }
    entries = [
        entry
        for sheet in data.timesheets.values()
        for entry in map(sheet.entry_at, range(*sheet.window(start, end)))
        if entry.timeInterval.end is not None
    ]
    entries.sort(key=lambda one: (one.timeInterval.start, one.id), reverse=True)
    rows = []
    for entry in entries:
        row = _entry_row(ask, entry, zone)
        row["approvalRequestId"] = approved.get(entry.id)
        if not ask.world.documented_reports:
            row |= _amounts(ask, entry, amounts)
            if entry.id in billed:  # absent, a list or an object
                invoice_id = billed[entry.id]
                row["invoicingInfo"] = {"manuallyInvoiced": False, "invoiceId": invoice_id}
            elif int(entry.id[-1], 16) % 2:
                row["invoicingInfo"] = []
        rows.append(row)
    return rows


GROUPS: dict[str, Callable[[Shown], tuple[object, object]]] = {
    "USER": lambda row: (row["userId"], row["userName"]),
    "PROJECT": lambda row: (row["projectId"], row["projectName"]),
    "CLIENT": lambda row: (row["clientId"], row["clientName"]),
    "DATE": lambda row: (row["timeInterval"]["start"][:10],) * 2,
    "MONTH": lambda row: (row["timeInterval"]["start"][:7],) * 2,
}
"""Id and name of the group that an entry belongs to."""


def summary(ask: Ask) -> list[Shown]:
    """Return what the entries of a window add up to, in at most three levels of groups."""
    groups = ask.within("summaryFilter").get("groups") or []
    if not 1 <= len(groups) <= 3 or not GROUPS.keys() >= {*groups}:
        raise invalid("summaryFilter.groups must name one to three groups")
    return _grouped(ask, _kept(ask, _finished(ask)), groups)


def _grouped(ask: Ask, rows: list[Shown], groups: list[str]) -> list[Shown]:
    within: dict[tuple[object, object], list[Shown]] = defaultdict(list)
    for row in rows if groups else ():
        within[GROUPS[groups[0]](row)].append(row)
    return [
        {
            "id" if ask.world.documented_reports else "_id": ident or "",
            "name": name or "",
            "duration": sum(row["timeInterval"]["duration"] for row in held),
            **_earned(held),
            "children": _grouped(ask, held, groups[1:]),
        }
        for (ident, name), held in within.items()
    ]


def _earned(rows: list[Shown]) -> Shown:
    """Return what entries are worth; nothing when amounts are hidden, or not described."""
    if not all("amount" in row for row in rows):
        return {}
    amount = round(sum(row["amount"] for row in rows), 2)
    return {"amount": amount, "amounts": [{"type": "EARNED", "value": amount}]}


def group_totals(ask: Ask, rows: list[Shown]) -> Shown:
    """Sum up the summary report; null where there is nothing."""
    if not rows:
        return {"totals": [None]}
    total = sum(row["duration"] for row in rows)
    totals = {"id" if ask.world.documented_reports else "_id": "", "totalTime": total}
    return {"totals": [totals]}


def _entry_row(ask: Ask, entry: TimeEntry, zone: str) -> Shown:
    tags, start, end = tags_of(ask, entry), entry.timeInterval.start, str(entry.timeInterval.end)
    same = ("description", "userId", "billable", "projectId", "taskId")
    row: Shown = {
        **{name: getattr(entry, name) for name in same},
        **ask.beside(entry, **USER, **PROJECT, taskName="taskId.name"),
        "timeInterval": {
            "start": zoned(start, zone)[0],
            "end": zoned(end, zone)[0],
            "duration": seconds(end) - seconds(start),
        },
    }
    if ask.world.documented_reports:
        named = [{"id": tag.id, "name": tag.name} for tag in tags]
        return {"id": entry.id, **row, "locked": entry.isLocked, "tags": named}
    return {
        "_id": entry.id,
        **row,
        "isLocked": entry.isLocked,
        "tagIds": entry.tagIds,
        "tags": [{"_id": tag.id, "name": tag.name} for tag in tags],
        "type": entry.type,
        "customFields": [
            {"customFieldId": one.customFieldId, "name": one.name, "value": one.value}
            for one in entry.customFieldValues or ()
        ],
        **ask.beside(entry, userCustomFields="userId.customFields"),
    }


def _amounts(ask: Ask, entry: TimeEntry, shown: str) -> Shown:
    """Return what the time is worth, minor units; nothing when amounts are hidden."""
    if shown == "HIDE_AMOUNT":
        return {}
    length = seconds(str(entry.timeInterval.end)) - seconds(entry.timeInterval.start)
    hourly, cost = (_rate(ask, entry, name) for name in ("hourlyRate", "costRate"))
    if not entry.billable:
        hourly = None
    earned, spent = (rate.amount * length / HOUR if rate else 0.0 for rate in (hourly, cost))
    worth = {"EARNED": earned, "COST": spent, "PROFIT": earned - spent}
    rate = cost if shown == "COST" else hourly
    return {
        "amount": round(worth.get(shown, earned), 2),
        "rate": float(rate.amount) if rate else 0.0,
        "currency": rate.currency if rate else ask.data.row.currencies[0].code,
        "amounts": [{"type": kind, "value": round(one, 2)} for kind, one in worth.items()],
    }


def _rate(ask: Ask, entry: TimeEntry, name: str) -> Rate | None:
    """Return an entry's rate: where it has none, its member's on the project or at all, or ours."""
    user = ask.data.users.get(entry.userId)
    joined = {one.targetId: one for one in user.memberships} if user else {}
    levels = (entry, joined.get(entry.projectId or ""), joined.get(ask.data.row.id), ask.data.row)
    return next((rate for one in levels if (rate := getattr(one, name, None))), None)


def entry_totals(ask: Ask, rows: list[Shown]) -> Shown:
    """Sum up the detailed report; null where there is nothing."""
    if ask.within("detailedFilter", "options").get("totals") == "EXCLUDE":
        return {"totals": []}
    if not rows:
        return {"totals": [None]}
    lengths = [(row["timeInterval"]["duration"], row["billable"]) for row in rows]
    amount = round(sum(row.get("amount", 0) for row in rows), 2)
    totals: Shown = {
        "id" if ask.world.documented_reports else "_id": "",
        "totalTime": sum(length for length, _ in lengths),
        "totalBillableTime": sum(length for length, billable in lengths if billable),
        "entriesCount": len(rows),
        "amounts": [{"type": "EARNED", "value": amount}],
    }
    return {"totals": [totals]}


def attendance(ask: Ask) -> list[Shown]:
    """Return one row per member and day (of the zone) that has time entries."""
    if "attendanceFilter" not in ask.body:
        raise invalid("attendanceFilter must not be null")
    start, end, zone = _window(ask)
    by_day: dict[tuple[str, str], list[TimeEntry]] = defaultdict(list)
    for user_id in ask.data.users:
        sheet = ask.data.timesheet(user_id)
        for entry in map(sheet.entry_at, range(*sheet.window(start, end))):
            by_day[user_id, zoned(entry.timeInterval.start, zone)[0][:10]].append(entry)
    return _kept(
        ask,
        [
            _attendance_row(ask.data.users[user_id], day, worked, zone)
            for (user_id, day), worked in sorted(by_day.items())
        ],
    )


def _attendance_row(user: User, day: str, worked: list[TimeEntry], zone: str) -> Shown:
    """Return one member's day, durations in seconds; what still runs counts nothing."""
    lengths = {"REGULAR": 0, "BREAK": 0, "TIME_OFF": 0, "HOLIDAY": 0}
    ends = []
    for entry in worked:
        if entry.timeInterval.end is not None:
            ends.append(entry.timeInterval.end)
            lengths[entry.type] += seconds(ends[-1]) - seconds(entry.timeInterval.start)
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


def expenses(ask: Ask) -> list[Shown]:
    """Return the expenses dated in a window, newest first."""
    start, end, _zone = _window(ask)
    kept = [one for one in ask.data.expenses.values() if start <= seconds(one.date) <= end]
    kept.sort(key=lambda one: (one.date, one.id), reverse=True)
    return _kept(ask, [_expense_row(ask, one) for one in kept])


def _expense_row(ask: Ask, expense: Expense) -> Shown:
    """Return a row of the expense report; the date is an instant here."""
    data = ask.data
    requests = data.approval_requests.values()
    approvals = [one.id for one in requests if expense.id in one.expenseIds]
    category = {
        "categoryName": "categoryId.name",
        "categoryUnit": "categoryId.unit",
        "categoryHasUnitPrice": "categoryId.hasUnitPrice",
    }
    same = ("workspaceId", "userId", "projectId", "categoryId", "notes", "billable", "quantity")
    row: Shown = {
        **{name: getattr(expense, name) for name in (*same, "fileId", "fileName")},
        **ask.beside(expense, **USER, **category, projectName="projectId.name"),
        "userStatus": data.standing().get(expense.userId, "INACTIVE"),
        "date": f"{expense.date}T00:00:00Z",
        "amount": expense.total,
        "approvalRequestId": approvals[-1] if approvals else None,
    }
    if not ask.world.documented_reports:
        return {
            "_id": expense.id,
            **row,
            **ask.beside(
                expense, clientName="projectId.clientName", userCustomFields="userId.customFields"
            ),
            "isLocked": expense.isLocked,
            "currency": data.row.currencies[0].code,
        }
    billed = [
        {"manuallyInvoiced": False, "invoiceId": invoice.id}
        for invoice in data.invoices.values()
        for item in invoice.items
        if expense.id in item.expenseIds
    ]
    return {
        "id": expense.id,
        **row,
        "locked": expense.isLocked,
        **ask.beside(expense, projectColor="projectId.color"),
        "exportFields": ["PROJECT", "CLIENT"],
        "reportName": "Expense report",
        "time": "00:00:00",
        "invoicingInfo": billed[0] if billed else None,
    }


def expense_totals(_ask: Ask, rows: list[Shown]) -> Shown:
    totals = {
        "expensesCount": len(rows),
        "totalAmount": sum(row["amount"] for row in rows),
        "totalAmountBillable": sum(row["amount"] for row in rows if row["billable"]),
    }
    return {"totals": totals}


def _window(ask: Ask) -> tuple[int, int, str]:
    """Read the bounds and check what the plan allows."""
    zone = str(ask.body.get("timeZone") or ask.world.zone_of(ask.caller.user_id))
    start, end = (
        ask.instant(name, ask.text(name), zone) for name in ("dateRangeStart", "dateRangeEnd")
    )
    features = ask.data.row.features
    allowed = next((days for feature, days in SPANS.items() if feature in features), 31)
    longest = None if ask.unlimited else ask.world.report_span_days or allowed
    if longest is not None and end - start > longest * DAY:
        raise invalid(f"Date range must not be longer than {longest} days")
    return start, end, zone


def _kept(ask: Ask, rows: list[Shown]) -> list[Shown]:
    """Keep what the caller may see; oldest first if asked so."""
    kept = [row for row in rows if ask.sees(row["userId"])]
    return kept[::-1] if ask.body.get("sortOrder") == "ASCENDING" else kept
