"""How long to wait before a request is sent again, and when to give up."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import islice
from math import ceil
from typing import TYPE_CHECKING

import backoff

from taps_common.http.responses import retry_after

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

    from taps_common.clock import Clock
    from taps_common.http.rate_limit import RateLimit

MAX_WAIT = 60.0
"""Longest wait in seconds before a retry for which the server named no time."""

_MINUTE = timedelta(minutes=1)


class Retries:
    """Waits between the tries of a request.

    Args:
        limit: how often a request is sent again.
        rate_limit: what is known of the service's quota.
        clock: where time comes from.
    """

    def __init__(self, limit: int, rate_limit: RateLimit, clock: Clock) -> None:
        self._limit = limit
        self._rate_limit = rate_limit
        self._clock = clock

    def wait(
        self, response: BaseHTTPResponse | None, retries: int, *, allowed: bool
    ) -> float | None:
        """Return seconds to wait before the next try, or None to give up.

        A quota that is used up is waited for beyond the limit, if the settings say so.

        Args:
            response: what came; None if nothing did.
            retries: how often it was sent again so far.
            allowed: whether errors are retried at present.
        """
        asked = response is not None and retry_after(response, self._clock.now())
        asked = asked or None  # zero seconds would use up the retries at once
        refused = response is not None and response.status == HTTPStatus.TOO_MANY_REQUESTS
        limit = self._limit
        if refused and self._rate_limit.per_hour and asked is None:
            limit = min(1, limit)  # each try counts there
        if retries < limit and allowed:
            if asked is None:
                return _exponential(retries)
            return asked if self._rate_limit.accepts(asked) else None
        if not refused:
            return None
        patience = self._rate_limit.patience(max(0, retries - limit))
        return patience and max(patience, asked or 0.0)


def _exponential(retries: int) -> float:
    """Return 1, 2, 4 ... seconds, `MAX_WAIT` at most, and up to a second more at random."""
    waits = backoff.expo(max_value=MAX_WAIT)
    next(waits)  # it yields nothing at first
    return backoff.random_jitter(next(islice(waits, retries, None)))


def time_of(now: datetime, seconds: float) -> str:
    """Return when a wait ends, to the minute that is over by then, and in how many minutes."""
    minutes = max(1, ceil(seconds / 60))
    end = now + timedelta(seconds=seconds)
    at = end.replace(second=0, microsecond=0)
    at = at if at == end else at + _MINUTE
    return f"at {at:%H:%M} UTC, in {f'{minutes} minutes' if minutes > 1 else 'a minute'}"
