"""The DAG in a real Airflow over a real PostgreSQL: twelve accounts of the three taps."""

from __future__ import annotations

import json
import re
import subprocess
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from benchmarks.airflow import AIRFLOW, FINISHED, running_airflow
from benchmarks.environments import ROOT
from tests.e2e.cases import EXACT
from tests.orchestrate.sites import Site, sites

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.airflow import Airflow

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(not AIRFLOW.exists(), reason="`make test-all` sets Airflow up"),
]

DAG = "timecost_nightly"
WRONG, KILLED, SHARING = 3, 6, 2
"""The places of the account with a wrong key and of the one that is killed; how many at the end
share a pool of one slot."""


def states(airflow: Airflow, run: str) -> dict[tuple[str, str], str]:
    """Return the state of each task of an account, by task and account."""
    rows = airflow.rows(
        "select task_id, rendered_map_index, state, map_index from task_instance "
        "where run_id = %(run)s and map_index >= 0",
        run=run,
    )
    names = {index: name for _, name, _, index in rows if name}
    return {(task.partition(".")[2], names[index]): state for task, _, state, index in rows}


def tries(airflow: Airflow, run: str, name: str) -> int:
    """Return how often an account was loaded."""
    query = (
        "select try_number from task_instance where run_id = %(run)s "
        "and rendered_map_index = %(name)s and task_id = 'timecost.load'"
    )
    return int(airflow.rows(query, run=run, name=name)[0][0])


def noted(airflow: Airflow, run: str) -> dict[str, tuple[str, str | None]]:
    """Return how each account ended, and its sentence, as the target has it."""
    query = "select account, state, sentence from timecost.runs where run = %(run)s"
    rows = airflow.rows(query, run=f"{DAG} {run}")
    return {account: (state, sentence) for account, state, sentence in rows}


def log_of(airflow: Airflow, run: str, task: str) -> str:
    """Return the logs of a task."""
    folder = airflow.folder / f"logs/dag_id={DAG}/run_id={run}/task_id={task}"
    return "".join(path.read_text() for path in folder.rglob("*.log"))


def asked_since(site: Site) -> set[str]:
    """Return since which days time entries were asked for."""
    since = re.compile(r"(?:[?&]start=|Date%20ge%20)(\d{4}-\d\d-\d\d)")
    found = (since.search(one.target) for one in site.running.requests)
    return {one[1] for one in found if one}


def kept_since(airflow: Airflow, site: Site) -> set[str]:
    """Return since which days the account's own state has time entries asked for."""
    (path,) = (airflow.folder / "work/state").glob(f"*{site.name}*/state.json")
    kept = json.loads(path.read_text())["completed"]["singer_state"]
    state = kept["bookmarks"]["time_entries"]
    found = set()
    for one in state.get("partitions", [state]):
        bookmark = datetime.fromisoformat(one["replication_key_value"]) - timedelta(days=30)
        times = [bookmark, *map(datetime.fromisoformat, one.get("unfinished", {}).values())]
        found |= {f"{time:%Y-%m-%d}" for time in times if time <= bookmark}
    return found


def where_secrets_are(airflow: Airflow, secrets: list[str]) -> list[str]:
    """Return the tables of Airflow's own, and the files, that hold a secret as it is."""
    found = []
    tables = airflow.rows(
        "select table_name from information_schema.tables where table_schema = 'public'"
    )
    for (table,) in tables:
        for (text,) in airflow.rows(f'select t::text from "{table}" as t'):
            found += [f"table {table}" for secret in secrets if secret in text]
    for path in airflow.folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and "loaders" not in path.parts:
            body = path.read_bytes()
            found += [str(path) for secret in secrets if secret.encode() in body]
    return found


@contextmanager
def webhook() -> Iterator[tuple[str, list[str]]]:
    """Be whoever is told; the messages that came, freshness aside, as it looks at a clock."""
    told: list[str] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
            if "expected by" not in text:
                told.append(text)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/secret-of-the-hook", told
    finally:
        server.shutdown()
        server.server_close()


