"""Tables of text through the whole tap: what comes out is what went in, whatever its form."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sandbox.perform.formats import csv_line
from tap_perform.columns import columns_of
from tap_perform.tap import TapPerform
from tests.common.doubles import Server
from tests.common.runs import Run, TurningClock, run_in_process, turning
from tests.perform.runs import Account

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from http.server import BaseHTTPRequestHandler

Record: TypeAlias = "dict[str, Any]"


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
    declared: Record  # what has to be set so that it is read


class Clips(Server):
    """A server whose answers depend on the path alone."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        handler.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        form = self.forms[int(handler.path[1:])]
        handler.send_response(200)
        handler.send_header("Content-Type", form.content_type)
        handler.send_header("Content-Length", str(len(form.body)))
        handler.end_headers()
        with contextlib.suppress(OSError):  # who asked may want its beginning alone
            handler.wfile.write(form.body)

    def run(
        self,
        forms: list[Form],
        *,
        together: bool = False,
        catalog: Record | None = None,
        found: list[Record] | None = None,
        **given: Any,
    ) -> Run:
        """Run the tap over a project per form, each with a table of its own or all with one."""
        self.forms = forms
        projects = []
        for place, form in enumerate(forms):
            clip = {"url": f"{self.url}/{place}", **form.declared}
            if together:  # what one project declares, all of them would have to bring
                clip.pop("columns", None)
            name = "clip" if together else f"clip_{place}"
            projects.append({"name": f"p{place}", "dataclips": {name: clip}})
        config = {"projects": projects, "username": "u", "password": "secret", "max_retries": 0}

        def before(tap: TapPerform) -> None:
            if found is not None:
                found.append(json.loads(tap.catalog_json_text))

        kind = turning(TapPerform, TurningClock())
        return run_in_process(
            kind, config | given, catalog=catalog, before=before, number=Account.number
        )


@pytest.fixture(scope="module")
def clips() -> Iterator[Clips]:
    server = Clips()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tap_perform.cell_file.MOST_ROWS", 2)  # tables of several batches
        patched.setattr("tap_perform.cell_file._IN_MEMORY", 64)  # which some outgrow
        yield server
    server.stop()


quickly = settings(
    phases=[Phase.generate],  # add Phase.shrink to look into a failure
)

# -- made-up tables --------------------------------------------------------------------------------

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
HEADINGS = ["Project", "_row_id", "_extra", "a 2", "a_2", "\uff21", "%", "2024", "class", "İ", "ß"]
HEADINGS += ["self", "type", "title", "properties", "\u0301", "__dict__", "²"]
STALE = "Dataclip is stale"

letters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
special, typed_texts = st.sampled_from(SPECIAL), st.sampled_from(["", *TYPED])
texts = st.one_of(special, typed_texts, st.text(letters, max_size=6))
western = st.one_of(
    special.filter(str.isascii),
    typed_texts,
    st.text(st.characters(codec="cp1252", exclude_characters="\x00"), max_size=6),
)


@st.composite
def grids(draw: st.DrawFn, *, unique: bool = False) -> Grid:
    text = draw(st.sampled_from([texts, western]))
    named = st.one_of(st.sampled_from(HEADINGS), text)
    width, length = (
        draw(st.sampled_from([3, 2, 4, 1])),
        draw(st.sampled_from([4, 3, 5, 0, 2, 1])),
    )
    headings = draw(st.lists(named, min_size=width, max_size=width, unique=unique))
    row = st.lists(text, min_size=width, max_size=width)
    few = draw(st.lists(row, min_size=length, max_size=length))
    again = draw(st.lists(st.sampled_from(few), max_size=2)) if few else []
    if width > 1 and length > 1:  # less could be a message
        few[0] = [draw(st.sampled_from([cell, STALE])) for cell in few[0]]
    return Grid(headings, few + again)


# -- as CSV ----------------------------------------------------------------------------------------

