"""Processes: several at once, killed ones, and what a person sees of the command."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import psycopg
import pytest

from target_bulk.errors import LoadError
from tests.bulk.places import Place, record, schema, state
from tests.common.runs import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bulk.places import Message

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("bulk")]

T = schema("t", id="integer", name="string")


def lines(*messages: Message) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in messages)


def start(place: Place, **settings: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        place.command(),
        env=os.environ | place.environment(**settings),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


WAITING = "select pid from pg_stat_activity where wait_event_type = 'Lock'"


@contextmanager
def held_up(place: Place, rows: int, *messages: Message) -> Iterator[subprocess.Popen[bytes]]:
    """Load messages, so many rows at once; yield when it waits for another session's lock."""
    with psycopg.connect(place.where["postgres_url"]) as other:
        other.execute(f"lock table {place.schema}.t in share mode".encode())
        running = start(place, batch_size_rows=rows)
        assert running.stdin
        running.stdin.write(lines(*messages))
        running.stdin.flush()
        until(lambda: place.ask(WAITING)[0])
        yield running


def test_several_at_once(in_postgres: Place) -> None:
    """They make the same schema and tables, widen the same column, and merge the same rows."""
    tables = ["t", "u"]
    running = [start(in_postgres, batch_size_rows=50) for _ in range(4)]
    for number, one in enumerate(running):
        kind = ["integer", "number"][number % 2]
        names = tables if number % 2 else tables[::-1]
        messages = [schema(table, id="integer", x=kind, name="string") for table in names]
        messages += [
            record(table, id=row, x=row, name=str(number)) for row in range(200) for table in names
        ]
        assert one.stdin
        one.stdin.write(lines(*messages))
        one.stdin.flush()
    ended = [(one.communicate(timeout=PATIENCE), one.returncode) for one in running]
    assert [code for _, code in ended] == [0] * 4, ended
    for table in tables:
        assert in_postgres.column(table, "id") == [*range(200)]
        assert in_postgres.kinds(table)["x"] == "numeric"


def test_it_waits_for_who_makes_the_same_table(in_postgres: Place) -> None:
    place = in_postgres
    waiting = "select 1 from pg_locks where locktype = 'advisory' and not granted"
    with psycopg.connect(place.where["postgres_url"]) as other:
        key = f'target-bulk "{place.schema}"."t"'
        other.execute("select pg_advisory_xact_lock(hashtext(%s))", [key])
        running = start(place)
        assert running.stdin
        running.stdin.write(lines(T, record("t", id=1)))
        running.stdin.flush()
        until(lambda: place.ask(waiting)[0])
        other.execute(f"create schema {place.schema}".encode())
        table = f"{place.schema}.t (id bigint primary key, name text)"
        other.execute(f"create table {table}".encode())
    _, said = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, said
    assert place.column("t", "id") == [1]


def test_a_file_that_another_process_has(in_duckdb: Place) -> None:
    with duckdb.connect(in_duckdb.where["duckdb_path"]):
        _, said = start(in_duckdb).communicate(lines(T), timeout=PATIENCE)
    last = said.decode().splitlines()[-1]
    assert last.startswith("Error: The DuckDB file of duckdb_path: another process has it open;")
    assert "Traceback" not in said.decode()


@pytest.mark.parametrize("where", ["> /dev/full", ">&-"])
def test_a_state_that_nobody_takes(in_duckdb: Place, where: str) -> None:
    done = subprocess.run(
        f"{shlex.join(in_duckdb.command())} {where}", shell=True, capture_output=True, check=False,
        env=os.environ | in_duckdb.environment(), input=lines(T, record("t", id=1), state(1)),
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1].startswith("Error: A STATE cannot be written (")
    assert in_duckdb.column("t", "id") == [1]


def test_temporary_files_that_cannot_grow(in_postgres: Place) -> None:
    done = subprocess.run(
        f"ulimit -f 1; {shlex.join(in_postgres.command())}", shell=True, capture_output=True,
        env=os.environ | in_postgres.environment(), check=False,
        input=lines(T, record("t", id=1, name="x" * 5000), state(1)),
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, b"")
    last = done.stderr.decode().splitlines()[-1]
    assert last.startswith("Error: Temporary files cannot be written (File too large): look at")


@pytest.mark.parametrize("path", [":memory:", "s3://bucket/a.duckdb"])
def test_what_is_not_a_file_is_refused(in_duckdb: Place, path: str) -> None:
    with pytest.raises(LoadError, match="not the path of a file"):
        in_duckdb.load(T, duckdb_path=path)


def test_a_file_of_something_else(in_duckdb: Place) -> None:
    Path(in_duckdb.where["duckdb_path"]).write_text("not a database" * 1000)
    _, said = start(in_duckdb).communicate(lines(T), timeout=PATIENCE)
    last = said.decode().splitlines()[-1]
    assert last.startswith("Error: The DuckDB file of duckdb_path: it cannot be opened; look at")


