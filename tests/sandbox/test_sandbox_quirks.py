"""What is peculiar about the service: credentials, refusals, pages, windows, plans, quota."""

from __future__ import annotations

import gzip
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox import Sandbox
    from tests.sandbox.conftest import Answer, Api

ADDON = {"X-Addon-Token": "sandbox-addon-token"}
MEMBER = {"x-api-key": "sandbox-member-key"}
ADMIN = {"X-API-KEY": "sandbox-admin-key"}


def refusal(answer: Answer) -> tuple[int, int]:
    body = answer.json
    assert set(body) == {"message", "code"}
    return answer.status, body["code"]


@pytest.mark.parametrize(
    ("headers", "expected", "echoed"),
    [
        ({}, (401, 1000), ""),
        ({**ADDON, **MEMBER}, (401, 1000), ""),
        ({"X-Api-Key": "my-secret"}, (401, 4003), "my-secret"),
        ({"X-Addon-Token": "my-token"}, (401, 4017), "my-token"),
    ],
)
def test_bad_credentials(
    api: Api, headers: dict[str, str], expected: tuple[int, int], echoed: str
) -> None:
    for path in ("/user", "/workspaces", api.entries_path()):
        answer = api.get(path, headers)
        assert refusal(answer) == expected
        assert echoed in answer.json["message"]


def test_addon_token_reads_the_main_workspace_only(api: Api) -> None:
    assert refusal(api.get("/workspaces", ADDON)) == (401, 4017)
    assert api.get("/user", ADDON).status == 200
    assert api.get(api.entries_path(), ADDON).status == 200
    assert api.get(f"{api.second}/tags", ADDON).status == 403


def test_member_sees_lists_but_only_own_entries(running: Sandbox, api: Api) -> None:
    world = running.clockify
    assert [row["id"] for row in api.get("/workspaces", MEMBER).json] == [world.main_id]
    for path in ("users", "projects", "clients", "tags", "user-groups"):
        assert api.get(f"{api.main}/{path}", MEMBER).status == 200
    answer = api.get(api.entries_path(), MEMBER)
    assert (answer.status, answer.json["message"]) == (403, "Access Denied")
    assert api.get(api.entries_path(world.member_id), MEMBER).json


def test_admin_of_the_main_workspace_is_none_of_the_second(running: Sandbox, api: Api) -> None:
    assert api.get(api.entries_path(), ADMIN).json
    path = f"{api.second}/user/{running.clockify.owner_id}/time-entries"
    assert api.get(path, ADMIN).status == 403
    assert api.get(path).json


def test_hydrated_projects_may_omit_done_tasks(running: Sandbox, api: Api) -> None:
    def statuses() -> set[str]:
        projects = api.rows(f"{api.main}/projects", hydrated="true")
        return {task["status"] for project in projects for task in project["tasks"]}

    assert statuses() == {"ACTIVE", "DONE"}
    running.clockify.hydrated_omits_done = True
    assert statuses() == {"ACTIVE"}


@pytest.mark.parametrize(
    ("roles", "count"),
    [("OWNER", 1), ("WORKSPACE_ADMIN", 1), (["OWNER", "WORKSPACE_ADMIN"], 2), ("TEAM_MANAGER", 0)],
)
def test_workspaces_by_role(api: Api, roles: object, count: int) -> None:
    assert len(api.get("/workspaces", roles=roles).json) == count


def test_unknown_ids_are_bad_requests(api: Api) -> None:
    unknown = "64a687e29ae1f428e7ebe303"
    for path in (
        f"/workspaces/{unknown}",
        f"/workspaces/{unknown}/users",
        f"{api.main}/projects/{unknown}/tasks",
        api.entries_path(unknown),
    ):
        answer = api.get(path)
        assert refusal(answer) == (400, 501)
        assert unknown in answer.json["message"]


def test_unknown_route_and_wrong_verb(api: Api) -> None:
    answer = api.get(f"{api.main}/nothing")
    assert refusal(answer) == (404, 3000)
    assert answer.json["message"].startswith("No static resource")
    key = {"X-Api-Key": "sandbox-key"}
    answer = api.ask("POST", f"/clockify/api/v1{api.main}/tags", headers=key)
    assert refusal(answer) == (405, 3000)
    assert answer.headers["allow"] == "GET"


