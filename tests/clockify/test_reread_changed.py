"""`reread_changed`: months whose totals differ are read again, however old, and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tap_clockify.rereads import (
    HALF_A_YEAR,
    MONTHS_A_RUN,
    NOTHING,
    Months,
    begin_of,
    month_of,
    packed,
    spans,
    unpacked,
)
from tap_clockify.streams import time_entries
from tap_clockify.streams.month_totals import ask, digest_of_total, slices
from tap_clockify.streams.time_entries import TimeEntries
from tap_clockify.summaries import MonthTotal
from tap_clockify.tap import TapClockify
from tests.clockify.runs import DAY, ENTRY_TABLES, Account, Copy, catalog, mark, true_rows

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from sandbox.clockify.world import World
    from tests.common.runs import Row, Run, State

TABLE, WINDOWS = "time_entries", "completed_windows"
YEARS = timedelta(days=365)
SUMMARY = "/reports/summary"


def read(account: Account, state: State | None = None, *more: str, **settings: Any) -> Run:
    account.reset()
    given = {
        "workspace_ids": [account.world.main_id],
        "start_date": "2025-01-01",
        "lookback_days": 10,
        "reread_changed": True,
        **settings,
    }
    return account.run(catalog=catalog([TABLE, WINDOWS, *more]), state=state, **given)


def lists(account: Account) -> Counter[str]:
    """Return how often each member's entries were asked for."""
    paths = (one.split("?")[0].split("/") for one in account.requests() if "/time-entries" in one)
    return Counter(path[-2] for path in paths)


def asked(account: Account) -> list[dict[str, Any]]:
    return account.bodies(SUMMARY)


@pytest.fixture
def old(world: World) -> Row:
    """An entry from months ago, as the first run finds it."""
    member = str(world.member_id)
    interval = {"start": "2026-05-12T08:00:00Z", "end": "2026-05-12T10:00:00Z"}
    made = world.insert_entry(world.main_id, member, timeInterval=interval)
    return {"id": made, "userId": member, "start": interval["start"]}


@pytest.fixture
def state(account: Account, old: Row) -> State:
    """What a first run leaves, and a day passes."""
    assert old
    state = read(account).ok().state
    account.world.advance(DAY)
    return state


def longer(world: World, entry: Row, minutes: int = 7) -> None:
    start = entry["start"]
    interval = {"start": start, "end": f"{start[:10]}T23:{minutes:02}:00Z"}
    rate = {"amount": 100 * minutes, "currency": "USD"}
    world.edit_entry(entry["id"], timeInterval=interval, hourlyRate=rate)


# -- what is read ----------------------------------------------------------------------------------


def test_an_earlier_start_has_the_month_read_that_was_cut(account: Account, old: Row) -> None:
    state = read(account, start_date="2026-05-13").ok().state
    run = read(account, state, start_date="2026-04-01").ok()
    assert old["id"] in {one["id"] for one in run.records(TABLE)}
    read(account, run.state, start_date="2026-04-01").ok()
    assert set(lists(account).values()) == {1}


def test_a_day_without_edits_takes_a_request_per_year_more(account: Account, state: State) -> None:
    first = asked(account)
    assert [(one["dateRangeStart"], one["dateRangeEnd"]) for one in first] == [
        ("2025-01-01T00:00:00.000", "2025-12-31T23:59:59.999"),
        ("2026-01-01T00:00:00.000", "2026-09-30T23:59:59.999"),
    ]
    assert first[0] == first[0] | {
        "timeZone": "UTC",
        "rounding": False,
        "summaryFilter": {"groups": ["USER", "MONTH"]},
    }
    assert set(lists(account).values()) == {1}
    read(account, state).ok()
    assert asked(account) == first
    assert set(lists(account).values()) == {1}


