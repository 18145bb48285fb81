"""When STATE messages are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taps_common.sync import quota

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from taps_common.clock import Clock
    from taps_common.http.rate_limit import RateLimit
    from taps_common.records.batch_files import Storage
    from taps_common.sdk import SdkTap
    from taps_common.sync.stream import RecordStream

STATE_EVERY = 1.0
"""Seconds between two STATE messages of a read that is under way."""

STATE_OF_FILES_EVERY = 300.0
"""The same where rows go into files and none became full: each STATE ends files that are not."""


class Checkpoints:
    """Writes the state, not more often than it pays.

    Args:
        tap: whose state it is.
        clock: where time comes from.
        storage: where rows go if they go into files.
        rate_limit: knows the last hour's requests, which the state keeps where they are limited.
        tables: returns all tables: their files are ended before the state that covers them.
    """

    def __init__(
        self,
        tap: SdkTap,
        clock: Clock,
        storage: Storage | None,
        rate_limit: RateLimit,
        tables: Callable[[], Iterable[RecordStream]],
    ) -> None:
        self._tap = tap
        self._clock = clock
        self._storage = storage
        self._rate_limit = rate_limit
        self._tables = tables
        self._written = clock.monotonic() if storage else float("-inf")

    def is_due(self) -> bool:
        """Return whether the last STATE is old enough for another, or a file became full."""
        if self._storage and self._storage.grown:
            return True
        every = STATE_OF_FILES_EVERY if self._storage else STATE_EVERY
        return self._clock.monotonic() - self._written >= every

    def write(self, *, now: bool = False) -> None:
        """Write a STATE message, unless one was written a short while ago or nothing changed."""
        if not now and not self.is_due():
            return
        if self._storage:
            for table in self._tables():
                table.finish_file()  # rows come before the state that covers them
            self._storage.grown = False
        self._written = self._clock.monotonic()
        self._keep_requests()
        self._tap.state_writer.write_state(self._tap.state)

    def write_requests(self) -> None:
        """Write a STATE message if requests were sent since the last one, and are counted."""
        if self._keep_requests():
            self.write(now=True)

    def before_request(self) -> None:
        """Have the state know the last hour's requests before another one, where they are counted.

        Whoever kills the run does so in the wait for the quota, most likely: that may take an hour.
        """
        if self._rate_limit.is_used_up(self._clock.monotonic()) or self.is_due():
            self.write_requests()

    def _keep_requests(self) -> bool:
        """Note the last hour's requests in the state, if they are counted; return if it is new."""
        if not self._rate_limit.per_hour:
            return False
        now = self._clock.monotonic()
        ages = [now - sent for sent in self._rate_limit.sent(now)]
        return quota.keep(self._tap.bookmarks, ages, self._clock.now())
