"""Bodies that are no complete table: each is refused, with its row where there is one."""

from __future__ import annotations

import io
from codecs import BOM_UTF8, BOM_UTF16_LE
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tap_perform.readers import open_table, peek
from taps_common.errors import ShapeError
from tests.common.doubles import Answer
from tests.perform.clips import QUAY, TABLE, dockets, lines

if TYPE_CHECKING:
    from tests.perform.clips import Clips

GOOD = ["Reference Code,Activity Name,Cost Code", *(f'A{n},"Pour {n}",4000' for n in range(1000))]
NAMES = [b"Code,Name,Also", *(f"A{row},Zoë {row},Müller".encode() for row in range(1, 401))]
EMPTY = "The body is empty: there is not even a heading."
CUT = "The JSON breaks off before its end: the body is not complete."
NO_JSON = "The body begins as JSON does but is not valid JSON."
NO_DELIMITER = (
    "The delimiter of the CSV cannot be told, as the line of headings holds {} and {}: set"
    " `delimiter`."
)
COMMA_OR_SEMICOLON = NO_DELIMITER.format("a comma", "a semicolon")
NO_OBJECT = "Row {} of the JSON is not an object but a {}."
WIDTH = "Row {} has {} cells, but there are {} headings."
TITLE = f"{WIDTH} A title or a comment stands before the headings"
NO_NAMES = "The first list of the JSON is not one of headings, which are texts"
WITHOUT = "The body is a JSON object with `fields` but without "
MESSAGE = "a message rather than a table"


def with_row(row: int, text: str) -> bytes:
    """Return a good body with one row replaced, counted from 1."""
    return lines(*GOOD[:row], text, *GOOD[row + 1 :])


def one_column(row: int, sign: str) -> bytes:
    rows = [f"Pour {number}" for number in range(400)]
    rows[row - 1] = f"Pour{sign}and fit"
    return lines("Name", *rows)


def refusal(
    body: bytes, content_type: str = "", known: tuple[str, ...] = (), **declared: Any
) -> str:
    """Return why a body is no table; no cell of it is told."""
    given: dict[str, Any] = {"delimiter": None, "encoding": None, **declared}
    with pytest.raises(ShapeError) as caught:
        open_table(io.BytesIO(body), content_type=content_type, known=frozenset(known), **given)
    assert "secret" not in str(caught.value)
    return str(caught.value)


