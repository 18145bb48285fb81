"""The sandbox as a process of its own, so that serving pages costs the contenders nothing."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.environments import ROOT
from benchmarks.services import START_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.services import Access, Service

STOP_TIMEOUT = 10.0
"""Seconds between asking the sandbox to end and ending it."""

NOW = "2026-01-31T12:00:00Z"
"""The sandbox's clock, so that every run reads the same data."""

_READY = "Sandbox ready at "


@contextmanager
def sandbox(
    service: Service, *, members: int | None, entries: int, latency_ms: int
) -> Iterator[Access]:
    """Run a sandbox; yield what lets contenders into a service of it, and stop it in any case.

    Everything is made up and serialised by then.

    Args:
        service: who is read.
        members: members of Clockify's main workspace, if it is Clockify.
        entries: rows over the whole account.
        latency_ms: milliseconds that every request takes before it is answered.
    """
    options = ["--port=0", f"--now={NOW}", f"--latency-ms={latency_ms}"]
    if not service.streamed:
        options.append(f"--entries={entries}")
    if members is not None:
        options.append(f"--members={members}")
    command = [sys.executable, "-m", "sandbox", *options]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log)
        try:
            yield service.access(_await_url(process, log.fileno()), entries)
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_url(process: subprocess.Popen[bytes], log: int) -> str:
    """Return the origin that the sandbox says it listens at."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        said = Path(f"/dev/fd/{log}").read_text(encoding="utf-8")
        for line in said.splitlines():
            if line.startswith(_READY):
                return line.removeprefix(_READY)
        if process.poll() is not None:
            raise RuntimeError(f"the sandbox ended with {process.returncode}:\n{said}")
        time.sleep(0.05)
    raise RuntimeError(f"the sandbox was not ready within {START_TIMEOUT:g} s")
