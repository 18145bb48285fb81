"""`--reconcile`: what Clockify adds up by member and day, against the time entries that are read.

Both come from one run. Hours are compared, amounts are not. What nobody documents, such as whether
reports split an entry at midnight, explains a day only where it gives their total to the second.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tap_clockify.streams.members import ACTIVE
from taps_common.cli.reconcile import DAY, printable, table_of
from taps_common.errors import Kind, TapError
from taps_common.http.cost import counted
from taps_common.timestamps import midnight

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from taps_common.cli.reconcile import Window

TABLES: Mapping[str, Collection[str]] = {
    "workspaces": ("id", "name", "workspaceSettings"),
    "users": ("workspaceId", "id", "name", "memberships"),
    "time_entries": ("id", "workspaceId", "userId", "start", "end", "type"),
    "user_day_totals": ("workspaceId", "userId", "userName", "date", "duration"),
}
"""What is read to compare: tables, and their columns."""

WORK = (None, "REGULAR")
"""Types of entries that are work; others are breaks, holidays and time off."""

SECOND = timedelta(seconds=1)
NONE = timedelta()

ALL_EQUAL, EXPLAINED, DIFFERS = "equal", "explained", "differs"

RUNS = "a timer is running"
SPLIT = "an entry over midnight, which Clockify splits here"
NOT_WORK = "breaks, holidays or time off, which Clockify leaves out here"
ROUNDED = "reports of the workspace round to {} minutes"
INACTIVE = "not an active member, whose entries Clockify does not list"
"""What explains a day."""

HEADINGS = ("member", "day", "Clockify", "read", "differs by")


class _Rounding(msgspec.Struct):
    minutes: str | None = None


class _Settings(msgspec.Struct):
    rounds: bool | None = msgspec.field(name="timeRoundingInReports", default=None)
    rounding: _Rounding | None = msgspec.field(name="round", default=None)

    @property
    def step(self) -> timedelta:
        """By how much reports may round an entry."""
        minutes = self.rounding.minutes if self.rounds and self.rounding else None
        return timedelta(minutes=int(minutes)) if minutes and minutes.isdecimal() else NONE


class _Workspace(msgspec.Struct):
    id: str
    name: str | None = None
    settings: _Settings | None = msgspec.field(name="workspaceSettings", default=None)


class _Membership(msgspec.Struct):
    target: str | None = msgspec.field(name="targetId", default=None)
    status: str | None = msgspec.field(name="membershipStatus", default=None)


class _User(msgspec.Struct):
    id: str
    workspace: str = msgspec.field(name="workspaceId")
    name: str | None = None
    memberships: list[_Membership] | None = None

    @property
    def is_active(self) -> bool:
        """Whether the member may work in the workspace."""
        of_workspace = (one for one in self.memberships or () if one.target == self.workspace)
        return any(one.status == ACTIVE for one in of_workspace)


class _Entry(msgspec.Struct):
    id: str
    workspace: str = msgspec.field(name="workspaceId")
    user: str = msgspec.field(name="userId")
    start: datetime | None = None
    end: datetime | None = None
    type: str | None = None


class _Total(msgspec.Struct):
    workspace: str = msgspec.field(name="workspaceId")
    user: str = msgspec.field(name="userId")
    day: date = msgspec.field(name="date")
    name: str | None = msgspec.field(name="userName", default=None)
    duration: float | None = None


class Member(NamedTuple):
    """A member of a workspace, by their ids."""

    workspace: str
    user: str


@dataclass
class Day:
    """A day of a member.

    Attributes:
        theirs: what Clockify adds up.
        read: the length of all finished entries that start on it.
        within: what of all finished entries lies within it.
        work: the length of those that are not a break, holiday or time off.
        entries: how many finished ones start on it.
        running: how long timers run that were started on it.
        until_midnight: what of that lies within the day.
        unsure: how much of it is of the time in which this was read.
    """

    theirs: timedelta = NONE
    read: timedelta = NONE
    within: timedelta = NONE
    work: timedelta = NONE
    entries: int = 0
    running: timedelta = NONE
    until_midnight: timedelta = NONE
    unsure: timedelta = NONE

    @property
    def is_empty(self) -> bool:
        """Whether neither side has anything that could differ."""
        return not (self.theirs or self.entries or self.running)

    def is_running(self, time: timedelta) -> bool:
        """Return whether that is what timers have run, in all or until midnight."""
        least = self.running - self.unsure - SECOND
        in_all = max(least, NONE) < time < self.running + SECOND
        return in_all or abs(time - self.until_midnight) < SECOND


@dataclass
class Comparison:
    """What a run read of Clockify's totals and of time entries.

    Attributes:
        window: the days that are compared; of the one before, entries may last into them.
    """

    window: Window
    _workspaces: dict[str, _Workspace] = field(default_factory=dict)
    _users: dict[Member, _User] = field(default_factory=dict)
    _entries: dict[str, _Entry] = field(default_factory=dict)
    _totals: dict[tuple[Member, date], _Total] = field(default_factory=dict)

    def take(self, table: str, record: msgspec.Raw) -> None:
        """Note a record; one that comes again counts once."""
        if table == "workspaces":
            workspace = msgspec.json.decode(record, type=_Workspace)
            self._workspaces[workspace.id] = workspace
        elif table == "users":
            user = msgspec.json.decode(record, type=_User)
            self._users[Member(user.workspace, user.id)] = user
        elif table == "time_entries":
            entry = msgspec.json.decode(record, type=_Entry)
            self._entries[entry.id] = entry
        elif table == "user_day_totals":
            total = msgspec.json.decode(record, type=_Total)
            self._totals[Member(total.workspace, total.user), total.day] = total

    def lines(self, began: datetime, now: datetime, left_out: Mapping[str, str]) -> Iterator[str]:
        """Return the days that differ, and how many there are.

        Args:
            began: when the read began.
            now: when it has ended: Clockify summed up timers somewhere between.
            left_out: why workspaces have no totals, by their ids.

        Raises:
            TapError: days differ, and nothing explains that; or no workspace has totals.
        """
        if left_out and left_out.keys() >= self._workspaces.keys():
            reasons = "; ".join(sorted({*left_out.values()}))
            raise TapError(f"Clockify's totals are not to be had: {reasons}.", kind=Kind.SKIPPED)
        yield f"Hours of {self.window}; amounts are not compared."
        for ident, why in left_out.items():
            yield f"{self._called(ident)}: left out: {why}"
        every = self._days(began, now).items()
        days = {key: day for key, day in every if key[0].workspace not in left_out}
        counts = Counter[str]()
        rows: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
        with_entries = {member for (member, _), day in days.items() if day.entries or day.running}
        for (member, at), day in sorted(days.items()):
            reason = self._reason(member, day, has_entries=member in with_entries)
            counts[DIFFERS if reason == "" else EXPLAINED if reason else ALL_EQUAL] += 1
            if reason is not None:
                both = hours(day.theirs), hours(day.read)
                row = (self._name(member), f"{at}", *both, hours(day.read - day.theirs, sign="+"))
                note = f"explained: {reason}" if reason else ""
                rows[member.workspace].append((*row, note))
        for ident, found in rows.items():
            yield f"{self._called(ident)}:"
            yield from table_of(HEADINGS, found)
        total, differ = sum(counts.values()), counts[DIFFERS]
        members = len({member.user for member, _ in days})
        verb = "differs" if differ == 1 else "differ"
        yield (
            f"{counted(total, 'day')} of {counted(members, 'member')}: "
            f"{counts[ALL_EQUAL]:,} equal, {counts[EXPLAINED]:,} explained, {differ:,} {verb}"
        )
        if differ:
            raise TapError(
                f"{differ:,} of {counted(total, 'day')} {verb} from what Clockify adds up, as the "
                "table above shows: compare again, since entries may have changed meanwhile; if it "
                "stays, report it with the days, and how the entries of one of them look.",
                kind=Kind.DIFFERS,
            )

    def _days(self, began: datetime, now: datetime) -> dict[tuple[Member, date], Day]:
        """Return the days of the window on which there is anything."""
        days: defaultdict[tuple[Member, date], Day] = defaultdict(Day)
        for key, total in self._totals.items():
            days[key].theirs = timedelta(seconds=total.duration or 0)
        for entry in self._entries.values():
            if entry.start is None:
                continue
            member = Member(entry.workspace, entry.user)
            day = days[member, midnight(entry.start).date()]
            if entry.end is None:
                day.running += max(now - entry.start, NONE)
                day.unsure += now - began
                day.until_midnight += next((part for _, part in by_day(entry.start, now)), NONE)
                continue
            day.read += entry.end - entry.start
            day.work += entry.end - entry.start if entry.type in WORK else NONE
            day.entries += 1
            for at, part in by_day(entry.start, entry.end):
                days[member, at].within += part
        first, end = self.window.low.date(), self.window.high.date()
        return {key: day for key, day in days.items() if first <= key[1] < end and not day.is_empty}

    def _reason(self, member: Member, day: Day, *, has_entries: bool) -> str | None:
        """Return why a day differs; nothing where it is not known, None where it is equal."""
        differs = day.theirs - day.read
        if abs(differs) < SECOND:
            return None
        workspace = self._workspaces.get(member.workspace)
        step = workspace.settings.step if workspace and workspace.settings else NONE
        reasons = {
            RUNS: day.is_running(differs),
            SPLIT: abs(day.theirs - day.within) < SECOND,
            NOT_WORK: abs(day.theirs - day.work) < SECOND,
            ROUNDED.format(step.seconds // 60): abs(differs) <= step * day.entries,
            INACTIVE: not has_entries and self._is_inactive(member),
        }
        return next((reason for reason, explains in reasons.items() if explains), "")

    def _is_inactive(self, member: Member) -> bool:
        """Return whether the members were listed, and this one is not an active one."""
        user = self._users.get(member)
        listed = any(workspace == member.workspace for workspace, _ in self._users)
        return listed and not (user and user.is_active)

    def _called(self, ident: str) -> str:
        workspace = self._workspaces.get(ident)
        name = workspace.name if workspace and workspace.name else "Workspace"
        return f"{printable(name)} ({ident})"

    def _name(self, member: Member) -> str:
        user = self._users.get(member)
        totals = (one for (whose, _), one in self._totals.items() if whose == member)
        name = user.name if user and user.name else next((one.name for one in totals), None)
        return f"{printable(name)} ({member.user})" if name else member.user


def by_day(start: datetime, end: datetime) -> Iterator[tuple[date, timedelta]]:
    """Yield what of a span lies within each day of UTC."""
    while start < end:
        cut = min(midnight(start) + DAY, end)
        yield midnight(start).date(), cut - start
        start = cut


def hours(span: timedelta, sign: str = "") -> str:
    """Return a span as h:mm:ss, whole seconds.

    Args:
        span: the span.
        sign: what stands before one that is not negative.
    """
    seconds = round(abs(span).total_seconds())
    minutes, seconds = divmod(seconds, 60)
    before = "-" if span < NONE else sign
    return f"{before}{minutes // 60:,}:{minutes % 60:02}:{seconds:02}"
