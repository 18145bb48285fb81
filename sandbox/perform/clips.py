"""The clips of a project by Bentley's own names, what is in them, and their made-up addresses."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import NamedTuple

from sandbox.perform.rows import LISTS

FULL_USAGE = "resource_usage_export"
PROJECTS = (1, 2)


class Clip(NamedTuple):
    """One clip; a window is live and holds the last so many days of the full usage export."""

    name: str
    slug: str
    window: int
    big: bool = False
    """Whether it is as long as the switch `big_rows` says, and the first project's only."""


def slug_of(name: str) -> str:
    """Return the snake case of a clip's name."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def address(project: int, slug: str) -> str:
    """Return the token that stands for a clip in its address: the same in every sandbox."""
    digest = sha256(f"dataclip {project} {slug}".encode()).digest()
    return "".join(chr(ord("a") + byte % 26) for byte in digest[:28])


_CUSTOM = "Custom Cost Report"
"""A clip made on request; the 27 others are those that a project provisions itself."""


def _clip(name: str, *, big: bool = False) -> Clip:
    days = re.search(r"Last (\d+) Days", name)
    return Clip(name, slug_of(name), int(days[1]) if days else 0, big)


_NAMES = (*sorted({*LISTS} - {_CUSTOM}, key=slug_of), _CUSTOM)

CLIPS = {clip.slug: clip for clip in map(_clip, _NAMES)}
EVERY = CLIPS | {slug_of(name): _clip(name, big=True) for name in ("Big CSV", "Big JSON")}

BY_ADDRESS = {(project, address(project, slug)): slug for project in PROJECTS for slug in EVERY}
