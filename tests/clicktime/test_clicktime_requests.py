"""What is asked, how it is spelled, which links are followed, and every form an answer may have."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.clicktime import truth
from tap_clicktime.client import credentials, page_problem
from tap_clicktime.links import absolute, next_request
from taps_common.errors import ShapeError
from taps_common.http.rate_limit import RateLimit
from taps_common.http.request import Request, Service
from taps_common.http.session import Session
from tests.clicktime.runs import (
    LISTS,
    PREFIX,
    SECRETS,
    SETS,
    TABLES,
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
from tests.common.doubles import FakeClock
from tests.common.runs import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.common.doubles import Server
    from tests.common.runs import Row, Run

SMALL_PAGES: dict[str, Any] = {"page_size": 20}


def narrowed(rows: Iterable[Row], *gone: str) -> list[Row]:
    return [{name: value for name, value in row.items() if name not in gone} for row in rows]


# -- the questions ---------------------------------------------------------------------------------


def test_a_full_run_asks_each_set_once_in_a_total_order(account: Account) -> None:
    run = account.run(**VERSIONS).ok()
    assert account.requests().count("/$metadata") == 1
    for table, name in SETS.items():
        if table in TABLES:
            order = "Date,ID" if name == "TimeEntries" else "ID"
            assert account.first_questions(name) == [{"$orderby": order}], name
    assert copied(run).differences(account.world) == {}
    assert run.counts() == truth.counts(account.world)
    assert sorted(run.versioned) == sorted(TABLES)


def test_nothing_but_reading_is_ever_asked(account: Account) -> None:
    account.run(**SMALL_PAGES).ok()
    assert {one.method for one in account.asked()} == {"GET"}
    assert all(one.route for one in account.asked())


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
    run = account.run(entity_sets=[name], **SMALL_PAGES).ok()
    assert account.first_questions(name) == [{"$orderby": order}]
    assert len(account.asked(name)) > 3
    assert copied(run).differences(account.world, [name and _stream(name)]) == {}


def _stream(name: str) -> str:
    return next(table for table, one in SETS.items() if one == name)


def test_a_stamp_leads_the_order_and_the_key_ends_it(account: Account) -> None:
    account.world.switch(modified=True)
    run = account.run(**SMALL_PAGES).ok()
    for name in ("Users", "Jobs"):
        assert account.first_questions(name) == [{"$orderby": "ModifiedDate,ID"}]
    assert copied(run).differences(account.world) == {}


def test_spaces_and_offsets_never_become_a_plus(account: Account) -> None:
    account.world.switch(modified=True)
    dates: dict[str, Any] = {
        "start_date": "2026-08-01T02:00:00+02:00",
        "end_date": "2026-09-10T00:00:00-07:00",
    }
    run = account.run(**SMALL_PAGES, **dates).ok()
    targets = [one.target for one in account.asked()]
    assert not any("+" in target for target in targets if "skiptoken" not in target)
    (asked,) = [one for one in account.asked("Jobs") if "skiptoken" not in one.target]
    assert "%20" in asked.target
    assert account.first_questions("Jobs")[0]["$filter"] == (
        "(ModifiedDate ge 2026-08-01T00:00:00Z and ModifiedDate lt 2026-09-10T07:00:00Z"
        " or ModifiedDate eq null)"
    )
    low, high = (timestamp(text) for text in ("2026-08-01T00:00:00Z", "2026-09-10T07:00:00Z"))
    expected = [
        row
        for row in true_rows(account.world, "jobs")
        if not row["ModifiedDate"] or low <= timestamp(str(row["ModifiedDate"])) < high
    ]
    assert 0 < len(expected) < 40
    assert difference(run.records("jobs"), expected, ("ID",)) == ""


def test_the_wanted_size_of_a_page_goes_with_each_question_and_link(elsewhere: Server) -> None:
    link = "Things?$skiptoken=2"
    run = scripted(elsewhere, page(thing("1"), link=link), page(thing("2")), page_size=7).ok()
    assert [row["ID"] for row in run.records("things")] == ["1", "2"]
    declaration, *asked = elsewhere.seen
    assert [one.headers.get("Prefer") for one in asked] == ["odata.maxpagesize=7"] * 2
    assert "Prefer" not in declaration.headers
    assert [one.headers["OData-MaxVersion"] for one in asked] == ["4.0"] * 2
    assert all("json" in one.headers["Accept"] for one in asked)
    assert "xml" in declaration.headers["Accept"]


def test_the_size_of_a_page_bounds_what_comes(account: Account) -> None:
    account.world.switches.page_cap = 60
    account.run(entity_sets=["Timesheets"], page_size=125).ok()
    assert len(account.asked("Timesheets")) == -(-375 // 60)
    account.reset()
    account.world.switches.page_cap = 5000
    account.run(entity_sets=["Timesheets"], page_size=125).ok()
    assert len(account.asked("Timesheets")) == 4  # the last one is empty


@pytest.mark.parametrize(
    ("method", "value"),
    [("basic", "Basic Y2xpY2t0aW1lOnNhbmRib3gtdG9rZW4="), ("token", f"Token {TOKEN}")],
)
def test_the_token_goes_with_every_request_as_the_setting_says(
    elsewhere: Server, method: str, value: str
) -> None:
    pages = (page(thing("1"), link="Things?$skiptoken=2"), page(thing("2")))
    scripted(elsewhere, *pages, auth_method=method, user_agent="who/1").ok()
    assert [one.headers["Authorization"] for one in elsewhere.seen] == [value] * 3
    assert {one.headers["User-Agent"] for one in elsewhere.seen} == {"who/1"}
    assert not any("Cookie" in one.headers for one in elsewhere.seen)
    assert not any(TOKEN in one.target for one in elsewhere.seen)


def test_both_ways_to_send_the_token_are_taken(account: Account) -> None:
    for method in ("basic", "token"):
        assert account.run(entity_sets=["Users"], auth_method=method).ok().counts()["users"] == 25


def test_an_address_with_metadata_at_its_end_is_the_service(account: Account) -> None:
    for ending in ("/", "/$metadata", "/$metadata/"):
        url = f"{account.url}{ending}"
        assert account.run(service_url=url, entity_sets=["Tasks"]).ok().counts()["tasks"] == 15
    assert not any("//" in one.path for one in account.asked())


def test_workers_change_nothing(start: Callable[..., Account]) -> None:
    account = start(entries=1200)
    outputs = {account.run(max_concurrency=n, **SMALL_PAGES).ok().output for n in (1, 7, 16)}
    assert len(outputs) == 1


# -- selection -------------------------------------------------------------------------------------


def test_only_selected_sets_are_asked(account: Account) -> None:
    chosen = account.catalog(["clients", "job_custom_fields"])
    run = account.run(catalog=chosen).ok()
    assert {one.path.removeprefix(PREFIX) for one in account.asked()} == {
        *("/$metadata", "/Clients", "/Jobs"),
    }
    assert set(run.counts()) == {"clients", "job_custom_fields"}
    assert {message["stream"] for message in run.of("SCHEMA")} == set(run.counts())


def test_nothing_selected_asks_for_nothing(account: Account) -> None:
    run = account.run(catalog=account.catalog([])).ok()
    assert run.counts() == {}
    assert {one.path for one in account.asked()} <= {f"{PREFIX}/$metadata"}


def test_only_selected_properties_are_asked_for(account: Account) -> None:
    declared = account.run(entity_sets=["Clients"]).ok().schema("clients")
    account.reset()
    others = [("clients", name) for name in declared if name not in {"Name", "BillingRate"}]
    chosen = account.catalog(["clients"], without=others)
    run = account.run(catalog=chosen).ok()
    assert account.first_questions("Clients") == [
        {"$orderby": "ID", "$select": "ID,Name,BillingRate"}
    ]
    assert set(run.schema("clients")) == {"ID", "Name", "BillingRate"}
    assert {*run.records("clients")[0]} == {"ID", "Name", "BillingRate"}


def test_keys_and_the_cursor_are_asked_for_whatever_is_selected(account: Account) -> None:
    declared = account.run(entity_sets=["TimeEntries"]).ok().schema("time_entries")
    account.reset()
    others = [("time_entries", name) for name in declared if name != "Comment"]
    run = account.run(catalog=account.catalog(["time_entries"], without=others)).ok()
    (question,) = account.first_questions("TimeEntries")
    assert question["$select"] == "ID,Date,Comment"
    assert run.state["bookmarks"]["time_entries"]["replication_key"] == "Date"
    assert all(row["ID"] for row in run.records("time_entries"))
    true = [
        {name: row[name] for name in ("ID", "Date", "Comment")}
        for row in true_rows(account.world, "time_entries")
    ]
    assert difference(run.records("time_entries"), true, ("ID",)) == ""


def test_another_cursor_leaves_the_date_that_slices_go_by(account: Account) -> None:
    """Nothing but the slices, and the way on from an expired link, needs Date here."""
    account.world.switch(modified=True)
    hidden = [("time_entries", "Date"), ("time_entries", "Comment")]
    chosen = account.catalog(["time_entries"], without=hidden, full=["time_entries"])
    run = account.run(catalog=chosen, **SMALL_PAGES).ok()
    assert all(
        "Date" in one["$select"].split(",") for one in account.first_questions("TimeEntries")
    )
    entries = narrowed(true_rows(account.world, "time_entries"), "Date", "Comment")
    assert difference(run.records("time_entries"), entries, ("ID",)) == ""


def test_a_table_of_custom_fields_alone_asks_for_what_it_is_made_of(account: Account) -> None:
    run = account.run(catalog=account.catalog(["time_entry_custom_fields"])).ok()
    (question,) = account.first_questions("TimeEntries")
    asked = question["$select"].removesuffix(",CustomFieldsStr")  # another form of the same
    assert asked == "ID,Date,CustomFields"
    only = ["time_entry_custom_fields"]
    assert copied(run).differences(account.world, only) == {}


def test_deselected_properties_feed_the_tables_that_need_them(account: Account) -> None:
    hidden = [("jobs", name) for name in ("CustomFields", "CustomFieldsStr", "Notes")]
    run = account.run(catalog=account.catalog(["jobs", "job_custom_fields"], without=hidden)).ok()
    select = account.first_questions("Jobs")[0]["$select"].split(",")
    assert "CustomFields" in select
    assert "Notes" not in select
    assert not any("CustomFields" in row for row in run.records("jobs"))
    assert copied(run).differences(account.world, ["job_custom_fields"]) == {}


# -- options that a service does not take ----------------------------------------------------------

OPTIONS: list[dict[str, Any]] = [
    {"no_select": "refuse"},
    {"no_select": "refuse", "refusal_status": 400},
    {"no_select": "ignore"},
    {"no_orderby": "refuse"},
    {"no_orderby": "refuse", "refusal_status": 400},
    {"no_orderby": "ignore"},
    {"no_filter": "refuse"},
    {"no_filter": "refuse", "refusal_status": 400},
    {"no_filter": "ignore"},
    {"no_count": "refuse"},
    {"no_count": "refuse", "refusal_status": 400},
    {"no_count": "ignore"},
    {"no_select": "refuse", "no_orderby": "refuse"},
    dict.fromkeys(("no_select", "no_orderby", "no_filter", "no_count"), "refuse"),
    dict.fromkeys(("no_select", "no_orderby", "no_filter", "no_count"), "ignore"),
    {"select_limit": 250},
]


@pytest.mark.parametrize("switches", OPTIONS, ids=str)
def test_every_row_arrives_once_whatever_the_service_takes(
    account: Account, switches: dict[str, Any]
) -> None:
    """The catalog narrows one set, dates bound another, and each has several pages."""
    hidden = [("time_entries", "Comment"), ("users", "Notes")]
    chosen = account.catalog(without=hidden)
    account.world.switch(**switches)
    run = account.run(catalog=chosen, start_date="2026-08-01", **SMALL_PAGES, **VERSIONS).ok()
    full = [table for table in TABLES if table not in {"users", "time_entry_custom_fields"}]
    full.remove("time_entries")
    assert copied(run).differences(account.world, full) == {}
    users = narrowed(true_rows(account.world, "users"), "Notes")
    assert difference(run.records("users"), users, ("ID",)) == ""
    entries = [
        row
        for row in narrowed(true_rows(account.world, "time_entries"), "Comment")
        if row["Date"] is None or str(row["Date"]) >= "2026-08-01"
    ]
    assert 0 < len(entries) < 300
    assert difference(run.records("time_entries"), entries, ("ID",)) == ""
    assert len(run.records("time_entries")) == len(entries)  # none twice
    assert run.counts()["timesheets"] == 375


@pytest.mark.parametrize(
    ("switches", "option"),
    [
        ({"no_select": "refuse"}, "$select"),
        ({"no_orderby": "refuse", "refusal_status": 400}, "$orderby"),
        ({"no_filter": "refuse"}, "$filter"),
    ],
)
def test_what_a_service_does_not_take_is_said_once_and_not_asked_again(
    account: Account, switches: dict[str, Any], option: str
) -> None:
    chosen = account.catalog(["time_entries"], without=[("time_entries", "Comment")])
    account.world.switch(**switches)
    run = account.run(catalog=chosen, start_date="2026-01-01", **SMALL_PAGES).ok()
    warned = [line for line in run.log.splitlines() if "the service takes no" in line]
    assert warned == [f"time_entries: the service takes no {option}"]
    kept = {"$select", "$orderby", "$filter"} - {option}
    assert kept <= {*account.first_questions("TimeEntries")[-1]}


def test_a_filter_that_is_refused_makes_an_incremental_run_read_all(account: Account) -> None:
    state = account.run().ok().state
    account.world.switch(no_filter="refuse")
    ident = account.world.insert_entry(Date="2020-01-01")
    run = account.run(state=state, **SMALL_PAGES).ok()
    assert ident in {row["ID"] for row in run.records("time_entries")}
    assert len(run.records("time_entries")) == 301


def test_a_service_that_takes_neither_selection_nor_order_keeps_its_filter(
    account: Account,
) -> None:
    chosen = account.catalog(["time_entries"], without=[("time_entries", "Comment")])
    state = account.run(catalog=chosen).ok().state
    account.world.switch(no_select="refuse", no_orderby="refuse")
    run = account.run(catalog=chosen, state=state, **SMALL_PAGES).ok()
    assert 0 < len(run.records("time_entries")) < 300


def test_an_error_that_is_no_refusal_of_an_option_is_not_asked_around(account: Account) -> None:
    account.fault("/odata/Users", "status", code=403)
    account.run(entity_sets=["Users", "Tasks"]).ok()
    assert len(account.asked("Users")) == 1


def test_a_question_that_no_form_helps_fails_with_the_first_refusal(account: Account) -> None:
    account.fault("/odata/Users", "status", code=400)
    run = account.run(entity_sets=["Users", "Tasks"])
    assert run.code == 1
    assert "users failed: GET /Users at" in run.log
    assert "answered 400 Bad Request" in run.log
    assert len(account.asked("Users")) <= 5
    assert len(run.records("tasks")) == 15


# -- links -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["absolute", "relative", "encoded"])
@pytest.mark.parametrize("values", [False, True])
def test_links_are_followed_in_every_spelling(account: Account, form: str, values: bool) -> None:
    account.world.switch(link_form=form, value_tokens=values)
    run = account.run(**SMALL_PAGES, **VERSIONS).ok()
    assert copied(run).differences(account.world) == {}
    assert run.counts() == truth.counts(account.world)
    name = "%24skiptoken" if form == "encoded" else "$skiptoken"
    followed = [one.target for one in account.asked("Timesheets") if "skiptoken" in one.target]
    assert len(followed) >= 18
    assert all(f"?{name}=" in target for target in followed)


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("Things?$skiptoken=a", "/Things?$skiptoken=a"),
        ("/Other/Things?%24skiptoken=a%2Fb", "/Other/Things?%24skiptoken=a%2Fb"),
        ("?$skip=2&$top=1", "/Things?$skip=2&$top=1"),
        ("Things?$skiptoken='a:b'", "/Things?$skiptoken='a:b'"),
        ("{url}/Things?t=a+b%2Bc%20d", "/Things?t=a+b%2Bc%20d"),
        ("{url}/Things?a=1&a=2&b=&c", "/Things?a=1&a=2&b=&c"),
        ("Things?$skiptoken=ID-[1,2]{{}}", "/Things?$skiptoken=ID-[1,2]{}"),
    ],
)
def test_a_link_is_sent_as_it_came(elsewhere: Server, link: str, target: str) -> None:
    first = page(thing("1"), link=link.format(url=elsewhere.url))
    run = scripted(elsewhere, first, page(thing("2"))).ok()
    assert len(run.records("things")) == 2
    sent = elsewhere.seen[-1].target
    assert (
        sent.replace("%5B", "[").replace("%5D", "]").replace("%7B", "{").replace("%7D", "}")
        == target
    )
    assert "Things?" not in sent.partition("?")[2]


@pytest.mark.parametrize(
    ("root", "link", "url"),
    [
        ("https://h/odata", "https://h/odata/X?a=1", "https://h/odata/X?a=1"),
        ("https://h/odata", "http://h/odata/X?a=1", "https://h/odata/X?a=1"),
        ("https://h/odata", "http://H:80/odata/X?a=1", "https://h/odata/X?a=1"),
        ("https://h:8443/odata", "http://h/odata/X", "https://h:8443/odata/X"),
        ("https://h/odata", "X?$skiptoken=%24b", "https://h/odata/X?$skiptoken=%24b"),
        ("https://h/odata", "/other/X?b", "https://h/other/X?b"),
        ("http://h/odata", "https://h/odata/X", "https://h/odata/X"),  # the session refuses it
        ("https://h/odata", "http://other/odata/X", "http://other/odata/X"),
        ("https://h/odata", "http://u@h/odata/X", "http://u@h/odata/X"),
        ("https://h/odata", "http://h:8080/odata/X", "http://h:8080/odata/X"),
        ("https://h/odata", "http://h.evil.example/X", "http://h.evil.example/X"),
        ("https://h/odata", "//evil.example/X", "https://evil.example/X"),
    ],
)
def test_http_means_https_for_our_own_host_only(root: str, link: str, url: str) -> None:
    found = absolute(link, f"{root}/Set?$orderby=ID", root)
    assert found.replace("https://H/", "https://h/") == url


def test_http_means_https_on_a_port_of_its_own_too() -> None:
    found = absolute("http://h:8443/odata/X", "https://h:8443/odata/Set", "https://h:8443/odata")
    assert found == "https://h:8443/odata/X"


def test_the_request_for_a_following_page_is_like_the_first() -> None:
    first = asked = Request("/Set", headers={"Prefer": "x"}, proof=page_problem)
    for number in range(3):
        asked = next_request(asked, f"https://h/Set?$skiptoken={number}")
    assert str(asked) == "GET /Set, next page"
    assert (asked.headers, asked.proof) == (first.headers, first.proof)
    assert asked.link == "https://h/Set?$skiptoken=2"


def foreign(own: str, other: str) -> list[str]:
    """Return addresses that are not the service's, however much they look like it."""
    bare = own.removeprefix("http://")
    port = bare.partition(":")[2]
    return [
        f"{other}/Things",
        f"http://localhost:{port}/Things",
        f"https://{bare}/Things",
        f"http://clicktime@{bare}/Things",
        f"http://clicktime:x@{bare}/Things",
        f"http://{bare}@{other.removeprefix('http://')}/Things",
        f"http://127.0.0.1:{port}0/Things",
        "http://127.0.0.1/Things",
        "http://127.0.0.1:port/Things",
        "ftp://127.0.0.1/Things",
        "javascript:alert(1)",
    ]


