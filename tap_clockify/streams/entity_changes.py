"""The feeds of changes as tables: whatever was created, updated or deleted."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

import msgspec

from tap_clockify.change_feed import (
    ENTRY_TYPES,
    FEED_DELAY,
    LONGEST,
    OVERLAP,
    PAGE_SIZES,
    TYPES,
    Audit,
    Feeds,
    happened,
    learn_zone,
)
from tap_clockify.client import is_bad_request, is_no_route
from tap_clockify.permissions import PermittedStream
from tap_clockify.rows import entity_changes as rows
from tap_clockify.streams.by_changes import OTHER_ZONE
from tap_clockify.windows import Slice, parts
from taps_common.errors import ShapeError, SkippedError, StatusError
from taps_common.http.request import Request
from taps_common.sync.steps import Plan, Write
from taps_common.timestamps import before, from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tap_clockify.change_feed import Change, Event
    from taps_common.errors import RequestError
    from taps_common.sync.steps import Bounds, Partition, Planning, Requests, Rows, Scope

NO_FEEDS = "this Clockify has no feeds of changes (404)"

ALL_TYPES, ENTRIES_ONLY = "all", "time entries"


class Feed(PermittedStream):
    """A log of what happened, read from where the last run ended, in slices of 30 days at most.

    The first run begins at `start_date`, or as far back as feeds are said to be kept.

    Attributes:
        events: which feeds are read.
        cut: whether a slice ends where the last run did: no feed tells the deletion of what was
            created in the same slice.
    """

    events: ClassVar[tuple[Event, ...]]
    cut: ClassVar[bool] = False
    size_name = "limit"
    sliced = True
    alternatives = tuple(
        {"types": types, "limit": limit}
        for types in (ALL_TYPES, ENTRIES_ONLY)
        for limit in PAGE_SIZES
    )

    @property
    def lookback(self) -> timedelta:
        """How far before its bookmark the stream is read again."""
        return OVERLAP

    @property
    def is_whole_table(self) -> bool:
        """False: a log grows, and what it does not keep any more did happen."""
        return False

    def latest(self, rows_read: Rows) -> datetime | None:
        """Return None: the bookmark is up to when the feeds were read."""

    def plan(self, scope: Scope, bounds: Bounds) -> Planning:
        """Return the slices of the time since the last run."""
        plan: Plan = yield from super().plan(scope, bounds)
        with suppress(StatusError, ShapeError):  # the slices say what is wrong with the feeds
            feeds = Feeds.of(self.account, scope, bounds.options["limit"])
            yield from learn_zone(feeds, _until(bounds))
        window = bounds.window
        slices = self.slices(bounds)
        plan.latest = until = _until(bounds)
        if window is not None and window.since and self.cut:
            mark = min(window.since + OVERLAP, until)
            slices = [*parts(window.since, mark, LONGEST), *parts(mark, until, LONGEST)]
        plan.partitions = [
            {**scope, "until": to_text(end), "since": to_text(start)} for start, end in slices
        ]
        return plan

    def slices(self, bounds: Bounds) -> list[Slice]:
        """Return the slices of the time since the lower bound, or for as long as feeds are kept."""
        kept = timedelta(days=self.config["changes_kept_days"])
        since = bounds.since or before(bounds.began, kept)
        return list(parts(since, _until(bounds), LONGEST))

    def refused_options(
        self, error: RequestError, partition: Partition, *, first: bool
    ) -> Collection[str]:
        """Return all options where a feed refuses what it is asked for."""
        return ("types", "limit") if is_bad_request(error) else ()

    def on_alternative(self, options: Mapping[str, str], scope: Scope, error: RequestError) -> str:
        """Return which types and how many rows are asked for."""
        only = options["types"] == ENTRIES_ONLY
        types = "Only the types of time entries" if only else "All types"
        return (
            f"{error} {types} are asked for in workspace {scope['workspaceId']}, "
            f"{options['limit']} rows at once."
        )

    def requests(self, partition: Partition, bounds: Bounds) -> Requests:
        """Ask for the feeds of a slice, and write their rows."""
        types = TYPES if bounds.options["types"] == ALL_TYPES else ENTRY_TYPES
        start, end = from_text(partition["since"]), from_text(partition["until"])
        home = {"workspaceId": partition["workspaceId"]}
        feeds = Feeds.of(self.account, home, bounds.options["limit"])
        for event in self.events:
            found = yield from happened(feeds, (event,), types, (start, end))
            if found.contradicted:
                self.logger.warning(OTHER_ZONE, self.name, home["workspaceId"])
            rows_read = [home | self.row_of(event, change, row) for _, change, row in found.rows]
            request = Request(f"/workspaces/{{workspaceId}}/entities/{event}", partition)
            yield Write(msgspec.json.encode(rows_read), request)

    def skip_reason(
        self, error: RequestError, partition: Partition, *, known: bool
    ) -> SkippedError | None:
        """Return why the feeds are left out: not having them says nothing about the plan."""
        if is_no_route(error):
            return SkippedError(NO_FEEDS, whole=True, rest=True)
        return super().skip_reason(error, partition, known=known)

    def row_of(self, event: Event, change: Change, row: bytes) -> dict[str, object]:
        """Return a row of the table.

        Args:
            event: what happened.
            change: a row of the feed.
            row: the same, as it came.

        Raises:
            ShapeError: it does not say when it happened.
        """
        raise NotImplementedError


class EntityChanges(Feed):
    """Whatever was created or updated, of all types that Clockify keeps a feed of."""

    name = "entity_changes"
    row = rows.EntityChange
    path = "/workspaces/{workspaceId}/entities/updated"
    primary_keys = ("workspaceId", "change", "type", "id", "at")
    replication_key = "at"
    events = ("created", "updated")

    def row_of(self, event: Event, change: Change, row: bytes) -> dict[str, object]:
        """Return what was created or updated."""
        audit = change.audit_metadata or Audit()
        return {
            "change": event,
            "type": change.type or "",
            "id": change.id,
            "at": _timestamp(change.at(event) or change.at("created"), change),
            "createdAt": audit.created_at,
            "updatedAt": audit.updated_at,
            "document": row.decode(),
        }


class EntityDeletions(Feed):
    """Whatever was deleted, of all types that Clockify keeps a feed of."""

    name = "entity_deletions"
    row = rows.EntityDeletion
    path = "/workspaces/{workspaceId}/entities/deleted"
    primary_keys = ("workspaceId", "type", "id", "deletedAt")
    replication_key = "deletedAt"
    events = ("deleted",)
    cut = True

    def row_of(self, event: Event, change: Change, row: bytes) -> dict[str, object]:
        """Return what was deleted."""
        return {
            "type": change.type or "",
            "id": change.entity_id,
            "deletedAt": _timestamp(change.at(event), change),
            "deletionBinId": change.deletion_bin_id,
            "document": bytes(change.document).decode(),
        }


def _until(bounds: Bounds) -> datetime:
    until = bounds.began - FEED_DELAY
    return min(until, bounds.until or until)


def _timestamp(timestamp: datetime | None, change: Change) -> datetime:
    if timestamp is None:
        raise ShapeError(f"A feed does not say when {change.type} {change.id} changed.")
    return timestamp


STREAMS = (EntityChanges, EntityDeletions)
