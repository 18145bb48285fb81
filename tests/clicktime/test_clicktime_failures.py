"""What the service does wrong, and what the run makes of it."""

from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.clicktime.runs import (
    CUSTOM_TABLES,
    LISTS,
    SECRETS,
    SETS,
    TABLES,
    THINGS,
    TOKEN,
    VERSIONS,
    Account,
    Copy,
    copied,
    page,
    scripted,
    thing,
    true_rows,
)
from tests.common.doubles import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.common.doubles import Server
    from tests.common.runs import Run

SMALL_PAGES: dict[str, Any] = {"page_size": 20}
KEYLESS = THINGS.replace(b'<Key><PropertyRef Name="ID"/></Key>', b"")
STAYS = "If it stays, ask ClickTime's support and name the time and the request id."
REFUSED = "the token's user may not read it (403)"


def is_discreet(run: Run) -> bool:
    """Return whether no secret is anywhere, and no traceback in what a person reads."""
    everything = run.output.decode() + run.said
    assert not any(secret in everything for secret in SECRETS)
    assert "Traceback" not in run.said
    return True


def failure_of(run: Run, table: str = "things") -> str:
    """Return the one line that says why a table failed."""
    (reason,) = [line for line in run.lines if line.startswith(f"{table} failed")]
    return reason


# -- links that lead astray ------------------------------------------------------------------------

TO_OTHERS = "leads to {} instead of http://{{own}}, and was not followed"
NO_ADDRESS = "the link to the next page is not an address"
LINKS = [
    ("{other}/Things?user=someone@example.test", TO_OTHERS.format("http://{bare}")),
    ("//{bare}/Things?p=2", TO_OTHERS.format("http://{bare}")),
    ("http://localhost:{port}/Things", TO_OTHERS.format("http://localhost:{port}")),
    ("https://{own}/Things", TO_OTHERS.format("https://{own}")),
    ("http://{own}@{bare}/Things?p=2", TO_OTHERS.format("http://{bare} with a user's name")),
    (
        f"http://clicktime:{TOKEN}@{{bare}}/Things?p=2",
        TO_OTHERS.format("http://{bare} with a user's name"),
    ),
    ("http://clicktime@{own}/Things?p=2", TO_OTHERS.format("http://{own} with a user's name")),
    ("http://127.0.0.1/Things", TO_OTHERS.format("http://127.0.0.1:80")),
    ("ftp://127.0.0.1/Things", TO_OTHERS.format("ftp://127.0.0.1")),
    ("javascript:alert(1)", TO_OTHERS.format("javascript://no host")),
    ("http://127.0.0.1:{port}0/Things", NO_ADDRESS),
    ("http://127.0.0.1:port/Things", NO_ADDRESS),
    ("http://[bad", NO_ADDRESS),
    ("http://exa\N{ACCOUNT OF}mple/x", NO_ADDRESS),
    ("\\\\{bare}/Things?p=2", "GET /Things"),
]


@pytest.mark.parametrize(("form", "says"), LINKS)
def test_the_token_goes_nowhere_a_link_leads_to_but_the_service(
    server: Server, other_server: Server, form: str, says: str
) -> None:
    own, bare = server.url.removeprefix("http://"), other_server.url.removeprefix("http://")
    port = own.partition(":")[2]
    places = {"other": other_server.url, "own": own, "bare": bare, "port": port}
    link = form.format(**places)
    run = scripted(server, page(thing("1"), link=link), **VERSIONS)
    assert says.format(**places) in failure_of(run)
    assert (run.code, run.versioned, other_server.seen) == (1, [], [])
    assert not any("p=2" in one.target for one in server.seen if "\\" not in form)
    assert "someone" not in run.said
    assert is_discreet(run)


def test_a_redirect_is_where_relative_links_begin(server: Server) -> None:
    moved = Answer(status=307, body=b"", headers={"Location": "/new/Things"})
    run = scripted(server, moved, page(thing("1"), link="Things?p=2"), page(thing("2"))).ok()
    assert len(run.records("things")) == 2
    assert server.seen[-1].target == "/new/Things?p=2"


