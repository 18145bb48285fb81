"""The rows of the clips: the documented columns, likely ones where none are, and their cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from sandbox.perform.site import (
    CODES,
    COMPANIES,
    DAY,
    Activity,
    Cell,
    Resource,
    Row,
    Site,
    amount,
    clock,
    note,
    pick,
    yes,
)

WORK_DATE = "Work Date"
SPAN = 120
"""Days over which usages are spread."""
ROSTER_DAYS = 28

_TAGS = (None, "night", "night, critical", "Übergabe, QA; hold")
_UNITS = ("m", "m²", "m³", "t", "ea", "%")
_SHIFTS = ("D", "D", "D", "N", "RDO", "AL", None)
_DOCKETS = ("1E5", "007", "D/12-3", "0012")


@dataclass(frozen=True)
class Listed:
    """How the rows of a clip are made up.

    Attributes:
        many: rows for each hundred facts of a project, or the list of the site that has as many.
        columns: headings with their kinds; one with a `!` has no blank cells, nor has the first.
        booked: the list of the site that persons and resources are taken from.
        each: how many rows in a row tell of one activity.
        twins: every so many rows one is like the one before; 0 is never.
        own: columns that a project defines for itself.
    """

    many: int | str
    columns: str
    booked: str = "people"
    each: int = 3
    twins: int = 0
    own: dict[int, str] = field(default_factory=dict)


_USAGES = Listed(
    "usages",
    f"Project!, {WORK_DATE}:date!, Resource Role, Work Role Category, Work Role Category Type, "
    "Company, Company Supplier Reference, Resource Type, Resource Name, "
    "Resource Unique Identifier, Resource Identifier, Resource External Reference, "
    "Resource Supervisor, Resource Tags, Work Reference Type, Work Reference Code, "
    "Work Reference Name, Work Reference Tags, Event Type, Related Activity Code, Discipline, "
    "Location, Work Reference Category, Job Number, Cost Code, Cost Code Ref 1, Usage Code, UoM, "
    "Quantity:decimal, Start Time:time, End Time:time, Break Duration (mins):integer, "
    "Docket Reference, Purchase Order Reference Number, Status, Rejection Reason, Rate:decimal, "
    "Cost:decimal, Resource Note, Usage Note",
    booked="resources",
    twins=150,
)

LISTS = {
    "Activity Export": Listed(
        "activities",
        "Reference Code, Activity Name, WBS Code, Job Number, Cost Code, Cost Code Ref 1, "
        "Cost Code Ref 2, Cost Type, Route Identifier, Quantity UoM, Work Category, Discipline, "
        "Location, Original Budget Labour at Complete:decimal, "
        "Original Budget Quantity at Complete:decimal, Original Budget Cost at Complete:decimal, "
        "Revised Budget Labour at Complete:decimal, Revised Budget Quantity at Complete:decimal, "
        "Revised Budget Cost at Complete:decimal, Current Estimate Labour at Complete:decimal, "
        "Current Estimate Quantity at Complete:decimal, "
        "Current Estimate Cost at Complete:decimal, "
        "Revised Budget Tracked Cost at Complete:decimal, "
        "Current Estimate Tracked Cost at Complete:decimal, Float Days:decimal, "
        "Start Chainage:decimal, End Chainage:decimal, Start Chainage Offset:decimal, "
        "End Chainage Offset:decimal, Original Planned Start:date, Original Planned Finish:date, "
        "Revised Planned Start:date, Revised Planned Finish:date, Current Planned Start:date, "
        "Current Planned Finish:date, Actual Start:date, Actual Start Time:time, "
        "Actual Finish:date, Actual Finish Time:time, Expected Start:date, "
        "Expected Start Time:time, Expected Finish:date, Expected Finish Time:time, "
        "Revised Early Start:date, Revised Early Finish:date, Revised Late Start:date, "
        "Revised Late Finish:date, Current Early Start:date, Current Early Finish:date, "
        "Current Late Start:date, Current Late Finish:date, Earned Value Method, "
        "Exclude from Mobile Activity List?:boolean, Bookable for All?:boolean, "
        "Non-Bookable?:boolean, Prevent Cost Code Override?:boolean",
        each=1,
    ),
    "Attendance Export": Listed(
        100,
        "Date:date, Person, Attendance Reference, Action (Start / End), Time:time, Area, Comment",
        twins=100,
    ),
    "Docket Export": Listed(
        75,
        "Docket Reference, Docket Date:date, Company!, Company Supplier Reference, "
        "Invoice Reference Number, Purchase Order Reference Number, Description, Status, "
        "Received By, Received At:datetime, Amount (excl. tax):decimal, Tax (%):decimal, "
        "Rejection Reason",
    ),
    "Person Export": Listed(
        "people",
        "Display Name, Attendance Reference!, Supervisor Code, Company, Start Date:date, "
        "Active?:boolean, Tags",
    ),
    "Resource": Listed(
        "resources",
        "Resource UUID, Resource Type, Resource Name, Resource Identifier, "
        "Resource External Reference, Company, Active?:boolean",
        booked="resources",
    ),
    "Resource Usage Export": _USAGES,
    **{f"Resource Usage Export (Last {days} Days)": _USAGES for days in (10, 20, 60)},
    "Tagged Item Registers Export": Listed(
        33,
        "Register, Item Reference!, Description, Value %:decimal",
        own={
            1: ", Pipe Ø (mm):integer, Weld No.",
            2: ", Thickness (in):decimal, Pour Date:date, NCR #",
        },
    ),
    "WBS Export": Listed(
        "wbs", "WBS Code, WBS Name!, Parent WBS Code!, Level:integer!, Sort Order:integer!"
    ),
    "Work Roster Export": Listed("people", "Person, Attendance Reference!"),
    "Applicable Rates": Listed(
        30, "Resource Name, Resource Role, Usage Code, Rate:decimal, Effective From:date"
    ),
    "Discussion": Listed(
        100, "Activity Reference Code, Activity Name, Posted At:datetime, Author, Comment"
    ),
    "Equipment Item Export": Listed(
        8, "Equipment Item, External Reference, Company, Assigned From:date, Wet Hire?:boolean"
    ),
    "Event Export": Listed(
        30,
        "Event Code, Event Type, Activity Reference Code, Work Category, Event Date:date, "
        "Start Time:time, Duration (hrs):decimal",
    ),
    "Invoice Export": Listed(
        16, "Invoice Reference Number, Invoice Date:date, Company, Dockets:integer, Paid?:boolean"
    ),
    "Other Resources Export": Listed(5, "Resource Name, Resource Type, UoM, Unit Rate:decimal"),
    "People Exception Export": Listed(
        25, "Person, Attendance Reference, Date:date, Exception, Booked (hrs):decimal"
    ),
    "Purchase Order Export": Listed(
        12, "Purchase Order Reference Number, Company, Description, Committed Value:decimal"
    ),
    "Quantity Progress Report": Listed(
        100,
        "Activity Reference Code, Activity Name, Progress Date:date, Quantity Delta:decimal, "
        "Actual Quantity to Date:decimal, Percentage Complete (%):decimal, "
        "Start Chainage:decimal, End Chainage:decimal, Note",
    ),
    "Reporting Periods": Listed(
        20, "Reporting Period, Period Start:date, Period End:date, Closed?:boolean"
    ),
    "Resource Exception Report": Listed(
        25, "Resource Name, Work Date:date, Exception, Quantity:decimal, Resolved?:boolean"
    ),
    "Snapshot Export": Listed(
        100,
        "Reporting Period, Snapshot Date:date, Activity Reference Code, WBS Code, "
        "Planned Value:decimal, Earned Value:decimal, Actual Cost:decimal",
    ),
    "Supervision Roster Export": Listed(
        100, "Roster Date:date, Supervisor Code, Person, Attendance Reference, Shift"
    ),
    "Tagged Item Attributes": Listed(100, "Register, Item Reference, Attribute, Attribute Value"),
    "Tagged Item Completions": Listed(
        60, "Register, Item Reference, Gate, Value (%):decimal, Completed Date:date, Comment"
    ),
    "Custom Cost Report": Listed(
        50, "Ledger Id:integer, Cost Code, Budget:decimal, Variance %:decimal, Posted?:boolean"
    ),
}


class Line(NamedTuple):
    """What the cells of one row are about."""

    site: Site
    rng: Random
    number: int
    booked: Resource
    activity: Activity


def _docket(line: Line) -> str:
    """Return a reference that is unique per company only; some look like numbers."""
    reference = line.number // len(COMPANIES)
    return _DOCKETS[reference] if reference < len(_DOCKETS) else f"D-{reference:04d}"


_CELLS: dict[str, Callable[[Line], Cell]] = {
    "Project": lambda line: line.site.title,
    "Person, Display Name, Author, Resource Name, Received By": lambda line: line.booked.name,
    "Attendance Reference, Resource External Reference": lambda line: line.booked.external,
    "Resource UUID, Resource Unique Identifier": lambda line: line.booked.uuid,
    "Resource Identifier": lambda line: line.booked.identifier,
    "Resource Type": lambda line: line.booked.kind,
    "Company": lambda line: line.booked.company[0],
    "Company Supplier Reference": lambda line: line.booked.company[1],
    "Resource Role": lambda line: line.booked.role[0],
    "Work Role Category": lambda line: line.booked.role[1],
    "Work Role Category Type": lambda line: line.booked.role[2],
    "Resource Supervisor": lambda line: pick(line.site.people, line.number // 5 * 5).name,
    "Supervisor Code": lambda line: f"S{line.number // 5:03d}" if line.number % 5 == 0 else None,
    "Reference Code, Activity Reference Code, Work Reference Code, Related Activity Code": (
        lambda line: line.activity.reference
    ),
    "Activity Name, Work Reference Name": lambda line: line.activity.name,
    "WBS Code": lambda line: pick(line.site.wbs, line.number),
    "WBS Name": lambda line: f"Décks & Bearings {line.number}",
    "Parent WBS Code": lambda line: pick(line.site.wbs, line.number).rpartition(".")[0],
    "Level": lambda line: str(pick(line.site.wbs, line.number).count(".") + 1),
    "Sort Order": lambda line: str(10 * line.number),
    WORK_DATE: lambda line: line.site.day(line.number * SPAN // line.site.size.usages),
    "Action (Start / End)": lambda line: pick(("Start", "End", "Start", "Start"), line.number),
    "Docket Reference": _docket,
    "Job Number": lambda line: f"{line.number % 7:04d}",
    "Item Reference": lambda line: f"{line.number // 2:05d}",
    "Register": lambda line: pick(("Piles", "Précast units"), line.number),
    "Ledger Id": lambda line: str(9_007_199_254_740_993 + 10**18 * (line.number % 9) + line.number),
    "Cost Code": lambda line: pick(CODES, line.number),
    "Cost Code Ref 2": lambda _: None,
    "UoM, Quantity UoM": lambda line: pick(_UNITS, line.number),
    "Tags, Resource Tags, Work Reference Tags": lambda line: pick(_TAGS, line.number),
    "Status": lambda line: pick(("Received", "Rejected", "Approved"), line.number // 2),
    "Usage Code": lambda line: pick(("NT (Normal Time)", "OT (Overtime 1.5)"), line.number),
    "Attribute Value, Comment, Description, Note, Rejection Reason, Resource Note, Usage Note": (
        lambda line: note(line.number)
    ),
}
_BY_HEADING = {one: cell for headings, cell in _CELLS.items() for one in headings.split(", ")}

_BY_KIND: dict[str, Callable[[Line], Cell]] = {
    "date": lambda line: line.site.day(line.number % 200),
    "time": lambda line: clock(line.rng, 6),
    "datetime": lambda line: f"{line.site.day(line.number % 150)} {clock(line.rng, 7)}:00",
    "decimal": lambda line: amount(line.rng, line.number),
    "integer": lambda line: str(line.number % 9),
    "boolean": lambda line: yes(line.number % 3),
}


def rows(site: Site, name: str) -> list[Row]:
    """Make the rows of a clip up; every now and then a cell is blank."""
    listed = LISTS[name]
    made = [_row(listed, line) for line in _lines(site, listed, site.random(name))]
    for number in range(listed.twins, len(made), listed.twins) if listed.twins else ():
        made[number] = made[number - 1]
    if name == "Work Roster Export":
        for number, row in enumerate(made):
            row.update(_roster(site, number))
    return made


def _lines(site: Site, listed: Listed, rng: Random) -> Iterator[Line]:
    many, booked = listed.many, getattr(site, listed.booked)
    if isinstance(many, int):
        count = site.size.facts * many // 100
    else:
        count = site.size.usages if many == "usages" else len(getattr(site, many))
    for number in range(count):
        activity = pick(site.activities, number // listed.each)
        yield Line(site, rng, number, pick(booked, number), activity)


def _row(listed: Listed, line: Line) -> Row:
    row: Row = {}
    columns = (listed.columns + listed.own.get(line.site.project, "")).split(", ")
    for place, column in enumerate(columns):
        heading, _, kind = column.rstrip("!").partition(":")
        blank = place and (line.number + 3 * place) % 11 == 0 and not column.endswith("!")
        make = _BY_HEADING.get(heading) or _BY_KIND.get(kind)
        text = make(line) if make else f"{heading} {line.number // 2 + 1}"
        row[column.rstrip("!")] = None if blank else text
    return row


def _roster(site: Site, number: int) -> Row:
    """Return a column per day, from last week's Monday on."""
    monday = site.today - DAY * (site.today.weekday() + 7)
    days = [monday + DAY * ahead for ahead in range(ROSTER_DAYS)]
    return {f"{day}:day": pick(_SHIFTS, day.toordinal() + 3 * number) for day in days}
