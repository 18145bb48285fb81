"""What a run emits: each table with every row and property, alone or with others."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from taps_common.records.row_types import RESCUED
from tests.clockify.fractions import serve_fractions, with_fractions
from tests.clockify.runs import (
    ENTRY_TABLES,
    KEYS,
    LOGS,
    PREFIX,
    TABLES,
    VERSIONS,
    Account,
    SlowTap,
    catalog,
    difference,
    differences,
    filled,
    paths,
    true_rows,
)
from tests.common.descriptions import described, parts
from tests.common.runs import TurningClock, run_in_process, turning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.common.runs import Run

FIELD = "userCustomFieldValues.customField"
RATE = [
    f"{rate}{part}" for rate in ("hourlyRate", "costRate") for part in ("", ".amount", ".currency")
]
NEVER_IN_THE_SANDBOX: dict[str, set[str]] = {
    "current_user": {"roles"},
    "tasks": {"active"},
    "time_entries": {
        "approvalRequestId",
        *(
            f"timeInterval.{name}"
            for name in (
                *("timeZone", "zonedStart", "zonedEnd"),
                *("offsetStart", "offsetEnd", "offStart", "offEnd"),
            )
        ),
    },
    "users": {"roles"},
    "member_profiles": {
        *(f"{FIELD}.{name}" for name in ("description", "placeholder", "workspaceDefaultValue")),
        f"{FIELD}.projectDefaultValues.value",
    },
    "user_managers": {"roles"}
    | {
        f"memberships.{name}"
        for name in ("userId", "targetId", "membershipType", "membershipStatus", *RATE)
    },
    "detailed_report": {"id", "locked", "tags.id", "customFields.type"},
    "expense_report": {
        *("id", "locked", "projectColor", "exportFields", "reportName", "time"),
        *("invoicingInfo", "invoicingInfo.manuallyInvoiced", "invoicingInfo.invoiceId"),
    },
}
"""Properties that other accounts have, or that only the description has."""


@pytest.fixture(scope="module")
def run(shared: Account) -> Run:
    return shared.run(catalog=catalog()).ok()


# -- rows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", KEYS)
def test_a_table_holds_the_accounts_rows(shared: Account, run: Run, table: str) -> None:
    expected, rows = true_rows(shared.world, table), run.records(table)
    assert difference(table, expected, rows) == ""
    assert len(rows) == len(expected) > 0
    keys = [tuple(row[name] for name in KEYS[table]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert all(part not in {None, ""} for key in keys for part in key)


@pytest.mark.parametrize("table", KEYS)
def test_rows_fit_the_schema_and_fill_every_property(run: Run, table: str) -> None:
    (message,) = run.of("SCHEMA", table)
    assert tuple(message["key_properties"]) == KEYS[table]
    validator = Draft202012Validator(message["schema"], format_checker=FormatChecker())
    seen: set[str] = set()
    for row in run.records(table):
        validator.validate(row)
        seen |= set(filled(row))
        assert row.keys() <= message["schema"]["properties"].keys()
    never = {RESCUED, *NEVER_IN_THE_SANDBOX.get(table, ())}
    assert set(paths(message["schema"])) - seen == never


def test_columns_join_rows_that_there_are(run: Run) -> None:
    """But for approval requests that are never listed: those that were rejected or taken back."""
    rows = {table: run.records(table) for table in KEYS}
    values = {
        f"{table}.{key}": {row[key] for row in rows[table]}
        for table, keys in KEYS.items()
        for key in keys
    }
    joins = [
        (table, path, to)
        for table in KEYS
        for path, text in described({"properties": run.schema(table)}, table)
        if (to := parts(text).get("Joins"))
    ]
    alone = {
        path
        for table, path, to in joins
        for row in rows[table]
        if not {*values_at(row, path.split(".")[1:])} <= values[to]
    }
    assert alone == {"detailed_report.approvalRequestId", "expense_report.approvalRequestId"}


def values_at(value: Any, names: list[str]) -> Iterator[str]:
    """Yield what is at a path, in each item of a list; of an object its id."""
    if isinstance(value, list):
        for item in value:
            yield from values_at(item, names)
    elif isinstance(value, dict):
        yield from values_at(value[names[0] if names else "id"], names[1:])
    elif value is not None:
        yield value


def test_a_run_says_what_it_read_and_finds_nothing_odd(run: Run) -> None:
    assert re.search(r"^time_entries +300 rows .*time_entry_tags \d", run.log, re.MULTILINE)
    assert "16 requests" in run.log
    for odd in ("fields unknown to this version", "are not of their type", "came twice"):
        assert odd not in run.log


def test_schemas_come_before_records_and_times_are_those_of_the_read(run: Run) -> None:
    known = set()
    for message in run.messages:
        if message["type"] == "SCHEMA":
            known.add(message["stream"])
        elif message["type"] == "RECORD":
            assert message["stream"] in known
            assert message["time_extracted"] == "2026-09-15T12:30:00Z"


def test_the_state_of_a_first_run(shared: Account, run: Run) -> None:
    world, now = shared.world, "2026-09-15T12:30:00Z"
    for table in ENTRY_TABLES:
        partitions = run.state["bookmarks"][table]["partitions"]
        assert [one["context"]["workspaceId"] for one in partitions] == list(world.workspaces)
        for one in partitions:
            workspace = one["context"]["workspaceId"]
            rows = true_rows(world, "time_entries", workspace)
            assert max(row["start"] for row in rows) > now  # which does not push the bookmark
            assert one == {
                "context": {"workspaceId": workspace},
                "replication_key": "start",
                "replication_key_value": now,
                "unfinished": {
                    row["userId"]: row["start"] for row in rows if not row["timeInterval"]["end"]
                },
                "known": list(world.workspaces[workspace].users),
            }
            assert one["unfinished"]
    compared, unsure = run.state["bookmarks"]["tasks"]["partitions"]
    assert compared == {"context": {"workspaceId": world.main_id}, "compared": now}
    assert unsure == {"context": {"workspaceId": world.second_id}}  # no task there is done


def test_no_secret_is_anywhere(shared: Account, run: Run) -> None:
    tokens = {one.authToken for one in shared.world.main.webhooks.values()}
    assert len(tokens) == 3
    everything = run.output.decode() + run.said
    assert not any(word in everything for word in (*tokens, "authToken", "whsec"))


def test_every_number_that_is_measured_keeps_its_fraction(
    shared: Account, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But not what is counted, what is JSON as text, and seconds that are made of durations."""
    counted = {
        *("order", "dayOfMonth", "hour", "olderThanValue", "workspaceNumber", "count", "code"),
        *("projectListCollapse", "offsetStart", "offsetEnd", "entriesCount", "expensesCount"),
    }
    tables = KEYS.keys() - {*LOGS, "audit_log", "time_entry_custom_fields"}

    def records(output: bytes) -> list[bytes]:
        found = (line for line in output.splitlines() if line.startswith(b'{"type":"RECORD"'))
        kept = [line for line in found if line.split(b'"')[7].decode() in tables]
        return sorted(re.sub(rb',"\w+Seconds":(?:[\d.]+|null)', b"", line) for line in kept)

    plain = b"\n".join(records(run.output))
    assert b"Seconds" not in plain
    names = {name.decode() for name in re.findall(rb'"(\w+)":-?\d+[,}]', plain)} - counted
    assert {"amount", "estimate", "priceInCents", "unitPrice", "break", "duration"} <= names
    digits = "1234567890123456789012"
    serve_fractions(monkeypatch, names, digits)
    exact = shared.run(catalog=catalog(tables)).ok()
    assert "are not of their type" not in exact.log
    assert records(exact.output) == records(with_fractions(plain, names, digits))


