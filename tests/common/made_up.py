"""Runs of tap-clockify over made-up answers: what the engine makes of them."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from tap_clockify.tap import TapClockify
from tests.clockify.runs import catalog
from tests.common.doubles import Answers
from tests.common.runs import TurningClock, run_in_process, turning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.common.runs import Number, Run, State

WORKSPACES = "/workspaces"
USERS = "/workspaces/{workspaceId}/users"
PROJECTS = "/workspaces/{workspaceId}/projects"
ENTRIES = "/workspaces/{workspaceId}/user/{userId}/time-entries"

VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}
IN_TURN: dict[str, Any] = {"max_requests_per_hour": 1000}
"""One partition after the other, and the state says what was asked."""


def body(*rows: Mapping[str, Any]) -> bytes:
    return json.dumps(rows).encode()


def one_workspace(users: tuple[str, ...] = ("u1",)) -> dict[str, Any]:
    """Return what a tap asks for before it reads time entries."""
    return {WORKSPACES: body({"id": "w1"}), USERS: body(*({"id": user} for user in users))}


def run_tap(
    answers: Answers | dict[str, Any],
    tables: dict[str, Any] | tuple[str, ...],
    *,
    clock: TurningClock | None = None,
    state: State | None = None,
    kind: type[TapClockify] = TapClockify,
    before: Callable[[TapClockify], object] = lambda _: None,
    number: Number = float,
    **config: object,
) -> Run:
    """Run a tap to its end over made-up answers; `tables` may be a catalog."""

    def prepare(tap: TapClockify) -> None:
        made_up = answers if isinstance(answers, Answers) else Answers(answers)
        made_up.clock = tap.clock
        tap.__dict__["session"] = made_up
        before(tap)

    return run_in_process(
        turning(kind, clock or TurningClock()),
        {"api_key": "key-secret", "max_concurrency": 1, **config},
        catalog=catalog(tables) if isinstance(tables, tuple) else tables,
        state=state,
        before=prepare,
        level=logging.DEBUG,
        number=number,
    )