@pytest.mark.parametrize("number", range(11))
def test_a_session_sends_nothing_to_another_origin(
    elsewhere: Server, other_server: Server, number: int
) -> None:
    config = {"api_token": TOKEN, "auth_method": "basic"}
    service = Service(elsewhere.url, credentials(config), lambda _status, _code: "")
    session = Session(
        service,
        user_agent="test",
        timeout=PATIENCE,
        max_retries=2,
        rate_limit=RateLimit(),
        clock=FakeClock(),
        logger=logging.getLogger("test"),
    )
    link = foreign(elsewhere.url, other_server.url)[number]
    with pytest.raises(ShapeError) as refused:
        session.send(Request("/Things", link=link))
    assert "was not sent" in str(refused.value)
    assert not any(secret in str(refused.value) for secret in SECRETS)
    assert elsewhere.seen == other_server.seen == []


# -- forms of an answer ----------------------------------------------------------------------------

FORMS: list[dict[str, Any]] = [
    {"annotations": "4.01"},
    {"numbers": "string"},
    {"special_numbers": True},
    {"special_numbers": True, "numbers": "string"},
    {"row_annotations": True},
    {"row_annotations": True, "annotations": "4.01"},
    {"undeclared": True},
    {"compress": True},
    {"empty_pages": True},
    {"modified": True},
    {"metadata_style": "aliases"},
    {"metadata_style": "typedefs", "numbers": "string"},
    {"metadata_style": "v401", "row_annotations": True, "annotations": "4.01"},
    {
        **dict.fromkeys(("special_numbers", "row_annotations", "undeclared", "compress"), True),
        **dict.fromkeys(("empty_pages", "modified"), True),
        "annotations": "4.01",
        "numbers": "string",
        "metadata_style": "typedefs",
        "link_form": "encoded",
    },
]


