"""The engine over made-up answers: what is asked, what is kept, what is never deleted."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from taps_common.cli.tap import OBEYED_WITHIN, SAME_SIGNAL
from taps_common.errors import InterruptedRunError, QuotaError, StatusError, UnreachableError
from taps_common.sync.checkpoints import STATE_EVERY
from taps_common.sync.own_state import KEY
from tests.clockify.runs import catalog
from tests.common.doubles import Answers
from tests.common.made_up import (
    ENTRIES,
    IN_TURN,
    PROJECTS,
    USERS,
    VERSIONS,
    WORKSPACES,
    body,
    one_workspace,
    run_tap,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_clockify.tap import TapClockify
    from taps_common.http.request import Request
    from tests.common.runs import Run, TurningClock

TIMES = ("time_entries",)
AND_TAGS = ("time_entries", "time_entry_tags")
AND_FIELDS = ("time_entries", "time_entry_custom_fields")


def entry(ident: str, start: str, end: str | None = "2026-09-14T12:00:00Z") -> dict[str, Any]:
    return {"id": ident, "timeInterval": {"start": start, "end": end}}


def entry_of(user: str) -> bytes:
    return body(entry(f"e-{user}", "2026-09-14T08:00:00Z"))


def by_user(**found: object) -> Callable[[Request], object]:
    """Time entries by member: a body or an error; others have one entry of their own."""
    return lambda request: found.get(user := request.values["userId"], entry_of(user))


def world(users: str = "u1 u2 u3", **found: object) -> Answers:
    return Answers(one_workspace(tuple(users.split())) | {ENTRIES: by_user(**found)})


def listing(*pages: object) -> Answers:
    """Pages of projects."""
    return Answers(one_workspace() | {PROJECTS: list(pages)})


def status(code: int, own: int | None = None) -> StatusError:
    return StatusError(f"answered {code}", status=code, code=own)


def alone() -> Answers:
    """A key that may not list members, but read its owner's entries."""
    return Answers(
        one_workspace() | {USERS: status(403), ENTRIES: by_user(), "/user": b'{"id":"u1"}'}
    )


def asked(answers: Answers) -> list[str]:
    """Whose time entries were asked for."""
    return [request.values["userId"] for request in answers.sent if request.path == ENTRIES]


def starts(answers: Answers) -> dict[str, str | None]:
    """Since when they were asked for."""
    queries = answers.params(ENTRIES)
    return {user: query.get("start") for user, query in zip(asked(answers), queries, strict=True)}


def ids(run: Run, table: str = "time_entries") -> list[str]:
    return [row["id"] for row in run.records(table)]


def mark(run: Run) -> dict[str, Any]:
    """What the state keeps of the workspace's entries."""
    (partition,) = run.state["bookmarks"]["time_entries"]["partitions"]
    found: dict[str, Any] = partition
    return found


# -- bookmarks through a run ---------------------------------------------------------------------


def test_the_second_run_asks_from_the_bookmark_less_look_back() -> None:
    first = run_tap(world(), TIMES)
    assert mark(first) == {
        "context": {"workspaceId": "w1"},
        "replication_key": "start",
        "replication_key_value": "2026-09-14T08:00:00Z",
        "known": ["u1", "u2", "u3"],
    }
    second = run_tap(answers := world(), TIMES, state=first.state, lookback_days=10)
    # ten days, and one for the unknown zone
    assert starts(answers) == dict.fromkeys(("u1", "u2", "u3"), "2026-09-03T08:00:00Z")
    assert second.state == first.state


def test_a_running_timer_is_asked_for_until_it_ends() -> None:
    running = world(u2=body(entry("old", "2025-01-01T00:00:00Z", None)))
    first = run_tap(running, TIMES)
    assert mark(first)["unfinished"] == {"u2": "2025-01-01T00:00:00Z"}
    second = run_tap(answers := world(), TIMES, state=first.state, lookback_days=0)
    last = "2026-09-13T08:00:00Z"
    assert starts(answers) == {"u1": last, "u2": "2024-12-31T00:00:00Z", "u3": last}
    assert "unfinished" not in mark(second)


def test_a_running_timer_that_the_dates_leave_out_is_not_forgotten() -> None:
    running = world("u1", u1=body(entry("old", "2026-01-01T00:00:00Z", None)))
    first = run_tap(running, TIMES)
    second = run_tap(running, TIMES, state=first.state, start_date="2026-06-01")
    assert ids(second) == [], "the dates leave it out"
    run_tap(answers := world("u1"), TIMES, state=second.state)
    assert (starts(answers)["u1"] or "") <= "2026-01-01T00:00:00Z"


