"""Fixtures of the tests of `taps_common`; what they are made of is in `doubles`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from taps_common.http.rate_limit import RateLimit
from taps_common.http.request import Service
from taps_common.http.session import Limits, Session
from tests.common.runs import PATIENCE, TurningClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.common.doubles import Server


@pytest.fixture
def clock() -> TurningClock:
    return TurningClock()


@pytest.fixture
def connect(server: Server, clock: TurningClock) -> Callable[..., Session]:
    """Make sessions with the server; they take what differs from the ordinary."""

    def connecting(**options: Any) -> Session:
        service = Service(
            options.pop("base_url", server.url),
            options.pop("credentials", {"X-Api-Key": "key-secret"}),
            lambda status, code: f"Advice for {status} and {code}.",
        )
        ordinary: dict[str, Any] = {
            "user_agent": "tap-test/1",
            "limits": Limits(
                timeout=options.pop("timeout", PATIENCE),
                deadline=options.pop("deadline", 2 * PATIENCE),
                size=options.pop("max_bytes", 1 << 26),
            ),
            "max_retries": 2,
            "rate_limit": RateLimit(),
            "clock": clock,
            "logger": logging.getLogger("tap-test"),
        }
        return Session(service, **(ordinary | options))

    return connecting
