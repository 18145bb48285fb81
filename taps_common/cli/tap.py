"""The base of all taps: settings, the run, its end, and `--check`."""

from __future__ import annotations

import logging
import os
import signal
import sys
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from taps_common.cli.command import EXIT_CODES, CommandTap, RunFailedError
from taps_common.cli.given import is_known
from taps_common.cli.settings import (
    describe_errors,
    environment_errors,
    forget_empty_variables,
    misspelled_variables,
    unknown_settings,
)
from taps_common.cli.summary import GOES_ON, Verdict, tell
from taps_common.clock import Clock, SystemClock
from taps_common.errors import FatalError, Kind, QuotaError, TapError
from taps_common.http.cost import counted
from taps_common.http.limits import CHECK_TIMEOUT, Limits
from taps_common.http.rate_limit import RateLimit
from taps_common.http.retries import time_of
from taps_common.http.session import Session
from taps_common.records.batch_files import Storage
from taps_common.records.json_text import as_text
from taps_common.records.row_types import learn
from taps_common.sdk import LineWriter
from taps_common.sync import quota
from taps_common.sync.checkpoints import Checkpoints
from taps_common.sync.completed_windows import CompletedWindows
from taps_common.sync.concurrency import SIDE_BY_SIDE, Workers
from taps_common.sync.date_bounds import end_of, start_of
from taps_common.sync.engine import Engine, StreamRead, selected_tables
from taps_common.sync.own_state import KEY
from taps_common.sync.progress import Reporter
from taps_common.sync.run import Run
from taps_common.sync.stream import EndpointStream, RecordStream
from taps_common.sync.told import Told

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from taps_common.http.request import Service
    from taps_common.sync.outcome import Outcome
    from taps_common.sync.own_state import Owner


MELTANO = "MELTANO_EXTRACTOR_NAME"
"""A variable that Meltano sets for whatever it starts; it hands settings on in a file."""

SAME_SIGNAL = 3.0
"""Seconds after a signal within which others are the same one: Meltano's SIGTERM follows the
terminal's SIGINT by 20 ms on a quiet machine."""

OBEYED_WITHIN = 4.0
"""Seconds after a signal at which the process ends, whatever it waits for: after five it is gone.
If a loader dies of the same Ctrl-C, Meltano takes nothing from the tap any more, and waits until
that has ended."""


WINDOWS_NEED_ROWS = (
    "{} gets no rows while skip_unchanged is set: rows that are not sent again would look deleted. "
    "Unset skip_unchanged if you need the table, or deselect it."
)


NEVER_WHOLE = (
    "{}: it takes more requests than there are in an hour and begins anew in each run, so it is "
    "never complete: set on_quota: wait to have it once, or deselect it."
)

NO_CATALOG = "Without --catalog all %s are read; with one, those that it selects."

NOT_KNOWN = (
    "The state has nothing of %s that this tap knows: all of it is read anew. If that is not "
    "meant, end the run and give it the state that the last one left."
)

LEFT = "left"
"""Where the bookmarks have the tables that a run which was stopped has not read."""

NO_TABLES = {"quota", "told", LEFT}
"""What a run may keep in the bookmarks that has read nothing."""

ACCEPTED = (
    "accept_state: the state of another account is taken as this one's. Unset it, so that the next "
    "run looks again."
)


