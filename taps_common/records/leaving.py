"""What decoded values still need before they leave: timestamps in UTC, numbers that JSON has."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from itertools import chain
from math import isfinite
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from msgspec import inspect as types

from taps_common.records.row_types import fields_of
from taps_common.records.utc import Timestamps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import msgspec


class Leaving:
    """Checks objects of a type.

    Args:
        row: the type.
    """

    def __init__(self, row: type[msgspec.Struct]) -> None:
        self._row = row

    def check(self, rows: Sequence[Any]) -> bool:
        """Put all timestamps of objects in UTC; return whether every value can leave.

        If not, they are to be read again from where they came.

        Raises:
            ShapeError: a timestamp that must not be null lies outside of UTC's calendar.
        """
        return not self._timestamps.put_in_utc(rows) and all(
            _all_finite(rows, path) for path in self._numbers
        )

    @cached_property
    def _timestamps(self) -> Timestamps:
        return Timestamps(self._row)

    @cached_property
    def _numbers(self) -> list[tuple[str | None, ...]]:
        return [
            (field.name, *below) for field in fields_of(self._row) for below in _numbers(field.type)
        ]


def _all_finite(rows: Sequence[Any], path: Sequence[str | None]) -> bool:
    """Return whether a field, by its path of `_numbers`, holds no infinity and no NaN in any row.

    Only numbers that came as text can be one: JSON has no such numbers.
    """
    values: Iterable[Any] = rows
    for name in path:
        inner = map(attrgetter(name), values) if name else chain.from_iterable(values)
        values = filter(None, inner)
    held = [*values]
    kinds = {*map(type, held)}  # mostly whole numbers, which is told without a loop
    decimals = [one for one in held if type(one) is Decimal] if Decimal in kinds else ()
    floats = [one for one in held if type(one) is float] if float in kinds else ()
    return all(map(Decimal.is_finite, decimals)) and all(map(isfinite, floats))


def is_finite(value: object) -> bool:
    """Return whether a value is anything but an infinity or NaN."""
    if isinstance(value, Decimal):
        return value.is_finite()
    return not isinstance(value, float) or isfinite(value)


def _numbers(info: types.Type) -> Iterator[tuple[str | None, ...]]:
    """Yield where fractions are in values of a type: names that Python has, None for a list."""
    if isinstance(info, types.Metadata):
        yield from _numbers(info.type)
    elif isinstance(info, types.UnionType):
        for member in info.types:
            yield from _numbers(member)
    elif isinstance(info, types.ListType):
        yield from ((None, *below) for below in _numbers(info.item_type))
    elif isinstance(info, types.StructType):
        for field in info.fields:
            yield from ((field.name, *below) for below in _numbers(field.type))
    elif isinstance(info, types.DecimalType | types.FloatType):
        yield ()
