"""What a tap declares of its settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from taps_common.cli.tap import ApiTap

    Schema: TypeAlias = dict[str, Any]


def settings_of(tap: type[ApiTap]) -> dict[str, Schema]:
    """Return a tap's own settings and the SDK's, by name, in the order of declaration."""
    schema: Schema = json.loads(json.dumps(tap.config_jsonschema))
    tap.append_builtin_config(schema)
    settings: dict[str, Schema] = schema["properties"]
    return settings


def kind_of(name: str, schema: Schema) -> str:
    """Return the kind of a setting's values as the docs show it."""
    if name.endswith("_date"):
        return "date_iso8601"
    declared = schema.get("type", "object")
    types = [declared] if isinstance(declared, str) else [one for one in declared if one != "null"]
    return types[0]
