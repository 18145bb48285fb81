"""Bodies that are kept in a temporary file, however large they are."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, TYPE_CHECKING

from taps_common.errors import OUT_OF_HANDLES, InterruptedRunError, TapError, is_out_of_handles
from taps_common.http.bodies import BEGINNING, PIECE, pieces_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event

    from urllib3 import BaseHTTPResponse


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
        TapError: there is no room for it.
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
            raise TapError(f"An answer could not be kept: {OUT_OF_HANDLES}.") from error
        raise TapError(
            f"An answer could not be kept in a temporary file ({error.strerror or error}): free "
            "some space, or set TMPDIR to a directory that has it."
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
