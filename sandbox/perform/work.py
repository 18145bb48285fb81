"""Clips about the work: activities, WBS, dockets, registers of tagged items."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from sandbox.perform.site import COMPANIES, DAY, Activity, Row, Site, amount, clock, note, pick, yes

_METHODS = ("percentage", "quantity_progress", "tagged_item_labour", "tagged_item_quantity")
_BUDGETS = (
    *(
        f"{budget} {kind} at Complete"
        for budget in ("Original Budget", "Revised Budget", "Current Estimate")
        for kind in ("Labour", "Quantity", "Cost")
    ),
    *("Revised Budget Tracked Cost at Complete", "Current Estimate Tracked Cost at Complete"),
)
_STATUSES = ("Received", "Rejected", "Approved")
_DOCKETS = ("1E5", "007", "D/12-3", "0012")


def activities(site: Site) -> Iterator[Row]:
    """Yield Activity Export: the documented columns."""
    rng = site.random("activities")
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


def wbs(site: Site) -> Iterator[Row]:
    """Yield WBS Export; it is a hierarchy."""
    for number, code in enumerate(site.wbs):
        yield {
            "WBS Code": code,
            "WBS Name": f"{pick(('Earthworks', 'Piling', 'Décks & Bearings'), number)} {code}",
            "Parent WBS Code": code.rpartition(".")[0],
            "Level:integer": str(code.count(".") + 1),
            "Sort Order:integer": str(10 * number),
        }


def dockets(site: Site) -> Iterator[Row]:
    """Yield Docket Export; a reference is unique per company only."""
    rng = site.random("dockets")
    for number in range(site.size.facts * 3 // 4):
        company, supplier = pick(COMPANIES, number)
        reference = number // len(COMPANIES)
        status = pick(_STATUSES, number // 2)
        odd = reference < len(_DOCKETS)
        yield {
            "Docket Reference": _DOCKETS[reference] if odd else f"D-{reference:04d}",
            "Docket Date:date": site.day(number),
            "Company": company,
            "Company Supplier Reference": supplier,
            "Invoice Reference Number": f"INV{number // 9:05d}" if number % 3 else None,
            "Purchase Order Reference Number": f"{number % 30:06d}" if number % 4 else None,
            "Description": note(number),
            "Status": status,
            "Received By": pick(site.people, number).shown,
            "Received At:datetime": f"{site.day(number)} {clock(rng, 8)}",
            "Amount (excl. tax):decimal": amount(rng, number),
            "Tax (%):decimal": "10.0" if site.project == 1 else "0",
            "Rejection Reason": "Illegible" if status == "Rejected" else None,
        }


def registers(site: Site) -> Iterator[Row]:
    """Yield Tagged Item Registers Export; each project defines columns of its own.

    References are unique per register only.
    """
    for number in range(site.size.facts // 3):
        row: Row = {
            "Register": pick(("Piles", "Précast units"), number),
            "Item Reference": f"{number // 2:05d}",
            "Description": note(number),
        }
        if site.project == 1:
            row["Pipe Ø (mm):integer"] = str(50 * (number % 12 + 1)) if number % 5 else None
            row["Weld No."] = f"W{number:04d}"
        else:
            row["Thickness (in):decimal"] = f"{number % 16 / 16:.4f}"
            row["Pour Date:date"] = site.day(number) if number % 2 else None
            row["NCR #"] = f"{number}" if number % 9 == 0 else None
        yield row | {"Value %:decimal": pick(("40", "75.5", "100.0", None), number)}
