"""States of the version before are read: what was done is not asked again, and nothing is lost."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import sandbox
from tests.clicktime import runs as clicktime_runs
from tests.clockify import runs as clockify_runs
from tests.clockify.entry_changes import BATCH, FEEDS, held, later, read, truth
from tests.clockify.runs import TASKS, catalog
from tests.common.runs import NOW, TurningClock
from tests.perform import runs as perform_runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.common.runs import Run, State

STATES = Path(__file__).parents[1] / "states"
DAY = 86_400
VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}


def state_of(name: str) -> State:
    """Return a state that the version before wrote."""
    state: State = json.loads((STATES / f"{name}.json").read_text())
    return state


@pytest.fixture
def running() -> Iterator[sandbox.Sandbox]:
    with sandbox.start(now=NOW, entries=300) as one:
        yield one


@pytest.fixture
def clockify(running: sandbox.Sandbox) -> clockify_runs.Account:
    return clockify_runs.Account(running)


@pytest.fixture
def clicktime(running: sandbox.Sandbox) -> clicktime_runs.Account:
    return clicktime_runs.Account(running)


@pytest.fixture
def perform(running: sandbox.Sandbox) -> perform_runs.Account:
    return perform_runs.Account(running)


# -- tap-clockify: time entries --------------------------------------------------------------------

ENTRY_TABLES = ["time_entries", "time_entry_tags"]


def partition(state: State, table: str, workspace: str) -> dict[str, Any]:
    """Return what a state keeps of a workspace."""
    partitions = state["bookmarks"][table]["partitions"]
    return next(one for one in partitions if one["context"] == {"workspaceId": workspace})


def starts(account: clockify_runs.Account) -> dict[tuple[str, str], str | None]:
    """Return since when the entries of each member were asked for, by workspace and member."""
    pattern = re.compile(r"/workspaces/(\w+)/user/(\w+)/time-entries\?(?:.*&?start=([^&]+))?")
    return {(one[1], one[2]): one[3] for one in map(pattern.search, account.requests()) if one}


def test_entries_are_read_since_the_bookmark_and_a_timer_since_its_start(
    clockify: clockify_runs.Account,
) -> None:
    world, state = clockify.world, state_of("clockify-finished")
    assert world.member_id
    begun = f"{NOW - timedelta(days=100):%Y-%m-%dT%H:%M:%SZ}"
    timer = world.insert_entry(
        world.main_id, world.member_id, timeInterval={"start": begun, "end": None, "duration": None}
    )
    kept = partition(state, "time_entries", world.main_id)
    assert kept["unfinished"][world.member_id] == begun
    new = world.insert_user(world.main_id, "Nadia New")
    world.insert_entry(world.main_id, new, timeInterval=interval("2026-01-02"))
    world.stop_timer(timer)
    world.advance(DAY)
    run = clockify.run(catalog=catalog(ENTRY_TABLES), state=state, lookback_days=2).ok()
    known = {
        (one["context"]["workspaceId"], member): "2026-09-12T12:30:00Z"
        for one in state["bookmarks"]["time_entries"]["partitions"]
        for member in one["known"]
    }
    day_before = f"{NOW - timedelta(days=101):%Y-%m-%dT%H:%M:%SZ}"
    expected = {**known, (world.main_id, world.member_id): day_before, (world.main_id, new): None}
    assert starts(clockify) == expected, "of the new one: all"
    rows = {row["id"]: row for row in run.records("time_entries")}
    assert rows[timer]["timeInterval"]["end"]
    assert any(row["userId"] == new for row in rows.values())
    assert len(rows) < 100
    kept = partition(run.state, "time_entries", world.main_id)
    assert world.member_id not in kept.get("unfinished", {})
    assert new in kept["known"]


def interval(day: str) -> dict[str, str]:
    return {"start": f"{day}T08:00:00Z", "end": f"{day}T09:00:00Z", "duration": "PT1H"}


def test_an_interrupted_first_load_goes_on_under_its_version(
    clockify: clockify_runs.Account,
) -> None:
    world, state = clockify.world, state_of("clockify-interrupted")
    done = {
        (one["context"]["workspaceId"], member)
        for one in state["bookmarks"]["time_entries"]["partitions"]
        for member in one["walk"]["done"]
    }
    every = {(ident, user) for ident, one in world.workspaces.items() for user in one.users}
    world.advance(DAY)
    run = clockify.run(catalog=catalog(ENTRY_TABLES), state=state, **VERSIONS).ok()
    assert starts(clockify) == dict.fromkeys(every - done)
    whose = {(row["workspaceId"], row["userId"]) for row in run.records("time_entries")}
    assert whose <= every - done
    version = int(NOW.timestamp())
    assert {one["version"] for one in run.of("RECORD", "time_entries")} == {version}
    assert {(one["stream"], one["version"]) for one in run.of("ACTIVATE_VERSION")} == {
        (table, version) for table in ENTRY_TABLES
    }
    activated = run.state["bookmarks"]["time_entries"]["activated"]
    assert activated == {}, "the rows that the run before sent were not counted"
    kept = partition(run.state, "time_entries", world.main_id)
    assert kept["known"] == sorted(world.main.users)
    assert kept["replication_key_value"] == "2026-09-15T12:30:00Z", "not later than its start"
    assert kept["unfinished"].items() >= (
        partition(state, "time_entries", world.main_id)["walk"]["open"].items()
    )


# -- tap-clockify: what changed --------------------------------------------------------------------


def test_changes_are_read_since_the_bookmark_and_recent_entries_asked_for(
    clockify: clockify_runs.Account,
) -> None:
    """No feed tells of the entry that the last run sent and that is deleted since."""
    world, copy, state = clockify.world, clockify_runs.Copy(), state_of("clockify-log-based")
    world.advance(DAY)
    recent = world.insert_entry(world.main_id, world.owner_id)
    assert partition(state, "time_entries", world.main_id)["recent"] == [recent]
    oldest = min(truth(world).values(), key=lambda row: row["start"])["id"]
    world.delete_entry(recent)
    world.advance(3_600)
    world.edit_entry(oldest, description="edited")
    world.advance(3_600)
    run = copy.load(read(clockify, state).ok())
    feeds = {"/workspaces", "/user", *FEEDS, BATCH}
    lists = {"/workspaces/{workspaceId}/users", clockify_runs.ENTRIES}  # trust is new
    assert {*clockify.templates()} == feeds | lists
    asked = [line for line in clockify.requests() if "limit=5000" in line]  # not in which zone
    assert all("start=2026-09-16T11:58:00Z" in line for line in asked), asked
    rows = {row["id"]: row for row in run.records("time_entries")}
    assert rows.keys() >= {recent, oldest}
    assert rows[recent]["_sdc_deleted_at"]
    assert rows[oldest]["description"] == "edited"
    kept = partition(run.state, "time_entries", world.main_id)
    assert kept["replication_key_value"] == "2026-09-16T14:28:00Z"
    assert "recent" not in kept


def test_after_an_interrupted_first_read_the_feeds_begin_where_it_did(
    clockify: clockify_runs.Account,
) -> None:
    world, copy = clockify.world, clockify_runs.Copy()
    state = state_of("clockify-log-based-interrupted")
    world.advance(DAY)
    gone = next(row for row in truth(world).values() if row["userId"] == world.owner_id)
    world.advance(3_600)
    world.delete_entry(gone["id"])
    world.advance(3_600)
    run = copy.load(read(clockify, state).ok())
    assert not {*FEEDS} & {*clockify.templates()}
    kept = partition(run.state, "time_entries", world.main_id)
    assert kept["replication_key_value"] == kept["first"] == "2026-09-16T12:28:00Z"
    run = later(clockify, copy, run).ok()
    assert gone["id"] in {
        row["id"] for row in run.records("time_entries") if row["_sdc_deleted_at"]
    }
    assert held(copy) == truth(world)
    assert "first" not in str(run.state)


# -- tap-clockify: other tables --------------------------------------------------------------------


def test_only_invoices_that_changed_are_asked_for_one_by_one(
    clockify: clockify_runs.Account,
) -> None:
    world, state = clockify.world, state_of("clockify-invoices")
    chosen = catalog(["invoices", "invoice_items"])
    quiet = clockify.run(catalog=chosen, state=state).ok()
    assert not any("/invoices/" in line for line in clockify.requests())
    assert quiet.counts() == {}
    assert quiet.state["bookmarks"]["invoices"] == state["bookmarks"]["invoices"]
    changed = next(iter(world.main.invoices))
    world.edit_row(changed, number="INV-changed")
    clockify.reset()
    run = clockify.run(catalog=chosen, state=state).ok()
    asked = [line for line in clockify.requests() if "/invoices/" in line]
    assert [line.rpartition("/")[2] for line in asked] == [changed]
    assert {row["id"] for row in run.records("invoices")} == {changed}


def test_tasks_are_not_compared_again_within_a_week(clockify: clockify_runs.Account) -> None:
    world, asked = clockify.world, []
    for _ in range(2):
        world.advance(4 * DAY)
        clockify.reset()
        settings: dict[str, Any] = {"catalog": catalog(["tasks"]), "workspace_ids": [world.main_id]}
        run = clockify.run(state=state_of("clockify-tasks"), **settings).ok()
        assert run.counts() == {"tasks": len(world.main.tasks)}
        asked.append(clockify.templates().count(TASKS))
    assert asked == [0, 1]


def test_what_a_run_before_sent_is_not_sent_again(clockify: clockify_runs.Account) -> None:
    chosen, state = catalog(["clients", "tags", "time_entries"]), state_of("clockify-unchanged")
    clockify.world.advance(DAY)
    run = clockify.run(catalog=chosen, state=state, skip_unchanged=True).ok()
    assert {*run.counts()} == {"clients", "tags", "time_entries"}, "once: there is a new column"
    assert clockify.run(catalog=chosen, state=run.state, skip_unchanged=True).ok().counts() == {}


def test_the_quota_counts_what_was_sent_before(clockify: clockify_runs.Account) -> None:
    state, clock = state_of("clockify-quota"), TurningClock(NOW + timedelta(minutes=20))
    settings: dict[str, Any] = {"max_requests_per_hour": 3, "on_quota": "stop", "clock": clock}
    run = clockify.run(catalog=catalog(["tags"]), state=state, **settings)
    assert clockify.requests() == []
    assert "run again at 13:31 UTC, in 41 minutes" in run.error
    assert run.state["bookmarks"]["quota"] == state["bookmarks"]["quota"]


def test_a_workspace_that_was_seen_before_is_missed(clockify: clockify_runs.Account) -> None:
    world, state = clockify.world, state_of("clockify-workspaces")
    other = next(ident for ident in world.workspaces if ident != world.main_id)
    world.workspaces.pop(other)
    run = clockify.run(catalog=catalog(["tags"]), state=state, **VERSIONS)
    assert f"the key no longer sees workspace {other}" in run.log
    assert run.versioned == []
    assert (
        run.state["bookmarks"]["workspaces"]["seen"] == (state["bookmarks"]["workspaces"]["seen"])
    )


def monthly(account: clockify_runs.Account, state: State, **settings: Any) -> Run:
    """Read a report of an account whose plan allows 31 days of it at most."""
    account.by_months()
    account.world.set_window("2026-01-01T00:00:00Z", "2030-12-31T23:59:59Z")
    return account.run(catalog=catalog(["expense_report"]), state=state, **settings).ok()


def report_windows(account: clockify_runs.Account) -> list[tuple[str, str]]:
    """Return which windows of the report were asked for in the main workspace."""
    bodies = [
        json.loads(one.body)
        for one in account.running.requests
        if one.path.endswith(f"{account.world.main_id}/reports/expenses/detailed")
    ]
    return [(one["dateRangeStart"], one["dateRangeEnd"]) for one in bodies]


def test_a_report_is_read_since_its_bookmark(clockify: clockify_runs.Account) -> None:
    clockify.world.advance(DAY)
    monthly(clockify, state_of("clockify-windows"), lookback_days=5)
    ((start, _),) = report_windows(clockify)
    assert start.startswith("2026-09-10")


def test_windows_that_were_read_are_not_asked_for_again(clockify: clockify_runs.Account) -> None:
    state = state_of("clockify-windows-interrupted")
    done = partition(state, "expense_report", clockify.world.main_id)["walk"]["done"]
    run = monthly(clockify, state)
    ends = [end.removesuffix("Z") for _, end in report_windows(clockify)]
    assert len(ends) > 100
    assert min(ends) > max(done)
    assert "walk" not in partition(run.state, "expense_report", clockify.world.main_id)


# -- tap-clicktime ---------------------------------------------------------------------------------

ONLY: dict[str, Any] = {"entity_sets": ["TimeEntries"]}


def test_a_set_is_read_since_its_bookmark(clicktime: clicktime_runs.Account) -> None:
    clicktime.world.advance(DAY)
    state = state_of("clicktime-finished")
    run = clicktime.run(state=state, lookback_days=7, **ONLY).ok()
    (asked,) = clicktime.first_questions("TimeEntries")
    assert "Date ge 2026-09-08" in asked["$filter"]
    true = clicktime_runs.true_rows(clicktime.world, "time_entries")
    due = {row["ID"] for row in true if row["Date"] is None or row["Date"] >= "2026-09-08"}
    assert {row["ID"] for row in run.records("time_entries")} == due
    assert 0 < len(due) < 100


def test_slices_that_were_read_are_not_asked_for_again(clicktime: clicktime_runs.Account) -> None:
    state = state_of("clicktime-interrupted")
    done = state["bookmarks"]["time_entries"]["walk"]["done"]
    assert done == ["none", "..2026-06-21", "2026-06-21..2026-07-19", "2026-08-16..2026-09-13"]
    run = clicktime.run(state=state, page_size=15, **ONLY).ok()
    true = clicktime_runs.true_rows(clicktime.world, "time_entries")
    rest = {
        row["ID"]
        for row in true
        if row["Date"]
        and ("2026-07-19" <= row["Date"] < "2026-08-16" or row["Date"] >= "2026-09-13")
    }
    assert {row["ID"] for row in run.records("time_entries")} == rest
    assert 0 < len(rest) < len(true)
    kept = run.state["bookmarks"]["time_entries"]
    assert kept["replication_key_value"] == "2026-09-15T12:30:00Z"
    assert "walk" not in kept


def test_sets_that_did_not_change_are_not_sent_again(clicktime: clicktime_runs.Account) -> None:
    clicktime.world.advance(DAY)
    settings: dict[str, Any] = {"entity_sets": ["Clients", "Tasks", "TimeEntries"]}
    run = clicktime.run(state=state_of("clicktime-unchanged"), skip_unchanged=True, **settings).ok()
    assert {"clients", "tasks", "time_entries"} <= {*run.counts()}, "once: there is a new column"
    assert clicktime.run(state=run.state, skip_unchanged=True, **settings).ok().counts() == {}


# -- tap-perform -----------------------------------------------------------------------------------

CLIPS = ("docket_export", "wbs_export")


def read_clips(account: perform_runs.Account, state: State, **settings: Any) -> Run:
    account.world.advance(60)
    return account.run(projects=account.projects(*CLIPS), state=state, **settings)


def test_clips_that_did_not_change_are_not_sent_again(perform: perform_runs.Account) -> None:
    run = read_clips(perform, state_of("perform-clips"), skip_unchanged=True).ok()
    assert {*run.counts()} == {*CLIPS}, "once: there is a new column"
    assert read_clips(perform, run.state, skip_unchanged=True).ok().counts() == {}


def test_a_clip_is_compared_with_the_rows_that_it_had(perform: perform_runs.Account) -> None:
    for row in range(100):
        perform.world.delete_row(2, CLIPS[0], 179 - row)
    run = read_clips(perform, state_of("perform-clips"), **VERSIONS)
    assert run.code == 1
    assert "shrank from 180 to 80 rows, by 56 %" in run.log
    assert run.versioned == [CLIPS[1]]


def test_a_clip_with_timestamps_is_sent_once_more(perform: perform_runs.Account) -> None:
    """The version before sent them with their offsets."""
    perform.world.edit_row(1, CLIPS[0], 0, {"Received At": "2026-09-15T08:40:00+02:00"})
    timed = {"types": {"Received At": "date-time"}}
    settings: dict[str, Any] = {"projects": perform.projects(CLIPS[0], **{CLIPS[0]: timed})[:1]}
    state = state_of("perform-date-times")
    run = perform.run(state=state, skip_unchanged=True, **settings).ok()
    assert "2026-09-15T06:40:00Z" in {row["received_at"] for row in run.records(CLIPS[0])}
    assert perform.run(state=run.state, skip_unchanged=True, **settings).ok().counts() == {}