def test_an_old_edit_has_its_month_read_of_its_member(
    account: Account, world: World, old: Row, state: State
) -> None:
    longer(world, old)
    run = read(account, state).ok()
    (came,) = [one for one in run.records(TABLE) if one["id"] == old["id"]]
    assert came["hourlyRate"]["amount"] == 700
    more = {member: count for member, count in lists(account).items() if count > 1}
    assert more == {old["userId"]: 2}
    (bounds,) = [
        one.split("?")[1]
        for one in account.requests()
        if f"/user/{old['userId']}/time-entries" in one and "end=" in one
    ]
    month = f"{old['start'][:7]}-01T00:00:00Z"
    assert "start=2026-04-29" in bounds, "two days before: the zone, and entries over midnight"
    assert "end=2026-06-02" in bounds
    told = [one for one in run.records(WINDOWS) if one["userId"] == old["userId"]]
    assert [(one["from"], one["to"]) for one in told] == [(month, "2026-06-01T00:00:00Z")]
    read(account, run.state).ok()
    assert set(lists(account).values()) == {1}


def test_what_was_deleted_long_ago_is_told(
    account: Account, world: World, old: Row, state: State
) -> None:
    """Also where the member has nothing left, and so is in no total any more."""
    theirs = [one for one in true_rows(world, TABLE) if one["userId"] == old["userId"]]
    for one in theirs:
        world.delete_entry(one["id"])
    run = read(account, state, max_shrink=100).ok()
    parts = [(one["from"], one["to"], one["userId"]) for one in run.records(WINDOWS)]
    for one in theirs:
        assert any(
            low <= one["start"] < high and member in {"*", old["userId"]}
            for low, high, member in parts
        ), one["start"]


def test_what_was_deleted_before_the_windows_were_selected_is_told(
    account: Account, world: World, old: Row
) -> None:
    given: dict[str, Any] = {"reread_changed": True, "workspace_ids": [world.main_id]}
    first = account.run(catalog=catalog([TABLE]), **given).ok()
    world.delete_entry(old["id"])
    world.advance(DAY)
    second = account.run(catalog=catalog([TABLE]), state=first.state, **given).ok()
    world.advance(DAY)
    third = account.run(catalog=catalog([TABLE, WINDOWS]), state=second.state, **given).ok()
    assert old["id"] not in shown([first.messages, second.messages, third.messages])
    account.reset()
    account.run(catalog=catalog([TABLE, WINDOWS]), state=third.state, **given).ok()
    assert set(lists(account).values()) == {1}


def test_an_entry_of_a_month_that_had_none_arrives(
    account: Account, world: World, state: State
) -> None:
    interval = {"start": "2025-02-03T08:00:00Z", "end": "2025-02-03T09:00:00Z"}
    made = world.insert_entry(world.main_id, world.owner_id, timeInterval=interval)
    run = read(account, state).ok()
    assert made in {one["id"] for one in run.records(TABLE)}


def test_months_that_follow_each_other_are_read_at_once(
    account: Account, world: World, state: State
) -> None:
    for month in ("02", "03", "05"):
        interval = {"start": f"2025-{month}-03T08:00:00Z", "end": f"2025-{month}-03T09:00:00Z"}
        world.insert_entry(world.main_id, world.owner_id, timeInterval=interval)
    read(account, state).ok()
    assert lists(account)[world.owner_id] == 3


def test_a_state_of_before_has_all_read_once(account: Account, world: World, old: Row) -> None:
    """What happened before months were compared is found too."""
    before = read(account, reread_changed=False).ok().state
    longer(world, old)
    world.advance(DAY)
    run = read(account, before).ok()
    assert old["id"] in {one["id"] for one in run.records(TABLE)}
    assert set(lists(account).values()) == {2}, "one request for all months of a member"
    assert asked(account)
    read(account, run.state).ok()
    assert set(lists(account).values()) == {1}


def test_a_month_that_leaves_the_look_back_is_not_read_again(
    account: Account, world: World, state: State
) -> None:
    """Its digest was kept while the window had all of it."""
    for _ in range(8):
        world.advance(7 * DAY)
        world.insert_entry(world.main_id, world.owner_id)
        state = read(account, state).ok().state
        assert set(lists(account).values()) == {1}


