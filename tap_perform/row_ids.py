"""Row ids: what a row without a key is known by, and rows that are there more than once."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from hashlib import blake2b
from itertools import compress, repeat
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from tap_perform.cell_file import Batch


def row_ids(headings: Sequence[str]) -> Callable[[Batch], list[str]]:
    """Return what gives rows with these headings their ids: 32 hexadecimal digits each.

    An id is the digest of a row's headings and raw cells. Blank cells do not count, nor does the
    order of columns, except among equal headings.
    """
    places = sorted(range(len(headings)), key=headings.__getitem__)
    ordered = [headings[place] for place in places]

    def ids(batch: Batch) -> list[str]:  # no loop in Python: they are a quarter of all work
        columns = [batch.columns[place] for place in places]
        rows = list(zip(*columns, strict=True)) if columns else [()] * batch.rows
        there = map(tuple, map(compress, repeat(ordered), rows))
        cells = map(_encode, map(list, map(filter, repeat(None), rows)))
        digests = list(map(blake2b.copy, map(_begun, there)))
        for _ in map(blake2b.update, digests, cells):
            pass
        return list(map(blake2b.hexdigest, digests))

    return ids


_encode = msgspec.msgpack.Encoder().encode


@lru_cache(1024)  # rows with the same blank cells begin alike
def _begun(headings: tuple[str, ...]) -> blake2b:
    return blake2b(_encode(headings), digest_size=16)


class Occurrences:
    """Numbers equal rows, or equal keys, of a table that is read twice.

    The first pass marks a bitmap of fixed size; what it finds marked may be there more than once,
    and the second pass counts only that. So memory grows with the repeated ones and not with all.

    Args:
        expected: about how many rows there are; more than that only cost more memory.
    """

    def __init__(self, expected: int) -> None:
        self._bits = max(expected, 64) * _BITS_PER_ROW
        self._seen = bytearray(self._bits // 8 + 1)
        self._repeated: set[int] = set()
        self._counts: Counter[Hashable] = Counter()

    def note(self, keys: Iterable[Hashable]) -> None:
        """Note rows or keys in the first pass."""
        bits, seen = self._bits, self._seen
        for mixed in map(hash, keys):
            a, b = mixed % bits, (mixed >> 29) % bits
            bit, other = 1 << (a & 7), 1 << (b & 7)
            a >>= 3
            b >>= 3
            if seen[a] & bit and seen[b] & other:
                self._repeated.add(mixed)
            else:
                seen[a] |= bit
                seen[b] |= other

    def numbers(self, keys: Iterable[Hashable]) -> list[int]:
        """Return how often each came in the second pass so far; 1 for the first time.

        Every one must have been noted in the first pass.
        """
        repeated = self._repeated
        return [self._next(key) if hash(key) in repeated else 1 for key in keys]

    def _next(self, key: Hashable) -> int:
        self._counts[key] += 1
        return self._counts[key]


_BITS_PER_ROW = 16
"""With two bits marked for a row, one distinct row in two hundred is taken for a repeated one."""
