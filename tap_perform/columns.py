"""Names of columns, keys of rows that have none, and rows or keys that come more than once."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from taps_common.records.row_types import RESCUED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


PROJECT, ROW_ID, EXTRA = "project", "_row_id", "_extra"
RESERVED = (PROJECT, ROW_ID, EXTRA, RESCUED)
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


@lru_cache(maxsize=4096)  # a start asks for each heading several times
def name_of(heading: str) -> str:
    """Return the name that a heading gives its column; nothing where it has no letter or digit."""
    text = unicodedata.normalize("NFKC", heading).replace("%", "_percent_").lower()
    kept = "".join(sign if _stays(sign) else "_" for sign in text)
    name = re.sub("__+", "_", kept).strip("_")
    return f"_{name}" if name[:1].isdigit() else name


def some(names: Sequence[str], *, most: int = 20) -> str:
    """Return names as a message lists them: the first ones, and how many there are beside."""
    shown, more = names[:most], len(names) - most
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def _stays(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign)[0] == "M"
