"""Clockify's published description, corrected, and how answers are held to it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scripts.sandbox_rows import corrected

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACES = [
    folder / "shared" / "data" / "clockify-openapi.json" for folder in Path(__file__).parents[2:]
]
DESCRIPTION = next((place for place in _PLACES if place.exists()), _PLACES[0])

Schema = dict[str, Any]

NEVER_NULL = {"id", "userId", "workspaceId", "targetId", "membershipType", "timeInterval", "start"}

STRING: Schema = {"type": "string"}
HYDRATED: dict[str, tuple[str, Schema]] = {
    "HydratedTask": ("TaskDtoV1", {"favorite": {"type": "boolean"}}),
    "HydratedProject": (
        "ProjectDtoV1",
        {
            "tasks": {"type": "array", "items": {"$ref": "#/components/schemas/HydratedTask"}},
            "client": {"$ref": "#/components/schemas/ClientWithCurrencyDtoV1"},
            "currency": {"type": "object", "properties": {"id": STRING, "code": STRING}},
            "customFields": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/CustomFieldDtoV1"},
            },
            "favorite": {"type": "boolean"},
        },
    ),
}
"""What `hydrated=true` adds; the description says nothing of it."""


class Description:
    """The schemas by name, corrected and made strict, and what each operation answers."""

    def __init__(self) -> None:
        if not DESCRIPTION.exists():
            pytest.skip("the published description is not here")
        document = json.loads(DESCRIPTION.read_text())
        self.schemas: dict[str, Schema] = corrected(document["components"]["schemas"])
        for name, (source, more) in HYDRATED.items():
            properties = {**self.schemas[source]["properties"], **more}
            self.schemas[name] = {"type": "object", "properties": properties}
        entry = self.schemas["TimeEntryDto"]["properties"]
        entry["id"] = entry.pop("get_id")
        for schema in self.schemas.values():
            _strict(schema)
        self.paths = {_nameless(path): verbs for path, verbs in document["paths"].items()}

    def answer(self, method: str, path: str) -> Schema:
        """Return the schema of what an operation answers with status 200."""
        responses = self.paths[_nameless("/v1" + path)][method.lower()]["responses"]
        (content,) = responses["200"]["content"].values()
        schema: Schema = content["schema"]
        return schema

    def validate(self, schema: Schema, answers: list[Any]) -> None:
        jsonschema = pytest.importorskip("jsonschema")
        root = {**schema, "components": {"schemas": self.schemas}}
        validator = jsonschema.Draft202012Validator(root)
        for answer in answers:
            validator.validate(answer)

    def unfilled(self, schema: Schema, values: list[Any], path: str = "") -> Iterator[str]:
        """Yield declared properties that no value fills."""
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/", 1)[-1]]
        if "anyOf" in schema:
            schema = schema["anyOf"][0]
            yield from self.unfilled(schema, values, path)
        elif schema.get("type") == "array" and schema["items"]:
            items = [item for value in values for item in value]
            yield from self.unfilled(schema["items"], items, path + "[]")
        for name, shape in schema.get("properties", {}).items():
            held = [value.get(name) for value in values if isinstance(value, dict)]
            filled = [value for value in held if value is not None]
            inner = f"{path}.{name}"
            if filled:
                yield from self.unfilled(shape, filled, inner)
            else:
                yield inner


def _nameless(path: str) -> str:
    return re.sub(r"{[^}]*}", "{}", path)


def _strict(schema: Schema) -> None:
    """Allow null where the wire does, and no key that is not declared."""
    properties: dict[str, Schema] = schema.get("properties", {})
    if not properties:
        return
    schema["additionalProperties"] = False
    schema["required"] = [name for name in properties if name in NEVER_NULL]
    for name, shape in properties.items():
        _strict(shape)
        if name not in NEVER_NULL and shape.get("anyOf", [{}])[-1] != {"type": "null"}:
            properties[name] = {"anyOf": [shape, {"type": "null"}]}
