"""What requests cost."""

from __future__ import annotations

import threading
from dataclasses import dataclass

_MEBIBYTE = 1024 * 1024

_lock = threading.Lock()


def counted(count: int, what: str) -> str:
    """Return how many there are of something, as people say it."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


@dataclass
class Cost:
    """What the requests of a stream cost; only the session adds to it, from any thread.

    Attributes:
        requests: requests sent, retries included.
        size: bytes of the responses after decompression.
        waited: seconds spent waiting for quotas and before retries, summed over all workers.
    """

    requests: int = 0
    size: int = 0
    waited: float = 0.0

    def add(self, *, requests: int = 0, size: int = 0, waited: float = 0.0) -> None:
        """Count what a request took."""
        with _lock:
            self.requests += requests
            self.size += size
            self.waited += waited

    @property
    def mebibytes(self) -> float:
        """The size in mebibytes."""
        return self.size / _MEBIBYTE

    def __str__(self) -> str:
        text = f"{counted(self.requests, 'request')}, {self.mebibytes:.1f} MiB"
        return f"{text}, waited {self.waited:.1f} s" if self.waited else text
