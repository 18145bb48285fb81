"""The audit log and the reports: their rows, what is asked for, by which windows and of whom."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

import sandbox
from sandbox.clockify.audit_log import ACTIONS
from sandbox.clockify.plans import PLANS
from sandbox.clockify.truth import FURTHER as TRUTH
from tap_clockify.hosts import audit_log_url
from tap_clockify.tap import TapClockify
from taps_common.sync.concurrency import SIDE_BY_SIDE
from tests.clockify.runs import KEYS, WINDOWED, Account, catalog, filled, keyed, paths, true_rows
from tests.common.runs import NOW, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}
REPORTS = ("detailed_report", "attendance_report", "expense_report")
ROUTES = {
    "detailed_report": "/reports/detailed",
    "attendance_report": "/reports/attendance",
    "expense_report": "/reports/expenses/detailed",
    "audit_log": "/audit-log",
}
EVER = ("2017-01-01T00:00:00Z", "2026-09-15T23:59:59Z")

ONLY_DOCUMENTED = {
    "detailed_report": {"id", "locked", "tags.id", "customFields.type"},
    "expense_report": {
        *("id", "locked", "projectColor", "exportFields", "reportName", "time"),
        *("invoicingInfo", "invoicingInfo.manuallyInvoiced", "invoicingInfo.invoiceId"),
    },
}
"""Properties that only the description has."""


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """One account for the tests here that change nothing."""
    with sandbox.start(now=NOW, entries=300) as running:
        running.clockify.set_window(*EVER)
        one = Account(running)
        one.by_months()
        yield one


@pytest.fixture(scope="module")
def run(account: Account) -> Run:
    return account.run(catalog=catalog(WINDOWED)).ok()


@pytest.fixture
def own(start: Callable[..., Account]) -> Account:
    """An account of a test's own."""
    one = start()
    one.by_months()
    one.world.set_window(*EVER)
    return one


def bodies(account: Account, table: str, workspace: str = "") -> list[dict[str, Any]]:
    """Return what was posted to a table's route, by window."""
    found = [
        json.loads(one.body)
        for one in account.running.requests
        if one.route.endswith(ROUTES[table]) and workspace in one.path
    ]
    return sorted(found, key=json.dumps)


def page_of(body: dict[str, Any]) -> int:
    inner: dict[str, int] = body.get("detailedFilter") or body.get("attendanceFilter") or body
    return inner["page"]


def plain(rows: list[dict[str, Any]]) -> Counter[str]:
    """Return rows of the audit log without the ids that the tap gives them."""
    return Counter(
        json.dumps(
            {name: row[name] for name in row if name != "_row_id" and row[name] is not None},
            sort_keys=True,
        )
        for row in rows
    )


def is_true(account: Account, run: Run) -> bool:
    for table in REPORTS:
        expected = keyed(true_rows(account.world, table), KEYS[table])
        assert keyed(run.records(table), KEYS[table]) == expected, table
        assert len(run.records(table)) == len(expected), table
    assert plain(run.records("audit_log")) == plain(true_rows(account.world, "audit_log"))
    return True


# -- rows ------------------------------------------------------------------------------------------


def test_each_table_holds_the_accounts_rows(account: Account, run: Run) -> None:
    assert is_true(account, run)
    assert {**run.counts()}.keys() == {*WINDOWED}


@pytest.mark.parametrize("table", WINDOWED)
def test_keys_are_whole_and_tell_rows_apart(run: Run, table: str) -> None:
    if table != "audit_log":
        assert set(KEYS[table]) == set(TRUTH[table][2])
    keys = [tuple(row[name] for name in KEYS[table]) for row in run.records(table)]
    assert len(set(keys)) == len(keys) > 0
    assert all(part not in {None, ""} for key in keys for part in key)


