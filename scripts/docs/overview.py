"""Tables of a tap's settings and of its tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from scripts.settings import kind_of
from tap_clicktime.streams import EntityStream
from tap_clockify.client import ClockifyStream
from taps_common.sync.completed_windows import CompletedWindows
from taps_common.sync.stream import ChildStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from scripts.settings import Schema
    from taps_common.sync.stream import RecordStream


def settings_table(settings: Mapping[str, Schema]) -> str:
    """Return settings as a table."""
    lines = ["| setting | type | default | what it does |", "| --- | --- | --- | --- |"]
    for name, schema in settings.items():
        default = schema.get("default")
        shown = "" if default is None else f"`{json.dumps(default)}`"
        kind = "secret" if schema.get("secret") else kind_of(name, schema)
        text = " ".join(schema.get("description", "").split()).replace("|", "\\|")
        lines.append(f"| `{name}` | {kind} | {shown} | {text} |")
    return "\n".join(lines) + "\n"


def tables_table(tables: Iterable[RecordStream], link: Callable[[str], str]) -> str:
    """Return the tables of a tap, each with a link to its columns."""
    lines = [
        "| table | a row is | key | replication | read from |",
        "| --- | --- | --- | --- | --- |",
    ]
    for table in tables:
        name = f"[`{table.name}`]({link(table.name)})"
        what = table.schema.get("description", "")
        lines.append(
            f"| {name} | {what} | {key_of(table)} | {method_of(table)} | {origin_of(table)} |"
        )
    return "\n".join(lines) + "\n"


def key_of(table: RecordStream) -> str:
    """Return the names of a table's key."""
    return ", ".join(f"`{key}`" for key in table.primary_keys)


def method_of(table: RecordStream) -> str:
    """Return how a table is replicated."""
    return table.replication_method.replace("_", " ").lower()


def origin_of(table: RecordStream) -> str:
    """Return where the rows of a table come from."""
    if isinstance(table, ChildStream):
        return f"the pages of `{table.endpoint.name}`"
    if isinstance(table, ClockifyStream):
        return f"`{'GET' if table.posted is None else 'POST'} {table.path}`"
    if isinstance(table, EntityStream):
        return f"the entity set `{table.entity_set.name}`"
    if isinstance(table, CompletedWindows):
        return "[what was read](sync.md#deletions-without-table-versions)"
    return "its dataclip"
