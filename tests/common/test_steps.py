"""The steps of a stream, and the ways to ask that a service may refuse, over a tap of two lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from singer_sdk import typing as th

from taps_common.cli.settings import COMMON_SETTINGS
from taps_common.cli.tap import ApiTap
from taps_common.errors import SkippedError, StatusError
from taps_common.http.request import Request
from taps_common.records.row_types import Row
from taps_common.sync.steps import Again, Ask, Fetch, Limit, ListOf, Plan, Write
from taps_common.sync.stream import EndpointStream
from tests.common.doubles import Answers
from tests.common.made_up import VERSIONS, body
from tests.common.runs import Run, TurningClock, run_in_process, turning

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from taps_common.errors import RequestError
    from taps_common.sync.steps import Bounds, Partition, Planning, Requests, Scope


class Thing(Row):
    """A thing."""

    id: str
    place: str | None = None


class Places(EndpointStream):
    """A list that others ask for."""

    name = "places"
    row = Thing
    primary_keys = ("id",)
    keeps_ids = True

    def requests(self, partition: Partition, bounds: Bounds) -> Requests:
        yield Request("/places")


class Things(EndpointStream):
    """A list by place, which may be asked for in three ways; a test says what its steps are."""

    name = "things"
    row = Thing
    primary_keys = ("id",)
    alternatives = ({"way": "a"}, {"way": "b"}, {"way": "c"})
    steps: ClassVar[Any] = None

    def plan(self, scope: Scope, bounds: Bounds) -> Planning:
        places = yield ListOf(Places)
        return Plan([{"place": ident} for ident in places])

    def requests(self, partition: Partition, bounds: Bounds) -> Requests:
        path = f"/{bounds.options['way']}/{partition['place']}"
        if self.steps:
            yield from type(self).steps(path)
        else:
            yield Request(path)

    def refused_options(
        self, error: RequestError, partition: Partition, *, first: bool
    ) -> Collection[str]:
        refused = first and isinstance(error, StatusError) and error.status == 400
        return {"way"} if refused else ()

    def skip_reason(
        self, error: RequestError, partition: Partition, *, known: bool
    ) -> SkippedError | None:
        gone = isinstance(error, StatusError) and error.status == 404
        return SkippedError("it is gone") if gone else None


class SmallTap(ApiTap):
    """A tap over made-up answers."""

    name = "tap-small"
    config_jsonschema = th.PropertiesList(*COMMON_SETTINGS).to_dict()
    stream_types = (Places, Things)

    def connect(self) -> None:
        """Ask for nothing."""


@pytest.fixture(autouse=True)
def plain_steps() -> Iterator[None]:
    yield
    Things.steps = None


def read(answers: dict[str, Any], **config: Any) -> tuple[Run, list[str]]:
    """Run the tap over answers by path; return what came out, and what of things was asked."""
    session = Answers({"/places": body({"id": "1"}, {"id": "2"}), **answers})

    def prepare(tap: SmallTap) -> None:
        tap.__dict__["session"] = session

    config = {"max_concurrency": 1, **config}
    run = run_in_process(turning(SmallTap, TurningClock()), config, before=prepare)
    return run, [request.path for request in session.sent if request.path != "/places"]


def refused(path: str, code: int) -> StatusError:
    return StatusError(f"{path} answered {code}", status=code, code=None)


# -- ways to ask -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refusals", "asked", "fails"),
    [
        ({}, "/a/1 /a/2", ""),
        # each way is tried once, and the next partition goes on with the one that was taken
        ({"/a/1": 400}, "/a/1 /a/2 /b/1", ""),
        ({"/a/1": 400, "/a/2": 400}, "/a/1 /a/2 /b/1 /b/2", ""),
        ({"/a/1": 400, "/a/2": 400, "/b/1": 400}, "/a/1 /a/2 /b/1 /b/2 /c/1", ""),
        # what is refused in every way fails as the first one did
        ({"/a/1": 400, "/b/1": 400, "/c/1": 400}, "/a/1 /a/2 /b/1 /c/1", "/a/1 answered 400"),
        # what is no matter of the way is not asked for in another one
        ({"/a/1": 403}, "/a/1 /a/2", "/a/1 answered 403"),
        ({"/a/1": 400, "/b/1": 403}, "/a/1 /a/2 /b/1", "/b/1 answered 403"),
    ],
)
def test_what_is_refused_is_asked_for_in_another_way(
    refusals: dict[str, int], asked: str, fails: str
) -> None:
    run, requests = read({path: refused(path, code) for path, code in refusals.items()})
    assert requests == asked.split()
    assert bool(run.error) == bool(fails)
    assert not fails or f"things failed (place 1): {fails}" in run.log
    taken = 400 in refusals.values() and not fails  # what was answered in another way is said
    assert ("asked again with way" in run.log) == taken


def test_what_is_refused_after_a_page_is_not_asked_for_again() -> None:
    Things.steps = staticmethod(repeated)
    run, requests = read({**PAGES, "/a/1/again": refused("/a/1/again", 400), "/a/2/again": b"[]"})
    assert "things failed (place 1): /a/1/again answered 400" in run.log
    assert not [path for path in requests if path.startswith("/b")]


@pytest.mark.parametrize(("gone", "fails"), [("/a/1", False), ("/a/1 /a/2", True)])
def test_what_is_gone_is_left_out_unless_all_is(gone: str, fails: bool) -> None:
    run, _ = read({path: refused(path, 404) for path in gone.split()}, **VERSIONS)
    assert fails or (run.leaves_out("things", "it is gone") and " 1 part left out" in run.log)
    assert ("things failed: /a/1 answered 404" in run.log) == bool(run.error) == fails
    assert run.versioned == ["places"]


# -- steps -----------------------------------------------------------------------------------------


def again(path: str) -> Requests:
    """The same page after the partition began again."""
    yield Request(path)
    yield Again()
    yield Request(f"{path}/again")


def repeated(path: str) -> Requests:
    yield Request(path)
    yield Request(f"{path}/again")


def the_same(path: str) -> Requests:
    yield Request(path)
    yield Request(path)


def asking(path: str) -> Requests:
    """An answer that is no page names the ids."""
    response = yield Ask(Request(f"{path}/ids"))
    yield Write([Thing(ident, path) for ident in response.body.decode().split()])
    yield Write(body({"id": f"{path}-json"}), Request(path))


def changing(path: str) -> Requests:
    """Rows are seen, changed and left out before they go out, and the JSON after it."""
    bodies: list[bytes] = []

    def each(rows: Any) -> Any:
        for row in rows:
            row.place = "seen"
        return rows[:1]

    page = yield Fetch(Request(path), each, bodies.append)
    assert (page.count, page.records) == (2, b"")
    yield Write([Thing(f"{path}-{len(bodies)}")])


def limited(path: str) -> Requests:
    yield Request(path)
    yield Limit("more than it serves")


def mending(path: str) -> Requests:
    """An error is raised where the request was."""
    try:
        yield Request(f"{path}/broken")
    except StatusError:
        yield Request(path)


PAGES = {
    **{
        f"/a/{place}{more}": body({"id": place}, {"id": f"{place}+"})
        for place in "12"
        for more in ("", "/again")
    },
    **{f"/a/{place}/ids": b"x%d y%d" % (int(place), int(place)) for place in "12"},
    **{f"/a/{place}/broken": refused("", 500) for place in "12"},
}


@pytest.mark.parametrize(
    ("steps", "ids", "versioned", "says"),
    [
        (None, "1 1+ 2 2+", True, ""),
        (again, "1 1+ 2 2+ 1 1+ 2 2+", True, ""),
        (repeated, "1 1+ 2 2+", False, "sent the same page twice"),
        (the_same, "1 1+ 2 2+", False, "the link to the next page leads back"),
        (asking, "x1 y1 /a/1-json x2 y2 /a/2-json", True, ""),
        (changing, "1 /a/1-1 2 /a/2-1", True, ""),
        (limited, "1 1+ 2 2+", False, "May lack rows: "),
        (mending, "1 1+ 2 2+", True, ""),
    ],
)
def test_a_stream_says_what_is_next(steps: Any, ids: str, versioned: bool, says: str) -> None:
    Things.steps = staticmethod(steps) if steps else None
    run, _ = read(PAGES, **VERSIONS)
    assert [row["id"] for row in run.records("things")] == ids.split()
    assert ("things" in run.versioned) == versioned
    assert says in run.log
    assert "left out" not in run.log, "rows of each came"
    assert bool(run.error) == (steps in {repeated, the_same})
