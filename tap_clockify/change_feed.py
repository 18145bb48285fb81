"""The feeds of entity changes (experimental): what was created, updated and deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import msgspec

from tap_clockify.client import rows_in
from tap_clockify.object_ids import CLOCKS_DIFFER, created_since
from tap_clockify.windows import parts
from taps_common.errors import ShapeError
from taps_common.http.request import Request
from taps_common.http.responses import json_problem
from taps_common.records.limits import check_values
from taps_common.sync.steps import Ask
from taps_common.timestamps import before, to_text

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, MutableMapping, Sequence

    from typing_extensions import Self

    from tap_clockify.account import Account
    from tap_clockify.bounds_zone import BoundsZone, Window
    from tap_clockify.windows import Slice
    from taps_common.http.request import Response
    from taps_common.http.responses import Problem
    from taps_common.sync.steps import Scope

PATH = "/workspaces/{workspaceId}/entities"

Event: TypeAlias = Literal["created", "updated", "deleted"]

EVENTS: tuple[Event, ...] = ("created", "updated", "deleted")

LONGEST = timedelta(days=30)
"""What is asked for at once; the documents name it as what a missing bound stands for."""

FEED_DELAY = timedelta(minutes=2)
"""How far before the present a read ends: deletions show up after about a minute (docs)."""

OVERLAP = CLOCKS_DIFFER
"""How far before the end of the last read the next one begins."""

ENTRY = "TIME_ENTRY"

ENTRY_TYPES = (ENTRY, "TIME_ENTRY_RATE", "TIME_ENTRY_CUSTOM_FIELD_VALUE")
"""Types of which a time entry is made; the guide calls only them supported."""

TYPES = (
    *("CLIENTS", "PROJECTS", "TAGS", "TASKS", "SCHEDULED_ASSIGNMENT", *ENTRY_TYPES),
    *("CUSTOM_FIELDS", "USER", "USER_GROUPS", "INVOICES", "APPROVAL_REQUESTS", "BALANCE"),
    *("HOLIDAYS", "PTO_POLICY", "TIME_OFF_REQUEST"),
)
"""All types that the parameter's description lists."""

PAGE_SIZES = ("5000", "1000", "200", "50")
"""What is asked for in turn: no maximum is known. A smaller page may come whatever is asked for."""

DEFAULT_PAGE_SIZE = 50
"""Documented; a page of fewer rows is the last one, if larger ones came before."""


class Audit(msgspec.Struct, rename="camel"):
    """When a row was created and updated."""

    created_at: datetime | None = None
    updated_at: datetime | None = None


class Change(msgspec.Struct, rename="camel"):
    """A row of a feed; what it says of the entity itself differs by type.

    The type is called `documentCode` on the wire and `documentType` in the guide.
    """

    id: str
    document_code: str | None = None
    document_type: str | None = None
    audit_metadata: Audit | None = None
    deleted_at: datetime | None = None
    deletion_bin_id: str | None = None
    document: msgspec.Raw = msgspec.Raw(b"null")
    time_entry_id: str | None = None
    time_interval: object = None

    @property
    def type(self) -> str | None:
        """The entity's type."""
        return self.document_code or self.document_type

    @property
    def known_type(self) -> str | None:
        """The type as `TYPES` has it, however it is spelled (`TIMEENTRY`, `time_entry`)."""
        return _TYPE_OF.get(_letters(self.type or ""))

    @property
    def entity(self) -> Entity:
        """What the row says of the entity's own fields: a removed one is the document."""
        try:
            return msgspec.json.decode(self.document, type=Entity)
        except msgspec.DecodeError:
            return Entity()

    @property
    def is_entry(self) -> bool:
        """Whether it is a time entry: by its type, or by its fields where the type is unknown."""
        if self.known_type:
            return self.known_type == ENTRY
        return any(isinstance(one.time_interval, dict) for one in (self, self.entity))

    @property
    def entry_id(self) -> str | None:
        """Id of the time entry that it is, or that it is a part of, if it says so."""
        if self.is_entry:
            return self.entity_id
        return self.time_entry_id or self.entity.time_entry_id

    @property
    def entity_id(self) -> str:
        """Id of the entity.

        What a removed document calls its own id goes before the row's, which may be that of the bin
        that the document is kept in.
        """
        entity = self.entity
        return entity.id or entity.raw_id or self.id

    @property
    def names_bin_only(self) -> bool:
        """Whether its only id is that of the bin."""
        entity = self.entity
        return self.id == self.deletion_bin_id and not (entity.id or entity.raw_id)

    def at(self, event: Event) -> datetime | None:
        """Return when it happened."""
        audit = self.audit_metadata or Audit()
        timestamp = {
            "created": audit.created_at,
            "updated": audit.updated_at,
            "deleted": self.deleted_at,
        }[event]
        return timestamp and in_utc(timestamp)


