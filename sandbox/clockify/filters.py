"""What the query parameters of the list routes keep, and in which order."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from msgspec import UNSET, structs

from sandbox.clockify.access import Refusal
from sandbox.clockify.rows import (
    HydratedProject,
    HydratedTask,
    ProjectCurrency,
    Row,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.clockify.rows import Client, CustomField, Holiday, Project, Tag, Task, TimeEntry
    from sandbox.clockify.workspaces import WorkspaceData
    from sandbox.clockify.world import World
    from sandbox.wire import Request

RowT = TypeVar("RowT", bound=Row)

DEFAULT_ACCOUNT_STATUSES = ["ACTIVE", "PENDING_EMAIL_VERIFICATION", "NOT_REGISTERED"]
"""LIMITED (kiosk) and deleted accounts are only listed when asked for."""

ENTRY_FILTERS = (
    *("in-progress", "project", "task", "tags", "description"),
    *("project-required", "task-required"),
)


def ordered(rows: Iterable[RowT], request: Request, default: str = "name") -> list[RowT]:
    """Sort by ID, NAME or EMAIL as asked, equal ones by id."""
    column = (request.value("sort-column") or default).lower()
    column = column if column in {"id", "email"} else "name"
    descending = request.value("sort-order") == "DESCENDING"
    return sorted(
        rows,
        key=lambda row: (str(getattr(row, column, None) or "").lower(), row.id),
        reverse=descending,
    )


def named(rows: Iterable[RowT], request: Request) -> list[RowT]:
    """Keep the rows whose name contains (or, in strict search, is) what was asked for."""
    wanted = request.value("name")
    if wanted is None:
        return list(rows)
    names = [(row, str(getattr(row, "name", None) or "")) for row in rows]
    if request.flag("strict-name-search"):
        return [row for row, name in names if name == wanted]
    return [row for row, name in names if wanted.lower() in name.lower()]


def users(data: WorkspaceData, request: Request) -> list[User]:
    """Keep users by account status, workspace status, name and email; memberships as asked."""
    standing = {one.userId: one.membershipStatus for one in data.row.memberships}
    accounts = request.values("account-statuses") or DEFAULT_ACCOUNT_STATUSES
    status = request.value("status") or "ALL"
    email = (request.value("email") or "").lower()
    project = data.projects.get(request.value("project-id") or "")
    members = {one.userId for one in project.memberships} if project else None
    kept = [
        with_memberships(user, request.value("memberships") or "NONE")
        for user in named(data.users.values(), request)
        if user.status in accounts
        and status in {"ALL", standing.get(user.id)}
        and email in (user.email or "")
        and (members is None or user.id in members)
    ]
    return ordered(kept, request, "email")


def with_memberships(user: User, kind: str) -> User:
    """Copy a user with the memberships of one kind, ALL or NONE of them."""
    kept = [one for one in user.memberships if kind in {"ALL", one.membershipType}]
    return structs.replace(user, memberships=kept)


def archivable(
    rows: Iterable[Client] | Iterable[Project] | Iterable[Tag], request: Request
) -> list[Row]:
    """Keep archived or active rows; without the parameter both."""
    archived = request.flag("archived")
    return [row for row in rows if archived in {None, row.archived}]


def projects(data: WorkspaceData, request: Request) -> list[Project]:
    """Keep projects by name, archived, billable, template, client."""
    archived, billable = request.flag("archived"), request.flag("billable")
    template, clients = request.flag("is-template"), request.values("clients")
    kept = [
        project
        for project in named(data.projects.values(), request)
        if archived in {None, project.archived}
        and billable in {None, project.billable}
        and template in {None, project.template}
        and (not clients or project.clientId in clients)
    ]
    return ordered(kept, request)


def hydrated(world: World, data: WorkspaceData, kept: Iterable[Project]) -> list[Project]:
    """Inline what belongs to each project."""
    tasks: dict[str, list[HydratedTask]] = {}
    for task in data.tasks.values():
        if not (world.hydrated_omits_done and task.status == "DONE"):
            tasks.setdefault(task.projectId, []).append(HydratedTask(**structs.asdict(task)))
    default = next(one for one in data.row.currencies if one.isDefault)
    fields = [one for one in data.custom_fields.values() if one.entityType == "TIMEENTRY"]
    found = [
        HydratedProject(
            **structs.asdict(project),
            tasks=tasks.get(project.id, []),
            client=data.clients.get(project.clientId or ""),
            currency=ProjectCurrency(id=default.id, code=default.code),
            customFields=fields,
        )
        for project in kept
    ]
    if lacking := world.hydrated_lacks:
        inner = (task for project in found for task in project.tasks)
        for one in found if lacking == "tasks" else inner:
            setattr(one, lacking, UNSET)
    return list(found)


def tasks(data: WorkspaceData, request: Request) -> list[Task]:
    """Keep a project's tasks; without `is-active` the DONE ones too."""
    active = request.flag("is-active")
    kept = [
        task
        for task in named(data.tasks.values(), request)
        if task.projectId == request.params["projectId"]
        and active in {None, task.status == "ACTIVE"}
    ]
    return ordered(kept, request)


def custom_fields(data: WorkspaceData, request: Request) -> list[CustomField]:
    """Keep custom fields by name, status and what they belong to."""
    status, entity_type = request.value("status"), request.value("entity-type")
    return [
        field
        for field in named(data.custom_fields.values(), request)
        if status in {None, field.status} and entity_type in {None, field.entityType}
    ]


def holidays(data: WorkspaceData, user_id: str | None) -> list[Holiday]:
    """Keep the holidays of one member: everybody's, its own and its groups'."""
    groups = {group.id for group in data.user_groups.values() if user_id in group.userIds}
    return [
        one
        for one in data.holidays.values()
        if user_id is None
        or one.everyoneIncludingNew
        or user_id in one.userIds
        or groups & set(one.userGroupIds)
    ]


def entry_matches(entry: TimeEntry, request: Request) -> bool:
    """Tell whether a time entry passes the filters other than its window."""
    description, tags = request.value("description"), request.values("tags")
    return (
        (not request.flag("in-progress") or entry.timeInterval.end is None)
        and (not request.flag("project-required") or entry.projectId is not None)
        and (not request.flag("task-required") or entry.taskId is not None)
        and request.value("project") in {None, entry.projectId}
        and request.value("task") in {None, entry.taskId}
        and (description is None or description.lower() in (entry.description or "").lower())
        and (not tags or not set(tags).isdisjoint(entry.tagIds or ()))
    )


def wall_clock(request: Request, name: str, zone: str) -> int | None:
    """Read a bound as wall clock in the key owner's zone, whatever offset the text carries."""
    text = request.value(name)
    return None if text is None else in_zone(name, text, zone)


def in_zone(name: str, text: str, zone: str) -> int:
    """Read the wall clock of a zone, whatever offset the text carries."""
    try:
        instant = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Refusal(400, 3000, f"Failed to convert value '{text}' of {name}") from None
    return int(instant.replace(tzinfo=ZoneInfo(zone)).timestamp())
