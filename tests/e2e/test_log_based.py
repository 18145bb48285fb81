"""Time entries into PostgreSQL: what LOG_BASED brings, and what INCREMENTAL misses.

Months of daily runs: twenty members' entries are inserted, edited, stopped and deleted at random,
old ones too. One run a day, some of which fail or are killed. What each run wrote goes to
target-postgres; the rows are compared after each day in a model of a target, and in PostgreSQL
whenever it was loaded.
"""

from __future__ import annotations

import os
import random
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
import yaml

import sandbox
from sandbox.clockify.instants import iso
from taps_common.timestamps import from_text
from tests.clockify.runs import ENTRIES, KEYS, Account, Copy, catalog, keyed, true_rows
from tests.common.runs import NOW, Run, TurningClock
from tests.e2e.compare import CLOCKIFY, counts, differences, without_feeds
from tests.e2e.conftest import load, succeeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.common.runs import Key, Row, State
    from tests.e2e.conftest import Pipeline

DAYS = int(os.environ.get("DAYS", "60"))
DAYS_PER_LOAD = int(os.environ.get("DAYS_PER_LOAD", "40"))
"""Days whose lines one process of the loader gets: with 365 and 1, a test takes half an hour."""

pytestmark = pytest.mark.thorough

TABLE = "time_entries"
LOOKBACK = timedelta(days=30)
PADDING = timedelta(days=1)
"""What the tap adds to the look-back."""
BEGINNING = datetime(1970, 1, 2, tzinfo=timezone.utc)
QUIET = 0.1
"""Share of days on which nothing happens, and of timers that go on running."""
DISTURBED = 0.05
"""Share of runs in which requests fail, and of those that are killed."""
MOST_WHEN_QUIET = 6
"""Requests of a run on such a day: the workspace, three feeds, entries that were just created, and
those that may be restored; the lists aside, which are read once in a week."""


class Year:
    """An account, a random life in it, and the copy that runs of the tap keep.

    Attributes:
        lines: what the runs wrote and the loader did not get yet.
    """

    def __init__(self, account: Account, method: str, clock_off: timedelta = timedelta()) -> None:
        self.account, self.world, self.clock_off = account, account.world, clock_off
        self.random = random.Random(f"a year of {method}")
        chosen = catalog([TABLE], by_log=[TABLE] if method == "LOG_BASED" else [])
        chosen["streams"] = [one for one in chosen["streams"] if one["tap_stream_id"] == TABLE]
        self.catalog = chosen
        self.copy = Copy()
        self.state: State | None = None
        self.lines: list[bytes] = []

    def truth(self) -> dict[Key, Row]:
        rows = true_rows(self.world, TABLE)
        return keyed([one for one in rows if one["workspaceId"] == self.world.main_id], KEYS[TABLE])

    def held(self) -> dict[Key, Row]:
        return keyed(map(without_feeds, self.copy.rows(TABLE)), KEYS[TABLE])

    def live(self) -> bool:
        """Let a day pass; return whether anything happened."""
        chance, world = self.random, self.world
        if happened := chance.random() > QUIET:
            rows = self.truth()
            for (ident,) in chance.sample(sorted(rows), 5):
                world.edit_entry(ident, description=f"edited on {world.now:%d %B}")
            for (ident,), row in rows.items():
                if row["timeInterval"].get("end") is None and chance.random() > QUIET:
                    world.stop_timer(ident)
            for (ident,) in chance.sample(sorted(rows), 3):
                world.delete_entry(ident)
            for _ in range(chance.randint(0, 9)):
                self._insert()
        world.advance(chance.randint(23, 25) * 3_600)
        return happened

    def _insert(self) -> None:
        """Insert an entry of the last days or of long ago, now and then one that runs."""
        chance, world = self.random, self.world
        days = chance.choice([0, 0, 0, 1, 2, 5, 20, 100])
        start = world.now - timedelta(days=days, minutes=chance.randint(1, 600))
        end = start + timedelta(minutes=chance.randint(1, 300))
        runs = days < 2 and chance.random() < 0.1
        interval = {
            "start": iso(int(start.timestamp())),
            "end": None if runs else iso(int(end.timestamp())),
        }
        member = chance.choice(sorted(world.main.users))
        world.insert_entry(world.main_id, member, timeInterval=interval)

    def run(self) -> Run:
        """Run the tap, disturbed now and then; keep what it wrote, and its last state."""
        chance, faults = self.random, self.account.running.faults
        self.account.running.requests.clear()
        if chance.random() < DISTURBED:
            route = chance.choice(["entities/", "/time-entries"])
            faults.add(route=route, kind="status", times=0, after=chance.randint(0, 3))
        run = self.account.run(
            catalog=self.catalog,
            state=self.state,
            clock=TurningClock(self.world.now + self.clock_off),
            workspace_ids=[self.world.main_id],
            lookback_days=LOOKBACK.days,
            max_retries=0,
        )
        faults.clear()
        if chance.random() < DISTURBED:  # killed: only a part of the lines was written
            lines = run.output.splitlines(keepends=True)
            run = Run(b"".join(lines[: chance.randrange(len(lines))]), run.log, 137)
        self.copy.load(run)
        self.lines.append(run.output)
        states = [one["value"] for one in run.of("STATE")]
        self.state = states[-1] if states else self.state
        return run

    def bounds(self) -> dict[str, str]:
        """Return from when on each member's entries were asked for by the last run."""
        return {
            request.path.split("/")[-2]: dict(request.query).get("start", "")
            for request in self.account.running.requests
            if request.path.endswith("/time-entries")
        }

    def load(self, pipeline: Pipeline) -> dict[Key, Row]:
        """Hand the lines to the loader; return the live rows that are in PostgreSQL then."""
        load(pipeline, b"".join(self.lines))
        self.lines.clear()
        schema = pipeline.environment["TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA"]
        rows = CLOCKIFY.loaded(pipeline.database, schema, TABLE)
        return {key: without_feeds(row) for key, row in rows.items()}


