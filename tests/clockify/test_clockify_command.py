"""The installed command: settings that cannot work, secrets, interruptions."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_clockify.tap import TapClockify
from tests.clockify.runs import (
    ENTRIES,
    ENTRY_TABLES,
    KEYS,
    SECRETS,
    TABLES,
    VERSIONS,
    WRONG,
    Account,
    Copy,
    catalog,
    difference,
    differences,
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

MISSING = (
    "api_key is missing: create one in Clockify under Preferences, Advanced, and set api_key in "
    "the configuration, or TAP_CLOCKIFY_API_KEY in the environment."
)
NO_ADDRESS = "must be an address that begins with https:// (or http://)."
TOKEN = {"addon_token": "sandbox-addon-token"}
NEVER_SENT: list[tuple[dict[str, Any], str]] = [
    ({"api_key": None}, MISSING),
    ({"api_key": ""}, MISSING),
    (
        {**TOKEN, "workspace_ids": ["w"]},
        "api_key and addon_token are both set: Clockify accepts only one.",
    ),
    (
        {"api_key": None, **TOKEN},
        "workspace_ids is missing: an add-on token cannot list workspaces.",
    ),
    (
        {"skip_unchanged": True, **VERSIONS},
        (
            "skip_unchanged does not go together with emit_activate_version_messages: a version "
            "needs every row of its table. Set only one of them."
        ),
    ),
    ({"region": "mars"}, "region must be one of global, euc1, use2, euw2, apse2, not 'mars'."),
    (
        {"region": "euc1", "api_url": "https://company.clockify.me/api/v1"},
        (
            "region is euc1 and api_url is set, and both say where Clockify is asked: set only one "
            "of them."
        ),
    ),
    ({"api_url": "ftp://127.0.0.1/api/v1"}, f"api_url {NO_ADDRESS}"),
    ({"reports_url": "127.0.0.1/api/v1"}, f"reports_url {NO_ADDRESS}"),
    ({"audit_log_url": "127.0.0.1/api/v1"}, f"audit_log_url {NO_ADDRESS}"),
    ({"on_quota": "pray"}, "on_quota must be one of wait, stop, not 'pray'."),
]


@pytest.mark.parametrize(("settings", "sentence"), NEVER_SENT, ids=lambda value: str(value)[:40])
def test_a_setting_that_cannot_work_is_refused_in_one_sentence(
    settings: dict[str, Any], sentence: str
) -> None:
    given = {"api_key": "sandbox-key"} | settings
    with pytest.raises(ConfigValidationError) as caught:
        TapClockify(config={name: value for name, value in given.items() if value is not None})
    assert caught.value.errors == [f"CLOCKIFY-SETTING: {sentence}"]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"api_key": ""}, NEVER_SENT[1][1]),
        ({"TAP_CLOCKIFY_LOOKBACK_DAYS": "abc"}, "lookback_days"),
        ({"api_key": "sandbox-key\N{EN DASH}"}, "api_key"),
    ],
    ids=["missing", "no number", "no header"],
)
def test_the_command_refuses_it_in_one_sentence_too(
    account: Account, settings: dict[str, Any], says: str
) -> None:
    run = account.command("--config", "ENV", **settings)
    assert (run.code, run.output) == (1, b"")
    (sentence,) = run.sentences
    assert says.lower() in sentence.lower()
    assert run.log.splitlines()[-1].startswith("Error: CLOCKIFY-SETTING: ")
    assert "Traceback" not in run.log
    assert account.requests() == []
    assert is_discreet(run, account)


@pytest.mark.parametrize(
    ("option", "content"),
    [
        ("--config", None),
        ("--state", None),
        ("--catalog", None),
        ("--config", "{broken"),
        ("--config", '"text"'),
        ("--state", "{"),
        ("--catalog", "{"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_in_one_sentence(
    account: Account, tmp_path: Path, option: str, content: str | None
) -> None:
    path = tmp_path / "given.json"
    if content is not None:
        path.write_text(content)
    options = () if option == "--config" else ("--config", "ENV")
    run = account.command(*options, option, str(path))
    assert run.code != 0
    (sentence,) = [line for line in run.sentences if "Usage" not in line and "Try " not in line]
    assert "given.json" in sentence or option in sentence
    kind = "STATE" if option == "--state" else "SETTING"
    why = "No such file or directory." if content is None else "not valid JSON"
    assert option == "--config" or f"CLOCKIFY-{kind}: {option}: {path}: {why}" in run.log
    assert "Traceback" not in run.log


# -- whole runs ------------------------------------------------------------------------------------


def test_the_environment_is_enough_and_a_whole_run_is_discreet(account: Account) -> None:
    run = account.command(max_requests_per_hour="", lookback_days="")
    assert run.code == 0, run.log
    assert differences(account.world, run) == {}
    assert is_discreet(run, account)
    assert "settings config..." not in run.log, "the SDK's words about how settings were read"


def test_a_failing_run_is_discreet(account: Account) -> None:
    body = '{"message": "bad key sandbox-key", "code": 7}'
    account.fault("/time-entries", "status", code=400, body=body)
    account.fault("/projects", "replace", field="billable", value="perhaps")
    account.fault("/tags", "truncate_json")
    run = account.command("--config", "ENV", max_retries=0)
    assert run.code == 1
    assert "values of billable are not of their type" in run.log
    assert "Traceback" not in run.log
    assert is_discreet(run, account)


def test_files_are_taken_and_unknown_settings_named(account: Account, tmp_path: Path) -> None:
    contents = {
        "config": {"workspace": "x", "lookback": 3, "whatever": 1},
        "catalog": catalog(["tags"]),
        "state": {},
    }
    options = ["--config", "ENV"]
    for name, content in contents.items():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(content))
        options += [f"--{name}", str(path)]
    run = account.command(*options)
    assert run.code == 0, run.log
    assert {*run.counts()} == {"tags"}
    for said in (
        "workspace is not a setting of this tap and has no effect; did you mean",
        "lookback is not a setting of this tap and has no effect; did you mean lookback_days?",
        "whatever is not a setting of this tap and has no effect.",
    ):
        assert said in run.log


def test_a_catalog_that_selects_a_table_that_is_gone_is_refused(shared: Account) -> None:
    older = catalog(["tags", "clients"])
    for stream in older["streams"]:
        if stream["tap_stream_id"] in {"clients", "projects"}:  # the latter is not selected
            stream["tap_stream_id"] = stream["stream"] = f"old_{stream['stream']}"
    run = shared.run(catalog=older)
    says = "The catalog selects old_clients, which this version does not have: discover again, or "
    assert (run.code, run.messages, run.error) == (1, [], f"{says}deselect them.")


def test_a_wrong_key(account: Account) -> None:
    run = account.command("--config", "ENV", api_key=WRONG)
    assert run.code == 77
    assert run.sentences == [
        (
            f"GET /workspaces at {account.url} answered 401 Unauthorized (code 4003)."
            " Clockify does not accept the credentials: check api_key (or addon_token), and region "
            "or api_url, since a key is valid in its own region or subdomain only."
        )
    ]
    assert run.of("RECORD") == []
    assert is_discreet(run, account)


ADDON: dict[str, Any] = {"api_key": None, "addon_token": "sandbox-addon-token"}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (
            {"workspace_ids": ["{main}", "nowhere"]},
            (
                "workspace_ids names nowhere, which this key cannot see. It sees {main}, {second}; "
                "--check shows their names."
            ),
        ),
        ({**ADDON, "workspace_ids": ["nowhere"]}, "Workspace nowhere: GET /workspaces/"),
        (
            {"api_url": "http://127.0.0.1:9/clockify/api/v1", "max_retries": 0},
            (
                "GET /workspaces at http://127.0.0.1:9/clockify/api/v1 could not be reached: "
                "nothing listens at that address (api_url)."
            ),
        ),
        (
            {"api_url": "{url}/clockify/api"},
            (
                "GET /workspaces at {url}/clockify/api answered 404 Not Found (code 3000). "
                "There is no such route: check api_url, which ends in /api/v1."
            ),
        ),
    ],
    ids=["workspace", "add-on", "address", "path"],
)
def test_what_does_not_lead_to_workspaces_is_said(
    shared: Account, settings: dict[str, Any], says: str
) -> None:
    main, second = shared.world.workspaces
    names = {"main": main, "second": second, "url": shared.running.url}

    def named(value: Any) -> Any:
        if isinstance(value, list):
            return [named(one) for one in value]
        return value.format(**names) if isinstance(value, str) else value

    run = shared.run(**{name: named(value) for name, value in settings.items()})
    assert (run.code, run.counts()) == (1, {})
    assert run.error.startswith(named(says))


def test_an_addon_token_asks_for_each_workspace_once(shared: Account) -> None:
    ident = shared.world.main_id
    shared.reset()
    tables = catalog(["workspaces", "tags"])
    run = shared.run(**ADDON, workspace_ids=[ident, ident], catalog=tables).ok()
    assert [row["id"] for row in run.records("workspaces")] == [ident]
    expected = true_rows(shared.world, "tags", ident)
    assert difference("tags", expected, run.records("tags")) == ""
    asked = [line.partition("?")[0] for line in shared.requests()]
    assert asked == [f"GET /workspaces/{ident}", f"GET /workspaces/{ident}/tags"]


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


@pytest.mark.parametrize(
    ("signs", "command_line", "far_enough", "unbuffered"),
    [
        ([signal.SIGTERM], [COMMAND], some_entries_out, "1"),
        ([signal.SIGINT, signal.SIGTERM], [COMMAND], some_entries_out, ""),
        ([signal.SIGKILL], [sys.executable, "-c", EAGER], some_members_done, ""),
    ],
    ids=["SIGTERM", "Ctrl-C under Meltano, which sends SIGTERM too", "SIGKILL"],
)
def test_an_interrupted_first_load_is_completed_by_the_next_run(
    start: Callable[..., Account],
    signs: list[signal.Signals],
    command_line: list[str],
    far_enough: Callable[[list[str]], bool],
    unbuffered: str,
) -> None:
    account, twin = (start(members=40, entries=400) for _ in range(2))
    copied = Copy()
    first = copied.load(
        interrupted(account, command_line, far_enough, *signs, unbuffered=unbuffered)
    )
    # Of two signals sent at once, either may reach the process first.
    assert first.code in ({-9} if signal.SIGKILL in signs else {128 + sign for sign in signs})
    assert not any(name.startswith("time_") for name in first.versioned)
    assert account.templates().count(ENTRIES) < 44
    done = {
        ident
        for one in first.state["bookmarks"]["time_entries"]["partitions"]
        for ident in one.get("walk", {}).get("done", ())
    }
    assert done
    default = catalog(TABLES, by_log=ENTRY_TABLES)
    second = copied.load(  # from a server that no late request of the first run can reach
        twin.run(catalog=default, state=first.state, max_concurrency=16, **VERSIONS).ok()
    )
    assert twin.templates().count(ENTRIES) == 44 - len(done)
    assert copied.differences(twin.world) == {}
    assert {"time_entries", "time_entry_tags"} <= set(second.versioned)


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


@pytest.mark.parametrize("sign", ["SIGINT", pytest.param("SIGTERM", marks=pytest.mark.thorough)])
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


@pytest.mark.parametrize("concurrency", [pytest.param(1, marks=pytest.mark.thorough), 4])
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
    text = Account.bare_command("--about").output.decode()
    assert (
        "  - Name: lookback_days\n"
        "    Type: ['integer', 'null']\n"
        "    Environment Variable: TAP_CLOCKIFY_LOOKBACK_DAYS\n"
        "    Default: 30\n"
        "    Description: How many days before its bookmark an incremental table is read again, so"
    ) in text
    assert text.count("    Description: ") == text.count("  - Name: ")
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
    assert [one["tap_stream_id"] for one in found["streams"]] == sorted(
        [*KEYS, "completed_windows"]
    )
    assert all(one["schema"]["properties"] and one["key_properties"] for one in found["streams"])


def test_test(account: Account) -> None:
    dates = {"start_date": "2026-08-01", "end_date": "2026-10-31"}  # the sandbox's present
    run = account.command("--config", "ENV", "--test", **dates)
    assert run.code == 0
    assert set(run.counts()) == set(KEYS)
    assert set(run.counts().values()) == {1}
    assert run.log.splitlines()[-1].endswith(" | --test ended well.")
    assert run.sentences == []


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
