"""Lists of several pages in which rows are made, deleted and edited while they are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from tap_clockify.moving_lists import Backwards
from tap_clockify.rows.time_entries import TimeEntry
from taps_common.http.session import Session
from tests.clockify.runs import ENTRY_TABLES, VERSIONS, Copy, catalog, difference, true_rows

if TYPE_CHECKING:
    from taps_common.http.request import Request
    from tests.clockify.runs import Account

ENTRIES = "/time-entries"
Hook: TypeAlias = Callable[["Request", int], "Request"]


@pytest.fixture
def large(start: Callable[..., Account], monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account whose owner's entries, and whose projects, come on several pages."""
    monkeypatch.setattr("tap_clockify.client.ClockifyStream.page_size", 60)
    account = start(members=1, entries=300, projects=200)
    account.settings.update(workspace_ids=[account.world.main_id])
    return account


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Hook], None]:
    """Have something happen at the service before each request of a route; it gets its number."""

    def hook(route: str, act: Hook) -> None:
        plain, asked = Session.send, 0

        def send(session: Session, request: Request, *rest: Any) -> Any:
            nonlocal asked
            if request.path.endswith(route):
                asked += 1
                request = act(request, asked)
            return plain(session, request, *rest)

        monkeypatch.setattr(Session, "send", send)

    return hook


def by_start(account: Account) -> list[str]:
    """Return the ids of the entries, latest first, as the list is sorted."""
    rows = true_rows(account.world, "time_entries", account.world.main_id)
    return [one["id"] for one in sorted(rows, key=lambda one: one["start"], reverse=True)]


def before_request(number: int, act: Callable[[], object]) -> Hook:
    def hook(request: Request, asked: int) -> Request:
        if asked == number:
            act()
        return request

    return hook


@pytest.mark.parametrize("switch", ["", "omit_last_page", "empty_page_before_last"])
@pytest.mark.parametrize("settings", [{}, VERSIONS], ids=["", "versions"])
@pytest.mark.parametrize("number", [2, 4])
def test_an_entry_that_is_deleted_hides_no_other(
    large: Account,
    meanwhile: Callable[[str, Hook], None],
    number: int,
    settings: dict[str, Any],
    switch: str,
) -> None:
    large.world.switch(**dict.fromkeys(filter(None, [switch]), True))
    latest = by_start(large)[0]
    meanwhile(ENTRIES, before_request(number, lambda: large.world.delete_entry(latest)))
    run = large.run(catalog=catalog(ENTRY_TABLES), **settings).ok()
    arrived = [row["id"] for row in run.records("time_entries")]
    assert {*arrived} == {*by_start(large), latest}
    assert len(arrived) == len({*arrived})
    assert set(run.versioned) == (set(ENTRY_TABLES) if settings else set())


def test_an_entry_that_moves_to_the_front_is_not_called_deleted(
    large: Account, meanwhile: Callable[[str, Hook], None]
) -> None:
    oldest = by_start(large)[-1]
    moved = {"start": "2026-09-14T01:00:00Z", "end": "2026-09-14T02:00:00Z"}
    meanwhile(
        ENTRIES,
        before_request(3, lambda: large.world.edit_entry(oldest, timeInterval=moved)),
    )
    copied = Copy()
    copied.load(large.run(catalog=catalog(ENTRY_TABLES), **VERSIONS).ok())
    for table in ENTRY_TABLES:
        true = true_rows(large.world, table, large.world.main_id)
        assert difference(table, true, copied.rows(table)) == ""


def _all_latest(account: Account) -> None:
    """Have all entries start within an hour."""
    for number, entry in enumerate(by_start(account)):
        start = f"2026-09-10T08:{number // 60:02}:{number % 60:02}Z"
        account.world.edit_entry(entry, timeInterval={"start": start, "end": start})


def _without_end(request: Request, asked: int) -> Request:
    del asked
    return replace(request, params=tuple(one for one in request.params if one[0] != "end"))


