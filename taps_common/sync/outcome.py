"""How the read of one stream ended."""

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
)

if TYPE_CHECKING:
    from collections import Counter

    from taps_common.sync.progress import Progress
    from taps_common.sync.steps import Scope


@dataclass
class Outcome:
    """How the read of a stream ended.

    Attributes:
        progress: rows, requests, bytes, seconds.
        counts: rows written, by table.
        failures: what could not be read, and why, in the order of happening.
        skipped: partitions that were left out without being a failure, by reason.
        unsure: those of these reasons whose rows came, though not surely all of them.
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
    unsure: set[str] = field(default_factory=set)
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
        """Count a partition that is left out and not a failure."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1

    def doubt(self, reason: str) -> None:
        """Note that rows of a partition came, and that they may not be all there are."""
        self.skip(reason)
        self.unsure.add(reason)

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
