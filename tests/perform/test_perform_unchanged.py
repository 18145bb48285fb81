"""What is not sent again because it did not change, and types that are found in the rows."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

import sandbox
from tap_perform.tap import TapPerform
from tests.common.runs import NOW, select
from tests.perform.runs import FIRST, SECOND, Account, Copy

if TYPE_CHECKING:
    from tests.common.runs import Run, State

VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}
TABLE, OTHER = "docket_export", "wbs_export"


@cache
def catalog(*streams: str) -> dict[str, Any]:
    """Return what is discovered of some clips."""
    with sandbox.start(now=NOW, entries=300) as running:
        account = Account(running)
        return account.discovered(projects=account.projects(*streams))


def read(account: Account, state: State | None = None, **settings: Any) -> Run:
    """Read two tables, a minute later."""
    account.world.advance(60)
    given = {
        "projects": account.projects(TABLE, OTHER),
        "catalog": catalog(TABLE, OTHER),
        "state": state,
    }
    return account.run(**given | {"skip_unchanged": True} | settings)


# -- unchanged -------------------------------------------------------------------------------------


def test_what_did_not_change_is_not_sent(account: Account) -> None:
    first = read(account).ok()
    account.reset()
    second = read(account, first.state).ok()
    assert {message["type"] for message in second.messages} == {"STATE"}
    assert second.state == first.state
    assert len(account.asked()) == 4
    for table in (TABLE, OTHER):
        assert f"{table} is unchanged and not sent again (skip_unchanged)" in second.log


def test_everything_is_sent_unless_it_is_to_be_skipped(account: Account) -> None:
    first = read(account).ok()
    second = read(account, first.state, skip_unchanged=False).ok()
    assert second.counts() == first.counts()
    assert read(account).counts() == first.counts()


def test_only_the_project_that_changed_is_sent(account: Account) -> None:
    copy = Copy()
    run = copy.load(read(account).ok())
    account.world.edit_row(2, TABLE, 3, {"Status": "Lost"})
    account.world.delete_row(2, TABLE, 4)
    run = copy.load(read(account, run.state).ok())
    assert run.counts() == {TABLE: 179}
    assert {row["project"] for row in run.records(TABLE)} == {SECOND}
    assert f"{TABLE}: {FIRST} is unchanged and not sent again" in run.log
    assert read(account, run.state).ok().of("RECORD") == []


def test_a_table_with_versions_is_never_left_out(account: Account) -> None:
    """A version needs all of its rows."""
    with pytest.raises(ConfigValidationError) as refused:
        read(account, **VERSIONS)
    (said,) = refused.value.errors
    assert said.startswith(
        "skip_unchanged does not go together with emit_activate_version_messages"
    )
    assert account.asked() == []


@pytest.mark.parametrize(
    "changed",
    [
        {"on_bad_value": "null"},
        {"catalog": "selection"},
        {"projects": {"types": {"Tax (%)": "number"}}, "catalog": None},
        {"projects": {"date_format": "%Y/%m/%d"}},
        {"projects": {"primary_keys": ["Docket Reference", "Company"]}, "catalog": None},
        {"on_new_column": "extra", "catalog": None},
    ],
    ids=["bad-value", "selection", "types", "dates", "keys", "extra"],
)
def test_what_is_to_be_sent_otherwise_is_sent(account: Account, changed: dict[str, Any]) -> None:
    first = read(account).ok()
    if changed.get("catalog"):
        hidden = [(TABLE, "status")]
        changed = {"catalog": select(catalog(TABLE, OTHER), None, without=hidden, full=())}
    if "projects" in changed:
        projects = account.projects(TABLE, OTHER, **{TABLE: changed["projects"]})
        changed = {**changed, "projects": projects}
    assert read(account, first.state, **changed).ok().counts()[TABLE] == 360
    assert read(account, first.state).ok().counts() == {}


def test_another_version_of_the_tap_sends_everything(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read(account).ok()
    monkeypatch.setattr(TapPerform, "plugin_version", "9.9.9")
    assert read(account, first.state).ok().counts() == first.counts()


@pytest.mark.parametrize("broken", [{"refuse": 404}, {"stale": -1}, {"oddities": ["short_rows"]}])
def test_after_a_run_that_failed_everything_new_is_sent(
    account: Account, broken: dict[str, Any]
) -> None:
    copy = Copy()
    run = copy.load(read(account).ok())
    account.world.edit_row(1, TABLE, 3, {"Status": "Lost"})
    account.world.edit_row(2, TABLE, 3, {"Status": "Found"})
    account.world.set_clip(TABLE, 2, **broken)
    run = copy.load(read(account, run.state))
    assert run.code == 1
    account.world.set_clip(TABLE, 2, **{name: type(value)() for name, value in broken.items()})
    run = read(account, run.state).ok()
    assert run.counts() == {TABLE: 360}
    assert read(account, run.state).ok().of("RECORD") == []


def test_what_is_changed_back_after_a_run_was_killed_arrives(account: Account) -> None:
    """The target has the change already, but no state after it."""
    account.world.edit_row(1, TABLE, 3, {"Status": "Right"})
    first = read(account).ok()
    account.world.edit_row(1, TABLE, 3, {"Status": "A mistake"})
    killed = read(account, first.state).ok()
    begun = next(n for n, message in enumerate(killed.messages) if message["type"] == "RECORD")
    state = [m for m in killed.messages[:begun] if m["type"] == "STATE"][-1]["value"]
    account.world.edit_row(1, TABLE, 3, {"Status": "Right"})
    assert TABLE in read(account, state).ok().counts()


def test_a_failed_run_over_what_did_not_change_sends_nothing_twice(account: Account) -> None:
    first = read(account).ok()
    account.world.set_clip(TABLE, 2, refuse=404)
    failed = read(account, first.state)
    assert failed.code == 1
    account.world.set_clip(TABLE, 2, refuse=0)
    assert read(account, failed.state).ok().of("RECORD") == []


# -- types that are found --------------------------------------------------------------------------


def test_types_are_found_in_all_rows_and_the_log_says_which(account: Account) -> None:
    copy = Copy()
    run = copy.load(read(account, catalog=None, infer_types=True).ok())
    found = {
        name: kinds["type"][0] for name, kinds in run.schema(OTHER).items() if name != "project"
    }
    assert {name for name, kind in found.items() if kind == "integer"} == {"level", "sort_order"}
    assert run.schema(TABLE)["tax_percent"]["type"] == ["number", "null"]
    assert run.schema(TABLE)["docket_date"]["type"] == ["string", "null"]
    assert "wbs_export: types found in all rows, to be declared: {'Level': 'integer'," in run.log
    assert copy.differences(account.world, (TABLE, OTHER)) == {}


@pytest.mark.parametrize("cell", ["1.5", "high", "01"])
def test_one_cell_of_the_last_row_widens_a_type(account: Account, cell: str) -> None:
    last = len(account.world.table(2, OTHER).rows) - 1
    account.world.edit_row(2, OTHER, last, {"Level": cell})
    run = read(account, catalog=None, infer_types=True).ok()
    kind = "number" if cell == "1.5" else "string"
    assert run.schema(OTHER)["level"]["type"] == [kind, "null"]


@pytest.mark.parametrize("cell", ["1.5", "high"])
def test_a_type_that_is_wider_than_the_catalogs_is_stated(account: Account, cell: str) -> None:
    projects = account.projects(TABLE, OTHER)
    declared = account.projects(OTHER, **{OTHER: {"types": {"Level": "integer"}}})
    found = account.discovered(projects=declared)
    account.world.edit_row(2, OTHER, 0, {"Level": cell})
    for project in projects:
        del project["dataclips"][TABLE]
    run = read(account, projects=projects, catalog=found, infer_types=True)
    stated = run.schema(OTHER)["level"]["type"][0]
    levels = [row["level"] for row in run.records(OTHER)]
    if stated == "integer":
        assert all(isinstance(level, int) for level in levels)
    if run.code == 0:
        assert len(levels) == 104


def test_types_of_what_cannot_be_read_are_those_of_the_catalog(account: Account) -> None:
    account.world.set_clip(TABLE, refuse=404)
    copy = Copy()
    run = copy.load(read(account, infer_types=True))
    assert run.code == 1
    assert f"1 of 2 tables are incomplete ({TABLE})" in run.error
    assert copy.differences(account.world, (OTHER,)) == {}
