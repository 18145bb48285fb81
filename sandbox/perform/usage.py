"""Resource usage: who did how much on what, day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.perform.site import TAGS, amount, clock, new_uuid, note, pick
from sandbox.perform.tables import Table, table

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from sandbox.perform.site import Activity, Site

UUID = "UUID"
"""The column that the switch `usage_uuid` shows."""

WORK_DATE = "Work Date"
TWIN_EVERY = 150
"""Every so many rows one is like the one before, save for its UUID."""
SPAN = 120
"""Days over which the rows are spread."""

_SPEC = """
UUID; Project; Work Date:date; Resource Role; Work Role Category; Work Role Category Type; Company;
Company Supplier Reference; Resource Type; Resource Name; Resource Unique Identifier;
Resource Identifier; Resource External Reference; Resource Supervisor; Resource Tags;
Work Reference Type; Work Reference Code; Work Reference Name; Work Reference Tags; Event Type;
Related Activity Code; Discipline; Location; Work Reference Category; Job Number; Cost Code;
Cost Code Ref 1; Usage Code; UoM; Quantity:decimal; Start Time:time; End Time:time;
Break Duration (mins):integer; Docket Reference; Purchase Order Reference Number; Status;
Rejection Reason; Rate:decimal; Cost:decimal; Resource Note; Usage Note
"""
_CODES = ("NT (Normal Time)", "OT (Overtime 1.5)", "DH (Down, hire continues)", "IDLE (Idle)")
_STATUSES = ("Unapproved", "Submitted", "Approved", "Rejected")


def usages(site: Site) -> Table:
    """Make up Resource Usage Export: the newest first, some rows twice."""
    rng = site.random("usages")
    made = table(_SPEC, (_usage(site, rng, number) for number in range(site.size.usages)))
    for number in range(TWIN_EVERY, len(made.rows), TWIN_EVERY):
        made.rows[number] = [new_uuid(rng), *made.rows[number - 1][1:]]
    return made


def _usage(site: Site, rng: random.Random, number: int) -> Iterator[str | None]:
    yield new_uuid(rng)
    yield site.title
    yield site.day(number * SPAN // site.size.usages)
    yield from _resource(site, rng, number)
    one = pick(site.activities, rng.randrange(len(site.activities)))
    yield from _work(one, number)
    yield pick(_CODES, number)
    yield "hr" if number % 4 else "ea"
    yield amount(rng, number, most=1_200)
    yield from (clock(rng, 6), clock(rng, 14)) if number % 3 else (None, None)
    yield str(15 * (number % 4)) if number % 3 else None
    yield f"D-{number % 90:04d}" if number % 5 == 0 else None
    yield f"{number % 30:06d}" if number % 5 == 0 else None
    status = pick(_STATUSES, rng.randrange(len(_STATUSES)))
    yield status
    yield "Wrong cost code,\nsee docket" if status == "Rejected" else None
    yield from (amount(rng, number + 1, most=20_000), amount(rng, number + 2))
    yield note(number + 1)
    yield note(number)


def _resource(site: Site, rng: random.Random, number: int) -> tuple[str | None, ...]:
    tags = pick(TAGS, number)
    if number % 4:
        person = pick(site.people, rng.randrange(len(site.people)))
        above = pick(site.people, person.number // 5 * 5)
        named = ("People", person.shown, person.uuid, person.identifier, person.reference)
        return (*person.role, *person.company, *named, above.shown, tags)
    equipment = number % 8 == 0
    machine = pick(site.equipment if equipment else site.others, number // 8)
    kind = "Equipment" if equipment else "Other Resource"
    named = (kind, machine.name, machine.uuid, machine.identifier, machine.external or "")
    return ("", "Plant", "Direct", *machine.company, *named, None, tags)


def _work(one: Activity, number: int) -> tuple[str | None, ...]:
    common = (one.discipline, one.location, one.category, one.job, one.cost_code, None)
    if number % 6:
        return ("Activity", one.reference, one.name, pick(TAGS, number + 1), None, None, *common)
    event = (f"E-{number % 80:05d}", f"Event {number % 80 // 2 + 1}")
    return ("Event", *event, None, pick(("Delay", "Variation"), number), one.reference, *common)
