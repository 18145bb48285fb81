"""`--check`: what a key may see, what a run would ask, and what is wrong."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest

from scripts.plugins import selection
from tap_clockify.check import FREE_PLAN
from tap_clockify.tap import TapClockify
from taps_common.errors import TapError
from tests.clockify.runs import SECRETS, WRONG, Account, catalog
from tests.common.runs import TurningClock, turning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.common.runs import Run


def command(account: Account, **settings: Any) -> Run:
    run = account.command("--config", "ENV", "--check", **settings)
    everything = run.output.decode() + run.log
    assert not any(secret in everything for secret in (*SECRETS, WRONG))
    assert "Traceback" not in run.log
    return run


def checked(account: Account, **settings: Any) -> list[str]:
    """Return what the command says, from this process and at the sandbox's present."""
    tap = turning(TapClockify, TurningClock(account.world.now))
    lines = [*tap(config=account.config(**settings), parse_env_config=False).check()]
    assert not any(secret in line for line in lines for secret in (*SECRETS, WRONG))
    return lines


CORE = [rule.removesuffix(".*") for rule in selection("tap-clockify", "core")]
COUNTED = (
    "This check sent {} requests, which count towards this hour{} too. A run does not know of "
    "them: begin it in an hour, or Clockify may refuse some of its requests for a while (429)."
)

LACKING_ON_FREE = (
    "custom_fields, expense_categories, expenses, invoices, invoice_items, holidays, "
    "time_off_policies, time_off_requests, approval_requests, approval_request_entries, "
    "approval_request_expenses, assignments, project_assignment_totals, user_capacity_totals, "
    "user_capacity_days, shared_reports, project_custom_fields, invoice_payments, "
    "time_off_balances, balance_assignments, attendance_report, expense_report, audit_log"
)


