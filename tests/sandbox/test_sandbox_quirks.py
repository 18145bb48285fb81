"""What is peculiar about Clockify: credentials, roles, plans, refusals, filters, windows, units."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.clockify.ledger import ACTIONS
from tests.sandbox.clockify_client import CALLERS, UNKNOWN, Answer, Client, Rows

WINDOW = {"start": "2026-09-01T00:00:00Z", "end": "2026-09-30T00:00:00Z"}
NEVER = {"start": "2000-01-01T00:00:00Z", "end": "2000-01-02T00:00:00Z"}
DATES = {"dateRangeStart": "2026-09-01T00:00:00Z", "dateRangeEnd": "2026-09-30T00:00:00Z"}
AUDIT = {"actions": ["CREATE_TAG"], "authors": {"authorIds": [], "contains": "CONTAINS"}, **WINDOW}
DETAILED = {**DATES, "detailedFilter": {"page": 1, "pageSize": 50}}
ATTENDANCE = {**DATES, "attendanceFilter": {"page": 1, "pageSize": 50}}
TOTALS = "scheduling/assignments/projects/totals"
USER_TOTALS = "scheduling/assignments/user-filter/totals"
LISTS = ("users", "user-groups", "clients", "projects", "tags")

PLANS: dict[str, dict[str, tuple[str, Any]]] = {
    "FREE": {
        **dict.fromkeys((*LISTS, "webhooks"), ("api", None)),
        "reports/detailed": ("report", DETAILED),
    },
    "STANDARD": {
        **dict.fromkeys(("holidays", "time-off/policies", "invoices"), ("api", None)),
        "approval-requests": ("api", None),
        "time-off/requests": ("api", {}),
        "reports/attendance": ("report", ATTENDANCE),
        "shared-reports": ("report", None),
    },
    "PRO": {
        **dict.fromkeys(("expenses", "expenses/categories", "custom-fields"), ("api", None)),
        "scheduling/assignments/all": ("api", None),
        TOTALS: ("api", WINDOW),
        "reports/expenses/detailed": ("report", DATES),
    },
    "ENTERPRISE": {"audit-log": ("audit", AUDIT)},
}
"""What each plan adds (help, "Subscription plans"): path, host and body."""

ROUTES = {path: how for added in PLANS.values() for path, how in added.items()}


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture(scope="module")
def reading() -> Client:
    """A world that no test changes."""
    return Client()


def call(client: Client, path: str, who: str = "owner") -> Answer:
    host, body = ROUTES[path]
    if body is not None:
        return client.post(f"{client.main}/{path}", body, who, host)
    return client.get(f"{client.main}/{path}", who, host, **WINDOW)


@pytest.mark.parametrize(
    ("headers", "expected", "echoed"),
    [
        ({}, (401, 1000), ""),
        (CALLERS["addon"] | CALLERS["member"], (401, 1000), ""),
        ({"x-api-key": "my-secret"}, (401, 4003), "my-secret"),
        ({"x-addon-token": "my-token"}, (401, 4017), "my-token"),
    ],
)
def test_bad_credentials(
    reading: Client, headers: dict[str, str], expected: tuple[int, int], echoed: str
) -> None:
    for path in ("/user", "/workspaces", reading.entries):
        answer = reading.ask("GET", f"/clockify/api/v1{path}", headers=headers)
        assert answer.refusal == expected
        assert echoed in answer.json["message"]


@pytest.mark.parametrize("plan", PLANS)
def test_plans(client: Client, plan: str) -> None:
    client.control(action="set_plan", workspace_id=client.world.main_id, plan=plan)
    plans = list(PLANS)
    had = {path for one in plans[: plans.index(plan) + 1] for path in PLANS[one]}
    assert {path for path in ROUTES if call(client, path).status == 200} == had
    assert {call(client, path).refusal for path in ROUTES.keys() - had} <= {(403, 1006)}
    assert client.get(client.main).json["featureSubscriptionType"].startswith(plan)


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_missing_feature_is_refused_as_switched(client: Client, status: int) -> None:
    client.world.switch(plan_refusal=status)
    for path in ("expenses", "holidays", "custom-fields"):
        assert client.get(f"{client.second}/{path}").refusal[0] == status
    assert call(client, "invoices", "member").status == 403, "a role is not a plan"


def rows_of(document: Any) -> Rows:
    """Return the rows wherever they are."""
    while isinstance(document, dict):
        document = next(value for value in document.values() if isinstance(value, (list, dict)))
    return list(document)


def test_what_members_get(reading: Client) -> None:
    member, owner = reading.world.member_id, reading.world.owner_id
    refused = {path for path in ROUTES if call(reading, path, "member").status == 403}
    assert refused == {"webhooks", "invoices", "audit-log", "reports/detailed"}
    for path in (
        *("expenses", "time-off/requests", "scheduling/assignments/all"),
        *("reports/attendance",),
    ):
        rows = rows_of(call(reading, path, "member").json)
        assert {row["userId"] for row in rows} == {member}, path
    requests = call(reading, "approval-requests", "member").json
    assert {row["approvalRequest"]["owner"]["userId"] for row in requests} == {member}
    hidden = {**DETAILED, "amountShown": "HIDE_AMOUNT"}
    path = f"{reading.main}/reports/detailed"
    rows = reading.post(path, hidden, "member", "report").json["timeentries"]
    assert {row["userId"] for row in rows} == {member}
    assert "amount" not in rows[0]
    assert [row["id"] for row in reading.get("/workspaces", "member").json] == [
        reading.world.main_id
    ]
    for path in (reading.entries, f"{reading.main}/member-profile/{owner}"):
        answer = reading.get(path, "member")
        assert (answer.refusal, answer.json["message"]) == ((403, 1006), "Access Denied")
    assert reading.get(f"{reading.main}/user/{member}/time-entries", "member").json


def test_an_admin_of_the_main_workspace_is_none_of_the_second(reading: Client) -> None:
    assert reading.get(reading.entries, "admin").json
    path = f"{reading.second}/user/{reading.world.owner_id}/time-entries"
    assert reading.get(path, "admin").status == 403
    assert reading.get(path).json


def test_addon_tokens(reading: Client) -> None:
    """They read one workspace, and neither the list of workspaces nor the audit log."""
    refused = {path for path in ROUTES if call(reading, path, "addon").status != 200}
    assert refused == {"audit-log"}
    assert call(reading, "audit-log", "addon").refusal == (401, 4017)
    assert reading.get("/workspaces", "addon").refusal == (401, 4017)
    assert reading.get("/user", "addon").status == 200
    assert reading.get(f"{reading.second}/tags", "addon").status == 403


@pytest.mark.parametrize(
    ("roles", "count"),
    [("OWNER", 1), ("WORKSPACE_ADMIN", 1), (["OWNER", "WORKSPACE_ADMIN"], 2), ("TEAM_MANAGER", 0)],
)
def test_workspaces_by_role(reading: Client, roles: object, count: int) -> None:
    assert len(reading.get("/workspaces", roles=roles).json) == count


@pytest.mark.parametrize(
    "path",
    [
        *("invoices/{}", "invoices/{}/payments", "expenses/{}", "member-profile/{}"),
        *("users/{}/managers", "projects/{}/custom-fields", "projects/{}/tasks"),
        *("user/{}/time-entries", "time-off/balance/policy/{}"),
        "time-off/balance/assignment/user/{}/policy/{}",
    ],
)
def test_unknown_ids_are_bad_requests(reading: Client, path: str) -> None:
    answer = reading.get(f"{reading.main}/{path.format(UNKNOWN, UNKNOWN)}")
    assert answer.refusal == (400, 501)
    assert UNKNOWN in answer.json["message"]
    assert reading.get(f"/workspaces/{UNKNOWN}/users").refusal == (400, 501)


def test_unknown_routes_and_wrong_verbs(reading: Client) -> None:
    for path, host in (("nothing", "api"), ("shared-reports", "api"), ("tags", "report")):
        answer = reading.get(f"{reading.main}/{path}", _host=host)
        assert answer.refusal == (404, 3000)
        assert answer.json["message"].startswith("No static resource v1/")
    assert reading.get(f"{reading.main}/time-off/requests").refusal == (405, 3000)
    answer = reading.post(f"{reading.main}/tags", {})
    assert (answer.refusal, answer.headers["allow"]) == ((405, 3000), "GET")


BAD: list[tuple[str, str, dict[str, Any], tuple[int, int]]] = [
    ("GET", "user/{}/time-entries", {"start": "yesterday"}, (400, 3000)),
    ("GET", "time-off/policies", {"page": 1001}, (400, 501)),
    ("GET", "time-off/policies", {"status": "GONE"}, (400, 3000)),
    ("GET", "scheduling/assignments/all", {}, (400, 3001)),
    ("GET", "scheduling/assignments/all", {"start": "x", "end": "y"}, (400, 3000)),
    ("GET", "scheduling/assignments/users/{}/totals", {}, (400, 3001)),
    ("GET", "approval-requests", {"status": "REJECTED"}, (400, 3000)),
    ("GET", "approval-requests", {"types": "TIME"}, (400, 3000)),
    ("GET", "approval-requests", {"sort_column": "NOTE"}, (400, 3000)),
    ("GET", "invoices", {"statuses": "GONE"}, (400, 3000)),
    ("GET", "webhooks", {"type": "SYSTEM"}, (500, 0)),
    ("GET", "entities/updated", {}, (400, 3001)),
    ("GET", "entities/updated", {"type": "EXPENSE"}, (400, 3000)),
    ("GET", "entities/updated", {"type": "TAGS", "start": "x"}, (400, 3000)),
    ("POST", "time-entries/batch", {"timeEntryIds": []}, (400, 501)),
    ("POST", "time-off/requests", {"statuses": ["WITHDRAWN"]}, (400, 501)),
    ("POST", TOTALS, {}, (400, 501)),
    ("POST", USER_TOTALS, {**WINDOW, "statusFilter": "X"}, (400, 3000)),
    ("report", "reports/detailed", {}, (400, 501)),
    ("report", "reports/detailed", DATES, (400, 501)),
    ("report", "reports/attendance", DATES, (400, 501)),
    ("report", "reports/expenses/detailed", {}, (400, 501)),
    ("audit", "audit-log", {**AUDIT, "actions": []}, (400, 501)),
    ("audit", "audit-log", {**AUDIT, "actions": ["x"]}, (400, 3000)),
    ("audit", "audit-log", {**AUDIT, "authors": None}, (400, 501)),
]
"""GET, POST, or POST to another host; path, parameters, status and code."""


@pytest.mark.parametrize(("how", "path", "given", "expected"), BAD)
def test_bad_parameters(
    reading: Client, how: str, path: str, given: dict[str, Any], expected: tuple[int, int]
) -> None:
    path = f"{reading.main}/{path.format(reading.world.owner_id)}"
    host = "api" if how == "POST" else how
    answer = reading.get(path, **given) if how == "GET" else reading.post(path, given, host=host)
    assert answer.refusal == expected


def test_pages_have_no_number_zero(reading: Client) -> None:
    assert reading.get(reading.entries, page=0).json == reading.get(reading.entries).json
    beyond = reading.get(reading.entries, page=9, page_size=5000)
    assert (beyond.json, beyond.headers["last-page"]) == ([], "true")


def test_empty_page_before_the_last(client: Client) -> None:
    every = client.get(f"{client.main}/tags").json
    client.world.empty_page_before_last = True
    pages = [client.get(f"{client.main}/tags", page=page, page_size=4) for page in (1, 2, 3, 4, 5)]
    assert [len(page.json) for page in pages] == [4, 4, 0, 1, 0]
    last = ["false", "false", "false", "true", "true"]
    assert [page.headers["last-page"] for page in pages] == last
    assert [row for page in pages for row in page.json] == every


def test_unpaged_lists_ignore_pages(reading: Client) -> None:
    project = next(iter(reading.world.main.projects))
    paths = ("custom-fields", "holidays", "webhooks", f"projects/{project}/custom-fields")
    for path in ("/workspaces", *(f"{reading.main}/{one}" for one in paths)):
        answer = reading.get(path, page=2, page_size=1)
        assert answer.json == reading.get(path).json
        assert len(rows_of(answer.json)) > 1
        assert "last-page" not in answer.headers


def test_users_hide_limited_accounts_and_memberships(reading: Client) -> None:
    path = f"{reading.main}/users"
    shown = reading.get(path).json
    assert "LIMITED" not in {row["status"] for row in shown}
    assert [row["memberships"] for row in shown] == [[]] * len(shown)
    assert [row["email"] for row in shown] == sorted(row["email"] for row in shown)
    for statuses in (["LIMITED", "ACTIVE"], "LIMITED,ACTIVE"):
        rows = reading.get(path, account_statuses=statuses).json
        assert {row["status"] for row in rows} == {"LIMITED", "ACTIVE"}
    (inactive,) = reading.get(path, status="INACTIVE").json
    assert inactive["status"] == "ACTIVE"
    rows = reading.get(path, memberships="PROJECT").json
    assert {one["membershipType"] for row in rows for one in row["memberships"]} == {"PROJECT"}


def test_user_groups_and_managers(reading: Client) -> None:
    path, world = f"{reading.main}/user-groups", reading.world
    assert all("teamManagers" not in row for row in reading.get(path).json)
    groups = reading.ask("GET", f"/clockify/api/v1{path}?includeTeamManagers=true").json
    managed = next(row["userIds"][0] for row in groups if row["teamManagers"])
    assert {type(row["teamManagers"]) for row in groups} == {list, type(None)}
    (manager,) = reading.get(f"{reading.main}/users/{managed}/managers").json
    assert (manager["id"], manager["memberships"]) == (world.owner_id, [])


@pytest.mark.parametrize("path", ["clients", "projects", "tags"])
def test_archived_rows_are_listed_unless_filtered(reading: Client, path: str) -> None:
    every, archived, active = (
        reading.get(f"{reading.main}/{path}", **query).json
        for query in ({}, {"archived": "true"}, {"archived": "false"})
    )
    assert len(every) == len(archived) + len(active)
    assert archived
    assert active


def test_lists_are_sorted_as_asked(reading: Client) -> None:
    rows = reading.get(f"{reading.main}/tags", sort_column="ID", sort_order="DESCENDING").json
    assert [row["id"] for row in rows] == sorted(reading.world.main.tags, reverse=True)


def test_done_tasks_are_listed_unless_filtered(reading: Client) -> None:
    projects = reading.get(f"{reading.main}/projects", hydrated="true").json
    project = next(row for row in projects if len(row["tasks"]) > 2)
    path = f"{reading.main}/projects/{project['id']}/tasks"
    assert {row["status"] for row in reading.get(path).json} == {"ACTIVE", "DONE"}
    assert {row["status"] for row in reading.get(path, is_active="true").json} == {"ACTIVE"}
    assert project["tasks"] == [{**row, "favorite": False} for row in reading.get(path).json]


def test_a_window_is_wall_clock_in_the_owners_zone(client: Client) -> None:
    world = client.world
    for start in ("2020-06-01T07:59:59Z", "2020-06-01T08:00:00Z", "2020-06-01T09:00:00Z"):
        world.insert_entry(world.main_id, world.owner_id, timeInterval={"start": start})
    window = {"start": "2020-06-01T10:00:00Z", "end": "2020-06-01T11:00:00Z"}

    def starts() -> list[str]:
        return [row["timeInterval"]["start"] for row in client.get(client.entries, **window).json]

    assert world.account_zone == "Europe/Belgrade"
    assert starts() == ["2020-06-01T09:00:00Z", "2020-06-01T08:00:00Z"]
    world.account_zone = "UTC"
    assert starts() == []
    assert client.get("/user").json["settings"]["timeZone"] == "UTC"


def test_windows_and_filters_of_entries(reading: Client) -> None:
    def read(**query: Any) -> Rows:
        rows: Rows = reading.get(reading.entries, page_size=5000, **query).json
        return rows

    every = read()
    late, early = read(start="2026-09-01T02:00:00Z"), read(end="2026-09-01T01:59:59Z")
    assert late + early == every
    assert late
    assert early
    (running,) = read(in_progress="true")
    assert running["timeInterval"]["end"] is None


def test_batch(client: Client) -> None:
    world = client.world
    own = [one.id for one in world.entries(world.main_id, world.owner_id)[:5]]
    others = [one.id for one in world.entries(world.main_id, world.member_id or "")[:2]]
    path, listed = f"{client.main}/time-entries/batch", client.get(client.entries).json
    rows = client.post(path, {"timeEntryIds": [*others, *own, UNKNOWN]}).json
    assert {row["id"] for row in rows} == {*own, *others}
    assert [row for row in rows if row["userId"] == world.owner_id] == listed[:5]
    starts = [row["timeInterval"]["start"] for row in rows]
    assert starts == sorted(starts, reverse=True)
    assert client.post(path, {"timeEntryIds": own}, "member").status == 403
    assert len(client.post(path, {"timeEntryIds": others}, "member").json) == 2
    assert client.post(path, "no object").refusal == (400, 3002)
    world.switch(batch_limit=3)
    assert client.post(path, {"timeEntryIds": own}).refusal == (400, 501)


def test_statuses_and_archived_rows(client: Client) -> None:
    path = f"{client.main}/time-off/policies"
    counts = [len(client.get(path, status=one).json) for one in ("ACTIVE", "ARCHIVED", "ALL")]
    assert (counts, len(client.get(path).json)) == ([3, 1, 4], 3)
    path = f"{client.main}/expenses/categories"
    assert [client.get(path, archived=one).json["count"] for one in ("true", "false")] == [1, 4]
    assert client.get(path).json["count"] == 4
    client.world.switch(archived_categories=True)
    assert client.get(path).json["count"] == 5


def test_time_off_requests(reading: Client) -> None:
    path = f"{reading.main}/time-off/requests"
    every = reading.post(path, {}).json
    statuses = {row["status"]["statusType"] for row in every["requests"]}
    assert statuses == {"PENDING", "APPROVED", "REJECTED", "WITHDRAWN"}
    assert reading.post(path, {"start": WINDOW["end"]}).json == every, "one bound is ignored"
    for body in ({"statuses": ["PENDING"]}, WINDOW):
        assert 0 < reading.post(path, body).json["count"] < every["count"]


def test_approvals_by_newest_change(client: Client) -> None:
    world, path = client.world, f"{client.main}/approval-requests"
    world.advance(60)
    requests = world.main.approval_requests.values()
    chosen = next(one.id for one in requests if one.status.state == "PENDING")
    world.set_state(chosen, "APPROVED")
    rows = client.get(path, sort_column="UPDATED_AT", sort_order="DESCENDING").json
    shown = [row["approvalRequest"] for row in rows]
    moments = [one["status"]["updatedAt"] for one in shown]
    assert moments == sorted(moments, reverse=True)
    assert shown[0]["id"] == chosen
    assert {one["status"]["state"] for one in shown} == {
        "PENDING",
        "APPROVED",
        "WITHDRAWN_APPROVAL",
    }
    only = [
        row["approvalRequest"] for row in client.get(path, status="PENDING", types="EXPENSE").json
    ]
    assert {(one["status"]["state"], one["type"]) for one in only} == {("PENDING", "EXPENSE")}
    assert client.get(path, start=NEVER["start"], end=NEVER["end"]).json == client.get(path).json


def test_expenses_ignore_dates_and_may_be_null(client: Client) -> None:
    path = f"{client.main}/expenses"
    every = client.get(path).json
    assert client.get(path, **NEVER).json == every
    daily, weekly = (
        sum(one["total"] for one in every[f"{name}Totals"]) for name in ("daily", "weekly")
    )
    assert daily == weekly > 0
    client.world.switch(expense_date="instant", null_envelopes=True)
    rows = client.get(path).json["expenses"]["expenses"]
    assert {row["date"][10:] for row in rows} == {"T00:00:00Z"}
    empty = client.get(path, user_id=UNKNOWN).json
    assert empty["expenses"] == {"expenses": None, "count": 0}
    flat = client.get(f"{path}/{rows[0]['id']}").json
    assert {"categoryId", "projectId", "taskId"} <= flat.keys()


def test_units_of_invoices(client: Client) -> None:
    """An item's price is in hundredths of a cent; tax and discount are hundredths of a percent."""
    world = client.world
    item = {"order": 1, "quantity": 200, "unitPrice": 5_000}
    taxes = {"tax": 1_000.0, "tax2": 500.0, "discount": 2_000.0, "taxType": "COMPOUND"}
    one = world.insert_row(world.main_id, "invoices", items=[item], **taxes)
    world.insert_payment(one, 4_000)
    path = f"{client.main}/invoices/{one}"
    shown = client.get(path).json
    sums = ("subtotal", "discountAmount", "taxAmount", "tax2Amount", "amount", "paid", "balance")
    assert [shown[name] for name in sums] == [10_000, 2_000, 800, 440, 9_240, 4_000, 5_240]
    assert (shown["items"][0]["amount"], shown["status"]) == (10_000, "PARTIALLY_PAID")
    world.insert_payment(one, 5_240)
    assert client.get(path).json["status"] == "PAID"


