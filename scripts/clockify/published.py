"""What Clockify's published description says of reading: operations and their rows."""

from __future__ import annotations

import re
from functools import reduce
from operator import getitem
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from taps_common.records.row_types import fields_of, nested_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clockify.client import ClockifyStream

Schema = dict[str, Any]

READING = ("Get ", "Filter ", "Generate ")
"""How the summary of a POST begins that reads."""


class Operation(NamedTuple):
    """A way to read.

    Attributes:
        route: method and path, without the version and the names of its parameters.
        answer: the schema of what is answered with status 200.
        parameters: names of what goes into the query.
    """

    route: str
    answer: Schema
    parameters: set[str]


def route_of(name: str) -> str:
    """Return an operation without the names of its parameters."""
    return re.sub(r"\{[^}]*\}", "{}", name)


def operations(published: Schema) -> list[Operation]:
    """Return what reads: each GET, and each POST whose summary says so."""
    return [
        Operation(
            route_of(f"{method.upper()} {path.removeprefix('/v1')}"),
            _answer(operation),
            {one["name"] for one in operation.get("parameters", ()) if one.get("in") == "query"},
        )
        for path, methods in published["paths"].items()
        for method, operation in methods.items()
        if method == "get"
        or (method == "post" and operation.get("summary", "").startswith(READING))
    ]


def _answer(operation: Schema) -> Schema:
    for content in operation["responses"].get("200", {}).get("content", {}).values():
        answer: Schema = content.get("schema", {})
        return answer
    return {}


def request_of(stream: ClockifyStream) -> str:
    """Return the name of the operation that a stream sends."""
    return f"{'GET' if stream.posted is None else 'POST'} {stream.path}"


def rows_in(answer: Schema, envelope: tuple[str, ...], published: Schema) -> Schema:
    """Return what one row is: of a list, of a list in an envelope, or the answer itself."""
    shape = resolved(answer, published)
    for name in envelope:
        inner = _member(shape, name)
        shape = shape if inner is None else resolved(inner, published)
    items: Schema = shape.get("items", {}) if shape.get("type") == "array" else shape
    return items


def around(answer: Schema, envelope: tuple[str, ...], published: Schema) -> Iterator[str]:
    """Yield the members of an envelope that lead to no row, each with the path that leads to it."""
    shape = resolved(answer, published)
    above = ""
    for name in envelope:
        inner = _member(shape, name)
        if inner is None:  # a row that stands alone
            return
        beside = [one for one in shape["properties"] if one.lower() != name.lower()]
        yield from (f"{above}{one}" for one in beside)
        above, shape = f"{above}{name}.", resolved(inner, published)


def _member(shape: Schema, name: str) -> Schema | None:
    """Return a property, in whatever case the description spells it."""
    members = {known.lower(): inner for known, inner in shape.get("properties", {}).items()}
    return members.get(name.lower())


def resolved(schema: Schema, published: Schema) -> Schema:
    """Return a schema behind its reference, with what it is composed of."""
    while "$ref" in schema:
        schema = reduce(getitem, schema["$ref"].removeprefix("#/").split("/"), published)
    properties = dict(schema.get("properties", {}))
    for part in schema.get("allOf", ()):
        properties |= resolved(part, published).get("properties", {})
    return {**schema, "properties": properties} if properties else schema


def undeclared(
    schema: Schema, row: type[msgspec.Struct], published: Schema, above: str
) -> Iterator[str]:
    """Yield the documented properties that a row type does not declare, nested ones included.

    A path that ends with `.*` is an object whose properties the row type does not name.
    """
    fields = {field.encode_name: field for field in fields_of(row)}
    for name, given in resolved(schema, published).get("properties", {}).items():
        here = f"{above}.{name}"
        if name not in fields:
            yield here
            continue
        inner = resolved(given, published)
        inner = resolved(inner.get("items", inner), published)
        if not inner.get("properties") or is_enumeration(inner):
            continue
        nested = row_behind(fields[name].type)
        if nested is None:
            yield f"{here}.*"
        else:
            yield from undeclared(inner, nested, published, here)


def is_enumeration(schema: Schema) -> bool:
    """Return whether an object is really a text: its properties are the names of an enumeration."""
    members = schema.get("oneOf", ())
    return bool(members) and all("enum" in member for member in members)


def row_behind(info: msgspec.inspect.Type) -> type[msgspec.Struct] | None:
    """Return the type of an object, or of the objects in a list, through nullability."""
    if found := nested_row(info):
        return found.cls
    members = info.types if isinstance(info, msgspec.inspect.UnionType) else (info,)
    for member in members:
        if isinstance(member, msgspec.inspect.ListType):
            return row_behind(member.item_type)
    return None
