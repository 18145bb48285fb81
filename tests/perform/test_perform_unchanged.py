"""What is not sent again because it did not change, and types that are found in the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_perform.tap import TapPerform
from tests.common.doubles import Answer
from tests.common.runs import select
from tests.perform.clips import BOTH, OTHER, QUAY, ROUTE, TABLE, VERSIONS, dockets, lines

if TYPE_CHECKING:
    from tests.common.runs import Run, State
    from tests.perform.clips import Clips

CHANGED = dockets(status="Lost")


def read(clips: Clips, state: State | None = None, **settings: Any) -> Run:
    return clips.run(state=state, **{"skip_unchanged": True} | settings)


@pytest.fixture
def first(clips: Clips) -> Run:
    """The first run, over two tables of two projects."""
    clips.put(TABLE, dockets(), of=BOTH)
    clips.put(OTHER, lines("Level,Size,Name", "1,1.5,a", "2,7,b"), of=BOTH)
    return read(clips).ok()


# -- unchanged -------------------------------------------------------------------------------------


def test_what_did_not_change_is_not_sent(clips: Clips, first: Run) -> None:
    clips.asked.clear()
    second = read(clips, first.state, catalog=None).ok()
    assert {message["type"] for message in second.messages} == {"STATE"}
    assert second.state == first.state
    for table in (TABLE, OTHER):
        assert clips.times(table) == 2  # once for the headings
        assert f"{table} is unchanged and not sent again (skip_unchanged)" in second.log
    assert read(clips, first.state, skip_unchanged=False).ok().counts() == first.counts()
    assert read(clips).counts() == first.counts() == {TABLE: 40, OTHER: 4}


def test_only_the_project_that_changed_is_sent(clips: Clips, first: Run) -> None:
    clips.put(TABLE, CHANGED, of=[ROUTE])
    run = read(clips, first.state).ok()
    assert run.counts() == {TABLE: 20}
    assert {row["project"] for row in run.records(TABLE)} == {ROUTE}
    assert f"{TABLE}: {QUAY} is unchanged and not sent again" in run.log
    assert read(clips, run.state).ok().of("RECORD") == []


def test_a_table_with_versions_is_never_left_out(clips: Clips) -> None:
    """A version needs all of its rows."""
    clips.put(TABLE, dockets())
    with pytest.raises(ConfigValidationError) as refused:
        read(clips, **VERSIONS)
    (said,) = refused.value.errors
    assert said.startswith(
        "PERFORM-SETTING: skip_unchanged does not go together with emit_activate_version_messages"
    )
    assert clips.asked == []


@pytest.mark.parametrize(
    "changed",
    [
        {"on_bad_value": "null"},
        {"selection": "status"},
        {"declared": {"types": {"Tax (%)": "number"}}},
        {"declared": {"date_format": "%Y/%m/%d"}},
        {"declared": {"primary_keys": ["Docket", "Status"]}},
        {"on_new_column": "extra"},
    ],
    ids=str,
)
def test_what_is_to_be_sent_otherwise_is_sent(
    clips: Clips, first: Run, changed: dict[str, Any]
) -> None:
    given = {**changed}
    if column := given.pop("selection", None):
        given["catalog"] = select(clips.discovered(), None, without=[(TABLE, column)])
    clips.declared[TABLE] = given.pop("declared", {})
    assert read(clips, first.state, **given).ok().counts()[TABLE] == 40
    clips.declared.clear()
    assert read(clips, first.state).ok().counts() == {}


def test_another_version_of_the_tap_sends_everything(
    clips: Clips, first: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TapPerform, "plugin_version", "9.9.9")
    assert read(clips, first.state).ok().counts() == first.counts()


@pytest.mark.parametrize("broken", [Answer(404), Answer(body=b"dataclip stale")])
def test_after_a_run_that_failed_everything_new_is_sent_and_nothing_twice(
    clips: Clips, first: Run, broken: Answer
) -> None:
    catalog = clips.discovered()
    clips.put(TABLE, broken, of=[ROUTE])
    failed = read(clips, first.state, catalog=catalog)
    assert (failed.code, failed.of("RECORD")) == (1, [])
    clips.put(TABLE, CHANGED)
    failed = read(clips, failed.state, catalog=catalog)
    assert (failed.code, failed.counts()) == (1, {TABLE: 20})
    clips.put(TABLE, CHANGED, of=[ROUTE])
    run = read(clips, failed.state).ok()
    assert run.counts() == {TABLE: 40}
    assert read(clips, run.state).ok().of("RECORD") == []


def test_what_is_changed_back_after_a_run_was_killed_arrives(clips: Clips, first: Run) -> None:
    """The target has the change already, but no state after it."""
    clips.put(TABLE, CHANGED)
    killed = read(clips, first.state).ok()
    begun = next(n for n, message in enumerate(killed.messages) if message["type"] == "RECORD")
    state = [m for m in killed.messages[:begun] if m["type"] == "STATE"][-1]["value"]
    clips.put(TABLE, dockets())
    assert TABLE in read(clips, state).ok().counts()


# -- types that are found --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "kind"), [("12", "integer"), ("1.5", "number"), ("high", "string"), ("01", "string")]
)
def test_types_are_found_in_all_rows_and_the_log_says_which(
    clips: Clips, cell: str, kind: str
) -> None:
    """One cell of the last row widens a type."""
    for project in BOTH:
        last = cell if project == ROUTE else "3"
        rows = ["1,True,2026-01-31,07,x", "2,,,8,y", f"{last},False,,9,"]
        clips.put(TABLE, lines("Level,Open,Day,Code,Name", *rows), of=[project])
    run = clips.run(infer_types=True).ok()
    columns = run.schema(TABLE)
    found = {name: columns[name]["type"][0] for name in ("level", "open", "code", "name")}
    assert found == {"level": kind, "open": "boolean", "code": "string", "name": "string"}
    assert columns["day"]["format"] == "date"
    if kind != "string":
        assert f"{TABLE}: types found in all rows, to be declared: {{'Level': '{kind}'," in run.log
    wanted = [f"{row['level']}" for row in run.records(TABLE)]
    assert wanted == ["1", "2", "3", "1", "2", cell]


def test_types_of_a_large_body_and_of_columns_of_one_project_are_found(clips: Clips) -> None:
    many = ["1,2," + "x" * 40] * 30_000
    clips.put(TABLE, lines("Level,Own,Name", *many, "high,3,x"))
    clips.put(TABLE, lines("Level,Name", "1,x"), of=[ROUTE])
    columns = clips.discovered(infer_types=True)["streams"][0]["schema"]["properties"]
    kinds = {name: columns[name]["type"][0] for name in ("level", "own", "name")}
    assert kinds == {"level": "string", "own": "integer", "name": "string"}


def test_a_type_of_the_catalog_holds_though_a_cell_is_wider(clips: Clips) -> None:
    clips.declared[TABLE] = {"types": {"Level": "integer"}}
    clips.put(TABLE, lines("Level,Name", "1,x"))
    catalog = clips.discovered()
    clips.declared.clear()
    clips.put(TABLE, lines("Level,Name", "1,x", "high,y"))
    run = clips.run(catalog=catalog, infer_types=True, on_bad_value="fail")
    assert run.code == 1
    assert "row 2, column Level: 'high' does not fit" in run.log


@pytest.mark.usefixtures("first")
def test_types_of_what_cannot_be_read_are_those_of_the_catalog(clips: Clips) -> None:
    catalog = clips.discovered()
    clips.put(TABLE, Answer(404), of=BOTH)
    run = clips.run(catalog=catalog, infer_types=True)
    assert (run.code, run.counts()) == (1, {OTHER: 4})
    assert f"1 of 2 tables are incomplete ({TABLE})" in run.error
