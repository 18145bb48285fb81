"""LOG_BASED: edits and deletions of entries of any age arrive, for a few requests."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tap_clockify.change_feed import PAGE_SIZES
from taps_common.errors import StatusError
from taps_common.http.session import Session
from tests.clockify.entry_changes import (
    BATCH,
    FEEDS,
    TABLE,
    change,
    held,
    read,
    rewrite,
    truth,
)
from tests.clockify.runs import (
    DAY,
    ENTRY_TABLES,
    HOUR,
    LOGS,
    Account,
    Copy,
    SlowTap,
    catalog,
    true_rows,
)
from tests.common.runs import NOW, TurningClock, run_in_process, turning

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clockify.world import World
    from taps_common.http.cost import Cost
    from taps_common.http.request import Request, Response
    from tests.common.runs import Key, Row, Run, State

pytestmark = pytest.mark.usefixtures("feeds_alone")


@dataclass
class Followed:
    """The entries of a workspace as a target holds them, kept by runs that read what changed."""

    account: Account
    copy: Copy = field(default_factory=Copy)
    state: State | None = None

    @property
    def world(self) -> World:
        return self.account.world

    @property
    def held(self) -> dict[Key, Row]:
        return held(self.copy)

    @property
    def is_true(self) -> bool:
        return self.held == truth(self.world)

    def ids(self) -> list[str]:
        return [ident for (ident,) in truth(self.world)]

    def read(self, **settings: Any) -> Run:
        """Read, at first or on from the last run, and forget the requests of that."""
        self.account.reset()
        run = self.copy.load(read(self.account, self.state, **settings))
        self.state = run.state
        return run

    def later(self, **settings: Any) -> Run:
        """Read again an hour later."""
        self.world.advance(HOUR)
        return self.read(**settings)


@pytest.fixture
def new(start: Callable[..., Account]) -> Followed:
    """An account a day later than its newest entries, of which nothing was read."""
    found = Followed(start())
    found.world.advance(DAY)
    return found


@pytest.fixture
def log(new: Followed) -> Followed:
    """The same after the first run."""
    new.read().ok()
    return new


# -- what arrives ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"changes_envelope": True, "changes_code": "documentType", "changes_first_page": 1},
        {"changes_bare": True},
        {"batch_limit": 3, "changes_limit": 50},
        {"changes_type": "TIMEENTRY"},
        {"changes_type": "time_entry", "changes_code": "documentType"},
        {"changes_type": "none"},
        {"changes_type": "none", "changes_bare": True},
    ],
    ids=["wire", "documented", "bare", "small", "joined", "lower", "untyped", "untyped-bare"],
)
def test_inserts_edits_and_deletions_of_any_age_arrive(
    new: Followed, switches: dict[str, Any]
) -> None:
    new.world.switch(**switches)
    new.read().ok()
    assert new.is_true
    for _ in range(2):
        change(new.world)
        run = new.later().ok()
        assert new.is_true
        assert len(run.records(TABLE)) < 20


@pytest.mark.parametrize(("most", "clamped"), [(60, True), (60, False), (50, True), (20, True)])
def test_more_changes_than_a_page_holds_arrive(new: Followed, most: int, clamped: bool) -> None:
    new.world.switch(changes_limit=most, clamp_page_size=clamped)
    new.read().ok()
    for ident in new.ids()[:120]:
        new.world.edit_entry(ident, description="edited")
    for ident in new.ids()[120:230]:
        new.world.delete_entry(ident)
    new.later().ok()
    assert new.is_true


def test_a_row_says_when_it_was_created_updated_or_deleted(log: Followed) -> None:
    edited, _, deleted, new = change(log.world)
    run = log.later().ok()
    rows = {row["id"]: row for row in run.records(TABLE)}
    at = f"{NOW + timedelta(days=1):%Y-%m-%dT%H:%M:%S}"
    assert rows[edited]["updatedAt"][:19] == at
    assert rows[edited]["createdAt"] < at
    assert rows[new]["createdAt"][:19] == at
    assert rows[deleted]["_sdc_deleted_at"][:19] == at
    assert rows[deleted]["userId"] in {row["userId"] for row in true_rows(log.world, TABLE)}
    assert {rows[one]["_sdc_deleted_at"] for one in (edited, new)} == {None}


def test_a_changed_value_of_a_custom_field_brings_its_entry(log: Followed) -> None:
    entry = next(row for row in truth(log.world).values() if row["customFieldValues"])
    values = [{**one, "value": "changed"} for one in entry["customFieldValues"]]
    log.world.edit_entry(entry["id"], customFieldValues=values)
    log.later().ok()
    assert log.is_true


def test_what_was_created_just_before_a_run_and_then_deleted_is_gone(new: Followed) -> None:
    """No feed tells of what was created and deleted in one window, and windows overlap."""
    one, other = (new.world.insert_entry(new.world.main_id, new.world.owner_id) for _ in range(2))
    new.read().ok()
    new.world.delete_entry(one)
    new.later().ok()
    assert new.is_true
    third = new.world.insert_entry(new.world.main_id, new.world.owner_id)
    new.world.advance(300)
    new.read().ok()
    assert (third,) in new.held
    for ident in (other, third):
        new.world.delete_entry(ident)
    new.later().ok()
    assert new.is_true
    assert "recent" not in str(new.later().ok().state)


def test_what_hung_on_a_deleted_entry_does_not_come_again(new: Followed) -> None:
    chosen = catalog(ENTRY_TABLES, by_log=ENTRY_TABLES)
    run = new.account.run(catalog=chosen).ok()
    new.world.delete_entry(run.records("time_entry_tags")[0]["timeEntryId"])
    new.world.advance(HOUR)
    run = new.account.run(catalog=chosen, state=run.state).ok()
    assert run.counts() == {TABLE: 1}


def test_what_was_deleted_and_restored_lives(log: Followed) -> None:
    """The feed goes on telling of its deletion, and nothing else tells of it."""
    (ident,), row = next(iter(log.held.items()))
    log.world.advance(HOUR)
    log.world.delete_entry(ident)
    log.world.insert_entry(
        row["workspaceId"], row["userId"], id=ident, timeInterval=row["timeInterval"]
    )
    for feed in ("created", "updated"):
        log.account.fault(f"/entities/{feed}", "status", code=200, body="[]")
    log.later().ok()
    assert (ident,) in log.held


def restore(log: Followed, row: Row) -> None:
    """Restore an entry, which no feed tells."""
    log.world.insert_entry(
        row["workspaceId"], row["userId"], id=row["id"], timeInterval=row["timeInterval"]
    )
    for feed in ("created", "updated"):
        log.account.fault(f"/entities/{feed}", "status", code=200, body="[]")


def delete_first(log: Followed, number: int) -> list[Row]:
    """Delete entries, and have a run see it; return their rows."""
    rows = [log.held[ident,] for ident in log.ids()[:number]]
    for row in rows:
        log.world.delete_entry(row["id"])
    log.later().ok()
    return rows


def test_what_is_restored_within_a_week_lives_though_no_feed_tells_it(log: Followed) -> None:
    early, late, never = delete_first(log, 3)
    log.world.advance(3 * DAY)
    restore(log, early)
    log.later(verify_days=30).ok()
    assert (early["id"],) in log.held
    for days in (4, 1):
        log.world.advance(days * DAY)
        log.later(verify_days=30).ok()
    assert log.account.templates().count(BATCH) == 0, "a week is over"
    restore(log, late)
    log.later(verify_days=30).ok()
    assert not {(late["id"],), (never["id"],)} & log.held.keys()


@pytest.mark.parametrize("refused", [False, True])
def test_what_was_restored_while_nobody_asked_lives(log: Followed, *, refused: bool) -> None:
    """A pause, or a batch that is refused, is no reason not to ask a last time."""
    row, _ = delete_first(log, 2)
    restore(log, row)
    log.world.advance(8 * DAY)
    if refused:
        body = '{"code":501,"message":"no"}'
        log.account.fault("/time-entries/batch", "status", code=400, body=body, times=1)
        log.later(verify_days=30).ok()
    log.later(verify_days=30).ok()
    assert (row["id"],) in log.held
    assert "gone" not in str(log.state)


def test_a_large_deletion_that_was_undone_is_seen_as_a_whole(log: Followed) -> None:
    rows = delete_first(log, 210)
    for row in rows[-205:]:
        restore(log, row)
    log.later().ok()
    assert log.account.templates().count(BATCH) == 3
    assert len(log.held) == len(truth(log.world))
    log.later().ok()
    assert log.account.templates().count(BATCH) == 1


def test_pages_and_single_records_are_the_same(log: Followed) -> None:
    change(log.world)
    state, fast = log.state, log.later().ok()
    slow = run_in_process(
        turning(SlowTap, TurningClock(log.world.now)),
        log.account.config(workspace_ids=[log.world.main_id]),
        catalog=catalog([TABLE], by_log=[TABLE]),
        state=state,
    ).ok()
    assert slow.records(TABLE) == fast.records(TABLE) != []


# -- dates and methods -----------------------------------------------------------------------------


def on(day: str) -> dict[str, str]:
    return {"start": f"{day}T08:00:00Z", "end": f"{day}T09:00:00Z"}


def test_dates_hide_no_change(new: Followed) -> None:
    """Neither an edit that moves an entry out of them, nor one before a later `start_date`."""
    since = f"{NOW - timedelta(days=10):%Y-%m-%d}"
    new.read(start_date=since).ok()
    ident = next(one for (one,) in new.held)
    new.world.edit_entry(ident, timeInterval=on("2026-01-02"))
    new.later(start_date=since).ok()
    assert new.held[ident,]["start"] == "2026-01-02T08:00:00Z"
    new.world.edit_entry(ident, description="edited")
    new.later(start_date="2026-10-01").ok()
    assert new.held[ident,] == truth(new.world)[ident,]


def test_what_does_not_go_with_changes_is_refused(new: Followed) -> None:
    run = read(new.account, end_date=f"{new.world.now:%Y-%m-%d}")
    assert (run.code, run.counts()) == (1, {})
    assert "end_date does not go with LOG_BASED: what time_entries hold after it" in run.log
    mixed = catalog([TABLE, "time_entry_tags"], by_log=[TABLE], full=["time_entry_tags"])
    run = new.account.run(catalog=mixed, workspace_ids=[new.world.main_id])
    assert (run.code, run.counts()) == (1, {})
    assert "time_entry_tags cannot be FULL_TABLE while time_entries, of whose rows" in run.log


def test_incremental_runs_know_nothing_of_the_feeds(log: Followed) -> None:
    run = log.account.run(catalog=catalog([TABLE])).ok()
    unknown = {"createdAt", "updatedAt", "_sdc_deleted_at"}
    assert not unknown & {*run.schema(TABLE)}
    assert not unknown & {name for row in run.records(TABLE) for name in row}
    assert unknown <= {*log.read().schema(TABLE)}


# -- what it costs ---------------------------------------------------------------------------------


def test_a_quiet_run_asks_the_feeds_alone(log: Followed) -> None:
    log.later().ok()
    run = log.later().ok()
    assert log.account.templates() == ["/workspaces", *FEEDS]
    assert run.records(TABLE) == []
    change(log.world)  # and a deletion, which is asked for on its own
    log.later().ok()
    assert log.account.templates() == ["/workspaces", *FEEDS, BATCH, BATCH]


# -- rows of the feeds that say little -------------------------------------------------------------


def in_bin(row: Row, name: str) -> Row:
    """Return a row of a feed of deletions as the bin has it, the entity's id under some name."""
    document = {key: value for key, value in row["document"].items() if key != "id"}
    return {**row, "id": row["deletionBinId"], "document": {**document, name: row["id"]}}


