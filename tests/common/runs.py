"""Runs of any tap over the sandbox, and the copy of the tables that a target would hold."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import click
import msgspec
from singer_sdk import Tap

from taps_common.errors import TapError
from taps_common.records.row_types import RESCUED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from threading import Event

    from sandbox import Sandbox

AnyTap = TypeVar("AnyTap", bound=Tap)
Row = dict[str, Any]
Key = tuple[Any, ...]
State = dict[str, Any]
Number = type[float | Decimal]

NOW = datetime(2026, 9, 15, 12, 30, tzinfo=timezone.utc)

PATIENCE = 300.0
"""Seconds after which a test that hangs fails; a machine however busy needs less."""


def until(happens: Callable[[], object]) -> None:
    """Wait for what a thread or another process does."""
    end = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)  # noqa: TID251 - the one place that looks again and again


@contextlib.contextmanager
def nobody() -> Iterator[str]:
    """An address of this machine at which nobody listens, nor another test meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


class TurningClock:
    """A clock that stands still, and jumps where others would sleep."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now
        self.waits: list[float] = []
        self.due: list[tuple[float, Callable[[], object]]] = []
        self._seconds, self._at = 0.0, now

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        """Return seconds to the last digit, of which dates have six; `time` may have been set."""
        self._seconds += (self.time - self._at).total_seconds()
        self._at = self.time
        return self._seconds

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        self._seconds = self.monotonic() + seconds
        self.time = self._at = self.time + timedelta(seconds=seconds)

    def wait(self, seconds: float, cancelled: Event) -> None:
        self.waits.append(seconds)
        self.turn(seconds)

    def call_after(self, seconds: float, function: Callable[[], object]) -> None:
        self.due.append((seconds, function))


def turning(kind: type[AnyTap], clock: TurningClock) -> type[AnyTap]:
    """Return the tap with a clock of its own, table versions included.

    The clock is there before the tap is made: discovery may send requests already.
    """
    version = property(lambda _: int(clock.now().timestamp() * 1000))
    return type(f"Turning{kind.__name__}", (kind,), {"clock": clock, "initialized_at": version})


# -- runs ------------------------------------------------------------------------------------------


def plain(row: Row) -> Row:
    """Return a row without the column of what has no place, where nothing is in it."""
    return {name: value for name, value in row.items() if (name, value) != (RESCUED, None)}


@dataclass
class Run:
    """What came out of one run, and the sentence that it ended with if it failed, with its kind.

    `number` is what numbers with a point are read as; a Decimal keeps their digits.
    """

    output: bytes
    log: str
    code: int
    error: str = ""
    number: Number = float
    kind: str = ""

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(line, parse_float=self.number) for line in self.output.splitlines()]

    def of(self, kind: str, table: str | None = None) -> list[dict[str, Any]]:
        return [
            message
            for message in self.messages
            if message["type"] == kind and table in {None, message.get("stream")}
        ]

    def records(self, table: str) -> list[Row]:
        """The rows of a table, without the column of what has no place where it is null."""
        return [plain(message["record"]) for message in self.of("RECORD", table)]

    def counts(self) -> dict[str, int]:
        return dict(Counter(message["stream"] for message in self.of("RECORD")))

    def schema(self, table: str) -> dict[str, Any]:
        """The columns of a table as its SCHEMA message declares them."""
        (message,) = self.of("SCHEMA", table)
        found: dict[str, Any] = message["schema"]["properties"]
        return found

    @property
    def state(self) -> State:
        """The last state, as the next run gets it."""
        state: State = _copy(self.of("STATE")[-1]["value"])
        return state

    @property
    def versioned(self) -> list[str]:
        """The tables whose versions were activated."""
        return [message["stream"] for message in self.of("ACTIVATE_VERSION")]

    @property
    def said(self) -> str:
        """All that a person or a log file gets to see, state included."""
        states = "".join(json.dumps(message, default=str) for message in self.of("STATE"))
        return f"{self.log}\n{self.error}\n{states}"

    @property
    def lines(self) -> list[str]:
        """The lines of the log, without codes."""
        return [_without_code(line)[1] for line in self.log.splitlines()]

    def leaves_out(self, stream: str, reason: str) -> bool:
        """Return whether a stream is left out for a reason that begins with these words.

        The reason stands in the one line that names all, and the stream's own line says so too.
        """
        summed = re.search(f"^{stream} .* left out", self.log, re.MULTILINE)
        (line,) = [line for line in self.lines if line.startswith("Left out: ")]
        for rest in line.split(reason)[1:]:
            names = re.search(r"\(([a-z_]+(?:, [a-z_]+)*)\)(?:; |\.$)", rest)
            if names and stream in names[1].split(", "):
                return summed is not None
        return False

    @property
    def sentences(self) -> list[str]:
        """What a command says about a failure, without codes."""
        said = []
        for line in self.log.splitlines():
            parts = [part.strip() for part in line.split(" | ", 3)]
            if len(parts) == 4 and parts[1] in {"ERROR", "CRITICAL"}:
                said.append(parts[3])
            elif line.startswith("Error: "):
                said.append(line.removeprefix("Error: "))
            elif len(parts) < 4:
                said.append(line)
        return [_without_code(text)[1] for text in said if text.strip()]

    def ok(self) -> Run:
        assert (self.code, self.error) == (0, ""), (self.error, self.log[-2000:])
        return self


def run_in_process(
    kind: type[AnyTap],
    config: Mapping[str, Any],
    *,
    catalog: dict[str, Any] | None = None,
    state: State | None = None,
    before: Callable[[AnyTap], object] | None = None,
    level: int = logging.INFO,
    number: Number = float,
) -> Run:
    """Run a tap in this process, see `turning`; `before` gets it before it reads."""
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    root = logging.getLogger()
    kept = root.level
    root.addHandler(handler)
    root.setLevel(level)
    code, error = 0, ""
    try:
        with contextlib.redirect_stdout(output):
            tap = kind(
                config=dict(config),
                catalog=_copy(catalog),
                state=_copy(state),
                parse_env_config=False,
            )
            if before:
                before(tap)
            tap.sync_all()
    except click.ClickException as failure:
        code, error = failure.exit_code, failure.format_message()
    except TapError as failure:  # before the run begins; the command makes a sentence of it
        code, error = 1, str(failure)
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        root.removeHandler(handler)
        root.setLevel(kept)
    raw = output.buffer
    assert isinstance(raw, io.BytesIO)
    coded, error = _without_code(error)
    return Run(raw.getvalue(), log.getvalue(), code, error, number, coded)


def _without_code(text: str) -> tuple[str, str]:
    """Return the kind of a sentence (`AUTH`), where it has a code, and its words."""
    code, _, words = text.partition(": ")
    found = re.fullmatch("[A-Z]+-([A-Z]+)", code)
    return (found[1], words) if found else ("", text)


def installed(name: str) -> str:
    """Return where a command of this environment is."""
    return str(Path(sys.executable).with_name(name))


def command(
    name: str, *options: str, environment: Mapping[str, str], number: Number = float
) -> Run:
    """Run an installed command to its end."""
    done = subprocess.run(
        [installed(name), *options],
        env=dict(environment),
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    return Run(done.stdout, done.stderr.decode(), done.returncode, number=number)


def nothing() -> dict[str, str]:
    """Return an environment without any settings of a tap."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TAP_")}


