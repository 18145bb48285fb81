"""Reports of plans that allow more than a month at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clockify.runs import KEYS, Account, Copy, catalog, keyed
from tests.clockify.test_clockify_windows import REPORTS
from tests.clockify.test_clockify_windows_runs import until_now, windows

if TYPE_CHECKING:
    from collections.abc import Callable

EVER = ("2017-01-01T00:00:00Z", "2030-12-31T23:59:59Z")


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
    account.world.advance(86_400)
    account.reset()
    account.run(catalog=tables, state=state).ok()
    assert len(windows(account, "detailed_report")) == later


def test_a_copy_made_of_years(account: Account) -> None:
    account.world.set_window(*EVER)
    copied = Copy()
    copied.load(account.run(catalog=catalog(REPORTS)).ok())
    for table in REPORTS:
        expected = keyed(until_now(account.world, table), KEYS[table])
        assert keyed(copied.rows(table), KEYS[table]) == expected != {}


@pytest.mark.parametrize("skip_unchanged", [False, True])
def test_a_window_of_a_year_that_is_refused_is_read_by_months(
    account: Account,
    skip_unchanged: bool,
) -> None:
    world = account.world
    world.set_window(*EVER)
    copied = Copy()
    world.report_span_days = 31
    tables = catalog(["detailed_report"])
    asked = account.run(
        catalog=tables, workspace_ids=[world.main_id], skip_unchanged=skip_unchanged
    )
    run = copied.load(asked.ok())
    assert run.log.count("read month by month instead") == 1
    assert len(windows(account, "detailed_report")) >= 115 + 10
    expected = [
        row for row in until_now(world, "detailed_report") if row["workspaceId"] == world.main_id
    ]
    assert len(copied.rows("detailed_report")) == len(expected)


def test_months_that_are_refused_for_the_plan_are_left_out(account: Account) -> None:
    """A year is refused for its length (400), and what it is cut into for the plan (403)."""
    account.world.report_span_days = 31
    account.fault("/reports/attendance", "status", code=403, after=1)
    run = account.run(
        catalog=catalog(["attendance_report", "tags"]),
        workspace_ids=[account.world.main_id],
        start_date="2026-03-01",
        max_concurrency=1,
    ).ok()
    assert "read month by month instead" not in run.log
    assert "attendance_report: the plan or the key's role does not allow it (403)" in run.log
    assert run.records("attendance_report") == []
    assert len(windows(account, "attendance_report")) == 2


def test_a_quota_that_ends_before_the_months_is_no_refusal(account: Account) -> None:
    account.world.report_span_days = 31
    run = account.run(
        catalog=catalog(["attendance_report"]),
        workspace_ids=[account.world.main_id],
        start_date="2026-03-01",
        max_concurrency=1,
        max_requests_per_hour=3,
        on_quota="stop",
    )
    assert len(windows(account, "attendance_report")) == 1
    (reason,) = [line for line in run.log.splitlines() if "attendance_report failed" in line]
    assert "max_requests_per_hour is used up and on_quota is 'stop'" in reason