@pytest.mark.parametrize("switches", FORMS, ids=str)
def test_every_form_of_an_answer_gives_the_same_rows(
    account: Account, switches: dict[str, Any]
) -> None:
    account.world.switch(**switches)
    run = account.run(**SMALL_PAGES, **VERSIONS).ok()
    assert copied(run).differences(account.world) == {}
    assert run.counts() == truth.counts(account.world)
    assert sorted(run.versioned) == sorted(truth.tables(account.world))
    warned = [line for line in run.log.splitlines() if "unknown to this version" in line]
    assert bool(warned) == bool(switches.get("undeclared"))
    assert "not of their type" not in run.log


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"INF"', None),
        ('"-INF"', None),
        ('"NaN"', None),
        ("12.5", 12.5),
        ('"12.5"', 12.5),
        ("null", None),
        ("-0.0166666666666666667", "-0.0166666666666666667"),
        ('"99999999999999999999.9999"', "99999999999999999999.9999"),
    ],
)
def test_numbers_of_every_spelling(elsewhere: Server, text: str, value: object) -> None:
    row = f'{{"ID":"1","Rate":{text},"Budget":{text if value != str(value) else "null"}}}'
    run = scripted(elsewhere, page(row)).ok()
    (found,) = run.records("things")
    assert str(found["Rate"]) == str(value)
    if not isinstance(value, str):
        assert str(found["Budget"]) == str(value)
    assert b"NaN" not in run.output
    assert b"Infinity" not in run.output
    assert "not of their type" not in run.log


