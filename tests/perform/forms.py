"""Made-up tables of text, and the bodies in which they may come."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Grid(NamedTuple):
    """Headings and rows of text; a blank cell is empty text."""

    headings: list[str]
    rows: list[list[str]]

    @property
    def texts(self) -> list[str]:
        return [text for row in (self.headings, *self.rows) for text in row]


class Form(NamedTuple):
    """A grid as a body."""

    body: bytes
    content_type: str
    places: Sequence[int]  # columns of the grid that it names, in its order
    declared: dict[str, Any]  # what has to be set so that it is read


SPECIAL = ["", "", " ", " a ", "a", "A", '"', '""', 'a"b', ",", ";", "\t", "|", "a,b;c", "\n", "\r"]
SPECIAL += [
    "\r\n",
    "a\rb",
    "\n\n",
    "\u2028",
    "\x85",
    "\x0b\x0c\x1c",
    "\ufeff",
    "é",
    "日本 🕐",
    "\\",
]
SPECIAL += ["null", "NaN", "[", "{", '{"a": 1}', "<b>", "2024-02-29", "x" * 300]
TYPED = ["007", "1.10", "-0", "1E5", "12345678901234567890", "True", "False"]

letters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
special, typed_texts = st.sampled_from(SPECIAL), st.sampled_from(["", *TYPED])
texts = st.one_of(special, typed_texts, st.text(letters, max_size=6))
western = st.one_of(
    special.filter(str.isascii),
    typed_texts,
    st.text(st.characters(codec="cp1252", exclude_characters="\x00"), max_size=6),
)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    text = draw(st.sampled_from([texts, western]))
    width, length = draw(st.sampled_from([3, 2, 4, 1])), draw(st.sampled_from([4, 3, 5, 0, 2, 1]))
    headings = draw(st.lists(text, min_size=width, max_size=width))
    row = st.lists(text, min_size=width, max_size=width)
    few = draw(st.lists(row, min_size=length, max_size=length))
    again = draw(st.lists(st.sampled_from(few), max_size=2)) if few else []
    return Grid(headings, few + again)


# -- as CSV ----------------------------------------------------------------------------------------

DELIMITERS = ",;\t|"
ENCODINGS = {"utf-8": b"", "utf-8-sig": b"", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


def csv_line(cells: Iterable[str | None], delimiter: str = ",", *, quoted: bool = True) -> str:
    """Spell one row without its line end; blank cells are empty."""
    special_signs = (delimiter, '"', "\n", "\r")
    return delimiter.join(
        '"' + cell.replace('"', '""') + '"'
        if quoted or any(sign in cell for sign in special_signs)
        else cell
        for cell in (one or "" for one in cells)
    )


def csv_text(grid: Grid, delimiter: str, end: str, *, quoted: bool, last: bool = True) -> str:
    lines = [
        csv_line(row, delimiter, quoted=quoted) or '""'  # an empty line would be no row
        for row in (grid.headings, *grid.rows)
    ]
    return end.join(lines) + end * last


@st.composite
def csv_forms(draw: st.DrawFn, grid: Grid) -> Form:
    """Spell a grid in any dialect, and declare what nobody could tell from it."""
    dialect = draw(st.sampled_from(DELIMITERS)), draw(st.sampled_from(["\r\n", "\n"]))
    quoted, last = draw(st.booleans()), draw(st.booleans())
    text = csv_text(grid, *dialect, quoted=quoted, last=last)
    if text.lstrip(" \t\r\n")[:1] in {"", "[", "{", "<", "\ufeff"}:  # as other bodies begin
        quoted, text = True, csv_text(grid, *dialect, quoted=True, last=last)
    declared: dict[str, Any] = {}
    ambiguous = not quoted and {*DELIMITERS} - {*dialect} & {*"".join(grid.texts)}
    if ambiguous or (len(grid.headings) == 1 and not grid.rows) or draw(st.booleans()):
        declared["delimiter"] = dialect[0]
    encoding = draw(st.sampled_from([*ENCODINGS, "cp1252", "cp1252"]))
    body = ENCODINGS.get(encoding, b"") + text.encode(encoding, "replace")
    if encoding == "cp1252" and body.decode(encoding) != text:
        encoding, body = "utf-8", text.encode()
    if (encoding == "cp1252" and not falls_back(body)) or draw(st.booleans()):
        declared["encoding"] = encoding.removesuffix("-sig")
    kind = draw(st.sampled_from(["text/csv", "text/plain; charset=utf-8", "application/json"]))
    return Form(body, kind, range(len(grid.headings)), declared)


def falls_back(body: bytes) -> bool:
    """Return whether Windows-1252 is found out: no character is UTF-8, or looks cut or marked."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        marked = body.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"))
        several = {*body.decode(errors="ignore")} - {*map(chr, range(128))}
        return not (marked or several or "end of data" in error.reason)
    return body.isascii()


