"""What arrives in targets, cell by cell, against what the services sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.e2e.arrived import differences
from tests.e2e.conftest import ROOT
from tests.e2e.recorded import ACCOUNTS, Recorded, record
from tests.e2e.targets import TARGETS, DuckDB, Parquet, Pipelinewise, Postgres, Target

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.arrived import Kind

pytestmark = pytest.mark.thorough

of_each_target = pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, id=kind.__name__, marks=pytest.mark.xdist_group(kind.runs))
        for kind in TARGETS
    ],
)
"""Those that get the same runs are tested one after the other, so that the runs are made once."""


Runs = dict[str, Recorded]


@pytest.fixture(scope="module")
def runs() -> Runs:
    """A run of each tap."""
    return {tap: record(tap) for tap in ACCOUNTS}


@pytest.fixture(scope="module")
def text_runs(runs: Runs) -> Runs:
    """The same with `json_columns: text`."""
    return {tap: record(tap, run, json_columns="text") for tap, run in runs.items()}


@pytest.fixture(scope="module")
def file_runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The same by files of gzipped JSON lines, of which loaders get the names."""
    root = tmp_path_factory.mktemp("files").as_uri()
    config = {"encoding": {"format": "jsonl", "compression": "gzip"}, "storage": {"root": root}}
    return {tap: record(tap, batch_config=config) for tap in ACCOUNTS}


@pytest.fixture(scope="module")
def elsewhere(postgres: str) -> str:
    """A database that is not in UTC."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("drop database if exists elsewhere with (force)")  # asked for again
        connection.execute("create database elsewhere")
        connection.execute("alter database elsewhere set timezone = 'America/New_York'")
    return postgres.replace("/postgres?", "/elsewhere?")


ODD: dict[str, dict[str, str]] = {
    "tap-clockify": {
        "a fraction of money": r'"amount":\d+\.25[,}]',
        "19 digits": r'"amount":\d{19}[,}]',
        "more digits than a float has": r'"amount":1234567890123456\.78[,}]',
        "an offset above zero": r'"issuedDate":"[^"]+\+05:30"',
        "a null among several types": r'"value":null',
        "true or false among several types": r'"value":(true|false)',
        "a number among several types": r'"value":-?\d',
        "a list among several types": r'"value":\[',
        "an empty text": r'"description":""',
        "more than one line": r'"description":"[^"]*\\n',
        "letters": r'"description":"[^"]*[^\x00-\x7f]',
    },
    "tap-clicktime": {
        "19 digits": r":-?\d{19}[,}]",
        "a fraction": r'"BillingRate":\d+\.\d*[1-9]',
        "an offset above zero": r'"CreatedDate":"[^"]+\+0[1-9]:00"',
        "an empty text": r'"Comment":""',
        "an object": r'"CustomFields":\{"',
        "letters": r'"Name":"[^"]*[^\x00-\x7f]',
    },
    "tap-perform": {
        "more digits than a float has": r",1234567890123456\.780000,",
        "19 digits": r",1234567890123456789,",
        "a leading zero": r",007,",
        "more than one line": r'"[^"]*\n[^"]*"',
        "letters": r"[^\x00-\x7f]",
    },
}
"""What has to be in what is served, and how it looks."""


@pytest.mark.xdist_group("runs")
def test_what_is_served_is_odd_enough(runs: Runs) -> None:
    lacking = [
        (tap, name)
        for tap, run in runs.items()
        for name, look in ODD[tap].items()
        if not re.search(look, run.bodies.decode())
    ]
    assert lacking == []


def test_the_page_of_targets_says_what_is_tested() -> None:
    page = (ROOT / "docs/targets.md").read_text()
    for kind in TARGETS:
        (line,) = re.findall(rf"^\| {re.escape(kind.name)} \| (.*) \|$", page, re.MULTILINE)
        for one in kind.alterations:
            assert one.what in line
        assert kind.alterations or line == "nothing"
    tables = [
        [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in table.splitlines()]
        for table in re.findall(r"(?:^\| .*\n)+", page, re.MULTILINE)
    ]
    for kind in (Postgres, DuckDB, Parquet, Pipelinewise):
        heading = kind.name.removesuffix(", as shipped")
        (table,) = [one for one in tables if one[0][0] == "in the schema" and heading in one[0]]
        place = table[0].index(heading)
        said = {row[0]: row[place].replace("`", "") for row in table}
        assert {KINDS[name]: type_ for name, type_ in said.items() if name in KINDS} == kind.types


KINDS: dict[str, Kind] = {
    "text": "text",
    "number": "number",
    "integer": "integer",
    "true or false": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "object": "object",
    "list": "list",
    "values of several types": "mixed",
}
"""What the page calls them."""


@of_each_target
def test_every_cell_is_what_was_served_but_for_what_is_known(
    kind: type[Target], elsewhere: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """What is known is of this version: should the loader be mended, this fails, and the docs."""
    target = kind(tmp_path, elsewhere)
    found: dict[tuple[str, str], list[str]] = {}
    altered: set[str] = set()
    for tap, run in request.getfixturevalue(target.runs).items():
        target.load(run)
        for name, table in run.tables.items():
            rows = target.rows(tap, name, table)
            assert rows
            if some := differences(table, rows, target.altered):
                found[tap, name] = some[:2]
            altered |= {
                one.what
                for one in target.alterations
                for row in table.rows
                for column, value in row.items()
                if table.kinds[column] in one.kinds and one.change(value) != value
            }
            if target.types:
                types = target.types_of(tap, name)
                for column, one in table.kinds.items():
                    if not column.startswith("_sdc_"):
                        known = target.types[one].split(" or ")
                        assert types[target.spelled(column)] in known, (name, column)
    assert found == {}
    assert altered == {one.what for one in target.alterations}
