"""Holidays and time off."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from tap_clockify.client import IdListStream
from tap_clockify.permissions import PermittedStream, PerRowStream
from tap_clockify.rows import time_off as rows
from tap_clockify.streams.members import Users
from taps_common.sync.steps import ListOf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taps_common.http.request import Request, Response
    from taps_common.sync.steps import Bounds, Page, Partition, Partitions, Scope

LARGEST_PAGE = 200
"""Documented maximum of the routes of time off."""


class Holidays(PermittedStream):
    """Holidays, whoever they are for."""

    name = "holidays"
    row = rows.Holiday
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/holidays"
    paged = False
    feature = "TIME_OFF"


class TimeOffPolicies(IdListStream, PermittedStream):
    """Kinds of absence, archived ones included."""

    name = "time_off_policies"
    row = rows.TimeOffPolicy
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/time-off/policies"
    params = (("status", "ALL"),)
    page_size = LARGEST_PAGE
    feature = "TIME_OFF"


class TimeOffRequests(PermittedStream):
    """Absences that were asked for, whatever was decided, withdrawn ones included.

    Nothing can be asked for by the time of a change: all pages are read, and rows that did not
    change since the bookmark, less the look-back, are not sent again.
    """

    name = "time_off_requests"
    row = rows.TimeOffRequest
    primary_keys = ("id",)
    replication_key = "changedAt"
    filters_here = True
    path = "/workspaces/{workspaceId}/time-off/requests"
    copied = MappingProxyType(
        {"start": "timeOffPeriod.period.start", "end": "timeOffPeriod.period.end"}
    )
    posted = {"statuses": ["ALL"], "users": [], "userGroups": []}  # noqa: RUF012 - never changed
    page_size = LARGEST_PAGE
    size_name = "pageSize"
    envelopes = (("requests",),)
    feature = "TIME_OFF"
    own_only = True
    needs = frozenset({"changedAt", "createdAt", "status"})

    def open_page(self, request: Request, response: Response) -> Page:
        """Return the list of requests, a status that is plain text in the place of its type."""
        page = super().open_page(request, response)
        page.records = _with_types(page.records)
        return page

    def complete(self, rows_read: Sequence[rows.TimeOffRequest], partition: Partition) -> None:
        """Note at the top of the row when it changed, where a replication key has to be.

        What was decided nobody knows when has no such time, and is sent in each run.
        """
        super().complete(rows_read, partition)
        for row in rows_read:
            status = row.status or rows.TimeOffStatus()
            if status.changedAt is None and status.statusType not in {None, "PENDING"}:
                continue
            row.changedAt = max(filter(None, (row.createdAt, status.changedAt)), default=None)


class TimeOffBalances(PerRowStream):
    """What members have left, under each policy."""

    name = "time_off_balances"
    row = rows.TimeOffBalance
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/time-off/balance/policy/{policyId}"
    page_size = LARGEST_PAGE
    envelopes = (("balances",),)
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

    def plan_partitions(self, scope: Scope, bounds: Bounds) -> Partitions:
        """Return one partition per member and policy; a plain member's are its own."""
        policies = yield from super().plan_partitions(scope, bounds)
        if self.account.administers(scope["workspaceId"]) is not False:
            ids: Mapping[str, object] = yield ListOf(Users)
        else:
            ids = {self.account.me().id: None}
        return [{**scope, "userId": user, **policy} for policy in policies for user in ids]


def _with_types(records: bytes) -> bytes:
    """Return requests whose status is an object in each, as it is described."""
    if not _PLAIN_STATUS.search(records):
        return records
    try:
        requests = msgspec.json.decode(records, type=list[dict[str, msgspec.Raw]])
    except msgspec.DecodeError:
        return records
    for request in requests:
        status = bytes(request.get("status", b""))
        if status.startswith(b'"'):
            request["status"] = msgspec.Raw(b'{"statusType":%b}' % status)
    return msgspec.json.encode(requests)


_PLAIN_STATUS = re.compile(rb'"status"\s*:\s*"')


STREAMS = (Holidays, TimeOffPolicies, TimeOffRequests, TimeOffBalances, BalanceAssignments)
