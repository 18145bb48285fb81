"""The feeds of changes as tables: whatever was created, updated or deleted."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from tap_clockify import rows
from tap_clockify.change_feed import (
    ENTRY_TYPES,
    LONGEST,
    OVERLAP,
    SETTLED,
    TYPES,
    Audit,
    change_of,
    feed,
)
from tap_clockify.permissions import GatedStream
from tap_clockify.windows import Slice, parts
from taps_common.sync.state import before, from_text, to_text
from taps_common.errors import ShapeError, StatusError
from taps_common.http.session import Request, Response
from taps_common.sync.progress import Cost

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from tap_clockify.change_feed import Change, Event
    from tap_clockify.client import Take
    from tap_clockify.tap import TapClockify
    from taps_common.sync.state import Scope, Window
    from taps_common.sync.concurrency import Walk
    from taps_common.sync.engine import Reading


class Feed(GatedStream):
    """A log of what happened, read from where the last run ended, in slices of 30 days at most.

    The first run begins at `start_date`, or as far back as feeds are said to be kept.

    Attributes:
        events: which feeds are read.
        cut: whether a slice ends where the last run did: no feed tells the deletion of what was
            created in the same slice.
    """

    events: ClassVar[tuple[Event, ...]]
    cut: ClassVar[bool] = False
    sliced = True

    def __init__(self, tap: TapClockify) -> None:
        super().__init__(tap)
        self._types: dict[str, Sequence[str]] = {}

    @property
    def lookback(self) -> timedelta:
        """How far before its bookmark the stream is read again."""
        return OVERLAP

    @property
    def versioned(self) -> bool:
        """False: a log grows, and what it does not keep any more did happen."""
        return False

    def latest(self, rows_read: Sequence[Any]) -> datetime | None:
        """Return None: the bookmark is up to when the feeds were read."""

    def partitions_in(self, scope: Scope, reading: Reading) -> Iterable[dict[str, str]]:
        """Return the slices of the time since the last run."""
        window = reading.window
        if window is None or not list(super().partitions_in(scope, reading)):
            return []
        slices = self.slices(window.since or window.start, window.began)
        window.latest = until = self._until(window.began)
        if window.since and self.cut:
            mark = min(window.since + OVERLAP, until)
            slices = [*parts(window.since, mark, LONGEST), *parts(mark, until, LONGEST)]
        return [{**scope, "until": to_text(end), "since": to_text(start)} for start, end in slices]

    def slices(self, since: datetime | None, began: datetime) -> list[Slice]:
        """Return the slices of the time since a moment, or for as long as feeds are kept."""
        kept = timedelta(days=self.config["changes_kept_days"])
        return list(parts(since or before(began, kept), self._until(began), LONGEST))

    def _until(self, began: datetime) -> datetime:
        settled = began - SETTLED
        return min(settled, self.tap.end_date or settled)

    def pages(self, partition: Scope, window: Window | None, take: Take) -> Walk:
        """Request the feeds of a slice."""
        ident = partition["workspaceId"]
        for event in self.events:
            request = Request(f"/workspaces/{{workspaceId}}/entities/{event}", partition)
            cost = Cost()
            try:
                found = yield from self._feed(partition, event, cost)
            except StatusError as error:
                if error.status != HTTPStatus.BAD_REQUEST or ident in self._types:
                    raise
                self.logger.warning(
                    "%s: %s Only the types of time entries are asked for in workspace %s.",
                    *(self.name, error, ident),
                )
                self._types[ident] = ENTRY_TYPES
                cost.add(error.cost)
                found = yield from self._feed(partition, event, cost)
            home = {"workspaceId": ident}
            rows_read = [home | self.row_of(event, change_of(row), row) for row in found]
            take(request, Response(msgspec.json.encode(rows_read), {}, cost), last=True)

    def _feed(
        self, partition: Scope, event: Event, cost: Cost
    ) -> Generator[Request, Response, list[bytes]]:
        types = self._types.get(partition["workspaceId"], TYPES)
        start, end = from_text(partition["since"]), from_text(partition["until"])
        return feed(partition, event, types, start, end, cost)

    def is_refusal(self, error: StatusError, ident: str) -> bool:
        """Tell whether an error means plan or role, or a Clockify without the route."""
        return error.status == HTTPStatus.NOT_FOUND or super().is_refusal(error, ident)

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
    cursor = "at"
    events = ("created", "updated")

    def row_of(self, event: Event, change: Change, row: bytes) -> dict[str, object]:
        """Return what was created or updated."""
        audit = change.audit_metadata or Audit()
        return {
            "change": event,
            "type": change.type or "",
            "id": change.id,
            "at": _moment(change.at(event) or change.at("created"), change),
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
    cursor = "deletedAt"
    events = ("deleted",)
    cut = True

    def row_of(self, event: Event, change: Change, row: bytes) -> dict[str, object]:
        """Return what was deleted."""
        return {
            "type": change.type or "",
            "id": change.id,
            "deletedAt": _moment(change.at(event), change),
            "deletionBinId": change.deletion_bin_id,
            "document": bytes(change.document).decode(),
        }


def _moment(moment: datetime | None, change: Change) -> datetime:
    if moment is None:
        raise ShapeError(f"A feed does not say when {change.type} {change.id} changed.")
    return moment