@pytest.mark.parametrize("table", WINDOWED)
def test_rows_fit_the_schema_and_fill_every_property(run: Run, table: str) -> None:
    (message,) = run.of("SCHEMA", table)
    validator = Draft202012Validator(message["schema"], format_checker=FormatChecker())
    seen: set[str] = set()
    for row in run.records(table):
        validator.validate(row)
        seen |= set(filled(row))
    assert set(paths(message["schema"])) - seen == ONLY_DOCUMENTED.get(table, set())


def test_nothing_is_unknown_or_of_another_type(run: Run) -> None:
    assert "fields unknown to this version" not in run.log
    assert "are not of their type" not in run.log
    assert "came twice" not in run.log


@pytest.mark.parametrize("workers", [1, 16])
def test_workers_change_nothing(account: Account, run: Run, workers: int) -> None:
    again = account.run(catalog=catalog(WINDOWED), max_concurrency=workers).ok()
    assert again.output == run.output


def test_flattened_rows_are_the_same_rows(account: Account, run: Run) -> None:
    """With flattening each row goes the SDK's own way."""
    flat = account.run(
        catalog=catalog(WINDOWED), flattening_enabled=True, flattening_max_depth=1
    ).ok()
    assert flat.counts() == run.counts()
    for row, whole in zip(
        flat.records("attendance_report"), run.records("attendance_report"), strict=True
    ):
        assert row["break"] == whole["break"]
    assert [row["_row_id"] for row in flat.records("audit_log")] == [
        row["_row_id"] for row in run.records("audit_log")
    ]


SWITCHES: list[dict[str, Any]] = [
    {"documented_reports": True},
    {"audit_envelope": True},
    {"audit_span_days": 30},
    {"report_limit": 200, "clamp_page_size": True},
    {"attendance_limit": 50, "clamp_page_size": True},
    {"omit_last_page": True},
    {"null_envelopes": True},
]


@pytest.mark.parametrize("switched", SWITCHES, ids=lambda one: next(iter(one)))
def test_what_is_documented_one_way_and_seen_another(
    own: Account, switched: dict[str, Any]
) -> None:
    own.world.switch(**switched)
    run = own.run(catalog=catalog(WINDOWED)).ok()
    assert is_true(own, run)
    assert "are not of their type" not in run.log
    assert "fields unknown to this version" not in run.log


def test_the_id_of_a_row_is_the_same_whatever_is_selected(account: Account, run: Run) -> None:
    without = [("audit_log", "content"), ("audit_log", "action"), ("audit_log", "userName")]
    fewer = account.run(catalog=catalog(["audit_log"], without=without)).ok()
    ids = [row["_row_id"] for row in run.records("audit_log")]
    assert [row["_row_id"] for row in fewer.records("audit_log")] == ids
    assert "content" not in fewer.records("audit_log")[0]


def test_pages_of_equal_entries_cannot_be_told_from_paging_that_stands_still(own: Account) -> None:
    world = own.world
    for _ in range(120):
        world.insert_audit_log(world.main_id, "CREATE_TIME_IMPORT", content="{}")
    run = own.run(catalog=catalog(["audit_log"]))
    assert run.code == 1
    assert "the audit log sent the same page twice" in run.log


def test_a_few_entries_of_the_log_that_are_alike(own: Account) -> None:
    world = own.world
    for _ in range(70):
        world.insert_audit_log(world.main_id, "CREATE_TIME_IMPORT", content="{}")
    run = own.run(catalog=catalog(["audit_log"])).ok()
    assert plain(run.records("audit_log")) == plain(true_rows(world, "audit_log"))
    ids = [row["_row_id"] for row in run.records("audit_log")]
    assert len(set(ids)) == len(ids)


def test_a_log_whose_paging_stands_still_is_a_failure(own: Account) -> None:
    row = {"action": "CREATE_TAG", "timestamp": "2026-09-01T00:00:00Z", "userId": "u"}
    rows = [{**row, "content": str(number)} for number in range(50)]
    own.fault("/audit-log", "status", code=200, body=json.dumps(rows))
    run = own.run(catalog=catalog(["audit_log"]))
    assert run.code == 1
    assert "its paging does not advance" in run.log


