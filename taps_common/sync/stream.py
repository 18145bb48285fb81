"""Streams: tables with an endpoint of their own, and child tables made of another one's pages."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from taps_common.records.codec import LineEncoder, records
from taps_common.records.flattening import Flattener, UnknownColumnError
from taps_common.records.json_text import columns
from taps_common.records.rescue import (
    any_rescued,
    declared_part,
    hand_down,
    rescued_of,
    write_texts,
)
from taps_common.records.row_types import RESCUED, Row, json_schema, with_keys, with_rescue
from taps_common.sdk import SdkStream
from taps_common.sync.steps import Page, Plan
from taps_common.timestamps import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from contextlib import ExitStack

    import msgspec
    from singer_sdk.helpers.types import Context

    from taps_common.errors import RequestError, SkippedError
    from taps_common.http.request import Request, Response
    from taps_common.records.batch_files import Files, Storage
    from taps_common.records.rescue import Path
    from taps_common.records.row_types import Breadcrumb
    from taps_common.sdk import SdkTap
    from taps_common.sync.outcome import Outcome
    from taps_common.sync.steps import Bounds, Partition, Planning, Requests, Rows, Scope, Span

ROWS_AT_ONCE = 500
"""Rows encoded and written together at most, for the same reason as `records.codec.PART`."""


class RecordStream(SdkStream):
    """A stream with a row type.

    Attributes:
        row: what one record holds; the column `_rescued_data` is added to what a class declares.
        needs: fields of the endpoint's rows that this table is made of, selected or not.
        files: the files that rows are written to, if they go into files.
        count: records written so far.
        rescued: values in `_rescued_data` so far, by where they were.
    """

    row: ClassVar[type[Row]]
    needs: frozenset[str] = frozenset()

    def __init_subclass__(cls) -> None:
        """Add the column of what is rescued to the row."""
        super().__init_subclass__()
        if "row" in vars(cls):
            cls.row = with_rescue(cls.row)

    def __init__(self, tap: SdkTap) -> None:
        self.own_keys = tuple(self.primary_keys)  # a catalog may name none
        schema = json_schema(self.row, self.own_keys)
        written = tap.taken_schema(schema)
        self._texts = columns(schema) if written is not schema else ()
        super().__init__(tap, schema=written, name=self.name)
        self.count = 0
        self.rescued = Counter[str]()
        self.files: Files | None = None
        self._encoder: LineEncoder
        self._by_pages = False
        self._takes: Callable[[Path], bool] = self.takes

    def written_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Have keys that are never null say so, even where an older catalog does not."""
        return with_keys(schema, self.own_keys)

    @property
    def endpoint(self) -> EndpointStream:
        """The stream whose endpoint brings this table's rows."""
        raise NotImplementedError

    @property
    def is_whole_table(self) -> bool:
        """Whether a complete read holds all rows of the table, so that others are gone."""
        return True

    @property
    def full(self) -> bool:
        """Whether the catalog asks for the whole table in each run."""
        return self.replication_method == REPLICATION_FULL_TABLE

    @property
    def emit_activate_version_messages(self) -> bool:
        """False: the SDK writes the message first, which empties the target when a run fails."""
        return False

    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """Return None: bookmarks are bounded where they are written."""

    def get_batch_config(self, config: Mapping[str, Any]) -> None:
        """Return None: files are written while pages are read, see `records.batch_files`."""

    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:
        """Refuse: pages are read as a whole, see `taps_common.sync.engine`."""
        raise NotImplementedError(f"{self.name} is read by pages")

    def read_alone(self) -> None:
        """Read this stream only, raising whatever fails."""
        self.tap.read_alone(self)

    def selects(self, path: Breadcrumb) -> bool:
        """Return whether the catalog selects a field, and its schema knows it.

        Of what is inside of a text the selection alone decides.
        """
        known: Any = self.effective_schema
        crumb: Breadcrumb = ()
        for name in path:
            fields = known.get("properties", {} if "object" in known["type"] else None)
            known = {"type": "string"} if fields is None else fields.get(name)
            crumb = (*crumb, "properties", name)
            if known is None or not self.mask[crumb]:
                return False
        return True

    def takes(self, path: Path) -> bool:
        """Return whether the table keeps what was rescued at a path of its rows.

        What is deselected is not kept there either.
        """
        return self.selects((RESCUED,)) and self.selects(declared_part(path, self.row))

    def begin(
        self, row: type[msgspec.Struct], version: int | None, storage: Storage | None
    ) -> None:
        """Get ready to emit rows of a type, with or without a table version, or into files."""
        self.count = 0
        self.rescued.clear()
        self._takes = lru_cache(1 << 10)(self.takes)
        self.set_version(version)
        self.files = storage.files(self.tap.name, self.name) if storage else None
        self._by_pages = self.takes_pages
        flattener = None
        if self._by_pages and (flattening := self.flattening):
            try:
                flattener = Flattener(row, flattening, self.selects)
            except UnknownColumnError:
                self._by_pages = False
        self._encoder = LineEncoder(
            self.name,
            row,
            selected=self.selects,
            version=version,
            texts=self._texts,
            flattener=flattener if flattener and flattener.changes else None,
        )

    def emit(self, rows: Sequence[Row], time_extracted: datetime) -> None:
        """Write rows as records, all with one extraction time."""
        limit = self.ABORT_AT_RECORD_COUNT
        room = len(rows) if limit is None else limit - self.count
        written = rows[:room]
        at = to_text(time_extracted)
        write_texts(written, self._takes, self.rescued)
        if self.files or self._by_pages:
            begin = 0
            while begin < len(written):
                begin += self._emit_part(self._encoder, written, begin, at)
        else:
            self.write_records(records(self._encoder.ready(written)), at)
        self.count += len(written)
        if len(rows) > room:
            self.stop_at_limit(self.count)

    def _emit_part(self, encoder: LineEncoder, rows: Sequence[Row], begin: int, at: str) -> int:
        """Write some of the rows from one on; return how many."""
        if self.files is None:
            part = rows[begin : begin + ROWS_AT_ONCE]
            self.write_lines(encoder.lines(part, at))
        else:
            part = rows[begin : begin + min(ROWS_AT_ONCE, self.files.room)]
            self.files.add(encoder.batch_lines(part, at), len(part))
            if not self.files.room:
                self.finish_file()
        return len(part)

    def child_rows(self, rows: Rows) -> Rows:
        """Return this table's rows from some of the endpoint's."""
        raise NotImplementedError

    def rows_of(self, rows: Rows) -> Rows:
        """Return this table's rows from some of the endpoint's, and what was rescued of them."""
        return self.child_rows(rows)

    def keeps(self, path: Path) -> bool:
        """Return whether the table keeps what was rescued at a path of the endpoint's rows."""
        return self.takes(path)

    def concerns(self, path: Path) -> bool:
        """Return whether the table is made of what is at a path of the endpoint's rows."""
        return self.selects(declared_part(path, self.row))

    def finish_file(self) -> None:
        """Write the file that rows are added to, if there is one, and the message about it."""
        if self.files and (address := self.files.finish()):
            self.write_batch(self.files.encoding, address)

    def end(self, metrics: ExitStack) -> None:
        """Write the last file, and count what was written until the metrics end."""
        if self.files:
            self.finish_file()
            metrics.enter_context(self.get_batch_counter()).increment(self.files.count)
        metrics.enter_context(self.get_record_counter()).increment(self.count)


