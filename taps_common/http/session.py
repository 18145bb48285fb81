"""Requests to one service: credentials stay with their origin, retries obey, errors are safe."""

from __future__ import annotations

import logging
import os
import threading
from codecs import BOM_UTF8
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, NamedTuple

import urllib3

from taps_common.errors import InterruptedRunError, QuotaError, ShapeError, TapError
from taps_common.http import responses
from taps_common.http.bodies import beginning_of_body
from taps_common.http.connections import (
    address_of,
    asks_for_tls,
    connections,
    host_of,
    is_readable_by_others,
    is_unsafe,
    origin_of,
)
from taps_common.http.cost import Cost
from taps_common.http.deadline import seconds_left
from taps_common.http.network import RAISE_ADVICE, credentials_wanted, network_problem, tls_wanted
from taps_common.http.request import Response
from taps_common.http.responses import Problem
from taps_common.http.retries import Retries, time_of
from taps_common.http.service_time import ServiceTime
from taps_common.http.spool import beginning_of, body_of, spool_of

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

    from taps_common.clock import Clock
    from taps_common.http.limits import Limits
    from taps_common.http.rate_limit import RateLimit
    from taps_common.http.request import Request, Service

MAX_REDIRECTS = 5

WORTH_SAYING = 60.0
"""Seconds from which a wait is said to end at a time of the clock."""


class _Try(NamedTuple):
    """What sending once brought: a response, or a problem and what came with it."""

    response: Response | None
    problem: Problem | None
    raw: urllib3.BaseHTTPResponse | None
    body: bytes = b""


