"""THEIR-CLOCK: what time it is by the `Date` header of responses."""

from __future__ import annotations

import logging
from datetime import timedelta
from email.utils import format_datetime

import pytest

from taps_common.http.service_time import ServiceTime
from tests.common.runs import NOW, TurningClock

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> TurningClock:
    return TurningClock(NOW + HOUR)


@pytest.fixture
def told(clock: TurningClock) -> ServiceTime:
    return ServiceTime(clock, logging.getLogger("test"))


def date(hours: float) -> dict[str, str]:
    return {"Date": format_datetime(NOW + timedelta(hours=hours))}


def test_the_service_says_what_time_it_is(clock: TurningClock, told: ServiceTime) -> None:
    told.note(date(0))
    assert told.now() == NOW
    clock.turn(90)
    assert told.now() == NOW + timedelta(seconds=90)


def test_the_earliest_of_several_servers_holds(told: ServiceTime) -> None:
    for hours in (0, -1, 2):
        told.note(date(hours))
    assert told.now() == NOW - HOUR


@pytest.mark.parametrize("text", ["", "now", "Tue, 31 Feb 2026 25:61:00 GMT", "-", "1 Jan 0001 x"])
def test_without_a_date_our_clock_holds(told: ServiceTime, text: str) -> None:
    told.note({"Date": text})
    told.note({})
    assert told.now() == NOW + HOUR


def test_more_than_a_minute_is_said_once(
    clock: TurningClock, told: ServiceTime, caplog: pytest.LogCaptureFixture
) -> None:
    clock.time = NOW + timedelta(seconds=59)
    told.note(date(0))
    told.now()
    assert not caplog.records
    clock.turn(0)
    told.note(date(-1))
    told.now()
    told.now()
    (line,) = caplog.messages
    assert "61 minutes ahead of that of the service" in line
