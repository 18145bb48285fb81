"""Runs of the tap over the sandbox, and the copy of the account that a target would hold."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.encoding.simple import SimpleSingerWriter

from sandbox.clockify import truth
from tap_clockify.tap import TapClockify
from tests.common.runs import (
    AnyAccount,
    AnyCopy,
    Key,
    Row,
    Run,
    State,
    TurningClock,
    run_in_process,
    select,
    turning,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from sandbox.clockify.world import World
    from sandbox.server import RecordedRequest


class SlowTap(TapClockify):
    """The same tap with a message writer that takes no pages: everything goes the SDK's way."""

    message_writer_class = SimpleSingerWriter  # type: ignore[assignment]  # the SDK's


PREFIX = "/clockify/api/v1"
WORKSPACE = "/workspaces/{workspaceId}"
ENTRIES = f"{WORKSPACE}/user/{{userId}}/time-entries"
TASKS = f"{WORKSPACE}/projects/{{projectId}}/tasks"

SECRETS = ("sandbox-key", "sandbox-admin-key", "sandbox-member-key", "sandbox-addon-token")
WRONG = "key-that-nobody-has"

KEYS = {
    name: tuple(stream.primary_keys)
    for name, stream in TapClockify(config={}, validate_config=False).streams.items()
    if stream.selected_by_default
}
TABLES = truth.TABLES
"""The core, which is what runs without a catalog read here."""

WINDOWED = (
    *("detailed_report", "user_day_totals", "attendance_report", "expense_report"),
    "audit_log",
)
"""The tables that are read by windows of time only."""

MORE_TABLES = tuple(name for name in KEYS if name not in {*TABLES, *WINDOWED})
"""The tables besides the core and those."""

LOGS = ("entity_changes", "entity_deletions")
"""Tables that only grow: they never get a table version."""

ENTRY_TABLES = ("time_entries", "time_entry_tags", "time_entry_custom_fields")

VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}
HOUR, DAY = 3_600, 86_400

REPORTS = WINDOWED[:-1]
ROUTES = {
    "detailed_report": "/reports/detailed",
    "user_day_totals": "/reports/summary",
    "attendance_report": "/reports/attendance",
    "expense_report": "/reports/expenses/detailed",
    "audit_log": "/audit-log",
}
"""How the routes end that are asked by windows."""

TOTALS = ("project_assignment_totals", "user_capacity_totals", "user_capacity_days")


class Account(AnyAccount):
    """A sandbox and how tap-clockify is pointed at it."""

    name = "tap-clockify"

    @property
    def world(self) -> World:
        return self.running.clockify

    @property
    def url(self) -> str:
        return f"{self.running.url}{PREFIX}"

    def given(self) -> dict[str, Any]:
        return {"api_key": "sandbox-key", "api_url": self.url, "max_retries": 1}

    def run(
        self,
        *,
        catalog: dict[str, Any] | None = None,
        state: State | None = None,
        clock: TurningClock | None = None,
        before: Callable[[TapClockify], object] | None = None,
        **settings: Any,
    ) -> Run:
        """Run in this process, at the sandbox's present; see `run_in_process`.

        Without a catalog the core tables are read.
        """
        kind = turning(TapClockify, clock or TurningClock(self.world.now))
        config = self.config(**settings)
        chosen = catalog or core_catalog()
        return run_in_process(kind, config, catalog=chosen, state=state, before=before)

    def by_months(self) -> None:
        """Have the plan of the main workspace allow reports of 31 days at most."""
        main = self.world.main
        features = [one for one in main.row.features if one != "UNLIMITED_REPORTS"]
        self.world.set_features(main.row.id, features)

    def bodies(self, route: str, workspace: str = "") -> list[dict[str, Any]]:
        """Return what was posted to a route, in an order that threads do not change."""
        found = [
            json.loads(one.body)
            for one in self.running.requests
            if one.route.endswith(route) and workspace in one.path
        ]
        return sorted(found, key=json.dumps)

    def requests(self) -> list[str]:
        """Return the requests so far, one line each, without the service's prefix."""
        return [line(request) for request in self.running.requests]

    def templates(self) -> list[str]:
        """Return the route templates that were asked so far."""
        return [request.route.removeprefix(PREFIX) for request in self.running.requests]


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
    full: Collection[str] = (),
    by_log: Collection[str] = (),
) -> dict[str, Any]:
    """Return a catalog with these tables selected; see `select`.

    Tables of time entries are incremental unless another method is asked for.
    """
    chosen = select(
        discovered(), KEYS if tables is None else tables, without=without, full=full, by_log=by_log
    )
    for stream in chosen["streams"]:
        name = stream["tap_stream_id"]
        if name in ENTRY_TABLES and name not in {*full, *by_log}:
            stream["replication_method"] = "INCREMENTAL"
    return chosen


