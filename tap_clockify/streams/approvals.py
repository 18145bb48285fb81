"""Approval requests, and the time entries and expenses in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import asdict

from tap_clockify import rows
from tap_clockify.permissions import GatedStream
from taps_common.sync.stream import Unwound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tap_clockify.tap import TapClockify
    from taps_common.sync.state import Scope, Window
    from taps_common.sync.concurrency import Walk
    from taps_common.sync.engine import Reading
    from taps_common.records.row_types import Row


class ApprovalRequests(GatedStream):
    """Time and expenses that were handed in: pending, approved, or with a withdrawn approval.

    Those that were rejected or taken back are never listed. The latest change comes first, so that
    what was read before ends the walk.
    """

    name = "approval_requests"
    row = rows.ApprovalRequest
    primary_keys = ("id",)
    replication_key = "updatedAt"
    cursor = "updatedAt"
    path = "/workspaces/{workspaceId}/approval-requests"
    from_route = ("workspaceId",)
    params = (("sort-column", "UPDATED_AT"), ("sort-order", "DESCENDING"))
    page_size = 200  # rows hold all their entries
    feature = "APPROVAL"
    own_only = True
    needs = frozenset({"approvalRequest", "updatedAt"})

    def __init__(self, tap: TapClockify) -> None:
        super().__init__(tap)
        self._since: datetime | None = None
        self._reached: datetime | None = None
        self._sorted = True

    def walk(self, partition: Scope, window: Window | None, reading: Reading) -> Walk:
        """Read the list, down to what was sent before."""
        self._since = window.since_for(self.partition_id(partition)) if window else None
        self._reached, self._sorted = None, True
        yield from super().walk(partition, window, reading)

    def complete(self, rows_read: Sequence[rows.ApprovalRequest], partition: Scope) -> None:
        """Copy id and moment of change to the top of the row, where keys have to be."""
        super().complete(rows_read, partition)
        for row in rows_read:
            row.id = row.approvalRequest.id
            status = row.approvalRequest.status
            row.updatedAt = status.updatedAt if status else None

    def choose(self, rows_read: Sequence[rows.ApprovalRequest]) -> Sequence[rows.ApprovalRequest]:
        """Return the rows that changed, and note how far back the walk came."""
        since = self._since
        for row in rows_read:
            at, before = row.updatedAt, self._reached
            if at is None or (before is not None and at > before):
                self._sorted = False
            self._reached = at
        if since is None:
            return rows_read
        return [row for row in rows_read if row.updatedAt is None or row.updatedAt >= since]

    def has_enough(self) -> bool:
        """Tell whether the walk came to what was sent before, if the list is sorted as asked."""
        since, reached = self._since, self._reached
        return self._sorted and since is not None and reached is not None and reached < since


class ApprovalRequestEntries(Unwound):
    """Time entries in approval requests."""

    name = "approval_request_entries"
    row = rows.ApprovalRequestEntry
    primary_keys = ("approvalRequestId", "id")
    replication_key = "updatedAt"
    unwinds = ApprovalRequests
    needs = frozenset({"entries"})

    def rows_from(self, rows_read: Sequence[rows.ApprovalRequest]) -> list[Row]:
        """Return one row per entry."""
        return [
            rows.ApprovalRequestEntry(**{**asdict(entry), **_owner(request)})
            for request in rows_read
            for entry in request.entries or ()
        ]


class ApprovalRequestExpenses(Unwound):
    """Expenses in approval requests."""

    name = "approval_request_expenses"
    row = rows.ApprovalRequestExpense
    primary_keys = ("approvalRequestId", "id")
    replication_key = "updatedAt"
    unwinds = ApprovalRequests
    needs = frozenset({"expenses"})

    def rows_from(self, rows_read: Sequence[rows.ApprovalRequest]) -> list[Row]:
        """Return one row per expense."""
        return [
            rows.ApprovalRequestExpense(**{**asdict(expense), **_owner(request)})
            for request in rows_read
            for expense in request.expenses or ()
        ]


def _owner(request: rows.ApprovalRequest) -> dict[str, object]:
    return {
        "workspaceId": request.workspaceId,
        "approvalRequestId": request.id,
        "updatedAt": request.updatedAt,
    }
