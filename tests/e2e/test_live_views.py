"""The views of the docs over incremental runs of a simulated life: what they show is what there is.

Each day entries are inserted, edited and deleted, tags come and go, and now and then a member is
removed. Some runs fail in part, and some are killed. `DAYS=365` lives a whole year, in 20 minutes.
"""

from __future__ import annotations

import json
import os
import random
import re
from typing import TYPE_CHECKING, Any, TypeAlias

import duckdb
import psycopg
import pytest

import sandbox
from taps_common.timestamps import from_text
from tests.clicktime import runs as clicktime
from tests.clockify.runs import KEYS, Account, catalog, true_rows
from tests.common.runs import NOW
from tests.e2e.conftest import ROOT
from tests.e2e.test_log_based import Year

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from sandbox.clicktime.world import World
    from tests.common.runs import Key, Row, Run

pytestmark = pytest.mark.thorough

FLAVOURS: tuple[dict[str, str], ...] = (
    {"timestamp": "timestamp", "date": "varchar"},  # target-duckdb
    {"timestamp": "timestamptz", "date": "date"},  # target-bulk
    {"timestamp": "timestamp", "date": "date"},  # target-postgres
)
DAYS = int(os.environ.get("DAYS", "60"))
ENTRIES, TAGS, WINDOWS = "time_entries", "time_entry_tags", "completed_windows"
COLUMNS = {
    ENTRIES: ("id", "workspaceId", "userId", "start", "description", "_sdc_extracted_at"),
    TAGS: ("timeEntryId", "tagId", "_sdc_extracted_at"),
    WINDOWS: ("stream", "workspaceId", "userId", "from", "to", "readAt"),
}
TIMES = {"start", "from", "to", "readAt", "_sdc_extracted_at"}
KINDS = dict.fromkeys(TIMES, "timestamp") | {"date": "date", "Date": "date"}


def keep(tables: dict[str, dict[Key, Row]], run: Run, keys: Mapping[str, tuple[str, ...]]) -> None:
    """Merge the rows of a run into tables, as a target does."""
    for message in run.of("RECORD"):
        table, row = message["stream"], message["record"]
        row = {**row, "_sdc_extracted_at": message["time_extracted"]}
        tables.setdefault(table, {})[tuple(row[name] for name in keys[table])] = row


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
        keep(self.tables, run, KEYS_OF)
        return run


KEYS_OF = {**KEYS, WINDOWS: ("stream", "workspaceId", "userId", "from", "to")}


def views(tap: str, *, in_snowflake: bool = False) -> list[str]:
    """Return the views in the docs of a tap, or those in Snowflake's words."""
    page = (ROOT / "docs" / tap / "sync.md").read_text()
    (section,) = re.findall(r"^## Deletions without.*?^## ", page, re.MULTILINE | re.DOTALL)
    found = re.findall(r"^```sql\n(.+?)^```$", section, re.MULTILINE | re.DOTALL)
    return [view for view in found if ("TO" in view or "timeentryid" in view) is in_snowflake]


*VIEWS, OF_REPORTS, OF_DAYS = views("clockify")


def in_duckdb(life: Life, folder: Path) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the ids of entries, and their tags, that the views show."""
    with duckdb.connect() as database:
        for table, columns in COLUMNS.items():
            into_duckdb(database, table, columns, life.tables[table].values(), folder)
        for view in VIEWS:
            database.execute(view)
        return shown(database)


def into_duckdb(
    database: duckdb.DuckDBPyConnection,
    table: str,
    columns: Iterable[str],
    rows: Iterable[Row],
    folder: Path,
    flavour: Mapping[str, str] = FLAVOURS[0],
) -> None:
    """Have a table of some rows."""
    lines = folder / table
    kinds = {name: flavour.get(KINDS.get(name, ""), "varchar") for name in columns}
    with lines.open("w") as file:
        for row in rows:
            file.write(json.dumps({name: row[name] for name in kinds}) + "\n")
    database.execute(
        f"create table {table} as select * from read_json('{lines}', columns={kinds}, "
        "format='newline_delimited')"
    )


def in_postgres(life: Life, uri: str) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the same, of another database; nothing stays there."""
    with psycopg.connect(uri, autocommit=False) as database:
        database.execute("create schema windows; set search_path to windows")
        for table, columns in COLUMNS.items():
            into_postgres(database, table, columns, life.tables[table].values())
        for view in VIEWS:
            database.execute(view)
        found = shown(database)
        database.rollback()
    return found


