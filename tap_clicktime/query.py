"""Query options: what is asked of an entity set, and what is given up where it is refused."""

from __future__ import annotations

from http import HTTPStatus
from itertools import combinations
from typing import TYPE_CHECKING

from tap_clicktime.client import AFTER_ZERO, JSON_HEADERS, count_problem, literal, page_problem
from taps_common.http.request import Request

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from tap_clicktime.metadata import EntitySet
    from taps_common.http.request import Response

PAGE_SIZE = "page_size"
"""The setting, which is sent as `Prefer: odata.maxpagesize`."""

OPTIONS = (PAGE_SIZE, "$count", "$select", "$orderby", "$filter")
"""What a service may refuse of a question, that first which is missed least."""

SENT, LEFT_OUT = "sent", "left out"

WITHOUT = sorted(
    (some for number in range(len(OPTIONS) + 1) for some in combinations(OPTIONS, number)),
    key=lambda some: "$filter" in some,
)
"""Options that are left out, in this order, where a service refuses the whole question: as few as
can be, and `$filter` last."""

ALTERNATIVES: tuple[Mapping[str, str], ...] = tuple(
    {name: LEFT_OUT if name in without else SENT for name in OPTIONS} for without in WITHOUT
)

NOT_UNDERSTOOD = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.NOT_IMPLEMENTED,
}

REFUSALS = {*NOT_UNDERSTOOD, HTTPStatus.INTERNAL_SERVER_ERROR}
"""What a service answers to an option that it does not take; a 500 may mean anything else, too."""


def question(
    entity_set: EntitySet,
    *params: tuple[str, str],
    page_size: int = 0,
    without: Collection[str] = (),
) -> Request:
    """Return a request for rows of a set; options without a value are left out.

    Args:
        entity_set: the set.
        params: names and values of query options.
        page_size: rows that a page is asked to hold; 0 leaves it to the service.
        without: names of options that are left out whatever their value.
    """
    preferred = page_size and PAGE_SIZE not in without
    size = {"Prefer": f"odata.maxpagesize={page_size}"} if preferred else {}
    return Request(
        f"/{entity_set.name}",
        params=tuple((name, value) for name, value in params if value and name not in without),
        headers={**JSON_HEADERS, **size},
        proof=page_problem,
    )


def count(entity_set: EntitySet, condition: str = "") -> Request:
    """Return a request for the number of rows of a set, or of those that meet a condition."""
    return Request(
        f"/{entity_set.name}/$count",
        params=(("$filter", condition),) if condition else (),
        headers={"Accept": "text/plain"},
        proof=count_problem,
        patient=False,
    )


def counted(response: Response) -> int:
    """Return the number that a response to `count` holds."""
    return int(response.body.decode("utf-8-sig"))


def between(
    entity_set: EntitySet,
    name: str,
    low: datetime | None,
    high: datetime | None,
    *,
    or_null: bool = False,
    or_zero: bool = False,
) -> str:
    """Return a condition on a date; empty where nothing bounds it.

    Args:
        entity_set: the set.
        name: the property that holds the date.
        low: the first time; None for no lower bound.
        high: the first time after it; None for no upper bound.
        or_null: whether rows without a date are wanted as well.
        or_zero: whether rows whose date is a calendar's zero are wanted as well.
    """
    kind = entity_set.kinds[name]
    bounds = [f"{name} ge {literal(kind, low)}"] if low else []
    bounds += [f"{name} lt {last}"] if high and (last := literal(kind, high, up=True)) else []
    if not bounds:
        return ""
    conditions = [" and ".join(bounds)]
    if or_zero and low and low > AFTER_ZERO:
        conditions.append(f"{name} lt {literal(kind, AFTER_ZERO)}")
    if or_null and name in entity_set.nullable:
        conditions.append(f"{name} eq null")
    return f"({' or '.join(conditions)})" if len(conditions) > 1 else conditions[0]


def total_order(entity_set: EntitySet, *first: str | None) -> list[str]:
    """Return what to order by so that no two rows tie: the key, or all there is without one."""
    keys = [path for path, _ in entity_set.key] or entity_set.sortable
    return list(dict.fromkeys([*(name for name in first if name), *keys]))


def selection(entity_set: EntitySet, wanted: Collection[str]) -> str:
    """Return the properties to ask for; nothing where all are wanted."""
    names = [name for name in entity_set.properties if name in wanted]
    if entity_set.has_subtypes:  # whose properties cannot be named without a cast
        return ""
    return "" if len(names) == len(entity_set.properties) else ",".join(names)
