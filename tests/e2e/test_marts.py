"""The marts, against figures that this code works out of what the services sent.

Nothing here is the taps' or the models': the standard library parses bodies and knows zones.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import duckdb
import psycopg
import pytest
import yaml

import sandbox
from sandbox.clockify.instants import duration
from scripts.loaders import program
from tests.e2e.conftest import ROOT
from tests.e2e.recipes import ELSEWHERE, questions
from tests.e2e.recorded import ACCOUNTS
from tests.e2e.served import recording, rows
from tests.e2e.test_snowflake import answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("marts")]

TRANSFORM = ROOT / "transform"
VARIABLES = {"perform_dates": {"Route 17": "mdy"}, "whole_history": True}
LOADERS = ROOT / ".meltano" / "loaders"
SERVED: dict[str, tuple[str, ...]] = {
    "tap-clockify": ("users", "workspaces", "projects", "tasks", "time_entries"),
    "tap-clicktime": ("time_entries",),
    "tap-perform": (),
}
Key = tuple[Any, ...]
Worth = tuple[Any, ...]
"""Seconds, amount and currency of an entry."""


@dataclass
class Loaded:
    """A database with tables and marts.

    Attributes:
        served: rows of tables as they were sent, by tap and table.
        query: runs SQL.
        environment: leads dbt to the database.
    """

    served: dict[str, dict[str, list[dict[str, Any]]]]
    query: Callable[[str], list[tuple[Any, ...]]]
    environment: dict[str, str] = field(repr=False)

    def dbt(self, *arguments: str, **variables: object) -> subprocess.CompletedProcess[str]:
        """Run dbt."""
        given = json.dumps({**VARIABLES, **variables})
        command = [str(ROOT / ".meltano/dbt/bin/dbt"), "--quiet", *arguments, "--vars", given]
        return subprocess.run(
            command,
            cwd=TRANSFORM,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


def lived(running: sandbox.Sandbox) -> None:
    """Add midnights, nights of 23 and 25 hours, several days, another currency."""
    world = running.clockify
    owner, *_, other = world.main.users
    project = next(one.id for one in world.main.projects.values() if one.billable)
    spans = [
        ("2026-03-28T22:00:00Z", "2026-03-29T23:00:00Z"),
        ("2026-10-24T21:30:00Z", "2026-10-26T00:15:07Z"),
        ("2026-11-20T20:00:00Z", "2026-11-20T23:00:00Z"),
        ("2026-11-17T22:59:59Z", "2026-11-20T01:00:01Z"),
    ]
    for (start, end), amount in zip(spans, (3333, 10550, 12345, 9999), strict=True):
        for member in (owner, other):
            world.insert_entry(
                world.main_id,
                member,
                billable=True,
                projectId=project,
                hourlyRate={"amount": amount, "currency": "USD" if amount == 12345 else "EUR"},
                timeInterval={"start": start, "end": end},
            )
    recorded = [
        round((instant(one.timeInterval.end) - instant(one.timeInterval.start)).total_seconds())
        for sheet in world.main.timesheets.values()
        for one in sheet.entries()
        if one.projectId == project and one.timeInterval.end
    ]
    world.edit_row(project, duration=duration(sum(recorded)))


@pytest.fixture(scope="module")
def lines() -> tuple[dict[str, bytes], dict[str, dict[str, list[dict[str, Any]]]]]:
    """What each tap writes, and what it was sent."""
    written, served = {}, {}
    for tap in ACCOUNTS:
        with (
            sandbox.start(size="small", entries=300) as running,
            recording(lambda body: body) as answers,
        ):
            if tap == "tap-clockify":
                lived(running)
            written[tap] = ACCOUNTS[tap](running).command(LOGLEVEL="WARNING").ok().output
            served[tap] = {name: rows(tap, running, answers, name) for name in SERVED[tap]}
    return written, served


@pytest.fixture(scope="module", params=("duckdb", "postgres"))
def loaded(
    request: pytest.FixtureRequest,
    lines: tuple[dict[str, bytes], dict[str, dict[str, list[dict[str, Any]]]]],
    postgres: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Loaded]:
    written, served = lines
    folder, kind = tmp_path_factory.mktemp("marts"), request.param
    configs = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
    (shipped,) = [one["config"] for one in configs if one["name"] == f"target-{kind}"]
    where = (
        {"filepath": str(folder / "timecost.duckdb")}
        if kind == "duckdb"
        else {"sqlalchemy_url": postgres.replace("://", "+psycopg://", 1), "use_copy": False}
    )
    for tap, output in written.items():
        mark = {"add_metadata_columns": tap == "tap-clockify"} if kind == "duckdb" else {}
        schema = {"default_target_schema": tap.replace("-", "_")}
        path = folder / "target.json"
        path.write_text(json.dumps({**shipped, **where, **mark, **schema}))
        target = LOADERS / f"target-{kind}" / "venv" / "bin" / f"target-{kind}"
        command = [str(target), "--config", str(path)]
        put = subprocess.run(command, input=output, capture_output=True, check=False)
        assert put.returncode == 0, put.stderr[-3000:]
    address = urlsplit(postgres)
    environment = os.environ | {
        "TIMECOST_TARGET": kind,
        "TIMECOST_DUCKDB": str(folder / "timecost.duckdb"),
        "TIMECOST_PG_HOST": parse_qs(address.query)["host"][0],
        "TIMECOST_PG_USER": str(address.username),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_PROFILES_DIR": str(TRANSFORM),
    }

    def query(sql: str) -> list[tuple[Any, ...]]:
        if kind == "duckdb":
            with closing(duckdb.connect(str(folder / "timecost.duckdb"))) as database:
                return database.execute(sql).fetchall()
        with psycopg.connect(postgres) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    built = Loaded(served, query, environment)
    done = built.dbt("build")
    assert done.returncode == 0, done.stdout[-5000:]
    yield built
    if kind == "postgres":
        for gone in (*(tap.replace("-", "_") for tap in ACCOUNTS), "marts"):
            query(f'drop schema if exists "{gone}" cascade')


# -- the same figures by other means ---------------------------------------------------------------

CENT, CENT_OF_CENT = Decimal("0.01"), Decimal("0.0001")


def worth(rate: dict[str, Any], seconds: int) -> Decimal:
    """Return what seconds are worth, in units."""
    exact = Decimal(str(rate["amount"])) / 100 * seconds / 3600
    return exact.quantize(CENT_OF_CENT, ROUND_HALF_UP)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def seconds_of(entry: dict[str, Any]) -> int | None:
    """Return how long an entry is; None while it runs."""
    interval = entry["timeInterval"]
    if not interval["end"]:
        return None
    return round((instant(interval["end"]) - instant(interval["start"])).total_seconds())


@dataclass
class Rates:
    """Whose rate an entry has, by the levels that were served."""

    served: dict[str, list[dict[str, Any]]]

    def __post_init__(self) -> None:
        self.by_id = {
            (table, row["workspaceId"], row["id"]): row
            for table in ("projects", "tasks")
            for row in self.served[table]
        }
        self.workspaces = {row["id"]: row for row in self.served["workspaces"]}
        self.memberships = {
            (row["workspaceId"], row["id"], one["targetId"]): one
            for row in self.served["users"]
            for one in row["memberships"]
        }

    def of(self, entry: dict[str, Any]) -> dict[str, Any] | None:
        """Return the rate that an hour of an entry is billed at."""
        space, member, project = (
            entry.get(name) for name in ("workspaceId", "userId", "projectId")
        )
        levels = (
            entry,
            self.by_id.get(("tasks", space, entry.get("taskId"))),
            self.memberships.get((space, member, project)),
            self.by_id.get(("projects", space, project)),
            self.memberships.get((space, member, space)),
            self.workspaces[space],
        )
        rates = (one.get("hourlyRate") for one in levels if one)
        return next((rate for rate in rates if rate and rate.get("amount") is not None), None)


def days_of(entry: dict[str, Any], zone: ZoneInfo) -> dict[str, int]:
    """Return the seconds of an entry by local day; a running one has none."""
    start = instant(entry["timeInterval"]["start"])
    if (left := seconds_of(entry)) is None:
        return {start.astimezone(zone).date().isoformat(): 0}
    end, at = start + timedelta(seconds=left), start
    found: dict[str, int] = {}
    while at < end or not found:
        day = at.astimezone(zone).date()
        midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
        until = min(end, midnight.astimezone(timezone.utc))
        found[day.isoformat()] = round((until - at).total_seconds())
        at = until
    return found


def figures(
    served: dict[str, list[dict[str, Any]]],
) -> dict[Key, Worth]:
    """Return seconds, worth and currency of each entry of Clockify."""
    rates, found = Rates(served), {}
    for entry in served["time_entries"]:
        seconds, rate = seconds_of(entry), rates.of(entry)
        amount = None if seconds is None else Decimal(0)
        if entry["billable"] and seconds is not None:
            amount = worth(rate, seconds) if rate else None
        currency = rate["currency"] if rate else None
        found[entry["workspaceId"], entry["id"]] = (seconds, amount, currency)
    return found


WORTH = (
    "select account, entry_id, seconds, bill_amount, "
    "case when bill_level is not null then currency end "
    "from marts.fct_time_entry where account like 'tap_clockify%'"
)


def ours(loaded: Loaded) -> dict[Key, Worth]:
    found = loaded.query(WORTH)
    return {(account.split(":")[1], entry): tuple(rest) for account, entry, *rest in found}


def test_each_entry_has_its_seconds_and_its_worth(loaded: Loaded) -> None:
    served = figures(loaded.served["tap-clockify"])
    assert ours(loaded) == served
    currencies = Counter(currency for _, amount, currency in served.values() if amount)
    assert currencies["EUR"] > 50
    assert currencies["USD"] == 2
    assert currencies["GBP"] > 5
    assert any(seconds is None for seconds, *_ in served.values())


def test_days_are_those_of_the_members(loaded: Loaded) -> None:
    served = loaded.served["tap-clockify"]
    zones = {
        (row["workspaceId"], row["id"]): ZoneInfo(row["settings"]["timeZone"])
        for row in served["users"]
        if row.get("settings")
    }
    expected: defaultdict[Key, int] = defaultdict(int)
    for entry in served["time_entries"]:
        member = entry["workspaceId"], entry["userId"]
        for day, seconds in days_of(entry, zones.get(member, ZoneInfo("UTC"))).items():
            expected[(*member, day, entry["type"].lower())] += seconds
    found = loaded.query(
        "select account, member_key, day, kind, sum(seconds) from marts.mart_hours_daily "
        "where account like 'tap_clockify%' group by 1, 2, 3, 4"
    )
    assert {
        (account.split(":")[1], member.split("/")[1], day.isoformat(), kind): int(seconds)
        for account, member, day, kind, seconds in found
    } == expected
    assert len({zone.key for zone in zones.values()}) > 1


def test_amounts_of_days_and_months_add_up(loaded: Loaded) -> None:
    expected: defaultdict[str | None, Decimal] = defaultdict(Decimal)
    for _, amount, currency in figures(loaded.served["tap-clockify"]).values():
        if amount:
            expected[currency] += amount
    for mart, column in (("mart_hours_daily", "bill_amount"), ("mart_project_margin", "revenue")):
        found = loaded.query(
            f"select currency, sum({column}) from marts.{mart} "
            f"where account like 'tap_clockify%' group by 1 having sum({column}) > 0"
        )
        assert dict(found) == expected, mart


def test_hours_of_clicktime_are_in_the_same_mart(loaded: Loaded) -> None:
    expected: defaultdict[Key, int] = defaultdict(int)
    for entry in loaded.served["tap-clicktime"]["time_entries"]:
        if entry.get("Date"):
            hours = Decimal(str(entry["Hours"]))
            expected[entry["UserID"], entry["Date"][:10]] += round(hours * 3600)
    found = loaded.query(
        "select member_key, day, sum(seconds) from marts.mart_hours_daily "
        "where account = 'tap_clicktime' group by 1, 2"
    )
    assert {
        (member.removeprefix("tap_clicktime/"), day.isoformat()): int(seconds)
        for member, day, seconds in found
    } == expected


def test_ten_questions_have_answers(loaded: Loaded) -> None:
    asked = questions()
    assert len(asked) == 10
    assert [question for question, sql in asked.items() if not loaded.query(sql)] == []


def test_nothing_was_left_out(loaded: Loaded) -> None:
    assert loaded.query("select tap, table_name, column_name from marts._coverage") == [
        ("clockify", "completed_windows", "")
    ]
    states = loaded.query(
        "select checked_by, state, count(*) from marts.mart_reconciliation group by 1, 2"
    )
    assert {check: state for check, state, _ in states} == {
        **dict.fromkeys(("user_day_totals", "attendance_report", "detailed_report"), "equal"),
        **dict.fromkeys(("invoice_lines", "approved_timesheets", "project_duration"), "equal"),
        "invoiced_work": "priced otherwise",  # invoices are made up
    }
    assert len(states) == 7
    assert sum(count for *_, count in states) > 300
    assert loaded.query("select count(*) from marts.mart_progress_daily")[0][0] > 100


def alike(served: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield the entries of days of members that are billable in euros, by a rate of their own."""
    days: defaultdict[Key, list[dict[str, Any]]] = defaultdict(list)
    for entry in served:
        if seconds_of(entry) and entry["timeInterval"]["start"] < "2026-11-15":
            place = (entry["workspaceId"], entry["userId"], entry["timeInterval"]["start"][:10])
            days[place].append(entry)
    for held in days.values():
        if all(
            one["billable"] and (one["hourlyRate"] or {}).get("currency") == "EUR" for one in held
        ):
            yield held


