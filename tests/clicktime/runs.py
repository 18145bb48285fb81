"""Runs of tap-clicktime over the sandbox, and the copy of the company that a target would hold."""

from __future__ import annotations

import base64
import contextlib
import copy
import io
import json
import logging
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import click

from sandbox.clicktime import truth
from tap_clicktime.tap import TapClickTime
from taps_common.errors import TapError
from tests.clockify.runs import TurningClock
from tests.common.doubles import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sandbox import Sandbox
    from sandbox.clicktime.world import World
    from sandbox.server import RecordedRequest
    from tests.common.doubles import Server

Row = dict[str, Any]
Key = tuple[Any, ...]
State = dict[str, Any]

NOW = datetime(2026, 9, 15, 12, 30, tzinfo=timezone.utc)
PREFIX = "/clicktime/odata"
COMMAND = str(Path(sys.executable).with_name("tap-clicktime"))
TOKEN = "sandbox-token"
SECRETS = (
    TOKEN,
    base64.b64encode(f"clicktime:{TOKEN}".encode()).decode(),
    base64.b64encode(TOKEN.encode()).decode(),
)
"""The token in every form in which it could show."""

TABLES = truth.TABLES
CUSTOM_TABLES = {
    "time_entries": "time_entry_custom_fields",
    "users": "user_custom_fields",
    "jobs": "job_custom_fields",
    "clients": "client_custom_fields",
    "tasks": "task_custom_fields",
    "divisions": "division_custom_fields",
}
SETS = {
    "time_entries": "TimeEntries",
    "users": "Users",
    "jobs": "Jobs",
    "clients": "Clients",
    "tasks": "Tasks",
    "divisions": "Divisions",
    "timesheets": "Timesheets",
    "allocations": "Allocations",
    "time_entries_view": "TimeEntriesView",
}
VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}


class TurningTap(TapClickTime):
    """The tap with a clock of its own, table versions included.

    The clock is there before the tap is made: discovery sends requests already.
    """

    @classmethod
    def at(cls, clock: TurningClock) -> type[TurningTap]:
        return type(cls.__name__, (cls,), {"clock": clock})

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

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """All messages; numbers keep their digits."""
        return [json.loads(line, parse_float=Decimal) for line in self.output.splitlines()]

    def of(self, kind: str, table: str | None = None) -> list[dict[str, Any]]:
        return [
            message
            for message in self.messages
            if message["type"] == kind and table in {None, message.get("stream")}
        ]

    def records(self, table: str) -> list[Row]:
        return [message["record"] for message in self.of("RECORD", table)]

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
        state: State = copy.deepcopy(self.of("STATE")[-1]["value"])
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

    def ok(self) -> Run:
        assert (self.code, self.error) == (0, ""), (self.error, self.log[-2000:])
        return self


