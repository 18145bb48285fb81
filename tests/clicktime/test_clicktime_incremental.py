"""Runs one after another: what has changed arrives, and bookmarks promise nothing too much."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.clicktime import truth
from tests.clicktime.odata import Service
from tests.clicktime.runs import (
    VERSIONS,
    Account,
    Copy,
    timestamp,
    true_rows,
)
from tests.common.runs import NOW, State

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


def question(account: Account, name: str = "TimeEntries") -> str:
    """Return the condition of the one question that was asked last for a set."""
    return account.first_questions(name)[-1].get("$filter", "")


# -- entries by their date -------------------------------------------------------------------------


def test_what_changed_inside_the_look_back_arrives(account: Account, world: World) -> None:
    held = Copy()
    inside = world.insert_entry(Date="2026-08-17")
    state = held.load(account.run(**VERSIONS).ok()).state
    edited = entry_at(world, days_ago=5)["ID"]
    world.edit_entry(edited, Comment="edited", Hours="1.2345678901234567")
    world.edit_entry(inside, CustomFields={"Region": "new", "n": 1})
    world.edit_entry(entry_at(world, days_ago=80)["ID"], Date="2026-09-14")
    world.insert_entry()
    world.insert_entry(Date="2026-08-20", CustomFields={"a": None})
    world.edit_row(true_rows(world, "clients")[0]["ID"], Name="Renamed")
    world.insert_row("jobs", ClientID="c", Name="New job")
    world.delete_row(true_rows(world, "tasks")[3]["ID"])
    world.advance(DAY)
    run = held.load(account.run(state=state, **VERSIONS).ok())
    changed = [table for table in truth.TABLES if table != "time_entry_custom_fields"]
    assert held.differences(world, changed) == {}
    assert 0 < run.counts()["time_entries"] < 200
    assert {*run.versioned} == {*truth.TABLES} - {*ENTRIES}, "the other tables only"


@pytest.mark.parametrize("lookback", [0, 1, 30, 365])
def test_exactly_the_rows_of_the_window_are_read(account: Account, lookback: int) -> None:
    world = account.world
    since = NOW.date() - timedelta(days=lookback)
    for shift in (-1, 0, 1):
        world.insert_entry(Date=(since + timedelta(days=shift)).isoformat())
    state = account.run(**ONLY).ok().state
    assert bookmark(state) == "2026-09-15T12:30:00Z"
    account.reset()
    run = account.run(state=state, lookback_days=lookback, page_size=7, **ONLY).ok()
    assert len(account.first_questions("TimeEntries")) == 1
    assert question(account) == f"(Date ge {since} or Date lt 1970-01-02 or Date eq null)"
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
    assert "1 missing, 1 left over" in held.differences(world, ENTRIES)["time_entries"]
    held.load(account.run(**ONLY).ok())
    assert held.differences(world, ENTRIES) == {}


def test_rows_dated_like_the_bookmark_are_included() -> None:
    service = Service(["2026-03-01", None, "2026-09-14"])
    state = service.run(lookback_days=0).ok().state
    for _ in range(2):
        assert bookmark(state) == "2026-09-14T00:00:00Z", "the latest date, not the run's"
        service.dates = [*service.dates, "2026-09-14"]
        run = service.run(state=state, lookback_days=0).ok()
        state = run.state
        ids = {row["ID"] for row in run.records("time_entries")}
        assert ids == {*range(1, len(service.dates))}


@pytest.mark.parametrize("zero", ["0001-01-01", "1753-01-01", "1900-01-01", "1970-01-01"])
@pytest.mark.parametrize("kind", ["Edm.Date", "Edm.DateTimeOffset", "Edm.String"])
def test_a_calendars_zero_is_read_each_time_as_null_is(kind: str, zero: str) -> None:
    ending = "T00:00:00Z" if kind == "Edm.DateTimeOffset" else ""
    service = Service([zero + ending, "2026-09-01" + ending, "2026-09-14" + ending], kind)
    given: dict[str, Any] = {"lookback_days": 0, "start_date": "2026-08-01"}
    state = service.run(**given).ok().state
    assert bookmark(state) == "2026-09-14T00:00:00Z"
    run = service.run(state=state, **given).ok()
    assert {row["ID"] for row in run.records("time_entries")} == {0, 2}


def test_zeros_move_no_bookmark() -> None:
    service = Service(["0001-01-01T00:00:00Z"], "Edm.DateTimeOffset")
    assert bookmark(service.run().ok().state) == bookmark(Service([None]).run().ok().state)


@pytest.mark.parametrize("planned", ["2027-12-24", "9999-12-31"])
def test_future_entries_never_push_the_bookmark_past_now(planned: str) -> None:
    service = Service(["2026-09-01", planned])
    state = service.run(lookback_days=0).ok().state
    assert bookmark(state) == "2026-09-15T12:30:00Z"
    service.dates = ["2026-09-01", planned, "2026-09-16"]
    run = service.run(state=state, lookback_days=0, now=NOW + timedelta(days=1)).ok()
    assert bookmark(run.state) == "2026-09-16T12:30:00Z"
    assert {row["ID"] for row in run.records("time_entries")} == {1, 2}


@pytest.mark.parametrize("lookback", [0, 36500])
def test_a_bookmark_at_the_beginning_of_the_calendar_serves(lookback: int) -> None:
    """.NET's empty date as the only one there is."""
    service = Service(["0001-01-01"] * 9)
    state = service.run(lookback_days=lookback).ok().state
    assert len(service.run(state=state, lookback_days=lookback).ok().records("time_entries")) == 9


