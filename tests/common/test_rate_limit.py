"""When the next request may be sent."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import Any

import pytest

from taps_common.http.rate_limit import RateLimit


def turns(limit: RateLimit, *times: float) -> list[float | None]:
    return [limit.reserve(at) for at in times]


@pytest.mark.parametrize(
    ("limit", "times", "waits"),
    [
        ({}, [0, 0, 0], [0, 0, 0]),
        ({"per_second": 4}, [10, 10, 10, 10], [0, 0.25, 0.5, 0.75]),
        # time that passed is not saved up
        ({"per_second": 4}, [0, 100, 100], [0, 0, 0.25]),
        ({"per_hour": 3}, [0, 10, 20, 30, 30, 30, 30], [0, 0, 0, 3570, 3580, 3590, 7170]),
        # without waiting, a used up hour gives no turn until it opens
        ({"per_hour": 2, "wait": False}, [0, 9, 99, 3599, 3600, 3601], [0, 0, None, None, 0, None]),
    ],
)
def test_when_the_next_request_may_be_sent(
    limit: dict[str, Any], times: list[float], waits: list[float | None]
) -> None:
    assert turns(RateLimit(**limit), *times) == waits


def test_no_hour_holds_more_than_the_limit() -> None:
    limit, sent, now = RateLimit(per_second=0.5, per_hour=5), [], 0.0
    for step in range(60):
        wait = limit.reserve(now)
        assert wait is not None
        now += wait + step % 7
        sent.append(now - step % 7)
    assert all(later - earlier >= 3600 for earlier, later in zip(sent, sent[5:], strict=False))
    assert all(later - earlier >= 2 for earlier, later in pairwise(sent))


def test_how_long_the_hour_stays_closed_is_known() -> None:
    limit = RateLimit(per_hour=1, wait=False)
    turns(limit, 0, 1800)
    assert limit.closed_for == 1800


def test_requests_of_an_earlier_run_count() -> None:
    limit = RateLimit(per_hour=3)
    limit.recall([-100, -200])
    assert turns(limit, 0, 0) == [0, 3400]
    assert limit.sent(0) == [-200, -100, 0], "the other one waits for its turn"


def test_hosts_have_a_second_each_and_share_the_hour() -> None:
    limit = RateLimit(per_second=1, per_hour=4)
    assert [limit.reserve(0, origin) for origin in ("a", "b", "a", "b", "a")] == [0, 0, 1, 1, 3600]


def test_a_refusal_holds_everybody_back_but_those_of_other_hosts() -> None:
    limit = RateLimit()
    limit.refused(0, 90, "a")
    assert limit.reserve(1, "a") == 89
    assert limit.reserve(1, "b") == 0


def test_refusals_one_after_the_other_slow_down_and_answers_speed_up() -> None:
    limit, gaps = RateLimit(per_second=50), []
    for now in (0, 11, 22, 33):
        limit.refused(now, 10)
    for _ in range(40):
        first, second = turns(limit, 100, 100)
        assert first is not None
        assert second is not None
        gaps.append(second - first)
        limit.answered()
    assert gaps[0] == pytest.approx(0.4)
    assert gaps[-1] == pytest.approx(0.02)


def test_refusals_of_one_burst_are_one() -> None:
    limit = RateLimit()
    for now in (0.0, 0.1, 0.2):
        limit.refused(now, 10)
    assert turns(limit, 20, 20) == [0, 0]


def test_threads_never_share_a_turn() -> None:
    limit, taken, lock = RateLimit(10), [], threading.Lock()

    def taking() -> None:
        for _ in range(50):
            turn = limit.reserve(0)
            with lock:
                taken.append(turn)

    threads = [threading.Thread(target=taking) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == pytest.approx([number / 10 for number in range(200)])  # type: ignore[type-var]  # of numbers
