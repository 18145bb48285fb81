"""Diagrams of how tables join, for Mermaid: keys and foreign keys only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from scripts.docs.columns import Column


class Drawn(NamedTuple):
    """What a diagram shows of a table.

    Attributes:
        keys: names of the columns of its key.
        columns: all of its columns.
    """

    keys: Sequence[str]
    columns: Sequence[Column]


class Join(NamedTuple):
    """A column that holds keys of another table."""

    source: str
    target: str
    column: Column


def diagram(names: Collection[str], tables: Mapping[str, Drawn]) -> str:
    """Return the diagram of how some tables join to each other; empty where none does."""
    joins = [join for name in names for join in _joins(name, tables) if join.target in names]
    if not joins:
        return ""
    lines = ["```mermaid", "erDiagram", "    direction LR"]
    for name in dict.fromkeys(table for join in joins for table in (join.target, join.source)):
        foreign = [join.column.path for join in joins if join.source == name]
        lines += [f"    {name} {{", *_attributes(tables[name], foreign), "    }"]
    for join in joins:
        many = "}o" if "list" in join.column.kind else "||"
        label = join.column.path if "." in join.column.path else ""
        lines.append(f'    {join.target} {many}--o{{ {join.source} : "{label}"')
    return "\n".join([*lines, "```"]) + "\n"


def _joins(name: str, tables: Mapping[str, Drawn]) -> list[Join]:
    """Return how a table joins to others: by one column each, the outermost.

    What rows show of others they copy, and what is joined by way of another table, stays out.
    """
    found: dict[str, Join] = {}
    for one in sorted(tables[name].columns, key=lambda one: one.path.count(".")):
        if "[]" in one.path or ("." in one.path and not one.path.endswith(".id")):
            continue
        for target, _ in one.joins:
            if target in tables:
                found.setdefault(target, Join(name, target, one))
    return [*found.values()]


def _attributes(table: Drawn, foreign: Iterable[str]) -> list[str]:
    """Return the lines of a table: its key, then what joins it to others."""
    kinds = {one.path: one.kind for one in table.columns}
    marks: dict[str, list[str]] = {name: ["PK"] for name in table.keys}
    for path in foreign:
        if "." not in path:
            marks.setdefault(path, []).append("FK")
    return [
        f"        {kinds[name].replace(' ', '_')} {name} {','.join(given)}"
        for name, given in marks.items()
    ]
