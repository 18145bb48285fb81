"""The company as it is now, its clock, its switches and what can change in it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from sandbox.clicktime import account, custom, entries, model, people
from sandbox.clicktime.switches import Switches
from sandbox.clicktime.tables import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.clicktime.edm import Row, Value


class World:
    """One ClickTime company; every method is safe to call while the server answers.

    The company is made up when it is first looked at.
    """

    def __init__(
        self,
        *,
        size: str = "small",
        seed: int = 1,
        now: datetime | None = None,
        entries: int | None = None,
    ) -> None:
        chosen = account.SIZES[size]
        self.lock = threading.RLock()
        self.now = (now or datetime.now(timezone.utc)).replace(microsecond=0)
        """The world's clock; it stands still until it is moved."""
        self.switches = Switches()
        chosen = replace(chosen, entries=entries or chosen.entries)
        self._builder = account.Builder(chosen, seed, self.now)
        self._tables: dict[str, Table] = {}
        self._edits = 0

    @property
    def tables(self) -> dict[str, Table]:
        """The tables by name (time_entries, users, ...)."""
        with self.lock:
            if not self._tables:
                self._tables = self._built()
            return self._tables

    def rows(self, table: str) -> list[Row]:
        """Return a table's rows in storage order; KeyError for an unknown one."""
        with self.lock:
            return list(self.tables[table].rows.values())

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self.now += timedelta(seconds=seconds)

    def switch(self, **switches: object) -> None:
        """Set switches by name; ValueError for an unknown name or value."""
        with self.lock:
            self.switches.set(**switches)

    def insert_entry(self, **fields: object) -> str:
        """Add a time entry (by default an hour of today) and return its ID."""
        user, job = (self.rows(table)[0]["ID"] for table in ("users", "jobs"))
        known = {"UserID": user, "JobID": job, "Date": f"{self.now:%Y-%m-%d}", "Hours": 1}
        return self.insert_row("time_entries", **{**known, **fields})

    def edit_entry(self, entry_id: str, **fields: object) -> None:
        """Change fields of a time entry."""
        self._edit("time_entries", entry_id, fields)

    def delete_entry(self, entry_id: str) -> None:
        """Remove a time entry."""
        with self.lock:
            self._table_of(entry_id, "time_entries").remove_id(entry_id)

    def insert_row(self, table: str, **fields: object) -> str:
        """Add a row to a table (users, jobs, ...) and return its ID."""
        with self.lock:
            entity = model.stored_type(table)
            given = self._taken(table, fields)
            row_id = str(given.get("ID") or self._builder.new_id())
            defaults: dict[str, Value] = {"IsActive": True, "HasBeenSubmitted": False}
            known = {name: value for name, value in defaults.items() if entity.find(name)}
            known |= {"Name": f"New {row_id[:6]}"} if entity.find("Name") else {}
            known |= {"ModifiedDate": self._stamp()} if entity.find("ModifiedDate") else {}
            row = self._builder.row(entity, {**known, "ID": row_id, **given}) | given
            missing = [one.name for one in entity.properties if not one.nullable]
            missing = [name for name in missing if row[name] is None]
            if missing:
                raise ValueError(f"{entity.name} needs {', '.join(missing)}.")
            self.tables[table].insert(row)
            return row_id

    def edit_row(self, row_id: str, **fields: object) -> None:
        """Change fields of a row, whatever its table."""
        self._edit(None, row_id, fields)

    def delete_row(self, row_id: str) -> None:
        """Remove a row; what refers to it stays as it is."""
        with self.lock:
            self._table_of(row_id, None).remove_id(row_id)

    def _edit(self, table_name: str | None, row_id: str, fields: Mapping[str, object]) -> None:
        with self.lock:
            table = self._table_of(row_id, table_name)
            given = self._taken(table.name, fields)
            if "ModifiedDate" not in given and table.type.find("ModifiedDate"):
                given["ModifiedDate"] = self._stamp()
            if "CustomFields" in given and "CustomFieldsStr" not in given:
                given["CustomFieldsStr"] = custom.text(given["CustomFields"])
            table.change_id(row_id, given)

    def _table_of(self, row_id: str, name: str | None) -> Table:
        for table in self.tables.values() if name is None else (self.tables[name],):
            if table.find(row_id) is not None:
                return table
        raise KeyError(row_id)

    def _taken(self, table: str, fields: Mapping[str, object]) -> dict[str, Value]:
        """Check names and values of given fields."""
        entity = model.stored_type(table)
        taken: dict[str, Value] = {}
        for name, value in fields.items():
            declared = entity.find(name)
            if declared is None:
                raise TypeError(f"{entity.name} has no {name}.")
            taken[name] = declared.take(value)
        return taken

    def _stamp(self) -> str:
        """Return the present as a modification time that no other edit has."""
        self._edits += 1
        return f"{self.now:%Y-%m-%dT%H:%M:%S}.{self._edits:07d}Z"

    def _built(self) -> dict[str, Table]:
        builder = self._builder
        types = {table: model.stored_type(table) for table in model.STORED}
        divisions = builder.divisions(types["divisions"])
        tasks = builder.tasks(types["tasks"])
        users = people.users(builder, types["users"], divisions, tasks)
        clients = builder.clients(types["clients"])
        jobs = builder.jobs(types["jobs"], clients, users)
        worked = list(entries.entries(builder, users, jobs, tasks))
        first = datetime.fromisoformat(min(str(row["Date"]) for row in worked if row["Date"]))
        rows = {
            "time_entries": worked,
            "users": users,
            "jobs": jobs,
            "clients": clients,
            "tasks": tasks,
            "divisions": divisions,
            "timesheets": builder.timesheets(types["timesheets"], users, first.date()),
            "allocations": list(builder.allocations(types["allocations"], jobs, users)),
        }
        return {name: Table(name, types[name], rows[name]) for name in model.STORED}
