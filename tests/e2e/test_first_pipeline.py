"""README.md's first pipeline, followed to the letter in a Meltano project of one's own."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.regenerate import TAPS, core
from tests.common.runs import installed, nothing
from tests.e2e.conftest import ROOT

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("first-pipeline")]

SAMPLES: dict[str, Any] = {
    "string": "some text",
    "integer": 7,
    "number": "2.5",  # which the tap reads as a number
    "boolean": True,
    "array": [{"name": "North Quay", "dataclips": {"resource": {"primary_keys": ["UUID"]}}}, "id"],
    "object": {"Jobs": ["Region", {"name": "Rate", "type": "number"}]},
}


def meltano(project: Path, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell, with the `meltano` of this environment."""
    path = os.pathsep.join([str(Path(installed("meltano")).parent), os.environ["PATH"]])
    return subprocess.run(
        ["/bin/sh", "-euc", command],
        cwd=project,
        env=nothing() | {"PATH": path, "NO_COLOR": "1"} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project made by the README's commands; the plugins are those that `make` installed."""
    folder = tmp_path_factory.mktemp("first")
    section = (ROOT / "README.md").read_text().partition("## Your first pipeline")[2]
    (made,) = re.findall(r"`(meltano init [a-z-]+)`", section)
    block = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)[0]
    done = meltano(folder, f"{made} --no-usage-stats")
    assert done.returncode == 0, done.stderr
    project: Path = folder / made.split()[-1]
    (project / "timecost-taps").symlink_to(ROOT)
    steps = [line for line in block.splitlines() if line != "meltano install"]
    assert len(steps) == len(block.splitlines()) - 1
    done = meltano(project, "\n".join(steps))
    assert done.returncode == 0, done.stderr
    (project / ".meltano" / "extractors").symlink_to(ROOT / ".meltano" / "extractors")
    return project


def sample(name: str, schema: dict[str, Any]) -> Any:
    """Return a value of a setting other than its default."""
    if name.endswith("_date"):
        return "2026-01-31"
    if "enum" in schema:
        return schema["enum"][-1]
    declared = schema.get("type", "object")
    kinds = [declared] if isinstance(declared, str) else declared
    return SAMPLES[next(kind for kind in kinds if kind != "null")]


@pytest.mark.parametrize("tap", TAPS)
def test_every_documented_setting_arrives_at_the_tap(tap: Any, own: Path) -> None:
    prefix = tap.name.upper().replace("-", "_")
    page = (ROOT / "docs" / tap.name.removeprefix("tap-") / "settings.md").read_text()
    documented = page.partition("<!-- begin settings -->")[2].partition("<!-- end settings -->")[0]
    schema = json.loads(json.dumps(tap.config_jsonschema))
    tap.append_builtin_config(schema)
    names = re.findall(r"^\| `(\w+)`", documented, re.MULTILINE)
    given = {name: sample(name, schema["properties"][name]) for name in names}
    variables = {
        f"{prefix}_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in given.items()
    }
    done = meltano(own, f"meltano invoke --no-install --dump=config {tap.name}", **variables)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == given


def test_the_region_decides_which_host_is_asked(own: Path) -> None:
    done = meltano(
        own,
        "meltano invoke --no-install tap-clockify --check",
        TAP_CLOCKIFY_API_KEY="key",
        TAP_CLOCKIFY_REGION="euc1",
        TAP_CLOCKIFY_MAX_RETRIES="0",
        TAP_CLOCKIFY_REQUEST_TIMEOUT="2.5",
    )
    assert done.returncode != 0
    assert "euc1.clockify.me" in done.stdout + done.stderr


def test_the_core_tables_are_selected(own: Path) -> None:
    done = meltano(
        own, "meltano invoke --no-install --dump=catalog tap-clockify", TAP_CLOCKIFY_API_KEY="key"
    )
    assert done.returncode == 0, done.stderr
    selected = [
        f"{stream['tap_stream_id']}.*"
        for stream in json.loads(done.stdout)["streams"]
        for entry in stream["metadata"]
        if not entry["breadcrumb"] and entry["metadata"].get("selected")
    ]
    assert sorted(selected) == sorted(core("tap-clockify"))
