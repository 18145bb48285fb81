"""Links from page to page: followed as they come, and begun again where one expired."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from tap_clicktime.client import timestamp_of
from taps_common.errors import ShapeError
from taps_common.http.connections import address_of, origin_of
from taps_common.http.request import Request
from taps_common.records.row_types import attribute_of

if TYPE_CHECKING:
    from datetime import datetime

    from taps_common.errors import StatusError
    from taps_common.sync.steps import Rows

RESTARTS = 3
"""How often a list whose links expire is begun again without having come any further."""


def absolute(link: str, page_url: str, root: str, *, rewrite: bool = False) -> str:
    """Return a link as a whole address.

    A relative link starts from the page's own address. Behind a proxy that ends TLS, services
    name themselves http: the same host is meant (HOST-IS-OURS is held by the session, too).

    Args:
        link: the link.
        page_url: where the page came from.
        root: the service's address.
        rewrite: whether a link to another host or port is asked for at ours (`rewrite_links`).

    Raises:
        ShapeError: it leads to another host, scheme or port.
        ValueError: it is not an address.
    """
    url = urljoin(page_url, link)
    parts, ours = urlsplit(url), urlsplit(root)
    port = parts.port
    behind_tls = (parts.scheme, ours.scheme) == ("http", "https") and "@" not in parts.netloc
    if behind_tls and parts.hostname == ours.hostname and port in {None, 80, ours.port}:
        return parts._replace(scheme=ours.scheme, netloc=ours.netloc).geturl()
    if origin_of(url) == origin_of(root):
        return url
    if rewrite and parts.scheme in {"http", "https"}:
        return parts._replace(scheme=ours.scheme, netloc=ours.netloc).geturl()
    raise ShapeError(
        f"the link to the next page leads to {address_of(url)} instead of {address_of(root)}, and "
        "was not followed: it would get the token. If that is another name of the same service, "
        "set rewrite_links: true."
    )


def next_request(request: Request, link: str) -> Request:
    """Return the request for the page after a request's: the link as it came (LINKS-ARE-OPAQUE)."""
    path = request.path.partition(",")[0]
    return Request(f"{path}, next page", headers=request.headers, proof=request.proof, link=link)


@dataclass
class LinkedPages:
    """How far a partition was read, for when it has to begin again.

    Attributes:
        by: the date that rows are ordered by, if they are.
        otherwise: the date to order by once a link expired, where rows go by their key.
        reached: that date of the last row.
        follows_link: whether the request under way follows a link.
        furthest: where it began again last.
        restarts: how often it began again there.
    """

    by: str | None
    otherwise: str | None = None
    reached: datetime | None = None
    follows_link: bool = False
    furthest: datetime | None = None
    restarts: int = 0

    def note(self, rows: Rows) -> Rows:
        """Note how far the rows reach; where they are in no order, no date is safe to go on at."""
        if self.by is None:
            return rows
        held = attrgetter(attribute_of(self.by))
        dates: list[Any] = [at for at in map(held, rows) if at is not None]
        if not dates:
            return rows
        if isinstance(dates[0], str):
            dates = [timestamp_of(at) for at in dates]
        first, last = timestamp_of(dates[0]), timestamp_of(dates[-1])
        known = first and last and None not in dates and sorted(dates) == dates
        if not known or (self.reached and first and self.reached > first):
            self.by = self.reached = None
        else:
            self.reached = last
        return rows

    def begin_again(self) -> bool:
        """Count a new beginning; return whether there were too many of them."""
        if self.otherwise:  # a key says nothing about where to go on
            self.by, self.otherwise = self.otherwise, None
        if self.reached and (self.furthest is None or self.reached > self.furthest):
            self.furthest, self.restarts = self.reached, 0
        self.restarts += 1
        return self.restarts > RESTARTS

    def expired(self, error: StatusError) -> bool:
        """Return whether an error means that a link holds no more (OData protocol, 11.2.6.7)."""
        return self.follows_link and error.status in {HTTPStatus.GONE, HTTPStatus.NOT_FOUND}
