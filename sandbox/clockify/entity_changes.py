"""The entity-change feeds (experimental): `entities/created`, `/updated`, `/deleted`.

What the documents leave open is a switch. Settled here: both ends of the window belong to it; rows
come oldest change first; what was deleted is in neither of the other two; created and deleted
inside one window is in none (documented of /deleted); created and updated is in /created only.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from sandbox.clockify import access
from sandbox.clockify.access import Refusal
from sandbox.clockify.instants import iso, seconds
from sandbox.clockify.ledger import (
    ENTRY_TYPES,
    HOUR,
    LISTED,
    TYPES,
    Change,
    Event,
    entry_documents,
)
from sandbox.clockify.operations import Ask, Operation, instant
from sandbox.clockify.paging import number
from sandbox.wire import json_response

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.clockify.world import World
    from sandbox.wire import Json, Response

DAY = 86_400
DEFAULT_SPAN = 30 * DAY
DEFAULT_LIMIT = 50
KEPT_FEEDS = 8
"""Windows that are remembered for their further pages."""

Dated = tuple[int, str, str, Change]
"""When, type, id, what is known."""


def _created(ask: Ask) -> Response:
    return _feed(ask, "created")


def _updated(ask: Ask) -> Response:
    return _feed(ask, "updated")


def _deleted(ask: Ask) -> Response:
    return _feed(ask, "deleted")


def _feed(ask: Ask, event: Event) -> Response:
    world = ask.world
    if world.changes_feature and world.changes_feature not in ask.data.row.features:
        raise access.lacks_feature(world)
    if not ask.is_admin:
        raise access.access_denied()
    types = _types(ask)
    start, end = _window(ask)
    first, size = _page(ask)
    if world.changes_kept_days:
        start = max(start, seconds(world.now) - world.changes_kept_days * DAY)
    if event == "deleted":
        end = min(end, seconds(world.now) - world.deletion_delay)
    dated = _sorted(world, ask.data.row.id, event, types, (start, end))
    page = [_row(world, event, *one[1:]) for one in dated[first : first + size]]
    return json_response({"response": page} if world.changes_envelope else page)


def _sorted(
    world: World, workspace_id: str, event: Event, types: list[str], window: tuple[int, int]
) -> list[Dated]:
    """Work a window out once, whatever the page."""
    key = (world.ledger.version, workspace_id, event, *types, *window)
    if key not in world.feeds:
        if len(world.feeds) > KEPT_FEEDS:
            world.feeds.clear()
        found = rows(world, workspace_id, event, types, *window)
        world.feeds[key] = sorted(found, key=lambda one: one[:3])
    return world.feeds[key]


def rows(
    world: World, workspace_id: str, event: Event, types: list[str], start: int, end: int
) -> Iterator[Dated]:
    """Yield what happened in a window, in no particular order."""
    everything = chain(_noted(world, workspace_id, types), _untouched(world, workspace_id, types))
    if event == "created" and set(types) & set(ENTRY_TYPES):
        everything = chain(everything, _old_entries(world, workspace_id, types, start, end))
    for kind, row_id, change in everything:
        born = world.ledger.born(row_id) if change.created is None else change.created
        made_within = start <= born <= end
        moment = {"created": born, "updated": change.updated, "deleted": change.deleted}[event]
        if moment is None or not start <= moment <= end:
            continue
        is_gone = change.deleted is not None
        if is_gone == (event == "deleted") and (event == "created" or not made_within):
            yield moment, kind, row_id, change


def _noted(world: World, workspace_id: str, types: list[str]) -> Iterator[tuple[str, str, Change]]:
    for (home, kind, row_id), change in world.ledger.changes.items():
        if home == workspace_id and kind in types:
            yield kind, row_id, change


def _untouched(
    world: World, workspace_id: str, types: list[str]
) -> Iterator[tuple[str, str, Change]]:
    """Yield the listed rows that nothing happened to since the sandbox began."""
    for kind in set(types) & set(LISTED):
        for row_id, document in world.ledger.known[workspace_id, kind].items():
            if (workspace_id, kind, row_id) not in world.ledger.changes:
                yield kind, row_id, Change(document)


def _old_entries(
    world: World, workspace_id: str, types: list[str], start: int, end: int
) -> Iterator[tuple[str, str, Change]]:
    """Yield untouched time entries of a window; one made up was created an hour before it began."""
    ledger, data = world.ledger, world.workspaces[workspace_id]
    if start > ledger.epoch:
        return
    until = None if end >= ledger.epoch else end + HOUR
    for user_id in data.users:
        sheet = world.timesheet(workspace_id, user_id)
        for index in range(*sheet.window(start + HOUR, until)):
            for (kind, row_id), document in entry_documents(sheet.row(index)):
                if kind in types and (workspace_id, kind, row_id) not in ledger.changes:
                    yield kind, row_id, Change(document)


def truth(world: World, workspace_id: str, *events: Event) -> list[dict[str, Json]]:
    """Return what a first reading of the feeds as tables brings: 30 days, less 2 minutes."""
    now = seconds(world.now)
    found: list[dict[str, Json]] = []
    for event in events:
        for moment, kind, row_id, change in rows(
            world, workspace_id, event, list(TYPES), now - DEFAULT_SPAN, now - 120
        ):
            row = _row(world, event, kind, row_id, change)
            same: dict[str, Json] = {"id": row_id, "type": kind}
            if event == "deleted":
                document = msgspec.json.encode(row["document"]).decode()
                known = {name: row[name] for name in ("deletedAt", "deletionBinId")}
                found.append({**same, **known, "document": document})
                continue
            dates: Json = row["auditMetadata"]
            assert isinstance(dates, dict)  # noqa: S101 - see `_row`
            document = msgspec.json.encode(row).decode()
            found.append(
                {**same, "change": event, "at": iso(moment), **dates, "document": document}
            )
    return found


def _row(world: World, event: Event, kind: str, row_id: str, change: Change) -> dict[str, Json]:
    document: dict[str, Json] = msgspec.json.decode(change.document)
    if event == "deleted":
        return {
            "id": row_id,
            "deletedAt": iso(change.deleted or 0),
            "deletionBinId": f"{row_id[:12]}de1e7ed0b140",
            **_type(world, kind),
            "document": document,
        }
    born = world.ledger.born(row_id) if change.created is None else change.created
    updated = None if change.updated is None else iso(change.updated)
    return {
        **({} if world.changes_bare else document),
        "id": row_id,
        **_type(world, kind),
        "auditMetadata": {"createdAt": iso(born), "updatedAt": updated},
    }


def _type(world: World, kind: str) -> dict[str, Json]:
    spelled = {
        "TIME_ENTRY": kind,
        "TIMEENTRY": kind.replace("_", ""),
        "time_entry": kind.lower(),
        "none": None,
    }[world.changes_type]
    return {} if spelled is None else {world.changes_code: spelled}


def _types(ask: Ask) -> list[str]:
    types = ask.request.values("type")
    if not types:
        raise Refusal(400, 3001, "Required parameter 'type' is not present.")
    for kind in types:
        if kind not in TYPES:
            raise Refusal(400, 3000, f"Failed to convert value '{kind}' of type")
    return types


def _window(ask: Ask) -> tuple[int, int]:
    """Return the window: 30 days from the end that is given, else the last 30 days."""
    start, end = ask.request.value("start"), ask.request.value("end")
    if start is None:
        last = seconds(ask.world.now) if end is None else instant("end", end)
        return last - DEFAULT_SPAN, last
    first = instant("start", start)
    last = first + DEFAULT_SPAN if end is None else instant("end", end)
    days = ask.world.changes_span_days
    if days and last - first > days * DAY:
        raise Refusal(400, 501, f"Date range must not be longer than {days} days")
    if last < first:
        raise Refusal(400, 501, "start must be before end")
    return first, last


def _page(ask: Ask) -> tuple[int, int]:
    """Return the first row's index and how many rows a page has."""
    base, world = ask.world.changes_first_page, ask.world
    page = max(base, number("page", ask.request.value("page"), 0))
    size = number("limit", ask.request.value("limit"), DEFAULT_LIMIT)
    if size < 1:
        raise Refusal(400, 501, f"limit must be greater than or equal to 1: {size}")
    if world.changes_limit and size > world.changes_limit:
        if not world.clamp_page_size:
            raise Refusal(400, 501, f"limit must be at most {world.changes_limit}: {size}")
        size = world.changes_limit
    return (page - base) * size, size


OPERATIONS = (
    Operation("GET", "/entities/created", _created),
    Operation("GET", "/entities/updated", _updated),
    Operation("GET", "/entities/deleted", _deleted),
)
