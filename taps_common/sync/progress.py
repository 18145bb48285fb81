"""How far a run is, and the log line that says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taps_common.http.cost import Cost

if TYPE_CHECKING:
    import logging

    from taps_common.clock import Clock

REPORT_EVERY = 30.0
"""Seconds between two progress lines of one stream."""


@dataclass
class Progress:
    """How far the read of one stream is.

    Attributes:
        name: name of the stream whose endpoint is read.
        cost: what its requests cost so far.
        rows: rows read so far.
        partitions: partitions read so far (workspaces, members, projects ...).
        seconds: how long it took so far.
    """

    name: str
    clock: Clock
    logger: logging.Logger
    cost: Cost = field(default_factory=Cost)
    rows: int = 0
    partitions: int = 0
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
                f"{self.partitions:,}",
                self.cost,
                self.seconds,
            )
