"""A small company in a sandbox per test, with the tap pointed at it."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, Any

import pytest

import sandbox
from tests.clicktime.runs import NOW, Account
from tests.common.doubles import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def start() -> Iterator[Callable[..., Account]]:
    """Start further companies, with options of `sandbox.start`."""
    with contextlib.ExitStack() as stack:

        def starting(**options: Any) -> Account:  # noqa: ANN401 - options of `sandbox.start`
            given: dict[str, Any] = {"now": NOW, "entries": 300} | options
            return Account(stack.enter_context(sandbox.start(**given)))

        yield starting


@pytest.fixture
def account(start: Callable[..., Account]) -> Account:
    """A company with 25 users and 300 time entries."""
    return start()


@pytest.fixture
def elsewhere() -> Iterator[Server]:
    """Another server on this machine, which keeps what it is asked; it answers empty lists."""
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def other_server() -> Iterator[Server]:
    """One more such server."""
    server = Server()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def own_signal_handlers() -> Iterator[None]:
    """A tap takes the handlers of SIGINT and SIGTERM; give them back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)
