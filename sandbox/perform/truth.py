"""The rows that each table of a copy should hold now: those that are served, not what a tap says.

Cells are the text that the projects spell, None for blank ones, under the headings as they are.
Format, dialect, framing, staleness and oddities do not show, save that of `header_only`: such a
clip is an empty table. `grid` has what is served, oddities included.
"""

from __future__ import annotations

from sandbox.perform.clips import CLIPS, PROJECTS
from sandbox.perform.formats import distorted
from sandbox.perform.site import NAMES, Row
from sandbox.perform.tables import Grid
from sandbox.perform.world import World

TABLES = tuple(CLIPS)
"""The tables by slug; each has the rows of both projects."""

PROJECT = "project"
"""What each row has beside its cells: the project's name in the configuration."""


def rows(world: World, table: str) -> list[Row]:
    """Return the rows of one table, the first project's first; KeyError for an unknown one."""
    found: list[Row] = []
    with world.lock:
        for project in PROJECTS:
            clip = world.served(project, table)
            named: Row = {PROJECT: NAMES[project]}
            found += [named | dict(zip(clip.headings, row, strict=True)) for row in clip.rows]
    return found


def counts(world: World) -> dict[str, int]:
    with world.lock:
        return {
            table: sum(len(world.served(project, table).rows) for project in PROJECTS)
            for table in TABLES
        }


def grid(world: World, project: int, table: str) -> Grid:
    """Return headings and rows of a clip as they are served, oddities included."""
    with world.lock:
        oddities = world.form(project, table).oddities
        return distorted(world.served(project, table), oddities)
