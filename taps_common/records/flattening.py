"""Flattened rows: the members of nested objects as columns, as the SDK flattens records.

The SDK goes through each record; here the names are made once per table, and rows become columns
and rows again, some hundred at a time.
"""

from __future__ import annotations

import re
from decimal import Decimal
from json import dumps
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec import UNSET
from msgspec import inspect as types
from msgspec.structs import astuple
from singer_sdk.singerlib.json import serialize_json

from taps_common.records.row_types import fields_of, nested_row, row_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from taps_common.records.row_types import Breadcrumb, Row
    from taps_common.sdk import Flattening

Column: TypeAlias = "Sequence[object]"
"""The values of some rows; UNSET where a row has none."""

_PLAIN = (
    *(types.StrType, types.IntType, types.BoolType, types.DecimalType, types.FloatType),
    *(types.DateTimeType, types.DateType, types.NoneType),
)
"""Types of values that are sent as they are."""

_NESTED = (msgspec.Struct, list, dict)

ROWS_AT_ONCE = 64
"""Rows that are flattened and encoded at once: few enough for the processor's nearest cache."""

_encoder = msgspec.json.Encoder(decimal_format="number")

_FIELDS = "__struct_fields__"

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
        self._objects = _Objects(row, flattening, selected)
        names = self._objects.names
        fields = {field.encode_name for field in fields_of(row)}
        self.changes = self._objects.makes_columns or not fields.issuperset(names)
        if any(map(_ESCAPED.search, names)):
            raise UnknownColumnError
        self._flat = row_type(row.__name__, [(name, Any) for name in names], "A flattened row.")

    def lines(self, rows: Sequence[Row]) -> bytes:
        """Return a JSON object per row, flattened, each ending in a newline."""
        parts = (rows[begin : begin + ROWS_AT_ONCE] for begin in range(0, len(rows), ROWS_AT_ONCE))
        return b"".join(_encoder.encode_lines(self._flattened(part)) for part in parts)

    def _flattened(self, rows: Sequence[Row]) -> list[Row]:
        columns = self._objects.columns(rows)
        return [*map(self._flat, *columns)] if columns else [self._flat() for _ in rows]


class _Objects:
    """Turns objects of a type into columns.

    Attributes:
        names: of the columns.
    """

    def __init__(
        self,
        kind: type[msgspec.Struct],
        flattening: Flattening,
        selected: Callable[[Breadcrumb], bool],
        crumb: Breadcrumb = (),
    ) -> None:
        self.names: list[str] = []
        self._fields = kind.__struct_fields__
        self._absent = (UNSET,) * len(self._fields)
        self._parts: list[Callable[[Column], Iterable[Column]]] = []
        for field in fields_of(kind):
            here = (*crumb, field.encode_name)
            if not selected(here):
                self._parts.append(_left_out)
                continue
            self.names.append(name := flattening.name_of(here))
            nested = nested_row(field.type)
            if nested and name not in flattening.columns and len(here) <= flattening.depth:
                inner = _Objects(nested.cls, flattening, selected, here)
                self.names += inner.names
                self._parts.append(inner.columns_or_null)
            elif name not in flattening.columns:
                raise UnknownColumnError
            else:
                self._parts.append(_part_for(field.type))

    @property
    def makes_columns(self) -> bool:
        """Whether the values of a field are others in its column, or make several columns."""
        return not {*self._parts} <= {_as_it_is, _left_out}

    def columns(self, held: Sequence[Any]) -> list[Column]:
        """Return the columns of objects; null has nothing in any of them."""
        columns: Iterable[Column]
        kinds = {*map(type, held)}
        if all(getattr(kind, _FIELDS, self._fields) == self._fields for kind in kinds):
            columns = zip(*[astuple(one) if one else self._absent for one in held], strict=True)
        else:  # wider types, see `wide_types`
            columns = [[getattr(one, name, UNSET) for one in held] for name in self._fields]
        return [
            made for part, column in zip(self._parts, columns, strict=True) for made in part(column)
        ]

    def columns_or_null(self, held: Sequence[Any]) -> list[Column]:
        """Return a column that is null where an object is, and those of the objects."""
        return [[UNSET if one else one for one in held], *self.columns(held)]


def _left_out(_: Column) -> Iterable[Column]:
    return ()


def _as_it_is(column: Column) -> Iterable[Column]:
    return (column,)


def _as_texts(column: Column) -> Iterable[Column]:
    """Return a column with the JSON text of its objects and lists, as the SDK writes it: in ASCII.

    All are encoded at once, which takes half the time of one after another.
    """
    held = [one for one in column if isinstance(one, _NESTED)]
    if not held:
        return (column,)
    lines = _encoder.encode_lines(held)
    texts = lines.decode().split("\n")  # JSON has newlines between lines only
    if not lines.isascii() or b"\x7f" in lines:
        texts = [_NOT_ASCII.sub(_escaped, text) for text in texts]
    coming = iter(texts)
    return ([next(coming) if isinstance(one, _NESTED) else one for one in column],)


def _escaped(found: re.Match[str]) -> str:
    return dumps(found[0])[1:-1]


def _as_texts_of_the_sdk(column: Column) -> Iterable[Column]:
    """Return the same by the SDK's own function, which spells exponents of floats its own way."""
    return (
        [
            serialize_json(msgspec.to_builtins(one, builtin_types=(Decimal,)))
            if isinstance(one, _NESTED)
            else one
            for one in column
        ],
    )


def _part_for(info: types.Type) -> Callable[[Column], Iterable[Column]]:
    if _is_plain(info):
        return _as_it_is
    return _as_texts_of_the_sdk if _has_floats(info) else _as_texts


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
