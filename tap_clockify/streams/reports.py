"""Reports: time, attendance and expenses of everybody, from the host of reports.

Bounds are wall clock in the zone that the body names: UTC, always. Windows are of whole days: 31 at
most, which is what the free plan allows (live probe: 32 days are refused with 400), and a year
where the workspace's features say so.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from tap_clockify import rows
from tap_clockify.windows import DAY, Slice, WindowedStream, midnight, parts
from taps_common.sync.state import from_text
from taps_common.errors import ShapeError, StatusError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_clockify.client import Take
    from tap_clockify.tap import TapClockify
    from taps_common.sync.state import Scope, Window
    from taps_common.sync.concurrency import Walk
    from taps_common.http.session import Service
    from taps_common.sync.engine import Reading

FIRST_DAY = datetime(2017, 1, 1, tzinfo=timezone.utc)
"""Where reports begin without `start_date`: Clockify has existed since that year."""

LONG_WINDOWS = {"ONE_YEAR_RANGE_REPORTS", "UNLIMITED_REPORTS"}
"""Features of plans on which a report may cover a year at least."""

YEAR = timedelta(days=365)

SHORTER = "%s: windows of a year are refused in workspace %s (400), read month by month instead"

NO_AMOUNTS = "%s: refused with amounts in workspace %s (403), asked for without: they are null"

LAST_MOMENT = timedelta(milliseconds=1)
"""How long before the next day a day ends, as Clockify's own pages have it."""


class ReportStream(WindowedStream):
    """A report by days, of all whom the key may see.

    Attributes:
        sort_column: an order that does not change between pages.
    """

    page_size = 1000
    own_only = True
    from_route = ("workspaceId",)
    span = timedelta(days=31)
    sort_column: ClassVar[str] = "ID"

    def __init__(self, tap: TapClockify) -> None:
        super().__init__(tap)
        self._by_months: set[str] = set()

    @property
    def service(self) -> Service:
        """The host of reports."""
        return self.tap.reports

    def longest(self, scope: Scope) -> timedelta:
        """Return a year where the plan allows it, else the days that all plans allow."""
        features = self.tap.known_workspaces[scope["workspaceId"]].features or ()
        return self.span if LONG_WINDOWS.isdisjoint(features) else YEAR

    def walk(self, partition: Scope, window: Window | None, reading: Reading) -> Walk:
        """Read a slice; month by month if it is refused for its length."""
        ident = partition["workspaceId"]
        by_months = ident in self._by_months
        try:
            yield from super().walk(partition, window, reading)
        except StatusError as error:
            short = len(self._months(partition)) == 1
            if error.status != HTTPStatus.BAD_REQUEST or short or by_months:
                raise
            if ident not in self._by_months:
                self._by_months.add(ident)
                self.logger.warning(SHORTER, self.name, ident)
            reading.begin_again(partition, error)
        else:
            return
        yield from super().walk(partition, window, reading)

    def pages(self, partition: Scope, window: Window | None, take: Take) -> Walk:
        """Request the pages of a slice, as a whole or month by month."""
        by_months = partition["workspaceId"] in self._by_months
        for part in self._months(partition) if by_months else [partition]:
            yield from super().pages(part, window, take)

    def _months(self, partition: Scope) -> list[dict[str, str]]:
        """Return the parts of a slice that every plan allows."""
        low, high = (from_text(partition[name]) for name in ("from", "to"))
        return self.cut(partition, parts(low, high + LAST_MOMENT, self.span))

    def earliest(self, began: datetime) -> datetime:
        """Return the first day that is asked for where nothing bounds it."""
        return FIRST_DAY

    def reach(self, since: datetime, until: datetime, began: datetime) -> Slice:
        """Return a window of whole days."""
        first = midnight(until)
        return midnight(since), first if first == until == self.tap.end_date else first + DAY

    def bounds(self, part: Slice) -> tuple[str, str]:
        """Return the first and the last moment of a slice, in the zone of the body."""
        low, high = part
        return _wall_clock(low), _wall_clock(high - LAST_MOMENT)

    def asked(self, partition: Scope, page: int) -> Mapping[str, object]:
        """Return what is posted for a page."""
        return {
            "dateRangeStart": partition["from"],
            "dateRangeEnd": partition["to"],
            "timeZone": "UTC",
            "exportType": "JSON",
            "sortOrder": "ASCENDING",
            **self.filter({"page": page, "pageSize": self.page_size}),
        }

    def filter(self, page: Mapping[str, object]) -> Mapping[str, object]:
        """Return the part of the body that differs from report to report, the page in it."""
        raise NotImplementedError


