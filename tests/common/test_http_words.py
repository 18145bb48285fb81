"""What a session says: of waits, ids, proxies, and credentials that others can read."""

from __future__ import annotations

import base64
import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from taps_common.errors import InterruptedRunError, StatusError, TapError
from taps_common.http.connections import connections, is_readable_by_others
from taps_common.http.rate_limit import RateLimit
from taps_common.http.request import Request
from taps_common.http.retries import time_of
from tests.common.doubles import Answer
from tests.common.runs import NOW, TurningClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from taps_common.http.session import Session
    from tests.common.doubles import Server

    Connect = Callable[..., Session]

REQUEST = Request("/tags")


def test_a_refusal_without_a_quota_does_not_speak_of_one(
    server: Server, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    session = connect(rate_limit=RateLimit(0.005), max_retries=0)
    server.script = [Answer(429)]
    with caplog.at_level(logging.INFO):
        session.send(REQUEST)
        session.send(REQUEST)
    (line,) = caplog.messages
    assert line == (
        "GET /tags answered 429 Too Many Requests; again in 300.0 s, at 12:35 UTC, in 5 minutes"
    )


def test_a_quota_of_an_hour_is_named(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    session = connect(rate_limit=RateLimit(per_hour=1))
    with caplog.at_level(logging.INFO):
        session.send(REQUEST)
        session.send(REQUEST)
    (line,) = caplog.messages
    assert line == "max_requests_per_hour is used up: going on at 13:30 UTC, in 60 minutes"


@pytest.mark.parametrize(
    ("after", "seconds", "says"),
    [
        (0, 300, "at 12:35 UTC, in 5 minutes"),
        (0, 300.5, "at 12:36 UTC, in 6 minutes"),
        (20, 300, "at 12:36 UTC, in 5 minutes"),
        (0, 60, "at 12:31 UTC, in a minute"),
        (0, 0.5, "at 12:31 UTC, in a minute"),
        (0, 61, "at 12:32 UTC, in 2 minutes"),
    ],
)
def test_a_time_is_rounded_up(after: float, seconds: float, says: str) -> None:
    assert time_of(NOW + timedelta(seconds=after), seconds) == says


def test_nothing_is_said_after_the_run_ended(
    server: Server, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """A thread may still be waiting for its answer when the last line is written."""

    class Ending(TurningClock):
        def monotonic(self) -> float:
            if server.seen:
                session.cancelled.set()
            return super().monotonic()

    session = connect(clock=Ending())
    server.script = [Answer(500)]
    caught: list[BaseException] = []

    def ask() -> None:
        try:
            session.send(REQUEST)
        except InterruptedRunError as error:
            caught.append(error)

    with caplog.at_level(logging.INFO):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert len(caught) == 1
    assert caplog.messages == []


def test_a_request_id_is_cleaned_and_cut(server: Server, connect: Connect) -> None:
    name = "\x1b[31mabc\xe9-" + "x" * 5000
    server.script = [Answer(404, headers={"X-Request-Id": name})]
    with pytest.raises(StatusError) as caught:
        connect().send(REQUEST)
    assert "[request id [31mabc-xxx" in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


# -- proxies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["http://", ""])
def test_the_user_of_a_proxy_is_unescaped(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("https_proxy", f"{scheme}us%40er:pa%2Fss%C3%BC@proxy.example:3128")
    manager = connections("https://api.example")
    pair = base64.b64encode("us@er:pa/ssü".encode()).decode()
    assert manager.proxy_headers == {"proxy-authorization": f"Basic {pair}"}  # type: ignore[attr-defined]
    assert str(manager.proxy).endswith("@proxy.example:3128")


@pytest.mark.parametrize(
    "proxy", ["http://u:s3cret@[bad", "socks5://u:s3cret@h", "http://u:s3cret@h:99999", "http://"]
)
def test_a_proxy_that_is_none_is_a_sentence(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(TapError, match="is not the address of an HTTP proxy") as caught:
        connect(base_url="http://api.example").send(REQUEST)
    assert "s3cret" not in str(caught.value)


# -- credentials on the way ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "readable"),
    [
        ("http://api.example/v1", True),
        ("http://10.0.0.7:8080", True),
        ("http://[2001:db8::1]", True),
        ("https://api.example", False),
        ("http://localhost:8080", False),
        ("http://clips.localhost", False),
        ("http://127.0.0.1:80", False),
        ("http://127.8.9.1", False),
        ("http://[::1]:80", False),
    ],
)
def test_who_can_read_what_is_sent(url: str, readable: bool) -> None:
    assert is_readable_by_others(url) == readable


def test_a_key_over_http_to_another_machine_is_warned_of_once(
    server: Server,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    session = connect(base_url="http://api.example")
    session.send(REQUEST)
    session.send(REQUEST)
    (line,) = caplog.messages
    assert line.startswith("api.example is asked over http://, where anybody on the way can read")
