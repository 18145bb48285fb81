"""The reports of docs/upstream.md: each loader does what is said of it."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.e2e import targets
from tests.e2e.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.targets import Target

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("targets")]

REPORTS = re.findall(
    r"^## (.+?)\n.*?^```jsonl\n(.*?)^```\n\nComes: `(.+?)`[.,]",
    (ROOT / "docs/upstream.md").read_text(),
    re.MULTILINE | re.DOTALL,
)
"""Title, messages, and what comes: rows, or words of the error."""

KINDS: dict[str, type[Target]] = {
    "target-duckdb": targets.DuckDB,
    "meltanolabs-target-postgres": targets.Postgres,
    "pipelinewise-target-postgres": targets.Pipelinewise,
    "meltanolabs-target-csv": targets.Csv,
    "plinxore-target-s3": targets.Parquet,
}
TAP = "tap-clockify"


@pytest.mark.parametrize(("title", "lines", "comes"), REPORTS, ids=[one[0] for one in REPORTS])
def test_a_loader_does_what_is_reported(
    title: str, lines: str, comes: str, postgres: str, tmp_path: Path
) -> None:
    kind = KINDS[title.split(maxsplit=1)[0]]
    if "use_copy: false" in title:
        kind = type("Plain", (kind,), {"more": {"use_copy": False}})
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("drop database if exists report")
        connection.execute("create database report")
        connection.execute("alter database report set timezone = 'America/New_York'")
    target = kind(tmp_path, postgres.replace("/postgres?", "/report?"))
    with target.serving():
        done = target.loaded(TAP, lines.encode())
        if not comes.startswith("{"):
            assert done.returncode != 0
            assert comes in done.stderr.decode()
            return
        assert done.returncode == 0, done.stderr[-3000:]
        target.fetch(TAP, ["t"])
    columns = json.loads(lines.splitlines()[0])["schema"]["properties"]
    held = [{name: row[name] for name in columns} for row in target.held(TAP, "t")]
    held.sort(key=lambda row: int(row["id"]))
    assert json.loads(json.dumps(held, default=shown)) == json.loads(f"[{comes}]")


def shown(value: object) -> object:
    """Return what JSON has instead of a value."""
    return value.isoformat() if isinstance(value, datetime) else float(str(value))
