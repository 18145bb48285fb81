"""The SDK as `taps_common.sdk` knows it: what is overridden there, and what that relies on."""

from __future__ import annotations

import ast
import hashlib
import inspect
import io
import json
import re
import signal
import sys
from collections import Counter
from contextlib import redirect_stdout, suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import click
import pytest
from singer_sdk import Stream, Tap
from singer_sdk import typing as th
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.plugin_base import PluginBase
from singer_sdk.singerlib.encoding.simple import SimpleSingerWriter

from scripts.regenerate import ROOT
from tap_clicktime.tap import TapClickTime
from tap_clockify.streams.workspaces import Workspaces
from tap_clockify.tap import TapClockify
from tap_perform.tap import TapPerform
from taps_common.sdk import LineWriter, SdkStream, SdkTap
from tests.clockify.runs import catalog
from tests.common.doubles import Answers
from tests.common.made_up import ENTRIES, PROJECTS, body, one_workspace, run_tap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from taps_common.cli.tap import ApiTap
    from tests.common.runs import TurningClock

TAPS = (TapClockify, TapClickTime, TapPerform)
PACKAGES = [tap.name.replace("-", "_") for tap in TAPS]


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


def sources() -> list[Path]:
    return [path for tap in (*PACKAGES, "taps_common") for path in (ROOT / tap).rglob("*.py")]


