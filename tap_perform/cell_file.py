"""Rows of cells in a temporary file: a body is parsed once, however often its rows are needed."""

from __future__ import annotations

import io
import tempfile
from contextlib import suppress
from hashlib import blake2b
from itertools import islice
from typing import IO, TYPE_CHECKING, TypeAlias, TypeVar

import msgspec

from taps_common.spool import room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Cells: TypeAlias = "list[str | None]"
NewFile: TypeAlias = "Callable[[], CellFile]"
Found: TypeAlias = "tuple[str, tuple[str, ...], CellFile]"
"""Form, headings and rows of a body."""

T = TypeVar("T")

MOST_ROWS = 500
"""Rows of a batch: large enough to be fast, small enough for the processor's cache."""

_BATCH = 1 << 18
"""Bytes of a batch, about; longer rows make smaller batches."""
_IN_MEMORY = 1 << 20
"""Bytes of a table that are kept in memory instead."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[list[str | None]]).decode


class CellFile:
    """Rows of cells, written once and read as often as need be.

    Attributes:
        rows: number of rows.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._file: IO[bytes] = io.BytesIO()
        self._in_memory = True
        self._hash = blake2b(digest_size=16)
        self._most = MOST_ROWS

    def batches(self, rows: Iterable[T]) -> Iterator[list[T]]:
        """Cut rows into batches of about the same size, which have to be added."""
        left = iter(rows)
        while batch := list(islice(left, self._most)):
            yield batch

    def add(self, batch: Sequence[Cells]) -> None:
        """Add a batch.

        Raises:
            UnicodeEncodeError: a text holds half of a surrogate pair; nothing was added.
            TapError: there is no room for it.
        """
        data = _encode(batch)
        self._hash.update(data)
        with room():
            if self._in_memory and self._file.tell() > _IN_MEMORY:
                self._move()
            self._file.write(len(data).to_bytes(4, "big"))
            self._file.write(data)
        self.rows += len(batch)
        self._most = min(MOST_ROWS, self._most * 2) if len(data) < _BATCH else len(batch) // 2 or 1

    def read(self, width: int) -> Iterator[list[Cells]]:
        """Yield the batches anew, shorter rows filled up with blank cells."""
        at = 0
        while True:
            with room():  # what is left to be written may not find any
                self._file.seek(at)
                size = int.from_bytes(self._file.read(4), "big")
                data = self._file.read(size)
            if not data:
                return
            batch = _decode(data)
            at += 4 + size
            for row in batch:
                if len(row) < width:
                    row.extend([None] * (width - len(row)))
            yield batch

    def digest(self, headings: Sequence[str]) -> str:
        """Return the digest of headings and rows: 32 hexadecimal digits."""
        whole = self._hash.copy()
        whole.update(_encode(headings))
        return whole.hexdigest()

    def _move(self) -> None:
        """Go on in a temporary file."""
        held, self._file = self._file, tempfile.TemporaryFile()  # noqa: SIM115 - see `close`
        held.seek(0)
        self._file.write(held.read())
        self._in_memory = False

    def close(self) -> None:
        """Give the file back."""
        with suppress(OSError):  # of a full disk, again
            self._file.close()