def test_a_new_table_of_the_family_makes_it_read_all() -> None:
    first = run_tap(world(), TIMES)
    run_tap(answers := world(), AND_TAGS, state=first.state)
    assert {*starts(answers).values()} == {None}


def test_rows_outside_the_dates_are_left_out_and_move_nothing() -> None:
    page = body(
        entry("before", "2026-01-31T23:59:59Z"),
        entry("first", "2026-02-01T00:00:00Z"),
        entry("last", "2026-02-28T23:59:59Z"),
        entry("after", "2026-03-01T00:00:00Z"),
    )
    dates: dict[str, Any] = {"start_date": "2026-02-01", "end_date": "2026-02-28"}
    run = run_tap(world("u1", u1=page), TIMES, **dates)
    assert ids(run) == ["first", "last"]
    assert mark(run)["replication_key_value"] == "2026-02-28T23:59:59Z"


@pytest.mark.parametrize("dates", [{"end_date": "9999-12-31"}, {"start_date": "0001-01-01"}])
def test_the_ends_of_the_calendar_are_dates_too(dates: dict[str, Any]) -> None:
    first = run_tap(world("u1"), TIMES, **dates).ok()
    assert ids(first) == ids(run_tap(world("u1"), TIMES, state=first.state, **dates).ok())
    assert ids(first) == ["e-u1"]


def test_a_state_of_rows_comes_after_them() -> None:
    run = run_tap(world(), TIMES)
    kinds = [message["type"] for message in run.messages]
    assert (kinds[0], kinds.count("SCHEMA"), kinds[-1]) == ("SCHEMA", 1, "STATE")
    for place, message in enumerate(run.messages):
        if message["type"] == "STATE":
            before = run.messages[:place]
            written = {one["record"]["id"] for one in before if one["type"] == "RECORD"}
            (kept,) = message["value"]["bookmarks"]["time_entries"]["partitions"]
            done = kept.get("walk", {"done": ["u1", "u2", "u3"]})["done"]
            assert written >= {f"e-{user}" for user in done}


def test_a_run_of_tables_without_bookmarks_ends_with_a_state() -> None:
    run = run_tap(listing(body({"id": "1"})), ("projects",))
    assert run.messages[-1]["type"] == "STATE"
    assert {*run.state["bookmarks"]} == {KEY}


def test_long_reads_write_state_now_and_then(clock: TurningClock) -> None:
    def slowly(request: Request) -> bytes:
        clock.turn(0.8 * STATE_EVERY)
        return entry_of(request.values["userId"])

    users = tuple(f"u{number}" for number in range(6))
    run = run_tap(one_workspace(users) | {ENTRIES: slowly}, TIMES, **IN_TURN, clock=clock)
    states = [one["value"]["bookmarks"]["time_entries"] for one in run.of("STATE")[:-1]]
    assert [len(one["partitions"][0]["walk"]["done"]) for one in states] == [1, 3, 5]


def test_a_bookmark_is_written_before_the_next_workspace_is_read() -> None:
    """However short a while ago the last state was: the run may die there."""
    two = {WORKSPACES: body({"id": "w1"}, {"id": "w2"})}
    messages = run_tap(Answers(world("u1").by_path | two), TIMES).messages
    _, next_one = (place for place, one in enumerate(messages) if one["type"] == "RECORD")
    kept, _ = messages[next_one - 1]["value"]["bookmarks"]["time_entries"]["partitions"]
    assert kept["context"] == {"workspaceId": "w1"}
    assert kept["replication_key_value"] == "2026-09-14T08:00:00Z"


# -- failures ------------------------------------------------------------------------------------

STOPS = [QuotaError("quota"), InterruptedRunError("interrupted"), status(401)]
stops = pytest.mark.parametrize("error", STOPS, ids=lambda error: type(error).__name__)


@stops
def test_an_interrupted_read_goes_on_at_the_partition_it_did_not_finish(
    clock: TurningClock, error: Exception
) -> None:
    first = run_tap(world(u2=error), TIMES, **IN_TURN, clock=clock)
    assert first.error
    assert mark(first)["walk"]["done"] == ["u1"]
    assert "replication_key_value" not in mark(first)
    clock.turn(3600)
    second = run_tap(answers := world(), TIMES, state=first.state, **IN_TURN, clock=clock)
    assert asked(answers) == ["u2", "u3"]
    assert mark(second) == mark(run_tap(world(), TIMES))


