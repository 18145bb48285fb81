"""Approval requests, and the time entries and expenses in them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from tap_clockify import durations
from tap_clockify.client import ItemStream
from tap_clockify.permissions import PermittedStream
from tap_clockify.rows import approvals as rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tap_clockify.rows.common import ZonedTimeInterval
    from taps_common.records.row_types import Row
    from taps_common.sync.steps import Bounds, Partition, Requests


class ApprovalRequests(PermittedStream):
    """Time and expenses that were handed in: pending, approved, or with a withdrawn approval.

    Those that were rejected or taken back are never listed. The latest change comes first, so that
    what was read before ends the list.
    """

    name = "approval_requests"
    row = rows.ApprovalRequest
    primary_keys = ("id",)
    replication_key = "updatedAt"
    filters_here = True
    path = "/workspaces/{workspaceId}/approval-requests"
    from_route = ("workspaceId",)
    params = (("sort-column", "UPDATED_AT"), ("sort-order", "DESCENDING"))
    page_size = 200  # rows hold all their entries
    feature = "APPROVAL"
    own_only = True
    needs = frozenset({"approvalRequest", "updatedAt"})
    seconds = MappingProxyType(
        {
            f"{name}Seconds": name
            for name in ("approvedTime", "pendingTime", "trackedTime", "billableTime", "breakTime")
        }
    )

    def requests(self, partition: Partition, bounds: Bounds) -> Requests:
        """Yield the pages, down to what was sent before."""
        order = _LatestFirst()
        return self.pages(partition, bounds, order.see, enough=lambda: order.passed(bounds.since))

    def needs_every_row(self, bounds: Bounds) -> bool:
        """Return that every row is needed: the next run reads what changed since, and no more."""
        return True

    def complete(self, rows_read: Sequence[rows.ApprovalRequest], partition: Partition) -> None:
        """Copy id and time of change to the top of the row, where keys have to be."""
        super().complete(rows_read, partition)
        for row in rows_read:
            row.id = row.approvalRequest.id
            status = row.approvalRequest.status
            row.updatedAt = status.updatedAt if status else None


class _LatestFirst:
    """Whether a list is sorted as it was asked for, and how far back it was read."""

    def __init__(self) -> None:
        self._reached: datetime | None = None
        self._sorted = True

    def see(self, rows_read: Sequence[rows.ApprovalRequest]) -> Sequence[rows.ApprovalRequest]:
        """Note when rows changed; return all of them."""
        for row in rows_read:
            at, later = row.updatedAt, self._reached
            if at is None or (later is not None and at > later):
                self._sorted = False
            self._reached = at
        return rows_read

    def passed(self, since: datetime | None) -> bool:
        """Return whether all that follows changed before a time."""
        reached = self._reached
        return self._sorted and since is not None and reached is not None and reached < since


class ItemsOfRequests(ItemStream):
    """A table of what approval requests hold."""

    parent = ApprovalRequests
    primary_keys = ("approvalRequestId", "id")
    replication_key = "updatedAt"
    owner = MappingProxyType(
        {"workspaceId": "workspaceId", "approvalRequestId": "id", "updatedAt": "updatedAt"}
    )


class ApprovalRequestEntries(ItemsOfRequests):
    """Time entries in approval requests."""

    name = "approval_request_entries"
    row = rows.ApprovalRequestEntry
    items = "entries"
    needs = frozenset({"entries"})

    def child_rows(self, rows_read: Sequence[rows.ApprovalRequest]) -> list[Row]:
        """Return one row per entry, its interval at the top, too."""
        return [
            self.row(**asdict(entry) | _ran(entry.timeInterval) | self.owner_of(request))
            for request in rows_read
            for entry in request.entries or ()
        ]


class ApprovalRequestExpenses(ItemsOfRequests):
    """Expenses in approval requests."""

    name = "approval_request_expenses"
    row = rows.ApprovalRequestExpense
    items = "expenses"
    needs = frozenset({"expenses"})


def _ran(interval: ZonedTimeInterval | None) -> dict[str, object]:
    start, end = (interval.start, interval.end) if interval else (None, None)
    return {"start": start, "end": end, "durationSeconds": durations.between(start, end)}


STREAMS = (ApprovalRequests, ApprovalRequestEntries, ApprovalRequestExpenses)
