"""`make demo`: made-up data of all services through Meltano into DuckDB, and what arrived.

Starts the sandbox, runs `meltano run tap-... target-duckdb` for each tap from the beginning, and
compares each table with what the sandbox holds. Then dbt makes the marts, and those become a page.
Ends with 0 when all rows arrived and the marts agree with the services' own sums.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb

from sandbox import start
from sandbox.clicktime import truth as clicktime
from sandbox.clockify import truth as clockify
from sandbox.perform import truth as perform
from scripts.report.page import written

PROJECT = Path.cwd()
"""The Meltano project that it is run in."""

OUTPUT = PROJECT / "output"
DATABASE = OUTPUT / "demo.duckdb"
LOG = OUTPUT / "demo.log"
PAGE = OUTPUT / "demo.html"
TRANSFORM = Path(__file__).parents[1] / "transform"
VARIABLES = {"perform_dates": {"Route 17": "mdy"}, "whole_history": True}
"""What dbt has to be told of the sandbox."""


def main() -> int:
    OUTPUT.mkdir(exist_ok=True)
    DATABASE.unlink(missing_ok=True)
    LOG.unlink(missing_ok=True)
    with start(size="small") as sandbox:
        print(f"Sandbox at {sandbox.url}")
        addresses = {
            "tap-clockify": ("TAP_CLOCKIFY_API_URL", f"{sandbox.url}/clockify/api/v1"),
            "tap-clicktime": ("TAP_CLICKTIME_SERVICE_URL", f"{sandbox.url}/clicktime/odata"),
            "tap-perform": (
                "TAP_PERFORM_PROJECTS",
                json.dumps(sandbox.perform.projects(sandbox.url)),
            ),
        }
        for tap, variable in addresses.items():
            print(f"Running: meltano run {tap} target-duckdb", flush=True)
            if code := _meltano_run(tap, *variable):
                print(LOG.read_text(), file=sys.stderr)
                print(f"Meltano ended with {code}; its log stands above and in {LOG}.")
                return 1
        served = {
            "tap-clockify": clockify.counts(sandbox.clockify, everything=True),
            "tap-clicktime": clicktime.counts(sandbox.clicktime),
            "tap-perform": perform.counts(sandbox.perform),
        }
    missing = [_report(tap, counts, _arrived(_schema(tap))) for tap, counts in served.items()]
    database = DATABASE.relative_to(PROJECT)
    print(f"\nThe tables are in {database}; log: {LOG.relative_to(PROJECT)}. Look inside:")
    query = "select start, description, billable from tap_clockify.time_entries limit 20"
    look = f"import duckdb; duckdb.connect('{database}').sql('{query}').show()"
    print(f'  {_shown(sys.executable)} -c "{look}"')
    print("\nRunning: dbt build", flush=True)
    if code := _dbt_build():
        print(f"dbt ended with {code}; its log is in {LOG}.")
        return 1
    with duckdb.connect(str(DATABASE), read_only=True) as marts:
        PAGE.write_text(written(marts), encoding="utf-8")
    print(f"Hours, money and whether they are complete, as one page: {PAGE}")
    return int(any(missing))


def _shown(path: str) -> str:
    """Return a path as seen from the project, if it lies in there."""
    return str(Path(path).relative_to(PROJECT)) if Path(path).is_relative_to(PROJECT) else path


def _schema(tap: str) -> str:
    """Return the schema that Meltano has a tap's tables written to."""
    return tap.replace("-", "_")


def _meltano_run(tap: str, variable: str, value: str) -> int:
    """Run a pipeline in the sandbox environment, told where its service is."""
    meltano = str(Path(sys.executable).with_name("meltano"))
    command = [meltano, "--environment=sandbox", "run", "--full-refresh", "--state-id-suffix=demo"]
    told = {variable: value, "TARGET_DUCKDB_FILEPATH": str(DATABASE)}
    return _logged([*command, tap, "target-duckdb"], PROJECT, told)


def _dbt_build() -> int:
    """Make the marts, and test them."""
    dbt = str(PROJECT / ".meltano" / "dbt" / "bin" / "dbt")
    told = {
        "TIMECOST_TARGET": "duckdb",
        "TIMECOST_DUCKDB": str(DATABASE),
        "DBT_PROFILES_DIR": str(TRANSFORM),
        "DBT_TARGET_PATH": str(OUTPUT / "dbt"),
        "DBT_LOG_PATH": str(OUTPUT / "dbt"),
    }
    return _logged([dbt, "build", "--vars", json.dumps(VARIABLES)], TRANSFORM, told)


def _logged(command: list[str], folder: Path, variables: dict[str, str]) -> int:
    """Run a command in a folder, all that it says into the log; return its exit code."""
    with LOG.open("a") as log:
        return subprocess.run(  # noqa: S603 - the command is our own
            command,
            cwd=folder,
            env={**os.environ, **variables, "NO_COLOR": "1"},
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode


def _arrived(schema: str) -> dict[str, int]:
    """Return the number of rows by table in a schema of the DuckDB file."""
    with duckdb.connect(str(DATABASE), read_only=True) as database:
        names = database.execute(
            "select table_name from information_schema.tables where table_schema = ?", [schema]
        ).fetchall()
        counts = {}
        for (name,) in names:
            row = database.execute(f'select count(*) from "{schema}"."{name}"').fetchone()  # noqa: S608 - its own
            counts[str(name)] = int(row[0]) if row else 0
    return counts


def _report(tap: str, served: dict[str, int], arrived: dict[str, int]) -> bool:
    print(f"\n{tap + ', schema ' + _schema(tap):<44}{'rows served':>12}{'rows arrived':>14}")
    missing = False
    for stream, count in served.items():
        there = arrived.get(stream, 0)
        mark = "" if there == count else "   differs"
        missing = missing or bool(mark)
        print(f"{stream:<44}{count:>12,}{there:>14,}{mark}")
    return missing


if __name__ == "__main__":
    sys.exit(main())
