"""What a response says about itself, without its content ever being quoted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from taps_common.errors import (
    Kind,
    NotReadyError,
    QuotaError,
    StatusError,
    UnreachableError,
    cleaned,
)
from taps_common.http.bodies import unknown_compression
from taps_common.http.connections import host_of
from taps_common.http.rate_limit import HOUR
from taps_common.timestamps import from_header

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from urllib3 import BaseHTTPResponse

    from taps_common.errors import RequestError

LONGEST_WAIT = HOUR
"""Longest wait in seconds that a Retry-After header is granted: the longest known quota's hour."""

MOVED = "If the service has moved there, correct its address."
"""What to do about a redirect to where credentials are not sent."""

_REDIRECTS = {301, 302, 303, 307, 308}
_LARGEST_CODE = 10**9
_REQUEST_ID_HEADERS = ("x-request-id", "x-amzn-requestid", "x-amz-cf-id", "cf-ray")


@dataclass(frozen=True)
class Problem:
    """Why a response is not usable.

    Attributes:
        text: what happened, to be read after the request's name.
        passing: whether it may be gone when asked again at once.
        preparing: whether the service is still preparing the response, which takes minutes.
        absent: whether the service was not there at all.
        advice: what to do if it stays, as a sentence.
        kind: what a person has to do where no status says so.
    """

    text: str
    passing: bool
    preparing: bool = False
    absent: bool = False
    advice: str = ""
    kind: Kind = Kind.NETWORK


def problem_of(response: BaseHTTPResponse) -> Problem | None:
    """Return what is wrong with a response before its body is looked at, or None."""
    if (target := redirect_of(response, "")) is not None:
        host = host_of(target, otherwise="itself, again and again")
        return Problem(
            f"redirects to {host}, and credentials are sent to the configured address only",
            passing=False,
            advice=MOVED if host_of(target, otherwise="") else "",
        )
    if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
        passing = response.status in {408, 425, 429} or (
            response.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            and response.status not in {501, 505}
        )
        return Problem(f"answered {response.status} {_phrase(response.status)}", passing=passing)
    if response.status == HTTPStatus.PARTIAL_CONTENT:
        return Problem("answered 206 Partial Content, with a part of what was asked", passing=True)
    if unasked := unknown_compression(response.headers):
        return Problem(
            f"sent an answer that is compressed as {unasked}, though gzip or deflate was asked "
            "for: have the service, or a proxy on the way, switch that off",
            passing=False,
        )
    return None


def json_problem(body: bytes) -> Problem | None:
    """Return why a body is not JSON, or None; cheap, so done to every page."""
    first, last = _ends(body)
    if first == b"<":
        return Problem("answered with a web page instead of JSON: is this the API?", passing=False)
    if not first:
        return Problem("answered with nothing", passing=True)
    if body[:64].strip() == b"null":
        return Problem("sent null instead of an object or a list", passing=True)
    if (first, last) not in {(b"[", b"]"), (b"{", b"}")}:
        return Problem("sent an answer that is not JSON, or breaks off", passing=True)
    return None


def error_of(
    what: str,
    problem: Problem,
    response: BaseHTTPResponse | None,
    tries: int,
    advice: Callable[[int, int | None], str],
    now: datetime,
    body: bytes = b"",
) -> RequestError:
    """Return the error that a problem is which stays.

    Args:
        what: the request and where it went.
        problem: what is wrong.
        response: what came, if anything did.
        tries: how often it was sent.
        advice: says what to do, from the status and the service's own code.
        now: the present, for a time that the response names.
        body: the beginning of what came.
    """
    often = f" after {tries} tries" if tries > 1 else ""
    what = f"{what} {problem.text}{often}"
    if problem.preparing:
        asked = None if response is None else retry_after(response, now)
        return NotReadyError(f"{what}.", after=asked)
    if response is None or response.status < HTTPStatus.MULTIPLE_CHOICES or problem.absent:
        hopeless = response is None or not problem.passing
        text = what if what.endswith("?") else f"{what}. {problem.advice}".rstrip()
        return UnreachableError(text, hopeless=hopeless, kind=problem.kind)
    status, code = response.status, own_code(body)
    ident = request_id(response)
    traced = f" [request id {ident}]" if ident else ""
    own = f" (code {code})" if code is not None else ""
    redirected = status < HTTPStatus.BAD_REQUEST
    advised = problem.advice if redirected else advice(status, code)
    message = f"{what}{own}{traced}. {advised}".rstrip()
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return QuotaError(message, after=retry_after(response, now))
    return StatusError(message, status=status, code=code)


def redirect_of(response: BaseHTTPResponse, url: str) -> str | None:
    """Return where a response to a URL redirects to, or None."""
    location = response.headers.get("Location") if response.status in _REDIRECTS else None
    try:
        return urljoin(url, location) if location else None
    except ValueError:
        return location


def retry_after(response: BaseHTTPResponse, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for (a number or an HTTP date)."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.replace(".", "", 1).isdigit():
        return min(LONGEST_WAIT, float(value))
    timestamp = from_header(value)
    if timestamp is None:
        return None
    return min(LONGEST_WAIT, max(0.0, (timestamp - now).total_seconds()))


def own_code(body: bytes) -> int | None:
    """Return the numeric `code` of an error body; nothing else of a body is ever used."""
    try:
        code = json.loads(body)["code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return code if type(code) is int and abs(code) < _LARGEST_CODE else None


def request_id(response: BaseHTTPResponse) -> str | None:
    """Return the id under which the service, or what stands before it, logged the request."""
    named = (cleaned(response.headers.get(name, "")) for name in _REQUEST_ID_HEADERS)
    return next(filter(None, named), None)


def _ends(body: bytes) -> tuple[bytes, bytes]:
    """Return the first and the last byte that are not white space, without copying the body."""
    return body[:64].strip()[:1] or body.strip()[:1], body[-64:].strip()[-1:] or body.strip()[-1:]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "(no standard status)"
