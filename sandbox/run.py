"""A running sandbox: its address, its world, its faults and what was asked of it."""

from __future__ import annotations

import threading
from datetime import datetime

from typing_extensions import Self

from sandbox.clicktime.service import ClickTime
from sandbox.clicktime.world import World as ClickTimeWorld
from sandbox.clockify.service import Clockify
from sandbox.clockify.world import World
from sandbox.faults import Faults
from sandbox.perform.service import Perform
from sandbox.perform.world import World as PerformWorld
from sandbox.server import RecordedRequest, Server
from sandbox.service import Service


class Sandbox:
    """The services on one port of 127.0.0.1, served by daemon threads until closed."""

    def __init__(
        self, server: Server, clockify: World, clicktime: ClickTimeWorld, perform: PerformWorld
    ) -> None:
        self.clockify = clockify
        self.clicktime = clicktime
        self.perform = perform
        self._server = server
        self.faults: Faults = server.faults
        """Faults in force; `add(route=..., kind=...)` and `clear()`."""
        self.requests: list[RecordedRequest] = server.requests
        """What was asked since the start or the last reset."""
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        """The server's origin, without a slash at the end."""
        self._thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def reset_requests(self) -> None:
        self.requests.clear()

    def close(self) -> None:
        """Stop listening and hang up on every client."""
        self._server.stop()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def start(  # noqa: PLR0913 - one keyword per option of the command
    *,
    size: str = "small",
    seed: int = 1,
    now: datetime | None = None,
    entries: int | None = None,
    account: str | None = None,
    latency_ms: float = 0,
    requests_per_hour: int | None = None,
    port: int = 0,
    **numbers: int | str | None,
) -> Sandbox:
    """Start a sandbox; port 0 picks a free one, `now` defaults to the present moment.

    Account, requests per hour and numbers (members, projects, tasks, workspaces, plan) are
    Clockify's; ClickTime's company and Perform's clips are made up when they are first asked for.
    """
    clockify = World(size=size, seed=seed, now=now, account=account, entries=entries, **numbers)
    clicktime = ClickTimeWorld(size=size, seed=seed, now=now, entries=entries)
    perform = PerformWorld(size=size, seed=seed, now=now, entries=entries)
    services: list[Service] = [
        Clockify(clockify, requests_per_hour),
        ClickTime(clicktime),
        Perform(perform),
    ]
    return Sandbox(Server(port, services, latency_ms), clockify, clicktime, perform)
