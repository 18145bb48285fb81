"""What has no place in its row: kept, counted, or a failure (RESCUE-NOT-NULL)."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taps_common.records import codec, wide_types
from taps_common.records.codec import PageDecoder
from taps_common.records.rescue import ITEM, place_of, spelled, write_texts
from taps_common.records.row_types import RESCUED, Json, Row, with_rescue
from taps_common.records.tolerant import MOST_KNOWN, Findings, ObjectReader
from tests.clockify.runs import catalog
from tests.common.made_up import ENTRIES, PROJECTS, VERSIONS, body, one_workspace, run_tap
from tests.common.rescued import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.common.runs import Run

ONE = one_workspace()


class Part(Row):
    """A part."""

    name: str | None = None
    size: int | None = None


class Thing(Row):
    """A thing."""

    id: str
    size: int | None = None
    words: list[str] | None = None
    part: Part | None = None
    parts: list[Part] | None = None
    free: Json = None


TABLE = with_rescue(Thing)


def everything(path: tuple[str, ...]) -> bool:
    return bool(path)


def rescued(
    *rows: dict[str, Any],
    wants: Callable[[tuple[str, ...]], bool] = everything,
    expects: Callable[[str], bool] = lambda _: False,
    times: int = 1,
) -> list[Any]:
    """What is rescued of the rows of a page, once it came so many times before."""
    decoder = PageDecoder(TABLE, wants, expects=expects)
    found: list[Any] = []
    for _ in range(times):
        found = decoder.decode(body(*rows))
    write_texts(found, lambda _: True, {})
    texts = [getattr(row, RESCUED) for row in found]
    return [text if text is None else json.loads(text) for text in texts]


# -- what is kept --------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 2], ids=["first-seen", "known"])
@pytest.mark.parametrize(
    ("came", "kept"),
    [
        ({"size": 5}, None),
        ({"size": 5.0}, None),
        ({"size": "x"}, {"size": "x"}),
        ({"new": [1, {"a": None}]}, {"new": [1, {"a": None}]}),
        ({"new": None}, None),
        ({"part": {"name": 5, "new": 1}}, {"part.name": 5, "part.new": 1}),
        ({"part": [1]}, {"part": [1]}),
        ({"words": ["a", 5, None]}, {"words[1]": 5, "words[2]": None}),
        (
            {"parts": [{"size": "x"}, 7, {"new": 1}]},
            {"parts[0].size": "x", "parts[1]": 7} | {"parts[2].new": 1},
        ),
        ({"a.b": 1, "c[0]": 2, "é": 3}, {'["a.b"]': 1, '["c[0]"]': 2, "é": 3}),
        ({RESCUED: "theirs"}, {RESCUED: "theirs"}),
        ({RESCUED: {"a": 1}}, {RESCUED: {"a": 1}}),
        ({"free": {"any": 1}}, None),
    ],
)
def test_what_has_no_place_is_kept_by_its_path(
    came: dict[str, Any], kept: object, times: int
) -> None:
    assert rescued({"id": "1", **came}, {"id": "2"}, times=times) == [kept, None]


@pytest.mark.parametrize("times", [1, 2])
def test_null_is_nothing_that_could_be_lost(times: int) -> None:
    rows: list[dict[str, Any]] = [{"id": "1", "new": 1}, {"id": "2", "new": None}]
    assert rescued(*rows, times=times) == [{"new": 1}, None]


@pytest.mark.parametrize(
    "odd",
    [
        lambda _: {"new": 1},
        lambda _: {"size": "x"},
        lambda _: {"part": {"new": 1, "name": 5}},
        lambda _: {"parts": [{"new": 1}, {"size": "x"}]},
        lambda _: {"words": [5]},
        lambda number: {f"name {number}": 1},
    ],
    ids=["unknown", "type", "inside", "items", "list", "names that are data"],
)
def test_what_is_odd_in_each_page_is_read_alone_once(
    odd: Callable[[int], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a table costs whose every row drifts hangs on it."""
    alone: list[bytes] = []

    def rows(reader: ObjectReader, page: bytes, found: Findings) -> list[Any]:
        alone.append(page)
        return whole(reader, page, found)

    whole = ObjectReader.rows
    monkeypatch.setattr(ObjectReader, "rows", rows)
    decoder = PageDecoder(TABLE, everything)
    for first in range(0, 1000, 100):
        page = [{"id": str(one), **odd(one)} for one in range(first, first + 100)]
        assert all(getattr(row, RESCUED) for row in decoder.decode(body(*page)))
    assert len(alone) == 1


