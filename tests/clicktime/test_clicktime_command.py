"""The installed command: settings that cannot work, discovery, secrets, `--check`."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from sandbox.clicktime import truth
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
COLUMN_TYPES = "string, number, integer, boolean, date, date-time"
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
    ({"service_url": ""}, MISSING_URL),
    ({"api_token": None}, MISSING_TOKEN),
    ({"service_url": "app.example/odata"}, NO_ADDRESS),
    ({"service_url": "ftp://app.example/odata"}, NO_ADDRESS),
    ({"service_url": "https://"}, NO_ADDRESS),
    ({"service_url": "https://[app.example/odata"}, NO_ADDRESS),
    ({"service_url": "https://app.example:port/odata"}, NO_ADDRESS),
    ({"service_url": "https://clicktime:sandbox-token@app.example/odata"}, NO_EXTRAS),
    ({"service_url": "https://clicktime@app.example/odata"}, NO_EXTRAS),
    ({"service_url": "https://app.example/odata?token=sandbox-token"}, NO_EXTRAS),
    ({"service_url": "https://app.example/odata#sets"}, NO_EXTRAS),
    ({"auth_method": "oauth"}, "auth_method must be one of basic, token, not 'oauth'."),
    ({"custom_fields": "both"}, "custom_fields must be one of object, string, not 'both'."),
    ({"entity_sets": [1]}, "entity_sets.0 must be a text, not 1."),
    ({"entity_sets": {"a": 1}}, "entity_sets must be a list, not {'a': 1}."),
    ({"replication_keys": []}, "replication_keys must be an object, not []."),
    (
        {"replication_keys": {"Timesheets": 3}},
        "replication_keys.Timesheets must be a text, not 3.",
    ),
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
    (
        {"start_date": "yesterday"},
        (
            "start_date must be a date like 2026-01-31 or a timestamp like 2026-01-31T00:00:00Z, "
            "not 'yesterday'."
        ),
    ),
    (
        {"start_date": "2026-02-01", "end_date": "2026-01-31"},
        "start_date must not be after end_date.",
    ),
    ({"max_concurrency": 17}, "max_concurrency must be at most 16, not 17."),
    ({"lookback_days": -1}, "lookback_days must be at least 0, not -1."),
]


@pytest.mark.parametrize(("settings", "sentence"), NEVER_SENT, ids=lambda value: str(value)[:50])
def test_a_setting_that_cannot_work_is_refused_in_one_sentence(
    account: Account, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigValidationError) as refused:
        account.run(**settings)
    assert refused.value.errors == [sentence]
    assert account.requests() == []


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [NEVER_SENT[0], NEVER_SENT[2], NEVER_SENT[8], NEVER_SENT[10], NEVER_SENT[20]],
)
def test_the_command_refuses_it_before_anything_is_sent(
    account: Account, settings: dict[str, Any], sentence: str
) -> None:
    run = account.command(*ENV, **settings)
    assert run.code == 1
    assert run.sentences == [sentence]
    assert run.output == b""
    assert account.requests() == []
    assert is_discreet(run, account)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PAGE_SIZE", "many", "TAP_CLICKTIME_PAGE_SIZE must be a whole number, not 'many'."),
        ("REPLICATION_KEYS", "x", "TAP_CLICKTIME_REPLICATION_KEYS must be a JSON object."),
        ("CUSTOM_FIELD_COLUMNS", "{", "TAP_CLICKTIME_CUSTOM_FIELD_COLUMNS must be a JSON object."),
    ],
)
def test_a_variable_that_cannot_be_read_is_named(
    account: Account, name: str, value: str, says: str
) -> None:
    run = account.command(*ENV, **{f"TAP_CLICKTIME_{name}": value})
    assert run.code == 1
    assert run.sentences == [says]
    assert account.requests() == []


@pytest.mark.parametrize("token", ["a\nb", "a\N{EN DASH}b", "\x7f"], ids=ascii)
def test_a_token_that_no_header_can_hold_is_refused(account: Account, token: str) -> None:
    run = account.command(*ENV, api_token=token)
    assert run.code == 1
    (sentence,) = run.sentences
    assert sentence.startswith("api_token holds a line break or a character that no key has")
    assert token not in run.log


DOES_NOT_GO_WITH_THE_SERVICE: list[tuple[dict[str, Any], str]] = [
    (
        {"entity_sets": ["Users", "Projects"]},
        f"entity_sets names Projects, which the service does not have. It has {THERE_ARE}.",
    ),
    (
        {"replication_keys": {"Projects": "Date"}},
        f"replication_keys names Projects, which is not an entity set; there are {THERE_ARE}.",
    ),
    (
        {"replication_keys": {"Timesheets": "Changed"}},
        (
            "replication_keys names Timesheets.Changed, which is not a date of this set; it has "
            "StartDate, EndDate."
        ),
    ),
    (
        {"replication_keys": {"timesheets": "Status"}},
        (
            "replication_keys names Timesheets.Status, which is not a date of this set; it has "
            "StartDate, EndDate."
        ),
    ),
    (
        {"replication_keys": {"Divisions": "Name"}},
        "replication_keys names Divisions.Name, which is not a date of this set; it has none.",
    ),
    (
        {"custom_field_columns": {"Projects": ["Region"]}},
        f"custom_field_columns names Projects, which is not an entity set; there are {THERE_ARE}.",
    ),
    (
        {"custom_field_columns": {"Timesheets": ["Region"]}},
        "custom_field_columns names Timesheets, which has no custom fields.",
    ),
    (
        {"custom_field_columns": {"Jobs": [{}]}},
        (
            "custom_field_columns.Jobs must list names, or objects with a name and a type "
            f"({COLUMN_TYPES})."
        ),
    ),
    (
        {"custom_field_columns": {"Jobs": [{"name": "Rate", "type": "money"}]}},
        (
            "custom_field_columns.Jobs must list names, or objects with a name and a type "
            f"({COLUMN_TYPES})."
        ),
    ),
    (
        {"custom_field_columns": {"Jobs": ["Cost Center", "Cost-Center"]}},
        "custom_field_columns would name two columns CustomField_Cost_Center.",
    ),
]


@pytest.mark.parametrize(
    ("settings", "sentence"), DOES_NOT_GO_WITH_THE_SERVICE, ids=lambda value: str(value)[:60]
)
def test_a_setting_that_the_service_has_no_use_for_is_refused(
    account: Account, settings: dict[str, Any], sentence: str
) -> None:
    run = account.run(**settings)
    assert (run.code, run.error) == (1, sentence)
    assert run.output == b""
    assert account.requests() == ["/$metadata"]


@pytest.mark.parametrize("option", [(), ("--discover",), ("--check",)])
def test_the_command_says_it_in_one_sentence_too(account: Account, option: tuple[str]) -> None:
    run = account.command(*ENV, *option, entity_sets=["Projects"])
    assert run.code == 1
    said = run.sentences + run.output.decode().splitlines()
    assert said == [
        f"entity_sets names Projects, which the service does not have. It has {THERE_ARE}."
    ]
    assert is_discreet(run, account)


@pytest.mark.parametrize("column", ["", "!!", {"name": ""}, {"type": "number"}])
def test_a_column_without_a_name_is_refused(account: Account, column: object) -> None:
    run = account.run(entity_sets=["Jobs"], custom_field_columns={"Jobs": [column]})
    assert run.code == 1
    assert "custom_field_columns" in run.error
    assert run.output == b""


def test_a_column_with_an_unknown_word_is_refused(account: Account) -> None:
    column = {"name": "Rate", "kind": "number"}
    run = account.run(entity_sets=["Jobs"], custom_field_columns={"Jobs": [column]})
    assert run.code == 1
    assert "custom_field_columns" in run.error


def test_settings_that_the_service_has_a_use_for_are_taken(account: Account) -> None:
    run = account.run(
        replication_keys={"timesheets": "StartDate", "Clients": "CreatedDate"},
        custom_field_columns={"Jobs": ["Segment", {"name": "Head count", "type": "number"}]},
    ).ok()
    assert {"CustomField_Segment", "CustomField_Head_count"} <= {*run.schema("jobs")}
    bookmarks = run.state["bookmarks"]
    assert bookmarks["timesheets"]["replication_key"] == "StartDate"
    assert bookmarks["clients"]["replication_key"] == "CreatedDate"


def test_a_setting_that_does_not_exist_is_named(account: Account, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"lookback": 3, "token": "sandbox-token"}')
    run = account.command(*ENV, "--config", str(path), entity_sets=["Tasks"])
    assert run.code == 0, run.log
    assert "lookback is not a setting of this tap and has no effect; did you mean" in run.log
    assert is_discreet(run, account)


# -- the catalog -----------------------------------------------------------------------------------


def without_set(account: Account, gone: str) -> dict[str, Any]:
    """Return a catalog that selects, beside what there is, a set that there is not."""
    account.world.switch(metadata_style="typedefs")
    found = account.catalog(["tasks", gone])
    account.world.switch(metadata_style="aspnet")
    return found


def test_a_set_that_is_gone_is_named_before_anything_is_read(account: Account) -> None:
    run = account.run(catalog=without_set(account, "allocations"))
    assert run.code == 1
    assert run.error == (
        "The catalog selects allocations, which the service does not have (any more): discover "
        "again, or deselect them."
    )
    assert account.requests() == ["/$metadata"]
    assert run.of("RECORD") == []


def test_a_set_that_is_gone_and_not_selected_is_no_matter(account: Account) -> None:
    chosen = without_set(account, "allocations")
    for stream in chosen["streams"]:
        for entry in stream["metadata"]:
            if stream["tap_stream_id"] == "allocations" and not entry["breadcrumb"]:
                entry["metadata"]["selected"] = False
    assert account.run(catalog=chosen).ok().counts() == {"tasks": 15}


def test_sets_left_out_by_a_setting_but_selected_are_named(account: Account) -> None:
    run = account.run(catalog=account.catalog(["users", "tasks"]), entity_sets=["Tasks"])
    assert run.code == 1
    assert "The catalog selects users" in run.error


# -- the service -----------------------------------------------------------------------------------


def test_a_wrong_token(account: Account) -> None:
    run = account.command(*ENV, api_token=WRONG)
    assert run.code == 1
    assert run.sentences == [f"GET /$metadata at {account.running.url} {UNAUTHORIZED}"]
    assert run.output == b""
    assert account.requests() == ["/$metadata"]
    assert is_discreet(run, account)


PLACES: list[tuple[dict[str, Any], str]] = [
    (
        {"service_url": "http://127.0.0.1:9/odata", "max_retries": 0},
        (
            "GET /$metadata at http://127.0.0.1:9 could not be reached: nothing answers at that "
            "address."
        ),
    ),
    (
        {"service_url": "{url}/clicktime/nowhere"},
        (
            "GET /$metadata at {url} answered 404 Not Found. There is nothing at that address: "
            "check service_url."
        ),
    ),
    ({"service_url": "{url}/clicktime"}, "answered 404 Not Found"),
]


@pytest.mark.parametrize(("settings", "says"), PLACES, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("option", [(), ("--check",)])
def test_a_service_that_is_not_there(
    account: Account, settings: dict[str, Any], says: str, option: tuple[str]
) -> None:
    url = account.running.url
    named = settings | {"service_url": settings["service_url"].replace("{url}", url)}
    run = account.command(*ENV, *option, **named)
    assert run.code == 1
    (sentence,) = run.sentences + run.output.decode().splitlines()
    assert says.replace("{url}", url) in sentence
    assert bool(run.output) == bool(option)
    assert is_discreet(run, account)


PAGES = [
    ("html", {"body": "<html><body>Log in</body></html>"}, "$metadata is a web page"),
    ("html", {"body": "<html><br>Log in</html>"}, "$metadata is a web page"),
    ("html", {"body": "<feed></feed>"}, "check service_url"),
    ("status", {"code": 200, "body": '{"value":[]}'}, "$metadata came as JSON"),
    ("empty", {}, "answered with nothing"),
    ("truncate_body", {}, "sent an answer that breaks off"),
    ("truncate_json", {}, "$metadata is not XML, or breaks off in the middle"),
]


@pytest.mark.parametrize(("kind", "more", "says"), PAGES)
def test_what_is_no_declaration_is_a_sentence(
    account: Account, kind: str, more: dict[str, Any], says: str
) -> None:
    account.fault("$metadata", kind, **more)
    run = account.run(max_retries=0)
    assert run.code == 1
    assert says in run.error
    assert run.output == b""


def test_a_log_in_page_is_called_one(account: Account) -> None:
    account.fault("$metadata", "html")
    run = account.run(max_retries=0)
    assert "web page" in run.error
    assert "service_url" in run.error


# -- secrets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["basic", "token"])
def test_a_whole_run_is_discreet(account: Account, method: str) -> None:
    run = account.command(auth_method=method, page_size=50)
    assert run.code == 0, run.log[-2000:]
    assert copied(run).differences(account.world) == {}
    assert is_discreet(run, account)


@pytest.mark.parametrize("kind", ["truncate_json", "reset", "status"])
def test_a_failing_run_is_discreet(account: Account, kind: str) -> None:
    account.fault("/odata/Jobs", kind, body="sandbox-token")
    run = account.command(*ENV, max_retries=0)
    assert run.code == 1
    assert "2 of 13 tables are incomplete (jobs, job_custom_fields)" in run.log
    assert is_discreet(run, account)


# -- discovery -------------------------------------------------------------------------------------


def test_discover_without_settings_prints_what_is_documented() -> None:
    run = Account.bare_command("--discover")
    assert run.code == 0
    found = json.loads(run.output)
    assert [one["tap_stream_id"] for one in found["streams"]] == sorted(TABLES)
    assert all(one["schema"]["properties"] and one["key_properties"] for one in found["streams"])


@pytest.mark.parametrize(
    ("given", "says"),
    [("TAP_CLICKTIME_SERVICE_URL", MISSING_TOKEN), ("TAP_CLICKTIME_API_TOKEN", MISSING_URL)],
)
@pytest.mark.parametrize("option", [("--discover",), (), ("--check",)])
def test_half_the_settings_are_none(given: str, says: str, option: tuple[str]) -> None:
    value = "http://127.0.0.1:9" if "URL" in given else "sandbox-token"
    run = Account.bare_command(*option, **{given: value})
    assert run.code == 1
    assert run.sentences == [says]
    assert run.output == b""


def test_discover_prints_what_the_service_declares(account: Account) -> None:
    account.world.switch(metadata_style="typedefs")
    run = account.command("--discover")
    assert run.code == 0
    found = {one["tap_stream_id"]: one for one in json.loads(run.output)["streams"]}
    assert sorted(found) == sorted(truth.tables(account.world))
    assert found["allocations"]["key_properties"] == ["JobID", "UserID", "Month"]
    assert account.requests() == ["/$metadata"]
    assert is_discreet(run, account)


def test_a_discovered_catalog_can_be_run(account: Account, tmp_path: Path) -> None:
    path, state = tmp_path / "catalog.json", tmp_path / "state.json"
    path.write_text(json.dumps(account.catalog(["clients"])))
    state.write_text("{}")
    run = account.command(*ENV, "--catalog", str(path), "--state", str(state))
    assert run.code == 0
    assert run.counts() == {"clients": 12}


# -- check -----------------------------------------------------------------------------------------


def checked(account: Account, **settings: Any) -> tuple[int, list[str]]:
    """Return the exit code of `--check`, and what it prints."""
    run = account.command(*ENV, "--check", **settings)
    assert is_discreet(run, account)
    assert b'"type"' not in run.output
    return run.code, run.output.decode().splitlines()


LISTED = "Gebäude, Head count, Key account, Owner's site, Segment"
FULL = "full table (no property shows when a row changed)"


def test_check(account: Account) -> None:
    code, lines = checked(account)
    assert code == 0
    assert lines == [
        f"tap-clicktime {version('timecost-taps')} at {account.url}",
        "7 entity sets:",
        "  TimeEntries: key ID, 300 rows, incremental by Date, with a look-back",
        (
            "    custom fields seen: Client's reference, Cost Center, Größe, Overtime?, Region, "
            "Site note"
        ),
        f"  Users: key ID, 25 rows, {FULL}",
        f"    custom fields seen: {LISTED}",
        f"  Jobs: key ID, 40 rows, {FULL}",
        f"    custom fields seen: {LISTED}",
        f"  Clients: key ID, 12 rows, {FULL}",
        f"    custom fields seen: {LISTED}",
        f"  Tasks: key ID, 15 rows, {FULL}",
        f"    custom fields seen: {LISTED}",
        f"  Divisions: key ID, 5 rows, {FULL}",
        f"    custom fields seen: {LISTED}",
        f"  Timesheets: key ID, 375 rows, {FULL}",
        (
            "A full run of all tables sends at least 8 requests: the declaration, and one per "
            "1,000 rows of a set, more where the service sends smaller pages."
        ),
    ]
    assert len(account.requests()) == 1 + 7 + 6


def test_check_names_keys_and_cursors(account: Account) -> None:
    account.world.switch(metadata_style="typedefs", modified=True)
    code, lines = checked(account, page_size=100)
    assert code == 0
    assert f"  Allocations: key JobID, UserID, Month, 120 rows, {FULL}" in lines
    assert "  Jobs: key ID, 40 rows, incremental by ModifiedDate" in lines
    assert "8 entity sets:" in lines


def test_check_of_a_set_without_a_key(account: Account) -> None:
    account.world.switch(metadata_style="v401")
    _, lines = checked(account, entity_sets=["TimeEntriesView"])
    assert f"  TimeEntriesView: key none, 300 rows, {FULL}" in lines


@pytest.mark.parametrize("code", [501, 400])
def test_check_where_the_service_does_not_count(account: Account, code: int) -> None:
    account.world.switch(no_count="refuse", refusal_status=code)
    ended, lines = checked(account, entity_sets=["Users", "Timesheets"])
    assert ended == 0
    assert f"  Users: key ID, rows not counted by the service, {FULL}" in lines
    assert f"    custom fields seen: {LISTED}" in lines


@pytest.mark.parametrize("body", ['{"value": 3}', "<html></html>", ""])
def test_check_where_the_count_is_no_number(account: Account, body: str) -> None:
    account.fault("/$count", "status", code=200, body=body)
    ended, lines = checked(account, entity_sets=["Users", "Timesheets"])
    assert ended == 0
    assert f"  Users: key ID, rows not counted by the service, {FULL}" in lines


def test_check_of_a_forbidden_set(account: Account) -> None:
    account.world.switch(forbidden=["Jobs"])
    code, lines = checked(account)
    assert code == 0
    assert (
        "  Jobs: left out: the token's user may not read it (403): it needs a role, a right or a "
        "module"
    ) in lines
    assert f"  Clients: key ID, 12 rows, {FULL}" in lines


def test_check_where_nothing_may_be_read(account: Account) -> None:
    account.world.switch(forbidden=[*SETS.values()][:7])
    code, _ = checked(account)
    assert code == 1


def test_check_of_a_wrong_token(account: Account) -> None:
    code, lines = checked(account, api_token=WRONG)
    assert code == 1
    assert lines == [f"GET /$metadata at {account.running.url} {UNAUTHORIZED}"]


def test_check_of_a_broken_set_is_a_sentence(account: Account) -> None:
    account.fault("/odata/Users", "html")
    code, lines = checked(account, entity_sets=["Users"], max_retries=0)
    assert code == 1
    assert "GET /Users" in "\n".join(lines)


def test_check_of_rows_that_are_no_objects_is_a_sentence(account: Account) -> None:
    account.fault("/odata/Users", "status", code=200, body='{"value":["x"]}', after=1)
    code, lines = checked(account, entity_sets=["Users"], max_retries=0)
    assert code == 1
    assert "GET /Users" in "\n".join(lines)


def test_check_refuses_settings_in_one_sentence(account: Account) -> None:
    run = account.command(*ENV, "--check", page_size=0)
    assert run.code == 1
    assert run.sentences == ["page_size must be at least 1, not 0."]
    assert run.output == b""


# -- the rest of the command line ------------------------------------------------------------------


def test_about() -> None:
    run = Account.bare_command("--about", "--format=json")
    assert run.code == 0
    about = json.loads(run.output)
    assert about["name"] == "tap-clicktime"
    settings = about["settings"]["properties"]
    assert {name for name, one in settings.items() if one.get("secret")} == {"api_token"}
    assert all(one.get("description") for one in settings.values())
    assert set(about["settings"]["required"]) == {"service_url", "api_token"}
    known = {"discover", "catalog", "state", "about", "activate-version", "batch"}
    assert known <= set(about["capabilities"])


def test_about_shows_no_secret(account: Account) -> None:
    run = account.command("--about")
    assert run.code == 0
    assert is_discreet(run, account)


def test_test(account: Account) -> None:
    run = account.command(*ENV, "--test")
    assert run.code == 0
    assert set(run.counts()) == set(TABLES)
    assert set(run.counts().values()) == {1}


def test_version_of_the_module_and_the_command() -> None:
    line = f"tap-clicktime v{version('timecost-taps')}, Meltano SDK v{version('singer-sdk')}"
    given = [sys.executable, "-m", "tap_clicktime", "--version"]
    done = subprocess.run(given, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == line
    assert Account.bare_command("--version").output.decode().strip() == line
