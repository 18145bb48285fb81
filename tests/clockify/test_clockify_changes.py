"""LOG_BASED: edits and deletions of entries of any age arrive, for a few requests."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tap_clockify.change_feed import PAGE_SIZES
from taps_common.errors import StatusError
from taps_common.http.session import Session
from tests.clockify.entry_changes import (
    BATCH,
    DAY,
    FEEDS,
    HOUR,
    TABLE,
    change,
    held,
    later,
    read,
    truth,
)
from tests.clockify.runs import ENTRY_TABLES, Account, Copy, catalog, true_rows
from tests.common.runs import NOW

if TYPE_CHECKING:
    from sandbox.clockify.world import World
    from taps_common.http.cost import Cost
    from taps_common.http.request import Request, Response


@pytest.fixture
def world(account: Account) -> World:
    account.world.advance(DAY)
    return account.world


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
    account: Account, world: World, switches: dict[str, Any]
) -> None:
    world.switch(**switches)
    copy = Copy()
    run = copy.load(read(account).ok())
    assert held(copy) == truth(world)
    for _ in range(3):
        change(world)
        run = later(account, copy, run).ok()
        assert held(copy) == truth(world)
        assert len(run.records(TABLE)) < 20


@pytest.mark.parametrize("clamped", [True, False])
def test_more_changes_than_a_page_holds_arrive(
    account: Account, world: World, *, clamped: bool
) -> None:
    world.switch(changes_limit=60, clamp_page_size=clamped)
    copy = Copy()
    run = copy.load(read(account).ok())
    ids = [ident for (ident,) in truth(world)]
    for ident in ids[:120]:
        world.edit_entry(ident, description="edited")
    for ident in ids[120:230]:
        world.delete_entry(ident)
    later(account, copy, run).ok()
    assert held(copy) == truth(world)


def test_a_row_says_when_it_was_created_updated_or_deleted(account: Account, world: World) -> None:
    run = read(account).ok()
    edited, _, deleted, new = change(world)
    known = true_rows(world, TABLE)
    run = later(account, Copy(), run).ok()
    rows = {row["id"]: row for row in run.records(TABLE)}
    at = f"{NOW + timedelta(seconds=DAY):%Y-%m-%dT%H:%M:%S}"
    assert [rows[edited][name][:19] for name in ("updatedAt",)] == [at]
    assert rows[edited]["createdAt"] < at
    assert rows[new]["createdAt"][:19] == at
    assert rows[deleted]["_sdc_deleted_at"][:19] == at
    assert rows[deleted]["userId"] in {row["userId"] for row in known}
    assert {rows[one]["_sdc_deleted_at"] for one in (edited, new)} == {None}


def test_a_changed_value_of_a_custom_field_brings_its_entry(account: Account, world: World) -> None:
    copy = Copy()
    run = copy.load(read(account).ok())
    entry = next(row for row in truth(world).values() if row["customFieldValues"])
    values = [{**one, "value": "changed"} for one in entry["customFieldValues"]]
    world.edit_entry(entry["id"], customFieldValues=values)
    later(account, copy, run).ok()
    assert held(copy) == truth(world)


def test_what_was_created_just_before_a_run_and_then_deleted_is_gone(
    account: Account, world: World
) -> None:
    """No feed tells of what was created and deleted in one window, and windows overlap."""
    copy = Copy()
    first, second = (world.insert_entry(world.main_id, world.owner_id) for _ in range(2))
    run = copy.load(read(account).ok())
    world.delete_entry(first)
    run = later(account, copy, run).ok()
    assert held(copy) == truth(world)
    third = world.insert_entry(world.main_id, world.owner_id)
    world.advance(300)
    run = copy.load(read(account, run.state).ok())
    assert (third,) in held(copy)
    for ident in (second, third):
        world.delete_entry(ident)
    run = later(account, copy, run).ok()
    assert held(copy) == truth(world)
    assert "recent" not in str(later(account, copy, run).ok().state)


@pytest.mark.parametrize("spelled", ["TIME_ENTRY", "none"])
def test_a_deletion_may_have_the_id_of_its_bin_and_no_time(
    account: Account, world: World, monkeypatch: pytest.MonkeyPatch, spelled: str
) -> None:
    """What the removed document calls its own id is the entry's."""
    copy = Copy()
    run = copy.load(read(account).ok())
    send = Session.send

    def sent(session: Session, request: Request, cost: Cost) -> Response:
        response = send(session, request, cost)
        if not str(request).endswith("/deleted"):
            return response
        rows = msgspec.json.decode(response.body)
        rows = [{**row, "id": row["deletionBinId"], "deletedAt": None} for row in rows]
        return replace(response, body=msgspec.json.encode(rows))

    monkeypatch.setattr(Session, "send", sent)
    world.switch(changes_type=spelled)
    *_, deleted, _ = change(world)
    run = later(account, copy, run).ok()
    assert held(copy) == truth(world)
    (gone,) = [row["id"] for row in run.records(TABLE) if row["_sdc_deleted_at"]]
    assert gone == deleted


