"""What `_rescued_data` should hold, told from raw JSON and a schema alone."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Schema: TypeAlias = "dict[str, Any]"
Wanted: TypeAlias = "Callable[[tuple[str, ...]], bool]"

FREE = {"string", "number", "boolean", "array", "object", "null"}


def lost(
    value: dict[str, Any], schema: Schema, wanted: Wanted, names: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What has no place in an object, by path; fields that are not wanted are left out."""
    found: dict[str, Any] = {}
    for name, member in value.items():
        here = (*names, name)
        if name not in schema["properties"] or name == "_rescued_data":
            found |= {} if member is None else {name: member}
        elif wanted(here):
            inside = _lost(member, schema["properties"][name], wanted, here)
            found |= {f"{name}{path}": one for path, one in inside.items()}
    return found


def _lost(value: Any, schema: Schema, wanted: Wanted, names: tuple[str, ...]) -> dict[str, Any]:
    declared = schema["type"]
    kinds = {declared} if isinstance(declared, str) else {*declared}
    if value is None or kinds >= FREE:
        return {}
    if isinstance(value, dict) and "properties" in schema:
        return {f".{path}": one for path, one in lost(value, schema, wanted, names).items()}
    if isinstance(value, list) and "array" in kinds:
        items = ((place, one, schema["items"]) for place, one in enumerate(value))
        return {
            f"[{place}]{path}": misfit
            for place, one, item in items
            for path, misfit in (
                {"": None} if one is None else _lost(one, item, lambda _: True, ())
            ).items()
        }
    return {} if _fits(value, kinds, schema) else {"": value}


def _fits(value: Any, kinds: set[str], schema: Schema) -> bool:
    if isinstance(value, bool):
        return "boolean" in kinds
    if isinstance(value, int | Decimal):
        return "number" in kinds or (isinstance(value, int) and "integer" in kinds)
    if isinstance(value, str) and schema.get("format") == "date-time":
        return "T" in value
    return isinstance(value, str) and "string" in kinds


def read(record: dict[str, Any]) -> dict[str, Any]:
    """A record with its `_rescued_data` parsed."""
    held = record.get("_rescued_data")
    return record | (
        {"_rescued_data": json.loads(held, parse_float=Decimal)} if held is not None else {}
    )