@dataclass
class Account:
    """A sandbox and how the tap is pointed at it."""

    running: Sandbox
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.running.clicktime

    @property
    def url(self) -> str:
        return f"{self.running.url}{PREFIX}"

    def config(self, **settings: Any) -> dict[str, Any]:  # noqa: ANN401 - values of settings
        """Return the settings; those that are None are left out."""
        given = {"api_token": TOKEN, "service_url": self.url, "max_retries": 1}
        merged = given | self.settings | settings
        return {name: value for name, value in merged.items() if value is not None}

    def tap(self, **settings: Any) -> TurningTap:  # noqa: ANN401 - values of settings
        """Return a tap that knows the service, outside of any run."""
        kind = TurningTap.at(TurningClock(self.world.now))
        return kind(config=self.config(**settings), parse_env_config=False)

    def discovered(self, **settings: Any) -> dict[str, Any]:  # noqa: ANN401 - values of settings
        """Return what --discover prints; its requests are not kept."""
        before = list(self.running.requests)
        found: dict[str, Any] = json.loads(self.tap(**settings).catalog_json_text)
        self.running.requests[:] = before
        return found

    def catalog(
        self,
        tables: Iterable[str] | None = None,
        *,
        without: Iterable[tuple[str, ...]] = (),
        full: Iterable[str] = (),
        **settings: Any,  # noqa: ANN401 - values of settings
    ) -> dict[str, Any]:
        """Return a catalog of what the service has now.

        Args:
            tables: the tables that are selected; None selects all.
            without: deselected properties, each as the table and the path.
            full: tables that are replicated as FULL_TABLE.
            settings: what discovery is run with.
        """
        found = self.discovered(**settings)
        names = {stream["tap_stream_id"] for stream in found["streams"]}
        chosen = names if tables is None else set(tables)
        assert chosen <= names, chosen - names
        hidden = set(without)
        for stream in found["streams"]:
            name = stream["tap_stream_id"]
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
            if name in full:
                stream["replication_method"] = "FULL_TABLE"
        assert not hidden, hidden
        return found

    def run(
        self,
        *,
        catalog: dict[str, Any] | None = None,
        state: State | None = None,
        clock: TurningClock | None = None,
        before: Callable[[TapClickTime], object] | None = None,
        level: int = logging.INFO,
        **settings: Any,  # noqa: ANN401 - values of settings
    ) -> Run:
        """Run in this process, at the sandbox's present moment; see `run_tap`."""
        return run_tap(
            self.config(**settings),
            catalog=catalog,
            state=state,
            clock=clock or TurningClock(self.world.now),
            before=before,
            level=level,
        )

    def environment(self, **settings: Any) -> dict[str, str]:  # noqa: ANN401 - values of settings
        """Return the environment of a command; names in capitals are taken as they are."""
        given = self.config(**{k: v for k, v in settings.items() if not k.isupper()})
        named = {
            f"TAP_CLICKTIME_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
            for name, value in given.items()
        }
        capitals = {name: str(value) for name, value in settings.items() if name.isupper()}
        return nothing() | {"LOGLEVEL": "DEBUG"} | named | capitals

    def command(self, *options: str, **settings: Any) -> Run:  # noqa: ANN401 - values of settings
        """Run the installed command to its end, its settings in the environment."""
        return command(*options, environment=self.environment(**settings))

    def asked(self, name: str = "") -> list[RecordedRequest]:
        """Return the requests so far; of one entity set only, if it is named."""
        path = f"{PREFIX}/{name}"
        return [one for one in self.running.requests if not name or one.path == path]

    def requests(self, name: str = "") -> list[str]:
        """Return the requests so far, one decoded line each, without the service's prefix."""
        return [unquote(one.target.removeprefix(PREFIX)) for one in self.asked(name)]

    def first_questions(self, name: str) -> list[dict[str, str]]:
        """Return the query options of each question for a set that follows no link."""
        return [
            dict(one.query)
            for one in self.asked(name)
            if "skiptoken" not in one.target and "$top" not in dict(one.query)
        ]

    def fault(self, route: str, kind: str, **parameters: object) -> None:
        """Add a fault to all requests of a route, unless told otherwise."""
        self.running.faults.add(route=route, kind=kind, **{"times": 0, **parameters})

    def mended(self) -> None:
        """End all faults."""
        self.running.faults.clear()

    def reset(self) -> None:
        """Forget what was asked so far."""
        self.running.reset_requests()


