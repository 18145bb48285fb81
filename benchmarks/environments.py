"""Programs that the measured ones need beside the taps, installed when they are first asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The repository: what `python -m` is run in."""

PINNED = Path(__file__).with_name("dlt-constraints.txt")

_DLT = "dlt[duckdb,parquet,postgres]"


def dlt_python() -> str:
    """Return the interpreter of dlt's environment."""
    folder = ROOT / ".bench" / "dlt"
    python = folder / "bin" / "python"
    ready = folder / "ready"
    wanted = f"{_DLT}\n{PINNED.read_text()}"
    if not ready.exists() or ready.read_text() != wanted:
        print("Installing dlt into .bench/dlt", file=sys.stderr)
        _call(sys.executable, "-m", "venv", "--clear", str(folder))
        pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        _call(*pip, "--constraint", str(PINNED), _DLT)
        ready.write_text(wanted)
    return str(python)


def loader(name: str) -> str:
    """Return the command of a loader, as `meltano.yml` pins it."""
    command = ROOT / ".meltano" / "loaders" / name / "venv" / "bin" / name
    if not command.exists():
        meltano = str(Path(sys.executable).with_name("meltano"))
        _call(meltano, "--log-level=warning", "install", name)
    return str(command)


def _call(*command: str) -> None:
    """Run a command; what it says is not part of the tables."""
    subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=True)
