"""The OData facade: who is let in, what it describes, what switches and changes do to rows."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest

import sandbox as sandbox_package
from sandbox.clicktime import truth
from sandbox.clicktime.switches import Switches
from tests.sandbox.clockify_client import NOW
from tests.sandbox.conftest import Api

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.clicktime.world import World
    from tests.sandbox.clockify_client import Answer

ROOT = "/clicktime/odata"
TOKEN = {"Authorization": "Token sandbox-token"}
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
SETS = ["TimeEntries", "Users", "Jobs", "Clients", "Tasks", "Divisions", "Timesheets"]


class OData:
    """Asks the facade, with the token unless told otherwise."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.world: World = api.running.clicktime

    def get(self, target: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for an address as it is; it is whole, or below the root."""
        address = target.removeprefix(self.api.running.url)
        address = address if address.startswith(ROOT) else ROOT + target
        return self.api.ask("GET", address, headers={**TOKEN, **(headers or {})})

    def document(
        self, set_name: str, headers: Mapping[str, str] | None = None, **given: str
    ) -> Any:
        """Return the document of a set's first page."""
        answer = self.get(f"/{set_name}?{encoded(given)}", headers)
        assert answer.status == 200, answer.body
        return answer.json

    def pages(self, set_name: str, size: int, **given: str) -> list[list[dict[str, Any]]]:
        """Follow the links as they are; return the rows by page."""
        document = self.document(set_name, {"Prefer": f"odata.maxpagesize={size}"}, **given)
        pages = [document["value"]]
        while link := document.get("@odata.nextLink", document.get("@nextLink")):
            document = self.get(link).json
            pages.append(document["value"])
        return pages

    def rows(self, set_name: str, **given: str) -> list[dict[str, Any]]:
        return [row for page in self.pages(set_name, 5000, **given) for row in page]


def encoded(options: Mapping[str, str]) -> str:
    return "&".join(f"${name}={quote(value)}" for name, value in options.items())


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.fixture(scope="module")
def company() -> Iterator[OData]:
    with sandbox_package.start(now=NOW) as running:
        api = Api(running)
        yield OData(api)
        api.connection.close()


@pytest.fixture
def odata(company: OData) -> Iterator[OData]:
    """One company for all tests that change nothing but its switches."""
    yield company
    company.world.switches = Switches()


@pytest.fixture
def own(api: Api) -> OData:
    return OData(api)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        *(("Token sandbox-token", 200), ("TOKEN sandbox-token", 200), ("Token wrong", 401)),
        *((basic("clicktime:sandbox-token"), 200), (basic("ClickTime:sandbox-token"), 401)),
        *((basic("clicktime:wrong"), 401), ("Basic sandbox-token", 401), ("", 401)),
        *(("Bearer sandbox-token", 401), ("sandbox-token", 401)),
    ],
)
def test_who_is_let_in(odata: OData, given: str, status: int) -> None:
    for path in ("/", "/$metadata", "/Users", "/Users/$count"):
        answer = odata.get(path, {"Authorization": given})
        assert answer.status == status
        assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize(
    ("target", "headers", "status", "content"),
    [
        ("", {}, 200, "application/json;odata.metadata=minimal"),
        ("/", {"Accept": "application/*"}, 200, "application/json"),
        ("/$metadata", {}, 200, "application/xml"),
        ("/%24metadata", {"Accept": "*/*"}, 200, "application/xml"),
        ("/$metadata", {"Accept": "application/json"}, 406, "application/json"),
        ("/Users", {"Accept": "text/html"}, 406, "application/json"),
        ("/Users", {"Accept": "application/json;IEEE754Compatible=true"}, 200, "application/json"),
        ("/Users", {"OData-MaxVersion": "3.0"}, 400, "application/json"),
        ("/Users/$count", {"Accept": "application/json"}, 200, "text/plain"),
        *((path, {}, 404, "application/json") for path in ("/Nothing", "/users", "/Users/x/y")),
        *((path, {}, 404, "application/json") for path in ("/Nothing/$count", "/Users('x')")),
    ],
)
def test_what_is_there_and_in_which_format(
    odata: OData, target: str, headers: dict[str, str], status: int, content: str
) -> None:
    answer = odata.get(target, headers)
    assert (answer.status, answer.headers["odata-version"]) == (status, "4.0")
    assert answer.headers["content-type"].startswith(content)
    assert status == 200 or {"code", "message"} <= set(answer.json["error"])


