"""The base of all taps: settings, the run, its end, and `--check`."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from singer_sdk.exceptions import ConfigValidationError

from taps_common import quota
from taps_common.batch import Storage
from taps_common.clock import Clock, SystemClock
from taps_common.command import CommandTap, RunFailedError
from taps_common.errors import TapError
from taps_common.fetch import LANES, Workers
from taps_common.http import Session
from taps_common.pace import Pace
from taps_common.reading import Reading
from taps_common.rows import learn
from taps_common.settings import (
    describe_errors,
    end_of,
    environment_errors,
    forget_empty_variables,
    start_of,
    unknown_settings,
)
from taps_common.stream import Source, Table
from taps_common.writer import LineWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from taps_common.bookmarks import Scope
    from taps_common.http import Service
    from taps_common.outcome import Outcome
    from taps_common.rows import Row

T = TypeVar("T", bound=Table)

STATE_EVERY = 1.0
"""Seconds between two STATE messages of a reading that is under way."""

STATE_OF_FILES_EVERY = 300.0
"""The same where rows go into files and none became full: each STATE ends files that are not."""


SAME_SIGNAL = 3.0
"""Seconds after a signal within which others are the same one: Meltano's SIGTERM follows the
terminal's SIGINT by 20 ms on a quiet machine."""

OBEYED_WITHIN = 5.0
"""Seconds after a signal within which the process ends, whatever it waits for. If a loader dies of
the same Ctrl-C, Meltano takes nothing from the tap any more, and waits until that has ended."""