@dataclass
class AnyAccount:
    """A sandbox and how a tap is pointed at it; `settings` hold unless a run is told otherwise."""

    name: ClassVar[str]
    number: ClassVar[Number] = float

    running: Sandbox
    settings: dict[str, Any] = field(default_factory=dict)

    def given(self) -> dict[str, Any]:
        """Return the settings that no run can do without."""
        raise NotImplementedError

    def config(self, **settings: Any) -> dict[str, Any]:
        """Return the settings; those that are None are left out."""
        merged = self.given() | self.settings | settings
        return {name: value for name, value in merged.items() if value is not None}

    def environment(self, **settings: Any) -> dict[str, str]:
        """Return the environment of a command; names in capitals are taken as they are."""
        given = self.config(**{k: v for k, v in settings.items() if not k.isupper()})
        prefix = self.name.replace("-", "_").upper()
        named = {
            f"{prefix}_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
            for name, value in given.items()
        }
        capitals = {name: str(value) for name, value in settings.items() if name.isupper()}
        return nothing() | {"LOGLEVEL": "DEBUG"} | named | capitals

    def command(self, *options: str, **settings: Any) -> Run:
        """Run the installed command to its end, its settings in the environment."""
        return command(
            self.name, *options, environment=self.environment(**settings), number=self.number
        )

    @classmethod
    def bare_command(cls, *options: str, **variables: str) -> Run:
        """Run the installed command to its end, with no settings but these variables."""
        return command(cls.name, *options, environment=nothing() | variables, number=cls.number)

    def fault(self, route: str, kind: str, **parameters: object) -> None:
        """Add a fault to all requests of a route, unless told otherwise."""
        self.running.faults.add(route=route, kind=kind, **{"times": 0, **parameters})

    def mended(self) -> None:
        """End all faults."""
        self.running.faults.clear()

    def reset(self) -> None:
        """Forget what was asked so far."""
        self.running.reset_requests()