def core_catalog() -> dict[str, Any]:
    """Return a catalog with the core tables selected."""
    return catalog(TABLES)


def discovered() -> dict[str, Any]:
    """Return what --discover prints."""
    found: dict[str, Any] = msgspec.json.decode(_discovered())
    return found


@cache
def _discovered() -> bytes:
    return msgspec.json.encode(TapClockify(config={}, validate_config=False).catalog_dict)


# -- schemas and rows ------------------------------------------------------------------------------


def paths(schema: dict[str, Any], above: str = "") -> Iterator[str]:
    """Yield the paths of all properties, those of objects and of objects in lists included."""
    if schema.get("items"):
        yield from paths(schema["items"], above)
    for name, described in schema.get("properties", {}).items():
        yield f"{above}{name}"
        yield from paths(described, f"{above}{name}.")


def filled(value: object, above: str = "") -> Iterator[str]:
    """Yield the paths that hold something."""
    if isinstance(value, list):
        for item in value:
            yield from filled(item, above)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if inner is not None:
                yield f"{above}{name}"
                yield from filled(inner, f"{above}{name}.")


# -- the truth ------------------------------------------------------------------------------------


def true_rows(world: World, table: str, *workspaces: str) -> list[Row]:
    """Return the rows that a run without dates brings now, of all workspaces or some."""
    today = world.now.replace(hour=0, minute=0, second=0)
    month, second = timedelta(days=30), timedelta(seconds=1)
    if table in REPORTS:
        world.set_window("2017-01-01T00:00:00Z", today + timedelta(days=1) - second)
    elif table in TOTALS:
        world.set_window(today - month, today + month - second)
    found: list[Row] = truth.rows(world, table)
    return [row for row in found if not workspaces or row["workspaceId"] in workspaces]


def difference(table: str, expected: list[Row], held: list[Row]) -> str:
    """Return what is missing, left over or different among the rows of a table; empty if nothing.

    The truth has no ids of entries of the audit log: they are compared and counted as they are.
    """
    if table == "audit_log":
        left, right = _counted(expected), _counted(held)
        return f"{left - right} missing, {right - left} left over" if left != right else ""
    true, copied = keyed(expected, KEYS[table]), keyed(held, KEYS[table])
    missing, extra = true.keys() - copied.keys(), copied.keys() - true.keys()
    other = [key for key in true.keys() & copied.keys() if true[key] != copied[key]]
    if not (missing or extra or other):
        return ""
    return (
        f"{len(missing)} missing, {len(extra)} left over, {len(other)} different: "
        f"{sorted(map(str, [*missing, *extra, *other]))[:3]}"
    )


def differences(world: World, run: Run, tables: Iterable[str] = TABLES) -> dict[str, str]:
    """Return how the records of a run differ from the truth, by table; empty if they do not."""
    found = {one: difference(one, true_rows(world, one), run.records(one)) for one in tables}
    return {table: text for table, text in found.items() if text}


def _counted(rows: Iterable[Row]) -> Counter[str]:
    plain = ({k: v for k, v in row.items() if k != "_row_id" and v is not None} for row in rows)
    return Counter(json.dumps(row, sort_keys=True) for row in plain)


# -- states ----------------------------------------------------------------------------------------


def mark(state: State, table: str, workspace: str) -> dict[str, Any]:
    """Return what a state holds of a table in a workspace."""
    partitions = state["bookmarks"][table]["partitions"]
    (found,) = [one for one in partitions if one["context"] == {"workspaceId": workspace}]
    kept: dict[str, Any] = found
    return kept


def bookmarks(state: State, table: str = "time_entries") -> dict[str, str]:
    """Return the bookmarks of a table by workspace."""
    return {
        one["context"]["workspaceId"]: one["replication_key_value"]
        for one in state["bookmarks"][table]["partitions"]
        if "replication_key_value" in one
    }


# -- the copy of a target --------------------------------------------------------------------------


class Copy(AnyCopy):
    """The copy of an account."""

    def ids(self, table: str) -> set[str]:
        return {row["id"] for row in self.rows(table)}

    def differences(self, world: World, tables: Iterable[str] = TABLES) -> dict[str, str]:
        """Return how the rows differ from the truth, by table; empty if they do not."""
        found = {one: difference(one, true_rows(world, one), self.rows(one)) for one in tables}
        return {table: text for table, text in found.items() if text}


def keyed(rows: Iterable[Row], keys: tuple[str, ...]) -> dict[Key, Row]:
    """Return rows by their keys, each without its nulls."""
    return {tuple(row[name] for name in keys): _without_nulls(row) for row in rows}


def _without_nulls(value: Any) -> Any:
    """Null and absent mean the same in every table."""
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