@stops
@pytest.mark.parametrize("where", [ENTRIES, USERS])
def test_a_run_that_gets_nowhere_keeps_what_an_earlier_one_had_done(
    error: Exception, where: str
) -> None:
    first = run_tap(world(u2=error), TIMES, **IN_TURN)
    stuck = world()
    stuck.by_path[where] = error
    second = run_tap(stuck, TIMES, state=first.state, **IN_TURN)
    assert second.error
    run_tap(answers := world(), TIMES, state=second.state, **IN_TURN)
    assert asked(answers) == ["u2", "u3"]


def test_after_one_failed_partition_the_others_are_read_and_the_bookmark_stays() -> None:
    run = run_tap(world(u2=status(500)), (*TIMES, "workspaces"))
    assert ids(run) == ["e-u1", "e-u3"]
    assert "time_entries" in run.error
    assert mark(run) == {"context": {"workspaceId": "w1"}}
    timed = [json.loads(line[8:]) for line in run.log.splitlines() if '"sync_duration"' in line]
    ends = {one["tags"]["stream"]: one["tags"]["status"] for one in timed}
    assert ends == {"time_entries": "failed", "workspaces": "succeeded"}


@pytest.mark.parametrize(
    ("failure", "failing", "given_up"),
    [
        (UnreachableError("away"), range(1, 10), True),
        (UnreachableError("away"), (1, 2, 4, 5, 7, 8), False),
        (status(500), range(1, 10), False),
    ],
)
def test_a_service_that_is_away_is_given_up_and_one_that_answers_is_not(
    failure: Exception, failing: Iterable[int], given_up: bool
) -> None:
    users = [f"u{number:02}" for number in range(10)]
    answers = world(" ".join(users), **{users[number]: failure for number in failing})
    run = run_tap(answers, TIMES, **IN_TURN)
    assert run.error
    assert asked(answers) == (users[:4] if given_up else users)
    assert (mark(run).get("walk", {}).get("done") == ["u00"]) == given_up


def test_an_outage_keeps_what_an_earlier_run_had_done() -> None:
    users = [f"u{number}" for number in range(6)]
    stopped = world(" ".join(users), u3=InterruptedRunError("interrupted"))
    run = run_tap(stopped, TIMES, **IN_TURN)
    assert mark(run)["walk"]["done"] == users[:3]
    for expected in (users[:3], users[:3], users[:3], None):
        away = world(" ".join(users), **dict.fromkeys(users[3:], status(500)))
        run = run_tap(away, TIMES, state=run.state, **IN_TURN)
        assert mark(run).get("walk", {}).get("done") == expected


def test_one_table_that_fails_does_not_keep_others_from_being_read() -> None:
    answers = one_workspace() | {PROJECTS: status(500), ENTRIES: by_user()}
    run = run_tap(answers, ("projects", "time_entries"))
    assert len(run.records("time_entries")) == 1
    assert "1 of 2 tables are incomplete (projects)" in run.error


@pytest.mark.parametrize(
    ("refused", "fails"), [("u2", False), ("u1 u3", False), ("u1 u2 u3", True)]
)
def test_members_that_are_refused_are_no_failure_unless_all_are(refused: str, fails: bool) -> None:
    found: dict[str, Any] = dict.fromkeys(refused.split(), status(400, 501))
    run = run_tap(world(**found), TIMES)
    assert bool(run.error) == fails
    assert ids(run) == [f"e-{user}" for user in ("u1", "u2", "u3") if user not in refused]
    assert fails or f"{len(refused.split())} part" in run.log


def test_a_refusal_in_the_middle_of_a_partition_is_a_failure() -> None:
    pages = [body({"id": "1"}), status(400, 501)]
    run = run_tap(world("u1 u2", u1=pages), TIMES)
    assert run.error
    assert "replication_key_value" not in mark(run)


def test_a_member_whose_entries_were_visible_once_is_a_failure() -> None:
    first = run_tap(world(), TIMES).ok()
    assert run_tap(world(u2=status(403)), TIMES, state=first.state).error


