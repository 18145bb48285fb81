"""Reports and the audit log, which are read by windows: which ones, and what later runs bring."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.clockify.runs import (
    DAY,
    KEYS,
    REPORTS,
    ROUTES,
    VERSIONS,
    WINDOWED,
    Account,
    Copy,
    catalog,
    difference,
    differences,
    mark,
    true_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clockify.world import World
    from tests.common.runs import State


def windows(account: Account, table: str) -> list[tuple[str, str]]:
    """Return which days a report was asked for in the main workspace."""
    names = ("dateRangeStart", "dateRangeEnd")
    asked = account.bodies(ROUTES[table], account.world.main_id)
    return sorted({(body[names[0]][:10], body[names[1]][:10]) for body in asked})


def marks(account: Account, state: State) -> dict[str, str]:
    main = account.world.main_id
    return {table: mark(state, table, main)["replication_key_value"] for table in WINDOWED}


# -- which windows ---------------------------------------------------------------------------------


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
    account: Account, settings: dict[str, Any], first: str, last: str, slices: int
) -> None:
    account.by_months()
    run = account.run(catalog=catalog(["expense_report"]), **settings).ok()
    asked = account.bodies(ROUTES["expense_report"])
    assert len(asked) == slices
    assert (asked[0]["dateRangeStart"], asked[-1]["dateRangeEnd"]) == (first, last)
    assert all(first[:10] <= row["date"][:10] <= last[:10] for row in run.records("expense_report"))


@pytest.mark.parametrize(
    ("plan", "first", "later"),
    [("FREE", 115, 2), ("STANDARD", 10, 1), ("ENTERPRISE", 10, 1)],
)
def test_how_many_windows_a_plan_takes(
    start: Callable[..., Account], plan: str, first: int, later: int
) -> None:
    account = start(account="free", plan=plan, entries=100)
    tables = catalog(["detailed_report"])
    state = account.run(catalog=tables).ok().state
    assert len(windows(account, "detailed_report")) == first
    account.world.advance(DAY)
    account.reset()
    account.run(catalog=tables, state=state).ok()
    assert len(windows(account, "detailed_report")) == later


def test_a_window_in_the_future_asks_for_nothing(shared: Account) -> None:
    shared.reset()
    shared.run(catalog=catalog([*WINDOWED, "tags"]), start_date="2027-01-01").ok()
    assert not any(line.startswith("POST") for line in shared.requests())


def test_the_log_is_not_asked_for_what_is_not_kept(shared: Account) -> None:
    shared.reset()
    shared.run(catalog=catalog(["audit_log"]), start_date="2020-01-01").ok()
    asked = shared.bodies("/audit-log")
    assert (asked[0]["start"], asked[-1]["end"]) == ("2025-09-14T12:30:00Z", "2026-09-15T12:30:00Z")
    assert len(asked) == 13


@pytest.mark.parametrize("skip_unchanged", [False, True])
def test_a_window_of_a_year_that_is_refused_is_read_by_months(
    account: Account, world: World, skip_unchanged: bool
) -> None:
    world.report_span_days = 31
    run = account.run(
        catalog=catalog(["detailed_report"]),
        workspace_ids=[world.main_id],
        start_date="2025-01-01",
        skip_unchanged=skip_unchanged,
    ).ok()
    assert run.log.count("read month by month instead") == 1
    assert len(windows(account, "detailed_report")) >= 20
    expected = true_rows(world, "detailed_report", world.main_id)
    assert difference("detailed_report", expected, run.records("detailed_report")) == ""


@pytest.mark.parametrize(
    ("settings", "asked", "says"),
    [
        ({}, 2, "the plan or the key's role does not allow it (403)"),
        (
            {"max_requests_per_hour": 3, "on_quota": "stop"},
            *(1, "max_requests_per_hour is used up and on_quota is 'stop'"),
        ),
    ],
    ids=["plan", "quota"],
)
def test_months_that_cannot_be_read_are_not_read_instead(
    account: Account, settings: dict[str, Any], asked: int, says: str
) -> None:
    """A year is refused for its length (400), and what it is cut into for another reason."""
    account.world.report_span_days = 31
    account.fault("/reports/attendance", "status", code=403, after=1)
    run = account.run(
        catalog=catalog(["attendance_report"]),
        workspace_ids=[account.world.main_id],
        start_date="2026-03-01",
        max_concurrency=1,
        **settings,
    )
    assert "read month by month instead" not in run.log
    assert says in run.log
    assert run.records("attendance_report") == []
    assert len(windows(account, "attendance_report")) == asked


# -- pages -----------------------------------------------------------------------------------------


def test_several_pages_of_a_report(shared: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_clockify.streams.reports.DetailedReport.page_size", 60)
    shared.reset()
    run = shared.run(
        catalog=catalog(["detailed_report"]),
        start_date="2025-09-16",
        workspace_ids=[shared.world.main_id],
    ).ok()
    expected = true_rows(shared.world, "detailed_report", shared.world.main_id)
    assert difference("detailed_report", expected, run.records("detailed_report")) == ""
    pages = [body["detailedFilter"]["page"] for body in shared.bodies("/reports/detailed")]
    assert sorted(pages) == [*range(1, len(expected) // 60 + 2)]


@pytest.mark.parametrize("alike", [70, 120])
def test_entries_of_the_log_that_are_alike_are_told_apart(
    account: Account, world: World, alike: int
) -> None:
    """But whole pages of them cannot be told from paging that stands still."""
    for _ in range(alike):
        world.insert_audit_log(world.main_id, "CREATE_TIME_IMPORT", content="{}")
    run = account.run(catalog=catalog(["audit_log"]))
    if alike > 100:
        assert run.code == 1
        assert "the audit log sent the same page twice: its paging does not advance" in run.log
        return
    assert differences(world, run.ok(), ["audit_log"]) == {}
    ids = [row["_row_id"] for row in run.records("audit_log")]
    assert len(set(ids)) == len(ids)


def test_a_log_that_ignores_the_page_size(account: Account) -> None:
    """The documented default is 20 rows: such a page is not the last."""
    row = {"action": "CREATE_TAG", "timestamp": "2026-09-14T00:00:00Z", "userId": "u"}
    for page in range(3):
        rows = [{**row, "content": f"{page} {number}"} for number in range(20 - 5 * (page == 2))]
        account.fault("/audit-log", "status", code=200, body=json.dumps(rows), times=1)
    run = account.run(catalog=catalog(["audit_log"]), start_date="2026-09-01").ok()
    assert len(run.records("audit_log")) == 55
    assert [body["page"] for body in account.bodies("/audit-log")] == [1, 2, 3]


@pytest.mark.parametrize(
    ("table", "member"), [("detailed_report", "timeentries"), ("expense_report", "expenses")]
)
def test_a_row_without_its_id_is_a_failure(account: Account, table: str, member: str) -> None:
    account.fault(ROUTES[table], "remove", field=f"{member}._id")
    run = account.run(catalog=catalog([table]), max_retries=0, start_date="2026-09-01")
    assert run.code == 1
    assert "a report holds a row without _id" in run.log


def test_a_date_that_is_none_is_kept(account: Account) -> None:
    body = {"expenses": [{"_id": "a", "date": "soon"}, {"_id": "b"}], "totals": None}
    account.fault("/reports/expenses", "status", code=200, body=json.dumps(body))
    run = account.run(catalog=catalog(["expense_report"]), start_date="2026-09-01").ok()
    assert [row["_id"] for row in run.records("expense_report")] == ["a", "b"]


# -- later runs ------------------------------------------------------------------------------------


def test_a_copy_kept_by_several_runs(account: Account, world: World) -> None:
    copied, state = Copy(), None
    for days in (0, 1, 40, 3):
        if days:
            world.advance(days * DAY)
            start = f"{world.now - timedelta(hours=5):%Y-%m-%dT%H:%M:%SZ}"
            end = f"{world.now - timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"
            interval = {"start": start, "end": end}
            entry = world.insert_entry(world.main_id, world.owner_id, timeInterval=interval)
            world.edit_entry(entry, description=f"after {days} days")
            world.insert_row(world.main_id, "expenses", total=12.5)
        account.reset()
        run = copied.load(account.run(catalog=catalog(WINDOWED), state=state).ok())
        state = run.state
        assert copied.differences(world, REPORTS) == {}
        kept = {row["content"] for row in copied.rows("audit_log")}  # the log forgets after a year
        assert kept >= {row["content"] for row in true_rows(world, "audit_log")}
        assert all(run.records(table) for table in WINDOWED)
        assert not days or len(windows(account, "expense_report")) <= 3


def test_where_the_next_run_begins(account: Account, world: World) -> None:
    tables = catalog(WINDOWED)
    first = account.run(catalog=tables).ok()
    found = marks(account, first.state)
    column = {"detailed_report": "start", "audit_log": "timestamp"}
    for table in WINDOWED:
        latest = max(
            row[column.get(table, "date")]
            for row in first.records(table)
            if row["workspaceId"] == world.main_id
        )
        assert found[table][:10] == latest[:10]
    assert "known" not in json.dumps(first.state)
    world.advance(3600)
    account.reset()
    account.run(catalog=tables, state=first.state, lookback_days=10).ok()
    assert found["detailed_report"].startswith("2026-09-14")
    assert windows(account, "detailed_report") == [("2026-09-04", "2026-09-15")]
    assert windows(account, "expense_report") == [("2026-09-05", "2026-09-15")]
    (log,) = [body for body in account.bodies("/audit-log") if body["page"] == 1]
    assert (log["start"], log["end"]) == ("2026-09-15T11:20:00Z", "2026-09-15T13:30:00Z")


def test_edits_within_the_look_back_arrive(account: Account, world: World) -> None:
    tables = catalog(["detailed_report"])
    first = account.run(catalog=tables).ok()
    rows = [row for row in first.records("detailed_report") if row["workspaceId"] == world.main_id]
    recent, old = max(rows, key=lambda row: row["start"]), min(rows, key=lambda row: row["start"])
    for row in (recent, old):
        world.edit_entry(row["_id"], description="edited")
    second = account.run(catalog=tables, state=first.state, lookback_days=5).ok()
    sent = {row["_id"]: row["description"] for row in second.records("detailed_report")}
    assert sent[recent["_id"]] == "edited"
    assert old["_id"] not in sent
    whole = account.run(catalog=tables, state=first.state, lookback_days=36_500).ok()
    assert windows(account, "detailed_report")[0][0] == "2017-01-01"
    assert {row["_id"] for row in whole.records("detailed_report")} >= {recent["_id"], old["_id"]}


def test_a_list_that_stands_still_is_not_read_from_the_beginning(
    account: Account, world: World
) -> None:
    """Where nothing came for long, the bookmark follows the present at the distance of a slice."""
    account.by_months()
    for ident in list(world.main.expenses):
        world.delete_row(ident)
    tables = catalog(["expense_report", "tags"])
    first = account.run(catalog=tables).ok()
    assert first.records("expense_report") == []
    value = mark(first.state, "expense_report", world.main_id)["replication_key_value"]
    assert value == "2026-08-16T00:00:00Z"
    account.reset()
    account.run(catalog=tables, state=first.state).ok()
    assert windows(account, "expense_report") == [
        ("2026-07-17", "2026-08-16"),
        ("2026-08-17", "2026-09-15"),
    ]


def test_rows_of_later_days_come_when_their_day_does(account: Account, world: World) -> None:
    expense = world.insert_row(world.main_id, "expenses", date="2026-09-20")
    tables = catalog(["expense_report"])
    first = account.run(catalog=tables).ok()
    assert expense not in {row["_id"] for row in first.records("expense_report")}
    world.advance(5 * DAY)
    second = account.run(catalog=tables, state=first.state, lookback_days=0).ok()
    assert expense in {row["_id"] for row in second.records("expense_report")}


def test_a_slice_that_fails_keeps_the_bookmark(account: Account, world: World) -> None:
    tables = catalog(["expense_report", "tags"])
    account.fault("/reports/expenses", "status", code=500, times=1, after=7)
    copied = Copy()
    broken = copied.load(account.run(catalog=tables, max_retries=0, max_concurrency=1))
    assert broken.code == 1
    kept = mark(broken.state, "expense_report", world.main_id)
    assert "replication_key_value" not in kept
    assert len(kept["walk"]["done"]) == 9
    account.reset()
    again = copied.load(account.run(catalog=tables, state=broken.state).ok())
    assert len(windows(account, "expense_report")) == 1  # what was read is not read again
    assert copied.differences(world, ["expense_report"]) == {}
    assert "walk" not in mark(again.state, "expense_report", world.main_id)


def test_a_quota_ends_the_first_read_in_several_runs(account: Account, world: World) -> None:
    settings: dict[str, Any] = {"max_requests_per_hour": 6, "on_quota": "stop"}
    copied, codes, state = Copy(), Counter[int](), None
    while not codes[0] and codes[75] < 8:
        world.advance(3700)
        run = copied.load(
            account.run(
                catalog=catalog(["expense_report"]),
                workspace_ids=[world.main_id],
                state=state,
                **settings,
            )
        )
        state = run.state
        codes[run.code] += 1
    assert codes == {75: 2, 0: 1}
    assert copied.differences(world, ["expense_report"]) == {}


@pytest.mark.parametrize("dates", [{}, {"start_date": "2026-08-01"}], ids=["all", "bounded"])
@pytest.mark.parametrize("full", [(), WINDOWED], ids=["incremental", "full"])
def test_no_read_has_a_table_version(
    shared: Account, dates: dict[str, Any], full: tuple[str, ...]
) -> None:
    tables = catalog([*WINDOWED, "tags"], full=full)
    run = shared.run(catalog=tables, **dates, **VERSIONS).ok()
    assert run.versioned == ["tags"]
    assert {one["stream"] for one in run.of("RECORD") if "version" in one} == {"tags"}


def test_the_whole_table_when_the_catalog_asks_for_it(shared: Account) -> None:
    state = shared.run(catalog=catalog(REPORTS)).ok().state
    again = shared.run(catalog=catalog(REPORTS, full=REPORTS), state=state).ok()
    assert differences(shared.world, again, REPORTS) == {}


@pytest.mark.parametrize("table", ["attendance_report", "approval_requests"])
def test_a_plan_that_comes_back_is_read_from_where_it_was(
    account: Account, world: World, table: str
) -> None:
    tables = catalog([table, "tags"])
    before = account.run(catalog=tables).ok()
    world.set_plan(world.main_id, "FREE")
    without = account.run(catalog=tables, state=before.state).ok()
    assert KEYS[table]
    assert mark(without.state, table, world.main_id) == mark(before.state, table, world.main_id)
