"""The clips of a project by Bentley's own names, what is in them, and their made-up addresses."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sandbox.perform import commerce, people, work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

    from sandbox.perform.site import Row, Site

    Rows: TypeAlias = Callable[[Site, Random], Iterable[Row]]

FULL_USAGE = "resource_usage_export"
PROJECTS = (1, 2)


class Clip(NamedTuple):
    """One clip; a window is live and holds the last so many days of the full usage export."""

    slug: str
    name: str
    window: int
    rows: Rows
    """How its rows are made up."""
    big: bool = False
    """Whether it is as long as the switch `big_rows` says, and the first project's only."""


def slug_of(name: str) -> str:
    """Return the snake case of a clip's name."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def address(project: int, slug: str) -> str:
    """Return the token that stands for a clip in its address: the same in every sandbox."""
    digest = sha256(f"dataclip {project} {slug}".encode()).digest()
    return "".join(chr(ord("a") + byte % 26) for byte in digest[:28])


_SELF_SERVICE: dict[str, Rows] = {
    "Activity Export": work.activities,
    "Applicable Rates": people.rates,
    "Attendance Export": people.attendance,
    "Discussion": work.discussion,
    "Docket Export": commerce.dockets,
    "Equipment Item Export": people.equipment,
    "Event Export": work.events,
    "Invoice Export": commerce.invoices,
    "Other Resources Export": people.others,
    "People Exception Export": people.people_exceptions,
    "Person Export": people.persons,
    "Purchase Order Export": commerce.orders,
    "Quantity Progress Report": work.progress,
    "Reporting Periods": work.periods,
    "Resource": people.resources,
    "Resource Exception Report": people.resource_exceptions,
    "Resource Usage Export": people.usages,
    "Resource Usage Export (Last 10 Days)": people.usages,
    "Resource Usage Export (Last 20 Days)": people.usages,
    "Resource Usage Export (Last 60 Days)": people.usages,
    "Snapshot Export": work.snapshots,
    "Supervision Roster Export": people.supervision,
    "Tagged Item Attributes": work.attributes,
    "Tagged Item Completions": work.completions,
    "Tagged Item Registers Export": work.registers,
    "WBS Export": work.wbs,
    "Work Roster Export": people.work_roster,
}


def _clip(name: str, rows: Rows, *, big: bool = False) -> Clip:
    days = re.search(r"Last (\d+) Days", name)
    return Clip(slug_of(name), name, int(days[1]) if days else 0, rows, big)


SELF_SERVICE = tuple(_clip(name, rows) for name, rows in _SELF_SERVICE.items())
"""The 27 clips that a project provisions itself."""

_CUSTOM = _clip("Custom Cost Report", commerce.cost_report)
"""A clip made on request."""

_BIG = tuple(_clip(name, people.usages, big=True) for name in ("Big CSV", "Big JSON"))

CLIPS = {clip.slug: clip for clip in (*SELF_SERVICE, _CUSTOM)}
EVERY = CLIPS | {clip.slug: clip for clip in _BIG}

BY_ADDRESS = {(project, address(project, slug)): slug for project in PROJECTS for slug in EVERY}
