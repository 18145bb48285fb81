"""A table that is there already: its columns, their types, its key."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from target_bulk.errors import LoadError
from tests.bulk.places import Place, record, schema

pytestmark = pytest.mark.xdist_group("bulk")  # one server of PostgreSQL

AT = {"type": "string", "format": "date-time"}
DAY = {"type": "string", "format": "date"}


def test_new_columns_in_the_midst_of_a_run(place: Place) -> None:
    place.load(
        schema("t", id="integer"),
        record("t", id=1, name="not yet"),
        schema("t", id="integer", name="string"),
        record("t", id=2, name="b"),
        schema("t", id="integer", name="string", more="array"),
        record("t", id=3, name="c", more=[1]),
    )
    assert place.column("t", "name") == [None, "b", "c"]
    assert [row["more"] is None for row in place.rows("t")] == [True, True, False]
    place.load(schema("t", id="integer"), record("t", id=2))
    assert place.column("t", "name") == [None, "b", "c"], "what SCHEMA leaves out stays"


WIDER: dict[str, tuple[Any, Any, Any, Any, list[Any]]] = {
    "integer to number": ("integer", 5, "number", 1.25, [5, Decimal("1.25")]),
    "number to integer": ("number", 1.25, "integer", 5, [Decimal("1.25"), 5]),
    "date to timestamp": (
        DAY,
        "2026-01-31",
        AT,
        "2026-01-31T12:00:00+02:00",
        [
            datetime(2026, 1, 31, tzinfo=timezone.utc),
            datetime(2026, 1, 31, 10, tzinfo=timezone.utc),
        ],
    ),
    "integer to text": ("integer", 5, "string", "a", ["5", "a"]),
    "boolean to text": ("boolean", True, "string", "a", ["true", "a"]),
    "text to integer": ("string", "a", "integer", 5, ["a", "5"]),
    "text to timestamp": ("string", "a", AT, "2026-01-31T12:00:00Z", ["a", "2026-01-31T12:00:00Z"]),
    "text to object": ("string", 'a"b', "object", {"a": 1}, ['a"b', {"a": 1}]),
    "integer to object": ("integer", 5, "object", {"a": 1}, [5, {"a": 1}]),
    "object to text": ("object", {"a": 1}, "string", "x", [{"a": 1}, "x"]),
}


@pytest.mark.parametrize("case", WIDER)
@pytest.mark.parametrize("runs", [1, 2])
def test_wider_types(place: Place, case: str, runs: int) -> None:
    before, first, after, second, expected = WIDER[case]
    one = (schema("t", id="integer", x=before), record("t", id=1, x=first))
    two = (schema("t", id="integer", x=after), record("t", id=2, x=second))
    if runs == 1:
        place.load(*one, *two)
    else:
        place.load(*one)
        place.load(*two)
    assert place.column("t", "x") == expected


NARROWER = [
    (AT, "string", "timestamp"),
    ("boolean", "integer", "boolean"),
    (DAY, "number", "date"),
    (AT, "object", "timestamp"),
]


@pytest.mark.parametrize(("before", "after", "kind"), NARROWER)
def test_other_types_are_refused(place: Place, before: Any, after: Any, kind: str) -> None:
    place.load(schema("t", id="integer", x=before))
    with pytest.raises(LoadError, match=rf"(?i)^Stream t: the column x is {kind}.* cannot become"):
        place.load(schema("t", id="integer", x=after, y="string"))
    assert [*place.kinds("t")] == ["id", "x"]


def test_a_table_of_target_postgres(in_postgres: Place) -> None:
    place = in_postgres
    place.ask(f"create schema {place.schema}")
    place.ask(
        f"create table {place.schema}.t (id character varying primary key, at timestamp, "
        "n numeric, d double precision, j jsonb, texts text[], things jsonb[], numbers bigint[], "
        "_sdc_extracted_at timestamp)"
    )
    some = schema("t", id="string", at=AT, n="number", d="number", j="object", more="integer",
                  texts="array", things="array", numbers="array")  # fmt: skip
    row = record("t", id="a", at="2026-01-31T12:00:00+02:00", n=1, d=2.5, j={}, more=7,
                 texts=["b", "a,", ""], things=[{"a": 1}, "x"], numbers=[])  # fmt: skip
    extracted = {**row, "time_extracted": "2026-01-31T12:00:00+02:00"}
    for _ in range(2):
        place.load(some, extracted)
    (found,) = place.rows("t", "id, at, n, d, j, more, _sdc_extracted_at, texts, things, numbers")
    noon = datetime(2026, 1, 31, 10)  # noqa: DTZ001 - the column has no zone
    assert [*found.values()] == ["a", noon, 1, 2.5, {}, 7, noon, ["b", "a,", ""],
                                  [{"a": 1}, "x"], []]  # fmt: skip


def test_a_table_of_target_duckdb(in_duckdb: Place) -> None:
    place = in_duckdb
    place.ask("create schema here")
    place.ask(
        'create table here.t (id varchar primary key, "at" timestamp, workspaceid varchar, '
        "n double, day varchar, i hugeint)"
    )
    some = schema("t", id="string", at=AT, workspaceId="string", n="number", day=DAY, i="integer")
    at = "2026-01-31T12:00:00+02:00"
    row = record("t", id="a", at=at, workspaceId="w", n=2.5, day="2026-01-31", i=5)
    for _ in range(2):
        place.load(some, row)
    (found,) = place.rows("t", 'id, "at", workspaceid, n, day, i')
    noon = datetime(2026, 1, 31, 10)  # noqa: DTZ001 - the column has no zone
    assert [*found.values()] == ["a", noon, "w", 2.5, "2026-01-31", 5]


def test_a_file_and_a_schema_of_one_name(in_duckdb: Place) -> None:
    table = schema("t", id="integer", name="string")
    for name in ("new", "changed"):
        in_duckdb.load(table, record("t", id=1, name=name), default_target_schema="a")
    assert in_duckdb.ask("select id, name from a.a.t")[0] == [(1, "changed")]


@pytest.mark.parametrize("version", ["v1.0.0", "v1.3.0"])
def test_a_new_file_can_be_read_by_an_old_duckdb(in_duckdb: Place, version: str) -> None:
    if version != "v1.0.0":  # there already
        with duckdb.connect() as database:
            path = in_duckdb.where["duckdb_path"]
            database.execute(f"attach '{path}' as newer (storage_version '{version}')")
    in_duckdb.load(schema("t", id="integer"), record("t", id=1))
    [(tags,)], _ = in_duckdb.ask("select tags from duckdb_databases() where database_name = 'a'")
    assert tags["storage_version"].startswith(version)


@pytest.mark.parametrize("name", ["memory", "TEMP"])
def test_a_schema_that_duckdb_cannot_have_is_refused(in_duckdb: Place, name: str) -> None:
    with pytest.raises(LoadError, match=f"a use of its own for the name {name}"):
        in_duckdb.load(schema("t", id="integer"), default_target_schema=name)


def test_updates_need_no_pytz(in_duckdb: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB before 2 wants it to hand a timestamp to Python, and does not install it."""
    monkeypatch.setitem(sys.modules, "pytz", None)
    for number in range(2):
        in_duckdb.load(schema("t", id="integer", n="integer"), record("t", id=1, n=number))
    monkeypatch.undo()
    assert in_duckdb.column("t", "n") == [1]


def test_a_table_with_another_key_is_refused(in_postgres: Place) -> None:
    place = in_postgres
    place.load(schema("t", id="integer", name="string"), record("t", id=1))
    with pytest.raises(LoadError, match="no primary key, or unique index, of just name, by which"):
        place.load(schema("t", ["name"], id="integer", name="string"))
    place.ask(f"create unique index on {place.schema}.t (name)")
    place.load(schema("t", ["name"], id="integer", name="string"), record("t", id=2, name="a"))
    assert place.column("t", "id") == [1, 2]


def test_a_name_that_postgres_would_cut_is_refused(in_postgres: Place) -> None:
    long = schema("t", id="integer", **{"é" * 32: "string"})
    with pytest.raises(LoadError, match="is longer than PostgreSQL's 63 bytes; rename it"):
        in_postgres.load(long)
    in_postgres.load(schema("t", id="integer"))
    with pytest.raises(LoadError, match="is longer than PostgreSQL's 63 bytes; rename it"):
        in_postgres.load(long)
