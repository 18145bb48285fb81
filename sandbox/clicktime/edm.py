"""The entity data model's types: how values are held, compared and sorted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from sandbox.wire import Json

Value: TypeAlias = str | bool | int | float | Decimal | dict[str, Json] | None
"""A property's value: dates, times and instants as text, Edm.Decimal as Decimal."""

Row: TypeAlias = dict[str, Value]

Comparable: TypeAlias = str | bool | int | float | Decimal

ENUMS = {
    "TimesheetStatus": (
        *("Open", "JobHold", "TORAHold", "Waiting", "Locked", "Approved", "Rejected"),
    ),
    "SecurityLevel": ("STANDARD", "MANAGER", "ADMIN"),
    "CostModel": ("Hourly", "Salary"),
    "SecondaryBillingRateMode": ("INHERIT", "CUSTOM", "FLAT"),
}
"""Members of each enumeration in the order of their values."""

CUSTOM_FIELDS = "CustomFields"
"""Name of the property with free keys, and of its type."""

_KINDS = {
    "Edm.String": "string",
    "Edm.Boolean": "boolean",
    "Edm.Date": "date",
    "Edm.DateTimeOffset": "instant",
    "Edm.TimeOfDay": "time",
}
_NUMBERS: dict[str, type[int | float | Decimal]] = {
    "Edm.Decimal": Decimal,
    "Edm.Double": float,
    "Edm.Int32": int,
    "Edm.Int64": int,
}
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = r"(\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,12}))?)?"
_TIME_OF_DAY = re.compile(_TIME, re.ASCII)
_INSTANT = re.compile(rf"(\d{{4}}-\d\d-\d\dT){_TIME}(Z|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime(1, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Property:
    """One declared property; its type is an Edm type, an enumeration or CustomFields."""

    name: str
    type: str
    nullable: bool = True

    @property
    def kind(self) -> str:
        """What its values can be compared with."""
        return "number" if self.type in _NUMBERS else _KINDS.get(self.type, self.type)

    def comparable(self, row: Row) -> Comparable | None:
        """Return the row's value in a form whose order is that of the type."""
        value = row[self.name]
        if value is None or isinstance(value, dict):
            return None
        if not isinstance(value, str) or self.type in {"Edm.String", "Edm.Date"}:
            return value
        if self.type == "Edm.DateTimeOffset":
            return ticks(value)
        if self.type == "Edm.TimeOfDay":
            return time_of_day(value)
        return ENUMS[self.type].index(value)

    def take(self, value: object) -> Value:
        """Read a value as a caller of the world's mutations gives it; ValueError if it cannot."""
        if value is None:
            return None
        if self.type == CUSTOM_FIELDS and isinstance(value, dict):
            return value
        if self.type == "Edm.Boolean" and isinstance(value, bool):
            return value
        if self.type in _NUMBERS and isinstance(value, (int, float, str, Decimal)):
            try:
                return _NUMBERS[self.type](str(value))
            except ArithmeticError:
                raise ValueError(f"{self.name} is a number, not {value!r}.") from None
        if isinstance(value, str):
            self.comparable({self.name: value})
            return day(value) if self.type == "Edm.Date" else value
        raise ValueError(f"{self.name} cannot be {value!r}; it is {self.type}.")


class Order(NamedTuple):
    """One item of `$orderby`."""

    property: Property
    descending: bool

    def key(self, row: Row) -> tuple[bool, Comparable]:
        """Return what rows are sorted by; null comes first in ascending order."""
        value = self.property.comparable(row)
        return (False, "") if value is None else (True, value)


@dataclass(frozen=True)
class EntityType:
    name: str
    key: tuple[str, ...]
    properties: tuple[Property, ...]

    def find(self, name: str) -> Property | None:
        return next((one for one in self.properties if one.name == name), None)


def day(text: str) -> str:
    """Return a date of the calendar as it is; ValueError for any other text."""
    if not _DATE.fullmatch(text):
        raise ValueError(f"Not a date: {text!r}")
    return date.fromisoformat(text).isoformat()


@lru_cache(maxsize=65_536)
def ticks(text: str) -> int:
    """Turn an instant into picoseconds since year 1, exact to its twelfth fractional digit."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError(f"Not an instant: {text!r}")
    start, minute, seconds, fraction, zone = match.groups()
    offset = "+00:00" if zone == "Z" else zone
    instant = datetime.fromisoformat(f"{start}{minute}:{seconds or '00'}{offset}")
    whole = (instant - _EPOCH) // timedelta(seconds=1)
    return whole * 10**12 + int((fraction or "").ljust(12, "0"))


def time_of_day(text: str) -> str:
    """Spell a time of day at full length, so that texts sort as times do."""
    match = _TIME_OF_DAY.fullmatch(text)
    if match is None or not ("00:00" <= match[1] <= "23:59") or (match[2] or "00") > "59":
        raise ValueError(f"Not a time of day: {text!r}")
    return f"{match[1]}:{match[2] or '00'}.{(match[3] or '').ljust(12, '0')}"
