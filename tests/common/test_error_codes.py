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


@pytest.mark.parametrize(("answer", "kind"), FAILURES, ids=lambda value: str(value)[:20])
def test_a_failure_has_a_code_and_so_has_the_end(answer: Any, kind: str) -> None:
    run = run_tap(one_workspace() | {PROJECTS: answer}, ("projects", "workspaces"))
    (line,) = [line for line in run.log.splitlines() if "projects failed (workspaceId w1)" in line]
    assert line.startswith(f"CLOCKIFY-{kind}: projects failed (workspaceId w1): ")
    assert (run.code, run.kind) == (1, "PARTIAL")


@pytest.mark.parametrize(("answer", "kind"), [*FAILURES[:3], (body(), "AUTH")], ids=str)
def test_what_ends_a_run_at_once_gives_it_its_code(answer: Any, kind: str) -> None:
    run = run_tap({WORKSPACES: answer}, ("workspaces",))
    assert (run.code, run.kind) == (1, kind)
