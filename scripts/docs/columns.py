"""Tables of columns, from the JSON Schema of a table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from taps_common.records.attributes import LABEL, LABELS
from taps_common.records.row_types import RESCUED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    Schema: TypeAlias = Mapping[str, Any]

FORMATS = {"date": "date", "date-time": "timestamp"}
KINDS = {"array": "list", "boolean": "true or false", "string": "text"}
REFERENCE = re.compile(r"\b(?P<table>[a-z]\w*)\.(?P<column>\w+)")
"""A column of another table, in what is said under `Joins:`."""


class Column(NamedTuple):
    """A column, or what is inside of one.

    Attributes:
        path: the names that lead to it, dots between; `[]` behind the name of a list.
        kind: its type, in a word or two.
        text: what it is.
        parts: what is said of it under each label.
    """

    path: str
    kind: str
    text: str
    parts: Mapping[str, str]

    @property
    def joins(self) -> list[tuple[str, str]]:
        """The columns that it joins to, each as table and name."""
        return REFERENCE.findall(self.parts.get("Joins", ""))


def columns_of(schema: Schema, path: str = "") -> Iterator[Column]:
    """Yield the columns of a table, and what is inside of them, in order."""
    for name, one in schema.get("properties", {}).items():
        if name == RESCUED:
            continue
        here = f"{path}{name}"
        text, parts = parted(one.get("description", ""))
        yield Column(here, kind_of(one), text, parts)
        yield from columns_of(one, f"{here}.")
        yield from columns_of(one.get("items", {}), f"{here}[].")


def parted(said: str) -> tuple[str, dict[str, str]]:
    """Return what is said of a column: the prose, and the parts by their label."""
    text, *parts = LABEL.split(said)
    values = (value.strip().removesuffix(".") for value in parts[1::2])
    return text.strip(), dict(zip(parts[::2], values, strict=True))


def kind_of(schema: Schema) -> str:
    """Return the type of a column in a word or two."""
    declared = schema.get("type", [])
    kinds = [declared] if isinstance(declared, str) else [one for one in declared if one != "null"]
    if len(kinds) > 4:  # noqa: PLR2004 - text, number, truth value, list, object
        return "any"
    if "format" in schema:
        return FORMATS[schema["format"]]
    if kinds == ["array"] and "items" in schema:
        return f"list of {kind_of(schema['items'])}"
    return " or ".join(KINDS.get(one, one) for one in kinds)


def column_table(
    columns: Sequence[Column], keys: Collection[str], link: Callable[[str], str]
) -> str:
    """Return the columns as a table, in which all that is said of one is one cell.

    A cell for each label would be empty in most rows, and too narrow in the others.

    Args:
        columns: the columns.
        keys: names of those that are the key.
        link: returns where a table is described; empty where it is not.
    """
    lines = [_row(["column", "type", "what it is"]), _row(["---"] * 3)]
    for one in columns:
        name = f"**`{one.path}`**" if one.path in keys else f"`{one.path}`"
        parts = (_part(label, one.parts[label], link) for label in LABELS if label in one.parts)
        said = " ".join(filter(None, [_plain(one.text), *parts]))
        lines.append(_row([name, one.kind, said]))
    return "\n".join(lines) + "\n"


def _part(label: str, text: str, link: Callable[[str], str]) -> str:
    if label == "Example":
        said = f"`{text}`".replace("|", "\\|")
    elif label == "Joins":
        said = REFERENCE.sub(lambda found: _linked(found, link), text)
    else:
        said = _plain(text)
    return f"*{label}:* {said}."


def _linked(found: re.Match[str], link: Callable[[str], str]) -> str:
    target = link(found["table"])
    return f"[`{found[0]}`]({target})" if target else f"`{found[0]}`"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
