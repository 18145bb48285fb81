"""Requests to one service: credentials stay with their origin, retries obey, errors are safe."""

from __future__ import annotations

import email.utils
import json
import os
import random
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

import requests
from requests.utils import get_environ_proxies

from taps_common.errors import (
    InterruptedRunError,
    QuotaError,
    RequestError,
    StatusError,
    UnreachableError,
)
from taps_common.progress import Cost

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping

    from taps_common.clock import Clock
    from taps_common.pace import Pace

MAX_BACKOFF = 60.0
"""Longest wait in seconds before a retry for which the server named no time."""

MAX_REDIRECTS = 5

_RETRIED = {408, 425, 429, 500, 502, 503, 504}
_REQUEST_ID_HEADERS = ("x-request-id", "x-amzn-requestid", "x-amz-cf-id", "cf-ray")


@dataclass(frozen=True)
class Request:
    """A request to be sent.

    Attributes:
        path: path template below the session's base URL, such as `/workspaces/{workspaceId}`.
        values: values of the template's names, unescaped.
        params: query parameters in order, unescaped; a name may come more than once.
    """

    path: str
    values: Mapping[str, str] = field(default_factory=dict)
    params: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"GET {self.path}"


@dataclass(frozen=True)
class Response:
    """A complete answer with a good status.

    Attributes:
        body: the body, decompressed and proved complete.
        headers: header names (any case) and values.
        cost: what it took to get it, retries included.
    """

    body: bytes
    headers: Mapping[str, str]
    cost: Cost


@dataclass(frozen=True)
class _Problem:
    """Why an answer is not usable, and whether it may be when asked again."""

    text: str
    passing: bool


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
    """Sends requests to one service, from any thread.

    Args:
        service: where to, with which credentials.
        user_agent: value of the User-Agent header.
        timeout: seconds to wait for a connection and between two parts of an answer.
        max_retries: how often one request is sent again after an error that may pass.
        pace: when the next request may be sent.
        clock: where time comes from.
        logger: takes one line per retry.
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
            "User-Agent": user_agent,
            **service.credentials,
        }
        self._timeout = timeout
        self._max_retries = max_retries
        self._pace = pace
        self._clock = clock
        self._logger = logger
        self._local = threading.local()
        self.cancelled = threading.Event()
        # Looking proxies up per request is a fifth of what a small request costs.
        self._proxies = get_environ_proxies(service.base_url, no_proxy=None)
        self._origin = "://".join(urlsplit(service.base_url)[:2])
        self._verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")

    def send(self, request: Request) -> Response:
        """Send a request, and again while the error may pass; return the complete answer.

        Raises:
            StatusError: an error status that stays.
            UnreachableError: no complete answer came.
            QuotaError: the quota is used up and the tap was told to stop then.
            InterruptedRunError: the run was cancelled while it waited.
        """
        cost = Cost()
        while True:
            self._wait_for_turn(request, cost)
            cost.requests += 1
            answer: requests.Response | None = None
            try:
                answer = self._exchange(request)
                problem = _problem(answer)
            except requests.RequestException as error:
                problem = _Problem(_network_failure(error, self._timeout), passing=True)
            if answer is not None and problem is None:
                cost.size += len(answer.content)
                return Response(answer.content, answer.headers, cost)
            assert problem is not None  # noqa: S101 - narrows the type, cannot fail
            wait = self._wait_before_retry(answer, cost.requests - 1) if problem.passing else None
            if wait is None:
                raise self._error(request, problem, answer, cost)
            self._logger.warning("%s %s; again in %.1f s", request, problem.text, wait)
            cost.waited += wait
            self._sleep(wait)

    def close(self) -> None:
        """Wake whoever waits, so that threads end soon."""
        self.cancelled.set()

    def _exchange(self, request: Request) -> requests.Response:
        """Send once, following redirects within the origin only."""
        values = {name: quote(value, safe="") for name, value in request.values.items()}
        url = self._service.base_url + request.path.format(**values)
        params: tuple[tuple[str, str], ...] | None = request.params
        for _ in range(MAX_REDIRECTS):
            answer = self._connection().get(
                url,
                params=params,
                headers=self._headers,
                timeout=self._timeout,
                proxies=self._proxies,
                verify=self._verify or True,
                allow_redirects=False,
            )
            target = urljoin(url, answer.headers.get("Location", ""))
            if not answer.is_redirect or urlsplit(target)[:2] != urlsplit(url)[:2]:
                break
            url, params = target, None
        return answer

    def _connection(self) -> requests.Session:
        """Return this thread's own session: they are not made to be shared."""
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        session: requests.Session = self._local.session
        return session

    def _wait_for_turn(self, request: Request, cost: Cost) -> None:
        wait = self._pace.reserve(self._clock.monotonic())
        if wait is None:
            raise QuotaError(
                f"{request} was not sent: max_requests_per_hour is used up and on_quota is "
                f"'stop'. What was read is kept; run again in {self._pace.opens_in()}.",
                cost,
            )
        if wait > 0:
            cost.waited += wait
            self._sleep(wait)
        if self.cancelled.is_set():
            raise InterruptedRunError("interrupted")

    def _wait_before_retry(self, answer: requests.Response | None, attempt: int) -> float | None:
        """Return seconds to wait before another try, or None when there is none left."""
        asked = _retry_after(answer, self._clock) if answer is not None else None
        quota = answer is not None and answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
        if attempt >= self._max_retries:
            return self._pace.patience(attempt - self._max_retries) if quota else None
        if asked is not None:
            return asked if self._pace.accepts(asked) else None
        return min(MAX_BACKOFF, 2.0**attempt) + random.random()  # noqa: S311 - jitter

    def _sleep(self, seconds: float) -> None:
        self._clock.wait(seconds, self.cancelled)
        if self.cancelled.is_set():
            raise InterruptedRunError("interrupted")

    def _error(
        self, request: Request, problem: _Problem, answer: requests.Response | None, cost: Cost
    ) -> RequestError:
        tries = f" after {cost.requests} tries" if cost.requests > 1 else ""
        what = f"{request} at {self._origin} {problem.text}{tries}"
        if answer is None or answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            return UnreachableError(f"{what}.", cost)
        status, code = answer.status_code, _own_code(answer.content)
        ident = next((v for h in _REQUEST_ID_HEADERS if (v := answer.headers.get(h))), None)
        traced = f" [request id {ident}]" if ident else ""
        own = f" (code {code})" if code is not None else ""
        advice = "" if answer.is_redirect else f" {self._service.advice(status, code)}"
        message = f"{what}{own}{traced}.{advice}"
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return QuotaError(message, cost)
        return StatusError(message, cost, status=status, code=code)


