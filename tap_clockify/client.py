"""How Clockify is asked: hosts, credentials, pages, and what its errors mean."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from urllib.parse import urlsplit

import msgspec

from tap_clockify.envelopes import rows_in
from taps_common.errors import ShapeError, StatusError
from taps_common.http import Request
from taps_common.stream import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tap_clockify.tap import TapClockify
    from taps_common.bookmarks import Scope, Window
    from taps_common.fetch import Walk
    from taps_common.http import Response, Service
    from taps_common.reading import Reading

REGIONS = ("global", "euc1", "use2", "euw2", "apse2")
"""Data regions: global, Germany, USA, UK, Australia (docs.clockify.me, "Base URLs")."""

PAGE_SIZE = 5000
"""Documented maximum (help page "How to retrieve more than 50 results via API")."""

SMALLEST_PAGE = 50
"""Documented default page size: a shorter first page is the only page."""

EMPTY_PAGES = 3
"""Empty pages in a row, all said not to be the last, before a walk is called broken."""

NOT_IN_WORKSPACE = 501
"""Clockify's own code for validation errors and for ids that do not exist (with status 400)."""


def api_url(config: Mapping[str, Any]) -> str:
    """Return the base URL of the regular API for the settings, without a slash at its end."""
    if config.get("api_url"):
        return str(config["api_url"]).rstrip("/")
    region = config["region"]
    host = "api.clockify.me/api" if region == "global" else f"{region}.clockify.me/api"
    return f"https://{host}/v1"


def reports_url(config: Mapping[str, Any]) -> str:
    """Return the base URL of reports for the settings, without a slash at its end.

    The global host has one of its own, all others have both ("Base URLs", and the help pages for
    subdomains). Where `api_url` is set, credentials stay with its origin.
    """
    if config.get("reports_url"):
        return str(config["reports_url"]).rstrip("/")
    base = api_url(config)
    if base == "https://api.clockify.me/api/v1":
        return "https://reports.api.clockify.me/v1"
    return f"{base.removesuffix('/v1').removesuffix('/api')}/report/v1"


def audit_log_url(config: Mapping[str, Any]) -> str | None:
    """Return the base URL of the audit log, without a slash at its end; None where none is known.

    Only the global region's host is documented (published description, "servers"). Where `api_url`
    is set to a host that is not Clockify's own, credentials stay with its origin.
    """
    if config.get("audit_log_url"):
        return str(config["audit_log_url"]).rstrip("/")
    base = api_url(config)
    if base == "https://api.clockify.me/api/v1":
        return "https://auditlog-api.api.clockify.me/v1"
    host = urlsplit(base).hostname or ""
    if host == "clockify.me" or host.endswith(".clockify.me"):
        return None
    return f"{base.removesuffix('/v1').removesuffix('/api')}/audit/v1"


