"""Each tap's sandbox through Meltano into PostgreSQL: what is loaded equals what was served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import start
from tests.e2e.cases import CASES, ClickTime, Clockify, Perform
from tests.e2e.compare import EVERY_CLOCKIFY, counts
from tests.e2e.conftest import succeeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.cases import Case
    from tests.e2e.conftest import Pipeline

of_each_tap = pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.tap)


@pytest.fixture
def case(kind: type[Case], pipeline: Pipeline) -> Iterator[Case]:
    pipeline.tap = kind.tap
    with start(size="small") as running:
        found = kind(running)
        pipeline.environment |= found.environment()
        yield found


@of_each_tap
def test_tables_equal_the_truth_after_each_run(case: Case, pipeline: Pipeline, schema: str) -> None:
    succeeded(pipeline.run(**case.first()))
    assert case.differences(pipeline.database, schema) == []
    case.change()
    succeeded(pipeline.run(**case.second()))
    assert case.differences(pipeline.database, schema) == []


@pytest.mark.thorough
@of_each_tap
def test_rows_arrive_through_files(
    kind: type[Case], case: Case, pipeline: Pipeline, schema: str
) -> None:
    folder = pipeline.through_files()
    succeeded(pipeline.run())
    assert case.differences(pipeline.database, schema) == []
    assert len([*folder.iterdir()]) >= len(case.tables)
    if kind is Perform:  # whose rows go by versions, and those do not go together with files
        return
    case.change()
    succeeded(pipeline.run(**case.second()))
    assert case.differences(pipeline.database, schema) == []


@pytest.mark.thorough
@of_each_tap
def test_tables_that_come_empty_or_not_at_all_empty_none(
    case: Case, pipeline: Pipeline, schema: str
) -> None:
    """Nothing in empty answers says that they are wrong."""
    succeeded(pipeline.run(**case.versions()))
    before = counts(pipeline.database, schema, case.tables)
    says = case.spoil()
    stale = {"tap_perform_stale_timeout": "0", "tap_perform_max_retries": "0"}
    run = pipeline.run(**case.versions(), **stale)
    assert run.returncode != 0
    assert says in run.stderr
    assert counts(pipeline.database, schema, case.tables) == before


@pytest.mark.thorough
@pytest.mark.parametrize("kind", [Clockify, ClickTime], ids=lambda kind: kind.tap)
def test_a_full_refresh_with_versions_removes_what_is_gone_unless_it_fails(
    case: Case, pipeline: Pipeline, schema: str
) -> None:
    succeeded(pipeline.run(**case.versions()))
    before = counts(pipeline.database, schema, case.gone)
    case.remove()
    case.disturb(on=True)
    retries = f"{case.tap.replace('-', '_')}_max_retries"
    run = pipeline.run("--full-refresh", **{retries: "0"}, **case.versions())
    assert run.returncode != 0
    assert "tables are incomplete" in run.stderr
    assert counts(pipeline.database, schema, case.gone) == before
    case.disturb(on=False)
    succeeded(pipeline.run("--full-refresh", **case.versions()))
    assert case.differences(pipeline.database, schema) == []
    after = counts(pipeline.database, schema, case.gone)
    assert after["time_entries"] < before["time_entries"]
    succeeded(pipeline.run(**case.versions()))
    assert case.differences(pipeline.database, schema) == [], "the next run undid it"


@pytest.mark.thorough
@pytest.mark.parametrize("kind", [Clockify])
def test_every_table_equals_the_truth_after_each_run(
    case: Case, pipeline: Pipeline, schema: str
) -> None:
    world = case.sandbox.clockify
    del pipeline.environment["TAP_CLOCKIFY__SELECT"]
    seen = []
    for _ in range(2):
        succeeded(pipeline.run(**case.versions()))
        assert EVERY_CLOCKIFY.differences(pipeline.database, schema, world) == []
        seen.append(counts(pipeline.database, schema, EVERY_CLOCKIFY.tables))
    assert all(seen[0].values())
    assert seen[1] == seen[0], "a run without changes doubled rows"
