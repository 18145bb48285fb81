"""What the service does wrong, and what the run makes of it."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from tap_perform.tap import TapPerform
from taps_common.http.bodies import shows_its_end
from tests.common.doubles import Answer
from tests.common.runs import TurningClock, nobody, run_in_process, turning
from tests.perform.clips import BOTH, OTHER, QUAY, ROUTE, TABLE, VERSIONS, dockets, lines, reasons
from tests.perform.runs import Account, Copy

if TYPE_CHECKING:
    from tests.perform.clips import Clips

GOOD = Answer(body=dockets())
STAYS = "If it stays, ask Bentley's support and name the time and the request id."
LATER = "It stayed so for 600 s (stale_timeout). A clip is stale at its first access"
PAGE = "answered with a web page, perhaps to log in: check its url and the credentials."
WRONG = (
    "answered 401 Unauthorized. Perform does not accept the credentials: generate dataclip "
    "credentials anew and set username and password. They are not those of the log-in."
)
HTML = Answer(body=b"\n <!DOCTYPE html><html>Log in</html>")
LOGIN = Answer(302, headers={"Location": "/login"})
LOOP = Answer(302, headers={"Location": "?again"})

FORBIDDEN = (
    "answered 403 Forbidden. The user may not read this clip: ask for access to the project's "
    "dataclips."
)
MISSING = (
    "answered 404 Not Found. There is no such clip: provision it (Settings, Dataclips), or paste "
    "its url again."
)
FAILS = "answered 500 Internal Server Error after 2 tries [request id ab-1]."

BROKEN: dict[str, tuple[Answer, int]] = {
    FORBIDDEN: (Answer(403), 1),
    MISSING: (Answer(404), 1),
    f"answered 400 Bad Request. {STAYS}": (Answer(400), 1),
    f"answered 410 Gone. {STAYS}": (Answer(410), 1),
    f"{FAILS} {STAYS}": (Answer(500, headers={"X-Request-Id": "ab-1"}), 2),
    f"answered 502 Bad Gateway after 2 tries. {STAYS}": (Answer(502), 2),
    f"answered 408 Request Timeout after 2 tries. {STAYS}": (Answer(408), 2),
    f"answered 429 Too Many Requests. {LATER}": (Answer(429), 12),
    f"answered 503 Service Unavailable. {LATER}": (Answer(503), 12),
    f"answered 504 Gateway Timeout. {LATER}": (Answer(504), 12),
    "not be reached, or closed the connection after 2 tries.": (Answer(reset=True), 2),
    PAGE: (HTML, 1),
    PAGE[:-1]: (LOGIN, 1),
    "redirects to itself, again and again": (LOOP, 6),
    "answered with nothing after 2 tries.": (Answer(body=b""), 2),
    "is not a table: The body is a spreadsheet (xlsx) or an": (Answer(body=b"PK\x03\x04x"), 1),
    "is not a table: Row 21 has 2 cells, but": (Answer(body=dockets() + b"x,y\r\n"), 1),
}
"""What is said of an answer, the answer, and how often it is asked for at most."""


@pytest.mark.parametrize("says", BROKEN)
def test_a_broken_clip_leaves_the_other_tables_whole(clips: Clips, says: str) -> None:
    broken, tries = BROKEN[says]
    clips.script[f"{clips.url}/login"] = [HTML]
    clips.put(TABLE, GOOD, of=BOTH)
    clips.put(OTHER, GOOD, of=BOTH)
    catalog = clips.discovered()
    clips.put(TABLE, broken, of=BOTH)
    clips.asked.clear()
    run = clips.run(catalog=catalog, **VERSIONS)
    assert run.code == 1
    assert run.error == (
        f"1 of 2 tables are incomplete ({TABLE}); the reasons stand above. The others were read."
    )
    for project, line in zip(BOTH, reasons(run), strict=True):
        assert line.startswith(f"{TABLE} failed (project {project}): ")
        assert f"dataclip {TABLE} of {project} " in line
        assert says in line
    assert (run.counts(), run.versioned) == ({OTHER: 40}, [OTHER])
    assert clips.times(TABLE) == clips.times(TABLE, ROUTE) <= tries
    assert clips.times(OTHER) == clips.times(OTHER, ROUTE) == 1


@pytest.mark.parametrize("broken", [Answer(401), Answer(404), Answer(500), Answer(503), HTML])
def test_one_broken_project_lets_the_other_through_but_empties_nothing(
    clips: Clips, broken: Answer
) -> None:
    copy = Copy()
    clips.put(TABLE, GOOD, of=BOTH)
    given: dict[str, Any] = {"catalog": clips.discovered(), **VERSIONS}
    before = copy.load(clips.run(**given).ok())
    clips.put(TABLE, broken)
    clips.put(TABLE, dockets(19), of=[ROUTE])
    run = copy.load(clips.run(state=before.state, **given))
    assert (run.code, run.versioned, len(reasons(run))) == (1, [], 1)
    assert {row["project"] for row in run.records(TABLE)} == {ROUTE}
    known = run.state["bookmarks"][TABLE]["clips"]
    assert {project: one["rows"] for project, one in known.items()} == dict.fromkeys(BOTH, 20)
    assert len(copy.rows(TABLE)) == 40
    clips.put(TABLE, GOOD)
    copy.load(clips.run(state=run.state, **given).ok())
    assert len(copy.rows(TABLE)) == 39


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_clip_that_is_refused_for_a_while_arrives(clips: Clips, status: int) -> None:
    clips.put(TABLE, GOOD)
    catalog = clips.discovered()
    clips.put(TABLE, Answer(status, headers={"Retry-After": "40"}), GOOD)
    assert clips.run(catalog=catalog).ok().counts() == {TABLE: 20}
    assert clips.clock.waits == [40]


@pytest.mark.parametrize("status", [429, 503])
def test_a_service_that_is_busy_for_all_is_waited_for(clips: Clips, status: int) -> None:
    for table in (TABLE, OTHER):
        clips.put(table, Answer(status), Answer(status), GOOD, of=BOTH)
    run = clips.run(**VERSIONS).ok()
    assert run.counts() == {TABLE: 40, OTHER: 40}
    assert len(run.versioned) == 2


MANY = [f"table_{number}" for number in range(28)]


@pytest.mark.parametrize("failure", [Answer(reset=True), Answer(500)], ids=["down", "500"])
def test_a_service_that_fails_throughout_is_given_up_early(clips: Clips, failure: Answer) -> None:
    for table in MANY:
        clips.declared[table] = {"columns": ["a"]}
        clips.put(table, failure, of=BOTH)
    assert clips.run(max_retries=5).code == 1
    assert sum(clips.clock.waits) < 600
    assert len(clips.asked) < 100


def test_what_was_not_asked_for_is_not_told_where_nothing_came_at_all(clips: Clips) -> None:
    for table in MANY:
        clips.put(table, Answer(401), of=BOTH)
    run = clips.run()
    assert (run.code, run.messages) == (1, [])
    (said,) = [line for line in run.lines if "are not tables: " in line]
    asked = len(clips.asked)
    assert asked < len(MANY)
    named = ", ".join(list(MANY)[:3]) + (f" and {asked - 3} more" if asked > 3 else "")
    assert f"{named} are not tables: GET dataclip {named.partition(',')[0]} of {QUAY} at" in said


def test_an_address_at_which_nobody_listens_is_named() -> None:
    with nobody() as url:
        clips = {TABLE: f"{url}/clip"}
        project = {"name": QUAY, "username": "u", "password": "w", "dataclips": clips}
        config = {"projects": [project], "max_retries": 0}
        run = run_in_process(turning(TapPerform, TurningClock()), config)
    assert (run.code, run.messages) == (1, [])
    assert "could not be reached: nothing listens at that address" in run.said


def test_each_of_some_failures_among_good_answers_is_tried_again(clips: Clips) -> None:
    for table in MANY[:9]:
        clips.put(table, GOOD)
    catalog = clips.discovered()
    for table in MANY[:9:2]:
        clips.put(table, Answer(500))
    clips.asked.clear()
    assert clips.run(catalog=catalog, max_concurrency=1).code == 1
    assert [clips.times(table) for table in MANY[:9]] == [2, 1] * 4 + [2]


@pytest.mark.parametrize("body", [b"PK\x03\x04x", b""])
@pytest.mark.parametrize("workers", [1, 4])
def test_clips_without_a_table_do_not_keep_the_others_from_being_read(
    clips: Clips, workers: int, body: bytes
) -> None:
    for table in MANY[:4]:
        clips.put(table, body, of=BOTH)
    clips.put(TABLE, GOOD, of=BOTH)
    run = clips.run(max_concurrency=workers, **VERSIONS)
    assert (run.code, run.counts(), run.versioned) == (1, {TABLE: 40}, [TABLE])


# -- answers that break off ------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_that_breaks_off_once_is_asked_for_again(clips: Clips, packed: bool) -> None:
    headers = {"Content-Encoding": "gzip"} if packed else {}
    body = gzip.compress(dockets()) if packed else dockets()
    half = Answer(body=body[:-9], headers=headers) if packed else Answer(body=body, cut=9)
    clips.put(TABLE, Answer(body=body, headers=headers))
    given: dict[str, Any] = {"catalog": clips.discovered(), **VERSIONS}
    clips.put(TABLE, half, Answer(body=body, headers=headers))
    assert clips.run(**given).ok().counts() == {TABLE: 20}
    clips.put(TABLE, half)
    run = clips.run(**given)
    assert "sent an answer that breaks off after 2 tries." in reasons(run)[0]
    assert (run.of("RECORD"), run.versioned) == ([], [])


@pytest.mark.parametrize("packed", ["", "always"])
def test_a_chunked_answer_that_ends_too_early_is_none(account: Account, packed: str) -> None:
    projects = account.projects(TABLE)
    catalog = account.discovered(projects=projects)
    account.world.set_clip(TABLE, cut="between_rows", framing="chunked", gzip=packed)
    run = account.run(projects=projects, catalog=catalog, **VERSIONS)
    assert (run.code, run.of("RECORD"), run.versioned) == (1, [], [])
    assert len(reasons(run)) == 2
    assert all(" after 2 tries." in line for line in reasons(run))


def test_a_cut_that_nothing_shows_removes_no_row(account: Account) -> None:
    copy = Copy()
    given: dict[str, Any] = {"projects": account.projects(TABLE), **VERSIONS}
    before = copy.load(account.run(**given).ok())
    account.world.set_clip(TABLE, framing="close", cut="between_rows")
    account.world.advance(60)
    run = copy.load(account.run(state=before.state, max_shrink=40, **given))
    assert run.code == 1
    assert "shrank from 180 to 90 rows, by 50 %" in reasons(run)[0]
    assert copy.differences(account.world, [TABLE]) == {}


@pytest.mark.parametrize("framing", ["close", "length", "chunked"])
def test_a_last_row_without_a_line_end_may_be_cut_if_nothing_shows_the_end(
    account: Account, framing: str
) -> None:
    form: dict[str, Any] = {"last_line_end": False, "gzip": "", "framing": framing}
    account.world.set_clip(TABLE, **form)
    projects = account.projects(TABLE)
    run = account.run(projects=projects)
    if framing == "close":
        assert (run.code, run.of("RECORD")) == (1, [])
        said = "not a table: Row 180, the last one, has no line end, and the answer does not say"
        assert said in run.log
        assert "set `allow_unterminated: true`" in run.log
        account.world.set_clip(TABLE, **form, encoding="utf-16")
        assert "Row 180, the last one" in account.run(projects=projects).log
        projects[0]["allow_unterminated"] = True
        projects[1]["dataclips"][TABLE] = {**_clip(projects[1]), "allow_unterminated": True}
        run = account.run(projects=projects)
    assert run.ok().counts() == {TABLE: 360}


def _clip(project: dict[str, Any]) -> dict[str, Any]:
    return {"url": project["dataclips"][TABLE]}


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ({}, False),
        ({"Content-Length": "5"}, True),
        ({"Transfer-Encoding": "Chunked"}, True),
        ({"Content-Encoding": "utf-8"}, False),
        ({"Content-Encoding": "x, GZIP"}, True),
    ],
)
def test_length_chunks_or_compression_show_the_end_of_a_body(
    headers: dict[str, str], shown: bool
) -> None:
    assert shows_its_end(headers) is shown


# -- credentials -----------------------------------------------------------------------------------

DENIALS = {"401": (Answer(401), WRONG), "redirect": (LOGIN, PAGE), "page": (HTML, PAGE)}


@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("denial", DENIALS)
def test_refused_credentials_are_not_sent_for_every_clip(
    clips: Clips, denial: str, workers: int
) -> None:
    answer, says = DENIALS[denial]
    clips.script[f"{clips.url}/login"] = [HTML]
    for table in MANY:
        clips.put(table, lines("a,b", "1,2"), of=BOTH)
    catalog = clips.discovered()
    for table in MANY:
        clips.put(table, answer, of=BOTH)
    clips.asked.clear()
    run = clips.run(catalog=catalog, max_concurrency=workers, **VERSIONS)
    assert run.error.startswith("28 of 28 tables are incomplete (")
    assert says in reasons(run, MANY[0])[0]
    code = 77 if denial == "401" else 1
    assert (run.code, run.of("RECORD"), run.versioned) == (code, [], [])
    asked = sum(clips.times(table) for table in MANY)
    assert asked <= workers + 3, "both projects have one user"


@pytest.mark.parametrize("denial", DENIALS)
def test_refused_credentials_of_one_project_empty_nothing(clips: Clips, denial: str) -> None:
    answer, says = DENIALS[denial]
    clips.script[f"{clips.url}/login"] = [HTML]
    tables = MANY[:5]
    for table in tables:
        clips.put(table, GOOD, of=BOTH)
    projects = clips.projects()
    projects[0]["password"] = "old"
    given: dict[str, Any] = {"catalog": clips.discovered(), "projects": projects, **VERSIONS}
    before = clips.run(**given).ok()
    for table in tables:
        clips.put(table, answer)
    run = clips.run(state=before.state, max_concurrency=1, **given)
    assert run.error.startswith("5 of 5 tables are incomplete (")
    assert {row["project"] for table in tables for row in run.records(table)} == {ROUTE}
    assert (run.code, run.versioned) == (1, [])
    assert says in reasons(run, tables[0])[0]
    asked = [table for table in tables if reasons(run, table)]
    for table in asked:
        (line,) = reasons(run, table)
        assert f"(project {QUAY})" in line
        assert says in line
    (line,) = [line for line in run.lines if "not asked for" in line]
    rest = [table for table in tables if table not in asked]
    assert line.startswith(f"{len(rest)} tables (project {QUAY}) not asked for, as ")
    assert line.endswith(f": {', '.join(rest)}.")


def test_clips_that_answer_401_after_others_came_do_not_keep_more_from_being_read(
    clips: Clips,
) -> None:
    for table in MANY[:6]:
        clips.put(table, GOOD)
    given: dict[str, Any] = {"catalog": clips.discovered(), **VERSIONS}
    for table in MANY[1:4]:
        clips.put(table, Answer(401))
    run = clips.run(max_concurrency=1, **given)
    assert all(WRONG in reasons(run, table)[0] for table in MANY[1:4])
    assert sorted(run.versioned) == [MANY[0], *MANY[4:6]]


def test_a_state_of_other_projects_is_refused(account: Account) -> None:
    one, other = ([project] for project in account.projects("wbs_export"))
    state = account.run(projects=one).ok().state
    assert "sandbox:" not in str(state)
    run = account.run(projects=other, state=state)
    assert (run.code, run.kind, run.of("STATE"), run.of("RECORD")) == (1, "STATE", [], [])
    account.run(projects=other, state=state, accept_state=True).ok()
    account.run(projects=[*one, *other], state=state).ok()
