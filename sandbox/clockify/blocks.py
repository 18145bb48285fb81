"""Serialised rows in one buffer, so that a page is a slice and serving it costs one write."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

import msgspec

from sandbox.clockify.rows import TimeEntry
from sandbox.wire import Chunk


class Block:
    """Rows joined by commas; `offsets[i]` is where row i begins."""

    def __init__(self, rows: Sequence[bytes]) -> None:
        self.body = b",".join(rows)
        self.offsets = array("Q", accumulate((len(row) + 1 for row in rows), initial=0))

    @classmethod
    def of(cls, rows: Iterable[object]) -> Block:
        return Block([msgspec.json.encode(row) for row in rows])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def page(self, first: int, last: int) -> Sequence[Chunk]:
        """Return the JSON array of rows first (included) to last (excluded), uncopied."""
        if first >= last:
            return (b"[]",)
        rows = memoryview(self.body)[self.offsets[first] : self.offsets[last] - 1]
        return (b"[", rows, b"]")

    def row(self, index: int) -> bytes:
        return self.body[self.offsets[index] : self.offsets[index + 1] - 1]


class Part(NamedTuple):
    """Rows of a block from an index to another one."""

    block: Block
    first: int
    last: int


class Timesheet(Block):
    """One member's time entries in a workspace, newest start first."""

    def __init__(self, entries: Iterable[tuple[int, bytes]]) -> None:
        ordered = sorted(entries, key=lambda entry: entry[0], reverse=True)
        super().__init__([row for _, row in ordered])
        self._ages = array("q", (-start for start, _ in ordered))
        """Negated starts (seconds since 1970), so that they ascend for bisect."""
        self._places: dict[str, int] | None = None

    def window(self, start: int | None, end: int | None) -> tuple[int, int]:
        """Return first and last (excluded) index of the entries that start in [start, end]."""
        first = 0 if end is None else bisect_left(self._ages, -end)
        last = len(self) if start is None else bisect_right(self._ages, -start)
        return first, max(first, last)

    def ids(self, first: int, last: int) -> list[str]:
        """Return the ids of the entries between two indices; an id opens each row."""
        rows = range(first, min(last, len(self)))
        return [self.row(index)[7:31].decode() for index in rows]

    def find(self, entry_id: str) -> int | None:
        """Return the index of an entry, or None, from an index made when it is first needed."""
        if self._places is None:
            ids = self.ids(0, len(self))
            self._places = {entry_id: index for index, entry_id in enumerate(ids)}
        return self._places.get(entry_id)

    def entries(self) -> list[TimeEntry]:
        return msgspec.json.decode(b"".join(self.page(0, len(self))), type=list[TimeEntry])

    def entry(self, entry_id: str) -> TimeEntry | None:
        index = self.find(entry_id)
        return None if index is None else self.entry_at(index)

    def entry_at(self, index: int) -> TimeEntry:
        return msgspec.json.decode(self.row(index), type=TimeEntry)

    def with_entry(self, start: int, row: bytes) -> Timesheet:
        return Timesheet([*self._entries(), (start, row)])

    def without(self, index: int) -> Timesheet:
        entries = self._entries()
        del entries[index]
        return Timesheet(entries)

    def _entries(self) -> list[tuple[int, bytes]]:
        return [(-age, self.row(index)) for index, age in enumerate(self._ages)]
