"""What plans and roles allow, and what is peculiar about the further routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.conftest import dug

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.sandbox.conftest import Answer, Api

KEY = {"X-Api-Key": "sandbox-key"}
MEMBER = {"X-Api-Key": "sandbox-member-key"}
ADDON = {"X-Addon-Token": "sandbox-addon-token"}
UNKNOWN = "64a687e29ae1f428e7ebe303"

WINDOW = {"start": "2026-09-01T00:00:00Z", "end": "2026-09-30T00:00:00Z"}
DATES = {"dateRangeStart": "2026-09-01T00:00:00Z", "dateRangeEnd": "2026-09-30T00:00:00Z"}
AUDIT = {"actions": ["CREATE_TAG"], "authors": {"authorIds": [], "contains": "CONTAINS"}, **WINDOW}
DETAILED = {**DATES, "detailedFilter": {"page": 1, "pageSize": 50}}
ATTENDANCE = {**DATES, "attendanceFilter": {"page": 1, "pageSize": 50}}

ROUTES: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "detailed": ("report", "/reports/detailed", DETAILED),
    "webhooks": ("api", "/webhooks", None),
    "holidays": ("api", "/holidays", None),
    "policies": ("api", "/time-off/policies", None),
    "requests": ("api", "/time-off/requests", {}),
    "invoices": ("api", "/invoices", None),
    "approvals": ("api", "/approval-requests", None),
    "attendance": ("report", "/reports/attendance", ATTENDANCE),
    "shared": ("report", "/shared-reports", None),
    "expenses": ("api", "/expenses", None),
    "categories": ("api", "/expenses/categories", None),
    "expense_report": ("report", "/reports/expenses/detailed", DATES),
    "assignments": ("api", "/scheduling/assignments/all", None),
    "totals": ("api", "/scheduling/assignments/projects/totals", WINDOW),
    "custom_fields": ("api", "/custom-fields", None),
    "audit": ("audit", "/audit-log", AUDIT),
}
PLANS = {
    "FREE": {"detailed", "webhooks"},
    "STANDARD": {
        *["holidays", "policies", "requests", "invoices", "approvals", "attendance", "shared"]
    },
    "PRO": {
        *["expenses", "categories", "expense_report", "assignments", "totals", "custom_fields"]
    },
    "ENTERPRISE": {"audit"},
}
"""What each plan adds."""


def call(api: Api, name: str, headers: dict[str, str] | None = None) -> Answer:
    host, path, body = ROUTES[name]
    if body is not None:
        return api.post(api.main + path, body, headers, host)
    query = "?start=2026-09-01T00:00:00Z&end=2026-10-01T00:00:00Z"
    return api.ask("GET", f"/clockify/{host}/v1{api.main}{path}{query}", headers=headers or KEY)


def refusal(answer: Answer) -> tuple[int, int]:
    body = answer.json
    assert set(body) == {"message", "code"}
    return answer.status, body["code"]


@pytest.mark.parametrize("plan", PLANS)
def test_plans(running: Sandbox, api: Api, plan: str) -> None:
    api.control(
        "POST",
        "/__clockify",
        {"action": "set_plan", "workspace_id": running.clockify.main_id, "plan": plan},
    )
    plans = list(PLANS)
    had = {name for one in plans[: plans.index(plan) + 1] for name in PLANS[one]}
    assert {name for name in ROUTES if call(api, name).status == 200} == had
    lacking = set(ROUTES) - had
    assert {refusal(call(api, name)) for name in lacking} <= {(403, 1006)}
    assert api.get(api.main).json["featureSubscriptionType"].startswith(plan)


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_missing_feature_is_refused_as_switched(running: Sandbox, api: Api, status: int) -> None:
    running.clockify.switch(plan_refusal=status)
    assert refusal(api.get(f"{api.second}/expenses"))[0] == status
    assert refusal(api.get(f"{api.second}/holidays"))[0] == status
    assert call(api, "invoices", MEMBER).status == 403, "a role is not a plan"


def test_what_members_get(running: Sandbox, api: Api) -> None:
    world = running.clockify
    refused = {name for name in ROUTES if call(api, name, MEMBER).status == 403}
    assert refused == {"webhooks", "invoices", "audit", "detailed"}
    for name, within in (
        ("expenses", "expenses.expenses"),
        ("requests", "requests"),
        ("assignments", None),
        ("expense_report", "expenses"),
        ("attendance", "entities"),
    ):
        rows = dug(call(api, name, MEMBER).json, within)
        assert {row["userId"] for row in rows} <= {world.member_id}, name
    owners = {
        row["approvalRequest"]["owner"]["userId"] for row in call(api, "approvals", MEMBER).json
    }
    assert owners == {world.member_id}
    other = f"{api.main}/member-profile/{world.owner_id}"
    assert api.get(other, MEMBER).status == 403
    hidden = {**DETAILED, "amountShown": "HIDE_AMOUNT"}
    answer = api.post(f"{api.main}/reports/detailed", hidden, MEMBER, "report")
    assert {row["userId"] for row in answer.json["timeentries"]} == {world.member_id}
    assert "amount" not in answer.json["timeentries"][0]


def test_addon_tokens(api: Api) -> None:
    refused = {name for name in ROUTES if call(api, name, ADDON).status != 200}
    assert refused == {"audit"}
    assert refusal(call(api, "audit", ADDON)) == (401, 4017)


def test_unknown_ids(running: Sandbox, api: Api) -> None:
    user = running.clockify.owner_id
    for path in (
        f"invoices/{UNKNOWN}",
        f"invoices/{UNKNOWN}/payments",
        f"expenses/{UNKNOWN}",
        f"member-profile/{UNKNOWN}",
        f"users/{UNKNOWN}/managers",
        f"projects/{UNKNOWN}/custom-fields",
        f"time-off/balance/policy/{UNKNOWN}",
        f"time-off/balance/user/{UNKNOWN}",
        f"time-off/balance/assignment/user/{user}/policy/{UNKNOWN}",
    ):
        assert refusal(api.get(f"{api.main}/{path}")) == (400, 501), path


def test_verbs_and_hosts(api: Api) -> None:
    assert refusal(api.get(f"{api.main}/time-off/requests")) == (405, 3000)
    audit = api.ask("GET", f"/clockify/audit/v1{api.main}/audit-log", headers=KEY)
    assert refusal(audit) == (405, 3000)
    for wrong in (f"/clockify/api/v1{api.main}/shared-reports", "/clockify/report/v1/user"):
        answer = api.ask("GET", wrong, headers=KEY)
        assert refusal(answer) == (404, 3000)
        assert answer.json["message"].startswith("No static resource v1/")


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("time-off/policies", {"page_size": 201}, (400, 501)),
        ("time-off/policies", {"page": 1001}, (400, 501)),
        ("time-off/policies", {"status": "GONE"}, (400, 3000)),
        ("scheduling/assignments/all", {}, (400, 3001)),
        ("scheduling/assignments/all", {"start": "x", "end": "y"}, (400, 3000)),
        ("approval-requests", {"status": "REJECTED"}, (400, 3000)),
        ("approval-requests", {"types": "TIME"}, (400, 3000)),
        ("approval-requests", {"sort_column": "NOTE"}, (400, 3000)),
        ("invoices", {"statuses": "GONE"}, (400, 3000)),
        ("webhooks", {"type": "SYSTEM"}, (500, 0)),
    ],
)
def test_bad_parameters(
    api: Api, path: str, query: dict[str, object], expected: tuple[int, int]
) -> None:
    assert refusal(api.get(f"{api.main}/{path}", **query)) == expected


@pytest.mark.parametrize(
    ("host", "path", "body", "expected"),
    [
        ("api", "time-off/requests", {"statuses": ["WITHDRAWN"]}, (400, 501)),
        ("api", "time-off/requests", {"pageSize": 201}, (400, 501)),
        ("api", "scheduling/assignments/projects/totals", {}, (400, 501)),
        (
            "api",
            "scheduling/assignments/user-filter/totals",
            {**WINDOW, "pageSize": 201},
            (400, 501),
        ),
        ("report", "reports/detailed", {}, (400, 501)),
        ("report", "reports/detailed", DATES, (400, 501)),
        (
            "report",
            "reports/detailed",
            {**DETAILED, "detailedFilter": {"pageSize": 1001}},
            (400, 501),
        ),
        (
            "report",
            "reports/attendance",
            {**ATTENDANCE, "attendanceFilter": {"pageSize": 201}},
            (400, 501),
        ),
        ("audit", "audit-log", {**AUDIT, "page-size": 51}, (400, 501)),
        ("audit", "audit-log", {**AUDIT, "actions": []}, (400, 501)),
        ("audit", "audit-log", {**AUDIT, "actions": ["x"]}, (400, 3000)),
        ("audit", "audit-log", {**AUDIT, "authors": None}, (400, 501)),
    ],
)
def test_bad_bodies(
    api: Api, host: str, path: str, body: dict[str, Any], expected: tuple[int, int]
) -> None:
    assert refusal(api.post(f"{api.main}/{path}", body, host=host)) == expected
