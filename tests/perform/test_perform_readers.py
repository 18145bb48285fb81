"""Bodies in every form against the tables that they were made of."""

from __future__ import annotations

import io
import json
import tracemalloc
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_perform.columns import name_of
from tap_perform.readers import open_table, peek
from tap_perform.row_ids import Occurrences, row_ids
from taps_common.errors import ShapeError
from tests.perform.clips import lines
from tests.perform.forms import ENCODINGS, SHAPES, Grid, csv_text, grids, json_forms, spelled

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tap_perform.readers import Table
    from tests.perform.forms import Form


def opened(body: bytes, hint: str = "", known: Iterable[str] = (), **declared: Any) -> Table:
    given: dict[str, Any] = {"delimiter": None, "encoding": None, **declared}
    return open_table(io.BytesIO(body), content_type=hint, known=frozenset(known), **given)


def cells(body: bytes, hint: str = "", known: Iterable[str] = ()) -> list[list[str | None]]:
    """Return headings and rows of a table."""
    with closing(opened(body, hint, known)) as table, closing(opened(body, hint, known)) as again:
        assert table.digest == again.digest
        return [[*table.headings], *table]


# -- what comes out --------------------------------------------------------------------------------


@given(spelled())
def test_every_form_brings_what_went_in_with_the_same_ids(made: tuple[Grid, list[Form]]) -> None:
    grid, forms = made
    seen = set()
    for form in forms:
        headings = tuple(grid.headings[place] for place in form.places)
        given_ = (form.body, form.content_type, map(name_of, headings))
        table = opened(*given_, **form.declared)
        assert table.headings == headings
        wanted = [[row[place] or None for place in form.places] for row in grid.rows]
        assert list(table) == list(table) == wanted
        assert table.rows == len(grid.rows)
        ids_of = row_ids(headings)
        ids = [ident for batch in table.batches() for ident in ids_of(batch)]
        occurrences = Occurrences(table.rows)
        occurrences.note(ids)
        keys = tuple(zip(ids, occurrences.numbers(ids), strict=True))
        assert len({*keys}) == table.rows
        seen.add(keys)
    assert len(seen) < 2


@given(st.data())
def test_json_that_is_cut_anywhere_is_refused(data: st.DataObject) -> None:
    form = data.draw(json_forms(data.draw(grids())))
    mark = next(mark for mark in (BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, b"") if mark in form.body)
    text = form.body.decode("utf-8" if mark in {BOM_UTF8, b""} else "utf-16")
    if text.removeprefix("\ufeff").startswith('{"') and "\n" in text:
        return  # lines that are cut between rows are whole
    with pytest.raises(ShapeError):
        opened(text[: data.draw(st.integers(0, len(text) - 1))].encode())


