"""Each table alone: what is asked is what it needs, and nothing twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

import sandbox
from tests.clockify.runs import KEYS, PREFIX, WORKSPACE, Account, catalog, discovered
from tests.common.runs import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

LISTS = ("users", "user-groups", "clients", "projects", "tags")
USERS, GROUPS, CLIENTS, PROJECTS, TAGS = (f"{WORKSPACE}/{one}" for one in LISTS)
ENTRIES = {USERS, f"{WORKSPACE}/user/{{userId}}/time-entries"}
INVOICES = f"{WORKSPACE}/invoices"
DETAILS = {INVOICES, f"{INVOICES}/{{invoiceId}}"}
POLICIES = f"{WORKSPACE}/time-off/policies"
APPROVALS = {f"{WORKSPACE}/approval-requests"}
CAPACITY = {f"{WORKSPACE}/scheduling/assignments/user-filter/totals"}
REPORTS = f"/clockify/report/v1{WORKSPACE}"
FEEDS = f"{WORKSPACE}/entities"

NEEDS: dict[str, set[str]] = {
    "workspaces": set(),
    "workspace_memberships": set(),
    "workspace_currencies": set(),
    "current_user": {"/user"},
    "users": {USERS},
    "user_memberships": {USERS},
    "user_groups": {GROUPS},
    "user_group_members": {GROUPS},
    "clients": {CLIENTS},
    "projects": {PROJECTS},
    "project_memberships": {PROJECTS},
    "tags": {TAGS},
    "tasks": {PROJECTS, f"{PROJECTS}/{{projectId}}/tasks"},
    "time_entries": ENTRIES,
    "time_entry_tags": ENTRIES,
    "time_entry_custom_fields": ENTRIES,
    "custom_fields": {f"{WORKSPACE}/custom-fields"},
    "project_custom_fields": {PROJECTS, f"{PROJECTS}/{{projectId}}/custom-fields"},
    "expense_categories": {f"{WORKSPACE}/expenses/categories"},
    "expenses": {f"{WORKSPACE}/expenses"},
    "invoices": DETAILS,
    "invoice_items": DETAILS,
    "invoice_payments": {INVOICES, f"{INVOICES}/{{invoiceId}}/payments"},
    "holidays": {f"{WORKSPACE}/holidays"},
    "time_off_policies": {POLICIES},
    "time_off_requests": {f"{WORKSPACE}/time-off/requests"},
    "time_off_balances": {POLICIES, f"{WORKSPACE}/time-off/balance/policy/{{policyId}}"},
    "balance_assignments": {
        *(USERS, POLICIES),
        f"{WORKSPACE}/time-off/balance/assignment/user/{{userId}}/policy/{{policyId}}",
    },
    "approval_requests": APPROVALS,
    "approval_request_entries": APPROVALS,
    "approval_request_expenses": APPROVALS,
    "assignments": {f"{WORKSPACE}/scheduling/assignments/all"},
    "project_assignment_totals": {f"{WORKSPACE}/scheduling/assignments/projects/totals"},
    "user_capacity_totals": CAPACITY,
    "user_capacity_days": CAPACITY,
    "webhooks": {f"{WORKSPACE}/webhooks"},
    "shared_reports": {f"{REPORTS}/shared-reports"},
    "entity_changes": {f"{FEEDS}/created", f"{FEEDS}/updated"},
    "entity_deletions": {f"{FEEDS}/deleted"},
    "member_profiles": {USERS, f"{WORKSPACE}/member-profile/{{userId}}"},
    "user_managers": {USERS, f"{USERS}/{{userId}}/managers"},
    "detailed_report": {f"{REPORTS}/reports/detailed"},
    "attendance_report": {f"{REPORTS}/reports/attendance"},
    "expense_report": {f"{REPORTS}/reports/expenses/detailed"},
    "audit_log": {f"/clockify/audit/v1{WORKSPACE}/audit-log"},
}
"""The routes of each table besides the list of workspaces; a table alone may ask for its key's
role as well, which is that list too."""


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with sandbox.start(now=NOW, entries=60) as running:
        yield Account(running)


@pytest.mark.parametrize("table", KEYS)
def test_a_table_alone(account: Account, table: str) -> None:
    account.reset()
    run = account.run(catalog=catalog([table]), start_date="2026-09-01").ok()
    assert set(run.counts()) <= {table}
    requests = account.running.requests
    assert {one.route.removeprefix(PREFIX) for one in requests} == {"/workspaces"} | NEEDS[table]
    asked = Counter((one.method, one.target, one.body) for one in requests)
    assert set(asked.values()) == {1}
    assert len([one for one in requests if one.route.endswith("/v1/workspaces")]) <= 2


def test_all_tables_together(account: Account) -> None:
    account.reset()
    account.run(catalog=catalog(), start_date="2026-09-01").ok()
    asked = Counter((one.method, one.target, one.body) for one in account.running.requests)
    assert set(asked.values()) == {1}
    assert NEEDS.keys() == KEYS.keys() == {one["stream"] for one in discovered()["streams"]}