@pytest.mark.parametrize(
    ("text", "number"), [("9007199254740993", 2**53 + 1), ('"9223372036854775807"', 2**63 - 1)]
)
def test_long_numbers_keep_their_digits(elsewhere: Server, text: str, number: int) -> None:
    run = scripted(elsewhere, page(f'{{"ID":"1","Number":{text}}}')).ok()
    assert run.records("things")[0]["Number"] == number


@pytest.mark.parametrize(
    "text",
    [
        "2020-11-30T23:59:59.9999999Z",
        "2021-06-01T12:00:00.1234567+02:00",
        "2023-08-15T06:30:00.0000001-05:00",
        "2023-08-15T06:30:00.123456789012Z",
        "2022-02-28T17:45:10.5Z",
        "2022-02-28T17:45:10Z",
        "0001-01-01T00:00:00Z",
    ],
)
def test_timestamps_of_every_fineness(elsewhere: Server, text: str) -> None:
    run = scripted(elsewhere, page(thing("1", At=text))).ok()
    (row,) = run.records("things")
    assert abs((timestamp(row["At"]) - timestamp(text)).total_seconds()) <= 0.000001
    assert run.schema("things")["At"]["format"] == "date-time"
    assert "not of their type" not in run.log


def test_undeclared_properties_are_named_once_and_left_out(account: Account) -> None:
    account.world.switch(undeclared=True)
    run = account.run(entity_sets=["Timesheets", "Jobs"], **SMALL_PAGES).ok()
    for table in ("timesheets", "jobs"):
        assert run.log.count(f"{table}: fields unknown to this version, left out: LegacyID") == 1
        assert not any("LegacyID" in row for row in run.records(table))
    assert run.log.count("LegacyID") == 2


