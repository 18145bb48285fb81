"""What is not sent again because the last run sent it: `skip_unchanged`."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.clockify.runs import (
    DAY,
    ENTRY_TABLES,
    VERSIONS,
    Account,
    Copy,
    bookmarks,
    catalog,
    true_rows,
)
from tests.common.runs import NOW, Row

if TYPE_CHECKING:
    from sandbox.clockify.world import World
    from tests.common.runs import Run, State

TAGS = catalog(["tags"])
ENTRIES = catalog(ENTRY_TABLES)


def read(account: Account, state: State | None = None, **settings: Any) -> Run:
    """Read the core tables, or those of a catalog."""
    return account.run(state=state, **{"skip_unchanged": True} | settings)


def recent(world: World, days: int = 20) -> list[Row]:
    """Return time entries of the main workspace that started within so many days, latest first."""
    since = f"{world.now - timedelta(days=days):%Y-%m-%d}"
    entries = [row for row in true_rows(world, "time_entries") if row["start"] > since]
    return sorted(entries, key=lambda row: row["start"], reverse=True)


# -- quiet runs ------------------------------------------------------------------------------------


def test_quiet_days_send_no_row(account: Account, world: World) -> None:
    copied = Copy()
    run = copied.load(read(account).ok())
    for _ in range(9):  # over the turn of a week
        world.advance(DAY)
        run = copied.load(read(account, run.state).ok())
        assert run.counts() == {}
        assert copied.differences(world) == {}
    assert "rows are what the last run sent, and were not sent again (skip_unchanged)" in run.log


def test_without_the_setting_everything_is_sent(shared: Account) -> None:
    first = read(shared, skip_unchanged=False).ok()
    assert "sent" not in str(first.state)
    again = read(shared, read(shared).state, skip_unchanged=False).ok()
    assert again.counts()["tasks"] == first.counts()["tasks"]


def test_digests_move_no_bookmark(account: Account, world: World) -> None:
    first = read(account, catalog=ENTRIES).ok()
    world.advance(DAY)
    second = read(account, first.state, catalog=ENTRIES).ok()
    without = read(account, first.state, catalog=ENTRIES, skip_unchanged=False).ok()
    assert second.counts() == {}
    assert bookmarks(second.state) == bookmarks(without.state) != bookmarks(first.state)


# -- changes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 7, -1])
def test_an_edit_anywhere_in_the_window_arrives(account: Account, world: World, place: int) -> None:
    copied = Copy()
    state = copied.load(read(account, catalog=ENTRIES).ok()).state
    world.advance(DAY)
    edited = recent(world)[place]
    world.edit_entry(
        edited["id"], description="edited", tagIds=[*(edited["tagIds"] or ()), "t1", "t2"]
    )
    run = copied.load(read(account, state, catalog=ENTRIES).ok())
    assert copied.differences(world, ENTRY_TABLES) == {}
    assert {"t1", "t2"} <= {row["tagId"] for row in run.records("time_entry_tags")}
    sent = run.records("time_entries")
    assert edited["id"] in {row["id"] for row in sent}
    assert {row["userId"] for row in sent} == {edited["userId"]}
    assert len({row["start"][:10] for row in sent}) <= 7
    assert read(account, run.state, catalog=ENTRIES).ok().counts() == {}


def test_a_list_that_changed_is_sent(account: Account, world: World) -> None:
    copied = Copy()
    state = copied.load(read(account).ok()).state
    world.insert_row(world.main_id, "clients", name="New client")
    run = copied.load(read(account, state).ok())
    assert set(run.counts()) == {"clients"}
    assert copied.differences(world) == {}


def test_what_is_changed_back_after_a_run_was_killed_arrives(
    account: Account, world: World
) -> None:
    """The target has the change already, but no state after it."""
    copied = Copy()
    state = copied.load(read(account, catalog=ENTRIES).ok()).state
    entry = recent(world)[2]
    world.edit_entry(entry["id"], description="a mistake")
    killed = copied.load(read(account, state, catalog=ENTRIES).ok())
    lines = killed.output.splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if b"a mistake" in line)
    before = [m for m in killed.messages[:at] if m["type"] == "STATE"][-1]["value"]
    world.edit_entry(entry["id"], description=entry["description"])
    copied.load(read(account, before, catalog=ENTRIES).ok())
    assert copied.differences(world, ENTRY_TABLES) == {}


@pytest.mark.parametrize(
    "between",
    [
        {"skip_unchanged": False},
        {"lookback_days": 2},
        {"catalog": catalog(["time_entry_custom_fields"])},
    ],
    ids=["setting off", "short look-back", "children only"],
)
def test_what_is_changed_back_after_a_run_of_another_kind_arrives(
    account: Account, world: World, between: dict[str, Any]
) -> None:
    """Runs that keep no digests make those of earlier runs outdated."""
    copied = Copy()
    state = copied.load(read(account, catalog=ENTRIES).ok()).state
    entry = next(row for row in recent(world, days=2) if row["customFieldValues"])
    values = [{**one, "value": "a mistake"} for one in entry["customFieldValues"]]
    world.edit_entry(entry["id"], customFieldValues=values)
    run = copied.load(read(account, state, **{"catalog": ENTRIES, **between}).ok())
    assert "a mistake" in {row["value"] for row in run.records("time_entry_custom_fields")}
    state = run.state
    world.edit_entry(entry["id"], customFieldValues=entry["customFieldValues"])
    copied.load(read(account, state, catalog=ENTRIES).ok())
    assert copied.differences(world, ENTRY_TABLES) == {}


def test_a_partition_that_began_again_keeps_no_digests(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that came before and after may have changed between."""
    main: dict[str, Any] = {"workspace_ids": [account.world.main_id]}
    monkeypatch.setattr("tap_clockify.streams.projects.Projects.page_size", 5)
    assert read(account, **main).ok().state["bookmarks"]["projects"]["sent"]
    account.fault("/projects", "status", code=400, after=1, times=1)
    run = read(account, **main).ok()
    assert "were refused" in run.log
    assert not run.state["bookmarks"]["projects"]["sent"]


