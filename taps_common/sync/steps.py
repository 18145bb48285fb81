"""What a stream says and hears: the steps of reading a partition, and what they bring.

A stream is read by generators. `EndpointStream.requests` yields the requests of a partition one
after another and receives a `Page` for each; the engine sends, decodes, checks and writes. Whatever
else a stream needs is a step as well:

    page = yield request              a page of records, written as they are decoded: `Page`
    page = yield Fetch(request, each) the same; `each` gets the rows of a part before they go out
    response = yield Ask(request)     a response that is not a page of records: `Response`
    page = yield Write(rows)          records that the stream made of earlier responses: `Page`
    yield Again()                     pages that follow may repeat earlier ones of the partition
    yield Checkpoint()                the state is written at once
    yield Covered(span)               no other rows of this part of the partition exist
    yield Limit(reason)               what came is not all there is, though nothing failed
    ids = yield ListOf(Projects)      what the engine knows of a list in this scope: `dict`

An error of a step is raised where the generator yielded it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

    from taps_common.http.cost import Cost
    from taps_common.http.request import Request
    from taps_common.sdk import SdkStream
    from taps_common.sync.state import Window

Scope: TypeAlias = Mapping[str, str]
"""What one bookmark covers, by the names of the route: a workspace, or nothing in particular."""

Partition: TypeAlias = Mapping[str, str]
"""What one series of pages covers, by the names of the route: a member, a slice of dates."""

Span: TypeAlias = "tuple[datetime | None, datetime | None]"
"""A part of a table by its cursor: its first time, and its end; None where it has none."""

Rows: TypeAlias = Sequence[Any]
"""Rows of the stream's type, narrowed to the columns that anybody needs."""

Each: TypeAlias = Callable[[Rows], Rows]
"""Takes the rows of each decoded part and returns those that go out."""


def _all(rows: Rows) -> Rows:
    return rows


def _nothing(body: bytes) -> None:
    del body


@dataclass
class Page:
    """A page of records.

    Attributes:
        records: the rows, as a JSON array; empty once they were read.
        last: whether the service says that it is the last one; None where it does not say.
        link: the address of the next page, where the service names it.
        total: how many rows the service counts in all pages, where it does.
        count: number of rows.
        largest: most rows on any page of the partition so far.
    """

    records: bytes
    last: bool | None = None
    link: str | None = None
    total: int | None = None
    count: int = 0
    largest: int = 0


class Ask(NamedTuple):
    """A question whose response is not a page of records."""

    request: Request


class Fetch(NamedTuple):
    """A page of records whose rows the stream wants to see, or to change, before they go out.

    Attributes:
        request: what is asked.
        each: sees the rows, and may change them.
        body: takes the JSON array that each decoded part was, once its rows were written.
    """

    request: Request
    each: Each = _all
    body: Callable[[bytes], None] = _nothing


class Write(NamedTuple):
    """Records that came with earlier responses.

    Attributes:
        rows: rows of the stream's type, or a JSON array of records.
        request: what messages name as the source of a JSON array.
        each: as in `Fetch`.
    """

    rows: Rows | bytes
    request: Request | None = None
    each: Each = _all


class Again(NamedTuple):
    """The partition begins again: pages may come that came before.

    Attributes:
        goes_on: whether it goes on about where it ended, instead of at its first page.
        repeats: whether rows may go out that went out before.
    """

    goes_on: bool = False
    repeats: bool = True


class Checkpoint(NamedTuple):
    """The state has to be written before anything else is."""


class Covered(NamedTuple):
    """A part of the partition was read to its end, beside the window: `completed_windows` has it.

    Attributes:
        span: the part, by the cursor.
    """

    span: Span


class Limit(NamedTuple):
    """What came is not all there is, though nothing failed: the table gets no version.

    Attributes:
        reason: why, in words.
    """

    reason: str


class ListOf(NamedTuple):
    """The ids of another stream's rows in this scope, in the order of its list.

    The engine reads the list once per run, whoever needs it first. What comes back maps each id to
    what `EndpointStream.summary` keeps of the row.
    """

    stream: type[SdkStream]


@dataclass
class Plan:
    """What is read of a scope.

    Attributes:
        partitions: in the order in which they are begun.
        limit: why this is not all there is, in words; then the table gets no version.
        since: the lower bound, if it is not the bookmark's.
        latest: where the bookmark moves at least, even if no cursor is seen that is as late.
        ids: what `ListOf` answers about this stream, if its rows alone do not say it.
        dated: whether the dates of the settings bound the rows; not where changes are read, which
            go out whatever their date: an edit may move a row out of the dates, where the target
            has it.
        spent: what was spent on the scope before it was planned.
        covered: ids of partitions that the bookmark goes on to speak for without being read.
        details: what the stream has to know when it reads the partitions.
    """

    partitions: Sequence[Partition]
    limit: str | None = None
    since: datetime | None = None
    latest: datetime | None = None
    ids: Mapping[str, object] | None = None
    dated: bool = True
    spent: Sequence[Cost] = ()
    covered: Sequence[str] = ()
    details: Any = None


@dataclass(frozen=True)
class Bounds:
    """What part of a scope or a partition is read, and how.

    Attributes:
        since: lower bound, inclusive; None from the beginning.
        start: lower bound from the settings, inclusive.
        until: upper bound from the settings, exclusive.
        began: when the read began; a bookmark never passes it.
        columns: names of the columns that are decoded.
        row: type of the rows, with these columns only.
        tables: the tables that are written.
        options: the alternative that is taken: what an option is called, and its value.
        details: what the plan says the stream has to know.
        window: the whole of what is read of the scope, where the stream has a bookmark.
        proves: whether what does not come may be called gone without a table version.
    """

    since: datetime | None
    start: datetime | None
    until: datetime | None
    began: datetime
    columns: frozenset[str]
    row: Any = None
    tables: Sequence[SdkStream] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    details: Any = None
    window: Window | None = None
    proves: bool = False


Requests: TypeAlias = Generator[
    "Request | Fetch | Ask | Write | Again | Checkpoint | Covered | Limit", Any, None
]
Planning: TypeAlias = Generator["Ask | ListOf | Checkpoint", Any, Plan]
Partitions: TypeAlias = Generator["Ask | ListOf | Checkpoint", Any, Sequence[Partition]]
