"""Runs of the tap over the sandbox, and the copy of the account that a target would hold."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import logging
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sandbox.clockify import truth
from tap_clockify.tap import TapClockify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from threading import Event

    from sandbox import Sandbox
    from sandbox.clockify.world import World
    from sandbox.server import RecordedRequest

Row = dict[str, Any]
Key = tuple[Any, ...]
State = dict[str, Any]

NOW = datetime(2026, 9, 15, 12, 30, tzinfo=timezone.utc)
PREFIX = "/clockify/api/v1"
WORKSPACE = "/workspaces/{workspaceId}"
ENTRIES = f"{WORKSPACE}/user/{{userId}}/time-entries"
TASKS = f"{WORKSPACE}/projects/{{projectId}}/tasks"
COMMAND = str(Path(sys.executable).with_name("tap-clockify"))

KEYS = {
    name: tuple(stream.primary_keys)
    for name, stream in TapClockify(config={}, validate_config=False).streams.items()
}
TABLES = tuple(KEYS)
ENTRY_TABLES = ("time_entries", "time_entry_tags", "time_entry_custom_fields")


class TurningClock:
    """A clock that stands still, and jumps where others would sleep."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    def wait(self, seconds: float, cancelled: Event) -> None:
        self.waits.append(seconds)
        self.time += timedelta(seconds=seconds)


class TurningTap(TapClockify):
    """The tap with a clock of its own, table versions included."""

    @property
    def initialized_at(self) -> int:
        return int(self.clock.now().timestamp() * 1000)


