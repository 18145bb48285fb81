"""Rows in PostgreSQL against the rows that the sandbox says each table should hold."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timezone
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from sandbox.clicktime import truth as clicktime
from sandbox.clockify import truth as clockify
from tap_clicktime.tap import TapClickTime
from tap_clockify.tap import TapClockify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from taps_common.cli.tap import ApiTap

Rows = dict[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class Subject:
    """A tap, and what its tables should hold.

    Attributes:
        tap: the tap.
        tables: its tables in the sandbox.
        truth: returns the rows of one.
        children: tables made of an incremental table's rows, by name: that table, and this table's
            column that holds the other's `key`.
        key: the key of those incremental tables.
    """

    tap: type[ApiTap]
    tables: Sequence[str]
    truth: Callable[[Any, str], list[dict[str, Any]]]
    key: str
    children: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def keys_of(self, table: str) -> tuple[str, ...]:
        """Return the primary key of a table."""
        return _keys_of(self.tap)[table]

    def loaded(self, database: str, schema: str, table: str) -> Rows:
        """Return the current rows of a loaded table by key, without the loader's own columns.

        Rows flagged as deleted are not current, nor are child rows of an incremental table
        that were not sent again with the row they belong to.
        """
        condition = '"_sdc_deleted_at" is null'
        if table in self.children:
            owner, column = self.children[table]
            condition += f"""
                and exists (
                    select from "{schema}"."{owner}" as entry
                    where entry."{self.key}" = "row"."{column}"
                      and entry."_sdc_deleted_at" is null
                      and entry."_sdc_extracted_at" = "row"."_sdc_extracted_at"
                )"""
        with psycopg.connect(database, row_factory=dict_row) as connection:
            rows = connection.execute(
                f'select * from "{schema}"."{table}" as "row" where {condition}'
            ).fetchall()
        found = _keyed(map(_own_columns, rows), self.keys_of(table))
        assert len(found) == len(rows), f"{table} has rows twice"
        return found

    def expected(self, world: object, table: str) -> Rows:
        """Return the rows that a table should hold now, by key."""
        rows = self.truth(world, table)
        found = _keyed(rows, self.keys_of(table))
        assert len(found) == len(rows), f"the sandbox's {table} has a key twice"
        return found

    def differences(self, database: str, schema: str, world: object) -> list[str]:
        """Return what differs between the loaded tables and the truth; empty when equal."""
        return [
            f"{table}: {difference}"
            for table in self.tables
            for difference in differences(
                self.loaded(database, schema, table), self.expected(world, table)
            )
        ]


@cache
def _keys_of(tap: type[ApiTap]) -> dict[str, tuple[str, ...]]:
    streams = tap(config={}, validate_config=False).streams
    return {name: tuple(stream.primary_keys) for name, stream in streams.items()}


def differences(have: Rows, want: Rows) -> list[str]:
    """Return what differs between loaded rows and rows as they should be; empty when equal."""
    found = [f"{key} is missing" for key in want.keys() - have.keys()]
    found += [f"{key} should not be there" for key in have.keys() - want.keys()]
    for key in want.keys() & have.keys():
        for column, value in have[key].items():
            true = want[key].get(column)
            if not same(value, true):
                found.append(f"{key}: {column} is {value!r}, not {true!r}")
    return found


def without_feeds(row: dict[str, Any]) -> dict[str, Any]:
    """Return a time entry without what only Clockify's feeds of changes say."""
    return {name: row[name] for name in row.keys() - {"createdAt", "updatedAt"}}


CLOCKIFY = Subject(
    TapClockify,
    clockify.TABLES,
    clockify.rows,
    "id",
    {
        "time_entry_tags": ("time_entries", "timeEntryId"),
        "time_entry_custom_fields": ("time_entries", "timeEntryId"),
    },
)
EVERY_CLOCKIFY = replace(CLOCKIFY, tables=(*clockify.TABLES, *clockify.MORE_TABLES))
"""With the tables besides the core."""

CLICKTIME = Subject(
    TapClickTime,
    clicktime.TABLES,
    clicktime.rows,
    "ID",
    {"time_entry_custom_fields": ("time_entries", "TimeEntryID")},
)


def _keyed(rows: Iterable[dict[str, Any]], keys: tuple[str, ...]) -> Rows:
    """Return rows by key; by their place in the order of time where the key is the tap's own."""
    if keys != ("_row_id",):
        return {tuple(_key_part(row[key]) for key in keys): row for row in rows}
    found = [{name: row[name] for name in row if name != "_row_id"} for row in rows]
    found.sort(
        key=lambda row: (
            str(row["timestamp"])[:19].replace("T", " "),
            *(str(row[name]) for name in ("workspaceId", "action", "userId", "content")),
        )
    )
    return {(place,): row for place, row in enumerate(found)}


def _key_part(value: object) -> object:
    """Return a part of a key in the same form whether it was loaded or served."""
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT\d\d:", value):
        return _timestamp(value)
    return value.isoformat() if type(value) is date else value


def counts(database: str, schema: str, tables: Iterable[str]) -> dict[str, int]:
    """Return the number of all rows of some tables, flagged ones included."""
    with psycopg.connect(database) as connection:
        found = (
            (table, connection.execute(f'select count(*) from "{schema}"."{table}"').fetchone())
            for table in tables
        )
        return {table: row[0] for table, row in found if row}


def _timestamp(text: str) -> datetime:
    """Return a timestamp as PostgreSQL keeps it: in UTC, to the microsecond, without a zone."""
    timestamp = datetime.fromisoformat(re.sub(r"(?<=\.\d{6})\d+", "", text))
    return timestamp.astimezone(timezone.utc).replace(tzinfo=None)


_READ: dict[type, Callable[[str], object]] = {
    Decimal: Decimal,
    date: date.fromisoformat,
    datetime: _timestamp,
    time: time.fromisoformat,
}
"""How the sandbox's texts are read, by the type that was loaded."""


def same(loaded_value: object, true_value: object) -> bool:
    """Return whether a loaded value is the true one; absent is null."""
    if isinstance(true_value, str) and type(loaded_value) in _READ:
        return loaded_value == _READ[type(loaded_value)](true_value)
    if isinstance(loaded_value, Decimal) and isinstance(true_value, float):
        return loaded_value == Decimal(str(true_value))
    if isinstance(loaded_value, dict) and isinstance(true_value, dict):
        names = loaded_value.keys() | true_value.keys()
        return all(same(loaded_value.get(name), true_value.get(name)) for name in names)
    if isinstance(loaded_value, list) and isinstance(true_value, list):
        pairs = zip(loaded_value, true_value, strict=False)
        return len(loaded_value) == len(true_value) and all(same(a, b) for a, b in pairs)
    return loaded_value == true_value


def _own_columns(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("_sdc_")}