# -- alone and together ----------------------------------------------------------------------------

ROUTES: dict[str, int] = {
    **dict.fromkeys(("workspaces", "workspace_memberships", "workspace_currencies"), 0),
    "workspace_features": 0,
    **dict.fromkeys((*ENTRY_TABLES, "tasks", "project_custom_fields", "member_profiles"), 2),
    **dict.fromkeys(("invoices", "invoice_items", "invoice_payments", "user_managers"), 2),
    "time_off_balances": 2,
    **dict.fromkeys(("balance_assignments", "entity_changes", "entity_deletions"), 3),
}
"""How many routes besides the list of workspaces a table takes, if not one."""


@pytest.mark.parametrize("table", KEYS)
def test_a_table_alone_is_the_same_and_asks_for_nothing_else(
    shared: Account, run: Run, table: str
) -> None:
    shared.reset()
    alone = shared.run(catalog=catalog([table])).ok()
    assert alone.records(table) == run.records(table)
    assert {message["stream"] for message in alone.of("SCHEMA")} == {table}
    assert set(alone.counts()) == {table}
    asked = Counter((one.method, one.target, one.body) for one in shared.running.requests)
    assert set(asked.values()) == {1}
    routes = {route.removeprefix(PREFIX) for route in shared.templates()} - {"/workspaces"}
    assert len(routes) == ROUTES.get(table, 1)
    assert shared.templates().count("/workspaces") <= 2  # the second for the role of the key


