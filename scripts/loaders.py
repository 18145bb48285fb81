"""`python -m scripts.loaders`: what people use beside the loaders of `meltano.yml`, for a test.

Each gets an environment of its own, as Meltano gives it one.
"""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOADERS = ROOT / ".meltano" / "more-loaders"

WANTED = {
    # taps of others, for target-bulk
    "tap-jsonl": ["tap-jsonl==0.3.1"],
    "tap-postgres": ["meltanolabs-tap-postgres==0.10.0"],
    "tap-s3-csv": ["pipelinewise-tap-s3-csv==3.0.1", "setuptools<81"],
    "target-jsonl": ["target-jsonl==0.1.4"],
    "target-csv": ["meltanolabs-target-csv==0.5.0"],
    "target-s3": ["plinxore-target-s3==0.1.7", "moto[server]==5.2.5"],
    # it imports pkg_resources, which later ones lack
    "pipelinewise-target-postgres": ["pipelinewise-target-postgres==2.1.2", "setuptools<81"],
    "target-snowflake": [
        "meltanolabs-target-snowflake==0.20.4",
        # it imitates Snowflake; with an older Python the tests that need it are skipped
        "fakesnow==0.12.1; python_version >= '3.11'",
    ],
    # dbt on the same imitation
    "dbt-snowflake": [
        "dbt-core~=1.10.0",
        "dbt-snowflake~=1.10",
        "fakesnow==0.12.1; python_version >= '3.11'",
    ],
}
"""What is installed, by environment."""


def program(environment: str, name: str) -> str:
    """Return the path of a program in one of the environments."""
    return str(LOADERS / environment / "bin" / name)


def main() -> None:
    """Make the environments that are not there."""
    for name, requirements in WANTED.items():
        folder = LOADERS / name
        if not folder.exists():
            venv.create(folder, with_pip=True)
        pip = [program(name, "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *requirements], check=True)


if __name__ == "__main__":
    main()
