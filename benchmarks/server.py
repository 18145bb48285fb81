"""The sandbox as a process of its own, so that serving pages costs the contenders nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.services import Access, Service

ROOT = Path(__file__).resolve().parent.parent
"""The repository: what `python -m` is run in."""

START_TIMEOUT = 600.0
"""Seconds to make up and serialise all time entries."""

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
        entries: time entries over the whole account.
        latency_ms: milliseconds that every request takes before it is answered.
    """
    options = ["--port=0", f"--now={NOW}", f"--entries={entries}", f"--latency-ms={latency_ms}"]
    if members is not None:
        options.append(f"--members={members}")
    command = [sys.executable, "-m", "sandbox", *options]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log)
        try:
            url = _await_url(process, log.fileno()) + service.path
            yield service.access(url, _first_answer(service, url))
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _first_answer(service: Service, url: str) -> object:
    """Send a service's first request, for which it may have to make up its world."""
    request = urllib.request.Request(url + service.first, headers=dict(service.headers))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=START_TIMEOUT) as answer:
        document: object = json.load(answer)
    return document


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
