"""The least a Python program can do: follow the links, write one line per time entry.

No catalog, no state, no retries, no types. Run with the service's address.
"""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import orjson
import requests

from benchmarks.clicktime.requests_sent import ENTITY_SET, HEADERS, PARAMS, TOKEN, USER_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT = 120
"""Seconds to wait for an answer."""


def pages(session: requests.Session, url: str) -> Iterator[list[dict[str, Any]]]:
    """Yield the pages of a list."""
    answer = session.get(url, params=PARAMS, timeout=TIMEOUT)
    while True:
        answer.raise_for_status()
        page = orjson.loads(answer.content)
        yield page["value"]
        link = page.get("@odata.nextLink")
        if link is None:
            return
        answer = session.get(link, timeout=TIMEOUT)


def main() -> None:
    """Write a RECORD line for every time entry."""
    (service_url,) = sys.argv[1:]
    session = requests.Session()
    session.auth = (USER_NAME, TOKEN)
    session.headers.update(HEADERS)
    write = sys.stdout.buffer.write
    for entries in pages(session, f"{service_url}/{ENTITY_SET}"):
        extracted = datetime.now(timezone.utc).isoformat()
        for entry in entries:
            message = {
                "type": "RECORD",
                "stream": "time_entries",
                "record": entry,
                "time_extracted": extracted,
            }
            write(orjson.dumps(message, option=orjson.OPT_APPEND_NEWLINE))


if __name__ == "__main__":
    main()
