"""The rows each table of a copy should hold now, straight from the world and not from any tap.

Edm.Decimal values are `decimal.Decimal` here and text over the control route; dates, times and
instants are text. What switches do to spelling does not show: INF, -INF and NaN are null as JSON
has no such numbers, hidden properties are left out, forbidden sets keep their rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sandbox.clicktime import model
from sandbox.clicktime.edm import CUSTOM_FIELDS
from sandbox.clicktime.shapes import is_special

if TYPE_CHECKING:
    from sandbox.clicktime.edm import Row, Value
    from sandbox.clicktime.model import EntitySet
    from sandbox.clicktime.world import World
    from sandbox.wire import Json

_KINDS = {bool: "boolean", int: "number", float: "number", str: "string", list: "array"}

_PARENTS = {
    "time_entry_custom_fields": ("TimeEntries", "TimeEntryID"),
    "user_custom_fields": ("Users", "UserID"),
    "job_custom_fields": ("Jobs", "JobID"),
    "client_custom_fields": ("Clients", "ClientID"),
    "task_custom_fields": ("Tasks", "TaskID"),
    "division_custom_fields": ("Divisions", "DivisionID"),
}

_TABLE_NAMES = {"Allocations": "allocations", "TimeEntriesView": "time_entries_view"}

TABLES = (
    *("time_entries", "users", "jobs", "clients", "tasks", "divisions", "timesheets"),
    *_PARENTS,
)
"""The tables of the seven sets and of their custom fields; see `tables` for those of a style."""


def tables(world: World) -> tuple[str, ...]:
    """Return the tables that are there now."""
    extra = (_TABLE_NAMES[name] for name in model.served(world.switches) if name in _TABLE_NAMES)
    return (*TABLES, *extra)


def rows(world: World, table: str) -> list[Row]:
    """Return the rows of one table; KeyError for an unknown one."""
    with world.lock:
        sets = model.served(world.switches)
        if table in _PARENTS:
            set_name, key = _PARENTS[table]
            return _custom_fields(world, sets[set_name], key)
        by_table = {_TABLE_NAMES.get(one.name, one.table): one for one in sets.values()}
        return _entities(world, by_table[table])


def counts(world: World) -> dict[str, int]:
    """Return how many rows each table should hold."""
    with world.lock:
        return {table: _count(world, table) for table in tables(world)}


def value_type(value: Json) -> str:
    """Name the type of a custom field's value."""
    return "null" if value is None else _KINDS.get(type(value), "object")


def _count(world: World, table: str) -> int:
    if table in _PARENTS:
        one = model.served(world.switches)[_PARENTS[table][0]]
        return sum(len(_fields(row)) for row in _visible(world, one))
    return len(world.tables["time_entries" if table == "time_entries_view" else table].rows)


def _entities(world: World, one: EntitySet) -> list[Row]:
    hidden = world.switches.hidden.get(one.name, ())
    names = [each.name for each in one.type.properties if each.name not in hidden]
    kept: list[Row] = []
    for slot, row in world.tables[one.table].rows.items():
        kept.append({name: _copy(row[name]) for name in names})
        if world.switches.special_numbers and (name := is_special(slot, kept[-1])):
            kept[-1][name] = None
    return kept


def _copy(value: Value) -> Value:
    """Copy free keys, which rows share."""
    return dict(value) if isinstance(value, dict) else value


def _custom_fields(world: World, one: EntitySet, key: str) -> list[Row]:
    kept: list[Row] = []
    for row in _visible(world, one):
        dated: Row = {"Date": row["Date"]} if "Date" in row else {}
        for name, value in _fields(row).items():
            kept.append(
                {
                    key: row["ID"],
                    "Name": name,
                    "Value": _text(value),
                    "ValueType": value_type(value),
                    **dated,
                }
            )
    return kept


def _visible(world: World, one: EntitySet) -> list[Row]:
    """Return the rows of a set unless both forms of their custom fields are hidden."""
    hidden = world.switches.hidden.get(one.name, ())
    if {CUSTOM_FIELDS, f"{CUSTOM_FIELDS}Str"}.issubset(hidden):
        return []
    return list(world.tables[one.table].rows.values())


def _fields(row: Row) -> dict[str, Json]:
    fields = row[CUSTOM_FIELDS]
    return fields if isinstance(fields, dict) else {}


def _text(value: Json) -> Value:
    """A string and null as they are, anything else its compact JSON text."""
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
