"""Every place where this code leans on private names of the SDK.

The SDK moves one record at a time; these taps move pages. The names used here are pinned by
`tests/common/test_seam.py`, which fails when a new SDK changes one of them.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import click
from singer_sdk import Stream, Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.mapper import SameRecordTransform

from taps_common.rows import with_keys
from taps_common.writer import LineWriter

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from types import FrameType

    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import SchemaMessage


class SeamStream(Stream):
    """A stream that reads itself by pages.

    Attributes:
        own_keys: names of the columns that tell its rows apart, which are never null.
    """

    own_keys: tuple[str, ...]

    def read_alone(self) -> None:
        """Read this stream only: what the SDK asks for in `--test` and in its standard tests."""
        raise NotImplementedError

    def _sync_records(
        self,
        context: Context | None = None,
        *,
        write_messages: bool = True,
    ) -> Generator[dict[str, Any], Any, Any]:
        self.read_alone()
        yield from ()

    @property
    def takes_pages(self) -> bool:
        """Whether lines may be written per page: no stream map, faker or flattening in the way."""
        maps = self.stream_maps
        return (
            len(maps) == 1
            and type(maps[0]) is SameRecordTransform
            and not maps[0].flattening_enabled
            and isinstance(self._tap.message_writer, LineWriter)
        )

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

    def _generate_schema_messages(self) -> Generator[SchemaMessage, None, None]:
        """Have keys that are never null say so, even where an older catalog does not."""
        for message in super()._generate_schema_messages():
            message.schema = with_keys(message.schema, self.own_keys)
            yield message

    def write_schema(self) -> None:
        """Write the SCHEMA message."""
        self._write_schema_message()

    def set_version(self, version: int | None) -> None:
        """Set the table version that records carry from now on."""
        self._stream_version = version

    def activate_version(self, version: int) -> None:
        """Write the ACTIVATE_VERSION message: what lacks this version is gone at the source."""
        self._write_activate_version_message(version)

    def stop_at_limit(self, count: int) -> None:
        """End the stream if it reached the number of records that a dry run allows."""
        self._check_max_record_limit(count)


class SeamTap(Tap):
    """A tap that validates in its own words and ends on signals at a line boundary."""

    def find_config_errors(self, config: dict[str, Any]) -> list[str]:
        """Return one sentence for each setting that cannot work; may normalise values."""
        raise NotImplementedError

    def gathering(self) -> AbstractContextManager[None]:
        """Write the lines of a block together."""
        writer = self.message_writer
        return writer.gathering() if isinstance(writer, LineWriter) else nullcontext()

    def interrupt(self, signum: int) -> None:
        """React to SIGTERM or SIGINT."""
        raise NotImplementedError

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        self.append_builtin_config(self.config_jsonschema)
        errors = self.find_config_errors(self._config)
        if errors and raise_errors:
            raise ConfigValidationError(
                "Config validation failed", errors=errors, schema=self.config_jsonschema
            )
        return errors

    def _setup_signal_handlers(self) -> None:
        """Take the signals as a command only: elsewhere they belong to the program around."""
        context = click.get_current_context(silent=True)
        if context and context.command.callback == self.invoke:
            super()._setup_signal_handlers()

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        self.interrupt(signum)
