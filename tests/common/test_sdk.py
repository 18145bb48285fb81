"""The SDK as `taps_common.sdk` knows it: what is overridden there, and what that relies on."""

from __future__ import annotations

import ast
import hashlib
import inspect
import io
import json
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from singer_sdk import Stream, Tap
from singer_sdk import typing as th
from singer_sdk.exceptions import AbortedSyncFailedException, AbortedSyncPausedException
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.plugin_base import PluginBase
from singer_sdk.singerlib.encoding.simple import SimpleSingerWriter

import tap_clockify
import taps_common
from tap_clicktime.tap import TapClickTime
from tap_clockify.streams.workspaces import Workspaces
from tap_clockify.tap import TapClockify
from tap_perform.tap import TapPerform
from taps_common.sdk import LineWriter, SdkStream, SdkTap
from tests.common.doubles import (
    ENTRIES,
    PROJECTS,
    Answers,
    FakeClock,
    body,
    catalog_of,
    one_workspace,
    run_tap,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taps_common.cli.tap import ApiTap


class BareStream(Stream):
    """A stream of the SDK's own, with nothing of ours."""

    name = "bare"
    schema = th.PropertiesList(th.Property("id", th.StringType)).to_dict()

    def get_records(self, context: object) -> Iterable[dict[str, Any]]:
        return []


class BareTap(Tap):
    """A tap of the SDK's own, with nothing of ours."""

    name = "tap-bare"
    config_jsonschema = th.PropertiesList().to_dict()

    def discover_streams(self) -> Sequence[Stream]:
        return [BareStream(self)]


def sources(*packages: Any) -> list[Path]:
    return [path for package in packages for path in Path(package.__file__).parent.rglob("*.py")]


def private_names(path: Path) -> set[str]:
    """Names with one leading underscore that a module reads from, or defines on, objects."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            found |= {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
    return {name for name in found if name.startswith("_") and not name.startswith("__")}


def own_names(path: Path) -> set[str]:
    """Names that a module which subclasses nothing of the SDK gives its own objects."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [ast.unparse(n) for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    if any("taps_common.sdk" in text or "singer_sdk" in text for text in imports):
        return set()
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }


def sdk_private_names() -> set[str]:
    tap = BareTap(validate_config=False)
    stream = tap.streams["bare"]
    names = {*dir(tap), *dir(stream)}
    return {name for name in names if name.startswith("_") and not name.startswith("__")}


PRIVATE = {
    "_check_max_record_limit",
    "_config",
    "_generate_record_messages",
    "_generate_schema_messages",
    "_handle_termination",
    "_setup_signal_handlers",
    "_stream_version",
    "_sync_records",
    "_tap",
    "_validate_config",
    "_write_activate_version_message",
    "_write_batch_message",
    "_write_schema_message",
}
"""What `taps_common.sdk` uses of the SDK that is not public."""


def test_the_private_names_that_are_used_are_pinned_here() -> None:
    (used,) = [path for path in sources(taps_common) if path.name == "sdk.py"]
    own = {*dir(LineWriter())} - {*dir(SimpleSingerWriter())}
    assert private_names(used) - own == PRIVATE


def test_the_sdk_still_has_all_of_them() -> None:
    assert sdk_private_names() >= PRIVATE


def test_no_other_module_uses_a_private_name_of_the_sdk() -> None:
    private = sdk_private_names()
    used = {
        path.name: sorted((private_names(path) & private) - own_names(path))
        for path in sources(taps_common, tap_clockify)
        if path.name != "sdk.py"
    }
    assert {name: found for name, found in used.items() if found} == {}


def test_sync_all_is_the_only_final_method_that_is_overridden() -> None:
    """`Tap.sync_all` and `Stream.sync` are final by declaration; the run of these taps is not."""

    def final(kind: type) -> set[str]:
        return {
            name
            for name in dir(kind)
            if getattr(inspect.getattr_static(kind, name), "__final__", False)
        }

    for ours, theirs in ((TapClockify, Tap), (SdkStream, Stream)):
        overridden = {
            name
            for name in final(theirs)
            if inspect.getattr_static(ours, name) is not inspect.getattr_static(theirs, name)
        }
        assert overridden <= {"sync_all"}


