"""Streams: the rows of an entity set, and its custom fields as rows of their own."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from tap_clicktime import query
from tap_clicktime.client import cursor_of, envelope_of, service_root
from tap_clicktime.completeness import Completeness, Received
from tap_clicktime.custom_fields import kind_of, pairs, without_annotations
from tap_clicktime.links import LinkedPages, absolute, next_request
from tap_clicktime.slices import dates_are_comparable, slices_of, sorts
from taps_common.errors import ShapeError, SkippedError, StatusError, UnreachableError
from taps_common.records.codec import PageDecoder
from taps_common.records.custom_columns import Columns
from taps_common.records.json_text import text_of
from taps_common.records.row_types import attribute_of
from taps_common.records.utc import in_utc
from taps_common.sync.steps import Again, Ask, Fetch, Page, Plan
from taps_common.sync.stream import ChildStream, EndpointStream

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
    from datetime import datetime

    from tap_clicktime.metadata import EntitySet
    from tap_clicktime.slices import Slice
    from taps_common.errors import RequestError
    from taps_common.http.request import Request, Response
    from taps_common.records.custom_columns import CustomColumn
    from taps_common.records.row_types import Row
    from taps_common.sdk import SdkTap
    from taps_common.sync.steps import Bounds, Partition, Planning, Requests, Rows, Scope, Span

OVERLAP = timedelta(hours=1)
"""How far before its bookmark a list with a modification stamp is read again: clocks differ, stamps
have more digits than are kept, and what a transaction wrote shows when it ends."""

SLICE = "dated"
"""What a slice is called in messages and state."""


@dataclass(frozen=True)
class Details:
    """What the reads of a set's partitions have to know.

    Attributes:
        dated: whether the cursor's dates can be compared.
        slices: the parts that a long list is cut into, by name.
    """

    dated: bool
    slices: Mapping[str, Slice]


class EntityStream(EndpointStream):
    """The rows of an entity set.

    Attributes:
        entity_set: what `$metadata` says about it.
        cut_by: the property by whose date a full read is cut into slices, if it is.
        follows_changes: whether the cursor moves whenever a row changes.
        by_date: whether the cursor is a date that stays where it is.
        custom_columns: custom fields that have a column of their own.
        custom_fields: the properties that hold custom fields, the best one first.
        window_filter: the condition of the window that was read last; empty where all of it was.
    """

    lenient = True
    sliced = True
    words = MappingProxyType({SLICE: "slice"})
    alternatives = query.ALTERNATIVES
    entity_set: ClassVar[EntitySet]
    cut_by: ClassVar[str | None] = None
    follows_changes: ClassVar[bool] = False
    by_date: ClassVar[bool] = False
    custom_columns: ClassVar[tuple[CustomColumn, ...]] = ()
    custom_fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, tap: SdkTap) -> None:
        super().__init__(tap)
        self._columns = Columns(self.custom_columns, self.name, self.logger)
        self._said: set[str] = set()
        self._seeks = False
        self.window_filter = ""

    @property
    def lookback(self) -> timedelta:
        """How far before its bookmark the set is read again."""
        return OVERLAP if self.follows_changes else super().lookback

    def cursor_of(self, row: Any) -> datetime | None:  # noqa: ANN401 - a row of the narrowed type
        """Return the cursor of a row."""
        return cursor_of(getattr(row, attribute_of(str(self.cursor))))

    def latest(self, rows: Rows) -> datetime | None:
        """Return the latest cursor of a page."""
        found = set(map(attrgetter(attribute_of(str(self.cursor))), rows))  # few dates, many rows
        return max((at for value in found if (at := cursor_of(value))), default=None)

    def expects(self, path: str) -> bool:
        """Return whether a member is an annotation, or a property that the settings leave out."""
        return "@" in path or path in self.entity_set.properties

    @property
    def never_null(self) -> Collection[str]:
        """The properties that `$metadata` says are never null."""
        return {*self.entity_set.properties} - self.entity_set.nullable

    def skip_reason(
        self, error: RequestError, partition: Partition, *, known: bool
    ) -> SkippedError | None:
        """Return why the set is left out: the token's user has not the right or the module."""
        if isinstance(error, StatusError) and error.status == HTTPStatus.FORBIDDEN:
            return SkippedError(
                "the token's user may not read it (403): it needs a role, a right or a module",
                whole=True,
            )
        return None

    # -- what is read ----------------------------------------------------------------------------

    def plan(self, scope: Scope, bounds: Bounds) -> Planning:
        """Return the whole list, or its slices where all of a long one is read."""
        slices: dict[str, Slice] = {}
        self.window_filter = ""
        dated = not self.cursor or (yield from dates_are_comparable(self.entity_set, self.cursor))
        if not dated:
            self.tap.say(
                f"{self.name}: texts in {self.cursor} are not ISO dates: all of it is read"
            )
        elif self.cut_by and (bounds.window is None or bounds.window.since is None):
            size = self.config["page_size"]
            found = yield from slices_of(self.entity_set, self.cut_by, bounds.window, size)
            slices = {str(one): one for one in found}
        if dated and bounds.window:
            self.window_filter = self._within(bounds)
        return Plan([{SLICE: name} for name in slices] or [{}], details=Details(dated, slices))

    def covers(self, scope: Scope, bounds: Bounds) -> Span | None:
        """Return the dates that were asked for, where the cursor is a date that stays."""
        return (bounds.since, bounds.until) if self.by_date and bounds.details.dated else None

    def allows(self, options: Mapping[str, str], partition: Partition) -> bool:
        """Return whether a partition can do without some options: a slice needs its `$filter`."""
        return SLICE not in partition or options["$filter"] == query.SENT

    def refused_options(
        self, error: RequestError, partition: Partition, *, first: bool
    ) -> Collection[str]:
        """Return all options where the service refuses the question; links have none."""
        status = error.status if first and isinstance(error, StatusError) else None
        refusals = query.REFUSALS if self._seeks else query.NOT_UNDERSTOOD
        return query.OPTIONS if status in refusals else ()

    def on_alternative(self, options: Mapping[str, str], scope: Scope, error: RequestError) -> str:
        """Return which options the service does not take."""
        sizes = {query.PAGE_SIZE: f"{query.PAGE_SIZE} ({self.config['page_size']})"}
        names = (sizes.get(name, name) for name in _left_out(options))
        return f"the service takes no {', '.join(names)}"

    def requests(self, partition: Partition, bounds: Bounds) -> Requests:
        """Follow the links of a list, or of a slice, then see whether all of it came.

        Where a link expired, it goes on at the last date.
        """
        way = self._way(bounds)
        received = Received(
            self._keys_of if self.own_keys else None, page_size=self.config["page_size"]
        )
        while True:
            try:
                yield from self._pages(partition, bounds, way, received)
            except StatusError as error:
                if error.status == HTTPStatus.INTERNAL_SERVER_ERROR and not way.follows_link:
                    self._seeks = self._seeks or (yield from self._answers_without_options())
                if not way.expired(error) or not self.own_keys or way.begin_again():
                    raise
                if way.by and not (yield from sorts(self.entity_set, way.by)):
                    way.reached = None
                going = f"goes on at {way.reached:%Y-%m-%d}" if way.reached else "begins again"
                self.logger.warning("%s: a link expired; the list %s", self.name, going)
                received.begin_again(goes_on=way.reached is not None)
                yield Again(goes_on=way.reached is not None)
            else:
                break
        completeness = Completeness(
            self,
            received,
            params=dict(self._params(partition, bounds, self._way(bounds))),
            page_size=self.config["page_size"],
            without=_left_out(bounds.options),
        )
        yield from completeness.prove(
            keys=self._must_not_miss(bounds),
            further=self._calls_gone(bounds) and SLICE not in partition,
        )

    def _pages(
        self, partition: Partition, bounds: Bounds, way: LinkedPages, received: Received
    ) -> Requests:
        """Ask the first question, and follow links to the last page."""
        way.follows_link = False
        request = self._question(partition, bounds, way)
        while True:
            page: Page = yield Fetch(
                request, lambda rows: received.note(way.note(rows)), received.note_body
            )
            self._seeks = False
            received.note_page(page)
            if page.link is None:
                return
            request = next_request(request, page.link)
            way.follows_link = True

    def _answers_without_options(self) -> Generator[Ask, Response, bool]:
        """Return whether the service answers a question without options: one of them is to blame.

        Otherwise it is down, and not asked in every other form.
        """
        for params in ((("$top", "1"),), ()):
            request = replace(query.question(self.entity_set, *params), patient=False)
            with suppress(StatusError, UnreachableError):
                yield Ask(request)
                return True
        return False

    def open_page(self, request: Request, response: Response) -> Page:
        """Return the rows of a response, and the address of the next page.

        Raises:
            ShapeError: it is not a page, or the link is not an address of the service.
        """
        envelope = envelope_of(request, response, with_lists=self.entity_set.lists)
        link = envelope.link
        if link:
            root, rewrite = service_root(self.config), self.config["rewrite_links"]
            try:
                link = absolute(link, response.url, root, rewrite=rewrite)
            except ShapeError as error:
                raise ShapeError(f"{request}: {error}") from None
            except ValueError:
                raise ShapeError(
                    f"{request}: the link to the next page is not an address."
                ) from None
        records = bytes(envelope.value)
        return Page(records, last=not link, link=link or None, total=envelope.count)

    def read_keys(self, page: Page) -> Sequence[object]:
        """Return the keys of the rows of a page, which need not hold anything else."""
        names = {*self.own_keys, *(path.partition("/")[0] for path, _ in self.entity_set.key)}
        decoder = PageDecoder(self.row, lambda path: path[0] in names, lenient=self.lenient)
        rows = decoder.decode(page.records)
        self.complete(rows, {})
        return self._keys_of(rows)

    def _keys_of(self, rows: Rows) -> Sequence[object]:
        return list(map(attrgetter(*map(attribute_of, self.own_keys)), rows))

    def could_not(self, text: str) -> None:
        """Say once what could not be verified."""
        if text not in self._said:
            self._said.add(text)
            self.tap.say(f"{self.name}: {text}")

    def _must_not_miss(self, bounds: Bounds) -> bool:
        """Return whether no later run may bring a row that this one misses, or it is deleted."""
        return bounds.window is not None or self._calls_gone(bounds)

    def _calls_gone(self, bounds: Bounds) -> bool:
        """Return whether what does not come may be called gone."""
        return bounds.proves or bool(self.config["emit_activate_version_messages"])

    def _way(self, bounds: Bounds) -> LinkedPages:
        """Return what rows are asked for in the order of: their key where all are read.

        A date moves when its row is edited, and a bookmark can only go on at a date. Rows are only
        known to be unchanged in the order in which later runs read them.
        """
        details: Details = bounds.details
        if not details.dated or bounds.options["$orderby"] != query.SENT:
            return LinkedPages(None)
        incremental = bounds.window is not None and bounds.window.since is not None
        compared = self.config["skip_unchanged"] and not self.follows_changes
        if incremental or (bounds.window is not None and compared):
            return LinkedPages(self.cursor)
        return LinkedPages(None, otherwise=self.cut_by or self.cursor)

    def _question(self, partition: Partition, bounds: Bounds, way: LinkedPages) -> Request:
        """Return the first request of a partition."""
        question = query.question(
            self.entity_set,
            *self._params(partition, bounds, way),
            page_size=self.config["page_size"],
            without=_left_out(bounds.options),
        )
        return replace(question, patient=not self._seeks)

    def _params(
        self, partition: Partition, bounds: Bounds, way: LinkedPages
    ) -> Iterator[tuple[str, str]]:
        """Yield the query options of the first request of a partition."""
        entity_set, details = self.entity_set, bounds.details
        part = details.slices.get(partition.get(SLICE, ""))
        conditions = []
        if part and self.cut_by:
            dated = query.between(entity_set, self.cut_by, part.low, part.high)
            conditions.append(dated or f"{self.cut_by} eq null")
        if bounds.window and details.dated:
            conditions.append(self._within(bounds))
        if way.by and way.reached:
            conditions.append(query.between(entity_set, way.by, way.reached, None, or_null=True))
        yield "$filter", " and ".join(condition for condition in conditions if condition)
        yield "$orderby", ",".join(query.total_order(entity_set, way.by))
        yield "$select", query.selection(entity_set, bounds.columns)
        yield "$count", "true"

    def _within(self, bounds: Bounds) -> str:
        """Return the condition of a window: rows without a date, or with a zero, are in each."""
        if not self.cursor:
            return ""
        low, high = bounds.since, bounds.until
        return query.between(self.entity_set, self.cursor, low, high, or_null=True, or_zero=True)

    # -- rows ------------------------------------------------------------------------------------

    def strip(self, rows: Rows, text: bytes) -> None:
        """Leave annotations out of objects."""
        if not rows or b"@" not in text:
            return
        objects = {attribute_of(name) for name in self.entity_set.objects}
        for name in objects & {*type(rows[0]).__struct_fields__}:
            for row in rows:
                setattr(row, name, without_annotations(getattr(row, name)))

    def complete(self, rows: Rows, partition: Partition) -> None:
        """Copy keys out of objects, and custom fields into columns of their own."""
        there = {*type(rows[0]).__struct_fields__} if rows else set()
        for path, alias in self.entity_set.key:
            if attribute_of(alias) in there and alias != path:
                for row in rows:
                    setattr(row, attribute_of(alias), _inside(row, path))
        for name in self.entity_set.timestamp_keys:
            if (attribute := attribute_of(name)) in there:
                for row in rows:
                    setattr(row, attribute, _exact(name, getattr(row, attribute)))
        self._columns.fill(rows, self.custom_fields_of)

    def custom_fields_of(self, row: object) -> Iterator[tuple[str | None, object]]:
        """Return names and values of a row's custom fields, from whichever property holds them."""
        held = (getattr(row, name, None) for name in self.custom_fields)
        return pairs(next((value for value in held if value), None))


