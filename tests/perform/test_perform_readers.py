"""Bodies in every form against the tables they were made of, and what is refused."""

from __future__ import annotations

import io
import json
import tracemalloc
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from contextlib import closing
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.perform.formats import csv_line
from tap_perform.cell_file import Batch
from tap_perform.readers import Table, open_table
from tap_perform.row_ids import Occurrences, row_ids
from taps_common.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Grid: TypeAlias = "tuple[list[str], list[list[str | None]]]"

SPECIAL = [
    "",
    '"',
    ",",
    ";",
    "\t",
    "|",
    "\n",
    "\r",
    "\r\n",
    "a\rb",
    "\u2028",
    "\x85",
    "1E5",
]
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.one_of(st.sampled_from(SPECIAL), st.text(CHARACTERS))
narrow = st.text(st.characters(codec="cp1252", exclude_characters="\0"))


@st.composite
def grids(draw: st.DrawFn, text: st.SearchStrategy[str] = texts, *, least: int = 1) -> Grid:
    width = draw(st.integers(least, 4))
    headings = draw(st.lists(text, min_size=width, max_size=width))
    headings[0] = "H" + headings[0]  # no other form begins so
    cells = st.one_of(st.none(), text)
    rows = draw(st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=5))
    return headings, rows


def opened(
    body: bytes, delimiter: str | None = None, encoding: str | None = None, hint: str = ""
) -> Table:
    return open_table(io.BytesIO(body), delimiter=delimiter, encoding=encoding, content_type=hint)


def csv_text(grid: Grid, delimiter: str = ",", end: str = "\r\n", *, quoted: bool = True) -> str:
    headings, rows = grid
    every: list[list[str | None]] = [[*headings], *rows]
    lines = (csv_line(row, delimiter, quote_all=quoted) for row in every)
    return end.join(lines) + end


def json_bodies(grid: Grid, *, ascii_: bool, indent: int | None) -> Iterator[str]:
    """Spell a grid in each shape; objects are spelled by hand, as equal headings are possible."""
    headings, rows = grid

    def text(value: object) -> str:
        return json.dumps(value, ensure_ascii=ascii_, indent=indent)

    objects = [
        "{" + ",".join(f"{text(h)}: {text(c)}" for h, c in zip(headings, row, strict=True)) + "}"
        for row in rows
    ]
    yield "[" + " ,\n".join(objects) + "]"
    yield "\r\n".join(objects)
    yield '{"total": 12345, "rows":[' + ",".join(objects) + '], "stale": false}'
    yield text({"fields": headings, "values": rows, "types": ["x"] * 3, "meta": {}})
    yield text({"values": rows, "fields": headings})


def expected(grid: Grid) -> list[list[str | None]]:
    return [[cell or None for cell in row] for row in grid[1]]


def ids_of(table: Table) -> list[str]:
    ids = row_ids(table.headings)
    return [id_ for batch in table.batches() for id_ in ids(batch)]


def check(table: Table, grid: Grid) -> None:
    assert table.headings == tuple(grid[0])
    assert list(table) == list(table) == expected(grid)
    assert table.rows == len(grid[1])


@given(
    grids(),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\r\n", "\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["all", "minimal"]),
)
def test_csv_brings_what_went_in(
    grid: Grid, delimiter: str, end: str, encoding: str, quoting: str
) -> None:
    quoted = quoting == "all" or len(grid[0]) == 1  # an empty line is no row
    body = csv_text(grid, delimiter, end, quoted=quoted).encode(encoding)
    table = opened(body, delimiter)
    check(table, grid)
    assert table.digest == opened(body, delimiter).digest
    if quoted and len(grid[0]) > 1:
        check(opened(body), grid)


@given(grids(narrow))
def test_windows_1252_brings_what_went_in(grid: Grid) -> None:
    check(opened(csv_text(grid).encode("cp1252"), ",", "cp1252"), grid)


@given(grids(), st.sampled_from([None, 1]), st.sampled_from(["utf-8", "utf-16", "ascii"]))
def test_every_json_shape_brings_what_went_in(
    grid: Grid, indent: int | None, encoding: str
) -> None:
    columns = [*map(list, zip(*grid[1], strict=True))]
    ids = row_ids(grid[0])(Batch(len(grid[1]), columns))
    for text in json_bodies(grid, ascii_=encoding == "ascii", indent=indent):
        table = opened(text.encode(encoding), hint="application/x-ndjson")
        check(table, grid)
        assert ids_of(table) == ids
        assert table.digest == opened(text.encode(encoding), hint="application/jsonl").digest


