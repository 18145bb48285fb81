"""Settings that cannot work, discovery, secrets, `--check`, and the installed command."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from sandbox.clicktime import truth
from taps_common.errors import TapError
from tests.clicktime.runs import SECRETS, SETS, TABLES, Account, copied, true_rows

if TYPE_CHECKING:
    from pathlib import Path

    from tests.common.runs import Run

WRONG = "token-that-nobody-has"
ENV = ("--config", "ENV")
MISSING_URL = (
    "service_url is missing: ask your ClickTime administrator for the address of the OData "
    "service, and set service_url, or TAP_CLICKTIME_SERVICE_URL in the environment."
)
MISSING_TOKEN = (
    "api_token is missing: copy it in ClickTime from My Preferences, Authentication Token, and "
    "set api_token, or TAP_CLICKTIME_API_TOKEN in the environment."
)
NO_ADDRESS = "service_url must be an address that begins with https:// (or http://)."
NO_EXTRAS = "service_url must not hold a user, a password, a query or a fragment."
THERE_ARE = "TimeEntries, Users, Jobs, Clients, Tasks, Divisions, Timesheets"
NO_PROJECTS = f"entity_sets names Projects, which the service does not have. It has {THERE_ARE}."
UNAUTHORIZED = (
    "answered 401 Unauthorized. ClickTime does not accept the token: check api_token (ClickTime: "
    "My Preferences, Authentication Token) and service_url, and try the other auth_method."
)


def is_discreet(run: Run, account: Account) -> bool:
    """Return whether no secret is anywhere, and nothing personal in the log."""
    everything = run.output.decode() + run.log
    assert not any(secret in everything for secret in (*SECRETS, WRONG))
    assert "Authorization" not in run.log
    assert "Traceback" not in run.log
    for table, name in (("users", "Email"), ("time_entries", "Comment")):
        for row in true_rows(account.world, table):
            assert not row[name] or str(row[name]) not in run.log
    return True


# -- settings that cannot work ---------------------------------------------------------------------

NEVER_SENT: list[tuple[dict[str, Any], str]] = [
    ({"service_url": None}, MISSING_URL),
    ({"service_url": " "}, MISSING_URL),
    ({"api_token": None}, MISSING_TOKEN),
    (
        {"api_token": "a\nb"},
        "api_token holds a line break or a character that no key has: copy it again.",
    ),
    ({"service_url": "ftp://app.example/odata"}, NO_ADDRESS),
    ({"service_url": "https://clicktime:sandbox-token@app.example/odata"}, NO_EXTRAS),
    ({"service_url": "https://app.example/odata?token=sandbox-token"}, NO_EXTRAS),
    ({"auth_method": "oauth"}, "auth_method must be one of basic, token, not 'oauth'."),
    ({"custom_fields": "both"}, "custom_fields must be one of object, string, not 'both'."),
    ({"entity_sets": [1]}, "entity_sets.0 must be a text, not 1."),
    ({"replication_keys": {"Jobs": 3}}, "replication_keys.Jobs must be a text, not 3."),
    (
        {"custom_field_columns": {"Jobs": "Region"}},
        "custom_field_columns.Jobs must be a list, not 'Region'.",
    ),
    (
        {"custom_field_columns": {"Jobs": [3]}},
        "custom_field_columns.Jobs.0 must be a text or an object, not 3.",
    ),
    ({"page_size": 0}, "page_size must be at least 1, not 0."),
    ({"page_size": 100001}, "page_size must be at most 100000, not 100001."),
]


@pytest.mark.parametrize(("settings", "sentence"), NEVER_SENT, ids=lambda value: str(value)[:50])
def test_a_setting_that_cannot_work_is_refused_in_one_sentence(
    account: Account, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigValidationError) as refused:
        account.run(**settings)
    assert refused.value.errors == [f"CLICKTIME-SETTING: {sentence}"]
    assert account.requests() == []


@pytest.mark.parametrize(("settings", "sentence"), [NEVER_SENT[3], NEVER_SENT[5]])
def test_the_command_refuses_it_before_anything_is_sent(
    account: Account, settings: dict[str, Any], sentence: str
) -> None:
    run = account.command(*ENV, "--check", **settings)
    assert (run.code, run.sentences, run.output) == (1, [sentence], b"")
    assert account.requests() == []
    assert is_discreet(run, account)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"entity_sets": ["Users", "Projects"]}, NO_PROJECTS),
        (
            {"replication_keys": {"timesheets": "Status"}},
            (
                "replication_keys names Timesheets.Status, which is not a date of this set; it "
                "has StartDate, EndDate."
            ),
        ),
    ],
)
def test_a_setting_that_the_service_has_no_use_for_is_refused(
    account: Account, settings: dict[str, Any], sentence: str
) -> None:
    run = account.run(**settings)
    assert (run.code, run.error, run.output) == (1, sentence, b"")
    assert account.requests() == ["/$metadata"]


@pytest.mark.parametrize("option", ["--discover", "--check"])
def test_the_command_says_it_in_one_sentence_too(account: Account, option: str) -> None:
    run = account.command(*ENV, option, entity_sets=["Projects"])
    assert run.code == 1
    said = run.sentences or run.output.decode().splitlines()
    assert said[-1].removeprefix("CLICKTIME-SETTING: ") == NO_PROJECTS
    assert is_discreet(run, account)


# -- the catalog -----------------------------------------------------------------------------------


@pytest.mark.parametrize("selected", [True, False])
def test_a_set_that_is_gone_is_named_before_anything_is_read(
    account: Account, selected: bool
) -> None:
    account.world.switch(metadata_style="typedefs")
    chosen = account.catalog(["tasks", "allocations"] if selected else ["tasks"])
    account.world.switch(metadata_style="aspnet")
    run = account.run(catalog=chosen)
    if not selected:
        assert run.ok().counts() == {"tasks": 15}
        return
    assert run.code == 1
    assert run.error == (
        "The catalog selects allocations, which the service does not have (any more): discover "
        "again, or deselect them."
    )
    assert account.requests() == ["/$metadata"]
    assert run.of("RECORD") == []


def test_sets_left_out_by_a_setting_but_selected_are_named(account: Account) -> None:
    run = account.run(catalog=account.catalog(["users", "tasks"]), entity_sets=["Tasks"])
    assert run.code == 1
    assert "The catalog selects users" in run.error


# -- the service -----------------------------------------------------------------------------------


def test_a_wrong_token_is_one_request_and_one_sentence(account: Account) -> None:
    run = account.command(*ENV, api_token=WRONG, max_retries=5)
    sentence = f"GET /$metadata at {account.url} {UNAUTHORIZED}"
    assert (run.code, run.sentences, run.output) == (77, [sentence], b"")
    assert account.requests() == ["/$metadata"]
    assert is_discreet(run, account)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (404, "There is nothing at that address: check service_url."),
        (403, "The token's user may not read it: use the token of an administrator."),
    ],
)
def test_metadata_that_is_refused_is_not_called_a_table(
    account: Account, code: int, advice: str
) -> None:
    account.fault("$metadata", "status", code=code)
    run = account.run(max_retries=0)
    assert run.error.endswith(f". {advice}")


@pytest.mark.parametrize(
    ("kind", "more", "says"),
    [
        ("html", {"body": "<html><br>Log in</html>"}, "$metadata is a web page: is service_url"),
        ("empty", {}, "answered with nothing"),
        ("truncate_json", {}, "$metadata is not XML, or breaks off in the middle"),
    ],
)
def test_what_is_no_declaration_is_a_sentence(
    account: Account, kind: str, more: dict[str, Any], says: str
) -> None:
    account.fault("$metadata", kind, **more)
    run = account.run(max_retries=0)
    assert (run.code, run.output) == (1, b"")
    assert says in run.error


def test_a_whole_run_is_discreet(account: Account) -> None:
    run = account.command(auth_method="token", page_size=50)
    assert run.code == 0, run.log[-2000:]
    assert copied(run).differences(account.world) == {}
    assert is_discreet(run, account)


# -- discovery -------------------------------------------------------------------------------------


def test_discover_without_settings_prints_what_is_documented() -> None:
    run = Account.bare_command("--discover")
    assert run.code == 0
    found = json.loads(run.output)
    names = [one["tap_stream_id"] for one in found["streams"]]
    assert names == sorted([*TABLES, "completed_windows"])
    assert all(one["schema"]["properties"] and one["key_properties"] for one in found["streams"])


@pytest.mark.parametrize(
    ("option", "given", "says"),
    [
        ("--discover", {"TAP_CLICKTIME_SERVICE_URL": "http://127.0.0.1:9"}, MISSING_TOKEN),
        ("--check", {"TAP_CLICKTIME_API_TOKEN": "sandbox-token"}, MISSING_URL),
    ],
)
def test_half_the_settings_are_none(option: str, given: dict[str, str], says: str) -> None:
    run = Account.bare_command(option, **given)
    assert (run.code, run.sentences, run.output) == (1, [says], b"")


def test_a_discovered_catalog_can_be_run(account: Account, tmp_path: Path) -> None:
    account.world.switch(metadata_style="typedefs")
    run = account.command("--discover")
    assert run.code == 0
    found = json.loads(run.output)
    assert sorted(one["tap_stream_id"] for one in found["streams"]) == sorted(
        [*truth.tables(account.world), "completed_windows"]
    )
    assert account.requests() == ["/$metadata"]
    assert is_discreet(run, account)
    catalog, state = tmp_path / "catalog.json", tmp_path / "state.json"
    catalog.write_bytes(run.output)
    state.write_text("{}")
    run = account.command(*ENV, "--catalog", str(catalog), "--state", str(state))
    assert run.code == 0
    assert run.counts() == truth.counts(account.world)


# -- check -----------------------------------------------------------------------------------------

LISTED = (
    "    custom fields seen: Client's reference, Cost Center, Größe, Overtime?, Region, Site note"
)
FULL = "full table (no property shows when a row changed)"


def checked(account: Account, **settings: Any) -> tuple[list[str], str]:
    """Return what `--check` prints, and the sentence that it fails with."""
    lines: list[str] = []
    try:
        lines.extend(account.tap(**settings).check())
    except TapError as error:
        return lines, str(error)
    return lines, ""


def test_check(account: Account) -> None:
    run = account.command(*ENV, "--check")
    assert run.code == 0
    assert run.output.decode().splitlines() == [
        f"tap-clicktime {version('timecost-taps')} at {account.url}",
        "7 entity sets:",
        "  TimeEntries: key ID, 300 rows, incremental by Date, with a look-back",
        LISTED,
        *(f"  Users: key ID, 25 rows, {FULL}", LISTED),
        *(f"  Jobs: key ID, 40 rows, {FULL}", LISTED),
        *(f"  Clients: key ID, 12 rows, {FULL}", LISTED),
        *(f"  Tasks: key ID, 15 rows, {FULL}", LISTED),
        *(f"  Divisions: key ID, 5 rows, {FULL}", LISTED),
        f"  Timesheets: key ID, 375 rows, {FULL}",
        (
            "A full run of all tables sends at least 8 requests: the declaration, and one per "
            "1,000 rows of a set, more where the service sends smaller pages."
        ),
    ]
    assert len(account.requests()) == 1 + 7 + 6
    assert is_discreet(run, account)


def test_check_names_keys_and_cursors(account: Account) -> None:
    account.world.switch(metadata_style="typedefs", modified=True)
    lines, _ = checked(account, page_size=100)
    assert f"  Allocations: key JobID, UserID, Month, 120 rows, {FULL}" in lines
    assert "  Jobs: key ID, 40 rows, incremental by ModifiedDate" in lines
    assert "at least 16 requests" in lines[-1]
    account.world.switch(metadata_style="v401")
    lines, _ = checked(account, entity_sets=["TimeEntriesView"])
    assert f"  TimeEntriesView: key none, 300 rows, {FULL}" in lines


@pytest.mark.parametrize("count", [501, 400, '{"value": 3}', "<html></html>", ""])
def test_check_where_the_service_does_not_count(account: Account, count: int | str) -> None:
    if isinstance(count, int):
        account.world.switch(no_count="refuse", refusal_status=count)
    else:
        account.fault("/$count", "status", code=200, body=count)
    lines, error = checked(account, entity_sets=["Users", "Timesheets"])
    assert error == ""
    assert f"  Users: key ID, rows not counted by the service, {FULL}" in lines
    assert LISTED in lines


def test_check_of_forbidden_sets(account: Account) -> None:
    account.world.switch(forbidden=["Jobs"])
    lines, error = checked(account)
    assert error == ""
    assert (
        "  Jobs: left out: the token's user may not read it (403): it needs a role, a right or a "
        "module"
    ) in lines
    assert f"  Clients: key ID, 12 rows, {FULL}" in lines
    account.world.switch(forbidden=[*SETS.values()][:7])
    _, error = checked(account)
    assert error.startswith("Nothing can be read: the token's user may not read it (403)")


@pytest.mark.parametrize(
    ("kind", "more", "says"),
    [("status", {"code": 401}, UNAUTHORIZED), ("html", {}, "is this the API?")],
)
def test_check_ends_where_nothing_else_can_be_read_either(
    account: Account, kind: str, more: dict[str, Any], says: str
) -> None:
    account.fault("/odata/Users", kind, **more)
    _, error = checked(account, entity_sets=["Users"])
    assert error.startswith("GET /Users at")
    assert error.endswith(says)


def test_check_of_a_wrong_token_ends_as_a_run_does(account: Account) -> None:
    run = account.command(*ENV, "--check", api_token="wrong")
    assert run.code == 77
    assert run.output.decode().splitlines()[-1].startswith("CLICKTIME-AUTH: GET /$metadata at")


def test_check_of_broken_sets_is_a_sentence(account: Account) -> None:
    account.fault("/odata/Users", "status", code=500)
    account.fault("/odata/Jobs", "status", code=200, body='{"value":["x"]}', after=1)
    run = account.command(*ENV, "--check", entity_sets=["Users", "Jobs", "Tasks"], max_retries=0)
    assert run.code == 1
    *lines, last = run.output.decode().splitlines()
    assert last == "CLICKTIME-PARTIAL: A run will fail: Users, Jobs cannot be read."
    assert any(line.startswith("  Users: fails: GET /Users") for line in lines)
    assert "  Jobs: fails: GET /Jobs sent rows that are no objects." in lines
    assert f"  Tasks: key ID, 15 rows, {FULL}" in lines
    assert is_discreet(run, account)


def test_check_does_not_wait_for_the_declaration_either(account: Account) -> None:
    later = {"Retry-After": "60"}
    account.fault("/$metadata", "status", code=503, headers=later, times=1)
    run = account.command(*ENV, "--check")
    assert (run.code, len(account.requests())) == (1, 1)
    (sentence,) = run.sentences + run.output.decode().splitlines()
    assert sentence.startswith("CLICKTIME-NETWORK: GET /$metadata at")


# -- the rest of the command line ------------------------------------------------------------------


def test_test(account: Account) -> None:
    run = account.command(*ENV, "--test")
    assert run.code == 0
    assert run.counts() == dict.fromkeys(TABLES, 1)
    assert run.log.splitlines()[-1].endswith(" | --test ended well.")
    assert run.sentences == []


def test_version_of_the_module_and_the_command() -> None:
    line = f"tap-clicktime v{version('timecost-taps')}, Meltano SDK v{version('singer-sdk')}"
    given = [sys.executable, "-m", "tap_clicktime", "--version"]
    done = subprocess.run(given, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == line
    assert Account.bare_command("--version").output.decode().strip() == line