@pytest.mark.parametrize("declared", [THINGS, KEYLESS], ids=["key", "no key"])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_circle_of_pages_ends_the_list(server: Server, length: int, declared: bytes) -> None:
    pages = [page(thing(str(n)), link=f"Things?p={(n + 1) % length}") for n in range(length)]
    run = scripted(server, *(pages * 9), declared=declared, **VERSIONS)
    assert (run.code, run.versioned) == (1, [])
    assert len(server.seen) <= 1 + length + 2


def test_new_links_to_the_same_page_end_the_list(server: Server) -> None:
    run = scripted(server, *(page(thing("1"), link=f"Things?p={n}") for n in range(50)))
    assert run.code == 1
    assert "sent the same page twice" in failure_of(run)
    assert len(server.seen) <= 4


@pytest.mark.parametrize("extra", [0, 1])
def test_empty_pages_are_no_end_but_endless_ones_are(
    server: Server, monkeypatch: pytest.MonkeyPatch, extra: int
) -> None:
    monkeypatch.setattr("tap_clicktime.streams.EntityStream.max_empty_pages", 12)
    empty = [page(link=f"?p={number}") for number in range(11)]
    again = [page(link=f"?q={number}") for number in range(11 + extra)]
    keys = page(thing("1"))
    run = scripted(server, *empty, page(thing("1"), link="?r"), *again, page(), keys, **VERSIONS)
    assert len(run.records("things")) == 1
    if extra:
        assert "empty pages in a row, none of them the last" in failure_of(run)
    assert bool(run.versioned) == bool(run.code == 0) == (not extra)


# -- answers that cannot be used -------------------------------------------------------------------


def status(code: int) -> Answer:
    return Answer(status=code, body=b'{"error":{"code":"x","message":"sandbox-token"}}')


NOT_JSON = "not JSON, or breaks off after 2 tries."
NO_LIST = "sent no list of rows: is service_url an OData 4 service?"
BREAKS_OFF = "sent an answer that breaks off after 2 tries."
ERROR_INSIDE = "reported an error inside a good answer after 2 tries."
INSIDE = b'{"value":[{"ID":"1"}],"error":{"code":"x","message":"sandbox-token"}}'
GONE_FROM_LISTS = {404, 410}
BROKEN: list[tuple[Answer | bytes, str, int]] = [
    (status(401), "answered 401 Unauthorized. ClickTime does not accept the token: check", 1),
    (status(404), "answered 404 Not Found. There is nothing at that address: check serv", 1),
    (status(410), "answered 410 Gone. Its links expire before they are followed: raise", 1),
    (status(500), f"answered 500 Internal Server Error after 2 tries. {STAYS}", 2),
    (status(503), f"answered 503 Service Unavailable after 2 tries. {STAYS}", 2),
    (Answer(status=204, body=b""), "answered with nothing after 2 tries.", 2),
    (b"<html>sandbox-token</html>", "a web page instead of JSON: is this the API?", 1),
    (b"", "answered with nothing after 2 tries.", 2),
    (Answer(body=page(thing("7")), cut=3), BREAKS_OFF, 2),
    (page(thing("7"))[:-3], NOT_JSON, 2),
    (b'{"value":[{"ID":"7"}],"error":{}', NOT_JSON, 2),
    (b'{"value":[{"ID":"7"},{"error":{}}', NOT_JSON, 2),
    (Answer(reset=True), "could not be reached, or closed the connection after 2 tries.", 2),
    (Answer(status=302, headers={"Location": "http://127.0.0.1:port/"}), "redirects to ", 1),
    (
        Answer(status=302, headers={"Location": "https://elsewhere.example/?t=sandbox-token"}),
        "redirects to elsewhere.example, and credentials are sent to the configured",
        1,
    ),
    (INSIDE, ERROR_INSIDE, 2),
    (b'{"error":{"code":"x"}}', ERROR_INSIDE, 2),
    (b'{"value":null}', NO_LIST, 1),
    (b'{"value":"sandbox-token"}', NO_LIST, 1),
    (b'{"value":{"ID":"7"}}', NO_LIST, 1),
    (b'{"d":{"results":[]}}', NO_LIST, 1),
    (b'{"value":["sandbox-token"]}', "expected a list of objects, got a list with text", 1),
    (b"[]", NOT_JSON, 2),
    (b'["x"]', NOT_JSON, 2),
    (b"[1,2", NOT_JSON, 2),
    (page({"ID": None, "Name": "sandbox-token"}), "a row whose ID is null", 1),
    (page({"Name": "sandbox-token"}), "a row without ID", 1),
]
"""Every way to break a page that leaves nothing to use, with how often it is asked for."""


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(("broken", "says", "tries"), BROKEN, ids=lambda value: str(value)[:40])
def test_a_broken_page_ends_its_table(
    server: Server, broken: Answer | bytes, says: str, tries: int, place: int
) -> None:
    expires = place and isinstance(broken, Answer) and broken.status in GONE_FROM_LISTS
    before = [page(thing("1"), link="Things?p=2")] * place
    is_down = place == 0 and isinstance(broken, Answer) and broken.status == 500
    begins = 4 if expires else 1  # the whole list again
    answers = [*before, *[broken] * tries] * begins + [broken] * 2 * is_down
    run = scripted(server, *answers, max_retries=1, **VERSIONS)
    revoked = not place and isinstance(broken, Answer) and broken.status == 401
    assert (run.code, run.versioned) == (77 if revoked else 1, [])
    reason = failure_of(run)
    assert says in reason
    assert reason.startswith("things failed: GET /Things" + ", next page" * place)
    assert len(server.seen) == 1 + len(answers)
    assert len(run.records("things")) == place * (4 if expires else 1)
    assert is_discreet(run)


