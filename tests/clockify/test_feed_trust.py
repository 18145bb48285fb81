"""The default: edits and deletions from the feeds of changes, once these have earned it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tap_clockify.tap import TapClockify
from taps_common.http.session import Session
from tests.clockify.entry_changes import BATCH, FEEDS, TABLE, change, held, rewrite, truth
from tests.clockify.runs import (
    DAY,
    ENTRIES,
    ENTRY_TABLES,
    HOUR,
    Account,
    Copy,
    catalog,
    discovered,
    mark,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clockify.world import World
    from taps_common.http.cost import Cost
    from taps_common.http.request import Request, Response
    from tests.common.runs import Row, Run, State


class Kept:
    """A target that default runs keep up to date."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.copy = Copy()
        self.state: State | None = None

    @property
    def world(self) -> World:
        return self.account.world

    @property
    def is_true(self) -> bool:
        return held(self.copy) == truth(self.world)

    @property
    def lists(self) -> dict[str, Any]:
        """What the state says of the feeds."""
        assert self.state is not None
        found: dict[str, Any] = mark(self.state, TABLE, self.world.main_id)["lists"]
        return found

    @property
    def reads_lists(self) -> bool:
        """Whether the last run read the lists of entries."""
        return ENTRIES in self.account.templates()

    def read(self, hours: float = 0, **settings: Any) -> Run:
        """Read some hours later."""
        self.world.advance(int(hours * HOUR))
        self.account.reset()
        given = {"workspace_ids": [self.world.main_id], **settings}
        chosen = catalog(ENTRY_TABLES, by_log=ENTRY_TABLES)
        run = self.copy.load(self.account.run(catalog=chosen, state=self.state, **given))
        self.state = run.state
        return run

    def insert(self, **fields: Any) -> str:
        ident: str = self.world.insert_entry(self.world.main_id, self.world.owner_id, **fields)
        return ident

    def earn(self) -> None:
        """Have three runs show that the feeds tell what is made, and the last one an edit."""
        (oldest,) = min(truth(self.world))
        for _ in range(3):
            self.insert()
            self.world.edit_entry(oldest, description=f"edited at {self.world.now}")
            self.read(hours=1).ok()
            assert self.reads_lists
        assert self.lists["trusted"] == 3


@pytest.fixture
def kept(start: Callable[..., Account]) -> Kept:
    """A target after the first run, when no entry lies in the future."""
    found = Kept(start())
    found.world.advance(10 * DAY)
    found.read().ok()
    return found


@pytest.fixture
def earned(kept: Kept) -> Kept:
    """The same once the feeds have earned it."""
    kept.earn()
    return kept


def silence(kept: Kept, *feeds: str) -> None:
    """Have feeds answer as if nothing had happened."""
    for feed in feeds:
        kept.account.fault(f"/entities/{feed}", "status", code=200, body="[]")


def test_the_method_is_log_based_unless_an_end_date_bounds_it() -> None:
    methods = {
        entry["tap_stream_id"]: entry["replication_method"] for entry in discovered()["streams"]
    }
    assert {methods[one] for one in ENTRY_TABLES} == {"LOG_BASED"}
    ended = TapClockify(config={"end_date": "2026-01-01"}, validate_config=False).catalog_dict
    methods = {entry["tap_stream_id"]: entry["replication_method"] for entry in ended["streams"]}
    assert {methods[one] for one in ENTRY_TABLES} == {"INCREMENTAL"}


def test_a_catalog_without_a_method_and_the_columns_is_incremental(kept: Kept) -> None:
    """As somebody may have written it by hand, before LOG_BASED was the default."""
    chosen = catalog([TABLE])
    (entry,) = [one for one in chosen["streams"] if one["tap_stream_id"] == TABLE]
    del entry["replication_method"]
    for name in ("createdAt", "updatedAt", "_sdc_deleted_at"):
        del entry["schema"]["properties"][name]
    kept.account.reset()
    run = kept.account.run(catalog=chosen).ok()
    assert not {*FEEDS} & {*kept.account.templates()}
    assert mark(run.state, TABLE, kept.world.main_id)["replication_key"] == "start"


def test_three_runs_in_which_the_feeds_tell_what_was_made_and_lists_are_left_alone(
    kept: Kept,
) -> None:
    run = kept.read(hours=1).ok()
    assert kept.reads_lists
    assert "trusted" not in kept.lists, "nothing was made"
    assert f"So far: 0 of 3 runs, no edit (workspace {kept.world.main_id})." in run.log
    kept.earn()
    kept.insert()
    assert "So far" not in kept.read(hours=1).ok().log
    assert kept.account.templates() == ["/workspaces", *FEEDS, BATCH]
    assert kept.is_true


