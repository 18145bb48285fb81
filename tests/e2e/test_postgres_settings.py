"""The settings that make target-postgres fast, as `meltano.yml` has them, lose no rows."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import psycopg
import pytest
import yaml

from tests.e2e.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = {
    "type": "SCHEMA",
    "stream": "entries",
    "schema": {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "text": {"type": ["string", "null"]},
            "hours": {"type": ["number", "null"]},
        },
    },
    "key_properties": ["id"],
}


@pytest.mark.xdist_group("postgres-small")
def test_the_last_row_of_a_key_within_a_batch_is_loaded(postgres: str, tmp_path: Path) -> None:
    loaders = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
    (shipped,) = [one["config"] for one in loaders if one["name"] == "target-postgres"]
    assert shipped["use_copy"]
    settings = tmp_path / "settings.json"
    url = postgres.replace("://", "+psycopg://", 1)
    settings.write_text(
        json.dumps({**shipped, "sqlalchemy_url": url, "default_target_schema": "twice"})
    )
    rows: list[tuple[str, str | None, float | None]] = [
        ("a", "first", 1.5),
        ("b", "quotes \" ' and \\ and a,comma\nand a tab\t", None),
        ("a", "last", 2.25),
        ("c", None, 0),
        ("d", "\\N", 3),
        ("e", "", 4),
    ]
    records = [
        {"type": "RECORD", "stream": "entries", "record": {"id": a, "text": b, "hours": c}}
        for a, b, c in rows
    ]
    target = ROOT / ".meltano/loaders/target-postgres/venv/bin/target-postgres"
    lines = "".join(f"{json.dumps(message)}\n" for message in [SCHEMA, *records])
    for _ in range(2):
        subprocess.run([target, "--config", settings], input=lines.encode(), check=True)
        with psycopg.connect(postgres) as connection:
            found = connection.execute(
                "select id, text, hours::float from twice.entries"
            ).fetchall()
        assert sorted(found) == sorted(rows[1:])