REFUSED: list[tuple[bytes, str]] = [
    (b"", EMPTY),
    (b"\r\n \n", EMPTY),
    (b" <!DOCTYPE html>", "a web page (HTML)"),
    (b"PK\x03\x04secret", "a spreadsheet (xlsx)"),
    (b"PK\x05\x06secret", "a spreadsheet (xlsx)"),
    (b"\xd0\xcf\x11\xe0secret", "a spreadsheet (xls)"),
    (b"%PDF-secret", "a PDF document"),
    (b"\x1f\x8bsecret", "a gzip archive"),
    # JSON that is no table
    (b"[1, 2]", NO_OBJECT.format(1, "text or number")),
    (b'[{"a": 1}, ["secret"]]', NO_OBJECT.format(2, "list")),
    (b'{"a": 1}', "The body is a JSON object without a list of rows."),
    (b'{"a": [{}], "b": [{}]}', "with more in it than one list of rows"),
    (b'{"a": [{}], "b": {}}', "with more in it than one list of rows"),
    (b'{"a": [1]}', NO_OBJECT.format(1, "text or number")),
    (b'{"a": [{}], "b": {}}', "set `records_path` to the names that lead to its rows."),
    (b'{"errors": [{"status": "secret"}]}', "with a member `errors`, not a table"),
    (b'{"fields": ["a"]}', f"{WITHOUT}one list `values`"),
    (b'{"fields":[],"values":[]}', "The body is a JSON object "),
    (b'{"fields":[],"values":[],"error":"x"}', "The body is a JSON object "),
    (b'{"fields":["a"],"values":[["1"]],"errors":[{"code": 1}]}', "The body is a JSON object "),
    (b'{"fields": ["a"], "values": [{}]}', "Row 1 of the JSON is not a list but an object."),
    (b'{"values": [[1], [1, 2]], "fields": ["a"]}', WIDTH.format(2, 2, 1)),
    (b'{"columns": ["a"], "rows": [["1", "2"]]}', WIDTH.format(1, 2, 1)),
    (b'{"columns": [{"n": "a"}], "rows": [[1]]}', "with `columns` but without one list `rows`"),
    (b'{"columns": ["a"], "fields": ["a"], "rows": [[1]]}', "without one list `"),
    (b'{"columns": ["a"], "rows": [["1"], {}]}', "Row 2 of the JSON is not a list but an object."),
    (b'{"columns": ["a"], "rows": [], "error": "x"}', "with a member `error`, not a table"),
    (b"[[1, 2], [3, 4]]", NO_NAMES),
    (b'[["a", null], [3, 4]]', NO_NAMES),
    (b"[[], []]", NO_NAMES),
    (b'{"data": [[1], [2]]}', NO_NAMES),
    (b'[["a", "b"], ["1", "2"], ["3"]]', WIDTH.format(2, 1, 2)),
    (b'[["a"], ["1"], {"a": 1}]', "Row 2 of the JSON is not a list but an object."),
    (b'[["a"], ["1"]] x', "The body goes on after the end of the JSON."),
    (b'[["a"], ["1"]', CUT),
    # JSON that is cut or malformed
    (b'[{"a": "secret"}', CUT),
    (b'[{"a": "secr', CUT),
    (b'{"rows": [{"a": 1}]', CUT),
    (b'{"a": 1}\n{"a"', CUT),
    (b'[{"a": 1},]', NO_JSON),
    (b"[{'a': 1}, {'b': 2, 'c': 3, 'd': 4}]", NO_JSON),
    (b'[{"a": 1}] secret', "The body goes on after the end of the JSON."),
    (b"[" * 100_000 + b"]" * 100_000, "The JSON is nested too deeply for a table."),
    # CSV that is ragged, cut or malformed
    (b'a,b\r\n1,"secret', "The CSV ends inside quotes that row 1 opens"),
    (b'a,b\r\n"1"x,2\r\n', "The CSV is malformed in row 1: a quote stands"),
    (b"a,b\n" + b"1,2\n" * 30 + b"1,2,3\n", WIDTH.format(31, 3, 2)),
    (b"a,b\n1,2\n3,4\n5\n", f"{WIDTH.format(3, 1, 2)} Mend that row in Perform, or set `delim"),
    (b"Title\na;b\n1;2\n", WIDTH.format(1, 2, 1)),
    (b"a,b;c\n1\n", COMMA_OR_SEMICOLON),
    (b"a,b;c\n1,2;3\n", COMMA_OR_SEMICOLON),
    (b"Nachname, Vorname;Stunden\nMeier, Anna;5\nNoe, Bo;6\n", COMMA_OR_SEMICOLON),
    (b"Name, First, Title;Hours\nNoe, Bo, Dr.;5\n", COMMA_OR_SEMICOLON),
    (b"a|b\tc\n1|2\t3\n", NO_DELIMITER.format("a tab", "a |")),
    (b"a,b\r1,2\n", "a carriage return outside quotes in the line of headings"),
    (b"a,b\r\n1,2\r3,4\n", "a carriage return outside quotes in row 1: all lines must end alike"),
    (b"a,b\r1,2\r3\r", WIDTH.format(2, 1, 2)),
    (b"sep=;\na;b\n1;2;3\n", WIDTH.format(1, 3, 2)),
    *(
        (with_row(row, text), f" row {row:,}")
        for row in (1, 6, 20, 21, 500, 1000)
        for text in ('A5,"Fit 6" pipe",4000', 'A5,"Fit 6\\" pipe",4000', 'A5,"Fit 6,4000')
    ),
    (lines("# exported at noon", "# by Perform", *GOOD), TITLE.format(2, 3, 1)),
    (lines("Docket export", "", "Project: North Quay", "", *GOOD), TITLE.format(4, 3, 1)),
    (lines("Docket export", *GOOD), TITLE.format(1, 3, 1)),
    (lines("Docket export", *map(str, range(30)), *GOOD), TITLE.format(31, 3, 1)),
    *((one_column(row, sign), WIDTH.format(row, 2, 1)) for row in (1, 300) for sign in ",;\t|"),
    # encodings
    (b"a,b\nx\x81,\xff\n", "is neither UTF-8 nor Windows-1252: byte 81 in row 1 does not fit"),
    ("a,b\n1,é".encode()[:-1], "The body ends in the middle of a character"),
    (BOM_UTF16_LE + b"a\x00,", "The body ends in the middle of a character"),
    (BOM_UTF8 + b"a,\xff\xff\n", "encoding utf-8: byte FF in the headings does not fit (byte 6)."),
    ('a,b\n1,"é\n\nx"\n2,"\n'.encode() + b'\xe9"\n', "byte E9 in row 2 does"),
    ('[{"a": "é", "'.encode() + b'\xe9": 1}]', "but byte E9 does not fit (byte 15)"),
    # what databases refuse
    (b"a,b\n1,2\n3,x\0y\n", "Row 2 has a cell with a NUL"),
    (b'[{"a": "1"}, {"a": "x\\u0000"}]', "Row 2 has a cell with a NUL"),
    (b"a\0,b\n1,2\n", "A heading holds a NUL"),
    (b'a,b\n1,2\n"\0x",3\n4,5\n6,7\n8,9\n', "Row 2 has a cell with a NUL"),
    ("a,b\n1,2\n3\n".encode("utf-32"), WIDTH.format(2, 1, 2)),
    (b"a\0\0,\0b\n1,2\n", "a NUL, which databases refuse: take it out in Perform"),
    ("a,b\n1,2".encode("utf-16-le")[:-1], "The body ends in the middle of a character"),
    ("a,b\n1,2\n3\n".encode("utf-16-be"), WIDTH.format(2, 1, 2)),
]


