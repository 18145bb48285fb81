"""Reports: time entries, attendance and expenses of a window, for everybody at once.

They have a host of their own and are asked by POST. Bounds are wall clock in the body's `timeZone`
(default: the key owner's), which returned times carry the offset of. Observed and documented names
differ: `documented_reports`. On Free a window has 31 days at most. A role that may not see amounts
is refused unless it asks to hide them. Settled here: running entries are in no report; members get
their own rows; the entries of removed users are included.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from sandbox.clockify import access
from sandbox.clockify.access import Refusal
from sandbox.clockify.blocks import Block, Timesheet
from sandbox.clockify.filters import in_zone
from sandbox.clockify.instants import seconds, zoned
from sandbox.clockify.operations import REPORTS, Ask, Operation
from sandbox.clockify.paging import Sizes, paged
from sandbox.clockify.report_rows import attendance_row, entry_row, expense_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.clockify.expenses import Expense
    from sandbox.clockify.rows import TimeEntry
    from sandbox.clockify.workspaces import WorkspaceData
    from sandbox.wire import Json, Response

DAY = 86_400
HOUR = 3_600
SPANS = (("UNLIMITED_REPORTS", None), ("ONE_YEAR_RANGE_REPORTS", 366))
"""Feature and the days of its longest window; without either 31."""

Row = dict[str, "Json"]

_Report = tuple[list[Row], object]
"""All rows of a report, and its totals."""


def entries(data: WorkspaceData, start: int, end: int) -> Iterator[TimeEntry]:
    """Yield the finished time entries that start in a window, removed users' too."""
    for sheet in data.timesheets.values():
        for index in range(*sheet.window(start, end)):
            entry = sheet.entry_at(index)
            if entry.timeInterval.end is not None:
                yield entry


def detailed(
    data: WorkspaceData,
    start: int,
    end: int,
    zone: ZoneInfo,
    amounts: str = "EARNED",
    *,
    documented: bool = False,
) -> list[Row]:
    """Return the rows of the detailed report, newest start first."""
    kept = sorted(
        entries(data, start, end), key=lambda one: (one.timeInterval.start, one.id), reverse=True
    )
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
    return [
        entry_row(
            data,
            one,
            zone,
            approval_id=approved.get(one.id),
            invoice_id=billed.get(one.id),
            amounts=amounts,
            documented=documented,
        )
        for one in kept
    ]


def attendance(data: WorkspaceData, start: int, end: int, zone: ZoneInfo) -> list[Row]:
    """Return one row per member and day (of the zone) that has time entries."""
    by_day: dict[tuple[str, str], list[TimeEntry]] = defaultdict(list)
    for user_id in data.users:
        sheet = data.timesheets.get(user_id) or Timesheet(())
        for index in range(*sheet.window(start, end)):
            entry = sheet.entry_at(index)
            day = zoned(entry.timeInterval.start, zone)[0][:10]
            by_day[user_id, day].append(entry)
    return [
        attendance_row(data.users[user_id], day, worked, zone)
        for (user_id, day), worked in sorted(by_day.items())
    ]


def expenses(data: WorkspaceData, start: int, end: int, *, documented: bool = False) -> list[Row]:
    """Return the rows of the expense report: the expenses dated in a window."""
    approved = {
        expense_id: request.id
        for request in data.approval_requests.values()
        for expense_id in request.expenseIds
    }
    kept: list[Expense] = [
        one for one in data.expenses.values() if start <= seconds(one.date) <= end
    ]
    return [
        expense_row(data, one, approved.get(one.id), documented=documented)
        for one in sorted(kept, key=lambda one: (one.date, one.id), reverse=True)
    ]


def _window(ask: Ask) -> tuple[int, int, ZoneInfo]:
    """Read the bounds and check what the plan allows."""
    name = str(ask.body.get("timeZone") or ask.world.zone_of(ask.asking.user_id))
    bounds = [
        in_zone(bound, ask.body_text(bound), name) for bound in ("dateRangeStart", "dateRangeEnd")
    ]
    start, end = bounds
    features = ask.data.row.features
    allowed = next((days for feature, days in SPANS if feature in features), 31)
    longest = ask.world.report_span_days or allowed
    if longest is not None and end - start > longest * DAY:
        raise Refusal(400, 501, f"Date range must not be longer than {longest} days")
    return start, end, ZoneInfo(name)


def _filter(ask: Ask, name: str) -> dict[str, object]:
    """Return the filter that a report requires."""
    given = ask.body.get(name)
    if not isinstance(given, dict):
        raise Refusal(400, 501, f"{name} must not be null")
    return given


def _kept(ask: Ask, rows: list[Row]) -> list[Row]:
    """Keep what the caller may see of whom and what was asked for; oldest first if asked so."""
    kept = [
        row
        for row in rows
        if ask.sees(str(row["userId"]))
        and _contained(ask.body.get("users"), row["userId"])
        and _contained(ask.body.get("projects"), row.get("projectId"))
        and _contained(ask.body.get("clients"), row.get("clientId"))
    ]
    return kept[::-1] if ask.body.get("sortOrder") == "ASCENDING" else kept


