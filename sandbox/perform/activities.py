"""Clips about the work: activities, events, WBS, discussion, progress, earned value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.perform.site import DAY, TAGS, amount, clock, note, pick, truth_value
from sandbox.perform.tables import Table, table

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from sandbox.perform.site import Activity, Site

_SHARES = ("0", "12.5", "33.3333", "50.00", "100")
_METHODS = ("percentage", "quantity_progress", "tagged_item_labour", "tagged_item_quantity")
_EVENT_TYPES = ("Delay", "Variation", "Standing Time", None)

_ACTIVITY = """
Reference Code; Activity Name; WBS Code; Job Number; Cost Code; Cost Code Ref 1; Cost Code Ref 2;
Cost Type; Route Identifier; Quantity UoM; Work Category; Discipline; Location;
Original Budget Labour at Complete:decimal; Original Budget Quantity at Complete:decimal;
Original Budget Cost at Complete:decimal; Revised Budget Labour at Complete:decimal;
Revised Budget Quantity at Complete:decimal; Revised Budget Cost at Complete:decimal;
Current Estimate Labour at Complete:decimal; Current Estimate Quantity at Complete:decimal;
Current Estimate Cost at Complete:decimal; Revised Budget Tracked Cost at Complete:decimal;
Current Estimate Tracked Cost at Complete:decimal; Float Days:decimal; Start Chainage:decimal;
End Chainage:decimal; Start Chainage Offset:decimal; End Chainage Offset:decimal;
Original Planned Start:date; Original Planned Finish:date; Revised Planned Start:date;
Revised Planned Finish:date; Current Planned Start:date; Current Planned Finish:date;
Actual Start:date; Actual Start Time:time; Actual Finish:date; Actual Finish Time:time;
Expected Start:date; Expected Start Time:time; Expected Finish:date; Expected Finish Time:time;
Revised Early Start:date; Revised Early Finish:date; Revised Late Start:date;
Revised Late Finish:date; Current Early Start:date; Current Early Finish:date;
Current Late Start:date; Current Late Finish:date; Earned Value Method;
Exclude from Mobile Activity List?:boolean; Bookable for All?:boolean; Non-Bookable?:boolean;
Prevent Cost Code Override?:boolean; Responsible Engineer; Tags; % Complete:decimal; Notes
"""


def activities(site: Site) -> Table:
    """Make up Activity Export: the documented columns and a few more."""
    rng = site.random("activities")
    return table(_ACTIVITY, (_activity(site, rng, one) for one in site.activities))


def _activity(site: Site, rng: random.Random, one: Activity) -> Iterator[str | None]:
    number = one.number
    yield from (one.reference, one.name, one.wbs, one.job, one.cost_code)
    yield from (f"{number:03d}", None, pick(("Direct", "Indirect", None), number))
    yield from (f"R{number % 4}" if number % 3 else None, one.unit, one.category)
    yield from (one.discipline, one.location)
    for place in range(11):
        yield amount(rng, number + place) if (number + place) % 7 else None
    yield str(number % 30 - 5)
    chained = number % 3 == 0
    for chainage in (number * 12.5, number * 12.5 + 40):
        yield f"{chainage:.3f}" if chained else None
    yield from ("-1.500", "2.250") if chained else (None, None)
    for shift in (0, 3, 5):
        yield from _span(one, shift)
    started, ended = one.start <= site.today, one.finish < site.today
    yield from (one.start.isoformat(), clock(rng, 6)) if started else (None, None)
    yield from (one.finish.isoformat(), clock(rng, 15)) if ended else (None, None)
    for day, hour in ((one.start, 6), (one.finish, 15)):
        yield from (day.isoformat(), clock(rng, hour)) if number % 4 else (None, None)
    for shift in (-2, 4, 0, 9):
        yield from _span(one, shift) if number % 5 else (None, None)
    yield pick(_METHODS, number)
    for modulus in (6, 2, 9, 4):
        yield truth_value(number % modulus == 0)
    yield pick(site.people, number).shown
    yield pick(TAGS, number)
    yield pick(_SHARES, number)
    yield note(number)


def _span(one: Activity, shift: int) -> tuple[str, str]:
    return (one.start + DAY * shift).isoformat(), (one.finish + DAY * shift).isoformat()


def events(site: Site) -> Table:
    """Make up Event Export."""
    rng = site.random("events")
    return table(
        "Event Code; Event Name; Event Type; Activity Reference Code; Work Category;"
        "Event Date:date; Start Time:time; End Time:time; Duration (hrs):decimal; Cost Code;"
        "Description",
        (
            (
                f"E-{number:05d}",
                f"Event {number // 2 + 1}",
                pick(_EVENT_TYPES, number),
                pick(site.activities, number * 7).reference,
                pick(site.activities, number).category if number % 4 else None,
                site.day(rng.randrange(200)),
                clock(rng, 6),
                clock(rng, 12),
                f"{rng.randrange(1, 40) / 4:.2f}",
                pick(site.activities, number).cost_code,
                note(number),
            )
            for number in range(site.size.facts // 3)
        ),
    )


def wbs(site: Site) -> Table:
    """Make up WBS Export; it is a hierarchy."""
    return table(
        "WBS Code; WBS Name; Parent WBS Code; Level:integer; Sort Order:integer",
        (
            (
                code,
                f"{pick(('Earthworks', 'Piling', 'Décks & Bearings'), number)} {code}",
                code.rpartition(".")[0],
                str(code.count(".") + 1),
                str(10 * number),
            )
            for number, code in enumerate(site.wbs)
        ),
    )


def discussion(site: Site) -> Table:
    """Make up Discussion: entries of the timelines."""
    rng = site.random("discussion")
    rows = []
    for number in range(site.size.facts):
        activity = pick(site.activities, number // 3)
        rows.append(
            (
                activity.reference,
                activity.name,
                f"{site.day(rng.randrange(150))} {clock(rng, 7)}:{number % 60:02d}",
                pick(site.people, rng.randrange(len(site.people))).shown,
                pick(("Comment", "Photo", "Status change"), number),
                note(5 * number) or "OK",
                truth_value(number % 9 == 0),
                str(number % 4),
            )
        )
    return table(
        "Activity Reference Code; Activity Name; Posted At:datetime; Author; Entry Type; Comment;"
        "Edited?:boolean; Attachments:integer",
        rows,
    )


def progress(site: Site) -> Table:
    """Make up Quantity Progress Report."""
    rng = site.random("progress")
    rows = []
    for number in range(site.size.facts):
        one = pick(site.activities, number // 2)
        rows.append(
            (
                one.reference,
                one.name,
                site.day(number % 180),
                amount(rng, number, most=10_000),
                amount(rng, number, most=100_000),
                pick(_SHARES, number),
                one.unit,
                f"{number * 2.5:.3f}" if number % 3 else None,
                f"{number * 2.5 + 10:.3f}" if number % 3 else None,
                note(number),
                pick(site.people, number).shown,
            )
        )
    return table(
        "Activity Reference Code; Activity Name; Progress Date:date; Quantity Delta:decimal;"
        "Actual Quantity to Date:decimal; Percentage Complete (%):decimal; Quantity UoM;"
        "Start Chainage:decimal; End Chainage:decimal; Note; Recorded By",
        rows,
    )


def periods(site: Site) -> Table:
    """Make up Reporting Periods: weeks, the newest first."""
    return table(
        "Reporting Period; Period Start:date; Period End:date; Calculation Engine; Closed?:boolean;"
        "Calculated At:datetime",
        (
            (
                f"Week {number + 1:03d}",
                site.day(7 * number + 6),
                site.day(7 * number),
                "Earned Value v2" if number % 3 else "Earned Value v1",
                truth_value(number > 1),
                f"{site.day(7 * number)} 23:59:59" if number else None,
            )
            for number in range(52)
        ),
    )


def snapshots(site: Site) -> Table:
    """Make up Snapshot Export: three periods of some activities."""
    rng = site.random("snapshots")
    return table(
        "Reporting Period; Snapshot Date:date; Activity Reference Code; WBS Code;"
        "Planned Value:decimal; Earned Value:decimal; Actual Cost:decimal; % Complete:decimal;"
        "SPI:decimal; CPI:decimal",
        (
            (
                f"Week {period + 1:03d}",
                site.day(7 * period),
                one.reference,
                one.wbs,
                *(amount(rng, one.number + place) for place in range(3)),
                pick(_SHARES, one.number + period),
                f"{rng.randrange(50, 150) / 100:.2f}",
                f"{rng.randrange(50, 150) / 100:.4f}" if one.number % 4 else None,
            )
            for period in range(1, 4)
            for one in site.activities[: site.size.facts // 3]
        ),
    )