class ApiTap(CommandTap):
    """A tap over an HTTP API.

    Args:
        is_second: whether another tap made it of its own settings, and warned of them.

    Attributes:
        clock: where time comes from.
        check_timeout: seconds that `--check` waits for an answer.
    """

    package_name = "timecost-taps"
    message_writer_class = LineWriter
    clock: Clock = SystemClock()
    check_timeout: ClassVar[float] = CHECK_TIMEOUT

    def __init__(self, *args: Any, is_second: bool = False, **kwargs: Any) -> None:  # noqa: ANN401 - the SDK's own
        self._signal = 0
        self._signalled = 0.0
        self._emits = False
        self._began = 0.0
        self._repeats_state = False
        self._owner: dict[str, Any] | None = None
        prefix = f"{self.name.upper().replace('-', '_')}_"
        self.append_builtin_config(self.config_jsonschema)
        from_environment = kwargs.get("parse_env_config") or MELTANO in os.environ
        if from_environment and not is_second:
            for sentence in misspelled_variables(prefix, self.config_jsonschema):
                self.logger.warning(sentence)
        if kwargs.get("parse_env_config"):
            forget_empty_variables(prefix, self.config_jsonschema)
            if errors := environment_errors(prefix, self.config_jsonschema):
                raise self.refusal(errors)
        super().__init__(*args, **kwargs)
        if kwargs.get("validate_config", True):
            self._warn_of_a_future_start()

    # -- what a tap provides ---------------------------------------------------------------------

    @property
    def stream_types(self) -> Sequence[type[RecordStream]]:
        """All streams, in the order in which they are read."""
        raise NotImplementedError

    def service(self) -> Service:
        """Return where requests go, with which credentials."""
        raise NotImplementedError

    def connect(self) -> None:
        """Prove that the service can be read, before anything is written."""
        raise NotImplementedError

    def endpoints(self) -> Iterable[EndpointStream]:
        """Return the streams with an endpoint, in the order in which they are read in this run."""
        every = [one for one in self.all_streams if isinstance(one, EndpointStream)]
        left = self.bookmarks.get(LEFT, {}).get("tables", [])
        place = {name: number for number, name in enumerate(left)}

        def order(stream: EndpointStream) -> tuple[bool, int]:
            return not self._is_under_way(stream), place.get(stream.name, len(left))

        return sorted(every, key=order)

    def unread(self) -> list[str]:
        """Return the names of tables that the settings ask for and of which nothing is known."""
        return []

    def unchanged(self) -> list[str]:
        """Return the names of tables that were not sent, since nothing in them changed."""
        return []

    # -- settings --------------------------------------------------------------------------------

    def taken_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return a schema with the types that columns leave as (`json_columns`)."""
        return as_text(schema) if self.config.get("json_columns") == "text" else schema

    def find_config_errors(self, config: dict[str, Any]) -> list[str]:
        """Return one sentence for each setting that cannot work, and fill in defaults.

        Entries that are not settings are warned of: one may be what another lacks.
        """
        for sentence in unknown_settings(config, self.config_jsonschema):
            self.logger.warning(sentence)
        return describe_errors(config, self.config_jsonschema)

    @cached_property
    def start_date(self) -> datetime | None:
        """The earliest timestamp that is read, or None for all."""
        return start_of(self.config["start_date"]) if self.config.get("start_date") else None

    @cached_property
    def end_date(self) -> datetime | None:
        """The timestamp up to which is read, exclusive; a date means its whole day; None is all."""
        return end_of(self.config["end_date"]) if self.config.get("end_date") else None

    def _warn_of_a_future_start(self) -> None:
        if self.start_date and self.start_date > self.clock.now():
            self.logger.warning(
                "start_date is %s, which is in the future: until then, tables that go by dates "
                "bring no row. Correct it if that is not meant.",
                self.config["start_date"],
            )

    # -- streams ---------------------------------------------------------------------------------

    def discover_streams(self) -> list[RecordStream]:
        """Return all streams."""
        learn([kind.row for kind in self.stream_types])
        return [kind(self) for kind in self.stream_types]

    @property
    def all_streams(self) -> list[RecordStream]:
        """All streams, in the order in which they are read."""
        return [self.stream_of(kind) for kind in self.stream_types]

    def selected_names(self) -> list[str]:
        """Return the names of the tables that the catalog selects, if one was given."""
        entries = (self.input_catalog or {}).items()
        return [name for name, entry in entries if entry.metadata.resolve_selection()[()]]

    def absent_tables(self) -> list[str]:
        """Return the names of tables that the catalog selects and nobody has (any more)."""
        names = {stream.name for stream in self.all_streams}
        return [name for name in self.selected_names() if name not in names]

    # -- requests --------------------------------------------------------------------------------

    @cached_property
    def rate_limit(self) -> RateLimit:
        """When requests may be sent, those of earlier runs considered."""
        limit = RateLimit(
            self.config.get("max_requests_per_second"),
            self.config.get("max_requests_per_hour"),
            wait=self.config.get("on_quota", "wait") == "wait",
            hourly="on_quota" in self.config,
            is_check=self.is_check,
        )
        if limit.per_hour:
            now = self.clock.monotonic()
            ages = quota.ages_in(self.bookmarks, self.clock.now())
            limit.recall(now - age for age in ages)
        return limit

    @cached_property
    def session(self) -> Session:
        """The session that all requests go through."""
        retries = self.config["max_retries"]
        limits = Limits(
            timeout=self.config["request_timeout"],
            deadline=self.config["request_deadline"],
            size=self.config["max_response_bytes"],
        )
        return Session(
            self.service(),
            user_agent=self.config.get("user_agent") or f"{self.name}/{self.plugin_version}",
            limits=limits.for_check(self.check_timeout) if self.is_check else limits,
            max_retries=min(1, retries) if self.is_check else retries,
            rate_limit=self.rate_limit,
            clock=self.clock,
            logger=self.logger,
        )

    @cached_property
    def workers(self) -> Workers:
        """The threads that send requests."""
        return Workers(self.config["max_concurrency"], self.session.cancelled)

    # -- the log ---------------------------------------------------------------------------------

    @cached_property
    def told(self) -> Told:
        """Knows which lines the last run said."""
        return Told(lambda: self.bookmarks)

    def say(self, line: str, *facts: str) -> None:
        """Log what stays as it is: a warning the first time, INFO while it stays."""
        is_new = self._emits and self.told.any_new(facts or [line])
        self.logger.log(logging.WARNING if is_new else logging.INFO, "%s", line)

    # -- the run ---------------------------------------------------------------------------------

    @cached_property
    def run(self) -> Run:
        """What all streams of the run share."""
        batches = self.config.get("batch_config") if self._emits else None
        storage = Storage(batches) if batches else None
        # Where requests are counted by the hour there is nothing to overlap, and an interrupted
        # run leaves no partition half read.
        tells = self._emits and not self.config["skip_unchanged"]  # what is not sent looks deleted
        side_by_side = 1 if self.config.get("max_requests_per_hour") else SIDE_BY_SIDE
        return Run(
            tap=self,
            clock=self.clock,
            session=self.session,
            workers=self.workers,
            checkpoints=Checkpoints(
                self, self.clock, storage, self.rate_limit, lambda: self.all_streams
            ),
            side_by_side=side_by_side,
            start=self.start_date,
            end=self.end_date,
            storage=storage,
            logger=self.logger,
            reporter=self.reporter,
            windows=self.completed_windows if tells else None,
        )

    @cached_property
    def completed_windows(self) -> CompletedWindows | None:
        """The table of the windows that were read completely, if it is selected."""
        tables = (one for one in self.all_streams if isinstance(one, CompletedWindows))
        return next((one for one in tables if one.selected), None)

    @cached_property
    def reporter(self) -> Reporter:
        """Says in the log how far the run is."""
        return Reporter(self.clock, self.logger, self.session, self.rate_limit)

    @cached_property
    def engine(self) -> Engine:
        """Reads the streams, each once."""
        return Engine(self.run, emits=self._emits)

    def read_alone(self, stream: RecordStream) -> None:
        """Read one stream for a dry run, raising whatever fails."""
        StreamRead(stream.endpoint, [stream], self.run, self.engine).run_alone()

    def sync_all(self) -> None:  # type: ignore[misc]  # final for type checkers only
        """Read all selected tables; one failure does not keep the others from being read.

        The SDK's own loop ends at the first error and reads parents once per child.

        Raises:
            RunFailedError: something could not be read; all else was.
        """
        self._emits = True
        self._began = self.clock.monotonic()
        session = self.session  # there before a signal needs it
        try:
            with self.reporter.running():
                self._read_all()
        except TapError as error:
            self._restore_owner()
            self.run.checkpoints.write_requests()
            if self._signal:
                self._end_run()
            raise self._failed(error.kind, error) from error
        except FatalError as error:
            raise self._failed(error.kind, error) from error
        else:
            session.close()
            self._restore_owner()
            self.run.checkpoints.write_requests()
            self._end_run()
        finally:
            session.close()
            self.workers.close()
            self._emits = False

    def _read_all(self) -> None:
        """Read the selected streams, until one of them ends the run."""
        engine = self.engine  # first of all: a folder for files that cannot be written ends the run
        self._repeats_state = bool(self.bookmarks)
        if self.input_catalog is None:
            every = counted(sum(one.selected for one in self.all_streams), "table")
            self.logger.info(NO_CATALOG, every)
        if odd := self._not_known():
            self.logger.warning(NOT_KNOWN, ", ".join(odd))
        windows = self.completed_windows
        with self.holding():  # a state of another account ends it, and nothing is written
            try:
                self.connect()
            except TapError:
                self._repeat_state()
                raise
            self._repeat_state()
        if windows:
            windows.start(self.run.storage)
            if self.config["skip_unchanged"]:
                self.say(WINDOWS_NEED_ROWS.format(windows.name))
        stopped = False
        for stream in self.endpoints():
            stopped = bool(selected_tables(stream) and engine.read(stream).stop)
            if stopped:
                break
        self._keep_left(ApiTap.endpoints(self) if stopped else ())
        if windows:
            with ExitStack() as metrics:
                windows.end(metrics)

    def _not_known(self) -> list[str]:
        """Return the selected tables of which the state has something, but nothing that is read."""
        return [
            one.name
            for one in self.all_streams
            if one.selected
            and not one.full
            and (entry := self.bookmarks.get(one.name))
            and not is_known(entry)
        ]

    def _keep_left(self, endpoints: Iterable[EndpointStream]) -> None:
        """Have the next run begin with the tables that this one, which was stopped, has not read.

        Else a quota that is smaller than a run would go for the first tables in each run. Last of
        all comes the one in which this run was stopped: what begins anew each time and takes more
        requests than there are would keep all others from being read.
        """
        read = {one.progress.name: one for one in self.engine.outcomes.values() if one.counts}
        unread = [one for one in endpoints if selected_tables(one)]
        unread = [one for one in unread if one.name not in read or read[one.name].stop]
        left = sorted((one.name for one in unread), key=read.__contains__)
        limit = self.config.get("max_requests_per_hour") or float("inf")
        for stream in unread:
            outcome = read.get(stream.name)
            if not outcome or not isinstance(outcome.stop, QuotaError):
                continue
            is_larger = len(read) == 1 or outcome.progress.parts.total > limit
            if is_larger and not self._is_under_way(stream):
                self.logger.warning(NEVER_WHOLE.format(stream.name))
        if left != self.bookmarks.get(LEFT, {}).get("tables", []):
            self.bookmarks[LEFT] = {"tables": left}
            self.state_writer.write_state(self.state)

    def own_state(self, owner: Owner) -> None:
        """Make sure that the state is of this account, and note whose it is.

        Raises:
            FatalError: it is of another one; nothing of it is written.
        """
        bookmarks = self.bookmarks
        self._owner = bookmarks.get(KEY, {})
        refusal = owner.refusal(bookmarks)
        if refusal and not self.config["accept_state"]:
            raise FatalError(refusal, kind=Kind.STATE)
        if refusal:
            self.logger.warning(ACCEPTED)
        owner.keep(bookmarks, anew=bool(refusal))
        self._repeat_state()

    def _restore_owner(self) -> None:
        """Leave whose the state is as it was if nothing was read: the settings may be wrong."""
        bookmarks = self.bookmarks
        read = any(any(one.counts.values()) for one in self.engine.outcomes.values())
        held = {name for name, value in bookmarks.items() if value} - {KEY, *NO_TABLES}
        if self._owner is None or read or held or bookmarks.get(KEY) == self._owner:
            return
        bookmarks[KEY] = self._owner
        self.state_writer.write_state(self.state)

    def _repeat_state(self) -> None:
        """Write the state that was given, once: a run that reads nothing leaves it as it was."""
        if self._repeats_state:
            self._repeats_state = False
            self.state_writer.write_state(self.state)

    def interrupt(self, signum: int) -> None:
        """Stop after the page that is being written; at once if nothing is read yet.

        Ctrl-C in a terminal reaches the tap as SIGINT, and as the SIGTERM of the Meltano that was
        interrupted too: what follows within `SAME_SIGNAL` is the same signal. What follows later
        ends the process at once, and so does a page that the loader does not take.

        Raises:
            InterruptedRunError: this thread waited for a response.
        """
        now = self.clock.monotonic()
        if self._signal:
            if now - self._signalled > SAME_SIGNAL:
                os._exit(128 + self._signal)
            return
        self._signal, self._signalled = signum, now
        name = signal.Signals(signum).name
        if not self._emits:
            if not self._began:
                self.logger.warning("%s: stopped before the run began.", name)
            sys.exit(128 + signum)
        self.clock.call_after(OBEYED_WITHIN, self._end_process)
        self.logger.warning("%s: stopping after this page; %s.", name, GOES_ON)
        self.session.close()

    def _end_process(self) -> None:
        """End the process as it is, unless the run ended: it may be stuck for good."""
        if self._emits:
            os._exit(128 + self._signal)

    def _is_under_way(self, stream: EndpointStream) -> bool:
        """Return whether an interrupted run left a part of a stream: that comes first.

        Else a small quota would go for the lists before it in each run.
        """
        state = stream.known_state
        return any("walk" in scope for scope in (state, *state.get("partitions", ())))

    # -- its end ---------------------------------------------------------------------------------

    def _end_run(self) -> None:
        """Say what the run cost and what it left out.

        Raises:
            RunFailedError: a table is incomplete.
        """
        outcomes = [*self.engine.outcomes.values()]
        failed = [name for one in outcomes if one.failures for name in one.counts]
        failed += self.unread()
        stopped = bool(self._signal) or any(outcome.stop for outcome in outcomes)
        selected = [stream.name for stream in self.all_streams if stream.selected]
        if stopped:
            read = {name for outcome in outcomes for name in outcome.counts}
            told = self.completed_windows and self.completed_windows.name
            failed += [name for name in selected if name not in read and name != told]
        self._sum_up(outcomes, len(selected) + len(self.unread()), failed)
        if self._signal:
            sys.exit(128 + self._signal)
        self._refuse_nothing()
        if not selected and not failed:
            self.logger.warning("No table is selected in the catalog, and nothing was read.")
        if failed or stopped:
            total = len(selected) + len(self.unread())
            rest = " The others were read." if len(failed) < total else ""
            if stopped:
                rest = f" The run was stopped there; {self._goes_on(outcomes)}."
            raise self._failed(
                _kind_of(outcomes),
                f"{len(failed)} of {total} tables are incomplete "
                f"({', '.join(failed)}); the reasons stand above.{rest}",
            )

    def _sum_up(self, outcomes: Sequence[Outcome], tables: int, failed: Sequence[str]) -> None:
        """Log how the run ended, and have the state know what the log said."""
        session = self.session
        seconds = self.clock.monotonic() - self._began
        interrupted = bool(self._signal)
        verdict = Verdict(tables, failed, self.unchanged(), session.spent, seconds, interrupted)
        tell(verdict, outcomes, self.told, self.logger, self.name)
        if self.told.keep(whole=not failed):
            self.run.checkpoints.write(now=True)

    def _refuse_nothing(self) -> None:
        """Make sure that not every table was left out.

        Raises:
            RunFailedError: all were.
        """
        outcomes = [outcome for outcome in self.engine.outcomes.values() if outcome.counts]
        if outcomes and all(one.skipped and not one.progress.partitions for one in outcomes):
            reasons = {reason for outcome in outcomes for reason in outcome.skipped}
            raise self._failed(
                Kind.SKIPPED, f"Nothing could be read: {'; '.join(sorted(reasons))}."
            )

    def _goes_on(self, outcomes: Iterable[Outcome]) -> str:
        """Return when the next run goes on, as far as that is known."""
        stops = (one.stop for one in outcomes)
        after = next((stop.after for stop in stops if isinstance(stop, QuotaError)), None)
        if after is None:
            return "the next one goes on"
        return f"run again {time_of(self.clock.now(), after)}: it goes on"

    def _failed(self, kind: Kind, text: object) -> RunFailedError:
        return RunFailedError.of(self.name, kind, text)


def _kind_of(outcomes: Sequence[Outcome]) -> Kind:
    """Return what a person has to do about a run that is incomplete."""
    if any(isinstance(one.stop, QuotaError) for one in outcomes):
        return Kind.QUOTA
    kinds = {error.kind for one in outcomes for _, error in one.failures}
    sent = any(count for one in outcomes for count in one.counts.values())
    alone = len(kinds) == 1 and not sent
    return kinds.pop() if alone and kinds <= EXIT_CODES.keys() else Kind.PARTIAL
