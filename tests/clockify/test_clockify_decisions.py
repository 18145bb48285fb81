"""Requests that somebody decides: time off, and approvals of time and expenses."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.clockify.runs import HOUR, Account, Copy, catalog, mark, true_rows

if TYPE_CHECKING:
    from sandbox.clockify.world import World
    from tests.common.runs import Run

APPROVALS = ("approval_requests", "approval_request_entries", "approval_request_expenses")


def ids(run: Run, table: str) -> set[str]:
    return {row["id"] for row in run.records(table)}


# -- time off --------------------------------------------------------------------------------------


def test_time_off_that_changed_is_sent_again(account: Account, world: World) -> None:
    tables, copied = catalog(["time_off_requests"]), Copy()
    first = copied.load(account.run(catalog=tables, lookback_days=0).ok())
    rows = first.records("time_off_requests")
    latest = max(row["changedAt"] for row in rows)
    assert mark(first.state, "time_off_requests", world.main_id) == {
        "context": {"workspaceId": world.main_id},
        "known": [world.main_id],
        "replication_key": "changedAt",
        "replication_key_value": latest,
    }
    world.advance(HOUR)
    decided = next(row["id"] for row in rows if row["status"]["statusType"] == "PENDING")
    world.set_state(decided, "APPROVED")
    created = world.insert_row(world.main_id, "time_off_requests")
    account.reset()
    second = copied.load(account.run(catalog=tables, state=first.state, lookback_days=0).ok())
    at_the_mark = {row["id"] for row in rows if row["changedAt"] == latest}
    assert ids(second, "time_off_requests") == {decided, created} | at_the_mark
    assert sum(line.startswith("POST") for line in account.requests()) == 1  # all of it, one page
    assert copied.differences(world, ["time_off_requests"]) == {}


def test_the_look_back_sends_time_off_again(shared: Account) -> None:
    tables = catalog(["time_off_requests"])
    first = shared.run(catalog=tables).ok()
    again = shared.run(catalog=tables, state=first.state, lookback_days=30).ok()
    latest = max(row["changedAt"] for row in first.records("time_off_requests"))
    edge = f"{shared.world.now - timedelta(days=60):%Y-%m-%d}"
    assert 1 < len(again.records("time_off_requests")) < 30
    assert all(edge < row["changedAt"] <= latest for row in again.records("time_off_requests"))


def test_time_off_between_dates(shared: Account) -> None:
    dates: dict[str, Any] = {"start_date": "2026-06-01", "end_date": "2026-07-31"}
    run = shared.run(catalog=catalog(["time_off_requests"]), **dates).ok()
    expected = {
        row["id"]
        for row in true_rows(shared.world, "time_off_requests")
        if "2026-06-01" <= row["changedAt"] < "2026-08-01"
    }
    assert ids(run, "time_off_requests") == expected != set()


# -- approvals -------------------------------------------------------------------------------------


def test_approvals_are_read_down_to_what_was_sent_before(account: Account, world: World) -> None:
    old = world.now - timedelta(days=200)
    for number in range(450):
        stamp = f"{old + timedelta(hours=number):%Y-%m-%dT%H:%M:%SZ}"
        status = {"state": "APPROVED", "updatedAt": stamp}
        world.insert_row(world.main_id, "approval_requests", status=status)
    tables, copied = catalog(APPROVALS), Copy()
    first = copied.load(account.run(catalog=tables, lookback_days=5).ok())
    assert sum("approval-requests" in line for line in account.requests()) == 3 + 3
    assert len(first.records("approval_requests")) > 450
    world.advance(HOUR)
    requests = world.main.approval_requests.values()
    pending = next(one.id for one in requests if one.status.state == "PENDING")
    oldest = min(ids(first, "approval_requests") - {pending})
    world.set_state(pending, "APPROVED")
    world.set_state(oldest, "WITHDRAWN_APPROVAL")
    account.reset()
    run = account.run(catalog=tables, state=first.state, lookback_days=5).ok()
    second = copied.load(run)
    assert sum("approval-requests" in line for line in account.requests()) == 1
    assert {pending, oldest} <= ids(second, "approval_requests")
    assert len(second.records("approval_requests")) < 30
    assert copied.differences(world, APPROVALS) == {}
    for table in APPROVALS:
        found = mark(second.state, table, world.main_id)["replication_key_value"]
        assert found == f"{world.now:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("missing", [False, True])
def test_a_list_that_is_not_sorted_is_read_to_its_end(account: Account, missing: bool) -> None:
    state = account.run(catalog=catalog(APPROVALS), lookback_days=0).ok().state

    def row(ident: str, at: str | None) -> dict[str, object]:
        return {"approvalRequest": {"id": ident, "status": {"updatedAt": at}}}

    times: list[str | None] = ["2026-01-01T00:00:00Z", "2026-09-01T00:00:00Z"] * 100
    if missing:
        times = [None, *times[1::2], *times[::2]]
    rows = [row(f"r{number:03}", at) for number, at in enumerate(times)]
    for page, more in ((rows, "false"), ([row("last", "2026-09-15T12:29:00Z")], "true")):
        answer = {"code": 200, "body": json.dumps(page), "headers": {"Last-Page": more}}
        account.fault("/approval-requests", "status", times=1, **answer)
    run = account.run(catalog=catalog(["approval_requests"]), state=state, lookback_days=0).ok()
    assert "last" in ids(run, "approval_requests")
