"""Who asks, what they may see, and how the service refuses.

Error bodies are `{"message", "code"}`; messages echo what was submitted, as the service's do, so a
client that logs bodies logs its own key.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.wire import Response, json_response

if TYPE_CHECKING:
    from sandbox.clockify.workspaces import WorkspaceData
    from sandbox.clockify.world import World
    from sandbox.wire import Request

HOUR = 3600


class Refusal(Exception):  # noqa: N818 - an answer, not an error
    """A request that is answered with an error body."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def response(self) -> Response:
        """Return the error as the service words it."""
        return json_response({"message": self.message, "code": self.code}, self.status)


def access_denied() -> Refusal:
    """Refuse for lack of a role or a feature; the code's number is not documented."""
    return Refusal(403, 1006, "Access Denied")


def lacks_feature(world: World) -> Refusal:
    """Refuse for lack of a feature; no body of a real 402 was ever captured."""
    if world.plan_refusal == 403:
        return access_denied()
    return Refusal(world.plan_refusal, 1006, "Feature is not available on the current plan")


@dataclass(frozen=True)
class Caller:
    """The user whose key or add-on token came with a request."""

    user_id: str
    workspace_ids: tuple[str, ...]
    is_addon: bool = False


def caller(world: World, request: Request) -> Caller:
    """Identify the caller; exactly one of the two headers must be there."""
    key = request.headers.get("x-api-key")
    token = request.headers.get("x-addon-token")
    if (key is None) == (token is None):
        raise Refusal(401, 1000, "Multiple or none auth tokens present")
    if token is not None:
        if token != "sandbox-addon-token":  # noqa: S105 - a made-up token
            raise Refusal(401, 4017, f"Add-on token not valid: {token}")
        return Caller(world.owner_id, (world.main_id,), is_addon=True)
    user_ids = {
        "sandbox-key": world.owner_id,
        "sandbox-admin-key": world.admin_id,
        "sandbox-member-key": world.member_id,
    }
    user_id = user_ids.get(key or "")
    if user_id is None:
        raise Refusal(401, 4003, f"API key does not exist: {key}")
    in_main_only = user_id == world.member_id
    return Caller(user_id, (world.main_id,) if in_main_only else tuple(world.workspaces))


def workspace(world: World, asking: Caller, workspace_id: str) -> WorkspaceData:
    """Return a workspace the caller may read."""
    if workspace_id not in world.workspaces:
        raise Refusal(400, 501, f"Workspace with id {workspace_id} doesn't exist")
    if workspace_id not in asking.workspace_ids:
        raise access_denied()
    return world.workspaces[workspace_id]


def is_admin(data: WorkspaceData, asking: Caller) -> bool:
    """Tell whether the caller is owner or admin of a workspace."""
    return not data.roles.get(asking.user_id, set()).isdisjoint({"OWNER", "WORKSPACE_ADMIN"})


def sees_entries_of(data: WorkspaceData, asking: Caller, user_id: str) -> bool:
    """Tell whether the caller may read a member's entries: its own, or as owner or admin."""
    return user_id == asking.user_id or is_admin(data, asking)


class Quota:
    """Requests per hour and workspace; the hour starts with its first request.

    Time is the world's clock plus what really passed, so moving the clock ends the wait.
    """

    def __init__(self, world: World, per_hour: int | None) -> None:
        self.world = world
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
        response = Response(429, (b"Too many requests",), content_type="text/plain")
        if self.world.retry_after:
            response.headers.append(("Retry-After", str(int(began + HOUR - now) + 1)))
        return response