def _contained(wanted: object, value: object) -> bool:
    if not isinstance(wanted, dict) or not wanted.get("ids"):
        return True
    return (value in wanted["ids"]) == (wanted.get("contains") != "DOES_NOT_CONTAIN")


def _sized(maximum: int) -> Sizes:
    return Sizes(name="pageSize", maximum=maximum, header=False)


def _answer(
    ask: Ask, name: str, sizes: Sizes, page: dict[str, object], report: Callable[[], _Report]
) -> Response:
    """Return a page of a report, which is made up once for all its pages."""
    asking = (name, ask.data.row.id, ask.asking.user_id, ask.is_admin)
    key = msgspec.json.encode((*asking, _without_page(ask.body)))
    with ask.world.lock:
        if key not in ask.world.reports:
            rows, totals = report()
            block = Block([msgspec.json.encode(row) for row in rows])
            ask.world.reports[key] = block, totals
        block, totals = ask.world.reports[key]
    response = paged(ask.world, ask.request, block, sizes=sizes, body=page)
    head = b"{"
    if totals is not None:
        head += b'"totals":' + msgspec.json.encode(totals) + b","
    response.chunks = (head + b'"%b":' % name.encode(), *response.chunks, b"}")
    return response


def _without_page(given: dict[str, object]) -> dict[str, object]:
    return {
        name: _without_page(value) if isinstance(value, dict) else value
        for name, value in given.items()
        if name not in {"page", "pageSize"}
    }


def _detailed(ask: Ask) -> Response:
    page, documented = _filter(ask, "detailedFilter"), ask.world.documented_reports
    shown = str(ask.body.get("amountShown") or "EARNED")
    if shown != "HIDE_AMOUNT" and not ask.is_admin:
        raise access.access_denied()
    start, end, zone = _window(ask)
    options = page.get("options")
    excluded = isinstance(options, dict) and options.get("totals") == "EXCLUDE"

    def report() -> _Report:
        rows = _kept(ask, detailed(ask.data, start, end, zone, shown, documented=documented))
        return rows, [] if excluded else [_totals(rows, documented=documented)]

    name = "timeEntries" if documented else "timeentries"
    return _answer(ask, name, _sized(ask.world.report_limit), page, report)


def _totals(rows: list[Row], *, documented: bool) -> Row | None:
    """Sum up; null where there is nothing."""
    if not rows:
        return None
    sums = {"time": 0, "billable": 0, "amount": 0.0}
    by_currency: dict[str, float] = {}
    for row in rows:
        interval, amount = row["timeInterval"], row.get("amount") or 0
        length = interval["duration"] if isinstance(interval, dict) else 0
        if isinstance(length, int) and isinstance(amount, (int, float)):
            sums["time"] += length
            sums["billable"] += length if row["billable"] else 0
            sums["amount"] += amount
            currency = str(row.get("currency"))
            by_currency[currency] = round(by_currency.get(currency, 0) + amount, 2)
    common: Row = {
        "totalTime": sums["time"],
        "totalBillableTime": sums["billable"],
        "entriesCount": len(rows),
        "amounts": [{"type": "EARNED", "value": round(sums["amount"], 2)}],
    }
    if documented:
        return {"id": "", **common}
    return {
        "_id": "",
        **common,
        "totalAmount": round(sums["amount"], 2),
        "numOfCurrencies": len(by_currency),
        "totalAmountByCurrency": [
            {"currency": currency, "amount": amount} for currency, amount in by_currency.items()
        ],
    }


def _attendance(ask: Ask) -> Response:
    page = _filter(ask, "attendanceFilter")
    start, end, zone = _window(ask)

    def report() -> _Report:
        return _kept(ask, attendance(ask.data, start, end, zone)), None

    return _answer(ask, "entities", _sized(ask.world.attendance_limit), page, report)


def _expenses(ask: Ask) -> Response:
    start, end, _zone = _window(ask)

    def report() -> _Report:
        rows = _kept(ask, expenses(ask.data, start, end, documented=ask.world.documented_reports))
        return rows, {
            "expensesCount": len(rows),
            "totalAmount": _sum(rows, lambda _row: True),
            "totalAmountBillable": _sum(rows, lambda row: row["billable"] is True),
        }

    return _answer(ask, "expenses", _sized(ask.world.report_limit), ask.body, report)


def _sum(rows: list[Row], counts: Callable[[Row], bool]) -> float:
    amounts = [row["amount"] for row in rows if counts(row)]
    return sum(one for one in amounts if isinstance(one, (int, float)))


OPERATIONS = (
    Operation("POST", "/reports/detailed", _detailed, base=REPORTS),
    Operation("POST", "/reports/attendance", _attendance, "ATTENDANCE_REPORT", base=REPORTS),
    Operation("POST", "/reports/expenses/detailed", _expenses, "EXPENSES", base=REPORTS),
)