def test_an_empty_selection_reads_no_table(shared: Account) -> None:
    shared.reset()
    assert shared.run(catalog=catalog([])).ok().counts() == {}
    assert shared.templates() == ["/workspaces"]


@pytest.mark.parametrize("workers", [1, 16])
def test_workers_change_nothing(shared: Account, run: Run, workers: int) -> None:
    shared.reset()
    assert shared.run(catalog=catalog(), max_concurrency=workers).ok().output == run.output
    asked = Counter((one.method, one.target, one.body) for one in shared.running.requests)
    assert set(asked.values()) == {1}


def test_workers_change_nothing_over_many_pages(start: Callable[..., Account]) -> None:
    account = start(members=3, entries=20_000)
    tables = catalog(["time_entries"], without=[("time_entries", "customFieldValues")])
    outputs = {account.run(catalog=tables, max_concurrency=n).ok().output for n in (1, 8)}
    assert len(outputs) == 1


def test_pages_and_single_records_are_the_same(shared: Account, run: Run) -> None:
    slow = turning(SlowTap, TurningClock())
    single = run_in_process(slow, shared.config(), catalog=catalog()).ok()
    assert all(single.records(table) == run.records(table) for table in KEYS)


def test_flattened_rows_are_the_same_rows(shared: Account, run: Run) -> None:
    settings: dict[str, Any] = {"flattening_enabled": True, "flattening_max_depth": 1}
    flat = shared.run(catalog=catalog(), **settings).ok()
    assert flat.counts() == run.counts()
    for row, whole in zip(flat.records("expenses"), run.records("expenses"), strict=True):
        assert (row["total"], row["quantity"]) == (whole["total"], whole["quantity"])
        assert row.get("category__id") == (whole["category"] or {}).get("id")
    for table, name in (("attendance_report", "break"), ("audit_log", "_row_id")):
        pairs = zip(flat.records(table), run.records(table), strict=True)
        assert all(row[name] == whole[name] for row, whole in pairs)


# -- selected properties ---------------------------------------------------------------------------


def without(row: dict[str, Any], hidden: list[list[str]]) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(json.dumps(row))
    for *parents, name in hidden:
        holder: Any = kept
        for parent in parents:
            holder = holder and holder.get(parent)
        if holder:
            holder.pop(name, None)
    return kept


