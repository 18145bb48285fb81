"""What is said of the documented columns, and that it reaches the catalog of a real service."""

from __future__ import annotations

from tap_clicktime.tap import TapClickTime
from tests.clicktime.documents import SETTINGS, catalog_of, document
from tests.common.descriptions import faults_of, parts
from tests.common.doubles import Answers

USERS = '<EntitySet Name="Users" EntityType="Test.User"/>'
USER = (
    '<EntityType Name="User"><Key><PropertyRef Name="ID"/></Key>'
    '<Property Name="ID" Type="Edm.Guid"/>'
    '<Property Name="MinimumTimeHours" Type="Edm.Decimal"/>'
    '<Property Name="DivisionID" Type="Edm.Int32"/>'
    '<Property Name="Shift" Type="Edm.String"/>'
    '<Property Name="CustomFieldsStr" Type="Edm.String"/></EntityType>'
)


def test_every_documented_column_is_described() -> None:
    documented = catalog_of(TapClickTime(config={}, validate_config=False))
    assert len(documented) == 14
    assert faults_of(documented) == []


def test_a_column_of_a_service_is_described_as_documented() -> None:
    class Over(TapClickTime):
        session = Answers({"/$metadata": document(USER, USERS)})  # type: ignore[assignment]  # made-up answers

    found = catalog_of(Over(config=SETTINGS))
    columns = found["users"]["properties"]
    assert parts(columns["MinimumTimeHours"]["description"]) == {
        "": "hours below which a MinimumTimePeriod of the user is incomplete.",
        "Unit": "hours",
        "Needs": (
            "an Admin, or a Manager with View People for all divisions or who reviews timesheets"
        ),
    }
    assert parts(columns["DivisionID"]["description"])["Joins"] == "divisions.ID"
    assert columns["DivisionID"]["type"] == ["integer", "null"]
    assert columns["Shift"] == {"type": ["string", "null"]}
    assert {*columns} == {"ID", "MinimumTimeHours", "DivisionID", "Shift", "CustomFieldsStr"}
    owner = found["user_custom_fields"]["properties"]["UserID"]
    text = "the row that has the custom field. Joins: users.ID."
    assert owner == {"type": "string", "description": text}
