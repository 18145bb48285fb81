"""Server-driven paging of the OData facade: sizes, links in each form, and what breaks a walk."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import pytest

from tests.sandbox.test_sandbox_clicktime import ROOT, OData

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.sandbox.conftest import Api


@pytest.fixture
def odata(api: Api) -> OData:
    return OData(api)


def ids(pages: list[list[dict[str, Any]]]) -> list[str]:
    return [row["ID"] for page in pages for row in page]


def first_link(odata: OData, size: int = 100, set_name: str = "TimeEntries", **options: str) -> str:
    headers = {"Prefer": f"odata.maxpagesize={size}"}
    return str(odata.document(set_name, headers, **options)["@odata.nextLink"])


def test_default_page(odata: OData) -> None:
    pages = odata.walk("TimeEntries")
    assert [len(page) for page in pages] == [500, 500, 200]
    assert len(set(ids(pages))) == 1200


@pytest.mark.parametrize(
    ("preference", "size", "applied"),
    [
        ("odata.maxpagesize=100", 100, "odata.maxpagesize=100"),
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
    assert len(odata.get(answer.json["@odata.nextLink"]).json["value"]) in {size, 1200 - size}


def test_an_exact_multiple_ends_with_an_empty_page(odata: OData) -> None:
    assert [len(page) for page in odata.walk("TimeEntries", 400)] == [400, 400, 400, 0]
    assert [len(page) for page in odata.walk("Jobs", 40)] == [40, 0]
    assert [len(page) for page in odata.walk("Jobs", 41)] == [40]


def test_top_limits_the_total(odata: OData) -> None:
    every = ids(odata.walk("TimeEntries"))
    for top, sizes in ((250, [100, 100, 50]), (200, [100, 100]), (30, [30]), (0, [0])):
        pages = odata.walk("TimeEntries", 100, top=str(top), skip="10")
        assert [len(page) for page in pages] == sizes
        assert ids(pages) == every[10 : 10 + top]


def test_links_carry_the_whole_query(odata: OData) -> None:
    options = {"filter": "Hours gt 4", "orderby": "Hours desc,ID", "select": "ID,Hours"}
    whole = odata.walk("TimeEntries", 5000, **options)[0]
    pages = odata.walk("TimeEntries", 50, **options)
    assert [row for page in pages for row in page] == whole
    assert len(pages) > 3
    link = first_link(odata, 50, count="true", **options)
    assert odata.get(link).json["@odata.count"] == len(whole)


@pytest.mark.parametrize("form", ["absolute", "relative", "encoded", "foreign"])
def test_forms_of_links(running: Sandbox, odata: OData, form: str) -> None:
    odata.world.switch(link_form=form)
    link = first_link(odata)
    address = f"{running.url}{ROOT}/TimeEntries"
    starts = {
        "absolute": f"{address}?$skiptoken=",
        "relative": "TimeEntries?$skiptoken=",
        "encoded": f"{address}?%24skiptoken=",
        "foreign": f"{address}?$skiptoken=".replace("127.0.0.1", "localhost"),
    }
    assert link.startswith(starts[form])
    second = odata.get(urljoin(address, link)).json["value"]
    assert second == odata.document("TimeEntries", skip="100", top="100")["value"]


def test_a_link_to_itself(running: Sandbox, odata: OData) -> None:
    odata.world.switch(link_form="loop")
    link = first_link(odata, orderby="Date")
    assert link == f"{running.url}{ROOT}/TimeEntries?$orderby=Date"
    assert odata.get(link).json["@odata.nextLink"] == link


def test_links_are_followed_as_they_are(odata: OData) -> None:
    link = first_link(odata)
    assert odata.get(link).json["value"] == odata.get(link).json["value"]
    for option in ("$top=5", "$select=ID", "%24count=true", "$orderby=Date", "$filter=true"):
        assert odata.get(f"{link}&{option}").status == 400
    assert odata.get(link.replace("%27", "")).status == 400
    assert odata.get(link.replace("/TimeEntries?", "/Users?")).status == 400


def test_positions_shift_when_rows_change(odata: OData) -> None:
    every = ids(odata.walk("TimeEntries", orderby="Date,ID"))
    link = first_link(odata, orderby="Date,ID")
    odata.world.delete_entry(every[0])
    assert odata.get(link).json["value"][0]["ID"] == every[101]


def test_values_lose_ties(odata: OData) -> None:
    every = ids(odata.walk("TimeEntries"))
    odata.world.switch(value_tokens=True)
    total = ids(odata.walk("TimeEntries", 70, orderby="Date,ID"))
    assert len(total) == 1200
    assert ids(odata.walk("TimeEntries", 70, orderby="Date desc,ID desc")) == total[::-1]
    ties = ids(odata.walk("TimeEntries", 70, orderby="Date"))
    assert len(set(ties)) == len(ties) < 1200
    assert ids(odata.walk("TimeEntries", 70)) == every
    link = first_link(odata, orderby="Date,ID")
    odata.world.delete_entry(total[0])
    assert odata.get(link).json["value"][0]["ID"] == total[100]


@pytest.mark.parametrize("status", [410, 404])
def test_links_expire(odata: OData, status: int) -> None:
    odata.world.switch(token_ttl=2, token_status=status)
    second = odata.get(first_link(odata))
    assert second.status == 200
    answer = odata.get(second.json["@odata.nextLink"])
    assert (answer.status, answer.json["error"]["target"]) == (status, "$skiptoken")


def test_empty_pages_on_the_way(odata: OData) -> None:
    every = ids(odata.walk("TimeEntries"))
    odata.world.switch(empty_pages=True)
    pages = odata.walk("TimeEntries", 300)
    assert [len(page) for page in pages] == [300, 300, 0, 300, 300, 0, 0]
    assert ids(pages) == every


def test_an_error_inside_the_answer(odata: OData) -> None:
    odata.world.switch(stream_error=2)
    link = first_link(odata)
    broken = odata.get(link)
    assert broken.status == 200
    assert b'{"error":{"code":' in broken.body
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken.body)
    assert len(odata.get(link).json["value"]) == 100


def test_names_of_version_401(odata: OData) -> None:
    odata.world.switch(annotations="4.01")
    answer = odata.get("/TimeEntries?$count=true")
    assert answer.headers["odata-version"] == "4.01"
    assert set(answer.json) == {"@context", "@count", "@nextLink", "value"}
    assert urlsplit(answer.json["@nextLink"]).path == f"{ROOT}/TimeEntries"
