"""Bodies that are kept in a temporary file, however large they are."""

from __future__ import annotations

import os
import tempfile
import zlib
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, TYPE_CHECKING

from urllib3.exceptions import DecodeError

from taps_common.errors import InterruptedRunError, TapError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event

    from urllib3 import BaseHTTPResponse

PIECE = 1024 * 1024
"""Bytes of a body that are held in memory at once."""

BEGINNING = 64 * 1024
"""Bytes that are looked at to tell what a body is."""


def spool_of(
    response: BaseHTTPResponse, enough: Callable[[bytes], bool], cancelled: Event
) -> IO[bytes]:
    """Return the body of a response in a temporary file, which whoever takes it closes.

    Args:
        response: whose body was not read yet.
        enough: tells from the beginning of a body of more than `PIECE` that the rest is not wanted.
        cancelled: set when the run is to end.

    Raises:
        HTTPError: the body broke off.
        TapError: there is no room for it.
        InterruptedRunError: the run was cancelled meanwhile.
    """
    with ExitStack() as undo:
        undo.callback(response.close)
        with room():
            spool = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        undo.callback(_close, spool)
        for piece in _unpacked(response):
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


def _unpacked(response: BaseHTTPResponse) -> Iterator[bytes]:
    """Yield the body in pieces, decompressed.

    urllib3 does not look whether a compressed body came to its end.

    Raises:
        HTTPError: it broke off, or is not compressed as it says.
    """
    pieces = response.stream(PIECE, decode_content=False)
    if response.headers.get("Content-Encoding", "").lower() not in _PACKED:
        yield from pieces
        return
    unpacker = zlib.decompressobj(_ANY_HEADER)
    began = False
    for packed in pieces:
        left = packed
        while left:
            if unpacker.eof:  # a further member of the same file
                unpacker = zlib.decompressobj(_ANY_HEADER)
            try:
                piece = unpacker.decompress(left, PIECE)
            except zlib.error as error:
                if began:
                    raise DecodeError("not compressed as it says") from error
                unpacker = zlib.decompressobj(-zlib.MAX_WBITS)  # deflate without a header
                began = True
                continue
            began = True
            yield piece
            left = unpacker.unconsumed_tail or unpacker.unused_data
    if began and not unpacker.eof:
        raise DecodeError("breaks off")


_PACKED = {"gzip", "x-gzip", "deflate"}
_ANY_HEADER = 32 + zlib.MAX_WBITS


@contextmanager
def room() -> Iterator[None]:
    """Say what to do where a file cannot be written."""
    try:
        yield
    except OSError as error:
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
