"""What the service does wrong, and what the run makes of it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.clockify import truth
from tests.clockify.runs import ENTRY_TABLES, TABLES, Account, Copy, catalog
from tests.common.runs import NOW, TurningClock

if TYPE_CHECKING:
    from collections.abc import Callable

VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}
ELSEWHERE = "https://elsewhere.example/"
STAYS = "If it stays, ask Clockify's support and name the time and the request id."
NO_SHAPE = "answered 200, but the page is not usable: "


@dataclass(frozen=True)
class Broken:
    """A fault that stays, and the sentence that names it."""

    kind: str
    says: str
    parameters: tuple[tuple[str, Any], ...] = ()
    tries: int = 2

    def __str__(self) -> str:
        return "-".join([self.kind, *(str(value) for _, value in self.parameters)])[:30]


def status(code: int, says: str, tries: int = 1, **more: Any) -> Broken:
    return Broken("status", says, (("code", code), *more.items()), tries)


UNAUTHORIZED = "answered 401 Unauthorized. Clockify does not accept the credentials"
BROKEN = (
    status(400, f"answered 400 Bad Request. {STAYS}"),
    status(401, UNAUTHORIZED),
    status(403, "answered 403 Forbidden. The key's role or the workspace's plan"),
    status(404, "answered 404 Not Found. There is no such route: check api_url"),
    status(500, f"answered 500 Internal Server Error after 2 tries. {STAYS}", 2),
    status(503, f"answered 503 Service Unavailable after 2 tries. {STAYS}", 2),
    Broken("html", "answered with a web page instead of JSON: is this the API?", tries=1),
    Broken("truncate_body", "sent an answer that breaks off after 2 tries."),
    Broken("truncate_json", "is not JSON, or breaks off"),
    Broken("reset", "could not be reached, or closed the connection after 2 tries."),
    Broken("redirect", "redirects to elsewhere.example", (("location", ELSEWHERE),), 1),
    Broken("empty", "answered with nothing after 2 tries."),
    Broken("envelope", f"{NO_SHAPE}expected a list of rows, got an object", tries=1),
    Broken("blank_key", f"{NO_SHAPE}a row whose id is null", tries=1),
    Broken("remove", f"{NO_SHAPE}a row without id", (("field", "id"),), 1),
    status(200, f"{NO_SHAPE}expected a list of objects, got a list with text", body='["x"]'),
    status(200, f"{NO_SHAPE}expected a list of rows, got an object", body="{}"),
    status(200, "is not JSON, or breaks off", 2, body='[{"id": "1"'),
    status(204, "answered with nothing after 2 tries.", 2),
)
"""Every way to break a page that leaves nothing to use."""

LISTS = {
    "/users": {"users", "user_memberships", *ENTRY_TABLES},
    "/user-groups": {"user_groups", "user_group_members"},
    "/clients": {"clients"},
    "/projects": {"projects", "project_memberships", "tasks"},
    "/tags": {"tags"},
}
"""What cannot be read when a list cannot."""


def others(account: Account, failed: set[str]) -> list[str]:
    return [table for table in truth.counts(account.world) if table not in failed]


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_a_broken_list_leaves_the_other_tables_whole(account: Account, broken: Broken) -> None:
    account.fault(f"{account.world.main_id}/tags", broken.kind, **dict(broken.parameters))
    copied = Copy()
    run = copied.load(account.run(**VERSIONS))
    assert run.code == 1
    assert run.error == (
        "1 of 13 tables are incomplete (tags); the reasons stand above. The others were read."
    )
    (reason,) = [line for line in run.log.splitlines() if line.startswith("tags failed")]
    assert broken.says in reason
    assert f"tags failed (workspaceId {account.world.main_id}): GET /workspaces/" in reason
    assert copied.differences(account.world, others(account, {"tags"})) == {}
    assert sorted(run.versioned) == sorted(set(TABLES) - {"tags"})
    assert {row["workspaceId"] for row in run.records("tags")} == {account.world.second_id}
    asked = account.templates().count("/workspaces/{workspaceId}/tags")
    assert asked == broken.tries + 1


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_a_broken_member_leaves_the_other_tables_whole(account: Account, broken: Broken) -> None:
    world = account.world
    user = world.member_id
    account.fault(f"{world.main_id}/user/{user}/", broken.kind, **dict(broken.parameters))
    copied = Copy()
    run = copied.load(account.run(**VERSIONS))
    left_out = dict(broken.parameters).get("code") == 403
    assert run.code == (0 if left_out else 1)
    assert copied.differences(world, others(account, set(ENTRY_TABLES))) == {}
    assert not set(run.versioned) & set(ENTRY_TABLES)
    assert len(run.versioned) == 10
    if left_out:
        assert "the key may not read other members' time entries (403)" in run.log
        return
    reasons = [line for line in run.log.splitlines() if line.startswith("time_entries failed")]
    assert len(reasons) == 1
    assert broken.says in reasons[0]
    assert "3 of 13 tables are incomplete (time_entries, time_entry_tags, time_entry_" in run.error
    after = run.state["bookmarks"]["time_entries"]["partitions"]
    assert [one["context"]["workspaceId"] for one in after if "replication_key" in one] == [
        world.second_id
    ]


@pytest.mark.parametrize("route", LISTS)
def test_what_depends_on_a_list_fails_with_it(account: Account, route: str) -> None:
    account.fault(f"{account.world.main_id}{route}", "status", code=500)
    copied = Copy()
    run = copied.load(account.run(**VERSIONS))
    assert run.code == 1
    for table in LISTS[route]:
        assert table in run.error
    assert run.error.startswith(f"{len(LISTS[route])} of 13 tables are incomplete")
    assert copied.differences(account.world, others(account, LISTS[route])) == {}
    assert set(run.versioned) == set(TABLES) - LISTS[route]


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_a_broken_list_of_workspaces_ends_the_run_at_once(account: Account, broken: Broken) -> None:
    account.fault("v1/workspaces", broken.kind, **dict(broken.parameters))
    run = account.run(**VERSIONS)
    assert run.code == 1
    assert broken.says in run.error
    assert run.of("RECORD") == []
    assert run.versioned == []
    assert len(account.requests()) == broken.tries


def test_a_page_that_breaks_on_the_way_is_asked_for_again(account: Account) -> None:
    copied = Copy()
    for kind in ("reset", "truncate_body", "truncate_json", "empty"):
        account.fault("/time-entries", kind, times=1)
    account.fault("/tags", "status", code=503, times=1)
    clock = TurningClock()
    run = copied.load(account.run(clock=clock, max_retries=5, **VERSIONS).ok())
    assert copied.differences(account.world) == {}
    assert sum("; again in" in line for line in run.log.splitlines()) == 5
    assert all(1 <= wait <= 60 for wait in clock.waits)
    assert len(run.versioned) == 13


def test_a_failure_in_the_middle_of_pages_is_no_partial_page(
    start: Callable[..., Account],
) -> None:
    account = start(members=1, entries=6000)
    world = account.world
    account.fault(f"{world.main_id}/user/{world.owner_id}/", "truncate_json", after=1)
    run = account.run(**VERSIONS)
    assert run.code == 1
    main = [row for row in run.records("time_entries") if row["workspaceId"] == world.main_id]
    assert len(main) == 5000
    assert not set(run.versioned) & set(ENTRY_TABLES)


# -- quotas ----------------------------------------------------------------------------------------


def test_a_quota_is_waited_for(account: Account) -> None:
    clock = TurningClock()
    account.fault("/tags", "status", code=429, body="Too many requests", times=4)
    copied = Copy()
    copied.load(account.run(clock=clock, max_concurrency=1).ok())
    assert copied.differences(account.world) == {}
    assert max(clock.waits) == 300


@pytest.mark.parametrize("after", ["90", "Tue, 15 Sep 2026 12:31:30 GMT"])
def test_retry_after_is_obeyed(account: Account, after: str) -> None:
    clock = TurningClock()
    account.fault("/tags", "status", code=429, headers={"Retry-After": after}, times=1)
    account.run(clock=clock, max_concurrency=1).ok()
    assert clock.waits == [90.0]


@pytest.mark.parametrize(
    "after", ["soon", "-5", "", "Tue, 15 Sep 2026 12:31:30 -0000", "Tue, 99 Sep 2026", "²"]
)
def test_an_odd_retry_after_is_no_crash(account: Account, after: str) -> None:
    clock = TurningClock()
    headers = {"Retry-After": after.encode().decode("latin-1")}
    account.fault("/tags", "status", code=429, headers=headers, times=1)
    account.run(clock=clock, max_concurrency=1).ok()


def test_a_used_up_quota_stops_the_run_if_told_to(account: Account) -> None:
    account.fault("/clients", "status", code=429, body="Too many requests")
    copied = Copy()
    run = copied.load(account.run(on_quota="stop", **VERSIONS))
    assert run.code == 1
    assert "quota is used up" in run.log
    assert "clients" not in run.versioned
    unread = {"clients", "projects", "project_memberships", "tags", "tasks", *ENTRY_TABLES}
    assert not unread & set(run.versioned)
    assert "The others were read" not in run.error
    assert "The run was stopped there; the next one goes on." in run.error
    account.mended()
    copied.load(account.run(state=run.state, **VERSIONS).ok())
    assert copied.differences(account.world) == {}


def test_own_quota_goes_on_in_the_next_run(start: Callable[..., Account]) -> None:
    account = start(members=20, entries=300)
    settings: dict[str, Any] = {"max_requests_per_hour": 20, "on_quota": "stop"}
    tables = catalog(ENTRY_TABLES)
    copied, clock = Copy(), TurningClock()
    run = copied.load(account.run(catalog=tables, clock=clock, **settings))
    assert run.code == 1
    assert "max_requests_per_hour is used up" in run.log
    assert len(account.requests()) == 20
    clock.time += timedelta(minutes=61)
    copied.load(account.run(catalog=tables, clock=clock, state=run.state, **settings).ok())
    assert copied.differences(account.world, ENTRY_TABLES) == {}


def test_own_quota_is_waited_for(account: Account) -> None:
    clock = TurningClock()
    account.run(clock=clock, max_requests_per_hour=27, max_concurrency=1).ok()
    assert len(account.requests()) == 29
    assert (clock.now() - NOW).total_seconds() == pytest.approx(3600)


# -- pages that can be used ------------------------------------------------------------------------


@pytest.mark.parametrize("route", ["/tags", "/time-entries"])
def test_a_row_that_comes_twice_is_reported(account: Account, route: str) -> None:
    account.fault(route, "duplicate_row")
    copied = Copy()
    run = copied.load(account.run(**VERSIONS).ok())
    assert "rows came twice" in run.log
    assert copied.differences(account.world) == {}
    assert len(run.versioned) == 13


def test_a_member_listed_twice_is_read_once(account: Account) -> None:
    account.fault("/users", "duplicate_row")
    run = account.run().ok()
    entries = [request for request in account.requests() if "time-entries" in request]
    assert set(Counter(entries).values()) == {1}
    assert run.counts()["time_entries"] == 300


def test_a_value_of_another_type_becomes_null_and_is_named(account: Account) -> None:
    account.fault("/time-entries", "replace", field="billable", value="perhaps")
    account.fault("/projects", "replace", field="hourlyRate", value={"amount": "12,50"})
    run = account.run().ok()
    assert {row["billable"] for row in run.records("time_entries")} == {None}
    assert "time_entries: values of billable are not of their type, sent as null" in run.log
    assert run.log.count("values of billable") == 1
    assert "projects: values of hourlyRate.amount are not of their type" in run.log
    assert len(run.records("time_entries")) == 300


def test_a_missing_field_is_null(account: Account) -> None:
    account.fault("/time-entries", "remove", field="timeInterval")
    run = account.run().ok()
    assert {row["start"] for row in run.records("time_entries")} == {None}
    assert len(run.records("time_entries")) == 300


def test_a_new_field_is_named_once(account: Account) -> None:
    account.fault("/tags", "extra", field="colour", value="red")
    account.fault("/time-entries", "extra", field="timeInterval.zone", value="UTC")
    run = account.run().ok()
    assert run.log.count("tags: fields unknown to this version, left out: colour") == 1
    assert run.log.count("left out: timeInterval.zone") == 1
    copied = Copy()
    copied.load(run)
    assert copied.differences(account.world) == {}


@pytest.mark.parametrize("switch", ["omit_last_page", "empty_page_before_last", "compress"])
def test_documented_quirks_lose_nothing(start: Callable[..., Account], switch: str) -> None:
    account = start(members=2, entries=6200)
    account.world.switch(**{switch: True})
    copied = Copy()
    copied.load(account.run(**VERSIONS).ok())
    assert copied.differences(account.world) == {}


def test_pages_without_an_end_end_the_partition(account: Account) -> None:
    account.fault("/tags", "status", code=200, body="[]", headers={"Last-Page": "false"})
    run = account.run(**VERSIONS)
    assert run.code == 1
    assert "3 empty pages in a row, none of them the last" in run.log
    assert "tags" not in run.versioned
    assert len(account.requests()) < 60


def test_the_same_page_again_ends_the_partition(account: Account) -> None:
    account.fault("/tags", "status", code=200, body='[{"id": "1"}]', headers={"Last-Page": "false"})
    run = account.run(**VERSIONS)
    assert run.code == 1
    assert "sent the same page twice: its paging does not advance" in run.log
    assert "tags" not in run.versioned


def test_two_pages_in_turns_end_the_partition(account: Account) -> None:
    """A loop of two pages is a loop; the service ends it by itself after forty requests."""
    route = f"{account.world.main_id}/tags"
    answer: dict[str, Any] = {"code": 200, "headers": {"Last-Page": "false"}, "times": 1}
    for ident in "ab" * 20:
        account.fault(route, "status", body=json.dumps([{"id": ident}]), **answer)
    run = account.run(**VERSIONS)
    assert run.code == 1
    assert "tags" not in run.versioned
    asked = [request for request in account.requests() if "/tags" in request]
    assert len(asked) <= 5


# -- members that are gone -------------------------------------------------------------------------


def test_a_member_removed_during_the_run_is_left_out_with_a_warning(account: Account) -> None:
    account.fault(f"user/{account.world.member_id}/", "status", code=400, body='{"code": 501}')
    run = account.run(**VERSIONS).ok()
    assert "does not know the member in this workspace any more (400, code 501)" in run.log
    assert "2 partitions left out" in run.log
    assert not set(run.versioned) & set(ENTRY_TABLES)


def test_a_project_deleted_during_the_run_does_not_fail_it(account: Account) -> None:
    """Its tasks are gone with it: the API answers as for an id it does not know."""
    world = account.world
    project = next(iter(world.main.projects))
    world.hydrated_ignored = True
    account.fault(f"projects/{project}/tasks", "status", code=400, body='{"code": 501}')
    run = account.run(**VERSIONS).ok()
    assert "tasks" not in run.versioned


def test_a_refusal_of_every_member_is_a_failure(account: Account) -> None:
    """Code 501 is any value that is refused: all members at once are not all gone."""
    account.fault("/time-entries", "status", code=400, body='{"code": 501}')
    run = account.run()
    assert run.code == 1


def test_credentials_that_expire_end_each_list_at_once(account: Account) -> None:
    account.fault("/time-entries", "status", code=401, after=4)
    run = account.run(max_concurrency=1)
    assert run.code == 1
    assert UNAUTHORIZED in run.log
    assert account.templates().count("/workspaces/{workspaceId}/user/{userId}/time-entries") <= 8


def test_what_is_unread_says_so_in_one_line_per_failure(account: Account) -> None:
    account.fault("/tags", "status", code=500)
    account.fault("/clients", "status", code=500)
    run = account.run()
    failed = [line for line in run.log.splitlines() if " failed (" in line]
    assert len(failed) == 4
    assert "2 of 13 tables are incomplete (clients, tags)" in run.error
