"""How the read of one stream ended, and the log lines that say so."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from taps_common.errors import (
    InterruptedRunError,
    QuotaError,
    SkippedError,
    StatusError,
    TapError,
    coded,
)
from taps_common.records.row_types import RESCUED

if TYPE_CHECKING:
    import logging
    from collections import Counter

    from taps_common.sync.progress import Progress
    from taps_common.sync.steps import Scope


MOST_NAMED = 20
"""Fields that a line names."""


@dataclass
class Outcome:
    """How the read of a stream ended.

    Attributes:
        progress: rows, requests, bytes, seconds.
        counts: rows written, by table.
        failures: what could not be read, and why, in the order of happening.
        skipped: partitions that were left out without being a failure, by reason.
        skipped_scopes: scopes that were left out as a whole, by the values of their routes.
        stop: the error that ends the whole run.
        repeated: rows that came twice in one partition.
        unchanged: rows that were not sent, since the last run sent them as they are.
        blank: rows left out because a part of their key is empty, by child table.
        rescued: values in `_rescued_data` by where they were, by table.
        compared: rows at the last table version and now, by table that was compared with it.
    """

    progress: Progress
    counts: dict[str, int] = field(default_factory=dict)
    failures: list[tuple[Scope, TapError]] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    skipped_scopes: dict[tuple[str, ...], SkippedError] = field(default_factory=dict)
    stop: Exception | None = None
    repeated: int = 0
    unchanged: int = 0
    blank: dict[str, int] = field(default_factory=dict)
    rescued: dict[str, Counter[str]] = field(default_factory=dict)
    compared: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every row that exists was read: only then may absent rows be called deleted."""
        return not self.failures and not self.skipped and self.stop is None

    def skip(self, reason: str) -> None:
        """Count a partition that is left out and not a failure; say why the first time."""
        if reason not in self.skipped:
            self.progress.logger.warning("%s: %s", self.progress.name, reason)
        self.skipped[reason] = self.skipped.get(reason, 0) + 1

    def fail(self, partition: Scope, error: Exception) -> bool:
        """Note a failure; return whether nothing else can be read for the same reason.

        Raises:
            Exception: the error itself, if its text is not meant for a person.
        """
        if not isinstance(error, TapError):
            raise error
        self.failures.append((partition, error))
        if isinstance(error, QuotaError | InterruptedRunError):
            self.stop = error
            return True
        return isinstance(error, StatusError) and error.status == HTTPStatus.UNAUTHORIZED

    def report(self, logger: logging.Logger, tap: str) -> list[str]:
        """Log what it cost and what was left out; return the tables that are incomplete.

        A list that was only read for others has no table: they say what they miss without it.
        """
        progress = self.progress
        written = ", ".join(map(self._written, self.counts))
        logger.info(
            "%s: %s rows read (%s), %s, %.1f s",
            progress.name,
            f"{progress.rows:,}",
            written or "listed only",
            progress.cost,
            progress.seconds,
        )
        if self.unchanged:
            logger.info(
                "%s: %s rows are what the last run sent, and were not sent again (skip_unchanged)",
                *(progress.name, f"{self.unchanged:,}"),
            )
        for reason, count in self.skipped.items():
            what = f"{count:,} partitions" if progress.partitions else "all of it"
            logger.warning("%s: %s left out: %s", progress.name, what, reason)
        if self.repeated:
            logger.warning("%s: %d rows came twice", progress.name, self.repeated)
        for name, count in self.blank.items():
            logger.warning("%s: %d rows left out: a part of their key is empty", name, count)
        for name, found in self.rescued.items():
            if found:
                logger.warning("%s: %s", name, _rescued(found))
        for scope, error in self.failures:
            where = ", ".join(f"{name} {value}" for name, value in scope.items())
            said = f"{progress.name} failed{where and f' ({where})'}: {error}"
            logger.error("%s", coded(tap, error.kind, said))
        return list(self.counts) if self.failures else []

    def _written(self, table: str) -> str:
        """Return how many rows of a table were written, and how many it had before and has now."""
        text = f"{table} {self.counts[table]:,}"
        if table not in self.compared:
            return text
        before, now = self.compared[table]
        return f"{text} [{before:,} before, {now:,} now]"


def _rescued(found: Counter[str]) -> str:
    """Say how many values have no place in their row, and where they were."""
    places = [f"{count:,} of {place}" for place, count in found.most_common(MOST_NAMED)]
    more = len(found) - len(places)
    return (
        f"{found.total():,} values fit no column and are in {RESCUED}: {', '.join(places)}"
        f"{f' and {more:,} more fields' if more else ''}"
    )