def test_service_document_and_levels_of_metadata(odata: OData) -> None:
    odata.world.switch(forbidden=["Timesheets"])
    assert [one["url"] for one in odata.get("/").json["value"]] == SETS
    for path in ("/Timesheets", "/Timesheets/$count"):
        assert odata.get(path).status == 403
    answer = odata.api.ask("POST", f"{ROOT}/Users", headers=TOKEN)
    assert (answer.status, answer.headers["allow"]) == (405, "GET")
    bare = odata.document("Users", {"Accept": "application/json;odata.metadata=none"}, count="true")
    assert set(bare) == {"@odata.count", "value"}
    full = odata.document("Users", {"Accept": "application/json;odata.metadata=full"}, top="1")
    assert full["value"][0]["@odata.id"] == f"Users('{full['value'][0]['ID']}')"
    odata.world.switch(annotations="4.01", compress=True)
    packed = odata.get("/Users", {"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    answer = odata.get("/TimeEntries?$count=true")
    assert answer.headers["odata-version"] == "4.01"
    assert set(answer.json) == {"@context", "@count", "@nextLink", "value"}


def properties(root: ET.Element, type_name: str | None) -> dict[str, str]:
    """Return the declared properties of a type and its bases."""
    found: dict[str, str] = {}
    while type_name:
        name = type_name.rpartition(".")[2]
        entity = next(one for one in root.iter(f"{EDM}EntityType") if one.get("Name") == name)
        inner = {one.get("Name", ""): one.get("Type", "") for one in entity.iter(f"{EDM}Property")}
        found, type_name = inner | found, entity.get("BaseType")
    return found


@pytest.mark.parametrize(
    ("style", "days", "fields", "extra"),
    [
        ("aspnet", "Edm.Date", "ClickTime.OData.Models.CustomFields", []),
        ("aliases", "Edm.Date", "T.CustomFields", []),
        ("typedefs", "Self.CalendarDay", "Self.CustomFields", ["Allocations"]),
        ("v401", "Edm.Date", "Edm.Untyped", ["TimeEntriesView"]),
    ],
)
def test_metadata_in_each_style(
    odata: OData, style: str, days: str, fields: str, extra: list[str]
) -> None:
    odata.world.switch(metadata_style=style)
    root = ET.fromstring(odata.get("/$metadata").body)
    assert root.get("Version") == ("4.01" if style == "v401" else "4.0")
    sets = {one.get("Name", ""): one.get("EntityType") for one in root.iter(f"{EDM}EntitySet")}
    assert list(sets) == [*SETS, *extra]
    entry = properties(root, sets["TimeEntries"])
    assert (entry["Date"], entry["CustomFields"]) == (days, fields)
    assert (entry["StartTime"], entry["Comment"]) == ("Edm.TimeOfDay", "Edm.String")
    for name, type_name in sets.items():
        declared = properties(root, type_name)
        assert {frozenset(row) for row in odata.rows(name)} == {frozenset(declared)}
    views = [one for one in root.iter(f"{EDM}EntityType") if one.get("Name") == "TimeEntryView"]
    assert [one.find(f"{EDM}Key") for one in views] == [None] * (style == "v401")
    assert odata.get("/Allocations").status == (200 if style == "typedefs" else 404)


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"metadata_style": "typedefs", "numbers": "string"},
        {"metadata_style": "v401", "annotations": "4.01", "row_annotations": True},
        {"special_numbers": True, "undeclared": True, "row_annotations": True},
        {"modified": True, "hidden": {"Users": ["CostRate"], "Jobs": ["CustomFields"]}},
        {"hidden": {"Users": ["CustomFields", "CustomFieldsStr"]}},
    ],
    ids=str,
)
def test_truth_is_what_is_served(odata: OData, switches: dict[str, Any]) -> None:
    odata.world.switch(**switches)
    counts = truth.counts(odata.world)
    assert tuple(counts) == truth.tables(odata.world)
    for name, one in odata.world.sets.items():
        rows = truth.rows(odata.world, one.stream)
        served = odata.rows(name)
        assert len(rows) == len(served) == counts[one.stream] > 0
        for row, wire in zip(rows, served, strict=True):
            assert ("LegacyID" in wire) == ("undeclared" in switches)
            found = {name: plain(value) for name, value in wire.items() if name in row}
            assert found.keys() == row.keys()
            assert all(alike(found[name], value) for name, value in row.items()), (row, wire)
            assert len(row) == sum("@" not in name and name != "LegacyID" for name in wire)
        if one.custom_fields:
            fields = truth.rows(odata.world, one.custom_fields)
            assert len(fields) == counts[one.custom_fields]
            texts = [row.get("CustomFieldsStr") for row in rows]
            assert len(fields) == sum(len(json.loads(str(text or "{}"))) for text in texts)
            kinds = {"string": str, "number": str, "boolean": str, "null": type(None)}
            assert all(type(row["Value"]) is kinds[str(row["ValueType"])] for row in fields)


def plain(value: Any) -> Any:
    """Return a served value without annotations; null where JSON has no such number."""
    if isinstance(value, dict):
        return {name: one for name, one in value.items() if "@" not in name}
    return None if value in ("INF", "-INF", "NaN") else value


