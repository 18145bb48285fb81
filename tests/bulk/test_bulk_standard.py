"""The SDK's own suite of targets, for both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import get_target_test_class

from target_bulk.target import TargetBulk

if TYPE_CHECKING:
    from tests.bulk.places import Place

pytestmark = [
    pytest.mark.xdist_group("bulk"),
    # the suite leaves its files open
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

CONFIG: dict[str, Any] = {}
"""Shared with the suite, which wants it before there is a database; each test fills it."""

_Suite: Any = get_target_test_class(TargetBulk, config=CONFIG, parse_env_config=False)


class TestTargetBulk(_Suite):  # type: ignore[misc]  # a class built at run time
    @pytest.fixture(autouse=True)
    def _somewhere(self, place: Place) -> None:
        CONFIG.clear()
        CONFIG.update(place.config)
