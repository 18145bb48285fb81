"""Requests against a real local server: retries, errors, redirects, cancellation."""

from __future__ import annotations

import email.utils
import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from taps_common.clock import SystemClock
from taps_common.errors import (
    InterruptedRunError,
    QuotaError,
    RequestError,
    StatusError,
    UnreachableError,
)
from taps_common.http.cost import Cost
from taps_common.http.rate_limit import RateLimit
from taps_common.http.request import Request
from tests.common.doubles import Answer
from tests.common.runs import PATIENCE, nobody

if TYPE_CHECKING:
    from collections.abc import Callable

    from taps_common.http.session import Session
    from tests.common.doubles import FakeClock, Server

    Connect = Callable[..., Session]

REQUEST = Request(
    "/workspaces/{workspaceId}/tags",
    {"workspaceId": "ident-value"},
    (("name", "query-value"), ("page", "1")),
)
TAGS = "/workspaces/ident-value/tags?name=query-value&page=1"
PRIVATE = ("ident-value", "query-value", "body-text", "key-secret")


def test_a_good_answer_brings_body_headers_and_cost(server: Server, connect: Connect) -> None:
    server.script = [Answer(body=b'[{"id":"1"}]', headers={"Last-Page": "true"})]
    cost = Cost()
    response = connect().send(REQUEST, cost)
    assert response.body == b'[{"id":"1"}]'
    assert response.headers["last-page"] == "true"
    assert (cost.requests, cost.size, cost.waited) == (1, 12, 0)


def test_the_request_is_what_was_asked_for(server: Server, connect: Connect) -> None:
    awkward = Request("/a/{x}", {"x": "b/c?d#e é"}, (("q", "a&b=c"), ("q", "ü")))
    connect().send(awkward)
    seen = server.seen[0]
    assert seen.target == "/a/b%2Fc%3Fd%23e%20%C3%A9?q=a%26b%3Dc&q=%C3%BC"
    assert seen.headers["X-Api-Key"] == "key-secret"
    assert seen.headers["User-Agent"] == "tap-test/1"
    assert seen.headers["Accept"] == "application/json"


# -- retries -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_an_error_that_may_pass_is_asked_again(
    server: Server, connect: Connect, clock: FakeClock, status: int
) -> None:
    server.script = [Answer(status), Answer(status), Answer(body=b"[1]")]
    cost = Cost()
    response = connect().send(REQUEST, cost)
    assert response.body == b"[1]"
    assert [seen.target for seen in server.seen] == [TAGS] * 3
    first, second = clock.waits
    assert 1 <= first < 2 <= second < 3
    assert cost.requests == 3
    assert cost.waited == pytest.approx(first + second)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 501])
def test_an_error_that_stays_is_not_asked_again(
    server: Server, connect: Connect, clock: FakeClock, status: int
) -> None:
    server.script = [Answer(status)]
    with pytest.raises(StatusError) as caught:
        connect().send(REQUEST)
    assert caught.value.status == status
    assert (len(server.seen), clock.waits) == (1, [])


def test_retry_after_in_seconds_is_obeyed(
    server: Server, connect: Connect, clock: FakeClock
) -> None:
    server.script = [
        Answer(429, headers={"Retry-After": "7"}),
        Answer(503, headers={"Retry-After": "0"}),
    ]
    connect().send(REQUEST)
    seven, backoff = clock.waits
    assert seven == 7.0
    assert 2 <= backoff < 3  # none at all would use up the retries in a moment


def test_retry_after_as_a_date_is_obeyed(
    server: Server, connect: Connect, clock: FakeClock
) -> None:
    ahead = email.utils.format_datetime(clock.now() + timedelta(seconds=42), usegmt=True)
    past = email.utils.format_datetime(clock.now() - timedelta(days=1), usegmt=True)
    server.script = [
        Answer(429, headers={"Retry-After": ahead}),
        Answer(429, headers={"Retry-After": past}),
    ]
    connect().send(REQUEST)
    ahead_by, backoff = clock.waits
    assert ahead_by == 42.0
    assert 2 <= backoff < 3  # this machine's clock may be ahead