def test_check_of_the_owners_key(account: Account) -> None:
    run = command(account)
    main, second = account.world.workspaces
    assert run.code == 0
    others = run.output.decode().split("All other tables take at least ")[1].split()[0]
    assert int(others.replace(",", "")) > 59 + 100  # months of the free plan, of the real present
    lines = run.output.decode().splitlines()
    free = lines.pop(8)  # of the real present
    asked = re.fullmatch(
        r"On the free plan \(Side project\) all tables take at least (\d+) requests, and a new "
        r"workspace allows 30 an hour: (\d+) hours\. The selection free-plan takes 10: less than "
        r"an hour\. Paste this into an extractor for Side project alone:",
        free,
    )
    assert asked
    every, hours = map(int, asked.groups())
    assert every > 59  # months
    paid = 25 + int(others.replace(",", "")) - (every - 1)
    seconds = -(-paid // 50)
    assert hours == -(-every // 30)
    assert lines == [
        f"tap-clockify {version('timecost-taps')} at {account.url}",
        "Key of Olivera Owner (member00000@example.test)",
        (
            f"  Sandbox Builders d.o.o. Ćuprija ({main}): OWNER, plan ENTERPRISE_2021, 12 members, "
            "12 projects, at least 16 requests"
        ),
        (
            f"  Side project ({second}): WORKSPACE_ADMIN, plan FREE, 4 members, 3 projects, "
            "at least 8 requests"
        ),
        f"    left out: {LACKING_ON_FREE}: not in the plan (FREE) of workspace {second}",
        (
            "Whatever is selected, these figures are of the core. "
            "A first run of the tables of the selection core sends at least 25 requests: one per "
            "list, one per member (time entries), one to see whether all tasks come with their "
            "projects (one per project where they do not), and one more for every further 5,000 "
            "rows of a list or a member."
        ),
        (
            "Later runs of these tables send at least 29 until Clockify's feeds of changes have "
            "told all new time entries in 3 runs, and an edit, and at least 13 from then on. Runs "
            "without new entries do not count; each says how far that is. It is 29 again once in "
            "7 days (verify_days), and while no edit was told for as long. With replication method "
            "INCREMENTAL each sends at least 23."
        ),
        (
            f"All other tables take at least {others} more: one per list, one per project (custom "
            "fields), two per member (profile, managers), one per month (reports and audit_log, "
            "from start_date on), and besides these one per invoice that changed, one per invoice "
            "(payments), one per policy (balances), one per member and policy "
            "(balance_assignments), and up to four once to find out how feeds of changes read "
            "times."
        ),
        "    config:",
        f"      workspace_ids: [{second}]",
        "      max_requests_per_hour: 30",
        "      on_quota: wait  # or stop, to run again each hour",
        "    select:",
        *(f"    - {rule}" for rule in selection("tap-clockify", "free-plan")),
        (
            "A paid plan (Sandbox Builders d.o.o. Ćuprija) allows 50 requests a second: all tables "
            f"take {seconds} seconds at least. To use that, paste this into an extractor for "
            "Sandbox Builders d.o.o. Ćuprija alone:"
        ),
        "    config:",
        f"      workspace_ids: [{main}]",
        "      max_concurrency: 16",
        "      max_requests_per_second: 50",
        COUNTED.format(10, " on the free plan (Side project)"),
    ]
    assert len(account.requests()) == 1 + 4 + 1 + 2 + 2


def test_check_speaks_of_what_the_catalog_selects(account: Account, tmp_path: Path) -> None:
    file = tmp_path / "catalog.json"
    file.write_text(json.dumps(catalog(["time_entries", "holidays"])))
    options = ("--config", "ENV", "--check", "--catalog", str(file))
    lines = account.command(*options).output.decode().splitlines()
    (left_out,) = [line for line in lines if "left out" in line]
    assert left_out.startswith("    left out: holidays: not in the plan (FREE) of workspace ")
    assert any("selection core sends at least 25 requests" in line for line in lines)


def test_check_of_an_admins_key(shared: Account) -> None:
    main, second = shared.world.workspaces
    lines = checked(shared, api_key="sandbox-admin-key", max_requests_per_hour=1000)
    assert lines[1:5] == [
        "Key of Adam Admin (member00001@example.test)",
        (
            f"  Sandbox Builders d.o.o. Ćuprija ({main}): WORKSPACE_ADMIN and TEAM_MANAGER, plan "
            "ENTERPRISE_2021, 12 members, 12 projects, at least 16 requests"
        ),
        (
            f"  Side project ({second}): PROJECT_MANAGER, plan FREE, 4 members, 3 projects, "
            "at least 8 requests"
        ),
        (
            "    left out: time entries of other members, which only the key of an owner or admin "
            "can read"
        ),
    ]
    assert lines[-1] == COUNTED.format(10, " on the free plan (Side project)")
    assert lines[-2] == (
        "At 1,000 requests an hour (max_requests_per_hour) the core tables take less than an hour, "
        "all tables less than an hour."
    )


def test_check_of_a_plain_members_key(shared: Account) -> None:
    lines = checked(shared, api_key="sandbox-member-key")
    assert lines[1] == "Key of Mia Member (member00002@example.test)"
    assert f"({shared.world.main_id}): plain member, plan ENTERPRISE_2021" in lines[2]
    assert lines[3].strip().startswith("left out: time entries of other members")


def test_check_of_an_addon_token(shared: Account) -> None:
    token = {"api_key": None, "addon_token": "sandbox-addon-token"}
    text = "\n".join(checked(shared, **token, workspace_ids=[shared.world.main_id]))
    assert f"({shared.world.main_id})" in text
    assert "plain member" not in text  # an add-on has no role
    assert text.count("left out") == 1
    assert "left out: audit_log: Clockify's audit log takes no add-on token" in text
    assert "at least 17 requests" in text


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize(
    "shape",
    [
        {"account": "free", "entries": 150},
        {"account": "agency", "members": 20, "projects": 60, "tasks": 300, "entries": 100},
        {"entries": 30},
    ],
    ids=["free", "agency", "small"],
)
def test_check_predicts_both_counts(
    start: Callable[..., Account], shape: dict[str, Any], ignored: bool
) -> None:
    account = start(**shape)
    world = account.world
    world.hydrated_ignored = ignored
    for data in [*world.workspaces.values()][1:]:
        for project in [*data.projects]:  # a workspace may have none
            world.delete_project(project)
    today: dict[str, Any] = {"start_date": f"{world.now:%Y-%m-%d}"}
    text = "\n".join(checked(account, **today))
    account.reset()
    account.run(catalog=catalog(CORE), **today).ok()
    core = len(account.requests())
    assert f"selection core sends at least {core} requests" in text
    account.reset()
    account.run(catalog=catalog(), **today).ok()
    homes = [one for one in world.workspaces.values() if "INVOICING" in one.row.features]
    unknown = sum(2 * len(data.invoices) for data in homes)
    unknown += sum((1 + len(data.users)) * len(data.time_off_policies) for data in homes)
    feeds = [one for one in account.requests() if "/entities/" in one]
    unknown += sum("limit=50&" in one or "page=0" not in one for one in feeds)  # zones, and ends
    unknown += account.requests().count("GET /user")
    others = len(account.requests()) - core - unknown
    assert f"All other tables take at least {others} more" in text


def test_check_predicts_later_runs(start: Callable[..., Account]) -> None:
    account = start(entries=30)
    text = "\n".join(checked(account))
    found = re.search(
        r"Later runs of these tables send at least (\d+) until .* at least (\d+) fr", text
    )
    assert found
    with_lists, alone = map(int, found.groups())
    chosen = catalog(CORE, by_log=["time_entries"])
    run = account.run(catalog=chosen).ok()
    account.reset()
    run = account.run(catalog=chosen, state=run.state).ok()
    assert with_lists <= len(account.requests()) <= with_lists + 1  # and one of tasks, or of roles
    lists = "/workspaces/{workspaceId}/user/{userId}/time-entries"
    without = len(account.requests()) - account.templates().count(lists)
    assert alone <= without <= alone + 1


@pytest.mark.parametrize("by_months", [False, True])
def test_check_predicts_what_totals_take(start: Callable[..., Account], by_months: bool) -> None:
    account = start(entries=30)
    if by_months:
        account.world.switch(report_span_days=31)
        account.by_months()
    given: dict[str, Any] = {"start_date": "2024-01-01", "reread_changed": True}
    text = "\n".join(checked(account, **given))
    account.reset()
    account.run(**given).ok()
    totals = sum(one.endswith("/reports/summary") for one in account.templates())
    assert f"reread_changed adds {totals} to each run" in text
    assert "reread_changed" not in "\n".join(checked(account, start_date="2024-01-01"))


def test_check_predicts_what_the_free_plan_allows(start: Callable[..., Account]) -> None:
    account = start(account="free", entries=150)
    today: dict[str, Any] = {"start_date": f"{account.world.now:%Y-%m-%d}"}
    (line,) = [one for one in checked(account, **today) if "The selection free-plan" in one]
    account.reset()
    account.run(catalog=catalog(FREE_PLAN), **today).ok()
    assert f"free-plan takes {len(account.requests())}: less than an hour. Paste this:" in line


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"workspace_ids": ["nowhere"]}, "workspace_ids names nowhere"),
        ({"api_url": "http://127.0.0.1:9/v1", "max_retries": 0}, "could not be reached"),
        (
            {"api_key": None, "addon_token": WRONG, "workspace_ids": ["nowhere"]},
            "answered 401",
        ),
    ],
)
def test_check_of_what_does_not_work(shared: Account, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(TapError, match=says):
        checked(shared, **settings)


@pytest.mark.parametrize("quota", [None, 1000])
def test_check_of_a_paid_plan_does_not_speak_of_this_hour(
    shared: Account, quota: int | None
) -> None:
    main, second = shared.world.workspaces
    lines = checked(shared, workspace_ids=[main], max_requests_per_hour=quota)
    assert not any("This check sent" in line for line in lines)
    lines = checked(shared, workspace_ids=[second])
    assert lines[-1] == COUNTED.format(8, "")  # owner, roles, workspace, members, projects


def test_check_of_a_wrong_key_is_a_sentence(account: Account) -> None:
    run = command(account, api_key=WRONG)
    assert run.code == 77
    assert "answered 401 Unauthorized (code 4003)" in run.output.decode().splitlines()[-1]


@pytest.mark.parametrize(
    ("settings", "fault", "says"),
    [
        (
            {"max_requests_per_hour": 3},
            {},
            r"^--check takes more requests than the 3 of max_requests_per_hour, .*: give it a",
        ),
        ({}, {"code": 429}, "429"),
        ({}, {"code": 429, "headers": {"Retry-After": "60"}}, "429"),
    ],
)
def test_check_waits_for_no_quota(
    account: Account, settings: dict[str, Any], fault: dict[str, Any], says: str
) -> None:
    if fault:
        account.fault("/users", "status", **fault)
    clock = TurningClock(account.world.now)
    tap = turning(TapClockify, clock)
    checked = tap(config=account.config(**settings), parse_env_config=False, is_check=True)
    with pytest.raises(TapError, match=says):
        [*checked.check()]
    assert clock.now() - account.world.now < timedelta(seconds=10)


@pytest.mark.parametrize("body", ["[]", '{"response": {}}'])
def test_check_of_an_odd_answer_is_an_error(account: Account, body: str) -> None:
    account.fault("GET /clockify/api/v1/user", "status", code=200, body=body, times=1)
    with pytest.raises(TapError, match="GET /user"):
        checked(account, max_retries=0)


def test_check_refuses_settings_in_one_sentence(account: Account) -> None:
    run = command(account, region="mars")
    assert (run.code, run.output) == (1, b"")
    (sentence,) = run.sentences
    assert sentence.startswith("region must be one of global, ")
