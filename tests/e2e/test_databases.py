"""Schemas of all three taps against what databases without a server here take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.e2e.arrived import JSON_KINDS
from tests.e2e.conftest import ROOT
from tests.e2e.databases import DATABASES
from tests.e2e.recorded import ACCOUNTS, Recorded, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.arrived import Table
    from tests.e2e.databases import Database

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("databases")]


@pytest.fixture(scope="module")
def runs() -> list[Recorded]:
    return [record(tap) for tap in ACCOUNTS]


@pytest.fixture(scope="module")
def tables(runs: list[Recorded]) -> dict[str, Table]:
    return {name: table for run in runs for name, table in run.tables.items()}


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> Database:
    return DATABASES[request.param]


def wrong_names(database: Database, name: str, table: Table) -> Iterator[str]:
    columns = [*table.kinds]
    for one in (name, *columns):
        plain = one.lower()
        if len(one) > database.name_length or plain.startswith(database.prefixes or ("\0",)):
            yield one
        if not re.fullmatch(database.name, one):
            yield one
    if len({one.lower() if database.folds else one for one in columns}) < len(columns):
        yield f"{name}: two columns of one name"
    if len(columns) > database.columns:
        yield f"{name}: too many columns"


def test_names_need_no_other_spelling(database: Database, tables: dict[str, Table]) -> None:
    found = [one for name, table in tables.items() for one in wrong_names(database, name, table)]
    assert found == []


def test_every_column_has_a_type(database: Database, tables: dict[str, Table]) -> None:
    kinds = {kind for table in tables.values() for kind in table.kinds.values()}
    assert kinds - JSON_KINDS <= database.types.keys()  # with `json_columns: text`


def test_keys_are_never_null_and_fit(database: Database, runs: list[Recorded]) -> None:
    """A nullable column is refused in a key by ClickHouse, SQL Server and Redshift."""
    for run in runs:
        for name, table in run.tables.items():
            assert table.keys, name
            assert not {*table.keys} & {*table.nullable}, name
            assert len(table.keys) <= (database.key_columns or 16)
            for row in table.rows if database.key_bytes else ():
                sizes = [len(str(row[key]).encode("utf-16-le")) for key in table.keys if key in row]
                assert sum(sizes) <= database.key_bytes, name


def test_texts_fit(database: Database, tables: dict[str, Table]) -> None:
    for table in tables.values():
        for row in table.rows if database.text_bytes else ():
            for value in row.values():
                assert len(str(value).encode()) <= database.text_bytes


def test_the_page_names_each_word_that_needs_quotes(tables: dict[str, Table]) -> None:
    columns = {column for table in tables.values() for column in table.kinds}
    page = (ROOT / "docs/targets.md").read_text()
    for title, database in DATABASES.items():
        reserved = sorted(one for one in columns if one.lower() in database.reserved)
        (line,) = re.findall(rf"^\| {title} \| (.*) \|$", page, re.MULTILINE)
        cell = line.split(" | ")[0]
        expected = ", ".join(f"`{one}`" for one in reserved) or "none"
        assert cell == expected, title
        assert [f"`{one}`" for one in database.types.values()] == line.split(" | ")[1].split("; ")
