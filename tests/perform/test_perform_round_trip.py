"""Tables of text through the whole tap: what comes out is what went in, in whatever form it came."""

from __future__ import annotations

import json
import re
import socket
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from sandbox.perform.formats import csv_line
from tap_perform.columns import columns_of
from tap_perform.tap import TapPerform
from tests.common.doubles import Server
from tests.common.runs import Run, TurningClock, run_in_process, turning
from tests.perform.runs import Account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler

Record: TypeAlias = "dict[str, Any]"


@dataclass(frozen=True)
class Grid:
    """Headings and rows of text; a blank cell is empty text."""

    headings: list[str]
    rows: list[list[str]]

    @property
    def texts(self) -> list[str]:
        return [text for row in (self.headings, *self.rows) for text in row]


@dataclass(frozen=True)
class Form:
    """A grid as a body.

    Attributes:
        body: what the server sends.
        content_type: what it says that this is.
        places: which columns of the grid the body names, in the order in which it does.
        declared: what has to be set so that it is read.
    """

    body: bytes
    content_type: str
    places: list[int]
    declared: dict[str, str] = field(default_factory=dict)


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
        handler.wfile.write(form.body)

    def run(
        self,
        forms: list[Form],
        *,
        together: bool = False,
        catalog: Record | None = None,
        caught: list[Record] | None = None,
        clip: Record | None = None,
        **given: Any,  # noqa: ANN401 - values of settings
    ) -> Run:
        """Run the tap over a clip per form: all of one project, or one of a project each."""
        self.forms = forms
        clips = [
            {"url": f"{self.url}/{place}", **form.declared, **(clip or {})}
            for place, form in enumerate(forms)
        ]
        if together:
            named = [{"clip": one} for one in clips]
        else:
            named = [{f"clip_{place}": one for place, one in enumerate(clips)}]
        projects = [{"name": f"p{place}", "dataclips": one} for place, one in enumerate(named)]
        config = {"projects": projects, "username": "u", "password": "secret", "max_retries": 0}

        def before(tap: TapPerform) -> None:
            if caught is not None:
                caught.append(json.loads(tap.catalog_json_text))

        return run_in_process(
            turning(TapPerform, TurningClock()),
            config | given,
            catalog=catalog,
            before=before,
            number=Account.number,
        )


@pytest.fixture(scope="module")
def clips() -> Iterator[Clips]:
    server = Clips()
    yield server
    server.stop()


quickly = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # add Phase.shrink to look into a failure
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
SPECIAL += ["007", "1.10", "-0", "1E5", "12345678901234567890", "True", "False", "null", "NaN"]
SPECIAL += ["[", "{", '{"a": 1}', "<b>", "2024-02-29", "x" * 300]
HEADINGS = ["Project", "_row_id", "_extra", "a 2", "a_2", "Ａ", "%", "2024", "class", "İ", "ß", "²"]
HEADINGS += ["self", "type", "title", "properties", "\u0301", "__dict__"]

STALE = "Dataclip is stale"
letters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
texts = st.one_of(st.sampled_from(SPECIAL), st.text(letters, max_size=6))
western = st.one_of(
    st.sampled_from([text for text in SPECIAL if text.isascii()]),
    st.text(st.characters(codec="cp1252", exclude_characters="\x00"), max_size=6),
)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    text = draw(st.sampled_from([texts, western]))
    named = st.one_of(st.sampled_from(HEADINGS), text)
    headings = draw(st.lists(named, min_size=1, max_size=4))
    row = st.lists(text, min_size=len(headings), max_size=len(headings))
    few = draw(st.lists(row, max_size=4))
    again = draw(st.lists(st.sampled_from(few), max_size=2)) if few else []
    if len(headings) > 1 and len(few) > 1:  # less could be a message
        few[0] = [draw(st.sampled_from([cell, STALE])) for cell in few[0]]
    return Grid(headings, few + again)


# -- as CSV ----------------------------------------------------------------------------------------

