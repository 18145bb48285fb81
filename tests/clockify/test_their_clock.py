"""THEIR-CLOCK: what changed arrives, however wrong our clock is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.clockify.entry_changes import TABLE, change, held, truth
from tests.clockify.runs import DAY, HOUR, LOGS, Account, Copy, catalog
from tests.common.runs import TurningClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.common.runs import Run, State

pytestmark = pytest.mark.usefixtures("feeds_alone")


def read(account: Account, state: State | None, hours: float) -> Run:
    """Read entries by what changed, and the feeds, on a machine whose clock is wrong by hours."""
    world = account.world
    return account.run(
        catalog=catalog([TABLE, *LOGS], by_log=[TABLE]),
        state=state,
        clock=TurningClock(world.now + timedelta(hours=hours)),
        workspace_ids=[world.main_id],
    ).ok()


@pytest.mark.parametrize("hours", [-2, 1, pytest.param(2, marks=pytest.mark.thorough)])
def test_what_changes_arrives_with_a_wrong_clock(
    start: Callable[..., Account], hours: float
) -> None:
    account, copy = start(), Copy()
    world = account.world
    world.advance(DAY)
    run = copy.load(read(account, None, hours))
    assert run.log.count("The clock of this machine is") == 1
    for _ in range(2):
        change(world)
        world.advance(HOUR)
        run = copy.load(read(account, run.state, hours))
        assert held(copy) == truth(world)
    gone = {row["id"] for row in copy.rows("entity_deletions")}
    assert {row["id"] for row in run.records(TABLE) if row["_sdc_deleted_at"]} <= gone