@pytest.mark.parametrize("name", ["id", "_id"])
@pytest.mark.parametrize("spelled", ["TIME_ENTRY", "none"])
def test_a_deletion_may_have_the_id_of_its_bin_and_no_time(
    log: Followed, monkeypatch: pytest.MonkeyPatch, spelled: str, name: str
) -> None:
    """What the removed document calls its own id is the entry's."""

    def binned(rows: list[Row]) -> list[Row]:
        return [{**in_bin(row, name), "deletedAt": None} for row in rows]

    rewrite(monkeypatch, "/deleted", binned)
    log.world.switch(changes_type=spelled)
    *_, deleted, _ = change(log.world)
    run = log.later().ok()
    assert log.is_true
    (gone,) = [row for row in run.records(TABLE) if row["_sdc_deleted_at"]]
    assert gone["id"] == deleted
    assert "_id" not in run.log, "the same id under another name has no column to lack"


def test_what_the_feeds_name_and_nobody_explains_is_said(log: Followed) -> None:
    """No type, and no document that looks like an entry: that is no proof of a deletion."""
    log.world.switch(changes_type="none")
    log.account.fault("/entities/deleted", "replace", field="document", value={"name": "a client"})
    deleted = log.ids()[0]
    log.world.delete_entry(deleted)
    run = log.later().ok()
    assert log.held.keys() - truth(log.world).keys() == {(deleted,)}
    (line,) = [line for line in run.log.splitlines() if "neither came nor are called" in line]
    assert f"workspace {log.world.main_id} name " in line
    assert deleted in line
    assert "a client" not in run.log


