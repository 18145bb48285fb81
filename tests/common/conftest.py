"""Fixtures of the tests of `taps_common`; what they are made of is in `doubles`."""

from __future__ import annotations

import logging
import signal
from typing import TYPE_CHECKING, Any

import pytest

from taps_common.http import Service, Session
from taps_common.pace import Pace
from tests.common.doubles import FakeClock, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(autouse=True)
def own_signal_handlers() -> Iterator[None]:
    """A tap takes the handlers of SIGINT and SIGTERM; give them back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.stop()


@pytest.fixture
def other_server() -> Iterator[Server]:
    one = Server()
    yield one
    one.stop()


@pytest.fixture
def connect(server: Server, clock: FakeClock) -> Callable[..., Session]:
    """Make sessions with the server; they take what differs from the ordinary."""

    def connecting(**options: Any) -> Session:  # noqa: ANN401 - options of `Session`
        service = Service(
            options.pop("base_url", server.url),
            options.pop("credentials", {"X-Api-Key": "key-secret"}),
            lambda status, code: f"Advice for {status} and {code}.",
        )
        ordinary: dict[str, Any] = {
            "user_agent": "tap-test/1",
            "timeout": 5.0,
            "max_retries": 2,
            "pace": Pace(),
            "clock": clock,
            "logger": logging.getLogger("tap-test"),
        }
        return Session(service, **(ordinary | options))

    return connecting
