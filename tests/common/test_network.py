"""A service that is not there: which of the reasons it is, what to do, and what is asked again."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
import trustme
from urllib3 import HTTPConnectionPool, exceptions

from taps_common.errors import Kind, UnreachableError
from taps_common.http.bodies import TooLargeError
from taps_common.http.limits import Limits
from taps_common.http.network import network_problem
from taps_common.http.request import Request, Service
from tests.common.doubles import Answer, Wire, session_with
from tests.common.runs import PATIENCE, nobody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from taps_common.http.session import Session
    from tests.common.doubles import Server

    Connect = Callable[..., Session]

AWAY = " Check api_url, this machine's network, and whether it needs a proxy (HTTPS_PROXY)."
TRUST = (
    "If a proxy or the service has a certificate of an authority of its own, name the file with "
    "that authority's certificates in REQUESTS_CA_BUNDLE."
)
RAISE = "Raise it only if such an answer is right."
POOL = HTTPConnectionPool("a.example")
BEGIN = "Begin the address with https://."
MOVED = "If the service has moved there, correct its address."
REQUEST = Request("/x")
THROUGH = "could not be reached through the proxy that the environment names: "
LIMITS = Limits(timeout=5, deadline=60, size=1)
UNKNOWN = "http://no-such-host.example/api"


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.close()


def failure(session: Session, request: Request = REQUEST) -> UnreachableError:
    with pytest.raises(UnreachableError) as caught:
        session.send(request)
    return caught.value


@contextlib.contextmanager
def speaking_tls() -> Iterator[str]:
    """A server that speaks TLS, and closes the connection of who does not."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("error", "says", "advice"),
    [
        (
            exceptions.SSLError(ssl.SSLCertVerificationError()),
            "its TLS certificate was refused",
            TRUST,
        ),
        (exceptions.SSLError(ssl.SSLEOFError()), "it ended the TLS handshake", AWAY),
        (exceptions.ConnectTimeoutError("x"), "did not accept a connection within 5 s", AWAY),
        (
            exceptions.ReadTimeoutError(POOL, "/x", "x"),
            "did not answer within 5 s (request_timeout)",
            f"Raise request_timeout if the service is slow.{AWAY}",
        ),
        (
            exceptions.ProxyError("x", exceptions.SSLError(ssl.SSLCertVerificationError())),
            "its TLS certificate was refused",
            TRUST,
        ),
        (exceptions.LocationParseError("x"), "its address is not valid", "Correct api_url."),
        (TooLargeError(1), "sent more than 1 bytes (max_response_bytes)", RAISE),
    ],
)
def test_a_network_error_has_its_own_words_and_says_what_to_do(
    error: exceptions.HTTPError, says: str, advice: str
) -> None:
    service = Service("https://a.example", {}, "{} {}".format, "api_url")
    problem = network_problem(error, LIMITS, service)
    assert says in problem.text
    assert problem.advice == advice.strip()
    lasts = isinstance(error, exceptions.LocationParseError | TooLargeError)
    assert problem.passing != lasts


def test_nobody_listens(connect: Connect) -> None:
    with nobody() as address:
        error = failure(connect(base_url=f"{address}/api/v1", max_retries=1))
    assert str(error) == (
        f"GET /x at {address}/api/v1 could not be reached: nothing listens at that address "
        f"(api_url) after 2 tries.{AWAY}"
    )


def test_a_name_that_does_not_resolve_is_named_and_tried_again(connect: Connect) -> None:
    error = failure(connect(base_url=UNKNOWN, max_retries=1))
    assert str(error) == (
        f"GET /x at {UNKNOWN} could not be reached: the name no-such-host.example does not resolve "
        f"(api_url) after 2 tries.{AWAY}"
    )
    assert error.kind is Kind.NETWORK


def test_tls_to_a_port_without_it_is_asked_once(wire: Wire, connect: Connect) -> None:
    wire.answer = lambda: [b"HTTP/1.1 400 Bad Request\r\n\r\n"]
    secure = wire.url.replace("http:", "https:")
    error = failure(connect(base_url=secure))
    assert str(error).startswith(
        f"GET /x at {secure} could not be reached: https:// was asked, and that port speaks no TLS "
        "(api_url). Correct the address's port, or begin it with http://"
    )
    assert error.kind is Kind.SETTING


