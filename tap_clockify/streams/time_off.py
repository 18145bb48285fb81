"""Holidays and time off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clockify import rows
from tap_clockify.client import Listed
from tap_clockify.permissions import GatedStream, PerRowStream
from tap_clockify.streams.members import Users

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tap_clockify.tap import TapClockify
    from taps_common.sync.state import Scope, Window
    from taps_common.sync.concurrency import Walk
    from taps_common.sync.engine import Reading

LARGEST_PAGE = 200
"""Documented maximum of the routes of time off."""


class Holidays(GatedStream):
    """Holidays, whoever they are for."""

    name = "holidays"
    plain = True
    row = rows.Holiday
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/holidays"
    paged = False
    feature = "TIME_OFF"


class TimeOffPolicies(Listed, GatedStream):
    """Kinds of absence, archived ones included."""

    name = "time_off_policies"
    plain = True
    row = rows.TimeOffPolicy
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/time-off/policies"
    params = (("status", "ALL"),)
    page_size = LARGEST_PAGE
    feature = "TIME_OFF"


class TimeOffRequests(GatedStream):
    """Absences that were asked for, whatever was decided, withdrawn ones included.

    Nothing can be asked for by the moment of a change: all pages are read, and rows that did not
    change since the bookmark, less the look-back, are not sent again.
    """

    name = "time_off_requests"
    row = rows.TimeOffRequest
    primary_keys = ("id",)
    replication_key = "changedAt"
    cursor = "changedAt"
    path = "/workspaces/{workspaceId}/time-off/requests"
    posted = {"statuses": ["ALL"], "users": [], "userGroups": []}  # noqa: RUF012 - never changed
    page_size = LARGEST_PAGE
    size_name = "pageSize"
    envelope = ("requests",)
    feature = "TIME_OFF"
    own_only = True
    needs = frozenset({"changedAt", "createdAt", "status"})

    def __init__(self, tap: TapClockify) -> None:
        super().__init__(tap)
        self._since: datetime | None = None

    def walk(self, partition: Scope, window: Window | None, reading: Reading) -> Walk:
        """Read the list, keeping in mind what was sent before."""
        self._since = window.since_for(self.partition_id(partition)) if window else None
        yield from super().walk(partition, window, reading)

    def complete(self, rows_read: Sequence[rows.TimeOffRequest], partition: Scope) -> None:
        """Note at the top of the row when it changed, where a replication key has to be."""
        super().complete(rows_read, partition)
        for row in rows_read:
            decided = row.status.changedAt if row.status else None
            row.changedAt = max(filter(None, (row.createdAt, decided)), default=None)

    def choose(self, rows_read: Sequence[rows.TimeOffRequest]) -> Sequence[rows.TimeOffRequest]:
        """Return the rows that changed."""
        since = self._since
        if since is None:
            return rows_read
        return [row for row in rows_read if row.changedAt is None or row.changedAt >= since]


class TimeOffBalances(PerRowStream):
    """What members have left, under each policy."""

    name = "time_off_balances"
    row = rows.TimeOffBalance
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/time-off/balance/policy/{policyId}"
    page_size = LARGEST_PAGE
    envelope = ("balances",)
    feature = "TIME_OFF"
    own_only = True
    parent = TimeOffPolicies
    parent_id = "policyId"


class BalanceAssignments(PerRowStream):
    """What members were given under each policy, and when: a request per member and policy."""

    name = "balance_assignments"
    row = rows.BalanceAssignment
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/time-off/balance/assignment/user/{userId}/policy/{policyId}"
    paged = False
    feature = "TIME_OFF"
    own_only = True
    parent = TimeOffPolicies
    parent_id = "policyId"

    def walks_in(self, scope: Scope) -> list[dict[str, str]]:
        """Return one walk per member and policy; a plain member's are its own."""
        if self.tap.administers(scope["workspaceId"]):
            users = self.tap.ids_of(Users, scope, "userId")
        else:
            users = [{**scope, "userId": self.tap.me().id}]
        return [{**user, **policy} for policy in super().walks_in(scope) for user in users]
