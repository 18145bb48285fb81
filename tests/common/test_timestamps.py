"""Timestamps leave in UTC, with six digits of a second at most; one without a zone gets none."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clockify.changes import change_of
from taps_common.codec import LineEncoder, PageDecoder
from taps_common.errors import ShapeError
from taps_common.rows import Instant, Row
from taps_common.timestamps import in_utc

Text = Annotated[str, msgspec.Meta(extra_json_schema={"type": "string", "format": "date-time"})]


class Inner(Row):
    """An object inside of a row."""

    at: Instant | None = None
    text: Text | None = None


class Times(Row):
    """A row with timestamps at every place."""

    id: str
    at: Instant | None = None
    text: Annotated[Text, msgspec.Meta(description="Marked twice.")] | None = None
    note: str | None = None
    inner: Inner | None = None
    inners: list[Inner | None] | None = None
    texts: list[Text | None] | None = None
    ats: list[Instant] | None = None


class Span(Row):
    """An object with one timestamp."""

    start: Instant | None = None


class Plain(Row):
    """A row without lists and texts."""

    at: Instant | None = None
    span: Span | None = None


CAME_AND_WRITTEN = [
    ("2026-01-31T06:30:00Z", "2026-01-31T06:30:00Z"),
    ("2026-01-31T06:30:00.123000Z", "2026-01-31T06:30:00.123000Z"),
    ("2026-01-31T06:30:00+00:00", "2026-01-31T06:30:00Z"),
    ("2026-01-31T00:30:00+02:00", "2026-01-30T22:30:00Z"),
    ("2026-01-31T23:30:00.250000-05:00", "2026-02-01T04:30:00.250000Z"),
]


def written(page: object, *, lenient: bool = False) -> tuple[list[dict[str, object]], set[str]]:
    """Return the records of a page, and the paths whose values became null."""
    decoder = PageDecoder(Times, lambda _: True, lenient=lenient)
    parts = [rows for rows, _ in decoder.parts(json.dumps(page).encode())]
    encoder = LineEncoder("times", Times, selected=lambda _: True)
    lines = b"".join(encoder.lines(rows, "now") for rows in parts).splitlines()
    files = b"".join(encoder.batch_lines(rows, "now") for rows in parts).splitlines()
    records = [json.loads(line)["record"] for line in lines]
    assert [{**one, "_sdc_extracted_at": "now"} for one in records] == list(map(json.loads, files))
    return records, decoder.drifted


@pytest.mark.parametrize(("came", "leaves"), CAME_AND_WRITTEN)
def test_timestamps_are_in_utc_wherever_they_stand(came: str, leaves: str) -> None:
    inside = {"at": came, "text": came}
    row = {"at": came, "text": came, "inner": inside, "inners": [inside, None, {}]}
    row |= {"texts": [came, None], "ats": [came]}
    plain = {"id": "0", "at": CAME_AND_WRITTEN[0][0], "text": CAME_AND_WRITTEN[0][0]}
    ((first, found), drifted) = written([plain, {"id": "1", "note": came, **row}])
    assert (first["at"], first["text"]) == (plain["at"], plain["text"])
    assert json.loads(json.dumps(row).replace(came, leaves)) == {
        **{name: found[name] for name in row},
        "inners": [*found["inners"][:2], {}],  # type: ignore[index]  # a list
    }
    assert found["note"] == came
    assert not drifted


@pytest.mark.parametrize(
    ("came", "leaves"),
    [
        ("2023-08-15T06:30:00.0000001-05:00", "2023-08-15T11:30:00.000000Z"),
        ("2026-01-31T23:59:59.9999999-05:00", "2026-02-01T04:59:59.999999Z"),
        ("2026-01-31T23:59:59.9999999Z", "2026-01-31T23:59:59.999999Z"),
        ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999999Z"),
        ("2026-01-31T00:30+02:00", "2026-01-30T22:30:00Z"),
        ("2026-01-31T00:30:00-00:00", "2026-01-31T00:30:00Z"),
        ("2026-01-31T00:30:00", "2026-01-31T00:30:00"),
        ("2026-01-31T00:30:00.1234567", "2026-01-31T00:30:00.123456"),
    ],
)
def test_text_keeps_its_digits_up_to_the_sixth_and_gets_no_zone(came: str, leaves: str) -> None:
    ((row,), drifted) = written([{"id": "1", "text": came}])
    assert (row["text"], drifted) == (leaves, set())


@pytest.mark.parametrize(
    "came",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-14:00", "9999-12-31T23:59:59-00:01"],
)
def test_outside_of_the_calendar_is_null_and_said(came: str) -> None:
    inside = {"at": came, "text": came}
    row = {"at": came, "text": came, "inner": inside, "inners": [inside]}
    row |= {"texts": [came, "2026-01-31T00:00:00Z"], "ats": [came]}
    paths = {"at", "text", "inner.at", "inner.text", "inners[].at", "inners[].text", "texts[]"}
    ((found,), drifted) = written([{"id": "1", "note": came, **row}])
    assert came not in json.dumps({**found, "note": None})
    assert found["texts"] == [None, "2026-01-31T00:00:00Z"]
    assert found["ats"] == [], "its items may not be null"
    assert (found["id"], found["note"]) == ("1", came)
    assert drifted == {*paths, "ats[]"}


ODD, EVEN = {"start": "2026-01-31T00:30:00+02:00"}, {"start": "2026-01-30T22:30:00Z"}


@pytest.mark.parametrize(
    "rows",
    [
        [{"at": "2026-01-31T00:30:00+02:00"}],
        [{}, {"at": "2026-01-31T00:30:00+02:00"}],
        [{"at": "2026-01-30T22:30:00Z"}, {"at": "2026-01-31T00:30:00+02:00"}],
        [{"span": EVEN}, {"span": ODD}],
        [{"span": EVEN}, {"span": None}, {"span": ODD}],
        [{"span": {}}, {}, {"span": ODD}, {"span": EVEN}],
        [{"at": "2026-01-30T22:30:00Z", "span": ODD}, {"span": ODD}],
    ],
)
def test_one_that_needs_work_is_found_among_nulls_and_others(rows: list[dict[str, Any]]) -> None:
    decoder = PageDecoder(Plain, lambda _: True)
    found = msgspec.to_builtins(decoder.decode(json.dumps(rows).encode()))
    leaves = json.loads(json.dumps(rows).replace("2026-01-31T00:30:00+02:00", EVEN["start"]))
    assert [(one["at"], (one["span"] or {}).get("start")) for one in found] == [
        (one.get("at"), (one.get("span") or {}).get("start")) for one in leaves
    ]


def test_a_day_that_no_calendar_has_is_null_and_said() -> None:
    ((found,), drifted) = written([{"id": "1", "text": "2026-02-31T00:00:00+02:00"}])
    assert (found["text"], drifted) == (None, {"text"})


def test_a_key_outside_of_the_calendar_is_an_error_without_the_value() -> None:
    class Keyed(Row):
        at: Instant

    body = b'[{"at":"0001-01-01T00:00:00+14:00"}]'
    with pytest.raises(ShapeError, match=r"^a row whose at is no timestamp in UTC$"):
        PageDecoder(Keyed, lambda _: True).decode(body)


@given(st.datetimes(timezones=st.timezones()), st.sampled_from(["", "9", "000000"]))
def test_the_instant_stays_the_same(at: datetime, more: str) -> None:
    if (at.utcoffset() or at.resolution * 0).total_seconds() % 60:
        at = at.astimezone(timezone.utc)  # before there were zones: no text has such offsets
    text = at.isoformat(timespec="microseconds")
    text = text[:26] + more + text[26:]
    try:
        expected = at.astimezone(timezone.utc)
    except OverflowError:
        with pytest.raises(ValueError, match="calendar"):
            in_utc(text)
        return
    assert in_utc(text) == f"{expected.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def test_a_change_outside_of_the_calendar_is_an_error_not_a_crash() -> None:
    row = b'{"id":"1","documentCode":"TIME_ENTRY","deletedAt":"0001-01-01T00:00:00+14:00"}'
    with pytest.raises(ShapeError, match="of the feeds of changes is not usable"):
        change_of(row)
