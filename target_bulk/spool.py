"""RECORD lines on their way into a file, as they came; DuckDB reads the file.

DuckDB takes numbers for doubles, which hold 15 digits of any number, but not 17. Where a longer one
is seen, the stream's lines are rewritten from then on: each value that is not a text becomes one,
which keeps its digits. That costs a parse, and hardly any stream needs it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import msgspec

from target_bulk.columns import METADATA, Kind
from target_bulk.errors import LoadError

if TYPE_CHECKING:
    from pathlib import Path

    from target_bulk.columns import Table

_LONG_NUMBER = re.compile(rb"\.[0-9]*(?<=[0-9.]{17})")
_ODD_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_ESCAPES = re.compile(
    rb"\\\\"  # a backslash, so that what follows it is not an escape
    rb"|\\u0000"
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_HALF = 6
"""Bytes of an escape; a surrogate pair has two."""

_PENDING = 1 << 18
"""Bytes that are written at once, so that no file stays open: a tap can have many streams."""


class Message(msgspec.Struct):
    """A RECORD message, its values as they came."""

    record: dict[str, msgspec.Raw]
    time_extracted: str | None = None
    version: int | None = None


_decoder = msgspec.json.Decoder(Message)
_encode = msgspec.json.Encoder().encode


class Spool:
    """A file of RECORD lines of one stream, under one SCHEMA.

    Attributes:
        table: where they go.
        path: the file.
        started: when the run began, in milliseconds since 1970.
        exact: whether values that are not texts were made texts.
        longest: bytes of the longest line, or more.
        received: when the first line came.
        cleaned: characters that no database takes, and which were removed or replaced.
        is_first: whether it is the first one under its SCHEMA.
        undeclared: properties that SCHEMA does not declare: those of all lines in the first file,
            then of one line in many.
    """

    def __init__(
        self, table: Table, path: Path, started: int, *, exact: bool, is_first: bool
    ) -> None:
        self.table = table
        self.path = path
        self.started = started
        self.exact = exact
        self.longest = 0
        self.received = datetime.now(timezone.utc)
        self.cleaned = 0
        self.is_first = is_first
        self._declared = table.columns.keys() | METADATA.keys()
        self.undeclared = set[str]()
        self._pending = bytearray()

    def write(self, lines: bytes) -> bool:
        """Write whole lines; return whether they were written.

        They are not if they hold long numbers and this file is not exact.
        """
        if not self.exact and _LONG_NUMBER.search(lines):
            return False
        if _ODD_ESCAPE.search(lines):
            lines = _ESCAPES.sub(self._clean, lines)
        some = lines.split(b"\n") if self.is_first else [lines[: lines.index(b"\n")]]
        with suppress(msgspec.DecodeError):  # of which DuckDB says what is wrong
            for line in filter(None, some):
                self.undeclared |= _decoder.decode(line).record.keys() - self._declared
        if self.exact:
            lines = b"".join(map(self._as_texts, lines.splitlines()))
        self.longest = max(self.longest, len(lines))
        self._pending += lines
        if len(self._pending) >= _PENDING:
            self.close()
        return True

    @property
    def rows(self) -> str:
        """The table of DuckDB that its rows are read into."""
        return f"memory.main.rows_{self.path.stem}"

    def close(self) -> None:
        """Write what is pending. The file stays until it is loaded."""
        try:
            with self.path.open("ab") as file:
                file.write(self._pending)
        except OSError as error:
            raise LoadError(
                f"Temporary files cannot be written ({error.strerror}): look at the disk of TMPDIR."
            ) from None
        self._pending.clear()

    def _clean(self, found: re.Match[bytes]) -> bytes:
        """Return an escape as a database takes it: no NUL, and no half of a surrogate pair."""
        escape = found[0]
        if escape == rb"\u0000":
            self.cleaned += 1
            return b""
        if len(escape) == _HALF:
            self.cleaned += 1
            return rb"\ufffd"
        return escape

    def _as_texts(self, line: bytes) -> bytes:
        """Return a RECORD line in which each value is a text or null."""
        message = _decoder.decode(line)
        message.record = {
            name: msgspec.Raw(_encode(bytes(value).decode()))
            if self._is_quoted(name, bytes(value)[:1])
            else value
            for name, value in message.record.items()
        }
        return _encode(message) + b"\n"

    def _is_quoted(self, column: str, first: bytes) -> bool:
        """Return whether a value that begins so is put in quotes: JSON is, even if it is a text."""
        if first == b"n":
            return False
        return first != b'"' or self.table.columns.get(column) is Kind.JSON
