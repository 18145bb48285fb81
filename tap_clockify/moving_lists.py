"""Lists of several pages that change while they are read (STABLE-ORDER, DELETE-NEEDS-PROOF).

Pages are numbered. Where a row is deleted, those after it move up, and one of them onto a page that
was read before: no later page shows it. A row that an edit moves towards the front hides itself.
Lists of one page come at once and whole.
"""

from __future__ import annotations

from operator import attrgetter, ge
from typing import TYPE_CHECKING

from taps_common.records.row_types import attribute_of
from taps_common.sync.steps import Again, Fetch, Limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from taps_common.http.request import Request
    from taps_common.sync.steps import Requests, Rows

TRIES = 2
"""How often earlier pages are asked for again while they bring something new."""

MOVES = "rows of a list moved while it was read, and went on to: some may not have been seen"


class Seen:
    """Remembers rows by their keys, as hashes: the keys themselves are megabytes.

    Args:
        keys: names of the columns that make a row's key.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._key = attrgetter(*map(attribute_of, keys))
        self._known: set[int] = set()

    def note(self, rows: Rows) -> Rows:
        """Remember rows; return those that are new."""
        hashes = [*map(hash, map(self._key, rows))]
        if self._known.isdisjoint(hashes):
            self._known.update(hashes)
            return rows
        fresh = [row for row, one in zip(rows, hashes, strict=True) if one not in self._known]
        self._known.update(hashes)
        return fresh


def look_again(
    pages: Sequence[Request],
    seen: Seen,
    each: Callable[[Rows], Rows],
    body: Callable[[bytes], None],
) -> Requests:
    """Ask for pages again, until they bring nothing new; only what is new goes out.

    Args:
        pages: what was asked, without the last page: nothing moves up from behind it.
        seen: the rows that came.
        each: as in `Fetch`, of rows that are new.
        body: as in `Fetch`.
    """
    for _ in range(TRIES):
        found: list[int] = []

        def fresh(rows: Rows, found: list[int] = found) -> Rows:
            new = seen.note(rows)
            found.append(len(new))
            return each(new)

        for request in pages:
            yield Again(goes_on=True, repeats=False)
            yield Fetch(request, fresh, body)
        if not any(found):
            return
    yield Limit(MOVES)


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
