"""Names of columns, row ids and occurrences."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_perform.cell_file import Batch
from tap_perform.columns import RESERVED, columns_of, notes_on
from tap_perform.row_ids import Occurrences, row_ids

if TYPE_CHECKING:
    from random import Random

FIXED = "ae5f9a656553b0adde923aab1dc233eb"
"""The id of a row whose cell `a` is `1`: another one would give every row a new key."""

Pairs: TypeAlias = "list[tuple[str, str | None]]"

texts = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Non-Bookable?", "non_bookable"),
        ("Percentage Complete (%)", "percentage_complete_percent"),
        ("% Complete", "percent_complete"),
        (" Padded\u00a0\n", "padded"),
        ("2024-02-29", "_2024_02_29"),
        ("Größe m²", "größe_m2"),
        ("作業 番号", "作業_番号"),
        ("\uff37ide", "wide"),
        ("Project", "project_2"),
        ("", "column_1"),
        ("???", "column_1"),
    ],
)
def test_a_heading_names_its_column(heading: str, name: str) -> None:
    assert [column.name for column in columns_of([heading])] == [name]


def test_collisions_and_blanks_are_numbered_and_told() -> None:
    columns = columns_of(["Name", "", "NAME", "name 2", "Project"])
    names = ["name", "column_2", "name_2", "name_2_2", "project_2"]
    assert [column.name for column in columns] == names
    assert [column.position for column in columns] == [0, 1, 2, 3, 4]
    assert notes_on(columns) == [
        "Heading 2 is blank: its column is column_2.",
        "Heading 3 'NAME' would name a second name: its column is name_2.",
        "Heading 4 'name 2' would name a second name_2: its column is name_2_2.",
        "Heading 5 'Project' would name a second project: its column is project_2.",
    ]


@given(st.lists(texts))
def test_names_are_unique_whatever_the_case(headings: list[str]) -> None:
    names = [column.name for column in columns_of(headings)]
    assert len({name.casefold() for name in [*names, *RESERVED]}) == len(names) + len(RESERVED)
    assert names == [column.name for column in columns_of(headings)]


def id_of(row: Pairs) -> str:
    """Return the id of a row of headings and cells."""
    (found,) = row_ids([heading for heading, _ in row])(Batch(1, [[cell] for _, cell in row]))
    return found


@given(st.dictionaries(texts, st.one_of(st.none(), texts)), st.randoms(use_true_random=False))
def test_a_row_id_knows_no_order_and_no_blanks(row: dict[str, str | None], random: Random) -> None:
    pairs = [*row.items()]
    shuffled = random.sample(pairs, len(pairs))
    assert id_of(pairs) == id_of(shuffled) == id_of([*pairs, ("blank", None), ("blank", "")])


def test_rows_of_a_batch_have_the_ids_that_they_have_alone() -> None:
    ids = row_ids(["b", "a"])(Batch(3, [["1", None, ""], ["2", "3", None]]))
    assert ids == [id_of([("a", "2"), ("b", "1")]), id_of([("a", "3")]), id_of([])]
    assert ids[2:] == row_ids([])(Batch(1, []))


def test_a_row_id_tells_where_a_cell_ends() -> None:
    rows: list[Pairs] = [
        [("a", "bc")],
        [("ab", "c")],
        [("a", "b"), ("c", "d")],
        [("a", "bcd")],
        [("a", "1"), ("a", "2")],
        [("a", "2"), ("a", "1")],
    ]
    assert len({id_of(row) for row in rows}) == len(rows)
    assert id_of([("a", "1")]) == FIXED


@given(st.lists(st.text(max_size=1)), st.integers(0, 3))
def test_occurrences_are_counted_exactly(keys: list[str], expected: int) -> None:
    occurrences = Occurrences(expected)
    occurrences.note(keys)
    counts: Counter[str] = Counter()
    for key, number in zip(keys, occurrences.numbers(keys), strict=True):
        counts[key] += 1
        assert number == counts[key]


def test_more_rows_than_expected_are_counted_exactly_too() -> None:
    occurrences = Occurrences(1)
    keys = [str(number % 9_000) for number in range(10_000)]
    occurrences.note(keys)
    assert Counter(occurrences.numbers(keys)) == {1: 9_000, 2: 1_000}
