"""Settings that all taps share, and the sentences for those that cannot work."""

from __future__ import annotations

import json
import math
import os
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from singer_sdk import typing as th

from taps_common.records import batch_files as batch
from taps_common.sync.date_bounds import end_of, start_of

if TYPE_CHECKING:
    from jsonschema import ValidationError

MEBIBYTE = 1024 * 1024

DATE_SETTINGS: list[th.Property[Any]] = [
    th.Property(
        "start_date",
        th.StringType,
        title="Start date",
        description=(
            "Nothing dated earlier is read: a date (2026-01-31) or a timestamp "
            "(2026-01-31T00:00:00Z; without a zone it is UTC). Empty reads everything."
        ),
    ),
    th.Property(
        "end_date",
        th.StringType,
        title="End date",
        description=(
            "Nothing dated later is read: a date, whose whole day is included, or a timestamp, "
            "which is excluded. Empty reads everything."
        ),
    ),
    th.Property(
        "lookback_days",
        th.IntegerType(minimum=0, maximum=36500),
        default=30,
        title="Look-back in days",
        description=(
            "How many days before its bookmark an incremental table is read again, so that later "
            "edits arrive."
        ),
    ),
]
"""Between which dates is read."""


def custom_field_columns(description: str) -> th.Property[Any]:
    """Return the setting that gives custom fields columns of their own; its text is the tap's."""
    return th.Property(
        "custom_field_columns",
        th.ObjectType(
            additional_properties=th.ArrayType(th.CustomType({"type": ["string", "object"]}))
        ),
        title="Columns of custom fields",
        description=description,
    )


def request_settings(
    *,
    timeout: float = 120,
    deadline: float = 600,
    max_bytes: int = 64 * MEBIBYTE,
    concurrency: int = 4,
) -> list[th.Property[Any]]:
    """Return how requests are sent, and whether tables get versions.

    Args:
        timeout: default of `request_timeout`, in seconds.
        deadline: default of `request_deadline`, in seconds.
        max_bytes: default of `max_response_bytes`.
        concurrency: default of `max_concurrency`.
    """
    return [
        th.Property(
            "user_agent",
            th.StringType,
            title="User agent",
            description="Value of the User-Agent header. Default: name and version of the tap.",
        ),
        th.Property(
            "request_timeout",
            th.NumberType(exclusive_minimum=0, maximum=86400),
            default=timeout,
            title="Request timeout in seconds",
            description="Seconds to wait for a connection, and between two parts of an answer.",
        ),
        th.Property(
            "request_deadline",
            th.NumberType(exclusive_minimum=0, maximum=604800),
            default=deadline,
            title="Request deadline in seconds",
            description=(
                "Seconds that a request may take in all, sent again or not. Waits for a quota, or "
                "before it is sent again, do not count."
            ),
        ),
        th.Property(
            "max_response_bytes",
            th.IntegerType(minimum=1),
            default=max_bytes,
            title="Largest answer in bytes",
            description="Bytes that one answer may have, decompressed. A larger one fails.",
        ),
        th.Property(
            "max_concurrency",
            th.IntegerType(minimum=1, maximum=16),
            default=concurrency,
            title="Concurrent requests",
            description="Requests that may be on their way at once. Changes speed, never output.",
        ),
        th.Property(
            "max_requests_per_second",
            th.NumberType(minimum=0.001, maximum=10000),  # type: ignore[arg-type]  # a number
            title="Requests per second",
            description="At most so many requests a second. Empty sets no limit.",
        ),
        th.Property(
            "max_retries",
            th.IntegerType(minimum=0),
            default=5,
            title="Retries",
            description="How often a request is sent again after an error that may pass.",
        ),
        th.Property(
            "emit_activate_version_messages",
            th.BooleanType,
            default=False,
            title="Table versions",
            description=(
                "Write ACTIVATE_VERSION after a complete read of a table, so that the target "
                "removes (or flags) rows that are gone at the source. Never after a failed or "
                "partial read."
            ),
        ),
        th.Property(
            "max_shrink",
            th.NumberType(minimum=0, maximum=100),
            default=50,
            title="Largest shrinkage in percent",
            description=(
                "With table versions: a table that lost a larger part of its rows since its last "
                "version, as a whole or in a workspace or project, fails, and nothing is removed. "
                "100 allows anything."
            ),
        ),
        th.Property(
            "accept_state",
            th.BooleanType,
            default=False,
            title="Accept the state of another account",
            description=(
                "A state that has nothing in common with what the settings lead to (workspaces, "
                "the service's address, projects) is refused. true takes it as this account's: "
                "set it for one run."
            ),
        ),
        th.Property(
            "on_drift",
            th.StringType(allowed_values=["rescue", "fail"]),
            option_labels={"rescue": "Keep them in _rescued_data", "fail": "Fail the table"},
            default="rescue",
            title="Values without a place",
            description=(
                "What is done with values that do not fit their column, and with fields that this "
                "version does not know: 'rescue' keeps them as they came in the column "
                "_rescued_data, 'fail' fails the table before the rows of that page are written."
            ),
        ),
        th.Property(
            "json_columns",
            th.StringType(allowed_values=["object", "text"]),
            option_labels={"object": "Objects and lists", "text": "JSON text"},
            default="object",
            title="Columns of objects and lists",
            description=(
                "'text' writes objects, lists and values of several types as JSON text in string "
                "columns, for loaders that cannot hold them (pipelinewise, Parquet, BigQuery, "
                "ClickHouse)."
            ),
        ),
    ]


