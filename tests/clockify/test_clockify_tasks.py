"""Tasks that come with their projects: complete, compared, and else read one by one."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tap_clockify.hydrated_tasks import HydratedTasks
from tap_clockify.object_ids import by_id
from taps_common.http.bodies import PIECE
from tests.clockify.runs import DAY, TASKS, VERSIONS, WORKSPACE, Account, Copy, catalog, differences
from tests.common.runs import NOW, TurningClock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_clockify.object_ids import Object

TABLES = ("projects", "project_memberships", "tasks")
ONE_BY_ONE = "are read by a request of its own instead"


def lists(account: Account) -> Counter[str]:
    """Return which projects' lists of tasks were asked for, and how often."""
    asked = (one for one in account.running.requests if one.route.endswith("/tasks"))
    return Counter(one.path.split("/")[-2] for one in asked)


def test_tasks_cost_no_request_of_their_own(account: Account) -> None:
    run = account.run(catalog=catalog(TABLES), **VERSIONS).ok()
    assert differences(account.world, run, TABLES) == {}
    assert run.versioned == list(TABLES)
    asked = Counter(account.templates())
    assert asked == {"/workspaces": 1, f"{WORKSPACE}/projects": 2, TASKS: 2}
    assert sum("hydrated=true" in one for one in account.requests()) == 2
    assert ONE_BY_ONE not in run.log
    assert "unknown" not in run.log
    account.reset()
    alone = account.run(catalog=catalog(["projects"])).ok()
    assert not any("hydrated" in one for one in account.requests())
    assert alone.records("projects") == run.records("projects") != []


def switch(**switches: Any) -> Callable[[Account], None]:
    return lambda account: account.world.switch(**switches)


def breaks(account: Account) -> None:
    """Any request with hydrated projects fails, as a page that takes too long would."""
    account.fault(f"{account.world.main_id}/projects", "status", code=504, times=2)


@pytest.mark.parametrize(
    ("spoil", "says", "compared"),
    [
        (switch(hydrated_omits_done=True), "lack 1 of 4 tasks", True),
        (switch(hydrated_ignored=True), "lack their tasks", False),
        (switch(hydrated_lacks="tasks"), "lack their tasks", False),
        (switch(hydrated_lacks="assigneeIds"), "lack the fields assigneeIds of tasks", True),
        (switch(hydrated_refused=True), "were refused", False),
        (breaks, "504", False),
    ],
    ids=["done", "ignored", "no tasks", "no field", "refused", "fails"],
)
def test_what_lacks_anything_is_read_one_by_one(
    account: Account, spoil: Callable[[Account], None], says: str, compared: bool
) -> None:
    world = account.world
    spoil(account)
    copied = Copy()
    run = copied.load(
        account.run(catalog=catalog(TABLES), workspace_ids=[world.main_id], **VERSIONS)
    )
    assert run.ok().log.count(ONE_BY_ONE) == 1
    assert says in next(line for line in run.log.splitlines() if ONE_BY_ONE in line)
    asked = Counter(lists(account).values())  # the busiest project's once more to compare
    assert asked == +Counter({1: len(world.main.projects) - compared, 2: int(compared)})
    assert lists(account).keys() == world.main.projects.keys()
    mine = [row for row in copied.rows("tasks") if row["workspaceId"] == world.main_id]
    assert len(mine) == len(world.main.tasks) == run.counts()["tasks"]
    assert run.counts()["projects"] == len(world.main.projects)
    assert run.versioned == list(TABLES)
    assert "compared" not in str(run.state["bookmarks"].get("tasks"))


def test_later_runs_compare_again_after_a_week_only(account: Account) -> None:
    world = account.world
    settings: dict[str, Any] = {"catalog": catalog(["tasks"]), "workspace_ids": [world.main_id]}
    state, asked = None, []
    for _ in range(9):
        account.reset()
        run = account.run(state=state, clock=TurningClock(world.now), **settings).ok()
        state = run.state
        asked.append(sum(lists(account).values()))
        world.advance(DAY)
    assert asked == [1, 0, 0, 0, 0, 0, 0, 1, 0]
    account.reset()
    account.run(**settings).ok()  # a full refresh: without state
    assert sum(lists(account).values()) == 1


def test_what_was_deleted_goes_with_the_next_version(account: Account) -> None:
    world, copied = account.world, Copy()
    state = copied.load(account.run(catalog=catalog(TABLES), **VERSIONS).ok()).state
    world.delete_row(next(iter(world.main.tasks)))
    world.delete_project(list(world.main.projects)[4])
    later = TurningClock(NOW + timedelta(hours=1))
    run = account.run(catalog=catalog(TABLES), state=state, clock=later, **VERSIONS)
    copied.load(run.ok())
    assert copied.differences(world, TABLES) == {}


def test_a_project_that_is_deleted_before_it_is_compared_is_no_difference(account: Account) -> None:
    world = account.world
    account.fault("/tasks", "status", code=400, body='{"code": 501}')
    run = account.run(catalog=catalog(TABLES), **VERSIONS).ok()
    assert ONE_BY_ONE not in run.log
    assert run.versioned == list(TABLES)
    assert len(run.records("tasks")) == sum(len(d.tasks) for d in world.workspaces.values())
    assert "compared" not in str(run.state)


