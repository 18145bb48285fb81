"""Reading by what changed: replication method LOG_BASED."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.catalog import REPLICATION_LOG_BASED

from tap_clockify.changes import (
    OVERLAP,
    SETTLED,
    EntryChanges,
    created_by_id,
    created_since,
)
from tap_clockify.client import ClockifyStream, is_forbidden, is_unknown_id
from taps_common.bookmarks import before, from_text, to_text
from taps_common.errors import StatusError, TapError
from taps_common.http import Request, Response
from taps_common.progress import Cost

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence
    from datetime import datetime

    from singer_sdk.singerlib import Catalog, MetadataMapping

    from tap_clockify.tap import TapClockify
    from taps_common.bookmarks import Scope, Window
    from taps_common.fetch import Walk
    from taps_common.reading import Reading
    from taps_common.stream import Table

DELETED_AT = "_sdc_deleted_at"
FROM_FEEDS = ("createdAt", "updatedAt", DELETED_AT)
"""Columns that only the feeds of changes fill."""

BATCH = 100
"""Entries that are read again at once; no maximum is known, and fewer are asked for if refused."""


class ByChanges(ClockifyStream):
    """A stream that may be read by what changed since the last run, however old it is.

    The first run reads all. The bookmark is the moment up to which the feeds of changes were read.
    Beside it the state keeps, as `recent`, the ids of rows that were sent and created within what
    the next run reads: no feed tells of something that was created and deleted in the same window;
    and as `first`, until a first reading is whole, up to when the feeds are left to the next run.

    Attributes:
        reads_changes: whether what is read now is what changed, which goes out whatever its date:
            an edit may move a row out of the dates that are read, where the target has it.
    """

    def __init__(self, tap: TapClockify) -> None:
        super().__init__(tap)
        self.reads_changes = False
        self._changes: dict[str, EntryChanges] = {}
        self._recent: dict[str, dict[str, None]] = {}
        self._next_since: datetime | None = None  # where the next run's window begins

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

    def apply_catalog(self, catalog: Catalog) -> None:
        """Take what the catalog says; columns that the method does not fill are left out."""
        super().apply_catalog(catalog)
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
        """What is selected: without a catalog, no column that only LOG_BASED fills."""
        found = super().metadata
        for name in FROM_FEEDS:
            column = found.get(("properties", name))
            if column and column.selected_by_default is None:
                column.selected_by_default = False
        return found

    def walks_in(self, scope: Scope) -> Iterable[dict[str, str]]:
        """Return the walks of a workspace that bring all rows."""
        raise NotImplementedError

    def partitions_in(self, scope: Scope, reading: Reading) -> Iterable[dict[str, str]]:
        """Return the walks that bring all rows, or one over all changes.

        Raises:
            TapError: what is walked over, or the changes, could not be read.
        """
        self._changes.pop(scope["workspaceId"], None)
        self._next_since = None
        self.reads_changes = False
        if self.by_changes:
            self._check(reading.tables)
        if self.by_changes and reading.window and self._has_changes(scope, reading.window, reading):
            return [dict(scope)]
        return self.walks_in(scope)

    def _check(self, tables: Iterable[Table]) -> None:
        """Make sure that nothing in settings and catalog keeps changes from arriving.

        Raises:
            TapError: something does.
        """
        if self.selected and not self.selects((DELETED_AT,)):
            raise TapError(f"The catalog of {self.name} has no {DELETED_AT}: discover again.")
        if self.tap.end_date:
            raise TapError(
                f"end_date does not go with LOG_BASED: what {self.name} hold after it would not "
                "arrive once it is lifted. Remove end_date, or the replication method."
            )
        if whole := [table.name for table in tables if table.full]:
            raise TapError(
                f"{', '.join(whole)} cannot be FULL_TABLE while {self.name}, of whose rows it is "
                "made, are LOG_BASED: give them the same method."
            )

    def _has_changes(self, scope: Scope, window: Window, reading: Reading) -> bool:
        """Read the feeds of changes if they hold all since the last run; or tell what to read."""
        ident = scope["workspaceId"]
        kept = self.config["changes_kept_days"]
        oldest = before(window.began, timedelta(days=kept))
        until = window.began - SETTLED
        if window.since is None:
            until = self._first(ident, until, oldest)
            self.tap.save_state(now=window.version is None)  # or else after the version's message
        window.latest, self._next_since = until, until - OVERLAP
        recent = self._recent_in(ident)
        self._recent[ident] = dict.fromkeys(recent)
        if window.since is None:  # the first run
            return False
        since = window.since
        changes = EntryChanges(recent)
        try:
            if since < oldest:
                reason = f"they are kept for {kept} days (changes_kept_days)"
            else:
                changes.read(scope, since, until, reading)
                self._changes[ident], self._recent[ident] = changes, {}
                self.reads_changes = True
                window.done = [one for one in window.known if one != ident]
                return True
        except StatusError as error:
            if not is_forbidden(error) and error.status != HTTPStatus.NOT_FOUND:
                raise
            reason = f"Clockify refuses them ({error.status})"
            window.latest, self._next_since = None, since  # the next run begins there, if it may
        self._recent[ident] = dict.fromkeys(created_since(recent, self._next_since))
        window.since = before(since, super().lookback)
        self.logger.warning(
            "%s: the changes of workspace %s since %s cannot be read: %s. Entries that start since "
            "%s are read instead; edits of older ones, and deletions, are not seen. A full refresh "
            "brings them; the deletions with emit_activate_version_messages only.",
            *(self.name, ident, to_text(since), reason, to_text(window.since)),
        )
        return False

    def walk(self, partition: Scope, window: Window | None, reading: Reading) -> Walk:
        """Read a list, or what changed."""
        ident = partition["workspaceId"]
        changes = self._changes.get(ident)
        if changes is None or window is None or window.since is None:
            yield from super().walk(partition, window, reading)
            return
        self._prepare(ident, changes.ids, window.since)
        try:
            yield from self._touched(partition, changes, reading)
            yield from self._batches(partition, changes.guesses, reading)
            yield from self._restored(partition, changes, reading)
        except StatusError as error:  # not of a walk that one might leave out
            reading.begin_again(partition, error)
            raise TapError(str(error)) from None
        if gone := changes.gone(self.tap.clock.now()):
            body = b"[%b]" % b",".join(gone)
            request = Request("/workspaces/{workspaceId}/entities/deleted", partition)
            reading.take(request, Response(body, {}, Cost()), partition, last=True)
        if lost := changes.lost:
            self.logger.warning(
                "%s: the feeds of changes of workspace %s name %d entries, or parts of some, that "
                "neither came nor are called deleted; the first id is %s. If an entry was deleted "
                "just now, the next run says so. Else the target keeps what it has of it: a full "
                "refresh with emit_activate_version_messages brings what is right.",
                *(self.name, ident, len(lost), lost[0]),
            )
        self._remember(ident)

    def _touched(self, partition: Scope, changes: EntryChanges, reading: Reading) -> Walk:
        """Read rows by their ids; those that are gone by now are not among the answers.

        What should be there and did not come is asked for again, as long as that brings something:
        an answer may hold fewer rows than were asked for.

        Raises:
            TapError: nothing comes, since every single id is refused.
        """
        ids = changes.ids
        while ids:
            refused = yield from self._batches(partition, ids, reading)
            missing = changes.missing
            if refused and missing and not changes.alive:
                raise TapError(str(refused))
            ids = missing if len(missing) < len(ids) and changes.alive else []

    def _batches(
        self, partition: Scope, ids: Sequence[str], reading: Reading
    ) -> Generator[Request, Response, StatusError | None]:
        """Read rows by ids, in smaller batches if refused; return what refused a single one."""
        refused, most = None, BATCH
        while ids:
            part = ids[:most]
            request = _batch(partition, part)
            try:
                response = yield request
            except StatusError as error:
                if not is_unknown_id(error):
                    raise
                reading.begin_again(partition, error)
                if len(part) > 1:
                    most = len(part) // 2
                else:
                    refused, ids, most = error, ids[1:], BATCH
                continue
            reading.take(request, response, partition)
            ids = ids[most:]
        return refused

    def _restored(self, partition: Scope, changes: EntryChanges, reading: Reading) -> Walk:
        """Read entries that were deleted and are there again; nobody knows what feeds say of them.

        If the service refuses ids that it does not know, the feed's word holds.
        """
        ids = changes.doubtful
        try:
            for begin in range(0, len(ids), BATCH):
                request = _batch(partition, ids[begin : begin + BATCH])
                reading.take(request, (yield request), partition)
        except StatusError as error:
            if not is_unknown_id(error):
                raise
            reading.begin_again(partition, error)

    def complete(self, rows_read: Sequence[Any], partition: Scope) -> None:
        """Set what the feeds say, and note which rows the next run's window holds wholly."""
        super().complete(rows_read, partition)
        if self._next_since is None:
            return
        ident = partition["workspaceId"]
        changes = self._changes.get(ident)
        if changes:
            changes.complete(rows_read)
        latest = self.tap.clock.now() + OVERLAP
        for row in rows_read:
            created = created_by_id(row.id)
            fresh = created and self._next_since <= created < latest
            if fresh and (not changes or row.id in changes.alive):
                self._recent[ident][row.id] = None
        if not changes:  # of a reading that may be interrupted
            self._remember(ident)

    def latest(self, rows_read: Sequence[Any]) -> datetime | None:
        """Return the latest cursor of a page, unless that is not what the bookmark holds."""
        return None if self.by_changes else super().latest(rows_read)

    def _first(self, ident: str, until: datetime, oldest: datetime) -> datetime:
        """Return where changes are read from after a first reading, and keep it until it is whole.

        A reading that fails has sent rows already, and may be begun anew: what is deleted until
        then is told by the feeds since the first attempt only.
        """
        state = self.get_context_state({"workspaceId": ident})
        first = state.get("first")
        if first and state.get("replication_key") != self.bookmark and from_text(first) > oldest:
            until = min(from_text(first), until)
        state["first"] = to_text(until)
        return until

    def _prepare(self, ident: str, ids: Iterable[str], since: datetime) -> None:
        """Keep, before any row is sent, which were created in the window that is read.

        The run may end early, and the next one reads the same window: no feed tells then that one
        of them was deleted.
        """
        fresh = created_since(ids, since)
        state = self.get_context_state({"workspaceId": ident})
        state.pop("first", None)
        if fresh:
            state["recent"] = list(dict.fromkeys((*self._recent_in(ident), *fresh)))
            self.tap.save_state(now=True)

    def _recent_in(self, ident: str) -> list[str]:
        found: list[str] = self.get_context_state({"workspaceId": ident}).get("recent", [])
        return found

    def _remember(self, ident: str) -> None:
        state = self.get_context_state({"workspaceId": ident})
        state.pop("recent", None)
        if recent := self._recent[ident]:
            state["recent"] = list(recent)


def _batch(partition: Scope, ids: Sequence[str]) -> Request:
    """Return the request that reads entries again."""
    body = msgspec.json.encode({"timeEntryIds": ids})
    return Request("/workspaces/{workspaceId}/time-entries/batch", partition, body=body)
