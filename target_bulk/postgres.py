"""Rows into PostgreSQL: by COPY of what DuckDB read, many processes at once if need be."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from target_bulk.columns import Kind, literal, quoted
from target_bulk.database import Database, There
from target_bulk.errors import LoadError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from target_bulk.columns import Table
    from target_bulk.spool import Spool

_TYPES = {
    Kind.TEXT: "text",
    Kind.INTEGER: "bigint",
    Kind.NUMBER: "numeric",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "date",
    Kind.TIMESTAMP: "timestamp with time zone",
    Kind.JSON: "jsonb",
}
_KINDS = {name: kind for kind, name in _TYPES.items()} | {
    "integer": Kind.INTEGER,
    "smallint": Kind.INTEGER,
    "double precision": Kind.NUMBER,
    "real": Kind.NUMBER,
    "timestamp without time zone": Kind.TIMESTAMP,
    "json": Kind.JSON,
}
_LONGEST_NAME = 63
"""Bytes; PostgreSQL cuts off the rest without an error."""

_CHUNK = 1 << 18

_CSV = "format csv, delimiter e'\\x02', quote e'\\x01', escape e'\\x01'"
"""Signs that hardly any text has: JSON is full of commas and quotes."""


def connect(url: str) -> psycopg.Connection:
    """Open a connection whose time zone is UTC.

    Raises:
        LoadError: there is none to be had.
    """
    scheme, _, rest = url.partition("://")
    try:
        connection = psycopg.connect(f"{scheme.partition('+')[0]}://{rest}", autocommit=True)
        connection.execute("set time zone 'UTC'")
    except psycopg.Error as error:
        raise LoadError(
            f"PostgreSQL does not answer at postgres_url ({type(error).__name__}): look at host, "
            "port, database, user and password."
        ) from None
    return connection


@dataclass(kw_only=True)
class Postgres(Database):
    """A database of PostgreSQL; the time zone of its connection is UTC."""

    connection: psycopg.Connection
    types = _TYPES

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Return a transaction."""
        try:
            with self.connection.transaction():
                yield
        except psycopg.Error as error:
            if self.connection.broken:
                raise LoadError(
                    "The connection to PostgreSQL was lost; run again, from the last STATE."
                ) from None
            name = error.diag.table_name
            raise RefusedError(
                f"PostgreSQL refuses the rows{f' of {name}' if name else ''} (SQLSTATE "
                f"{error.sqlstate}, {type(error).__name__}); nothing of this batch is loaded."
            ) from None

    def execute(self, statement: str) -> None:
        """Run a statement."""
        self.connection.execute(statement.encode())

    def lock(self, *names: str) -> None:
        """Wait for others of our kind: two who create one table, or merge the same rows, clash."""
        for name in sorted({*names}):
            key = literal(f"target-bulk {name}")
            self.execute(f"select pg_advisory_xact_lock(hashtext({key}))")

    def find(self, table: Table) -> There | None:
        """Return the table as it is there."""
        rows = self.connection.execute(
            "select attname, format_type(atttypid, null) from pg_attribute "
            "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
            [table.full_name],
        ).fetchall()
        return There(dict(rows)) if rows else None

    def create(self, table: Table, columns: list[str]) -> None:
        """Make a table, with its key."""
        if table.keys:
            columns = [*columns, f"primary key ({', '.join(map(quoted, table.keys))})"]
        self.lock(quoted(table.schema))
        self.execute(f"create schema if not exists {quoted(table.schema)}")
        self.execute(f"create table {table.full_name} ({', '.join(columns)})")

    def kind_of(self, name: str) -> Kind | None:
        """Return the kind of a type."""
        return Kind.TEXT if name.startswith("character") else _KINDS.get(name)

    def declare(self, table: Table) -> Table:
        """Make a table as it is wanted, and make sure that its rows can be merged."""
        for name in (table.schema, table.name, *table.columns):
            if len(name.encode()) > _LONGEST_NAME:
                raise LoadError(
                    f"Stream {table.stream}: the name {name} is longer than PostgreSQL's "
                    f"{_LONGEST_NAME} bytes; rename it in the tap."
                )
        declared = super().declare(table)
        if declared.keys and not self._is_unique(declared):
            keys = ", ".join(declared.keys)
            raise LoadError(
                f"Stream {table.stream}: its table has no primary key, or unique index, of just "
                f"{keys}, by which rows are merged; add one, or load into another schema."
            )
        return declared

    def _is_unique(self, table: Table) -> bool:
        rows = self.connection.execute(
            "select array(select attname::text from pg_attribute where attrelid = indrelid "
            "and attnum = any(indkey)) from pg_index "
            "where indrelid = to_regclass(%s) and indisunique and indpred is null",
            [table.full_name],
        )
        return any(sorted(names) == sorted(table.keys) for (names,) in rows)

    def stage(self, spool: Spool, now: datetime) -> None:
        """Read a spool file, and copy its rows to where they are merged from.

        Rows of a table that this run made are left in a file: they are copied into the table.
        """
        super().stage(spool, now)
        first = quoted(next(iter(spool.table.columns)))
        self.staging.execute(
            f"copy {spool.rows} to {literal(str(_file(spool)))} "
            f"({_CSV}, header false, force_quote ({first}))"  # lest a line be `\.`
        )
        if not self._is_direct(spool):
            with self.transaction():
                self._copy_aside(spool)

    def merge(self, spool: Spool) -> None:
        """Put rows into their table."""
        table, there = spool.table, self.known.there[spool.table.full_name]
        if _file(spool).exists():
            if self._is_direct(spool) and self._is_copied(spool):
                return
            there.is_new = False
            self._copy_aside(spool)
        values = ", ".join(_as_there(quoted(name), there.types[name]) for name in table.columns)
        statement = (
            f"insert into {table.full_name} ({_names(table)}) select {values} from {_aside(spool)}"
        )
        if table.keys:
            keys = ", ".join(map(quoted, table.keys))
            changed = ", ".join(f"{quoted(one)} = excluded.{quoted(one)}" for one in table.columns)
            statement += f" on conflict ({keys}) do update set {changed}"
        self.execute(statement)
        self.execute(f"drop table {_aside(spool)}")

    def _is_direct(self, spool: Spool) -> bool:
        """Return whether rows can be copied into their table, with no look at what is there."""
        table, there = spool.table, self.known.there[spool.table.full_name]
        as_ours = all(there.types[name] == _TYPES[kind] for name, kind in table.columns.items())
        return as_ours and (there.is_new or not table.keys)

    def _is_copied(self, spool: Spool) -> bool:
        """Copy rows whose keys are new; return whether they were."""
        try:
            with self.connection.transaction():
                self._copy(spool, spool.table.full_name)
        except psycopg.errors.UniqueViolation:
            return False
        return True

    def _copy_aside(self, spool: Spool) -> None:
        """Copy rows into a temporary table."""
        columns = ", ".join(
            f"{quoted(name)} {_TYPES[kind]}" for name, kind in spool.table.columns.items()
        )
        self.execute(f"create temp table {_aside(spool)} ({columns})")
        self._copy(spool, _aside(spool))

    def _copy(self, spool: Spool, table: str) -> None:
        """Copy rows into a table, and remove their file."""
        statement = f"copy {table} ({_names(spool.table)}) from stdin ({_CSV})"
        with (
            _file(spool).open("rb") as rows,
            self.connection.cursor() as cursor,
            cursor.copy(statement.encode()) as copy,
        ):
            while chunk := rows.read(_CHUNK):
                copy.write(chunk)
        _file(spool).unlink()


def _names(table: Table) -> str:
    """Return the columns of a table, in their order."""
    return ", ".join(map(quoted, table.columns))


def _aside(spool: Spool) -> str:
    """Return the temporary table that rows are merged from."""
    return f'pg_temp."{spool.path.stem}"'


def _file(spool: Spool) -> Path:
    """Return where the rows are that COPY takes."""
    return spool.path.with_suffix(".csv")


def _as_there(column: str, kind: str) -> str:
    """Return a staged column as the table has it: target-postgres makes arrays of lists."""
    if not kind.endswith("[]"):
        return column  # an assignment casts it
    elements = "jsonb_array_elements" if kind == "jsonb[]" else "jsonb_array_elements_text"
    array = f"array(select {elements}({column}))::{kind}"
    return f"case jsonb_typeof({column}) when 'array' then {array} end"
