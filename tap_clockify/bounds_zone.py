"""In which time zone the feeds of changes read the bounds that they are asked for.

Nothing documents it: a bound in UTC may be taken for the wall clock of the account's zone, as lists
of time entries do. So windows are padded on both sides by whatever an offset from UTC may be, until
a row shows it: asked for around its own timestamp, it comes or it does not. What was learned stays
in the state, by workspace, and windows are exact from then on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from taps_common.errors import StatusError
from taps_common.http.request import Request
from taps_common.sync.steps import Ask
from taps_common.timestamps import before

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, MutableMapping

    from taps_common.http.request import Response

    Comes: TypeAlias = Callable[[datetime, datetime], Generator[Ask, Response, bool]]
    """Returns whether a row comes with what is asked for between two times."""

FARTHEST = timedelta(hours=14)
"""The largest offset from UTC that there is, in either direction."""

STEP = timedelta(minutes=15)
"""What all offsets are multiples of."""

CLOSE = timedelta(minutes=1)
"""By how much a row may lie outside of what was asked for, which bounds in whole seconds do."""

SUMMER = timedelta(hours=1)
"""By how much an offset may change whose zone is not known."""

UTC = "UTC"

Offsets: TypeAlias = "tuple[timedelta, timedelta]"
"""The least and the largest offset from UTC that bounds may be read with."""


class Settings(msgspec.Struct):
    """What the profile of the key's owner says of time."""

    zone: str | None = msgspec.field(default=None, name="timeZone")


class Owner(msgspec.Struct):
    """Whose key it is."""

    settings: Settings | None = None


class BoundsZone:
    """In which zone the feeds of a workspace read bounds.

    Args:
        kept: what was learned, by workspace, as the state keeps it: the name of a zone, or seconds
            from UTC where the offset is not that of a zone that is known.
        workspace_id: the workspace.
    """

    def __init__(self, kept: MutableMapping[str, str | int], workspace_id: str) -> None:
        self._kept = kept
        self._id = workspace_id

    @property
    def known(self) -> bool:
        """Whether it was learned."""
        return self._learned is not None

    @property
    def padding(self) -> timedelta:
        """How much more than asked for may come, at most."""
        learned = self._learned
        if learned is None:
            return 2 * FARTHEST
        return timedelta() if learned == UTC else 2 * SUMMER

    def asked(self, since: datetime, until: datetime) -> tuple[datetime, datetime]:
        """Return what to ask for, so that everything between two times is among what comes."""
        low, high = self._offsets(since, until)
        return before(since, -low), before(until, -high)

    def reached(self, since: datetime, until: datetime) -> datetime:
        """Return from when on rows may come where everything between two times is asked for."""
        low, high = self._offsets(since, until)
        return before(since, high - low)

    def contradicts(self, timestamp: datetime, since: datetime, until: datetime) -> bool:
        """Return whether a row cannot be among what came for everything between two times."""
        low, high = self._offsets(since, until)
        most = high - low + CLOSE
        return timestamp - until > most or since - timestamp > most

    def forget(self) -> None:
        """Take what was learned for wrong."""
        self._kept.pop(self._id, None)

    def learn(self, timestamp: datetime, comes: Comes) -> Generator[Ask, Response, None]:
        """Find out, from a row that comes where enough is asked for, and keep it.

        Args:
            timestamp: the row's own.
            comes: asks for it.

        Raises:
            TapError: the feed, or the owner's profile, cannot be read.
        """

        def within(low: timedelta, high: timedelta) -> Generator[Ask, Response, bool]:
            return comes(before(timestamp, CLOSE - low), before(timestamp, -high - CLOSE))

        if (yield from within(timedelta(), timedelta())):
            self._kept[self._id] = UTC
            return
        zone = yield from _zone_of_owner()
        if zone is not None:
            offset = _offset(zone, timestamp)
            if (yield from within(offset, offset)):
                self._kept[self._id] = zone.key
                return
        first, last = -FARTHEST // STEP, FARTHEST // STEP
        while first < last:
            middle = (first + last) // 2
            if (yield from within(first * STEP, middle * STEP)):
                last = middle
            else:
                first = middle + 1
        if (yield from within(first * STEP, first * STEP)):
            self._kept[self._id] = int((first * STEP).total_seconds())

    @property
    def _learned(self) -> str | int | None:
        learned = self._kept.get(self._id)
        if isinstance(learned, int):
            return learned if abs(learned) <= FARTHEST.total_seconds() else None
        return learned if isinstance(learned, str) and _zone(learned) else None

    def _offsets(self, since: datetime, until: datetime) -> Offsets:
        learned = self._learned
        if learned is None:
            return -FARTHEST, FARTHEST
        if isinstance(learned, int):
            offset = timedelta(seconds=learned)
            return offset - SUMMER, offset + SUMMER
        zone = _zone(learned)
        assert zone is not None  # noqa: S101 - `_learned` sees to it
        day = timedelta(days=1)
        found: set[timedelta] = set()
        at = before(since, day)
        while at < until + 2 * day:
            found.add(_offset(zone, at))
            at += day
        return min(found), max(found)


def _zone_of_owner() -> Generator[Ask, Response, ZoneInfo | None]:
    """Ask for the zone in the profile of the key's owner; None where there is none."""
    try:
        response = yield Ask(Request("/user"))
    except StatusError as error:
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        return None  # an add-on has no profile
    try:
        owner = msgspec.json.decode(response.body, type=Owner)
    except msgspec.DecodeError:
        return None
    return _zone(owner.settings.zone) if owner.settings and owner.settings.zone else None


def _zone(name: str) -> ZoneInfo | None:
    """Return a zone by its name; None where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # among them, that there is none
        return None


def _offset(zone: ZoneInfo, timestamp: datetime) -> timedelta:
    return timestamp.astimezone(zone).utcoffset() or timedelta()