def test_what_is_wrong_has_a_name_a_day_and_a_difference(loaded: Loaded) -> None:
    """The comparisons above find it as well, so they are worth something."""
    served = loaded.served["tap-clockify"]
    days = [held for held in alike(served["time_entries"]) if (seconds_of(held[0]) or 0) > 3600]
    late, dear, lost, deleted, undone = (held[0] for held in days[:5])
    loaded.query(
        f"""update tap_clockify.time_entries set "end" = "end" + interval '1 second'
        where id = '{late["id"]}'"""
    )
    rate = {**dear["hourlyRate"], "amount": dear["hourlyRate"]["amount"] + 1}
    loaded.query(
        f"""update tap_clockify.time_entries set "hourlyRate" = '{json.dumps(rate, default=str)}'
        where id = '{dear["id"]}'"""
    )
    loaded.query(f"delete from tap_clockify.time_entries where id = '{lost['id']}'")
    loaded.query(
        f"""update tap_clockify.time_entries
        set _sdc_deleted_at = _sdc_extracted_at + interval '1 second'
        where id = '{deleted["id"]}'"""
    )
    day = undone["timeInterval"]["start"][:10]
    loaded.query(
        f"""delete from tap_clockify.user_day_totals
        where "userId" = '{undone["userId"]}' and date like '{day}%'"""
    )
    done = loaded.dbt("build", "--select", "+mart_reconciliation")
    assert done.returncode == 1
    assert "Failure in test reconciliation" in done.stdout
    found = loaded.query(
        "select member_name, day, state, seconds_difference, amount_difference "
        "from marts.mart_reconciliation "
        "where checked_by = 'user_day_totals' and state <> 'equal'"
    )
    told = {(name, day.isoformat()): tuple(rest) for name, day, *rest in found}
    names = {one["id"]: one["name"] for one in served["users"]}

    def place(entry: dict[str, Any]) -> Key:
        return names[entry["userId"]], entry["timeInterval"]["start"][:10]

    def amount(entry: dict[str, Any], seconds: int) -> Decimal:
        return worth(entry["hourlyRate"], seconds).quantize(CENT, ROUND_HALF_UP)

    wrong = (late, dear, lost, deleted, undone)
    assert told.keys() == {place(one) for one in wrong}
    assert told[place(late)][:2] == ("different", 1)
    state, off, more = told[place(dear)]
    assert (state, off) == ("different", 0)
    assert more == pytest.approx(Decimal(seconds_of(dear) or 0) / 360000, abs=Decimal("0.005"))
    for one, sign in ((lost, -1), (deleted, -1), (undone, 1)):
        (held,) = (held for held in days if one in held)
        state, off, more = told[place(one)]
        gone = held if one is undone else [one]
        assert off == sign * sum(seconds_of(entry) or 0 for entry in gone)
        if one is undone:
            assert (state, more) == ("missing there", None)
        else:
            assert state == ("missing here" if len(held) == 1 else "different")
            assert more == pytest.approx(-amount(one, seconds_of(one) or 0), abs=Decimal("0.01"))
    expected: defaultdict[str, int] = defaultdict(int)
    projects = {one["id"]: one["name"] for one in served["projects"]}
    for entry, off in ((late, 1), *((one, -(seconds_of(one) or 0)) for one in (lost, deleted))):
        expected[projects[entry["projectId"]]] += off
    assert expected == dict(
        loaded.query(
            "select document, seconds_difference from marts.mart_reconciliation "
            "where checked_by = 'project_duration' and state <> 'equal'"
        )
    )
    right, have = figures(served), ours(loaded)
    differing = {ident for (_, ident), known in right.items() if have.get((_, ident)) != known}
    assert differing == {one["id"] for one in (late, dear, lost, deleted)}


