"""What the tables besides the core ask: routes, parameters, bodies, hosts, windows."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tap_clockify.hosts import reports_url
from tests.clockify.runs import KEYS, TABLES, Account, catalog, keyed, true_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.server import RecordedRequest

DOCUMENT = Path(__file__).parents[3] / "shared" / "data" / "clockify-openapi.json"

PAGE = "page=1&page-size=5000"
PAGE_200 = "page=1&page-size=200"
ROLES = {"GET /workspaces?roles=OWNER&roles=WORKSPACE_ADMIN": 1}
USERS = "users?status=ALL"
NOTHING: dict[str, int] = {}

LISTS: dict[str, str] = {
    "custom_fields": "GET {ws}/custom-fields",
    "expenses": f"GET {{ws}}/expenses?{PAGE}",
    "invoices": f"GET {{ws}}/invoices?sort-column=ID&{PAGE}",
    "holidays": "GET {ws}/holidays",
    "time_off_policies": f"GET {{ws}}/time-off/policies?status=ALL&{PAGE_200}",
    "time_off_requests": "POST {ws}/time-off/requests",
    "assignments": (
        "GET {ws}/scheduling/assignments/all?start=2017-01-01T00:00:00Z"
        f"&end=2031-09-13T23:59:59Z&sort-column=ID&{PAGE}"
    ),
    "project_assignment_totals": "POST {ws}/scheduling/assignments/projects/totals",
    "user_capacity_totals": "POST {ws}/scheduling/assignments/user-filter/totals",
    "approval_requests": (
        f"GET {{ws}}/approval-requests?sort-column=UPDATED_AT&sort-order=DESCENDING&{PAGE_200}"
    ),
    "shared_reports": (
        "GET /clockify/report/v1{ws}/shared-reports?sharedReportsFilter=ALL&page=1&pageSize=1000"
    ),
}
"""The one request of a table in the workspace whose plan has it."""

NEEDS_ROLES = {
    *("expenses", "invoices", "time_off_requests", "assignments", "user_capacity_totals"),
    *("approval_requests", "shared_reports"),
}


def counted(account: Account) -> Counter[str]:
    return Counter(account.requests())


@pytest.mark.parametrize("table", LISTS)
def test_a_list_is_asked_for_once_where_the_plan_has_it(account: Account, table: str) -> None:
    account.run(catalog=catalog([table]), invoice_details=False).ok()
    ws = f"/workspaces/{account.world.main_id}"
    roles = ROLES if table in NEEDS_ROLES else NOTHING
    asked = counted(account)
    assert asked.pop("GET /workspaces") == 1
    assert asked.pop(LISTS[table].format(ws=ws)) == 1
    assert asked == roles


def test_tables_with_other_requests(account: Account) -> None:
    world = account.world
    main, second = (f"/workspaces/{ident}" for ident in world.workspaces)

    def asked_for(*tables: str) -> set[str]:
        account.reset()
        account.run(catalog=catalog(tables)).ok()
        lines = counted(account)
        assert set(lines.values()) == {1}
        return {
            line
            for line in lines
            if not line.startswith("GET /workspaces?roles=") and "/users?" not in line
        } - {"GET /workspaces"}

    assert asked_for("workspace_memberships", "workspace_currencies") == set()
    assert asked_for("current_user") == {"GET /user?include-memberships=true"}
    assert asked_for("webhooks") == {f"GET {main}/webhooks", f"GET {second}/webhooks"}
    assert asked_for("expense_categories") == {
        f"GET {main}/expenses/categories?archived={archived}&{PAGE}"
        for archived in ("false", "true")
    }
    projects = {f"GET {ws}/projects?sort-column=ID&{PAGE}" for ws in (main, second)}
    assert asked_for("project_custom_fields") == {
        *projects,
        *(f"GET {main}/projects/{one}/custom-fields" for one in world.main.projects),
    }
    assert asked_for("member_profiles") == {
        f"GET /workspaces/{ident}/member-profile/{one}"
        for ident, data in world.workspaces.items()
        for one in data.users
    }
    assert asked_for("user_managers") == {
        f"GET /workspaces/{ident}/users/{one}/managers?sort-column=ID&{PAGE}"
        for ident, data in world.workspaces.items()
        for one in data.users
    }
    invoices = f"GET {main}/invoices?sort-column=ID&{PAGE}"
    details = {f"GET {main}/invoices/{one}" for one in world.main.invoices}
    payments = {f"GET {main}/invoices/{one}/payments?{PAGE}" for one in world.main.invoices}
    assert asked_for("invoices") == {invoices} | details
    assert asked_for("invoice_items") == {invoices} | details
    assert asked_for("invoice_payments") == {invoices} | payments
    assert asked_for("invoices", "invoice_items", "invoice_payments") == (
        {invoices} | details | payments
    )
    policies = f"GET {main}/time-off/policies?status=ALL&{PAGE_200}"
    balances = {
        f"GET {main}/time-off/balance/policy/{one}?{PAGE_200}"
        for one in world.main.time_off_policies
    }
    assert asked_for("time_off_balances") == {policies} | balances
    assert asked_for("balance_assignments") == {
        policies,
        *(
            f"GET {main}/time-off/balance/assignment/user/{user}/policy/{policy}"
            for user in world.main.users
            for policy in world.main.time_off_policies
        ),
    }
    approvals = LISTS["approval_requests"].format(ws=main)
    assert asked_for("approval_request_entries", "approval_request_expenses") == {approvals}


def test_invoices_without_columns_of_the_details_need_none(account: Account) -> None:
    chosen = catalog(["invoices"])
    (stream,) = [one for one in chosen["streams"] if one["tap_stream_id"] == "invoices"]
    for entry in stream["metadata"]:
        if entry["breadcrumb"] and entry["breadcrumb"][1] not in {"id", "workspaceId", "amount"}:
            entry["metadata"]["selected"] = False
    run = account.run(catalog=chosen).ok()
    assert set(run.records("invoices")[0]) == {"id", "workspaceId", "amount"}
    assert not any("/invoices/" in line for line in account.requests())


def test_the_core_alone_asks_what_it_asked_before(account: Account) -> None:
    account.run(catalog=catalog(TABLES)).ok()
    core = counted(account)
    account.reset()
    account.run().ok()
    assert counted(account) == core
    assert not any("roles=" in line.split("users?")[0] for line in core)


# -- bodies ----------------------------------------------------------------------------------------


def bodies(account: Account, route: str) -> list[dict[str, Any]]:
    """Return what was posted to a route."""
    return [json.loads(one.body) for one in account.running.requests if one.route.endswith(route)]


def posted(account: Account) -> list[RecordedRequest]:
    return [one for one in account.running.requests if one.method == "POST"]


REQUESTS = {"statuses": ["ALL"], "users": [], "userGroups": [], "page": 1, "pageSize": 200}


def totals(first: str, last: str) -> dict[str, Any]:
    window = {"start": first, "end": last}
    return {**window, "statusFilter": "PUBLISHED", "page": 1, "pageSize": 200}


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
    account: Account, settings: dict[str, Any], first: str, last: str
) -> None:
    tables = ["project_assignment_totals", "user_capacity_days", "time_off_requests"]
    account.run(catalog=catalog(tables), **settings).ok()
    assert bodies(account, "/projects/totals") == [totals(first, last)]
    assert bodies(account, "/user-filter/totals") == [totals(first, last)]
    assert bodies(account, "/time-off/requests") == [REQUESTS]
    for request in posted(account):
        assert {"content-type", "x-api-key"} <= {name.lower() for name in request.headers}


def test_totals_of_other_dates_are_true(account: Account) -> None:
    world = account.world
    world.set_window("2026-09-01T00:00:00Z", "2026-12-31T23:59:59Z")
    tables = ["project_assignment_totals", "user_capacity_totals", "user_capacity_days"]
    run = account.run(catalog=catalog(tables), start_date="2026-09-01", end_date="2026-12-31").ok()
    for table in tables:
        assert keyed(run.records(table), KEYS[table]) == keyed(true_rows(world, table), KEYS[table])


def test_assignments_of_dates_are_never_versioned(account: Account) -> None:
    settings: dict[str, Any] = {
        "catalog": catalog(["assignments"]),
        "workspace_ids": [account.world.main_id],
        "emit_activate_version_messages": True,
    }
    run = account.run(**settings, start_date="2026-09-01", end_date="2026-09-30").ok()
    assert run.versioned == []
    assert all("version" not in message for message in run.of("RECORD"))
    assert "start=2026-09-01T00:00:00Z&end=2026-09-30T23:59:59Z" in account.requests()[-1]
    whole = account.run(**settings).ok()
    assert whole.versioned == ["assignments"]
    assert len(whole.records("assignments")) > len(run.records("assignments")) > 0


def test_a_post_that_breaks_on_the_way_is_sent_again(account: Account) -> None:
    for kind in ("reset", "truncate_body", "empty"):
        account.fault("/time-off/requests", kind, times=1)
    account.fault("/projects/totals", "status", code=503, times=1)
    tables = catalog(["time_off_requests", "project_assignment_totals"])
    run = account.run(catalog=tables, max_retries=3).ok()
    assert len(run.records("time_off_requests")) == 30
    assert bodies(account, "/time-off/requests") == [REQUESTS] * 4
    assert "POST /workspaces/{workspaceId}/time-off/requests" in run.log


def test_several_pages_of_a_posted_list(start: Callable[..., Account]) -> None:
    account = start()
    world = account.world
    for _ in range(420):
        world.insert_row(world.main_id, "time_off_requests")
    run = account.run(catalog=catalog(["time_off_requests"])).ok()
    assert len(run.records("time_off_requests")) == 450
    assert [body["page"] for body in bodies(account, "/time-off/requests")] == [1, 2, 3]


# -- hosts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "url"),
    [
        ({"region": "global"}, "https://reports.api.clockify.me/v1"),
        ({"region": "euc1"}, "https://euc1.clockify.me/report/v1"),
        ({"api_url": "https://api.clockify.me/api/v1/"}, "https://reports.api.clockify.me/v1"),
        ({"api_url": "https://acme.clockify.me/api/v1"}, "https://acme.clockify.me/report/v1"),
        ({"api_url": "http://h:1/x/api/v1"}, "http://h:1/x/report/v1"),
        ({"api_url": "https://h/api", "reports_url": "https://h/reports/"}, "https://h/reports"),
    ],
)
def test_where_reports_are(config: dict[str, Any], url: str) -> None:
    assert reports_url({"region": "global", **config}) == url


def test_shared_reports_of_another_host(start: Callable[..., Account], account: Account) -> None:
    """Credentials go to the host that the setting names, and nowhere else."""
    other = start()
    run = account.run(
        catalog=catalog(["shared_reports"]), reports_url=f"{other.running.url}/clockify/report/v1"
    ).ok()
    assert len(run.records("shared_reports")) == 9
    assert [one.route for one in other.running.requests] == [
        "/clockify/report/v1/workspaces/{workspaceId}/shared-reports"
    ]
    assert not any("shared-reports" in line for line in account.requests())


def test_a_wrong_reports_url(account: Account) -> None:
    run = account.run(
        catalog=catalog(["shared_reports"]), reports_url=f"{account.running.url}/clockify/nowhere"
    )
    assert run.code == 1
    assert "There is no such route: check reports_url." in run.log


# -- the published description ---------------------------------------------------------------------


@pytest.mark.skipif(not DOCUMENT.exists(), reason="the published description is not there")
def test_every_route_and_parameter_is_a_documented_one(account: Account) -> None:
    account.run(catalog=catalog()).ok()
    documented = json.loads(DOCUMENT.read_text())
    schemas = documented["components"]["schemas"]
    for request in account.running.requests:
        route = re.sub("^/clockify/(api|report|audit)/v1", "", request.route)
        operation = documented["paths"][f"/v1{route}"][request.method.lower()]
        known = {
            p["name"]: p["schema"] for p in operation.get("parameters", ()) if p["in"] == "query"
        }
        for name, value in request.query:
            assert name in known, (route, name)
            allowed = known[name].get("enum") or known[name].get("items", {}).get("enum")
            assert allowed is None or value in allowed, (route, name, value)
        if request.method == "POST":
            (content,) = operation["requestBody"]["content"].values()
            properties = schemas[content["schema"]["$ref"].rsplit("/", 1)[-1]]["properties"]
            assert json.loads(request.body).keys() <= properties.keys()
