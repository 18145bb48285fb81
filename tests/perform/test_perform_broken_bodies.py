"""Bodies that look like a table and are none: each is refused, with its row where there is one."""

from __future__ import annotations

import io
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tap_perform.readers import open_table, peek
from taps_common.errors import ShapeError
from tests.common.doubles import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.common.doubles import Server
    from tests.common.runs import Run, State
    from tests.perform.runs import Account

HEADING = "Reference Code,Activity Name,Cost Code"
GOOD = [HEADING, *(f'A{row},"Pour {row}",4000' for row in range(1000))]
MESSAGE = "a message rather than a table"
TITLE = "A title or a comment stands before the headings"


def lines(*rows: str) -> bytes:
    return "".join(f"{row}\r\n" for row in rows).encode()


def with_row(row: int, text: str) -> bytes:
    """Return the good body with one row replaced, counted from 1."""
    return lines(*GOOD[:row], text, *GOOD[row + 1 :])


def refusal(body: bytes, content_type: str = "", known: Iterable[str] = ()) -> str:
    """Return why a body is no table."""
    with pytest.raises(ShapeError) as caught:
        open_table(
            io.BytesIO(body),
            delimiter=None,
            encoding=None,
            content_type=content_type,
            known=frozenset(known),
        )
    return str(caught.value)


def cells(body: bytes, content_type: str = "", known: Iterable[str] = ()) -> list[Any]:
    """Return headings and rows of a table."""
    table = open_table(
        io.BytesIO(body),
        delimiter=None,
        encoding=None,
        content_type=content_type,
        known=frozenset(known),
    )
    with closing(table):
        return [[*table.headings], *table]


# -- one column ------------------------------------------------------------------------------------

QUOTES = {
    "stray": 'A5,"Fit 6" pipe",4000',
    "backslash": 'A5,"Fit 6\\" pipe",4000',
    "open": 'A5,"Fit 6,4000',
}


@pytest.mark.parametrize("row", [1, 6, 20, 21, 500, 1000])
@pytest.mark.parametrize("quote", QUOTES)
def test_a_quote_that_does_not_fit_is_refused_with_its_row(quote: str, row: int) -> None:
    assert f" row {row:,}" in refusal(with_row(row, QUOTES[quote]))


@pytest.mark.parametrize(
    ("before", "row"),
    [
        (["# exported at noon", "# by Perform"], 2),
        (["Docket export", "", "Project: North Quay", ""], 4),
        (["Docket export"], 1),
        (["Docket export", *map(str, range(30))], 31),
    ],
)
def test_lines_before_the_headings_are_refused(before: list[str], row: int) -> None:
    said = refusal(lines(*before, *GOOD))
    assert said.startswith(f"Row {row} has 3 cells, but there are 1 headings. {TITLE}")


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("row", [1, 300])
def test_a_delimiter_outside_of_quotes_is_no_part_of_a_cell(sign: str, row: int) -> None:
    rows = [f"Pour {number}" for number in range(400)]
    rows[row - 1] = f"Pour{sign}and fit"
    assert f"Row {row} has 2 cells, but there are 1 headings." in refusal(lines("Name", *rows))


def test_a_table_of_one_column_is_believed() -> None:
    rows = ['"Pour, and; fit|\t"', "Fit 6 pipes", '"a ""quote"""', '5" pipe']
    assert cells(lines("Name", *rows)) == [
        ["Name"],
        ["Pour, and; fit|\t"],
        ["Fit 6 pipes"],
        ['a "quote"'],
        ['5" pipe'],
    ]


# -- sentences -------------------------------------------------------------------------------------

MESSAGES = [
    "Access denied, please contact support",
    "Please try again later.\nThe clip is being refreshed.",
    "error,code\nquery timed out,57014",
    '[{"error":"timeout"}]',
    '{"rows": [{"error": "timeout", "pid": 7}]}',
    "Sorry; the report; is not ready",
    "message,code\ndataclip stale,1",
    "Notice\nThe dataclip is stale.",
    "ERROR: canceling statement due to user request\nSQLSTATE 57014",
    "The clip cannot be made today.\n",
    "status,detail\r\n503,busy\r\n",
]


@pytest.mark.parametrize("text", MESSAGES)
@pytest.mark.parametrize("known", [(), ("docket_date", "status")], ids=["unknown", "known"])
def test_a_message_is_no_table(text: str, known: tuple[str, ...]) -> None:
    assert MESSAGE in refusal(text.encode(), known=known)


