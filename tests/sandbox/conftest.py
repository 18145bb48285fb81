"""A small sandbox per test and a bare client to ask it."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING

import pytest

import sandbox as sandbox_package
from tests.sandbox.clockify_client import NOW, Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox import Sandbox


class Api:
    """Asks one sandbox."""

    def __init__(self, running: Sandbox) -> None:
        self.running = running
        self.connection = http.client.HTTPConnection(running.url.removeprefix("http://"))
        self.main = f"/workspaces/{running.clockify.main_id}"

    def get(self, path: str) -> Answer:
        """Ask Clockify, as its owner."""
        return self.ask("GET", f"/clockify/api/v1{path}", headers={"X-Api-Key": "sandbox-key"})

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
def running() -> Iterator[Sandbox]:
    with sandbox_package.start(now=NOW) as one:
        yield one


@pytest.fixture
def api(running: Sandbox) -> Iterator[Api]:
    client = Api(running)
    yield client
    client.connection.close()
