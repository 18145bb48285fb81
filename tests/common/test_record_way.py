"""The record way against the SDK's own, and both against what the raw JSON says."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from tap_clockify.streams.by_changes import FROM_FEEDS
from tap_clockify.tap import TapClockify
from tests.clockify.runs import SlowTap
from tests.common.doubles import ENTRIES, PROJECTS, USERS, WORKSPACES, FakeClock, run_tap

if TYPE_CHECKING:
    from collections.abc import Callable

Schema: TypeAlias = "dict[str, Any]"
Path: TypeAlias = tuple[str, ...]
Page: TypeAlias = "list[dict[str, Any]]"

FREE = ["string", "number", "boolean", "array", "object", "null"]
"""The types of a value that is kept as it came."""


DISCOVERED: Schema = json.loads(TapClockify(config={"api_key": "k"}).catalog_json_text)
ENTRY_OF = {entry["tap_stream_id"]: entry for entry in DISCOVERED["streams"]}

# -- made-up pages -------------------------------------------------------------------------------

SPECIAL = ["", '"', "\\", "\n", "\r\n", "\u2028\u2029", "\x00", "é", "日本", "🕐", '{"a":1}\n']
texts = st.one_of(st.sampled_from(SPECIAL), st.text(st.characters(exclude_categories=["Cs"])))
whole = st.one_of(st.integers(-5, 5), st.integers(-(2**80), 2**80))
digits = st.decimals(allow_nan=False, allow_infinity=False).filter(lambda d: abs(d.adjusted()) < 99)
free = st.recursive(
    st.one_of(st.none(), st.booleans(), whole, digits, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)
moments = st.sampled_from(
    [
        "2026-01-31T23:59:59Z",
        "2026-01-31T23:59:59.123Z",
        "2026-02-01T01:00:00+02:00",
        "1999-12-31T00:00:00.000001-11:30",
    ]
)
WRONG: dict[str, list[Any]] = {
    "string": [5, 1.5, True, [], {"a": "b"}],
    "integer": ["5", 1.5, False, [1], {}],
    "number": ["x", "NaN", False, [1], {}],
    "boolean": ["true", 0, 1, [], {}],
    "array": ["x", 0, {"0": 1}, True],
    "object": ["x", 0, [1], True],
    "date-time": ["yesterday", "", 0, 1.5, [], {}],
}


def values(schema: Schema) -> st.SearchStrategy[Any]:
    """Values of a schema, nulls, and now and then something else."""
    kinds = kinds_of(schema)
    if kinds == FREE:
        return free
    right: st.SearchStrategy[Any]
    if schema.get("format") == "date-time":
        right, wrong = moments, WRONG["date-time"]
    elif kinds[0] == "object":
        right, wrong = objects(schema), WRONG["object"]
    elif kinds[0] == "array":
        right, wrong = st.lists(items(schema["items"]), max_size=3), WRONG["array"]
    else:
        scalars: dict[str, st.SearchStrategy[Any]] = {
            "string": texts,
            "integer": whole,
            "number": st.one_of(whole, digits),
            "boolean": st.booleans(),
        }
        right, wrong = scalars[kinds[0]], WRONG[kinds[0]]
    others = [value for value in wrong if not (isinstance(value, str) and "string" in kinds)]
    return st.integers(0, 9).flatmap(
        lambda roll: right if roll < 8 else st.none() if roll == 8 else st.sampled_from(others)
    )


def items(schema: Schema) -> st.SearchStrategy[Any]:
    right = objects(schema) if schema["type"] == "object" else texts
    return st.integers(0, 9).flatmap(lambda roll: right if roll < 9 else st.sampled_from([None, 7]))


def objects(schema: Schema, **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that lack some of their fields, and now and then have one that is not declared."""
    described = schema["properties"]
    optional = {name: values(described[name]) for name in described if name not in fixed}
    return st.fixed_dictionaries(fixed, optional=optional | {"notDeclared": free})


