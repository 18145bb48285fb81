"""Query options: what is asked of an entity set, and what is given up where it is refused."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

from tap_clicktime.client import JSON_HEADERS, literal, page_problem
from taps_common.errors import StatusError
from taps_common.http.session import Request

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from datetime import datetime

    from tap_clicktime.metadata import EntitySet
    from taps_common.http.session import Response
    from taps_common.sync.outcome import Outcome

Options: TypeAlias = "frozenset[str]"

NO_OPTIONS: Options = frozenset()
WITHOUT: tuple[Options, ...] = (
    NO_OPTIONS,
    frozenset({"$select"}),
    frozenset({"$orderby"}),
    frozenset({"$select", "$orderby"}),
    frozenset({"$filter"}),
    frozenset({"$select", "$filter"}),
    frozenset({"$orderby", "$filter"}),
    frozenset({"$select", "$orderby", "$filter"}),
)
"""Query options that are given up, in this order, where a service refuses the whole question."""

_NOT_UNDERSTOOD = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.NOT_IMPLEMENTED,
}


def question(entity_set: EntitySet, *params: tuple[str, str], page_size: int = 0) -> Request:
    """Return a request for rows of a set; options without a value are left out."""
    size = {"Prefer": f"odata.maxpagesize={page_size}"} if page_size else {}
    return Request(
        f"/{entity_set.name}",
        params=tuple((name, value) for name, value in params if value),
        headers={**JSON_HEADERS, **size},
        proof=page_problem,
    )


def between(
    entity_set: EntitySet,
    name: str,
    low: datetime | None,
    high: datetime | None,
    *,
    or_null: bool = False,
) -> str:
    """Return a condition on a date; empty where nothing bounds it.

    Args:
        entity_set: the set.
        name: the property that holds the date.
        low: the first moment; None for no lower bound.
        high: the first moment after it; None for no upper bound.
        or_null: whether rows without a date are wanted as well.
    """
    kind = entity_set.kinds[name]
    bounds = [f"{name} ge {literal(kind, low)}"] if low else []
    bounds += [f"{name} lt {last}"] if high and (last := literal(kind, high, up=True)) else []
    condition = " and ".join(bounds)
    if condition and or_null and name in entity_set.nullable:
        return f"({condition} or {name} eq null)"
    return condition


def total_order(entity_set: EntitySet, *first: str | None) -> list[str]:
    """Return what to order by so that no two rows tie: the key, or all there is without one."""
    keys = [path for path, _ in entity_set.key] or entity_set.sortable
    return list(dict.fromkeys([*(name for name in first if name), *keys]))


def selection(entity_set: EntitySet, wanted: Sequence[str]) -> str:
    """Return the properties to ask for; nothing where all are wanted."""
    names = [name for name in entity_set.properties if name in wanted]
    if entity_set.has_heirs:  # whose properties cannot be named without a cast
        return ""
    return "" if len(names) == len(entity_set.properties) else ",".join(names)


def understood(
    request: Request, given_up: Options, needed: Options, outcome: Outcome
) -> Generator[Request, Response, tuple[Request, Response, Options]]:
    """Ask, with fewer options where the service refuses the question.

    Args:
        request: the question.
        given_up: options that the service is known not to take.
        needed: options that must not be given up.
        outcome: where refused requests are counted.

    Returns:
        The request that was answered, its answer, and the options that were given up for it.

    Raises:
        StatusError: no form of the question was taken; the first refusal.
    """
    refused: StatusError | None = None
    asked: set[tuple[tuple[str, str], ...]] = set()
    for without in WITHOUT:
        params = tuple(one for one in request.params if one[0] not in without)
        if not without >= given_up or without & needed or params in asked:
            continue
        asked.add(params)
        simpler = replace(request, params=params)
        try:
            response = yield simpler
        except StatusError as error:
            if error.status not in _NOT_UNDERSTOOD:
                raise
            if refused is None:
                refused = error
            else:
                outcome.progress.cost.add(error.cost)
        else:
            if refused is not None:
                outcome.progress.cost.add(refused.cost)
            return simpler, response, without
    assert refused is not None  # noqa: S101 - the first form is always asked
    raise refused