def test_a_timer_that_runs_for_months_costs_nothing_until_it_ends(
    account: Account, world: World, state: State
) -> None:
    interval = {"start": "2026-06-10T08:00:00Z", "end": None, "duration": None}
    timer = world.insert_entry(world.main_id, world.owner_id, timeInterval=interval)
    copied = Copy()
    for _ in range(3):  # it is in no total while it runs
        state = copied.load(read(account, state, lookback_days=100).ok()).state
        assert set(lists(account).values()) == {1}
        world.advance(30 * DAY)
    world.stop_timer(timer)
    state = copied.load(read(account, state).ok()).state
    (row,) = [one for one in copied.rows(TABLE) if one["id"] == timer]
    assert row["end"]
    read(account, state).ok()
    assert set(lists(account).values()) == {1}


def test_what_is_deleted_while_an_old_timer_runs_is_told(account: Account, world: World) -> None:
    """The window of its member begins with it; that of all members does not tell so much."""
    running = {"start": "2026-05-10T08:00:00Z", "end": None, "duration": None}
    world.insert_entry(world.main_id, world.owner_id, timeInterval=running)
    interval = {"start": "2026-07-10T08:00:00Z", "end": "2026-07-10T09:00:00Z"}
    gone = world.insert_entry(world.main_id, world.owner_id, timeInterval=interval)
    first = read(account).ok()
    world.advance(DAY)
    world.delete_entry(gone)
    second = read(account, first.state).ok()
    assert gone not in shown([first.messages, second.messages])
    assert set(lists(account).values()) == {1}
    told = [one["from"] for one in second.records(WINDOWS) if one["userId"] != "*"]
    assert told == ["2026-07-01T00:00:00Z"]
    assert len(read(account, second.state).ok().records(WINDOWS)) == 1


def test_rows_of_these_months_do_not_count_as_the_windows(account: Account, world: World) -> None:
    """Else the next run, which reads none, would seem to have lost them (`max_shrink`)."""
    for day in range(10, 29):
        for month in ("02", "03", "04", "05", "06"):
            at = f"2025-{month}-{day}T08"
            interval = {"start": f"{at}:00:00Z", "end": f"{at}:30:00Z"}
            world.insert_entry(world.main_id, world.owner_id, timeInterval=interval)
    before = read(account, reread_changed=False).ok().state
    world.advance(DAY)
    run = read(account, before).ok()
    world.advance(DAY)
    later = read(account, run.state).ok()
    assert len(run.records(TABLE)) > 2 * len(later.records(TABLE)) > 40
    assert "completed_windows does not say" not in run.log + later.log
    assert [one["userId"] for one in later.records(WINDOWS)] == ["*"]


def test_nothing_of_these_tables_is_held_back(account: Account, world: World, old: Row) -> None:
    given: dict[str, Any] = {"skip_unchanged": True, "reread_changed": True}
    tables = catalog([TABLE])
    state = account.run(catalog=tables, **given).ok().state
    longer(world, old)
    run = account.run(catalog=tables, state=state, **given).ok()
    assert old["id"] in {one["id"] for one in run.records(TABLE)}


# -- what is edited meanwhile, and what fails ------------------------------------------------------


