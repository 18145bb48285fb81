"""Rows into a file of DuckDB, by a process that has the file to itself."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import duckdb

from target_bulk.columns import Kind, literal, quoted
from target_bulk.database import Database, There
from target_bulk.errors import LoadError, RefusedError
from target_bulk.staging import TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_bulk.columns import Table

_WIDTH = 38
"""Digits of DuckDB's widest DECIMAL."""

_MEMORY = "300MB"

_KINDS = {
    "VARCHAR": Kind.TEXT,
    "BOOLEAN": Kind.BOOLEAN,
    "DATE": Kind.DATE,
    "JSON": Kind.JSON,
    "DOUBLE": Kind.NUMBER,
    "FLOAT": Kind.NUMBER,
}


def connect(path: str, folder: Path) -> duckdb.DuckDBPyConnection:
    """Open a file, or `:memory:`.

    Args:
        path: the file.
        folder: for what does not fit into memory.

    Raises:
        LoadError: another process has it.
    """
    try:
        connection = duckdb.connect(path)
    except duckdb.IOException as error:
        why = "another process has it open" if "lock" in str(error) else "it cannot be opened"
        raise LoadError(
            f"The DuckDB file of duckdb_path: {why}; one process at a time can write to a file, "
            "so close the other, or run after it."
        ) from None
    connection.execute("set time zone 'UTC'")
    connection.execute("set threads = 1")  # two take half as much work again, for no less time
    connection.execute(f"set memory_limit = '{_MEMORY}'")
    connection.execute(f"set temp_directory = {literal(str(folder / 'duckdb'))}")
    return connection


class DuckDB(Database):
    """A file of DuckDB; its own connection stages the rows."""

    types = TYPES

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Return a transaction."""
        self.staging.begin()
        try:
            yield
            self.staging.commit()
        except duckdb.Error as error:
            raise RefusedError(
                f"DuckDB refuses the rows ({type(error).__name__}); nothing of this batch is "
                "loaded. See docs/bulk.md for what it can hold."
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

    def kind_of(self, name: str) -> Kind | None:
        """Return the kind of a type."""
        if name.startswith("TIMESTAMP"):
            return Kind.TIMESTAMP
        if name.startswith("DECIMAL"):
            return Kind.NUMBER
        return Kind.INTEGER if name.endswith("INT") else _KINDS.get(name)

    def merge(self, table: Table, there: There) -> None:
        """Put the rows of `staged` into their table."""
        for name, kind in table.columns.items():
            if kind is Kind.NUMBER and there.types[name].startswith("DECIMAL"):
                self._widen(table, there, name)
        columns = {
            quoted(name): self._cast(name, kind, there) for name, kind in table.columns.items()
        }
        names, values = ", ".join(columns), ", ".join(columns.values())
        same = " and ".join(f"old.{quoted(key)} = {columns[quoted(key)]}" for key in table.keys)
        known = f"select 1 from {table.full_name} as old semi join temp.staged as new on {same}"
        if not table.keys or not self.staging.execute(f"{known} limit 1").fetchall():
            self.execute(
                f"insert into {table.full_name} ({names}) select {values} from temp.staged as new"
            )
            return
        changed = ", ".join(f"{name} = {value}" for name, value in columns.items())
        self.execute(
            f"merge into {table.full_name} as old using temp.staged as new on {same} "
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

    def _widen(self, table: Table, there: There, name: str) -> None:
        """Give a DECIMAL as many digits after the point as came."""
        _, scale = map(int, there.types[name][8:-1].split(","))
        before, after = self._digits(quoted(name), min(scale, _WIDTH - scale))
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

    def _digits(self, value: str, short: int) -> tuple[int, int]:
        """Return how many digits the numbers of `staged` have before and after the point.

        Those that are too short to need a wider column are left out.
        """
        digits, power = (f"split_part(lower({value}), 'e', {part})" for part in (1, 2))
        power = f"coalesce(try_cast({power} as integer), 0)"
        ((before, after),) = self.staging.execute(
            f"select max(length(ltrim(split_part({digits}, '.', 1), '-0')) + {power}), "
            f"max(length(rtrim(split_part({digits}, '.', 2), '0')) - {power}) "
            f"from temp.staged where length({value}) > {short} or contains(lower({value}), 'e')"
        ).fetchall()
        return before or 0, after or 0


def _end(connection: duckdb.DuckDBPyConnection) -> None:
    """Roll back what was not committed."""
    with suppress(duckdb.TransactionException):  # it was
        connection.rollback()
