"""What the clips hold: documented columns, awkward values, windows, and how they change."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from sandbox.perform import truth
from sandbox.perform.world import World
from tests.sandbox.conftest import NOW

USAGES = "resource_usage_export"
ACTIVITY = """Reference Code;Activity Name;Job Number;Cost Code;Cost Code Ref 1;Cost Code Ref 2
Cost Type;Route Identifier;WBS Code;Quantity UoM;Work Category;Discipline;Location
Revised Budget Tracked Cost at Complete;Current Estimate Tracked Cost at Complete;Float Days
Start Chainage;End Chainage;Start Chainage Offset;End Chainage Offset;Actual Start;Actual Finish
Expected Start;Expected Finish;Actual Start Time;Actual Finish Time;Expected Start Time
Expected Finish Time;Earned Value Method;Exclude from Mobile Activity List?;Bookable for All?
Non-Bookable?"""
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


def names(text: str) -> list[str]:
    return [name for line in text.splitlines() for name in line.split(";")]


def test_documented_columns(world: World) -> None:
    headings = truth.grid(world, 1, "activity_export").headings
    assert {*names(ACTIVITY)} <= {*headings}
    for budget in ("Original Budget", "Revised Budget", "Current Estimate"):
        kinds = {f"{budget} {kind} at Complete" for kind in ("Labour", "Quantity", "Cost")}
        assert kinds <= {*headings}
    for plan in ("Original Planned", "Revised Late", "Current Early"):
        assert {f"{plan} Start", f"{plan} Finish"} <= {*headings}
    assert len(headings) >= 55
    usage = truth.grid(world, 2, USAGES).headings
    assert usage[: len(names(USAGE))] == names(USAGE)


def test_headings_need_care(world: World) -> None:
    headings = {
        heading
        for slug in truth.TABLES
        for project in (1, 2)
        for heading in truth.grid(world, project, slug).headings
    }
    for mark in ("?", "%", "(", "#", "/", "-", "Ø", "."):
        assert any(mark in heading for heading in headings), mark


def test_keys(world: World) -> None:
    for project in (1, 2):
        for slug, key in (
            ("activity_export", "Reference Code"),
            ("wbs_export", "WBS Code"),
            ("resource", "Resource UUID"),
            ("custom_cost_report", "Ledger Id"),
        ):
            cells = column(world, project, slug, key)
            assert None not in cells
            assert len(cells) == len(set(cells))
    names = column(world, 1, "person_export", "Display Name")
    assert len(set(names)) < len(names)
    uuids = [column(world, project, "resource", "Resource UUID") for project in (1, 2)]
    assert not {*uuids[0]} & {*uuids[1]}


@pytest.mark.parametrize("slug", ["attendance_export", USAGES])
def test_identical_rows(world: World, slug: str) -> None:
    for project in (1, 2):
        rows = Counter(tuple(row) for row in truth.grid(world, project, slug).rows)
        assert 2 in rows.values()


def test_awkward_values(world: World) -> None:
    cells = {
        cell
        for slug in truth.TABLES
        for row in truth.grid(world, 1, slug).rows
        for cell in row
        if cell
    }
    assert {"01.02", "007", "1E5", "1234567890123456789", "True", "False"} <= cells
    assert {"1.10", "0.00", "1234567890123456.780000", " padded with blanks ", "=1+1"} <= cells
    for part in ("\n", "\r\n", '"', "\u2028", "\u0085", "🚧", "日", "\t", "Ø"):
        assert any(part in cell for cell in cells), part
    for part in ("old\rline", "dataclip stale"):
        assert any(part in cell for cell in cells), part


def test_dates_of_the_projects(world: World) -> None:
    iso = column(world, 1, USAGES, "Work Date")
    us = column(world, 2, USAGES, "Work Date")
    assert iso[0] == "2026-09-15"
    assert us[0] == "09/15/2026"
    world.switch(dates={2: "dmy"})
    dmy = column(world, 2, USAGES, "Work Date")
    assert dmy[0] == "15/09/2026"
    assert column(world, 1, USAGES, "Work Date") == iso
    assert truth.grid(world, 1, "work_roster_export").headings[4] == "2026-09-07"
    assert truth.grid(world, 2, "work_roster_export").headings[4] == "07/09/2026"
    posted = column(world, 2, "discussion", "Posted At")
    assert all(one and datetime.strptime(one, "%d/%m/%Y %H:%M:%S") for one in posted)  # noqa: DTZ007 - it has no zone
    world.switch(dates={"1": "mdy", "2": "iso"})
    assert column(world, 2, USAGES, "Work Date") == iso
    assert column(world, 1, USAGES, "Work Date") == us


def test_fractions_and_truth_values(world: World) -> None:
    world.switch(decimal_signs={2: ","}, booleans={2: "Yes"})
    assert "1,10" in column(world, 2, "custom_cost_report", "Budget")
    assert "1.10" in column(world, 1, "custom_cost_report", "Budget")
    assert {*column(world, 2, "custom_cost_report", "Posted?")} == {"Yes", "No", None}
    assert "1E5" in column(world, 2, "custom_cost_report", "Cost Code")


def test_windows(world: World) -> None:
    full = truth.grid(world, 1, USAGES)
    for days in (10, 20, 60):
        grid = truth.grid(world, 1, f"{USAGES}_last_{days}_days")
        first = NOW.date() - timedelta(days=days)
        dated = [(date.fromisoformat(str(row[1])), row) for row in full.rows]
        assert grid.headings == full.headings
        assert grid.rows == [row for day, row in dated if day > first]
        assert len(grid.rows) == days * 5 + (days > 30)
    world.advance(9 * 86_400)
    assert len(truth.grid(world, 2, f"{USAGES}_last_10_days").rows) == 5
    world.edit_row(2, USAGES, 599, {"Work Date": "2026-09-24", "Usage Note": "late"})
    window = truth.grid(world, 2, f"{USAGES}_last_10_days").rows
    assert (window[-1][1], window[-1][-1]) == ("09/24/2026", "late")
    with pytest.raises(ValueError, match="is a window of"):
        world.delete_row(2, f"{USAGES}_last_10_days", 0)


def test_usage_uuid(world: World) -> None:
    assert "UUID" not in truth.grid(world, 1, USAGES).headings
    world.switch(usage_uuid=True)
    uuids = column(world, 1, USAGES, "UUID")
    assert len({*uuids}) == 600
    assert truth.grid(world, 1, f"{USAGES}_last_20_days").headings[0] == "UUID"


def test_registers_differ_and_rosters_roll(world: World) -> None:
    one, two = (truth.grid(world, number, "tagged_item_registers_export") for number in (1, 2))
    assert one.headings[:5] == two.headings[:5]
    assert {*one.headings[5:]} & {*two.headings[5:]} == {"Value %"}
    before = truth.grid(world, 1, "work_roster_export").headings
    world.roll_roster(1, 7)
    after = truth.grid(world, 1, "work_roster_export").headings
    assert (len(before), after[4:25], after[-1]) == (32, before[11:], "2026-10-11")


def test_rows_change(world: World) -> None:
    rows = truth.rows(world, "wbs_export")
    world.edit_row(1, "wbs_export", 0, {"WBS Name": "changed", "Parent WBS Code": ""})
    place = world.insert_row(1, "wbs_export", {"WBS Code": "99"})
    world.copy_row(1, "wbs_export", 3)
    world.delete_row(1, "wbs_export", 1)
    now = truth.rows(world, "wbs_export")
    assert now[0] == {**rows[0], "WBS Name": "changed"}
    assert now[place - 1]["WBS Code"] == "99"
    assert [cell for cell in now[place - 1].values() if cell] == ["North Quay", "99"]
    assert now[place] == rows[3]
    assert now[place + 1 :] == rows[52:]
    for wrong in ({"Colour": "red"}, {"Level": 7}):
        with pytest.raises((KeyError, TypeError)):
            world.edit_row(1, "wbs_export", 0, wrong)


def test_columns_change(world: World) -> None:
    world.add_column(1, "resource", "Added On:date", "2026-09-15", 1)
    world.rename_column(1, "resource", "Company", "Employer")
    world.remove_column(1, "resource", "Resource Type")
    grid = truth.grid(world, 1, "resource")
    assert grid.headings[:2] == ["Resource UUID", "Added On"]
    assert {row[1] for row in grid.rows} == {"2026-09-15"}
    assert "Employer" in grid.headings
    assert not {"Company", "Resource Type"} & {*grid.headings}
    assert truth.grid(world, 2, "resource").headings[1] == "Resource Type"
    world.add_column(2, "resource", "Added On:date", "2026-09-15")
    assert column(world, 2, "resource", "Added On")[0] == "09/15/2026"
    with pytest.raises(ValueError, match="There is a column"):
        world.add_column(1, "resource", "Employer")
    world.add_column(1, USAGES, "Late", "x")
    assert truth.grid(world, 1, f"{USAGES}_last_10_days").headings[-1] == "Late"


def test_shrink_shuffle_enlarge(world: World) -> None:
    before = truth.grid(world, 1, "docket_export").rows
    world.shuffle(1, "docket_export")
    after = truth.grid(world, 1, "docket_export").rows
    assert before != after
    assert sorted(map(str, before)) == sorted(map(str, after))
    assert world.shrink(1, "docket_export", 0.1) == 18
    assert truth.grid(world, 1, "docket_export").rows == after[:18]
    world.enlarge_cell(1, "docket_export", 2, "Description")
    assert len(str(column(world, 1, "docket_export", "Description")[2])) == 200_000
    world.shrink(1, "docket_export", 0)
    assert truth.counts(world)["docket_export"] == 180


def test_results_of_a_cycle(world: World) -> None:
    world.switch(cycle_hours=4)
    before = truth.grid(world, 1, USAGES).rows
    window = f"{USAGES}_last_10_days"
    world.edit_row(1, USAGES, 0, {"Usage Note": "new"})
    assert truth.grid(world, 1, USAGES).rows == before
    assert truth.grid(world, 1, window).rows[0][-1] == "new"
    assert world.modified(1, USAGES) == NOW
    world.advance(4 * 3600)
    assert truth.grid(world, 1, USAGES).rows[0][-1] == "new"
    assert world.modified(1, USAGES) == NOW + timedelta(hours=4)


def test_wrong_switches(world: World) -> None:
    for wrong in (
        {"colour": "red"},
        {"format": "xml"},
        {"stale": "yes"},
        {"dates": {3: "iso"}},
        {"dates": {1: "ymd"}},
    ):
        with pytest.raises(ValueError, match=r"No such|Invalid|Expected"):
            world.switch(**wrong)
    with pytest.raises(ValueError, match="No switch of a clip: dates"):
        world.set_clip("resource", dates={1: "iso"})
    with pytest.raises(KeyError):
        world.set_clip("no_such_clip", stale=1)
    assert world.form(1, "resource").format == "csv"
    world.switch(format="wrapped")
    world.set_clip("resource", 2, format="array")
    assert [world.form(number, "resource").format for number in (1, 2)] == ["wrapped", "array"]
    world.reset_clips()
    assert world.form(2, "resource").format == "wrapped"


def test_larger_sizes() -> None:
    world = World(size="medium", now=NOW)
    assert truth.grid(world, 1, USAGES).rows[-1][1] == "2026-05-19"
    assert len(truth.grid(world, 1, USAGES).rows) == 20_000
    assert column(world, 1, "event_export", "Event Code")[-1] == "E-01332"
