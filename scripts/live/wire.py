"""How a real account is asked: reading only, each answer taken as it comes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from taps_common.errors import QuotaError, RequestError, ShapeError, StatusError
from taps_common.http.limits import Limits
from taps_common.http.request import Request
from taps_common.http.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

    import urllib3

    from taps_common.cli.tap import ApiTap
    from taps_common.http.request import Service
    from taps_common.http.responses import Problem

READING_POSTS = frozenset(
    {
        "/workspaces/{workspaceId}/time-entries/batch",
        "/workspaces/{workspaceId}/reports/summary",
    }
)
"""What is posted and reads all the same."""

TOLD = ("limit", "retry", "quota")
"""Parts of the names of headers that a page names."""

NO_ANSWER = 0
"""The status of what was not answered."""


class ReadOnlySession(Session):
    """Refuses what might write, and remembers what each answer said about itself.

    Attributes:
        answers: status and headers of all answers, in their order.
    """

    answers: list[tuple[int, dict[str, str]]]

    def _exchange(
        self, request: Request, url: str, service: Service
    ) -> tuple[str, urllib3.BaseHTTPResponse]:
        if request.body is not None and request.path not in READING_POSTS:
            raise ShapeError(f"{request} might write, and was not sent.")
        if any(status == HTTPStatus.TOO_MANY_REQUESTS for status, _ in self.answers):
            raise QuotaError(f"{request} was not sent: the service answered 429 before.")
        url, raw = super()._exchange(request, url, service)
        headers = {name.lower(): value for name, value in raw.headers.items()}
        self.answers.append((raw.status, headers))
        return url, raw


@dataclass(frozen=True)
class Answer:
    """An answer, whatever its status.

    Attributes:
        status: its HTTP status; `NO_ANSWER` if none came.
        code: the service's own code of an error.
        headers: by their names in lower case.
        body: the body; of an error, its beginning.
        url: where it came from.
        spool: the body in a temporary file, if it was asked for that way.
    """

    status: int
    code: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    url: str = ""
    spool: IO[bytes] | None = None

    @property
    def good(self) -> bool:
        """Whether it is no error."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body) if self.good else None
        except ValueError:
            return None

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows in the body: a list, or the first list in an object."""
        found = self.json
        if isinstance(found, dict):
            found = next((value for value in found.values() if isinstance(value, list)), [])
        return [row for row in found or () if isinstance(row, dict)]

    def __str__(self) -> str:
        if self.status == NO_ANSWER:
            return "no answer"
        return str(self.status) if self.code is None else f"{self.status} (code {self.code})"


class Probe:
    """Asks one service.

    Args:
        tap: knows address, credentials and settings.

    Attributes:
        tap: the same; all its own requests are remembered, too.
    """

    def __init__(self, tap: ApiTap) -> None:
        self.tap = tap
        self.session = ReadOnlySession(
            tap.service(),
            user_agent=f"{tap.name}/{tap.plugin_version} (make live)",
            limits=Limits(
                timeout=tap.config["request_timeout"],
                deadline=tap.config["request_deadline"],
                size=tap.config["max_response_bytes"],
            ),
            max_retries=tap.config["max_retries"],
            rate_limit=tap.rate_limit,
            clock=tap.clock,
            logger=tap.logger,
        )
        self.session.answers = []
        tap.session = self.session  # discovery and lists go the same way

    def get(
        self,
        path: str,
        *params: tuple[str, str],
        values: Mapping[str, str] | None = None,
        **more: Any,  # noqa: ANN401 - of `Request`
    ) -> Answer:
        """Ask for a path below the service's address."""
        return self.ask(Request(path, values or {}, params, **more))

    def ask(self, request: Request) -> Answer:
        """Send a request once; return the answer, whatever it is.

        Raises:
            QuotaError: the service wants fewer requests; nothing is asked from then on.
        """
        beginning = b""

        def judge(_: int, body: bytes) -> Problem | None:
            nonlocal beginning
            beginning = body
            return None

        before = len(self.session.answers)
        request = replace(request, patient=False, judge=judge, proof=lambda _: None)
        try:
            response = self.session.send(request)
        except QuotaError:
            raise
        except StatusError as error:
            return Answer(error.status, error.code, self._headers(before), beginning)
        except RequestError:
            return Answer(NO_ANSWER)
        status = self.session.answers[-1][0]
        headers = self._headers(before)
        return Answer(status, None, headers, response.body, response.url, response.spool)

    def _headers(self, before: int) -> Mapping[str, str]:
        answers = self.session.answers[before:]
        return answers[-1][1] if answers else {}

    def limits(self) -> list[str]:
        """Return what was seen of limits on requests so far."""
        refused = [
            headers
            for status, headers in self.session.answers
            if status == HTTPStatus.TOO_MANY_REQUESTS
        ]
        named = {
            name
            for _, headers in self.session.answers
            for name in headers
            if any(part in name for part in TOLD)
        }
        found = [f"{len(self.session.answers)} requests, {len(refused)} of them answered 429"]
        found += [f"headers about limits: {', '.join(sorted(named)) or 'none'}"]
        if refused:
            asked = sum("retry-after" in headers for headers in refused)
            found.append(f"{asked} of those 429 had Retry-After")
        return found