@given(grids())
def test_row_ids_are_the_same_in_every_form_and_unique_with_their_number(grid: Grid) -> None:
    bodies = [csv_text(grid), *json_bodies(grid, ascii_=False, indent=None)]
    seen = set()
    for body in bodies:
        table = opened(body.encode(), ",", hint="application/jsonl")
        ids = ids_of(table)
        occurrences = Occurrences(table.rows)
        occurrences.note(ids)
        keys = tuple(zip(ids, occurrences.numbers(ids), strict=True))
        assert len({*keys}) == table.rows
        seen.add(keys)
    assert len(seen) == 1


def test_values_of_json_are_the_text_that_csv_would_have() -> None:
    body = rb"""[{"a": 1.10, "b": 1E5, "c": true, "d": null, "e": "x"},
      {"f": {"n": [1.10, false, null, "\u00e9"], "n": -0}, "a": 1234567890123456789, "c": false}]"""
    assert [*opened(body)] == [
        ["1.10", "1E5", "True", None, "x", None],
        ["1234567890123456789", None, "False", None, None, '{"n":[1.10,false,null,"é"],"n":-0}'],
    ]


def test_names_that_come_twice_in_an_object_keep_both_cells() -> None:
    table = opened(b'[{"a": 1, "a": 2}, {"b": true, "a": 3}]')
    assert table.headings == ("a", "a", "b")
    assert [*table] == [["1", "2", None], ["3", None, "True"]]


def test_a_single_object_is_a_row_of_json_lines_only_if_the_content_type_says_so() -> None:
    table = opened(b'{"a": 1, "b": {}}', hint="application/x-ndjson; charset=utf-8")
    assert (table.form, [*table]) == ("JSON lines", [["1", "{}"]])


def test_half_a_surrogate_pair_becomes_a_replacement_character() -> None:
    assert [*opened(rb'[{"a": "x\ud800", "b": "\ud83d\ude00"}]')] == [["x\ufffd", "😀"]]


@pytest.mark.parametrize(
    "body",
    [b"a;b,c;d\r\n1;2,5;3\r\n4;5;6\r\n", "a;b\n".encode("utf-16"), b"a;b\r\n\r\n1;2\r\n\r\n"],
)
def test_the_delimiter_is_told_and_empty_lines_are_no_rows(body: bytes) -> None:
    assert all(len(row) == len(opened(body).headings) > 1 for row in opened(body))


def test_a_comma_is_preferred_and_a_single_column_is_possible() -> None:
    assert opened(b"a,b;c\n1,2;3\n").headings == ("a", "b;c")
    assert [*opened(b"a\n1\n\n2\n\n")] == [["1"], [None], ["2"]]


@pytest.mark.parametrize(
    "body", [b"a,b\r\n", b"[]", b'{"rows": []}', b'{"fields":["a"],"values":[]}']
)
def test_a_table_may_be_empty(body: bytes) -> None:
    assert (opened(body).rows, [*opened(body)]) == (0, [])


def test_what_is_not_utf_8_is_read_as_windows_1252_and_told() -> None:
    table = opened("a,b\nCafé,€\n".encode("cp1252"))
    assert [*table] == [["Café", "€"]]
    assert table.notes == ["The body is not valid UTF-8 and was read as Windows-1252."]


def test_a_byte_order_mark_is_no_part_of_the_heading() -> None:
    for mark, codec in (
        (BOM_UTF8, "utf-8"),
        (BOM_UTF16_LE, "utf-16-le"),
        (BOM_UTF16_BE, "utf-16-be"),
    ):
        for encoding in (None, codec):
            assert opened(mark + "a,b\n".encode(codec), None, encoding).headings == ("a", "b")
    assert opened(BOM_UTF16_BE + "a,b\n".encode("utf-16-be"), None, "utf-16").headings[0] == "a"


def test_a_first_json_line_may_be_longer_than_the_window() -> None:
    rows = [{"a": "x" * 300_000, "b": [1]}, {"a": "y", "b": None}]
    table = opened("\n".join(map(json.dumps, rows)).encode())
    assert (table.form, [*table][1]) == ("JSON lines", ["y", None])