class Happened(NamedTuple):
    """A row of a feed, decoded and as it came."""

    event: Event
    change: Change
    row: bytes


class Found(NamedTuple):
    """What was found in the feeds.

    Attributes:
        rows: what happened.
        reached: from when on it may have happened.
        contradicted: whether it contradicted what was known of the zone.
    """

    rows: list[Happened]
    reached: datetime
    contradicted: bool


@dataclass
class Feeds:
    """The feeds of a workspace, and what is known of how they answer.

    Attributes:
        scope: the workspace.
        limit: rows that are asked for at once.
        zone: in which zone they read bounds.
        largest: most rows that a page ever held, up to the documented page size, by workspace; the
            state keeps it.
        silent: whether one answered without a body, and so did not say that nothing happened.
    """

    scope: Scope
    limit: str
    zone: BoundsZone
    largest: MutableMapping[str, int]
    silent: bool = False

    @classmethod
    def of(cls, account: Account, scope: Scope, limit: str) -> Self:
        """Return those of a workspace of an account."""
        return cls(scope, limit, account.bounds_zone(scope), account.feed_pages)

    def note(self, page: Sequence[bytes]) -> None:
        """Note how many rows a page holds."""
        ident = self.scope["workspaceId"]
        count = min(len(page), DEFAULT_PAGE_SIZE)
        self.largest[ident] = max(self.largest.get(ident, 0), count)

    def is_last(self, page: Sequence[bytes]) -> bool:
        """Return whether no page follows; what is asked for may be clamped without a word."""
        return not page or len(page) < self.largest[self.scope["workspaceId"]]


def in_utc(timestamp: datetime) -> datetime:
    """Return a timestamp in UTC, which it is in where it has no offset."""
    if timestamp.tzinfo is None:
        return timestamp.replace(tzinfo=timezone.utc)
    return timestamp.astimezone(timezone.utc)


class Entity(msgspec.Struct, rename="camel"):
    """What an entity's own fields say of time entries; `_id` is what the database calls its id."""

    id: str | None = None
    raw_id: str | None = msgspec.field(name="_id", default=None)
    time_entry_id: str | None = None
    time_interval: object = None


def _letters(name: str) -> str:
    """Return a type's name in upper case, without what stands between its words."""
    return "".join(filter(str.isalnum, name)).upper()


_TYPE_OF = {_letters(name): name for name in TYPES}


def feed(
    feeds: Feeds, event: Event, types: Sequence[str], start: datetime, end: datetime, limit: str
) -> Generator[Ask, Response, list[bytes]]:
    """Ask for a feed; return its rows as they came.

    What is deleted meanwhile leaves the feed, and others move to pages that were read already: more
    than one page is read again until nothing new comes.

    Args:
        feeds: those of the workspace.
        event: which of them.
        types: what it is to tell of.
        start: its window's begin.
        end: its window's end.
        limit: rows that are asked for at once.

    Raises:
        ShapeError: a response is not a feed, or the paging does not advance.
    """
    query = _query(types, start, end, limit)
    found: dict[bytes, None] = {}
    while True:
        known = len(found)
        read = yield from _pages(feeds, event, query, found)
        if read <= 1 or len(found) == known:
            return list(found)


def _query(
    types: Sequence[str], start: datetime, end: datetime, limit: str
) -> tuple[tuple[str, str], ...]:
    return (
        *(("type", one) for one in types),
        ("start", to_text(start.replace(microsecond=0))),
        ("end", to_text(end.replace(microsecond=0))),
        ("limit", limit),
    )


def _page(
    feeds: Feeds, event: Event, query: tuple[tuple[str, str], ...], number: int
) -> Generator[Ask, Response, list[bytes]]:
    """Ask for a page; return its rows."""
    params = (*query, ("page", str(number)))
    request = Request(f"{PATH}/{event}", feeds.scope, params, proof=_problem)
    response = yield Ask(request)
    if not response.body.strip():
        feeds.silent = True
        return []
    try:
        bare = rows_in(response.body, ("response",))
        check_values(bare)
        rows = [*map(bytes, msgspec.json.decode(bare, type=list[msgspec.Raw]))]
    except (ShapeError, msgspec.DecodeError):
        raise ShapeError(f"{request} did not send a feed of changes.") from None
    feeds.note(rows)
    return rows