def test_pages(api: Api) -> None:
    path = api.entries_path()
    every = api.rows(path)
    assert len(every) > 50
    first = api.get(path)
    assert (first.json, first.headers["last-page"]) == (every[:50], "false")
    assert api.get(path, page=0).json == first.json
    assert api.get(path, page=2, page_size=60).json == every[60:120]
    exact = api.get(path, page_size=len(every))
    assert (exact.json, exact.headers["last-page"]) == (every, "true")
    beyond = api.get(path, page=9, page_size=5000)
    assert (beyond.json, beyond.headers["last-page"]) == ([], "true")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"page_size": 5001}, (400, 501)),
        ({"page_size": 0}, (400, 501)),
        ({"page": "x"}, (400, 3000)),
        ({"start": "yesterday"}, (400, 3000)),
    ],
)
def test_bad_parameters(api: Api, query: dict[str, object], expected: tuple[int, int]) -> None:
    assert refusal(api.get(api.entries_path(), **query)) == expected


def test_page_size_can_be_clamped(running: Sandbox, api: Api) -> None:
    running.clockify.switch(clamp_page_size=True)
    assert api.get(api.entries_path(), page_size=6000).json == api.rows(api.entries_path())


def test_last_page_header_can_be_omitted(api: Api) -> None:
    api.control("POST", "/__clockify", {"action": "switch", "omit_last_page": True})
    assert "last-page" not in api.get(f"{api.main}/tags").headers


def test_empty_page_before_the_last(running: Sandbox, api: Api) -> None:
    every = api.rows(f"{api.main}/tags")
    running.clockify.empty_page_before_last = True
    pages = [api.get(f"{api.main}/tags", page=page, page_size=4) for page in (1, 2, 3, 4, 5)]
    assert [len(page.json) for page in pages] == [4, 4, 0, 1, 0]
    last = ["false", "false", "false", "true", "true"]
    assert [page.headers["last-page"] for page in pages] == last
    assert [row for page in pages for row in page.json] == every


@pytest.mark.parametrize("path", ["/workspaces", "custom-fields", "holidays"])
def test_unpaged_lists_ignore_pages(api: Api, path: str) -> None:
    path = path if path.startswith("/") else f"{api.main}/{path}"
    answer = api.get(path, page=2, page_size=1)
    assert answer.json == api.get(path).json
    assert len(answer.json) > 1
    assert "last-page" not in answer.headers


@pytest.mark.parametrize("path", ["custom-fields", "holidays"])
def test_lists_of_a_plan_without_the_feature(running: Sandbox, api: Api, path: str) -> None:
    assert api.get(f"{api.second}/{path}").status == 403
    running.clockify.set_features(running.clockify.main_id, [])
    assert api.get(f"{api.main}/{path}").status == 403


def test_users_hide_limited_accounts_and_memberships(api: Api) -> None:
    path = f"{api.main}/users"
    shown = api.get(path).json
    assert "LIMITED" not in {row["status"] for row in shown}
    assert [row["memberships"] for row in shown] == [[]] * len(shown)
    assert [row["email"] for row in shown] == sorted(row["email"] for row in shown)
    for statuses in (["LIMITED", "ACTIVE"], "LIMITED,ACTIVE"):
        rows = api.get(path, account_statuses=statuses).json
        assert {row["status"] for row in rows} == {"LIMITED", "ACTIVE"}
    (inactive,) = api.get(path, status="INACTIVE").json
    assert inactive["status"] == "ACTIVE"
    kinds = {
        one["membershipType"]
        for row in api.get(path, memberships="PROJECT").json
        for one in row["memberships"]
    }
    assert kinds == {"PROJECT"}


def test_user_groups_show_managers_on_request(api: Api) -> None:
    path = f"{api.main}/user-groups"
    assert all("teamManagers" not in row for row in api.get(path).json)
    asked = api.get(path, include_team_managers="true").json
    assert {type(row["teamManagers"]) for row in asked} == {list, type(None)}


@pytest.mark.parametrize("path", ["clients", "projects", "tags"])
def test_archived_rows_are_listed_unless_filtered(api: Api, path: str) -> None:
    path = f"{api.main}/{path}"
    every, archived = api.get(path).json, api.get(path, archived="true").json
    active = api.get(path, archived="false").json
    assert len(every) == len(archived) + len(active)
    assert archived
    assert active


