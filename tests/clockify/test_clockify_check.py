"""`--check`: what a key may see, what a run would ask, and what is wrong."""

from __future__ import annotations

from datetime import datetime, timezone
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest

from tests.clockify.runs import SECRETS, WRONG, Account, catalog

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.common.runs import Run


def checked(account: Account, **settings: Any) -> Run:
    run = account.command("--config", "ENV", "--check", **settings)
    everything = run.output.decode() + run.log
    assert not any(secret in everything for secret in (*SECRETS, WRONG))
    assert "Traceback" not in run.log
    return run


LACKING_ON_FREE = {
    "CUSTOM_FIELDS": "custom_fields, project_custom_fields",
    "EXPENSES": "expense_categories, expenses, expense_report",
    "INVOICING": "invoices, invoice_items, invoice_payments",
    "TIME_OFF": (
        "holidays, time_off_policies, time_off_requests, time_off_balances, balance_assignments"
    ),
    "APPROVAL": "approval_requests, approval_request_entries, approval_request_expenses",
    "SCHEDULING": (
        "assignments, project_assignment_totals, user_capacity_totals, user_capacity_days"
    ),
    "SHARED_REPORTS": "shared_reports",
    "ATTENDANCE_REPORT": "attendance_report",
    "AUDIT_LOG": "audit_log",
}


def test_check_of_the_owners_key(account: Account) -> None:
    run = checked(account)
    main, second = account.world.workspaces
    assert run.code == 0
    others = run.output.decode().split("All other tables take at least ")[1].split()[0]
    assert int(others.replace(",", "")) > 59 + 100  # months of the free plan, of the real present
    assert run.output.decode().splitlines() == [
        f"tap-clockify {version('timecost-taps')} at {account.url}",
        "Key of Olivera Owner (member00000@example.test)",
        (
            f"  Sandbox Builders d.o.o. Ćuprija ({main}): OWNER, plan ENTERPRISE_2021, 12 members, "
            "12 projects, at least 18 requests"
        ),
        (
            f"  Side project ({second}): WORKSPACE_ADMIN, plan FREE, 4 members, 3 projects, "
            "at least 10 requests"
        ),
        *(
            f"    left out: {names}: the plan (FREE) of workspace {second} does not include {lacks}"
            for lacks, names in LACKING_ON_FREE.items()
        ),
        (
            "A full run of the core tables sends at least 29 requests: each list, one per member "
            "(time entries), one to see whether all tasks come with their projects (one per "
            "project where they do not), and one more for every further 5,000 rows of one of them."
        ),
        (
            f"All other tables take at least {others} more: each list, one per project (its custom "
            "fields), two per member (profile, managers), one per month (reports and audit_log, "
            "from start_date on), and besides these one per invoice that changed, one per invoice "
            "(payments), one per policy (balances) and one per member and policy "
            "(balance_assignments)."
        ),
    ]
    assert len(account.requests()) == 1 + 4 + 1 + 2 + 2


def test_check_of_an_admins_key(account: Account) -> None:
    run = checked(account, api_key="sandbox-admin-key", max_requests_per_hour=1000)
    main, second = account.world.workspaces
    assert run.code == 0
    assert run.output.decode().splitlines()[1:5] == [
        "Key of Adam Admin (member00001@example.test)",
        (
            f"  Sandbox Builders d.o.o. Ćuprija ({main}): WORKSPACE_ADMIN and TEAM_MANAGER, plan "
            "ENTERPRISE_2021, 12 members, 12 projects, at least 18 requests"
        ),
        (
            f"  Side project ({second}): PROJECT_MANAGER, plan FREE, 4 members, 3 projects, "
            "at least 10 requests"
        ),
        (
            "    left out: time entries of other members, which only the key of an owner or admin "
            "can read"
        ),
    ]
    assert "an hour that takes" not in run.output.decode()


def test_check_of_a_plain_members_key(account: Account) -> None:
    run = checked(account, api_key="sandbox-member-key")
    assert run.code == 0
    lines = run.output.decode().splitlines()
    assert lines[1] == "Key of Mia Member (member00002@example.test)"
    assert f"({account.world.main_id}): plain member, plan ENTERPRISE_2021" in lines[2]
    assert lines[3].strip().startswith("left out: time entries of other members")


def test_check_of_an_addon_token(account: Account) -> None:
    run = checked(
        account,
        api_key=None,
        addon_token="sandbox-addon-token",
        workspace_ids=[account.world.main_id],
    )
    assert run.code == 0
    text = run.output.decode()
    assert f"({account.world.main_id})" in text
    assert "plain member" not in text  # an add-on has no role
    assert text.count("left out") == 1
    assert "left out: audit_log: Clockify's audit log takes no add-on token" in text
    assert "at least 19 requests" in text


def test_check_counts_what_a_full_run_sends(account: Account) -> None:
    for project in list(account.world.workspaces[account.world.second_id].projects):
        account.world.delete_project(project)
    text = checked(account).output.decode()
    account.running.reset_requests()
    account.run().ok()
    assert f"at least {len(account.requests())} requests" in text


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize(
    "shape",
    [
        {"account": "free", "entries": 150},
        {"account": "agency", "members": 20, "projects": 60, "tasks": 300, "entries": 300},
    ],
    ids=["free", "agency"],
)
def test_check_predicts_both_counts(
    start: Callable[..., Account],
    shape: dict[str, Any],
    ignored: bool,
) -> None:
    account = start(now=datetime.now(timezone.utc), **shape)
    world = account.world
    world.hydrated_ignored = ignored
    today: dict[str, Any] = {"start_date": f"{world.now:%Y-%m-%d}"}
    text = checked(account, **today).output.decode()
    account.reset()
    account.run(**today).ok()
    core = len(account.requests())
    assert f"core tables sends at least {core} requests" in text
    account.reset()
    account.run(catalog=catalog(), **today).ok()
    homes = [one for one in world.workspaces.values() if "INVOICING" in one.row.features]
    unknown = sum(2 * len(data.invoices) for data in homes)
    unknown += sum((1 + len(data.users)) * len(data.time_off_policies) for data in homes)
    others = len(account.requests()) - core - unknown
    assert f"All other tables take at least {others} more" in text


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"api_key": WRONG}, "answered 401 Unauthorized (code 4003)"),
        ({"workspace_ids": ["nowhere"]}, "workspace_ids names nowhere"),
        ({"api_url": "http://127.0.0.1:9/v1", "max_retries": 0}, "could not be reached"),
    ],
)
def test_check_of_what_does_not_work(account: Account, settings: dict[str, Any], says: str) -> None:
    run = checked(account, **settings)
    assert run.code == 1
    assert says in run.output.decode().splitlines()[-1]


def test_check_of_an_addon_token_that_is_wrong(account: Account) -> None:
    run = checked(account, api_key=None, addon_token=WRONG, workspace_ids=[account.world.main_id])
    assert run.code == 1
    assert "answered 401" in run.output.decode()


@pytest.mark.parametrize("body", ["[]", '{"response": {}}'])
def test_check_of_an_odd_answer_is_a_sentence(account: Account, body: str) -> None:
    account.fault("GET /clockify/api/v1/user", "status", code=200, body=body, times=1)
    run = checked(account, max_retries=0)
    assert run.code == 1
    assert "GET /user" in run.output.decode() + run.log


def test_check_refuses_settings_in_one_sentence(account: Account) -> None:
    run = checked(account, region="mars")
    assert run.code == 1
    (sentence,) = run.sentences
    assert sentence.startswith("region must be one of global, ")
    assert run.output == b""
