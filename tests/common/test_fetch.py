"""Walks side by side: the order of pages, what is under way, errors, cancellation."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING

import pytest

from taps_common.errors import (
    InterruptedRunError,
    QuotaError,
    ShapeError,
    StatusError,
    UnreachableError,
)
from taps_common.fetch import LANES, Workers, drive
from taps_common.http import Request, Response
from taps_common.progress import Cost
from tests.common.runs import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from taps_common.errors import RequestError
    from taps_common.fetch import Walk

WORKERS = [1, 2, 8, 16]


def answered(request: Request) -> Response:
    return Response(request.path.encode(), {}, Cost())


def walk(name: int, pages: int, read: list[str]) -> Walk:
    for page in range(pages):
        response = yield Request(f"{name}/{page}")
        read.append(response.body.decode())


def walks(lengths: list[int], read: list[str]) -> Iterator[tuple[int, Walk]]:
    return ((name, walk(name, pages, read)) for name, pages in enumerate(lengths))


def workers(
    count: int,
    send: Callable[[Request], Response] = answered,
    now: Callable[[], float] = lambda: 0.0,
) -> Workers:
    return Workers(send, count, threading.Event(), now)


def foresee(crew: Workers, path: str, *, whole: bool = True) -> bool:
    return crew.foresee(Request(path), lambda _: whole)


LENGTHS = [random.Random(7).randrange(6) for _ in range(60)]


def test_the_order_of_pages_and_ends_does_not_depend_on_the_workers() -> None:
    def slowly(request: Request) -> Response:
        time.sleep(random.random() / 500)  # noqa: TID251 - answers overtake each other
        return answered(request)

    seen = []
    for count in WORKERS:
        read: list[str] = []
        ends = list(drive(walks(LENGTHS, read), workers(count, slowly)))
        assert sorted(name for name, _ in ends) == list(range(60))
        assert len(read) == sum(LENGTHS)
        seen.append((read, ends))
    assert seen == [seen[0]] * len(WORKERS)


@pytest.mark.parametrize("count", WORKERS)
def test_pages_of_one_walk_come_in_their_order(count: int) -> None:
    read: list[str] = []
    list(drive(walks([5] * 20, read), workers(count)))
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

    list(drive(walks([4] * 40, read), workers(count, counting)))
    assert count <= most[0] <= count + 1
    assert len(read) == 160


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("lanes", [1, 3, LANES])
def test_no_more_walks_are_open_than_there_are_lanes(count: int, lanes: int) -> None:
    opened: set[int] = set()
    most = [0]

    def counted(name: int) -> Walk:
        opened.add(name)
        most[0] = max(most[0], len(opened))
        yield Request(f"{name}/0")
        yield Request(f"{name}/1")
        opened.discard(name)

    ends = list(drive(((n, counted(n)) for n in range(40)), workers(count), lanes=lanes))
    assert len(ends) == 40
    assert most[0] == lanes


@pytest.mark.parametrize("count", WORKERS)
def test_open_walks_take_turns_page_by_page(count: int) -> None:
    read: list[str] = []
    list(drive(walks([2, 3, 1], read), workers(count), lanes=2))
    assert read == ["0/0", "1/0", "0/1", "1/1", "2/0", "1/2"]


def test_one_lane_reads_one_walk_after_the_other() -> None:
    read: list[str] = []
    list(drive(walks([2, 2], read), workers(4), lanes=1))
    assert read == ["0/0", "0/1", "1/0", "1/1"]


@pytest.mark.parametrize("count", [1, 4])
def test_an_error_is_thrown_into_the_walk_that_may_go_on(count: int) -> None:
    def failing(request: Request) -> Response:
        if request.path == "bad":
            raise ShapeError("bad")
        return answered(request)

    def patient() -> Walk:
        with pytest.raises(ShapeError):
            yield Request("bad")
        response = yield Request("good")
        assert response.body == b"good"

    assert list(drive([("p", patient())], workers(count, failing))) == [("p", None)]


@pytest.mark.parametrize("count", [1, 4])
def test_an_error_ends_its_walk_only(count: int) -> None:
    error = ShapeError("bad")

    def failing(request: Request) -> Response:
        if request.path == "1/1":
            raise error
        return answered(request)

    read: list[str] = []
    ends = dict(drive(walks([3, 3, 3], read), workers(count, failing)))
    assert ends == {0: None, 1: error, 2: None}
    assert [page for page in read if page.startswith("1/")] == ["1/0"]
    assert len(read) == 7


@pytest.mark.parametrize("count", [1, 4])
def test_an_error_before_the_first_request_is_the_walks(count: int) -> None:
    error = ShapeError("early")

    def broken() -> Walk:
        yield from unlisted()

    def unlisted() -> list[Request]:
        raise error

    def empty() -> Walk:
        yield from ()

    ends = list(drive([("b", broken()), ("e", empty())], workers(count)))
    assert ends == [("b", error), ("e", None)]


def test_an_error_of_time_is_an_error_too() -> None:
    """On some versions of Python it is the very type that a wait for an answer raises."""

    def late(request: Request) -> Response:
        raise TimeoutError(request.path)

    found: list[Exception | None] = []
    read: list[str] = []
    cancelled = threading.Event()
    pool = Workers(late, 2, cancelled)
    thread = threading.Thread(
        target=lambda: found.extend(error for _, error in drive(walks([1], read), pool)),
        daemon=True,
    )
    thread.start()
    thread.join(PATIENCE)
    cancelled.set()  # ends what would wait for ever
    assert [type(error) for error in found] == [TimeoutError]


def test_nothing_is_sent_ahead_of_the_first_turn() -> None:
    sent: list[str] = []

    def noting(request: Request) -> Response:
        sent.append(request.path)
        return answered(request)

    read: list[str] = []
    driving = drive(walks([1] * 5, read), workers(1, noting), lanes=2)
    next(driving)
    assert sent == ["0/0"]


def test_cancelling_ends_a_wait_for_an_answer_that_does_not_come() -> None:
    cancelled, hold = threading.Event(), threading.Event()

    def hanging(request: Request) -> Response:
        cancelled.set()
        hold.wait(PATIENCE)
        return answered(request)

    read: list[str] = []
    ends = list(drive(walks([1, 1], read), Workers(hanging, 2, cancelled)))
    assert [type(error) for _, error in ends] == [InterruptedRunError] * 2
    assert read == []
    hold.set()


def test_threads_do_not_keep_the_process_alive() -> None:
    before = set(threading.enumerate())
    read: list[str] = []
    list(drive(walks([1] * 4, read), workers(3)))
    started = set(threading.enumerate()) - before
    assert 1 <= len(started) <= 3
    assert all(thread.daemon for thread in started)


# -- what is asked for ahead of its turn -----------------------------------------------------------


def test_a_foreseen_request_is_sent_once_and_its_answer_waits() -> None:
    sent: list[str] = []

    def send(request: Request) -> Response:
        sent.append(request.path)
        return answered(request)

    read: list[str] = []
    crew = workers(4, send)
    assert foresee(crew, "0/0")
    assert foresee(crew, "0/0")
    assert list(drive(walks([2, 1], read), crew)) == [(1, None), (0, None)]
    assert sorted(sent) == ["0/0", "0/1", "1/0"]


@pytest.mark.parametrize("count", WORKERS)
def test_no_more_is_foreseen_than_there_are_workers(count: int) -> None:
    crew = workers(count)
    room = [foresee(crew, f"{name}/0") for name in range(20)]
    assert room.count(True) == (0 if count == 1 else count)


def test_an_error_that_was_foreseen_reaches_its_walk() -> None:
    def send(request: Request) -> Response:
        raise ShapeError(f"{request} failed")

    crew = workers(2, send)
    foresee(crew, "0/0")
    ((_, error),) = drive(walks([1], []), crew)
    assert str(error) == "GET 0/0 failed"


def arrived(crew: Workers, path: str, *, whole: bool = True) -> None:
    """Foresee a request, and wait for what it brings."""
    foresee(crew, path, whole=whole)
    crew._foreseen[Request(path).identity].answer.exception(PATIENCE)  # noqa: SLF001 - waits for either


@pytest.mark.parametrize(
    ("error", "later", "asked"),
    [
        (StatusError("down", Cost(1), status=502, code=None), 60, 2),
        (StatusError("down", Cost(1), status=502, code=None), 1, 1),
        (UnreachableError("down", Cost(1)), 60, 2),
        (QuotaError("enough", Cost(1)), 60, 2),
        (StatusError("no", Cost(1), status=403, code=None), 60, 1),
    ],
    ids=["502", "502 just now", "unreachable", "quota", "403"],
)
def test_an_error_that_passed_meanwhile_is_none(
    error: RequestError, later: float, asked: int
) -> None:
    """A refusal stays one; what may have passed is asked again, and both are counted."""
    sent: list[str] = []
    moment = 0.0

    def send(request: Request) -> Response:
        sent.append(request.path)
        if len(sent) == 1:
            raise error
        return answered(request)

    crew = workers(2, send, lambda: moment)
    arrived(crew, "0/0")
    moment += later
    ((_, found),) = drive(walks([1], []), crew)
    assert found is (None if asked == 2 else error)
    assert len(sent) == asked
    assert crew.cost_of_unused().requests == asked - 1
    assert crew.cost_of_unused().requests == 0


@pytest.mark.parametrize(
    ("whole", "later", "asked"), [(True, 1e6, 1), (False, 1.0, 1), (False, 1e6, 2)]
)
def test_a_first_page_does_not_wait_long_for_the_others(
    *, whole: bool, later: float, asked: int
) -> None:
    sent: list[str] = []
    moment = 0.0

    def send(request: Request) -> Response:
        sent.append(request.path)
        return answered(request)

    crew = workers(2, send, lambda: moment)
    arrived(crew, "0/0", whole=whole)
    moment += later
    assert list(drive(walks([1], []), crew)) == [(0, None)]
    assert len(sent) == asked


def test_an_answer_that_comes_as_its_wait_ends_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(Future[Response]):
        def result(self, timeout: float | None = None) -> Response:
            found = super().result()
            if timeout is not None:
                raise FutureTimeoutError
            return found

    monkeypatch.setattr("taps_common.fetch.Future", Late)
    read: list[str] = []
    assert list(drive(walks([2], read), workers(2))) == [(0, None)]
    assert read == ["0/0", "0/1"]
