"""Cells that no column takes (RESCUE-NOT-NULL), and the settings that win over it."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

import sandbox
from taps_common.records.row_types import RESCUED
from tests.common.runs import NOW
from tests.perform.runs import FIRST, Account

if TYPE_CHECKING:
    from tests.common.runs import Run

KEYED = "activity_export"
NEW = 'Weather, "today"'


@cache
def catalog() -> dict[str, Any]:
    with sandbox.start(now=NOW, entries=300) as running:
        account = Account(running)
        return account.discovered(projects=account.projects(KEYED))


def read(account: Account, **settings: Any) -> Run:
    account.world.edit_row(1, KEYED, 3, {"Float Days": "many", "Actual Start": "31/31/2026"})
    account.world.add_column(1, KEYED, NEW, 'rain\n"and" fog')
    given = {"projects": account.projects(KEYED), "catalog": catalog()}
    return account.run(**given | settings)


def kept(run: Run) -> list[Any]:
    rows = [row for row in run.records(KEYED) if row["project"] == FIRST]
    texts = [row.get(RESCUED) for row in rows]
    return [text if text is None else json.loads(text) for text in texts]


def test_cells_are_kept_as_they_came(account: Account) -> None:
    run = read(account).ok()
    found = kept(run)
    weather = {NEW: 'rain\n"and" fog'}
    assert found[2] == weather
    assert found[3] == weather | {"float_days": "many", "actual_start": "31/31/2026"}
    assert all(RESCUED not in row for row in run.records(KEYED) if row["project"] != FIRST)
    assert "1 values of Float Days do not fit their type and are sent as null and kept" in run.log
    assert "kept in _rescued_data until you discover again" in run.log
    assert f"{KEYED}: {len(found) + 2:,} values fit no column and are in _rescued_data" in run.log


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"on_bad_value": "null"}, {NEW: 'rain\n"and" fog'}),
        ({"on_new_column": "warn"}, {"float_days": "many", "actual_start": "31/31/2026"}),
        ({"on_bad_value": "null", "on_new_column": "warn", "on_drift": "fail"}, None),
    ],
)
def test_settings_of_this_tap_win(
    account: Account, settings: dict[str, str], expected: object
) -> None:
    run = read(account, **settings).ok()
    assert kept(run)[3] == expected


def test_extra_goes_on_to_keep_new_columns(account: Account) -> None:
    run = read(account, on_new_column="extra", catalog=None).ok()
    assert all(one is None or NEW not in one for one in kept(run))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"on_drift": "fail"}, "on_drift is 'fail'"),
        ({"on_drift": "fail", "on_new_column": "warn"}, "'many' does not fit"),
        ({"on_bad_value": "fail"}, "'many' does not fit"),
    ],
)
def test_a_failure_where_that_is_asked_for(
    account: Account, settings: dict[str, str], says: str
) -> None:
    run = read(account, **settings)
    assert run.code == 1
    assert says in run.log


def test_what_is_deselected_is_not_kept(account: Account) -> None:
    chosen = json.loads(json.dumps(catalog()))
    for entry in chosen["streams"]:
        for one in entry["metadata"]:
            if one["breadcrumb"] == ["properties", "float_days"]:
                one["metadata"]["selected"] = False
    found = kept(read(account, catalog=chosen).ok())
    assert found[3] == {NEW: 'rain\n"and" fog', "actual_start": "31/31/2026"}
