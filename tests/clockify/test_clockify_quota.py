"""The hour's quota: remembered between runs, waited for or stopped at, and nothing asked twice."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.clockify.entry_changes import held, truth
from tests.clockify.runs import (
    ENTRIES,
    ENTRY_TABLES,
    TABLES,
    VERSIONS,
    Account,
    Copy,
    catalog,
    differences,
    true_rows,
)
from tests.common.runs import NOW, State, TurningClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

LIMIT: dict[str, Any] = {"max_requests_per_hour": 30}
HOUR = timedelta(hours=1)


@pytest.fixture
def large(start: Callable[..., Account]) -> Account:
    """An account of 100 members with few entries each, in one workspace."""
    return start(account="free", members=100, entries=500, projects=8, tasks=30)


def most_in_an_hour(times: list[datetime]) -> int:
    return max(sum(one <= other < one + HOUR for other in times) for one in times)


def test_a_first_load_ends_after_some_runs_with_nothing_asked_twice(large: Account) -> None:
    clock, copied, state = TurningClock(large.world.now), Copy(), None
    asked: list[list[str]] = []
    times: list[datetime] = []
    while True:
        large.reset()
        run = copied.load(large.run(state=state, clock=clock, on_quota="stop", **LIMIT))
        asked.append(large.requests())
        times += [clock.now()] * len(asked[-1])
        if not run.code:
            break
        assert "run again at " in run.log
        state = run.state
        clock.time += timedelta(minutes=61)
    counts = Counter(line for lines in asked for line in lines)
    by_name = {line.split("?")[0].rsplit("/", 1)[-1]: count for line, count in counts.items()}
    lists = dict.fromkeys(("user-groups", "clients", "projects", "tags"), 2)  # first run, and last
    every = dict.fromkeys(("workspaces", "users"), len(asked))  # who is read: each run has to know
    assert by_name == {**lists, **every, "time-entries": 1, "tasks": 1}
    assert sum("time-entries" in line for line in counts) == 100
    assert {count for line, count in counts.items() if "time-entries" in line} == {1}
    assert [len(lines) for lines in asked[:-1]] == [30] * (len(asked) - 1)
    assert len(asked) == 4
    assert most_in_an_hour(times) <= 30
    assert copied.differences(large.world, TABLES) == {}


def test_one_run_that_waits_does_it_too(large: Account) -> None:
    clock = TurningClock(large.world.now)
    run = large.run(clock=clock, **LIMIT).ok()
    assert {*Counter(large.requests()).values()} == {1}
    hours = (len(large.requests()) - 1) // 30
    assert (clock.now() - large.world.now).total_seconds() == pytest.approx(3600 * hours)
    assert differences(large.world, run) == {}
    assert "max_requests_per_hour is used up: going on at 13:30 UTC, in 60 minutes" in run.log
    assert Counter(large.templates())[ENTRIES] == 100


@pytest.mark.parametrize("method", ["LOG_BASED", "INCREMENTAL"])
def test_later_runs_that_are_stopped_bring_all_tables_up_to_date_in_turn(
    large: Account, method: str
) -> None:
    """A run takes more requests than an hour has, so no run is whole; what is left comes next."""
    world = large.world
    tables = catalog(TABLES, by_log=ENTRY_TABLES if method == "LOG_BASED" else ())
    clock, copied = TurningClock(world.now), Copy()
    state = copied.load(large.run(catalog=tables, clock=clock).ok()).state
    for entry in true_rows(world, "time_entries")[-40:]:
        world.edit_entry(entry["id"], description="edited")
    for table in ("tags", "clients", "projects"):
        world.insert_row(world.main_id, table)
    asked: list[list[str]] = []
    for _ in range(8):
        clock.time += timedelta(minutes=61)
        world.advance(61 * 60)
        large.reset()
        run = copied.load(
            large.run(catalog=tables, state=state, clock=clock, on_quota="stop", **LIMIT)
        )
        state = run.state
        asked.append(large.requests())
    others = [table for table in TABLES if table not in ENTRY_TABLES]
    assert copied.differences(world, others) == {}
    assert held(copied) == truth(world)
    lines = [line.split("?")[0] for some in asked[:5] for line in some]
    members = [line for line in lines if line.endswith("/time-entries")]
    assert len({*members}) == 100, "each member had a turn"


def test_a_table_that_is_larger_than_the_quota_keeps_no_other_from_being_read(
    start: Callable[..., Account],
) -> None:
    account = start(members=12, entries=200)
    world, clock, copied = account.world, TurningClock(account.world.now), Copy()
    tables = catalog(["member_profiles", "tags", "clients"])
    more: dict[str, Any] = {"catalog": tables, "workspace_ids": [world.main_id], "clock": clock}
    state = copied.load(account.run(**more).ok()).state
    said = []
    for number in range(6):
        if number == 2:
            world.insert_row(world.main_id, "tags")
        clock.time += timedelta(minutes=61)
        world.advance(61 * 60)
        run = copied.load(
            account.run(state=state, on_quota="stop", max_requests_per_hour=10, **more)
        )
        said.append("member_profiles: it takes more requests than there are" in run.log)
        state = run.state
    assert copied.ids("tags") >= {row["id"] for row in true_rows(world, "tags", world.main_id)}
    assert all(said)


# -- the state -------------------------------------------------------------------------------------


def tags(account: Account, state: State | None, clock: TurningClock, limit: int = 3) -> Any:
    account.reset()
    settings: dict[str, Any] = {"max_requests_per_hour": limit, "on_quota": "stop"}
    return account.run(catalog=catalog(["tags"]), state=state, clock=clock, **settings)


def test_what_an_earlier_run_sent_counts(shared: Account) -> None:
    clock = TurningClock()
    run = tags(shared, None, clock).ok()
    assert len(shared.requests()) == 3
    assert run.state["bookmarks"]["quota"] == {"sent": {"2026-09-15T12:30:00Z": 3}}
    clock.time += timedelta(minutes=20)
    second = tags(shared, run.state, clock)
    assert shared.requests() == []
    assert "run again at 13:31 UTC, in 41 minutes" in second.error
    assert second.state["bookmarks"]["quota"] == run.state["bookmarks"]["quota"]
    third = tags(shared, second.state, clock, limit=5)
    assert len(shared.requests()) == 2  # a part of the hour is left
    sent = {"2026-09-15T12:30:00Z": 3, "2026-09-15T12:50:00Z": 2}
    assert third.state["bookmarks"]["quota"] == {"sent": sent}
    clock.time = NOW + timedelta(minutes=61, seconds=1)
    last = tags(shared, second.state, clock).ok()
    assert last.state["bookmarks"]["quota"] == {"sent": {"2026-09-15T13:31:00Z": 3}}


def test_a_run_that_reads_no_table_notes_what_it_sent(shared: Account) -> None:
    run = tags(shared, None, TurningClock(), limit=1)
    assert run.code == 75
    assert run.state["bookmarks"]["quota"] == {"sent": {"2026-09-15T12:30:00Z": 1}}


class Killed(TurningClock):
    """A clock whose first wait nobody survives."""

    def wait(self, seconds: float, cancelled: Event) -> None:
        raise SystemExit(137)


def test_a_run_that_is_killed_while_it_waits_had_noted_what_it_sent(shared: Account) -> None:
    shared.reset()
    limit: dict[str, Any] = {"max_requests_per_hour": 2, "max_concurrency": 1}
    run = shared.run(catalog=catalog(["tags"]), clock=Killed(), **limit)
    assert (run.code, len(shared.requests())) == (137, 2)
    assert run.state["bookmarks"]["quota"] == {"sent": {"2026-09-15T12:30:00Z": 2}}


@pytest.mark.parametrize(
    ("kept", "asked"),
    [
        (None, 3),
        ({}, 3),
        ({"sent": {}}, 3),
        ({"sent": {"2026-09-14T12:30:00Z": 3}}, 3),  # a day ago
        ({"sent": {"2027-09-15T12:30:00Z": 3}}, 0),  # the clock was set back: as if just now
        ({"sent": {"soon": 3, "2026-09-15T12:00:00Z": "many"}}, 3),
        ({"sent": ["soon"]}, 3),
    ],
    ids=str,
)
def test_odd_states(shared: Account, kept: State | None, asked: int) -> None:
    state = {"bookmarks": {} if kept is None else {"quota": kept}}
    tags(shared, state, TurningClock())
    assert len(shared.requests()) == asked


def test_without_a_limit_the_state_says_nothing_of_it(shared: Account) -> None:
    assert "quota" not in shared.run(catalog=catalog(["tags"])).ok().state["bookmarks"]


# -- refusals --------------------------------------------------------------------------------------


def test_a_refusal_is_waited_out_and_slows_all_requests_to_that_host(account: Account) -> None:
    clock = TurningClock()
    account.fault("/user-groups", "status", code=429, headers={"Retry-After": "1800"}, times=2)
    run = account.run(clock=clock, max_concurrency=1, max_retries=5).ok()
    assert clock.waits[:2] == [1800.0, 1800.0]
    slowed = clock.waits[2:]
    assert 0 < slowed[-1] < slowed[0] <= 0.2  # slower at first, and faster with each answer
    assert "again in 1800.0 s, at 13:00 UTC, in 30 minutes" in run.log


def test_a_refusal_without_a_time_is_waited_out_too(account: Account) -> None:
    clock = TurningClock()
    account.fault("/tags", "status", code=429, body="Too many requests", times=4)
    run = account.run(clock=clock, max_concurrency=1).ok()
    assert differences(account.world, run) == {}
    assert max(clock.waits) == 300


def test_a_used_up_quota_stops_the_run_if_told_to(account: Account) -> None:
    account.fault("/clients", "status", code=429, body="Too many requests")
    copied = Copy()
    run = copied.load(account.run(on_quota="stop", **VERSIONS))
    assert run.code == 75
    assert "quota is used up" in run.log
    unread = {"clients", "projects", "project_memberships", "tags", "tasks", *ENTRY_TABLES}
    assert not unread & {*run.versioned}
    assert "The others were read" not in run.error
    assert "The run was stopped there; the next one goes on." in run.error
    account.mended()
    copied.load(account.run(state=run.state, **VERSIONS).ok())
    assert copied.differences(account.world) == {}
