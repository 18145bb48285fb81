"""A clip's grid as CSV and as each JSON shape, oddities included."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from sandbox.perform.bodies import Text
from sandbox.perform.switches import Form
from sandbox.perform.tables import Cells, Grid, Kind

RAGGED_EVERY = 7
"""Every so many rows one is too short or too long: the 6th, the 13th, ... counted from 0."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_TRUTH = {"True": "true", "False": "false"}


class About(NamedTuple):
    """What an answer may say about the clip beside its rows."""

    name: str
    project: str
    instant: str


def distorted(grid: Grid, oddities: Collection[str]) -> Grid:
    """Return a grid with oddities; its rows may have fewer or more cells than headings."""
    if not oddities:
        return grid
    headings = list(grid.headings)
    if "duplicate_headings" in oddities:
        headings[2] = headings[0]
    if "blank_headings" in oddities:
        headings[1] = headings[-1] = ""
    rows = [list(row) for row in grid.rows]
    for row in rows[RAGGED_EVERY - 1 :: RAGGED_EVERY]:
        if "short_rows" in oddities:
            del row[-2:]
        if "long_rows" in oddities:
            row += ["surplus", "cells", "here"]
    return Grid(headings, grid.kinds, rows)


def text_of(grid: Grid, form: Form, about: About) -> Text:
    return _csv(grid, form, about) if form.format == "csv" else _Json(grid, form).text(about)


def csv_line(cells: Iterable[str | None], delimiter: str, *, quote_all: bool) -> str:
    """Spell one row without its line end; blank cells are empty."""
    return delimiter.join(_csv_cell(cell or "", delimiter, quote_all=quote_all) for cell in cells)


def _csv_cell(cell: str, delimiter: str, *, quote_all: bool) -> str:
    if quote_all or delimiter in cell or '"' in cell or "\n" in cell or "\r" in cell:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _csv(grid: Grid, form: Form, about: About) -> Text:
    quote_all = form.quoting == "all"
    titled = [[about.name]] if "title_line" in form.oddities else []
    head, lines = (
        [csv_line(row, form.delimiter, quote_all=quote_all) for row in rows]
        for rows in ([*titled, grid.headings], grid.rows)
    )
    if "footer_line" in form.oddities:
        lines.append(f"Total: {len(grid.rows)}")
    end = form.line_end
    before = end.join(head) + (end if lines or form.last_line_end else "")
    return Text(before, lines, end, end if lines and form.last_line_end else "")


class _Json:
    """Spells a grid as a form has it."""

    def __init__(self, grid: Grid, form: Form) -> None:
        self.grid = grid
        self.form = form
        self.ascii = form.json_ascii
        loose = form.json_indent and form.format != "jsonlines"
        self.comma, self.colon, self.gap = (",\n  ", " : ", "\n ") if loose else (",", ":", "")

    def text(self, about: About) -> Text:
        form, gap, comma = self.form.format, self.gap, self.comma
        fields = self._within("[]", map(self._string, self.grid.headings))
        if form == "jsonlines":
            rows, end = self._objects(), self.form.line_end
            return Text("", rows, end, end if rows and self.form.last_line_end else "")
        if form == "array":
            return Text(f"[{gap}", self._objects(), comma, f"{gap}]")
        if form == "fields_values":
            head = f"{{{gap}{self._member('fields', fields)}{comma}{self._member('values', '[')}"
            return Text(head, self._lists(), comma, f"]{gap}}}")
        if form == "values_fields":
            tail = f"]{comma}{self._member('fields', fields)}{gap}}}"
            return Text(f"{{{gap}{self._member('values', '[')}", self._lists(), comma, tail)
        members = {
            "name": self._string(about.name),
            "project": self._string(about.project),
            "generated_at": self._string(about.instant),
            "stale": "false",
            "rows": "[",
        }
        head = f"{{{gap}{comma.join(self._member(*member) for member in members.items())}"
        tail = f"]{comma}{self._member('row_count', str(len(self.grid.rows)))}{gap}}}"
        return Text(head, self._objects(), comma, tail)

    def _member(self, name: str, value: str) -> str:
        return f"{self._string(name)}{self.colon}{value}"

    def _within(self, brackets: str, values: Iterable[str]) -> str:
        return brackets[0] + self.gap + self.comma.join(values) + self.gap + brackets[1]

    def _objects(self) -> list[str]:
        """Spell each row as an object; equal headings make equal names."""
        names = [self._member(heading, "") for heading in self.grid.headings]
        absent = self.form.json_blank == "absent"
        return [
            self._within(
                "{}",
                (
                    name + self._cell(cell, kind)
                    for name, kind, cell in zip(names, self.grid.kinds, row, strict=False)
                    if cell is not None or not absent
                ),
            )
            for row in self.grid.rows
        ]

    def _lists(self) -> list[str]:
        """Spell each row as a list; surplus cells are text."""
        return [self._within("[]", self._cells(row)) for row in self.grid.rows]

    def _cells(self, row: Cells) -> Iterable[str]:
        kinds = self.grid.kinds
        for place, cell in enumerate(row):
            yield self._cell(cell, kinds[place] if place < len(kinds) else "text")

    def _cell(self, cell: str | None, kind: Kind) -> str:
        """Spell one cell; the digits of a number stay as they are."""
        if cell is None:
            return '""' if self.form.json_blank == "empty" else "null"
        if self.form.json_cells == "typed":
            if kind == "boolean":
                return _TRUTH.get(cell) or self._string(cell)
            if kind in {"decimal", "integer"} and _NUMBER.fullmatch(cell):
                return cell
        return self._string(cell)

    def _string(self, text: str) -> str:
        return json.dumps(text, ensure_ascii=self.ascii)