@pytest.mark.parametrize("column", ["CLIENT", "DUE_ON", "ISSUE_DATE", "AMOUNT", "BALANCE"])
def test_invoices_are_sorted_as_asked(reading: Client, column: str) -> None:
    name = {"CLIENT": "clientName", "DUE_ON": "dueDate", "ISSUE_DATE": "issuedDate"}.get(column)
    query = {"sort_column": column, "sort_order": "DESCENDING", "statuses": "PAID,SENT"}
    rows = reading.get(f"{reading.main}/invoices", **query).json["invoices"]
    values = [value for row in rows if (value := row[name or column.lower()])]
    assert values == sorted(values, reverse=True)
    assert {row["status"] for row in rows} == {"PAID", "SENT"}


def test_totals_of_planning(reading: Client) -> None:
    path = f"{reading.main}/scheduling/assignments"
    one = next(one for one in reading.world.main.assignments.values() if one.published)
    wide = {"start": "2026-01-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"}
    for single in (f"projects/totals/{one.projectId}", f"users/{one.userId}/totals"):
        assert reading.get(f"{path}/{single}", **wide).json["workspaceId"]
        empty = reading.get(f"{path}/{single}", **NEVER)
        assert (empty.status, empty.body) == (200, b"")
    hours = {
        status: sum(row["totalHours"] for row in reading.post(f"{path}/projects/totals", body).json)
        for status in ("PUBLISHED", "UNPUBLISHED", "ALL")
        for body in [{**wide, "statusFilter": status}]
    }
    assert hours["PUBLISHED"] + hours["UNPUBLISHED"] == hours["ALL"]
    assert min(hours.values()) > 0
    rows = reading.post(f"{path}/user-filter/totals", WINDOW).json
    assert [len(row["totalHoursPerDay"]) for row in rows] == [30] * len(reading.world.main.users)


