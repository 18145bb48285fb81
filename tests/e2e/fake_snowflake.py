"""A Snowflake account in memory, for target-snowflake as it is: fakesnow, and what it lacks.

`fake_snowflake.py JOB` runs in the environment that `python -m scripts.loaders` makes. JOB is a
file of JSON: the loader's `config`, files of lines that it is to `load` one after the other, and
`queries`, of which each gets a list of rows, as JSON, on the last line of stdout. The account is
kept in the folder `stored`, if there is one.

fakesnow has the catalog, DDL and queries, transpiled for DuckDB. This file has the user's stage:
PUT, REMOVE, and MERGE and COPY from it, as far as the loader uses them. Each rule names the page of
https://docs.snowflake.com/en/ that it follows.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import fakesnow
import fakesnow.conn
import snowflake.connector
from fakesnow.cursor import FakeSnowflakeCursor
from singer_sdk.singerlib.json import serialize_json
from snowflake.connector.errors import ProgrammingError
from sqlglot import exp, parse_one
from target_snowflake.target import TargetSnowflake

if TYPE_CHECKING:
    from collections.abc import Callable

STAGE = Path(tempfile.mkdtemp())
"""The files of the user's stage, which is `@~`."""

PARSED = Path(tempfile.mkdtemp())
"""What was read from them."""

# -- names -----------------------------------------------------------------------------------------

RESERVED = frozenset(
    """
    ALL ALTER AND ANY AS BETWEEN BY CASE CAST CHECK COLUMN CONNECT CONSTRAINT CREATE CURRENT
    CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DELETE DISTINCT DROP ELSE EXISTS FALSE
    FOLLOWING FOR FROM GRANT GROUP HAVING ILIKE IN INCREMENT INSERT INTERSECT INTO IS LIKE LOCALTIME
    LOCALTIMESTAMP MINUS NOT NULL OF ON OR ORDER QUALIFY REGEXP REVOKE RLIKE ROW ROWS SAMPLE SELECT
    SET SOME START TABLE TABLESAMPLE THEN TO TRIGGER TRUE TRY_CAST UNION UNIQUE UPDATE VALUES WHEN
    WHENEVER WHERE WINDOW WITH
    """.split()  # noqa: SIM905 - a page of strings says no more
)
"""No name of a column without quotes (sql-reference/reserved-keywords)."""


def resolved(statement: exp.Expression) -> exp.Expression:
    """Return a statement whose names are as they are stored.

    All are in capitals: those without quotes anyway, the others because the loader's session sets
    QUOTED_IDENTIFIERS_IGNORE_CASE (sql-reference/identifiers-syntax).
    """

    def name(node: exp.Expression) -> exp.Expression:
        if not isinstance(node, exp.Identifier):
            return node
        if not node.quoted and node.name.upper() in RESERVED:
            message = f"SQL compilation error: syntax error, unexpected '{node.name}'."
            raise ProgrammingError(msg=message, errno=1003, sqlstate="42000")
        return exp.to_identifier(node.name.upper(), quoted=True)

    return statement.transform(name)


# -- the stage -------------------------------------------------------------------------------------


def put(source: str, location: str) -> None:
    """Store a file, compressed with gzip unless it is (sql-reference/sql/put)."""
    file = Path(source.removeprefix("file://"))
    folder = STAGE / location.removeprefix("@~/")
    folder.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".gz":
        shutil.copy(file, folder)
        return
    with file.open("rb") as plain, gzip.open(folder / f"{file.name}.gz", "wb") as packed:
        shutil.copyfileobj(plain, packed)


def staged(location: str) -> list[Path]:
    """Return the files whose path begins so (sql-reference/sql/remove)."""
    prefix = str(STAGE / location.removeprefix("@~/"))
    return [one for one in sorted(STAGE.rglob("*.gz")) if str(one).startswith(prefix)]


TYPES = {
    "VARIANT": "json",
    "VARCHAR": "varchar",
    "DOUBLE": "double",
    "DECIMAL": "decimal(38, 0)",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMPNTZ": "timestamp",
}
"""DuckDB's, by Snowflake's."""

_OFFSET = re.compile(r"(Z|[+-]\d\d:?\d\d)$")


def member(value: object, kind: str) -> str | None:
    """Return the text of which a member of an object is cast to a type.

    Null stays JSON's null as VARIANT, and is a null of SQL as anything else; numbers in VARIANT
    keep their digits (user-guide/semistructured-considerations, sql-reference/functions/
    parse_json). TIMESTAMP_NTZ is what a clock shows: an offset is left out of account
    (sql-reference/data-types-datetime).
    """
    if kind == "VARIANT" or isinstance(value, bool):
        return serialize_json(value)
    if value is None:
        return None
    return _OFFSET.sub("", str(value)) if kind == "TIMESTAMPNTZ" else str(value)