@pytest.mark.parametrize(("body", "sentence"), REFUSED, ids=[str(n) for n, _ in enumerate(REFUSED)])
def test_what_is_no_complete_table_is_refused(body: bytes, sentence: str) -> None:
    assert sentence in refusal(body)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ('{"data": {}}', "The JSON has no list at `records_path` (rows): correct it."),
        ('{"data": []}', "The JSON has no list at `records_path` (data): correct it."),
        ('{"rows": [{"a": 1}]}', "The JSON has no list at `records_path` (data): correct it."),
        ('{"data": {"rows": [{}], "rows": [{}]}}', "no list at `records_path` (rows)"),
        ('{"error": "x", "data": {"rows": []}}', "with a member `error`, not a table"),
        ('{"message": "x", "data": {"rows": []}}', "a member `message`: it is a message"),
        ('{"errors": [{"code": 1}], "data": {"rows": [{"a": 1}]}}', "with a member `errors`"),
        ('{"page": {"next": "secret"}, "data": {"rows": [{"a": 1}]}}', "are missing (`next`)"),
        ('{"data": {"rows": [{"a": 1}]}', CUT),
        ('{"data": {"rows": [{"a": 1}, 2]}}', NO_OBJECT.format(2, "text or number")),
    ],
)
def test_a_path_that_leads_to_no_table_is_refused(body: str, sentence: str) -> None:
    assert sentence in refusal(body.encode(), records_path=("data", "rows"))


