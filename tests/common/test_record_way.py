"""The record way against the SDK's own, and both against what the raw JSON says."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._flattening import get_flattening_options

from tap_clockify.streams.by_changes import FROM_FEEDS
from tap_clockify.tap import TapClockify
from taps_common.records.flattening import Flattener
from taps_common.records.row_types import RESCUED, attribute_of, row_type
from taps_common.sdk import Flattening, SdkStream
from tests.clockify.runs import SlowTap, catalog, discovered
from tests.common.made_up import ENTRIES, PROJECTS, USERS, WORKSPACES, body, one_workspace, run_tap
from tests.common.rescued import lost, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.common.runs import Run

Schema: TypeAlias = "dict[str, Any]"
Path: TypeAlias = tuple[str, ...]
Page: TypeAlias = "list[dict[str, Any]]"

ENTRY_OF = {entry["tap_stream_id"]: entry for entry in discovered()["streams"]}
PATHS = {
    name: [tuple(one["breadcrumb"][1::2]) for one in entry["metadata"] if one["breadcrumb"]]
    for name, entry in ENTRY_OF.items()
}
HOLDERS = {name: {path[:-1] for path in paths} for name, paths in PATHS.items()}
AUTOMATIC = {
    name: {
        tuple(one["breadcrumb"][1::2])
        for one in entry["metadata"]
        if one["metadata"]["inclusion"] == "automatic"
    }
    for name, entry in ENTRY_OF.items()
}
NOT_SENT = {*FROM_FEEDS, RESCUED}
FREE = ["string", "number", "boolean", "array", "object", "null"]
"""The types of a value that is kept as it came."""


def kinds_of(schema: Schema) -> list[str]:
    kinds = schema["type"]
    return [kinds] if isinstance(kinds, str) else list(kinds)


# -- made-up pages -------------------------------------------------------------------------------

TEXTS = [
    "",
    "a",
    '"',
    "\\",
    "\n",
    "\r\n",
    "\u2028\u2029",
    "\x00",
    "é",
    "日本",
    "🕐",
    '{"a":1}\n',
    "PT1H30M",
]
NUMBERS = [0, 5, -5, 2**80, Decimal("1.10"), Decimal("-0.0"), Decimal("1E+90"), Decimal("0.1") / 3]
TIMES = [
    "2026-01-31T23:59:59Z",
    "2026-01-31T23:59:59.123Z",
    "2026-02-01T01:00:00+02:00",
    "1999-12-31T00:00:00.000001-11:30",
]
RIGHT: dict[str, list[Any]] = {
    "integer": [one for one in NUMBERS if isinstance(one, int)],
    "number": NUMBERS,
    "boolean": [True, False],
}
WRONG: dict[str, list[Any]] = {
    "string": [5, 1.5, True, [], {"a": "b"}],
    "integer": ["5", 1.5, False, [1], {}],
    "number": ["x", "NaN", False, [1], {}],
    "boolean": ["true", 0, 1, [], {}],
    "array": ["x", 0, {"0": 1}, True],
    "object": ["x", 0, [1], True],
    "date-time": ["yesterday", "", 0, 1.5, [], {}],
}


@dataclass
class Chance:
    """Makes up pages that mostly fit their schema."""

    dice: random.Random

    def is_below(self, share: float) -> bool:
        return self.dice.random() < share

    def text(self) -> str:
        return "".join(self.dice.choices(TEXTS, k=self.dice.randrange(1, 4)))

    def free(self, depth: int = 3) -> Any:
        """Any JSON."""
        size = self.dice.randrange(3)
        kind = self.dice.randrange(6 if depth else 4)
        if kind == 4:
            return [self.free(depth - 1) for _ in range(size)]
        if kind == 5:
            return {self.text(): self.free(depth - 1) for _ in range(size)}
        return [None, self.dice.choice((True, False)), self.dice.choice(NUMBERS), self.text()][kind]

    def value(self, schema: Schema) -> Any:
        """A value of a schema, now and then null or something else."""
        kinds = kinds_of(schema)
        if kinds == FREE:
            return self.free()
        kind = "date-time" if schema.get("format") == "date-time" else kinds[0]
        if self.is_below(0.2):
            odd = [one for one in WRONG[kind] if not (isinstance(one, str) and "string" in kinds)]
            return self.dice.choice([None, *odd])
        if kind == "array":
            return [self.item(schema["items"]) for _ in range(self.dice.randrange(4))]
        if kind == "object":
            return self.object(schema)
        right = TIMES if kind == "date-time" else RIGHT.get(kind)
        return self.dice.choice(right) if right else self.text()

    def item(self, schema: Schema) -> Any:
        if self.is_below(0.1):
            return self.dice.choice([None, 7])
        return self.object(schema) if schema["type"] == "object" else self.text()

    def object(self, schema: Schema) -> dict[str, Any]:
        """An object that may lack some fields, and have one that is not declared."""
        there = self.dice.choice([0.5, 0.9, 1.0])
        described = {n: one for n, one in schema["properties"].items() if n not in NOT_SENT}
        found = {name: self.value(described[name]) for name in described if self.is_below(there)}
        return {**found, **({"notDeclared": self.free()} if self.is_below(0.2) else {})}

    def pages(self, table: str) -> list[Page]:
        """One or two pages of a table; all its keys differ."""
        schema = ENTRY_OF[table]["schema"]
        return [
            [self.object(schema) | {"id": f"{page}-{row}-{self.text()}"} for row in range(size)]
            for page, size in enumerate(self.dice.choices(range(1, 4), k=self.dice.randrange(1, 3)))
        ]

    def encoded(self, page: Page) -> bytes:
        """A page as a service may write it: compact, spread over lines, or in ASCII only."""
        compact = msgspec.json.Encoder(decimal_format="number").encode(page)
        how = self.dice.randrange(3)
        if how == 1:
            return msgspec.json.format(compact, indent=2)
        if how == 2:
            units = compact.decode().encode("utf-16-be")
            pairs = (int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2))
            return "".join(chr(unit) if unit < 128 else f"\\u{unit:04x}" for unit in pairs).encode()
        return compact

    def answers(self, path: str, pages: list[Page]) -> tuple[dict[str, Any], list[Page]]:
        """What a service answers at a path with some pages, and those of them that it has."""
        pages = pages[:1] if path == WORKSPACES else pages
        if path == USERS:  # without an active member each status is asked for alone
            pages[0][0]["status"] = "ACTIVE"
        bodies = [self.encoded(page) for page in pages]
        return one_workspace() | {path: bodies[0] if path == WORKSPACES else bodies}, pages

    def selection(self, tables: tuple[str, ...]) -> Selection:
        chosen = [table for table in tables if self.is_below(0.7)] or [self.dice.choice(tables)]
        share = self.dice.choice([0.0, 0.1, 0.5, 0.9])
        paths = [(table, *path) for table in chosen for path in PATHS[table]]
        return Selection(chosen, {path for path in paths if self.is_below(share)})


@dataclass
class Selection:
    """Which tables are selected, and which of their fields are not."""

    tables: list[str]
    without: set[Path]

    def leaves(self, table: str, path: Path) -> bool:
        return path in AUTOMATIC[table] or (table, *path) not in self.without

    def rescued(self, came: tuple[dict[str, Any], Schema], table: str) -> dict[str, Any] | None:
        """What has no place in a row, by what it came as and its schema."""
        known = {*PATHS[table]}
        return lost(*came, lambda at: at not in known or self.leaves(table, at)) or None

    def kept(self, record: dict[str, Any], table: str, above: Path = ()) -> dict[str, Any]:
        """What is left of a record: keys always; free-form values have no fields to deselect."""
        found = {}
        for name, value in record.items():
            path = (*above, name)
            if self.leaves(table, path):
                inside = isinstance(value, dict) and path in HOLDERS[table]
                found[name] = self.kept(value, table, path) if inside else value
        return found


# -- what should come out ------------------------------------------------------------------------


def fitted(value: Any, schema: Schema) -> Any:
    """The value where the schema allows it, otherwise null; instants in UTC."""
    kinds = kinds_of(schema)
    if kinds == FREE or value is None:
        return value
    if isinstance(value, dict) and "object" in kinds:
        described = schema["properties"]
        return {name: fitted(value.get(name), described[name]) for name in described}
    if isinstance(value, list) and "array" in kinds:
        kind = dict if schema["items"]["type"] == "object" else str
        return [fitted(item, schema["items"]) for item in value if isinstance(item, kind)]
    if isinstance(value, str) and schema.get("format") == "date-time":
        return utc(value)
    allowed = {bool: {"boolean"}, int: {"integer", "number"}, Decimal: {"number"}, str: {"string"}}
    return value if allowed.get(type(value), set()) & {*kinds} else None


def utc(text: str) -> str | None:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def plain_rows(table: str) -> Callable[[Page], Page]:
    """Rows with what they came as, and its schema, where what is rescued of it will stand."""
    schema = ENTRY_OF[table]["schema"]
    return lambda page: [fitted(row, schema) | {RESCUED: (row, schema)} for row in page]


def items(row: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects in a list of a row, in the same way."""
    came, schema = row[RESCUED]
    raw = [one for one in came[name] if isinstance(one, dict)] if row[name] else []
    item = schema["properties"][name]["items"]
    pairs = zip(row[name] or (), raw, strict=True)
    return [one | {RESCUED: (own, item)} for one, own in pairs]


