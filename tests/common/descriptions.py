"""What a catalog says of its columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

LABELS = ("Unit", "Example", "Empty", "Needs", "Joins")
_LABEL = re.compile(rf"\b({'|'.join(LABELS)}): ")


def parts_of(text: str) -> dict[str, str]:
    """Return the prose of a description, and its parts by their labels."""
    prose, *rest = _LABEL.split(text)
    return {"": prose.strip(), **dict(zip(rest[::2], map(str.strip, rest[1::2]), strict=True))}


def faults_of(schemas: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what is wrong with the descriptions of tables, whose schemas are given by name."""
    return [
        f"{table}.{column}: {fault}"
        for table, schema in schemas.items()
        for column, one in schema["properties"].items()
        for fault in _faults(one.get("description", ""), schemas)
    ]


def _faults(text: str, schemas: Mapping[str, Mapping[str, Any]]) -> list[str]:
    parts = parts_of(text)
    joined = parts.get("Joins", "").removesuffix(".")
    table, _, column = joined.partition(".")
    checks = {
        "no description": any(parts.values()),
        "labels out of order": [*parts] == ["", *(name for name in LABELS if name in parts)],
        "a label twice": len(parts) == 1 + len(_LABEL.findall(text)),
        "a part without an end": all(one.endswith(".") for one in parts.values() if one),
        f"joins {joined}, which is not there": not joined
        or column in schemas.get(table, {"properties": ()})["properties"],
    }
    return [fault for fault, well in checks.items() if not well]
