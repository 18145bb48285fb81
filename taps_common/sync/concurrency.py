"""Walks over pages, several at a time, in an order that does not depend on how many.

A walk is a generator: it yields a request, receives the response, hands its rows on, and yields
the next request until its last page. Only the sending happens in threads, and with one worker not
even that; all code of a walk runs in the thread that drives it, so there is one writer and nothing
to lock.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from queue import SimpleQueue
from time import monotonic
from typing import Any, Generic, TypeAlias, TypeVar

from taps_common.errors import InterruptedRunError, RequestError
from taps_common.http.session import Request, Response
from taps_common.sync.progress import Cost

K = TypeVar("K")

Walk: TypeAlias = Generator[Request, Response, None]
Send: TypeAlias = Callable[[Request], Response]
Clock: TypeAlias = Callable[[], float]

LANES = 16
"""Walks that are open side by side. They take turns page by page, whatever the number of
workers: that is what makes the order of rows a property of the data alone."""

FRESH = 30.0
"""Seconds within which what was asked for early counts as asked for in its turn: a first page goes
with those that follow it, and an error is still there."""

_LOOK_UP = 0.5
"""Seconds after which a wait for an answer looks whether the run was cancelled."""


class _Lane(Generic[K]):
    """A walk, the request it waits for, and the answer on its way."""

    def __init__(self, key: K, walk: Walk, request: Request) -> None:
        self.key = key
        self.walk = walk
        self.request = request
        self.answer: Future[Response] | None = None


@dataclass(frozen=True)
class _Foreseen:
    """An answer that was asked for early, and when."""

    answer: Future[Response]
    is_whole: Callable[[Response], bool]
    asked: float


class Workers:
    """Threads that send requests. They never hold up the end of the process.

    Args:
        send: sends one request.
        count: how many requests may be on their way at once.
        cancelled: set when the run is to end.
        now: tells the seconds of a monotonic clock.
        begin: puts a request on its way that is sent next, if it can; for one worker.
    """

    def __init__(
        self,
        send: Send,
        count: int,
        cancelled: threading.Event,
        now: Clock = monotonic,
        begin: Callable[[Request], bool] = lambda _: False,  # each in its turn
    ) -> None:
        self.count = count
        self._send = send
        self._begin = begin
        self._begun: _Lane[Any] | None = None
        self._cancelled = cancelled
        self._now = now
        self._waiting: SimpleQueue[tuple[Request, Future[Response]]] = SimpleQueue()
        self._started = 0
        self._foreseen: dict[tuple[object, ...], _Foreseen] = {}
        self._unused = Cost()

    @property
    def can_foresee(self) -> bool:
        """Whether there is room for another request that a walk will send later."""
        return self.count > 1 and len(self._foreseen) < self.count

    def foresee(self, request: Request, is_whole: Callable[[Response], bool]) -> bool:
        """Have a request sent that a walk will send later; return whether there is room for it.

        Args:
            request: the first one of the walk.
            is_whole: tells whether an answer is the only page of its list. If not, rows that are
                deleted before the walk's turn would shift others from page to page.
        """
        if not self.can_foresee:
            return False
        if request.identity not in self._foreseen:
            self._foreseen[request.identity] = _Foreseen(
                self.submit(request), is_whole, self._now()
            )
        return True

    def _foresaw(self, request: Request) -> Future[Response] | None:
        """Return the answer that was asked for early, unless it has to be asked for again."""
        found = self._foreseen.pop(request.identity, None)
        if found is None:
            return None
        if found.answer.done() and self._now() - found.asked > FRESH:
            error = found.answer.exception()
            if isinstance(error, RequestError) and error.passing:
                self._unused.add(error.cost)
                return None
            if error is None and not found.is_whole(found.answer.result()):
                self._unused.add(found.answer.result().cost)
                return None
        return found.answer

    def cost_of_unused(self) -> Cost:
        """Return what answers cost, since this was asked last, that were asked for again."""
        cost, self._unused = self._unused, Cost()
        return cost

    def send(self, request: Request) -> Response:
        """Send a request at once, from the thread that drives."""
        if lane := self._begun:  # which had its turn on the connection
            self._begun, lane.answer = None, Future()
            self._answer(lane.request, lane.answer)
        return self._send(request)

    def send_ahead(self, lane: _Lane[Any]) -> None:
        """Have the request of a lane sent, whose turn comes soon.

        One worker needs no thread for it: the answer waits in the connection.
        """
        if self.count > 1:
            lane.answer = lane.answer or self.submit(lane.request)
        elif lane.answer is None and self._begin(lane.request):
            self._begun = lane

    def submit(self, request: Request) -> Future[Response]:
        """Have a request sent; its answer, or the error, arrives in the future."""
        if foreseen := self._foresaw(request):
            return foreseen
        answer: Future[Response] = Future()
        if self._started < self.count:
            self._started += 1
            threading.Thread(target=self._work, daemon=True).start()
        self._waiting.put((request, answer))
        return answer

    def result(self, lane: _Lane[K]) -> Response:
        """Return the answer that a lane waits for, or raise what went wrong."""
        self._begun = None
        lane.answer = lane.answer or self._foresaw(lane.request)
        if lane.answer is None:
            return self._send(lane.request)
        while True:
            try:
                return lane.answer.result(timeout=_LOOK_UP)
            except FutureTimeoutError:
                if lane.answer.done():  # now; or the sending itself ran out of time
                    return lane.answer.result()
                if self._cancelled.is_set():
                    raise InterruptedRunError("interrupted") from None

    def _work(self) -> None:
        while True:
            request, answer = self._waiting.get()
            self._answer(request, answer)
            del request, answer  # an idle thread must not keep a page alive

    def _answer(self, request: Request, answer: Future[Response]) -> None:
        try:
            answer.set_result(self._send(request))
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            answer.set_exception(error)


def drive(
    walks: Iterable[tuple[K, Walk]], workers: Workers, *, lanes: int = LANES
) -> Iterator[tuple[K, Exception | None]]:
    """Run walks to their ends; yield each one's key when it ended, and the error that ended it.

    At most `workers.count` answers are on their way or waiting at any time, beside the one that
    is being written: that bounds memory by pages, not by the size of the account.

    Args:
        walks: pairs of a key and a walk, in the order in which they are to start.
        workers: who sends the requests.
        lanes: how many walks are open side by side.
    """
    coming = iter(walks)
    turns: deque[_Lane[K]] = deque()
    while True:
        while len(turns) < lanes:
            started = next(coming, None)
            if started is None:
                break
            key, walk = started
            first, error = _advance(walk, None)
            if first is None:
                yield key, error
            else:
                turns.append(_Lane(key, walk, first))
        if not turns:
            return
        lane = turns.popleft()
        if workers.count > 1:
            _send_ahead((lane, *turns), workers)
        answer: Response | Exception
        try:
            answer = workers.result(lane)
        except Exception as failure:  # noqa: BLE001 - the walk decides what it means
            answer = failure
        _send_ahead(turns, workers)  # so that it is on its way while this answer is written
        lane.answer = None
        request, error = _advance(lane.walk, answer)
        del answer
        if request is None:
            yield lane.key, error
        else:
            lane.request = request
            turns.append(lane)


def _send_ahead(turns: Iterable[_Lane[K]], workers: Workers) -> None:
    for lane, _ in zip(turns, range(workers.count), strict=False):
        workers.send_ahead(lane)


def _advance(
    walk: Walk, answer: Response | Exception | None
) -> tuple[Request | None, Exception | None]:
    """Give a walk its answer; return its next request, or the error that ended it, if any."""
    try:
        if isinstance(answer, Exception):
            return walk.throw(answer), None
        return walk.send(answer) if answer is not None else next(walk), None
    except StopIteration:
        return None, None
    except Exception as error:  # noqa: BLE001 - handed to the caller, who knows the partition
        return None, error
