"""The record way against the SDK's own, and both against what the raw JSON says."""

from __future__ import annotations

import contextlib
import io
import json
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from singer_sdk.singerlib.encoding.simple import SimpleSingerWriter

from tap_clicktime.tap import TapClickTime
from taps_common.records.utc import in_utc
from taps_common.sdk import SdkStream
from tests.common.doubles import Answers, FakeClock

if TYPE_CHECKING:
    from collections.abc import Sequence

Row: TypeAlias = "dict[str, Any]"

METADATA = b"""<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
<edmx:DataServices><Schema Namespace="N" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EnumType Name="Colour"><Member Name="Red" Value="0"/></EnumType>
<TypeDefinition Name="Money" UnderlyingType="Edm.Decimal"/>
<ComplexType Name="Free" OpenType="true"/>
<ComplexType Name="Place"><Property Name="Town" Type="Edm.String"/>
<Property Name="Zip" Type="Edm.Int32"/><Property Name="Tax" Type="Edm.Decimal"/>
<Property Name="Since" Type="Edm.Date"/></ComplexType>
<EntityType Name="Thing"><Key><PropertyRef Name="ID"/><PropertyRef Name="Number"/></Key>
<Property Name="ID" Type="Edm.String" Nullable="false"/>
<Property Name="Number" Type="Edm.Int64" Nullable="false"/>
<Property Name="Text" Type="Edm.String"/><Property Name="Guid" Type="Edm.Guid"/>
<Property Name="Whole" Type="Edm.Int32"/><Property Name="Long" Type="Edm.Int64"/>
<Property Name="Decimal" Type="Edm.Decimal"/><Property Name="Money" Type="N.Money"/>
<Property Name="Double" Type="Edm.Double"/><Property Name="Single" Type="Edm.Single"/>
<Property Name="Yes" Type="Edm.Boolean"/><Property Name="Day" Type="Edm.Date"/>
<Property Name="At" Type="Edm.DateTimeOffset"/><Property Name="Time" Type="Edm.TimeOfDay"/>
<Property Name="Colour" Type="N.Colour"/><Property Name="Place" Type="N.Place"/>
<Property Name="Words" Type="Collection(Edm.String)"/>
<Property Name="Places" Type="Collection(N.Place)"/>
<Property Name="Untyped" Type="Edm.Untyped"/><Property Name="Free" Type="N.Free"/>
<Property Name="CustomFields" Type="N.Free"/><Property Name="CustomFieldsStr" Type="Edm.String"/>
</EntityType><EntityContainer Name="C"><EntitySet Name="Things" EntityType="N.Thing"/>
</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"""

TABLES = ("things", "thing_custom_fields")
COLUMNS = {
    "Things": [
        "A",
        *({"name": f"A {kind}", "type": kind} for kind in ("number", "integer", "boolean")),
        *({"name": f"A {kind}", "type": kind} for kind in ("date", "date-time")),
    ]
}


class SlowTap(TapClickTime):
    """The same tap with a message writer that takes no pages: everything goes the SDK's way."""

    message_writer_class = SimpleSingerWriter  # type: ignore[assignment]  # the SDK's


NO_OPS: dict[str, Any] = {"stream_maps": {table: {} for table in TABLES}}
WAYS: dict[str, tuple[type[TapClickTime], dict[str, Any]]] = {
    "fast": (TapClickTime, {}),
    "no pages": (SlowTap, {}),
    "no-op maps": (TapClickTime, NO_OPS),
}
FLAT: dict[str, Any] = {"flattening_enabled": True, "flattening_separator": "/"}
FLAT_WAYS: dict[str, tuple[type[TapClickTime], dict[str, Any]]] = {
    f"{how}, depth {depth}": (kind, FLAT | {"flattening_max_depth": depth})
    for how, kind in (("flat", TapClickTime), ("flat, no pages", SlowTap))
    for depth in (1, 2)
}


def run(
    way: str, pages: Sequence[bytes], *, without: frozenset[tuple[str, ...]] = frozenset()
) -> tuple[list[dict[str, Any]], bytes]:
    """Run a tap over pages of a service that stands where the session does."""
    kind, extra = (WAYS | FLAT_WAYS)[way]
    by_path: dict[str, Any] = {"/$metadata": METADATA, "/Things": pages[0]}
    coming = iter(pages[1:])
    by_path["/Things, next page"] = lambda _: next(coming)
    double = type(kind.__name__, (kind,), {"session": Answers(by_path), "clock": FakeClock()})
    config = {"service_url": "https://made.up", "api_token": "t", "max_concurrency": 1}
    raw = io.BytesIO()
    with contextlib.redirect_stdout(io.TextIOWrapper(raw, encoding="utf-8", write_through=True)):
        tap = double(
            config={**config, "custom_field_columns": COLUMNS, **extra}, catalog=catalog(without)
        )
        tap.sync_all()
        lines = raw.getvalue()
    return [json.loads(line, parse_float=Decimal) for line in lines.splitlines()], lines


