"""How lists of Clockify are read: pages and envelopes."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from http import HTTPStatus
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import msgspec
from msgspec.structs import asdict

from tap_clockify import durations
from tap_clockify.hosts import NOT_IN_WORKSPACE
from tap_clockify.moving_lists import Seen, look_again
from tap_clockify.object_ids import by_id
from taps_common.errors import ShapeError, StatusError
from taps_common.http.request import Request
from taps_common.records.custom_columns import Columns
from taps_common.sync.steps import Ask, Fetch, Page, Plan
from taps_common.sync.stream import ChildStream, EndpointStream

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from tap_clockify.account import Account
    from tap_clockify.object_ids import Object
    from taps_common.http.request import Response, Service
    from taps_common.records.custom_columns import CustomColumn
    from taps_common.records.row_types import Breadcrumb, Row
    from taps_common.sdk import SdkTap
    from taps_common.sync.steps import (
        Bounds,
        Each,
        Partition,
        Partitions,
        Planning,
        Requests,
        Rows,
        Scope,
    )
    from taps_common.sync.stream import RecordStream

    Query: TypeAlias = tuple[tuple[str, str], ...]

PAGE_SIZE = 5000
"""Documented maximum (help page "How to retrieve more than 50 results via API")."""

SMALLEST_PAGE = 50
"""Documented default page size: a shorter first page is the only page."""


class ClockifyStream(EndpointStream):
    """A list below a workspace, read in pages as large as Clockify allows.

    Attributes:
        path: path template below the API's base URL.
        params: query parameters that make the list complete.
        paged: whether the route pages; the others ignore the parameters and send everything.
        page_size: the largest page that the route allows.
        smallest_page: the page size of the route where it ignores what is asked for: a shorter
            first page is the only page.
        size_name: how the route spells the parameter for it.
        posted: the body of a route that lists by POST; the page goes into it. None for GET.
        envelopes: names of the members that lead to the list, where it does not stand alone;
            several where it is spelled in several ways.
        single: whether the response is one object instead of a list.
        custom_columns: custom fields that have a column of their own.
        custom_fields: what holds them in a row.
        copied: columns that stand deeper in the row as well, and where, with dots between names.
        seconds: columns in seconds, and where in the row the ISO duration is that each is made of.
        turn: when it is read: the tables of time and what it is booked on before those that not
            every plan has, and what takes many requests last.
    """

    path: ClassVar[str]
    params: ClassVar[tuple[tuple[str, str], ...]] = ()
    paged: ClassVar[bool] = True
    page_size: ClassVar[int] = PAGE_SIZE
    smallest_page: ClassVar[int] = SMALLEST_PAGE
    size_name: ClassVar[str] = "page-size"
    posted: ClassVar[Mapping[str, object] | None] = None
    envelopes: ClassVar[tuple[tuple[str, ...], ...]] = ()
    single: ClassVar[bool] = False
    turn: ClassVar[int] = 0
    custom_columns: ClassVar[tuple[CustomColumn, ...]] = ()
    custom_fields: ClassVar[str] = ""
    copied: ClassVar[Mapping[str, str]] = MappingProxyType({})
    seconds: ClassVar[Mapping[str, str]] = MappingProxyType({})
    max_empty_pages = 3
    words = MappingProxyType(
        {
            "workspaceId": "workspace",
            "userId": "member",
            "projectId": "project",
            "invoiceId": "invoice",
            "policyId": "policy",
            "to": "slice",
            "since": "slice",
        }
    )

    def __init__(self, tap: SdkTap) -> None:
        super().__init__(tap)
        self._columns = Columns(self.custom_columns, self.name, self.logger)

    def complete(self, rows: Rows, partition: Partition) -> None:
        """Set the fields that the body lacks, and the columns that are made of others."""
        super().complete(rows, partition)
        self._columns.fill(rows, lambda row: fields_of(getattr(row, self.custom_fields)))
        decoded = {*type(rows[0]).__struct_fields__} if rows else set()
        for column in self.copied.keys() & decoded:
            names = self.copied[column].split(".")
            for row in rows:
                setattr(row, column, _value_at(row, names))
        for column in self.seconds.keys() & decoded:
            names = self.seconds[column].split(".")
            for row in rows:
                setattr(row, column, durations.of_iso(_value_at(row, names)))

    def needs_column(self, tables: Sequence[RecordStream], path: Breadcrumb) -> bool:
        """Return whether a field is needed, by a column that is made of it for example."""
        made = (*self.copied.items(), *self.seconds.items()) if self in tables else ()
        return super().needs_column(tables, path) or any(
            (*source.split("."),)[: len(path)] == path and self.selects((column,))
            for column, source in made
        )

    @property
    def account(self) -> Account:
        """What the tap knows of the account: workspaces, roles, hosts."""
        return self.tap.account  # type: ignore[attr-defined,no-any-return]  # Clockify's tap

    def scopes(self) -> Sequence[Scope]:
        """Return the workspaces."""
        return [{"workspaceId": ident} for ident in self.account.workspaces]

    def restrictions(self, scope: Scope) -> Sequence[object]:
        """Return the dates, and the workspaces that are named."""
        named = self.config.get("workspace_ids") or []
        return [*super().restrictions(scope), sorted(named)]

    @property
    def service(self) -> Service | None:
        """Where requests go, if not to the regular API."""
        return None

    def is_final(self, error: Exception) -> bool:
        """Return whether a host of its own has no such route: that holds for all workspaces."""
        return self.service is not None and is_no_route(error)

    def plan(self, scope: Scope, bounds: Bounds) -> Planning:
        """Return the partitions of a workspace, and whether a workspace is missing.

        Raises:
            TapError: the workspace cannot be read.
        """
        partitions = yield from self.plan_partitions(scope, bounds)
        return Plan(partitions, limit=self.account.lost_workspaces())

    def plan_partitions(self, scope: Scope, bounds: Bounds) -> Partitions:
        """Return the partitions of a workspace: one, unless a stream says otherwise."""
        yield from ()
        return [dict(scope)]

    def requests(self, partition: Partition, bounds: Bounds) -> Requests:
        """Yield the pages."""
        return self.pages(partition, bounds)

    def pages(
        self,
        partition: Partition,
        bounds: Bounds,
        each: Each = lambda rows: rows,
        body: Callable[[bytes], None] = lambda _: None,
        enough: Callable[[], bool] = lambda: False,
    ) -> Requests:
        """Yield the pages until `Last-Page` says so, or one is short where it does not say.

        Args:
            partition: what is asked for.
            bounds: what part of it.
            each: as in `Fetch`.
            body: as in `Fetch`.
            enough: returns whether what follows is not wanted.
        """
        seen = Seen(self.own_keys)
        asked: list[tuple[Request, int]] = []

        def note(rows: Rows) -> Rows:
            kept = each(rows)  # which may set the keys
            seen.note(rows)
            return kept

        again = self.needs_every_row(bounds)
        for number in count(1):
            request = self.request(partition, bounds, number)
            page: Page = yield Fetch(request, note if again else each, body)
            asked.append((request, seen.end_page()))
            if self.is_last(page) or enough():
                break
        if again and len(asked) > 1:
            yield from look_again(asked, seen, each, body)

    def ask_for_rows(
        self, partition: Partition, bounds: Bounds
    ) -> Generator[Ask, Response, dict[str, Object]]:
        """Ask for the pages of a list that is only looked at; return its rows by their ids.

        Raises:
            ShapeError: a page is not such a list, or came before.
        """
        found: dict[str, Object] = {}
        largest = 0
        for number in count(1):
            request = self.request(partition, bounds, number)
            page = self.open_page(request, (yield Ask(request)))
            try:
                rows = by_id(page.records)
            except ShapeError as error:
                raise ShapeError(
                    f"{request} answered 200, but the page is not usable: {error}"
                ) from None
            if rows and rows.keys() <= found.keys():
                raise ShapeError(
                    f"{request} sent the same page twice: its paging does not advance."
                )
            found |= rows
            page.count = len(rows)
            page.largest = largest = max(largest, page.count)
            if self.is_last(page):
                break
        return found

    def needs_every_row(self, bounds: Bounds) -> bool:
        """Return whether harm is done if a row hides from the pages: the next run brings it.

        With table versions it is called deleted until then, and so is what hangs on its id.
        """
        if self.keeps_ids:
            return bounds.proves or bool(self.config["emit_activate_version_messages"])
        return bounds.proves or any(table.version is not None for table in bounds.tables)

    def is_last(self, page: Page) -> bool:
        """Return whether no page follows."""
        short = page.count < max(self.smallest_page, page.largest)
        return not self.paged or (short if page.last is None else page.last)

    def query(self, partition: Partition, bounds: Bounds) -> Query:
        """Return the query parameters of a partition."""
        return self.params

    def body(
        self, partition: Partition, bounds: Bounds, page: Mapping[str, object]
    ) -> Mapping[str, object] | None:
        """Return what is posted for a page; None for a route that lists by GET.

        Args:
            partition: what is asked for.
            bounds: what part of it.
            page: number and size of the page, as the route spells them.
        """
        return None if self.posted is None else {**self.posted, **page}

    def request(self, partition: Partition, bounds: Bounds, number: int) -> Request:
        """Return the request for a page."""
        page = {"page": number, self.size_name: self.page_size} if self.paged else {}
        query, posted = self.query(partition, bounds), self.body(partition, bounds, page)
        if posted is not None:
            body = msgspec.json.encode(posted)
            return Request(self.path, partition, query, body=body, service=self.service)
        pairs = ((name, str(value)) for name, value in page.items())
        return Request(self.path, partition, (*query, *pairs), service=self.service)

    def open_page(self, request: Request, response: Response) -> Page:
        """Return the list of rows in a response, out of its envelope.

        Raises:
            ShapeError: it holds no such list.
        """
        last = last_page(response)
        if self.single:
            return Page(b"[%b]" % response.body, last)
        if not self.envelopes:
            return Page(response.body, last)
        try:
            return Page(rows_in(response.body, *self.envelopes), last)
        except ShapeError as error:
            raise ShapeError(
                f"{request} answered 200, but the page is not usable: {error}"
            ) from None


def _value_at(row: object, names: Sequence[str]) -> Any:  # noqa: ANN401 - of the row's type
    """Return what stands at a path in a row; None where an object on the way is null."""
    value: Any = row
    for name in names:
        value = value and getattr(value, name)
    return value


def fields_of(values: object) -> Iterator[tuple[str | None, object]]:
    """Return ids, names and values of custom fields, in whichever of their spellings they came."""
    for one in values if isinstance(values, list) else ():
        field = one if isinstance(one, dict) else asdict(one)
        for name in ("customFieldId", "id", "customFieldName", "name"):
            if isinstance(field.get(name), str):
                yield field[name], field.get("value")


class IdListStream(ClockifyStream):
    """A list that other streams read one partition each of."""

    keeps_ids = True


class ItemStream(ChildStream):
    """A table with a row for each object in a list that the parent's rows have.

    Attributes:
        owner: columns that say whose item it is, and the parent's fields that they copy.
    """

    items: ClassVar[str]
    owner: ClassVar[Mapping[str, str]]

    def child_rows(self, rows: Rows) -> list[Row]:
        """Return one row per item."""
        made: list[Row] = []
        for row in rows:
            owner = self.owner_of(row)
            made += [self.row(**asdict(item) | owner) for item in getattr(row, self.items) or ()]
        return made

    def owner_of(self, row: Row) -> dict[str, object]:
        """Return the columns that say whose items they are."""
        return {column: getattr(row, name) for column, name in self.owner.items()}


def last_page(response: Response) -> bool | None:
    """Return what the `Last-Page` header says, or None where there is none."""
    value = response.headers.get("Last-Page", "").strip().lower()
    return value == "true" if value in {"true", "false"} else None


def is_unknown_id(error: Exception) -> bool:
    """Return whether Clockify refused an id: deleted, or of another workspace."""
    return (
        isinstance(error, StatusError)
        and error.status == HTTPStatus.BAD_REQUEST
        and error.code == NOT_IN_WORKSPACE
    )


def is_bad_request(error: Exception) -> bool:
    """Return whether the service refused something that it was asked with."""
    return isinstance(error, StatusError) and error.status == HTTPStatus.BAD_REQUEST


def is_no_route(error: Exception) -> bool:
    """Return whether the route does not exist; what is gone was never seen to be a 404."""
    return isinstance(error, StatusError) and error.status == HTTPStatus.NOT_FOUND


def is_forbidden(error: Exception) -> bool:
    """Return whether the key's role, or the plan, does not allow a request."""
    return isinstance(error, StatusError) and error.status in {
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.FORBIDDEN,
    }