@pytest.mark.parametrize("encoding", [*ENCODINGS, "cp1252"])
def test_headings_are_told_from_the_beginning_of_a_body(encoding: str) -> None:
    grid = Grid(["é\n;a", "É;A", ""], [["é", "\r", ";" * 300]] * 30)
    text = csv_text(grid, ";", "\r\n", quoted=False)
    beginning = ENCODINGS.get(encoding, b"") + text.encode(encoding)[:-301]
    given: dict[str, Any] = {"delimiter": None, "encoding": None}
    assert peek(io.BytesIO(beginning), **given) == tuple(grid.headings)
    assert peek(io.BytesIO(beginning), **given | {"delimiter": ";"}) == tuple(grid.headings)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        # values of JSON are the text that CSV would have
        (
            rb"""[{"a": 1.10, "b": 1E5, "c": true, "d": null, "e": "x"},
            {"f": {"n": [1.10, false, null, "\u00e9"], "n": -0}, "a": 12345678901234567890}]""",
            [
                [*"abcdef"],
                ["1.10", "1E5", "True", None, "x", None],
                ["12345678901234567890", *[None] * 4, '{"n":[1.10,false,null,"é"],"n":-0}'],
            ],
        ),
        # headings may stand beside the rows, or be the first one
        (b'{"rows":[[1.10,null]],"n":1,"columns":["a","b"]}', [["a", "b"], ["1.10", None]]),
        (b'{"columns":[{"name":"a","type":"int"}],"rows":[["1"],[2]]}', [["a"], ["1"], ["2"]]),
        (b'{"columns":[{"name":"a"}],"rows":[{"b":"1"}]}', [["b"], ["1"]]),
        (b'{"columns":["a"],"rows":[]}', [["a"]]),
        (b'{"columns":[{"size":"a"},{"size":"b"}]}', [["size"], ["a"], ["b"]]),
        (
            b'[["a","a"],[1.10,true],[null,{"x":-0}]]',
            [["a", "a"], ["1.10", "True"], [None, '{"x":-0}']],
        ),
        (b'[["a", "b"]]', [["a", "b"]]),
        (b'{"n": 1, "data": [["a"],["1"]]}', [["a"], ["1"]]),
        # names that come twice keep both cells
        (
            b'[{"a": 1, "a": 2}, {"b": true, "a": 3}]',
            [["a", "a", "b"], ["1", "2", None], ["3", None, "True"]],
        ),
        # half a surrogate pair is a replacement character
        (rb'[{"a": "x\ud800", "b": "\ud83d\ude00"}]', [["a", "b"], ["x\ufffd", "😀"]]),
        # the delimiter is told, and empty lines are no rows
        (b"a;b,c;d\r\n1;2,5;3\r\n4;5;6\r\n", [["a", "b,c", "d"], ["1", "2,5", "3"], [*"456"]]),
        ("a;b\n".encode("utf-16"), [["a", "b"]]),
        (b"a;b\r\n\r\n1;2\r\n\r\n", [["a", "b"], ["1", "2"]]),
        # one column is possible
        (b"a\n1\n\n2\n\n", [["a"], ["1"], [None], ["2"]]),
        (b'a\n1\n""\n\n\n', [["a"], ["1"], [None]]),  # blank lines at the end are not rows
        (
            lines("Name", '"Pour, and; fit|\t"', "Fit 6", '"a ""quote"""', '5" pipe'),
            [["Name"], ["Pour, and; fit|\t"], ["Fit 6"], ['a "quote"'], ['5" pipe']],
        ),
        # lines may end in CR, whatever cells hold
        (b'a,b\r1,"x\ny\rz"\r\r2,\r', [["a", "b"], ["1", "x\ny\rz"], ["2", None]]),
        (b'"a\r\n",b\r\n1,"x\ry"\r\n', [["a\r\n", "b"], ["1", "x\ry"]]),
        (b"Name\rA\r\rB\r", [["Name"], ["A"], [None], ["B"]]),
        # a first line may tell the delimiter
        (b"sep=;\r\na, b;c\r\n1, 2;3\r\n", [["a, b", "c"], ["1, 2", "3"]]),
        (b'"sep=,"\na,b;c\n1,2;3\n', [["a", "b;c"], ["1", "2;3"]]),
        (b"SEP=\t\ra,b\tc\r1\t2\r", [["a,b", "c"], ["1", "2"]]),
        (b"sep=^\na^b\n", [["a", "b"]]),
        # empty tables
        (b"a,b\r\n", [["a", "b"]]),
        (b"[]", [[]]),
        (b'{"rows": []}', [[]]),
        (b'{"fields":["a"],"values":[]}', [["a"]]),
        # the spelling of a NUL is a text
        (b"a,b\n1,\\u0000\n", [["a", "b"], ["1", "\\u0000"]]),
        # small tables that are no messages
        (b"Docket Date,Status\n", [["Docket Date", "Status"]]),
        (b"id,hours worked\n", [["id", "hours worked"]]),
        (b"Cost Ref. No.\n1\n", [["Cost Ref. No."], ["1"]]),
        (b"Description\ndataclip stale\n", [["Description"], ["dataclip stale"]]),
        (b"Date,Person,Shift,Site,Error\n1,2,3,4,5\n", [[*"DPSSE"], [*"12345"]]),
        (b"Code,Title\n" + b"1,Concrete\n" * 6, [["Code", "Title"], *[["1", "Concrete"]] * 6]),
    ],
)
def test_a_body_brings_its_table(body: bytes, found: list[list[str | None]]) -> None:
    headings, *rows = cells(body)
    if found[0] == [*"DPSSE"]:
        headings = [str(one)[0] for one in headings]
    assert [headings, *rows] == found