def test_a_log_that_ignores_the_page_size(own: Account) -> None:
    """The documented default is 20 rows: such a page is not the last."""
    row = {"action": "CREATE_TAG", "timestamp": "2026-09-14T00:00:00Z", "userId": "u"}
    for page in range(3):
        rows = [{**row, "content": f"{page} {number}"} for number in range(20 - 5 * (page == 2))]
        own.fault("/audit-log", "status", code=200, body=json.dumps(rows), times=1)
    run = own.run(catalog=catalog(["audit_log"]), start_date="2026-09-01").ok()
    assert len(run.records("audit_log")) == 55
    assert [body["page"] for body in bodies(own, "audit_log")] == [1, 2, 3]


# -- requests --------------------------------------------------------------------------------------

BETWEEN: dict[str, Any] = {"start_date": "2026-07-01", "end_date": "2026-08-31"}
AUGUST = [
    ("2026-07-01T00:00:00.000", "2026-07-31T23:59:59.999"),
    ("2026-08-01T00:00:00.000", "2026-08-31T23:59:59.999"),
]


def report(first: str, last: str, **more: object) -> dict[str, Any]:
    return {
        "dateRangeStart": first,
        "dateRangeEnd": last,
        "timeZone": "UTC",
        "exportType": "JSON",
        "sortOrder": "ASCENDING",
        **more,
    }


DETAILED: dict[str, Any] = {
    "amountShown": "EARNED",
    "detailedFilter": {
        "page": 1,
        "pageSize": 1000,
        "sortColumn": "ID",
        "options": {"totals": "EXCLUDE"},
    },
}
ATTENDANCE: dict[str, Any] = {
    "attendanceFilter": {"page": 1, "pageSize": 200, "sortColumn": "DATE", "hasTimeOff": True}
}
EXPENSES: dict[str, Any] = {"page": 1, "pageSize": 1000, "sortColumn": "ID"}


def test_what_is_asked_between_dates(own: Account) -> None:
    world = own.world
    world.set_window("2026-07-01T00:00:00Z", "2026-08-31T23:59:59Z")
    run = own.run(catalog=catalog(WINDOWED), **BETWEEN).ok()
    for table, more in zip(REPORTS, (DETAILED, ATTENDANCE, EXPENSES), strict=True):
        asked = [body for body in bodies(own, table, world.main_id) if page_of(body) == 1]
        assert asked == [report(*part, **more) for part in AUGUST]
        expected = keyed(true_rows(world, table), KEYS[table])
        assert keyed(run.records(table), KEYS[table]) == expected != {}, table
    log = {"actions": list(ACTIONS), "authors": {"authorIds": [], "contains": "DOES_NOT_CONTAIN"}}
    page = {"page": 1, "page-size": 50}
    borders = ["2026-07-01", "2026-07-30", "2026-08-28", "2026-09-01"]
    assert bodies(own, "audit_log") == [
        {**log, "start": f"{low}T00:00:00Z", "end": f"{high}T00:00:00Z", **page}
        for low, high in pairwise(borders)
    ]
    expected_log = [
        row
        for row in true_rows(world, "audit_log")
        if "2026-07-01" <= row["timestamp"] < "2026-09-01"
    ]
    assert plain(run.records("audit_log")) == plain(expected_log) != Counter()
    for request in own.running.requests:
        if request.method == "POST":
            assert {"content-type", "x-api-key"} <= {name.lower() for name in request.headers}
    hosts = Counter(one.route.split("/workspaces")[0] for one in own.running.requests)
    assert set(hosts) == {"/clockify/api/v1", "/clockify/report/v1", "/clockify/audit/v1"}