@pytest.mark.parametrize("value", ["", "soon", "-1", ".", "1.2.3", "\xb2", "nan", "Tue, 99"])
def test_a_retry_after_that_makes_no_sense_is_ignored(
    server: Server, connect: Connect, clock: FakeClock, value: str
) -> None:
    server.script = [Answer(429, headers={"Retry-After": value})]
    connect().send(REQUEST)
    assert len(clock.waits) == 1
    assert 1 <= clock.waits[0] < 2


@pytest.mark.parametrize("zone", ["", " -0000"])
def test_a_retry_after_date_without_a_zone_is_utc(
    server: Server, connect: Connect, clock: FakeClock, zone: str
) -> None:
    ahead = (clock.now() + timedelta(seconds=42)).strftime("%a, %d %b %Y %H:%M:%S")
    server.script = [Answer(429, headers={"Retry-After": ahead + zone})]
    connect().send(REQUEST)
    assert clock.waits == [42.0]


def test_a_retry_after_no_clock_can_wait_for_does_not_crash(
    server: Server, connect: Connect
) -> None:
    session = connect(clock=SystemClock(), max_retries=1)
    server.script = [Answer(503, headers={"Retry-After": "9" * 30})] * 2

    def closing() -> None:
        server.targets(1)
        session.close()

    thread = threading.Thread(target=closing)
    thread.start()
    with pytest.raises((RequestError, InterruptedRunError)):
        session.send(REQUEST)
    thread.join()


def test_retries_end_and_the_error_says_how_many(server: Server, connect: Connect) -> None:
    server.script = [Answer(503)] * 9
    with pytest.raises(StatusError, match="503 Service Unavailable after 3 tries"):
        connect().send(REQUEST)
    assert len(server.seen) == 3


def test_backoff_grows_up_to_a_minute(server: Server, connect: Connect, clock: FakeClock) -> None:
    server.script = [Answer(500)] * 9
    connect(max_retries=9).send(REQUEST)
    whole = [int(wait) for wait in clock.waits]
    assert whole == [1, 2, 4, 8, 16, 32, 60, 60, 60]


# -- quotas --------------------------------------------------------------------------------------


def test_a_quota_is_waited_for_long_after_ordinary_retries(
    server: Server, connect: Connect, clock: FakeClock
) -> None:
    server.script = [Answer(429)] * 5
    connect(max_retries=2).send(REQUEST)
    assert clock.waits[2:] == [300.0, 300.0, 300.0]


def test_retries_do_not_use_up_a_quota_by_the_hour(
    server: Server, connect: Connect, clock: FakeClock
) -> None:
    server.script = [Answer(429)] * 3
    connect(max_retries=5, rate_limit=RateLimit(per_hour=30)).send(REQUEST)
    assert 1 <= clock.waits[0] < 2
    assert clock.waits[1:] == [300.0, 300.0]


def test_a_long_wait_for_a_quota_obeys_retry_after(
    server: Server, connect: Connect, clock: FakeClock
) -> None:
    server.script = [Answer(429, headers={"Retry-After": "1800"})] * 2
    connect(max_retries=1).send(REQUEST)
    assert clock.waits == [1800.0, 1800.0]


def test_patience_for_a_quota_ends_after_about_an_hour(
    server: Server, connect: Connect, clock: FakeClock
) -> None:
    server.script = [Answer(429)] * 40
    with pytest.raises(QuotaError, match="429 Too Many Requests after 16 tries"):
        connect(max_retries=2).send(REQUEST)
    assert 3600 < sum(clock.waits) < 2 * 3600


def test_with_stop_a_quota_is_not_waited_for(
    server: Server, connect: Connect, clock: FakeClock
) -> None:
    server.script = [Answer(429, headers={"Retry-After": "3000"})]
    with pytest.raises(QuotaError):
        connect(rate_limit=RateLimit(wait=False)).send(REQUEST)
    assert clock.waits == []


def test_with_stop_a_short_retry_after_is_waited_for(
    server: Server, connect: Connect, clock: FakeClock
) -> None:
    server.script = [Answer(429, headers={"Retry-After": "30"})]
    connect(rate_limit=RateLimit(wait=False)).send(REQUEST)
    assert clock.waits == [30.0]


