"""Clients, projects, tasks and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import asdict

from tap_clockify import rows
from tap_clockify.client import ClockifyStream, Listed, is_unknown_id
from taps_common.stream import Unwound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taps_common.bookmarks import Scope
    from taps_common.errors import RequestError
    from taps_common.reading import Reading
    from taps_common.rows import Row


class Clients(ClockifyStream):
    """Clients, archived ones included."""

    name = "clients"
    plain = True
    row = rows.Client
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/clients"


class Projects(Listed):
    """Projects, archived ones and templates included."""

    name = "projects"
    plain = True
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
                workspaceId=project.workspaceId,
                projectId=project.id,
                **asdict(membership),
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

    def partitions_in(self, scope: Scope, reading: Reading) -> Iterable[dict[str, str]]:
        """Return one walk per project of the workspace."""
        return self.tap.ids_of(Projects, scope, "projectId")

    def refusal(self, error: RequestError, *, known: bool) -> str | None:
        """Return why a project's tasks are left out: it was deleted since the list was read."""
        if is_unknown_id(error):
            return "Clockify does not know the project any more (400, code 501)"
        return None


class Tags(ClockifyStream):
    """Tags, archived ones included."""

    name = "tags"
    plain = True
    row = rows.Tag
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/tags"
    params = (("sort-column", "ID"),)
