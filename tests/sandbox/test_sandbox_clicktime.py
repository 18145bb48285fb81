"""The OData facade: who is let in, what it describes, how it is wired into the sandbox."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree as ET

import pytest

import sandbox as sandbox_package
from sandbox.clicktime import truth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox import Sandbox
    from sandbox.clicktime.world import World
    from tests.sandbox.conftest import Answer, Api

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
        """Ask for an address as it is, below the root unless it is a whole one."""
        whole = target.startswith("http")
        address = urlsplit(target) if whole else urlsplit(ROOT + target)
        asked = f"{address.path}?{address.query}" if address.query else address.path
        return self.api.ask("GET", asked, headers={**TOKEN, **(headers or {})})

    def document(
        self, set_name: str, headers: Mapping[str, str] | None = None, **options: str
    ) -> Any:
        """Return the document of a set's first page."""
        answer = self.get(f"/{set_name}?{encoded(options)}", headers)
        assert answer.status == 200, answer.body
        return answer.json

    def count(self, set_name: str, filter_text: str) -> int:
        answer = self.get(f"/{set_name}/$count?{encoded({'filter': filter_text})}")
        assert answer.status == 200, answer.body
        return int(answer.body)

    def status(self, set_name: str, **options: str) -> int:
        return self.get(f"/{set_name}?{encoded(options)}").status

    def walk(
        self, set_name: str, size: int | None = None, **options: str
    ) -> list[list[dict[str, Any]]]:
        """Follow the links as they are; return the rows by page."""
        headers = {"Prefer": f"odata.maxpagesize={size}"} if size else {}
        document = self.document(set_name, headers, **options)
        pages = [document["value"]]
        while link := document.get("@odata.nextLink"):
            answer = self.get(link)
            assert answer.status == 200, answer.body
            document = answer.json
            pages.append(document["value"])
        return pages


def encoded(options: Mapping[str, str]) -> str:
    return "&".join(f"${name}={quote(value)}" for name, value in options.items())


@pytest.fixture
def odata(api: Api) -> OData:
    return OData(api)


def basic(user: str, token: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()


@pytest.mark.parametrize(
    "given",
    [
        "Token sandbox-token",
        "TOKEN sandbox-token",
        basic("clicktime", "sandbox-token"),
    ],
)
def test_who_is_let_in(odata: OData, given: str) -> None:
    assert odata.get("/", {"Authorization": given}).status == 200


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Token wrong",
        "Bearer sandbox-token",
        "sandbox-token",
        basic("ClickTime", "sandbox-token"),
        basic("clicktime", "wrong"),
        "Basic sandbox-token",
    ],
)
def test_who_is_not(odata: OData, given: str) -> None:
    for path in ("/", "/$metadata", "/Users", "/Users/$count", "/Nothing"):
        answer = odata.get(path, {"Authorization": given})
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert set(answer.json["error"]) >= {"code", "message"}


def test_service_document(odata: OData) -> None:
    for path in ("/", ""):
        answer = odata.get(path)
        assert answer.headers["odata-version"] == "4.0"
        assert answer.headers["content-type"].startswith("application/json;odata.metadata=minimal")
        assert [one["url"] for one in answer.json["value"]] == SETS
        assert answer.json["@odata.context"].endswith("/clicktime/odata/$metadata")


def properties(odata: OData, entity: str) -> dict[str, str]:
    root = ET.fromstring(odata.get("/$metadata").body)
    found = next(one for one in root.iter(f"{EDM}EntityType") if one.get("Name") == entity)
    return {one.get("Name", ""): one.get("Type", "") for one in found.iter(f"{EDM}Property")}


def test_metadata(odata: OData) -> None:
    answer = odata.get("/$metadata")
    assert answer.headers["content-type"] == "application/xml"
    root = ET.fromstring(answer.body)
    assert root.get("Version") == "4.0"
    assert [one.get("Name") for one in root.iter(f"{EDM}EntitySet")] == SETS
    entry = properties(odata, "TimeEntry")
    assert entry["Date"] == "Edm.Date"
    assert entry["StartTime"] == "Edm.TimeOfDay"
    assert entry["Hours"] == "Edm.Decimal"
    assert entry["CustomFields"] == "ClickTime.OData.Models.CustomFields"
    assert properties(odata, "Timesheet")["Status"] == "ClickTime.OData.Models.TimesheetStatus"
    free = next(root.iter(f"{EDM}ComplexType"))
    assert (free.get("OpenType"), len(free)) == ("true", 0)
    assert odata.get("/%24metadata").body == answer.body


