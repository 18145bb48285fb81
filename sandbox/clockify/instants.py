"""Instants and durations in the API's spelling."""

from __future__ import annotations

from datetime import datetime, timezone
from zoneinfo import ZoneInfo

HOUR = 3_600
DAY = 24 * HOUR


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


def wall_clock(text: str, zone: str) -> int:
    """Read the wall clock of a zone, whatever offset the text carries."""
    instant = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(instant.replace(tzinfo=ZoneInfo(zone)).timestamp())


def zoned(instant: str, zone: str) -> tuple[str, int]:
    """Spell an instant as a zone's wall clock with its offset, and the offset in seconds."""
    at = datetime.fromtimestamp(seconds(instant), ZoneInfo(zone))
    offset = at.utcoffset()
    return at.isoformat(), int(offset.total_seconds()) if offset else 0


def duration(length: int) -> str:
    """Spell a number of seconds as ISO 8601 does: PT2H54M."""
    hours, rest = divmod(length, HOUR)
    minutes, left = divmod(rest, 60)
    parts = ((hours, "H"), (minutes, "M"), (left, "S"))
    return "PT" + ("".join(f"{count}{unit}" for count, unit in parts if count) or "0S")
