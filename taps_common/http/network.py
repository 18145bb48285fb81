"""What an error of the connection means, and what to do about it."""

from __future__ import annotations

import re
import ssl
from http import HTTPStatus
from http.client import HTTPException, IncompleteRead
from socket import gaierror
from typing import TYPE_CHECKING

from urllib3 import exceptions

from taps_common.errors import OUT_OF_HANDLES, Kind, cleaned, is_out_of_handles
from taps_common.http.bodies import NotPackedError, TooLargeError
from taps_common.http.connections import asks_for_tls, host_of, origin_of
from taps_common.http.responses import MOVED, Problem, redirect_of

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

    from taps_common.http.limits import Limits
    from taps_common.http.request import Service

_PROXY_ADVICE = (
    "Check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, or list the service's host in NO_PROXY if this "
    "machine reaches it without a proxy."
)

_TRUST_ADVICE = (
    "If a proxy or the service has a certificate of an authority of its own, name the file with "
    "that authority's certificates in REQUESTS_CA_BUNDLE."
)

RAISE_ADVICE = "Raise it only if such an answer is right."
"""What to do about an answer that is too large or takes too long."""

_WANTS_TLS = re.compile(
    rb"(?i)plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server"
    rb"|speaking plain HTTP to an SSL-enabled"
)
"""What nginx, Go and Apache say to http:// at a port of theirs that speaks TLS."""

_SECURE = "Begin the address with https://."

_TLS_ALERT = "\x15\x03"
"""What a TLS record with an alert begins with: others say so that way."""

_REFUSED = "its TLS certificate was refused"

_NOT_TLS = {"WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"}
"""What versions of OpenSSL say of a port that speaks something else; as urllib3 has them."""


def network_problem(error: exceptions.HTTPError, limits: Limits, service: Service) -> Problem:
    """Return what an error of the connection means.

    Args:
        error: what the HTTP library raised.
        limits: what the request was granted, for the text.
        service: what was asked, for the text.
    """
    if isinstance(error, TooLargeError):
        text = f"sent more than {error.limit:,} bytes (max_response_bytes)"
        return Problem(text, passing=False, advice=RAISE_ADVICE)
    if isinstance(error, NotPackedError):
        text = f"sent an answer that is not valid {error.encoding}, as its Content-Encoding says"
        return Problem(text, passing=True)
    if is_out_of_handles(error):
        return Problem(f"could not be sent: {OUT_OF_HANDLES}", passing=True)
    return _absence(error, limits, service) or _broken(error, service)


def _absence(error: exceptions.HTTPError, limits: Limits, service: Service) -> Problem | None:
    """Return why nothing of the service was there, or None."""
    setting, advice = service.setting, _away(service.setting)
    if isinstance(error, exceptions.ProxyError):
        text = f"could not be reached through the proxy that the environment names: {_proxy(error)}"
        advice = _TRUST_ADVICE if _REFUSED in text else _PROXY_ADVICE
    elif isinstance(error, exceptions.SSLError):
        return _tls(error, setting)
    elif isinstance(error, exceptions.NewConnectionError):  # a kind of ConnectTimeoutError
        text = f"could not be reached: {_not_there(error, service.base_url)} ({setting})"
    elif isinstance(error, exceptions.ConnectTimeoutError):
        text = f"did not accept a connection within {limits.connecting:g} s ({limits.called})"
    elif isinstance(error, exceptions.ReadTimeoutError) and "handshake" in str(error.__cause__):
        text = f"did not agree on TLS within {limits.connecting:g} s ({limits.called})"
        advice = "If that port speaks no TLS, correct it, or begin the address with http://."
    elif isinstance(error, exceptions.ReadTimeoutError):
        text = f"did not answer within {limits.answering:g} s ({limits.called})"
        if not limits.is_check:
            advice = f"Raise request_timeout if the service is slow. {advice}"
    elif isinstance(error, exceptions.LocationValueError):
        text = "could not be reached: its address is not valid"
        return Problem(text, passing=False, advice=f"Correct {setting}.")
    else:
        return None
    return Problem(text, passing=True, absent=True, advice=advice)


def _not_there(error: exceptions.NewConnectionError, url: str) -> str:
    """Return why there is no connection."""
    cause = error.__cause__
    if isinstance(cause, gaierror | UnicodeError):  # no label of a name is longer than 63
        return f"the name {host_of(url)} does not resolve"
    if isinstance(cause, ConnectionRefusedError) or not isinstance(cause, OSError):
        return "nothing listens at that address"
    return f"no connection to that address can be made ({cleaned(cause.strerror or 'no reason')})"


