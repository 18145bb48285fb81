"""What a whole run emits: every table, every row once, whatever the service's habits are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

import sandbox
from sandbox.clicktime import truth
from tests.clicktime.runs import CUSTOM_TABLES, TABLES, Account, copied, true_rows
from tests.common.runs import NOW, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATES = {
    "time_entries": {"Date"},
    "users": {"StartDate", "EndDate"},
    "jobs": {"StartDate", "EndDate"},
    "timesheets": {"StartDate", "EndDate"},
    "time_entry_custom_fields": {"Date"},
}
"""Columns that hold dates."""

DECIMALS = {
    "time_entries": {"Hours", "BreakTime", "BillingRate", "CostRate"},
    "users": {"BillingRate", "CostRate", "CostPerTimesheet", "MinimumTimeHours"},
}
"""Columns that hold decimals."""


@pytest.fixture(scope="module")
def shared() -> Iterator[Account]:
    """One company for all tests here that change nothing but its switches."""
    with sandbox.start(now=NOW, entries=300) as running:
        yield Account(running)


@pytest.fixture
def switched(shared: Account) -> Iterator[Callable[..., Account]]:
    """Set switches of the shared company for one test."""
    before = type(shared.world.switches)()

    def switching(**switches: Any) -> Account:
        shared.world.switch(**switches)
        return shared

    yield switching
    shared.mended()
    shared.reset()
    shared.world.switch(
        **{name: getattr(before, name) for name in type(before).__dataclass_fields__}
    )


def assert_true(account: Account, run: Run) -> None:
    """Assert that a run holds each true row once, and nothing else."""
    counts = {table: count for table, count in truth.counts(account.world).items() if count}
    assert run.ok().counts() == counts
    assert copied(run).differences(account.world) == {}


# -- the service's habits --------------------------------------------------------------------------


@pytest.mark.parametrize("size", [7, 50, 1000])
@pytest.mark.parametrize("form", ["absolute", "relative", "encoded"])
def test_every_link_form_brings_every_row_once(
    switched: Callable[..., Account], form: str, size: int
) -> None:
    account = switched(link_form=form)
    assert_true(account, account.run(page_size=size))


@pytest.mark.parametrize("size", [1, 5, 20, 100, 300, 299, 301])
def test_every_page_size_brings_every_row_once(switched: Callable[..., Account], size: int) -> None:
    """Lists of 5, 15, 40 and 300 rows: full last pages, pages of one row, one page for all."""
    account = switched()
    assert_true(account, account.run(page_size=size))


def test_a_service_that_sends_fewer_rows_than_asked(switched: Callable[..., Account]) -> None:
    account = switched(page_cap=11)
    assert_true(account, account.run(page_size=1000))


@pytest.mark.parametrize(
    "switches",
    [
        {"numbers": "string"},
        {"numbers": "string", "special_numbers": True},
        {"special_numbers": True},
        {"annotations": "4.01"},
        {"annotations": "4.01", "numbers": "string", "link_form": "relative"},
        {"row_annotations": True},
        {"row_annotations": True, "annotations": "4.01", "numbers": "string"},
        {"empty_pages": True},
        {"empty_pages": True, "value_tokens": True},
        {"undeclared": True},
        {"compress": True},
        {"select_limit": 300},
        {"no_count": "refuse"},
        {"no_count": "ignore"},
        {"no_orderby": "refuse"},
        {"no_orderby": "ignore"},
        {"no_filter": "refuse"},
        {"no_filter": "ignore"},
        {"no_select": "refuse", "no_orderby": "refuse", "no_filter": "refuse"},
        {"no_select": "ignore", "no_orderby": "ignore", "no_filter": "ignore"},
        {"hidden": {"TimeEntries": ["BillingRate", "CostRate"], "Users": ["CostRate"]}},
    ],
    ids=lambda switches: "-".join(f"{name}={value}" for name, value in switches.items())[:70],
)
def test_habits_of_a_service_change_no_row(
    switched: Callable[..., Account], switches: dict[str, Any]
) -> None:
    account = switched(**switches)
    assert_true(account, account.run(page_size=20))


@pytest.mark.parametrize("style", ["aspnet", "aliases", "typedefs", "v401"])
def test_every_style_of_metadata_brings_its_tables(
    switched: Callable[..., Account], style: str
) -> None:
    account = switched(metadata_style=style)
    run = account.run(page_size=50)
    assert_true(account, run)
    assert {message["stream"] for message in run.of("SCHEMA")} == {*truth.tables(account.world)}


def test_a_composite_key_is_a_key_of_three_columns(switched: Callable[..., Account]) -> None:
    account = switched(metadata_style="typedefs", value_tokens=True)
    run = account.run(page_size=7, entity_sets=["Allocations"]).ok()
    (schema,) = run.of("SCHEMA", "allocations")
    assert schema["key_properties"] == ["JobID", "UserID", "Month"]
    rows = run.records("allocations")
    assert len(rows) == len(true_rows(account.world, "allocations")) > 50
    assert len({(row["JobID"], row["UserID"], row["Month"]) for row in rows}) == len(rows)
    assert max(row["EstMinutes"] for row in rows) > 2**53, "beyond what a double holds"
    assert copied(run).differences(account.world, ["allocations"]) == {}


def test_a_view_without_a_key_has_no_table_of_custom_fields(
    switched: Callable[..., Account],
) -> None:
    account = switched(metadata_style="v401")
    run = account.run(page_size=7, entity_sets=["TimeEntriesView"]).ok()
    (schema,) = run.of("SCHEMA")
    assert (schema["stream"], schema["key_properties"]) == ("time_entries_view", [])
    assert len(run.records("time_entries_view")) == 300
    assert copied(run).differences(account.world, ["time_entries_view"]) == {}


def test_a_view_keeps_rows_that_are_alike(start: Callable[..., Account]) -> None:
    """Without a key nothing tells such rows from rows that came twice: none may be dropped."""
    account = start(entries=30)
    account.world.switch(metadata_style="v401")
    for _ in range(9):
        account.world.insert_entry(Comment="alike")
    run = account.run(page_size=4, entity_sets=["TimeEntriesView"]).ok()
    assert [row["Comment"] for row in run.records("time_entries_view")].count("alike") == 9


@pytest.mark.parametrize("size", [1, 7, 50])
def test_value_tokens_lose_no_rows_that_tie(start: Callable[..., Account], size: int) -> None:
    """Links that go on after the last row's order-by values pass over its ties: there are none."""
    account = start(entries=100)
    world = account.world
    world.switch(value_tokens=True)
    for row in true_rows(world, "time_entries")[:90]:
        world.edit_entry(row["ID"], Date="2026-09-01")
    for row in true_rows(world, "jobs"):
        world.edit_row(row["ID"], StartDate="2026-01-01", Name="the same")
    run = account.run(page_size=size)
    assert_true(account, run)