@pytest.mark.parametrize(
    ("settings", "first", "last", "slices"),
    [
        ({}, "2017-01-01T00:00:00.000", "2026-09-15T23:59:59.999", 115),
        ({"start_date": "2026-08-16"}, "2026-08-16T00:00:00.000", "2026-09-15T23:59:59.999", 1),
        ({"start_date": "2026-08-15"}, "2026-08-15T00:00:00.000", "2026-09-15T23:59:59.999", 2),
        (
            {"start_date": "2026-08-20T15:00:00+02:00", "end_date": "2026-08-21T10:00:00Z"},
            *("2026-08-20T00:00:00.000", "2026-08-21T23:59:59.999", 1),
        ),
        (
            {"start_date": "2026-09-01", "end_date": "2030-01-01"},
            *("2026-09-01T00:00:00.000", "2026-09-15T23:59:59.999", 1),
        ),
    ],
    ids=str,
)
def test_the_window_of_a_report(
    own: Account, settings: dict[str, Any], first: str, last: str, slices: int
) -> None:
    run = own.run(catalog=catalog(["expense_report"]), **settings).ok()
    asked = bodies(own, "expense_report")
    assert len(asked) == slices
    assert (asked[0]["dateRangeStart"], asked[-1]["dateRangeEnd"]) == (first, last)
    assert all(first[:10] <= row["date"][:10] <= last[:10] for row in run.records("expense_report"))


def test_a_window_in_the_future_asks_for_nothing(own: Account) -> None:
    own.run(catalog=catalog([*WINDOWED, "tags"]), start_date="2027-01-01").ok()
    assert not any(line.startswith("POST") for line in own.requests())


def test_the_log_is_not_asked_for_what_is_not_kept(own: Account) -> None:
    own.run(catalog=catalog(["audit_log"]), start_date="2020-01-01").ok()
    asked = bodies(own, "audit_log")
    assert asked[0]["start"] == "2025-09-14T12:30:00Z"
    assert asked[-1]["end"] == "2026-09-15T12:30:00Z"
    assert len(asked) == 13


def test_several_pages_of_a_report(own: Account) -> None:
    world = own.world
    world.switch(attendance_limit=200)
    for number in range(2100):
        start = f"2026-09-01T{number // 100:02}:00:00Z"
        world.insert_entry(
            world.main_id,
            world.owner_id,
            timeInterval={"start": start, "end": start, "duration": "PT0S"},
        )
    tables = ["detailed_report"]
    run = own.run(catalog=catalog(tables), start_date="2026-09-01", workspace_ids=[world.main_id])
    world.set_window("2026-09-01T00:00:00Z", EVER[1])
    expected = [
        row for row in true_rows(world, "detailed_report") if row["workspaceId"] == world.main_id
    ]
    assert keyed(run.ok().records("detailed_report"), KEYS["detailed_report"]) == keyed(
        expected, KEYS["detailed_report"]
    )
    assert [body["detailedFilter"]["page"] for body in bodies(own, "detailed_report")] == [1, 2, 3]


@pytest.mark.parametrize("table", WINDOWED)
@pytest.mark.parametrize("body", ["{}", '{"rows": []}', '"x"', '["x"]', '[{"nothing": 1}'])
def test_another_envelope_is_never_an_empty_table(own: Account, table: str, body: str) -> None:
    own.fault(ROUTES[table], "status", code=200, body=body)
    run = own.run(catalog=catalog([table, "tags"]), max_retries=0, **VERSIONS)
    assert run.code == 1
    assert run.records(table) == []
    assert run.versioned == ["tags"]


@pytest.mark.parametrize("table", ["detailed_report", "expense_report"])
def test_a_row_without_its_id_is_a_failure(own: Account, table: str) -> None:
    name = "timeentries" if table == "detailed_report" else "expenses"
    own.fault(ROUTES[table], "remove", field=f"{name}._id")
    run = own.run(catalog=catalog([table]), max_retries=0)
    assert run.code == 1
    assert "a report holds a row without _id" in run.log


