"""Rows into a file of DuckDB, by a process that has the file to itself."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from target_bulk.columns import Kind, literal, quoted
from target_bulk.database import Database, There
from target_bulk.errors import LoadError, RefusedError
from target_bulk.staging import TYPES, with_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_bulk.columns import Table
    from target_bulk.spool import Spool

_WIDTH = 38
"""Digits of DuckDB's widest DECIMAL."""

_MEMORY = "300MB"

_STORAGE = "v1.0.0"
"""The oldest DuckDB that can read a new file. By default that is the one that writes it."""

_CATALOG = '"target-bulk"'
"""What the file is called; by its own name, a schema of the same name would be ambiguous."""

_TAKEN = {"information_schema", "memory", "pg_catalog", "system", "target-bulk", "temp"}
"""Schemas that a file cannot have: databases of DuckDB, or schemas of its own, are called so."""

_KINDS = {
    "VARCHAR": Kind.TEXT,
    "BOOLEAN": Kind.BOOLEAN,
    "DATE": Kind.DATE,
    "JSON": Kind.JSON,
    "DOUBLE": Kind.NUMBER,
    "FLOAT": Kind.NUMBER,
}


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB in memory, for rows that are staged.

    Args:
        folder: for what does not fit into memory.
    """
    connection = duckdb.connect(":memory:")
    connection.execute("set global timezone = 'UTC'")
    connection.execute("set threads = 1")  # two take half as much work again, for no less time
    connection.execute(f"set memory_limit = '{_MEMORY}'")
    connection.execute(f"set temp_directory = {literal(str(folder / 'duckdb'))}")
    return connection


def attach(connection: duckdb.DuckDBPyConnection, path: str) -> None:
    """Open a file for all cursors.

    Raises:
        LoadError: it is not a file, or another process has it.
    """
    if path.startswith(":") or "://" in path:
        raise LoadError("duckdb_path is not the path of a file; set it to one.")
    new = "" if Path(path).exists() else f" (storage_version '{_STORAGE}')"
    try:
        connection.execute(f"attach {literal(path)} as {_CATALOG}{new}")
    except duckdb.IOException as error:
        why = (
            "another process has it open; one process at a time can write to a file, so close "
            "the other, or run after it"
            if "lock" in str(error)
            else "it cannot be opened; look at its folder, at who may write there, and whether it "
            "is a file of DuckDB"
        )
        raise LoadError(f"The DuckDB file of duckdb_path: {why}.") from None


@dataclass
class DuckDB(Database):
    """A file of DuckDB; the rows are staged in the same process."""

    types = TYPES

    def __post_init__(self) -> None:
        """Look names up in the file that is attached."""
        self.execute(f"use {_CATALOG}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Return a transaction."""
        self.staging.begin()
        try:
            yield
            self.staging.commit()
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            raise RefusedError(
                f"DuckDB refuses the rows ({type(error).__name__}); nothing of this batch is "
                "loaded. See docs/bulk.md for what it can hold, and look whether its disk is full."
            ) from None
        finally:
            _end(self.staging)

    def execute(self, statement: str) -> None:
        """Run a statement."""
        self.staging.execute(statement)

    def lock(self, *names: str) -> None:
        """Do nothing: the file is this process's."""

    def find(self, table: Table) -> There | None:
        """Return the table as it is there; names differ by more than capitals."""
        rows = self.staging.execute(
            "select column_name, data_type from duckdb_columns() where database_name = "
            "current_database() and lower(schema_name) = lower(?) and lower(table_name) = lower(?)",
            [table.schema, table.name],
        ).fetchall()
        spelled = {name.lower(): name for name in table.columns}
        types = {spelled.get(name.lower(), name): kind for name, kind in rows}
        return There(types) if types else None

    def create(self, table: Table, columns: list[str]) -> None:
        """Make a table; without a constraint, which would cost more than merging does."""
        self.execute(f"create schema if not exists {quoted(table.schema)}")
        self.execute(f"create table {table.full_name} ({', '.join(columns)})")

    def declare(self, table: Table) -> Table:
        """Make a table as it is wanted.

        A process that is killed leaves no change of a table in the log: DuckDB 2.0 cannot take one
        to JSON from there before it has loaded its JSON extension, and asks the network for it.
        """
        if table.schema.lower() in _TAKEN:
            raise LoadError(
                f"Stream {table.stream}: DuckDB has a use of its own for the name "
                f"{table.schema}; set default_target_schema to another one."
            )
        declared = with_memory(self.staging, partial(super().declare, table))
        self.execute("checkpoint")
        return declared

    def kind_of(self, name: str) -> Kind | None:
        """Return the kind of a type."""
        if name.startswith("TIMESTAMP"):
            return Kind.TIMESTAMP
        if name.startswith("DECIMAL"):
            return Kind.NUMBER
        return Kind.INTEGER if name.endswith("INT") else _KINDS.get(name)

    def merge(self, spool: Spool) -> None:
        """Put rows into their table.

        Its types are looked up each time: a column that was widened is not where that was undone.
        """
        table, rows = spool.table, spool.rows
        there = self.find(table) or self.known.there[table.full_name]
        for name, kind in table.columns.items():
            if kind is Kind.NUMBER and there.types[name].startswith("DECIMAL"):
                self._widen(spool, there, name)
        columns = {
            quoted(name): self._cast(name, kind, there) for name, kind in table.columns.items()
        }
        names, values = ", ".join(columns), ", ".join(columns.values())
        same = " and ".join(f"old.{quoted(key)} = {columns[quoted(key)]}" for key in table.keys)
        known = f"select 1 from {table.full_name} as old semi join {rows} as new on {same}"
        if not table.keys or not self.staging.execute(f"{known} limit 1").fetchall():
            self.execute(
                f"insert into {table.full_name} ({names}) select {values} from {rows} as new"
            )
            return
        changed = ", ".join(f"{name} = {value}" for name, value in columns.items())
        self.execute(
            f"merge into {table.full_name} as old using {rows} as new on {same} "
            f"when matched then update set {changed} "
            f"when not matched then insert ({names}) values ({values})"
        )

    def _cast(self, name: str, kind: Kind, there: There) -> str:
        """Return a staged value as the column has it."""
        value = f"new.{quoted(name)}"
        if kind is Kind.TIMESTAMP:  # by way of the type that heeds an offset
            value = f"cast({value} as timestamptz)"
        elif kind is Kind.INTEGER:  # a cast would round
            value = f"if(contains({value}, '.'), 'not an integer', {value})"
        return f"cast({value} as {there.types[name]})"

    def _widen(self, spool: Spool, there: There, name: str) -> None:
        """Give a DECIMAL as many digits after the point as came."""
        table = spool.table
        _, scale = map(int, there.types[name][8:-1].split(","))
        before, after = self._digits(spool.rows, quoted(name), min(scale, _WIDTH - scale))
        scale = max(scale, after)
        widest = f"DECIMAL({_WIDTH},{scale})"
        fits = before + scale <= _WIDTH
        if fits and there.types[name] != widest:
            try:
                self.execute(f"alter table {table.full_name} alter {quoted(name)} type {widest}")
            except duckdb.ConversionException:  # of a number that is there
                fits = False
            there.types[name] = widest
        if not fits:
            raise LoadError(
                f"Stream {table.stream}: numbers of {name} need more than the {_WIDTH} digits of a "
                f"DECIMAL of DuckDB: {before} stand before the point now, and {scale} after "
                "it; set numbers_as_text."
            )

    def _digits(self, rows: str, value: str, short: int) -> tuple[int, int]:
        """Return how many digits numbers have before and after the point.

        Those that are too short to need a wider column are left out.
        """
        digits, power = (f"split_part(lower({value}), 'e', {part})" for part in (1, 2))
        power = f"coalesce(try_cast({power} as integer), 0)"
        ((before, after),) = self.staging.execute(
            f"select max(length(ltrim(split_part({digits}, '.', 1), '-0')) + {power}), "
            f"max(length(rtrim(split_part({digits}, '.', 2), '0')) - {power}) "
            f"from {rows} where length({value}) > {short} or contains(lower({value}), 'e')"
        ).fetchall()
        return before or 0, after or 0


def _end(connection: duckdb.DuckDBPyConnection) -> None:
    """Roll back what was not committed."""
    with suppress(duckdb.TransactionException):  # it was
        connection.rollback()
