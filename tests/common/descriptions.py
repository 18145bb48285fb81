"""What catalogs say of their columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from taps_common.records.attributes import LABEL, LABELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILLING = "a an and are in is it its of or that the this to was whether which"
"""Words that say nothing."""


def described(schema: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    """Return what is said of each column, nested ones included, by its path from the table on."""
    for name, column in schema.get("properties", {}).items():
        path = f"{above}.{name}"
        yield path, column.get("description", "")
        yield from described(column.get("items", column), path)


def parts(text: str) -> dict[str, str]:
    """Return the parts of a description by their labels; prose has none."""
    prose, *labelled = LABEL.split(text)
    values = (one.strip().removesuffix(".") for one in labelled[1::2])
    return {"": prose.strip(), **dict(zip(labelled[::2], values, strict=True))}


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


def faults_of(schemas: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what is wrong with the descriptions of tables, whose schemas are given by name."""
    columns = {f"{table}.{name}" for table, one in schemas.items() for name in one["properties"]}
    return [
        f"{path}: {fault}"
        for table, schema in schemas.items()
        for path, text in described(schema, table)
        for fault in _faults(path, text, columns)
    ]


def _faults(path: str, text: str, columns: set[str]) -> list[str]:
    labels = LABEL.findall(text)
    joined = parts(text).get("Joins")
    checks = {
        "no description": bool(text),
        "only repeats the name": not only_repeats(path, text),
        "labels out of order": labels == sorted({*labels}, key=LABELS.index),
        "a part without an end": LABEL.sub("", text).endswith(".")
        and all(one.rstrip().endswith(".") for one in LABEL.split(text)[::2] if one),
        f"joins {joined}, which is not there": joined is None or joined in columns,
    }
    return [fault for fault, well in checks.items() if not well]
