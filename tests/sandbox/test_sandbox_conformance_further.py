"""Answers of the further routes validate against the published description, corrected."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.clockify.audit_log import ACTIONS
from tests.sandbox.description import STRING, Schema, conform, load, validate

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Api

Rows = list[dict[str, Any]]

WIDE = {"start": "2020-01-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"}
WINDOW = {"start": "2026-08-20T00:00:00Z", "end": "2026-10-10T00:00:00Z"}
DATES = {"dateRangeStart": "2026-08-20T00:00:00", "dateRangeEnd": "2026-09-30T00:00:00"}
NUMBER: Schema = {"type": "number"}
NULL: Schema = {"type": "null"}

OBSERVED_ENTRY: Schema = {
    "_id": STRING,
    "isLocked": {"type": "boolean"},
    "tagIds": {"type": "array", "items": STRING},
    "tags": {
        "type": "array",
        "items": {"type": "object", "properties": {"_id": STRING, "name": STRING}},
    },
    "type": STRING,
    "amount": NUMBER,
    "rate": NUMBER,
    "currency": STRING,
    "amounts": {"type": "array", "items": {"$ref": "#/components/schemas/AmountDto"}},
    "customFields": {"type": "array", "items": {}},
    "userCustomFields": {"type": "array", "items": {}},
    "invoicingInfo": {"type": ["array", "object"]},
}
"""What a row of the detailed report has besides (reference, section 6: real samples)."""

OBSERVED_EXPENSE: Schema = {
    "_id": STRING,
    "clientName": STRING,
    "isLocked": {"type": "boolean"},
    "currency": STRING,
    "userCustomFields": {"type": "array", "items": {}},
}
UNOBSERVED = {
    "TimeEntryDto": ("get_id", "locked"),
    "ExpenseReportDtoV1": (
        *("id", "locked", "projectColor", "exportFields", "invoicingInfo", "reportName", "time"),
    ),
}
"""What the description has and real samples lack."""


@pytest.fixture(scope="module")
def schemas() -> dict[str, Schema]:
    published = load()
    for name, source, more in (
        ("ObservedEntry", "TimeEntryDto", OBSERVED_ENTRY),
        ("ObservedExpense", "ExpenseReportDtoV1", OBSERVED_EXPENSE),
    ):
        published[name] = copy.deepcopy(published[source])
        properties = published[name]["properties"]
        for gone in UNOBSERVED[source]:
            del properties[gone]
        properties.update({key: {"anyOf": [shape, NULL]} for key, shape in more.items()})
        published[name]["required"] = ["_id"]
    entry = published["DocumentedEntry"] = copy.deepcopy(published["TimeEntryDto"])
    entry["properties"]["id"] = entry["properties"].pop("get_id")
    return published


def every(api: Api, path: str, within: str | None = None, **query: object) -> Rows:
    return api.every(f"{api.main}/{path}", within, **query)


def of_users(api: Api, path: str) -> Rows:
    users = api.running.clockify.main.users
    return [api.get(f"{api.main}/{path.format(one)}").json for one in users]


def assigned(api: Api) -> Rows:
    main = api.running.clockify.main
    path = f"{api.main}/time-off/balance/assignment/user/{{}}/policy/{{}}"
    return [
        row
        for user in main.users
        for policy in main.time_off_policies
        for row in api.get(path.format(user, policy)).json
    ]


def documented(api: Api, path: str, rows: str, body: dict[str, Any]) -> Rows:
    api.running.clockify.switch(documented_reports=True, report_limit=5000)
    found: Rows = api.post(f"{api.main}/reports/{path}", body, host="report").json[rows]
    return found


def report(api: Api, path: str, rows: str, body: dict[str, Any]) -> Rows:
    api.running.clockify.switch(report_limit=5000, attendance_limit=5000)
    found: Rows = api.post(f"{api.main}/reports/{path}", body, host="report").json[rows]
    return found


BIG = {"page": 1, "pageSize": 5000}
INVOICES = "invoices"

READ: dict[str, tuple[str, Callable[[Api], Rows]]] = {
    "batch": (
        "TimeEntryWithRatesDtoV1",
        lambda api: (
            api.post(
                f"{api.main}/time-entries/batch",
                {
                    "timeEntryIds": [
                        entry.id
                        for user in api.running.clockify.main.users
                        for entry in api.running.clockify.entries(
                            api.running.clockify.main_id, user
                        )
                    ]
                },
            ).json
        ),
    ),
    "expenses": ("ExpenseHydratedDtoV1", lambda api: every(api, "expenses", "expenses.expenses")),
    "expense_totals": (
        "ExpensesAndTotalsDtoV1",
        lambda api: [api.get(f"{api.main}/expenses").json],
    ),
    "expense_categories": (
        "ExpenseCategoryDtoV1",
        lambda api: every(api, "expenses/categories", "categories"),
    ),
    "invoices": ("InvoiceDtoV1", lambda api: every(api, INVOICES, INVOICES)),
    "invoice": (
        "InvoiceOverviewDtoV1",
        lambda api: [
            api.get(f"{api.main}/invoices/{row['id']}").json
            for row in every(api, INVOICES, INVOICES)
        ],
    ),
    "invoice_payments": (
        "InvoicePaymentDtoV1",
        lambda api: [
            row
            for invoice in api.running.clockify.main.invoices
            for row in every(api, f"invoices/{invoice}/payments")
        ],
    ),
    "policies": ("PolicyDtoV1", lambda api: every(api, "time-off/policies", status="ALL")),
    "requests": (
        "TimeOffRequestFullV1Dto",
        lambda api: api.posted(f"{api.main}/time-off/requests", {}, "requests"),
    ),
    "balances": (
        "BalancesWithCountDtoV1",
        lambda api: of_users(api, "time-off/balance/user/{}"),
    ),
    "balance_assignments": ("BalanceAssignmentV1Dto", assigned),
    "assignments": (
        "AssignmentHydratedDtoV1",
        lambda api: every(api, "scheduling/assignments/all", **WIDE),
    ),
    "project_totals": (
        "SchedulingProjectsTotalsDtoV1",
        lambda api: api.posted(f"{api.main}/scheduling/assignments/projects/totals", WINDOW),
    ),
    "user_totals": (
        "SchedulingUsersTotalsDtoV1",
        lambda api: api.posted(f"{api.main}/scheduling/assignments/user-filter/totals", WINDOW),
    ),
    "approvals": ("ApprovalDetailsDtoV1", lambda api: every(api, "approval-requests")),
    "webhooks": ("WebhookDtoV1", lambda api: api.get(f"{api.main}/webhooks").json["webhooks"]),
    "shared_reports": (
        "SharedReportDtoV1",
        lambda api: api.ask(
            "GET",
            f"/clockify/report/v1{api.main}/shared-reports",
            headers={"X-Api-Key": "sandbox-key"},
        ).json["reports"],
    ),
    "audit_log": (
        "AuditLogDtoV1",
        lambda api: api.posted(
            f"{api.main}/audit-log",
            {
                "actions": list(ACTIONS),
                "authors": {"authorIds": [], "contains": "CONTAINS"},
                **WIDE,
            },
            host="audit",
            size="page-size",
        ),
    ),
    "detailed": (
        "ObservedEntry",
        lambda api: report(api, "detailed", "timeentries", {**DATES, "detailedFilter": BIG}),
    ),
    "detailed_as_documented": (
        "DocumentedEntry",
        lambda api: documented(api, "detailed", "timeEntries", {**DATES, "detailedFilter": BIG}),
    ),
    "attendance": (
        "AttendanceDto",
        lambda api: report(api, "attendance", "entities", {**DATES, "attendanceFilter": BIG}),
    ),
    "expense_report": (
        "ObservedExpense",
        lambda api: report(api, "expenses/detailed", "expenses", {**DATES, **BIG}),
    ),
    "expense_report_as_documented": (
        "ExpenseReportDtoV1",
        lambda api: documented(
            api,
            "expenses/detailed",
            "expenses",
            {**DATES, **BIG, "dateRangeStart": "2026-01-01T00:00:00"},
        ),
    ),
}


@pytest.mark.parametrize("route", READ)
def test_rows_conform(api: Api, schemas: dict[str, Schema], route: str) -> None:
    name, read = READ[route]
    validate(schemas, name, read(api))


def test_project_fields_conform(api: Api, schemas: dict[str, Schema]) -> None:
    projects = api.running.clockify.main.projects
    path = f"{api.main}/projects/{{}}/custom-fields"
    validate(
        schemas,
        "CustomFieldDtoV1",
        [row for project in projects for row in api.get(path.format(project)).json],
    )


def test_managers_conform(api: Api, schemas: dict[str, Schema]) -> None:
    path = f"{api.main}/users/{{}}/managers"
    users = api.running.clockify.main.users
    rows = [row for user in users for row in api.get(path.format(user)).json]
    conform(schemas, "UserDtoV1", rows)


def test_profiles_conform(api: Api, schemas: dict[str, Schema]) -> None:
    """A user field has no defaults in projects, so the field inside is not filled."""
    rows = of_users(api, "member-profile/{}")
    conform(schemas, "MemberProfileDtoV1", rows)
    assert {name for name in rows[0] if all(row[name] is None for row in rows)} == set()


def test_deleted_entities_conform(api: Api, schemas: dict[str, Schema]) -> None:
    world = api.running.clockify
    world.delete_row(next(iter(world.main.tags)))
    world.delete_entry(world.entries(world.main_id, world.owner_id)[-1].id)
    world.advance(60)
    rows = api.get(f"{api.main}/entities/deleted", type="TAGS,TIME_ENTRY").json
    assert len(rows) == 2
    validate(schemas, "LogBinDocumentDto", rows)


ENVELOPES: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "ExpensesAndTotalsDtoV1": ("api", "expenses", None),
    "ExpenseCategoriesWithCountDtoV1": ("api", "expenses/categories", None),
    "InvoicesListDtoV1": ("api", "invoices", None),
    "TimeOffRequestsWithCountV1Dto": ("api", "time-off/requests", {}),
    "SharedReportsAndCountDtoV1": ("report", "shared-reports", None),
    "TimeEntryDetailedReportDto": ("report", "reports/detailed", {"detailedFilter": {}}),
    "AttendanceReportDtoV1": ("report", "reports/attendance", {"attendanceFilter": {}}),
    "ExpenseDetailedReportDtoV1": ("report", "reports/expenses/detailed", {}),
    "PageableV1ListAuditLogDtoV1": (
        "audit",
        "audit-log",
        {"actions": ["CREATE_TAG"], "authors": {}, **WIDE},
    ),
    "PageableCollectionLogBinDocumentDto": ("api", "entities/deleted?type=TAGS", None),
}


@pytest.mark.parametrize("name", ENVELOPES)
def test_envelopes_conform_when_as_documented(
    api: Api, schemas: dict[str, Schema], name: str
) -> None:
    api.running.clockify.switch(
        documented_reports=True,
        audit_envelope=True,
        changes_envelope=True,
    )
    host, path, body = ENVELOPES[name]
    if body is None:
        target = f"/clockify/{host}/v1{api.main}/{path}"
        answer = api.ask("GET", target, headers={"X-Api-Key": "sandbox-key"})
    else:
        answer = api.post(f"{api.main}/{path}", {**DATES, **body}, host=host)
    assert answer.status == 200, answer.body
    document = answer.json
    for row in document.get("timeEntries", ()):
        row["get_id"] = row.pop("id")
    conform(schemas, name, [document])
