"""What the service does wrong, and what the run makes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

import sandbox
from tests.common.doubles import Answer
from tests.common.runs import NOW, TurningClock, nobody
from tests.perform.runs import FIRST, SECOND, Account, Copy

if TYPE_CHECKING:
    from tests.common.doubles import Server
    from tests.common.runs import Run, State

VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}
TABLES = ("docket_export", "other_resources_export", "wbs_export")
BROKEN, *OTHERS = TABLES
FORMATS = ("csv", "array", "fields_values", "values_fields", "wrapped", "jsonlines")
STAYS = "If it stays, ask Bentley's support and name the time and the request id."
LATER = "It stayed so for 600 s (stale_timeout). A clip is stale at its first access"
PAGE = "answered with a web page, perhaps to log in: check its url and the credentials."
WRONG = (
    "answered 401 Unauthorized. Perform does not accept the credentials: generate dataclip "
    "credentials anew and set username and password. They are not those of the log-in."
)


@cache
def catalog(*streams: str) -> dict[str, Any]:
    """Return what is discovered of some clips, or of all, while all is well."""
    with sandbox.start(now=NOW, entries=300) as running:
        account = Account(running)
        return account.discovered(projects=account.projects(*streams))


def three(account: Account, **settings: Any) -> Run:
    """Read three tables with versions, of which one may be broken."""
    given = {"projects": account.projects(*TABLES), "catalog": catalog(*TABLES), **VERSIONS}
    return account.run(**given, **settings)


def reasons(run: Run, table: str = BROKEN) -> list[str]:
    return [line for line in run.log.splitlines() if line.startswith(f"{table} failed")]


@dataclass(frozen=True)
class Wrong:
    """Switches of a clip, and what is said of it; how often it is asked for at most."""

    says: str
    values: dict[str, Any]
    tries: int = 1

    def __str__(self) -> str:
        return "-".join(str(value) for value in self.values.values())


def wrong(says: str, tries: int = 1, **values: Any) -> Wrong:
    return Wrong(says, values, tries)


REFUSED = (
    wrong(WRONG, refuse=401),
    wrong(
        "answered 403 Forbidden. The user may not read this clip: ask for access to the project's "
        "dataclips.",
        refuse=403,
    ),
    wrong(
        "answered 404 Not Found. There is no such clip: provision it (Settings, Dataclips), or "
        "paste its url again.",
        refuse=404,
    ),
    wrong(f"answered 400 Bad Request. {STAYS}", refuse=400),
    wrong(f"answered 410 Gone. {STAYS}", refuse=410),
    wrong(f"answered 500 Internal Server Error after 2 tries. {STAYS}", 2, refuse=500),
    wrong(f"answered 502 Bad Gateway after 2 tries. {STAYS}", 2, refuse=502),
    wrong(f"answered 408 Request Timeout after 2 tries. {STAYS}", 2, refuse=408),
    wrong(f"answered 429 Too Many Requests. {LATER}", 12, refuse=429),
    wrong(f"answered 503 Service Unavailable. {LATER}", 12, refuse=503),
    wrong(f"answered 504 Gateway Timeout. {LATER}", 12, refuse=504),
)
NO_TABLE = (
    wrong(PAGE, body="html"),
    wrong("is not a table: The body is a spreadsheet (xlsx) or another zip archive", body="xlsx"),
    wrong("answered with nothing after 2 tries.", 2, body="empty"),
    wrong(
        "is not a table: Row 7 has 11 cells, but there are 13 headings.", oddities=["short_rows"]
    ),
    wrong("is not a table: Row 7 has 16 cells, but there are 13 headings.", oddities=["long_rows"]),
    wrong("is not a table: Row 1 has 13 cells, but there are 1 head", oddities=["title_line"]),
    wrong("is not a table: Row 181 has 1 cells, but there are 13 head", oddities=["footer_line"]),
    wrong(PAGE, redirect="login"),
    wrong("redirects to itself, again and again", 6, redirect="loop"),
)


@pytest.mark.parametrize("broken", [*REFUSED[1:], *NO_TABLE], ids=str)
def test_a_broken_clip_leaves_the_other_tables_whole(account: Account, broken: Wrong) -> None:
    account.world.set_clip(BROKEN, **broken.values)
    copy = Copy()
    run = copy.load(three(account))
    assert run.code == 1
    assert run.error == (
        f"1 of 3 tables are incomplete ({BROKEN}); the reasons stand above. The others were read."
    )
    for project, line in zip((FIRST, SECOND), reasons(run), strict=True):
        assert line.startswith(f"{BROKEN} failed (project {project}): ")
        assert f"dataclip {BROKEN} of {project} " in line
        assert broken.says in line
    assert sorted(run.versioned) == sorted(OTHERS)
    assert copy.differences(account.world, OTHERS) == {}
    assert copy.rows(BROKEN) == []
    assert account.asked().count((1, BROKEN)) <= broken.tries
    assert len(account.asked()) == 4 + 2 * account.asked().count((1, BROKEN))


def rows_known(state: State) -> dict[str, int]:
    """Return how many rows the state says that each project's clip had."""
    clips = state["bookmarks"][BROKEN]["clips"]
    return {project: known["rows"] for project, known in clips.items()}


