"""BATCH messages: files hold what RECORD messages would, and state never goes before them."""

from __future__ import annotations

import gzip
import io
import json
import re
import signal
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigValidationError
from upath import UPath

import sandbox
from tap_clockify.tap import TapClockify
from taps_common.errors import FatalError, StatusError
from taps_common.records.batch_files import DEFAULT_ROWS, Storage
from taps_common.records.codec import LineEncoder
from taps_common.records.row_types import Row
from taps_common.sync.checkpoints import STATE_OF_FILES_EVERY
from tests.clicktime.runs import Account as ClickTime
from tests.clockify.runs import ENTRY_TABLES, Account, catalog, core_catalog, true_rows
from tests.common.doubles import Answers
from tests.common.made_up import ENTRIES, PROJECTS, body, one_workspace, run_tap
from tests.common.runs import NOW, plain
from tests.perform.runs import Account as Perform

if TYPE_CHECKING:
    from collections.abc import Callable

    from taps_common.http.request import Request
    from tests.common.runs import Run, TurningClock

EXTRACTED = "_sdc_extracted_at"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "files"


def into(root: object, **more: object) -> dict[str, Any]:
    """Return the settings that have rows written to files in a folder."""
    return {"batch_config": {"storage": {"root": str(root)}, **more}}


def files(run: Run, table: str | None = None) -> list[list[dict[str, Any]]]:
    """Return the rows of each file that a run's messages name, as a loader reads them."""
    found = []
    for message in run.of("BATCH", table):
        (address,) = message["manifest"]
        packed = message["encoding"] == {"format": "jsonl", "compression": "gzip"}
        assert address.endswith(".json.gz" if packed else ".json")
        content = UPath(address).read_bytes()
        lines = (gzip.decompress(content) if packed else content).splitlines()
        found.append([json.loads(line, parse_float=run.number) for line in lines])
    return found


def rows_of(run: Run, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table's files, without what says when they were extracted."""
    rows = [row for one in files(run, table) for row in one]
    return [plain({name: row[name] for name in row if name != EXTRACTED}) for row in rows]


def ids(run: Run) -> set[str]:
    """Return the time entries in the files of a run."""
    return {row["id"] for row in rows_of(run, "time_entries")}


# -- what the files hold ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "encoding"), [(Account, None), (Account, "none"), (ClickTime, "gzip"), (Perform, None)]
)
def test_files_hold_what_records_would(kind: type[Any], root: Path, encoding: str | None) -> None:
    """Told alike too: the same summary, schemas, state and times."""
    given = {"encoding": {"format": "jsonl", "compression": encoding}} if encoding else {}
    with sandbox.start(now=NOW, entries=300) as running:
        account = kind(running)
        settings = {"catalog": core_catalog()} if kind is Account else {}
        if kind is Perform:
            settings = {"projects": account.projects("docket_export", "wbs_export")}
        records = account.run(**settings).ok()
        run = account.run(**settings, **into(root, **given)).ok()
    told = {message["encoding"]["compression"] for message in run.of("BATCH")}
    assert told == {encoding or "gzip"}
    assert run.of("RECORD") == []
    for table in records.counts():
        assert rows_of(run, table) == records.records(table)
        (one,) = files(run, table)
        times = [message["time_extracted"] for message in records.of("RECORD", table)]
        assert [row[EXTRACTED] for row in one] == times
    assert len(run.of("BATCH")) == len(records.counts()) > 1
    for kind_of_message in ("SCHEMA", "STATE"):
        assert run.of(kind_of_message)[-1:] == records.of(kind_of_message)[-1:]
    said = [re.findall(r"^\w+ +[\d,]+ rows? ", one.log, re.MULTILINE) for one in (run, records)]
    assert said[0] == said[1] != []
    assert run.log.count('"metric":"batch_count"') == len(run.of("SCHEMA"))


def test_what_changed_and_what_is_gone_arrives_in_files(root: Path) -> None:
    chosen = catalog(["time_entries"], by_log=["time_entries"])
    with sandbox.start(now=NOW, entries=50) as running:
        account = Account(running)
        state = account.run(catalog=chosen).ok().state
        world = account.world
        edited, deleted, *_ = [row["id"] for row in true_rows(world, "time_entries")]
        world.edit_entry(edited, description="edited")
        world.delete_entry(deleted)
        world.advance(120)
        records = account.run(catalog=chosen, state=state).ok()
        run = account.run(catalog=chosen, state=state, **into(root)).ok()
    rows = rows_of(run, "time_entries")
    assert rows == records.records("time_entries")
    assert {row["id"] for row in rows if row.get("_sdc_deleted_at")} == {deleted}
    assert run.state == records.state


