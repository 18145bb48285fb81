"""Perform's sandbox through Meltano into PostgreSQL: what is loaded equals what was served."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.rows import dict_row

from sandbox import start
from sandbox.perform import truth
from tests.e2e.compare import count
from tests.e2e.conftest import succeeded
from tests.perform.runs import Account, comparable, expected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox import Sandbox
    from sandbox.perform.world import World
    from tests.e2e.conftest import Pipeline

VERSIONS = {
    "tap_perform_emit_activate_version_messages": "true",
    "target_postgres_hard_delete": "true",
}
GROUP = pytest.mark.xdist_group("postgres-perform")
STALE = {
    "wbs_export": (200, "text"),
    "docket_export": (202, "json"),
    "discussion": (404, "html"),
    "person_export": (500, "json_errors"),
    "custom_cost_report": (503, "csv_row"),
}


@pytest.fixture
def sandbox(pipeline: Pipeline) -> Iterator[Sandbox]:
    pipeline.tap = "tap-perform"
    # The loader's COPY takes decimals through binary floating point: 15 digits arrive unharmed.
    pipeline.environment["TARGET_POSTGRES_USE_COPY"] = "false"
    with start(size="small") as running:
        projects = json.dumps(running.perform.projects(running.url))
        pipeline.environment["TAP_PERFORM_PROJECTS"] = projects
        yield running


def loaded(pipeline: Pipeline, schema: str, table: str) -> list[dict[str, object]]:
    """Return the rows of a table as records hold them, without the loader's own columns."""
    with psycopg.connect(pipeline.database, row_factory=dict_row) as connection:
        rows = connection.execute(f'select * from "{schema}"."{table}"').fetchall()
    return [
        {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in row.items()
            if not name.startswith("_sdc_")
        }
        for row in rows
    ]


def differences(pipeline: Pipeline, schema: str, sandbox: Sandbox) -> dict[str, object]:
    """Return what is missing or left over, by table; empty when all is equal."""
    streams = Account(sandbox).discovered()["streams"]
    schemas = {one["tap_stream_id"]: one["schema"]["properties"] for one in streams}
    found: dict[str, object] = {}
    for table in truth.TABLES:
        held = Counter(map(comparable, loaded(pipeline, schema, table)))
        served = Counter(map(comparable, expected(sandbox.perform, table, schemas[table])))
        if held != served:
            found[table] = (list((served - held).items())[:1], list((held - served).items())[:1])
    return found


def counts(pipeline: Pipeline, schema: str) -> dict[str, int]:
    return {table: count(pipeline.database, schema, table) for table in truth.TABLES}


def test_numbers_are_compared_as_such() -> None:
    assert comparable({"a": Decimal("1.10")}) == comparable({"a": Decimal("1.1"), "b": None})


@GROUP
def test_rows_arrive_through_files(pipeline: Pipeline, sandbox: Sandbox, schema: str) -> None:
    pipeline.through_files()
    succeeded(pipeline.run())
    assert differences(pipeline, schema, sandbox) == {}
    assert counts(pipeline, schema) == truth.counts(sandbox.perform)


@GROUP
def test_tables_equal_the_truth_after_each_run(
    pipeline: Pipeline, sandbox: Sandbox, schema: str
) -> None:
    world = sandbox.perform
    for clip, (status, form) in STALE.items():
        world.set_clip(clip, 1, stale=1, stale_status=status, stale_form=form)
    succeeded(pipeline.run())
    assert differences(pipeline, schema, sandbox) == {}
    first = counts(pipeline, schema)
    assert first == truth.counts(world)

    for form in ("fields_values", "jsonlines"):
        world.switch(format=form)
        succeeded(pipeline.run())
        assert counts(pipeline, schema) == first, f"{form} doubled rows"
    assert differences(pipeline, schema, sandbox) == {}

    world.switch(format="array", json_cells="typed")
    _change(world)
    succeeded(pipeline.run(**VERSIONS))
    assert differences(pipeline, schema, sandbox) == {}


@GROUP
def test_what_is_no_table_empties_none(pipeline: Pipeline, sandbox: Sandbox, schema: str) -> None:
    world = sandbox.perform
    succeeded(pipeline.run(**VERSIONS))
    before = counts(pipeline, schema)
    world.set_clip("wbs_export", 1, stale=-1)
    world.set_clip("discussion", body="html")
    world.set_clip("person_export", 2, body="empty")
    world.set_clip("docket_export", 1, cut="half")
    world.set_clip("resource", 2, refuse=403)
    world.shrink(1, "snapshot_export", 0.1)
    world.set_clip("event_export", 1, body="header_only")
    run = pipeline.run(tap_perform_stale_timeout="0", tap_perform_max_retries="0", **VERSIONS)
    assert run.returncode != 0
    assert "Extractor failed" in run.stderr
    assert counts(pipeline, schema) == before


def _change(world: World) -> None:
    """Insert, edit, copy and delete rows of both projects."""
    for project in (1, 2):
        world.delete_row(project, "resource_usage_export", 7)
        world.edit_row(project, "wbs_export", 3, {"WBS Name": "Renamed, once"})
        world.copy_row(project, "tagged_item_completions", 5)
        world.delete_row(project, "activity_export", 11)
        world.shuffle(project, "docket_export")
    world.insert_row(2, "custom_cost_report", {"Ledger Id": "L-9999", "Budget": "0.10"})
    world.insert_row(1, "discussion", {"Comment": "new\nline"})
