"""Accounts of a shape: what requests are counted for."""

from __future__ import annotations

from sandbox.clockify.plans import PLANS
from sandbox.clockify.world import World
from tests.common.runs import NOW


def test_the_free_account() -> None:
    world = World(account="free", now=NOW)
    (data,) = world.workspaces.values()
    assert (data.row.featureSubscriptionType, data.row.features) == PLANS["FREE"]
    assert (len(data.users), len(data.projects), len(data.tasks)) == (5, 40, 400)
    assert [len(sheet) for sheet in data.timesheets.values()] == [6_000] * 5
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


def test_numbers_replace_those_of_a_size() -> None:
    world = World(size="small", now=NOW, entries=50, projects=7, tasks=9)
    assert (len(world.main.projects), len(world.main.tasks)) == (7, 9)
    assert len(world.workspaces) == 2
