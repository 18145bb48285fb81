"""What the taps of this repository say is gone, where `apply_windows` is set.

A row of `completed_windows` says that a part of a table was read to its end; what lies there and
was extracted before did not come. `_sdc_deleted_at` says it of one row. Child rows are extracted
at the same instant as their parent: earlier ones were taken off it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_bulk.columns import Table, literal, quoted
from target_bulk.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import duckdb

    from target_bulk.spool import Spool

WINDOWS = "completed_windows"

CHILDREN = {"time_entries": ("time_entry_tags", "time_entry_custom_fields")}
"""The tables of what belongs to a row, by the row's table; their keys begin with the row's."""

_ALL = "*"
_SPAN = ("stream", "from", "to", "readAt")


@dataclass
class Changes:
    """What a batch says is gone.

    Attributes:
        parts: the new rows of `completed_windows`.
        parents: the streams with children that got rows, and the first instant of those.
        flagged: the streams that got rows with `_sdc_deleted_at`.
    """

    parts: list[dict[str, str]] = field(default_factory=list)
    parents: dict[str, str] = field(default_factory=dict)
    flagged: set[str] = field(default_factory=set)

    def note(self, staging: duckdb.DuckDBPyConnection, spool: Spool) -> None:
        """Look at rows that are staged."""
        stream = spool.table.stream
        if stream == WINDOWS:
            names = [*spool.table.columns]
            rows = staging.execute(
                f"select {', '.join(map(quoted, names))} from {spool.rows}"
            ).fetchall()
            self.parts += [dict(zip(names, row, strict=True)) for row in rows]
        ((first, deleted),) = staging.execute(
            f"select min(_sdc_extracted_at), count(_sdc_deleted_at) from {spool.rows}"
        ).fetchall()
        if deleted:
            self.flagged.add(stream)
        if first and stream in CHILDREN:
            self.parents[stream] = min(first, self.parents.get(stream, first))

    def gone(self, tables: Mapping[str, Table], *, hard: bool) -> Iterator[tuple[Table, str]]:
        """Yield conditions, each of the rows of a table that are gone, in the order to apply."""
        for part in self.parts:
            if table := tables.get(part["stream"]):
                yield table, _lies_in(part, table)
        for stream in self.flagged if hard else ():
            yield tables[stream], "_sdc_deleted_at is not null"
        touched = {*self.parents, *self.flagged, *(part["stream"] for part in self.parts)}
        for parent in sorted(touched & CHILDREN.keys() & tables.keys()):
            for child in CHILDREN[parent]:
                if child in tables:
                    yield tables[child], _without_parent(tables[parent], tables[child])


def _lies_in(part: Mapping[str, str], table: Table) -> str:
    """Return the condition that a row lies in a part, and did not come with it."""
    if table.replication_key is None:
        raise LoadError(
            f"Stream {table.stream}: its SCHEMA has no bookmark_properties, by which its "
            "completed_windows go; unset apply_windows."
        )
    start = quoted(table.replication_key)
    conditions = [
        f"{start} >= {literal(part['from'])}",
        f"{start} < {literal(part['to'])}",
        f"_sdc_extracted_at < {literal(part['readAt'])}",
    ]
    conditions += [
        f"{quoted(name)} = {literal(value)}"
        for name, value in part.items()
        if name in table.columns and not name.startswith("_") and name not in _SPAN
        if value not in {None, _ALL}
    ]
    return " and ".join(conditions)


def _without_parent(parent: Table, child: Table) -> str:
    """Return the condition that a child row was extracted before its parent, or has none."""
    (key,) = parent.keys
    return (
        f"not exists (select 1 from {parent.full_name} as parent "
        f"where parent.{quoted(key)} = {child.full_name}.{quoted(child.keys[0])} "
        f"and parent._sdc_extracted_at <= {child.full_name}._sdc_extracted_at "
        "and parent._sdc_deleted_at is null)"
    )
