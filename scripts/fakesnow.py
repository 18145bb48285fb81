"""`python -m scripts.fakesnow`: target-snowflake, beside an imitation of Snowflake over DuckDB."""

from __future__ import annotations

import subprocess
import sys
import venv

import yaml

from scripts.plugins import ROOT

ENVIRONMENT = ROOT / ".meltano" / "fakesnow"
PYTHON = ENVIRONMENT / "bin" / "python"

MARKED = "fakesnow==0.12.1; python_version >= '3.11'"
"""It needs that Python; with an older one the tests of Snowflake are skipped."""


def main() -> None:
    """Make the environment."""
    loaders = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
    (loader,) = [one["pip_url"] for one in loaders if one["name"] == "target-snowflake"]
    venv.create(ENVIRONMENT, with_pip=True, clear=True)
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    sys.exit(subprocess.run([*command, loader, MARKED], check=False).returncode)


if __name__ == "__main__":
    main()