def pages(stream: str) -> st.SearchStrategy[list[Page]]:
    """One or two pages of a stream; all its keys differ."""
    row = objects(ENTRY_OF[stream]["schema"], id=texts)
    found = st.lists(st.lists(row, max_size=2), min_size=1, max_size=2)
    return found.map(with_own_keys)


def with_own_keys(found: list[Page]) -> list[Page]:
    return [
        [row | {"id": f"{number}-{place}-{row['id']}"} for place, row in enumerate(page)]
        for number, page in enumerate(found)
    ]


def kinds_of(schema: Schema) -> list[str]:
    kinds = schema["type"]
    return [kinds] if isinstance(kinds, str) else list(kinds)


JSON = msgspec.json.Encoder(decimal_format="number")


def encoded(page: Page, how: str) -> bytes:
    """A page as a service may write it: compact, spread over lines, or in ASCII only."""
    compact = JSON.encode(page)
    if how == "spread":
        return msgspec.json.format(compact, indent=2)
    if how == "ascii":
        units = compact.decode().encode("utf-16-be")
        pairs = (int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2))
        return "".join(chr(unit) if unit < 128 else f"\\u{unit:04x}" for unit in pairs).encode()
    return compact


# -- made-up selections --------------------------------------------------------------------------


@dataclass(frozen=True)
class Selection:
    """Which streams are selected, and which of their fields are not."""

    streams: frozenset[str]
    without: frozenset[tuple[str, Path]]

    def catalog(self) -> Schema:
        catalog: Schema = copy.deepcopy(DISCOVERED)
        for entry in catalog["streams"]:
            name = entry["tap_stream_id"]
            for metadata in entry["metadata"]:
                path = tuple(metadata["breadcrumb"][1::2])
                chosen = (name, path) not in self.without if path else name in self.streams
                metadata["metadata"]["selected"] = chosen
        return catalog

    def leaves(self, stream: str, path: Path) -> bool:
        """Tell whether a field arrives: keys always, others as selected."""
        return path in AUTOMATIC[stream] or (stream, path) not in self.without


PATHS = {
    name: [tuple(one["breadcrumb"][1::2]) for one in entry["metadata"] if one["breadcrumb"]]
    for name, entry in ENTRY_OF.items()
}
AUTOMATIC = {
    name: {
        tuple(one["breadcrumb"][1::2])
        for one in entry["metadata"]
        if one["metadata"]["inclusion"] == "automatic"
    }
    for name, entry in ENTRY_OF.items()
}


def selections(*streams: str) -> st.SearchStrategy[Selection]:
    paths = [(stream, path) for stream in streams for path in PATHS[stream]]
    return st.builds(
        Selection,
        streams=st.frozensets(st.sampled_from(streams), min_size=1),
        without=st.frozensets(st.sampled_from(paths), max_size=len(paths)),
    )


# -- what should come out ------------------------------------------------------------------------


def fitted(value: Any, schema: Schema) -> Any:  # noqa: PLR0911 - any JSON
    """The value where the schema allows it, otherwise null; instants in UTC."""
    kinds = kinds_of(schema)
    if kinds == FREE or value is None:
        return value
    if isinstance(value, str) and schema.get("format") == "date-time":
        return utc(value)
    if isinstance(value, bool):
        return value if "boolean" in kinds else None
    if isinstance(value, int):
        return value if {"integer", "number"} & {*kinds} else None
    if isinstance(value, Decimal):
        return value if "number" in kinds else None
    if isinstance(value, str):
        return value if "string" in kinds else None
    if isinstance(value, dict) and "object" in kinds:
        described = schema["properties"]
        return {name: fitted(value.get(name), described[name]) for name in described}
    if isinstance(value, list) and "array" in kinds:
        if schema["items"]["type"] == "object":
            return [fitted(item, schema["items"]) for item in value if isinstance(item, dict)]
        return [item for item in value if isinstance(item, str)]
    return None


