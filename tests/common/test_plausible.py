"""How many rows a table may lose at once, and what a run says and keeps when it lost more."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from taps_common.errors import QuotaError, StatusError
from tests.common.doubles import (
    ENTRIES,
    PROJECTS,
    WORKSPACES,
    Answers,
    FakeClock,
    Run,
    body,
    one_workspace,
    run_tap,
)

if TYPE_CHECKING:
    from taps_common.http.request import Request

TAGS = "/workspaces/{workspaceId}/tags"
MANY, MINORITY, SOME = 40, 19, 12


class Account:
    """Runs of one account after another: each gets the state of the last one."""

    def __init__(self, clock: FakeClock, *streams: str, **config: Any) -> None:
        self.clock = clock
        self.streams = streams
        self.config: dict[str, Any] = {"emit_activate_version_messages": True, **config}
        self.state: dict[str, Any] | None = None
        self.workspaces: tuple[str, ...] = ("w1",)
        self.answers = Answers({})

    def run(self, answers: dict[str, Any], **config: Any) -> Run:
        self.clock.turn(60)
        listed = {WORKSPACES: body(*({"id": ident} for ident in self.workspaces))}
        self.answers = Answers(one_workspace() | listed | answers)
        given = {**self.config, **config}
        run = run_tap(self.clock, self.answers, self.streams, state=self.state, **given)
        self.state = json.loads(json.dumps(run.state, default=float))
        return run

    def activated(self, table: str) -> dict[str, int]:
        """The rows that the state names, by scope."""
        assert self.state is not None
        known = self.state["bookmarks"].get(table, {}).get("activated", {})
        return {ident: entry["rows"] for ident, entry in known.items()}


def versioned(run: Run) -> list[str]:
    return [message["stream"] for message in run.of_type("ACTIVATE_VERSION")]


def rows(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"id": f"{number:03}", **fields} for number in range(count)]


def tags(**counts: int) -> dict[str, Any]:
    """The list of tags, by workspace; `w1` unless said otherwise."""

    def answer(request: Request) -> list[bytes]:
        ident = request.values["workspaceId"]
        return [body(*({"id": f"{ident}-{n}"} for n in range(counts.get(ident, 0))))]

    return {TAGS: answer}


def entries(**counts: Any) -> dict[str, Any]:
    """Time entries by member: a number of them, or an error."""

    def answer(request: Request) -> object:
        user = request.values["userId"]
        found = counts.get(user, 0)
        if isinstance(found, Exception):
            return found
        interval = {"start": "2026-09-14T08:00:00Z", "end": "2026-09-14T09:00:00Z"}
        return body(*({"id": f"{user}-{n}", "timeInterval": interval} for n in range(found)))

    return one_workspace(("u1", "u2")) | {ENTRIES: answer}


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


# -- large tables ----------------------------------------------------------------------------------


def test_a_table_that_lost_too_much_gets_no_version_until_that_is_allowed(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    account = Account(clock, "tags")
    assert versioned(account.run(tags(w1=MANY))) == ["tags"]
    for count, lost in ((MINORITY, "52"), (0, "100"), (0, "100")):
        caplog.clear()
        run = account.run(tags(w1=count))
        assert run.error is not None
        assert versioned(run) == []
        assert (
            f"tags failed (workspaceId w1): tags of w1 shrank from 40 to {count} rows, by {lost} "
            "%: its rows were sent, but none that lacks was removed. If that is right, run once "
            "with max_shrink at 100; it is 50."
        ) in caplog.text
        assert f"(tags {count} [40 before, {count} now])" in caplog.text
        assert account.activated("tags") == {"w1": MANY}, "the last version is the measure"
    assert versioned(account.run(tags(), max_shrink=100)) == ["tags"]
    run = account.run(tags())
    assert (run.error, versioned(run)) == (None, ["tags"])


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
def test_what_may_be_lost_at_once(
    clock: FakeClock, before: int, now: int, allowed: float, *, fails: bool
) -> None:
    account = Account(clock, "tags", max_shrink=allowed)
    account.run(tags(w1=before))
    run = account.run(tags(w1=now))
    assert (run.error is not None, versioned(run)) == (fails, [] if fails else ["tags"])


def test_workspaces_are_compared_one_by_one(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    account = Account(clock, "tags")
    account.workspaces = ("w1", "w2")
    account.run(tags(w1=180, w2=MANY))
    run = account.run(tags(w1=180, w2=0))
    assert (run.error is not None, versioned(run)) == (True, [])
    assert "tags failed (workspaceId w2): tags of w2 shrank from 40 to 0 rows" in caplog.text
    assert "(tags 180 [220 before, 180 now])" in caplog.text
    assert "tags of w1" not in caplog.text


def test_many_small_workspaces_are_one_table(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    account = Account(clock, "tags")
    account.workspaces = ("w1", "w2", "w3")
    account.run(tags(w1=SOME, w2=SOME, w3=SOME))
    run = account.run(tags(w1=SOME, w2=1, w3=1))
    assert (run.error is not None, versioned(run)) == (True, [])
    assert "tags failed: tags shrank from 36 to 14 rows, by 61 %" in caplog.text


def test_a_child_that_lost_its_rows_is_not_emptied(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    account = Account(clock, "projects", "project_memberships")
    member = {"userId": "u", "membershipType": "PROJECT", "targetId": "t"}
    account.run({PROJECTS: body(*rows(MANY, workspaceId="w1", memberships=[member]))})
    run = account.run({PROJECTS: body(*rows(MANY, workspaceId="w1", memberships=[]))})
    assert run.error is not None
    assert versioned(run) == ["projects"]
    assert "project_memberships of w1 shrank from 40 to 0 rows" in caplog.text
    assert account.activated("project_memberships") == {"w1": MANY}


# -- small tables ----------------------------------------------------------------------------------


def test_a_few_rows_are_gone_when_two_runs_found_none(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    account = Account(clock, "tags")
    account.run(tags(w1=SOME))
    run = account.run(tags())
    assert (run.error, versioned(run)) == (None, [])
    assert "tags: tags of w1 had 12 rows and has none now" in caplog.text
    assert versioned(account.run(tags())) == ["tags"]
    assert account.activated("tags") == {"w1": 0}


def test_rows_that_came_back_in_between_begin_the_count_anew(clock: FakeClock) -> None:
    account = Account(clock, "tags")
    account.run(tags(w1=SOME))
    assert versioned(account.run(tags())) == []
    assert versioned(account.run(tags(w1=SOME))) == ["tags"]
    assert versioned(account.run(tags())) == []
    assert account.run({TAGS: StatusError("500", status=500, code=None)}).error
    assert versioned(account.run(tags())) == ["tags"], "a run that failed saw nothing"


# -- what is compared ------------------------------------------------------------------------------


def test_other_ids_in_the_settings_begin_anew(clock: FakeClock) -> None:
    account = Account(clock, "workspaces", "tags")
    account.workspaces = tuple(f"w{number}" for number in range(MANY))
    account.run(tags(w1=MANY))
    run = account.run(tags(w1=1), workspace_ids=["w1"])
    assert (run.error, versioned(run)) == (None, ["workspaces", "tags"])
    assert account.activated("tags") == {"w1": 1}
    assert account.run(tags(w1=MANY), workspace_ids=["w1"]).error is None
    assert account.run(tags(w1=1), workspace_ids=["w1"]).error is not None


@pytest.mark.parametrize("config", [{"start_date": "2026-01-01"}, {"end_date": "2027-01-01"}])
def test_other_dates_begin_anew(clock: FakeClock, config: dict[str, str]) -> None:
    account = Account(clock, "tags")
    account.run(tags(w1=MANY))
    assert versioned(account.run(tags(w1=1), **config)) == ["tags"]


def test_without_versions_nothing_is_compared_and_the_measure_stays(clock: FakeClock) -> None:
    account = Account(clock, "tags")
    account.run(tags(w1=MANY))
    assert account.run(tags(), emit_activate_version_messages=False).error is None
    assert account.activated("tags") == {"w1": MANY}
    assert account.run(tags()).error is not None


def test_without_a_state_there_is_nothing_to_compare_with(clock: FakeClock) -> None:
    account = Account(clock, "tags")
    account.run(tags(w1=MANY))
    account.state = None
    assert versioned(account.run(tags())) == ["tags"]


def test_rows_of_a_list_that_begins_again_count_once(clock: FakeClock) -> None:
    """Projects are asked for without their tasks if the service refuses these half-way."""
    account = Account(clock, "projects", "tasks")

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


def test_a_version_of_several_runs_has_the_rows_of_all_of_them(clock: FakeClock) -> None:
    account = Account(clock, "time_entries", max_requests_per_hour=1000)
    account.run(entries(u1=30, u2=QuotaError("quota")))
    run = account.run(entries(u1=30, u2=10))
    assert len(run.records("time_entries")) == 10, "the second run reads what is left"
    assert versioned(run) == ["time_entries"]
    assert account.activated("time_entries") == {"w1": 40}


def test_an_interrupted_run_of_an_earlier_release_is_no_measure(clock: FakeClock) -> None:
    account = Account(clock, "time_entries", max_requests_per_hour=1000)
    account.run(entries(u1=30, u2=QuotaError("quota")))
    assert account.state is not None
    (partition,) = account.state["bookmarks"]["time_entries"]["partitions"]
    del partition["walk"]["rows"]
    assert versioned(account.run(entries(u1=30, u2=10))) == ["time_entries"]
    assert account.activated("time_entries") == {}


def test_a_first_read_that_lost_too_much_is_made_again(clock: FakeClock) -> None:
    """As after a bookmark was taken out of the state, so that all is read."""
    account = Account(clock, "time_entries")
    account.run(entries(u1=30, u2=10))
    assert account.state is not None
    del account.state["bookmarks"]["time_entries"]["partitions"]
    for _ in range(2):
        run = account.run(entries(u1=3))
        assert (run.error is not None, versioned(run)) == (True, [])
        assert all("start" not in query for query in account.answers.params(ENTRIES))
    assert versioned(account.run(entries(u1=30, u2=9))) == ["time_entries"]
    account.run(entries(u1=3))
    assert all("start" in query for query in account.answers.params(ENTRIES))