# -- as JSON ---------------------------------------------------------------------------------------

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
SHAPES = {
    "array": "[{rows}]",
    "wrapped": '{{"rows":[{rows}]}}',
    "among others": '{{"stale":false,"rows":[{rows}],"row_count":0}}',
    "fields_values": '{{"fields":{headings},"values":[{rows}]}}',
    "values_fields": '{{"values":[{rows}],"fields":{headings}}}',
    "lines": "{rows}",
}


@st.composite
def json_forms(draw: st.DrawFn, grid: Grid) -> Form:
    """Spell a grid in any shape; objects by hand, as they may hold equal names."""
    shape = draw(st.sampled_from([*SHAPES][: None if grid.rows else -1]))  # no lines without rows
    blank = draw(st.sampled_from(["null", '""', "absent"]))
    typed, ascii_ = draw(st.booleans()), draw(st.booleans())
    order = draw(st.randoms(use_true_random=False))
    lists = "fields" in shape
    equal = len({*grid.headings}) < len(grid.headings)  # nobody could tell which one is absent
    if blank == "absent" and (lists or equal or not any(map(any, grid.rows))):
        blank = "null"

    def string(text: str) -> str:
        return json.dumps(text, ensure_ascii=ascii_)

    def cell(text: str) -> str:
        if typed and text in {"True", "False"}:
            return text.lower()
        return text if typed and NUMBER.fullmatch(text) else string(text) if text else blank

    places: dict[int, None] = dict.fromkeys(range(len(grid.headings)) if lists else ())
    rows = []
    for row in grid.rows:
        there = [place for place, text in enumerate(row) if text or blank != "absent"]
        if not (lists or equal):
            order.shuffle(there)
        places |= dict.fromkeys(there)
        names = [f"{string(grid.headings[place])}: " * (not lists) for place in there]
        cells = [name + cell(row[place]) for name, place in zip(names, there, strict=True)]
        rows.append(("[{}]" if lists else "{{{}}}").format(",".join(cells)))
    comma = draw(st.sampled_from(["\n", "\r\n"] if shape == "lines" else [",", " ,\n"]))
    headings = f"[{','.join(map(string, grid.headings))}]"
    text = SHAPES[shape].format(rows=comma.join(rows), headings=headings)
    encoding = draw(st.sampled_from([*ENCODINGS]))
    hinted = shape == "lines" and (len(rows) == 1 or draw(st.booleans()))
    kind = "application/x-ndjson" if hinted else draw(st.sampled_from(["application/json", "*/*"]))
    return Form(ENCODINGS[encoding] + text.encode(encoding), kind, [*places], {})


@st.composite
def spelled(draw: st.DrawFn) -> tuple[Grid, list[Form]]:
    """A grid in several forms."""
    grid = draw(grids())
    return grid, [draw(forms(grid)) for forms in (csv_forms, json_forms) for _ in range(3)]
