"""Responses that never end, are too large or hardly HTTP: each is one error (BOUNDED)."""

from __future__ import annotations

import gzip
import itertools
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from taps_common.errors import StatusError, TapError, UnreachableError
from taps_common.http.request import Request
from tests.common.doubles import Wire
from tests.common.runs import TurningClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from taps_common.http.session import Session

    Connect = Callable[..., Session]

REQUEST = Request("/tags", proof=lambda _: None)
SPOOLED = Request("/clip", proof=lambda _: None, spooled=True)
BOTH = pytest.mark.parametrize("request_", [REQUEST, SPOOLED], ids=["memory", "file"])

SMALL = 1 << 20
TOO_LONG = r"took longer than 5 s \(request_deadline\)\. Raise it only if"
TOO_LARGE = r"sent more than 1,048,576 bytes \(max_response_bytes\)\. Raise it only if"

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
PACKED = b"Content-Encoding: gzip\r\n"


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)


def for_ever(*parts: bytes) -> Iterator[bytes]:
    """The first parts once, and the last one again and again."""
    return itertools.chain(parts[:-1], itertools.repeat(parts[-1]))


def byte_by_byte(text: bytes) -> Iterator[bytes]:
    return (bytes([one]) for one in text)


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.close()


class RunningClock(TurningClock):
    """A second passes whenever somebody looks."""

    def monotonic(self) -> float:
        self.time += timedelta(seconds=1)
        return super().monotonic()


# -- time ------------------------------------------------------------------------------------------

ENDLESS = {
    "a head byte by byte": lambda: byte_by_byte(OK + b"X-Long: " + b"x" * 60_000),
    "a body byte by byte": lambda: for_ever(OK, b"Content-Length: 99999999\r\n\r\n", b"x"),
    "a chunk at a time": lambda: for_ever(OK, CHUNKED, chunk(b"x")),
    "trailers": lambda: for_ever(OK, CHUNKED, b"0\r\n", b"X-More: yes\r\n"),
}


@BOTH
@pytest.mark.parametrize("kind", ENDLESS)
def test_what_never_ends_is_left_at_the_deadline(
    wire: Wire, connect: Connect, kind: str, request_: Request
) -> None:
    wire.answer = ENDLESS[kind]
    session = connect(base_url=wire.url, clock=RunningClock(), deadline=5)
    with pytest.raises(UnreachableError, match=TOO_LONG):
        session.send(request_)


@BOTH
def test_interim_answers_without_end_are_left(
    wire: Wire, connect: Connect, request_: Request
) -> None:
    """At the deadline; after a hundred of them by newer releases of Python."""
    wire.answer = lambda: for_ever(b"HTTP/1.1 100 Continue\r\n\r\n")
    session = connect(base_url=wire.url, clock=RunningClock(), deadline=5, max_retries=0)
    left = rf"({TOO_LONG}|sent an answer that is not HTTP\.$)"
    with pytest.raises(UnreachableError, match=left):
        session.send(request_)


def test_the_deadline_is_for_all_tries_and_for_no_waits(wire: Wire, connect: Connect) -> None:
    later = b"HTTP/1.1 503 No\r\nRetry-After: 900\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    answers = iter([[later], [later], [OK, b"Content-Length: 2\r\n\r\n[]"]])
    wire.answer = lambda: next(answers)
    clock = RunningClock()
    assert connect(base_url=wire.url, clock=clock, deadline=90).send(REQUEST).body == b"[]"
    assert clock.waits == [900, 900]
    wire.answer = lambda: [later]
    session = connect(base_url=wire.url, clock=clock, deadline=40, max_retries=1000)
    with pytest.raises(UnreachableError, match="request_deadline"):
        session.send(REQUEST)


# -- size ------------------------------------------------------------------------------------------


def bomb(size: int) -> bytes:
    return gzip.compress(b" " * size, mtime=0)


LARGE = {
    "by its length": lambda: [OK, b"Content-Length: 2000000\r\n\r\n", b" " * 2_000_000],
    "without a length": lambda: for_ever(OK, b"\r\n", b" " * 65536),
    "in chunks": lambda: for_ever(OK, CHUNKED, chunk(b" " * 1000)),
    "compressed": lambda: [OK, PACKED, b"\r\n", bomb(2_000_000)],
    "compressed twice": lambda: [OK, PACKED, PACKED, b"\r\n", gzip.compress(bomb(2_000_000))],
    "in members": lambda: for_ever(OK, PACKED, b"\r\n", bomb(1000)),
}


@BOTH
@pytest.mark.parametrize("kind", LARGE)
def test_what_is_too_large_is_not_read_on(
    wire: Wire, connect: Connect, kind: str, request_: Request
) -> None:
    wire.answer = LARGE[kind]
    with pytest.raises(UnreachableError, match=TOO_LARGE) as caught:
        connect(base_url=wire.url, max_bytes=SMALL).send(request_)
    assert caught.value.hopeless


