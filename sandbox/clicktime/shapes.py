"""What a row looks like on the wire: which properties, how spelled, with which annotations."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import msgspec

from sandbox.clicktime.edm import CUSTOM_FIELDS, Property

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.clicktime.edm import EntityType, Row, Value
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

    set_name: str
    type: EntityType
    properties: tuple[Property, ...]
    strings: bool
    special: bool
    undeclared: bool
    annotation: str
    """What annotation names begin with; empty for rows without annotations."""

    def encode(self, slot: int, row: Row) -> bytes:
        """Serialise one row; the slot is its number in the table."""
        wire: dict[str, Value] = {one.name: row[one.name] for one in self.properties}
        if self.special and (name := is_special(slot, wire)):
            wire[name] = SPECIAL[slot % 4]
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
        if self.type.key:
            annotated[f"{mark}id"] = self.link(row)
        for one in self.properties:
            if one.type in _ANNOTATED_TYPES:
                annotated[f"{one.name}{mark}type"] = f"#{one.type.removeprefix('Edm.')}"
            annotated[one.name] = _with_types(wire[one.name], mark)
        return annotated

    def link(self, row: Row) -> str:
        """Address a row by its key, relative to the service."""
        if len(self.type.key) == 1:
            return f"{self.set_name}({_quoted(self.type, self.type.key[0], row)})"
        parts = (f"{name}={_quoted(self.type, name, row)}" for name in self.type.key)
        return f"{self.set_name}({','.join(parts)})"


def shape_of(
    one: EntitySet, select: Sequence[str], switches: Switches, *, strings: bool, full: bool
) -> Shape:
    """Settle the shape of a set's rows for a request; an empty selection is all properties."""
    hidden = switches.hidden.get(one.name, ())
    mark = "@" if switches.annotations == "4.01" else "@odata."
    return Shape(
        set_name=one.name,
        type=one.type,
        properties=tuple(
            each
            for each in one.type.properties
            if each.name not in hidden and (not select or each.name in select)
        ),
        strings=strings,
        special=switches.special_numbers,
        undeclared=switches.undeclared,
        annotation=mark if switches.row_annotations or full else "",
    )


def is_special(slot: int, row: Row) -> str | None:
    """Name the property of a row that is no number under the switch `special_numbers`."""
    return SPECIAL_PROPERTY if SPECIAL_PROPERTY in row and slot % 4 < len(SPECIAL) else None


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


def _quoted(entity: EntityType, name: str, row: Row) -> str:
    declared = entity.find(name)
    text = quote(str(row[name]))
    return text if declared and declared.type != "Edm.String" else f"'{text}'"
