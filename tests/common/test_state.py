"""State: what is read again, what moves a bookmark, how an interrupted read goes on."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from taps_common.errors import TapError
from taps_common.sync.state import (
    Window,
    close_window,
    drop_progress,
    keep_progress,
    open_window,
    table_version,
)
from taps_common.timestamps import from_text, to_text
from tests.common.runs import NOW, State

MONTH = timedelta(days=30)


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T00:00:00+00:00")


def marked(day: str | None, **more: object) -> State:
    """The state of one table."""
    if day is None:
        return more
    mark = {"replication_key": "start", "replication_key_value": f"{day}T00:00:00Z"}
    return {**mark, "known": ["u", "v"], **more}


AUGUST = marked("2026-08-31")
NEW = marked(None)
OTHER_KEY = {"replication_key": "other", "replication_key_value": "2026-08-31T00:00:00Z"}


def opened(
    *states: State,
    start: str | None = None,
    lookback: int = 30,
    full: bool = False,
    now: datetime = NOW,
) -> Window:
    window = Window(None, now, "start", at(start) if start else None)
    return open_window(window, states, full=full, lookback=timedelta(days=lookback))


def closed(window: Window, *states: State) -> list[State]:
    """The states after a read, as the next run gets them."""
    window.done = ["u", "v"]
    copies: list[State] = json.loads(json.dumps(states))
    close_window(copies, window)
    return copies


# -- where a read begins -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("states", "options", "since"),
    [
        ([NEW], {}, None),
        ([AUGUST], {}, "2026-08-01"),
        ([AUGUST], {"lookback": 0}, "2026-08-31"),
        # the later of start_date and bookmark counts
        ([AUGUST], {"start": "2026-01-01"}, "2026-08-01"),
        ([AUGUST], {"start": "2026-08-15"}, "2026-08-15"),
        ([AUGUST], {"start": "2026-09-10"}, "2026-09-10"),
        ([NEW], {"start": "2026-01-01"}, None),
        # a family begins at its earliest bookmark; a new table makes it read all
        ([AUGUST, marked("2026-06-30")], {}, "2026-05-31"),
        ([AUGUST, NEW], {}, None),
        ([AUGUST], {"full": True}, None),
        ([OTHER_KEY], {}, None),
        ([], {}, None),
    ],
)
def test_where_a_read_begins(
    states: list[State], options: dict[str, Any], since: str | None
) -> None:
    assert opened(*states, **options).since == (at(since) if since else None)


def test_a_bookmark_that_is_no_timestamp_is_an_error_that_says_so() -> None:
    with pytest.raises(TapError, match="bookmark is not a timestamp: 'soon'"):
        opened({**AUGUST, "replication_key_value": "soon"})


@pytest.mark.parametrize("start", [None, "2026-01-01"])
def test_a_partition_that_was_never_read_is_read_from_its_beginning(start: str | None) -> None:
    begin = at(start) if start else None
    assert opened(AUGUST, start=start).since_for("u") == at("2026-08-01")
    assert opened(AUGUST, start=start).since_for("new") == begin
    assert opened(NEW, start=start).since_for("u") == begin


def test_a_partition_is_known_once_all_tables_of_the_family_have_it() -> None:
    window = opened(AUGUST, marked("2026-08-31", known=["v"]))
    assert window.since_for("u") is None
    assert window.since_for("v") == at("2026-08-01")


# -- where a bookmark moves ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("states", "seen", "after", "full"),
    [
        ([AUGUST], ["2026-09-01", "2026-09-10", "2026-09-05"], ["2026-09-10"], False),
        # look-back never moves it, and it never goes back
        ([AUGUST], ["2026-08-02"], ["2026-08-31"], False),
        ([AUGUST], [], ["2026-08-31"], False),
        ([marked("2027-08-31")], ["2026-09-01"], ["2027-08-31"], False),
        ([NEW], [], [None], False),
        # each table of a family keeps to its own past, or to its companion's
        ([AUGUST, NEW], ["2026-08-01"], ["2026-08-31", "2026-08-01"], False),
        ([AUGUST], ["2026-07-01"], ["2026-08-31"], True),
    ],
)
def test_the_bookmark_is_the_latest_cursor(
    states: list[State], seen: list[str], after: list[str | None], full: bool
) -> None:
    window = opened(*states, full=full)
    for day in seen:
        window.saw("u", at(day), None)
    window.saw("v", None, None)
    assert closed(window, *states) == [marked(day) | {"known": ["u", "v"]} for day in after]


def test_a_row_of_the_future_moves_it_to_the_start_of_the_read_only() -> None:
    window = opened(AUGUST)
    window.saw("u", at("2027-01-01"), None)
    assert closed(window, AUGUST)[0]["replication_key_value"] == to_text(NOW)


@pytest.mark.parametrize(("sliced", "known"), [(False, ["v"]), (True, None)])
def test_only_what_was_read_is_known_afterwards(sliced: bool, known: list[str] | None) -> None:
    """Slices are cut anew in each run."""
    state = marked("2026-08-31")
    window = opened(state)
    window.done.append("v")
    close_window([state], window, sliced=sliced)
    assert state.get("known") == known


# -- rows that are still open --------------------------------------------------------------------


def test_the_earliest_open_row_of_a_partition_is_read_again_until_it_ends() -> None:
    window = opened(AUGUST)
    for day in ("2026-03-02", "2026-03-01", "2026-03-03"):
        window.saw("u", at("2026-09-01"), at(day))
    window.saw("v", at("2026-09-01"), None)
    after = closed(window, AUGUST)
    assert after[0]["unfinished"] == {"u": "2026-03-01T00:00:00Z"}
    window = opened(*after)
    assert window.since == window.since_for("v") == at("2026-08-02")
    assert window.since_for("u") == at("2026-03-01")
    window.saw("u", at("2026-09-01"), None)
    assert "unfinished" not in closed(window, *after)[0]


def test_an_open_row_that_the_end_of_the_read_hides_is_kept() -> None:
    state = marked("2026-08-31", unfinished={"u": "2026-03-01T00:00:00Z"})
    window = opened(state)
    window.end = at("2026-02-01")
    assert closed(window, state)[0]["unfinished"] == {"u": "2026-03-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("states", "since"),
    [
        ([marked("2026-08-31", unfinished={"u": "2026-08-30T00:00:00Z"})], "2026-08-01"),
        ([marked(None, unfinished={"u": "2026-03-01T00:00:00Z"})], None),
        (
            [
                marked("2026-08-31", unfinished={"u": "2026-03-01T00:00:00Z"}),
                marked("2026-08-31", unfinished={"u": "2026-02-01T00:00:00Z"}),
            ],
            "2026-02-01",
        ),
    ],
)
def test_open_rows_lengthen_a_read_only(states: list[State], since: str | None) -> None:
    assert opened(*states).since_for("u") == (at(since) if since else None)


# -- interrupted reads ---------------------------------------------------------------------------


def interrupted(*states: State, stopped: bool = True) -> tuple[State, ...]:
    window = opened(*states)
    window.version = 17
    window.saw("u", at("2026-09-14"), at("2026-09-14"))
    window.done.append("u")
    keep_progress(states, window, stopped=stopped)
    return tuple(json.loads(json.dumps(states)))


def test_an_interrupted_read_goes_on_where_it_was() -> None:
    window = opened(*interrupted({}, {}), now=NOW + timedelta(days=2))
    assert window == Window(
        since=None,
        began=NOW,
        cursor="start",
        done=["u"],
        version=17,
        latest=at("2026-09-14"),
        open={"u": at("2026-09-14")},
    )


def test_a_read_since_a_bookmark_that_a_quota_stopped_goes_on_while_the_bookmark_stands() -> None:
    (state,) = interrupted(marked("2026-08-31"))
    window = opened(state, now=NOW + timedelta(hours=1))
    assert (window.done, window.began, window.since) == (["u"], NOW, at("2026-08-01"))
    moved = {**state, **marked("2026-09-01")}
    assert opened(moved).done == []


@pytest.mark.parametrize(
    ("states", "options"),
    [
        # It is cheap, and rows may have changed since.
        (interrupted(marked("2026-08-31"), stopped=False), {}),
        ((*interrupted({}), NEW), {}),  # a table joins
        (interrupted({}), {"full": True}),
        (interrupted({}), {"start": "2026-01-01"}),
    ],
)
def test_what_is_not_the_same_read_begins_anew(
    states: tuple[State, ...], options: dict[str, Any]
) -> None:
    window = opened(*states, **options)
    assert (window.done, window.latest, window.version) == ([], None, None)


def test_the_bookmark_after_a_resumed_read_is_not_later_than_its_first_start() -> None:
    states = interrupted({})
    window = opened(*states, now=NOW + MONTH)
    window.saw("v", NOW + timedelta(days=20), None)
    (after,) = closed(window, *states)
    assert after["replication_key_value"] == to_text(NOW)
    assert "walk" not in after


def test_a_dropped_read_is_not_resumed() -> None:
    states = interrupted(marked("2026-08-31"))
    drop_progress(states)
    assert states == (AUGUST,)


def window(**given: Any) -> Window:
    return Window(None, NOW, **given)


BETWEEN = "it reads since a bookmark or between dates"


@pytest.mark.parametrize(
    ("windows", "bounded", "version"),
    [
        ([None], False, int(NOW.timestamp())),
        ([window(), None], False, int(NOW.timestamp())),
        ([window(), window(done=["u"], version=17)], False, 17),
        ([window(done=["u"], version=17), window(done=["v"], version=17)], False, 17),
        ([window(done=["u"], version=17), window(done=["v"], version=18)], False, None),
        ([window(done=["u"])], False, None),
        ([window()], True, BETWEEN),
        ([Window(NOW, NOW)], False, BETWEEN),
        ([window(start=NOW)], False, BETWEEN),
    ],
)
def test_a_version_is_of_one_complete_read(
    windows: list[Window | None], bounded: bool, version: int | str | None
) -> None:
    found = table_version(windows, NOW, bounded=bounded)
    assert found == (version or "it goes on with a read that had none")


# -- texts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-01-31", at("2026-01-31")),
        ("2026-01-31T00:00:00Z", at("2026-01-31")),
        ("2026-01-31T02:00:00+02:00", at("2026-01-31")),
        ("2026-01-31T00:00:00", at("2026-01-31")),
        ("2026-01-31T00:00:00.250000+00:00", at("2026-01-31") + timedelta(milliseconds=250)),
    ],
)
def test_a_text_names_a_time_and_is_written_in_utc(text: str, time: datetime) -> None:
    assert from_text(text) == time
    assert from_text(to_text(time)) == time
    assert to_text(from_text(text)).endswith("Z")
