"""What each request is granted."""

from __future__ import annotations

from typing import NamedTuple

CHECK_TIMEOUT = 15.0
"""Seconds to wait for a connection where a person waits for it (`--check`)."""


class Limits(NamedTuple):
    """What each request is granted.

    Attributes:
        timeout: seconds to wait between two parts of a response.
        deadline: seconds that it may take in all, sent again or not; waits do not count.
        size: bytes that a response may have, decompressed.
        connect: seconds to wait for a connection; None for as long as `timeout`.
        is_check: whether `--check` asks: what does not answer is asked once.
        called: what messages call the timeout.
    """

    timeout: float
    deadline: float
    size: int
    connect: float | None = None
    is_check: bool = False
    called: str = "request_timeout"

    @property
    def connecting(self) -> float:
        """Seconds to wait for a connection."""
        return min(self.timeout if self.connect is None else self.connect, self.deadline)

    @property
    def answering(self) -> float:
        """Seconds to wait between two parts of a response."""
        return min(self.timeout, self.deadline)

    def for_check(self, seconds: float) -> Limits:
        """Return the limits of `--check`, with this timeout at most."""
        called = f"a run waits {self.timeout:g} s, request_timeout"
        return self._replace(
            timeout=min(self.timeout, seconds),
            connect=min(self.timeout, CHECK_TIMEOUT),
            is_check=True,
            called=called if self.timeout > CHECK_TIMEOUT else self.called,
        )
