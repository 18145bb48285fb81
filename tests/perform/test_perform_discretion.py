"""What nobody gets to see, and what is not left behind, whatever goes wrong."""

from __future__ import annotations

import base64
import contextlib
import errno
import io
import json
import logging
import tempfile
from typing import IO, TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import quote

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_perform.tap import TapPerform
from tests.common.doubles import Answer
from tests.common.runs import turning
from tests.perform.clips import BOTH, OTHER, TABLE, VERSIONS, dockets, reasons
from tests.perform.runs import FIRST, SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.perform.clips import Clips
    from tests.perform.runs import Account

LOGINS = {1: ("us3r-one", "pässwörd/@:1"), 2: ("us3r-two", "s3cret two")}
TOKEN = "t0ken-value"
SECRETS = (
    *(word for login in LOGINS.values() for word in login),
    *(quote(word, safe="") for _, word in LOGINS.values()),
    *(base64.b64encode(":".join(login).encode()).decode() for login in LOGINS.values()),
    *(TOKEN, "Basic "),
)
GOOD = Answer(body=dockets())
FAILURES: dict[str, Answer] = {
    **{str(status): Answer(status, b'{"t0ken-value": 1}') for status in (401, 404, 429, 500)},
    "html": Answer(body=b"<html>t0ken-value</html>"),
    "ragged": Answer(body=dockets() + b"t0ken-value,us3r-one\r\n"),
    "malformed": Answer(body=dockets() + b'"t0ken-value"x,1,2,3\r\n'),
    "cut": Answer(body=dockets(), cut=9),
    "login": Answer(302, headers={"Location": "/login?token=t0ken-value"}),
    "loop": Answer(302, headers={"Location": "?token=t0ken-value"}),
    "host": Answer(302, headers={"Location": "https://us3r-one:s3cret two@store.example/?token"}),
    "stale": Answer(body=b"dataclip stale t0ken-value"),
    "reset": Answer(reset=True),
}


def private(projects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return projects whose addresses hold a token, one's also user and password."""
    for project, (user, password) in zip(projects, LOGINS.values(), strict=True):
        clips = project["dataclips"]
        urls = {name: one if isinstance(one, str) else one["url"] for name, one in clips.items()}
        project["dataclips"] = {name: f"{url}?token={TOKEN}" for name, url in urls.items()}
        project.update(username=user, password=password)
    del projects[1]["username"], projects[1]["password"]
    userinfo = f"{quote(user, safe='')}:{quote(password, safe='')}@"
    projects[1]["dataclips"] = {
        name: url.replace("://", f"://{userinfo}") for name, url in projects[1]["dataclips"].items()
    }
    return projects


def is_discreet(text: str) -> bool:
    assert [word for word in SECRETS if word in text] == []
    assert "Traceback" not in text
    return True


# -- secrets ---------------------------------------------------------------------------------------


def test_credentials_of_a_pasted_address_are_used_and_left_out_of_it(account: Account) -> None:
    account.world.switch(logins=LOGINS)
    run = account.run(projects=private(account.projects(TABLE))).ok()
    assert {row["project"] for row in run.records(TABLE)} == {FIRST, SECOND}
    assert {one.query[0] for one in account.running.requests} == {("token", TOKEN)}
    assert is_discreet(run.output.decode() + run.said)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("known", [True, False], ids=["catalog", "discovery"])
def test_no_failure_names_a_secret(clips: Clips, failure: str, known: bool) -> None:
    clips.put(TABLE, GOOD, of=BOTH)
    catalog = clips.discovered() if known else None
    clips.put(TABLE, FAILURES[failure], of=BOTH)
    clips.script[f"{clips.url}/login"] = [FAILURES["html"]]
    run = clips.run(
        projects=private(clips.projects()), catalog=catalog, level=logging.DEBUG, **VERSIONS
    )
    assert run.code == (77 if run.kind == "AUTH" else 1)
    assert is_discreet(run.output.decode() + run.said)


def test_no_command_names_a_secret_at_any_level(account: Account, tmp_path: Path) -> None:
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps(account.discovered(projects=account.projects(TABLE, OTHER))))
    account.world.switch(logins=LOGINS)
    account.world.set_clip(TABLE, refuse=500)
    for options in (["--catalog", str(path)], ["--check"]):
        projects = private(account.projects(TABLE, OTHER))
        run = account.command(*options, projects=projects, max_retries=0)
        assert " | DEBUG " in run.log
        assert is_discreet(run.output.decode() + run.log)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pasword": LOGINS[1][1]},
        {"password": [LOGINS[1][1]]},
        {"dataclips": [f"https://us3r-one:{LOGINS[2][1]}@x.example/?{TOKEN}"]},
        {"dataclips": {TABLE: f"htp://us3r-one:pw@x.example/?{TOKEN}"}},
        {"dataclips": {TABLE: f"http://us3r-one:pw@x.example/?{TOKEN}"}},
        {"dataclips": {TABLE: f"https://us3r-one:pw@x.example:port/?{TOKEN}"}},
        {"dataclips": {TABLE: {"url": f"https://x.example/?{TOKEN}", "keys": TOKEN}}},
    ],
)
def test_no_sentence_on_settings_quotes_a_secret(clips: Clips, wrong: dict[str, Any]) -> None:
    clips.put(TABLE, GOOD, of=BOTH)
    projects = private(clips.projects())
    projects[0] |= wrong
    with pytest.raises(ConfigValidationError) as caught:
        TapPerform(config=clips.config(projects=projects))
    assert caught.value.errors
    assert is_discreet(" ".join([str(caught.value), *caught.value.errors]))


