"""The rows each table of a copy should hold now, straight from the world and not from any tap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sandbox.clockify import further

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.clockify.rows import CustomFieldValue, TimeEntry
    from sandbox.clockify.workspaces import WorkspaceData
    from sandbox.clockify.world import World
    from sandbox.wire import Json

    Rows = Iterator[dict[str, Json]]


def rows(world: World, table: str) -> list[dict[str, Json]]:
    """Return the rows of one table; KeyError for an unknown one."""
    if table in MORE_TABLES:
        with world.lock:
            homes = world.workspaces.values()
            return [row for data in homes for row in further.rows(world, data, table)]
    table_rows = _TABLES[table]
    with world.lock:
        return [row for data in world.workspaces.values() for row in table_rows(world, data)]


def counts(world: World, *, everything: bool = False) -> dict[str, int]:
    """Return how many rows each table should hold; a million time entries take some seconds.

    Args:
        world: the account.
        everything: whether the tables besides the core are counted as well.
    """
    per_entry = _count_entries(world)
    return {
        table: per_entry[table] if table in per_entry else len(rows(world, table))
        for table in (*TABLES, *(MORE_TABLES if everything else ()))
    }


class _Countable(msgspec.Struct):
    """The lists of a time entry that have tables of their own."""

    tagIds: list[str] | None
    customFieldValues: list[msgspec.Raw] | None


def _count_entries(world: World) -> dict[str, int]:
    counted = {"time_entries": 0, "time_entry_tags": 0, "time_entry_custom_fields": 0}
    for workspace_id, data in world.workspaces.items():
        for user_id in list(data.users):
            sheet = world.timesheet(workspace_id, user_id)
            entries = msgspec.json.decode(
                b"".join(sheet.page(0, len(sheet))), type=list[_Countable]
            )
            counted["time_entries"] += len(entries)
            counted["time_entry_tags"] += sum(len(one.tagIds or ()) for one in entries)
            counted["time_entry_custom_fields"] += sum(
                len(one.customFieldValues or ()) for one in entries
            )
    return counted


def _row(struct: msgspec.Struct, **context: Json) -> dict[str, Json]:
    row: dict[str, Json] = msgspec.to_builtins(struct)
    return {**row, **context}


def _workspaces(_world: World, data: WorkspaceData) -> Rows:
    yield _row(data.row)


def _users(_world: World, data: WorkspaceData) -> Rows:
    """All members whatever their status, with all their memberships."""
    for user in data.users.values():
        yield _row(user, workspaceId=data.row.id)


def _user_groups(_world: World, data: WorkspaceData) -> Rows:
    yield from map(_row, data.user_groups.values())


def _clients(_world: World, data: WorkspaceData) -> Rows:
    yield from map(_row, data.clients.values())


def _projects(_world: World, data: WorkspaceData) -> Rows:
    yield from map(_row, data.projects.values())


def _tasks(_world: World, data: WorkspaceData) -> Rows:
    for task in data.tasks.values():
        yield _row(task, workspaceId=data.row.id)


def _tags(_world: World, data: WorkspaceData) -> Rows:
    yield from map(_row, data.tags.values())


def _entries(world: World, data: WorkspaceData) -> Iterator[TimeEntry]:
    for user_id in data.users:
        yield from world.entries(data.row.id, user_id)


def _time_entries(world: World, data: WorkspaceData) -> Rows:
    for entry in _entries(world, data):
        yield _row(entry, start=entry.timeInterval.start)


def _user_memberships(_world: World, data: WorkspaceData) -> Rows:
    for user in data.users.values():
        for membership in user.memberships:
            yield _row(membership, workspaceId=data.row.id)


def _project_memberships(_world: World, data: WorkspaceData) -> Rows:
    for project in data.projects.values():
        for membership in project.memberships:
            yield _row(membership, workspaceId=data.row.id, projectId=project.id)


def _user_group_members(_world: World, data: WorkspaceData) -> Rows:
    for group in data.user_groups.values():
        for user_id in group.userIds:
            yield {"workspaceId": data.row.id, "userGroupId": group.id, "userId": user_id}


def _time_entry_tags(world: World, data: WorkspaceData) -> Rows:
    for entry in _entries(world, data):
        for tag_id in entry.tagIds or ():
            yield {
                "workspaceId": entry.workspaceId,
                "userId": entry.userId,
                "timeEntryId": entry.id,
                "tagId": tag_id,
                "start": entry.timeInterval.start,
            }


def _time_entry_custom_fields(world: World, data: WorkspaceData) -> Rows:
    for entry in _entries(world, data):
        for field in entry.customFieldValues or ():
            yield {
                "workspaceId": entry.workspaceId,
                "userId": entry.userId,
                "timeEntryId": entry.id,
                "customFieldId": field.customFieldId,
                "name": field.name,
                "type": field.type,
                "sourceType": field.sourceType,
                "value": _text(field),
                "start": entry.timeInterval.start,
            }


def _text(field: CustomFieldValue) -> str | None:
    """A string and null as they are, anything else its compact JSON text."""
    if field.value is None or isinstance(field.value, str):
        return field.value
    return msgspec.json.encode(field.value).decode()


_TABLES: dict[str, Callable[[World, WorkspaceData], Rows]] = {
    "workspaces": _workspaces,
    "users": _users,
    "user_groups": _user_groups,
    "clients": _clients,
    "projects": _projects,
    "tasks": _tasks,
    "tags": _tags,
    "time_entries": _time_entries,
    "user_memberships": _user_memberships,
    "project_memberships": _project_memberships,
    "user_group_members": _user_group_members,
    "time_entry_tags": _time_entry_tags,
    "time_entry_custom_fields": _time_entry_custom_fields,
}

TABLES = tuple(_TABLES)

MORE_TABLES = further.TABLES
"""The tables besides the core."""

KEYS: dict[str, tuple[str, ...]] = {
    "workspaces": ("id",),
    "users": ("workspaceId", "id"),
    "user_groups": ("id",),
    "clients": ("id",),
    "projects": ("id",),
    "tasks": ("id",),
    "tags": ("id",),
    "time_entries": ("id",),
    "user_memberships": ("workspaceId", "userId", "targetId", "membershipType"),
    "project_memberships": ("projectId", "userId"),
    "user_group_members": ("userGroupId", "userId"),
    "time_entry_tags": ("timeEntryId", "tagId"),
    "time_entry_custom_fields": ("timeEntryId", "customFieldId"),
    **further.KEYS,
}
"""What tells the rows of a table apart."""
