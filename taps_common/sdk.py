"""Every place where this code leans on private names of the SDK, and on its message writer.

The SDK moves one record at a time; these taps move pages. The names used here are pinned by
`tests/common/test_sdk.py`, which fails when a new SDK changes one of them.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click
from singer_sdk import Stream, Tap
from singer_sdk.exceptions import (
    AbortedSyncFailedException,
    AbortedSyncPausedException,
    ConfigValidationError,
)
from singer_sdk.helpers._flattening import flatten_key, get_flattening_options
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib import Schema
from singer_sdk.singerlib.encoding.simple import SimpleSingerWriter

from taps_common.errors import FatalError, Kind, coded

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
    from types import FrameType

    from singer_sdk.helpers._flattening import FlatteningOptions
    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import Message, SchemaMessage
    from singer_sdk.singerlib.catalog import SelectionMask

    from taps_common.clock import Clock


class Flattening(NamedTuple):
    """How a table is flattened.

    Attributes:
        options: the settings.
        columns: the names of the columns in the flattened schema.
    """

    options: FlatteningOptions
    columns: Collection[str]

    @property
    def depth(self) -> int:
        """How many levels of objects become columns."""
        return int(self.options.max_level)

    def name_of(self, path: Sequence[str]) -> str:
        """Return the name of the column for what stands at a path."""
        return _flat_name(self.options, path)


AT_EACH_START = (
    "Parsing env var for settings config...",
    "Skipping parse of env var settings...",
)
"""Texts that the SDK logs at INFO by the tap's own logger, and that tell nobody anything."""

AT_ONCE = 1 << 20
"""Bytes that are written at once of a page's lines."""


class LineWriter(SimpleSingerWriter):
    """The SDK's message writer, which also takes ready lines."""

    def __init__(self) -> None:
        super().__init__()
        self._gathered: list[bytes] | None = None
        self._held: list[bytes] | None = None
        self._size = 0

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Write what a block writes when it ends; nothing of it if it ends with a FatalError."""
        self._held = []
        try:
            yield
        except FatalError:
            self._held.clear()
            raise
        finally:
            held, self._held = self._held, None
            for lines in held:
                self._write(lines)

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Write the lines of a block together, a megabyte at a time.

        A loader that is busy makes each write end in a sleep, after which the processor's cache
        holds other things. Behind a slow reader a run took a fifth less processor time for it.
        """
        self._gathered = []
        try:
            yield
        finally:
            self._write_gathered()
            self._gathered = None

    def write_lines(self, lines: bytes) -> None:
        """Write ready message lines to standard output, now or with those that follow."""
        if self._gathered is None:
            self._write(lines)
            return
        self._gathered.append(lines)
        self._size += len(lines)
        if self._size >= AT_ONCE:
            self._write_gathered()

    def write_message(self, message: Message) -> None:
        """Write a message, after the lines before it."""
        self._write_gathered()
        self._write(f"{self.format_message(message)}\n".encode())

    def _write_gathered(self) -> None:
        if self._gathered:
            lines, self._gathered, self._size = self._gathered, [], 0
            self._write(b"".join(lines))

    def _write(self, lines: bytes) -> None:
        if self._held is not None:
            self._held.append(lines)
            return
        with writing():
            if hasattr(sys.stdout, "buffer"):
                rest = memoryview(lines)
                while rest:  # with PYTHONUNBUFFERED a signal ends a write in the middle of a line
                    rest = rest[sys.stdout.buffer.write(rest) :]
            else:  # replaced by text in memory, as test runners do
                sys.stdout.write(lines.decode())


