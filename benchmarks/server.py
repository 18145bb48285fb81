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

from benchmarks.requests_sent import API_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

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
def sandbox(*, members: int, entries: int, latency_ms: int) -> Iterator[str]:
    """Run a sandbox; yield the base URL of its Clockify API, and stop it in any case.

    Args:
        members: members of the main workspace.
        entries: time entries over the whole account, all serialised before the first request.
        latency_ms: milliseconds that every request takes before it is answered.
    """
    options = ["--port=0", f"--now={NOW}", f"--members={members}", f"--entries={entries}"]
    command = [sys.executable, "-m", "sandbox", *options, f"--latency-ms={latency_ms}"]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log)
        try:
            yield _await_url(process, log.fileno()) + "/clockify/api/v1"
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def main_workspace(base_url: str) -> str:
    """Return the id of the workspace that holds nearly all time entries; one request."""
    request = urllib.request.Request(f"{base_url}/workspaces", headers={"X-Api-Key": API_KEY})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=START_TIMEOUT) as answer:
        return str(json.load(answer)[0]["id"])


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
