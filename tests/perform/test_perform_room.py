"""A disk without room for what is read."""

from __future__ import annotations

import errno
import tempfile
from dataclasses import dataclass
from functools import cache
from typing import IO, TYPE_CHECKING, Any

import pytest

import sandbox
from tests.common.runs import NOW
from tests.perform.runs import Account, Copy

if TYPE_CHECKING:
    from pathlib import Path

    from tests.common.runs import Run

VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}
TABLES = ("docket_export", "other_resources_export", "wbs_export")
FULL = (
    "An answer could not be kept in a temporary file (No space left on device): free some space, "
    "or set TMPDIR to a directory that has it."
)


@cache
def catalog() -> dict[str, Any]:
    """Return what is discovered of the tables."""
    with sandbox.start(now=NOW, entries=300) as running:
        account = Account(running)
        return account.discovered(projects=account.projects(*TABLES))


def read(account: Account, **settings: Any) -> Run:
    account.world.advance(60)
    given = {"projects": account.projects(*TABLES), "catalog": catalog(), **VERSIONS}
    return account.run(**given | settings)


def reasons(run: Run) -> list[str]:
    return [line for line in run.log.splitlines() if " failed (project " in line]


# -- for answers -----------------------------------------------------------------------------------


def no_file(*_: object) -> IO[bytes]:
    raise OSError(errno.ENOSPC, "No space left on device", "/somewhere")


def full_file() -> IO[bytes]:
    return open("/dev/full", "w+b")  # noqa: PTH123 - as a temporary file is opened


@pytest.mark.parametrize("opened", [no_file, full_file])
def test_a_full_disk_is_a_sentence_and_empties_nothing(
    account: Account, monkeypatch: pytest.MonkeyPatch, opened: object
) -> None:
    copy = Copy()
    before = copy.load(read(account).ok())
    monkeypatch.setattr(tempfile, "TemporaryFile", opened)
    run = copy.load(read(account, state=before.state))
    assert run.code == 1
    assert run.error.startswith("3 of 3 tables are incomplete (")
    assert len(reasons(run)) == 6
    assert all(FULL in line for line in reasons(run))
    assert run.versioned == []
    assert copy.differences(account.world, TABLES) == {}


def test_a_directory_that_is_not_there_is_a_sentence(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    run = read(account)
    assert run.code == 1
    assert "(No such file or directory): free some space, or set TMPDIR" in reasons(run)[0]


# -- for cells -------------------------------------------------------------------------------------


@dataclass
class Disk:
    """Stands where the files of cells come from; its files are full in some way."""

    failing: str

    def TemporaryFile(self) -> Any:  # noqa: N802 - a file, as the module has it
        if self.failing == "open":
            no_file()
        return _File(self.failing)


class _File:
    def __init__(self, failing: str) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the tap
        self._failing = failing

    def __getattr__(self, name: str) -> Any:
        return no_file if name == self._failing else getattr(self._file, name)


@pytest.mark.parametrize(
    ("failing", "settings"),
    [
        ("open", {}),
        ("write", {}),
        ("seek", {}),
        *(
            (failing, settings)
            for failing in ("open", "write", "seek")
            for settings in ({"skip_unchanged": True}, VERSIONS)
        ),
    ],
    ids=str,
)
def test_a_disk_that_is_full_of_cells_is_a_sentence(
    account: Account, monkeypatch: pytest.MonkeyPatch, failing: str, settings: dict[str, Any]
) -> None:
    given = {**dict.fromkeys(VERSIONS, False), **settings}
    before = read(account, **given).ok()
    account.world.edit_row(1, TABLES[0], 0, {"Status": "Lost"})
    monkeypatch.setattr("tap_perform.cell_file._IN_MEMORY", -1)
    monkeypatch.setattr("tap_perform.cell_file.tempfile", Disk(failing))
    run = read(account, state=before.state, **given)
    assert run.code == 1
    assert reasons(run)
    assert all(FULL in line for line in reasons(run))
    assert (run.of("RECORD"), run.versioned) == ([], [])


def test_a_table_that_does_not_fit_into_memory_arrives(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_perform.cell_file._IN_MEMORY", -1)
    copy = Copy()
    copy.load(read(account).ok())
    assert copy.differences(account.world, TABLES) == {}
