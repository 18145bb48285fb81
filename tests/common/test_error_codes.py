"""The code of a failure: what a person has to do decides, whatever the words are."""

from __future__ import annotations

from typing import Any

import pytest

from taps_common.errors import (
    NotReadyError,
    QuotaError,
    ShapeError,
    StatusError,
    TapError,
    UnreachableError,
)
from tests.common.made_up import PROJECTS, WORKSPACES, body, one_workspace, run_tap


def status(code: int) -> StatusError:
    return StatusError(f"answered {code}", status=code, code=None)


FAILURES: list[tuple[Any, str]] = [
    (status(302), "SETTING"),
    (status(400), "NETWORK"),
    (status(401), "AUTH"),
    (status(402), "PLAN"),
    (status(403), "PLAN"),
    (status(404), "SETTING"),
    (status(500), "NETWORK"),
    (QuotaError("used up"), "QUOTA"),
    (UnreachableError("away"), "NETWORK"),
    (NotReadyError("later"), "STALE"),
    (ShapeError("odd"), "SHAPE"),
    (TapError("a setting"), "SETTING"),
    (b"[7]", "SHAPE"),
]
ENDS: list[tuple[Any, str, int]] = [
    (status(401), "AUTH", 77),
    (status(500), "PARTIAL", 1),
    (QuotaError("used up"), "QUOTA", 75),
]


@pytest.mark.parametrize(("answer", "kind"), FAILURES, ids=lambda value: str(value)[:20])
def test_a_failure_has_a_code_and_so_has_the_end(answer: Any, kind: str) -> None:
    run = run_tap(one_workspace() | {PROJECTS: answer}, ("projects", "workspaces"))
    (line,) = [line for line in run.log.splitlines() if "projects failed (workspaceId w1)" in line]
    assert line.startswith(f"CLOCKIFY-{kind}: projects failed (workspaceId w1): ")
    assert (run.code, run.kind) == ((75, "QUOTA") if kind == "QUOTA" else (1, "PARTIAL"))


@pytest.mark.parametrize(("answer", "kind"), [*FAILURES[:3], (body(), "AUTH")], ids=str)
def test_what_ends_a_run_at_once_gives_it_its_code(answer: Any, kind: str) -> None:
    run = run_tap({WORKSPACES: answer}, ("workspaces",))
    assert (run.code, run.kind) == (77 if kind == "AUTH" else 1, kind)


@pytest.mark.parametrize(("answer", "kind", "code"), ENDS, ids=str)
def test_what_every_table_failed_of_decides_the_end(answer: Any, kind: str, code: int) -> None:
    run = run_tap(one_workspace() | {PROJECTS: answer}, ("projects",))
    assert (run.code, run.kind) == (code, kind)


def test_the_end_says_when_to_run_again() -> None:
    """A scheduler goes by the time in the last line."""
    used_up = QuotaError("used up", after=2460)
    run = run_tap(one_workspace() | {PROJECTS: used_up}, ("workspaces", "projects"))
    assert run.error.endswith("; run again at 13:11 UTC, in 41 minutes: it goes on.")
    unknown = run_tap(one_workspace() | {PROJECTS: QuotaError("used up")}, ("projects",))
    assert unknown.error.endswith("; the next one goes on.")