def lines(select: exp.Expression, location: str) -> str:
    """Return what `select $1:name::TYPE as ALIAS, ...` says of staged lines, in DuckDB's SQL.

    SEQ8() counts the lines in their order, which is what the loader assumes: no page says that it
    does (sql-reference/functions/seq1).
    """
    kinds, columns = {}, []
    for alias in select.expressions:
        (key,) = alias.this.find_all(exp.JSONPathKey)
        kind = kinds[key.name] = alias.this.to.this.value
        columns.append(f'cast("{key.name}" as {TYPES[kind]}) as {alias.args["alias"]}')
    texts = PARSED / f"{uuid4()}.jsonl"
    with texts.open("w") as found:
        for file in staged(location):
            for line in gzip.decompress(file.read_bytes()).splitlines():
                row = json.loads(line, parse_float=Decimal)
                some = {
                    name: member(row[name], kind) for name, kind in kinds.items() if name in row
                }
                found.write(json.dumps(some) + "\n")
    named = ", ".join(f"'{name}': 'varchar'" for name in kinds)
    rows = (
        f"select {', '.join(columns)}, row_number() over () as line "
        f"from read_json('{texts}', columns = {{{named}}}, format = 'newline_delimited')"
    )
    last = select.args.get("qualify")
    for call in last.find_all(exp.Seq8) if last else ():
        call.replace(exp.column("line"))
    return f"select * exclude (line) from ({rows}) {last.sql('duckdb') if last else ''}"


# -- statements ------------------------------------------------------------------------------------


class Cursor(FakeSnowflakeCursor):  # type: ignore[misc]
    """A cursor that knows the user's stage."""

    def execute(self, command: str, params: Any = None, *args: Any, **kwargs: Any) -> Any:
        if params:
            command, params = self._rewrite_with_params(command, params)
        word, _, rest = command.strip().lower().partition(" ")
        own: dict[str, Callable[[str], str]] = {
            "put": self._put,
            "remove": self._remove,
            "merge": self._merge,
            "copy": self._copy,
        }
        if word in own:
            command = own[word](command)
        elif word == "drop" and rest.startswith("file format"):
            command = self._drop_file_format(command)
        elif word in {"create", "alter"}:
            command = self._define(command)
        return super().execute(command, params, *args, **kwargs)

    def _define(self, command: str) -> str:
        """Keys keep nothing out, but nulls (sql-reference/constraints-overview)."""
        statement = resolved(parse_one(command, read="snowflake"))
        for key in [*statement.find_all(exp.PrimaryKey)]:
            key.pop()
        return str(statement.sql("snowflake"))

    def _put(self, command: str) -> str:
        put(*re.findall("'([^']*)'", command))
        return "select 'UPLOADED' as \"status\""

    def _remove(self, command: str) -> str:
        (location,) = re.findall("'([^']*)'", command)
        for file in staged(location):
            file.unlink()
        return "select 'removed' as \"result\""

    def _merge(self, command: str) -> str:
        """Merge (sql-reference/sql/merge); return a query for the counts."""
        statement = resolved(parse_one(command, read="snowflake"))
        source = statement.args["using"]
        table = source.this.args["from_"].this
        self._file_format(table.args["format"])
        rows = parse_one(lines(source.this, table.name), read="duckdb")
        source.set("this", rows)
        for assigned in statement.find(exp.Update).expressions:
            assigned.this.set("table", None)  # DuckDB takes the column's name alone
        merged = f"{statement.sql('duckdb')} returning merge_action"
        actions = [action for (action,) in self._duck_conn.execute(merged).fetchall()]
        return (
            f'select {actions.count("INSERT")} as "number of rows inserted", '
            f'{actions.count("UPDATE")} as "number of rows updated"'
        )

    def _copy(self, command: str) -> str:
        """Copy (sql-reference/sql/copy-into-table); return a query for the counts."""
        statement = resolved(parse_one(command, read="snowflake"))
        (named,) = statement.args["params"]
        self._file_format(exp.to_table(named.find(exp.Literal).name, dialect="snowflake"))
        select = statement.args["files"][0].this
        rows = lines(select, select.args["from_"].this.name)
        insert = f"insert into {statement.this.sql('duckdb')} {rows}"
        ((count,),) = self._duck_conn.execute(insert).fetchall()
        return f"select '' as file, 'LOADED' as status, {count} as parsed, {count} as loaded"

    def _file_format(self, named: exp.Table) -> None:
        """Make sure that a file format is there."""
        formats = "select type from _fs_global._fs_information_schema._fs_file_formats"
        known = self._duck_conn.execute(f"{formats} where name = ?", [named.name.upper()])
        assert known.fetchall() == [("JSON",)], f"no file format {named}"

    def _drop_file_format(self, command: str) -> str:
        (named,) = resolved(parse_one(command, read="snowflake")).find_all(exp.Table)
        formats = "_fs_global._fs_information_schema._fs_file_formats"
        self._duck_conn.execute(f"delete from {formats} where name = ?", [named.name])
        return "select 'dropped' as \"status\""


def main() -> None:
    """Load and answer."""
    job = json.loads(Path(sys.argv[1]).read_text())
    config = Path(sys.argv[1]).with_name("config.json")
    config.write_text(json.dumps(job["config"]))
    fakesnow.conn.FakeSnowflakeCursor = Cursor
    try:
        with fakesnow.patch(db_path=job.get("stored")):
            for file in job["load"]:
                arguments = ["--config", str(config), "--input", file]
                if code := TargetSnowflake.cli(arguments, standalone_mode=False):
                    sys.exit(code)
            with snowflake.connector.connect(database=job["config"]["database"]) as connection:
                found = [answer(connection, query) for query in job["queries"]]
            left = [str(file) for file in staged("@~/")]
    finally:
        shutil.rmtree(STAGE)
        shutil.rmtree(PARSED)
    assert not left, "the loader left files in the stage"
    sys.stdout.write(json.dumps(found, default=str) + "\n")


def answer(connection: Any, query: str) -> list[dict[str, Any]]:
    """Return the rows of a query."""
    cursor = connection.cursor(snowflake.connector.DictCursor)
    rows: list[dict[str, Any]] = cursor.execute(query).fetchall()
    return rows


if __name__ == "__main__":
    main()
