"""The big clips: resource usages again and again, with keys of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.perform.bodies import MARKER
from sandbox.perform.clips import FULL_USAGE, PROJECTS
from sandbox.perform.tables import Grid

if TYPE_CHECKING:
    from sandbox.perform.world import World

KEY = "Row Key"
BLOCK = 600
"""Rows of a block at most."""


def big_grid(world: World) -> Grid:
    """Return a block of rows; the marker in each key stands for the block's repetition."""
    usages = world.grid(PROJECTS[0], FULL_USAGE)
    rows = [[f"{MARKER}-{number:04d}", *row] for number, row in enumerate(usages.rows[:BLOCK])]
    return Grid([KEY, *usages.headings], ["text", *usages.kinds], rows)