CUT = "The JSON breaks off before its end: the body is not complete."
NO_JSON = "The body begins as JSON does but is not valid JSON."
NO_DELIMITER = "The delimiter of the CSV cannot be told: set `delimiter`."


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "The body is empty: there is not even a heading."),
        (b"\r\n \n", "The body is empty: there is not even a heading."),
        (b" <!DOCTYPE html>", "a web page (HTML)"),
        (b"PK\x03\x04secret", "a spreadsheet (xlsx)"),
        (b"\x1f\x8bsecret", "a gzip archive"),
        (b"[1, 2]", "Row 1 of the JSON is not an object but a text or number."),
        (b'[{"a": 1}, ["secret"]]', "Row 2 of the JSON is not an object but a list."),
        (b'{"a": 1}', "The body is a JSON object without a list of rows."),
        (b'{"a": [{}], "b": [{}]}', "with more in it than one list of rows"),
        (b'{"a": [{}], "b": {}}', "with more in it than one list of rows"),
        (b'{"a": [1]}', "Row 1 of the JSON is not an object but a text or number."),
        (b'{"errors": [{"status": "secret"}]}', "with a member `errors`, not a table"),
        (b'{"fields": ["a"]}', "with `fields` but without one list `values`"),
        (b'{"fields": ["a"], "values": [{}]}', "Row 1 of the JSON is not a list but an object."),
        (
            b'{"values": [[1], [1, 2]], "fields": ["a"]}',
            "Row 2 has 2 cells, but there are 1 headings.",
        ),
        (b'[{"a": "secret"}', CUT),
        (b'[{"a": "secr', CUT),
        (b'{"rows": [{"a": 1}]', CUT),
        (b'{"a": 1}\n{"a"', CUT),
        (b'[{"a": 1},]', NO_JSON),
        (b"[{'a': 1}, {'b': 2, 'c': 3, 'd': 4}]", NO_JSON),
        (b'[{"a": 1}] secret', "The body goes on after the end of the JSON."),
        (b"[" * 100_000 + b"]" * 100_000, "The JSON is nested too deeply for a table."),
        (b'a,b\r\n1,"secret', "The CSV ends inside quotes that row 1 opens"),
        (b'a,b\r\n"1"x,2\r\n', "The CSV is malformed in row 1: a quote stands"),
        (b"a,b\n" + b"1,2\n" * 30 + b"1,2,3\n", "Row 31 has 3 cells, but there are 2 headings."),
        (b"a,b\n1,2\n3,4\n5\n", "Row 3 has 1 cells, but there are 2 headings."),
        (b"Title\na;b\n1;2\n", "Row 1 has 2 cells, but there are 1 headings."),
        (b"a,b;c\n1\n", NO_DELIMITER),
        (b"a,b\r1,2\r", "a carriage return outside quotes in the line of headings"),
        (b"Service is down", "The body is a line of text or a few, a message rather than a table"),
        (
            b"a,b\nx\x81,\xff\n",
            "The body is neither UTF-8 nor Windows-1252: byte 81 in row 1 does not fit",
        ),
        ("a,b\n1,é".encode()[:-1], "The body ends in the middle of a character"),
        (BOM_UTF16_LE + b"a\x00,", "The body ends in the middle of a character"),
        (
            BOM_UTF8 + b"a,\xff\xff\n",
            "encoding utf-8: byte FF in the headings does not fit (byte 6).",
        ),
    ],
)
def test_what_is_no_complete_table_is_refused(body: bytes, sentence: str) -> None:
    with pytest.raises(ShapeError) as caught:
        opened(body)
    assert sentence in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("delimiter", "encoding", "sentence"),
    [
        (None, "utf-99", "There is no encoding 'utf-99': correct `encoding`."),
        (
            None,
            "ascii",
            "The body is not text in the encoding ascii: byte C3 in row 1 does not fit (byte 7).",
        ),
        (";", None, "Row 1 has 2 cells, but there are 1 headings."),
    ],
)
def test_settings_that_do_not_fit_are_named(
    delimiter: str | None, encoding: str | None, sentence: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        opened("a,b\n1;é\n".encode(), delimiter, encoding)
    assert str(caught.value) == sentence


@given(grids(), st.data())
def test_json_that_is_cut_anywhere_is_refused(grid: Grid, data: st.DataObject) -> None:
    for place, text in enumerate(json_bodies(grid, ascii_=True, indent=None)):
        if place == 1:
            continue  # lines that are cut between rows are whole
        kept = data.draw(st.integers(0, len(text) - 1))
        with pytest.raises(ShapeError):
            opened(text[:kept].encode())


@pytest.mark.parametrize("form", ["csv", "array"])
def test_memory_does_not_grow_with_the_body(form: str, tmp_path: Path) -> None:
    cells = [f"cell number {number}" for number in range(40)]
    row = ",".join(cells) if form == "csv" else json.dumps({str(n): c for n, c in enumerate(cells)})
    path = tmp_path / "body"
    with path.open("w") as file:
        file.write(row if form == "csv" else "[" + row)
        for _ in range(30_000_000 // len(row)):
            file.write(("\n" if form == "csv" else ",") + row)
        file.write("" if form == "csv" else "]")
    with path.open("rb") as body:
        tracemalloc.start()
        with closing(open_table(body, delimiter=None, encoding=None)) as table:
            assert sum(1 for _ in table) == table.rows
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8_000_000
