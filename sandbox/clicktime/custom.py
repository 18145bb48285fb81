"""Made-up custom fields: free keys, values of every type."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from sandbox.clicktime.edm import Value
    from sandbox.wire import Json

REGIONS = ("North", "South", 'The "far" west', "Größer Öst 🚧", "line\u2028separated", "")
NUMBERS = (12.5, 0, -3, 0.1, 9_007_199_254_740_993, 1_000_000)
PERIOD = 96
"""After so many rows the values repeat."""


def of_entry(number: int) -> dict[str, Json] | None:
    """Return a time entry's custom fields; some entries have none, some no object at all."""
    return _entry_fields(number % PERIOD)


def of_list(number: int) -> dict[str, Json] | None:
    """Return the custom fields of a user, job, client, task or division."""
    return _list_fields(number % PERIOD)


def text(fields: Value) -> str | None:
    """Spell custom fields as CustomFieldsStr does."""
    return None if fields is None else msgspec.json.encode(fields).decode()


@cache
def _entry_fields(number: int) -> dict[str, Json] | None:
    if number % 16 == 7:
        return None
    fields: dict[str, Json] = {}
    if number % 8 != 3:
        fields["Region"] = REGIONS[number % len(REGIONS)] if number % 5 else None
        fields["Cost Center"] = NUMBERS[number % len(NUMBERS)]
    if number % 3 == 0:
        fields["Overtime?"] = number % 2 == 0
        fields["Client's reference"] = f"PO-{number:04d}"
    if number % 7 == 1:
        fields["Größe"] = None
        fields["Site note"] = 'first line\nsecond "line"'
    return fields


@cache
def _list_fields(number: int) -> dict[str, Json] | None:
    if number % 6 == 5:
        return None
    fields: dict[str, Json] = {"Segment": REGIONS[number % len(REGIONS)], "Key account": True}
    if number % 2:
        fields["Head count"] = NUMBERS[number % len(NUMBERS)]
        fields["Owner's site"] = None
    if number % 4 == 0:
        fields["Gebäude"] = f"B{number}"
        fields["Key account"] = False
    return fields


def entry_text(number: int) -> str | None:
    """Return CustomFieldsStr of a time entry."""
    return _entry_text(number % PERIOD)


@cache
def _entry_text(number: int) -> str | None:
    return text(_entry_fields(number))