def test_what_is_edited_during_a_run_arrives_with_the_next(
    account: Account, world: World, old: Row, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the entries were read that costs a read for nothing; after it, it is the only one."""

    def edited(*given: Any) -> Generator[Any, Any, Any]:
        totals = yield from ask(*given)
        longer(world, old, minutes=1)
        return totals

    longer(world, old, minutes=2)
    with monkeypatch.context() as patched:
        patched.setattr(time_entries, "ask", edited)
        run = read(account, state).ok()
    (came,) = [one for one in run.records(TABLE) if one["id"] == old["id"]]
    assert came["hourlyRate"]["amount"] == 100
    ended = TimeEntries.after_scope

    def late(stream: TimeEntries, *given: Any) -> None:
        longer(world, old, minutes=3)
        ended(stream, *given)

    with monkeypatch.context() as patched:
        patched.setattr(TimeEntries, "after_scope", late)
        again = read(account, run.state).ok()
    assert old["id"] in {one["id"] for one in again.records(TABLE)}
    last = read(account, again.state).ok()
    (came,) = [one for one in last.records(TABLE) if one["id"] == old["id"]]
    assert came["hourlyRate"]["amount"] == 300


def test_a_month_that_was_not_read_to_its_end_is_read_by_the_next_run(
    account: Account, world: World, old: Row, state: State
) -> None:
    longer(world, old)
    account.fault(f"/user/{old['userId']}/time-entries", "status", code=500)
    failed = read(account, state, max_retries=0)
    assert failed.code
    account.mended()
    run = read(account, failed.state).ok()
    assert old["id"] in {one["id"] for one in run.records(TABLE)}


def shown(runs_so_far: Iterable[Sequence[dict[str, Any]]]) -> dict[str, str]:
    """Return the entries that a target shows by the view of the docs, and when each ends."""
    held: dict[str, tuple[str, Row]] = {}
    parts: list[Row] = []
    for messages in runs_so_far:
        for one in messages:
            if one.get("stream") == TABLE and one["type"] == "RECORD":
                held[one["record"]["id"]] = one["time_extracted"], one["record"]
            elif one.get("stream") == WINDOWS and one["type"] == "RECORD":
                parts.append(one["record"])
    return {
        ident: row["end"]
        for ident, (at, row) in held.items()
        if not any(
            part["userId"] in {"*", row["userId"]}
            and part["from"] <= row["start"] < part["to"]
            and at < part["readAt"]
            for part in parts
        )
    }


def test_a_killed_run_loses_nothing(
    account: Account, world: World, old: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever line was the last that the target got."""
    monkeypatch.setattr("taps_common.sync.checkpoints.STATE_EVERY", 0.0)
    others = sorted({*world.main.users} - {old["userId"]})
    interval = {"start": "2025-03-03T08:00:00Z", "end": "2025-03-03T09:00:00Z"}
    for one in others[::3]:
        world.insert_entry(world.main_id, one, timeInterval=interval)
    first = read(account).ok()
    world.advance(DAY)
    longer(world, old)
    for row in true_rows(world, TABLE, world.main_id):
        if row["start"] == interval["start"] or row["id"][-1] in "05":
            world.delete_entry(row["id"])
    truth = {row["id"]: row["end"] for row in true_rows(world, TABLE, world.main_id)}
    whole = read(account, first.state).ok()
    world.advance(DAY)
    cuts = [n for n, one in enumerate(whole.messages) if one["type"] == "STATE"]
    with_digests = 0
    for end in cuts:
        kept = whole.messages[end]["value"]
        with_digests += mark(kept, TABLE, world.main_id).get("walk") is not None
        state = kept
        later = []
        for _ in range(2):  # one that goes on leaves what changed meanwhile to the next
            run = read(account, state).ok()
            state = run.state
            later.append(run.messages)
        assert shown([first.messages, whole.messages[: end + 1], *later]) == truth, end
    assert with_digests > len(others) / 2


def test_a_quota_that_stops_the_run_keeps_what_was_done(
    account: Account, world: World, state: State
) -> None:
    people = sorted(world.main.users)
    interval = {"start": "2025-02-03T08:00:00Z", "end": "2025-02-03T09:00:00Z"}
    made = {world.insert_entry(world.main_id, one, timeInterval=interval) for one in people}
    copied, stopped = Copy(), 0
    while True:
        run = read(account, state, max_requests_per_hour=14, on_quota="stop")
        state = copied.load(run).state
        world.advance(3_700)
        if not run.code:
            break
        stopped += 1
    assert stopped
    assert made <= copied.ids(TABLE)
    read(account, state).ok()
    assert set(lists(account).values()) == {1}


def test_what_the_window_did_not_tell_is_told_by_months(account: Account, world: World) -> None:
    """It lost too many rows to be believed (`max_shrink`); its months are not taken for read."""
    so_far = [read(account).ok()]
    world.advance(DAY)
    so_far.append(read(account, so_far[-1].state).ok())
    gone = {one["id"] for one in so_far[-1].records(TABLE)}
    assert len(gone) > 20
    for ident in gone:
        world.delete_entry(ident)
    since = max(one["from"] for one in so_far[1].records(WINDOWS))
    for days in (1, 60):
        world.advance(days * DAY)
        world.insert_entry(world.main_id, world.owner_id)  # which moves the bookmark
        so_far.append(read(account, so_far[-1].state).ok())
        assert "completed_windows does not say that any are gone" in so_far[-1].log
        assert not any(one["to"] > since for one in so_far[-1].records(WINDOWS))
    so_far.append(read(account, so_far[-1].state, max_shrink=100).ok())
    assert gone.isdisjoint(shown([one.messages for one in so_far]))


def test_a_turn_that_a_quota_stopped_is_taken_again(
    account: Account, world: World, old: Row
) -> None:
    """The run that goes on does not read the members again that were done."""
    account.by_months()
    given: dict[str, Any] = {"start_date": "2026-01-01", "on_quota": "stop"}
    state = read(account, **given).ok().state
    world.advance(DAY)
    few = 2 + MONTHS_A_RUN + 2 * len(world.main.users) - 2
    stopped = read(account, state, max_requests_per_hour=few, **given)
    assert stopped.code
    assert lists(account)[old["userId"]] == 2
    turn = asked(account)
    assert "2026-05" in {one["dateRangeStart"][:7] for one in turn}
    longer(world, old)
    world.advance(3_700)
    went_on = read(account, stopped.state, **given).ok()
    assert old["id"] not in {one["id"] for one in went_on.records(TABLE)}
    last = read(account, went_on.state, **given).ok()
    assert asked(account) == turn
    assert old["id"] in {one["id"] for one in last.records(TABLE)}


def test_a_member_whose_entries_are_not_listed_is_said_once_and_found_later(
    account: Account, world: World, old: Row
) -> None:
    for month in ("02", "04", "06", "08", "10"):
        interval = {"start": f"2025-{month}-03T08:00:00Z", "end": f"2025-{month}-03T09:00:00Z"}
        world.insert_entry(world.main_id, old["userId"], timeInterval=interval)
    account.fault(f"/user/{old['userId']}/time-entries", "status", code=200, body="[]")
    state = read(account).ok().state
    world.advance(DAY)
    hidden = read(account, state).ok()
    assert "adds up time of 1 members" in hidden.log
    assert f"the first id is {old['userId']}" in hidden.log
    assert "*" not in {one["userId"] for one in hidden.records(WINDOWS)}
    told = [one for one in hidden.records(WINDOWS) if one["userId"] == old["userId"]]
    assert not any(one["from"] <= old["start"] < one["to"] for one in told)
    assert not any(one["from"] <= interval["start"] < one["to"] for one in told)
    assert lists(account)[old["userId"]] == 2, "not one request per month"
    lines = [one for one in hidden.log.splitlines() if "adds up time" in one]
    assert lines
    assert not any("WARNING" in one for one in lines), "the first run said so"
    account.mended()
    found = read(account, hidden.state).ok()
    assert old["id"] in {one["id"] for one in found.records(TABLE)}
    assert "adds up time" not in found.log
    read(account, found.state).ok()
    assert set(lists(account).values()) == {1}


def test_a_member_who_may_not_be_read_is_not_taken_for_read(
    account: Account, world: World, old: Row
) -> None:
    account.fault(f"/user/{old['userId']}/time-entries", "status", code=403)
    first = read(account).ok()
    digests = mark(first.state, TABLE, world.main_id)["months"]["digests"]
    assert digests.keys() == {*world.main.users} - {old["userId"]}
    account.mended()
    run = read(account, first.state).ok()
    assert old["id"] in {one["id"] for one in run.records(TABLE)}


def test_a_member_who_was_removed_is_said(account: Account, world: World) -> None:
    state = read(account).ok().state
    people = {row["userId"] for row in true_rows(world, TABLE, world.main_id)}
    (one, *_) = people - {world.owner_id}
    world.remove_user(world.main_id, one)
    run = read(account, state).ok()
    assert f"the first id is {one}" in run.log
    assert one not in mark(run.state, TABLE, world.main_id)["months"]["digests"]
    told = {row["userId"] for row in run.records(WINDOWS)}
    assert told >= people - {one}
    assert not told & {one, "*"}


def test_members_are_told_of_one_by_one_while_nobody_knows_of_others(
    account: Account, state: State
) -> None:
    """Without totals, or with those of other months, a removed member may have time."""
    account.fault(SUMMARY, "status", code=500)
    run = read(account, state).ok()
    assert "*" not in {row["userId"] for row in run.records(WINDOWS)}
    account.mended()
    again = read(account, run.state).ok()
    assert {row["userId"] for row in again.records(WINDOWS)} == {"*"}
    account.by_months()
    whole = read(account, again.state).ok()
    assert {row["userId"] for row in whole.records(WINDOWS)} == {"*"}, "this month was compared"
    other = read(account, whole.state).ok()
    assert "*" not in {row["userId"] for row in other.records(WINDOWS)}


@pytest.mark.parametrize(
    "answer",
    [
        {"code": 403},
        {"code": 500},
        {"code": 200, "body": '{"groupOne": []}', "totals": False},
        {"code": 200, "body": '{"groupOne": [{"_id": "u", "duration": 5, "children": []}]}'},
    ],
)
def test_totals_that_cannot_be_read_leave_an_incremental_run(
    account: Account, world: World, old: Row, state: State, answer: dict[str, Any]
) -> None:
    """One that says nothing of anybody is believed: the lists are asked, and say otherwise."""
    longer(world, old)
    believed = not answer.pop("totals", True)
    account.fault(SUMMARY, "status", **answer)
    run = read(account, state, max_retries=0).ok()
    assert run.records(TABLE)
    if not believed:
        assert "edits of older entries of workspace" in run.log
        assert set(lists(account).values()) == {1}
    account.mended()
    later = read(account, run.state).ok()
    assert old["id"] in {one["id"] for one in [*run.records(TABLE), *later.records(TABLE)]}


# -- how totals are asked for ----------------------------------------------------------------------


@pytest.mark.parametrize("code", [400, 500])
def test_days_are_added_up_where_months_are_refused(
    account: Account, world: World, old: Row, code: int
) -> None:
    account.fault(SUMMARY, "status", code=code, times=1)
    first = read(account, max_retries=0).ok()
    assert "asked for by DATE" in first.log
    groups = [one["summaryFilter"]["groups"][1] for one in asked(account)]
    assert Counter(groups) == {"MONTH": 1, "DATE": 2}
    world.advance(DAY)
    longer(world, old)
    account.fault(SUMMARY, "status", code=code, times=1)
    run = read(account, first.state, max_retries=0).ok()
    more = {member: count for member, count in lists(account).items() if count > 1}
    assert more == {old["userId"]: 2}
    by_months = read(account, run.state).ok()
    assert set(lists(account).values()) == {1}, "the sums are equal"
    assert "asked for by" not in by_months.log


def test_amounts_that_the_role_may_not_see_are_hidden(account: Account) -> None:
    account.fault(SUMMARY, "status", code=403, times=1)
    read(account).ok()
    assert [one["amountShown"] for one in asked(account)].count("HIDE_AMOUNT") == 2


def test_where_a_report_has_31_days_months_have_their_turns(
    account: Account, world: World, old: Row
) -> None:
    account.by_months()
    copied = Copy()
    state = copied.load(read(account).ok()).state
    assert len(asked(account)) == MONTHS_A_RUN
    every, found = Counter[str](), 0
    for _ in range(6):  # 21 months
        world.advance(3_600)
        state = copied.load(read(account, state).ok()).state
        every.update(one["dateRangeStart"][:7] for one in asked(account))
    assert len(every) == 21
    world.advance(3_600)
    read(account, state).ok()
    assert set(lists(account).values()) == {1}, "all months are known"
    longer(world, old)
    for n in range(6):
        state = copied.load(run := read(account, state).ok()).state
        found += old["id"] in {one["id"] for one in run.records(TABLE)}
        assert n or len(asked(account)) == MONTHS_A_RUN
    assert found == 1


def test_a_turn_that_failed_is_taken_again(account: Account, old: Row) -> None:
    account.by_months()
    state = read(account).ok().state
    account.fault(f"/user/{old['userId']}/time-entries", "status", code=500)
    failed = read(account, state, max_retries=0)
    assert failed.code
    before = asked(account)
    account.mended()
    read(account, failed.state).ok()
    assert asked(account) == before


def test_a_year_that_is_refused_is_asked_for_by_months(account: Account, world: World) -> None:
    world.switch(report_span_days=31)
    run = read(account).ok()
    assert "asked for by MONTH, 31 days at most at once" in run.log
    assert len(asked(account)) == 2 + 2 + MONTHS_A_RUN, "by month and day: a year, half of one"
    read(account, run.state).ok()
    assert len(asked(account)) == MONTHS_A_RUN


@pytest.mark.parametrize("fault", [{"kind": "status", "code": 504}, {"kind": "reset"}])
def test_a_year_that_takes_too_long_is_asked_for_by_halves_until_the_next_month(
    account: Account, world: World, old: Row, fault: dict[str, Any]
) -> None:
    def begins(state: State | None = None) -> tuple[list[str], State]:
        run = read(account, state, max_retries=0).ok()
        assert ("asked for by MONTH, 184 days" in run.log) == (state is None)
        return [one["dateRangeStart"][:7] for one in asked(account)], run.state

    halves = ["2025-01", "2025-07", "2026-01", "2026-07"]
    account.fault(SUMMARY, times=1, **fault)
    first, state = begins()
    assert first == ["2025-01", *halves]
    world.advance(DAY)
    longer(world, old)
    again, state = begins(state)
    assert again == halves
    assert lists(account)[old["userId"]] == 2
    world.advance(30 * DAY)
    assert begins(state)[0] == ["2025-01", "2026-01"]


def test_a_request_has_as_many_months_as_the_plan_allows() -> None:
    first = month_of(datetime(2019, 1, 1, tzinfo=timezone.utc))

    def named(months: Iterable[int], days: int) -> list[str]:
        found = slices(months, timedelta(days=days))
        return [f"{begin_of(low):%Y-%m} {begin_of(high):%Y-%m}" for low, high in found]

    assert named(range(first, first + 30), 365) == [
        "2019-01 2019-12",
        "2020-01 2020-11",  # a leap year has 366 days
        "2020-12 2021-06",
    ]
    assert named([first, first + 1, first + 5], 365) == ["2019-01 2019-02", "2019-06 2019-06"]
    assert named([first, first + 1], 31) == ["2019-01 2019-01", "2019-02 2019-02"]


def test_a_digest_is_of_time_and_worth_to_the_cent() -> None:
    def digest(seconds: int = 60, **amounts: str) -> str:
        worth = {(kind, ""): Decimal(value) for kind, value in amounts.items()}
        return digest_of_total(MonthTotal(Decimal(seconds), worth))

    assert digest(EARNED="5") == digest(EARNED="5.0000001", COST="0")
    assert len({digest(), digest(61), digest(EARNED="5"), digest(EARNED="5.01")}) == 4
    assert digest(COST="5") != digest(EARNED="5")
    assert digest(0) == NOTHING


# -- where it does not go --------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["by_log", "full"])
def test_other_methods_are_refused(account: Account, method: str) -> None:
    by: dict[str, Any] = {method: [TABLE]}
    run = account.run(catalog=catalog([TABLE], **by), reread_changed=True)
    assert run.code
    assert "reread_changed does not go with" in run.log
    assert not run.records(TABLE)


def test_it_makes_incremental_the_default() -> None:
    def method(**settings: Any) -> set[str]:
        tap = TapClockify(config=settings, validate_config=False)
        streams = tap.catalog_dict["streams"]
        return {
            one["replication_method"] for one in streams if one["tap_stream_id"] in ENTRY_TABLES
        }

    assert method(reread_changed=True) == {"INCREMENTAL"}
    assert method(reread_changed=False) == {"LOG_BASED"}


# -- the state -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kept", [None, "x", {"digests": {"u": 5}}, {"digests": None}, {"start": "soon"}, {"next": 5}]
)
def test_what_somebody_changed_in_a_state_has_months_read_once_more(
    account: Account, world: World, state: State, kept: Any
) -> None:
    mark(state, TABLE, world.main_id)["months"] = kept
    read(account, read(account, state).ok().state).ok()
    assert set(lists(account).values()) == {1}


