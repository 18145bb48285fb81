"""What failures of partitions mean for those that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taps_common.errors import UnreachableError

if TYPE_CHECKING:
    from taps_common.http.session import Session

GIVE_UP_AFTER = 3
"""Partitions that fail in a row before requests are not sent again, and, if no response comes at
all, before the rest of a stream is not asked for."""


class FailurePolicy:
    """Counts failures in a row.

    Args:
        session: stops sending requests again while nothing works.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._in_a_row = 0

    def begin(self) -> None:
        """Begin a scope."""
        self._count(0)

    def succeeded(self) -> None:
        """Count a partition that was read."""
        self._count(0)

    def failed(self, error: Exception) -> bool:
        """Count a failure; return whether the rest need not be asked for."""
        self._count(self._in_a_row + 1)
        return self._in_a_row >= GIVE_UP_AFTER and isinstance(error, UnreachableError)

    def _count(self, in_a_row: int) -> None:
        self._in_a_row = in_a_row
        self._session.retries_errors = in_a_row < GIVE_UP_AFTER
