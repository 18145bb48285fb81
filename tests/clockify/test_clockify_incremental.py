"""Runs one after another: what has changed arrives, and nothing that exists is called deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.clockify.runs import (
    DAY,
    ENTRIES,
    ENTRY_TABLES,
    TABLES,
    VERSIONS,
    Account,
    Copy,
    bookmarks,
    catalog,
    true_rows,
)
from tests.common.runs import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clockify.world import World


def ago(days: float, hours: float | None = 1) -> dict[str, str | None]:
    """Return the interval of an entry that began so many days ago; without hours it runs."""
    start = NOW - timedelta(days=days)
    end = None if hours is None else f"{start + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "start": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "end": end,
        **({} if hours else {"duration": None}),
    }


def oldest(world: World) -> str:
    found: str = min(true_rows(world, "time_entries"), key=lambda row: row["start"])["id"]
    return found


# -- what a later run brings -----------------------------------------------------------------------


def several(world: World) -> None:
    first, second = [
        row["id"]
        for row in true_rows(world, "time_entries")
        if "2026-09-07" < row["start"] < "2026-09-14"
    ][:2]
    world.edit_entry(first, description="edited", billable=True)
    world.edit_entry(second, tagIds=["t1", "t2"])
    world.insert_entry(world.main_id, world.owner_id)
    world.insert_entry(world.main_id, world.owner_id, timeInterval=ago(9))
    world.rename_user(world.owner_id, "Renamed")
    world.insert_row(world.main_id, "clients", name="New client")


def moved(world: World) -> None:
    world.edit_entry(oldest(world), timeInterval=ago(3))


def at_the_bookmark(world: World) -> None:
    world.insert_entry(world.main_id, world.owner_id, timeInterval=ago(0, 0.5))


def new_member(world: World) -> None:
    user = world.insert_user(world.main_id, "Nadia New")
    for days in (1, 200):
        world.insert_entry(world.main_id, user, timeInterval=ago(days))


def member_left(world: World) -> None:
    (kept,) = (
        row for row in true_rows(world, "users", world.main_id) if row["id"] == world.owner_id
    )
    assert kept
    user = world.insert_user(world.main_id, "Gone Again")
    world.insert_entry(world.main_id, user)
    world.remove_user(world.main_id, user)


@pytest.mark.parametrize(
    ("change", "lookback"),
    [(several, 10), (moved, 10), (at_the_bookmark, 0), (new_member, 0), (member_left, 0)],
)
def test_what_changed_arrives(
    account: Account, world: World, change: Callable[[World], None], lookback: int
) -> None:
    copied = Copy()
    state = copied.load(account.run(lookback_days=lookback).ok()).state
    change(world)
    run = copied.load(account.run(state=state, lookback_days=lookback).ok())
    assert copied.differences(world, ["time_entries", "users", "clients"]) == {}
    assert run.counts()["time_entries"] < 300


def test_an_edit_before_the_look_back_is_seen_by_a_full_refresh_only(
    account: Account, world: World
) -> None:
    copied = Copy()
    state = copied.load(account.run(lookback_days=1).ok()).state
    world.edit_entry(oldest(world), description="edited")
    copied.load(account.run(state=state, lookback_days=1).ok())
    assert "1 different" in copied.differences(world)["time_entries"]
    copied.load(account.run().ok())
    assert copied.differences(world) == {}


def test_a_running_timer_is_read_until_it_ends(account: Account, world: World) -> None:
    copied, tables = Copy(), catalog(["time_entries"])
    timer = world.insert_entry(world.main_id, str(world.member_id), timeInterval=ago(100, None))
    state = copied.load(account.run(catalog=tables, lookback_days=2).ok()).state
    for _ in range(2):
        world.advance(20 * DAY)
        state = copied.load(account.run(catalog=tables, state=state, lookback_days=2).ok()).state
    world.stop_timer(timer)
    long_ago = []
    for _ in range(2):
        account.reset()
        state = copied.load(account.run(catalog=tables, state=state, lookback_days=2).ok()).state
        long_ago.append(sum("start=2026-06-06" in line for line in account.requests()))
    assert long_ago == [1, 0]  # of the one member, until it has ended
    (row,) = [row for row in copied.rows("time_entries") if row["id"] == timer]
    assert row["timeInterval"]["end"] == "2026-10-25T12:30:00Z"


@pytest.mark.parametrize(
    "before",
    [
        {"workspace_ids": "main"},
        {"workspace_ids": "main", "api_key": "sandbox-member-key"},
        {"catalog": catalog(["time_entries"])},
        {"end_date": "2026-09-05"},
    ],
    ids=["workspace", "members", "table", "later days"],
)
def test_what_was_left_out_before_is_read_from_its_beginning(
    account: Account, world: World, before: dict[str, Any]
) -> None:
    copied = Copy()
    given = before | {"workspace_ids": [world.main_id]} if "workspace_ids" in before else before
    state = copied.load(account.run(lookback_days=1, **given).ok()).state
    assert "time_entries" in copied.differences(world) or "catalog" in given
    run = copied.load(account.run(state=state, lookback_days=1).ok())
    assert copied.differences(world) == {}
    assert set(bookmarks(run.state, "time_entry_tags")) == set(world.workspaces)


def test_a_table_that_was_deselected_for_a_while_loses_nothing(
    account: Account, world: World
) -> None:
    copied, state = Copy(), None
    for tables in (TABLES, ["time_entries"], TABLES):
        run = account.run(state=state, catalog=catalog(tables), lookback_days=1)
        state = copied.load(run.ok()).state
        world.advance(20 * DAY)
        if tables == TABLES:
            world.insert_entry(world.main_id, world.owner_id, tagIds=["t1"])
    copied.load(account.run(state=state, lookback_days=1).ok())
    assert copied.differences(world, ["time_entries", "time_entry_tags"]) == {}


# -- full tables and versions ----------------------------------------------------------------------


def test_full_tables_ignore_the_state(account: Account, world: World) -> None:
    state = account.run().ok().state
    account.reset()
    copied = Copy()
    run = account.run(catalog=catalog(TABLES, full=ENTRY_TABLES), state=state).ok()
    copied.load(run)
    assert copied.differences(world) == {}
    assert not any("start=" in request for request in account.requests())
    alone = account.run(catalog=catalog(TABLES, full=ENTRY_TABLES)).ok()
    assert not any(alone.state["bookmarks"].get(table) for table in ENTRY_TABLES)
    copied = Copy()
    beside = account.run(catalog=catalog(TABLES, full=["time_entries"]), state=state).ok()
    copied.load(beside)
    assert copied.differences(world) == {}
    assert set(bookmarks(beside.state, "time_entry_tags")) == set(world.workspaces)


def test_versions_come_last_and_are_those_of_the_records(shared: Account) -> None:
    run = shared.run(**VERSIONS).ok()
    versions = {message["stream"]: message["version"] for message in run.of("ACTIVATE_VERSION")}
    assert len(run.versioned) == len(versions) == len(TABLES)
    seen = set()
    for message in run.messages:
        if message["type"] == "ACTIVATE_VERSION":
            seen.add(message["stream"])
        elif message["type"] == "RECORD":
            assert message["stream"] not in seen
            assert message["version"] == versions[message["stream"]]
    without = shared.run().ok()
    assert without.versioned == []
    assert all("version" not in message for message in without.of("RECORD"))


def test_what_is_gone_at_the_source_goes_in_the_copy(account: Account, world: World) -> None:
    """Entries with a full refresh, what is always read whole with any run."""
    copied = Copy()
    state = copied.load(account.run(**VERSIONS).ok()).state
    world.delete_row(next(iter(world.main.tags)))
    world.delete_project(next(iter(world.main.projects)))
    world.advance(DAY)
    run = copied.load(account.run(state=state, **VERSIONS).ok())
    assert set(run.versioned) == {*TABLES} - {*ENTRY_TABLES}
    assert copied.differences(world) == {}
    world.delete_entry(oldest(world))
    world.remove_user(world.main_id, str(world.member_id))
    world.advance(DAY)
    copied.load(account.run(**VERSIONS).ok())
    assert copied.differences(world) == {}


# -- what a failure leaves -------------------------------------------------------------------------


def test_a_failure_never_advances_the_bookmark(account: Account, world: World) -> None:
    state = account.run().ok().state
    world.advance(5 * DAY)
    world.insert_entry(world.main_id, world.owner_id)
    account.fault(f"{world.main_id}/user/{world.member_id}/", "status", code=500)
    run = account.run(state=state)
    assert run.code == 1
    for table in ENTRY_TABLES:
        before, after = bookmarks(state, table), bookmarks(run.state, table)
        assert after[world.main_id] == before[world.main_id]
        # the other workspace has nothing newer than its future entry of two days ahead
        assert after[world.second_id] > before[world.second_id]
    account.fault("v1/workspaces", "reset")
    away = account.run(state=run.state)
    assert away.code == 1
    assert bookmarks(away.state) == bookmarks(run.state)


def test_members_that_always_fail_do_not_freeze_the_others(start: Callable[..., Account]) -> None:
    account = start(members=40, entries=100)
    world = account.world
    bad = set(list(world.main.users)[20:23])
    for user in bad:
        account.fault(f"user/{user}/", "status", code=500)
    copied, state = Copy(), None
    for _ in range(3):
        world.advance(DAY)
        for user in world.main.users:
            world.insert_entry(world.main_id, user)
        run = copied.load(account.run(state=state))
        assert run.code == 1
        state = run.state
    missing = {
        row["userId"]
        for row in true_rows(world, "time_entries")
        if row["id"] not in copied.ids("time_entries")
    }
    assert missing <= bad
    account.mended()
    copied.load(account.run(state=state).ok())
    assert copied.differences(world) == {}


@pytest.fixture
def large(start: Callable[..., Account]) -> Account:
    return start(members=40, entries=400)


def test_an_interrupted_first_load_goes_on_with_the_rest(large: Account) -> None:
    """With the version it began with; what was refused before is not called deleted."""
    copied, world = Copy(), large.world
    copied.load(large.run(**VERSIONS).ok())
    held = copied.ids("time_entries")
    world.advance(DAY)
    refused = list(world.main.users)[1]
    large.fault(f"user/{refused}/", "status", code=403, body='{"code": 1006}')
    large.fault("/time-entries", "reset", after=25)
    first = copied.load(large.run(max_concurrency=1, **VERSIONS))
    assert first.code == 1
    large.mended()
    large.reset()
    world.advance(60)
    for user in world.main.users:
        world.insert_entry(world.main_id, user)
    second = copied.load(large.run(state=first.state, **VERSIONS).ok())
    assert large.templates().count(ENTRIES) < 44
    sent = [{row["id"] for row in run.records("time_entries")} for run in (first, second)]
    assert not sent[0] & sent[1]
    versions = {
        one["version"] for run in (first, second) for one in run.of("RECORD", "time_entries")
    }
    assert len(versions) == 1
    assert held <= copied.ids("time_entries")
    copied.load(large.run(state=second.state, **VERSIONS).ok())
    assert copied.differences(world) == {}


def test_the_state_stays_small(large: Account) -> None:
    run = large.run().ok()
    assert max(len(line) for line in run.output.splitlines() if b'"STATE"' in line) < 15_000
    assert len(run.of("STATE")) <= 2 + len(TABLES)
