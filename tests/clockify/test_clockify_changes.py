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
    FEEDS,
    TABLE,
    change,
    held,
    later,
    read,
    truth,
)
from tests.clockify.runs import DAY, ENTRY_TABLES, HOUR, LOGS, Account, Copy, catalog, true_rows
from tests.common.runs import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clockify.world import World
    from taps_common.http.cost import Cost
    from taps_common.http.request import Request, Response
    from tests.common.runs import Row, Run


@pytest.fixture
def account(start: Callable[..., Account]) -> Account:
    """An account a day later than its newest entries."""
    found = start()
    found.world.advance(DAY)
    return found


@pytest.fixture
def copy() -> Copy:
    return Copy()


@pytest.fixture
def first(account: Account, copy: Copy) -> Run:
    """The first run, which is in the copy."""
    return copy.load(read(account).ok())


def ids(world: World) -> list[str]:
    return [ident for (ident,) in truth(world)]


def rewrite(
    monkeypatch: pytest.MonkeyPatch, route: str, rewritten: Callable[[list[Row]], list[Row]]
) -> None:
    """Have the rows that come from a route rewritten."""
    send = Session.send

    def sent(session: Session, request: Request, cost: Cost) -> Response:
        response = send(session, request, cost)
        if not str(request).endswith(route):
            return response
        rows = rewritten(msgspec.json.decode(response.body))
        return replace(response, body=msgspec.json.encode(rows))

    monkeypatch.setattr(Session, "send", sent)


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
    account: Account, world: World, copy: Copy, switches: dict[str, Any]
) -> None:
    world.switch(**switches)
    run = copy.load(read(account).ok())
    assert held(copy) == truth(world)
    for _ in range(2):
        change(world)
        run = later(account, copy, run).ok()
        assert held(copy) == truth(world)
        assert len(run.records(TABLE)) < 20


@pytest.mark.parametrize("clamped", [True, False])
def test_more_changes_than_a_page_holds_arrive(
    account: Account, world: World, copy: Copy, clamped: bool
) -> None:
    world.switch(changes_limit=60, clamp_page_size=clamped)
    run = copy.load(read(account).ok())
    for ident in ids(world)[:120]:
        world.edit_entry(ident, description="edited")
    for ident in ids(world)[120:230]:
        world.delete_entry(ident)
    later(account, copy, run).ok()
    assert held(copy) == truth(world)


def test_a_row_says_when_it_was_created_updated_or_deleted(
    account: Account, world: World, first: Run
) -> None:
    edited, _, deleted, new = change(world)
    run = later(account, Copy(), first).ok()
    rows = {row["id"]: row for row in run.records(TABLE)}
    at = f"{NOW + timedelta(days=1):%Y-%m-%dT%H:%M:%S}"
    assert rows[edited]["updatedAt"][:19] == at
    assert rows[edited]["createdAt"] < at
    assert rows[new]["createdAt"][:19] == at
    assert rows[deleted]["_sdc_deleted_at"][:19] == at
    assert rows[deleted]["userId"] in {row["userId"] for row in true_rows(world, TABLE)}
    assert {rows[one]["_sdc_deleted_at"] for one in (edited, new)} == {None}


def test_a_changed_value_of_a_custom_field_brings_its_entry(
    account: Account, world: World, copy: Copy, first: Run
) -> None:
    entry = next(row for row in truth(world).values() if row["customFieldValues"])
    values = [{**one, "value": "changed"} for one in entry["customFieldValues"]]
    world.edit_entry(entry["id"], customFieldValues=values)
    later(account, copy, first).ok()
    assert held(copy) == truth(world)


def test_what_was_created_just_before_a_run_and_then_deleted_is_gone(
    account: Account, world: World, copy: Copy
) -> None:
    """No feed tells of what was created and deleted in one window, and windows overlap."""
    one, other = (world.insert_entry(world.main_id, world.owner_id) for _ in range(2))
    run = copy.load(read(account).ok())
    world.delete_entry(one)
    run = later(account, copy, run).ok()
    assert held(copy) == truth(world)
    third = world.insert_entry(world.main_id, world.owner_id)
    world.advance(300)
    run = copy.load(read(account, run.state).ok())
    assert (third,) in held(copy)
    for ident in (other, third):
        world.delete_entry(ident)
    run = later(account, copy, run).ok()
    assert held(copy) == truth(world)
    assert "recent" not in str(later(account, copy, run).ok().state)