class EndpointStream(RecordStream):
    """A stream with an endpoint of its own.

    A subclass says what is read (`scopes`, `plan`) and what to ask next (`requests`); hooks fill
    columns that the body lacks. What it may yield and receive stands in `taps_common.sync.steps`.

    Attributes:
        from_route: fields that come from the route instead of the body, set on every row.
        cursor: the replication key that bounds what is read: that of the class, if it has one,
            whatever a catalog names.
        filters_here: whether rows before the lower bound come as well and are left out here.
        keeps_ids: whether other streams ask for the ids of its rows (`ListOf`).
        lenient: whether numbers and truth values may come as text.
        sliced: whether the partitions are slices of one list, cut anew in each run: the bookmark
            then speaks for all of them.
        whole_pages: whether hooks have to see all rows of a page at once.
        max_empty_pages: empty pages in a row, none of them the last, before paging is called
            broken.
        words: what a person calls scopes and partitions, by the last name in them.
        compares_rows: whether `skip_unchanged` goes by single rows.
        alternatives: ways to ask, each as the values of some options, in the order in which they
            are tried where the service refuses one.
    """

    cursor: ClassVar[str | None] = None
    from_route: ClassVar[tuple[str, ...]] = ()
    filters_here: ClassVar[bool] = False
    keeps_ids: ClassVar[bool] = False
    lenient: ClassVar[bool] = False
    sliced: ClassVar[bool] = False
    whole_pages: ClassVar[bool] = False
    max_empty_pages: ClassVar[int] = 100
    words: ClassVar[Mapping[str, str]] = MappingProxyType({})
    compares_rows: ClassVar[bool] = True
    alternatives: ClassVar[Sequence[Mapping[str, str]]] = ({},)

    def __init_subclass__(cls) -> None:
        """Take the replication key for the cursor."""
        super().__init_subclass__()
        cls.cursor = vars(cls).get("replication_key", cls.cursor)

    @property
    def endpoint(self) -> EndpointStream:
        """The stream itself."""
        return self

    @property
    def children(self) -> list[ChildStream]:
        """The tables made of this one's pages, in the order in which the tap names them."""
        every = map(self.tap.stream_of, self.tap.stream_types)
        return [one for one in every if isinstance(one, ChildStream) and one.endpoint is self]

    # -- what is read ----------------------------------------------------------------------------

    def scopes(self) -> Sequence[Scope]:
        """Return what a bookmark covers each: all of it, unless a tap says otherwise."""
        return [{}]

    def restrictions(self, scope: Scope) -> Sequence[object]:
        """Return the values of the settings that decide which rows of a scope are read."""
        return [self.config.get("start_date"), self.config.get("end_date")]

    def rows_before(self, scope: Scope) -> int | None:
        """Return how many rows of a scope the state of an earlier release names, if it does."""
        return None

    def plan(self, scope: Scope, bounds: Bounds) -> Planning:
        """Return the partitions of a scope; may ask questions.

        Raises:
            SkippedError: the scope is left out.
            TapError: it cannot be read.
        """
        yield from ()
        return Plan([dict(scope)])

    def requests(self, partition: Partition, bounds: Bounds) -> Requests:
        """Yield the requests of a partition, one after another; see `taps_common.sync.steps`."""
        raise NotImplementedError

    def open_page(self, request: Request, response: Response) -> Page:
        """Return the page of records that a response is.

        Raises:
            ShapeError: it is not one.
        """
        return Page(response.body)

    def partition_id(self, partition: Partition) -> str:
        """Return the name of a partition within its scope, as state holds it."""
        return "".join(list(partition.values())[-1:])

    def called(self, part: Scope | Partition) -> str:
        """Return what a person calls a scope or a partition."""
        last = [*part][-1:]
        return self.words.get("".join(last), "part")

    def allows(self, options: Mapping[str, str], partition: Partition) -> bool:
        """Return whether a partition may be asked for with the options of an alternative."""
        return True

    def refused_options(
        self, error: RequestError, partition: Partition, *, first: bool
    ) -> Collection[str]:
        """Return the options that an error may be about.

        Args:
            error: what came instead of a response.
            partition: what was asked for; empty while the scope is planned.
            first: whether the first request of the partition failed.
        """
        return ()

    def on_alternative(self, options: Mapping[str, str], scope: Scope, error: RequestError) -> str:
        """Return the line for the log when another way to ask is tried, without the name."""
        way = ", ".join(f"{name} {value}" for name, value in options.items())
        return f"refused ({error}); asked again with {way}"

    def skip_reason(
        self, error: RequestError, partition: Partition, *, known: bool
    ) -> SkippedError | None:
        """Return why a partition that the service refuses is left out; None if that is a failure.

        Args:
            error: what the first request of the partition brought.
            partition: what was asked for.
            known: whether the partition was read before.
        """
        return None

    def is_final(self, error: Exception) -> bool:
        """Return whether nothing else of the stream need be asked for after a failure."""
        return False

    # -- rows ------------------------------------------------------------------------------------

    def strip(self, rows: Rows, text: bytes) -> None:
        """Remove what the JSON text of rows holds beside data."""

    def complete(self, rows: Rows, partition: Partition) -> None:
        """Set the fields that the body lacks."""
        for name in self.from_route:
            value = partition[name]
            for row in rows:
                setattr(row, name, value)

    def summary(self, row: Any) -> object:  # noqa: ANN401 - a row of the narrowed type
        """Return what `ListOf` answers about a row beside its id."""
        return None

    def child_rows(self, rows: Rows) -> Rows:
        """Return the page itself."""
        return rows

    def needs_column(self, tables: Sequence[RecordStream], path: Breadcrumb) -> bool:
        """Return whether any of the tables that are read needs a field of this one's rows."""
        top = path[0]
        if top in self.needs or top in self.own_keys or top in self.from_route:
            return True
        if any(top in table.needs for table in tables):
            return True
        return path == (RESCUED,) or (self in tables and self.selects(path))

    def expects(self, path: str) -> bool:
        """Return whether a member that no type declares is left out on purpose.

        It is not data, such as an annotation, or must not be kept, such as a secret.
        """
        return False

    @property
    def never_null(self) -> Collection[str]:
        """The columns that the service says always hold something."""
        return ()

    # -- cursor ----------------------------------------------------------------------------------

    @property
    def bookmark(self) -> str | None:
        """What the bookmark in the state is called: the cursor, unless it holds something else."""
        return self.cursor

    @property
    def lookback(self) -> timedelta:
        """How far before its bookmark the stream is read again."""
        return timedelta(days=self.config["lookback_days"])

    def cursor_of(self, row: Any) -> datetime | None:  # noqa: ANN401 - a row of the narrowed type
        """Return the cursor of a row, as state holds it."""
        assert self.cursor is not None  # noqa: S101 - asked only where there is a window
        at: datetime | None = getattr(row, self.cursor)
        return at

    def latest(self, rows: Rows) -> datetime | None:
        """Return the latest cursor of some rows."""
        return max((at for row in rows if (at := self.cursor_of(row))), default=None)

    def covers(self, scope: Scope, bounds: Bounds) -> Span | None:
        """Return what part of a scope has no other rows than those that come; None if unknown.

        Args:
            scope: what is read.
            bounds: what part of it; its lower bound is that of one partition, or the latest of all.
        """
        return None

    def unlisted(self, scope: Scope) -> Collection[str] | None:
        """Return partitions whose rows the service may have without listing them.

        Nothing is told of these, and of the others one by one. None if there are none such, so that
        the scope is told of as a whole, with partitions that nobody knows (any more).
        """
        return None

    def earliest_unfinished(self, rows: Rows) -> datetime | None:
        """Return the cursor of the earliest row that is not final yet."""
        return None

    def after_scope(self, scope: Scope, told: Sequence[Partition]) -> None:
        """Note in the state which partitions of a scope were read to their end.

        Args:
            scope: what was read.
            told: those of which `completed_windows` has a row, if it is selected; else all.
        """

    def after_read(self, outcome: Outcome) -> None:
        """Note in the state how a read ended, where the bookmark does not say it all."""


