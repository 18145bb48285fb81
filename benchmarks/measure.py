"""One measurement: a contender as a whole process, start-up included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from benchmarks.scenarios import Kind
from benchmarks.server import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.scenarios import Contender
    from benchmarks.services import Access

_HEAD = 80
"""Bytes of a line within which the message's type stands."""

_KIB_PER_MIB = 1024


class ContenderFailedError(RuntimeError):
    """A contender did not end with 0, or delivered other rows than the others."""


@dataclass(frozen=True)
class Figures:
    """What one finished process took.

    Attributes:
        wall: seconds from its start to its end.
        cpu: seconds of processor time, user and system.
        peak: highest resident memory in MiB. The kernel counts the memory of whoever started
            the process as well, which is why this program imports little.
    """

    wall: float
    cpu: float
    peak: float


class Runner:
    """Starts contenders against one sandbox.

    Args:
        access: what lets contenders in.
        folder: where settings and catalogs are written.
    """

    def __init__(self, access: Access, folder: Path) -> None:
        self._access = access
        self._folder = folder
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith("TAP_")
        } | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}

    def command(self, contender: Contender) -> list[str]:
        """Return the command that runs a contender, its settings and catalog written."""
        program = [sys.executable, "-m", contender.module]
        if contender.kind in {Kind.BARE, Kind.PARSER}:
            return [*program, *self._access.bare]
        place = self._folder / f"{contender.module}-{contender.workers}-{contender.table}"
        settings, catalog = place / "config.json", place / "catalog.json"
        if not place.exists():
            place.mkdir()
            settings.write_text(json.dumps(self._settings(contender)), encoding="utf-8")
            discover = [*program, "--config", str(settings), "--discover"]
            selection = _only(contender.table, self._discover(discover))
            catalog.write_text(json.dumps(selection), encoding="utf-8")
        return [*program, "--config", str(settings), "--catalog", str(catalog)]

    def measure(self, contender: Contender, *, counting: bool = False) -> tuple[Figures, int]:
        """Run a contender; return what it took, and how many rows it delivered if they are counted.

        Its output is thrown away otherwise; taking it costs time.
        """
        command = self.command(contender)
        rows = 0
        began = time.perf_counter()
        with self._running(command, subprocess.PIPE if counting else subprocess.DEVNULL) as process:
            if process.stdout is not None:
                rows = _rows(contender, process.stdout)
            _, status, used = os.wait4(process.pid, 0)
            wall = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
        peak = used.ru_maxrss / _KIB_PER_MIB
        if sys.platform == "darwin":  # where it is counted in bytes
            peak /= _KIB_PER_MIB
        return Figures(wall, used.ru_utime + used.ru_stime, peak), rows

    def _settings(self, contender: Contender) -> dict[str, Any]:
        if contender.kind is Kind.PLAIN:
            return {**self._access.plain}
        workers = {} if contender.workers is None else {"max_concurrency": contender.workers}
        return {**self._access.tap, **workers}

    def _discover(self, command: list[str]) -> dict[str, Any]:
        with self._running(command, subprocess.PIPE) as process:
            assert process.stdout is not None
            catalog: dict[str, Any] = json.load(process.stdout)
        return catalog

    @contextmanager
    def _running(self, command: list[str], stdout: int) -> Iterator[subprocess.Popen[bytes]]:
        """Start a process; see that it ended, and well.

        Raises:
            ContenderFailedError: it did not end with 0.
        """
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=stdout, stderr=log
            )
            try:
                yield process
                code = process.wait()
            finally:
                process.kill()  # does nothing to one that ended
                process.wait()
                if process.stdout:
                    process.stdout.close()
            if code:
                log.seek(0)
                said = log.read().decode(errors="replace")[-2000:]
                raise ContenderFailedError(f"{' '.join(command)} ended with {code}:\n{said}")


def _rows(contender: Contender, output: IO[bytes]) -> int:
    """Return how many RECORD lines a contender writes, or the number that a parser says."""
    if contender.kind is Kind.PARSER:
        return int(output.read())
    return sum(1 for line in output if b'"RECORD"' in line[:_HEAD])


def _only(table: str, catalog: dict[str, Any]) -> dict[str, Any]:
    """Return the catalog with one table selected."""
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] == table
    return catalog
