"""Small decisions of a run: which dates are read, when failures in a row end something."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from taps_common.errors import StatusError, UnreachableError
from taps_common.sync.date_bounds import end_of, start_of, within
from taps_common.sync.failures import GIVE_UP_AFTER, FailurePolicy

DAY = timedelta(days=1)
NOON = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
GONE = UnreachableError("nothing came", hopeless=False)


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        (None, None, "before at after none"),
        (NOON, None, "at after none"),
        (None, NOON, "before none"),
        (NOON, NOON + DAY, "at none"),
    ],
)
def test_rows_from_the_start_on_and_before_the_end(
    start: datetime | None, end: datetime | None, kept: str
) -> None:
    dates = {"before": NOON - DAY, "at": NOON, "after": NOON + DAY, "none": None}
    assert list(within([*dates], dates.__getitem__, start, end)) == kept.split()


def test_an_end_date_includes_its_day_and_a_timestamp_is_excluded() -> None:
    assert start_of("2026-01-31") == end_of("2026-01-30") == NOON - DAY / 2
    assert end_of("2026-01-31T12:00:00Z") == NOON
    assert end_of("9999-12-31") == datetime.max.replace(tzinfo=timezone.utc)


def test_failures_in_a_row_end_retries_and_where_nothing_comes_the_stream() -> None:
    session: Any = SimpleNamespace(retries_errors=True)
    policy = FailurePolicy(session)
    for number in range(1, GIVE_UP_AFTER + 1):
        last = number == GIVE_UP_AFTER
        assert (policy.failed(GONE), session.retries_errors) == (last, not last)
    assert not policy.failed(StatusError("it answers", status=500, code=None))
    policy.succeeded()
    assert session.retries_errors
    assert not policy.failed(GONE)
    for _ in range(GIVE_UP_AFTER):
        policy.failed(GONE)
    policy.begin()
    assert session.retries_errors, "another scope begins anew"
