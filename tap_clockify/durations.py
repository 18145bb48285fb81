"""Lengths of time as numbers of seconds, which every database can add up."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

_DAY = 86_400
_MICROSECOND = 6


def between(start: datetime | None, end: datetime | None) -> int | Decimal | None:
    """Return how many seconds lie between two times; None where one of them is missing."""
    if start is None or end is None:
        return None
    length = end - start
    if length.days or length.microseconds:
        return _seconds(length)
    return length.seconds  # as most are, at a third of the cost


def of_iso(duration: str | None) -> int | Decimal | None:
    """Return the seconds of an ISO 8601 duration; None where it is none, or has months."""
    try:
        return None if duration is None else _seconds(msgspec.convert(duration, timedelta))
    except msgspec.ValidationError:
        return None


def _seconds(length: timedelta) -> int | Decimal:
    whole = length.days * _DAY + length.seconds
    if part := length.microseconds:
        return whole + Decimal(part).scaleb(-_MICROSECOND)
    return whole
