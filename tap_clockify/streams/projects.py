"""Clients, projects, tasks and tags."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from tap_clockify import rows
from tap_clockify.change_feed import drive_alone
from tap_clockify.client import ClockifyStream, Listed, is_unknown_id
from tap_clockify.hydration import ADDED, HydratedTasks, count_rows
from taps_common.sync.state import from_text, to_text
from taps_common.errors import QuotaError, RequestError, StatusError
from taps_common.http.session import Request, Response
from taps_common.sync.progress import Cost
from taps_common.sync.stream import Unwound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_clockify.tap import TapClockify
    from taps_common.sync.state import Scope, Window
    from taps_common.sync.concurrency import Walk
    from taps_common.sync.engine import Reading
    from taps_common.records.row_types import Row

COMPARED_FOR = timedelta(days=7)
"""How long hydrated projects that had all tasks are taken to have them."""

ONE_BY_ONE = (
    "%s: projects of workspace %s with their tasks (hydrated) %s. The tasks of each project are "
    "read by a request of its own instead."
)


class Clients(ClockifyStream):
    """Clients, archived ones included."""

    name = "clients"
    plain = True
    row = rows.Client
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/clients"


class Projects(Listed):
    """Projects, archived ones and templates included.

    Where tasks are selected they are asked for with their tasks (`hydrated`), which cost no request
    then.

    Attributes:
        tasks: what came with them, by workspace; nothing where Clockify refused that.
    """

    name = "projects"
    plain = True
    row = rows.Project
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/projects"
    params = (("sort-column", "ID"),)

    def __init__(self, tap: TapClockify) -> None:
        super().__init__(tap)
        self.tasks: dict[str, HydratedTasks] = {}

    def query(self, partition: Scope, window: Window | None) -> tuple[tuple[str, str], ...]:
        """Return the query: with tasks, if they are kept."""
        hydrated = partition["workspaceId"] in self.tasks
        return (*self.params, *((("hydrated", "true"),) if hydrated else ()))

    def is_whole(self, response: Response) -> bool:
        """Tell whether an answer is the only page; with tasks it must not be old either."""
        return not self.tap.table(Tasks).selected and super().is_whole(response)

    def expects(self, path: str) -> bool:
        """Tell whether a field is what hydrated projects have more."""
        return path in ADDED

    def walk(self, partition: Scope, window: Window | None, reading: Reading) -> Walk:
        """Read the list, with tasks if they are selected and Clockify sends them."""
        ident = partition["workspaceId"]
        self.tasks.pop(ident, None)
        if not self.tap.table(Tasks).selected:
            yield from super().walk(partition, window, reading)
            return
        kept = self.tasks[ident] = HydratedTasks(self.tap.clock.now())

        def take(request: Request, response: Response, *, last: bool) -> int:
            count = reading.take(request, response, partition, last=last)
            kept.add(response.body)
            return count

        try:
            yield from self.pages(partition, window, take)
        except RequestError as error:
            if not _may_be_hydration(error):
                raise
            del self.tasks[ident]
            kept.close()
            self.logger.warning(ONE_BY_ONE, "tasks", ident, f"were refused ({error})")
            reading.begin_again(partition, error)
            yield from super().walk(partition, window, reading)


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
    """Tasks of all projects, done ones included.

    They are made of hydrated projects, once those were compared with some projects' own lists; the
    state keeps per workspace, as `compared`, when they were found to have everything.
    """

    name = "tasks"
    row = rows.Task
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/projects/{projectId}/tasks"
    from_route = ("workspaceId",)
    params = (("sort-column", "ID"),)

    def __init__(self, tap: TapClockify) -> None:
        super().__init__(tap)
        self._lists: dict[str, list[tuple[Request, Response]]] = {}

    def expects(self, path: str) -> bool:
        """Tell whether a field is what tasks of hydrated projects have more."""
        return path == "favorite"

    def partitions_in(self, scope: Scope, reading: Reading) -> Iterable[dict[str, str]]:
        """Return one walk over what came with the projects, or one per project.

        Raises:
            TapError: the projects, or a list to compare with, could not be read.
        """
        self._lists = {}
        projects = self.tap.ids_of(Projects, scope, "projectId")
        kept = self.tap.table(Projects).tasks.get(scope["workspaceId"])
        if kept is None or not projects:
            return projects
        lacking = self._lacking(scope, kept, reading)
        if lacking is None:
            return [dict(scope)]
        kept.close()
        self.logger.warning(ONE_BY_ONE, self.name, scope["workspaceId"], f"lack {lacking}")
        return projects

    def _lacking(self, scope: Scope, kept: HydratedTasks, reading: Reading) -> str | None:
        """Return what projects' own lists have that did not come with them, in words."""
        if not kept.came:
            return "their tasks"
        now = self.tap.clock.now()
        state = self.get_context_state(dict(scope))
        before = state.get("compared")
        if before and kept.done and timedelta(0) <= now - from_text(before) < COMPARED_FOR:
            return None
        state.pop("compared", None)
        for ident in kept.to_compare():
            partition = {**scope, "projectId": ident}
            found = self._lists[ident] = []

            def take(request: Request, response: Response, *, last: bool) -> int:
                del last
                found.append((request, replace(response, cost=Cost())))  # noqa: B023 - used up here
                return count_rows(request, response)

            try:
                drive_alone(self.pages(partition, None, take), reading)
            except StatusError as error:
                if not is_unknown_id(error):
                    raise
                del self._lists[ident]  # deleted meanwhile
                continue
            pages = [response.body for _, response in found]
            if lacking := kept.lacks(ident, pages):
                return lacking
        if kept.done and self._lists:
            state["compared"] = to_text(now)
        return None

    def walk(self, partition: Scope, window: Window | None, reading: Reading) -> Walk:
        """Take what came with the projects, or read a project's list unless that was done."""
        ident = partition.get("projectId")
        if ident is None:
            kept = self.tap.table(Projects).tasks[partition["workspaceId"]]
            request = Request(Projects.path, partition)
            for page in kept.pages():
                reading.take(request, Response(page, {}, Cost()), partition)
            kept.close()
        elif ident in self._lists:
            for request, response in self._lists.pop(ident):
                reading.take(request, response, partition)
        else:
            yield from super().walk(partition, window, reading)

    def refusal(self, error: RequestError, *, known: bool) -> str | None:
        """Return why a project's tasks are left out: it was deleted since the list was read."""
        if is_unknown_id(error):
            return "Clockify does not know the project any more (400, code 501)"
        return None


def _may_be_hydration(error: RequestError) -> bool:
    """Tell whether a list of projects may be readable without their tasks."""
    if isinstance(error, StatusError):
        status = error.status
        return status == HTTPStatus.BAD_REQUEST or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return not isinstance(error, QuotaError)


class Tags(ClockifyStream):
    """Tags, archived ones included."""

    name = "tags"
    plain = True
    row = rows.Tag
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/tags"
    params = (("sort-column", "ID"),)
