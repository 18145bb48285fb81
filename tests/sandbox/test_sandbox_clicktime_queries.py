"""Query options and paging of the OData facade: what is kept, refused, linked, lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin

import pytest

from tests.sandbox.test_sandbox_clicktime import ROOT, OData, company, odata, own

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["company", "odata", "own"]

Row = dict[str, Any]

ODD = "Comment eq 'back\\slash / slash, semi;colon, ''single'' and a comma, too'"
KEPT: list[tuple[str, Callable[[Row], object]]] = [
    (
        "Date ge 2026-08-01 and Date lt 2026-09-01 or Date eq null",
        lambda row: row["Date"] is None or "2026-08-01" <= row["Date"] < "2026-09-01",
    ),
    ("Date ne 2026-08-01", lambda row: row["Date"] != "2026-08-01"),
    ("2026-08-01 le Date", lambda row: row["Date"] and row["Date"] >= "2026-08-01"),
    ("Hours ge 72.5e-1", lambda row: row["Hours"] >= 7.25),
    ("Hours gt -1 and Hours lt INF", lambda _: True),
    ("BillingRate gt CostRate", lambda r: None not in _rates(r) and _rates(r)[0] > _rates(r)[1]),
    ("StartTime lt 09:00", lambda row: row["StartTime"] and row["StartTime"] < "09:00"),
    ("Comment eq ''", lambda row: row["Comment"] == ""),
    (ODD, lambda row: row["Comment"] and "'single'" in row["Comment"]),
    (
        "( Hours eq 0 or Hours eq 1) and ( Date ne null )",
        lambda row: row["Hours"] in {0, 1} and row["Date"],
    ),
    (
        "Hours eq 0 or Hours eq 1 and Date eq null",
        lambda row: row["Hours"] == 0 or (row["Hours"] == 1 and row["Date"] is None),
    ),
    ("CustomFields eq null", lambda row: row["CustomFields"] is None),
]


def _rates(row: Row) -> tuple[Any, Any]:
    return row["BillingRate"], row["CostRate"]


@pytest.mark.parametrize(("text", "keeps"), KEPT, ids=[text for text, _ in KEPT])
@pytest.mark.parametrize("ordering", ["Date,ID", "Hours desc"])
def test_filter(odata: OData, text: str, keeps: Callable[[Row], object], ordering: str) -> None:
    expected = [row for row in odata.rows("TimeEntries", orderby=ordering) if keeps(row)]
    assert odata.rows("TimeEntries", filter=text, orderby=ordering) == expected
    assert count(odata, "TimeEntries", text) == len(expected)


def count(odata: OData, set_name: str, text: str) -> int:
    return int(odata.get(f"/{set_name}/$count?$filter={quote(text)}&$top=5").body)


def test_filter_by_instant_boolean_and_member(odata: OData) -> None:
    instant = "2021-06-01T10:00:00.1234567Z"
    served = odata.rows("Clients", filter=f"CreatedDate eq {instant}")
    assert {row["CreatedDate"] for row in served} == {"2021-06-01T12:00:00.1234567+02:00"}
    later = odata.rows("Clients", filter=f"CreatedDate gt {instant}")
    assert {row["CreatedDate"][:4] for row in later} == {"2022", "2023"}
    assert count(odata, "Users", "IsActive") == count(odata, "Users", "IsActive ne false") > 0
    approved = count(odata, "Timesheets", "Status eq 'Approved'")
    qualified = "Status eq ClickTime.OData.Models.TimesheetStatus'Approved'"
    assert count(odata, "Timesheets", qualified) == approved > 0
    many = " or ".join(f"ID eq '{row['ID']}'" for row in odata.rows("TimeEntries")[:400])
    assert count(odata, "TimeEntries", many) == 400


@pytest.mark.parametrize(
    "text",
    [
        *("Date ge '2026-08-01'", "Date ge 2026-08-01T00:00:00Z", "Date ge 2026-02-30"),
        *("Date ge datetime'2026-08-01'", "Hours gt '7'", "Comment gt 7", "Comment eq true"),
        *("StartTime gt '09:00:00'", "StartTime gt 25:00:00", "Nothing eq 1", "User/Name eq 'x'"),
        *("date ge 2026-08-01", "CustomFields/a eq 1", "CustomFields eq 'x'", "Date", ""),
        *("Date GE 2026-08-01", "Date ge 2026-08-01 AND Hours gt 1", "Date ge"),
        *("(Date ge 2026-08-01", "Date  2026-08-01", "Date ge 2026-08-01 2026-08-02"),
        *("Comment eq 'O'Brien'", "Hours gt 1,5", "Hours gt 1.", "Date+ge+2026-08-01"),
        *("Hours eq 1 eq true", "Hours gt(1)"),
    ],
)
def test_filters_that_are_wrong(odata: OData, text: str) -> None:
    for path in ("TimeEntries", "TimeEntries/$count"):
        assert odata.get(f"/{path}?$filter={quote(text)}").status == 400


@pytest.mark.parametrize(
    ("target", "status"),
    [
        *(
            (f"?$filter={quote(text)}", 501)
            for text in (
                "contains(Comment,'x')",
                "Hours in (1,2)",
                "not (Hours eq 1)",
                "not IsActive",
            )
        ),
        *((f"?$filter={quote(text)}", 501) for text in ("Hours add 1 gt 2", "year(Date) eq 2026")),
        *((f"?${option}=x", 501) for option in ("expand", "Filter", "format")),
        *((f"?$select={text}", 400) for text in ("Nothing", "")),
        *((f"?$orderby={text}", 400) for text in ("Nothing", "CustomFields", "Date%20DESC", "ID,")),
        *((f"?${text}", 400) for text in ("top=-1", "top=many", "skip=1.5", "count=True")),
        *((f"?${text}", 400) for text in ("skiptoken=x", "top=1&$top=2")),
        ("?$filter=Date+ge+2026-08-01", 400),  # a plus is a plus
        ("?%24filter=Date%20ge%202026-08-01&%24top=1&custom=2&filter=x", 200),
    ],
)
def test_options(odata: OData, target: str, status: int) -> None:
    assert odata.get(f"/TimeEntries{target}").status == status


def test_members_of_enumerations_must_exist(odata: OData) -> None:
    for text in ("Status eq 'approved'", "Status eq 5"):
        assert odata.get(f"/Timesheets?$filter={quote(text)}").status == 400


def test_order(odata: OData) -> None:
    stored = odata.rows("TimeEntries")
    by_day = sorted(stored, key=lambda row: row["Date"] or "")
    assert odata.rows("TimeEntries", orderby="Date") == by_day != stored
    assert by_day[0]["Date"] is None
    descending = sorted(stored, key=lambda row: row["Date"] or "", reverse=True)
    assert odata.rows("TimeEntries", orderby="Date desc") == descending
    total = sorted(stored, key=lambda row: (row["Date"] or "", row["ID"]))
    assert odata.rows("TimeEntries", orderby="Date asc, ID") == total != by_day
    mixed = sorted(by_day, key=lambda row: row["Hours"], reverse=True)
    assert odata.rows("TimeEntries", orderby="Hours desc,Date") == mixed
    years = [str(row["CreatedDate"])[:4] for row in odata.rows("Clients", orderby="CreatedDate")]
    assert years[:2] == ["None", "None"]
    assert years[2:] == sorted(years[2:])
    statuses = [row["Status"] for row in odata.rows("Timesheets", orderby="Status")]
    assert (statuses[0], statuses[-1]) == ("Open", "Rejected")


def test_select_and_count(odata: OData) -> None:
    document = odata.document("Users", select="Name, ID", top="2")
    assert document["@odata.context"].endswith("$metadata#Users(Name,ID)")
    assert [list(row) for row in document["value"]] == [["ID", "Name"]] * 2
    assert len(odata.document("Users", select="ID,*")["value"][0]) > 30
    counted = odata.document("TimeEntries", count="true", filter="Hours gt 5", top="3", skip="1")
    assert counted["@odata.count"] == count(odata, "TimeEntries", "Hours gt 5") > 3
    assert "@odata.count" not in odata.document("TimeEntries", count="false", top="1")


def test_options_can_be_ignored_or_refused(odata: OData) -> None:
    asked = {"filter": "Hours gt 5", "orderby": "Hours", "select": "ID", "count": "true"}
    plain = odata.document("TimeEntries")["value"]
    for option, value in asked.items():
        for status in (501, 400):
            odata.world.switch(**{f"no_{option}": "refuse"}, refusal_status=status)
            assert odata.get(f"/TimeEntries?${option}={quote(value)}").status == status
        odata.world.switch(**{f"no_{option}": "ignore"})
        document = odata.document("TimeEntries", None, **{option: value})
        assert (document["value"], "@odata.count" in document) == (plain, False)
    assert odata.get("/TimeEntries/$count").status == 400
    odata.world.switch(select_limit=60)
    answer = odata.get("/TimeEntries?$select=ID,Name,Email,IsActive,EmployeeNumber")
    assert (answer.status, answer.json["error"]["code"]) == (414, "UriTooLong")


def ids(pages: list[list[Row]]) -> list[str]:
    return [row["ID"] for page in pages for row in page]


def first_link(odata: OData, **options: str) -> str:
    headers = {"Prefer": "odata.maxpagesize=100"}
    return str(odata.document("TimeEntries", headers, **options)["@odata.nextLink"])


@pytest.mark.parametrize(
    ("preference", "size", "applied"),
    [
        ("", 500, None),
        ("maxpagesize=100", 100, "maxpagesize=100"),
        ('return=minimal, odata.maxpagesize="7"', 7, "odata.maxpagesize=7"),
        ("odata.maxpagesize=0", 500, None),
        ("odata.maxpagesize=many", 500, None),
        ("odata.maxpagesize=100000", 700, "odata.maxpagesize=700"),
    ],
)
def test_preferred_page(odata: OData, preference: str, size: int, applied: str | None) -> None:
    odata.world.switches.page_cap = 700
    answer = odata.get("/TimeEntries", {"Prefer": preference})
    assert len(answer.json["value"]) == size
    assert answer.headers.get("preference-applied") == applied
    assert len(odata.get(answer.json["@odata.nextLink"]).json["value"]) == min(size, 1200 - size)


def test_sizes_of_pages(odata: OData) -> None:
    every = ids(odata.pages("TimeEntries", 400))
    assert len(set(every)) == 1200
    # an exact multiple ends with an empty page
    assert [len(page) for page in odata.pages("TimeEntries", 400)] == [400, 400, 400, 0]
    assert [len(page) for page in odata.pages("Jobs", 41)] == [40]
    for top, sizes in ((250, [100, 100, 50]), (200, [100, 100]), (30, [30]), (0, [0])):
        pages = odata.pages("TimeEntries", 100, top=str(top), skip="10")
        assert [len(page) for page in pages] == sizes
        assert ids(pages) == every[10 : 10 + top]
    odata.world.switch(empty_pages=True)
    pages = odata.pages("TimeEntries", 300)
    assert [len(page) for page in pages] == [300, 300, 0, 300, 300, 0, 0]
    assert ids(pages) == every


def test_links_carry_the_whole_query_and_take_no_more(odata: OData) -> None:
    options = {"filter": "Hours gt 4", "orderby": "Hours desc,ID", "select": "ID,Hours"}
    whole = odata.rows("TimeEntries", **options)
    pages = odata.pages("TimeEntries", 50, **options)
    assert [row for page in pages for row in page] == whole
    link = first_link(odata, count="true", **options)
    assert odata.get(link).json["@odata.count"] == len(whole)
    assert odata.get(link).json["value"] == odata.get(link).json["value"]
    for option in ("$top=5", "$select=ID", "%24count=true", "$orderby=Date", "$filter=true"):
        assert odata.get(f"{link}&{option}").status == 400
    assert odata.get(link.replace("%27", "")).status == 400
    assert odata.get(link.replace("/TimeEntries?", "/Users?")).status == 400


@pytest.mark.parametrize("form", ["absolute", "relative", "encoded"])
def test_forms_of_links(odata: OData, form: str) -> None:
    odata.world.switch(link_form=form)
    link = first_link(odata, orderby="Date")
    address = f"{odata.api.running.url}{ROOT}/TimeEntries"
    starts = {
        "absolute": f"{address}?$skiptoken=",
        "relative": "TimeEntries?$skiptoken=",
        "encoded": f"{address}?%24skiptoken=",
    }
    assert link.startswith(starts[form])
    expected = odata.document("TimeEntries", orderby="Date", skip="100")["value"]
    assert odata.get(urljoin(address, link)).json["value"][:100] == expected[:100]


def test_positions_shift_and_values_lose_ties(own: OData) -> None:
    every = ids(own.pages("TimeEntries", 5000, orderby="Date,ID"))
    for switches, place in (({}, 101), ({"value_tokens": True}, 100)):
        own.world.switch(**switches)
        link = first_link(own, orderby="Date,ID")
        own.world.delete_entry(every.pop(0))
        assert own.get(link).json["value"][0]["ID"] == every[place - 1]
    assert ids(own.pages("TimeEntries", 70, orderby="Date desc,ID desc")) == every[::-1]
    ties = ids(own.pages("TimeEntries", 70, orderby="Date"))
    assert len(set(ties)) == len(ties) < len(every)


@pytest.mark.parametrize("status", [410, 404])
def test_links_expire(odata: OData, status: int) -> None:
    odata.world.switch(token_ttl=2, token_status=status)
    second = odata.get(first_link(odata))
    assert second.status == 200
    answer = odata.get(second.json["@odata.nextLink"])
    assert (answer.status, answer.json["error"]["target"]) == (status, "$skiptoken")
