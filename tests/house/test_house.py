"""The rules of the house."""

from __future__ import annotations

import ast
import re
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from scripts.regenerate import ROOT, TAPS, generated

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = [tap.name.replace("-", "_") for tap in TAPS]


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, in type-checking blocks too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_tap_imports_another_tap(package: str) -> None:
    others = {*PACKAGES} - {package}
    for path in modules(package):
        assert not {name.split(".")[0] for name in imported(path)} & others, path


@pytest.mark.parametrize("package", [*PACKAGES, "taps_common"])
def test_what_is_shipped_imports_nothing_of_development(package: str) -> None:
    for path in modules(package):
        roots = {name.split(".")[0] for name in imported(path)}
        assert not roots & {"sandbox", "tests", "scripts", "benchmarks"}, path


def test_what_is_common_imports_no_tap() -> None:
    for path in modules("taps_common"):
        assert not {name.split(".")[0] for name in imported(path)} & {*PACKAGES}, path


def reached(package: str) -> set[Path]:
    """Return the common modules that a package imports, itself or through one another."""
    found: set[Path] = set()
    waiting = [name for path in modules(package) for name in imported(path)]
    while waiting:
        path = (ROOT / waiting.pop().replace(".", "/")).with_suffix(".py")
        if path.is_relative_to(ROOT / "taps_common") and path not in found and path.is_file():
            found.add(path)
            waiting += imported(path)
    return found


def test_what_is_common_has_two_users_at_least() -> None:
    users = [reached(package) for package in PACKAGES]
    for path in modules("taps_common"):
        taps = sum(path in found for found in users)
        assert taps > 1 or path.stem == "__init__", f"{taps} taps use {path}"


def test_generated_files_are_up_to_date() -> None:
    stale = [path.name for path, text in generated().items() if path.read_text() != text]
    assert not stale, f"run `make generate`: {', '.join(stale)}"


@pytest.mark.parametrize("tap", TAPS)
def test_meltano_knows_what_each_tap_can(tap: type) -> None:
    can = sorted(one.value for one in tap.capabilities)  # type: ignore[attr-defined]  # any tap
    meltano = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["extractors"]
    declared = {one["name"]: one["capabilities"] for one in meltano}
    assert declared[tap.name] == can  # type: ignore[attr-defined]  # any tap


@pytest.mark.parametrize("tap", TAPS)
def test_every_credential_is_secret(tap: type) -> None:
    properties = tap.config_jsonschema["properties"]  # type: ignore[attr-defined]  # any tap
    for name, schema in properties.items():
        if re.search(r"(key|token|password|secret)$", name):
            assert schema.get("secret"), name


def test_no_file_names_a_registry() -> None:
    """Packages are pinned by name; where they come from is the machine's matter."""
    pattern = re.compile(r"index[-_]ur[l]|\"resolved\": *\"http|registry *= *\"http|/simple/[a-z]")
    for path in tracked():
        assert not pattern.search(path.read_text(errors="ignore")), path


def test_the_test_run_can_be_ended() -> None:
    """Nothing that was imported took SIGTERM."""
    assert signal.getsignal(signal.SIGTERM) in {signal.SIG_DFL, signal.SIG_IGN}


def test_names_say_what_is_inside() -> None:
    for path in tracked():
        assert path.stem not in {"utils", "helpers", "misc", "util"}, path


def test_only_one_module_overrides_private_names_of_the_sdk() -> None:
    for package in (*PACKAGES, "taps_common"):
        for path in modules(package):
            if path.name == "sdk.py":
                continue
            private = re.findall(r"super\(\)\.(_[a-z]\w+)|_tap\.(_\w+)", path.read_text())
            assert not private, f"{path}: {private}"
