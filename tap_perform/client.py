"""How a dataclip is asked for: credentials, what "stale" looks like, what errors mean."""

from __future__ import annotations

import base64
import re
from functools import partial
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tap_perform.message_bodies import proves
from tap_perform.readers import open_table
from taps_common.errors import ShapeError
from taps_common.http.request import Request, Service
from taps_common.http.responses import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from tap_perform.settings import Clip

ACCEPT = "text/csv, application/json;q=0.9, */*;q=0.1"

_STALE = re.compile(rb"(?is)data[\s_-]*clip.{0,40}stale|stale.{0,40}data[\s_-]*clip")
_MARKS_AND_BLANKS = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
_LONGEST_MESSAGE = 4096
"""Bytes of a good response that may still be no table but a message."""

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


def judge(clip: Clip, known: AbstractSet[str], status: int, beginning: bytes) -> Problem | None:
    """Return that a clip is stale, if a response says so; its status is not public.

    In a good response only a message counts: a cell of a table may hold the words as well.
    """
    if status == HTTPStatus.UNAUTHORIZED:
        return None
    if _STALE.search(beginning.replace(b"\0", b"")) and (  # UTF-16 has the words as well
        status >= HTTPStatus.BAD_REQUEST
        or status in _NOT_READY
        or not _is_table(clip, known, beginning)
    ):
        return Problem("is stale", passing=False, preparing=True)
    if status in _NOT_READY:
        return Problem(_NOT_READY[HTTPStatus(status)], passing=False, preparing=True)
    return None


def _is_table(clip: Clip, known: AbstractSet[str], body: bytes) -> bool:
    """Return whether a good response that holds the words is a table all the same.

    Where nothing is known of its headings, a single row is taken for a message, and so are headings
    that hold the words.
    """
    if body.lstrip(_MARKS_AND_BLANKS).startswith(b"<"):
        return False
    if len(body) > _LONGEST_MESSAGE:
        return True
    hint = "ndjson" if known else ""  # a single object may be a row then: its headings tell
    try:
        table = open_table(
            BytesIO(body),
            delimiter=clip.delimiter,
            encoding=clip.encoding,
            content_type=hint,
            known=known,
            records_path=clip.records_path,
        )
    except ShapeError:
        return False
    table.close()
    if known:
        return proves(table.headings, known)
    return table.rows > 1 and not _STALE.search(" ".join(table.headings).encode())


def body_problem(beginning: bytes) -> Problem | None:
    """Return why a body cannot be a table, from its beginning."""
    text = beginning.lstrip(_MARKS_AND_BLANKS)
    if not text:
        return Problem("answered with nothing", passing=True)
    if text.startswith(b"<"):
        return Problem(
            "answered with a web page, perhaps to log in: check its url and the credentials",
            passing=False,
        )
    return None


ADVICE: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: (
        "Perform does not accept the credentials: generate dataclip credentials anew and set "
        "username and password. They are not those of the log-in."
    ),
    HTTPStatus.FORBIDDEN: (
        "The user may not read this clip: ask for access to the project's dataclips."
    ),
    HTTPStatus.NOT_FOUND: (
        "There is no such clip: provision it (Settings, Dataclips), or paste its url again."
    ),
}
"""What a person should do about an error, by its status; Perform has no codes of its own."""

OTHERWISE = "If it stays, ask Bentley's support and name the time and the request id."


def advice(status: int, _code: int | None) -> str:
    """Return what a person should do about an error."""
    return ADVICE.get(status, OTHERWISE)


def service_of(clip: Clip) -> Service:
    """Return the origin of a clip with its credentials."""
    pair = base64.b64encode(f"{clip.username}:{clip.password}".encode()).decode()
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(clip.url))
    return Service(origin, {"Authorization": f"Basic {pair}"}, advice, "projects")


def request_for(
    clip: Clip,
    *,
    known: AbstractSet[str] = frozenset(),
    enough: Callable[[bytes], bool] = lambda _: False,
) -> Request:
    """Return the request for a clip; messages name the clip, never its address.

    Args:
        clip: what is asked for.
        known: names of columns that it is known to have.
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
        judge=partial(judge, clip, known),
        abroad=True,
    )
