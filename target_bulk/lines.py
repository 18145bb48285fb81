"""Lines from a tap: RECORD lines are handed on as they came, many at once; others are decoded."""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from itertools import groupby
from typing import IO, TYPE_CHECKING, Any

import msgspec
from singer_sdk.io_base import GenericSingerReader

from target_bulk.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BLOCK = 1 << 16
"""Bytes that are taken at once: what a pipe holds. More would not stay in the processor's cache."""

_NO_LINE = b"\0"
"""How no line begins."""


class _Envelope(msgspec.Struct):
    """What a line says it is; the rest of it is left alone."""

    type: str
    stream: str | None = None


class _State(msgspec.Struct):
    """A STATE message, its value as it came."""

    value: msgspec.Raw


class LineReader(GenericSingerReader[bytes]):
    """Reads the messages of a tap.

    Attributes:
        broken_off: whether the input ended within a line.

    Args:
        records: takes RECORD lines of one stream, and how many they are.
        failed: is called where not all lines can be handed on.
    """

    def __init__(
        self, records: Callable[[str, bytes, int], None], failed: Callable[[], None]
    ) -> None:
        super().__init__()
        self.broken_off = False
        self._records = records
        self._failed = failed
        self._stream = ""
        self._head = _NO_LINE

    @property
    def default_input(self) -> IO[bytes]:
        """Standard input."""
        return sys.stdin.buffer

    def process_lines(
        self, file_input: IO[Any] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        """Hand on all lines; return how many there were, by type."""
        try:
            return self._hand_on(file_input, callbacks)
        except BaseException as error:
            self._failed()
            if not isinstance(error, RecursionError):
                raise
            raise LoadError(
                "A record has objects within objects a thousand times over; deselect its column."
            ) from None

    def _hand_on(
        self, file_input: IO[Any] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        counts = Counter[str]()
        for block in self._blocks(file_input or self.default_input):
            rows = block.count(b"\n")
            if block.startswith(self._head) and block.count(b"\n" + self._head) == rows - 1:
                self._records(self._stream, block, rows)
                counts["RECORD"] += rows
                continue
            lines = (line for line in block.split(b"\n") if line and not line.isspace())
            for stream, group in groupby(lines, self._stream_of):
                some = [*group]
                if stream is not None:
                    self._records(stream, b"\n".join((*some, b"")), len(some))
                    counts["RECORD"] += len(some)
                    continue
                for message in map(self.deserialize_json, some):
                    kind = str(message.get("type"))
                    if kind not in callbacks:
                        raise LoadError(
                            f"A line is a message of unknown type ({kind[:40]}); look at the tap."
                        )
                    callbacks[kind](message)
                    counts[kind] += 1
        return counts

    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        """Return a message; a STATE's value stays as it came."""
        try:
            message: dict[str, Any] = msgspec.json.decode(line)
            if message.get("type") == "STATE":
                message["value"] = msgspec.json.decode(line, type=_State).value
        except msgspec.DecodeError:
            raise _not_a_message() from None
        return message

    def _stream_of(self, line: bytes) -> str | None:
        """Return the stream of a RECORD line, None for another message."""
        if not line.startswith(self._head):
            said = _said(line)
            if said.type != "RECORD":
                return None
            if said.stream is None:
                raise LoadError("A RECORD names no stream; correct the tap.")
            self._stream, self._head = said.stream, _head_of(line, said)
        return self._stream

    def _blocks(self, file: IO[Any]) -> Iterator[bytes]:
        """Yield what comes, cut behind the last whole line."""
        source = getattr(file, "buffer", file)
        if isinstance(source, io.TextIOBase):
            source = io.BytesIO(source.read().encode())
        read = getattr(source, "read1", source.read)
        rest = [b""]
        while block := read(_BLOCK):
            whole, newline, begun = block.rpartition(b"\n")
            if newline:
                yield b"".join((*rest, whole, newline))
                rest = [begun]
            else:
                rest.append(block)
        if last := b"".join(rest).strip():
            try:
                msgspec.json.decode(last, type=msgspec.Raw)
                yield last + b"\n"
            except msgspec.DecodeError:
                self.broken_off = True


_envelope = msgspec.json.Decoder(_Envelope).decode


def _said(line: bytes) -> _Envelope:
    """Return a line's type and stream."""
    try:
        return _envelope(line)
    except msgspec.DecodeError:
        try:  # what takes half a surrogate pair
            return msgspec.convert(json.loads(line), _Envelope)
        except (ValueError, TypeError):
            raise _not_a_message() from None


def _head_of(line: bytes, said: _Envelope) -> bytes:
    """Return how a line begins if that alone says what it is; then others need no decoding."""
    head = line.partition(b'"record"')[0] + b'"record"'
    try:
        return head if _envelope(head + b":0}") == said else _NO_LINE
    except msgspec.DecodeError:
        return _NO_LINE


def _not_a_message() -> LoadError:
    return LoadError("A line is not a Singer message; look at the output of the tap.")