class ApiTap(CommandTap):
    """A tap over an HTTP API."""

    package_name = "timecost-taps"
    message_writer_class = LineWriter
    clock: Clock = SystemClock()

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the SDK's own
        self._outcomes: dict[type[Source], Outcome] = {}
        self._signal = 0
        self._signalled = 0.0
        self._emitting = False
        self._state_written = float("-inf")
        self.storage: Storage | None = None
        if kwargs.get("parse_env_config"):
            prefix = f"{self.name.upper().replace('-', '_')}_"
            self.append_builtin_config(self.config_jsonschema)
            forget_empty_variables(prefix, self.config_jsonschema)
            if errors := environment_errors(prefix, self.config_jsonschema):
                raise ConfigValidationError(
                    "Config validation failed", errors=errors, schema=self.config_jsonschema
                )
        super().__init__(*args, **kwargs)
        for sentence in unknown_settings(dict(self.config), self.config_jsonschema):
            self.logger.warning(sentence)

    # -- what a tap provides ---------------------------------------------------------------------

    @property
    def table_types(self) -> Sequence[type[Table]]:
        """All tables, in the order in which they are read."""
        raise NotImplementedError

    def service(self) -> Service:
        """Return where requests go, with which credentials."""
        raise NotImplementedError

    def connect(self) -> None:
        """Prove that the service can be read, before anything is written."""
        raise NotImplementedError

    # -- settings --------------------------------------------------------------------------------

    def find_config_errors(self, config: dict[str, Any]) -> list[str]:
        """Return one sentence for each setting that cannot work, and fill in defaults."""
        return describe_errors(config, self.config_jsonschema)

    @cached_property
    def start_date(self) -> datetime | None:
        """The earliest moment that is read, or None for all."""
        return start_of(self.config["start_date"]) if self.config.get("start_date") else None

    @cached_property
    def end_date(self) -> datetime | None:
        """The moment up to which is read, exclusive; a date means its whole day; None is all."""
        return end_of(self.config["end_date"]) if self.config.get("end_date") else None

    # -- tables ----------------------------------------------------------------------------------

    def discover_streams(self) -> list[Table]:
        """Return all tables."""
        learn([kind.row for kind in self.table_types])
        return [kind(self) for kind in self.table_types]

    @property
    def tables(self) -> list[Table]:
        """All tables, in the order in which they are read."""
        return [self.table(kind) for kind in self.table_types]

    def table(self, kind: type[T]) -> T:
        """Return the stream of a type."""
        stream = self.streams[str(kind.name)]  # type: ignore[misc]  # set on every class
        assert isinstance(stream, kind)  # noqa: S101 - narrows the type, cannot fail
        return stream

    @property
    def _every_source(self) -> list[Source]:
        return [table for table in self.tables if isinstance(table, Source)]

    def family(self, source: Source) -> list[Table]:
        """Return the selected tables that one reading of a source feeds."""
        tables: list[Table] = [source, *source.unwound()]
        return [table for table in tables if table.selected]

    def listed(self, kind: type[Source], scope: Scope) -> None:
        """Make sure that a list was read, once per run, whoever needs it first.

        Raises:
            TapError: it could not be read in this scope.
        """
        outcome = self.outcome_of(kind)
        for failed, error in outcome.failures:
            if all(scope.get(name) == value for name, value in failed.items()):
                raise error

    def outcome_of(self, kind: type[Source]) -> Outcome:
        """Return how the reading of a source ended, reading it if that has not happened yet."""
        if kind not in self._outcomes:
            source = self.table(kind)
            tables = self.family(source) if self._emitting else []
            self._outcomes[kind] = Reading(source, tables).run()
        return self._outcomes[kind]

    def within_dates(
        self, rows: Sequence[Row], moment: Callable[[Row], datetime | None]
    ) -> Sequence[Row]:
        """Return the rows between `start_date` and `end_date`, and those without a cursor."""
        start, end = self.start_date, self.end_date
        if start is None and end is None:
            return rows
        return [
            row
            for row in rows
            if (at := moment(row)) is None
            or ((start is None or at >= start) and (end is None or at < end))
        ]

    # -- requests --------------------------------------------------------------------------------

    @cached_property
    def pace(self) -> Pace:
        """When requests may be sent, those of earlier runs considered."""
        pace = Pace(
            self.config.get("max_requests_per_second"),
            self.config.get("max_requests_per_hour"),
            wait=self.config.get("on_quota", "wait") == "wait",
            hourly="on_quota" in self.config,
        )
        if pace.counts:
            now = self.clock.monotonic()
            ages = quota.ages_in(self.state.get("bookmarks", {}), self.clock.now())
            pace.recall(now - age for age in ages)
        return pace

    @cached_property
    def session(self) -> Session:
        """The session that all requests go through."""
        return Session(
            self.service(),
            user_agent=self.config.get("user_agent") or f"{self.name}/{self.plugin_version}",
            timeout=self.config["request_timeout"],
            max_retries=self.config["max_retries"],
            pace=self.pace,
            clock=self.clock,
            logger=self.logger,
        )

    @cached_property
    def workers(self) -> Workers:
        """Who sends the requests of partitions."""
        session, count = self.session, self.config["max_concurrency"]
        now = self.clock.monotonic
        return Workers(session.send, count, session.cancelled, now, session.begin)

    @property
    def lanes(self) -> int:
        """Partitions that are open side by side; one where requests are counted by the hour.

        There is nothing to overlap then, and an interrupted run leaves no partition half read.
        """
        return 1 if self.config.get("max_requests_per_hour") else LANES

    # -- the run ---------------------------------------------------------------------------------

    def sync_all(self) -> None:  # type: ignore[misc]  # final for type checkers only
        """Read all selected tables; one failure does not keep the others from being read.

        The SDK's own loop ends at the first error and reads parents once per child.

        Raises:
            RunFailedError: something could not be read; all else was.
        """
        if self.config.get("batch_config"):
            self.storage = Storage(self.config["batch_config"])
            self._state_written = self.clock.monotonic()
        if self.state.get("bookmarks"):
            self.state_writer.write_state(self.state)
        session = self.session  # there before a signal needs it
        self._emitting = True
        try:
            self._read()
        finally:
            session.close()
            self._emitting = False

    def _read(self) -> None:
        try:
            self.connect()
            for source in self._sources():
                if self.family(source):
                    self._look_ahead(source)
                    if self.outcome_of(type(source)).stop:
                        break
        except TapError as error:
            self._save_quota()
            if self._signal:
                sys.exit(128 + self._signal)
            raise RunFailedError(str(error)) from error
        self.session.close()
        self._save_quota()
        self._end_run()

    def _look_ahead(self, current: Source) -> None:
        """Ask for first pages of the streams after one, as far as there are workers to spare."""
        sources = self._every_source
        for source in sources[sources.index(current) + 1 :]:
            if self.lanes == 1 or not self.workers.can_foresee:
                return
            tables = self.family(source)
            scopes = [*filter(source.is_foreseen, source.scopes())] if tables else []
            if not scopes or type(source) in self._outcomes:
                continue
            reading = Reading(source, tables)
            for scope in scopes:
                self.workers.foresee(next(source.walk(scope, None, reading)), source.is_whole)

    def save_state(self, *, now: bool = False) -> None:
        """Write a STATE message, unless one was written a moment ago or nothing changed."""
        if now or self.state_is_due():
            if self.storage:
                for table in self.tables:
                    table.finish_file()  # rows come before the state that covers them
                self.storage.grown = False
            self._state_written = self.clock.monotonic()
            self.state.setdefault("bookmarks", {})
            self._keep_quota()
            self.state_writer.write_state(self.state)

    def _keep_quota(self) -> bool:
        """Note the last hour's requests in the state, if they are counted; return if it is new."""
        if not self.pace.counts:
            return False
        now = self.clock.monotonic()
        ages = [now - sent for sent in self.pace.sent(now)]
        return quota.keep(self.state.setdefault("bookmarks", {}), ages, self.clock.now())

    def _save_quota(self) -> None:
        if self._keep_quota():
            self.save_state(now=True)

    def state_is_due(self) -> bool:
        """Tell whether the last STATE message is old enough for another, or a file became full."""
        if self.storage and self.storage.grown:
            return True
        every = STATE_OF_FILES_EVERY if self.storage else STATE_EVERY
        return self.clock.monotonic() - self._state_written >= every

    def interrupt(self, signum: int) -> None:
        """Stop after the page that is being written; at once if nothing is read yet.

        Ctrl-C in a terminal reaches the tap as SIGINT, and as the SIGTERM of the Meltano that was
        interrupted too: what follows within `SAME_SIGNAL` is the same signal. What follows later
        ends the process at once, and so does a page that the loader does not take.

        Raises:
            InterruptedRunError: this thread waited for an answer.
        """
        now = self.clock.monotonic()
        if self._signal:
            if now - self._signalled > SAME_SIGNAL:
                os._exit(128 + self._signal)
            return
        self._signal, self._signalled = signum, now
        if not self._emitting:
            sys.exit(128 + signum)
        self.clock.call_after(OBEYED_WITHIN, self._leave)
        self.logger.warning("Signal %s: stopping after this page; what was read is kept.", signum)
        self.session.close()

    def _leave(self) -> None:
        """End the process as it is, unless the run ended: it may be stuck for good."""
        if self._emitting:
            os._exit(128 + self._signal)

    def _sources(self) -> Iterable[Source]:
        """Return the sources in the order in which they are read in this run."""
        return sorted(self._every_source, key=lambda source: not self._is_under_way(source))

    def _is_under_way(self, source: Source) -> bool:
        """Tell whether an interrupted run left a reading: what is left of it comes first.

        Else a small quota would go for the lists before it in each run.
        """
        state = self.state.get("bookmarks", {}).get(source.name, {})
        return any("walk" in scope for scope in (state, *state.get("partitions", ())))

    def unread(self) -> list[str]:
        """Return the names of tables that the settings ask for and of which nothing is known."""
        return []

    def _end_run(self) -> None:
        """Say what the run cost and what it left out."""
        failed = [
            name for outcome in self._outcomes.values() for name in outcome.report(self.logger)
        ]
        failed += self.unread()
        if self._signal:
            sys.exit(128 + self._signal)
        stopped = any(outcome.stop for outcome in self._outcomes.values())
        selected = [table.name for table in self.tables if table.selected]
        if stopped:
            read = {name for outcome in self._outcomes.values() for name in outcome.counts}
            failed += [name for name in selected if name not in read]
        self._refuse_nothing()
        if failed or stopped:
            total = len(selected) + len(self.unread())
            rest = " The others were read." if len(failed) < total else ""
            if stopped:
                rest = " The run was stopped there; the next one goes on."
            raise RunFailedError(
                f"{len(failed)} of {total} tables are incomplete "
                f"({', '.join(failed)}); the reasons stand above.{rest}"
            )

    def _refuse_nothing(self) -> None:
        """Make sure that not every table was left out.

        Raises:
            RunFailedError: all were.
        """
        outcomes = [outcome for outcome in self._outcomes.values() if outcome.counts]
        if outcomes and all(one.left_out and not one.progress.walks for one in outcomes):
            reasons = {reason for outcome in outcomes for reason in outcome.left_out}
            raise RunFailedError(f"Nothing could be read: {'; '.join(sorted(reasons))}.")