PARTS = [
    *('"has_more": true', '"hasNextPage": "true"', '"truncated": true', '"truncated": 5'),
    *('"row_limit_reached": true', '"success": false', '"status": "failed"', '"isPartial": true'),
    *('"next": "https://secret"', '"next": 2', '"next": {"href": "secret"}', '"nextCursor": "s"'),
    *('"@odata.nextLink": "secret"', '"page": {"next_url": "secret"}', '"total_pages": 2'),
    *('"page": 2', '"total": 2', '"totalCount": "2"', '"row_count": 2', '"@odata.count": 2'),
    *('"meta": {"total": 3}', '"num_rows": 2', '"recordsTotal": 2'),
]
WHOLE = [
    *('"errors": []', '"errors": {}', '"error": null', '"messages": []', '"warnings": []'),
    *('"has_more": false', '"next": null', '"next": ""', '"total": 1', '"total": 0', '"page": 1'),
    *('"truncated": 0', '"row_limit_reached": "false"', '"success": true', '"status": "ok"'),
    *('"total_pages": 1', '"next_refresh": "2026-01-31"', '"limit": 1000'),
]
ONE_ROW = [
    *('"rows": [{"a": "1"}]', '"fields": ["a"], "values": [["1"]]', '"rows": [["a"], ["1"]]'),
    '"columns": ["a"], "rows": [["1"]]',
]


@pytest.mark.parametrize("rows", ONE_ROW)
@pytest.mark.parametrize("part", PARTS)
def test_what_says_that_it_is_a_part_is_refused(rows: str, part: str) -> None:
    for body in (f"{{{rows}, {part}}}", f"{{{part}, {rows}}}"):
        said = refusal(body.encode())
        assert said.startswith("The answer says that ")
        assert said.endswith("(a higher limit, or CSV), or ask Bentley's support.")


@pytest.mark.parametrize("rows", ONE_ROW)
@pytest.mark.parametrize("beside", WHOLE)
def test_what_says_nothing_beside_the_rows_does_no_harm(rows: str, beside: str) -> None:
    for body in (f"{{{rows}, {beside}}}", f"{{{beside}, {rows}}}"):
        with closing(open_table(io.BytesIO(body.encode()), delimiter=None, encoding=None)) as table:
            assert [[*table.headings], *table] == [["a"], ["1"]]


@pytest.mark.parametrize(
    "header",
    [
        {"Link": '<https://secret>; rel="prev", <https://secret>; rel="next"'},
        {"X-Total-Count": "21"},
        {"x-has-more": "true"},
    ],
)
def test_a_header_that_says_that_it_is_a_part_is_obeyed(
    clips: Clips, header: dict[str, str]
) -> None:
    clips.put(TABLE, Answer(body=dockets(20), headers=header))
    run = clips.run()
    assert (run.code, run.messages) == (1, [])
    assert f"dataclip {TABLE} of {QUAY} is not a table: The answer says that " in run.said
    clips.put(TABLE, Answer(body=dockets(20), headers={"X-Total-Count": "20", "Link": "rel=self"}))
    assert clips.run().ok().counts() == {TABLE: 20}


def test_a_total_of_cells_is_no_number_of_rows() -> None:
    body = b'{"summary": {"total": 5000}, "rows": [{"a": "1"}]}'
    given: dict[str, Any] = {"delimiter": None, "encoding": None}
    open_table(io.BytesIO(body), records_path=("rows",), **given).close()


