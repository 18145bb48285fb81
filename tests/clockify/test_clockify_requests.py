"""What is asked, with which parameters and bodies, of which host."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.clockify import truth
from tap_clockify.hosts import audit_log_url, reports_url
from tests.clockify.published import document
from tests.clockify.runs import (
    ENTRY_TABLES,
    REPORTS,
    ROUTES,
    TABLES,
    TOTALS,
    VERSIONS,
    WINDOWED,
    Account,
    catalog,
    difference,
    true_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clockify.world import World

PAGE, PAGE_200 = "page=1&page-size=5000", "page=1&page-size=200"
ROLES = "GET /workspaces?roles=OWNER&roles=WORKSPACE_ADMIN"
STATUSES = "".join(
    f"&account-statuses={one}"
    for one in (
        *("LIMITED_DELETED", "PENDING_EMAIL_VERIFICATION", "ACTIVE"),
        *("NOT_REGISTERED", "LIMITED", "DELETED"),
    )
)

LISTS: dict[str, list[str]] = {
    "current_user": ["GET /user?include-memberships=true"],
    "users": [
        (
            f"GET {{ws}}/users?status=ALL{STATUSES}&memberships=ALL&include-roles=false"
            f"&sort-column=ID&{PAGE}"
        )
    ],
    "user_groups": [f"GET {{ws}}/user-groups?includeTeamManagers=true&sort-column=ID&{PAGE}"],
    "clients": [f"GET {{ws}}/clients?sort-column=ID&{PAGE}"],
    "projects": [f"GET {{ws}}/projects?sort-column=ID&{PAGE}"],
    "tags": [f"GET {{ws}}/tags?sort-column=ID&{PAGE}"],
    "custom_fields": ["GET {main}/custom-fields"],
    "expense_categories": [
        f"GET {{main}}/expenses/categories?archived={archived}&{PAGE}"
        for archived in ("false", "true")
    ],
    "expenses": [ROLES, f"GET {{main}}/expenses?{PAGE}"],
    "holidays": ["GET {main}/holidays"],
    "time_off_policies": [f"GET {{main}}/time-off/policies?status=ALL&{PAGE_200}"],
    "time_off_requests": [ROLES, "POST {main}/time-off/requests"],
    "assignments": [
        ROLES,
        (
            "GET {main}/scheduling/assignments/all?start=2017-01-01T00:00:00Z"
            f"&end=2031-09-13T23:59:59Z&sort-column=ID&{PAGE}"
        ),
    ],
    "project_assignment_totals": ["POST {main}/scheduling/assignments/projects/totals"],
    "user_capacity_totals": [ROLES, "POST {main}/scheduling/assignments/user-filter/totals"],
    "approval_requests": [
        ROLES,
        f"GET {{main}}/approval-requests?sort-column=UPDATED_AT&sort-order=DESCENDING&{PAGE_200}",
    ],
    "webhooks": [ROLES, "GET {ws}/webhooks"],
    "shared_reports": [
        ROLES,
        "GET /clockify/report/v1{main}/shared-reports?sharedReportsFilter=ALL&page=1&pageSize=1000",
    ],
}
"""What a table asks: of both workspaces ({ws}), or of that whose plan has it ({main})."""


@pytest.mark.parametrize("table", LISTS)
def test_a_list_is_asked_for_whole_and_once(shared: Account, table: str) -> None:
    shared.reset()
    shared.run(catalog=catalog([table])).ok()
    main, second = (f"/workspaces/{ident}" for ident in shared.world.workspaces)
    expected = ["GET /workspaces"]
    for line in LISTS[table]:
        homes = (main, second) if "{ws}" in line else (main,)
        expected += [line.format(ws=home, main=main) for home in homes]
    assert sorted(shared.requests()) == sorted(expected)


def test_the_core_asks_for_nothing_more(shared: Account) -> None:
    shared.reset()
    shared.run().ok()
    asked = Counter(route.rsplit("/", 1)[-1] for route in shared.templates())
    lists = dict.fromkeys(("users", "user-groups", "clients", "projects", "tags", "tasks"), 2)
    assert asked == {"workspaces": 1, **lists, "time-entries": 16}
    assert sum("hydrated=true" in line for line in shared.requests()) == 2


def test_each_request_carries_one_credential_and_who_asks(shared: Account) -> None:
    shared.reset()
    shared.run(catalog=catalog()).ok()
    for request in shared.running.requests:
        names = Counter(name.lower() for name in request.headers)
        assert (names["x-api-key"], names["x-addon-token"]) == (1, 0)
        assert "user-agent" in names
        assert "cookie" not in names
        assert ("content-type" in names) == (request.method == "POST")


def test_every_route_parameter_and_member_is_a_documented_one(shared: Account) -> None:
    documented = document()
    shared.reset()
    dates: dict[str, Any] = {"start_date": "2026-06-01", "end_date": "2026-09-10"}
    shared.run(catalog=catalog(), **dates).ok()
    schemas = documented["components"]["schemas"]
    for request in shared.running.requests:
        route = re.sub("^/clockify/(api|report|audit)/v1", "", request.route)
        operation = documented["paths"][f"/v1{route}"][request.method.lower()]
        known = {
            one["name"]: one["schema"]
            for one in operation.get("parameters", ())
            if one["in"] == "query"
        }
        for name, value in request.query:
            assert name in known, (route, name)
            allowed = known[name].get("enum") or known[name].get("items", {}).get("enum")
            assert allowed is None or value in allowed, (route, name, value)
        if request.method == "POST":
            (content,) = operation["requestBody"]["content"].values()
            properties = schemas[content["schema"]["$ref"].rsplit("/", 1)[-1]]["properties"]
            posted = json.loads(request.body)
            assert posted.keys() <= properties.keys()
            if actions := posted.get("actions"):
                assert {*actions} == {*properties["actions"]["items"]["enum"]}


# -- workspaces and dates --------------------------------------------------------------------------


def test_workspace_ids_leave_the_others_unasked(shared: Account) -> None:
    world = shared.world
    shared.reset()
    run = shared.run(workspace_ids=[world.second_id]).ok()
    assert not any(world.main_id in request for request in shared.requests())
    assert [row["id"] for row in run.records("workspaces")] == [world.second_id]
    for table in {*TABLES} - {"workspaces"}:
        expected = true_rows(world, table, world.second_id)
        if table != "user_memberships":  # which are of anywhere
            assert difference(table, expected, run.records(table)) == ""


@pytest.mark.parametrize(
    ("settings", "query", "first", "last"),
    [
        # the end date's whole day is included; a day for the account's zone is asked on both sides
        (
            {"start_date": "2026-09-01", "end_date": "2026-09-10"},
            "start=2026-08-31T00:00:00Z&end=2026-09-12T00:00:00Z&",
            *("2026-09-01", "2026-09-11"),
        ),
        (
            {"start_date": "2026-09-01T02:00:00+02:00", "end_date": "2026-09-10T00:00:00"},
            "start=2026-08-31T00:00:00Z&end=2026-09-11T00:00:00Z&",
            *("2026-09-01", "2026-09-10"),
        ),
        (
            {"start_date": "2026-09-03T07:00:00Z", "end_date": "2026-09-03"},
            "start=2026-09-02T07:00:00Z&end=2026-09-05T00:00:00Z&",
            *("2026-09-03T07:00:00", "2026-09-04"),
        ),
    ],
    ids=["days", "moments", "one day"],
)
def test_dates_choose_the_entries(
    shared: Account, settings: dict[str, Any], query: str, first: str, last: str
) -> None:
    shared.reset()
    run = shared.run(catalog=catalog(ENTRY_TABLES), **settings, **VERSIONS).ok()
    lines = {line.partition("time-entries?")[2] for line in shared.requests()} - {""}
    assert lines == {f"{query}{PAGE}"}
    entries = true_rows(shared.world, "time_entries")
    expected = {row["id"] for row in entries if first <= row["start"] < last}
    assert {row["id"] for row in run.records("time_entries")} == expected != set()
    for table in ENTRY_TABLES[1:]:
        assert {row["timeEntryId"] for row in run.records(table)} <= expected
    assert run.versioned == []


@pytest.mark.parametrize("dates", [{"end_date": "9999-12-31"}, {"start_date": "0001-01-01"}])
def test_dates_at_the_ends_of_the_calendar_mean_no_bound(
    shared: Account, dates: dict[str, Any]
) -> None:
    run = shared.run(catalog=catalog(["time_entries"]), **dates).ok()
    assert (
        difference(
            "time_entries", true_rows(shared.world, "time_entries"), run.records("time_entries")
        )
        == ""
    )


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "Europe/Belgrade"])
def test_no_zone_of_the_account_loses_entries(account: Account, world: World, zone: str) -> None:
    world.account_zone = zone
    edge, minute = datetime(2026, 9, 1, tzinfo=timezone.utc), timedelta(minutes=1)

    def insert(*starts: datetime) -> set[str]:
        return {
            world.insert_entry(
                world.main_id,
                world.owner_id,
                timeInterval={
                    "start": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                    "end": f"{at + timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}",
                },
            )
            for at in starts
        }

    inside = insert(edge, edge + minute, edge + timedelta(days=2) - minute)
    outside = insert(edge - minute, edge + timedelta(days=2))
    dates: dict[str, Any] = {"start_date": "2026-09-01", "end_date": "2026-09-02"}
    run = account.run(catalog=catalog(["time_entries"]), **dates).ok()
    found = {row["id"] for row in run.records("time_entries")}
    assert inside <= found
    assert not found & outside


# -- bodies ----------------------------------------------------------------------------------------

WANTED = {"statuses": ["ALL"], "users": [], "userGroups": [], "page": 1, "pageSize": 200}


@pytest.mark.parametrize(
    ("settings", "first", "last"),
    [
        ({}, "2026-08-16T00:00:00Z", "2026-10-14T23:59:59Z"),
        (
            {"start_date": "2026-01-01", "end_date": "2027-03-31"},
            *("2026-01-01T00:00:00Z", "2027-03-31T23:59:59Z"),
        ),
        ({"start_date": "2026-01-01"}, "2026-01-01T00:00:00Z", "2026-10-14T23:59:59Z"),
        ({"start_date": "2028-01-01"}, "2028-01-01T00:00:00Z", "2028-02-29T23:59:59Z"),
        ({"end_date": "2026-12-31"}, "2026-08-16T00:00:00Z", "2026-12-31T23:59:59Z"),
        ({"end_date": "2020-12-31"}, "2020-11-02T00:00:00Z", "2020-12-31T23:59:59Z"),
    ],
    ids=str,
)
def test_totals_are_of_the_dates_or_of_a_window_around_today(
    shared: Account, settings: dict[str, Any], first: str, last: str
) -> None:
    shared.reset()
    run = shared.run(catalog=catalog([*TOTALS, "time_off_requests"]), **settings).ok()
    window = {"start": first, "end": last}
    asked = {**window, "statusFilter": "PUBLISHED", "page": 1, "pageSize": 200}
    assert shared.bodies("/projects/totals") == [asked]
    assert shared.bodies("/user-filter/totals") == [asked]
    assert shared.bodies("/time-off/requests") == [WANTED]
    shared.world.set_window(first, last)
    for table in TOTALS:
        assert difference(table, truth.rows(shared.world, table), run.records(table)) == ""


def test_assignments_of_dates_are_never_versioned(shared: Account) -> None:
    settings: dict[str, Any] = {"catalog": catalog(["assignments"]), **VERSIONS}
    settings["workspace_ids"] = [shared.world.main_id]
    run = shared.run(**settings, start_date="2026-09-01", end_date="2026-09-30").ok()
    assert run.versioned == []
    assert all("version" not in message for message in run.of("RECORD"))
    assert "start=2026-09-01T00:00:00Z&end=2026-09-30T23:59:59Z" in shared.requests()[-1]
    whole = shared.run(**settings).ok()
    assert whole.versioned == ["assignments"]
    assert len(whole.records("assignments")) > len(run.records("assignments")) > 0


def test_a_post_that_breaks_on_the_way_is_sent_again(account: Account) -> None:
    for kind in ("reset", "truncate_body", "empty"):
        account.fault("/time-off/requests", kind, times=1)
    account.fault("/projects/totals", "status", code=503, times=1)
    tables = catalog(["time_off_requests", "project_assignment_totals"])
    run = account.run(catalog=tables, max_retries=3).ok()
    assert len(run.records("time_off_requests")) == 30
    assert account.bodies("/time-off/requests") == [WANTED] * 4
    assert "POST /workspaces/{workspaceId}/time-off/requests" in run.log


def test_several_pages_of_a_posted_list(account: Account, world: World) -> None:
    for _ in range(420):
        world.insert_row(world.main_id, "time_off_requests")
    run = account.run(catalog=catalog(["time_off_requests"])).ok()
    assert len(run.records("time_off_requests")) == 450
    assert [body["page"] for body in account.bodies("/time-off/requests")] == [1, 2, 3]


DETAILED = {"page": 1, "pageSize": 1000, "sortColumn": "ID", "options": {"totals": "EXCLUDE"}}
ATTENDANCE = {"page": 1, "pageSize": 200, "sortColumn": "DATE", "hasTimeOff": True}
FILTERS: dict[str, dict[str, Any]] = {
    "detailed_report": {"amountShown": "EARNED", "detailedFilter": DETAILED},
    "user_day_totals": {
        "amountShown": "EARNED",
        "rounding": False,
        "summaryFilter": {"groups": ["USER", "DATE"]},
    },
    "attendance_report": {"attendanceFilter": ATTENDANCE},
    "expense_report": {"page": 1, "pageSize": 1000, "sortColumn": "ID"},
}


def test_what_reports_and_the_audit_log_are_asked_between_dates(account: Account) -> None:
    world = account.world
    account.by_months()
    world.set_window("2026-07-01T00:00:00Z", "2026-08-31T23:59:59Z")
    dates: dict[str, Any] = {"start_date": "2026-07-01", "end_date": "2026-08-31"}
    run = account.run(catalog=catalog(WINDOWED), **dates).ok()
    every = {"timeZone": "UTC", "exportType": "JSON", "sortOrder": "ASCENDING"}
    for table in REPORTS:
        asked = account.bodies(ROUTES[table], world.main_id)
        assert [body for body in asked if '"page": 2' not in json.dumps(body)] == [
            {
                "dateRangeStart": f"2026-{month}-01T00:00:00.000",
                "dateRangeEnd": f"2026-{month}-31T23:59:59.999",
                **every,
                **FILTERS[table],
            }
            for month in ("07", "08")
        ]
        expected = truth.rows(world, table)
        assert difference(table, expected, run.records(table)) == ""
        assert expected
    nobody = {"authorIds": [], "contains": "DOES_NOT_CONTAIN"}
    borders = ["2026-07-01", "2026-07-30", "2026-08-28", "2026-09-01"]
    logs = account.bodies("/audit-log")
    assert all(body.pop("actions") for body in logs)
    assert logs == [
        {
            "authors": nobody,
            "start": f"{low}T00:00:00Z",
            "end": f"{high}T00:00:00Z",
            "page": 1,
            "page-size": 50,
        }
        for low, high in pairwise(borders)
    ]
    entries = [
        row
        for row in true_rows(world, "audit_log")
        if "2026-07-01" <= row["timestamp"] < "2026-09-01"
    ]
    assert difference("audit_log", entries, run.records("audit_log")) == ""
    assert entries


# -- hosts -----------------------------------------------------------------------------------------

EURO, ACME = {"region": "euc1"}, {"api_url": "https://acme.clockify.me/api/v1"}
GLOBAL: tuple[dict[str, str], ...] = ({}, {"api_url": "https://api.clockify.me/api/v1/"})


@pytest.mark.parametrize(
    ("config", "reports", "audit_log"),
    [
        *(
            (one, "https://reports.api.clockify.me/v1", "https://auditlog-api.api.clockify.me/v1")
            for one in GLOBAL
        ),
        (EURO, "https://euc1.clockify.me/report/v1", None),
        (ACME, "https://acme.clockify.me/report/v1", None),
        ({"api_url": "http://h:1/x/api/v1"}, "http://h:1/x/report/v1", "http://h:1/x/audit/v1"),
        (
            {"api_url": "https://clockify.me.example/api/v1"},
            "https://clockify.me.example/report/v1",
            "https://clockify.me.example/audit/v1",
        ),
        (
            {**EURO, "reports_url": "https://h/reports/", "audit_log_url": "https://h/log/"},
            *("https://h/reports", "https://h/log"),
        ),
    ],
    ids=str,
)
def test_where_reports_and_the_audit_log_are(
    config: dict[str, Any], reports: str, audit_log: str | None
) -> None:
    given = {"region": "global", **config}
    assert (reports_url(given), audit_log_url(given)) == (reports, audit_log)


@pytest.mark.parametrize(
    ("table", "setting", "host", "route"),
    [
        ("shared_reports", "reports_url", "report", "/shared-reports"),
        ("audit_log", "audit_log_url", "audit", "/audit-log"),
    ],
)
def test_the_host_that_a_setting_names(
    start: Callable[..., Account], shared: Account, table: str, setting: str, host: str, route: str
) -> None:
    """Requests and credentials go there, and nowhere else."""
    other = start()
    shared.reset()
    url: dict[str, Any] = {setting: f"{other.running.url}/clockify/{host}/v1"}
    run = shared.run(catalog=catalog([table]), **url).ok()
    assert len(run.records(table)) == len(true_rows(shared.world, table))
    assert {one.route for one in other.running.requests} == {
        f"/clockify/{host}/v1/workspaces/{{workspaceId}}{route}"
    }
    assert not any(route in line for line in shared.requests())
    wrong: dict[str, Any] = {setting: f"{other.running.url}/clockify/nowhere"}
    run = shared.run(catalog=catalog([table]), **wrong)
    assert run.code == 1
    assert f"There is no such route: check {setting}." in run.log