def test_what_was_not_selected_is_empty_and_named(loaded: Loaded) -> None:
    hours = "select member_key, sum(seconds) from marts.fct_time_entry group by 1 order by 1"
    (removed, *_), before = (
        *loaded.query("select min(id) from tap_clockify.users"),
        loaded.query(hours),
    )
    loaded.query(f"delete from tap_clockify.users where id = '{removed}'")
    loaded.query(
        'create table tap_clockify.kept as select id, "workspaceId", name from tap_clockify.tags'
    )
    for table in ("member_profiles", "user_day_totals", "tags"):
        loaded.query(f"drop table tap_clockify.{table} cascade")
    loaded.query("alter table tap_clockify.kept rename to tags")
    done = loaded.dbt("build", "--exclude", "reconciliation")
    assert done.returncode == 0, done.stdout[-5000:]
    missing = loaded.query("select table_name, column_name from marts._coverage order by 1, 2")
    assert missing == [
        ("completed_windows", ""),
        ("member_profiles", ""),
        ("tags", "archived"),
        ("user_day_totals", ""),
    ]
    assumed = loaded.query(
        "select distinct capacity_seconds from marts.dim_member "
        "where is_capacity_assumed and account like 'tap_clockify%'"
    )
    assert assumed == [(28800,)]
    # who is in no list any more still counts
    assert loaded.query(hours) == before
    unknown = "select name from marts.dim_member where status = 'unknown'"
    assert ("Unknown member",) in loaded.query(unknown)


