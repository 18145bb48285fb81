"""The rules of the house."""

from __future__ import annotations

import ast
import json
import re
import signal
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import settings

from scripts.regenerate import ROOT, TAPS, generated
from tap_clockify.streams import STREAMS
from tap_clockify.tap import TapClockify
from tests.common.runs import command, nothing

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = [tap.name.replace("-", "_") for tap in TAPS]
DEVELOPMENT = {"sandbox", "tests", "scripts", "benchmarks"}

each_tap = pytest.mark.parametrize("tap", TAPS, ids=lambda tap: tap.name)


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@cache
def imported(path: Path) -> frozenset[str]:
    """Return the modules that a file imports, in type-checking blocks too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


@cache
def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


@pytest.mark.parametrize("package", [*PACKAGES, "taps_common"])
def test_what_ships_imports_no_other_tap_and_nothing_of_development(package: str) -> None:
    for path in modules(package):
        roots = {name.split(".")[0] for name in imported(path)}
        assert not roots & ({*PACKAGES, *DEVELOPMENT} - {package}), path


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


@each_tap
def test_meltano_knows_what_each_tap_can(tap: Any) -> None:
    meltano = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["extractors"]
    declared = {one["name"]: one["capabilities"] for one in meltano}
    assert declared[tap.name] == sorted(one.value for one in tap.capabilities)


@each_tap
def test_help_names_the_service_and_the_docs(tap: Any) -> None:
    shown = " ".join(command(tap.name, "--help", environment=nothing()).output.decode().split())
    service = tap.name.removeprefix("tap-")
    assert " ".join(tap.__doc__.split()) in shown
    assert re.search(f"Documentation: \\S+/{service}/ ", shown)
    assert (ROOT / "docs" / service / "README.md").is_file()


def test_about_counts_the_tables_that_there_are() -> None:
    assert f"{len(STREAMS)} tables" in str(TapClockify.__doc__)


def test_the_catalog_of_clips_says_that_it_is_for_reading() -> None:
    catalog = json.loads((ROOT / "catalogs" / "tap-perform.json").read_text())
    assert next(iter(catalog)) == "comment"
    assert catalog["comment"].startswith("For reading only: ")


@each_tap
def test_the_definition_of_each_tap_is_what_meltano_hub_takes(tap: Any) -> None:
    """Names, kinds and types of `schemas/plugin_definitions/extractors.schema.json` there."""
    path = ROOT / "plugins" / "extractors" / f"{tap.name}.yml"
    definition = yaml.safe_load(path.read_text())
    assert [*definition] == [
        *("name", "namespace", "variant", "label", "description", "domain_url", "docs", "repo"),
        *("maintenance_status", "keywords", "pip_url", "executable"),
        *("supported_python_versions", "capabilities", "select"),
        *("settings_group_validation", "settings"),
    ]
    kinds = {"string", "integer", "boolean", "date_iso8601", "array", "object"}  # no "options": it
    # ends Meltano with a traceback where the tap would say which values there are
    names = [setting["name"] for setting in definition["settings"]]
    assert {*tap.config_jsonschema["properties"]} < {*names}
    for setting in definition["settings"]:
        assert {*setting} >= {"name", "kind", "label", "description"}, setting["name"]
        assert setting["kind"] in kinds
        for option in setting.get("options", ()):
            assert option["label"].endswith(f" ({option['value']})")
    for group in definition["settings_group_validation"]:
        assert {*group} <= {*names}


@each_tap
def test_every_credential_is_secret(tap: Any) -> None:
    for name, schema in tap.config_jsonschema["properties"].items():
        if re.search(r"(key|token|password|secret)$", name):
            assert schema.get("secret"), name


@each_tap
def test_keys_are_never_null(tap: Any) -> None:
    """In what `--discover` prints, which is generated."""
    streams = json.loads((ROOT / "catalogs" / f"{tap.name}.json").read_text())["streams"]
    keys = [(one, name) for one in streams for name in one["key_properties"]]
    assert keys
    for stream, name in keys:
        assert "null" not in stream["schema"]["properties"][name]["type"], stream["stream"]


@each_tap
def test_ready_made_selections_name_what_exists(tap: Any) -> None:
    streams = tap(config={}, validate_config=False).streams
    files = sorted((ROOT / "catalogs").glob(f"{tap.name}.*.json"))
    assert {"core", "no-personal-data"} <= {path.stem.partition(".")[2] for path in files}
    for path in files:
        for rule in json.loads(path.read_text()):
            stream, _, field = rule.removeprefix("!").partition(".")
            assert stream in streams, f"{path.name}: {rule}"
            assert "*" in field or field in streams[stream].schema["properties"], rule


def test_no_file_names_a_registry_and_names_say_what_is_inside() -> None:
    """Packages are pinned by name; where they come from is the machine's matter."""
    pattern = re.compile(r"index[-_]ur[l]|\"resolved\": *\"http|registry *= *\"http|/simple/[a-z]")
    for path in tracked():
        assert path.stem not in {"utils", "helpers", "misc", "util"}, path
        assert not pattern.search(path.read_text(errors="ignore")), path


def test_the_tests_that_documents_name_exist() -> None:
    tests = "".join(one.read_text() for one in (ROOT / "tests").rglob("test_*.py"))
    text = "".join(one.read_text() for one in (ROOT / "docs").rglob("*.md"))
    named = {*re.findall(r"`(test_\w+)`", text)}
    assert {one for one in named if f"def {one}(" not in tests} == set() != named


def test_no_example_of_a_property_is_timed() -> None:
    """Neither by the profile, which is 200 ms unless told, nor by settings of a test's own."""
    assert settings().deadline is None
    for path in modules("tests"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "settings":
                assert "deadline" not in {given.arg for given in node.keywords}, path


def test_the_test_run_can_be_ended() -> None:
    """Nothing that was imported took SIGTERM."""
    assert signal.getsignal(signal.SIGTERM) in {signal.SIG_DFL, signal.SIG_IGN}


@pytest.mark.xdist_group("house")
def test_tests_of_a_group_run_in_one_process(request: pytest.FixtureRequest) -> None:
    """What a group shares, such as installed environments, is made once: xdist knows it by @."""
    grouped = request.config.getoption("loadgroup", default=False)
    assert request.node.nodeid.endswith("@house") is grouped