def test_edits_and_deletions_arrive_from_the_second_run_on(kept: Kept) -> None:
    change(kept.world)
    kept.read(hours=1).ok()
    assert kept.is_true


@pytest.mark.parametrize(("hours", "verify_days", "again"), [(72, 7, False), (72, 3, True)])
def test_lists_are_read_again_once_in_some_days(
    earned: Kept, hours: int, verify_days: int, *, again: bool
) -> None:
    earned.insert()
    (oldest,) = min(truth(earned.world))
    earned.world.edit_entry(oldest, description="edited")
    earned.read(hours=hours, verify_days=verify_days).ok()
    assert earned.reads_lists == again
    assert earned.lists["trusted"] == 3
    earned.read(hours=1, verify_days=verify_days).ok()
    assert not earned.reads_lists


def test_feeds_that_never_tell_of_an_edit_earn_nothing(kept: Kept) -> None:
    (old,) = min(truth(kept.world))
    silence(kept, "updated", "deleted")
    for _ in range(6):
        kept.insert()
        kept.world.edit_entry(old, description=f"edited at {kept.world.now}")
        kept.read(hours=1).ok()
        assert kept.reads_lists
    assert kept.lists["trusted"] == 3
    kept.account.mended()
    kept.world.edit_entry(old, description="edited")
    kept.read(hours=1).ok()
    assert ENTRIES not in kept.account.templates()


def test_feeds_that_stop_to_tell_of_edits_have_lists_read_again(earned: Kept) -> None:
    silence(earned, "updated")
    made = earned.insert()
    for hours in (8 * 24, 24, 24):
        earned.world.edit_entry(made, description=f"edited at {earned.world.now}")
        earned.read(hours=hours, verify_days=7).ok()
        assert earned.reads_lists
        assert earned.is_true


def test_one_entry_that_the_feeds_do_not_tell_is_said_and_trust_begins_anew(earned: Kept) -> None:
    silence(earned, *("created", "updated"))
    told_by_nobody = earned.insert()
    run = earned.read(hours=8 * 24).ok()
    (line,) = [one for one in run.log.splitlines() if "do not tell 1 entries" in one]
    assert told_by_nobody in line
    assert earned.is_true, "it came in the list"
    assert "trusted" not in earned.lists
    earned.account.mended()
    earned.earn()


def test_what_feeds_do_not_tell_arrives_as_from_an_incremental_run(kept: Kept) -> None:
    """Even if they never tell anything, and whatever its id says of when it was made."""
    silence(kept, "created", "updated", "deleted")
    for _ in range(5):
        ident = kept.insert()
        kept.world.edit_entry(kept.insert(), description="edited")
        kept.read(hours=1).ok()
        assert kept.reads_lists
        assert kept.is_true, ident


def test_a_timer_that_no_feed_tells_of_arrives_when_it_ends(kept: Kept) -> None:
    silence(kept, "created", "updated")
    start = "2026-09-01T08:00:00Z"
    ident = kept.insert(timeInterval={"start": start, "end": None})
    kept.read(hours=1).ok()
    kept.read(hours=60 * 24).ok()
    kept.world.edit_entry(ident, timeInterval={"start": start, "end": "2026-09-01T09:00:00Z"})
    kept.read(hours=1, lookback_days=1).ok()
    assert kept.is_true


@pytest.mark.parametrize("code", [200, 204])
def test_a_feed_without_a_body_is_asked_again_and_lists_are_read(earned: Kept, code: int) -> None:
    change(earned.world)
    earned.account.fault("/entities/", "status", code=code, body="")
    run = earned.read(hours=1).ok()
    assert earned.reads_lists
    assert run.log.count("answered without a body") == 1
    assert held(earned.copy) != truth(earned.world)
    earned.account.mended()
    earned.read(hours=1).ok()
    assert earned.is_true
    assert ENTRIES not in earned.account.templates()
    assert earned.lists["trusted"] == 3


