"""The package: what is in it, whether PyPI takes it, and that it works where nothing else is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from email.parser import BytesParser
from pathlib import Path

import pytest

from scripts.regenerate import TAPS
from scripts.wheels import WHEELS
from tests.common.runs import installed
from tests.conftest import GUARD
from tests.e2e.conftest import ROOT

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("package")]

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "PYTHONPATH": str(GUARD),
    "PIP_NO_INDEX": "1",
    "PIP_FIND_LINKS": str(WHEELS),
    "UV_OFFLINE": "1",
    "UV_FIND_LINKS": str(WHEELS),
}
PACKAGES = ["tap_clicktime", "tap_clockify", "tap_perform", "taps_common", "target_bulk"]


def run(*command: object, folder: Path) -> str:
    """Run a command in a folder that is the home as well; return what it said."""
    done = subprocess.run(
        [str(one) for one in command],
        cwd=folder,
        env=ENVIRONMENT | {"HOME": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder / "dist", ROOT, folder=folder)
    return folder / "dist"


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


def test_pypi_takes_both(built: Path) -> None:
    files = sorted(built.iterdir())
    assert [path.suffix for path in files] == [".whl", ".gz"]
    run(sys.executable, "-m", "twine", "check", "--strict", *files, folder=built.parent)


def test_the_wheel_holds_the_taps_with_types_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {*PACKAGES}
    assert {f"{package}/py.typed" for package in PACKAGES} < {*names}


def test_the_readme_on_pypi_links_to_files_of_the_version(wheel: Path) -> None:
    files = zipfile.ZipFile(wheel)
    (name,) = [one for one in files.namelist() if one.endswith("/METADATA")]
    metadata = BytesParser().parsebytes(files.read(name))
    addresses = dict(one.split(", ") for one in metadata.get_all("Project-URL", ()))
    assert {*addresses} >= {"Repository", "Documentation", "Changelog", "Issues"}
    links = re.findall(r"\]\(([^)]+)\)", str(metadata.get_payload()))
    assert f"{addresses['Repository']}/blob/v{metadata['Version']}/CONTRIBUTING.md" in links
    assert not [link for link in links if not link.startswith("https://")]
    assert metadata["Author"]


def test_it_works_where_nothing_else_is(wheel: Path, tmp_path: Path) -> None:
    run(installed("uv"), "venv", "--quiet", "--python", sys.executable, "clean", folder=tmp_path)
    python = tmp_path / "clean" / "bin" / "python"
    run(installed("uv"), "pip", "install", "--python", python, wheel, folder=tmp_path)
    for tap in TAPS:
        said = run(python.with_name(tap.name), "--version", folder=tmp_path)
        assert said.startswith(f"{tap.name} v{wheel.name.split('-')[1]}, ")
        run(python.with_name(tap.name), "--about", folder=tmp_path)
    with pytest.raises(AssertionError, match=r"have Meltano install target-bulk"):
        run(python.with_name("target-bulk"), "--version", folder=tmp_path)
    where = run(python, "-c", "import taps_common; print(taps_common.__file__)", folder=tmp_path)
    assert Path(where).is_relative_to(tmp_path)
    with pytest.raises(AssertionError, match="No module named 'sandbox'"):
        run(python, "-c", "import sandbox", folder=tmp_path)