def _away(setting: str) -> str:
    return f"Check {setting}, this machine's network, and whether it needs a proxy (HTTPS_PROXY)."


def _proxy(error: exceptions.ProxyError) -> str:
    """Return what is wrong with a proxy."""
    cause = error.original_error
    said = str(cause)
    if isinstance(cause, exceptions.NameResolutionError):
        text = "its name does not resolve"
    elif isinstance(cause, exceptions.NewConnectionError):
        text = "nothing listens at its address"
    elif isinstance(cause, exceptions.SSLError) and _reason(cause) in _NOT_TLS:
        text = "it does not speak TLS, so its address begins with http://"
    elif isinstance(cause, exceptions.SSLError):
        text = _REFUSED
    elif isinstance(cause, exceptions.TimeoutError | TimeoutError):
        text = "it does not answer in time"
    elif said.startswith("Tunnel connection failed: "):
        text = f"it refused the connection ({cleaned(said.rpartition(': ')[2])})"
    else:
        text = "it closed the connection"
    return text


def _tls(error: exceptions.SSLError, setting: str) -> Problem:
    """Return what is wrong where an encrypted connection was to be made."""
    if _reason(error) in _NOT_TLS:
        text = f"could not be reached: https:// was asked, and that port speaks no TLS ({setting})"
        advice = (
            "Correct the address's port, or begin it with http:// if the service has no TLS; if it "
            "is right, a proxy or a log-in page of the network stands between."
        )
        return Problem(text, passing=False, absent=True, advice=advice, kind=Kind.SETTING)
    if isinstance(_cause(error), ssl.SSLCertVerificationError):
        text, advice = f"could not be trusted: {_REFUSED} ({setting})", _TRUST_ADVICE
    else:
        text, advice = (
            f"could not be reached: it ended the TLS handshake ({setting})",
            _away(setting),
        )
    return Problem(text, passing=True, advice=advice)


def _cause(error: exceptions.HTTPError) -> object:
    return error.args[0] if error.args else None


def _reason(error: exceptions.HTTPError) -> str:
    return str(getattr(_cause(error), "reason", ""))


def tls_wanted(response: BaseHTTPResponse, body: bytes, service: Service) -> Problem | None:
    """Return that http:// was asked where https:// is spoken, if an answer says so."""
    if response.status == HTTPStatus.BAD_REQUEST and _WANTS_TLS.search(body):
        return _wants_tls(service.setting)
    target = redirect_of(response, service.base_url) or ""
    if asks_for_tls(target, after=service.base_url):
        text = "redirects to https://, and credentials are sent to the configured address only"
        return Problem(text, passing=False, absent=True, advice=_SECURE, kind=Kind.SETTING)
    return None


def credentials_wanted(response: BaseHTTPResponse, url: str, service: Service) -> Problem | None:
    """Return that another origin answered 401, to which a redirect led: it got no credentials."""
    if response.status != HTTPStatus.UNAUTHORIZED or origin_of(url) == origin_of(service.base_url):
        return None
    text = (
        f"redirects to {host_of(url)}, which wants credentials, and they are sent to the "
        f"configured address only ({service.setting})"
    )
    return Problem(text, passing=False, absent=True, advice=MOVED, kind=Kind.SETTING)


def _wants_tls(setting: str) -> Problem:
    text = f"could not be reached: http:// was asked, and that port speaks TLS ({setting})"
    return Problem(text, passing=False, absent=True, advice=_SECURE, kind=Kind.SETTING)


def _broken(error: exceptions.HTTPError, service: Service) -> Problem:
    """Return how an exchange ended that had begun."""
    causes = [error, *error.args]
    if any(isinstance(cause, exceptions.DecodeError | IncompleteRead) for cause in causes):
        return Problem("sent an answer that breaks off", passing=True)
    if any(_TLS_ALERT in str(cause) for cause in causes if isinstance(cause, HTTPException)):
        return _wants_tls(service.setting)
    # `http.client` raises a kind of both where the connection is closed without an answer.
    closed = any(isinstance(cause, ConnectionError) for cause in causes)
    if any(isinstance(cause, HTTPException) for cause in causes) and not closed:
        return Problem("sent an answer that is not HTTP", passing=True)
    plain = service.base_url.startswith("http://")
    advice = "If that port speaks TLS, begin the address with https://." if plain else ""
    text = "could not be reached, or closed the connection"
    return Problem(text, passing=True, advice=advice)
