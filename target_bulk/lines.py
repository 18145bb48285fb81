"""Lines from a tap: RECORD lines are handed on in blocks as they came, others are decoded."""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from typing import IO, TYPE_CHECKING, Any

import msgspec
from singer_sdk.io_base import GenericSingerReader

from target_bulk.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BLOCK = 1 << 20
"""Bytes that are taken at once, if they are there."""


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
        records: takes RECORD lines of one stream.
    """

    def __init__(self, records: Callable[[str, bytes], None]) -> None:
        super().__init__()
        self.broken_off = False
        self._records = records
        self._stream = ""
        self._heads: tuple[bytes, ...] = ()
        self._envelope = msgspec.json.Decoder(_Envelope)

    @property
    def default_input(self) -> IO[bytes]:
        """Standard input."""
        return sys.stdin.buffer

    def process_lines(
        self, file_input: IO[Any] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        """Hand on all lines; return how many there were, by type."""
        counts = Counter[str]()
        for block in self._blocks(file_input or self.default_input):
            if self._is_uniform(block):
                self._records(self._stream, block)
                counts["RECORD"] += block.count(b"\n")
                continue
            for line in block.split(b"\n"):
                if line and not line.isspace():
                    counts[self._take(line + b"\n", callbacks)] += 1
        return counts

    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        """Return a message; a STATE's value stays as it came."""
        try:
            message: dict[str, Any] = msgspec.json.decode(line)
            if message.get("type") == "STATE":
                message["value"] = msgspec.json.decode(line, type=_State).value
        except msgspec.DecodeError:
            raise LoadError(
                "A line is not a Singer message; look at the output of the tap."
            ) from None
        return message

    def _take(self, line: bytes, callbacks: dict[str, Callable[[dict[str, Any]], None]]) -> str:
        """Hand on a line; return its type."""
        if line.startswith(self._heads):
            self._records(self._stream, line)
            return "RECORD"
        kind, stream = self._said(line)
        if kind == "RECORD" and stream is not None:
            self._stream, self._heads = stream, _heads(stream)
            self._records(stream, line)
        elif kind in callbacks:
            callbacks[kind](self.deserialize_json(line))
        else:
            raise LoadError(f"A line is a message of unknown type ({kind[:40]}); look at the tap.")
        return kind

    def _said(self, line: bytes) -> tuple[str, str | None]:
        """Return a line's type and stream."""
        try:
            said = self._envelope.decode(line)
        except msgspec.DecodeError:
            try:  # what takes half a surrogate pair
                message = json.loads(line)
                return str(message["type"]), message.get("stream")
            except (ValueError, TypeError, KeyError):
                raise LoadError(
                    "A line is not a Singer message; look at the output of the tap."
                ) from None
        return said.type, said.stream

    def _is_uniform(self, block: bytes) -> bool:
        """Return whether all lines are records of the stream that came last."""
        return any(
            block.startswith(head) and block.count(b"\n" + head) == block.count(b"\n") - 1
            for head in self._heads
        )

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


def _heads(stream: str) -> tuple[bytes, ...]:
    """Return how RECORD lines of a stream begin as a rule: as msgspec or json write them."""
    name = json.dumps(stream, ensure_ascii=False)
    return (
        f'{{"type":"RECORD","stream":{name},"record":{{'.encode(),
        f'{{"type": "RECORD", "stream": {name}, "record": {{'.encode(),
    )
