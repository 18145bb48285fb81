"""Asks Clockify's sandbox without a socket: the same server, routes and requests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from sandbox.clockify.service import Clockify
from sandbox.clockify.truth import PARENTS
from sandbox.clockify.world import World
from sandbox.server import Server
from sandbox.wire import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.clockify.operations import Operation

NOW = datetime(2026, 9, 15, 12, 30, tzinfo=timezone.utc)
UNKNOWN = "64a687e29ae1f428e7ebe303"

Rows = list[dict[str, Any]]

CALLERS = {
    "owner": {"x-api-key": "sandbox-key"},
    "admin": {"x-api-key": "sandbox-admin-key"},
    "member": {"x-api-key": "sandbox-member-key"},
    "addon": {"x-addon-token": "sandbox-addon-token"},
}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def refusal(self) -> tuple[int, int]:
        """Status and code of an error."""
        document = self.json
        assert set(document) == {"message", "code"}
        return self.status, document["code"]


class Client:
    """Asks as the owner unless told otherwise; paths are those inside the main workspace."""

    def __init__(self, requests_per_hour: int | None = None, **options: Any) -> None:
        self.world = World(now=NOW, **options)
        self.server = Server(0, [Clockify(self.world, requests_per_hour)], 0)
        self.server.server_close()
        self.main = f"/workspaces/{self.world.main_id}"
        self.second = f"/workspaces/{self.world.second_id}"
        self.entries = f"{self.main}/user/{self.world.owner_id}/time-entries"

    def ask(
        self, method: str, target: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        path, _, query = target.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True)
        sent = b"" if body is None else json.dumps(body).encode()
        names = CALLERS["owner"] if headers is None else headers
        response = self.server.answer(Request(method, path, pairs, {**names}, sent, target))
        found = {name.lower(): value for name, value in response.headers}
        return Answer(response.status, found, response.body)

    def get(self, path: str, _who: str = "owner", _host: str = "api", **query: object) -> Answer:
        """Get a path; parameters are in the spelling of Python."""
        pairs = {name.replace("_", "-"): value for name, value in query.items()}
        target = f"/clockify/{_host}/v1{path}?{urlencode(pairs, doseq=True)}"
        return self.ask("GET", target, headers=CALLERS[_who])

    def post(self, path: str, body: Any, who: str = "owner", host: str = "api") -> Answer:
        return self.ask("POST", f"/clockify/{host}/v1{path}", body, CALLERS[who])

    def control(self, **action: Any) -> Answer:
        return self.ask("POST", "/__clockify", action)

    def call(self, one: Operation, path: str, given: dict[str, Any]) -> Answer:
        """Call an operation with parameters in query or body."""
        target = f"/clockify{one.host}{path}"
        if one.method == "POST":
            return self.ask("POST", target, given)
        return self.ask("GET", f"{target}?{urlencode(given, doseq=True)}")

    def paths(self, one: Operation) -> Iterator[str]:
        """Yield an operation's path for everything of the main workspace that it may name."""
        data, path = self.world.main, one.path.replace("{workspaceId}", self.world.main_id)
        names = [name for name in PARENTS if f"{{{name}}}" in path]
        for ids in product(*(getattr(data, PARENTS[name]) for name in names)):
            found = path
            for name, row_id in zip(names, ids, strict=True):
                found = found.replace(f"{{{name}}}", row_id)
            yield found
