"""`reread_changed`: which months of which member are read again, since their totals changed.

The state of a workspace keeps, as `months`, the digests of totals by member (`digests`), whether
`completed_windows` has what was read for them (`told`), the `start_date` that they were read with
(`start`), the month that is asked for next where a run does not ask for all of them (`next`), and
for how many days at once Clockify answered where that was less than the plan allows (`at_most`).

Totals are asked for before any entry is read, and kept once the entries were read. What is edited
in between is in the entries and not in the totals that are kept: they differ in the next run, which
reads that month once more for nothing. In the other order an edit could be in the totals alone, and
be missed. (One that is taken back before the next run, and was read in between, leaves no trace.)

A month is a number here: 12 for each year, and 0 to 11 for the month in it, in UTC. A digest is
four characters of what its entries add up to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypedDict

import msgspec

from tap_clockify.windows import YEAR

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

UNKNOWN = "...."
"""Stands for a month that was not compared yet."""

NOTHING = "AAAA"
"""The digest of a month without time."""

MONTH, HALF_A_YEAR = timedelta(days=30), timedelta(days=184)

MONTHS_A_RUN = 4
"""Months that a run asks for where each takes a request of its own, six times as many where half a
year takes one; the others have their turn in the runs that follow."""

_TEXT = re.compile(r"(\d{4}-\d\d) ((?:.{4})*)")


def month_of(at: datetime) -> int:
    """Return the month of a timestamp."""
    if at.tzinfo is not timezone.utc:
        at = at.astimezone(timezone.utc)
    return at.year * 12 + at.month - 1


def begin_of(month: int) -> datetime:
    """Return when a month begins."""
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=timezone.utc)


def month_named(name: str) -> int:
    """Return the month that a text like 2026-01 names."""
    return int(name[:4]) * 12 + int(name[5:]) - 1


def spans(months: Iterable[int]) -> list[tuple[int, int]]:
    """Return the first and the last month of each row of months without a gap."""
    found: list[tuple[int, int]] = []
    for month in sorted(months):
        if found and found[-1][1] == month - 1:
            found[-1] = found[-1][0], month
        else:
            found.append((month, month))
    return found


def packed(digests: Mapping[int, str]) -> str:
    """Return a member's digests as one text: the first month, and four characters for each."""
    first, last = min(digests), max(digests)
    joined = "".join(digests.get(month, UNKNOWN) for month in range(first, last + 1))
    return f"{begin_of(first):%Y-%m} {joined}"


def unpacked(text: str) -> dict[int, str]:
    """Return the digests in a text by month; none where somebody changed it."""
    if not (found := _TEXT.fullmatch(text)):
        return {}
    first, digests = month_named(found[1]), found[2]
    cut = (digests[at : at + 4] for at in range(0, len(digests), 4))
    return {month: digest for month, digest in enumerate(cut, first) if digest != UNKNOWN}


@dataclass
class Totals:
    """What the service adds up.

    Attributes:
        months: those that it was asked for.
        members: the digests of months with time, by member.
    """

    months: Sequence[int]
    members: Mapping[str, Mapping[int, str]]

    def of(self, member: str, month: int) -> str:
        """Return the digest of a month of a member."""
        return self.members.get(member, {}).get(month, NOTHING)


class _AtMost(TypedDict):
    """How many days at once Clockify answered for, and the month in which that was so."""

    days: int
    month: str


class _Kept(TypedDict, total=False):
    """What a state holds as `months`."""

    at_most: _AtMost
    digests: dict[str, str]
    next: str
    start: datetime | None
    told: bool


