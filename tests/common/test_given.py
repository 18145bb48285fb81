"""The files that a command is given: used as they are, or one sentence that says why not."""

from __future__ import annotations

import io
import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taps_common.cli.given import json_file
from taps_common.sync.quota import ages_in
from taps_common.sync.state import Window, open_window

NOW = datetime(2026, 9, 15, 12, 30, tzinfo=timezone.utc)


class Named(io.TextIOWrapper):
    """A file as click opens it."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8")

    name = "given.json"


def refusal(option: str, content: bytes) -> str:
    with pytest.raises(click.UsageError) as caught:
        json_file(option, Named(content), "tap-clockify", ["api_key", "region"])
    return caught.value.message


def of_tags(**entry: Any) -> bytes:
    return json.dumps({"bookmarks": {"tags": entry}}).encode()


def nested(levels: int) -> bytes:
    """A state with something of another tap's."""
    return b'{"bookmarks":' + b'{"x":' * (levels - 1) + b"1" + b"}" * levels


STATES = [
    (b"", "it is empty"),
    (b"nul", "not valid JSON"),
    (b'{"bookmarks": {}}\n{"bookmarks": {}}\n', r"it has more than one state: .*\(tail -n 1\)"),
    (b'{"bookmarks": {}} x', "not valid JSON"),
    (b'{"bookmarks" {}}', "not valid JSON"),
    (b"\xef\xbb\xbf{}", "not valid JSON"),
    (b"[" * 1_000_000, "nested too deep"),  # 3.15 goes as deep as the stack
    (nested(101), "nested too deep"),
    (b'{"bookmarks": {}}'.decode().encode("utf-16"), "not UTF-8"),
    (b'{"bookmarks": {"tags": {"x": NaN}}}', "NaN is not a number"),
    (b"9" * 5000, "not valid JSON"),
    (b"null", "Expected object, got null"),
    (b"[]", "Expected object, got array"),
    (b'"x"', "Expected object, got str"),
    (b'{"bookmarks": null}', "Expected object, got null - at bookmarks"),
    (b'{"bookmarks": {"tags": []}}', "tags: Expected object, got array"),
    (b'{"type": "STATE", "value": {"bookmarks": {}}}', "no bookmarks; .*give what is in value"),
    (b'{"singer_state": {"bookmarks": {}}}', "no bookmarks; .*or singer_state"),
    (of_tags(partitions={}), "tags: Expected array, got object - at partitions"),
    (of_tags(partitions=[7]), r"at partitions\[0\]"),
    (of_tags(partitions=[{"context": None}]), r"at partitions\[0\].context"),
    (of_tags(replication_key_value=7), "at replication_key_value"),
    (of_tags(known="w1"), "at known"),
    (of_tags(unfinished={"u1": "soon"}), r"tags: Expected a timestamp - at unfinished"),
    (of_tags(walk=[]), "at walk"),
    (of_tags(walk={"since": 7}), "tags: Expected a timestamp - at walk.since"),
    (of_tags(walk={"stalled": "x"}), "at walk.stalled"),
    (of_tags(activated={"w1": {"rows": None}}), r"at activated\[...\].rows"),
    (of_tags(clips={"Quay": []}), "at clips"),
    (of_tags(sent={"2026-01-31T12:00:00Z": 99999999999999999999}), "at sent"),
    (of_tags(sent={"2026-01-31T12:00:00Z": "x"}), "at sent"),
    (of_tags(sent=[]), "at sent"),
    (of_tags(bounds_zones=["UTC"]), "at bounds_zones"),
    (of_tags(bounds_zones={"w1": "UTC"}), r"at bounds_zones\[...\]"),
    (of_tags(bounds_zones={"w1": [7]}), r"at bounds_zones\[...\]"),
]

CATALOGS = [
    (b"[]", "Expected object, got array"),
    (b"{}", "missing required field streams"),
    (b'{"streams": null}', "got null - at streams"),
    (b'{"streams": [7]}', r"at streams\[0\]"),
    (b'{"streams": [{"stream": "tags", "schema": {}}]}', "missing required field tap_stream_id"),
    (b'{"streams": [{"tap_stream_id": "tags"}]}', "missing required field schema"),
    (
        b'{"streams": [{"tap_stream_id": "tags", "schema": {"properties": {"id": 7}}}]}',
        r"at streams\[0\].schema.properties",
    ),
    (
        b'{"streams": [{"tap_stream_id": "tags", "schema": {}, "metadata": [{}]}]}',
        "missing required field breadcrumb",
    ),
]


