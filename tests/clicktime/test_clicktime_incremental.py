"""Runs one after another: what has changed arrives, and bookmarks promise nothing too much."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.clicktime import truth
from tests.clicktime.runs import (
    CUSTOM_TABLES,
    VERSIONS,
    Account,
    Copy,
    copied,
    timestamp,
    true_rows,
)
from tests.common.runs import NOW, Run, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clicktime.world import World

DAY = 86_400
ENTRIES = ["time_entries", "time_entry_custom_fields"]
TRACKED = ["time_entries", "users", "jobs"]
ONLY: dict[str, Any] = {"entity_sets": ["TimeEntries"]}


@pytest.fixture
def world(account: Account) -> World:
    return account.world


def bookmark(state: State, table: str = "time_entries") -> str | None:
    found: str | None = state["bookmarks"].get(table, {}).get("replication_key_value")
    return found


def entry_at(world: World, *, days_ago: int) -> dict[str, Any]:
    """Return a time entry that was worked so many days ago, or the next earlier one."""
    day = (NOW.date() - timedelta(days=days_ago)).isoformat()
    dated = [row for row in true_rows(world, "time_entries") if row["Date"] and row["Date"] <= day]
    return max(dated, key=lambda row: str(row["Date"]))


def dated(row: dict[str, Any]) -> str:
    """Return the date of an entry, empty if it has none."""
    return row["Date"] or ""


def without_future(world: World) -> None:
    """Leave only entries that are dated before today."""
    for row in true_rows(world, "time_entries"):
        if row["Date"] and row["Date"] >= f"{NOW:%Y-%m-%d}":
            world.delete_entry(row["ID"])


def question(account: Account, name: str = "TimeEntries") -> str:
    """Return the condition of the one question that was asked last for a set."""
    return account.first_questions(name)[-1].get("$filter", "")


# -- entries by their date -------------------------------------------------------------------------


def test_inserts_and_edits_inside_the_look_back_arrive(account: Account, world: World) -> None:
    held = Copy()
    inside = world.insert_entry(Date="2026-08-17")
    state = held.load(account.run().ok()).state
    world.edit_entry(
        entry_at(world, days_ago=5)["ID"], Comment="edited", Hours="1.2345678901234567"
    )
    world.edit_entry(inside, CustomFields={"Region": "new", "n": 1})
    world.insert_entry()
    world.insert_entry(Date="2026-08-20", CustomFields={"a": None})
    world.edit_row(true_rows(world, "clients")[0]["ID"], Name="Renamed")
    world.insert_row("jobs", ClientID="c", Name="New job")
    world.advance(DAY)
    run = held.load(account.run(state=state).ok())
    changed = [table for table in truth.TABLES if table != "time_entry_custom_fields"]
    assert held.differences(world, changed) == {}
    assert 0 < run.counts()["time_entries"] < 200


def test_the_window_is_the_bookmark_minus_the_look_back(account: Account) -> None:
    state = account.run(**ONLY).ok().state
    assert bookmark(state) == "2026-09-15T12:30:00Z"
    for days, since in ((30, "2026-08-16"), (0, "2026-09-15"), (365, "2025-09-15")):
        account.reset()
        account.run(state=state, lookback_days=days, **ONLY).ok()
        assert question(account) == f"(Date ge {since} or Date eq null)"
        assert len(account.first_questions("TimeEntries")) == 1


@pytest.mark.parametrize("lookback", [0, 1, 17, 30])
def test_exactly_the_rows_of_the_window_are_read(account: Account, lookback: int) -> None:
    world = account.world
    since = NOW.date() - timedelta(days=lookback)
    for shift in (-1, 0, 1):
        world.insert_entry(Date=(since + timedelta(days=shift)).isoformat())
    state = account.run(**ONLY).ok().state
    run = account.run(state=state, lookback_days=lookback, page_size=7, **ONLY).ok()
    ids = [row["ID"] for row in run.records("time_entries")]
    assert sorted(ids) == sorted(
        row["ID"]
        for row in true_rows(world, "time_entries")
        if row["Date"] is None or row["Date"] >= since.isoformat()
    )
    assert {row["TimeEntryID"] for row in run.records("time_entry_custom_fields")} <= {*ids}


def test_an_edit_before_the_look_back_is_seen_by_a_full_refresh_only(
    account: Account, world: World
) -> None:
    held = Copy()
    state = held.load(account.run(lookback_days=10, **ONLY).ok()).state
    world.edit_entry(entry_at(world, days_ago=60)["ID"], Comment="edited late")
    held.load(account.run(state=state, lookback_days=10, **ONLY).ok())
    assert "1 different" in held.differences(world, ENTRIES)["time_entries"]
    held.load(account.run(**ONLY).ok())
    assert held.differences(world, ENTRIES) == {}


def test_an_entry_that_moves_into_the_window_arrives(account: Account, world: World) -> None:
    held = Copy()
    state = held.load(account.run(**ONLY).ok()).state
    world.edit_entry(entry_at(world, days_ago=80)["ID"], Date="2026-09-14")
    held.load(account.run(state=state, **ONLY).ok())
    assert held.differences(world, ENTRIES) == {}


def test_rows_dated_like_the_bookmark_are_included(account: Account, world: World) -> None:
    without_future(world)
    latest = max(row["Date"] for row in true_rows(world, "time_entries") if row["Date"])
    held = Copy()
    state = held.load(account.run(lookback_days=0, **ONLY).ok()).state
    assert bookmark(state) == f"{latest}T00:00:00Z", "the latest date, not the run's"
    for _ in range(2):
        world.insert_entry(Date=latest)
        state = held.load(account.run(state=state, lookback_days=0, **ONLY).ok()).state
        assert bookmark(state) == f"{latest}T00:00:00Z"
    assert held.differences(world, ENTRIES) == {}


def test_future_entries_never_push_the_bookmark_past_now(account: Account, world: World) -> None:
    world.insert_entry(Date="2027-12-24")
    planned = world.insert_entry(Date="2999-12-31")
    held = Copy()
    state = held.load(account.run(lookback_days=0, **ONLY).ok()).state
    assert bookmark(state) == "2026-09-15T12:30:00Z"
    world.advance(DAY)
    world.insert_entry()
    world.edit_entry(planned, Hours=9)
    state = held.load(account.run(state=state, lookback_days=0, **ONLY).ok()).state
    assert bookmark(state) == "2026-09-16T12:30:00Z"
    assert held.differences(world, ENTRIES) == {}


def test_the_last_day_of_the_calendar_is_read_incrementally(account: Account, world: World) -> None:
    state = account.run(**ONLY).ok().state
    world.insert_entry(Date="9999-12-31")
    run = account.run(state=state, **ONLY).ok()
    assert "9999-12-31" in {row["Date"] for row in run.records("time_entries")}
    assert bookmark(run.state) == "2026-09-15T12:30:00Z"


@pytest.mark.parametrize("lookback", [0, 30, 36500])
def test_a_bookmark_at_the_beginning_of_the_calendar_serves(
    account: Account, world: World, lookback: int
) -> None:
    """.NET's empty date as the only one there is."""
    for row in true_rows(world, "time_entries"):
        world.edit_entry(row["ID"], Date="0001-01-01")
    held = Copy()
    state = held.load(account.run(lookback_days=lookback, **ONLY).ok()).state
    world.edit_entry(true_rows(world, "time_entries")[0]["ID"], Comment="edited")
    held.load(account.run(state=state, lookback_days=lookback, **ONLY).ok())
    assert held.differences(world, ENTRIES) == {}


