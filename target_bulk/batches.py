"""The files that a BATCH message names, as RECORD lines."""

from __future__ import annotations

import gzip
from contextlib import nullcontext
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from upath import UPath

from target_bulk.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROWS = 1000
"""Records that are handed on at once."""


def _plain(file: IO[bytes], compression: str) -> gzip.GzipFile | nullcontext[IO[bytes]]:
    """Return a file's lines."""
    return gzip.GzipFile(fileobj=file) if compression == "gzip" else nullcontext(file)


def records_of(message: dict[str, Any]) -> Iterator[bytes]:
    """Yield the records of a BATCH message, some RECORD lines at a time.

    Raises:
        LoadError: the files are not of JSON lines, or cannot be opened.
    """
    stream, encoding = message["stream"], message["encoding"]
    compression = encoding.get("compression") or "none"
    if encoding.get("format") != "jsonl" or compression not in {"gzip", "none"}:
        raise LoadError(
            f"Stream {stream}: target-bulk reads files of format jsonl, gzipped or not; set "
            "batch_config of the tap so, or leave it out, which is as fast."
        )
    version = message.get("version")
    end = b"}\n" if version is None else b',"version":%d}\n' % version
    for name in message["manifest"]:
        try:
            with UPath(name).open("rb") as file, _plain(file, compression) as lines:
                records = (one for line in lines if (one := line.strip()))
                while some := [*islice(records, _ROWS)]:
                    yield b"".join(b'{"record":' + one + end for one in some)
        except OSError as error:
            raise LoadError(
                f"Stream {stream}: a file of its BATCH cannot be read ({type(error).__name__}); "
                "the loader has to reach the files of the tap."
            ) from None
