"""What arrives through target-snowflake, cell by cell, in an imitation of Snowflake."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import sandbox
from scripts.loaders import program
from tests.clockify.runs import Account
from tests.common.runs import NOW, PATIENCE
from tests.e2e.arrived import Kind, differences
from tests.e2e.conftest import ROOT
from tests.e2e.recorded import ACCOUNTS, record
from tests.e2e.served import parsed
from tests.e2e.test_live_views import Life, in_duckdb, views

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(sys.version_info < (3, 11), reason="fakesnow needs Python 3.11"),
]


def answers(
    folder: Path,
    load: list[bytes],
    queries: list[str],
    stored: Path | None = None,
    **settings: object,
) -> list[Any]:
    """Return what queries find once the loader, as `meltano.yml` has it, loaded these lines.

    The account is kept in a folder, if one is given.
    """
    loaders = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
    (shipped,) = [one["config"] for one in loaders if one["name"] == "target-snowflake"]
    account = {"account": "fake", "user": "loader", "password": "fake", "database": "TIMECOST"}
    files = [folder / f"{number}.jsonl" for number in range(len(load))]
    for file, lines in zip(files, load, strict=True):
        file.write_bytes(lines)
    config = {**shipped, **account, "default_target_schema": "tap", **settings}
    job: dict[str, Any] = {"config": config, "load": [*map(str, files)], "queries": queries}
    job["stored"] = stored and str(stored)
    (folder / "job.json").write_text(json.dumps(job))
    spool = folder / "spool"
    spool.mkdir()
    done = subprocess.run(
        [
            program("target-snowflake", "python"),
            ROOT / "tests" / "e2e" / "fake_snowflake.py",
            folder / "job.json",
        ],
        env=os.environ | {"TMPDIR": str(spool), "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr.decode()[-5000:]
    assert not [*spool.rglob("*.gz")], "the loader left files"
    found: list[Any] = parsed(done.stdout.splitlines()[-1])
    return found


TYPES: dict[Kind, str] = {
    "text": "VARCHAR(16777216)",
    "number": "FLOAT",
    "integer": "NUMBER(38,0)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP_NTZ(9)",
    "object": "VARIANT",
    "list": "VARIANT",
    "mixed": "VARIANT",
}
"""As docs/targets.md has them."""

READ: dict[Kind, Callable[[str], object]] = {
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "object": parsed,
    "list": parsed,
    "mixed": parsed,
}
"""How the texts of an answer are read; its numbers have all digits."""


def alters(kind: Kind, value: Any) -> object:
    """Return what Snowflake holds: a number with a point is a double."""
    return Decimal(repr(float(value))) if kind == "number" else value


@pytest.mark.parametrize("way", ["records", "files"])
@pytest.mark.parametrize("tap", ACCOUNTS)
def test_what_was_served_arrives(tap: str, way: str, tmp_path: Path) -> None:
    encoding = {"format": "jsonl", "compression": "none" if tap == "tap-clicktime" else "gzip"}
    files = {"storage": {"root": tmp_path.as_uri()}, "encoding": encoding}
    run = record(tap, **{"batch_config": files} if way == "files" else {})
    assert (b'{"type":"BATCH"' in run.lines) == (way == "files")
    asked = ("describe table", "select * from")
    queries = [f"{what} tap.{table}" for table in run.tables for what in asked]
    found = answers(tmp_path, [run.lines], queries)
    wrong = {}
    for table, described, rows in zip(run.tables, found[::2], found[1::2], strict=True):
        kinds = run.tables[table].kinds
        capitals = {column.upper(): column for column in kinds}
        types = {one["name"]: one["type"] for one in described if one["name"] in capitals}
        assert types == {column.upper(): TYPES[kind] for column, kind in kinds.items()}
        loaded = [
            {
                column: READ[kind](row[name]) if row[name] and kind in READ else row[name]
                for name, column in capitals.items()
                for kind in (kinds[column],)
            }
            for row in rows
        ]
        if some := differences(run.tables[table], loaded, alters):
            wrong[table] = some
    assert wrong == {}
    assert all(found[1::2])


# -- how the loader writes -------------------------------------------------------------------------

PROPERTIES = {
    "id": {"type": "string"},
    "order": {"type": ["integer", "null"]},
    "hourlyRate": {"type": ["object", "null"], "properties": {}, "additionalProperties": True},
}
ORDERED = (
    'select id, "ORDER" as ordered, hourlyrate, hourlyrate is null as absent, '
    "_sdc_deleted_at is not null as deleted from tap.entries order by id, ordered"
)


def lines(
    version: int, *rows: tuple[object, ...], activate: bool = False, **more: dict[str, Any]
) -> bytes:
    """Return the messages of a run; `more` are properties beside the others."""
    properties = PROPERTIES | more
    schema = {"type": "object", "properties": properties}
    messages: list[dict[str, Any]] = [
        {"type": "SCHEMA", "stream": "entries", "schema": schema, "key_properties": ["id"]},
        *(
            {
                "type": "RECORD",
                "stream": "entries",
                "record": dict(zip(properties, row, strict=True)),
                "version": version,
            }
            for row in rows
        ),
    ]
    if activate:
        messages.append({"type": "ACTIVATE_VERSION", "stream": "entries", "version": version})
    return "".join(f"{json.dumps(message)}\n" for message in messages).encode()


def test_the_last_row_of_a_key_stays_and_a_null_is_a_json_null(tmp_path: Path) -> None:
    loads = [
        lines(1, ("a", 1, None), ("b", 1, {"amount": 1.5}), ("a", 2, {})),
        lines(1, ("b", 3, None)),
    ]
    (found,) = answers(tmp_path, loads, [ORDERED])
    assert [(row["ID"], row["ORDERED"], row["HOURLYRATE"]) for row in found] == [
        ("a", 2, "{}"),
        ("b", 3, "null"),
    ]
    assert not any(row["ABSENT"] for row in found), "nulls of JSON are none of SQL"


@pytest.mark.parametrize("hard", [False, True])
def test_rows_of_older_versions_go(hard: bool, tmp_path: Path) -> None:
    first, second = lines(1, ("a", 1, {}), ("b", 1, {})), lines(2, ("b", 2, {}), activate=True)
    (found,) = answers(tmp_path, [first, second], [ORDERED], hard_delete=hard)
    rows = [(row["ID"], row["ORDERED"], row["DELETED"]) for row in found]
    assert rows == [*([] if hard else [("a", 1, True)]), ("b", 2, False)]


def test_a_new_column_is_added(tmp_path: Path) -> None:
    later = lines(1, ("b", 1, {}, 8.5), end={"type": ["number", "null"]})
    query = 'select id, "END" as ending from tap.entries order by id'
    (found,) = answers(tmp_path, [lines(1, ("a", 1, {})), later], [query])
    assert [(row["ID"], row["ENDING"]) for row in found] == [("a", None), ("b", Decimal("8.5"))]


def test_append_only_keeps_each_row(tmp_path: Path) -> None:
    load = lines(1, ("a", 1, {}), ("a", 2, None))
    (found,) = answers(tmp_path, [load, load], [ORDERED], load_method="append-only")
    assert [row["ORDERED"] for row in found] == [1, 1, 2, 2]


# -- the views of docs/*/sync.md -------------------------------------------------------------------

DAYS = 15


def in_snowflake(view: str) -> str:
    """Return a view in Snowflake's words, as the docs say how."""
    without = re.sub(r'"(\w+)"', lambda name: name[1].lower(), view)
    return re.sub(r"(?<=\.)(start|from|to)\b", lambda name: f'"{name[0].upper()}"', without)


