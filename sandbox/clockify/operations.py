"""One operation inside a workspace: who asks what, and what the plan and the role allow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from sandbox.clockify import access
from sandbox.clockify.access import Caller, Refusal
from sandbox.clockify.instants import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sandbox.clockify.blocks import Block
    from sandbox.clockify.workspaces import WorkspaceData
    from sandbox.clockify.world import World
    from sandbox.wire import Request, Response

API, REPORTS, AUDIT = "/api/v1", "/report/v1", "/audit/v1"
"""Where the three hosts of the service are below the sandbox's prefix."""


@dataclass
class Ask:
    """A request that got as far as a workspace the caller may read."""

    world: World
    request: Request
    asking: Caller
    data: WorkspaceData

    @property
    def is_admin(self) -> bool:
        """Whether owner or admin asks."""
        return access.is_admin(self.data, self.asking)

    def sees(self, user_id: str) -> bool:
        """Tell whether the caller may read what belongs to a member."""
        return self.is_admin or user_id == self.asking.user_id

    @cached_property
    def body(self) -> dict[str, object]:
        """The request's JSON object; 400/3002 was seen once for what is none."""
        try:
            return msgspec.json.decode(self.request.body or b"{}", type=dict[str, object])
        except msgspec.DecodeError as error:
            raise Refusal(400, 3002, f"Request body could not be read: {error}") from None

    def required(self, *names: str) -> list[str]:
        """Return values of query parameters; 400/3001 when one is missing."""
        given = [self.request.value(name) for name in names]
        for name, value in zip(names, given, strict=True):
            if value is None:
                raise Refusal(400, 3001, f"Required parameter '{name}' is not present.")
        return [str(value) for value in given]

    def window(self) -> tuple[int, int]:
        """Return `start` and `end` of the query as seconds since 1970."""
        start, end = self.required("start", "end")
        return instant("start", start), instant("end", end)

    def body_window(self, start: str = "start", end: str = "end") -> tuple[int, int]:
        """Return two instants of the body as seconds since 1970."""
        return instant(start, self.body_text(start)), instant(end, self.body_text(end))

    def body_text(self, name: str) -> str:
        """Return a member that the body must have."""
        value = self.body.get(name)
        if value in {None, ""}:
            raise Refusal(400, 501, f"{name} must not be null")
        return str(value)

    def member(self, user_id: str) -> str:
        """Check that a user belongs to the workspace and that the caller may read about it."""
        if user_id not in self.data.users:
            raise Refusal(400, 501, f"User with id {user_id} doesn't belong to Workspace")
        if not self.sees(user_id):
            raise access.access_denied()
        return user_id

    def block(self, rows: Callable[[], Sequence[msgspec.Struct]], *shape: str) -> Block:
        """Serialise a list once per path and filters; `shape` is what else its rows depend on."""
        asked = sorted(f"{name}={value}" for name, value in self.request.query)
        asked = [pair for pair in asked if not pair.startswith("page")]
        whose = "" if self.is_admin else self.asking.user_id
        return self.world.block((self.request.path, whose, *shape, *asked), rows)


@dataclass(frozen=True)
class Operation:
    """A route inside a workspace, what the plan must include and who may call it."""

    method: str
    template: str
    answer: Callable[[Ask], Response]
    feature: str | None = None
    admins: bool = False
    """Whether only owner and admins may call it."""
    base: str = API
    addons: bool = True
    """Whether add-on tokens may call it."""

    def check(self, ask: Ask) -> None:
        """Refuse callers and plans that may not."""
        if ask.asking.is_addon and not self.addons:
            raise Refusal(401, 4017, "Add-on token is not valid for this operation")
        if self.feature and self.feature not in ask.data.row.features:
            raise access.lacks_feature(ask.world)
        if self.admins and not ask.is_admin:
            raise access.access_denied()


def instant(name: str, text: object) -> int:
    """Read an instant; what is none is refused as a value that does not convert."""
    try:
        return seconds(str(text))
    except ValueError:
        raise Refusal(400, 3000, f"Failed to convert value '{text}' of {name}") from None


def one_of(name: str, value: str | None, allowed: Iterable[str]) -> str | None:
    """Refuse what an enum does not hold."""
    if value is not None and value not in set(allowed):
        raise Refusal(400, 3000, f"Failed to convert value '{value}' of {name}")
    return value
