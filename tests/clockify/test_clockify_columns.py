"""What the catalog says of each column, nested ones included."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from taps_common.records.attributes import LABEL
from tests.clockify.runs import discovered

if TYPE_CHECKING:
    from collections.abc import Iterator

FILLING = "a an and are in is it its of or that the this to was whether which"
"""Words that say nothing."""


@cache
def descriptions() -> dict[str, str]:
    """Return what is said of each column, by its path from the table on."""
    return {
        path: text
        for stream in discovered()["streams"]
        for path, text in described(stream["schema"], stream["tap_stream_id"])
    }


def described(schema: dict[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for name, column in schema.get("properties", {}).items():
        path = f"{above}.{name}"
        yield path, column.get("description", "")
        yield from described(column.get("items", column), path)


def parts(text: str) -> dict[str, str]:
    """Return the parts of a description by their labels; prose has none."""
    prose, *labelled = LABEL.split(text)
    values = (one.strip().removesuffix(".") for one in labelled[1::2])
    return {"": prose, **dict(zip(labelled[::2], values, strict=True))}


def words(text: str) -> set[str]:
    """Return the words of a text, or of a name like `clientName`, without their plurals."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return {
        re.sub("ies$", "y", word).removesuffix("s")
        for word in re.findall(r"[a-z]+", spaced.lower())
    }


def only_repeats(path: str, text: str) -> bool:
    """Return whether a description has nothing that its path does not say."""
    said = parts(text)
    return len(said) == 1 and words(said[""]) <= words(path) | words(FILLING)


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