def test_entries_without_a_date_are_read_in_each_run(account: Account, world: World) -> None:
    held = Copy()
    state = held.load(account.run(lookback_days=0, **ONLY).ok()).state
    undated = [row["ID"] for row in true_rows(world, "time_entries") if row["Date"] is None]
    undated.append(world.insert_entry(Date=None))
    for number in range(2):
        world.advance(DAY)
        world.edit_entry(undated[0], Comment=f"edit {number}")
        run = held.load(account.run(state=state, lookback_days=0, **ONLY).ok())
        state = run.state
        assert {*undated} <= {row["ID"] for row in run.records("time_entries")}
        assert held.differences(world, ["time_entries"]) == {}


def test_the_look_back_moves_no_bookmark_back(account: Account, world: World) -> None:
    without_future(world)
    first = account.run(**ONLY).ok().state
    for row in true_rows(world, "time_entries"):  # nothing near the bookmark is left
        if row["Date"] and row["Date"] > "2026-08-01":
            world.delete_entry(row["ID"])
    second = account.run(state=first, lookback_days=90, **ONLY).ok().state
    third = account.run(state=second, lookback_days=0, **ONLY).ok().state
    assert bookmark(first) == bookmark(second) == bookmark(third) is not None


def test_an_empty_list_has_no_bookmark(account: Account, world: World) -> None:
    for row in true_rows(world, "time_entries"):
        world.delete_entry(row["ID"])
    state = account.run(**ONLY).ok().state
    assert bookmark(state) is None
    world.insert_entry(Date="2001-01-01")
    assert len(account.run(state=state, **ONLY).ok().records("time_entries")) == 1


