"""Lists that the service sends by windows of time only: read slice by slice, up to today."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, ClassVar

from tap_clockify.client import is_unknown_id
from tap_clockify.permissions import PermittedStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from taps_common.errors import RequestError, SkippedError
    from taps_common.sync.steps import Bounds, Partition, Plan, Planning, Scope

DAY, YEAR = timedelta(days=1), timedelta(days=365)

FIRST_DAY = datetime(2017, 1, 1, tzinfo=timezone.utc)
"""The first day that is asked for where no setting bounds it: Clockify has existed since that
year."""

Slice = tuple[datetime, datetime]
"""A part of a window: when it begins, and when it ends, exclusive."""


class WindowedStream(PermittedStream):
    """A list that is asked for by POST, between two times in the body.

    A run reads from `start_date`, or the bookmark less the look-back, up to `end_date` or the
    present. The whole of what exists is never asked for at once, so it has no table version.

    Attributes:
        span: the longest window that is asked for at once on any plan.
    """

    posted: ClassVar[Mapping[str, object]] = {}
    sliced = True
    turn = 4  # a request per month: from 2017 on, unless the dates are set
    span: ClassVar[timedelta]

    @property
    def is_whole_table(self) -> bool:
        """False: rows outside of the window exist too."""
        return False

    def earliest(self, began: datetime) -> datetime:
        """Return where a read begins that no setting and no bookmark bounds."""
        raise NotImplementedError

    def reach(self, since: datetime, until: datetime, bounds: Bounds) -> Slice:
        """Return a window as the service can be asked for it."""
        raise NotImplementedError

    def bounds_of(self, part: Slice) -> tuple[str, str]:
        """Return the two ends of a slice as the service takes them."""
        raise NotImplementedError

    def longest(self, scope: Scope) -> timedelta:
        """Return the longest window that is asked for at once in a workspace."""
        return self.span

    def slices(self, scope: Scope, bounds: Bounds) -> list[Slice]:
        """Return the slices of a window, oldest first; none where it is empty."""
        until = min(bounds.began, bounds.until or bounds.began)
        first = bounds.start or self.earliest(bounds.began)
        low, high = self.reach(max(bounds.since or first, first), until, bounds)
        return list(parts(low, high, self.longest(scope)))

    def plan(self, scope: Scope, bounds: Bounds) -> Planning:
        """Return one partition per slice.

        What lies more than a slice before the end of the window need not be read again if there
        was nothing: the bookmark moves there, so that a list that stands still costs little.

        Raises:
            SkippedError: the table cannot be read in this workspace.
            TapError: it cannot, or not as a whole, and `strict_plan` makes that a failure.
        """
        plan: Plan = yield from super().plan(scope, bounds)
        slices = self.slices(scope, bounds)
        plan.partitions = self.cut(scope, slices)
        if slices:
            plan.latest = slices[-1][1] - self.span
        return plan

    def cut(self, scope: Scope, slices: Iterable[Slice]) -> list[dict[str, str]]:
        """Return one partition per slice, with its two ends as the service takes them."""
        ends = map(self.bounds_of, slices)
        return [{**scope, "from": first, "to": last} for first, last in ends]

    def skip_reason(
        self, error: RequestError, partition: Partition, *, known: bool
    ) -> SkippedError | None:
        """Return why a slice is left out: plan or role; a value that is refused is a failure."""
        if is_unknown_id(error):
            return None
        return super().skip_reason(error, partition, known=known)


def parts(low: datetime, high: datetime, longest: timedelta) -> Iterator[Slice]:
    """Cut a span of time into slices, oldest first; there are none where it is empty."""
    while low < high:
        cut = min(low + longest, high)
        yield low, cut
        low = cut
