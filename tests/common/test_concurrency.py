"""Exchanges side by side: the order of pages, what is under way, errors, cancellation."""

from __future__ import annotations

import os
import random
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING, Any

import pytest

from taps_common.errors import InterruptedRunError, ShapeError
from taps_common.http.request import Request, Response
from taps_common.sync.concurrency import SIDE_BY_SIDE, Workers, interleave
from tests.common.runs import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taps_common.sync.concurrency import Exchange, Send

WORKERS = [1, 2, 8, 16]
each_count = pytest.mark.parametrize("count", WORKERS)


def answered(request: Request) -> Response:
    return Response(request.path.encode())


class Reading:
    """Exchanges of some pages each.

    Attributes:
        read: the pages in the order in which they came, as `exchange/page`.
        ends: the exchanges as they ended, and with what error.
    """

    def __init__(self, lengths: list[int], count: int, send: Send = answered, **more: int) -> None:
        self.cancelled = threading.Event()
        self.read: list[str] = []
        exchanges = ((name, self._exchange(name, pages)) for name, pages in enumerate(lengths))
        self._ends = interleave(exchanges, Workers(count, self.cancelled), send, **more)

    def _exchange(self, name: int, pages: int) -> Exchange:
        for page in range(pages):
            response = yield Request(f"{name}/{page}")
            self.read.append(response.body.decode())

    def begin(self) -> None:
        """Go on until the first exchange ended."""
        next(self._ends)

    @property
    def ends(self) -> list[tuple[int, Exception | None]]:
        return list(self._ends)


def interleaved(count: int, *exchanges: Exchange, send: Send = answered) -> list[Any]:
    """Return the errors that exchanges end with."""
    workers = Workers(count, threading.Event())
    return [error for _, error in interleave(enumerate(exchanges), workers, send)]


# -- order -----------------------------------------------------------------------------------------


def test_the_order_of_pages_and_ends_does_not_depend_on_the_workers() -> None:
    dice = random.Random(7)
    lengths = [dice.randrange(6) for _ in range(60)]

    def slowly(request: Request) -> Response:
        for _ in range(dice.randrange(20)):  # answers overtake each other
            os.sched_yield()
        return answered(request)

    seen = []
    for count in WORKERS:
        reading = Reading(lengths, count, slowly)
        ends = reading.ends
        assert sorted(name for name, _ in ends) == list(range(60))
        assert len(reading.read) == sum(lengths)
        seen.append((reading.read, ends))
    assert seen == [seen[0]] * len(WORKERS)


@each_count
@pytest.mark.parametrize(
    ("lengths", "side_by_side", "pages"),
    [([2, 3, 1], 2, "0/0 1/0 0/1 1/1 2/0 1/2"), ([2, 2], 1, "0/0 0/1 1/0 1/1")],
)
def test_open_exchanges_take_turns_page_by_page(
    count: int, lengths: list[int], side_by_side: int, pages: str
) -> None:
    reading = Reading(lengths, count, side_by_side=side_by_side)
    assert [error for _, error in reading.ends] == [None] * len(lengths)
    assert reading.read == pages.split()


# -- what is under way -----------------------------------------------------------------------------


@each_count
def test_answers_under_way_are_bounded_and_used(count: int) -> None:
    """All workers must be sending before any answer comes."""
    lock, together = threading.Lock(), threading.Barrier(count)
    sent, most = 0, 0

    def counting(request: Request) -> Response:
        nonlocal sent, most
        with lock:
            sent += 1
            first = sent <= count
            most = max(most, sent - len(reading.read))
        if first:
            together.wait(PATIENCE)
        return answered(request)

    reading = Reading([4] * 40, count, counting)
    assert len(reading.ends) == 40
    assert count <= most <= count + 1
    assert len(reading.read) == 160


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("side_by_side", [1, 3, SIDE_BY_SIDE])
def test_no_more_exchanges_are_open_than_may_be(count: int, side_by_side: int) -> None:
    opened: set[int] = set()
    most = 0

    def counted(name: int) -> Exchange:
        nonlocal most
        opened.add(name)
        most = max(most, len(opened))
        yield Request(f"{name}/0")
        yield Request(f"{name}/1")
        opened.discard(name)

    exchanges: Iterator[tuple[int, Exchange]] = ((name, counted(name)) for name in range(40))
    workers = Workers(count, threading.Event())
    assert len(list(interleave(exchanges, workers, answered, side_by_side=side_by_side))) == 40
    assert most == side_by_side


