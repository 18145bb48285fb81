"""What all rows of a clip have in common: types, spellings of dates and numbers, unique columns."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from tap_perform.cells import narrowest, reader_of
from tap_perform.columns import columns_of, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tap_perform.columns import Column
    from tap_perform.readers import Table
    from tap_perform.settings import Clip

FORMATS = (
    *("%d/%m/%Y", "%m/%d/%Y"),  # what a project may be set to (help, "Project Settings")
    *("%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%d %b %Y", "%d-%b-%Y", "%d %B %Y"),
    *("%b %d, %Y", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%m-%y", "%d-%b-%y"),
)
"""Spellings of dates that are tried, the likelier first."""

_DAY = (
    r"[0-9]{1,2}(?P<a>[/.-])[0-9]{1,2}(?P=a)[0-9]{4}|[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}"
    r"|[0-9]{1,2}(?P<b>[ -])[A-Za-z]{3,9}(?P=b)[0-9]{4}|[A-Za-z]{3,9} [0-9]{1,2}, [0-9]{4}"
)
_SHORT_DAY = r"[0-9]{1,2}(?P<c>[/.-])(?:[0-9]{1,2}|[A-Za-z]{3})(?P=c)[0-9]{2}"
_DATE = re.compile(f"(?P<day>{_DAY})")
_TYPED_DATE = re.compile(rf"(?P<day>{_DAY}|{_SHORT_DAY})(?:[ T]+[0-9]{{1,2}}:[0-9]{{2}}.*)?")
"""What a column of dates may hold; where no type is declared `01.02.03` may be a code."""
_CLOCK = re.compile(r".*[0-9][ T]+(?!0?0:00(?::00(?:\.0*)?)?\b)[0-9]{1,2}:[0-9]{2}.*")
"""A time of day that is not midnight, behind a date."""

_COMMAS = re.compile(r"-?(?:[0-9]{1,3}(?:[. '][0-9]{3})+|[0-9]+)(?:,[0-9]+)?")
_SURE_COMMA = re.compile(r".*,(?:[0-9]{1,2}|[0-9]{4,})")
"""A number with a decimal comma; three digits behind it may be thousands."""


class Signs(NamedTuple):
    """How numbers are written.

    Attributes:
        decimal: what stands before the fraction.
        thousands: what may stand between groups of digits.
    """

    decimal: str
    thousands: str


PLAIN = Signs(".", "")
SIGNS = (
    *(Signs(",", ""), Signs(",", "."), Signs(",", " "), Signs(",", "'")),
    *(Signs(".", ","), Signs(".", " "), Signs(".", "'")),
)
"""What is tried where a dot alone does not do, the likelier first."""


class Survey:
    """What all rows of a clip have in common.

    Args:
        clip: the clip.
        table: its rows.
        types: declared types, by the names that headings give.
        signs: how its numbers are written.

    Attributes:
        columns: its columns.
        types: declared types, by column.
        kinds: narrowest type of each column; None where all cells are blank.
        dates: the cells of each column that holds nothing but dates that are not ISO's.
        timed: columns that are declared as dates and hold times of day.
    """

    def __init__(self, clip: Clip, table: Table, types: Mapping[str, str], signs: Signs) -> None:
        self.clip, self.table, self.signs = clip, table, signs
        self.columns = columns_of(table.headings)
        self.types = {
            one.name: types[name_of(one.heading)]
            for one in self.columns
            if name_of(one.heading) in types
        }
        kind = partial(narrowest, decimal_sign=signs.decimal)
        dated = [self.types.get(one.name) == "date" for one in self.columns]
        patterns = [_TYPED_DATE if one else _DATE for one in dated]
        kinds: list[str | None] = [None] * len(self.columns)
        dates: list[set[str] | None] = [set() for _ in self.columns]
        timed = [False for _ in self.columns]
        for cells in table:
            kinds = list(map(kind, kinds, cells))
            for place, cell in enumerate(cells):
                held = dates[place]
                if held is not None and cell:
                    if found := patterns[place].fullmatch(cell.strip(" ")):
                        held.add(found["day"])
                    else:
                        dates[place] = None
                if dated[place] and cell and _CLOCK.fullmatch(cell):
                    timed[place] = True
        self.kinds = {one.name: kinds[one.position] for one in self.columns}
        self.dates = {one.name: held for one in self.columns if (held := dates[one.position])}
        self.timed = {one.name for one in self.columns if timed[one.position]}

    def cells(self, column: Column) -> Iterator[str]:
        """Yield the cells of a column that are not blank."""
        batches = self.table.batches([column.position])
        return filter(None, chain.from_iterable(batch.columns[0] for batch in batches))

    def numbers(self) -> list[Column]:
        """Return the columns of numbers: the declared ones, and those with decimal commas."""
        return [
            one
            for one in self.columns
            if self.types.get(one.name) in {"integer", "number"}
            or (one.name not in self.types and self._has_commas(one))
        ]

    def _has_commas(self, column: Column) -> bool:
        sure = False
        for cell in self.cells(column):
            if not _COMMAS.fullmatch(cell):
                return False
            sure = sure or bool(_SURE_COMMA.fullmatch(cell))
        return sure

    def misfits(self, column: Column, kind: str, date_format: str | None) -> int:
        """Return how many cells of a column do not fit a type."""
        signs = self.signs
        read = reader_of(
            kind, date_format, decimal_sign=signs.decimal, thousands_sign=signs.thousands
        )
        return sum(not _reads(read, cell) for cell in self.cells(column))

    def unique(self, keys: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
        """Return those of some combinations of columns that tell all rows apart, without blanks."""
        places = {one.name: one.position for one in self.columns}
        seen: dict[tuple[str, ...], set[int]] = {
            key: set() for key in keys if {*key} <= places.keys()
        }
        for cells in self.table:
            for key in list(seen):
                values = tuple([cells[places[name]] for name in key])
                digest = hash(values)
                if None in values or digest in seen[key]:
                    del seen[key]
                else:
                    seen[key].add(digest)
        return list(seen)


# -- spellings -------------------------------------------------------------------------------------


def date_formats(cells: Iterable[str]) -> list[str]:
    """Return the formats that read all of some dates, each in its own way."""
    given = sorted(cells)
    found: dict[tuple[datetime, ...], str] = {}
    for one in FORMATS if given else ():
        try:
            days = tuple([datetime.strptime(cell, one) for cell in given])  # noqa: DTZ007 - days
        except ValueError:
            continue
        found.setdefault(days, one)
    return list(found.values())


def signs_of(surveys: Sequence[Survey]) -> list[Signs]:
    """Return the signs that read all numbers of some clips, each in its own way.

    Where a dot alone does, there is nothing else to try.
    """
    cells = sorted({cell for one in surveys for at in one.numbers() for cell in one.cells(at)})
    found: dict[tuple[object, ...], Signs] = {}
    for signs in (PLAIN, *SIGNS):
        read = reader_of("number", None, decimal_sign=signs.decimal, thousands_sign=signs.thousands)
        try:
            numbers = tuple(map(read, cells))
        except ValueError:
            continue
        found.setdefault(numbers, signs)
        if signs == PLAIN:
            break
    return list(found.values())


def _reads(read: Callable[[str], object], cell: str) -> bool:
    try:
        read(cell)
    except ValueError:
        return False
    return True