@pytest.mark.parametrize("beginning", [b"a, b;c\r1;2\r3;", b"sep=;\na, b;c\n1;2\n"])
def test_a_beginning_tells_line_ends_and_delimiter(beginning: bytes) -> None:
    assert peek(io.BytesIO(beginning), delimiter=None, encoding=None) == ("a, b", "c")


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("Status\nopen\n", "status"),
        ("Docket Date,Status,Message\n", "docket_date"),
        ('{"fields":["Code"],"values":[],"errors":[],"status":"ok"}', "code"),
    ],
)
def test_what_is_known_of_a_table_tells_it_from_a_message(text: str, known: str) -> None:
    assert cells(text.encode(), known=[known])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("d", '{"x": {}, "d": [{"a": "1"}, {"a": 2}], "e": [1]}'),
        (
            "d.rows",
            '{"m": [[1]], "d": {"n": {}, "rows": [{"a": "1"}, {"a": "2"}], "p": {}}, "q": 1}',
        ),
        ("d", '{"m": {"d": [1]}, "d": {"rows": [{"a": "1"}, {"a": "2"}]}}'),
        ("d.list", '{"d": {"list": [["1"], ["2"]], "columns": ["a"]}}'),
        ("d", '{"d": {"fields": ["a"], "values": [["1"], ["2"]]}}'),
        ("d.rows", '{"d": {"rows": [["a"], ["1"], ["2"]]}}'),
        ("columns", '{"columns": [{"a": "1"}, {"a": "2"}], "rows": [{"b": "1"}]}'),
        ("no.matter", '[{"a": "1"}, {"a": "2"}]'),
        ("no.matter", "a\n1\n2\n"),
    ],
)
def test_a_path_leads_to_the_rows(path: str, body: str) -> None:
    with closing(opened(body.encode(), records_path=path.split("."))) as table:
        assert [[*table.headings], *table] == [["a"], ["1"], ["2"]]


def test_many_rows_of_a_list_of_lists_arrive() -> None:
    rows = [[str(number), "x" * 90] for number in range(5000)]
    with closing(opened(json.dumps([["a", "b"], *rows]).encode())) as table:
        assert (table.headings, table.rows, [*table]) == (("a", "b"), 5000, rows)


def test_a_single_object_is_a_row_of_json_lines_only_if_the_content_type_says_so() -> None:
    table = opened(b'{"a": 1, "b": {}}', "application/x-ndjson; charset=utf-8")
    assert (table.form, [*table]) == ("JSON lines", [["1", "{}"]])


def test_a_first_json_line_may_be_longer_than_the_window() -> None:
    rows = [{"a": "x" * 300_000, "b": [1]}, {"a": "y", "b": None}]
    table = opened("\n".join(map(json.dumps, rows)).encode())
    assert (table.form, [*table][1]) == ("JSON lines", ["y", None])


