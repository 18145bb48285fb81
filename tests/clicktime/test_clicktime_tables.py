"""What a whole run emits: every table, every row once, whatever the service's habits are."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from sandbox.clicktime import truth
from tap_clicktime.metadata import entity_sets
from tap_clicktime.streams import EntityStream
from tap_clicktime.tables import tables
from tests.clicktime.runs import Account, copied, true_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.common.runs import Run


@pytest.fixture
def few(start: Callable[..., Account]) -> Account:
    """A company with 60 time entries."""
    return start(entries=60)


def assert_true(account: Account, run: Run) -> None:
    """Assert that a run holds each true row once, and nothing else."""
    counts = {table: count for table, count in truth.counts(account.world).items() if count}
    assert run.ok().counts() == counts
    assert copied(run).differences(account.world) == {}
    assert {message["stream"] for message in run.of("SCHEMA")} == {*truth.tables(account.world)}
    special = account.world.switches.special_numbers
    assert ("not of their type" in run.log) == special, "no column holds an infinity"


@pytest.mark.parametrize(
    ("size", "switches"),
    [
        (5, {}),
        (60, {"numbers": "string", "compress": True}),
        (1000, {"page_cap": 11, "annotations": "4.01"}),
        (7, {"link_form": "relative", "value_tokens": True, "row_annotations": True}),
        (
            20,
            {
                "link_form": "encoded",
                **dict.fromkeys(("special_numbers", "row_annotations", "empty_pages"), True),
                **dict.fromkeys(("undeclared", "compress", "modified"), True),
                "annotations": "4.01",
                "numbers": "string",
                "metadata_style": "typedefs",
            },
        ),
        (20, {"metadata_style": "v401", "row_annotations": True, "annotations": "4.01"}),
        (20, {"metadata_style": "aliases", "value_tokens": True, "empty_pages": True}),
        (20, {"no_select": "ignore", "no_orderby": "ignore", "no_filter": "ignore"}),
        (50, {"hidden": {"TimeEntries": ["BillingRate", "CostRate"], "Users": ["Email"]}}),
    ],
    ids=str,
)
def test_habits_of_a_service_change_no_row(
    few: Account, size: int, switches: dict[str, Any]
) -> None:
    """Lists of 5, 15, 40 and 60 rows: full last pages, pages of one row, one page for all."""
    few.world.switch(**switches)
    run = few.run(page_size=size)
    assert_true(few, run)
    warned = [line for line in run.log.splitlines() if "unknown to this version" in line]
    assert len(warned) == ((7 + 1) if "undeclared" in switches else 0), "once for each set"


def test_a_composite_key_is_a_key_of_three_columns(few: Account) -> None:
    few.world.switch(metadata_style="typedefs", value_tokens=True)
    run = few.run(page_size=7, entity_sets=["Allocations"]).ok()
    (schema,) = run.of("SCHEMA", "allocations")
    assert schema["key_properties"] == ["JobID", "UserID", "Month"]
    rows = run.records("allocations")
    assert len({(row["JobID"], row["UserID"], row["Month"]) for row in rows}) == len(rows) > 50
    assert max(row["EstMinutes"] for row in rows) > 2**53, "beyond what a double holds"
    assert copied(run).differences(few.world, ["allocations"]) == {}


def test_a_view_without_a_key_keeps_rows_that_are_alike(few: Account) -> None:
    """Nothing tells such rows from rows that came twice: none may be dropped."""
    few.world.switch(metadata_style="v401")
    for _ in range(9):
        few.world.insert_entry(Comment="alike")
    run = few.run(page_size=4, entity_sets=["TimeEntriesView"]).ok()
    (schema,) = run.of("SCHEMA")
    assert (schema["stream"], schema["key_properties"]) == ("time_entries_view", [])
    assert [row["Comment"] for row in run.records("time_entries_view")].count("alike") == 9
    assert copied(run).differences(few.world, ["time_entries_view"]) == {}


@pytest.mark.parametrize("modified", [False, True])
def test_value_tokens_lose_no_rows_that_tie(few: Account, modified: bool) -> None:
    """Links that go on after the last row's order-by values pass over its ties: there are none."""
    world = few.world
    world.switch(value_tokens=True, modified=modified)
    same: dict[str, Any] = {"ModifiedDate": "2026-09-01T10:00:00.1234567Z"} if modified else {}
    for row in true_rows(world, "time_entries")[:50]:
        world.edit_entry(row["ID"], Date="2026-09-01", **same)
    for row in true_rows(world, "jobs"):
        world.edit_row(row["ID"], StartDate="2026-01-01", Name="the same", **same)
    run = few.run(page_size=7, entity_sets=["TimeEntries", "Jobs"]).ok()
    assert (len(run.records("time_entries")), len(run.records("jobs"))) == (60, 40)
    assert copied(run).differences(world, ["time_entries", "jobs"]) == {}


def test_every_record_is_what_its_schema_says(few: Account) -> None:
    few.world.switch(metadata_style="typedefs", modified=True, special_numbers=True)
    run = few.run(page_size=50).ok()
    checks = {
        message["stream"]: Draft202012Validator(message["schema"]) for message in run.of("SCHEMA")
    }
    for message in run.of("RECORD"):
        row = _with_floats(message["record"])
        assert not [error.message for error in checks[message["stream"]].iter_errors(row)]
        assert row.keys() <= run.schema(message["stream"]).keys()


def _with_floats(value: Any) -> Any:
    """Decimals are no numbers to the validator."""
    if isinstance(value, dict):
        return {name: _with_floats(item) for name, item in value.items()}
    return float(value) if isinstance(value, Decimal) else value


def test_any_number_of_workers_writes_the_same_bytes(account: Account) -> None:
    runs = [
        account.run(page_size=7, entity_sets=["TimeEntries", "Jobs"], max_concurrency=workers)
        for workers in (1, 8, 16)
    ]
    assert runs[0].output == runs[1].output == runs[2].output
    dates = [row["Date"] or "" for row in runs[0].ok().records("time_entries")]
    assert dates != sorted(dates), "slices take turns: only then is the order worth something"


def test_the_entity_sets_that_are_named_for_the_core_are_those_of_its_selection() -> None:
    catalogs = Path(__file__).parents[2] / "catalogs"
    named = re.search(r"ENTITY_SETS='(\[.*?\])'", (catalogs / "README.md").read_text())
    assert named is not None
    documented = (files("tap_clicktime") / "documented.csdl.xml").read_bytes()
    found = tables(entity_sets(documented, json.loads(named[1])), {})
    core = json.loads((catalogs / "tap-clicktime.core.json").read_text())
    names = [vars(kind)["name"] for kind in found if issubclass(kind, EntityStream)]
    assert sorted(f"{name}.*" for name in names) == sorted(core)