def test_what_hung_on_a_deleted_entry_does_not_come_again(account: Account, world: World) -> None:
    chosen = catalog(ENTRY_TABLES, by_log=ENTRY_TABLES)
    run = account.run(catalog=chosen).ok()
    world.delete_entry(run.records("time_entry_tags")[0]["timeEntryId"])
    world.advance(HOUR)
    run = account.run(catalog=chosen, state=run.state).ok()
    assert run.counts() == {TABLE: 1}


def test_what_was_deleted_and_restored_lives(
    account: Account, world: World, copy: Copy, first: Run
) -> None:
    """The feed goes on telling of its deletion, and nothing else tells of it."""
    (ident,), row = next(iter(held(copy).items()))
    world.advance(HOUR)
    world.delete_entry(ident)
    world.insert_entry(
        row["workspaceId"], row["userId"], id=ident, timeInterval=row["timeInterval"]
    )
    for feed in ("created", "updated"):
        account.fault(f"/entities/{feed}", "status", code=200, body="[]")
    later(account, copy, first).ok()
    assert (ident,) in held(copy)


# -- dates and methods -----------------------------------------------------------------------------


def on(day: str) -> dict[str, str]:
    return {"start": f"{day}T08:00:00Z", "end": f"{day}T09:00:00Z"}


def test_dates_hide_no_change(account: Account, world: World, copy: Copy) -> None:
    """Neither an edit that moves an entry out of them, nor one before a later `start_date`."""
    since = f"{NOW - timedelta(days=10):%Y-%m-%d}"
    run = copy.load(read(account, start_date=since).ok())
    ident = next(one for (one,) in held(copy))
    world.edit_entry(ident, timeInterval=on("2026-01-02"))
    run = later(account, copy, run, start_date=since).ok()
    assert held(copy)[ident,]["start"] == "2026-01-02T08:00:00Z"
    world.edit_entry(ident, description="edited")
    later(account, copy, run, start_date="2026-10-01").ok()
    assert held(copy)[ident,] == truth(world)[ident,]


def test_what_does_not_go_with_changes_is_refused(account: Account, world: World) -> None:
    run = read(account, end_date=f"{world.now:%Y-%m-%d}")
    assert (run.code, run.counts()) == (1, {})
    assert "end_date does not go with LOG_BASED: what time_entries hold after it" in run.log
    mixed = catalog([TABLE, "time_entry_tags"], by_log=[TABLE], full=["time_entry_tags"])
    run = account.run(catalog=mixed, workspace_ids=[world.main_id])
    assert (run.code, run.counts()) == (1, {})
    assert "time_entry_tags cannot be FULL_TABLE while time_entries, of whose rows" in run.log


def test_incremental_runs_know_nothing_of_the_feeds(account: Account, first: Run) -> None:
    run = account.run(catalog=catalog([TABLE])).ok()
    unknown = {"createdAt", "updatedAt", "_sdc_deleted_at"}
    assert not unknown & {*run.schema(TABLE)}
    assert not unknown & {name for row in run.records(TABLE) for name in row}
    assert unknown <= {*first.schema(TABLE)}


# -- what it costs ---------------------------------------------------------------------------------


def test_a_quiet_run_asks_the_feeds_alone(
    account: Account, world: World, copy: Copy, first: Run
) -> None:
    run = later(account, copy, later(account, copy, first).ok()).ok()
    assert account.templates() == ["/workspaces", *FEEDS]
    assert run.records(TABLE) == []
    change(world)  # and a deletion, which is asked for on its own
    later(account, copy, run).ok()
    assert account.templates() == ["/workspaces", *FEEDS, BATCH, BATCH]


# -- rows of the feeds that say little -------------------------------------------------------------


@pytest.mark.parametrize("spelled", ["TIME_ENTRY", "none"])
def test_a_deletion_may_have_the_id_of_its_bin_and_no_time(
    account: Account,
    world: World,
    copy: Copy,
    first: Run,
    monkeypatch: pytest.MonkeyPatch,
    spelled: str,
) -> None:
    """What the removed document calls its own id is the entry's."""

    def binned(rows: list[Row]) -> list[Row]:
        return [{**row, "id": row["deletionBinId"], "deletedAt": None} for row in rows]

    rewrite(monkeypatch, "/deleted", binned)
    world.switch(changes_type=spelled)
    *_, deleted, _ = change(world)
    run = later(account, copy, first).ok()
    assert held(copy) == truth(world)
    (gone,) = [row["id"] for row in run.records(TABLE) if row["_sdc_deleted_at"]]
    assert gone == deleted