def test_an_empty_list_has_no_bookmark() -> None:
    service = Service([])
    state = service.run().ok().state
    assert bookmark(state) is None
    service.dates = ["2001-01-01"]
    assert len(service.run(state=state).ok().records("time_entries")) == 1


def test_the_dates_of_the_settings_bound_later_runs_too() -> None:
    service = Service(["2026-07-01", "2026-08-20", "2026-09-12", None])
    state = service.run(end_date="2026-07-10").ok().state
    assert bookmark(state) == "2026-07-01T00:00:00Z"
    run = service.run(state=state).ok()
    assert len(run.records("time_entries")) == 4, "it goes on where the end date was"
    run = service.run(state=run.state, start_date="2026-09-10").ok()
    assert (
        service.first_questions[-1] == "(Date ge 2026-09-10 or Date lt 1970-01-02 or Date eq null)"
    )
    assert len(run.records("time_entries")) == 2


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


def test_an_incremental_run_that_fails_at_any_page_leaves_the_bookmark(account: Account) -> None:
    world = account.world
    options: dict[str, Any] = {"page_size": 20, "max_retries": 0, "lookback_days": 20, **ONLY}
    held = Copy()
    state = held.load(account.run(**options).ok()).state
    world.advance(DAY)
    world.insert_entry()
    world.edit_entry(entry_at(world, days_ago=10)["ID"], Comment="edited")
    account.reset()
    account.run(state=state, **options).ok()
    pages = len(account.asked("TimeEntries"))
    assert pages > 2
    for after in range(pages):
        account.fault("/TimeEntries", "reset", after=after)
        failed = held.load(account.run(state=state, **options, **VERSIONS))
        account.mended()
        assert (failed.code, failed.versioned) == (1, [])
        for table in ENTRIES:
            assert bookmark(failed.state, table) == bookmark(state, table), after
    held.load(account.run(state=failed.state, **options).ok())
    assert held.differences(world, ["time_entries"]) == {}


# -- full tables and versions ----------------------------------------------------------------------


