"""Streams: tables that read an endpoint, and tables unwound from another one's pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, ClassVar

from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from taps_common.bookmarks import to_text
from taps_common.codec import LineEncoder, records
from taps_common.reading import Reading
from taps_common.rows import Row, json_schema
from taps_common.seam import SeamStream
from taps_common.spool import room
from taps_common.unsent import WEEK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import ExitStack

    import msgspec
    from singer_sdk.helpers.types import Context

    from taps_common.batch import Files
    from taps_common.bookmarks import Scope, Window
    from taps_common.errors import RequestError
    from taps_common.fetch import Walk
    from taps_common.http import Response
    from taps_common.outcome import Outcome
    from taps_common.rows import Breadcrumb
    from taps_common.tap import ApiTap


ROWS_AT_ONCE = 500
"""Rows encoded and written together at most, for the same reason as `taps_common.codec.PART`."""


class Table(SeamStream):
    """A stream with a row type.

    Attributes:
        row: what one record holds.
        needs: fields of the source's rows that this table is made of, selected or not.
        files: the files that rows are written to, if they go into files.
    """

    row: ClassVar[type[Row]]
    needs: frozenset[str] = frozenset()

    def __init__(self, tap: ApiTap) -> None:
        self.own_keys = tuple(self.primary_keys)  # a catalog may name none
        super().__init__(tap, schema=json_schema(self.row, self.own_keys), name=self.name)
        self.tap = tap
        self.count = 0
        self.held: IO[bytes] | None = None  # where lines go that may not have to be written
        self.files: Files | None = None
        self._encoder: LineEncoder | None = None

    @property
    def source(self) -> Source:
        """The stream whose endpoint brings this table's rows."""
        raise NotImplementedError

    @property
    def versioned(self) -> bool:
        """Whether a complete reading holds all rows of the table, so that others are gone."""
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
        """Return None: files are written while pages are read, see `taps_common.batch`."""

    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:
        """Refuse: pages are read as a whole, see `taps_common.reading`."""
        raise NotImplementedError(f"{self.name} is read by pages")

    def rows_from(self, rows: Sequence[Any]) -> Sequence[Row]:
        """Return this table's rows from a page of the source's."""
        raise NotImplementedError

    def read_alone(self) -> None:
        """Read this table only, raising whatever fails."""
        Reading(self.source, [self]).run_alone()

    def selects(self, path: Breadcrumb) -> bool:
        """Tell whether the catalog selects a field, and its schema knows it."""
        known: Any = self.effective_schema
        crumb: Breadcrumb = ()
        for name in path:
            known = known.get("properties", {}).get(name)
            crumb = (*crumb, "properties", name)
            if known is None or not self.mask[crumb]:
                return False
        return True

    def begin(self, row: type[msgspec.Struct], version: int | None) -> None:
        """Get ready to emit rows of a type, with or without a table version."""
        self.count = 0
        self.set_version(version)
        storage = self.tap.storage
        self.files = storage.files(self.tap.name, self.name) if storage else None
        self._encoder = None
        if self.files or self.takes_pages:
            self._encoder = LineEncoder(self.name, row, selected=self.selects, version=version)

    def emit(self, rows: Sequence[Row], time_extracted: datetime) -> None:
        """Write a page of rows as records, all with one extraction time."""
        limit = self.ABORT_AT_RECORD_COUNT
        room = len(rows) if limit is None else limit - self.count
        written = rows[:room]
        at = to_text(time_extracted)
        if self._encoder:
            begin = 0
            while begin < len(written):
                begin += self._emit_part(self._encoder, written, begin, at)
        else:
            self.write_records(records(written), at)
        self.count += len(written)
        if len(rows) > room:
            self.stop_at_limit(self.count)

    def _emit_part(self, encoder: LineEncoder, rows: Sequence[Row], begin: int, at: str) -> int:
        """Write some of the rows from one on; return how many."""
        if self.files is None:
            part = rows[begin : begin + ROWS_AT_ONCE]
            lines = encoder.lines(part, at)
            if self.held:
                with room():
                    self.held.write(lines)
            else:
                self.write_lines(lines)
        else:
            part = rows[begin : begin + min(ROWS_AT_ONCE, self.files.room)]
            self.files.add(encoder.batch_lines(part, at), len(part))
            if not self.files.room:
                self.finish_file()
        return len(part)

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


