"""A small sandbox per test and a bare client to ask it."""

from __future__ import annotations

import contextlib
import http.client
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

import sandbox as sandbox_package

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox import Sandbox

NOW = datetime(2026, 9, 15, 12, 30, tzinfo=timezone.utc)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def dug(document: Any, within: str | None) -> list[dict[str, Any]]:
    for name in within.split(".") if within else ():
        document = document[name]
    rows: list[dict[str, Any]] = document
    return rows


class Api:
    """Asks one sandbox, as the owner unless told otherwise."""

    def __init__(self, running: Sandbox) -> None:
        self.running = running
        self.connection = http.client.HTTPConnection(running.url.removeprefix("http://"))
        self.main = f"/workspaces/{running.clockify.main_id}"
        self.second = f"/workspaces/{running.clockify.second_id}"

    def get(
        self, path: str, headers: Mapping[str, str] | None = None, /, **query: object
    ) -> Answer:
        pairs = {name.replace("_", "-"): value for name, value in query.items()}
        if "include-team-managers" in pairs:
            pairs["includeTeamManagers"] = pairs.pop("include-team-managers")
        sent = {"X-Api-Key": "sandbox-key"} if headers is None else headers
        target = f"/clockify/api/v1{path}"
        return self.ask("GET", f"{target}?{urlencode(pairs, doseq=True)}", headers=sent)

    def rows(self, path: str, **query: object) -> list[dict[str, Any]]:
        """Every page at the largest size."""
        rows: list[dict[str, Any]] = []
        for page in range(1, 100):
            answer = self.get(path, page=page, page_size=5000, **query)
            assert answer.status == 200, answer.body
            rows += answer.json
            if answer.headers["last-page"] == "true":
                break
        return rows

    def entries_path(self, user_id: str | None = None) -> str:
        return f"{self.main}/user/{user_id or self.running.clockify.owner_id}/time-entries"

    def post(
        self,
        path: str,
        body: object,
        headers: Mapping[str, str] | None = None,
        host: str = "api",
    ) -> Answer:
        sent = {"X-Api-Key": "sandbox-key"} if headers is None else headers
        target = f"/clockify/{host}/v1{path}"
        return self.ask("POST", target, headers=sent, body=json.dumps(body).encode())

    def every(self, path: str, within: str | None = None, **query: object) -> list[dict[str, Any]]:
        """Every page of 7 rows; `within` is the dotted way to the rows."""
        rows: list[dict[str, Any]] = []
        for page in range(1, 100):
            answer = self.get(path, page=page, page_size=7, **query)
            assert answer.status == 200, answer.body
            rows += dug(answer.json, within)
            if answer.headers["last-page"] == "true":
                break
        return rows

    def posted(
        self, path: str, body: Mapping[str, Any], within: str | None = None, **where: str
    ) -> list[dict[str, Any]]:
        """Every page of 7 rows of a list that is asked by POST and has no header."""
        rows: list[dict[str, Any]] = []
        inner = where.pop("filter", None)
        size = where.pop("size", "pageSize")
        for page in range(1, 200):
            paging = {"page": page, size: 7}
            sent = {**body, inner: paging} if inner else {**body, **paging}
            answer = self.post(path, sent, host=where.get("host", "api"))
            assert answer.status == 200, answer.body
            found = dug(answer.json, within)
            rows += found
            if len(found) < 7:
                break
        return rows

    def control(self, method: str, path: str, body: object = None) -> Answer:
        return self.ask(method, path, body=json.dumps(body).encode() if body else b"")

    def ask(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        self.connection.request(method, target, body=body or None, headers=dict(headers or {}))
        response = self.connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, response.read())


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def running() -> Iterator[Sandbox]:
    with sandbox_package.start(now=NOW) as one:
        yield one


@pytest.fixture
def api(running: Sandbox) -> Iterator[Api]:
    client = Api(running)
    yield client
    client.connection.close()


@pytest.fixture
def start(now: datetime) -> Iterator[Callable[..., Api]]:
    """Start further sandboxes, with options, each with a client."""
    with contextlib.ExitStack() as stack:

        def starting(**options: Any) -> Api:
            client = Api(stack.enter_context(sandbox_package.start(now=now, **options)))
            stack.callback(client.connection.close)
            return client

        yield starting
