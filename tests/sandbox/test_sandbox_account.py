"""The made-up account: the same every time, of the size asked for, with the cases that count."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from sandbox.clockify import truth
from sandbox.clockify.workspaces import LISTS, PLANS
from sandbox.clockify.world import World
from sandbox.service import Clocked
from tests.sandbox.clockify_client import NOW, Client

if TYPE_CHECKING:
    from datetime import tzinfo


@pytest.fixture(scope="module")
def client() -> Client:
    return Client()


@pytest.fixture(scope="module")
def world(client: Client) -> World:
    return client.world


def test_the_clock_runs_unless_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client compares it with its own clock."""
    still, running = Clocked(NOW), Clocked(None)
    running.advance(60)

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Later:
            return cls(2030, 1, 2, 3, 4, tzinfo=tz)

    monkeypatch.setattr("sandbox.service.datetime", Later)
    assert still.now == NOW
    assert running.now == Later(2030, 1, 2, 3, 5, tzinfo=timezone.utc)


@pytest.mark.parametrize("table", sorted({*LISTS, "users"} & {*truth.CORE, *truth.FURTHER}))
def test_the_truth_holds_every_row(world: World, table: str) -> None:
    """But approval requests of states that are never listed."""
    held = getattr(world.main, table)
    if table == "approval_requests":
        listed = {"PENDING", "APPROVED", "WITHDRAWN_APPROVAL"}
        held = {row_id for row_id, one in held.items() if one.status.state in listed}
    rows = truth.rows(world, table)
    assert {row["id"] for row in rows if row["workspaceId"] == world.main_id} == {*held}


def test_truth_of_nested_tables(world: World) -> None:
    entries = truth.rows(world, "time_entries")
    assert len(entries) == 1_500
    tagged = [row["tagIds"] for row in entries if isinstance(row["tagIds"], list)]
    assert len(truth.rows(world, "time_entry_tags")) == sum(map(len, tagged))
    values = {row["value"] for row in truth.rows(world, "time_entry_custom_fields")}
    assert {"true", "false", "0.1", '["b","c"]', None} <= values
    kinds = {row["membershipType"] for row in truth.rows(world, "user_memberships")}
    assert kinds == {"WORKSPACE", "PROJECT", "USERGROUP"}
    for table, count in truth.counts(world, everything=True).items():
        assert count == len(truth.rows(world, table)), table


def test_same_arguments_same_account(world: World) -> None:
    same, other = World(now=NOW), World(now=NOW, seed=8, entries=100)
    for table in (*truth.TABLES, "expenses", "audit_log"):
        assert truth.rows(world, table) == truth.rows(same, table)
    ids = {row["id"] for row in truth.rows(world, "time_entries")}
    assert ids.isdisjoint(row["id"] for row in truth.rows(other, "time_entries"))


@pytest.mark.parametrize("members", [1, 3, 40])
def test_numbers_can_be_chosen(members: int) -> None:
    world = World(now=NOW, members=members, entries=200, projects=7, tasks=9)
    assert len(world.main.users) == members
    assert truth.counts(world)["time_entries"] == 200
    assert (len(world.main.projects), len(world.main.tasks)) == (7, 9)


def test_the_free_account() -> None:
    world = World(account="free", now=NOW, entries=50)
    (data,) = world.workspaces.values()
    assert (data.row.featureSubscriptionType, data.row.features) == PLANS["FREE"]
    assert (len(data.users), len(data.projects), len(data.tasks)) == (5, 40, 400)
    assert [len(sheet) for sheet in data.timesheets.values()] == [10] * 5
    assert world.second_id == ""
    assert data.roles == {world.owner_id: {"OWNER"}}


def test_the_agency_is_divided_among_its_workspaces() -> None:
    world = World(account="agency", now=NOW, members=20, projects=50, tasks=301, entries=100)
    homes = list(world.workspaces.values())
    assert len(homes) == 3
    assert len({user for data in homes for user in data.users}) == 20
    assert all(world.owner_id in data.users for data in homes)
    assert sum(len(data.projects) for data in homes) == 50
    assert sum(len(data.tasks) for data in homes) == 301
    assert sum(len(sheet) for data in homes for sheet in data.timesheets.values()) == 100
    assert {data.row.featureSubscriptionType for data in homes} == {PLANS["PRO"][0]}


def test_ids_are_unique_but_for_members_of_both_workspaces(world: World) -> None:
    for table in ("user_groups", "clients", "projects", "tasks", "tags", "time_entries"):
        ids = [str(row["id"]) for row in truth.rows(world, table)]
        assert len(ids) == len(set(ids))
        assert all(len(one) == 24 and int(one, 16) for one in ids)
    users = [row["id"] for row in truth.rows(world, "users")]
    assert len(users) - len(set(users)) == 4


def test_members_with_a_part_to_play(world: World) -> None:
    users = {user.name: user for user in world.main.users.values()}
    standing = world.main.standing()
    kiosk = next(user for user in users.values() if user.status == "LIMITED")
    gone, nameless = users['Dana "Gone" D\'Arc'], users[None]
    assert world.entries(world.main_id, kiosk.id)
    assert world.entries(world.main_id, gone.id)
    assert (gone.status, standing[gone.id]) == ("ACTIVE", "INACTIVE")
    assert (nameless.status, nameless.settings) == ("NOT_REGISTERED", None)
    assert not world.entries(world.main_id, nameless.id)


def test_entries_with_a_part_to_play(world: World) -> None:
    entries = world.entries(world.main_id, world.owner_id)
    starts = [entry.timeInterval.start for entry in entries]
    assert starts == sorted(starts, reverse=True)
    assert starts[0] > NOW.isoformat()
    assert [entry.timeInterval.duration for entry in entries].count(None) == 1
    assert starts[2] == starts[3], "two entries start at the same moment"
    every = "".join(str(row["description"]) for row in truth.rows(world, "time_entries"))
    assert all(part in every for part in ("🚧", '"', "\n", "\u2028", "\\", "日本"))
    assert {entry.type for entry in entries} == {"REGULAR", "BREAK", "HOLIDAY", "TIME_OFF"}
