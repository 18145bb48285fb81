"""Whole runs over made-up answers: what is asked, what is kept, what is never deleted."""

from __future__ import annotations

import logging
import os
import signal
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from tap_clockify.tap import TapClockify
from taps_common.cli.tap import OBEYED_WITHIN, SAME_SIGNAL
from taps_common.errors import (
    InterruptedRunError,
    QuotaError,
    RequestError,
    StatusError,
    UnreachableError,
)
from taps_common.sync.checkpoints import STATE_EVERY
from tests.common.doubles import (
    ENTRIES,
    PROJECTS,
    USERS,
    WORKSPACES,
    Answers,
    FakeClock,
    body,
    catalog_of,
    one_workspace,
    run_tap,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from taps_common.http.request import Request

TIMES = ("time_entries",)


def entry(ident: str, start: str, end: str | None = "2026-09-14T12:00:00Z") -> dict[str, Any]:
    return {"id": ident, "timeInterval": {"start": start, "end": end}}


def by_user(**found: object) -> Callable[[Request], object]:
    """Time entries by member: a body or an error; others have one entry of their own."""

    def answer(request: Request) -> object:
        user = request.values["userId"]
        return found.get(user, body(entry(f"e-{user}", "2026-09-14T08:00:00Z")))

    return answer


def world(users: str = "u1 u2 u3", **found: object) -> Answers:
    return Answers(one_workspace(tuple(users.split())) | {ENTRIES: by_user(**found)})


def status(code: int, own: int | None = None) -> StatusError:
    return StatusError(f"answered {code}", status=code, code=own)


def asked(answers: Answers) -> list[str]:
    """Whose time entries were asked for."""
    return [request.values["userId"] for request in answers.sent if request.path == ENTRIES]


def mark(run_state: dict[str, Any], table: str = "time_entries") -> dict[str, Any]:
    (partition,) = run_state["bookmarks"][table]["partitions"]
    found: dict[str, Any] = partition
    return found


# -- bookmarks through a run ---------------------------------------------------------------------


def test_the_second_run_asks_from_the_bookmark_less_look_back(clock: FakeClock) -> None:
    first = run_tap(clock, world(), TIMES)
    assert mark(first.state) == {
        "context": {"workspaceId": "w1"},
        "replication_key": "start",
        "replication_key_value": "2026-09-14T08:00:00Z",
        "known": ["u1", "u2", "u3"],
    }
    answers = world()
    second = run_tap(clock, answers, TIMES, state=first.state, lookback_days=10)
    starts = [query["start"] for query in answers.params(ENTRIES)]
    assert len(starts) == 3
    assert set(starts) == {"2026-09-03T08:00:00Z"}  # ten days, and one for the unknown zone
    assert second.state == first.state


def test_one_bookmark_covers_a_workspace_however_many_members(clock: FakeClock) -> None:
    many = " ".join(f"u{number}" for number in range(50))
    assert len(run_tap(clock, world(many), TIMES).state["bookmarks"]["time_entries"]) == 1


def test_a_running_timer_is_asked_for_until_it_ends(clock: FakeClock) -> None:
    running = world(u2=body(entry("old", "2025-01-01T00:00:00Z", None)))
    first = run_tap(clock, running, TIMES)
    assert mark(first.state)["unfinished"] == {"u2": "2025-01-01T00:00:00Z"}
    answers = world()
    second = run_tap(clock, answers, TIMES, state=first.state, lookback_days=0)
    starts = dict(zip(asked(answers), answers.params(ENTRIES), strict=True))
    assert starts["u2"]["start"] == "2024-12-31T00:00:00Z"
    assert starts["u1"]["start"] == starts["u3"]["start"] == "2026-09-13T08:00:00Z"
    assert "unfinished" not in mark(second.state)


def test_a_new_table_of_the_family_makes_it_read_all(clock: FakeClock) -> None:
    first = run_tap(clock, world(), TIMES)
    answers = world()
    run_tap(clock, answers, ("time_entries", "time_entry_tags"), state=first.state)
    assert all("start" not in query for query in answers.params(ENTRIES))


def test_rows_outside_the_dates_are_left_out_and_move_nothing(clock: FakeClock) -> None:
    page = body(
        entry("before", "2026-01-31T23:59:59Z"),
        entry("first", "2026-02-01T00:00:00Z"),
        entry("last", "2026-02-28T23:59:59Z"),
        entry("after", "2026-03-01T00:00:00Z"),
    )
    answers = world("u1", u1=page)
    run = run_tap(clock, answers, TIMES, start_date="2026-02-01", end_date="2026-02-28")
    assert [row["id"] for row in run.records("time_entries")] == ["first", "last"]
    assert mark(run.state)["replication_key_value"] == "2026-02-28T23:59:59Z"


def test_a_running_timer_that_the_dates_leave_out_is_not_forgotten(clock: FakeClock) -> None:
    running = world("u1", u1=body(entry("old", "2026-01-01T00:00:00Z", None)))
    first = run_tap(clock, running, TIMES)
    second = run_tap(clock, running, TIMES, state=first.state, start_date="2026-06-01")
    assert second.records("time_entries") == [], "the dates leave it out"
    answers = world("u1")
    run_tap(clock, answers, TIMES, state=second.state)
    assert answers.params(ENTRIES)[0]["start"] <= "2026-01-01T00:00:00Z"


def test_a_state_of_rows_comes_after_them(clock: FakeClock) -> None:
    run = run_tap(clock, world(), TIMES)
    kinds = [message["type"] for message in run.messages]
    assert (kinds[0], kinds.count("SCHEMA"), kinds[-1]) == ("SCHEMA", 1, "STATE")
    for place, message in enumerate(run.messages):
        if message["type"] == "STATE":
            before = run.messages[:place]
            written = {one["record"]["id"] for one in before if one["type"] == "RECORD"}
            done = mark(message["value"]).get("walk", {"done": ["u1", "u2", "u3"]})["done"]
            assert written >= {f"e-{user}" for user in done}


def test_a_run_of_tables_without_bookmarks_ends_with_a_state(clock: FakeClock) -> None:
    answers = Answers(one_workspace() | {PROJECTS: body({"id": "1"})})
    run = run_tap(clock, answers, ("projects",))
    assert run.messages[-1] == {"type": "STATE", "value": {"bookmarks": {}}}


# -- failures ------------------------------------------------------------------------------------

STOPS = [
    QuotaError("quota"),
    InterruptedRunError("interrupted"),
    status(401),
]


@pytest.mark.parametrize("error", STOPS, ids=lambda error: type(error).__name__)
def test_an_interrupted_read_goes_on_at_the_partition_it_did_not_finish(
    clock: FakeClock, error: Exception
) -> None:
    first = run_tap(clock, world(u2=error), TIMES, max_requests_per_hour=1000)
    assert first.error is not None
    assert mark(first.state)["walk"]["done"] == ["u1"]
    assert "replication_key_value" not in mark(first.state)
    clock.turn(3600)
    answers = world()
    second = run_tap(clock, answers, TIMES, state=first.state, max_requests_per_hour=1000)
    assert asked(answers) == ["u2", "u3"]
    assert mark(second.state) == mark(run_tap(FakeClock(), world(), TIMES).state)


@pytest.mark.parametrize("error", STOPS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("where", [ENTRIES, USERS])
def test_a_run_that_gets_nowhere_keeps_what_an_earlier_one_had_done(
    clock: FakeClock, error: Exception, where: str
) -> None:
    first = run_tap(clock, world(u2=error), TIMES, max_requests_per_hour=1000)
    stuck = world()
    stuck.by_path[where] = error
    second = run_tap(clock, stuck, TIMES, state=first.state, max_requests_per_hour=1000)
    assert second.error is not None
    answers = world()
    run_tap(clock, answers, TIMES, state=second.state, max_requests_per_hour=1000)
    assert asked(answers) == ["u2", "u3"]


def test_after_one_failed_partition_the_others_are_read_and_the_bookmark_stays(
    clock: FakeClock,
) -> None:
    run = run_tap(clock, world(u2=status(500)), TIMES)
    assert [row["id"] for row in run.records("time_entries")] == ["e-u1", "e-u3"]
    assert run.error is not None
    assert "time_entries" in str(run.error)
    assert mark(run.state) == {"context": {"workspaceId": "w1"}}


@pytest.mark.parametrize(
    ("failure", "given_up"), [(UnreachableError("away"), True), (status(500), False)]
)
def test_a_service_that_is_away_is_given_up_and_one_that_answers_is_not(
    clock: FakeClock,
    failure: Exception,
    given_up: bool,
) -> None:
    users = [f"u{number:02}" for number in range(10)]
    answers = world(" ".join(users), **dict.fromkeys(users[1:], failure))
    run = run_tap(clock, answers, TIMES, max_requests_per_hour=1000)
    assert run.error is not None
    assert asked(answers) == (users[:4] if given_up else users)
    assert mark(run.state).get("walk", {}).get("done") == (["u00"] if given_up else None)


def test_one_table_that_fails_does_not_keep_others_from_being_read(clock: FakeClock) -> None:
    answers = Answers(one_workspace() | {PROJECTS: status(500), ENTRIES: by_user()})
    run = run_tap(clock, answers, ("projects", "time_entries"))
    assert len(run.records("time_entries")) == 1
    assert "1 of 2 tables are incomplete (projects)" in str(run.error)


def test_a_member_that_is_refused_is_no_failure_but_said(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    run = run_tap(clock, world(u2=status(400, 501)), TIMES)
    assert run.error is None
    assert [row["id"] for row in run.records("time_entries")] == ["e-u1", "e-u3"]
    assert "1 partitions left out" in caplog.text


def test_what_was_refused_is_read_from_its_beginning_once_it_is_allowed(clock: FakeClock) -> None:
    """The advice is to use an owner's key: the others' history must arrive then."""
    first = run_tap(clock, world(u2=status(403)), TIMES)
    assert first.error is None
    answers = world()
    run_tap(clock, answers, TIMES, state=first.state)
    starts = dict(zip(asked(answers), answers.params(ENTRIES), strict=True))
    assert "start" not in starts["u2"]


def test_members_that_could_not_be_listed_are_read_from_their_beginning_once_they_are(
    clock: FakeClock,
) -> None:
    alone = Answers(
        {WORKSPACES: body({"id": "w1"}), USERS: status(403), ENTRIES: by_user()}
        | {"/user": b'{"id":"u1"}'}
    )
    first = run_tap(clock, alone, TIMES)
    assert asked(alone) == ["u1"]
    answers = world()
    run_tap(clock, answers, TIMES, state=first.state)
    starts = dict(zip(asked(answers), answers.params(ENTRIES), strict=True))
    assert "start" not in starts["u2"]


def test_a_read_between_other_dates_is_not_resumed(clock: FakeClock) -> None:
    """What is done was read up to another end: its rows after that must still come."""
    broken = world(u2=QuotaError("quota"))
    limited = run_tap(
        clock, broken, TIMES, max_requests_per_hour=1000, end_date="2026-01-31", lookback_days=1
    )
    answers = world()
    run_tap(clock, answers, TIMES, state=limited.state, lookback_days=1)
    assert "u1" in asked(answers)


def test_a_signal_ends_the_run_after_a_page_and_keeps_what_was_read(clock: FakeClock) -> None:
    taps: list[TapClockify] = []

    def signalled(request: Request) -> bytes:
        if request.values["userId"] == "u2":
            taps[0].interrupt(signal.SIGTERM)
        return body(entry(f"e-{request.values['userId']}", "2026-09-14T08:00:00Z"))

    answers = Answers(one_workspace(("u1", "u2", "u3")) | {ENTRIES: signalled})
    config: dict[str, Any] = {"max_requests_per_hour": 1000, "emit_activate_version_messages": True}
    run = run_tap(clock, answers, TIMES, before=taps.append, **config)
    assert isinstance(run.error, SystemExit)
    assert run.error.code == 128 + signal.SIGTERM
    assert asked(answers) == ["u1", "u2"]
    assert [row["id"] for row in run.records("time_entries")] == ["e-u1", "e-u2"]
    assert mark(run.state)["walk"]["done"] == ["u1", "u2"]
    assert run.messages[-1]["type"] == "STATE"
    assert run.of_type("ACTIVATE_VERSION") == []


class LeftError(Exception):
    """The process would have ended, with this exit code."""


def left(code: int) -> NoReturn:
    raise LeftError(code)


@pytest.mark.parametrize(
    ("later", "graceful"), [(0.0, True), (SAME_SIGNAL, True), (SAME_SIGNAL + 0.1, False)]
)
def test_signals_soon_after_the_first_are_the_same(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch, later: float, graceful: bool
) -> None:
    """Meltano's SIGTERM follows the SIGINT of a terminal, or comes before it."""
    monkeypatch.setattr(os, "_exit", left)
    taps: list[TapClockify] = []

    def signalled(_: Request) -> bytes:
        taps[0].interrupt(signal.SIGTERM)
        clock.turn(later)
        taps[0].interrupt(signal.SIGINT)
        return body(entry("e", "2026-09-14T08:00:00Z"))

    answers = Answers(one_workspace(("u1", "u2")) | {ENTRIES: signalled})
    if not graceful:
        with pytest.raises(LeftError, match=str(128 + signal.SIGTERM)):
            run_tap(clock, answers, TIMES, before=taps.append)
        return
    run = run_tap(clock, answers, TIMES, before=taps.append, max_requests_per_hour=1000)
    assert isinstance(run.error, SystemExit)
    assert run.error.code == 128 + signal.SIGTERM
    assert mark(run.state)["walk"]["done"] == ["u1"]
    assert run.messages[-1]["type"] == "STATE"


def test_a_run_that_does_not_end_after_a_signal_is_ended(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "_exit", left)
    taps: list[TapClockify] = []

    def signalled(_: Request) -> bytes:
        taps[0].interrupt(signal.SIGTERM)
        ((seconds, leave),) = clock.due
        assert seconds == OBEYED_WITHIN
        with pytest.raises(LeftError, match=str(128 + signal.SIGTERM)):
            leave()
        return b"[]"

    answers = Answers(one_workspace() | {ENTRIES: signalled})
    assert isinstance(run_tap(clock, answers, TIMES, before=taps.append).error, SystemExit)
    ((_, leave),) = clock.due
    leave()  # the run has ended: whoever ran it lives on


# -- table versions ------------------------------------------------------------------------------


def versions(answers: Answers, clock: FakeClock, *streams: str, **config: Any) -> list[str]:
    """Which tables were said to be complete, so that the target deletes what is gone."""
    config = {"emit_activate_version_messages": True, **config}
    run = run_tap(clock, answers, streams, **config)
    told = run.of_type("ACTIVATE_VERSION")
    for message in told:
        after = run.messages[run.messages.index(message) :]
        assert message["stream"] not in {m["stream"] for m in after if m["type"] == "RECORD"}
    return [message["stream"] for message in told]


def test_a_complete_read_is_said_once_per_table_after_its_rows(clock: FakeClock) -> None:
    streams = ("users", "time_entries", "time_entry_tags")
    tagged = body({"id": "1", "workspaceId": "w1", "userId": "u1", "tagIds": ["t"]})
    assert versions(world("u1", u1=tagged), clock, *streams) == list(streams)


def test_rows_that_lack_what_a_table_is_made_of_delete_nothing(clock: FakeClock) -> None:
    without_tags = body({"id": "1", "workspaceId": "w1", "userId": "u1"})
    streams = ("time_entries", "time_entry_tags")
    assert versions(world("u1", u1=without_tags), clock, *streams) == ["time_entries"]


def test_rows_without_a_whole_key_delete_nothing(clock: FakeClock) -> None:
    fields = [{"customFieldId": "c", "value": 1}, {"value": 2}]
    entry_ = {"id": "1", "workspaceId": "w1", "userId": "u1", "customFieldValues": fields}
    streams = ("time_entries", "time_entry_custom_fields")
    assert versions(world("u1", u1=body(entry_)), clock, *streams) == ["time_entries"]


def test_a_workspace_without_members_is_an_error(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    nobody = Answers(one_workspace(()))
    assert versions(nobody, clock, "users", "time_entries") == []
    assert "not even the workspace's owner" in caplog.text


def test_a_workspace_that_the_key_no_longer_sees_deletes_nothing(clock: FakeClock) -> None:
    two = one_workspace() | {WORKSPACES: body({"id": "w1"}, {"id": "w2"})}
    streams = ("workspaces", "projects")
    state: dict[str, Any] | None = None

    def told(world_: dict[str, Any], **config: Any) -> list[str]:
        nonlocal state
        config["emit_activate_version_messages"] = True
        run = run_tap(clock, Answers(world_), streams, state=state, **config)
        state = run.state
        return [message["stream"] for message in run.of_type("ACTIVATE_VERSION")]

    assert told(two) == list(streams)
    assert told(one_workspace()) == []
    assert told(one_workspace()) == [], "it stays remembered"
    assert told(one_workspace(), workspace_ids=["w1"]) == list(streams), "that is said on purpose"


def test_a_refusal_in_the_middle_of_a_partition_is_a_failure(clock: FakeClock) -> None:
    pages = [body({"id": "1"}), status(400, 501)]
    run = run_tap(clock, world("u1 u2", u1=pages), TIMES)
    assert run.error is not None
    assert "replication_key_value" not in mark(run.state)


def test_a_member_whose_entries_were_visible_once_is_a_failure(clock: FakeClock) -> None:
    first = run_tap(clock, world(), TIMES)
    assert first.error is None
    second = run_tap(clock, world(u2=status(403)), TIMES, state=first.state)
    assert second.error is not None


def test_an_outage_keeps_what_an_earlier_run_had_done(clock: FakeClock) -> None:
    users = [f"u{number}" for number in range(6)]
    stop = InterruptedRunError("interrupted")
    first = run_tap(clock, world(" ".join(users), u3=stop), TIMES, max_requests_per_hour=1000)
    assert mark(first.state)["walk"]["done"] == users[:3]
    state = first.state
    for expected in (users[:3], users[:3], users[:3], None):
        away = world(" ".join(users), **dict.fromkeys(users[3:], status(500)))
        state = run_tap(clock, away, TIMES, state=state, max_requests_per_hour=1000).state
        assert mark(state).get("walk", {}).get("done") == expected


@pytest.mark.parametrize(
    "failure", [status(500), status(403), status(400, 501), QuotaError("quota")]
)
def test_a_read_that_left_something_out_deletes_nothing(
    clock: FakeClock, failure: RequestError
) -> None:
    assert versions(world(u2=failure), clock, "time_entries") == []


def test_only_the_key_owners_entries_delete_nothing(clock: FakeClock) -> None:
    """Where members cannot be listed, the table is not complete: others' entries still exist."""
    answers = Answers(
        {WORKSPACES: body({"id": "w1"}), USERS: status(403), ENTRIES: by_user()}
        | {"/user": b'{"id":"u1"}'}
    )
    assert versions(answers, clock, "time_entries") == []
    assert asked(answers) == ["u1"]


@pytest.mark.parametrize(
    ("stream", "path", "row"),
    [
        ("user_memberships", USERS, {"memberships": {"userId": "u"}}),
        ("user_memberships", USERS, {"memberships": ["u"]}),
        ("project_memberships", PROJECTS, {"memberships": "none"}),
        ("time_entry_tags", ENTRIES, {"tagIds": ["t1", 5]}),
        ("time_entry_custom_fields", ENTRIES, {"customFieldValues": ["c"]}),
    ],
)
def test_rows_that_a_change_of_type_hides_are_not_deleted(
    clock: FakeClock, stream: str, path: str, row: dict[str, Any]
) -> None:
    """A list that is read as null, or loses items, hides rows that still exist."""
    answers = Answers(one_workspace() | {path: body({"id": "u1", **row})})
    assert versions(answers, clock, stream) == []


@pytest.mark.parametrize("dates", [{"start_date": "2020-01-01"}, {"end_date": "2030-01-01"}])
def test_a_read_between_dates_deletes_nothing(clock: FakeClock, dates: dict[str, str]) -> None:
    assert versions(world(), clock, "time_entries", **dates) == []


def test_a_read_from_a_bookmark_deletes_nothing(clock: FakeClock) -> None:
    first = run_tap(clock, world(), TIMES)
    second = run_tap(clock, world(), TIMES, state=first.state, emit_activate_version_messages=True)
    assert second.of_type("ACTIVATE_VERSION") == []
    assert "version" not in second.of_type("RECORD")[0]


def test_a_resumed_read_goes_on_with_its_version(clock: FakeClock) -> None:
    config: dict[str, Any] = {"emit_activate_version_messages": True, "max_requests_per_hour": 1000}
    broken = world(u2=QuotaError("quota"))
    first = run_tap(clock, broken, TIMES, **config)
    state = first.state
    mark(state)["walk"]["version"] = 17
    second = run_tap(clock, world(), TIMES, state=state, **config)
    assert {message["version"] for message in second.of_type("RECORD")} == {17}
    assert [message["version"] for message in second.of_type("ACTIVATE_VERSION")] == [17]


def test_a_run_that_dies_between_workspaces_goes_on_with_its_version(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No bookmark stands for a workspace before the version that its rows carry is active."""
    monkeypatch.setattr("taps_common.sync.checkpoints.STATE_EVERY", 0.0)
    config: dict[str, Any] = {"emit_activate_version_messages": True}
    two = {WORKSPACES: body({"id": "w1"}, {"id": "w2"})}

    def answers() -> Answers:
        return Answers(one_workspace(("u1", "u2")) | two | {ENTRIES: by_user()})

    whole = run_tap(clock, answers(), TIMES, **config)
    states = [message["value"] for message in whole.of_type("STATE")]
    (active,) = whole.of_type("ACTIVATE_VERSION")
    assert len(states) > 4
    for state in states[:-1]:
        again = run_tap(clock, answers(), TIMES, state=state, **config)
        (version,) = again.of_type("ACTIVATE_VERSION")
        assert version == active
    assert "walk" not in str(states[-1])


def test_a_run_that_goes_on_does_not_delete_what_the_first_one_could_not_read(
    clock: FakeClock,
) -> None:
    """Tags of the first member were hidden by a change of type; the run then stopped."""
    odd = body(entry("e-u1", "2026-09-14T08:00:00Z") | {"tagIds": ["t1", 5]})
    config: dict[str, Any] = {"emit_activate_version_messages": True, "max_requests_per_hour": 1000}
    tables = ("time_entries", "time_entry_tags")
    broken = world(u1=odd, u2=QuotaError("quota"))
    first = run_tap(clock, broken, tables, **config)
    assert mark(first.state)["walk"]["done"] == ["u1"]
    second = run_tap(clock, world(), tables, state=first.state, **config)
    assert second.of_type("ACTIVATE_VERSION") == []


# -- pages ---------------------------------------------------------------------------------------


def test_the_same_page_again_is_an_error(clock: FakeClock) -> None:
    page = body({"id": "1"}, {"id": "2"})
    answers = Answers(one_workspace() | {PROJECTS: [page] * 3})
    run = run_tap(clock, answers, ("projects",))
    assert run.error is not None
    assert [row["id"] for row in run.records("projects")] == ["1", "2"]
    assert len(answers.params(PROJECTS)) == 2


def test_a_page_seen_two_pages_ago_is_an_error(clock: FakeClock) -> None:
    """NO-LOOP: a page seen before in this partition is an error, not a loop."""
    one, other = body({"id": "1"}), body({"id": "2"})
    answers = Answers(one_workspace() | {PROJECTS: [one, other] * 5})
    run = run_tap(clock, answers, ("projects",))
    assert run.error is not None
    assert len(run.records("projects")) == 2


def test_rows_that_came_twice_are_counted(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    pages = [body({"id": "1"}, {"id": "2"}), body({"id": "2"}, {"id": "3"}, {"id": "3"})]
    answers = Answers(one_workspace() | {PROJECTS: pages})
    run_tap(clock, answers, ("projects",))
    assert "projects: 2 rows came twice" in caplog.text


def test_an_empty_page_that_is_not_the_last_is_followed(clock: FakeClock) -> None:
    pages = [body({"id": "1"}), b"[]", b"[]", body({"id": "2"})]
    run = run_tap(clock, Answers(one_workspace() | {PROJECTS: pages}), ("projects",))
    assert [row["id"] for row in run.records("projects")] == ["1", "2"]


def test_empty_pages_that_never_end_are_an_error(clock: FakeClock) -> None:
    answers = Answers(one_workspace() | {PROJECTS: [body({"id": "1"}), *[b"[]"] * 50]})
    run = run_tap(clock, answers, ("projects",))
    assert run.error is not None
    assert len(answers.params(PROJECTS)) == 4


def test_a_member_that_is_listed_twice_is_read_once(clock: FakeClock) -> None:
    """Lists shift between two pages when rows are added: the same member comes on both."""
    pages = [body({"id": "u1"}, {"id": "u2"}), body({"id": "u2"}, {"id": "u3"})]
    answers = Answers({WORKSPACES: body({"id": "w1"}), USERS: pages, ENTRIES: by_user()})
    run = run_tap(clock, answers, TIMES)
    assert run.error is None
    assert asked(answers) == ["u1", "u2", "u3"]


def test_child_rows_without_a_whole_key_are_counted_and_left_out(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    fields = [{"customFieldId": "c", "value": 1}, {"value": 2}]
    page = body({"id": "1", "customFieldValues": fields})
    run = run_tap(clock, world("u1", u1=page), ("time_entry_custom_fields",))
    assert len(run.records("time_entry_custom_fields")) == 1
    assert "time_entry_custom_fields: 1 rows left out" in caplog.text


def test_each_list_is_asked_for_once(clock: FakeClock) -> None:
    answers = world()
    run_tap(clock, answers, ("workspaces", "users", "user_memberships", "projects", "time_entries"))
    for path in (WORKSPACES, USERS, PROJECTS):
        assert len(answers.params(path)) == 1


@pytest.mark.parametrize("workers", [2, 16])
def test_output_does_not_depend_on_the_number_of_workers(workers: int) -> None:
    users = " ".join(f"u{number:02}" for number in range(40))
    alone = run_tap(FakeClock(), world(users), TIMES)
    together = run_tap(FakeClock(), world(users), TIMES, max_concurrency=workers)
    assert together.lines == alone.lines
    assert len(alone.records("time_entries")) == 40


def test_a_catalog_without_keys_does_not_crash(clock: FakeClock) -> None:
    catalog = catalog_of(TapClockify(config={"api_key": "k"}), "projects")
    for one in catalog["streams"]:
        one.pop("key_properties", None)
        for metadata in one["metadata"]:
            metadata["metadata"].pop("table-key-properties", None)
    answers = Answers(one_workspace() | {PROJECTS: body({"id": "1"})})
    assert len(run_tap(clock, answers, catalog).records("projects")) == 1


@pytest.mark.parametrize("dates", [{"end_date": "9999-12-31"}, {"start_date": "0001-01-01"}])
def test_the_ends_of_the_calendar_do_not_crash(clock: FakeClock, dates: dict[str, Any]) -> None:
    first = run_tap(clock, world("u1"), TIMES)
    run = run_tap(clock, world("u1"), TIMES, state=first.state, **dates)
    assert len(run.records("time_entries")) == 1
    assert run.error is None


def test_the_first_day_of_the_calendar_reads_everything(clock: FakeClock) -> None:
    run = run_tap(clock, world("u1"), TIMES, start_date="0001-01-01")
    assert len(run.records("time_entries")) == 1


def test_no_line_of_a_run_holds_the_key_or_a_value_of_a_row(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    page = body(entry("e1", "2026-09-14T08:00:00Z") | {"description": "row-text", "billable": 5})
    answers = world("u1 u2", u1=page, u2=status(500))
    run = run_tap(clock, answers, ("users", "time_entries"))
    assert run.error is not None
    assert "row-text" in run.lines.decode()
    assert "of their type" in caplog.text
    for word in ("key-secret", "row-text"):
        assert word not in caplog.text
        assert word not in str(run.error)


def test_long_reads_write_state_now_and_then(clock: FakeClock) -> None:
    def slowly(request: Request) -> bytes:
        clock.turn(0.8 * STATE_EVERY)
        user = request.values["userId"]
        return body(entry(f"e-{user}", "2026-09-14T08:00:00Z"))

    users = tuple(f"u{number}" for number in range(6))
    answers = Answers(one_workspace(users) | {ENTRIES: slowly})
    run = run_tap(clock, answers, TIMES, max_requests_per_hour=1000)
    done = [len(mark(m["value"])["walk"]["done"]) for m in run.of_type("STATE")[:-1]]
    assert done == [1, 3, 5]
