"""Nothing documented is missing: Kondado's columns, the properties of the published description."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from scripts.kondado import COLUMNS
from tap_clockify import rows
from taps_common.rows import Row, fields_of, nested_row
from tests.clockify.runs import discovered

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = Path(__file__).parents[3] / "shared" / "data" / "clockify-openapi.json"

SAME_NAME = {"summaryreportsettings": "settings.summaryreportsettings"}
"""Columns that are documented without the object they are in."""

TYPES: dict[str, type[Row]] = {
    "WorkspaceDtoV1": rows.Workspace,
    "UserDtoV1": rows.User,
    "UserGroupDtoV1": rows.UserGroup,
    "ClientWithCurrencyDtoV1": rows.Client,
    "ProjectDtoV1": rows.Project,
    "TaskDtoV1": rows.Task,
    "TagDtoV1": rows.Tag,
    "TimeEntryWithRatesDtoV1": rows.TimeEntry,
    "CustomFieldDtoV1": rows.CustomField,
    "ExpenseHydratedDtoV1": rows.Expense,
    "ExpenseCategoryDtoV1": rows.ExpenseCategory,
    "InvoiceOverviewDtoV1": rows.Invoice,
    "InvoicePaymentDtoV1": rows.InvoicePayment,
    "HolidayDtoV1": rows.Holiday,
    "PolicyDtoV1": rows.TimeOffPolicy,
    "TimeOffRequestFullV1Dto": rows.TimeOffRequest,
    "BalanceDtoV1": rows.TimeOffBalance,
    "BalanceAssignmentV1Dto": rows.BalanceAssignment,
    "AssignmentHydratedDtoV1": rows.Assignment,
    "SchedulingProjectsTotalsDtoV1": rows.ProjectAssignmentTotal,
    "SchedulingUsersTotalsDtoV1": rows.UserCapacityTotal,
    "ApprovalDetailsDtoV1": rows.ApprovalRequest,
    "WebhookDtoV1": rows.Webhook,
    "SharedReportDtoV1": rows.SharedReport,
    "MemberProfileDtoV1": rows.MemberProfile,
}

LEFT_OUT: dict[str, str] = {"Webhook.authToken": "a secret"}
"""Path of a documented property that no row type has, and why."""

AS_ANOTHER_KIND = {
    "Workspace.featureSubscriptionType": "an object in the description, text on the wire",
}
"""Objects in the description whose properties no row type can have."""


# -- Kondado's documentation -----------------------------------------------------------------------


def schemas() -> dict[str, dict[str, Any]]:
    return {stream["tap_stream_id"]: stream["schema"] for stream in discovered()["streams"]}


def described(schema: dict[str, Any], path: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = schema
    for name in path.split("."):
        found = found and found.get("properties", {}).get(name)
    return found


@pytest.mark.parametrize("table", COLUMNS)
def test_each_documented_column_has_its_property(table: str) -> None:
    known = schemas()
    for column, (stream, path) in COLUMNS[table].items():
        found = described(known[stream], path)
        assert found, (column, stream, path)
        scalar = "object" not in found["type"] and "array" not in found["type"]
        assert scalar or column == "costrate", (column, path)


def test_each_column_has_a_property_of_its_own_with_the_same_name() -> None:
    for table, columns in COLUMNS.items():
        assert len(set(columns.values())) == len(columns), table
        for column, (_, path) in columns.items():
            letters = re.sub("[^a-z]", "", column)
            assert re.sub("[^a-z]", "", path.lower()).endswith(letters), (table, column)


def test_the_number_of_documented_columns() -> None:
    assert {table: len(columns) for table, columns in COLUMNS.items()} == {
        "workspaces": 36,
        "projects": 22,
        "clients": 5,
        "users": 25,
        "users_memberships": 7,
        "user_groups": 3,
        "tags": 4,
        "time_entries": 11,
        "time_entries_tags": 2,
    }


# -- the published description ---------------------------------------------------------------------


def undeclared(
    schema: dict[str, Any], row: type[msgspec.Struct], document: dict[str, Any], above: str
) -> Iterator[str]:
    """Yield the documented properties that a row type does not declare, nested ones included."""
    fields = {field.encode_name: field for field in fields_of(row)}
    for name, given in resolved(schema, document).get("properties", {}).items():
        here = f"{above}.{name}"
        if name not in fields:
            yield here
            continue
        inner = resolved(given, document)
        inner = resolved(inner.get("items", inner), document)
        if not inner.get("properties") or inner.get("oneOf"):  # an enumeration
            continue
        nested = row_behind(fields[name].type)
        if nested is None:
            if here not in AS_ANOTHER_KIND and not is_any(fields[name].type):
                yield f"{here}.*"
            continue
        yield from undeclared(inner, nested, document, here)


def resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Return a schema behind its reference, with what it is composed of."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    properties = dict(schema.get("properties", {}))
    for part in schema.get("allOf", ()):
        properties |= resolved(part, document).get("properties", {})
    return {**schema, "properties": properties} if properties else schema


def row_behind(info: msgspec.inspect.Type) -> type[msgspec.Struct] | None:
    """Return the type of an object, or of the objects in a list, through nullability."""
    if found := nested_row(info):
        return found.cls
    members = info.types if isinstance(info, msgspec.inspect.UnionType) else (info,)
    for member in members:
        if isinstance(member, msgspec.inspect.ListType):
            return row_behind(member.item_type)
    return None


def is_any(info: msgspec.inspect.Type) -> bool:
    return isinstance(getattr(info, "type", info), msgspec.inspect.AnyType)


@pytest.mark.skipif(not DOCUMENT.exists(), reason="the published description is not there")
@pytest.mark.parametrize("name", TYPES)
def test_row_types_cover_the_published_description(name: str) -> None:
    document = json.loads(DOCUMENT.read_text())
    row = TYPES[name]
    found = set(undeclared({"$ref": f"#/components/schemas/{name}"}, row, document, row.__name__))
    new = sorted(found - LEFT_OUT.keys())
    assert not new, f"the published description has more than {row.__name__}: {', '.join(new)}"
    stale = {path for path in LEFT_OUT if path.startswith(f"{row.__name__}.")} - found
    assert not stale, f"not left out any more: {', '.join(sorted(stale))}"


def test_a_newer_description_would_be_named() -> None:
    newer = {
        "properties": {
            "id": {"type": "string"},
            "timeInterval": {"properties": {"zone": {"type": "string"}}},
            "shift": {"type": "string"},
        }
    }
    found = sorted(undeclared(newer, rows.TimeEntry, {}, "TimeEntry"))
    assert found == ["TimeEntry.shift", "TimeEntry.timeInterval.zone"]