def test_only_so_many_odd_places_are_known() -> None:
    found = Findings(lambda _: False)
    for number in range(10 * MOST_KNOWN):
        found.undeclared((f"name {number}",), b"1")
        found.misfit((f"name {number}",), b"1")
        found.look_again((f"name {number}",))
    assert found.size <= MOST_KNOWN
    assert len(found.unknown) == len(found.misfits) == MOST_KNOWN


def test_values_are_kept_as_they_came() -> None:
    text = b'[{"id":"1","new":[1.10,1E2,18446744073709551616, "\\u00e9"]}]'
    (row,) = PageDecoder(TABLE, everything).decode(text)
    write_texts([row], lambda _: True, {})
    assert getattr(row, RESCUED) == '{"new":[1.10,1E2,18446744073709551616, "\\u00e9"]}'


def test_what_is_no_unicode_is_replaced_there_too() -> None:
    (row,) = PageDecoder(TABLE, everything).decode(b'[{"id":"1","new":"a\xff","size":"\\ud800"}]')
    write_texts([row], lambda _: True, {})
    assert json.loads(getattr(row, RESCUED)) == {"new": "a\ufffd", "size": "\ufffd"}


@pytest.mark.parametrize("times", [1, 2])
def test_what_nobody_wants_and_what_is_expected_is_not_kept(times: int) -> None:
    row = {
        "id": "1",
        "size": "x",
        "token": "s",
        "part": {"name": 5, "size": "x", "token": "s"},
        "parts": [{"token": "s", "name": 5}],
        "new": {"token": "s", "a": [{"token": "s", "b": 1.5}]},
    }
    found = rescued(
        row,
        wants=lambda path: path not in {("size",), ("part", "size")},
        expects=lambda path: path.endswith("token"),
        times=times,
    )
    assert found == [{"part.name": 5, "parts[0].name": 5, "new": {"a": [{"b": 1.5}]}}]


names = st.sampled_from(["id", "size", "words", "part", "parts", "free", "new", "other"])
values = st.recursive(
    st.none() | st.integers(-9, 9) | st.text("ab", max_size=2) | st.just("5"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "size", "new"]), inner, max_size=3)
    ),
    max_leaves=6,
)
odd_rows = st.lists(
    st.dictionaries(names, values, max_size=6).map(lambda row: row | {"id": "x"}), max_size=4
)


inside = st.sampled_from([(held, name) for held in ("part", "parts") for name in ("name", "size")])


@given(st.lists(odd_rows, min_size=1, max_size=5), st.integers(0, 3), st.sets(inside))
def test_what_is_known_to_be_odd_changes_nothing_but_speed(
    pages: list[list[dict[str, Any]]], many: int, deselected: set[tuple[str, ...]]
) -> None:
    """A decoder that saw other pages before brings the same rows as a new one."""

    def wanted(path: tuple[str, ...]) -> bool:
        return path not in deselected

    known = PageDecoder(TABLE, wanted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wide_types, "MANY", many)
        for page in pages:
            text = body(*page)
            fresh = PageDecoder(TABLE, wanted)
            found, expected = (codec.records(one.decode(text)) for one in (known, fresh))
            assert found == expected
            assert fresh.drifted <= known.drifted


@pytest.mark.parametrize("name", ['"q"', "back\\slash", "a\nb", "\x01", "", "a b", "x[1]", "ü😀"])
@pytest.mark.parametrize("inside", [False, True])
def test_any_name_may_come_twice(name: str, inside: bool) -> None:
    row = {"id": "1", "part": {name: 5}} if inside else {"id": "1", name: 5}
    decoder = PageDecoder(TABLE, everything)
    for _ in range(3):
        (found,) = decoder.decode(body(row))
        assert getattr(found, RESCUED) == [(("part", name) if inside else (name,), b"5")]


