"""Clips by day: attendance, the work roster as a matrix, the supervision roster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.perform.site import DAY, LOCATIONS, clock, note, pick
from sandbox.perform.tables import Column, Table, table

if TYPE_CHECKING:
    from datetime import date

    from sandbox.perform.site import Site

TWINS = (17, 18)
"""Rows of Attendance Export that are identical."""
ROSTER_DAYS = 28

_CODES = ("D", "D", "D", "N", "RDO", "AL", None)
_CREWS = ("Crew A", "Crew B", "Nachtschicht", None)


def attendance(site: Site) -> Table:
    """Make up Attendance Export: starts and ends without a key, some ends missing."""
    rng = site.random("attendance")
    rows = []
    for number in range(site.size.facts):
        one = pick(site.people, number // 4)
        starts = number % 2 == 0 or number % 14 == 1
        rows.append(
            (
                site.day(number // (4 * len(site.people))),
                *(one.shown, one.reference, one.company[0]),
                "Start" if starts else "End",
                clock(rng, 6 if starts else 15),
                pick(LOCATIONS, number // 4),
                note(number) if number % 3 else None,
                f"-33.{rng.randrange(10**6):06d}" if number % 4 else None,
                f"151.{rng.randrange(10**6):06d}" if number % 4 else None,
            )
        )
    rows[TWINS[1]] = rows[TWINS[0]]
    return table(
        "Date:date; Person; Attendance Reference; Company; Action (Start / End); Time:time; Area;"
        "Comment; Latitude:decimal; Longitude:decimal",
        rows,
    )


def work_roster(site: Site) -> Table:
    """Make up Work Roster Export: a row per person, a column per day."""
    made = table(
        "Person; Attendance Reference; Company; Crew",
        (
            (one.shown, one.reference, one.company[0], pick(_CREWS, one.number))
            for one in site.people
        ),
    )
    monday = site.today - DAY * (site.today.weekday() + 7)
    for number in range(ROSTER_DAYS):
        add_day(made, monday + DAY * number)
    return made


def add_day(roster: Table, day: date) -> None:
    """Add the column of a day at the end of the matrix."""
    turn = day.toordinal()
    codes = [pick(_CODES, turn + 3 * number) for number in range(len(roster.rows))]
    roster.add_column(Column(day.isoformat(), dated=True), codes, None)


def supervision(site: Site) -> Table:
    """Make up Supervision Roster Export: who watches over whom, by day."""
    return table(
        "Roster Date:date; Supervisor; Supervisor Code; Person; Attendance Reference; Crew; Shift",
        (
            (
                site.day(day - 2),
                *(above.shown, above.supervisor),
                *(one.shown, one.reference),
                pick(_CREWS, one.number),
                pick(("Day", "Night"), day // 7),
            )
            for day in range(site.size.facts // 40)
            for one in site.people
            for above in (pick(site.people, one.number // 5 * 5),)
        ),
    )
