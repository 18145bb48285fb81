"""Clips about people, equipment and other resources, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.perform.site import TAGS, UNITS, amount, clock, pick, truth_value
from sandbox.perform.tables import Table, table

if TYPE_CHECKING:
    from sandbox.perform.site import Site

_EXCEPTIONS = ("No attendance", "Hours booked without attendance", "Missing end", "Overlap > 5 %")


def persons(site: Site) -> Table:
    """Make up Person Export; names occur twice, references do not."""
    rng = site.random("persons")
    return table(
        "Given Name; Family Name; Display Name; Attendance Reference; Supervisor Code; Email;"
        "Mobile; Company; Role; Start Date:date; End Date:date; Active?:boolean; Tags;"
        "Last Sign In (UTC):datetime",
        (
            (
                *(one.given, one.family, one.shown, one.reference, one.supervisor),
                f"person{one.number}@example.test" if one.number % 6 else None,
                f"+61 400 {one.number:06d}" if one.number % 4 else f"0{one.number:08d}",
                *(one.company[0], one.role[0]),
                site.day(400 + one.number),
                site.day(one.number) if one.number % 8 == 0 else None,
                truth_value(one.number % 8),
                pick(TAGS, one.number),
                f"{site.day(one.number % 20)} {clock(rng, 6)}:00" if one.number % 3 else None,
            )
            for one in site.people
        ),
    )


def equipment(site: Site) -> Table:
    """Make up Equipment Item Export."""
    rng = site.random("equipment")
    return table(
        "Equipment Item; Equipment Number; External Reference; Company; Company Supplier Reference;"
        "Hour Meter:decimal; Assigned From:date; Assigned To:date; Wet Hire?:boolean;"
        "Active?:boolean",
        (
            (
                *(one.name, one.identifier, one.external, *one.company),
                amount(rng, number, most=900_000),
                site.day(300 - number),
                site.day(number) if number % 5 == 0 else None,
                truth_value(number % 2),
                truth_value(number % 5),
            )
            for number, one in enumerate(site.equipment)
        ),
    )


def others(site: Site) -> Table:
    """Make up Other Resources Export."""
    rng = site.random("others")
    return table(
        "Resource Name; Resource Type; Code; UoM; Company; Unit Rate:decimal; Active?:boolean",
        (
            (
                one.name,
                pick(("Material", "Generic Person", "Generic Equipment"), number),
                one.identifier,
                pick(UNITS, number),
                one.company[0],
                amount(rng, number, most=50_000) if number % 4 else None,
                truth_value(number % 3),
            )
            for number, one in enumerate(site.others)
        ),
    )


def resources(site: Site) -> Table:
    """Make up Resource: everything that can be booked, with its UUID."""
    rows: list[tuple[str | None, ...]] = []
    for person in site.people:
        named = (person.uuid, "People", person.shown, person.identifier, person.reference)
        rows.append((*named, person.company[0], truth_value(person.number % 8)))
    for kind, machines in (("Equipment", site.equipment), ("Other Resource", site.others)):
        for one in machines:
            named = (one.uuid, kind, one.name, one.identifier, one.external or "")
            rows.append((*named, one.company[0], "True"))
    return table(
        "Resource UUID; Resource Type; Resource Name; Resource Identifier;"
        "Resource External Reference; Company; Active?:boolean",
        rows,
    )


def rates(site: Site) -> Table:
    """Make up Applicable Rates: two periods per person."""
    rng = site.random("rates")
    return table(
        "Resource Name; Resource Identifier; Resource Role; Usage Code; UoM; Rate:decimal;"
        "Currency; Effective From:date; Effective To:date; Rate Card",
        (
            (
                *(one.shown, one.identifier, one.role[0]),
                pick(("NT", "OT"), period),
                "hr",
                amount(rng, one.number + period, most=30_000),
                "AUD" if site.project == 1 else "USD",
                site.day(365 * (2 - period)),
                None if period else site.day(366),
                pick(("Standard 2024", "Shutdown (12 h)"), one.number),
            )
            for one in site.people
            for period in (0, 1)
        ),
    )


def people_exceptions(site: Site) -> Table:
    """Make up People Exception Export."""
    rng = site.random("people exceptions")
    return table(
        "Person; Attendance Reference; Date:date; Exception; Attendance (hrs):decimal;"
        "Booked (hrs):decimal; Difference (hrs):decimal",
        (
            (
                *(one.shown, one.reference),
                site.day(number // 4),
                pick(_EXCEPTIONS, number),
                amount(rng, number, most=1_200) if number % 4 else None,
                amount(rng, number, most=1_200),
                f"{rng.randrange(-800, 800) / 100:.2f}",
            )
            for number in range(site.size.facts // 4)
            for one in (pick(site.people, number * 3),)
        ),
    )


def resource_exceptions(site: Site) -> Table:
    """Make up Resource Exception Report."""
    rng = site.random("resource exceptions")
    return table(
        "Resource Type; Resource Name; Resource Identifier; Work Date:date; Exception;"
        "Quantity:decimal; UoM; Resolved?:boolean",
        (
            (
                "Equipment",
                *(one.name, one.identifier),
                site.day(number // 3),
                pick(_EXCEPTIONS, number),
                amount(rng, number, most=2_400),
                "hr",
                truth_value(number % 3 == 0) if number % 7 else None,
            )
            for number in range(site.size.facts // 4)
            for one in (pick(site.equipment, number),)
        ),
    )
