"""Pages that do not fit their type: what is an error, what becomes null, what is said."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from taps_common.errors import ShapeError
from taps_common.records.codec import PageDecoder, records
from taps_common.records.limits import MOST_VALUES
from taps_common.records.row_types import Json, Row
from tests.common.made_up import PROJECTS, body, one_workspace, run_tap


class Part(Row):
    """A part."""

    name: str | None = None
    size: int | None = None


class Thing(Row):
    """A thing."""

    id: str
    size: int | None = None
    weight: float | None = None
    words: list[str] | None = None
    part: Part | None = None
    parts: list[Part] | None = None
    free: Json = None


KEPT = "are not of their type, sent as null and kept in _rescued_data"


def decoder() -> PageDecoder[Thing]:
    return PageDecoder(Thing, lambda _: True)


def decoded(text: bytes) -> tuple[list[dict[str, Any]], set[str]]:
    reader = decoder()
    return records(reader.decode(text)), reader.drifted


# -- too much to be read at once ------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        b"[0" + b",1" * (MOST_VALUES + 1) + b"]",
        b"[{}" + b",{}" * (MOST_VALUES + 1) + b"]",
        b'[{"id":"1","words":[""' + b',""' * (MOST_VALUES + 1) + b"]}]",
    ],
)
def test_more_values_than_memory_has_room_for_are_not_read(text: bytes) -> None:
    """What is small as JSON may be fifty times as large as objects."""
    with pytest.raises(ShapeError, match="more than 2,000,000 values"):
        [*decoder().parts(text)]


def test_rows_that_can_be_told_apart_are_read_whatever_their_number() -> None:
    text = b'[{"id":"1","size":1}' + b',{"id":"1","size":1}' * MOST_VALUES + b"]"
    assert sum(len(rows) for rows, _ in decoder().parts(text)) == MOST_VALUES + 1


# -- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "is not JSON, or breaks off"),
        (b"<html>secret</html>", "is not JSON, or breaks off"),
        (b'[{"id":"secret"},{"id":"se', "is not JSON, or breaks off"),
        (b'[{"id":"secret"}] []', "is not JSON, or breaks off"),
        (b'{"message":"secret"}', "expected a list of rows, got an object"),
        (b'"secret"', "expected a list of rows, got text"),
        (b"null", "expected a list of rows, got null"),
        (b"true", "expected a list of rows, got a boolean"),
        (b"5.5", "expected a list of rows, got a number"),
        (b'["secret"]', "a list with text"),
        (b'[{"id":"secret"},null]', "a list with null"),
        (b'[["secret"]]', "a list with a list"),
        (b'[{"size":1}]', "a row without id"),
        (b'[{"id":"secret"},{"id":null}]', "a row whose id is null"),
        (b'[{"id":815}]', "a row whose id is a number"),
        (b'[{"id":["secret"]}]', "a row whose id is a list"),
        (b"[" * 100_000 + b"]" * 100_000, ""),
        (b'[{"id":"secret","free":%b%b}]' % (b"[" * 100_000, b"]" * 100_000), ""),
        (b'[{"id":"secret","free":1e99999999999999999999}]', ""),
        (b'[{"id":"secret","free":%b}]' % (b"9" * 5000), ""),
        (b'[{"id":"secret","free":NaN}]', "not JSON"),
        (b'[{"id":"secret","free":-Infinity}]', "not JSON"),
    ],
)
def test_a_page_of_another_shape_is_an_error_that_quotes_nothing(text: bytes, says: str) -> None:
    with pytest.raises(ShapeError) as caught:
        decoder().decode(text)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "815" not in str(caught.value)


# -- what is tolerated ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "expected", "path"),
    [
        ("size", "5", None, "size"),
        ("size", True, None, "size"),
        ("size", 5.5, None, "size"),
        ("weight", "x", None, "weight"),
        ("words", "x", None, "words"),
        ("words", ["a", 5], ["a"], "words[]"),
        ("part", "x", None, "part"),
        ("part", {"name": 5, "size": 7}, {"name": None, "size": 7}, "part.name"),
        ("parts", {"name": "x"}, None, "parts"),
        (
            "parts",
            [{"name": "a", "size": "x"}, {"name": "b", "size": 2}],
            [{"name": "a", "size": None}, {"name": "b", "size": 2}],
            "parts[].size",
        ),
        ("parts", [{"name": "a"}, 5], [{"name": "a", "size": None}], "parts[]"),
        ("parts", [None, {"name": "a"}], [{"name": "a", "size": None}], "parts[]"),
    ],
)
def test_a_value_of_another_type_is_null_and_its_path_is_kept(
    field: str, value: object, expected: object, path: str
) -> None:
    text = json.dumps([{"id": "1", field: value}, {"id": "2"}]).encode()
    rows, drifted = decoded(text)
    assert rows[0][field] == expected
    assert drifted == {path}
    assert [row["id"] for row in rows] == ["1", "2"]


def test_what_fits_beside_what_does_not_is_kept_as_it_came() -> None:
    text = b'[{"id":"1","size":"x","weight":1,"free":{"a":[1.10,null,18446744073709551616]}}]'
    rows, _ = decoded(text)
    assert rows[0]["weight"] == 1.0
    assert str(rows[0]["free"]["a"]) == str([Decimal("1.10"), None, 2**64])


@pytest.mark.parametrize("text", [b"5.0", b"5e0", b"50e-1"])
def test_a_whole_number_written_with_a_fraction_is_still_whole(text: bytes) -> None:
    """JSON Schema's `integer` allows it, so the record has the value, not null."""
    rows, drifted = decoded(b'[{"id":"1","size":%b}]' % text)
    assert rows[0]["size"] == 5
    assert drifted == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'"a\\ud800b"', "a\ufffdb"),
        (b'"\\udc00"', "\ufffd"),
        (b'"\\ud83d\\udd50"', "\U0001f550"),
        (b'"a\xffb"', "a\ufffdb"),
        (b'"caf\xe9"', "caf\ufffd"),
        (b'"\xed\xa0\x80"', "\ufffd\ufffd\ufffd"),
    ],
)
def test_what_is_no_unicode_is_replaced(text: bytes, expected: str) -> None:
    rows, _ = decoded(b'[{"id":"1","part":{"name":%b},"free":[%b]}]' % (text, text))
    assert rows[0]["part"]["name"] == expected
    assert rows[0]["free"] == [expected]


