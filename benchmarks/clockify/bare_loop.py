"""The least a Python program can do: ask for pages, parse them, write one line per time entry.

No catalog, no state, no retries, no types. Run with the API's base URL and a workspace's id.
"""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import orjson
import requests

from benchmarks.clockify.requests_sent import API_KEY, PAGE_SIZE, USERS_PARAMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TIMEOUT = 120
"""Seconds to wait for an answer."""


def bodies(
    session: requests.Session, url: str, params: Mapping[str, list[str]] | None = None
) -> Iterator[bytes]:
    """Yield the pages of a list."""
    number = 1
    while True:
        query = {**(params or {}), "page": [str(number)], "page-size": [str(PAGE_SIZE)]}
        answer = session.get(url, params=query, timeout=TIMEOUT)
        answer.raise_for_status()
        yield answer.content
        if answer.headers["Last-Page"] == "true":
            return
        number += 1


def lists() -> Iterator[tuple[requests.Session, str]]:
    """Yield the address of every member's time entries, and the session that asks for them."""
    base_url, workspace = sys.argv[1:]
    root = f"{base_url}/workspaces/{workspace}"
    session = requests.Session()
    session.headers["X-Api-Key"] = API_KEY
    for users in bodies(session, f"{root}/users", USERS_PARAMS):
        for user in orjson.loads(users):
            yield session, f"{root}/user/{user['id']}/time-entries"


def main() -> None:
    """Write a RECORD line for every time entry of every member."""
    write = sys.stdout.buffer.write
    for query in lists():
        for body in bodies(*query):
            extracted = datetime.now(timezone.utc).isoformat()
            for entry in orjson.loads(body):
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
