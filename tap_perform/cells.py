"""Cells as values of a declared type, and the narrowest type that holds all cells of a column."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from taps_common.records.utc import in_utc

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

TYPES = ("string", "integer", "number", "boolean", "date", "date-time", "time")
"""What a column may be declared as."""

_MOST_KEPT = 1 << 14
"""Cells whose values are kept."""

_BLANKS = " \u00a0\u202f"
_MONEY = "[$¢£¤¥฿\u20a0-\u20cf]"
"""A sign of a currency."""
_TRUTH = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0"), False),
}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([0-9]{2}:[0-9]{2})(:[0-9]{2}(?:\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?")
_ZONE = re.compile(r"(?i) ?(?:UTC|GMT|Z|(?P<hours>[+-][0-9]{2})(?::?(?P<minutes>[0-9]{2}))?)$")
_UTC = re.compile(r"(?i)\b(?:UTC|GMT)\b")
_TIMED = re.compile(r"%[HIMSXcp]")
_DATED = re.compile(r"%[dmjYybBUWxcGV]")
_CLOCK = re.compile(r"\W*%[HIMSX].*")
"""The end of a format that has a time of day behind the date."""


def reader_of(
    type_: str, date_format: str | None, *, decimal_sign: str = ".", thousands_sign: str = ""
) -> Callable[[str], object]:
    """Return what reads cells that are not blank as a declared type.

    Integers are int, numbers Decimal with every digit, dates `datetime.date`; date-times and times
    are ISO 8601 text. Date-times with an offset are in UTC, with six digits of a second at most
    (UTC-OUT); times keep the offset and the fraction that they came with. Spaces around anything
    but a string are ignored. Only ASCII digits count. Numbers may have the sign of a currency or
    a percent sign, which are dropped, and brackets if they are negative.

    Args:
        type_: one of `TYPES`.
        date_format: how `strptime` reads dates; None for ISO. A format without a time of day is
            for the date alone: times, and those of date-times, are ISO then. A format without a
            date leaves dates ISO.
        decimal_sign: what stands before the fraction of a number.
        thousands_sign: what may stand between groups of digits.

    Raises:
        ValueError: the type is none of `TYPES`. The reader raises it for a cell that does not fit.
    """
    if type_ not in TYPES:
        raise ValueError(f"no type {type_!r}")
    if type_ == "string":
        return str
    if type_ == "boolean":
        return _boolean
    if type_ == "integer":
        return _integers(decimal_sign, thousands_sign)
    if type_ == "number":
        return _numbers(decimal_sign, thousands_sign)
    timed = date_format if date_format and _TIMED.search(date_format) else None
    dated = date_format if date_format and _DATED.search(date_format) else None
    read: Callable[[str], object]
    if type_ == "date":
        read = _dates(dated)
    elif type_ == "time":
        read = _strptime(timed, lambda found: found.timetz().isoformat()) if timed else _time
    elif timed:
        read = _strptime(timed, lambda found: in_utc(found.isoformat()))
    else:
        read = _date_times(_dates(dated))
    return lru_cache(_MOST_KEPT)(read)  # the same days come again and again


def _integers(decimal_sign: str, thousands_sign: str) -> Callable[[str], int]:
    plain = _plain(decimal_sign, thousands_sign, whole=True)

    def integer(cell: str) -> int:
        return int(cell if cell.isdigit() and cell.isascii() else plain(cell))

    return integer


def _numbers(decimal_sign: str, thousands_sign: str) -> Callable[[str], Decimal]:
    plain = _plain(decimal_sign, thousands_sign)

    @lru_cache(_MOST_KEPT)  # hours and rates come again and again
    def number(cell: str) -> Decimal:
        return Decimal(plain(cell))

    return number


def _plain(decimal_sign: str, thousands_sign: str, *, whole: bool = False) -> Callable[[str], str]:
    """Return what spells numbers as Python does.

    Args:
        decimal_sign: what stands before a fraction.
        thousands_sign: what may stand between groups of digits.
        whole: whether only integers are taken; a fraction of zeros is dropped.
    """
    between = f"[{_BLANKS}]" if thousands_sign == " " else re.escape(thousands_sign)
    digits = "[0-9]+"
    if thousands_sign:
        digits = f"(?:[0-9]{{1,3}}(?:{between}[0-9]{{2,3}})*{between}[0-9]{{3}}|[0-9]+)"
    mark = re.escape(decimal_sign)
    if whole:
        digits = f"{digits}(?:{mark}0+)?"
    else:
        digits = f"(?:{digits}(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eE][+-]?[0-9]{{1,4}})?"
    signed = rf"(?P<sign>[+-]?)(?P<money>{_MONEY}[{_BLANKS}]*)?(?P<late>[+-]?)(?P<digits>{digits})"
    spelled = re.compile(rf"(?P<open>\(?){signed}(?P<unit>[{_BLANKS}]*(?:%|{_MONEY}))?(?P<end>\)?)")

    def plain(cell: str) -> str:
        found = spelled.fullmatch(cell.strip(_BLANKS))
        if not found or (found["money"] and found["unit"]):
            raise ValueError("no number")
        sign = found["sign"] + found["late"] + ("-" if found["open"] else "")
        if len(sign) > 1 or bool(found["open"]) != bool(found["end"]):
            raise ValueError("no number")
        bare = re.sub(between, "", found["digits"]) if thousands_sign else found["digits"]
        return sign + (
            bare.partition(decimal_sign)[0] if whole else bare.replace(decimal_sign, ".")
        )

    return plain


def _boolean(cell: str) -> bool:
    found = _TRUTH.get(cell.strip(" ").lower())
    if found is None:
        raise ValueError("no truth value")
    return found


def _date(cell: str) -> date:
    """Return an ISO date; a timestamp stands for its day."""
    day = cell.strip(" ")
    if not _DATE.fullmatch(day):
        day, clock = _day_and_clock(cell)
        _time(clock)
    if not _DATE.fullmatch(day):
        raise ValueError("no ISO date")
    return date.fromisoformat(day)


def _day_and_clock(cell: str) -> tuple[str, str]:
    """Return the parts of a timestamp; the zone is as ISO 8601 has it."""
    zoned = _with_iso_zone(cell.strip(" "))
    day, mark, clock = zoned.rpartition(" ")
    if not mark:
        day, _, clock = zoned.upper().rpartition("T")
    return day, clock


def _with_iso_zone(cell: str) -> str:
    """Return a time with its zone as ISO 8601 has it, if it is an offset, UTC or GMT."""
    found = _ZONE.search(cell)
    if not found:
        return cell
    zone = f"{found['hours']}:{found['minutes'] or '00'}" if found["hours"] else "Z"
    return cell[: found.start()] + zone


def _time(cell: str) -> str:
    found = _TIME.fullmatch(_with_iso_zone(cell.strip(" ")))
    if not found:
        raise ValueError("no ISO time")
    clock, seconds, zone = found[1], found[2] or ":00", (found[3] or "").upper()
    if clock == "24:00":  # Python 3.14 takes it for midnight
        raise ValueError("no hour of a day")
    time.fromisoformat(clock + seconds[:3] + zone.replace("Z", "+00:00"))
    return clock + seconds + zone


def _dates(date_format: str | None) -> Callable[[str], date]:
    """Return what reads days in a format; a timestamp stands for its day, as in `_date`."""
    if not date_format:
        return _date
    read = _strptime(date_format, datetime.date)
    bare = _strptime(_CLOCK.split(date_format)[0], datetime.date)

    def day_of(cell: str) -> date:
        for one in (read, bare):  # the format may have a time of day that a cell lacks
            with suppress(ValueError):
                return one(cell)
        day, clock = _day_and_clock(cell)
        _time(clock)
        return bare(day)

    return day_of


def _date_times(read: Callable[[str], date]) -> Callable[[str], str]:
    def date_time(cell: str) -> str:
        day, clock = _day_and_clock(cell)
        try:
            clock = _time(clock)
        except ValueError:  # a day stands for its midnight
            return f"{read(cell).isoformat()}T00:00:00"
        return in_utc(f"{read(day).isoformat()}T{clock}")

    return date_time


def _strptime(date_format: str, take: Callable[[datetime], T]) -> Callable[[str], T]:
    named, date_format = "%Z" in date_format, date_format.replace("%Z", "%z")

    def read(cell: str) -> T:
        if named:  # `strptime` drops names of zones, and takes those of this machine
            cell = _UTC.sub("+0000", cell)
        if not cell.isascii() and any(sign.isdigit() and not sign.isascii() for sign in cell):
            raise ValueError("no ASCII digits")
        return take(datetime.strptime(cell.strip(" "), date_format))  # noqa: DTZ007 - as it came

    return read


# -- what a column may be declared as --------------------------------------------------------------

_MOST_DIGITS = 18
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
_FRACTION = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")


def narrowest(seen: str | None, cell: str | None, decimal_sign: str = ".") -> str | None:
    """Return the narrowest type that holds one cell more; it only ever widens.

    A type is inferred only if every cell is spelled the one way that loses nothing: integers and
    fractions of up to 18 digits without leading zeros, plus signs, exponents and spaces, ISO
    dates, `True` and `False`. What no cell decides is a string in the end.

    Args:
        seen: what was returned for the column's cells so far; None before the first.
        cell: the next cell; a blank one says nothing.
        decimal_sign: what stands before a fraction.
    """
    if not cell or seen == "string":
        return seen
    return wider(seen, _kind(cell, decimal_sign))


def wider(one: str | None, other: str | None) -> str | None:
    """Return the narrowest type that holds all values of two; None holds none."""
    if one is None or other is None or one == other:
        return one or other
    return "number" if {one, other} == {"integer", "number"} else "string"


def _kind(cell: str, decimal_sign: str) -> str:
    if _WHOLE.fullmatch(cell):
        return "integer"
    if decimal_sign in cell and _FRACTION.fullmatch(cell.replace(decimal_sign, ".")):
        digits = len(cell) - 1 - (cell[0] == "-")
        return "number" if digits <= _MOST_DIGITS else "string"
    if cell in {"True", "False"}:
        return "boolean"
    try:
        date.fromisoformat(cell if _DATE.fullmatch(cell) else "")
    except ValueError:
        return "string"
    return "date"