def test_days_of_changes_arrive_as_without_it(account: Account, world: World) -> None:
    chance = random.Random("days")
    copied, other = Copy(), Copy()
    run = copied.load(read(account).ok())
    plain = other.load(read(account, skip_unchanged=False).ok())
    sent = read_anew = 0
    for _day in range(6):
        world.advance(DAY)
        for _ in range(chance.randrange(3)):
            change(world, chance)
        if chance.random() < 0.2:
            account.fault("/user/", "status", code=500)
            failed = copied.load(read(account, run.state))
            assert failed.code == 1
            account.mended()
            run = failed
        run = copied.load(read(account, run.state).ok())
        plain = other.load(read(account, plain.state, skip_unchanged=False).ok())
        assert copied.tables == other.tables
        sent += sum(run.counts().values())
        read_anew += sum(plain.counts().values())
    assert sent < read_anew / 2


def change(world: World, chance: random.Random) -> None:
    """Change, insert or remove something in the window or the lists."""
    what = chance.randrange(6)
    if what == 0:
        world.edit_entry(chance.choice(recent(world))["id"], description=f"{chance.random()}")
    elif what == 1:
        world.insert_entry(world.main_id, world.owner_id, description=f"{chance.random()}")
    elif what == 2:
        world.insert_row(world.main_id, "tags", name=f"Tag {chance.random()}")
    elif what == 3:
        world.delete_row(chance.choice(true_rows(world, "tags"))["id"])
    elif what == 4:
        project = chance.choice(true_rows(world, "projects"))["id"]
        world.edit_row(project, name=f"{chance.random()}")
    else:
        world.insert_user(world.main_id, f"User {chance.random()}")


# -- versions --------------------------------------------------------------------------------------


def test_turning_versions_on_removes_what_was_gone_before(account: Account, world: World) -> None:
    copied = Copy()
    state = copied.load(read(account).ok()).state
    world.delete_row(true_rows(world, "tags")[-1]["id"])
    state = copied.load(read(account, state).ok()).state
    assert "left over" in str(copied.differences(world))
    copied.load(read(account, state, skip_unchanged=False, **VERSIONS).ok())
    assert copied.differences(world) == {}


# -- what sends everything -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {"catalog": catalog(["tags"], without=[("tags", "name")])},
        {"stream_maps": {"tags": {"name": "name.upper()"}}},
        {"flattening_enabled": True, "flattening_max_depth": 1},
    ],
    ids=["selection", "stream map", "flattening"],
)
def test_what_is_to_be_sent_otherwise_is_sent(shared: Account, settings: dict[str, Any]) -> None:
    first = read(shared, catalog=TAGS).ok()
    again = read(shared, first.state, **{"catalog": TAGS, **settings}).ok()
    assert again.counts() == first.counts()


def test_another_version_of_the_tap_sends_everything(
    shared: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read(shared, catalog=TAGS).ok()
    monkeypatch.setattr("tap_clockify.tap.TapClockify.plugin_version", "99.0")
    assert read(shared, first.state, catalog=TAGS).ok().counts() == first.counts()


@pytest.mark.parametrize("sent", ["no digests", None, 5])
def test_a_state_that_somebody_changed_sends_everything(shared: Account, sent: object) -> None:
    tables = catalog(["tags", "clients"])
    first = read(shared, catalog=tables).ok()
    state = first.state
    state["bookmarks"]["tags"]["sent"] = sent
    again = read(shared, state, catalog=tables).ok()
    assert again.counts() == {"tags": first.counts()["tags"]}


def test_a_look_back_below_a_week_reads_no_more_than_it_has_to(
    account: Account, world: World
) -> None:
    run = read(account, lookback_days=2).ok()
    world.advance(DAY)
    account.reset()
    second = read(account, run.state, lookback_days=2).ok()
    asked = {line.partition("start=")[2][:10] for line in account.requests() if "start=" in line}
    assert min(filter(None, asked)) >= f"{NOW - timedelta(days=5):%Y-%m-%d}"
    assert set(second.counts()) <= {"time_entries", "time_entry_tags", "time_entry_custom_fields"}