def test_each_account_is_on_its_own() -> None:
    with sites(13) as (*every, limited), webhook() as (address, told):
        wrong, killed = every[WRONG], every[KILLED]
        limited.settings |= {"max_requests_per_hour": 1, "on_quota": "stop"}
        bad = {wrong.name: {"password": "secret-that-is-wrong"}}
        connections = {
            f"of_{one.name}": one.connection(**bad.get(one.name, {})) for one in (*every, limited)
        }
        connections["timecost_alerts"] = {"conn_type": "generic", "password": address}
        accounts = [one.account(expected_by="00:00") for one in every]
        for account in accounts[-SHARING:]:
            account["pool"] = "shared_key"
        accounts.append(limited.account(enabled=False))
        killed.running.faults.add(route="/time-entries", kind="hang", after=1, seconds=900)
        pools = {"timecost": 4, "shared_key": 1}
        with running_airflow(accounts, connections, pools=pools, more=EXACT) as airflow:
            airflow.trigger(DAG, "first")
            airflow.until(lambda: killed.hung or airflow.state_of(DAG, "first") in FINISHED)
            killed.kill(airflow.folder / "work")
            assert airflow.wait(DAG, "first") == "failed"
            check_first(airflow, every)
            check_second(airflow, [every[0], killed, every[7]])
            check_freshness(airflow, wrong)
            (first,) = told
            assert "CLOCKIFY-AUTH" in first
            assert f"{wrong.name} | failed" in first
            check_stopped(airflow, every[0], wrong)
            (_, second) = told
            assert f"{every[0].name} | " in second
            assert wrong.name not in second, "it failed before"
            retype(airflow, every[9])
            check_mended(airflow, every[0], wrong)
            check_types(airflow, every[9])
            (_, _, third) = told
            assert all(f"loaded again: {one.name} | ok" in third for one in (every[0], wrong))
            check_quota(airflow, limited)
            secrets = [*(one.secret for one in every), "secret-that-is-wrong", address]
            assert where_secrets_are(airflow, secrets) == []


def check_first(airflow: Airflow, every: list[Site]) -> None:
    """One account is red, with its sentence; all others are what their servers served."""
    wrong, killed = every[WRONG], every[KILLED]
    ended = noted(airflow, "first")
    assert {name: state for name, (state, _) in ended.items()} == {
        one.name: "failed" if one is wrong else "ok" for one in every
    }
    sentence = ended[wrong.name][1] or ""
    assert sentence.startswith("CLOCKIFY-AUTH: GET /")
    assert "check api_key" in sentence
    found = states(airflow, "first")
    red = {key for key, state in found.items() if state != "success"}
    assert red == {(task, wrong.name) for task in ("check", "load", "verify")}
    assert found["check", wrong.name] == "failed"
    assert found["load", wrong.name] == "upstream_failed", "it was not even tried"
    assert tries(airflow, "first", killed.name) == 2
    summary = log_of(airflow, "first", "summary")
    assert f"{wrong.name} | failed" in summary
    assert "1 of 12 accounts are not loaded" in summary
    for one in every:
        assert one.given == {"secret-that-is-wrong" if one is wrong else one.secret}, one.name
        if one is not wrong:
            assert one.differences(airflow.database) == [], one.name
    check_pools(airflow, every)
    check_tables(airflow, every)


def check_pools(airflow: Airflow, every: list[Site]) -> None:
    """Each account's tasks are in its pool."""
    query = "select distinct pool, rendered_map_index from task_instance where map_index >= 0"
    sharing = {one.name for one in every[-SHARING:]}
    expected = {("shared_key" if one.name in sharing else "timecost", one.name) for one in every}
    assert {row for row in airflow.rows(query) if row[1]} == expected


def check_tables(airflow: Airflow, every: list[Site]) -> None:
    """Each account was read by its own selection, and is in the views under its own name."""
    query = "select table_name from information_schema.tables where table_schema = %(schema)s"
    for one in every:
        tables = {table for (table,) in airflow.rows(query, schema=one.name)}
        assert tables == (set() if one is every[WRONG] else {*one.tables}), one.name
    query = "select account, count(*) from timecost.perform_wbs_export group by account"
    held = dict(airflow.rows(query))
    for one in every:
        if "wbs_export" in one.tables:
            ((count,),) = airflow.rows(f'select count(*) from "{one.name}".wbs_export')
            assert held.pop(one.name) == count > 0
    assert held == {}
    query = "select account, count(email), count(*) from timecost.clockify_users group by account"
    emails = {account: (some, every) for account, some, every in airflow.rows(query)}
    assert {*emails} == {every[0].name, every[9].name}
    assert emails[every[0].name][0] == emails[every[0].name][1] > 0
    assert emails[every[9].name][0] == 0 < emails[every[9].name][1], "it has no such column"