@BOTH
def test_what_is_as_large_as_allowed_is_read(
    wire: Wire, connect: Connect, request_: Request
) -> None:
    wire.answer = lambda: [OK, PACKED, b"\r\n", bomb(SMALL)]
    response = connect(base_url=wire.url, max_bytes=SMALL).send(request_)
    if response.spool is None:
        assert len(response.body) == SMALL
    else:
        with response.spool as spool:
            assert len(spool.read()) == SMALL


@BOTH
def test_of_an_error_only_the_beginning_is_read(
    wire: Wire, connect: Connect, request_: Request
) -> None:
    wire.answer = lambda: for_ever(b"HTTP/1.1 403 No\r\n\r\n", b" " * 65536)
    with pytest.raises(StatusError, match="403 Forbidden"):
        connect(base_url=wire.url).send(request_)


def test_of_a_redirect_only_the_beginning_is_read(wire: Wire, connect: Connect) -> None:
    where = b"HTTP/1.1 302 No\r\nLocation: /there\r\n\r\n"
    answers = iter([for_ever(where, b" " * 65536), [OK, b"Content-Length: 2\r\n\r\n[]"]])
    wire.answer = lambda: next(answers)
    assert connect(base_url=wire.url).send(REQUEST).body == b"[]"


# -- what is hardly HTTP ---------------------------------------------------------------------------

NOT_FOUND = b"HTTP/1.1 404 No\r\n"
ODD = {
    "chunk of -5 bytes": [OK, CHUNKED, b"-5\r\nhello\r\n0\r\n\r\n"],
    "chunk without a size": [OK, CHUNKED, b"\r\nhello\r\n0\r\n\r\n"],
    "chunk with a long line": [OK, CHUNKED, b"1;" + b"x" * 200_000],
    "length of -5 bytes": [OK, b"Content-Length: -5\r\n\r\nhello"],
    "two lengths": [OK, b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"],
    "compressed by what nobody asked for": [NOT_FOUND, b"Content-Encoding: br\r\n\r\n{}"],
    "compressed a thousand times": [OK, b"Content-Encoding: " + b"gzip," * 1000, b"\r\n\r\nx"],
    "no status": [b"HTTP/1.1 abc\r\n\r\n"],
    "a status of its own": [b"HTTP/1.1 999 \xff\xfe\r\n\r\n"],
    "many headers": [OK, *(b"X-%d: 1\r\n" % n for n in range(500)), b"\r\n[]"],
    "error nested deep": [NOT_FOUND, b"\r\n", b"[" * 30_000],
    "code nested deep": [NOT_FOUND, b"\r\n", b'{"code":' * 8_000],
    "code of many digits": [NOT_FOUND, b'\r\n{"code":', b"9" * 5000, b"}"],
    "not what it says": [NOT_FOUND, PACKED, b"\r\nhello"],
    **{
        f"redirect to {place!r}": [b"HTTP/1.1 302 No\r\nLocation: ", place, b"\r\n\r\n"]
        for place in (
            *(b"http://[::1/", b"//[", b"http://a:b/", b"http://a:99999999/", b"javascript:1"),
            *(b"ftp://x/", b"http://", b"http:///x", b"\xff\xfe", b"\x1b[31mred", b"x" * 60_000),
            *(b"http://" + b"a" * 300 + b"/", b"http://\xe9\xff/", b"http://a b/", b"?", b"#"),
        )
    },
    **{
        f"later, {value!r}": [b"HTTP/1.1 503 No\r\nRetry-After: ", value, b"\r\n\r\n"]
        for value in (
            *(b"1-Oct-2 9999999998:0 G", b"-1", b"1e9", b"\xff", b"9" * 5000, b"1 Jan 0 0:0:0"),
            *(b"Mon, 01 Jan 0001 00:00:00 +9999", b"Fri, 31 Dec 9999 23:59:59 -9999", b":", b"1 2"),
        )
    },
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("abroad", [False, True])
def test_what_is_hardly_http_is_one_error(
    wire: Wire, connect: Connect, kind: str, *, abroad: bool
) -> None:
    wire.answer = lambda: ODD[kind]
    request = Request("/tags", abroad=abroad)
    with pytest.raises(TapError) as caught:
        connect(base_url=wire.url, max_retries=1).send(request)
    said = str(caught.value)
    assert said.isascii()
    assert said.isprintable()
    assert len(said) < 500
    assert said.count("\n") == 0


@pytest.mark.parametrize("kind", ["no status", "many headers", "chunk of -5 bytes"])
def test_what_is_not_http_is_called_so(wire: Wire, connect: Connect, kind: str) -> None:
    wire.answer = lambda: ODD[kind]
    with pytest.raises(UnreachableError, match=r"sent an answer that is not HTTP\.$"):
        connect(base_url=wire.url, max_retries=0).send(REQUEST)
