"""How far a run is, and the log line that says so."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taps_common.http.cost import Cost, counted

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator

    from taps_common.clock import Clock
    from taps_common.http.rate_limit import RateLimit
    from taps_common.http.session import Session

REPORT_EVERY = 30.0
"""Seconds between two lines of a run."""

MINUTE, HOUR = 60, 3600


@dataclass
class Series:
    """What is read one after another: the scopes of a stream, the partitions of a scope.

    Attributes:
        name: what one of them is called, such as "member".
        total: how many there are.
        done: how many were read.
    """

    name: str
    total: int
    done: int = 0

    def __str__(self) -> str:
        """Return which one is being read; nothing where there is only one."""
        at = min(self.done + 1, self.total)
        return f"{self.name} {at:,} of {self.total:,}, " if self.total > 1 else ""


@dataclass
class Progress:
    """How far the read of one stream is.

    Attributes:
        name: name of the stream whose endpoint is read.
        cost: what its requests cost so far.
        rows: rows read so far.
        partitions: partitions read so far (workspaces, members, projects ...).
        seconds: how long it took so far.
        scopes: which of its scopes is read.
        parts: which partition of that is read.
    """

    name: str
    clock: Clock
    cost: Cost = field(default_factory=Cost)
    rows: int = 0
    partitions: int = 0
    seconds: float = 0.0
    scopes: Series = field(default_factory=lambda: Series("scope", 1))
    parts: Series = field(default_factory=lambda: Series("part", 1))

    def __post_init__(self) -> None:
        self._started = self.clock.monotonic()
        self._began, self._before = self._started, 0

    def tick(self) -> None:
        """Take the time."""
        self.seconds = self.clock.monotonic() - self._started

    def begin(self, parts: Series) -> None:
        """Begin the partitions of a scope; `parts.done` counts those of an interrupted read."""
        self.parts = parts
        self._began, self._before = self.clock.monotonic(), parts.done

    def __str__(self) -> str:
        """Return how far it is, and when it will be done if the rest is like what was read."""
        left = self._seconds_left()
        when = "" if left is None else f", about {_rounded(left)} left"
        return f"{self.name}: {self.scopes}{self.parts}{counted(self.rows, 'row')}{when}"

    def _seconds_left(self) -> float | None:
        """Return how long it takes from now on; None before a partition of the last scope ended."""
        read = self.parts.done - self._before
        if not read or self.scopes.done + 1 < self.scopes.total:
            return None
        taken = self.clock.monotonic() - self._began
        return taken / read * (self.parts.total - self.parts.done)


class Reporter:
    """Says in the log every `REPORT_EVERY` seconds how far the run is.

    From a thread of its own, so that a loader that takes no rows, and a service that does not
    answer, do not keep it quiet. It never holds up the end of the process.

    Args:
        clock: calls it.
        logger: takes the lines.
        session: sends the requests; while all wait for it, its own line says until when.
        rate_limit: knows the last hour's requests.
    """

    def __init__(
        self, clock: Clock, logger: logging.Logger, session: Session, rate_limit: RateLimit
    ) -> None:
        self._clock = clock
        self._logger = logger
        self._session = session
        self._rate_limit = rate_limit
        self._reading: list[Progress] = []
        self._running = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Report while a block runs."""
        self._running = True
        self._clock.call_after(REPORT_EVERY, self._report)
        try:
            yield
        finally:
            self._running = False

    @contextmanager
    def reading(self, progress: Progress) -> Iterator[None]:
        """Have reports be about a stream while a block reads it, maybe for another one."""
        self._reading.append(progress)
        try:
            yield
        finally:
            self._reading.pop()

    def _report(self) -> None:
        if not self._running:
            return
        if self._reading and self._clock.monotonic() >= self._session.waits_until:
            self._logger.info("%s; %s", self._reading[-1], self._requests())
        self._clock.call_after(REPORT_EVERY, self._report)

    def _requests(self) -> str:
        """Return how many requests were sent, beside how many may be where that is limited."""
        limit = self._rate_limit.per_hour
        if limit is None:
            return counted(self._session.spent.requests, "request")
        sent = len(self._rate_limit.sent(self._clock.monotonic()))
        return f"{sent:,} of {limit:,} requests this hour"


def _rounded(seconds: float) -> str:
    """Return a time as people say it."""
    if seconds < 2 * MINUTE:
        return f"{max(10, round(seconds, -1)):.0f} s"
    if seconds < 2 * HOUR:
        return f"{seconds / MINUTE:.0f} minutes"
    return f"{seconds / HOUR:.0f} hours"
