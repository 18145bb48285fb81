"""Bodies of responses: decompressed, whole, and no larger than allowed (BOUNDED)."""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from urllib3.exceptions import DecodeError, HTTPError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from urllib3 import BaseHTTPResponse


class NotPackedError(DecodeError):
    """A body is not compressed as its Content-Encoding says.

    Attributes:
        encoding: what the header says.
    """

    def __init__(self, encoding: str) -> None:
        super().__init__("not compressed as it says")
        self.encoding = encoding


PIECE = 1024 * 1024
"""Bytes of a body that are held in memory at once, where it does not go there as a whole."""

BEGINNING = 64 * 1024
"""Bytes that are looked at to tell what a body is."""


class TooLargeError(HTTPError):
    """A body is larger than allowed.

    Attributes:
        limit: bytes that it may have, decompressed.
    """

    def __init__(self, limit: float) -> None:
        super().__init__("too large")
        self.limit = limit


def beginning_of_body(response: BaseHTTPResponse) -> bytes:
    """Return at most `BEGINNING` of a body; the connection serves again if that was all of it.

    Raises:
        HTTPError: it broke off, or is not compressed as it says.
    """
    kept = bytearray()
    for piece in pieces_of(response):
        kept += piece
        if len(kept) > BEGINNING:
            break
    return bytes(kept[:BEGINNING])


def shows_its_end(headers: Mapping[str, str]) -> bool:
    """Return whether a body that breaks off is noticed: its length, chunks or compression tell."""
    chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
    packed = headers.get("Content-Encoding", "").lower().split(",")
    return "Content-Length" in headers or chunked or not _PACKED.isdisjoint(map(str.strip, packed))


def unknown_compression(headers: Mapping[str, str]) -> str | None:
    """Return the compression that a response has and that cannot be undone here, if any."""
    packed = map(str.strip, headers.get("Content-Encoding", "").lower().split(","))
    return next((one for one in packed if one in _NOT_ASKED_FOR), None)


def pieces_of(response: BaseHTTPResponse, limit: float = float("inf")) -> Iterator[bytes]:
    """Yield a body in pieces of at most `PIECE`, decompressed.

    urllib3 does not look whether a compressed body came to its end, nor how large it becomes. The
    connection is closed if not all is taken.

    Raises:
        HTTPError: it broke off, is not compressed as it says, or has more bytes than `limit`.
    """
    with closed_on_error(response):
        yield from _limited(_decoded(response), limit)


@contextmanager
def closed_on_error(response: BaseHTTPResponse) -> Iterator[None]:
    """Close the connection where its body is not read to its end."""
    try:
        yield
    except BaseException:
        response.close()
        raise


def _decoded(response: BaseHTTPResponse) -> Iterator[bytes]:
    pieces: Iterator[bytes] = response.stream(PIECE, decode_content=False)
    encodings = response.headers.get("Content-Encoding", "").lower().split(",")
    packed = [one.strip() for one in encodings if one.strip() in _PACKED]
    if len(packed) > _MOST_ENCODINGS:
        raise DecodeError("compressed too often")
    for encoding in reversed(packed):  # the last one was applied last
        pieces = _unpacked(pieces, encoding)
    return pieces


def _limited(pieces: Iterator[bytes], limit: float) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise TooLargeError(limit)
        yield piece


def _unpacked(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
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
                if began or encoding != "deflate":
                    raise NotPackedError(encoding) from error
                unpacker = zlib.decompressobj(-zlib.MAX_WBITS)  # deflate without a header
                began = True
                continue
            began = True
            yield piece
            left = unpacker.unconsumed_tail or unpacker.unused_data
    if began and not unpacker.eof:
        raise DecodeError("breaks off")


_PACKED = {"gzip", "x-gzip", "deflate"}
_NOT_ASKED_FOR = {"br", "zstd", "compress", "x-compress"}
_ANY_HEADER = 32 + zlib.MAX_WBITS
_MOST_ENCODINGS = 5
"""As urllib3 has it: each takes a level of the interpreter's stack."""
