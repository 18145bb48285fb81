"""Flattened rows: the members of nested objects as columns, as the SDK flattens records.

The SDK goes through each record; here the names are made once per table, and a flat row of each
row by one expression that is compiled for its type.
"""

from __future__ import annotations

import re
from decimal import Decimal
from json import dumps
from keyword import iskeyword
from types import NoneType
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET
from msgspec import inspect as types
from singer_sdk.singerlib.json import serialize_json

from taps_common.records.row_types import fields_of, nested_row, row_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from taps_common.records.row_types import Breadcrumb, Row
    from taps_common.sdk import Flattening

_PLAIN = (
    *(types.StrType, types.IntType, types.BoolType, types.DecimalType, types.FloatType),
    *(types.DateTimeType, types.DateType, types.NoneType),
)
"""Types of values that are sent as they are."""

_NESTED = (msgspec.Struct, list, dict)

ROWS_AT_ONCE = 64
"""Rows that are flattened and encoded at once: few enough for the processor's nearest cache."""

_encoder = msgspec.json.Encoder(decimal_format="number")

_ESCAPED = re.compile(r'["\\\x00-\x1f]')
"""Signs that no name of a row type's field may have."""

_NOT_ASCII = re.compile(r"[^\x00-\x7e]+")


class UnknownColumnError(ValueError):
    """A value has no column that is known before it comes."""


class Flattener:
    """Flattens rows of a type.

    Args:
        row: the type.
        flattening: how.
        selected: returns whether a field leaves.

    Attributes:
        changes: whether rows differ when they are flattened.

    Raises:
        UnknownColumnError: what a row becomes depends on its values.
    """

    def __init__(
        self,
        row: type[msgspec.Struct],
        flattening: Flattening,
        selected: Callable[[Breadcrumb], bool],
    ) -> None:
        columns = _Columns(flattening, selected)
        columns.add(row, "row")
        names = [*columns.values]
        if any(map(_ESCAPED.search, names)):
            raise UnknownColumnError
        fields = {field.encode_name for field in fields_of(row)}
        self.changes = columns.changed or not fields.issuperset(names)
        flat = row_type(row.__name__, [(name, Any) for name in names], "A flattened row.")
        self._flattened = columns.compiled(flat)

    def lines(self, rows: Sequence[Row]) -> bytes:
        """Return a JSON object per row, flattened, each ending in a newline."""
        parts = (rows[begin : begin + ROWS_AT_ONCE] for begin in range(0, len(rows), ROWS_AT_ONCE))
        return b"".join(_encoder.encode_lines(self._flattened(part)) for part in parts)


