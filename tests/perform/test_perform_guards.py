"""What keeps a target from losing rows, and a person from not noticing."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

import sandbox
from tests.common.runs import NOW
from tests.perform.runs import FIRST, SECOND, Account, Copy

if TYPE_CHECKING:
    from tests.common.runs import Run

VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}
TABLE = "docket_export"
KEYED = "activity_export"
NO_ID = "or none ([]) for an id per row"


@cache
def catalog(*streams: str, extra: bool = False) -> dict[str, Any]:
    """Return what is discovered of some clips while they are plain."""
    with sandbox.start(now=NOW, entries=300) as running:
        account = Account(running)
        projects = account.projects(*streams)
        return account.discovered(projects=projects, on_new_column="extra" if extra else "warn")


def read(account: Account, table: str = TABLE, **settings: Any) -> Run:
    """Read a table with versions, a minute later."""
    account.world.advance(60)
    given = {"projects": account.projects(table), "catalog": catalog(table), **VERSIONS}
    return account.run(**given | settings)


def reasons(run: Run, table: str = TABLE) -> list[str]:
    return [line for line in run.log.splitlines() if line.startswith(f"{table} failed")]


# -- rows that are gone ----------------------------------------------------------------------------


def test_a_clip_that_shrank_removes_nothing_until_that_is_allowed(account: Account) -> None:
    copy = Copy()
    run = copy.load(read(account).ok())
    account.world.shrink(1, TABLE, 0.1)
    for _ in range(2):
        run = copy.load(read(account, state=run.state))
        assert run.code == 1
        (reason,) = reasons(run)
        assert reason == (
            f"{TABLE} failed (project {FIRST}): {TABLE} of {FIRST} shrank from 180 to 18 "
            "rows, by 90 %: its rows were sent, but none that lacks was removed. If that is right, "
            "run once with max_shrink at 100; it is 50."
        )
        assert run.versioned == []
        assert len(copy.rows(TABLE)) == 360
    run = copy.load(read(account, state=run.state, max_shrink=100).ok())
    assert run.versioned == [TABLE]
    assert copy.differences(account.world, (TABLE,)) == {}
    assert copy.load(read(account, state=run.state).ok()).versioned == [TABLE]


@pytest.mark.parametrize(("share", "allowed", "code"), [(0.5, 50, 0), (0.49, 50, 1), (0.9, 9, 1)])
def test_a_clip_may_shrink_by_what_is_allowed(
    account: Account, share: float, allowed: float, code: int
) -> None:
    run = read(account).ok()
    account.world.shrink(2, TABLE, share)
    run = read(account, state=run.state, max_shrink=allowed)
    assert (run.code, run.versioned) == (code, [] if code else [TABLE])


def test_a_state_of_an_earlier_release_says_how_many_rows_there_were(account: Account) -> None:
    state = read(account).ok().state
    del state["bookmarks"][TABLE]["activated"]
    account.world.shrink(1, TABLE, 0.1)
    for _ in range(2):
        run = read(account, state=state)
        assert (run.code, run.versioned) == (1, [])
        assert f"{TABLE} of {FIRST} shrank from 180 to 18 rows" in reasons(run)[0]
        state = run.state


def test_a_version_that_was_withheld_comes_with_the_next_run(account: Account) -> None:
    """An empty clip of a new project withholds it; rows of the other are gone meanwhile."""
    copy = Copy()
    projects = account.projects(TABLE)
    run = copy.load(read(account, projects=projects[:1]).ok())
    account.world.set_clip(TABLE, 2, body="header_only")
    account.world.delete_row(1, TABLE, 3)
    run = copy.load(read(account, state=run.state).ok())
    assert run.versioned == []
    run = copy.load(read(account, state=run.state).ok())
    assert run.versioned == [TABLE]
    assert copy.differences(account.world, (TABLE,)) == {}


def test_rows_of_a_project_that_is_taken_out_are_gone(account: Account) -> None:
    copy = Copy()
    projects = account.projects(TABLE)
    run = copy.load(read(account).ok())
    copy.load(read(account, state=run.state, projects=projects[:1]).ok())
    assert {row["project"] for row in copy.rows(TABLE)} == {FIRST}


def test_a_project_that_was_taken_out_is_not_compared(account: Account) -> None:
    run = read(account).ok()
    first, second = account.projects(TABLE)
    run = read(account, state=run.state, projects=[second]).ok()
    assert run.versioned == [TABLE]
    account.world.shrink(2, TABLE, 0.1)
    run = read(account, state=run.state, projects=[first, second])
    assert f"{TABLE} of {SECOND} shrank from 180 to 18 rows" in reasons(run)[0]


def test_another_address_begins_anew(account: Account) -> None:
    run = read(account).ok()
    projects = account.projects(TABLE)
    projects[0]["dataclips"][TABLE] += "?all=1"
    account.world.shrink(1, TABLE, 0.1)
    assert read(account, state=run.state, projects=projects).ok().versioned == [TABLE]


def test_without_versions_nothing_is_removed_and_nothing_refused(account: Account) -> None:
    run = read(account, emit_activate_version_messages=False).ok()
    account.world.shrink(1, TABLE, 0.1)
    assert read(account, state=run.state, emit_activate_version_messages=False).ok()


def test_a_table_is_called_empty_when_it_is_for_the_second_time(account: Account) -> None:
    account.world.set_clip(TABLE, body="header_only")
    run = read(account).ok()
    assert (run.versioned, run.of("RECORD")) == ([], [])
    assert f"{TABLE}: no row came from {FIRST}, {SECOND}, not before either" in run.log
    run = read(account, state=run.state).ok()
    assert run.versioned == [TABLE]
    assert "no row came" not in run.log
    account.world.set_clip(TABLE, body="")
    run = read(account, state=run.state).ok()
    assert run.versioned == [TABLE]


def test_a_table_that_had_rows_is_not_emptied(account: Account) -> None:
    copy = Copy()
    run = copy.load(read(account).ok())
    account.world.set_clip(TABLE, body="header_only")
    run = copy.load(read(account, state=run.state))
    assert run.code == 1
    assert [line.partition(" rows, by ")[2][:6] for line in reasons(run)] == ["100 %:"] * 2
    assert len(copy.rows(TABLE)) == 360
    copy.load(read(account, state=run.state, max_shrink=100).ok())
    assert copy.rows(TABLE) == []


# -- columns ---------------------------------------------------------------------------------------

NEW = 'Weather, "today"'


def with_a_new_column(account: Account, policy: str) -> Run:
    found = catalog(TABLE, extra=policy == "extra")
    account.world.add_column(1, TABLE, NEW, 'rain\n"and" fog', at=2)
    return read(account, catalog=found, on_new_column=policy)


def test_a_new_column_is_left_out_and_named(account: Account) -> None:
    run, copy = with_a_new_column(account, "warn").ok(), Copy()
    copy.load(run)
    left_out = f"columns that the catalog does not know, left out until you discover again: {NEW!r}"
    assert f"dataclip {TABLE} of {FIRST}: {left_out}" in run.log
    assert f"of {SECOND}: columns" not in run.log
    assert run.versioned == [TABLE]
    assert copy.differences(account.world, (TABLE,)) == {}
    assert not any("weather_today" in row for row in run.records(TABLE))


def test_a_new_column_fails_the_table(account: Account) -> None:
    run = with_a_new_column(account, "fail")
    assert run.code == 1
    (reason,) = reasons(run)
    assert reason == (
        f"{TABLE} failed (project {FIRST}): dataclip {TABLE} of {FIRST} has columns that the "
        f"catalog does not know: {NEW!r}. Discover again; on_new_column is 'fail'."
    )
    assert run.versioned == []
    assert {row["project"] for row in run.records(TABLE)} == {SECOND}


def test_a_new_column_is_kept_as_json(account: Account) -> None:
    run = with_a_new_column(account, "extra").ok()
    assert f"kept in _extra until you discover again: {NEW!r}" in run.log
    for row in run.records(TABLE):
        extra = json.loads(row["_extra"]) if row["_extra"] else None
        assert extra == ({NEW: 'rain\n"and" fog'} if row["project"] == FIRST else None)


def test_nothing_is_said_to_be_kept_that_is_not(account: Account) -> None:
    """A catalog from before has no `_extra`."""
    account.world.add_column(1, TABLE, NEW, "rain")
    run = read(account, on_new_column="extra").ok()
    assert "_extra" not in run.schema(TABLE)
    assert "kept in _extra" not in run.log
    assert f"left out until you discover again: {NEW!r}" in run.log


def test_a_new_column_is_there_once_it_is_discovered(account: Account) -> None:
    account.world.add_column(1, TABLE, NEW, "rain")
    found = account.discovered(projects=account.projects(TABLE))
    run, copy = read(account, catalog=found, on_new_column="fail").ok(), Copy()
    copy.load(run)
    assert copy.differences(account.world, (TABLE,)) == {}
    assert {row["weather_today"] for row in run.records(TABLE)} == {"rain", None}


def test_columns_that_are_gone_are_null_and_named(account: Account) -> None:
    account.world.remove_column(1, TABLE, "Status")
    account.world.rename_column(2, TABLE, "Company", "Supplier")
    run, copy = read(account).ok(), Copy()
    copy.load(run)
    assert f"dataclip {TABLE} of {FIRST}: columns are missing, sent as null: status\n" in run.log
    assert f"dataclip {TABLE} of {SECOND}: columns are missing, sent as null: company\n" in run.log
    assert f"of {SECOND}: columns that the catalog does not know, left out" in run.log
    assert copy.differences(account.world, (TABLE,)) == {}


def test_another_table_at_an_address_is_refused(account: Account) -> None:
    """As after two addresses were mixed up."""
    declared = {TABLE: {"types": {"Docket Date": "date"}}}
    projects = account.projects(TABLE, "event_export", **declared)
    dataclips = projects[0]["dataclips"]
    dataclips[TABLE]["url"] = dataclips["event_export"]
    for project in projects:
        del project["dataclips"]["event_export"]
    run = read(account, projects=projects)
    assert run.code == 1
    assert "has none of the columns that the settings declare" in reasons(run)[0]
    assert run.versioned == []


def test_another_table_is_refused_though_nothing_is_declared(account: Account) -> None:
    projects = account.projects(TABLE, "tagged_item_attributes")
    for project in projects:
        project["dataclips"] = {TABLE: project["dataclips"]["tagged_item_attributes"]}
    run = read(account, projects=projects)
    assert (run.code, run.versioned, run.of("RECORD")) == (1, [], [])


# -- values ----------------------------------------------------------------------------------------


def test_a_value_that_does_not_fit_fails_its_project(account: Account) -> None:
    account.world.edit_row(1, KEYED, 3, {"Float Days": "many"})
    run = read(account, KEYED)
    assert run.code == 1
    (reason,) = reasons(run, KEYED)
    assert reason == (
        f"{KEYED} failed (project {FIRST}): dataclip {KEYED} of {FIRST}: row 4, column Float Days: "
        "'many' does not fit (no number). Correct its type, or the date_format, or set "
        "on_bad_value to null."
    )
    assert run.versioned == []
    assert {row["project"] for row in run.records(KEYED)} == {SECOND}


def test_a_value_that_does_not_fit_is_null_and_counted(account: Account) -> None:
    account.world.edit_row(1, KEYED, 3, {"Float Days": "many", "Actual Start": "31/31/2026"})
    account.world.edit_row(1, KEYED, 4, {"Float Days": "1e"})
    run = read(account, KEYED, on_bad_value="null").ok()
    assert run.versioned == [KEYED]
    rows = [row for row in run.records(KEYED) if row["project"] == FIRST]
    assert [row["float_days"] for row in rows[3:5]] == [None, None]
    assert rows[3]["actual_start"] is None
    assert "2 values of Float Days do not fit their type and were sent as null." in run.log
    assert "1 values of Actual Start do not fit their type and were sent as null." in run.log


def test_a_key_that_does_not_fit_is_never_null(account: Account) -> None:
    declared = {KEYED: {"primary_keys": ["Float Days"]}}
    account.world.edit_row(1, KEYED, 3, {"Float Days": "many"})
    projects = account.projects(KEYED, **declared)
    run = read(account, KEYED, projects=projects, catalog=None, on_bad_value="null")
    assert run.code == 1
    assert "row 4, column Float Days: 'many' does not fit" in reasons(run, KEYED)[0]


def test_values_have_the_types_that_the_schema_states(account: Account) -> None:
    declared = {TABLE: {"types": {"Tax (%)": "number", "Docket Date": "date"}}}
    run = read(account, projects=account.projects(TABLE, **declared)).ok()
    stated = run.schema(TABLE)["tax_percent"]["type"]
    for row in run.records(TABLE):
        assert ("string" in stated) == isinstance(row["tax_percent"], str)


# -- keys ------------------------------------------------------------------------------------------


def test_a_documented_key_that_is_not_unique_fails_its_project(account: Account) -> None:
    account.world.copy_row(1, KEYED, 5)
    run = read(account, KEYED)
    assert run.code == 1
    (reason,) = reasons(run, KEYED)
    assert "row 121 has the reference_code of another row, by which Bentley tells them" in reason
    assert NO_ID in reason
    assert run.versioned == []
    assert {row["project"] for row in run.records(KEYED)} == {SECOND}


def test_rows_without_a_key_get_ids_when_the_settings_say_so(account: Account) -> None:
    account.world.copy_row(1, KEYED, 5)
    projects, copy = account.projects(KEYED, **{KEYED: {"primary_keys": []}}), Copy()
    copy.load(read(account, KEYED, projects=projects, catalog=None).ok())
    assert copy.keys[KEYED] == ("project", "_row_id")
    assert copy.differences(account.world, (KEYED,)) == {}


def test_a_declared_key_that_is_not_unique_or_blank_is_counted(account: Account) -> None:
    account.world.copy_row(1, KEYED, 5)
    account.world.edit_row(2, KEYED, 6, {"Reference Code": None})
    declared = {KEYED: {"primary_keys": ["Reference Code"]}}
    run = read(account, KEYED, projects=account.projects(KEYED, **declared)).ok()
    assert f"of {FIRST}: 1 rows have the key of another, and a target keeps one of each" in run.log
    assert f"of {SECOND}: 1 rows have no value in a column of their key." in run.log
    assert "" in {row["reference_code"] for row in run.records(KEYED)}
    assert run.versioned == [KEYED]


def test_a_column_of_the_key_that_is_gone_fails_its_project(account: Account) -> None:
    account.world.rename_column(1, KEYED, "Reference Code", "Code")
    run = read(account, KEYED)
    assert run.code == 1
    (reason,) = reasons(run, KEYED)
    assert f"{FIRST} has no column reference_code, which is part of its key" in reason
    assert run.versioned == []


def test_a_key_that_the_catalog_does_not_have_is_refused(account: Account) -> None:
    projects = account.projects(KEYED, **{KEYED: {"primary_keys": ["Activity Name"]}})
    run = read(account, KEYED, projects=projects)
    assert run.code == 1
    assert "as the key of activity_export, the settings have another: discover again." in run.error
    assert run.messages == []
