"""Rows of JSON that are decoded many at a time: what comes is what one by one brings."""

from __future__ import annotations

import io
from typing import TypeAlias
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_perform import cell_file, json_bulk, json_window
from tap_perform.cell_file import encoded
from tap_perform.json_bulk import Bulk
from tap_perform.json_window import UNIQUE, Window
from tap_perform.readers import open_table
from taps_common.errors import ShapeError

Outcome: TypeAlias = "tuple[tuple[str, ...], list[list[str | None]]] | str"

NAMES = ['"a"', '"b"', '"c:d"', '"\\u0061"', '"é"']
ODD_NAMES = ['"a" ', r'"a\\"', '""', r'"\ud800"', r'"x\""']
PLAIN = ['"x"', '"y:z"', "null", '"é\\n\\ud83d\\ude00"', '"}"', '"],["', '"\\":"', '" :"', '"}, {"']
TYPED = ['""', "0", "1", "1.10", "1E5", "true", "false", "12345678901234567890123", "1e400"]
ODD = [
    '"\\u003a"',
    "-0",
    "[1]",
    '{"n": -0.0}',
    '"\\ud800"',
    "NaN",
    '"a\tb"',
    "\r1 ",
    "01",
    "+",
    '"',
]

literals = st.one_of(
    st.sampled_from(PLAIN), st.sampled_from(PLAIN), st.sampled_from(TYPED), st.sampled_from(ODD)
)


@st.composite
def objects(draw: st.DrawFn) -> list[str]:
    """Spell objects, most of which have the same names in the same order."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    odd = draw(st.lists(st.sampled_from([*NAMES, *ODD_NAMES]), max_size=3))
    cells = st.sampled_from(draw(st.sampled_from([PLAIN, PLAIN + TYPED, PLAIN + TYPED + ODD])))
    rows = []
    for _ in range(draw(st.integers(1, 12))):
        usual = draw(st.integers(0, 5)) or not odd
        colon = draw(st.sampled_from([":", ":", ": ", " :"]))
        every = names if usual else [*names, draw(st.sampled_from(odd))]
        kept = every if draw(st.integers(0, 5)) else every[1:]
        rows.append("{" + ",".join(f"{name}{colon}{draw(cells)}" for name in kept) + "}")
    return rows


@st.composite
def lists(draw: st.DrawFn) -> list[str]:
    """Spell lists, most of which have the same number of cells."""
    width = draw(st.integers(0, 3))
    rows = st.lists(literals, min_size=width, max_size=width + (not draw(st.integers(0, 9))))
    return ["[" + ",".join(row) + "]" for row in draw(st.lists(rows, min_size=1, max_size=12))]


def opened(text: str, *, most_misses: int) -> Outcome:
    """Open a table with windows so small that a few rows go through several."""
    with (
        mock.patch.object(cell_file, "MOST_ROWS", 2),
        mock.patch.object(json_window, "CHUNK", 48),
        mock.patch.object(json_bulk, "_MOST_MISSES", most_misses),
    ):
        body = io.BytesIO(text.encode("utf-8", "surrogatepass"))
        try:
            table = open_table(body, delimiter=None, encoding=None)
        except ShapeError as error:
            return str(error)
        return table.headings, [*table]


@given(objects(), st.sampled_from([",", " ,\n", ", "]), st.sampled_from(["]", " ]\n", "],{}", ""]))
def test_objects_of_an_array_are_what_they_are_one_by_one(
    rows: list[str], comma: str, end: str
) -> None:
    text = "[" + comma.join(rows) + end
    assert opened(text, most_misses=3) == opened(text, most_misses=0)


@given(objects(), st.sampled_from(["\n", "", "\r\n\n", ",", "] "]))
def test_json_lines_are_what_they_are_one_by_one(rows: list[str], between: str) -> None:
    text = between.join([rows[0], *rows])
    assert opened(text, most_misses=3) == opened(text, most_misses=0)


@given(rows=lists(), comma=st.sampled_from([",", ", "]), first=st.booleans())
def test_lists_of_cells_are_what_they_are_one_by_one(
    rows: list[str], comma: str, *, first: bool
) -> None:
    fields = '"fields": ["a", "b"]'
    values = f'"values": [{comma.join(rows)}]'
    text = "{" + ", ".join([fields, values] if first else [values, fields]) + "}"
    assert opened(text, most_misses=3) == opened(text, most_misses=0)


def bulk_of(first: str, *rows: str) -> Bulk:
    """Return a bulk that stands behind the first row of an array that goes on."""
    window = Window(io.StringIO(f"[{','.join([first, *rows])},").read, UNIQUE)
    next(window.elements())
    return Bulk(window, lines=False)


FIRST = '{"a":"1","b":null}'


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ('{"a":"2","b":"x:y"}', ["2", "x:y"]),
        ('{"b":"2","a":null}', [None, "2"]),
        ('{"a" : "2", "b" : ""}', ["2", None]),
        ('{"b":1.10}', [None, "1.10"]),
        ('{"a":true,"b":12345678901234567890}', ["True", "12345678901234567890"]),
    ],
)
def test_plain_rows_are_taken_together(row: str, cells: list[str | None]) -> None:
    rows = bulk_of(FIRST, FIRST, row).rows(("a", "b"))
    assert rows == (2, encoded(2, [["1", cells[0]], [None, cells[1]]]))


@pytest.mark.parametrize(
    "row",
    [
        '{"a":"2","b":"x","a":"3"}',
        '{"a" :"2","b":"x","b":"3"}',
        '{"a":"\\u003a","b":"x","b":"3"}',
        '{"a":"2"},{"a":"22","b":"x","a":"33"}',
        '{"a":"2","c":"x"}',
        '{"a":"2","b":-0}',
        '{"a":"2","b":[]}',
        '{"a":"2","b":NaN}',
    ],
)
def test_odd_rows_are_left_to_be_read_one_by_one(row: str) -> None:
    assert bulk_of(FIRST, FIRST, row).rows(("a", "b")) is None


def test_rows_without_a_comma_before_them_are_left() -> None:
    window = Window(io.StringIO(f"[{FIRST} {FIRST},").read, UNIQUE)
    next(window.elements())
    assert Bulk(window, lines=False).rows(("a", "b")) is None


def test_what_repeats_a_heading_in_lines_is_left_however_short_it_is() -> None:
    row, odd = '{"a":"2","b":"x"}', '{"a":"22","b":"x","a":"33"}'
    window = Window(io.StringIO("".join([row] * 10 + [odd])).read, UNIQUE)
    next(window.lines())
    assert Bulk(window, lines=True).rows(("a", "b")) is None


@pytest.mark.parametrize(
    ("row", "headings", "cells"),
    [('{"c:d":"1"}', ("c:d",), [["1", "1"]]), ('["1","2"]', 2, [["1", "1"], ["2", "2"]])],
)
def test_headings_may_hold_colons_and_rows_be_lists(
    row: str, headings: tuple[str, ...] | int, cells: list[list[str]]
) -> None:
    assert bulk_of(row, row, row).rows(headings) == (2, encoded(2, cells))


def test_lists_of_another_number_of_cells_are_left() -> None:
    assert bulk_of('["1","2"]', '["1"]', '["1"]').rows(2) is None


def test_a_window_may_end_anywhere() -> None:
    for length in range(1, 60):
        text = f'[{{"a":"{"x" * length}"}},{{"b":"1"}} , {{"a":"2"}}]'
        rows = [["x" * length, None], [None, "1"], ["2", None]]
        assert opened(text, most_misses=0) == (("a", "b"), rows)
