"""`python -m benchmarks.limits`: how fast databases take ready rows, in a process of its own."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb
import psycopg

_CHUNK = 1 << 18


def in_postgres(uri: str, lines: str) -> float:
    """Return the seconds of COPY of the rows of `bench.time_entries` into an empty copy of it."""
    del lines
    with psycopg.connect(uri) as database, database.cursor() as cursor:
        with cursor.copy("copy bench.time_entries to stdout (format csv)") as copy:
            rows = b"".join(map(bytes, copy))
        database.execute("create table bench.ready (like bench.time_entries including all)")
        database.commit()
        began = time.perf_counter()
        with cursor.copy("copy bench.ready from stdin (format csv)") as copy:
            for start in range(0, len(rows), _CHUNK):
                copy.write(rows[start : start + _CHUNK])
        database.commit()
        taken = time.perf_counter() - began
        database.execute("drop table bench.ready")
    return taken


def in_duckdb(path: str, lines: str) -> float:
    """Return the seconds of `read_json` of a tap's RECORD lines into a new file."""
    ready = Path(f"{path}.ready")
    with duckdb.connect(str(ready)) as database:
        began = time.perf_counter()
        database.execute(f"create table ready as from read_json('{lines}')")
    taken = time.perf_counter() - began
    ready.unlink()
    return taken


def count(where: str, schema: str) -> str:
    """Return how many rows and keys a table holds, as JSON."""
    query = f"select count(*), count(distinct id) from {schema}.time_entries"
    if "://" in where:
        with psycopg.connect(where) as database:
            return json.dumps(database.execute(query.encode()).fetchone())
    with duckdb.connect(where, read_only=True) as database:
        return json.dumps(database.execute(query).fetchone())


def empty(uri: str, schema: str) -> str:
    """Drop what loaders made."""
    with psycopg.connect(uri) as database:
        for name in (schema, f"{schema}_staging"):
            database.execute(f"drop schema if exists {name} cascade".encode())
    return ""


if __name__ == "__main__":
    task = {one.__name__: one for one in (in_postgres, in_duckdb, count, empty)}[sys.argv[1]]
    print(task(*sys.argv[2:]))
