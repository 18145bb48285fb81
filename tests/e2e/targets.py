"""Targets: how each is loaded, what its tables hold, and what its loader is known to alter."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import duckdb
import psycopg
import yaml
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads

from scripts.loaders import program
from tests.e2e.arrived import JSON_KINDS
from tests.e2e.conftest import ROOT
from tests.e2e.served import Row, parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from tests.e2e.arrived import Kind, Table
    from tests.e2e.recorded import Recorded

Config = dict[str, Any]


@dataclass(frozen=True)
class Alteration:
    """What a loader makes of values.

    Attributes:
        what: as docs/targets.md says it.
        change: returns what there is in the target instead of a value.
        kinds: of the columns whose values it changes.
    """

    what: str
    change: Callable[[Any], object]
    kinds: frozenset[Kind]


def alteration(what: str, change: Callable[[Any], object], *kinds: Kind) -> Alteration:
    return Alteration(what, change, frozenset(kinds))


EMPTY_IS_NULL = alteration("an empty text is null", lambda value: value or None, "text")
DOUBLE = alteration("numbers are floating point: 15 digits", float, "number")
DATE_IS_TEXT = alteration("a date is text", lambda value: value.isoformat(), "date")


class Target:
    """A target, with all three taps in schemas or folders of their own.

    Attributes:
        name: as the docs have it.
        runs: which ones it gets: the fixture.
        alterations: all that is known; a cell that differs otherwise fails the test.
        types: of columns by their kind, as the docs have them; none where all is text.
    """

    name: ClassVar[str]
    runs: ClassVar[str] = "runs"
    alterations: ClassVar[tuple[Alteration, ...]] = ()
    types: ClassVar[Mapping[Kind, str]] = {}

    def __init__(self, folder: Path, postgres: str) -> None:
        self.folder = folder
        self.postgres = postgres

    def load(self, run: Recorded) -> None:
        """Load a run."""
        with self.serving():
            done = self.loaded(run.tap, self.lines(run))
            assert done.returncode == 0, done.stderr[-3000:]
            self.fetch(run.tap, run.tables)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Have what the loader needs."""
        yield

    def lines(self, run: Recorded) -> bytes:
        """Return what the loader gets."""
        return run.lines

    def fetch(self, tap: str, tables: Iterable[str]) -> None:
        """Get what was loaded before `serving` ends."""

    def loaded(self, tap: str, lines: bytes) -> subprocess.CompletedProcess[bytes]:
        """Run the loader to its end."""
        path = self.folder / f"{tap}.json"
        path.write_text(json.dumps(self.config(tap)))
        command = [self.command(), "--config", str(path)]
        return subprocess.run(
            command, input=lines, capture_output=True, check=False, cwd=self.folder
        )

    def command(self) -> str:
        raise NotImplementedError

    def config(self, tap: str) -> Config:
        raise NotImplementedError

    def rows(self, tap: str, name: str, table: Table) -> list[Row]:
        """Return the rows of a table, values as `Table.rows` has them."""
        return [self.meant(table, row) for row in self.held(tap, name)]

    def held(self, tap: str, name: str) -> list[Row]:
        """Return the rows of a table as they are."""
        raise NotImplementedError

    def meant(self, table: Table, row: Row) -> Row:
        """Return a row with values as `Table.rows` has them."""
        del table
        return row

    def types_of(self, tap: str, name: str) -> dict[str, str]:
        """Return the types of a table's columns."""
        raise NotImplementedError

    def spelled(self, column: str) -> str:
        """Return what a column is called."""
        return column

    def altered(self, kind: Kind, value: Any) -> object:
        """Return what is held instead of a value that was served."""
        for one in self.alterations:
            if kind in one.kinds and value is not None:
                value = one.change(value)
        return value


def schema_of(tap: str) -> str:
    return tap.replace("-", "_")


def shipped(loader: str) -> Config:
    """Return a loader's settings in `meltano.yml`, without those that Meltano fills in."""
    loaders = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
    (config,) = [one["config"] for one in loaders if one["name"] == loader]
    return {name: value for name, value in config.items() if "$" not in str(value)}


def from_json(table: Table, row: Row) -> Row:
    """Return a row whose columns of JSON were texts."""
    return {
        name: parsed(value) if table.kinds.get(name) in JSON_KINDS and value is not None else value
        for name, value in row.items()
    }


