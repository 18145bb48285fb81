"""`target-bulk`: what each Singer message means to it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter, defaultdict, deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import local
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Target
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities

from target_bulk import duck, postgres
from target_bulk.batches import records_of
from target_bulk.columns import Table, table_of
from target_bulk.database import Database, Gone, Known, Step
from target_bulk.errors import LoadError, UnknownStreamError
from target_bulk.lines import LineReader
from target_bulk.settings import SETTINGS
from target_bulk.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    import duckdb
    from singer_sdk.helpers.capabilities import CapabilitiesEnum

_FIRST = 8 << 20
"""Bytes of the first batch; each one after it is twice as large, so that loading begins early."""

_STATE_SECONDS = 300
"""How long a STATE waits for more rows, at most, where they come slowly."""

_NAMED = 20
"""Properties that a warning names, at most."""


@dataclass
class Stream:
    """A stream under its SCHEMA.

    Attributes:
        message: the SCHEMA.
        table: where its rows go.
        exact: whether it has numbers too long for DuckDB's reader.
        spool: the file that its lines are written to, if one is open.
        is_new: whether no file of it was full yet.
    """

    message: dict[str, Any]
    table: Table
    exact: bool = False
    spool: Spool | None = None
    is_new: bool = True


class TargetBulk(Target):
    """Loads into DuckDB (a file) or PostgreSQL without a look at each record in Python."""

    name = "target-bulk"
    package_name = "timecost-taps"
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.STRUCTURED_LOGGING,
        TargetCapabilities.TARGET_SCHEMA,
        TargetCapabilities.HARD_DELETE,
    ]
    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - the SDK's own
        super().__init__(**options)
        if bool(self.config.get("duckdb_path")) == bool(self.config.get("postgres_url")):
            raise LoadError("Set exactly one of duckdb_path and postgres_url.")
        if self.config["apply_windows"] and not self.config["add_record_metadata"]:
            raise LoadError("apply_windows needs add_record_metadata: set both or neither.")
        self.message_reader = self._reader = LineReader(self._spool, self._end)
        self._streams: dict[str, Stream] = {}
        self._steps: list[Step] = []
        self._state: bytes | None = None
        self._size = self._rows = 0
        self._enough = min(_FIRST, self.config["batch_size_bytes"])
        self._flushed_at = time.monotonic()
        self._notes = Counter[str]()
        self._undeclared = defaultdict[str, set[str]](set)
        self._numbers = count()
        self._left = ExitStack()
        self._tables = Known()
        self._workers = ThreadPoolExecutor(2)
        self._loading = deque[Future[None]]()
        self._of_thread = local()

    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        """Make the table of a stream as it is wanted; rows under an earlier SCHEMA come first."""
        name = message_dict.get("stream")
        if not isinstance(name, str):
            raise LoadError("A SCHEMA names no stream; correct the tap.")
        known = self._streams.get(name)
        if known and known.message == message_dict:
            return
        if known:
            self._flush()
        table = table_of(message_dict, self.config)
        self._wait(at_most=0)
        table = self._workers.submit(lambda: self._database.declare(table)).result()
        self._streams[name] = Stream(message_dict, table)
        if self.config["load_method"] == "overwrite" and not known:
            self._steps.append(Gone(table, "true", hard=True))

    def _spool(self, name: str, lines: bytes, rows: int) -> None:
        """Write RECORD lines of a stream to its file; load all files if they are large."""
        stream = self._known(name)
        self._wait()
        if not self._open(stream).write(lines):
            self._close(stream)
            stream.exact = True
            self._open(stream).write(lines)
        self._size += len(lines)
        self._rows += rows
        most = self.config.get("batch_size_rows")
        if self._size >= self._enough or (most and self._rows >= most):
            self._flush()
            self._enough = min(2 * self._enough, self.config["batch_size_bytes"])

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        """Keep a STATE until what came before it is loaded."""
        self._state = bytes(message_dict["value"])
        if time.monotonic() - self._flushed_at > _STATE_SECONDS:
            self._flush()

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        """Have rows of earlier versions go, after those that came before this message."""
        stream = self._known(str(message_dict["stream"]))
        if not self.config["process_activate_version_messages"] or not stream.table.metadata:
            self._notes[f"Stream {stream.table.stream}: ACTIVATE_VERSION is ignored"] += 1
            return
        self._close(stream)
        older = f"_sdc_table_version < {int(message_dict['version'])}"
        self._steps.append(Gone(stream.table, f"{older} or _sdc_table_version is null"))

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        """Take the records of files, as if they came here."""
        name = str(message_dict["stream"])
        for lines in records_of(message_dict):
            self._spool(name, lines, lines.count(b"\n"))

    def process_endofpipe(self) -> None:
        """Load what is left."""
        try:
            self._flush()
            self._wait(at_most=0)
        finally:
            self._end()
        for note, times in self._notes.items():
            self.logger.warning("%s (%d times).", note, times)
        for stream, names in self._undeclared.items():
            if names:
                self.logger.warning(
                    "Stream %s: properties that its SCHEMA does not declare are left out: %s%s.",
                    stream,
                    ", ".join(sorted(names)[:_NAMED]),
                    f", and {more} more" if (more := len(names) - _NAMED) > 0 else "",
                )
        if self._reader.broken_off:
            raise LoadError("The input ended within a line: look at why the tap broke off.")

    def _end(self) -> None:
        """Let the batches be loaded that are under way, and close everything."""
        self._workers.shutdown(cancel_futures=True)
        self._left.close()

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """End; what is not loaded comes again with the next run."""
        name = signal.Signals(signum).name
        self.logger.warning("%s: stopped; the next run loads what no STATE confirmed.", name)
        sys.exit(128 + signum)

    def _known(self, name: str) -> Stream:
        """Return a stream that had its SCHEMA."""
        if name not in self._streams:
            raise UnknownStreamError(
                f"Stream {name}: a RECORD came before its SCHEMA; correct the tap."
            )
        return self._streams[name]

    def _open(self, stream: Stream) -> Spool:
        """Return the file that a stream's lines are written to."""
        if stream.spool is None:
            path = self._folder / f"{next(self._numbers)}.jsonl"
            stream.spool = Spool(
                *(stream.table, path, self.initialized_at),
                exact=stream.exact,
                is_first=stream.is_new,
            )
        return stream.spool

    def _close(self, stream: Stream) -> None:
        """Have the file of a stream loaded before what comes now."""
        if stream.spool:
            stream.spool.close()
            name = stream.table.stream
            self._undeclared[name] |= stream.spool.undeclared
            if stream.spool.cleaned:
                note = f"Stream {name}: characters that no database takes"
                self._notes[f"{note} (NUL, halves of surrogate pairs) were removed"] += (
                    stream.spool.cleaned
                )
            self._steps.append(stream.spool)
            stream.spool, stream.is_new = None, False

    def _flush(self) -> None:
        """Load all that came, while more comes."""
        for stream in self._streams.values():
            self._close(stream)
        # by name, so that several processes lock rows in the same order
        steps = sorted(self._steps, key=lambda step: step.table.stream)
        before = self._loading[-1] if self._loading else None
        self._loading.append(self._workers.submit(self._load, steps, self._state, before))
        self._steps, self._state = [], None
        self._size = self._rows = 0
        self._flushed_at = time.monotonic()
        self._wait()

    def _wait(self, at_most: int = 2) -> None:
        """Wait until so many batches are under way; raise what went wrong with those before."""
        while self._loading and (len(self._loading) > at_most or self._loading[0].done()):
            self._loading.popleft().result()

    def _load(
        self, steps: Sequence[Step], state: bytes | None, before: Future[None] | None
    ) -> None:
        """Read a batch, load it when the one before it is loaded, then let its STATE go."""
        changes = self._database.prepare(steps) if steps else None
        if before:
            before.result()
        if changes:
            self._database.load(steps, changes)
        if state:
            _write(state)

    @cached_property
    def _folder(self) -> Path:
        """A folder for files that are gone when the run is."""
        folder = TemporaryDirectory(prefix="target-bulk-", ignore_cleanup_errors=True)
        return Path(self._left.enter_context(folder))

    @cached_property
    def _duckdb(self) -> duckdb.DuckDBPyConnection:
        """DuckDB, which all threads share."""
        connection = duck.connect(self._folder)
        self._left.callback(connection.close)
        if path := self.config.get("duckdb_path"):
            duck.attach(connection, path)
        return connection

    @property
    def _database(self) -> Database:
        """The database, by connections of this thread."""
        if not hasattr(self._of_thread, "database"):
            self._of_thread.database = self._connected()
        found: Database = self._of_thread.database
        return found

    def _connected(self) -> Database:
        staging = self._duckdb.cursor()
        self._left.callback(staging.close)
        options = self._tables, self.config["hard_delete"], self.config["apply_windows"]
        url = self.config.get("postgres_url")
        if not url:
            return duck.DuckDB(staging, *options)
        connection = postgres.connect(url)
        self._left.callback(connection.close)
        return postgres.Postgres(staging, *options, connection=connection)


def _write(state: bytes) -> None:
    """Write a STATE to standard output.

    Raises:
        LoadError: nobody takes it.
    """
    try:
        sys.stdout.write(state.decode() + "\n")
        sys.stdout.flush()
    except (OSError, AttributeError) as error:  # without standard output it is None
        if sys.stdout:  # Python would try again at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise LoadError(
            f"A STATE cannot be written ({type(error).__name__}): look at where standard output "
            "goes. The rows are loaded; the next run loads them again."
        ) from None
