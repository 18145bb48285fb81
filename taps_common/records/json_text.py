"""`json_columns: text`: objects, lists and values of several types as JSON text.

Loaders that map one column to one plain type cannot hold them otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taps_common.records.row_types import JsonSchema, Row

as_json = msgspec.json.Encoder(decimal_format="number").encode
"""Returns the JSON text of a value; decimals keep their digits."""


def text_of(value: object) -> str | None:
    """Return a text as it is, anything else as its JSON text."""
    if value is None or isinstance(value, str):
        return value
    return as_json(value).decode()


def as_text(schema: JsonSchema) -> JsonSchema:
    """Return the schema of a table whose columns of JSON are texts."""
    described = schema.get("properties", {})
    texts = {name: _text_for(described[name]) for name in columns(schema)}
    return {**schema, "properties": {**described, **texts}}


def columns(schema: JsonSchema) -> list[str]:
    """Return the names of the columns that hold objects, lists, or values of several types."""
    return [name for name, one in schema.get("properties", {}).items() if _holds_json(one)]


def write_texts(rows: Sequence[Row], names: Iterable[str]) -> None:
    """Turn values of rows into their JSON text; null stays null.

    Args:
        rows: the rows.
        names: of the columns, in Python.
    """
    for name in names:
        for row in rows:
            value: Any = getattr(row, name)
            if value is not None and value is not msgspec.UNSET:
                setattr(row, name, as_json(value).decode())


def _holds_json(described: JsonSchema) -> bool:
    declared = described.get("type", ())
    kinds = {declared} if isinstance(declared, str) else {*declared} - {"null"}
    return len(kinds) != 1 or not kinds.isdisjoint({"object", "array"})


def _text_for(described: JsonSchema) -> JsonSchema:
    texts = {"title", "description"}
    kept = {name: text for name, text in described.items() if name in texts}
    return {"type": ["string", "null"]} | kept
