"""Several exchanges at a time, in an order that does not depend on how many.

An exchange is a generator that yields a request and receives the response. Only the sending happens
in threads; all code of an exchange runs in the thread that drives it, so there is one writer and
nothing to lock.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from queue import SimpleQueue
from typing import Any, Generic, TypeAlias, TypeVar

from taps_common.errors import InterruptedRunError
from taps_common.http.request import Request, Response

K = TypeVar("K")

Exchange: TypeAlias = Generator[Request, Response, Any]
Send: TypeAlias = Callable[[Request], Response]

SIDE_BY_SIDE = 16
"""Exchanges that are open at once. They take turns page by page, whatever the number of workers:
that is what makes the order of rows a property of the data alone."""

_LOOK_UP = 0.5
"""Seconds after which a wait for a response looks whether the run was cancelled."""


class _Open(Generic[K]):
    """An exchange that is open, the request it waits for, and the response on its way."""

    def __init__(self, key: K, exchange: Exchange, request: Request) -> None:
        self.key = key
        self.exchange = exchange
        self.request = request
        self.response: Future[Response] | None = None


class Workers:
    """Threads that send requests. They never hold up the end of the process.

    Args:
        count: how many requests may be on their way at once.
        cancelled: set when the run is to end.
    """

    def __init__(self, count: int, cancelled: threading.Event) -> None:
        self.count = count
        self._cancelled = cancelled
        self._waiting: SimpleQueue[tuple[Send, Request, Future[Response]] | None] = SimpleQueue()
        self._started = 0

    def submit(self, send: Send, request: Request) -> Future[Response]:
        """Have a request sent; its response, or the error, arrives in the future."""
        response: Future[Response] = Future()
        if self._started < self.count:
            self._started += 1
            threading.Thread(target=self._work, daemon=True).start()
        self._waiting.put((send, request, response))
        return response

    def close(self) -> None:
        """Have the threads end, and with them the connections that they keep."""
        for _ in range(self._started):
            self._waiting.put(None)
        self._started = 0

    def result(self, response: Future[Response]) -> Response:
        """Return a response, or raise what went wrong.

        Raises:
            InterruptedRunError: the run was cancelled.
        """
        while True:
            try:
                return response.result(timeout=_LOOK_UP)
            except FutureTimeoutError:
                if response.done():  # now; or the sending itself ran out of time
                    return response.result()
                if self._cancelled.is_set():
                    raise InterruptedRunError("interrupted") from None

    def _work(self) -> None:
        while (work := self._waiting.get()) is not None:
            send, request, response = work
            try:
                response.set_result(send(request))
            except Exception as error:  # noqa: BLE001 - raised again where it is waited for
                response.set_exception(error)
            del work, send, request, response  # an idle thread must not keep a page alive


def interleave(
    exchanges: Iterable[tuple[K, Exchange]],
    workers: Workers,
    send: Send,
    *,
    side_by_side: int = SIDE_BY_SIDE,
) -> Iterator[tuple[K, Exception | None]]:
    """Run exchanges to their ends; yield each one's key when it ended, and the error, if any.

    At most `workers.count` responses are on their way or waiting at any time, beside the one that
    is being written: that bounds memory by pages, not by the size of the account.

    Args:
        exchanges: pairs of a key and an exchange, in the order in which they are begun.
        workers: the threads that send, if there are several.
        send: sends a request.
        side_by_side: how many exchanges are open at once.
    """
    coming = iter(exchanges)
    turns: deque[_Open[K]] = deque()
    while True:
        while len(turns) < side_by_side and (begun := next(coming, None)) is not None:
            key, exchange = begun
            request, error = _advance(exchange, None)
            if request is None:
                yield key, error
            else:
                turns.append(_Open(key, exchange, request))
        if not turns:
            return
        _send_ahead(turns, workers, send)
        one = turns.popleft()
        response = _response_to(one, workers, send)
        _send_ahead(turns, workers, send)  # so that it is on its way while this page is written
        one.response = None
        request, error = _advance(one.exchange, response)
        del response
        if request is None:
            yield one.key, error
        else:
            one.request = request
            turns.append(one)


def ask_in_turn(exchange: Exchange, send: Send) -> Any:  # noqa: ANN401 - whatever the exchange returns
    """Run one exchange to its end, in this thread; return what it returns."""
    try:
        request = next(exchange)
        while True:
            try:
                response = send(request)
            except Exception as error:  # noqa: BLE001 - the exchange decides what it means
                request = exchange.throw(error)
            else:
                request = exchange.send(response)
    except StopIteration as end:
        return end.value


def _send_ahead(turns: Iterable[_Open[Any]], workers: Workers, send: Send) -> None:
    """Have the requests sent whose turns come next, with several workers."""
    if workers.count == 1:
        return
    for one, _ in zip(turns, range(workers.count), strict=False):
        one.response = one.response or workers.submit(send, one.request)


def _response_to(one: _Open[Any], workers: Workers, send: Send) -> Response | Exception:
    try:
        return workers.result(one.response) if one.response else send(one.request)
    except Exception as error:  # noqa: BLE001 - the exchange decides what it means
        return error


def _advance(
    exchange: Exchange, response: Response | Exception | None
) -> tuple[Request | None, Exception | None]:
    """Give an exchange its response; return its next request, or the error that ended it."""
    try:
        if isinstance(response, Exception):
            return exchange.throw(response), None
        return next(exchange) if response is None else exchange.send(response), None
    except StopIteration:
        return None, None
    except Exception as error:  # noqa: BLE001 - handed to the caller, who knows the partition
        return None, error
