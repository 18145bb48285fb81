"""What the plan or the key's role does not allow: skipped with a word, never called empty."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.clockify.plans import PLANS
from sandbox.clockify.truth import FURTHER as TRUTH
from tests.clockify.runs import KEYS, LOGS, MORE_TABLES, TABLES, Account, catalog, keyed, true_rows

if TYPE_CHECKING:
    from tests.common.runs import Run

VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}
EVERYTHING = (*TABLES, *MORE_TABLES)
FEATURES = {table: TRUTH[table][0] for table in MORE_TABLES}
NEVER_VERSIONED = {"user_capacity_days", *LOGS}
ADMINS_ONLY = {"invoices", "invoice_items", "invoice_payments", "webhooks"}
OWN_ONLY = {
    *("expenses", "time_off_requests", "time_off_balances", "balance_assignments", "assignments"),
    *("user_capacity_totals", "user_capacity_days", "approval_requests", "shared_reports"),
    *("approval_request_entries", "approval_request_expenses"),
}
CHILDREN = {
    "invoice_items": "invoices",
    "user_capacity_days": "user_capacity_totals",
    "approval_request_entries": "approval_requests",
    "approval_request_expenses": "approval_requests",
}


def lacking(plan: str) -> set[str]:
    return {table for table, feature in FEATURES.items() if feature not in {None, *PLANS[plan][1]}}


def on_plan(account: Account, plan: str) -> Account:
    for ident in account.world.workspaces:
        account.world.set_plan(ident, plan)
    return account


def is_true(account: Account, run: Run) -> bool:
    for table in EVERYTHING[1:]:
        expected = keyed(true_rows(account.world, table), KEYS[table])
        assert keyed(run.records(table), KEYS[table]) == expected, table
    return True


@pytest.mark.parametrize("plan", PLANS)
def test_each_plan(account: Account, plan: str) -> None:
    run = on_plan(account, plan).run(catalog=catalog(EVERYTHING), **VERSIONS).ok()
    gated = lacking(plan)
    assert is_true(account, run)
    assert set(run.versioned) == {*EVERYTHING} - gated - NEVER_VERSIONED
    for table in gated:
        assert run.records(table) == []
        source = CHILDREN.get(table, table)
        for ident in account.world.workspaces:
            said = f"the plan ({PLANS[plan][0]}) of workspace {ident} does not include "
            lines = [line for line in run.log.splitlines() if line.startswith(f"{source}: {said}")]
            assert lines == [f"{source}: {said}{FEATURES[table]}"], table
            assert f"{source}: all of it left out: {said}{FEATURES[table]}" in run.log


def test_what_a_plan_lacks_is_not_asked_for(account: Account) -> None:
    on_plan(account, "FREE").run(catalog=catalog(MORE_TABLES)).ok()
    routes = Counter(template.rsplit("/", 1)[-1] for template in account.templates())
    members = 16
    assert routes == {
        "workspaces": 1,
        "user": 1,
        "webhooks": 2,
        "created": 4,
        "updated": 2,
        "deleted": 2,
        "users": 2,
        "{userId}": members,
        "managers": members,
    } | {"workspaces": 2}  # and one for the roles


def test_one_workspace_lacks_what_another_has(account: Account) -> None:
    run = account.run(catalog=catalog(["holidays", "tags"]), **VERSIONS).ok()
    assert run.records("holidays")
    assert run.versioned == ["tags"]
    assert "holidays: 1 partitions left out: the plan (FREE) of workspace" in run.log


@pytest.mark.parametrize("status", [401, 402, 403])
@pytest.mark.parametrize("features", [None, []])
def test_a_refusal_that_nothing_announced(
    account: Account, status: int, features: list[str] | None
) -> None:
    """Without a list of features each table is asked for, and refused once."""
    on_plan(account, "FREE")
    account.world.switch(plan_refusal=status)
    account.fault("v1/workspaces", "replace", field="features", value=features, times=1)
    run = account.run(catalog=catalog(EVERYTHING), **VERSIONS).ok()
    assert is_true(account, run)
    assert set(run.versioned) == {*EVERYTHING} - lacking("FREE") - NEVER_VERSIONED
    for table in lacking("FREE") - CHILDREN.keys():
        lines = [line for line in run.log.splitlines() if line.startswith(f"{table}: ")]
        told = [line for line in lines if "left out: " in line]
        assert told, (table, lines)
    assert (
        f"holidays: all of it left out: the plan or the key's role does not allow it ({status})"
        in (run.log)
    )
    asked = Counter(template.rsplit("}/", 1)[-1] for template in account.templates())
    assert asked["holidays"] == asked["invoices"] == 2
    assert asked["payments"] == 0


def test_a_refusal_by_each_project_ends_the_table(account: Account) -> None:
    account.fault("/projects/", "status", code=403)
    run = account.run(catalog=catalog(["project_custom_fields", "tags"]), **VERSIONS).ok()
    assert run.versioned == ["tags"]
    assert run.records("project_custom_fields") == []


@pytest.mark.parametrize("code", [1000, 4003, 4017])
def test_credentials_that_expire_are_no_plan(account: Account, code: int) -> None:
    account.fault("v1/workspaces", "replace", field="features", value=None, times=1)
    account.fault("/holidays", "status", code=401, body=f'{{"code": {code}}}')
    run = account.run(catalog=catalog(["holidays", "tags"]))
    assert run.code == 1
    assert "answered 401" in run.log


def test_a_401_of_a_table_that_the_plan_has_is_a_failure(account: Account) -> None:
    account.fault("/holidays", "status", code=401, body='{"code": 1006}')
    run = account.run(catalog=catalog(["holidays", "tags"]))
    assert run.code == 1


def test_strict_about_the_plan(account: Account) -> None:
    tables = ["expenses", "holidays", "tags"]
    on_plan(account, "STANDARD")
    run = account.run(catalog=catalog(tables), strict_plan=True, **VERSIONS)
    assert run.code == 1
    assert run.error.startswith("1 of 3 tables are incomplete (expenses); ")
    assert "does not include EXPENSES (strict_plan)." in run.log
    assert sorted(run.versioned) == ["holidays", "tags"]
    on_plan(account, "PRO").run(catalog=catalog(tables), strict_plan=True, **VERSIONS).ok()


def test_strict_about_a_refusal(account: Account) -> None:
    account.fault("/holidays", "status", code=402)
    assert account.run(catalog=catalog(["holidays", "tags"]), **VERSIONS).ok().versioned == ["tags"]
    run = account.run(catalog=catalog(["holidays", "tags"]), strict_plan=True, **VERSIONS)
    assert run.code == 1
    assert "answered 402 Payment Required" in run.log


def test_nothing_but_what_the_plan_lacks_is_a_failure(account: Account) -> None:
    run = on_plan(account, "FREE").run(catalog=catalog(["holidays"]))
    assert run.code == 1
    assert "Nothing could be read: the plan (FREE) of workspace" in run.error


def test_a_plain_members_key(account: Account) -> None:
    world = account.world
    settings: dict[str, Any] = {"api_key": "sandbox-member-key", **VERSIONS}
    run = account.run(catalog=catalog(EVERYTHING), **settings).ok()
    for table in ADMINS_ONLY:
        assert run.records(table) == []
    assert (
        f"webhooks: only the key of an owner or admin of workspace {world.main_id} may" in run.log
    )
    for table in OWN_ONLY - {"shared_reports", *CHILDREN}:
        owners = {row.get("userId", world.member_id) for row in run.records(table)}
        assert owners <= {world.member_id}, table
    assert {row["userId"] for row in run.records("member_profiles")} == {world.member_id}
    assert "member_profiles: 11 partitions left out" in run.log
    assert "expenses: the key sees a part of workspace" in run.log
    assert not {*ADMINS_ONLY, *OWN_ONLY, "member_profiles", "user_managers"} & {*run.versioned}
    assert {"holidays", "custom_fields", "tags"} <= {*run.versioned}
    assert not any("/invoices" in line or "/webhooks" in line for line in account.requests())


def test_strict_about_a_plain_members_key(account: Account) -> None:
    settings: dict[str, Any] = {"api_key": "sandbox-member-key", "strict_plan": True}
    run = account.run(catalog=catalog(["expenses", "webhooks", "tags"]), **settings)
    assert run.code == 1
    assert run.error.startswith("2 of 3 tables are incomplete (expenses, webhooks)")


def test_an_admins_key_sees_everything(account: Account) -> None:
    tables = [table for table in MORE_TABLES if table != "current_user"]
    ids = [account.world.main_id]
    owner = account.run(catalog=catalog(tables), workspace_ids=ids, **VERSIONS).ok()
    admin = account.run(
        catalog=catalog(tables), workspace_ids=ids, api_key="sandbox-admin-key", **VERSIONS
    ).ok()
    assert admin.versioned == owner.versioned
    assert admin.counts() == owner.counts()


def test_an_addon_has_no_role(account: Account) -> None:
    run = account.run(
        catalog=catalog(MORE_TABLES),
        api_key=None,
        addon_token="sandbox-addon-token",
        workspace_ids=[account.world.main_id],
        **VERSIONS,
    ).ok()
    assert set(run.versioned) == {*MORE_TABLES} - NEVER_VERSIONED
    assert not any("workspaces?roles=" in line for line in account.requests())


def test_a_role_that_cannot_be_known_is_a_failure(account: Account) -> None:
    account.fault("v1/workspaces", "status", code=500, after=1, times=1)
    run = account.run(catalog=catalog(["expenses", "holidays"]), max_retries=0, max_concurrency=1)
    assert "expenses failed" in run.log
    assert "GET /workspaces at" in run.log
    assert run.error.startswith("1 of 2 tables are incomplete (expenses)")


def test_a_plan_that_comes_back_is_read_from_where_it_was(account: Account) -> None:
    world = account.world
    tables = catalog(["approval_requests", "tags"])
    before = account.run(catalog=tables).ok()
    world.set_plan(world.main_id, "FREE")
    without = account.run(catalog=tables, state=before.state).ok()
    kept = [run.state["bookmarks"]["approval_requests"]["partitions"] for run in (before, without)]
    assert kept[0] == kept[1]
