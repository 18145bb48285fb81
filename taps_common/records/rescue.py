"""What was served and has no place in its row: kept in `_rescued_data` (RESCUE-NOT-NULL).

While a row is under way its column holds a list of `Rescued`, which every table that is made of the
row takes its part of; what leaves is the JSON text of those that the table's selection allows.
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import attrgetter, countOf
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from taps_common.records.row_types import RESCUED, fields_of, nested_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from taps_common.records.row_types import Breadcrumb, Row

Path: TypeAlias = tuple[str | int, ...]
"""What leads to a value from the top of a row: names of members, and places in lists from 0."""

_PLAIN_NAME = re.compile(r"[^.\[\]]+", re.DOTALL)

_encode = msgspec.json.encode


Rescued: TypeAlias = tuple[Path, bytes]
"""A value without a place: where it was, and its JSON text, as it came."""

rescued_of = attrgetter(RESCUED)
"""Returns what was rescued of a row; None where all fits."""


def rescue(row: Row, found: list[Rescued]) -> None:
    """Add values to those that a row has no place for, if its table has the column."""
    if found and hasattr(row, RESCUED):
        if (held := rescued_of(row)) is not None:
            found = held + found
        setattr(row, RESCUED, sorted(found) if len(found) > 1 else found)


def any_rescued(rows: Sequence[Row]) -> bool:
    """Return whether something was rescued of any row, and its table has the column."""
    if not rows or not hasattr(rows[0], RESCUED):
        return False
    return countOf(map(rescued_of, rows), None) < len(rows)


def hand_down(found: Iterable[Rescued], name: str | None, made: Sequence[Row]) -> None:
    """Give the rows that are made of the items of a list what was rescued inside of each item.

    Args:
        found: what was rescued of the row with the list.
        name: the list's name.
        made: one row per item that was kept, in the order of the list.
    """
    inside: dict[int, list[Rescued]] = {}
    dropped = set()
    for path, value in found:
        if path[0] == name and len(path) > 1 and isinstance(path[1], int):
            if rest := path[2:]:
                inside.setdefault(path[1], []).append((rest, value))
            else:
                dropped.add(path[1])
    if inside:
        kept = (place for place in range(len(made) + len(dropped)) if place not in dropped)
        for place, row in zip(kept, made, strict=True):
            rescue(row, inside.get(place, []))


def write_texts(rows: Sequence[Row], takes: Callable[[Path], bool], counts: dict[str, int]) -> None:
    """Turn what was rescued of rows into the text that leaves.

    Args:
        rows: the rows of a table.
        takes: returns whether the table takes what was rescued at a path.
        counts: where values are counted, by their place.
    """
    if not any_rescued(rows):
        return
    for row in rows:
        members = []
        for path, value in rescued_of(row) or ():
            if takes(path):
                name, place = _named(path)
                members.append(name + value)
                if place not in counts and len(counts) >= _MOST_COUNTED:
                    place = _OTHERS  # names that are data have no end
                counts[place] = counts.get(place, 0) + 1
        setattr(row, RESCUED, f"{{{b','.join(members).decode()}}}" if members else None)


@lru_cache(1 << 12)
def _named(path: Path) -> tuple[bytes, str]:
    """Return a path as the name of a member, and as messages name it."""
    return b"%b:" % _encode(spelled(path)), pattern(path)


def spelled(path: Path) -> str:
    """Return a path as text: `memberships[0].role`, and `["a.b"]` for a name with such signs."""
    text = "".join(
        f"[{part}]"
        if isinstance(part, int)
        else f".{part}"
        if _PLAIN_NAME.fullmatch(part)
        else f"[{_encode(part).decode()}]"
        for part in path
    )
    return text.removeprefix(".")


@lru_cache(1 << 12)
def pattern(path: Path) -> str:
    """Return a path as messages name it: without places in lists, cut, and in one line."""
    text = "".join("[]" if isinstance(part, int) else f".{part}" for part in path)
    text = text.removeprefix(".")[:_LONGEST]
    return text if text.isprintable() else repr(text)


_LONGEST = 100
"""Signs of a path that messages show."""

_MOST_COUNTED = 1000
_OTHERS = "other fields"


ITEM = "[]"
"""What stands for the place in a list where it does not matter which."""


def place_of(path: Path) -> Breadcrumb:
    """Return a path without places in lists; that of an item is its list's."""
    names = tuple(ITEM if isinstance(part, int) else part for part in path)
    while names[-1] == ITEM:
        names = names[:-1]
    return names


def names_of(path: Path) -> Breadcrumb:
    """Return the names that lead to a value, or to the list that it is in."""
    names: list[str] = []
    for part in path:
        if isinstance(part, int):
            break
        names.append(part)
    return tuple(names)


def declared_part(path: Path, row: type[msgspec.Struct]) -> Breadcrumb:
    """Return the names on a path that a row type declares: of an undeclared member, its holder."""
    names: list[str] = []
    kind: type[msgspec.Struct] | None = row
    for name in names_of(path):
        fields = {} if kind is None else {one.encode_name: one.type for one in fields_of(kind)}
        if name not in fields:
            break
        names.append(name)
        nested = nested_row(fields[name])
        kind = None if nested is None else nested.cls
    return tuple(names)