@pytest.mark.parametrize(
    "text",
    [
        '{"fields":[],"values":[],"error":"x"}',
        '{"fields":[],"values":[]}',
        '{"fields":["a"],"values":[["1"]],"errors":[{"code": 1}]}',
    ],
)
def test_an_object_without_fields_or_with_an_error_is_no_table(text: str) -> None:
    assert refusal(text.encode()).startswith("The body is a JSON object ")


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("Status\nopen\n", ["status"]),
        ("Docket Date,Status,Message\n", ["docket_date"]),
        ("Docket Date,Status\n", []),
        ("id,hours worked\n", []),
        ("Cost Ref. No.\n1\n", []),
        ("Description\ndataclip stale\n", []),
        ("Date,Person,Shift,Site,Error\n1,2,3,4,5\n", []),
        ("Code,Title\n" + "1,Concrete\n" * 6, []),
        ('{"fields":["Code"],"values":[],"errors":[],"status":"ok"}', ["code"]),
    ],
)
def test_a_small_table_is_a_table(text: str, known: list[str]) -> None:
    assert cells(text.encode(), known=known)


# -- encodings -------------------------------------------------------------------------------------

NAMES = [f"A{row},Zoë {row},Müller".encode() for row in range(1, 401)]


@pytest.mark.parametrize("row", [1, 5, 400])
def test_a_byte_that_is_no_utf_8_is_refused_with_its_row(row: int) -> None:
    rows = [b"Code,Name,Also", *NAMES]
    rows[row] = f"A{row},Andr\xe9,\n".encode("latin-1").strip()
    body = b"\n".join(rows)
    where = f"byte E9 in row {row} does not fit (byte {body.index(0xE9) + 1:,})"
    for stated in ("text/csv", "text/csv; charset=utf-8"):
        said = refusal(body, stated)
        assert said == f"The body is UTF-8, but {where}: mend that cell, or set `encoding`."
    with pytest.raises(ShapeError) as caught:
        peek(io.BytesIO(body), delimiter=None, encoding=None)
    assert where in str(caught.value)


def test_the_row_of_a_byte_is_told_though_cells_hold_line_ends() -> None:
    body = 'a,b\n1,"é\n\nx"\n2,"\n'.encode() + b'\xe9"\n'
    assert "byte E9 in row 2 does" in refusal(body)


def test_a_byte_of_json_is_told_by_its_place() -> None:
    assert "but byte E9 does not fit (byte 15)" in refusal('[{"a": "é", "'.encode() + b'\xe9": 1}]')


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
    given: dict[str, Any] = {"delimiter": None, "content_type": stated}
    with closing(open_table(io.BytesIO(body.encode("cp1252")), encoding="cp1252", **given)) as one:
        assert one.headings == ("Zoë", "b")


def test_a_stated_charset_that_the_body_contradicts_is_refused() -> None:
    body = "Name,Code\nZoë,1\n".encode()
    assert "states the encoding cp1252, but its body is UTF-8: set `encoding`." in refusal(
        body, "text/csv; charset=iso-8859-1"
    )
    assert "encoding cp1253: byte D2 in row 1 does not fit" in refusal(
        b"a,b\n\xd2,1\n", "text/csv; charset=windows-1253"
    )


@pytest.mark.parametrize(
    ("body", "row"),
    [
        (b"a,b\n1,2\n3,x\0y\n", "Row 2 has a cell with a NUL"),
        (b'[{"a": "1"}, {"a": "x\\u0000"}]', "Row 2 has a cell with a NUL"),
        (b"a\0,b\n1,2\n", "A heading holds a NUL"),
        ("a,b\n1,2\n3,4\n5,6\n7,8".encode("utf-16-le"), " NUL, "),
    ],
)
def test_a_nul_is_refused(body: bytes, row: str) -> None:
    assert row in refusal(body)


def test_the_spelling_of_a_nul_is_a_text() -> None:
    assert cells(b"a,b\n1,\\u0000\n") == [["a", "b"], ["1", "\\u0000"]]


# -- whole runs ------------------------------------------------------------------------------------

TABLE = "docket_export"


def run(
    account: Account, server: Server, body: bytes, state: State | None = None, **settings: Any
) -> Run:
    """Read one clip, whose headings are looked at in each run; with table versions."""
    stream, stated = settings.pop("stream", TABLE), settings.pop("stated", "text/csv")
    account.world.advance(60)
    server.script = [Answer(body=body, headers={"Content-Type": stated}) for _ in range(30)]
    project = {"name": "Quay", "username": "user", "password": "word"}
    clips = {stream: settings.pop("clip", f"{server.url}/clip")}
    given = {"emit_activate_version_messages": True, **settings}
    return account.run(projects=[{**project, "dataclips": clips}], state=state, **given)


