"""`start_date` and `end_date`: what they include, and which rows lie between them."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from taps_common.timestamps import from_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def start_of(text: str) -> datetime:
    """Return the first time that a `start_date` includes, UTC where it has no zone.

    Raises:
        ValueError: it is not an ISO 8601 date or date-time.
    """
    return from_text(text)


def end_of(text: str) -> datetime:
    """Return the first time that an `end_date` excludes: a date includes its whole day.

    Raises:
        ValueError: it is not an ISO 8601 date or date-time.
    """
    timestamp = from_text(text)
    try:
        date.fromisoformat(text)
    except ValueError:  # not a date alone
        return timestamp
    if timestamp.date() == date.max:
        return datetime.max.replace(tzinfo=timezone.utc)
    return timestamp + timedelta(days=1)


def within(
    rows: Sequence[Any],
    cursor_of: Callable[[Any], datetime | None],
    start: datetime | None,
    end: datetime | None,
) -> Sequence[Any]:
    """Return the rows from a start on and before an end, and those without a cursor."""
    if start is None and end is None:
        return rows
    return [
        row
        for row in rows
        if (at := cursor_of(row)) is None
        or ((start is None or at >= start) and (end is None or at < end))
    ]
