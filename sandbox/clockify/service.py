"""The routes of the Clockify REST API that the sandbox answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clockify import (
    access,
    approvals,
    audit_log,
    entity_changes,
    expenses,
    filters,
    invoices,
    members,
    reports,
    scheduling,
    time_entries,
    time_off,
    truth,
    webhooks,
)
from sandbox.clockify.access import Caller, Quota, Refusal
from sandbox.clockify.blocks import Block
from sandbox.clockify.operations import API, Ask, Operation
from sandbox.clockify.paging import paged, unpaged
from sandbox.clockify.rows import UserGroup
from sandbox.wire import Handler, Json, Request, Response, Route, call, json_response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import msgspec

    from sandbox.clockify.workspaces import WorkspaceData
    from sandbox.clockify.world import World

ACTIONS = frozenset(
    {
        *("insert_entry", "edit_entry", "stop_timer", "delete_entry"),
        *("insert_row", "edit_row", "rename", "delete_row", "delete_project"),
        *("insert_user", "rename_user", "set_member_status", "remove_user"),
        *("set_features", "set_plan", "set_window", "advance", "switch"),
        *("set_state", "insert_payment", "delete_payment", "insert_audit_log"),
    }
)
"""Methods of the world that `POST /__clockify` calls by name."""


FURTHER: tuple[Operation, ...] = (
    *time_entries.OPERATIONS,
    *entity_changes.OPERATIONS,
    *expenses.OPERATIONS,
    *invoices.OPERATIONS,
    *time_off.OPERATIONS,
    *approvals.OPERATIONS,
    *scheduling.OPERATIONS,
    *members.OPERATIONS,
    *webhooks.OPERATIONS,
    *reports.OPERATIONS,
    *audit_log.OPERATIONS,
)
"""The operations besides the core."""


class Clockify:
    """The service: routes over one world."""

    name = "clockify"
    prefix = "/clockify"
    """Below it are the hosts: /api/v1, /report/v1 and /audit/v1."""

    def __init__(self, world: World, requests_per_hour: int | None = None) -> None:
        self.world = world
        self.quota = Quota(world, requests_per_hour)
        in_workspace = "/workspaces/{workspaceId}"
        core = API + in_workspace
        self.routes: Sequence[Route] = [
            Route("GET", API + "/user", self._answering(self.user)),
            Route("GET", API + "/workspaces", self._answering(self.workspaces)),
            *(
                Route("GET", core + template, self._answering(handler))
                for template, handler in (
                    ("", self.workspace),
                    ("/users", self.users),
                    ("/user-groups", self.user_groups),
                    ("/clients", self.clients),
                    ("/projects", self.projects),
                    ("/projects/{projectId}/tasks", self.tasks),
                    ("/tags", self.tags),
                    ("/user/{userId}/time-entries", self.time_entries),
                    ("/custom-fields", self.custom_fields),
                    ("/holidays", self.holidays),
                )
            ),
            *(
                Route(
                    operation.method,
                    operation.base + in_workspace + operation.template,
                    self._operating(operation),
                )
                for operation in FURTHER
            ),
        ]

    @property
    def now(self) -> datetime:
        """The world's clock."""
        return self.world.now

    @now.setter
    def now(self, instant: datetime) -> None:
        self.world.now = instant

    @property
    def compress(self) -> bool:
        """Whether the world's switch asks for gzip."""
        return self.world.compress

    def admit(self, request: Request) -> Response | None:
        """Check credentials, then the quota of the workspace (the main one where none is named)."""
        try:
            access.caller(self.world, request)
        except Refusal as refusal:
            return refusal.response()
        return self.quota.spend(request.params.get("workspaceId", self.world.main_id))

    def no_route(self, request: Request) -> Response:
        """Answer an unknown path the way the service's framework does."""
        path = request.path.removeprefix(self.prefix + "/").partition("/")[2]
        return Refusal(404, 3000, f"No static resource {path}.").response()

    def wrong_verb(self, request: Request, allowed: Sequence[str]) -> Response:
        """Answer a known path called with another method."""
        message = f"Request method '{request.method}' is not supported"
        response = Refusal(405, 3000, message).response()
        response.headers.append(("Allow", ", ".join(allowed)))
        return response

    def truth_counts(self) -> dict[str, int]:
        """Rows per table."""
        return truth.counts(self.world)

    def truth_rows(self, table: str) -> list[dict[str, Json]]:
        """Return the rows of one table."""
        return truth.rows(self.world, table)

    def act(self, action: str, arguments: Mapping[str, object]) -> Json:
        """Call one of the world's mutations by name."""
        return call(self.world, ACTIONS, action, arguments)

    def user(self, request: Request, asking: Caller) -> Response:
        """Return the key's owner."""
        data = self.world.workspaces[asking.workspace_ids[0]]
        kind = "ALL" if request.flag("include-memberships") else "NONE"
        with self.world.lock:
            return json_response(filters.with_memberships(data.users[asking.user_id], kind))

    def workspaces(self, request: Request, asking: Caller) -> Response:
        """Return the workspaces of the key's owner; unpaged, and not for add-ons."""
        if asking.is_addon:
            raise Refusal(401, 4017, "Add-on token is not valid for this operation")
        wanted = set(request.values("roles"))
        with self.world.lock:
            rows = [
                data.row
                for workspace_id in asking.workspace_ids
                for data in [self.world.workspaces[workspace_id]]
                if asking.user_id in data.users
                and (not wanted or wanted & data.roles.get(asking.user_id, set()))
            ]
            return json_response(rows)

    def workspace(self, request: Request, asking: Caller) -> Response:
        """Return one workspace."""
        with self.world.lock:
            return json_response(self._workspace(request, asking).row)

    def users(self, request: Request, asking: Caller) -> Response:
        """List members."""
        data = self._workspace(request, asking)
        return self._page(request, lambda: filters.users(data, request))

    def user_groups(self, request: Request, asking: Caller) -> Response:
        """List groups; `teamManagers` only when asked for."""
        data = self._workspace(request, asking)

        def rows() -> Sequence[UserGroup]:
            kept = filters.ordered(filters.named(data.user_groups.values(), request), request)
            if request.flag("includeTeamManagers"):
                return kept
            return [
                UserGroup(
                    id=group.id,
                    name=group.name,
                    workspaceId=group.workspaceId,
                    userIds=group.userIds,
                )
                for group in kept
            ]

        return self._page(request, rows)

    def clients(self, request: Request, asking: Caller) -> Response:
        """List clients."""
        data = self._workspace(request, asking)
        return self._page(
            request,
            lambda: filters.ordered(
                filters.archivable(filters.named(data.clients.values(), request), request), request
            ),
        )

    def projects(self, request: Request, asking: Caller) -> Response:
        """List projects, hydrated ones when asked for."""
        data = self._workspace(request, asking)
        hydrate = request.flag("hydrated") and not self.world.hydrated_ignored
        if hydrate and self.world.hydrated_refused:
            raise Refusal(400, 3000, "Failed to convert value 'true' of hydrated")
        return self._page(
            request,
            lambda: (
                filters.hydrated(self.world, data, filters.projects(data, request))
                if hydrate
                else filters.projects(data, request)
            ),
        )

    def tasks(self, request: Request, asking: Caller) -> Response:
        """List a project's tasks."""
        data = self._workspace(request, asking)
        project_id = request.params["projectId"]
        if project_id not in data.projects:
            raise Refusal(400, 501, f"Project with id {project_id} doesn't belong to Workspace")
        return self._page(request, lambda: filters.tasks(data, request))

    def tags(self, request: Request, asking: Caller) -> Response:
        """List tags."""
        data = self._workspace(request, asking)
        return self._page(
            request,
            lambda: filters.ordered(
                filters.archivable(filters.named(data.tags.values(), request), request), request
            ),
        )

    def time_entries(self, request: Request, asking: Caller) -> Response:
        """List a member's time entries, newest start first."""
        data = self._workspace(request, asking)
        user_id = request.params["userId"]
        if user_id not in data.users:
            raise Refusal(400, 501, f"User with id {user_id} doesn't belong to Workspace")
        if not access.sees_entries_of(data, asking, user_id):
            raise access.access_denied()
        zone = self.world.zone_of(asking.user_id)
        sheet = self.world.timesheet(data.row.id, user_id)
        start, end = (filters.wall_clock(request, name, zone) for name in ("start", "end"))
        window = sheet.window(start, end)
        if not any(request.value(name) for name in filters.ENTRY_FILTERS):
            return paged(self.world, request, sheet, window)
        entries = self.world.entries(data.row.id, user_id)[slice(*window)]
        kept = [entry for entry in entries if filters.entry_matches(entry, request)]
        return paged(self.world, request, Block.of(kept))

    def custom_fields(self, request: Request, asking: Caller) -> Response:
        """List custom fields; unpaged, on plans that have them."""
        data = self._workspace(request, asking, feature="CUSTOM_FIELDS")
        return unpaged(self._block(request, lambda: filters.custom_fields(data, request)))

    def holidays(self, request: Request, asking: Caller) -> Response:
        """List holidays; unpaged, on plans that have time off."""
        data = self._workspace(request, asking, feature="TIME_OFF")
        user_id = request.value("assigned-to")
        return unpaged(self._block(request, lambda: filters.holidays(data, user_id)))

    def _workspace(
        self, request: Request, asking: Caller, feature: str | None = None
    ) -> WorkspaceData:
        data = access.workspace(self.world, asking, request.params["workspaceId"])
        if feature and feature not in data.row.features:
            raise access.lacks_feature(self.world)
        return data

    def _page(self, request: Request, rows: Callable[[], Sequence[msgspec.Struct]]) -> Response:
        return paged(self.world, request, self._block(request, rows))

    def _block(self, request: Request, rows: Callable[[], Sequence[msgspec.Struct]]) -> Block:
        """Serialise a list once per path and filters, whatever the page."""
        asked = sorted(f"{name}={value}" for name, value in request.query if "page" not in name)
        world = self.world
        shape = (world.hydrated_omits_done, world.hydrated_ignored, world.hydrated_lacks)
        return world.block((request.path, *map(str, shape), *asked), rows)

    def _answering(self, operation: Callable[[Request, Caller], Response]) -> Handler:
        def handler(request: Request) -> Response:
            try:
                return operation(request, access.caller(self.world, request))
            except Refusal as refusal:
                return refusal.response()

        return handler

    def _operating(self, operation: Operation) -> Handler:
        """Answer an operation while the world stands still."""

        def answer(request: Request, asking: Caller) -> Response:
            with self.world.lock:
                data = access.workspace(self.world, asking, request.params["workspaceId"])
                ask = Ask(self.world, request, asking, data)
                operation.check(ask)
                return operation.answer(ask)

        return self._answering(answer)