def run_tap(
    config: Mapping[str, Any],
    *,
    catalog: dict[str, Any] | None = None,
    state: State | None = None,
    clock: TurningClock | None = None,
    before: Callable[[TapClickTime], object] | None = None,
    level: int = logging.INFO,
) -> Run:
    """Run the tap in this process.

    Args:
        config: the settings.
        catalog: the catalog; all that the service has without one.
        state: the state.
        clock: the tap's clock.
        before: called with the tap before it reads.
        level: what is logged.
    """
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
            tap = TurningTap.at(clock or TurningClock(NOW))(
                config=dict(config),
                catalog=copy.deepcopy(catalog),
                state=copy.deepcopy(state),
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
    return Run(raw.getvalue(), log.getvalue(), code, error)


def nothing() -> dict[str, str]:
    """Return an environment without any settings of a tap."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TAP_")}


def command(*options: str, environment: Mapping[str, str]) -> Run:
    """Run the installed command to its end."""
    done = subprocess.run(
        [COMMAND, *options], env=dict(environment), capture_output=True, check=False, timeout=60
    )
    return Run(done.stdout, done.stderr.decode(), done.returncode)


# -- the truth -------------------------------------------------------------------------------------


def true_rows(world: World, table: str) -> list[Row]:
    """Return the rows that a table should hold now."""
    found: list[Row] = truth.rows(world, table)
    return found


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*(Z|[+-]\d\d:\d\d)")
FINEST = timedelta(microseconds=1)


def same(found: object, true: object) -> bool:
    """Tell whether a value is the true one: absent is null, moments agree to the microsecond."""
    if isinstance(true, dict) and isinstance(found, dict):
        names = true.keys() | found.keys()
        return all(same(found.get(name), true.get(name)) for name in names)
    if isinstance(true, bool) or isinstance(found, bool):
        return found is true
    if isinstance(true, int | float | Decimal) and isinstance(found, int | float | Decimal):
        return Decimal(str(found)) == Decimal(str(true))
    if isinstance(true, str) and isinstance(found, str) and _INSTANT.fullmatch(true):
        return abs(moment(found) - moment(true)) <= FINEST
    return found == true


def moment(text: str) -> datetime:
    """Read a moment with any number of fractional digits."""
    whole, _, rest = text.replace("Z", "+00:00").partition(".")
    if not rest:
        return datetime.fromisoformat(whole)
    digits, sign, zone = re.fullmatch(r"(\d+)([+-])(.*)", rest).groups()  # type: ignore[union-attr]
    return datetime.fromisoformat(f"{whole}.{digits[:6]:0<6}{sign}{zone}")


# -- the copy of a target --------------------------------------------------------------------------


class Copy:
    """The tables that a target which obeys ACTIVATE_VERSION and keys would hold after some runs."""

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
                row = message["record"]
                key = tuple(row[name] for name in self.keys[table]) or (self._append(),)
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

    def differences(self, world: World, tables: Iterable[str] | None = None) -> dict[str, str]:
        """Return what is missing, left over or different, by table; empty when it is equal."""
        found = {}
        for table in truth.tables(world) if tables is None else tables:
            key = self.keys.get(table, ())
            true = true_rows(world, table)
            rows = self.rows(table)
            if table in CUSTOM_TABLES.values():  # the owner's cursor is not always the truth's
                names = {name for row in true for name in row}
                names &= {name for row in rows for name in row} | {*key}
                rows, true = (
                    [{n: v for n, v in row.items() if n in names} for row in each]
                    for each in (rows, true)
                )
            if text := difference(rows, true, key):
                found[table] = text
        return found


def copied(run: Run) -> Copy:
    """Return what one run leaves in an empty target."""
    held = Copy()
    held.load(run)
    return held


def difference(found: Sequence[Row], true: Sequence[Row], key: tuple[str, ...]) -> str:
    """Return how rows differ from the true ones; empty when they are equal."""
    if not key:
        return _unlike(found, true)
    have, want = (
        {tuple(row.get(name) for name in key): row for row in rows} for rows in (found, true)
    )
    missing, extra = want.keys() - have.keys(), have.keys() - want.keys()
    other = {}
    for one in have.keys() & want.keys():
        names = have[one].keys() | want[one].keys()
        wrong = [n for n in names if not same(have[one].get(n), want[one].get(n))]
        if wrong:
            other[one] = {n: (have[one].get(n), want[one].get(n)) for n in sorted(wrong)}
    if not (missing or extra or other):
        return ""
    some = [*sorted(map(str, [*missing, *extra]))[:3], *map(str, list(other.items())[:3])]
    return f"{len(missing)} missing, {len(extra)} left over, {len(other)} different: {some}"


def _unlike(found: Sequence[Row], true: Sequence[Row]) -> str:
    """Compare rows that have no key, by how often each comes."""
    have, want = (Counter(_text(row) for row in rows) for rows in (found, true))
    missing, extra = want - have, have - want
    if not (missing or extra):
        return ""
    return f"{missing.total()} missing, {extra.total()} left over: {[*missing, *extra][:2]}"


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        inner = {name: _text(item) for name, item in value.items() if item is not None}
        return json.dumps(inner, sort_keys=True)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return f"{Decimal(str(value)).normalize():f}"
    return json.dumps(value)


# -- a service of one set, answer by answer --------------------------------------------------------

THINGS = b"""<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
<edmx:DataServices><Schema Namespace="N" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EntityType Name="Thing"><Key><PropertyRef Name="ID"/></Key>
<Property Name="ID" Type="Edm.String" Nullable="false"/>
<Property Name="Name" Type="Edm.String"/>
<Property Name="Rate" Type="Edm.Decimal"/>
<Property Name="Budget" Type="Edm.Double"/>
<Property Name="Number" Type="Edm.Int64"/>
<Property Name="At" Type="Edm.DateTimeOffset"/>
<Property Name="CustomFields" Type="N.Free"/>
</EntityType><ComplexType Name="Free" OpenType="true"/>
<EntityContainer Name="C"><EntitySet Name="Things" EntityType="N.Thing"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"""
"""What a service with one entity set declares."""

LISTS = THINGS.replace(
    b'<Property Name="Rate"',
    b'<Property Name="Tags" Type="Collection(Edm.String)"/><Property Name="Rate"',
)
"""The same with a property that holds lists."""


def page(*rows: Mapping[str, Any] | str, link: str | None = None, **more: object) -> bytes:
    """Return a page of rows (or of ready JSON texts), with a link to the next one."""
    texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    head = {**({"@odata.nextLink": link} if link is not None else {}), **more}
    ending = "".join(f",{json.dumps(name)}:{json.dumps(value)}" for name, value in head.items())
    return f'{{"value":[{",".join(texts)}]{ending}}}'.encode()


def thing(ident: str, **values: object) -> Row:
    return {"ID": ident, **values}


def scripted(
    server: Server,
    *answers: bytes | Answer,
    declared: bytes = THINGS,
    **settings: Any,  # noqa: ANN401 - values of settings
) -> Run:
    """Run the tap over a server that declares `Things` and then gives these answers in turn.

    When they are used up the server answers `[]`, which is no page.
    """
    listed = [one if isinstance(one, Answer) else Answer(body=one) for one in answers]
    server.script[:] = [Answer(body=declared), *listed]
    config = {"service_url": server.url, "api_token": TOKEN, "max_retries": 0, **settings}
    return run_tap(config)
