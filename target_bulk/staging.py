"""A spool file as a temporary table of DuckDB: texts, and the last row of each key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
from singer_sdk.exceptions import MissingKeyPropertiesError

from target_bulk.columns import METADATA, Kind, Table, literal, quoted
from target_bulk.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from target_bulk.spool import Spool

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

_NUMBER = r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?"


_DIGITS = {Kind.NUMBER, Kind.DATE, Kind.TIMESTAMP}
"""Kinds for which databases take words as well: NaN, infinity, yesterday."""

_BEGINS_WITH_A_DIGIT = "ltrim({0}, '-') between '0' and ':'"


@dataclass(frozen=True)
class Digits:
    """How many digits a column's numbers have, at most.

    Attributes:
        before: the point.
        after: it.
    """

    before: int
    after: int


def stage(connection: duckdb.DuckDBPyConnection, spool: Spool, batched: datetime) -> None:
    """Read a spool file into the temporary table `staged`: texts and JSON, the last row of a key.

    Args:
        connection: its time zone is UTC.
        spool: the file.
        batched: when that is done.

    Raises:
        LoadError: a line is not a record, or lacks its key.
    """
    table = spool.table
    try:
        connection.execute(f"create or replace temp table staged as {_select(spool, batched)}")
    except duckdb.InvalidInputException:
        raise LoadError(
            f"Stream {table.stream}: DuckDB cannot read a RECORD, which is not JSON, or longer "
            "than its memory; look at the output of the tap."
        ) from None
    words = " or ".join(
        f"not ({_BEGINS_WITH_A_DIGIT.format(quoted(name))})"
        for name, kind in table.columns.items()
        if kind in _DIGITS
    )
    if words and connection.execute(f"from temp.staged where {words} limit 1").fetchall():
        _look_for_misfits(connection, table)
    if not table.keys:
        return
    names = [*map(quoted, table.keys)]
    keys = ", ".join(names)
    counts = ", ".join(f"count({name})" for name in names)
    ((rows, distinct, *present),) = connection.execute(
        f"select count(*), count(distinct ({keys})), {counts} from temp.staged"
    ).fetchall()
    for name, count in zip(table.keys, present, strict=True):
        if count < rows:
            raise MissingKeyError(table.stream, name)
    if distinct < rows:
        connection.execute(
            "create or replace temp table staged as select * from temp.staged "
            f"qualify row_number() over (partition by {keys} order by rowid desc) = 1"
        )


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


def digits_of(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> dict[str, Digits]:
    """Return how many digits the numbers of `staged` have, by column."""
    found = {}
    for name in names:
        whole, part, power = _parts(quoted(name))
        ((before, after),) = connection.execute(
            f"select max(length(ltrim({whole}, '-0')) + {power}), "
            f"max(length(rtrim({part}, '0')) - {power}) from temp.staged"
        ).fetchall()
        found[name] = Digits(before or 0, after or 0)
    return found


def _parts(value: str) -> tuple[str, str, str]:
    """Return what stands before and after a number's point, and its power of ten."""
    digits = f"split_part(lower({value}), 'e', 1)"
    power = f"coalesce(try_cast(split_part(lower({value}), 'e', 2) as integer), 0)"
    return f"split_part({digits}, '.', 1)", f"split_part({digits}, '.', 2)", power


def look_for_misfits(connection: duckdb.DuckDBPyConnection, spool: Spool) -> None:
    """Look why a database refused the rows of a file.

    Raises:
        LoadError: values are not what SCHEMA says.
    """
    stage(connection, spool, spool.received)
    _look_for_misfits(connection, spool.table)


def _look_for_misfits(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    for name, kind in table.columns.items():
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
            "from temp.staged"
        ).fetchall()
        if bad:
            raise LoadError(
                f"Stream {table.stream}: {bad:,} of {rows:,} values of {name} are not what "
                f"its SCHEMA says ({kind.value}); correct the schema in the tap."
            )