@cache
def discovered() -> str:
    answers = Answers({"/$metadata": METADATA})
    double = type("Double", (TapClickTime,), {"session": answers})
    config = {"service_url": "https://made.up", "api_token": "t", "custom_field_columns": COLUMNS}
    found: str = double(config=config).catalog_json_text
    return found


def catalog(without: frozenset[tuple[str, ...]]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(discovered())
    for stream in found["streams"]:
        for entry in stream["metadata"]:
            path = (stream["tap_stream_id"], *entry["breadcrumb"][1::2])
            entry["metadata"]["selected"] = path not in without
    return found


PATHS = [
    (stream["tap_stream_id"], *entry["breadcrumb"][1::2])
    for stream in json.loads(discovered())["streams"]
    for entry in stream["metadata"]
    if entry["breadcrumb"]
]

# -- made-up rows ----------------------------------------------------------------------------------

SPECIAL = ["", '"', "\\", "\n", "\r\n", "\u2028\u2029", "\x00", "日本 🕐", '{"a":1}\n', "null"]
SPECIAL += ["NaN", "Infinity", "INF", "true", "5"]
letters = st.characters(exclude_categories=["Cs"])
texts = st.one_of(st.sampled_from(SPECIAL), st.text(letters, max_size=8))
whole = st.one_of(st.integers(-5, 5), st.integers(-(2**62), 2**62))
decimals = st.decimals(allow_nan=False, allow_infinity=False).filter(
    lambda number: abs(number.adjusted()) < 99
)
infinite = st.sampled_from(["INF", "-INF", "NaN"])
names = texts.filter(lambda name: "@" not in name)
free = st.recursive(
    st.one_of(st.none(), st.booleans(), whole, decimals, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=5,
)
days = st.dates().map(str)
timestamps = st.sampled_from(
    [
        "2026-01-31T23:59:59Z",
        "2026-01-31T23:59:59.9999999Z",
        "2026-02-01T01:00:00.123+02:00",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.9999999Z",
        "1999-12-31T00:00:00.000000000001-11:30",
    ]
)
colours = st.sampled_from(["Red", "Green"])
doubles = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: Decimal(repr(number))),
    whole,
)
places = st.fixed_dictionaries(
    {}, optional={"Town": texts, "Zip": st.integers(-9, 99999), "Tax": decimals, "Since": days}
)
fields = st.dictionaries(
    st.one_of(names, st.sampled_from(["A", *(f"A {k}" for k in ("number", "integer", "date"))])),
    free,
    max_size=4,
)
RIGHT: dict[str, st.SearchStrategy[Any]] = {
    "Text": texts,
    "Guid": st.uuids().map(str),
    "Whole": st.integers(-(2**31), 2**31 - 1),
    "Long": whole,
    "Decimal": decimals,
    "Money": decimals,
    "Double": doubles,
    "Single": doubles,
    "Yes": st.booleans(),
    "Day": days,
    "At": timestamps,
    "Time": st.times().map(lambda time: time.isoformat()),
    "Colour": colours,
    "Place": places,
    "Words": st.lists(texts, max_size=3),
    "Places": st.lists(places, max_size=2),
    "Untyped": free,
    "Free": st.dictionaries(names, free, max_size=3),
    "CustomFields": fields,
    "CustomFieldsStr": texts,
}
"""Values as they should come."""

WRONG = st.one_of(
    infinite,
    st.sampled_from([5, "5", "1.50", True, "false", [], [None, 7], {"a": {"b": 1}}, {"Zip": "x"}]),
    st.sampled_from([5.0, "2026-01-31", "2026-01-31T00:00:00", "yesterday", "", 10**30]),
)
"""Values of other types: those that are meant for the right ones, and those that are not."""

ODD = {name: st.one_of(right, right, right, st.none(), WRONG) for name, right in RIGHT.items()}


