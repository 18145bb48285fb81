"""The two databases, each with the loader pointed at it, and what it holds afterwards."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import duckdb
import psycopg

from target_bulk.duck import DuckDB
from target_bulk.postgres import Postgres
from target_bulk.target import TargetBulk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_bulk.database import Database

Row = dict[str, Any]
Message = dict[str, Any]


def schema(stream: str, keys: Iterable[str] = ("id",), /, **columns: Any) -> Message:
    """Return a SCHEMA message; a column is a type, a list of types, or its JSON Schema."""
    properties = {
        name: one if isinstance(one, dict) else {"type": one} for name, one in columns.items()
    }
    return {
        "type": "SCHEMA",
        "stream": stream,
        "schema": {"type": "object", "properties": properties},
        "key_properties": [*keys],
    }


def record(stream: str, version: int | None = None, /, **values: Any) -> Message:
    """Return a RECORD message."""
    message = {"type": "RECORD", "stream": stream, "record": values}
    return message if version is None else {**message, "version": version}


def state(value: object) -> Message:
    """Return a STATE message."""
    return {"type": "STATE", "value": value}


def activate(stream: str, version: int) -> Message:
    """Return an ACTIVATE_VERSION message."""
    return {"type": "ACTIVATE_VERSION", "stream": stream, "version": version}


@dataclass
class Place:
    """A schema of a database.

    Attributes:
        where: the settings that lead to the database.
        schema: the schema's name.
    """

    where: Message
    schema: str = "here"
    settings: Message = field(default_factory=dict)
    name: ClassVar[str]
    database: ClassVar[type[Database]]

    @property
    def config(self) -> Message:
        """All settings."""
        return {**self.where, "default_target_schema": self.schema, **self.settings}

    def load(self, *messages: Message | bytes, **settings: Any) -> list[Any]:
        """Load messages, or lines as they are; return the states that came out."""
        lines = (
            one if isinstance(one, bytes) else json.dumps(one).encode() + b"\n" for one in messages
        )
        out = io.StringIO()
        target = TargetBulk(config={**self.config, **settings})
        with redirect_stdout(out):
            target.listen(io.BytesIO(b"".join(lines)))  # type: ignore[arg-type]
        return [json.loads(line) for line in out.getvalue().splitlines()]

    def command(self) -> list[str]:
        """Return the command that loads what comes; its settings stand in its environment."""
        return [sys.executable, "-m", "target_bulk", "--config", "ENV"]

    def environment(self, **settings: object) -> dict[str, str]:
        """Return the environment that the command needs."""
        return {
            f"TARGET_BULK_{name.upper()}": str(value)
            for name, value in (self.config | settings).items()
        }

    def rows(self, table: str, columns: str = "*", order: str = "1") -> list[Row]:
        """Return rows of a table."""
        found, names = self.ask(f'select {columns} from "{self.schema}"."{table}" order by {order}')
        return [dict(zip(names, row, strict=True)) for row in found]

    def column(self, table: str, name: str) -> list[Any]:
        """Return the values of a column, in the order of the first; JSON is decoded."""
        is_text = self.kinds(table).get(name) == "JSON"  # psycopg decodes, DuckDB does not
        values = [row[name] for row in self.rows(table)]
        return [json.loads(one) if is_text and one is not None else one for one in values]

    def ask(self, query: str) -> tuple[list[Any], list[str]]:
        """Return the rows of a query, and the names of its columns."""
        raise NotImplementedError

    def kinds(self, table: str) -> dict[str, str]:
        """Return the types of a table's columns, without the metadata."""
        rows, _ = self.ask(
            "select column_name, data_type from information_schema.columns "
            f"where table_schema = '{self.schema}' and table_name = '{table}' "
            "order by ordinal_position"
        )
        return {name: kind for name, kind in rows if not name.startswith("_sdc_")}


class InDuckDB(Place):
    """A file of DuckDB."""

    name = "duckdb"
    database = DuckDB

    def ask(self, query: str) -> tuple[list[Any], list[str]]:
        with duckdb.connect(self.where["duckdb_path"]) as database:
            database.execute("set time zone 'UTC'")
            found = database.execute(query)
            rows = found.fetchall()
            return rows, [one[0] for one in found.description or ()]


class InPostgres(Place):
    """A schema of PostgreSQL."""

    name = "postgres"
    database = Postgres

    def ask(self, query: str) -> tuple[list[Any], list[str]]:
        with psycopg.connect(self.where["postgres_url"], autocommit=True) as database:
            database.execute("set time zone 'UTC'")
            found = database.execute(query.encode())
            if found.description is None:
                return [], []
            return found.fetchall(), [one.name for one in found.description]