def test_a_table_that_is_selected_later_gets_its_whole_history(
    account: Account, world: World
) -> None:
    held = Copy()
    only = account.catalog(["time_entries"])
    state = held.load(account.run(catalog=only).ok()).state
    run = held.load(account.run(state=state).ok())
    assert held.differences(world) == {}
    assert bookmark(run.state, "time_entry_custom_fields") == bookmark(run.state)


def test_a_table_that_was_deselected_for_a_while_loses_nothing(
    account: Account, world: World
) -> None:
    held = Copy()
    state = held.load(account.run(lookback_days=1).ok()).state
    for _ in range(2):
        world.advance(20 * DAY)
        world.insert_entry(Date=f"{world.now:%Y-%m-%d}", CustomFields={"a": 1})
        only = account.catalog(["time_entries"])
        state = held.load(account.run(state=state, catalog=only, lookback_days=1).ok()).state
    world.advance(20 * DAY)
    held.load(account.run(state=state, lookback_days=1).ok())
    assert held.differences(world, ENTRIES) == {}


def test_a_later_run_goes_on_where_the_end_date_was(account: Account, world: World) -> None:
    held = Copy()
    state = held.load(account.run(end_date="2026-08-10", **ONLY).ok()).state
    assert str(bookmark(state)) < "2026-08-11"
    held.load(account.run(state=state, **ONLY).ok())
    assert held.differences(world, ENTRIES) == {}


def test_the_start_date_outweighs_the_look_back(account: Account) -> None:
    state = account.run(**ONLY).ok().state
    account.reset()
    run = account.run(state=state, start_date="2026-09-10", **ONLY).ok()
    assert question(account) == "(Date ge 2026-09-10 or Date eq null)"
    assert all((row["Date"] or "9") >= "2026-09-10" for row in run.records("time_entries"))


@pytest.mark.parametrize("mode", ["ignore", "refuse"])
def test_a_service_that_does_not_filter_brings_all_each_time(
    account: Account, world: World, mode: str
) -> None:
    world.switch(no_filter=mode)
    held = Copy()
    state = held.load(account.run(lookback_days=0, **ONLY).ok()).state
    assert bookmark(state) == "2026-09-15T12:30:00Z"
    world.edit_entry(entry_at(world, days_ago=90)["ID"], Comment="edited")
    run = held.load(account.run(state=state, lookback_days=0, **ONLY).ok())
    assert len(run.records("time_entries")) == 300
    assert held.differences(world, ENTRIES) == {}


# -- failures --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["reset", "truncate_body", "status"])
def test_an_incremental_run_that_fails_at_any_page_leaves_the_bookmark(
    account: Account, world: World, kind: str
) -> None:
    options: dict[str, Any] = {"page_size": 20, "max_retries": 0, "lookback_days": 60, **ONLY}
    before = copied(account.run(**options))
    state = account.run(**options).ok().state
    world.advance(DAY)
    world.insert_entry()
    world.edit_entry(entry_at(world, days_ago=40)["ID"], Comment="edited")
    account.reset()
    account.run(state=state, **options).ok()
    pages = len(account.asked("TimeEntries"))
    assert pages > 5
    for after in range(pages):
        account.fault("/TimeEntries", kind, after=after)
        failed = account.run(state=state, **options, **VERSIONS)
        account.mended()
        assert failed.code == 1
        assert failed.versioned == []
        for table in ENTRIES:
            assert bookmark(failed.state, table) == bookmark(state, table), after
        run = account.run(state=failed.state, **options).ok()
        assert bookmark(run.state) == "2026-09-16T12:30:00Z"
    before.load(failed)
    before.load(run)
    assert before.differences(world, ENTRIES) == {}


