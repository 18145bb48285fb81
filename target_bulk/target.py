"""`target-bulk`: what each Singer message means to it."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
import weakref
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Target
from singer_sdk.exceptions import RecordsWithoutSchemaException
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities

from target_bulk import duck, postgres
from target_bulk.batches import records_of
from target_bulk.columns import Kind, Table, table_of
from target_bulk.database import Activate, Database, Deletions, Empty, Step
from target_bulk.errors import LoadError
from target_bulk.lines import LineReader
from target_bulk.settings import SETTINGS
from target_bulk.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from singer_sdk.helpers.capabilities import CapabilitiesEnum

_FIRST = 8 << 20
"""Bytes of the first batch; each one after it is twice as large, so that loading begins early."""

_STATE_SECONDS = 300
"""How long a STATE waits for more rows, at most, where they come slowly."""


class UnknownStreamError(LoadError, RecordsWithoutSchemaException):
    """A record without a SCHEMA before it."""

    def __init__(self, stream: str) -> None:
        super().__init__(f"Stream {stream}: a RECORD came before its SCHEMA; correct the tap.")


class Stream:
    """A stream under its SCHEMA.

    Attributes:
        message: the SCHEMA.
        table: where its rows go.
        exact: whether it has numbers too long for DuckDB's reader.
        spool: the file that its lines are written to, if one is open.
    """

    def __init__(self, message: dict[str, Any], table: Table) -> None:
        self.message = message
        self.table = table
        self.exact = False
        self.spool: Spool | None = None


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
        self._check_settings()
        self.message_reader = self._reader = LineReader(self._spool)
        self._streams: dict[str, Stream] = {}
        self._steps: list[Step] = []
        self._state: bytes | None = None
        self._size = self._rows = 0
        self._enough = min(_FIRST, self.config["batch_size_bytes"])
        self._flushed_at = time.monotonic()
        self._notes = Counter[str]()
        self._folder = Path(tempfile.mkdtemp(prefix="target-bulk-"))
        self._left = ExitStack()
        self._left.callback(shutil.rmtree, self._folder, ignore_errors=True)
        self._clean_up = weakref.finalize(self, self._left.close)
        self._files = 0
        self._loader = ThreadPoolExecutor(1, "loader")
        self._loading: Future[None] | None = None
        self._database: Database | None = None

    def _check_settings(self) -> None:
        config = self.config
        if bool(config.get("duckdb_path")) == bool(config.get("postgres_url")):
            raise LoadError("Set exactly one of duckdb_path and postgres_url.")
        if config["apply_windows"] and not config["add_record_metadata"]:
            raise LoadError("apply_windows needs add_record_metadata: set both or neither.")

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
        config = self.config
        table = table_of(
            message_dict,
            schema=config.get("default_target_schema") or None,
            default="public" if config.get("postgres_url") else "main",
            metadata=config["add_record_metadata"],
            is_merged=config["load_method"] != "append-only",
            numbers=Kind.TEXT if config["numbers_as_text"] else Kind.NUMBER,
        )
        table = self._loader.submit(self._declare, table).result()
        self._streams[name] = Stream(message_dict, table)
        if config["load_method"] == "overwrite" and not known:
            self._steps.append(Empty(table))

    def _spool(self, name: str, lines: bytes) -> None:
        """Write RECORD lines of a stream to its file; load all files if they are large."""
        stream = self._known(name)
        if self._loading and self._loading.done():
            self._wait()
        if not self._open(stream).write(lines):
            self._close(stream)
            stream.exact = True
            self._open(stream).write(lines)
        self._size += len(lines)
        self._rows += lines.count(b"\n")
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
        self._steps.append(Activate(stream.table, int(message_dict["version"])))

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        """Take the records of files, as if they came here."""
        name = str(message_dict["stream"])
        for lines in records_of(message_dict):
            self._spool(name, lines)

    def process_endofpipe(self) -> None:
        """Load what is left."""
        self._flush()
        self._wait()
        self._loader.shutdown()
        self._clean_up()
        for note, count in self._notes.items():
            self.logger.warning("%s (%d times).", note, count)
        if self._reader.broken_off:
            raise LoadError("The input ended within a line: look at why the tap broke off.")

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """End; what is not loaded comes again with the next run."""
        sys.exit(128 + signum)

    def _known(self, name: str) -> Stream:
        """Return a stream that had its SCHEMA."""
        stream = self._streams.get(name)
        if stream is None:
            raise UnknownStreamError(name)
        return stream

    def _open(self, stream: Stream) -> Spool:
        """Return the file that a stream's lines are written to."""
        if stream.spool is None:
            self._files += 1
            path = self._folder / f"{self._files}.jsonl"
            stream.spool = Spool(stream.table, path, self.initialized_at, exact=stream.exact)
        return stream.spool

    def _close(self, stream: Stream) -> None:
        """Have the file of a stream loaded before what comes now."""
        if stream.spool:
            stream.spool.close()
            self._steps.append(stream.spool)
            stream.spool = None

    def _flush(self) -> None:
        """Load all that came, while more comes."""
        for stream in self._streams.values():
            self._close(stream)
        self._wait()
        # by name, so that several processes lock rows in the same order
        steps = sorted(self._steps, key=lambda step: step.table.stream)
        self._loading = self._loader.submit(self._load, steps, self._state)
        self._steps, self._state = [], None
        self._size = self._rows = 0
        self._flushed_at = time.monotonic()

    def _wait(self) -> None:
        """Wait for the batch that is being loaded, and raise what went wrong there."""
        if self._loading:
            self._loading.result()

    # in the loader's thread, which alone uses the database

    def _load(self, steps: Sequence[Step], state: bytes | None) -> None:
        """Load a batch, then let its STATE go."""
        if steps:
            self._connected().load(steps)
        for step in steps:
            if isinstance(step, Spool):
                step.path.unlink()
                if step.cleaned:
                    note = f"Stream {step.table.stream}: characters that no database takes"
                    self._notes[f"{note} (NUL, halves of surrogate pairs) were removed"] += (
                        step.cleaned
                    )
        if state:
            sys.stdout.write(state.decode() + "\n")
            sys.stdout.flush()

    def _declare(self, table: Table) -> Table:
        return self._connected().declare(table)

    def _connected(self) -> Database:
        """Return the database; the first time it is opened."""
        if self._database is None:
            deletions = Deletions(self.config["hard_delete"], self.config["apply_windows"])
            url = self.config.get("postgres_url")
            staging = duck.connect(":memory:" if url else self.config["duckdb_path"], self._folder)
            self._database = (
                postgres.Postgres(staging, self._folder, deletions, postgres.connect(url))
                if url
                else duck.DuckDB(staging, self._folder, deletions)
            )
            self._left.callback(self._database.close)
        return self._database
