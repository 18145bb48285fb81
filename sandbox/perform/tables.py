"""Tables of text: columns with what their cells mean, rows, and how a project spells dates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from sandbox.perform.site import Cell, Row

Kind: TypeAlias = Literal[
    "text", "date", "time", "datetime", "decimal", "integer", "boolean", "day"
]
"""What cells mean; the heading of a day's column is itself a date, kept as ISO text."""

Cells: TypeAlias = list[str | None]

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_DATES = {"iso": r"\1-\2-\3", "dmy": r"\3/\2/\1", "mdy": r"\2/\3/\1"}


class Column(NamedTuple):
    heading: str
    kind: Kind

    @classmethod
    def of(cls, text: str) -> Column:
        """Read `Heading` or `Heading:kind`."""
        heading, _, kind = text.partition(":")
        return cls(heading, msgspec.convert(kind or "text", Kind))


class Grid(NamedTuple):
    """A table as a project spells it: what a clip answers, whatever the format."""

    headings: list[str]
    kinds: list[Kind]
    rows: list[Cells]


@dataclass
class Table:
    """The rows of one clip, kept with ISO dates."""

    columns: list[Column]
    rows: list[Cells]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Table:
        """Make a table of rows; empty cells are blank."""
        given = list(rows)
        columns = [Column.of(text) for text in given[0]]
        return cls(columns, [[cell or None for cell in row.values()] for row in given])

    def spelled(self, dates: str) -> Grid:
        """Return the table with dates as a project spells them."""
        headings = [
            _date(one.heading, dates) if one.kind == "day" else one.heading for one in self.columns
        ]
        rows = [list(row) for row in self.rows]
        for place, column in enumerate(self.columns):
            if column.kind in {"date", "datetime"} and dates != "iso":
                for row in rows:
                    row[place] = _date(row[place] or "", dates) or None
        return Grid(headings, [column.kind for column in self.columns], rows)

    def place(self, heading: str) -> int:
        """Return the position of a column; ValueError for an unknown one."""
        return [column.heading for column in self.columns].index(heading)

    def edit(self, row: int, cells: Mapping[str, object]) -> None:
        """Change cells of a row: text by heading, None for blank."""
        for place, value in self._taken(cells).items():
            self.rows[row][place] = value

    def insert(self, cells: Mapping[str, object]) -> int:
        """Add a row and return its position; what is not given is blank."""
        taken = self._taken(cells)
        self.rows.append([taken.get(place) for place in range(len(self.columns))])
        return len(self.rows) - 1

    def _taken(self, cells: Mapping[str, object]) -> dict[int, Cell]:
        taken: dict[int, Cell] = {}
        for heading, value in cells.items():
            if value is not None and not isinstance(value, str):
                raise TypeError(f"The cell of {heading!r} is to be text: {value!r}.")
            taken[self.place(heading)] = value or None
        return taken

    def add_column(self, column: Column, cell: Cell) -> None:
        """Add a column with the same cell in every row."""
        if any(one.heading == column.heading for one in self.columns):
            raise ValueError(f"There is a column {column.heading!r}.")
        self.columns.append(column)
        for row in self.rows:
            row.append(cell)


def _date(text: str, dates: str) -> str:
    """Spell the ISO date that a text begins with; other texts stay as they are."""
    found = _ISO.match(text)
    return found.expand(_DATES[dates]) + text[found.end() :] if found else text