# -- full tables and versions ----------------------------------------------------------------------


def test_full_table_by_the_catalog_reads_all_and_keeps_no_state(
    account: Account, world: World
) -> None:
    tables = account.catalog(full=ENTRIES)
    first = account.run(catalog=tables).ok()
    assert not any(first.state["bookmarks"].get(table) for table in ENTRIES)
    state = account.run().ok().state
    world.edit_entry(entry_at(world, days_ago=90)["ID"], Comment="edited")
    account.reset()
    run = account.run(catalog=tables, state=state).ok()
    assert copied(run).differences(world) == {}
    assert question(account) == ""


def test_a_full_table_beside_an_incremental_one(account: Account, world: World) -> None:
    state = account.run().ok().state
    world.advance(DAY)
    run = account.run(catalog=account.catalog(full=["time_entries"]), state=state).ok()
    assert copied(run).differences(world) == {}
    assert bookmark(run.state, "time_entry_custom_fields") == "2026-09-16T12:30:00Z"


def test_each_run_of_a_full_table_versions_it(account: Account, world: World) -> None:
    tables = account.catalog(full=ENTRIES)
    held = Copy()
    state = held.load(account.run(catalog=tables, **VERSIONS).ok()).state
    world.delete_entry(entry_at(world, days_ago=90)["ID"])
    world.delete_row(true_rows(world, "tasks")[3]["ID"])
    world.advance(DAY)
    run = held.load(account.run(catalog=tables, state=state, **VERSIONS).ok())
    assert held.differences(world) == {}
    assert sorted(run.versioned) == sorted(truth.TABLES)


def test_an_incremental_run_versions_the_other_tables_only(account: Account, world: World) -> None:
    held = Copy()
    state = held.load(account.run(**VERSIONS).ok()).state
    world.delete_row(true_rows(world, "tasks")[3]["ID"])
    world.advance(DAY)
    run = held.load(account.run(state=state, **VERSIONS).ok())
    assert {*run.versioned} == {*truth.TABLES} - {*ENTRIES}
    assert held.differences(world) == {}


def test_a_version_is_that_of_all_its_records_and_comes_behind_them(account: Account) -> None:
    run = account.run(page_size=7, **VERSIONS).ok()
    versions = {message["stream"]: message["version"] for message in run.of("ACTIVATE_VERSION")}
    assert len(run.versioned) == len(versions) == len(truth.TABLES)
    active = set()
    for message in run.messages:
        if message["type"] == "ACTIVATE_VERSION":
            active.add(message["stream"])
        elif message["type"] == "RECORD":
            assert message["stream"] not in active
            assert message["version"] == versions[message["stream"]]


@pytest.mark.parametrize("name", ["Jobs", "Timesheets", "TimeEntries"])
def test_a_table_that_was_cut_off_is_not_versioned(account: Account, name: str) -> None:
    account.fault(f"/{name}", "truncate_json", after=1)
    run = account.run(page_size=20, max_retries=0, **VERSIONS)
    assert run.code == 1
    table = {"Jobs": "jobs", "Timesheets": "timesheets", "TimeEntries": "time_entries"}[name]
    missing = {table, CUSTOM_TABLES.get(table, table)}
    assert {*run.versioned} == {*truth.TABLES} - missing


# -- sets with a modification stamp ----------------------------------------------------------------


@pytest.fixture
def stamped(account: Account) -> Account:
    account.world.switch(modified=True)
    return account


def assert_true(held: Copy, world: World) -> None:
    """Compare what has a stamp, and the custom fields, whose owners' stamp is no part of them."""
    assert held.differences(world, TRACKED) == {}
    for table in ("time_entry_custom_fields", "user_custom_fields", "job_custom_fields"):
        key = held.keys[table]
        found = {(*(row[name] for name in key), row["Value"]) for row in held.rows(table)}
        true = true_rows(world, table)
        assert found == {(*(row[name] for name in key), row["Value"]) for row in true}


