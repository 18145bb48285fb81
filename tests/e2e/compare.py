"""Rows in PostgreSQL against the rows that the sandbox says each table should hold."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from sandbox.clockify import truth
from tap_clockify.tap import TapClockify

if TYPE_CHECKING:
    from sandbox.clockify.world import World

Rows = dict[tuple[Any, ...], dict[str, Any]]


def keys_of(table: str) -> tuple[str, ...]:
    """Return the primary key of a table."""
    return tuple(_tap().streams[table].primary_keys)


def loaded(database: str, schema: str, table: str) -> Rows:
    """Return the current rows of a loaded table by key, without the loader's own columns.

    Rows flagged as deleted are not current, nor are rows unwound from an incremental table that
    were not sent again with the row they belong to.
    """
    condition = '"_sdc_deleted_at" is null'
    if table in {"time_entry_tags", "time_entry_custom_fields"}:
        condition += f"""
            and exists (
                select from "{schema}"."time_entries" as entry
                where entry."id" = "row"."timeEntryId"
                  and entry."_sdc_deleted_at" is null
                  and entry."_sdc_extracted_at" = "row"."_sdc_extracted_at"
            )"""
    with psycopg.connect(database, row_factory=dict_row) as connection:
        rows = connection.execute(
            f'select * from "{schema}"."{table}" as "row" where {condition}'
        ).fetchall()
    keys = keys_of(table)
    return {tuple(row[key] for key in keys): _own_columns(row) for row in rows}


def true_rows(world: World, table: str) -> list[dict[str, Any]]:
    """Return the rows that a table should hold now."""
    rows: list[Any] = truth.rows(world, table)
    return rows


def expected(world: World, table: str) -> Rows:
    """Return the rows that a table should hold now, by key."""
    keys = keys_of(table)
    rows = true_rows(world, table)
    found = {tuple(row[key] for key in keys): row for row in rows}
    assert len(found) == len(rows), f"the sandbox's {table} has a key twice"
    return found


def differences(database: str, schema: str, world: World) -> list[str]:
    """Return what differs between the loaded tables and the truth; empty when they are equal."""
    found = []
    for table in truth.TABLES:
        have, want = loaded(database, schema, table), expected(world, table)
        found += [f"{table}: {key} is missing" for key in want.keys() - have.keys()]
        found += [f"{table}: {key} should not be there" for key in have.keys() - want.keys()]
        for key in want.keys() & have.keys():
            for column, value in have[key].items():
                if not same(value, want[key].get(column)):
                    found.append(f"{table} {key}: {column} is {value!r}, not {want[key][column]!r}")
    return found


def count(database: str, schema: str, table: str) -> int:
    """Return the number of all rows of a table, flagged ones included."""
    with psycopg.connect(database) as connection:
        row = connection.execute(f'select count(*) from "{schema}"."{table}"').fetchone()
    assert row is not None
    return int(row[0])


def same(loaded_value: object, true_value: object) -> bool:
    """Tell whether a loaded value is the true one: absent is null, timestamps are moments."""
    if isinstance(loaded_value, datetime) and isinstance(true_value, str):
        moment = datetime.fromisoformat(true_value.replace("Z", "+00:00"))
        return loaded_value.replace(tzinfo=timezone.utc) == moment
    if isinstance(loaded_value, dict) and isinstance(true_value, dict):
        names = loaded_value.keys() | true_value.keys()
        return all(same(loaded_value.get(name), true_value.get(name)) for name in names)
    if isinstance(loaded_value, list) and isinstance(true_value, list):
        pairs = zip(loaded_value, true_value, strict=False)
        return len(loaded_value) == len(true_value) and all(same(a, b) for a, b in pairs)
    return loaded_value == true_value


def _own_columns(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("_sdc_")}


def _tap() -> TapClockify:
    return TapClockify(config={}, validate_config=False)
