"""`target-bulk` beside the usual loaders, dlt, and what the databases take for ready rows.

Whole pipes, from the API into the database, each twice into the same place: the first load, and one
whose rows are all there already. The limits have nothing to parse or merge: COPY of ready rows into
a table with its key, and DuckDB's `read_json`, which guesses types and has no key.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.contenders import dlt, tap
from benchmarks.environments import dlt_python
from benchmarks.environments import loader as command_of
from benchmarks.measure import ContenderFailedError, Runner, is_record, output_of, started
from benchmarks.postgres import running_postgres
from benchmarks.reading import say
from benchmarks.report import Goal
from benchmarks.server import sandbox
from benchmarks.services import CLOCKIFY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PLACES = ("DuckDB", "PostgreSQL")
BULK, USUAL = "tap into target-bulk", "tap into the usual loader"
DLT, LIMIT = "dlt", "limit"
USUAL_OF: dict[str, tuple[str, dict[str, Any]]] = {
    "DuckDB": ("target-duckdb", {"add_metadata_columns": True}),
    "PostgreSQL": (
        "target-postgres",
        {"validate_records": False, "use_copy": True, "batch_size_rows": 50_000},
    ),
}


@dataclass(frozen=True)
class Bulk:
    """How much is loaded.

    Attributes:
        name: a word that `--only` takes.
        entries: time entries.
        quick_entries: the same in a quick run.
        rounds: how often each is measured.
        usual: whether the usual loaders take part, which need a minute and more.
    """

    name: str
    entries: int
    quick_entries: int = 2_000
    rounds: int = 3
    usual: bool = True


BULKS = (
    Bulk("bulk", 200_000),  # 15 minutes
    Bulk("bulk-million", 1_000_000, quick_entries=4_000, rounds=1, usual=False),  # 10 minutes
)

Walls = dict[tuple[str, str], list[tuple[float, ...]]]
"""Seconds of first loads and of updates, by place and contender; one tuple a round."""


@dataclass(frozen=True)
class Loaded:
    """What was measured.

    Attributes:
        bulk: how much.
        rows: rows that were loaded each time.
        walls: seconds.
        peak: highest resident memory of target-bulk, MiB.
    """

    bulk: Bulk
    rows: int
    walls: Walls
    peak: float

    def lines(self) -> Iterator[str]:
        """Return the lines of the table."""
        yield f"### {self.rows:,} time entries from the API into a database"
        yield ""
        peak = f"target-bulk took {self.peak:.0f} MiB"
        yield f"`{self.bulk.name}`: medians of {self.bulk.rounds}; {peak}."
        yield ""
        yield "| into | by | first load: s | rows/s | all updates: s | rows/s |"
        yield "| --- | --- | --: | --: | --: | --: |"
        for (place, how), rounds in self.walls.items():
            cells = ""
            for taken in map(median, zip(*rounds, strict=True)):
                cells += f" {taken:.1f} | {self.rows / taken:,.0f} |"
            missing = " | |" if len(rounds[0]) == 1 else ""
            yield f"| {place} | {how} |{cells}{missing}"
        yield ""

    def goals(self) -> Iterator[Goal]:
        """Return the goals."""
        for place in PLACES:
            for number, load in enumerate(("first load", "all updates")):
                text = f"{self.rows:,} rows into {place}, {load}, against dlt"
                yield Goal(text, self._times(place, DLT, number), 3, " times")
            text = f"{self.rows:,} rows into {place}, first load, against the limit"
            yield Goal(text, self._times(place, LIMIT, 0), 0.5, " times")
        text = f"peak memory of target-bulk at {self.rows:,} rows"
        yield Goal(text, self.peak, 512, " MiB", at_most=True)

    def _times(self, place: str, other: str, number: int) -> float:
        """Return how many times as fast it is: the median of pairs."""
        pairs = zip(self.walls[place, other], self.walls[place, BULK], strict=True)
        return median(theirs[number] / ours[number] for theirs, ours in pairs)


def measure(bulk: Bulk) -> Loaded:
    """Load by everybody, round by round, one after the other.

    Raises:
        ContenderFailedError: somebody did not load all rows.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        uri = stack.enter_context(running_postgres())
        access = stack.enter_context(
            sandbox(CLOCKIFY, members=40, entries=bulk.entries, latency_ms=0)
        )
        measured = _Measured(Runner(access, folder), access.bare, folder, uri)
        for number in range(bulk.rounds):
            for place in PLACES:
                measured.round(place, usual=bulk.usual)
                say(f"{bulk.name}: round {number + 1}, {place}")
    return Loaded(bulk, measured.rows, measured.walls, measured.peak)