def test_the_stamp_is_found(stamped: Account) -> None:
    keys = {
        stream["tap_stream_id"]: stream.get("replication_key")
        for stream in stamped.discovered()["streams"]
    }
    by_stamp = {name for name, key in keys.items() if key == "ModifiedDate"}
    assert by_stamp == {*TRACKED} | {CUSTOM_TABLES[name] for name in TRACKED}
    assert keys["clients"] is None, "when a client was created says nothing about changes"
    assert keys["timesheets"] is None


def test_only_what_changed_is_read_again(stamped: Account) -> None:
    world = stamped.world
    for table in TRACKED:  # nothing of the last hour
        for row in true_rows(world, table):
            if row["ModifiedDate"] and row["ModifiedDate"] > "2026-09-15T10":
                world.edit_row(row["ID"], ModifiedDate="2026-09-15T10:00:00.1234567Z")
        latest = true_rows(world, table)[5]["ID"]
        world.edit_row(latest, ModifiedDate="2026-09-15T10:00:00.1234567Z")
    held = Copy()
    state = held.load(stamped.run().ok()).state
    for table in TRACKED:
        assert bookmark(state, table) == "2026-09-15T10:00:00.123456Z", "not past the row it is of"
    world.advance(DAY)
    oldest = min(filter(dated, true_rows(world, "time_entries")), key=dated)
    old = oldest["ID"]
    fields = {**(oldest["CustomFields"] or {}), "new": 1, "Größe": None}
    world.edit_entry(old, Comment="edited after months", CustomFields=fields)
    job = true_rows(world, "jobs")[30]["ID"]
    world.edit_row(job, Name="Renamed")
    stamped.reset()
    run = held.load(stamped.run(state=state, page_size=20).ok())
    assert_true(held, world)
    for table, changed in (("time_entries", old), ("jobs", job)):
        arrived = {row["ID"]: row["ModifiedDate"] for row in run.records(table)}
        assert changed in arrived
        assert all(
            ident == changed or at is None or at >= "2026-09-15T09:00:00"
            for ident, at in arrived.items()
        )
        assert len(arrived) < len(true_rows(world, table)) // 2
    since = "2026-09-15T09:00:00.123456Z"
    assert question(stamped) == f"(ModifiedDate ge {since} or ModifiedDate eq null)"


@pytest.mark.parametrize("days", [0, 30])
def test_the_look_back_in_days_is_not_for_stamps(stamped: Account, days: int) -> None:
    state = stamped.run(**ONLY).ok().state
    stamped.reset()
    stamped.run(state=state, lookback_days=days, **ONLY).ok()
    mark = timestamp(str(bookmark(state))) - timedelta(hours=1)
    asked = re.search(r"ge (\S+) or", question(stamped))
    assert asked
    assert timestamp(asked[1]) == mark


def test_edits_of_any_age_arrive_run_after_run(stamped: Account) -> None:
    world = stamped.world
    held = Copy()
    state = held.load(stamped.run(page_size=20).ok()).state
    for number in range(4):
        world.advance(3600 * 7)
        for table in TRACKED:
            for row in true_rows(world, table)[number::11]:
                world.edit_row(row["ID"], Notes=f"{number}") if table != "time_entries" else (
                    world.edit_entry(row["ID"], Comment=f"{number}", CustomFields={"n": number})
                )
        world.insert_entry(Date="2001-01-01")
        state = held.load(stamped.run(state=state, page_size=20).ok()).state
        assert held.differences(world, TRACKED) == {}, number


def test_an_edit_at_the_very_instant_of_the_bookmark_arrives(stamped: Account) -> None:
    world = stamped.world
    world.advance(3600 * 3)
    stamp = "2026-09-15T15:00:00.9999999Z"
    first = true_rows(world, "jobs")[0]["ID"]
    world.edit_row(first, ModifiedDate=stamp)
    held = Copy()
    state = held.load(stamped.run(entity_sets=["Jobs"]).ok()).state
    assert bookmark(state, "jobs") == "2026-09-15T15:00:00.999999Z"
    world.edit_row(first, Name="again", ModifiedDate=stamp)
    world.edit_row(true_rows(world, "jobs")[1]["ID"], Name="too", ModifiedDate=stamp)
    world.edit_row(  # written by a transaction that ended after the last run had read
        true_rows(world, "jobs")[2]["ID"], Name="late", ModifiedDate="2026-09-15T14:30:00Z"
    )
    held.load(stamped.run(state=state, entity_sets=["Jobs"]).ok())
    assert held.differences(world, ["jobs"]) == {}