class DetailedReport(ReportStream):
    """Finished time entries of everybody, removed members included, with names and amounts."""

    name = "detailed_report"
    row = rows.DetailedReportEntry
    primary_keys = ("workspaceId", "_id")
    replication_key = "start"
    cursor = "start"
    path = "/workspaces/{workspaceId}/reports/detailed"
    envelope = ("timeentries",)
    other_envelopes = (("timeEntries",),)
    needs = frozenset({"id", "start", "timeInterval"})

    def __init__(self, tap: TapClockify) -> None:
        super().__init__(tap)
        self._hidden: set[str] = set()

    def asked(self, partition: Scope, page: int) -> Mapping[str, object]:
        """Return what is posted for a page: with what is earned, if the role may see it."""
        hidden = partition["workspaceId"] in self._hidden
        shown = "HIDE_AMOUNT" if hidden else "EARNED"
        return {**super().asked(partition, page), "amountShown": shown}

    def filter(self, page: Mapping[str, object]) -> Mapping[str, object]:
        """Return the filter: no totals, which cost the service time."""
        options = {"totals": "EXCLUDE"}
        return {"detailedFilter": {**page, "sortColumn": self.sort_column, "options": options}}

    def walk(self, partition: Scope, window: Window | None, reading: Reading) -> Walk:
        """Read a slice; without amounts where the key's role may not see them.

        A role that may not is refused with 403 unless it asks to hide them (help, "Reports").
        """
        ident = partition["workspaceId"]
        hidden = ident in self._hidden
        try:
            yield from super().walk(partition, window, reading)
        except StatusError as error:
            if hidden or error.status != HTTPStatus.FORBIDDEN:
                raise
            self.refused.pop(ident, None)
            if ident not in self._hidden:
                self._hidden.add(ident)
                self.logger.warning(NO_AMOUNTS, self.name, ident)
            reading.begin_again(partition, error)
        else:
            return
        yield from super().walk(partition, window, reading)

    def complete(self, rows_read: Sequence[rows.DetailedReportEntry], partition: Scope) -> None:
        """Copy the start to the top of the row, and the id to its key, however it is spelled."""
        super().complete(rows_read, partition)
        _identify(rows_read)
        for row in rows_read:
            row.start = row.timeInterval.start if row.timeInterval else None


class AttendanceReport(ReportStream):
    """What members worked, rested and were away, by day."""

    name = "attendance_report"
    row = rows.AttendanceDay
    primary_keys = ("workspaceId", "userId", "date")
    replication_key = "date"
    cursor = "date"
    path = "/workspaces/{workspaceId}/reports/attendance"
    page_size = 200  # what a third party found to be the most
    sort_column = "DATE"
    envelope = ("entities",)
    feature = "ATTENDANCE_REPORT"

    def filter(self, page: Mapping[str, object]) -> Mapping[str, object]:
        """Return the filter: time off is counted too."""
        return {"attendanceFilter": {**page, "sortColumn": self.sort_column, "hasTimeOff": True}}

    def moment(self, row: rows.AttendanceDay) -> datetime | None:
        """Return the beginning of the day."""
        return _moment(row)


class ExpenseReport(ReportStream):
    """Expenses of everybody by date, with names; the only list of expenses with a window."""

    name = "expense_report"
    row = rows.ReportedExpense
    primary_keys = ("workspaceId", "_id")
    replication_key = "date"
    cursor = "date"
    path = "/workspaces/{workspaceId}/reports/expenses/detailed"
    envelope = ("expenses",)
    feature = "EXPENSES"
    needs = frozenset({"id", "date"})

    def filter(self, page: Mapping[str, object]) -> Mapping[str, object]:
        """Return the page and the order, which stand at the top here."""
        return {**page, "sortColumn": self.sort_column}

    def complete(self, rows_read: Sequence[rows.ReportedExpense], partition: Scope) -> None:
        """Copy the id to the key, however it is spelled."""
        super().complete(rows_read, partition)
        _identify(rows_read)

    def moment(self, row: rows.ReportedExpense) -> datetime | None:
        """Return the beginning of the day."""
        return _moment(row)


def _identify(rows_read: Sequence[Any]) -> None:
    for row in rows_read:
        row._id = row._id or row.id or ""  # noqa: SLF001 - the wire's name
        if not row._id:  # noqa: SLF001 - the wire's name
            raise ShapeError("a report holds a row without _id")


def _moment(row: rows.AttendanceDay | rows.ReportedExpense) -> datetime | None:
    """Return the moment that a row's date names; None where it is no date."""
    try:
        return from_text(row.date) if row.date else None
    except ValueError:
        return None


def _wall_clock(moment: datetime) -> str:
    """Return a moment as reports take it: milliseconds, no zone."""
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
