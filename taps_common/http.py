"""Requests to one service: credentials stay with their origin, retries obey, errors are safe."""

from __future__ import annotations

import logging
import os
import random
import threading
from codecs import BOM_UTF8
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import IO, TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

import urllib3

from taps_common import answers
from taps_common.connections import Connection, connections, host_of, is_unsafe, origin_of
from taps_common.errors import InterruptedRunError, QuotaError, ShapeError
from taps_common.progress import Cost
from taps_common.quota import WORTH_SAYING, time_of
from taps_common.spool import beginning_of, spool_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from taps_common.clock import Clock
    from taps_common.pace import Pace

MAX_BACKOFF = 60.0
"""Longest wait in seconds before a retry for which the server named no time."""

MAX_REDIRECTS = 5


@dataclass(frozen=True)
class Request:
    """A request to be sent.

    Attributes:
        path: path template below the session's base URL, such as `/workspaces/{workspaceId}`.
        values: values of the template's names, unescaped.
        params: query parameters in order, unescaped; a name may come more than once.
        headers: headers besides those of all requests.
        body: a JSON text to be posted; such requests only read too, and are sent again like others.
        proof: says what is wrong with the body of a good answer: that it is JSON, unless said
            otherwise.
        patient: whether it is sent again after an error that may pass.
        link: the whole address, where the service itself named it (LINKS-ARE-OPAQUE); `path` is
            what messages call it.
        service: where it goes, with which credentials, if not where the session's others go.
        spooled: whether the body goes to a temporary file, however large it is; `proof` then gets
            its beginning.
        enough: tells from the beginning of a spooled body that the rest is not wanted.
        judge: says what is wrong with an answer of any status, before its status speaks, from the
            status and the beginning of the body.
        abroad: whether redirects to other origins are followed, without credentials.
    """

    path: str
    values: Mapping[str, str] = field(default_factory=dict)
    params: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    proof: Callable[[bytes], answers.Problem | None] = answers.json_problem
    patient: bool = True
    link: str | None = None
    service: Service | None = None
    spooled: bool = False
    enough: Callable[[bytes], bool] = lambda _: False  # all of it
    judge: Callable[[int, bytes], answers.Problem | None] = lambda *_: None
    abroad: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def method(self) -> str:
        """The method: what has a body is posted."""
        return "GET" if self.body is None else "POST"

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells it from other requests of a run."""
        return self.path, tuple(self.values.items()), self.params, self.body, self.link

    def url(self, base: str) -> str:
        """Return the whole address below a base URL."""
        if self.link is not None:
            return self.link
        values = {name: quote(value, safe="") for name, value in self.values.items()}
        query = urlencode(self.params, quote_via=quote)
        return base + self.path.format(**values) + (f"?{query}" if query else "")


@dataclass(frozen=True)
class Response:
    """A complete answer with a good status.

    Attributes:
        body: the body, decompressed and proved complete.
        headers: header names (any case) and values.
        cost: what it took to get it, retries included.
        url: where it came from: what relative links in it start from.
        spool: the body in a temporary file, at its beginning, if it was asked for that way; `body`
            is its beginning then.
    """

    body: bytes
    headers: Mapping[str, str]
    cost: Cost
    url: str = ""
    spool: IO[bytes] | None = None


@dataclass(frozen=True)
class Service:
    """What is particular to one service.

    Attributes:
        base_url: what every path is appended to, without a slash at its end.
        credentials: headers that only the origin of `base_url` ever sees.
        advice: says what to do about an error, from its status and the service's own code.
    """

    base_url: str
    credentials: Mapping[str, str]
    advice: Callable[[int, int | None], str]


class Session:
    """Sends requests, from any thread.

    Args:
        service: where to, with which credentials, unless a request names a service of its own.
        user_agent: value of the User-Agent header.
        timeout: seconds to wait for a connection and between two parts of an answer.
        max_retries: how often one request is sent again after an error that may pass.
        pace: when the next request may be sent.
        clock: where time comes from.
        logger: takes one line per retry.

    Attributes:
        patient: whether requests are sent again after an error; not while nothing works.
        cancelled: set when the run is to end.
    """

    def __init__(
        self,
        service: Service,
        *,
        user_agent: str,
        timeout: float,
        max_retries: int,
        pace: Pace,
        clock: Clock,
        logger: logging.Logger,
    ) -> None:
        self._service = service
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": user_agent,
        }
        self._timeout = timeout
        self._max_retries = max_retries
        self._pace = pace
        self._clock = clock
        self._logger = logger
        self.patient = True
        self.cancelled = threading.Event()
        self._pools: dict[str, urllib3.PoolManager] = {}
        self._last: dict[Hashable, Connection] = {}
        self._begun: Request | None = None
        self._main_waits = False
        logging.getLogger("urllib3").setLevel(logging.ERROR)  # warnings hold whole URLs too

    def send(self, request: Request) -> Response:
        """Send a request, and again while the error may pass; return the complete answer.

        Raises:
            NotReadyError: the service is still preparing the answer.
            ShapeError: its link leads to another origin (HOST-IS-OURS).
            StatusError: an error status that stays.
            UnreachableError: no complete answer came.
            QuotaError: the quota is used up and the tap was told to stop then.
            InterruptedRunError: the run was cancelled while it waited.
        """
        if threading.current_thread() is not threading.main_thread():
            return self._send(request)
        self._main_waits = True
        try:
            return self._send(request)
        finally:
            self._main_waits = False

    def _send(self, request: Request) -> Response:
        service = request.service or self._service
        address = request.url(service.base_url)
        if request.link and origin_of(address) != origin_of(service.base_url):
            raise ShapeError(
                f"{request} was not sent: the service's link leads to {host_of(address)}, and "
                "credentials are sent to the configured address only."
            )
        cost, origin = Cost(), origin_of(service.base_url)
        while True:
            self._wait_for_turn(request, origin, cost)
            cost.requests += 1
            answer: urllib3.BaseHTTPResponse | None = None
            spool: IO[bytes] | None = None
            try:
                url, answer = self._exchange(request, address, service)
                if request.spooled:
                    spool = spool_of(answer, request.enough, self.cancelled)
                body = beginning_of(spool) if spool else answer.data.removeprefix(BOM_UTF8)
                problem = (
                    request.judge(answer.status, body)
                    or answers.problem_of(answer)
                    or request.proof(body)
                )
            except urllib3.exceptions.HTTPError as error:
                problem = answers.network_problem(error, self._timeout)
            if answer is not None and problem is None:
                self._pace.answered(origin)
                cost.size += len(body) if spool is None else os.fstat(spool.fileno()).st_size
                return Response(body, answer.headers, cost, url, spool)
            assert problem is not None  # noqa: S101 - narrows the type, cannot fail
            if spool is not None:
                spool.close()
            wait = None
            if problem.passing and request.patient:
                wait = self._wait_before_retry(answer, cost.requests - 1)
            if wait is None:
                what = f"{request} at {'://'.join(urlsplit(service.base_url)[:2])}"
                now = self._clock.now()
                raise answers.error_of(what, problem, answer, cost, service.advice, now)
            if answer is not None and answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                self._pace.refused(self._clock.monotonic(), wait, origin)
            until = f", {self._when(wait)}" if wait >= WORTH_SAYING else ""
            self._logger.warning("%s %s; again in %.1f s%s", request, problem.text, wait, until)
            cost.waited += wait
            self._sleep(wait)

    def begin(self, request: Request) -> bool:
        """Put a request on its way whose answer `send` will ask for; return whether it is.

        Only for a session that one thread uses, and for one request at a time. It is not where no
        connection is open, where it would have to wait for its turn, or when the run is to end.
        """
        service = request.service or self._service
        address, origin = request.url(service.base_url), origin_of(service.base_url)
        connection, now = self._last.get(origin), self._clock.monotonic()
        elsewhere = origin_of(address) != origin
        if connection is None or elsewhere or self.cancelled.is_set():
            return False
        if not self._pace.is_open(now, origin):
            return False
        headers = self._headers_of(request, service)
        if not connection.begin(request.method, address, request.body, headers):
            return False
        self._pace.reserve(now, origin)
        self._begun = request
        return True

    def close(self) -> None:
        """Wake whoever waits, so that threads end soon.

        Raises:
            InterruptedRunError: a signal's handler called it in the main thread while that waited
                for an answer: nothing else would wake it.
        """
        self.cancelled.set()
        if self._main_waits and threading.current_thread() is threading.main_thread():
            raise InterruptedRunError("interrupted")

    def _exchange(
        self, request: Request, url: str, service: Service
    ) -> tuple[str, urllib3.BaseHTTPResponse]:
        """Send once, following redirects; return where it led, and what came from there."""
        pool = self._pools.get(service.base_url)
        if pool is None:  # one for all threads
            pool = self._pools.setdefault(service.base_url, connections(service.base_url))
        headers = self._headers_of(request, service)
        for _ in range(MAX_REDIRECTS):
            answer = pool.request(
                request.method,
                url,
                body=request.body,
                headers=headers,
                timeout=self._timeout,
                redirect=False,
                retries=False,
                preload_content=False,
            )
            if isinstance(answer.connection, Connection):
                self._last[origin_of(url)] = answer.connection
            target = answers.redirect_of(answer, url)
            if target is None:
                break
            if origin_of(target) != origin_of(url):
                if not request.abroad or is_unsafe(target, after=url):
                    break
                headers = {**self._headers, **request.headers}  # HOST-IS-OURS, for good
            answer.drain_conn()  # or else it is not used again
            url = target
        return url, answer

    def _headers_of(self, request: Request, service: Service) -> dict[str, str]:
        headers = {**self._headers, **service.credentials, **request.headers}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        return headers

    def _wait_for_turn(self, request: Request, origin: Hashable, cost: Cost) -> None:
        begun, self._begun = self._begun, None
        wait: float | None = 0.0  # a request that was begun had its turn
        if begun is not request:
            wait = self._pace.reserve(self._clock.monotonic(), origin)
        if wait is None:
            raise QuotaError(
                f"{request} was not sent: max_requests_per_hour is used up and on_quota is "
                f"'stop'. What was read is kept; run again {self._when(self._pace.closed_for)}.",
                cost,
            )
        if wait > 0:
            if wait >= WORTH_SAYING:
                text = "max_requests_per_hour is used up: going on %s"
                self._logger.warning(text, self._when(wait))
            cost.waited += wait
            self._sleep(wait)
        if self.cancelled.is_set():
            raise InterruptedRunError("interrupted")

    def _when(self, seconds: float) -> str:
        return time_of(self._clock.now(), seconds)

    def _wait_before_retry(
        self, answer: urllib3.BaseHTTPResponse | None, attempt: int
    ) -> float | None:
        """Return seconds to wait before another try, or None when there is none left."""
        asked = answers.retry_after(answer, self._clock.now()) if answer is not None else None
        asked = asked or None  # none at all would use up the retries in a moment
        quota = answer is not None and answer.status == HTTPStatus.TOO_MANY_REQUESTS
        hourly = quota and self._pace.counts and asked is None
        tries = min(1, self._max_retries) if hourly else self._max_retries  # each one counts there
        if attempt >= tries or not self.patient:
            patience = self._pace.patience(max(0, attempt - tries)) if quota else None
            return patience and max(patience, asked or 0.0)
        if asked is not None:
            return asked if self._pace.accepts(asked) else None
        return min(MAX_BACKOFF, 2.0 ** min(attempt, 10)) + random.random()  # noqa: S311 - jitter

    def _sleep(self, seconds: float) -> None:
        self._clock.wait(seconds, self.cancelled)
        if self.cancelled.is_set():
            raise InterruptedRunError("interrupted")
