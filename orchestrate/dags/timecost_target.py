"""The database that accounts are loaded into: schemas, and one view over all for each table."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow.sdk import Connection as Hook
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection
    from timecost_accounts import Account

TARGET = "timecost_target"
"""Id of the Airflow connection to the database."""

OWN = "timecost"
"""Schema of the table of runs, and of the views."""

RUNS = f"""
create table if not exists {OWN}.runs (
    account text not null, run text not null, schedule text not null, began timestamptz not null,
    ended timestamptz not null, state text not null, row_count bigint, requests bigint,
    sentence text, primary key (account, run))
"""

COLUMNS = """
select table_schema as schema, table_name as "table", column_name as name,
    case when data_type = 'ARRAY' then substr(udt_name, 2) || '[]' else data_type end as type
from information_schema.columns where table_schema = any(:schemas)
order by table_schema, table_name, ordinal_position
"""


def url_of(target: Hook, scheme: str) -> URL:
    """Return the database's address; extra fields of the connection are its query."""
    query = {name: str(value) for name, value in target.extra_dejson.items()}
    return URL.create(
        scheme,
        target.login,
        target.password,
        target.host or None,
        target.port,
        target.schema,
        query=query,
    )


@contextmanager
def database() -> Iterator[Connection]:
    """Connect, and commit at the end of the block."""
    engine = create_engine(url_of(Hook.get(TARGET), "postgresql+psycopg2"))
    in_utc = text("set time zone 'UTC'")  # as the loader's timestamps are
    try:
        with engine.begin() as connection:
            connection.execute(in_utc)
            yield connection
    finally:
        engine.dispose()


def prepare(connection: Connection, schemas: Iterable[str]) -> None:
    """Make what loaders would make at the same time otherwise, and the table of runs.

    One DAG after the other, as `if not exists` fails where two do it at once.
    """
    connection.execute(text("select pg_advisory_xact_lock(hashtext('timecost'))"))
    for schema in (OWN, *schemas):
        connection.execute(text(f'create schema if not exists "{schema}"'))
    connection.execute(text(RUNS))


def not_arrived(
    connection: Connection, schema: str, tables: Iterable[str], since: datetime
) -> list[str]:
    """Return the tables without a row that was extracted since a time."""
    return [table for table in tables if not _rows(connection, schema, table, since)]


def _rows(connection: Connection, schema: str, table: str, since: datetime) -> int:
    """Return how many rows of a table were extracted since a time."""
    named = f"{_quoted(schema)}.{_quoted(table)}"
    if connection.execute(text("select to_regclass(:named)"), {"named": named}).scalar() is None:
        return 0
    query = f"select count(*) from {named} where _sdc_extracted_at >= :since"
    return int(connection.execute(text(query), {"since": since}).scalar_one())


def make_views(connection: Connection, accounts: Sequence[Account]) -> list[str]:
    """Make a view for each table of each tap over the schemas of all accounts; return their names.

    A view keeps its columns in their order, as PostgreSQL demands of one that is replaced: new ones
    come at its end. A column that an account lacks is null there; one whose type differs is text.
    """
    names = {one.schema: one.name for one in accounts}
    taps = {one.schema: one.tap.removeprefix("tap-") for one in accounts}
    rows = connection.execute(text(COLUMNS), {"schemas": [OWN, *names]}).mappings()
    tables: dict[str, dict[str, dict[str, str]]] = {}
    kept: dict[str, dict[str, str]] = {}
    for row in rows:
        if row["schema"] == OWN:
            kept.setdefault(row["table"], {})[row["name"]] = row["type"]
        else:
            of_view = tables.setdefault(f"{taps[row['schema']]}_{row['table']}", {})
            of_view.setdefault(row["schema"], {})[row["name"]] = row["type"]
    for view, schemas in sorted(tables.items()):
        types: dict[str, str] = dict(kept.get(view, {}))
        types.pop("account", None)
        for columns in schemas.values():
            for name, kind in columns.items():
                types[name] = kind if types.get(name, kind) == kind else "text"
        union = "\nunion all\n".join(
            _select(names[schema], schema, view.removeprefix(f"{taps[schema]}_"), types, columns)
            for schema, columns in schemas.items()
        )
        command = f'create or replace view {OWN}."{view}" as\n{union}'
        if any(kept.get(view, {}).get(name, kind) != kind for name, kind in types.items()):
            command = f'drop view {OWN}."{view}";\n{command}'  # its type cannot be changed
        connection.exec_driver_sql(command.replace("%", "%%"))
    return sorted(tables)


def _select(
    account: str, schema: str, table: str, types: Mapping[str, str], has: Mapping[str, str]
) -> str:
    columns = [
        f"cast({_quoted(name) if name in has else 'null'} as {kind}) as {_quoted(name)}"
        for name, kind in types.items()
    ]
    own = f"cast('{account}' as text) as account"
    return f"select {', '.join([own, *columns])} from {_quoted(schema)}.{_quoted(table)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
