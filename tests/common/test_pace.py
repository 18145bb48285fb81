"""When the next request may be sent."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from taps_common.pace import Pace


def turns(pace: Pace, *moments: float) -> list[float | None]:
    return [pace.reserve(moment) for moment in moments]


def test_without_limits_every_turn_is_now() -> None:
    assert turns(Pace(), 0, 0, 0) == [0, 0, 0]


def test_a_limit_a_second_spreads_turns_evenly() -> None:
    assert turns(Pace(4), 10, 10, 10, 10) == pytest.approx([0, 0.25, 0.5, 0.75])


def test_time_that_passed_is_not_saved_up() -> None:
    assert turns(Pace(4), 0, 100, 100) == pytest.approx([0, 0, 0.25])


def test_a_limit_an_hour_lets_so_many_through_and_then_waits_for_the_first() -> None:
    pace = Pace(per_hour=3)
    assert turns(pace, 0, 10, 20, 30) == [0, 0, 0, 3570]
    assert turns(pace, 30, 30, 30) == [3580, 3590, 7170]


def test_no_hour_holds_more_than_the_limit() -> None:
    pace, sent, now = Pace(per_second=0.5, per_hour=5), [], 0.0
    for step in range(60):
        wait = pace.reserve(now)
        assert wait is not None
        now += wait + step % 7
        sent.append(now - step % 7)
    assert all(later - earlier >= 3600 for earlier, later in zip(sent, sent[5:], strict=False))
    assert all(later - earlier >= 2 for earlier, later in pairwise(sent))


def test_with_stop_a_used_up_hour_gives_no_turn_until_it_opens() -> None:
    pace = Pace(per_hour=2, wait=False)
    assert turns(pace, 0, 100, 200, 3599, 3600, 3601) == [0, 0, None, None, 0, None]


@pytest.mark.parametrize(
    ("now", "says"), [(1.0, "60 minutes"), (3599.0, "a minute"), (1800.0, "31 minutes")]
)
def test_how_long_the_hour_stays_closed_is_said(now: float, says: str) -> None:
    pace = Pace(per_hour=1, wait=False)
    turns(pace, 0, now)
    assert pace.opens_in() == says


def test_threads_never_share_a_turn() -> None:
    pace, taken, lock = Pace(10), [], threading.Lock()

    def taking() -> None:
        for _ in range(50):
            turn = pace.reserve(0)
            with lock:
                taken.append(turn)

    threads = [threading.Thread(target=taking) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == pytest.approx([number / 10 for number in range(200)])  # type: ignore[type-var]