def test_timestamps_may_have_a_time_zone(loaded: Loaded, tmp_path: Path) -> None:
    """All models are the same, though the session's days are not those of UTC."""
    profile = (TRANSFORM / "profiles.yml").read_text()
    (tmp_path / "profiles.yml").write_text(
        profile.replace("TimeZone: UTC", f"TimeZone: {ELSEWHERE}")
    )
    elsewhere = {"DBT_PROFILES_DIR": str(tmp_path), "PGTZ": ELSEWHERE}
    there = replace(loaded, environment=loaded.environment | elsewhere)
    before = everything(loaded)
    freshness = fresh(there)
    give_zones(loaded)
    done = there.dbt("run")
    assert done.returncode == 0, done.stdout[-5000:]
    after = everything(loaded)
    assert [model for model, rows in before.items() if after.get(model) != rows] == []
    assert fresh(there) == freshness
    same = "select {{ snapshot_get_time() }} = now() at time zone 'UTC' as ok"
    shown = there.dbt("show", "--inline", same, "--output", "json")
    assert json.loads(shown.stdout)["show"] == [{"ok": True}], shown.stdout


def give_zones(loaded: Loaded) -> None:
    """Have the taps' tables anew with timestamps that have a time zone, as other loaders do."""
    columns: dict[str, list[str]] = {}
    for schema, table, column, kind in loaded.query(
        "select table_schema, table_name, column_name, data_type from information_schema.columns "
        "where table_schema like 'tap_%' order by ordinal_position"
    ):
        plain = kind in {"TIMESTAMP", "timestamp without time zone"}
        zoned = f"\"{column}\" at time zone 'UTC' as " if plain else ""
        columns.setdefault(f'{schema}."{table}"', []).append(f'{zoned}"{column}"')
    assert any(" at time zone " in one for picked in columns.values() for one in picked)
    for table, picked in columns.items():
        loaded.query(f"create table marts.zoned as select {', '.join(picked)} from {table}")
        loaded.query(f"drop table {table} cascade")
        loaded.query(f"create table {table} as select * from marts.zoned")
        loaded.query("drop table marts.zoned")


