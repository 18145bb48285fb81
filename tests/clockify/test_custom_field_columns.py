"""Chosen custom fields of entries, projects and users as typed columns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_clockify.tap import TapClockify
from taps_common.errors import TapError
from tests.clockify.runs import Account, true_rows

if TYPE_CHECKING:
    from tests.common.runs import Row, Run


def catalog(columns: dict[str, Any], *tables: str) -> dict[str, Any]:
    """Return what is discovered with the columns, with some tables selected."""
    config = {"custom_field_columns": columns}
    found: dict[str, Any] = json.loads(
        json.dumps(TapClockify(config=config, validate_config=False).catalog_dict)
    )
    for entry in found["streams"]:
        for one in entry["metadata"]:
            if not one["breadcrumb"]:
                one["metadata"]["selected"] = entry["tap_stream_id"] in tables
    return found


def read(account: Account, columns: dict[str, Any], *tables: str) -> Run:
    chosen = catalog(columns, *tables)
    return account.run(catalog=chosen, custom_field_columns=columns).ok()


def held(row: Row, of: str, ident: str) -> Any:
    """Return the value of a custom field of a row, by the field's id."""
    found = [one["value"] for one in row[of] or () if one["customFieldId"] == ident]
    return found[0] if found else None


@pytest.mark.parametrize(
    ("table", "of", "name"),
    [("time_entries", "customFieldValues", "name"), ("users", "customFields", "customFieldName")],
)
def test_fields_are_columns_by_name_or_id(shared: Account, table: str, of: str, name: str) -> None:
    true = true_rows(shared.world, table)
    fields = {one["customFieldId"]: one[name] for row in true for one in row[of] or ()}
    ident, called = next((ident, called) for ident, called in fields.items() if called)
    columns = {table: [called, ident]}
    run = read(shared, columns, table)
    by_name = "CustomField_" + "".join(c if c.isalnum() else "_" for c in called).strip("_")
    values = set()
    for row in run.records(table):
        value = held(row, of, ident)
        text = value if value is None or isinstance(value, str) else json.dumps(value)
        assert row[f"CustomField_{ident}"] == row[by_name] == text
        values.add(text)
    assert len(values) > 1


def test_types_and_what_does_not_fit(account: Account) -> None:
    field = {"customFieldId": "f1", "customFieldName": "Rate", "customFieldType": "NUMBER"}
    rows = [
        {"id": ident, "customFields": [{**field, "value": value}]}
        for ident, value in (("a", 12.5), ("b", "7"), ("c", "many"), ("d", None))
    ]
    account.fault("/users", "status", code=200, body=json.dumps([*rows, {"id": "e"}]))
    run = read(account, {"users": [{"name": "Rate", "type": "number"}]}, "users")
    found = {row["id"]: row["CustomField_Rate"] for row in run.records("users")}
    assert found == {"a": 12.5, "b": 7, "c": None, "d": None, "e": None}
    rescued = {row["id"]: row.get("_rescued_data") for row in run.records("users")}
    assert rescued["c"] == '{"CustomField_Rate":"many"}'
    assert "users: values of the custom field 'Rate' are not of the type number" in run.log


def test_projects_are_hydrated_for_their_fields(account: Account) -> None:
    fields = [{"customFieldId": "f1", "name": "PO", "type": "TXT", "value": "4711"}]
    body = [{"id": "a", "customFields": fields}, {"id": "b", "customFields": []}]
    account.fault("/projects", "status", code=200, body=json.dumps(body))
    run = read(account, {"projects": ["PO"]}, "projects")
    assert {row["id"]: row["CustomField_PO"] for row in run.records("projects")} == {
        "a": "4711",
        "b": None,
    }
    assert "form is not documented" in run.schema("projects")["customFields"]["description"]
    assert all("hydrated=true" in line for line in account.requests() if "/projects?" in line)
    assert "Custom fields do not come with projects" not in run.log


@pytest.mark.parametrize("how", ["ignored", "refused"])
def test_projects_without_their_fields_are_said(account: Account, how: str) -> None:
    account.world.switch(**{f"hydrated_{how}": True})
    run = read(account, {"projects": ["PO"]}, "projects")
    assert {row["CustomField_PO"] for row in run.records("projects")} == {None}
    assert "Custom fields do not come with projects, so their columns are null" in run.log


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"clients": ["PO"]}, "names clients; there are custom fields of time_entries, projects"),
        ({"users": [{"name": "PO", "type": "money"}]}, "custom_field_columns.users must list"),
        ({"users": ["A b", "A-b"]}, "would name two columns CustomField_A_b"),
    ],
)
def test_what_cannot_be_a_column_is_refused(columns: dict[str, Any], says: str) -> None:
    with pytest.raises(TapError, match=says):
        catalog(columns)
