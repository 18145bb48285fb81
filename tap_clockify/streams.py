"""Clockify's tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from tap_clockify import rows
from tap_clockify.client import ClockifyStream, is_forbidden, is_unknown_id
from taps_common.bookmarks import to_text
from taps_common.errors import TapError
from taps_common.http import Request
from taps_common.stream import Unwound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from tap_clockify.tap import TapClockify
    from taps_common.bookmarks import Scope, Window
    from taps_common.errors import RequestError
    from taps_common.fetch import Walk
    from taps_common.reading import Reading
    from taps_common.rows import Row
    from taps_common.stream import Table

ZONE_PADDING = timedelta(days=1)
"""Time windows are read as wall clock of the account's zone even when they end in Z, so a window
is asked for with this much on both sides."""

ACCOUNT_STATUSES = (
    "ACTIVE",
    "PENDING_EMAIL_VERIFICATION",
    "DELETED",
    "NOT_REGISTERED",
    "LIMITED",
    "LIMITED_DELETED",
)
"""All account statuses. Without them the list hides kiosk ("limited") and deleted members, and so
their entries."""

_value_text = msgspec.json.Encoder(decimal_format="number")


class Workspaces(ClockifyStream):
    """Workspaces that the key can see.

    Attributes:
        known: the workspaces that are read, by id.
    """

    name = "workspaces"
    row = rows.Workspace
    primary_keys = ("id",)
    path = "/workspaces"
    paged = False
    needs = frozenset({"id", "name", "featureSubscriptionType"})

    def __init__(self, tap: TapClockify) -> None:
        super().__init__(tap)
        self.known: dict[str, rows.Workspace] = {}

    def scopes(self) -> Sequence[Scope]:
        """Return all workspaces as one list: they are no part of a workspace."""
        return [{}]

    def partitions_in(self, scope: Scope) -> Iterable[dict[str, str]]:
        """Return one list; one workspace each for an add-on token, which may not list them."""
        if not self.tap.config.get("addon_token"):
            return [dict(scope)]
        return [{"workspaceId": ident} for ident in self.tap.config["workspace_ids"]]

    def walk(self, partition: Scope, window: Window | None, reading: Reading) -> Walk:
        """Request the list, or one workspace as a list of one."""
        if not partition:
            yield from super().walk(partition, window, reading)
            return
        request = Request("/workspaces/{workspaceId}", partition)
        response = yield request
        reading.take(request, replace(response, body=b"[%b]" % response.body), partition)

    def choose(self, rows_read: Sequence[rows.Workspace]) -> Sequence[rows.Workspace]:
        """Return the workspaces that `workspace_ids` names, or all.

        Raises:
            TapError: it names one that the key cannot see.
        """
        wanted = self.tap.config.get("workspace_ids") or [row.id for row in rows_read]
        visible = {row.id: row for row in rows_read}
        if not self.tap.config.get("addon_token") and (unknown := {*wanted} - {*visible}):
            seen = ", ".join(f"{row.id} ({row.name})" for row in rows_read) or "none"
            raise TapError(
                f"workspace_ids names {', '.join(sorted(unknown))}, which this key cannot see. "
                f"It sees: {seen}."
            )
        return [row for ident, row in visible.items() if ident in wanted]

    def remember(self, rows_read: Sequence[rows.Workspace], partition: Scope) -> None:  # noqa: ARG002
        """Keep the workspaces: all other streams walk over them."""
        for row in rows_read:
            self.known[row.id] = rows.Workspace(
                id=row.id, name=row.name, featureSubscriptionType=row.featureSubscriptionType
            )


class Listed(ClockifyStream):
    """A list that other streams walk over.

    Attributes:
        ids: ids of the rows in the order of the list, by workspace.
    """

    def __init__(self, tap: TapClockify) -> None:
        super().__init__(tap)
        self.ids: dict[str, list[str]] = {}

    def partitions_in(self, scope: Scope) -> Iterable[dict[str, str]]:
        """Return the one list of the workspace, forgetting what an earlier reading saw."""
        self.ids[scope["workspaceId"]] = []
        return super().partitions_in(scope)

    def remember(self, rows_read: Sequence[Any], partition: Scope) -> None:
        """Keep the ids."""
        self.ids[partition["workspaceId"]] += [row.id for row in rows_read]


class Users(Listed):
    """Members of a workspace: active, pending, deactivated and limited ones."""

    name = "users"
    row = rows.User
    primary_keys = ("workspaceId", "id")
    path = "/workspaces/{workspaceId}/users"
    from_route = ("workspaceId",)
    params = (
        ("status", "ALL"),
        *(("account-statuses", status) for status in ACCOUNT_STATUSES),
        ("memberships", "ALL"),
        ("include-roles", "false"),
        ("sort-column", "ID"),
    )


class UserMemberships(Unwound):
    """Who belongs to what: workspaces, projects and groups of each member."""

    name = "user_memberships"
    row = rows.UserMembership
    primary_keys = ("workspaceId", "userId", "membershipType", "targetId")
    unwinds = Users
    needs = frozenset({"memberships"})

    def rows_from(self, rows_read: Sequence[rows.User]) -> list[Row]:
        """Return one row per membership."""
        return [
            rows.UserMembership(workspaceId=user.workspaceId, **_membership(membership))
            for user in rows_read
            for membership in user.memberships or ()
        ]


class UserGroups(ClockifyStream):
    """Groups of members."""

    name = "user_groups"
    row = rows.UserGroup
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/user-groups"
    params = (("includeTeamManagers", "true"), ("sort-column", "ID"))


class UserGroupMembers(Unwound):
    """Which member is in which group."""

    name = "user_group_members"
    row = rows.UserGroupMember
    primary_keys = ("userGroupId", "userId")
    unwinds = UserGroups
    needs = frozenset({"workspaceId", "userIds"})

    def rows_from(self, rows_read: Sequence[rows.UserGroup]) -> list[Row]:
        """Return one row per member of a group."""
        return [
            rows.UserGroupMember(workspaceId=group.workspaceId, userGroupId=group.id, userId=user)
            for group in rows_read
            for user in group.userIds or ()
        ]


class Clients(ClockifyStream):
    """Clients, archived ones included."""

    name = "clients"
    row = rows.Client
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/clients"


class Projects(Listed):
    """Projects, archived ones and templates included."""

    name = "projects"
    row = rows.Project
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/projects"
    params = (("sort-column", "ID"),)


class ProjectMemberships(Unwound):
    """Who may work on which project."""

    name = "project_memberships"
    row = rows.ProjectMembership
    primary_keys = ("projectId", "userId", "membershipType", "targetId")
    unwinds = Projects
    needs = frozenset({"workspaceId", "memberships"})

    def rows_from(self, rows_read: Sequence[rows.Project]) -> list[Row]:
        """Return one row per membership."""
        return [
            rows.ProjectMembership(
                workspaceId=project.workspaceId, projectId=project.id, **_membership(membership)
            )
            for project in rows_read
            for membership in project.memberships or ()
        ]


class Tasks(ClockifyStream):
    """Tasks of all projects, done ones included."""

    name = "tasks"
    row = rows.Task
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/projects/{projectId}/tasks"
    from_route = ("workspaceId",)
    params = (("sort-column", "ID"),)

    def partitions_in(self, scope: Scope) -> Iterable[dict[str, str]]:
        """Return one walk per project of the workspace."""
        return self.tap.ids_of(Projects, scope, "projectId")


class Tags(ClockifyStream):
    """Tags, archived ones included."""

    name = "tags"
    row = rows.Tag
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/tags"
    params = (("sort-column", "ID"),)


class TimeEntries(ClockifyStream):
    """Time that members recorded, running timers included."""

    name = "time_entries"
    row = rows.TimeEntry
    primary_keys = ("id",)
    replication_key = "start"
    cursor = "start"
    path = "/workspaces/{workspaceId}/user/{userId}/time-entries"
    needs = frozenset({"start", "timeInterval"})

    def partitions_in(self, scope: Scope) -> Iterable[dict[str, str]]:
        """Return one walk per member of the workspace."""
        return self.tap.member_walks(scope)

    def query(self, partition: Scope, window: Window | None) -> tuple[tuple[str, str], ...]:
        """Return the window of a walk, padded, since its bounds are read in an unknown zone."""
        query = []
        since = window.since_for(self.partition_id(partition)) if window else None
        if since is not None:
            query.append(("start", _second(since - ZONE_PADDING)))
        if self.tap.end_date is not None:
            query.append(("end", _second(self.tap.end_date + ZONE_PADDING)))
        return tuple(query)

    def complete(self, rows_read: Sequence[rows.TimeEntry], partition: Scope) -> None:
        """Copy the start to the top of the row, where a replication key has to be."""
        super().complete(rows_read, partition)
        for entry in rows_read:
            entry.start = entry.timeInterval.start if entry.timeInterval else None

    def earliest_open(self, rows_read: Sequence[rows.TimeEntry]) -> datetime | None:
        """Return the earliest start of a running timer."""
        running = [
            entry.start
            for entry in rows_read
            if entry.start and entry.timeInterval and entry.timeInterval.end is None
        ]
        return min(running, default=None)

    def refusal(self, error: RequestError) -> str | None:
        """Return why a member's entries are left out: not visible to the key, or no member now."""
        if is_forbidden(error):
            return (
                "the key may not read other members' time entries (403), so only those of its "
                "owner arrive; use the key of an owner or admin"
            )
        if is_unknown_id(error):
            return "Clockify does not know the member in this workspace any more (400, code 501)"
        return None


