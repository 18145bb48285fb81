"""Approval requests with the time entries and expenses they hold.

Only PENDING, APPROVED and WITHDRAWN_APPROVAL are ever listed; types other than the three are
refused; filters by user and date are ignored (live probes). Without `sort-column` rows are ordered
by id. Amounts and totals are minor units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from sandbox.clockify.blocks import Block
from sandbox.clockify.expenses import listed, project_info, task_info
from sandbox.clockify.instants import duration, iso, seconds, zoned
from sandbox.clockify.operations import Ask, Operation, one_of
from sandbox.clockify.paging import paged
from sandbox.clockify.rows import Row
from sandbox.clockify.time_off_rows import Period

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.clockify.maker import Maker
    from sandbox.clockify.rows import TimeEntry
    from sandbox.clockify.workspaces import WorkspaceData
    from sandbox.clockify.world import World
    from sandbox.wire import Json, Response

DAY = 86_400
HOUR = 3_600
LISTED = ("PENDING", "APPROVED", "WITHDRAWN_APPROVAL")
STATES = (*LISTED, "WITHDRAWN_SUBMISSION", "REJECTED")
TYPES = ("TIMESHEET", "EXPENSE", "TIMESHEET_AND_EXPENSE")


class ApprovalStatus(msgspec.Struct, kw_only=True):
    """What was decided, when and by whom."""

    state: str = "PENDING"
    note: str | None = None
    updatedAt: str
    updatedBy: str | None = None
    updatedByUserName: str | None = None


class ApprovalRequest(Row, kw_only=True):
    """A week handed in; what it holds is looked up when it is shown."""

    workspaceId: str
    type: str = "TIMESHEET"
    creatorId: str
    ownerId: str
    dateRange: Period
    status: ApprovalStatus
    entryIds: list[str] = msgspec.field(default_factory=list)
    expenseIds: list[str] = msgspec.field(default_factory=list)


def fill(make: Maker, data: WorkspaceData) -> None:
    """Make up requests: each member's last weeks, in every state and of every type."""
    held: set[str] = set()
    for number in range(make.count(24)):
        owner = make.writers[number % len(make.writers)]
        begin = make.now - make.now % DAY - (1 + number // len(make.writers)) * 7 * DAY
        kind = TYPES[number % 3]
        updated = begin + (8 * DAY + number % 5 * HOUR)
        state = STATES[number % len(STATES)]
        decided = state != "PENDING"
        days = Period(iso(begin), iso(begin + 7 * DAY - 1))
        entries = [] if kind == "EXPENSE" else _entry_ids(data, owner, begin)
        expenses = [
            one.id
            for one in data.expenses.values()
            if kind != "TIMESHEET" and one.userId == owner and one.id not in held
        ][:2]
        held |= {*expenses}
        request = ApprovalRequest(
            id=make.dated_id(min(begin + 7 * DAY, make.now - HOUR)),
            workspaceId=data.row.id,
            type=kind,
            creatorId=owner if number % 3 else make.owner_id,
            ownerId=owner,
            dateRange=days,
            status=ApprovalStatus(
                state=state,
                note=f"Checked {number} ✓" if decided and number % 2 else None,
                updatedAt=iso(min(updated, make.now - HOUR)),
                updatedBy=make.owner_id if decided else None,
                updatedByUserName=data.users[make.owner_id].name if decided else None,
            ),
            entryIds=entries,
            expenseIds=expenses,
        )
        data.approval_requests[request.id] = request


def _entry_ids(data: WorkspaceData, user_id: str, begin: int) -> list[str]:
    sheet = data.timesheets.get(user_id)
    if sheet is None:
        return []
    return [
        sheet.row(index)[7:31].decode()
        for index in range(*sheet.window(begin, begin + 7 * DAY - 1))
    ]


def shown(world: World, data: WorkspaceData, request: ApprovalRequest) -> dict[str, Json]:
    """Return a request with its sums, time entries and expenses; what is gone is left out."""
    entries = list(_entries(data, request))
    rates = [(entry, _hours(entry)) for entry in entries]
    tracked = sum(hours for _, hours in rates)
    approved = tracked if request.status.state == "APPROVED" else 0
    held = [data.expenses[one] for one in request.expenseIds if one in data.expenses]
    owner, creator = data.users.get(request.ownerId), data.users.get(request.creatorId)
    settings = owner.settings if owner else None
    earned = [
        entry.hourlyRate.amount * hours / HOUR
        for entry, hours in rates
        if entry.billable and entry.hourlyRate
    ]
    spent = [entry.costRate.amount * hours / HOUR for entry, hours in rates if entry.costRate]
    return {
        "approvalRequest": {
            "id": request.id,
            "workspaceId": request.workspaceId,
            "type": request.type,
            "creator": {
                "userId": request.creatorId,
                "userName": creator.name if creator else None,
                "userEmail": creator.email if creator else None,
            },
            "owner": {
                "userId": request.ownerId,
                "userName": owner.name if owner else None,
                "timeZone": settings.timeZone if settings else "UTC",
                "startOfWeek": settings.weekStart if settings else "MONDAY",
            },
            "dateRange": msgspec.to_builtins(request.dateRange),
            "status": msgspec.to_builtins(request.status),
        },
        "approvedTime": duration(approved),
        "pendingTime": duration(tracked if request.status.state == "PENDING" else 0),
        "trackedTime": duration(tracked),
        "billableTime": duration(sum(hours for entry, hours in rates if entry.billable)),
        "breakTime": duration(sum(hours for entry, hours in rates if entry.type == "BREAK")),
        "billableAmount": round(sum(earned), 2),
        "costAmount": round(sum(spent), 2),
        "expenseTotal": sum(one.total for one in held),
        "entries": [_entry(data, request, entry, world) for entry in entries],
        "expenses": [
            {
                **msgspec.to_builtins(listed(world, data, one)),
                "approvalRequestId": request.id,
                "approvalStatus": request.status.state,
                "detailedApprovalStatus": request.status.state,
                "currency": data.row.currencies[0].code,
                "fileUrl": f"https://files.example.test/{one.fileId}" if one.fileId else None,
            }
            for one in held
        ],
    }


def _entries(data: WorkspaceData, request: ApprovalRequest) -> Iterable[TimeEntry]:
    sheet = data.timesheets.get(request.ownerId)
    if sheet is None:
        return
    for entry_id in request.entryIds:
        entry = sheet.entry(entry_id)
        if entry is not None:
            yield entry


def _hours(entry: TimeEntry) -> int:
    interval = entry.timeInterval
    return seconds(interval.end) - seconds(interval.start) if interval.end else 0


def _entry(
    data: WorkspaceData, request: ApprovalRequest, entry: TimeEntry, world: World
) -> dict[str, Json]:
    """Return a time entry as requests show it: project, task and tags inline, times in the zone."""
    zone = ZoneInfo(world.zone_of(request.ownerId))
    start, end = entry.timeInterval.start, entry.timeInterval.end
    begins, begin_offset = zoned(start, zone)
    ends, end_offset = zoned(end, zone) if end else (None, None)
    interval: dict[str, Json] = {
        **msgspec.to_builtins(entry.timeInterval),
        "timeZone": zone.key,
        "zonedStart": begins,
        "zonedEnd": ends,
        "offsetStart": begin_offset,
        "offsetEnd": end_offset,
    }
    values = entry.customFieldValues
    kept = ("customFieldId", "timeEntryId", "value", "sourceType")
    return {
        "id": entry.id,
        "approvalRequestId": request.id,
        "description": entry.description,
        "billable": entry.billable,
        "isLocked": entry.isLocked,
        "type": entry.type,
        "project": msgspec.to_builtins(project_info(data, entry.projectId)),
        "task": msgspec.to_builtins(task_info(data, entry.taskId)),
        "tags": [
            msgspec.to_builtins(data.tags[tag]) for tag in entry.tagIds or () if tag in data.tags
        ],
        "timeInterval": interval,
        "hourlyRate": msgspec.to_builtins(entry.hourlyRate),
        "costRate": msgspec.to_builtins(entry.costRate),
        "customFieldValues": None
        if values is None
        else [{name: getattr(value, name) for name in kept} for value in values],
    }


def _approvals(ask: Ask) -> Response:
    """List requests; members get their own."""
    status = one_of("status", ask.request.value("status"), LISTED)
    types = ask.request.values("types") or list(TYPES)
    for kind in types:
        one_of("types", kind, TYPES)
    column = ask.request.value("sort-column")
    one_of("sort-column", column, ("ID", "USER_ID", "START", "UPDATED_AT"))
    kept = [
        one
        for one in ask.data.approval_requests.values()
        if one.status.state in (LISTED if status is None else (status,))
        and one.type in types
        and ask.sees(one.ownerId)
    ]
    keys: dict[str, Callable[[ApprovalRequest], str]] = {
        "ID": lambda one: one.id,
        "USER_ID": lambda one: one.ownerId,
        "START": lambda one: one.dateRange.start,
        "UPDATED_AT": lambda one: one.status.updatedAt,
    }
    key = keys[column or "ID"]
    descending = ask.request.value("sort-order") == "DESCENDING"
    kept.sort(key=lambda one: (key(one), one.id), reverse=descending)
    rows = [msgspec.json.encode(shown(ask.world, ask.data, one)) for one in kept]
    return paged(ask.world, ask.request, Block(rows))


OPERATIONS = (Operation("GET", "/approval-requests", _approvals, "APPROVAL"),)