def test_hidden_properties_are_null(account: Account) -> None:
    account.world.switch(hidden={"Users": ["Email", "BillingRate"], "TimeEntries": ["CostRate"]})
    run = account.run(**SMALL_PAGES).ok()
    assert {"Email", "BillingRate"} <= {*run.schema("users")}
    assert {(row["Email"], row["BillingRate"]) for row in run.records("users")} == {(None, None)}
    assert {row["CostRate"] for row in run.records("time_entries")} == {None}
    assert copied(run).differences(account.world) == {}


def test_hidden_custom_fields_empty_their_table_and_say_so(account: Account) -> None:
    account.world.switch(hidden={"Jobs": ["CustomFields", "CustomFieldsStr"]})
    run = account.run(entity_sets=["Jobs"], **VERSIONS).ok()
    assert run.records("job_custom_fields") == []
    assert "job_custom_fields: no row of jobs has CustomFields" in run.log
    assert run.versioned == ["jobs"]


def _annotated(run: Run) -> list[Row]:
    found = run.records("job_custom_fields")
    return [{k: row[k] for k in ("Name", "Value", "ValueType")} for row in found]


@pytest.mark.parametrize("annotations", ["4.0", "4.01"])
def test_annotations_are_stripped_and_odd_names_are_kept(
    account: Account, annotations: str
) -> None:
    for row in true_rows(account.world, "jobs")[1:]:
        account.world.delete_row(str(row["ID"]))
    (job,) = true_rows(account.world, "jobs")
    fields = {"e@mail": "a@b.example", "Rate": 12.5, "50 % @ night": "1", "a.b": "c", "x@": "y"}
    account.world.edit_row(str(job["ID"]), CustomFields=fields)
    account.world.switch(row_annotations=True, annotations=annotations)
    run = account.run(entity_sets=["Jobs"]).ok()
    (row,) = run.records("jobs")
    assert row["CustomFields"] == fields
    assert [one["Name"] for one in _annotated(run)] == [*fields]
    assert not any("@" in name for name in row)
    assert "unknown to this version" not in run.log


