"""What a whole run emits: every table, every property, every row."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

import sandbox
from sandbox.clockify import truth
from tests.clockify.runs import (
    ENTRY_TABLES,
    KEYS,
    TABLES,
    Account,
    Copy,
    filled,
    keyed,
    paths,
    true_rows,
)
from tests.common.runs import NOW, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NEVER_IN_THE_SANDBOX = {"time_entries": {"approvalRequestId"}}
"""Properties seen on the wire of another route only."""


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """One account for all tests here: none of them changes it."""
    with sandbox.start(now=NOW, entries=300) as running:
        yield Account(running)


@pytest.fixture(scope="module")
def run(account: Account) -> Run:
    return account.run().ok()


def schemas(run: Run) -> dict[str, dict[str, Any]]:
    return {message["stream"]: message for message in run.of("SCHEMA")}


def test_every_table_holds_the_accounts_rows(account: Account, run: Run) -> None:
    for table in TABLES:
        expected = true_rows(account.world, table)
        assert keyed(run.records(table), KEYS[table]) == keyed(expected, KEYS[table]), table
        assert len(run.records(table)) == len(expected) > 0, table


def test_all_tables_of_the_truth_are_tables_of_the_tap() -> None:
    assert set(truth.TABLES) == set(TABLES)


def test_keys_are_whole_and_unique(run: Run) -> None:
    for table in TABLES:
        keys = [tuple(row[name] for name in KEYS[table]) for row in run.records(table)]
        assert len(set(keys)) == len(keys), table
        assert all(isinstance(part, str) and part for key in keys for part in key), table


def test_every_declared_property_is_seen(run: Run) -> None:
    for table, message in schemas(run).items():
        seen = {path for row in run.records(table) for path in filled(row)}
        declared = set(paths(message["schema"]))
        assert declared - seen == NEVER_IN_THE_SANDBOX.get(table, set()), table


def test_no_row_holds_more_than_is_declared(run: Run) -> None:
    for table, message in schemas(run).items():
        declared = set(paths(message["schema"]))
        for row in run.records(table):
            assert set(row) <= declared


def test_records_fit_their_schema(run: Run) -> None:
    for table, message in schemas(run).items():
        validator = Draft202012Validator(message["schema"], format_checker=FormatChecker())
        for row in run.records(table):
            validator.validate(row)


def test_schema_comes_once_and_before_the_records(run: Run) -> None:
    assert Counter(message["stream"] for message in run.of("SCHEMA")) == dict.fromkeys(TABLES, 1)
    known = set()
    for message in run.messages:
        if message["type"] == "SCHEMA":
            known.add(message["stream"])
            assert tuple(message["key_properties"]) == KEYS[message["stream"]]
        elif message["type"] == "RECORD":
            assert message["stream"] in known


def test_state_holds_one_bookmark_per_workspace(account: Account, run: Run) -> None:
    world = account.world
    for table in ENTRY_TABLES:
        partitions = run.state["bookmarks"][table]["partitions"]
        assert [one["context"]["workspaceId"] for one in partitions] == list(world.workspaces)
        for one in partitions:
            workspace = one["context"]["workspaceId"]
            rows = [
                row for row in true_rows(world, "time_entries") if row["workspaceId"] == workspace
            ]
            past = max(row["start"] for row in rows if row["timeInterval"]["end"])
            now = "2026-09-15T12:30:00Z"
            running = {
                row["userId"]: row["start"] for row in rows if row["timeInterval"]["end"] is None
            }
            assert past > now  # future entries exist, and do not push the bookmark
            assert running
            assert one == {
                "context": {"workspaceId": workspace},
                "replication_key": "start",
                "replication_key_value": now,
                "unfinished": running,
                "known": list(world.workspaces[workspace].users),
            }
    others = {k: v for k, v in run.state["bookmarks"].items() if k not in ENTRY_TABLES}
    compared, unsure = others.pop("tasks")["partitions"]
    assert compared == {"context": {"workspaceId": world.main_id}, "compared": now}
    assert unsure == {"context": {"workspaceId": world.second_id}}  # no task there is done
    assert all(not value for value in others.values())


def test_state_stays_small(start: Callable[..., Account]) -> None:
    run = start(members=100, entries=1000).run().ok()
    assert max(len(line) for line in run.output.splitlines() if b'"STATE"' in line) < 30_000
    assert len(run.of("STATE")) <= 2 + len(TABLES)


def test_time_extracted_is_on_every_record(run: Run) -> None:
    assert {message["time_extracted"] for message in run.of("RECORD")} == {"2026-09-15T12:30:00Z"}


def test_amounts_and_instants_keep_their_form(account: Account, run: Run) -> None:
    (main, _) = run.records("workspaces")
    assert main["hourlyRate"] == {"amount": 8000, "currency": "EUR"}
    by_id = {row["id"]: row for row in run.records("time_entries")}
    for row in true_rows(account.world, "time_entries"):
        assert by_id[row["id"]]["timeInterval"] == row["timeInterval"]
        assert by_id[row["id"]]["start"] == row["timeInterval"]["start"]


def test_the_costs_of_each_stream_are_said(run: Run) -> None:
    assert "time_entries: 300 rows read (time_entries 300, time_entry_tags " in run.log
    assert "16 requests" in run.log


def test_a_large_list_takes_several_pages(start: Callable[..., Account]) -> None:
    account = start(members=2, entries=11_000)
    copied = Copy()
    run = copied.load(account.run().ok())
    assert copied.differences(account.world) == {}
    assert run.counts()["time_entries"] == 11_000
    assert sum("page=2" in request for request in account.requests()) == 2