@pytest.mark.parametrize("form", ["csv", "array"])
def test_memory_does_not_grow_with_the_body(form: str, tmp_path: Path) -> None:
    texts = [f"cell number {number} " * 4 for number in range(40)]
    row = ",".join(texts) if form == "csv" else json.dumps({str(n): c for n, c in enumerate(texts)})
    path = tmp_path / "body"
    with path.open("w") as file:
        file.write(row if form == "csv" else "[" + row)
        for _ in range(10_000_000 // len(row)):
            file.write(("\n" if form == "csv" else ",") + row)
        file.write("" if form == "csv" else "]")
    with path.open("rb") as body:
        tracemalloc.start()
        with closing(open_table(body, delimiter=None, encoding=None)) as table:
            assert sum(batch.rows for batch in table.batches()) == table.rows
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 7_500_000


# -- encodings -------------------------------------------------------------------------------------


def test_what_is_not_utf_8_is_read_as_windows_1252_and_told() -> None:
    table = opened("a,b\nCafé,€\n".encode("cp1252"))
    assert [*table] == [["Café", "€"]]
    assert table.notes == ["The body is not valid UTF-8 and was read as Windows-1252."]


@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        *((BOM_UTF8, "utf-8"), (BOM_UTF16_LE, "utf-16-le"), (BOM_UTF16_BE, "utf-16-be")),
        *((BOM_UTF32_LE, "utf-32-le"), (BOM_UTF32_BE, "utf-32-be")),
    ],
)
def test_a_byte_order_mark_is_no_part_of_the_heading(mark: bytes, codec: str) -> None:
    body = mark + "a,b\n".encode(codec)
    for encoding in (None, codec, codec[:6]):
        assert opened(body, encoding=encoding).headings == ("a", "b")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    "text",
    [
        "Name,Code\r\nZoë,1\r\n",
        "氏名;コード\n丬日本語の作業員;作業\n",
        "Ł\tŚŹ\rŻÓŁĆ\tŁŁ\r",
        '[{"é": 1}]',
        '{"é": "1"}\n{"é": "2"}\n',
    ],
)
def test_utf_16_and_utf_32_are_read_without_a_mark(text: str, codec: str) -> None:
    wanted = cells(text.encode())
    for stated in ("", "text/csv; charset=utf-8", "text/csv; charset=utf-16"):
        assert cells(text.encode(codec), stated) == wanted
    with closing(opened(text.encode(codec), encoding=codec[:6])) as table:
        assert [[*table.headings], *table] == wanted


@pytest.mark.parametrize(
    ("charset", "codec", "text"),
    [
        ("windows-1251", "cp1251", "Привет"),
        ('"Windows-1251"', "cp1251", "Ёлка № 5"),
        ("ISO-8859-1", "cp1252", "Zoë “x” €"),
        ("iso-8859-2", "iso8859-2", "Łódź"),
        ("shift_jis", "shift_jis", "日本"),
        ("utf-16le", "utf-16-le", "日本"),
        ("no-such-thing", "utf-8", "Zoë"),
        ("base64", "utf-8", "Zoë"),
    ],
)
def test_the_charset_that_the_answer_states_is_obeyed(charset: str, codec: str, text: str) -> None:
    body = f"Name,Code\r\n{text},1\r\n{text},2\r\n".encode(codec)
    stated = f"text/csv; charset={charset}"
    assert cells(body, stated) == [["Name", "Code"], [text, "1"], [text, "2"]]
    heading = f"{text},Code\r\n1,2\r\n".encode(codec)
    given: dict[str, Any] = {"delimiter": None, "encoding": None}
    assert peek(io.BytesIO(heading), content_type=stated, **given) == (text, "Code")


def test_a_setting_and_a_mark_go_before_what_the_answer_states() -> None:
    body, stated = "Zoë,b\n1,2\n", "text/csv; charset=windows-1251"
    assert cells(body.encode("utf-8-sig"), stated)[0] == ["Zoë", "b"]
    assert opened(body.encode("cp1252"), stated, encoding="cp1252").headings == ("Zoë", "b")


@pytest.mark.parametrize("shape", SHAPES)
def test_a_cell_of_200_kilobytes_arrives(shape: str) -> None:
    text = ('very long, "quoted"\n' * 10_000)[:200_000]
    row = {"a": text, "b": "x"}
    made = [*row.values()] if "fields" in shape else row
    body = SHAPES[shape].format(
        rows="\n".join([json.dumps(made)] * 2) if shape == "lines" else json.dumps(made),
        headings='["a", "b"]',
    )
    assert cells(body.encode())[1] == [text, "x"]
