"""The session against a real local server: what is asked again, what is an error, what is said."""

from __future__ import annotations

import email.utils
import gzip
import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from taps_common.clock import SystemClock
from taps_common.errors import (
    InterruptedRunError,
    NotReadyError,
    QuotaError,
    RequestError,
    ShapeError,
    StatusError,
    UnreachableError,
)
from taps_common.http.cost import Cost
from taps_common.http.rate_limit import RateLimit
from taps_common.http.request import Request
from taps_common.http.responses import Problem
from tests.common.doubles import Answer
from tests.common.runs import NOW, PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from taps_common.http.session import Session
    from tests.common.doubles import Server
    from tests.common.runs import TurningClock

    Connect = Callable[..., Session]

REQUEST = Request(
    "/workspaces/{workspaceId}/tags",
    {"workspaceId": "ident-value"},
    (("name", "query-value"), ("page", "1")),
)
TAGS = "/workspaces/ident-value/tags?name=query-value&page=1"
PRIVATE = ("ident-value", "query-value", "body-text", "key-secret")

GOOD = Answer(body=b'[{"id":"1"}]', headers={"Last-Page": "true"})
STOP, HOURLY = {"wait": False}, {"per_hour": 30}


def later(status: int, value: str) -> Answer:
    return Answer(status, headers={"Retry-After": value})


def redirect(target: str, status: int = 302) -> Answer:
    return Answer(status, b"body-text", {"Location": target})


def date(**ahead: float) -> str:
    return email.utils.format_datetime(NOW + timedelta(**ahead), usegmt=True)


def test_a_good_answer_brings_body_headers_and_cost(server: Server, connect: Connect) -> None:
    server.script = [GOOD]
    response = connect().send(REQUEST, cost := Cost())
    assert (response.body, response.headers["last-page"]) == (GOOD.body, "true")
    assert (cost.requests, cost.size, cost.waited) == (1, 12, 0)


def test_the_request_is_what_was_asked_for(server: Server, connect: Connect) -> None:
    awkward = Request("/a/{x}", {"x": "b/c?d#e é"}, (("q", "a&b=c"), ("q", "ü")))
    connect().send(awkward)
    (seen,) = server.seen
    assert seen.target == "/a/b%2Fc%3Fd%23e%20%C3%A9?q=a%26b%3Dc&q=%C3%BC"
    sent = {"X-Api-Key": "key-secret", "User-Agent": "tap-test/1", "Accept": "application/json"}
    assert seen.headers.items() >= sent.items()


