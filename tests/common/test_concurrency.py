"""Exchanges side by side: the order of pages, what is under way, errors, cancellation."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING, TypeVar

import pytest

from taps_common.errors import InterruptedRunError, ShapeError
from taps_common.http.request import Request, Response
from taps_common.sync.concurrency import SIDE_BY_SIDE, Workers, interleave
from tests.common.runs import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from taps_common.sync.concurrency import Exchange, Send

K = TypeVar("K")

WORKERS = [1, 2, 8, 16]


def answered(request: Request) -> Response:
    return Response(request.path.encode())


def exchange(name: int, pages: int, read: list[str]) -> Exchange:
    for page in range(pages):
        response = yield Request(f"{name}/{page}")
        read.append(response.body.decode())


def exchanges(lengths: list[int], read: list[str]) -> Iterator[tuple[int, Exchange]]:
    return ((name, exchange(name, pages, read)) for name, pages in enumerate(lengths))


def interleaved(
    exchanges: Iterable[tuple[K, Exchange]],
    count: int,
    send: Send = answered,
    *,
    side_by_side: int = SIDE_BY_SIDE,
) -> Iterator[tuple[K, Exception | None]]:
    workers = Workers(count, threading.Event())
    return interleave(exchanges, workers, send, side_by_side=side_by_side)


LENGTHS = [random.Random(7).randrange(6) for _ in range(60)]


def test_the_order_of_pages_and_ends_does_not_depend_on_the_workers() -> None:
    def slowly(request: Request) -> Response:
        time.sleep(random.random() / 500)  # noqa: TID251 - answers overtake each other
        return answered(request)

    seen = []
    for count in WORKERS:
        read: list[str] = []
        ends = list(interleaved(exchanges(LENGTHS, read), count, slowly))
        assert sorted(name for name, _ in ends) == list(range(60))
        assert len(read) == sum(LENGTHS)
        seen.append((read, ends))
    assert seen == [seen[0]] * len(WORKERS)


@pytest.mark.parametrize("count", WORKERS)
def test_pages_of_one_exchange_come_in_their_order(count: int) -> None:
    read: list[str] = []
    list(interleaved(exchanges([5] * 20, read), count))
    for name in range(20):
        pages = [page for page in read if page.startswith(f"{name}/")]
        assert pages == [f"{name}/{page}" for page in range(5)]


@pytest.mark.parametrize("count", WORKERS)
def test_answers_under_way_are_bounded_and_used(count: int) -> None:
    """All workers must be sending before any answer comes."""
    lock, together = threading.Lock(), threading.Barrier(count)
    sent, most = [0], [0]
    read: list[str] = []

    def counting(request: Request) -> Response:
        with lock:
            sent[0] += 1
            first = sent[0] <= count
            most[0] = max(most[0], sent[0] - len(read))
        if first:
            together.wait(PATIENCE)
        return answered(request)

    list(interleaved(exchanges([4] * 40, read), count, counting))
    assert count <= most[0] <= count + 1
    assert len(read) == 160


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("side_by_side", [1, 3, SIDE_BY_SIDE])
def test_no_more_exchanges_are_open_than_may_be(count: int, side_by_side: int) -> None:
    opened: set[int] = set()
    most = [0]

    def counted(name: int) -> Exchange:
        opened.add(name)
        most[0] = max(most[0], len(opened))
        yield Request(f"{name}/0")
        yield Request(f"{name}/1")
        opened.discard(name)

    ends = list(interleaved(((n, counted(n)) for n in range(40)), count, side_by_side=side_by_side))
    assert len(ends) == 40
    assert most[0] == side_by_side


@pytest.mark.parametrize("count", WORKERS)
def test_open_exchanges_take_turns_page_by_page(count: int) -> None:
    read: list[str] = []
    list(interleaved(exchanges([2, 3, 1], read), count, side_by_side=2))
    assert read == ["0/0", "1/0", "0/1", "1/1", "2/0", "1/2"]


def test_one_place_takes_one_exchange_after_the_other() -> None:
    read: list[str] = []
    list(interleaved(exchanges([2, 2], read), 4, side_by_side=1))
    assert read == ["0/0", "0/1", "1/0", "1/1"]


@pytest.mark.parametrize("count", [1, 4])
def test_an_error_is_thrown_into_the_exchange_that_may_go_on(count: int) -> None:
    def failing(request: Request) -> Response:
        if request.path == "bad":
            raise ShapeError("bad")
        return answered(request)

    def patient() -> Exchange:
        with pytest.raises(ShapeError):
            yield Request("bad")
        response = yield Request("good")
        assert response.body == b"good"

    assert list(interleaved([("p", patient())], count, failing)) == [("p", None)]


@pytest.mark.parametrize("count", [1, 4])
def test_an_error_ends_its_exchange_only(count: int) -> None:
    error = ShapeError("bad")

    def failing(request: Request) -> Response:
        if request.path == "1/1":
            raise error
        return answered(request)

    read: list[str] = []
    ends = dict(interleaved(exchanges([3, 3, 3], read), count, failing))
    assert ends == {0: None, 1: error, 2: None}
    assert [page for page in read if page.startswith("1/")] == ["1/0"]
    assert len(read) == 7


@pytest.mark.parametrize("count", [1, 4])
def test_an_error_before_the_first_request_is_the_exchanges(count: int) -> None:
    error = ShapeError("early")

    def broken() -> Exchange:
        yield from unlisted()

    def unlisted() -> list[Request]:
        raise error

    def empty() -> Exchange:
        yield from ()

    ends = list(interleaved([("b", broken()), ("e", empty())], count))
    assert ends == [("b", error), ("e", None)]


def test_an_error_of_time_is_an_error_too() -> None:
    """On some versions of Python it is the very type that a wait for an answer raises."""

    def late(request: Request) -> Response:
        raise TimeoutError(request.path)

    found: list[Exception | None] = []
    read: list[str] = []
    cancelled = threading.Event()
    workers = Workers(2, cancelled)
    thread = threading.Thread(
        target=lambda: found.extend(
            error for _, error in interleave(exchanges([1], read), workers, late)
        ),
        daemon=True,
    )
    thread.start()
    thread.join(1)
    cancelled.set()  # ends what would wait for ever
    assert [type(error) for error in found] == [TimeoutError]


def test_nothing_is_sent_ahead_of_the_first_turn() -> None:
    sent: list[str] = []

    def noting(request: Request) -> Response:
        sent.append(request.path)
        return answered(request)

    read: list[str] = []
    ends = interleaved(exchanges([1] * 5, read), 1, noting, side_by_side=2)
    next(ends)
    assert sent == ["0/0"]


def test_cancelling_ends_a_wait_for_an_answer_that_does_not_come() -> None:
    cancelled, hold = threading.Event(), threading.Event()

    def hanging(request: Request) -> Response:
        cancelled.set()
        hold.wait(PATIENCE)
        return answered(request)

    read: list[str] = []
    ends = list(interleave(exchanges([1, 1], read), Workers(2, cancelled), hanging))
    assert [type(error) for _, error in ends] == [InterruptedRunError] * 2
    assert read == []
    hold.set()


def test_threads_do_not_keep_the_process_alive() -> None:
    before = set(threading.enumerate())
    read: list[str] = []
    list(interleaved(exchanges([1] * 4, read), 3))
    started = set(threading.enumerate()) - before
    assert 1 <= len(started) <= 3
    assert all(thread.daemon for thread in started)


def test_an_answer_that_comes_as_its_wait_ends_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(Future[Response]):
        def result(self, timeout: float | None = None) -> Response:
            found = super().result()
            if timeout is not None:
                raise FutureTimeoutError
            return found

    monkeypatch.setattr("taps_common.sync.concurrency.Future", Late)
    read: list[str] = []
    assert list(interleaved(exchanges([2], read), 2)) == [(0, None)]
    assert read == ["0/0", "0/1"]
