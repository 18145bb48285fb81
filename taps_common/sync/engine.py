"""The engine: reads each stream once, writes every table made of its pages, moves the state.

Read it top to bottom: `Engine` says which stream is read, `StreamRead.run` reads it in three steps:
prepare, the partitions of each scope, finish. What a failure means is decided in `sync.failures`,
what is odd about pages in `sync.page_checks`, what the state says in `sync.state`.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from singer_sdk.metrics import Status, Tag

from taps_common.errors import InterruptedRunError, RequestError, ShapeError, SkippedError, TapError
from taps_common.records.codec import PageDecoder
from taps_common.records.row_types import fields_of
from taps_common.sync import state, table_versions
from taps_common.sync.alternatives import Alternatives
from taps_common.sync.concurrency import ask_in_turn, interleave
from taps_common.sync.date_bounds import within
from taps_common.sync.drift import Drift
from taps_common.sync.failures import FailurePolicy
from taps_common.sync.max_shrink import RowCounts
from taps_common.sync.outcome import Outcome
from taps_common.sync.page_checks import PageChecks
from taps_common.sync.progress import Progress, Series
from taps_common.sync.state import Window
from taps_common.sync.steps import (
    Again,
    Ask,
    Bounds,
    Checkpoint,
    Covered,
    Fetch,
    Limit,
    ListOf,
    Page,
    Plan,
    Write,
)
from taps_common.sync.unchanged import unchanged_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from datetime import datetime

    from singer_sdk.metrics import Timer

    from taps_common.http.request import Request, Response
    from taps_common.records.row_types import Row
    from taps_common.sync.run import Run
    from taps_common.sync.state import ScopeState
    from taps_common.sync.steps import Partition, Rows, Scope, Span
    from taps_common.sync.stream import EndpointStream, RecordStream

    Exchange: TypeAlias = Generator[Request, Response, Any]
    Options: TypeAlias = Mapping[str, str]

STALLED_RUNS = 3
"""Runs that may get nowhere with an interrupted read before it is begun anew."""


NEVER_FILLED = (
    "no value of {}, which the service says is never null, is of the type that it says: the column "
    "would be empty. Tell the service's support, or deselect the column."
)

ScopeKey: TypeAlias = "tuple[str, ...]"
"""A scope as a key of dictionaries."""


class Engine:
    """Reads streams, each once in a run, whoever needs it first.

    Args:
        run: what they share.
        emits: whether records are written; otherwise streams are only listed.

    Attributes:
        emits: the same.
        outcomes: how the streams ended that were read.
    """

    def __init__(self, run: Run, *, emits: bool) -> None:
        self._run = run
        self.emits = emits
        self.outcomes: dict[str, Outcome] = {}
        self._lists: dict[str, dict[ScopeKey, dict[str, object]]] = {}

    def read(self, stream: EndpointStream) -> Outcome:
        """Read a stream, unless that happened; return how it ended."""
        name = stream.name
        if name not in self.outcomes:
            tables = selected_tables(stream) if self.emits else []
            read = StreamRead(stream, tables, self._run, self)
            self._lists[name] = read.lists
            self.outcomes[name] = read.run()
        return self.outcomes[name]

    def ids(self, stream: EndpointStream, scope: Scope) -> dict[str, object]:
        """Return the ids of a stream's rows in a scope, reading it if that has not happened yet.

        Raises:
            TapError: the list could not be read, or not in this scope.
        """
        outcome = self.read(stream)
        for failed, error in outcome.failures:
            if all(scope.get(name) == value for name, value in failed.items()):
                raise error
        if skip := outcome.skipped_scopes.get(_key(scope)):
            raise skip
        return self._lists[stream.name].get(_key(scope), {})


def selected_tables(stream: EndpointStream) -> list[RecordStream]:
    """Return the selected tables that one read of a stream feeds."""
    tables: list[RecordStream] = [stream, *stream.children]
    return [table for table in tables if table.selected]


@dataclass
class ScopeRead:
    """How far the read of a scope is.

    Attributes:
        scope: what is read.
        window: what part of it, where the stream has a bookmark.
        plan: its partitions.
        skip: why all of it is left out, where the service refused it.
        failures: failures of the stream before this scope.
        done: partitions that an interrupted read had finished.
        gave_up: whether the rest of the partitions was not asked for.
        whole: the partitions that were read to their end, in this run.
        skipped: partitions that were left out before this scope.
    """

    scope: Scope
    window: Window | None
    plan: Plan = field(default_factory=lambda: Plan([]))
    skip: SkippedError | None = None
    failures: int = 0
    done: int = 0
    gave_up: bool = False
    whole: list[Partition] = field(default_factory=list)
    skipped: int = 0


class StreamRead:
    """One read of one stream.

    Args:
        stream: what is read.
        tables: the selected tables among it and its children; none just lists.
        run: what all streams of the run share.
        engine: answers `ListOf`.

    Attributes:
        outcome: what was read so far.
        lists: what `ListOf` answers about this stream, by scope.
    """

    def __init__(
        self, stream: EndpointStream, tables: Sequence[RecordStream], run: Run, engine: Engine
    ) -> None:
        self._stream = stream
        self._tables = tables
        self._run = run
        self._engine = engine
        self.lists: dict[ScopeKey, dict[str, object]] = {}
        self.outcome = Outcome(Progress(stream.name, run.clock))
        needs = partial(stream.needs_column, tables)
        self._decoder = PageDecoder(
            stream.row, needs, lenient=stream.lenient, expects=stream.expects
        )
        self._columns = frozenset(one.encode_name for one in fields_of(self._decoder.narrowed))
        self._checks = PageChecks(stream, tables, self._decoder, self.outcome, run.logger)
        self._drift = Drift(stream, tables, self._decoder)
        self._alternatives = Alternatives(stream, self._checks)
        self._failures = FailurePolicy(run.session)
        self._counts = RowCounts(stream, self.outcome)
        self._unchanged = unchanged_rows(stream, tables, run.checkpoints, self.outcome)
        self._version: int | None = None
        self._is_over = False
        self._read_at = run.clock.now()
        self._to_close: list[tuple[Scope, Window]] = []

    def run(self) -> Outcome:
        """Read everything; failures are collected, and the state says what was done."""
        progress = self.outcome.progress
        with ExitStack() as metrics, self._run.reporter.reading(progress):
            reads = self._prepare(metrics)
            for done, read in enumerate(reads):
                progress.scopes = Series(self._stream.called(read.scope), len(reads), done)
                if self.outcome.stop is None and not self._is_over:
                    self._read_scope(read)
            self._finish(metrics)
        self._save()
        return self.outcome

    def run_alone(self) -> None:
        """Read for a dry run: bookmarks stay as they are, and the first failure is raised."""
        self._begin_tables()
        for scope in self._stream.scopes():
            read = self._open(scope)
            with suppress(SkippedError):
                self._plan(read)
            for partition in read.plan.partitions:
                for _, error in self._interleaved(read, [partition]):
                    if error is not None and self._skip_of(error, partition, read) is None:
                        raise error
        self._run.checkpoints.write(now=True)

    # -- prepare ---------------------------------------------------------------------------------

    def _prepare(self, metrics: ExitStack) -> list[ScopeRead]:
        """Write the schemas; return what is to be read of each scope."""
        for table in self._tables:
            table.write_schema()
            timer = metrics.enter_context(table.get_sync_timer())
            metrics.callback(self._tell_failure, timer)
        reads = [self._open(scope) for scope in self._stream.scopes()]
        windows = [read.window for read in reads]
        self._version = table_versions.version_of(self._stream, self._tables, windows, self._run)
        self._begin_tables()
        return reads

    def _tell_failure(self, timer: Timer) -> None:
        """Have the SDK's metric of a table say that it failed, before it is logged."""
        if self.outcome.failures:
            timer.tags[Tag.STATUS] = Status.FAILED

    def _begin_tables(self) -> None:
        for table in self._tables:
            row = self._decoder.narrowed if table is self._stream else table.row
            version = self._version if table.is_whole_table else None
            table.begin(row, version, self._run.storage)

    def _open(self, scope: Scope) -> ScopeRead:
        """Return a scope with the part of it that the bookmarks leave to be read."""
        stream, run = self._stream, self._run
        if stream.bookmark is None:
            return ScopeRead(scope, None)
        window = state.open_window(
            Window(None, run.session.now(), stream.bookmark, run.start, run.end),
            self._states(scope),
            full=any(table.full for table in self._tables),
            lookback=stream.lookback,
            dated=stream.bookmark == stream.cursor,
        )
        if self._unchanged:
            self._unchanged.align(window)
        return ScopeRead(scope, window)

    def _states(self, scope: Scope) -> list[ScopeState]:
        return [t.get_context_state(dict(scope)) for t in self._tables if not t.full]

    # -- a scope ---------------------------------------------------------------------------------

    def _read_scope(self, read: ScopeRead) -> None:
        """Read the partitions of a scope, then move its bookmark, or remember how far it came."""
        read.failures = len(self.outcome.failures)
        read.skipped = sum(self.outcome.skipped.values())
        self._read_at = self._run.clock.now()
        self._counts.begin_scope(read.scope, read.window)
        try:
            self._plan(read)
        except SkippedError as skip:
            read.skip = self.outcome.skipped_scopes[_key(read.scope)] = skip
            self.outcome.skip(str(skip))
        except TapError as error:
            self.outcome.fail(read.scope, error)
            return
        self._read_partitions(read)
        if read.window is not None:
            self._stream.after_scope(read.scope, self._tell_windows(read))
            self._close(read, read.window)
            # With versions it is written after their messages, with files when one is full.
            now = self._version is None and self._run.storage is None
            self._run.checkpoints.write(now=now)

    def _plan(self, read: ScopeRead) -> None:
        """Have the stream say what is read of a scope."""
        self.lists[_key(read.scope)] = {}

        def planning(options: Options) -> Exchange:
            steps = self._stream.plan(read.scope, self._bounds(read, None, options))
            return _answered(steps, partial(self._plan_step, read))

        exchange = self._alternatives.attempts(read.scope, {}, planning)
        plan = read.plan = ask_in_turn(exchange, self._send)
        if plan.limit:
            self.outcome.skip(plan.limit)
        for cost in plan.spent:
            self.outcome.progress.cost.add(
                requests=cost.requests, size=cost.size, waited=cost.waited
            )
        if plan.ids is not None:
            self.lists[_key(read.scope)] = dict(plan.ids)
        if (window := read.window) is not None:
            window.since = plan.since or window.since
            window.saw("", plan.latest, None)
            window.done = list(dict.fromkeys((*window.done, *plan.covered)))
            read.done = len(window.done)

    def _plan_step(self, read: ScopeRead, step: Ask | ListOf | Checkpoint) -> Exchange:
        if isinstance(step, Ask):
            return (yield from self._ask(read.scope, {}, step.request))
        if isinstance(step, Checkpoint):
            return self._checkpoint(read)
        listed = self._run.tap.stream_of(step.stream)
        return self._engine.ids(cast("EndpointStream", listed), read.scope)

    def _close(self, read: ScopeRead, window: Window) -> None:
        """Move the bookmark of a scope that was read, or remember how far it came."""
        failed = self._has_failed(read)
        came = len(window.done) > read.done
        if not failed and read.skip is None:
            if self._version is None:
                self._move_bookmark(read.scope, window)
            else:  # once the version is active: a run that goes on has the same one
                if not self._stream.sliced:
                    self._keep_progress(read.scope, window, stopped=False)
                self._to_close.append((read.scope, window))
        elif not failed:
            if window.done:  # of an interrupted read: it goes on once the scope may be read
                self._keep_progress(read.scope, window, stopped=False)
        elif self.outcome.stop or (
            (read.gave_up or not came or self._stream.sliced) and window.stalled < STALLED_RUNS
        ):
            window.stalled = 0 if came or self.outcome.stop else window.stalled + 1
            self._keep_progress(read.scope, window, stopped=bool(self.outcome.stop))
        else:  # all had their turn: the next run reads all again, not only what always fails
            state.drop_progress(self._states(read.scope))

    def _has_failed(self, read: ScopeRead) -> bool:
        return len(self.outcome.failures) > read.failures

    def _tell_windows(self, read: ScopeRead) -> Sequence[Partition]:
        """Write which windows of a scope were read completely, after their records.

        Returns:
            The partitions that were told of, or were read to their end where nothing is told.
        """
        stream = self._stream
        if not self._run.windows or not read.whole or stream not in self._tables:
            return read.whole
        skipped = sum(self.outcome.skipped.values()) > read.skipped
        failed = self._has_failed(read)
        whole = not (failed or skipped or read.skip is not None or read.done)
        states = self._states(read.scope)
        if read.window and self._counts.window_shrank(read.scope, read.window, states, whole=whole):
            return []
        emptied = [] if stream.sliced else self._counts.emptied(read.scope, states, read.whole)
        unlisted = stream.unlisted(read.scope)
        if whole and not emptied and unlisted is None:
            bounds = self._bounds(read, None, {})
            if not stream.sliced:
                bounds = replace(bounds, since=self._latest_bound(read))
            self._tell(read, None, stream.covers(read.scope, bounds))
            return read.whole
        silent = {*map(stream.partition_id, emptied), *(unlisted or ())}
        parts = [] if stream.sliced else read.whole
        told = [one for one in parts if stream.partition_id(one) not in silent]
        for one in told:
            self._tell(read, one, stream.covers(read.scope, self._bounds(read, one, {})))
        return told

    def _tell(self, read: ScopeRead, partition: Partition | None, span: Span | None) -> None:
        """Write that a part of a scope, or of one partition, was read completely."""
        stream, windows = self._stream, self._run.windows
        if windows and span and stream in self._tables:
            since = max(filter(None, (span[0], self._run.start)), default=None)
            until = min(filter(None, (span[1], self._run.end)), default=None)
            name = None if partition is None else stream.partition_id(partition)
            windows.add(stream.name, read.scope, name, (since, until), self._read_at)

    def _latest_bound(self, read: ScopeRead) -> datetime | None:
        """Return from when on all partitions of a scope were read."""
        bounds = [self._bounds(read, one, {}).since for one in read.whole]
        return max(filter(None, bounds), default=None)

    def _move_bookmark(self, scope: Scope, window: Window) -> None:
        state.close_window(self._states(scope), window, sliced=self._stream.sliced)

    def _keep_progress(self, scope: Scope, window: Window, *, stopped: bool) -> None:
        """Have the next run go on; without the version if that would delete what a page hides."""
        hidden = any(map(self._checks.hides, self._tables))
        window.version = None if hidden else self._version
        state.keep_progress(self._states(scope), window, stopped=stopped)

    # -- partitions ------------------------------------------------------------------------------

    def _read_partitions(self, read: ScopeRead) -> None:
        """Read the partitions that an interrupted read left; stop early where it is in vain."""
        done = set(read.window.done) if read.window else set()
        name = self._stream.partition_id
        left = [one for one in read.plan.partitions if name(one) not in done]
        refused: list[Exception] = []
        self._failures.begin()
        every = len(read.plan.partitions)
        called = self._stream.called(left[0]) if left else ""
        parts = Series(called, every, every - len(left))
        self.outcome.progress.begin(parts)
        for partition, error in self._interleaved(read, left):
            parts.done += 1
            begun = self._checks.end_partition(partition)
            failure = self._write_rest(partition) or error
            self._counts.end(partition, whole=failure is None)
            if failure is None:
                self._failures.succeeded()
                read.whole.append(partition)
                self._mark_done(read, partition)
            elif not begun and (skip := self._skip_of(failure, partition, read)) is not None:
                self.outcome.skip(str(skip))
                refused.append(failure)
            else:
                hopeless = self.outcome.fail(partition, failure)
                self._is_over = self._stream.is_final(failure)
                hopeless = hopeless or self._is_over
                if self._failures.failed(failure) or hopeless:
                    read.gave_up = True
                    return
        if not left and read.skip is None:  # the plan asked, and there is nothing new
            self.outcome.progress.partitions += 1
        if refused and self._refusals_fail(read, len(refused)):
            self.outcome.fail(read.scope, refused[0])
        # Where something failed, other values were not seen.
        if not self._has_failed(read) and (column := self._drift.unfilled()):
            self.outcome.fail(read.scope, ShapeError(NEVER_FILLED.format(column)))

    def _interleaved(
        self, read: ScopeRead, partitions: Sequence[Partition]
    ) -> Iterator[tuple[Partition, Exception | None]]:
        exchanges = ((one, self._exchange(read, one)) for one in partitions)
        return interleave(
            exchanges, self._run.workers, self._send, side_by_side=self._run.side_by_side
        )

    def _send(self, request: Request) -> Response:
        return self._run.session.send(request, self.outcome.progress.cost)

    def _skip_of(
        self, error: Exception, partition: Partition, read: ScopeRead
    ) -> SkippedError | None:
        """Return why a partition that ended with an error is left out, if that is not a failure."""
        if isinstance(error, SkippedError):
            return error
        if not isinstance(error, RequestError):
            return None
        known = (
            read.window is not None and self._stream.partition_id(partition) in read.window.known
        )
        skip = self._stream.skip_reason(error, partition, known=known)
        if skip is not None and skip.whole:
            read.skip = self.outcome.skipped_scopes[_key(read.scope)] = skip
        return skip

    def _refusals_fail(self, read: ScopeRead, refused: int) -> bool:
        """Return whether refusals are a failure: not of single partitions, or not of the scope."""
        every = len(read.plan.partitions)
        if read.skip is not None:  # slices of one list: it is readable or it is not
            return self._stream.sliced and refused < every
        return refused == every

    def _mark_done(self, read: ScopeRead, partition: Partition) -> None:
        self.outcome.progress.partitions += 1
        if read.window is None:
            return
        read.window.done.append(self._stream.partition_id(partition))
        if self._run.checkpoints.is_due():
            self._keep_progress(read.scope, read.window, stopped=True)  # if it is the last state
            self._run.checkpoints.write()

    # -- the steps of a partition ----------------------------------------------------------------

    def _exchange(self, read: ScopeRead, partition: Partition) -> Exchange:
        """Yield the requests of a partition, in another way where the service refuses one."""
        if read.skip is not None and read.skip.rest:
            raise read.skip

        def dialogue(options: Options) -> Exchange:
            self._begin_again(partition, Again())
            bounds = self._bounds(read, partition, options)
            steps = self._stream.requests(partition, bounds)
            return _answered(steps, partial(self._step, read, partition))

        yield from self._alternatives.attempts(read.scope, partition, dialogue)

    def _bounds(self, read: ScopeRead, partition: Partition | None, options: Options) -> Bounds:
        window = read.window
        since = None
        if window is not None:
            since = window.since or window.start
            if partition is not None and not self._stream.sliced:
                since = window.since_for(self._stream.partition_id(partition))
        return Bounds(
            since=since,
            start=self._run.start,
            until=self._run.end,
            began=window.began if window else self._run.session.now(),
            columns=self._columns,
            row=self._decoder.narrowed,
            tables=tuple(self._tables),
            options=options,
            details=read.plan.details,
            window=window,
            proves=self._run.windows is not None,
        )

    def _step(self, read: ScopeRead, partition: Partition, step: Any) -> Exchange:  # noqa: ANN401, PLR0911 - of `sync.steps`, each
        """Take a step of a partition; return what it brings."""
        if isinstance(step, Ask):
            return (yield from self._ask(read.scope, partition, step.request))
        if isinstance(step, Again):
            return self._begin_again(partition, step)
        if isinstance(step, Checkpoint):
            return self._checkpoint(read)
        if isinstance(step, Covered):
            return self._tell(read, partition, step.span)
        if isinstance(step, Limit):
            self.outcome.doubt(step.reason)
            return None
        if isinstance(step, Write):
            return self._write(read, partition, step)
        fetch = step if isinstance(step, Fetch) else Fetch(step)
        self._checks.begin_request(fetch.request, partition)
        response = yield from self._ask(read.scope, partition, fetch.request)
        page = self._stream.open_page(fetch.request, response)
        del response  # a page is not kept while the partition waits for its next turn
        self._take(read, partition, page, fetch)
        return page

    def _ask(self, scope: Scope, partition: Partition, request: Request) -> Exchange:
        if self._engine.emits and self._run.session.spent.requests:
            self._run.checkpoints.before_request()
        return (yield from self._alternatives.exchange(scope, partition, request))

    def _checkpoint(self, read: ScopeRead) -> None:
        """Write the state at once; with a version that goes on, after the version's message."""
        self._run.checkpoints.write(now=read.window is None or read.window.version is None)

    def _begin_again(self, partition: Partition, step: Again) -> None:
        """Have pages come again that came before, of a partition that begins anew."""
        if not step.goes_on:
            self._counts.begin_again(partition)
        if self._checks.end_partition(partition) and step.repeats and self._unchanged:
            self._unchanged.begin_again()

    def _write(self, read: ScopeRead, partition: Partition, step: Write) -> Page:
        page = Page(b"", last=True)
        if isinstance(step.rows, bytes) and step.request:
            page.records = step.rows
            self._take(read, partition, page, Fetch(step.request, step.each))
        else:
            page.count = len(step.rows)
            self._accept(read, partition, step.rows)
        if self._run.session.cancelled.is_set():
            raise InterruptedRunError("interrupted")
        return page

    def _take(
        self,
        read: ScopeRead,
        partition: Partition,
        page: Page,
        fetch: Fetch,
    ) -> None:
        """Decode a page, check it and write its rows, some at a time.

        Raises:
            ShapeError: the page is not what the service documents, or came before.
        """
        keys = set[int]()
        with self._run.tap.gathering():
            for rows, text in self._parts(fetch.request, page.records):
                self._stream.strip(rows, text)
                self._stream.complete(rows, partition)
                self._see(fetch.request, rows, text)
                kept = fetch.each(rows)
                found = self._checks.keys_of(rows)  # whose keys it may have set
                if not page.count:
                    self._checks.begin_page(fetch.request, partition, found)
                self._accept(read, partition, kept)
                fetch.body(text)
                page.count += len(rows)
                keys |= found
        page.records = b""
        self._checks.end_page(fetch.request, partition, page, keys)

    def _see(self, request: Request, rows: Rows, text: bytes) -> None:
        """Look at rows before they go out."""
        try:
            self._drift.see(rows)
        except ShapeError as error:
            raise ShapeError(f"{request}: {error}") from None
        self._checks.see(text)

    def _parts(self, request: Request, body: bytes) -> Iterator[tuple[list[Row], bytes]]:
        try:
            if self._stream.whole_pages or self._drift.fails:
                yield self._decoder.decode(body), body
            else:
                yield from self._decoder.parts(body)
        except ShapeError as error:
            raise ShapeError(
                f"{request} answered 200, but the page is not usable: {error}"
            ) from None

    # -- rows ------------------------------------------------------------------------------------

    def _accept(self, read: ScopeRead, partition: Partition, rows: Rows) -> None:
        """Write rows of a partition and their children, as far as dates and bookmarks want them."""
        self.outcome.progress.rows += len(rows)
        if self._stream.keeps_ids:
            ids = self.lists[_key(read.scope)]
            ids.update((row.id, self._stream.summary(row)) for row in rows)
        ident = self._stream.partition_id(partition)
        if (window := read.window) is not None:
            page = rows
            if read.plan.dated:
                since = window.since_for(ident) if self._stream.filters_here else None
                start = max(filter(None, (self._run.start, since)), default=None)
                rows = within(rows, self._stream.cursor_of, start, self._run.end)
            unfinished = self._stream.earliest_unfinished(page)
            window.saw(ident, self._stream.latest(rows), unfinished)
        if self._unchanged:
            rows = self._unchanged.changed(rows, ident, window)
        self._emit(rows, partition)
        self.outcome.progress.tick()

    def _emit(self, rows: Rows, partition: Partition) -> None:
        now = max(self._run.clock.now(), self._read_at)  # a clock may be set back meanwhile
        # Children first: encoding a row drops the fields that only its children wanted.
        pages = [(table, self._checks.rows_of(table, rows)) for table in self._tables]
        for table, page in pages:
            table.emit(page, now)
            self._counts.add(partition, table, len(page))

    def _write_rest(self, partition: Partition) -> TapError | None:
        """Write what was kept of a partition that ended; return what went wrong."""
        try:
            if self._unchanged:
                self._emit(self._unchanged.rest(self._stream.partition_id(partition)), partition)
        except TapError as error:
            return error
        return None

    # -- finish ----------------------------------------------------------------------------------

    def _finish(self, metrics: ExitStack) -> None:
        """Write what is left, and the table versions after a complete read."""
        for table in self._tables:
            table.end(metrics)
            self.outcome.counts[table.name] = table.count
            self.outcome.rescued[table.name] = table.rescued
        if self._version is not None:
            table_versions.activate(
                self._version,
                self._tables,
                self._checks,
                self._counts,
                complete=self.outcome.complete,
            )
        if self._unchanged:
            self._unchanged.keep()

    def _save(self) -> None:
        """Move the bookmarks that waited for the versions, and write the state."""
        for scope, window in self._to_close if self.outcome.stop is None else ():
            if self._counts.doubted:  # a later run has to read all of it again
                state.drop_progress(self._states(scope))
            else:
                self._move_bookmark(scope, window)
        self._stream.after_read(self.outcome)
        if self._tables and (self._run.tap.bookmarks or not self.outcome.failures):
            self._run.checkpoints.write(now=True)
        self.outcome.progress.tick()


def _key(scope: Scope) -> ScopeKey:
    return tuple(scope.values())


def _answered(steps: Generator[Any, Any, Any], take: Callable[[Any], Exchange]) -> Exchange:
    """Take the steps of a stream one after another; an error is raised at its step."""
    try:
        step = next(steps)
        while True:
            try:
                brought = yield from take(step)
            except TapError as error:
                step = steps.throw(error)
            else:
                step = steps.send(brought)
    except StopIteration as end:
        return end.value
    finally:
        steps.close()  # what it holds is given back at once, whatever ended it
