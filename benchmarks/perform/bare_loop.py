"""The least a Python program can do: download a clip, parse it, write one line per row.

Nothing is proved or typed. Run with the addresses of the CSV and the JSON clip, and which of them.
"""

from __future__ import annotations

import csv
import io
import sys
import tempfile
from datetime import datetime, timezone
from typing import IO, TYPE_CHECKING

import orjson
import requests

from benchmarks.perform.clips_asked import CSV, JSON, PASSWORD, USERNAME

if TYPE_CHECKING:
    from collections.abc import Iterable

TIMEOUT = 120
"""Seconds to wait for an answer."""

PIECE = 1 << 20
"""Bytes that are copied at a time."""


def rows(body: IO[bytes], table: str) -> Iterable[dict[str, str]]:
    """Return the rows of a body: CSV one by one, JSON as one list."""
    if table == CSV:
        reader = csv.reader(io.TextIOWrapper(body, encoding="utf-8", newline=""))
        headings = next(reader)
        return (dict(zip(headings, cells, strict=True)) for cells in reader)
    found: list[dict[str, str]] = orjson.loads(body.read())
    return found


def main() -> None:
    """Write a RECORD line for every row."""
    *urls, table = sys.argv[1:]
    url = dict(zip((CSV, JSON), urls, strict=True))[table]
    write = sys.stdout.buffer.write
    with tempfile.TemporaryFile() as body:
        with requests.get(url, auth=(USERNAME, PASSWORD), timeout=TIMEOUT, stream=True) as answer:
            answer.raise_for_status()
            for piece in answer.iter_content(PIECE):
                body.write(piece)
        body.seek(0)
        extracted = datetime.now(timezone.utc).isoformat()
        for row in rows(body, table):
            message = {
                "type": "RECORD",
                "stream": table,
                "record": row,
                "time_extracted": extracted,
            }
            write(orjson.dumps(message, option=orjson.OPT_APPEND_NEWLINE))


if __name__ == "__main__":
    main()
