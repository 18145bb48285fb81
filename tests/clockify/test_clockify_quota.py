"""The hour's quota: remembered between runs, waited for or stopped at, and nothing asked twice."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.clockify.runs import ENTRIES, TABLES, Account, Copy, catalog
from tests.common.runs import NOW, State, TurningClock

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT: dict[str, Any] = {"max_requests_per_hour": 30}
HOUR = timedelta(hours=1)


def big(start: Callable[..., Account]) -> Account:
    """An account of 200 members with few entries each, in one workspace."""
    return start(account="free", members=200, entries=2_000, projects=8, tasks=30)


def most_in_an_hour(moments: list[datetime]) -> int:
    return max(sum(one <= other < one + HOUR for other in moments) for one in moments)


def test_a_first_load_ends_after_some_runs_with_nothing_asked_twice(
    start: Callable[..., Account],
) -> None:
    account = big(start)
    clock, copied, state = TurningClock(account.world.now), Copy(), None
    asked: list[list[str]] = []
    moments: list[datetime] = []
    while True:
        account.reset()
        run = copied.load(account.run(state=state, clock=clock, on_quota="stop", **LIMIT))
        asked.append(account.requests())
        moments += [clock.now()] * len(asked[-1])
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
    assert sum("time-entries" in line for line in counts) == 200
    assert {count for line, count in counts.items() if "time-entries" in line} == {1}
    assert [len(lines) for lines in asked[:-1]] == [30] * (len(asked) - 1)
    assert len(asked) == 8
    assert most_in_an_hour(moments) <= 30
    assert copied.differences(account.world, TABLES) == {}


def test_one_run_that_waits_does_it_too(start: Callable[..., Account]) -> None:
    account = big(start)
    clock, copied = TurningClock(account.world.now), Copy()
    run = copied.load(account.run(clock=clock, **LIMIT).ok())
    counts = Counter(account.requests())
    assert set(counts.values()) == {1}
    hours = (len(account.requests()) - 1) // 30
    assert (clock.now() - account.world.now).total_seconds() == pytest.approx(3600 * hours)
    assert copied.differences(account.world, TABLES) == {}
    assert "max_requests_per_hour is used up: going on at 13:31 UTC, in 61 minutes" in run.log
    assert Counter(account.templates())[ENTRIES] == 200


# -- the state -------------------------------------------------------------------------------------


def tags(account: Account, state: State | None, clock: TurningClock, limit: int = 3) -> Any:
    account.reset()
    settings: dict[str, Any] = {"max_requests_per_hour": limit, "on_quota": "stop"}
    return account.run(catalog=catalog(["tags"]), state=state, clock=clock, **settings)


def test_what_an_earlier_run_sent_counts(account: Account) -> None:
    clock = TurningClock()
    run = tags(account, None, clock).ok()
    assert len(account.requests()) == 3
    assert run.state["bookmarks"]["quota"] == {"sent": {"2026-09-15T12:30:00Z": 3}}
    clock.time += timedelta(minutes=20)
    second = tags(account, run.state, clock)
    assert account.requests() == []
    assert "run again at 13:31 UTC, in 41 minutes" in second.error
    assert second.state["bookmarks"]["quota"] == run.state["bookmarks"]["quota"]
    clock.time = NOW + timedelta(minutes=61, seconds=1)
    third = tags(account, second.state, clock).ok()
    assert len(account.requests()) == 3
    assert third.state["bookmarks"]["quota"] == {"sent": {"2026-09-15T13:31:00Z": 3}}


def test_a_part_of_the_hour_is_left(account: Account) -> None:
    clock = TurningClock()
    state = tags(account, None, clock, limit=5).ok().state
    clock.time += timedelta(minutes=10)
    run = tags(account, state, clock, limit=5)
    assert len(account.requests()) == 2
    sent = {"2026-09-15T12:30:00Z": 3, "2026-09-15T12:40:00Z": 2}
    assert run.state["bookmarks"]["quota"] == {"sent": sent}


def test_a_run_that_reads_no_table_notes_what_it_sent(account: Account) -> None:
    run = tags(account, None, TurningClock(), limit=1)
    assert run.code == 1
    assert run.state["bookmarks"]["quota"] == {"sent": {"2026-09-15T12:30:00Z": 1}}


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
def test_odd_states(account: Account, kept: State | None, asked: int) -> None:
    state = {"bookmarks": {} if kept is None else {"quota": kept}}
    tags(account, state, TurningClock())
    assert len(account.requests()) == asked


def test_without_a_limit_the_state_says_nothing_of_it(account: Account) -> None:
    assert "quota" not in account.run(catalog=catalog(["tags"])).ok().state["bookmarks"]


# -- refusals --------------------------------------------------------------------------------------


def test_a_refusal_holds_back_all_requests_to_that_host(account: Account) -> None:
    clock = TurningClock()
    account.fault("/user-groups", "status", code=429, headers={"Retry-After": "50"}, times=2)
    run = account.run(clock=clock, max_concurrency=1, max_retries=5).ok()
    assert clock.waits[:2] == [50.0, 50.0]
    slowed = clock.waits[2:]
    assert 0 < slowed[-1] < slowed[0] <= 0.2  # slower at first, and faster with each answer
    assert "; again in 50.0 s" in run.log


def test_a_long_wait_is_said_with_its_end(account: Account) -> None:
    account.fault("/tags", "status", code=429, headers={"Retry-After": "1800"}, times=1)
    run = account.run(clock=TurningClock(), max_concurrency=1).ok()
    assert "again in 1800.0 s, at 13:01 UTC, in 31 minutes" in run.log
