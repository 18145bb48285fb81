"""Fixtures of the tests of `taps_common`; what they are made of is in `doubles`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.common.doubles import session_with
from tests.common.runs import TurningClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from taps_common.http.session import Session
    from tests.common.doubles import Server


@pytest.fixture
def clock() -> TurningClock:
    return TurningClock()


@pytest.fixture
def connect(server: Server, clock: TurningClock) -> Callable[..., Session]:
    """Make sessions with the server; they take what differs from the ordinary."""

    def connecting(**options: Any) -> Session:
        return session_with(**{"base_url": server.url, "clock": clock, **options})

    return connecting
