"""What a public host takes: workflows, issue forms, dependabot."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from scripts.regenerate import ROOT
from tests.common.runs import installed

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.thorough  # the checkers are there where `make` set up

FOLDER = ROOT / ".github"


def files(pattern: str) -> list[Path]:
    return [path for path in sorted(FOLDER.glob(pattern)) if path.name != "config.yml"]


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("github-workflows", files("workflows/*.yml")),
        ("github-issue-forms", files("ISSUE_TEMPLATE/*.yml")),
        ("github-issue-config", [FOLDER / "ISSUE_TEMPLATE" / "config.yml"]),
        ("dependabot", [FOLDER / "dependabot.yml"]),
    ],
)
def test_github_takes_the_files(schema: str, paths: list[Path]) -> None:
    run("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *paths)


def test_workflows_are_safe() -> None:
    run("zizmor", "--offline", "--quiet", FOLDER)


def run(name: str, *arguments: str | Path) -> None:
    """Run a checker, and show what it found."""
    done = subprocess.run(
        [installed(name), *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
