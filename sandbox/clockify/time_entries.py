"""Time entries by their ids, and those that are running.

Settled here as the documents are silent: `batch` leaves unknown ids out, answers newest start
first and refuses members who name somebody else's entry.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec

from sandbox.clockify import access
from sandbox.clockify.access import Refusal
from sandbox.clockify.blocks import Block
from sandbox.clockify.operations import Ask, Operation
from sandbox.clockify.paging import Sizes, paged
from sandbox.wire import json_response

if TYPE_CHECKING:
    from sandbox.clockify.rows import Row, TimeEntry
    from sandbox.clockify.workspaces import WorkspaceData
    from sandbox.wire import Json, Response

IN_PROGRESS = Sizes(default=10, maximum=1_000)


def _batch(ask: Ask) -> Response:
    """Return time entries by their ids, hydrated ones when asked for."""
    ids = ask.body.get("timeEntryIds")
    if not isinstance(ids, list) or not ids:
        raise Refusal(400, 501, "timeEntryIds must not be empty")
    most = ask.world.batch_limit
    if most and len(ids) > most:
        raise Refusal(400, 501, f"timeEntryIds must hold at most {most} ids: {len(ids)}")
    found: list[tuple[str, TimeEntry]] = []
    for user_id, sheet in ask.data.timesheets.items():
        for entry_id in dict.fromkeys(map(str, ids)):
            entry = sheet.entry(entry_id)
            if entry is None:
                continue
            if not ask.sees(user_id):
                raise access.access_denied()
            found.append((entry.timeInterval.start, entry))
    entries = [entry for _, entry in sorted(found, key=itemgetter(0), reverse=True)]
    if ask.body.get("hydrated") is True:
        return json_response([_hydrated(ask.data, entry) for entry in entries])
    return json_response(entries)


def _hydrated(data: WorkspaceData, entry: TimeEntry) -> dict[str, Json]:
    row: dict[str, Json] = msgspec.to_builtins(entry)
    tags = [data.tags[one] for one in entry.tagIds or () if one in data.tags]
    return {
        **row,
        "project": _plain(data.projects.get(entry.projectId or "")),
        "task": _plain(data.tasks.get(entry.taskId or "")),
        "tags": [_plain(tag) for tag in tags],
        "user": _plain(data.users.get(entry.userId)),
        "kiosk": None,
    }


def _plain(row: Row | None) -> Json:
    plain: Json = msgspec.to_builtins(row)
    return plain


def _in_progress(ask: Ask) -> Response:
    """List running time entries, newest start first; 10 a page unless asked otherwise."""
    running = [
        entry
        for user_id in ask.data.users
        if ask.sees(user_id)
        for entry in ask.world.running(ask.data.row.id, user_id)
    ]
    running.sort(key=lambda entry: (entry.timeInterval.start, entry.id), reverse=True)
    return paged(ask.world, ask.request, Block.of(running), sizes=IN_PROGRESS)


OPERATIONS = (
    Operation("POST", "/time-entries/batch", _batch),
    Operation("GET", "/time-entries/status/in-progress", _in_progress, admins=True),
)
