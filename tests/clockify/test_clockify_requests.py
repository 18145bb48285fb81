"""What is asked, how often and with which parameters; what a selection leaves out."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from tests.clockify.runs import (
    ENTRIES,
    ENTRY_TABLES,
    PREFIX,
    TABLES,
    TASKS,
    WORKSPACE,
    Account,
    catalog,
)
from tests.common.runs import NOW, Run, TurningClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clockify.workspaces import WorkspaceData

DOCUMENT = Path(__file__).parents[3] / "shared" / "data" / "clockify-openapi.json"

PAGE = "page=1&page-size=5000"
USERS = (
    "users?status=ALL&account-statuses=ACTIVE&account-statuses=PENDING_EMAIL_VERIFICATION"
    "&account-statuses=DELETED&account-statuses=NOT_REGISTERED&account-statuses=LIMITED"
    f"&account-statuses=LIMITED_DELETED&memberships=ALL&include-roles=false&sort-column=ID&{PAGE}"
)
LISTS = (
    USERS,
    f"user-groups?includeTeamManagers=true&sort-column=ID&{PAGE}",
    f"clients?{PAGE}",
    f"projects?sort-column=ID&hydrated=true&{PAGE}",
    f"tags?sort-column=ID&{PAGE}",
)


def compared(data: WorkspaceData) -> str:
    """Return the project whose list of tasks a first run compares with hydrated projects."""
    counts = Counter(task.projectId for task in data.tasks.values())
    return min(data.projects, key=lambda one: (-counts[one], one))


def expected_requests(account: Account, query: str = "", *, again: bool = False) -> Counter[str]:
    """Return what a run over all tables sends.

    Args:
        account: whose.
        query: what the entries have more in their query.
        again: whether an earlier run found that tasks come with the projects of the main workspace;
            in the second one none is done, so nothing shows that done ones come.
    """
    asked = ["GET /workspaces"]
    for ident, data in account.world.workspaces.items():
        base = f"GET /workspaces/{ident}"
        asked += [f"{base}/{one}" for one in LISTS]
        lists = [] if again and ident == account.world.main_id else [compared(data)]
        asked += [f"{base}/projects/{one}/tasks?sort-column=ID&{PAGE}" for one in lists]
        asked += [f"{base}/user/{one}/time-entries?{query}{PAGE}" for one in data.users]
    return Counter(asked)


def test_a_full_run_asks_each_thing_once(account: Account) -> None:
    account.run().ok()
    assert Counter(account.requests()) == expected_requests(account)


def test_an_incremental_run_asks_for_a_padded_window(account: Account) -> None:
    state = account.run().ok().state
    account.running.reset_requests()
    account.run(state=state, lookback_days=10).ok()
    # the bookmark is now; 10 days of look-back and a day for the account's zone are taken off
    query = "start=2026-09-04T12:30:00Z&"
    assert Counter(account.requests()) == expected_requests(account, query, again=True)


def test_dates_bound_the_window(account: Account) -> None:
    account.run(start_date="2026-09-01", end_date="2026-09-10").ok()
    # the end date's whole day is included
    query = "start=2026-08-31T00:00:00Z&end=2026-09-12T00:00:00Z&"
    assert Counter(account.requests()) == expected_requests(account, query)


def test_moments_in_dates_keep_their_zone(account: Account) -> None:
    account.run(
        start_date="2026-09-01T02:00:00+02:00", end_date="2026-09-10T00:00:00", workspace_ids=None
    ).ok()
    query = "start=2026-08-31T00:00:00Z&end=2026-09-11T00:00:00Z&"
    assert Counter(account.requests()) == expected_requests(account, query)


def test_workspace_ids_leave_the_others_unasked(account: Account) -> None:
    world = account.world
    run = account.run(workspace_ids=[world.second_id]).ok()
    assert not any(world.main_id in request for request in account.requests())
    assert [row["id"] for row in run.records("workspaces")] == [world.second_id]
    assert "came twice" not in run.log
    for table in set(TABLES) - {"workspaces"}:
        rows = run.records(table)
        assert {row["workspaceId"] for row in rows} <= {world.second_id}
    assert {row["userId"] for row in run.records("time_entries")} == set(
        world.workspaces[world.second_id].users
    )


def test_each_request_carries_one_credential_and_who_asks(account: Account) -> None:
    account.run().ok()
    for request in account.running.requests:
        names = [name.lower() for name in request.headers]
        assert [name for name in names if name in {"x-api-key", "x-addon-token"}] == ["x-api-key"]
        assert "user-agent" in names
        assert "cookie" not in names


@pytest.mark.parametrize("versions", [False, True])
def test_workers_change_nothing(start: Callable[..., Account], versions: bool) -> None:
    account = start(members=24, entries=500)
    outputs = set()
    for workers in (1, 8, 16):
        account.running.reset_requests()
        run = account.run(max_concurrency=workers, emit_activate_version_messages=versions).ok()
        outputs.add(run.output)
        assert Counter(account.requests()) == expected_requests(account)
    assert len(outputs) == 1


def test_workers_change_nothing_over_many_pages(start: Callable[..., Account]) -> None:
    account = start(members=3, entries=20_000)
    tables = catalog(["time_entries"], without=[("time_entries", "customFieldValues")])
    outputs = {account.run(catalog=tables, max_concurrency=n).ok().output for n in (1, 8)}
    assert len(outputs) == 1


def test_requests_a_second_are_paced(account: Account) -> None:
    clock = TurningClock()
    account.run(clock=clock, max_requests_per_second=10, max_concurrency=1).ok()
    assert round((clock.now() - NOW).total_seconds(), 2) == 2.8  # 29 requests, 28 gaps


# -- selection -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tables", "routes"),
    [
        (["workspaces"], {}),
        (["tags"], {"tags": 2}),
        (["clients"], {"clients": 2}),
        (["time_entries"], {"users": 2, "time-entries": 16}),
        (["time_entry_tags"], {"users": 2, "time-entries": 16}),
        (["time_entry_custom_fields", "time_entry_tags"], {"users": 2, "time-entries": 16}),
        (["tasks"], {"projects": 2, "tasks": 2}),
        (["user_memberships"], {"users": 2}),
        (["project_memberships", "tasks"], {"projects": 2, "tasks": 2}),
        (["user_group_members"], {"user-groups": 2}),
        ([], {}),
    ],
)
def test_only_what_is_needed_is_asked(
    account: Account, tables: list[str], routes: dict[str, int]
) -> None:
    run = account.run(catalog=catalog(tables)).ok()
    asked = Counter(template.rsplit("/", 1)[-1] for template in account.templates())
    assert asked == {"workspaces": 1, **routes}
    assert {message["stream"] for message in run.of("SCHEMA")} == set(tables)
    assert set(run.counts()) == set(tables)


def test_a_table_alone_equals_the_same_table_in_a_whole_run(account: Account) -> None:
    whole = account.run().ok()
    for table in TABLES:
        alone = account.run(catalog=catalog([table])).ok()
        assert alone.records(table) == whole.records(table) != [], table


def test_deselected_properties_do_not_appear(account: Account) -> None:
    hidden = [
        ("time_entries", "description"),
        ("time_entries", "tagIds"),
        ("time_entries", "customFieldValues"),
        ("time_entries", "timeInterval", "duration"),
        ("users", "email"),
        ("users", "memberships"),
        ("users", "settings", "summaryReportSettings", "group"),
        ("projects", "memberships"),
        ("time_entry_tags", "userId"),
        ("workspaces", "workspaceSettings"),
    ]
    whole = account.run().ok()
    run = account.run(catalog=catalog(TABLES, without=hidden)).ok()
    schemas = {message["stream"]: message["schema"] for message in run.of("SCHEMA")}
    for table, *path in hidden:
        *parents, name = path
        for row in run.records(table):
            holder: Any = row
            for parent in parents:
                holder = holder and holder.get(parent)
            assert not holder or name not in holder
        schema = schemas[table]
        for parent in parents:
            schema = schema["properties"][parent]
        assert name not in schema["properties"]
    for table in TABLES:
        kept = [
            _without(row, [p for t, *p in hidden if t == table]) for row in whole.records(table)
        ]
        assert run.records(table) == kept, table


def test_a_deselected_interval_still_bounds_the_rows(account: Account) -> None:
    tables = catalog(["time_entries"], without=[("time_entries", "timeInterval")])
    run = account.run(catalog=tables).ok()
    assert all("timeInterval" not in row and row["start"] for row in run.records("time_entries"))
    for one in run.state["bookmarks"]["time_entries"]["partitions"]:
        assert one["unfinished"]


def test_keys_and_the_replication_key_cannot_be_deselected(account: Account) -> None:
    hidden = [("time_entries", "id"), ("time_entries", "start"), ("users", "workspaceId")]
    run = account.run(catalog=catalog(TABLES, without=hidden)).ok()
    for table, name in hidden:
        assert all(row[name] for row in run.records(table))


def _without(row: dict[str, Any], paths: list[list[str]]) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(json.dumps(row))
    for *parents, name in paths:
        holder: Any = kept
        for parent in parents:
            holder = holder and holder.get(parent)
        if holder:
            holder.pop(name, None)
    return kept


# -- the published description ---------------------------------------------------------------------


@pytest.mark.skipif(not DOCUMENT.exists(), reason="the published description is not there")
def test_every_parameter_is_a_documented_one(account: Account) -> None:
    account.run(start_date="2026-09-01", end_date="2026-09-10").ok()
    documented = json.loads(DOCUMENT.read_text())["paths"]
    for request in account.running.requests:
        route = f"/v1{request.route.removeprefix(PREFIX)}"
        operation = documented[route]["get"]
        known = {
            p["name"]: p["schema"] for p in operation.get("parameters", ()) if p["in"] == "query"
        }
        for name, value in request.query:
            assert name in known, (route, name)
            allowed = known[name].get("enum") or known[name].get("items", {}).get("enum")
            assert allowed is None or value in allowed, (route, name, value)


# -- zones -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "Europe/Belgrade"])
def test_no_zone_of_the_account_loses_entries(account: Account, zone: str) -> None:
    world = account.world
    world.account_zone = zone
    assert NOW.astimezone(ZoneInfo(zone))
    edge = datetime(2026, 9, 1, tzinfo=NOW.tzinfo)
    minute = timedelta(minutes=1)
    inside = [
        world.insert_entry(world.main_id, world.owner_id, timeInterval=_interval(at))
        for at in (edge, edge + minute, edge + timedelta(days=2) - minute)
    ]
    outside = [
        world.insert_entry(world.main_id, world.owner_id, timeInterval=_interval(at))
        for at in (edge - minute, edge + timedelta(days=2))
    ]
    run = account.run(
        start_date="2026-09-01", end_date="2026-09-02", catalog=catalog(ENTRY_TABLES)
    ).ok()
    found = {row["id"] for row in run.records("time_entries")}
    assert set(inside) <= found
    assert not found & set(outside)


def _interval(start: datetime) -> dict[str, str]:
    end = start + timedelta(minutes=30)
    return {"start": f"{start:%Y-%m-%dT%H:%M:%SZ}", "end": f"{end:%Y-%m-%dT%H:%M:%SZ}"}


def test_routes_are_the_documented_ones(account: Account) -> None:
    account.run().ok()
    names = ("users", "user-groups", "clients", "projects", "tags")
    lists = {f"{WORKSPACE}/{name}" for name in names}
    assert set(account.templates()) == {"/workspaces", *lists, TASKS, ENTRIES}


def test_entry_tables_share_one_read(account: Account) -> None:
    run: Run = account.run(catalog=catalog(ENTRY_TABLES)).ok()
    assert set(run.counts()) == set(ENTRY_TABLES)
    assert account.templates().count(ENTRIES) == 16
