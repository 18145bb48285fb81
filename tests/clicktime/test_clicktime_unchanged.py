"""What is not sent again because the last run sent it: `skip_unchanged`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.clicktime.runs import Account, Copy

if TYPE_CHECKING:
    from sandbox.clicktime.world import World
    from tests.common.runs import Run, State

DAY = 86_400
VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}


@pytest.fixture
def world(account: Account) -> World:
    return account.world


def read(account: Account, state: State | None = None, **settings: Any) -> Run:
    """Read all tables a day later."""
    account.world.advance(DAY)
    return account.run(state=state, **{"skip_unchanged": True, "page_size": 100} | settings)


@pytest.mark.parametrize("settings", [{}, VERSIONS], ids=["upserts", "versions"])
def test_quiet_days_send_no_row(account: Account, world: World, settings: dict[str, Any]) -> None:
    copied = Copy()
    run = copied.load(read(account, **settings).ok())
    for _ in range(8):  # over the turn of a week
        run = copied.load(read(account, run.state, **settings).ok())
        assert (run.counts(), run.versioned) == ({}, [])
    assert copied.differences(world) == {}


def test_changes_arrive_and_little_else(account: Account, world: World) -> None:
    copied = Copy()
    run = copied.load(read(account, **VERSIONS).ok())
    entries = sorted(world.rows("time_entries"), key=lambda row: str(row["Date"]))
    world.edit_entry(str(entries[-3]["ID"]), Comment="edited")
    world.insert_row("clients", Name="New client")
    world.delete_row(str(world.rows("tasks")[-1]["ID"]))
    run = copied.load(read(account, run.state, **VERSIONS).ok())
    assert copied.differences(world) == {}
    assert {"clients", "tasks"} <= set(run.versioned)
    assert "jobs" not in run.counts()
    assert 0 < run.counts()["time_entries"] < len(entries) / 4
