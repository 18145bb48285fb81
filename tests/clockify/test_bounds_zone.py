"""In which zone feeds read bounds: what changed arrives, whichever it is, and it is found out."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.clockify.entry_changes import FEEDS, TABLE, change, held, truth
from tests.clockify.runs import DAY, HOUR, LOGS, Account, Copy, catalog
from tests.common.runs import TurningClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clockify.world import World
    from tests.common.runs import Run, State

EAST, WEST = "Pacific/Kiritimati", "Etc/GMT+12"  # UTC+14, UTC-12


@dataclass
class Followed:
    """The entries of a workspace as a target holds them."""

    account: Account
    copy: Copy = field(default_factory=Copy)
    state: State | None = None
    clock_off: timedelta = timedelta()

    @property
    def world(self) -> World:
        return self.account.world

    @property
    def learned(self) -> object:
        kept: dict[str, object] = (self.state or {})["bookmarks"]["workspaces"]["bounds_zones"]
        return kept.get(self.world.main_id)

    def read(self) -> Run:
        self.account.reset()
        run = self.account.run(
            catalog=catalog([TABLE], by_log=[TABLE]),
            state=self.state,
            clock=TurningClock(self.world.now + self.clock_off),
            workspace_ids=[self.world.main_id],
        ).ok()
        self.state = self.copy.load(run).state
        return run

    def assert_true(self) -> None:
        assert held(self.copy) == truth(self.world)


@pytest.fixture
def new(start: Callable[..., Account]) -> Followed:
    found = Followed(start())
    found.world.advance(DAY)
    return found


@pytest.mark.parametrize(
    ("feeds", "account", "learned"),
    [
        ("UTC", "America/New_York", ["UTC"]),
        ("America/New_York", "America/New_York", ["America/New_York"]),
        (WEST, WEST, [WEST]),
        (EAST, EAST, [EAST]),
        ("Africa/Abidjan", "Africa/Abidjan", ["UTC", "Africa/Abidjan"]),
        (WEST, "UTC", []),
        (EAST, "Europe/Berlin", []),
    ],
)
def test_what_changes_arrives_in_whatever_zone_bounds_are_read(
    new: Followed, feeds: str, account: str, learned: object
) -> None:
    new.world.account_zone = account
    new.world.switch(changes_zone=feeds)
    new.read()
    assert new.learned == learned
    for hours in (1, 7):
        change(new.world)
        new.world.advance(hours * HOUR)
        new.read()
        new.assert_true()
    for _ in range(3):
        new.world.advance(DAY)
        new.read()
    assert new.account.templates() == ["/workspaces", *FEEDS], "a quiet day"


def test_two_zones_that_were_alike_are_both_asked_for(new: Followed) -> None:
    """In summer, nothing tells UTC from a zone that has its offset until October."""
    new.world.account_zone = "Atlantic/Azores"
    new.world.switch(changes_zone="Atlantic/Azores")
    new.read()
    assert new.learned == ["UTC", "Atlantic/Azores"]
    new.world.advance(50 * DAY)
    for hours in (3, 3):
        new.read()
        change(new.world)
        new.world.advance(hours * HOUR)
    new.read()
    new.assert_true()


@pytest.mark.parametrize("feeds", [WEST, EAST])
def test_while_nothing_tells_windows_are_padded(
    new: Followed, monkeypatch: pytest.MonkeyPatch, feeds: str
) -> None:
    monkeypatch.setattr("tap_clockify.bounds_zone.BoundsZone.learn", lambda *_: iter(()))
    new.world.switch(changes_zone=feeds)
    new.read()
    for hours in (1, 7):
        change(new.world)
        new.world.advance(hours * HOUR)
        new.read()
        new.assert_true()
        assert new.learned is None


def test_a_row_that_contradicts_widens_the_window(new: Followed) -> None:
    new.read()
    assert new.learned == ["UTC"]
    change(new.world)
    new.world.advance(8 * HOUR + HOUR // 2)
    new.read()
    change(new.world)
    new.world.advance(HOUR)
    new.world.account_zone = "Asia/Tokyo"
    new.world.switch(changes_zone="Asia/Tokyo")
    run = new.read()
    assert "do not read times in the zone in which they did" in run.log
    assert new.learned == ["Asia/Tokyo"]
    new.assert_true()
    new.world.advance(HOUR)
    assert "do not read times" not in new.read().log


def test_a_zone_that_this_machine_does_not_know_is_none(new: Followed) -> None:
    new.world.switch(changes_zone=WEST)
    new.read()
    assert new.state
    new.state["bookmarks"]["workspaces"]["bounds_zones"][new.world.main_id] = ["Nowhere/Land"]
    change(new.world)
    new.world.advance(HOUR)
    new.read()
    new.assert_true()


@pytest.mark.parametrize("table", LOGS)
def test_the_feeds_as_tables_find_it_out_too(new: Followed, table: str) -> None:
    world, state = new.world, None
    world.account_zone = "America/New_York"
    world.switch(changes_zone="America/New_York")
    seen: set[str] = set()
    for _ in range(3):
        run = new.account.run(
            catalog=catalog([table]), state=state, workspace_ids=[world.main_id]
        ).ok()
        seen |= {row["id"] for row in run.records(table)}
        state = run.state
        edited, _, deleted, _ = change(world)
        world.advance(3 * HOUR)
    run = new.account.run(catalog=catalog([table]), state=state, workspace_ids=[world.main_id]).ok()
    seen |= {row["id"] for row in run.records(table)}
    assert (deleted if table == "entity_deletions" else edited) in seen
    assert world.main_id in run.state["bookmarks"]["workspaces"]["bounds_zones"]


@pytest.mark.thorough
@pytest.mark.parametrize("hours", [-2, 0, 2])
@pytest.mark.parametrize("feeds", [WEST, "America/St_Johns", "UTC", "Europe/Berlin", EAST])
def test_months_of_daily_runs_keep_live_rows_true(new: Followed, feeds: str, hours: int) -> None:
    """Through the change to winter time, with a wrong clock."""
    new.clock_off = timedelta(hours=hours)
    new.world.account_zone = feeds
    new.world.switch(changes_zone=feeds)
    chance = random.Random(f"{feeds} {hours}")
    for day in range(80):
        quiet = day > 2 and chance.random() < 0.2
        if not quiet:
            for _ in range(3):
                change(new.world)
                new.world.advance(chance.randint(1, 9) * HOUR)
        new.world.advance(chance.randint(3, 9) * HOUR)
        new.read()
        new.assert_true()
        if quiet:
            assert len(new.account.templates()) <= 5
