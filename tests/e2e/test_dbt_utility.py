"""dbt as a utility of somebody's Meltano project, added as docs/marts.md says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING

import duckdb
import pytest

from scripts.plugins import CLONE
from tests.common.runs import installed
from tests.e2e.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("marts")]


def test_the_utility_finds_package_and_database(tmp_path: Path) -> None:
    """It is installed from `transform/requirements.txt`, as dbt is for the tests of the marts."""
    page = (ROOT / "docs" / "marts.md").read_text()
    add, run = (
        re.search(rf"^(meltano {verb} .*dbt-duckdb.*)$", page, re.MULTILINE)
        for verb in ("add", "run")
    )
    assert add
    assert run
    assert run[1].endswith("dbt-duckdb:build")
    (tmp_path / "meltano.yml").write_text("send_anonymous_usage_stats: false\n")
    (tmp_path / CLONE).symlink_to(ROOT)
    (tmp_path / "output").mkdir()
    (venv := tmp_path / ".meltano/utilities/dbt-duckdb/venv").parent.mkdir(parents=True)
    venv.symlink_to(ROOT / ".meltano" / "dbt")
    environment = os.environ | {
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
    }

    def meltano(*arguments: str) -> None:
        done = subprocess.run(
            [installed("meltano"), *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    _, verb, *rest = shlex.split(add[1])
    meltano(verb, "--no-install", *rest)
    without_tests = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    select = ("--select", "+dim_account", *without_tests)
    meltano("invoke", "--no-install", "dbt-duckdb:build", *select)
    with duckdb.connect(str(tmp_path / "output" / "timecost.duckdb"), read_only=True) as marts:
        assert marts.execute("select count(*) from marts.dim_account").fetchone() == (0,)
