"""What nobody gets to see, and what `--check` says."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import logging
import tempfile
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from singer_sdk.exceptions import ConfigValidationError

import sandbox
from tap_perform.tap import TapPerform
from tests.common.runs import NOW, Run, TurningClock, run_in_process, turning
from tests.perform.runs import FIRST, SECOND, Account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TABLES = ("docket_export", "other_resources_export", "wbs_export")
BROKEN = TABLES[0]
LOGINS = {1: ("us3r-one", "pässwörd/@:1"), 2: ("us3r-two", "s3cret two")}
TOKEN = "t0ken-value"
WRONG = "wr0ng"
SECRETS = (
    *(word for login in LOGINS.values() for word in login),
    *(quote(word, safe="") for _, word in LOGINS.values()),
    *(base64.b64encode(":".join(login).encode()).decode() for login in LOGINS.values()),
    *(TOKEN, WRONG, "Basic "),
)


@cache
def catalog() -> dict[str, Any]:
    """Return what is discovered of the tables."""
    with sandbox.start(now=NOW, entries=300) as running:
        account = Account(running)
        return account.discovered(projects=account.projects(*TABLES))


def private(account: Account, prefix: str = "") -> list[dict[str, Any]]:
    """Return projects whose addresses hold a token, one's also user and password."""
    account.world.switch(logins=LOGINS)
    projects = account.projects(*TABLES)
    for project in projects:
        user, password = project["username"], prefix + project["password"]
        project["password"] = password
        project["dataclips"] = {
            table: f"{url}?token={TOKEN}" for table, url in project["dataclips"].items()
        }
    del projects[1]["username"], projects[1]["password"]
    userinfo = f"{quote(user, safe='')}:{quote(password, safe='')}@"
    projects[1]["dataclips"] = {
        table: url.replace("://", f"://{userinfo}")
        for table, url in projects[1]["dataclips"].items()
    }
    return projects


def is_discreet(text: str) -> bool:
    assert [word for word in SECRETS if word in text] == []
    assert "Traceback" not in text
    return True


# -- credentials -----------------------------------------------------------------------------------


def test_credentials_of_a_pasted_address_are_used_and_left_out_of_it(account: Account) -> None:
    run = account.run(projects=private(account), catalog=catalog()).ok()
    assert {row["project"] for row in run.records(BROKEN)} == {FIRST, SECOND}
    assert {one.query[0] for one in account.running.requests} == {("token", TOKEN)}
    assert is_discreet(run.output.decode() + run.said)


FAILURES: dict[str, dict[str, Any]] = {
    "refused": {},
    **{str(status): {"refuse": status} for status in (401, 403, 404, 429, 500, 503)},
    **{body: {"body": body} for body in ("html", "xlsx", "empty")},
    **{target: {"redirect": target} for target in ("host", "loop", "login")},
    "stale": {"stale": -1},
    "cut": {"cut": "half", "framing": "chunked"},
    "ragged": {"oddities": ["long_rows"]},
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("known", [True, False], ids=["catalog", "discovery"])
def test_no_failure_names_a_secret(account: Account, failure: str, known: bool) -> None:
    projects = private(account, WRONG if failure == "refused" else "")
    account.world.switch(**FAILURES[failure])
    kind = turning(TapPerform, TurningClock(account.world.now))
    given = account.config(projects=projects, stale_timeout=20, emit_activate_version_messages=True)
    found = catalog() if known else None
    run = run_in_process(kind, given, catalog=found, level=logging.DEBUG)
    assert run.code == (failure != "host")
    assert is_discreet(run.output.decode() + run.said)


def test_no_command_names_a_secret_at_any_level(account: Account, tmp_path: Path) -> None:
    projects = private(account)
    account.world.set_clip(BROKEN, refuse=500)
    (tmp_path / "catalog.json").write_text(json.dumps(catalog()))
    for options in (["--catalog", str(tmp_path / "catalog.json")], ["--check"], ["--discover"]):
        run = account.command(*options, projects=projects, max_retries=0)
        assert " | DEBUG " in run.log
        assert is_discreet(run.output.decode() + run.log)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pasword": LOGINS[1][1]},
        {"password": [LOGINS[1][1]]},
        {"dataclips": [f"https://us3r-one:{LOGINS[2][1]}@x.example/?{TOKEN}"]},
        {"dataclips": {BROKEN: f"htp://us3r-one:pw@x.example/?{TOKEN}"}},
        {"dataclips": {BROKEN: f"http://us3r-one:pw@x.example/?{TOKEN}"}},
        {"dataclips": {BROKEN: f"https://us3r-one:pw@x.example:port/?{TOKEN}"}},
        {"dataclips": {BROKEN: {"url": f"https://x.example/?{TOKEN}", "keys": TOKEN}}},
    ],
)
def test_no_sentence_on_settings_quotes_a_secret(account: Account, wrong: dict[str, Any]) -> None:
    projects = private(account)
    projects[0] |= wrong
    with pytest.raises(ConfigValidationError) as caught:
        TapPerform(config=account.config(projects=projects))
    assert caught.value.errors
    assert is_discreet(" ".join([str(caught.value), *caught.value.errors]))


