"""The end of a run in the log: a verdict, a line per stream, what is left out in one line."""

from __future__ import annotations

import logging
import re
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tap_clockify.tap import TapClockify
from taps_common.errors import InterruptedRunError, StatusError
from tests.common.doubles import Answers
from tests.common.made_up import ENTRIES, PROJECTS, USERS, WORKSPACES, body, run_tap

if TYPE_CHECKING:
    from taps_common.http.request import Request

HOLIDAYS = "/workspaces/{workspaceId}/holidays"
TABLES = ("workspaces", "users", "projects", "holidays", "expenses")
FREE = "not in the plan (FREE) of workspace w1"


def account(*features: str) -> dict[str, Any]:
    """An account of two projects, whose plan has some features."""
    told = {"featureSubscriptionType": "FREE", "features": ["X", *features]}
    return {
        WORKSPACES: body({"id": "w1", **told}),
        USERS: body({"id": "u1"}),
        PROJECTS: body({"id": "p1"}, {"id": "p2"}),
    }


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]


def test_a_complete_run_has_one_verdict_and_a_line_per_stream() -> None:
    run = run_tap(account(), ("users", "projects")).ok()
    last = run.log.splitlines()[-4:]
    assert re.fullmatch(
        r"Complete: 2 tables; 3 rows sent; 3 requests, 0.0 MiB; it took 0.0 s.", last[0]
    )
    assert [line.split()[:5] for line in last[1:]] == [
        ["workspaces", "1", "row", "1", "request"],
        ["users", "1", "row", "1", "request"],
        ["projects", "2", "rows", "1", "request"],
    ]
    assert last[1].endswith("listed only")
    assert len({line.index(" MiB") for line in last[1:]}) == 1, "in columns"


def test_an_incomplete_run_says_how_many_tables_lack_and_what_to_do() -> None:
    away = StatusError("projects are away. Do this.", status=500, code=None)
    run = run_tap(account() | {PROJECTS: away}, ("users", "projects"))
    lines = run.log.splitlines()
    told = "do what the errors below say, and run again"
    assert any(line.startswith(f"Incomplete: 1 of 2 tables ({told}); 1 row") for line in lines)
    reason = "projects failed (workspaceId w1): projects are away. Do this."
    assert lines[-1] == f"CLOCKIFY-NETWORK: {reason}"
    assert run.error.startswith("1 of 2 tables are incomplete (projects)")


def test_a_signal_before_any_table_is_read_has_a_verdict_too() -> None:
    taps: list[TapClockify] = []

    def signalled(_: Request) -> bytes:
        taps[0].interrupt(signal.SIGTERM)
        raise InterruptedRunError("interrupted")  # as the session does in a wait

    run = run_tap({WORKSPACES: signalled}, ("workspaces", "users", "projects"), before=taps.append)
    assert run.code == 128 + signal.SIGTERM
    verdict, workspaces, unread, last = run.log.splitlines()[-4:]
    told = "interrupted: the next run goes on at the last state that the loader kept"
    assert verdict.startswith(f"Incomplete: 3 of 3 tables ({told}); 0 rows sent; 1 request, ")
    assert workspaces.endswith("  interrupted")
    assert unread == "Not read: users, projects."
    assert last == (
        "CLOCKIFY-PARTIAL: workspaces was interrupted; the next run reads what is missing."
    )


def test_a_run_without_a_catalog_says_that_all_tables_are_read(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    tap = TapClockify(config={"api_key": "key-secret"})
    monkeypatch.setattr(tap, "connect", lambda: sys.exit(0))
    with pytest.raises(SystemExit):
        tap.sync_all()
    selected = sum(one.selected for one in tap.all_streams)
    assert caplog.messages[-1] == (
        f"Without --catalog all {selected} tables are read; with one, those that it selects."
    )
    assert "Without --catalog" not in run_tap(account(), ("users",)).ok().log


def test_a_bookmark_that_says_nothing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    tables = ("users", "time_entries")
    entries: list[tuple[dict[str, Any], bool]] = [
        ({"x": 1}, True),
        ({"partitions": []}, False),
        ({}, False),
    ]
    for entry, told in entries:
        caplog.clear()
        state: dict[str, Any] = {"bookmarks": {"users": {"x": 1}, "time_entries": entry}}
        run_tap(account() | {ENTRIES: b"[]"}, tables, state=state).ok()
        said = "The state has nothing of time_entries that this tap knows: all of it is read anew."
        assert any(line.startswith(said) for line in warnings(caplog)) == told


def test_a_signal_before_the_run_begins_is_said(caplog: pytest.LogCaptureFixture) -> None:
    tap = TapClockify(config={"api_key": "key-secret"})
    with pytest.raises(SystemExit, match=str(128 + signal.SIGTERM)):
        tap.interrupt(signal.SIGTERM)
    assert warnings(caplog) == ["SIGTERM: stopped before the run began."]


def test_what_is_left_out_is_one_warning_and_then_no_more(caplog: pytest.LogCaptureFixture) -> None:
    first = run_tap(account(), TABLES).ok()
    both = f"{FREE} (expenses, holidays)."
    assert warnings(caplog) == [f"CLOCKIFY-SKIPPED: Left out: {both}"]
    assert first.log.count(FREE) == 1
    caplog.clear()
    second = run_tap(account(), TABLES, state=first.state).ok()
    assert warnings(caplog) == []
    assert f"CLOCKIFY-SKIPPED: Left out as before: {both}" in second.log
    assert second.state["bookmarks"]["told"] == first.state["bookmarks"]["told"]
    third = run_tap(account("TIME_OFF"), TABLES, state=second.state).ok()
    assert warnings(caplog) == []
    run_tap(account(), TABLES, state=third.state).ok()
    assert warnings(caplog) == [f"CLOCKIFY-SKIPPED: Left out: {FREE} (holidays)."]


def test_what_the_settings_leave_empty_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    tables = ("workspaces", "invoice_items")
    answers = account("INVOICING")
    first = run_tap(answers, tables, invoice_details=False).ok()
    assert warnings(caplog) == ["invoice_items: no rows, because invoice_details is off"]
    caplog.clear()
    second = run_tap(answers, tables, invoice_details=False, state=first.state).ok()
    assert (warnings(caplog), "invoice_details is off" in second.log) == ([], True)


def test_a_run_that_fails_forgets_no_warning_of_the_last_one() -> None:
    first = run_tap(account(), TABLES).ok()
    second = run_tap(account("TIME_OFF") | {HOLIDAYS: b"[7]"}, TABLES, state=first.state)
    assert second.code == 1
    assert second.state["bookmarks"]["told"] == first.state["bookmarks"]["told"]


def test_a_run_that_leaves_nothing_out_keeps_nothing_of_that_in_the_state() -> None:
    run = run_tap(Answers(account()), ("users", "projects")).ok()
    assert "told" not in run.state["bookmarks"]


def test_a_start_in_the_future_is_said() -> None:
    for day, said in (("2026-09-16", True), ("2026-09-15", False)):
        run = run_tap(account(), ("users",), start_date=day).ok()
        assert (f"start_date is {day}, which is in the future" in run.log) == said