def entry_rows(page: Page) -> Page:
    rows = plain_rows("time_entries")(page)
    for row in rows:
        interval = row["timeInterval"] or {"start": None, "end": None}
        row |= {name: interval[name] for name in ("start", "end")}
        row["durationSeconds"] = seconds_between(row["start"], row["end"])
        for name in FROM_FEEDS:  # which this replication method does not fill
            del row[name]
    return rows


def seconds_between(start: str | None, end: str | None) -> Decimal | None:
    if start is None or end is None:
        return None
    first, last = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (start, end))
    return Decimal((last - first) // timedelta(microseconds=1)) / 1_000_000


def seconds_of(text: str | None) -> int | None:
    return {"PT1H30M": 5_400}.get(text or "")


def project_rows(page: Page) -> Page:
    rows = plain_rows("projects")(page)
    for row in rows:
        row["durationSeconds"] = seconds_of(row["duration"])
        for name in ("estimate", "timeEstimate"):
            row[f"{name}Seconds"] = seconds_of(row[name] and row[name]["estimate"])
    return rows


def tag_rows(page: Page) -> Page:
    return [
        {name: row[name] for name in ("workspaceId", "userId", "start")}
        | {"timeEntryId": row["id"], "tagId": tag, RESCUED: ({}, {})}
        for row in entry_rows(page)
        for tag in row["tagIds"] or ()
    ]


def custom_field_rows(page: Page) -> Page:
    return [
        {name: row[name] for name in ("workspaceId", "userId", "start")}
        | {name: value[name] for name in ("customFieldId", "name", "type", "sourceType", RESCUED)}
        | {"timeEntryId": row["id"], "value": value["value"]}
        for row in entry_rows(page)
        for value in items(row, "customFieldValues")
        if value["customFieldId"] is not None
    ]


def user_rows(page: Page) -> Page:
    return [row | {"workspaceId": "w1"} for row in plain_rows("users")(page)]


def user_membership_rows(page: Page) -> Page:
    own = [
        one | {"workspaceId": "w1", "userId": row["id"]}
        for row in user_rows(page)
        for one in items(row, "memberships")
    ]
    return with_whole_keys(own)


def project_membership_rows(page: Page) -> Page:
    own = [
        {"workspaceId": row["workspaceId"], "projectId": row["id"]} | one
        for row in plain_rows("projects")(page)
        for one in items(row, "memberships")
    ]
    return with_whole_keys(own)


def with_whole_keys(rows: Page) -> Page:
    key = ("userId", "membershipType", "targetId")
    return [row for row in rows if all(row[name] is not None for name in key)]


EXPECTED: dict[str, Callable[[Page], Page]] = {
    "time_entries": entry_rows,
    "time_entry_tags": tag_rows,
    "time_entry_custom_fields": custom_field_rows,
    "users": user_rows,
    "user_memberships": user_membership_rows,
    "projects": project_rows,
    "project_memberships": project_membership_rows,
    "workspaces": plain_rows("workspaces"),
}


def as_value(record: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """Read the text of a custom field's value back where the value was no text."""
    if "value" in expected and not isinstance(expected["value"], str) and record["value"]:
        return record | {"value": json.loads(record["value"], parse_float=Decimal)}
    return record


def both(answers: dict[str, Any], tables: Any, **config: Any) -> tuple[Run, Run]:
    """Run the tap in its own way, and in the SDK's."""
    fast, slow = (
        run_tap(answers, tables, kind=kind, number=Decimal, **config).ok()
        for kind in (TapClockify, SlowTap)
    )
    return fast, slow


TABLES = pytest.mark.parametrize(
    ("path", "tables"),
    [
        (ENTRIES, ("time_entries", "time_entry_tags", "time_entry_custom_fields")),
        (USERS, ("users", "user_memberships")),
        (PROJECTS, ("projects", "project_memberships")),
        (WORKSPACES, ("workspaces",)),
    ],
)


@TABLES
@given(seed=st.integers(0, 2**64), versions=st.booleans())
def test_pages_and_their_children(
    path: str, tables: tuple[str, ...], seed: int, *, versions: bool
) -> None:
    chance = Chance(random.Random(seed))
    pages, selection = chance.pages(tables[0]), chance.selection(tables)
    answers, pages = chance.answers(path, pages)
    chosen = catalog(selection.tables, without=selection.without)
    fast, slow = both(answers, chosen, emit_activate_version_messages=versions)
    assert fast.messages == slow.messages
    for table in selection.tables:
        rows = [row for page in pages for row in EXPECTED[table](page)]
        for row in rows:
            if (found := selection.rescued(row.pop(RESCUED), table)) is not None:
                row[RESCUED] = found
        expected = [selection.kept(row, table) for row in rows]
        records = [read(record) for record in fast.records(table)]
        if table == "time_entry_custom_fields":
            records = [as_value(new, old) for new, old in zip(records, expected, strict=True)]
        assert records == expected
    for message in fast.of("RECORD"):
        assert ("version" in message) == versions
        assert message["time_extracted"] == "2026-09-15T12:30:00Z"


FLATTENINGS = st.fixed_dictionaries(
    {"flattening_enabled": st.sampled_from([True]), "flattening_max_depth": st.integers(0, 4)},
    optional={
        "flattening_separator": st.sampled_from(["__", "_", "", ".", " \u00fc"]),
        "flattening_max_key_length": st.integers(1, 30),
        "json_columns": st.just("text"),
    },
)


@TABLES
@given(seed=st.integers(0, 2**64), flattening=FLATTENINGS)
def test_flattened_pages(
    path: str, tables: tuple[str, ...], seed: int, flattening: dict[str, Any]
) -> None:
    chance = Chance(random.Random(seed))
    pages, selection = chance.pages(tables[0]), chance.selection(tables)
    answers, _ = chance.answers(path, pages)
    chosen = catalog(selection.tables, without=selection.without)
    try:
        slow = run_tap(answers, chosen, kind=SlowTap, number=Decimal, **flattening).ok()
        with patch.object(SdkStream, "write_records", side_effect=AssertionError):
            fast = run_tap(answers, chosen, number=Decimal, **flattening).ok()
    except ConfigValidationError as error:
        (sentence,) = error.errors
        assert "would both be the column" in sentence
        return
    assert fast.messages == slow.messages
    assert fast.output.count(b"\n") == len(fast.messages)


# -- examples for what chance may miss -----------------------------------------------------------


def projects(*rows: dict[str, Any]) -> dict[str, Any]:
    return one_workspace() | {PROJECTS: body(*rows)}


def test_numbers_keep_their_digits_on_both_ways() -> None:
    number = "1234567890123456789.01234567890123456789"
    page = b'[{"id":"1","customFieldValues":[{"customFieldId":"c","value":%b}]}]' % number.encode()
    tables = ("time_entries", "time_entry_custom_fields")
    for run in both(one_workspace() | {ENTRIES: page}, tables):
        assert number.encode() in run.output
        assert run.records("time_entries")[0]["customFieldValues"][0]["value"] == Decimal(number)
        assert run.records("time_entry_custom_fields")[0]["value"] == number


def test_a_record_is_one_line_whatever_its_texts_hold() -> None:
    names = ["\n", "\r", "\u2028", '{"type":"RECORD"}\n', "\x85"]
    answers = projects(*({"id": str(n), "name": name} for n, name in enumerate(names)))
    run = run_tap(answers, ("projects",))
    lines = [line for line in run.output.split(b"\n") if b'"RECORD"' in line]
    assert [json.loads(line)["record"]["name"] for line in lines] == names


def test_a_field_that_the_catalogs_schema_lacks_is_left_out_on_both_ways() -> None:
    chosen = catalog(["projects"])
    for entry in chosen["streams"]:
        entry["schema"]["properties"].pop("name", None)
    fast, slow = both(projects({"id": "1", "name": "n", "note": "x"}), chosen)
    (record,) = fast.records("projects")
    assert [record] == slow.records("projects")
    assert "name" not in record
    assert record["note"] == "x"


def test_keys_are_never_null_even_if_an_older_catalog_says_so() -> None:
    chosen = catalog(["projects", "project_memberships"])
    for entry in chosen["streams"]:
        for name in entry["key_properties"] if entry["schema"]["properties"] else ():
            entry["schema"]["properties"][name]["type"] = ["string", "null"]
    member = {"userId": "u1", "membershipType": "PROJECT"}
    members = [{**member, "targetId": "1"}, {**member, "targetId": None}]
    for run in both(projects({"id": "1", "memberships": members}), chosen):
        for message in run.of("SCHEMA"):
            properties = message["schema"]["properties"]
            assert {properties[name]["type"] for name in message["key_properties"]} == {"string"}
        assert [row["targetId"] for row in run.records("project_memberships")] == ["1"]


def test_what_is_no_number_is_null_in_lists_as_well() -> None:
    members = [{"costRate": {"amount": "NaN"}}, {"costRate": {"amount": 1.5}}]
    page = body({"id": "u1", "memberships": members})
    for run in both(one_workspace() | {USERS: page}, ("users",)):
        (row,) = run.records("users")
        assert json.loads(row[RESCUED]) == {"memberships[0].costRate.amount": "NaN"}
        amounts = [one["costRate"]["amount"] for one in row["memberships"]]
        assert amounts == [None, Decimal("1.5")]


def test_names_that_json_has_to_escape_go_the_sdks_way() -> None:
    flat = {"flattening_enabled": True, "flattening_max_depth": 1, "flattening_separator": '"'}
    fast, slow = both(projects({"id": "1", "hourlyRate": {"amount": 5}}), ("projects",), **flat)
    assert fast.messages == slow.messages
    assert fast.records("projects")[0]['hourlyRate"amount'] == 5


def test_members_that_a_catalog_declares_of_free_json_become_columns() -> None:
    chosen = catalog(["time_entry_custom_fields", "users"])
    (entry,) = (one for one in chosen["streams"] if one["tap_stream_id"] == "users")
    entry["schema"]["properties"]["customFields"] = {
        "type": ["object", "null"],
        "properties": {"a": {"type": ["integer", "null"]}},
    }
    answers = one_workspace() | {USERS: body({"id": "u1", "customFields": []})}
    flat: dict[str, Any] = {"flattening_enabled": True, "flattening_max_depth": 1}
    fast, slow = both(answers, chosen, **flat)
    assert fast.messages == slow.messages


def test_fields_whose_names_python_does_not_take_are_flattened() -> None:
    names = ("class", "\ufb01", "a b", "UNSET", "rows")
    inner = row_type("Inner", [(name, int | None, None) for name in names], "")
    outer = row_type("Outer", [(name, inner | None, None) for name in names], "")
    options = get_flattening_options({"flattening_enabled": True, "flattening_max_depth": 1})
    columns = {f"{one}__{two}": number for one in names for number, two in enumerate(names)}
    flattener = Flattener(outer, Flattening(options, columns), lambda _: True)
    values = inner(**{attribute_of(name): number for number, name in enumerate(names)})
    rows = [outer(**{attribute_of(name): values for name in names}), outer()]
    first, second = map(json.loads, flattener.lines(rows).splitlines())
    assert first == columns
    assert second == dict.fromkeys(names)


def test_two_columns_of_one_name_are_refused_at_start() -> None:
    flat: dict[str, Any] = {"flattening_enabled": True, "flattening_max_depth": 1}
    with pytest.raises(ConfigValidationError) as refused:
        run_tap(one_workspace(), ("time_entries",), flattening_max_key_length=10, **flat)
    (sentence,) = refused.value.errors
    assert "timeInterval.offStart of time_entries would both be the column ti__os" in sentence
    assert "Change flattening_separator or flattening_max_key_length" in sentence


def test_stream_maps_and_flattening_are_applied() -> None:
    answers = projects({"id": "1", "name": "n", "hourlyRate": {"amount": 5, "currency": "EUR"}})
    maps = {"projects": {"shout": "name.upper()", "name": None, "__alias__": "plans"}}
    run = run_tap(answers, ("projects",), stream_maps=maps)
    (record,) = run.records("plans")
    assert record["shout"] == "N"
    assert "name" not in record
    flat: dict[str, Any] = {"flattening_enabled": True, "flattening_max_depth": 2}
    (record,) = run_tap(answers, ("projects",), **flat).records("projects")
    assert (record["hourlyRate__amount"], record["hourlyRate__currency"]) == (5, "EUR")