def _left_out(options: Mapping[str, str]) -> list[str]:
    return sorted(name for name in query.OPTIONS if options[name] == query.LEFT_OUT)


def _inside(row: object, path: str) -> object:
    """Return what a path of a key leads to.

    Raises:
        ShapeError: it leads nowhere in this row.
    """
    value: Any = row
    for name in path.split("/"):
        inside = isinstance(value, dict)
        value = value.get(name) if inside else getattr(value, attribute_of(name), None)
    if value is None:
        raise ShapeError(f"a row without {path}")
    return value


def _exact(name: str, text: str) -> str:
    """Return a timestamp in UTC with all its digits: equal ones have the same text.

    Raises:
        ShapeError: no calendar has it, or in UTC it lies outside of the calendar.
    """
    try:
        return in_utc(text, exact=True)
    except ValueError:
        raise ShapeError(f"a row whose {name} is not a timestamp in UTC") from None


class CustomFieldStream(ChildStream):
    """Custom fields of the rows of a set, one row each.

    Attributes:
        parent: the set's stream.
        owner: this table's columns that come from the row itself, and the properties they copy.
    """

    parent: ClassVar[type[EntityStream]]
    owner: ClassVar[dict[str, str]]

    def child_rows(self, rows: Rows) -> list[Row]:
        """Return one row per custom field; without a name where they cannot be read."""
        return list(self._rows_of(rows))

    def _rows_of(self, rows: Rows) -> Iterator[Row]:
        parent = self.tap.stream_of(self.parent)
        owner = {attribute_of(column): attribute_of(name) for column, name in self.owner.items()}
        for row in rows:
            own = {column: getattr(row, name) for column, name in owner.items()}
            for name, value in parent.custom_fields_of(row):
                yield self.row(Name=name, Value=text_of(value), ValueType=kind_of(value), **own)
