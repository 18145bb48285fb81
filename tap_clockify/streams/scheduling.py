"""What is planned, and how it adds up. The service demands a window for all of it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from tap_clockify import rows
from tap_clockify.permissions import GatedStream
from taps_common.sync.state import to_text
from taps_common.sync.stream import Unwound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taps_common.sync.state import Scope, Window
    from taps_common.records.row_types import Row

LARGEST_PAGE = 200
"""Documented maximum of the totals."""

FIRST_DAY = datetime(2017, 1, 1, tzinfo=timezone.utc)
"""Nothing was planned in Clockify before it existed."""

AHEAD = timedelta(days=5 * 365)
"""How far ahead assignments are asked for where `end_date` is not set."""

AROUND = timedelta(days=30)
"""What totals are of, before and after today, where the dates are not set."""


class SchedulingStream(GatedStream):
    """A list of a window of time."""

    feature = "SCHEDULING"

    def between(self) -> tuple[datetime, datetime]:
        """Return the window where the dates are not set; its end is excluded."""
        raise NotImplementedError

    @property
    def today(self) -> datetime:
        """The beginning of the day, UTC."""
        now = self.tap.clock.now().astimezone(timezone.utc)
        return now.replace(hour=0, minute=0, second=0, microsecond=0)

    def bounds(self) -> dict[str, str]:
        """Return the window as the service takes it: whole seconds, both included."""
        start, end = self.between()
        length = end - start
        start = self.tap.start_date or start
        if self.tap.end_date:
            end = self.tap.end_date
            start = self.tap.start_date or min(start, end - length)
        elif end <= start:
            end = start + length
        last = end - timedelta(seconds=1) if end > start + timedelta(seconds=1) else end
        return {name: _spelled(at) for name, at in (("start", start), ("end", last))}


class Assignments(SchedulingStream):
    """Work that is planned for members, drafts included."""

    name = "assignments"
    row = rows.Assignment
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/scheduling/assignments/all"
    own_only = True

    @property
    def versioned(self) -> bool:
        """Whether all assignments are read."""
        return self.tap.start_date is None and self.tap.end_date is None

    def between(self) -> tuple[datetime, datetime]:
        """Return a window of everything."""
        return FIRST_DAY, self.today + AHEAD

    def query(self, partition: Scope, window: Window | None) -> tuple[tuple[str, str], ...]:
        """Return the window, and an order that does not change between pages."""
        return (*self.bounds().items(), ("sort-column", "ID"))


class TotalsStream(SchedulingStream):
    """Totals of what is published, within a window."""

    page_size = LARGEST_PAGE
    size_name = "pageSize"
    from_route = ("workspaceId",)
    posted = {"statusFilter": "PUBLISHED"}  # noqa: RUF012 - never changed

    def between(self) -> tuple[datetime, datetime]:
        """Return a window around today."""
        return self.today - AROUND, self.today + AROUND

    def body(self) -> Mapping[str, object]:
        """Return the window, and what is counted."""
        return {**self.bounds(), **self.posted}


class ProjectAssignmentTotals(TotalsStream):
    """What is planned for projects."""

    name = "project_assignment_totals"
    row = rows.ProjectAssignmentTotal
    primary_keys = ("workspaceId", "projectId")
    path = "/workspaces/{workspaceId}/scheduling/assignments/projects/totals"


class UserCapacityTotals(TotalsStream):
    """What members can work, and what is planned for them."""

    name = "user_capacity_totals"
    row = rows.UserCapacityTotal
    primary_keys = ("workspaceId", "userId")
    path = "/workspaces/{workspaceId}/scheduling/assignments/user-filter/totals"
    own_only = True


class UserCapacityDays(Unwound):
    """What is planned for members, by day."""

    name = "user_capacity_days"
    row = rows.UserCapacityDay
    primary_keys = ("workspaceId", "userId", "date")
    unwinds = UserCapacityTotals
    needs = frozenset({"totalHoursPerDay"})

    @property
    def versioned(self) -> bool:
        """False: days outside of the window exist too."""
        return False

    def rows_from(self, rows_read: Sequence[rows.UserCapacityTotal]) -> list[Row]:
        """Return one row per member and day."""
        return [
            rows.UserCapacityDay(workspaceId=total.workspaceId, userId=total.userId, **asdict(day))
            for total in rows_read
            for day in total.totalHoursPerDay or ()
        ]


def _spelled(moment: datetime) -> str:
    return to_text(moment.replace(microsecond=0))
