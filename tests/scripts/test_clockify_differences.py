"""`python -m scripts.clockify` over a description that a local server has."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from scripts.clockify.__main__ import main
from tests.clockify.published import document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Look = Callable[[bytes], tuple[int, str]]


@pytest.fixture
def look(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Look]:
    """Run the command over a body that is served; return its exit code and what it says."""
    served = [b""]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(served[0])

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()

        def run(body: bytes) -> tuple[int, str]:
            served[0] = body
            url = f"http://127.0.0.1:{server.server_port}/openapi.json"
            monkeypatch.setattr("sys.argv", ["scripts.clockify", "--url", url])
            monkeypatch.setenv("no_proxy", "127.0.0.1")
            return main(), capsys.readouterr().out

        yield run
        server.shutdown()
        thread.join()


def test_a_description_that_is_known_has_nothing_new(look: Look) -> None:
    said = "Nothing new in Clockify's published description.\n"
    assert look(json.dumps(document()).encode()) == (0, said)


def test_what_a_description_has_more_and_less_is_named(look: Look) -> None:
    published = document()
    paths: dict[str, Any] = published["paths"]
    paths["/v1/workspaces/{workspaceId}/boats"] = {"get": {"responses": {}}}
    del paths["/v1/workspaces/{workspaceId}/webhooks"]
    clients = paths["/v1/workspaces/{workspaceId}/clients"]["get"]
    clients["parameters"] = [one for one in clients["parameters"] if one["name"] != "page-size"]
    rows = clients["responses"]["200"]["content"]
    (row,) = [one["schema"]["items"] for one in rows.values()]
    row.clear()  # a reference
    row["properties"] = {"id": {"type": "string"}, "shoeSize": {"type": "integer"}}
    code, said = look(json.dumps(published).encode())
    assert code == 1
    for line in (
        "## New operations, not read\n\n- `GET /workspaces/{}/boats`\n",
        "that are gone\n\n- `GET /workspaces/{}/webhooks`\n",
        "## New properties of rows, not read\n\n- `clients.shoeSize`\n",
        "that are not described\n\n- `GET /workspaces/{}/clients: page-size`\n",
    ):
        assert line in said


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"paths": [1]}'])
def test_what_is_no_description_is_a_sentence(look: Look, body: bytes) -> None:
    code, said = look(body)
    assert code == 2
    assert "could not be read as a description" in said