def test_an_object_of_which_nobody_wants_anything_may_drift_twice() -> None:
    decoder = PageDecoder(TABLE, lambda path: path[:1] != ("part",) or len(path) == 1)
    for _ in range(2):
        (row,) = codec.records(decoder.decode(b'[{"id":"1","part":{"name":"x","new":1}}]'))
        assert row["part"] == {}
        assert [path for path, _ in row[RESCUED]] == [("part", "new")]


def test_names_that_are_data_are_kept_and_not_remembered_for_ever() -> None:
    rows = [{"id": str(number), f"name {number}": number} for number in range(2000)]
    decoder = PageDecoder(TABLE, everything)
    found = [row for part in (rows[:500], rows[500:]) for row in decoder.decode(body(*part))]
    counts: dict[str, int] = {}
    write_texts(found, lambda _: True, counts)
    assert [json.loads(getattr(row, RESCUED)) for row in found] == [
        {f"name {number}": number} for number in range(2000)
    ]
    assert sum(counts.values()) == 2000
    assert len(counts) < 1100
    assert len(decoder.unknown) < 300


def test_paths_are_spelled_so_that_no_two_are_alike() -> None:
    assert spelled(("a", 0, "b")) == "a[0].b"
    assert spelled(("a.b",)) == '["a.b"]'
    assert spelled(("a", "x y", "")) == 'a.x y[""]'
    assert place_of(("a", 0, "b", 1)) == ("a", ITEM, "b")


# -- tables --------------------------------------------------------------------------------------

PROJECT = {"id": "1", "archived": "no", "new": 1, "hourlyRate": {"amount": [], "since": "s"}}
MEMBERSHIP = {"userId": "u1", "membershipType": "PROJECT", "targetId": "1"}


def project_run(
    *rows: dict[str, Any], tables: tuple[str, ...] = ("projects",), **config: Any
) -> Run:
    return run_tap(ONE | {PROJECTS: body(*rows)}, tables, **config)


def kept_in(run: Run, table: str) -> list[Any]:
    return [read(record).get(RESCUED) for record in run.records(table)]


def test_every_schema_has_the_column() -> None:
    run = project_run(PROJECT, tables=("projects", "project_memberships"))
    for message in run.of("SCHEMA"):
        assert message["schema"]["properties"][RESCUED]["type"] == ["string", "null"]


def test_a_child_table_keeps_what_drifted_in_its_own_item() -> None:
    """Whether or not the table of the row that it is made of is selected."""
    odd = {**MEMBERSHIP, "role": "boss", "hourlyRate": {"amount": "x"}}
    row = {"id": "1", "memberships": [7, odd, MEMBERSHIP]}
    for tables in (("project_memberships",), ("projects", "project_memberships")):
        run = project_run(row, tables=tables)
        assert kept_in(run, "project_memberships") == [
            {"role": "boss", "hourlyRate.amount": "x"},
            None,
        ]
    assert kept_in(run, "projects") == [
        {"memberships[0]": 7, "memberships[1].role": "boss"}
        | {"memberships[1].hourlyRate.amount": "x"}
    ]


def test_what_the_catalog_deselects_is_not_kept() -> None:
    without = {("projects", "archived"), ("projects", "hourlyRate", "amount")}
    chosen = catalog(["projects"], without={*without, ("projects", "memberships")})
    row = PROJECT | {"memberships": [{"role": "secret"}, "secret"]}
    run = run_tap(ONE | {PROJECTS: body(row)}, chosen)
    assert kept_in(run, "projects") == [{"new": 1, "hourlyRate.since": "s"}]
    assert b"secret" not in run.output
    assert "archived" not in run.log
    assert "memberships" not in run.log


def test_without_the_column_nothing_is_kept_and_that_is_said() -> None:
    chosen = catalog(["projects"])
    for entry in chosen["streams"]:  # as a catalog of an earlier release is
        entry["schema"]["properties"].pop(RESCUED, None)
    run = run_tap(ONE | {PROJECTS: body(PROJECT)}, chosen)
    (record,) = run.records("projects")
    assert RESCUED not in record
    told = "projects: values of archived, hourlyRate.amount are not of their type, sent as null"
    assert told in run.log.splitlines()
    assert "fields unknown to this version, left out: hourlyRate.since, new" in run.log


