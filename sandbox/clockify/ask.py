"""A request that got as far as a workspace: who asks, what was given, and how it is refused.

Error bodies are `{"message", "code"}`; messages echo what was submitted, as the service's do, so a
client that logs bodies logs its own key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import msgspec
from msgspec import structs

from sandbox.clockify.instants import seconds, wall_clock
from sandbox.clockify.rows import Row, User
from sandbox.clockify.workspaces import WorkspaceData
from sandbox.clockify.world import World
from sandbox.service import Refused
from sandbox.wire import Request, Response, json_response

RowT = TypeVar("RowT", bound=Row)
AnyT = TypeVar("AnyT")

Shown = dict[str, Any]
"""A row as it is served, where that is more than what the sandbox holds."""

REFERENCES = {
    "userId": "users former",
    "requesterUserId": "users former",
    "ownerId": "users former",
    "creatorId": "users former",
    "projectId": "projects",
    "taskId": "tasks",
    "clientId": "clients",
    "categoryId": "expense_categories",
    "policyId": "time_off_policies",
}
"""The lists that hold what a property refers to."""


class Refusal(Refused):
    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def response(self) -> Response:
        return json_response({"message": self.message, "code": self.code}, self.status)


def invalid(message: str) -> Refusal:
    """Refuse what fails validation, and what is not found: no 404 was ever seen."""
    return Refusal(400, 501, message)


def unconvertible(name: str, value: object) -> Refusal:
    """Refuse a value as the service's framework does."""
    return Refusal(400, 3000, f"Failed to convert value '{value}' of {name}")


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


@dataclass
class Ask:
    """What is asked of a workspace that the caller may read."""

    world: World
    request: Request
    caller: Caller
    data: WorkspaceData
    unlimited: bool = False
    """Whether longest windows do not hold, as for the truth."""

    @cached_property
    def is_admin(self) -> bool:
        """Whether owner or admin asks."""
        roles = self.data.roles.get(self.caller.user_id, set())
        return not roles.isdisjoint({"OWNER", "WORKSPACE_ADMIN"})

    def sees(self, user_id: str) -> bool:
        """Return whether the caller may read what belongs to a member."""
        return self.is_admin or user_id == self.caller.user_id

    @cached_property
    def body(self) -> dict[str, object]:
        """The request's JSON object; 400/3002 was seen once for what is none."""
        try:
            return msgspec.json.decode(self.request.body or b"{}", type=dict[str, object])
        except msgspec.DecodeError as error:
            raise Refusal(400, 3002, f"Request body could not be read: {error}") from None

    def listed(self, name: str) -> list[str]:
        given = self.body.get(name)
        return [str(one) for one in given] if isinstance(given, list) else []

    def within(self, *names: str) -> Shown:
        """Return an object that the body may have, perhaps inside others."""
        found: object = self.body
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    def text(self, name: str) -> str:
        """Return a member that the body must have."""
        value = self.body.get(name)
        if value in {None, ""}:
            raise invalid(f"{name} must not be null")
        return str(value)

    def one_of(self, name: str, allowed: Iterable[str], given: object = None) -> str | None:
        """Return a parameter of the query (or of elsewhere) that must be one of an enum."""
        value = self.request.value(name) if given is None else str(given)
        if value is not None and value not in set(allowed):
            raise unconvertible(name, value)
        return value

    def window(self) -> tuple[int, int]:
        """Return `start` and `end` of query or body, which must be there."""
        bounds = []
        for name in ("start", "end"):
            given = self.request.value(name) if self.request.method == "GET" else self.text(name)
            if given is None:
                raise Refusal(400, 3001, f"Required parameter '{name}' is not present.")
            bounds.append(self.instant(name, given))
        return bounds[0], bounds[1]

    def instant(self, name: str, text: str, zone: str | None = None) -> int:
        """Read an instant, or the wall clock of a zone."""
        try:
            return seconds(text) if zone is None else wall_clock(text, zone)
        except ValueError:
            raise unconvertible(name, text) from None

    def member(self) -> User:
        """Return the member that the path names, whom the caller must be allowed to see."""
        user_id = self.request.params["userId"]
        user = self.data.users.get(user_id)
        if user is None:
            raise invalid(f"User with id {user_id} doesn't belong to Workspace")
        if not self.sees(user_id):
            raise access_denied()
        return user

    def found(self, rows: dict[str, RowT], kind: str) -> RowT:
        """Return the row that the path names by `{kind}Id`."""
        row_id = self.request.params[f"{kind}Id"]
        if row_id not in rows:
            raise invalid(f"{kind.title()} with id {row_id} doesn't belong to Workspace")
        return rows[row_id]

    def shown(self, row: msgspec.Struct, **columns: str) -> Shown:
        """Return a row with columns of those that it refers to; see `beside`."""
        return {**structs.asdict(row), **self.beside(row, **columns)}

    def beside(self, row: msgspec.Struct, **columns: str) -> Shown:
        """Return columns of the rows that a row refers to (`policyId.name`); null of what is gone.

        Removed members keep their names.
        """
        found: Shown = {}
        for column, path in columns.items():
            reference, _, name = path.partition(".")
            row_id, lists = getattr(row, reference), REFERENCES[reference]
            held = (getattr(self.data, one).get(row_id) for one in lists.split())
            found[column] = getattr(next(filter(None, held), None), name, None)
        return found

    def kept(self, rows: Iterable[RowT], **flags: str) -> list[RowT]:
        """Keep rows whose fields equal parameters, where those are given."""
        given = {field: self.request.value(name) for field, name in flags.items()}
        asked = {field: value.lower() for field, value in given.items() if value is not None}
        return [
            row
            for row in rows
            if all(str(getattr(row, field)).lower() == asked[field] for field in asked)
        ]

    def ordered(self, rows: Iterable[RowT], default: str = "name") -> list[RowT]:
        """Sort by ID, NAME or EMAIL as asked, equal ones by id."""
        column = (self.request.value("sort-column") or default).lower()
        column = column if column in {"id", "email"} else "name"
        return self.sorted(
            rows, lambda row: (str(getattr(row, column, None) or "").lower(), row.id)
        )

    def sorted(self, rows: Iterable[AnyT], key: Callable[[AnyT], tuple[object, ...]]) -> list[AnyT]:
        """Sort, downwards if that is asked for."""
        descending = self.request.value("sort-order") == "DESCENDING"
        return sorted(rows, key=key, reverse=descending)