def test_full_table_by_the_catalog_reads_all_and_keeps_no_state(
    account: Account, world: World
) -> None:
    tables = account.catalog(full=ENTRIES)
    held = Copy()
    first = held.load(account.run(catalog=tables, **VERSIONS).ok())
    assert not any(bookmark(first.state, table) for table in ENTRIES)
    state = account.run().ok().state
    world.edit_entry(entry_at(world, days_ago=90)["ID"], Comment="edited")
    world.delete_entry(entry_at(world, days_ago=95)["ID"])
    world.delete_row(true_rows(world, "tasks")[3]["ID"])
    world.advance(DAY)
    account.reset()
    run = held.load(account.run(catalog=tables, state=state, **VERSIONS).ok())
    assert question(account) == ""
    assert held.differences(world) == {}
    assert sorted(run.versioned) == sorted(truth.TABLES), "each run of a full table versions it"


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
    blank = [row["ID"] for row in true_rows(world, "time_entries") if not row["ModifiedDate"]]
    world.edit_entry(blank[0], Comment="edited, and not stamped", ModifiedDate=None)
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
    assert question(stamped) == (
        f"(ModifiedDate ge {since} or ModifiedDate lt 1970-01-02T00:00:00Z or ModifiedDate eq null)"
    )
    assert stamped.first_questions("TimeEntries")[-1]["$orderby"] == "ModifiedDate,ID"


def test_the_look_back_in_days_is_not_for_stamps(stamped: Account) -> None:
    state = stamped.run(**ONLY).ok().state
    stamped.reset()
    stamped.run(state=state, lookback_days=30, **ONLY).ok()
    asked = re.search(r"ge (\S+) or", question(stamped))
    assert asked
    assert timestamp(asked[1]) == timestamp(str(bookmark(state))) - timedelta(hours=1)


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


@pytest.mark.parametrize(
    "stamp", ["2999-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00Z"]
)
def test_a_stamp_at_an_end_of_the_calendar_hides_no_later_edit(
    stamped: Account, stamp: str
) -> None:
    """A clock that was wrong; .NET shows DateTime.MinValue where nothing was stored."""
    world = stamped.world
    jobs = [row["ID"] for row in true_rows(world, "jobs")]
    for ident in jobs if stamp < "2" else jobs[:1]:
        world.edit_row(ident, ModifiedDate=stamp)
    held = Copy()
    state = held.load(stamped.run().ok()).state
    if stamp > "2":
        assert bookmark(state, "jobs") == "2026-09-15T12:30:00Z"
    world.advance(60)
    world.edit_row(jobs[1], Name="Renamed")
    held.load(stamped.run(state=state).ok())
    assert_true(held, world)


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
    never_null = "(StartDate ge 2026-09-07 or StartDate lt 1970-01-02)"
    assert question(account, "Timesheets") == never_null
    assert all(row["StartDate"] >= "2026-09-07" for row in run.records("timesheets"))
    assert held.differences(world, ["timesheets"]) == {}


def test_a_named_key_outweighs_the_stamp(stamped: Account) -> None:
    keys: dict[str, Any] = {"replication_keys": {"TimeEntries": "Date", "jobs": "StartDate"}}
    state = stamped.run(**keys).ok().state
    stamped.reset()
    run = stamped.run(state=state, lookback_days=3, **keys).ok()
    assert question(stamped) == "(Date ge 2026-09-12 or Date lt 1970-01-02 or Date eq null)"
    started = re.fullmatch(
        r"\(StartDate ge (\S+) or StartDate lt 1970-01-02 or StartDate eq null\)",
        question(stamped, "Jobs"),
    )
    assert started
    assert started[1] == str(
        date.fromisoformat(str(bookmark(state, "jobs"))[:10]) - timedelta(days=3)
    )
    assert run.schema("time_entry_custom_fields").keys() >= {"TimeEntryID", "Date", "Name"}
    assert run.schema("job_custom_fields").keys() >= {"JobID", "StartDate", "Name"}


@pytest.mark.thorough
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
