"""Approval requests with the time entries and expenses they hold.

Only PENDING, APPROVED and WITHDRAWN_APPROVAL are ever listed; types other than the three are
refused; filters by user and date are ignored (live probes). Without `sort-column` rows are ordered
by id. Amounts and totals are minor units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import structs

from sandbox.clockify.ask import Ask, Shown
from sandbox.clockify.billing import listed_expense
from sandbox.clockify.instants import HOUR, duration, seconds, zoned
from sandbox.clockify.projects import project_info, task_info
from sandbox.clockify.rows import ApprovalRequest, Rate, TimeEntry
from sandbox.clockify.time_entries import tags_of

LISTED = ("PENDING", "APPROVED", "WITHDRAWN_APPROVAL")
TYPES = ("TIMESHEET", "EXPENSE", "TIMESHEET_AND_EXPENSE")
COLUMNS: dict[str, Callable[[ApprovalRequest], str]] = {
    "ID": lambda one: one.id,
    "USER_ID": lambda one: one.ownerId,
    "START": lambda one: one.dateRange.start,
    "UPDATED_AT": lambda one: one.status.updatedAt,
}


def approval_requests(ask: Ask) -> list[Shown]:
    """List requests; members get their own."""
    status = ask.one_of("status", LISTED)
    types = ask.request.values("types") or list(TYPES)
    for kind in types:
        ask.one_of("types", TYPES, kind)
    column = COLUMNS[ask.one_of("sort-column", COLUMNS) or "ID"]
    kept = [
        one
        for one in ask.data.approval_requests.values()
        if one.status.state in (LISTED if status is None else (status,))
        and one.type in types
        and ask.sees(one.ownerId)
    ]
    return [_shown(ask, one) for one in ask.sorted(kept, lambda one: (column(one), one.id))]


def _shown(ask: Ask, request: ApprovalRequest) -> Shown:
    """Return a request with its sums, time entries and expenses; what is gone is left out."""
    data, state = ask.data, request.status.state
    sheet = data.timesheet(request.ownerId)
    entries = [one for one in map(sheet.entry, request.entryIds) if one]
    lengths = [(one, _length(one)) for one in entries]
    tracked = sum(length for _, length in lengths)
    held = [data.expenses[one] for one in request.expenseIds if one in data.expenses]
    owner = ask.beside(request, userName="ownerId.name", settings="ownerId.settings")
    settings = owner.pop("settings")
    return {
        "approvalRequest": {
            "id": request.id,
            "workspaceId": request.workspaceId,
            "type": request.type,
            "creator": {
                "userId": request.creatorId,
                **ask.beside(request, userName="creatorId.name", userEmail="creatorId.email"),
            },
            "owner": {
                "userId": request.ownerId,
                **owner,
                "timeZone": settings["timeZone"] if settings else "UTC",
                "startOfWeek": settings["weekStart"] if settings else "MONDAY",
            },
            "dateRange": request.dateRange,
            "status": request.status,
        },
        "approvedTime": duration(tracked if state == "APPROVED" else 0),
        "pendingTime": duration(tracked if state == "PENDING" else 0),
        "trackedTime": duration(tracked),
        "billableTime": duration(sum(length for one, length in lengths if one.billable)),
        "breakTime": duration(sum(length for one, length in lengths if one.type == "BREAK")),
        "billableAmount": _worth(
            (one.hourlyRate, length) for one, length in lengths if one.billable
        ),
        "costAmount": _worth((one.costRate, length) for one, length in lengths),
        "expenseTotal": sum(one.total for one in held),
        "entries": [_entry(ask, request, one) for one in entries],
        "expenses": [
            {
                **listed_expense(ask, one),
                "approvalRequestId": request.id,
                "approvalStatus": state,
                "detailedApprovalStatus": state,
                "currency": data.row.currencies[0].code,
                "fileUrl": f"https://files.example.test/{one.fileId}" if one.fileId else None,
            }
            for one in held
        ],
    }


def _length(entry: TimeEntry) -> int:
    interval = entry.timeInterval
    return seconds(interval.end) - seconds(interval.start) if interval.end else 0


def _worth(rated: Iterable[tuple[Rate | None, int]]) -> float:
    return round(sum(rate.amount * length / HOUR for rate, length in rated if rate), 2)


def _entry(ask: Ask, request: ApprovalRequest, entry: TimeEntry) -> Shown:
    """Return a time entry as requests show it: project, task and tags inline, times in the zone."""
    zone, end = ask.world.zone_of(request.ownerId), entry.timeInterval.end
    zoned_start, offset_start = zoned(entry.timeInterval.start, zone)
    zoned_end, offset_end = zoned(end, zone) if end else (None, None)
    same = ("id", "description", "billable", "isLocked", "type", "hourlyRate", "costRate")
    values = entry.customFieldValues
    kept = ("customFieldId", "timeEntryId", "value", "sourceType")
    return {
        **{name: getattr(entry, name) for name in same},
        "approvalRequestId": request.id,
        "project": project_info(ask, entry.projectId),
        "task": task_info(ask, entry.taskId),
        "tags": tags_of(ask, entry),
        "timeInterval": {
            **structs.asdict(entry.timeInterval),
            "timeZone": zone,
            "zonedStart": zoned_start,
            "zonedEnd": zoned_end,
            "offsetStart": offset_start,
            "offsetEnd": offset_end,
        },
        "customFieldValues": values
        and [{name: getattr(value, name) for name in kept} for value in values],
    }
