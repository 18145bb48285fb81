"""The entity-change feeds (experimental) and the audit log: what happened, and when.

What the documents leave open of the feeds is a switch; `Ledger.happened` says what is settled here.
The audit log is kept for a year; it is asked by POST on a host of its own and takes no add-on
tokens. Its rows have no id; `content` and `previousContent` are JSON texts.
"""

from __future__ import annotations

import msgspec

from sandbox.clockify.ask import (
    Ask,
    Refusal,
    Shown,
    access_denied,
    invalid,
    lacks_feature,
    unconvertible,
)
from sandbox.clockify.instants import DAY, iso, seconds
from sandbox.clockify.ledger import ACTIONS, TYPES, Event, Happened
from sandbox.clockify.rows import AuditLogEntry
from sandbox.clockify.world import World

DEFAULT_SPAN = 30 * DAY

DELETION_DELAY = 60
"""Seconds until a deletion shows: "approximately one minute"."""


def feed(ask: Ask, event: Event) -> list[Shown]:
    """Return what happened within a window."""
    world = ask.world
    if world.changes_feature and world.changes_feature not in ask.data.row.features:
        raise lacks_feature(world)
    if not ask.is_admin:
        raise access_denied()
    types = ask.request.values("type")
    if not types:
        raise Refusal(400, 3001, "Required parameter 'type' is not present.")
    for kind in types:
        ask.one_of("type", TYPES, kind)
    start, end = _window(ask)
    if world.changes_kept_days:
        start = max(start, seconds(world.now) - world.changes_kept_days * DAY)
    if event == "deleted":
        end = min(end, seconds(world.now) - DELETION_DELAY)
    happened = world.ledger.happened(ask.data.row.id, event, types, start, end)
    return [row(world, event, one) for one in happened]


def _window(ask: Ask) -> tuple[int, int]:
    """Return the window: 30 days from the end that is given, else the last 30 days."""
    start, end = ask.request.value("start"), ask.request.value("end")
    zone = ask.world.changes_zone
    if start is None:
        last = seconds(ask.world.now) if end is None else ask.instant("end", end, zone)
        return last - DEFAULT_SPAN, last
    first = ask.instant("start", start, zone)
    last = first + DEFAULT_SPAN if end is None else ask.instant("end", end, zone)
    days = ask.world.changes_span_days
    if days and last - first > days * DAY:
        raise invalid(f"Date range must not be longer than {days} days")
    if last < first:
        raise invalid("start must be before end")
    return first, last


def row(world: World, event: Event, one: Happened) -> Shown:
    spelled = {
        "TIME_ENTRY": one.kind,
        "TIMEENTRY": one.kind.replace("_", ""),
        "time_entry": one.kind.lower(),
    }.get(world.changes_type)
    kind: Shown = {world.changes_code: spelled} if spelled else {}
    document: Shown = msgspec.json.decode(one.document)
    if event == "deleted":
        bin_id = f"{one.row_id[:12]}de1e7ed0b140"
        known = {"id": one.row_id, "deletedAt": iso(one.at), "deletionBinId": bin_id}
        return {**known, **kind, "document": document}
    moments = {
        "createdAt": iso(one.created),
        "updatedAt": None if one.updated is None else iso(one.updated),
    }
    own = {} if world.changes_bare else document
    return {**own, "id": one.row_id, **kind, "auditMetadata": moments}


def audit_log(ask: Ask) -> list[AuditLogEntry]:
    """Return who did what, newest first."""
    actions, days = ask.listed("actions"), ask.world.audit_span_days
    if not actions:
        raise invalid("actions must not be empty")
    for action in actions:
        if action not in ACTIONS:
            raise unconvertible("actions", action)
    if not isinstance(ask.body.get("authors"), dict):
        raise invalid("authors must not be null")
    authors = ask.within("authors")
    ids, excluding = authors.get("authorIds"), authors.get("contains") == "DOES_NOT_CONTAIN"
    start, end = ask.window()
    if days and not ask.unlimited and end - start > days * DAY:
        raise invalid(f"Date range must not be longer than {days} days")
    first, last = iso(max(start, seconds(ask.world.now) - 365 * DAY)), iso(end)
    rows = [
        row
        for row in ask.data.audit_log
        if row.action in actions
        and first <= row.timestamp <= last
        and (not isinstance(ids, list) or not ids or (row.userId in ids) != excluding)
    ]
    return sorted(rows, key=lambda row: row.timestamp, reverse=True)
