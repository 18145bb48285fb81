"""Bodies as bytes: whole ones, and ones of any length that are made while they are sent."""

from __future__ import annotations

import zlib
from codecs import BOM_UTF8, BOM_UTF16_LE
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

from sandbox.perform.switches import Form
from sandbox.wire import Chunk

MARKER = "@@@@@@@@"
"""Stands in the rows of a block for the number of its repetition."""

_CODECS = {
    "utf-8": (b"", "utf-8"),
    "utf-8-sig": (BOM_UTF8, "utf-8"),
    "utf-16": (BOM_UTF16_LE, "utf-16-le"),
}


class Text(NamedTuple):
    """A body as text: what is before, between and after the rows."""

    head: str
    rows: list[str]
    separator: str
    tail: str


class Body:
    """A body as bytes; its rows repeat, numbered by the marker, until there are enough."""

    def __init__(self, text: Text, form: Form, total: int | None = None) -> None:
        bom, codec = _CODECS[form.encoding]

        def encoded(part: str) -> bytes:
            return part.encode(codec)

        self._head = bom + encoded(text.head)
        self._tail = encoded(text.tail)
        self._marker = encoded(MARKER)
        self._codec = codec
        self._separator = len(encoded(text.separator))
        rows = [encoded(row + text.separator) for row in text.rows]
        self._block = b"".join(rows)
        self._offsets = list(accumulate(map(len, rows), initial=0))
        self._total = len(rows) if total is None else total
        self._each = len(rows)

    @property
    def length(self) -> int:
        rows = self.offset(self._total) - self._separator if self._total else len(self._head)
        return rows + len(self._tail)

    def offset(self, row: int) -> int:
        blocks, rest = divmod(row, self._each) if self._each else (0, 0)
        return len(self._head) + blocks * len(self._block) + self._offsets[rest]

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        if self._total:
            blocks, rest = divmod(self._total - 1, self._each)
            for number in range(blocks):
                yield self._numbered(self._block, number)
            last = self._offsets[rest + 1] - self._separator
            yield self._numbered(self._block[:last], blocks)
        yield self._tail

    def cut(self, where: str) -> int:
        """Return how many bytes are left when the body breaks off half way, and there where."""
        middle = self._total // 2
        if where == "half" or not middle:
            return self.length // 2
        return self.offset(middle)

    def _numbered(self, block: bytes, number: int) -> bytes:
        return block.replace(self._marker, f"{number:08d}".encode(self._codec))


class Streamed:
    """Chunks that are made anew whenever they are iterated over."""

    def __init__(self, make: Callable[[], Iterator[Chunk]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[Chunk]:
        return self._make()


def sliced(chunks: Iterable[Chunk], size: int) -> Iterator[Chunk]:
    """Yield the same bytes in pieces of a size at most."""
    for chunk in chunks:
        view = memoryview(chunk)
        for start in range(0, len(view), size):
            yield view[start : start + size]


def compressed(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()