def test_a_date_that_is_none_is_kept(own: Account) -> None:
    body = {"expenses": [{"_id": "a", "date": "soon"}, {"_id": "b"}], "totals": None}
    own.fault("/reports/expenses", "status", code=200, body=json.dumps(body))
    run = own.run(catalog=catalog(["expense_report"]), start_date="2026-09-01").ok()
    assert [row["_id"] for row in run.records("expense_report")] == ["a", "b"]


# -- plans and roles -------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", PLANS)
def test_each_plan(own: Account, plan: str) -> None:
    for ident in own.world.workspaces:
        own.world.set_plan(ident, plan)
    run = own.run(catalog=catalog([*WINDOWED, "tags"]), **VERSIONS).ok()
    assert is_true(own, run)
    assert run.versioned == ["tags"]
    for table in WINDOWED:
        feature = TRUTH[table][0]
        if feature in {None, *PLANS[plan][1]}:
            assert run.records(table)
            continue
        assert run.records(table) == []
        for ident in own.world.workspaces:
            said = f"{table}: the plan ({PLANS[plan][0]}) of workspace {ident} does not include"
            lines = [line for line in run.log.splitlines() if line.startswith(said)]
            assert lines == [f"{said} {feature}"]
        assert bodies(own, table) == []


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refusal_that_nothing_announced(own: Account, status: int) -> None:
    """Without a list of features each table is asked for, and refused by the first slices."""
    for ident in own.world.workspaces:
        own.world.set_plan(ident, "FREE")
    own.world.switch(plan_refusal=status)
    own.fault("v1/workspaces", "replace", field="features", value=None, times=1)
    run = own.run(catalog=catalog([*WINDOWED, "tags"]), max_concurrency=1, **VERSIONS).ok()
    assert is_true(own, run)
    for table in ("attendance_report", "expense_report", "audit_log"):
        told = f"{table}: the plan or the key's role does not allow it ({status})"
        assert run.log.count(told) == 1
        assert len(bodies(own, table)) <= 2 * SIDE_BY_SIDE  # what was on its way already


def test_a_slice_that_is_refused_is_no_plan(own: Account) -> None:
    own.fault("/reports/attendance", "status", code=403, times=1, after=50)
    run = own.run(catalog=catalog(["attendance_report", "tags"]), max_concurrency=1)
    assert run.code == 1
    assert "answered 403" in run.log


@pytest.mark.parametrize("table", WINDOWED)
def test_a_slice_whose_window_is_refused_is_a_failure(own: Account, table: str) -> None:
    own.fault(ROUTES[table], "status", code=400, body='{"code": 501}', times=1, after=3)
    run = own.run(catalog=catalog([table, "tags"]))
    assert run.code == 1
    assert "answered 400" in run.log


def test_a_plain_members_key(own: Account) -> None:
    world = own.world
    run = own.run(catalog=catalog(WINDOWED), api_key="sandbox-member-key").ok()
    for table in REPORTS:
        assert {row["userId"] for row in run.records(table)} == {world.member_id}, table
        assert f"{table}: the key sees a part of workspace {world.main_id} only" in run.log
    said = f"audit_log: only the key of an owner or admin of workspace {world.main_id} may read it"
    assert said in run.log
    assert bodies(own, "audit_log") == []
    for ident in world.workspaces:
        said = (
            f"detailed_report: refused with amounts in workspace {ident} (403), asked for without"
        )
        assert run.log.count(said) == (ident == world.main_id)
    shown = {body["amountShown"] for body in bodies(own, "detailed_report")}
    assert shown == {"EARNED", "HIDE_AMOUNT"}
    for row in run.records("detailed_report"):
        assert (row["amount"], row["rate"], row["amounts"]) == (None, None, None)
        assert row["description"] or row["projectId"] or row["timeInterval"]["duration"] >= 0