@cache
def private_names(path: Path) -> frozenset[str]:
    """Names with one leading underscore that a module reads from, or defines on, objects."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    found = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            found |= {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
    return frozenset(name for name in found if name.startswith("_") and not name.startswith("__"))


def own_names(path: Path) -> set[str]:
    """Names that a module which subclasses nothing of the SDK gives its own objects."""
    text = path.read_text(encoding="utf-8")
    if re.search(r"^(from|import) (taps_common\.sdk|singer_sdk)", text, re.MULTILINE):
        return set()
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)]
    return {node.attr for node in nodes if isinstance(node.ctx, ast.Store)}


def names_of_the_sdk() -> set[str]:
    tap = BareTap(validate_config=False)
    return {*dir(tap), *dir(tap.streams["bare"])}


(SDK,) = (path for path in sources() if path.name == "sdk.py")


def test_the_sdk_has_all_private_names_that_are_used() -> None:
    own = {*dir(LineWriter())} - {*dir(SimpleSingerWriter())}
    used = private_names(SDK) - own
    assert len(used) > 5
    assert used <= names_of_the_sdk()


def test_no_other_module_uses_a_private_name_of_the_sdk() -> None:
    private = names_of_the_sdk()
    used = {
        path: (private_names(path) & private) - own_names(path) for path in sources() if path != SDK
    }
    assert {path: names for path, names in used.items() if names} == {}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="`typing.final` leaves no mark")
def test_sync_all_is_the_only_final_method_that_is_overridden() -> None:
    """`Tap.sync_all` and `Stream.sync` are final by declaration; the run of these taps is not."""
    found = set()
    for ours, theirs in ((TapClockify, Tap), (SdkStream, Stream)):
        for name in dir(theirs):
            was, now = (inspect.getattr_static(kind, name) for kind in (theirs, ours))
            if getattr(was, "__final__", False) and now is not was:
                found.add(name)
    assert found == {"sync_all"}


PINNED = """
919b31d3677d Stream._generate_record_messages `LineEncoder` equals what it does to a record
92907269d6bd Stream._write_schema_message `SdkStream.write_schema` writes the SCHEMA once through it
911772445ce6 Stream._generate_schema_messages its fields must be those of `RecordStream.selects`
b119849c1181 Stream._write_activate_version_message it must write one message per map, no more
dc611589fc0d Stream._generate_batch_messages it must make one message per map, of a dictionary
db7f04febfa9 Stream._check_max_record_limit it gets the count of written rows: `>` or `>=` matters
e8e32b827989 Stream._abort_sync `run_sync_dry_run` must suppress the exception that ends a dry run
cd2b748b6d52 Stream.sync it must call `_sync_records` after the SCHEMA, and write no versions
577eb2138f5d Stream._sync_records it is replaced: does it anything new that a page reader must do?
dadaa092f50c Stream.stream_maps `takes_pages` reads whether anything but the plain record comes out
6c76493a2122 Stream.effective_schema `RecordStream.selects` takes the catalog's schema from it
abcb472f5c6a SameRecordTransform.transform it must hand a record on unchanged without flattening
6a05dddde775 Tap.sync_all `ApiTap.sync_all` replaces it: does it anything new?
eaf646f9e306 Tap.run_sync_dry_run `--test` and the standard tests read each stream by it
d128928ccfad Tap._handle_termination `SdkTap` replaces it, and it must be what signals call
0b0116170b29 Tap._reset_state_progress_markers left out: there are no progress markers in this state
158d751f9424 Tap.cb_discover `CommandTap` replaces it: does it anything new?
824e80aeda73 Tap._set_compatible_replication_methods left out: there are no child streams
4932a6f849c5 PluginBase.__init__ it must log the texts that `AT_EACH_START` leaves out
165fb003b6bf PluginBase._validate_config `SdkTap` replaces it: defaults, built-in settings included
c4057495a1cc PluginBase._setup_signal_handlers signals must still reach `_handle_termination`
7dd41f342093 SimpleSingerWriter.write_message `LineWriter` writes to the same stream and flushes too
"""
"""Digests of what is relied on, and what to check if one changed."""


@pytest.mark.parametrize("pinned", PINNED.strip().splitlines())
def test_what_is_relied_on_reads_as_it_did(pinned: str) -> None:
    digest, name, check = pinned.split(" ", 2)
    kinds = (Stream, Tap, PluginBase, SameRecordTransform, SimpleSingerWriter)
    kind, method = name.split(".")
    found = inspect.getattr_static({one.__name__: one for one in kinds}[kind], method)
    function: Any = found.fget if isinstance(found, property) else found
    function = getattr(function, "__func__", function)
    text = inspect.cleandoc(inspect.getsource(function))
    now = hashlib.sha256(text.encode()).hexdigest()[:12]
    assert now == digest, f"singer-sdk changed {name}. Check: {check}. Then pin it as {now!r}."


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (Stream._write_batch_message, "self encoding manifest"),  # noqa: SLF001 - as `sdk` does
        (Stream.__init__, "self tap schema name"),
        (Stream.get_context_state, "self context"),
        (Tap.invoke, "about about_format config state catalog"),
        (Tap.cb_test, "ctx param value"),
        (Tap.append_builtin_config, "config_jsonschema"),
    ],
)
def test_what_is_called_takes_the_same_arguments(function: Any, parameters: str) -> None:
    assert list(inspect.signature(function).parameters) == parameters.split()


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


@pytest.mark.parametrize("kind", TAPS)
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
    flat = made(flattening_enabled=True, flattening_max_depth=1)
    assert flat.stream_of(Workspaces).takes_pages
    for config in (
        {"stream_maps": {"workspaces": {"name": "name.upper()"}}},
        {"stream_maps": {"workspaces": {"__alias__": "places"}}},
    ):
        assert not made(**config).stream_of(Workspaces).takes_pages


def test_a_plain_writer_takes_no_pages() -> None:
    class PlainTap(TapClockify):
        message_writer_class = SimpleSingerWriter  # type: ignore[assignment]  # the SDK's

    tap = PlainTap(config={"api_key": "k"})
    assert not tap.stream_of(Workspaces).takes_pages


def test_an_alias_goes_into_every_message() -> None:
    answers = one_workspace() | {PROJECTS: body({"id": "1"})}
    maps: dict[str, Any] = {"stream_maps": {"projects": {"__alias__": "plans"}}}
    run = run_tap(answers, ("projects",), emit_activate_version_messages=True, **maps)
    assert {one["stream"] for one in run.messages if one["type"] != "STATE"} == {"plans"}
    assert run.versioned == ["plans"]


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


def dry_run(clock: TurningClock, limit: int, answers: Answers, *names: str) -> str:
    tap = made()
    tap.clock = clock
    tap.__dict__["session"] = answers
    output = io.StringIO()
    with redirect_stdout(output):
        assert tap.run_sync_dry_run(limit, [tap.streams[name] for name in names])
    return output.getvalue()


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_dry_run_ends_at_its_limit(clock: TurningClock, limit: int) -> None:
    page = body(*({"id": str(number), "tagIds": ["t"]} for number in range(5)))
    answers = Answers(one_workspace() | {ENTRIES: page, PROJECTS: page})
    names = ("projects", "time_entries", "time_entry_tags")
    output = dry_run(clock, limit, answers, *names)
    messages = [json.loads(line) for line in output.splitlines()]
    found = Counter(one["stream"] for one in messages if one["type"] == "RECORD")
    assert found == dict.fromkeys(names, limit)
    assert all("replication_key_value" not in str(one) for one in messages)


def test_a_dry_run_asks_for_no_more_than_it_needs(clock: TurningClock) -> None:
    pages = [body({"id": f"{page}-1"}, {"id": f"{page}-2"}) for page in range(9)]
    answers = Answers(one_workspace() | {PROJECTS: pages})
    output = dry_run(clock, 1, answers, "projects")
    assert len(answers.params(PROJECTS)) == 1
    assert output.count('"RECORD"') == 1


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


def test_a_catalog_that_selects_less_leaves_the_other_streams_there() -> None:
    tap = TapClockify(config={"api_key": "k"}, catalog=catalog(["projects"]))
    assert [stream.name for stream in tap.all_streams if stream.selected] == ["projects"]
