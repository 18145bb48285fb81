"""Query options of the OData facade: what they keep, in which order, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import sandbox as sandbox_package
from tests.sandbox.conftest import NOW, Api
from tests.sandbox.test_sandbox_clicktime import OData

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def odata() -> Iterator[OData]:
    """One company for all tests that only read."""
    with sandbox_package.start(now=NOW) as running:
        api = Api(running)
        yield OData(api)
        api.connection.close()


@pytest.fixture
def own(api: Api) -> OData:
    return OData(api)


def rows(odata: OData, set_name: str = "TimeEntries", **options: str) -> list[dict[str, Any]]:
    return [row for page in odata.walk(set_name, 5000, **options) for row in page]


Row = dict[str, Any]

KEPT: list[tuple[str, Callable[[Row], object]]] = [
    ("Date ge 2026-08-01", lambda row: row["Date"] and row["Date"] >= "2026-08-01"),
    (
        "Date ge 2026-08-01 and Date lt 2026-09-01 or Date eq null",
        lambda row: row["Date"] is None or "2026-08-01" <= row["Date"] < "2026-09-01",
    ),
    ("Date ne null", lambda row: row["Date"] is not None),
    ("not (Date ne null)", lambda row: row["Date"] is None),
    ("Date ne 2026-08-01", lambda row: row["Date"] != "2026-08-01"),
    ("2026-08-01 le Date", lambda row: row["Date"] and row["Date"] >= "2026-08-01"),
    ("Hours gt 7.25", lambda row: row["Hours"] > 7.25),
    ("Hours ge 72.5e-1", lambda row: row["Hours"] >= 7.25),
    ("Hours gt -1", lambda _: True),
    ("Hours lt INF", lambda _: True),
    (
        "BillingRate le 30 or BillingRate gt CostRate",
        lambda row: (
            row["BillingRate"] is not None
            and (
                row["BillingRate"] <= 30
                or (row["CostRate"] is not None and row["BillingRate"] > row["CostRate"])
            )
        ),
    ),
    ("not (BillingRate le 30)", lambda row: not (row["BillingRate"] and row["BillingRate"] <= 30)),
    ("StartTime lt 09:00", lambda row: row["StartTime"] and row["StartTime"] < "09:00"),
    ("Comment eq ''", lambda row: row["Comment"] == ""),
    (
        "Comment eq 'back\\slash / slash, semi;colon, ''single'' and a comma, too'",
        lambda row: row["Comment"] and "'single'" in row["Comment"],
    ),
    (
        "(Hours eq 0 or Hours eq 1) and ( Date ne null )",
        lambda r: r["Hours"] in {0, 1} and r["Date"],
    ),
    (
        "Hours eq 0 or Hours eq 1 and Date eq null",
        lambda row: row["Hours"] == 0 or (row["Hours"] == 1 and row["Date"] is None),
    ),
    (
        "CustomFields/Region eq 'North'",
        lambda row: (row["CustomFields"] or {}).get("Region") == "North",
    ),
    ("CustomFields/Größe eq null", lambda _: True),
    ("CustomFields/Region gt 5", lambda _: False),
    ("CustomFields eq null", lambda row: row["CustomFields"] is None),
    ("false", lambda _: False),
    ("not false", lambda _: True),
]


@pytest.mark.parametrize(("text", "keeps"), KEPT, ids=[text for text, _ in KEPT])
@pytest.mark.parametrize("ordering", ["Date,ID", "Hours desc"])
def test_filter(odata: OData, text: str, keeps: Callable[[Row], object], ordering: str) -> None:
    every = rows(odata, orderby=ordering)
    assert rows(odata, filter=text, orderby=ordering) == [row for row in every if keeps(row)]
    assert odata.count("TimeEntries", text) == sum(1 for row in every if keeps(row))


def test_filter_by_instant_boolean_and_member(odata: OData) -> None:
    instant = "2021-06-01T10:00:00.1234567Z"
    served = rows(odata, "Clients", filter=f"CreatedDate eq {instant}")
    assert {row["CreatedDate"] for row in served} == {"2021-06-01T12:00:00.1234567+02:00"}
    later = rows(odata, "Clients", filter=f"CreatedDate gt {instant}")
    assert {row["CreatedDate"][:4] for row in later} == {"2022", "2023"}
    assert odata.count("Users", "IsActive") == odata.count("Users", "IsActive eq true")
    assert odata.count("Users", "not IsActive") == odata.count("Users", "IsActive ne true")
    approved = odata.count("Timesheets", "Status eq 'Approved'")
    qualified = "Status eq ClickTime.OData.Models.TimesheetStatus'Approved'"
    assert odata.count("Timesheets", qualified) == approved > 0
    assert odata.count("Users", "AllowIncompleteTimesheetSubmission eq null") > 0


@pytest.mark.parametrize(
    "text",
    [
        "Date ge '2026-08-01'",
        "Date ge 2026-08-01T00:00:00Z",
        "Date ge 2026-02-30",
        "Date ge datetime'2026-08-01'",
        "Hours gt '7'",
        "Comment gt 7",
        "Comment eq true",
        "StartTime gt '09:00:00'",
        "StartTime gt 25:00:00",
        "Nothing eq 1",
        "date ge 2026-08-01",
        "User/Name eq 'x'",
        "CustomFields/a/b eq 1",
        "CustomFields eq 'x'",
        "Date",
        "Date GE 2026-08-01",
        "Date ge 2026-08-01 AND Hours gt 1",
        "not Hours eq 1",
        "(Date ge 2026-08-01",
        "Date ge",
        "Date  2026-08-01",
        "Date ge 2026-08-01 2026-08-02",
        "Comment eq 'O'Brien'",
        "Hours gt 1,5",
        "Hours gt 1.",
        "",
        "Date+ge+2026-08-01",
    ],
)
def test_filters_that_are_wrong(odata: OData, text: str) -> None:
    for target in ("TimeEntries", "TimeEntries/$count"):
        assert odata.status(target, filter=text) == 400


@pytest.mark.parametrize(
    "text", ["contains(Comment,'x')", "Hours in (1,2)", "Hours add 1 gt 2", "year(Date) eq 2026"]
)
def test_filters_that_are_not_offered(odata: OData, text: str) -> None:
    assert odata.status("TimeEntries", filter=text) == 501


def test_members_of_enumerations_must_exist(odata: OData) -> None:
    assert odata.status("Timesheets", filter="Status eq 'approved'") == 400
    assert odata.status("Timesheets", filter="Status eq 5") == 400


def test_a_plus_is_a_plus(odata: OData) -> None:
    assert odata.get("/TimeEntries?$filter=Date+ge+2026-08-01").status == 400
    assert odata.get("/TimeEntries?$filter=Date%20ge%202026-08-01").status == 200
    assert odata.get("/Clients?$filter=CreatedDate%20ge%202021-06-01T12:00:00+02:00").status == 200
    plain = odata.get("/TimeEntries?$filter=Date%20ge%202026-08-01&$top=1").json["value"]
    assert (
        odata.get("/TimeEntries?%24filter=Date%20ge%202026-08-01&%24top=1").json["value"] == plain
    )


def test_long_filters(odata: OData) -> None:
    ids = [row["ID"] for row in rows(odata)[:400]]
    text = " or ".join(f"ID eq '{one}'" for one in ids)
    assert odata.count("TimeEntries", text) == 400


def test_order(odata: OData) -> None:
    stored = rows(odata)
    dates = [row["Date"] for row in stored]
    assert dates != sorted(dates, key=lambda day: day or "")
    ascending = sorted(stored, key=lambda row: row["Date"] or "")
    assert rows(odata, orderby="Date") == ascending
    assert ascending[0]["Date"] is None
    descending = sorted(stored, key=lambda row: row["Date"] or "", reverse=True)
    assert rows(odata, orderby="Date desc") == descending
    total = sorted(stored, key=lambda row: (row["Date"] or "", row["ID"]))
    assert rows(odata, orderby="Date asc, ID") == total != ascending
    mixed = sorted(ascending, key=lambda row: row["Hours"], reverse=True)
    assert rows(odata, orderby="Hours desc,Date") == mixed


def test_order_by_type(odata: OData) -> None:
    created = [row["CreatedDate"] for row in rows(odata, "Clients", orderby="CreatedDate")]
    assert created[:2] == [None, None]
    assert [text[:4] for text in created[2:]] == sorted(text[:4] for text in created[2:])
    statuses = [row["Status"] for row in rows(odata, "Timesheets", orderby="Status")]
    assert statuses[0] == "Open"
    assert statuses[-1] == "Rejected"


def test_select(odata: OData) -> None:
    document = odata.document("Users", select="Name, ID", top="2")
    assert document["@odata.context"].endswith("$metadata#Users(Name,ID)")
    assert [set(row) for row in document["value"]] == [{"ID", "Name"}] * 2
    assert set(odata.document("Users", select="*")["value"][0]) > {"ID", "Name", "CustomFields"}
    assert [set(row) for row in odata.document("Users", select="Name", top="1")["value"]] == [
        {"Name"}
    ]


@pytest.mark.parametrize(
    ("option", "value", "status"),
    [
        ("select", "Nothing", 400),
        ("select", "", 400),
        ("orderby", "Nothing", 400),
        ("orderby", "CustomFields", 400),
        ("orderby", "Date DESC", 400),
        ("orderby", "Date,", 400),
        ("top", "-1", 400),
        ("top", "many", 400),
        ("skip", "1.5", 400),
        ("count", "True", 400),
        ("Filter", "Hours gt 1", 400),
        ("nothing", "1", 400),
        ("skiptoken", "made up", 400),
        ("expand", "User", 501),
        ("search", "x", 501),
        ("apply", "aggregate($count as n)", 501),
    ],
)
def test_options_that_are_refused(odata: OData, option: str, value: str, status: int) -> None:
    answer = odata.get(f"/TimeEntries?${option}={value.replace(' ', '%20')}")
    assert answer.status == status
    assert answer.json["error"]["target"] == f"${option}"


def test_options_that_are_given_twice_or_are_none(odata: OData) -> None:
    assert odata.get("/Users?$top=1&$top=2").status == 400
    assert odata.get("/Users?$top=1&custom=2&filter=x").status == 200


def test_count(odata: OData) -> None:
    document = odata.document("TimeEntries", count="true", filter="Hours gt 5", top="3", skip="1")
    assert document["@odata.count"] == odata.count("TimeEntries", "Hours gt 5") > 3
    assert "@odata.count" not in odata.document("TimeEntries", count="false", top="1")
    answer = odata.get(
        "/TimeEntries/$count?$top=5&$orderby=Nothing", {"Accept": "application/json"}
    )
    assert (answer.body, answer.headers["content-type"]) == (b"1200", "text/plain")


def test_options_can_be_ignored_or_refused(own: OData) -> None:
    asked = {"filter": "Hours gt 5", "orderby": "Hours", "select": "ID", "count": "true"}
    plain = own.document("TimeEntries")["value"]
    for option, value in asked.items():
        own.world.switch(**{f"no_{option}": "refuse"})
        assert own.status("TimeEntries", **{option: value}) == 501
        own.world.switch(refusal_status=400)
        assert own.status("TimeEntries", **{option: value}) == 400
        own.world.switch(refusal_status=501, **{f"no_{option}": "ignore"})
        document = own.document("TimeEntries", None, **{option: value})
        assert document["value"] == plain
        assert "@own.count" not in document
    assert own.get("/TimeEntries/$count").status == 501


def test_long_addresses(own: OData) -> None:
    own.world.switches.select_limit = 60
    assert own.get("/Users?$select=ID").status == 200
    answer = own.get("/Users?$select=ID,Name,Email,IsActive,EmployeeNumber,Role,Notes")
    assert (answer.status, answer.json["error"]["code"]) == (414, "UriTooLong")
