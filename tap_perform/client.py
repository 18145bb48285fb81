"""How a dataclip is asked for: credentials, what "stale" looks like, what errors mean."""

from __future__ import annotations

import base64
import re
from codecs import BOM_UTF8
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from tap_perform.csv_reader import SAYING
from taps_common.http.responses import Problem
from taps_common.http.session import Request, Service

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_perform.settings import Clip

ACCEPT = "text/csv, application/json;q=0.9, */*;q=0.1"

_STALE = re.compile(rb"(?is)data[\s_-]*clip.{0,40}stale|stale.{0,40}data[\s_-]*clip")
_LONGEST_MESSAGE = 4096
"""Bytes of a good answer that may still be no table but a message."""

_NOT_READY = {
    HTTPStatus.ACCEPTED: "is not ready (202 Accepted)",
    HTTPStatus.NO_CONTENT: "is not ready (204 No Content)",
    HTTPStatus.CONFLICT: "answered 409 Conflict",
    HTTPStatus.LOCKED: "answered 423 Locked",
    HTTPStatus.TOO_EARLY: "answered 425 Too Early",
    HTTPStatus.TOO_MANY_REQUESTS: "answered 429 Too Many Requests",
    HTTPStatus.SERVICE_UNAVAILABLE: "answered 503 Service Unavailable",
    HTTPStatus.GATEWAY_TIMEOUT: "answered 504 Gateway Timeout",
}
"""Statuses that mean "later", whatever the text: Bentley names none for a stale clip."""


def judge(status: int, beginning: bytes) -> Problem | None:
    """Return that a clip is stale, if an answer says so; its status is not public.

    In a good answer only a message counts: a cell of a table may hold the words as well.
    """
    if status == HTTPStatus.UNAUTHORIZED:
        return None
    telling = status >= HTTPStatus.BAD_REQUEST or status in _NOT_READY or _is_message(beginning)
    if telling and _STALE.search(beginning):
        return Problem("is stale", passing=False, preparing=True)
    if status in _NOT_READY:
        return Problem(_NOT_READY[HTTPStatus(status)], passing=False, preparing=True)
    return None


def _is_message(body: bytes) -> bool:
    """Tell whether a good answer is a sentence, in whatever wrapping, and no table."""
    text = body.removeprefix(BOM_UTF8).strip()
    if text.startswith(b"<"):
        return True
    if len(text) > _LONGEST_MESSAGE:
        return False
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if text[:1] in {b"[", b"{"}:  # JSON lines
            return False
        heading, *rest = text.split(b"\n")
        bare = heading.strip(b' \r"').lower().decode(errors="replace")
        return bool(_STALE.search(heading)) or (bare in SAYING and len(rest) == 1)
    if isinstance(value, dict):
        alone = len(value) == 1 and all(isinstance(one, str) for one in value.values())
        return alone or _says(value)
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    return isinstance(value, str) or (isinstance(value, dict) and _says(value))


def _says(members: dict[str, object]) -> bool:
    """Tell whether an object is a message: one of the members that messages have says it."""
    found = {name.lower(): value for name, value in members.items()}
    texts = (value for name, value in found.items() if name in SAYING and isinstance(value, str))
    return found.keys() <= SAYING or any(_STALE.search(text.encode()) for text in texts)


def body_problem(beginning: bytes) -> Problem | None:
    """Return why a body cannot be a table, from its beginning."""
    text = beginning.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not text:
        return Problem("answered with nothing", passing=True)
    if text.startswith(b"<"):
        return Problem(
            "answered with a web page, perhaps to log in: check its url and the credentials",
            passing=False,
        )
    return None


def advice(status: int, code: int | None) -> str:  # noqa: ARG001 - Perform has no codes
    """Return what a person should do about an error."""
    if status == HTTPStatus.UNAUTHORIZED:
        return (
            "Perform does not accept the credentials: generate dataclip credentials anew and set "
            "username and password. They are not those of the log-in."
        )
    if status == HTTPStatus.FORBIDDEN:
        return "The user may not read this clip: ask for access to the project's dataclips."
    if status == HTTPStatus.NOT_FOUND:
        return "There is no such clip: provision it (Settings, Dataclips), or paste its url again."
    return "If it stays, ask Bentley's support and name the time and the request id."


def service_of(clip: Clip) -> Service:
    """Return the origin of a clip with its credentials."""
    pair = base64.b64encode(f"{clip.username}:{clip.password}".encode()).decode()
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(clip.url))
    return Service(origin, {"Authorization": f"Basic {pair}"}, advice)


def request_for(clip: Clip, *, enough: Callable[[bytes], bool] = lambda _: False) -> Request:
    """Return the request for a clip; messages name the clip, never its address.

    Args:
        clip: what is asked for.
        enough: tells from the beginning of the body that the rest is not wanted.
    """
    return Request(
        str(clip),
        headers={"Accept": ACCEPT},
        proof=body_problem,
        link=clip.url,
        service=service_of(clip),
        spooled=True,
        enough=enough,
        judge=judge,
        abroad=True,
    )
