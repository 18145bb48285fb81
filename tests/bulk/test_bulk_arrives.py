"""Each cell of all three taps is what was served, in both databases: nothing is altered."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import duckdb
import pytest

from tests.e2e.arrived import differences
from tests.e2e.recorded import ACCOUNTS, record
from tests.e2e.targets import Config, Postgres, PostgresExact, Target, from_json, schema_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.e2e.arrived import Kind, Table
    from tests.e2e.recorded import Recorded
    from tests.e2e.served import Row

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("bulk")]


class BulkPostgres(Postgres):
    name = "target-bulk into PostgreSQL"
    suffix = "_bulk"
    alterations = ()
    types: ClassVar[Mapping[Kind, str]] = {
        **Postgres.types,
        "timestamp": "timestamp with time zone",
        "list": "jsonb",
    }

    def command(self) -> str:
        return str(Path(sys.executable).with_name("target-bulk"))

    def config(self, tap: str) -> Config:
        return {
            "postgres_url": self.postgres,
            "default_target_schema": f"{schema_of(tap)}{self.suffix}",
        }

    def meant(self, table: Table, row: Row) -> Row:
        return without_zones(row)


class BulkDuckDB(Target):
    name = "target-bulk into DuckDB"
    types: ClassVar[Mapping[Kind, str]] = {
        "text": "VARCHAR",
        "number": "DECIMAL(38,9) or DECIMAL(38,10) or DECIMAL(38,19)",
        "integer": "BIGINT",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "timestamp": "TIMESTAMP WITH TIME ZONE",
        **dict.fromkeys(("object", "mixed", "list"), "JSON"),
    }

    def command(self) -> str:
        return str(Path(sys.executable).with_name("target-bulk"))

    def config(self, tap: str) -> Config:
        return {"duckdb_path": str(self.folder / "db"), "default_target_schema": schema_of(tap)}

    def held(self, tap: str, name: str) -> list[Row]:
        with duckdb.connect(str(self.folder / "db"), read_only=True) as connection:
            connection.execute("set time zone 'UTC'")
            found = connection.execute(f'select * from {schema_of(tap)}."{name}"')
            columns = [one[0] for one in found.description or ()]
            return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]

    def types_of(self, tap: str, name: str) -> dict[str, str]:
        with duckdb.connect(str(self.folder / "db"), read_only=True) as connection:
            found = connection.execute(f'describe {schema_of(tap)}."{name}"').fetchall()
            return {row[0]: row[1] for row in found}

    def meant(self, table: Table, row: Row) -> Row:
        return without_zones(from_json(table, row))


def without_zones(row: Row) -> Row:
    """Return a row whose timestamps, all in UTC, say nothing of a zone."""
    return {
        name: value.replace(tzinfo=None) if getattr(value, "tzinfo", None) else value
        for name, value in row.items()
    }


@pytest.fixture(scope="module", params=ACCOUNTS)
def run(request: pytest.FixtureRequest) -> Recorded:
    return record(request.param)


@pytest.mark.parametrize("kind", [BulkDuckDB, BulkPostgres])
def test_every_cell_is_what_was_served(
    kind: type[Target], run: Recorded, postgres: str, tmp_path: Path
) -> None:
    target = kind(tmp_path, postgres)
    for _ in range(2):
        target.load(run)
    found = {}
    for name, table in run.tables.items():
        rows = target.rows(run.tap, name, table)
        assert rows
        if some := differences(table, rows):
            found[name] = some[:2]
        types = target.types_of(run.tap, name)
        for column, one in table.kinds.items():
            if not column.startswith("_sdc_"):
                assert types[column] in target.types[one].split(" or "), (name, column)
    assert found == {}


def test_it_goes_on_with_the_tables_of_target_postgres(
    run: Recorded, postgres: str, tmp_path: Path
) -> None:
    """A column that it cannot hold would be refused; what it writes there is what was served."""
    before = PostgresExact(tmp_path, postgres)
    before.load(run)
    target = BulkPostgres(tmp_path, postgres)
    target.suffix = before.suffix
    target.load(run)
    found = {}
    for name, table in run.tables.items():
        rows = target.rows(run.tap, name, table)
        assert len({row["_sdc_sync_started_at"] for row in rows}) == 1, "all are new"
        if some := differences(table, rows):
            found[name] = some[:2]
        assert target.types_of(run.tap, name) == before.types_of(run.tap, name)
    assert found == {}
