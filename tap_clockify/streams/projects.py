"""Clients, projects, tasks and tags."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING

from tap_clockify.client import (
    ClockifyStream,
    IdListStream,
    ItemStream,
    is_bad_request,
    is_unknown_id,
)
from tap_clockify.hydrated_tasks import ADDED, HydratedTasks
from tap_clockify.rows import projects as rows
from taps_common.errors import QuotaError, SkippedError, StatusError
from taps_common.http.request import Request
from taps_common.sync.steps import Ask, ListOf, Plan, Write
from taps_common.timestamps import from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Mapping

    from tap_clockify.client import Query
    from taps_common.errors import RequestError
    from taps_common.http.request import Response
    from taps_common.sync.steps import Bounds, Partition, Planning, Requests, Scope

COMPARED_FOR = timedelta(days=7)
"""How long hydrated projects that had all tasks are taken to have them."""

NO_FIELDS = (
    "Custom fields do not come with projects, so their columns are null: see project_custom_fields."
)

ONE_BY_ONE = (
    "projects of workspace {} with their tasks (hydrated) {}. The tasks of each project are read "
    "by a request of its own instead."
)


class Clients(ClockifyStream):
    """Clients, archived ones included."""

    name = "clients"
    row = rows.Client
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/clients"
    alternatives = ({"sort-column": "ID"}, {"sort-column": "NAME"})

    def query(self, partition: Partition, bounds: Bounds) -> Query:
        """Return the query: sorted by what no edit moves, else by what is documented."""
        return tuple(bounds.options.items())

    def refused_options(
        self, error: RequestError, partition: Partition, *, first: bool
    ) -> Collection[str]:
        """Return the order where it may be refused: of clients, only NAME is documented."""
        return ("sort-column",) if first and is_bad_request(error) else ()


class Projects(IdListStream):
    """Projects, archived ones and templates included.

    Where tasks are selected they are asked for with their tasks (`hydrated`), which cost no request
    then.
    """

    name = "projects"
    row = rows.Project
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/projects"
    seconds = MappingProxyType(
        {
            "durationSeconds": "duration",
            "estimateSeconds": "estimate.estimate",
            "timeEstimateSeconds": "timeEstimate.estimate",
        }
    )
    params = (("sort-column", "ID"),)
    alternatives = ({"tasks": "with their projects"}, {"tasks": "one by one"})

    def query(self, partition: Partition, bounds: Bounds) -> Query:
        """Return the query: with tasks, if they are kept."""
        hydrated = (("hydrated", "true"),) if self._hydrated(bounds) else ()
        return (*self.params, *hydrated)

    def _hydrated(self, bounds: Bounds) -> bool:
        return self._wants_more and bounds.options == self.alternatives[0]

    @property
    def _wants_more(self) -> bool:
        """Whether anything is wanted that only hydrated projects have."""
        return bool(self.custom_columns) or self.tap.stream_of(Tasks).selected

    def refused_options(
        self, error: RequestError, partition: Partition, *, first: bool
    ) -> Collection[str]:
        """Return `tasks` where the list may be readable without them."""
        about_tasks = not isinstance(error, QuotaError)
        if isinstance(error, StatusError):
            server_failed = error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            about_tasks = server_failed or is_bad_request(error)
        return ("tasks",) if about_tasks and self._wants_more else ()

    def on_alternative(self, options: Mapping[str, str], scope: Scope, error: RequestError) -> str:
        """Return that tasks are read one by one, and what of custom fields does not come."""
        said = ONE_BY_ONE.format(scope["workspaceId"], f"were refused ({error})")
        return f"{said} {NO_FIELDS}" if self.custom_columns else said

    def expects(self, path: str) -> bool:
        """Return whether a field is what hydrated projects have more."""
        return path in ADDED

    def requests(self, partition: Partition, bounds: Bounds) -> Requests:
        """Yield the pages, keeping the tasks that come with them."""
        if not self._hydrated(bounds):
            yield from super().requests(partition, bounds)
            return
        kept = HydratedTasks(bounds.began)
        lacking = False

        def look(page: bytes) -> None:
            nonlocal lacking
            lacking = lacking or (b'"id"' in page and b'"customFields"' not in page)
            kept.add(page)

        yield from self.pages(partition, bounds, body=look)
        if lacking and self.custom_columns:
            self.tap.say(f"projects of workspace {partition['workspaceId']}: {NO_FIELDS}")
        self.account.hydrated_tasks[partition["workspaceId"]] = kept


class ProjectMemberships(ItemStream):
    """Who may work on which project."""

    name = "project_memberships"
    row = rows.ProjectMembership
    primary_keys = ("projectId", "userId", "membershipType", "targetId")
    parent = Projects
    items = "memberships"
    needs = frozenset({"workspaceId", "memberships"})
    owner = MappingProxyType({"workspaceId": "workspaceId", "projectId": "id"})


class Tasks(ClockifyStream):
    """Tasks of all projects, done ones included.

    They are made of hydrated projects, once those were compared with the own list of the project
    that has most; the state keeps per workspace, as `compared`, when they had everything.
    """

    name = "tasks"
    row = rows.Task
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/projects/{projectId}/tasks"
    seconds = MappingProxyType({"estimateSeconds": "estimate", "durationSeconds": "duration"})
    turn = 1  # one request per project at worst
    from_route = ("workspaceId",)
    params = (("sort-column", "ID"),)

    def expects(self, path: str) -> bool:
        """Return whether a field is what tasks of hydrated projects have more."""
        return path == "favorite"

    def plan(self, scope: Scope, bounds: Bounds) -> Planning:
        """Return one partition of what came with the projects, or one per project.

        Raises:
            TapError: the projects, or the list to compare with, could not be read.
        """
        ident = scope["workspaceId"]
        ids: Mapping[str, object] = yield ListOf(Projects)
        limit = self.account.lost_workspaces()
        one_by_one = Plan([{**scope, "projectId": project} for project in ids], limit)
        kept = self.account.hydrated_tasks.pop(ident, None)
        if kept is None or not ids:
            return one_by_one
        lacking = yield from self._lacking(scope, kept, bounds)
        if lacking is None:
            return Plan([dict(scope)], limit, details=kept)
        kept.close()
        text = ONE_BY_ONE.format(ident, f"lack {lacking}")
        self.tap.say(f"{self.name}: {text}")
        return one_by_one

    def _lacking(
        self, scope: Scope, kept: HydratedTasks, bounds: Bounds
    ) -> Generator[Ask, Response, str | None]:
        """Return what the busiest project's own list has that did not come with it, in words."""
        if not kept.came:
            return "their tasks"
        now = bounds.began
        state = self.get_context_state(dict(scope))
        before = state.get("compared")
        if before and kept.done and timedelta(0) <= now - from_text(before) < COMPARED_FOR:
            return None
        state.pop("compared", None)
        try:
            own = yield from self.ask_for_rows({**scope, "projectId": kept.busiest}, bounds)
        except StatusError as error:
            if not is_unknown_id(error):
                raise
            return None  # deleted meanwhile
        lacking = kept.lacks(kept.busiest, own)
        if lacking is None and kept.done:
            state["compared"] = to_text(now)
        return lacking

    def requests(self, partition: Partition, bounds: Bounds) -> Requests:
        """Write what came with the projects, or yield the pages of a project's list."""
        kept: HydratedTasks | None = bounds.details
        if kept is None:
            yield from super().requests(partition, bounds)
            return
        for page in kept.pages():
            yield Write(page, Request(Projects.path, partition))
        kept.close()

    def skip_reason(
        self, error: RequestError, partition: Partition, *, known: bool
    ) -> SkippedError | None:
        """Return why a project's tasks are left out: it was deleted since the list was read."""
        if is_unknown_id(error):
            return SkippedError("Clockify does not know the project any more (400, code 501)")
        return None


class Tags(ClockifyStream):
    """Tags, archived ones included."""

    name = "tags"
    row = rows.Tag
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/tags"
    params = (("sort-column", "ID"),)


STREAMS = (Clients, Projects, ProjectMemberships, Tasks, Tags)