DELIMITERS = ",;\t|"
ENCODINGS = {"utf-8": b"", "utf-8-sig": b"", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


@st.composite
def csv_forms(draw: st.DrawFn, grid: Grid) -> Form:
    """Spell a grid in any dialect, and declare what nobody could tell from it."""
    delimiter = draw(st.sampled_from(DELIMITERS))
    end = draw(st.sampled_from(["\r\n", "\n"]))
    last = end * draw(st.integers(0, 1))
    quoted = draw(st.booleans())
    text = csv_text(grid, delimiter, end, last, quoted=quoted)
    if text.lstrip(" \t\r\n")[:1] in {"", "[", "{", "<", "\ufeff"}:  # as other bodies begin
        quoted, text = True, csv_text(grid, delimiter, end, last, quoted=True)
    declared = {}
    ambiguous = not quoted and {*DELIMITERS} - {delimiter} & {*"".join(grid.texts)}
    if ambiguous or (len(grid.headings) == 1 and not grid.rows) or draw(st.booleans()):
        declared["delimiter"] = delimiter
    encoding = draw(st.sampled_from([*ENCODINGS, "cp1252", "cp1252"]))
    body = ENCODINGS.get(encoding, b"") + text.encode(encoding, "replace")
    if encoding == "cp1252" and body.decode(encoding) != text:
        encoding, body = "utf-8", text.encode()
    if (encoding == "cp1252" and not falls_back(body)) or draw(st.booleans()):
        declared["encoding"] = encoding.removesuffix("-sig")
    kind = draw(st.sampled_from(["text/csv", "text/plain; charset=utf-8", "application/json"]))
    return Form(body, kind, list(range(len(grid.headings))), declared)


def csv_text(grid: Grid, delimiter: str, end: str, last: str, *, quoted: bool) -> str:
    lines = [
        csv_line(row, delimiter, quote_all=quoted) or '""'  # an empty line would be no row
        for row in (grid.headings, *grid.rows)
    ]
    return end.join(lines) + last


def falls_back(body: bytes) -> bool:
    """Tell whether Windows-1252 is found out: it is no UTF-8, and does not look cut or marked."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        marked = body.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"))
        return not marked and "end of data" not in error.reason
    return body.isascii()


# -- as JSON ---------------------------------------------------------------------------------------

NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
SHAPES = ["array", "lines", "wrapped", "fields_values", "values_fields"]


@st.composite
def json_forms(draw: st.DrawFn, grid: Grid) -> Form:
    """Spell a grid in any shape; objects by hand, as they may hold equal names."""
    shape = draw(st.sampled_from(SHAPES))
    blank = draw(st.sampled_from(["null", '""', "absent"]))
    typed, ascii_ = draw(st.booleans()), draw(st.booleans())
    gap = draw(st.sampled_from(["", " "]))
    lists = "fields" in shape
    if (blank == "absent" and len({*grid.headings}) < len(grid.headings)) or lists:
        blank = blank if blank == '""' else "null"  # nobody could tell which of the equal is absent
    if shape == "lines" and not grid.rows:
        shape = "array"  # an empty body is no table

    def string(text: str) -> str:
        return json.dumps(text, ensure_ascii=ascii_)

    def cell(text: str) -> str:
        if not text:
            return blank
        bare = typed and (NUMBER.fullmatch(text) or text in {"True", "False"})
        return text.lower() if bare and text[0] in "TF" else text if bare else string(text)

    places: dict[int, None] = dict.fromkeys(range(len(grid.headings)) if lists else ())
    rows = []
    for row in grid.rows:
        there = [place for place, text in enumerate(row) if text or blank != "absent"]
        places |= dict.fromkeys(there)
        parts = [cell(row[place]) for place in there]
        if lists:
            rows.append(f"[{','.join(parts)}]")
        else:
            named = zip(there, parts, strict=True)
            members = [f"{string(grid.headings[place])}:{gap}{part}" for place, part in named]
            rows.append("{" + f"{gap},{gap}".join(members) + "}")
    joined = f",{gap}".join(rows)
    headings = f"[{','.join(map(string, grid.headings))}]"
    text = {
        "array": f"[{joined}]",
        "lines": draw(st.sampled_from(["\n", "\r\n"])).join(rows),
        "wrapped": f'{{"stale":false,"rows":[{joined}],"row_count":{len(rows)}}}',
        "fields_values": f'{{"fields":{headings},"values":[{joined}]}}',
        "values_fields": f'{{"values":[{joined}],"fields":{headings}}}',
    }[shape]
    encoding = draw(st.sampled_from([*ENCODINGS]))
    if STALE in grid.texts:
        encoding = "utf-8"
    hinted = shape == "lines" and (len(rows) == 1 or draw(st.booleans()))
    kind = "application/x-ndjson" if hinted else draw(st.sampled_from(["application/json", "*/*"]))
    return Form(ENCODINGS[encoding] + text.encode(encoding), kind, list(places))


@st.composite
def spelled(draw: st.DrawFn) -> tuple[Grid, list[Form]]:
    """A grid in several forms."""
    grid = draw(grids())
    some = [csv_forms, csv_forms, csv_forms, json_forms, json_forms, json_forms]
    return grid, [draw(forms(grid)) for forms in some]


# -- what comes out --------------------------------------------------------------------------------


def records_by_form(run: Run, forms: list[Form]) -> list[list[tuple[str, Record]]]:
    """Return the table's name and the record of each row, form by form."""
    found: dict[str, list[tuple[str, Record]]] = defaultdict(list)
    for message in run.of("RECORD"):
        table, record = message["stream"], message["record"]
        place = table.removeprefix("clip_") if table != "clip" else record["project"][1:]
        found[place].append((table, record))
    return [found[str(place)] for place, _ in enumerate(forms)]


def names_of(grid: Grid, form: Form) -> list[tuple[str, int]]:
    """Return the names of the columns that a form has, and where in the grid they are."""
    columns = columns_of([grid.headings[place] for place in form.places])
    return [(one.name, form.places[one.position]) for one in columns]


def check(run: Run, grid: Grid, forms: list[Form]) -> list[str]:
    """Make sure that each form's records are the grid's rows, and return their ids."""
    ids: list[list[str]] = []
    for form, found in zip(forms, records_by_form(run, forms), strict=True):
        ids.append([record["_row_id"] for _, record in found])
        names = names_of(grid, form)
        expected = [{name: row[place] or None for name, place in names} for row in grid.rows]
        assert len(found) == len(expected)
        for (table, record), values in zip(found, expected, strict=True):
            own = {name: record[name] for name in ("project", "_row_id")}
            assert record == {**dict.fromkeys(run.schema(table)), **own, **values}
    assert all(one == ids[0] for one in ids), "the same rows have the same ids in every form"
    assert len({*ids[0]}) == len(grid.rows)
    return ids[0]


SAME_NAMES = Grid(["", "a", "A", "", "a 2"], [["1", "2", "3", "4", "5"], ["", "", "", "", ""]])


@quickly
@given(spelled(), st.booleans())
@example(
    (
        SAME_NAMES,
        [Form(csv_text(SAME_NAMES, ",", "\n", "", quoted=False).encode(), "", [*range(5)])],
    ),
    False,  # noqa: FBT003
)
def test_every_form_of_a_table_brings_its_rows_with_the_same_ids(
    clips: Clips,
    made: tuple[Grid, list[Form]],
    together: bool,  # noqa: FBT001
) -> None:
    grid, forms = made
    catalogs: list[Record] = []
    first = clips.run(forms, together=together, caught=catalogs).ok()
    ids = check(first, grid, forms)
    again = clips.run(forms, together=together, catalog=catalogs[0], max_concurrency=1).ok()
    assert check(again, grid, forms) == ids
    assert "secret" not in first.said