def report(client: Client, name: str = "detailed", **given: Any) -> Any:
    body = {**(ATTENDANCE if name == "attendance" else DETAILED), **given}
    return client.post(f"{client.main}/reports/{name}", body, host="report").json


def test_reports_of_the_free_plan_have_31_days(reading: Client) -> None:
    path = f"{reading.second}/reports/detailed"
    days = {**DETAILED, "dateRangeStart": "2026-08-01T00:00:00Z"}
    month = reading.post(path, {**days, "dateRangeEnd": "2026-08-31T23:59:59.999"}, host="report")
    assert month.status == 200
    longer = reading.post(path, {**days, "dateRangeEnd": "2026-09-01T23:59:59"}, host="report")
    assert longer.refusal == (400, 501)


def test_reports_are_of_a_zone(reading: Client) -> None:
    rows = report(reading, timeZone="Asia/Kolkata")["timeentries"]
    assert {row["timeInterval"]["start"][-6:] for row in rows} == {"+05:30"}
    assert all(row["timeInterval"]["start"] >= "2026-09-01" for row in rows)
    own = report(reading)["timeentries"]
    assert {row["timeInterval"]["start"][-6:] for row in own} == {"+02:00"}
    assert {type(row.get("invoicingInfo")) for row in rows} == {type(None), list, dict}
    days = {row["date"] for row in report(reading, "attendance", timeZone="UTC")["entities"]}
    assert {"2026-09-01", "2026-09-14"} <= days