class Session:
    """Sends requests, from any thread.

    Args:
        service: where to, with which credentials, unless a request names a service of its own.
        user_agent: value of the User-Agent header.
        limits: of each request.
        max_retries: how often one request is sent again after an error that may pass.
        rate_limit: when the next request may be sent.
        clock: where time comes from.
        logger: takes one line per retry.

    Attributes:
        retries_errors: whether requests are sent again after an error; not while nothing works.
        cancelled: set when the run is to end.
        spent: what all requests cost.
        waits_until: end of the last wait that had a line of its own, by the monotonic clock.
    """

    def __init__(
        self,
        service: Service,
        *,
        user_agent: str,
        limits: Limits,
        max_retries: int,
        rate_limit: RateLimit,
        clock: Clock,
        logger: logging.Logger,
    ) -> None:
        self._service = service
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": user_agent,
        }
        self._limits = limits
        self._timeout = urllib3.Timeout(connect=limits.connecting, read=limits.answering)
        self._rate_limit = rate_limit
        self._retries = Retries(max_retries, rate_limit, clock)
        self._clock = clock
        self._logger = logger
        self.retries_errors = True
        self.spent = Cost()
        self.waits_until = float("-inf")
        self.cancelled = threading.Event()
        self._pools: dict[str, urllib3.PoolManager] = {}
        self._main_waits = False
        self._time = ServiceTime(clock, logger)
        logging.getLogger("urllib3").setLevel(logging.ERROR)  # warnings hold whole URLs too

    def send(self, request: Request, cost: Cost | None = None) -> Response:
        """Send a request, and again while the error may pass; return the complete response.

        Args:
            request: what is asked.
            cost: where requests, bytes and waits are counted, whatever the end.

        Raises:
            NotReadyError: the service is still preparing the response.
            ShapeError: its link leads to another origin (HOST-IS-OURS).
            StatusError: an error status that stays.
            UnreachableError: no complete response came.
            QuotaError: the quota is used up and the tap was told to stop then.
            TapError: it is used up by `--check`.
            InterruptedRunError: the run was cancelled while it waited.
        """
        cost = cost or Cost()
        if threading.current_thread() is not threading.main_thread():
            return self._send(request, cost)
        self._main_waits = True
        try:
            return self._send(request, cost)
        finally:
            self._main_waits = False

    def _send(self, request: Request, cost: Cost) -> Response:
        service = request.service or self._service
        address, origin = self._address(request, service), origin_of(service.base_url)
        tries, left = 0, self._limits.deadline
        while True:
            self._wait_for_turn(request, origin, cost)
            tries += 1
            self._count(cost, requests=1)
            began = self._clock.monotonic()
            response, problem, raw, body = self._try(request, address, service, cost, began + left)
            left -= self._clock.monotonic() - began
            if response is not None:
                self._rate_limit.answered(origin)
                if request.service is None:
                    self._time.note(response.headers)
                return response
            assert problem is not None  # noqa: S101 - a response or a problem
            wait = self._wait_before_retry(request, problem, raw, tries)
            if wait is None:
                what = f"{request} at {service.base_url}"
                now = self._clock.now()
                advice = request.advice or service.advice
                raise responses.error_of(what, problem, raw, tries, advice, now, body)
            if self.cancelled.is_set():  # nobody waits for it, and the run's last line was written
                raise InterruptedRunError("interrupted")
            if raw is not None and raw.status == HTTPStatus.TOO_MANY_REQUESTS:
                self._rate_limit.refused(self._clock.monotonic(), wait, origin)
            until = f", {self._when(wait)}" if wait >= WORTH_SAYING else ""
            self._logger.warning("%s %s; again in %.1f s%s", request, problem.text, wait, until)
            self._sleep(wait, cost)

    def now(self) -> datetime:
        """Return the present by the clock of the service (THEIR-CLOCK), of ours if it has none."""
        return self._time.now()

    def close(self) -> None:
        """Wake whoever waits, so that threads end soon.

        Raises:
            InterruptedRunError: a signal's handler called it in the main thread while that waited
                for a response: nothing else would wake it.
        """
        self.cancelled.set()
        if self._main_waits and threading.current_thread() is threading.main_thread():
            raise InterruptedRunError("interrupted")

    def _address(self, request: Request, service: Service) -> str:
        """Return the whole address of a request.

        Raises:
            ShapeError: it is a link of the service that leads to another origin.
        """
        address = request.url(service.base_url)
        if request.link and origin_of(address) != origin_of(service.base_url):
            raise ShapeError(
                f"{request} was not sent: the service's link leads to {address_of(address)} "
                f"instead of {address_of(service.base_url)}, and credentials are sent to the "
                "configured address only."
            )
        return address

    def _try(
        self, request: Request, address: str, service: Service, cost: Cost, end: float
    ) -> _Try:
        """Send once, until a time of the clock; return the complete response, or what is wrong."""
        raw: urllib3.BaseHTTPResponse | None = None
        try:
            with seconds_left(lambda: end - self._clock.monotonic()):
                url, raw = self._exchange(request, address, service)
                body, spool = self._body(request, raw)
        except urllib3.exceptions.HTTPError as error:
            return _Try(None, self._network_problem(error, end, service), raw)
        except ValueError:  # what Python makes of a chunk of -5 bytes
            return _Try(None, Problem("sent an answer that is not HTTP", passing=True), raw)
        problem = (
            request.judge(raw.status, body)
            or tls_wanted(raw, body, service)
            or credentials_wanted(raw, url, service)
            or responses.problem_of(raw)
            or request.proof(body)
        )
        if problem is not None:
            if spool is not None:
                spool.close()
            return _Try(None, problem, raw, body)
        size = len(body) if spool is None else os.fstat(spool.fileno()).st_size
        self._count(cost, size=size)
        return _Try(Response(body, raw.headers, url, spool), None, raw)

    def _body(
        self, request: Request, raw: urllib3.BaseHTTPResponse
    ) -> tuple[bytes, IO[bytes] | None]:
        """Return a body, or its beginning, with the temporary file that holds it if there is one.

        Of an error, nothing but the beginning is read.
        """
        if raw.status >= HTTPStatus.MULTIPLE_CHOICES:
            return beginning_of_body(raw), None
        if request.spooled:
            spool = spool_of(raw, request.enough, self.cancelled, self._limits.size)
            return beginning_of(spool), spool
        return body_of(raw, self._limits.size).removeprefix(BOM_UTF8), None

    def _network_problem(
        self, error: urllib3.exceptions.HTTPError, end: float, service: Service
    ) -> Problem:
        late = isinstance(error, urllib3.exceptions.TimeoutError | urllib3.exceptions.ProxyError)
        if late and self._clock.monotonic() >= end:
            text = f"took longer than {self._limits.deadline:g} s (request_deadline)"
            return Problem(text, passing=False, advice=RAISE_ADVICE)
        return network_problem(error, self._limits, service)

    def _exchange(
        self, request: Request, url: str, service: Service
    ) -> tuple[str, urllib3.BaseHTTPResponse]:
        """Send once, following redirects; return where it led, and what came from there."""
        pool = self._pool(service)
        headers = self._headers_of(request, service)
        for _ in range(MAX_REDIRECTS):
            raw = pool.request(
                request.method,
                url,
                body=request.body,
                headers=headers,
                timeout=self._timeout,
                redirect=False,
                retries=False,
                preload_content=False,
            )
            target = responses.redirect_of(raw, url)
            if target is None:
                break
            if origin_of(target) != origin_of(url):
                is_refused = is_unsafe(target, after=url) or asks_for_tls(target, after=url)
                if not request.abroad or is_refused:
                    break
                headers = {**self._headers, **request.headers}  # HOST-IS-OURS, for good
            beginning_of_body(raw)  # or else the connection is not used again
            url = target
        return url, raw

    def _pool(self, service: Service) -> urllib3.PoolManager:
        """Return the connections to a service: one pool for all threads."""
        url = service.base_url
        if (pool := self._pools.get(url)) is not None:
            return pool
        made = connections(url)
        pool = self._pools.setdefault(url, made)
        if pool is made and service.credentials and is_readable_by_others(url):
            self._logger.warning(
                "%s is asked over http://, where anybody on the way can read the credentials: use "
                "https:// if it is there.",
                host_of(url),
            )
        return pool

    def _headers_of(self, request: Request, service: Service) -> dict[str, str]:
        headers = {**self._headers, **service.credentials, **request.headers}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        return headers

    def _wait_for_turn(self, request: Request, origin: Hashable, cost: Cost) -> None:
        now = self._clock.monotonic()
        used_up = self._rate_limit.is_used_up(now)
        wait = self._rate_limit.reserve(now, origin)
        if wait is None and self._rate_limit.is_check:
            raise TapError(
                f"--check takes more requests than the {self._rate_limit.per_hour:,} of "
                "max_requests_per_hour, and does not wait for more: give it a larger one, as far "
                "as the plan allows; runs may keep theirs."
            )
        if wait is None:
            raise QuotaError(
                f"{request} was not sent: max_requests_per_hour is used up and on_quota is 'stop'. "
                "What was read is kept; run again "
                f"{self._when(self._rate_limit.closed_for)}.",
                after=self._rate_limit.closed_for,
            )
        if used_up and wait >= WORTH_SAYING:  # a refusal had a line of its own
            text = "max_requests_per_hour is used up: going on %s"
            self._logger.warning(text, self._when(wait))
        if wait > 0:
            self._sleep(wait, cost)
        if self.cancelled.is_set():
            raise InterruptedRunError("interrupted")

    def _wait_before_retry(
        self,
        request: Request,
        problem: Problem,
        raw: urllib3.BaseHTTPResponse | None,
        tries: int,
    ) -> float | None:
        """Return seconds to wait before another try, or None when there is none left."""
        if not (problem.passing and request.patient):
            return None
        if problem.absent and self._limits.is_check:
            return None
        return self._retries.wait(raw, tries - 1, allowed=self.retries_errors)

    def _count(self, cost: Cost, *, requests: int = 0, size: int = 0, waited: float = 0.0) -> None:
        for one in (cost, self.spent):
            one.add(requests=requests, size=size, waited=waited)

    def _when(self, seconds: float) -> str:
        return time_of(self._clock.now(), seconds)

    def _sleep(self, seconds: float, cost: Cost) -> None:
        began = self._clock.monotonic()
        if seconds >= WORTH_SAYING:
            self.waits_until = began + seconds
        try:
            self._clock.wait(seconds, self.cancelled)
        finally:  # a signal cuts it
            self._count(cost, waited=self._clock.monotonic() - began)
        if self.cancelled.is_set():
            raise InterruptedRunError("interrupted")
