"""Tables of the types before take fractions once the CHANGELOG's statements were run on them."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

import sandbox
from tests.clockify.fractions import serve_fractions, with_fractions
from tests.clockify.runs import KEYS, Account, catalog, keyed
from tests.e2e.conftest import ROOT, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.conftest import Pipeline

Columns = dict[str, list[str]]


@pytest.fixture
def account() -> Iterator[Account]:
    with sandbox.start(size="small") as running:
        yield Account(running)


def statements() -> list[str]:
    """Return the SQL of the CHANGELOG that makes room for fractions."""
    text = (ROOT / "CHANGELOG.md").read_text()
    found = "\n".join(re.findall(r"^```sql\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    return [one.strip() for one in found.split(";") if "type numeric" in one]


def altered() -> Columns:
    """Return the columns that the CHANGELOG alters, by table."""
    columns: Columns = {}
    for statement in statements():
        (table,) = re.findall(r"alter table if exists (\w+)", statement)
        columns.setdefault(table, []).extend(re.findall(r'alter column "(\w+)"', statement))
    return columns


def as_before(line: bytes, columns: Columns) -> bytes:
    """Return a message as it was before: these columns are integers in its schema."""
    message: dict[str, Any] = json.loads(line)
    if message["type"] != "SCHEMA":
        return line
    for name in columns[message["stream"]]:
        column = message["schema"]["properties"][name]
        column["type"] = ["integer" if kind == "number" else kind for kind in column["type"]]
    return json.dumps(message).encode()


def held(pipeline: Pipeline, schema: str, columns: Columns) -> dict[str, Any]:
    """Return keys and these columns of the tables."""
    found = {}
    with psycopg.connect(pipeline.database, row_factory=dict_row) as connection:
        for table, names in columns.items():
            query = sql.SQL("select {} from {}").format(
                sql.SQL(", ").join(map(sql.Identifier, (*KEYS[table], *names))),
                sql.Identifier(schema, table),
            )
            found[table] = keyed(connection.execute(query).fetchall(), KEYS[table])
    return found


def sent(lines: bytes, columns: Columns) -> dict[str, Any]:
    """Return what records hold of the same."""
    rows: dict[str, list[dict[str, Any]]] = {table: [] for table in columns}
    for message in (json.loads(line, parse_float=Decimal) for line in lines.splitlines()):
        if message["type"] == "RECORD":
            names = (*KEYS[message["stream"]], *columns[message["stream"]])
            rows[message["stream"]].append({name: message["record"].get(name) for name in names})
    return {table: keyed(found, KEYS[table]) for table, found in rows.items()}


@pytest.mark.thorough
@pytest.mark.xdist_group("postgres-small")
def test_the_statements_of_the_changelog_make_room_for_fractions(
    pipeline: Pipeline,
    schema: str,
    account: Account,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    columns = altered()
    chosen = tmp_path / "catalog.json"
    chosen.write_text(json.dumps(catalog(columns)))

    def run() -> bytes:
        options = ("--catalog", str(chosen))
        return (
            account.command(*options, flattening_enabled=True, flattening_max_depth=1).ok().output
        )

    before = run()
    assert before
    load(pipeline, b"\n".join(as_before(line, columns) for line in before.splitlines()))
    with psycopg.connect(pipeline.database) as connection:
        types = connection.execute(
            "select table_name, column_name from information_schema.columns "
            "where table_schema = %s and data_type = 'bigint' and column_name not like '\\_sdc%%'",
            [schema],
        ).fetchall()
        assert {(table, name) for table in columns for name in columns[table]} <= {*types}
        assert held(pipeline, schema, columns) == sent(before, columns)
        connection.execute(sql.SQL("set search_path to {}").format(sql.Identifier(schema)))
        for statement in statements():
            connection.execute(statement.encode())
    assert held(pipeline, schema, columns) == sent(before, columns), "altering changed a value"

    names = {name.rpartition("__")[2] for table in columns for name in columns[table]}
    serve_fractions(monkeypatch, names, "25")
    after = run()
    load(pipeline, after)
    loaded = held(pipeline, schema, columns)
    assert loaded == sent(after, columns)
    flat = {name for table in columns for name in columns[table]}
    assert loaded == sent(with_fractions(before, flat, "25"), columns)