def _problem(answer: requests.Response) -> _Problem | None:
    """Return what is wrong with an answer, or None; cheap, so done to every page."""
    status = answer.status_code
    if answer.is_redirect:
        host = urlsplit(urljoin(answer.url, answer.headers["Location"])).netloc
        return _Problem(
            f"redirects to {host}, and credentials are sent to the configured address only",
            passing=False,
        )
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return _Problem(f"answered {status} {_reason(status)}", passing=status in _RETRIED)
    text = answer.content.strip()
    if text[:1] == b"<":
        return _Problem("answered with a web page instead of JSON: is this the API?", passing=False)
    if not text:
        return _Problem("answered with nothing", passing=True)
    if (text[:1], text[-1:]) not in {(b"[", b"]"), (b"{", b"}")}:
        return _Problem("sent an answer that is not JSON, or breaks off", passing=True)
    return None


def _network_failure(error: requests.RequestException, timeout: float) -> str:
    if isinstance(
        error, (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)
    ):
        return "sent an answer that breaks off"
    if isinstance(error, requests.exceptions.SSLError):
        return "could not be trusted: its TLS certificate was refused"
    if isinstance(error, requests.exceptions.ProxyError):
        return "could not be reached through the proxy that the environment names"
    if isinstance(error, requests.ConnectTimeout):
        return f"did not accept a connection within {timeout:g} s"
    if isinstance(error, requests.Timeout):
        return f"did not answer within {timeout:g} s (request_timeout)"
    return "could not be reached, or closed the connection"


def _retry_after(answer: requests.Response, clock: Clock) -> float | None:
    """Return the seconds that a Retry-After header asks for (a number or an HTTP date)."""
    value = answer.headers.get("Retry-After", "").strip()
    if value.replace(".", "", 1).isdigit():
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment - clock.now()).total_seconds())


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "(no standard status)"


def _own_code(body: bytes) -> int | None:
    """Return the numeric `code` of an error body; nothing else of a body is ever used."""
    try:
        code = json.loads(body)["code"]
    except (ValueError, KeyError, TypeError):
        return None
    return code if isinstance(code, int) else None
