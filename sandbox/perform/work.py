"""Clips about the work: activities, events, WBS, progress, earned value, tagged items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.perform.site import DAY, TAGS, amount, clock, note, pick, yes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from sandbox.perform.site import Activity, Row, Site

_SHARES = ("0", "12.5", "33.3333", "50.00", "100")
_METHODS = ("percentage", "quantity_progress", "tagged_item_labour", "tagged_item_quantity")
_EVENT_TYPES = ("Delay", "Variation", "Standing Time", None)
_GATES = (
    ("Fabricated", "Primary", "40"),
    ("Installed", "Secondary", "35.5"),
    ("Handed over", "Secondary", "24.5"),
)
_ATTRIBUTES = ("Manufacturer", "Serial Number", "Commissioned On", "Größe (L/B/H)", "Value %")
_BUDGETS = (
    *(
        f"{budget} {kind} at Complete"
        for budget in ("Original Budget", "Revised Budget", "Current Estimate")
        for kind in ("Labour", "Quantity", "Cost")
    ),
    *("Revised Budget Tracked Cost at Complete", "Current Estimate Tracked Cost at Complete"),
)


def activities(site: Site, rng: Random) -> Iterator[Row]:
    """Yield Activity Export: the documented columns and a few more."""
    for one in site.activities:
        number = one.number
        chained = number % 3 == 0
        row: Row = {
            "Reference Code": one.reference,
            "Activity Name": one.name,
            "WBS Code": one.wbs,
            "Job Number": one.job,
            "Cost Code": one.cost_code,
            "Cost Code Ref 1": f"{number:03d}",
            "Cost Code Ref 2": None,
            "Cost Type": pick(("Direct", "Indirect", None), number),
            "Route Identifier": f"R{number % 4}" if number % 3 else None,
            "Quantity UoM": one.unit,
            "Work Category": one.category,
            "Discipline": one.discipline,
            "Location": one.location,
        }
        for place, budget in enumerate(_BUDGETS, number):
            row[f"{budget}:decimal"] = amount(rng, place) if place % 7 else None
        yield row | {
            "Float Days:decimal": str(number % 30 - 5),
            "Start Chainage:decimal": f"{number * 12.5:.3f}" if chained else None,
            "End Chainage:decimal": f"{number * 12.5 + 40:.3f}" if chained else None,
            "Start Chainage Offset:decimal": "-1.500" if chained else None,
            "End Chainage Offset:decimal": "2.250" if chained else None,
            **_span(one, "Original Planned", 0),
            **_span(one, "Revised Planned", 3),
            **_span(one, "Current Planned", 5),
            **_times(one, "Actual", rng, one.start <= site.today, one.finish < site.today),
            **_times(one, "Expected", rng, number % 4, number % 4),
            **_span(one, "Revised Early", -2, number % 5),
            **_span(one, "Revised Late", 4, number % 5),
            **_span(one, "Current Early", 0, number % 5),
            **_span(one, "Current Late", 9, number % 5),
            "Earned Value Method": pick(_METHODS, number),
            "Exclude from Mobile Activity List?:boolean": yes(number % 6 == 0),
            "Bookable for All?:boolean": yes(number % 2 == 0),
            "Non-Bookable?:boolean": yes(number % 9 == 0),
            "Prevent Cost Code Override?:boolean": yes(number % 4 == 0),
            "Responsible Engineer": pick(site.people, number).shown,
            "Tags": pick(TAGS, number),
            "% Complete:decimal": pick(_SHARES, number),
            "Notes": note(number),
        }


def _span(one: Activity, plan: str, shift: int, there: object = True) -> Row:  # noqa: FBT002
    return {
        f"{plan} {edge}:date": (day + DAY * shift).isoformat() if there else None
        for edge, day in (("Start", one.start), ("Finish", one.finish))
    }


def _times(one: Activity, plan: str, rng: Random, started: object, ended: object) -> Row:
    row: Row = {}
    edges = (("Start", one.start, started, 6), ("Finish", one.finish, ended, 15))
    for edge, day, there, hour in edges:
        row[f"{plan} {edge}:date"] = day.isoformat() if there else None
        row[f"{plan} {edge} Time:time"] = clock(rng, hour) if there else None
    return row


def events(site: Site, rng: Random) -> Iterator[Row]:
    """Yield Event Export."""
    for number in range(site.size.facts // 3):
        one = pick(site.activities, number)
        yield {
            "Event Code": f"E-{number:05d}",
            "Event Name": f"Event {number // 2 + 1}",
            "Event Type": pick(_EVENT_TYPES, number),
            "Activity Reference Code": pick(site.activities, number * 7).reference,
            "Work Category": one.category if number % 4 else None,
            "Event Date:date": site.day(rng.randrange(200)),
            "Start Time:time": clock(rng, 6),
            "End Time:time": clock(rng, 12),
            "Duration (hrs):decimal": f"{rng.randrange(1, 40) / 4:.2f}",
            "Cost Code": one.cost_code,
            "Description": note(number),
        }


def wbs(site: Site, _rng: Random) -> Iterator[Row]:
    """Yield WBS Export; it is a hierarchy."""
    for number, code in enumerate(site.wbs):
        yield {
            "WBS Code": code,
            "WBS Name": f"{pick(('Earthworks', 'Piling', 'Décks & Bearings'), number)} {code}",
            "Parent WBS Code": code.rpartition(".")[0],
            "Level:integer": str(code.count(".") + 1),
            "Sort Order:integer": str(10 * number),
        }


def discussion(site: Site, rng: Random) -> Iterator[Row]:
    """Yield Discussion: entries of the timelines."""
    for number in range(site.size.facts):
        one = pick(site.activities, number // 3)
        yield {
            "Activity Reference Code": one.reference,
            "Activity Name": one.name,
            "Posted At:datetime": (
                f"{site.day(rng.randrange(150))} {clock(rng, 7)}:{number % 60:02d}"
            ),
            "Author": pick(site.people, rng.randrange(len(site.people))).shown,
            "Entry Type": pick(("Comment", "Photo", "Status change"), number),
            "Comment": note(5 * number) or "OK",
            "Edited?:boolean": yes(number % 9 == 0),
            "Attachments:integer": str(number % 4),
        }


def progress(site: Site, rng: Random) -> Iterator[Row]:
    """Yield Quantity Progress Report."""
    for number in range(site.size.facts):
        one = pick(site.activities, number // 2)
        yield {
            "Activity Reference Code": one.reference,
            "Activity Name": one.name,
            "Progress Date:date": site.day(number % 180),
            "Quantity Delta:decimal": amount(rng, number, most=10_000),
            "Actual Quantity to Date:decimal": amount(rng, number, most=100_000),
            "Percentage Complete (%):decimal": pick(_SHARES, number),
            "Quantity UoM": one.unit,
            "Start Chainage:decimal": f"{number * 2.5:.3f}" if number % 3 else None,
            "End Chainage:decimal": f"{number * 2.5 + 10:.3f}" if number % 3 else None,
            "Note": note(number),
            "Recorded By": pick(site.people, number).shown,
        }


def periods(site: Site, _rng: Random) -> Iterator[Row]:
    """Yield Reporting Periods: weeks, the newest first."""
    for number in range(52):
        yield {
            "Reporting Period": f"Week {number + 1:03d}",
            "Period Start:date": site.day(7 * number + 6),
            "Period End:date": site.day(7 * number),
            "Calculation Engine": "Earned Value v2" if number % 3 else "Earned Value v1",
            "Closed?:boolean": yes(number > 1),
            "Calculated At:datetime": f"{site.day(7 * number)} 23:59:59" if number else None,
        }


def snapshots(site: Site, rng: Random) -> Iterator[Row]:
    """Yield Snapshot Export: three periods of some activities."""
    for period in range(1, 4):
        for one in site.activities[: site.size.facts // 3]:
            yield {
                "Reporting Period": f"Week {period + 1:03d}",
                "Snapshot Date:date": site.day(7 * period),
                "Activity Reference Code": one.reference,
                "WBS Code": one.wbs,
                "Planned Value:decimal": amount(rng, one.number),
                "Earned Value:decimal": amount(rng, one.number + 1),
                "Actual Cost:decimal": amount(rng, one.number + 2),
                "% Complete:decimal": pick(_SHARES, one.number + period),
                "SPI:decimal": f"{rng.randrange(50, 150) / 100:.2f}",
                "CPI:decimal": f"{rng.randrange(50, 150) / 100:.4f}" if one.number % 4 else None,
            }


def _items(site: Site) -> Iterator[tuple[int, Row]]:
    """Yield the tagged items; references are unique per register only."""
    for number in range(site.size.facts // 3):
        reference = f"{number // 2:05d}" if number % 3 else f"P-{number // 2:03d}/A"
        register = pick(("Piles", "Précast units"), number)
        yield number, {"Register": register, "Item Reference": reference}


def registers(site: Site, rng: Random) -> Iterator[Row]:
    """Yield Tagged Item Registers Export; each project defines columns of its own."""
    for number, item in _items(site):
        one = pick(site.activities, number)
        row = item | {
            "Description": note(number),
            "Activity Reference Code": one.reference,
            "WBS Code": one.wbs,
        }
        if site.project == 1:
            row["Pipe Ø (mm):integer"] = str(50 * (number % 12 + 1)) if number % 5 else None
            row["Weld No."] = f"W{number:04d}"
            row["Pressure Test (bar):decimal"] = amount(rng, number, most=4_000)
            row["Tested?:boolean"] = yes(number % 2)
        else:
            row["Panel Mark"] = f"{number:03d}"
            row["Thickness (in):decimal"] = f"{number % 16 / 16:.4f}"
            row["Poured?:boolean"] = yes(number % 2)
            row["Pour Date:date"] = site.day(number) if number % 2 else None
            row["NCR #"] = f"{number}" if number % 9 == 0 else None
        yield row | {"Value %:decimal": pick(("40", "75.5", "100.0", None), number)}


def attributes(site: Site, rng: Random) -> Iterator[Row]:
    """Yield Tagged Item Attributes: name and value pairs."""
    for number, item in _items(site):
        for attribute in _ATTRIBUTES[: number % 5 + 1]:
            value = note(number) if number % 4 else f"{number * 1.5:.2f}"
            if attribute == "Serial Number":
                value = str(rng.randrange(10**18, 10**19))
            yield item | {"Attribute": attribute, "Attribute Value": value}


def completions(site: Site, _rng: Random) -> Iterator[Row]:
    """Yield Tagged Item Completions: item by gate, as far as it has come."""
    for number, item in _items(site):
        for gate, kind, value in _GATES[: number % 3 + 1]:
            yield item | {
                "Gate": gate,
                "Gate Type": kind,
                "Value (%):decimal": value,
                "Completed Date:date": site.day(number % 100) if number % 4 else None,
                "Completed By": pick(site.people, number).shown if number % 4 else None,
                "Comment": note(number),
            }