def test_a_custom_field_named_after_another_is_no_annotation(elsewhere: Server) -> None:
    """A term has a dot, what the protocol itself says is of a closed list: this is neither."""
    fields = {"Rate": 1, "Rate@night": 2, "@home": 3}
    run = scripted(elsewhere, page(thing("1", CustomFields=fields))).ok()
    assert run.records("things")[0]["CustomFields"] == fields


def test_annotations_of_other_vocabularies_need_no_mention(elsewhere: Server) -> None:
    fields = {"Rate": 1, "Rate@odata.type": "#Int64"}
    row = thing("1", CustomFields={"@odata.type": "#N.Free", **fields}, **{"Name@N.Hint": "x"})
    run = scripted(elsewhere, page(row)).ok()
    assert run.records("things")[0]["CustomFields"] == {"Rate": 1}
    assert "unknown to this version" not in run.log


@pytest.mark.parametrize("more", [{"@odata.nextLink": None}, {"@nextLink": None}])
def test_a_link_that_is_null_is_none(elsewhere: Server, more: dict[str, Any]) -> None:
    run = scripted(elsewhere, page(thing("1"), **more)).ok()
    assert len(run.records("things")) == 1


@pytest.mark.parametrize("more", [{"@odata.nextLink": None}, {"@odata.nextLink": ""}])
def test_a_link_that_is_null_is_none_beside_lists(elsewhere: Server, more: dict[str, Any]) -> None:
    run = scripted(elsewhere, page(thing("1", Tags=["a"]), **more), declared=LISTS).ok()
    assert len(run.records("things")) == 1