def test_what_says_nothing_but_the_id_of_a_deleted_entry_is_no_loop(
    log: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry is asked for twice in the same words: as a guess, and as one that may be back."""
    deleted = log.ids()[0]
    log.world.delete_entry(deleted)
    rewrite(monkeypatch, "/updated", lambda _: [{"id": deleted}])
    rewrite(monkeypatch, "/deleted", lambda rows: [one for one in rows if one["id"] == deleted])
    log.later().ok()
    assert log.account.templates().count(BATCH) == 2
    assert log.is_true


def test_a_row_of_another_type_is_not_taken_for_an_entry(log: Followed) -> None:
    log.account.fault("/entities/deleted", "replace", field="documentCode", value="PROJECTS")
    log.world.delete_entry(log.ids()[0])
    run = log.later().ok()
    assert run.records(TABLE) == []
    assert BATCH not in log.account.templates()


# -- feeds that cannot be read ---------------------------------------------------------------------


def test_refused_feeds_are_made_up_for_once_they_are_allowed(log: Followed) -> None:
    log.world.switch(changes_feature="NO_SUCH_FEATURE")
    old, *_ = change(log.world)
    run = log.later(lookback_days=1).ok()
    assert "cannot be read: Clockify refuses them (4" in run.log
    assert log.held.keys() > truth(log.world).keys(), "deletions are not seen"
    assert log.held[old,] != truth(log.world)[old,], "nor are old edits"
    log.world.switch(changes_feature="")
    log.later().ok()
    assert log.is_true


def test_after_a_long_pause_entries_are_read_by_their_start(log: Followed) -> None:
    change(log.world)
    log.world.advance(40 * DAY)
    run = log.later().ok()
    assert "cannot be read: they are kept for 30 days (changes_kept_days)" in run.log
    assert not {*log.account.templates()} & {*FEEDS}
    change(log.world)
    run = log.later(changes_kept_days=60).ok()
    assert {*FEEDS} <= {*log.account.templates()}
    assert "cannot be read" not in run.log


def test_where_feeds_stay_refused_the_state_stays_small(new: Followed) -> None:
    """Ids are kept for the feeds of the next run, not those of all runs without feeds."""
    new.read(changes_kept_days=0).ok()
    sizes = set()
    for _ in range(3):
        for _ in range(5):
            new.world.insert_entry(new.world.main_id, new.world.owner_id)
        run = new.read(changes_kept_days=0).ok()
        sizes.add(len(str(run.state)))
        new.world.advance(DAY)
    assert len(sizes) == 1
    assert new.is_true


# -- what ended early ------------------------------------------------------------------------------


def test_what_failed_is_read_by_the_next_run(log: Followed) -> None:
    change(log.world)
    for route in (*FEEDS, BATCH):
        log.account.fault(route.rpartition("}")[2], "status")
        run = log.later()
        assert (run.code, "cannot be read: Clockify fails (500)" in run.log) == (
            (1, False) if route == BATCH else (0, True)
        )
        log.account.mended()
    log.later().ok()
    assert log.is_true


def test_what_a_failed_first_read_sent_and_is_deleted_then_goes(new: Followed) -> None:
    """The next run reads all anew, and never meets what is gone: the feeds have to tell."""
    last = list(new.world.main.users)[-1]
    new.account.fault(f"/user/{last}/time-entries", "status")
    assert new.read().code == 1
    new.account.mended()
    new.world.delete_entry(next(ident for (ident,) in new.held))
    for _ in range(2):
        run = new.later().ok()
    assert new.is_true
    assert "first" not in str(run.state)


def test_what_a_failed_run_sent_and_is_deleted_then_goes(log: Followed) -> None:
    """Created and deleted in the window that the next run reads again: no feed tells of it."""
    for ident in log.ids()[:150]:
        log.world.edit_entry(ident, description="edited")
    log.world.advance(HOUR)
    new = log.world.insert_entry(log.world.main_id, log.world.owner_id)
    log.account.fault("/time-entries/batch", "status", after=1)
    assert log.later().code == 1
    assert (new,) in log.held
    log.account.mended()
    log.world.delete_entry(new)
    log.later().ok()
    assert log.is_true


# -- batches ---------------------------------------------------------------------------------------


def refuse_batches(monkeypatch: pytest.MonkeyPatch, *, of: str) -> None:
    """Have batches refused that hold an id, or any: a value that Clockify does not take."""
    send = Session.send

    def sent(session: Session, request: Request, cost: Cost) -> Response:
        if str(request).endswith("/batch") and of.encode() in (request.body or b""):
            raise StatusError("refused", status=400, code=501)
        return send(session, request, cost)

    monkeypatch.setattr(Session, "send", sent)


def test_a_batch_that_is_refused_as_a_whole_is_a_failure(
    new: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or else edits were passed over, and new entries called deleted, without a word."""
    new.world.insert_entry(new.world.main_id, new.world.owner_id)
    new.read().ok()
    change(new.world)
    with monkeypatch.context() as refusing:
        refuse_batches(refusing, of="")
        assert new.later().code == 1
    new.later().ok()
    assert new.is_true


def test_refused_ids_of_deleted_entries_are_believed_to_be_gone(log: Followed) -> None:
    log.world.delete_entry(log.ids()[0])
    log.account.fault("/time-entries/batch", "status", code=400, body='{"code":501,"message":"no"}')
    log.later().ok()
    assert log.account.templates().count(BATCH) <= 2  # no entry is asked for on its own
    assert log.is_true


def test_one_id_that_is_refused_costs_a_few_requests(
    log: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = log.ids()
    for ident in known:
        log.world.edit_entry(ident, description="edited")
    refuse_batches(monkeypatch, of=known[10])
    run = log.later().ok()
    assert len(run.records(TABLE)) == len(known) - 1
    assert log.account.templates().count(BATCH) < 15


def test_what_an_answer_leaves_out_is_asked_for_again(
    log: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for ident in log.ids():
        log.world.edit_entry(ident, description="edited")
    rewrite(monkeypatch, "/batch", lambda rows: rows[:30])
    log.later().ok()
    assert log.is_true


def edit_some(log: Followed) -> None:
    for ident in log.ids()[:5]:
        log.world.edit_entry(ident, description="edited")


@pytest.mark.parametrize(
    ("answer", "after"),
    [
        ({"code": 200, "body": "[]"}, 0),
        ({"code": 400, "body": '{"code":501,"message":"no"}'}, 1),
    ],
    ids=["nothing", "refused"],
)
def test_entries_that_did_not_come_once_come_with_the_next_run(
    log: Followed, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], after: int
) -> None:
    monkeypatch.setattr("tap_clockify.streams.by_changes.BATCH", 1)
    edit_some(log)
    log.account.fault("/time-entries/batch", "status", after=after, **answer)
    run = log.later().ok()
    assert run.log.count(f"name {5 - after} entries, or parts of some, that neither came") == 1
    log.account.mended()
    run = log.later().ok()
    assert log.is_true
    assert "neither came" not in run.log
    assert "missing" not in str(log.state)


def test_entries_that_never_come_are_given_up_after_a_week(log: Followed) -> None:
    edit_some(log)
    log.account.fault("/time-entries/batch", "status", code=200, body="[]")
    log.later().ok()
    log.world.advance(3 * DAY)
    run = log.later(verify_days=30).ok()
    assert "neither came" not in run.log, "it was said"
    assert log.account.templates().count(BATCH) == 1
    log.world.advance(5 * DAY)
    run = log.later(verify_days=30).ok()
    assert run.log.count("named 5 entries, or parts of some, that neither came") == 1
    log.later(verify_days=30).ok()
    assert BATCH not in log.account.templates()


# -- the feeds as tables ---------------------------------------------------------------------------


def test_a_workspace_without_all_types_does_not_take_them_from_the_others(new: Followed) -> None:
    main, second = new.world.workspaces
    refusals = 1 + len(PAGE_SIZES) + 1  # the first is to find out in which zone bounds are read
    new.account.fault(f"/workspaces/{main}/entities/created", "status", code=400, times=refusals)
    run = new.account.run(catalog=catalog(["entity_changes"])).ok()
    said = f"Only the types of time entries are asked for in workspace {main}, 1000 rows at once."
    assert run.log.count(said) == 1
    rows = run.records("entity_changes")
    types = {(row["workspaceId"], row["type"]) for row in rows}
    assert (main, "CLIENTS") not in types
    assert (second, "CLIENTS") in types
    asked = sum("/entities/" in template for template in new.account.templates())
    assert re.search(f"^entity_changes +{len(rows)} rows +{asked} requests", run.log, re.MULTILINE)


def test_a_deletion_is_that_of_the_entity_and_not_of_its_bin(
    log: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(monkeypatch, "/deleted", lambda rows: [in_bin(row, "_id") for row in rows])
    chosen = catalog(["entity_deletions"])
    run = log.account.run(catalog=chosen).ok()
    log.world.delete_entry(deleted := log.ids()[0])
    log.world.advance(HOUR)
    run = log.account.run(catalog=chosen, state=run.state).ok()
    assert deleted in {row["id"] for row in run.records("entity_deletions")}


def test_feeds_go_on_where_an_end_date_cut_them(new: Followed) -> None:
    change(new.world)
    new.world.advance(DAY)
    ended = f"{new.world.now:%Y-%m-%dT%H:%M:%SZ}"
    change(new.world)
    new.world.advance(DAY)
    run = new.account.run(catalog=catalog(LOGS), end_date=ended).ok()
    again = new.account.run(catalog=catalog(LOGS), state=run.state).ok()
    whole = new.account.run(catalog=catalog(LOGS)).ok()
    for table in LOGS:
        halves = {str(row) for row in (*run.records(table), *again.records(table))}
        assert halves >= {str(row) for row in whole.records(table)}


def test_a_clockify_without_the_feeds_leaves_their_tables_out(new: Followed) -> None:
    new.account.fault("/entities/", "status", code=404)
    run = new.account.run(catalog=catalog(["tags", *LOGS]), strict_plan=True).ok()
    assert set(run.counts()) == {"tags"}
    assert run.leaves_out("entity_changes", "this Clockify has no feeds of changes (404)")
