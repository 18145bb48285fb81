"""BATCH messages: files hold what RECORD messages would, and state never goes before them."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from upath import UPath

import sandbox
from taps_common.errors import FatalError
from taps_common.records.batch_files import DEFAULT_ROWS, Storage
from taps_common.records.codec import LineEncoder
from taps_common.records.row_types import Row
from taps_common.sync.checkpoints import STATE_OF_FILES_EVERY
from tests.clicktime.runs import Account as ClickTime
from tests.clockify.runs import (
    ENTRIES,
    ENTRY_TABLES,
    MORE_TABLES,
    TABLES,
    WINDOWED,
    Account,
    Copy,
    catalog,
    true_rows,
)
from tests.common.batches import EXTRACTED, dated, files, rows_of, unpacked
from tests.common.runs import NOW, TurningClock
from tests.perform.runs import Account as Perform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_clockify.tap import TapClockify
    from taps_common.http.cost import Cost
    from tests.common.runs import AnyAccount, Run


@pytest.fixture
def kind_of_account() -> type[Account]:
    return Account


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "files"


def into(root: object, **more: object) -> dict[str, Any]:
    """Return the setting that has rows written to files in a folder."""
    return {"storage": {"root": str(root)}, **more}


# -- what the files hold ---------------------------------------------------------------------------


EVERYTHING = {Account: catalog([*TABLES, *MORE_TABLES, *WINDOWED])}


@pytest.fixture(scope="module", params=[Account, ClickTime, Perform], ids=lambda kind: kind.name)
def each(request: pytest.FixtureRequest) -> Iterator[AnyAccount]:
    """An account of each service, for tests that change nothing."""
    with sandbox.start(now=NOW, entries=300) as running:
        running.clockify.set_window("2017-01-01T00:00:00Z", "2026-09-15T23:59:59Z")
        yield request.param(running)


def everything(account: Any, **settings: object) -> Run:
    """Read all tables there are."""
    found: Run = account.run(catalog=EVERYTHING.get(type(account)), **settings)
    return found.ok()


@pytest.mark.parametrize("encoding", [None, "gzip", "none"])
def test_files_hold_what_records_would(each: AnyAccount, root: Path, encoding: str | None) -> None:
    given = {"encoding": {"format": "jsonl", "compression": encoding}} if encoding else {}
    records = everything(each)
    run = everything(each, batch_config=into(root, **given))
    told = {message["encoding"]["compression"] for message in run.of("BATCH")}
    assert told == {encoding or "gzip"}
    assert not run.of("RECORD")
    counts = records.counts()
    assert len(counts) > 5
    for table in counts:
        rows = dated(run, table, rows_of(run, table))
        assert rows == dated(run, table, records.records(table))
    assert Counter(message["stream"] for message in run.of("BATCH")) == dict.fromkeys(counts, 1)
    assert run.of("SCHEMA") == records.of("SCHEMA")
    assert run.of("STATE")[-1:] == records.of("STATE")[-1:]


def test_rows_say_when_they_were_extracted(each: AnyAccount, root: Path) -> None:
    records = everything(each)
    run = everything(each, batch_config=into(root))
    for table in records.counts():
        times = [json.loads(row)[EXTRACTED] for one in files(run, table) for row in one]
        assert times == [message["time_extracted"] for message in records.of("RECORD", table)]


def test_the_summary_counts_the_same_rows(each: AnyAccount, root: Path) -> None:
    def said(run: Run) -> list[str]:
        return re.findall(r"^.*rows read \(.*?\)", run.log, re.MULTILINE)

    run = everything(each, batch_config=into(root))
    assert said(run) == said(everything(each)) != []
    assert run.log.count('"metric":"batch_count"') == len(run.of("SCHEMA"))


@pytest.mark.parametrize("size", [1, 50, 300, 301])
def test_a_file_has_so_many_rows(start: Callable[..., Account], root: Path, size: int) -> None:
    account = start(entries=300, members=3)
    account.settings["workspace_ids"] = [account.world.main_id]
    chosen = catalog(ENTRY_TABLES)
    records = account.run(catalog=chosen).ok()
    run = account.run(catalog=chosen, batch_config=into(root, batch_size=size)).ok()
    for table in ENTRY_TABLES:
        rows = records.records(table)
        assert rows_of(run, table) == rows
        sizes = list(map(len, files(run, table)))
        assert max(sizes) <= size
        assert sum(sizes) == len(rows)
        if table == "time_entries":
            assert sizes.count(size) >= len(rows) // size - 3  # a state ends a file early
    written = sorted(path.name for path in root.iterdir())
    assert len(written) == len(run.of("BATCH"))
    pattern = r"tap-clockify--\w+-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-[1-9]\d*\.json\.gz"
    assert all(re.fullmatch(pattern, name) for name in written)


def test_deselected_fields_are_in_no_file(account: Account, root: Path) -> None:
    without = [("time_entries", "description"), ("time_entries", "tagIds"), ("projects", "name")]
    chosen = catalog([*ENTRY_TABLES, "projects"], without=without)
    records = account.run(catalog=chosen).ok()
    run = account.run(catalog=chosen, batch_config=into(root)).ok()
    for table in (*ENTRY_TABLES, "projects"):
        assert rows_of(run, table) == records.records(table)
    for table, name in without:
        assert not any(name in row for row in rows_of(run, table))


def test_a_row_of_which_nothing_is_selected_is_an_object_all_the_same() -> None:
    class Thing(Row):
        a: str

    encoder = LineEncoder("things", Thing, selected=lambda _: False)
    (line,) = encoder.batch_lines([Thing("}")], "now").splitlines()
    assert json.loads(line) == {EXTRACTED: "now"}
    encoder = LineEncoder("things", Thing, selected=lambda _: True)
    (line,) = encoder.batch_lines([Thing("}\n")], "now").splitlines()
    assert json.loads(line) == {"a": "}\n", EXTRACTED: "now"}


def test_what_changed_and_what_is_gone_arrives_in_files(account: Account, root: Path) -> None:
    chosen = catalog(["time_entries"], by_log=["time_entries"])
    state = account.run(catalog=chosen).ok().state
    world = account.world
    entries = [row["id"] for row in true_rows(world, "time_entries")]
    world.edit_entry(entries[0], description="edited")
    world.delete_entry(entries[1])
    world.advance(120)
    records = account.run(catalog=chosen, state=state).ok()
    run = account.run(catalog=chosen, state=state, batch_config=into(root)).ok()
    rows = dated(run, "time_entries", rows_of(run, "time_entries"))
    assert rows == dated(run, "time_entries", records.records("time_entries"))
    assert {row["id"] for row in rows if row.get("_sdc_deleted_at")} == {entries[1]}
    assert run.state == records.state


def test_a_prefix_may_name_a_folder(account: Account, root: Path) -> None:
    storage = {"root": root.as_uri(), "prefix": "today/x-"}
    run = account.run(catalog=catalog(["tags"]), batch_config={"storage": storage}).ok()
    ((address,),) = [message["manifest"] for message in run.of("BATCH")]
    assert address.startswith(f"{root.as_uri()}/today/x-tap-clockify--tags-")
    assert address.endswith("-1.json.gz")
    assert list((root / "today").iterdir()) == [Path(address.removeprefix("file://"))]


def test_files_may_be_elsewhere(account: Account) -> None:
    place = UPath("memory://store/today")
    run = account.run(catalog=catalog(["tags"]), batch_config=into(place)).ok()
    assert rows_of(run, "tags") == account.run(catalog=catalog(["tags"])).ok().records("tags")
    place.fs.rm("/", recursive=True)


# -- state -----------------------------------------------------------------------------------------


def test_a_run_that_dies_after_any_state_loses_nothing(
    start: Callable[..., Account], root: Path
) -> None:
    account = start(members=12, entries=400)
    given = into(root, batch_size=60)
    run = account.run(batch_config=given, max_concurrency=1).ok()
    ends = [place for place, one in enumerate(run.messages, 1) if one["type"] == "STATE"]
    walks = [json.dumps(run.messages[end - 1]).count('"walk"') for end in ends]
    assert sum(map(bool, walks)) >= 3
    whole = run.output.splitlines()
    for end in ends:
        died = type(run)(b"\n".join(whole[:end]), "", -9)
        copied = Copy()
        copied.load(unpacked(died))
        copied.load(unpacked(account.run(state=died.state, batch_config=given).ok()))
        assert copied.differences(account.world) == {}


def after_requests(count: int, act: Callable[[TapClockify], object]) -> Callable[..., None]:
    """Return what has something done once so many pages of time entries were asked for."""

    def before(tap: TapClockify) -> None:
        send, asked = tap.session.send, Counter[str]()

        def sending(request: Any, cost: Cost | None = None) -> Any:
            asked[request.path] += 1
            if asked[request.path] == count and request.path == ENTRIES:
                act(tap)
            return send(request, cost)

        tap.session.send = sending  # type: ignore[method-assign]  # a double

    return before


def test_what_was_read_before_a_signal_is_kept(start: Callable[..., Account], root: Path) -> None:
    account = start(members=12, entries=400)
    stop = after_requests(6, lambda tap: tap.interrupt(signal.SIGTERM))
    given = into(root)
    first = account.run(batch_config=given, max_concurrency=1, before=stop)
    assert first.code == 128 + signal.SIGTERM
    assert [message["type"] for message in first.messages][-1] == "STATE"
    assert len(rows_of(first, "time_entries")) > 20
    assert len(list(root.iterdir())) == len(first.of("BATCH"))
    done = json.dumps(first.state).count('"done"')
    account.reset()
    second = account.run(state=first.state, batch_config=given).ok()
    assert done
    assert account.templates().count(ENTRIES) < 16
    copied = Copy()
    copied.load(unpacked(first))
    copied.load(unpacked(second))
    assert copied.differences(account.world) == {}


def test_what_cannot_be_written_ends_the_run_without_a_state(
    start: Callable[..., Account], root: Path
) -> None:
    account = start(members=12, entries=400)
    given = into(root, batch_size=20)
    kept = root.with_name("kept")
    first = account.run(
        batch_config=given, max_concurrency=1, before=after_requests(6, lambda _: root.rename(kept))
    )
    assert first.code == 1
    assert first.error.startswith("A file of batch_config cannot be written: ")
    assert "Traceback" not in first.log
    kept.rename(root)
    copied = Copy()
    copied.load(unpacked(first))
    copied.load(unpacked(account.run(state=first.state, batch_config=given).ok()))
    assert copied.differences(account.world) == {}


def test_no_half_of_a_file_is_left(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = Storage(into(root))

    def half(path: Path, content: bytes) -> None:
        with path.open("wb") as file:
            file.write(content[:3])
        raise OSError("No space left on device")

    monkeypatch.setattr(type(UPath(root)), "write_bytes", half)
    with pytest.raises(FatalError, match="No space left on device"):
        storage.write("x", b"content")
    assert list(root.iterdir()) == []


def test_rows_before_a_failure_are_sent(account: Account, root: Path) -> None:
    """Also where there is no state to write."""
    last = list(account.world.workspaces)[-1]
    account.fault(f"{last}/tags", "status", code=500)
    runs = [
        account.run(catalog=catalog(["tags"]), max_retries=0, batch_config=given)
        for given in (None, into(root))
    ]
    records, run = runs
    assert (run.code, run.error) == (1, records.error)
    assert rows_of(run, "tags") == records.records("tags") != []


def test_a_state_within_a_read_waits_for_a_full_file(
    start: Callable[..., Account], root: Path
) -> None:
    account = start(members=12, entries=400)
    chosen = catalog(ENTRY_TABLES)
    run = account.run(catalog=chosen, batch_config=into(root)).ok()
    kinds = [message["type"] for message in run.messages if message["type"] != "SCHEMA"]
    assert kinds == ["BATCH"] * 3 + ["STATE"]
    assert DEFAULT_ROWS > 400

    clock = TurningClock(account.world.now)
    later = after_requests(4, lambda _: clock.wait(STATE_OF_FILES_EVERY, None))  # type: ignore[arg-type]  # it jumps
    run = account.run(
        catalog=chosen, batch_config=into(root), max_concurrency=1, clock=clock, before=later
    ).ok()
    kinds = [message["type"] for message in run.messages if message["type"] != "SCHEMA"]
    assert kinds.count("STATE") == 2


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
        (
            {"batch_config": into("/tmp", encoding={"format": "parquet"})},
            "batch_config.encoding.format must be one of jsonl.",
        ),
        (
            {"batch_config": into("/tmp", encoding={"format": "jsonl", "compression": "zstd"})},
            "batch_config.encoding.compression must be one of gzip, none.",
        ),
        ({"batch_config": {"batch_size": 5}}, "batch_config needs storage."),
        ({"batch_config": {"storage": {"prefix": "x"}}}, "batch_config.storage needs root."),
        ({"batch_config": into("")}, "batch_config.storage.root must not be empty."),
        (
            {"batch_config": into("/tmp", batch_size=0)},
            "batch_config.batch_size must be at least 1.",
        ),
        (
            {"batch_config": into("/tmp", batchsize=5)},
            "batch_config has an entry that means nothing: it takes encoding, storage, batch_size.",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(
    account: Account, settings: dict[str, Any], sentence: str
) -> None:
    given = {"batch_config": into("/tmp")} | settings
    with pytest.raises(Exception, match="Config validation failed") as refused:
        account.run(**given)
    (said,) = refused.value.errors  # type: ignore[attr-defined]  # the SDK's
    assert said.startswith(sentence)
    assert said.endswith(".")


def test_no_batch_config_is_none(account: Account) -> None:
    assert account.run(catalog=catalog(["tags"]), batch_config={}).ok().counts() == {"tags": 18}


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("/dev/null/files", r"cannot be written: .*Name a folder that can be\.$"),
        ("nowhere://files", r"cannot be written: .*Name a folder that can be\.$"),
        ("s3://bucket/files", r"not installed: .*s3fs.*pip install 'timecost-taps\[s3\]'\)\.$"),
    ],
)
def test_a_place_that_cannot_be_written_ends_a_run_before_it_begins(
    account: Account, place: str, sentence: str
) -> None:
    run = account.run(batch_config=into(place))
    assert run.code == 1
    assert run.error.startswith("batch_config.storage.root ")
    assert re.search(sentence, run.error)
    assert run.output == b""
    assert account.requests() == []


@pytest.mark.parametrize("option", ["--check", "--test", "--discover", "--about"])
def test_what_reads_no_tables_writes_no_files(account: Account, root: Path, option: str) -> None:
    plain = account.command(option)
    run = account.command(option, batch_config=into(root))
    assert run.code == plain.code == 0
    assert len(run.output.splitlines()) == len(plain.output.splitlines())
    assert b'"BATCH"' not in run.output
    assert not root.exists()
