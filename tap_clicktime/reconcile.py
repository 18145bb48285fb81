"""`--reconcile`: how many rows the service counts, against the rows that are read.

Each set is counted with the `$filter` that its window was read with. Where the numbers differ, it
is read and counted again, so that it was counted before and after; what neither explains is counted
by month, too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tap_clicktime import query
from tap_clicktime.client import cursor_of
from taps_common.cli.reconcile import table_of
from taps_common.errors import (
    InterruptedRunError,
    Kind,
    QuotaError,
    RequestError,
    ShapeError,
    TapError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from tap_clicktime.streams import EntityStream
    from taps_common.cli.reconcile import Row, Window
    from taps_common.http.request import Request, Response

HEADINGS = ("set", "month", "ClickTime", "read", "differs by")

UNDATED = "no date"
ALL = "all"

MONTH = timedelta(days=32)
"""More than any month has: from the first of one it leads into the next."""


@dataclass
class Came:
    """The rows of a set that came, each key once.

    Attributes:
        keys: the columns of the key; without one each row counts.
        cursor: the column whose month a row belongs to, if there is one.
        months: how many rows came, by month.
    """

    keys: Sequence[str]
    cursor: str | None
    months: Counter[str] = field(default_factory=Counter)
    _seen: set[int] = field(default_factory=set)

    def take(self, record: msgspec.Raw) -> None:
        """Count a row, unless it came before."""
        row = msgspec.json.decode(record, type=dict[str, object])
        if self.keys:
            key = hash(tuple(row[name] for name in self.keys))
            if key in self._seen:
                return
            self._seen.add(key)
        at = cursor_of(row.get(self.cursor)) if self.cursor else None
        self.months[f"{at:%Y-%m}" if at else UNDATED] += 1

    @property
    def rows(self) -> int:
        """How many rows came."""
        return self.months.total()


class Compared(NamedTuple):
    """A set that was read.

    Attributes:
        stream: the set's stream in that run.
        came: its rows.
        left_out: why it was left out, if it was.
    """

    stream: EntityStream
    came: Came
    left_out: Sequence[str]


def compare(
    sets: Sequence[Compared],
    window: Window,
    send: Callable[[Request], Response],
    read_again: Callable[[Compared], Compared],
) -> Iterator[str]:
    """Return the sets that differ, by month where they have one, and how many there are.

    Args:
        sets: what was read.
        window: what part of those with a date.
        send: sends a request.
        read_again: reads a set once more.

    Raises:
        TapError: some differ.
    """
    yield f"Rows of {window} of sets that are read by a date, all of others."
    rows: list[Row] = []
    uncounted: list[str] = []
    equal = differ = 0
    for one in sets:
        name = one.stream.entity_set.name
        if one.left_out:
            uncounted.append(f"  {name}: left out: {'; '.join(one.left_out)}")
            continue
        try:
            found = list(_differences(one, window, send, read_again))
        except (QuotaError, InterruptedRunError):
            raise
        except (RequestError, ShapeError) as error:
            uncounted.append(f"  {name}: {one.came.rows:,} rows, not counted: {error}")
            continue
        rows += [(name, *row) for row in found]
        equal, differ = (equal, differ + 1) if found else (equal + 1, differ)
    yield from table_of(HEADINGS, rows) if rows else ()
    yield from uncounted
    verb = "differs" if differ == 1 else "differ"
    yield f"{len(sets):,} sets: {equal:,} equal, {len(uncounted):,} not counted, {differ:,} {verb}"
    if differ:
        raise TapError(
            f"{differ:,} of {len(sets):,} sets {verb} from what ClickTime counts, as the table "
            "above shows: compare again, since rows may have changed meanwhile; if it stays, "
            "report it with the log.",
            kind=Kind.DIFFERS,
        )


def _differences(
    one: Compared,
    window: Window,
    send: Callable[[Request], Response],
    read_again: Callable[[Compared], Compared],
) -> Iterator[Row]:
    """Yield a row for each month that differs, or for the whole set.

    None where it is equal, or differs by no more than what was added or deleted meanwhile.

    Raises:
        ShapeError: the service takes no notice of `$filter` where it counts.
    """
    stream = one.stream

    def counted(condition: str) -> int:
        return query.counted(send(query.count(stream.entity_set, condition)))

    before = counted(stream.window_filter)
    if before == one.came.rows:
        return
    cursor = stream.cursor if stream.window_filter else None
    if cursor and counted(query.between(stream.entity_set, cursor, window.low, window.low)):
        raise ShapeError("the service takes no notice of $filter where it counts.")
    came = read_again(one).came
    total = counted(stream.window_filter)
    if min(before, total) <= came.rows <= max(before, total):
        return
    note = "" if before == total else f"{before:,} were counted before the read, {total:,} after it"
    named = False
    if cursor:
        theirs: dict[str, int] = {}
        for low, high in months(window):
            within = query.between(stream.entity_set, cursor, low, high)
            theirs[f"{low:%Y-%m}"] = counted(within)
        theirs[UNDATED] = total - sum(theirs.values())
        for month, number in theirs.items():
            if number != came.months[month]:
                named = True
                yield _row(month, number, came.months[month], note)
    if not named:
        yield _row(ALL, total, came.rows, note)


def months(window: Window) -> Iterator[tuple[datetime, datetime]]:
    """Yield the parts of a window that lie in one month each."""
    low, high = window
    while low < high:
        cut = min((low.replace(day=1) + MONTH).replace(day=1), high)
        yield low, cut
        low = cut


def _row(month: str, theirs: int, read: int, note: str) -> Row:
    return month, f"{theirs:,}", f"{read:,}", f"{read - theirs:+,}", note
