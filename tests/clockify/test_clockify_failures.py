"""What the service does wrong, and what the run makes of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.clockify.runs import (
    ENTRY_TABLES,
    ROUTES,
    TABLES,
    VERSIONS,
    WINDOWED,
    Account,
    Copy,
    catalog,
    differences,
)
from tests.common.runs import TurningClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.clockify.world import World

STAYS = "If it stays, ask Clockify's support and name the time and the request id."
NOT_USABLE = "answered 200, but the page is not usable: "
UNAUTHORIZED = "answered 401 Unauthorized. Clockify does not accept the credentials"
NO_LIST = "expected a list of rows, got an object"


@pytest.fixture
def broken(shared: Account) -> Iterator[Account]:
    """The account of all tests here that break its answers only."""
    shared.reset()
    yield shared
    shared.mended()


# -- answers that leave nothing to use -------------------------------------------------------------

BROKEN: list[tuple[str, dict[str, Any], int, str]] = [
    ("status", {"code": 400}, 1, f"answered 400 Bad Request. {STAYS}"),
    ("status", {"code": 401}, 1, UNAUTHORIZED),
    ("status", {"code": 403}, 1, "answered 403 Forbidden. The key's role or the workspace's plan"),
    ("status", {"code": 404}, 1, "answered 404 Not Found. There is no such route: check api_url"),
    ("status", {"code": 500}, 2, f"answered 500 Internal Server Error after 2 tries. {STAYS}"),
    ("status", {"code": 503}, 2, f"answered 503 Service Unavailable after 2 tries. {STAYS}"),
    ("html", {}, 1, "answered with a web page instead of JSON: is this the API?"),
    ("truncate_body", {}, 2, "sent an answer that breaks off after 2 tries."),
    ("truncate_json", {}, 2, "is not JSON, or breaks off"),
    ("reset", {}, 2, "could not be reached, or closed the connection after 2 tries."),
    (
        "redirect",
        {"location": "https://elsewhere.example/"},
        *(1, "redirects to elsewhere.example"),
    ),
    ("empty", {}, 2, "answered with nothing after 2 tries."),
    ("envelope", {}, 1, f"{NOT_USABLE}{NO_LIST}"),
    ("blank_key", {}, 1, f"{NOT_USABLE}a row whose id is null"),
    ("remove", {"field": "id"}, 1, f"{NOT_USABLE}a row without id"),
    (
        "status",
        {"code": 200, "body": '["x"]'},
        *(1, f"{NOT_USABLE}expected a list of objects, got a list with text"),
    ),
    ("status", {"code": 200, "body": "{}"}, 1, f"{NOT_USABLE}{NO_LIST}"),
    ("status", {"code": 200, "body": '[{"id": "1"'}, 2, "is not JSON, or breaks off"),
    ("status", {"code": 204}, 2, "answered with nothing after 2 tries."),
]
"""Fault, its parameters, how often it is asked, and what is said."""


@pytest.mark.parametrize(("kind", "parameters", "tries", "says"), BROKEN)
def test_a_broken_answer_leaves_the_other_tables_whole(
    broken: Account, kind: str, parameters: dict[str, Any], tries: int, says: str
) -> None:
    main, second = broken.world.workspaces
    broken.fault(f"{main}/tags", kind, **parameters)
    run = broken.run(catalog=catalog(["tags", "clients"]), **VERSIONS)
    assert run.code == 1
    assert run.error == (
        "1 of 2 tables are incomplete (tags); the reasons stand above. The others were read."
    )
    (reason,) = [line for line in run.lines if line.startswith("tags failed")]
    assert reason.startswith(f"tags failed (workspaceId {main}): GET /workspaces/")
    assert says in reason
    assert differences(broken.world, run, ["clients"]) == {}
    assert run.versioned == ["clients"]
    assert {row["workspaceId"] for row in run.records("tags")} == {second}
    assert len(broken.requests()) == 1 + tries + 1 + 2
    broken.reset()
    broken.fault("v1/workspaces", kind, **parameters)
    run = broken.run(**VERSIONS)
    assert run.code == (77 if run.kind in {"AUTH", "PLAN"} else 1)
    assert says in run.error
    assert (run.counts(), run.versioned) == ({}, [])
    assert len(broken.requests()) == tries


@pytest.mark.parametrize(
    ("kind", "parameters", "says"),
    [
        ("status", {"code": 500}, "answered 500 Internal Server Error"),
        ("truncate_json", {}, "is not JSON, or breaks off"),
        ("blank_key", {}, "a row whose id is null"),
    ],
)
def test_a_broken_member_leaves_the_other_tables_whole(
    broken: Account, kind: str, parameters: dict[str, Any], says: str
) -> None:
    world = broken.world
    broken.fault(f"{world.main_id}/user/{world.member_id}/", kind, **parameters)
    run = broken.run(**VERSIONS)
    assert run.code == 1
    others = {*TABLES} - {*ENTRY_TABLES}
    assert differences(world, run, others) == {}
    assert {*run.versioned} == others
    (reason,) = [line for line in run.lines if line.startswith("time_entries failed")]
    assert says in reason
    assert "3 of 13 tables are incomplete (time_entries, time_entry_tags, time_entry_" in run.error
    after = run.state["bookmarks"]["time_entries"]["partitions"]
    (whole,) = [one["context"]["workspaceId"] for one in after if "replication_key" in one]
    assert whole == world.second_id


@pytest.mark.parametrize(
    ("route", "failed"),
    [
        ("/users", {"users", "user_memberships", *ENTRY_TABLES}),
        ("/user-groups", {"user_groups", "user_group_members"}),
        ("/clients", {"clients"}),
        ("/projects", {"projects", "project_memberships", "tasks"}),
        ("/tags", {"tags"}),
    ],
)
def test_what_depends_on_a_list_fails_with_it_and_is_not_deleted(
    broken: Account, route: str, failed: set[str]
) -> None:
    copied = Copy()
    copied.load(broken.run(**VERSIONS).ok())
    broken.fault(f"{broken.world.second_id}{route}", "status", code=500)
    run = copied.load(broken.run(clock=TurningClock(), **VERSIONS))
    assert run.code == 1
    assert run.error.startswith(f"{len(failed)} of 13 tables are incomplete")
    assert all(table in run.error for table in failed)
    assert {*run.versioned} == {*TABLES} - failed
    assert copied.differences(broken.world) == {}
    said = [line for line in run.lines if " failed (" in line]
    assert len(said) == len({line.split()[0] for line in said}), "one line per failure"


@pytest.mark.parametrize(
    ("route", "children"),
    [
        ("/projects", {"project_custom_fields"}),
        ("/users", {"member_profiles", "user_managers", "balance_assignments"}),
        (
            "/time-off/policies",
            {"time_off_policies", "time_off_balances", "balance_assignments"},
        ),
        ("/invoices", {"invoices", "invoice_items", "invoice_payments"}),
    ],
)
def test_what_is_read_per_row_of_a_list_fails_with_it(
    broken: Account, route: str, children: set[str]
) -> None:
    broken.fault(f"{broken.world.main_id}{route}", "status", code=500)
    run = broken.run(catalog=catalog([*children, "tags"]), max_retries=0, **VERSIONS)
    assert run.code == 1
    assert all(table in run.error for table in children)
    assert run.versioned == ["tags"]


def test_a_page_that_breaks_on_the_way_is_asked_for_again(broken: Account) -> None:
    for kind in ("reset", "truncate_body", "truncate_json", "empty"):
        broken.fault("/time-entries", kind, times=1)
    broken.fault("/tags", "status", code=503, times=1)
    clock = TurningClock()
    run = broken.run(clock=clock, max_retries=5, **VERSIONS).ok()
    assert differences(broken.world, run) == {}
    assert sum("; again in" in line for line in run.log.splitlines()) == 5
    assert all(1 <= wait <= 60 for wait in clock.waits)
    assert len(run.versioned) == 13


def test_a_failure_in_the_middle_of_pages_is_no_partial_page(
    start: Callable[..., Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_clockify.client.ClockifyStream.page_size", 60)
    account = start(members=1, entries=300)
    main, owner = account.world.main_id, account.world.owner_id
    account.fault(f"{main}/user/{owner}/", "truncate_json", after=2)
    run = account.run(catalog=catalog(ENTRY_TABLES), **VERSIONS)
    assert run.code == 1
    arrived = [row["id"] for row in run.records("time_entries") if row["workspaceId"] == main]
    assert 60 < len(arrived) == len({*arrived}) <= 120
    assert run.versioned == []


# -- another shape is never an empty table ---------------------------------------------------------

ENVELOPES = {
    "expense_categories": ("/expenses/categories", "categories"),
    "invoices": ("/invoices", "invoices"),
    "time_off_requests": ("/time-off/requests", "requests"),
    "time_off_balances": ("/time-off/balance/policy", "balances"),
    "webhooks": ("/webhooks", "webhooks"),
    "shared_reports": ("/shared-reports", "reports"),
}
BARE = {
    "custom_fields": "/custom-fields",
    "holidays": "/holidays",
    "time_off_policies": "/time-off/policies",
    "assignments": "/assignments/all",
    "project_assignment_totals": "/projects/totals",
    "user_capacity_totals": "/user-filter/totals",
    "approval_requests": "/approval-requests",
    "member_profiles": "/member-profile",
    "user_managers": "/managers",
    "balance_assignments": "/balance/assignment",
    "invoice_payments": "/payments",
    "current_user": "v1/user",
}
WRONG_LISTS = ("{}", '["x"]', '[{"name": "no id"}]', '{"count": 3, "total": 3, "list": null}')
ODD: dict[str, tuple[str, list[str]]] = {
    **{
        table: (route, ['"x"', "<html>", '{"response": []}', '["x"]'])
        for table, route in BARE.items()
    },
    **{
        table: (
            route,
            [
                *("{}", '{"response": []}'),
                *(f'{{"{name}": {one}, "workspaceWebhookCount": 3}}' for one in WRONG_LISTS[:3]),
                f'{{"{name}": null, "count": 3, "total": 3, "workspaceWebhookCount": 3}}',
            ],
        )
        for table, (route, name) in ENVELOPES.items()
    },
    "expenses": (
        "/expenses",
        [
            *("{}", '{"response": []}', '{"expenses": {"expenses": null, "count": 3}}'),
            *(f'{{"expenses": {{"expenses": {one}}}}}' for one in WRONG_LISTS[:3]),
        ],
    ),
    **{
        table: (ROUTES[table], ["{}", '{"rows": []}', '"x"', '["x"]', '[{"nothing": 1}'])
        for table in WINDOWED
    },
}


@pytest.mark.parametrize("table", ODD)
def test_another_shape_is_never_an_empty_table(broken: Account, table: str) -> None:
    route, bodies = ODD[table]
    if table == "member_profiles":  # an object without any documented member is an empty profile
        bodies.remove('{"response": []}')
    for body in bodies:
        broken.mended()
        broken.fault(route, "status", code=200, body=body)
        run = broken.run(
            catalog=catalog([table, "tags"]),
            workspace_ids=[broken.world.main_id],
            max_retries=0,
            start_date="2026-08-01",
            **VERSIONS,
        )
        assert run.code == 1, body
        assert run.records(table) == [], body
        assert run.versioned == ["tags"], body


@pytest.mark.parametrize("body", ['{"expenses": {"expenses": null, "count": 0}}', "[]"])
def test_no_expenses_in_every_form(broken: Account, body: str) -> None:
    broken.fault("/expenses", "status", code=200, body=body)
    ids = [broken.world.main_id]
    run = broken.run(catalog=catalog(["expenses"]), workspace_ids=ids, **VERSIONS).ok()
    assert (run.records("expenses"), run.versioned) == ([], ["expenses"])


@pytest.mark.parametrize("body", ['{"expenses": null}', '{"expenses": {"expenses": null}}'])
def test_null_that_nothing_counts_deletes_no_expense(broken: Account, body: str) -> None:
    broken.fault("/expenses", "status", code=200, body=body)
    run = broken.run(catalog=catalog(["expenses"]), **VERSIONS)
    assert (run.code, run.versioned) == (1, [])
    assert "expenses.expenses is null, and no count of 0 says that it is empty" in run.log


def test_an_approval_without_its_id_is_a_failure(broken: Account) -> None:
    broken.fault("/approval-requests", "remove", field="approvalRequest.id")
    run = broken.run(catalog=catalog(["approval_requests"]), **VERSIONS)
    assert run.code == 1
    assert "a row without approvalRequest.id" in run.log
    assert run.versioned == []


# -- pages that can be used ------------------------------------------------------------------------


def test_rows_that_come_twice_are_reported_and_members_read_once(broken: Account) -> None:
    for route in ("/tags", "/time-entries", "/users"):
        broken.fault(route, "duplicate_row")
    run = broken.run(**VERSIONS).ok()
    assert run.log.count("rows came twice") == 3
    assert differences(broken.world, run) == {}
    assert len(run.versioned) == 13
    asked = Counter(line for line in broken.requests() if "time-entries" in line)
    assert {*asked.values()} == {1}


def test_what_does_not_fit_is_named_once_and_the_rest_kept(broken: Account) -> None:
    broken.fault("/time-entries", "replace", field="billable", value="perhaps")
    broken.fault("/users", "extra", field="settings.colour", value="red")
    broken.fault("/projects", "replace", field="hourlyRate", value={"amount": "12,50"})
    broken.fault("/tags", "extra", field="colour", value="red")
    broken.fault("/user-groups", "remove", field="name")
    run = broken.run().ok()
    assert {row["billable"] for row in run.records("time_entries")} == {None}
    assert len(run.records("time_entries")) == 300
    assert {row["name"] for row in run.records("user_groups")} == {None}
    for said in (
        "time_entries: values of billable are not of their type, sent as null",
        "projects: values of hourlyRate.amount are not of their type",
        "tags: fields unknown to this version, kept in _rescued_data: colour",
        "kept in _rescued_data: settings.colour",
    ):
        assert run.log.count(said) == 1
    assert {row["_rescued_data"] for row in run.records("tags")} == {'{"colour":"red"}'}
    assert differences(broken.world, run, ["clients", "time_entry_tags"]) == {}


def test_an_interval_that_is_missing_keeps_its_row(broken: Account) -> None:
    broken.fault("/time-entries", "remove", field="timeInterval")
    run = broken.run(catalog=catalog(["time_entries"])).ok()
    assert [row["start"] for row in run.records("time_entries")] == [None] * 300


def test_tables_whose_lists_drifted_are_not_versioned(broken: Account) -> None:
    drifted = [  # a request meets one fault
        ("/users", "memberships", "user_memberships"),
        ("/projects", "memberships", "project_memberships"),
        ("/user-groups", "userIds", "user_group_members"),
        ("/time-entries", "tagIds", "time_entry_tags"),
        ("/time-entries", "customFieldValues", "time_entry_custom_fields"),
    ]
    for route, name, _ in drifted:
        times = 8 if name == "tagIds" else 0
        broken.fault(route, "replace", field=name, value={"changed": "overnight"}, times=times)
    run = broken.run(**VERSIONS).ok()
    for _, name, _ in drifted:
        assert f"values of {name} are not of their type" in run.log
    assert {*run.versioned} == {*TABLES} - {table for *_, table in drifted}


# -- what is gone, and what is refused -------------------------------------------------------------

GONE: dict[str, Any] = {"code": 400, "body": '{"code": 501}'}


def test_a_member_removed_during_the_run_is_left_out_with_a_warning(broken: Account) -> None:
    broken.fault(f"user/{broken.world.member_id}/", "status", **GONE)
    run = broken.run(**VERSIONS).ok()
    assert "does not know the member in this workspace any more (400, code 501)" in run.log
    assert "2 parts left out" in run.log
    assert not {*run.versioned} & {*ENTRY_TABLES}


def test_a_project_deleted_during_the_run_does_not_fail_it(account: Account, world: World) -> None:
    """Its tasks are gone with it: the API answers as for an id it does not know."""
    world.hydrated_ignored = True
    account.fault(f"projects/{next(iter(world.main.projects))}/tasks", "status", **GONE)
    run = account.run(catalog=catalog(["tasks"]), **VERSIONS).ok()
    assert run.versioned == []
    assert run.records("tasks")


@pytest.mark.parametrize(
    ("table", "route"),
    [
        ("time_entries", "/time-entries"),
        ("project_custom_fields", "/projects/"),
        ("invoice_payments", "/payments"),
        ("user_managers", "/managers"),
    ],
)
def test_what_every_answer_denies_is_a_failure(broken: Account, table: str, route: str) -> None:
    """Code 501 is any value that is refused: all members at once are not all gone."""
    broken.fault(route, "status", **GONE)
    run = broken.run(catalog=catalog([table]), **VERSIONS)
    assert (run.code, run.versioned) == (1, [])


def test_credentials_that_expire_end_each_list_at_once(broken: Account) -> None:
    broken.fault("/time-entries", "status", code=401, after=4)
    run = broken.run(catalog=catalog(["time_entries"]), max_concurrency=1)
    assert run.code == 1
    assert UNAUTHORIZED in run.log
    assert sum("time-entries" in line for line in broken.requests()) <= 8


ADDON: dict[str, Any] = {"api_key": None, "addon_token": "sandbox-addon-token"}


@pytest.mark.parametrize(
    ("settings", "answer"),
    [
        ({}, {"code": 200, "body": "[]"}),
        (ADDON, {"code": 500, "times": 2}),
        ({**ADDON, "addon_token": "wrong"}, None),
    ],
    ids=["key that sees none", "add-on that fails", "wrong token"],
)
def test_workspaces_that_are_not_seen_empty_no_table(
    broken: Account, settings: dict[str, Any], answer: dict[str, Any] | None
) -> None:
    main = broken.world.main_id
    if answer:
        broken.fault(f"v1/workspaces/{main}" if settings else "v1/workspaces", "status", **answer)
    run = broken.run(**VERSIONS, **settings, workspace_ids=[main] if settings else None)
    assert run.code == (1 if settings == ADDON else 77)
    assert (run.versioned, run.counts()) == ([], {})
    assert settings or "workspace" in run.error


def test_a_key_that_may_not_list_members_reads_its_owners_entries(broken: Account) -> None:
    broken.fault("/users", "status", code=403)
    run = broken.run(catalog=catalog(["time_entries"]), api_key="sandbox-member-key").ok()
    assert {row["userId"] for row in run.records("time_entries")} == {broken.world.member_id}
