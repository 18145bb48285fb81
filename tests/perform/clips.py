"""Made-up projects on a wire of their own: the whole tap runs, but nothing is sent."""

from __future__ import annotations

import io
import logging
import threading
from itertools import count
from typing import TYPE_CHECKING, Any

import urllib3

from tap_perform.tap import TapPerform
from tests.common.doubles import Answer
from tests.common.runs import TurningClock, run_in_process, turning
from tests.perform.runs import Account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.common.runs import Row, Run, State

QUAY, ROUTE = BOTH = ("Quay", "Route")
TABLE, OTHER = "docket_export", "person_export"
"""Clips of which no column is documented."""
VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}

_NUMBERS = count()


def lines(*rows: str) -> bytes:
    return "".join(f"{row}\r\n" for row in rows).encode()


def dockets(number: int = 20, status: str = "Open") -> bytes:
    """Return a table of so many rows."""
    rows = (f"D{row},{status},{row}.10,2026-09-{row % 30 + 1:02d}" for row in range(number))
    return lines("Docket,Status,Tax (%),Docket Date", *rows)


def reasons(run: Run, table: str = TABLE) -> list[str]:
    """Return why projects of a table failed."""
    return [line for line in run.lines if line.startswith(f"{table} failed")]


def cells(run: Run, table: str = TABLE) -> list[Row]:
    """Return rows without what the tap adds."""
    own = {"project", "_row_id"}
    return [
        {name: cell for name, cell in row.items() if name not in own}
        for row in run.ok().records(table)
    ]


class Clips:
    """Stands where connections do.

    Attributes:
        script: what comes from each address: one answer after the other, the last one for good.
        declared: what is declared of each table's clips beside their address.
        asked: each address that was asked for, and whether credentials came along.
        clock: of the runs, which are a minute apart.
    """

    def __init__(self) -> None:
        self.url = f"https://clips{next(_NUMBERS)}.example"  # threads of other tests may still ask
        self.script: dict[str, list[Answer]] = {}
        self.declared: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, bool]] = []
        self.clock = TurningClock()
        self._lock = threading.Lock()

    def request(self, method: str, url: str, **options: Any) -> urllib3.HTTPResponse:
        assert (method, options["redirect"]) == ("GET", False)
        address = url.partition("?")[0]
        with self._lock:
            answers = self.script.get(address, [Answer(404)])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if address in self.script:
                self.asked.append((url, "Authorization" in options["headers"]))
        if answer.reset:
            raise urllib3.exceptions.ProtocolError("Connection aborted.")
        return urllib3.HTTPResponse(
            io.BytesIO(answer.body[: len(answer.body) - answer.cut]),
            {"Content-Length": str(len(answer.body)), **answer.headers},
            answer.status,
            preload_content=False,
        )

    def at(self, table: str, project: str = QUAY) -> str:
        """Return the address of a clip."""
        return f"{self.url}/{project}/{table}"

    def put(self, table: str, *answers: Answer | bytes, of: Iterable[str] = (QUAY,)) -> None:
        """Have the clips of some projects answer so from now on."""
        for project in of:
            self.script[self.at(table, project)] = [
                Answer(body=one) if isinstance(one, bytes) else one for one in answers
            ]

    def times(self, table: str, project: str = QUAY) -> int:
        """Return how often a clip was asked for."""
        return sum(url.partition("?")[0] == self.at(table, project) for url, _ in self.asked)

    def projects(self, *only: str) -> list[dict[str, Any]]:
        """Return the setting: those clips that have an answer."""
        found: dict[str, dict[str, Any]] = {}
        for url in self.script:
            project, _, table = url.removeprefix(f"{self.url}/").partition("/")
            if project in (only or BOTH):
                clip = {"url": url, **self.declared.get(table, {})}
                found.setdefault(project, {})[table] = clip
        return [
            {"name": name, "username": "us3r", "password": "s3cret", "dataclips": clips}
            for name, clips in found.items()
        ]

    def config(self, **settings: Any) -> dict[str, Any]:
        given = {"projects": self.projects(), "max_retries": 1, "stale_timeout": 600}
        return given | settings

    def run(
        self,
        *,
        catalog: dict[str, Any] | None = None,
        state: State | None = None,
        before: Callable[[TapPerform], object] | None = None,
        level: int = logging.INFO,
        **settings: Any,
    ) -> Run:
        """Run the tap in this process; see `run_in_process`."""
        self.clock.wait(60, threading.Event())
        self.clock.waits.clear()
        return run_in_process(
            turning(TapPerform, self.clock),
            self.config(**settings),
            catalog=catalog,
            state=state,
            before=before,
            level=level,
            number=Account.number,
        )

    def discovered(self, **settings: Any) -> dict[str, Any]:
        """Return what --discover prints."""
        kind = turning(TapPerform, self.clock)
        found: dict[str, Any] = kind(config=self.config(**settings)).catalog_dict
        return found
