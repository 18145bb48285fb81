"""What is not sent again because the last run sent it: `skip_unchanged`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.clicktime.runs import Account, Copy

if TYPE_CHECKING:
    from sandbox.clicktime.world import World
    from tests.common.runs import Run, State

DAY = 86_400


@pytest.fixture
def world(account: Account) -> World:
    return account.world


def read(account: Account, state: State | None = None, **settings: Any) -> Run:
    """Read all tables a day later."""
    account.world.advance(DAY)
    return account.run(state=state, **{"skip_unchanged": True, "page_size": 100} | settings)


def test_quiet_days_send_no_row(account: Account, world: World) -> None:
    copied = Copy()
    run = copied.load(read(account).ok())
    for _ in range(8):  # over the turn of a week
        run = copied.load(read(account, run.state).ok())
        assert run.counts() == {}
    assert copied.differences(world) == {}


def test_changes_arrive_and_little_else(account: Account, world: World) -> None:
    copied = Copy()
    run = copied.load(read(account).ok())
    entries = sorted(world.rows("time_entries"), key=lambda row: str(row["Date"]))
    world.edit_entry(str(entries[-3]["ID"]), Comment="edited")
    world.insert_row("clients", Name="New client")
    run = copied.load(read(account, run.state).ok())
    assert copied.differences(world) == {}
    assert "clients" in run.counts()
    assert not {"jobs", "tasks"} & run.counts().keys()
    assert 0 < run.counts()["time_entries"] < len(entries) / 4