@pytest.mark.parametrize("broken", [*REFUSED[::3], *NO_TABLE[::3]], ids=str)
def test_one_broken_project_lets_the_other_through_but_empties_nothing(
    account: Account, broken: Wrong
) -> None:
    projects, copy = account.projects(BROKEN), Copy()
    given = {"projects": projects, "catalog": catalog(BROKEN), **VERSIONS}
    projects[0]["username"] = "someone"
    account.world.switch(logins={1: ("someone", "sandbox")})
    before = copy.load(account.run(**given).ok())
    account.world.advance(60)
    account.world.delete_row(2, BROKEN, 7)
    account.world.set_clip(BROKEN, 1, **broken.values)
    run = copy.load(account.run(**given, state=before.state))
    assert run.code == 1
    (line,) = reasons(run)
    assert broken.says in line
    assert {row["project"] for row in run.records(BROKEN)} == {SECOND}
    assert run.versioned == []
    assert rows_known(run.state) == rows_known(before.state)
    assert copy.differences(account.world, (BROKEN,))[BROKEN].startswith("1 left over")
    account.world.set_clip(
        BROKEN, 1, **{name: type(broken.values[name])() for name in broken.values}
    )
    account.world.advance(60)
    copy.load(account.run(**given, state=run.state).ok())
    assert copy.differences(account.world, (BROKEN,)) == {}


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_clip_that_is_refused_for_a_while_arrives(account: Account, status: int) -> None:
    account.world.set_clip(BROKEN, refuse=status, refuse_times=1, retry_after="40")
    clock, copy = TurningClock(account.world.now), Copy()
    copy.load(three(account, clock=clock).ok())
    assert copy.differences(account.world, TABLES) == {}
    assert {*clock.waits} == {40}


@pytest.mark.parametrize("status", [429, 503])
def test_a_service_that_is_busy_for_all_is_waited_for(account: Account, status: int) -> None:
    account.world.switch(refuse=status, refuse_times=2)
    copy = Copy()
    run = copy.load(three(account).ok())
    assert copy.differences(account.world, TABLES) == {}
    assert len(run.versioned) == 3


@pytest.mark.parametrize("down", [True, False], ids=["down", "500"])
def test_a_service_that_fails_throughout_is_given_up_early(account: Account, down: bool) -> None:
    given: dict[str, Any] = {"projects": account.projects(), "catalog": catalog()}
    clock = TurningClock(account.world.now)
    account.world.switch(refuse=500)
    with nobody() as address:
        if down:
            own = account.running.url
            given["projects"] = json.loads(json.dumps(given["projects"]).replace(own, address))
        assert account.run(clock=clock, max_retries=5, **given).code == 1
    assert sum(clock.waits) < 600
    assert len(account.asked()) < 100


@pytest.mark.parametrize(
    "body",
    [
        "xlsx",
        pytest.param("empty"),
    ],
)
@pytest.mark.parametrize("workers", [1, 4])
def test_clips_without_a_table_do_not_keep_the_others_from_being_read(
    account: Account, workers: int, body: str
) -> None:
    streams = ("activity_export", "applicable_rates", "attendance_export", *TABLES)
    for stream in streams[:3]:
        account.world.set_clip(stream, body=body)
    given = {"projects": account.projects(*streams), "catalog": catalog(*streams), **VERSIONS}
    copy = Copy()
    run = copy.load(account.run(max_concurrency=workers, **given))
    assert run.code == 1
    assert copy.differences(account.world, TABLES) == {}


# -- answers that break off ------------------------------------------------------------------------


CUTS = dict(zip(TABLES, ("half", "in_quotes", "between_rows"), strict=True))
"""Where the body of each table breaks off."""


BROKE_OFF = ("sent an answer that breaks off", "could not be reached, or closed the connection")