def test_credentials_of_the_environment_are_not_sent(
    server: Server, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    connect().send(REQUEST)
    assert "Authorization" not in server.seen[0].headers


# -- what is asked again ---------------------------------------------------------------------------

ODD = ["", "soon", "-1", ".", "1.2.3", "\xb2", "nan", "Tue, 99"]
"""What a Retry-After header may hold and nobody understands."""

PACKED = {"Content-Encoding": "gzip"}
UNUSABLE = {
    "breaks off": [
        Answer(body=b'[{"id":"body-text"}]', cut=5),
        Answer(body=gzip.compress(b'["body-text"]', mtime=0), cut=9, headers=PACKED),
    ],
    "is not valid gzip, as its Content-Encoding says": [
        Answer(body=b"body-text", headers=PACKED),
        Answer(body=b"[" * 50, headers=PACKED),
        Answer(body=gzip.compress(b'["body-text"]', mtime=0)[:-8] + b"12345678", headers=PACKED),
    ],
    "not JSON, or breaks off": [
        Answer(body=b'[{"id":"body-text"},{"id'),
        Answer(body=b"body-text"),
        Answer(body=b'"body-text"'),
    ],
    "sent null instead of an object or a list": [Answer(body=b" null")],
    "answered with nothing": [Answer(body=b""), Answer(body=b" \n"), Answer(204, body=b"")],
    "could not be reached, or closed the connection": [Answer(reset=True)],
}
unusable = [(answer, says) for says, answers in UNUSABLE.items() for answer in answers]


@pytest.mark.parametrize(
    ("script", "waits", "options", "limit"),
    [
        *(([Answer(n)] * 2, [1, 2], {}, {}) for n in (408, 425, 429, 500, 502, 503, 504, 520)),
        *(([answer] * 2, [1, 2], {}, {}) for answer, _ in unusable),
        *(([later(429, value)], [1], {}, {}) for value in ODD),
        ([later(429, "7"), later(503, "1.9")], [7, 1], {}, {}),
        # none at all would use up the retries at once, and our clock may be ahead of theirs
        ([later(429, "0"), later(503, date(days=-1))], [1, 2], {}, {}),
        *(
            ([later(429, date(seconds=42).replace("GMT", zone))], [42], {}, {})
            for zone in ("GMT", "", "-0000")
        ),
        ([later(503, "9" * 30)], [3600], {}, {}),
        ([Answer(500)] * 9, [1, 2, 4, 8, 16, 32, 60, 60, 60], {"max_retries": 9}, {}),
        # a quota is waited for long after ordinary retries, which do not use up an hour's
        ([Answer(429)] * 5, [1, 2, 300, 300, 300], {}, {}),
        ([Answer(429)] * 3, [1, 300, 300], {"max_retries": 5}, HOURLY),
        ([later(429, "1800")] * 2, [1800, 1800], {"max_retries": 1}, {}),
        ([later(429, "30")], [30], {}, STOP),
    ],
)
def test_what_may_pass_is_asked_again(
    server: Server,
    connect: Connect,
    clock: TurningClock,
    script: list[Answer],
    waits: list[int],
    options: dict[str, Any],
    limit: dict[str, Any],
) -> None:
    server.script = [*script, GOOD]
    session = connect(rate_limit=RateLimit(**limit), **options)
    assert session.send(REQUEST, cost := Cost()).body == GOOD.body
    assert [seen.target for seen in server.seen] == [TAGS] * (len(script) + 1)
    assert list(map(int, clock.waits)) == waits  # and a fraction of a second by chance
    assert cost.requests == len(script) + 1
    assert cost.waited == pytest.approx(sum(clock.waits))


def test_the_hourly_limit_waits_before_it_asks_retries_included(
    server: Server, connect: Connect, clock: TurningClock
) -> None:
    server.script = [Answer(500)]
    session = connect(rate_limit=RateLimit(per_hour=2))
    session.send(REQUEST, first := Cost())
    session.send(REQUEST, second := Cost())
    assert [first.requests, second.requests, len(server.seen)] == [2, 1, 3]
    assert first.waited + second.waited == sum(clock.waits) == pytest.approx(3600.0)


def test_the_hourly_limit_stops_without_asking(server: Server, connect: Connect) -> None:
    session = connect(rate_limit=RateLimit(per_hour=1, wait=False))
    session.send(REQUEST)
    with pytest.raises(
        QuotaError, match=r"max_requests_per_hour.*run again at 13:30 UTC, in 60 minutes"
    ):
        session.send(REQUEST)
    assert len(server.seen) == 1


# -- what is an error ------------------------------------------------------------------------------

REFUSED = "credentials are sent to the configured address only"
GONE = r"to b\.example, .* only\. If the service has moved there, correct its address\.$"


@pytest.mark.parametrize(
    ("answer", "kind", "says", "tries", "limit"),
    [
        *((Answer(n), StatusError, f"{n} ", 1, {}) for n in (304, 400, 401, 403, 404, 501, 505)),
        (Answer(206), UnreachableError, "206 Partial Content, with a part", 3, {}),
        *(
            (
                Answer(body=b"[]", headers={"Content-Encoding": name.upper()}),
                UnreachableError,
                f"compressed as {name}, though gzip or deflate was asked for: have the service",
                1,
                {},
            )
            for name in ("br", "zstd", "compress")
        ),
        (Answer(599), StatusError, r"599 \(no standard status\) after 3 tries", 3, {}),
        (Answer(503), StatusError, "503 Service Unavailable after 3 tries", 3, {}),
        (Answer(429), QuotaError, "429 Too Many Requests after 16 tries", 16, {}),
        (Answer(429), QuotaError, "429 Too Many Requests after 3 tries", 3, {"hourly": False}),
        (later(429, "3000"), QuotaError, r"429 Too Many Requests\. Advice for 429", 1, STOP),
        *((answer, UnreachableError, f"{says} after 3 tries", 3, {}) for answer, says in unusable),
        (Answer(body=b"\n<html>body-text"), UnreachableError, "a web page instead of JSON", 1, {}),
        (redirect("/round"), StatusError, "redirects to itself", 5, {}),
        (redirect("http://a:body-text@b.example/body-text?body-text"), StatusError, GONE, 1, {}),
    ],
)
def test_what_stays_is_an_error(
    server: Server,
    connect: Connect,
    answer: Answer,
    kind: type[RequestError],
    says: str,
    tries: int,
    limit: dict[str, Any],
) -> None:
    server.script = [answer] * 40
    with pytest.raises(kind, match=says) as caught:
        connect(rate_limit=RateLimit(**limit)).send(REQUEST, cost := Cost())
    assert len(server.seen) == tries
    assert getattr(caught.value, "status", answer.status) == answer.status
    assert not [word for word in PRIVATE if word in str(caught.value)]
    assert cost.waited < 2 * 3600


def test_a_server_that_does_not_answer_is_named_by_its_timeout(
    connect: Connect, server: Server
) -> None:
    original, hold = server.answer, threading.Event()

    def slowly(handler: object) -> None:
        hold.wait(PATIENCE)
        original(handler)  # type: ignore[arg-type]  # as it came

    server.answer = slowly  # type: ignore[method-assign]  # a double
    with pytest.raises(UnreachableError, match=r"did not answer within 0\.05 s"):
        connect(timeout=0.05, max_retries=0).send(REQUEST)
    hold.set()


@pytest.mark.parametrize(("after", "seconds"), [({}, None), ({"Retry-After": "90"}, 90)])
def test_what_is_not_ready_is_left_to_whoever_asked(
    server: Server, connect: Connect, after: dict[str, str], seconds: float | None
) -> None:
    def judge(status: int, body: bytes) -> Problem | None:
        late = status == 503 and body == b"later"
        return Problem("is stale", passing=False, preparing=True) if late else None

    server.script = [Answer(503, b"later", after)]
    with pytest.raises(NotReadyError, match="is stale") as caught:
        connect().send(Request("/x", judge=judge))
    assert (caught.value.after, len(server.seen)) == (seconds, 1)


def test_what_need_not_be_asked_again_is_not(server: Server, connect: Connect) -> None:
    server.script = [Answer(503)] * 2
    with pytest.raises(StatusError, match=r"Unavailable\. Advice"):
        connect().send(Request("/x", patient=False))
    session = connect()
    session.retries_errors = False
    with pytest.raises(StatusError):
        session.send(REQUEST)
    assert len(server.seen) == 2


# -- where requests go -----------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_origin_is_followed(
    server: Server, connect: Connect, status: int
) -> None:
    server.script = [redirect("/elsewhere?x=1", status), GOOD]
    response = connect().send(REQUEST)
    assert (response.body, response.url) == (GOOD.body, f"{server.url}/elsewhere?x=1")
    assert [seen.target for seen in server.seen] == [TAGS, "/elsewhere?x=1"]
    assert server.seen[0].port == server.seen[1].port, "over the same connection"
    assert server.seen[1].headers["X-Api-Key"] == "key-secret"