def check_second(airflow: Airflow, some: list[Site]) -> None:
    """The next run goes on from each account's own bookmark, and tries no key first."""
    expected = {one.name: kept_since(airflow, one) for one in some}
    assert len({frozenset(days) for days in expected.values()}) == len(some), "no two are alike"
    for one in some:
        one.running.reset_requests()
    airflow.trigger(DAG, "second", accounts=[one.name for one in some])
    assert airflow.wait(DAG, "second") == "success"
    for one in some:
        since, bookmark = (
            min(map(date.fromisoformat, days)) for days in (asked_since(one), expected[one.name])
        )
        assert bookmark - timedelta(days=2) <= since <= bookmark, "Clockify's zone is not known"
        assert one.differences(airflow.database) == []
    ended = {name: state for name, (state, _) in noted(airflow, "second").items()}
    assert ended == {one.name: "ok" for one in some}


def check_freshness(airflow: Airflow, wrong: Site) -> None:
    """Who was not loaded when it was expected is late, whatever DAGs say."""
    airflow.trigger("timecost_freshness", "look")
    assert airflow.wait("timecost_freshness", "look") == "failed"
    (path,) = airflow.folder.glob("logs/dag_id=timecost_freshness/run_id=look/**/attempt=1.log")
    said = path.read_text()
    assert "1 accounts are late" in said
    assert f"{wrong.name}: expected by" in said


def check_quota(airflow: Airflow, limited: Site) -> None:
    """A quota that is used up is waited for without a worker, until the time that the tap names.

    It comes last, as its DAG run does not end.
    """
    airflow.trigger(DAG, "waiting", accounts=[limited.name])
    query = "select reschedule_date - end_date from task_reschedule"
    airflow.until(lambda: airflow.rows(query))
    ((wait,),) = airflow.rows(query)
    assert timedelta(minutes=55) < wait < timedelta(minutes=65)
    state, sentence = noted(airflow, "waiting")[limited.name]
    assert state == "waits"
    assert "run again at " in (sentence or "")
    assert states(airflow, "waiting")["load", limited.name] == "up_for_reschedule"
    assert tries(airflow, "waiting", limited.name) <= 1, "it counts as no try"


def check_stopped(airflow: Airflow, stopped: Site, wrong: Site) -> None:
    """A task that a person stops ends its tap, which keeps what it has."""
    stopped.running.faults.add(route="/time-entries", kind="hang", after=1, seconds=900)
    airflow.trigger(DAG, "stopped", accounts=[stopped.name, wrong.name])
    airflow.until(lambda: stopped.hung)
    airflow.stop_tasks(DAG, "stopped", "timecost.load")
    airflow.until(lambda: not stopped.taps(airflow.folder / "work"))
    assert airflow.wait(DAG, "stopped") == "failed"
    assert "SIGTERM: stopping after this page" in log_of(airflow, "stopped", "timecost.load")
    assert noted(airflow, "stopped")[stopped.name][0] in {"loading", "failed"}


def check_mended(airflow: Airflow, stopped: Site, wrong: Site) -> None:
    """After somebody set the right key, and triggered the DAG again, all is there."""
    airflow.command("connections", "delete", f"of_{wrong.name}")
    uri = f"generic://:{wrong.secret}@"
    airflow.command("connections", "add", f"of_{wrong.name}", "--conn-uri", uri)
    airflow.trigger(DAG, "mended", accounts=[stopped.name, wrong.name])
    assert airflow.wait(DAG, "mended") == "success"
    for one in (stopped, wrong):
        assert one.differences(airflow.database) == []


def retype(airflow: Airflow, site: Site) -> None:
    """Give one account's table of members a type that it does not have in other accounts."""
    for command in (
        "drop view timecost.clockify_users",
        f'alter table {site.name}.users alter "memberships" type text using "memberships"::text',
    ):
        airflow.execute(command)


def check_types(airflow: Airflow, site: Site) -> None:
    """A column that has several types is text in the view, and all rows are there."""
    query = (
        "select pg_typeof(memberships)::text, count(*) from timecost.clockify_users "
        "where account = %(name)s and memberships is not null group by 1"
    )
    ((count,),) = airflow.rows(f"select count(memberships) from {site.name}.users")
    assert airflow.rows(query, name=site.name) == [("text", count)]
    assert count > 0


def test_airflow_reads_the_dags_without_meltano_and_without_a_network(tmp_path: Path) -> None:
    """However many accounts there are, the DAG is the same."""
    guard = tmp_path / "sitecustomize.py"
    guard.write_text("import socket\nsocket.socket.connect = None\n")
    given = {
        "PYTHONPATH": f"{tmp_path}:{ROOT}/orchestrate/dags",
        "AIRFLOW_HOME": str(tmp_path),
        "PATH": "",
    }
    code = "import timecost, timecost_freshness; print(len(timecost.SCHEDULES))"
    python = AIRFLOW.with_name("python")
    done = subprocess.run(
        [python, "-c", code], env=given, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr[-2000:]
