"""How many rows a table may lose at once, and what a run says and keeps when it lost more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from taps_common.errors import QuotaError, StatusError
from tests.common.doubles import Answers
from tests.common.made_up import (
    ENTRIES,
    IN_TURN,
    PROJECTS,
    VERSIONS,
    WORKSPACES,
    body,
    one_workspace,
    run_tap,
)
from tests.common.runs import TurningClock

if TYPE_CHECKING:
    from taps_common.http.request import Request
    from tests.common.runs import Run, State

TAGS = "/workspaces/{workspaceId}/tags"
MANY, MINORITY, SOME = 40, 19, 12


class Account:
    """Runs of one account after another: each gets the state of the last one."""

    def __init__(self, *tables: str, **config: Any) -> None:
        self.clock = TurningClock()
        self.tables = tables
        self.config: dict[str, Any] = {**VERSIONS, **config}
        self.state: State | None = None
        self.workspaces: tuple[str, ...] = ("w1",)
        self.answers = Answers({})

    def run(self, answers: dict[str, Any], **config: Any) -> Run:
        self.clock.turn(60)
        listed = {WORKSPACES: body(*({"id": ident} for ident in self.workspaces))}
        self.answers = Answers(one_workspace() | listed | answers)
        given = {**self.config, **config}
        run = run_tap(self.answers, self.tables, clock=self.clock, state=self.state, **given)
        self.state = run.state
        return run

    def kept(self, table: str) -> dict[str, Any]:
        """What the state holds of a table."""
        assert self.state is not None
        found: dict[str, Any] = self.state["bookmarks"].get(table, {})
        return found

    def activated(self, table: str) -> dict[str, int]:
        """The rows that the state names, by scope."""
        return {ident: one["rows"] for ident, one in self.kept(table)["activated"].items()}


def rows(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"id": f"{number:03}", **fields} for number in range(count)]


def tags(**counts: int) -> dict[str, Any]:
    """The list of tags, by workspace."""

    def answer(request: Request) -> list[bytes]:
        ident = request.values["workspaceId"]
        return [body(*({"id": f"{ident}-{n}"} for n in range(counts.get(ident, 0))))]

    return {TAGS: answer}


def entries(**counts: Any) -> dict[str, Any]:
    """Time entries by member: a number of them, or five and an error."""

    def answer(request: Request) -> object:
        found = counts.get(user := request.values["userId"], 0)
        fails = isinstance(found, Exception)
        interval = {"start": "2026-09-14T08:00:00Z", "end": "2026-09-14T09:00:00Z"}
        ids = (f"{user}-{number}" for number in range(5 if fails else found))
        page = body(*({"id": ident, "timeInterval": interval} for ident in ids))
        return [page, found] if fails else page

    return one_workspace(("u1", "u2")) | {ENTRIES: answer}


# -- large tables ----------------------------------------------------------------------------------


def test_a_table_that_lost_too_much_gets_no_version_until_that_is_allowed() -> None:
    account = Account("tags")
    assert account.run(tags(w1=MANY)).ok().versioned == ["tags"]
    for count, lost in ((MINORITY, "52"), (0, "100"), (0, "100")):
        run = account.run(tags(w1=count))
        assert run.error
        assert run.versioned == []
        assert (
            f"tags failed (workspaceId w1): tags of w1 shrank from 40 to {count} rows, by {lost} "
            "%: its rows were sent, but none that lacks was removed. If that is right, run once "
            "with max_shrink at 100; it is 50."
        ) in run.log
        assert f"[40 before, {count} now]" in run.log
        assert account.activated("tags") == {"w1": MANY}, "the last version is the measure"
    assert account.run(tags(), max_shrink=100).versioned == ["tags"]
    assert account.run(tags()).ok().versioned == ["tags"]


@pytest.mark.parametrize(
    ("before", "now", "allowed", "fails"),
    [
        (40, 20, 50, False),
        (40, 19, 50, True),
        (40, 39, 0, True),
        (40, 41, 0, False),
        (20, 9, 50, True),
        (19, 1, 50, False),
        (19, 0, 100, False),
        (0, 0, 0, False),
    ],
)
def test_what_may_be_lost_at_once(before: int, now: int, allowed: float, *, fails: bool) -> None:
    account = Account("tags", max_shrink=allowed)
    account.run(tags(w1=before))
    run = account.run(tags(w1=now))
    assert (bool(run.error), run.versioned) == (fails, [] if fails else ["tags"])


def test_workspaces_are_compared_one_by_one() -> None:
    account = Account("tags")
    account.workspaces = ("w1", "w2")
    account.run(tags(w1=180, w2=MANY))
    run = account.run(tags(w1=180, w2=0))
    assert (bool(run.error), run.versioned) == (True, [])
    assert "tags failed (workspaceId w2): tags of w2 shrank from 40 to 0 rows" in run.log
    assert "[220 before, 180 now]" in run.log
    assert "tags of w1" not in run.log


def test_many_small_workspaces_are_one_table() -> None:
    account = Account("tags")
    account.workspaces = ("w1", "w2", "w3")
    account.run(tags(w1=SOME, w2=SOME, w3=SOME))
    run = account.run(tags(w1=SOME, w2=1, w3=1))
    assert (bool(run.error), run.versioned) == (True, [])
    assert "tags failed: tags shrank from 36 to 14 rows, by 61 %" in run.log


def test_a_child_that_lost_its_rows_is_not_emptied() -> None:
    account = Account("projects", "project_memberships")
    member = {"userId": "u", "membershipType": "PROJECT", "targetId": "t"}
    account.run({PROJECTS: body(*rows(MANY, workspaceId="w1", memberships=[member]))})
    run = account.run({PROJECTS: body(*rows(MANY, workspaceId="w1", memberships=[]))})
    assert (bool(run.error), run.versioned) == (True, ["projects"])
    assert "project_memberships of w1 shrank from 40 to 0 rows" in run.log
    assert account.activated("project_memberships") == {"w1": MANY}


def test_a_child_of_a_table_that_lost_too_much_is_not_emptied_either() -> None:
    account = Account("projects", "project_memberships")
    members = [{"userId": f"u{n}", "membershipType": "PROJECT", "targetId": "t"} for n in range(9)]
    account.run({PROJECTS: body(*rows(MANY, workspaceId="w1", memberships=members[:1]))})
    run = account.run({PROJECTS: body(*rows(SOME, workspaceId="w1", memberships=members))})
    assert (bool(run.error), run.versioned) == (True, [])
    assert "project_memberships of w1" not in run.log


# -- small tables ----------------------------------------------------------------------------------


def test_a_few_rows_are_gone_when_two_complete_runs_in_a_row_found_none() -> None:
    account = Account("tags")
    account.run(tags(w1=SOME))
    run = account.run(tags()).ok()
    assert run.versioned == []
    assert "tags of w1 had 12 rows and has none now" in run.log
    assert account.run(tags(w1=SOME)).versioned == ["tags"], "they came back in between"
    assert account.run(tags()).versioned == []
    assert account.run({TAGS: StatusError("500", status=500, code=None)}).error
    assert account.run(tags()).versioned == ["tags"], "a run that failed saw nothing"
    assert account.activated("tags") == {"w1": 0}


# -- what is compared ------------------------------------------------------------------------------


def test_other_ids_in_the_settings_begin_anew() -> None:
    account = Account("workspaces", "tags")
    account.workspaces = tuple(f"w{number}" for number in range(MANY))
    account.run(tags(w1=MANY))
    run = account.run(tags(w1=1), workspace_ids=["w1"]).ok()
    assert run.versioned == ["workspaces", "tags"]
    assert account.activated("tags") == {"w1": 1}
    account.run(tags(w1=MANY), workspace_ids=["w1"]).ok()
    assert account.run(tags(w1=1), workspace_ids=["w1"]).error


@pytest.mark.parametrize("config", [{"start_date": "2026-01-01"}, {"end_date": "2027-01-01"}])
def test_other_dates_begin_anew(config: dict[str, Any]) -> None:
    account = Account("tags")
    account.run(tags(w1=MANY))
    assert account.run(tags(w1=1), **config).versioned == ["tags"]


def test_without_versions_or_a_state_nothing_is_compared() -> None:
    account = Account("tags")
    account.run(tags(w1=MANY))
    account.run(tags(), emit_activate_version_messages=False).ok()
    assert account.activated("tags") == {"w1": MANY}, "the measure stays"
    assert account.run(tags()).error
    account.state = None
    assert account.run(tags()).versioned == ["tags"]


def test_rows_of_a_list_that_begins_again_count_once() -> None:
    """Projects are asked for without their tasks if the service refuses these half-way."""
    account = Account("projects", "tasks")

    def answer(request: Request) -> object:
        query = dict(request.params)
        if "hydrated" not in query:
            return body(*rows(MANY))
        if query["page"] == "1":
            return body(*rows(200))
        return StatusError("answered 400", status=400, code=None)

    account.run({PROJECTS: answer})
    assert "hydrated" not in account.answers.params(PROJECTS)[-1], "it began again"
    assert account.activated("projects") == {"w1": MANY}


# -- tables that are read from a bookmark on -------------------------------------------------------


@pytest.mark.parametrize("counted", [True, False])
def test_a_version_of_several_runs_has_the_rows_of_all_of_them(counted: bool) -> None:
    """It is no measure where an earlier release, which did not count, began it."""
    account = Account("time_entries", **IN_TURN)
    account.run(entries(u1=30, u2=QuotaError("quota")))
    if not counted:
        (partition,) = account.kept("time_entries")["partitions"]
        del partition["walk"]["rows"]
    run = account.run(entries(u1=30, u2=10))
    assert len(run.records("time_entries")) == 10, "the second run reads what is left"
    assert run.versioned == ["time_entries"]
    assert account.activated("time_entries") == ({"w1": 40} if counted else {})


def test_a_first_read_that_lost_too_much_is_made_again() -> None:
    """As after a bookmark was taken out of the state, so that all is read."""
    account = Account("time_entries")
    account.run(entries(u1=30, u2=10))
    del account.kept("time_entries")["partitions"]
    for _ in range(2):
        run = account.run(entries(u1=3))
        assert (bool(run.error), run.versioned) == (True, [])
        assert all("start" not in query for query in account.answers.params(ENTRIES))
    assert account.run(entries(u1=30, u2=9)).versioned == ["time_entries"]
    account.run(entries(u1=3))
    assert all("start" in query for query in account.answers.params(ENTRIES))
