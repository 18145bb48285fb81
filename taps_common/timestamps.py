"""Timestamps as state and queries hold them (ISO 8601 texts, UTC), and as HTTP headers do."""

from __future__ import annotations

import email.utils
from datetime import datetime, timedelta, timezone


def to_text(timestamp: datetime) -> str:
    """Return a timestamp as state holds it: UTC, to the second or finer as it came.

    Raises:
        OverflowError: in UTC it lies outside of the calendar.
    """
    return timestamp.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Return the timestamp that a text names; without a zone it is UTC.

    Raises:
        ValueError: the text is not an ISO 8601 date or date-time.
    """
    timestamp = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if timestamp.tzinfo is None:
        return timestamp.replace(tzinfo=timezone.utc)
    try:
        timestamp.astimezone(timezone.utc)
    except OverflowError:
        raise ValueError("in UTC, this timestamp lies outside of the calendar") from None
    return timestamp


def from_header(text: str) -> datetime | None:
    """Return the timestamp of a header, UTC where it names no zone; None for any other text."""
    try:
        timestamp = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, LookupError, ArithmeticError):
        return None
    return timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=timezone.utc)


def before(timestamp: datetime, span: timedelta) -> datetime:
    """Return the timestamp so long before another, or the beginning of the calendar."""
    try:
        return timestamp - span
    except OverflowError:
        return datetime.min.replace(tzinfo=timezone.utc)


def midnight(timestamp: datetime) -> datetime:
    """Return the beginning of a timestamp's day, UTC."""
    at = timestamp.astimezone(timezone.utc)
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def midnight_from(timestamp: datetime) -> datetime:
    """Return the first midnight, UTC, that is not before a timestamp."""
    day = midnight(timestamp)
    return day if day == timestamp else day + timedelta(days=1)
