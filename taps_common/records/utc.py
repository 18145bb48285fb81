"""Timestamps as they leave: in UTC with `Z`, six digits of a second at most (UTC-OUT).

Columns without a zone, as loaders make them, ignore offsets and round what is finer. What has no
zone at the source gets none.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timezone
from itertools import chain
from operator import attrgetter, countOf
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import inspect as types

from taps_common.errors import ShapeError
from taps_common.records.row_types import fields_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import msgspec

LONGEST = len("2026-01-31T23:59:59.123456Z")

_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d)?)(\.\d+)?"
    r"([Zz]|([+-]\d\d)(?::?(\d\d)(:\d\d)?)?)?"
)
_POINT_AND_DIGITS = 7
_T = len("2026-01-31")


def in_utc(text: str, *, exact: bool = False) -> str:
    """Return the text of a timestamp in UTC; its digits are cut off, never rounded up.

    Args:
        text: the timestamp.
        exact: whether it keeps all digits of a second that say something, as keys have to.

    Raises:
        ValueError: it is not one, or in UTC it lies outside of the calendar.
    """
    found = _TIMESTAMP.fullmatch(text)
    if not found:
        raise ValueError("not a timestamp")
    day, time, fraction, zone, hours, minutes, seconds = found.groups("")
    clock = f"{day}T{time}"
    if hours:
        try:
            at = datetime.fromisoformat(f"{clock}{hours}:{minutes or '00'}{seconds}")
            clock = at.astimezone(timezone.utc).replace(tzinfo=None).isoformat()
        except OverflowError:
            raise ValueError("in UTC it lies outside of the calendar") from None
    kept = fraction.rstrip("0").rstrip(".") if exact else fraction[:_POINT_AND_DIGITS]
    return f"{clock}{kept}{zone and 'Z'}"


def cut(text: str) -> str:
    """Return a text; if it is a timestamp, without digits beyond the sixth of a second."""
    found = _TIMESTAMP.fullmatch(text)
    if not found:
        return text
    begin, end = found.span(3)
    return text if begin < 0 else text[: min(begin + _POINT_AND_DIGITS, end)] + text[end:]


class Timestamps:
    """The timestamps that rows of a type hold, in objects and lists as well.

    Args:
        row: the type: `datetime`, or text with the format date-time.

    Attributes:
        paths: where all of them are, with dots between names; none if lists or texts are there.
    """

    def __init__(self, row: type[msgspec.Struct]) -> None:
        self._columns: list[_Column] = []
        self._inside: list[_Inside] = []
        for field in fields_of(row):
            info, listed = _item(field.type)
            get = attrgetter(field.name)
            if isinstance(info, types.StructType):
                if inner := Timestamps(info.cls):
                    paths = [f"{field.name}.{path}" for path in inner.paths]
                    self._inside.append(_Inside(field.encode_name, get, listed, inner, paths))
            elif (text := is_timestamp_text(field.type)) or isinstance(info, types.DateTimeType):
                names = (field.encode_name, field.name)
                optional = _takes_null(field.type, listed=listed)
                self._columns.append(_Column(*names, text, listed, optional))
        getters = [(attrgetter(one.name), one.text) for one in self._columns if not one.listed]
        self._texts = [get for get, text in getters if text]
        self._datetimes = [get for get, text in getters if not text]
        self._lists = any(one.listed for one in self._columns)
        self.paths: list[str] = []
        single = all(one.paths and not one.listed for one in self._inside)
        if single and not self._lists and not self._texts:
            self.paths += [one.name for one in self._columns]
            self.paths += chain.from_iterable(one.paths for one in self._inside)
        self._quick = [(attrgetter(path), attrgetter(f"{path}.tzinfo")) for path in self.paths]

    def __bool__(self) -> bool:
        return bool(self._columns or self._inside)

    def put_in_utc(self, rows: Sequence[Any], path: str = "") -> set[str]:
        """Put all timestamps of rows in UTC; most are, which is told without a look at each.

        Args:
            rows: of the type, or objects inside of one.
            path: where the objects are, with the dot behind it.

        Returns:
            The paths of those that became null: in UTC they lie outside of the calendar, or no
            calendar has them.

        Raises:
            ShapeError: one that must not be null is such a timestamp.
        """
        lost: set[str] = set()
        if self._quick and self._are_plain(rows):
            return lost
        if self._lists or not self._are_common(rows):
            for column in self._columns:
                lost |= column.put_in_utc(rows, path)
        for name, get, listed, inner, _ in self._inside:
            held = filter(None, map(get, rows))
            holders = [*filter(None, chain.from_iterable(held))] if listed else [*held]
            if holders:
                lost |= inner.put_in_utc(holders, f"{path}{name}{'[].' if listed else '.'}")
        return lost

    def _are_plain(self, rows: Sequence[Any]) -> bool:
        """Return whether each path leads to UTC in all rows, or to null in all; the fast way."""
        for value_of, zone_of in self._quick:
            with suppress(AttributeError):  # a null, or one on the way
                if countOf(map(zone_of, rows), timezone.utc) == len(rows):
                    continue
            with suppress(AttributeError):
                if countOf(map(value_of, rows), None) == len(rows):
                    continue
            return False
        return True

    def _are_common(self, rows: Sequence[Any]) -> bool:
        """Return whether no timestamp needs work: all end in Z, and none has more digits."""
        times: list[datetime] = []
        for get in self._datetimes:
            times += filter(None, map(get, rows))
        if countOf(map(_zone_of, times), timezone.utc) < len(times):
            return False
        texts: list[str] = []
        for get in self._texts:
            texts += filter(None, map(get, rows))
        lengths = {*map(len, texts)}
        if len(lengths) == 1 and (length := lengths.pop()) <= LONGEST:  # told without a loop
            joined = "".join(texts)
            return all(
                joined[place::length].count(sign) == len(texts)
                for place, sign in ((_T, "T"), (length - 1, "Z"))
            )
        return all(
            text[-1:] == "Z" and text[_T : _T + 1] == "T" and len(text) <= LONGEST for text in texts
        )


_zone_of = attrgetter("tzinfo")


class _Inside(NamedTuple):
    """A field that holds objects with timestamps: its name, what gets it, whether it is a list."""

    title: str
    get: Callable[[Any], Any]
    listed: bool
    timestamps: Timestamps
    paths: Sequence[str]


class _Column(NamedTuple):
    """A field that holds timestamps.

    Attributes:
        title: its name at the service.
        name: its name in Python.
        text: whether they are text.
        listed: whether it holds lists of them.
        optional: whether it, or an item of its list, may be null.
    """

    title: str
    name: str
    text: bool
    listed: bool
    optional: bool

    def put_in_utc(self, rows: Iterable[Any], path: str) -> set[str]:
        """Put this field's timestamps in UTC; see `Timestamps.put_in_utc`."""
        lost = False
        for row in rows:
            value = getattr(row, self.name)
            if not value:
                continue
            if self.listed:
                left: Any = [*map(moved, value)]
                lost |= left.count(None) > value.count(None)
                left = left if self.optional else [one for one in left if one is not None]
            elif (left := moved(value)) is None:
                if not self.optional:
                    raise ShapeError(f"a row whose {path}{self.title} is not a timestamp in UTC")
                lost = True
            setattr(row, self.name, left)
        return {f"{path}{self.title}{'[]' if self.listed else ''}"} if lost else set()