def test_what_the_feeds_name_and_nobody_explains_is_said(
    account: Account, world: World, copy: Copy, first: Run
) -> None:
    """No type, and no document that looks like an entry: that is no proof of a deletion."""
    world.switch(changes_type="none")
    account.fault("/entities/deleted", "replace", field="document", value={"name": "a client"})
    deleted = ids(world)[0]
    world.delete_entry(deleted)
    run = later(account, copy, first).ok()
    assert held(copy).keys() - truth(world).keys() == {(deleted,)}
    (line,) = [line for line in run.log.splitlines() if "neither came nor are called" in line]
    assert f"workspace {world.main_id} name " in line
    assert deleted in line
    assert "a client" not in run.log


def test_what_says_nothing_but_the_id_of_a_deleted_entry_is_no_loop(
    account: Account, world: World, copy: Copy, first: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry is asked for twice in the same words: as a guess, and as one that may be back."""
    deleted = ids(world)[0]
    world.delete_entry(deleted)
    rewrite(monkeypatch, "/updated", lambda _: [{"id": deleted}])
    rewrite(monkeypatch, "/deleted", lambda rows: [one for one in rows if one["id"] == deleted])
    later(account, copy, first).ok()
    assert account.templates().count(BATCH) == 2
    assert held(copy) == truth(world)


def test_a_row_of_another_type_is_not_taken_for_an_entry(
    account: Account, world: World, copy: Copy, first: Run
) -> None:
    account.fault("/entities/deleted", "replace", field="documentCode", value="PROJECTS")
    world.delete_entry(ids(world)[0])
    run = later(account, copy, first).ok()
    assert run.records(TABLE) == []
    assert BATCH not in account.templates()


# -- feeds that cannot be read ---------------------------------------------------------------------


def test_refused_feeds_are_made_up_for_once_they_are_allowed(
    account: Account, world: World, copy: Copy, first: Run
) -> None:
    world.switch(changes_feature="NO_SUCH_FEATURE")
    old, *_ = change(world)
    run = later(account, copy, first, lookback_days=1).ok()
    assert "cannot be read: Clockify refuses them (4" in run.log
    assert held(copy).keys() > truth(world).keys(), "deletions are not seen"
    assert held(copy)[old,] != truth(world)[old,], "nor are old edits"
    world.switch(changes_feature="")
    later(account, copy, run).ok()
    assert held(copy) == truth(world)


def test_after_a_long_pause_entries_are_read_by_their_start(
    account: Account, world: World, copy: Copy, first: Run
) -> None:
    change(world)
    world.advance(40 * DAY)
    run = later(account, copy, first).ok()
    assert "cannot be read: they are kept for 30 days (changes_kept_days)" in run.log
    assert not {*account.templates()} & {*FEEDS}
    change(world)
    run = later(account, copy, run, changes_kept_days=60).ok()
    assert {*FEEDS} <= {*account.templates()}
    assert "cannot be read" not in run.log


def test_where_feeds_stay_refused_the_state_stays_small(
    account: Account, world: World, copy: Copy
) -> None:
    """Ids are kept for the feeds of the next run, not those of all runs without feeds."""
    run, sizes = copy.load(read(account, changes_kept_days=0).ok()), set()
    for _ in range(3):
        for _ in range(5):
            world.insert_entry(world.main_id, world.owner_id)
        run = copy.load(read(account, run.state, changes_kept_days=0).ok())
        sizes.add(len(str(run.state)))
        world.advance(DAY)
    assert len(sizes) == 1
    assert held(copy) == truth(world)


# -- what ended early ------------------------------------------------------------------------------


def test_what_failed_is_read_by_the_next_run(
    account: Account, world: World, copy: Copy, first: Run
) -> None:
    run = first
    change(world)
    for route in (*FEEDS, BATCH):
        account.fault(route.rpartition("}")[2], "status")
        run = later(account, copy, run)
        assert run.code == 1
        account.mended()
    later(account, copy, run).ok()
    assert held(copy) == truth(world)


def test_what_a_failed_first_read_sent_and_is_deleted_then_goes(
    account: Account, world: World, copy: Copy
) -> None:
    """The next run reads all anew, and never meets what is gone: the feeds have to tell."""
    last = list(world.main.users)[-1]
    account.fault(f"/user/{last}/time-entries", "status")
    run = copy.load(read(account))
    assert run.code == 1
    account.mended()
    world.delete_entry(next(ident for (ident,) in held(copy)))
    for _ in range(2):
        run = later(account, copy, run).ok()
    assert held(copy) == truth(world)
    assert "first" not in str(run.state)


def test_what_a_failed_run_sent_and_is_deleted_then_goes(
    account: Account, world: World, copy: Copy, first: Run
) -> None:
    """Created and deleted in the window that the next run reads again: no feed tells of it."""
    for ident in ids(world)[:150]:
        world.edit_entry(ident, description="edited")
    world.advance(HOUR)
    new = world.insert_entry(world.main_id, world.owner_id)
    account.fault("/time-entries/batch", "status", after=1)
    run = later(account, copy, first)
    assert run.code == 1
    assert (new,) in held(copy)
    account.mended()
    world.delete_entry(new)
    later(account, copy, run).ok()
    assert held(copy) == truth(world)


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
    account: Account, world: World, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or else edits were passed over, and new entries called deleted, without a word."""
    world.insert_entry(world.main_id, world.owner_id)
    run = copy.load(read(account).ok())
    change(world)
    with monkeypatch.context() as refusing:
        refuse_batches(refusing, of="")
        run = later(account, copy, run)
    assert run.code == 1
    later(account, copy, run).ok()
    assert held(copy) == truth(world)


def test_refused_ids_of_deleted_entries_are_believed_to_be_gone(
    account: Account, world: World, copy: Copy, first: Run
) -> None:
    world.delete_entry(ids(world)[0])
    account.fault("/time-entries/batch", "status", code=400, body='{"code":501,"message":"no"}')
    later(account, copy, first).ok()
    assert account.templates().count(BATCH) <= 2  # no entry is asked for on its own
    assert held(copy) == truth(world)


def test_one_id_that_is_refused_costs_a_few_requests(
    account: Account, world: World, first: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = ids(world)
    for ident in known:
        world.edit_entry(ident, description="edited")
    refuse_batches(monkeypatch, of=known[10])
    run = later(account, Copy(), first).ok()
    assert len(run.records(TABLE)) == len(known) - 1
    assert account.templates().count(BATCH) < 15


def test_what_an_answer_leaves_out_is_asked_for_again(
    account: Account, world: World, copy: Copy, first: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for ident in ids(world):
        world.edit_entry(ident, description="edited")
    rewrite(monkeypatch, "/batch", lambda rows: rows[:30])
    later(account, copy, first).ok()
    assert held(copy) == truth(world)


# -- the feeds as tables ---------------------------------------------------------------------------


def test_a_workspace_without_all_types_does_not_take_them_from_the_others(
    account: Account, world: World
) -> None:
    main, second = world.workspaces
    refusals = len(PAGE_SIZES) + 1
    account.fault(f"/workspaces/{main}/entities/created", "status", code=400, times=refusals)
    run = account.run(catalog=catalog(["entity_changes"])).ok()
    said = f"Only the types of time entries are asked for in workspace {main}, 1000 rows at once."
    assert run.log.count(said) == 1
    rows = run.records("entity_changes")
    types = {(row["workspaceId"], row["type"]) for row in rows}
    assert (main, "CLIENTS") not in types
    assert (second, "CLIENTS") in types
    asked = sum("/entities/" in template for template in account.templates())
    assert f"(entity_changes {len(rows)}), {asked} requests" in run.log


def test_feeds_go_on_where_an_end_date_cut_them(account: Account, world: World) -> None:
    change(world)
    world.advance(DAY)
    ended = f"{world.now:%Y-%m-%dT%H:%M:%SZ}"
    change(world)
    world.advance(DAY)
    run = account.run(catalog=catalog(LOGS), end_date=ended).ok()
    again = account.run(catalog=catalog(LOGS), state=run.state).ok()
    whole = account.run(catalog=catalog(LOGS)).ok()
    for table in LOGS:
        halves = {str(row) for row in (*run.records(table), *again.records(table))}
        assert halves >= {str(row) for row in whole.records(table)}


def test_a_clockify_without_the_feeds_leaves_their_tables_out(account: Account) -> None:
    account.fault("/entities/", "status", code=404)
    run = account.run(catalog=catalog(["tags", *LOGS])).ok()
    assert set(run.counts()) == {"tags"}
    assert "the plan or the key's role does not allow it (404)" in run.log
