"""Whatever a service sends, there is a response or a sentence, never a traceback."""

from __future__ import annotations

import contextlib
import gzip
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tap_clicktime.links import absolute
from taps_common.cli.command import EXIT_CODES
from taps_common.errors import ShapeError, TapError
from taps_common.http.request import Request
from tests.common.doubles import Wire, session_with
from tests.common.made_up import PROJECTS, WORKSPACES, body, run_tap

if TYPE_CHECKING:
    from collections.abc import Iterator


ANY = Request("/tags")
FILE = Request("/clip", proof=lambda _: None, spooled=True)

text = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=20)
numbers = st.integers(-9, 10**22).map(str) | st.sampled_from(
    ["1e9", "\u0661", "0x10", "", " 7 ", "2, 3"]
)
dates = st.sampled_from(
    [
        "Tue, 15 Sep 2026 12:30:00 GMT",
        "1-Oct-2 9999999998:0 G",
        "Mon, 01 Jan 0001 00:00:00 +9999999999",
        "Fri, 31 Dec 9999 23:59:59 -1400",
        "Mon, 01 Jan 0001 00:00:00 +1400",
    ]
)
links = st.sampled_from(
    [
        *("/tags", "", "//", "http://", "http://[::1/", "http://h:99999/", "?page=2", "#"),
        *("ftp://h/", "https://u:p@h/", "http://\udcff/", "http://h:-1/", "\\\\h\\x", "http://:80"),
    ]
)
HEADERS = {
    "Retry-After": numbers | dates | text,
    "Date": dates | text,
    "Location": links | text,
    "Content-Length": numbers,
    "Content-Encoding": st.sampled_from(["gzip", "deflate", "br", "gzip, gzip", "x", ""]),
    "Transfer-Encoding": st.sampled_from(["chunked", "gzip", "x"]),
    "Content-Type": st.sampled_from(["text/html", "application/json; charset=x", "\x00"]) | text,
    "Last-Page": text,
    "X-Request-Id": text,
}
STATUS = (200, 200, 200, 201, 204, 206, 301, 307, 400, 401, 403, 404, 410, 429, 500, 503, 999)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
bodies = st.one_of(
    st.binary(max_size=40),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.sampled_from([b"[" * 20_000, b"\xef\xbb\xbf[]"]),
    st.binary(max_size=40).map(gzip.compress),
)


chunks = st.lists(st.sampled_from([b"-5", b"5", b"abcde", b"0", b"", b"g", b"\xff"]), max_size=5)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Return an answer as it stands on the wire, nearly HTTP."""
    if draw(st.integers(0, 4)) == 0:
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"\r\n".join(draw(chunks))
    names = draw(st.lists(st.sampled_from(sorted(HEADERS)), max_size=4))
    head = [b"HTTP/1.1 %d x" % draw(st.sampled_from(STATUS))]
    head += [f"{one}: {draw(HEADERS[one])}".encode("latin-1", "replace") for one in names]
    head += draw(st.lists(st.binary(max_size=10), max_size=1))
    return b"\r\n".join(head) + b"\r\n\r\n" + draw(bodies)


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.close()


@given(st.lists(answers(), min_size=1, max_size=3), st.sampled_from([ANY, FILE]))
@example([b"HTTP/1.1 200 OK\r\nDate: 1-Oct-2 9999999998:0 G\r\n\r\n[]"], ANY)
@example([b"HTTP/1.1 503 No\r\nRetry-After: 1-Oct-2 9999999998:0 G\r\n\r\n"], FILE)
def test_a_session_brings_a_response_or_a_sentence(
    wire: Wire, sent: list[bytes], request_: Request
) -> None:
    turns = iter(sent)
    wire.answer = lambda: [next(turns, sent[-1])]
    with contextlib.suppress(TapError):
        response = session_with(wire.url, max_retries=1).send(request_)
        if response.spool:
            response.spool.close()


rows = st.lists(
    st.dictionaries(
        st.sampled_from(["id", "name", "archived", "memberships", "hourlyRate", "tasks", "x"]),
        json_values,
        max_size=5,
    )
    | json_values,
    max_size=4,
)


odd_pages = st.sampled_from(
    [
        *(
            b'[{"id":"\xff\xfe"}]',
            b'[{"id":"\\ud800"}]',
            b'[{"id":"1","name":NaN}]',
            b"\xff\xfe[\0]\0",
        ),
        *(
            b'[{"id":"1","x":%b}]' % (b"[" * 30_000),
            b'[{"id":"1","x":1e999999999}]',
            b"[[[[[[]]]]]]",
        ),
    ]
)
pages = rows.map(lambda page: json.dumps(page).encode()) | st.binary() | odd_pages


@given(st.lists(pages, max_size=3))
def test_a_run_brings_what_can_be_read_and_says_what_cannot(pages: list[bytes]) -> None:
    run = run_tap(
        {WORKSPACES: body({"id": "w1"}), PROJECTS: [*pages, b"[]"]},
        ("projects", "project_memberships"),
    )
    assert run.code in {0, 1, *EXIT_CODES.values()}
    assert "Traceback" not in run.log
    assert "Unexpected" not in run.log


@given(links | text, links)
def test_a_link_is_an_address_or_none(link: str, page: str) -> None:
    with contextlib.suppress(ValueError, ShapeError):
        assert isinstance(absolute(link, f"http://h/x{page}", "https://h/odata"), str)