def test_nothing_is_sent_ahead_of_the_first_turn() -> None:
    sent: list[str] = []

    def noting(request: Request) -> Response:
        sent.append(request.path)
        return answered(request)

    Reading([1] * 5, 1, noting, side_by_side=2).begin()
    assert sent == ["0/0"]


def test_threads_do_not_keep_the_process_alive() -> None:
    before = set(threading.enumerate())
    assert len(Reading([1] * 4, 3).ends) == 4
    started = set(threading.enumerate()) - before
    assert 1 <= len(started) <= 3
    assert all(thread.daemon for thread in started)


# -- errors ----------------------------------------------------------------------------------------


def failing(request: Request) -> Response:
    if request.path in {"bad", "1/1"}:
        raise ShapeError("bad")
    return answered(request)


@pytest.mark.parametrize("count", [1, 4])
def test_an_error_is_thrown_into_the_exchange_that_may_go_on(count: int) -> None:
    def patient() -> Exchange:
        with pytest.raises(ShapeError):
            yield Request("bad")
        response = yield Request("good")
        assert response.body == b"good"

    assert interleaved(count, patient(), send=failing) == [None]


@pytest.mark.parametrize("count", [1, 4])
def test_an_error_ends_its_exchange_only(count: int) -> None:
    reading = Reading([3, 3, 3], count, failing)
    errors = {name: type(error) for name, error in reading.ends if error}
    assert errors == {1: ShapeError}
    assert sorted(reading.read) == ["0/0", "0/1", "0/2", "1/0", "2/0", "2/1", "2/2"]


@pytest.mark.parametrize("count", [1, 4])
def test_an_error_before_the_first_request_is_the_exchanges(count: int) -> None:
    error = ShapeError("early")

    def broken() -> Exchange:
        yield from unlisted()

    def unlisted() -> list[Request]:
        raise error

    def empty() -> Exchange:
        yield from ()

    assert interleaved(count, broken(), empty()) == [error, None]


def test_an_error_of_time_is_an_error_too() -> None:
    """On some versions of Python it is the very type that a wait for an answer raises."""

    def late(request: Request) -> Response:
        reading.cancelled.set()  # ends what would wait for ever
        raise TimeoutError(request.path)

    reading = Reading([1], 2, late)
    assert [type(error) for _, error in reading.ends] == [TimeoutError]


def test_cancelling_ends_a_wait_for_an_answer_that_does_not_come() -> None:
    hold = threading.Event()

    def hanging(request: Request) -> Response:
        reading.cancelled.set()
        hold.wait(PATIENCE)
        return answered(request)

    reading = Reading([1, 1], 2, hanging)
    assert [type(error) for _, error in reading.ends] == [InterruptedRunError] * 2
    assert reading.read == []
    hold.set()


def test_an_answer_that_comes_as_its_wait_ends_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(Future[Response]):
        def result(self, timeout: float | None = None) -> Response:
            found = super().result()
            if timeout is not None:
                reading.cancelled.set()  # ends what would wait for ever
                raise FutureTimeoutError
            return found

    monkeypatch.setattr("taps_common.sync.concurrency.Future", Late)
    reading = Reading([2], 2)
    assert reading.ends == [(0, None)]
    assert reading.read == ["0/0", "0/1"]