def test_an_error_that_is_null_is_none(elsewhere: Server) -> None:
    run = scripted(elsewhere, page(thing("1"), error=None)).ok()
    assert len(run.records("things")) == 1


@pytest.mark.parametrize(
    "row",
    [
        thing("1", Name="see @odata.nextLink"),
        thing("1", Name="nextLink"),
        thing("1", CustomFields={"Our nextLink": "x"}),
    ],
    ids=["text", "word", "custom field"],
)
def test_rows_may_speak_of_links(elsewhere: Server, row: Row) -> None:
    run = scripted(elsewhere, page(row)).ok()
    assert len(run.records("things")) == 1


def test_rows_with_lists_may_speak_of_links(elsewhere: Server) -> None:
    row = thing("1", Name="see @odata.nextLink", Tags=["nextLink"])
    run = scripted(elsewhere, page(row), declared=LISTS).ok()
    assert len(run.records("things")) == 1


@pytest.mark.parametrize("where", ["things", "pages"])
def test_half_an_emoji_is_replaced(elsewhere: Server, where: str) -> None:
    """A text that .NET cut between two UTF-16 units."""
    row = '{"ID":"1","Name":"cut \\ud83d"}'
    pages = [page(row)] if where == "things" else [page(thing("0"), link="?p=2"), page(row)]
    run = scripted(elsewhere, *pages).ok()
    assert run.records("things")[-1]["Name"] == "cut \N{REPLACEMENT CHARACTER}"


def test_half_an_emoji_in_time_entries(account: Account) -> None:
    ident = account.world.insert_entry(Date="2026-09-30", Comment="cut HERE")
    (row,) = [row for row in true_rows(account.world, "time_entries") if row["ID"] == ident]
    assert row
    text = f'{{"value":[{{"ID":"{ident}","Date":"2026-09-30","Comment":"cut \\ud83d"}}]}}'
    account.fault("/odata/TimeEntries", "status", code=200, body=text)
    run = account.run(entity_sets=["TimeEntries"]).ok()
    assert run.records("time_entries")[-1]["Comment"] == "cut \N{REPLACEMENT CHARACTER}"


def test_an_annotation_of_a_name_with_an_at_is_stripped(elsewhere: Server) -> None:
    fields = {"a@b@type": "#Int64", "a@b": 1}
    run = scripted(elsewhere, page(thing("1", CustomFields=fields))).ok()
    assert run.records("things")[0]["CustomFields"] == {"a@b": 1}
