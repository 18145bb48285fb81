"""The Clockify API: credentials, quota, and the one way in which every operation is answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import msgspec

from sandbox.clockify.ask import (
    Ask,
    Caller,
    Refusal,
    access_denied,
    invalid,
    lacks_feature,
    unconvertible,
)
from sandbox.clockify.blocks import Block, Part
from sandbox.clockify.instants import HOUR
from sandbox.clockify.operations import OPERATIONS, Operation, Paging
from sandbox.clockify.world import World
from sandbox.service import Route, Service
from sandbox.wire import Request, Response, json_response

ADDON_TOKEN = "sandbox-addon-token"  # noqa: S105 - a made-up token


class Clockify(Service):
    """All operations over one world."""

    name = "clockify"
    prefix = "/clockify"
    """Below it are the hosts: /api/v1, /report/v1 and /audit/v1."""

    def __init__(self, world: World, requests_per_hour: int | None = None) -> None:
        self.world: World = world
        self.quota = Quota(world, requests_per_hour)
        self.routes = [
            Route(one.method, one.host + one.path, partial(self._answer, one)) for one in OPERATIONS
        ]

    @property
    def compress(self) -> bool:
        return self.world.compress

    def admit(self, request: Request) -> Response | None:
        """Check credentials, then the quota of the workspace (the main one where none is named)."""
        _caller(self.world, request)
        return self.quota.spend(request.params.get("workspaceId", self.world.main_id))

    def no_route(self, request: Request) -> Response:
        """Answer an unknown path the way the service's framework does."""
        path = request.path.removeprefix(self.prefix + "/").partition("/")[2]
        return Refusal(404, 3000, f"No static resource {path}.").response()

    def wrong_verb(self, request: Request) -> Response:
        message = f"Request method '{request.method}' is not supported"
        return Refusal(405, 3000, message).response()

    def _answer(self, operation: Operation, request: Request) -> Response:
        ask = _asked(self.world, operation, request)
        listed = self._listed(operation, ask)
        if not isinstance(listed, _Listed):
            return Response(200) if listed is None else json_response(listed)
        (block, first, last), paging = listed.part, operation.paging
        is_null = self.world.null_envelopes and operation.counted and first == last
        headers: list[tuple[str, str]] = []
        if paging is not None:
            begin, end, is_last = _page(ask, paging, last - first)
            first, last = first + begin, first + end
            if paging.header and not self.world.omit_last_page:
                headers.append(("Last-Page", "true" if is_last else "false"))
        page = (b"null",) if is_null else block.page(first, last)
        return Response(200, (listed.before, *page, listed.after), headers)

    def _listed(self, operation: Operation, ask: Ask) -> object:
        """Return all rows of a list, serialised once whatever the page, or what is not a list."""
        request, body = ask.request, ask.body if ask.request.body else {}
        query = sorted(pair for pair in request.query if "page" not in pair[0].lower())
        whose = (ask.caller.user_id, self.world.now)
        key = msgspec.json.encode([request.method, request.path, query, _less_page(body), whose])
        served = self.world.served
        if key not in served:
            answer = operation.answer(ask)
            if isinstance(answer, list):
                part = Part(Block.of(answer), 0, len(answer))
                answer = _Listed(part, *operation.around(ask, answer))
            served[key] = _Listed(answer) if isinstance(answer, Part) else answer
        return served[key]


class _Listed(NamedTuple):
    """A list, and the JSON around it."""

    part: Part
    before: bytes = b""
    after: bytes = b""


def _asked(world: World, operation: Operation, request: Request) -> Ask:
    """Refuse callers and plans that may not."""
    caller = _caller(world, request)
    home = request.params.get("workspaceId", caller.workspace_ids[0])
    if home not in world.workspaces:
        raise invalid(f"Workspace with id {home} doesn't exist")
    if home not in caller.workspace_ids:
        raise access_denied()
    ask = Ask(world, request, caller, world.workspaces[home])
    if caller.is_addon and not operation.addons:
        raise Refusal(401, 4017, "Add-on token is not valid for this operation")
    if operation.feature and operation.feature not in ask.data.row.features:
        raise lacks_feature(world)
    if operation.admins and not ask.is_admin:
        raise access_denied()
    return ask


