"""`python -m scripts.clockify`: what Clockify's published description has that is not read.

Prints a page in Markdown. Ends with 0 if all is known, with 1 if not, with 2 without a description.
"""

from __future__ import annotations

import argparse
import json
import sys
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.request import urlopen

from scripts.clockify.differences import unexplained

if TYPE_CHECKING:
    from scripts.clockify.published import Schema

ADDRESS = "https://docs.clockify.me/openapi.json"
LARGEST = 32 * 1024 * 1024
"""Bytes; the description had 1.1 million in July 2026."""


def main() -> int:
    """Compare; return the exit code."""
    parser = argparse.ArgumentParser(description="Compare Clockify's description with the taps.")
    parser.add_argument("--url", default=ADDRESS, help=f"where it is (default: {ADDRESS})")
    address = parser.parse_args().url
    try:
        found = [(heading, names) for heading, names in unexplained(_read(address)) if names]
    except (OSError, HTTPException, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"{address} could not be read as a description: {type(error).__name__}.")
        return 2
    for heading, names in found:
        print(f"## {heading}\n")
        print("\n".join(f"- `{name}`" for name in names), end="\n\n")
    if not found:
        print("Nothing new in Clockify's published description.")
    return int(bool(found))


def _read(address: str) -> Schema:
    """Return the description.

    Raises:
        ValueError: it is too large, or not JSON.
    """
    with urlopen(address, timeout=60) as response:
        body = response.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise ValueError("too large")
    published: Schema = json.loads(body)
    return published


if __name__ == "__main__":
    sys.exit(main())
