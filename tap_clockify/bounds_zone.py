"""In which time zone the feeds of changes read the bounds that they are asked for.

Nothing documents it: a bound in UTC may be taken for the wall clock of the account's zone, as lists
of time entries do. So windows are padded on both sides by whatever an offset from UTC may be, until
a row shows it: asked for around its own timestamp, in UTC and in the zone of the key's owner, it
comes or it does not. The state keeps, by workspace, the zones that it may be.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from taps_common.timestamps import before

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, MutableMapping

    from taps_common.http.request import Response
    from taps_common.sync.steps import Ask

    Comes: TypeAlias = Callable[[datetime, datetime], Generator[Ask, Response, bool]]
    """Asks for what happened between two bounds; returns whether a certain row is among it."""

FARTHEST = timedelta(hours=14)
"""The largest offset from UTC that there is, in either direction."""

CLOSE = timedelta(minutes=1)
"""By how much a row may lie outside of what was asked for: bounds are in whole seconds."""

UTC = "UTC"


class Window(NamedTuple):
    """A span of time of which everything is asked for.

    Attributes:
        since: its begin.
        until: its end.
        least: the smallest offset from UTC with which its bounds may be read.
        most: the largest.
    """

    since: datetime
    until: datetime
    least: timedelta
    most: timedelta

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """What to ask for."""
        return before(self.since, -self.least), before(self.until, -self.most)

    @property
    def reached(self) -> datetime:
        """From when on rows may come."""
        return before(self.since, self.most - self.least)

    def excludes(self, timestamp: datetime) -> bool:
        """Return whether a row of this timestamp cannot come."""
        padding = self.most - self.least + CLOSE
        return timestamp - self.until > padding or self.since - timestamp > padding


class BoundsZone:
    """In which zone the feeds of a workspace read bounds.

    Args:
        kept: names of the zones that it may be, by workspace, as the state keeps them: none where
            it is neither UTC nor that of the key's owner.
        workspace_id: the workspace.
        owners: returns the name of the zone of the key's owner; None where there is none.
    """

    def __init__(
        self,
        kept: MutableMapping[str, list[str]],
        workspace_id: str,
        owners: Callable[[], str | None],
    ) -> None:
        self._kept = kept
        self._id = workspace_id
        self._owners = owners

    @property
    def learned(self) -> bool:
        """Whether a row has shown it."""
        return self._id in self._kept

    @property
    def moved(self) -> bool:
        """Whether the key's owner has another zone than the one that a row has shown, if not UTC.

        A row shows it only if that zone is further east.
        """
        others = {*self._kept.get(self._id, ())} - {UTC}
        return bool(others) and others != {self._owners()}

    def window(self, since: datetime, until: datetime) -> Window:
        """Return a span of time, and the offsets with which its bounds may be read."""
        names = self._kept.get(self._id, ())
        zones = [zone for name in names if (zone := _zone(name))]
        if not zones or len(zones) < len(names):
            return Window(since, until, -FARTHEST, FARTHEST)
        day = timedelta(days=1)
        days = range(-1, max(0, (until - since) // day) + 2)  # an offset may change meanwhile
        found = [_offset(zone, before(since, -n * day)) for zone in zones for n in days]
        return Window(since, until, min(found), max(found))

    def learn(self, timestamp: datetime, comes: Comes) -> Generator[Ask, Response, None]:
        """Find it out by a row that comes if enough is asked for.

        Two zones that have the same offset then are both kept.

        Args:
            timestamp: the row's own.
            comes: asks for it.

        Raises:
            TapError: the feed, or the owner's profile, cannot be read.
        """
        zones = {name: _zone(name) for name in (UTC, self._owners() or UTC)}
        offsets = {name: _offset(zone, timestamp) for name, zone in zones.items() if zone}
        fitting: list[str] = []
        for offset in dict.fromkeys(offsets.values()):
            at = before(timestamp, -offset)
            if (yield from comes(before(at, CLOSE), before(at, -CLOSE))):
                fitting = [name for name in offsets if offsets[name] == offset]
                break
        self._kept[self._id] = fitting

    def forget(self) -> None:
        """Take what was learned for wrong."""
        self._kept.pop(self._id, None)


def _zone(name: str) -> tzinfo | None:
    """Return a zone by its name; None where this machine does not know it."""
    try:
        return timezone.utc if name == UTC else ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # among them, that there is none
        return None


def _offset(zone: tzinfo, timestamp: datetime) -> timedelta:
    try:
        return timestamp.astimezone(zone).utcoffset() or timedelta()
    except OverflowError:  # the first or last hours of the calendar
        return timedelta()
