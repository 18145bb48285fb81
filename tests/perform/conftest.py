"""Two small projects in a sandbox per test."""

from __future__ import annotations

import pytest

from tests.perform.runs import Account


@pytest.fixture
def kind_of_account() -> type[Account]:
    return Account