def test_what_is_no_unicode_is_replaced_in_names_too() -> None:
    page = b'[{"id":"1","free":{"\\ud800":1},"\\udfff":2}]'
    reader = decoder()
    rows = records(reader.decode(page))
    assert rows[0]["free"] == {"\ufffd": 1}
    assert {*reader.unknown} == {"\ufffd"}


# -- what is said --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tables", "pages", "said"),
    [
        (
            ("projects",),
            [
                [{"id": "1", "archived": "secret"}, {"id": "2", "archived": "secret"}],
                [{"id": "3", "archived": "secret", "hourlyRate": {"amount": "secret"}}],
                [{"id": "4", "archived": "secret", "hourlyRate": {"amount": "secret"}}],
            ],
            [
                f"values of archived {KEPT}",
                f"values of hourlyRate.amount {KEPT}",
            ],
        ),
        (
            ("projects",),
            [
                [{"id": "1", "newField": "secret", "hourlyRate": {"since": "secret"}}],
                [{"id": "2", "newField": 1, "memberships": [{"role": "secret"}, 5]}],
            ],
            [
                "fields unknown to this version, kept in _rescued_data: hourlyRate.since, newField",
                f"values of memberships[] {KEPT}",
                "fields unknown to this version, kept in _rescued_data: memberships[].role",
            ],
        ),
        # declared and not selected is not unknown
        (
            ("project_memberships",),
            [[{"id": "1", "memberships": [{"userId": "u"}], "note": "x"}]],
            [],
        ),
    ],
)
def test_each_path_that_is_odd_is_said_once(
    tables: tuple[str, ...], pages: list[list[dict[str, Any]]], said: list[str]
) -> None:
    answers = one_workspace() | {PROJECTS: [body(*page) for page in pages]}
    run = run_tap(answers, tables).ok()
    lines = [line for line in run.log.splitlines() if "not of" in line or "unknown" in line]
    assert lines == [f"projects: {one}" for one in said]
    sent = run.records("projects")
    assert len(sent) in {0, sum(map(len, pages))}
    assert not any(row["archived"] or "newField" in row for row in sent)
    assert "secret" not in run.log
