"""Answers validate against Clockify's published description, its known errors corrected."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Api

DESCRIPTION = Path(__file__).parents[2].parent / "shared" / "data" / "clockify-openapi.json"

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
ANYTHING: Schema = {"type": ["string", "number", "boolean", "array", "object"]}
VALUE_OBJECT: Schema = {
    "type": "object",
    "properties": {"value": STRING},
    "required": ["value"],
}
ENUM = "an enum that the description types as an object; a string on the wire"
UNTYPED = "any JSON value, which the description types as an object"
MISSING = "on the wire, but missing in the description"

CORRECTIONS: list[tuple[str, str | None, Schema, str]] = [
    ("AccountStatus", None, STRING, ENUM),
    ("CustomFieldType", None, STRING, ENUM),
    ("FeaturePlan", None, STRING, ENUM),
    ("TaskStatus", None, STRING, ENUM),
    (
        "EntityCreationPermission",
        None,
        {"anyOf": [STRING, VALUE_OBJECT]},
        "a string, or an object with `value`; the description shows its Java class",
    ),
    (
        "WorkspaceDtoV1",
        "features",
        {"type": "array", "items": STRING},
        "a list of names, open: live accounts carry names the description lacks",
    ),
    (
        "WorkspaceSettingsDtoV1",
        "adminOnlyPages",
        {"type": "array", "items": STRING},
        "a list, which the description types as one string of JSON",
    ),
    ("CustomFieldValueDtoV1", "value", ANYTHING, UNTYPED),
    ("CustomFieldValueDtoV1", "sourceType", STRING, MISSING),
    ("UserCustomFieldValueDtoV1", "value", ANYTHING, UNTYPED),
    ("CustomFieldDtoV1", "workspaceDefaultValue", ANYTHING, UNTYPED),
    ("CustomFieldDefaultValuesDtoV1", "value", ANYTHING, UNTYPED),
    ("ProjectDtoV1", "clientId", STRING, MISSING),
    ("ProjectDtoV1", "clientName", STRING, MISSING),
    (
        "ProjectDtoV1",
        "estimateReset",
        {
            "type": "object",
            "properties": {
                "interval": STRING,
                "month": STRING,
                "dayOfMonth": {"type": "integer"},
                "dayOfWeek": STRING,
                "hour": {"type": "integer"},
            },
        },
        MISSING,
    ),
]
"""Schema, property (None: the whole schema), what it is, why. A further one: every property but
an identifier may be null, as the description marks none so."""

HYDRATED: Schema = {
    "tasks": {"type": "array", "items": {"$ref": "#/components/schemas/HydratedTask"}},
    "client": {"$ref": "#/components/schemas/HydratedClient"},
    "currency": {"type": "object", "properties": {"id": STRING, "code": STRING}},
    "customFields": {"type": "array", "items": {"$ref": "#/components/schemas/CustomFieldDtoV1"}},
    "favorite": {"type": "boolean"},
}
"""What `hydrated=true` adds; the description says nothing of it."""

NEVER_NULL = {"id", "userId", "workspaceId", "targetId", "membershipType", "timeInterval", "start"}

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
    if not DESCRIPTION.exists():
        pytest.skip("the published description is not here")
    published: dict[str, Schema] = json.loads(DESCRIPTION.read_text())["components"]["schemas"]
    for name, member, shape, _reason in CORRECTIONS:
        if member is None:
            published[name] = shape
        else:
            published[name]["properties"][member] = shape
    for name, extra in (
        ("HydratedProject", ("ProjectDtoV1", HYDRATED)),
        ("HydratedTask", ("TaskDtoV1", {"favorite": {"type": "boolean"}})),
        ("HydratedClient", ("ClientWithCurrencyDtoV1", {})),
    ):
        published[name] = copy.deepcopy(published[extra[0]])
        published[name]["properties"].update(extra[1])
    for schema in published.values():
        _strict(schema)
    return published


def _strict(schema: Schema) -> None:
    """Allow null where the wire does, and no key that is not declared."""
    properties: dict[str, Schema] = schema.get("properties", {})
    if not properties:
        return
    schema["additionalProperties"] = False
    schema["required"] = [name for name in properties if name in NEVER_NULL]
    for name, shape in properties.items():
        _strict(shape)
        if name not in NEVER_NULL:
            properties[name] = {"anyOf": [shape, {"type": "null"}]}


def validate(schemas: dict[str, Schema], name: str, rows: list[dict[str, Any]]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    assert rows, name
    root = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
    validator = jsonschema.Draft202012Validator(root)
    for row in rows:
        validator.validate(row)
    assert not list(never_filled(schemas, schemas[name], rows, name))


def never_filled(
    schemas: dict[str, Schema], schema: Schema, values: list[Any], path: str
) -> list[str]:
    """Return declared properties that no value fills."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[-1]]
    if "anyOf" in schema:
        schema = schema["anyOf"][0]
        return never_filled(schemas, schema, values, path)
    if schema.get("type") == "array" and schema["items"]:
        items = [item for value in values for item in value]
        return never_filled(schemas, schema["items"], items, path + "[]")
    found: list[str] = []
    for name, shape in schema.get("properties", {}).items():
        filled = [
            value[name]
            for value in values
            if isinstance(value, dict) and value.get(name) is not None
        ]
        inner = f"{path}.{name}"
        found += never_filled(schemas, shape, filled, inner) if filled else [inner]
    return found


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