def cut(account: Account, **values: Any) -> Run:
    """Read three tables, each of whose bodies breaks off."""
    for table, where in CUTS.items():
        account.world.set_clip(table, cut=where, **values)
    return three(account)


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("gzip", ["", "always"])
@pytest.mark.parametrize("form", FORMATS)
def test_a_body_that_ends_too_early_is_no_answer(
    account: Account, framing: str, gzip: str, form: str
) -> None:
    run = cut(account, framing=framing, gzip=gzip, format=form)
    assert run.code == 1
    for table in TABLES:
        (said,) = {text for text in BROKE_OFF if text in reasons(run, table)[0]}
        assert said
    assert " after 2 tries." in reasons(run)[0]
    assert (run.of("RECORD"), run.versioned) == ([], [])


@pytest.mark.parametrize("framing", ["close", "length", "chunked"])
@pytest.mark.parametrize("form", FORMATS)
def test_a_cut_that_only_the_body_shows_is_seen(account: Account, framing: str, form: str) -> None:
    whole = {"wbs_export"} if form in {"csv", "jsonlines"} else set()  # it ends between two rows
    run = cut(account, framing=framing, cut_seen=False, format=form)
    assert run.code == 1
    assert {*run.counts()} == {*run.versioned} == whole
    for table in {*TABLES} - whole:
        assert f"dataclip {table} of {FIRST} is not a table: " in reasons(run, table)[0]


@pytest.mark.parametrize("form", ["csv", "jsonlines"])
def test_a_cut_that_nothing_shows_removes_no_row(account: Account, form: str) -> None:
    copy = Copy()
    before = copy.load(three(account).ok())
    account.world.set_clip(BROKEN, framing="close", cut="between_rows", format=form)
    account.world.advance(60)
    run = copy.load(three(account, state=before.state, max_shrink=40))
    assert run.code == 1
    assert "shrank from 180 to 90 rows, by 50 %" in reasons(run)[0]
    assert copy.differences(account.world, TABLES) == {}


def test_an_answer_that_breaks_off_once_is_asked_for_again(
    account: Account, server: Server
) -> None:
    body = b"WBS Code,WBS Name\r\n01.02,Earth\r\n007,Water\r\n"
    server.script = [Answer(body=body, cut=9), Answer(body=body)]
    clips = {"wbs_export": f"{server.url}/clip"}
    project = {"name": FIRST, "username": "user", "password": "word", "dataclips": clips}
    run = account.run(projects=[project], catalog=catalog("wbs_export")).ok()
    assert [row["wbs_code"] for row in run.records("wbs_export")] == ["01.02", "007"]
    assert len(server.seen) == 2


# -- credentials -----------------------------------------------------------------------------------


DENIALS = {"challenge": WRONG, "plain": WRONG, "redirect": PAGE, "page": PAGE}


@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("denial", DENIALS)
def test_refused_credentials_are_not_sent_for_every_clip(
    account: Account, denial: str, workers: int
) -> None:
    account.world.switch(denial=denial, logins={1: ("a", "new"), 2: ("b", "new")})
    projects = account.projects()
    for project in projects:
        project["password"] = "old"
    given = {"projects": projects, "catalog": catalog(), "max_concurrency": workers, **VERSIONS}
    run = account.run(**given)
    assert run.code == 1
    assert run.error.startswith("28 of 28 tables are incomplete (")
    assert DENIALS[denial] in reasons(run, "activity_export")[0]
    assert (run.of("RECORD"), run.versioned) == ([], [])
    assert len(account.asked()) <= 2 * (workers + 3)


@pytest.mark.parametrize("denial", DENIALS)
def test_refused_credentials_of_one_project_empty_nothing(account: Account, denial: str) -> None:
    account.world.switch(denial=denial, logins={1: ("a", "new"), 2: ("b", "new")})
    copy = Copy()
    before = copy.load(three(account).ok())
    projects = account.projects(*TABLES)
    projects[0]["password"] = "old"
    account.world.advance(60)
    given = {"projects": projects, "catalog": catalog(*TABLES), "state": before.state, **VERSIONS}
    run = copy.load(account.run(**given))
    assert run.code == 1
    assert run.error.startswith("3 of 3 tables are incomplete (")
    assert {row["project"] for table in TABLES for row in run.records(table)} == {SECOND}
    assert run.versioned == []
    assert copy.differences(account.world, TABLES) == {}
    says = PAGE if denial in {"redirect", "page"} else WRONG
    for table in TABLES:
        (line,) = reasons(run, table)
        assert says in line or f"its credentials were refused for {BROKEN}." in line
    assert says in reasons(run)[0]


def test_a_clip_that_answers_401_alone_does_not_keep_the_others_from_being_read(
    account: Account,
) -> None:
    account.world.set_clip(BROKEN, refuse=401)
    copy = Copy()
    run = copy.load(three(account))
    assert copy.differences(account.world, OTHERS) == {}
    assert sorted(run.versioned) == sorted(OTHERS)
