"""The SDK's own suite, with records in every stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import sandbox
from sandbox.perform import truth
from tap_perform.tap import TapPerform
from tests.common.runs import run_in_process
from tests.common.standard import get_tap_test_class
from tests.perform.runs import Account

if TYPE_CHECKING:
    from collections.abc import Iterator

_running = sandbox.start(entries=60)
_config = Account(_running).config()

_Suite: Any = get_tap_test_class(TapPerform, config=_config, parse_env_config=False)


@pytest.fixture(scope="module", autouse=True)
def _sandbox() -> Iterator[None]:
    yield
    _running.close()


class TestTapPerform(_Suite):  # type: ignore[misc]  # a class built at run time
    pass


def test_the_suite_sees_all_clips_with_records_in_each() -> None:
    counts = run_in_process(TapPerform, _config).ok().counts()
    assert counts.keys() == {*truth.TABLES}
    assert all(counts.values())
    assert len(counts) == 28
