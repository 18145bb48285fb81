"""Time entries, and the tables that are made of their pages."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from operator import attrgetter
from typing import TYPE_CHECKING

from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from tap_clockify import durations
from tap_clockify.client import is_forbidden, is_unknown_id
from tap_clockify.moving_lists import Backwards, Seen, look_again
from tap_clockify.rereads import Comparison, begin_of, month_of, months_in, spans
from tap_clockify.rows import time_entries as rows
from tap_clockify.streams.by_changes import DELETED_AT, ByChanges, default_method
from tap_clockify.streams.members import members
from tap_clockify.streams.month_totals import ask, months_of
from tap_clockify.streams.reports import UserDayTotals
from taps_common.errors import QuotaError, RequestError, ShapeError, SkippedError, TapError
from taps_common.records.json_text import text_of
from taps_common.sync.steps import Again, Covered, Fetch, Plan
from taps_common.sync.stream import ChildStream
from taps_common.timestamps import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Sequence
    from datetime import datetime

    from tap_clockify.client import Query
    from taps_common.http.request import Request, Response
    from taps_common.records.row_types import Row
    from taps_common.sdk import SdkTap
    from taps_common.sync.outcome import Outcome
    from taps_common.sync.state import Window
    from taps_common.sync.steps import (
        Ask,
        Bounds,
        Each,
        Page,
        Partition,
        Planning,
        Requests,
        Rows,
        Scope,
        Span,
    )

ZONE_PADDING = timedelta(days=1)
"""Time windows are read as wall clock of the account's zone even when they end in Z, so a window
is asked for with this much on both sides."""

OWNER_ONLY = "only those of its owner arrive; use the key of an owner or admin"

REREAD_WHOLE = (
    "reread_changed does not go with replication method FULL_TABLE ({}), which reads all entries "
    "in each run: unset it, or make the tables of time entries INCREMENTAL."
)

NOT_COMPARED = (
    "{}: edits of older entries of workspace {} are not looked for in this run (reread_changed), "
    "since what Clockify adds up by month cannot be read: {}"
)

HIDDEN = (
    "{}: Clockify adds up time of {} members of workspace {} in months in which it lists no entry "
    "of theirs; the first id is {}. What is edited there does not arrive while that is so: they "
    "may not be active, or no members any more."
)

BEFORE_MONTH = timedelta(days=1)
"""How long before a month its entries may begin: nothing documents to which month Clockify adds
one that lasts over midnight."""

NO_INTERVAL = rows.TimeInterval()

_start_of, _end_of = attrgetter("start"), attrgetter("timeInterval.end")


class TimeEntries(ByChanges):
    """Time that members recorded, running timers included."""

    name = "time_entries"
    row = rows.TimeEntry
    primary_keys = ("id",)
    replication_key = "start"
    path = "/workspaces/{workspaceId}/user/{userId}/time-entries"
    needs = frozenset({"start", "timeInterval"})

    def __init__(self, tap: SdkTap) -> None:
        super().__init__(tap)
        self._compared: dict[str, Comparison] = {}

    @property
    def compares_rows(self) -> bool:  # type: ignore[override]  # depends on the settings here
        """False where months are read again: what is sent of them is outside of the window."""
        return not self.config["reread_changed"]

    def plan_lists(self, scope: Scope, bounds: Bounds) -> Planning:
        """Return one partition per member of the workspace."""
        partitions, all_members = yield from members(scope, self.account)
        limit = self.account.lost_workspaces()
        if not all_members:
            limit = f"the key may not list the members (403), so {OWNER_ONLY}"
        plan = Plan(partitions, limit)
        if self.config["reread_changed"] and bounds.window:
            yield from self._compare(plan, scope, bounds, bounds.window)
        return plan

    # -- months that are read again --------------------------------------------------------------

    def _compare(
        self, plan: Plan, scope: Scope, bounds: Bounds, window: Window
    ) -> Generator[Ask, Response, None]:
        """Have the plan know which months differ from what earlier runs read.

        Its window begins with a month: each month is then read as a whole, or compared.

        Raises:
            TapError: there is nothing to compare, since all is read in each run.
        """
        full = REPLICATION_FULL_TABLE
        if whole := [one.name for one in bounds.tables if one.replication_method == full]:
            raise TapError(REREAD_WHOLE.format(", ".join(whole)))
        if window.since:
            plan.since = max(filter(None, (begin_of(month_of(window.since)), window.start)))
        ident = scope["workspaceId"]
        months = months_of(self.get_context_state({"workspaceId": ident}), bounds)
        report = self.tap.stream_of(UserDayTotals)
        try:
            totals = yield from ask(report, scope, bounds, months)
        except QuotaError:
            raise
        except (RequestError, ShapeError) as error:
            self.tap.say(NOT_COMPARED.format(self.name, ident, error), f"not compared {ident}")
            return
        people = [one["userId"] for one in plan.partitions]
        if not plan.limit:
            months.forget_others(people)
        compared = Comparison(months, totals, plan.since, bounds.start)
        compared.hidden = dict.fromkeys(sorted(totals.members.keys() - {*people}))
        compared.is_late = any(compared.changed(one, plan.since) for one in window.done)
        plan.details = self._compared[ident] = compared

    def requests(self, partition: Partition, bounds: Bounds) -> Requests:
        """Yield the pages of a member, after those of months that changed and lie before them."""
        compared = bounds.details
        if not isinstance(compared, Comparison):
            yield from super().requests(partition, bounds)
            return
        member, window, seen = partition["userId"], bounds.window, set[int]()

        def note(rows_read: Rows) -> Rows:
            seen.update(months_in(rows_read))
            return rows_read

        earlier = compared.changed(member, bounds.since)
        # A timer that runs for long has its member read from before the window on.
        beside_window = compared.changed(member, window.since if window else None)
        left = spans(earlier)
        while left:
            first, last = left.pop(0)
            until = min(filter(None, (begin_of(last + 1), bounds.until)))
            part = replace(bounds, since=begin_of(first) - BEFORE_MONTH, until=until)
            seen.clear()
            yield from self.pages(partition, part, note)
            yield Again()  # rows that came so far are not counted as those of the window
            kept = yield from self._keep_months(compared, member, range(first, last + 1), seen)
            if left and not kept:  # a member whose entries are not listed takes one more request
                left = [(left[0][0], left[-1][1])]
        seen.clear()
        yield from self.pages(partition, bounds, note)
        yield from self._keep_months(compared, member, {*beside_window} - {*earlier}, seen)
        compared.note_window(member, seen)

    def _keep_months(
        self, compared: Comparison, member: str, months: Collection[int], seen: Collection[int]
    ) -> Generator[Covered, None, list[int]]:
        """Keep the digests of months of which all rows came, and say that these were read."""
        kept = compared.keep_months(member, months, seen)
        for first, last in spans(kept):
            yield Covered((begin_of(first), begin_of(last + 1)))
        return kept

    def unlisted(self, scope: Scope) -> Collection[str] | None:
        """Return members of whom Clockify adds up time that it does not list, or may do so."""
        if not self.config["reread_changed"]:
            return None
        compared = self._compared.get(scope["workspaceId"])
        return compared.unlisted if compared else []

    def after_scope(self, scope: Scope, told: Sequence[Partition]) -> None:
        """Keep the digests of months of the window, once it was told of."""
        ident = scope["workspaceId"]
        if compared := self._compared.get(ident):
            compared.keep_windows(partition["userId"] for partition in told)
            if hidden := [*compared.hidden]:
                line = HIDDEN.format(self.name, len(hidden), ident, hidden[0])
                self.tap.say(line, f"hidden months {ident}")

    def after_read(self, outcome: Outcome) -> None:
        """Have other months compared in the next run, unless something is left of these."""
        super().after_read(outcome)
        failed = {scope.get("workspaceId") for scope, _ in outcome.failures}
        for ident, compared in self._compared.items():
            if ident not in failed and outcome.stop is None:
                compared.advance()

    # -- pages -----------------------------------------------------------------------------------

    def query(self, partition: Partition, bounds: Bounds) -> Query:
        """Return the window of a member, padded, since its bounds are read in an unknown zone."""
        query = []
        if bounds.since is not None:
            query.append(("start", _padded(bounds.since, -ZONE_PADDING)))
        if bounds.until is not None:
            query.append(("end", _padded(bounds.until, ZONE_PADDING)))
        return tuple(query)

    def pages(
        self,
        partition: Partition,
        bounds: Bounds,
        each: Each = lambda rows_read: rows_read,
        body: Callable[[bytes], None] = lambda _: None,
        enough: Callable[[], bool] = lambda: False,
    ) -> Requests:
        """Yield a member's entries, latest first, each page up to the earliest start that came.

        What is made, deleted or moved meanwhile hides no other entry then. By numbers of pages it
        goes on where entries are not sorted by start, `end` does not mean what is documented, or
        a page holds hardly more than a day.
        """
        again = self.needs_every_row(bounds)
        seen, backwards = Seen(self.own_keys), Backwards(self.own_keys)
        asked: list[tuple[Request, int]] = []

        def take(rows_read: Rows) -> Rows:
            if again:
                seen.note(rows_read)
            return each(backwards.take(rows_read))

        window, number, by_number, largest = bounds, 1, False, 0
        while True:
            request = self.request(partition, window, number)
            backwards.begin_page()
            page: Page = yield Fetch(request, take, body)
            asked.append((request, seen.end_page()))
            largest = page.largest = max(largest, page.largest)  # of all windows
            last = self.is_last(page)
            if not (backwards.is_joined or by_number) and (page.count or last):
                window, number, by_number = bounds, 1, True
                yield Again(goes_on=True)
            elif last or enough():
                break
            elif backwards.goes_back(window.until) and not by_number:
                window, number = replace(bounds, until=backwards.earliest), 0
                backwards.begin_window()
                yield Again(goes_on=True, repeats=False)
            elif page.count:
                by_number = True
            number += 1
        if again and len(asked) > 1:
            yield from look_again(asked, seen, each, body)

    def covers(self, scope: Scope, bounds: Bounds) -> Span | None:
        """Return all that was asked for; the feeds of changes are not asked by start."""
        return None if self.by_changes else (bounds.since, bounds.until)

    def complete(self, rows_read: Sequence[rows.TimeEntry], partition: Partition) -> None:
        """Copy the interval to the top of the row, where a replication key has to be."""
        super().complete(rows_read, partition)
        decoded = type(rows_read[0]).__struct_fields__ if rows_read else ()
        ends, seconds = "end" in decoded, "durationSeconds" in decoded
        for entry in rows_read:
            interval = entry.timeInterval or NO_INTERVAL
            start = entry.start = interval.start
            if ends:
                entry.end = interval.end
            if seconds:
                entry.durationSeconds = durations.between(start, interval.end)

    def latest_start(self, rows_read: Sequence[rows.TimeEntry]) -> datetime | None:
        """Return the latest start of a page."""
        return max(filter(None, map(_start_of, rows_read)), default=None)

    def earliest_open(self, rows_read: Sequence[rows.TimeEntry]) -> datetime | None:
        """Return the earliest start of a running timer."""
        with suppress(AttributeError):  # one without an interval
            if None not in map(_end_of, rows_read):  # as most pages are, told without looking twice
                return None
        running = [
            entry.start
            for entry in rows_read
            if entry.start and entry.timeInterval and entry.timeInterval.end is None
        ]
        return min(running, default=None)

    def skip_reason(
        self, error: RequestError, partition: Partition, *, known: bool
    ) -> SkippedError | None:
        """Return why a member's entries are left out: never visible to the key, or no member now.

        Entries that were visible once and are not any more are a failure: the key lost a role.
        """
        if not known and (is_forbidden(error) or self.account.hides(error, partition)):
            status = HTTPStatus.FORBIDDEN if is_forbidden(error) else HTTPStatus.UNAUTHORIZED
            return SkippedError(
                f"the key may not read a member's time entries ({status}); use the key of an owner "
                "or admin"
            )
        if is_unknown_id(error):
            return SkippedError(
                "Clockify does not know the member in this workspace any more (400, code 501)"
            )
        return None


class OfTimeEntries(ChildStream):
    """A table that is made of time entries."""

    parent = TimeEntries

    @property
    def replication_method(self) -> str:
        """How the catalog asks for it to be read; as the entries are, if it does not say it."""
        return self.forced_replication_method or default_method(self.config)

    def live(self, rows_read: Sequence[rows.TimeEntry]) -> Sequence[rows.TimeEntry]:
        """Return the entries that exist: what hung on a deleted one is gone with it."""
        if not rows_read or DELETED_AT not in type(rows_read[0]).__struct_fields__:
            return rows_read
        return [entry for entry in rows_read if entry._sdc_deleted_at is None]  # noqa: SLF001 - a column


class TimeEntryTags(OfTimeEntries):
    """Tags on time entries."""

    name = "time_entry_tags"
    row = rows.TimeEntryTag
    primary_keys = ("timeEntryId", "tagId")
    replication_key = "start"
    items = "tagIds"
    needs = frozenset({"workspaceId", "userId", "tagIds"})

    def child_rows(self, rows_read: Sequence[rows.TimeEntry]) -> list[Row]:
        """Return one row per tag of an entry."""
        return [
            self.row(
                workspaceId=entry.workspaceId,
                userId=entry.userId,
                timeEntryId=entry.id,
                tagId=tag,
                start=entry.start,
            )
            for entry in self.live(rows_read)
            if entry.tagIds
            for tag in entry.tagIds
        ]


class TimeEntryCustomFields(OfTimeEntries):
    """Custom field values of time entries, one row each."""

    name = "time_entry_custom_fields"
    row = rows.TimeEntryCustomField
    primary_keys = ("timeEntryId", "customFieldId")
    replication_key = "start"
    items = "customFieldValues"
    needs = frozenset({"workspaceId", "userId", "customFieldValues"})

    def child_rows(self, rows_read: Sequence[rows.TimeEntry]) -> list[Row]:
        """Return one row per custom field of an entry."""
        return [
            self.row(
                workspaceId=entry.workspaceId,
                userId=entry.userId,
                timeEntryId=entry.id,
                customFieldId=field.customFieldId,
                name=field.name,
                type=field.type,
                sourceType=field.sourceType,
                value=text_of(field.value),
                start=entry.start,
            )
            for entry in self.live(rows_read)
            if entry.customFieldValues
            for field in entry.customFieldValues
        ]


def _padded(timestamp: datetime, padding: timedelta) -> str:
    """Return a timestamp, padded, in the form the API documents: whole seconds."""
    try:
        return to_text(timestamp.replace(microsecond=0) + padding)
    except OverflowError:  # at the ends of the calendar there is nothing to pad
        return to_text(timestamp.replace(microsecond=0))


STREAMS = (TimeEntries, TimeEntryTags, TimeEntryCustomFields)
