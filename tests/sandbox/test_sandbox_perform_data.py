"""What the clips hold: documented columns, awkward values, windows, and how they change."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox.__main__ import main
from sandbox.perform import truth
from sandbox.perform.clips import CLIPS
from sandbox.perform.world import World
from tests.sandbox.clockify_client import NOW

if TYPE_CHECKING:
    from tests.sandbox.conftest import Api

USAGES = "resource_usage_export"
ACTIVITY = """Reference Code;Activity Name;Job Number;Cost Code;Cost Code Ref 1;Cost Code Ref 2
Cost Type;Route Identifier;WBS Code;Quantity UoM;Work Category;Discipline;Location
Revised Budget Tracked Cost at Complete;Current Estimate Tracked Cost at Complete;Float Days
Start Chainage;End Chainage;Start Chainage Offset;End Chainage Offset;Actual Start;Actual Finish
Expected Start;Expected Finish;Actual Start Time;Actual Finish Time;Expected Start Time
Expected Finish Time;Earned Value Method;Exclude from Mobile Activity List?;Bookable for All?
Non-Bookable?;Original Budget Labour at Complete;Revised Budget Quantity at Complete
Current Estimate Cost at Complete;Original Planned Start;Revised Late Finish;Current Early Start"""
USAGE = """Project;Work Date;Resource Role;Work Role Category;Work Role Category Type;Company
Company Supplier Reference;Resource Type;Resource Name;Resource Unique Identifier
Resource Identifier;Resource External Reference;Resource Supervisor;Resource Tags
Work Reference Type;Work Reference Code;Work Reference Name;Work Reference Tags;Event Type
Related Activity Code;Discipline;Location;Work Reference Category;Job Number"""


@pytest.fixture
def world() -> World:
    return World(now=NOW)


def column(world: World, project: int, slug: str, heading: str) -> list[str | None]:
    grid = truth.grid(world, project, slug)
    place = grid.headings.index(heading)
    return [row[place] for row in grid.rows]


def headings(world: World, project: int, slug: str) -> list[str]:
    return truth.grid(world, project, slug).headings


def test_catalogue_and_addresses(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [clip.window for clip in CLIPS.values() if clip.window] == [10, 20, 60]
    assert len(CLIPS) == 27 + 1
    listed = world.projects("http://127.0.0.1:8800")
    paths = [path for one in listed for path in one["dataclips"].values()]
    assert [list(one["dataclips"]) for one in listed] == [list(truth.TABLES)] * 2
    assert not any(slug in path for slug in truth.TABLES if len(slug) > 8 for path in paths)
    assert World(seed=5).projects("http://127.0.0.1:8800") == listed
    monkeypatch.setattr("sys.argv", ["sandbox", "--port", "8800", "--perform-projects"])
    assert main() == 0
    assert json.loads(capsys.readouterr().out) == listed


def test_documented_columns_and_keys(world: World) -> None:
    documented = {name for line in ACTIVITY.splitlines() for name in line.split(";")}
    assert documented <= {*headings(world, 1, "activity_export")}
    usage = [name for line in USAGE.splitlines() for name in line.split(";")]
    assert headings(world, 2, USAGES)[: len(usage)] == usage
    for slug, key in (
        *(("activity_export", "Reference Code"), ("wbs_export", "WBS Code")),
        *(("resource", "Resource UUID"), ("custom_cost_report", "Ledger Id")),
    ):
        cells = column(world, 1, slug, key)
        assert len({*cells} - {None}) == len(cells)
    names = column(world, 1, "person_export", "Display Name")
    assert len(set(names)) < len(names)
    for slug in ("attendance_export", USAGES):
        assert 2 in Counter(map(tuple, truth.grid(world, 1, slug).rows)).values()


def test_awkward_values(world: World) -> None:
    grids = [truth.grid(world, 1, slug) for slug in truth.TABLES]
    cells = {str(cell) for grid in grids for row in grid.rows for cell in row}
    assert {"01.02", "007", "1E5", "1234567890123456789", "True", "False"} <= cells
    assert {"1.10", "0.00", "1234567890123456.780000", " padded with blanks ", "=1+1"} <= cells
    parts = ("\n", "\r\n", '"', "\u2028", "\u0085", "🚧", "日", "\t", "Ø", "old\rline")
    assert all(any(part in cell for cell in cells) for part in (*parts, "dataclip stale"))
    heads = {heading for grid in grids for heading in grid.headings}
    assert all(any(mark in heading for heading in heads) for mark in "?%(/-Ø.")


def test_spellings_of_the_projects(world: World) -> None:
    assert [column(world, project, USAGES, "Work Date")[0] for project in (1, 2)] == [
        *("2026-09-15", "09/15/2026")
    ]
    assert headings(world, 2, "work_roster_export")[2] == "09/07/2026"
    world.switch(dates={"2": "dmy"})
    assert column(world, 2, USAGES, "Work Date")[0] == "15/09/2026"
    assert str(column(world, 2, "discussion", "Posted At")[0])[2:6:3] == "//"
    assert column(world, 1, USAGES, "Work Date")[0] == "2026-09-15"


def test_windows(world: World) -> None:
    rows = truth.grid(world, 1, USAGES).rows
    for days in (10, 20, 60):
        first = str(NOW.date() - timedelta(days=days))
        window = truth.grid(world, 1, f"{USAGES}_last_{days}_days").rows
        assert window == [row for row in rows if str(row[1]) > first]
        assert 0 < len(window) < len(rows)
    last = f"{USAGES}_last_10_days"
    world.advance(9 * 86_400)
    world.edit_row(2, USAGES, 599, {"Work Date": "2026-09-24", "Usage Note": "late"})
    late = truth.grid(world, 2, last).rows[-1]
    assert (late[1], late[-1]) == ("09/24/2026", "late")
    with pytest.raises(ValueError, match="is a window of"):
        world.delete_row(2, last, 0)


def test_rows_change(world: World) -> None:
    rows = truth.rows(world, "wbs_export")
    world.edit_row(1, "wbs_export", 0, {"WBS Name": "changed", "Parent WBS Code": ""})
    place = world.insert_row(1, "wbs_export", {"WBS Code": "99"})
    world.copy_row(1, "wbs_export", 3)
    world.delete_row(1, "wbs_export", 1)
    now = truth.rows(world, "wbs_export")
    assert now[0] == {**rows[0], "WBS Name": "changed"}
    assert [cell for cell in now[place - 1].values() if cell] == ["North Quay", "99"]
    assert now[place:] == [rows[3], *rows[52:]]
    for wrong in ({"Colour": "red"}, {"Level": 7}):
        with pytest.raises((ValueError, TypeError)):
            world.insert_row(1, "wbs_export", {"WBS Code": "0", **wrong})
    assert truth.rows(world, "wbs_export") == now


def test_a_column_is_added(world: World) -> None:
    world.add_column(2, "resource", "Added On:date", "2026-09-15")
    assert {*column(world, 2, "resource", "Added On")} == {"09/15/2026"}
    assert "Added On" not in headings(world, 1, "resource")
    with pytest.raises(ValueError, match="There is a column"):
        world.add_column(2, "resource", "Company")
    world.add_column(1, USAGES, "Late", "x")
    assert headings(world, 1, f"{USAGES}_last_10_days")[-1] == "Late"


def test_shrink_and_shuffle(world: World) -> None:
    before = truth.grid(world, 1, "docket_export").rows
    world.shuffle(1, "docket_export")
    after = truth.grid(world, 1, "docket_export").rows
    assert before != after
    assert sorted(map(str, before)) == sorted(map(str, after))
    assert world.shrink(1, "docket_export", 0.1) == 18
    assert truth.grid(world, 1, "docket_export").rows == after[:18]


def test_results_of_a_cycle(world: World) -> None:
    world.switch(cycle_hours=4)
    before = truth.grid(world, 1, USAGES).rows
    world.edit_row(1, USAGES, 0, {"Usage Note": "new"})
    assert truth.grid(world, 1, USAGES).rows == before
    assert truth.grid(world, 1, f"{USAGES}_last_10_days").rows[0][-1] == "new"
    world.advance(4 * 3600)
    assert truth.grid(world, 1, USAGES).rows[0][-1] == "new"
    assert world.modified(1, USAGES) == NOW + timedelta(hours=4)


def test_switches(world: World) -> None:
    for wrong in (
        *({"colour": "red"}, {"format": "xml"}, {"stale": "yes"}),
        *({"dates": {3: "iso"}}, {"dates": {1: "ymd"}}),
    ):
        with pytest.raises(ValueError, match=r"No such|Invalid|Expected"):
            world.switch(**wrong)
    with pytest.raises(ValueError, match="No such switch: dates"):
        world.set_clip("resource", dates={1: "iso"})
    with pytest.raises(KeyError):
        world.set_clip("no_such_clip", stale=1)
    world.switch(format="wrapped")
    world.set_clip("resource", 2, format="array")
    assert [world.form(number, "resource").format for number in (1, 2)] == ["wrapped", "array"]
    world.reset()
    assert world.form(2, "resource").format == "csv"


def test_control_routes_and_what_is_made_up_when(api: Api) -> None:
    world = api.running.perform
    assert vars(world)["_sites"] == {}
    assert truth.rows(world, "wbs_export")
    assert {slug for _, slug in vars(world)["_tables"]} == {"wbs_export"}
    order = {"action": "urls", "project": 2}
    assert api.control("POST", "/__perform", order).json == {"result": world.urls(2)}
    for wrong in (
        {"action": "nothing"},
        {"action": "__init__"},
        {"action": "switch", "colour": "red"},
    ):
        assert api.control("POST", "/__perform", wrong).status == 400


def test_sizes_and_seeds() -> None:
    few, same, other = World(now=NOW, entries=50), World(now=NOW), World(now=NOW, seed=2)
    assert truth.counts(few)[USAGES] == 100
    assert truth.rows(few, "docket_export") == truth.rows(same, "docket_export")
    assert truth.rows(other, "docket_export") != truth.rows(same, "docket_export")
