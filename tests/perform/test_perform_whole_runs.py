"""What arrives of the sandbox: every clip of both projects, row by row, however it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.perform import truth
from tests.perform.runs import Copy

if TYPE_CHECKING:
    from tests.perform.runs import Account

FORMATS = ("csv", "array", "fields_values", "values_fields", "wrapped", "jsonlines")


def spelling(number: int) -> dict[str, Any]:
    """Return one way to spell and to send a table; all ways of each kind come among 28."""
    return {
        "format": FORMATS[number % 6],
        "encoding": ("utf-8", "utf-8-sig", "utf-16")[number // 6 % 3],
        "delimiter": ",;\t|"[number // 6 % 4],
        "line_end": ("\r\n", "\n")[number // 6 % 2],
        "quoting": ("minimal", "all")[number // 12 % 2],
        "last_line_end": number // 6 % 2 == 0,
        "json_blank": ("null", "empty", "absent")[number // 6 % 3],
        "json_indent": number % 4 == 1,
        "json_ascii": number % 5 == 1,
        "json_cells": ("text", "typed")[number // 2 % 2],
        "content_type": ("right", "missing", "text/html", "application/json")[number // 5 % 4],
        "framing": ("length", "chunked", "close")[(number + number // 3) % 3],
        "gzip": ("", "accepted", "always")[number // 3 % 3],
        "piece": 20_000,
        "etag": number % 2 == 0,
        "last_modified": number % 3 == 0,
        "disposition": number % 5 == 0,
    }


def test_every_clip_arrives_in_a_form_of_its_own_and_keeps_its_ids(account: Account) -> None:
    account.world.edit_row(1, "discussion", 3, {"Comment": 'very long, "quoted"\n' * 10_000})
    plain, copy = Copy(), Copy()
    first = plain.load(account.run().ok())
    assert {*plain.tables} == {*truth.TABLES}
    assert plain.differences(account.world) == {}
    assert sum(first.counts().values()) == sum(map(len, plain.tables.values()))
    for number, table in enumerate(truth.TABLES):
        account.world.set_clip(table, **spelling(number))
    copy.load(account.run().ok())
    assert copy.differences(account.world) == {}
    assert copy.tables.keys() == plain.tables.keys()
    for table, rows in plain.tables.items():
        assert copy.tables[table].keys() == rows.keys()
