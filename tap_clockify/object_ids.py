"""Objects by their ids, and when one was made: Clockify's ids are those of MongoDB."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from taps_common.errors import ShapeError
from taps_common.records.limits import check_values

if TYPE_CHECKING:
    from collections.abc import Iterable

Object: TypeAlias = dict[str, msgspec.Raw]
"""An object whose values are not read."""

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


def by_id(rows: bytes) -> dict[str, Object]:
    """Return the objects of a JSON list by their ids.

    Raises:
        ShapeError: it is not such a list.
    """
    check_values(rows)
    try:
        found = msgspec.json.decode(rows, type=list[Object])
        return {msgspec.json.decode(one["id"], type=str): one for one in found}
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
        raise ShapeError("a row without id") from None