@pytest.mark.parametrize("document", [None, {"description": "no id"}])
def test_deletions_that_name_the_bin_only_are_said_and_earn_nothing(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, document: object
) -> None:
    ident, *_ = (one for (one,) in sorted(truth(kept.world)))
    kept.world.delete_entry(ident)
    kept.insert()

    def binned(rows: list[Row]) -> list[Row]:
        return [{**row, "id": row["deletionBinId"], "document": document} for row in rows]

    rewrite(monkeypatch, "/deleted", binned)
    run = kept.read(hours=1).ok()
    said = f"names 1 entries by the id of their bin only, the first of which is {ident[:12]}"
    assert run.log.count(said) == 1
    assert "trusted" not in kept.lists
    assert "names 1" not in kept.read(hours=2).ok().log


def test_feeds_that_send_no_body_where_nothing_changed_work(
    earned: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though nothing is ever deleted, and the bookmark would stay for longer than they are kept."""
    send = Session.send

    def sent(session: Session, request: Request, cost: Cost | None = None) -> Response:
        response = send(session, request, cost)
        empty = "/entities/" in str(request) and response.body == b"[]"
        return replace(response, body=b"") if empty else response

    monkeypatch.setattr(Session, "send", sent)
    for _ in range(6):
        oldest = min(truth(earned.world), key=str)[0]
        earned.world.edit_entry(oldest, description=f"edited at {earned.world.now}")
        earned.insert()
        run = earned.read(hours=9 * 24, lookback_days=1).ok()
        assert "cannot be read" not in run.log
        assert earned.is_true
    assert earned.lists["asked"]


def test_refused_feeds_make_it_incremental_and_that_is_said_once(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    kept.world.switch(changes_feature="NO_SUCH_FEATURE")
    for _ in range(3):
        kept.insert()
        kept.read(hours=1, lookback_days=1).ok()
        assert kept.is_true
    said = [one.levelname for one in caplog.records if "cannot be read: Clockify" in one.message]
    assert said == ["WARNING", "INFO", "INFO"]
    kept.world.switch(changes_feature="")
    kept.read(hours=1).ok()
    assert "refused" not in kept.lists


def test_where_feeds_are_refused_the_window_moves_with_each_run(kept: Kept) -> None:
    """As that of an incremental run does; the bookmark stays, so that the feeds may make it up."""
    kept.world.switch(changes_feature="NO_SUCH_FEATURE")
    asked = []
    for _ in range(2):
        kept.insert()
        kept.read(hours=5 * 24, lookback_days=1).ok()
        lines = [one for one in kept.account.requests() if "/time-entries?" in one]
        asked.append(max(line.split("start=")[1][:10] for line in lines))
    assert asked == ["2026-09-15", "2026-09-23"]


def test_a_timer_runs_on_while_lists_are_not_read(earned: Kept) -> None:
    start = "2026-09-01T08:00:00Z"
    ident = earned.insert(timeInterval={"start": start, "end": None})
    earned.read(hours=1, verify_days=0).ok()
    earned.read(hours=1).ok()
    assert not earned.reads_lists
    earned.world.switch(changes_feature="NO_SUCH_FEATURE")
    earned.world.edit_entry(ident, timeInterval={"start": start, "end": "2026-09-01T09:00:00Z"})
    earned.read(hours=1, lookback_days=1).ok()
    assert earned.is_true


def test_ids_that_are_refused_one_and_all_fail_though_lists_came(kept: Kept) -> None:
    """Or else edits of entries that start before the look-back were passed over."""
    change(kept.world)
    kept.account.fault("/time-entries/batch", "status", code=400, body='{"code":501,"message":""}')
    assert kept.read(hours=1, lookback_days=1).code == 1
    kept.account.mended()
    kept.read(hours=1).ok()
    assert kept.is_true


def test_children_of_a_killed_run_without_feeds_come_with_the_next_one(earned: Kept) -> None:
    """It sent entries and not their children; the feeds tell nothing of entries that stayed."""
    earned.world.switch(changes_feature="NO_SUCH_FEATURE")
    killed = earned.read(hours=1).ok()
    begun: list[State] = [
        message["value"]
        for message in killed.messages[: _first_record(killed)]
        if message["type"] == "STATE"
    ]
    earned.state = begun[-1]
    earned.world.switch(changes_feature="")
    sent = {row["id"] for row in killed.records(TABLE)}
    again = earned.read(hours=1).ok()
    assert {row["id"] for row in again.records(TABLE)} >= sent != set()
    earned.read(hours=1).ok()
    assert not earned.reads_lists


def _first_record(run: Run) -> int:
    return next(n for n, one in enumerate(run.messages) if one["type"] == "RECORD")