@pytest.mark.parametrize(
    "location",
    [
        "http://{other}/x",
        "//{other}/x",
        "https://{own}/x",
        "http://user@{own}/x",
        "http://{own}@{other}/x",
        "http://{own}\\@{other}/x",
    ],
)
def test_another_origin_is_asked_nothing(
    server: Server, other_server: Server, connect: Connect, location: str
) -> None:
    own, other = (one.url.removeprefix("http://") for one in (server, other_server))
    target = location.format(own=own, other=other)
    server.script = [redirect(target)]
    with pytest.raises(RequestError, match=REFUSED):
        connect().send(REQUEST)
    with pytest.raises(ShapeError, match=REFUSED):
        connect().send(Request("/x", link=target))
    assert (len(server.seen), other_server.seen) == (1, [])


def test_a_redirect_abroad_is_followed_without_credentials(
    server: Server, other_server: Server, connect: Connect
) -> None:
    """Not even back home (HOST-IS-OURS)."""
    server.script = [redirect(f"{other_server.url}/file"), GOOD]
    other_server.script = [redirect(f"{server.url}/back")]
    response = connect().send(Request("/x", abroad=True))
    assert response.body == GOOD.body
    (abroad,) = other_server.seen
    assert "X-Api-Key" in server.seen[0].headers
    assert not {"X-Api-Key"} & {*abroad.headers, *server.seen[1].headers}


# -- threads ---------------------------------------------------------------------------------------