def test_totals_filters_and_amounts_of_reports(client: Client) -> None:
    whole = report(client, detailedFilter={"pageSize": 1000})
    rows, (totals,) = whole["timeentries"], whole["totals"]
    assert totals["entriesCount"] == len(rows)
    assert totals["totalTime"] == sum(row["timeInterval"]["duration"] for row in rows)
    assert report(client, detailedFilter={"options": {"totals": "EXCLUDE"}})["totals"] == []
    upwards = report(client, sortOrder="ASCENDING", detailedFilter={"pageSize": 1000})
    assert upwards["timeentries"] == rows[::-1]
    amounts = {one["type"]: one["value"] for one in rows[0]["amounts"]}
    assert amounts["PROFIT"] == pytest.approx(amounts["EARNED"] - amounts["COST"], abs=0.02)
    never = {"dateRangeStart": "2001-01-01T00:00:00", "dateRangeEnd": "2001-01-02T00:00:00"}
    assert report(client, **never) == {"totals": [None], "timeentries": []}
    client.world.switch(report_span_days=10)
    assert report(client)["code"] == 501


def test_reports_hold_removed_members(client: Client) -> None:
    world = client.world
    assert world.member_id
    world.remove_user(world.main_id, world.member_id)
    rows = report(client, detailedFilter={"pageSize": 1000})["timeentries"]
    assert {row["userName"] for row in rows if row["userId"] == world.member_id} == {"Mia Member"}


