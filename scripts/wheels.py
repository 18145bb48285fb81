"""`python -m scripts.wheels`: what README.md has people install, as wheels for an offline test."""

from __future__ import annotations

import subprocess
import sys

import yaml

from scripts.plugins import ROOT

WHEELS = ROOT / ".meltano" / "wheels"

LOADERS = {"target-duckdb", "target-postgres"}
"""The loaders of README.md's commands."""


def main() -> None:
    """Build or download the wheels; those of each loader apart, as they exclude one another."""
    loaders = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
    wanted = [
        [".", "hatchling", "pip"],
        *(one["pip_url"].split() for one in loaders if one["name"] in LOADERS),
    ]
    for requirements in wanted:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(WHEELS)]
        subprocess.run([*command, *requirements], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
