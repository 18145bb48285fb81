"""Reports: time, attendance and expenses of everybody, from the host of reports.

Bounds are wall clock in the zone that the body names: UTC, always. Windows are of whole days: 31 at
most, which is what the free plan allows (live probe: 32 days are refused with 400), and a year
where the workspace's features say so.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from tap_clockify.client import is_bad_request
from tap_clockify.rows import reports as rows
from tap_clockify.summaries import user_days
from tap_clockify.windows import DAY, FIRST_DAY, YEAR, Slice, WindowedStream, parts
from taps_common.errors import ShapeError, StatusError
from taps_common.sync.steps import Page
from taps_common.timestamps import from_text, midnight

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from taps_common.errors import RequestError
    from taps_common.http.request import Request, Response, Service
    from taps_common.sync.steps import Bounds, Partition, Requests, Rows, Scope, Span

LONG_WINDOWS = {"ONE_YEAR_RANGE_REPORTS", "UNLIMITED_REPORTS"}
"""Features of plans on which a report may cover a year at least."""

SHORTER = "windows of a year are refused in workspace {} (400), read month by month instead"

NO_AMOUNTS = "refused with amounts in workspace {} (403), asked for without: they are null"

LAST_MOMENT = timedelta(milliseconds=1)
"""How long before the next day a day ends, as Clockify's own pages have it."""


class ReportStream(WindowedStream):
    """A report by days, of all whom the key may see.

    Attributes:
        sort_column: an order that does not change between pages.
    """

    page_size = 1000
    size_name = "pageSize"
    own_only = True
    from_route = ("workspaceId",)
    replication_key = "date"
    span = timedelta(days=31)
    sort_column: ClassVar[str] = "ID"
    alternatives: ClassVar[Sequence[Mapping[str, str]]] = (
        {"windows": "years"},
        {"windows": "months"},
    )

    @property
    def service(self) -> Service:
        """The host of reports."""
        return self.account.reports

    def covers(self, scope: Scope, bounds: Bounds) -> Span | None:
        """Return the days that were asked for."""
        slices = self.slices(scope, bounds)
        return (slices[0][0], slices[-1][1]) if slices else None

    def longest(self, scope: Scope) -> timedelta:
        """Return a year where the plan allows it, else the days that all plans allow."""
        features = self.account.workspaces[scope["workspaceId"]].features or ()
        return self.span if LONG_WINDOWS.isdisjoint(features) else YEAR

    def refused_options(
        self, error: RequestError, partition: Partition, *, first: bool
    ) -> Collection[str]:
        """Return `windows` where a slice may be refused for its length."""
        return ("windows",) if is_bad_request(error) else ()

    def on_alternative(self, options: Mapping[str, str], scope: Scope, error: RequestError) -> str:
        """Return that a report is read month by month."""
        return SHORTER.format(scope["workspaceId"])

    def allows(self, options: Mapping[str, str], partition: Partition) -> bool:
        """Return whether a slice can be read so: one of a month at most cannot be cut further."""
        return options["windows"] == "years" or len(self._months(partition)) > 1

    def requests(self, partition: Partition, bounds: Bounds) -> Requests:
        """Yield the pages of a slice, as a whole or month by month."""
        by_months = bounds.options["windows"] == "months"
        for part in self._months(partition) if by_months else [partition]:
            yield from super().requests(part, bounds)

    def _months(self, partition: Partition) -> list[dict[str, str]]:
        """Return the parts of a slice that every plan allows."""
        low, high = (from_text(partition[name]) for name in ("from", "to"))
        return self.cut(partition, parts(low, high + LAST_MOMENT, self.span))

    def earliest(self, began: datetime) -> datetime:
        """Return the first day that is asked for where nothing bounds it."""
        return FIRST_DAY

    def reach(self, since: datetime, until: datetime, bounds: Bounds) -> Slice:
        """Return a window of whole days."""
        first = midnight(until)
        return midnight(since), first if first == until == bounds.until else first + DAY

    def bounds_of(self, part: Slice) -> tuple[str, str]:
        """Return both ends of a slice, included, in the zone of the body."""
        low, high = part
        return _wall_clock(low), _wall_clock(high - LAST_MOMENT)

    def body(
        self, partition: Partition, bounds: Bounds, page: Mapping[str, object]
    ) -> Mapping[str, object]:
        """Return what is posted for a page."""
        return {
            "dateRangeStart": partition["from"],
            "dateRangeEnd": partition["to"],
            "timeZone": "UTC",
            "exportType": "JSON",
            "sortOrder": "ASCENDING",
            **self.filter(page),
        }

    def filter(self, page: Mapping[str, object]) -> Mapping[str, object]:
        """Return the part of the body that differs from report to report, the page in it."""
        raise NotImplementedError

    def complete(self, rows_read: Rows, partition: Partition) -> None:
        """Copy an id to its key, however it is spelled.

        Raises:
            ShapeError: a row has none.
        """
        super().complete(rows_read, partition)
        for row in rows_read if "_id" in self.own_keys else ():
            row._id = row._id or row.id or ""  # noqa: SLF001 - the wire's name
            if not row._id:  # noqa: SLF001 - the wire's name
                raise ShapeError("a report holds a row without _id")

    def cursor_of(self, row: Any) -> datetime | None:  # noqa: ANN401 - a row of the narrowed type
        """Return a timestamp, or the beginning of the day that a text names, if it names one."""
        at: datetime | str | None = getattr(row, str(self.cursor))
        try:
            return from_text(at) if isinstance(at, str) else at
        except ValueError:
            return None


