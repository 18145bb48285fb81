"""State: what is read again, what moves a bookmark, how an interrupted read goes on."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from taps_common.sync.state import (
    Window,
    close_window,
    drop_progress,
    keep_progress,
    open_window,
)
from taps_common.timestamps import from_text, to_text

NOW = datetime(2026, 9, 15, 12, 30, tzinfo=timezone.utc)
MONTH = timedelta(days=30)


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T00:00:00+00:00")


def marked(day: str | None, **more: object) -> dict[str, Any]:
    """The state of one table."""
    if day is None:
        return more
    return {
        "replication_key": "start",
        "replication_key_value": f"{day}T00:00:00Z",
        "known": ["u", "v"],
        **more,
    }


def opened(
    *states: dict[str, Any],
    start: datetime | None = None,
    lookback: timedelta = MONTH,
    full: bool = False,
) -> Window:
    return open_window(Window(None, NOW, "start", start), states, full=full, lookback=lookback)


def closed(window: Window, *states: dict[str, Any]) -> list[dict[str, Any]]:
    """The states after a read, as the next run gets them."""
    window.done = ["u", "v"]
    close_window(states, window, cursor="start")
    found: list[dict[str, Any]] = json.loads(json.dumps(states))
    return found


# -- where a read begins -------------------------------------------------------------------------


def test_without_a_bookmark_all_is_read() -> None:
    assert opened(marked(None)).since is None


def test_a_bookmark_is_read_again_as_far_as_the_look_back_goes() -> None:
    state = marked("2026-08-31")
    assert opened(state).since == at("2026-08-01")
    assert state == marked("2026-08-31")


def test_without_look_back_the_bookmark_itself_is_read_again() -> None:
    assert opened(marked("2026-08-31"), lookback=timedelta()).since == at("2026-08-31")


def test_look_back_never_moves_the_bookmark() -> None:
    state = marked("2026-08-31")
    window = opened(state)
    window.saw("u", at("2026-08-02"), None)
    assert closed(window, state)[0]["replication_key_value"] == "2026-08-31T00:00:00Z"


@pytest.mark.parametrize(
    ("start", "since"),
    [
        ("2026-01-01", "2026-08-01"),
        ("2026-08-15", "2026-08-15"),
        ("2026-09-10", "2026-09-10"),
    ],
)
def test_the_later_of_start_date_and_bookmark_counts(start: str, since: str) -> None:
    assert opened(marked("2026-08-31"), start=at(start)).since == at(since)


def test_start_date_counts_where_there_is_no_bookmark() -> None:
    assert opened(marked(None), start=at("2026-01-01")).since_for("u") == at("2026-01-01")


def test_a_table_that_is_new_makes_the_family_read_all() -> None:
    assert opened(marked("2026-08-31"), marked(None)).since is None


def test_a_family_begins_at_its_earliest_bookmark() -> None:
    states = [marked("2026-08-31"), marked("2026-06-30")]
    assert opened(*states).since == at("2026-05-31")


def test_a_full_table_reads_all_and_leaves_its_companions_bookmark() -> None:
    state = marked("2026-08-31")
    window = opened(state, full=True)
    assert window.since is None
    window.saw("u", at("2026-07-01"), None)
    assert closed(window, state)[0]["replication_key_value"] == "2026-08-31T00:00:00Z"


def test_the_bookmark_of_another_key_is_none() -> None:
    state = {"replication_key": "other", "replication_key_value": "2026-08-31T00:00:00Z"}
    assert opened(state).since is None


def test_no_tables_need_no_window() -> None:
    assert opened().since is None


# -- where a bookmark moves ----------------------------------------------------------------------


def test_the_bookmark_is_the_latest_cursor() -> None:
    state = marked("2026-08-31")
    window = opened(state)
    for day in ("2026-09-01", "2026-09-10", "2026-09-05"):
        window.saw("u", at(day), None)
    window.saw("v", None, None)
    assert closed(window, state) == [marked("2026-09-10")]


def test_a_row_of_the_future_moves_it_to_the_start_of_the_read_only() -> None:
    state = marked("2026-08-31")
    window = opened(state)
    window.saw("u", at("2027-01-01"), None)
    assert closed(window, state)[0]["replication_key_value"] == to_text(NOW)


def test_nothing_seen_moves_nothing() -> None:
    assert closed(opened(marked("2026-08-31")), marked("2026-08-31")) == [marked("2026-08-31")]
    assert closed(opened(marked(None)), {}) == [{"known": ["u", "v"]}]


def test_a_bookmark_never_goes_back() -> None:
    future = marked("2027-08-31")
    window = opened(future)
    window.saw("u", at("2026-09-01"), None)
    assert closed(window, future) == [marked("2027-08-31")]


def test_each_table_of_a_family_keeps_to_its_own_past() -> None:
    states = [marked("2026-08-31"), marked(None)]
    window = opened(*states)
    window.saw("u", at("2026-08-01"), None)
    values = [state["replication_key_value"] for state in closed(window, *states)]
    assert values == ["2026-08-31T00:00:00Z", "2026-08-01T00:00:00Z"]


# -- partitions that the bookmark does not speak for -----------------------------------------------


@pytest.mark.parametrize("start", [None, "2026-01-01"])
def test_a_partition_that_was_never_read_is_read_from_its_beginning(start: str | None) -> None:
    begin = start and at(start)
    window = opened(marked("2026-08-31"), start=begin or None)
    assert window.since_for("u") == at("2026-08-01")
    assert window.since_for("new") == (begin or None)


def test_a_partition_is_known_once_all_tables_of_the_family_have_it() -> None:
    window = opened(marked("2026-08-31", known=["u", "v"]), marked("2026-08-31", known=["v"]))
    assert window.since_for("u") is None
    assert window.since_for("v") == at("2026-08-01")


def test_only_what_was_read_is_known_afterwards() -> None:
    state = marked("2026-08-31")
    window = opened(state)
    window.done.append("v")
    close_window([state], window, cursor="start")
    assert state["known"] == ["v"]


# -- rows that are still open --------------------------------------------------------------------


def test_the_earliest_open_row_of_a_partition_is_read_again() -> None:
    state = marked("2026-08-31")
    window = opened(state)
    window.saw("u", at("2026-09-01"), at("2026-03-02"))
    window.saw("u", at("2026-09-01"), at("2026-03-01"))
    window.saw("u", at("2026-09-01"), at("2026-03-03"))
    window.saw("v", at("2026-09-01"), None)
    after = closed(window, state)
    assert after[0]["unfinished"] == {"u": "2026-03-01T00:00:00Z"}
    following = opened(*after)
    assert following.since == at("2026-08-02")
    assert following.since_for("u") == at("2026-03-01")
    assert following.since_for("v") == at("2026-08-02")


def test_an_open_row_later_than_the_look_back_shortens_nothing() -> None:
    window = opened(marked("2026-08-31", unfinished={"u": "2026-08-30T00:00:00Z"}))
    assert window.since_for("u") == at("2026-08-01")


def test_a_row_that_ended_is_forgotten() -> None:
    state = marked("2026-08-31", unfinished={"u": "2026-03-01T00:00:00Z"})
    window = opened(state)
    window.saw("u", at("2026-09-01"), None)
    assert "unfinished" not in closed(window, state)[0]


def test_open_rows_change_nothing_when_all_is_read() -> None:
    window = opened(marked(None, unfinished={"u": "2026-03-01T00:00:00Z"}))
    assert window.since_for("u") is None


def test_tables_of_a_family_share_their_open_rows() -> None:
    window = opened(
        marked("2026-08-31", unfinished={"u": "2026-03-01T00:00:00Z"}),
        marked("2026-08-31", unfinished={"u": "2026-02-01T00:00:00Z"}),
    )
    assert window.since_for("u") == at("2026-02-01")


# -- interrupted reads ---------------------------------------------------------------------------


def interrupted(*states: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    window = opened(*states)
    window.version = 17
    window.saw("u", at("2026-09-14"), at("2026-09-14"))
    window.done.append("u")
    keep_progress(states, window)
    return tuple(json.loads(json.dumps(states)))


def test_an_interrupted_read_goes_on_where_it_was() -> None:
    states = interrupted(marked(None), marked(None))
    later = NOW + timedelta(days=2)
    window = open_window(
        Window(None, later, "start"), states, full=False, lookback=timedelta(days=1)
    )
    assert window == Window(
        since=None,
        began=NOW,
        cursor="start",
        done=["u"],
        version=17,
        latest=at("2026-09-14"),
        open={"u": at("2026-09-14")},
    )


def test_an_interrupted_look_back_begins_anew() -> None:
    """It is cheap, and what was read already may have changed since."""
    states = interrupted(marked("2026-08-31"))
    assert states[0]["replication_key_value"] == "2026-08-31T00:00:00Z"
    assert opened(*states).done == []


def test_the_bookmark_after_a_resumed_read_is_not_later_than_its_first_start() -> None:
    states = interrupted(marked(None))
    window = open_window(Window(None, NOW + MONTH, "start"), states, full=False, lookback=MONTH)
    window.saw("v", NOW + timedelta(days=20), None)
    after = closed(window, *states)[0]
    assert after["replication_key_value"] == to_text(NOW)
    assert "walk" not in after


def test_a_first_read_that_is_interrupted_goes_on_from_the_beginning_of_time() -> None:
    window = opened(*interrupted(marked(None)))
    assert (window.since, window.done) == (None, ["u"])


def test_a_table_that_joins_makes_an_interrupted_read_begin_anew() -> None:
    (kept,) = interrupted(marked("2026-08-31"))
    window = opened(kept, marked(None))
    assert (window.since, window.done, window.latest) == (None, [], None)


def test_a_full_table_is_not_resumed() -> None:
    assert opened(*interrupted(marked("2026-08-31")), full=True).done == []


def test_a_dropped_read_is_not_resumed() -> None:
    states = interrupted(marked("2026-08-31"))
    drop_progress(states)
    assert states == (marked("2026-08-31"),)


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
def test_a_text_names_a_time(text: str, time: datetime) -> None:
    assert from_text(text) == time
    assert from_text(to_text(time)) == time


def test_state_is_written_in_utc() -> None:
    assert to_text(datetime.fromisoformat("2026-01-31T02:00:00+02:00")) == "2026-01-31T00:00:00Z"
