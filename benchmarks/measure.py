"""One measurement: a program as a whole process, start-up included."""

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

from benchmarks.contenders import Kind
from benchmarks.environments import ROOT, dlt_python
from benchmarks.services import requests_seen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from benchmarks.contenders import Contender
    from benchmarks.services import Access

_HEAD = 80
"""Bytes of a line within which the message's type stands."""

_KIB_PER_MIB = 1024

ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("TAP_", "TARGET_", "DLT_", "PYTHON"))
} | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
"""What every measured program finds; settings of this shell would change what is measured."""


FLATTENED = {"flattening_enabled": True, "flattening_max_depth": 2}
"""Settings of a tap that flattens."""


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


class Started:
    """A process under way; as a context it is ended in any case.

    Args:
        command: what to run, in the repository.
        stdin: its input, if any.
        stdout: where its output goes.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        stdin: IO[bytes] | int | None = None,
        stdout: IO[bytes] | int = subprocess.DEVNULL,
    ) -> None:
        self._command = command
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._began = time.perf_counter()
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=ENVIRONMENT, stdin=stdin, stdout=stdout, stderr=self._log
        )

    @property
    def output(self) -> IO[bytes]:
        """What it writes, where that was asked for."""
        assert self._process.stdout is not None
        return self._process.stdout

    def finish(self, code: int = 0) -> Figures:
        """Wait for its end and return what it took.

        Args:
            code: the exit code that is right.

        Raises:
            ContenderFailedError: it ended with another.
        """
        _, status, used = os.wait4(self._process.pid, 0)
        wall = time.perf_counter() - self._began
        self._process.returncode = ended = os.waitstatus_to_exitcode(status)
        if ended != code:
            self._log.seek(0)
            said = self._log.read().decode(errors="replace")[-2000:]
            raise ContenderFailedError(f"{' '.join(self._command)} ended with {ended}:\n{said}")
        peak = used.ru_maxrss / _KIB_PER_MIB
        if sys.platform == "darwin":  # where it is counted in bytes
            peak /= _KIB_PER_MIB
        return Figures(wall, used.ru_utime + used.ru_stime, peak)

    def end(self) -> None:
        """Kill it, which does nothing to one that finished."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._log.close()


@contextmanager
def started(
    command: Sequence[str],
    *,
    stdin: IO[bytes] | int | None = None,
    stdout: IO[bytes] | int = subprocess.DEVNULL,
) -> Iterator[Started]:
    """Run a program within a block."""
    process = Started(command, stdin=stdin, stdout=stdout)
    try:
        yield process
    finally:
        process.end()


def output_of(command: Sequence[str]) -> bytes:
    """Return what a program writes."""
    with started(command, stdout=subprocess.PIPE) as process:
        said = process.output.read()
        process.finish()
    return said


class Runner:
    """Starts contenders against one sandbox.

    Args:
        access: what lets contenders in.
        folder: where settings and catalogs are written.
    """

    def __init__(self, access: Access, folder: Path) -> None:
        self._access = access
        self._folder = folder

    def command(self, contender: Contender, further: Mapping[str, Any] | None = None) -> list[str]:
        """Return the command that runs a contender, its settings and catalog written.

        Args:
            contender: who is to run.
            further: settings of a tap besides.
        """
        program = _program(contender)
        if not contender.kind.singer:
            return [*program, *self._access.bare, *contender.arguments]
        settings = self._settings(contender) | {**(further or {})}
        name = f"{contender.label}-{contender.table}-{'-'.join(further or ())}"
        place = self._folder / name.replace("/", " ")
        written, catalog = place / "config.json", place / "catalog.json"
        if not place.exists():
            place.mkdir()
            written.write_text(json.dumps(settings), encoding="utf-8")
            found = json.loads(output_of([*program, "--config", str(written), "--discover"]))
            catalog.write_text(json.dumps(only(contender.table, found)), encoding="utf-8")
        return [*program, "--config", str(written), "--catalog", str(catalog)]

    def measure(self, contender: Contender) -> Figures:
        """Run a contender, its output thrown away; return what it took."""
        with started(self.command(contender)) as process:
            return process.finish()

    def count(self, contender: Contender) -> tuple[Figures, int, int]:
        """Run a contender; return what it took, and how many rows and requests there were.

        Taking its output costs time.
        """
        command = self.command(contender)
        requests_seen(self._access.origin)
        with started(command, stdout=subprocess.PIPE) as process:
            if contender.kind.tells:
                rows = int(process.output.read())
            else:
                rows = sum(1 for line in process.output if is_record(line))
            taken = process.finish()
        return taken, rows, requests_seen(self._access.origin)

    def _settings(self, contender: Contender) -> dict[str, Any]:
        if contender.kind is Kind.PLAIN:
            return {**self._access.plain}
        workers = {} if contender.workers is None else {"max_concurrency": contender.workers}
        flattened = FLATTENED if contender.flattened else {}
        return {**self._access.tap, **workers, **flattened}


def _program(contender: Contender) -> list[str]:
    if contender.checkout:
        return [str(contender.checkout / ".venv" / "bin" / contender.module.replace("_", "-"))]
    python = dlt_python() if contender.kind is Kind.DLT else sys.executable
    return [python, "-m", contender.module]


def is_record(line: bytes) -> bool:
    """Return whether a line is a RECORD message."""
    return b'"RECORD"' in line[:_HEAD]


def only(table: str, catalog: dict[str, Any]) -> dict[str, Any]:
    """Return the catalog with one table selected."""
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] == table
    return catalog