@pytest.fixture
def account() -> Iterator[Account]:
    with sandbox.start(now=NOW, entries=300, members=20) as running:
        yield Account(running)


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("UTC", 0),
        ("Etc/GMT+12", 2),
        ("America/New_York", 1),
        ("Atlantic/Azores", -1),
        ("Pacific/Kiritimati", -2),
    ],
)
def test_log_based_runs_bring_everything(
    pipeline: Pipeline, account: Account, zone: str, hours: int
) -> None:
    """Whichever zone feeds read bounds in, the account's, and however wrong our clock is.

    The requests of quiet days are as many in all of them.
    """
    account.world.account_zone = zone
    account.world.switch(changes_zone=zone)
    year = Year(account, "LOG_BASED", timedelta(hours=hours))
    quiet = 0
    for day in range(DAYS):
        happened = year.live()
        run = year.run()
        if run.code:
            run = year.run()  # again, as a scheduler does; it may be disturbed again
        if run.code or "cannot be read" in run.log:  # the next run brings it
            continue
        assert year.held() == year.truth(), f"day {day}"
        if day > 1 and not happened:
            lists = {ENTRIES, "/workspaces/{workspaceId}/users"}
            asked = [one for one in account.templates() if one not in lists]
            assert len(asked) <= MOST_WHEN_QUIET
        quiet += not year.bounds()
        if day % DAYS_PER_LOAD == 0:
            assert differences(year.load(pipeline), year.truth()) == [], f"day {day}"
    assert differences(year.load(pipeline), year.held()) == []
    assert quiet > DAYS / 2, "most runs ask the feeds alone"


def test_incremental_runs_miss_what_the_documents_say(pipeline: Pipeline, account: Account) -> None:
    """Edits of entries that start before the look-back, and deletions; nothing else."""
    year = Year(account, "INCREMENTAL")
    expected: dict[Key, Row] = {}
    missed = 0
    for day in range(DAYS):
        year.live()
        run = year.run()
        truth = year.truth()
        if run.code:
            expected |= keyed(run.records(TABLE), KEYS[TABLE])
            continue
        held = year.held()
        for member, bound in year.bounds().items():
            since = from_text(bound) if bound else BEGINNING
            assert not bound or since <= account.world.now - LOOKBACK - PADDING
            for key, row in truth.items():
                start = from_text(row["start"])
                # In whose time zone the bound is read, nobody knows.
                near = held.get(key) == row and start >= since - PADDING
                if row["userId"] == member and (near or start >= since + PADDING):
                    expected[key] = row
        assert held == expected, f"day {day}"
        missed += expected != truth
        if day % DAYS_PER_LOAD == 0:
            assert differences(year.load(pipeline), expected) == [], f"day {day}"
    assert missed
    assert differences(year.load(pipeline), year.held()) == []


def test_meltano_reads_time_entries_by_what_changed(pipeline: Pipeline, schema: str) -> None:
    """As `docs/clockify/sync.md` says how; what happened must be two minutes old."""
    settings = pipeline.project / "meltano.yml"
    written = yaml.safe_load(settings.read_text())
    (extractor,) = [one for one in written["plugins"]["extractors"] if one["name"] == pipeline.tap]
    extractor["metadata"] = {TABLE: {"replication-method": "LOG_BASED"}}
    settings.write_text(yaml.safe_dump(written))
    now = datetime.now(timezone.utc) - timedelta(minutes=10)
    with sandbox.start(size="small", now=now) as running:
        world = running.clockify
        pipeline.environment |= {
            "TAP_CLOCKIFY_API_URL": f"{running.url}/clockify/api/v1",
            "TAP_CLOCKIFY__SELECT": f'["{TABLE}.*"]',
        }
        succeeded(pipeline.run())
        for spelled in ("TIME_ENTRY", "none"):
            world.switch(changes_type=spelled)
            entries = CLOCKIFY.expected(world, TABLE).values()
            oldest, older, *_, newest = sorted(entries, key=lambda row: row["start"])
            world.edit_entry(oldest["id"], description="edited")
            world.edit_entry(newest["id"], billable=True)
            world.delete_entry(older["id"])
            world.insert_entry(world.main_id, world.owner_id)
            world.advance(120)
            succeeded(pipeline.run())
            rows = CLOCKIFY.loaded(pipeline.database, schema, TABLE)
            have = {key: without_feeds(row) for key, row in rows.items()}
            want = CLOCKIFY.expected(world, TABLE)
            assert differences(have, want) == []
        assert counts(pipeline.database, schema, [TABLE]) == {TABLE: len(want) + 2}