def _problem(body: bytes) -> Problem | None:
    """Return why a body is not a feed; one that is empty (204, or 200 without a body) is."""
    return json_problem(body) if body.strip() else None


def _pages(
    feeds: Feeds,
    event: Event,
    query: tuple[tuple[str, str], ...],
    found: dict[bytes, None],
) -> Generator[Ask, Response, int]:
    """Ask for each page once, the first of which is 0 or 1; return how many have rows.

    Raises:
        ShapeError: a full page comes again.
    """
    trail: set[bytes] = set()
    page = 0
    while True:
        rows = yield from _page(feeds, event, query, page)
        found |= dict.fromkeys(rows)
        if feeds.is_last(rows):
            return page + bool(rows)
        if trail.issuperset(rows) and page > 1:
            if len(rows) < DEFAULT_PAGE_SIZE:  # of a feed that does not page
                return 1
            raise ShapeError(
                f"GET {PATH}/{event} sent the same page twice: its paging does not advance."
            )
        trail.update(rows)
        page += 1


def learn_zone(feeds: Feeds, until: datetime) -> Generator[Ask, Response, None]:
    """Find out in which zone bounds are read, by an entry that was created in the last 30 days.

    Nothing happens if that is known and still holds, or there is none.

    Raises:
        TapError: a feed, or the profile of the key's owner, cannot be read.
    """
    zone = feeds.zone
    if zone.moved:
        zone.forget()
    if zone.learned:
        return
    limit = str(DEFAULT_PAGE_SIZE)
    query = _query(ENTRY_TYPES, before(until, LONGEST), until, limit)
    rows = yield from _page(feeds, "created", query, 0)
    for change in map(change_of, rows):
        if at := change.at("created"):
            break
    else:
        return

    def comes(since: datetime, until: datetime) -> Generator[Ask, Response, bool]:
        rows = yield from feed(feeds, "created", ENTRY_TYPES, since, until, limit)
        return any(change_of(row).id == change.id for row in rows)

    yield from zone.learn(at, comes)


def happened(
    feeds: Feeds, events: Sequence[Event], types: Sequence[str], span: Slice
) -> Generator[Ask, Response, Found]:
    """Ask for what happened in a span of time, in whatever zone the feeds read bounds.

    If a row shows that it is not the zone that was learned, it is learned anew, and all is asked
    for again.

    Args:
        feeds: those of the workspace.
        events: what happened.
        types: to what.
        span: its begin and its end.

    Raises:
        TapError: the feeds cannot be read.
    """
    zone = feeds.zone
    window = zone.window(*span)
    found = yield from _in_window(feeds, events, types, window)
    contradicted = zone.learned and contradict(found, window)
    if contradicted:
        zone.forget()
        yield from learn_zone(feeds, window.until)
        window = zone.window(*span)
        found = yield from _in_window(feeds, events, types, window)
    return Found(found, window.reached, contradicted)


def _in_window(
    feeds: Feeds, events: Sequence[Event], types: Sequence[str], window: Window
) -> Generator[Ask, Response, list[Happened]]:
    found: list[Happened] = []
    for start, end in parts(*window.bounds, LONGEST):
        for event in events:
            rows = yield from feed(feeds, event, types, start, end, feeds.limit)
            found += (Happened(event, change_of(row), row) for row in rows)
    return found


def contradict(found: Iterable[Happened], window: Window) -> bool:
    """Return whether something came that cannot if bounds are read in the zone that was learned.

    What was updated may have been updated again since. Of types other than time entries, nothing
    says which of their timestamps a feed goes by.
    """
    for event, change, _ in found:
        if change.known_type not in {None, *ENTRY_TYPES}:
            continue
        at = change.at(event)
        if at and event == "updated":
            at = min(at, window.until)
        if at and window.excludes(at):
            return True
    return False


def change_of(row: bytes) -> Change:
    """Return a row of a feed.

    Raises:
        ShapeError: it has no id, or a time that is not a timestamp, or not one in UTC's calendar.
    """
    try:
        change = msgspec.json.decode(row, type=Change)
        for event in EVENTS:
            change.at(event)
    except (msgspec.DecodeError, OverflowError) as error:
        raise ShapeError(f"A row of the feeds of changes is not usable: {error}") from None
    return change


