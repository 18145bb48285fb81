"""A long list cut by date into slices that together hold each of its rows once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

STEPS = (1, 2, 4, 7, 14, 28, 56, 91, 182, 364, 728)
"""Days of a slice. Few sizes and fixed borders: an interrupted reading finds its slices again."""

MOST = 64
"""Slices of one list: enough to keep 16 requests on their way until the end."""

MARGIN = timedelta(days=2)
"""What lies so far after the latest date is empty, whatever the time of day and the time zone."""

PAGES = 4
"""Pages that a slice should have at least, for each begins with a request of its own."""


@dataclass(frozen=True)
class Slice:
    """Rows dated from `low` on and before `high`; without both, rows without a date.

    Attributes:
        low: midnight of the first day; None where the slice begins with the earliest row.
        high: midnight after the last day; None where it ends with the latest row.
    """

    low: datetime | None = None
    high: datetime | None = None

    def __str__(self) -> str:
        if self.low is self.high is None:
            return "none"
        low, high = (f"{at:%Y-%m-%d}" if at else "" for at in (self.low, self.high))
        return f"{low}..{high}"


def cut(first: datetime, last: datetime, rows: int | None, page_size: int) -> list[Slice]:
    """Return slices of a list, rows without a date not among them; one is not worth cutting.

    The outer slices are open: rows that come in while the list is read belong to one of them.

    Args:
        first: date of the earliest row.
        last: date of the latest row.
        rows: how many rows there are, if that is known.
        page_size: how many of them a page holds.
    """
    most = MOST if rows is None else min(MOST, rows // (PAGES * page_size))
    days = last.toordinal() - first.toordinal() + 1
    if most <= 1:
        return []
    step = next((step for step in STEPS if days <= step * most), -(-days // most))
    begin = (first.toordinal() // step + 1) * step
    borders = [
        datetime.fromordinal(day).replace(tzinfo=timezone.utc)
        for day in range(begin, last.toordinal() + 1, step)
    ]
    lows, highs = [None, *borders], [*borders, None]
    return [Slice(low, high) for low, high in zip(lows, highs, strict=True)] if borders else []