def test_deselected_properties_do_not_appear_and_change_nothing_else(
    shared: Account, run: Run
) -> None:
    hidden = [
        ("time_entries", "description"),
        ("time_entries", "tagIds"),
        ("time_entries", "customFieldValues"),
        ("time_entries", "timeInterval", "duration"),
        ("users", "email"),
        ("users", "memberships"),
        ("users", "settings", "summaryReportSettings", "group"),
        ("projects", "memberships"),
        ("time_entry_tags", "userId"),
        ("workspaces", "workspaceSettings"),
        *(("audit_log", name) for name in ("content", "action", "userName")),  # of its row's id
    ]
    tables = [*TABLES, "audit_log"]
    fewer = shared.run(catalog=catalog(tables, without=hidden)).ok()
    for table in tables:
        left_out = [path for name, *path in hidden if name == table]
        assert fewer.records(table) == [without(row, left_out) for row in run.records(table)]
        (message,) = fewer.of("SCHEMA", table)
        assert not {".".join(path) for path in left_out} & set(paths(message["schema"]))


def test_keys_and_the_replication_key_cannot_be_deselected(shared: Account) -> None:
    hidden = [("time_entries", "id"), ("time_entries", "start"), ("users", "workspaceId")]
    run = shared.run(catalog=catalog(TABLES, without=hidden)).ok()
    for table, name in hidden:
        assert all(row[name] for row in run.records(table))


def test_a_deselected_interval_still_bounds_the_rows(shared: Account) -> None:
    tables = catalog(["time_entries"], without=[("time_entries", "timeInterval")])
    run = shared.run(catalog=tables).ok()
    assert all("timeInterval" not in row and row["start"] for row in run.records("time_entries"))
    assert all(one["unfinished"] for one in run.state["bookmarks"]["time_entries"]["partitions"])


# -- what is documented one way and seen another ---------------------------------------------------

WITHOUT_LAST_PAGE = {
    *("shared_reports", "time_off_requests", "detailed_report", "attendance_report", *LOGS),
    *("expense_report", "audit_log"),
    *("project_assignment_totals", "user_capacity_totals", "user_capacity_days"),
}
"""Lists without the header: their first empty page is taken for the end."""

SWITCHES: dict[str, dict[str, Any]] = {
    "as documented": {
        "omit_last_page": True,
        "archived_categories": True,
        "text_lists": True,
        "documented_shared_reports": True,
        "documented_reports": True,
        "audit_envelope": True,
    },
    "null": {"null_envelopes": True, "expense_date": "instant", "compress": True},
    "small pages": {
        "report_limit": 200,
        "attendance_limit": 50,
        "clamp_page_size": True,
        "audit_span_days": 30,
    },
    "empty pages": {"empty_page_before_last": True},
}


@pytest.mark.parametrize("switched", SWITCHES.values(), ids=SWITCHES)
def test_every_form_brings_all_rows(
    start: Callable[..., Account], switched: dict[str, Any]
) -> None:
    account = start()
    account.world.switch(**switched)
    run = account.run(catalog=catalog(), **VERSIONS).ok()
    unsure = WITHOUT_LAST_PAGE if "empty_page_before_last" in switched else set()
    assert differences(account.world, run, KEYS.keys() - unsure) == {}
    assert "are not of their type" not in run.log
    assert "fields unknown to this version" not in run.log


@pytest.mark.parametrize("switch", ["", "omit_last_page", "empty_page_before_last"])
def test_a_large_list_takes_several_pages(
    start: Callable[..., Account], monkeypatch: pytest.MonkeyPatch, switch: str
) -> None:
    monkeypatch.setattr("tap_clockify.client.ClockifyStream.page_size", 60)
    account = start(members=2, entries=1_000)
    account.world.switch(**dict.fromkeys(filter(None, [switch]), True))
    run = account.run(**VERSIONS).ok()
    assert differences(account.world, run) == {}
    assert sum("end=2" in request for request in account.requests()) >= 2
