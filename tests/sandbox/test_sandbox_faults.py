"""Each kind of fault does what it says to the requests it matches, and to no other."""

from __future__ import annotations

import http.client
import json
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.common.runs import PATIENCE, until

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.sandbox.conftest import Answer, Api


@pytest.fixture
def tags(api: Api) -> str:
    return f"{api.main}/tags"


def test_status_once_then_as_before(running: Sandbox, api: Api, tags: str) -> None:
    running.faults.add(
        route="/tags", kind="status", code=503, body="busy", headers={"Retry-After": "2"}
    )
    assert api.get(f"{api.main}/clients").status == 200
    answer = api.get(tags)
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (503, b"busy", "2")
    assert api.get(tags).status == 200


def test_after_and_times(api: Api, tags: str) -> None:
    fault = {"route": "GET /clockify", "kind": "status", "code": 500, "after": 1, "times": 2}
    api.control("POST", "/__faults", fault)
    assert [api.get(tags).status for _ in range(4)] == [200, 500, 500, 200]


def test_always_until_cleared(api: Api, tags: str) -> None:
    api.control("POST", "/__faults", {"route": "/tags", "kind": "status", "times": 0})
    assert [api.get(tags).status for _ in range(3)] == [500, 500, 500]
    api.control("DELETE", "/__faults")
    assert api.get(tags).status == 200


@pytest.mark.parametrize("fault", [{"route": "/", "kind": "no such"}, {"route": "/"}, {"x": 1}])
def test_wrong_faults_are_refused(api: Api, fault: dict[str, object]) -> None:
    assert api.control("POST", "/__faults", fault).status == 400


def test_html(running: Sandbox, api: Api, tags: str) -> None:
    running.faults.add(route="/tags", kind="html")
    answer = api.get(tags)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html;charset=utf-8")
    assert answer.body.startswith(b"<!DOCTYPE html>")


def test_truncated_body(running: Sandbox, api: Api, tags: str) -> None:
    running.faults.add(route="/tags", kind="truncate_body")
    with pytest.raises(http.client.IncompleteRead):
        api.get(tags)


def test_truncated_json(running: Sandbox, api: Api, tags: str) -> None:
    running.faults.add(route="/tags", kind="truncate_json")
    answer = api.get(tags)
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.body)


def test_reset(running: Sandbox, api: Api, tags: str) -> None:
    running.faults.add(route="/tags", kind="reset")
    with pytest.raises(http.client.RemoteDisconnected):
        api.get(tags)


def test_hang(running: Sandbox, api: Api, tags: str) -> None:
    running.faults.add(route="/tags", kind="hang", seconds=0.05)
    began = time.monotonic()
    with pytest.raises(http.client.RemoteDisconnected):
        api.get(tags)
    assert time.monotonic() - began >= 0.05


def test_delay(running: Sandbox, api: Api, tags: str) -> None:
    running.faults.add(route="/tags", kind="delay", seconds=0.05)
    began = time.monotonic()
    assert api.get(tags).status == 200
    assert time.monotonic() - began >= 0.05


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


def test_redirect(running: Sandbox, api: Api, tags: str) -> None:
    running.faults.add(route="/tags", kind="redirect", location="http://elsewhere.test/")
    answer = api.get(tags)
    assert (answer.status, answer.headers["location"]) == (302, "http://elsewhere.test/")


def test_empty(running: Sandbox, api: Api, tags: str) -> None:
    running.faults.add(route="/tags", kind="empty")
    answer = api.get(tags)
    assert (answer.status, answer.body) == (200, b"")


def changed(running: Sandbox, api: Api, tags: str, **fault: object) -> tuple[Answer, Answer]:
    before = api.get(tags)
    running.faults.add(route="/tags", **fault)
    return before, api.get(tags)


def test_envelope(running: Sandbox, api: Api, tags: str) -> None:
    before, after = changed(running, api, tags, kind="envelope")
    assert after.json == {"response": before.json}
    assert after.headers["last-page"] == "true"


def test_replace_remove_extra(running: Sandbox, api: Api, tags: str) -> None:
    before, after = changed(running, api, tags, kind="replace", field="name", value=[1])
    assert after.json == [{**row, "name": [1]} for row in before.json]
    _, after = changed(running, api, tags, kind="remove", field="archived")
    assert [set(row) for row in after.json] == [{"id", "name", "workspaceId"}] * len(before.json)
    _, after = changed(running, api, tags, kind="extra", field="new", value={"a": 1})
    assert after.json == [{**row, "new": {"a": 1}} for row in before.json]


def test_replace_inside_rows(running: Sandbox, api: Api) -> None:
    path = api.entries_path()
    running.faults.add(route="/time-entries", kind="replace", field="timeInterval.start", value=5)
    assert {row["timeInterval"]["start"] for row in api.get(path).json} == {5}
    field = "customFieldValues.value"
    running.faults.add(route="/time-entries", kind="replace", field=field, value="v")
    values = [one["value"] for row in api.get(path).json for one in row["customFieldValues"] or ()]
    assert set(values) == {"v"}


def test_duplicate_row_and_blank_key(running: Sandbox, api: Api, tags: str) -> None:
    before, after = changed(running, api, tags, kind="duplicate_row")
    assert after.json == [*before.json, before.json[-1]]
    _, after = changed(running, api, tags, kind="blank_key")
    assert [row["id"] for row in after.json[-2:]] == [before.json[-2]["id"], None]


def test_refusals_are_not_edited(running: Sandbox, api: Api) -> None:
    running.faults.add(route="/nothing", kind="envelope")
    assert api.get(f"{api.main}/nothing").json["code"] == 3000


def test_control_routes_are_spared(running: Sandbox, api: Api) -> None:
    running.faults.add(route="/", kind="status", times=0)
    assert api.control("GET", "/healthz").status == 200
    assert api.control("GET", "/__truth/clockify").status == 200
    assert running.requests == []
