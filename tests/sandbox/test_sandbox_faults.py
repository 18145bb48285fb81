"""Each kind of fault does what it says to the requests it matches, and to no other."""

from __future__ import annotations

import http.client
import json
import threading
from typing import TYPE_CHECKING

import pytest

from sandbox.faults import Drop, Fault, before_answer
from sandbox.wire import LOGIN_PAGE
from tests.common.runs import PATIENCE, until

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.sandbox.conftest import Api


@pytest.fixture
def tags(api: Api) -> str:
    return f"{api.main}/tags"


def test_after_and_times_and_routes(api: Api, tags: str) -> None:
    fault = {"route": "GET /clockify", "kind": "status", "after": 1, "times": 2}
    api.control("POST", "/__faults", fault)
    assert [api.get(tags).status for _ in range(4)] == [200, 500, 500, 200]
    api.control("POST", "/__faults", {"route": "/tags", "kind": "status", "times": 0})
    assert [api.get(tags).status for _ in range(3)] == [500, 500, 500]
    assert api.get(f"{api.main}/clients").status == 200
    api.control("DELETE", "/__faults")
    assert api.get(tags).status == 200


@pytest.mark.parametrize("fault", [{"route": "/", "kind": "no such"}, {"route": "/"}, {"x": 1}])
def test_wrong_faults_are_refused(api: Api, fault: dict[str, object]) -> None:
    assert api.control("POST", "/__faults", fault).status == 400


@pytest.mark.parametrize(
    ("fault", "status", "header", "body"),
    [
        (
            {"kind": "status", "code": 503, "body": "busy", "headers": {"Retry-After": "2"}},
            *(503, ("retry-after", "2"), b"busy"),
        ),
        ({"kind": "status", "content_type": "a/b"}, 500, ("content-type", "a/b"), b""),
        ({"kind": "html"}, 200, ("content-type", "text/html;charset=utf-8"), LOGIN_PAGE),
        (
            {"kind": "redirect", "location": "http://x.test"},
            302,
            ("location", "http://x.test"),
            b"",
        ),
        ({"kind": "empty"}, 200, ("content-length", "0"), b""),
    ],
)
def test_answers_that_are_replaced(
    running: Sandbox,
    api: Api,
    tags: str,
    fault: dict[str, object],
    status: int,
    header: tuple[str, str],
    body: bytes,
) -> None:
    running.faults.add(route="/tags", **fault)
    answer = api.get(tags)
    assert (answer.status, answer.body, answer.headers[header[0]]) == (status, body, header[1])
    assert api.get(tags).status == 200


def test_bodies_that_break_off(running: Sandbox, api: Api, tags: str) -> None:
    running.faults.add(route="/tags", kind="truncate_json")
    answer = api.get(tags)
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.body)
    running.faults.add(route="/tags", kind="truncate_body")
    with pytest.raises(http.client.IncompleteRead):
        api.get(tags)
    running.faults.add(route="/tags", kind="reset")
    api.connection.close()
    with pytest.raises(http.client.RemoteDisconnected):
        api.get(tags)


def test_hang_waits() -> None:
    waits: list[float] = []
    with pytest.raises(Drop):
        before_answer(Fault(route="/", kind="hang", seconds=7), waits.append)
    assert waits == [7]


def test_closing_does_not_wait_for_a_hanging_client(running: Sandbox, api: Api, tags: str) -> None:
    running.faults.add(route="/tags", kind="hang", seconds=10 * PATIENCE)
    api.connection.request("GET", f"/clockify/api/v1{tags}", headers={"X-Api-Key": "sandbox-key"})
    until(lambda: running.requests)
    closing = threading.Thread(target=running.close, daemon=True)
    closing.start()
    closing.join(PATIENCE)
    assert not closing.is_alive()
    with pytest.raises(http.client.RemoteDisconnected):
        api.connection.getresponse()


def test_rows_that_are_edited(running: Sandbox, api: Api, tags: str) -> None:
    before = api.get(tags)
    rows = before.json
    for fault, expected in (
        ({"kind": "envelope"}, {"response": rows}),
        ({"kind": "replace", "field": "name", "value": [1]}, [{**r, "name": [1]} for r in rows]),
        (
            {"kind": "extra", "field": "new", "value": {"a": 1}},
            [{**r, "new": {"a": 1}} for r in rows],
        ),
        ({"kind": "duplicate_row"}, [*rows, rows[-1]]),
        ({"kind": "blank_key"}, [*rows[:-1], {**rows[-1], "id": None}]),
    ):
        running.faults.add(route="/tags", **fault)
        after = api.get(tags)
        assert (after.json, after.headers["last-page"]) == (expected, "true")
    running.faults.add(route="/tags", kind="remove", field="archived")
    assert [set(row) for row in api.get(tags).json] == [{"id", "name", "workspaceId"}] * len(rows)


def test_rows_of_an_envelope_and_inner_members(running: Sandbox, api: Api) -> None:
    for field, of in (("value.Name", "Name"), ("value.CustomFields.Region", "CustomFields")):
        running.faults.add(route="/Divisions", kind="replace", field=field, value="x")
        headers = {"Authorization": "Token sandbox-token"}
        rows = api.ask("GET", "/clicktime/odata/Divisions", headers=headers).json["value"]
        assert "x" in [row[of] if of == "Name" else row[of]["Region"] for row in rows if row[of]]
    running.faults.add(route="/Divisions", kind="blank_key")
    rows = api.ask("GET", "/clicktime/odata/Divisions", headers=headers).json["value"]
    assert [row["ID"] is None for row in rows] == [False] * 4 + [True]


def test_refusals_and_control_routes_are_spared(running: Sandbox, api: Api) -> None:
    running.faults.add(route="/nothing", kind="envelope")
    assert "response" not in api.get(f"{api.main}/nothing").json
    running.reset_requests()
    running.faults.add(route="/", kind="status", times=0)
    assert api.control("GET", "/healthz").status == 200
    assert api.control("GET", "/__requests").status == 200
    assert running.requests == []
