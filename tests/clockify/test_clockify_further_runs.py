"""Later runs of the tables besides the core: what is asked, what is sent, what state keeps."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.clockify.runs import KEYS, LOGS, MORE_TABLES, Account, Copy, catalog, keyed, true_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clockify.world import World
    from tests.common.runs import Run, State

VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}
INVOICES = ("invoices", "invoice_items")
APPROVALS = ("approval_requests", "approval_request_entries", "approval_request_expenses")


@pytest.fixture
def world(account: Account) -> World:
    world: World = account.world
    return world


def ids(run: Run, table: str) -> set[str]:
    return {row["id"] for row in run.records(table)}


def mark(state: State, table: str, workspace: str) -> dict[str, Any]:
    partitions = state["bookmarks"][table]["partitions"]
    (found,) = [one for one in partitions if one["context"] == {"workspaceId": workspace}]
    kept: dict[str, Any] = found
    return kept


# -- time off requests -----------------------------------------------------------------------------


def test_requests_that_changed_are_sent_again(account: Account, world: World) -> None:
    tables = catalog(["time_off_requests"])
    first = account.run(catalog=tables, lookback_days=0).ok()
    rows = first.records("time_off_requests")
    latest = max(row["changedAt"] for row in rows)
    assert mark(first.state, "time_off_requests", world.main_id) == {
        "context": {"workspaceId": world.main_id},
        "known": [world.main_id],
        "replication_key": "changedAt",
        "replication_key_value": latest,
    }
    world.advance(3600)
    decided = next(row["id"] for row in rows if row["status"]["statusType"] == "PENDING")
    world.set_state(decided, "APPROVED")
    created = world.insert_row(world.main_id, "time_off_requests")
    account.reset()
    second = account.run(catalog=tables, state=first.state, lookback_days=0).ok()
    at_the_mark = {row["id"] for row in rows if row["changedAt"] == latest}
    assert ids(second, "time_off_requests") == {decided, created} | at_the_mark
    assert sum(line.startswith("POST") for line in account.requests()) == 1  # all of it, one page
    copied = Copy()
    copied.load(first)
    copied.load(second)
    assert copied.differences(world, ["time_off_requests"]) == {}


def test_the_look_back_sends_requests_again(account: Account, world: World) -> None:
    tables = catalog(["time_off_requests"])
    first = account.run(catalog=tables).ok()
    again = account.run(catalog=tables, state=first.state, lookback_days=30).ok()
    latest = max(row["changedAt"] for row in first.records("time_off_requests"))
    edge = f"{world.now - timedelta(days=60):%Y-%m-%d}"
    assert 1 < len(again.records("time_off_requests")) < 30
    assert all(edge < row["changedAt"] <= latest for row in again.records("time_off_requests"))


def test_requests_between_dates(account: Account, world: World) -> None:
    run = account.run(
        catalog=catalog(["time_off_requests"]), start_date="2026-06-01", end_date="2026-07-31"
    ).ok()
    expected = {
        row["id"]
        for row in true_rows(world, "time_off_requests")
        if "2026-06-01" <= row["changedAt"] < "2026-08-01"
    }
    assert ids(run, "time_off_requests") == expected != set()


# -- approval requests -----------------------------------------------------------------------------


def test_approvals_that_changed_are_sent_again(start: Callable[..., Account]) -> None:
    account = start()
    world = account.world
    old = world.now - timedelta(days=200)
    for number in range(450):
        stamp = f"{old + timedelta(hours=number):%Y-%m-%dT%H:%M:%SZ}"
        world.insert_row(
            world.main_id, "approval_requests", status={"state": "APPROVED", "updatedAt": stamp}
        )
    tables = catalog(APPROVALS)
    first = account.run(catalog=tables, lookback_days=5).ok()
    pages = sum("approval-requests" in line for line in account.requests())
    assert pages == 3
    assert len(first.records("approval_requests")) > 450
    world.advance(3600)
    pending = next(
        one.id for one in world.main.approval_requests.values() if one.status.state == "PENDING"
    )
    oldest = min(ids(first, "approval_requests") - {pending})
    world.set_state(pending, "APPROVED")
    world.set_state(oldest, "WITHDRAWN_APPROVAL")
    account.reset()
    second = account.run(catalog=tables, state=first.state, lookback_days=5).ok()
    assert sum("approval-requests" in line for line in account.requests()) == 1
    assert {pending, oldest} <= ids(second, "approval_requests")
    assert len(second.records("approval_requests")) < 30
    copied = Copy()
    copied.load(first)
    copied.load(second)
    assert copied.differences(world, APPROVALS) == {}
    for table in APPROVALS:
        found = mark(second.state, table, world.main_id)
        assert found["replication_key_value"] == f"{world.now:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("missing", [False, True])
def test_a_list_that_is_not_sorted_is_read_to_its_end(
    start: Callable[..., Account],
    missing: bool,
) -> None:
    account = start()
    state = account.run(catalog=catalog(APPROVALS), lookback_days=0).ok().state
    rows = [
        {
            "approvalRequest": {
                "id": f"r{number:03}",
                "status": {"updatedAt": None if missing and not number else at},
            }
        }
        for number in range(200)
        for at in [f"2026-{'09' if number % 2 else '01'}-01T00:00:00Z"]
    ]
    last = {"approvalRequest": {"id": "last", "status": {"updatedAt": "2026-09-15T12:29:00Z"}}}
    for page, more in ((rows, "false"), ([last], "true")):
        account.fault(
            "/approval-requests",
            "status",
            code=200,
            body=json.dumps(page),
            headers={"Last-Page": more},
            times=1,
        )
    run = account.run(catalog=catalog(["approval_requests"]), state=state, lookback_days=0).ok()
    assert "last" in ids(run, "approval_requests")


def test_an_approval_without_its_id_is_a_failure(account: Account) -> None:
    account.fault("/approval-requests", "remove", field="approvalRequest.id")
    run = account.run(catalog=catalog(APPROVALS), **VERSIONS)
    assert run.code == 1
    assert "a row without approvalRequest.id" in run.log
    assert run.versioned == []


# -- invoices --------------------------------------------------------------------------------------


def details(account: Account) -> set[str]:
    """Return the invoices that were asked for one by one."""
    return {
        line.rsplit("/", 1)[-1]
        for line in account.requests()
        if "/invoices/" in line and "payments" not in line
    }


def test_only_invoices_whose_row_changed_are_asked_again(account: Account, world: World) -> None:
    tables = catalog(INVOICES)
    copied = Copy()
    first = copied.load(account.run(catalog=tables).ok())
    every = set(world.main.invoices)
    assert details(account) == every
    account.reset()
    second = copied.load(account.run(catalog=tables, state=first.state).ok())
    assert details(account) == set()
    assert second.counts() == {}
    assert second.state["bookmarks"]["invoices"] == first.state["bookmarks"]["invoices"]

    paid, resent, *_ = every
    world.insert_payment(paid, 100)
    world.edit_row(resent, number="INV-changed")
    new = world.insert_row(world.main_id, "invoices", items=[{"order": 1}, {"order": 2}])
    account.reset()
    third = copied.load(account.run(catalog=tables, state=second.state).ok())
    assert details(account) == {paid, resent, new}
    assert ids(third, "invoices") == {paid, resent, new}
    assert copied.differences(world, INVOICES) == {}
    assert third.versioned == []


def test_what_the_state_keeps_of_invoices_is_small(account: Account, world: World) -> None:
    state = account.run(catalog=catalog(INVOICES)).ok().state
    for table in INVOICES:
        kept = mark(state, table, world.main_id)
        assert set(kept) == {"context", "columns", "digests"}
        assert kept["digests"].keys() == world.main.invoices.keys()
        assert {len(one) for one in kept["digests"].values()} == {12}
    text = json.dumps(state)
    assert not any(one.number in text for one in world.main.invoices.values())


def test_an_invoice_that_is_gone_is_forgotten(account: Account, world: World) -> None:
    first = account.run(catalog=catalog(INVOICES)).ok()
    gone = next(iter(world.main.invoices))
    world.delete_row(gone)
    second = account.run(catalog=catalog(INVOICES), state=first.state).ok()
    assert gone not in mark(second.state, "invoices", world.main_id)["digests"]


def test_with_versions_all_invoices_are_read(account: Account, world: World) -> None:
    settings: dict[str, Any] = {
        "catalog": catalog(INVOICES),
        "workspace_ids": [world.main_id],
        **VERSIONS,
    }
    copied = Copy()
    first = copied.load(account.run(**settings).ok())
    gone, shorter, *_ = [one for one, row in world.main.invoices.items() if len(row.items) > 1]
    world.delete_row(gone)
    world.edit_row(shorter, items=[{"order": 1}])
    world.advance(60)
    account.reset()
    second = copied.load(account.run(state=first.state, **settings).ok())
    assert details(account) == set(world.main.invoices)
    assert sorted(second.versioned) == sorted(INVOICES)
    assert copied.differences(world, INVOICES) == {}


def test_a_table_or_a_column_that_is_selected_later_is_filled(account: Account) -> None:
    first = account.run(catalog=catalog(["invoices"], without=[("invoices", "note")])).ok()
    account.reset()
    items = account.run(catalog=catalog(INVOICES), state=first.state).ok()
    assert details(account) == set(account.world.main.invoices)
    assert items.records("invoice_items")
    noted = account.run(catalog=catalog(["invoices"]), state=first.state).ok()
    assert any(row["note"] for row in noted.records("invoices"))


def test_an_invoice_that_fails_is_asked_again(account: Account, world: World) -> None:
    tables = catalog(INVOICES)
    broken = next(iter(world.main.invoices))
    account.fault(f"/invoices/{broken}", "status", code=500)
    copied = Copy()
    first = copied.load(account.run(catalog=tables, max_retries=0))
    assert first.code == 1
    assert ids(first, "invoices") == world.main.invoices.keys() - {broken}
    account.mended()
    account.reset()
    copied.load(account.run(catalog=tables, state=first.state).ok())
    assert details(account) == {broken}
    assert copied.differences(world, INVOICES) == {}


def test_an_invoice_that_was_deleted_during_the_run(account: Account, world: World) -> None:
    gone = next(iter(world.main.invoices))
    account.fault(f"/invoices/{gone}", "status", code=400, body='{"code": 501}')
    run = account.run(catalog=catalog([*INVOICES, "invoice_payments"]), **VERSIONS).ok()
    assert "does not know what it belongs to any more (400, code 501)" in run.log
    assert run.versioned == []
    assert len(run.records("invoices")) == len(world.main.invoices) - 1


@pytest.mark.parametrize("body", ["{}", "[]", '{"id": "another"}', '{"id": 7}', '"x"'])
def test_an_answer_that_is_not_the_invoice_is_a_failure(account: Account, body: str) -> None:
    account.fault("/invoices/", "status", code=200, body=body)
    run = account.run(catalog=catalog(INVOICES), max_retries=0, **VERSIONS)
    assert run.code == 1
    assert run.records("invoices") == []
    assert run.versioned == []


def test_without_details(account: Account, world: World) -> None:
    settings: dict[str, Any] = {"catalog": catalog([*INVOICES, "tags"]), "invoice_details": False}
    run = account.run(**settings, **VERSIONS, workspace_ids=[world.main_id]).ok()
    assert details(account) == set()
    expected = keyed(true_rows(world, "invoices"), KEYS["invoices"])
    for key, row in keyed(run.records("invoices"), KEYS["invoices"]).items():
        assert row.items() <= expected[key].items()
        assert {"amount", "status", "workspaceId"} <= row.keys()
    assert len(run.records("invoices")) == len(expected)
    assert run.records("invoice_items") == []
    assert sorted(run.versioned) == ["invoices", "tags"]
    assert "invoice_items: no rows, because invoice_details is off" in run.log


def test_a_quota_in_the_middle_of_invoices_loses_none(account: Account, world: World) -> None:
    tables = catalog(INVOICES)
    copied = Copy()
    settings: dict[str, Any] = {"max_requests_per_hour": 10, "on_quota": "stop", "catalog": tables}
    state: State | None = None
    for _ in range(6):
        world.advance(3700)
        run = copied.load(account.run(state=state, **settings))
        state = run.state
        if run.code == 0:
            break
    assert run.code == 0
    assert copied.differences(world, INVOICES) == {}


# -- wrong shapes ----------------------------------------------------------------------------------

ENVELOPES = {
    "expenses": "/expenses",
    "expense_categories": "/expenses/categories",
    "invoices": "/invoices",
    "time_off_requests": "/time-off/requests",
    "time_off_balances": "/time-off/balance/policy",
    "webhooks": "/webhooks",
    "shared_reports": "/shared-reports",
}


@pytest.mark.parametrize("table", ENVELOPES)
@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"response": []}',
        '{"%s": {}, "expenses": {"expenses": {}}}',
        '{"%s": null, "count": 3, "total": 3, "workspaceWebhookCount": 3}',
        '{"%s": ["x"], "expenses": {"expenses": ["x"]}}',
        '{"%s": [{"name": "no id"}], "expenses": {"expenses": [{"name": "no id"}]}}',
    ],
)
def test_another_envelope_is_never_an_empty_table(account: Account, table: str, body: str) -> None:
    name = {"expenses": "unused", "expense_categories": "categories"}.get(
        table, table.removeprefix("time_off_").removeprefix("shared_")
    )
    if table == "expenses" and "null" in body:
        body = '{"expenses": {"expenses": null, "count": 3}}'
    account.fault(ENVELOPES[table], "status", code=200, body=body.replace("%s", name))
    run = account.run(catalog=catalog([table, "tags"]), max_retries=0, **VERSIONS)
    assert run.code == 1
    assert "is not usable" in run.log
    assert run.records(table) == []
    assert run.versioned == ["tags"]


@pytest.mark.parametrize("body", ['{"expenses": null}', '{"expenses": {"expenses": null}}', "[]"])
def test_no_expenses_in_every_form(account: Account, body: str) -> None:
    account.fault("/expenses", "status", code=200, body=body)
    run = account.run(
        catalog=catalog(["expenses"]), workspace_ids=[account.world.main_id], **VERSIONS
    ).ok()
    assert run.records("expenses") == []
    assert run.versioned == ["expenses"]


LISTS = {
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


@pytest.mark.parametrize("table", LISTS)
@pytest.mark.parametrize("body", ['"x"', "<html>", '{"response": []}', '["x"]'])
def test_another_shape_is_never_an_empty_table(account: Account, table: str, body: str) -> None:
    account.fault(LISTS[table], "status", code=200, body=body)
    run = account.run(catalog=catalog([table, "tags"]), max_retries=0, **VERSIONS)
    if table == "member_profiles" and "response" in body:
        return  # an object without any documented member is a profile without any value
    assert run.code == 1
    assert table not in run.versioned
    assert run.records(table) == []


@pytest.mark.parametrize("failing", ["/projects", "/users", "/time-off/policies", "/invoices"])
def test_what_is_read_per_row_of_a_list_fails_with_it(account: Account, failing: str) -> None:
    children = {
        "/projects": {"project_custom_fields"},
        "/users": {"member_profiles", "user_managers", "balance_assignments"},
        "/time-off/policies": {"time_off_policies", "time_off_balances", "balance_assignments"},
        "/invoices": {"invoices", "invoice_items", "invoice_payments"},
    }[failing]
    account.fault(f"{account.world.main_id}{failing}", "status", code=500)
    run = account.run(catalog=catalog([*children, "tags"]), max_retries=0, **VERSIONS)
    assert run.code == 1
    assert all(table in run.error for table in children)
    assert run.versioned == ["tags"]


@pytest.mark.parametrize("table", ["project_custom_fields", "invoice_payments", "user_managers"])
def test_a_parent_that_every_answer_denies_is_a_failure(account: Account, table: str) -> None:
    account.fault(LISTS.get(table, "/projects/"), "status", code=400, body='{"code": 501}')
    run = account.run(catalog=catalog([table]), **VERSIONS)
    assert run.code == 1


def test_everything_after_many_changes(account: Account, world: World) -> None:
    """One copy, kept by runs with table versions, equals the account after anything happened."""
    ids_ = [world.main_id]
    tables = catalog(MORE_TABLES)
    settings: dict[str, Any] = {"catalog": tables, "workspace_ids": ids_, **VERSIONS}
    copied = Copy()
    state = copied.load(account.run(**settings).ok()).state
    world.advance(3600)
    main = world.main
    world.rename_user(world.owner_id, "Olivera Renamed")
    for table in (
        *("expense_categories", "expenses", "invoices", "time_off_policies", "assignments"),
        *("time_off_balances", "balance_assignments", "milestones", "webhooks"),
        *("shared_reports", "custom_fields", "holidays"),
    ):
        world.insert_row(world.main_id, table)
        world.delete_row(next(iter(getattr(main, table))))
    world.edit_row(next(iter(main.expenses)), total=12.5, notes="edited")
    world.delete_project(list(main.projects)[1])
    again = copied.load(account.run(**settings, state=state).ok())
    whole = {*MORE_TABLES} - {
        *APPROVALS,
        *("time_off_requests", "current_user", "user_capacity_days"),
        *("workspace_memberships", "workspace_currencies", *LOGS),
    }
    assert whole <= {*again.versioned}
    of_main = {
        table: [row for row in true_rows(world, table) if row["workspaceId"] == world.main_id]
        for table in whole
    }
    for table in whole:
        expected = keyed(of_main[table], KEYS[table])
        assert keyed(copied.rows(table), KEYS[table]) == expected, table
