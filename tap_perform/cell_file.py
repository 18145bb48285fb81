"""Rows of cells in a temporary file: a body is parsed once, however often its rows are needed."""

from __future__ import annotations

import io
import tempfile
from contextlib import suppress
from hashlib import blake2b
from itertools import islice
from typing import IO, TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

import msgspec

from taps_common.errors import ShapeError
from taps_common.http.spool import room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

NewFile: TypeAlias = "Callable[[], CellFile]"
Found: TypeAlias = "tuple[str, tuple[str, ...], CellFile]"
"""Form, headings and rows of a body."""
Cells: TypeAlias = "Sequence[str | None]"
"""Cells of a column; None is a blank one."""

T = TypeVar("T")

MOST_ROWS = 500
"""Rows of a batch: large enough to be fast, small enough for the processor's cache."""

_BATCH = 1 << 16
"""Bytes of a batch, about; longer rows make smaller batches."""
_IN_MEMORY = 1 << 20
"""Bytes of a table that are kept in memory instead."""


class Batch(NamedTuple):
    """Rows that are kept together, column by column: that is how most of what reads them works.

    Attributes:
        rows: number of rows.
        columns: their cells.
    """

    rows: int
    columns: Sequence[Cells]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[int, list[list[str | None]]]).decode
_decode_raw = msgspec.json.Decoder(tuple[int, list[msgspec.Raw]]).decode
_decode_column = msgspec.json.Decoder(list[str | None]).decode


def encoded(rows: int, columns: Sequence[Cells]) -> bytes:
    """Return a batch as a file keeps it: JSON, which is as fast as anything else here.

    Raises:
        UnicodeEncodeError: a text holds half of a surrogate pair.
    """
    return _encode((rows, columns))


_NUL = b"\\u0000"
"""A NUL as `encoded` spells it; behind a further backslash it is a text."""


def refuse_nul_in(headings: Sequence[str]) -> None:
    """Make sure that no heading holds a NUL, which databases refuse.

    Raises:
        ShapeError: one does.
    """
    if any("\0" in heading for heading in headings):
        raise ShapeError(nul_fault(0))


def nul_fault(row: int) -> str:
    """Say that a row holds a NUL; row 0 is the headings."""
    where = f"Row {row:,} has a cell with" if row else "A heading holds"
    return f"{where} a NUL{_WAY_OUT}"


def _refuse_nul(columns: Sequence[Cells], before: int) -> None:
    rows = [n for cells in columns for n, cell in enumerate(cells, 1) if cell and "\0" in cell]
    if rows:
        raise ShapeError(nul_fault(before + min(rows)))


_WAY_OUT = (
    ", which databases refuse: take it out in Perform, or set `encoding` if the body is UTF-16 or"
    " UTF-32."
)


class CellFile:
    """Rows of cells, written once and read as often as need be.

    Attributes:
        rows: number of rows.
        most: rows that the next batch should have at most.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.most = MOST_ROWS
        self._file: IO[bytes] = io.BytesIO()
        self._in_memory = True
        self._hash = blake2b(digest_size=16)

    def cut(self, rows: Iterable[T]) -> Iterator[list[T]]:
        """Cut rows into batches of about the same size, which have to be added."""
        left = iter(rows)
        while batch := list(islice(left, self.most)):
            yield batch

    def add(self, rows: int, data: bytes) -> None:
        """Add a batch of that many rows.

        Args:
            rows: number of rows.
            data: the batch, `encoded`.

        Raises:
            ShapeError: a cell holds a NUL, which databases refuse.
            TapError: it does not fit on the disk.
        """
        if _NUL in data:
            _refuse_nul(_decode(data)[1], self.rows)
        self._hash.update(data)
        with room():
            if self._in_memory and self._file.tell() > _IN_MEMORY:
                self._move()
            self._file.write(len(data).to_bytes(4, "big"))
            self._file.write(data)
        self.rows += rows
        self.most = min(MOST_ROWS, self.most * 2) if len(data) < _BATCH else rows // 2 or 1

    def read(self, places: Sequence[int] | None, width: int) -> Iterator[Batch]:
        """Yield the batches anew.

        Args:
            places: positions of the columns that are wanted; None for all.
            width: number of columns there are; batches of fewer are filled up with blank cells.
        """
        at = 0
        while True:
            with room():  # what is left to be written may not find any
                self._file.seek(at)
                size = int.from_bytes(self._file.read(4), "big")
                data = self._file.read(size)
            if not data:
                return
            at += 4 + size
            if places is None:
                rows, columns = _decode(data)
                yield Batch(rows, [*columns, *[[None] * rows] * (width - len(columns))])
            else:
                rows, raw = _decode_raw(data)
                wanted = (raw[place] if place < len(raw) else None for place in places)
                yield Batch(rows, [_decode_column(one) if one else [None] * rows for one in wanted])

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
