"""The clips of a project by Bentley's own names, and the made-up addresses of theirs."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import NamedTuple

FULL_USAGE = "resource_usage_export"
PROJECTS = (1, 2)


class Clip(NamedTuple):
    """One clip; a window is live and holds the last so many days of the full usage export."""

    slug: str
    name: str
    window: int = 0


def slug_of(name: str) -> str:
    """Return the snake case of a clip's name."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def address(project: int, slug: str) -> str:
    """Return the token that stands for a clip in its address: the same in every sandbox."""
    digest = sha256(f"dataclip {project} {slug}".encode()).digest()
    return "".join(chr(ord("a") + byte % 26) for byte in digest[:28])


_NAMES = (
    "Activity Export",
    "Applicable Rates",
    "Attendance Export",
    "Discussion",
    "Docket Export",
    "Equipment Item Export",
    "Event Export",
    "Invoice Export",
    "Other Resources Export",
    "People Exception Export",
    "Person Export",
    "Purchase Order Export",
    "Quantity Progress Report",
    "Reporting Periods",
    "Resource",
    "Resource Exception Report",
    "Resource Usage Export",
    "Resource Usage Export (Last 10 Days)",
    "Resource Usage Export (Last 20 Days)",
    "Resource Usage Export (Last 60 Days)",
    "Snapshot Export",
    "Supervision Roster Export",
    "Tagged Item Attributes",
    "Tagged Item Completions",
    "Tagged Item Registers Export",
    "WBS Export",
    "Work Roster Export",
)


def _clip(name: str) -> Clip:
    days = re.search(r"Last (\d+) Days", name)
    return Clip(slug_of(name), name, int(days[1]) if days else 0)


SELF_SERVICE = tuple(_clip(name) for name in _NAMES)
"""The 27 clips that a project provisions itself."""

CUSTOM = (Clip("custom_cost_report", "Custom Cost Report"),)
"""Clips made on request."""

BIG = (Clip("big_csv", "Big CSV"), Clip("big_json", "Big JSON"))
"""Clips of the first project that are as long as the switch `big_rows` says."""

CLIPS = {clip.slug: clip for clip in (*SELF_SERVICE, *CUSTOM)}
EVERY = CLIPS | {clip.slug: clip for clip in BIG}

BY_ADDRESS = {
    (project, address(project, slug)): slug
    for project in PROJECTS
    for slug in EVERY
    if project == PROJECTS[0] or slug in CLIPS
}