SIGNATURES = [
    (Stream, "_generate_record_messages", ["self", "record"]),
    (Stream, "_write_schema_message", ["self"]),
    (Stream, "_generate_schema_messages", ["self"]),
    (Stream, "_write_activate_version_message", ["self", "full_table_version"]),
    (Stream, "_write_batch_message", ["self", "encoding", "manifest"]),
    (Stream, "_check_max_record_limit", ["self", "current_record_index"]),
    (Stream, "_sync_records", ["self", "context", "write_messages"]),
    (Stream, "__init__", ["self", "tap", "schema", "name"]),
    (Stream, "get_context_state", ["self", "context"]),
    (Tap, "sync_all", ["self"]),
    (Tap, "invoke", ["about", "about_format", "config", "state", "catalog"]),
    (Tap, "cb_test", ["ctx", "param", "value"]),
    (Tap, "append_builtin_config", ["config_jsonschema"]),
    (PluginBase, "_validate_config", ["self", "raise_errors"]),
    (PluginBase, "_handle_termination", ["self", "signum", "frame"]),
    (SimpleSingerWriter, "write_message", ["self", "message"]),
]


@pytest.mark.parametrize(("kind", "name", "parameters"), SIGNATURES)
def test_what_is_called_or_overridden_takes_the_same_arguments(
    kind: type, name: str, parameters: list[str]
) -> None:
    assert list(inspect.signature(getattr(kind, name)).parameters) == parameters


SOURCES = [
    (
        Stream,
        "_generate_record_messages",
        "919b31d3677d",
        "what it does to a record (selection, conformance, maps) is what `LineEncoder` equals",
    ),
    (
        Stream,
        "_write_schema_message",
        "92907269d6bd",
        "`SdkStream.write_schema` writes the SCHEMA once through it",
    ),
    (
        Stream,
        "_generate_schema_messages",
        "911772445ce6",
        "which fields a SCHEMA declares must be those that `RecordStream.selects` lets through",
    ),
    (
        Stream,
        "_write_activate_version_message",
        "b119849c1181",
        "it must write one message per stream map and do nothing else",
    ),
    (
        Stream,
        "_generate_batch_messages",
        "dc611589fc0d",
        "it must make one message per stream map, of an encoding that is a dictionary",
    ),
    (
        Stream,
        "_check_max_record_limit",
        "db7f04febfa9",
        "`RecordStream.emit` passes the count of written rows, so `>` or `>=` matters",
    ),
    (
        Stream,
        "_abort_sync",
        "e8e32b827989",
        "a dry run must still end with an exception that `run_sync_dry_run` suppresses",
    ),
    (
        Stream,
        "sync",
        "cd2b748b6d52",
        "it must call `_sync_records` after the SCHEMA, and write no versions of its own",
    ),
    (
        Stream,
        "_sync_records",
        "577eb2138f5d",
        "it is replaced: see whether it does anything new that a page reader must do as well",
    ),
    (
        Stream,
        "stream_maps",
        "dadaa092f50c",
        "`takes_pages` reads from it whether anything but the plain record comes out",
    ),
    (
        Stream,
        "effective_schema",
        "6c76493a2122",
        "`RecordStream.selects` takes the catalog's schema from it",
    ),
    (
        SameRecordTransform,
        "transform",
        "abcb472f5c6a",
        "without flattening it must hand a record on unchanged: ready lines pass it by",
    ),
    (
        Tap,
        "sync_all",
        "6a05dddde775",
        "`ApiTap.sync_all` replaces it: see whether it does anything new",
    ),
    (
        Tap,
        "run_sync_dry_run",
        "eaf646f9e306",
        "`--test` and the standard tests read each stream by it, `read_alone` in ours",
    ),
    (
        Tap,
        "_handle_termination",
        "d128928ccfad",
        "`SdkTap._handle_termination` replaces it and must be what signals call",
    ),
    (
        Tap,
        "_reset_state_progress_markers",
        "0b0116170b29",
        "`ApiTap.sync_all` leaves it out: there are no progress markers in this state",
    ),
    (
        Tap,
        "_set_compatible_replication_methods",
        "824e80aeda73",
        "`ApiTap.sync_all` leaves it out: there are no child streams",
    ),
    (
        PluginBase,
        "_validate_config",
        "165fb003b6bf",
        "`SdkTap._validate_config` replaces it: defaults and built-in settings included",
    ),
    (
        PluginBase,
        "_setup_signal_handlers",
        "c4057495a1cc",
        "signals must still reach `_handle_termination`",
    ),
    (
        SimpleSingerWriter,
        "write_message",
        "7dd41f342093",
        "`LineWriter` writes to the same stream and flushes as it does",
    ),
]


