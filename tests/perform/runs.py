"""Runs of the tap over the sandbox, and what a target should hold after them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.perform import truth
from sandbox.perform.site import NAMES
from tap_perform.columns import columns_of
from tap_perform.tap import TapPerform
from tests.common.runs import (
    AnyAccount,
    AnyCopy,
    Row,
    Run,
    State,
    TurningClock,
    run_in_process,
    turning,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.perform.world import World

PREFIX = "/perform"
FIRST, SECOND = NAMES.values()
DATES = {FIRST: "%Y-%m-%d", SECOND: "%m/%d/%Y"}
"""How the projects of the sandbox spell dates, unless a switch says otherwise."""
OWN = ("project", "_row_id", "_extra")


class Account(AnyAccount):
    """A sandbox and how tap-perform is pointed at it."""

    name = "tap-perform"
    number = Decimal

    @property
    def world(self) -> World:
        return self.running.perform

    def given(self) -> dict[str, Any]:
        return {"projects": self.projects(), "max_retries": 1, "stale_timeout": 600}

    def projects(self, *streams: str, **declared: Any) -> list[dict[str, Any]]:
        """Return the setting `projects`.

        Args:
            streams: the clips; none are all.
            declared: by stream, what its clips say beside their address.
        """
        found: list[dict[str, Any]] = []
        for project in self.world.projects(self.running.url):
            clips = {
                slug: {"url": url, **declared[slug]} if slug in declared else url
                for slug, url in project["dataclips"].items()
                if not streams or slug in streams
            }
            given = {"date_format": DATES[project["name"]], **project, "dataclips": clips}
            found.append(given)
        return found

    def run(
        self,
        *,
        catalog: dict[str, Any] | None = None,
        state: State | None = None,
        clock: TurningClock | None = None,
        before: Callable[[TapPerform], object] | None = None,
        **settings: Any,
    ) -> Run:
        """Run in this process, at the sandbox's present time; see `run_in_process`."""
        kind = turning(TapPerform, clock or TurningClock(self.world.now))
        return run_in_process(
            kind,
            self.config(**settings),
            catalog=catalog,
            state=state,
            before=before,
            number=self.number,
        )

    def discovered(self, **settings: Any) -> dict[str, Any]:
        """Return what --discover prints."""
        kind = turning(TapPerform, TurningClock(self.world.now))
        found: dict[str, Any] = kind(config=self.config(**settings)).catalog_dict
        return found

    def asked(self) -> list[tuple[int, str]]:
        """Return project and clip of each request so far."""
        known = {
            path: (project, slug)
            for project in NAMES
            for slug, path in self.world.urls(project).items()
        }
        return [known[one.path] for one in self.running.requests if one.path in known]


class Copy(AnyCopy):
    """The tables of a target."""

    def differences(self, world: World, tables: Iterable[str] = truth.TABLES) -> dict[str, str]:
        """Return what is missing or left over, by table; empty when all is equal."""
        found = {}
        for table in tables:
            held = Counter(map(comparable, self.rows(table)))
            served = Counter(map(comparable, expected(world, table, self.schemas[table])))
            if missing := served - held:
                found[table] = f"{missing.total()} missing: {next(iter(missing))}"
            if extra := held - served:
                found[table] = f"{extra.total()} left over: {next(iter(extra))}"
        return found

    def __init__(self) -> None:
        super().__init__()
        self.schemas: dict[str, dict[str, Any]] = {}

    def load(self, run: Run) -> Run:
        for message in run.of("SCHEMA"):
            self.schemas[message["stream"]] = message["schema"]["properties"]
        return super().load(run)


def comparable(row: Row) -> frozenset[tuple[str, object]]:
    """Null and absent are the same; ids and unknown columns are the tap's own."""
    return frozenset(
        (name, value)
        for name, value in row.items()
        if value is not None and name not in {"_row_id", "_extra", "_rescued_data"}
    )


def expected(world: World, table: str, schema: dict[str, Any]) -> list[Row]:
    """Return the rows that a table should hold now, with values of the types that it declares."""
    found = []
    for row in truth.rows(world, table):
        project = str(row[truth.PROJECT])
        headings = [heading for heading in row if heading != truth.PROJECT]
        made: Row = {"project": project}
        for name, heading, _ in columns_of(headings):
            cell = row[heading]
            if cell is not None and name in schema:
                made[name] = _value(cell, schema[name], DATES[project])
        found.append(made)
    return found


def _value(cell: str, described: dict[str, Any], date_format: str) -> object:
    """Return a cell as a record should hold it."""
    kinds = described["type"]
    if "number" in kinds:
        return Decimal(cell)
    if "integer" in kinds:
        return int(cell)
    if "boolean" in kinds:
        return {"True": True, "False": False}[cell]
    if described.get("format") == "date":
        return datetime.strptime(cell, date_format).date().isoformat()  # noqa: DTZ007 - a date
    return cell