def test_a_port_that_waits_for_more_than_tls_has_to_say_may_speak_none(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        error = failure(connect(base_url=url, timeout=0.05, max_retries=0))
    assert str(error) == (
        f"GET /x at {url} did not agree on TLS within 0.05 s (request_timeout). If that port "
        "speaks no TLS, correct it, or begin the address with http://."
    )


ALERT = b"\x15\x03\x03\x00\x02\x02\x46"


@pytest.mark.parametrize(
    "answer",
    [
        [ALERT],
        [b"HTTP/1.1 400 Bad Request\r\n\r\n<h1>The plain HTTP request was sent to HTTPS port</h1>"],
        [b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"],
        [b"HTTP/1.1 400 Bad Request\r\n\r\nYou're speaking plain HTTP to an SSL-enabled server"],
    ],
    ids=["an alert", "nginx", "Go", "Apache"],
)
def test_a_port_that_wants_tls_is_asked_once(
    wire: Wire, connect: Connect, answer: list[bytes]
) -> None:
    wire.answer = lambda: answer
    error = failure(connect(base_url=wire.url))
    assert str(error) == (
        f"GET /x at {wire.url} could not be reached: http:// was asked, and that port speaks TLS "
        f"(api_url). {BEGIN}"
    )
    assert error.kind is Kind.SETTING


def test_a_port_that_wants_tls_and_only_closes_may_be_one(connect: Connect) -> None:
    with speaking_tls() as place:
        error = failure(connect(base_url=f"http://{place}"))
    assert "closed the connection after 3 tries. If that port speaks TLS, begin the" in str(error)


@pytest.mark.parametrize("abroad", [False, True])
def test_a_redirect_to_tls_says_what_to_set(server: Server, connect: Connect, abroad: bool) -> None:
    target = server.url.replace("http:", "https:")
    server.script = [Answer(301, headers={"Location": f"{target}/x"})]
    error = failure(connect(), Request("/x", abroad=abroad))
    assert str(error).endswith(f"credentials are sent to the configured address only. {BEGIN}")
    assert len(server.seen) == 1


def test_a_refusal_elsewhere_is_not_one_of_the_credentials(
    server: Server, other_server: Server, connect: Connect
) -> None:
    server.script = [Answer(302, headers={"Location": f"{other_server.url}/x"})]
    other_server.script = [Answer(401)]
    error = failure(connect(), Request("/x", abroad=True))
    assert str(error) == (
        f"GET /x at {server.url} redirects to 127.0.0.1, which wants credentials, and they are "
        f"sent to the configured address only (api_url). {MOVED}"
    )
    assert error.kind is Kind.SETTING


# -- proxies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxy", "says"),
    [
        (UNKNOWN, "its name does not resolve"),
        ("{nobody}", "nothing listens at its address"),
        ("{secure}", "it does not speak TLS, so its address begins with http://"),
        ("{server}", "it refused the connection (501 Unsupported method ('CONNECT'))"),
    ],
)
def test_what_is_wrong_with_a_proxy_is_said(
    server: Server, monkeypatch: pytest.MonkeyPatch, proxy: str, says: str
) -> None:
    with nobody() as address:
        secure = server.url.replace("http:", "https:")
        named = proxy.format(nobody=address, server=server.url, secure=secure)
        monkeypatch.setenv("https_proxy", named)
        error = failure(session_with("https://api.example/v1", max_retries=0))
    assert f"{THROUGH}{says}. Check HTTPS_PROXY, " in str(error)


# -- while somebody looks --------------------------------------------------------------------------


def test_a_look_is_short() -> None:
    limits = Limits(timeout=120, deadline=600, size=1)
    look = limits.for_check(30)
    assert (limits.connecting, limits.answering) == (120, 120)
    assert (look.connecting, look.answering) == (15, 30)
    assert look.called == "a run waits 120 s, request_timeout"
    assert limits._replace(timeout=5).for_check(30)[:1] == (5,)


@pytest.mark.parametrize("place", [UNKNOWN, "{nobody}", "{silent}"])
def test_who_looks_asks_once_where_nothing_is(connect: Connect, wire: Wire, place: str) -> None:
    """A run tries again: the network may be back in a minute."""
    hold = threading.Event()

    def silent() -> list[bytes]:
        hold.wait(PATIENCE)
        return []

    wire.answer = silent
    limits = Limits(timeout=0.05, deadline=60, size=1 << 20)
    with nobody() as address:
        url = place.format(nobody=address, silent=wire.url)
        said = failure(connect(base_url=url, limits=limits.for_check(15)))
        often = failure(connect(base_url=url, limits=limits))
    hold.set()
    assert " tries" not in str(said)
    assert " after 3 tries" in str(often)


def test_who_looks_asks_again_where_something_is(server: Server, connect: Connect) -> None:
    server.script = [Answer(503)]
    connect(limits=LIMITS._replace(size=100).for_check(15), max_retries=1).send(Request("/x"))
    assert len(server.seen) == 2
