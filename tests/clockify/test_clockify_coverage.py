"""No column that Kondado documents is missing."""

from __future__ import annotations

import re
from typing import Any

import pytest

from scripts.kondado import COLUMNS
from tests.clockify.runs import discovered


def schemas() -> dict[str, dict[str, Any]]:
    return {stream["tap_stream_id"]: stream["schema"] for stream in discovered()["streams"]}


def described(schema: dict[str, Any], path: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = schema
    for name in path.split("."):
        found = found and found.get("properties", {}).get(name)
    return found


@pytest.mark.parametrize("table", COLUMNS)
def test_each_documented_column_has_its_property(table: str) -> None:
    known = schemas()
    for column, (stream, path) in COLUMNS[table].items():
        found = described(known[stream], path)
        assert found, (column, stream, path)
        scalar = "object" not in found["type"] and "array" not in found["type"]
        assert scalar or column == "costrate", (column, path)


def test_each_column_has_a_property_of_its_own_with_the_same_name() -> None:
    for table, columns in COLUMNS.items():
        assert len(set(columns.values())) == len(columns), table
        for column, (_, path) in columns.items():
            letters = re.sub("[^a-z]", "", column)
            assert re.sub("[^a-z]", "", path.lower()).endswith(letters), (table, column)


def test_the_number_of_documented_columns() -> None:
    assert {table: len(columns) for table, columns in COLUMNS.items()} == {
        "workspaces": 36,
        "projects": 22,
        "clients": 5,
        "users": 25,
        "users_memberships": 7,
        "user_groups": 3,
        "tags": 4,
        "time_entries": 11,
        "time_entries_tags": 2,
    }