@pytest.mark.parametrize("answers", [world(u2=status(403)), alone()], ids=["refused", "unlisted"])
def test_what_was_refused_is_read_from_its_beginning_once_it_is_allowed(answers: Answers) -> None:
    """The advice is to use an owner's key: the others' history must arrive then."""
    first = run_tap(answers, TIMES).ok()
    run_tap(answers := world(), TIMES, state=first.state)
    assert starts(answers)["u2"] is None
    assert starts(answers)["u1"]


def test_a_read_between_other_dates_is_not_resumed() -> None:
    """What is done was read up to another end: its rows after that must still come."""
    broken = world(u2=QuotaError("quota"))
    ended: dict[str, Any] = {"end_date": "2026-01-31"}
    limited = run_tap(broken, TIMES, lookback_days=1, **IN_TURN, **ended)
    run_tap(answers := world(), TIMES, state=limited.state, lookback_days=1)
    assert "u1" in asked(answers)


# -- signals -------------------------------------------------------------------------------------


class LeftError(Exception):
    """The process would have ended, with this exit code."""


@pytest.fixture
def taps(monkeypatch: pytest.MonkeyPatch) -> list[TapClockify]:
    """The tap that runs, whose process does not end."""

    def left(code: int) -> NoReturn:
        raise LeftError(code)

    monkeypatch.setattr(os, "_exit", left)
    return []


ENDED = 128 + signal.SIGTERM


@pytest.mark.parametrize("later", [None, 0.0, SAME_SIGNAL, SAME_SIGNAL + 0.1])
def test_a_signal_ends_the_run_after_a_page_and_another_one_at_once(
    clock: TurningClock, taps: list[TapClockify], later: float | None
) -> None:
    """Soon after the first it is the same: Meltano's SIGTERM follows, or precedes, the SIGINT."""

    def signalled(request: Request) -> bytes:
        if request.values["userId"] == "u2":
            taps[0].interrupt(signal.SIGTERM)
            if later is not None:
                clock.turn(later)
                taps[0].interrupt(signal.SIGINT)
        return entry_of(request.values["userId"])

    answers = Answers(one_workspace(("u1", "u2", "u3")) | {ENTRIES: signalled})
    if later and later > SAME_SIGNAL:
        with pytest.raises(LeftError, match=str(ENDED)):
            run_tap(answers, TIMES, before=taps.append, **IN_TURN, clock=clock)
        return
    run = run_tap(answers, TIMES, before=taps.append, **VERSIONS, **IN_TURN, clock=clock)
    assert run.code == ENDED
    assert asked(answers) == ["u1", "u2"]
    assert ids(run) == ["e-u1", "e-u2"]
    assert mark(run)["walk"]["done"] == ["u1", "u2"]
    assert run.messages[-1]["type"] == "STATE"
    assert run.versioned == []


def test_a_run_that_does_not_end_after_a_signal_is_ended(
    clock: TurningClock, taps: list[TapClockify]
) -> None:
    def signalled(_: Request) -> bytes:
        taps[0].interrupt(signal.SIGTERM)
        seconds, leave = clock.due[-1]
        assert seconds == OBEYED_WITHIN
        with pytest.raises(LeftError, match=str(ENDED)):
            leave()
        return b"[]"

    answers = one_workspace() | {ENTRIES: signalled}
    assert run_tap(answers, TIMES, before=taps.append, clock=clock).code == ENDED
    _, leave = clock.due[-1]
    leave()  # the run has ended: whoever ran it lives on


# -- table versions ------------------------------------------------------------------------------

TAGGED = {"id": "1", "workspaceId": "w1", "userId": "u1", "tagIds": ["t"]}
UNTAGGED = {name: TAGGED[name] for name in ("id", "workspaceId", "userId")}
FIELDS = [{"customFieldId": "c", "value": 1}, {"value": 2}]


def rows_of(path: str, **row: object) -> Answers:
    return Answers(one_workspace() | {path: body({"id": "u1", **row})})


