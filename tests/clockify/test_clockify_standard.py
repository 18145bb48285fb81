"""The SDK's own suite, with records in every stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import SuiteConfig

import sandbox
from tap_clockify.tap import TapClockify
from tests.common.runs import NOW
from tests.common.standard import get_tap_test_class

if TYPE_CHECKING:
    from collections.abc import Iterator

_running = sandbox.start(entries=60, now=NOW)

_Suite: Any = get_tap_test_class(
    TapClockify,
    config={"api_key": "sandbox-key", "api_url": f"{_running.url}/clockify/api/v1"},
    parse_env_config=False,
    suite_config=SuiteConfig(ignore_no_records_for_streams=["completed_windows"]),
)

OF_ANY_KIND = {
    *("custom_fields.workspaceDefaultValue", "project_custom_fields.workspaceDefaultValue"),
    *("shared_reports.visibleToUsers", "shared_reports.visibleToUserGroups"),
    *("detailed_report.invoicingInfo", "expense_report.invoicingInfo"),
}
"""Columns that hold a text, a number, a truth value or a list: the suite expects one kind."""

WITHOUT_VALUES = {
    *("current_user.roles", "users.roles", "user_managers.roles", "tasks.active"),
    *("detailed_report.locked", "expense_report.locked", "entity_changes.updatedAt"),
    *("time_entries.createdAt", "time_entries.updatedAt", "time_entries._sdc_deleted_at"),
}
"""Columns that no row of the sandbox fills: there is nothing to look at."""

for _name, _params in _Suite.params.items():
    _Suite.params[_name] = [one for one in _params if one.id not in OF_ANY_KIND | WITHOUT_VALUES]


@pytest.fixture(scope="module", autouse=True)
def _sandbox() -> Iterator[None]:
    yield
    _running.close()


class TestTapClockify(_Suite):  # type: ignore[misc]  # a class built at run time
    pass
