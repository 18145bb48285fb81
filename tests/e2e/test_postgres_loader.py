"""The loader with the settings of `meltano.yml`, and the PostgreSQL server of these tests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests.e2e.conftest import ROOT, load

if TYPE_CHECKING:
    from tests.e2e.conftest import Pipeline

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("postgres-small")]

TEXT, NUMBER = ({"type": [kind, "null"]} for kind in ("string", "number"))
SCHEMA = {
    "type": "SCHEMA",
    "stream": "entries",
    "schema": {
        "type": "object",
        "properties": {"id": {"type": "string"}, "text": TEXT, "hours": NUMBER},
    },
    "key_properties": ["id"],
}
ROWS: list[tuple[str, str | None, float | None]] = [
    ("a", "first", 1.5),
    ("b", "quotes \" ' and \\ and a,comma\nand a tab\t", None),
    ("a", "last", 2.25),
    ("c", None, 0),
    ("d", "\\N", 3),
    ("e", "", 4),
]


def test_the_last_row_of_a_key_within_a_batch_is_loaded(pipeline: Pipeline, schema: str) -> None:
    records = [dict(zip(("id", "text", "hours"), row, strict=True)) for row in ROWS]
    messages = [{"type": "RECORD", "stream": "entries", "record": record} for record in records]
    lines = "".join(f"{json.dumps(message)}\n" for message in [SCHEMA, *messages])
    for _ in range(2):
        load(pipeline, lines.encode())
        with psycopg.connect(pipeline.database) as connection:
            query = f'select id, text, hours::float from "{schema}".entries'
            assert sorted(connection.execute(query.encode()).fetchall()) == sorted(ROWS[1:])


# -- the server: nothing that runs beside the tests can take it away -------------------------------

HELD = """
import sys
from benchmarks.postgres import running_postgres
with running_postgres() as uri:
    print(uri, flush=True)
    sys.stdin.read()
"""


def folder_of(uri: str) -> Path:
    return Path(parse_qs(urlsplit(uri).query)["host"][0])


def test_it_ends_with_the_process_that_started_it_even_if_that_is_killed() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", HELD], cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stderr
        folder = folder_of(holder.stdout.readline().strip())
        assert folder.is_dir()
        holder.kill()
        holder.stderr.read()  # to its end, which comes when the server's process is gone too
    assert not folder.parent.exists()