def test_amounts_are_hidden_after_few_refusals(own: Account) -> None:
    own.run(
        catalog=catalog(["detailed_report"]), api_key="sandbox-member-key", max_concurrency=1
    ).ok()
    bodies_ = bodies(own, "detailed_report")
    refused = [body for body in bodies_ if body["amountShown"] == "EARNED"]
    assert 0 < len(refused) < 40


def test_a_report_that_stays_refused_is_left_out(own: Account) -> None:
    own.fault("/reports/detailed", "status", code=403)
    run = own.run(catalog=catalog(["detailed_report", "tags"]), start_date="2026-08-01").ok()
    assert "detailed_report: the plan or the key's role does not allow it (403)" in run.log
    assert run.records("detailed_report") == []


def test_strict_about_a_report(own: Account) -> None:
    settings: dict[str, Any] = {"strict_plan": True, "start_date": "2026-08-01"}
    run = own.run(catalog=catalog(["attendance_report", "tags"]), **settings)
    assert run.code == 1
    assert "does not include ATTENDANCE_REPORT (strict_plan)." in run.log


def test_the_log_takes_no_addon_token(own: Account) -> None:
    run = own.run(
        catalog=catalog([*WINDOWED, "tags"]),
        api_key=None,
        addon_token="sandbox-addon-token",
        workspace_ids=[own.world.main_id],
        start_date="2026-08-01",
    ).ok()
    assert "audit_log: Clockify's audit log takes no add-on token: use an API key" in run.log
    assert run.records("audit_log") == []


# -- hosts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "url"),
    [
        ({"region": "global"}, "https://auditlog-api.api.clockify.me/v1"),
        (
            {"api_url": "https://api.clockify.me/api/v1/"},
            "https://auditlog-api.api.clockify.me/v1",
        ),
        ({"region": "euc1"}, None),
        ({"api_url": "https://acme.clockify.me/api/v1"}, None),
        ({"api_url": "http://h:1/x/api/v1"}, "http://h:1/x/audit/v1"),
        ({"api_url": "https://clockify.me.example/api/v1"}, "https://clockify.me.example/audit/v1"),
        ({"region": "euc1", "audit_log_url": "https://h/log/"}, "https://h/log"),
    ],
)
def test_where_the_audit_log_is(config: dict[str, Any], url: str | None) -> None:
    assert audit_log_url({"region": "global", **config}) == url


def test_the_log_of_another_host(start: Callable[..., Account], own: Account) -> None:
    """Credentials go to the host that the setting names, and nowhere else."""
    other = start()
    run = own.run(
        catalog=catalog(["audit_log"]), audit_log_url=f"{other.running.url}/clockify/audit/v1"
    ).ok()
    assert run.records("audit_log")
    assert {one.route for one in other.running.requests} == {
        "/clockify/audit/v1/workspaces/{workspaceId}/audit-log"
    }
    assert bodies(own, "audit_log") == []


def test_a_wrong_audit_log_url(own: Account) -> None:
    run = own.run(catalog=catalog(["audit_log"]), audit_log_url=f"{own.running.url}/clockify/no")
    assert run.code == 1
    assert "There is no such route: check audit_log_url." in run.log


def test_a_region_whose_log_is_nowhere_documented(
    own: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_clockify.account.audit_log_url", lambda _config: None)
    run = own.run(catalog=catalog(["audit_log", "tags"]))
    assert run.code == 1
    assert "audit_log_url is missing: the audit log has a host of its own" in run.log
    assert run.records("tags")
    tap = TapClockify(config=own.config())
    (said,) = [line for line in tap.check() if "will fail" in line]
    assert said.startswith("    will fail: audit_log: audit_log_url is missing")
    own.run(catalog=catalog(["tags"])).ok()
    for ident in own.world.workspaces:
        own.world.set_plan(ident, "PRO")
    own.run(catalog=catalog(["audit_log", "tags"])).ok()
