"""What is asked and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING
from urllib.parse import quote, urlencode

from taps_common.http.responses import json_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taps_common.http.responses import Problem


@dataclass(frozen=True)
class Request:
    """A request to be sent.

    Attributes:
        path: path template below the session's base URL, such as `/workspaces/{workspaceId}`.
        values: values of the template's names, unescaped.
        params: query parameters in order, unescaped; a name may come more than once.
        headers: headers besides those of all requests.
        body: a JSON text to be posted; such requests only read too, and are sent again like others.
        proof: returns what is wrong with the body of a good response, or None; by default, that it
            is not JSON.
        patient: whether it is sent again after an error that may pass.
        link: the whole address, where the service itself named it (LINKS-ARE-OPAQUE); `path` is
            what messages call it.
        service: where it goes, with which credentials, if not where the session's others go.
        spooled: whether the body goes to a temporary file, however large it is; `proof` then gets
            its beginning.
        enough: returns, from the beginning of a spooled body, whether the rest is not wanted.
        judge: returns what is wrong with a response of any status, before its status counts, from
            the response and the beginning of its body.
        advice: says what to do where the service's own advice is about something else.
        abroad: whether redirects to other origins are followed, without credentials.
    """

    path: str
    values: Mapping[str, str] = field(default_factory=dict)
    params: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    proof: Callable[[bytes], Problem | None] = json_problem
    patient: bool = True
    link: str | None = None
    service: Service | None = None
    spooled: bool = False
    enough: Callable[[bytes], bool] = lambda _: False  # all of it
    judge: Callable[[int, bytes], Problem | None] = lambda *_: None
    advice: Callable[[int, int | None], str] | None = None
    abroad: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def method(self) -> str:
        """The method: what has a body is posted."""
        return "GET" if self.body is None else "POST"

    @property
    def identity(self) -> tuple[object, ...]:
        """What two requests have in common that ask for the same."""
        headers = tuple(self.headers.items())
        return self.path, tuple(self.values.items()), self.params, headers, self.body, self.link

    def url(self, base: str) -> str:
        """Return the whole address below a base URL."""
        if self.link is not None:
            return self.link
        values = {name: quote(value, safe="") for name, value in self.values.items()}
        query = urlencode(self.params, quote_via=quote)
        return base + self.path.format(**values) + (f"?{query}" if query else "")


@dataclass(frozen=True)
class Response:
    """A complete response with a good status.

    Attributes:
        body: the body, decompressed and proved complete.
        headers: header names (any case) and values.
        url: where it came from: what relative links in it start from.
        spool: the body in a temporary file, at its beginning, if it was asked for that way; `body`
            is its beginning then.
    """

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    spool: IO[bytes] | None = None


@dataclass(frozen=True)
class Service:
    """What is particular to one service.

    Attributes:
        base_url: what every path is appended to, without a slash at its end.
        credentials: headers that only the origin of `base_url` ever sees.
        advice: returns what to do about an error, from its status and the service's own code.
        setting: what names the address, for messages where nothing answers there.
    """

    base_url: str
    credentials: Mapping[str, str]
    advice: Callable[[int, int | None], str]
    setting: str
