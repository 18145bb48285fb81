"""A spool file as a table of DuckDB: texts and JSON, the last row of each key."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import duckdb

from target_bulk.columns import METADATA, Kind, literal, quoted
from target_bulk.errors import LoadError, MissingKeyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from target_bulk.spool import Spool

T = TypeVar("T")

TYPES = {
    Kind.TEXT: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.NUMBER: "DECIMAL(38,9)",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.DATE: "DATE",
    Kind.TIMESTAMP: "TIMESTAMPTZ",
    Kind.JSON: "JSON",
}
"""What DuckDB calls each kind."""

_ALL_MEMORY = "reset memory_limit"
"""What gives DuckDB 80 % of the machine's memory."""

_LONG = 1 << 20
"""Bytes of a line that needs more than our limit, and before DuckDB fails to write its file."""

_NUMBER = r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?"

_DIGITS = {Kind.NUMBER, Kind.DATE, Kind.TIMESTAMP}
"""Kinds for which databases take words as well: NaN, infinity, yesterday."""

_BEGINS_WITH_A_DIGIT = "({0} >= '0' and {0} < ':' or {0} >= '-0' and {0} < '-:')"


def stage(connection: duckdb.DuckDBPyConnection, spool: Spool, batched: datetime) -> None:
    """Read a spool file into its table.

    Args:
        connection: its time zone is UTC.
        spool: the file.
        batched: when that is done.

    Raises:
        LoadError: a line is not a record, lacks its key, or has a word for a number or time.
    """
    table = spool.table
    if spool.longest > _LONG:
        connection.execute(_ALL_MEMORY)
    columns = ", ".join(_columns(spool, batched))
    try:
        connection.execute(
            f"create or replace table {spool.rows} as select {columns} from {_lines(spool)}"
        )
    except duckdb.InvalidInputException:
        raise LoadError(
            f"Stream {table.stream}: DuckDB cannot read a RECORD, which is not JSON, or longer "
            "than its memory; look at the output of the tap."
        ) from None
    words = [
        f"not {_BEGINS_WITH_A_DIGIT.format(quoted(name))}"
        for name, kind in table.columns.items()
        if kind in _DIGITS
    ]
    keys = [*map(quoted, table.keys)]
    ((rows, bad, distinct, *present),) = connection.execute(
        f"select count(*), count(*) filter ({' or '.join(words) or 'false'}), "
        f"count(distinct ({', '.join(keys) or '0'})), "
        f"{', '.join(f'count({key})' for key in keys)} from {spool.rows}"
    ).fetchall()
    if bad:
        look_for_misfits(connection, spool)
    for name, count in zip(table.keys, present, strict=True):
        if count < rows:
            raise MissingKeyError(
                f"Stream {table.stream}: a record has no {name}, which is its key; the tap has to "
                "send it."
            )
    if keys and distinct < rows:
        connection.execute(
            f"delete from {spool.rows} where rowid not in "
            f"(select max(rowid) from {spool.rows} group by {', '.join(keys)})"
        )


def with_memory(connection: duckdb.DuckDBPyConnection, work: Callable[[], T]) -> T:
    """Do some work, a second time with DuckDB's own limit if ours is too low, as for wide tables.

    Raises:
        LoadError: that is not enough.
    """
    try:
        return work()
    except duckdb.OutOfMemoryException:
        connection.execute(_ALL_MEMORY)
    try:
        return work()
    except duckdb.OutOfMemoryException:
        raise LoadError(
            "The memory of this machine is too small for a batch; set batch_size_rows to a few "
            "rows, or batch_size_bytes to less than it is."
        ) from None


def _lines(spool: Spool) -> str:
    """Return the table function that reads a spool file."""
    table = spool.table
    json = "VARCHAR" if spool.exact else "JSON"
    kinds = {**table.columns, **({"_sdc_deleted_at": Kind.TIMESTAMP} if table.metadata else {})}
    members = ", ".join(
        f"{quoted(name)} {json if kind is Kind.JSON else 'VARCHAR'}"
        for name, kind in kinds.items()
        if name == "_sdc_deleted_at" or name not in METADATA or not table.metadata
    )
    record = f"STRUCT({members})" if members else "JSON"
    return (
        f"read_json({literal(str(spool.path))}, format='newline_delimited', auto_detect=false, "
        f"columns={{record: {literal(record)}, time_extracted: 'VARCHAR', version: 'VARCHAR'}}, "
        f"maximum_object_size={max(2 * spool.longest, 1 << 20)})"
    )


def _columns(spool: Spool, batched: datetime) -> Iterator[str]:
    """Return the columns of the table."""
    received = literal(f"{spool.received:%Y-%m-%dT%H:%M:%S.%fZ}")
    own = {
        "_sdc_extracted_at": f"coalesce(time_extracted, {received})",
        "_sdc_received_at": received,
        "_sdc_batched_at": literal(f"{batched:%Y-%m-%dT%H:%M:%S.%fZ}"),
        "_sdc_sequence": literal(str(int(spool.received.timestamp() * 1000))),
        "_sdc_table_version": "version",
        "_sdc_sync_started_at": literal(str(spool.started)),
    }
    for name, kind in spool.table.columns.items():
        is_own = spool.table.metadata and name in own
        yield f"{own[name] if is_own else _value(name, kind)} as {quoted(name)}"


def _value(name: str, kind: Kind) -> str:
    """Return a member of `record`; an integer may have a point, and zeros behind it."""
    value = f"record.{quoted(name)}"
    if kind is Kind.INTEGER:
        return f"if(contains({value}, '.'), rtrim(rtrim({value}, '0'), '.'), {value})"
    return value


def look_for_misfits(connection: duckdb.DuckDBPyConnection, spool: Spool) -> None:
    """Look why a database refused rows.

    Raises:
        LoadError: values are not what SCHEMA says.
    """
    for name, kind in spool.table.columns.items():
        value = quoted(name)
        conditions = []
        if kind in _DIGITS:
            conditions.append(_BEGINS_WITH_A_DIGIT.format(value))
        if kind is Kind.NUMBER:
            conditions.append(f"regexp_full_match({value}, '{_NUMBER}')")
        else:
            conditions.append(f"try_cast({value} as {TYPES[kind]}) is not null")
        if kind is Kind.INTEGER:
            conditions.append(f"regexp_full_match({value}, '-?[0-9]+')")
        fits = " and ".join(conditions)
        ((rows, bad),) = connection.execute(
            f"select count(*), count(*) filter ({value} is not null and not ({fits})) "
            f"from {spool.rows}"
        ).fetchall()
        if bad:
            raise LoadError(
                f"Stream {spool.table.stream}: {bad:,} of {rows:,} values of {name} are not what "
                f"its SCHEMA says ({kind.value}); correct the schema in the tap."
            )
