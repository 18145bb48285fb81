"""What the service does wrong, and what the run makes of it."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.clicktime import truth
from tests.clicktime.runs import (
    CUSTOM_TABLES,
    LISTS,
    SECRETS,
    SETS,
    TABLES,
    TOKEN,
    VERSIONS,
    Account,
    Copy,
    copied,
    page,
    run_tap,
    scripted,
    thing,
    true_rows,
)
from tests.common.doubles import Answer
from tests.common.runs import TurningClock

if TYPE_CHECKING:
    from tests.common.doubles import Server
    from tests.common.runs import Row, Run

SMALL_PAGES: dict[str, Any] = {"page_size": 20}
STAYS = "If it stays, ask ClickTime's support and name the time and the request id."
ELSEWHERE = "https://elsewhere.example/"
REFUSED = "the token's user may not read it (403)"
WEB_PAGE = "answered with a web page instead of JSON: is this the API?"


def is_discreet(run: Run, *more: str) -> bool:
    """Return whether no secret is anywhere, and no traceback or row in what a person reads."""
    everything = run.output.decode() + run.said
    assert not any(secret in everything for secret in (*SECRETS, *more))
    assert "Traceback" not in run.said
    return True


def failure_of(run: Run, table: str) -> str:
    """Return the one line that says why a table failed."""
    (reason,) = [line for line in run.log.splitlines() if line.startswith(f"{table} failed")]
    return reason


# -- links that lead astray ------------------------------------------------------------------------


def test_links_to_a_foreign_host_are_refused(account: Account) -> None:
    """The sandbox answers at that name too: only the tap keeps the token from going there."""
    account.world.switch(link_form="foreign")
    run = account.run(**SMALL_PAGES, **VERSIONS)
    assert run.code == 1
    assert failure_of(run, "timesheets") == (
        "timesheets failed: GET /Timesheets, next page was not sent: the service's link leads to "
        "localhost, and credentials are sent to the configured address only."
    )
    assert not any("skiptoken" in one.target for one in account.asked())
    assert set(run.versioned) == {  # those with a single page
        *("clients", "tasks", "divisions"),
        *("client_custom_fields", "task_custom_fields", "division_custom_fields"),
    }
    assert is_discreet(run)


@pytest.mark.parametrize(
    "form",
    [
        "{other}/Things?p=2",
        "//{bare}/Things?p=2",
        "http://{own}@{bare}/Things?p=2",
        "http://clicktime:x@{bare}/Things?p=2",
        "http://clicktime@{own}/Things?p=2",
        "\\\\{bare}/Things?p=2",
    ],
)
def test_the_token_never_reaches_another_server(
    elsewhere: Server, other_server: Server, form: str
) -> None:
    names = {"own": elsewhere.url[7:], "bare": other_server.url[7:]}
    link = form.format(other=other_server.url, **names)
    run = scripted(elsewhere, page(thing("1"), link=link), **VERSIONS)
    assert other_server.seen == []
    assert run.code == 1
    assert run.versioned == []
    assert is_discreet(run)
    if not form.startswith("\\"):
        assert "credentials are sent to the configured address only." in failure_of(run, "things")


def test_a_password_in_a_link_is_not_repeated(elsewhere: Server, other_server: Server) -> None:
    link = f"http://clicktime:{TOKEN}@{other_server.url[7:]}/Things?p=2"
    run = scripted(elsewhere, page(thing("1"), link=link))
    assert run.code == 1
    assert is_discreet(run)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", [0, 1])
def test_redirects_to_another_server_are_refused(
    elsewhere: Server, other_server: Server, status: int, place: int
) -> None:
    away = Answer(status=status, body=b"", headers={"Location": f"{other_server.url}/Things"})
    answers = [page(thing("1"), link="Things?p=2"), page(thing("2"))]
    run = scripted(elsewhere, *answers[:place], away, *answers[place:])
    assert run.code == 1
    assert "redirects to 127.0.0.1, and credentials are sent to the configured" in run.said
    assert other_server.seen == []
    assert is_discreet(run)


def test_a_redirected_declaration_is_refused(elsewhere: Server, other_server: Server) -> None:
    away = Answer(status=302, body=b"", headers={"Location": f"{other_server.url}/$metadata"})
    elsewhere.script[:] = [away]
    run = run_tap({"service_url": elsewhere.url, "api_token": TOKEN})
    assert run.code == 1
    assert "redirects to 127.0.0.1" in run.error
    assert other_server.seen == []
    assert is_discreet(run)


def test_a_redirect_within_the_service_is_followed(elsewhere: Server) -> None:
    moved = Answer(status=307, body=b"", headers={"Location": "/new/Things"})
    first, second = page(thing("1"), link="Things?p=2"), page(thing("2"))
    run = scripted(elsewhere, moved, first, second).ok()
    assert len(run.records("things")) == 2
    assert elsewhere.seen[-1].target == "/new/Things?p=2"


@pytest.mark.parametrize("keyless", [False, True])
def test_a_link_that_leads_back_ends_the_list(account: Account, keyless: bool) -> None:
    account.world.switch(link_form="loop", metadata_style="v401")
    name, table = ("TimeEntriesView", "time_entries_view") if keyless else ("Users", "users")
    run = account.run(entity_sets=[name, "Divisions"], **SMALL_PAGES, **VERSIONS)
    assert run.code == 1
    assert "page" in failure_of(run, table)
    assert len(account.asked(name)) <= 3
    assert sorted(run.versioned) == ["division_custom_fields", "divisions"]


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_circle_of_pages_ends_the_list(elsewhere: Server, length: int) -> None:
    rows = [thing(str(number)) for number in range(length)]
    links = [f"Things?p={(number + 1) % length}" for number in range(length)]
    pages = [page(row, link=link) for row, link in zip(rows, links, strict=True)]
    run = scripted(elsewhere, *(pages * 9), **VERSIONS)
    assert run.code == 1
    assert len(elsewhere.seen) <= 1 + length + 2
    assert run.versioned == []


def test_new_links_to_the_same_page_end_the_list(elsewhere: Server) -> None:
    pages = [page(thing("1"), link=f"Things?p={number}") for number in range(50)]
    run = scripted(elsewhere, *pages)
    assert run.code == 1
    assert "sent the same page twice" in failure_of(run, "things")
    assert len(elsewhere.seen) <= 4


@pytest.mark.parametrize("link", ["http://[bad", "http://exa\N{ACCOUNT OF}mple/x"])
def test_a_link_that_is_no_address_fails_its_table_only(elsewhere: Server, link: str) -> None:
    run = scripted(elsewhere, page(thing("1"), link=link))
    assert run.code == 1
    assert "GET /Things" in failure_of(run, "things")


# -- empty pages -----------------------------------------------------------------------------------


def test_empty_pages_are_no_end(account: Account) -> None:
    account.world.switch(empty_pages=True)
    run = account.run(page_size=7, **VERSIONS).ok()
    assert copied(run).differences(account.world) == {}
    assert run.counts() == truth.counts(account.world)
    assert sorted(run.versioned) == sorted(TABLES)


def test_a_list_may_begin_and_end_with_empty_pages(elsewhere: Server) -> None:
    pages = [page(link="?p=1"), page(link="?p=2"), page(thing("1"), link="?p=3"), page()]
    assert len(scripted(elsewhere, *pages).ok().records("things")) == 1


@pytest.fixture
def _few_empty_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_clicktime.streams.EntityStream.max_empty_pages", 12)


@pytest.mark.usefixtures("_few_empty_pages")
def test_endless_empty_pages_end_the_list(elsewhere: Server) -> None:
    pages = [page(link=f"?p={number}") for number in range(50)]
    run = scripted(elsewhere, *pages, **VERSIONS)
    assert run.code == 1
    assert "empty pages in a row, none of them the last" in failure_of(run, "things")
    assert len(elsewhere.seen) == 1 + 12
    assert run.versioned == []


@pytest.mark.usefixtures("_few_empty_pages")
def test_many_empty_pages_between_rows_are_no_end(elsewhere: Server) -> None:
    pages = [page(link=f"?p={number}") for number in range(8)]
    again = [page(link=f"?q={number}") for number in range(8)]
    run = scripted(elsewhere, *pages, page(thing("1"), link="?r"), *again, page(thing("2"))).ok()
    assert len(run.records("things")) == 2


# -- answers that cannot be used -------------------------------------------------------------------


@dataclass(frozen=True)
class Broken:
    """A fault that stays, the words that name it, and how often it is asked for."""

    kind: str
    says: str
    parameters: tuple[tuple[str, Any], ...] = ()
    tries: int = 2

    def __str__(self) -> str:
        return "-".join([self.kind, *(str(value) for _, value in self.parameters)])[:40]


def status(code: int, says: str, tries: int = 1, **more: Any) -> Broken:
    return Broken("status", says, (("code", code), *more.items()), tries)


def in_a_good_answer(says: str, body: str, tries: int) -> Broken:
    return status(200, says, tries, body=body)


INSIDE = '{"value":[{"ID":"1"}],"error":{"code":"x","message":"sandbox-token"}}'
NO_LIST = "sent no list of rows: is service_url an OData 4 service?"
UNAUTHORIZED = "answered 401 Unauthorized. ClickTime does not accept the token"
BROKEN = (
    status(401, UNAUTHORIZED),
    status(404, "answered 404 Not Found. There is nothing at that address: check service_url."),
    status(410, "answered 410 Gone."),
    status(500, f"answered 500 Internal Server Error after 2 tries. {STAYS}", 2),
    status(503, f"answered 503 Service Unavailable after 2 tries. {STAYS}", 2),
    status(504, f"answered 504 Gateway Timeout after 2 tries. {STAYS}", 2),
    Broken("html", WEB_PAGE, tries=1),
    Broken("truncate_body", "sent an answer that breaks off after 2 tries."),
    Broken("truncate_json", "is not JSON, or breaks off"),
    Broken("reset", "could not be reached, or closed the connection after 2 tries."),
    Broken("redirect", "redirects to elsewhere.example", (("location", ELSEWHERE),), 1),
    Broken("empty", "answered with nothing after 2 tries."),
    Broken("blank_key", "a row whose ID is null", tries=1),
    Broken("remove", "a row without ID", (("field", "value.ID"),), 1),
    in_a_good_answer("reported an error inside a good answer after 2 tries.", INSIDE, 2),
    in_a_good_answer("reported an error inside", '{"error":{"code":"x"}}', 2),
    in_a_good_answer("not JSON, or breaks off", '{"value":[{"ID":"1"},{"ID"', 2),
    in_a_good_answer("not JSON, or breaks off", '{"value":[{"ID":"1"}],"error":{}', 2),
    in_a_good_answer("not JSON, or breaks off", '{"value":[{"ID":"1"},{"error":{}}', 2),
    in_a_good_answer(NO_LIST, '{"value":null}', 1),
    in_a_good_answer(NO_LIST, '{"d":{"results":[]}}', 1),
    in_a_good_answer(NO_LIST, '{"value":{"ID":"1"}}', 1),
    in_a_good_answer("expected a list of objects, got a list with text", '{"value":["x"]}', 1),
    status(204, "answered with nothing after 2 tries.", 2),
)
"""Every way to break a page that leaves nothing to use."""

MANY = ["Users", "Jobs", "Clients", "Timesheets"]


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_a_broken_set_leaves_the_others_whole(account: Account, broken: Broken) -> None:
    account.fault("/odata/Jobs", broken.kind, **dict(broken.parameters))
    copy = Copy()
    run = copy.load(account.run(entity_sets=MANY, **VERSIONS))
    assert run.code == 1
    assert run.error == (
        "2 of 7 tables are incomplete (jobs, job_custom_fields); the reasons stand above. The "
        "others were read."
    )
    reason = failure_of(run, "jobs")
    assert broken.says in reason
    assert reason.startswith("jobs failed: GET /Jobs")
    assert run.records("jobs") == []
    others = ["users", "clients", "timesheets", "user_custom_fields", "client_custom_fields"]
    assert copy.differences(account.world, others) == {}
    assert sorted(run.versioned) == sorted(others)
    assert len(account.asked("Jobs")) == broken.tries
    assert is_discreet(run)


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_a_page_that_breaks_in_the_middle_ends_its_table_only(
    account: Account, broken: Broken
) -> None:
    """One that is gone begins the partition again, see below."""
    if dict(broken.parameters).get("code") in {404, 410}:
        return
    account.fault("/odata/Jobs", broken.kind, after=1, **dict(broken.parameters))
    run = account.run(entity_sets=MANY, **SMALL_PAGES, **VERSIONS)
    assert run.code == 1
    assert broken.says in failure_of(run, "jobs")
    assert failure_of(run, "jobs").startswith("jobs failed: GET /Jobs, next page")
    assert len(run.records("jobs")) == 20
    assert not {"jobs", "job_custom_fields"} & set(run.versioned)
    assert len(run.versioned) == 5


@pytest.mark.parametrize(
    "broken", [one for one in BROKEN if "list with text" not in one.says], ids=str
)
def test_broken_time_entries_leave_the_others_whole(account: Account, broken: Broken) -> None:
    account.fault("/odata/TimeEntries", broken.kind, **dict(broken.parameters))
    copy = Copy()
    run = copy.load(account.run(entity_sets=["TimeEntries", "Jobs"], **VERSIONS))
    assert run.code == 1
    assert broken.says in failure_of(run, "time_entries")
    assert copy.differences(account.world, ["jobs", "job_custom_fields"]) == {}
    assert sorted(run.versioned) == ["job_custom_fields", "jobs"]
    assert "replication_key_value" not in json.dumps(run.state)
    assert is_discreet(run)


def test_time_entries_that_are_no_objects_leave_the_others_whole(account: Account) -> None:
    account.fault("/odata/TimeEntries", "status", code=200, body='{"value":["x"]}')
    run = account.run(entity_sets=["TimeEntries", "Jobs"])
    assert "expected a list of objects, got a list with text" in failure_of(run, "time_entries")
    assert len(run.records("jobs")) == 40


def test_an_error_inside_a_good_answer_is_asked_for_again(account: Account) -> None:
    for number in (1, 4, 9):
        account.reset()
        account.world.switch(stream_error=number)
        clock = TurningClock()
        run = account.run(clock=clock, **SMALL_PAGES, **VERSIONS).ok()
        again = run.log.count("; again in")
        assert again == len(clock.waits) <= 1  # the first are questions that may be refused
        assert copied(run).differences(account.world) == {}
        assert run.counts() == truth.counts(account.world)


@pytest.mark.parametrize("kind", ["truncate_body", "truncate_json", "empty", "reset"])
def test_a_page_that_breaks_off_once_is_never_a_short_page(account: Account, kind: str) -> None:
    for after in (0, 1, 2):
        account.fault("/odata/Timesheets", kind, after=after, times=1)
    run = account.run(entity_sets=["Timesheets"], max_retries=5, **SMALL_PAGES).ok()
    assert copied(run).differences(account.world, ["timesheets"]) == {}
    assert run.counts()["timesheets"] == 375
    assert run.log.count("; again in") == 3


def test_a_cut_gzip_body_is_never_a_short_page(account: Account) -> None:
    account.world.switch(compress=True)
    account.fault("/odata/Timesheets", "truncate_body", after=1, times=1)
    run = account.run(entity_sets=["Timesheets"], page_size=100).ok()
    assert run.counts()["timesheets"] == 375


@pytest.mark.parametrize("body", ["[]", '["x"]', "[[]]", "[1,2"])
def test_a_bare_list_is_no_page(account: Account, body: str) -> None:
    account.fault("/odata/Jobs", "status", code=200, body=body)
    run = account.run(entity_sets=["Jobs"], **VERSIONS)
    assert run.code == 1
    assert "Traceback" not in run.said
    assert run.versioned == []


def test_a_property_in_parts_is_refused(elsewhere: Server) -> None:
    row = thing("1", **{"Tags": ["a"], "Tags@odata.nextLink": "Things('1')/Tags?p=2"})
    run = scripted(elsewhere, page(row), declared=LISTS, **VERSIONS)
    assert run.code == 1
    assert "sends a property in parts of its own" in failure_of(run, "things")
    assert run.versioned == []


def test_a_row_that_comes_twice_is_reported(account: Account) -> None:
    account.fault("/odata/Clients", "duplicate_row")
    run = account.run(entity_sets=["Clients"]).ok()
    assert "clients: 1 rows came twice" in run.log
    assert copied(run).differences(account.world, ["clients", "client_custom_fields"]) == {}


def test_a_value_of_another_type_becomes_null_and_is_named(account: Account) -> None:
    account.fault("/odata/Clients", "replace", field="value.BillingRate", value="much")
    run = account.run(entity_sets=["Clients"]).ok()
    assert {row["BillingRate"] for row in run.records("clients")} == {None}
    assert run.log.count("values of BillingRate are not of their type, sent as null") == 1
    assert len(run.records("clients")) == 12


# -- links that expired ----------------------------------------------------------------------------


@pytest.mark.parametrize("code", [410, 404])
@pytest.mark.parametrize("modified", [False, True])
def test_a_list_goes_on_where_its_link_expired(
    account: Account,
    code: int,
    modified: bool,
) -> None:
    """Links hold for three pages; the list by date begins again all the time."""
    account.world.switch(token_ttl=3, token_status=code, modified=modified)
    run = account.run(entity_sets=["TimeEntries"], page_size=17, **VERSIONS).ok()
    assert "a link expired" in run.log
    only = ["time_entries", "time_entry_custom_fields"]
    assert copied(run).differences(account.world, only) == {}
    assert sorted(run.versioned) == only


@pytest.mark.parametrize("code", [410, 404])
def test_a_list_without_a_date_begins_anew(account: Account, code: int) -> None:
    account.fault("/odata/Users", "status", code=code, after=1, times=1)
    run = account.run(entity_sets=["Users"], page_size=10, **VERSIONS).ok()
    assert copied(run).differences(account.world, ["users", "user_custom_fields"]) == {}
    assert len(account.first_questions("Users")) == 2
    assert run.log.count("a link expired") == 1


def test_a_list_whose_links_always_expire_fails_in_the_end(account: Account) -> None:
    account.world.switch(token_ttl=1)
    run = account.run(entity_sets=["Users", "Divisions"], page_size=10, **VERSIONS)
    assert run.code == 1
    assert "answered 410 Gone" in failure_of(run, "users")
    assert len(account.asked("Users")) <= 10
    assert sorted(run.versioned) == ["division_custom_fields", "divisions"]


def test_rows_of_one_timestamp_survive_an_expired_link(account: Account) -> None:
    """A thousand rows that one transaction changed have one stamp, finer than is kept."""
    stamp = "2026-09-01T10:00:00.1234567Z"
    for row in true_rows(account.world, "jobs"):
        account.world.edit_row(str(row["ID"]), ModifiedDate=stamp)
    early = "2026-08-01T10:00:00.7654329Z"
    for row in true_rows(account.world, "jobs")[:9]:
        account.world.edit_row(str(row["ID"]), ModifiedDate=early)
    account.world.switch(modified=True)
    account.fault("/odata/Jobs", "status", code=410, after=2, times=1)
    run = account.run(entity_sets=["Jobs"], page_size=7).ok()
    assert copied(run).differences(account.world, ["jobs"]) == {}
    assert run.log.count("a link expired") == 1


def test_a_list_without_a_key_fails_instead_of_doubling(account: Account) -> None:
    account.world.switch(metadata_style="v401", token_ttl=2)
    run = account.run(entity_sets=["TimeEntriesView", "Divisions"], **SMALL_PAGES, **VERSIONS)
    assert run.code == 1
    assert "answered 410 Gone" in failure_of(run, "time_entries_view")
    assert len(run.records("time_entries_view")) == 40
    assert sorted(run.versioned) == ["division_custom_fields", "divisions"]


def test_an_expired_link_loses_nothing_where_order_is_ignored(account: Account) -> None:
    """The first pages happen to be in order, what comes behind them is not."""
    for row in true_rows(account.world, "time_entries"):
        account.world.delete_entry(str(row["ID"]))
    for day in [*range(2, 22), *range(2, 22)]:
        account.world.insert_entry(Date=f"2026-08-{day:02d}")
    account.world.switch(no_orderby="ignore")
    chosen = account.catalog(["time_entries"])
    run = account.run(
        catalog=chosen,
        page_size=10,
        before=lambda _: account.fault("/odata/TimeEntries", "status", code=410, after=2, times=1),
        state=_bookmark("2026-09-01"),
    ).ok()
    assert copied(run).differences(account.world, ["time_entries"]) == {}


def _bookmark(day: str) -> dict[str, Any]:
    mark = {"replication_key": "Date", "replication_key_value": f"{day}T00:00:00Z"}
    return {"bookmarks": {"time_entries": mark}}


# -- waiting ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize(
    ("after", "seconds"),
    [("90", 90), ("0.5", 0.5), ("Tue, 15 Sep 2026 12:31:30 GMT", 90), ("999999", 3600)],
)
def test_retry_after_is_obeyed(account: Account, code: int, after: str, seconds: float) -> None:
    clock = TurningClock()
    account.fault("/Timesheets", "status", code=code, headers={"Retry-After": after}, times=1)
    run = account.run(clock=clock, entity_sets=["Timesheets"], max_concurrency=1).ok()
    assert clock.waits == [seconds]
    assert run.counts()["timesheets"] == 375


def test_retry_after_is_obeyed_by_discovery(account: Account) -> None:
    clock = TurningClock()
    account.fault("$metadata", "status", code=429, headers={"Retry-After": "30"}, times=1)
    account.run(clock=clock, entity_sets=["Tasks"]).ok()
    assert clock.waits == [30.0]


def test_retry_after_on_a_following_page_keeps_what_was_read(account: Account) -> None:
    clock = TurningClock()
    headers = {"Retry-After": "12"}
    account.fault("/Timesheets", "status", code=429, headers=headers, after=3, times=1)
    run = account.run(clock=clock, entity_sets=["Timesheets"], **SMALL_PAGES).ok()
    assert clock.waits == [12.0]
    assert run.counts()["timesheets"] == 375


def test_without_a_time_waits_grow_and_end(account: Account) -> None:
    clock = TurningClock()
    account.fault("/Users", "status", code=503)
    run = account.run(clock=clock, entity_sets=["Users"], max_retries=4)
    assert run.code == 1
    assert len(account.asked("Users")) == 5
    assert [2**n <= wait <= 2**n + 1 for n, wait in enumerate(clock.waits)] == [True] * 4


def test_requests_a_second_are_paced(account: Account) -> None:
    clock = TurningClock()
    account.run(clock=clock, max_requests_per_second=2, max_concurrency=1, entity_sets=MANY).ok()
    assert round(sum(clock.waits), 2) == 0.5 * (len(account.asked()) - 1)


# -- who may not -----------------------------------------------------------------------------------


def test_a_wrong_token_is_one_request_and_one_sentence(account: Account) -> None:
    run = account.run(api_token="nobodys-token", max_retries=5)
    assert run.code == 1
    assert run.error == (
        f"GET /$metadata at {account.running.url} answered 401 Unauthorized. ClickTime does not "
        "accept the token: check api_token (ClickTime: My Preferences, Authentication Token) and "
        "service_url, and try the other auth_method."
    )
    assert account.requests() == ["/$metadata"]
    assert is_discreet(run, "nobodys-token")


def test_a_token_that_expires_is_no_storm(account: Account) -> None:
    account.fault("/odata/", "status", code=401, after=3)
    run = account.run(max_retries=5, **VERSIONS)
    assert run.code == 1
    assert UNAUTHORIZED in run.log
    assert len(account.requests()) <= 3 + 2 * 7
    assert len(run.versioned) <= 2 * 3  # of what was answered before, with its custom fields
    assert "time_entries" not in run.versioned
    assert is_discreet(run)


def test_a_forbidden_slice_is_a_failure_of_its_list(account: Account) -> None:
    """A list is readable or it is not: a 403 in the middle must not lose rows in silence."""
    account.fault("/odata/TimeEntries", "status", code=403, after=8, times=1)
    run = account.run(**SMALL_PAGES, **VERSIONS)
    assert run.code == 1
    assert "time_entries failed" in run.log
    assert "time_entries" not in run.versioned
    after = account.run(state=run.state, **SMALL_PAGES).ok()
    both = Copy()
    both.load(run)
    assert both.load(after).counts()["time_entries"] > 0
    assert both.differences(account.world, ["time_entries"]) == {}


def test_a_first_load_outlives_a_run_in_which_its_set_is_forbidden(account: Account) -> None:
    account.fault("/odata/TimeEntries", "status", code=500, after=8, times=1)
    copy = Copy()
    first = copy.load(account.run(max_retries=0, **SMALL_PAGES))
    assert first.code == 1
    account.mended()
    account.world.switch(forbidden=["TimeEntries"])
    second = copy.load(account.run(state=first.state, **SMALL_PAGES).ok())
    account.world.switch(forbidden=[])
    copy.load(account.run(state=second.state, **SMALL_PAGES).ok())
    assert copy.differences(account.world, ["time_entries"]) == {}


@pytest.mark.parametrize("table", ["jobs", "time_entries", "timesheets"])
def test_a_forbidden_set_is_left_out_with_a_warning(account: Account, table: str) -> None:
    account.world.switch(forbidden=[SETS[table]])
    copy = Copy()
    run = copy.load(account.run(**VERSIONS).ok())
    gone = {table, CUSTOM_TABLES.get(table, table)}
    said = [line for line in run.log.splitlines() if REFUSED in line]
    assert said[0].startswith(f"{table}: ")
    assert any("all of it left out" in line for line in said[1:])
    assert not gone & set(run.versioned)
    assert set(run.versioned) == set(TABLES) - gone
    assert not gone & set(run.counts())
    assert copy.differences(account.world, set(TABLES) - gone) == {}


def test_a_forbidden_set_keeps_its_bookmark(account: Account) -> None:
    state = account.run().ok().state
    account.world.switch(forbidden=["TimeEntries"])
    again = account.run(state=state).ok().state
    assert again["bookmarks"]["time_entries"] == state["bookmarks"]["time_entries"]


@pytest.mark.parametrize(
    "tables",
    [None, ["jobs"], ["job_custom_fields"], ["jobs", "time_entries"], ["time_entries"]],
    ids=str,
)
def test_nothing_that_may_be_read_is_a_failure(account: Account, tables: list[str] | None) -> None:
    chosen = account.catalog(tables)
    account.world.switch(forbidden=[SETS[table] for table in TABLES if table in SETS])
    run = account.run(catalog=chosen, **VERSIONS)
    assert run.code == 1
    assert run.error.startswith("Nothing could be read: the token's user may not read it (403)")
    assert run.versioned == []
    assert run.counts() == {}


def test_a_set_forbidden_on_a_later_page_is_a_failure(account: Account) -> None:
    account.fault("/odata/Jobs", "status", code=403, after=1)
    run = account.run(entity_sets=["Jobs", "Users"], **SMALL_PAGES, **VERSIONS)
    assert run.code == 1
    assert "answered 403 Forbidden" in failure_of(run, "jobs")
    assert "use the token of an administrator, or deselect the table" in run.log
    assert sorted(run.versioned) == ["user_custom_fields", "users"]


def test_one_forbidden_and_one_broken_set_is_a_failure(account: Account) -> None:
    account.world.switch(forbidden=["Jobs"])
    account.fault("/odata/Users", "status", code=500)
    run = account.run(entity_sets=["Jobs", "Users"])
    assert run.code == 1
    assert "answered 500" in failure_of(run, "users")
    assert REFUSED in run.log


# -- what is said ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("status", {"code": 400, "body": '{"error":{"message":"token sandbox-token"}}'}),
        ("status", {"code": 500, "body": "Authorization: Token sandbox-token"}),
        ("status", {"code": 403, "body": "sandbox-token"}),
        ("status", {"code": 200, "body": '{"value":"sandbox-token"}'}),
        ("redirect", {"location": "https://elsewhere.example/?token=sandbox-token"}),
        ("replace", {"field": "value.BillingRate", "value": "sandbox-token"}),
        ("html", {"body": "<html>sandbox-token</html>"}),
        ("truncate_json", {}),
        ("reset", {}),
    ],
)
@pytest.mark.parametrize("method", ["basic", "token"])
def test_failures_are_discreet(
    account: Account, kind: str, more: dict[str, Any], method: str
) -> None:
    account.fault("/odata/Clients", kind, **more)
    run = account.run(level=logging.DEBUG, auth_method=method, entity_sets=["Clients", "Tasks"])
    assert is_discreet(run)
    for row in true_rows(account.world, "clients"):
        assert str(row["Name"]) not in run.said


def test_an_undeclared_property_never_shows_its_value(elsewhere: Server) -> None:
    row: Row = thing("1", Secret="sandbox-token", Rate="sandbox-token")
    run = scripted(elsewhere, page(row)).ok()
    assert is_discreet(run)
    assert "Secret" in run.log
    assert "Rate" in run.log


def test_nothing_is_said_of_a_link_but_its_host(elsewhere: Server, other_server: Server) -> None:
    link = f"{other_server.url}/Things?user=someone@example.test"
    run = scripted(elsewhere, page(thing("1"), link=link))
    assert "someone" not in run.said
