"""Values arrive as they were sent, with all of their digits."""

from __future__ import annotations

import json
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from target_bulk.duck import DuckDB
from target_bulk.errors import LoadError
from tests.bulk.places import Place, record, schema

if TYPE_CHECKING:
    from tests.bulk.places import Message

pytestmark = pytest.mark.xdist_group("bulk")  # one server of PostgreSQL

TYPES = {
    "duckdb": {
        "text": "VARCHAR",
        "whole": "BIGINT",
        "number": "DECIMAL(38,9)",
        "yes": "BOOLEAN",
        "day": "DATE",
        "at": "TIMESTAMP WITH TIME ZONE",
        "thing": "JSON",
        "list": "JSON",
        "mixed": "JSON",
        "any": "JSON",
    },
    "postgres": {
        "text": "text",
        "whole": "bigint",
        "number": "numeric",
        "yes": "boolean",
        "day": "date",
        "at": "timestamp with time zone",
        "thing": "jsonb",
        "list": "jsonb",
        "mixed": "jsonb",
        "any": "jsonb",
    },
}


def all_kinds() -> Message:
    return schema(
        "t",
        text=["string", "null"],
        id="integer",
        whole=["null", "integer"],
        number={"anyOf": [{"type": "number"}, {"type": "integer"}, {"type": "null"}]},
        yes="boolean",
        day={"type": ["string", "null"], "format": "date"},
        at={"type": "string", "format": "date-time"},
        thing="object",
        list=["array", "null"],
        mixed=["string", "number", "null"],
        any={},
    )


def line(values: str) -> bytes:
    """Return a RECORD line, its values as they are written."""
    return b'{"type": "RECORD", "stream": "t", "record": {"id": 1, %s}}\n' % values.encode()


def test_each_kind_of_column(place: Place) -> None:
    place.load(
        all_kinds(),
        record(
            "t",
            id=1,
            text="a\nline, \"quoted\", a back\\slash, ',', 😀",
            whole=9_007_199_254_740_993,
            number=12.5,
            yes=False,
            day="2026-01-31",
            at="2023-08-15T06:30:00.000001-05:00",
            thing={"b": [1, 2.5, None], "a": "x"},
            list=[],
            mixed="T-0000",
            any=[{"x": "\u2028"}],
        ),
        record("t", id=2, text="", mixed=5, thing=None),
    )
    kinds = place.kinds("t")
    assert kinds.pop("id") == TYPES[place.name]["whole"]
    assert kinds == TYPES[place.name]
    one, two = place.rows("t", order="id")
    assert one["text"] == "a\nline, \"quoted\", a back\\slash, ',', 😀"
    assert one["whole"] == 9_007_199_254_740_993
    assert one["number"] == Decimal("12.5")
    assert one["yes"] is False
    assert one["day"] == date(2026, 1, 31)
    assert one["at"] == datetime(2023, 8, 15, 11, 30, 0, 1, tzinfo=timezone.utc)
    assert of_json(place, one["thing"]) == {"b": [1, 2.5, None], "a": "x"}
    assert of_json(place, one["list"]) == []
    assert of_json(place, one["mixed"]) == "T-0000"
    assert of_json(place, one["any"]) == [{"x": "\u2028"}]
    assert two["text"] == "", "an empty text is not null"
    assert [two[name] for name in ("whole", "number", "yes", "day", "at", "thing", "any")] == [
        None
    ] * 7
    assert of_json(place, two["mixed"]) == 5


def of_json(place: Place, value: Any) -> Any:
    """Return a value of a JSON column, which psycopg decodes and DuckDB does not."""
    return json.loads(value) if place.name == "duckdb" else value


LONG = ["0.0166666666666666667", "1234567890123456.78", "-0.10000000000000001", "1.5"]


@pytest.mark.parametrize("number", LONG)
def test_numbers_keep_every_digit(place: Place, number: str) -> None:
    inside = f'"number": {number}, "thing": {{"amount": {number}, "text": "\\"{number}"}}'
    place.load(all_kinds(), line(inside + f', "mixed": "{number}", "text": "{number}"'))
    place.load(all_kinds(), line('"number": 2').replace(b'"id": 1', b'"id": 2'))
    row, other = place.rows("t", order="id")
    assert row["number"] == Decimal(number)
    assert other["number"] == 2
    ((text,),), _ = place.ask(
        f"""select cast(thing as varchar) from "{place.schema}".t where id = 1"""
    )
    assert json.loads(text, parse_float=str) == {"amount": number, "text": f'"{number}'}
    assert row["mixed"] == (f'"{number}"' if place.name == "duckdb" else number)
    assert row["text"] == number


