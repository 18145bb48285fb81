from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import duckdb
import pytest

from sandbox.clicktime import truth as clicktime
from sandbox.clockify import truth as clockify
from sandbox.perform import truth as perform
from tests.e2e.conftest import ROOT
from tests.e2e.recipes import recipes

if TYPE_CHECKING:
    from pathlib import Path

TABLES = {
    "tap-clockify": (*clockify.TABLES, *clockify.MORE_TABLES),
    "tap-clicktime": clicktime.TABLES,
    "tap-perform": perform.TABLES,
}


@pytest.mark.thorough
def test_the_demo_loads_every_table_into_duckdb_and_says_so(project: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "sandbox.demo"],
        cwd=project,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ['PYTHONPATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    for tap, tables in TABLES.items():
        section = run.stdout.partition(f"{tap}, schema")[2].partition("\n\n")[0]
        shown = {line.split()[0]: line.split()[1:] for line in section.splitlines()[1:]}
        for table in tables:
            served, arrived = shown[table]
            assert served == arrived != "0", table
    with duckdb.connect(str(project / "output" / "demo.duckdb"), read_only=True) as database:
        for tap in TABLES:
            database.execute(f"set schema = '{tap.replace('-', '_')}'")
            for name, sql in recipes(tap, "DuckDB").items():
                assert database.execute(sql).fetchall(), name
    assert "Look inside:" in run.stdout
    look = subprocess.run(
        ["/bin/sh", "-c", run.stdout.splitlines()[-1]],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert look.returncode == 0, look.stderr
    assert "description" in look.stdout
