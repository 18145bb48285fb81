"""A small company in a sandbox per test: 25 users and 300 time entries."""

from __future__ import annotations

import pytest

from tests.clicktime.runs import Account


@pytest.fixture
def kind_of_account() -> type[Account]:
    return Account