def test_rows_without_a_stamp_are_read_each_time(stamped: Account) -> None:
    world = stamped.world
    held = Copy()
    state = held.load(stamped.run().ok()).state
    blank = [row["ID"] for row in true_rows(world, "time_entries") if not row["ModifiedDate"]]
    assert blank
    for number in range(2):
        world.advance(DAY)
        world.edit_entry(blank[0], Comment=f"{number}", ModifiedDate=None)
        run = held.load(stamped.run(state=state).ok())
        state = run.state
        assert {*blank} <= {row["ID"] for row in run.records("time_entries")}
        assert_true(held, world)


@pytest.mark.parametrize("stamp", ["2999-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z"])
def test_a_stamp_in_the_future_moves_no_bookmark_past_the_run(stamped: Account, stamp: str) -> None:
    world = stamped.world
    world.edit_row(true_rows(world, "jobs")[0]["ID"], ModifiedDate=stamp)
    held = Copy()
    state = held.load(stamped.run().ok()).state
    assert bookmark(state, "jobs") == "2026-09-15T12:30:00Z"
    world.advance(60)
    world.edit_row(true_rows(world, "jobs")[1]["ID"], Name="Renamed")
    held.load(stamped.run(state=state).ok())
    assert_true(held, world)


def test_stamps_of_rows_that_never_changed_may_be_the_empty_timestamp(stamped: Account) -> None:
    """.NET shows DateTime.MinValue where nothing was stored."""
    world = stamped.world
    for row in true_rows(world, "jobs"):
        world.edit_row(row["ID"], ModifiedDate="0001-01-01T00:00:00Z")
    held = Copy()
    state = held.load(stamped.run().ok()).state
    world.edit_row(true_rows(world, "jobs")[1]["ID"], Name="Renamed")
    held.load(stamped.run(state=state).ok())
    assert_true(held, world)


def test_stamped_entries_are_still_cut_by_their_date(stamped: Account) -> None:
    run = stamped.run(page_size=7, **ONLY).ok()
    assert len(stamped.first_questions("TimeEntries")) > 4
    held = copied(run)
    assert held.differences(stamped.world, ["time_entries"]) == {}
    assert len(run.records("time_entries")) == 300
    ahead = max(
        timestamp(row["ModifiedDate"]) for row in run.records("time_entries") if row["ModifiedDate"]
    )
    assert timestamp(str(bookmark(run.state))) <= ahead


def test_an_edit_while_a_load_was_cut_off_arrives_in_the_end(stamped: Account) -> None:
    """What a load had read before it was cut off may have changed since."""
    world = stamped.world
    options: dict[str, Any] = {"page_size": 15, "max_concurrency": 1, "max_retries": 0, **ONLY}
    stamped.fault("/TimeEntries", "reset", after=14)
    held = Copy()
    first = held.load(stamped.run(**options))
    stamped.mended()
    arrived = first.records("time_entries")
    assert len(arrived) > 50
    assert bookmark(first.state) is None
    world.advance(5 * DAY)
    for row in arrived[::5]:
        world.edit_entry(row["ID"], Comment="edited meanwhile")
    world.advance(DAY)
    second = held.load(stamped.run(state=first.state, **options).ok())
    assert str(bookmark(second.state)) <= "2026-09-15T12:30:00Z", "when the first run began"
    held.load(stamped.run(state=second.state, **options).ok())
    assert held.differences(world, ["time_entries"]) == {}


# -- replication_keys ------------------------------------------------------------------------------


def test_another_date_by_setting(account: Account, world: World) -> None:
    keys: dict[str, Any] = {
        "replication_keys": {"Timesheets": "StartDate"},
        "entity_sets": ["Timesheets"],
    }
    for row in true_rows(world, "timesheets"):
        if row["StartDate"] > "2026-09-14":
            world.delete_row(row["ID"])
    held = Copy()
    state = held.load(account.run(**keys).ok()).state
    assert bookmark(state, "timesheets") == "2026-09-14T00:00:00Z"
    recent = next(r for r in true_rows(world, "timesheets") if r["StartDate"] == "2026-09-07")
    world.edit_row(recent["ID"], Status="Approved")
    account.reset()
    run = held.load(account.run(state=state, lookback_days=7, page_size=7, **keys).ok())
    assert question(account, "Timesheets") == "StartDate ge 2026-09-07", "it is never null"
    assert all(row["StartDate"] >= "2026-09-07" for row in run.records("timesheets"))
    assert held.differences(world, ["timesheets"]) == {}


