"""Time entries of an INCREMENTAL tap with `reread_changed` over a simulated life.

Each day entries of any age are inserted, edited and deleted, some years old. Some runs fail in
part, and some are killed; then there is another one that day, as a scheduler has it. After it, what
the view of the docs shows is what there is, in hours and amounts. `DAYS=365` lives a whole year.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

import sandbox
from sandbox.clockify.instants import iso
from taps_common.timestamps import from_text
from tests.clockify.runs import Account
from tests.common.runs import NOW
from tests.e2e.test_live_views import DAYS, ENTRIES, Life, in_duckdb

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.common.runs import Row, Run

pytestmark = pytest.mark.thorough

Sums = dict[tuple[str, str], tuple[int, int]]
"""Seconds, and what they are worth at rates an hour, by member and month."""


class LongLife(Life):
    """A life in which entries of any age are edited, too.

    Attributes:
        aged: edits and deletions of entries from before the look-back.
    """

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.aged = 0
        for member in sorted(self.world.main.users):
            for _ in range(20):
                self.insert(member, self.random.randint(30, 1_700))

    def insert(self, member: str, days: int) -> None:
        """Insert an entry of so many days ago, which may last over midnight."""
        start = self.world.now - timedelta(days=days, minutes=self.random.randint(1, 1_400))
        end = start + timedelta(minutes=self.random.randint(1, 600))
        interval = {
            name: iso(int(at.timestamp()))
            for name, at in zip(("start", "end"), (start, end), strict=True)
        }
        self.world.insert_entry(self.world.main_id, member, timeInterval=interval)

    def live(self) -> bool:
        happened = super().live()
        chance, world, rows = self.random, self.world, self.truth()
        if not happened:
            return False
        for (ident,) in chance.sample(sorted(rows), 4):
            interval = rows[ident,]["timeInterval"]
            if interval.get("end") is None:
                continue
            end = from_text(interval["start"]) + timedelta(minutes=chance.randint(1, 900))
            world.edit_entry(ident, timeInterval={"end": iso(int(end.timestamp()))})
            self.note(rows[ident,])
        for (ident,) in chance.sample(sorted(rows), 3):
            rate = {"amount": chance.randint(1, 9_999), "currency": "USD"}
            world.edit_entry(ident, billable=True, hourlyRate=rate)
            self.note(rows[ident,])
        for (ident,) in chance.sample(sorted(rows), 3):
            world.delete_entry(ident)
            self.note(rows[ident,])
        for _ in range(chance.randint(0, 3)):
            self.insert(chance.choice(sorted(world.main.users)), chance.randint(30, 1_700))
        return happened

    def note(self, row: Row) -> None:
        self.aged += from_text(row["start"]) < self.world.now - timedelta(days=62)

    def day(self) -> list[Run]:
        """Run until a run is through; return all of them.

        One that goes on with a killed run leaves what that one read, and did not tell of, to the
        next.
        """
        found: list[Run] = []
        wanted = 1
        while wanted:
            if found:
                self.world.advance(60)
            if self.random.random() < 0.05:
                self.account.fault("/reports/summary", "status", code=500)
            found.append(self.run())
            if found[-1].code == 137:
                wanted = 2
            elif not found[-1].code and "not looked for" not in found[-1].log:
                wanted -= 1
        return found


def sums(rows: Iterable[Row]) -> Sums:
    """Return what entries that ended add up to."""
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        if row["timeInterval"].get("end") is not None:
            start, end = (from_text(row["timeInterval"][name]) for name in ("start", "end"))
            seconds = round((end - start).total_seconds())
            total = found[row["userId"], row["start"][:7]]
            total[0] += seconds
            total[1] += seconds * (row.get("hourlyRate") or {}).get("amount", 0) * row["billable"]
    return {one: (seconds, worth) for one, (seconds, worth) in found.items()}


@pytest.fixture
def life() -> Iterator[LongLife]:
    with sandbox.start(now=NOW, entries=300, members=20) as running:
        yield LongLife(Account(running, {"reread_changed": True, "start_date": "2022-01-01"}))


def test_hours_and_amounts_are_right_each_day(life: LongLife, tmp_path: Path) -> None:
    killed = failed = quiet = 0
    for day in range(DAYS):
        happened = life.live()
        runs = life.day()
        killed += any(run.code == 137 for run in runs)
        failed += len(runs) > 1
        people = {*life.world.main.users}
        held = {key[0]: row for key, row in life.tables[ENTRIES].items()}
        truth = {key[0]: row for key, row in life.truth().items()}
        entries, _ = in_duckdb(life, tmp_path)
        live = {ident for ident in entries if held[ident]["userId"] in people}
        assert live == truth.keys(), f"day {day}"
        assert sums(held[ident] for ident in live) == sums(truth.values()), f"day {day}"
        asked = [one for one in life.account.requests() if "/time-entries" in one]
        if not happened and len(runs) == 1:
            quiet += 1
            assert len(asked) == len(people), "nothing is read again on a day without edits"
    assert life.aged > DAYS
    assert killed
    assert failed
    assert quiet
