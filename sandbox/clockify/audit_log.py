"""The audit log: who did what, kept for a year, newest first, 50 rows a page at most.

It has a host of its own, is asked by POST and takes no add-on tokens. Rows have no id; `content`
and `previousContent` are JSON texts. Every mutation of the world is logged as the owner's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sandbox.clockify.access import Refusal
from sandbox.clockify.blocks import Block
from sandbox.clockify.instants import iso, seconds
from sandbox.clockify.operations import AUDIT, Ask, Operation
from sandbox.clockify.paging import Sizes, paged

if TYPE_CHECKING:
    from sandbox.clockify.ledger import Event
    from sandbox.clockify.maker import Maker
    from sandbox.clockify.workspaces import WorkspaceData
    from sandbox.clockify.world import World
    from sandbox.wire import Response

DAY = 86_400
KEPT = 365 * DAY
SIZES = Sizes(default=20, maximum=50, header=False)

NOUNS = {
    "CLIENTS": "CLIENT",
    "PROJECTS": "PROJECT",
    "TASKS": "TASK",
    "TAGS": "TAG",
    "EXPENSE": "EXPENSE",
}
"""Of what the log tells, besides time entries."""

VERBS = {"created": "CREATE", "updated": "UPDATE", "deleted": "DELETE"}

TIME_ACTIONS = (
    *("CREATE_TIME_PERSONAL_TIMER", "CREATE_TIME_PERSONAL_MANUAL", "CREATE_TIME_IMPORT"),
    *("CREATE_TIME_KIOSK", "CREATE_TIME_FOR_OTHER", "RESTORE_TIME", "RESTORE_TIME_FOR_OTHER"),
    *("UPDATE_TIME_PERSONAL", "UPDATE_TIME_FOR_OTHER"),
    *("DELETE_TIME_PERSONAL", "DELETE_TIME_FOR_OTHER"),
)
ACTIONS = (
    *TIME_ACTIONS,
    *("CREATE_PROJECT", "CREATE_PROJECT_IMPORT", "CREATE_PROJECT_QUICKBOOKS"),
    *("UPDATE_PROJECT", "DELETE_PROJECT"),
    *("CREATE_TASK", "CREATE_TASK_IMPORT", "UPDATE_TASK", "DELETE_TASK"),
    *("CREATE_CLIENT", "CREATE_CLIENT_IMPORT", "CREATE_CLIENT_QUICKBOOKS"),
    *("UPDATE_CLIENT", "DELETE_CLIENT"),
    *("CREATE_TAG", "CREATE_TAG_IMPORT", "UPDATE_TAG", "DELETE_TAG"),
    *("CREATE_EXPENSE", "CREATE_EXPENSE_FOR_OTHER", "RESTORE_EXPENSE"),
    *("RESTORE_EXPENSE_FOR_OTHER", "UPDATE_EXPENSE", "UPDATE_EXPENSE_FOR_OTHER"),
    *("DELETE_EXPENSE", "DELETE_EXPENSE_FOR_OTHER"),
)
"""The closed set that may be asked for."""


class AuditLogEntry(msgspec.Struct, kw_only=True):
    """One thing that somebody did."""

    action: str
    timestamp: str
    userId: str
    userName: str | None
    userEmail: str | None
    workspaceId: str
    content: str | None = None
    previousContent: str | None = None


def fill(make: Maker, data: WorkspaceData) -> None:
    """Make up the past: from more than a year ago until now."""
    for number in range(make.count(72)):
        user = data.users[make.writers[number % 3 % len(make.writers)]]
        action = ACTIONS[number * 7 % len(ACTIONS)]
        old = None if action.startswith("CREATE") else f'{{"name":"Before {number}"}}'
        new = None if action.startswith("DELETE") else f'{{"name":"After {number} → ✓"}}'
        row = AuditLogEntry(
            action=action,
            timestamp=iso(make.now - min(number * number * 6_000, 2 * KEPT) - 600),
            userId=user.id,
            userName=user.name,
            userEmail=user.email,
            workspaceId=data.row.id,
            content=new,
            previousContent=old,
        )
        data.audit_log.append(row)


def action_of(kind: str, event: Event, *, other: bool = False) -> str | None:
    """Return what the log calls a change; None when it is silent about it."""
    if kind == "TIME_ENTRY":
        whose = "FOR_OTHER" if other else "PERSONAL"
        manual = "_MANUAL" if event == "created" and not other else ""
        return f"{VERBS[event]}_TIME_{whose}{manual}"
    noun = NOUNS.get(kind)
    whose = "_FOR_OTHER" if other and kind == "EXPENSE" else ""
    return f"{VERBS[event]}_{noun}{whose}" if noun else None


def kept(world: World, data: WorkspaceData) -> list[AuditLogEntry]:
    """Return the last year's rows, newest first."""
    oldest = iso(seconds(world.now) - KEPT)
    rows = [row for row in data.audit_log if row.timestamp >= oldest]
    return sorted(rows, key=lambda row: row.timestamp, reverse=True)


def _audit_log(ask: Ask) -> Response:
    body, world = ask.body, ask.world
    actions = body.get("actions")
    if not isinstance(actions, list) or not actions:
        raise Refusal(400, 501, "actions must not be empty")
    for action in actions:
        if action not in ACTIONS:
            raise Refusal(400, 3000, f"Failed to convert value '{action}' of actions")
    authors = body.get("authors")
    if not isinstance(authors, dict):
        raise Refusal(400, 501, "authors must not be null")
    ids = authors.get("authorIds") or []
    excluding = authors.get("contains") == "DOES_NOT_CONTAIN"
    start, end = ask.body_window()
    if world.audit_span_days and end - start > world.audit_span_days * DAY:
        raise Refusal(400, 501, f"Date range must not be longer than {world.audit_span_days} days")
    first, last = iso(start), iso(end)
    rows = [
        row
        for row in kept(world, ask.data)
        if row.action in actions
        and first <= row.timestamp <= last
        and (not ids or (row.userId in ids) != excluding)
    ]
    response = paged(world, ask.request, Block.of(rows), sizes=SIZES, body=body)
    if world.audit_envelope:
        response.chunks = (b'{"response":', *response.chunks, b"}")
    return response


OPERATIONS = (
    Operation("POST", "/audit-log", _audit_log, "AUDIT_LOG", admins=True, base=AUDIT, addons=False),
)
