"""The summary report by member and day, or month: forms that it may have, what is refused."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tap_clockify.summaries import user_days, user_months
from taps_common.errors import ShapeError

ANN = "5b715612b079875110791111"


def report(*days: dict[str, Any], **member: Any) -> bytes:
    whole = {"_id": ANN, "name": "Ann", "duration": 9000, "children": [*days], **member}
    return json.dumps({"groupOne": [whole]}).encode()


EARLY = {"_id": "2026-01-30", "name": "2026-01-30", "duration": 5400, "amount": 10.25}
LATE = {"_id": "2026-01-31", "name": "2026-01-31", "duration": 3600, "amount": None}


def rows(body: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(user_days(body))
    return found


def test_days_of_members_are_rows() -> None:
    same = {"userId": ANN, "userName": "Ann"}
    assert rows(report(EARLY, LATE)) == [
        {**same, "date": "2026-01-30", "duration": 5400, "amount": 10.25},
        {**same, "date": "2026-01-31", "duration": 3600, "amount": None},
    ]


@pytest.mark.parametrize(
    "named",
    [
        {"id": "2026-01-30"},
        {"_id": "2026-01-30T00:00:00Z"},
        {"id": "a day", "name": "2026-01-30"},
        {"date": "2026-01-30T00:00:00.000+00:00"},
    ],
)
def test_a_day_may_be_named_in_several_ways(named: dict[str, str]) -> None:
    assert rows(report({**named, "duration": 9000}))[0]["date"] == "2026-01-30"


def test_days_may_stand_beside_children_and_the_id_be_spelled_as_described() -> None:
    day = {"date": "2026-01-30", "duration": 9000, "amount": 1}
    empty: tuple[list[object] | None, ...] = (None, [])
    for children in empty:
        found = rows(report(_id=None, id=ANN, children=children, days=[day]))
        assert found == [{"userId": ANN, "userName": "Ann", **day}]


def test_a_member_of_a_day_that_nobody_declared_is_handed_on() -> None:
    assert rows(report({**EARLY, "mood": [1]}, LATE))[0]["mood"] == [1]


@pytest.mark.parametrize(
    "totals",
    [
        '[{"totalTime":9000}]',
        '[{"totalTime":9000000}]',
        '[{"totalTime":4000},{"totalTime":5000}]',
        "[null]",
        "[{}]",
        "null",
    ],
)
def test_totals_may_have_several_forms(totals: str) -> None:
    body = report(EARLY, LATE)[:-1] + f',"totals":{totals}}}'.encode()
    assert len(rows(body)) == 2


@pytest.mark.parametrize("empty", [b'{"groupOne":[],"totals":[null]}', b'{"groupOne":null}'])
def test_a_report_may_be_empty(empty: bytes) -> None:
    assert rows(empty) == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"[]", "not grouped"),
        (b"{}", "not grouped"),
        (report(EARLY, LATE)[:-9], "not grouped"),
        (report(EARLY, LATE, children="days"), "not grouped"),
        (report(_id=None), "a member has no id"),
        (report(EARLY), "do not add up"),
        (report(EARLY, LATE)[:-1] + b',"totals":[{"totalTime":9100}]}', "to the total of all"),
        (b'{"groupOne":[],"totals":[{"totalTime":3600}]}', "to the total of all"),
        (report(children=None), "do not add up"),
        (report(EARLY, {**LATE, "_id": "31/01/2026", "name": "Sat"}), "not named by its date"),
    ],
)
def test_what_is_not_such_a_report_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(ShapeError, match=why):
        user_days(body)


# -- by month --------------------------------------------------------------------------------------

JANUARY = {
    "_id": "2026-01",
    "name": "2026-01",
    "duration": 5400,
    "amount": 10.25,
    "amounts": [{"type": "EARNED", "value": 10.25}],
}
FEBRUARY = {"_id": "2026-02", "name": "2026-02", "duration": 3600, "amount": None, "amounts": None}


def test_months_of_members_have_time_and_worth() -> None:
    months = user_months(report(JANUARY, FEBRUARY))[ANN]
    assert months.keys() == {"2026-01", "2026-02"}
    assert months["2026-01"].seconds == 5400
    worth = Decimal("10.25")
    assert months["2026-01"].amounts == {("", ""): worth, ("EARNED", ""): worth}
    assert not any(months["2026-02"].amounts.values())


def test_days_are_added_up_to_months() -> None:
    whole = user_months(report({**EARLY, "name": "Fri"}, LATE))[ANN]
    assert whole["2026-01"].seconds == 9000
    assert whole["2026-01"].amounts["", ""] == Decimal("10.25")


def test_amounts_are_apart_by_kind_and_currency() -> None:
    amounts = [
        {"type": "EARNED", "value": 5, "currency": "USD"},
        {"type": "EARNED", "value": "7", "currency": "EUR"},
        {"type": "COST", "value": 2, "currency": "USD"},
    ]
    body = report({**JANUARY, "duration": 9000, "amount": None, "amounts": amounts})
    found = user_months(body)[ANN]["2026-01"].amounts
    assert {one: int(value) for one, value in found.items() if value} == {
        ("EARNED", "USD"): 5,
        ("EARNED", "EUR"): 7,
        ("COST", "USD"): 2,
    }


@pytest.mark.parametrize(
    "named",
    [
        {"id": "2026-01"},
        {"_id": "2026-01-01"},
        {"_id": "x", "name": "2026-01-01T00:00:00Z"},
        {"date": "2026-01-01T00:00:00.000+00:00"},
    ],
)
def test_a_month_may_be_named_in_several_ways(named: dict[str, str]) -> None:
    assert [*user_months(report({**named, "duration": 9000}))[ANN]] == ["2026-01"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{}", "not grouped by member and month"),
        (report({**JANUARY, "amounts": "many"}, FEBRUARY), "not grouped by member and month"),
        (report(JANUARY), "do not add up"),
        (report(JANUARY, {**FEBRUARY, "_id": "", "name": "February"}), "by year and month"),
        (report(JANUARY, {**FEBRUARY, "_id": "2026-021", "name": ""}), "by year and month"),
    ],
)
def test_what_has_no_months_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(ShapeError, match=why):
        user_months(body)
