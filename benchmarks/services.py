"""The services that are read: where the sandbox has them, and what lets each contender in."""

from __future__ import annotations

import base64
import json
import urllib.request
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from benchmarks.clicktime import requests_sent as clicktime
from benchmarks.clockify import requests_sent as clockify
from benchmarks.perform import clips_asked as perform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

START_TIMEOUT = 600.0
"""Seconds to make up and serialise all rows."""


@dataclass(frozen=True)
class Access:
    """What each kind of contender is started with.

    Attributes:
        origin: where the sandbox listens.
        tap: settings of the tap.
        plain: settings of the plain SDK tap.
        bare: arguments of the bare loop.
    """

    origin: str
    tap: Mapping[str, Any]
    plain: Mapping[str, Any]
    bare: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Service:
    """A service, as the sandbox imitates it.

    Attributes:
        name: its name in a module's: of its tap, and of the folder here.
        rows: what its rows are called.
        page_size: rows per page that every contender asks for; None where there are no pages.
        access: has the sandbox at an address make up and serialise so many rows, if that is not
            done yet, and says what lets contenders in.
        streamed: whether rows are made up while they are sent, and no account has to be filled.
    """

    name: str
    rows: str
    page_size: int | None
    access: Callable[[str, int], Access]
    streamed: bool = False


def _workspace(origin: str, rows: int) -> Access:
    """Return access to the workspace that holds nearly all time entries."""
    del rows
    url = f"{origin}/clockify/api/v1"
    workspaces = answer(f"{url}/workspaces", {"X-Api-Key": clockify.API_KEY})
    workspace = str(workspaces[0]["id"])
    settings = {"api_url": url, "api_key": clockify.API_KEY}
    return Access(
        origin=origin,
        tap={**settings, "workspace_ids": [workspace]},
        plain={**settings, "workspace_id": workspace},
        bare=(url, workspace),
    )


def _company(origin: str, rows: int) -> Access:
    """Return access to the one company there is."""
    del rows
    url = f"{origin}/clicktime/odata"
    pair = base64.b64encode(f"{clicktime.USER_NAME}:{clicktime.TOKEN}".encode()).decode()
    first = f"{url}/{clicktime.ENTITY_SET}?$orderby=Date,ID&$top=1"
    answer(first, {"Authorization": f"Basic {pair}"})
    settings = {"service_url": url, "api_token": clicktime.TOKEN}
    return Access(origin=origin, tap=settings, plain=settings, bare=(url,))


def _projects(origin: str, rows: int) -> Access:
    """Return access to the big clips of the first project, with and without a key."""

    def said(**action: object) -> Any:  # noqa: ANN401 - any JSON
        return answer(f"{origin}/__perform", {}, json.dumps(action).encode())["result"]

    said(action="switch", big_rows=rows)
    project = said(action="projects", base_url=origin)[0]
    login = {"username": perform.USERNAME, "password": perform.PASSWORD}
    urls = {perform.CSV: "big_csv", perform.JSON: "big_json"}
    urls = {table: project["dataclips"][clip] for table, clip in urls.items()}
    declared = {"columns": perform.HEADINGS, "types": perform.TYPES}
    clips = {
        name: {**declared, "url": url, "primary_keys": keys}
        for table, url in urls.items()
        for name, keys in ((table, [perform.KEY]), (f"{table}{perform.IDS}", []))
    }
    return Access(
        origin=origin,
        tap={"projects": [{"name": project["name"], **login, "dataclips": clips}]},
        plain={**login, "clips": urls},
        bare=tuple(urls.values()),
    )


def spoil(origin: str, path: str) -> None:
    """Have a number stand in each time entry of each page, at a dotted path, that has no place."""
    fault = {"route": "/time-entries", "kind": "extra", "times": 0, "field": path, "value": 5}
    answer(f"{origin}/__faults", {}, json.dumps(fault).encode())


def requests_seen(origin: str) -> int:
    """Return how many requests of services came since this was asked last."""
    total: int = answer(f"{origin}/__requests")["total"]
    answer(f"{origin}/__requests", method="DELETE")
    return total


def answer(
    url: str,
    headers: Mapping[str, str] = MappingProxyType({}),
    body: bytes | None = None,
    method: str | None = None,
) -> Any:  # noqa: ANN401 - any JSON
    """Return what the sandbox answers; the first time it may have to make up its world."""
    request = urllib.request.Request(url, body, dict(headers), method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=START_TIMEOUT) as answered:
        return json.load(answered)


CLOCKIFY = Service("clockify", "time entries", clockify.PAGE_SIZE, _workspace)
CLICKTIME = Service("clicktime", "time entries", clicktime.PAGE_SIZE, _company)
PERFORM = Service("perform", "rows", None, _projects, streamed=True)
