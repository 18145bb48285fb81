"""What the plan or the key's role does not allow: skipped with a word, never called empty."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tap_clockify.tap import TapClockify
from taps_common.sync.concurrency import SIDE_BY_SIDE
from tests.clockify.runs import (
    ENTRY_TABLES,
    KEYS,
    LOGS,
    REPORTS,
    ROUTES,
    TABLES,
    VERSIONS,
    WINDOWED,
    Account,
    catalog,
    differences,
    true_rows,
)

if TYPE_CHECKING:
    from sandbox.clockify.world import World

NEVER_VERSIONED = {"user_capacity_days", *LOGS, *WINDOWED}
ADMINS_ONLY = {"invoices", "invoice_items", "invoice_payments", "webhooks", "audit_log"}
CHILDREN = {
    "invoice_items": "invoices",
    "user_capacity_days": "user_capacity_totals",
    "approval_request_entries": "approval_requests",
    "approval_request_expenses": "approval_requests",
}
OWN_ONLY = {
    *("expenses", "time_off_requests", "time_off_balances", "balance_assignments", "assignments"),
    *("user_capacity_totals", "user_capacity_days", "approval_requests", "shared_reports"),
    *("approval_request_entries", "approval_request_expenses", *REPORTS),
}
PLANS = ("FREE", "STANDARD", "PRO", "ENTERPRISE")


def on_plan(account: Account, plan: str) -> set[str]:
    """Put all workspaces on a plan; return the tables that have no rows there."""
    for ident in account.world.workspaces:
        account.world.set_plan(ident, plan)
    return {table for table in KEYS if not true_rows(account.world, table)}


# -- plans -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", PLANS)
def test_each_plan(account: Account, world: World, plan: str) -> None:
    gated = on_plan(account, plan)
    assert len(gated) == {"FREE": 23, "STANDARD": 10, "PRO": 1, "ENTERPRISE": 0}[plan]
    run = account.run(catalog=catalog(), **VERSIONS).ok()
    assert differences(world, run, KEYS) == {}
    assert {*run.versioned} == {*KEYS} - gated - NEVER_VERSIONED
    for table in gated:
        source = CHILDREN.get(table, table)
        for data in world.workspaces.values():
            plan = data.row.featureSubscriptionType
            said = f"not in the plan ({plan}) of workspace {data.row.id}"
            assert run.leaves_out(source, said), table
        assert re.search(f"^{source} .* all of it left out", run.log, re.MULTILINE)


def test_what_a_plan_lacks_is_not_asked_for(account: Account) -> None:
    gated = on_plan(account, "FREE")
    account.run(catalog=catalog(), start_date="2026-09-01").ok()
    asked = {*account.templates()}
    account.reset()
    account.run(catalog=catalog(KEYS.keys() - gated), start_date="2026-09-01").ok()
    assert asked == {*account.templates()}


def test_one_workspace_lacks_what_another_has(shared: Account) -> None:
    run = shared.run(catalog=catalog(["holidays", "tags"]), **VERSIONS).ok()
    assert run.records("holidays")
    assert run.versioned == ["tags"]
    assert run.leaves_out("holidays", "not in the plan (FREE) of workspace")
    assert re.search("^holidays .* 1 part left out$", run.log, re.MULTILINE)


@pytest.mark.parametrize(("status", "features"), [(401, None), (402, []), (403, None)])
def test_a_refusal_that_nothing_announced(
    account: Account, world: World, status: int, features: list[str] | None
) -> None:
    """Without a list of features each table is asked for, and refused once."""
    gated = on_plan(account, "FREE")
    world.switch(plan_refusal=status)
    account.fault("v1/workspaces", "replace", field="features", value=features, times=1)
    run = account.run(catalog=catalog(), **VERSIONS).ok()
    assert differences(world, run, KEYS.keys() - {"workspaces", "workspace_features"}) == {}
    assert {*run.versioned} == {*KEYS} - gated - NEVER_VERSIONED
    for table in gated - CHILDREN.keys():
        assert re.search(f"^{table} .* left out", run.log, re.MULTILINE), table
    said = f"the plan or the key's role does not allow it ({status})"
    assert all(run.leaves_out(table, said) for table in ("holidays", *(gated & {*WINDOWED})))
    assert re.search("^holidays .* all of it left out$", run.log, re.MULTILINE)
    asked = Counter(template.rsplit("}/", 1)[-1] for template in account.templates())
    assert asked["holidays"] == asked["invoices"] == 2
    assert asked["payments"] == 0
    for table in gated & {*WINDOWED}:
        assert len(account.bodies(ROUTES[table])) <= 2 * SIDE_BY_SIDE  # on its way already


def test_a_refusal_by_each_project_ends_the_table(account: Account) -> None:
    account.fault("/projects/", "status", code=403)
    run = account.run(catalog=catalog(["project_custom_fields", "tags"]), **VERSIONS).ok()
    assert run.versioned == ["tags"]
    assert run.records("project_custom_fields") == []


@pytest.mark.parametrize(
    ("code", "features"), [(1000, None), (4003, None), (4017, None), (1006, "as they are")]
)
def test_a_401_may_be_about_the_credentials(
    account: Account, code: int, features: str | None
) -> None:
    """By its code, or as the plan has the table."""
    if features is None:
        account.fault("v1/workspaces", "replace", field="features", value=None, times=1)
    account.fault("/holidays", "status", code=401, body=f'{{"code": {code}}}')
    run = account.run(catalog=catalog(["holidays", "tags"]))
    assert run.code == 1
    assert "answered 401" in run.log


@pytest.mark.parametrize(
    ("table", "answer", "says"),
    [
        ("attendance_report", {"code": 403, "times": 1, "after": 5}, "answered 403"),
        *((table, {"code": 400, "body": '{"code": 501}', "times": 1, "after": 3}, "answered 400")
          for table in WINDOWED),
    ],
)  # fmt: skip
def test_one_window_that_is_refused_is_no_plan(
    account: Account, table: str, answer: dict[str, Any], says: str
) -> None:
    if answer["code"] == 400:
        account.by_months()  # a shorter window cannot be tried instead
    account.fault(ROUTES[table], "status", **answer)
    run = account.run(catalog=catalog([table, "tags"]), max_concurrency=1)
    assert run.code == 1
    assert says in run.log


def test_strict_about_the_plan(account: Account) -> None:
    tables = catalog(["expenses", "attendance_report", "tags"])
    strict: dict[str, Any] = {"strict_plan": True, "start_date": "2026-09-01", **VERSIONS}
    on_plan(account, "STANDARD")
    run = account.run(catalog=tables, **strict)
    assert run.code == 1
    assert run.error.startswith("1 of 3 tables are incomplete (expenses); ")
    assert "not in the plan (STANDARD_2021) of workspace" in run.log
    assert run.versioned == ["tags"]
    on_plan(account, "PRO")
    account.run(catalog=tables, **strict).ok()


def test_strict_about_a_refusal(account: Account) -> None:
    account.fault("/holidays", "status", code=402)
    tables = catalog(["holidays", "tags"])
    assert account.run(catalog=tables, **VERSIONS).ok().versioned == ["tags"]
    run = account.run(catalog=tables, strict_plan=True, **VERSIONS)
    assert run.code == 1
    assert "answered 402 Payment Required" in run.log


def test_nothing_but_what_the_plan_lacks_is_a_failure(account: Account) -> None:
    on_plan(account, "FREE")
    run = account.run(catalog=catalog(["holidays"]))
    assert run.code == 1
    assert "Nothing could be read: not in the plan (FREE) of workspace" in run.error


# -- roles -----------------------------------------------------------------------------------------


def test_a_plain_members_key(shared: Account) -> None:
    world = shared.world
    shared.reset()
    run = shared.run(catalog=catalog(), api_key="sandbox-member-key", **VERSIONS).ok()
    own = {*OWN_ONLY} - {"shared_reports", *CHILDREN}
    for table in (*own, "member_profiles", "time_entries"):
        true, seen = (
            {row.get("userId", world.member_id) for row in rows}
            for rows in (true_rows(world, table), run.records(table))
        )
        assert seen == true & {world.member_id}, table
    for table in ADMINS_ONLY:
        assert run.records(table) == []
        said = f"only the key of an owner or admin of workspace {world.main_id} may read"
        assert table == "invoice_items" or run.leaves_out(table, said)
    for table in ("expenses", *REPORTS):
        assert run.leaves_out(table, f"the key sees a part of workspace {world.main_id} only")
    assert re.search("^member_profiles .* 11 parts left out$", run.log, re.MULTILINE)
    assert (
        "the key may not read a member's time entries (403); use the key of an owner or admin"
    ) in run.log
    assert len(run.records("tasks")) == len(world.main.tasks)
    less = {*ADMINS_ONLY, *OWN_ONLY, *ENTRY_TABLES, "member_profiles", "user_managers"}
    assert not less & {*run.versioned}
    assert {*TABLES, "holidays", "custom_fields"} - less <= {*run.versioned}
    refused = ("/invoices", "/webhooks", "/audit-log")
    assert not any(route in line for route in refused for line in shared.requests())


def test_amounts_that_the_role_may_not_see_are_hidden(account: Account, world: World) -> None:
    account.by_months()
    run = account.run(
        catalog=catalog(["detailed_report"]), api_key="sandbox-member-key", max_concurrency=1
    ).ok()
    for ident in world.workspaces:
        said = (
            f"detailed_report: refused with amounts in workspace {ident} (403), asked for without"
        )
        assert run.log.count(said) == (ident == world.main_id)
    shown = Counter(body["amountShown"] for body in account.bodies("/reports/detailed"))
    assert shown["HIDE_AMOUNT"] > 100
    assert 0 < shown["EARNED"] < 40  # few refusals
    assert run.records("detailed_report")
    for row in run.records("detailed_report"):
        assert (row["amount"], row["rate"], row["amounts"]) == (None, None, None)


def test_a_report_that_stays_refused_is_left_out(account: Account) -> None:
    account.fault("/reports/detailed", "status", code=403)
    run = account.run(catalog=catalog(["detailed_report", "tags"]), start_date="2026-08-01").ok()
    assert run.leaves_out("detailed_report", "the plan or the key's role does not allow it (403)")
    assert run.records("detailed_report") == []


def test_strict_about_a_plain_members_key(shared: Account) -> None:
    settings: dict[str, Any] = {"api_key": "sandbox-member-key", "strict_plan": True}
    run = shared.run(catalog=catalog(["expenses", "webhooks", "tags"]), **settings)
    assert run.code == 1
    assert run.error.startswith("2 of 3 tables are incomplete (expenses, webhooks)")


@pytest.mark.parametrize("key", ["admin", "addon"])
def test_keys_that_see_everything(shared: Account, key: str) -> None:
    """An admin's, and an add-on's, which has no role; but the audit log takes no add-on."""
    tables = [table for table in KEYS if table != "current_user"]
    settings: dict[str, Any] = {
        "catalog": catalog(tables),
        "workspace_ids": [shared.world.main_id],
        "start_date": "2026-01-01",
        **VERSIONS,
    }
    owner = shared.run(**settings).ok()
    shared.reset()
    token = {"api_key": None, "addon_token": "sandbox-addon-token"}
    other = shared.run(
        **settings, **(token if key == "addon" else {"api_key": f"sandbox-{key}-key"})
    )
    assert other.ok().versioned == owner.versioned
    left_out = {"audit_log"} if key == "addon" else set()
    counts = {table: n for table, n in owner.counts().items() if table not in left_out}
    assert other.counts() == counts
    said = "Clockify's audit log takes no add-on token: use an API key"
    assert (said in other.log) == (key == "addon")
    asked = any("workspaces?roles=" in line for line in shared.requests())
    assert asked == (key == "admin")


@pytest.mark.parametrize(("way", "requests"), [("joined", (2, 2)), ("single", (4, 8))])
def test_several_values_go_as_they_are_taken(
    account: Account, world: World, way: str, requests: tuple[int, int]
) -> None:
    """Repeated, else joined by commas, else one by one: the description declares one string."""
    world.switch(several_values=way)
    run = account.run(catalog=catalog(["users", "expenses"]), **VERSIONS).ok()
    world.switch(several_values="any")
    assert differences(world, run, ["users", "expenses"]) == {}
    assert "users" in run.versioned
    assert "role unknown" not in run.log
    assert run.log.count("users: GET ") == len(world.workspaces)
    lines = account.requests()
    assert sum("?roles=" in line for line in lines) == requests[0]
    assert sum("/users?" in line for line in lines) == requests[1] * len(world.workspaces)


def test_a_single_status_that_is_refused_is_named(account: Account) -> None:
    account.fault("/users", "status", code=400, body='{"code":501,"message":"no"}')
    run = account.run(catalog=catalog(["users"]))
    assert run.code == 1
    assert "It was asked for account-statuses LIMITED_DELETED." in run.log


@pytest.mark.parametrize("way", ["first", "last"])
def test_where_only_one_of_several_statuses_is_obeyed_no_member_is_lost(
    account: Account, world: World, way: str
) -> None:
    """Which would be silent: active members, whom each workspace has, are not among the first."""
    world.switch(several_values=way)
    run = account.run(catalog=catalog(["users"]), **VERSIONS).ok()
    world.switch(several_values="any")
    assert differences(world, run, ["users"]) == {}
    assert "users" in run.versioned
    assert len({row["id"] for row in run.records("users")}) > 1


def test_where_roles_are_refused_the_role_is_unknown_and_the_run_goes_on(
    account: Account, world: World
) -> None:
    # Both roles, joined, one, and the other.
    account.fault("v1/workspaces", "status", code=400, after=1, times=4)
    tables = ["expenses", "webhooks"]
    run = account.run(catalog=catalog(tables), max_concurrency=1, **VERSIONS).ok()
    assert differences(world, run, tables) == {}
    assert {*run.versioned} == {"webhooks"}, "it may be a part only"
    said = f"whether the key sees all of workspace {world.main_id} is unknown: role unknown, since"
    assert run.leaves_out("expenses", said)
    account.mended()
    account.fault("v1/workspaces", "status", code=400, times=4)
    checked = TapClockify(config=account.config()).check()
    assert f"({world.main_id}): role unknown, since" in "\n".join(checked)


def test_a_role_that_cannot_be_known_is_a_failure(account: Account) -> None:
    account.fault("v1/workspaces", "status", code=500, after=1, times=1)
    run = account.run(catalog=catalog(["expenses", "holidays"]), max_retries=0, max_concurrency=1)
    assert "expenses failed" in run.log
    assert "GET /workspaces at" in run.log
    assert run.error.startswith("1 of 2 tables are incomplete (expenses)")


def test_a_region_whose_log_is_nowhere_documented(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_clockify.account.audit_log_url", lambda _config: None)
    run = account.run(catalog=catalog(["audit_log", "tags"]))
    assert run.code == 1
    assert "audit_log_url is missing: the audit log has a host of its own" in run.log
    assert run.records("tags")
    (said,) = [line for line in TapClockify(config=account.config()).check() if "will fail" in line]
    assert said.startswith("    will fail: audit_log: audit_log_url is missing")
    account.run(catalog=catalog(["tags"])).ok()
    on_plan(account, "PRO")
    account.run(catalog=catalog(["audit_log", "tags"])).ok()
