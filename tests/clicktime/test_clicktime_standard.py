"""The SDK's own suite, with records in every stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import SuiteConfig

import sandbox
from tap_clicktime.tap import TapClickTime
from tests.common.standard import get_tap_test_class

if TYPE_CHECKING:
    from collections.abc import Iterator

_running = sandbox.start(entries=60)

_Suite: Any = get_tap_test_class(
    TapClickTime,
    config={"api_token": "sandbox-token", "service_url": f"{_running.url}/clicktime/odata"},
    parse_env_config=False,
    suite_config=SuiteConfig(ignore_no_records_for_streams=["completed_windows"]),
)


@pytest.fixture(scope="module", autouse=True)
def _sandbox() -> Iterator[None]:
    yield
    _running.close()


class TestTapClickTime(_Suite):  # type: ignore[misc]  # a class built at run time
    pass
