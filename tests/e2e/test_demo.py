from __future__ import annotations

import os
import shutil
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from sandbox.clicktime import truth as clicktime
from sandbox.clockify import truth as clockify
from sandbox.perform import truth as perform
from tests.e2e.conftest import ROOT
from tests.e2e.recipes import ELSEWHERE, recipes, without_zones

if TYPE_CHECKING:
    from pathlib import Path

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

TABLES = {
    "tap-clockify": (*clockify.TABLES, *clockify.MORE_TABLES),
    "tap-clicktime": clicktime.TABLES,
    "tap-perform": perform.TABLES,
}


@pytest.mark.thorough
def test_the_demo_loads_every_table_into_duckdb_and_says_so(project: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "sandbox.demo"],
        cwd=project,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ['PYTHONPATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    for tap, tables in TABLES.items():
        section = run.stdout.partition(f"{tap}, schema")[2].partition("\n\n")[0]
        shown = {line.split()[0]: line.split()[1:] for line in section.splitlines()[1:]}
        for table in tables:
            served, arrived = shown[table]
            assert served == arrived != "0", table
    recipes_find_rows(project / "output" / "demo.duckdb")
    assert "Look inside:" in run.stdout
    look = subprocess.run(
        ["/bin/sh", "-c", next(line for line in run.stdout.splitlines() if ' -c "' in line)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert look.returncode == 0, look.stderr
    assert "description" in look.stdout
    page = project / "output" / "demo.html"
    assert run.stdout.endswith(f"{page}\n")
    assert page.stat().st_size < 300 * 1024
    if BROWSER:
        with duckdb.connect(str(project / "output" / "demo.duckdb"), read_only=True) as database:
            assert shown_in_a_browser(page) == of_the_marts(database)


def recipes_find_rows(file: Path) -> None:
    """Make sure that they do, and the same where timestamps have a time zone."""
    zoned = 0
    with duckdb.connect() as database:
        database.execute(f"set TimeZone = '{ELSEWHERE}'; attach '{file}' as demo (read_only)")
        for tap in TABLES:
            schema = tap.replace("-", "_")
            database.execute(f"use demo.{schema}")
            found = {
                name: without_zones(database.execute(sql).fetchall())
                for name, sql in recipes(tap, "DuckDB").items()
            }
            assert all(found.values()), found
            zoned += give_zones(database, schema)
            for name, sql in recipes(tap, "DuckDB").items():
                assert without_zones(database.execute(sql).fetchall()) == found[name], name
    assert zoned


def give_zones(database: duckdb.DuckDBPyConnection, schema: str) -> int:
    """Use copies of tables that have timestamps with a time zone; return how many columns."""
    database.execute(f"create schema memory.{schema}; use memory.{schema}")
    columns: dict[str, list[str]] = {}
    for table, column, kind in database.execute(
        "select table_name, column_name, data_type from information_schema.columns "
        "where table_catalog = 'demo' and table_schema = ?",
        [schema],
    ).fetchall():
        zoned = f'"{column}" at time zone \'UTC\' as "{column}"'
        columns.setdefault(table, []).extend([zoned] if kind == "TIMESTAMP" else [])
    for table, replaced in columns.items():
        instead = f"replace ({', '.join(replaced)})" if replaced else ""
        copied = f"select * {instead} from demo.{schema}.{table}"
        database.execute(f"create table {table} as {copied}")
    return sum(map(len, columns.values()))


def shown_in_a_browser(page: Path) -> dict[str, Decimal]:
    """Return what the page's tables add up to; it asks for nothing, and complains of nothing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="`make test-rest` installs it")
    wrong: list[str] = []
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 380, "height": 800})
        opened.on("console", lambda said: wrong.append(said.text))
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        opened.on("request", lambda request: wrong.append(request.url))
        opened.goto(page.as_uri())
        wide = opened.evaluate("document.documentElement.scrollWidth")
        tables = opened.evaluate(
            "Object.fromEntries([...document.querySelectorAll('table')].map(table => "
            "[table.caption.textContent, [...table.rows].map("
            "row => [...row.cells].map(cell => cell.textContent))]))"
        )
        verdict = opened.text_content("[role=status]")
        browser.close()
    assert wrong == [page.as_uri()]
    assert wide <= 380
    assert verdict is not None
    assert verdict.startswith("As far as it can be checked: all ")

    def total(caption: str, column: str) -> Decimal:
        (rows,) = [rows for name, rows in tables.items() if name.startswith(caption)]
        place = rows[0].index(column)
        return sum((Decimal(row[place].replace(",", "") or 0) for row in rows[1:]), Decimal(0))

    return {
        "billable": total("Billable hours by week", "billable"),
        "worth": total("By client and currency", "worth"),
        "not invoiced": total("By client and currency", "not invoiced"),
        "missing": total("Expected and not entered", "hours missing"),
        "earned": total("Earned value", "earned"),
        "compared": total("What was compared", "equal"),
    }


def of_the_marts(database: duckdb.DuckDBPyConnection) -> dict[str, Decimal]:
    """Return the same, asked otherwise: rounded where the page rounds, row by row."""
    today = "(select max(today) from marts.dim_account)"
    asked = {
        "billable": f"""
            select round(sum(seconds) / 3600, 2) from marts.mart_hours_daily
            where is_billable and kind = 'regular' and day <= {today}
            group by date_trunc('week', day)""",
        "worth": f"""
            select round(sum(bill_amount), 2) from marts.mart_hours_daily
            where day <= {today} group by client_key, currency""",
        "not invoiced": """
            select round(sum(amount), 2) from marts.mart_unbilled
            group by client_key, currency""",
        "missing": """
            select round(sum(missing_seconds) / 3600, 2) from marts.mart_missing_time
            group by member_key""",
        "earned": f"""
            with latest as (
                select account, earned, row_number() over (
                    partition by activity_key, account order by day desc
                ) as place
                from marts.mart_earned_value where day <= {today}
            )
            select round(sum(earned), 2) from latest where place = 1 group by account""",
        "compared": "select count(*) from marts.mart_reconciliation where state = 'equal'",
    }
    return {
        name: sum(
            (Decimal(str(value or 0)) for (value,) in database.execute(sql).fetchall()), Decimal(0)
        )
        for name, sql in asked.items()
    }
