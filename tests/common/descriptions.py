"""What a catalog says of its columns, nested ones included."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from taps_common.records.attributes import LABEL, LABELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILLING = "a an and are in is it its of or that the this to was whether which"
"""Words that say nothing."""


def parts_of(text: str) -> dict[str, str]:
    """Return the prose of a description, and its parts by their labels."""
    prose, *rest = LABEL.split(text)
    return {"": prose.strip(), **dict(zip(rest[::2], map(str.strip, rest[1::2]), strict=True))}


def descriptions(schema: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    """Yield the path of each column and what is said of it."""
    for name, column in schema.get("properties", {}).items():
        path = f"{above}.{name}"
        yield path, column.get("description", "")
        yield from descriptions(column.get("items", column), path)


def faults_of(schemas: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what is wrong with the descriptions of tables, whose schemas are given by name."""
    return [
        f"{path}: {fault}"
        for table, schema in schemas.items()
        for path, text in descriptions(schema, table)
        for fault in _faults(text, schemas)
    ]


def _faults(text: str, schemas: Mapping[str, Mapping[str, Any]]) -> list[str]:
    parts = parts_of(text)
    joined = parts.get("Joins", "").removesuffix(".")
    table, _, column = joined.partition(".")
    checks = {
        "no description": any(parts.values()),
        "labels out of order": [*parts] == ["", *(name for name in LABELS if name in parts)],
        "a label twice": len(parts) == 1 + len(LABEL.findall(text)),
        "a part without an end": all(one.endswith(".") for one in parts.values() if one),
        f"joins {joined}, which is not there": not joined
        or column in schemas.get(table, {"properties": ()})["properties"],
    }
    return [fault for fault, well in checks.items() if not well]


def repeats_of(schemas: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the paths of columns of which nothing is said that their path does not say."""
    return [
        path
        for table, schema in schemas.items()
        for path, text in descriptions(schema, table)
        if {*parts_of(text)} == {""} and _words(text) <= _words(path) | _words(FILLING)
    ]


def _words(text: str) -> set[str]:
    """Return the words of a text, or of a name like `clientName`, without their plurals."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return {
        re.sub("ies$", "y", word).removesuffix("s")
        for word in re.findall(r"[a-z]+", spaced.lower())
    }
