"""The rows that each table of a copy should hold now, straight from the world and not from any tap.

Cells are the text that the projects spell, None for blank ones, under the headings as they are.
Format, dialect, framing, staleness and oddities do not show, save that of `header_only`: such a
clip is an empty table. `grid` has what is served, oddities included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.perform.big import big_grid
from sandbox.perform.bodies import MARKER
from sandbox.perform.clips import CLIPS, PROJECTS
from sandbox.perform.oddities import distorted
from sandbox.perform.site import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.perform.tables import Cells, Grid
    from sandbox.perform.world import World

TABLES = tuple(CLIPS)
"""The tables by slug; each has the rows of both projects."""

PROJECT = "project"
"""What each row has beside its cells: the project's name in the configuration."""


def rows(world: World, table: str) -> list[dict[str, str | None]]:
    """Return the rows of one table, the first project's first; KeyError for an unknown one."""
    with world.lock:
        return [
            {PROJECT: NAMES[project], **dict(zip(clip.headings, row, strict=True))}
            for project in PROJECTS
            for clip in (_clean(world, project, table),)
            for row in clip.rows
        ]


def counts(world: World) -> dict[str, int]:
    """Return how many rows each table should hold."""
    with world.lock:
        return {
            table: sum(len(_clean(world, project, table).rows) for project in PROJECTS)
            for table in TABLES
        }


def grid(world: World, project: int, table: str) -> Grid:
    """Return headings and rows of a clip as they are served, oddities included."""
    with world.lock:
        return distorted(_clean(world, project, table), world.form(project, table).oddities)


def big_rows(world: World) -> Iterator[Cells]:
    """Yield the rows of the big clips, which `rows` and `counts` leave out."""
    block = big_grid(world).rows
    for number in range(world.switches.big_rows):
        repetition, row = divmod(number, len(block))
        key, *cells = block[row]
        yield [str(key).replace(MARKER, f"{repetition:08d}"), *cells]


def _clean(world: World, project: int, table: str) -> Grid:
    clip = world.grid(project, table)
    empty = world.form(project, table).body == "header_only"
    return clip._replace(rows=[]) if empty else clip
