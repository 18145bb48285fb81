"""One reading of one endpoint: every page once, all tables that are made of it, then the state."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from taps_common import bookmarks
from taps_common.codec import PageDecoder
from taps_common.errors import RequestError, ShapeError, TapError, UnreachableError
from taps_common.fetch import drive
from taps_common.inspection import Inspection
from taps_common.outcome import Outcome
from taps_common.plausible import RowCounts
from taps_common.progress import Cost, Progress
from taps_common.unsent import what_is_unsent
from taps_common.versions import activate, version_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from msgspec import Struct

    from taps_common.bookmarks import Scope, ScopeState, Window
    from taps_common.http import Request, Response
    from taps_common.rows import Row
    from taps_common.stream import Source, Table
    from taps_common.unsent import Unsent

STALLED_RUNS = 3
"""Runs that may get nowhere with an interrupted reading before it is begun anew."""

GIVE_UP_AFTER = 3
"""Partitions that fail in a row before requests are not sent again, and, if no answer comes at all,
before the rest of a stream is not asked for."""


class Reading:
    """Reads a source once and emits the rows of the given tables.

    Args:
        source: the stream whose endpoint is read.
        tables: the selected tables among the source and those unwound from it; none just lists.

    Attributes:
        outcome: what was read so far, and what it cost.
        window: what part of the scope is read, where the source has a cursor.
    """

    def __init__(self, source: Source, tables: Sequence[Table]) -> None:
        self.source = source
        self.tables = tables
        self._tap = source.tap
        self.outcome = Outcome(Progress(source.name, self._tap.clock, self._tap.logger))
        wants, lenient = partial(source.wants, tables), source.lenient
        self._decoder = PageDecoder(source.row, wants, lenient=lenient)
        self.window: Window | None = None
        self._inspection = Inspection(source, self._decoder, self.outcome)
        self._counts = RowCounts(source, self.outcome)
        self._unsent: Unsent | None = None
        self._ended: list[tuple[Scope, Window]] = []
        self._version: int | None = None

    def run(self) -> Outcome:
        """Read everything; failures are collected, and the state says what was done."""
        with ExitStack() as metrics:
            for table in self.tables:
                table.write_schema()
                metrics.enter_context(table.get_sync_timer())
            self._unsent = what_is_unsent(self.source, self.tables, self.outcome)
            windows = [(scope, self._open(scope)) for scope in self.source.scopes()]
            self._version = version_of(self.source, self.tables, [window for _, window in windows])
            self._begin()
            for scope, window in windows:
                if self.outcome.stop is None:
                    self._read_scope(scope, window)
            changed = self._unsent is None or self._unsent.end(window for _, window in windows)
            for table in self.tables:
                table.end(metrics)
                self.outcome.counts[table.name] = table.count
            versioned = self._version is None or activate(
                self._version,
                self.tables,
                self._inspection,
                self._counts,
                complete=self.outcome.complete,
                changed=changed,
            )
            if self._unsent:
                self._unsent.keep(versioned=versioned)
        for scope, window in self._ended if self.outcome.stop is None else ():
            if self._counts.doubted:  # a later run has to read all of it again
                bookmarks.drop_walk(self._states(scope))
            else:
                self._close(scope, window)
        self.source.settle(self.outcome)
        self.outcome.progress.cost.add(self._tap.workers.cost_of_unused())
        if self.tables and (self._tap.state.get("bookmarks") or not self.outcome.failures):
            self._tap.save_state(now=True)
        self.outcome.progress.tick()
        return self.outcome

    def run_alone(self) -> None:
        """Read for a dry run: bookmarks stay as they are, and the first failure is raised."""
        self._begin()
        for scope in self.source.scopes():
            self.window = self._open(scope)
            for partition in self.source.partitions_in(scope, self):
                walk = self.source.walk(partition, self.window, self)
                for _, error in drive([(partition, walk)], self._tap.workers):
                    if error is not None and self._refusal(error, partition) is None:
                        raise error
        self._tap.save_state(now=True)

    @property
    def fields(self) -> type[Struct]:
        """The type of the rows that are decoded: without what nobody needs."""
        return self._decoder.narrowed

    def ask(self, request: Request) -> Response:
        """Send a request that brings no page, and count its cost.

        Raises:
            RequestError: no usable answer came.
        """
        try:
            response = self._tap.workers.send(request)
        except RequestError as error:
            self.outcome.progress.cost.add(error.cost)
            error.cost = Cost()  # it is counted
            raise
        self.outcome.progress.cost.add(response.cost)
        return response

    def begin_again(self, partition: Scope, error: RequestError, *, goes_on: bool = False) -> None:
        """Count what a walk cost that ends early and begins again: its pages may come again.

        Args:
            partition: whose pages they are.
            error: what ended it.
            goes_on: whether it goes on about where it ended, instead of at its first page.
        """
        self.outcome.progress.cost.add(error.cost)
        if not goes_on:
            self._counts.begin_again(partition)
        if self._inspection.end_walk(partition) and self._unsent:
            self._unsent.begin_again()

    def take(
        self, request: Request, response: Response, partition: Scope, *, last: bool = False
    ) -> int:
        """Decode a page and emit its rows, some at a time.

        Args:
            request: what was asked.
            response: what was answered.
            partition: whose page it is.
            last: whether it is known to be the last page of its walk.

        Returns:
            The number of rows on the page.

        Raises:
            ShapeError: the page is not what the service documents, or came before.
        """
        self.outcome.progress.cost.add(response.cost)
        count, keys = 0, set[int]()
        with self._tap.gathering():
            for rows, text in self._parts(request, response):
                self.source.complete(rows, partition)
                found = self._inspection.keys_of(rows)
                if not count:
                    self._inspection.begin_page(request, partition, found)
                self._inspection.report_drift(text, len(rows))
                self.accept(rows, partition)
                count += len(rows)
                keys |= found
        self._inspection.end_page(partition, keys, count, last=last)
        return count

    def _parts(self, request: Request, response: Response) -> Iterator[tuple[list[Row], bytes]]:
        body = response.body
        try:
            if self.source.together:
                yield self._decoder.decode(body), body
            else:
                yield from self._decoder.parts(body)
        except ShapeError as error:
            raise ShapeError(
                f"{request} answered 200, but the page is not usable: {error}"
            ) from None

    def accept(self, rows: Sequence[Row], partition: Scope) -> None:
        """Emit rows of a partition, and what is unwound from them."""
        self.outcome.progress.rows += len(rows)
        rows = self.source.choose(rows)
        self.source.remember(rows, partition)
        if self.window is not None:
            page, rows = rows, self._tap.within_dates(rows, self.source.moment)
            self._note_cursors(page, rows, partition)
        if self._unsent:
            rows = self._unsent.among(rows, self.source.partition_id(partition), self.window)
        self._emit(rows, partition)
        self.outcome.progress.tick()

    def _emit(self, rows: Sequence[Row], partition: Scope) -> None:
        moment = self._tap.clock.now()
        # Unwound first: a source's line drops the fields that only its children wanted.
        pages = [(table, self._inspection.page_of(table, rows)) for table in self.tables]
        for table, page in pages:
            table.emit(page, moment)
            self._counts.add(partition, table, len(page))

    def _emit_rest(self, partition: Scope) -> TapError | None:
        """Emit what was kept of a walk that ended; return what went wrong."""
        try:
            if self._unsent:
                self._emit(self._unsent.rest(self.source.partition_id(partition)), partition)
        except TapError as error:
            return error
        return None

    def _begin(self) -> None:
        for table in self.tables:
            row = self._decoder.narrowed if table is self.source else table.row
            table.begin(row, self._version if table.versioned else None)
        if self._unsent:
            self._unsent.begin(self._version)

    # -- scopes and partitions -------------------------------------------------------------------

    def _read_scope(self, scope: Scope, window: Window | None) -> None:
        """Read the partitions of a scope, then move its bookmark, or remember how far it came."""
        failed = len(self.outcome.failures)
        self.window = window
        self._counts.begin_scope(scope, window)
        try:
            partitions = list(self.source.partitions_in(scope, self))
        except TapError as error:
            self.outcome.fail(scope, error)
            return
        done = len(window.done) if window else 0
        left_out = sum(self.outcome.left_out.values())
        aborted = self._read_partitions(scope, partitions, window)
        if window is None:
            return
        came = len(window.done) > done
        refused = self.source.spares(scope) and sum(self.outcome.left_out.values()) > left_out
        if refused and len(self.outcome.failures) == failed:
            if window.done:  # of an interrupted reading: it goes on once the scope may be read
                self._keep_walk(scope, window)
        elif len(self.outcome.failures) == failed:
            if self._version is None:
                self._close(scope, window)
            else:  # once the version is active: a run that goes on has the same one
                if not self.source.sliced:
                    self._keep_walk(scope, window)
                self._ended.append((scope, window))
        elif self.outcome.stop or (
            (aborted or not came or self.source.sliced) and window.stalled < STALLED_RUNS
        ):
            window.stalled = 0 if came or self.outcome.stop else window.stalled + 1
            self._keep_walk(scope, window)
        else:  # all had their turn: the next run reads all again, not only what always fails
            bookmarks.drop_walk(self._states(scope))
        # With versions it is written after their messages, with files when one is full.
        self._tap.save_state(now=self._version is None and self._tap.storage is None)

    def _read_partitions(
        self, scope: Scope, partitions: Sequence[Scope], window: Window | None
    ) -> bool:
        """Read partitions; return whether the rest of them was given up."""
        done = set(window.done) if window else set()
        left = [p for p in partitions if self.source.partition_id(p) not in done]
        walks = ((partition, self.source.walk(partition, window, self)) for partition in left)
        refused: list[RequestError] = []
        streak = 0
        self._tap.session.patient = True
        for partition, error in drive(walks, self._tap.workers, lanes=self._tap.lanes):
            begun = self._inspection.end_walk(partition)
            failure = self._emit_rest(partition) or error
            self._counts.end(partition, whole=failure is None)
            if failure is None:
                streak = 0
                self.outcome.progress.walks += 1
                if window:
                    self._keep(scope, window, partition)
            elif not begun and (refusal := self._refusal(failure, partition)) is not None:
                refused.append(refusal)
            else:
                streak += 1
                hopeless = self.outcome.fail(partition, failure)
                if hopeless or (streak >= GIVE_UP_AFTER and isinstance(failure, UnreachableError)):
                    return True
            self._tap.session.patient = streak < GIVE_UP_AFTER
        if reason := self.source.shortfall(scope):
            self.outcome.leave_out(reason)
        if refused and self._is_failure(scope, len(refused), len(partitions)):
            self.outcome.fail(scope, refused[0])
        return False

    def _is_failure(self, scope: Scope, refused: int, partitions: int) -> bool:
        """Tell whether refusals are no matter of single partitions, or not of a whole scope."""
        if self.source.spares(scope):  # slices of one list: it is readable or it is not
            return self.source.sliced and refused < partitions
        return refused == partitions

    def _keep(self, scope: Scope, window: Window, partition: Scope) -> None:
        window.done.append(self.source.partition_id(partition))
        if self._tap.state_is_due():
            self._keep_walk(scope, window)
            self._tap.save_state()

    def _refusal(self, error: Exception, partition: Scope) -> RequestError | None:
        """Return the error if it means that the service leaves a partition out; count it."""
        if not isinstance(error, RequestError):
            return None
        known = self.window.known if self.window else frozenset()
        reason = self.source.refusal(error, known=self.source.partition_id(partition) in known)
        if reason is None:
            return None
        self.outcome.progress.cost.add(error.cost)
        self.outcome.leave_out(reason)
        return error

    # -- cursors ---------------------------------------------------------------------------------

    @property
    def _cursor(self) -> str:
        assert self.source.bookmark is not None  # noqa: S101 - asked only where there is a window
        return self.source.bookmark

    def _keep_walk(self, scope: Scope, window: Window) -> None:
        """Have the next run go on; without the version if that would delete what a page hides."""
        hidden = any(map(self._inspection.hides, self.tables))
        window.version = None if hidden else self._version
        bookmarks.keep_walk(self._states(scope), window)

    def _close(self, scope: Scope, window: Window) -> None:
        states, sliced = self._states(scope), self.source.sliced
        bookmarks.close_window(states, window, cursor=self._cursor, sliced=sliced)

    def _states(self, scope: Scope) -> list[ScopeState]:
        return [t.get_context_state(dict(scope)) for t in self.tables if not t.full]

    def _open(self, scope: Scope) -> Window | None:
        if self.source.bookmark is None:
            return None
        window = bookmarks.open_window(
            self._states(scope),
            cursor=self._cursor,
            full=any(table.full for table in self.tables),
            now=self._tap.clock.now(),
            start=self._tap.start_date,
            end=self._tap.end_date,
            lookback=self.source.lookback,
            dated=self.source.bookmark == self.source.cursor,
        )
        if self._unsent:
            self._unsent.align(window)
        return window

    def _note_cursors(self, page: Sequence[Row], rows: Sequence[Row], partition: Scope) -> None:
        """Tell the window what was seen; open rows count even if the dates leave them out."""
        assert self.window is not None  # noqa: S101 - asked only where there is a window
        ident = self.source.partition_id(partition)
        self.window.saw(ident, self.source.latest(rows), self.source.earliest_open(page))
