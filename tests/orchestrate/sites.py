"""Accounts, each with a sandbox, a key, a selection and a present of its own."""

from __future__ import annotations

import base64
import os
import signal
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sandbox
from tests.common.runs import NOW
from tests.e2e.cases import Perform
from tests.e2e.compare import CLICKTIME, CLOCKIFY
from tests.perform.runs import DATES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox import Sandbox
    from sandbox.wire import Request, Response

USER = {"tap-clockify": "", "tap-clicktime": "clicktime", "tap-perform": "sandbox"}
THEIRS = {"tap-clockify": "sandbox-key", "tap-clicktime": "sandbox-token", "tap-perform": "sandbox"}
"""The secrets that a sandbox takes."""


@dataclass
class Site:
    """An account, and the server that it is read from.

    Attributes:
        name: of the account.
        tap: which tap reads it.
        tables: those that are selected.
        running: its sandbox, which takes the account's own key only.
        secret: that key.
        settings: of the account.
        given: the secrets that came with requests.
        looked_at: whether this test asks, with the sandbox's own secret.
    """

    name: str
    tap: str
    tables: Sequence[str]
    running: Sandbox
    secret: str
    settings: dict[str, Any] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)
    looked_at: bool = False

    def __post_init__(self) -> None:
        server = self.running._server  # noqa: SLF001 - what stands before its services
        answer = server.answer

        def with_its_own_key(request: Request) -> Response:
            self._exchange(request)
            return answer(request)

        server.answer = with_its_own_key  # type: ignore[method-assign]  # in front of it

    def _exchange(self, request: Request) -> None:
        """Take the account's own secret for the sandbox's, and nothing else."""
        if self.looked_at:
            return
        if self.tap == "tap-clockify":
            name, given = "x-api-key", request.headers.get("x-api-key", "")
        else:
            name, pair = "authorization", request.headers.get("authorization", "").split(" ")[-1]
            given = base64.b64decode(pair).decode().partition(":")[2]
        self.given.add(given)
        theirs = THEIRS[self.tap] if given == self.secret else "nobody's"
        pair = base64.b64encode(f"{USER[self.tap]}:{theirs}".encode()).decode()
        request.headers[name] = theirs if self.tap == "tap-clockify" else f"Basic {pair}"

    def account(self, **more: Any) -> dict[str, Any]:
        """Return the account's block of accounts.yml."""
        select = [f"{table}.*" for table in self.tables]
        if self.tables[0] == "users":
            select.append("!users.email")
        entry = {"name": self.name, "tap": self.tap, "connection": f"of_{self.name}"}
        return {**entry, "settings": self._settings(), "select": select, **more}

    def connection(self, **more: Any) -> dict[str, Any]:
        """Return the connection with the account's secrets."""
        return {
            "conn_type": "generic",
            "login": USER[self.tap] or None,
            "password": self.secret,
            **more,
        }

    def _settings(self) -> dict[str, Any]:
        url = self.running.url
        if self.tap == "tap-clockify":
            return {"api_url": f"{url}/clockify/api/v1", **self.settings}
        if self.tap == "tap-clicktime":
            return {"service_url": f"{url}/clicktime/odata", **self.settings}
        projects = [
            {
                "name": one["name"],
                "date_format": DATES[one["name"]],
                "dataclips": {table: one["dataclips"][table] for table in self.tables},
            }
            for one in self.running.perform.projects(url)
        ]
        return {"projects": projects, **self.settings}

    @property
    def hung(self) -> bool:
        """Whether a fault keeps a request from being answered."""
        return any(fault.hits for fault in self.running.faults._faults)  # noqa: SLF001 - its own

    def differences(self, database: str) -> list[str]:
        """Return what differs between the account's schema and what its server has."""
        if self.tap == "tap-clockify":
            subject = replace(CLOCKIFY, tables=self.tables)
            return subject.differences(database, self.name, self.running.clockify)
        if self.tap == "tap-clicktime":
            subject = replace(CLICKTIME, tables=self.tables)
            return subject.differences(database, self.name, self.running.clicktime)
        case = Perform(self.running)
        case.tables = tuple(self.tables)
        self.looked_at = True
        found = case.differences(database, self.name)
        self.looked_at = False
        return found

    def taps(self, work: Path) -> list[int]:
        """Return the pids of this account's tap, as its folder of Meltano tells it from others."""
        found = []
        own = f"MELTANO_SYS_DIR_ROOT={work / self.name}\0".encode()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has ended
                if (
                    own in (process / "environ").read_bytes()
                    and f"bin/{self.tap}\0".encode() in (process / "cmdline").read_bytes()
                ):
                    found.append(int(process.name))
        return found

    def kill(self, work: Path) -> None:
        """Kill this account's tap, as the system does where no memory is left."""
        for pid in self.taps(work):
            os.kill(pid, signal.SIGKILL)


TABLES: dict[str, list[Sequence[str]]] = {
    "tap-clockify": [
        ("time_entries", "users"),
        ("tags", "clients"),
        ("time_entries", "projects", "tasks"),
        ("users", "user_groups"),
    ],
    "tap-clicktime": [
        ("clients",),
        ("divisions", "tasks"),
        ("time_entries",),
        ("jobs", "clients"),
    ],
    "tap-perform": [
        ("wbs_export",),
        ("docket_export", "wbs_export"),
        ("discussion",),
        ("event_export", "discussion"),
    ],
}


@contextmanager
def sites(number: int = 12) -> Iterator[list[Site]]:
    """Start the servers of some accounts, the taps in turn; no two are alike."""
    with ExitStack() as stack:
        found = []
        for place in range(number):
            tap = [*TABLES][place % len(TABLES)]
            now = NOW - timedelta(days=place)
            running = stack.enter_context(sandbox.start(seed=place + 1, entries=60, now=now))
            tables = TABLES[tap][place // len(TABLES) % len(TABLES[tap])]
            name = f"{tap.removeprefix('tap-')}_{place}"
            found.append(Site(name, tap, tables, running, f"secret-of-{name}"))
        yield found
