"""What each Singer message does."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from target_bulk.columns import METADATA
from target_bulk.errors import LoadError
from tests.bulk.places import Place, activate, record, schema, state

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("bulk")  # one server of PostgreSQL

T = schema("t", id="integer", name="string")


def test_the_last_line_of_a_key_wins(place: Place) -> None:
    place.load(T, *(record("t", id=number % 3, name=f"{number}") for number in range(30)))
    assert place.column("t", "name") == ["27", "28", "29"]
    place.load(T, record("t", id=1, name="new"), record("t", id=7))
    assert place.column("t", "name") == ["27", "new", "29", None]
    place.load(T, record("t", id=1))
    assert place.column("t", "name") == ["27", None, "29", None], "absent is null"


def test_a_key_of_several_columns(place: Place) -> None:
    both = schema("t", ["a", "b"], a="string", b="integer", c="string")
    place.load(both, record("t", a="x", b=1, c="1"), record("t", a="x", b=2, c="2"))
    place.load(both, record("t", a="x", b=2, c="3"), record("t", a="y", b=2, c="4"))
    assert [tuple(row.values())[:3] for row in place.rows("t", order="c")] == [
        ("x", 1, "1"),
        ("x", 2, "3"),
        ("y", 2, "4"),
    ]


def test_without_a_key_rows_are_added(place: Place) -> None:
    for _ in range(2):
        place.load(schema("t", [], id="integer"), record("t", id=1), record("t", id=1))
    assert place.column("t", "id") == [1] * 4


@pytest.mark.parametrize(("method", "names"), [
    ("upsert", ["new", "b"]),
    ("append-only", ["a", "b", "new"]),
    ("overwrite", ["new"]),
])  # fmt: skip
def test_load_methods(place: Place, method: str, names: list[str]) -> None:
    keys = [] if method == "append-only" else ["id"]
    first = schema("t", keys, id="integer", name="string")
    place.load(first, record("t", id=1, name="a"), record("t", id=2, name="b"))
    place.load(first, record("t", id=1, name="new"), load_method=method)
    assert sorted(place.column("t", "name")) == sorted(names)


def test_overwrite_empties_a_table_that_gets_no_rows_and_none_twice(place: Place) -> None:
    place.load(T, record("t", id=1))
    again = schema("t", id="integer", name="string", more="string")
    messages = [T, record("t", id=2), again, record("t", id=3)]
    place.load(*messages, load_method="overwrite", batch_size_rows=1)
    assert place.column("t", "id") == [2, 3]
    place.load(T, load_method="overwrite")
    assert place.column("t", "id") == []


def test_state_leaves_after_what_came_before_it(place: Place) -> None:
    rows = [record("t", id=number) for number in range(5)]
    messages = [T, state(0), rows[0], state(1), rows[1], state(2), rows[2], rows[3], rows[4]]
    assert place.load(*messages, batch_size_rows=2) == [1, 2]
    assert place.load(T, *messages[1:], state({"a": 1.10})) == [{"a": 1.10}]
    assert place.load(state(3)) == [3]


def test_a_state_is_not_written_for_rows_that_are_refused(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(LoadError):
        place.load(T, record("t", id=1), state(1), record("t", id="x"), state(2))
    assert place.column("t", "id") == []
    assert capsys.readouterr().out == ""


def test_members_in_any_order(place: Place) -> None:
    place.load(
        T,
        b'{"record":{"name":"a","id":1},"stream":"t","type":"RECORD"}\n',
        b'{"stream":"t", "time_extracted":"2026-01-01T00:00:00Z", "type":"RECORD", '
        b'"record":{"id":2,"name":"\\ud800"}, "version": 3, "more": [1]}\r\n',
        b"\n",
        b'{"type": "RECORD", "stream": "t", "record": {"id": 3}, "version": null}',
    )
    assert place.column("t", "name") == ["a", "\ufffd", None]
    assert place.column("t", "_sdc_table_version") == [None, 3, None]


FORMS = [
    '{"type":"RECORD","stream":"%(s)s","record":{"id":%(n)d}}',
    '{"stream": "%(s)s", "version": 1, "type": "RECORD", "record": {"id": %(n)d, "x":"\\"record"}}',
    '{"record": {"id": %(n)d, "stream": 1, "type": "STATE"}, "type": "RECORD", "stream": "%(s)s"}',
    '{"stream": "%(s)s", "version": %(n)d, "type": "RECORD", "record": {"id": %(n)d}}',
]


@pytest.mark.parametrize("form", FORMS)
def test_many_lines_of_a_stream_between_those_of_another(place: Place, form: str) -> None:
    """How a line begins is enough to know what it is, but only where that says it."""
    rows = {
        s: "".join(f"{form}\n" % {"s": s, "n": n} for n in range(3_000)).encode()
        for s in ("t", "record")
    }
    place.load(T, {**T, "stream": "record"}, *(rows[s] for s in ("t", "record", "t", "record")))
    for table in rows:
        assert place.column(table, "id") == [*range(3_000)]


def test_streams_line_by_line(place: Place) -> None:
    names = ["a", 'b"c', "d, e"]
    rows = [record(name, id=number) for number in range(20) for name in names]
    place.load(*(schema(name, id="integer") for name in names), *rows, batch_size_rows=7)
    assert [place.ask(f'select count(*) from "{place.schema}"."{one}"')[0] for one in (
        "a", 'b""c', "d, e")] == [[(20,)]] * 3  # fmt: skip


def test_properties_that_schema_does_not_declare_are_named(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [record("t", id=number, more=1, **{"a b": {"c": 2}}) for number in range(100)]
    many = [record("u", id=1, **{f"x{number}": 1 for number in range(100, 200)})]
    other = [record("v", id=1, name="all is declared", _sdc_deleted_at=None)]
    place.load(T, {**T, "stream": "u"}, {**T, "stream": "v"}, *rows, *many, *other, *rows)
    said = "properties that its SCHEMA does not declare are left out:"
    assert caplog.text.count(f"Stream t: {said} a b, more.") == 1
    assert f"Stream u: {said} x100, x101, " in caplog.text
    assert "x119, and 80 more." in caplog.text
    assert "Stream v" not in caplog.text
    assert place.rows("t")[0].keys() - METADATA.keys() == {"id", "name"}


def test_metadata(place: Place) -> None:
    place.load(T, {**record("t", 5, id=1), "time_extracted": "2026-01-31T08:00:00+01:00"})
    (row,) = place.rows("t")
    assert row.keys() - {"id", "name"} == METADATA.keys()
    assert row["_sdc_extracted_at"].isoformat() == "2026-01-31T07:00:00+00:00"
    assert row["_sdc_received_at"] <= row["_sdc_batched_at"]
    assert row["_sdc_deleted_at"] is None
    assert row["_sdc_table_version"] == 5
    assert row["_sdc_sync_started_at"] <= row["_sdc_sequence"]


def test_without_metadata(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    messages = (T, record("t", 1, id=1), activate("t", 2), record("t", 2, id=2))
    place.load(*messages, add_record_metadata=False)
    assert place.rows("t") == [{"id": 1, "name": None}, {"id": 2, "name": None}]
    assert "Stream t: ACTIVATE_VERSION is ignored" in caplog.text


@pytest.mark.parametrize("hard", [True, False])
@pytest.mark.parametrize("rows", [1, 100])
def test_versions(place: Place, rows: int, *, hard: bool) -> None:
    place.settings = {"hard_delete": hard, "batch_size_rows": rows}
    place.load(T, *(record("t", 1, id=number) for number in range(3)), activate("t", 1))
    gone = {row["id"] for row in place.rows("t") if row["_sdc_deleted_at"]}
    assert gone == set()
    later = (record("t", 2, id=0), record("t", 2, id=5), activate("t", 2), record("t", id=9))
    place.load(T, activate("t", 1), *later)
    ids = {row["id"]: row["_sdc_deleted_at"] is not None for row in place.rows("t")}
    expected = {0: False, 1: True, 2: True, 5: False, 9: False}
    assert ids == {one: gone for one, gone in expected.items() if not (hard and gone)}
    place.load(T, record("t", 3, id=1))
    assert {row["id"] for row in place.rows("t") if row["_sdc_deleted_at"]} == (
        set() if hard else {2}
    ), "a row that comes back is not deleted"


def test_versions_are_not_asked_for(place: Place) -> None:
    messages = (T, record("t", 1, id=1), activate("t", 2))
    place.load(*messages, process_activate_version_messages=False, hard_delete=True)
    assert place.column("t", "id") == [1]


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_batch_files(place: Place, tmp_path: Path, compression: str) -> None:
    file = tmp_path / "rows.jsonl"
    lines = b"".join(b'{"id": %d, "name": "0.0166666666666666667"}\n' % one for one in range(2500))
    file.write_bytes(gzip.compress(lines) if compression == "gzip" else lines)
    batch = {
        "type": "BATCH",
        "stream": "t",
        "encoding": {"format": "jsonl", "compression": compression},
        "manifest": [file.as_uri()],
    }
    place.load(T, record("t", 1, id=1, name="earlier"), {**batch, "version": 2}, activate("t", 2))
    assert len(place.rows("t")) == 2500
    assert {*place.column("t", "name")} == {"0.0166666666666666667"}
    assert {*place.column("t", "_sdc_deleted_at")} == {None}
    with pytest.raises(LoadError, match=r"format jsonl"):
        place.load(T, {**batch, "encoding": {"format": "parquet"}})
    with pytest.raises(LoadError, match=r"cannot be read .FileNotFoundError."):
        place.load(T, {**batch, "manifest": [(tmp_path / "gone").as_uri()]})


def test_schemas_of_streams(place: Place) -> None:
    place.load(schema("up-t", id="integer"), record("up-t", id=1), default_target_schema="")
    found, _ = place.ask('select id from "up"."t"')
    assert found == [(1,)]
    place.ask('drop schema "up" cascade')
    place.load(schema("up-t", id="integer"), record("up-t", id=1))
    assert place.column("t", "id") == [1]


@pytest.mark.parametrize("stream", ["a-", "-a", "-"])
def test_a_name_that_does_not_split(place: Place, stream: str) -> None:
    place.load(schema(stream, id="integer"), record(stream, id=1))
    assert place.column(stream, "id") == [1]


REFUSED: dict[str, tuple[list[Any], str]] = {
    "an unknown type": ([{"type": "WHAT"}], "unknown type"),
    "no JSON": ([b"What?\n"], "not a Singer message"),
    "no stream": ([{"type": "SCHEMA", "schema": {}}], "names no stream"),
    "no properties": ([{**T, "schema": {}}], "its SCHEMA has no properties"),
    "a key that is no column": ([schema("t", ["x"], id="integer")], "its key x is not one"),
    "capitals": ([schema("t", id="integer", Id="string")], "two properties are called id but"),
    "no SCHEMA": ([record("t", id=1)], "a RECORD came before its SCHEMA"),
    "no key": ([T, record("t", name="x")], "a record has no id, which is its key"),
    "a broken record": (
        [T, record("t", id=1), b'{"type": "RECORD", "stream": "t", "record": {"id": 1 "name"}}\n'],
        "cannot read a RECORD, which is not JSON",
    ),
    "too deep": (
        [
            T,
            b'{"type": "RECORD", "stream": "t", "record": '
            + b'{"id":' * 3000
            + b"1"
            + b"}" * 3001
            + b"\n",
        ],
        "objects within objects",
    ),
    "half a line": ([T, record("t", id=1), b'{"type": "RECORD", "str'], "ended within a line"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(place: Place, case: str) -> None:
    messages, text = REFUSED[case]
    with pytest.raises(LoadError, match=text) as error:
        place.load(*messages)
    assert str(error.value).count(". ") == 0


def test_what_came_before_half_a_line_is_loaded(place: Place) -> None:
    with pytest.raises(LoadError, match="ended within a line"):
        place.load(T, record("t", id=1), state(5), b'{"type": "RECORD", "str')
    assert place.column("t", "id") == [1]


@pytest.mark.parametrize("settings", [
    {"duckdb_path": "a", "postgres_url": "b"},
    {"duckdb_path": None, "postgres_url": None},
    {"apply_windows": True, "add_record_metadata": False},
])  # fmt: skip
def test_settings_that_cannot_work(place: Place, settings: dict[str, Any]) -> None:
    settings = {name: one for name, one in settings.items() if one is not None}
    place.where = {} if settings == {} else place.where
    with pytest.raises(LoadError, match=r"exactly one of duckdb_path|needs add_record_metadata"):
        place.load(**settings)


def test_nothing_at_all(place: Place) -> None:
    assert place.load() == []
    place.load(T)
    assert json.dumps(place.rows("t")) == "[]"