@pytest.mark.parametrize(("kind", "name", "digest", "check"), SOURCES)
def test_what_is_relied_on_reads_as_it_did(kind: type, name: str, digest: str, check: str) -> None:
    found = inspect.getattr_static(kind, name)
    function: Any = found.fget if isinstance(found, property) else found
    text = inspect.cleandoc(inspect.getsource(function))
    now = hashlib.sha256(text.encode()).hexdigest()[:12]
    assert now == digest, (
        f"singer-sdk changed {kind.__name__}.{name}. Check: {check}. Then pin it as {now!r}."
    )


# -- what the SDK does with it -------------------------------------------------------------------


def made(**config: object) -> TapClockify:
    return TapClockify(config={"api_key": "k", **config})


def test_signals_reach_the_tap() -> None:
    with click.Context(TapClockify.get_singer_command()):
        tap = made()
    caught: list[int] = []
    tap.interrupt = caught.append  # type: ignore[method-assign,assignment]  # a double
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGINT)
    assert caught == [signal.SIGTERM, signal.SIGINT]


@pytest.mark.parametrize("kind", [TapClockify, TapClickTime, TapPerform])
def test_who_makes_a_tap_keeps_the_signals(kind: type[ApiTap]) -> None:
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    with click.Context(click.Command("of-another-program")):
        kind(config={}, validate_config=False)
    assert [signal.getsignal(number) for number in numbers] == before


def test_settings_that_are_normalised_are_the_settings_of_the_run() -> None:
    tap = made(request_timeout="1.5")
    assert tap.config["request_timeout"] == 1.5
    assert tap.config["lookback_days"] == 30
    assert {"stream_maps", "flattening_enabled"} <= tap.config_jsonschema["properties"].keys()
    assert issubclass(TapClockify, SdkTap)


def test_pages_are_taken_unless_something_changes_records() -> None:
    assert made().stream_of(Workspaces).takes_pages
    for config in (
        {"flattening_enabled": True, "flattening_max_depth": 1},
        {"stream_maps": {"workspaces": {"name": "name.upper()"}}},
        {"stream_maps": {"workspaces": {"__alias__": "places"}}},
    ):
        assert not made(**config).stream_of(Workspaces).takes_pages


def test_a_plain_writer_takes_no_pages() -> None:
    class PlainTap(TapClockify):
        message_writer_class = SimpleSingerWriter  # type: ignore[assignment]  # the SDK's

    tap = PlainTap(config={"api_key": "k"})
    assert not tap.stream_of(Workspaces).takes_pages


def test_an_alias_goes_into_every_message(clock: FakeClock) -> None:
    run = run_tap(
        clock,
        Answers(one_workspace() | {PROJECTS: body({"id": "1"})}),
        ("projects",),
        stream_maps={"projects": {"__alias__": "plans"}},
        emit_activate_version_messages=True,
    )
    told = {message["stream"] for message in run.messages if message["type"] != "STATE"}
    assert told == {"plans"}
    assert [message["stream"] for message in run.of_type("ACTIVATE_VERSION")] == ["plans"]


