"""What arrives in targets, cell by cell, against what the services sent."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.e2e.arrived import differences, meaning
from tests.e2e.recorded import ACCOUNTS, Recorded, record
from tests.e2e.served import parsed

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("targets")]


@pytest.fixture(scope="module", params=ACCOUNTS)
def run(request: pytest.FixtureRequest) -> Recorded:
    return record(request.param)


ODD: dict[str, dict[str, str]] = {
    "tap-clockify": {
        "a fraction of money": r'"amount":\d+\.25[,}]',
        "19 digits": r'"amount":\d{19}[,}]',
        "more digits than a float has": r'"amount":1234567890123456\.78[,}]',
        "an offset above zero": r'"issuedDate":"[^"]+\+05:30"',
        "a null among several types": r'"value":null',
        "true or false among several types": r'"value":(true|false)',
        "a number among several types": r'"value":-?\d',
        "a list among several types": r'"value":\[',
        "an empty text": r'"description":""',
        "more than one line": r'"description":"[^"]*\\n',
        "letters": r'"description":"[^"]*[^\x00-\x7f]',
    },
    "tap-clicktime": {
        "19 digits": r":-?\d{19}[,}]",
        "a fraction": r'"BillingRate":\d+\.\d*[1-9]',
        "an offset above zero": r'"CreatedDate":"[^"]+\+0[1-9]:00"',
        "an empty text": r'"Comment":""',
        "an object": r'"CustomFields":\{"',
        "letters": r'"Name":"[^"]*[^\x00-\x7f]',
    },
    "tap-perform": {
        "more digits than a float has": r",1234567890123456\.780000,",
        "19 digits": r",1234567890123456789,",
        "a leading zero": r",007,",
        "more than one line": r'"[^"]*\n[^"]*"',
        "letters": r"[^\x00-\x7f]",
    },
}
"""What has to be in what is served, and how it looks."""


def test_what_is_served_is_odd_enough(run: Recorded) -> None:
    served = run.bodies.decode()
    assert [name for name, look in ODD[run.tap].items() if not re.search(look, served)] == []


def test_lines_hold_what_was_served(run: Recorded) -> None:
    """That is, the comparison itself finds each row."""
    sent: dict[str, list[dict[str, Any]]] = {table: [] for table in run.tables}
    for line in run.lines.splitlines():
        message = parsed(line)
        if message["type"] == "RECORD":
            kinds = run.tables[message["stream"]].kinds
            row = {
                name: one if one is None else meaning(kinds[name], one)
                for name, one in message["record"].items()
            }
            sent[message["stream"]].append(row)
    found = {name: differences(table, sent[name]) for name, table in run.tables.items()}
    assert {name: some for name, some in found.items() if some} == {}
    assert all(sent.values())
