"""When the next request may be sent: so many a second, so many an hour."""

from __future__ import annotations

import threading
from collections import deque

HOUR = 3600.0

PATIENCE = (300.0,) * 13
"""Waits in seconds through an hour's quota that is used up: 65 minutes, asking every 5."""


class Pace:
    """A limit shared by all threads of a run.

    Args:
        per_second: requests a second, or None for no limit.
        per_hour: requests in any 60 minutes, or None for no limit.
        wait: wait for the hour's quota to open again; otherwise give up when it is used up.
        hourly: whether the service is known to count requests by the hour, so that waiting out an
            hour helps where it names no time.
    """

    def __init__(
        self,
        per_second: float | None = None,
        per_hour: int | None = None,
        *,
        wait: bool = True,
        hourly: bool = True,
    ) -> None:
        self._gap = 1 / per_second if per_second else 0.0
        self._per_hour = per_hour
        self._wait = wait
        self._hourly = hourly
        self._sent: deque[float] = deque(maxlen=per_hour)
        self._next = float("-inf")
        self._lock = threading.Lock()
        self._closed_for = HOUR

    def reserve(self, now: float) -> float | None:
        """Take the next turn; return how many seconds off it is, or None if it may not be had.

        Args:
            now: the present, in the seconds of a monotonic clock.
        """
        with self._lock:
            turn = max(now, self._next)
            if self._per_hour and len(self._sent) == self._per_hour:
                opens = self._sent[0] + HOUR
                if opens > turn and not self._wait:
                    self._closed_for = opens - now
                    return None
                turn = max(turn, opens)
            if self._per_hour:
                self._sent.append(turn)
            self._next = turn + self._gap
            return turn - now

    def opens_in(self) -> str:
        """Return in words how long the hour's quota stays closed."""
        minutes = int(self._closed_for // 60) + 1
        return f"{minutes} minutes" if minutes > 1 else "a minute"

    def accepts(self, seconds: float) -> bool:
        """Tell whether a wait that the server asks for is waited: an hour's only if told to."""
        return self._wait or seconds <= PATIENCE[0]

    def patience(self, waits: int) -> float | None:
        """Return the next long wait after ordinary retries were in vain, or None for no more.

        Args:
            waits: how many long waits there were already.
        """
        if not self._wait or not self._hourly or waits >= len(PATIENCE):
            return None
        return PATIENCE[waits]