def test_the_hourly_limit_waits_before_it_asks(
    server: Server, connect: Connect, clock: FakeClock
) -> None:
    session = connect(rate_limit=RateLimit(per_hour=2))
    costs = [Cost(), Cost(), Cost()]
    for cost in costs:
        session.send(REQUEST, cost)
    assert clock.waits == [3600.0]
    assert [cost.waited for cost in costs] == [0, 0, 3600.0]
    assert len(server.seen) == 3


def test_the_hourly_limit_stops_without_asking(server: Server, connect: Connect) -> None:
    session = connect(rate_limit=RateLimit(per_hour=2, wait=False))
    session.send(REQUEST)
    session.send(REQUEST)
    with pytest.raises(
        QuotaError, match=r"max_requests_per_hour.*run again at [0-9:]{5} UTC, in 61 minutes"
    ):
        session.send(REQUEST)
    assert len(server.seen) == 2


def test_retries_count_against_the_hourly_limit(
    server: Server, connect: Connect, clock: FakeClock
) -> None:
    server.script = [Answer(500), Answer(500)]
    connect(rate_limit=RateLimit(per_hour=2)).send(REQUEST)
    assert sum(clock.waits) == pytest.approx(3600.0)


# -- answers that are not usable ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(body=b'[{"id":"body-text"}]', cut=5), "breaks off"),
        (Answer(body=b'[{"id":"body-text"},{"id'), "not JSON, or breaks off"),
        (Answer(body=b"body-text"), "not JSON, or breaks off"),
        (Answer(body=b""), "answered with nothing"),
        (Answer(body=b" \n"), "answered with nothing"),
        (Answer(204, body=b""), "answered with nothing"),
        (Answer(reset=True), "could not be reached, or closed the connection"),
        (Answer(body=b"body-text", headers={"Content-Encoding": "gzip"}), "breaks off"),
    ],
)
def test_a_broken_answer_is_asked_again_and_then_an_error(
    server: Server, connect: Connect, answer: Answer, says: str
) -> None:
    server.script = [answer, answer]
    assert connect().send(REQUEST).body == b"[]"
    server.script = [answer] * 9
    with pytest.raises(UnreachableError) as caught:
        connect().send(REQUEST)
    assert says in str(caught.value)
    assert "after 3 tries" in str(caught.value)
    assert not [word for word in PRIVATE if word in str(caught.value)]


def test_a_web_page_is_an_error_at_once(server: Server, connect: Connect) -> None:
    server.script = [Answer(body=b"\n<html>body-text</html>")]
    with pytest.raises(UnreachableError, match="a web page instead of JSON") as caught:
        connect().send(REQUEST)
    assert len(server.seen) == 1
    assert "body-text" not in str(caught.value)


def test_a_server_that_does_not_answer_is_named_by_its_timeout(
    connect: Connect, server: Server
) -> None:
    session = connect(timeout=0.05, max_retries=0)
    original, hold = server.answer, threading.Event()

    def slowly(handler: object) -> None:
        hold.wait(PATIENCE)
        original(handler)  # type: ignore[arg-type]  # as it came

    server.answer = slowly  # type: ignore[method-assign]  # a double
    with pytest.raises(UnreachableError, match=r"did not answer within 0\.05 s"):
        session.send(REQUEST)
    hold.set()


def test_nobody_listens(connect: Connect) -> None:
    with nobody() as address:
        session = connect(base_url=address, max_retries=1)
        with pytest.raises(UnreachableError, match="could not be reached") as caught:
            session.send(REQUEST)
    assert address in str(caught.value)


# -- redirects -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_origin_is_followed(
    server: Server, connect: Connect, status: int
) -> None:
    server.script = [Answer(status, headers={"Location": "/elsewhere?x=1"}), Answer(body=b"[1]")]
    assert connect().send(REQUEST).body == b"[1]"
    assert [seen.target for seen in server.seen] == [TAGS, "/elsewhere?x=1"]
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
def test_a_redirect_to_another_origin_is_refused_before_anything_is_sent_there(
    server: Server, other_server: Server, connect: Connect, location: str
) -> None:
    own, other = (one.url.removeprefix("http://") for one in (server, other_server))
    target = location.format(own=own, other=other)
    server.script = [Answer(302, body=b"body-text", headers={"Location": target})]
    with pytest.raises(StatusError, match="credentials are sent to the configured address only"):
        connect().send(REQUEST)
    assert other_server.seen == []
    assert len(server.seen) == 1


