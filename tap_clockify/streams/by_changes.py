"""Rows by what changed: replication method LOG_BASED."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.catalog import (
    REPLICATION_FULL_TABLE,
    REPLICATION_INCREMENTAL,
    REPLICATION_LOG_BASED,
)

from tap_clockify.change_feed import (
    FEED_DELAY,
    OVERLAP,
    PAGE_SIZES,
    EntryChanges,
    Feeds,
    learn_zone,
)
from tap_clockify.client import ClockifyStream, is_bad_request, is_no_route, is_unknown_id
from tap_clockify.feed_trust import EARLIEST, RUNS, FeedTrust, Witness
from tap_clockify.object_ids import created_by_id, created_since, first_id
from taps_common.errors import QuotaError, RequestError, ShapeError, StatusError, TapError
from taps_common.http.request import Request
from taps_common.sync.date_bounds import within
from taps_common.sync.steps import Again, Checkpoint, Fetch, Page, Plan, Write
from taps_common.timestamps import before, from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
    from datetime import datetime

    from singer_sdk.singerlib import Catalog, MetadataMapping

    from tap_clockify.bounds_zone import BoundsZone
    from tap_clockify.windows import Slice
    from taps_common.sdk import SdkStream, SdkTap
    from taps_common.sync.outcome import Outcome
    from taps_common.sync.steps import Bounds, Each, Partition, Planning, Requests, Rows, Scope

DELETED_AT = "_sdc_deleted_at"
FROM_FEEDS = ("createdAt", "updatedAt", DELETED_AT)
"""Columns that only the feeds of changes fill."""

OTHER_ZONE = (
    "%s: the feeds of changes of workspace %s do not read times in the zone in which they did. It "
    "is found out again, and what may have changed is asked for. If the time zone of the account "
    "was changed, run once with --full-refresh: what changed since then may be missing."
)

RESTORABLE = timedelta(days=7)
"""How long a deleted entry is asked for again: no feed is known to tell that one was restored. So
are entries that a feed named and that did not come."""

BATCH = 100
"""Entries that are read again at once; no maximum is known, and fewer are asked for if refused."""

KEPT = 1_000
"""Ids that the state keeps at most of each kind."""

NOT_TOLD = (
    "%s: the feeds of changes of workspace %s do not tell %d entries that were made since the last "
    "run; the first id is %s. They came, since entries that start within lookback_days were read "
    "too; so it is done in each run until the feeds have told all in %d runs."
)

MISSING = (
    "%s: the feeds of changes of workspace %s name %d entries, or parts of some, that neither came "
    "nor are called deleted; the first id is %s. They are asked for again in the runs of the next "
    "seven days; if an entry was deleted just now, the next run says so."
)

GIVEN_UP = (
    "%s: the feeds of changes of workspace %s named %d entries, or parts of some, that neither "
    "came nor were called deleted since; the first id is %s. They are not asked for any more: the "
    "target keeps what it has of them; a full refresh with emit_activate_version_messages brings "
    "what is right."
)


OF_BINS = (
    "%s: the feed of deletions of workspace %s names %d entries by the id of their bin only, the "
    "first of which is %s. If that is not the entry's as well, the deleted entries stay in the "
    "target, and rows of that id come beside them: a full refresh with "
    "emit_activate_version_messages brings what is right."
)

INSTEAD = (
    "%s: the changes of workspace %s since %s cannot be read: %s. Entries that start since %s are "
    "read instead; edits of older ones, and deletions, are not seen. A full refresh brings them; "
    "the deletions with emit_activate_version_messages only."
)

PROGRESS = (
    "%s: entries that start within lookback_days are read too until the feeds of changes have told "
    "all new ones in %d runs, and an edit within verify_days; runs without new entries do not "
    "count. So far: %s."
)

SILENT = (
    "%s: a feed of changes of workspace %s answered without a body, so whether nothing changed is "
    "not sure. The next run asks for the same time again; entries are read by their start as well."
)


@dataclass
class Details:
    """What a run by changes knows of a workspace.

    Attributes:
        next_since: where the window of the next run begins.
        changes: what the feeds say; None where only lists are read.
        judges: whether the lists show if the feeds tell what happens.
        sure: whether all that the feeds told could be understood.
        recent: ids of rows that were read and created since `next_since`: no feed tells of
            something that was created and deleted in the same window.
        witness: what the lists show; None where only the feeds are read.
    """

    next_since: datetime
    changes: EntryChanges | None
    recent: dict[str, None]
    witness: Witness | None
    judges: bool = False
    sure: bool = True


def default_method(config: Mapping[str, Any]) -> str:
    """Return how time entries are read where the catalog does not say it."""
    by_start = config.get("end_date") or config.get("reread_changed")
    return REPLICATION_INCREMENTAL if by_start else REPLICATION_LOG_BASED


class ByChanges(ClockifyStream):
    """A stream that may be read by what changed since the last run, however old it is.

    The first run reads all. The bookmark is the time up to which the feeds of changes were read.
    Beside it the state keeps, as `recent`, the ids of rows that were sent and created within what
    the next run reads; as `lists`, whether the feeds have earned to be read alone; as `gone`, when
    the entries were deleted that may be restored; as `missing`, since when the feeds name entries
    that did not come; and as `first`, until a first read is whole, up
    to when the feeds are left to the next run.
    """

    alternatives = tuple({"limit": size} for size in PAGE_SIZES)

    def __init__(self, tap: SdkTap) -> None:
        super().__init__(tap)
        self._read: dict[str, Details] = {}

    @property
    def replication_method(self) -> str:
        """How the catalog asks for it to be read."""
        return self.forced_replication_method or default_method(self.config)

    @property
    def by_changes(self) -> bool:
        """Whether the catalog asks for it."""
        return self.replication_method == REPLICATION_LOG_BASED

    @property
    def bookmark(self) -> str | None:
        """What the bookmark holds: up to when changes were read, or the latest cursor."""
        return "changes" if self.by_changes else self.cursor

    @property
    def lookback(self) -> timedelta:
        """How far before its bookmark the stream is read again."""
        return OVERLAP if self.by_changes else super().lookback

    # -- columns ---------------------------------------------------------------------------------

    def apply_catalog(self, catalog: Catalog) -> None:
        """Take what the catalog says; columns that the method does not fill are left out.

        One that names no method and was written before there were these columns is incremental.
        """
        super().apply_catalog(catalog)
        entry = catalog.get_stream(self.name)
        if entry and DELETED_AT not in (entry.schema.properties or {}):
            self.forced_replication_method = (
                self.forced_replication_method or REPLICATION_INCREMENTAL
            )
        if self.by_changes:
            self.needs = type(self).needs | {DELETED_AT}
        for name in FROM_FEEDS:
            if column := self.metadata.get(("properties", name)):
                column.selected_by_default = True
                if not self.by_changes:
                    column.inclusion = column.InclusionType.UNSUPPORTED
                elif name == DELETED_AT:
                    column.inclusion = column.InclusionType.AUTOMATIC

    @property
    def metadata(self) -> MetadataMapping:
        """What is selected: without a catalog, no column that the method does not fill."""
        found = super().metadata
        for name in FROM_FEEDS:
            column = found.get(("properties", name))
            if column and column.selected_by_default is None:
                column.selected_by_default = self.by_changes
        return found

    # -- what is read ----------------------------------------------------------------------------

    def plan_lists(self, scope: Scope, bounds: Bounds) -> Planning:
        """Return the partitions of a workspace that bring all rows."""
        raise NotImplementedError

    def plan(self, scope: Scope, bounds: Bounds) -> Planning:
        """Return the partitions that bring all rows, or one of all changes.

        Raises:
            TapError: a list of partitions, or the changes, could not be read.
        """
        if not self.by_changes or bounds.window is None:
            return (yield from self.plan_lists(scope, bounds))
        self._check(bounds.tables)
        since, until = bounds.window.since, bounds.began - FEED_DELAY
        if since is None:
            return (yield from self._plan_first(scope, bounds, until))
        trust = FeedTrust(self._state_of(scope))
        kept = self.config["changes_kept_days"]
        oldest = before(bounds.began, timedelta(days=kept))
        since = trust.since(since, oldest)
        if since < oldest:
            reason = f"they are kept for {kept} days (changes_kept_days)"
            return (yield from self._plan_instead(scope, bounds, since, until, reason))
        changes = EntryChanges(self._recent_in(scope))
        limit = bounds.options["limit"]
        feeds = Feeds.of(self.account, scope, limit)
        try:
            yield from learn_zone(feeds, until)
            contradicted = yield from changes.read(feeds, (since, until))
        except (RequestError, ShapeError) as error:
            if not _is_refusal(error, limit):
                raise
            level = logging.INFO if _is_lasting(error) and trust.refused() else logging.WARNING
            reason = _reason(error)
            return (yield from self._plan_instead(scope, bounds, since, None, reason, level))
        trust.answered(until, silent=feeds.silent, edits=changes.edits)
        if contradicted:
            self.logger.warning(OTHER_ZONE, self.name, scope["workspaceId"])
        return (yield from self._plan_changes(scope, bounds, (since, until), feeds, changes))

    def _plan_changes(
        self, scope: Scope, bounds: Bounds, span: Slice, feeds: Feeds, changes: EntryChanges
    ) -> Planning:
        """Return the partition of all changes; beside it, where they are needed, the lists'.

        Args:
            scope: the workspace.
            bounds: what part of it is read.
            span: of which the feeds were asked for.
            feeds: how they answered.
            changes: what they say.
        """
        window = bounds.window
        assert window is not None  # noqa: S101 - or else no changes are asked for
        since, until = span
        own = scope["workspaceId"]  # the id of the partition that is read in each run
        window.done = [one for one in window.done if one != own]
        reached = since + OVERLAP if feeds.silent else until
        details = Details(_next_since(reached, feeds.zone), changes, {}, None)
        plan = Plan([dict(scope)], self.account.lost_workspaces(), dated=False)
        if feeds.silent:
            self.logger.info(SILENT, self.name, own)
        else:
            plan.latest = until
        trust = FeedTrust(self._state_of(scope))
        if feeds.silent or trust.needs_lists(bounds.began, self.config["verify_days"]):
            lists = yield from self._lists(scope, bounds, since)
            plan.partitions = [*plan.partitions, *lists.partitions]
            plan.since, plan.limit = lists.since, plan.limit or lists.limit
            details.witness = Witness(since + OVERLAP, until, changes.told)
            details.judges = not feeds.silent
        else:
            plan.covered = [one for one in window.known if one != own]
            for member, start in window.unfinished.items():
                window.saw(member, None, start)
        return self._with_details(plan, scope, details)

    def _lists(self, scope: Scope, bounds: Bounds, since: datetime) -> Planning:
        """Return the partitions of what an incremental run reads; the state says so at once.

        Args:
            scope: the workspace.
            bounds: what part of it is read.
            since: the bookmark, which is only that of the lists if these were never read.
        """
        plan: Plan = yield from self.plan_lists(scope, bounds)
        trust = FeedTrust(self._state_of(scope))
        plan.since = before(trust.latest(since + OVERLAP), super().lookback)
        trust.begin()
        yield Checkpoint()
        return plan

    def _with_details(self, plan: Plan, scope: Scope, details: Details) -> Plan:
        plan.details = self._read[scope["workspaceId"]] = details
        return plan

    def _plan_first(self, scope: Scope, bounds: Bounds, until: datetime) -> Planning:
        """Return the partitions of a first run, which reads all.

        It may fail after rows were sent, and be begun anew: what is deleted until then is told by
        the feeds since the first attempt only, so the state keeps `first` until it is whole.
        """
        state = self._state_of(scope)
        oldest = before(bounds.began, timedelta(days=self.config["changes_kept_days"]))
        zone, first = self.account.bounds_zone(scope), state.get("first")
        if not first:
            try:
                yield from learn_zone(Feeds.of(self.account, scope, bounds.options["limit"]), until)
            except QuotaError:
                raise
            except (RequestError, ShapeError):
                pass  # all is read anyway
        if first and state.get("replication_key") != self.bookmark and from_text(first) > oldest:
            until = min(from_text(first), until)
        state["first"] = to_text(until)
        yield Checkpoint()
        plan: Plan = yield from self.plan_lists(scope, bounds)
        recent = dict.fromkeys(self._recent_in(scope))
        plan.latest = until
        witness = Witness(EARLIEST, until)
        return self._with_details(
            plan, scope, Details(_next_since(until, zone), None, recent, witness)
        )

    def _plan_instead(
        self,
        scope: Scope,
        bounds: Bounds,
        since: datetime,
        until: datetime | None,
        reason: str,
        level: int = logging.WARNING,
    ) -> Planning:
        """Return the partitions of a run that cannot read the changes; say what is read instead.

        Args:
            scope: the workspace.
            bounds: what part of it is read.
            since: the bookmark.
            until: up to when changes are not read any more; None if the next run may try again.
            reason: why they cannot be read.
            level: at which that is logged.
        """
        next_since = _next_since(until or since + OVERLAP, self.account.bounds_zone(scope))
        recent = dict.fromkeys(created_since(self._recent_in(scope), next_since))
        plan = yield from self._lists(scope, bounds, since)
        plan.latest = until
        starts = plan.since and to_text(plan.since)
        said = (self.name, scope["workspaceId"], to_text(since), reason, starts)
        self.logger.log(level, INSTEAD, *said)
        witness = Witness(since + OVERLAP, bounds.began - FEED_DELAY)
        return self._with_details(plan, scope, Details(next_since, None, recent, witness))

    def _check(self, tables: Iterable[SdkStream]) -> None:
        """Make sure that nothing in settings and catalog keeps changes from arriving.

        Raises:
            TapError: something does.
        """
        if self.selected and not self.selects((DELETED_AT,)):
            raise TapError(f"The catalog of {self.name} has no {DELETED_AT}: discover again.")
        if self.config.get("end_date"):
            raise TapError(
                f"end_date does not go with LOG_BASED: what {self.name} hold after it would not "
                "arrive once it is lifted. Remove end_date, or the replication method."
            )
        if self.config["reread_changed"]:
            raise TapError(
                f"reread_changed does not go with LOG_BASED, by which edits of {self.name} of any "
                "age arrive: unset it, or make the tables of time entries INCREMENTAL."
            )
        if whole := [
            one.name for one in tables if one.replication_method == REPLICATION_FULL_TABLE
        ]:
            raise TapError(
                f"{', '.join(whole)} cannot be FULL_TABLE while {self.name}, of whose rows it is "
                "made, are LOG_BASED: give them the same method."
            )

    def latest(self, rows: Rows) -> datetime | None:
        """Return the latest cursor of some rows, unless that is not what the bookmark holds."""
        return None if self.by_changes else self.latest_start(rows)

    def earliest_unfinished(self, rows: Rows) -> datetime | None:
        """Return the cursor of the earliest one; reads by changes note it themselves."""
        return None if self.by_changes else self.earliest_open(rows)

    def refused_options(
        self, error: RequestError, partition: Partition, *, first: bool
    ) -> Collection[str]:
        """Return `limit` where a feed may be refused for its page size."""
        return ("limit",) if not partition and is_bad_request(error) else ()

    # -- partitions ------------------------------------------------------------------------------

    def requests(self, partition: Partition, bounds: Bounds) -> Requests:
        """Yield the pages of a list, or read what changed."""
        details: Details | None = bounds.details
        if details is None:
            yield from super().requests(partition, bounds)
        elif details.changes is None or partition.keys() != {"workspaceId"}:
            yield from self._list(partition, bounds, details)
        else:
            try:
                yield from self._changed(partition, details, details.changes)
            except StatusError as error:  # not of a partition that may be left out
                raise TapError(str(error), kind=error.kind) from None

    def _list(self, partition: Partition, bounds: Bounds, details: Details) -> Requests:
        """Yield the pages of a list, noting which rows the next run's window holds wholly."""

        def note(rows: Rows) -> Rows:
            if details.changes:
                details.changes.complete(rows, listed=True)
                rows = within(rows, self.cursor_of, bounds.start, None)
            if details.witness:
                ids = [row.id for row in rows] if details.judges else ()
                details.witness.see(ids, self.latest_start(rows))
            if bounds.window:
                bounds.window.saw(self.partition_id(partition), None, self.earliest_open(rows))
            self._note_recent(rows, details)
            self._keep_recent(partition, details.recent)  # the read may be interrupted
            return rows

        return self.pages(partition, bounds, note)

    def latest_start(self, rows: Rows) -> datetime | None:
        """Return the latest cursor of some rows."""
        raise NotImplementedError

    def earliest_open(self, rows: Rows) -> datetime | None:
        """Return the cursor of the earliest row that is not final yet."""
        raise NotImplementedError

    def _changed(self, partition: Partition, details: Details, changes: EntryChanges) -> Requests:
        """Read the entries that the feeds name, and write the last known rows of deleted ones."""
        yield from self._keep_fresh(partition, changes.ids, changes.reached)

        def note(rows: Rows) -> Rows:
            changes.complete(rows)
            self._note_recent(rows, details)
            return rows

        yield from self._touched(partition, changes, note)
        yield from self._batches(partition, changes.guesses, note)
        again = [*self._kept(partition, "missing").keys() - changes.told]
        yield Again(goes_on=True)
        yield from self._batches(partition, again, note)
        yield from self._restored(partition, changes.doubtful, note)
        kept = yield from self._restorable(partition, changes, note)
        if rows := changes.gone(self.account.now()):
            request = Request("/workspaces/{workspaceId}/entities/deleted", partition)
            yield Write(b"[%b]" % b",".join(rows), request, note)
        if bins := changes.of_bins:
            details.sure = False
            workspace = partition["workspaceId"]
            self.logger.warning(OF_BINS, self.name, workspace, len(bins), bins[0])
        if not details.witness:
            self._remember(partition, details)
        gone = {**kept, **changes.deletions}
        self._keep(partition, "gone", {one: gone[one] for one in gone.keys() - changes.alive})
        self._keep_missing(partition, changes)

    def _touched(self, partition: Partition, changes: EntryChanges, note: Each) -> Requests:
        """Read rows by their ids; those that are gone by now are not among the responses.

        What should be there and did not come is asked for again, as long as that brings something:
        a response may hold fewer rows than were asked for.

        Raises:
            TapError: nothing comes, since every single id is refused.
        """
        ids = changes.ids
        while ids:
            refused = yield from self._batches(partition, ids, note)
            missing = changes.missing
            if refused and missing and not changes.brought:
                raise TapError(str(refused), kind=refused.kind)
            ids = missing if len(missing) < len(ids) and changes.brought else []
            yield Again(goes_on=True)

    def _batches(
        self,
        partition: Partition,
        ids: Sequence[str],
        note: Each,
    ) -> Generator[Fetch, Page, StatusError | None]:
        """Read rows by ids, in smaller batches if refused; return what refused a single one."""
        refused, most = None, BATCH
        while ids:
            part = ids[:most]
            try:
                yield Fetch(_batch(partition, part), note)
            except StatusError as error:
                if not is_unknown_id(error):
                    raise
                if len(part) > 1:
                    most = len(part) // 2
                else:
                    refused, ids, most = error, ids[1:], BATCH
                continue
            ids = ids[most:]
        return refused

    def _restored(
        self,
        partition: Partition,
        ids: Sequence[str],
        note: Each,
    ) -> Generator[Fetch | Again, Page, bool]:
        """Read entries that were deleted and are there again; nobody knows what feeds say of them.

        If the service refuses ids that it does not know, the feed's word holds; return whether it
        answered.
        """
        try:
            for begin in range(0, len(ids), BATCH):
                yield Again(goes_on=True)  # the same ids may have been asked for as guesses
                yield Fetch(_batch(partition, ids[begin : begin + BATCH]), note)
        except StatusError as error:
            if not is_unknown_id(error):
                raise
            return False
        return True

    def _restorable(
        self,
        partition: Partition,
        changes: EntryChanges,
        note: Each,
    ) -> Generator[Fetch | Again, Page, dict[str, datetime]]:
        """Read entries that were deleted lately and are there again; return which may be later.

        Those that were deleted more than `RESTORABLE` ago are asked for a last time, however long
        no run asked; of the others the latest, and more while that brings any.
        """
        now = self.account.now()
        gone = self._kept(partition, "gone")
        due = [one for one, at in gone.items() if at < now - RESTORABLE]
        ids = list(dict.fromkeys((*due, *gone)))
        for begin in range(0, len(ids), BATCH):
            part = ids[begin : begin + BATCH]
            if not (yield from self._restored(partition, part, note)):
                return {one: at for one, at in gone.items() if at >= now - 2 * RESTORABLE}
            for one in {*part} & {*due}:
                del gone[one]
            if begin + BATCH > len(due) and changes.alive.isdisjoint(part):
                break
        return gone

    # -- the end ---------------------------------------------------------------------------------

    def after_read(self, outcome: Outcome) -> None:
        """Note what lists that were read as a whole say of the feeds, and which ids were recent."""
        failed = {scope.get("workspaceId") for scope, _ in outcome.failures}
        progress: dict[str, list[str]] = defaultdict(list)
        for workspace, details in self._read.items():
            if details.witness is None:
                continue
            scope = {"workspaceId": workspace}
            trust = FeedTrust(self._state_of(scope))
            if untold := [*details.witness.untold]:
                trust.lose()
                self.logger.warning(NOT_TOLD, self.name, workspace, len(untold), untold[0], RUNS)
            if workspace not in failed:
                trust.end(details.witness, by_feeds=details.judges and details.sure)
                self._remember(scope, details)
            far = trust.progress(self.account.now(), self.config["verify_days"])
            if details.judges and far:
                progress[far].append(workspace)
        if progress:
            every = (f"{far} (workspace {', '.join(ids)})" for far, ids in progress.items())
            self.logger.info(PROGRESS, self.name, RUNS, "; ".join(every))

    # -- ids in the state ------------------------------------------------------------------------

    def _note_recent(self, rows: Rows, details: Details) -> None:
        """Note which rows the next run's window holds wholly."""
        first, latest = first_id(details.next_since), self.account.now() + OVERLAP
        for row in rows:
            if row.id.lower() < first:
                continue
            created = created_by_id(row.id)
            fresh = created and details.next_since <= created < latest
            if fresh and (not details.changes or row.id in details.changes.alive):
                details.recent[row.id] = None

    def _keep_fresh(
        self, partition: Partition, ids: Iterable[str], since: datetime
    ) -> Generator[Checkpoint, None, None]:
        """Keep, before any row is sent, which were created in the window that is read.

        The run may end early, and the next one reads the same window: no feed tells then that one
        of them was deleted.
        """
        fresh = created_since(ids, since)
        state = self._state_of(partition)
        state.pop("first", None)
        if fresh:
            self._keep_recent(partition, fresh)
            yield Checkpoint()

    def _keep_recent(self, partition: Partition, ids: Iterable[str]) -> None:
        if kept := dict.fromkeys((*self._recent_in(partition), *ids)):
            self._state_of(partition)["recent"] = [*kept]

    def _recent_in(self, partition: Partition) -> list[str]:
        found: list[str] = self._state_of(partition).get("recent", [])
        return found

    def _remember(self, partition: Partition, details: Details) -> None:
        state = self._state_of(partition)
        state.pop("recent", None)
        if details.recent:
            state["recent"] = list(details.recent)

    def _kept(self, partition: Partition, name: str) -> dict[str, datetime]:
        """Return ids in the state, the latest first, and since when they are deleted or missing."""
        kept: dict[str, str] = self._state_of(partition).get(name, {})
        return {ident: from_text(text) for ident, text in kept.items()}

    def _keep(self, partition: Partition, name: str, ids: Mapping[str, datetime]) -> None:
        """Keep ids in the state, the latest first."""
        state = self._state_of(partition)
        latest = sorted(ids, key=lambda one: (ids[one], one), reverse=True)[:KEPT]
        state.pop(name, None)
        if latest:
            state[name] = {one: to_text(ids[one]) for one in latest}

    def _keep_missing(self, partition: Partition, changes: EntryChanges) -> None:
        """Keep which entries the feeds named that neither came nor are deleted.

        They are given up when they are missing for longer than `RESTORABLE`, and say so.
        """
        known, now = self._kept(partition, "missing"), self.account.now()
        lost = {one: known.get(one, now) for one in (*known, *changes.lost)}
        missing = {one: lost[one] for one in lost.keys() - changes.alive - changes.deleted.keys()}
        again = {one: at for one, at in missing.items() if at >= now - RESTORABLE}
        self._keep(partition, "missing", again)
        for text, ids in (
            (MISSING, again.keys() - known),
            (GIVEN_UP, missing.keys() - self._kept(partition, "missing")),
        ):
            if ids:
                self.logger.warning(text, self.name, partition["workspaceId"], len(ids), min(ids))

    def _state_of(self, partition: Partition) -> dict[str, Any]:
        state: dict[str, Any] = self.get_context_state({"workspaceId": partition["workspaceId"]})
        return state


