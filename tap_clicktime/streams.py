"""Streams: the rows of an entity set, and its custom fields as rows of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from tap_clicktime import query
from tap_clicktime.client import absolute, has_more, moment_of, next_request, page_of, service_root
from tap_clicktime.custom_fields import kind_of, pairs, text_of, without_annotations
from tap_clicktime.headway import Headway
from tap_clicktime.slices import dates_are_read, slices_of, sorts
from taps_common.errors import ShapeError, StatusError
from taps_common.rows import attribute_of
from taps_common.stream import Source, Unwound

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from datetime import datetime

    from tap_clicktime.custom_fields import Lifted
    from tap_clicktime.metadata import EntitySet
    from tap_clicktime.slices import Slice
    from taps_common.bookmarks import Scope, Window
    from taps_common.errors import RequestError
    from taps_common.fetch import Walk
    from taps_common.http import Request, Response
    from taps_common.reading import Reading
    from taps_common.rows import Row
    from taps_common.tap import ApiTap

OVERLAP = timedelta(hours=1)
"""How far before its bookmark a list with a modification stamp is read again: clocks differ, stamps
have more digits than are kept, and what a transaction wrote shows when it ends."""

EMPTY_PAGES = 100
"""Empty pages in a row, each with a link to another, before a walk is called broken."""

SLICE = "dated"
"""What a slice is called in messages and state."""


class EntityStream(Source):
    """The rows of an entity set.

    Attributes:
        entity_set: what `$metadata` says about it.
        cut_by: the property by whose date a full reading is cut into slices, if it is.
        follows_changes: whether the cursor moves whenever a row changes.
        lifted: custom fields that have a column of their own.
        custom_fields: the properties that hold custom fields, the best one first.
    """

    lenient = True
    sliced = True
    optional = True
    entity_set: ClassVar[EntitySet]
    cut_by: ClassVar[str | None] = None
    follows_changes: ClassVar[bool] = False
    lifted: ClassVar[tuple[Lifted, ...]] = ()
    custom_fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, tap: ApiTap) -> None:
        super().__init__(tap)
        self._given_up = query.NO_OPTIONS
        self._slices: dict[str, Slice] = {}
        self._headways: dict[str, Headway] = {}
        self._misfits: set[str] = set()
        self._annotated = True
        self._dated = True

    @property
    def path(self) -> str:
        """The set's address below the service's."""
        return f"/{self.entity_set.name}"

    @property
    def lookback(self) -> timedelta:
        """How far before its bookmark the set is read again."""
        return OVERLAP if self.follows_changes else super().lookback

    def moment(self, row: Any) -> datetime | None:  # noqa: ANN401 - a row of the narrowed type
        """Return the cursor of a row."""
        return moment_of(getattr(row, attribute_of(str(self.cursor))))

    def latest(self, rows: Sequence[Any]) -> datetime | None:
        """Return the latest cursor of a page."""
        found = set(map(attrgetter(attribute_of(str(self.cursor))), rows))  # few dates, many rows
        return max((at for value in found if (at := moment_of(value))), default=None)

    def expects(self, path: str) -> bool:
        """Tell whether a member that no type declares is an annotation."""
        return "@" in path

    def refusal(self, error: RequestError, *, known: bool) -> str | None:
        """Return why the set is left out: the token's user has not the right or the module."""
        if isinstance(error, StatusError) and error.status == HTTPStatus.FORBIDDEN:
            return "the token's user may not read it (403): it needs a role, a right or a module"
        return None

    def is_foreseen(self, scope: Scope) -> bool:
        """Tell whether it is a list that is read as a whole."""
        return not self.cursor and not self.cut_by

    def is_whole(self, response: Response) -> bool:
        """Tell whether an answer is the only page of its list."""
        return not has_more(response)

    # -- slices ----------------------------------------------------------------------------------

    def partitions_in(self, scope: Scope, reading: Reading) -> Iterable[dict[str, str]]:
        """Return the whole list, or its slices where all of a long one is read."""
        window = reading.window
        self._slices = {}
        self._dated = not self.cursor or dates_are_read(self.entity_set, self.cursor, reading)
        if not self._dated:
            self.logger.warning(
                "%s: texts in %s are no ISO dates: all of it is read", self.name, self.cursor
            )
        elif self.cut_by and (window is None or window.since is None):
            size = self.tap.config["page_size"]
            slices = slices_of(self.entity_set, self.cut_by, reading, size)
            self._slices = {str(one): one for one in slices}
        return [{SLICE: name} for name in self._slices] or [{}]

    # -- walks -----------------------------------------------------------------------------------

    def walk(self, partition: Scope, window: Window | None, reading: Reading) -> Walk:
        """Read a list, or a slice of it; where a link expired, go on from the last date."""
        headway = self._headways[self.partition_id(partition)] = Headway()
        while True:
            try:
                yield from self._pages(partition, window, reading, headway)
            except StatusError as error:
                if not headway.expired(error) or not self.own_keys or headway.begin_again():
                    raise
                if headway.by and not sorts(self.entity_set, headway.by, reading):
                    headway.reached = None
                going = (
                    f"goes on at {headway.reached:%Y-%m-%d}" if headway.reached else "begins again"
                )
                self.logger.warning("%s: a link expired; the walk %s", self.name, going)
                reading.begin_again(partition, error, goes_on=headway.reached is not None)
            else:
                return

    def _pages(
        self, partition: Scope, window: Window | None, reading: Reading, headway: Headway
    ) -> Walk:
        """Follow links from a question to the last page.

        Raises:
            ShapeError: a link was followed before (NO-LOOP), or pages stay empty.
        """
        headway.follows = False
        request, response = yield from self._begin(partition, window, reading, headway)
        followed: set[str] = set()
        empty = 0
        while True:
            link, rows = self._take(request, response, partition, reading)
            if link is None:
                return
            empty = 0 if rows else empty + 1
            if empty >= EMPTY_PAGES:
                raise ShapeError(f"{request}: {empty} empty pages in a row, none of them the last.")
            try:
                link = absolute(link, response.url, service_root(self.tap.config))
            except ValueError:
                raise ShapeError(f"{request}: the link to the next page is no address.") from None
            if link in followed:
                raise ShapeError(f"{request}: the link to the next page leads back.")
            followed.add(link)
            request = next_request(request, link)
            del response  # a page is not kept while the walk waits for its next turn
            headway.follows = True
            response = yield request

    def _take(
        self, request: Request, response: Response, partition: Scope, reading: Reading
    ) -> tuple[str | None, int]:
        """Hand a page on; return the link to the next one, if there is one, and its rows."""
        page = page_of(request, response, with_lists=self.entity_set.lists)
        rows_only = replace(response, body=bytes(page.value))
        self._annotated = b"@" in rows_only.body
        return page.link, reading.take(request, rows_only, partition, last=not page.link)

    def _begin(
        self, partition: Scope, window: Window | None, reading: Reading, headway: Headway
    ) -> Generator[Request, Response, tuple[Request, Response]]:
        """Ask the first question of a walk."""
        part = self._slices.get(partition.get(SLICE, ""))
        request = self._question(part, window, reading, headway)
        needed = frozenset({"$filter"} if part else ())
        request, response, given_up = yield from query.understood(
            request, self._given_up, needed, reading.outcome
        )
        if given_up != self._given_up:
            self._given_up = given_up
            self.logger.warning(
                "%s: the service takes no %s", self.name, ", ".join(sorted(given_up))
            )
        if "$orderby" in given_up:
            headway.by = headway.reached = None
        return request, response

    def _question(
        self, part: Slice | None, window: Window | None, reading: Reading, headway: Headway
    ) -> Request:
        """Return the first request of a walk."""
        entity_set = self.entity_set
        if not self._dated:
            window = None
        headway.by = self.cursor if window and window.since else self.cut_by or self.cursor
        headway.by = headway.by if self._dated else None
        conditions = []
        if part and self.cut_by:
            dated = query.between(entity_set, self.cut_by, part.low, part.high)
            conditions.append(dated or f"{self.cut_by} eq null")
        if window and self.cursor:
            low, high = window.since or window.start, window.end
            conditions.append(query.between(entity_set, self.cursor, low, high, or_null=True))
        if headway.by:
            conditions.append(
                query.between(entity_set, headway.by, headway.reached, None, or_null=True)
            )
        wanted = [field.encode_name for field in msgspec.structs.fields(reading.fields)]
        return query.question(
            entity_set,
            ("$filter", " and ".join(condition for condition in conditions if condition)),
            ("$orderby", ",".join(query.total_order(entity_set, headway.by))),
            ("$select", query.selection(entity_set, wanted)),
            page_size=self.tap.config["page_size"],
        )

    # -- rows ------------------------------------------------------------------------------------

    def complete(self, rows: Sequence[Any], partition: Scope) -> None:
        """Copy keys out of objects, leave annotations out of objects, lift custom fields."""
        there = {*type(rows[0]).__struct_fields__} if rows else set()
        for path, alias in self.entity_set.key:
            if attribute_of(alias) in there and alias != path:
                for row in rows:
                    setattr(row, attribute_of(alias), _inside(row, path))
        objects = {attribute_of(name) for name in self.entity_set.objects}
        for name in objects & there if self._annotated else ():
            for row in rows:
                setattr(row, name, without_annotations(getattr(row, name)))
        if lifted := [one for one in self.lifted if attribute_of(one.column) in there]:
            for row in rows:
                found = dict(self.custom_fields_of(row))
                for one in lifted:
                    setattr(row, attribute_of(one.column), self._read(one, found.get(one.field)))

    def custom_fields_of(self, row: object) -> Iterator[tuple[str | None, object]]:
        """Return names and values of a row's custom fields, from whichever property holds them."""
        held = (getattr(row, name, None) for name in self.custom_fields)
        return pairs(next((value for value in held if value), None))

    def _read(self, lifted: Lifted, value: object) -> object:
        try:
            return lifted.read(value)
        except (msgspec.ValidationError, ArithmeticError):
            if lifted.column not in self._misfits:
                self._misfits.add(lifted.column)
                self.logger.warning(
                    "%s: values of the custom field %r are no %s, sent as null",
                    *(self.name, lifted.field, lifted.type),
                )
            return None

    def remember(self, rows: Sequence[Any], partition: Scope) -> None:
        """Note how far a walk came: it goes on from there if its link expires."""
        if headway := self._headways.get(self.partition_id(partition)):
            headway.passes(rows)


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


class CustomFieldStream(Unwound):
    """Custom fields of the rows of a set, one row each.

    Attributes:
        unwinds: the set's stream.
        owner: this table's columns that come from the row itself, and the properties they copy.
    """

    unwinds: ClassVar[type[EntityStream]]
    owner: ClassVar[dict[str, str]]

    def rows_from(self, rows: Sequence[Any]) -> list[Row]:
        """Return one row per custom field; without a name where they cannot be read."""
        return list(self._rows_of(rows))

    def _rows_of(self, rows: Sequence[Any]) -> Iterator[Row]:
        source = self.source
        assert isinstance(source, EntityStream)  # noqa: S101 - what `unwinds` says
        owner = {attribute_of(column): attribute_of(name) for column, name in self.owner.items()}
        for row in rows:
            own = {column: getattr(row, name) for column, name in owner.items()}
            for name, value in source.custom_fields_of(row):
                yield self.row(Name=name, Value=text_of(value), ValueType=kind_of(value), **own)
