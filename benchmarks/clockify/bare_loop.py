"""The least a Python program can do: ask for pages, parse them, write one line per time entry.

No catalog, no state, no retries, no types. Run with the API's base URL and a workspace's id.
"""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import orjson
import requests

from benchmarks.clockify.requests_sent import API_KEY, PAGE_SIZE, USERS_PARAMS

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT = 120
"""Seconds to wait for an answer."""


def pages(
    session: requests.Session, url: str, params: dict[str, list[str]] | None = None
) -> Iterator[list[dict[str, Any]]]:
    """Yield the pages of a list."""
    number = 1
    while True:
        query = {**(params or {}), "page": [str(number)], "page-size": [str(PAGE_SIZE)]}
        answer = session.get(url, params=query, timeout=TIMEOUT)
        answer.raise_for_status()
        yield orjson.loads(answer.content)
        if answer.headers["Last-Page"] == "true":
            return
        number += 1


def main() -> None:
    """Write a RECORD line for every time entry of every member."""
    base_url, workspace = sys.argv[1:]
    root = f"{base_url}/workspaces/{workspace}"
    session = requests.Session()
    session.headers["X-Api-Key"] = API_KEY
    write = sys.stdout.buffer.write
    for users in pages(session, f"{root}/users", USERS_PARAMS):
        for user in users:
            for entries in pages(session, f"{root}/user/{user['id']}/time-entries"):
                extracted = datetime.now(timezone.utc).isoformat()
                for entry in entries:
                    entry["start"] = entry["timeInterval"]["start"]
                    message = {
                        "type": "RECORD",
                        "stream": "time_entries",
                        "record": entry,
                        "time_extracted": extracted,
                    }
                    write(orjson.dumps(message, option=orjson.OPT_APPEND_NEWLINE))


if __name__ == "__main__":
    main()