class EntryChanges:
    """What happened to time entries since a point in time.

    Args:
        recent: ids of entries that were sent before and created within what is read now: if they
            are deleted since, no feed says so (documented).

    Attributes:
        touched: entries that were created or updated, or of which a rate or a custom field's value
            was, in the order of the feeds; with what the feeds say of it.
        deleted: entries that were deleted.
        alive: entries that came, by their ids or in a list.
        brought: those that came by their ids.
        reached: from when on the feeds were read.
        edits: whether they tell that any entry was updated.
    """

    reached: datetime
    edits: bool = False

    def __init__(self, recent: Iterable[str]) -> None:
        self.touched: dict[str, Audit] = {}
        self.deleted: dict[str, Change] = {}
        self.alive: set[str] = set()
        self.brought: set[str] = set()
        self._recent = list(recent)
        self._gone: dict[str, datetime] = {}
        self._sure: set[str] = set()

    @property
    def told(self) -> set[str]:
        """Every id that the feeds name."""
        return {*self.touched, *self.deleted}

    @property
    def of_bins(self) -> list[str]:
        """Those of `deleted` that may be bins: which entries were deleted is not known then."""
        return [one for one, change in self.deleted.items() if change.names_bin_only]

    @property
    def ids(self) -> list[str]:
        """The entries to be read again."""
        return list(dict.fromkeys((*filter(self._sure.__contains__, self.touched), *self._recent)))

    @property
    def guesses(self) -> list[str]:
        """Ids of rows that do not say which entry they are or are a part of: it may be theirs."""
        return [one for one in self.touched if one not in self._sure]

    @property
    def doubtful(self) -> list[str]:
        """Those that the feeds call deleted and that did not come: one may be restored by now."""
        return [one for one in self.deleted if one not in self.alive]

    @property
    def lost(self) -> list[str]:
        """What the feeds name, and neither came nor is deleted."""
        return [one for one in self.touched if one not in self.alive and one not in self.deleted]

    @property
    def missing(self) -> list[str]:
        """Those of `lost` that are entries."""
        return [one for one in self.lost if one in self._sure]

    def read(self, feeds: Feeds, span: Slice) -> Generator[Ask, Response, bool]:
        """Read the feeds; return whether they contradicted what was known of the zone.

        Raises:
            TapError: they cannot be read.
        """
        found = yield from happened(feeds, EVENTS, ENTRY_TYPES, span)
        self.reached = found.reached
        self._recent = created_since(self._recent, found.reached)
        for event, change, _ in found.rows:
            self._note(event, change)
        return found.contradicted

    @property
    def deletions(self) -> dict[str, datetime]:
        """When the entries were deleted that `gone` returned the rows of."""
        return self._gone

    def gone(self, now: datetime) -> list[bytes]:
        """Return the last known rows of entries that are deleted, once those that live are read.

        Args:
            now: when those are called deleted of which no feed says when.
        """
        every = {**{id_: Change(id_) for id_ in self._recent}, **self.deleted}
        gone = {id_: change for id_, change in every.items() if id_ not in self.alive}
        self._gone = {id_: change.at("deleted") or now for id_, change in gone.items()}
        return [_last_known(id_, change) for id_, change in gone.items()]

    def complete(self, entries: Iterable[Any], *, listed: bool = False) -> None:
        """Set on entries what the feeds say of them.

        Args:
            entries: some that were read, or the last known rows of deleted ones.
            listed: whether they came in a list, and so live, whatever was said before.
        """
        for entry in entries:
            audit = self.touched.get(entry.id) or Audit()
            known = {"createdAt": audit.created_at, "updatedAt": audit.updated_at}
            gone = None if listed else self._gone.get(entry.id)
            if gone:
                known["_sdc_deleted_at"] = gone
            else:
                self.alive.add(entry.id)
                if not listed:
                    self.brought.add(entry.id)
            for name, timestamp in known.items():
                if hasattr(entry, name):  # it is selected
                    setattr(entry, name, timestamp)

    def _note(self, event: Event, change: Change) -> None:
        if change.known_type not in {None, *ENTRY_TYPES}:
            return  # nobody asked for it
        self.edits |= event == "updated"
        ident = change.entry_id
        if ident and change.is_entry and event == "deleted":
            self.deleted[ident] = change
            return
        if ident:
            self._sure.add(ident)
        audit = self.touched.setdefault(ident or change.id, Audit())
        if change.is_entry:
            audit.created_at = change.at("created") or audit.created_at
            timestamps = (audit.updated_at, change.at("updated"))
        else:
            timestamps = (audit.updated_at, change.at(event))
        audit.updated_at = max(filter(None, timestamps), default=None)


def _last_known(ident: str, change: Change) -> bytes:
    """Return the row of an entry as it was when it was deleted, its id at least."""
    try:
        document = msgspec.json.decode(change.document, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        document = {}
    document.pop("_id", None)
    return msgspec.json.encode({**document, "id": ident})
