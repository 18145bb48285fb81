"""A long list cut by date into slices that together hold each of its rows once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tap_clicktime import query
from tap_clicktime.client import AFTER_ZERO, envelope_of, sample, timestamp_of
from taps_common.errors import RequestError, ShapeError
from taps_common.sync.steps import Ask

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TypeAlias, TypeVar

    from tap_clicktime.metadata import EntitySet
    from taps_common.http.request import Response
    from taps_common.sync.state import Window

    T = TypeVar("T")
    Asking: TypeAlias = Generator[Ask, Response, T]

STEPS = (1, 2, 4, 7, 14, 28, 56, 91, 182, 364, 728)
"""Days of a slice. Few sizes and fixed borders: an interrupted read finds its slices again."""

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


def slices_of(
    entity_set: EntitySet, name: str, window: Window | None, page_size: int
) -> Asking[list[Slice]]:
    """Return slices of a list by a date, if it is long and the service filters and sorts.

    It takes three or four requests for a row each to find out.

    Args:
        entity_set: the list.
        name: the property that holds the date.
        window: what part of it is read.
        page_size: how many rows a page holds.
    """
    asked = _Questions(entity_set, name)
    undated = name in entity_set.nullable
    try:
        last = yield from asked.first(("$orderby", f"{name} desc"))
        if last is None:
            return []
        end = last + MARGIN
        order = ("$orderby", name)
        later = ("$filter", query.between(entity_set, name, end, None))
        if (yield from asked.rows(later, order)):
            return []  # the service does not filter, or does not sort
        if undated:
            yield from asked.rows(("$filter", f"{name} eq null"), order)  # is it understood?
        known = query.between(entity_set, name, AFTER_ZERO, end)
        dated = (("$filter", known), order)
        first, rows = yield from asked.counted(*dated, few=2 * PAGES * page_size)
    except (RequestError, ShapeError, OverflowError):  # the last: no date lies after the latest
        return []  # reading the whole list will show what is wrong
    if first is None:
        return []
    if window and window.start:
        first = max(first, window.start)
    if window and window.end:
        last = min(last, window.end)
    slices = cut(first, last, rows, page_size)
    return [*slices, Slice()] if slices and undated else slices


def sorts(entity_set: EntitySet, name: str) -> Asking[bool]:
    """Return whether the service is seen to sort a list by a date: its ends differ then."""
    asked = _Questions(entity_set, name)
    dated = ("$filter", f"{name} ne null")
    try:
        first = yield from asked.first(dated, ("$orderby", name))
        last = yield from asked.first(dated, ("$orderby", f"{name} desc"))
    except (RequestError, ShapeError):
        return False
    return first is not None and last is not None and first < last


def dates_are_comparable(entity_set: EntitySet, name: str) -> Asking[bool]:
    """Return whether the dates of a list can be compared: texts can if they begin as ISO dates."""
    if entity_set.kinds[name] != "Edm.String":
        return True
    try:
        rows = yield from _Questions(entity_set, name).rows(("$filter", f"{name} ne null"))
    except (RequestError, ShapeError):
        return False
    return all(timestamp_of(row.get(name)) for row in rows)


class _Questions:
    """Questions about a list, each answered by a row at most."""

    def __init__(self, entity_set: EntitySet, name: str) -> None:
        self._entity_set = entity_set
        self._name = name

    def rows(self, *params: tuple[str, str]) -> Asking[list[dict[str, object]]]:
        """Return the row that a question brings, if there is one."""
        return (yield from self._ask(*params))[0]

    def first(self, *params: tuple[str, str]) -> Asking[datetime | None]:
        """Return the date of the first row that a question brings, or None if it brings none."""
        return self._date_in((yield from self.rows(*params)))

    def counted(
        self, *params: tuple[str, str], few: int
    ) -> Asking[tuple[datetime | None, int | None]]:
        """Return the date of the first row and the number of rows.

        If the service does not count, the number is 0 for few rows and None for many.
        """
        try:
            rows, counted = yield from self._ask(*params, ("$count", "true"))
        except RequestError:
            rows, counted = yield from self._ask(*params)
        if counted is None:
            many = yield from self.rows(*params, ("$skip", str(few)))
            counted = None if many else 0
        return self._date_in(rows), counted

    def _date_in(self, rows: list[dict[str, object]]) -> datetime | None:
        return timestamp_of(rows[0].get(self._name)) if rows else None

    def _ask(self, *params: tuple[str, str]) -> Asking[tuple[list[dict[str, object]], int | None]]:
        request = query.question(self._entity_set, *params, ("$top", "1"))
        request = replace(request, patient=False)  # a refusal says enough
        response = yield Ask(request)
        return sample(request, response), envelope_of(request, response).count
