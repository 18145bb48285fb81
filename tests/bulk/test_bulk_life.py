"""A simulated life through the loader: what it holds is what there is, whoever was killed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

import sandbox
from tests.clockify.runs import Account
from tests.common.runs import NOW
from tests.e2e.test_live_views import ENTRIES, TAGS, Life, inside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_bulk.database import Database
    from tests.bulk.places import Place

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("bulk")]

DAYS = int(os.environ.get("DAYS", "60"))


class KilledError(BaseException):
    """The loader is gone, in the middle of a batch."""


class LoadedLife(Life):
    """A life whose state is what the loader let go."""

    state_before: dict[str, Any] | None = None

    def run(self) -> Any:
        self.state_before = self.state
        return super().run()


def load(place: Place, life: LoadedLife, lines: bytes, batches: int | None) -> bool:
    """Load lines; return whether all were. The loader dies after some batches, if that is given."""
    left = iter(range(batches)) if batches is not None else None
    merge = type(place).database.merge

    def merging(self: Database, *arguments: Any) -> None:
        merge(self, *arguments)
        if left is not None and next(left, None) is None:
            raise KilledError

    before, states = life.state_before, []
    with patch.object(type(place).database, "merge", merging):
        try:
            states = place.load(lines, batch_size_rows=40)
        except KilledError:
            life.state = before
            return False
    life.state = states[-1] if states else before
    return True


@pytest.fixture
def life() -> Iterator[LoadedLife]:
    with sandbox.start(now=NOW, entries=300, members=20) as running:
        yield LoadedLife(Account(running))


def test_what_is_loaded_is_what_there_is(life: LoadedLife, place: Place) -> None:
    place.settings = {"apply_windows": True, "hard_delete": True}
    killed = cut = gone = compared = 0
    known: set[str] = set()
    for day in range(DAYS):
        life.live()
        run = life.run()
        dies = life.random.randint(0, 5) if life.random.random() < 0.2 else None
        lines = run.output
        if life.random.random() < 0.2:  # the tap dies, between two lines
            lines = lines[: lines.rfind(b"\n", 0, life.random.randrange(len(lines))) + 1]
        if not load(place, life, lines, dies):
            killed += 1
            continue
        if lines != run.output:
            cut += 1
            continue
        truth = {key[0]: row for key, row in life.truth().items()}
        rows = {row["id"]: row for row in place.rows(ENTRIES, 'id, "userId", start')}
        gone += len(known - rows.keys())
        known = {*rows}
        for row in rows.values():
            row["start"] = f"{row['start']:%Y-%m-%dT%H:%M:%SZ}"
        near = inside(truth.values(), life.told)
        assert inside(rows.values(), life.told) == near, f"day {day}"
        tags = {(row["timeEntryId"], row["tagId"]) for row in place.rows(TAGS)}
        right = {(ident, tag) for ident in near for tag in truth[ident].get("tagIds") or ()}
        assert {pair for pair in tags if pair[0] in near} == right, f"day {day}"
        assert {ident for ident, _ in tags} <= rows.keys(), "no child is left alone"
        compared += 1
    assert killed
    assert cut
    assert gone
    assert compared > DAYS / 2