def test_value_tokens_lose_no_stamps_that_tie(start: Callable[..., Account]) -> None:
    account = start(entries=100)
    world = account.world
    world.switch(value_tokens=True, modified=True)
    for row in true_rows(world, "time_entries"):
        world.edit_entry(row["ID"], ModifiedDate="2026-09-01T10:00:00.1234567Z")
    for table in ("users", "jobs"):
        for row in true_rows(world, table):
            world.edit_row(row["ID"], ModifiedDate="2026-09-01T10:00:00.1234567Z")
    run = account.run(page_size=7).ok()
    assert run.counts() == truth.counts(world)
    assert copied(run).differences(world, ["time_entries", "users", "jobs"]) == {}


# -- values ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("numbers", ["number", "string"])
def test_decimals_keep_every_digit(switched: Callable[..., Account], numbers: str) -> None:
    account = switched(numbers=numbers)
    run = account.run(page_size=50).ok()
    seen = set()
    for table, columns in DECIMALS.items():
        true = {row["ID"]: row for row in true_rows(account.world, table)}
        for row in run.records(table):
            for column in columns:
                value, expected = row[column], true[row["ID"]][column]
                assert (value is None) == (expected is None)
                if value is not None:
                    assert isinstance(value, int | Decimal), "a number, and not as text"
                    assert Decimal(value) == expected
                    seen.add(str(value))
    assert "0.0166666666666666667" in seen, "more digits than a double has"
    assert "12345678901234.567891" in seen


def test_dates_arrive_as_dates_and_texts_unchanged(shared: Account) -> None:
    run = shared.run().ok()
    for table, columns in DATES.items():
        for column in columns:
            values = [row[column] for row in run.records(table)]
            assert any(values)
            assert all(date.fromisoformat(one).isoformat() == one for one in values if one)
            assert run.schema(table)[column]["format"] == "date"
    true = {row["ID"]: row for row in true_rows(shared.world, "time_entries")}
    texts = ("Comment", "StartTime", "EndTime", "CustomFieldsStr", "UserID", "JobID", "TaskID")
    for row in run.records("time_entries"):
        assert [row[name] for name in texts] == [true[row["ID"]][name] for name in texts]


def test_infinities_and_nan_are_null(switched: Callable[..., Account]) -> None:
    account = switched(special_numbers=True)
    run = account.run(entity_sets=["Jobs"]).ok()
    assert all(word not in run.output for word in (b"Infinity", b"NaN", b"INF"))
    budgets = [row["LifetimeBudget"] for row in run.records("jobs")]
    assert budgets.count(None) >= 30
    assert any(budgets), "and the numbers beside them are there"