# -- PostgreSQL ------------------------------------------------------------------------------------


class Postgres(Target):
    """target-postgres as `meltano.yml` has it, into a database that is not in UTC."""

    name = "target-postgres 0.8.1, as shipped"
    suffix = "_copy"
    more: ClassVar[Config] = {}
    options = ""
    alterations: ClassVar[tuple[Alteration, ...]] = (
        alteration(
            "numbers go through floating point: 15 digits",
            lambda value: Decimal(str(float(value))),
            "number",
        ),
    )
    types: ClassVar[Mapping[Kind, str]] = {
        "text": "text",
        "number": "numeric",
        "integer": "bigint",
        "boolean": "boolean",
        "date": "date",
        "timestamp": "timestamp without time zone",
        "list": "text[] or jsonb[]",
        **dict.fromkeys(("object", "mixed"), "jsonb"),
    }

    def command(self) -> str:
        return str(ROOT / ".meltano/loaders/target-postgres/venv/bin/target-postgres")

    def config(self, tap: str) -> Config:
        url = self.postgres.replace("://", "+psycopg://", 1) + self.options
        schema = f"{schema_of(tap)}{self.suffix}"
        own = {"sqlalchemy_url": url, "default_target_schema": schema}
        return {**shipped("target-postgres"), **own, **self.more}

    def held(self, tap: str, name: str) -> list[Row]:
        with psycopg.connect(self.postgres, row_factory=dict_row) as connection:
            set_json_loads(parsed, connection)
            place = sql.Identifier(f"{schema_of(tap)}{self.suffix}", name)
            return connection.execute(sql.SQL("select * from {}").format(place)).fetchall()

    def types_of(self, tap: str, name: str) -> dict[str, str]:
        with psycopg.connect(self.postgres) as connection:
            found = connection.execute(
                "select attname, format_type(atttypid, null) from pg_attribute"
                " where attrelid = %s::regclass and attnum > 0",
                [f'"{schema_of(tap)}{self.suffix}"."{name}"'],
            )
            return dict(found.fetchall())


class PostgresExact(Postgres):
    name = "target-postgres 0.8.1, `use_copy: false`, `options=-c timezone=utc`"
    suffix = "_exact"
    more: ClassVar[Config] = {"use_copy": False}
    options = "&options=-c%20timezone%3Dutc"
    alterations = ()


class PostgresFiles(Postgres):
    name = "target-postgres 0.8.1, as shipped, from files"
    runs = "file_runs"
    suffix = "_files"


def _pipelinewise_text(value: str) -> str:
    """It writes texts as JSON into CSV whose escape is a backslash, before quotes only."""
    escaped = json.dumps(value, ensure_ascii=False)[1:-1]
    return re.sub(r'\\(["\\])', r"\1", escaped)


class Pipelinewise(Postgres):
    name = "pipelinewise-target-postgres 2.1.2"
    runs = "text_runs"
    suffix = "_pipelinewise"
    alterations = (
        EMPTY_IS_NULL,
        DOUBLE,
        DATE_IS_TEXT,
        alteration(
            "a line break or a tab is a backslash and a letter",
            _pipelinewise_text,
            "text",
        ),
    )
    types: ClassVar[Mapping[Kind, str]] = {
        **dict.fromkeys(("text", "date", "object", "list", "mixed"), "character varying"),
        "number": "double precision",
        "integer": "numeric",
        "boolean": "boolean",
        "timestamp": "timestamp without time zone",
    }

    def spelled(self, column: str) -> str:
        return column.lower()

    def command(self) -> str:
        return program("pipelinewise-target-postgres", "target-postgres")

    def config(self, tap: str) -> Config:
        url = urlsplit(self.postgres)
        return {
            "host": parse_qs(url.query)["host"][0],
            "port": 5432,
            "user": url.username,
            "password": "any",  # it refuses none
            "dbname": url.path[1:],
            "default_target_schema": f"{schema_of(tap)}{self.suffix}",
        }

    def meant(self, table: Table, row: Row) -> Row:
        names = {self.spelled(column): column for column in table.kinds}
        return from_json(table, {names.get(one, one): value for one, value in row.items()})


# -- DuckDB ----------------------------------------------------------------------------------------