def test_the_rule_of_the_docs_makes_the_views_that_run() -> None:
    *of_entries, _, _ = views("clockify")
    assert [*map(in_snowflake, of_entries)] == views("clockify", in_snowflake=True)


def test_views_by_that_rule_are_taken(tmp_path: Path) -> None:
    made = [*map(in_snowflake, (*views("clockify")[2:], *views("clicktime")))]
    moment, day = ({"type": "string", "format": one} for one in ("date-time", "date"))
    text = {"type": "string"}
    windows = {"from": moment, "to": moment, "readAt": moment, "stream": text}
    tables = {
        "completed_windows": {**windows, "workspaceId": text},
        "detailed_report": {"id": text, "workspaceId": text, "start": moment},
        "user_day_totals": {"id": text, "workspaceId": text, "date": day},
        "time_entries": {"ID": text, "Date": day},
        "time_entry_custom_fields": {"TimeEntryID": text},
    }
    load = [
        {"type": "SCHEMA", "stream": name, "schema": {"properties": columns}, "key_properties": []}
        for name, columns in tables.items()
    ]
    messages = "".join(f"{json.dumps(message)}\n" for message in load).encode()
    asked = [f"select * from live_{name}" for name in tables if name != "completed_windows"]
    assert answers(tmp_path, [messages], ["use schema tap", *made, *asked])[-4:] == [[]] * 4


def test_the_views_show_what_they_show_elsewhere(tmp_path: Path) -> None:
    with sandbox.start(now=NOW, entries=100, members=5) as running:
        life = Life(Account(running))
        for _ in range(DAYS):
            life.live()
            life.run()
    queries = [
        "use schema tap",
        *views("clockify", in_snowflake=True),
        "select id from live_time_entries",
        "select timeentryid, tagid from live_time_entry_tags",
    ]
    *_, entries, tags = answers(tmp_path, [b"".join(life.lines)], queries)
    found = {row["ID"] for row in entries}, {(row["TIMEENTRYID"], row["TAGID"]) for row in tags}
    assert found == in_duckdb(life, tmp_path)
    assert 0 < len(entries) < len(life.tables["time_entries"])
    assert tags