def test_shared_reports(client: Client) -> None:
    def read(who: str = "owner", **query: Any) -> Any:
        return client.get(f"{client.main}/shared-reports", who, "report", **query).json

    assert len(read(page_size=2)["reports"]) == 9, "the hyphen is ignored"
    assert len(read(pageSize=2)["reports"]) == 2
    assert read(sharedReportsFilter="MINE")["code"] == 0
    assert 0 < read(sharedReportsFilter="CREATED_BY_ME")["count"] < 9
    assert 0 < read("member", sharedReportsFilter="SHARED_WITH_ME")["count"] < 9
    assert read("member")["count"] < 9
    client.world.switch(documented_shared_reports=True)
    assert all("filter" not in row for row in read()["reports"])


def test_the_audit_log_is_kept_for_a_year(client: Client) -> None:
    world, path = client.world, f"{client.main}/audit-log"
    body = {**AUDIT, "actions": list(ACTIONS), "start": "2000-01-01T00:00:00Z", "page-size": 50}
    rows = client.post(path, body, host="audit").json
    moments = [row["timestamp"] for row in rows]
    assert moments == sorted(moments, reverse=True)
    assert moments[-1] > "2025-09-15"
    assert len(world.main.audit_log) > 50 == len(rows)
    by_owner = {**body, "authors": {"authorIds": [world.owner_id], "contains": "DOES_NOT_CONTAIN"}}
    others = client.post(path, by_owner, host="audit").json
    assert world.owner_id not in {row["userId"] for row in others}
    world.switch(audit_envelope=True, audit_span_days=30)
    assert client.post(path, body, host="audit").refusal == (400, 501)
    assert set(client.post(path, AUDIT, host="audit").json) == {"response"}


