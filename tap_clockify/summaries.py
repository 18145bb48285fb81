"""The summary report: groups within groups, each with what it adds up to.

    {"totals": […], "groupOne": [{"_id": …, "name": …, "duration": 5400, "children": […]}, …]}

Ids stand under `_id` (seen on the wire) or `id` (described). How a day is named is not documented:
its id or name must begin with the date; so must a month's with year and month (`2026-01`). The
description has `days` of a group, too, which are taken where it has no children.
"""

from __future__ import annotations

import re
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw, field

from taps_common.errors import ShapeError
from taps_common.records.row_types import Number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DAY = re.compile(r"\d{4}-\d\d-\d\d(?=$|T00:00)")

_MONTH = re.compile(r"\d{4}-\d\d(?=$|-\d\d(?:$|T00:00))")
"""The month in the name of a month, or of a day."""

_NAMES = {"_id", "id", "name", "nameLowerCase", "date", "children", "days", "clientName"}
"""Members of a day that are not columns: its names, and what would be grouped within it."""


class _Member(msgspec.Struct):
    id_: str | None = field(name="_id", default=None)
    id: str | None = None
    name: str | None = None
    duration: Number | None = None
    children: list[dict[str, Raw]] | None = None
    days: list[dict[str, Raw]] | None = None


class _Totals(msgspec.Struct):
    time: Number | None = field(name="totalTime", default=None)


class _Summary(msgspec.Struct):
    groups: list[_Member] | None = field(name="groupOne")
    totals: list[_Totals | None] | None = None


class _Day(msgspec.Struct):
    id_: str | None = field(name="_id", default=None)
    id: str | None = None
    name: str | None = None
    date: str | None = None
    duration: Number | None = None


class _Amount(msgspec.Struct):
    kind: str | None = field(name="type", default=None)
    currency: str | None = None
    value: Number | None = None


class _Worth(msgspec.Struct):
    amount: Number | None = None
    amounts: list[_Amount] | None = None


class MonthTotal(msgspec.Struct):
    """What a member's entries of a month add up to.

    Attributes:
        seconds: their duration.
        amounts: what they are worth, by kind and currency, as far as the report says.
    """

    seconds: Decimal = Decimal()
    amounts: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))


_decoder, _day_decoder = msgspec.json.Decoder(_Summary), msgspec.json.Decoder(_Day)
_worth_decoder = msgspec.json.Decoder(_Worth, strict=False)


def user_days(body: bytes) -> bytes:
    """Return the days of a report by member and day, as a JSON array of rows.

    Raises:
        ShapeError: it is not such a report, or the days of a member do not add up to their total,
            or the members to that of all.
    """
    try:
        members = _members_of(body)
        return msgspec.json.encode([row for one in members for row in _rows_of(one)])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ShapeError("it is not grouped by member and day") from None


def user_months(body: bytes) -> dict[str, dict[str, MonthTotal]]:
    """Return what each member has in each month, in a report by member and month, or day.

    Raises:
        ShapeError: it is not such a report, or does not add up, as above.
    """
    try:
        return {_id_of(member): _months_of(member) for member in _members_of(body)}
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ShapeError("it is not grouped by member and month") from None


def _members_of(body: bytes) -> Sequence[_Member]:
    report = _decoder.decode(body)
    members = report.groups or []
    stated = (one.time for one in report.totals or () if one)
    told = [Decimal(one) for one in stated if one is not None]
    every = sum((Decimal(one.duration or 0) for one in members), Decimal())
    # How totals of several currencies stand there is not documented, nor their unit for sure.
    totals = (
        [one / unit for one in (*told, sum(told, Decimal())) for unit in (1, 1000)]
        if told
        else [every]
    )
    if not any(abs(one - every) <= len(members) for one in totals):
        raise ShapeError("the members do not add up to the total of all")
    return members


def _rows_of(member: _Member) -> list[dict[str, Raw | str | None]]:
    ident = _id_of(member)
    rows: list[dict[str, Raw | str | None]] = []
    for columns, day in _parts_of(member):
        rest = {name: value for name, value in columns.items() if name not in _NAMES}
        date = _named(day, _DAY, "a day is not named by its date")
        rows.append({**rest, "userId": ident, "userName": member.name, "date": date})
    return rows


def _months_of(member: _Member) -> dict[str, MonthTotal]:
    months: dict[str, MonthTotal] = defaultdict(MonthTotal)
    for columns, part in _parts_of(member):
        total = months[_named(part, _MONTH, "a month is not named by year and month")]
        total.seconds += part.duration or 0
        worth = _worth_decoder.decode(msgspec.json.encode(columns))
        for one in (_Amount(value=worth.amount), *(worth.amounts or ())):
            total.amounts[one.kind or "", one.currency or ""] += one.value or 0
    return months


def _id_of(member: _Member) -> str:
    if ident := member.id_ or member.id:
        return ident
    raise ShapeError("a member has no id")


def _parts_of(member: _Member) -> Iterator[tuple[dict[str, Raw], _Day]]:
    """Yield the days, or months, of a member, and make sure that they are all there."""
    total, count = Decimal(), 0
    for columns in member.children or member.days or []:
        part = _day_decoder.decode(msgspec.json.encode(columns))
        total += part.duration or 0
        count += 1
        yield columns, part
    if abs(total - Decimal(member.duration or 0)) > count:  # each may be rounded by itself
        raise ShapeError("the days of a member do not add up to what the member has")


def _named(part: _Day, name_like: re.Pattern[str], otherwise: str) -> str:
    for name in (part.date, part.id_, part.id, part.name):
        if name and (found := name_like.match(name)):
            return found[0]
    raise ShapeError(otherwise)