def utc(text: str) -> str | None:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def kept(
    record: dict[str, Any], selection: Selection, stream: str, above: Path = ()
) -> dict[str, Any]:
    """What the selection leaves of a record; free-form values have no fields to deselect."""
    found = {}
    for name, value in record.items():
        path = (*above, name)
        if selection.leaves(stream, path):
            inside = isinstance(value, dict) and path in HOLDERS[stream]
            found[name] = kept(value, selection, stream, path) if inside else value
    return found


HOLDERS = {name: {path[:-1] for path in paths} for name, paths in PATHS.items()}


def entry_rows(page: Page) -> Page:
    rows = [fitted(row, ENTRY_OF["time_entries"]["schema"]) for row in page]
    for row in rows:
        row["start"] = row["timeInterval"] and row["timeInterval"]["start"]
        for name in FROM_FEEDS:  # which this replication method does not fill
            del row[name]
    return rows


def tag_rows(page: Page) -> Page:
    return [
        {name: row[name] for name in ("workspaceId", "userId", "start")}
        | {"timeEntryId": row["id"], "tagId": tag}
        for row in entry_rows(page)
        for tag in row["tagIds"] or ()
    ]


def custom_field_rows(page: Page) -> Page:
    return [
        {name: row[name] for name in ("workspaceId", "userId", "start")}
        | {name: value[name] for name in ("customFieldId", "name", "type", "sourceType")}
        | {"timeEntryId": row["id"], "value": value["value"]}
        for row in entry_rows(page)
        for value in row["customFieldValues"] or ()
        if value["customFieldId"] is not None
    ]


def user_rows(page: Page) -> Page:
    rows = [fitted(row, ENTRY_OF["users"]["schema"]) for row in page]
    return [row | {"workspaceId": "w1"} for row in rows]


def project_rows(page: Page) -> Page:
    return [fitted(row, ENTRY_OF["projects"]["schema"]) for row in page]


def membership_rows(rows: Page, context: dict[str, str]) -> Page:
    found = [
        {new: row[old] for new, old in context.items()} | membership
        for row in rows
        for membership in row["memberships"] or ()
    ]
    key = ("userId", "membershipType", "targetId")
    return [row for row in found if all(row[name] is not None for name in key)]


EXPECTED: dict[str, Callable[[Page], Page]] = {
    "time_entries": entry_rows,
    "time_entry_tags": tag_rows,
    "time_entry_custom_fields": custom_field_rows,
    "users": user_rows,
    "user_memberships": lambda page: membership_rows(
        user_rows(page), {"workspaceId": "workspaceId"}
    ),
    "projects": project_rows,
    "project_memberships": lambda page: membership_rows(
        project_rows(page), {"workspaceId": "workspaceId", "projectId": "id"}
    ),
    "workspaces": lambda page: [fitted(row, ENTRY_OF["workspaces"]["schema"]) for row in page],
}


def check(
    path: str,
    streams: tuple[str, ...],
    made_up: list[Page],
    selection: Selection,
    how: str,
    *,
    versions: bool,
) -> None:
    answers: dict[str, Any] = {WORKSPACES: b'[{"id":"w1"}]', USERS: b'[{"id":"u1"}]'}
    bodies = [encoded(page, how) for page in made_up]
    answers[path] = bodies[0] if path == WORKSPACES else bodies
    made_up = made_up[:1] if path == WORKSPACES else made_up
    fast, slow = (
        run_tap(
            FakeClock(),
            answers,
            selection.catalog(),
            kind=kind,
            emit_activate_version_messages=versions,
        )
        for kind in (TapClockify, SlowTap)
    )
    assert fast.error is slow.error is None
    for stream in streams:
        expected = []
        if stream in selection.streams:
            rows = [row for page in made_up for row in EXPECTED[stream](page)]
            expected = [kept(row, selection, stream) for row in rows]
        for way in (fast, slow):
            records = way.records(stream)
            if stream == "time_entry_custom_fields":
                records = [as_value(new, old) for new, old in zip(records, expected, strict=True)]
            assert records == expected
    for message in fast.messages + slow.messages:
        if message["type"] == "RECORD":
            assert ("version" in message) == versions
            assert message["time_extracted"] == "2026-09-15T12:30:00Z"
    assert same_version(fast.messages) == same_version(slow.messages)
    for way in (fast, slow):
        given = {m["version"] for m in way.messages if "version" in m}
        assert len(given) <= versions