def test_ready_lines_and_messages_keep_their_order(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    writer = LineWriter()
    tap = made()
    writer.write_lines(b'{"a":1}\n')
    tap.stream_of(Workspaces).write_schema()
    writer.write_lines(b'{"b":"\xc3\xa9"}\n')
    lines = capsysbinary.readouterr().out.splitlines()
    assert [lines[0], lines[2]] == [b'{"a":1}', b'{"b":"\xc3\xa9"}']
    assert json.loads(lines[1])["type"] == "SCHEMA"


def test_gathered_lines_keep_their_order_and_none_is_lost(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    tap = made()
    writer = tap.message_writer
    assert isinstance(writer, LineWriter)
    with suppress(KeyError), tap.gathering():
        writer.write_lines(b'{"a":1}\n')
        writer.write_lines(b'{"b":1}\n')
        assert capsysbinary.readouterr().out == b""
        tap.stream_of(Workspaces).write_schema()
        assert capsysbinary.readouterr().out.startswith(b'{"a":1}\n{"b":1}\n{"type":"SCHEMA"')
        writer.write_lines(b"x" * (1 << 20))
        assert len(capsysbinary.readouterr().out) == 1 << 20
        writer.write_lines(b'{"c":1}\n')
        raise KeyError
    writer.write_lines(b'{"d":1}\n')
    assert capsysbinary.readouterr().out == b'{"c":1}\n{"d":1}\n'


def test_ready_lines_go_into_text_in_memory_too(monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.StringIO()
    monkeypatch.setattr("sys.stdout", text)
    LineWriter().write_lines('{"b":"é"}\n'.encode())
    assert text.getvalue() == '{"b":"é"}\n'


class Narrow(io.RawIOBase):
    """A pipe without a buffer, of which a signal ends each write after a few bytes."""

    def __init__(self) -> None:
        self.taken = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.taken += bytes(data[:5])
        return min(len(data), 5)


def test_a_write_that_a_signal_ends_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """With PYTHONUNBUFFERED standard output takes a part, and says so."""
    pipe = Narrow()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(pipe, write_through=True))  # type: ignore[type-var]  # as Python does
    tap = made()
    LineWriter().write_lines(b'{"a":"a long line"}\n')
    tap.stream_of(Workspaces).write_schema()
    first, second = pipe.taken.splitlines()
    assert first == b'{"a":"a long line"}'
    assert json.loads(second)["type"] == "SCHEMA"


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_dry_run_ends_at_its_limit(
    clock: FakeClock, limit: int, capsys: pytest.CaptureFixture[str]
) -> None:
    page = body(*({"id": str(number), "tagIds": ["t"]} for number in range(5)))
    tap = made()
    tap.clock = clock
    tap.__dict__["session"] = Answers(one_workspace() | {ENTRIES: page, PROJECTS: page})
    names = ("projects", "time_entries", "time_entry_tags")
    assert tap.run_sync_dry_run(limit, [tap.streams[name] for name in names])
    messages = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for name in names:
        rows = [m for m in messages if m["type"] == "RECORD" and m["stream"] == name]
        assert len(rows) == limit


def test_a_dry_run_asks_for_no_more_than_it_needs(
    clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    tap = made()
    tap.clock = clock
    pages = [body({"id": f"{page}-1"}, {"id": f"{page}-2"}) for page in range(9)]
    answers = Answers(one_workspace() | {PROJECTS: pages})
    tap.__dict__["session"] = answers
    tap.run_sync_dry_run(1, [tap.streams["projects"]])
    assert len(answers.params(PROJECTS)) == 1
    assert capsys.readouterr().out.count('"RECORD"') == 1


def test_the_limit_of_a_dry_run_is_an_exception_that_is_suppressed() -> None:
    stream = made().stream_of(Workspaces)
    stream.ABORT_AT_RECORD_COUNT = 2
    stream.stop_at_limit(1)
    with pytest.raises((AbortedSyncFailedException, AbortedSyncPausedException)):
        stream.stop_at_limit(2)


def test_state_of_a_scope_is_a_partition_in_the_sdks_format() -> None:
    tap = made()
    stream = tap.stream_of(Workspaces)
    stream.get_context_state({"workspaceId": "w1"})["x"] = 1
    stream.get_context_state({"workspaceId": "w2"})["x"] = 2
    stream.get_context_state({"workspaceId": "w1"})["y"] = 3
    assert tap.state["bookmarks"]["workspaces"]["partitions"] == [
        {"context": {"workspaceId": "w1"}, "x": 1, "y": 3},
        {"context": {"workspaceId": "w2"}, "x": 2},
    ]


def test_discovery_is_unchanged_by_a_catalog_that_selects_less() -> None:
    catalog = catalog_of(made(), "projects")
    tap = TapClockify(config={"api_key": "k"}, catalog=catalog)
    assert [stream.name for stream in tap.all_streams if stream.selected] == ["projects"]