@pytest.mark.parametrize("style", ["aspnet", "aliases", "typedefs", "v401"])
def test_rows_have_what_metadata_declares(odata: OData, style: str) -> None:
    odata.world.switch(metadata_style=style)
    root = ET.fromstring(odata.get("/$metadata").body)
    types = {one.get("Name", ""): one for one in root.iter(f"{EDM}EntityType")}
    for one in root.iter(f"{EDM}EntitySet"):
        declared: set[str | None] = set()
        name = one.get("EntityType")
        while name:
            entity = types[name.rpartition(".")[2]]
            declared |= {each.get("Name") for each in entity.iter(f"{EDM}Property")}
            name = entity.get("BaseType")
        for row in odata.document(one.get("Name", ""), top="5")["value"]:
            assert set(row) == declared


def test_extra_sets_of_styles(odata: OData) -> None:
    odata.world.switch(metadata_style="typedefs")
    rows = [row for page in odata.walk("Allocations") for row in page]
    assert len({(row["JobID"], row["UserID"], row["Month"]) for row in rows}) == len(rows) > 0
    assert odata.status("TimeEntriesView") == 404
    odata.world.switch(metadata_style="v401")
    root = ET.fromstring(odata.get("/$metadata").body)
    assert root.get("Version") == "4.01"
    view = next(e for e in root.iter(f"{EDM}EntityType") if e.get("Name") == "TimeEntryView")
    assert view.find(f"{EDM}Key") is None
    assert odata.count("TimeEntriesView", "Hours ge 0") == 1200
    assert odata.status("Allocations") == 404
    assert truth.counts(odata.world)["time_entries_view"] == 1200


def test_what_is_not_there(odata: OData) -> None:
    for path in ("/Nothing", "/users", "/Nothing/$count", "/Users/x/y", "/Users('x')"):
        answer = odata.get(path)
        assert answer.status == 404
        assert answer.json["error"]["code"] == "NotFound"
    answer = odata.api.ask("POST", f"{ROOT}/Users", headers=TOKEN)
    assert (answer.status, answer.headers["allow"]) == (405, "GET")


def test_formats(odata: OData) -> None:
    accept = {"Accept": "application/json;odata.metadata=none"}
    assert set(odata.document("Users", accept, count="true")) == {"@odata.count", "value"}
    assert odata.get("/Users?$format=json", {"Accept": "text/html"}).status == 200
    assert odata.get("/Users?$format=xml").status == 415
    assert odata.get("/Users", {"Accept": "text/html"}).status == 406
    assert odata.get("/$metadata", {"Accept": "application/json"}).status == 406
    assert odata.get("/Users", {"OData-MaxVersion": "3.0"}).status == 400
    full = odata.document("Users", {"Accept": "application/json;odata.metadata=full"}, top="1")
    assert full["value"][0]["@odata.id"] == f"Users('{full['value'][0]['ID']}')"


def test_truth_is_what_is_served(odata: OData) -> None:
    counts = odata.api.control("GET", "/__truth/clicktime").json
    assert tuple(counts) == truth.TABLES
    for set_name, table in zip(SETS, truth.TABLES, strict=False):
        rows = truth.rows(odata.world, table)
        served = [row for page in odata.walk(set_name, 5000) for row in page]
        assert len(rows) == len(served) == counts[table]
        assert [{**row, **floats(row)} for row in rows] == served
        keys = [row["ID"] for row in rows]
        assert len(set(keys)) == len(keys)
        assert {(len(str(key)), str(key)[-1]) for key in keys} == {(24, "2")}


def floats(row: Mapping[str, object]) -> dict[str, float]:
    return {name: float(value) for name, value in row.items() if isinstance(value, Decimal)}


def test_truth_of_custom_fields(odata: OData) -> None:
    counts = odata.api.control("GET", "/__truth/clicktime").json
    rows = truth.rows(odata.world, "time_entry_custom_fields")
    assert len(rows) == counts["time_entry_custom_fields"]
    assert {row["ValueType"] for row in rows} == {"string", "number", "boolean", "null"}
    assert set(rows[0]) == {"TimeEntryID", "Name", "Value", "ValueType", "Date"}
    fields = {row["ID"]: row["CustomFields"] for row in odata.document("Users")["value"]}
    for row in truth.rows(odata.world, "user_custom_fields"):
        value = fields[row["UserID"]][row["Name"]]
        if row["ValueType"] in {"string", "null"}:
            assert row["Value"] == value
        else:
            assert json.loads(str(row["Value"])) == value
    by_control = odata.api.control("GET", "/__truth/clicktime/division_custom_fields").json
    assert by_control == truth.rows(odata.world, "division_custom_fields")
    assert odata.api.control("GET", "/__truth/clicktime/nothing").status == 400


