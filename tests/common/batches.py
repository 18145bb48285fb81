"""What BATCH messages point to, as a loader reads it."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

from upath import UPath

from tests.clicktime.runs import timestamp
from tests.common.runs import Row, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EXTRACTED = "_sdc_extracted_at"


def files(run: Run, table: str | None = None) -> list[list[bytes]]:
    """Return the lines of each file that a run's messages name, of one table if it is named."""
    return [list(lines(message)) for message in run.of("BATCH", table)]


def lines(message: dict[str, Any]) -> Iterator[bytes]:
    """Yield the lines of the files of a BATCH message."""
    assert message["encoding"]["format"] == "jsonl"
    packed = message["encoding"]["compression"] == "gzip"
    for address in message["manifest"]:
        assert address.endswith(".json.gz" if packed else ".json")
        content = UPath(address).read_bytes()
        yield from (gzip.decompress(content) if packed else content).splitlines()


def unpacked(run: Run) -> Run:
    """Return a run with RECORD messages where it has BATCH messages."""
    written = []
    for line, message in zip(run.output.splitlines(), run.messages, strict=True):
        if message["type"] != "BATCH":
            written.append(line)
            continue
        head = f'{{"type":"RECORD","stream":"{message["stream"]}","record":'.encode()
        written += [head + without_extracted(row) + b"}" for row in lines(message)]
    return Run(b"\n".join(written), run.log, run.code, run.error, run.number)


def without_extracted(row: bytes) -> bytes:
    """Return a line as it is without what says when its row was extracted."""
    head, found, _ = row.rpartition(f',"{EXTRACTED}":'.encode())
    assert found
    return head + b"}"


def dated(run: Run, table: str, rows: Sequence[Row]) -> list[Row]:
    """Return rows with the moments that columns hold, instead of how they are spelled."""
    moments = [
        name
        for name, described in run.schema(table).items()
        if described.get("format") == "date-time"
    ]
    return [
        {**row, **{name: timestamp(row[name]) for name in moments if row.get(name)}} for row in rows
    ]


def rows_of(run: Run, table: str) -> list[Row]:
    """Return the rows of a table's files, without what says when they were extracted."""
    return [
        json.loads(without_extracted(row), parse_float=run.number)
        for one in files(run, table)
        for row in one
    ]
