"""Names of columns, keys of rows that have none, and rows or keys that come more than once."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from functools import lru_cache
from hashlib import blake2b
from itertools import compress, repeat
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from tap_perform.cell_file import Batch

RESERVED = PROJECT, ROW_ID, EXTRA = ("project", "_row_id", "_extra")
"""Columns of the tap's own, which no heading may name."""


class Column(NamedTuple):
    """A column of a clip.

    Attributes:
        name: its name in the table: lower case, unique whatever the case.
        heading: the heading as it came.
        position: where its cells are in a row, counted from 0.
    """

    name: str
    heading: str
    position: int


def columns_of(headings: Sequence[str], known: Mapping[str, str] | None = None) -> list[Column]:
    """Return the columns of a table; the same headings have the same names on every run.

    Letters, their marks and digits of any script are kept, `%` is `percent`, anything else is an
    underscore. A name that is taken gets `_2`, `_3` and so on, in the order of the headings.

    Args:
        headings: of the table.
        known: headings by the names that they have already, in whatever order they come now.
    """
    names: defaultdict[str, list[str]] = defaultdict(list)
    for name, heading in (known or {}).items():
        names[heading].insert(0, name)
    kept = [names[heading].pop() if names[heading] else None for heading in headings]
    taken = {*RESERVED, *(name.casefold() for name in kept if name)}
    columns = []
    for position, heading in enumerate(headings):
        wanted = name_of(heading) or f"column_{position + 1}"
        name, number = kept[position] or wanted, 1
        while not kept[position] and name.casefold() in taken:
            number += 1
            name = f"{wanted}_{number}"
        taken.add(name.casefold())
        columns.append(Column(name, heading, position))
    return columns


def notes_on(columns: Iterable[Column]) -> list[str]:
    """Return sentences for the log on columns that are not named by their heading alone."""
    notes = []
    for name, heading, position in columns:
        wanted = name_of(heading)
        if not wanted:
            what = "has no letter or digit" if heading.strip() else "is blank"
            notes.append(f"Heading {position + 1} {what}: its column is {name}.")
        elif name != wanted:
            notes.append(
                f"Heading {position + 1} {heading!r} would name a second {wanted}:"
                f" its column is {name}."
            )
    return notes


def name_of(heading: str) -> str:
    """Return the name that a heading gives its column; nothing where it has no letter or digit."""
    text = unicodedata.normalize("NFKC", heading).replace("%", "_percent_").lower()
    kept = "".join(sign if _stays(sign) else "_" for sign in text)
    name = re.sub("__+", "_", kept).strip("_")
    return f"_{name}" if name[:1].isdigit() else name


def some(names: Sequence[str]) -> str:
    """Return names as a message lists them: the first ones, and how many there are beside."""
    shown, more = names[:_MOST_NAMES], len(names) - _MOST_NAMES
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


_MOST_NAMES = 20
"""Columns that a message lists."""


def _stays(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign)[0] == "M"


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