def same_version(messages: list[dict[str, Any]]) -> list[Any]:
    """Messages with their table version, which is the time of the run, made equal."""

    def equal(value: Any) -> Any:
        if isinstance(value, list):
            return [equal(item) for item in value]
        if isinstance(value, dict):
            return {
                name: name if name == "version" and part else equal(part)
                for name, part in value.items()
            }
        return value

    return [
        {**message, "version": bool(message.get("version"))}
        if message["type"] == "RECORD"
        else equal(message)
        for message in messages
    ]


def as_value(record: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """Read the text of a custom field's value back where the value was no text."""
    if "value" in expected and not isinstance(expected["value"], str) and record["value"]:
        return record | {"value": json.loads(record["value"], parse_float=Decimal)}
    return record


HOW = st.sampled_from(["compact", "spread", "ascii"])
quickly = settings(
    phases=[Phase.generate],  # shrinking takes minutes; add Phase.shrink to look into a failure
)


@quickly
@given(
    pages("time_entries"),
    selections("time_entries", "time_entry_tags", "time_entry_custom_fields"),
    HOW,
    st.booleans(),
)
def test_time_entries_and_their_child_streams(
    made_up: list[Page],
    selection: Selection,
    how: str,
    versions: bool,
) -> None:
    streams = ("time_entries", "time_entry_tags", "time_entry_custom_fields")
    check(ENTRIES, streams, made_up, selection, how, versions=versions)


@quickly
@given(pages("users").filter(any), selections("users", "user_memberships"), HOW, st.booleans())
def test_users_and_their_memberships(
    made_up: list[Page],
    selection: Selection,
    how: str,
    versions: bool,
) -> None:
    check(USERS, ("users", "user_memberships"), made_up, selection, how, versions=versions)


@quickly
@given(pages("projects"), selections("projects", "project_memberships"), HOW, st.booleans())
def test_projects_and_their_memberships(
    made_up: list[Page],
    selection: Selection,
    how: str,
    versions: bool,
) -> None:
    check(PROJECTS, ("projects", "project_memberships"), made_up, selection, how, versions=versions)


@quickly
@given(pages("workspaces"), selections("workspaces"), HOW, st.booleans())
def test_workspaces(made_up: list[Page], selection: Selection, how: str, versions: bool) -> None:
    assume(made_up[0])  # a key that sees no workspace is an error
    check(WORKSPACES, ("workspaces",), made_up, selection, how, versions=versions)


# -- examples for what chance may miss -----------------------------------------------------------


@pytest.mark.parametrize("kind", [TapClockify, SlowTap])
def test_numbers_keep_their_digits_on_both_ways(kind: type[TapClockify]) -> None:
    number = "1234567890123456789.01234567890123456789"
    page = b'[{"id":"1","customFieldValues":[{"customFieldId":"c","value":%b}]}]' % number.encode()
    answers = {WORKSPACES: b'[{"id":"w1"}]', USERS: b'[{"id":"u1"}]', ENTRIES: page}
    run = run_tap(FakeClock(), answers, ("time_entries", "time_entry_custom_fields"), kind=kind)
    assert number.encode() in run.lines
    assert run.records("time_entries")[0]["customFieldValues"][0]["value"] == Decimal(number)
    assert run.records("time_entry_custom_fields")[0]["value"] == number


@pytest.mark.parametrize("value", ["\n", "\r", "\u2028", '{"type":"RECORD"}\n', "\x85"])
def test_a_record_is_one_line_whatever_its_texts_hold(value: str) -> None:
    page = msgspec.json.encode([{"id": "1", "name": value}, {"id": "2", "name": value}])
    answers = {WORKSPACES: b'[{"id":"w1"}]', PROJECTS: page}
    run = run_tap(FakeClock(), answers, ("projects",))
    lines = [line for line in run.lines.split(b"\n") if b'"RECORD"' in line]
    assert [json.loads(line)["record"]["name"] for line in lines] == [value, value]


def test_a_field_that_the_catalogs_schema_lacks_is_left_out_on_both_ways() -> None:
    catalog = copy.deepcopy(DISCOVERED)
    for entry in catalog["streams"]:
        selected = entry["tap_stream_id"] == "projects"
        entry["metadata"][-1]["metadata"]["selected"] = selected
        if selected:
            del entry["schema"]["properties"]["name"]
    answers = {WORKSPACES: b'[{"id":"w1"}]', PROJECTS: b'[{"id":"1","name":"n","note":"x"}]'}
    fast, slow = (
        run_tap(FakeClock(), answers, copy.deepcopy(catalog), kind=kind)
        for kind in (TapClockify, SlowTap)
    )
    assert fast.records("projects") == slow.records("projects")
    assert "name" not in fast.records("projects")[0]
    assert fast.records("projects")[0]["note"] == "x"


@pytest.mark.parametrize("kind", [TapClockify, SlowTap])
def test_keys_are_never_null_even_if_an_older_catalog_says_so(kind: type[TapClockify]) -> None:
    catalog = copy.deepcopy(DISCOVERED)
    for entry in catalog["streams"]:
        named = entry["tap_stream_id"] in {"projects", "project_memberships"}
        entry["metadata"][-1]["metadata"]["selected"] = named
        for name in entry["key_properties"]:
            entry["schema"]["properties"][name]["type"] = ["string", "null"]
    member = b'{"userId":"u1","membershipType":"PROJECT","targetId":%b}'
    page = b'[{"id":"1","memberships":[%b,%b]}]' % (member % b'"1"', member % b"null")
    run = run_tap(FakeClock(), {WORKSPACES: b'[{"id":"w1"}]', PROJECTS: page}, catalog, kind=kind)
    for message in run.of_type("SCHEMA"):
        properties = message["schema"]["properties"]
        kinds = {name: properties[name]["type"] for name in message["key_properties"]}
        assert kinds == dict.fromkeys(message["key_properties"], "string")
    assert [row["targetId"] for row in run.records("project_memberships")] == ["1"]


def test_a_stream_map_is_applied() -> None:
    answers = {WORKSPACES: b'[{"id":"w1"}]', PROJECTS: b'[{"id":"1","name":"n"}]'}
    maps = {"projects": {"shout": "name.upper()", "name": None, "__alias__": "plans"}}
    run = run_tap(FakeClock(), answers, ("projects",), stream_maps=maps)
    record = run.records("plans")[0]
    assert record["shout"] == "N"
    assert "name" not in record


def test_flattening_is_applied() -> None:
    answers = {
        WORKSPACES: b'[{"id":"w1"}]',
        PROJECTS: b'[{"id":"1","hourlyRate":{"amount":5,"currency":"EUR"}}]',
    }
    run = run_tap(
        FakeClock(), answers, ("projects",), flattening_enabled=True, flattening_max_depth=2
    )
    record = run.records("projects")[0]
    assert (record["hourlyRate__amount"], record["hourlyRate__currency"]) == (5, "EUR")


@pytest.mark.parametrize("kind", [TapClockify, SlowTap])
def test_what_is_no_number_is_null_in_lists_as_well(kind: type[TapClockify]) -> None:
    page = (
        b'[{"id":"u1","memberships":[{"costRate":{"amount":"NaN"}},{"costRate":{"amount":1.5}}]}]'
    )
    answers = {WORKSPACES: b'[{"id":"w1"}]', USERS: page}
    run = run_tap(FakeClock(), answers, ("users",), kind=kind)
    assert b"NaN" not in run.lines
    (row,) = run.records("users")
    amounts = [one["costRate"]["amount"] for one in row["memberships"]]
    assert amounts == [None, Decimal("1.5")]
