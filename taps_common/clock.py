"""Time as a thing that is passed in, so that tests can freeze and turn it."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from threading import Event


class Clock(Protocol):
    """Where "now" comes from, and the only place that waits."""

    def now(self) -> datetime:
        """Return the present moment, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards, from an arbitrary start."""

    def wait(self, seconds: float, cancelled: Event) -> None:
        """Wait that long, or until the event is set."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """Return seconds since an arbitrary start."""
        return time.monotonic()

    def wait(self, seconds: float, cancelled: Event) -> None:
        """Sleep that long, or until the event is set."""
        cancelled.wait(seconds)
