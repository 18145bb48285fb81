"""Time as a thing that is passed in, so that tests can freeze and turn it."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock(Protocol):
    """Where "now" comes from, and the only place that waits."""

    def now(self) -> datetime:
        """Return the present, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards, from an arbitrary start."""

    def wait(self, seconds: float, cancelled: threading.Event) -> None:
        """Wait that long, or until the event is set."""

    def call_after(self, seconds: float, function: Callable[[], object]) -> None:
        """Call a function that much later, from another thread."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present, in UTC."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """Return seconds since an arbitrary start."""
        return time.monotonic()

    def wait(self, seconds: float, cancelled: threading.Event) -> None:
        """Sleep that long, or until the event is set."""
        cancelled.wait(seconds)

    def call_after(self, seconds: float, function: Callable[[], object]) -> None:
        """Call a function that much later, from a thread that does not keep the process alive."""
        timer = threading.Timer(seconds, function)
        timer.daemon = True
        timer.start()
