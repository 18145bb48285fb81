"""From entity sets and settings to the tables of a tap."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain, count
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from tap_clicktime.custom_fields import AS_OBJECT, AS_TEXT
from tap_clicktime.streams import CustomFieldStream, EntityStream
from tap_clicktime.windows import CompletedWindows
from taps_common.errors import TapError
from taps_common.records.custom_columns import named_columns, with_columns
from taps_common.records.row_types import narrow, row_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tap_clicktime.metadata import EntitySet
    from taps_common.sync.stream import RecordStream

DATED = {"TimeEntries": "Date"}
"""Sets that are read by the date of what they record, and grow large enough to be cut by it."""

STAMPS = {
    f"{word}{suffix}"
    for word in ("modified", "lastmodified", "updated", "lastupdated", "changed", "lastchanged")
    for suffix in ("", "at", "on", "date", "datetime", "time", "utc", "dateutc")
} | {"datemodified", "dateupdated", "systemmodstamp", "systemmodifiedat", "modificationdate"}
"""Names, in lower case, of properties that move whenever a row changes."""

CURSOR_KINDS = {"Edm.Date", "Edm.DateTimeOffset"}


def tables(sets: Sequence[EntitySet], config: Mapping[str, Any]) -> list[type[RecordStream]]:
    """Return the tables of entity sets: one each, and one for its custom fields.

    Where one is read by a date that stays, there is a table of the windows that were read.

    Raises:
        TapError: a setting names a set or a property that there is not.
    """
    names = _stream_names(sets)
    cursors = _by_set(config, "replication_keys", names)
    columns = _by_set(config, "custom_field_columns", names)
    found: list[type[RecordStream]] = []
    taken = {*names.values(), CompletedWindows.name}
    for one in sets:
        stream = _entity_stream(one, names[one.name], config, cursors, columns.get(one.name, ()))
        found.append(stream)
        if stream.custom_fields and one.key:
            name = _free_name(f"{snake(singular(one.name))}_custom_fields", taken)
            found.append(_custom_field_stream(stream, names[one.name], name))
    if any(issubclass(one, EntityStream) and one.by_date for one in found):
        found.append(CompletedWindows)
    return found


def snake(name: str) -> str:
    """Return a set's name as a stream's: `TimeEntries` is `time_entries`."""
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words).lower()


def singular(name: str) -> str:
    """Return what one row of a set is called: `TimeEntries` holds `TimeEntry`s."""
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _stream_names(sets: Sequence[EntitySet]) -> dict[str, str]:
    """Return the stream's name of each set, a number behind those that would be the same."""
    taken: set[str] = {CompletedWindows.name}
    return {one.name: _free_name(snake(one.name), taken) for one in sets}


def _free_name(name: str, taken: set[str]) -> str:
    """Return a name that is not taken yet, and take it."""
    candidates = chain([name], (f"{name}_{number}" for number in count(2)))
    free = next(one for one in candidates if one not in taken)
    taken.add(free)
    return free


def _by_set(config: Mapping[str, Any], setting: str, names: Mapping[str, str]) -> dict[str, Any]:
    """Return a setting by set, which may name sets by their streams.

    Raises:
        TapError: it names a set that there is not.
    """
    sets = {stream: name for name, stream in names.items()}
    found = {}
    for name, value in (config.get(setting) or {}).items():
        known = name if name in names else sets.get(name)
        if known is None:
            raise TapError(
                f"{setting} names {name}, which is not an entity set; there are {', '.join(names)}."
            )
        found[known] = value
    return found


