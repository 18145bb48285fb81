"""Lists that the service sends by windows of time only: read slice by slice, up to today."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, ClassVar

import msgspec

from tap_clockify.client import is_unknown_id
from tap_clockify.permissions import GatedStream
from taps_common.http.session import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from taps_common.sync.state import Scope
    from taps_common.errors import RequestError
    from taps_common.sync.engine import Reading

DAY = timedelta(days=1)

Slice = tuple[datetime, datetime]
"""A part of a window: its first moment, and the moment that it ends before."""


class WindowedStream(GatedStream):
    """A list that is asked for by POST, between two moments of the body.

    A run reads from `start_date`, or the bookmark less the look-back, up to `end_date` or the
    present. The whole of what exists is never asked for at once, so there is no table version.

    Attributes:
        span: the longest window that is asked for at once on any plan.
    """

    posted: ClassVar[Mapping[str, object]] = {}
    sliced = True
    span: ClassVar[timedelta]

    @property
    def versioned(self) -> bool:
        """False: rows outside of the window exist too."""
        return False

    def earliest(self, began: datetime) -> datetime:
        """Return where a reading begins that no setting and no bookmark bounds."""
        raise NotImplementedError

    def reach(self, since: datetime, until: datetime, began: datetime) -> Slice:
        """Return the window as the service can be asked for it, when the reading began."""
        raise NotImplementedError

    def bounds(self, part: Slice) -> tuple[str, str]:
        """Return the two moments of a slice as the service takes them."""
        raise NotImplementedError

    def asked(self, partition: Scope, page: int) -> Mapping[str, object]:
        """Return what is posted for a page."""
        raise NotImplementedError

    def longest(self, scope: Scope) -> timedelta:
        """Return the longest window that is asked for at once in a workspace."""
        return self.span

    def slices(self, scope: Scope, since: datetime | None, began: datetime) -> list[Slice]:
        """Return the slices of a window, oldest first; none where it is empty.

        Args:
            scope: the workspace.
            since: the lower bound from the bookmark or the settings, if there is one.
            began: when the reading began; nothing later is asked for.
        """
        end = self.tap.end_date
        until = min(began, end) if end else began
        first = self.tap.start_date or self.earliest(began)
        low, high = self.reach(max(since or first, first), until, began)
        return list(parts(low, high, self.longest(scope)))

    def partitions_in(self, scope: Scope, reading: Reading) -> list[dict[str, str]]:
        """Return one walk per slice; none where the table cannot be read.

        What lies more than a slice before the end of the window need not be read again if there
        was nothing: the bookmark moves there, so that a list that stands still costs little.

        Raises:
            TapError: it cannot, or not as a whole, and `strict_plan` makes that a failure.
        """
        window = reading.window
        if not list(super().partitions_in(scope, reading)) or window is None:
            return []
        slices = self.slices(scope, window.since or window.start, window.began)
        if slices:
            window.saw("", slices[-1][1] - self.span, None)
        return self.cut(scope, slices)

    def cut(self, scope: Scope, slices: Iterable[Slice]) -> list[dict[str, str]]:
        """Return one walk per slice, with the slice's moments as the service takes them."""
        bounds = map(self.bounds, slices)
        return [{**scope, "from": first, "to": last} for first, last in bounds]

    def request(self, partition: Scope, query: tuple[tuple[str, str], ...], page: int) -> Request:
        """Return the request for a page of a slice."""
        body = msgspec.json.encode(self.asked(partition, page))
        return Request(self.path, partition, body=body, service=self.service)

    def refusal(self, error: RequestError, *, known: bool) -> str | None:
        """Return why a slice is left out: plan or role; a value that is refused is a failure."""
        return None if is_unknown_id(error) else super().refusal(error, known=known)


def parts(low: datetime, high: datetime, longest: timedelta) -> Iterator[Slice]:
    """Cut a span of time into slices, oldest first; there are none where it is empty."""
    while low < high:
        cut = min(low + longest, high)
        yield low, cut
        low = cut


def midnight(moment: datetime) -> datetime:
    """Return the beginning of a moment's day, UTC."""
    at = moment.astimezone(timezone.utc)
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