class TimeEntryTags(Unwound):
    """Tags on time entries."""

    name = "time_entry_tags"
    row = rows.TimeEntryTag
    primary_keys = ("timeEntryId", "tagId")
    replication_key = "start"
    unwinds = TimeEntries
    needs = frozenset({"workspaceId", "userId", "tagIds"})

    def rows_from(self, rows_read: Sequence[rows.TimeEntry]) -> list[Row]:
        """Return one row per tag of an entry."""
        return [
            rows.TimeEntryTag(
                workspaceId=entry.workspaceId,
                userId=entry.userId,
                timeEntryId=entry.id,
                tagId=tag,
                start=entry.start,
            )
            for entry in rows_read
            if entry.tagIds
            for tag in entry.tagIds
        ]


class TimeEntryCustomFields(Unwound):
    """Custom field values of time entries, one row each."""

    name = "time_entry_custom_fields"
    row = rows.TimeEntryCustomField
    primary_keys = ("timeEntryId", "customFieldId")
    replication_key = "start"
    unwinds = TimeEntries
    needs = frozenset({"workspaceId", "userId", "customFieldValues"})

    def rows_from(self, rows_read: Sequence[rows.TimeEntry]) -> list[Row]:
        """Return one row per custom field of an entry."""
        return [
            rows.TimeEntryCustomField(
                workspaceId=entry.workspaceId,
                userId=entry.userId,
                timeEntryId=entry.id,
                customFieldId=field.customFieldId,
                name=field.name,
                type=field.type,
                sourceType=field.sourceType,
                value=_text_of(field.value),
                start=entry.start,
            )
            for entry in rows_read
            if entry.customFieldValues
            for field in entry.customFieldValues
        ]


def _membership(membership: rows.Membership) -> dict[str, Any]:
    return {name: getattr(membership, name) for name in membership.__struct_fields__}


def _text_of(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return _value_text.encode(value).decode()


def _second(moment: datetime) -> str:
    """Return a moment in the form the API documents: whole seconds."""
    return to_text(moment.replace(microsecond=0))


TABLES: tuple[type[Table], ...] = (
    Workspaces,
    Users,
    UserMemberships,
    UserGroups,
    UserGroupMembers,
    Clients,
    Projects,
    ProjectMemberships,
    Tags,
    Tasks,
    TimeEntries,
    TimeEntryTags,
    TimeEntryCustomFields,
)