def _entity_stream(
    one: EntitySet,
    name: str,
    config: Mapping[str, Any],
    cursors: Mapping[str, str],
    given_columns: Iterable[Any],
) -> type[EntityStream]:
    custom = _custom_fields(one, config)
    row = one.row
    if custom == (AS_TEXT,):
        row = narrow(row, lambda path: path != (AS_OBJECT,))  # type: ignore[assignment]  # a row
    columns = named_columns(one.name, given_columns)
    if columns and not custom:
        raise TapError(f"custom_field_columns names {one.name}, which has no custom fields.")
    row = with_columns(row, columns)
    named = DATED.get(one.name, "")
    dated = named if one.kinds.get(named) in {*CURSOR_KINDS, "Edm.String"} else None
    cursor, follows_changes = _cursor(one, cursors.get(one.name), dated)
    needs = {path.partition("/")[0] for path, _ in one.key} | {cursor, dated}
    if columns:
        needs.update(custom)
    return type(
        one.name,
        (EntityStream,),
        {
            "__doc__": row.__doc__,
            "__module__": EntityStream.__module__,
            "name": name,
            "row": row,
            "primary_keys": tuple(alias for _, alias in one.key),
            "replication_key": cursor,
            "entity_set": replace(one, row=row),
            "cut_by": dated,
            "follows_changes": follows_changes,
            "by_date": cursor is not None and not follows_changes,
            "custom_columns": columns,
            "custom_fields": custom,
            "needs": frozenset(needs - {None}),
        },
    )


def _custom_fields(one: EntitySet, config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the properties that custom fields are read from, the best one first."""
    if config.get("custom_fields") == "string" and AS_TEXT in one.properties:
        return (AS_TEXT,)
    return tuple(name for name in (AS_OBJECT, AS_TEXT) if name in one.properties)


def _cursor(one: EntitySet, named: str | None, dated: str | None) -> tuple[str | None, bool]:
    """Return the property that bounds what is read, and whether it moves with every change.

    Raises:
        TapError: `replication_keys` names one that cannot be it.
    """
    candidates = [name for name, kind in one.kinds.items() if kind in CURSOR_KINDS]
    if not one.key:  # rows that are read again would be doubled
        if named is not None:
            raise TapError(f"replication_keys names {one.name}, which has no key to merge rows by.")
        return None, False
    stamps = [name for name in candidates if name.lower().replace("_", "") in STAMPS]
    if named is not None:
        if named not in candidates:
            raise TapError(
                f"replication_keys names {one.name}.{named}, which is not a date of this set; "
                f"it has {', '.join(candidates) or 'none'}."
            )
        return named, named in stamps
    return (stamps[0], True) if stamps else (dated, False)


def _custom_field_stream(
    stream: type[EntityStream], table: str, name: str
) -> type[CustomFieldStream]:
    """Return the table of the custom fields of another table's rows."""
    one = stream.entity_set
    owner = singular(one.name)
    copied = {f"{owner}{alias}": alias for _, alias in one.key}
    keys = tuple(copied)
    if stream.cursor:
        copied[stream.cursor] = stream.cursor
    kinds = {field.encode_name: field.type for field in msgspec.structs.fields(stream.row)}
    for _, key in one.key:
        text = f"the row that has the custom field. Joins: {table}.{key}."
        kinds[key] = Annotated[kinds[key], Meta(description=text)]
    fields: list[Any] = [(column, kinds[name]) for column, name in copied.items()]
    fields += [
        ("Name", Annotated[str, Meta(description="which custom field it is, by its name.")] | None),
        ("Value", Annotated[str, Meta(description=VALUE)] | None),
        ("ValueType", Annotated[str, Meta(description=VALUE_TYPE)]),
    ]
    doc = f"A custom field of a row of {table}."
    row = row_type(f"{owner}CustomField", fields, doc)
    return type(
        f"{owner}CustomFields",
        (CustomFieldStream,),
        {
            "__doc__": doc,
            "__module__": CustomFieldStream.__module__,
            "name": name,
            "row": row,
            "primary_keys": (*keys, "Name"),
            "replication_key": stream.cursor,
            "parent": stream,
            "owner": copied,
            "needs": frozenset({*copied.values(), *stream.custom_fields}),
        },
    )


VALUE = "a text as it is, anything else as its JSON text."
VALUE_TYPE = "what the value is: string, number, boolean, null, array or object."
