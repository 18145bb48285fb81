"""The rows each table of a copy should hold now: those that are served, not what a tap says.

Edm.Decimal values are `decimal.Decimal` here and text over the control route; dates, times and
instants are text. What switches do to spelling does not show: INF, -INF and NaN are null as JSON
has no such numbers, hidden properties are left out, forbidden sets keep their rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from sandbox.clicktime import model
from sandbox.clicktime.edm import CUSTOM_FIELDS, Row, Value
from sandbox.clicktime.model import EntitySet
from sandbox.clicktime.shapes import SPECIAL_PROPERTY, shape_of
from sandbox.clicktime.world import World
from sandbox.wire import Json

_NUMBERS = dict.fromkeys((int, float, Decimal), "number")
_KINDS: dict[type, str] = {bool: "boolean", str: "string", list: "array", **_NUMBERS}
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def _tables(sets: Sequence[EntitySet]) -> tuple[str, ...]:
    own = [one.stream for one in sets if not one.style]
    custom = [one.custom_fields for one in sets if one.custom_fields]
    return (*own, *custom, *(one.stream for one in sets if one.style))


TABLES = _tables(list(model.served("", modified=False).values()))
"""The tables of the seven sets and of their custom fields; see `tables` for those of a style."""


def tables(world: World) -> tuple[str, ...]:
    return _tables(list(world.sets.values()))


def rows(world: World, table: str) -> list[Row]:
    """Return the rows of one table; KeyError for an unknown one."""
    with world.lock:
        for one in world.sets.values():
            if table == one.stream:
                return _entities(world, one)
            if table == one.custom_fields:
                return [field for row in _entities(world, one) for field in custom_rows(one, row)]
    raise KeyError(table)


def counts(world: World) -> dict[str, int]:
    with world.lock:
        return {table: len(rows(world, table)) for table in tables(world)}


def _entities(world: World, one: EntitySet) -> list[Row]:
    shape = shape_of(one, world.switches)
    kept: list[Row] = []
    for slot, row in world.tables[one.table].rows.items():
        values = {
            name: dict(value) if isinstance(value, dict) else value  # rows share free keys
            for name, value in shape.values(row).items()
        }
        if SPECIAL_PROPERTY in values and shape.special_number(slot):
            values[SPECIAL_PROPERTY] = None
        kept.append(values)
    return kept


def custom_rows(one: EntitySet, row: Row) -> list[Row]:
    """Return a row of its own for each custom field, from whichever form of them is shown."""
    text = row.get(f"{CUSTOM_FIELDS}Str") or "{}"
    fields: dict[str, Json] = msgspec.json.decode(str(text))
    if isinstance(shown := row.get(CUSTOM_FIELDS), dict):
        fields = shown
    dated: Row = {"Date": row["Date"]} if "Date" in row else {}
    return [
        {
            f"{one.type.name}ID": row["ID"],
            "Name": name,
            "Value": _text(value),
            "ValueType": _value_type(value),
            **dated,
        }
        for name, value in fields.items()
    ]


def _value_type(value: Json) -> str:
    return "null" if value is None else _KINDS.get(type(value), "object")


def _text(value: Json) -> Value:
    """A string and null as they are, anything else its compact JSON text."""
    if value is None or isinstance(value, str):
        return value
    return _ENCODER.encode(value).decode()
