"""The line that says how far a run is: from a thread of its own, every 30 seconds at most."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import pytest

from taps_common.http.cost import Cost
from taps_common.http.rate_limit import RateLimit
from taps_common.http.session import WORTH_SAYING
from taps_common.sdk import LineWriter
from taps_common.sync.progress import REPORT_EVERY, Progress, Series
from tests.common.made_up import ENTRIES, PROJECTS, body, one_workspace, run_tap
from tests.common.runs import TurningClock

if TYPE_CHECKING:
    from taps_common.http.request import Request

LINE = re.compile(r"^\w+: .*; .* requests(?: this hour)?$", re.MULTILINE)


def let_pass(clock: TurningClock, seconds: float) -> None:
    """Let time pass in the main thread, which does nothing: others do what is due."""
    end = clock.monotonic() + seconds
    while clock.due and clock.monotonic() + clock.due[0][0] <= end:
        wait, function = clock.due.pop(0)
        clock.turn(wait)
        other = threading.Thread(target=function)
        other.start()
        other.join()
    clock.turn(end - clock.monotonic())


def entry(user: str) -> bytes:
    return body({"id": f"e-{user}", "timeInterval": {"start": "2026-09-14T08:00:00Z"}})


def test_a_long_read_says_every_30_seconds_how_far_it_is() -> None:
    clock = TurningClock()
    taps: list[Any] = []

    def slowly(request: Request) -> bytes:
        taps[0].rate_limit.reserve(clock.monotonic())
        let_pass(clock, 2 * REPORT_EVERY)
        return entry(request.values["userId"])

    answers = one_workspace(("u1", "u2")) | {ENTRIES: slowly}
    run = run_tap(
        answers, ("time_entries",), before=taps.append, clock=clock, max_requests_per_hour=30
    ).ok()
    assert LINE.findall(run.log) == [
        "time_entries: member 1 of 2, 0 rows; 1 of 30 requests this hour",
        "time_entries: member 1 of 2, 0 rows; 1 of 30 requests this hour",
        "time_entries: member 2 of 2, 1 row, about 90 s left; 2 of 30 requests this hour",
        "time_entries: member 2 of 2, 1 row, about 2 minutes left; 2 of 30 requests this hour",
    ]


def test_a_loader_that_takes_nothing_does_not_keep_it_quiet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = TurningClock()
    write_lines = LineWriter.write_lines

    def blocked(writer: LineWriter, lines: bytes) -> None:
        let_pass(clock, REPORT_EVERY)
        write_lines(writer, lines)

    monkeypatch.setattr(LineWriter, "write_lines", blocked)
    answers = one_workspace() | {PROJECTS: body({"id": "p1"}, {"id": "p2"})}
    run = run_tap(answers, ("projects",), clock=clock).ok()
    assert LINE.findall(run.log) == ["projects: 2 rows; 2 requests"]


def test_a_run_of_seconds_says_nothing_and_nothing_comes_after_a_run() -> None:
    clock = TurningClock()

    def quickly(_: Request) -> bytes:
        let_pass(clock, REPORT_EVERY - 1)
        return body({"id": "p1"})

    run = run_tap(one_workspace() | {PROJECTS: quickly}, ("projects",), clock=clock).ok()
    ((_, report),) = clock.due
    report()
    assert LINE.findall(run.log) == []
    assert len(clock.due) == 1, "nor is it called again"


def test_a_wait_that_was_announced_is_not_reported() -> None:
    clock = TurningClock()
    taps: list[Any] = []

    def waiting(_: Request) -> bytes:
        taps[0].session.waits_until = clock.monotonic() + WORTH_SAYING
        let_pass(clock, WORTH_SAYING + REPORT_EVERY)
        return body({"id": "p1"})

    answers = one_workspace() | {PROJECTS: waiting}
    run = run_tap(answers, ("projects",), before=taps.append, clock=clock).ok()
    assert len(LINE.findall(run.log)) == 2, "when it ended, and after that"


@pytest.mark.parametrize(
    ("seconds", "left"),
    [(0.1, "10 s"), (8, "40 s"), (60, "5 minutes"), (2400, "3 hours")],
)
def test_how_long_the_rest_takes_is_said_roundly(seconds: float, left: str) -> None:
    clock = TurningClock()
    progress = Progress("things", clock, Cost())
    progress.begin(Series("member", 8, 2))
    clock.turn(seconds)
    progress.parts.done += 1
    assert str(progress) == f"things: member 4 of 8, 0 rows, about {left} left"


def test_the_rest_of_other_scopes_is_not_guessed() -> None:
    progress = Progress("things", TurningClock(), Cost(), scopes=Series("workspace", 3, 1))
    progress.begin(Series("member", 2))
    progress.parts.done += 1
    assert str(progress) == "things: workspace 2 of 3, member 2 of 2, 0 rows"


def test_a_limit_knows_itself() -> None:
    assert (RateLimit().per_hour, RateLimit(per_hour=30).per_hour) == (None, 30)
