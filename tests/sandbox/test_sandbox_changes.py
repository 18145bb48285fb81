"""After each change the API and the truth both show it."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.clockify import truth
from tests.common.runs import PATIENCE

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.clockify.world import World
    from tests.sandbox.conftest import Api


@pytest.fixture
def world(running: Sandbox) -> World:
    return running.clockify


def shown(api: Api, world: World) -> dict[str, dict[str, Any]]:
    """Return the owner's entries as the API shows them, checked against the truth."""
    rows = {row["id"]: row for row in api.rows(api.entries_path())}
    expected = {
        row["id"]: {name: value for name, value in row.items() if name != "start"}
        for row in truth.rows(world, "time_entries")
        if row["userId"] == world.owner_id and row["workspaceId"] == world.main_id
    }
    assert rows == expected
    return rows


def test_insert_edit_delete_entry(api: Api, world: World) -> None:
    count = len(shown(api, world))
    entry_id = world.insert_entry(world.main_id, world.owner_id, description="new")
    row = shown(api, world)[entry_id]
    assert (row["description"], row["timeInterval"]["duration"]) == ("new", "PT1H")
    world.edit_entry(entry_id, tagIds=["t1", "t2"], timeInterval={"end": "2026-09-15T14:00:01Z"})
    row = shown(api, world)[entry_id]
    assert row["tagIds"] == ["t1", "t2"]
    assert row["timeInterval"]["duration"] == "PT2H30M1S"
    assert len(shown(api, world)) == count + 1
    world.delete_entry(entry_id)
    assert entry_id not in shown(api, world)
    with pytest.raises(KeyError):
        world.delete_entry(entry_id)


def test_moved_entry_takes_its_place(api: Api, world: World) -> None:
    entry_id = next(iter(shown(api, world)))
    interval = {"start": "2019-01-01T00:00:00Z", "end": None}
    world.edit_entry(entry_id, timeInterval=interval)
    assert list(shown(api, world))[-1] == entry_id


def test_custom_field_values_reach_their_table(world: World) -> None:
    value = {"customFieldId": "f1", "value": 0.1}
    entry_id = world.insert_entry(world.main_id, world.owner_id, customFieldValues=[value])
    (row,) = [
        row
        for row in truth.rows(world, "time_entry_custom_fields")
        if row["timeEntryId"] == entry_id
    ]
    assert (row["customFieldId"], row["value"], row["type"]) == ("f1", "0.1", "TXT")


def test_stop_timer(api: Api, world: World) -> None:
    (timer,) = api.get(api.entries_path(), in_progress="true").json
    world.stop_timer(timer["id"])
    assert shown(api, world)[timer["id"]]["timeInterval"]["duration"] == "PT25M"
    assert api.get(api.entries_path(), in_progress="true").json == []


def test_delete_project(api: Api, world: World) -> None:
    project = next(task.projectId for task in world.main.tasks.values())
    assert api.get(f"{api.main}/projects/{project}/tasks").json
    world.delete_project(project)
    assert project not in {row["id"] for row in api.rows(f"{api.main}/projects")}
    assert api.get(f"{api.main}/projects/{project}/tasks").status == 400
    assert project not in {row["projectId"] for row in truth.rows(world, "tasks")}
    assert project not in {row["targetId"] for row in truth.rows(world, "user_memberships")}


def test_members_come_and_go(api: Api, world: World) -> None:
    user_id = world.insert_user(world.main_id, "Nina New")
    world.insert_entry(world.main_id, user_id)
    world.rename_user(user_id, "Nina Newer")
    assert [row["name"] for row in api.get(f"{api.main}/users", name="nina").json] == ["Nina Newer"]
    world.set_member_status(world.main_id, user_id, "INACTIVE")
    inactive = api.get(f"{api.main}/users", status="INACTIVE").json
    assert user_id in {row["id"] for row in inactive}
    assert len(api.rows(api.entries_path(user_id))) == 1
    world.remove_user(world.main_id, user_id)
    assert api.get(api.entries_path(user_id)).status == 400
    for table in ("users", "user_memberships", "time_entries"):
        assert user_id not in str(truth.rows(world, table))


def test_renamed_client_shows_on_its_projects(api: Api, world: World) -> None:
    client = next(one for one in world.main.projects.values() if one.clientId).clientId
    assert client
    api.rows(f"{api.main}/projects")
    world.rename(client, "Renamed")
    names = {row["clientName"] for row in api.rows(f"{api.main}/projects")}
    assert "Renamed" in names
    assert "Renamed" in {row["name"] for row in api.rows(f"{api.main}/clients")}


def test_rows_come_and_go(api: Api, world: World) -> None:
    project = world.insert_row(world.second_id, "projects", name="P")
    task = world.insert_row(world.second_id, "tasks", projectId=project)
    world.edit_row(task, status="DONE")
    path = f"{api.second}/projects/{project}/tasks"
    assert [row["status"] for row in api.get(path).json] == ["DONE"]
    world.delete_row(task)
    assert api.get(path).json == []
    with pytest.raises(TypeError, match="Task has no nmae"):
        world.insert_row(world.main_id, "tasks", nmae="x")


def test_changes_over_http(api: Api, world: World) -> None:
    change = {
        "action": "insert_entry",
        "workspace_id": world.main_id,
        "user_id": world.owner_id,
        "description": "by HTTP",
    }
    entry_id = api.control("POST", "/__clockify", change).json["result"]
    assert shown(api, world)[entry_id]["description"] == "by HTTP"
    for wrong in ({"action": "no such"}, {"action": "delete_entry", "entry_id": "0"}, {"x": 1}):
        assert api.control("POST", "/__clockify", wrong).status == 400


def test_command_serves_until_terminated() -> None:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--entries", "20"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert process.stderr.readline().startswith("Sandbox ready at http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
