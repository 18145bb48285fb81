"""What is planned, and how it adds up. The service demands a window for all of it."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from tap_clockify.client import ItemStream
from tap_clockify.permissions import PermittedStream
from tap_clockify.rows import scheduling as rows
from tap_clockify.windows import FIRST_DAY
from taps_common.timestamps import midnight, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tap_clockify.client import Query
    from taps_common.sync.steps import Bounds, Partition

LARGEST_PAGE = 200
"""Documented maximum of the totals."""

AHEAD = timedelta(days=5 * 365)
"""How far ahead assignments are asked for where `end_date` is not set."""

AROUND = timedelta(days=30)
"""What totals are of, before and after today, where the dates are not set."""


class SchedulingStream(PermittedStream):
    """A list of a window of time."""

    feature = "SCHEDULING"

    def between(self, today: datetime) -> tuple[datetime, datetime]:
        """Return the window where the dates are not set; its end is excluded.

        Args:
            today: the beginning of the day, UTC.
        """
        raise NotImplementedError

    def window(self, bounds: Bounds) -> dict[str, str]:
        """Return the window as the service takes it: whole seconds, both included."""
        start, end = self.between(midnight(bounds.began))
        length = end - start
        start = bounds.start or start
        if bounds.until:
            end = bounds.until
            start = bounds.start or min(start, end - length)
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
    copied = MappingProxyType({"start": "period.start", "end": "period.end"})
    own_only = True

    @property
    def is_whole_table(self) -> bool:
        """Whether all assignments are read."""
        return not self.config.get("start_date") and not self.config.get("end_date")

    def between(self, today: datetime) -> tuple[datetime, datetime]:
        """Return a window of everything."""
        return FIRST_DAY, today + AHEAD

    def query(self, partition: Partition, bounds: Bounds) -> Query:
        """Return the window, and an order that does not change between pages."""
        return (*self.window(bounds).items(), ("sort-column", "ID"))


class TotalsStream(SchedulingStream):
    """Totals of what is published, within a window."""

    page_size = LARGEST_PAGE
    size_name = "pageSize"
    from_route = ("workspaceId",)
    posted: ClassVar[Mapping[str, object]] = {"statusFilter": "PUBLISHED"}

    def between(self, today: datetime) -> tuple[datetime, datetime]:
        """Return a window around today."""
        return today - AROUND, today + AROUND

    def body(
        self, partition: Partition, bounds: Bounds, page: Mapping[str, object]
    ) -> Mapping[str, object]:
        """Return the window, and what is counted."""
        return {**self.window(bounds), **self.posted, **page}


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


class UserCapacityDays(ItemStream):
    """What is planned for members, by day."""

    name = "user_capacity_days"
    row = rows.UserCapacityDay
    primary_keys = ("workspaceId", "userId", "date")
    parent = UserCapacityTotals
    items = "totalHoursPerDay"
    needs = frozenset({"totalHoursPerDay"})
    owner = MappingProxyType({"workspaceId": "workspaceId", "userId": "userId"})

    @property
    def is_whole_table(self) -> bool:
        """False: days outside of the window exist too."""
        return False


def _spelled(timestamp: datetime) -> str:
    return to_text(timestamp.replace(microsecond=0))


STREAMS = (Assignments, ProjectAssignmentTotals, UserCapacityTotals, UserCapacityDays)
