"""What the catalog says of each column, nested ones included."""

from __future__ import annotations

from functools import cache

from tests.clockify.runs import discovered
from tests.common.descriptions import described, only_repeats, parts


@cache
def descriptions() -> dict[str, str]:
    """Return what is said of each column, by its path from the table on."""
    return {
        path: text
        for stream in discovered()["streams"]
        for path, text in described(stream["schema"], stream["tap_stream_id"])
    }


def test_each_column_is_described() -> None:
    assert len(descriptions()) > 1000
    assert [path for path, text in descriptions().items() if not text] == []


def test_columns_join_keys_of_tables_that_there_are() -> None:
    keys = {
        f"{stream['tap_stream_id']}.{key}"
        for stream in discovered()["streams"]
        for key in stream["key_properties"]
    }
    joins = {path: parts(text).get("Joins") for path, text in descriptions().items()}
    assert {path: to for path, to in joins.items() if to and to not in keys} == {}
    assert joins["time_entries.projectId"] == "projects.id"
    assert joins["approval_requests.entries.task.id"] == "tasks.id"


def test_descriptions_say_more_than_the_name() -> None:
    assert only_repeats("time_entries.clientName", "the name of the client of an entry.")
    assert [path for path, text in descriptions().items() if only_repeats(path, text)] == []
