"""What Clockify adds up by member and month: the report of `user_day_totals`, by longer parts."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from tap_clockify.rereads import NOTHING, Months, Totals, begin_of, month_named, month_of, spans
from tap_clockify.streams.reports import may_be_about_amounts
from tap_clockify.summaries import user_months
from tap_clockify.windows import FIRST_DAY
from taps_common.digests import digest_of
from taps_common.errors import Kind, ShapeError, StatusError, UnreachableError
from taps_common.http.request import Request
from taps_common.sync.steps import Ask

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from datetime import timedelta

    from tap_clockify.streams.reports import UserDayTotals
    from tap_clockify.summaries import MonthTotal
    from taps_common.errors import TapError
    from taps_common.http.request import Response
    from taps_common.sync.steps import Bounds, Partition, Scope

CENT = Decimal("0.01")
"""What amounts, which come in minor units, are rounded to: sums of fractions differ beyond it."""

GROUPS = ("MONTH", "DATE")
"""How totals are asked for within each member: by month, which no document of Clockify's names, or
by day, which its staff do."""

AMOUNTS = ("EARNED", "HIDE_AMOUNT")
"""What is asked for of amounts: what is earned, or nothing where the role may not see them."""

FOR_GOOD = {Kind.AUTH, Kind.PLAN, Kind.SETTING}
"""What no other way of asking changes. A 500 may be the answer to a group that it does not know."""

OTHERWISE = (
    "{}: the totals of workspace {} that reread_changed compares cannot be had as they were asked "
    "for ({}), asked for by {}, {} days at most at once"
)


def months_of(state: dict[str, Any], bounds: Bounds) -> Months:
    """Return the months that there may be entries in, and what a workspace's state says of them."""
    end = min(bounds.began, bounds.until or bounds.began)
    first = month_of(bounds.start or FIRST_DAY)
    return Months(state, first, month_of(end), start=bounds.start, tells=bounds.proves)


def requests_of(report: UserDayTotals, scope: Scope, bounds: Bounds) -> int:
    """Return how many requests the totals of a workspace take in each run."""
    longest = report.longest(scope)
    return len([*slices(months_of({}, bounds).due(longest), longest)])


def ask(
    report: UserDayTotals, scope: Scope, bounds: Bounds, months: Months
) -> Generator[Ask, Response, Totals]:
    """Ask what members' months add up to, in as few requests as the plan allows.

    Args:
        report: the report by member and day: address, zone and bounds are the same.
        scope: the workspace.
        bounds: of the read of which this is a part.
        months: those of the workspace, some of which are due.

    Raises:
        RequestError: Clockify refuses them.
        ShapeError: what it sends cannot be used.
    """
    refusal: TapError | None = None
    lengths = months.lengths(report.longest(scope), report.span)
    for length in lengths:
        for group in GROUPS:
            due = months.due(length)
            try:
                members = yield from _members(report, scope, bounds, slices(due, length), group)
            except (StatusError, UnreachableError, ShapeError) as error:
                if error.kind in FOR_GOOD:
                    raise
                refusal = refusal or error
                if _took_too_long(error):
                    break
                continue
            if refusal:
                what = (report.name, scope["workspaceId"], refusal, group, length.days)
                report.tap.say(OTHERWISE.format(*what), f"{report.name} {group} {length.days}")
            if length != lengths[0]:
                months.keep_at_most(length)
            return Totals(due, members)
    raise refusal or AssertionError("it is asked for in one way at least")


def _took_too_long(error: TapError) -> bool:
    """Return whether an error may come of a report that takes too long, however it is grouped."""
    status = error.status if isinstance(error, StatusError) else 0
    return status > HTTPStatus.INTERNAL_SERVER_ERROR or isinstance(error, UnreachableError)


def _members(
    report: UserDayTotals,
    scope: Scope,
    bounds: Bounds,
    slices: Iterable[tuple[int, int]],
    group: str,
) -> Generator[Ask, Response, dict[str, dict[int, str]]]:
    """Return the digests of each member, asked for slice by slice."""
    members: dict[str, dict[int, str]] = {}
    amounts = [*AMOUNTS]
    for first, last in slices:
        low, high = report.bounds_of((begin_of(first), begin_of(last + 1)))
        part = {**scope, "from": low, "to": high}
        response = yield from _ask_for_slice(report, part, bounds, group, amounts)
        for member, totals in user_months(response.body).items():
            found = members.setdefault(member, {})
            found |= {month_named(name): digest_of_total(total) for name, total in totals.items()}
    return members


def _ask_for_slice(
    report: UserDayTotals, part: Partition, bounds: Bounds, group: str, amounts: list[str]
) -> Generator[Ask, Response, Response]:
    """Ask for a slice with the first of `amounts`, from which what is refused is removed."""
    while True:
        asked = report.body(part, replace(bounds, options={"amounts": amounts[0]}), {})
        body = msgspec.json.encode({**asked, "summaryFilter": {"groups": ["USER", group]}})
        try:
            return (yield Ask(Request(report.path, part, body=body, service=report.service)))
        except StatusError as error:
            if not may_be_about_amounts(error) or len(amounts) == 1:
                raise
            del amounts[0]


def slices(months: Iterable[int], longest: timedelta) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of months that may be asked for at once."""
    for first, last in spans(months):
        begin = first
        for month in range(first, last + 1):
            if begin_of(month + 1) - begin_of(begin) > longest and month > begin:
                yield begin, month - 1
                begin = month
        yield begin, last


def digest_of_total(total: MonthTotal) -> str:
    """Return four characters for what a month adds up to."""
    amounts = {one: value.quantize(CENT) for one, value in total.amounts.items()}
    worth = sorted((*one, str(value)) for one, value in amounts.items() if value)
    if not worth and not total.seconds:
        return NOTHING
    digest = digest_of([str(total.seconds.normalize()), worth], size=3)
    return b64encode(bytes.fromhex(digest)).decode()