def test_a_named_key_outweighs_the_stamp(stamped: Account) -> None:
    keys: dict[str, Any] = {"replication_keys": {"TimeEntries": "Date", "jobs": "StartDate"}}
    state = stamped.run(**keys).ok().state
    stamped.reset()
    run = stamped.run(state=state, lookback_days=3, **keys).ok()
    assert question(stamped) == "(Date ge 2026-09-12 or Date eq null)"
    started = re.fullmatch(
        r"\(StartDate ge (\S+) or StartDate eq null\)", question(stamped, "Jobs")
    )
    assert started
    assert started[1] == str(
        date.fromisoformat(str(bookmark(state, "jobs"))[:10]) - timedelta(days=3)
    )
    assert run.schema("time_entry_custom_fields").keys() >= {"TimeEntryID", "Date", "Name"}
    assert run.schema("job_custom_fields").keys() >= {"JobID", "StartDate", "Name"}


def test_another_key_than_the_states_begins_anew(stamped: Account) -> None:
    by_date: dict[str, Any] = {"replication_keys": {"TimeEntries": "Date"}, **ONLY}
    state = stamped.run(**by_date).ok().state
    run = stamped.run(state=state, **ONLY).ok()
    assert len(run.records("time_entries")) == 300
    kept = run.state["bookmarks"]["time_entries"]
    assert kept["replication_key"] == "ModifiedDate"
    back = stamped.run(state=run.state, **by_date).ok()
    assert len(back.records("time_entries")) == 300


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"Timesheets": "Status"}, "not a date of this set"),
        ({"Timesheets": "Nothing"}, "StartDate, EndDate"),
        ({"Sheets": "StartDate"}, "not an entity set"),
        ({"Tasks": "Name"}, "it has none"),
    ],
)
def test_keys_that_cannot_be_are_refused_in_a_sentence(
    account: Account, keys: dict[str, str], said: str
) -> None:
    run = account.run(replication_keys=keys)
    assert run.code == 1
    assert said in run.error
    assert run.messages == []


@pytest.mark.parametrize("table", ["clients", "jobs"])
def test_the_bookmark_of_a_date_in_the_future_is_the_runs(
    account: Account, world: World, table: str
) -> None:
    name, key = {"clients": ("Clients", "CreatedDate"), "jobs": ("Jobs", "EndDate")}[table]
    spelled = "2031-01-01" if key == "EndDate" else "2031-01-01T00:00:00.0000001+02:00"
    world.edit_row(true_rows(world, table)[0]["ID"], **{key: spelled})
    settings: dict[str, Any] = {"replication_keys": {name: key}, "entity_sets": [name]}
    held = Copy()
    run: Run = held.load(account.run(**settings).ok())
    assert bookmark(run.state, table) == "2026-09-15T12:30:00Z"
    world.edit_row(true_rows(world, table)[0]["ID"], Name="Renamed")
    held.load(account.run(state=run.state, **settings).ok())
    assert held.differences(world, [table]) == {}


def test_runs_of_a_growing_account(start: Callable[..., Account]) -> None:
    """Weeks of runs: each day some work, some edits inside the look-back, some plans."""
    account = start(entries=100)
    world = account.world
    held = Copy()
    state: State | None = None
    for number in range(12):
        world.advance(DAY * 3)
        today = world.now.date()
        for shift in (-29, -3, 0, 2):
            world.insert_entry(Date=(today + timedelta(days=shift)).isoformat())
        inside = [
            row["ID"]
            for row in true_rows(world, "time_entries")
            if row["Date"] and row["Date"] > (today - timedelta(days=26)).isoformat()
        ]
        world.edit_entry(inside[number], Comment=f"edit {number}")
        run = held.load(account.run(state=state, page_size=9, **ONLY).ok())
        state = run.state
        assert held.differences(world, ENTRIES) == {}, number
        assert str(bookmark(state)) <= f"{world.now:%Y-%m-%dT%H:%M:%SZ}"
