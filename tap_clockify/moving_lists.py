"""Lists of several pages that change while they are read (STABLE-ORDER, DELETE-NEEDS-PROOF).

Pages are numbered. Where a row is deleted, those after it move up, and one of them onto a page that
was read before: no later page shows it. A row that an edit moves towards the front hides itself.
Lists of one page come at once and whole.
"""

from __future__ import annotations

from operator import attrgetter, ge
from typing import TYPE_CHECKING

from taps_common.errors import ShapeError
from taps_common.records.row_types import attribute_of
from taps_common.sync.steps import Again, Fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from taps_common.http.request import Request
    from taps_common.sync.steps import Each, Requests, Rows

TRIES = 3
"""How often pages are asked for again until they are what they were before."""

MOVED = (
    "{}: rows were added, moved or deleted all the time while the list was read, so that some may "
    "not have been seen. Run it again, when fewer people work."
)


class Seen:
    """Remembers rows by their keys, as hashes: the keys themselves are megabytes.

    Args:
        keys: names of the columns that make a row's key.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._key = attrgetter(*map(attribute_of, keys))
        self._known: set[int] = set()
        self._page = 0

    def note(self, rows: Rows) -> Rows:
        """Remember rows; return those that are new."""
        hashes = [*map(hash, map(self._key, rows))]
        self._page += sum(hashes)  # the same in whatever order
        if self._known.isdisjoint(hashes):
            self._known.update(hashes)
            return rows
        fresh = [row for row, one in zip(rows, hashes, strict=True) if one not in self._known]
        self._known.update(hashes)
        return fresh

    def end_page(self) -> int:
        """Return what tells the rows of the page that ended from those of others."""
        ended, self._page = self._page, 0
        return ended


def look_again(
    pages: Sequence[tuple[Request, int]],
    seen: Seen,
    each: Each,
    body: Callable[[bytes], None],
) -> Requests:
    """Ask for pages again, until they hold what they held before; only what is new goes out.

    Args:
        pages: what was asked, and what tells its page from others.
        seen: the rows that came.
        each: as in `Fetch`, of rows that are new.
        body: as in `Fetch`.

    Raises:
        ShapeError: they hold something else each time.
    """
    before = [page for _, page in pages]
    for _ in range(TRIES):
        now = []
        for request, _ in pages:
            yield Again(goes_on=True, repeats=False)
            yield Fetch(request, lambda rows: each(seen.note(rows)), body)
            now.append(seen.end_page())
        if now == before:
            return
        before = now
    raise ShapeError(MOVED.format(pages[0][0]))


class Backwards:
    """How far back a list was read that comes latest first, window by window.

    Args:
        keys: names of the columns that make a row's key.

    Attributes:
        earliest: the earliest start on the page that came last.
        is_sorted: whether every row had a start, and none a later one than the row before.
        is_joined: whether rows came that the window before had too, as they must.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._key = attrgetter(*map(attribute_of, keys))
        self._before, self._now = set[object](), set[object]()
        self.earliest: datetime | None = None
        self.is_sorted = self.is_joined = True

    def begin_window(self) -> None:
        """Begin with rows of an earlier time, some of which the last window had."""
        self._before, self._now = self._now, set()
        self.is_joined = False

    def begin_page(self) -> None:
        """Begin with the next page."""
        self.earliest = None

    def goes_back(self, until: datetime | None) -> bool:
        """Return whether the page that came last goes back further than its window's end."""
        reached = self.earliest if self.is_sorted else None
        return reached is not None and (until is None or reached < until)

    def take(self, rows: Rows) -> Rows:
        """Look at rows of a page; return those that did not come in the window before."""
        starts = [*map(_start_of, rows)]
        if self.earliest:
            starts.insert(0, self.earliest)
        if None in starts or not all(map(ge, starts, starts[1:])):
            self.is_sorted = False
        elif starts:
            self.earliest = starts[-1]
        keys = [*map(self._key, rows)]
        self._now.update(keys)
        if self._before.isdisjoint(keys):
            return rows
        self.is_joined = True
        return [row for row, key in zip(rows, keys, strict=True) if key not in self._before]


_start_of = attrgetter("start")
