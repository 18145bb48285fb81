"""The services that are read: where the sandbox has them, and what lets each contender in."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.clicktime import requests_sent as clicktime
from benchmarks.clockify import requests_sent as clockify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Access:
    """What each kind of contender is started with.

    Attributes:
        tap: settings of the tap.
        plain: settings of the plain SDK tap.
        bare: arguments of the bare loop.
    """

    tap: Mapping[str, Any]
    plain: Mapping[str, Any]
    bare: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Service:
    """A service, as the sandbox imitates it.

    Attributes:
        name: its name in a module's: of its tap, and of the folder here.
        path: where the sandbox serves it.
        first: address of the first request, which has the sandbox make up and serialise what it
            has not yet.
        headers: headers of that request.
        access: says, from the service's address and the first request's answer, what lets
            contenders in.
    """

    name: str
    path: str
    first: str
    headers: Mapping[str, str]
    access: Callable[[str, Any], Access]


def _workspace(url: str, workspaces: Any) -> Access:  # noqa: ANN401 - any JSON
    """Return access to the workspace that holds nearly all time entries."""
    workspace = str(workspaces[0]["id"])
    settings = {"api_url": url, "api_key": clockify.API_KEY}
    return Access(
        tap={**settings, "workspace_ids": [workspace]},
        plain={**settings, "workspace_id": workspace},
        bare=(url, workspace),
    )


def _company(url: str, page: object) -> Access:
    """Return access to the one company there is."""
    del page
    settings = {"service_url": url, "api_token": clicktime.TOKEN}
    return Access(tap=settings, plain=settings, bare=(url,))


_BASIC = base64.b64encode(f"{clicktime.USER_NAME}:{clicktime.TOKEN}".encode()).decode()

CLOCKIFY = Service(
    name="clockify",
    path="/clockify/api/v1",
    first="/workspaces",
    headers={"X-Api-Key": clockify.API_KEY},
    access=_workspace,
)
CLICKTIME = Service(
    name="clicktime",
    path="/clicktime/odata",
    first=f"/{clicktime.ENTITY_SET}?$orderby=Date,ID&$top=1",
    headers={"Authorization": f"Basic {_BASIC}"},
    access=_company,
)
