"""The installed command: settings that cannot work, secrets, interruptions."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest

from tests.clockify.runs import (
    ENTRIES,
    KEYS,
    SECRETS,
    WRONG,
    Account,
    Copy,
    catalog,
    discovered,
    true_rows,
)
from tests.common.runs import PATIENCE, Run, installed, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COMMAND = installed(Account.name)


def is_discreet(run: Run, account: Account) -> bool:
    """Return whether no secret is anywhere, and nothing personal in the log."""
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
        {"skip_unchanged": True, "emit_activate_version_messages": True},
        (
            "skip_unchanged does not go together with emit_activate_version_messages: a version "
            "needs every row of its table. Set only one of them."
        ),
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
            "start_date must be a date like 2026-01-31 or a timestamp like 2026-01-31T00:00:00Z, "
            "not 'yesterday'."
        ),
    ),
    (
        {"end_date": "2026-13-01"},
        (
            "end_date must be a date like 2026-01-31 or a timestamp like 2026-01-31T00:00:00Z, "
            "not '2026-13-01'."
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
    assert f"{option}: {path}: not valid JSON" in run.log
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
    assert "workspace is not a setting of this tap and has no effect; did you mean" in run.log
    assert (
        "lookback is not a setting of this tap and has no effect; did you mean lookback_days?"
        in run.log
    )
    assert "whatever is not a setting of this tap and has no effect." in run.log


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
    "from taps_common.sync import checkpoints; checkpoints.STATE_EVERY = 0.0;"
    "from tap_clockify.tap import TapClockify; TapClockify.cli(prog_name='tap-clockify')"
)
"""The command, which writes a state after every member instead of every few seconds."""


def interrupted(
    account: Account,
    command_line: list[str],
    far_enough: Callable[[list[str]], bool],
    *signs: int,
    unbuffered: str = "",
) -> Run:
    """Start a command, send it signals at once when its output is far enough.

    Half a megabyte is left to be written then: it cannot end before, as the pipe holds it up.
    """
    with subprocess.Popen(
        [*command_line, "--config", "ENV"],
        env=account.environment(
            max_concurrency=1, emit_activate_version_messages=True, PYTHONUNBUFFERED=unbuffered
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if far_enough(lines):
                break
        for sign in signs:
            process.send_signal(sign)
        lines += process.stdout.readlines()
        code = process.wait(PATIENCE)
    whole = [line for line in lines if line.endswith("\n")]
    return Run("".join(whole).encode(), "", code)


def some_entries_out(lines: list[str]) -> bool:
    return sum('"RECORD","stream":"time_entries"' in line for line in lines) > 80


def some_members_done(lines: list[str]) -> bool:
    _, found, done = lines[-1].partition('"done":[')
    return '"STATE"' in lines[-1] and bool(found) and done.partition("]")[0].count(",") > 8


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize(
    ("sign", "command_line", "far_enough"),
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
    far_enough: Callable[[list[str]], bool],
    unbuffered: str,
) -> None:
    account, twin = (start(members=40, entries=400) for _ in range(2))
    copied = Copy()
    first = copied.load(interrupted(account, command_line, far_enough, sign, unbuffered=unbuffered))
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


def test_ctrl_c_under_meltano_keeps_what_was_read(start: Callable[..., Account]) -> None:
    """The terminal sends SIGINT to all, and so Meltano sends SIGTERM."""
    account = start(members=40, entries=400)
    run = interrupted(account, [COMMAND], some_entries_out, signal.SIGINT, signal.SIGTERM)
    assert run.code == 128 + signal.SIGINT
    assert run.messages[-1]["type"] == "STATE"
    assert any(
        one.get("walk", {}).get("done")
        for one in run.state["bookmarks"]["time_entries"]["partitions"]
    )


def test_a_signal_ends_a_command_whose_output_nobody_takes(start: Callable[..., Account]) -> None:
    """Meltano takes none any more once the loader ended; a page is more than a pipe holds."""
    account = start(members=2, entries=2000)
    with subprocess.Popen(
        [COMMAND, "--config", "ENV"],
        env=account.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout
        while b'"RECORD","stream":"time_entries"' not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(PATIENCE) == 128 + signal.SIGINT
        finally:
            process.kill()


SIGNALLED_LAST = """
import os, signal

class Last:
    def __del__(self, kill=os.kill, own=os.getpid(), sign=signal.{sign}):
        kill(own, sign)

last = Last()  # dropped once Python has put back the default handlers
from tap_clockify.tap import TapClockify
TapClockify.cli(["--config", "ENV"])
"""


@pytest.mark.parametrize("sign", ["SIGINT", "SIGTERM"])
def test_a_signal_after_all_was_written_does_not_change_the_exit_code(
    start: Callable[..., Account], sign: str
) -> None:
    account = start(members=1, entries=1)
    ended = subprocess.run(
        [sys.executable, "-c", SIGNALLED_LAST.format(sign=sign)],
        env=account.environment(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 0
    assert b'"type":"STATE"' in ended.stdout.splitlines()[-1]


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_signal_during_the_first_request_ends_the_command(
    account: Account, concurrency: int
) -> None:
    account.fault("v1/workspaces", "hang", seconds=10 * PATIENCE)
    process = subprocess.Popen(
        [COMMAND, "--config", "ENV"],
        env=account.environment(max_concurrency=concurrency, request_timeout=10 * PATIENCE),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: account.requests() or process.poll() is not None)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 143, "it does not wait for the answer"
    finally:
        process.kill()
        process.wait()


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