@pytest.mark.parametrize(
    ("answers", "tables", "versioned", "config"),
    [
        (world("u1", u1=body(TAGGED)), ("users", *AND_TAGS), ("users", *AND_TAGS), {}),
        # rows that lack what a table is made of, or have no whole key
        (world("u1", u1=body(UNTAGGED)), AND_TAGS, TIMES, {}),
        (world("u1", u1=body({**UNTAGGED, "customFieldValues": FIELDS})), AND_FIELDS, TIMES, {}),
        # something was left out: others' entries still exist
        (world(u2=status(500)), TIMES, (), {}),
        (world(u2=status(403)), TIMES, (), {}),
        (world(u2=status(400, 501)), TIMES, (), {}),
        (world(u2=QuotaError("quota")), TIMES, (), {}),
        (alone(), TIMES, (), {}),
        (world(), TIMES, (), {"start_date": "2020-01-01"}),
        (world(), TIMES, (), {"end_date": "2030-01-01"}),
        # a list that is read as null, or loses items, hides rows that still exist
        (rows_of(USERS, memberships={"userId": "u"}), ("user_memberships",), (), {}),
        (rows_of(USERS, memberships=["u"]), ("user_memberships",), (), {}),
        (rows_of(PROJECTS, memberships="none"), ("project_memberships",), (), {}),
        (rows_of(ENTRIES, tagIds=["t1", 5]), ("time_entry_tags",), (), {}),
        (rows_of(ENTRIES, customFieldValues=["c"]), ("time_entry_custom_fields",), (), {}),
    ],
)
def test_only_a_complete_read_says_what_is_gone(
    answers: Answers,
    tables: tuple[str, ...],
    versioned: tuple[str, ...],
    config: dict[str, Any],
) -> None:
    run = run_tap(answers, tables, **VERSIONS, **config)
    assert run.versioned == list(versioned)
    for message in run.of("ACTIVATE_VERSION"):
        after = run.messages[run.messages.index(message) :]
        assert message["stream"] not in {m["stream"] for m in after if m["type"] == "RECORD"}


def test_a_workspace_without_members_is_an_error() -> None:
    run = run_tap(one_workspace(()), ("users", "time_entries"), **VERSIONS)
    assert run.versioned == []
    assert "not even the workspace's owner" in run.log


def test_a_workspace_that_the_key_no_longer_sees_deletes_nothing() -> None:
    two = one_workspace() | {WORKSPACES: body({"id": "w1"}, {"id": "w2"})}
    tables = ("workspaces", "projects")
    run = run_tap(two, tables, **VERSIONS)
    assert run.versioned == list(tables)
    for _ in range(2):  # it stays remembered
        run = run_tap(one_workspace(), tables, state=run.state, **VERSIONS)
        assert run.versioned == []
    said = {"workspace_ids": ["w1"], **VERSIONS}
    assert run_tap(one_workspace(), tables, state=run.state, **said).versioned == [*tables]


def test_a_read_from_a_bookmark_deletes_nothing() -> None:
    first = run_tap(world(), TIMES)
    second = run_tap(world(), TIMES, state=first.state, **VERSIONS)
    assert second.versioned == []
    assert "version" not in second.of("RECORD")[0]


def test_a_resumed_read_goes_on_with_its_version(clock: TurningClock) -> None:
    first = run_tap(world(u2=QuotaError("quota")), TIMES, **VERSIONS, **IN_TURN, clock=clock)
    clock.turn(3600)
    second = run_tap(world(), TIMES, state=first.state, **VERSIONS, **IN_TURN, clock=clock)
    (version,) = {message["version"] for message in first.of("RECORD")}
    assert {message["version"] for message in second.of("RECORD")} == {version}
    assert [message["version"] for message in second.of("ACTIVATE_VERSION")] == [version]


def test_a_resumed_read_does_not_delete_what_the_first_one_could_not_read() -> None:
    """Tags of the first member were hidden by a change of type; the run then stopped."""
    odd = body(entry("e-u1", "2026-09-14T08:00:00Z") | {"tagIds": ["t1", 5]})
    broken = world(u1=odd, u2=QuotaError("quota"))
    first = run_tap(broken, AND_TAGS, **VERSIONS, **IN_TURN)
    assert mark(first)["walk"]["done"] == ["u1"]
    second = run_tap(world(), AND_TAGS, state=first.state, **VERSIONS, **IN_TURN)
    assert second.versioned == []


