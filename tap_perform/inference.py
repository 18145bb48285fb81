"""Types and keys that hold for all rows that are there: what the tap would declare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_perform.cells import narrowest
from tap_perform.columns import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_perform.readers import Table


def types_of(tables: Iterable[Table], headings: Mapping[str, str]) -> dict[str, str]:
    """Return the narrowest type of each column that holds all cells of all projects, by name.

    Args:
        tables: what the projects' clips hold.
        headings: of the columns, by name.
    """
    types: dict[str, str | None] = {}
    for table in tables:
        names = [column.name for column in columns_of(table.headings, headings)]
        found = [types.get(name) for name in names]
        for cells in table:
            found = list(map(narrowest, found, cells))
        types |= dict(zip(names, found, strict=True))
    return {name: kind or "string" for name, kind in types.items()}