def test_a_redirect_is_named_without_what_its_address_holds(
    server: Server, connect: Connect
) -> None:
    private = "http://user:body-text@elsewhere.example/body-text?x=body-text"
    server.script = [Answer(302, headers={"Location": private})]
    with pytest.raises(StatusError, match=r"elsewhere\.example") as caught:
        connect().send(REQUEST)
    assert "body-text" not in str(caught.value)


def test_redirects_in_a_circle_end(server: Server, connect: Connect) -> None:
    server.script = [Answer(302, headers={"Location": "/round"})] * 99
    with pytest.raises(StatusError, match="redirects to itself"):
        connect().send(REQUEST)
    assert len(server.seen) <= 10


# -- threads -------------------------------------------------------------------------------------


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


def test_credentials_of_the_environment_are_not_sent(
    server: Server, connect: Connect, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w", encoding="utf-8") as file:  # noqa: PTH123 - a text
        file.write("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", netrc)
    connect().send(REQUEST)
    assert "Authorization" not in server.seen[0].headers


def test_closing_wakes_a_thread_that_waits(server: Server, connect: Connect) -> None:
    session = connect(clock=SystemClock())
    server.script = [Answer(429, headers={"Retry-After": "3000"})]
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


def test_nothing_is_sent_after_closing(server: Server, connect: Connect) -> None:
    session = connect()
    session.close()
    with pytest.raises(InterruptedRunError):
        session.send(REQUEST)
    assert server.seen == []


# -- what is said --------------------------------------------------------------------------------


def test_an_error_names_what_a_person_needs(server: Server, connect: Connect) -> None:
    server.script = [
        Answer(
            403,
            body=b'{"code":4030,"message":"body-text"}',
            headers={"X-Request-Id": "req-1"},
        )
    ]
    with pytest.raises(StatusError) as caught:
        connect().send(REQUEST, cost := Cost())
    assert str(caught.value) == (
        f"GET /workspaces/{{workspaceId}}/tags at {server.url} answered 403 Forbidden (code 4030) "
        "[request id req-1]. Advice for 403 and 4030."
    )
    assert caught.value.code == 4030
    assert cost.requests == 1


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


def everything_that_can_be_said(server: Server, connect: Connect) -> list[str]:
    private = b'{"message":"body-text"}'
    said = []
    for script in (
        [Answer(429, body=private, headers={"Retry-After": "1"}), Answer(500, body=private)],
        [Answer(500, body=private)] * 3,
        [Answer(404, body=private)],
        [Answer(reset=True)] * 3,
        [Answer(body=private, cut=3)] * 3,
        [Answer(body=b"<body-text>")],
        [Answer(302, body=private, headers={"Location": "/body-text?query-value"})],
        [Answer(302, body=private, headers={"Location": "http://other.example/body-text"})],
    ):
        server.script = list(script)
        try:
            connect().send(REQUEST, cost := Cost())
        except RequestError as error:
            said.append(f"{error} {error!r} {error.__cause__!r} {cost}")
    assert len(said) == 6
    return said


def test_no_error_and_no_line_of_the_session_holds_anything_private(
    server: Server, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="tap-test")
    said = everything_that_can_be_said(server, connect)
    lines = [record.getMessage() for record in caplog.records if record.name == "tap-test"]
    assert len(lines) == 8  # one per retry
    assert not [text for text in said + lines for word in PRIVATE if word in text]


def test_no_library_logs_anything_private_at_any_level(
    server: Server, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """`LOGLEVEL=debug` turns on the lines of every library that the session stands on."""
    caplog.set_level(logging.DEBUG)
    everything_that_can_be_said(server, connect)
    assert not [
        (record.name, word)
        for record in caplog.records
        for word in PRIVATE
        if word in record.getMessage()
    ]
