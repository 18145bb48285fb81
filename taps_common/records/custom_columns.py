"""Custom fields that have a column of their own, as the settings name them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from taps_common.errors import TapError
from taps_common.records.json_text import as_json, text_of
from taps_common.records.leaving import is_finite
from taps_common.records.rescue import rescue
from taps_common.records.row_types import Instant, attribute_of, row_type
from taps_common.records.utc import cut

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Sequence

    from taps_common.records.row_types import Row

TYPES: dict[str, Any] = {
    "string": str,
    "number": Decimal,
    "integer": int,
    "boolean": bool,
    "date": date,
    "date-time": Instant,
}
"""What a custom field with a column of its own may be declared as."""


@dataclass(frozen=True)
class CustomColumn:
    """A custom field that has a column of its own.

    Attributes:
        field: name of the custom field.
        type: what it is declared as, a key of `TYPES`.
    """

    field: str
    type: str = "string"

    @property
    def column(self) -> str:
        """Name of the column."""
        return "CustomField_" + re.sub(r"\W+", "_", self.field).strip("_")

    def read(self, value: object) -> object:
        """Return a value as the declared type.

        Raises:
            msgspec.ValidationError: it does not fit.
            ArithmeticError: it is not a number that JSON has, or in UTC outside of the calendar.
        """
        if self.type == "string":
            return text_of(value)
        if value in (None, ""):
            return None
        if isinstance(value, Decimal) and value == value.to_integral_value():
            value = int(value)
        dated = self.type in {"date", "date-time"}  # a number is none, whatever it may count from
        if self.type != "date-time" or not isinstance(value, str):
            return finite(msgspec.convert(value, TYPES[self.type], strict=dated))
        at: datetime = msgspec.convert(cut(value), TYPES[self.type])
        return at.astimezone(timezone.utc)


class Columns:
    """Fills the columns of a table's custom fields.

    Args:
        columns: the columns.
        table: name of the table.
        logger: takes one line per column of which a value does not fit.
    """

    def __init__(self, columns: Sequence[CustomColumn], table: str, logger: logging.Logger) -> None:
        self._columns = columns
        self._table = table
        self._logger = logger
        self._misfits: set[str] = set()

    def fill(
        self, rows: Sequence[Row], fields_of: Callable[[Any], Iterable[tuple[str | None, object]]]
    ) -> None:
        """Copy custom fields of rows into the columns that are decoded.

        Args:
            rows: the rows.
            fields_of: returns names and values of a row's custom fields.
        """
        there = {*type(rows[0]).__struct_fields__} if rows and self._columns else set()
        if columns := [one for one in self._columns if attribute_of(one.column) in there]:
            for row in rows:
                found = dict(fields_of(row))
                for one in columns:
                    self._set(row, one, found.get(one.field))

    def _set(self, row: Row, column: CustomColumn, value: object) -> None:
        """Set a column; what does not fit its type is rescued."""
        try:
            setattr(row, attribute_of(column.column), column.read(value))
        except (msgspec.ValidationError, ArithmeticError):
            rescue(row, [((column.column,), as_json(value))])
            if column.column not in self._misfits:
                self._misfits.add(column.column)
                self._logger.warning(
                    "%s: values of the custom field %r are not of the type %s, sent as null",
                    *(self._table, column.field, column.type),
                )


def named_columns(name: str, given: Iterable[Any]) -> tuple[CustomColumn, ...]:
    """Return the columns that `custom_field_columns` names of a table.

    Raises:
        TapError: something there is not a name, or names no type.
    """
    return tuple(_custom_column(name, column) for column in given)


def _custom_column(name: str, column: Any) -> CustomColumn:  # noqa: ANN401 - whatever the settings hold
    given = {"name": column} if isinstance(column, str) else column
    known = isinstance(given, dict) and given.keys() <= {"name", "type"}
    if known and all(isinstance(value, str) for value in given.values()):
        found = CustomColumn(given.get("name", ""), given.get("type", "string"))
        if found.type in TYPES and found.column != CustomColumn("").column:
            return found
    raise TapError(
        f"custom_field_columns.{name} must list names, or objects with a name and a type "
        f"({', '.join(TYPES)})."
    )


def with_columns(row: type[Row], columns: Sequence[CustomColumn]) -> type[Row]:
    """Return a row type with columns more.

    Raises:
        TapError: two have the same name.
    """
    if not columns:
        return row
    names = [one.column for one in columns]
    if twice := {name for name in names if names.count(name) > 1}:
        raise TapError(f"custom_field_columns would name two columns {', '.join(sorted(twice))}.")
    if known := {field.encode_name for field in msgspec.structs.fields(row)} & {*names}:
        raise TapError(f"custom_field_columns names {', '.join(known)}, which the set has already.")
    fields = [
        (
            one.column,
            Annotated[TYPES[one.type], Meta(description=f"Custom field {one.field}.")] | None,
            None,
        )
        for one in columns
    ]
    return row_type(row.__name__, fields, row.__doc__ or "", base=row)


def finite(value: object) -> object:
    """Return a value.

    Raises:
        ArithmeticError: it is an infinity or NaN.
    """
    if not is_finite(value):
        raise ArithmeticError("no finite number")
    return value
