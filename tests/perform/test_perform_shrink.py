"""What keeps a target from losing rows that are still there: with table versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.common.doubles import Answer
from tests.perform.clips import BOTH, QUAY, ROUTE, TABLE, VERSIONS, dockets, reasons
from tests.perform.runs import Copy

if TYPE_CHECKING:
    from tests.common.runs import Run, State
    from tests.perform.clips import Clips

EMPTY = dockets(0)
HEADINGS = ["docket", "docket_date", "status", "tax_percent"]


def read(clips: Clips, state: State | None = None, **settings: Any) -> Run:
    return clips.run(state=state, **VERSIONS | settings)


@pytest.fixture
def first(clips: Clips) -> Run:
    """The first run: a hundred rows of each project."""
    clips.put(TABLE, dockets(100), of=BOTH)
    return read(clips).ok()


def test_a_clip_that_shrank_removes_nothing_until_that_is_allowed(clips: Clips, first: Run) -> None:
    copy = Copy()
    run = copy.load(first)
    clips.put(TABLE, dockets(10))
    for _ in range(2):
        run = copy.load(read(clips, run.state))
        assert (run.code, run.versioned, len(copy.rows(TABLE))) == (1, [], 200)
        (reason,) = reasons(run)
        assert reason == (
            f"{TABLE} failed (project {QUAY}): {TABLE} of {QUAY} shrank from 100 to 10 rows, by "
            "90 %: its rows were sent, but none that lacks was removed. If that is right, run once "
            "with max_shrink at 100; it is 50."
        )
    run = copy.load(read(clips, run.state, max_shrink=100).ok())
    assert (run.versioned, len(copy.rows(TABLE))) == ([TABLE], 110)
    assert read(clips, run.state).ok().versioned == [TABLE]


@pytest.mark.parametrize(("rows", "allowed", "code"), [(50, 50, 0), (49, 50, 1), (90, 9, 1)])
def test_a_clip_may_shrink_by_what_is_allowed(
    clips: Clips, first: Run, rows: int, allowed: float, code: int
) -> None:
    clips.put(TABLE, dockets(rows), of=[ROUTE])
    run = read(clips, first.state, max_shrink=allowed)
    assert (run.code, run.versioned) == (code, [] if code else [TABLE])


def test_a_state_of_an_earlier_release_says_how_many_rows_there_were(
    clips: Clips, first: Run
) -> None:
    state = first.state
    del state["bookmarks"][TABLE]["activated"]
    clips.put(TABLE, dockets(10))
    for _ in range(2):
        run = read(clips, state)
        assert (run.code, run.versioned) == (1, [])
        assert f"{TABLE} of {QUAY} shrank from 100 to 10 rows" in reasons(run)[0]
        state = run.state


def test_a_version_that_was_withheld_comes_with_the_next_run(clips: Clips) -> None:
    """An empty clip of a new project withholds it; rows of the other are gone meanwhile."""
    copy = Copy()
    clips.put(TABLE, dockets(20))
    run = copy.load(read(clips).ok())
    clips.put(TABLE, EMPTY, of=[ROUTE])
    clips.put(TABLE, dockets(19))
    run = copy.load(read(clips, run.state).ok())
    assert run.versioned == []
    assert run.state["bookmarks"][TABLE]["clips"][QUAY] == {"headings": HEADINGS, "rows": 20}
    run = copy.load(read(clips, run.state).ok())
    assert (run.versioned, len(copy.rows(TABLE))) == ([TABLE], 19)


def test_a_project_that_was_taken_out_is_gone_and_compared_when_it_is_back(
    clips: Clips, first: Run
) -> None:
    copy = Copy()
    copy.load(first)
    run = copy.load(read(clips, first.state, projects=clips.projects(ROUTE)).ok())
    assert run.versioned == [TABLE]
    assert {row["project"] for row in copy.rows(TABLE)} == {ROUTE}
    clips.put(TABLE, dockets(10), of=[ROUTE])
    assert f"{TABLE} of {ROUTE} shrank from 100 to 10 rows" in reasons(read(clips, run.state))[0]


def test_another_address_begins_anew(clips: Clips, first: Run) -> None:
    projects = clips.projects()
    projects[0]["dataclips"][TABLE]["url"] = f"{clips.url}/all"
    clips.script[f"{clips.url}/all"] = [Answer(body=dockets(10))]
    assert read(clips, first.state, projects=projects).ok().versioned == [TABLE]


def test_without_versions_nothing_is_removed_and_nothing_refused(clips: Clips) -> None:
    clips.put(TABLE, dockets(100))
    state = clips.run().ok().state
    clips.put(TABLE, dockets(10))
    assert clips.run(state=state).ok()


@pytest.mark.parametrize(
    ("before", "now", "allowed", "said"),
    [
        (100, 10, 50, True),
        (100, 50, 50, False),
        (9, 0, 50, True),
        (9, 1, 50, False),
        (9, 0, 100, False),
    ],
)
def test_without_versions_it_is_said_that_a_clip_shrank(
    clips: Clips, before: int, now: int, allowed: int, said: bool
) -> None:
    clips.put(TABLE, dockets(before))
    clips.put(TABLE, dockets(100), of=[ROUTE])
    state = clips.run().ok().state
    clips.put(TABLE, dockets(now))
    log = clips.run(state=state, max_shrink=allowed).ok().log
    warning = f"{TABLE} of {QUAY} shrank from {before} to {now} rows since the last run: "
    assert (warning in log) == said
    assert log.count(" shrank ") == said


def test_a_table_is_called_empty_when_it_is_for_the_second_time(clips: Clips) -> None:
    clips.put(TABLE, EMPTY, of=BOTH)
    run = read(clips).ok()
    assert (run.versioned, run.of("RECORD")) == ([], [])
    assert f"no row came from {QUAY}, {ROUTE}, not before either ({TABLE})" in run.log
    run = read(clips, run.state).ok()
    assert run.versioned == [TABLE]
    assert "no row came" not in run.log
    clips.put(TABLE, dockets(), of=BOTH)
    assert read(clips, run.state).ok().versioned == [TABLE]


def test_a_table_that_had_rows_is_not_emptied(clips: Clips, first: Run) -> None:
    copy = Copy()
    copy.load(first)
    clips.put(TABLE, EMPTY, of=BOTH)
    run = copy.load(read(clips, first.state))
    assert (run.code, len(copy.rows(TABLE))) == (1, 200)
    assert [line.partition(" rows, by ")[2][:6] for line in reasons(run)] == ["100 %:"] * 2
    copy.load(read(clips, run.state, max_shrink=100).ok())
    assert copy.rows(TABLE) == []
