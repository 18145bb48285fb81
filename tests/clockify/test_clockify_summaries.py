"""The summary report by member and day, in the forms that it may have, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tap_clockify.summaries import user_days
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