def test_threads_get_their_own_answers_over_connections_that_are_kept(
    server: Server, connect: Connect
) -> None:
    session, got = connect(), []
    server.echo = True

    def several(name: int) -> None:
        for number in range(10):
            answer = session.send(Request("/echo/{name}", {"name": f"{name}-{number}"}))
            got.append((f'["/echo/{name}-{number}"]', answer.body.decode()))

    threads = [threading.Thread(target=several, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 80
    assert all(asked == answered for asked, answered in got)
    assert len({seen.port for seen in server.seen}) <= 8


@pytest.mark.parametrize("asked_for", ["3000", "9" * 30])
def test_closing_wakes_a_thread_that_waits(
    server: Server, connect: Connect, asked_for: str
) -> None:
    """However long it was to wait, and no clock can wait for."""
    session = connect(clock=SystemClock())
    server.script = [later(503, asked_for)]
    ended: list[BaseException] = []

    def sending() -> None:
        try:
            session.send(REQUEST)
        except InterruptedRunError as error:
            ended.append(error)

    thread = threading.Thread(target=sending, daemon=True)
    thread.start()
    server.targets(1)
    session.close()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "it does not wait as long as was asked for"
    assert len(ended) == 1
    assert session.spent.waited < 3000, "what was cut is not waited"
    with pytest.raises(InterruptedRunError):
        session.send(REQUEST)
    assert len(server.seen) == 1, "nothing is sent after closing"


def test_closing_in_the_thread_that_waits_ends_its_request(connect: Connect) -> None:
    """As the handler of a signal does, and nothing else would wake the main thread."""
    session = connect()
    with pytest.raises(InterruptedRunError):
        session.send(Request("/x", judge=lambda *_: session.close()))
    session.close()  # nothing is waited for any more


# -- what is said --------------------------------------------------------------------------------


def test_an_error_names_what_a_person_needs(server: Server, connect: Connect) -> None:
    refused = b'{"code":4030,"message":"body-text"}'
    server.script = [Answer(403, refused, {"X-Request-Id": "req-1"})]
    with pytest.raises(StatusError) as caught:
        connect().send(REQUEST)
    assert str(caught.value) == (
        f"GET /workspaces/{{workspaceId}}/tags at {server.url} answered 403 Forbidden (code 4030) "
        "[request id req-1]. Advice for 403 and 4030."
    )
    assert caught.value.code == 4030


@pytest.mark.parametrize(
    "text",
    [b"", b"body-text", b'["body-text"]', b'{"code":"body-text"}', b'{"code":true}', b"\xff"],
)
def test_an_error_body_without_a_number_has_no_code(
    server: Server, connect: Connect, text: bytes
) -> None:
    server.script = [Answer(400, body=text)]
    with pytest.raises(StatusError) as caught:
        connect().send(REQUEST)
    assert caught.value.code is None
    assert "body-text" not in str(caught.value)


def test_no_error_and_no_line_of_any_library_holds_anything_private(
    server: Server, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """`LOGLEVEL=debug` turns on the lines of every library that the session stands on."""
    caplog.set_level(logging.DEBUG)
    private, said = b'{"message":"body-text"}', []
    for script in (
        [Answer(429, private, {"Retry-After": "1"}), Answer(500, private)],
        [Answer(500, private)] * 3,
        [Answer(404, private)],
        [Answer(reset=True)] * 3,
        [Answer(body=private, cut=3)] * 3,
        [Answer(body=b"<body-text>")],
        [redirect("/body-text?query-value")],
        [redirect("http://other.example/body-text")],
    ):
        server.script = script
        try:
            connect().send(REQUEST, cost := Cost())
        except RequestError as error:
            said.append(f"{error} {error!r} {error.__cause__!r} {cost}")
    lines = [record.getMessage() for record in caplog.records]
    assert len(said) == 6
    assert sum(record.name == "tap-test" for record in caplog.records) == 8  # one per retry
    assert not [text for text in said + lines for word in PRIVATE if word in text]


def test_good_answers_shorten_the_gaps_that_refusals_made(
    server: Server, connect: Connect, clock: TurningClock
) -> None:
    refused = Answer(429, headers={"Retry-After": "1"})
    server.script = [refused, refused, GOOD]
    session = connect()
    session.send(REQUEST)
    clock.waits.clear()
    for _ in range(6):
        session.send(REQUEST)
    gaps = clock.waits
    assert gaps
    assert gaps == sorted(gaps, reverse=True)
    assert len({*gaps}) == len(gaps), "each is shorter than the one before"