# -- catalogs --------------------------------------------------------------------------------------


def _copy(value: Any) -> Any:
    """Return JSON of its own, in a tenth of the time that `deepcopy` takes."""
    return msgspec.json.decode(msgspec.json.encode(value))


def select(
    discovered: dict[str, Any],
    tables: Iterable[str] | None,
    *,
    without: Iterable[tuple[str, ...]],
    full: Iterable[str] = (),
    by_log: Iterable[str] = (),
) -> dict[str, Any]:
    """Return a catalog with these tables selected (None: all), in full or by their log.

    `without` are deselected properties, each as the table and the path.
    """
    methods = dict.fromkeys(full, "FULL_TABLE") | dict.fromkeys(by_log, "LOG_BASED")
    found: dict[str, Any] = _copy(discovered)
    names = {stream["tap_stream_id"] for stream in found["streams"]}
    chosen = names if tables is None else set(tables)
    assert chosen <= names, chosen - names
    hidden = set(without)
    for stream in found["streams"]:
        name = stream["tap_stream_id"]
        if name in methods:
            stream["replication_method"] = methods[name]
        for entry in stream["metadata"]:
            crumbs = entry["breadcrumb"]
            if not crumbs:
                entry["metadata"]["selected"] = name in chosen
                if name in methods:
                    entry["metadata"]["forced-replication-method"] = methods[name]
                    entry["metadata"]["replication-method"] = methods[name]
            elif (name, *crumbs[1::2]) in hidden:
                entry["metadata"]["selected"] = False
                hidden.discard((name, *crumbs[1::2]))
        if name not in chosen:  # what nobody reads is not read either: three times as fast
            stream["metadata"] = [one for one in stream["metadata"] if not one["breadcrumb"]]
            stream["schema"] = {"type": "object", "properties": {}}
    assert not hidden, hidden
    return found


# -- the copy of a target --------------------------------------------------------------------------


class AnyCopy:
    """The live rows of a target that obeys keys, versions and deletions, after some runs."""

    def __init__(self) -> None:
        self.keys: dict[str, tuple[str, ...]] = {}
        self.tables: dict[str, dict[Key, tuple[int | None, Row]]] = {}
        self._appended = 0

    def load(self, run: Run) -> Run:
        """Apply the messages of a run, and give it back."""
        for message in run.messages:
            table = str(message.get("stream"))
            if message["type"] == "SCHEMA":
                self.keys[table] = tuple(message["key_properties"])
                self.tables.setdefault(table, {})
            elif message["type"] == "RECORD":
                row = dict(message["record"])
                key = tuple(row[name] for name in self.keys[table]) or (self._append(),)
                if row.pop("_sdc_deleted_at", None):
                    self.tables[table].pop(key, None)
                else:
                    self.tables[table][key] = (message.get("version"), row)
            elif message["type"] == "ACTIVATE_VERSION":
                self.tables[table] = {
                    key: held
                    for key, held in self.tables[table].items()
                    if held[0] == message["version"]
                }
        return run

    def _append(self) -> int:
        self._appended += 1
        return self._appended

    def rows(self, table: str) -> list[Row]:
        return [row for _, row in self.tables.get(table, {}).values()]
