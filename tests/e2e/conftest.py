"""Real parts: the sandbox, Meltano with this project's meltano.yml, a PostgreSQL server."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from benchmarks.postgres import running_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@dataclass
class Pipeline:
    """`meltano run tap-... target-postgres`, with state and database of its own.

    Attributes:
        project: folder of the Meltano project: runs side by side need one each.
        database: URI of the PostgreSQL database that is loaded.
        environment: what every run finds in its environment.
        tap: which tap.
    """

    project: Path
    database: str
    environment: dict[str, str]
    tap: str = "tap-clockify"

    def through_files(self, **more: object) -> Path:
        """Have rows written to files from now on; return their folder."""
        folder = self.project / "batches"
        given = {"storage": {"root": folder.as_uri()}, "batch_size": 100, **more}
        name = self.tap.upper().replace("-", "_")
        self.environment[f"{name}_BATCH_CONFIG"] = json.dumps(given)
        return folder

    def run(self, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run once; settings are environment variables in lower case."""
        extra = {name.upper(): value for name, value in settings.items()}
        meltano = Path(sys.executable).with_name("meltano")
        return subprocess.run(
            [meltano, "--environment=sandbox", "run", *options, self.tap, "target-postgres"],
            cwd=self.project,
            env=self.environment | extra,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server's URI."""
    with running_postgres() as uri:
        yield uri


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of this Meltano project that shares the plugins that `make test` installed."""
    environment = "sandbox/environment.meltano.yml"
    (tmp_path / environment).parent.mkdir()
    for name in ("meltano.yml", environment):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".meltano").mkdir()
    for kind in ("extractors", "loaders", "dbt"):
        (tmp_path / ".meltano" / kind).symlink_to(ROOT / ".meltano" / kind)
    return tmp_path


@pytest.fixture
def pipeline(postgres: str, project: Path, request: pytest.FixtureRequest) -> Pipeline:
    """A pipeline into a schema of its own, without state."""
    digest = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]
    return Pipeline(
        project,
        postgres,
        os.environ
        | {
            "TARGET_POSTGRES_SQLALCHEMY_URL": postgres.replace("://", "+psycopg://", 1),
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": f"test_{digest}",
            "NO_COLOR": "1",
        },
    )


@pytest.fixture
def schema(pipeline: Pipeline) -> str:
    """The schema of the database that the pipeline loads."""
    return pipeline.environment["TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA"]


def load(pipeline: Pipeline, lines: bytes) -> None:
    """Hand lines to the loader itself, with the settings that `meltano.yml` has."""
    loaders = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
    (shipped,) = [one["config"] for one in loaders if one["name"] == "target-postgres"]
    assert shipped["use_copy"]
    given = pipeline.environment
    config = {
        **shipped,
        "sqlalchemy_url": given["TARGET_POSTGRES_SQLALCHEMY_URL"],
        "default_target_schema": given["TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA"],
    }
    path = pipeline.project / "target.json"
    path.write_text(json.dumps(config))
    target = ROOT / ".meltano/loaders/target-postgres/venv/bin/target-postgres"
    done = subprocess.run([target, "--config", path], input=lines, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[-5000:]


def succeeded(run: subprocess.CompletedProcess[str]) -> None:
    """Make sure that a run did, or show the end of what it said."""
    assert run.returncode == 0, run.stderr[-5000:]
