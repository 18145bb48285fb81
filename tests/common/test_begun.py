"""Requests on their way before their answers are asked for: one worker without a thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from taps_common.errors import InterruptedRunError, StatusError
from taps_common.sync.concurrency import Workers, drive
from taps_common.http.request import Request
from taps_common.http.rate_limit import HOUR, RateLimit
from tests.common.doubles import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from taps_common.sync.concurrency import Walk
    from taps_common.http.session import Session
    from tests.common.doubles import FakeClock, Server

    Connect = Callable[..., Session]

FIRST, SECOND, OTHER = Request("/first"), Request("/second"), Request("/other")


def opened(connect: Connect, **options: object) -> Session:
    """Return a session that has asked once, so that a connection is open."""
    session = connect(**options)
    session.send(FIRST)
    return session


def test_a_request_that_was_begun_is_sent_once_and_before_it_is_asked_for(
    server: Server, connect: Connect
) -> None:
    session = opened(connect)
    server.echo = True
    assert session.begin(SECOND)
    assert server.targets(2) == ["/first", "/second"]
    answer = session.send(SECOND)
    assert answer.body == b'["/second"]'
    assert answer.cost.requests == 1
    assert session.send(OTHER).body == b'["/other"]'
    assert server.targets(3) == ["/first", "/second", "/other"]
    assert len({seen.port for seen in server.seen}) == 1
    assert server.seen[1].headers == server.seen[0].headers


@pytest.mark.parametrize(
    "path", ["/a/{x}", "/a b/{x}", "/%7e/%C3%BC/{x}/../y", "//{x}", "/{x}?$filter=a eq 'b'"]
)
def test_an_awkward_address_is_sent_once_too(server: Server, connect: Connect, path: str) -> None:
    """`urllib3` puts addresses into order before it sends them."""
    session = opened(connect)
    server.echo = True
    awkward = Request(path, {"x": "b/c?d#e é"}, (("q", "a&b=c"), ("q", "ü")))
    assert session.begin(awkward)
    session.send(awkward)
    linked = Request("/next", link=f"{server.url}/next?$skiptoken='a b'&x=ü%c3|<>#end")
    assert session.begin(linked)
    session.send(linked)
    assert len(server.seen) == 3


def test_another_request_gets_its_own_answer_at_once(
    server: Server, connect: Connect, clock: FakeClock
) -> None:
    session = opened(connect)
    server.echo = True
    assert session.begin(SECOND)
    assert session.send(OTHER).body == b'["/other"]'
    assert session.send(SECOND).body == b'["/second"]'
    assert clock.waits == []


def test_nothing_is_begun_without_an_open_connection(server: Server, connect: Connect) -> None:
    session = connect()
    assert not session.begin(FIRST)
    assert server.seen == []
    server.script = [Answer(headers={"Connection": "close"})]
    session.send(FIRST)
    assert not session.begin(SECOND)
    assert session.send(SECOND).body == b"[]"
    assert server.targets(2) == ["/first", "/second"]


def test_nothing_is_begun_before_its_turn(
    server: Server, connect: Connect, clock: FakeClock
) -> None:
    session = opened(connect, pace=RateLimit(4))
    assert not session.begin(SECOND)
    session.send(SECOND)
    assert clock.waits == [0.25]
    clock.turn(1)
    assert session.begin(OTHER)
    session.send(OTHER)
    assert clock.waits == [0.25]
    assert len(server.seen) == 3


def test_what_was_begun_counts_in_the_hour(connect: Connect, clock: FakeClock) -> None:
    pace = RateLimit(per_hour=2)
    session = opened(connect, pace=pace)
    assert session.begin(SECOND)
    session.send(SECOND)
    assert len(pace.sent(clock.monotonic())) == 2
    assert not session.begin(OTHER)
    clock.turn(HOUR)
    assert session.begin(OTHER)


def test_nothing_is_begun_at_another_origin(
    server: Server, other_server: Server, connect: Connect
) -> None:
    session = opened(connect)
    assert not session.begin(Request("/next", link=f"{other_server.url}/next"))
    assert (len(server.seen), other_server.seen) == (1, [])


def test_nothing_is_begun_through_a_proxy_that_forwards(
    server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")
    session = opened(connect, base_url="http://service.example")
    assert not session.begin(SECOND)
    assert server.targets(1) == ["http://service.example/first"]


@pytest.mark.parametrize("broken", [Answer(reset=True), Answer(body=b"[1, 2]", cut=3)])
def test_an_answer_that_breaks_is_asked_for_again(
    server: Server, connect: Connect, clock: FakeClock, broken: Answer
) -> None:
    session = opened(connect)
    server.script = [broken, Answer(body=b"[2]")]
    assert session.begin(SECOND)
    assert server.targets(2) == ["/first", "/second"]
    answer = session.send(SECOND)
    assert (answer.body, answer.cost.requests) == (b"[2]", 2)
    assert len(clock.waits) == 1


def test_a_refusal_is_the_same_error(server: Server, connect: Connect) -> None:
    session = opened(connect)
    server.script = [Answer(403)]
    assert session.begin(SECOND)
    with pytest.raises(StatusError, match=r"GET /second at .* answered 403 Forbidden"):
        session.send(SECOND)
    assert session.begin(OTHER)
    assert session.send(OTHER).body == b"[]"


def test_a_redirect_is_followed(server: Server, connect: Connect) -> None:
    session = opened(connect)
    server.script = [Answer(302, headers={"Location": "/elsewhere"}), Answer(body=b"[3]")]
    assert session.begin(SECOND)
    assert session.send(SECOND).body == b"[3]"
    assert server.targets(3) == ["/first", "/second", "/elsewhere"]


def test_a_run_that_was_cancelled_does_not_take_what_is_on_its_way(connect: Connect) -> None:
    session = opened(connect)
    assert session.begin(SECOND)
    session.close()
    with pytest.raises(InterruptedRunError):
        session.send(SECOND)


def test_a_run_that_was_cancelled_begins_nothing(server: Server, connect: Connect) -> None:
    session = opened(connect)
    session.close()
    assert not session.begin(SECOND)
    connect().send(OTHER)  # until that is answered, the other would have come too
    assert server.targets(2) == ["/first", "/other"]


# -- one worker ----------------------------------------------------------------------------------


def crew(session: Session) -> Workers:
    return Workers(session.send, 1, threading.Event(), begin=session.begin)


def test_the_next_page_is_on_its_way_while_one_is_written(server: Server, connect: Connect) -> None:
    server.echo = True
    before = set(threading.enumerate())
    asked: list[tuple[str, list[str]]] = []

    def walk(name: str) -> Walk:
        for page in range(3):
            path = f"/{name}/{page}"
            response = yield Request(path)
            assert response.body == f'["{path}"]'.encode()
            asked.append((path, server.targets(min(6, len(asked) + 2))))

    workers = crew(connect())
    assert list(drive([("a", walk("a")), ("b", walk("b"))], workers)) == [("a", None), ("b", None)]
    order = ["/a/0", "/b/0", "/a/1", "/b/1", "/a/2", "/b/2"]
    assert asked == [(path, order[: number + 2]) for number, path in enumerate(order)]
    assert {thread for thread in threading.enumerate() if "_work" in thread.name} <= before


def test_a_question_between_pages_takes_nothing_away(server: Server, connect: Connect) -> None:
    server.echo = True
    workers = crew(connect())

    def walk(name: str) -> Walk:
        for page in range(2):
            response = yield Request(f"/{name}/{page}")
            assert response.body == f'["/{name}/{page}"]'.encode()
            if (name, page) in {("a", 0), ("b", 1)}:
                assert workers.send(Request(f"/question/{name}")).body

    assert list(drive([("a", walk("a")), ("b", walk("b"))], workers)) == [("a", None), ("b", None)]
    asked = ["/a/0", "/b/0", "/question/a", "/a/1", "/b/1", "/question/b"]
    assert server.targets(6) == asked
    assert len({seen.port for seen in server.seen}) == 1


def test_an_error_that_came_before_a_question_is_its_walks(
    server: Server, connect: Connect
) -> None:
    server.script = [Answer(), Answer(404), Answer(body=b"[1]")]
    workers = crew(connect())

    def asking() -> Walk:
        yield Request("/a")
        assert workers.send(OTHER).body == b"[1]"

    def refused() -> Walk:
        yield Request("/b")

    ends = dict(drive([("asking", asking()), ("refused", refused())], workers))
    assert ends["asking"] is None
    assert isinstance(ends["refused"], StatusError)
    assert server.targets(3) == ["/a", "/b", "/other"]


def test_what_an_abandoned_reading_left_on_its_way_harms_nothing(
    server: Server, connect: Connect
) -> None:
    server.echo = True
    workers = crew(connect())

    def walk(name: str) -> Walk:
        response = yield Request(f"/{name}")
        assert response.body == f'["/{name}"]'.encode()

    assert next(drive([("a", walk("a")), ("b", walk("b"))], workers)) == ("a", None)
    assert server.targets(2) == ["/a", "/b"]
    assert list(drive([("d", walk("d")), ("e", walk("e"))], workers)) == [("d", None), ("e", None)]
