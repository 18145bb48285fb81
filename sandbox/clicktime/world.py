"""The company as it is now, its clock, its switches and what can change in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sandbox.clicktime import model
from sandbox.clicktime.company import SIZES, Company, custom_text
from sandbox.clicktime.edm import EntityType, Row
from sandbox.clicktime.model import EntitySet
from sandbox.clicktime.switches import Switches
from sandbox.clicktime.tables import Table
from sandbox.service import Clocked
from sandbox.switches import changed


class World(Clocked):
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
        super().__init__(now)
        chosen = SIZES[size]
        self.switches = Switches()
        self._company = Company(replace(chosen, entries=entries or chosen.entries), seed, self.now)
        self._tables: dict[str, Table] = {}
        self._edits = 0

    @property
    def sets(self) -> dict[str, EntitySet]:
        """The entity sets that are served now, by name."""
        return model.served(self.switches.metadata_style, modified=self.switches.modified)

    @property
    def tables(self) -> dict[str, Table]:
        """The tables by name (time_entries, users, ...)."""
        with self.lock:
            if not self._tables:
                rows = self._company.rows()
                for name in model.STORED:
                    self._tables[name] = Table(name, model.stored_type(name), rows[name])
            return self._tables

    def rows(self, table: str) -> list[Row]:
        """Return a table's rows in storage order; KeyError for an unknown one."""
        with self.lock:
            return list(self.tables[table].rows.values())

    def switch(self, **switches: object) -> None:
        """Set switches by name; ValueError for an unknown name or value."""
        with self.lock:
            chosen = changed(self.switches, switches)
            if strangers := {*chosen.hidden, *chosen.forbidden} - model.SET_NAMES:
                raise ValueError(f"No such set: {', '.join(sorted(strangers))}.")
            self.switches = chosen

    def insert_entry(self, **fields: object) -> str:
        """Add a time entry (by default an hour of today) and return its ID."""
        user, job = (self.rows(table)[0]["ID"] for table in ("users", "jobs"))
        known = {"UserID": user, "JobID": job, "Date": f"{self.now:%Y-%m-%d}", "Hours": 1}
        return self.insert_row("time_entries", **{**known, **fields})

    def insert_row(self, table: str, **fields: object) -> str:
        """Add a row to a table (users, jobs, ...) and return its ID."""
        with self.lock:
            entity = model.stored_type(table)
            given = self._taken(table, fields)
            row_id = str(given.get("ID") or self._company.new_id())
            defaults: Row = {
                "IsActive": True,
                "HasBeenSubmitted": False,
                "Name": f"New {row_id[:6]}",
                **self._modified(entity),
            }
            known = {name: value for name, value in defaults.items() if entity.find(name)}
            row = self._company.row(table, known | {"ID": row_id} | given) | given
            missing = [one.name for one in entity.properties if not one.nullable]
            missing = [name for name in missing if row[name] is None]
            if missing:
                raise ValueError(f"{entity.name} needs {', '.join(missing)}.")
            self.tables[table].insert(row)
            return row_id

    def edit_row(self, row_id: str, **fields: object) -> None:
        self._edit(self._table_of(row_id), row_id, fields)

    def delete_row(self, row_id: str) -> None:
        """Remove a row; what refers to it stays as it is."""
        with self.lock:
            self._table_of(row_id).remove_id(row_id)

    edit_entry, delete_entry = edit_row, delete_row

    def _edit(self, table: Table, row_id: str, fields: Mapping[str, object]) -> None:
        with self.lock:
            given = self._taken(table.name, fields)
            changed = self._modified(table.type)
            if "CustomFields" in given:
                changed["CustomFieldsStr"] = custom_text(given["CustomFields"])
            table.change_id(row_id, changed | given)

    def _table_of(self, row_id: str) -> Table:
        for table in self.tables.values():
            if table.find(row_id) is not None:
                return table
        raise KeyError(row_id)

    def _taken(self, table: str, fields: Mapping[str, object]) -> Row:
        entity = model.stored_type(table)
        taken: Row = {}
        for name, value in fields.items():
            declared = entity.find(name)
            if declared is None:
                raise TypeError(f"{entity.name} has no {name}.")
            taken[name] = declared.take(value)
        return taken

    def _modified(self, entity: EntityType) -> Row:
        """Return the present as a modification time that no other edit has, if rows have one."""
        if not entity.find("ModifiedDate"):
            return {}
        self._edits += 1
        return {"ModifiedDate": f"{self.now:%Y-%m-%dT%H:%M:%S}.{self._edits:07d}Z"}