def test_a_field_that_drifted_is_a_warning_once(caplog: pytest.LogCaptureFixture) -> None:
    def warned(run: Run) -> list[str]:
        lines = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
        caplog.clear()
        assert "fields unknown to this version" in run.log
        assert "no column and" in run.log
        return lines

    first = project_run({"id": "1", "new": "a"}).ok()
    assert len(warned(first)) == 2
    second = project_run({"id": "1", "new": "b"}, {"id": "2", "new": "c"}, state=first.state).ok()
    assert warned(second) == []
    third = project_run({"id": "1", "new": "b", "newer": "d"}, state=second.state).ok()
    assert all("newer" in line for line in warned(third))


def test_the_last_lines_say_how_many_values_of_which_fields() -> None:
    run = project_run(PROJECT, {"id": "2", "new": "secret"}, {"id": "3"})
    (line,) = [text for text in run.log.splitlines() if "fit no column" in text]
    assert line == (
        "projects: 5 values fit no column and are in _rescued_data: 2 of new, 1 of archived, "
        "1 of hourlyRate.amount, 1 of hourlyRate.since"
    )
    assert "secret" not in run.log


def test_the_token_of_a_webhook_is_never_kept() -> None:
    row = {
        "id": "1",
        "authToken": "s3cr3t",
        "new": {"AuthToken": "s3cr3t", "a": 1},
        "secret": "s3cr3t",
    }
    answers = ONE | {"/workspaces/{workspaceId}/webhooks": body(row)}
    run = run_tap(answers, ("webhooks",))
    assert kept_in(run, "webhooks") == [{"new": {"a": 1}}]
    assert b"s3cr3t" not in run.output


def test_a_timestamp_outside_of_the_calendar_is_kept_as_it_came() -> None:
    row = {"id": "1", "timeInterval": {"start": "0001-01-01T00:00:00+05:00"}}
    run = run_tap(ONE | {ENTRIES: body(row)}, ("time_entries",))
    assert kept_in(run, "time_entries") == [{"timeInterval.start": "0001-01-01T00:00:00+05:00"}]


# -- on_drift ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "odd",
    [{"archived": "no"}, {"new": 1}, {"hourlyRate": {"since": 1}}, {"memberships": [7]}],
    ids=["type", "unknown", "inside", "list"],
)
def test_on_drift_fail_fails_before_a_row_of_the_page_is_written(
    odd: dict[str, Any],
) -> None:
    rows = [{"id": str(number), "note": "n" * 200} for number in range(2000)]
    page = json.dumps([*rows, {"id": "last", **odd}], separators=(",", ":")).encode()
    run = run_tap(ONE | {PROJECTS: page}, ("projects",), on_drift="fail")
    assert run.records("projects") == []
    assert "1 of 1 tables are incomplete (projects)" in run.error
    assert "on_drift is fail" in run.log


def test_on_drift_fail_does_not_mind_what_nobody_asked_for() -> None:
    tables = ("project_memberships",)
    row = {"id": "1", "memberships": [MEMBERSHIP], "archived": "no", "new": 1, "note": None}
    run = project_run(row, tables=tables, on_drift="fail")
    assert run.code == 0
    assert len(run.records("project_memberships")) == 1


def test_on_drift_fail_gives_no_version() -> None:
    assert project_run(PROJECT, on_drift="fail", **VERSIONS).versioned == []
    assert project_run(PROJECT, **VERSIONS).versioned == ["projects"]


# -- other ways out ------------------------------------------------------------------------------


def test_flattening_and_stream_maps_carry_the_column() -> None:
    flat = project_run(PROJECT, flattening_enabled=True, flattening_max_depth=2)
    mapped = project_run(PROJECT, stream_maps={"projects": {"shout": "name"}})
    for run in (flat, mapped):
        assert kept_in(run, "projects")[0]["new"] == 1


def test_a_row_goes_out_again_where_only_what_is_rescued_changed() -> None:
    first = project_run(PROJECT, skip_unchanged=True)
    answers = ONE | {PROJECTS: body(PROJECT)}
    same = run_tap(answers, ("projects",), state=first.state, skip_unchanged=True)
    assert same.records("projects") == []
    answers = ONE | {PROJECTS: body(PROJECT | {"new": 2})}
    other = run_tap(answers, ("projects",), state=first.state, skip_unchanged=True)
    assert kept_in(other, "projects")[0]["new"] == 2
