"""Row ids: what a row without a key is known by, and rows that are there more than once."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from hashlib import blake2b
from itertools import compress, repeat
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from tap_perform.cell_file import Batch


def row_ids(headings: Sequence[str]) -> Callable[[Batch], list[str]]:
    """Return what gives rows with these headings their ids: 32 hexadecimal digits each.

    An id is the digest of a row's headings and raw cells. Blank cells do not count, nor does the
    order of columns, except among equal headings.
    """
    places = sorted(range(len(headings)), key=headings.__getitem__)
    ordered = [headings[place] for place in places]

    def ids(batch: Batch) -> list[str]:
        columns = [batch.columns[place] for place in places]
        found = []
        for cells in zip(*columns, strict=True) if columns else repeat((), batch.rows):
            digest = _begun(tuple(compress(ordered, cells))).copy()
            digest.update(_encode([*filter(None, cells)]))
            found.append(digest.hexdigest())
        return found

    return ids


_encode = msgspec.msgpack.Encoder().encode


@lru_cache(1024)  # rows with the same blank cells begin alike
def _begun(headings: tuple[str, ...]) -> blake2b:
    return blake2b(_encode(headings), digest_size=16)


class Occurrences:
    """Numbers equal rows, or equal keys, of a table that is read twice.

    The first pass marks two bitmaps of fixed size; the second counts only what may be there
    more than once, so that memory grows with the repeated ones and not with all.

    Args:
        expected: about how many rows there are; more than that only cost more memory.
    """

    def __init__(self, expected: int) -> None:
        self._bits = max(expected, 64) * _BITS_PER_ROW
        self._seen = bytearray(self._bits // 8 + 1)
        self._repeated = bytearray(self._bits // 8 + 1)
        self._counts: Counter[Hashable] = Counter()

    def note(self, keys: Iterable[Hashable]) -> None:
        """Note rows or keys in the first pass."""
        bits, seen, repeated = self._bits, self._seen, self._repeated
        for mixed in map(hash, keys):
            a, b = mixed % bits, (mixed >> 29) % bits
            bit, other = 1 << (a & 7), 1 << (b & 7)
            a >>= 3
            b >>= 3
            if seen[a] & bit and seen[b] & other:
                repeated[a] |= bit
                repeated[b] |= other
            else:
                seen[a] |= bit
                seen[b] |= other

    def numbers(self, keys: Iterable[Hashable]) -> Iterator[int]:
        """Yield how often each came in the second pass so far; 1 for the first time.

        Every one must have been noted in the first pass.
        """
        bits, repeated, counts = self._bits, self._repeated, self._counts
        for key in keys:
            mixed = hash(key)
            a, b = mixed % bits, (mixed >> 29) % bits
            if repeated[a >> 3] >> (a & 7) & 1 and repeated[b >> 3] >> (b & 7) & 1:
                counts[key] += 1
                yield counts[key]
            else:
                yield 1


_BITS_PER_ROW = 16
"""With two bits marked for a row, one distinct row in two hundred is taken for a repeated one."""
