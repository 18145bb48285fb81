"""Two small projects in a sandbox per test, or made-up clips without any server."""

from __future__ import annotations

import pytest

from taps_common.http import session
from tests.perform.clips import Clips
from tests.perform.runs import Account


@pytest.fixture
def kind_of_account() -> type[Account]:
    return Account


@pytest.fixture
def clips(monkeypatch: pytest.MonkeyPatch) -> Clips:
    found = Clips()
    monkeypatch.setattr(session, "connections", lambda _: found)
    return found
