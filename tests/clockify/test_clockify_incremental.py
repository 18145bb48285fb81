"""Runs one after another: what has changed arrives, once and for all."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.clockify import truth
from tests.clockify.runs import ENTRIES, ENTRY_TABLES, TABLES, Account, Copy, catalog, true_rows
from tests.common.runs import NOW, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clockify.world import World

DAY = 86_400


@pytest.fixture
def world(account: Account) -> World:
    return account.world


def interval(start: datetime, hours: float | None = 1) -> dict[str, str | None]:
    """Return the interval of an entry; without hours it runs."""
    end = None if hours is None else start + timedelta(hours=hours)
    return {
        "start": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "end": f"{end:%Y-%m-%dT%H:%M:%SZ}" if end else None,
        **({} if hours else {"duration": None}),
    }


def bookmarks(state: State, table: str = "time_entries") -> dict[str, str]:
    return {
        one["context"]["workspaceId"]: one["replication_key_value"]
        for one in state["bookmarks"][table]["partitions"]
        if "replication_key_value" in one
    }


# -- what an incremental run brings ----------------------------------------------------------------


def test_inserts_and_edits_inside_the_look_back_arrive(account: Account, world: World) -> None:
    copied = Copy()
    state = copied.load(account.run().ok()).state
    recent = [
        row
        for row in true_rows(world, "time_entries")
        if "2026-09-07" < row["start"] < "2026-09-14"
    ]
    world.edit_entry(recent[0]["id"], description="edited", billable=True)
    world.edit_entry(recent[1]["id"], tagIds=["t1", "t2"])
    world.insert_entry(world.main_id, world.owner_id)
    world.insert_entry(
        world.main_id, world.owner_id, timeInterval=interval(NOW - timedelta(days=9))
    )
    world.rename_user(world.owner_id, "Renamed")
    world.insert_row(world.main_id, "clients", name="New client")
    world.advance(DAY)
    run = copied.load(account.run(state=state, lookback_days=10).ok())
    assert copied.differences(world, ["time_entries", "users", "clients"]) == {}
    assert run.counts()["time_entries"] < 300


def test_an_edit_before_the_look_back_is_seen_by_a_full_refresh_only(
    account: Account, world: World
) -> None:
    copied = Copy()
    state = copied.load(account.run(lookback_days=1).ok()).state
    old = min(true_rows(world, "time_entries"), key=lambda row: row["start"])
    world.edit_entry(old["id"], description="edited")
    copied.load(account.run(state=state, lookback_days=1).ok())
    assert "1 different" in copied.differences(world)["time_entries"]
    copied.load(account.run().ok())
    assert copied.differences(world) == {}


def test_an_entry_that_moves_into_the_window_arrives(account: Account, world: World) -> None:
    copied = Copy()
    state = copied.load(account.run().ok()).state
    old = min(true_rows(world, "time_entries"), key=lambda row: row["start"])
    world.edit_entry(old["id"], timeInterval=interval(NOW - timedelta(days=3)))
    copied.load(account.run(state=state).ok())
    assert copied.differences(world, ["time_entries"]) == {}


def test_equal_starts_at_the_bookmark_are_included(account: Account, world: World) -> None:
    copied = Copy()
    state = copied.load(account.run(lookback_days=0).ok()).state
    for _ in range(2):
        world.insert_entry(world.main_id, world.owner_id, timeInterval=interval(NOW, 0.5))
        state = copied.load(account.run(state=state, lookback_days=0).ok()).state
    assert copied.differences(world, ["time_entries"]) == {}


def test_a_running_timer_is_read_until_it_ends(account: Account, world: World) -> None:
    copied = Copy()
    user = world.member_id
    assert user
    timer = world.insert_entry(
        world.main_id, user, timeInterval=interval(NOW - timedelta(days=100), None)
    )
    state = copied.load(account.run(lookback_days=2).ok()).state
    for _ in range(3):
        world.advance(20 * DAY)
        state = copied.load(account.run(state=state, lookback_days=2).ok()).state
    world.stop_timer(timer)
    account.running.reset_requests()
    state = copied.load(account.run(state=state, lookback_days=2).ok()).state
    (row,) = [row for row in copied.rows("time_entries") if row["id"] == timer]
    assert row["timeInterval"]["end"] == "2026-11-14T12:30:00Z"
    # only the member with the timer is asked for so long a window
    assert sum("start=2026-06-06" in request for request in account.requests()) == 1
    account.running.reset_requests()
    account.run(state=state, lookback_days=2).ok()
    assert not any("start=2026-06-06" in request for request in account.requests())


def test_future_entries_never_push_the_bookmark_past_now(account: Account, world: World) -> None:
    world.insert_entry(
        world.main_id, world.owner_id, timeInterval=interval(NOW + timedelta(days=400))
    )
    copied = Copy()
    state = copied.load(account.run(lookback_days=0).ok()).state
    assert set(bookmarks(state).values()) == {"2026-09-15T12:30:00Z"}
    world.advance(DAY)
    world.insert_entry(world.main_id, world.owner_id)
    copied.load(account.run(state=state, lookback_days=0).ok())
    assert copied.differences(world, ["time_entries"]) == {}


def test_look_back_does_not_move_the_bookmark(account: Account, world: World) -> None:
    for ident in [row["id"] for row in true_rows(world, "time_entries")]:
        row = next(r for r in true_rows(world, "time_entries") if r["id"] == ident)
        if row["start"] > "2026-09-10" and row["timeInterval"]["end"]:
            world.delete_entry(ident)
    for row in true_rows(world, "time_entries"):
        if not row["timeInterval"]["end"]:
            world.delete_entry(row["id"])
    first = account.run().ok().state
    assert max(bookmarks(first).values()) < "2026-09-10"
    second = account.run(state=first, lookback_days=90).ok().state
    third = account.run(state=second, lookback_days=0).ok().state
    assert bookmarks(first) == bookmarks(second) == bookmarks(third)


def test_bookmarks_of_an_empty_account_stay_absent(account: Account, world: World) -> None:
    for row in true_rows(world, "time_entries"):
        world.delete_entry(row["id"])
    run = account.run().ok()
    assert run.records("time_entries") == []
    assert bookmarks(run.state) == {}
    world.insert_entry(world.main_id, world.owner_id, timeInterval=interval(NOW - timedelta(600)))
    assert len(account.run(state=run.state).ok().records("time_entries")) == 1


# -- what has no bookmark yet ----------------------------------------------------------------------


def test_a_new_member_arrives_with_all_entries(account: Account, world: World) -> None:
    copied = Copy()
    state = copied.load(account.run().ok()).state
    user = world.insert_user(world.main_id, "Nadia New")
    for days in (1, 200):
        start = NOW - timedelta(days=days)
        world.insert_entry(world.main_id, user, timeInterval=interval(start))
    copied.load(account.run(state=state).ok())
    assert copied.differences(world, ["time_entries", "users"]) == {}


def test_a_new_workspace_is_read_from_its_beginning(account: Account, world: World) -> None:
    copied = Copy()
    state = copied.load(account.run(workspace_ids=[world.main_id]).ok()).state
    copied.load(account.run(state=state).ok())
    assert copied.differences(world) == {}


def test_a_new_table_is_read_from_its_beginning(account: Account, world: World) -> None:
    copied = Copy()
    state = copied.load(account.run(catalog=catalog(["time_entries"])).ok()).state
    run = copied.load(account.run(state=state).ok())
    assert copied.differences(world) == {}
    assert set(bookmarks(run.state, "time_entry_tags")) == set(world.workspaces)


def test_a_table_that_was_deselected_for_a_while_loses_nothing(
    account: Account, world: World
) -> None:
    copied = Copy()
    state = copied.load(account.run(lookback_days=1).ok()).state
    world.advance(20 * DAY)
    world.insert_entry(world.main_id, world.owner_id, tagIds=["t1"])
    only = catalog(["time_entries"])
    state = copied.load(account.run(state=state, catalog=only, lookback_days=1).ok()).state
    world.advance(20 * DAY)
    copied.load(account.run(state=state, lookback_days=1).ok())
    assert copied.differences(world, ["time_entries", "time_entry_tags"]) == {}


def test_a_member_who_left_does_not_fail_the_run(account: Account, world: World) -> None:
    state = account.run().ok().state
    assert world.member_id
    world.remove_user(world.main_id, world.member_id)
    run = account.run(state=state).ok()
    assert (world.main_id, world.member_id) not in {
        (row["workspaceId"], row["userId"]) for row in run.records("time_entries")
    }


def test_a_member_who_could_not_be_read_is_read_from_the_beginning_later(
    account: Account, world: World
) -> None:
    """A plain member's key brings its own entries; then the owner's key takes over."""
    copied = Copy()
    run = copied.load(
        account.run(
            api_key="sandbox-member-key", workspace_ids=[world.main_id], lookback_days=1
        ).ok()
    )
    assert {row["userId"] for row in run.records("time_entries")} == {world.member_id}
    copied.load(account.run(state=run.state, lookback_days=1).ok())
    assert copied.differences(world, ["time_entries"]) == {}


def test_a_timer_of_a_member_left_out_once_is_still_read_until_it_ends(
    account: Account, world: World
) -> None:
    user = world.member_id
    assert user
    timer = world.insert_entry(
        world.main_id, user, timeInterval=interval(NOW - timedelta(days=100), None)
    )
    copied = Copy()
    state = copied.load(account.run().ok()).state
    account.fault(f"user/{user}/", "status", code=403, body='{"code": 1006}', times=1)
    failed = account.run(state=state)
    assert failed.code == 1, "entries that were visible once are no more"
    state = copied.load(failed).state
    world.stop_timer(timer)
    copied.load(account.run(state=state).ok())
    assert copied.differences(world, ["time_entries"]) == {}


# -- dates -----------------------------------------------------------------------------------------


def test_dates_choose_the_rows(account: Account, world: World) -> None:
    run = account.run(start_date="2026-09-01T07:00:00Z", end_date="2026-09-10").ok()
    expected = {
        row["id"]
        for row in true_rows(world, "time_entries")
        if "2026-09-01T07:00:00Z" <= row["start"] < "2026-09-11"
    }
    assert {row["id"] for row in run.records("time_entries")} == expected
    assert 0 < len(expected) < 300
    for table in ("time_entry_tags", "time_entry_custom_fields"):
        assert {row["timeEntryId"] for row in run.records(table)} <= expected


def test_a_later_run_goes_on_where_the_end_date_was(account: Account, world: World) -> None:
    copied = Copy()
    state = copied.load(account.run(end_date="2026-09-05").ok()).state
    assert max(bookmarks(state).values()) < "2026-09-06"
    copied.load(account.run(state=state).ok())
    assert copied.differences(world) == {}


def test_the_end_date_of_the_start_is_a_whole_day(account: Account, world: World) -> None:
    day: dict[str, Any] = {"start_date": "2026-09-03", "end_date": "2026-09-03"}
    run = account.run(**day).ok()
    expected = {
        row["id"]
        for row in true_rows(world, "time_entries")
        if row["start"].startswith("2026-09-03")
    }
    assert expected
    assert {row["id"] for row in run.records("time_entries")} == expected


def test_a_moment_of_the_end_dates_day_is_not_after_it(account: Account) -> None:
    run = account.run(start_date="2026-09-03T07:00:00Z", end_date="2026-09-03").ok()
    assert run.records("time_entries")


@pytest.mark.parametrize(
    "dates", [{"end_date": "9999-12-31"}, {"start_date": "0001-01-01"}], ids=str
)
def test_dates_at_the_ends_of_the_calendar_mean_no_bound(
    account: Account, world: World, dates: dict[str, Any]
) -> None:
    copied = Copy()
    copied.load(account.run(**dates).ok())
    assert copied.differences(world) == {}


# -- full tables and versions ----------------------------------------------------------------------


def test_full_table_by_the_catalog_ignores_the_state(account: Account, world: World) -> None:
    tables = catalog(TABLES, full=ENTRY_TABLES)
    first = account.run(catalog=tables).ok()
    assert not any(first.state["bookmarks"].get(table) for table in ENTRY_TABLES)
    incremental = account.run().ok()
    copied = Copy()
    account.running.reset_requests()
    copied.load(account.run(catalog=tables, state=incremental.state).ok())
    assert copied.differences(world) == {}
    assert not any("start=" in request for request in account.requests())


def test_a_full_table_beside_an_incremental_one(account: Account, world: World) -> None:
    tables = catalog(TABLES, full=["time_entries"])
    state = account.run().ok().state
    copied = Copy()
    run = copied.load(account.run(catalog=tables, state=state).ok())
    assert copied.differences(world) == {}
    assert set(bookmarks(run.state, "time_entry_tags")) == set(world.workspaces)


def test_versions_come_last_and_are_those_of_the_records(account: Account) -> None:
    run = account.run(emit_activate_version_messages=True).ok()
    versions = {message["stream"]: message["version"] for message in run.of("ACTIVATE_VERSION")}
    assert len(run.versioned) == len(versions) == 13
    seen = set()
    for message in run.messages:
        if message["type"] == "ACTIVATE_VERSION":
            seen.add(message["stream"])
        elif message["type"] == "RECORD":
            assert message["stream"] not in seen
            assert message["version"] == versions[message["stream"]]


def test_without_the_setting_there_are_no_versions(account: Account) -> None:
    run = account.run().ok()
    assert run.versioned == []
    assert all("version" not in message for message in run.of("RECORD"))


def test_what_is_gone_at_the_source_goes_in_the_copy(account: Account, world: World) -> None:
    copied = Copy()
    copied.load(account.run(emit_activate_version_messages=True).ok())
    world.delete_entry(true_rows(world, "time_entries")[5]["id"])
    world.delete_row(next(iter(world.main.tags)))
    world.delete_project(next(iter(world.main.projects)))
    assert world.member_id
    world.remove_user(world.main_id, world.member_id)
    world.advance(DAY)
    copied.load(account.run(emit_activate_version_messages=True).ok())
    assert copied.differences(world) == {}


def test_an_incremental_run_versions_its_full_tables_only(account: Account, world: World) -> None:
    copied = Copy()
    versions: dict[str, Any] = {"emit_activate_version_messages": True}
    state = copied.load(account.run(**versions).ok()).state
    world.delete_row(next(iter(world.main.tags)))
    world.advance(DAY)
    run = copied.load(account.run(state=state, **versions).ok())
    assert not set(run.versioned) & set(ENTRY_TABLES)
    assert len(run.versioned) == 10
    assert copied.differences(world) == {}


@pytest.mark.parametrize("dates", [{"start_date": "2026-08-01"}, {"end_date": "2026-08-01"}])
def test_dates_keep_entries_unversioned(account: Account, dates: dict[str, Any]) -> None:
    run = account.run(emit_activate_version_messages=True, **dates).ok()
    assert not set(run.versioned) & set(ENTRY_TABLES)


def test_members_left_out_keep_entries_unversioned(account: Account) -> None:
    run = account.run(api_key="sandbox-member-key", emit_activate_version_messages=True).ok()
    assert not set(run.versioned) & set(ENTRY_TABLES)
    assert len(run.versioned) == 10


def test_a_failed_partition_keeps_its_tables_unversioned(account: Account, world: World) -> None:
    account.fault(f"user/{world.member_id}/", "status", code=500)
    run = account.run(emit_activate_version_messages=True)
    assert run.code == 1
    assert sorted(set(ENTRY_TABLES) | set(run.versioned)) == sorted(copied_tables(account))
    assert not set(run.versioned) & set(ENTRY_TABLES)


def copied_tables(account: Account) -> list[str]:
    return list(truth.counts(account.world))


@pytest.mark.parametrize("route", ["users", "projects", "tags"])
def test_a_list_that_fails_in_one_workspace_is_not_versioned(
    account: Account, world: World, route: str
) -> None:
    copied = Copy()
    copied.load(account.run(emit_activate_version_messages=True).ok())
    account.fault(f"{world.second_id}/{route}", "status", code=500)
    world.advance(DAY)
    run = copied.load(account.run(emit_activate_version_messages=True))
    assert run.code == 1
    assert route not in run.versioned
    assert copied.differences(world) == {}


def test_a_workspace_that_an_addon_cannot_read_keeps_its_rows(
    account: Account, world: World
) -> None:
    """Nothing may be called deleted when one of the workspaces could not be read."""
    token: dict[str, Any] = {"api_key": None, "addon_token": "sandbox-addon-token"}
    copied = Copy()
    whole: dict[str, Any] = {
        **token,
        "workspace_ids": [world.main_id],
        "emit_activate_version_messages": True,
    }
    copied.load(account.run(**whole).ok())
    held = copied.ids("time_entries")
    account.fault(f"GET /clockify/api/v1/workspaces/{world.main_id}", "status", code=500, times=2)
    world.advance(DAY)
    run = copied.load(account.run(**whole))
    assert run.code == 1
    assert run.versioned == []
    assert copied.ids("time_entries") == held


def test_a_wrong_addon_token_empties_no_table(account: Account, world: World) -> None:
    run = account.run(
        api_key=None,
        addon_token="wrong",
        workspace_ids=[world.main_id],
        emit_activate_version_messages=True,
    )
    assert run.code == 1
    assert run.versioned == []


def test_a_key_that_sees_no_workspace_empties_no_table(account: Account) -> None:
    account.fault("v1/workspaces", "status", code=200, body="[]")
    run = account.run(emit_activate_version_messages=True)
    assert run.versioned == []
    assert run.code == 1
    assert "workspace" in run.error


@pytest.mark.parametrize(
    ("route", "name", "table"),
    [
        ("/users", "memberships", "user_memberships"),
        ("/projects", "memberships", "project_memberships"),
        ("/user-groups", "userIds", "user_group_members"),
        ("/time-entries", "tagIds", "time_entry_tags"),
        ("/time-entries", "customFieldValues", "time_entry_custom_fields"),
    ],
)
def test_a_table_whose_lists_drifted_is_not_versioned(
    account: Account, route: str, name: str, table: str
) -> None:
    account.fault(route, "replace", field=name, value={"changed": "overnight"})
    run = account.run(emit_activate_version_messages=True)
    assert f"values of {name} are not of their type" in run.log
    assert table not in run.versioned


def test_a_full_refresh_is_a_run_without_state(account: Account, world: World) -> None:
    copied = Copy()
    copied.load(account.run(emit_activate_version_messages=True).ok())
    old = min(true_rows(world, "time_entries"), key=lambda row: row["start"])
    world.delete_entry(old["id"])
    world.advance(DAY)
    copied.load(account.run(emit_activate_version_messages=True).ok())
    assert copied.differences(world) == {}


# -- failures and what the next run does -----------------------------------------------------------


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


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("status", {"code": 500}),
        ("status", {"code": 404}),
        ("html", {}),
        ("truncate_json", {}),
        ("reset", {}),
        ("empty", {}),
        ("envelope", {}),
    ],
)
def test_a_member_that_always_fails_does_not_freeze_the_others(
    start: Callable[..., Account], kind: str, parameters: dict[str, object]
) -> None:
    account = start(members=30, entries=300)
    world = account.world
    bad = list(world.main.users)[10]
    account.fault(f"user/{bad}/", kind, **parameters)
    copied = Copy()
    state = None
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
    assert missing <= {bad}
    account.mended()
    copied.load(account.run(state=state).ok())
    assert copied.differences(world) == {}


def test_three_members_that_always_fail_do_not_freeze_the_others(
    start: Callable[..., Account],
) -> None:
    account = start(members=40, entries=300)
    world = account.world
    bad = set(list(world.main.users)[20:23])
    for user in bad:
        account.fault(f"user/{user}/", "status", code=500)
    copied = Copy()
    state = None
    for _ in range(3):
        world.advance(DAY)
        for user in world.main.users:
            world.insert_entry(world.main_id, user)
        state = copied.load(account.run(state=state)).state
    missing = {
        row["userId"]
        for row in true_rows(world, "time_entries")
        if row["id"] not in copied.ids("time_entries")
    }
    assert missing <= bad
    account.mended()
    copied.load(account.run(state=state).ok())
    assert copied.differences(world) == {}


def test_an_interrupted_first_load_goes_on_with_the_rest(
    start: Callable[..., Account],
) -> None:
    account = start(members=40, entries=400)
    world = account.world
    account.fault("/time-entries", "reset", after=25)
    copied = Copy()
    versions: dict[str, Any] = {"emit_activate_version_messages": True}
    first = copied.load(account.run(max_concurrency=1, **versions))
    assert first.code == 1
    account.mended()
    account.running.reset_requests()
    world.advance(60)
    second = copied.load(account.run(state=first.state, **versions).ok())
    assert account.templates().count(ENTRIES) < 44
    assert not {row["id"] for row in first.records("time_entries")} & {
        row["id"] for row in second.records("time_entries")
    }
    assert copied.differences(world) == {}
    assert set(ENTRY_TABLES) <= set(second.versioned)
    (version,) = {message["version"] for message in first.of("RECORD", "time_entries")}
    assert {message["version"] for message in second.of("RECORD", "time_entries")} == {version}


def test_a_resumed_load_does_not_delete_members_left_out_before(
    start: Callable[..., Account],
) -> None:
    """A member refused in the interrupted run is no more complete in the one that goes on."""
    account = start(members=40, entries=400)
    world = account.world
    versions: dict[str, Any] = {"emit_activate_version_messages": True}
    copied = Copy()
    copied.load(account.run(**versions).ok())
    refused = list(world.main.users)[1]
    world.advance(DAY)
    account.fault(f"user/{refused}/", "status", code=403, body='{"code": 1006}')
    account.fault("/time-entries", "reset", after=25)
    first = copied.load(account.run(max_concurrency=1, **versions))
    assert first.code == 1
    account.mended()
    world.advance(60)
    copied.load(account.run(state=first.state, **versions).ok())
    assert copied.differences(world, ["time_entries"]) == {}


def test_entries_made_between_an_interruption_and_the_rest_arrive(
    start: Callable[..., Account],
) -> None:
    account = start(members=40, entries=400)
    world = account.world
    account.fault("/time-entries", "reset", after=25)
    copied = Copy()
    first = copied.load(account.run(max_concurrency=1, lookback_days=0))
    account.mended()
    world.advance(3 * DAY)
    for user in world.main.users:
        world.insert_entry(world.main_id, user)
    second = copied.load(account.run(state=first.state, lookback_days=0).ok())
    copied.load(account.run(state=second.state, lookback_days=0).ok())
    assert copied.differences(world, ["time_entries"]) == {}


def test_state_of_a_failed_run_still_serves_when_the_service_is_gone(account: Account) -> None:
    state = account.run().ok().state
    account.fault("v1/workspaces", "reset")
    run = account.run(state=state)
    assert run.code == 1
    assert bookmarks(run.state) == bookmarks(state)


def test_naive_and_older_states_are_read(account: Account) -> None:
    state = account.run().ok().state
    for table in ENTRY_TABLES:
        for one in state["bookmarks"][table]["partitions"]:
            one["replication_key_value"] = "2026-09-14T00:00:00+00:00"
            del one["unfinished"]
    account.running.reset_requests()
    account.run(state=state, lookback_days=1).ok()
    bounds = {r for r in account.requests() if "time-entries" in r}
    assert all("start=2026-09-12T00:00:00Z" in request for request in bounds)
    assert datetime(2026, 9, 12, tzinfo=timezone.utc) < NOW
