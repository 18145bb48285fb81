"""A small company in a sandbox per test: 25 users and 300 time entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clicktime.runs import Account

if TYPE_CHECKING:
    from tests.common.doubles import Server


@pytest.fixture
def kind_of_account() -> type[Account]:
    return Account


@pytest.fixture
def elsewhere(server: Server) -> Server:
    """Another server than the sandbox."""
    return server
