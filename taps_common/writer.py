"""Standard output: the SDK's messages, and lines that are ready."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from singer_sdk.singerlib.encoding.simple import SimpleSingerWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.singerlib import Message

AT_ONCE = 1 << 20
"""Bytes that are written at once of a page's lines."""


class LineWriter(SimpleSingerWriter):
    """The SDK's message writer, which also takes ready lines."""

    def __init__(self) -> None:
        super().__init__()
        self._gathered: list[bytes] | None = None
        self._size = 0

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Write the lines of a block together, a megabyte at a time.

        A loader that is busy makes each write end in a sleep, after which the processor's cache
        holds other things. Behind a slow reader a run took a fifth less processor time for it.
        """
        self._gathered = []
        try:
            yield
        finally:
            self._write_gathered()
            self._gathered = None

    def write_lines(self, lines: bytes) -> None:
        """Write ready message lines to standard output, now or with those that follow."""
        if self._gathered is None:
            self._write(lines)
            return
        self._gathered.append(lines)
        self._size += len(lines)
        if self._size >= AT_ONCE:
            self._write_gathered()

    def write_message(self, message: Message) -> None:
        """Write a message, after the lines before it."""
        self._write_gathered()
        super().write_message(message)

    def _write_gathered(self) -> None:
        if self._gathered:
            lines, self._gathered, self._size = self._gathered, [], 0
            self._write(b"".join(lines))

    def _write(self, lines: bytes) -> None:
        if hasattr(sys.stdout, "buffer"):
            sys.stdout.buffer.write(lines)
        else:  # replaced by text in memory, as test runners do
            sys.stdout.write(lines.decode())
        sys.stdout.flush()