SKIP_UNCHANGED: th.Property[Any] = th.Property(
    "skip_unchanged",
    th.BooleanType,
    default=False,
    title="Skip what did not change",
    description=(
        "Do not send again what the last run sent as it is (by digests in the state): of lists, "
        "and of the look-back window if it is a week or longer. A full refresh sends everything."
    ),
)
"""Whether rows that the target has are sent again."""

COMMON_SETTINGS = [*DATE_SETTINGS, *request_settings(), SKIP_UNCHANGED]
"""What the taps share that read by dates."""


def describe_errors(config: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """Fill in defaults, read numbers given as text, and return what cannot work.

    A sentence never quotes the value of a secret.
    """
    properties: dict[str, dict[str, Any]] = schema["properties"]
    config |= {name: plain(config[name]) for name in config.keys() - _FOR_EXPRESSIONS}
    for name, described in properties.items():
        if config.get(name) in (None, ""):
            config.pop(name, None)
            if "default" in described:
                config[name] = described["default"]
        elif "number" in described.get("type", ()) and isinstance(config[name], str):
            config[name] = _number(config[name])
    if not config.get("batch_config"):  # {} is none, to the SDK as well
        config.pop("batch_config", None)
    properties = properties | {"batch_config": batch.SCHEMA}
    errors = [
        _sentence(error, secret=holds_secret(properties.get(str(error.path[0]), {})))
        for error in Draft202012Validator(schema | {"properties": properties}).iter_errors(config)
        if error.path
    ]
    errors += batch.conflicts(config)
    if config.get("skip_unchanged") and config.get("emit_activate_version_messages"):
        errors.append(
            "skip_unchanged does not go together with emit_activate_version_messages: a version "
            "needs every row of its table. Set only one of them."
        )
    if unsendable := header_error(config, "user_agent"):
        errors.append(unsendable)
    return errors + _number_errors(config) + _date_errors(config)


def plain(value: object) -> object:
    """Return a setting with numbers that every library takes, at any depth.

    The SDK reads fractions in JSON as Decimal, which sockets, locks and floats do not go with. A
    whole number with a point is a whole number.
    """
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, Decimal | float):
        number = float(value)
        return int(number) if number.is_integer() else number
    return value


