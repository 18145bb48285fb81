"""How ClickTime's OData service is asked: address, credentials, pages, links, literals."""

from __future__ import annotations

import base64
import re
from datetime import date, datetime, timedelta, timezone
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

from taps_common.errors import ShapeError
from taps_common.http.responses import Problem, json_problem
from taps_common.records.limits import check_values
from taps_common.records.tolerant import parse_tolerantly
from taps_common.records.utc import in_utc
from taps_common.timestamps import from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from taps_common.http.request import Request, Response

USER_NAME = "clicktime"
"""What Basic authentication calls the user; the token is the password (help, "Power BI")."""

JSON_HEADERS = {
    "Accept": "application/json;odata.metadata=minimal",
    "OData-MaxVersion": "4.0",
}


EMPTY = msgspec.Raw()


class Envelope(
    msgspec.Struct,
    rename={
        "link_40": "@odata.nextLink",
        "link_401": "@nextLink",
        "count_40": "@odata.count",
        "count_401": "@count",
    },
):
    """The envelope of a page; OData 4.01 may leave the prefix of annotations out.

    Attributes:
        value: the rows, undecoded; nothing where the list of rows is missing.
        error: what went wrong after the service had begun to answer; nothing if all went well.
    """

    value: msgspec.Raw = EMPTY
    error: msgspec.Raw = EMPTY
    link_40: str | None = None
    link_401: str | None = None
    count_40: object = None
    count_401: object = None

    @property
    def link(self) -> str | None:
        """The link to the next page; none on the last one."""
        return self.link_40 or self.link_401

    @property
    def count(self) -> int | None:
        """The number of rows in all pages, if it was asked for and the service tells it.

        It may come as text; what is not a number of rows (-1, null) tells nothing.
        """
        text = str(self.count_40 if self.count_40 is not None else self.count_401)
        found = _WHOLE.fullmatch(text)
        return int(found[1]) if found else None


_page = msgspec.json.Decoder(Envelope)
_WHOLE = re.compile(r"\s*([0-9]{1,18})(?:\.0*)?\s*")


def service_root(config: Mapping[str, Any]) -> str:
    """Return the service's address without a slash, or `$metadata`, at its end."""
    return str(config["service_url"]).rstrip("/").removesuffix("/$metadata")


