"""Clips whose columns are not public: lists with likely headings and cells of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

from sandbox.perform.site import (
    CODES,
    COMPANIES,
    UNITS,
    Cell,
    Row,
    Site,
    amount,
    clock,
    note,
    pick,
    yes,
)


class Listed(NamedTuple):
    """How long a list is, in rows for each hundred facts of a project, and its columns."""

    share: int
    columns: str


LISTS = {
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

_BY_HEADING: dict[str, Callable[[Site, int], Cell]] = {
    "Activity Name": lambda site, number: pick(site.activities, number // 3).name,
    "Activity Reference Code": lambda site, number: pick(site.activities, number // 3).reference,
    "Attendance Reference": lambda site, number: pick(site.people, number).reference,
    "Attribute Value": lambda _, number: note(number),
    "Author": lambda site, number: pick(site.people, number * 7).shown,
    "Comment": lambda _, number: note(number),
    "Company": lambda _, number: pick(COMPANIES, number)[0],
    "Cost Code": lambda _, number: pick(CODES, number),
    "Description": lambda _, number: note(number),
    "Item Reference": lambda _, number: f"{number // 4:05d}",
    "Ledger Id": lambda _, n: str(9_007_199_254_740_993 + 10**18 * (n % 9) + n),
    "Note": lambda _, number: note(number),
    "Person": lambda site, number: pick(site.people, number).shown,
    "Supervisor Code": lambda site, number: pick(site.people, number // 5 * 5).supervisor,
    "UoM": lambda _, number: pick(UNITS, number),
    "WBS Code": lambda site, number: pick(site.wbs, number),
}

_BY_KIND: dict[str, Callable[[Site, Random, int], Cell]] = {
    "date": lambda site, _, number: site.day(number % 200),
    "time": lambda _, rng, __: clock(rng, 6),
    "datetime": lambda site, rng, n: f"{site.day(n % 150)} {clock(rng, 7)}:{n % 60:02d}",
    "decimal": lambda _, rng, number: amount(rng, number),
    "integer": lambda _, __, number: str(number % 9),
    "boolean": lambda _, __, number: yes(number % 3),
}


def rows(site: Site, name: str) -> Iterator[Row]:
    """Yield the rows of a list; every now and then a cell is blank, but never a row's first."""
    rng = site.random(name)
    columns = [column.strip() for column in LISTS[name].columns.split(",")]
    for number in range(site.size.facts * LISTS[name].share // 100):
        row: Row = {}
        for place, column in enumerate(columns):
            blank = place and (number + 3 * place) % 11 == 0
            row[column] = None if blank else _cell(site, rng, column, number)
        yield row


def _cell(site: Site, rng: Random, column: str, number: int) -> Cell:
    heading, _, kind = column.partition(":")
    if heading in _BY_HEADING:
        return _BY_HEADING[heading](site, number)
    return _BY_KIND[kind](site, rng, number) if kind else f"{heading} {number // 2 + 1}"
