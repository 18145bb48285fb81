"""Answers validate against Clockify's published description, its known errors corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.description import Schema, load, validate

if TYPE_CHECKING:
    from tests.sandbox.conftest import Api

LISTS: list[tuple[str, str, dict[str, object]]] = [
    ("users", "UserDtoV1", {"memberships": "ALL", "account_statuses": "ACTIVE,LIMITED"}),
    ("user-groups", "UserGroupDtoV1", {"include_team_managers": "true"}),
    ("clients", "ClientWithCurrencyDtoV1", {}),
    ("projects", "ProjectDtoV1", {}),
    ("projects", "HydratedProject", {"hydrated": "true"}),
    ("tags", "TagDtoV1", {}),
]

OPTIONAL = {
    "users": {"name", "settings", "profilePicture", "activeWorkspace", "defaultWorkspace"},
    "clients": {"address", "email", "note", "ccEmails", "currencyId", "currencyCode"},
    "projects": {
        *("clientId", "clientName", "note", "hourlyRate", "costRate", "timeEstimate"),
        *("budgetEstimate", "estimateReset"),
    },
}


@pytest.fixture(scope="module")
def schemas() -> dict[str, Schema]:
    return load()


@pytest.mark.parametrize(("path", "schema", "query"), LISTS)
def test_list_conforms(
    api: Api, schemas: dict[str, Schema], path: str, schema: str, query: dict[str, object]
) -> None:
    rows = [row for base in (api.main, api.second) for row in api.rows(f"{base}/{path}", **query)]
    validate(schemas, schema, rows)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "extra", "field": "surprise", "value": 1},
        {"kind": "replace", "field": "archived", "value": "no"},
        {"kind": "replace", "field": "name"},
        {"kind": "remove", "field": "workspaceId"},
    ],
)
def test_what_does_not_conform_is_noticed(
    api: Api, schemas: dict[str, Schema], fault: dict[str, object]
) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    api.running.faults.add(route="/tags", **fault)
    with pytest.raises((AssertionError, jsonschema.ValidationError)):
        validate(schemas, "TagDtoV1", api.rows(f"{api.main}/tags"))


def test_workspaces_conform(api: Api, schemas: dict[str, Schema]) -> None:
    rows = api.get("/workspaces").json
    validate(schemas, "WorkspaceDtoV1", rows)
    assert [api.get(f"/workspaces/{row['id']}").json for row in rows] == rows


def test_user_conforms(api: Api, schemas: dict[str, Schema]) -> None:
    validate(schemas, "UserDtoV1", [api.get("/user", include_memberships="true").json])


def test_tasks_conform(api: Api, schemas: dict[str, Schema]) -> None:
    paths = [f"{api.main}/projects/{row['id']}/tasks" for row in api.rows(f"{api.main}/projects")]
    validate(schemas, "TaskDtoV1", [row for path in paths for row in api.rows(path)])


def test_time_entries_conform(api: Api, schemas: dict[str, Schema]) -> None:
    users = api.rows(f"{api.main}/users", account_statuses="ACTIVE,LIMITED")
    rows = [row for user in users for row in api.rows(api.entries_path(user["id"]))]
    validate(schemas, "TimeEntryWithRatesDtoV1", rows)


@pytest.mark.parametrize(
    ("path", "schema"), [("custom-fields", "CustomFieldDtoV1"), ("holidays", "HolidayDtoV1")]
)
def test_unpaged_list_conforms(
    api: Api, schemas: dict[str, Schema], path: str, schema: str
) -> None:
    validate(schemas, schema, api.get(f"{api.main}/{path}").json)


@pytest.mark.parametrize("path", OPTIONAL)
def test_optional_fields_are_null_somewhere(api: Api, path: str) -> None:
    rows = api.rows(f"{api.main}/{path}")
    assert {name for row in rows for name, value in row.items() if value is None} >= OPTIONAL[path]


def test_time_entry_fields_are_null_somewhere(api: Api) -> None:
    rows = api.rows(api.entries_path())
    assert {name for row in rows for name, value in row.items() if value is None} == {
        *("description", "tagIds", "taskId", "projectId", "customFieldValues", "kioskId"),
        *("hourlyRate", "costRate"),
    }
    assert {row["type"] for row in rows} == {"REGULAR", "BREAK", "HOLIDAY", "TIME_OFF"}