def test_a_row_of_which_nothing_is_selected_is_an_object_all_the_same() -> None:
    class Thing(Row):
        a: str

    encoder = LineEncoder("things", Thing, selected=lambda _: False)
    (line,) = encoder.batch_lines([Thing("}")], "now").splitlines()
    assert json.loads(line) == {EXTRACTED: "now"}
    encoder = LineEncoder("things", Thing, selected=lambda _: True)
    (line,) = encoder.batch_lines([Thing("}\n")], "now").splitlines()
    assert json.loads(line) == {"a": "}\n", EXTRACTED: "now"}


USERS, EACH = tuple(f"u{number:02}" for number in range(12)), 30
EVERY = {f"{user}-{number:02}" for user in USERS for number in range(EACH)}


def entries_of(user: str) -> bytes:
    interval = {"start": "2026-09-14T08:00:00Z", "end": "2026-09-14T09:00:00Z"}
    entry = {"workspaceId": "w1", "userId": user, "timeInterval": interval, "tagIds": ["t"]}
    return body(*({"id": f"{user}-{number:02}", **entry} for number in range(EACH)))


def entries(act: Callable[[], object] = lambda: None, *, at: int = 6) -> Answers:
    """The entries of twelve members; something is done when so many were asked for."""
    asked: list[str] = []

    def answer(request: Request) -> bytes:
        asked.append(request.values["userId"])
        if len(asked) == at:
            act()
        return entries_of(asked[-1])

    return Answers(one_workspace(USERS) | {ENTRIES: answer})


@pytest.mark.parametrize(
    ("size", "sizes"), [(1, [1] * 360), (50, [50, 10] * 6), (360, [360]), (361, [360])]
)
def test_a_file_has_so_many_rows(root: Path, size: int, sizes: list[int]) -> None:
    """Fewer where another one is full: the state that covers both ends it."""
    run = run_tap(entries(), ENTRY_TABLES, **into(root, batch_size=size)).ok()
    assert ids(run) == EVERY
    assert list(map(len, files(run, "time_entries"))) == sizes
    written = sorted(path.name for path in root.iterdir())
    assert len(written) == len(run.of("BATCH"))
    pattern = r"tap-clockify--\w+-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-[1-9]\d*\.json\.gz"
    assert all(re.fullmatch(pattern, name) for name in written)


def test_deselected_fields_are_in_no_file(root: Path) -> None:
    """Not even those that a child table is made of."""
    without = [("time_entries", "description"), ("time_entries", "tagIds")]
    run = run_tap(entries(), catalog(ENTRY_TABLES, without=without), **into(root)).ok()
    assert {*rows_of(run, "time_entries")[0]} >= {"id", "userId"}
    assert not {"description", "tagIds"} & {*rows_of(run, "time_entries")[0]}
    assert len(rows_of(run, "time_entry_tags")) == len(EVERY)


def one_project() -> Answers:
    return Answers(one_workspace() | {PROJECTS: body({"id": "p"})})


def test_a_prefix_may_name_a_folder(root: Path) -> None:
    storage = {"root": root.as_uri(), "prefix": "today/x-"}
    run = run_tap(one_project(), ("projects",), batch_config={"storage": storage}).ok()
    ((address,),) = [message["manifest"] for message in run.of("BATCH")]
    assert address.startswith(f"{root.as_uri()}/today/x-tap-clockify--projects-")
    assert address.endswith("-1.json.gz")
    assert list((root / "today").iterdir()) == [Path(address.removeprefix("file://"))]


def test_files_may_be_elsewhere() -> None:
    place = UPath("memory://store/today")
    run = run_tap(one_project(), ("projects",), **into(place)).ok()
    assert [row["id"] for row in rows_of(run, "projects")] == ["p"]
    place.fs.rm("/", recursive=True)


# -- state -----------------------------------------------------------------------------------------


def test_a_run_that_dies_after_any_state_loses_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taps_common.sync.engine.StreamRead._save", lambda _: None)  # it dies
    given = into(root, batch_size=60)
    whole = run_tap(entries(), ENTRY_TABLES, **given)
    monkeypatch.undo()
    kinds = [message["type"] for message in whole.messages]
    ends = [place for place, kind in enumerate(kinds, 1) if kind == "STATE"]
    assert len(ends) >= 3
    for end in ends:
        lines = whole.output.splitlines()[:end]
        died = type(whole)(b"\n".join(lines), "", -9)
        again = run_tap(entries(), ENTRY_TABLES, state=died.state, **given).ok()
        assert ids(died) | ids(again) == EVERY
        tagged = (rows_of(one, "time_entry_tags") for one in (died, again))
        assert {row["timeEntryId"] for rows in tagged for row in rows} == EVERY


def test_what_was_read_before_a_signal_is_kept(root: Path) -> None:
    taps: list[TapClockify] = []
    stopped = entries(lambda: taps[0].interrupt(signal.SIGTERM))
    first = run_tap(stopped, ENTRY_TABLES, before=taps.append, **into(root))
    assert first.code == 128 + signal.SIGTERM
    assert first.messages[-1]["type"] == "STATE"
    assert len(ids(first)) >= 5 * EACH
    assert len(list(root.iterdir())) == len(first.of("BATCH"))
    answers = entries()
    second = run_tap(answers, ENTRY_TABLES, state=first.state, **into(root)).ok()
    assert len(answers.params(ENTRIES)) < len(USERS)
    assert ids(first) | ids(second) == EVERY


