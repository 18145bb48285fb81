"""Bodies that look like a table and are none: PostgreSQL's tables stay as they were."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.common.doubles import Answer, Server
from tests.e2e.conftest import succeeded
from tests.perform.clips import lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler

    from tests.e2e.conftest import Pipeline

ROWS = 60
GOOD = [
    "Reference Code,Activity Name,Cost Code",
    *(f'A{row},"Pour {row}",40.10' for row in range(ROWS)),
]
BROKEN = {
    "docket_export": lines(*GOOD[:6], 'A5,"Fit 6" pipe",40.10', *GOOD[7:]),
    "person_export": lines("# made at noon", "# by Perform", *GOOD),
    "snapshot_export": b"Please try again later.\nThe clip is being refreshed.",
    "work_roster_export": b"error,code\nquery timed out,57014",
    "reporting_periods": b'{"fields":[],"values":[],"error":"x"}',
    "equipment_item_export": lines(*GOOD, "Z1,Zoë,1") + b"A5,No\xebl,1\r\n",
    "tagged_item_attributes": lines(*GOOD[:6], "A5,a\0b,1", *GOOD[7:]),
    "tagged_item_completions": lines("Name,Hours", *(f"A{row},7.5" for row in range(ROWS))),
    "activity_export": lines("Activity Code,Activity Name,Cost Code", *GOOD[1:]),  # no key
}
"""What comes on the second day, by table."""


class Clips(Server):
    """A server that answers each path with a body of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies = dict.fromkeys(BROKEN, lines(*GOOD))

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.script = [Answer(body=self.bodies[handler.path[1:]])]
        super().answer(handler)


@pytest.fixture
def clips() -> Iterator[Clips]:
    server = Clips()
    yield server
    server.stop()


def tables(pipeline: Pipeline, schema: str) -> dict[str, list[object]]:
    """Return the columns and the rows of each table, those of the loader included."""
    found: dict[str, list[object]] = {}
    with psycopg.connect(pipeline.database) as connection:
        for table in BROKEN:
            rows = connection.execute(f'select * from "{schema}"."{table}" order by 1, 2, 3')
            found[table] = [[one.name for one in rows.description or ()], *rows.fetchall()]
    return found


def test_a_broken_body_changes_no_table(pipeline: Pipeline, schema: str, clips: Clips) -> None:
    addresses = {name: f"{clips.url}/{name}" for name in BROKEN}
    project = {"name": "Quay", "username": "u", "password": "word", "dataclips": addresses}
    pipeline.tap = "tap-perform"
    pipeline.environment |= {
        "TAP_PERFORM_PROJECTS": json.dumps([project]),
        "TAP_PERFORM_EMIT_ACTIVATE_VERSION_MESSAGES": "true",
        "TARGET_POSTGRES_HARD_DELETE": "true",
    }
    succeeded(pipeline.run())
    before = tables(pipeline, schema)
    assert {table: len(rows) for table, rows in before.items()} == dict.fromkeys(before, ROWS + 1)
    clips.bodies |= BROKEN
    run = pipeline.run()
    assert run.returncode != 0
    assert f"{len(before)} of {len(before)} tables are incomplete" in run.stderr
    assert tables(pipeline, schema) == before
