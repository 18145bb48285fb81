"""Each table and column that the docs name beside another connector's is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.clockify.runs import discovered

PAGE = Path(__file__).parents[2] / "docs" / "clockify-other-connectors.md"
LINES = [
    [cell.strip(" `") for cell in line.strip("| ").split("|")]
    for line in PAGE.read_text().splitlines()
    if line.startswith("| ") and "---" not in line
]
TABLES = [line[0] for line in LINES if len(line) > 3 and line[0] != "here"]
COLUMNS = [line for line in LINES if len(line) == 3 and line[2] != "here"]


def schemas() -> dict[str, dict[str, Any]]:
    return {stream["tap_stream_id"]: stream["schema"] for stream in discovered()["streams"]}


def described(schema: dict[str, Any], path: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = schema
    for name in path.split("."):
        found = found and found.get("properties", {}).get(name)
    return found


def test_each_table_of_another_connector_has_one_here() -> None:
    assert len(TABLES) == 26
    assert not {*TABLES} - schemas().keys()


@pytest.mark.parametrize("table", sorted({line[0] for line in COLUMNS}))
def test_each_documented_column_has_its_property(table: str) -> None:
    known = schemas()
    found = [line for line in COLUMNS if line[0] == table]
    for _, column, place in found:
        stream, _, path = place.partition(".")
        schema = described(known[stream], path)
        assert schema, (column, place)
        scalar = "object" not in schema["type"] and "array" not in schema["type"]
        assert scalar or column == "costrate", (column, place)
        letters = re.sub("[^a-z]", "", column)
        assert re.sub("[^a-z]", "", path.lower()).endswith(letters), (column, place)
    assert len({place for *_, place in found}) == len(found)


def test_the_number_of_documented_columns() -> None:
    assert len(COLUMNS) == 115