class _Columns:
    """The columns of a flattened type, as Python that makes rows of rows.

    It is compiled, because a row then takes half the time of any loop over its fields.

    Attributes:
        values: the expression of each column, by its name.
        changed: whether the value of a field is another in its column, or makes several columns.
    """

    def __init__(self, flattening: Flattening, selected: Callable[[Breadcrumb], bool]) -> None:
        self.values: dict[str, str] = {}
        self.changed = False
        self._flattening = flattening
        self._selected = selected
        self._names: dict[str, object] = {"UNSET": UNSET}
        self._objects = ""
        self._texts = {"row": "rows"}

    def add(self, kind: type[msgspec.Struct], holder: str, crumb: Breadcrumb = ()) -> None:
        """Add the columns of a type, of whose object a variable is the name.

        Raises:
            UnknownColumnError: a field has no column.
        """
        flattening = self._flattening
        for field in fields_of(kind):
            here = (*crumb, field.encode_name)
            if not self._selected(here):
                continue
            name = flattening.name_of(here)
            value = _attribute(holder, field.name)
            nested = nested_row(field.type)
            if nested and name not in flattening.columns and len(here) <= flattening.depth:
                self.values[name] = f"UNSET if {value} else {value}"  # null, if the object is
                self.add(nested.cls, self._object(nested.cls, value), here)
            elif name not in flattening.columns:
                raise UnknownColumnError
            else:
                self.values[name] = value if _is_plain(field.type) else self._text(field, value)

    def compiled(self, flat: type[Row]) -> Callable[[Sequence[Row]], list[Row]]:
        """Return what makes rows of a flattened type."""
        values, variables = ", ".join(self.values.values()), ", ".join(self._texts)
        rows = f"zip({', '.join(self._texts.values())})"
        made: Callable[[Sequence[Row]], list[Row]] = eval(  # noqa: S307 - attributes' names, quoted
            f"lambda rows: [flat({values}) for {variables}, in {rows}{self._objects}]",
            {**self._names, "flat": flat},
        )
        return made

    def _object(self, kind: type[msgspec.Struct], value: str) -> str:
        """Return a variable for an object, or for one without anything where there is none."""
        self.changed = True
        name = f"object_{len(self._names)}"
        self._names[f"no_{name}"] = kind(**dict.fromkeys(kind.__struct_fields__, UNSET))
        self._objects += f" for {name} in ({value} or no_{name},)"
        return name

    def _text(self, field: types.Field, value: str) -> str:
        """Return a variable for the JSON text of a value; those of all rows are made at once."""
        self.changed = True
        name = f"text_{len(self._names)}"
        self._names[f"make_{name}"] = _sdks_texts if _has_floats(field.type) else _texts
        self._texts[name] = f"make_{name}([{value} for row in rows{self._objects}])"
        return name


def _attribute(holder: str, name: str) -> str:
    """Return the expression of an attribute; Python takes some names in texts only."""
    plain = name.isascii() and not iskeyword(name)
    return f"{holder}.{name}" if plain else f"getattr({holder}, {name!r})"


def _texts(column: Sequence[object]) -> Sequence[object]:
    """Return values, of objects and lists their JSON text, as the SDK writes it: in ASCII.

    All are encoded at once, which takes half the time of one after another.
    """
    lists = {*map(type, column)} <= {list, NoneType}  # null is encoded as well, and told by that
    held = column if lists else [one for one in column if isinstance(one, _NESTED)]
    lines = _encoder.encode_lines(held)
    texts = lines.decode().split("\n")  # JSON has newlines between lines only
    if not lines.isascii() or b"\x7f" in lines:
        texts = [_NOT_ASCII.sub(_escaped, text) for text in texts]
    if lists:
        return [None if text == "null" else text for text in texts[:-1]]
    coming = iter(texts)
    return [next(coming) if isinstance(one, _NESTED) else one for one in column]


def _sdks_texts(column: Sequence[object]) -> Sequence[object]:
    """Return the same by the SDK's own function, which spells exponents of floats its own way."""
    return [
        serialize_json(msgspec.to_builtins(one, builtin_types=(Decimal,)))
        if isinstance(one, _NESTED)
        else one
        for one in column
    ]


def _escaped(found: re.Match[str]) -> str:
    return dumps(found[0])[1:-1]


def _is_plain(info: types.Type) -> bool:
    """Return whether no value of a type is an object or a list."""
    return all(isinstance(one, _PLAIN) for one in _members(info))


def _has_floats(info: types.Type) -> bool:
    """Return whether a value of a type may hold a float, at any depth."""
    for one in _members(info):
        if isinstance(one, types.ListType):
            inner = [one.item_type]
        elif isinstance(one, types.StructType):
            inner = [field.type for field in fields_of(one.cls)]
        else:
            inner = []
        if isinstance(one, types.FloatType) or any(map(_has_floats, inner)):
            return True
    return False


def _members(info: types.Type) -> Iterable[types.Type]:
    """Return the alternatives of a type, without what is said about them."""
    if isinstance(info, types.Metadata):
        return _members(info.type)
    if isinstance(info, types.UnionType):
        return [one for member in info.types for one in _members(member)]
    return [info]