def unknown_settings(config: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """Return a sentence for each entry of the configuration that is not a setting."""
    sentences = []
    for name in sorted(config.keys() - schema["properties"].keys()):
        near = get_close_matches(name, schema["properties"], n=1)
        meant = f"; did you mean {near[0]}?" if near else "."
        sentences.append(f"{name} is not a setting of this tap and has no effect{meant}")
    return sentences


ALIKE = 0.7
"""How alike a variable is to a setting's, of 1, that it is meant to be it."""


def misspelled_variables(prefix: str, schema: dict[str, Any]) -> list[str]:
    """Return a sentence for each environment variable that looks like that of a setting.

    Left alone are those of Meltano (`TAP_CLOCKIFY__SELECT`), those of another plugin
    (`TAP_CLOCKIFY_DE_API_KEY`), and those of people's own (`TAP_CLOCKIFY_CONFIG`).
    """
    variables = {f"{prefix}{name.upper()}": name for name in schema["properties"]}
    sentences = []
    for name in sorted(os.environ.keys() - variables.keys()):
        own = name.upper().removeprefix(prefix).lower()
        others = any(own.endswith(f"_{setting}") for setting in variables.values())
        if not name.upper().startswith(prefix) or own.startswith("_") or others:
            continue
        if near := get_close_matches(own, schema["properties"], n=1, cutoff=ALIKE):
            meant = f"did you mean {prefix}{near[0].upper()}?"
            sentences.append(f"{name} is not a setting of this tap and has no effect; {meant}")
    return sentences


def forget_empty_variables(prefix: str, schema: dict[str, Any]) -> None:
    """Remove empty environment variables of settings: empty means not set."""
    for name in schema["properties"]:
        variable = f"{prefix}{name.upper()}"
        if os.environ.get(variable) == "":
            del os.environ[variable]


def environment_errors(prefix: str, schema: dict[str, Any]) -> list[str]:
    """Return which environment variables cannot be read as the type of their setting."""
    errors = []
    for name, described in schema["properties"].items():
        variable = f"{prefix}{name.upper()}"
        text = os.environ.get(variable)
        if text is None:
            continue
        if "integer" in described.get("type", ()) and not _is_whole(text):
            errors.append(f"{variable} must be a whole number, not {text!r}.")
        if "boolean" in described.get("type", ()) and text.lower() not in _BOOLEANS:
            errors.append(f"{variable} must be true or false, not {text!r}.")
        if "object" in described.get("type", ()) and not _is_json(text):
            errors.append(f"{variable} must be a JSON object.")
        nested = "array" in described.get("type", ()) and "string" not in described["items"]["type"]
        if nested and not _is_json(text):
            errors.append(f"{variable} must be a JSON list.")
    return errors


def url_error(config: dict[str, Any], name: str) -> str | None:
    """Return why a setting is not the URL of a service, or None."""
    value = config.get(name)
    if value is None:
        return None
    try:
        parts = urlsplit(str(value))
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # brackets that do not match, a port that is not a number
        usable = False
    if not usable:
        return f"{name} must be an address that begins with https:// (or http://)."
    if parts.username or parts.password or parts.query or parts.fragment:
        return f"{name} must not hold a user, a password, a query or a fragment."
    return None


def header_error(config: dict[str, Any], name: str) -> str | None:
    """Return why a credential cannot be sent as a header, or None."""
    value = config.get(name)
    if isinstance(value, str) and not (value.isascii() and value.isprintable()):
        return f"{name} holds a line break or a character that no key has: copy it again."
    return None


_FOR_EXPRESSIONS = {"stream_maps", "stream_map_config"}
"""Settings of the SDK whose numbers go into expressions, beside the Decimals of records."""

_BOOLEANS = {"true", "1", "yes", "on", "false", "0", "no", "off"}

_KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}


def _sentence(error: ValidationError, *, secret: bool) -> str:
    """Say what a setting must be, without the value if it is a secret."""
    name = ".".join(str(part) for part in error.path)
    value = "" if secret else f", not {error.instance!r}"
    demanded: Any = error.validator_value
    if lacking := _lacking(error):
        return f"{name} {lacking}."
    if error.validator == "type":
        names = [demanded] if isinstance(demanded, str) else demanded
        kinds = [_KINDS[kind] for kind in names if kind in _KINDS]
        return f"{name} must be {' or '.join(kinds)}{value}."
    if error.validator == "enum":
        allowed = [str(choice) for choice in demanded if choice is not None]
        return f"{name} must be one of {', '.join(allowed)}{value}."
    bounds = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}
    if error.validator in bounds:
        return f"{name} must be {bounds[error.validator]} {demanded}{value}."
    return f"{name} cannot be used{value}."


def _lacking(error: ValidationError) -> str | None:
    """Say what is wrong with the entries of an object, or that there is nothing."""
    schema: Any = error.schema
    if error.validator == "required":
        return f"needs {' and '.join(schema['required'])}"
    if error.validator == "additionalProperties":
        return f"has an entry that means nothing: it takes {', '.join(schema['properties'])}"
    return "must not be empty" if error.validator == "minLength" else None


def holds_secret(schema: object) -> bool:
    """Return whether a setting is a secret, or an object or list with one in it."""
    if isinstance(schema, dict):
        return bool(schema.get("secret")) or any(map(holds_secret, schema.values()))
    return isinstance(schema, list) and any(map(holds_secret, schema))


def _number_errors(config: dict[str, Any]) -> list[str]:
    return [
        f"{name} must be a number, not {value}."
        for name, value in config.items()
        if isinstance(value, float) and math.isnan(value)  # which no bound keeps out
    ]


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _is_whole(text: str) -> bool:
    try:
        int(text)
    except ValueError:
        return False
    return True


def _number(text: str) -> object:
    try:
        return plain(float(text))
    except ValueError:
        return text


def _date_errors(config: dict[str, Any]) -> list[str]:
    errors = []
    dates = {}
    for name, read in (("start_date", start_of), ("end_date", end_of)):
        if isinstance(config.get(name), str):
            try:
                dates[name] = read(config[name])
            except ValueError:
                errors.append(
                    f"{name} must be a date like 2026-01-31 or a timestamp like "
                    f"2026-01-31T00:00:00Z, not {config[name]!r}."
                )
    if len(dates) == 2 and dates["start_date"] >= dates["end_date"]:  # noqa: PLR2004 - both dates
        errors.append("start_date must not be after end_date.")
    return errors
