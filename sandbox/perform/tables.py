"""Tables of text: columns with what their cells mean, rows, and how a project spells cells."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sandbox.perform.site import Cell, Row

Kind: TypeAlias = Literal[
    "text", "date", "time", "datetime", "decimal", "integer", "boolean", "day"
]
"""What cells mean; the heading of a day's column is itself a date, kept as ISO text."""

Cells: TypeAlias = "list[str | None]"

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_DATES = {"iso": r"\1-\2-\3", "dmy": r"\3/\2/\1", "mdy": r"\2/\3/\1"}


@dataclass(frozen=True)
class Column:
    """One column."""

    heading: str
    kind: Kind = "text"

    @classmethod
    def of(cls, text: str) -> Column:
        """Read `Heading` or `Heading:kind`."""
        heading, _, given = text.partition(":")
        kind: Kind
        for kind in get_args(Kind):
            if kind == (given or "text"):
                return cls(heading, kind)
        raise KeyError(given)


@dataclass(frozen=True)
class Style:
    """How a project spells dates, fractions and truth values."""

    dates: Literal["iso", "dmy", "mdy"] = "iso"
    decimal_sign: Literal[".", ","] = "."
    booleans: tuple[str, str] = ("True", "False")

    def heading(self, column: Column) -> str:
        """Spell a heading."""
        return self.date(column.heading) if column.kind == "day" else column.heading

    def cells(self, kind: Kind) -> Callable[[str], str] | None:
        """Return how cells of a kind are spelled; None for as they are."""
        if kind in {"date", "datetime"} and self.dates != "iso":
            return self.date
        if kind == "decimal" and self.decimal_sign != ".":
            return lambda text: text.replace(".", self.decimal_sign)
        if kind == "boolean":
            spelled = dict(zip(("True", "False"), self.booleans, strict=True))
            return lambda text: spelled.get(text, text)
        return None

    def date(self, text: str) -> str:
        """Spell the ISO date that a text begins with; other texts stay as they are."""
        found = _ISO.match(text)
        return found.expand(_DATES[self.dates]) + text[found.end() :] if found else text


class Grid(NamedTuple):
    """A table as a project spells it: what a clip answers, whatever the format."""

    headings: list[str]
    kinds: list[Kind]
    rows: list[Cells]


@dataclass
class Table:
    """The rows of one clip, kept with ISO dates, points in fractions, True and False."""

    columns: list[Column]
    rows: list[Cells]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Table:
        """Make a table of rows; empty cells are blank."""
        given = list(rows)
        columns = [Column.of(text) for text in given[0]]
        return cls(columns, [[cell or None for cell in row.values()] for row in given])

    def spelled(self, style: Style, hidden: str = "") -> Grid:
        """Return the table as a project spells it, without the hidden column."""
        kept = [place for place, one in enumerate(self.columns) if one.heading != hidden]
        columns = [self.columns[place] for place in kept]
        pairs = list(zip(kept, (style.cells(column.kind) for column in columns), strict=True))
        rows = [[_spelled(row[place], how) for place, how in pairs] for row in self.rows]
        headings = [style.heading(column) for column in columns]
        return Grid(headings, [column.kind for column in columns], rows)

    def place(self, heading: str) -> int:
        """Return the position of a column; KeyError for an unknown one."""
        for place, column in enumerate(self.columns):
            if column.heading == heading:
                return place
        raise KeyError(heading)

    def edit(self, row: int, cells: Mapping[str, object]) -> None:
        """Change cells of a row: text by heading, None for blank."""
        for place, value in self._taken(cells).items():
            self.rows[row][place] = value

    def insert(self, cells: Mapping[str, object], at: int | None = None) -> int:
        """Add a row and return its position; what is not given is blank."""
        taken = self._taken(cells)
        place = len(self.rows) if at is None else at
        self.rows.insert(place, [taken.get(number) for number in range(len(self.columns))])
        return place

    def _taken(self, cells: Mapping[str, object]) -> dict[int, Cell]:
        taken: dict[int, Cell] = {}
        for heading, value in cells.items():
            if value is not None and not isinstance(value, str):
                raise TypeError(f"The cell of {heading!r} is to be text: {value!r}.")
            taken[self.place(heading)] = value or None
        return taken

    def add_column(self, column: Column, values: Iterable[Cell], at: int | None = None) -> None:
        """Add a column, at the end or before a position."""
        self._check_new(column.heading)
        place = len(self.columns) if at is None else at
        self.columns.insert(place, column)
        for row, value in zip(self.rows, values, strict=True):
            row.insert(place, value)

    def rename_column(self, heading: str, new: str) -> None:
        """Give a column another heading."""
        self._check_new(new)
        place = self.place(heading)
        self.columns[place] = replace(self.columns[place], heading=new)

    def remove_column(self, heading: str) -> None:
        """Remove a column with its cells."""
        place = self.place(heading)
        del self.columns[place]
        for row in self.rows:
            del row[place]

    def _check_new(self, heading: str) -> None:
        if any(column.heading == heading for column in self.columns):
            raise ValueError(f"There is a column {heading!r}.")


def _spelled(cell: Cell, how: Callable[[str], str] | None) -> Cell:
    return cell if cell is None or how is None else how(cell)