# -- envelopes -----------------------------------------------------------------------------------

COUNTS = ("count", "total", "workspaceWebhookCount")
"""What the number of rows is called beside a list."""


def rows_in(body: bytes, *paths: tuple[str, ...]) -> bytes:
    """Return the JSON text of the list inside an envelope; what is around it is only skipped.

    A list that stands alone is taken as it is. Null stands for a list that is counted as empty.

    Args:
        body: the response.
        paths: names of the members that lead to the list; several where spellings differ.

    Raises:
        ShapeError: the list is missing, or it is null and nothing says that it is empty.
    """
    if body[:64].lstrip()[:1] == b"[":
        return body
    for path in paths:
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            return _rows_at(path, _envelope(path).decode(body))
    raise ShapeError(f"expected an object with {'.'.join(paths[0])}")


def _rows_at(path: tuple[str, ...], found: Any) -> bytes:  # noqa: ANN401 - made by `_envelope`
    """Return the list that a path leads to in an envelope."""
    for name in path[:-1]:
        inner = getattr(found, name)
        if inner is None:
            return _empty(path, found)
        found = inner
    rows = bytes(getattr(found, path[-1]))
    if rows == b"null":
        return _empty(path, found)
    return rows


def _empty(path: tuple[str, ...], envelope: Any) -> bytes:  # noqa: ANN401 - made by `_envelope`
    """Return no rows where an envelope counts none beside a null."""
    counts = [getattr(envelope, name, None) for name in COUNTS]
    if not any(type(count) is int and count == 0 for count in counts):
        raise ShapeError(f"{'.'.join(path)} is null, and no count of 0 says that it is empty")
    return b"[]"


@cache
def _envelope(path: tuple[str, ...]) -> msgspec.json.Decoder[msgspec.Struct]:
    """Return what reads an envelope without reading the rows in it."""
    counts = [(name, object, None) for name in COUNTS]
    kind = msgspec.defstruct("Envelope", [(path[-1], msgspec.Raw), *counts])
    for name in reversed(path[:-1]):
        kind = msgspec.defstruct("Envelope", [(name, kind | None)])
    return msgspec.json.Decoder(kind)