@contextmanager
def writing() -> Iterator[None]:
    """Write to standard output within a block, to its end.

    Raises:
        FatalError: nothing can be written there any more.
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError as error:
        _drop_output()
        raise FatalError(
            "Whoever read the output is gone: a loader says why in lines of its own. What it "
            "confirmed counts, and the next run goes on there."
        ) from error
    except OSError as error:
        _drop_output()
        raise FatalError(
            f"Standard output cannot be written: {error.strerror}. What was confirmed before "
            "counts, and the next run goes on there."
        ) from error


def _drop_output() -> None:
    """Let standard output lead nowhere, or Python tries once more at its end."""
    with suppress(OSError, ValueError):  # it is not a file
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _ignore_signals() -> None:
    """Let a signal that comes when all is written change nothing, least of all the exit code.

    Python's own end puts back the defaults, and Meltano's SIGTERM may follow Ctrl-C that late.
    """
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_IGN)


def _flat_name(options: FlatteningOptions, path: Sequence[str]) -> str:
    """Return the name of the column for what stands at a path, flattened or not."""
    *parents, name = path
    found: str = flatten_key(
        name, parents, options.separator, max_key_length=options.max_key_length
    )
    return found


def _flat_paths(
    schema: dict[str, Any], depth: int, mask: SelectionMask, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Yield the paths of what is selected: of columns, and of the objects that become columns."""
    for name, one in schema.get("properties", {}).items():
        here = (*path, name)
        if mask[tuple(part for crumb in here for part in ("properties", crumb))]:
            yield here
            if "object" in one.get("type", ()) and len(here) <= depth:
                yield from _flat_paths(one, depth, mask, here)


