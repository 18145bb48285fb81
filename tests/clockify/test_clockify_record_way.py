"""Every table by pages and record by record, the SDK's way: the same records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import sandbox
from tap_clockify.tap import TapClockify
from tests.clockify.runs import KEYS, Account, SlowTap, catalog
from tests.common.runs import NOW, TurningClock, run_in_process, turning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.common.runs import Run, State


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with sandbox.start(now=NOW, entries=300) as running:
        yield Account(running)


def both(account: Account, state: State | None = None) -> tuple[Run, Run]:
    """Read everything both ways, time entries by what changed."""
    chosen = catalog(by_log=["time_entries"])
    fast, slow = (
        run_in_process(
            turning(kind, TurningClock(account.world.now)),
            account.config(),
            catalog=chosen,
            state=state,
        ).ok()
        for kind in (TapClockify, SlowTap)
    )
    return fast, slow


def test_every_table_is_the_same_on_both_ways(account: Account) -> None:
    world = account.world
    fast, slow = both(account)
    for table in KEYS:
        assert fast.records(table) == slow.records(table) != [], table
    ids = [row["id"] for row in fast.records("time_entries")]
    world.edit_entry(ids[0], description="edited")
    world.delete_entry(ids[1])
    world.insert_entry(world.main_id, world.owner_id)
    world.advance(3600)
    fast, slow = both(account, fast.state)
    for table in KEYS:
        assert fast.records(table) == slow.records(table), table
    assert [bool(row["_sdc_deleted_at"]) for row in fast.records("time_entries")].count(True) == 1