def into_postgres(
    database: psycopg.Connection,
    table: str,
    columns: Iterable[str],
    rows: Iterable[Row],
    flavour: Mapping[str, str] = FLAVOURS[2],
) -> None:
    """Have a table of some rows."""
    kinds = {name: flavour.get(KINDS.get(name, ""), "text") for name in columns}
    described = (f'"{name}" {kind}' for name, kind in kinds.items())
    database.execute(f"create table {table} ({', '.join(described)})")
    values = [[row[name] for name in kinds] for row in rows]
    places = ", ".join(["%s"] * len(kinds))
    database.cursor().executemany(f"insert into {table} values ({places})", values)


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


# -- other tables ----------------------------------------------------------------------------------

REPORTS = {
    "detailed_report": "start",
    "user_day_totals": "date",
    "attendance_report": "date",
    "expense_report": "date",
}


@pytest.mark.parametrize("kinds", FLAVOURS)
@pytest.mark.parametrize("table", REPORTS)
def test_the_view_of_a_report_shows_what_there_is(
    table: str, kinds: Mapping[str, str], tmp_path: Path
) -> None:
    with sandbox.start(now=NOW, entries=300, members=20) as running:
        account = Account(running)
        held: dict[str, dict[Key, Row]] = {}
        given: dict[str, Any] = {
            "start_date": "2026-08-01",
            "workspace_ids": [account.world.main_id],
        }
        first = account.run(catalog=catalog([table, WINDOWS]), **given).ok()
        keep(held, first, KEYS_OF)
        near = [row for row in first.records(table) if row[REPORTS[table]] > "2026-09"]
        delete(account, table, near[0])
        account.world.advance(86_400)
        keep(
            held,
            account.run(catalog=catalog([table, WINDOWS]), state=first.state, **given),
            KEYS_OF,
        )
        fresh = account.run(catalog=catalog([table, WINDOWS]), **given).ok().records(table)
    view = OF_DAYS.replace("user_day_totals", table)
    if REPORTS[table] == "start":
        view = OF_REPORTS
    columns = {*KEYS[table], "workspaceId", REPORTS[table], "_sdc_extracted_at"}
    with duckdb.connect() as database:
        database.execute("set TimeZone = 'America/St_Johns'")
        into_duckdb(database, table, columns, held[table].values(), tmp_path, kinds)
        into_duckdb(database, WINDOWS, COLUMNS[WINDOWS], held[WINDOWS].values(), tmp_path, kinds)
        database.execute(view)
        names = ", ".join(f'"{name}"' for name in KEYS[table])
        shown = database.execute(f"select {names} from live_{table}").fetchall()
    assert len(shown) < len(held[table])
    found = {tuple(map(str, key)) for key in shown}
    assert found == {tuple(row[name] for name in KEYS[table]) for row in fresh}


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/St_Johns"])
@pytest.mark.parametrize(
    ("table", "day", "view"),
    [("user_day_totals", "date", OF_DAYS), (ENTRIES, "Date", views("clicktime")[0])],
)
def test_a_day_is_one_of_utc_in_any_session(
    table: str, day: str, view: str, zone: str, postgres: str, tmp_path: Path
) -> None:
    """The day of a window is gone; the one before and the one after it are there."""
    days = ["2026-03-01", "2026-03-02", "2026-03-03"]
    then, now = "2026-03-05T00:00:00Z", "2026-03-06T00:00:00Z"
    own = {"workspaceId": "w", "_sdc_extracted_at": then}
    part = {"stream": table, "workspaceId": "w", "userId": "*", "readAt": now}
    part |= {"from": f"{days[1]}T00:00:00Z", "to": f"{days[2]}T00:00:00Z"}
    rows = [own | {day: one} for one in days]
    asked = f'select cast("{day}" as text) from live_{table} order by 1'
    for kinds in FLAVOURS:
        with duckdb.connect() as database:
            database.execute(f"set TimeZone = '{zone}'")
            into_duckdb(database, table, rows[0], rows, tmp_path, kinds)
            into_duckdb(database, WINDOWS, part, [part], tmp_path, kinds)
            database.execute(view)
            assert [one for (one,) in database.execute(asked).fetchall()] == [days[0], days[2]]
        with psycopg.connect(postgres, autocommit=False) as server:
            server.execute("create schema days; set search_path to days; set time zone 'UTC'")
            in_server = {**kinds, "date": "date"}
            into_postgres(server, table, rows[0], rows, in_server)
            into_postgres(server, WINDOWS, part, [part], in_server)
            server.execute(f"set time zone '{zone}'")
            server.execute(view)
            assert [one for (one,) in server.execute(asked)] == [days[0], days[2]]
            server.rollback()


