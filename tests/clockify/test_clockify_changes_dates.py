"""LOG_BASED beside dates, other methods, and deletions that were taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.clockify.entry_changes import BATCH, DAY, HOUR, TABLE, change, held, later, read, truth
from tests.clockify.runs import LOGS, Account, Copy, catalog
from tests.common.runs import NOW

if TYPE_CHECKING:
    from sandbox.clockify.world import World

TEN_DAYS_AGO = f"{NOW - timedelta(days=10):%Y-%m-%d}"


@pytest.fixture
def world(account: Account) -> World:
    account.world.advance(DAY)
    return account.world


def at(day: str) -> dict[str, str]:
    return {"start": f"{day}T08:00:00Z", "end": f"{day}T09:00:00Z"}


def test_an_edit_out_of_the_dates_arrives(account: Account, world: World) -> None:
    copy = Copy()
    run = copy.load(read(account, start_date=TEN_DAYS_AGO).ok())
    ident = next(one for (one,) in held(copy))
    world.edit_entry(ident, timeInterval=at("2026-01-02"))
    later(account, copy, run, start_date=TEN_DAYS_AGO).ok()
    assert held(copy)[ident,]["start"] == "2026-01-02T08:00:00Z"


def test_a_start_date_after_the_bookmark_hides_no_change(account: Account, world: World) -> None:
    copy = Copy()
    run = copy.load(read(account).ok())
    ident = world.insert_entry(world.main_id, world.owner_id, timeInterval=at("2026-10-10"))
    run = later(account, copy, run).ok()
    world.edit_entry(ident, description="edited")
    later(account, copy, run, start_date="2026-10-01").ok()
    assert held(copy) == truth(world)


def test_an_end_date_is_refused(account: Account, world: World) -> None:
    run = read(account, end_date=f"{world.now:%Y-%m-%d}")
    assert (run.code, run.counts()) == (1, {})
    assert "end_date does not go with LOG_BASED: what time_entries hold after it" in run.log


def test_a_table_of_another_method_is_refused(account: Account, world: World) -> None:
    tables = [TABLE, "time_entry_tags"]
    mixed = catalog(tables, by_log=[TABLE], full=["time_entry_tags"])
    run = account.run(catalog=mixed, workspace_ids=[world.main_id])
    assert (run.code, run.counts()) == (1, {})
    assert "time_entry_tags cannot be FULL_TABLE while time_entries, of whose rows" in run.log


def test_what_was_deleted_and_restored_lives(account: Account, world: World) -> None:
    """The feed goes on telling of its deletion, and nothing else tells of it."""
    copy = Copy()
    run = copy.load(read(account).ok())
    (ident,), row = next(iter(held(copy).items()))
    world.advance(HOUR)
    world.delete_entry(ident)
    world.insert_entry(row["workspaceId"], row["userId"], **without_start(row))
    account.fault("/entities/created", "status", code=200, body="[]")
    account.fault("/entities/updated", "status", code=200, body="[]")
    later(account, copy, run).ok()
    assert (ident,) in held(copy)


def without_start(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name in {"id", "timeInterval"}}


def test_refused_ids_of_deleted_entries_are_believed_to_be_gone(
    account: Account, world: World
) -> None:
    copy = Copy()
    run = copy.load(read(account).ok())
    world.delete_entry(next(one for (one,) in held(copy)))
    account.fault("/time-entries/batch", "status", code=400, body='{"code":501,"message":"no"}')
    later(account, copy, run).ok()
    assert account.templates().count(BATCH) <= 2  # no entry is asked for on its own
    assert held(copy) == truth(world)


# -- the feeds as tables ---------------------------------------------------------------------------


def test_feeds_go_on_where_an_end_date_cut_them(account: Account, world: World) -> None:
    change(world)
    world.advance(DAY)
    ended = f"{world.now:%Y-%m-%dT%H:%M:%SZ}"
    change(world)
    world.advance(DAY)
    run = account.run(catalog=catalog(LOGS), end_date=ended).ok()
    again = account.run(catalog=catalog(LOGS), state=run.state).ok()
    whole = account.run(catalog=catalog(LOGS)).ok()
    for table in LOGS:
        halves = {str(row) for row in (*run.records(table), *again.records(table))}
        assert halves >= {str(row) for row in whole.records(table)}


def test_a_clockify_without_the_feeds_leaves_their_tables_out(account: Account) -> None:
    account.fault("/entities/", "status", code=404)
    run = account.run(catalog=catalog(["tags", *LOGS])).ok()
    assert set(run.counts()) == {"tags"}
    assert "the plan or the key's role does not allow it (404)" in run.log