# -- what is left behind ---------------------------------------------------------------------------


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The temporary files of answers, which are closed in the end at the latest."""
    files: list[Any] = []
    make: Callable[[], Any] = tempfile.TemporaryFile

    def making(*options: Any, **more: Any) -> Any:
        files.append(make(*options, **more))
        return files[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", making)
    yield files
    for file in files:
        file.close()


@pytest.mark.parametrize("failure", ["good", *FAILURES])
def test_no_run_leaves_a_file_open(account: Account, opened: list[Any], failure: str) -> None:
    account.world.set_clip(BROKEN, **FAILURES.get(failure, {}))
    account.run(projects=account.projects(*TABLES), catalog=catalog(), stale_timeout=20)
    assert opened
    assert all(file.closed for file in opened)


def test_no_discovery_leaves_a_file_open(account: Account, opened: list[Any]) -> None:
    account.discovered(projects=account.projects(*TABLES))
    assert opened
    assert all(file.closed for file in opened)


def test_no_dry_run_leaves_a_file_open(account: Account, opened: list[Any]) -> None:
    tap = TapPerform(config=account.config(projects=account.projects(*TABLES)))
    with contextlib.redirect_stdout(io.StringIO()):
        assert tap.run_connection_test()
    assert opened
    assert all(file.closed for file in opened)


# -- --check ---------------------------------------------------------------------------------------


def checked(account: Account, **settings: Any) -> Run:
    """Return what `--check` prints, and how it ends."""
    output, log, code = io.StringIO(), io.StringIO(), 0
    clock = TurningClock(account.world.now)
    kind = turning(TapPerform, clock)
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    given = {"projects": account.projects(*TABLES), **settings}
    try:
        with contextlib.redirect_stdout(output):
            kind.invoke(check=True, config=_Given(account.config(**given)))
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        logging.getLogger().removeHandler(handler)
    return Run(output.getvalue().encode(), log.getvalue(), code, error=str(sum(clock.waits)))


class _Given:
    """Settings as the command line hands them on."""

    parse_env = False

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config


def said(run: Run) -> list[str]:
    return run.output.decode().splitlines()


def test_check_says_what_each_clip_is(account: Account) -> None:
    account.world.set_clip("other_resources_export", format="jsonlines")
    run = checked(account)
    assert run.code == 0
    assert said(run)[1:9] == [
        f"{FIRST}:",
        "  docket_export: ready, CSV, 13 columns, 180 rows",
        "  other_resources_export: ready, JSON lines, 7 columns, 12 rows",
        "  wbs_export: ready, CSV, 5 columns, 52 rows",
        f"{SECOND}:",
        "  docket_export: ready, CSV, 13 columns, 180 rows",
        "  other_resources_export: ready, JSON lines, 7 columns, 12 rows",
        "  wbs_export: ready, CSV, 5 columns, 52 rows",
    ]


STATES: dict[str, dict[str, Any]] = {
    "forbidden": {"refuse": 403},
    "missing": {"refuse": 404},
    "fails": {"refuse": 500},
    "fails: ": {"body": "html"},
}


@pytest.mark.parametrize("state", STATES)
def test_check_names_the_clip_that_cannot_be_read(account: Account, state: str) -> None:
    account.world.set_clip(BROKEN, 1, **STATES[state])
    run = checked(account)
    assert run.code == 1
    assert said(run)[2].startswith(f"  {BROKEN}: {state.rstrip(': ')}: GET dataclip {BROKEN} of")
    assert sum(": ready, " in line for line in said(run)) == 5
    assert said(run)[-1] == "A run will fail: 1 of 6 dataclips cannot be read."


def test_check_is_content_with_a_stale_clip(account: Account) -> None:
    account.world.set_clip(BROKEN, 2, stale=-1)
    run = checked(account, stale_timeout=5)
    assert run.code == 0
    assert said(run)[6].startswith(f"  {BROKEN}: stale: GET dataclip {BROKEN} of {SECOND} at ")


def test_check_asks_once_and_does_not_wait(account: Account) -> None:
    account.world.set_clip(BROKEN, stale=-1)
    run = checked(account)
    assert run.error == "0"
    assert sorted(account.asked()) == [(p, table) for p in (1, 2) for table in TABLES]


@pytest.mark.parametrize("state", ["stale", "refused", "forbidden"])
def test_check_says_what_each_clip_is_though_none_is_ready(account: Account, state: str) -> None:
    projects = account.projects(*TABLES)
    if state == "refused":
        for project in projects:
            project["password"] = "wrong"
    else:
        account.world.switch(**STATES.get(state, {"stale": -1}))
    run = checked(account, projects=projects)
    assert run.code == (state != "stale")
    assert sum(f": {state}: " in line for line in said(run)) == 6
