"""What was created, updated and deleted, and when: noted with every mutation of the world.

Lists are compared with what was last known of them, so no mutation can be forgotten; time entries,
which may be a million, are noted one by one. What was never touched needs no note: its creation is
told by its id, whose first 8 digits are an instant.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import structs

from sandbox.clockify.instants import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sandbox.clockify.rows import Row, User
    from sandbox.clockify.state import State
    from sandbox.clockify.workspaces import WorkspaceData

Event = Literal["created", "updated", "deleted"]
Key = tuple[str, str, str]
"""Workspace, type, id."""

HOUR = 3_600
DAY = 24 * HOUR
ENTRY, RATE, VALUE = "TIME_ENTRY", "TIME_ENTRY_RATE", "TIME_ENTRY_CUSTOM_FIELD_VALUE"
ENTRY_TYPES = (ENTRY, RATE, VALUE)

LISTED: dict[str, str] = {
    "CLIENTS": "clients",
    "PROJECTS": "projects",
    "TAGS": "tags",
    "TASKS": "tasks",
    "SCHEDULED_ASSIGNMENT": "assignments",
    "CUSTOM_FIELDS": "custom_fields",
    "USER": "users",
    "USER_GROUPS": "user_groups",
    "INVOICES": "invoices",
    "APPROVAL_REQUESTS": "approval_requests",
    "BALANCE": "time_off_balances",
    "HOLIDAYS": "holidays",
    "PTO_POLICY": "time_off_policies",
    "TIME_OFF_REQUEST": "time_off_requests",
    "EXPENSE": "expenses",
}
"""Type and list; expenses have no feed but stand in the audit log."""

TYPES = (*(name for name in LISTED if name != "EXPENSE"), *ENTRY_TYPES)
"""What the feeds can be asked for."""


@dataclass
class Change:
    """What happened to one thing; None is never (or, of `created`, before the sandbox began)."""

    document: bytes
    created: int | None = None
    updated: int | None = None
    deleted: int | None = None


class Ledger:
    """Every change since the start."""

    def __init__(self, world: State) -> None:
        self.world = world
        self.changes: dict[Key, Change] = {}
        self.known: dict[tuple[str, str], dict[str, bytes]] = {}
        """What the lists held after the last mutation, by workspace and type."""
        self.version = 0
        """Goes up with every note."""
        for data, kind in self._lists():
            self.known[data.row.id, kind] = _documents(data, kind)
        for data in world.workspaces.values():
            self._note_earlier(data)

    def _note_earlier(self, data: WorkspaceData) -> None:
        """Have the first client renamed and another one deleted before the sandbox began."""
        yesterday = seconds(self.world.started) - DAY
        client = next(iter(data.clients.values()))
        document = msgspec.json.encode(client)
        self.changes[data.row.id, "CLIENTS", client.id] = Change(document, updated=yesterday)
        born = yesterday - 60 * DAY
        gone = f"{born:08x}{data.row.id[8:]}"
        document = msgspec.json.encode(structs.replace(client, id=gone, name="Closed"))
        change = Change(document, created=born, deleted=yesterday)
        self.changes[data.row.id, "CLIENTS", gone] = change

    def compare(self, noticed: Callable[[WorkspaceData, str, Event, bytes, bytes], None]) -> None:
        """Note what a mutation changed in the lists; `noticed` hears type, event, before, after."""
        for data, kind in self._lists():
            before = self.known[data.row.id, kind]
            after = _documents(data, kind)
            for row_id in before.keys() | after.keys():
                event = self._note(
                    (data.row.id, kind, row_id), before.get(row_id), after.get(row_id)
                )
                if event:
                    noticed(data, kind, event, before.get(row_id, b""), after.get(row_id, b""))
            self.known[data.row.id, kind] = after

    def entry(self, workspace_id: str, before: bytes | None, after: bytes | None) -> None:
        """Note what became of one time entry, of its rate and of its custom field values."""
        old = dict(entry_documents(before)) if before else {}
        new = dict(entry_documents(after)) if after else {}
        for kind, row_id in old.keys() | new.keys():
            key = (workspace_id, kind, row_id)
            self._note(key, old.get((kind, row_id)), new.get((kind, row_id)))

    def born(self, row_id: str) -> int:
        """Tell from an id when it was given; not after the sandbox began."""
        return min(int(row_id[:8], 16), self.epoch)

    @property
    def epoch(self) -> int:
        """The latest instant that anything made up was created at."""
        return seconds(self.world.started) - HOUR

    def _note(self, key: Key, before: bytes | None, after: bytes | None) -> Event | None:
        now = seconds(self.world.now)
        if before == after:
            return None
        self.version += 1
        change = self.changes.setdefault(key, Change(before or b""))
        if after is None:
            change.deleted = now
            return "deleted"
        change.document = after
        if before is None:
            change.created, change.updated, change.deleted = now, None, None
            return "created"
        change.updated = now
        return "updated"

    def _lists(self) -> Iterator[tuple[WorkspaceData, str]]:
        for data in self.world.workspaces.values():
            for kind in LISTED:
                yield data, kind


def entry_documents(row: bytes) -> Iterator[tuple[tuple[str, str], bytes]]:
    """Yield type, id and document of a time entry and of what hangs on it."""
    entry = msgspec.json.decode(row, type=dict[str, object])
    entry_id = str(entry["id"])
    yield (ENTRY, entry_id), row
    rates = {name: entry[name] for name in ("hourlyRate", "costRate")}
    if any(rates.values()):
        yield _derived(RATE, entry_id, {"timeEntryId": entry_id, **rates})
    values = entry["customFieldValues"]
    for value in values if isinstance(values, list) else ():
        yield _derived(VALUE, entry_id + value["customFieldId"], value)


def _derived(kind: str, seed: str, fields: dict[str, object]) -> tuple[tuple[str, str], bytes]:
    """Give a part of a time entry an id of its own that carries the entry's creation."""
    row_id = seed[:8] + hashlib.sha256(f"{kind}{seed}".encode()).hexdigest()[:16]
    return (kind, row_id), msgspec.json.encode({"id": row_id, **fields})


def _documents(data: WorkspaceData, kind: str) -> dict[str, bytes]:
    rows: dict[str, Row] = getattr(data, LISTED[kind])
    if kind == "USER":
        return {row.id: msgspec.json.encode(row) for row in _users(data.users.values())}
    return {row_id: msgspec.json.encode(row) for row_id, row in rows.items()}


def _users(users: Iterable[User]) -> Iterator[User]:
    """Leave out what a user is given by projects and groups: that is a change of theirs."""
    for user in users:
        own = [one for one in user.memberships if one.membershipType == "WORKSPACE"]
        yield structs.replace(user, memberships=own)