def test_digests_are_one_text_per_member() -> None:
    digests = {24_312: "AbCd", 24_313: "AAAA", 24_315: "wxyz"}
    text = packed(digests)
    assert text == "2026-01 AbCdAAAA....wxyz"
    assert unpacked(text) == digests


@pytest.mark.parametrize("text", ["", "2026-01", "2026-01 abc", "Jan AAAA"])
def test_what_somebody_changed_is_not_known(text: str) -> None:
    assert unpacked(text) == {}


def test_months_in_a_row_are_one_span() -> None:
    assert spans([5, 1, 2, 9, 8]) == [(1, 2), (5, 5), (8, 9)]


def test_the_state_of_a_large_account_stays_small() -> None:
    """2,000 members for ten years."""
    state: dict[str, Any] = {}
    months = Months(state, 24_192, 24_192 + 119)
    for member in range(2_000):
        months.keep(f"{member:024x}", dict.fromkeys(range(24_192, 24_312), "AbCd"))
    assert len(json.dumps(state)) < 1_050_000
    assert 0 < len(state["months"]["digests"]) == 2_000
    months.keep("0" * 24, {24_191: "AbCd", 24_312: "AbCd"})
    assert len(months.digests("0" * 24)) == 120, "what is out of the dates goes"


def test_turns_go_back_in_time_and_begin_again() -> None:
    state: dict[str, Any] = {}
    months = Months(state, 24_312, 24_312 + 5)

    def taken() -> list[int]:
        found = [month - 24_312 for month in months.due(timedelta(days=31))]
        months.advance()
        return found

    assert [taken() for _ in range(3)] == [[2, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 3]]
    assert [*months.due(YEARS)] == [*range(24_312, 24_318)]


def test_two_years_are_a_turn_where_half_a_year_may_be_asked_for() -> None:
    months = Months({}, 24_312 - 60, 24_312)
    due = months.due(HALF_A_YEAR)
    assert [*due] == [*range(24_312 - 23, 24_313)]
    assert len([*slices(due, HALF_A_YEAR)]) == MONTHS_A_RUN


@pytest.mark.parametrize(("days", "tried"), [(365, [365, 184, 31]), (184, [184, 31]), (1, [31])])
def test_no_more_is_asked_for_at_once_than_was_answered_this_month(
    days: int, tried: list[int]
) -> None:
    state: dict[str, Any] = {}
    shortest = timedelta(days=31)
    Months(state, 24_312, 24_318).keep_at_most(timedelta(days=days))
    this, following = (
        Months(state, 24_312, last).lengths(YEARS, shortest) for last in (24_318, 24_319)
    )
    assert [one.days for one in this] == tried
    assert [one.days for one in following] == [365, 184, 31]
    assert Months(state, 24_312, 24_318).lengths(shortest, shortest) == [shortest]