def test_a_database_that_does_not_answer(in_postgres: Place) -> None:
    with_secret = "postgresql://me:hunter2@127.0.0.1:1/nothing"
    running = start(in_postgres, postgres_url=with_secret)
    _, said = running.communicate(lines(T), timeout=PATIENCE)
    assert said.decode().splitlines()[-1].startswith("Error: PostgreSQL does not answer at")
    assert "hunter2" not in said.decode()
    assert running.returncode == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killed_after_a_batch(place: Place, number: signal.Signals) -> None:
    """What was loaded stays; no STATE came of what was not; the next run is complete."""
    running = start(place, batch_size_rows=10)
    assert running.stdin
    assert running.stdout
    rows = [record("t", id=one) for one in range(25)]
    running.stdin.write(lines(T, *rows[:9], state(9), rows[9], state(10), *rows[10:15], state(15)))
    running.stdin.flush()
    assert running.stdout.readline() == b"9\n"
    running.send_signal(number)
    out, said = running.communicate(timeout=PATIENCE)
    assert out == b""
    assert running.returncode not in {0, None}
    if number != signal.SIGKILL:
        assert f"{number.name}: stopped; the next run loads" in said.decode().splitlines()[-1]
    assert place.column("t", "id") == [*range(10)]
    assert place.load(T, *rows, state(25)) == [25]
    assert place.column("t", "id") == [*range(25)]


def test_killed_after_a_column_became_json(in_duckdb: Place) -> None:
    """DuckDB opens the file, without a network."""
    in_duckdb.load(T, record("t", id=1, name="x"))
    running = start(in_duckdb, batch_size_rows=1)
    assert running.stdin
    assert running.stdout
    running.stdin.write(lines(schema("t", id="integer", name="object"), state(1)))
    running.stdin.write(lines(record("t", id=2, name={"a": 1})))
    running.stdin.flush()
    assert running.stdout.readline() == b"1\n"
    running.kill()
    running.communicate(timeout=PATIENCE)
    assert in_duckdb.column("t", "name") == ["x", {"a": 1}]


def test_killed_while_it_loads(in_postgres: Place) -> None:
    """Another session holds the table, so that the transaction is under way when it dies."""
    place = in_postgres
    place.load(T, record("t", id=1, name="old"))
    messages = [T, *(record("t", id=one) for one in range(3)), state(1)]
    with held_up(place, 2, *messages) as running:
        running.kill()
        running.communicate(timeout=PATIENCE)
    until(lambda: not place.ask(WAITING)[0])
    assert place.rows("t", "id, name") == [{"id": 1, "name": "old"}]
    assert place.load(*messages) == [1]
    assert place.column("t", "id") == [0, 1, 2]


def test_nothing_is_loaded_after_a_batch_that_is_refused(in_postgres: Place) -> None:
    """Another session holds the table until all batches are under way."""
    place = in_postgres
    place.load(T)
    messages = [T]
    for one in (1, "two", 3):
        messages += [state(one), record("t", id=one)]
    with held_up(place, 1, *messages) as running:
        pass
    out, said = running.communicate(timeout=PATIENCE)
    assert running.returncode == 1
    assert out == b"1\n"
    assert "1 of 1 values of id are not what its SCHEMA says" in said.decode().splitlines()[-1]
    assert place.column("t", "id") == [1]


def test_a_connection_that_is_lost(in_postgres: Place) -> None:
    place = in_postgres
    place.load(T)
    with held_up(place, 1, state(1), T, record("t", id=1)) as running:
        place.ask(f"select pg_terminate_backend(pid) from ({WAITING})")
    out, said = running.communicate(timeout=PATIENCE)
    assert (out, running.returncode) == (b"", 1)
    assert "connection to PostgreSQL was lost; run again" in said.decode().splitlines()[-1]


@pytest.mark.parametrize("ident", [1, "x"])
def test_the_temporary_files_are_gone(place: Place, tmp_path: Path, ident: object) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    environment = os.environ | place.environment() | {"TMPDIR": str(folder)}
    messages = lines(T, record("t", id=ident))
    done = subprocess.run(
        place.command(), env=environment, input=messages, capture_output=True, check=False
    )
    assert done.returncode == int(ident == "x"), done.stderr
    assert not [*folder.glob("target-bulk*")]


def test_without_its_libraries_the_command_says_what_to_install(place: Place) -> None:
    code = "import sys; sys.modules['duckdb'] = None; from target_bulk.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | place.environment(), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "pip install '.[bulk]' in a clone of timecost-taps" in done.stderr
    assert "Traceback" not in done.stderr
