"""Whether a table of a target holds what was served, cell by cell."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tests.perform.runs import DATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tests.e2e.served import Row

Kind: TypeAlias = Literal[
    "text", "number", "integer", "boolean", "date", "timestamp", "object", "list", "mixed"
]
"""What a column holds; mixed: values of several types."""

JSON_KINDS = frozenset({"object", "list", "mixed"})

OWN = frozenset({"_row_id", "_extra", "_rescued_data"})
"""Columns of the taps' own, which nothing served tells of."""


@dataclass(frozen=True)
class Table:
    """A table as it should arrive.

    Attributes:
        kinds: of its columns, as its SCHEMA declares them.
        keys: its key.
        nullable: columns that may be null.
        rows: what was served, as values of Python: `Decimal` and `int`, `date`, `datetime` in UTC
            without a zone, `dict` and `list`; without columns that are null.
    """

    kinds: Mapping[str, Kind]
    keys: Sequence[str]
    nullable: frozenset[str]
    rows: Sequence[Row]

    @classmethod
    def of(cls, schema: Mapping[str, Any], served: Iterable[Row], like: Table | None) -> Table:
        """Return the table that a SCHEMA message declares, with rows as they were served.

        Columns of JSON that are declared as texts have the kind that they have in `like`.
        """
        kinds = {name: _kind(one) for name, one in schema["schema"]["properties"].items()}
        if like:
            kinds |= {name: one for name, one in like.kinds.items() if one in JSON_KINDS}
        rows = [_row(kinds, row) for row in served]
        columns = schema["schema"]["properties"].items()
        nullable = frozenset(name for name, one in columns if "null" in one["type"])
        return cls(kinds, schema["key_properties"], nullable, rows)

    def row(self, record: Row) -> Row:
        """Return a record as `rows` has it."""
        there = {name: one for name, one in record.items() if name in self.kinds}
        return {
            name: None if one is None else meaning(self.kinds[name], one)
            for name, one in there.items()
        }


def _kind(described: Mapping[str, Any]) -> Kind:
    given = described["type"]
    types = {given} if isinstance(given, str) else {*given} - {"null"}
    if len(types) > 1:
        return "mixed"
    (only,) = types
    named: dict[object, Kind] = {
        "date": "date", "date-time": "timestamp", None: "text",
        "array": "list", "object": "object",
        "number": "number", "integer": "integer", "boolean": "boolean",
    }  # fmt: skip
    return named[described.get("format") if only == "string" else only]


def _row(kinds: Mapping[str, Kind], row: Row) -> Row:
    there = {name: one for name, one in row.items() if name in kinds and one is not None}
    project = str(row.get("project"))
    return {name: meaning(kinds[name], value, project) for name, value in there.items()}


def meaning(kind: Kind, value: Any, project: str = "") -> object:
    """Return what a value that was served means in a column.

    Args:
        kind: what the column holds.
        value: the value.
        project: of Perform, whose cells are texts, and dates in the project's own form.
    """
    if kind == "date":
        form = DATES.get(project, "%Y-%m-%d")
        return datetime.strptime(value[:10], form).date()  # noqa: DTZ007 - a date
    return _MEANING[kind](value)


def _text(value: object) -> str:
    assert isinstance(value, str)
    return value


_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)")


def timestamp(text: str) -> datetime:
    """Return a timestamp in UTC, without a zone, to the microsecond."""
    at = datetime.fromisoformat(re.sub(r"(?<=\.\d{6})\d+", "", text).replace("Z", "+00:00"))
    return at.astimezone(timezone.utc).replace(tzinfo=None)


_MEANING: Mapping[str, Callable[[Any], object]] = {
    "text": _text,
    "number": Decimal,
    "integer": int,
    "boolean": lambda value: {"True": True, "False": False}.get(value, value),
    "timestamp": timestamp,
    **dict.fromkeys(JSON_KINDS, lambda value: value),
}


def differences(
    table: Table, loaded: Iterable[Row], alters: Callable[[Kind, Any], object] | None = None
) -> list[str]:
    """Return what differs between the rows of a target and those that were served.

    Args:
        table: what was served.
        loaded: the target's rows, with values as `Table.rows` has them; the loader's own columns
            (`_sdc_`) and those of the tap are left out of account.
        alters: what the target is known to hold instead of a value, by the column's kind.
    """
    expected = [_comparable(row, table.kinds, alters) for row in table.rows]
    held = [_comparable(row, table.kinds, None) for row in loaded]
    missing = Counter(map(frozenset, map(dict.items, expected)))
    missing.subtract(Counter(map(frozenset, map(dict.items, held))))
    gone = [dict(row) for row, count in missing.items() for _ in range(count)]
    extra = [dict(row) for row, count in missing.items() for _ in range(-count)]
    found = []
    for row in gone:
        keys = [name for name in table.keys if name not in OWN]
        same = [one for one in extra if keys and all(one.get(k) == row.get(k) for k in keys)]
        other = same[0] if same else {}
        cells = {
            name: (row.get(name), other.get(name))
            for name in sorted(row.keys() | other.keys())
            if row.get(name) != other.get(name)
        }
        found.append(f"served and held: {cells}" if same else f"missing: {row}")
    if len(extra) > len(gone):
        found.append(f"{len(extra) - len(gone)} rows too many, such as {extra[-1]}")
    return found


def _comparable(
    row: Row, kinds: Mapping[str, Kind], alters: Callable[[Kind, Any], object] | None
) -> dict[str, object]:
    """Return a row in a form in which equal ones are equal, and can be counted."""
    found: dict[str, object] = {}
    for name, value in row.items():
        if name.startswith("_sdc_") or name in OWN or value is None:
            continue
        changed = alters(kinds[name], value) if alters else value
        if changed is not None:
            found[name] = _canonical(changed)
    return found


def _canonical(value: object, *, inside: bool = False) -> object:
    """Return a value so that equal ones are equal: null members are absent, `true` is not 1."""
    if isinstance(value, dict):
        members = ((name, one) for name, one in value.items() if one is not None)
        return frozenset((name, _canonical(one, inside=True)) for name, one in members)
    if isinstance(value, list):
        return tuple(_canonical(one, inside=True) for one in value)
    if isinstance(value, bool):
        return ("boolean", value)
    if inside and isinstance(value, str) and _TIMESTAMP.fullmatch(value):
        return timestamp(value)
    return value