def _end_of_its_own(request: Request, asked: int) -> Request:
    """Have `end` mean something else: nothing is left before it."""
    del asked
    query = [
        (name, "1999-01-01T00:00:00Z" if name == "end" else value) for name, value in request.params
    ]
    return replace(request, params=tuple(query))


@pytest.mark.parametrize("change", [_without_end, _end_of_its_own])
@pytest.mark.parametrize("settings", [{}, VERSIONS], ids=["", "versions"])
def test_where_end_means_something_else_pages_go_by_their_numbers(
    large: Account,
    meanwhile: Callable[[str, Hook], None],
    change: Hook,
    settings: dict[str, Any],
) -> None:
    meanwhile(ENTRIES, change)
    run = large.run(catalog=catalog(ENTRY_TABLES), **settings).ok()
    assert {row["id"] for row in run.records("time_entries")} == {*by_start(large)}
    assert sum(ENTRIES in line for line in large.requests()) <= 12


def test_entries_that_are_not_sorted_say_nothing_about_time() -> None:
    starts = [datetime(2026, 9, day, tzinfo=timezone.utc) for day in (3, 1, 2)]
    entries = [TimeEntry(id=str(one.day), start=one) for one in starts]
    walk = Backwards(["id"])
    assert walk.take(entries[:2]) == entries[:2]
    assert walk.goes_back(None)
    walk.take(entries[2:])
    assert not walk.goes_back(None)


def test_many_entries_of_one_day_go_by_the_numbers_of_pages(large: Account) -> None:
    _all_latest(large)
    run = large.run(catalog=catalog(ENTRY_TABLES), **VERSIONS).ok()
    true = true_rows(large.world, "time_entries", large.world.main_id)
    assert difference("time_entries", true, run.records("time_entries")) == ""
    assert run.versioned


def test_a_project_that_is_deleted_hides_no_other(
    large: Account, meanwhile: Callable[[str, Hook], None]
) -> None:
    first = min(large.world.main.projects)
    meanwhile("/projects", before_request(3, lambda: large.world.delete_project(first)))
    run = large.run(catalog=catalog(["projects", "tasks"]), **VERSIONS).ok()
    arrived = [row["id"] for row in run.records("projects")]
    assert {*arrived} == {*large.world.main.projects, first}
    assert len(arrived) == len({*arrived})
    assert "projects" in run.versioned
    tasks = {row["id"] for row in run.records("tasks")}
    assert tasks >= {one["id"] for one in true_rows(large.world, "tasks", large.world.main_id)}


def test_an_edit_that_is_undone_hides_no_entry(
    large: Account, meanwhile: Callable[[str, Hook], None]
) -> None:
    """It is in front while the last page comes, and at the end when the first one comes again."""
    oldest = next(
        row
        for row in true_rows(large.world, "time_entries", large.world.main_id)
        if row["id"] == by_start(large)[-1]
    )
    today = {"start": "2026-09-14T01:00:00Z", "end": "2026-09-14T02:00:00Z"}
    first_requests: list[int] = []

    def act(request: Request, asked: int) -> Request:
        if asked == 3:
            large.world.edit_entry(oldest["id"], timeInterval=today)
        if "end" not in dict(request.params):
            first_requests.append(asked)
            if len(first_requests) == 2:
                back = {name: oldest["timeInterval"][name] for name in today}
                large.world.edit_entry(oldest["id"], timeInterval=back)
        return request

    meanwhile(ENTRIES, act)
    run = large.run(catalog=catalog(["time_entries"]), **VERSIONS).ok()
    assert {row["id"] for row in run.records("time_entries")} == {*by_start(large)}
    assert run.versioned


def test_a_list_that_does_not_come_to_rest_is_a_failure(
    large: Account, meanwhile: Callable[[str, Hook], None]
) -> None:
    def act(request: Request, asked: int) -> Request:
        large.world.insert_row(large.world.main_id, "projects", id=f"{asked:024}", name="new")
        return request

    meanwhile("/projects", act)
    run = large.run(catalog=catalog(["projects"]), **VERSIONS)
    assert (run.code, run.versioned) == (1, [])
    assert "rows were added, moved or deleted all the time while the list was read" in run.log
