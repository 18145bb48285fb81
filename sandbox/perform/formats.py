"""A clip's grid as CSV and as each JSON shape."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from sandbox.perform.bodies import Text
from sandbox.perform.switches import BOOLEANS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.perform.switches import Form
    from sandbox.perform.tables import Cells, Grid, Kind

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_TRUTH = {
    spelled: word
    for pair in BOOLEANS.values()
    for spelled, word in zip(pair, ("true", "false"), strict=True)
}


class About(NamedTuple):
    """What an answer may say about the clip beside its rows."""

    name: str
    project: str
    instant: str


def text_of(grid: Grid, form: Form, about: About) -> Text:
    """Spell a grid in the form's format."""
    if form.format == "csv":
        return _csv(grid, form, about)
    return _Json(form).text(grid, about)


def csv_line(cells: Iterable[str | None], delimiter: str, *, quote_all: bool) -> str:
    """Spell one row without its line end; blank cells are empty."""
    return delimiter.join(_csv_cell(cell or "", delimiter, quote_all=quote_all) for cell in cells)


def _csv_cell(cell: str, delimiter: str, *, quote_all: bool) -> str:
    if quote_all or delimiter in cell or '"' in cell or "\n" in cell or "\r" in cell:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _csv(grid: Grid, form: Form, about: About) -> Text:
    quote_all = form.quoting == "all" or form.cut == "in_quotes"
    lines = [csv_line(row, form.delimiter, quote_all=quote_all) for row in grid.rows]
    head = [csv_line(grid.headings, form.delimiter, quote_all=quote_all)]
    if "title_line" in form.oddities:
        head.insert(0, csv_line([about.name], form.delimiter, quote_all=quote_all))
    if "blank_lines" in form.oddities:
        head.append("")
        lines = [*lines, ""]
    if "footer_line" in form.oddities:
        lines.append(f"Total: {len(grid.rows)}")
    end = form.line_end
    before = end.join(head) + (end if lines or form.last_line_end else "")
    return Text(before, lines, end, end if lines and form.last_line_end else "")


class _Json:
    """Spells values as a form has it."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.ascii = form.json_ascii or form.encoding == "cp1252"
        loose = form.json_indent and form.format != "jsonlines"
        self.comma, self.colon, self.gap = (",\n  ", " : ", "\n ") if loose else (",", ":", "")

    def text(self, grid: Grid, about: About) -> Text:
        fields = self.list(self.string(heading) for heading in grid.headings)
        if self.form.format == "jsonlines":
            end = self.form.line_end
            rows = self.objects(grid)
            return Text("", rows, end, end if rows and self.form.last_line_end else "")
        if self.form.format == "array":
            return Text(f"[{self.gap}", self.objects(grid), self.comma, f"{self.gap}]")
        if self.form.format == "fields_values":
            head = f'{{{self.gap}"fields"{self.colon}{fields}{self.comma}"values"{self.colon}['
            return Text(head, self.lists(grid), self.comma, f"]{self.gap}}}")
        if self.form.format == "values_fields":
            tail = f']{self.comma}"fields"{self.colon}{fields}{self.gap}}}'
            head = f'{{{self.gap}"values"{self.colon}['
            return Text(head, self.lists(grid), self.comma, tail)
        return self.wrapped(grid, about)

    def wrapped(self, grid: Grid, about: About) -> Text:
        """Put the rows among other members."""
        members = {
            "name": self.string(about.name),
            "project": self.string(about.project),
            "generated_at": self.string(about.instant),
            "stale": "false",
        }
        before = self.comma.join(f'"{name}"{self.colon}{value}' for name, value in members.items())
        head = f'{{{self.gap}{before}{self.comma}"rows"{self.colon}['
        tail = f']{self.comma}"row_count"{self.colon}{len(grid.rows)}{self.gap}}}'
        return Text(head, self.objects(grid), self.comma, tail)

    def objects(self, grid: Grid) -> list[str]:
        """Spell each row as an object; equal headings make equal names."""
        names = [self.string(heading) + self.colon for heading in grid.headings]
        return [self.object(names, grid.kinds, row) for row in grid.rows]

    def object(self, names: list[str], kinds: list[Kind], row: Cells) -> str:
        absent = self.form.json_blank == "absent"
        members = (
            name + self.cell(cell, kind)
            for name, kind, cell in zip(names, kinds, row, strict=False)
            if cell is not None or not absent
        )
        return "{" + self.gap + self.comma.join(members) + self.gap + "}"

    def lists(self, grid: Grid) -> list[str]:
        """Spell each row as a list; surplus cells are text."""
        return [
            self.list(
                self.cell(cell, grid.kinds[place] if place < len(grid.kinds) else "text")
                for place, cell in enumerate(row)
            )
            for row in grid.rows
        ]

    def list(self, values: Iterable[str]) -> str:
        return "[" + self.gap + self.comma.join(values) + self.gap + "]"

    def cell(self, cell: str | None, kind: Kind) -> str:
        """Spell one cell; the digits of a number stay as they are."""
        if cell is None:
            return '""' if self.form.json_blank == "empty" else "null"
        if self.form.json_cells == "typed":
            if kind == "boolean":
                return _TRUTH.get(cell) or self.string(cell)
            plain = cell.replace(",", ".") if kind == "decimal" else cell
            if kind in {"decimal", "integer"} and _NUMBER.fullmatch(plain):
                return plain
        return self.string(cell)

    def string(self, text: str) -> str:
        return json.dumps(text, ensure_ascii=self.ascii)
