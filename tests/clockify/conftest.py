"""A small account in a sandbox per test: two workspaces, 16 memberships, 300 time entries."""

from __future__ import annotations

import pytest

from tests.clockify.runs import Account


@pytest.fixture
def kind_of_account() -> type[Account]:
    return Account
