"""`json_columns: text`: columns of objects, lists and several types leave as JSON text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_clockify.tap import TapClockify
from taps_common.records.json_text import as_text
from tests.clockify.runs import SlowTap, catalog
from tests.common.made_up import PROJECTS, USERS, body, one_workspace, run_tap
from tests.common.runs import select

if TYPE_CHECKING:
    from tests.common.runs import Run

TABLES = ("projects", "project_memberships", "users")
PROJECT = {
    "id": "1",
    "name": "n",
    "hourlyRate": {"amount": 1.50, "currency": "EUR"},
    "memberships": [
        {"userId": "u1", "targetId": "1", "membershipType": "PROJECT", "costRate": {"amount": 5}}
    ],
}
ANSWERS = one_workspace() | {
    USERS: body({"id": "u1", "customFields": [{"value": "5"}, {"value": [1]}]}),
    PROJECTS: body(PROJECT),
}
WAYS = pytest.mark.parametrize("kind", [TapClockify, SlowTap], ids=["pages", "sdk"])


def run(kind: type[TapClockify], tables: Any = TABLES, **config: Any) -> Run:
    return run_tap(ANSWERS, tables, kind=kind, json_columns="text", **config).ok()


@WAYS
def test_no_column_is_anything_but_one_plain_type(kind: type[TapClockify]) -> None:
    for message in run(kind).of("SCHEMA"):
        for described in message["schema"]["properties"].values():
            declared = described["type"]
            kinds = {declared} if isinstance(declared, str) else {*declared} - {"null"}
            assert len(kinds) == 1
            assert not kinds & {"object", "array"}
            assert "properties" not in described


@WAYS
def test_values_are_the_json_text_of_what_they_would_be(kind: type[TapClockify]) -> None:
    plain = run_tap(ANSWERS, TABLES, kind=kind)
    texts = run(kind)
    columns = {
        message["stream"]: {
            name
            for name, one in message["schema"]["properties"].items()
            if as_text({"properties": {name: one}})["properties"][name] != one
        }
        for message in plain.of("SCHEMA")
    }
    for table in TABLES:
        for row, written in zip(plain.records(table), texts.records(table), strict=True):
            for name, value in written.items():
                if name in columns[table] and value is not None:
                    assert json.loads(value) == json.loads(json.dumps(row[name], default=float))
                elif name != "_rescued_data":
                    assert value == row[name]
    (project,) = texts.records("projects")
    assert project["hourlyRate"] == '{"amount":1.5,"currency":"EUR"}'
    (membership,) = texts.records("project_memberships")
    assert membership["costRate"] == '{"amount":5,"currency":null}'
    assert texts.records("users")[0]["settings"] is None


@WAYS
def test_a_catalog_of_objects_still_selects_inside_of_them(kind: type[TapClockify]) -> None:
    chosen = catalog(["projects"], without={("projects", "hourlyRate", "amount")})
    found = run(kind, chosen)
    assert found.records("projects")[0]["hourlyRate"] == '{"currency":"EUR"}'
    (message,) = found.of("SCHEMA")
    assert message["schema"]["properties"]["hourlyRate"]["type"] == ["string", "null"]


@WAYS
def test_discovery_prints_what_will_be_written(kind: type[TapClockify]) -> None:
    text = kind(config={"api_key": "k", "json_columns": "text"}).catalog_json_text
    printed = select(json.loads(text), ["projects"], without=())
    (entry,) = (one for one in printed["streams"] if one["tap_stream_id"] == "projects")
    assert entry["schema"]["properties"]["hourlyRate"]["type"] == ["string", "null"]
    assert run(kind, printed).records("projects")[0]["hourlyRate"] == (
        '{"amount":1.5,"currency":"EUR"}'
    )


def test_flattening_leaves_texts_alone() -> None:
    found = run(TapClockify, flattening_enabled=True, flattening_max_depth=2)
    assert found.records("projects")[0]["hourlyRate"] == '{"amount":1.5,"currency":"EUR"}'


def test_rows_are_sent_again_when_the_setting_changes() -> None:
    first = run_tap(ANSWERS, ("projects",), skip_unchanged=True)
    again = run(TapClockify, ("projects",), skip_unchanged=True)
    assert len(again.records("projects")) == 1
    other = run_tap(
        ANSWERS,
        ("projects",),
        state=first.state,
        skip_unchanged=True,
        json_columns="text",
    )
    assert len(other.records("projects")) == 1


def test_batch_files_hold_texts(tmp_path: Any) -> None:
    batches = {"storage": {"root": str(tmp_path)}, "encoding": {"compression": "none"}}
    run(TapClockify, ("projects",), batch_config=batches)
    (file,) = tmp_path.iterdir()
    assert json.loads(file.read_text())["hourlyRate"] == '{"amount":1.5,"currency":"EUR"}'
