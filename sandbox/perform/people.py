"""Clips about people, equipment and other resources: lists, rosters, usage, exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.perform.site import (
    DAY,
    LOCATIONS,
    TAGS,
    UNITS,
    amount,
    clock,
    new_uuid,
    note,
    pick,
    yes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from random import Random

    from sandbox.perform.site import Cell, Machine, Person, Row, Site

UUID = "UUID"
"""The column of resource usages that the switch `usage_uuid` shows."""
WORK_DATE = "Work Date"
TWIN_EVERY = 150
"""Every so many usages one is like the one before, save for its UUID."""
SPAN = 120
"""Days over which usages are spread."""
TWINS = (17, 18)
"""Rows of Attendance Export that are identical."""
ROSTER_DAYS = 28

_EXCEPTIONS = ("No attendance", "Hours booked without attendance", "Missing end", "Overlap > 5 %")
_SHIFTS = ("D", "D", "D", "N", "RDO", "AL", None)
_CREWS = ("Crew A", "Crew B", "Nachtschicht", None)
_USAGE_CODES = (
    *("NT (Normal Time)", "OT (Overtime 1.5)", "DH (Down, hire continues)", "IDLE (Idle)"),
)
_STATUSES = ("Unapproved", "Submitted", "Approved", "Rejected")


def persons(site: Site, rng: Random) -> Iterator[Row]:
    """Yield Person Export; names occur twice, references do not."""
    for one in site.people:
        number = one.number
        yield {
            "Given Name": one.given,
            "Family Name": one.family,
            "Display Name": one.shown,
            "Attendance Reference": one.reference,
            "Supervisor Code": one.supervisor,
            "Email": f"person{number}@example.test" if number % 6 else None,
            "Mobile": f"+61 400 {number:06d}" if number % 4 else f"0{number:08d}",
            "Company": one.company[0],
            "Role": one.role[0],
            "Start Date:date": site.day(400 + number),
            "End Date:date": site.day(number) if number % 8 == 0 else None,
            "Active?:boolean": yes(number % 8),
            "Tags": pick(TAGS, number),
            "Last Sign In (UTC):datetime": (
                f"{site.day(number % 20)} {clock(rng, 6)}:00" if number % 3 else None
            ),
        }


def equipment(site: Site, rng: Random) -> Iterator[Row]:
    """Yield Equipment Item Export."""
    for number, one in enumerate(site.equipment):
        yield {
            "Equipment Item": one.name,
            "Equipment Number": one.identifier,
            "External Reference": one.external,
            "Company": one.company[0],
            "Company Supplier Reference": one.company[1],
            "Hour Meter:decimal": amount(rng, number, most=900_000),
            "Assigned From:date": site.day(300 - number),
            "Assigned To:date": site.day(number) if number % 5 == 0 else None,
            "Wet Hire?:boolean": yes(number % 2),
            "Active?:boolean": yes(number % 5),
        }


def others(site: Site, rng: Random) -> Iterator[Row]:
    """Yield Other Resources Export."""
    for number, one in enumerate(site.others):
        yield {
            "Resource Name": one.name,
            "Resource Type": pick(("Material", "Generic Person", "Generic Equipment"), number),
            "Code": one.identifier,
            "UoM": pick(UNITS, number),
            "Company": one.company[0],
            "Unit Rate:decimal": amount(rng, number, most=50_000) if number % 4 else None,
            "Active?:boolean": yes(number % 3),
        }


def resources(site: Site, _rng: Random) -> Iterator[Row]:
    """Yield Resource: everything that can be booked, with its UUID."""
    booked: list[tuple[str, str, Cell, object, Person | Machine]] = [
        *(("People", one.shown, one.reference, one.number % 8, one) for one in site.people),
        *(("Equipment", one.name, one.external, True, one) for one in site.equipment),
        *(("Other Resource", one.name, one.external, True, one) for one in site.others),
    ]
    for kind, name, external, active, one in booked:
        yield {
            "Resource UUID": one.uuid,
            "Resource Type": kind,
            "Resource Name": name,
            "Resource Identifier": one.identifier,
            "Resource External Reference": external,
            "Company": one.company[0],
            "Active?:boolean": yes(active),
        }


def rates(site: Site, rng: Random) -> Iterator[Row]:
    """Yield Applicable Rates: two periods per person."""
    for one in site.people:
        for period in (0, 1):
            yield {
                "Resource Name": one.shown,
                "Resource Identifier": one.identifier,
                "Resource Role": one.role[0],
                "Usage Code": pick(("NT", "OT"), period),
                "UoM": "hr",
                "Rate:decimal": amount(rng, one.number + period, most=30_000),
                "Currency": "AUD" if site.project == 1 else "USD",
                "Effective From:date": site.day(365 * (2 - period)),
                "Effective To:date": None if period else site.day(366),
                "Rate Card": pick(("Standard 2024", "Shutdown (12 h)"), one.number),
            }


def people_exceptions(site: Site, rng: Random) -> Iterator[Row]:
    """Yield People Exception Export."""
    for number in range(site.size.facts // 4):
        one = pick(site.people, number * 3)
        yield {
            "Person": one.shown,
            "Attendance Reference": one.reference,
            "Date:date": site.day(number // 4),
            "Exception": pick(_EXCEPTIONS, number),
            "Attendance (hrs):decimal": amount(rng, number, most=1_200) if number % 4 else None,
            "Booked (hrs):decimal": amount(rng, number, most=1_200),
            "Difference (hrs):decimal": f"{rng.randrange(-800, 800) / 100:.2f}",
        }


def resource_exceptions(site: Site, rng: Random) -> Iterator[Row]:
    """Yield Resource Exception Report."""
    for number in range(site.size.facts // 4):
        one = pick(site.equipment, number)
        yield {
            "Resource Type": "Equipment",
            "Resource Name": one.name,
            "Resource Identifier": one.identifier,
            "Work Date:date": site.day(number // 3),
            "Exception": pick(_EXCEPTIONS, number),
            "Quantity:decimal": amount(rng, number, most=2_400),
            "UoM": "hr",
            "Resolved?:boolean": yes(number % 3 == 0) if number % 7 else None,
        }


def attendance(site: Site, rng: Random) -> list[Row]:
    """Return Attendance Export: starts and ends without a key, some ends missing."""
    rows: list[Row] = []
    for number in range(site.size.facts):
        one = pick(site.people, number // 4)
        starts = number % 2 == 0 or number % 14 == 1
        row: Row = {
            "Date:date": site.day(number // (4 * len(site.people))),
            "Person": one.shown,
            "Attendance Reference": one.reference,
            "Company": one.company[0],
            "Action (Start / End)": "Start" if starts else "End",
            "Time:time": clock(rng, 6 if starts else 15),
            "Area": pick(LOCATIONS, number // 4),
            "Comment": note(number) if number % 3 else None,
            "Latitude:decimal": f"-33.{rng.randrange(10**6):06d}" if number % 4 else None,
            "Longitude:decimal": f"151.{rng.randrange(10**6):06d}" if number % 4 else None,
        }
        rows.append(row)
    rows[TWINS[1]] = rows[TWINS[0]]
    return rows


def work_roster(site: Site, _rng: Random) -> Iterator[Row]:
    """Yield Work Roster Export: a row per person, a column per day."""
    monday = site.today - DAY * (site.today.weekday() + 7)
    days = [monday + DAY * number for number in range(ROSTER_DAYS)]
    for one in site.people:
        yield {
            "Person": one.shown,
            "Attendance Reference": one.reference,
            "Company": one.company[0],
            "Crew": pick(_CREWS, one.number),
            **{f"{day}:day": shift(day, one.number) for day in days},
        }


def shift(day: date, number: int) -> Cell:
    """Return what the work roster has for a day and a row."""
    return pick(_SHIFTS, day.toordinal() + 3 * number)


def supervision(site: Site, _rng: Random) -> Iterator[Row]:
    """Yield Supervision Roster Export: who watches over whom, by day."""
    for day in range(site.size.facts // 40):
        for one in site.people:
            above = pick(site.people, one.number // 5 * 5)
            yield {
                "Roster Date:date": site.day(day - 2),
                "Supervisor": above.shown,
                "Supervisor Code": above.supervisor,
                "Person": one.shown,
                "Attendance Reference": one.reference,
                "Crew": pick(_CREWS, one.number),
                "Shift": pick(("Day", "Night"), day // 7),
            }


def usages(site: Site, rng: Random) -> list[Row]:
    """Return Resource Usage Export: who did how much on what, the newest first, some twice."""
    rows = [_usage(site, rng, number) for number in range(site.size.usages)]
    for number in range(TWIN_EVERY, len(rows), TWIN_EVERY):
        rows[number] = rows[number - 1] | {UUID: new_uuid(rng)}
    return rows


def _usage(site: Site, rng: Random, number: int) -> Row:
    row: Row = {
        UUID: new_uuid(rng),
        "Project": site.title,
        f"{WORK_DATE}:date": site.day(number * SPAN // site.size.usages),
        **_resource(site, rng, number),
        **_work(site, rng, number),
        "Usage Code": pick(_USAGE_CODES, number),
        "UoM": "hr" if number % 4 else "ea",
        "Quantity:decimal": amount(rng, number, most=1_200),
        "Start Time:time": clock(rng, 6) if number % 3 else None,
        "End Time:time": clock(rng, 14) if number % 3 else None,
        "Break Duration (mins):integer": str(15 * (number % 4)) if number % 3 else None,
        "Docket Reference": f"D-{number % 90:04d}" if number % 5 == 0 else None,
        "Purchase Order Reference Number": f"{number % 30:06d}" if number % 5 == 0 else None,
    }
    status = pick(_STATUSES, rng.randrange(len(_STATUSES)))
    return row | {
        "Status": status,
        "Rejection Reason": "Wrong cost code,\nsee docket" if status == "Rejected" else None,
        "Rate:decimal": amount(rng, number + 1, most=20_000),
        "Cost:decimal": amount(rng, number + 2),
        "Resource Note": note(number + 1),
        "Usage Note": note(number),
    }


def _resource(site: Site, rng: Random, number: int) -> Row:
    if number % 4:
        person = pick(site.people, rng.randrange(len(site.people)))
        role, company = person.role, person.company
        kind, name, external = "People", person.shown, person.reference
        above = pick(site.people, person.number // 5 * 5).shown
        uuid, identifier = person.uuid, person.identifier
    else:
        kind = "Other Resource" if number % 8 else "Equipment"
        machine = pick(site.others if number % 8 else site.equipment, number // 8)
        role, company = ("", "Plant", "Direct"), machine.company
        name, external, above = machine.name, machine.external or "", ""
        uuid, identifier = machine.uuid, machine.identifier
    return {
        "Resource Role": role[0],
        "Work Role Category": role[1],
        "Work Role Category Type": role[2],
        "Company": company[0],
        "Company Supplier Reference": company[1],
        "Resource Type": kind,
        "Resource Name": name,
        "Resource Unique Identifier": uuid,
        "Resource Identifier": identifier,
        "Resource External Reference": external,
        "Resource Supervisor": above,
        "Resource Tags": pick(TAGS, number),
    }


def _work(site: Site, rng: Random, number: int) -> Row:
    one = pick(site.activities, rng.randrange(len(site.activities)))
    event = number % 6 == 0
    return {
        "Work Reference Type": "Event" if event else "Activity",
        "Work Reference Code": f"E-{number % 80:05d}" if event else one.reference,
        "Work Reference Name": f"Event {number % 80 // 2 + 1}" if event else one.name,
        "Work Reference Tags": None if event else pick(TAGS, number + 1),
        "Event Type": pick(("Delay", "Variation"), number) if event else None,
        "Related Activity Code": one.reference if event else None,
        "Discipline": one.discipline,
        "Location": one.location,
        "Work Reference Category": one.category,
        "Job Number": one.job,
        "Cost Code": one.cost_code,
        "Cost Code Ref 1": None,
    }