def test_what_cannot_be_written_ends_the_run_without_a_state(root: Path) -> None:
    kept, given = root.with_name("kept"), into(root, batch_size=20)
    first = run_tap(entries(lambda: root.rename(kept)), ENTRY_TABLES, **given)
    assert first.code == 1
    assert first.error.startswith("A file of batch_config cannot be written: ")
    assert "Traceback" not in first.log
    kept.rename(root)
    second = run_tap(entries(), ENTRY_TABLES, state=first.state, **given).ok()
    assert ids(first) | ids(second) == EVERY


def test_no_half_of_a_file_is_left(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = Storage(into(root)["batch_config"])

    def half(path: Path, content: bytes) -> None:
        with path.open("wb") as file:
            file.write(content[:3])
        raise OSError("No space left on device")

    monkeypatch.setattr(type(UPath(root)), "write_bytes", half)
    with pytest.raises(FatalError, match="No space left on device"):
        storage.write("x", b"content")
    assert list(root.iterdir()) == []


def test_rows_before_a_failure_are_sent(root: Path) -> None:
    """Also where there is no state to write."""
    pages = [body({"id": "p"}), StatusError("answered 500", status=500, code=None)]
    run = run_tap(one_workspace() | {PROJECTS: pages}, ("projects",), **into(root))
    assert "1 of 1 tables are incomplete (projects)" in run.error
    assert [row["id"] for row in rows_of(run, "projects")] == ["p"]


@pytest.mark.parametrize(("wait", "states"), [(0, 1), (STATE_OF_FILES_EVERY, 2)])
def test_a_state_within_a_read_waits_for_a_full_file_or_some_minutes(
    clock: TurningClock, root: Path, wait: float, states: int
) -> None:
    run = run_tap(entries(lambda: clock.turn(wait)), ENTRY_TABLES, **into(root), clock=clock).ok()
    kinds = [message["type"] for message in run.messages if message["type"] != "SCHEMA"]
    assert kinds == (["BATCH"] * 2 + ["STATE"]) * states
    assert len(EVERY) < DEFAULT_ROWS


def test_a_dry_run_writes_no_files(root: Path) -> None:
    tap = TapClockify(config={"api_key": "k", **into(root)})
    tap.__dict__["session"] = one_project()
    with redirect_stdout(output := io.StringIO()):
        tap.run_sync_dry_run(1, [tap.streams["projects"]])
    assert '"RECORD"' in output.getvalue()
    assert '"BATCH"' not in output.getvalue()
    assert not root.exists()


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"emit_activate_version_messages": True},
            "emit_activate_version_messages does not go together with batch_config: loaders",
        ),
        ({"stream_maps": {"tags": {}}}, "stream_maps does not go together with batch_config: rows"),
        ({"flattening_enabled": True}, "flattening_enabled does not go together"),
        ({"faker_config": {"seed": 1}}, "faker_config does not go together"),
        (into("/tmp", encoding={"format": "parquet"}), ".encoding.format must be one of jsonl."),
        (
            into("/tmp", encoding={"format": "jsonl", "compression": "zstd"}),
            ".encoding.compression must be one of gzip, none.",
        ),
        ({"batch_config": {"batch_size": 5}}, " needs storage."),
        ({"batch_config": {"storage": {"prefix": "x"}}}, ".storage needs root."),
        (into(""), ".storage.root must not be empty."),
        (into("/tmp", batch_size=0), ".batch_size must be at least 1."),
        (
            into("/tmp", batchsize=5),
            " has an entry that means nothing: it takes encoding, storage, batch_size.",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(
    settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigValidationError) as refused:
        TapClockify(config={"api_key": "k", **into("/tmp"), **settings})
    (said,) = refused.value.errors
    named = f"{'' if sentence[0] not in ' .' else 'batch_config'}{sentence}"
    assert said.startswith(f"CLOCKIFY-SETTING: {named}")
    assert said.endswith(".")


def test_no_batch_config_is_none() -> None:
    assert run_tap(one_project(), ("projects",), batch_config={}).counts() == {"projects": 1}


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("/dev/null/files", r"cannot be written: .*Name a folder that can be\.$"),
        ("nowhere://files", r"cannot be written: .*Name a folder that can be\.$"),
        ("s3://bucket/files", r"not installed: .*s3fs.*pip install 'timecost-taps\[s3\]'\)\.$"),
    ],
)
def test_a_place_that_cannot_be_written_ends_a_run_before_it_begins(
    place: str, sentence: str
) -> None:
    run = run_tap(answers := one_project(), ("projects",), **into(place))
    assert run.code == 1
    assert re.search(rf"^batch_config\.storage\.root .*{sentence}", run.error)
    assert (run.output, answers.sent) == (b"", [])