# -- files -----------------------------------------------------------------------------------------


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The temporary files of answers, which are closed in the end at the latest."""
    files: list[Any] = []
    make: Callable[[], Any] = tempfile.TemporaryFile

    def making(*options: Any, **more: Any) -> Any:
        files.append(make(*options, **more))
        return files[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", making)
    yield files
    for file in files:
        file.close()


@pytest.mark.parametrize("failure", ["good", *FAILURES])
@pytest.mark.parametrize("known", [True, False], ids=["catalog", "discovery"])
def test_no_run_leaves_a_file_open(
    clips: Clips, opened: list[Any], failure: str, known: bool
) -> None:
    clips.put(TABLE, GOOD, of=BOTH)
    clips.put(OTHER, GOOD, of=BOTH)
    catalog = clips.discovered() if known else None
    clips.put(TABLE, FAILURES.get(failure, GOOD), of=BOTH)
    clips.run(catalog=catalog)
    assert opened
    assert all(file.closed for file in opened)


def test_no_dry_run_leaves_a_file_open(clips: Clips, opened: list[Any]) -> None:
    clips.put(TABLE, GOOD, of=BOTH)
    tap = turning(TapPerform, clips.clock)(config=clips.config())
    with contextlib.redirect_stdout(io.StringIO()):
        assert tap.run_connection_test()
    assert opened
    assert all(file.closed for file in opened)


# -- a disk without room ---------------------------------------------------------------------------

FULL = (
    "An answer could not be kept in a temporary file (No space left on device): free some space, "
    "or set TMPDIR to a directory that has it."
)


def no_file(*_: object) -> IO[bytes]:
    raise OSError(errno.ENOSPC, "No space left on device", "/somewhere")


def full_file() -> IO[bytes]:
    return open("/dev/full", "w+b")  # noqa: PTH123 - as a temporary file is opened


@pytest.fixture
def before(clips: Clips) -> dict[str, Any]:
    """What a run is given after one that read two tables, of which one changed since."""
    clips.put(TABLE, GOOD, of=BOTH)
    clips.put(OTHER, GOOD, of=BOTH)
    catalog = clips.discovered()
    state = clips.run(catalog=catalog, **VERSIONS).ok().state
    clips.put(TABLE, dockets(19), of=BOTH)
    return {"catalog": catalog, "state": state}


@pytest.mark.parametrize("making", [no_file, full_file])
def test_a_full_disk_is_a_sentence_and_empties_nothing(
    clips: Clips, before: dict[str, Any], monkeypatch: pytest.MonkeyPatch, making: object
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", making)
    run = clips.run(**before, **VERSIONS)
    assert (run.code, run.versioned, run.of("RECORD")) == (1, [], [])
    assert run.error.startswith("2 of 2 tables are incomplete (")
    failed = [*reasons(run), *reasons(run, OTHER)]
    assert [FULL in line for line in failed] == [True] * 4


def test_a_directory_that_is_not_there_is_a_sentence(
    clips: Clips, before: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    run = clips.run(**before)
    assert run.code == 1
    assert "(No such file or directory): free some space, or set TMPDIR" in reasons(run)[0]


def disk(failing: str) -> mock.Mock:
    """Return what stands where the files of cells come from: they are full in some way."""
    make = tempfile.TemporaryFile

    def making() -> Any:
        return no_file() if failing == "open" else mock.Mock(wraps=make(), **{failing: no_file})

    return mock.Mock(TemporaryFile=making)


@pytest.mark.parametrize("failing", ["open", "write", "seek"])
@pytest.mark.parametrize("given", [{}, {"skip_unchanged": True}, VERSIONS], ids=str)
def test_a_disk_that_is_full_of_cells_is_a_sentence(
    clips: Clips,
    before: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    failing: str,
    given: dict[str, Any],
) -> None:
    monkeypatch.setattr("tap_perform.cell_file._IN_MEMORY", -1)
    monkeypatch.setattr("tap_perform.cell_file.tempfile", disk(failing))
    run = clips.run(**before, **given)
    assert (run.code, run.of("RECORD"), run.versioned) == (1, [], [])
    assert reasons(run)
    assert all(FULL in line for line in reasons(run))


def test_a_table_that_does_not_fit_into_memory_arrives(
    clips: Clips, before: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_perform.cell_file._IN_MEMORY", -1)
    run = clips.run(**before, **VERSIONS).ok()
    assert run.counts() == {TABLE: 38, OTHER: 40}
    assert [row["docket"] for row in run.records(TABLE)][:19] == [f"D{n}" for n in range(19)]