def everything(loaded: Loaded) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of each model."""
    models = "select table_name from information_schema.tables where table_schema = 'marts'"
    return {
        model: sorted(loaded.query(f"select * from marts.{model}"), key=repr)
        for (model,) in loaded.query(models)
    }


def fresh(loaded: Loaded) -> dict[str, str]:
    """Return when dbt takes each source for loaded."""
    loaded.dbt("source", "freshness")
    found = json.loads((Path(loaded.environment["DBT_TARGET_PATH"]) / "sources.json").read_text())
    return {one["unique_id"]: one["max_loaded_at"] for one in found["results"]}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="fakesnow needs Python 3.11")
def test_they_are_built_on_what_imitates_snowflake(
    lines: tuple[dict[str, bytes], dict[str, dict[str, list[dict[str, Any]]]]], tmp_path: Path
) -> None:
    """All but the unit tests, and the one test that sums decimals, which are doubles there."""
    written, served = lines
    stored, database = tmp_path / "account", "LAKE"
    stored.mkdir()
    for tap, output in written.items():
        (folder := tmp_path / tap).mkdir()
        schema = tap.replace("-", "_")
        answers(folder, [output], [], stored, database=database, default_target_schema=schema)
    job = {
        "stored": str(stored),
        "database": database,
        "command": [
            *("--quiet", "build", "--vars", json.dumps(VARIABLES)),
            *("--exclude-resource-type", "unit_test", "--exclude", "days_add_up_to_entries"),
        ],
        "query": WORTH,
    }
    (tmp_path / "job.json").write_text(json.dumps(job))
    python = program("dbt-snowflake", "python")
    names = ("ACCOUNT", "USER", "PASSWORD", "ROLE", "WAREHOUSE")
    environment = dict.fromkeys((f"TIMECOST_SNOWFLAKE_{name}" for name in names), "fake")
    done = subprocess.run(
        [python, str(ROOT / "tests/e2e/fake_dbt.py"), str(tmp_path / "job.json")],
        cwd=TRANSFORM,
        env=os.environ
        | environment
        | {
            "TIMECOST_TARGET": "snowflake",
            "TIMECOST_SNOWFLAKE_DATABASE": database,
            "DBT_PROFILES_DIR": str(TRANSFORM),
            "DBT_TARGET_PATH": str(tmp_path / "target"),
            "DBT_LOG_PATH": str(tmp_path / "logs"),
            "PYTHONWARNINGS": "ignore",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    found = {
        (account.split(":")[1], entry): (seconds, amount and Decimal(amount), currency)
        for account, entry, seconds, amount, currency in json.loads(done.stdout.splitlines()[-1])
    }
    assert found == figures(served["tap-clockify"])


def test_the_diagram_is_that_of_the_tests() -> None:
    models = yaml.safe_load((TRANSFORM / "models/marts/marts.yml").read_text())["models"]
    joins = {
        (test["relationships"]["arguments"]["to"][5:-2], model["name"], column["name"])
        for model in models
        for column in model["columns"]
        for test in column.get("data_tests", ())
        if "relationships" in test
    }
    page = (ROOT / "docs/marts.md").read_text()
    drawn = {
        tuple(line.replace("||--o{", "").replace(":", "").split())
        for line in page.splitlines()
        if "||--o{" in line
    }
    assert drawn
    assert drawn <= joins