def delete(account: Account, table: str, row: Row) -> None:
    """Delete what a row of a report is about."""
    world = account.world
    if table == "detailed_report":
        world.delete_entry(row["_id"])
    elif table == "expense_report":
        world.delete_row(row["_id"])
    else:
        for entry in true_rows(world, ENTRIES):
            if entry["userId"] == row["userId"]:
                world.delete_entry(entry["id"])


FIELDS = "time_entry_custom_fields"
CLICKTIME = {
    ENTRIES: ("ID", "Date", "_sdc_extracted_at"),
    FIELDS: ("TimeEntryID", "Name", "_sdc_extracted_at"),
    WINDOWS: ("stream", "from", "to", "readAt"),
}
CLICKTIME_KEYS = {
    ENTRIES: ("ID",),
    FIELDS: ("TimeEntryID", "Name"),
    WINDOWS: ("stream", "from", "to"),
}


def test_the_views_of_clicktime_show_what_there_is(postgres: str, tmp_path: Path) -> None:
    held: dict[str, dict[Key, Row]] = {table: {} for table in CLICKTIME}
    hidden = failed = 0
    with sandbox.start(now=NOW, entries=300) as running:
        account, state = clicktime.Account(running), None
        chosen = account.catalog(CLICKTIME)
        for day in range(10):
            live_in_clicktime(account.world, random.Random(day))
            if day % 4 == 2:
                account.fault("/TimeEntries", "status", code=500)
            run = account.run(catalog=chosen, state=state, max_retries=0)
            account.mended()
            keep(held, run, CLICKTIME_KEYS)
            failed += run.code
            state = run.state
            begins = max(key[1] for key in held[WINDOWS])[:10]
            entries, fields = clicktime_in_duckdb(held, tmp_path)
            if run.code == 0:
                rows = clicktime.true_rows(account.world, ENTRIES)
                near = {str(row["ID"]) for row in rows if (row["Date"] or "") >= begins}
                assert {ident for ident, date in entries if date >= begins} == near, f"day {day}"
                rows = clicktime.true_rows(account.world, FIELDS)
                right = {
                    (ident, row["Name"])
                    for row in rows
                    if (ident := str(row["TimeEntryID"])) in near
                }
                assert {field for field in fields if field[0] in near} == right, f"day {day}"
            hidden += len(held[ENTRIES]) - len(entries)
    assert clicktime_in_postgres(held, postgres) == (entries, fields)
    assert hidden
    assert failed


def live_in_clicktime(world: World, chance: random.Random) -> None:
    """Let a day pass."""
    rows = clicktime.true_rows(world, ENTRIES)
    recent = sorted(row["ID"] for row in rows if (row["Date"] or "") > "2026-08-20")
    first, second, *rest = chance.sample(recent, 4)
    world.delete_row(first)
    world.delete_row(second)
    for ident in rest:
        world.edit_entry(ident, CustomFields={"Region": "r"} if chance.random() < 0.5 else {})
    world.insert_entry(Date=f"{world.now:%Y-%m-%d}", CustomFields={"Region": "r", "n": 1})
    world.advance(86_400)


Shown: TypeAlias = "tuple[set[tuple[str, str]], set[tuple[str, str]]]"
"""Entries with their dates, and custom fields of entries by name."""


def clicktime_in_duckdb(held: Mapping[str, Mapping[Key, Row]], folder: Path) -> Shown:
    with duckdb.connect() as database:
        for table, columns in CLICKTIME.items():
            into_duckdb(database, table, columns, held[table].values(), folder)
        return shown_of_clicktime(database)


def clicktime_in_postgres(held: Mapping[str, Mapping[Key, Row]], uri: str) -> Shown:
    with psycopg.connect(uri, autocommit=False) as database:
        database.execute("create schema windows; set search_path to windows")
        for table, columns in CLICKTIME.items():
            into_postgres(database, table, columns, held[table].values())
        found = shown_of_clicktime(database)
        database.rollback()
    return found


def shown_of_clicktime(database: Any) -> Shown:
    for view in views("clicktime"):
        database.execute(view)
    entries = database.execute('select "ID", "Date" from live_time_entries').fetchall()
    fields = database.execute('select "TimeEntryID", "Name" from live_time_entry_custom_fields')
    return {(str(ident), str(date or "")) for ident, date in entries}, {
        (str(ident), name) for ident, name in fields.fetchall()
    }
