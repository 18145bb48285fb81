"""Reading the further tables as a patient client gives their truth, before and after changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.clockify import truth
from sandbox.clockify.audit_log import ACTIONS
from sandbox.clockify.instants import iso
from tests.sandbox import feeds

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox import Sandbox
    from sandbox.clockify.world import World
    from tests.sandbox.conftest import Api

Rows = list[dict[str, Any]]

EVER = {"start": "2000-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z"}
AUTHORS = {"authorIds": [], "contains": "CONTAINS"}


def by_content(rows: Rows) -> list[str]:
    return sorted(repr(sorted(row.items())) for row in rows)


class Reader:
    """Reads the main workspace."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.base = api.main
        self.world: World = api.running.clockify

    def user_ids(self) -> list[str]:
        return list(self.world.main.users)

    def with_user(self, path: str) -> list[tuple[str, str]]:
        return [(path.format(one), one) for one in self.user_ids()]

    def window(self) -> dict[str, str]:
        start, end = self.world.window
        return {"start": iso(start), "end": iso(end)}

    def report(self, path: str, rows: str, inner: str | None = None) -> Rows:
        window = dict(zip(("start", "end"), map(iso, self.world.report_window), strict=True))
        body = {
            "dateRangeStart": window["start"],
            "dateRangeEnd": window["end"],
            "timeZone": "UTC",
        }
        where = {"filter": inner} if inner else {}
        return self.api.posted(f"{self.base}/reports/{path}", body, rows, host="report", **where)

    def current_user(self) -> Rows:
        return [self.api.get("/user", include_memberships="true").json]

    def member_profiles(self) -> Rows:
        paths = self.with_user(f"{self.base}/member-profile/{{}}")
        return [{**self.api.get(path).json, "userId": one} for path, one in paths]

    def user_managers(self) -> Rows:
        paths = self.with_user(f"{self.base}/users/{{}}/managers")
        return [{**row, "userId": one} for path, one in paths for row in self.api.every(path)]

    def workspace_memberships(self) -> Rows:
        rows: Rows = self.api.get(self.base).json["memberships"]
        return rows

    def workspace_currencies(self) -> Rows:
        rows: Rows = self.api.get(self.base).json["currencies"]
        return rows

    def custom_fields(self) -> Rows:
        rows: Rows = self.api.get(f"{self.base}/custom-fields").json
        return rows

    def project_custom_fields(self) -> Rows:
        return [
            {**row, "projectId": project}
            for project in self.world.main.projects
            for row in self.api.get(f"{self.base}/projects/{project}/custom-fields").json
        ]

    def expenses(self) -> Rows:
        return self.api.every(f"{self.base}/expenses", "expenses.expenses")

    def expense_categories(self) -> Rows:
        path = f"{self.base}/expenses/categories"
        return [
            row
            for archived in ("true", "false")
            for row in self.api.every(path, "categories", archived=archived)
        ]

    def invoices(self) -> Rows:
        listed = self.api.every(f"{self.base}/invoices", "invoices")
        detailed = [self.api.get(f"{self.base}/invoices/{row['id']}").json for row in listed]
        for short, full in zip(listed, detailed, strict=True):
            assert short.items() <= full.items()
        return detailed

    def invoice_items(self) -> Rows:
        return [
            {**item, "invoiceId": row["id"]} for row in self.invoices() for item in row["items"]
        ]

    def invoice_payments(self) -> Rows:
        return [
            {**row, "invoiceId": invoice["id"]}
            for invoice in self.api.every(f"{self.base}/invoices", "invoices")
            for row in self.api.every(f"{self.base}/invoices/{invoice['id']}/payments")
        ]

    def holidays(self) -> Rows:
        rows: Rows = self.api.get(f"{self.base}/holidays").json
        return rows

    def time_off_policies(self) -> Rows:
        return self.api.every(f"{self.base}/time-off/policies", status="ALL")

    def time_off_requests(self) -> Rows:
        rows = self.api.posted(f"{self.base}/time-off/requests", {}, "requests")
        return [
            {**row, "changedAt": max(row["createdAt"], row["status"]["changedAt"] or "")}
            for row in rows
        ]

    def time_off_balances(self) -> Rows:
        policies = self.time_off_policies()
        path = f"{self.base}/time-off/balance"
        rows = [
            row
            for one in policies
            for row in self.api.every(f"{path}/policy/{one['id']}", "balances")
        ]
        same = [
            row
            for one in self.user_ids()
            for row in self.api.every(f"{path}/user/{one}", "balances")
        ]
        assert by_content(rows) == by_content(same)
        return rows

    def balance_assignments(self) -> Rows:
        path = f"{self.base}/time-off/balance/assignment"
        return [
            row
            for user in self.user_ids()
            for policy in self.world.main.time_off_policies
            for row in self.api.get(f"{path}/user/{user}/policy/{policy}").json
        ]

    def assignments(self) -> Rows:
        return self.api.every(f"{self.base}/scheduling/assignments/all", **EVER)

    def project_assignment_totals(self) -> Rows:
        path = f"{self.base}/scheduling/assignments/projects/totals"
        return self.api.posted(path, self.window())

    def user_capacity_totals(self) -> Rows:
        path = f"{self.base}/scheduling/assignments/user-filter/totals"
        return self.api.posted(path, self.window())

    def user_capacity_days(self) -> Rows:
        return [
            {**day, "userId": row["userId"]}
            for row in self.user_capacity_totals()
            for day in row["totalHoursPerDay"]
        ]

    def approval_requests(self) -> Rows:
        rows = self.api.every(f"{self.base}/approval-requests", sort_column="UPDATED_AT")
        return [
            {
                **row,
                "id": row["approvalRequest"]["id"],
                "updatedAt": row["approvalRequest"]["status"]["updatedAt"],
            }
            for row in rows
        ]

    def approval_request_entries(self) -> Rows:
        return [
            {**one, "approvalRequestId": row["id"], "updatedAt": row["updatedAt"]}
            for row in self.approval_requests()
            for one in row["entries"]
        ]

    def approval_request_expenses(self) -> Rows:
        return [
            {**one, "approvalRequestId": row["id"], "updatedAt": row["updatedAt"]}
            for row in self.approval_requests()
            for one in row["expenses"]
        ]

    def webhooks(self) -> Rows:
        answer = self.api.get(f"{self.base}/webhooks").json
        assert answer["workspaceWebhookCount"] == len(answer["webhooks"])
        assert all(row.pop("authToken").startswith("whsec") for row in answer["webhooks"])
        rows: Rows = answer["webhooks"]
        return rows

    def shared_reports(self) -> Rows:
        key = {"X-Api-Key": "sandbox-key"}
        path = f"/clockify/report/v1{self.base}/shared-reports"
        rows: Rows = []
        for page in (1, 2, 3):
            answer = self.api.ask("GET", f"{path}?page={page}&pageSize=4", headers=key).json
            assert answer["count"] == len(self.world.main.shared_reports)
            rows += answer["reports"]
        return rows

    def entity_changes(self) -> Rows:
        return feeds.entity_changes(self.api)

    def entity_deletions(self) -> Rows:
        return feeds.entity_deletions(self.api)

    def audit_log(self) -> Rows:
        body = {"actions": list(ACTIONS), "authors": AUTHORS, **EVER}
        path = f"{self.base}/audit-log"
        return self.api.posted(path, body, host="audit", size="page-size")

    def detailed_report(self) -> Rows:
        rows = self.report("detailed", "timeentries", "detailedFilter")
        for row in rows:
            interval = row["timeInterval"]
            for name in ("start", "end"):
                interval[name] = interval[name].replace("+00:00", "Z")
            row["start"] = interval["start"]
        return rows

    def attendance_report(self) -> Rows:
        return self.report("attendance", "entities", "attendanceFilter")

    def expense_report(self) -> Rows:
        return self.report("expenses/detailed", "expenses")

    def read(self, table: str) -> Rows:
        reading: Callable[[], Rows] = getattr(self, table)
        if table == "current_user":
            return reading()
        return [{**row, "workspaceId": self.world.main_id} for row in reading()]