def credentials(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the one header that Clockify accepts; two of them are an error to it."""
    if config.get("addon_token"):
        return {"X-Addon-Token": config["addon_token"]}
    return {"X-Api-Key": config["api_key"]}


def reports_advice(status: int, code: int | None) -> str:
    """Return what a person should do about an error of the host of reports."""
    if status == HTTPStatus.NOT_FOUND:
        return "There is no such route: check reports_url."
    return advice(status, code)


def audit_log_advice(status: int, code: int | None) -> str:
    """Return what a person should do about an error of the host of the audit log."""
    if status == HTTPStatus.NOT_FOUND:
        return "There is no such route: check audit_log_url."
    return advice(status, code)


def advice(status: int, code: int | None) -> str:
    """Return what a person should do about an error."""
    if status == HTTPStatus.UNAUTHORIZED:
        return (
            "Clockify does not accept the credentials: check api_key (or addon_token), and region "
            "or api_url, since a key is valid in its own region or subdomain only."
        )
    if status in {HTTPStatus.FORBIDDEN, HTTPStatus.PAYMENT_REQUIRED}:
        return (
            "The key's role or the workspace's plan does not allow it: use the key of an owner or "
            "admin, or deselect the table."
        )
    if status == HTTPStatus.NOT_FOUND:
        return "There is no such route: check api_url, which ends in /api/v1."
    if status == HTTPStatus.BAD_REQUEST and code == NOT_IN_WORKSPACE:
        return "Clockify refuses a value, or does not know the id: it may have been deleted."
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return (
            "The workspace's request quota is used up (30 an hour on new free plans): run again "
            "in an hour, or set on_quota to 'wait'."
        )
    return "If it stays, ask Clockify's support and name the time and the request id."


class ClockifyStream(Source):
    """A list below a workspace, read in pages as large as Clockify allows.

    Attributes:
        path: path template below the API's base URL.
        params: query parameters that make the list complete.
        paged: whether the route pages; the others ignore the parameters and send everything.
        page_size: the largest page that the route allows.
        smallest_page: the page size of the route where it ignores what is asked for: a shorter
            first page is the only page.
        size_name: how the route spells the parameter for it.
        posted: the body of a route that lists by POST; the page goes into it. None for GET.
        envelope: names of the members that lead to the list, where it does not stand alone.
        other_envelopes: how else they are spelled.
        single: whether the answer is one object instead of a list.
    """

    tap: TapClockify
    path: ClassVar[str]
    params: ClassVar[tuple[tuple[str, str], ...]] = ()
    paged: ClassVar[bool] = True
    page_size: ClassVar[int] = PAGE_SIZE
    smallest_page: ClassVar[int] = SMALLEST_PAGE
    size_name: ClassVar[str] = "page-size"
    posted: ClassVar[Mapping[str, object] | None] = None
    envelope: ClassVar[tuple[str, ...]] = ()
    other_envelopes: ClassVar[tuple[tuple[str, ...], ...]] = ()
    single: ClassVar[bool] = False

    def scopes(self) -> Sequence[Scope]:
        """Return the workspaces."""
        return self.tap.workspaces

    def restrictions(self, scope: Scope) -> Sequence[object]:
        """Return the dates, and the workspaces that are named."""
        named = self.tap.config.get("workspace_ids") or []
        return [*super().restrictions(scope), sorted(named)]

    @property
    def service(self) -> Service | None:
        """Where requests go, if not to the regular API."""
        return None

    def query(self, partition: Scope, window: Window | None) -> tuple[tuple[str, str], ...]:
        """Return the query parameters of a walk."""
        return self.params

    def body(self) -> Mapping[str, object] | None:
        """Return the body of a walk's requests, without the page."""
        return self.posted

    def shortfall(self, scope: Scope) -> str | None:
        """Return why this cannot be all there was: a workspace that was read before is missing."""
        lost = self.tap.lost_workspaces
        if not lost:
            return None
        return (
            f"the key no longer sees workspace {', '.join(lost)}; if that is for good, name the "
            "workspaces that remain in workspace_ids"
        )

    def walk(self, partition: Scope, window: Window | None, reading: Reading) -> Walk:
        """Request the pages of a list and hand each on."""

        def take(request: Request, response: Response, *, last: bool) -> int:
            return reading.take(request, self.bare(request, response), partition, last=last)

        yield from self.pages(partition, window, take)

    def pages(self, partition: Scope, window: Window | None, take: Take) -> Walk:
        """Request pages until `Last-Page` says so, or until a page is short where it is missing.

        Args:
            partition: whose pages they are.
            window: what part is read, where the stream has a cursor.
            take: is handed each page, and whether it is the last; returns the number of its rows.

        Raises:
            ShapeError: pages stay empty although none is said to be the last.
        """
        query = self.query(partition, window)
        page, empty, longest = 1, 0, self.smallest_page
        while True:
            request = self.request(partition, query, page)
            response = yield request
            last = last_page(response)
            count = take(request, response, last=last is True)
            del response  # a page is not kept while the walk waits for its next turn
            if last or not self.paged or (last is None and count < longest) or self.has_enough():
                return
            empty = 0 if count else empty + 1
            if empty == EMPTY_PAGES:
                raise ShapeError(f"{request} sends empty pages and calls none the last")
            page, longest = page + 1, max(longest, count)

    def request(self, partition: Scope, query: tuple[tuple[str, str], ...], page: int) -> Request:
        """Return the request for a page."""
        size = {"page": page, self.size_name: self.page_size} if self.paged else {}
        given = self.body()
        if given is not None:
            posted = msgspec.json.encode({**given, **size})
            return Request(self.path, partition, query, body=posted, service=self.service)
        pairs = ((name, str(value)) for name, value in size.items())
        return Request(self.path, partition, (*query, *pairs), service=self.service)

    def bare(self, request: Request, response: Response) -> Response:
        """Return an answer with the list of its rows alone as its body.

        Raises:
            ShapeError: it holds no such list.
        """
        if self.single:
            return replace(response, body=b"[%b]" % response.body)
        if not self.envelope:
            return response
        try:
            return replace(response, body=self._rows_in(response.body))
        except ShapeError as error:
            raise ShapeError(
                f"{request} answered 200, but the page is not usable: {error}"
            ) from None

    def _rows_in(self, body: bytes) -> bytes:
        for path in self.other_envelopes:
            with suppress(ShapeError):
                return rows_in(body, path)
        return rows_in(body, self.envelope)

    def is_whole(self, response: Response) -> bool:
        """Tell whether an answer is the only page of its list."""
        return not self.paged or last_page(response) is True

    def has_enough(self) -> bool:
        """Tell whether the pages that follow hold nothing that was not read before."""
        return False


class Take(Protocol):
    """Takes a page."""

    def __call__(self, request: Request, response: Response, *, last: bool) -> int:
        """Return the number of its rows."""


class Listed(ClockifyStream):
    """A list that other streams walk over.

    Attributes:
        ids: ids of the rows in the order of the list, each once, by workspace.
    """

    def __init__(self, tap: TapClockify) -> None:
        super().__init__(tap)
        self.ids: dict[str, dict[str, None]] = {}

    def partitions_in(self, scope: Scope, reading: Reading) -> Iterable[dict[str, str]]:
        """Return the one list of the workspace, forgetting what an earlier reading saw."""
        self.ids[scope["workspaceId"]] = {}
        return super().partitions_in(scope, reading)

    def remember(self, rows_read: Sequence[Any], partition: Scope) -> None:
        """Keep the ids."""
        self.ids[partition["workspaceId"]].update(dict.fromkeys(row.id for row in rows_read))


def last_page(response: Response) -> bool | None:
    """Return what the `Last-Page` header says, or None where there is none."""
    value = response.headers.get("Last-Page", "").strip().lower()
    return value == "true" if value in {"true", "false"} else None


def is_unknown_id(error: Exception) -> bool:
    """Tell whether Clockify refused an id: deleted, or of another workspace."""
    return (
        isinstance(error, StatusError)
        and error.status == HTTPStatus.BAD_REQUEST
        and error.code == NOT_IN_WORKSPACE
    )


def is_forbidden(error: Exception) -> bool:
    """Tell whether the key's role, or the plan, does not allow a request."""
    return isinstance(error, StatusError) and error.status in {
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.FORBIDDEN,
    }
