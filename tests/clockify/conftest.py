"""A small account in a sandbox per test, with the tap pointed at it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

import sandbox
from tests.clockify.runs import NOW, Account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def start() -> Iterator[Callable[..., Account]]:
    """Start further accounts, with options of `sandbox.start`."""
    with contextlib.ExitStack() as stack:

        def starting(**options: Any) -> Account:  # noqa: ANN401 - options of `sandbox.start`
            given: dict[str, Any] = {"now": NOW, "entries": 300} | options
            return Account(stack.enter_context(sandbox.start(**given)))

        yield starting


@pytest.fixture
def account(start: Callable[..., Account]) -> Account:
    """Two workspaces with 16 memberships and 300 time entries."""
    return start()
