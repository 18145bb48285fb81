"""The jobs that `meltano.yml` has, each over the sandbox and into its own loader."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox import start
from sandbox.clicktime import truth as clicktime
from sandbox.clockify import truth as clockify
from sandbox.perform import truth as perform
from tests.common.runs import installed
from tests.e2e.compare import counts
from tests.e2e.conftest import ROOT, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from sandbox import Sandbox

pytestmark = pytest.mark.thorough

PROJECT: dict[str, Any] = yaml.safe_load((ROOT / "meltano.yml").read_text())
JOBS: dict[str, list[str]] = {job["name"]: job["tasks"] for job in PROJECT["jobs"]}
LOADERS = ("target-duckdb", "target-postgres")
"""Those whose tables can be looked into; target-snowflake needs an account."""
COUNTS: dict[str, Callable[[Sandbox], dict[str, int]]] = {
    "tap-clockify": lambda sandbox: clockify.counts(sandbox.clockify, everything=True),
    "tap-clicktime": lambda sandbox: clicktime.counts(sandbox.clicktime),
    "tap-perform": lambda sandbox: perform.counts(sandbox.perform),
}


def run(project: Path, job: str, sandbox: Sandbox, **variables: str) -> None:
    """Run a job in the sandbox environment, pointed at this sandbox, to its end."""
    projects = json.dumps(sandbox.perform.projects(sandbox.url))
    given = {
        "TAP_CLOCKIFY_API_URL": f"{sandbox.url}/clockify/api/v1",
        "TAP_CLICKTIME_SERVICE_URL": f"{sandbox.url}/clicktime/odata",
        "TAP_PERFORM_PROJECTS": projects,
        "NO_COLOR": "1",
    }
    (project / "output").mkdir(exist_ok=True)
    done = subprocess.run(
        [installed("meltano"), "--environment=sandbox", "run", job],
        cwd=project,
        env=os.environ | given | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    succeeded(done)


def in_duckdb(project: Path, query: str) -> list[list[Any]]:
    """Return the rows of a query to the file that target-duckdb writes unless told otherwise."""
    code = (
        "import duckdb, json, sys; file, query = sys.argv[1:]; "
        "print(json.dumps(duckdb.connect(file, read_only=True).execute(query).fetchall()))"
    )
    file = project / "output" / "timecost.duckdb"
    command = [sys.executable, "-c", code, str(file), query]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows: list[list[Any]] = json.loads(done.stdout)
    return rows


def loaded(project: Path, schema: str, tables: Iterable[str]) -> dict[str, int]:
    """Return how many rows tables in DuckDB hold."""
    queries = [f"select '{table}', count(*) from {schema}.\"{table}\"" for table in tables]
    return dict(map(tuple, in_duckdb(project, " union all ".join(queries))))


@pytest.mark.parametrize("job", JOBS)
def test_every_job_loads_every_table(
    job: str, project: Path, request: pytest.FixtureRequest
) -> None:
    tasks = [task.split() for task in JOBS[job]]
    assert {loader for _, loader in tasks} <= {*LOADERS}, "no test looks into this loader's tables"
    variables, database = {}, ""
    if any(loader == "target-postgres" for _, loader in tasks):
        database = request.getfixturevalue("postgres")
        variables["TARGET_POSTGRES_SQLALCHEMY_URL"] = database.replace("://", "+psycopg://", 1)
    with start(size="small") as sandbox:
        run(project, job, sandbox, **variables)
        for tap, loader in tasks:
            schema = tap.replace("-", "_")
            served = COUNTS[tap](sandbox)
            if loader == "target-postgres":
                assert counts(database, schema, served) == served
            else:
                assert loaded(project, schema, served) == served


def test_texts_in_any_form_of_date_times_are_loaded_as_they_are(project: Path) -> None:
    texts = {
        "Day first": "31/12/2026 08:00:00",
        "Half days": "12/31/2026 08:00:00 PM",
        "Dots": "31.12.2026 08:00:00",
        "Dashes": "31-12-26 08:00:00",
        "ISO": "2026-12-31T08:00:00Z",
    }
    with start(size="small") as sandbox:
        for number in (1, 2):
            for heading, text in texts.items():
                sandbox.perform.add_column(number, "wbs_export", heading, text)
        projects = sandbox.perform.projects(sandbox.url)
        for one in projects:
            one["dataclips"] = {"wbs_export": one["dataclips"]["wbs_export"]}
        query = (
            "select distinct day_first, half_days, dots, dashes, iso from tap_perform.wbs_export"
        )
        served = {"wbs_export": perform.counts(sandbox.perform)["wbs_export"]}
        for text in (texts["Day first"], "28/02/2027 23:59:59"):
            for number in (1, 2):
                for row in range(len(sandbox.perform.table(number, "wbs_export").rows)):
                    sandbox.perform.edit_row(number, "wbs_export", row, {"Day first": text})
            given = json.dumps(projects)
            run(project, "perform-to-duckdb", sandbox, TAP_PERFORM_PROJECTS=given)
            assert in_duckdb(project, query) == [[text, *list(texts.values())[1:]]]
            assert loaded(project, "tap_perform", served) == served