def test_what_the_feeds_name_and_nobody_explains_is_said(account: Account, world: World) -> None:
    """No type, and no document that looks like an entry: that is no proof of a deletion."""
    copy = Copy()
    run = copy.load(read(account).ok())
    world.switch(changes_type="none")
    account.fault("/entities/deleted", "replace", field="document", value={"name": "a client"})
    deleted = next(ident for (ident,) in truth(world))
    world.delete_entry(deleted)
    run = later(account, copy, run).ok()
    assert held(copy).keys() - truth(world).keys() == {(deleted,)}
    (line,) = [line for line in run.log.splitlines() if "neither came nor are called" in line]
    assert f"workspace {world.main_id} name " in line
    assert deleted in line
    assert "a client" not in run.log


def test_what_says_nothing_but_the_id_of_a_deleted_entry_is_no_loop(
    account: Account, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry is asked for twice in the same words: as a guess, and as one that may be back."""
    copy = Copy()
    run = copy.load(read(account).ok())
    deleted = next(ident for (ident,) in truth(world))
    world.delete_entry(deleted)
    send = Session.send

    def sent(session: Session, request: Request, cost: Cost) -> Response:
        response = send(session, request, cost)
        rows = msgspec.json.decode(response.body)
        if str(request).endswith("/updated"):
            rows = [{"id": deleted}]
        elif str(request).endswith("/deleted"):
            rows = [row for row in rows if row["id"] == deleted]
        return replace(response, body=msgspec.json.encode(rows))

    monkeypatch.setattr(Session, "send", sent)
    later(account, copy, run).ok()
    assert account.templates().count(BATCH) == 2
    assert held(copy) == truth(world)


def test_a_row_of_another_type_is_not_taken_for_an_entry(account: Account, world: World) -> None:
    copy = Copy()
    run = copy.load(read(account).ok())
    account.fault("/entities/deleted", "replace", field="documentCode", value="PROJECTS")
    world.delete_entry(next(ident for (ident,) in truth(world)))
    run = later(account, copy, run).ok()
    assert run.records(TABLE) == []
    assert BATCH not in account.templates()


# -- what it costs ---------------------------------------------------------------------------------


def test_a_quiet_run_asks_the_feeds_alone(account: Account, world: World) -> None:
    copy = Copy()
    run = later(account, copy, copy.load(read(account).ok())).ok()
    run = later(account, copy, run).ok()
    assert account.templates() == ["/workspaces", *FEEDS]
    assert run.records(TABLE) == []
    change(world)  # and a deletion, which is asked for on its own
    later(account, copy, run).ok()
    assert account.templates() == ["/workspaces", *FEEDS, BATCH, BATCH]
    later(account, copy, run)


# -- what cannot be read ---------------------------------------------------------------------------


def test_refused_feeds_are_made_up_for_once_they_are_allowed(
    account: Account, world: World
) -> None:
    copy = Copy()
    run = copy.load(read(account).ok())
    world.switch(changes_feature="NO_SUCH_FEATURE")
    old, *_ = change(world)
    run = later(account, copy, run, lookback_days=1).ok()
    assert "cannot be read: Clockify refuses them (4" in run.log
    assert held(copy).keys() > truth(world).keys(), "deletions are not seen"
    assert held(copy)[old,] != truth(world)[old,], "nor are old edits"
    world.switch(changes_feature="")
    later(account, copy, run).ok()
    assert held(copy) == truth(world)


def test_after_a_long_pause_entries_are_read_by_their_start(account: Account, world: World) -> None:
    copy = Copy()
    run = copy.load(read(account).ok())
    change(world)
    world.advance(40 * DAY)
    run = later(account, copy, run).ok()
    assert "cannot be read: they are kept for 30 days (changes_kept_days)" in run.log
    assert not {*account.templates()} & {*FEEDS}
    change(world)
    run = later(account, copy, run, changes_kept_days=60).ok()
    assert {*FEEDS} <= {*account.templates()}
    assert "cannot be read" not in run.log


def test_where_feeds_stay_refused_the_state_stays_small(account: Account, world: World) -> None:
    """Ids are kept for the feeds of the next run, not those of all runs without feeds."""
    copy = Copy()
    run = copy.load(read(account, changes_kept_days=0).ok())
    sizes = []
    for _ in range(3):
        for _ in range(5):
            world.insert_entry(world.main_id, world.owner_id)
        run = copy.load(read(account, run.state, changes_kept_days=0).ok())
        sizes.append(len(str(run.state)))
        world.advance(DAY)
    assert sizes[0] == sizes[1] == sizes[2]
    assert held(copy) == truth(world)


def test_what_failed_is_read_by_the_next_run(account: Account, world: World) -> None:
    copy = Copy()
    run = copy.load(read(account).ok())
    change(world)
    for broken in (*FEEDS, BATCH):
        account.running.faults.add(route=broken.rpartition("}")[2], kind="status", times=0)
        run = later(account, copy, run)
        assert run.code == 1
        account.running.faults.clear()
    later(account, copy, run).ok()
    assert held(copy) == truth(world)


def test_incremental_runs_know_nothing_of_the_feeds(account: Account) -> None:
    run = account.run(catalog=catalog([TABLE])).ok()
    unknown = {"createdAt", "updatedAt", "_sdc_deleted_at"}
    assert not unknown & {*run.schema(TABLE)}
    assert not unknown & {name for row in run.records(TABLE) for name in row}
    assert unknown <= {*read(account).schema(TABLE)}


# -- what ended early ------------------------------------------------------------------------------


def test_what_a_failed_first_read_sent_and_is_deleted_then_goes(
    account: Account, world: World
) -> None:
    """The next run reads all anew, and never meets what is gone: the feeds have to tell."""
    copy = Copy()
    last = list(world.workspaces[world.main_id].users)[-1]
    account.fault(f"/user/{last}/time-entries", "status")
    run = copy.load(read(account))
    assert run.code == 1
    account.mended()
    world.delete_entry(next(ident for (ident,) in held(copy)))
    for _ in range(2):
        run = later(account, copy, run).ok()
    assert held(copy) == truth(world)
    assert "first" not in str(run.state)


def test_what_a_failed_run_sent_and_is_deleted_then_goes(account: Account, world: World) -> None:
    """Created and deleted in the window that the next run reads again: no feed tells of it."""
    copy = Copy()
    run = copy.load(read(account).ok())
    for (ident,) in [*truth(world)][:150]:
        world.edit_entry(ident, description="edited")
    world.advance(HOUR)
    new = world.insert_entry(world.main_id, world.owner_id)
    account.fault("/time-entries/batch", "status", after=1)
    run = later(account, copy, run)
    assert run.code == 1
    assert (new,) in held(copy)
    account.mended()
    world.delete_entry(new)
    later(account, copy, run).ok()
    assert held(copy) == truth(world)


# -- what the answers lack -------------------------------------------------------------------------


def refuse_batches(monkeypatch: pytest.MonkeyPatch, *, of: str) -> None:
    """Have batches refused that hold an id, or any: a value that Clockify does not take."""
    send = Session.send

    def sent(session: Session, request: Request, cost: Cost) -> Response:
        if str(request).endswith("/batch") and of.encode() in (request.body or b""):
            raise StatusError("refused", status=400, code=501)
        return send(session, request, cost)

    monkeypatch.setattr(Session, "send", sent)


def test_a_batch_that_is_refused_as_a_whole_is_a_failure(
    account: Account, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or else edits were passed over, and new entries called deleted, without a word."""
    copy = Copy()
    world.insert_entry(world.main_id, world.owner_id)
    run = copy.load(read(account).ok())
    change(world)
    with monkeypatch.context() as refusing:
        refuse_batches(refusing, of="")
        run = later(account, copy, run)
    assert run.code == 1
    later(account, copy, run).ok()
    assert held(copy) == truth(world)


def test_one_id_that_is_refused_costs_a_few_requests(
    account: Account, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = read(account).ok()
    ids = [ident for (ident,) in truth(world)]
    for ident in ids:
        world.edit_entry(ident, description="edited")
    refuse_batches(monkeypatch, of=ids[10])
    run = later(account, Copy(), run).ok()
    assert len(run.records(TABLE)) == len(ids) - 1
    assert account.templates().count(BATCH) < 15


def test_what_an_answer_leaves_out_is_asked_for_again(
    account: Account, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Copy()
    run = copy.load(read(account).ok())
    for (ident,) in truth(world):
        world.edit_entry(ident, description="edited")
    send = Session.send

    def cut(session: Session, request: Request, cost: Cost) -> Response:
        response = send(session, request, cost)
        if not str(request).endswith("/batch"):
            return response
        return replace(response, body=msgspec.json.encode(msgspec.json.decode(response.body)[:30]))

    monkeypatch.setattr(Session, "send", cut)
    later(account, copy, run).ok()
    assert held(copy) == truth(world)


def test_what_hung_on_a_deleted_entry_does_not_come_again(account: Account, world: World) -> None:
    chosen = catalog(ENTRY_TABLES, by_log=ENTRY_TABLES)
    run = account.run(catalog=chosen).ok()
    world.delete_entry(run.records("time_entry_tags")[0]["timeEntryId"])
    world.advance(HOUR)
    run = account.run(catalog=chosen, state=run.state).ok()
    assert run.counts() == {TABLE: 1}


# -- the feeds as tables ---------------------------------------------------------------------------


def test_a_workspace_without_all_types_does_not_take_them_from_the_others(
    account: Account, world: World
) -> None:
    chosen = catalog(["entity_changes"])
    first, second = world.workspaces
    refusals = len(PAGE_SIZES) + 1
    account.fault(f"/workspaces/{first}/entities/created", "status", code=400, times=refusals)
    run = account.run(catalog=chosen).ok()
    said = f"Only the types of time entries are asked for in workspace {first}, 1000 rows at once."
    assert run.log.count(said) == 1
    types = {
        ident: {row["type"] for row in run.records("entity_changes") if row["workspaceId"] == ident}
        for ident in (first, second)
    }
    assert "CLIENTS" not in types[first]
    assert "CLIENTS" in types[second]


def test_the_cost_of_feeds_is_told(account: Account, world: World) -> None:
    run = account.run(catalog=catalog(["entity_changes"]), workspace_ids=[world.main_id]).ok()
    asked = sum("/entities/" in template for template in account.templates())
    assert f"(entity_changes {run.counts()['entity_changes']}), {asked} requests" in run.log