class AmountReport(ReportStream):
    """A report of time with what it is worth, or without where the key's role may not see that.

    A role that may not is refused with 403 unless it asks to hide them (help, "Reports").
    """

    alternatives = (
        {"windows": "years", "amounts": "EARNED"},
        {"windows": "years", "amounts": "HIDE_AMOUNT"},
        {"windows": "months", "amounts": "EARNED"},
        {"windows": "months", "amounts": "HIDE_AMOUNT"},
    )

    def refused_options(
        self, error: RequestError, partition: Partition, *, first: bool
    ) -> Collection[str]:
        """Return `amounts` where the key's role may not see them."""
        if may_be_about_amounts(error):
            return ("amounts",)
        return super().refused_options(error, partition, first=first)

    def on_alternative(self, options: Mapping[str, str], scope: Scope, error: RequestError) -> str:
        """Return what is done without."""
        if may_be_about_amounts(error):
            return NO_AMOUNTS.format(scope["workspaceId"])
        return super().on_alternative(options, scope, error)

    def body(
        self, partition: Partition, bounds: Bounds, page: Mapping[str, object]
    ) -> Mapping[str, object]:
        """Return what is posted for a page: with what is earned, if the role may see it."""
        asked = super().body(partition, bounds, page)
        return {**asked, "amountShown": bounds.options["amounts"]}


class DetailedReport(AmountReport):
    """Finished time entries of everybody, removed members included, with names and amounts."""

    name = "detailed_report"
    row = rows.DetailedReportEntry
    primary_keys = ("workspaceId", "_id")
    replication_key = "start"
    path = "/workspaces/{workspaceId}/reports/detailed"
    envelopes = (("timeentries",), ("timeEntries",))
    needs = frozenset({"id", "start", "timeInterval"})
    copied = MappingProxyType(
        {
            "start": "timeInterval.start",
            "end": "timeInterval.end",
            "durationSeconds": "timeInterval.duration",
        }
    )

    def filter(self, page: Mapping[str, object]) -> Mapping[str, object]:
        """Return the filter: no totals, which cost the service time."""
        options = {"totals": "EXCLUDE"}
        return {"detailedFilter": {**page, "sortColumn": self.sort_column, "options": options}}


class UserDayTotals(AmountReport):
    """What the service itself adds up, by member and day: entries that were read must agree."""

    name = "user_day_totals"
    row = rows.UserDayTotal
    primary_keys = ("workspaceId", "userId", "date")
    path = "/workspaces/{workspaceId}/reports/summary"
    paged = False
    envelopes = (("groupOne",),)

    def filter(self, page: Mapping[str, object]) -> Mapping[str, object]:
        """Return how the report groups: durations are asked for as they were entered."""
        return {"rounding": False, "summaryFilter": {"groups": ["USER", "DATE"]}}

    def open_page(self, request: Request, response: Response) -> Page:
        """Return the days of all members as one list.

        Raises:
            ShapeError: the report is not grouped as it was asked to be, or does not add up.
        """
        try:
            return Page(user_days(response.body))
        except ShapeError as error:
            raise ShapeError(
                f"{request} answered 200, but the report is not usable: {error}"
            ) from None


class AttendanceReport(ReportStream):
    """What members worked, rested and were away, by day."""

    name = "attendance_report"
    row = rows.AttendanceDay
    primary_keys = ("workspaceId", "userId", "date")
    path = "/workspaces/{workspaceId}/reports/attendance"
    page_size = 200  # what a third party found to be the most
    sort_column = "DATE"
    envelopes = (("entities",),)
    feature = "ATTENDANCE_REPORT"

    def filter(self, page: Mapping[str, object]) -> Mapping[str, object]:
        """Return the filter: time off is counted too."""
        return {"attendanceFilter": {**page, "sortColumn": self.sort_column, "hasTimeOff": True}}


class ExpenseReport(ReportStream):
    """Expenses of everybody by date, with names; the only list of expenses with a window."""

    name = "expense_report"
    row = rows.ReportedExpense
    primary_keys = ("workspaceId", "_id")
    path = "/workspaces/{workspaceId}/reports/expenses/detailed"
    envelopes = (("expenses",),)
    feature = "EXPENSES"
    needs = frozenset({"id", "date"})

    def filter(self, page: Mapping[str, object]) -> Mapping[str, object]:
        """Return the page and the order, which stand at the top here."""
        return {**page, "sortColumn": self.sort_column}


def may_be_about_amounts(error: RequestError) -> bool:
    """Return whether a report is refused since the key's role may not see amounts, maybe."""
    return isinstance(error, StatusError) and error.status == HTTPStatus.FORBIDDEN


def _wall_clock(timestamp: datetime) -> str:
    """Return a timestamp as reports take it: milliseconds, no zone."""
    return timestamp.replace(tzinfo=None).isoformat(timespec="milliseconds")


STREAMS = (DetailedReport, UserDayTotals, AttendanceReport, ExpenseReport)
