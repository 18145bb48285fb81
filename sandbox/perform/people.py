"""Clips about people and resources: lists, attendance, the work roster, resource usage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

from sandbox.perform.site import (
    DAY,
    LOCATIONS,
    TAGS,
    Cell,
    Machine,
    Person,
    Row,
    Site,
    amount,
    clock,
    note,
    pick,
    yes,
)

WORK_DATE = "Work Date"
TWIN_EVERY = 150
"""Every so many usages one is like the one before."""
SPAN = 120
"""Days over which usages are spread."""
TWINS = (17, 18)
"""Rows of Attendance Export that are identical."""
ROSTER_DAYS = 28

_SHIFTS = ("D", "D", "D", "N", "RDO", "AL", None)
_USAGE_CODES = (
    *("NT (Normal Time)", "OT (Overtime 1.5)", "DH (Down, hire continues)", "IDLE (Idle)"),
)
_STATUSES = ("Unapproved", "Submitted", "Approved", "Rejected")


def persons(site: Site) -> Iterator[Row]:
    """Yield Person Export; names occur twice, references do not."""
    for one in site.people:
        yield {
            "Display Name": one.shown,
            "Attendance Reference": one.reference,
            "Supervisor Code": one.supervisor,
            "Company": one.company[0],
            "Start Date:date": site.day(400 + one.number),
            "Active?:boolean": yes(one.number % 8),
            "Tags": pick(TAGS, one.number),
        }


def resources(site: Site) -> Iterator[Row]:
    """Yield Resource: everything that can be booked, with its UUID."""
    booked: list[tuple[str, str, Cell, Person | Machine]] = [
        *(("People", one.shown, one.reference, one) for one in site.people),
        *(("Equipment", one.name, one.external, one) for one in site.equipment),
        *(("Other Resource", one.name, one.external, one) for one in site.others),
    ]
    for number, (kind, name, external, one) in enumerate(booked):
        yield {
            "Resource UUID": one.uuid,
            "Resource Type": kind,
            "Resource Name": name,
            "Resource Identifier": one.identifier,
            "Resource External Reference": external,
            "Company": one.company[0],
            "Active?:boolean": yes(number % 8),
        }


def attendance(site: Site) -> list[Row]:
    """Return Attendance Export: starts and ends without a key, some ends missing."""
    rng = site.random("attendance")
    rows: list[Row] = []
    for number in range(site.size.facts):
        one = pick(site.people, number // 4)
        starts = number % 2 == 0 or number % 14 == 1
        row: Row = {
            "Date:date": site.day(number // (4 * len(site.people))),
            "Person": one.shown,
            "Attendance Reference": one.reference,
            "Action (Start / End)": "Start" if starts else "End",
            "Time:time": clock(rng, 6 if starts else 15),
            "Area": pick(LOCATIONS, number // 4),
            "Comment": note(number) if number % 3 else None,
        }
        rows.append(row)
    rows[TWINS[1]] = rows[TWINS[0]]
    return rows


def work_roster(site: Site) -> Iterator[Row]:
    """Yield Work Roster Export: a row per person, a column per day."""
    monday = site.today - DAY * (site.today.weekday() + 7)
    days = [monday + DAY * number for number in range(ROSTER_DAYS)]
    for one in site.people:
        yield {
            "Person": one.shown,
            "Attendance Reference": one.reference,
            **{f"{day}:day": shift(day, one.number) for day in days},
        }


def shift(day: date, number: int) -> Cell:
    """Return what the work roster has for a day and a row."""
    return pick(_SHIFTS, day.toordinal() + 3 * number)


def usages(site: Site) -> list[Row]:
    """Return Resource Usage Export: who did how much on what, the newest first, some twice."""
    rng = site.random("usages")
    rows = [_usage(site, rng, number) for number in range(site.size.usages)]
    for number in range(TWIN_EVERY, len(rows), TWIN_EVERY):
        rows[number] = rows[number - 1]
    return rows


def _usage(site: Site, rng: Random, number: int) -> Row:
    status = pick(_STATUSES, rng.randrange(len(_STATUSES)))
    timed, ordered = number % 3, number % 5 == 0
    return {
        "Project": site.title,
        f"{WORK_DATE}:date": site.day(number * SPAN // site.size.usages),
        **_resource(site, rng, number),
        **_work(site, rng, number),
        "Usage Code": pick(_USAGE_CODES, number),
        "UoM": "hr" if number % 4 else "ea",
        "Quantity:decimal": amount(rng, number, most=1_200),
        "Start Time:time": clock(rng, 6) if timed else None,
        "End Time:time": clock(rng, 14) if timed else None,
        "Break Duration (mins):integer": str(15 * (number % 4)) if timed else None,
        "Docket Reference": f"D-{number % 90:04d}" if ordered else None,
        "Purchase Order Reference Number": f"{number % 30:06d}" if ordered else None,
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