def expected(world: World, table: str) -> Rows:
    rows: Rows = truth.rows(world, table)
    return [row for row in rows if row.get("workspaceId", world.main_id) == world.main_id]


@pytest.mark.parametrize("table", truth.MORE_TABLES)
def test_reading_a_table_gives_its_truth(running: Sandbox, api: Api, table: str) -> None:
    world = running.clockify
    rows = expected(world, table)
    assert rows
    assert by_content(Reader(api).read(table)) == by_content(rows)
    assert api.control("GET", f"/__truth/clockify/{table}").json == truth.rows(world, table)


@pytest.mark.parametrize("table", truth.MORE_TABLES)
def test_keys_tell_rows_apart(running: Sandbox, table: str) -> None:
    key = truth.KEYS[table]
    keys = [tuple(row[name] for name in key) for row in truth.rows(running.clockify, table)]
    assert len(set(keys)) == len(keys) or not key
    assert all(all(one) for one in keys)


def test_every_table_has_a_key() -> None:
    assert set(truth.KEYS) == {*truth.TABLES, *truth.MORE_TABLES}
    assert not set(truth.TABLES) & set(truth.MORE_TABLES)


def test_reading_after_changes_gives_the_truth(running: Sandbox, api: Api) -> None:
    """Change something of everything, then read everything."""
    world = running.clockify
    main = world.main
    world.rename_user(world.member_id or "", "Mia Renamed")
    world.rename(next(iter(main.clients)), "Client renamed")
    for table in (
        *("expense_categories", "expenses", "invoices", "time_off_policies", "time_off_requests"),
        *("time_off_balances", "balance_assignments", "assignments", "milestones"),
        *("approval_requests", "webhooks", "shared_reports", "custom_fields", "holidays"),
    ):
        row_id = world.insert_row(world.main_id, table)
        assert world.insert_row(world.main_id, table) != row_id
        world.delete_row(row_id)
        first = next(iter(getattr(main, table)))
        world.delete_row(first)
    invoice = world.insert_row(world.main_id, "invoices", items=[{"order": 1}], number="X-1")
    paid = world.insert_payment(invoice, 400, note="part")
    world.insert_payment(invoice, 600)
    assert api.get(f"{api.main}/invoices/{invoice}").json["status"] == "PAID"
    world.delete_payment(paid)
    assert api.get(f"{api.main}/invoices/{invoice}").json["status"] == "PARTIALLY_PAID"
    world.edit_row(next(iter(main.expenses)), total=12.5, notes="edited")
    for request in (*main.approval_requests, *list(main.time_off_requests)[:6]):
        world.set_state(request, "APPROVED", "yes")
    world.insert_audit_log(world.main_id, "CREATE_TAG", content="{}")
    world.remove_user(world.main_id, list(main.users)[-1])
    world.delete_project(list(main.projects)[1])
    world.advance(3600)
    reader = Reader(api)
    for table in truth.MORE_TABLES:
        assert by_content(reader.read(table)) == by_content(expected(world, table)), table


def test_approved_time_off_is_taken_from_its_balance(running: Sandbox) -> None:
    world = running.clockify
    request = next(
        one for one in world.main.time_off_requests.values() if one.status.statusType == "PENDING"
    )
    (balance,) = [
        one
        for one in world.main.time_off_balances.values()
        if (one.userId, one.policyId) == (request.userId, request.policyId)
    ]
    before = balance.used
    world.set_state(request.id, "APPROVED")
    assert balance.used == before + request.balanceDiff


def test_the_window_of_totals_can_be_set(running: Sandbox, api: Api) -> None:
    window = {
        "action": "set_window",
        "start": "2026-09-01T00:00:00Z",
        "end": "2026-09-02T23:59:59Z",
    }
    assert api.control("POST", "/__clockify", window).status == 200
    days = {row["date"] for row in truth.rows(running.clockify, "user_capacity_days")}
    assert days == {"2026-09-01T00:00:00Z", "2026-09-02T00:00:00Z"}
