"""ClickTime's sandbox through Meltano into PostgreSQL: what is loaded equals what was served."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox import start
from tests.e2e.compare import CLICKTIME, count
from tests.e2e.conftest import succeeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox import Sandbox
    from sandbox.clicktime.world import World
    from tests.e2e.conftest import Pipeline

VERSIONS = {"tap_clicktime_emit_activate_version_messages": "true"}
GROUP = pytest.mark.xdist_group("postgres-clicktime")


@pytest.fixture
def sandbox(pipeline: Pipeline) -> Iterator[Sandbox]:
    pipeline.tap = "tap-clicktime"
    # The loader's COPY takes decimals through binary floating point: 15 digits arrive unharmed.
    pipeline.environment["TARGET_POSTGRES_USE_COPY"] = "false"
    with start(size="small") as running:
        pipeline.environment["TAP_CLICKTIME_SERVICE_URL"] = f"{running.url}/clicktime/odata"
        yield running


@GROUP
def test_tables_equal_the_truth_after_each_run(
    pipeline: Pipeline, sandbox: Sandbox, schema: str
) -> None:
    world = sandbox.clicktime
    world.switches.numbers = "string"
    world.switches.link_form = "relative"
    succeeded(pipeline.run(tap_clicktime_page_size="100"))
    assert CLICKTIME.differences(pipeline.database, schema, world) == []

    first = {table: count(pipeline.database, schema, table) for table in CLICKTIME.tables}
    world.switches.numbers = "number"
    world.switches.link_form = "absolute"
    succeeded(pipeline.run(tap_clicktime_max_concurrency="8"))
    assert CLICKTIME.differences(pipeline.database, schema, world) == []
    second = {table: count(pipeline.database, schema, table) for table in CLICKTIME.tables}
    assert second == first, "a run without changes doubled rows"

    _change_within_the_look_back(world)
    succeeded(pipeline.run())
    assert CLICKTIME.differences(pipeline.database, schema, world) == []


@GROUP
def test_timestamps_mean_the_same_in_the_database(
    pipeline: Pipeline, sandbox: Sandbox, schema: str
) -> None:
    """COPY into columns without a zone, as the loader is shipped, ignores offsets."""
    del pipeline.environment["TARGET_POSTGRES_USE_COPY"]
    world = sandbox.clicktime
    idents = [row["ID"] for row in CLICKTIME.truth(world, "clients")][:4]
    came = ["2023-08-15T06:30:00.0000001-05:00", "2021-06-01T12:00:00+02:00"]
    came += ["2020-11-30T23:59:59.9999999Z", "2022-02-28T17:45:10Z"]
    meant = [datetime(2023, 8, 15, 11, 30), datetime(2021, 6, 1, 10)]  # noqa: DTZ001 - as loaded
    meant += [datetime(2020, 11, 30, 23, 59, 59, 999999), datetime(2022, 2, 28, 17, 45, 10)]  # noqa: DTZ001 - as loaded
    for turn in (0, 1):  # on the second day, each client has the timestamp of another
        for ident, text in zip(idents, came[turn:] + came[:turn], strict=True):
            world.edit_row(ident, CreatedDate=text)
        succeeded(pipeline.run(tap_clicktime__select='["clients.*"]'))
        loaded = CLICKTIME.loaded(pipeline.database, schema, "clients")
        assert len(loaded) == len(CLICKTIME.truth(world, "clients"))
        found = [loaded[ident,]["CreatedDate"] for ident in idents]
        assert found == meant[turn:] + meant[:turn]


@GROUP
def test_rows_arrive_through_files(pipeline: Pipeline, sandbox: Sandbox, schema: str) -> None:
    pipeline.through_files()
    succeeded(pipeline.run())
    assert CLICKTIME.differences(pipeline.database, schema, sandbox.clicktime) == []
    _change_within_the_look_back(sandbox.clicktime)
    succeeded(pipeline.run())
    assert CLICKTIME.differences(pipeline.database, schema, sandbox.clicktime) == []


@GROUP
def test_a_full_refresh_with_versions_removes_what_is_gone_unless_it_fails(
    pipeline: Pipeline, sandbox: Sandbox, schema: str
) -> None:
    world = sandbox.clicktime
    succeeded(pipeline.run(**VERSIONS))
    before = count(pipeline.database, schema, "time_entries")
    for ident in _recent(world)[:20]:
        world.delete_entry(ident)
    sandbox.faults.add(route="/TimeEntries", kind="truncate_body", after=4, times=0)
    options = {"target_postgres_hard_delete": "true", "tap_clicktime_page_size": "100", **VERSIONS}
    run = pipeline.run("--full-refresh", tap_clicktime_max_retries="0", **options)
    assert run.returncode != 0
    assert "tables are incomplete" in run.stderr
    assert count(pipeline.database, schema, "time_entries") == before

    sandbox.faults.clear()
    succeeded(pipeline.run("--full-refresh", **options))
    assert CLICKTIME.differences(pipeline.database, schema, world) == []
    assert count(pipeline.database, schema, "time_entries") == before - 20


@GROUP
def test_sets_that_answer_empty_empty_no_table(
    pipeline: Pipeline, sandbox: Sandbox, schema: str
) -> None:
    """Nothing in such answers says that they are wrong."""
    options = {"target_postgres_hard_delete": "true", **VERSIONS}
    succeeded(pipeline.run(**options))
    before = {table: count(pipeline.database, schema, table) for table in CLICKTIME.tables}
    for table in ("Users", "Jobs", "Clients", "Tasks", "Divisions", "Timesheets", "Allocations"):
        answer = {"code": 200, "body": '{"value":[]}'}
        sandbox.faults.add(route=f"/odata/{table}", kind="status", times=0, **answer)
    run = pipeline.run(**options)
    assert run.returncode != 0
    assert "shrank from" in run.stderr
    after = {table: count(pipeline.database, schema, table) for table in CLICKTIME.tables}
    assert after == before


@GROUP
def test_chosen_custom_fields_become_columns(
    pipeline: Pipeline, sandbox: Sandbox, schema: str
) -> None:
    fields = CLICKTIME.truth(sandbox.clicktime, "job_custom_fields")
    name = next(row["Name"] for row in fields if row["ValueType"] == "number")
    columns = {"Jobs": [{"name": name, "type": "number"}]}
    succeeded(pipeline.run(tap_clicktime_custom_field_columns=json.dumps(columns)))
    loaded = CLICKTIME.loaded(pipeline.database, schema, "jobs")
    column = next(key for key in next(iter(loaded.values())) if key.startswith("CustomField_"))
    want = {row["JobID"]: float(row["Value"]) for row in fields if row["Name"] == name}
    have = {key[0]: float(row[column]) for key, row in loaded.items() if row[column] is not None}
    assert have == want


def _recent(world: World) -> list[str]:
    """Return ids of the entries of the last three weeks, newest first."""
    oldest = f"{world.now - timedelta(days=21):%Y-%m-%d}"
    rows = CLICKTIME.truth(world, "time_entries")
    return [
        row["ID"]
        for row in sorted(rows, key=lambda row: str(row["Date"]), reverse=True)
        if row["Date"] and row["Date"] > oldest
    ]


def _change_within_the_look_back(world: World) -> None:
    recent = _recent(world)
    for number, ident in enumerate(recent[:20]):
        world.edit_entry(ident, Comment=f"edited {number}", Hours=f"{number}.25")
        world.edit_entry(ident, CustomFields=None if number % 2 else {"PO Number": str(number)})
    for number in range(15):
        day = world.now - timedelta(days=number)
        world.insert_entry(Date=f"{day:%Y-%m-%d}", Comment=f"new {number}", Hours="0.10")
    world.insert_entry(Date=None, Comment="without a date", Hours="1.00")
