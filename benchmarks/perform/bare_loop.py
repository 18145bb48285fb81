"""The least there is to CSV: download it to a temporary file and let `csv.reader` go through it.

Nothing is typed and nothing written but the number of rows. Run with a clip's address.
"""

from __future__ import annotations

import csv
import io
import sys
import tempfile

import requests

from benchmarks.perform.clips_asked import HEADINGS, PASSWORD, USERNAME

TIMEOUT = 120
"""Seconds to wait for an answer."""

PIECE = 1 << 20
"""Bytes that are copied at a time."""


def main() -> None:
    """Print how many rows there are."""
    (url,) = sys.argv[1:]
    with tempfile.TemporaryFile() as body:
        with requests.get(url, auth=(USERNAME, PASSWORD), timeout=TIMEOUT, stream=True) as answer:
            answer.raise_for_status()
            for piece in answer.iter_content(PIECE):
                body.write(piece)
        body.seek(0)
        reader = csv.reader(io.TextIOWrapper(body, encoding="utf-8", newline=""))
        if next(reader) != list(HEADINGS):
            raise ValueError("these are not the columns that are read")
        print(sum(1 for _ in reader))


if __name__ == "__main__":
    main()
