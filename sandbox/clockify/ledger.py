"""What was created, updated and deleted, and when: noted with every mutation of the world.

Lists are compared with what was last known of them, so no mutation can be forgotten; time entries,
which may be a million, are noted one by one. What was never touched needs no note: its creation is
told by its id, whose first 8 digits are an instant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple

import msgspec
from msgspec import structs

from sandbox.clockify.instants import DAY, HOUR
from sandbox.clockify.rows import Row
from sandbox.clockify.workspaces import WorkspaceData

Event = Literal["created", "updated", "deleted"]
Key = tuple[str, str, str]
"""Workspace, type, id."""

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


ACTIONS = (
    *("CREATE_TIME_PERSONAL_TIMER", "CREATE_TIME_PERSONAL_MANUAL", "CREATE_TIME_IMPORT"),
    *("CREATE_TIME_KIOSK", "CREATE_TIME_FOR_OTHER", "RESTORE_TIME", "RESTORE_TIME_FOR_OTHER"),
    *("UPDATE_TIME_PERSONAL", "UPDATE_TIME_FOR_OTHER"),
    *("DELETE_TIME_PERSONAL", "DELETE_TIME_FOR_OTHER"),
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

_NOUNS = ("CLIENT", "PROJECT", "TASK", "TAG", "EXPENSE")
"""Of what the log tells, besides time entries."""

_VERBS = {"created": "CREATE", "updated": "UPDATE", "deleted": "DELETE"}


@dataclass
class Change:
    """What happened to one thing; None is never (or, of `created`, before the sandbox began)."""

    document: bytes
    created: int | None = None
    updated: int | None = None
    deleted: int | None = None


Told = Iterator[tuple[str, str, Change]]
"""Type, id and what happened."""


class Happened(NamedTuple):
    """An event of a feed."""

    at: int
    kind: str
    row_id: str
    created: int
    updated: int | None
    document: bytes


class Ledger:
    """Every change since the start (seconds since 1970)."""

    def __init__(self, workspaces: Mapping[str, WorkspaceData], started: int) -> None:
        self.workspaces = workspaces
        self.epoch = started - HOUR
        """The latest instant that anything made up was created at."""
        self.changes: dict[Key, Change] = {}
        self.known: dict[tuple[str, str], dict[str, bytes]] = {}
        """What the lists held after the last mutation, by workspace and type."""
        for data, kind in self._lists():
            self.known[data.row.id, kind] = _documents(data, kind)
        for data in workspaces.values():
            self._note_earlier(data, started - DAY)

    def _note_earlier(self, data: WorkspaceData, yesterday: int) -> None:
        """Have the first client renamed and another one deleted before the sandbox began."""
        client = next(iter(data.clients.values()))
        document = msgspec.json.encode(client)
        self.changes[data.row.id, "CLIENTS", client.id] = Change(document, updated=yesterday)
        born = yesterday - 60 * DAY
        gone = f"{born:08x}{data.row.id[8:]}"
        document = msgspec.json.encode(structs.replace(client, id=gone, name="Closed"))
        change = Change(document, created=born, deleted=yesterday)
        self.changes[data.row.id, "CLIENTS", gone] = change

    def compare(
        self, now: int, noticed: Callable[[WorkspaceData, str, Event, bytes, bytes], None]
    ) -> None:
        """Note what a mutation changed in the lists; `noticed` hears type, event, before, after."""
        for data, kind in self._lists():
            before = self.known[data.row.id, kind]
            after = _documents(data, kind)
            for row_id in before.keys() | after.keys():
                old, new = before.get(row_id), after.get(row_id)
                if event := self._note(now, (data.row.id, kind, row_id), old, new):
                    noticed(data, kind, event, old or b"", new or b"")
            self.known[data.row.id, kind] = after

    def entry(self, now: int, workspace_id: str, before: bytes, after: bytes) -> None:
        """Note what became of one time entry, of its rate and of its custom field values."""
        old, new = (dict(entry_documents(row)) if row else {} for row in (before, after))
        for kind, row_id in old.keys() | new.keys():
            key = (workspace_id, kind, row_id)
            self._note(now, key, old.get((kind, row_id)), new.get((kind, row_id)))

    def _note(self, now: int, key: Key, before: bytes | None, after: bytes | None) -> Event | None:
        if before == after:
            return None
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

    def happened(
        self, workspace_id: str, event: Event, types: Collection[str], start: int, end: int
    ) -> list[Happened]:
        """Return the events of a window, both ends included, oldest first.

        What was deleted is in neither of the other two; created and deleted inside one window is
        in none; created and updated is in created only.
        """
        everything = self._listed(workspace_id, types)
        if event == "created" and set(types) & set(ENTRY_TYPES):
            everything = chain(everything, self._old_entries(workspace_id, types, start, end))
        found = []
        for kind, row_id, change in everything:
            born = change.created
            if born is None:
                born = min(int(row_id[:8], 16), self.epoch)
            at = {"created": born, "updated": change.updated, "deleted": change.deleted}[event]
            if at is None or not start <= at <= end:
                continue
            made_within = start <= born <= end
            is_gone = change.deleted is not None
            if is_gone == (event == "deleted") and (event == "created" or not made_within):
                found.append(Happened(at, kind, row_id, born, change.updated, change.document))
        return sorted(found)

    def _listed(self, workspace_id: str, types: Collection[str]) -> Told:
        """Yield what was noted, then the listed rows that nothing happened to."""
        for (home, kind, row_id), change in self.changes.items():
            if home == workspace_id and kind in types:
                yield kind, row_id, change
        for kind in set(types) & set(LISTED):
            for row_id, document in self.known[workspace_id, kind].items():
                if (workspace_id, kind, row_id) not in self.changes:
                    yield kind, row_id, Change(document)

    def _old_entries(self, workspace_id: str, types: Collection[str], start: int, end: int) -> Told:
        """Yield untouched time entries of a window; one made up was created an hour before."""
        if start > self.epoch:
            return
        until = None if end >= self.epoch else end + HOUR
        data = self.workspaces[workspace_id]
        for sheet in map(data.timesheet, data.users):
            for index in range(*sheet.window(start + HOUR, until)):
                for (kind, row_id), document in entry_documents(sheet.row(index)):
                    if kind in types and (workspace_id, kind, row_id) not in self.changes:
                        yield kind, row_id, Change(document)

    def _lists(self) -> Iterator[tuple[WorkspaceData, str]]:
        for data in self.workspaces.values():
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
    """Return a list's rows; what a user is given by projects and groups is a change of theirs."""
    rows: dict[str, Row] = getattr(data, LISTED[kind])
    if kind == "USER":
        rows = {
            user.id: structs.replace(
                user,
                memberships=[one for one in user.memberships if one.membershipType == "WORKSPACE"],
            )
            for user in data.users.values()
        }
    return {row_id: msgspec.json.encode(row) for row_id, row in rows.items()}


def action_of(kind: str, event: str, *, other: bool) -> str | None:
    """Return what the log calls a change, of one's own or of another's; None where it is silent."""
    if kind == "TIME_ENTRY":
        whose = "FOR_OTHER" if other else "PERSONAL"
        manual = "_MANUAL" if event == "created" and not other else ""
        return f"{_VERBS[event]}_TIME_{whose}{manual}"
    noun = kind.removesuffix("S")
    whose = "_FOR_OTHER" if other and noun == "EXPENSE" else ""
    return f"{_VERBS[event]}_{noun}{whose}" if noun in _NOUNS else None