def _is_refusal(error: RequestError | ShapeError, limit: str) -> bool:
    """Return whether a run goes on without the feeds after an error of theirs.

    Credentials and quotas concern the lists as well; 400 may be a matter of the size of pages.
    """
    if is_bad_request(error):
        return limit == PAGE_SIZES[-1]
    refused = isinstance(error, StatusError) and error.status == HTTPStatus.UNAUTHORIZED
    return not (refused or isinstance(error, QuotaError))


def _is_lasting(error: RequestError | ShapeError) -> bool:
    """Return whether an error is a matter of the plan, the role or the Clockify that is asked."""
    return isinstance(error, StatusError) and error.status < HTTPStatus.INTERNAL_SERVER_ERROR


def _reason(error: RequestError | ShapeError) -> str:
    if is_no_route(error):
        return "this Clockify has no feeds of changes (404)"
    if isinstance(error, StatusError):
        refuses = "refuses them" if _is_lasting(error) else "fails"
        return f"Clockify {refuses} ({error.status})"
    return str(error).rstrip(".")


def _next_since(until: datetime, zone: BoundsZone) -> datetime:
    """Return from when on rows may come in the next run, which may be a year later."""
    return zone.window(until - OVERLAP, until + timedelta(days=366)).reached


def _batch(partition: Partition, ids: Sequence[str]) -> Request:
    """Return the request that reads entries again."""
    body = msgspec.json.encode({"timeEntryIds": ids})
    return Request("/workspaces/{workspaceId}/time-entries/batch", partition, body=body)