def alike(found: object, true: object) -> bool:
    if isinstance(true, bool) or not isinstance(true, (Decimal, int, float)):
        return found == true
    return Decimal(str(found)) == true if isinstance(found, str) else found == float(true)


@pytest.mark.parametrize(("version", "mark"), [("4.0", "@odata."), ("4.01", "@")])
def test_annotations_in_rows(own: OData, version: str, mark: str) -> None:
    own.world.switch(row_annotations=True, annotations=version)
    row = own.document("TimeEntries", top="1")["value"][0]
    assert row[f"{mark}id"] == f"TimeEntries('{row['ID']}')"
    assert row[f"Hours{mark}type"] == "#Decimal"
    fields = row["CustomFields"]
    assert fields[f"{mark}type"].endswith(".CustomFields")
    assert fields[f"Cost Center{mark}type"] == "#Double"
    assert "@" not in row["CustomFieldsStr"]
    own.world.edit_entry(row["ID"], Comment="changed")
    again = own.document("TimeEntries", filter=f"ID eq '{row['ID']}'")["value"][0]
    assert again[f"{mark}etag"] != row[f"{mark}etag"]


def test_numbers_that_json_lacks_or_spells_as_strings(odata: OData) -> None:
    odata.world.switch(special_numbers=True, numbers="string", metadata_style="typedefs")
    answer = odata.get("/Jobs?$count=true")
    assert "IEEE754Compatible=true" in answer.headers["content-type"]
    assert answer.json["@odata.count"] == "40"
    assert {"INF", "-INF", "NaN"} <= {row["LifetimeBudget"] for row in answer.json["value"]}
    assert odata.document("Allocations")["value"][0]["EstMinutes"] == str(2**53)


def test_rows_change(own: OData) -> None:
    own.world.switch(modified=True)
    before = truth.rows(own.world, "time_entries")
    new = own.api.control("POST", "/__clicktime", {"action": "insert_entry", "Hours": "2.5"}).json
    own.world.edit_entry(str(before[0]["ID"]), CustomFields={"a": 1}, Date=None)
    own.world.delete_entry(str(before[1]["ID"]))
    after = truth.rows(own.world, "time_entries")
    assert after == own.world.rows("time_entries")
    assert (after[-1]["ID"], after[-1]["Hours"]) == (new["result"], Decimal("2.5"))
    assert (after[0]["CustomFieldsStr"], after[0]["Date"]) == ('{"a":1}', None)
    assert after[1:-1] == before[2:]
    user = str(own.document("Users", filter="ModifiedDate eq null")["value"][0]["ID"])
    own.world.advance(60)
    own.world.edit_row(user, Name="New name")
    own.world.edit_row(user, Name="Newer name")
    newest = own.document("Users", orderby="ModifiedDate desc", top="1")["value"][0]
    assert (newest["ID"], newest["Name"]) == (user, "Newer name")
    assert newest["ModifiedDate"] == "2026-09-15T12:31:00.0000004Z"
    job = own.world.insert_row("jobs", ClientID=own.world.rows("clients")[0]["ID"])
    own.world.delete_row(user)
    assert [row["IsActive"] for row in own.rows("Jobs") if row["ID"] == job] == [True]
    assert user not in {row["ID"] for row in own.rows("Users")}


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "nothing"},
        {"action": "switch", "nothing": 1},
        {"action": "switch", "link_form": "sideways"},
        {"action": "switch", "forbidden": ["users"]},
        {"action": "insert_row", "table": "nothing"},
        {"action": "insert_row", "table": "jobs", "Name": "without client"},
        {"action": "insert_entry", "Hours": "many"},
        {"action": "insert_entry", "Date": "2026-02-30"},
        {"action": "insert_entry", "Nothing": 1},
        {"action": "delete_entry", "entry_id": "nothing"},
    ],
)
def test_wrong_changes_are_refused(odata: OData, fields: dict[str, object]) -> None:
    before = truth.counts(odata.world)
    assert odata.api.control("POST", "/__clicktime", fields).status == 400
    assert truth.counts(odata.world) == before
    assert odata.world.switches == Switches()


def test_company_is_made_up_when_asked_for_and_always_the_same(own: OData) -> None:
    own.get("/$metadata?x=a+b&y=%20")
    (asked,) = own.api.running.requests
    assert (asked.service, asked.route) == ("clicktime", f"{ROOT}/$metadata")
    assert (asked.target[-12:], asked.query[1]) == ("?x=a+b&y=%20", ("y", " "))
    own.world.advance(16 * 86_400)
    assert not vars(own.world)["_tables"]
    assert own.rows("TimeEntries", filter="Date gt 2026-09-20") == []
    with (
        sandbox_package.start(now=NOW, entries=50) as one,
        sandbox_package.start(now=NOW, entries=50) as two,
    ):
        assert len(one.clicktime.rows("time_entries")) == 50
        assert one.clicktime.rows("users") == two.clicktime.rows("users")
