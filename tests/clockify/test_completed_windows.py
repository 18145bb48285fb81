"""Windows that were read to their end, as rows, and what they say is gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from taps_common.timestamps import from_text
from tests.clockify.runs import DAY, catalog, true_rows
from tests.common.runs import TurningClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clockify.world import World
    from tests.clockify.runs import Account
    from tests.common.runs import Row, Run, State

TABLE, WINDOWS = "time_entries", "completed_windows"


def read(account: Account, state: State | None = None, **settings: Any) -> Run:
    tables = catalog([TABLE, "time_entry_tags", WINDOWS])
    given = {"workspace_ids": [account.world.main_id], **settings}
    return account.run(catalog=tables, state=state, **given)


def windows(run: Run) -> list[Row]:
    return run.records(WINDOWS)


def test_it_is_selected_only_if_somebody_asks(account: Account) -> None:
    assert WINDOWS not in account.run(catalog=None).ok().counts()


def test_a_workspace_that_was_read_has_one_row_after_its_records(
    account: Account, world: World
) -> None:
    run = read(account).ok()
    (row,) = windows(run)
    assert row == {
        "stream": TABLE,
        "workspaceId": world.main_id,
        "userId": "*",
        "from": "1970-01-01T00:00:00Z",
        "to": "9999-12-31T00:00:00Z",
        "readAt": row["readAt"],
    }
    kinds = [one["stream"] for one in run.messages if one["type"] == "RECORD"]
    assert kinds[-1] == WINDOWS
    assert kinds.count(WINDOWS) == 1


def test_the_window_begins_with_the_look_back(account: Account, world: World) -> None:
    first = read(account, lookback_days=30).ok()
    world.advance(DAY)
    (row,) = windows(read(account, first.state, lookback_days=30).ok())
    marks = [one["replication_key_value"] for one in first.state["bookmarks"][TABLE]["partitions"]]
    since = from_text(marks[0]) - timedelta(days=30)
    begins = from_text(row["from"])
    assert timedelta(0) <= begins - since < timedelta(days=1)
    assert row["from"].endswith("T00:00:00Z")


def test_dates_bound_the_window(account: Account) -> None:
    (row,) = windows(read(account, start_date="2026-08-01T10:00:00Z", end_date="2026-09-01").ok())
    assert (row["from"], row["to"]) == ("2026-08-02T00:00:00Z", "2026-09-02T00:00:00Z")


def test_a_member_that_fails_leaves_the_windows_of_the_others(
    account: Account, world: World
) -> None:
    account.fault(f"/user/{world.member_id}/time-entries", "status", code=500)
    run = read(account, max_retries=0)
    assert run.code
    told = {row["userId"] for row in windows(run)}
    assert told == {*world.main.users} - {world.member_id}


def test_a_member_that_may_not_be_read_leaves_the_windows_of_the_others(
    account: Account, world: World
) -> None:
    account.fault(f"/user/{world.member_id}/time-entries", "status", code=403)
    run = read(account).ok()
    told = {row["userId"] for row in windows(run)}
    assert told == {*world.main.users} - {world.member_id}


def test_nothing_is_told_of_feeds_and_of_a_workspace_that_fails(account: Account) -> None:
    tables = catalog([TABLE, WINDOWS], by_log=[TABLE])
    assert windows(account.run(catalog=tables).ok()) == []
    account.fault("/users", "status", code=500)
    run = read(account, max_retries=0)
    assert run.code
    assert windows(run) == []


@pytest.mark.parametrize(
    ("since", "begins"),
    [
        ("2026-09-01", "2026-09-01T00:00:00Z"),
        ("2026-09-01T10:00:00Z", "2026-09-02T00:00:00Z"),  # what lies before it is not sent
    ],
)
def test_reports_tell_the_days_that_they_have(
    account: Account, world: World, since: str, begins: str
) -> None:
    tables = catalog(["detailed_report", WINDOWS])
    run = account.run(
        catalog=tables,
        workspace_ids=[world.main_id],
        start_date=since,
        end_date="2026-09-10",
    ).ok()
    (row,) = windows(run)
    assert (row["from"], row["to"]) == (begins, "2026-09-11T00:00:00Z")


def test_a_clock_that_is_set_back_calls_nothing_gone(account: Account, world: World) -> None:
    class SetBack(TurningClock):
        seconds = 0

        def now(self) -> datetime:
            self.seconds += 1
            return super().now() - timedelta(seconds=self.seconds)

    run = account.run(catalog=catalog([TABLE, WINDOWS]), clock=SetBack(world.now)).ok()
    ends = {row["workspaceId"]: row["readAt"] for row in windows(run)}
    for message in run.of("RECORD", TABLE):
        assert message["time_extracted"] >= ends[message["record"]["workspaceId"]]


def test_it_gets_no_rows_where_rows_are_left_out_that_did_not_change(account: Account) -> None:
    """`*.*` selects it as well, and a row that is not sent again would look deleted."""
    first = read(account, skip_unchanged=True).ok()
    second = read(account, first.state, skip_unchanged=True).ok()
    assert [windows(run) for run in (first, second)] == [[], []]
    assert "completed_windows gets no rows while skip_unchanged is set" in first.log
    assert windows(read(account, second.state).ok())


def test_long_lists_are_looked_at_again(
    start: Callable[..., Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that hides from the pages would be called gone."""
    monkeypatch.setattr("tap_clockify.client.ClockifyStream.page_size", 60)
    account = start(members=2, entries=400)

    def asked(*tables: str) -> int:
        account.reset()
        account.run(catalog=catalog(tables), workspace_ids=[account.world.main_id]).ok()
        return sum("time-entries" in one for one in account.requests())

    assert asked(TABLE, WINDOWS) >= 2 * asked(TABLE) - 2


def test_a_window_that_lost_most_of_its_rows_is_not_told(account: Account, world: World) -> None:
    """A key that lost its role may see empty lists."""
    state = read(account).ok().state
    world.advance(DAY)
    second = read(account, state).ok()
    assert windows(second)
    assert len(second.records(TABLE)) > 20
    for row in true_rows(world, TABLE):
        world.delete_entry(row["id"])
    for _ in range(2):
        world.advance(DAY)
        emptied = read(account, second.state).ok()
        assert windows(emptied) == []
        assert "completed_windows does not say that any are gone" in emptied.log
        second = emptied
    allowed = read(account, second.state, max_shrink=100).ok()
    assert windows(allowed)
    assert windows(read(account, allowed.state).ok()), "later ones are compared with that"


def test_one_empty_list_of_a_member_hides_nothing(account: Account, world: World) -> None:
    """It may be a wrong answer: the next run finds out."""
    state = read(account).ok().state
    world.advance(DAY)
    second = read(account, state, lookback_days=365).ok()
    rows = [row["userId"] for row in second.records(TABLE)]
    member = max({*rows}, key=rows.count)
    assert rows.count(member) > 20
    world.advance(DAY)
    account.fault(f"/user/{member}/time-entries", "status", code=200, body="[]")
    odd = read(account, second.state, lookback_days=365).ok()
    assert {row["userId"] for row in windows(odd)} == {*world.main.users} - {member}
    assert "1 of" in odd.log
    assert "have no row in the part that was read" in odd.log
    world.advance(DAY)
    still = read(account, odd.state, lookback_days=365).ok()
    assert [row["userId"] for row in windows(still)] == ["*"], "believed the second time"
    account.mended()