def _with_floats(value: Any) -> object:
    if isinstance(value, dict):
        return {name: _with_floats(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_floats(one) for one in value]
    return Decimal(str(float(value))) if isinstance(value, Decimal) else value


class DuckDB(Target):
    """target-duckdb as `meltano.yml` has it."""

    name = "target-duckdb 0.8.0, as shipped"
    alterations = (
        EMPTY_IS_NULL,
        DOUBLE,
        DATE_IS_TEXT,
        alteration(
            "numbers with a point inside of JSON have 15 digits",
            _with_floats,
            "object",
            "list",
            "mixed",
        ),
        alteration(
            "a value that is no object or list is text in a column of several types: `False`",
            lambda value: value if isinstance(value, (dict, list)) else str(value),
            "mixed",
        ),
    )
    types: ClassVar[Mapping[Kind, str]] = {
        "text": "VARCHAR",
        "number": "DOUBLE",
        "integer": "HUGEINT",
        "boolean": "BOOLEAN",
        "date": "VARCHAR",
        "timestamp": "TIMESTAMP",
        **dict.fromkeys(("object", "list", "mixed"), "JSON"),
    }

    def spelled(self, column: str) -> str:
        return column.lower()

    def command(self) -> str:
        return str(ROOT / ".meltano/loaders/target-duckdb/venv/bin/target-duckdb")

    def config(self, tap: str) -> Config:
        extractors = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["extractors"]
        (metadata,) = [one["metadata_columns"] for one in extractors if one["name"] == tap]
        return {
            **shipped("target-duckdb"),
            "filepath": str(self.folder / "targets.duckdb"),
            "default_target_schema": schema_of(tap),
            "add_metadata_columns": metadata,
        }

    def held(self, tap: str, name: str) -> list[Row]:
        return self._asked(f'select * from {schema_of(tap)}."{name}"')

    def meant(self, table: Table, row: Row) -> Row:
        names = {self.spelled(column): column for column in table.kinds}
        spelled = {names.get(one, one): value for one, value in row.items()}
        return {
            column: _opened(value) if table.kinds.get(column) in JSON_KINDS else value
            for column, value in spelled.items()
        }

    def types_of(self, tap: str, name: str) -> dict[str, str]:
        found = self._asked(f'describe {schema_of(tap)}."{name}"')
        return {row["column_name"]: row["column_type"] for row in found}

    def _asked(self, query: str) -> list[Row]:
        with duckdb.connect(str(self.folder / "targets.duckdb"), read_only=True) as database:
            return rows_of(database.execute(query))


def _opened(value: str | None) -> object:
    """Return an object or a list; another value as the text that it is, JSON or not.

    A null of a column of objects or lists is JSON's own.
    """
    if value == "null":
        return None
    return parsed(value) if value and value[0] in "{[" else value


def rows_of(result: duckdb.DuckDBPyConnection) -> list[Row]:
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


# -- files -----------------------------------------------------------------------------------------


class JsonLines(Target):
    name = "target-jsonl 0.1.4"

    def command(self) -> str:
        return program("target-jsonl", "target-jsonl")

    def config(self, tap: str) -> Config:
        folder = self.folder / tap
        folder.mkdir(exist_ok=True)
        return {"destination_path": str(folder)}

    def held(self, tap: str, name: str) -> list[Row]:
        (file,) = (self.folder / tap).glob(f"{name}-*.jsonl")
        return [parsed(line) for line in file.read_text().splitlines()]

    def meant(self, table: Table, row: Row) -> Row:
        return table.row(row)


class Csv(Target):
    name = "meltanolabs-target-csv 0.5.0"
    alterations = (
        alteration("an empty text and null are the same", lambda value: value or None, "text"),
    )

    def command(self) -> str:
        return program("target-csv", "target-csv")

    def config(self, tap: str) -> Config:
        folder = self.folder / tap
        folder.mkdir(exist_ok=True)
        return {"output_path": str(folder), "file_naming_scheme": "{stream_name}.csv"}

    def held(self, tap: str, name: str) -> list[Row]:
        csv.field_size_limit(10**7)
        with (self.folder / tap / f"{name}.csv").open(newline="") as file:
            return [*csv.DictReader(file)]

    def meant(self, table: Table, row: Row) -> Row:
        return {one: self._value(table.kinds[one], text) for one, text in row.items() if text}

    def _value(self, kind: Kind, text: str) -> object:
        if kind in JSON_KINDS:
            return _python(text)
        read: dict[Kind, Callable[[str], object]] = {
            "number": Decimal,
            "integer": int,
            "boolean": {"True": True, "False": False}.__getitem__,
            "date": lambda one: datetime.strptime(one, "%Y-%m-%d").date(),  # noqa: DTZ007 - a date
            "timestamp": _in_csv,
        }
        return read.get(kind, str)(text)


def _in_csv(text: str) -> datetime:
    """Read a timestamp with a space, and an offset that is UTC's."""
    assert text[10] == " "
    return datetime.fromisoformat(text.removesuffix("+00:00"))


def _python(text: str) -> object:
    """Return what a cell means that holds a literal of Python, or a text as it is."""
    if text[0] not in "{[" and text not in {"True", "False"}:
        return text
    found: object = eval(text, {"__builtins__": {}, "Decimal": Decimal})
    return found


class Parquet(Target):
    """Files of Parquet, in a bucket of a server that plays S3."""

    name = "plinxore-target-s3 0.1.7, Parquet"
    runs = "text_runs"
    alterations = (
        DOUBLE,
        alteration(
            "a timestamp has whole seconds", lambda value: value.replace(microsecond=0), "timestamp"
        ),
    )
    types: ClassVar[Mapping[Kind, str]] = {
        **dict.fromkeys(("text", "object", "list", "mixed"), "VARCHAR"),
        "number": "DOUBLE",
        "integer": "BIGINT",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "timestamp": "TIMESTAMP WITH TIME ZONE",
    }
    url = ""

    def command(self) -> str:
        return program("target-s3", "target-s3")

    def config(self, tap: str) -> Config:
        account = {
            "aws_access_key_id": "any",
            "aws_secret_access_key": "any",
            "aws_region": "us-east-1",
            "aws_bucket": "timecost",
            "aws_endpoint_override": self.url,
        }
        return {
            "format": {"format_type": "parquet"},
            "cloud_provider": {"cloud_provider_type": "aws", "aws": account},
            "prefix": tap,
            "append_date_to_prefix": False,
        }

    @contextmanager
    def serving(self) -> Iterator[None]:
        with s3_server() as self.url:
            urlopen(Request(f"{self.url}/timecost", method="PUT")).close()
            yield

    def lines(self, run: Recorded) -> bytes:
        """Return the lines; whole numbers that a double cannot hold, which end it, with a point."""
        return re.sub(rb'(?<!\\)(":\d{17,})(?=[,}])', rb"\1.0", run.lines)

    def fetch(self, tap: str, tables: Iterable[str]) -> None:
        for table in tables:
            folder = self.folder / tap / table
            folder.mkdir(parents=True)
            listed = f"{self.url}/timecost?list-type=2&prefix={tap}/{table}/"
            with urlopen(listed) as answer:
                keys = re.findall("<Key>([^<]+)</Key>", answer.read().decode())
            for number, key in enumerate(keys):
                with urlopen(f"{self.url}/timecost/{key}") as answer:
                    (folder / f"{number}.parquet").write_bytes(answer.read())

    def held(self, tap: str, name: str) -> list[Row]:
        rows = self._asked("select *", tap, name)
        return [
            {
                column: value.replace(tzinfo=None) if isinstance(value, datetime) else value
                for column, value in row.items()
            }
            for row in rows
        ]

    def meant(self, table: Table, row: Row) -> Row:
        return from_json(table, row)

    def types_of(self, tap: str, name: str) -> dict[str, str]:
        found = self._asked("describe select *", tap, name)
        return {row["column_name"]: row["column_type"] for row in found}

    def _asked(self, query: str, tap: str, name: str) -> list[Row]:
        with duckdb.connect() as database:
            database.execute("set timezone = 'UTC'")
            files = f"read_parquet('{self.folder / tap / name}/*.parquet')"
            return rows_of(database.execute(f"{query} from {files}"))


@contextmanager
def s3_server() -> Iterator[str]:
    """Play S3 on a port of this machine."""
    command = [program("target-s3", "moto_server"), "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        for line in server.stderr:
            if found := re.search(r"Running on (http://127\.0\.0\.1:\d+)", line):
                break
        else:
            raise AssertionError("the server did not start")
        try:
            yield found[1]
        finally:
            server.terminate()


TARGETS = (Postgres, PostgresExact, PostgresFiles, DuckDB, JsonLines, Csv, Parquet, Pipelinewise)
