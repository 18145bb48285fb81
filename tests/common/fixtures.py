"""Fixtures of the tests of several folders."""

from __future__ import annotations

import contextlib
import gc
import logging
import signal
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any

import pytest

import sandbox
from tests.common.doubles import Server
from tests.common.runs import NOW, AnyAccount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(autouse=True)
def own_signal_handlers() -> Iterator[None]:
    """A tap takes the handlers of SIGINT and SIGTERM; give them back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def own_hooks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A command takes the hooks for what is logged and for errors; give them back."""
    hooks: list[tuple[Any, str]] = [
        (sys, "excepthook"),
        (sys, "unraisablehook"),
        (threading, "excepthook"),
        (warnings, "formatwarning"),
        (logging, "raiseExceptions"),
    ]
    for module, name in hooks:
        monkeypatch.setattr(module, name, getattr(module, name))
    factory = logging.getLogRecordFactory()
    loggers = map(logging.getLogger, [*logging.root.manager.loggerDict])
    filters = {logger: [*logger.filters] for logger in loggers}
    yield
    logging.setLogRecordFactory(factory)
    for logger, kept in filters.items():
        logger.filters[:] = kept


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_open() -> Iterator[None]:
    """Have a file that was left open found here, not in any test that runs later."""
    yield
    gc.collect()


@pytest.fixture
def start(kind_of_account: type[AnyAccount]) -> Iterator[Callable[..., AnyAccount]]:
    """Start further sandboxes, with options of `sandbox.start`, with the folder's tap at them."""
    with contextlib.ExitStack() as stack:

        def starting(**options: Any) -> AnyAccount:
            given: dict[str, Any] = {"now": NOW, "entries": 300} | options
            return kind_of_account(stack.enter_context(sandbox.start(**given)))

        yield starting


@pytest.fixture
def account(start: Callable[..., AnyAccount]) -> AnyAccount:
    """A sandbox per test, with the folder's tap pointed at it."""
    return start()


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on this machine, which keeps what it is asked; it answers empty lists."""
    one = Server()
    yield one
    one.stop()


@pytest.fixture
def other_server() -> Iterator[Server]:
    """One more such server."""
    one = Server()
    yield one
    one.stop()