def moved(value: datetime | str | None) -> datetime | str | None:
    """Return a timestamp in UTC, or None if there is none."""
    try:
        if isinstance(value, str):
            return in_utc(value)
        return value and (value.astimezone(timezone.utc) if value.tzinfo else value)
    except (OverflowError, ValueError):
        return None


def _item(info: types.Type) -> tuple[types.Type, bool]:
    """Return the type of a field's values through nullability and lists; whether it is a list."""
    for inner in _inner(info):
        return _item(inner)
    if isinstance(info, types.ListType):
        return _item(info.item_type)[0], True
    return info, False


def _takes_null(info: types.Type, *, listed: bool) -> bool:
    """Return whether a field may be null, or an item of the list that it holds."""
    if isinstance(info, types.ListType):
        return _takes_null(info.item_type, listed=False)
    if not listed and isinstance(info, types.UnionType):
        return info.includes_none
    return any(_takes_null(one, listed=listed) for one in _inner(info))


def _inner(info: types.Type) -> Iterator[types.Type]:
    """Yield the type that a type with a mark, or one that may be null, stands for."""
    if isinstance(info, types.Metadata):
        yield info.type
    elif isinstance(info, types.UnionType):
        members = [one for one in info.types if not isinstance(one, types.NoneType)]
        if len(members) == 1:
            yield members[0]


def is_timestamp_text(info: types.Type) -> bool:
    """Return whether values, or those of a list, are texts with the format of a timestamp."""
    marks = (isinstance(info, types.Metadata) and info.extra_json_schema) or {}
    if "format" in marks:
        return bool(marks["format"] == "date-time")
    if isinstance(info, types.ListType):
        return is_timestamp_text(info.item_type)
    return any(map(is_timestamp_text, _inner(info)))
