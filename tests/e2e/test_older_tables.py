"""What loaders do with tables whose columns had other types; what the CHANGELOG says to run."""

from __future__ import annotations

import json
import re
import subprocess
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import pytest
from psycopg import sql

from tests.e2e.conftest import ROOT, load

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Pipeline

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("postgres-small")]

NUMBER, OBJECT, TEXT, TIME, WHOLE = (
    {"type": [kind, "null"], **more}
    for kind, more in (
        ("number", {}),
        ("object", {"properties": {"a": {"type": "integer"}}}),
        ("string", {}),
        ("string", {"format": "date-time"}),
        ("integer", {}),
    )
)
CASES = {
    "fractions": ((WHOLE, 5), (NUMBER, 5.5)),
    "timestamps": (
        (TIME, "2026-09-15T12:30:00.120000Z"),
        (TEXT, "2026-09-15T12:30:00.1234567Z"),
    ),
    "objects": ((OBJECT, {"a": 1}), (TEXT, '{"a":1}')),
}
"""A column as it was and as it is now, each with a value."""
ALTERED: dict[str, list[Any]] = {
    "fractions": [Decimal(5), Decimal("5.5")],
    "timestamps": ["2026-09-15T12:30:00.12Z", "2026-09-15T12:30:00.1234567Z"],
    "objects": ['{"a": 1}', '{"a":1}'],
}
"""Both values after the statements: a timestamp as the tap spells it."""
IN_DUCKDB = {"fractions": "double", "timestamps": "varchar", "objects": "varchar"}

NUMERIC = 'alter table if exists shifts alter column "StartedAt" type numeric'


def messages(number: int, column: tuple[dict[str, Any], Any] | None) -> bytes:
    """Return the messages of a run with one row."""
    described, value = column or (None, None)
    columns = {"ID": {"type": "string"}} | ({"StartedAt": described} if described else {})
    record = {"ID": str(number)} | ({"StartedAt": value} if described else {})
    schema = {"type": "object", "properties": columns}
    lines = (
        {"type": "SCHEMA", "stream": "shifts", "schema": schema, "key_properties": ["ID"]},
        {"type": "RECORD", "stream": "shifts", "record": record},
    )
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode()


def statement(beginning: str) -> str:
    """Return the statement of the CHANGELOG that begins so."""
    found = re.findall(
        r"^```sql\n(.*?);?\n^```", (ROOT / "CHANGELOG.md").read_text(), re.DOTALL | re.MULTILINE
    )
    (one,) = [text for text in found if text.startswith(beginning)]
    return str(one)


def in_postgres(pipeline: Pipeline, schema: str, query: str) -> list[Any]:
    with psycopg.connect(pipeline.database) as connection:
        connection.execute(sql.SQL("set search_path to {}").format(sql.Identifier(schema)))
        done = connection.execute(query.encode())
        return done.fetchall() if done.description else []


@pytest.mark.parametrize("case", CASES)
def test_postgresql_takes_other_types_once_its_columns_are_altered(
    case: str, pipeline: Pipeline, schema: str
) -> None:
    before, after = CASES[case]
    load(pipeline, messages(1, before))
    with pytest.raises(AssertionError, match=r"bigint|Could not convert column"):
        load(pipeline, messages(2, after))
    assert len(in_postgres(pipeline, schema, "select 1 from shifts")) == 1
    if case == "objects":
        asked = statement("select format").replace("tap_clockify", schema)
        altering = [text for (text,) in in_postgres(pipeline, schema, asked)]
    else:
        altering = [NUMERIC if case == "fractions" else statement("alter table if exists shifts")]
    assert altering
    for text in altering:
        in_postgres(pipeline, schema, text)
    load(pipeline, messages(2, after))
    rows = in_postgres(pipeline, schema, 'select "StartedAt" from shifts order by "ID"')
    assert [value for (value,) in rows] == ALTERED[case]


def test_postgresql_adds_new_columns_and_takes_no_number_for_an_integer(
    pipeline: Pipeline, schema: str
) -> None:
    load(pipeline, messages(1, None))
    load(pipeline, messages(2, (WHOLE, 5)))
    load(pipeline, messages(3, (NUMBER, None)))
    with pytest.raises(AssertionError, match=r'bigint: \\?"6.0"'):  # copied as a fraction
        load(pipeline, messages(4, (NUMBER, 6)))
    rows = in_postgres(pipeline, schema, 'select "StartedAt" from shifts order by "ID"')
    assert rows == [(None,), (5,), (None,)]


def into_duckdb(file: Path, lines: bytes) -> None:
    config = file.with_suffix(".json")
    config.write_text(json.dumps({"filepath": str(file), "default_target_schema": "s"}))
    target = ROOT / ".meltano/loaders/target-duckdb/venv/bin/target-duckdb"
    subprocess.run([target, "--config", config], input=lines, capture_output=True, check=True)


@pytest.mark.parametrize("case", CASES)
def test_duckdb_begins_a_new_column_unless_it_is_altered_before(case: str, tmp_path: Path) -> None:
    before, after = CASES[case]
    for altered in (False, True):
        file = tmp_path / f"{altered}.duckdb"
        into_duckdb(file, messages(1, before))
        if altered:
            with duckdb.connect(str(file)) as database:
                kind = IN_DUCKDB[case]
                database.execute(f'alter table s.shifts alter column "StartedAt" type {kind}')
        into_duckdb(file, messages(2, after))
        with duckdb.connect(str(file)) as database:
            rows = database.execute('select "StartedAt" from s.shifts order by "ID"').fetchall()
            names = [name for name, *_ in database.execute("describe s.shifts").fetchall()]
        assert (rows[0][0] is not None) == altered
        assert rows[1][0] == after[1]
        renamed = [name for name in names if re.fullmatch(r"startedat_\d{8}_\d{4}", name.lower())]
        assert bool(renamed) != altered
