"""When the next request may be sent: so many a second, so many an hour."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

HOUR = 3600.0

PATIENCE = (300.0,) * 13
"""Waits in seconds through an hour's quota that is used up: 65 minutes, asking every 5."""

CALM = 60.0
"""Seconds after a refusal for too many requests within which another one slows the run down."""

FIRST_GAP, LONGEST_GAP = 0.1, 10.0
"""Seconds between requests that are refused for their number: at first, and at most."""

SPEED_UP = 0.9
"""What each good response leaves of a gap that is longer than the limit asks for."""


@dataclass
class _Origin:
    """What is known of one host.

    Attributes:
        gap: seconds between two requests.
        next: when the next request may be sent.
        refused: until when requests were held back after the last refusal.
    """

    gap: float
    next: float = float("-inf")
    refused: float = float("-inf")


class RateLimit:
    """A limit shared by all threads of a run: a second's is per host, an hour's is for all.

    Args:
        per_second: requests a second, or None for no limit.
        per_hour: requests in any 60 minutes, or None for no limit.
        wait: wait for the hour's quota to open again; otherwise give up when it is used up.
        hourly: whether the service is known to count requests by the hour, so that waiting out an
            hour helps where it names no time.
        is_check: whether `--check` asks: not even minutes are waited that the service asks for.

    Attributes:
        per_hour: as it was given.
        is_check: as it was given.
        closed_for: seconds that the hour's quota stays closed, as of the last turn that was not
            given.
    """

    def __init__(
        self,
        per_second: float | None = None,
        per_hour: int | None = None,
        *,
        wait: bool = True,
        hourly: bool = True,
        is_check: bool = False,
    ) -> None:
        self._gap = 1 / per_second if per_second else 0.0
        self.per_hour = per_hour
        self._wait = wait and not is_check
        self._longest = LONGEST_GAP if is_check else PATIENCE[0]
        self.is_check = is_check
        self._hourly = hourly
        self._sent: deque[float] = deque()
        self._origins: dict[Hashable, _Origin] = {}
        self._lock = threading.Lock()
        self.closed_for = HOUR

    def recall(self, sent: Iterable[float]) -> None:
        """Take requests into account that an earlier run sent.

        Args:
            sent: when, in the seconds of the monotonic clock.
        """
        with self._lock:
            self._sent.extend(sorted(sent))

    def sent(self, now: float) -> list[float]:
        """Return when the requests of the last hour were sent, without those that wait for it."""
        with self._lock:
            return [timestamp for timestamp in self._sent if now - HOUR < timestamp <= now]

    def reserve(self, now: float, origin: Hashable = "") -> float | None:
        """Take the next turn; return how many seconds off it is, or None if it may not be had.

        Args:
            now: the present, in the seconds of a monotonic clock.
            origin: the host that the request goes to.
        """
        with self._lock:
            host = self._host(origin)
            while self._sent and self._sent[0] <= now - HOUR:
                self._sent.popleft()
            turn = self._turn(now, host)
            if turn > max(now, host.next) and not self._wait:
                self.closed_for = turn - now
                return None
            if self.per_hour:
                self._sent.append(turn)
            host.next = turn + host.gap
            return turn - now

    def is_used_up(self, now: float) -> bool:
        """Return whether the hour's quota is what keeps the next request back."""
        with self._lock:
            return self._opens() > now

    def refused(self, now: float, wait: float, origin: Hashable = "") -> None:
        """Hold everybody back who asks a host that had too many requests.

        If that happens again soon, there is a longer gap between requests from then on.

        Args:
            now: when it said so.
            wait: seconds until it is asked again.
            origin: the host.
        """
        with self._lock:
            host = self._host(origin)
            if host.refused <= now < host.refused + CALM:
                host.gap = min(LONGEST_GAP, max(FIRST_GAP, 2 * host.gap))
            host.next = max(host.next, now + wait)
            host.refused = max(host.refused, now + wait)

    def answered(self, origin: Hashable = "") -> None:
        """Speed up again after a good response, up to the limit."""
        with self._lock:
            host = self._host(origin)
            if host.gap > self._gap:
                shorter = host.gap * SPEED_UP
                host.gap = max(self._gap, shorter if shorter > FIRST_GAP / 10 else 0.0)

    def _turn(self, now: float, host: _Origin) -> float:
        """Return when the next request may be sent, by what its host and the hour allow."""
        return max(now, host.next, self._opens())

    def _opens(self) -> float:
        """Return when the hour allows a request, those considered that wait for their turn."""
        limit = self.per_hour
        full = limit is not None and len(self._sent) >= limit
        return self._sent[-limit] + HOUR if limit and full else float("-inf")

    def _host(self, origin: Hashable) -> _Origin:
        return self._origins.setdefault(origin, _Origin(self._gap))

    def accepts(self, seconds: float) -> bool:
        """Return whether a wait that the server asks for is waited: an hour's only if told to."""
        return self._wait or seconds <= self._longest

    def patience(self, waits: int) -> float | None:
        """Return the next long wait after ordinary retries were in vain, or None for no more.

        Args:
            waits: how many long waits there were already.
        """
        if not self._wait or not self._hourly or waits >= len(PATIENCE):
            return None
        return PATIENCE[waits]