@pytest.mark.parametrize("text", MESSAGES)
def test_a_message_at_the_first_discovery_makes_no_table(
    account: Account, server: Server, text: str
) -> None:
    found = run(account, server, text.encode())
    assert (found.code, found.messages) == (1, [])
    waited = "stale" in text
    assert ("It stayed so for 600 s" in found.said) == waited == (len(server.seen) > 2)


@pytest.mark.parametrize("known", [True, False], ids=["catalog", "discovery"])
def test_another_table_than_in_the_last_run_is_refused_until_it_is_accepted(
    account: Account, server: Server, known: bool
) -> None:
    day_one = run(account, server, lines(*GOOD)).ok()
    assert day_one.state["bookmarks"][TABLE]["clips"]["Quay"]["headings"] == [
        *("activity_name", "cost_code", "reference_code")
    ]
    other = lines("Reference Code,Hours,Day", *(f"A{row},1,2" for row in range(1000)))
    catalog = account_catalog(account, server, lines(*GOOD)) if known else None
    given = {"state": day_one.state, "catalog": catalog}
    broken = run(account, server, other, **given)
    assert broken.code == 1
    assert (
        f"dataclip {TABLE} of Quay has 1 of the 3 columns of the last run: it is a message or "
        "another table. If it is right, discover again and run once with on_new_headings at "
        "'accept', or give the clip a better name in dataclips." in broken.said
    )
    assert not {"SCHEMA", "RECORD", "ACTIVATE_VERSION"} & {m["type"] for m in broken.messages}
    accepted = run(account, server, other, day_one.state, on_new_headings="accept").ok()
    assert accepted.versioned == [TABLE]
    run(account, server, other, accepted.state).ok()


def account_catalog(account: Account, server: Server, body: bytes) -> dict[str, Any]:
    server.script = [Answer(body=body)]
    project = {"name": "Quay", "username": "user", "password": "word"}
    clips = {TABLE: f"{server.url}/clip"}
    return account.discovered(projects=[{**project, "dataclips": clips}])


def test_half_of_the_columns_are_enough_and_an_old_state_is_taken(
    account: Account, server: Server
) -> None:
    found = run(account, server, lines("a,b,c,d", "1,2,3,4")).ok()
    found = run(account, server, lines("a,b,x,y", "1,2,3,4"), found.state).ok()
    empty = run(account, server, b"[]", found.state, max_shrink=100, stated="application/json").ok()
    state = empty.state
    clip = state["bookmarks"][TABLE]["clips"]["Quay"]
    assert clip.pop("headings") == ["a", "b", "x", "y"]
    run(account, server, lines("p,q", "1,2"), state).ok()


def test_a_documented_clip_without_a_documented_column_is_refused(
    account: Account, server: Server
) -> None:
    body = lines("Code,Hours", *(f"{row},1" for row in range(9)))
    found = run(account, server, body, stream="wbs_export")
    assert (found.code, found.messages) == (1, [])
    assert "wbs_export of Quay has none of the columns that Bentley documents: " in found.said
    clip = {"url": f"{server.url}/clip", "primary_keys": ["Code"], "types": {"Hours": "number"}}
    run(account, server, body, stream="wbs_export", clip=clip).ok()


def test_documented_columns_that_lack_are_named_and_the_key_stays(
    account: Account, server: Server
) -> None:
    found = run(account, server, lines(*GOOD), stream="activity_export").ok()
    assert "activity_export of Quay lacks 52 columns that Bentley documents: actual_" in found.log
    renamed = lines("Activity Code,Activity Name,Cost Code", *GOOD[1:])
    found = run(account, server, renamed, found.state, stream="activity_export")
    assert (found.code, found.of("SCHEMA")) == (1, [])
    assert "has no column reference_code, by which Bentley tells its rows apart" in found.said
    empty = run(account, server, b"[]", stream="wbs_export", stated="application/json").ok()
    assert empty.of("SCHEMA")[0]["key_properties"] == ["project", "wbs_code"]


def test_what_a_server_states_reaches_the_rows(account: Account, server: Server) -> None:
    body = "Имя,Код\r\nЮлия,1\r\n".encode("cp1251")
    found = run(account, server, body, stated="text/csv; charset=windows-1251").ok()
    (row,) = found.records(TABLE)
    assert (row["имя"], row["код"]) == ("Юлия", "1")
