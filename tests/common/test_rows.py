"""Row types: their JSON Schema, and what is left when nobody wants some fields."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import msgspec
import pytest

from taps_common.records.codec import LineEncoder, PageDecoder, clear, records
from taps_common.records.row_types import (
    Json,
    Row,
    UnsupportedTypeError,
    json_schema,
    narrow,
    with_rescue,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from taps_common.records.row_types import Breadcrumb


class Inner(Row):
    """An object inside.

    Only its first paragraph is a description.
    """

    a: int | None = None
    b: str | None = None


class Middle(Row):
    """An object in the middle."""

    inner: Inner | None = None
    c: bool | None = None


class Outer(Row):
    """A row."""

    id: str
    size: float | None = None
    price: Decimal | None = None
    on: date | None = None
    at: datetime | None = None
    noted: Annotated[int, msgspec.Meta(description="In cents.")] | None = None
    names: list[str] | None = None
    either: list[str] | str | None = None
    middle: Middle | None = None
    many: list[Inner] | None = None
    free: Json = None


def test_every_kind_has_a_schema() -> None:
    inner = {
        "description": "An object inside.",
        "properties": {"a": {"type": ["integer", "null"]}, "b": {"type": ["string", "null"]}},
    }
    free = {"type": ["string", "number", "boolean", "array", "object", "null"]}
    assert json_schema(Outer) == {
        "type": "object",
        "description": "A row.",
        "properties": {
            "id": {"type": "string"},
            "size": {"type": ["number", "null"]},
            "price": {"type": ["number", "null"]},
            "on": {"type": ["string", "null"], "format": "date"},
            "at": {"type": ["string", "null"], "format": "date-time"},
            "noted": {"type": ["integer", "null"], "description": "In cents."},
            "names": {"type": ["array", "null"], "items": {"type": "string"}},
            "either": {"type": ["array", "string", "null"], "items": {"type": "string"}},
            "middle": {
                "type": ["object", "null"],
                "description": "An object in the middle.",
                "properties": {
                    "inner": {"type": ["object", "null"], **inner},
                    "c": {"type": ["boolean", "null"]},
                },
            },
            "many": {"type": ["array", "null"], "items": {"type": "object", **inner}},
            "free": free,
        },
    }


Cents = Annotated[int, msgspec.Meta(description="In cents.")]


class Timed(Row):
    """A base.

    Attributes:
        seconds: how long it took. Unit: seconds. Example: 5.
        note: replaced below.
    """

    seconds: float | None = None
    note: str | None = None


class Noted(Timed):
    """One that extends it.

    Attributes:
        note: what was said.
    """


class Described(Row):
    """A row that is described.

    A paragraph for developers.

    Attributes:
        id: the id, of which there
            is one. Joins: others.id.
        note: what was said: anything.
        break_: a pause. Empty: where none was made.
        price: Unit: EUR. Example: 5.0.
        cost: what it cost. Needs: the plan Pro.
        paid: what was paid.
        middle: an object here.
        many: objects.
        either: an object, or a list.
    """

    id: str
    note: str | None = None
    break_: int | None = msgspec.field(default=None, name="break")
    price: Cents | None = None
    cost: Cents | None = None
    paid: Cents | None = None
    middle: Middle | None = None
    many: list[Inner] | None = None
    either: Inner | list[Json] | None = None


def test_the_docstring_describes_row_and_fields() -> None:
    schema = json_schema(with_rescue(Described))
    assert schema["description"] == "A row that is described."
    said = {name: one.get("description") for name, one in schema["properties"].items()}
    del said["_rescued_data"]
    assert said == {
        "id": "the id, of which there is one. Joins: others.id.",
        "note": "what was said: anything.",
        "break": "a pause. Empty: where none was made.",
        "price": "In cents. Unit: EUR. Example: 5.0.",
        "cost": "what it cost. In cents. Needs: the plan Pro.",
        "paid": "what was paid. In cents.",
        "middle": "an object here.",
        "many": "objects.",
        "either": "an object, or a list.",
    }
    inside = schema["properties"]["many"]["items"]
    assert inside["description"] == "An object inside."


def test_fields_of_a_base_class_are_described_there() -> None:
    properties = json_schema(Noted)["properties"]
    assert properties["seconds"]["description"] == "how long it took. Unit: seconds. Example: 5."
    assert properties["note"]["description"] == "what was said."


def test_a_type_that_no_target_holds_is_refused() -> None:
    class Odd(Row):
        value: bytes | None = None

    with pytest.raises(UnsupportedTypeError, match="BytesType"):
        json_schema(Odd)


def wanting(*paths: str) -> Callable[[Breadcrumb], bool]:
    """Want these fields, and the objects on the way to them."""
    wanted = {tuple(path.split(".")) for path in paths}
    return lambda crumb: any(path[: len(crumb)] == crumb for path in wanted)


def test_a_row_type_of_which_all_is_wanted_is_itself() -> None:
    assert narrow(Outer, lambda _: True) is Outer


def test_unwanted_fields_are_not_in_the_type_at_any_depth() -> None:
    narrowed = narrow(Outer, wanting("id", "middle.inner.b"))
    properties = json_schema(narrowed)["properties"]  # type: ignore[arg-type]  # as a row is
    assert [*properties] == ["id", "middle"]
    assert [*properties["middle"]["properties"]] == ["inner"]
    assert [*properties["middle"]["properties"]["inner"]["properties"]] == ["b"]


def test_what_is_not_wanted_may_be_of_any_type_in_the_body() -> None:
    decoder = PageDecoder(Outer, wanting("id", "middle.c"))
    page = decoder.decode(b'[{"id":"1","size":"wrong","middle":{"inner":5,"c":true}}]')
    assert records(page) == [{"id": "1", "middle": {"c": True}}]
    assert decoder.drifted == set()


def test_missing_fields_are_null_and_objects_in_lists_are_taken_whole() -> None:
    decoder = PageDecoder(Outer, wanting("id", "size", "many"))
    page = decoder.decode(b'[{"id":"1"},{"id":"2","size":1,"many":[{"a":1,"b":"x"}]}]')
    assert records(page) == [
        {"id": "1", "size": None, "many": None},
        {"id": "2", "size": 1, "many": [{"a": 1, "b": "x"}]},
    ]


def test_lines_leave_out_what_another_table_wanted() -> None:
    decoder = PageDecoder(Outer, lambda _: True)
    page = decoder.decode(b'[{"id":"1","middle":{"inner":{"a":1},"c":true}},{"id":"2"}]')
    wanted = wanting("id", "middle.inner.a")
    encoder = LineEncoder('th"em', decoder.narrowed, selected=wanted, version=7)
    assert encoder.lines([], "now") == b""
    assert encoder.lines(page, "2026-01-01T00:00:00+00:00") == (
        b'{"type":"RECORD","stream":"th\\"em","record":{"id":"1","middle":{"inner":{"a":1}}},'
        b'"version":7,"time_extracted":"2026-01-01T00:00:00+00:00"}\n'
        b'{"type":"RECORD","stream":"th\\"em","record":{"id":"2","middle":null},'
        b'"version":7,"time_extracted":"2026-01-01T00:00:00+00:00"}\n'
    )


def test_clearing_below_what_is_null_or_gone_does_nothing() -> None:
    rows = [Outer(id="1"), Outer(id="2", middle=Middle())]
    clear(rows, [("middle", "inner", "a"), ("middle", "inner"), ("middle", "inner", "b")])
    assert records(rows)[0]["middle"] is None
    assert records(rows)[1]["middle"] == {"c": None}


class Renamed(Row):
    """A row whose properties are no names of Python's."""

    id: str
    unit_price: int | None = msgspec.field(default=None, name="Unit Price")
    other: int | None = None


def test_the_spelling_of_a_property_survives_narrowing_and_lines() -> None:
    decoder = PageDecoder(Renamed, lambda path: path != ("other",))
    page = decoder.decode(b'[{"id":"1","Unit Price":5,"other":1}]')
    assert records(page) == [{"id": "1", "Unit Price": 5}]
    encoder = LineEncoder("x", Renamed, selected=lambda path: path != ("Unit Price",))
    assert b"Unit Price" not in encoder.lines([Renamed(id="1", unit_price=5)], "now")
