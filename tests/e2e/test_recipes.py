"""The SQL of the docs, run over what target-postgres loaded; `test_demo` has DuckDB."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import psycopg
import pytest

from sandbox import start
from tests.e2e.cases import CASES
from tests.e2e.conftest import succeeded
from tests.e2e.recipes import ELSEWHERE, recipes, without_zones

if TYPE_CHECKING:
    from tests.e2e.cases import Case
    from tests.e2e.conftest import Pipeline

pytestmark = pytest.mark.thorough

DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.tap)
def test_recipes_find_rows(kind: type[Case], pipeline: Pipeline, schema: str) -> None:
    pipeline.tap = kind.tap
    name = kind.tap.upper().replace("-", "_")
    with start(size="small") as running:
        case = kind(running)
        pipeline.environment |= case.environment() | {f"{name}__SELECT": json.dumps(["*.*"])}
        succeeded(pipeline.run())
    with psycopg.connect(pipeline.database) as database:
        database.execute(f'set search_path to "{schema}"')
        database.execute(f"set time zone '{ELSEWHERE}'")
        found = {
            title: without_zones(database.execute(sql))
            for title, sql in recipes(kind.tap, "PostgreSQL").items()
        }
        assert all(found.values()), found
        if kind.tap == "tap-clockify":
            (first, weeks, zoned, *_) = recipes(kind.tap, "PostgreSQL").values()
            hours, *others = (
                sum(float(row[-1]) for row in database.execute(one))
                for one in (first, weeks, zoned)
            )
            assert [round(one, 6) for one in others] == [round(hours, 6)] * 2
            told = database.execute(
                "select \"timeInterval\" ->> 'duration' from time_entries where type = 'REGULAR'"
            )
            expected = sum(hours_of(duration) for (duration,) in told if duration)
            assert round(hours, 6) == round(expected, 6)
        altered = give_zones(database, schema)
        for title, sql in recipes(kind.tap, "PostgreSQL").items():
            assert without_zones(database.execute(sql)) == found[title], title
        assert altered


def give_zones(database: psycopg.Connection, schema: str) -> int:
    """Have timestamps with a time zone, as other loaders make them; return how many columns."""
    columns = database.execute(
        "select table_name, column_name from information_schema.columns "
        "where table_schema = %s and data_type = 'timestamp without time zone'",
        [schema],
    ).fetchall()
    for table, column in columns:
        changed = f"type timestamptz using \"{column}\" at time zone 'UTC'"
        database.execute(f'alter table "{table}" alter column "{column}" {changed}')
    return len(columns)


def hours_of(duration: str) -> float:
    """Return the hours of a duration (PT1H30M)."""
    found = DURATION.fullmatch(duration)
    assert found
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours + minutes / 60 + seconds / 3600
