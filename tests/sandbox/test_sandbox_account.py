"""The made-up account: the same every time, equal to its truth, and full of quirks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.clockify import truth
from sandbox.clockify.world import World

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.sandbox.conftest import Api

EVERY_STATUS = "ACTIVE,PENDING_EMAIL_VERIFICATION,NOT_REGISTERED,LIMITED,LIMITED_DELETED,DELETED"

Rows = list[dict[str, Any]]


def by_content(rows: Rows) -> list[str]:
    return sorted(repr(sorted(row.items())) for row in rows)


def read_table(api: Api, table: str) -> Rows:
    """Read a table as a patient client would."""
    rows: Rows = []
    if table == "workspaces":
        return list(api.get("/workspaces").json)
    for workspace in api.get("/workspaces").json:
        base, context = f"/workspaces/{workspace['id']}", {"workspaceId": workspace["id"]}
        everyone = {"memberships": "ALL", "account_statuses": EVERY_STATUS, "status": "ALL"}
        users = api.rows(f"{base}/users", **everyone)
        if table == "users":
            rows += [{**row, **context} for row in users]
        elif table == "user_groups":
            rows += api.rows(f"{base}/user-groups", include_team_managers="true")
        elif table == "tasks":
            for project in api.rows(f"{base}/projects"):
                tasks = api.rows(f"{base}/projects/{project['id']}/tasks")
                rows += [{**row, **context} for row in tasks]
        elif table == "time_entries":
            for user in users:
                entries = api.rows(f"{base}/user/{user['id']}/time-entries")
                rows += [{**row, "start": row["timeInterval"]["start"]} for row in entries]
        else:
            rows += api.rows(f"{base}/{table}")
    return rows


@pytest.mark.parametrize(
    "table",
    [
        *("workspaces", "users", "user_groups", "clients", "projects"),
        *("tasks", "tags", "time_entries"),
    ],
)
def test_paging_through_a_table_gives_its_truth(running: Sandbox, api: Api, table: str) -> None:
    expected = truth.rows(running.clockify, table)
    assert by_content(read_table(api, table)) == by_content(expected)
    assert api.control("GET", f"/__truth/clockify/{table}").json == expected


def test_truth_of_nested_tables(running: Sandbox) -> None:
    world = running.clockify
    entries = truth.rows(world, "time_entries")
    tags = truth.rows(world, "time_entry_tags")
    tagged = [row["tagIds"] for row in entries if isinstance(row["tagIds"], list)]
    assert len(tags) == sum(map(len, tagged))
    values = truth.rows(world, "time_entry_custom_fields")
    assert {"true", "false", "0.1", '["b","c"]', None} <= {row["value"] for row in values}
    places = [
        (row["workspaceId"], row["userId"], row["targetId"], row["membershipType"])
        for row in truth.rows(world, "user_memberships")
    ]
    assert len(places) == len(set(places))
    assert {kind for *_, kind in places} == {"WORKSPACE", "PROJECT", "USERGROUP"}
    assert tuple(truth.counts(world)) == truth.TABLES
    for table, count in truth.counts(world).items():
        assert count == len(truth.rows(world, table)) > 0


def test_same_arguments_same_account(now: datetime) -> None:
    first, second = World(now=now, seed=7), World(now=now, seed=7)
    other = World(now=now, seed=8)
    for table in truth.TABLES:
        assert truth.rows(first, table) == truth.rows(second, table)
    assert truth.rows(first, "time_entries") != truth.rows(other, "time_entries")


@pytest.mark.parametrize("members", [1, 3, 40])
def test_numbers_can_be_chosen(now: datetime, members: int) -> None:
    world = World(now=now, members=members, entries=900)
    assert len(world.main.users) == members
    assert truth.counts(world)["time_entries"] == 900


def test_ids_are_unique_but_for_members_of_both_workspaces(running: Sandbox) -> None:
    for table in ("user_groups", "clients", "projects", "tasks", "tags", "time_entries"):
        ids = [str(row["id"]) for row in truth.rows(running.clockify, table)]
        assert len(ids) == len(set(ids))
        assert all(len(one) == 24 and int(one, 16) for one in ids)
    users = [row["id"] for row in truth.rows(running.clockify, "users")]
    assert len(users) - len(set(users)) == 4


def test_members_with_a_part_to_play(running: Sandbox) -> None:
    world = running.clockify
    users = {str(row["name"]): row for row in truth.rows(world, "users")}
    with_entries = {row["userId"] for row in truth.rows(world, "time_entries")}
    kiosk = next(user for user in users.values() if user["status"] == "LIMITED")
    gone = users['Dana "Gone" D\'Arc']
    standing = {one.userId: one.membershipStatus for one in world.main.row.memberships}
    assert kiosk["id"] in with_entries
    assert gone["id"] in with_entries
    assert (gone["status"], standing[str(gone["id"])]) == ("ACTIVE", "INACTIVE")
    nameless = users["None"]
    assert (nameless["status"], nameless["settings"]) == ("NOT_REGISTERED", None)
    assert nameless["id"] not in with_entries


def test_entries_with_a_part_to_play(running: Sandbox, now: datetime) -> None:
    world = running.clockify
    entries = world.entries(world.main_id, world.owner_id)
    starts = [entry.timeInterval.start for entry in entries]
    assert starts == sorted(starts, reverse=True)
    assert starts[0] > now.isoformat()
    assert [entry.timeInterval.duration for entry in entries].count(None) == 1
    assert starts[2] == starts[3], "two entries start at the same moment"
    texts = "".join(entry.description or "" for entry in entries)
    every = "".join(str(row["description"]) for row in truth.rows(world, "time_entries"))
    assert "🚧" in texts
    assert all(part in every for part in ('"', "\n", "\u2028", "\\", "日本"))


def test_clock_moves_on_request(running: Sandbox, api: Api, now: datetime) -> None:
    assert api.control("GET", "/__clock").json == {"now": "2026-09-15T12:30:00Z"}
    api.control("POST", "/__clock", {"now": "2026-09-15T13:30:00Z"})
    assert running.clockify.now == now + timedelta(hours=1)
