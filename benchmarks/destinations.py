"""Where loaders load to: a new place for each run, whose rows are counted before it goes."""

from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from benchmarks.loaders import DUCKDB, JSONL, POSTGRES
from benchmarks.measure import output_of
from benchmarks.postgres import running_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_IN_DUCKDB = """
import sys, duckdb
rows = duckdb.connect(sys.argv[1], read_only=True)
print(rows.execute("select count(*) from bench.time_entries").fetchone()[0])
"""

_IN_POSTGRES = """
import sys, psycopg
with psycopg.connect(sys.argv[1].replace("+psycopg", "")) as connection:
    rows = connection.execute("select count(*) from bench.time_entries")
    print(rows.fetchone()[0])
    connection.execute("drop schema bench cascade")
"""


class Destinations:
    """Places for one loader.

    Args:
        plugin: the loader.
        folder: what they are made in.
        database: URI of a PostgreSQL database, if it is that.
    """

    def __init__(self, plugin: str, folder: Path, database: str | None) -> None:
        self._plugin = plugin
        self._place = folder / "loaded"
        self._database = database

    def settings(self) -> dict[str, Any]:
        """Return the loader's settings of a place that is empty."""
        if self._place.exists():
            shutil.rmtree(self._place)
        self._place.mkdir()
        places: dict[str, dict[str, Any]] = {
            JSONL: {"destination_path": str(self._place), "do_timestamp_file": False},
            DUCKDB: {"filepath": str(self._place / "duck"), "default_target_schema": "bench"},
            POSTGRES: {"sqlalchemy_url": self._database, "default_target_schema": "bench"},
        }
        return places[self._plugin]

    def rows(self) -> int:
        """Return how many rows were loaded.

        Other programs count them: what they import would count as memory of those measured later.
        """
        if self._plugin == JSONL:
            with (self._place / "time_entries.jsonl").open("rb") as lines:
                return sum(1 for _ in lines)
        in_duckdb = (_IN_DUCKDB, str(self._place / "duck"))
        counting = (_IN_POSTGRES, self._database) if self._database else in_duckdb
        return int(output_of([sys.executable, "-c", *counting]))


@contextmanager
def destinations(plugin: str, folder: Path) -> Iterator[Destinations]:
    """Have places for a loader; PostgreSQL runs meanwhile."""
    if plugin != POSTGRES:
        yield Destinations(plugin, folder, None)
        return
    with running_postgres() as uri:
        yield Destinations(plugin, folder, uri.replace("://", "+psycopg://", 1))