class SdkStream(Stream):
    """A stream that reads itself by pages.

    Attributes:
        tap: whose stream it is.
    """

    def __init__(self, tap: SdkTap, schema: dict[str, Any], name: str) -> None:
        super().__init__(tap, schema=schema, name=name)
        self.tap = tap

    @property
    def known_state(self) -> dict[str, Any]:
        """The stream's entry in the state of the run; a new one where there is none."""
        found: dict[str, Any] = self.tap.bookmarks.get(self.name, {})
        return found

    @property
    def tap_version(self) -> str:
        """The version of the tap."""
        return str(self._tap.plugin_version)

    def read_alone(self) -> None:
        """Read this stream only: what the SDK asks for in `--test` and in its standard tests."""
        raise NotImplementedError

    def _sync_records(
        self,
        context: Context | None = None,
        *,
        write_messages: bool = True,
    ) -> Generator[dict[str, Any], Any, Any]:
        with suppress(AbortedSyncFailedException, AbortedSyncPausedException):  # it has its records
            self.read_alone()
        yield from ()

    @property
    def takes_pages(self) -> bool:
        """Whether lines may be written per page: no stream map and no faker in the way."""
        maps = self.stream_maps
        return (
            len(maps) == 1
            and type(maps[0]) is SameRecordTransform
            and isinstance(self._tap.message_writer, LineWriter)
        )

    @property
    def flattening(self) -> Flattening | None:
        """How nested objects become columns; None where they stay objects."""
        (plain, *_) = self.stream_maps
        options = plain.flattening_options
        if options is None or not plain.flattening_enabled:
            return None
        return Flattening(options, plain.transformed_schema["properties"].keys())

    def write_lines(self, lines: bytes) -> None:
        """Write ready RECORD lines."""
        writer = self._tap.message_writer
        assert isinstance(writer, LineWriter)  # noqa: S101 - `takes_pages` was asked before
        writer.write_lines(lines)

    def write_records(self, records: Iterable[dict[str, Any]], time_extracted: str) -> None:
        """Write records the SDK's way: selection, conformance, stream maps, one line each."""
        for record in records:
            for message in self._generate_record_messages(record):
                message.time_extracted = time_extracted  # type: ignore[assignment]  # goes out as is
                self._tap.write_message(message)

    def write_batch(self, encoding: dict[str, str], address: str) -> None:
        """Write the BATCH message of one file."""
        self._write_batch_message(encoding, [address])  # type: ignore[arg-type]  # made one there

    def written_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON Schema that the SCHEMA message states."""
        return schema

    def _generate_schema_messages(self) -> Generator[SchemaMessage, None, None]:
        for message in super()._generate_schema_messages():
            message.schema = self.written_schema(message.schema)
            yield message

    def write_schema(self) -> None:
        """Write the SCHEMA message."""
        self._write_schema_message()

    @property
    def version(self) -> int | None:
        """The table version that records carry; None without one."""
        return self._stream_version

    def set_version(self, version: int | None) -> None:
        """Set the table version that records carry from now on."""
        self._stream_version = version

    def activate_version(self, version: int) -> None:
        """Write the ACTIVATE_VERSION message: what lacks this version is gone at the source."""
        self._write_activate_version_message(version)

    def stop_at_limit(self, count: int) -> None:
        """End the stream if it reached the number of records that a dry run allows."""
        self._check_max_record_limit(count)


S = TypeVar("S", bound=SdkStream)


class SdkTap(Tap):
    """A tap that validates in its own words and ends on signals at a line boundary.

    Attributes:
        clock: where "now" comes from.
    """

    clock: Clock

    @property
    def stream_types(self) -> Sequence[type[SdkStream]]:
        """All streams, in the order in which they are read."""
        raise NotImplementedError

    @property
    def bookmarks(self) -> dict[str, Any]:
        """What the state of the run holds, by table and by names of our own."""
        bookmarks: dict[str, Any] = self.state.setdefault("bookmarks", {})
        return bookmarks

    def stream_of(self, kind: type[S]) -> S:
        """Return the stream of a type."""
        stream = self.streams[str(kind.name)]  # type: ignore[misc]  # set on every class
        assert isinstance(stream, kind)  # noqa: S101 - narrows the type, cannot fail
        return stream

    def read_alone(self, stream: Any) -> None:  # noqa: ANN401 - whatever the tap reads
        """Read one stream for a dry run, raising whatever fails."""
        raise NotImplementedError

    def taken_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON Schema that stands for one in the catalog that is given."""
        return schema

    def setup_mapper(self) -> None:
        """Have all that follows, stream maps and flattening too, take the schemas as they leave."""
        for entry in self.input_catalog.streams if self.input_catalog else ():
            entry.schema = Schema.from_dict(self.taken_schema(entry.schema.to_dict()))
        options = get_flattening_options(dict(self.config))  # type: ignore[arg-type]  # as the SDK does
        if options.enabled:
            self.refuse_equal_names(options)
        super().setup_mapper()

    def refuse_equal_names(self, options: FlatteningOptions) -> None:
        """Make sure that what is flattened has a name of its own, an object that is null too.

        Raises:
            ConfigValidationError: two columns of a table would have the same name.
        """
        for entry in self.catalog.streams:
            mask = entry.metadata.resolve_selection()
            paths = _flat_paths(entry.schema.to_dict(), options.max_level, mask) if mask[()] else ()
            names: dict[str, str] = {}
            for path in paths:
                spelled, name = ".".join(path), _flat_name(options, path)
                if (other := names.setdefault(name, spelled)) != spelled:
                    sentence = (
                        f"With this flattening, {other} and {spelled} of {entry.tap_stream_id} "
                        f"would both be the column {name}. Change flattening_separator or "
                        "flattening_max_key_length, or deselect one of them."
                    )
                    raise self.refusal([sentence])

    def find_config_errors(self, config: dict[str, Any]) -> list[str]:
        """Return one sentence for each setting that cannot work; may normalise values."""
        raise NotImplementedError

    def say(self, line: str, *facts: str) -> None:
        """Log what stays as it is: a warning the first time, INFO while it stays.

        Args:
            line: what is logged.
            facts: what it says, if not all of it is the same each time; one that is new warns.
        """
        raise NotImplementedError

    def gathering(self) -> AbstractContextManager[None]:
        """Write the lines of a block together."""
        writer = self.message_writer
        return writer.gathering() if isinstance(writer, LineWriter) else nullcontext()

    def holding(self) -> AbstractContextManager[None]:
        """Write what a block writes when it ends; nothing of it if it ends with a FatalError."""
        writer = self.message_writer
        return writer.holding() if isinstance(writer, LineWriter) else nullcontext()

    def interrupt(self, signum: int) -> None:
        """React to SIGTERM or SIGINT."""
        raise NotImplementedError

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        self.append_builtin_config(self.config_jsonschema)
        errors = self.find_config_errors(self._config)
        if errors and raise_errors:
            raise self.refusal(errors)
        return errors

    def refusal(self, errors: Iterable[str]) -> ConfigValidationError:
        """Return the error for settings that cannot work, of a sentence for each."""
        return ConfigValidationError(
            "Config validation failed",
            errors=[coded(self.name, Kind.SETTING, sentence) for sentence in errors],
            schema=self.config_jsonschema,
        )

    def _setup_signal_handlers(self) -> None:
        """Take the signals as a command only: elsewhere they belong to the program around."""
        context = click.get_current_context(silent=True)
        if context and context.command.callback == self.invoke:
            super()._setup_signal_handlers()
            atexit.register(_ignore_signals)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        self.interrupt(signum)