class ChildStream(RecordStream):
    """A table made of what another stream's rows hold, at no request.

    Its key has two parts at least: the row it belongs to, and its place or id there.

    Attributes:
        parent: the stream whose pages it is made of.
        items: name of the parent's list that has an item for each row; None if none has.
    """

    parent: ClassVar[type[EndpointStream]]
    items: ClassVar[str | None] = None

    def rows_of(self, rows: Rows) -> Rows:
        """Return this table's rows from some of the endpoint's, and what was rescued of them."""
        if not any_rescued(rows):
            return self.child_rows(rows)
        found: list[Row] = []
        for row in rows:
            made = self.child_rows([row])
            hand_down(rescued_of(row) or (), self.items, made)
            found += made
        return found

    def keeps(self, path: Path) -> bool:
        """Return whether the table keeps what was rescued at a path of the endpoint's rows."""
        inside = path[0] == self.items and len(path) > 2  # noqa: PLR2004 - list, place and field
        return inside and self.takes(path[2:])

    def concerns(self, path: Path) -> bool:
        """Return whether the table is made of what is at a path of the endpoint's rows."""
        return (
            path[0] in self.needs
            and (
                len(path) < 3  # noqa: PLR2004 - as above
                or path[0] != self.items
                or self.selects(declared_part(path[2:], self.row))
            )
        )

    @property
    def endpoint(self) -> EndpointStream:
        """The stream whose pages this table is made of."""
        return self.tap.stream_of(self.parent)