def test_lists_may_be_texts(client: Client) -> None:
    path = f"{client.main}/member-profile/{client.world.owner_id}"
    assert isinstance(client.get(path).json["workingDays"], list)
    client.world.switch(text_lists=True)
    assert client.get(path).json["workingDays"].startswith('["MONDAY"')


def test_switches_are_checked(client: Client) -> None:
    with pytest.raises(ValueError, match="No such switch"):
        client.world.switch(no_such=True)
    with pytest.raises(ValueError, match="Invalid enum value"):
        client.world.switch(changes_code="id")


def test_quota() -> None:
    client = Client(requests_per_hour=3)
    statuses = [client.get(f"{client.main}/tags").status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert client.get(f"{client.second}/tags").status == 200
    answer = client.get(f"{client.main}/tags")
    assert (answer.body, "retry-after" in answer.headers) == (b"Too many requests", False)
    client.world.advance(3_601)
    assert client.get(f"{client.main}/tags").status == 200


def test_requests_are_counted_per_route(client: Client) -> None:
    client.get(f"{client.main}/tags", page=1)
    client.get(f"{client.main}/tags", page=2)
    client.post(f"{client.main}/audit-log", AUDIT, host="audit")
    assert client.ask("GET", "/__requests").json["routes"] == {
        "GET /clockify/api/v1/workspaces/{workspaceId}/tags": 2,
        "POST /clockify/audit/v1/workspaces/{workspaceId}/audit-log": 1,
    }
    first = client.server.control.requests[0]
    assert (first.method, first.query, first.service) == ("GET", [("page", "1")], "clockify")
    assert first.headers == ("x-api-key",)