def test_every_record_is_what_its_schema_says(switched: Callable[..., Account]) -> None:
    account = switched(metadata_style="typedefs", modified=True, special_numbers=True)
    run = account.run(page_size=50).ok()
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


def test_a_comment_may_hold_what_pages_are_told_apart_by(start: Callable[..., Account]) -> None:
    account = start(entries=30)
    comments = ['"value":[]', '{"error":{}}', '"@odata.nextLink":"x"', "]}", '"@nextLink"']
    for comment in comments:
        account.world.insert_entry(Comment=comment, CustomFields={"Note": comment})
    run = account.run(page_size=7)
    assert_true(account, run)
    assert {*comments} <= {row["Comment"] for row in run.records("time_entries")}


@pytest.mark.parametrize("fields", [{"Comment": "see nextLink"}, {"CustomFields": {"nextLink": 1}}])
def test_a_text_that_ends_like_a_link_does_not_fail_the_table(
    start: Callable[..., Account], fields: dict[str, Any]
) -> None:
    account = start(entries=30)
    account.world.insert_entry(**fields)
    assert_true(account, account.run())


@pytest.mark.parametrize("annotations", ["4.0", "4.01"])
def test_a_last_page_may_say_that_it_has_no_link(
    start: Callable[..., Account], annotations: str
) -> None:
    account = start(entries=30)
    account.world.switch(annotations=annotations)
    account.fault("/Jobs", "extra", field="@nextLink", value=None)
    run = account.run(entity_sets=["Jobs"]).ok()
    assert len(run.records("jobs")) == 40


# -- the number of workers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "switches",
    [{}, {"value_tokens": True, "empty_pages": True}, {"token_ttl": 2}, {"no_select": "refuse"}],
    ids=str,
)
def test_any_number_of_workers_writes_the_same_bytes(
    start: Callable[..., Account], switches: dict[str, Any]
) -> None:
    account = start(entries=300)
    account.world.switch(**switches)
    outputs = {}
    for workers in (1, 8, 16):
        account.mended()
        if workers > 1:  # answers that overtake each other
            account.fault("/TimeEntries", "delay", seconds=0.03, times=4, after=5)
            account.fault("/TimeEntries", "delay", seconds=0.015, times=4, after=3)
        outputs[workers] = account.run(page_size=7, max_concurrency=workers).output
    assert outputs[1] == outputs[8] == outputs[16]
    assert outputs[1].count(b'"RECORD"') > 1000


def test_slices_take_turns(shared: Account) -> None:
    """The order above is worth something only if several partitions are open at once."""
    shared.reset()
    run = shared.run(page_size=7, entity_sets=["TimeEntries"], max_concurrency=8).ok()
    assert len(shared.first_questions("TimeEntries")) > 3
    dates = [row["Date"] or "" for row in run.records("time_entries")]
    assert dates != sorted(dates)
    shared.reset()


# -- selection -------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_is_selected_alone_is_the_same(shared: Account, table: str) -> None:
    run = shared.run(catalog=shared.catalog([table]), page_size=20).ok()
    assert set(run.counts()) == {table}
    assert run.counts()[table] == truth.counts(shared.world)[table]
    assert copied(run).differences(shared.world, [table]) == {}


def test_only_what_is_selected_is_asked_for_and_sent(shared: Account) -> None:
    kept = {"ID", "Date", "Hours"}
    columns = {column["name"] for column in _columns(shared, "time_entries")}
    without = [("time_entries", name) for name in columns - kept]
    shared.reset()
    catalog = shared.catalog(["time_entries"], without=without)
    run = shared.run(catalog=catalog).ok()
    assert all(row.keys() == kept for row in run.records("time_entries"))
    (question,) = shared.first_questions("TimeEntries")
    assert set(question["$select"].split(",")) == kept
    assert {row["ID"]: Decimal(row["Hours"]) for row in run.records("time_entries")} == {
        row["ID"]: row["Hours"] for row in true_rows(shared.world, "time_entries")
    }
    shared.reset()


def _columns(account: Account, table: str) -> list[dict[str, str]]:
    (stream,) = [one for one in account.discovered()["streams"] if one["tap_stream_id"] == table]
    return [{"name": name} for name in stream["schema"]["properties"]]


def test_a_table_of_custom_fields_has_the_key_of_its_owner(shared: Account) -> None:
    run = shared.run().ok()
    for table, child in CUSTOM_TABLES.items():
        owners = {row["ID"] for row in run.records(table)}
        (schema,) = run.of("SCHEMA", child)
        owner, name = schema["key_properties"]
        assert name == "Name"
        rows = run.records(child)
        assert {row[owner] for row in rows} <= owners
        assert len({(row[owner], row["Name"]) for row in rows}) == len(rows) > 0
