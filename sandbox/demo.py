"""`make demo`: made-up Clockify data through Meltano into DuckDB, and what arrived.

Starts the sandbox, runs `meltano run tap-clockify target-duckdb` from the beginning, and compares
each table with what the sandbox holds. Ends with 0 when all rows arrived.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb

from sandbox import start
from sandbox.clockify import truth

ROOT = Path(__file__).parent.parent
OUTPUT = ROOT / "output"
DATABASE = OUTPUT / "demo.duckdb"
LOG = OUTPUT / "demo.log"
SCHEMA = "tap_clockify"


def main() -> int:
    """Run the demo; return the exit code."""
    OUTPUT.mkdir(exist_ok=True)
    DATABASE.unlink(missing_ok=True)
    with start(size="small") as sandbox:
        print(f"Sandbox at {sandbox.url}")
        print("Running: meltano run tap-clockify target-duckdb")
        code = _meltano_run(sandbox.url)
        if code != 0:
            print(LOG.read_text(), file=sys.stderr)
            print(f"Meltano ended with {code}; its log stands above and in {LOG}.")
            return 1
        served = truth.counts(sandbox.clockify)
    return _report(served, _arrived())


def _meltano_run(url: str) -> int:
    """Run the pipeline in the project's sandbox environment; its log goes to a file."""
    environment = os.environ | {
        "TAP_CLOCKIFY_API_URL": f"{url}/clockify/api/v1",
        "TARGET_DUCKDB_FILEPATH": str(DATABASE),
        "NO_COLOR": "1",
    }
    meltano = str(Path(sys.executable).with_name("meltano"))
    command = [meltano, "--environment=sandbox", "run", "--full-refresh"]
    with LOG.open("w") as log:
        return subprocess.run(  # noqa: S603 - the command is our own
            [*command, "--state-id-suffix=demo", "tap-clockify", "target-duckdb"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode


def _arrived() -> dict[str, int]:
    """Return the number of rows by table in the DuckDB file."""
    with duckdb.connect(str(DATABASE), read_only=True) as database:
        names = database.execute(
            "select table_name from information_schema.tables where table_schema = ?", [SCHEMA]
        ).fetchall()
        counts = {}
        for (name,) in names:
            row = database.execute(f'select count(*) from "{SCHEMA}"."{name}"').fetchone()  # noqa: S608
            counts[str(name)] = int(row[0]) if row else 0
    return counts


def _report(served: dict[str, int], arrived: dict[str, int]) -> int:
    """Print served and arrived rows side by side; return 1 where they differ."""
    print(f"\n{'stream':<28}{'rows served':>12}{'rows arrived':>14}")
    missing = False
    for stream, count in served.items():
        there = arrived.get(stream, 0)
        mark = "" if there == count else "   differs"
        missing = missing or bool(mark)
        print(f"{stream:<28}{count:>12,}{there:>14,}{mark}")
    print(f"\nThe tables are in {DATABASE.relative_to(ROOT)}, schema {SCHEMA}; log: {LOG.name}.")
    return int(missing)


if __name__ == "__main__":
    sys.exit(main())