def test_a_decimal_of_duckdb_gets_the_digits_that_come(in_duckdb: Place) -> None:
    place = in_duckdb
    place.load(all_kinds(), line('"number": 123.5'))
    assert place.kinds("t")["number"] == "DECIMAL(38,9)"
    place.load(all_kinds(), line('"number": 1.5e-11'))
    assert place.kinds("t")["number"] == "DECIMAL(38,12)"
    assert place.column("t", "number") == [Decimal("1.5e-11")]
    with pytest.raises(LoadError, match=r"number need .* 27 stand .* 12 after .* numbers_as_text"):
        place.load(all_kinds(), line('"number": 123456789012345678901234567.1'))
    place.load(all_kinds(), line('"number": 12345678901234567890123456.5'))
    with pytest.raises(LoadError, match=r"number need .* 1 stand .* 15 after"):
        place.load(all_kinds(), line('"number": 1.000000000000001').replace(b": 1,", b": 2,"))
    assert place.column("t", "number") == [Decimal("12345678901234567890123456.5")]


def test_numbers_as_text(place: Place) -> None:
    place.load(
        all_kinds(),
        line('"number": 123456789012345678901234567890.1234567890123456789'),
        numbers_as_text=True,
    )
    assert place.kinds("t")["number"] == TYPES[place.name]["text"]
    assert place.column("t", "number") == ["123456789012345678901234567890.1234567890123456789"]


def test_what_postgres_cannot_hold_in_a_text_is_removed(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    texts = r'"text": "a\u0000b\ud83d c\\u0000 \ud83d\ude00 \\\u0000"'
    place.load(all_kinds(), line(texts + r', "thing": {"a": "\u0000"}'))
    (row,) = place.rows("t")
    assert row["text"] == "ab\ufffd c\\u0000 😀 \\"
    assert of_json(place, row["thing"]) == {"a": ""}
    assert "Stream t: characters that no database takes (NUL, halves of" in caplog.text
    assert "(4 times)" in caplog.text


BAD = {
    '"whole": 1.5': ("whole", "integer"),
    '"whole": 12345678901234567890': ("whole", "integer"),
    '"whole": "abc"': ("whole", "integer"),
    '"number": "abc"': ("number", "number"),
    '"number": NaN': ("number", "number"),
    '"yes": "perhaps"': ("yes", "boolean"),
    '"day": "31.12.2026"': ("day", "date"),
    '"at": "yesterday"': ("at", "timestamp"),
}


@pytest.mark.parametrize("values", BAD)
def test_a_value_that_does_not_fit_is_named_but_not_shown(place: Place, values: str) -> None:
    with pytest.raises(LoadError) as error:
        place.load(all_kinds(), line(values), line('"whole": 1').replace(b'"id": 1', b'"id": 2'))
    text = str(error.value)
    name, kind = BAD[values]
    assert text.startswith(
        f"Stream t: 1 of 2 values of {name} are not what its SCHEMA says ({kind});"
    )
    value = json.loads("{" + values.replace("NaN", "0") + "}").popitem()[1]
    assert str(value) not in text
    assert text.count(". ") == 0
    assert place.rows("t") == []


def test_whole_numbers_may_have_a_point(place: Place) -> None:
    place.load(all_kinds(), line('"whole": 10.0, "number": "12.50"'))
    (row,) = place.rows("t")
    assert (row["whole"], row["number"]) == (10, Decimal("12.5"))


def test_a_huge_value(place: Place) -> None:
    place.load(all_kinds(), record("t", id=1, text="x" * 20_000_000), record("t", id=2, text="y"))
    assert place.rows("t", "length(text) as n", "n desc")[0]["n"] == 20_000_000


@pytest.mark.thorough
def test_more_than_the_limit_of_memory(in_duckdb: Place) -> None:
    wide = {f"c{number}": "string" for number in range(1000)}
    rows = (record("wide", id=row, **dict.fromkeys(wide, "x" * 20)) for row in range(1500))
    in_duckdb.load(schema("wide", id="integer", **wide), *rows)
    assert in_duckdb.column("wide", "id") == [*range(1500)]
    long = (record("long", id=row, text="x" * (row << 20)) for row in range(20))
    in_duckdb.load(schema("long", id="integer", text="string"), *long)
    assert [len(one) for one in in_duckdb.column("long", "text")] == [n << 20 for n in range(20)]


def test_a_wider_decimal_where_memory_runs_out_once(
    in_duckdb: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The column is as narrow as before when the batch is loaded again."""
    execute, said = DuckDB.execute, list[str]()

    def lacking(self: DuckDB, statement: str) -> None:
        said.append(statement.partition(" ")[0])
        if said[-2:] == ["alter", "insert"] and said.count("alter") == 1:
            raise duckdb.OutOfMemoryException
        execute(self, statement)

    monkeypatch.setattr(DuckDB, "execute", lacking)
    row = b'{"type":"RECORD","stream":"t","record":{"id":1,"x":0.0166666666666666667}}\n'
    in_duckdb.load(schema("t", id="integer", x="number"), row)
    assert said.count("alter") == 2
    assert in_duckdb.column("t", "x") == [Decimal("0.0166666666666666667")]
