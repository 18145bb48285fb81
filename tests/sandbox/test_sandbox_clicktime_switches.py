"""What switches and permissions of the OData facade do to rows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from sandbox.clicktime import truth
from tests.sandbox.test_sandbox_clicktime import SETS, OData, properties

if TYPE_CHECKING:
    from tests.sandbox.conftest import Api


@pytest.fixture
def odata(api: Api) -> OData:
    return OData(api)


def test_numbers_as_strings(odata: OData) -> None:
    plain = odata.document("Jobs", count="true")
    odata.world.switch(numbers="string", metadata_style="typedefs")
    answer = odata.get("/Jobs?$count=true")
    assert "IEEE754Compatible=true" in answer.headers["content-type"]
    assert answer.json["@odata.count"] == "40"
    for row, before in zip(answer.json["value"], plain["value"], strict=True):
        rate = before["BillingRate"]
        assert row["BillingRate"] is None if rate is None else Decimal(row["BillingRate"]) == rate
        assert row["LifetimeBudget"] == before["LifetimeBudget"]
        assert row["CustomFields"] == before["CustomFields"]
    minutes = odata.document("Allocations")["value"][0]["EstMinutes"]
    assert int(minutes) == 2**53 + 0
    assert isinstance(truth.rows(odata.world, "allocations")[0]["EstMinutes"], int)
    odata.world.switch(numbers="number")
    asked = {"Accept": "application/json;odata.metadata=minimal;IEEE754Compatible=true"}
    assert isinstance(odata.document("TimeEntries", asked)["value"][0]["Hours"], str)


def test_numbers_that_are_none(odata: OData) -> None:
    odata.world.switch(special_numbers=True)
    served = odata.document("Jobs")["value"]
    budgets = [row["LifetimeBudget"] for row in served]
    assert {"INF", "-INF", "NaN"} <= set(budgets)
    expected = [None if isinstance(one, str) else one for one in budgets]
    assert [row["LifetimeBudget"] for row in truth.rows(odata.world, "jobs")] == expected


def test_hidden_properties(odata: OData) -> None:
    odata.world.switch(hidden={"Users": ["BillingRate", "CostRate"]})
    row = odata.document("Users", top="1")["value"][0]
    assert {"BillingRate", "CostRate"}.isdisjoint(row)
    assert "BillingRate" in properties(odata, "User")
    assert "BillingRate" in odata.document("Jobs", top="1")["value"][0]
    asked = odata.document("Users", top="1", select="ID,BillingRate")["value"]
    assert [set(one) for one in asked] == [{"ID"}]
    assert "BillingRate" not in truth.rows(odata.world, "users")[0]
    odata.world.switch(hidden={"Users": ["CustomFields", "CustomFieldsStr"]})
    assert truth.counts(odata.world)["user_custom_fields"] == 0


def test_forbidden_sets(odata: OData) -> None:
    odata.world.switch(forbidden=["Timesheets"])
    for path in ("/Timesheets", "/Timesheets/$count"):
        answer = odata.get(path)
        assert (answer.status, answer.json["error"]["code"]) == (403, "Forbidden")
    assert odata.status("Users") == 200
    assert [one["name"] for one in odata.get("/").json["value"]] == SETS


def test_modification_dates(odata: OData) -> None:
    assert odata.status("Users", filter="ModifiedDate ne null") == 400
    odata.world.switch(modified=True)
    for set_name in ("TimeEntries", "Users", "Jobs"):
        dates = [row["ModifiedDate"] for row in odata.document(set_name)["value"]]
        assert None in dates
        assert {len(one.partition(".")[2]) for one in dates if one} == {8}
    assert properties(odata, "TimeEntry")["ModifiedDate"] == "Edm.DateTimeOffset"
    assert "ModifiedDate" not in properties(odata, "Client")
    user = odata.document("Users", filter="ModifiedDate eq null")["value"][0]["ID"]
    odata.world.advance(60)
    odata.world.edit_row(user, Name="New name")
    odata.world.edit_row(user, Name="Newer name")
    newest = odata.document("Users", orderby="ModifiedDate desc", top="1")["value"][0]
    assert (newest["ID"], newest["Name"]) == (user, "Newer name")
    assert newest["ModifiedDate"] == "2026-09-15T12:31:00.0000002Z"
    assert odata.count("Users", "ModifiedDate ge 2026-09-15T12:31:00Z") == 1
    assert truth.rows(odata.world, "users")[0].keys() >= {"ModifiedDate"}


def test_undeclared_properties(odata: OData) -> None:
    odata.world.switch(undeclared=True)
    assert odata.document("Tasks", top="1")["value"][0]["LegacyID"] == "L000000"
    assert "LegacyID" not in properties(odata, "Task")
    assert "LegacyID" not in truth.rows(odata.world, "tasks")[0]


@pytest.mark.parametrize(("version", "mark"), [("4.0", "@odata."), ("4.01", "@")])
def test_annotations_in_rows(odata: OData, version: str, mark: str) -> None:
    odata.world.switch(row_annotations=True, annotations=version)
    row = odata.document("TimeEntries", top="1")["value"][0]
    assert row[f"{mark}id"] == f"TimeEntries('{row['ID']}')"
    assert row[f"{mark}etag"].startswith('W/"')
    assert row[f"Hours{mark}type"] == "#Decimal"
    fields = row["CustomFields"]
    assert fields[f"{mark}type"].endswith(".CustomFields")
    assert fields[f"Cost Center{mark}type"] == "#Double"
    assert "@" not in row["CustomFieldsStr"]
    etag = row[f"{mark}etag"]
    odata.world.edit_entry(row["ID"], Comment="changed")
    again = odata.document("TimeEntries", filter=f"ID eq '{row['ID']}'")["value"][0]
    assert again[f"{mark}etag"] != etag


def test_compression(odata: OData) -> None:
    odata.world.switch(compress=True)
    answer = odata.get("/Users", {"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