def test_a_comparison_that_fails_fails_the_tasks_of_that_workspace(account: Account) -> None:
    world = account.world
    account.fault(f"{world.main_id}/projects/", "status", code=500)
    run = account.run(catalog=catalog(TABLES), **VERSIONS)
    assert run.error.startswith("1 of 3 tables are incomplete (tasks)")
    assert {row["workspaceId"] for row in run.records("tasks")} == {world.second_id}
    assert run.versioned == ["projects", "project_memberships"]


@pytest.fixture
def large(start: Callable[..., Account], monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account whose projects come on several pages."""
    monkeypatch.setattr("tap_clockify.client.ClockifyStream.page_size", 60)
    return start(account="free", projects=200, tasks=400, entries=5)


def test_a_comparison_ends_where_a_page_comes_again(account: Account) -> None:
    page = msgspec.json.encode(tasks(50)).decode()
    account.fault("/tasks", "status", code=200, body=page)
    run = account.run(catalog=catalog(TABLES), workspace_ids=[account.world.main_id])
    assert run.code
    assert "sent the same page twice" in run.log
    assert not run.records("tasks")


def test_a_list_of_projects_that_breaks_off_gives_no_version(large: Account) -> None:
    large.fault("/projects", "status", code=403, after=1)
    run = large.run(catalog=catalog(TABLES), **VERSIONS)
    assert run.code == 1
    assert not {*run.versioned} & {"projects", "tasks"}
    assert run.records("tasks") == []


def test_many_pages_of_projects(large: Account) -> None:
    runs = [large.run(catalog=catalog(TABLES), max_concurrency=workers).ok() for workers in (1, 8)]
    assert differences(large.world, runs[0], TABLES) == {}
    assert len(large.requests()) == 2 * (1 + 4 + 1)
    assert runs[0].output == runs[1].output


# -- what is kept ----------------------------------------------------------------------------------


def kept(*projects: tuple[str, Sequence[dict[str, Any]] | None]) -> HydratedTasks:
    found = HydratedTasks(NOW)
    found.add(msgspec.json.encode([{"id": ident, "tasks": tasks} for ident, tasks in projects]))
    return found


def tasks(number: int, status: str = "ACTIVE", text: str = "") -> list[dict[str, Any]]:
    return [{"id": f"t{one}", "status": status, "name": text} for one in range(number)]


def own(listed: Sequence[object]) -> dict[str, Object]:
    return by_id(msgspec.json.encode(listed))


def test_the_project_with_most_tasks_is_compared() -> None:
    shown = [("a", tasks(1)), ("b", tasks(3)), ("c", None), ("d", tasks(3)), ("e", [])]
    assert kept(*shown).busiest == "b"
    assert kept(*shown, ("f", tasks(4))).busiest == "f"
    assert kept(*reversed(shown)).busiest == "b"  # whatever the order of the list


def test_a_task_that_is_new_is_not_missed() -> None:
    found = kept(("a", tasks(1)))
    fresh = f"{int(NOW.timestamp()):08x}{'0' * 16}"
    old = f"{int(NOW.timestamp()) - 86_400:08x}{'0' * 16}"
    listed = [*tasks(1), {"id": fresh}]
    assert found.lacks("a", own(listed)) is None
    assert found.lacks("a", own([*listed, {"id": old}])) == "1 of 3 tasks"


@pytest.mark.parametrize("blank", [None, [], {}])
def test_a_field_that_comes_empty_with_projects_only_is_missing(blank: object) -> None:
    came = [{"id": "t0", "rate": blank, "name": "a"}, {"id": "t1", "rate": blank, "name": None}]
    listed = [{"id": "t0", "rate": blank, "name": "a"}, {"id": "t1", "rate": {"amount": 1}}]
    found = kept(("a", came))
    assert found.lacks("a", own(listed)) == "the fields rate of tasks"
    assert found.lacks("a", own(listed[:1])) is None


def test_pages_are_bounded_and_in_order() -> None:
    text = "x" * 1000
    found = HydratedTasks(NOW)
    for page in range(3):
        projects = [{"id": f"p{page}-{one}", "tasks": tasks(10, text=text)} for one in range(100)]
        found.add(msgspec.json.encode(projects))
    pages = list(found.pages())
    assert len(pages) == 3
    assert all(len(page) < 1.1 * PIECE for page in pages)
    rows = [row for page in pages for row in msgspec.json.decode(page)]
    assert [row["id"] for row in rows] == [f"t{one}" for one in range(10)] * 300


@pytest.mark.parametrize("odd", [b'[{"id":"a","tasks":7}]', b'[{"id":"a","tasks":[1]}]', b"[{}]"])
def test_what_cannot_be_read_did_not_come(odd: bytes) -> None:
    found = kept(("b", tasks(1)))
    found.add(odd)
    assert not found.came
