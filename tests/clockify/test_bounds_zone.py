"""In which zone feeds read bounds: what changed arrives, whichever it is, and it is found out."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from tap_clockify.bounds_zone import BoundsZone
from tap_clockify.change_feed import Audit, Change, Happened, contradict
from tests.clockify.entry_changes import BATCH, FEEDS, TABLE, change, held, truth
from tests.clockify.runs import DAY, HOUR, LOGS, Account, Copy, catalog
from tests.common.runs import NOW, TurningClock

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sandbox.clockify.world import World
    from tap_clockify.change_feed import Event
    from taps_common.http.request import Response
    from taps_common.sync.steps import Ask
    from tests.common.runs import Run, State

pytestmark = pytest.mark.usefixtures("feeds_alone")

EAST, WEST = "Pacific/Kiritimati", "Etc/GMT+12"  # UTC+14, UTC-12
A_DAY = timedelta(days=1)


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
    new: Followed, feeds: str, account: str, learned: list[str]
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
    profile = ["/user"] if {*learned} - {"UTC"} else []
    assert new.account.templates() == ["/workspaces", *profile, *FEEDS, BATCH], "a quiet day"


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


@pytest.mark.parametrize("zone", [WEST, "America/Los_Angeles", EAST])
def test_a_profile_that_moves_is_noticed(new: Followed, zone: str) -> None:
    """No row would come that shows it if it moves west."""
    new.world.account_zone = "America/New_York"
    new.world.switch(changes_zone="America/New_York")
    new.read()
    new.world.account_zone = zone
    new.world.switch(changes_zone=zone)
    for hours in (1, 7):
        change(new.world)
        new.world.advance(hours * HOUR)
        new.read()
        new.assert_true()
    assert new.learned == [zone]


@pytest.mark.parametrize("feeds", [WEST, "UTC", EAST])
def test_what_was_created_and_sent_goes_when_it_is_deleted(new: Followed, feeds: str) -> None:
    """No feed tells of it, asked for a window that holds both, as padded ones do."""
    new.world.switch(changes_zone=feeds)
    new.world.advance(DAY)
    new.read()
    entry = new.world.insert_entry(new.world.main_id, new.world.owner_id)
    for hours in (9, 9, 1):
        new.world.advance(hours * HOUR)
        new.read()
    new.world.delete_entry(entry)
    new.world.advance(HOUR)
    new.read()
    new.assert_true()


@pytest.mark.parametrize("names", [["Nowhere/Land"], ["UTC", "Nowhere/Land"]])
def test_a_zone_that_this_machine_does_not_know_is_none(new: Followed, names: list[str]) -> None:
    new.world.switch(changes_zone=WEST)
    new.read()
    assert new.state
    new.state["bookmarks"]["workspaces"]["bounds_zones"][new.world.main_id] = names
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


def test_weeks_of_runs_keep_live_rows_true(new: Followed) -> None:
    """Through the change to winter time, with a wrong clock; a year is in tests/e2e."""
    zone, chance = "America/New_York", random.Random(5)
    new.clock_off = timedelta(hours=1)
    new.world.account_zone = zone
    new.world.switch(changes_zone=zone)
    new.world.advance(43 * DAY)  # 29 October
    new.read()
    for _ in range(6):
        for _ in range(3):
            change(new.world)
            new.world.advance(chance.randint(1, 9) * HOUR)
        new.world.advance(chance.randint(3, 9) * HOUR)
        new.read()
        new.assert_true()


def test_a_quiet_day_where_summer_time_ends_one_day(new: Followed) -> None:
    new.world.account_zone = "America/New_York"
    new.world.switch(changes_zone="America/New_York")
    new.read()
    new.world.insert_entry(new.world.main_id, new.world.owner_id)
    for _ in range(2):
        new.world.advance(HOUR)
        new.read()
    assert new.account.templates() == ["/workspaces", "/user", *FEEDS]


def test_a_window_in_which_summer_time_ends_holds_both_offsets() -> None:
    zone = BoundsZone({"w1": ["Europe/Berlin"]}, "w1", lambda: None)
    window = zone.window(NOW + 39 * A_DAY, NOW + 42 * A_DAY)  # 24 to 27 October
    assert (window.least, window.most) == (timedelta(hours=1), timedelta(hours=2))


AN_HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("event", "kind", "age", "proof"),
    [
        ("created", "TIME_ENTRY", 2 * AN_HOUR, True),
        ("deleted", "TIMEENTRY", -AN_HOUR, True),
        ("updated", None, 2 * AN_HOUR, True),
        ("created", "TIME_ENTRY", AN_HOUR / 2, False),
        ("updated", "TIME_ENTRY", -AN_HOUR, False),  # updated again since
        ("created", "CLIENTS", 2 * AN_HOUR, False),  # nothing says what their feed goes by
        ("created", "TIME_ENTRY", AN_HOUR + timedelta(seconds=30), False),
    ],
)
def test_what_contradicts_the_zone(
    event: Event, kind: str | None, age: timedelta, *, proof: bool
) -> None:
    """Among what came for the last hour."""
    at = NOW - age
    audit = Audit(**{f"{event}_at": at}) if event != "deleted" else None
    change = Change("e1", kind, audit_metadata=audit, deleted_at=at)
    window = BoundsZone({"w1": ["UTC"]}, "w1", lambda: None).window(NOW - AN_HOUR, NOW)
    assert contradict([Happened(event, change, b"{}")], window) == proof


def test_a_window_that_ends_before_it_begins_is_empty() -> None:
    """As where the bookmark lies in the future."""
    window = BoundsZone({"w1": ["Europe/Berlin"]}, "w1", lambda: None).window(NOW, NOW - 9 * A_DAY)
    since, until = window.bounds
    assert until < since


def test_a_row_from_the_beginning_of_the_calendar_is_no_proof() -> None:
    """Some programs write that where there is no time."""
    kept: dict[str, list[str]] = {}
    zone = BoundsZone(kept, "w1", lambda: "America/New_York")

    def comes(*_: datetime) -> Generator[Ask, Response, bool]:
        yield from ()
        return False

    assert list(zone.learn(datetime.min.replace(tzinfo=timezone.utc), comes)) == []
    assert kept == {"w1": []}
