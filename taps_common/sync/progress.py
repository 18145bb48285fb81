"""What a run costs, and the log lines that say so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

    from taps_common.clock import Clock

REPORT_EVERY = 30.0
"""Seconds between two progress lines of one stream."""

_MEBIBYTE = 1024 * 1024


@dataclass
class Cost:
    """What requests cost.

    Attributes:
        requests: requests sent, retries included.
        size: bytes of the answers after decompression.
        waited: seconds spent waiting for quotas and before retries, summed over all workers.
    """

    requests: int = 0
    size: int = 0
    waited: float = 0.0

    def add(self, other: Cost) -> None:
        """Add another cost to this one."""
        self.requests += other.requests
        self.size += other.size
        self.waited += other.waited

    def __str__(self) -> str:
        text = f"{self.requests:,} requests, {self.size / _MEBIBYTE:.1f} MiB"
        return f"{text}, waited {self.waited:.1f} s" if self.waited else text


@dataclass
class Progress:
    """How far the reading of one endpoint is.

    Attributes:
        name: name of the stream whose endpoint is read.
        cost: what its requests cost so far.
        rows: rows read so far.
        walks: partitions read so far (workspaces, members, projects ...).
        seconds: how long the reading took so far.
    """

    name: str
    clock: Clock
    logger: logging.Logger
    cost: Cost = field(default_factory=Cost)
    rows: int = 0
    walks: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self._started = self._reported = self.clock.monotonic()

    def tick(self) -> None:
        """Take the time, and write a line if none was written for a while."""
        now = self.clock.monotonic()
        self.seconds = now - self._started
        if now - self._reported >= REPORT_EVERY:
            self._reported = now
            self.logger.info(
                "%s: %s rows so far from %s partitions, %s, %.0f s",
                self.name,
                f"{self.rows:,}",
                f"{self.walks:,}",
                self.cost,
                self.seconds,
            )