def pages(columns: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[list[list[Row]]]:
    """One or two pages of rows that lack some of their columns; all their keys differ."""
    row = st.fixed_dictionaries(
        {"ID": texts}, optional={**columns, "@odata.etag": texts, "New": free}
    )
    found = st.lists(st.lists(row, max_size=3), min_size=1, max_size=2)
    return found.map(
        lambda made: [
            [{**one, "Number": 100 * number + place} for place, one in enumerate(page)]
            for number, page in enumerate(made)
        ]
    )


JSON = msgspec.json.Encoder(decimal_format="number")


def bodies(made: Sequence[Sequence[Row]], how: str) -> list[bytes]:
    """Spell pages as a service does, each with a link to the next one."""
    found = []
    for number, page in enumerate(made):
        envelope: dict[str, Any] = {"@odata.context": "c", "value": page}
        if number + 1 < len(made):
            envelope["@odata.nextLink"] = f"https://made.up/Things?t={number}"
        body = JSON.encode(envelope)
        found.append(msgspec.json.format(body, indent=2) if how == "spread" else body)
    return found


selections = st.frozensets(st.sampled_from(PATHS), max_size=12)
quickly = settings(
    phases=[Phase.generate],  # shrinking takes minutes; add Phase.shrink to look into a failure
)


def records(messages: Sequence[dict[str, Any]], table: str) -> list[Row]:
    return [m["record"] for m in messages if m["type"] == "RECORD" and m["stream"] == table]


# -- one way against the other ---------------------------------------------------------------------


@quickly
@given(pages(ODD), st.sampled_from(["compact", "spread"]), selections)
def test_all_ways_write_the_same_messages(
    made: list[list[Row]], how: str, without: frozenset[tuple[str, ...]]
) -> None:
    found = bodies(made, how)
    fast, _ = run("fast", found, without=without)
    slow, _ = run("no pages", found, without=without)
    assert fast == slow
    assert len(records(fast, "things")) == sum(map(len, made))
    mapped, _ = run("no-op maps", found, without=without)
    for table in TABLES:
        assert records(fast, table) == records(mapped, table)


@quickly
@given(pages(ODD), selections, st.sampled_from([1, 2]))
def test_flattened_rows_are_those_of_the_sdk(
    made: list[list[Row]], without: frozenset[tuple[str, ...]], depth: int
) -> None:
    found = bodies(made, "compact")
    slow, _ = run(f"flat, no pages, depth {depth}", found, without=without)
    with patch.object(SdkStream, "write_records", side_effect=AssertionError):
        fast, _ = run(f"flat, depth {depth}", found, without=without)
    assert fast == slow


# -- both against what came ------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["fast", "no pages"])
@quickly
@given(pages(RIGHT))
def test_values_of_the_right_type_arrive_unchanged(way: str, made: list[list[Row]]) -> None:
    messages, lines = run(way, bodies(made, "compact"))
    assert lines.count(b"\n") == len(messages)
    sent = [row for page in made for row in page]
    found = records(messages, "things")
    for row, record in zip(sent, found, strict=True):
        assert (record["ID"], record["Number"]) == (row["ID"], row["Number"])
        assert "New" not in record
        assert "@odata.etag" not in record
        for name in RIGHT:
            assert alike(name, record[name], row.get(name)), (name, record[name], row.get(name))
    expected = [
        (row["ID"], row["Number"], name, None if value is None else decimal(value))
        for row in sent
        for name, value in (row.get("CustomFields") or {}).items()
    ]
    children = records(messages, "thing_custom_fields")
    assert len(children) == len(expected)
    for child, (ident, number, name, value) in zip(children, expected, strict=True):
        assert (child["ThingID"], child["ThingNumber"], child["Name"]) == (ident, number, name)
        if isinstance(value, str) or value is None:
            assert child["Value"] == value
        else:
            assert json.loads(child["Value"], parse_float=Decimal) == value
    for row, record in zip(sent, found, strict=True):
        value = (row.get("CustomFields") or {}).get("A")
        if value is None or isinstance(value, str):
            assert record["CustomField_A"] == value


def alike(name: str, found: object, sent: object) -> bool:
    if sent is None:
        return found is None
    if name in {"Double", "Single"}:
        return isinstance(found, int | Decimal) and float(found) == float(sent)  # type: ignore[arg-type]  # a number
    if name == "Place":
        assert isinstance(found, dict)
        assert isinstance(sent, dict)
        return all(decimal(found[one]) == decimal(sent.get(one)) for one in found)
    if name == "Places":
        assert isinstance(found, list)
        assert isinstance(sent, list)
        return len(found) == len(sent) and all(
            alike("Place", one, other) for one, other in zip(found, sent, strict=True)
        )
    if name == "At":
        return found == in_utc(str(sent))
    return bool(decimal(found) == decimal(sent))


def decimal(value: Any) -> Any:
    """Return a value as it reads after a trip through JSON."""
    return json.loads(JSON.encode(value), parse_float=Decimal)


# -- examples for what chance may miss -------------------------------------------------------------

ALL_WAYS = pytest.mark.parametrize("way", WAYS)
DIGITS = "1234567890123456789.01234567890123456789"
HELD = {"@odata.type": "#N.Free", "A": 1, "A@odata.type": "#Int64", "b@c": 2, "A@type": "#x"}
ROWS = b"""[
  {"ID": "NaN", "Number": 1, "Double": "INF", "Single": "-INF", "Decimal": "NaN",
   "Money": "Infinity", "Text": "NaN Infinity", "Untyped": "INF",
   "CustomFields": {"NaN": "Infinity", "A": "NaN", "A number": "NaN"},
   "Place": {"Tax": "-Infinity", "Town": "INF"}, "At": "2020-11-30T23:59:59.9999999Z"},
  {"ID": "2", "Number": 2, "Decimal": DIGITS, "Money": "DIGITS", "Untyped": [DIGITS],
   "Free": {"n": DIGITS}, "CustomFields": {"A": DIGITS, "A number": DIGITS},
   "At": "2021-06-01T12:00:00.1234567+02:00"},
  {"ID": "3", "Number": 3, "CustomFields": HELD, "Free": HELD}
]""".replace(b"DIGITS", DIGITS.encode()).replace(b"HELD", json.dumps(HELD).encode())


@ALL_WAYS
def test_values_mean_what_they_meant(way: str) -> None:
    messages, lines = run(way, [b'{"value":%s}' % ROWS])
    words, digits, open_one = records(messages, "things")
    for name in ("Double", "Single", "Decimal", "Money", "CustomField_A_number"):
        assert words[name] is None, name
    assert words["Place"] == {"Tax": None, "Town": "INF", "Zip": None, "Since": None}
    assert (words["ID"], words["Text"], words["Untyped"]) == ("NaN", "NaN Infinity", "INF")
    assert words["CustomFields"] == {"NaN": "Infinity", "A": "NaN", "A number": "NaN"}
    assert words["CustomField_A"] == "NaN"
    for line in lines.splitlines():
        json.loads(line, parse_constant=pytest.fail)
    found = (digits["Decimal"], digits["Money"], digits["Untyped"][0], digits["Free"]["n"])
    assert found == (Decimal(DIGITS),) * 4
    assert digits["CustomField_A"] == DIGITS
    assert digits["CustomField_A_number"] == Decimal(DIGITS)
    assert lines.count(DIGITS.encode()) >= 8
    assert open_one["CustomFields"] == open_one["Free"] == {"A": 1, "b@c": 2}
    children = records(messages, "thing_custom_fields")
    assert children[3]["Value"] == DIGITS
    assert [child["Name"] for child in children[-2:]] == ["A", "b@c"]
    assert [words["At"], digits["At"]] == [
        "2020-11-30T23:59:59.999999Z",
        "2021-06-01T10:00:00.123456Z",
    ], "in UTC, and not rounded to the next day"
    assert {m["time_extracted"] for m in messages if m["type"] == "RECORD"} == {
        "2026-09-15T12:30:00Z"
    }


@pytest.mark.parametrize(
    "row",
    [
        {"Decimal": Decimal("1E+400")},
        {"Untyped": Decimal("1E+400")},
        {"CustomFields": {"A number": "1e400"}},
        {"Decimal": "1e400"},
    ],
    ids=["number", "untyped", "text of a column", "text"],
)
def test_a_number_beyond_a_double_is_kept_whatever_stands_beside_it(row: Row) -> None:
    """The SDK's own way makes null of such a number, the record way keeps it."""
    for beside in ({"Text": "x"}, {"Text": "NaN Infinity"}, {"Money": "NaN"}):
        body = bodies([[{"ID": "1", "Number": 1, **row, **beside}]], "compact")
        messages, lines = run("fast", body)
        assert len(records(messages, "things")) == 1
        assert b"1E+400" in lines


@ALL_WAYS
def test_a_record_is_one_line_whatever_its_texts_hold(way: str) -> None:
    values = ["\n", "\r", "\u2028", '{"type":"RECORD"}\n', "\x85", "\x00"]
    made = [
        {"ID": f"{value}{place}", "Number": place, "Text": value, "CustomFields": {value: value}}
        for place, value in enumerate(values)
    ]
    messages, lines = run(way, bodies([made[:2], made[2:]], "spread"))
    assert [row["Text"] for row in records(messages, "things")] == values
    assert [row["Name"] for row in records(messages, "thing_custom_fields")] == values
    assert lines.count(b"\n") == len(messages)


@ALL_WAYS
def test_what_is_deselected_inside_an_object_is_left_out(way: str) -> None:
    place = {"Town": "x", "Zip": 5, "Tax": Decimal("1.50"), "Since": "2026-01-31"}
    row = {"ID": "1", "Number": 1, "Place": place}
    without = frozenset({("things", "Place", "Zip"), ("things", "Text")})
    messages, _ = run(way, bodies([[row]], "compact"), without=without)
    (record,) = records(messages, "things")
    assert record["Place"] == {"Town": "x", "Tax": Decimal("1.50"), "Since": "2026-01-31"}
    assert "Text" not in record
