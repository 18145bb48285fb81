"""Instants and durations in the API's spelling."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


def iso(seconds: int) -> str:
    """Spell seconds since 1970 as yyyy-MM-ddThh:mm:ssZ."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()[:19] + "Z"


def seconds(instant: datetime | str) -> int:
    """Turn an instant (or its spelling) into whole seconds since 1970."""
    if isinstance(instant, str):
        instant = datetime.fromisoformat(instant.replace("Z", "+00:00"))
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=timezone.utc)
    return int(instant.timestamp())


def duration(length: int) -> str:
    """Spell a number of seconds as ISO 8601 does: PT2H54M."""
    hours, rest = divmod(length, 3600)
    minutes, left = divmod(rest, 60)
    parts = ((hours, "H"), (minutes, "M"), (left, "S"))
    return "PT" + ("".join(f"{count}{unit}" for count, unit in parts if count) or "0S")


def zoned(instant: str, zone: ZoneInfo) -> tuple[str, int]:
    """Spell an instant as a zone's wall clock with its offset, and the offset in seconds."""
    at = datetime.fromtimestamp(seconds(instant), zone)
    offset = at.utcoffset()
    return at.isoformat(), int(offset.total_seconds()) if offset else 0
