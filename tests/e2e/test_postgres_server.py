"""The PostgreSQL server of these tests: nothing that runs beside them can take it away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.e2e.conftest import ROOT

pytestmark = pytest.mark.xdist_group("postgres-small")

HELD = """
import sys
from benchmarks.postgres import running_postgres
with running_postgres() as uri:
    print(uri, flush=True)
    sys.stdin.read()
"""


def folder_of(uri: str) -> Path:
    return Path(parse_qs(urlsplit(uri).query)["host"][0])


def test_it_is_not_in_a_folder_that_every_pytest_closes_to_other_users(
    postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert not folder_of(postgres).is_relative_to(tmp_path_factory.getbasetemp())


def test_it_ends_with_the_process_that_started_it_even_if_that_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HELD],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout
        assert holder.stderr
        folder = folder_of(holder.stdout.readline().strip())
        assert folder.is_dir()
        holder.kill()
        holder.stderr.read()  # to its end, which comes when the server's process is gone too
    assert not folder.parent.exists()
