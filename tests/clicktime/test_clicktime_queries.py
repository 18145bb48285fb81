"""What is asked, how it is spelled, what is given up where it is refused, which links are sent."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.clicktime import truth
from tap_clicktime.client import page_problem, service_root
from tap_clicktime.links import LinkedPages, absolute, next_request
from taps_common.errors import ShapeError
from taps_common.http.request import Request
from tests.clicktime.runs import (
    LISTS,
    PREFIX,
    SETS,
    TABLES,
    THINGS,
    TOKEN,
    VERSIONS,
    Account,
    copied,
    difference,
    page,
    scripted,
    thing,
    timestamp,
    true_rows,
)
from tests.common.doubles import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.common.doubles import Server
    from tests.common.runs import Row

SMALL_PAGES: dict[str, Any] = {"page_size": 20}


def narrowed(rows: Iterable[Row], *gone: str) -> list[Row]:
    return [{name: value for name, value in row.items() if name not in gone} for row in rows]


# -- the questions ---------------------------------------------------------------------------------


def test_a_full_run_asks_each_set_once_in_a_total_order(account: Account) -> None:
    run = account.run(**VERSIONS).ok()
    assert account.requests().count("/$metadata") == 1
    for table, name in SETS.items():
        if table in TABLES:
            assert account.first_questions(name) == [{"$orderby": "ID", "$count": "true"}], name
    assert copied(run).differences(account.world) == {}
    assert run.counts() == truth.counts(account.world)
    assert sorted(run.versioned) == sorted(TABLES)
    assert {one.method for one in account.asked()} == {"GET"}


@pytest.mark.parametrize(
    ("style", "name", "order"),
    [
        ("typedefs", "Allocations", "JobID,UserID,Month"),
        ("v401", "TimeEntriesView", "UserID,JobID,Date,Hours,Comment"),
    ],
)
def test_keys_of_several_parts_and_no_key_at_all_make_a_total_order(
    account: Account, style: str, name: str, order: str
) -> None:
    account.world.switch(metadata_style=style)
    account.run(entity_sets=[name], **SMALL_PAGES).ok()
    assert account.first_questions(name) == [{"$orderby": order, "$count": "true"}]


def test_a_stamp_is_bounded_without_a_plus(account: Account) -> None:
    account.world.switch(modified=True)
    low, high = "2026-08-01T02:00:00+02:00", "2026-09-10T00:00:00-07:00"
    run = account.run(entity_sets=["Jobs"], start_date=low, end_date=high, **SMALL_PAGES).ok()
    first = account.asked("Jobs")[0].target
    assert "+" not in first
    assert "%20" in first
    assert account.first_questions("Jobs") == [
        {
            "$filter": (
                "(ModifiedDate ge 2026-08-01T00:00:00Z and ModifiedDate lt 2026-09-10T07:00:00Z"
                " or ModifiedDate lt 1970-01-02T00:00:00Z or ModifiedDate eq null)"
            ),
            "$orderby": "ID",
            "$count": "true",
        }
    ]
    expected = [
        row
        for row in true_rows(account.world, "jobs")
        if not (at := row["ModifiedDate"]) or timestamp(low) <= timestamp(at) < timestamp(high)
    ]
    assert 0 < len(expected) < 40
    assert difference(run.records("jobs"), expected, ("ID",)) == ""


@pytest.mark.parametrize(
    ("method", "value"),
    [("basic", "Basic Y2xpY2t0aW1lOnNhbmRib3gtdG9rZW4="), ("token", f"Token {TOKEN}")],
)
def test_token_and_page_size_go_with_every_request(server: Server, method: str, value: str) -> None:
    pages = (page(thing("1"), link="Things?$skiptoken=2"), page(thing("2")))
    scripted(server, *pages, auth_method=method, user_agent="who/1", page_size=7).ok()
    assert [one.headers["Authorization"] for one in server.seen] == [value] * 3
    assert {one.headers["User-Agent"] for one in server.seen} == {"who/1"}
    assert not any("Cookie" in one.headers or TOKEN in one.target for one in server.seen)
    declaration, *asked = server.seen
    assert [one.headers.get("Prefer") for one in asked] == ["odata.maxpagesize=7"] * 2
    assert "Prefer" not in declaration.headers
    assert [one.headers["OData-MaxVersion"] for one in asked] == ["4.0"] * 2
    assert all("json" in one.headers["Accept"] for one in asked)
    assert "xml" in declaration.headers["Accept"]


@pytest.mark.parametrize("ending", ["", "/", "/$metadata", "/$metadata/"])
def test_an_address_with_metadata_at_its_end_is_the_service(ending: str) -> None:
    assert service_root({"service_url": f"https://h/odata{ending}"}) == "https://h/odata"


# -- selection -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tables", "paths"),
    [(["clients", "job_custom_fields"], {"/$metadata", "/Clients", "/Jobs"}), ([], set())],
)
def test_only_selected_sets_are_asked(account: Account, tables: list[str], paths: set[str]) -> None:
    run = account.run(catalog=account.catalog(tables)).ok()
    assert {one.path.removeprefix(PREFIX) for one in account.asked()} - {"/$metadata"} == paths - {
        "/$metadata"
    }
    assert set(run.counts()) == {*tables}
    assert {message["stream"] for message in run.of("SCHEMA")} == {*tables}


def columns_of(account: Account, table: str) -> list[str]:
    (stream,) = [one for one in account.discovered()["streams"] if one["tap_stream_id"] == table]
    return [*stream["schema"]["properties"]]


def test_keys_and_the_cursor_are_asked_for_whatever_is_selected(account: Account) -> None:
    columns = columns_of(account, "time_entries")
    others = [("time_entries", name) for name in columns if name != "Comment"]
    run = account.run(catalog=account.catalog(["time_entries"], without=others)).ok()
    (question,) = account.first_questions("TimeEntries")
    assert question["$select"] == "ID,Date,Comment"
    assert run.state["bookmarks"]["time_entries"]["replication_key"] == "Date"
    gone = [name for name in columns if name not in {"ID", "Date", "Comment"}]
    true = narrowed(true_rows(account.world, "time_entries"), *gone)
    assert difference(run.records("time_entries"), true, ("ID",)) == ""


def test_another_cursor_leaves_the_date_that_slices_go_by(account: Account) -> None:
    """Nothing but the slices, and the way on from an expired link, needs Date here."""
    account.world.switch(modified=True)
    hidden = [("time_entries", "Date"), ("time_entries", "Comment")]
    chosen = account.catalog(["time_entries"], without=hidden, full=["time_entries"])
    run = account.run(catalog=chosen, **SMALL_PAGES).ok()
    asked = account.first_questions("TimeEntries")
    assert all("Date" in one["$select"].split(",") for one in asked)
    entries = narrowed(true_rows(account.world, "time_entries"), "Date", "Comment")
    assert difference(run.records("time_entries"), entries, ("ID",)) == ""


# -- options that a service does not take ----------------------------------------------------------

ALL = ("no_select", "no_orderby", "no_filter", "no_count")
ALL_OPTIONS = {"$count", "$filter", "$orderby", "$select"}


@pytest.mark.parametrize(
    ("switches", "options"),
    [
        ({"no_select": "refuse"}, "$select"),
        ({"no_select": "refuse", "refusal_status": 400}, "$select"),
        ({"select_limit": 250}, "$select"),
        ({"no_orderby": "refuse"}, "$orderby"),
        ({"no_filter": "refuse", "refusal_status": 400}, "$filter"),
        ({"no_select": "refuse", "no_orderby": "refuse"}, "$orderby, $select"),
        ({"no_count": "refuse", "refusal_status": 400}, "$count"),
        ({"no_orderby": "refuse", "refusal_status": 500}, "$orderby"),
        ({"no_select": "refuse", "refusal_status": 500}, "$select"),
        ({"no_filter": "refuse", "refusal_status": 500}, "$filter"),
        (dict.fromkeys(ALL, "refuse") | {"refusal_status": 500}, ", ".join(sorted(ALL_OPTIONS))),
        ({"no_preference": "refuse", "page_size": 20}, "page_size (20)"),
        (
            {"no_preference": "refuse", "no_orderby": "refuse", "page_size": 20},
            "$orderby, page_size (20)",
        ),
        (dict.fromkeys(ALL, "refuse"), ", ".join(sorted(ALL_OPTIONS))),
        (dict.fromkeys(ALL, "ignore"), ""),
    ],
    ids=str,
)
def test_every_row_arrives_once_whatever_the_service_takes(
    account: Account, switches: dict[str, Any], options: str
) -> None:
    """The catalog narrows the set, dates bound it, and it has several pages."""
    chosen = account.catalog(["time_entries"], without=[("time_entries", "Comment")])
    account.world.switch(**switches)
    run = account.run(catalog=chosen, start_date="2026-08-01", **SMALL_PAGES).ok()
    entries = [
        row
        for row in narrowed(true_rows(account.world, "time_entries"), "Comment")
        if row["Date"] is None or str(row["Date"]) >= "2026-08-01"
    ]
    assert 0 < len(entries) < 300
    assert difference(run.records("time_entries"), entries, ("ID",)) == ""
    assert len(run.records("time_entries")) == len(entries), "none twice"
    warned = [line for line in run.log.splitlines() if "the service takes no" in line]
    assert warned == [f"time_entries: the service takes no {options}"] * bool(options)
    last = account.first_questions("TimeEntries")[-1]
    if "$count" not in last:  # nothing is given up that the service takes
        assert {"$select", "$orderby", "$filter"} - {*options.split(", ")} <= {*last}


@pytest.mark.parametrize("code", [400, 414, 431, 501])
def test_a_question_that_no_form_helps_fails_with_the_first_refusal(
    server: Server, code: int
) -> None:
    run = scripted(server, Answer(status=code, body=b"{}"), *[Answer(status=400, body=b"{}")] * 9)
    assert f"things failed: GET /Things at {server.url} answered {code}" in run.log
    assert 2 < len(server.seen) <= 1 + 8
    run = scripted(server, Answer(status=code, body=b"{}"), page(thing("1"))).ok()
    assert len(run.records("things")) == 1


DOWN = Answer(status=500, body=b"{}")


def test_a_500_is_a_refusal_if_the_question_without_options_is_answered(server: Server) -> None:
    """Nothing is waited for then: each form of the question is asked once."""
    bare = page(thing("1"))
    run = scripted(server, DOWN, DOWN, bare, DOWN, page(thing("1")), max_retries=1).ok()
    assert len(run.records("things")) == 1
    options = [one.target.partition("?")[2] for one in server.seen[1:]]
    assert options[2:3] == ["%24top=1"]
    assert run.log.count("; again in") == 1


def test_a_500_is_an_outage_if_no_question_is_answered(server: Server) -> None:
    run = scripted(server, *[DOWN] * 9)
    assert "answered 500" in run.log
    assert [one.target for one in server.seen[-2:]] == ["/Things?%24top=1", "/Things"]
    assert len(server.seen) == 1 + 1 + 2


def test_keys_are_asked_for_in_shorter_pages_where_long_ones_are_refused(server: Server) -> None:
    pages = (page(thing("1"), link="?p=2"), page(thing("2")))
    refused = Answer(status=400, body=b"{}")
    run = scripted(server, *pages, refused, page(thing("1"), thing("2")), **VERSIONS).ok()
    assert [one.headers["Prefer"].rpartition("=")[2] for one in server.seen[-2:]] == [
        "10000",
        "1000",
    ]
    assert run.versioned == ["things"]


# -- links -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("Things?$skiptoken=a", "/Things?$skiptoken=a"),
        ("/Other/Things?%24skiptoken=a%2Fb", "/Other/Things?%24skiptoken=a%2Fb"),
        ("?$skip=2&$top=1", "/Things?$skip=2&$top=1"),
        ("Things?$skiptoken='a:b'", "/Things?$skiptoken='a:b'"),
        ("{url}/Things?t=a+b%2Bc%20d", "/Things?t=a+b%2Bc%20d"),
        ("{url}/Things?a=1&a=2&b=&c", "/Things?a=1&a=2&b=&c"),
        ("Things?$skiptoken=ID-[1,2]{{}}", "/Things?$skiptoken=ID-%5B1,2%5D%7B%7D"),
    ],
)
def test_a_link_is_sent_as_it_came(server: Server, link: str, target: str) -> None:
    first = page(thing("1"), link=link.format(url=server.url))
    run = scripted(server, first, page(thing("2"))).ok()
    assert len(run.records("things")) == 2
    assert server.seen[-1].target == target


@pytest.mark.parametrize(
    ("root", "link", "url"),
    [
        ("https://h/odata", "https://h/odata/X?a=1", "https://h/odata/X?a=1"),
        ("https://h/odata", "http://h/odata/X?a=1", "https://h/odata/X?a=1"),
        ("https://h/odata", "http://H:80/odata/X?a=1", "https://h/odata/X?a=1"),
        ("https://h:8443/odata", "http://h/odata/X", "https://h:8443/odata/X"),
        ("https://h:8443/odata", "http://h:8443/odata/X", "https://h:8443/odata/X"),
        ("https://h/odata", "X?$skiptoken=%24b", "https://h/odata/X?$skiptoken=%24b"),
        ("https://h/odata", "/other/X?b", "https://h/other/X?b"),
    ],
)
def test_http_means_https_for_our_own_host_only(root: str, link: str, url: str) -> None:
    assert absolute(link, f"{root}/Set?$orderby=ID", root) == url


@pytest.mark.parametrize(
    ("root", "link", "named", "rewritten"),
    [
        ("http://h/odata", "https://h/odata/X", "https://h:443", "http://h/odata/X"),
        (
            "https://h/odata",
            "http://int/odata/X?a=%24b",
            "http://int:80",
            "https://h/odata/X?a=%24b",
        ),
        ("https://h/odata", "http://u:p@h/odata/X", "http://h:80", "https://h/odata/X"),
        ("https://h:8/odata", "http://h:8080/odata/X", "http://h:8080", "https://h:8/odata/X"),
        ("https://h/odata", "http://h.evil.example/X", "http://h.evil.example:80", "https://h/X"),
        ("https://h/odata", "//evil.example/X", "https://evil.example:443", "https://h/X"),
        ("https://h/odata", "ftp://h/X", "ftp://h", None),
        ("https://h/odata", "javascript:alert(1)", "javascript://no host", None),
    ],
)
def test_a_link_elsewhere_is_refused_or_asked_for_at_our_address(
    root: str, link: str, named: str, rewritten: str | None
) -> None:
    with pytest.raises(ShapeError, match=f"leads to {re.escape(named)}.* instead of {root[:7]}"):
        absolute(link, f"{root}/Set", root)
    if rewritten:
        assert absolute(link, f"{root}/Set", root, rewrite=True) == rewritten
    else:
        with pytest.raises(ShapeError, match="was not followed"):
            absolute(link, f"{root}/Set", root, rewrite=True)


def test_rewritten_links_go_to_the_service_only(server: Server, other_server: Server) -> None:
    first = page(thing("1"), link=f"{other_server.url}/Things?$skiptoken=%24a")
    run = scripted(server, first, page(thing("2")), rewrite_links=True).ok()
    assert len(run.records("things")) == 2
    assert (server.seen[-1].target, other_server.seen) == ("/Things?$skiptoken=%24a", [])


def test_the_request_for_a_following_page_is_like_the_first() -> None:
    first = asked = Request("/Set", headers={"Prefer": "x"}, proof=page_problem)
    for number in range(3):
        asked = next_request(asked, f"https://h/Set?$skiptoken={number}")
    assert str(asked) == "GET /Set, next page"
    assert (asked.headers, asked.proof) == (first.headers, first.proof)
    assert asked.link == "https://h/Set?$skiptoken=2"


@pytest.mark.parametrize("declared", [THINGS, LISTS], ids=["no lists", "lists"])
@pytest.mark.parametrize(
    "more",
    [{"@odata.nextLink": None}, {"@nextLink": None}, {"@odata.nextLink": ""}, {"error": None}],
)
def test_what_is_null_is_none_and_rows_may_speak_of_links(
    server: Server, more: dict[str, Any], declared: bytes
) -> None:
    rows = [
        thing("1", Name="see @odata.nextLink", Tags=["nextLink"]),
        thing("2", Name="nextLink", CustomFields={"Our nextLink": "x", "nextLink": 1}),
        thing("3", Name='"@odata.nextLink":"x"', Tags=['{"error":{}}', "]}"]),
    ]
    assert scripted(server, page(*rows, **more), declared=declared).ok().counts()["things"] == 3


def test_half_an_emoji_is_replaced(server: Server) -> None:
    """A text that .NET cut between two UTF-16 units."""
    row = '{"ID":"1","Name":"cut \\ud83d"}'
    run = scripted(server, page(thing("0"), link="?p=2"), page(row)).ok()
    assert run.records("things")[-1]["Name"] == "cut \N{REPLACEMENT CHARACTER}"


def test_a_list_goes_on_at_the_very_time_of_its_last_row() -> None:
    pages = LinkedPages("ModifiedDate")
    stamps = ("2026-08-01T10:03:00Z", "2026-08-01T10:04:00.1234567Z")
    pages.note([SimpleNamespace(ModifiedDate=stamp) for stamp in stamps])
    assert str(pages.reached) == "2026-08-01 10:04:00.123456+00:00", "not the midnight before"