class Source(Table):
    """A table with an endpoint of its own.

    Attributes:
        from_route: fields that come from the route instead of the body, set on every row.
        cursor: name of the replication key that bounds what is read, if there is one.
        lenient: whether numbers and truth values may come as text.
        sliced: whether the partitions are slices of one list, cut anew in each run: the bookmark
            then speaks for all of them.
        optional: whether a scope that the service refuses is left out, and no failure.
        plain: whether each scope is one walk, and nothing else has to be read before it.
        together: whether `complete` and `choose` have to see all rows of a page at once.
    """

    cursor: ClassVar[str | None] = None
    from_route: ClassVar[tuple[str, ...]] = ()
    lenient: ClassVar[bool] = False
    sliced: ClassVar[bool] = False
    optional: ClassVar[bool] = False
    plain: ClassVar[bool] = False
    together: ClassVar[bool] = False

    @property
    def source(self) -> Source:
        """The stream itself."""
        return self

    @property
    def bookmark(self) -> str | None:
        """What the bookmark in the state is called: the cursor, unless it holds something else."""
        return self.cursor

    @property
    def lookback(self) -> timedelta:
        """How far before its bookmark the stream is read again."""
        return timedelta(days=self.config["lookback_days"])

    @property
    def skips_unchanged(self) -> bool:
        """Whether rows that the last run sent as they are need not be sent again."""
        asked: bool = self.config.get("skip_unchanged", False)
        return asked and (self.bookmark is None or self.lookback >= WEEK)

    def wants(self, tables: Sequence[Table], path: Breadcrumb) -> bool:
        """Tell whether any of the tables that are read needs a field of this one's rows."""
        top = path[0]
        if top in self.needs or top in self.own_keys or top in self.from_route:
            return True
        if any(top in table.needs for table in tables):
            return True
        return self in tables and (not self.takes_pages or self.selects(path))

    def moment(self, row: Any) -> datetime | None:  # noqa: ANN401 - a row of the narrowed type
        """Return the cursor of a row, as state holds it."""
        assert self.cursor is not None  # noqa: S101 - asked only where there is a window
        at: datetime | None = getattr(row, self.cursor)
        return at

    def latest(self, rows: Sequence[Any]) -> datetime | None:
        """Return the latest cursor of a page."""
        return max((at for row in rows if (at := self.moment(row))), default=None)

    def expects(self, path: str) -> bool:
        """Tell whether a field that no type declares needs no mention, such as an annotation."""
        return False

    def rows_from(self, rows: Sequence[Any]) -> Sequence[Row]:
        """Return the page itself."""
        return rows

    def scopes(self) -> Sequence[Scope]:
        """Return what a bookmark covers each: all of it, unless a tap says otherwise."""
        return [{}]

    def restrictions(self, scope: Scope) -> Sequence[object]:
        """Return the values of the settings that decide which rows of a scope are read."""
        return [self.tap.start_date, self.tap.end_date]

    def rows_before(self, scope: Scope) -> int | None:
        """Return how many rows of a scope the state of an earlier release names, if it does."""
        return None

    def is_foreseen(self, scope: Scope) -> bool:
        """Tell whether the first page of a scope may be asked for before the stream's turn."""
        return self.plain

    def is_whole(self, response: Response) -> bool:
        """Tell whether an answer is the only page of its list."""
        raise NotImplementedError

    def partitions_in(self, scope: Scope, reading: Reading) -> Iterable[dict[str, str]]:
        """Return the walks of a scope by the values of their routes; may send requests."""
        return [dict(scope)]

    def partition_id(self, partition: Scope) -> str:
        """Return what tells a partition from the others of its scope, as state holds it."""
        return "".join(list(partition.values())[-1:])

    def walk(self, partition: Scope, window: Window | None, reading: Reading) -> Walk:
        """Request the pages of a partition and hand each to `reading.take`."""
        raise NotImplementedError

    def complete(self, rows: Sequence[Any], partition: Scope) -> None:
        """Set the fields that the body lacks."""
        for name in self.from_route:
            value = partition[name]
            for row in rows:
                setattr(row, name, value)

    def choose(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Return the rows of a page that the settings ask for."""
        return rows

    def remember(self, rows: Sequence[Any], partition: Scope) -> None:
        """Keep what streams that walk over this list need."""

    def earliest_open(self, rows: Sequence[Any]) -> datetime | None:
        """Return the cursor of the earliest row of a page that is not final yet."""
        return None

    def refusal(self, error: RequestError, *, known: bool) -> str | None:
        """Return in words why a partition that the service refuses is left out, not a failure.

        Args:
            error: what the first request of the partition brought.
            known: whether the partition was read before.
        """
        return None

    def spares(self, scope: Scope) -> bool:
        """Tell whether it is no failure that the service refuses all of a scope."""
        return self.optional

    def settle(self, outcome: Outcome) -> None:
        """Note in the state how a reading ended, where the bookmark does not say it all."""

    def shortfall(self, scope: Scope) -> str | None:
        """Return in words why `partitions_in` could not return all there are, or None."""
        return None

    def unwound(self) -> Iterator[Unwound]:
        """Return the tables that are unwound from this one's pages."""
        for table in self.tap.tables:
            if isinstance(table, Unwound) and table.source is self:
                yield table


class Unwound(Table):
    """A table made of what another stream's rows hold, at no request.

    Its key has two parts at least: the row it belongs to, and what tells it from its siblings.

    Attributes:
        unwinds: the stream whose pages it is made of.
    """

    unwinds: ClassVar[type[Source]]

    @property
    def source(self) -> Source:
        """The stream whose pages this table is made of."""
        return self.tap.table(self.unwinds)
