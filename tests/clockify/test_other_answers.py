"""What Clockify may answer otherwise than it is described, and what a run makes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tap_clockify.client import rows_in
from taps_common.errors import ShapeError
from tests.clockify.entry_changes import FEEDS, TABLE, read
from tests.clockify.runs import VERSIONS, Account, catalog, differences

if TYPE_CHECKING:
    from sandbox.clockify.world import World
    from tests.common.runs import State

NO_KEY = {"code": 401, "body": '{"code":1000,"message":"Multiple or none auth tokens present"}'}


@pytest.mark.parametrize(
    ("route", "table", "setting"),
    [
        ("/reports/detailed", "detailed_report", "reports_url"),
        ("/reports/expenses/detailed", "expense_report", "reports_url"),
        ("/shared-reports", "shared_reports", "reports_url"),
        ("/audit-log", "audit_log", "audit_log_url"),
    ],
)
def test_a_host_without_the_route_is_asked_once(
    account: Account, route: str, table: str, setting: str
) -> None:
    account.by_months()
    account.fault(route, "status", code=404)
    run = account.run(catalog=catalog([table, "tags"]), max_concurrency=1)
    assert run.error.startswith(f"1 of 2 tables are incomplete ({table})")
    assert f"There is no such route: check {setting}." in run.log
    assert sum(route in line for line in account.requests()) == 1


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (b'{"expenses":{"expenses":null,"count":0}}', 0),
        (b'{"expenses":{"expenses":[1,2],"count":2}}', 2),
        (b"[1]", 1),
    ],
)
def test_null_is_an_empty_list_where_none_is_counted(body: bytes, count: int) -> None:
    assert rows_in(body, ("expenses", "expenses")).count(b",") == max(0, count - 1)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"expenses":{"expenses":null,"count":3}}', "expenses.expenses"),
        (b'{"expenses":{"expenses":null}}', "expenses.expenses"),
        (b'{"expenses":{"expenses":null,"count":null}}', "expenses.expenses"),
        (b'{"expenses":null}', "expenses.expenses"),
    ],
)
def test_null_is_called_null_otherwise(body: bytes, name: str) -> None:
    with pytest.raises(ShapeError, match=f"{name} is null, and no count of 0 says"):
        rows_in(body, ("expenses", "expenses"))


@pytest.mark.parametrize("code", [200, 204])
def test_a_feed_without_a_body_is_empty(account: Account, code: int) -> None:
    first = read(account).ok()
    account.world.advance(3_600)
    account.fault("/entities/", "status", code=code, body="")
    account.reset()
    run = read(account, first.state).ok()
    assert "cannot be read" not in run.log
    assert [one for one in account.templates() if one in FEEDS] == FEEDS
    changed = account.run(catalog=catalog(["entity_changes"])).ok()
    assert changed.records("entity_changes") == []


def test_401_of_one_member_is_may_not_be_read(account: Account, world: World) -> None:
    tables = [TABLE, "member_profiles"]
    for route in (f"/user/{world.member_id}/time-entries", f"/member-profile/{world.member_id}"):
        account.fault(f"{world.main_id}{route}", "status", **NO_KEY)
    run = account.run(catalog=catalog(tables), **VERSIONS).ok()
    assert "the key may not read a member's time entries (401)" in run.log
    assert run.leaves_out("member_profiles", "the key may not read it of each member (401)")
    assert run.versioned == []
    seen = {row["userId"] for row in run.records(TABLE) if row["workspaceId"] == world.main_id}
    assert world.member_id not in seen
    assert len(seen) > 3


def test_401_of_a_member_is_a_failure_once_the_key_is_not_accepted(
    account: Account, world: World
) -> None:
    account.fault(f"{world.main_id}/user/{world.member_id}/time-entries", "status", **NO_KEY)
    account.fault("GET /clockify/api/v1/user", "status", after=0, **NO_KEY)
    run = account.run(catalog=catalog([TABLE]), max_concurrency=1)
    assert run.code == 1
    assert "answered 401 Unauthorized (code 1000)" in run.log


def test_clients_are_sorted_by_id_or_by_what_is_documented(account: Account, world: World) -> None:
    account.fault(f"{world.main_id}/clients", "status", code=400, times=1)
    run = account.run(catalog=catalog(["clients"])).ok()
    assert differences(world, run, ["clients"]) == {}
    lines = [line for line in account.requests() if "/clients?" in line]
    assert ["NAME" in line for line in lines] == [False, True, False]


def test_a_status_of_time_off_that_is_text_is_read(account: Account) -> None:
    """When it was decided nobody knows: it comes in each run. A pending one has its creation."""
    created = "2026-01-01T00:00:00Z"
    rows = [
        {"id": ident, "createdAt": created, "status": status}
        for ident, status in (("a", "APPROVED"), ("b", "PENDING"), ("c", {"statusType": "PENDING"}))
    ]
    body = json.dumps({"requests": rows, "count": 3})
    account.fault("/time-off/requests", "status", code=200, body=body)
    state = None
    for came in ("abc", "a"):
        run = account.run(catalog=catalog(["time_off_requests"]), state=state, lookback_days=0).ok()
        found = {row["id"]: row for row in run.records("time_off_requests")}
        assert found["a"]["status"]["statusType"] == "APPROVED"
        assert found["a"]["changedAt"] is None
        assert "".join(sorted(found)) == came
        assert "not of their type" not in run.log
        state = _later(run.state)


def _later(state: State) -> State:
    """Return a state whose bookmark is past all rows that say when they changed."""
    for one in state["bookmarks"]["time_off_requests"]["partitions"]:
        if "replication_key_value" in one:
            one["replication_key_value"] = "2026-06-01T00:00:00Z"
    return state
