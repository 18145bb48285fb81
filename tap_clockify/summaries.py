"""The summary report: groups within groups, each with what it adds up to.

    {"totals": […], "groupOne": [{"_id": …, "name": …, "duration": 5400, "children": […]}, …]}

Ids stand under `_id` (seen on the wire) or `id` (described). How a day is named is not documented:
its id or name must begin with the date. The description has `days` of a group, too, which are taken
where it has no children.
"""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec
from msgspec import Raw, field

from taps_common.errors import ShapeError
from taps_common.records.row_types import Number

_DAY = re.compile(r"\d{4}-\d\d-\d\d(?=$|T00:00)")

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


_decoder, _day_decoder = msgspec.json.Decoder(_Summary), msgspec.json.Decoder(_Day)


def user_days(body: bytes) -> bytes:
    """Return the days of a report by member and day, as a JSON array of rows.

    Raises:
        ShapeError: it is not such a report, or the days of a member do not add up to their total,
            or the members to that of all.
    """
    try:
        report = _decoder.decode(body)
        members = report.groups or []
        rows = [row for member in members for row in _rows_of(member)]
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ShapeError("it is not grouped by member and day") from None
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
    return msgspec.json.encode(rows)


def _rows_of(member: _Member) -> list[dict[str, Raw | str | None]]:
    ident = member.id_ or member.id
    if not ident:
        raise ShapeError("a member has no id")
    rows: list[dict[str, Raw | str | None]] = []
    total = Decimal()
    for columns in member.children or member.days or []:
        day = _day_decoder.decode(msgspec.json.encode(columns))
        total += day.duration or 0
        rest = {name: value for name, value in columns.items() if name not in _NAMES}
        rows.append({**rest, "userId": ident, "userName": member.name, "date": _date_of(day)})
    if abs(total - Decimal(member.duration or 0)) > len(rows):  # each may be rounded by itself
        raise ShapeError("the days of a member do not add up to what the member has")
    return rows


def _date_of(day: _Day) -> str:
    for name in (day.date, day.id_, day.id, day.name):
        if name and (found := _DAY.match(name)):
            return found[0]
    raise ShapeError("a day is not named by its date")
