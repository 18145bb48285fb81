"""What a row looks like on the wire: which properties, how spelled, with which annotations."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from sandbox.clicktime.edm import CUSTOM_FIELDS, Property, Row, Value
from sandbox.clicktime.model import EntitySet
from sandbox.clicktime.switches import Switches
from sandbox.wire import Json

SPECIAL = ("INF", "-INF", "NaN")
SPECIAL_PROPERTY = "LifetimeBudget"
UNDECLARED = "LegacyID"

_ENCODERS = {
    strings: msgspec.json.Encoder(decimal_format="string" if strings else "number")
    for strings in (False, True)
}
_ANNOTATED_TYPES = frozenset({"Edm.Decimal", "Edm.Date", "Edm.DateTimeOffset", "Edm.TimeOfDay"})


class Shape(NamedTuple):
    """Everything that decides how the rows of a set are spelled."""

    set: EntitySet
    properties: tuple[Property, ...]
    strings: bool = False
    special: bool = False
    undeclared: bool = False
    annotation: str = ""
    """What annotation names begin with; empty for rows without annotations."""

    def values(self, row: Row) -> dict[str, Value]:
        """Return what a row shows, spelled plainly."""
        return {one.name: row[one.name] for one in self.properties}

    def special_number(self, slot: int) -> str | None:
        """Return what a row has instead of its number under the switch `special_numbers`."""
        return (*SPECIAL, None)[slot % 4] if self.special else None

    def encode(self, slot: int, row: Row) -> bytes:
        """Serialise one row; the slot is its number in the table."""
        wire = self.values(row)
        if SPECIAL_PROPERTY in wire and (special := self.special_number(slot)):
            wire[SPECIAL_PROPERTY] = special
        if self.strings:
            for one in self.properties:
                if one.type == "Edm.Int64" and wire[one.name] is not None:
                    wire[one.name] = str(wire[one.name])
        if self.annotation:
            wire = self._annotated(row, wire)
        if self.undeclared:
            wire[UNDECLARED] = f"L{slot:06d}"
        return _ENCODERS[self.strings].encode(wire)

    def _annotated(self, row: Row, wire: dict[str, Value]) -> dict[str, Value]:
        mark = self.annotation
        etag = sha256(_ENCODERS[True].encode(row)).hexdigest()[:16]
        annotated: dict[str, Value] = {f"{mark}etag": f'W/"{etag}"'}
        if self.set.type.key:
            annotated[f"{mark}id"] = self._link(row)
        for one in self.properties:
            if one.type in _ANNOTATED_TYPES:
                annotated[f"{one.name}{mark}type"] = f"#{one.type.removeprefix('Edm.')}"
            annotated[one.name] = _with_types(wire[one.name], mark)
        return annotated

    def _link(self, row: Row) -> str:
        """Address a row by its key, relative to the service."""
        keys = {}
        for name in self.set.type.key:
            declared, text = self.set.type.find(name), quote(str(row[name]))
            keys[name] = text if declared and declared.type != "Edm.String" else f"'{text}'"
        named = (
            [f"{name}={text}" for name, text in keys.items()] if len(keys) > 1 else keys.values()
        )
        return f"{self.set.name}({','.join(named)})"


def shape_of(one: EntitySet, switches: Switches, select: Sequence[str] = ()) -> Shape:
    """Return the shape of a set's rows; an empty selection is all properties."""
    hidden = switches.hidden.get(one.name, ())
    names = select or [each.name for each in one.type.properties]
    kept = (each for each in one.type.properties if each.name in names and each.name not in hidden)
    return Shape(one, tuple(kept), special=switches.special_numbers, undeclared=switches.undeclared)


def _with_types(value: Value, mark: str) -> Value:
    """Annotate what stands in CustomFields: its own type, and that of numbers."""
    if not isinstance(value, dict):
        return value
    annotated: dict[str, Json] = {f"{mark}type": f"#ClickTime.OData.Models.{CUSTOM_FIELDS}"}
    for name, member in value.items():
        if isinstance(member, (int, float)) and not isinstance(member, bool):
            annotated[f"{name}{mark}type"] = "#Double" if isinstance(member, float) else "#Int64"
        annotated[name] = member
    return annotated
