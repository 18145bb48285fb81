"""Pages that are read by parts: the same rows as at once, and what is said where they break."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taps_common.errors import ShapeError
from taps_common.records import codec
from taps_common.records.codec import PART, PageDecoder, records
from taps_common.records.row_types import Json, Row
from tests.common.made_up import PROJECTS, VERSIONS, one_workspace, run_tap

if TYPE_CHECKING:
    from collections.abc import Sequence


class Thing(Row):
    """A thing, with others in it that begin as it does."""

    id: str
    text: str | None = None
    within: list[Json] | None = None


TEXTS = st.text(alphabet='ab},{":\\[] \u00e9', max_size=8)
INSIDE = st.recursive(
    TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)
THINGS = st.fixed_dictionaries(
    {"id": TEXTS},
    optional={
        "text": TEXTS | st.integers(),  # a number is not of its type
        "within": st.lists(st.fixed_dictionaries({"id": INSIDE}), max_size=4),
    },
)


def decoder() -> PageDecoder[Thing]:
    return PageDecoder(Thing, lambda _: True)


@given(things=st.lists(THINGS, max_size=12), size=st.integers(1, 120), wide=st.booleans())
def test_parts_are_the_page(things: Sequence[dict[str, Any]], size: int, *, wide: bool) -> None:
    """Wherever a page is cut, and whatever looks like a row in it."""
    page = json.dumps(things, separators=None if wide else (",", ":"), ensure_ascii=False).encode()
    whole, cut = decoder(), decoder()
    expected = records(whole.decode(page))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "PART", size)
        parts = list(cut.parts(page))
    assert [row for rows, _ in parts for row in records(rows)] == expected
    assert [one for _, text in parts for one in json.loads(text)] == [*things]
    assert cut.drifted == whole.drifted


def compact(*rows: object) -> bytes:
    """A page as services write it."""
    return json.dumps(rows, separators=(",", ":")).encode()


def many(count: int) -> list[dict[str, Any]]:
    return [{"id": f"{number:06}", "text": "n" * 100} for number in range(count)]


def test_a_large_page_is_cut() -> None:
    page = compact(*many(5000))
    sizes = [len(text) for _, text in decoder().parts(page)]
    assert len(sizes) > len(page) // PART // 2
    assert max(sizes) < 2 * PART + 200
    assert min(sizes) >= PART


def test_rows_with_lists_of_others_are_read_at_once_from_there() -> None:
    """A cut inside of a row is none."""
    inner = [{"id": str(number), "text": "x" * 50} for number in range(3000)]
    page = compact({"id": "1", "within": []}, {"id": "2", "within": inner}, {"id": "3"})
    parts = [[row.id for row in rows] for rows, _ in decoder().parts(page)]
    assert parts == [["1", "2", "3"]]


def test_of_a_page_that_breaks_off_no_part_is_used() -> None:
    with pytest.raises(ShapeError, match="breaks off"):
        next(decoder().parts(compact(*many(3000))[:-60]))


def test_what_does_not_fit_in_the_middle_of_a_page_is_null() -> None:
    things = many(3000)
    things[2000]["text"] = 5
    cut = decoder()
    found = [row for rows, _ in cut.parts(compact(*things)) for row in records(rows)]
    assert [row["id"] for row in found if row["text"] is None] == ["002000"]
    assert (len(found), cut.drifted) == (3000, {"text"})


def test_a_page_with_a_row_without_its_key_fails_though_others_were_sent() -> None:
    """They are true; the bookmark, and the table's version, say nothing of the page."""
    rows = many(3000)
    answers = one_workspace() | {PROJECTS: [compact(*rows, {"name": "last"})]}
    run = run_tap(answers, ("projects",), **VERSIONS)
    assert run.error
    assert "a row without id" in run.log
    sent = [row["id"] for row in run.records("projects")]
    assert sent == [row["id"] for row in rows[: len(sent)]]
    assert len(sent) > len(rows) // 2
    assert run.versioned == []


def test_a_large_page_that_came_before_is_not_sent_again() -> None:
    """NO-LOOP, before any of its parts goes out."""
    rows = many(3000)
    run = run_tap(one_workspace() | {PROJECTS: [compact(*rows)] * 3}, ("projects",))
    assert run.error
    assert "sent the same page twice" in run.log
    assert [row["id"] for row in run.records("projects")] == [row["id"] for row in rows]


def test_a_row_that_came_twice_in_a_large_page_is_counted_once() -> None:
    rows = many(3000)
    run = run_tap(one_workspace() | {PROJECTS: [compact(*rows, rows[0])]}, ("projects",)).ok()
    assert "projects: 1 row came twice, by key" in run.log