@pytest.mark.parametrize(("content", "says"), STATES)
def test_a_state_of_another_shape_is_a_sentence(content: bytes, says: str) -> None:
    message = refusal("state", content)
    assert message.startswith("CLOCKIFY-STATE: --state: given.json: ")
    assert_sentence(says, message)


@pytest.mark.parametrize(("content", "says"), CATALOGS)
def test_a_catalog_of_another_shape_is_a_sentence(content: bytes, says: str) -> None:
    message = refusal("catalog", content)
    assert message.startswith("CLOCKIFY-SETTING: --catalog: given.json: ")
    assert_sentence(says, message)


RULES = b'["users.*", "!users.email"]'
RULES_ARE = (
    "these are Meltano's rules of selection, for meltano config set tap-clockify _select "
    "--from-file. A catalog lists tables with their columns: --discover prints one, and "
    "catalogs/singer has ready ones."
)
SETTINGS = b'{"api_key": "4711", "colour": 1}'
STATE = b'{"bookmarks": {}}'
CATALOG = b'{"streams": []}'


@pytest.mark.parametrize(
    ("option", "content", "says"),
    [
        ("catalog", RULES, RULES_ARE),
        ("state", RULES, RULES_ARE),
        ("config", RULES, RULES_ARE),
        ("catalog", SETTINGS, "these are settings, for --config."),
        ("catalog", STATE, "this is a state, for --state."),
        ("state", SETTINGS, "these are settings, for --config."),
        ("state", CATALOG, "this is a catalog, for --catalog."),
        ("config", CATALOG, "this is a catalog, for --catalog."),
        ("config", STATE, "this is a state, for --state."),
    ],
)
def test_a_file_of_another_option_is_called_what_it_is(
    option: str, content: bytes, says: str
) -> None:
    kind = "STATE" if option == "state" else "SETTING"
    assert refusal(option, content) == f"CLOCKIFY-{kind}: --{option}: given.json: {says}"


def assert_sentence(says: str, message: str) -> None:
    assert re.search(says, message), message
    assert "\n" not in message
    assert len(message) < 300


def test_a_catalog_with_a_tail_is_not_a_file_of_states() -> None:
    assert "not valid JSON (Extra data" in refusal("catalog", CATALOG * 2)


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b'{"bookmarks": {}}',
        nested(100),
        b'{"currently_syncing": null, "bookmarks": {"another_tap": {"own": [1, null, {}]}}}',
        of_tags(replication_key="end", replication_key_value="2026-01-31", walk=None),
        of_tags(sent={"2026-01-31T12:00:00Z": 17}, clips={"Quay": {"rows": 2, "digest": "x"}}),
        of_tags(bounds_zones={"w1": ["UTC", "Europe/Lisbon"], "w2": []}),
    ],
)
def test_a_state_goes_on_as_it_is(content: bytes) -> None:
    file = json_file("state", Named(content), "tap-clockify")
    assert file.read().encode() == content


_WORDS = """
    bookmarks quota sent tags partitions context walk since known unfinished done began version
    latest open rows stalled start end cursor replication_key replication_key_value streams
    tap_stream_id schema properties metadata breadcrumb 2026-01-31T12:00:00Z
"""
_KEYS = st.sampled_from(_WORDS.split())
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_KEYS, ANYTHING) | ANYTHING)
def test_whatever_is_given_is_used_or_refused(value: object) -> None:
    content = json.dumps(value).encode()
    for option in ("state", "catalog"):
        try:
            json_file(option, Named(content), "tap-clockify")
        except click.UsageError as error:
            assert "\n" not in error.message  # noqa: PT017 - either way is good


@given(st.fixed_dictionaries({}, optional={"tags": ANYTHING, "quota": ANYTHING}))
def test_what_is_used_can_be_read(bookmarks: dict[str, Any]) -> None:
    try:
        json_file("state", Named(json.dumps({"bookmarks": bookmarks}).encode()), "tap-clockify")
    except click.UsageError:
        return
    window = Window(since=None, began=NOW, cursor="end")
    entry = bookmarks.get("tags", {})
    for scope in (entry, *entry.get("partitions", ())):
        if scope.get("replication_key") != "end":  # whose value has a sentence of its own
            open_window(window, [scope], full=False, lookback=timedelta(0))
    ages_in(bookmarks, NOW)
