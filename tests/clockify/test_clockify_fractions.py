"""Money, and whatever else is measured, keeps the fraction that Clockify sends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.clockify.fractions import serve_fractions, with_fractions
from tests.clockify.runs import KEYS, LOGS, Account, catalog

if TYPE_CHECKING:
    import pytest

COUNTED = {
    *("order", "dayOfMonth", "hour", "olderThanValue", "workspaceNumber", "projectListCollapse"),
    *("offsetStart", "offsetEnd", "count", "entriesCount", "expensesCount", "code"),
}
"""What is counted, and can have no fraction."""

AS_TEXT = {*LOGS, "audit_log", "time_entry_custom_fields"}
"""Tables that hold JSON as text."""

DIGITS = "1234567890123456789012"


def test_every_number_that_is_measured_keeps_its_fraction(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = catalog(KEYS.keys() - AS_TEXT)
    plain = account.run(catalog=chosen).ok()
    names = {name.decode() for name in re.findall(rb'"(\w+)":-?\d+[,}]', plain.output)} - COUNTED
    assert {"amount", "estimate", "priceInCents", "unitPrice", "break", "duration"} <= names
    serve_fractions(monkeypatch, names, DIGITS)
    run = account.run(catalog=chosen).ok()
    assert "are not of their type" not in run.log
    records = [
        sorted(line for line in output.splitlines() if line.startswith(b'{"type":"RECORD"'))
        for output in (with_fractions(plain.output, names, DIGITS), run.output)
    ]
    assert records[0] == records[1]
