"""The page of the marts: its verdict, what strangers wrote, and how large it gets."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest
import yaml

from scripts.plugins import ROOT
from scripts.report import __main__ as command
from scripts.report.page import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TODAY = date(2026, 3, 20)


@pytest.fixture
def marts() -> Iterator[duckdb.DuckDBPyConnection]:
    """Empty marts, as their contracts have them."""
    models = yaml.safe_load((ROOT / "transform/models/marts/marts.yml").read_text())["models"]
    with duckdb.connect() as database:
        database.execute("create schema marts")
        for model in models:
            columns = ", ".join(f'"{one["name"]}" {one["data_type"]}' for one in model["columns"])
            database.execute(f"create table marts.{model['name']} ({columns})")
        names = ("tap", "table_name", "column_name", "empty_without_it")
        columns = ", ".join(f"{name} text" for name in names)
        database.execute(f"create table marts._coverage ({columns})")
        put(database, "dim_account", account="a", tap="clockify", name="Works", today=TODAY)
        yield database


def put(database: duckdb.DuckDBPyConnection, table: str, **row: object) -> None:
    names = ", ".join(row)
    marks = ", ".join("?" for _ in row)
    database.execute(f"insert into marts.{table} ({names}) values ({marks})", [*row.values()])


def compared(
    database: duckdb.DuckDBPyConnection,
    state: str,
    seconds: int,
    checked_by: str = "user_day_totals",
) -> None:
    put(
        database,
        "mart_reconciliation",
        account="a",
        checked_by=checked_by,
        member_name="Mia <b>",
        day=TODAY,
        state=state,
        seconds_difference=seconds,
    )


def test_without_anything_to_compare_with_it_is_not_called_complete(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    assert 'class="verdict unknown"' in written(marts)
    for state in ("older total", "not compared", "priced otherwise"):
        compared(marts, state, -60)
        assert 'class="verdict unknown"' in written(marts)


def test_what_is_no_proof_checks_no_account(marts: duckdb.DuckDBPyConnection) -> None:
    compared(marts, "equal", 0)
    put(marts, "dim_account", account="b", tap="clockify", name="Other", today=TODAY)
    put(marts, "mart_reconciliation", account="b", state="not compared")
    assert "Without sums of the service to compare with: Other." in written(marts)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (TODAY + timedelta(days=5), "50.0 %, runs out on 2026-03-25"),
        (TODAY - timedelta(days=5), "50.0 %, ran out on 2026-03-15"),
        (None, "50.0 %<"),
    ],
)
def test_a_budget_says_when_it_runs_out(
    marts: duckdb.DuckDBPyConnection, day: date | None, words: str
) -> None:
    put(marts, "dim_project", account="a", project_key="a/p", name="Bridge")
    put(
        marts,
        "mart_budget_burn",
        account="a",
        project_key="a/p",
        period=date(2026, 3, 1),
        period_end=date(2026, 3, 31),
        budget_seconds=36_000,
        used_seconds=18_000,
        used_amount=0,
        runs_out_on=day,
        forecast_seconds=27_000,
    )
    page = written(marts)
    assert f'<span class="words">{words}' in page
    assert "<td>2026-03-31</td><td>5.00</td><td>10.00</td><td>7.50</td>" in page


def test_what_agrees_is_complete_but_accounts_without_sums_are_named(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    compared(marts, "equal", 0)
    assert "Complete: all 1 comparisons" in written(marts)
    put(marts, "dim_account", account="b", tap="clicktime", name="Other", today=TODAY)
    page = written(marts)
    assert 'class="verdict good" role="status"><strong>As far as it can be checked' in page
    assert "Without sums of the service to compare with: Other." in page


def test_what_was_not_selected_stands_at_the_top(marts: duckdb.DuckDBPyConnection) -> None:
    compared(marts, "equal", 0, checked_by="project_duration")
    lacks = {"table_name": "user_day_totals", "column_name": "", "empty_without_it": "checks"}
    put(marts, "_coverage", tap="clockify", **lacks)
    verdict, _, rest = written(marts).partition('id="projects"')
    assert "As far as it can be checked: all 1 comparisons" in verdict
    assert "None is by day: select the table user_day_totals of tap-clockify." in verdict
    assert "Not selected: user_day_totals." in verdict
    assert 'id="about"' in rest


@pytest.mark.parametrize("state", ["different", "missing here", "missing there"])
def test_a_difference_is_named_with_its_day(marts: duckdb.DuckDBPyConnection, state: str) -> None:
    compared(marts, "equal", 0)
    compared(marts, state, -3600)
    page = written(marts)
    assert 'class="verdict bad"' in page
    row = '<th scope="row">Mia &lt;b&gt;</th><td>2026-03-20</td><td>user_day_totals</td>'
    assert f"{row}<td>{state}</td><td>-3,600</td>" in page


def test_what_strangers_wrote_is_text_and_nothing_is_fetched(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    evil = '"><script src="https://example.test/x.js"></script>'
    put(marts, "dim_project", account="a", project_key="a/p", name=evil)
    put(
        marts,
        "mart_hours_daily",
        account="a",
        day=TODAY,
        project_key="a/p",
        kind="regular",
        is_billable=True,
        seconds=3600,
        currency="EUR",
    )
    page = written(marts)
    assert "<script" not in page
    assert page.count("&lt;script") >= 2
    assert "default-src &#x27;none&#x27;" in page
    assert "style=" not in page.partition("</style>")[2]


def test_a_year_of_200_members_has_less_than_300_kib(marts: duckdb.DuckDBPyConnection) -> None:
    for number in range(200):
        put(marts, "dim_member", account="a", member_key=f"a/{number}", name=f"Member {number:05d}")
        put(
            marts,
            "dim_project",
            account="a",
            project_key=f"a/{number}",
            name=f"Project {number:05d}",
        )
        put(
            marts,
            "mart_budget_burn",
            account="a",
            project_key=f"a/{number}",
            period=date(2000, 1, 1),
            budget_seconds=360_000,
            used_seconds=number * 3_600,
            used_amount=number,
        )
        compared(marts, "different", number)
    days = [TODAY - timedelta(days=number) for number in range(364)]
    marts.execute(
        "insert into marts.mart_hours_daily "
        "(account, member_key, project_key, day, kind, is_billable, seconds, currency) "
        "select 'a', 'a/' || member, 'a/' || ((member + week) % 200), day, 'regular', "
        "member % 2 = 0, 28800, 'EUR' "
        "from range(200) as members (member), (select unnest(?) as day, week(day) as week)",
        [days],
    )
    marts.execute(
        "insert into marts.fct_member_day "
        "(account, member_key, day, expected_seconds, tracked_seconds, billable_seconds) "
        "select account, member_key, day, 28800, seconds, seconds from marts.mart_hours_daily"
    )
    marts.execute(
        "insert into marts.mart_missing_time (account, member_key, day, missing_seconds) "
        "select account, member_key, day, 60 from marts.fct_member_day"
    )
    page = written(marts)
    assert page.count("Member 00199") >= 3
    assert len(page.encode()) < 300 * 1024


def test_the_command_says_what_to_do_without_marts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "empty.duckdb"
    monkeypatch.setattr("sys.argv", ["report", str(source)])
    assert command.main() == 1
    assert "is not there" in capsys.readouterr().err
    duckdb.connect(str(source)).close()
    assert command.main() == 1
    assert "run `dbt build`" in capsys.readouterr().err
