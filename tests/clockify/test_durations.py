"""Columns that are made of intervals and durations: `start`, `end` and seconds."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from tap_clockify import durations
from tests.clockify.runs import catalog

if TYPE_CHECKING:
    from sandbox.clockify.world import World
    from tests.clockify.runs import Account

MADE = {
    "time_entries": ("timeInterval", ["start", "end", "durationSeconds"]),
    "detailed_report": ("timeInterval", ["start", "end", "durationSeconds"]),
    "approval_request_entries": ("timeInterval", ["start", "end", "durationSeconds"]),
    "approval_requests": ("trackedTime", ["trackedTimeSeconds"]),
    "projects": ("timeEstimate", ["timeEstimateSeconds"]),
    "tasks": ("duration", ["durationSeconds"]),
    "member_profiles": ("workCapacity", ["workCapacitySeconds"]),
    "time_off_requests": ("timeOffPeriod", ["start", "end"]),
    "assignments": ("period", ["start", "end"]),
}
"""Columns that are made of another one, by table."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT1H30M", 5_400),
        ("PT0S", 0),
        ("P1DT1S", 86_401),
        ("PT90M", 5_400),
        ("PT1.25S", Decimal("1.25")),
        ("-PT5M", -300),
        ("P1M", None),  # nobody knows how long a month is
        ("PT", None),
        ("90 minutes", None),
        ("", None),
        (None, None),
    ],
)
def test_an_iso_duration_is_a_number_of_seconds(text: str | None, expected: object) -> None:
    assert durations.of_iso(text) == expected


def test_what_lies_between_two_times_is_exact() -> None:
    start = datetime(2026, 1, 31, 8, tzinfo=timezone.utc)
    assert durations.between(start, start + timedelta(days=2, seconds=1)) == 172_801
    assert durations.between(start, start + timedelta(microseconds=1)) == Decimal("0.000001")
    assert durations.between(start, start.astimezone(timezone(timedelta(hours=5)))) == 0
    assert durations.between(start, None) is durations.between(None, start) is None


def test_a_running_timer_has_no_end_and_no_length(account: Account, world: World) -> None:
    begun = {"start": "2026-09-15T08:00:00Z", "end": None}
    ident = world.insert_entry(world.main_id, world.owner_id, timeInterval=begun)
    entries = account.run(catalog=catalog(["time_entries"])).ok().records("time_entries")
    (running,) = [row for row in entries if row["id"] == ident]
    assert (running["end"], running["durationSeconds"]) == (None, None)
    world.stop_timer(ident)
    entries = account.run(catalog=catalog(["time_entries"])).ok().records("time_entries")
    (ended,) = [row for row in entries if row["id"] == ident]
    assert ended["end"] == ended["timeInterval"]["end"] is not None
    assert ended["durationSeconds"] == 4.5 * 3_600


@pytest.mark.parametrize("table", MADE)
def test_columns_are_made_of_one_that_is_deselected(shared: Account, table: str) -> None:
    source, made = MADE[table]
    every = shared.run(catalog=catalog([table])).ok().records(table)
    rows = shared.run(catalog=catalog([table], without=[(table, source)])).ok().records(table)
    assert rows == [{name: row[name] for name in row if name != source} for row in every]
    assert any(row[name] is not None for row in rows for name in made)


@pytest.mark.parametrize("table", MADE)
def test_a_deselected_column_is_not_made(shared: Account, table: str) -> None:
    column = MADE[table][1][-1]
    rows = shared.run(catalog=catalog([table], without=[(table, column)])).ok().records(table)
    assert rows
    assert not any(column in row for row in rows)


def test_lengths_of_entries_that_nobody_selects_take_no_time(shared: Account) -> None:
    with patch.object(durations, "between", side_effect=AssertionError):
        without = [("time_entries", "durationSeconds")]
        shared.run(catalog=catalog(["time_entries"], without=without)).ok()
