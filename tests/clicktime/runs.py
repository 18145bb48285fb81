"""Runs of tap-clicktime over the sandbox, and the copy of the company that a target would hold."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from sandbox.clicktime import truth
from tap_clicktime.tap import TapClickTime
from taps_common.records.row_types import RESCUED
from tests.common.doubles import Answer
from tests.common.runs import (
    NOW,
    AnyAccount,
    AnyCopy,
    Row,
    Run,
    State,
    TurningClock,
    run_in_process,
    select,
    turning,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sandbox.clicktime.world import World
    from sandbox.server import RecordedRequest
    from tests.common.doubles import Server

PREFIX = "/clicktime/odata"
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


class Account(AnyAccount):
    """A sandbox and how tap-clicktime is pointed at it."""

    name = "tap-clicktime"
    number = Decimal

    @property
    def world(self) -> World:
        return self.running.clicktime

    @property
    def url(self) -> str:
        return f"{self.running.url}{PREFIX}"

    def given(self) -> dict[str, Any]:
        return {"api_token": TOKEN, "service_url": self.url, "max_retries": 1}

    def tap(self, **settings: Any) -> TapClickTime:
        """Return a tap that knows the service, outside of any run."""
        kind = turning(TapClickTime, TurningClock(self.world.now))
        return kind(config=self.config(**settings), parse_env_config=False)

    def discovered(self, **settings: Any) -> dict[str, Any]:
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
        **settings: Any,
    ) -> dict[str, Any]:
        """Return a catalog of what the service has now, under these settings; see `select`."""
        return select(self.discovered(**settings), tables, without=without, full=full)

    def run(
        self,
        *,
        catalog: dict[str, Any] | None = None,
        state: State | None = None,
        clock: TurningClock | None = None,
        before: Callable[[TapClickTime], object] | None = None,
        level: int = logging.INFO,
        **settings: Any,
    ) -> Run:
        """Run in this process, at the sandbox's present time; see `run_tap`."""
        return run_tap(
            self.config(**settings),
            catalog=catalog,
            state=state,
            clock=clock or TurningClock(self.world.now),
            before=before,
            level=level,
        )

    def asked(self, name: str = "") -> list[RecordedRequest]:
        """Return the requests so far; of one entity set only, if it is named."""
        path = f"{PREFIX}/{name}"
        return [one for one in self.running.requests if not name or one.path == path]

    def requests(self, name: str = "") -> list[str]:
        """Return the requests so far, one decoded line each, without the service's prefix."""
        return [unquote(one.target.removeprefix(PREFIX)) for one in self.asked(name)]

    def first_questions(self, name: str) -> list[dict[str, str]]:
        """Return the query options of each question for rows of a set that begins a list.

        A list of keys is ordered by all that it holds.
        """
        found = [dict(one.query) for one in self.asked(name) if "skiptoken" not in one.target]
        return [
            one
            for one in found
            if not one.keys() & {"$top", "$skip"}
            and ("$select" not in one or one["$select"] != one.get("$orderby"))
        ]


def run_tap(
    config: Mapping[str, Any],
    *,
    catalog: dict[str, Any] | None = None,
    state: State | None = None,
    clock: TurningClock | None = None,
    before: Callable[[TapClickTime], object] | None = None,
    level: int = logging.INFO,
) -> Run:
    """Run the tap in this process; see `run_in_process`."""
    return run_in_process(
        turning(TapClickTime, clock or TurningClock()),
        config,
        catalog=catalog,
        state=state,
        before=before,
        level=level,
        number=Account.number,
    )


# -- the truth -------------------------------------------------------------------------------------


def true_rows(world: World, table: str) -> list[Row]:
    """Return the rows that a table should hold now."""
    found: list[Row] = truth.rows(world, table)
    return found


_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*(Z|[+-]\d\d:\d\d)")


def same(found: object, true: object) -> bool:
    """Return whether a value is the true one: absent is null, timestamps go to microseconds."""
    return _plain(found) == _plain(true)


def _plain(value: Any) -> str:
    """Return a text that two values share if and only if they mean the same."""
    if isinstance(value, dict):
        inner = {name: _plain(item) for name, item in value.items() if item is not None}
        return json.dumps(inner, sort_keys=True)
    if isinstance(value, list):
        return json.dumps([*map(_plain, value)])
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        text = f"{Decimal(str(value)):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, str) and _TIMESTAMP.fullmatch(value):
        return f"at {timestamp(value) - NOW}"
    return json.dumps(value, default=str)


def timestamp(text: str) -> datetime:
    """Read a timestamp with any number of fractional digits."""
    whole, _, rest = text.replace("Z", "+00:00").partition(".")
    if not rest:
        return datetime.fromisoformat(whole)
    digits, sign, zone = re.fullmatch(r"(\d+)([+-])(.*)", rest).groups()  # type: ignore[union-attr]  # fits each
    return datetime.fromisoformat(f"{whole}.{digits[:6]:0<6}{sign}{zone}")


# -- the copy of a target --------------------------------------------------------------------------


class Copy(AnyCopy):
    """The copy of a company."""

    def differences(self, world: World, tables: Iterable[str] | None = None) -> dict[str, str]:
        """Return what is missing, left over or different, by table; empty when it is equal."""
        found = {}
        for table in truth.tables(world) if tables is None else tables:
            key = self.keys.get(table, ())
            true = true_rows(world, table)
            rows = [
                {name: value for name, value in row.items() if name != RESCUED}
                for row in self.rows(table)
            ]
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
    """Return how rows differ from the true ones; empty when they are equal.

    Rows that have a key are compared by it, others by how often each comes.
    """
    if key:
        by_key = [{tuple(row[name] for name in key): row for row in rows} for rows in (found, true)]
        found, true = ([*rows.values()] for rows in by_key)
    have, want = (Counter(map(_plain, rows)) for rows in (found, true))
    missing, extra = want - have, have - want
    if not (missing or extra):
        return ""
    return f"{missing.total()} missing, {extra.total()} left over: {[*missing, *extra][:4]}"


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
    """Return a page of rows (or of ready JSON texts), their number, and a link to the next one."""
    texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    link_of = {"@odata.nextLink": link} if link is not None else {}
    head = {"@odata.count": len(rows), **link_of, **more}
    ending = "".join(f",{json.dumps(name)}:{json.dumps(value)}" for name, value in head.items())
    return f'{{"value":[{",".join(texts)}]{ending}}}'.encode()


def thing(ident: str, **values: object) -> Row:
    return {"ID": ident, **values}


def scripted(
    server: Server,
    *answers: bytes | Answer,
    declared: bytes = THINGS,
    **settings: Any,
) -> Run:
    """Run the tap over a server that declares `Things` and then gives these answers in turn.

    When they are used up the server answers `[]`, which is not a page.
    """
    listed = [one if isinstance(one, Answer) else Answer(body=one) for one in answers]
    server.script[:] = [Answer(body=declared), *listed]
    config = {"service_url": server.url, "api_token": TOKEN, "max_retries": 0, **settings}
    return run_tap(config, level=logging.DEBUG)
