"""Grids that are not as a table should be, by switch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.perform.tables import Grid

if TYPE_CHECKING:
    from collections.abc import Collection

RAGGED_EVERY = 7
"""Every so many rows one is too short or too long: the 6th, the 13th, ... counted from 0."""


def distorted(grid: Grid, oddities: Collection[str]) -> Grid:
    """Return a grid with oddities; its rows may have fewer or more cells than headings."""
    if not oddities:
        return grid
    headings = list(grid.headings)
    if "duplicate_headings" in oddities:
        headings[2] = headings[0]
    if "case_headings" in oddities:
        headings[3] = headings[1].upper()
    if "blank_headings" in oddities:
        headings[1] = headings[-1] = ""
    if "padded_headings" in oddities:
        headings = [f" {heading}\u00a0\n" for heading in headings]
    rows = [list(row) for row in grid.rows]
    for row in rows[RAGGED_EVERY - 1 :: RAGGED_EVERY]:
        if "short_rows" in oddities:
            del row[-2:]
        if "long_rows" in oddities:
            row += ["surplus", "cells", "here"]
    return Grid(headings, grid.kinds, rows)