class Months:
    """The months of a workspace, and what the state says of them.

    Args:
        state: that of the workspace; changes are made in it.
        first: the first month that there may be entries in.
        last: the month that the read is in, or ends in.
        start: `start_date`, before which no entry is read.
        tells: whether `completed_windows` is written: what was read without it is read again.
    """

    def __init__(
        self,
        state: dict[str, Any],
        first: int,
        last: int,
        *,
        start: datetime | None = None,
        tells: bool = False,
    ) -> None:
        try:
            msgspec.convert(state.setdefault("months", {}), _Kept)
        except msgspec.ValidationError:  # somebody changed it: all months are read once more
            state["months"] = {}
        self._state: dict[str, Any] = state["months"]
        if tells and not self._state.get("told"):
            self._state["digests"] = {}
        self._state["told"] = tells
        self._all = range(first, last + 1)
        self._present = f"{begin_of(last):%Y-%m}"
        self._next: str | None = None
        self._begin_at(start)

    def _begin_at(self, start: datetime | None) -> None:
        """Forget the month of which only a part was read, from another `start_date` on."""
        start_now, start_then = start.isoformat() if start else None, self._state.get("start")
        if start_then and start_then != start_now:
            cut = month_of(datetime.fromisoformat(start_then))
            kept = self._state.get("digests", {})
            for member, text in kept.items():
                kept[member] = packed({**unpacked(text), cut: UNKNOWN})
        self._state["start"] = start_now

    def since(self, at: datetime) -> Sequence[int]:
        """Return the months from a time on."""
        return [month for month in self._all if month >= month_of(at)]

    def lengths(self, longest: timedelta, shortest: timedelta) -> list[timedelta]:
        """Return how much to ask for at once, in the order in which that is tried.

        What Clockify did not answer is not tried again before the next month.
        """
        kept = self._state.get("at_most")
        if kept and kept["month"] == self._present:
            longest = max(shortest, min(longest, timedelta(days=kept["days"])))
        every = sorted({longest, HALF_A_YEAR, shortest}, reverse=True)
        return [one for one in every if one <= longest]

    def keep_at_most(self, length: timedelta) -> None:
        """Have the other runs of this month ask for no more at once."""
        self._state["at_most"] = {"days": length.days, "month": self._present}

    def due(self, longest: timedelta) -> Sequence[int]:
        """Return the months to ask for: all where a year may be asked for at once, else some.

        These go back in time from `next`, or from the last month, and begin again at the end.
        """
        if longest >= YEAR or not self._all:
            self._next = None
            return self._all
        wanted = MONTHS_A_RUN * (longest // MONTH)
        begin = self._state.get("next")
        names = [f"{begin_of(month):%Y-%m}" for month in self._all]
        at = names.index(begin) if begin in names else len(names) - 1
        places = [(at - n) % len(names) for n in range(min(wanted, len(names)) + 1)]
        self._next = names[places.pop()]
        return sorted(self._all[place] for place in places)

    def advance(self) -> None:
        """Have the next run ask for the months that follow."""
        if self._next:
            self._state["next"] = self._next

    def digests(self, member: str) -> dict[int, str]:
        """Return what is kept of a member."""
        return unpacked(self._state.get("digests", {}).get(member, ""))

    def keep(self, member: str, digests: dict[int, str]) -> None:
        """Keep digests of a member, beside those of other months."""
        known = self.digests(member) | digests
        if kept := {month: digest for month, digest in known.items() if month in self._all}:
            self._state.setdefault("digests", {})[member] = packed(kept)

    def forget_others(self, members: Collection[str]) -> None:
        """Forget members that are none of these."""
        kept = self._state.get("digests", {})
        self._state["digests"] = {one: kept[one] for one in kept if one in members}


class Comparison:
    """The months of a workspace that differ, and what this run read of them.

    Args:
        months: those of the workspace.
        totals: what the service says now.
        since: where the window begins that is read of all members; None if that is all there is.
        start: `start_date`, before which no entry is read.

    Attributes:
        hidden: members of whom the service adds up time in months in which no entry came.
        is_late: whether a member was read by the interrupted run that this one goes on with, so
            that what differs is left to the next run.
    """

    def __init__(
        self, months: Months, totals: Totals, since: datetime | None, start: datetime | None
    ) -> None:
        self._months, self._totals = months, totals
        self._since, self._start = since, start
        self._in_window: dict[str, dict[int, str]] = {}
        self.hidden: dict[str, None] = {}
        self.is_late = False

    @property
    def unlisted(self) -> list[str] | None:
        """The hidden members; None if the totals show that nobody has time that is not listed."""
        if self.hidden:
            return [*self.hidden]
        in_window = [] if self._since is None else self._months.since(self._since)
        return None if {*self._totals.months}.issuperset(in_window) else []

    def changed(self, member: str, low: datetime | None) -> list[int]:
        """Return the months of a member that differ and begin before a time.

        Args:
            member: whose.
            low: from when on the member's entries are read anyway; None if that is always.
        """
        if low is None:
            return []
        kept = self._months.digests(member)
        return [
            month
            for month in self._totals.months
            if self._begin_of(month) < low and kept.get(month) != self._totals.of(member, month)
        ]

    def _begin_of(self, month: int) -> datetime:
        return max(filter(None, (begin_of(month), self._start)))

    def keep_months(self, member: str, months: Iterable[int], seen: Collection[int]) -> list[int]:
        """Keep the digests of months that lie before the window and were read; return which.

        Args:
            member: whose.
            months: of which all entries came.
            seen: months in which an entry began or ended.
        """
        proved = self._proved(member, months, seen)
        self._months.keep(member, proved)
        return [*proved]

    def note_window(self, member: str, seen: Collection[int]) -> None:
        """Note that the window of a member was read; its digests are kept by `keep_windows`."""
        since = self._since
        months = [m for m in self._totals.months if since is None or self._begin_of(m) >= since]
        self._in_window[member] = self._proved(member, months, seen)

    def keep_windows(self, members: Iterable[str]) -> None:
        """Keep the digests of the windows of members, once `completed_windows` has these."""
        for member in members:
            self._months.keep(member, self._in_window.pop(member, {}))

    def advance(self) -> None:
        """Have the next run ask for the months that follow, unless something of these is left."""
        if not self.is_late:
            self._months.advance()

    def _proved(self, member: str, months: Iterable[int], seen: Collection[int]) -> dict[int, str]:
        """Return the digests of months of which what came is all there is.

        Where the service adds up time and no entry came, it did not list them: the member is not
        active, for example. The month is read again in each run until one comes.
        """
        proved: dict[int, str] = {}
        for month in {*self._totals.months}.intersection(months):
            total = self._totals.of(member, month)
            if total == NOTHING or month in seen:
                proved[month] = total
            else:
                self.hidden[member] = None
        return proved


def months_in(entries: Iterable[Any]) -> Iterator[int]:
    """Yield the months in which entries begin or end."""
    for entry in entries:
        interval = entry.timeInterval
        for at in (interval.start, interval.end) if interval else ():
            if at is not None:
                yield month_of(at)
