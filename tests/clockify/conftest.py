"""Small accounts in sandboxes: two workspaces, 16 memberships, 300 time entries each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import sandbox
from tap_clockify import feed_trust
from tap_clockify.feed_trust import FeedTrust
from tests.clockify.runs import Account
from tests.common.runs import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sandbox.clockify.world import World


@pytest.fixture
def kind_of_account() -> type[Account]:
    return Account


@pytest.fixture
def world(account: Account) -> World:
    """What is in the account of a test."""
    return account.world


@pytest.fixture
def feeds_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Feeds of changes that need not earn it to be read alone."""
    answered = FeedTrust.answered

    def always(trust: FeedTrust, until: datetime, *, silent: bool, edits: bool) -> None:
        answered(trust, until, silent=silent, edits=edits or True)

    monkeypatch.setattr(feed_trust, "RUNS", 0)
    monkeypatch.setattr(FeedTrust, "answered", always)


@pytest.fixture(scope="module")
def shared() -> Iterator[Account]:
    """One account for the tests of a module that change nothing."""
    with sandbox.start(now=NOW, entries=300) as running:
        yield Account(running)
