"""The sandbox through Meltano into PostgreSQL: what is loaded equals what was served."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
import yaml

from sandbox import start
from tests.e2e.compare import CLOCKIFY, EVERY_CLOCKIFY, count, same, without_feeds
from tests.e2e.conftest import succeeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox import Sandbox
    from sandbox.clockify.world import World
    from tests.e2e.conftest import Pipeline

VERSIONS = {"tap_clockify_emit_activate_version_messages": "true"}


@pytest.fixture
def sandbox(pipeline: Pipeline) -> Iterator[Sandbox]:
    with start(size="small") as running:
        pipeline.environment["TAP_CLOCKIFY_API_URL"] = f"{running.url}/clockify/api/v1"
        core = [f"{table}.*" for table in CLOCKIFY.tables]
        pipeline.environment["TAP_CLOCKIFY__SELECT"] = json.dumps(core)
        yield running


@pytest.mark.xdist_group("postgres-every")
def test_every_table_equals_the_truth_after_each_run(
    pipeline: Pipeline, sandbox: Sandbox, schema: str
) -> None:
    world, tables = sandbox.clockify, EVERY_CLOCKIFY.tables
    del pipeline.environment["TAP_CLOCKIFY__SELECT"]
    counts = []
    for _ in range(2):
        succeeded(pipeline.run(**VERSIONS))
        assert EVERY_CLOCKIFY.differences(pipeline.database, schema, world) == []
        counts.append([count(pipeline.database, schema, table) for table in tables])
    assert all(counts[0])
    assert counts[1] == counts[0], "a run without changes doubled rows"


@pytest.mark.xdist_group("postgres-changes")
def test_time_entries_by_what_changed(pipeline: Pipeline, schema: str) -> None:
    """As `docs/clockify.md` says how; what happened must be two minutes old."""
    settings = pipeline.project / "meltano.yml"
    written = yaml.safe_load(settings.read_text())
    (extractor,) = [one for one in written["plugins"]["extractors"] if one["name"] == pipeline.tap]
    extractor["metadata"] = {"time_entries": {"replication-method": "LOG_BASED"}}
    settings.write_text(yaml.safe_dump(written))
    pipeline.environment["TAP_CLOCKIFY__SELECT"] = '["time_entries.*"]'
    now = datetime.now(timezone.utc) - timedelta(minutes=10)
    with start(size="small", now=now) as running:
        pipeline.environment["TAP_CLOCKIFY_API_URL"] = f"{running.url}/clockify/api/v1"
        world = running.clockify
        succeeded(pipeline.run())
        for spelled in ("TIME_ENTRY", "none"):
            world.switch(changes_type=spelled)
            oldest, older, *_, newest = sorted(
                CLOCKIFY.expected(world, "time_entries").values(), key=lambda row: row["start"]
            )
            world.edit_entry(oldest["id"], description="edited")
            world.edit_entry(newest["id"], billable=True)
            world.delete_entry(older["id"])
            world.insert_entry(world.main_id, world.owner_id)
            world.advance(120)
            succeeded(pipeline.run())
            rows = CLOCKIFY.loaded(pipeline.database, schema, "time_entries")
            have = {key: without_feeds(row) for key, row in rows.items()}
            want = CLOCKIFY.expected(world, "time_entries")
            assert have.keys() == want.keys()
            assert all(same(row, want[key]) for key, row in have.items())
        assert count(pipeline.database, schema, "time_entries") == len(want) + 2


@pytest.mark.xdist_group("postgres-small")
def test_changes_within_the_look_back_arrive(
    pipeline: Pipeline, sandbox: Sandbox, schema: str
) -> None:
    succeeded(pipeline.run())
    _change_within_the_look_back(sandbox.clockify)
    succeeded(pipeline.run())
    assert CLOCKIFY.differences(pipeline.database, schema, sandbox.clockify) == []


@pytest.mark.xdist_group("postgres-changes")
def test_rows_arrive_through_files(pipeline: Pipeline, sandbox: Sandbox, schema: str) -> None:
    folder = pipeline.through_files()
    succeeded(pipeline.run())
    assert CLOCKIFY.differences(pipeline.database, schema, sandbox.clockify) == []
    first = set(folder.iterdir())
    assert len([path for path in first if "--time_entries-" in path.name]) > 10
    _change_within_the_look_back(sandbox.clockify)
    succeeded(pipeline.run())
    assert CLOCKIFY.differences(pipeline.database, schema, sandbox.clockify) == []
    assert len(first) < len(set(folder.iterdir())) < 2 * len(first)


@pytest.mark.xdist_group("postgres-small")
def test_a_full_refresh_with_versions_removes_what_is_gone_unless_it_fails(
    pipeline: Pipeline, sandbox: Sandbox, schema: str
) -> None:
    world = sandbox.clockify
    succeeded(pipeline.run(**VERSIONS))
    tables = ("time_entries", "time_entry_tags", "tasks", "projects")
    before = {table: count(pipeline.database, schema, table) for table in tables}
    _delete(world)
    options = {"target_postgres_hard_delete": "true", **VERSIONS}
    member = list(world.main.users.values())[-1].id
    project = list(world.main.projects.values())[-1].id
    sandbox.faults.add(route=f"/user/{member}/time-entries", kind="status", code=500, times=0)
    sandbox.faults.add(route=f"/projects/{project}/tasks", kind="truncate_body", times=0)
    world.switch(hydrated_ignored=True)
    run = pipeline.run("--full-refresh", tap_clockify_max_retries="0", **options)
    assert run.returncode != 0
    assert "tables are incomplete" in run.stderr
    after = {table: count(pipeline.database, schema, table) for table in tables}
    assert after["time_entries"] == before["time_entries"]
    assert after["time_entry_tags"] == before["time_entry_tags"]
    assert after["tasks"] == before["tasks"]
    assert after["projects"] < before["projects"], "projects were read completely"
    sandbox.faults.clear()
    world.switch(hydrated_ignored=False)
    succeeded(pipeline.run("--full-refresh", **options))
    assert CLOCKIFY.differences(pipeline.database, schema, world) == []
    kept = count(pipeline.database, schema, "time_entries")
    assert kept == len(CLOCKIFY.truth(world, "time_entries"))
    succeeded(pipeline.run(**VERSIONS))
    assert CLOCKIFY.differences(pipeline.database, schema, world) == [], "the next run undid it"


@pytest.mark.xdist_group("postgres-small")
def test_lists_that_answer_empty_empty_no_table(
    pipeline: Pipeline, sandbox: Sandbox, schema: str
) -> None:
    """Nothing in such answers says that they are wrong."""
    tables = ("projects", "project_memberships", "clients", "tags")
    pipeline.environment["TAP_CLOCKIFY__SELECT"] = json.dumps([f"{table}.*" for table in tables])
    options = {"target_postgres_hard_delete": "true", **VERSIONS}
    succeeded(pipeline.run(**options))
    before = {table: count(pipeline.database, schema, table) for table in tables}
    assert all(before.values())
    for table in ("projects", "clients", "tags"):
        answer = {"code": 200, "body": "[]", "headers": {"Last-Page": "true"}}
        sandbox.faults.add(route=f"/{table}", kind="status", times=0, **answer)
    run = pipeline.run(**options)
    assert run.returncode != 0
    assert "shrank from" in run.stderr
    assert {table: count(pipeline.database, schema, table) for table in tables} == before


def _entries(world: World) -> list[str]:
    """Return ids of the main workspace's entries of the last three weeks, newest first."""
    oldest = world.now - timedelta(days=21)
    rows = [
        (row["start"], row["id"])
        for row in CLOCKIFY.truth(world, "time_entries")
        if row["workspaceId"] == world.main_id and row["timeInterval"]["end"]
    ]
    return [ident for start_, ident in sorted(rows, reverse=True) if start_ > f"{oldest:%Y-%m-%d}"]


def _change_within_the_look_back(world: World) -> None:
    owner, other = world.owner_id, list(world.main.users.values())[3].id
    recent = _entries(world)
    tags = [tag.id for tag in world.main.tags.values()]
    for number, ident in enumerate(recent[:20]):
        world.edit_entry(ident, description=f"edited {number}", tagIds=tags[: number % 4])
        world.edit_entry(ident, customFieldValues=None if number % 2 else [])
    begin = world.now - timedelta(days=2)
    for number in range(15):
        at = (begin + timedelta(hours=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        until = (begin + timedelta(hours=number, minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
        world.insert_entry(
            world.main_id,
            owner if number % 2 else other,
            description=f"new {number}",
            tagIds=tags[:2],
            timeInterval={"start": at, "end": until},
        )
    for row in CLOCKIFY.truth(world, "time_entries"):
        if row["timeInterval"]["end"] is None:
            world.stop_timer(row["id"])
    world.rename(next(iter(world.main.projects.values())).id, "Renamed")


def _delete(world: World) -> None:
    for ident in _entries(world)[:25]:
        world.delete_entry(ident)
    world.delete_project(next(iter(world.main.projects.values())).id)
    world.delete_row(next(iter(world.main.tags.values())).id)