def _less_page(body: Mapping[str, object]) -> dict[str, object]:
    return {
        name: _less_page(value) if isinstance(value, dict) else value
        for name, value in body.items()
        if name not in {"page", "pageSize", "page-size"}
    }


def _page(ask: Ask, paging: Paging, count: int) -> tuple[int, int, bool]:
    """Return the first row of a page, the first after it, and whether it is the last page."""
    world, request = ask.world, ask.request
    base = int(getattr(world, paging.first)) if paging.first else 1
    body = ask.within(paging.within) if paging.within else ask.body
    given = request.value if request.method == "GET" else body.get
    page = max(base, _number("page", given("page"), base))
    size = _number(paging.size, given(paging.size), paging.default)
    most = getattr(world, paging.most) if isinstance(paging.most, str) else paging.most
    if paging.pages and page > paging.pages:
        raise invalid(f"page must be less than or equal to {paging.pages}: {page}")
    if size < 1:
        raise invalid(f"{paging.size} must be greater than or equal to 1: {size}")
    if most and size > most:
        if not world.clamp_page_size:
            raise invalid(f"{paging.size} must be at most {most}: {size}")
        size = most
    place, pages = page - base, max(1, -(-count // size))
    if world.empty_page_before_last and not paging.first:
        if place == pages - 1:
            return 0, 0, False
        place -= place >= pages
    return min(place * size, count), min(place * size + size, count), place >= pages - 1


def _number(name: str, given: object, default: int) -> int:
    """Read a whole number; anything else is refused as the service's framework does."""
    if given is None:
        return default
    try:
        return int(str(given))
    except ValueError:
        raise unconvertible(name, given) from None


def _caller(world: World, request: Request) -> Caller:
    """Identify the caller; exactly one of the two headers must be there."""
    key, token = request.headers.get("x-api-key"), request.headers.get("x-addon-token")
    if (key is None) == (token is None):
        raise Refusal(401, 1000, "Multiple or none auth tokens present")
    if token is not None:
        if token != ADDON_TOKEN:
            raise Refusal(401, 4017, f"Add-on token not valid: {token}")
        return Caller(world.owner_id, (world.main_id,), is_addon=True)
    users = {
        "sandbox-key": world.owner_id,
        "sandbox-admin-key": world.admin_id,
        "sandbox-member-key": world.member_id,
    }
    user_id = users.get(key or "")
    if user_id is None:
        raise Refusal(401, 4003, f"API key does not exist: {key}")
    homes = (world.main_id,) if user_id == world.member_id else tuple(world.workspaces)
    return Caller(user_id, homes)


class Quota:
    """Requests per hour and workspace; the hour starts with its first request.

    Time is the world's clock plus what really passed, so moving the clock ends the wait.
    """

    def __init__(self, world: World, per_hour: int | None) -> None:
        self.world: World = world
        self.per_hour = per_hour
        self._lock = threading.Lock()
        self._hours: dict[str, tuple[float, int]] = {}

    def spend(self, workspace_id: str) -> Response | None:
        """Count a request; the answer is the 429 once the hour's requests are used up."""
        if self.per_hour is None:
            return None
        now = time.monotonic() + (self.world.now - self.world.started).total_seconds()
        with self._lock:
            began, used = self._hours.get(workspace_id, (now, 0))
            if not began <= now < began + HOUR:
                began, used = now, 0
            if used < self.per_hour:
                self._hours[workspace_id] = (began, used + 1)
                return None
        return Response(429, (b"Too many requests",), content_type="text/plain")
