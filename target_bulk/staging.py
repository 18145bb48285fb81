"""A spool file as a temporary table of DuckDB: texts, checked, the last row of each key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
from singer_sdk.exceptions import MissingKeyPropertiesError

from target_bulk.columns import METADATA, Kind, Table, literal, quoted
from target_bulk.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from target_bulk.spool import Spool

TYPES = {
    Kind.TEXT: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.NUMBER: "DECIMAL(38, 9)",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.DATE: "DATE",
    Kind.TIMESTAMP: "TIMESTAMPTZ",
    Kind.JSON: "JSON",
}
"""What DuckDB calls each kind."""

_STRICT = {Kind.INTEGER, Kind.BOOLEAN, Kind.DATE, Kind.TIMESTAMP}
"""Kinds that DuckDB casts as strictly as PostgreSQL does, or nearly."""

_NUMBER = r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?"


@dataclass(frozen=True)
class Digits:
    """How many digits a column's numbers have, at most.

    Attributes:
        before: the point.
        after: it.
    """

    before: int
    after: int


@dataclass(frozen=True)
class Staged:
    """Rows in the temporary table `staged`: texts and JSON, in the order in which they came.

    Attributes:
        table: where they go.
        rows: how many.
        digits: of each column of numbers.
    """

    table: Table
    rows: int
    digits: Mapping[str, Digits]


def stage(connection: duckdb.DuckDBPyConnection, spool: Spool, batched: datetime) -> Staged:
    """Read a spool file into the temporary table `staged`.

    Args:
        connection: its time zone is UTC.
        spool: the file.
        batched: when that is done.

    Raises:
        LoadError: a line is not what SCHEMA says.
    """
    table = spool.table
    try:
        connection.execute(f"create or replace temp table staged as {_select(spool, batched)}")
    except duckdb.InvalidInputException:
        raise LoadError(
            f"Stream {table.stream}: DuckDB cannot read a RECORD, which is not JSON, or longer "
            "than its memory; look at the output of the tap."
        ) from None
    found = _look_at(connection, table)
    rows = found["rows"]
    for name, kind in table.columns.items():
        if bad := found.get(f"bad {name}"):
            raise LoadError(
                f"Stream {table.stream}: {bad:,} of {rows:,} values of {name} are not what its "
                f"SCHEMA says ({kind.value}); correct the schema in the tap."
            )
        if name in table.keys and found[f"null {name}"]:
            raise MissingKeyError(table.stream, name)
    if table.keys and found["keys"] < rows:
        keys = ", ".join(map(quoted, table.keys))
        connection.execute(
            "create or replace temp table staged as select * from staged "
            f"qualify row_number() over (partition by {keys} order by rowid desc) = 1"
        )
        rows = found["keys"]
    numbers = (name for name, kind in table.columns.items() if kind is Kind.NUMBER)
    digits = {
        name: Digits(found[f"before {name}"] or 0, found[f"after {name}"] or 0) for name in numbers
    }
    return Staged(table, rows, digits)


class MissingKeyError(LoadError, MissingKeyPropertiesError):
    """A record without its key."""

    def __init__(self, stream: str, key: str) -> None:
        super().__init__(
            f"Stream {stream}: a record has no {key}, which is its key; the tap has to send it."
        )


def _select(spool: Spool, batched: datetime) -> str:
    """Return the query that reads a spool file."""
    table = spool.table
    json = "VARCHAR" if spool.exact else "JSON"
    kinds = {**table.columns, **({"_sdc_deleted_at": Kind.TIMESTAMP} if table.metadata else {})}
    members = ", ".join(
        f"{quoted(name)} {json if kind is Kind.JSON else 'VARCHAR'}"
        for name, kind in kinds.items()
        if name == "_sdc_deleted_at" or name not in METADATA or not table.metadata
    )
    columns = {
        "record": f"STRUCT({members})" if members else "JSON",
        "time_extracted": "VARCHAR",
        "version": "VARCHAR",
    }
    declared = ", ".join(f"{name}: {literal(kind)}" for name, kind in columns.items())
    selected = ", ".join(_columns(spool, batched))
    return (
        f"select {selected} from read_json({literal(str(spool.path))}, "
        f"format='newline_delimited', auto_detect=false, columns={{{declared}}}, "
        f"maximum_object_size={max(2 * spool.longest, 1 << 20)})"
    )


def _columns(spool: Spool, batched: datetime) -> Iterator[str]:
    """Return the columns of the query."""
    received = literal(f"{spool.received:%Y-%m-%dT%H:%M:%S.%fZ}")
    sequence = literal(str(int(spool.received.timestamp() * 1000)))
    own = {
        "_sdc_extracted_at": f"coalesce(time_extracted, {received})",
        "_sdc_received_at": received,
        "_sdc_batched_at": literal(f"{batched:%Y-%m-%dT%H:%M:%S.%fZ}"),
        "_sdc_sequence": sequence,
        "_sdc_table_version": "version",
        "_sdc_sync_started_at": literal(str(spool.started)),
    }
    for name, kind in spool.table.columns.items():
        value = f"record.{quoted(name)}"
        if spool.table.metadata and name in own:
            value = own[name]
        elif kind is Kind.INTEGER:
            value = rf"regexp_replace({value}, '\.0+$', '')"
        yield f"{value} as {quoted(name)}"


def _look_at(connection: duckdb.DuckDBPyConnection, table: Table) -> dict[str, int]:
    """Return how many rows and keys there are, and what does not fit, by name."""
    asked = {"rows": "count(*)"}
    if table.keys:
        keys = ", ".join(map(quoted, table.keys))
        asked["keys"] = f"count(distinct ({keys}))"
    for name, kind in table.columns.items():
        value = quoted(name)
        if name in table.keys:
            asked[f"null {name}"] = f"count(*) - count({value})"
        if kind in _STRICT:
            fits = f"try_cast({value} as {TYPES[kind]}) is not null"
            if kind is Kind.INTEGER:
                fits += f" and regexp_full_match({value}, '-?[0-9]+')"
            asked[f"bad {name}"] = f"count(*) filter (not ({fits}) and {value} is not null)"
        elif kind is Kind.NUMBER:
            asked[f"bad {name}"] = f"count(*) filter (not regexp_full_match({value}, '{_NUMBER}'))"
            whole, part, power = _parts(value)
            asked[f"before {name}"] = f"max(length(ltrim({whole}, '-0')) + {power})"
            asked[f"after {name}"] = f"max(length(rtrim({part}, '0')) - {power})"
    query = ", ".join(asked.values())
    (values,) = connection.execute(f"select {query} from staged").fetchall()
    return dict(zip(asked, values, strict=True))


def _parts(value: str) -> tuple[str, str, str]:
    """Return what stands before and after a number's point, and its power of ten."""
    digits = f"split_part(lower({value}), 'e', 1)"
    power = f"coalesce(try_cast(split_part(lower({value}), 'e', 2) as integer), 0)"
    return f"split_part({digits}, '.', 1)", f"split_part({digits}, '.', 2)", power