@dataclass
class Run:
    """What came out of one run.

    Attributes:
        output: standard output.
        log: what was logged, or written to standard error.
        code: exit code.
        error: the sentence that the run ends with, if it fails.
    """

    output: bytes
    log: str
    code: int
    error: str = ""

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.splitlines()]

    def of(self, kind: str, table: str | None = None) -> list[dict[str, Any]]:
        return [
            message
            for message in self.messages
            if message["type"] == kind and table in {None, message.get("stream")}
        ]

    def records(self, table: str) -> list[Row]:
        return [message["record"] for message in self.of("RECORD", table)]

    def counts(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for message in self.of("RECORD"):
            counts[message["stream"]] = counts.get(message["stream"], 0) + 1
        return counts

    @property
    def state(self) -> State:
        """The last state, as the next run gets it."""
        state: State = copy.deepcopy(self.of("STATE")[-1]["value"])
        return state

    @property
    def versioned(self) -> list[str]:
        """The tables whose versions were activated."""
        return [message["stream"] for message in self.of("ACTIVATE_VERSION")]

    def ok(self) -> Run:
        assert (self.code, self.error) == (0, ""), self.log[-1000:]
        return self


@dataclass
class Account:
    """A sandbox and how the tap is pointed at it."""

    running: Sandbox
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.running.clockify

    @property
    def url(self) -> str:
        return f"{self.running.url}{PREFIX}"

    def config(self, **settings: Any) -> dict[str, Any]:  # noqa: ANN401 - values of settings
        given = {"api_key": "sandbox-key", "api_url": self.url, "max_retries": 1}
        merged = given | self.settings | settings
        return {name: value for name, value in merged.items() if value is not None}

    def run(
        self,
        *,
        catalog: dict[str, Any] | None = None,
        state: State | None = None,
        clock: TurningClock | None = None,
        before: Callable[[TapClockify], object] | None = None,
        **settings: Any,  # noqa: ANN401 - values of settings
    ) -> Run:
        """Run in this process, at the sandbox's present moment."""
        output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        log = io.StringIO()
        handler = logging.StreamHandler(log)
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        code, error = 0, ""
        try:
            with contextlib.redirect_stdout(output):
                tap = TurningTap(
                    config=self.config(**settings),
                    catalog=copy.deepcopy(catalog),
                    state=copy.deepcopy(state),
                    parse_env_config=False,
                )
                tap.clock = clock or TurningClock(self.world.now)
                if before:
                    before(tap)
                tap.sync_all()
        except click.ClickException as failure:
            code, error = failure.exit_code, failure.format_message()
        except SystemExit as stop:
            code = int(stop.code or 0)
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
        raw = output.buffer
        assert isinstance(raw, io.BytesIO)
        return Run(raw.getvalue(), log.getvalue(), code, error)

    def environment(self, **settings: Any) -> dict[str, str]:  # noqa: ANN401 - values of settings
        """Return the environment of a command; names in capitals are taken as they are."""
        given = self.config(**{k: v for k, v in settings.items() if not k.isupper()})
        named = {
            f"TAP_CLOCKIFY_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
            for name, value in given.items()
        }
        capitals = {name: str(value) for name, value in settings.items() if name.isupper()}
        kept = {k: v for k, v in os.environ.items() if not k.startswith("TAP_")}
        return kept | {"LOGLEVEL": "DEBUG"} | named | capitals

    def command(self, *options: str, **settings: Any) -> Run:  # noqa: ANN401 - values of settings
        """Run the installed command to its end."""
        return command(*options, environment=self.environment(**settings))

    def requests(self) -> list[str]:
        """Return the requests so far, one line each, without the service's prefix."""
        return [line(request) for request in self.running.requests]

    def templates(self) -> list[str]:
        """Return the route templates that were asked so far."""
        return [request.route.removeprefix(PREFIX) for request in self.running.requests]

    def fault(self, route: str, kind: str, **parameters: object) -> None:
        """Add a fault to all requests of a route, unless told otherwise."""
        self.running.faults.add(route=route, kind=kind, **{"times": 0, **parameters})

    def mended(self) -> None:
        """End all faults."""
        self.running.faults.clear()


def command(*options: str, environment: Mapping[str, str]) -> Run:
    """Run the installed command to its end."""
    done = subprocess.run(
        [COMMAND, *options], env=dict(environment), capture_output=True, check=False, timeout=60
    )
    return Run(done.stdout, done.stderr.decode(), done.returncode)


def line(request: RecordedRequest) -> str:
    """Return a request as method, path and query."""
    query = "&".join(f"{name}={value}" for name, value in request.query)
    path = request.path.removeprefix(PREFIX)
    return f"{request.method} {path}{'?' * bool(query)}{query}"


# -- catalogs --------------------------------------------------------------------------------------


def catalog(
    tables: Iterable[str] | None = None,
    *,
    without: Iterable[tuple[str, ...]] = (),
    full: Iterable[str] = (),
) -> dict[str, Any]:
    """Return a catalog.

    Args:
        tables: the tables that are selected; None selects all.
        without: deselected properties, each as the table and the path.
        full: tables that are replicated as FULL_TABLE.
    """
    found: dict[str, Any] = copy.deepcopy(discovered())
    chosen = set(TABLES if tables is None else tables)
    assert chosen <= set(TABLES)
    hidden = {(path[0], *(f"{part}" for part in path[1:])) for path in without}
    for stream in found["streams"]:
        name = stream["tap_stream_id"]
        if name in full:
            stream["replication_method"] = "FULL_TABLE"
        for entry in stream["metadata"]:
            crumbs = entry["breadcrumb"]
            if not crumbs:
                entry["metadata"]["selected"] = name in chosen
                if name in full:
                    entry["metadata"]["forced-replication-method"] = "FULL_TABLE"
                    entry["metadata"]["replication-method"] = "FULL_TABLE"
            elif (name, *crumbs[1::2]) in hidden:
                entry["metadata"]["selected"] = False
                hidden.discard((name, *crumbs[1::2]))
    assert not hidden, hidden
    return found


def discovered() -> dict[str, Any]:
    """Return what --discover prints."""
    found: dict[str, Any] = TapClockify(config={}, validate_config=False).catalog_dict
    return found


# -- the truth ------------------------------------------------------------------------------------


def true_rows(world: World, table: str) -> list[Row]:
    """Return the rows that a table should hold now."""
    found: list[Row] = truth.rows(world, table)
    return found


# -- the copy of a target --------------------------------------------------------------------------


class Copy:
    """The tables that a target which obeys ACTIVATE_VERSION and keys would hold after some runs."""

    def __init__(self) -> None:
        self.keys: dict[str, list[str]] = {}
        self.tables: dict[str, dict[Key, tuple[int | None, Row]]] = {}

    def load(self, run: Run) -> Run:
        """Apply the messages of a run, and give it back."""
        for message in run.messages:
            table = str(message.get("stream"))
            if message["type"] == "SCHEMA":
                self.keys[table] = message["key_properties"]
                self.tables.setdefault(table, {})
            elif message["type"] == "RECORD":
                row = message["record"]
                key = tuple(row[name] for name in self.keys[table])
                self.tables[table][key] = (message.get("version"), row)
            elif message["type"] == "ACTIVATE_VERSION":
                self.tables[table] = {
                    key: held
                    for key, held in self.tables[table].items()
                    if held[0] == message["version"]
                }
        return run

    def rows(self, table: str) -> list[Row]:
        return [row for _, row in self.tables.get(table, {}).values()]

    def ids(self, table: str) -> set[str]:
        return {row["id"] for row in self.rows(table)}

    def differences(self, world: World, tables: Iterable[str] = TABLES) -> dict[str, str]:
        """Return what is missing, left over or different, by table; empty when it is equal."""
        found = {}
        for table in tables:
            expected = keyed(truth.rows(world, table), KEYS[table])
            held = keyed(self.rows(table), KEYS[table])
            missing = expected.keys() - held.keys()
            extra = held.keys() - expected.keys()
            other = [k for k in expected.keys() & held.keys() if expected[k] != held[k]]
            if missing or extra or other:
                found[table] = (
                    f"{len(missing)} missing, {len(extra)} left over, {len(other)} different: "
                    f"{sorted(map(str, [*missing, *extra, *other]))[:3]}"
                )
        return found


def keyed(rows: Iterable[Row], keys: tuple[str, ...]) -> dict[Key, Row]:
    """Return rows by their keys, each without its nulls."""
    return {tuple(row[name] for name in keys): _without_nulls(row) for row in rows}


def _without_nulls(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Null and absent mean the same in every table."""
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
