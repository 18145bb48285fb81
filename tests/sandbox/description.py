"""Clockify's published description, its known errors corrected, and how rows are held to it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

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

WORKING: Schema = {"anyOf": [{"type": "array", "items": STRING}, STRING]}
LIVE = "as observed; the description says otherwise"

FURTHER: list[tuple[str, str | None, Schema, str]] = [
    ("CalculationType", None, STRING, ENUM),
    ("ApplyTaxes", None, STRING, ENUM),
    ("TaxType", None, STRING, ENUM),
    ("WebhookEventType", None, STRING, ENUM),
    ("WebhookEventTriggerSourceType", None, STRING, ENUM),
    ("InvoiceOverviewDtoV1", "visibleZeroFields", WORKING, "a list, or a text of one"),
    ("MemberProfileDtoV1", "workingDays", WORKING, "a list, or a text of one"),
    ("SchedulingUsersTotalsDtoV1", "workingDays", WORKING, "a list, or a text of one"),
    ("UserCustomFieldValueFullDtoV1", "value", ANYTHING, UNTYPED),
    ("CustomFieldValueDto", "value", ANYTHING, UNTYPED),
    ("TimeOffRequestStatus", "statusType", STRING, "WITHDRAWN is missing in the enum"),
    ("SharedReportDtoV1", "filter", {"type": "object"}, MISSING),
    ("SharedReportDtoV1", "userId", STRING, MISSING),
    ("SharedReportDtoV1", "workspaceId", STRING, MISSING),
    ("SharedReportDtoV1", "visibleToUsers", {"type": "array", "items": {}}, LIVE),
    ("SharedReportDtoV1", "visibleToUserGroups", {"type": "array", "items": {}}, LIVE),
    ("LogBinDocumentDto", "deletionBinId", STRING, MISSING),
]
"""The same for the routes besides the core."""


HYDRATED: Schema = {
    "tasks": {"type": "array", "items": {"$ref": "#/components/schemas/HydratedTask"}},
    "client": {"$ref": "#/components/schemas/HydratedClient"},
    "currency": {"type": "object", "properties": {"id": STRING, "code": STRING}},
    "customFields": {"type": "array", "items": {"$ref": "#/components/schemas/CustomFieldDtoV1"}},
    "favorite": {"type": "boolean"},
}
"""What `hydrated=true` adds; the description says nothing of it."""

NEVER_NULL = {"id", "userId", "workspaceId", "targetId", "membershipType", "timeInterval", "start"}


def load() -> dict[str, Schema]:
    """Return the schemas by name, corrected and made strict."""
    if not DESCRIPTION.exists():
        pytest.skip("the published description is not here")
    published: dict[str, Schema] = json.loads(DESCRIPTION.read_text())["components"]["schemas"]
    for name, member, shape, _reason in (*CORRECTIONS, *FURTHER):
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
    conform(schemas, name, rows)
    assert not list(never_filled(schemas, schemas[name], rows, name))


def conform(schemas: dict[str, Schema], name: str, rows: list[dict[str, Any]]) -> None:
    """Validate, but let properties be filled nowhere."""
    jsonschema = pytest.importorskip("jsonschema")
    assert rows, name
    root = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
    validator = jsonschema.Draft202012Validator(root)
    for row in rows:
        validator.validate(row)


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
