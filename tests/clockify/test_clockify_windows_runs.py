"""Later runs of the tables that are read by windows: which windows, which rows, what is kept."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.clockify.runs import KEYS, WINDOWED, Account, Copy, catalog, keyed, true_rows
from tests.clockify.test_clockify_further_runs import mark
from tests.clockify.test_clockify_windows import REPORTS, bodies, plain

if TYPE_CHECKING:
    from sandbox.clockify.world import World
    from tests.common.runs import Run, State

DAY = 86_400
VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}


@pytest.fixture
def world(account: Account) -> World:
    world: World = account.world
    account.by_months()
    world.set_window("2017-01-01T00:00:00Z", "2030-12-31T23:59:59Z")
    return world


def windows(account: Account, table: str) -> list[tuple[str, str]]:
    """Return which days a report was asked for in the main workspace."""
    names = ("dateRangeStart", "dateRangeEnd")
    found = {
        (body[names[0]][:10], body[names[1]][:10])
        for body in bodies(account, table, account.world.main_id)
    }
    return sorted(found)


def bookmarks(account: Account, state: State) -> dict[str, Any]:
    main = account.world.main_id
    return {table: mark(state, table, main)["replication_key_value"] for table in WINDOWED}


def until_now(world: World, table: str) -> list[dict[str, Any]]:
    """Return the rows that are not of a later day."""
    today = f"{world.now:%Y-%m-%d}"
    column = "start" if table == "detailed_report" else "date"
    return [row for row in true_rows(world, table) if row[column][:10] <= today]


def equals(account: Account, copied: Copy, log: list[dict[str, Any]]) -> bool:
    for table in REPORTS:
        expected = keyed(until_now(account.world, table), KEYS[table])
        assert keyed(copied.rows(table), KEYS[table]) == expected, table
    assert plain(log) >= plain(true_rows(account.world, "audit_log"))  # which forgets after a year
    return True


def test_a_copy_kept_by_several_runs(account: Account, world: World) -> None:
    tables = catalog(WINDOWED)
    copied = Copy()
    log: dict[str, dict[str, Any]] = {}

    def load(state: State | None) -> Run:
        run = copied.load(account.run(catalog=tables, state=state).ok())
        log.update({row["_row_id"]: row for row in run.records("audit_log")})
        return run

    state = load(None).state
    assert equals(account, copied, [*log.values()])
    for days in (1, 40, 3):
        world.advance(days * DAY)
        hour = timedelta(hours=5)
        start = f"{world.now - hour:%Y-%m-%dT%H:%M:%SZ}"
        end = f"{world.now - hour / 2:%Y-%m-%dT%H:%M:%SZ}"
        entry = world.insert_entry(
            world.main_id, world.owner_id, timeInterval={"start": start, "end": end}
        )
        world.edit_entry(entry, description=f"after {days} days")
        world.insert_row(world.main_id, "expenses", total=12.5)
        account.reset()
        run = load(state)
        state = run.state
        assert equals(account, copied, [*log.values()])
        assert len(windows(account, "expense_report")) <= 3
        assert all(run.records(table) for table in WINDOWED)


def test_where_the_next_run_begins(account: Account, world: World) -> None:
    tables = catalog(WINDOWED)
    first = account.run(catalog=tables).ok()
    found = bookmarks(account, first.state)
    column = {"detailed_report": "start", "audit_log": "timestamp"}
    for table in WINDOWED:
        latest = max(
            row[column.get(table, "date")]
            for row in first.records(table)
            if row["workspaceId"] == world.main_id
        )
        assert found[table][:10] == latest[:10]
    assert "known" not in json.dumps(first.state)
    world.advance(3600)
    account.reset()
    account.run(catalog=tables, state=first.state, lookback_days=10).ok()
    since = f"{world.now:%Y}-09-04"
    assert found["detailed_report"].startswith("2026-09-14")
    assert windows(account, "detailed_report") == [(since, "2026-09-15")]
    assert windows(account, "expense_report") == [("2026-09-05", "2026-09-15")]
    (log,) = [body for body in bodies(account, "audit_log") if body["page"] == 1]
    assert (log["start"], log["end"]) == ("2026-09-15T11:20:00Z", "2026-09-15T13:30:00Z")


def test_edits_within_the_look_back_arrive(account: Account, world: World) -> None:
    tables = catalog(["detailed_report"])
    first = account.run(catalog=tables).ok()
    rows = [row for row in first.records("detailed_report") if row["workspaceId"] == world.main_id]
    recent, old = max(rows, key=lambda row: row["start"]), min(rows, key=lambda row: row["start"])
    for row in (recent, old):
        world.edit_entry(row["_id"], description="edited")
    settings: dict[str, Any] = {"catalog": tables, "lookback_days": 5}
    second = account.run(state=first.state, **settings).ok()
    sent = {row["_id"]: row["description"] for row in second.records("detailed_report")}
    assert sent[recent["_id"]] == "edited"
    assert old["_id"] not in sent
    whole = account.run(state=first.state, **{**settings, "lookback_days": 36_500}).ok()
    assert windows(account, "detailed_report")[0][0] == "2017-01-01"
    assert {row["_id"] for row in whole.records("detailed_report")} >= {recent["_id"], old["_id"]}


def test_the_look_back_never_moves_a_bookmark_back(account: Account, world: World) -> None:
    tables = catalog(WINDOWED)
    first = account.run(catalog=tables).ok()
    for row in first.records("detailed_report"):
        if row["start"] > "2026-09-01":
            world.delete_entry(row["_id"])
    second = account.run(catalog=tables, state=first.state).ok()
    found = [bookmarks(account, run.state) for run in (first, second)]
    assert all(found[0][table] == found[1][table] for table in REPORTS)


def test_a_list_that_stands_still_is_not_read_from_the_beginning(
    account: Account, world: World
) -> None:
    """Where nothing came for long, the bookmark follows the present at the distance of a slice."""
    for ident in list(world.main.expenses):
        world.delete_row(ident)
    tables = catalog(["expense_report", "tags"])
    first = account.run(catalog=tables).ok()
    assert first.records("expense_report") == []
    value = mark(first.state, "expense_report", world.main_id)["replication_key_value"]
    assert value == "2026-08-16T00:00:00Z"
    account.reset()
    account.run(catalog=tables, state=first.state).ok()
    assert windows(account, "expense_report") == [
        ("2026-07-17", "2026-08-16"),
        ("2026-08-17", "2026-09-15"),
    ]


def test_rows_of_later_days_come_when_their_day_does(account: Account, world: World) -> None:
    expense = world.insert_row(world.main_id, "expenses", date="2026-09-20")
    tables = catalog(["expense_report"])
    first = account.run(catalog=tables).ok()
    assert expense not in {row["_id"] for row in first.records("expense_report")}
    world.advance(5 * DAY)
    second = account.run(catalog=tables, state=first.state, lookback_days=0).ok()
    assert expense in {row["_id"] for row in second.records("expense_report")}


def test_a_slice_that_fails_keeps_the_bookmark(account: Account, world: World) -> None:
    tables = catalog(["expense_report", "tags"])
    account.fault("/reports/expenses", "status", code=500, times=1, after=100)
    broken = account.run(catalog=tables, max_retries=0, max_concurrency=1)
    assert broken.code == 1
    kept = mark(broken.state, "expense_report", world.main_id)
    assert "replication_key_value" not in kept
    done = len(kept["walk"]["done"])
    assert done == 114
    account.reset()
    copied = Copy()
    copied.load(broken)
    again = copied.load(account.run(catalog=tables, state=broken.state).ok())
    assert len(windows(account, "expense_report")) == 1  # what was read is not read again
    assert keyed(copied.rows("expense_report"), KEYS["expense_report"]) == keyed(
        until_now(world, "expense_report"), KEYS["expense_report"]
    )
    assert "walk" not in mark(again.state, "expense_report", world.main_id)


def test_a_quota_ends_the_first_read_in_several_runs(account: Account, world: World) -> None:
    tables = catalog(["expense_report"])
    settings: dict[str, Any] = {
        "max_requests_per_hour": 30,
        "on_quota": "stop",
        "workspace_ids": [world.main_id],
        "catalog": tables,
    }
    copied = Copy()
    state: State | None = None
    runs = 0
    while runs < 8:
        runs += 1
        world.advance(3700)
        run = copied.load(account.run(state=state, **settings))
        state = run.state
        if run.code == 0:
            break
    assert 4 <= runs <= 6
    assert keyed(copied.rows("expense_report"), KEYS["expense_report"]) == keyed(
        until_now(world, "expense_report"), KEYS["expense_report"]
    )


@pytest.mark.parametrize("bounded", [False, True])
def test_no_read_has_a_table_version(
    account: Account,
    bounded: bool,
) -> None:
    ids = [account.world.main_id]
    dates: dict[str, Any] = {"start_date": "2026-08-01"} if bounded else {}
    no_tables: tuple[str, ...] = ()
    for full in (no_tables, WINDOWED):
        run = account.run(
            catalog=catalog([*WINDOWED, "tags"], full=full), workspace_ids=ids, **dates, **VERSIONS
        ).ok()
        assert run.versioned == ["tags"]
        assert all(
            "version" not in message
            for table in WINDOWED
            for message in run.of("RECORD")
            if message["stream"] == table
        )


def test_the_whole_table_when_the_catalog_asks_for_it(account: Account, world: World) -> None:
    state = account.run(catalog=catalog(REPORTS)).ok().state
    again = account.run(catalog=catalog(REPORTS, full=REPORTS), state=state).ok()
    for table in REPORTS:
        assert keyed(again.records(table), KEYS[table]) == keyed(
            until_now(world, table), KEYS[table]
        )


def test_a_plan_that_comes_back_is_read_from_where_it_was(account: Account, world: World) -> None:
    tables = catalog(["attendance_report", "tags"])
    before = account.run(catalog=tables).ok()
    world.set_plan(world.main_id, "FREE")
    without = account.run(catalog=tables, state=before.state).ok()
    assert mark(without.state, "attendance_report", world.main_id) == mark(
        before.state, "attendance_report", world.main_id
    )