DELIMITERS = ",;\t|"
ENCODINGS = {"utf-8": b"", "utf-8-sig": b"", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


@st.composite
def csv_forms(draw: st.DrawFn, grid: Grid) -> Form:
    """Spell a grid in any dialect, and declare what nobody could tell from it."""
    dialect = draw(st.sampled_from(DELIMITERS)), draw(st.sampled_from(["\r\n", "\n"]))
    quoted, last = draw(st.booleans()), draw(st.booleans())
    text = csv_text(grid, *dialect, quoted=quoted, last=last)
    if text.lstrip(" \t\r\n")[:1] in {"", "[", "{", "<", "\ufeff"}:  # as other bodies begin
        quoted, text = True, csv_text(grid, *dialect, quoted=True, last=last)
    declared: Record = {"columns": grid.headings} if draw(st.booleans()) else {}
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


def csv_text(grid: Grid, delimiter: str, end: str, *, quoted: bool, last: bool = False) -> str:
    lines = [
        csv_line(row, delimiter, quote_all=quoted) or '""'  # an empty line would be no row
        for row in (grid.headings, *grid.rows)
    ]
    return end.join(lines) + end * last


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
    "among others": '{{"stale":false,"rows":[{rows}],"row_count":1}}',
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


# -- what comes out --------------------------------------------------------------------------------


def by_form(run: Run, forms: list[Form]) -> list[list[tuple[str, Record]]]:
    """Return the table's name and the record of each row, form by form."""
    found: dict[str, list[tuple[str, Record]]] = defaultdict(list)
    for message in run.of("RECORD"):
        found[message["record"]["project"]].append((message["stream"], message["record"]))
    return [found[f"p{place}"] for place, _ in enumerate(forms)]


def names_of(grid: Grid, form: Form, titles: dict[str, str]) -> list[tuple[str, int]]:
    """Return the names of the columns that a form has, and where in the grid they are."""
    columns = columns_of([grid.headings[place] for place in form.places], titles)
    return [(one.name, form.places[one.position]) for one in columns]


def check(run: Run, grid: Grid, forms: list[Form]) -> list[str]:
    """Make sure that each form's records are the grid's rows, and return their ids."""
    ids: list[list[str]] = []
    known = {one["stream"]: one["schema"]["properties"] for one in run.of("SCHEMA")}
    for form, found in zip(forms, by_form(run, forms), strict=True):
        ids.append([record["_row_id"] for _, record in found])
        for (table, record), row in zip(found, grid.rows, strict=True):
            columns = known[table].items()
            titles = {name: one["title"] for name, one in columns if "title" in one}
            values = {name: row[place] or None for name, place in names_of(grid, form, titles)}
            own = {name: record[name] for name in ("project", "_row_id")}
            assert record == {**dict.fromkeys(known[table]), **own, **values}
    assert all(one == ids[0] for one in ids), "the same rows have the same ids in every form"
    assert len({*ids[0]}) == len(grid.rows)
    return ids[0]


@quickly
@given(spelled(), st.booleans())
def test_every_form_of_a_table_brings_its_rows_with_the_same_ids(
    clips: Clips,
    made: tuple[Grid, list[Form]],
    together: bool,
) -> None:
    grid, forms = made
    discovered: list[Record] = []
    first = clips.run(forms, together=together, found=discovered).ok()
    ids = check(first, grid, forms)
    again = clips.run(forms, together=together, catalog=discovered[0], max_concurrency=1).ok()
    assert check(again, grid, forms) == ids


@quickly
@given(st.data())
def test_ids_stay_when_rows_and_columns_move(clips: Clips, data: st.DataObject) -> None:
    grid = data.draw(grids(unique=True))
    order = data.draw(st.permutations(range(len(grid.headings))))
    moved = Grid(
        [grid.headings[place] for place in order],
        [[row[place] for place in order] for row in data.draw(st.permutations(grid.rows))],
    )
    forms = [data.draw(st.one_of(csv_forms(one), json_forms(one))) for one in (grid, moved)]
    before, after = by_form(clips.run(forms).ok(), forms)
    assert {row["_row_id"] for _, row in before} == {row["_row_id"] for _, row in after}
    assert len({row["_row_id"] for _, row in after}) == len(grid.rows)


@pytest.mark.parametrize("encoding", [*ENCODINGS, "cp1252"])
def test_columns_are_told_from_the_beginning_of_a_large_body(clips: Clips, encoding: str) -> None:
    grid = Grid(["é\n;a", "É;A", ""], [["é", "\r", ";" * 300]] * 5000)
    text = csv_text(grid, ";", "\r\n", quoted=False)
    form = Form(ENCODINGS.get(encoding, b"") + text.encode(encoding), "text/csv", range(3), {})
    discovered: list[Record] = []
    run = clips.run([form], found=discovered).ok()
    columns = [*discovered[0]["streams"][0]["schema"]["properties"].values()]
    assert [one["title"] for one in columns[2:]] == grid.headings
    check(run, grid, [form])


def test_a_cell_that_says_stale_is_no_message_in_the_only_list_of_an_object(clips: Clips) -> None:
    body = json.dumps({"rows": [{"a": STALE, "b": "x"}, {"a": "y", "b": "z"}]}).encode()
    run = clips.run([Form(body, "application/json", [0, 1], {})], stale_timeout=0)
    assert [row["a"] for row in run.ok().records("clip_0")] == [STALE, "y"]
