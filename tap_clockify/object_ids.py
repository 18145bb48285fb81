"""When an object was made, by its id: Clockify's are those of MongoDB."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CLOCKS_DIFFER = timedelta(minutes=30)
"""By how much Clockify's clock and ours may differ."""


def created_by_id(ident: str) -> datetime | None:
    """Return when an id was given: its first eight digits are the seconds since 1970 (MongoDB)."""
    try:
        return datetime.fromtimestamp(int(ident[:8], 16), timezone.utc)
    except ValueError:
        return None


def first_id(timestamp: datetime) -> str:
    """Return what no id, in lower case, comes before that was given from a point in time on."""
    return f"{max(0, int(timestamp.timestamp())):08x}"


def created_since(ids: Iterable[str], timestamp: datetime) -> list[str]:
    """Return the ids that were given from a point in time on."""
    return [one for one in ids if (at := created_by_id(one)) and at >= timestamp]