def test_a_run_that_dies_between_workspaces_goes_on_with_its_version(
    clock: TurningClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No bookmark stands for a workspace before the version that its rows carry is active."""
    monkeypatch.setattr("taps_common.sync.checkpoints.STATE_EVERY", 0.0)
    two = {WORKSPACES: body({"id": "w1"}, {"id": "w2"}), ENTRIES: by_user()}
    answers = one_workspace(("u1", "u2")) | two
    whole = run_tap(answers, TIMES, **VERSIONS, clock=clock)
    states = [message["value"] for message in whole.of("STATE")]
    assert len(states) > 4
    clock.turn(3600)
    for state in states[1:-1]:
        again = run_tap(answers, TIMES, state=state, **VERSIONS, clock=clock)
        assert again.of("ACTIVATE_VERSION") == whole.of("ACTIVATE_VERSION")
    assert "walk" not in str(states[-1])


# -- pages ---------------------------------------------------------------------------------------


def numbered(ident: str) -> dict[str, str]:
    return {"id": ident}


ONE, OTHER, TWO, NONE = (body(*map(numbered, found)) for found in ("1", "2", "12", ""))


@pytest.mark.parametrize(
    ("pages", "read", "requests", "fails", "says"),
    [
        ([ONE] * 3, "1", 2, True, "sent the same page twice"),
        ([ONE, OTHER] * 5, "12", 3, True, "sent the same page twice"),
        ([ONE, NONE, NONE, OTHER], "12", 4, False, ""),
        ([ONE, *[NONE] * 50], "1", 4, True, "3 empty pages in a row, none of them the last"),
        ([ONE, b'[{"id":"2"},{"name":"x"}]'], "1", 2, True, "a row without id"),
        ([ONE, b'{"id":"2"}'], "1", 2, True, "expected a list of rows, got an object"),
        ([ONE, status(500)], "1", 2, True, "answered 500"),
        ([TWO, body(*map(numbered, "233"))], "12233", 2, False, "projects: 2 rows came twice"),
    ],
)
def test_pages_are_followed_as_far_as_they_advance(
    pages: list[object], read: str, requests: int, fails: bool, says: str
) -> None:
    run = run_tap(answers := listing(*pages), ("projects",))
    assert ids(run, "projects") == list(read)
    assert len(answers.params(PROJECTS)) == requests
    assert bool(run.error) == fails
    assert says in run.log


def test_a_member_that_is_listed_twice_is_read_once() -> None:
    """Lists shift between two pages when rows are added: the same member comes on both."""
    pages = [body({"id": "u1"}, {"id": "u2"}), body({"id": "u2"}, {"id": "u3"})]
    answers = Answers({WORKSPACES: body({"id": "w1"}), USERS: pages, ENTRIES: by_user()})
    run_tap(answers, TIMES).ok()
    assert asked(answers) == ["u1", "u2", "u3"]


def test_child_rows_without_a_whole_key_are_counted_and_left_out() -> None:
    page = body({"id": "1", "customFieldValues": FIELDS})
    run = run_tap(world("u1", u1=page), ("time_entry_custom_fields",))
    assert len(run.records("time_entry_custom_fields")) == 1
    assert "time_entry_custom_fields: 1 rows left out" in run.log


def test_a_catalog_that_selects_nothing_is_worth_a_line() -> None:
    run = run_tap(world(), ())
    assert run.code == 0
    assert "No table is selected in the catalog" in run.log


def test_each_list_is_asked_for_once() -> None:
    tables = ("workspaces", "users", "user_memberships", "projects", "time_entries")
    run_tap(answers := world(), tables)
    assert [len(answers.params(path)) for path in (WORKSPACES, USERS, PROJECTS)] == [1, 1, 1]


@pytest.mark.parametrize("workers", [2, 16])
def test_output_does_not_depend_on_the_number_of_workers(workers: int) -> None:
    users = " ".join(f"u{number:02}" for number in range(40))
    one = run_tap(world(users), TIMES)
    together = run_tap(world(users), TIMES, max_concurrency=workers)
    assert together.output == one.output
    assert len(one.records("time_entries")) == 40


def test_a_catalog_without_keys_does_not_crash() -> None:
    chosen = catalog(["projects"])
    for one in chosen["streams"]:
        one.pop("key_properties", None)
        for metadata in one["metadata"]:
            metadata["metadata"].pop("table-key-properties", None)
    assert ids(run_tap(listing(ONE), chosen).ok(), "projects") == ["1"]


def test_no_line_of_a_run_holds_the_key_or_a_value_of_a_row() -> None:
    row = {"description": "row-text", "billable": 5}
    page = body(entry("e1", "2026-09-14T08:00:00Z") | row)
    answers = world("u1 u2", u1=page, u2=status(500))
    run = run_tap(answers, ("users", "time_entries"))
    assert run.error
    assert b"row-text" in run.output
    assert "of their type" in run.log
    assert not [word for word in ("key-secret", "row-text") if word in run.said]
