"""What of `docs/` is written from the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.docs.columns import column_table, columns_of
from scripts.docs.diagrams import Drawn, diagram
from scripts.docs.marked import between
from scripts.docs.overview import key_of, method_of, origin_of, settings_table, tables_table
from scripts.docs.sync_modes import sync_table
from scripts.docs.topics import tables_of
from scripts.settings import settings_of
from tap_clockify.permissions import PermittedStream
from taps_common.sync.completed_windows import CompletedWindows

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.docs.topics import Topic
    from taps_common.cli.tap import ApiTap
    from taps_common.sync.stream import RecordStream


USERS = "users"
"""Nearly every table of Clockify joins to it: one diagram draws that."""


class TapPages:
    """The pages of a tap."""

    def __init__(self, tap: type[ApiTap], docs: Path) -> None:
        self._tap = tap
        self._folder = docs / tap.name.removeprefix("tap-")
        found = tap(config={}, validate_config=False).all_streams
        self._tables = {table.name: table for table in found}
        self._topics = tables_of(tap.name, self._tables)
        self._page_of = {
            name: topic.page for topic, names in self._topics.items() for name in names
        }
        self._drawn = {
            name: Drawn(table.primary_keys, [*columns_of(table.schema)])
            for name, table in self._tables.items()
        }

    def files(self) -> dict[Path, str]:
        """Return the pages with what is written from the code."""
        tables = self._tables.values()
        files = {self._folder / f"{topic.page}.md": self._page(topic) for topic in self._topics}
        for page, name, text in (
            ("settings", "settings", settings_table(settings_of(self._tap))),
            ("tables", "tables", tables_table(tables, self._link)),
            ("sync", "sync modes", sync_table(tables, self._link)),
        ):
            path = self._folder / f"{page}.md"
            begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->\n"
            files[path] = between(path.read_text(), begin, text, end)
        return files

    def _link(self, table: str, page: str = "") -> str:
        """Return where a table is described; empty where there is none of that name."""
        described = self._page_of.get(table, "")
        place = "" if described == page else f"{described}.md"
        return f"{place}#{table}" if described else ""

    def _page(self, topic: Topic) -> str:
        names = self._topics[topic]
        drawn = diagram(topic.drawn or names, self._drawn)
        parts = [f"# {topic.title}\n", f"{topic.text}\n", _INTRODUCTION]
        if drawn:
            elsewhere = [_NOT_DRAWN] if topic.drawn and USERS not in topic.drawn else []
            parts += [_DIAGRAM, *elsewhere, drawn]
        parts += [self._section(self._tables[name], topic) for name in names]
        return "\n".join(parts)

    def _section(self, table: RecordStream, topic: Topic) -> str:
        facts = [f"Key: {key_of(table)}", method_of(table)]
        if table.replication_key:
            facts.append(f"by `{table.replication_key}`")
        facts.append(f"from {origin_of(table)}")
        table_of_columns = column_table(
            self._drawn[table.name].columns,
            table.primary_keys,
            lambda name: self._link(name, topic.page),
        )
        parts = [
            f"## `{table.name}`\n",
            f"{table.schema.get('description', '')}\n",
            f"{' · '.join(facts)}{_needs(table)}\n",
            table_of_columns,
        ]
        return "\n".join(parts)


def _needs(table: RecordStream) -> str:
    """Return what a table of Clockify needs of the plan and of the key's role."""
    endpoint = None if isinstance(table, CompletedWindows) else table.endpoint
    if not isinstance(endpoint, PermittedStream):
        return ""
    found = [f"needs `{endpoint.feature}` in the plan"] if endpoint.feature else []
    if endpoint.admins_only:
        found.append("needs the key of an owner or admin")
    if endpoint.own_only:
        found.append("other keys than an owner's or admin's see a part")
    return "".join(f" · {one}" for one in found)


_INTRODUCTION = """\
The key is bold; other columns may be null. `a.b` is inside of the object `a`, `a[].b` inside of
each object of the list `a`. Every table also has
[`_rescued_data`](../operations.md#what-has-no-place), which is null where all fits.
"""
_DIAGRAM = """\
How these tables join: keys (PK) and columns that hold keys of others (FK).
"""
_NOT_DRAWN = """\
In nearly every table `workspaceId` joins to `workspaces.id`, and `userId`, together with
`workspaceId`, to `users`: [access](access.md) has them. All other joins are in the tables below.
"""