def test_custom_fields_and_their_text(odata: OData) -> None:
    rows = [row for page in odata.walk("TimeEntries") for row in page]
    for row in rows:
        text = row["CustomFieldsStr"]
        assert (None if text is None else json.loads(text)) == row["CustomFields"]
    names = {name for row in rows for name in row["CustomFields"] or ()}
    assert {"Cost Center", "Client's reference", "Größe"} <= names
    assert None in {row["Date"] for row in rows}
    comments = "".join(row["Comment"] or "" for row in rows)
    assert all(mark in comments for mark in ("\n", '"', "🚧", "\u2028"))


def test_decimals_are_exact(odata: OData) -> None:
    answer = odata.get("/Users?$filter=CostPerTimesheet%20ne%20null")
    assert b'"CostPerTimesheet":12345678901234.567891,' in answer.body
    assert {row["CostPerTimesheet"] for row in truth.rows(odata.world, "users")} == {
        None,
        Decimal("12345678901234.567891"),
    }


def test_changes_by_control_route(odata: OData) -> None:
    def act(**fields: object) -> Any:
        answer = odata.api.control("POST", "/__clicktime", fields)
        assert answer.status == 200, answer.body
        return answer.json["result"]

    entry = act(action="insert_entry", Hours="1.10", Date="2026-09-14", Comment="new")
    assert odata.count("TimeEntries", f"ID eq '{entry}' and Hours eq 1.1") == 1
    act(action="edit_entry", entry_id=entry, Hours=2.5, CustomFields={"Region": ["a", 1]})
    row = odata.document("TimeEntries", filter=f"ID eq '{entry}'")["value"][0]
    assert (row["Hours"], row["CustomFieldsStr"]) == (2.5, '{"Region":["a",1]}')
    kinds = truth.rows(odata.world, "time_entry_custom_fields")
    assert [one["ValueType"] for one in kinds if one["TimeEntryID"] == entry] == ["array"]
    act(action="delete_entry", entry_id=entry)
    assert odata.count("TimeEntries", f"ID eq '{entry}'") == 0
    task = act(action="insert_row", table="tasks", Name="Dig")
    act(action="edit_row", row_id=task, Name="Dig deeper")
    assert odata.count("Tasks", "Name eq 'Dig deeper'") == 1
    act(action="delete_row", row_id=task)
    assert odata.count("Tasks", "Name eq 'Dig deeper'") == 0
    act(action="switch", link_form="relative", forbidden=["Jobs"])
    assert odata.world.switches.link_form == "relative"


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
    assert odata.world.switches.forbidden == []


def test_faults_and_log(running: Sandbox, odata: OData) -> None:
    before = odata.document("Divisions")
    running.faults.add(route=f"GET {ROOT}/Divisions", kind="duplicate_row")
    assert odata.document("Divisions")["value"] == [*before["value"], before["value"][-1]]
    running.faults.add(route="/Divisions", kind="blank_key")
    assert odata.document("Divisions")["value"][-1]["ID"] is None
    running.faults.add(route="/Divisions", kind="replace", field="value.Name", value=7)
    assert {row["Name"] for row in odata.document("Divisions")["value"]} == {7}
    running.reset_requests()
    odata.get("/Users?$filter=IsActive%20eq%20true&x=a+b")
    (asked,) = running.requests
    assert (asked.service, asked.route) == ("clicktime", f"{ROOT}/{{Set}}")
    assert asked.target == f"{ROOT}/Users?$filter=IsActive%20eq%20true&x=a+b"
    assert asked.query[0] == ("$filter", "IsActive eq true")


def test_company_is_made_up_when_asked_for(running: Sandbox, odata: OData) -> None:
    odata.get("/$metadata")
    odata.api.control("POST", "/__clock", {"now": "2026-10-01T00:00:00Z"})
    assert not vars(running.clicktime)["_tables"]
    assert f"{running.clicktime.now:%Y-%m-%d}" == "2026-10-01"
    assert odata.count("TimeEntries", "Date gt 2026-09-20") == 0


def test_entries_and_seed() -> None:
    few: dict[str, Any] = {
        "entries": 50,
        "seed": 1,
        "now": datetime(2026, 9, 15, 12, 30, tzinfo=timezone.utc),
    }
    with sandbox_package.start(**few) as one, sandbox_package.start() as other:
        assert len(one.clicktime.rows("time_entries")) == 50
        assert len(other.clicktime.rows("time_entries")) == 1200
    with sandbox_package.start(**few) as again:
        assert again.clicktime.rows("users") == one.clicktime.rows("users")
