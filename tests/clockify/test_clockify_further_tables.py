"""The tables besides the core: every row, every property, as the sandbox has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

import sandbox
from sandbox.clockify import truth
from tests.clockify.runs import KEYS, MORE_TABLES, Account, catalog, filled, keyed, paths, true_rows
from tests.common.runs import NOW, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}

PARTS = ("", ".amount", ".currency")
FIELD = "userCustomFieldValues.customField"
RATES = [f"{rate}{part}" for rate in ("hourlyRate", "costRate") for part in PARTS]
NEVER_IN_THE_SANDBOX: dict[str, set[str]] = {
    "member_profiles": {
        *(f"{FIELD}.{name}" for name in ("description", "placeholder", "workspaceDefaultValue")),
        f"{FIELD}.projectDefaultValues.value",
    },
    "user_managers": {
        f"memberships.{name}"
        for name in ("userId", "targetId", "membershipType", "membershipStatus", *RATES)
    },
}
"""Properties that other accounts have."""


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """One account for the tests here that change nothing."""
    with sandbox.start(now=NOW, entries=300) as running:
        yield Account(running)


@pytest.fixture(scope="module")
def run(account: Account) -> Run:
    return account.run(catalog=catalog(MORE_TABLES)).ok()


@pytest.mark.parametrize("table", MORE_TABLES)
def test_each_table_holds_the_accounts_rows(account: Account, run: Run, table: str) -> None:
    expected = true_rows(account.world, table)
    assert keyed(run.records(table), KEYS[table]) == keyed(expected, KEYS[table])
    assert len(run.records(table)) == len(expected) > 0


@pytest.mark.parametrize("table", MORE_TABLES)
def test_keys_are_those_of_the_truth_and_whole(run: Run, table: str) -> None:
    assert set(KEYS[table]) == set(truth.KEYS[table])
    keys = [tuple(row[name] for name in KEYS[table]) for row in run.records(table)]
    assert len(set(keys)) == len(keys)
    assert all(part not in {None, ""} for key in keys for part in key)


@pytest.mark.parametrize("table", MORE_TABLES)
def test_rows_fit_the_schema_and_fill_every_property(run: Run, table: str) -> None:
    (message,) = run.of("SCHEMA", table)
    validator = Draft202012Validator(message["schema"], format_checker=FormatChecker())
    seen: set[str] = set()
    for row in run.records(table):
        validator.validate(row)
        seen |= set(filled(row))
    declared = set(paths(message["schema"]))
    assert declared - seen == NEVER_IN_THE_SANDBOX.get(table, set())


def test_nothing_is_unknown_or_of_another_type(run: Run) -> None:
    assert "fields unknown to this version" not in run.log
    assert "are not of their type" not in run.log
    assert "came twice" not in run.log


@pytest.mark.parametrize("table", MORE_TABLES)
def test_a_table_alone_equals_the_same_table_in_a_whole_run(
    account: Account, run: Run, table: str
) -> None:
    alone = account.run(catalog=catalog([table])).ok()
    assert alone.records(table) == run.records(table)
    assert set(alone.counts()) == {table}


@pytest.mark.parametrize("workers", [1, 16])
def test_workers_change_nothing(account: Account, run: Run, workers: int) -> None:
    again = account.run(catalog=catalog(MORE_TABLES), max_concurrency=workers).ok()
    assert again.output == run.output


def test_flattened_rows_are_the_same_rows(account: Account, run: Run) -> None:
    """With flattening each row goes the SDK's own way."""
    flat = account.run(
        catalog=catalog(MORE_TABLES), flattening_enabled=True, flattening_max_depth=1
    ).ok()
    assert flat.counts() == run.counts()
    for row, whole in zip(flat.records("expenses"), run.records("expenses"), strict=True):
        assert (row["total"], row["quantity"]) == (whole["total"], whole["quantity"])
        assert row.get("category__id") == (whole["category"] or {}).get("id")


def test_no_secret_is_anywhere(account: Account, run: Run) -> None:
    tokens = {one.authToken for one in account.world.main.webhooks.values()}
    assert len(tokens) == 3
    everything = run.output.decode() + run.said
    assert not any(token in everything for token in tokens)
    assert "authToken" not in everything
    assert "whsec" not in everything


WITHOUT_LAST_PAGE = {
    *("shared_reports", "time_off_requests"),
    *("project_assignment_totals", "user_capacity_totals", "user_capacity_days"),
}
"""Lists without the header: their first empty page is taken for the end."""

SWITCHES: list[dict[str, Any]] = [
    {"omit_last_page": True},
    {"empty_page_before_last": True},
    {"null_envelopes": True},
    {"archived_categories": True},
    {"expense_date": "instant"},
    {"text_lists": True},
    {"documented_shared_reports": True},
    {"compress": True},
]


@pytest.mark.parametrize("switched", SWITCHES, ids=lambda one: next(iter(one)))
def test_what_is_documented_one_way_and_seen_another(
    start: Callable[..., Account], switched: dict[str, Any]
) -> None:
    account = start()
    account.world.switch(**switched)
    run = account.run(catalog=catalog(MORE_TABLES), **VERSIONS).ok()
    unsure = WITHOUT_LAST_PAGE if "empty_page_before_last" in switched else set()
    for table in set(MORE_TABLES) - unsure:
        expected = true_rows(account.world, table)
        assert keyed(run.records(table), KEYS[table]) == keyed(expected, KEYS[table]), table
    assert "are not of their type" not in run.log
