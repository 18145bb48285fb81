"""Timestamps and chosen custom fields of ClickTime's sandbox as PostgreSQL holds them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from sandbox import start
from tests.e2e.cases import EXACT, ClickTime
from tests.e2e.compare import CLICKTIME
from tests.e2e.conftest import succeeded

if TYPE_CHECKING:
    from tests.e2e.conftest import Pipeline

pytestmark = pytest.mark.thorough

CAME = ["2023-08-15T06:30:00.0000001-05:00", "2021-06-01T12:00:00+02:00"]
CAME += ["2020-11-30T23:59:59.9999999Z", "2022-02-28T17:45:10Z"]
MEANT = [datetime(2023, 8, 15, 11, 30), datetime(2021, 6, 1, 10)]  # noqa: DTZ001 - as loaded
MEANT += [datetime(2020, 11, 30, 23, 59, 59, 999999), datetime(2022, 2, 28, 17, 45, 10)]  # noqa: DTZ001 - as loaded


def test_timestamps_and_custom_fields_mean_the_same_in_the_database(
    pipeline: Pipeline, schema: str
) -> None:
    """COPY into columns without a zone, as the loader is shipped, ignores offsets."""
    pipeline.tap = ClickTime.tap
    with start(size="small") as running:
        world = running.clicktime
        pipeline.environment |= ClickTime(running).environment()
        for name in EXACT:
            del pipeline.environment[name]
        pipeline.environment["TAP_CLICKTIME__SELECT"] = '["clients.*", "jobs.*"]'
        fields = CLICKTIME.truth(world, "job_custom_fields")
        name = next(row["Name"] for row in fields if row["ValueType"] == "number")
        columns = json.dumps({"Jobs": [{"name": name, "type": "number"}]})
        clients = [row["ID"] for row in CLICKTIME.truth(world, "clients")]
        for turn in (0, 1):  # on the second day, each client has the timestamp of another
            for ident, text in zip(clients, CAME[turn:] + CAME[:turn], strict=False):
                world.edit_row(ident, CreatedDate=text)
            succeeded(pipeline.run(tap_clicktime_custom_field_columns=columns))
            loaded = CLICKTIME.loaded(pipeline.database, schema, "clients")
            assert len(loaded) == len(clients)
            found = [loaded[ident,]["CreatedDate"] for ident in clients[:4]]
            assert found == MEANT[turn:] + MEANT[:turn]
    jobs = CLICKTIME.loaded(pipeline.database, schema, "jobs")
    column = next(key for key in next(iter(jobs.values())) if key.startswith("CustomField_"))
    want = {row["JobID"]: float(row["Value"]) for row in fields if row["Name"] == name}
    have = {key[0]: float(row[column]) for key, row in jobs.items() if row[column] is not None}
    assert have == want
