"""The views of the docs over incremental runs of a simulated life: what they show is what there is.

Each day entries are inserted, edited and deleted, tags come and go, and now and then a member is
removed. Some runs fail in part, and some are killed.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import pytest

import sandbox
from taps_common.timestamps import from_text
from tests.clockify.runs import KEYS, Account, catalog
from tests.common.runs import NOW
from tests.e2e.conftest import ROOT
from tests.e2e.test_log_based import Year

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.common.runs import Key, Row, Run

pytestmark = pytest.mark.thorough

DAYS = int(os.environ.get("DAYS", "60"))
ENTRIES, TAGS, WINDOWS = "time_entries", "time_entry_tags", "completed_windows"
COLUMNS = {
    ENTRIES: ("id", "workspaceId", "userId", "start", "description", "_sdc_extracted_at"),
    TAGS: ("timeEntryId", "tagId", "_sdc_extracted_at"),
    WINDOWS: ("stream", "workspaceId", "userId", "from", "to", "readAt"),
}
TIMES = {"start", "from", "to", "readAt", "_sdc_extracted_at"}


class Life(Year):
    """A year with tags and members that go, and the rows that a target has of it.

    Attributes:
        tables: all rows that came, by table and key.
        told: the windows that the last run wrote.
    """

    def __init__(self, account: Account) -> None:
        super().__init__(account, "INCREMENTAL")
        self.catalog = catalog(COLUMNS)
        self.tables: dict[str, dict[Key, Row]] = {table: {} for table in COLUMNS}
        self.told: list[Row] = []

    def live(self) -> bool:
        happened = super().live()
        chance, world = self.random, self.world
        for (ident,) in chance.sample(sorted(self.truth()), 5):
            tags = chance.sample(sorted(world.main.tags), chance.randint(0, 2))
            world.edit_entry(ident, tagIds=tags)
        if chance.random() < 0.05:
            members = sorted({*world.main.users} - {world.owner_id})
            if len(members) > 10:
                world.remove_user(world.main_id, chance.choice(members))
        return happened

    def run(self) -> Run:
        run = super().run()
        self.told = run.records(WINDOWS)
        for message in run.of("RECORD"):
            table, row = message["stream"], message["record"]
            row = {**row, "_sdc_extracted_at": message["time_extracted"]}
            self.tables[table][tuple(row[name] for name in KEYS_OF[table])] = row
        return run


KEYS_OF = {**KEYS, WINDOWS: ("stream", "workspaceId", "userId", "from", "to")}


def views(page: str) -> list[str]:
    """Return two views that are for DuckDB and PostgreSQL, and two that are for Snowflake."""
    (section,) = re.findall(r"^## Deletions without.*?^## ", page, re.MULTILINE | re.DOTALL)
    return re.findall(r"^```sql\n(.+?)^```$", section, re.MULTILINE | re.DOTALL)


_ALL = views((ROOT / "docs" / "clockify" / "sync.md").read_text())
VIEWS, IN_SNOWFLAKE = _ALL[:2], _ALL[2:]


def in_duckdb(life: Life, folder: Path) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the ids of entries, and their tags, that the views show."""
    with duckdb.connect() as database:
        for table, columns in COLUMNS.items():
            lines = folder / table
            kinds = {name: "TIMESTAMP" if name in TIMES else "VARCHAR" for name in columns}
            with lines.open("w") as file:
                for row in life.tables[table].values():
                    file.write(json.dumps({name: row[name] for name in columns}) + "\n")
            database.execute(
                f"create table {table} as select * from read_json('{lines}', columns={kinds}, "
                "format='newline_delimited')"
            )
        for view in VIEWS:
            database.execute(view)
        return shown(database)


def in_postgres(life: Life, uri: str) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the same, of another database; nothing stays there."""
    with psycopg.connect(uri, autocommit=False) as database:
        database.execute("create schema windows; set search_path to windows")
        for table, columns in COLUMNS.items():
            kinds = (f'"{name}" {"timestamp" if name in TIMES else "text"}' for name in columns)
            database.execute(f"create table {table} ({', '.join(kinds)})")
            rows = [[row[name] for name in columns] for row in life.tables[table].values()]
            places = ", ".join(["%s"] * len(columns))
            database.cursor().executemany(f"insert into {table} values ({places})", rows)
        for view in VIEWS:
            database.execute(view)
        found = shown(database)
        database.rollback()
    return found


def shown(database: Any) -> tuple[set[str], set[tuple[str, str]]]:
    entries = database.execute("select id from live_time_entries").fetchall()
    tags = database.execute('select "timeEntryId", "tagId" from live_time_entry_tags').fetchall()
    return {ident for (ident,) in entries}, {*tags}


def inside(rows: Iterable[Row], windows: Iterable[Row]) -> set[str]:
    """Return the ids of the rows that lie in one of the windows."""
    return {
        row["id"]
        for row in rows
        for part in windows
        if part["userId"] in {"*", row["userId"]}
        and from_text(part["from"]) <= from_text(row["start"]) < from_text(part["to"])
    }


@pytest.fixture
def life() -> Iterator[Life]:
    with sandbox.start(now=NOW, entries=300, members=20) as running:
        yield Life(Account(running))


def test_the_views_show_what_there_is(life: Life, postgres: str, tmp_path: Path) -> None:
    hidden, gone, by_member, killed = set[str](), 0, 0, 0
    for day in range(DAYS):
        life.live()
        run = life.run()
        killed += run.code == 137
        by_member += any(part["userId"] for part in life.told)
        entries, tags = in_duckdb(life, tmp_path)
        truth = {key[0]: row for key, row in life.truth().items()}
        held = {key[0]: row for key, row in life.tables[ENTRIES].items()}
        near = inside(truth.values(), life.told)
        assert inside((held[ident] for ident in entries), life.told) == near, f"day {day}"
        right = {(ident, tag) for ident in near for tag in truth[ident].get("tagIds") or ()}
        assert {pair for pair in tags if pair[0] in near} == right, f"day {day}"
        for ident in held.keys() - entries:  # nothing is called gone that is as the target has it
            assert ident not in truth or truth[ident]["start"] != held[ident]["start"], ident
        came = {row["id"] for row in run.records(ENTRIES)}
        assert hidden - came <= held.keys() - entries, "what is gone comes back only with a record"
        hidden = held.keys() - entries
        gone += len(hidden)
        if day in {DAYS // 2, DAYS - 1}:
            assert in_postgres(life, postgres) == (entries, tags)
    assert gone
    assert by_member
    assert killed
    assert len(life.tables[WINDOWS]) <= DAYS * (1 + 20)