def credentials(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the header that carries the token."""
    token: str = config["api_token"]
    if config["auth_method"] == "token":
        return {"Authorization": f"Token {token}"}
    pair = base64.b64encode(f"{USER_NAME}:{token}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


_NOT_ALLOWED = "The token's user may not read it: use the token of an administrator{}."
_NOTHING_THERE = "There is nothing at that address: check service_url{}."

ADVICE: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: (
        "ClickTime does not accept the token: check api_token (ClickTime: My Preferences, "
        "Authentication Token) and service_url, and try the other auth_method."
    ),
    HTTPStatus.FORBIDDEN: _NOT_ALLOWED.format(", or deselect the table"),
    HTTPStatus.PAYMENT_REQUIRED: _NOT_ALLOWED.format(", or deselect the table"),
    HTTPStatus.NOT_FOUND: _NOTHING_THERE.format(
        "; if other tables are read, the service declares this one and does not have it: deselect "
        "it"
    ),
    HTTPStatus.GONE: (
        "Its links expire before they are followed: raise page_size, lower max_concurrency."
    ),
    HTTPStatus.BAD_REQUEST: (
        "The service does not understand the question: see 'How it reads' in the docs."
    ),
}
"""What a person should do about an error, by its status; OData's own codes are not numbers."""

ADVICE_ON_METADATA = {
    **ADVICE,
    HTTPStatus.FORBIDDEN: _NOT_ALLOWED.format(""),
    HTTPStatus.PAYMENT_REQUIRED: _NOT_ALLOWED.format(""),
    HTTPStatus.NOT_FOUND: _NOTHING_THERE.format(""),
}
"""The same about `$metadata`, which is not a table and which all tables need."""

OTHERWISE = "If it stays, ask ClickTime's support and name the time and the request id."


def advice(status: int, _code: int | None) -> str:
    """Return what a person should do about an error."""
    return ADVICE.get(status, OTHERWISE)


def advice_on_metadata(status: int, _code: int | None) -> str:
    """Return what a person should do about an error of `$metadata`."""
    return ADVICE_ON_METADATA.get(status, OTHERWISE)


def _open(body: bytes) -> Envelope:
    """Return the envelope of a page; texts that are no Unicode are mended.

    Raises:
        ShapeError: the body is not JSON.
    """
    try:
        return _page.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        mended = parse_tolerantly(body)
    try:
        return _page.decode(_encoder.encode(mended))
    except msgspec.DecodeError:
        raise ShapeError("no page of an OData service") from None


_encoder = msgspec.json.Encoder(decimal_format="number")
_PART = re.compile(rb'@(?:odata\.)?nextLink"\s*:')


def page_problem(body: bytes) -> Problem | None:
    """Return why a body is not a complete page of rows."""
    if (problem := json_problem(body)) is not None:
        return problem
    try:
        page = _open(body)
    except ShapeError:
        return Problem("sent an answer that is not JSON, or breaks off", passing=True)
    if bytes(page.error) not in {b"", b"null"}:
        return Problem("reported an error inside a good answer", passing=True)
    if bytes(memoryview(page.value)[:1]) != b"[":
        return Problem("sent no list of rows: is service_url an OData 4 service?", passing=False)
    return None


def xml_problem(body: bytes) -> Problem | None:
    """Return why a body is not even meant to be a document."""
    return None if body.strip() else Problem("answered with nothing", passing=True)


def count_problem(body: bytes) -> Problem | None:
    """Return why a body is not a number, as `$count` sends it."""
    if body.strip(b"\xef\xbb\xbf \r\n").isdigit():
        return None
    return Problem("did not answer with a number", passing=False)


def envelope_of(request: Request, response: Response, *, with_lists: bool = False) -> Envelope:
    """Return the envelope of a response that was proved to be one.

    Args:
        request: what was asked.
        response: what was answered.
        with_lists: whether rows hold lists, of which a service may send a first part only.

    Raises:
        ShapeError: a row holds the first part of a collection only.
    """
    page = _open(response.body)
    if with_lists and b'nextLink"' in (rows := bytes(page.value)) and _PART.search(rows):
        raise ShapeError(
            f"{request}: the service sends a property in parts of its own, which this tap does "
            "not read. Deselect properties that hold lists."
        )
    return page


def sample(request: Request, response: Response) -> list[dict[str, object]]:
    """Return the rows of a page, untyped.

    Raises:
        ShapeError: they are not objects.
    """
    check_values(response.body)
    try:
        return msgspec.json.decode(_open(response.body).value, type=list[dict[str, object]])
    except msgspec.DecodeError:
        raise ShapeError(f"{request} sent rows that are no objects.") from None


def literal(kind: str, timestamp: datetime, *, up: bool = False) -> str:
    """Return a timestamp as it stands in `$filter`; nothing where the calendar ends before it.

    Args:
        kind: primitive type of the property.
        timestamp: the timestamp.
        up: whether a date is to include the timestamp when it is an upper bound, exclusive.
    """
    if kind == "Edm.DateTimeOffset":
        return to_text(timestamp)
    day = timestamp.date()
    if up and timestamp.time() != datetime.min.time():
        if day == date.max:
            return ""
        day += timedelta(days=1)
    return day.isoformat() if kind == "Edm.Date" else f"'{day.isoformat()}'"


AFTER_ZERO = datetime(1970, 1, 2, tzinfo=timezone.utc)
"""What lies before is no time at which a row changed, but the zero of a calendar, which stands for
null: of .NET (0001-01-01), SQL Server (1753-01-01, 1900-01-01), OLE (1899-12-30), Unix (1970)."""


def cursor_of(value: object) -> datetime | None:
    """Return what a value of a cursor means in UTC; None for a calendar's zero, as for null."""
    found = timestamp_of(value)
    return found if found and found >= AFTER_ZERO else None


def timestamp_of(value: object) -> datetime | None:
    """Return what a date, a timestamp, or the text of one means in UTC; None for other texts.

    Digits of a second beyond the sixth are cut off: a bookmark must not pass the row it is of.
    """
    if isinstance(value, str):
        try:
            return from_text(_FRACTION.sub(lambda found: f".{found[1]:0<6}", in_utc(value)))
        except ValueError:  # a date, maybe
            pass
        try:
            return from_text(value)
        except ValueError:
            return None
    if isinstance(value, datetime):  # a kind of date
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
    return None


_FRACTION = re.compile(r"\.(\d+)")  # Python 3.10 reads three or six digits only
