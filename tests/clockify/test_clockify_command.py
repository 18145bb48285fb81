"""The installed command: settings that cannot work, secrets, interruptions, `--check`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from datetime import datetime, timezone
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest

from tests.clockify.runs import ENTRIES, KEYS, Account, Copy, catalog, discovered, true_rows
from tests.common.runs import Run, installed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRETS = ("sandbox-key", "sandbox-admin-key", "sandbox-member-key", "sandbox-addon-token")
COMMAND = installed(Account.name)
WRONG = "key-that-nobody-has"


def is_discreet(run: Run, account: Account) -> bool:
    """Tell whether no secret is anywhere, and nothing personal in the log."""
    everything = run.output.decode() + run.log
    assert not any(secret in everything for secret in (*SECRETS, WRONG))
    for table, names in (("users", ("email",)), ("time_entries", ("description",))):
        for row in true_rows(account.world, table):
            for name in names:
                assert not row[name] or str(row[name]) not in run.log
    return True


# -- settings that cannot work ---------------------------------------------------------------------

NEVER_SENT: list[tuple[dict[str, Any], str]] = [
    (
        {"api_key": None},
        (
            "api_key is missing: create one in Clockify under Preferences, Advanced, and set "
            "api_key in the configuration, or TAP_CLOCKIFY_API_KEY in the environment."
        ),
    ),
    (
        {"api_key": ""},
        (
            "api_key is missing: create one in Clockify under Preferences, Advanced, and set "
            "api_key in the configuration, or TAP_CLOCKIFY_API_KEY in the environment."
        ),
    ),
    (
        {"addon_token": "sandbox-addon-token", "workspace_ids": ["w"]},
        "api_key and addon_token are both set: Clockify accepts only one.",
    ),
    (
        {"api_key": None, "addon_token": "sandbox-addon-token"},
        "workspace_ids is missing: an add-on token cannot list workspaces.",
    ),
    (
        {"region": "mars"},
        "region must be one of global, euc1, use2, euw2, apse2, not 'mars'.",
    ),
    (
        {"api_url": "ftp://127.0.0.1/api/v1"},
        "api_url must be an address that begins with https:// (or http://).",
    ),
    (
        {"api_url": "127.0.0.1/api/v1"},
        "api_url must be an address that begins with https:// (or http://).",
    ),
    (
        {"api_url": "http://user:sandbox-key@127.0.0.1/api/v1"},
        "api_url must not hold a user, a password, a query or a fragment.",
    ),
    (
        {"start_date": "yesterday"},
        (
            "start_date must be a date like 2026-01-31 or a moment like 2026-01-31T00:00:00Z, not "
            "'yesterday'."
        ),
    ),
    (
        {"end_date": "2026-13-01"},
        (
            "end_date must be a date like 2026-01-31 or a moment like 2026-01-31T00:00:00Z, not "
            "'2026-13-01'."
        ),
    ),
    (
        {"start_date": "2026-02-01", "end_date": "2026-01-31"},
        "start_date must not be after end_date.",
    ),
    ({"max_concurrency": 17}, "max_concurrency must be at most 16, not 17."),
    ({"on_quota": "pray"}, "on_quota must be one of wait, stop, not 'pray'."),
]


@pytest.mark.parametrize(("settings", "sentence"), NEVER_SENT, ids=lambda value: str(value)[:40])
def test_a_setting_that_cannot_work_is_refused_in_one_sentence(
    account: Account, settings: dict[str, Any], sentence: str
) -> None:
    run = account.command("--config", "ENV", **settings)
    assert run.code == 1
    assert run.sentences == [sentence]
    assert run.output == b""
    assert account.requests() == []
    assert is_discreet(run, account)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOOKBACK_DAYS", "abc"),
        ("REQUEST_TIMEOUT", "soon"),
        ("MAX_REQUESTS_PER_HOUR", "3.5.1"),
    ],
)
def test_a_bad_value_in_the_environment_is_refused_in_one_sentence(
    account: Account, name: str, value: str
) -> None:
    run = account.command("--config", "ENV", **{f"TAP_CLOCKIFY_{name}": value})
    assert run.code == 1
    (sentence,) = run.sentences
    assert name.lower() in sentence.lower()
    assert "Traceback" not in run.log
    assert account.requests() == []


@pytest.mark.parametrize("content", [None, "{broken", '"text"', ""])
def test_a_config_file_that_cannot_be_read_is_named_in_one_sentence(
    account: Account, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "settings.json"
    if content is not None:
        path.write_text(content)
    run = account.command("--config", str(path))
    assert run.code != 0
    (sentence,) = [line for line in run.sentences if "Usage" not in line and "Try " not in line]
    assert "settings.json" in sentence or "--config" in sentence
    assert "Traceback" not in run.log


@pytest.mark.parametrize("option", ["--state", "--catalog"])
def test_a_file_that_is_no_json_is_named_in_one_sentence(
    account: Account, tmp_path: Path, option: str
) -> None:
    path = tmp_path / "broken.json"
    path.write_text("{")
    run = account.command("--config", "ENV", option, str(path))
    assert run.code != 0
    assert f"{option}: {path}: no JSON" in run.log
    assert "Traceback" not in run.log


def test_without_a_config_file_the_environment_is_read(account: Account) -> None:
    run = account.command(max_requests_per_hour="", lookback_days="")
    assert run.code == 0, run.log
    assert run.records("users")


def test_a_setting_that_does_not_exist_is_named(account: Account, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"workspace": "x", "lookback": 3, "whatever": 1}')
    run = account.command("--config", "ENV", "--config", str(path))
    assert run.code == 0, run.log
    assert "workspace is no setting of this tap and has no effect; did you mean" in run.log
    assert (
        "lookback is no setting of this tap and has no effect; did you mean lookback_days?"
        in run.log
    )
    assert "whatever is no setting of this tap and has no effect." in run.log


@pytest.mark.parametrize(
    "key", ["sandbox-key\N{EN DASH}", "sandbox-key\n", " ", "sandbox key\ttab\x7f"], ids=ascii
)
def test_a_key_that_no_header_can_hold_is_refused_in_one_sentence(
    account: Account, key: str
) -> None:
    run = account.command("--config", "ENV", api_key=key, max_retries=0)
    if key == "sandbox-key\n" and run.code == 0:  # stripped: as good as refused
        return
    assert run.code == 1
    (sentence,) = run.sentences
    assert "api_key" in sentence
    assert "Traceback" not in run.log
    assert is_discreet(run, account)


# -- what the service refuses ----------------------------------------------------------------------


def test_a_wrong_key(account: Account) -> None:
    run = account.command("--config", "ENV", api_key=WRONG)
    assert run.code == 1
    assert run.sentences == [
        (
            f"GET /workspaces at {account.running.url} answered 401 Unauthorized (code 4003)."
            " Clockify does not accept the credentials: check api_key (or addon_token), and region "
            "or api_url, since a key is valid in its own region or subdomain only."
        )
    ]
    assert run.of("RECORD") == []
    assert is_discreet(run, account)


def test_an_unknown_workspace(account: Account) -> None:
    world = account.world
    run = account.command("--config", "ENV", workspace_ids=[world.main_id, "nowhere"])
    assert run.code == 1
    ids = ", ".join(str(row["id"]) for row in true_rows(world, "workspaces"))
    (sentence,) = run.sentences
    assert sentence == (
        f"workspace_ids names nowhere, which this key cannot see. It sees {ids}; --check shows "
        "their names."
    )
    assert is_discreet(run, account)


def test_a_server_that_is_not_there(account: Account) -> None:
    run = account.command(
        "--config", "ENV", api_url="http://127.0.0.1:9/clockify/api/v1", max_retries=0
    )
    assert run.code == 1
    assert run.sentences == [
        (
            "GET /workspaces at http://127.0.0.1:9 could not be reached: nothing answers at that "
            "address."
        )
    ]
    assert is_discreet(run, account)


def test_a_wrong_path(account: Account) -> None:
    run = account.command("--config", "ENV", api_url=f"{account.running.url}/clockify/api")
    assert run.code == 1
    (sentence,) = run.sentences
    assert "answered 404 Not Found" in sentence
    assert "There is no such route: check api_url, which ends in /api/v1." in sentence


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("html", "answered with a web page instead of JSON: is this the API?"),
        ("truncate_json", "sent an answer that is not JSON, or breaks off."),
    ],
)
def test_an_answer_that_is_no_list(account: Account, kind: str, says: str) -> None:
    account.fault("v1/workspaces", kind)
    run = account.command("--config", "ENV", max_retries=0)
    assert run.code == 1
    (sentence,) = run.sentences
    assert sentence == f"GET /workspaces at {account.running.url} {says}"
    assert "Traceback" not in run.log
    assert is_discreet(run, account)


# -- keys that see less ----------------------------------------------------------------------------


def test_a_plain_members_key_warns_and_goes_on(account: Account) -> None:
    run = account.command("--config", "ENV", api_key="sandbox-member-key")
    assert run.code == 0
    assert (
        "the key may not read other members' time entries (403), so only those of its owner "
        "arrive; use the key of an owner or admin"
    ) in run.log
    assert {row["userId"] for row in run.records("time_entries")} == {account.world.member_id}
    assert is_discreet(run, account)


def test_a_key_that_may_not_list_members_reads_its_owners_entries(account: Account) -> None:
    account.fault("/users", "status", code=403)
    run = account.run(catalog=catalog(["time_entries"]), api_key="sandbox-member-key").ok()
    assert {row["userId"] for row in run.records("time_entries")} == {account.world.member_id}


def test_an_addon_token_with_its_workspace(account: Account) -> None:
    world = account.world
    run = account.command(
        "--config",
        "ENV",
        api_key=None,
        addon_token="sandbox-addon-token",
        workspace_ids=[world.main_id],
    )
    assert run.code == 0
    expected = [row for row in true_rows(world, "tags") if row["workspaceId"] == world.main_id]
    assert len(run.records("tags")) == len(expected)
    assert [row["id"] for row in run.records("workspaces")] == [world.main_id]
    assert account.requests()[0] == f"GET /workspaces/{world.main_id}"
    assert is_discreet(run, account)


def test_an_addon_token_for_the_same_workspace_twice(account: Account) -> None:
    ident = account.world.main_id
    token: dict[str, Any] = {"api_key": None, "addon_token": "sandbox-addon-token"}
    run = account.run(**token, workspace_ids=[ident, ident], catalog=catalog(["workspaces"])).ok()
    assert [row["id"] for row in run.records("workspaces")] == [ident]
    assert len(account.requests()) == 1


def test_an_addon_token_for_an_unknown_workspace(account: Account) -> None:
    token: dict[str, Any] = {"api_key": None, "addon_token": "sandbox-addon-token"}
    run = account.run(**token, workspace_ids=["nowhere"])
    assert run.code == 1
    assert "nowhere" in run.error + run.log


def test_a_whole_run_is_discreet(account: Account) -> None:
    run = account.command("--config", "ENV")
    assert run.code == 0
    copied = Copy()
    copied.load(run)
    assert copied.differences(account.world) == {}
    assert is_discreet(run, account)


@pytest.mark.parametrize("kind", ["status", "truncate_json", "replace"])
def test_failures_are_discreet(account: Account, kind: str) -> None:
    more: dict[str, dict[str, Any]] = {
        "status": {"code": 400, "body": '{"message": "bad key sandbox-key", "code": 7}'},
        "replace": {"field": "billable", "value": "sandbox-key"},
    }
    account.fault("/time-entries", kind, **more.get(kind, {}))
    run = account.command("--config", "ENV", max_retries=0)
    assert run.code == (0 if kind == "replace" else 1)
    assert "Traceback" not in run.log
    assert is_discreet(run, account)


def test_credentials_do_not_follow_a_redirect(
    account: Account, start: Callable[..., Account]
) -> None:
    other = start(entries=50)
    account.fault("/tags", "redirect", location=f"{other.url}/workspaces")
    run = account.run(catalog=catalog(["tags"]))
    assert run.code == 1
    assert other.requests() == []


# -- interruptions ---------------------------------------------------------------------------------


EAGER = (
    "from taps_common import tap; tap.STATE_EVERY = 0.0;"
    "from tap_clockify.tap import TapClockify; TapClockify.cli(prog_name='tap-clockify')"
)
"""The command, which writes a state after every member instead of every few seconds."""


def interrupted(
    account: Account, command_line: list[str], sign: int, until: Callable[[list[str]], bool]
) -> Run:
    """Start a command, send it a signal once its output is far enough."""
    with subprocess.Popen(
        [*command_line, "--config", "ENV"],
        env=account.environment(max_concurrency=1, emit_activate_version_messages=True),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if until(lines):
                break
        process.send_signal(sign)
        lines += process.stdout.readlines()
        code = process.wait(timeout=60)
    whole = [line for line in lines if line.endswith("\n")]
    return Run("".join(whole).encode(), "", code)


def some_entries_out(lines: list[str]) -> bool:
    return sum('"RECORD","stream":"time_entries"' in line for line in lines) > 80


def some_members_done(lines: list[str]) -> bool:
    return '"STATE"' in lines[-1] and lines[-1].split('"done":[')[-1].count(",") > 8


@pytest.mark.parametrize(
    ("sign", "command_line", "until"),
    [
        (signal.SIGTERM, [COMMAND], some_entries_out),
        (signal.SIGINT, [COMMAND], some_entries_out),
        (signal.SIGKILL, [sys.executable, "-c", EAGER], some_members_done),
    ],
    ids=["SIGTERM", "SIGINT", "SIGKILL"],
)
def test_an_interrupted_first_load_is_completed_by_the_next_run(
    start: Callable[..., Account],
    sign: signal.Signals,
    command_line: list[str],
    until: Callable[[list[str]], bool],
) -> None:
    account, twin = (start(members=40, entries=400, latency_ms=20) for _ in range(2))
    copied = Copy()
    first = copied.load(interrupted(account, command_line, sign, until))
    assert first.code == (-sign if sign == signal.SIGKILL else 128 + sign)
    assert not any(name.startswith("time_") for name in first.versioned)
    assert account.templates().count(ENTRIES) < 44
    done = {
        ident
        for one in first.state["bookmarks"]["time_entries"]["partitions"]
        for ident in one.get("walk", {}).get("done", ())
    }
    assert done
    second = copied.load(  # from a server that no late request of the first run can reach
        twin.run(state=first.state, emit_activate_version_messages=True, max_concurrency=16).ok()
    )
    assert twin.templates().count(ENTRIES) == 44 - len(done)
    assert copied.differences(twin.world) == {}
    assert {"time_entries", "time_entry_tags"} <= set(second.versioned)


def test_a_signal_during_the_first_request_ends_the_command(account: Account) -> None:
    account.fault("v1/workspaces", "hang", seconds=600)
    process = subprocess.Popen(
        [COMMAND, "--config", "ENV"],
        env=account.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while not account.requests() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 143, "it does not wait for the answer"
    finally:
        process.kill()
        process.wait()


# -- check -----------------------------------------------------------------------------------------


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
    assert int(others.replace(",", "")) > 59 + 100  # months of the free plan, of this real moment
    assert run.output.decode().splitlines() == [
        f"tap-clockify {version('timecost-taps')} at {account.url}",
        "Key of Olivera Owner (member00000@example.test)",
        (
            f"  Sandbox Builders d.o.o. Ćuprija ({main}): OWNER, plan ENTERPRISE_2021, 12 members, "
            "12 projects, at least 19 requests"
        ),
        (
            f"  Side project ({second}): WORKSPACE_ADMIN, plan FREE, 4 members, 3 projects, "
            "at least 12 requests"
        ),
        *(
            f"    left out: {names}: the plan (FREE) of workspace {second} does not include {lacks}"
            for lacks, names in LACKING_ON_FREE.items()
        ),
        (
            "A full run of the core tables sends at least 32 requests: each list, one per member "
            "(time entries), a few to see whether all tasks come with their projects (one per "
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
            "ENTERPRISE_2021, 12 members, 12 projects, at least 19 requests"
        ),
        (
            f"  Side project ({second}): PROJECT_MANAGER, plan FREE, 4 members, 3 projects, "
            "at least 12 requests"
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
    assert "at least 20 requests" in text


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


# -- the rest of the command line ------------------------------------------------------------------


def test_about() -> None:
    run = Account.bare_command("--about", "--format=json")
    assert run.code == 0
    about = json.loads(run.output)
    assert about["name"] == "tap-clockify"
    settings = about["settings"]["properties"]
    assert {name for name, one in settings.items() if one.get("secret")} == {
        "api_key",
        "addon_token",
    }
    described = {name for name, one in settings.items() if one.get("description")}
    assert set(settings) == described
    known = {"discover", "catalog", "state", "about", "activate-version", "batch"}
    assert known <= set(about["capabilities"])


def test_discover_needs_no_settings() -> None:
    run = Account.bare_command("--discover")
    assert run.code == 0
    found = json.loads(run.output)
    assert found == json.loads(json.dumps(discovered()))
    assert [one["tap_stream_id"] for one in found["streams"]] == sorted(KEYS)
    assert all(one["schema"]["properties"] and one["key_properties"] for one in found["streams"])


def test_a_discovered_catalog_can_be_run(account: Account, tmp_path: Path) -> None:
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps(catalog(["tags"])))
    state = tmp_path / "state.json"
    state.write_text("{}")
    run = account.command("--config", "ENV", "--catalog", str(path), "--state", str(state))
    assert run.code == 0
    assert set(run.counts()) == {"tags"}


def test_test(account: Account) -> None:
    dates = {"start_date": "2026-08-01", "end_date": "2026-10-31"}  # the sandbox's present
    run = account.command("--config", "ENV", "--test", **dates)
    assert run.code == 0
    assert set(run.counts()) == set(KEYS)
    assert set(run.counts().values()) == {1}


def test_help_mentions_check() -> None:
    run = Account.bare_command("--help")
    assert run.code == 0
    assert "--check" in run.output.decode()


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tap_clockify", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"tap-clockify v{version('timecost-taps')}, Meltano SDK v" + (
        version("singer-sdk")
    )