@pytest.mark.parametrize(
    "broken",
    [
        Answer(body=page(thing("2")), cut=3),
        Answer(
            body=gzip.compress(page(thing("2")), mtime=0),
            headers={"Content-Encoding": "gzip"},
            cut=3,
        ),
        page(thing("2"))[:-3],
        b"",
        Answer(reset=True),
        INSIDE,
        status(503),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_page_that_breaks_once_is_asked_for_again(server: Server, broken: Answer | bytes) -> None:
    pages = (page(thing("1"), link="?p=2"), broken, page(thing("2"), thing("3")))
    run = scripted(server, *pages, max_retries=1).ok()
    assert [row["ID"] for row in run.records("things")] == ["1", "2", "3"]
    assert run.log.count("; again in") == 1


@pytest.mark.parametrize(
    ("name", "kind", "more"),
    [
        ("Jobs", "truncate_body", {}),
        ("Jobs", "html", {"after": 1}),
        ("TimeEntries", "status", {"code": 200, "body": '{"value":["x"]}'}),
    ],
)
def test_a_broken_set_leaves_the_others_whole(
    account: Account, name: str, kind: str, more: dict[str, Any]
) -> None:
    account.fault(f"/odata/{name}", kind, **more)
    copy = Copy()
    sets = [name, "Users", "Timesheets"]
    run = copy.load(account.run(entity_sets=sets, **SMALL_PAGES, **VERSIONS))
    broken = ["jobs", "job_custom_fields"]
    if name == "TimeEntries":
        broken = ["time_entries", "time_entry_custom_fields"]
    assert run.error == (
        f"2 of 5 tables are incomplete ({', '.join(broken)}); the reasons stand above. The "
        "others were read."
    )
    assert len(run.records(broken[0])) == 20 * more.get("after", 0)
    others = ["timesheets", "user_custom_fields", "users"]
    assert copy.differences(account.world, others) == {}
    assert sorted(run.versioned) == others
    assert "replication_key_value" not in json.dumps(run.state)
    assert is_discreet(run)


def test_a_set_that_is_declared_and_not_there_is_to_be_deselected(account: Account) -> None:
    account.fault("/odata/Jobs", "status", code=404, times=0)
    copy = Copy()
    run = copy.load(account.run(entity_sets=["Jobs", "Users"], **VERSIONS))
    assert run.code == 1
    assert "answered 404 Not Found." in failure_of(run, "jobs")
    assert failure_of(run, "jobs").endswith("does not have it: deselect it.")
    assert copy.differences(account.world, ["users"]) == {}
    chosen = account.catalog(["users"], entity_sets=["Jobs", "Users"])
    account.run(catalog=chosen, entity_sets=["Jobs", "Users"]).ok()


def test_a_property_in_parts_is_refused(server: Server) -> None:
    row = thing("1", **{"Tags": ["a"], "Tags@odata.nextLink": "Things('1')/Tags?p=2"})
    run = scripted(server, page(row), declared=LISTS, **VERSIONS)
    assert (run.code, run.versioned) == (1, [])
    assert "sends a property in parts of its own" in failure_of(run)


def test_rows_that_come_twice_and_values_that_do_not_fit_are_reported(server: Server) -> None:
    row = thing("1", Secret="sandbox-token", Rate="sandbox-token")
    run = scripted(server, page(row, row), page(thing("1"))).ok()
    assert "things: 1 row came twice, by key" in run.log
    assert run.log.count("values of Rate are not of their type, sent as null and kept") == 1
    assert "fields unknown to this version, kept in _rescued_data: Secret" in run.log
    assert [one["Rate"] for one in run.records("things")] == [None, None]
    assert "sandbox-token" not in run.said


# -- links that expired ----------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "modified"), [(410, False), (404, True)])
def test_a_list_goes_on_where_its_link_expired(account: Account, code: int, modified: bool) -> None:
    """Links hold for three pages; the list by date begins again all the time."""
    account.world.switch(token_ttl=3, token_status=code, modified=modified)
    run = account.run(entity_sets=["TimeEntries"], page_size=17, **VERSIONS).ok()
    assert "a link expired; the list goes on at 20" in run.log
    only = ["time_entries", "time_entry_custom_fields"]
    assert copied(run).differences(account.world, only) == {}
    assert sorted(run.versioned) == only


@pytest.mark.parametrize("code", [410, 404])
def test_a_list_without_a_date_begins_anew(server: Server, code: int) -> None:
    first, second = page(thing("1"), link="?p=2"), page(thing("2"))
    keys = page(thing("1"), thing("2"))
    run = scripted(server, first, status(code), first, second, keys, **VERSIONS).ok()
    assert run.log.count("a link expired; the list begins again") == 1
    assert [row["ID"] for row in run.records("things")] == ["1", "1", "2"]
    assert run.state["bookmarks"]["things"]["activated"][""]["rows"] == 2, "not those read twice"


def test_a_list_without_a_key_fails_instead_of_doubling(server: Server) -> None:
    first = page(thing("1"), link="?p=2")
    run = scripted(server, first, status(410), first, declared=KEYLESS, **VERSIONS)
    assert "answered 410 Gone" in failure_of(run)
    assert (len(run.records("things")), run.versioned) == (1, [])


def test_a_list_that_comes_further_may_begin_again_any_number_of_times(account: Account) -> None:
    """Three times at one place is the most; here each beginning leads a few dates on."""
    for number, row in enumerate(true_rows(account.world, "jobs")):
        stamp = f"2026-0{1 + number // 28}-{1 + number % 28:02d}T10:00:00Z"
        account.world.edit_row(str(row["ID"]), ModifiedDate=stamp)
    account.world.switch(token_ttl=1, modified=True)
    run = account.run(entity_sets=["Jobs"], page_size=4).ok()
    assert run.log.count("a link expired") > 5
    assert copied(run).differences(account.world, ["jobs"]) == {}


def test_rows_of_one_timestamp_survive_an_expired_link(account: Account) -> None:
    """A thousand rows that one transaction changed have one stamp, finer than is kept."""
    for number, row in enumerate(true_rows(account.world, "jobs")):
        early, late = "2026-08-01T10:00:00.7654329Z", "2026-09-01T10:00:00.1234567Z"
        account.world.edit_row(str(row["ID"]), ModifiedDate=early if number < 9 else late)
    account.world.switch(modified=True)
    account.fault("/odata/Jobs", "status", code=410, after=2, times=1)
    run = account.run(entity_sets=["Jobs"], page_size=7).ok()
    assert copied(run).differences(account.world, ["jobs"]) == {}
    assert run.log.count("a link expired") == 1


def test_an_expired_link_loses_nothing_where_order_is_ignored(account: Account) -> None:
    """The first pages happen to be in order, what comes behind them is not."""
    for row in true_rows(account.world, "time_entries"):
        account.world.delete_entry(str(row["ID"]))
    for day in [*range(2, 22), *range(2, 22)]:
        account.world.insert_entry(Date=f"2026-08-{day:02d}")
    account.world.switch(no_orderby="ignore")
    mark = {"replication_key": "Date", "replication_key_value": "2026-09-01T00:00:00Z"}
    run = account.run(
        catalog=account.catalog(["time_entries"]),
        page_size=10,
        before=lambda _: account.fault("/odata/TimeEntries", "status", code=410, after=2, times=1),
        state={"bookmarks": {"time_entries": mark}},
    ).ok()
    assert copied(run).differences(account.world, ["time_entries"]) == {}


# -- who may not -----------------------------------------------------------------------------------


def test_a_token_that_expires_is_no_storm(account: Account) -> None:
    account.fault("/odata/", "status", code=401, after=3)
    run = account.run(max_retries=5, **VERSIONS)
    assert run.code in {1, 77}, "as the rows of a set came before, or not"
    assert len(account.requests()) <= 3 + 2 * 7
    assert len(run.versioned) <= 2 * 3  # of what was answered before, with its custom fields
    assert "time_entries" not in run.versioned
    assert is_discreet(run)


def test_a_forbidden_slice_is_a_failure_of_its_list(account: Account) -> None:
    """A list is readable or it is not: a 403 in the middle must not lose rows in silence."""
    given: dict[str, Any] = {"entity_sets": ["TimeEntries"], **SMALL_PAGES, **VERSIONS}
    account.fault("/odata/TimeEntries", "status", code=403, after=8, times=1)
    copy = Copy()
    run = copy.load(account.run(**given))
    assert (run.code, run.versioned) == (1, [])
    assert "answered 403 Forbidden" in failure_of(run, "time_entries")
    assert "use the token of an administrator, or deselect the table" in run.log
    copy.load(account.run(state=run.state, **given).ok())
    assert copy.differences(account.world, ["time_entries"]) == {}


def test_a_first_load_outlives_a_run_in_which_its_set_is_forbidden(account: Account) -> None:
    given: dict[str, Any] = {"entity_sets": ["TimeEntries", "Tasks"], **SMALL_PAGES}
    account.fault("/odata/TimeEntries", "status", code=503, after=8, times=1)
    copy = Copy()
    first = copy.load(account.run(max_retries=0, **given))
    assert first.code == 1
    account.mended()
    account.world.switch(forbidden=["TimeEntries"])
    second = copy.load(account.run(state=first.state, **given).ok())
    account.world.switch(forbidden=[])
    third = copy.load(account.run(state=second.state, **given).ok())
    assert copy.differences(account.world, ["time_entries"]) == {}
    assert len(third.records("time_entries")) < 300, "it goes on"


@pytest.mark.parametrize("table", ["jobs", "time_entries"])
def test_a_forbidden_set_is_left_out_with_a_warning(account: Account, table: str) -> None:
    state = account.run().ok().state
    account.world.switch(forbidden=[SETS[table]])
    copy = Copy()
    run = copy.load(account.run(state=state, **VERSIONS).ok())
    gone = {table, CUSTOM_TABLES[table]}
    assert run.leaves_out(table, REFUSED)
    assert re.search(f"^{table} .* all of it left out", run.log, re.MULTILINE)
    assert not gone & {*run.versioned, *run.counts()}
    others = {*TABLES} - gone - {"time_entries", "time_entry_custom_fields"}
    assert set(run.versioned) == others
    assert copy.differences(account.world, others) == {}
    assert run.state["bookmarks"]["time_entries"] == state["bookmarks"]["time_entries"]


@pytest.mark.parametrize("tables", [None, ["job_custom_fields"], ["time_entries"]], ids=str)
def test_nothing_that_may_be_read_is_a_failure(account: Account, tables: list[str] | None) -> None:
    chosen = account.catalog(tables)
    account.world.switch(forbidden=[SETS[table] for table in TABLES if table in SETS])
    run = account.run(catalog=chosen, **VERSIONS)
    assert run.code == 1
    assert run.error.startswith(f"Nothing could be read: {REFUSED}")
    assert (run.versioned, run.counts()) == ([], {})


def test_a_state_of_another_service_is_refused(
    account: Account, start: Callable[..., Account]
) -> None:
    only: dict[str, Any] = {"entity_sets": ["Clients"]}
    state = account.run(**only).ok().state
    other = start()
    run = other.run(state=state, **only)
    assert (run.code, run.kind, run.of("STATE"), run.of("RECORD")) == (1, "STATE", [], [])
    assert not other.asked("Clients")
    assert "accept_state: true" in run.error
    assert other.run(state=state, accept_state=True, **only).ok().counts()["clients"]
