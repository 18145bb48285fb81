"""Bodies that are kept: in memory, or in a temporary file, however large they are."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, TYPE_CHECKING

from taps_common.errors import (
    OUT_OF_HANDLES,
    InterruptedRunError,
    Kind,
    TapError,
    is_out_of_handles,
)
from taps_common.http.bodies import BEGINNING, PIECE, closed_on_error, pieces_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event

    from urllib3 import BaseHTTPResponse


LARGE = 16 * 1024 * 1024
"""Bytes of a body from which on it is kept in a file until it is whole. Pages are smaller: 5,000
time entries have 12 MB."""


def body_of(response: BaseHTTPResponse, limit: float) -> bytes:
    """Return a body, decompressed.

    Raises:
        HTTPError: it broke off, is not compressed as it says, or has more bytes than `limit`.
        TapError: it does not fit on the disk.
    """
    length = response.length_remaining
    is_plain = "Content-Encoding" not in response.headers
    if is_plain and length is not None and length <= min(LARGE, limit):
        with closed_on_error(response):
            return response.read(decode_content=False)  # at once: pieces are copied twice
    # A list of the pieces, if each has a byte, would take 50 times their size.
    with tempfile.SpooledTemporaryFile(LARGE) as kept:
        for piece in pieces_of(response, limit):
            with room():
                kept.write(piece)
        kept.seek(0)
        return kept.read()


def spool_of(
    response: BaseHTTPResponse,
    enough: Callable[[bytes], bool],
    cancelled: Event,
    limit: float = float("inf"),
) -> IO[bytes]:
    """Return the body of a response in a temporary file, which whoever takes it closes.

    Args:
        response: whose body was not read yet.
        enough: tells from the beginning of a body of more than `PIECE` that the rest is not wanted.
        cancelled: set when the run is to end.
        limit: bytes that the body may have, decompressed.

    Raises:
        HTTPError: the body broke off, or is larger.
        TapError: it does not fit on the disk.
        InterruptedRunError: the run was cancelled meanwhile.
    """
    with ExitStack() as undo:
        undo.callback(response.close)
        with room():
            spool = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        undo.callback(_close, spool)
        for piece in pieces_of(response, limit):
            with room():
                spool.write(piece)
            if cancelled.is_set():
                raise InterruptedRunError("interrupted")
            if 0 <= spool.tell() - PIECE < len(piece):  # once
                if enough(beginning_of(spool)):
                    response.close()
                    break
                spool.seek(0, os.SEEK_END)
        beginning_of(spool)
        undo.pop_all()
    return spool


def _close(spool: IO[bytes]) -> None:
    with suppress(OSError):  # of a full disk, again
        spool.close()


@contextmanager
def room() -> Iterator[None]:
    """Say what to do where a file cannot be written."""
    try:
        yield
    except OSError as error:
        if is_out_of_handles(error):
            raise TapError(
                f"An answer could not be kept: {OUT_OF_HANDLES}.", kind=Kind.OUTPUT
            ) from error
        raise TapError(
            f"An answer could not be kept in a temporary file ({error.strerror or error}): free "
            "some space, or set TMPDIR to a directory that has it.",
            kind=Kind.OUTPUT,
        ) from error


def beginning_of(spool: IO[bytes]) -> bytes:
    """Return the first bytes of a temporary file, which is then at its beginning.

    Raises:
        TapError: what was written to it does not find room.
    """
    with room():
        spool.seek(0)
        beginning = spool.read(BEGINNING)
        spool.seek(0)
    return beginning