class _Measured:
    """One account, loaded again and again; it is read once before, as the first is slower."""

    def __init__(self, runner: Runner, bare: tuple[str, ...], folder: Path, uri: str) -> None:
        self._tap = runner.command(tap(CLOCKIFY))
        self._bare = bare
        self._folder = folder
        self._uri = uri
        self._lines = folder / "lines"
        with self._lines.open("wb") as file, started(self._tap, stdout=-1) as process:
            file.writelines(line for line in process.output if is_record(line))
            process.finish()
        self.rows = 0
        self.walls: Walls = {}
        self.peak = 0.0

    def round(self, place: str, *, usual: bool) -> None:
        """Load by everybody into one of the databases."""
        self._empty()
        where = {
            "DuckDB": {"duckdb_path": str(self._file)},
            "PostgreSQL": {"postgres_url": self._uri},
        }[place]
        loader = [sys.executable, "-m", "target_bulk"]
        self._note(place, BULK, tuple(self._pipe(loader, where, bulk=True) for _ in range(2)))
        self._check(place, "bench")
        self._note(place, LIMIT, (self._limit(place),))
        if usual:
            self._empty()
            name, settings = USUAL_OF[place]
            usually = {
                "DuckDB": {"filepath": str(self._file)},
                "PostgreSQL": {"sqlalchemy_url": self._uri.replace("://", "+psycopg://", 1)},
            }[place]
            command, given = [command_of(name)], {**usually, **settings}
            self._note(place, USUAL, tuple(self._pipe(command, given) for _ in range(2)))
            self._check(place, "bench")
        self._empty()
        where_to = {"DuckDB": str(self._file), "PostgreSQL": self._uri}[place]
        self._note(place, DLT, tuple(self._dlt(where_to, update) for update in (False, True)))
        self._check(place, "bench")

    @property
    def _file(self) -> Path:
        return self._folder / "loaded.duckdb"

    def _note(self, place: str, how: str, walls: tuple[float, ...]) -> None:
        self.walls.setdefault((place, how), []).append(walls)

    def _pipe(self, loader: list[str], where: Mapping[str, Any], *, bulk: bool = False) -> float:
        """Run the tap into a loader; return the seconds until both ended."""
        settings = self._folder / "loader.json"
        settings.write_text(json.dumps({**where, "default_target_schema": "bench"}))
        with (
            started(self._tap, stdout=-1) as source,
            started([*loader, "--config", str(settings)], stdin=source.output) as target,
        ):
            source.output.close()
            source.finish()
            taken = target.finish()
        if bulk:
            self.peak = max(self.peak, taken.peak)
        return taken.wall

    def _dlt(self, where: str, update: bool) -> float:  # noqa: FBT001
        """Run dlt; return its seconds. Updates merge by key, the first load just adds."""
        how = dlt(CLOCKIFY, "into a database", f"--into={where}", *(["--merge"] if update else []))
        command = [dlt_python(), "-m", how.module, *self._bare, *how.arguments]
        with started(command) as process:
            return process.finish().wall

    def _limit(self, place: str) -> float:
        """Return the seconds that a database takes for the rows that it holds now."""
        name = {"DuckDB": "in_duckdb", "PostgreSQL": "in_postgres"}[place]
        where = {"DuckDB": str(self._file), "PostgreSQL": self._uri}[place]
        command = [sys.executable, "-m", "benchmarks.limits", name, where, str(self._lines)]
        return float(output_of(command))

    def _check(self, place: str, schema: str) -> None:
        """Make sure that all rows are there, once."""
        where = {"DuckDB": str(self._file), "PostgreSQL": self._uri}[place]
        command = [sys.executable, "-m", "benchmarks.limits", "count", where, schema]
        rows, keys = json.loads(output_of(command))
        self.rows = self.rows or rows
        if rows != self.rows or keys != rows:
            raise ContenderFailedError(f"{place}: {rows:,} rows of {keys:,} keys")

    def _empty(self) -> None:
        """Have nothing in either database."""
        for file in self._folder.glob("loaded.duckdb*"):
            file.unlink()
        output_of([sys.executable, "-m", "benchmarks.limits", "empty", self._uri, "bench"])