@pytest.mark.parametrize("known", [(), ("docket_date", "status")], ids=["unknown", "known"])
@pytest.mark.parametrize(
    "text",
    [
        "Service is down",
        "Access denied, please contact support",
        "Please try again later.\nThe clip is being refreshed.",
        "error,code\nquery timed out,57014",
        '[{"error":"timeout"}]',
        '{"rows": [{"error": "timeout", "pid": 7}]}',
        "Sorry; the report; is not ready",
        "message,code\ndataclip stale,1",
        "Notice\nThe dataclip is stale.",
        "Error\r\n\r\nThe service is busy.\r\n",
        "ERROR: canceling statement due to user request\nSQLSTATE 57014",
        "The clip cannot be made today.\n",
        "status,detail\r\n503,busy\r\n",
        "result\nno data",
        "Output\r\n0\r\n",
        "Value\nNo rows found\n",
        "Text\nThe query timed out.\n",
        '[{"result": "no data"}]',
    ],
)
def test_a_message_is_no_table(text: str, known: tuple[str, ...]) -> None:
    assert MESSAGE in refusal(text.encode(), known=known)


@pytest.mark.parametrize("name", ["detail", "Details", "messages", "warnings"])
def test_a_list_of_messages_is_no_table(name: str) -> None:
    body = f'{{"{name}": [{{"loc": "body", "msg": "missing"}}]}}'.encode()
    assert refusal(body) == (
        f"The rows of the JSON stand in `{name}`, as messages do. If it is a table, set "
        f"`records_path: {name}`."
    )
    headed = f'{{"{name}": [["loc", "msg"], ["body", "missing"]]}}'.encode()
    assert f"`records_path: {name}`" in refusal(headed)
    given: dict[str, Any] = {"delimiter": None, "encoding": None}
    for more in ({"known": {"loc"}}, {"records_path": (name,)}):
        for one in (body, headed):
            open_table(io.BytesIO(one), **given, **more).close()


@pytest.mark.parametrize("row", [1, 5, 400])
def test_a_byte_that_is_no_utf_8_is_refused_with_its_row(row: int) -> None:
    rows = [*NAMES]
    rows[row] = f"A{row},Andr\xe9,".encode("latin-1")
    body = b"\n".join(rows)
    where = f"byte E9 in row {row} does not fit (byte {body.index(0xE9) + 1:,})"
    for stated in ("text/csv", "text/csv; charset=utf-8"):
        said = refusal(body, stated)
        assert said == f"The body is UTF-8, but {where}: mend that cell, or set `encoding`."
    with pytest.raises(ShapeError, match=f"in row {row} "):
        peek(io.BytesIO(body), delimiter=None, encoding=None)


@pytest.mark.parametrize("text", ['a,"b\n1,2\n', "a,b;c\n1\n", "a\0,b\n1,2\n"])
def test_a_beginning_that_tells_no_headings_is_refused(text: str) -> None:
    with pytest.raises(ShapeError):
        peek(io.BytesIO(text.encode()), delimiter=None, encoding=None)


@pytest.mark.parametrize(
    ("body", "stated", "sentence"),
    [
        (
            "Name,Code\nZoë,1\n".encode(),
            "text/csv; charset=iso-8859-1",
            "states the encoding cp1252, but its body is UTF-8: set `encoding`.",
        ),
        (
            b"a,b\n\xd2,1\n",
            "text/csv; charset=windows-1253",
            "encoding cp1253: byte D2 in row 1 does not fit",
        ),
    ],
)
def test_a_stated_charset_that_the_body_contradicts_is_refused(
    body: bytes, stated: str, sentence: str
) -> None:
    assert sentence in refusal(body, stated)


@pytest.mark.parametrize(
    ("declared", "sentence"),
    [
        ({"encoding": "utf-99"}, "There is no encoding 'utf-99': correct `encoding`."),
        (
            {"encoding": "ascii"},
            "The body is not text in the encoding ascii: byte C3 in row 1 does not fit (byte 7).",
        ),
        (
            {"delimiter": ";"},
            f"{WIDTH.format(1, 2, 1)} Mend that row in Perform, or correct `delimiter`.",
        ),
    ],
)
def test_settings_that_do_not_fit_are_named(declared: dict[str, Any], sentence: str) -> None:
    assert refusal("a,b\n1;é\n".encode(), **declared) == sentence
