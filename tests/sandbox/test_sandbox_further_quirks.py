"""What is peculiar about the further routes: states, totals, windows, zones, envelopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.clockify.audit_log import ACTIONS

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.sandbox.conftest import Answer, Api

KEY = {"X-Api-Key": "sandbox-key"}
MEMBER = {"X-Api-Key": "sandbox-member-key"}
UNKNOWN = "64a687e29ae1f428e7ebe303"

WINDOW = {"start": "2026-09-01T00:00:00Z", "end": "2026-09-30T00:00:00Z"}
DATES = {"dateRangeStart": "2026-09-01T00:00:00Z", "dateRangeEnd": "2026-09-30T00:00:00Z"}
AUDIT = {"actions": ["CREATE_TAG"], "authors": {"authorIds": [], "contains": "CONTAINS"}, **WINDOW}
DETAILED = {**DATES, "detailedFilter": {"page": 1, "pageSize": 50}}


def refusal(answer: Answer) -> tuple[int, int]:
    body = answer.json
    assert set(body) == {"message", "code"}
    return answer.status, body["code"]


def test_statuses_and_archived_rows(running: Sandbox, api: Api) -> None:
    policies = {
        one: len(api.get(f"{api.main}/time-off/policies", status=one).json)
        for one in ("ACTIVE", "ARCHIVED", "ALL")
    }
    assert policies == {"ACTIVE": 3, "ARCHIVED": 1, "ALL": 4}
    assert len(api.get(f"{api.main}/time-off/policies").json) == 3
    path = f"{api.main}/expenses/categories"
    assert api.get(path).json["count"] == 4
    running.clockify.switch(archived_categories=True)
    assert api.get(path).json["count"] == 5
    requests = api.post(f"{api.main}/time-off/requests", {}).json
    assert {row["status"]["statusType"] for row in requests["requests"]} == {
        *("PENDING", "APPROVED", "REJECTED", "WITHDRAWN")
    }
    pending = api.post(f"{api.main}/time-off/requests", {"statuses": ["PENDING"]}).json
    assert 0 < pending["count"] < requests["count"]
    one_bound = api.post(f"{api.main}/time-off/requests", {"start": WINDOW["end"]}).json
    assert one_bound == requests
    assert api.post(f"{api.main}/time-off/requests", WINDOW).json["count"] < requests["count"]


def test_approvals_newest_change_first(running: Sandbox, api: Api) -> None:
    world = running.clockify
    world.advance(60)
    chosen = next(
        one.id for one in world.main.approval_requests.values() if one.status.state == "PENDING"
    )
    world.set_state(chosen, "APPROVED")
    rows = api.get(
        f"{api.main}/approval-requests", sort_column="UPDATED_AT", sort_order="DESCENDING"
    ).json
    moments = [row["approvalRequest"]["status"]["updatedAt"] for row in rows]
    assert moments == sorted(moments, reverse=True)
    assert rows[0]["approvalRequest"]["id"] == chosen
    states = {row["approvalRequest"]["status"]["state"] for row in rows}
    assert states == {"PENDING", "APPROVED", "WITHDRAWN_APPROVAL"}
    only = api.get(f"{api.main}/approval-requests", status="PENDING", types="EXPENSE").json
    assert {
        (row["approvalRequest"]["status"]["state"], row["approvalRequest"]["type"]) for row in only
    } == {("PENDING", "EXPENSE")}


def test_expenses_ignore_dates_and_may_be_null(running: Sandbox, api: Api) -> None:
    path = f"{api.main}/expenses"
    every = api.get(path).json
    assert api.get(path, **WINDOW).json == every
    assert sum(day["total"] for day in every["dailyTotals"]) == sum(
        week["total"] for week in every["weeklyTotals"]
    )
    running.clockify.switch(expense_date="instant", null_envelopes=True)
    rows = api.get(path).json["expenses"]["expenses"]
    assert {row["date"][10:] for row in rows} == {"T00:00:00Z"}
    empty = api.get(path, user_id=UNKNOWN).json
    assert empty["expenses"] == {"expenses": None, "count": 0}
    flat = api.get(f"{path}/{rows[0]['id']}").json
    assert {"categoryId", "projectId", "taskId"} <= flat.keys()


def test_single_totals_may_be_empty(running: Sandbox, api: Api) -> None:
    world = running.clockify
    path = f"{api.main}/scheduling/assignments"
    project = next(one.projectId for one in world.main.assignments.values() if one.published)
    answer = api.get(
        f"{path}/projects/totals/{project}",
        start="2026-01-01T00:00:00Z",
        end="2027-01-01T00:00:00Z",
    )
    assert answer.json["totalHours"] > 0
    empty = api.get(
        f"{path}/projects/totals/{project}",
        start="2000-01-01T00:00:00Z",
        end="2000-01-02T00:00:00Z",
    )
    assert (empty.status, empty.body) == (200, b"")
    user = api.get(
        f"{path}/users/{world.owner_id}/totals",
        start="2000-01-01T00:00:00Z",
        end="2000-01-02T00:00:00Z",
    )
    assert (user.status, user.body) == (200, b"")


def test_reports_of_the_free_plan_have_31_days(api: Api) -> None:
    path = f"{api.second}/reports/detailed"
    days = {**DETAILED, "dateRangeStart": "2026-08-01T00:00:00Z"}
    month = api.post(path, {**days, "dateRangeEnd": "2026-08-31T23:59:59.999"}, host="report")
    assert month.status == 200
    answer = api.post(path, {**days, "dateRangeEnd": "2026-09-01T23:59:59"}, host="report")
    assert refusal(answer) == (400, 501)


def test_reports_are_of_a_zone(api: Api) -> None:
    path, body = f"{api.main}/reports/detailed", {**DETAILED, "timeZone": "Asia/Kolkata"}
    rows = api.post(path, body, host="report").json["timeentries"]
    assert {row["timeInterval"]["start"][-6:] for row in rows} == {"+05:30"}
    assert all(row["timeInterval"]["start"] >= "2026-09-01" for row in rows)
    own = api.post(path, DETAILED, host="report").json["timeentries"]
    assert {row["timeInterval"]["start"][-6:] for row in own} == {"+02:00"}
    assert {type(row.get("invoicingInfo")) for row in rows} == {type(None), list, dict}


def test_report_totals(running: Sandbox, api: Api) -> None:
    path = f"{api.main}/reports/detailed"
    first = api.post(path, {**DETAILED, "detailedFilter": {"pageSize": 10}}, host="report").json
    assert first["totals"][0]["entriesCount"] > len(first["timeentries"]) == 10
    never = {
        **DETAILED,
        "dateRangeStart": "2001-01-01T00:00:00",
        "dateRangeEnd": "2001-01-02T00:00:00",
    }
    assert api.post(path, never, host="report").json == {"totals": [None], "timeentries": []}
    running.clockify.switch(documented_reports=True)
    documented = api.post(path, DETAILED, host="report").json
    assert {"id", "locked"} <= documented["timeEntries"][0].keys()


def test_reports_hold_removed_members(running: Sandbox, api: Api) -> None:
    world = running.clockify
    assert world.member_id
    world.remove_user(world.main_id, world.member_id)
    rows = api.post(f"{api.main}/reports/detailed", DETAILED, host="report").json["timeentries"]
    names = {row["userName"] for row in rows if row["userId"] == world.member_id}
    assert names == {"Mia Member"}


def test_shared_reports(running: Sandbox, api: Api) -> None:
    path = f"/clockify/report/v1{api.main}/shared-reports"

    def read(query: str, headers: dict[str, str] = KEY) -> dict[str, Any]:
        answer: dict[str, Any] = api.ask("GET", f"{path}?{query}", headers=headers).json
        return answer

    assert len(read("page-size=2")["reports"]) == 9, "the hyphen is ignored"
    assert len(read("pageSize=2")["reports"]) == 2
    assert read("sharedReportsFilter=MINE")["code"] == 0
    assert 0 < read("sharedReportsFilter=CREATED_BY_ME")["count"] < 9
    assert read("", MEMBER)["count"] < 9
    running.clockify.switch(documented_shared_reports=True)
    assert all("filter" not in row for row in read("")["reports"])


def test_audit_log_is_kept_for_a_year(running: Sandbox, api: Api) -> None:
    world = running.clockify
    body = {**AUDIT, "actions": list(ACTIONS), "start": "2000-01-01T00:00:00Z", "page-size": 50}
    rows = api.post(f"{api.main}/audit-log", body, host="audit").json
    assert len(rows) == 50
    assert [row["timestamp"] for row in rows] == sorted(
        (row["timestamp"] for row in rows), reverse=True
    )
    assert len(world.main.audit_log) > 50
    by_owner = {**body, "authors": {"authorIds": [world.owner_id], "contains": "DOES_NOT_CONTAIN"}}
    others = api.post(f"{api.main}/audit-log", by_owner, host="audit").json
    assert world.owner_id not in {row["userId"] for row in others}
    world.switch(audit_envelope=True, audit_span_days=30)
    assert refusal(api.post(f"{api.main}/audit-log", body, host="audit")) == (400, 501)
    assert set(api.post(f"{api.main}/audit-log", AUDIT, host="audit").json) == {"response"}


def test_lists_may_be_texts(running: Sandbox, api: Api) -> None:
    path = f"{api.main}/member-profile/{running.clockify.owner_id}"
    assert isinstance(api.get(path).json["workingDays"], list)
    running.clockify.switch(text_lists=True)
    assert api.get(path).json["workingDays"].startswith('["MONDAY"')


def test_project_fields_and_managers(running: Sandbox, api: Api) -> None:
    world = running.clockify
    project = next(iter(world.main.projects))
    fields = api.get(f"{api.main}/projects/{project}/custom-fields", page_size=1)
    assert len(fields.json) == 6
    assert "last-page" not in fields.headers
    managed = next(
        group.userIds[0] for group in world.main.user_groups.values() if group.teamManagers
    )
    (manager,) = api.get(f"{api.main}/users/{managed}/managers").json
    assert manager["id"] == world.owner_id


def test_requests_are_counted_per_route(api: Api) -> None:
    api.post(f"{api.main}/reports/detailed", DETAILED, host="report")
    api.post(f"{api.main}/audit-log", AUDIT, host="audit")
    counted = api.control("GET", "/__requests").json["routes"]
    assert counted == {
        "POST /clockify/report/v1/workspaces/{workspaceId}/reports/detailed": 1,
        "POST /clockify/audit/v1/workspaces/{workspaceId}/audit-log": 1,
    }


def test_holidays_of_one_member(running: Sandbox, api: Api) -> None:
    path = f"{api.main}/holidays"
    every = api.get(path).json
    last = list(running.clockify.main.users)[-1]
    theirs = api.get(path, assigned_to=last).json
    assert 0 < len(theirs) < len(every)