def test_done_tasks_are_listed_unless_filtered(api: Api) -> None:
    projects = api.rows(f"{api.main}/projects", hydrated="true")
    project = next(row for row in projects if len(row["tasks"]) > 2)
    path = f"{api.main}/projects/{project['id']}/tasks"
    assert {row["status"] for row in api.get(path).json} == {"ACTIVE", "DONE"}
    assert {row["status"] for row in api.get(path, is_active="true").json} == {"ACTIVE"}
    plain = [{**row, "favorite": False} for row in api.get(path).json]
    assert project["tasks"] == plain


def test_window_is_wall_clock_in_the_owners_zone(running: Sandbox, api: Api) -> None:
    world = running.clockify
    sheet = {"user_id": world.owner_id, "description": "edge"}
    for start in ("2020-06-01T07:59:59Z", "2020-06-01T08:00:00Z", "2020-06-01T09:00:00Z"):
        world.insert_entry(world.main_id, timeInterval={"start": start}, **sheet)
    window = {"start": "2020-06-01T10:00:00Z", "end": "2020-06-01T11:00:00Z"}

    def starts() -> list[str]:
        rows: list[dict[str, Any]] = api.get(api.entries_path(), **window).json
        return [row["timeInterval"]["start"] for row in rows]

    assert world.account_zone == "Europe/Belgrade"
    assert starts() == ["2020-06-01T09:00:00Z", "2020-06-01T08:00:00Z"]
    world.account_zone = "UTC"
    assert starts() == []
    assert api.get("/user").json["settings"]["timeZone"] == "UTC"


def test_open_windows(api: Api) -> None:
    every = [row["timeInterval"]["start"] for row in api.rows(api.entries_path())]
    late = api.rows(api.entries_path(), start="2026-09-01T02:00:00Z")
    early = api.rows(api.entries_path(), end="2026-09-01T01:59:59Z")
    assert [row["timeInterval"]["start"] for row in late + early] == every
    assert late
    assert early


def test_running_entries_only(api: Api) -> None:
    (running,) = api.get(api.entries_path(), in_progress="true").json
    assert running["timeInterval"]["end"] is None


def test_quota(start: Callable[..., Api]) -> None:
    api = start(requests_per_hour=3)
    statuses = [api.get(f"{api.main}/tags").status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert api.get(f"{api.second}/tags").status == 200
    answer = api.get(f"{api.main}/tags")
    assert (answer.body, "retry-after" in answer.headers) == (b"Too many requests", False)
    api.running.clockify.retry_after = True
    wait = int(api.get(f"{api.main}/tags").headers["retry-after"])
    assert 3590 < wait <= 3601
    api.running.clockify.advance(wait)
    assert api.get(f"{api.main}/tags").status == 200


def test_gzip_when_switched_on(running: Sandbox, api: Api) -> None:
    headers = {"X-Api-Key": "sandbox-key", "Accept-Encoding": "gzip"}
    plain = api.get(api.entries_path(), headers)
    assert "content-encoding" not in plain.headers
    running.clockify.compress = True
    packed = api.get(api.entries_path(), headers)
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert api.get("/user", {"X-Api-Key": "sandbox-key"}).json


def test_requests_are_recorded_without_header_values(running: Sandbox, api: Api) -> None:
    api.get(f"{api.main}/tags", page=1)
    api.get(f"{api.main}/tags", page=2)
    (first, _second) = running.requests
    assert first.route == "/clockify/api/v1/workspaces/{workspaceId}/tags"
    assert first.path == f"/clockify/api/v1{api.main}/tags"
    assert (first.method, first.query, first.service) == ("GET", [("page", "1")], "clockify")
    assert "x-api-key" in first.headers
    counted = api.control("GET", "/__requests").json
    assert counted == {"routes": {f"GET {first.route}": 2}, "total": 2}
    api.control("DELETE", "/__requests")
    assert running.requests == []


def test_latency(start: Callable[..., Api]) -> None:
    api = start(latency_ms=30)
    began = time.monotonic()
    api.get("/user")
    assert time.monotonic() - began >= 0.03
