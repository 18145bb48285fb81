"""Row types: one declaration is documentation, JSON Schema, decoder and validator.

A row type is a `Row` subclass whose fields carry the API's own names, and whose docstring
describes them under `Attributes:`. Keys have plain types; every other field may be null, because
services leave fields out and add nulls at will.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec
from msgspec import inspect as types

from taps_common.records import attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Breadcrumb: TypeAlias = tuple[str, ...]
"""The names that lead to a field from the top of a row, outermost first."""

JsonSchema: TypeAlias = dict[str, Any]

Json: TypeAlias = Annotated[
    Any,
    msgspec.Meta(
        extra_json_schema={"type": ["string", "number", "boolean", "array", "object", "null"]}
    ),
]
"""A value whose kind the service does not fix, kept as it came."""


Number: TypeAlias = Annotated[int | Decimal, msgspec.Meta(extra_json_schema={"type": "number"})]
"""A number with all its digits, in JSON or as text; a whole one is an `int`, which costs less."""


Instant: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
"""A timestamp with its offset from UTC."""


RESCUED = "_rescued_data"
"""The column that keeps what has no place in the others (RESCUE-NOT-NULL)."""

_RescuedText: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        description=(
            "What came and does not fit its column, or has none, as it came: a JSON object of "
            "values by their path. Empty: where all fits."
        )
    ),
]


class Row(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """Base of all row types and of the objects nested in them.

    Rows hold no cycles, so they are kept out of the garbage collector (`gc=False`). A member that
    is not declared makes decoding fail, so that it is seen at no cost while there is none.
    """


class UnsupportedTypeError(TypeError):
    """A row type declares a field that no Singer target can hold."""


def json_schema(row: type[Row], keys: Iterable[str] = ()) -> JsonSchema:
    """Return the JSON Schema of a row type, nested objects written out in place.

    Args:
        row: the type.
        keys: fields that are never null, whatever the type says (KEYS-ARE-GLOBAL).

    Raises:
        UnsupportedTypeError: a field's type has no JSON Schema that targets understand.
    """
    return with_keys(_schema_of(_info(row)), keys)


def with_keys(schema: JsonSchema, keys: Iterable[str]) -> JsonSchema:
    """Return the schema of a row whose keys are never null."""
    properties = dict(schema.get("properties", {}))
    for name in properties.keys() & {*keys}:
        kinds = properties[name].get("type")
        if isinstance(kinds, list) and "null" in kinds:
            rest = [kind for kind in kinds if kind != "null"]
            properties[name] = {**properties[name], "type": rest if len(rest) > 1 else rest[0]}
    return {**schema, "properties": properties}


def learn(rows: Sequence[type[msgspec.Struct]]) -> None:
    """Look at row types together, which takes half the time of one after another."""
    for info in types.multi_type_info([row for row in rows if row not in _known]):
        assert isinstance(info, types.StructType)  # noqa: S101 - narrows the type, cannot fail
        _known[info.cls] = info


def _info(row: type[msgspec.Struct]) -> types.StructType:
    if row not in _known:
        learn([row])
    return _known[row]


_known: dict[type[msgspec.Struct], types.StructType] = {}


_SCALARS: dict[type[types.Type], JsonSchema] = {
    types.BoolType: {"type": "boolean"},
    types.IntType: {"type": "integer"},
    types.FloatType: {"type": "number"},
    types.DecimalType: {"type": "number"},
    types.StrType: {"type": "string"},
    types.DateTimeType: {"type": "string", "format": "date-time"},
    types.DateType: {"type": "string", "format": "date"},
    types.NoneType: {"type": "null"},
}


def _schema_of(info: types.Type) -> JsonSchema:
    if isinstance(info, types.Metadata):
        annotated = dict(info.extra_json_schema or {})
        described = {} if "type" in annotated else _schema_of(info.type)
        return described | annotated
    if isinstance(info, types.StructType):
        return _object_schema(info)
    if isinstance(info, types.DictType):
        return {"type": "object", "additionalProperties": True}
    if isinstance(info, types.ListType):
        return {"type": "array", "items": _schema_of(info.item_type)}
    if isinstance(info, types.UnionType):
        return _union_schema([_schema_of(member) for member in info.types])
    if type(info) in _SCALARS:
        return dict(_SCALARS[type(info)])
    msg = f"no JSON Schema for a field of type {type(info).__name__}"
    raise UnsupportedTypeError(msg)


def _object_schema(info: types.StructType) -> JsonSchema:
    schema: JsonSchema = {"type": "object"}
    if text := attributes.about(info.cls):
        schema["description"] = text
    said = attributes.entries(info.cls)
    schema["properties"] = {
        field.encode_name: _property_schema(field.type, said.get(field.encode_name, ""))
        for field in info.fields
    }
    return schema


def _property_schema(info: types.Type, said: str) -> JsonSchema:
    """Return the schema of a property, described by what is said of it, and by its type.

    What an object is in general gives way to what it is here.
    """
    schema = _schema_of(info)
    if said:
        of_type = "" if "properties" in schema else schema.get("description", "")
        schema["description"] = attributes.joined(said, of_type)
    return schema


def _union_schema(members: list[JsonSchema]) -> JsonSchema:
    """Join alternatives the way Singer targets read them: one list of types, null last."""
    merged: JsonSchema = {}
    kinds: list[str] = []
    for member in members:
        kind = member["type"]
        kinds += kind if isinstance(kind, list) else [kind]
        merged |= {key: value for key, value in member.items() if key != "type"}
    ordered = [kind for kind in kinds if kind != "null"]
    return {"type": ordered + ["null"] * ("null" in kinds), **merged}


def nested_row(info: types.Type) -> types.StructType | None:
    """Return the object type behind a field, through nullability, or None for other fields."""
    if isinstance(info, types.Metadata):
        return nested_row(info.type)
    if isinstance(info, types.UnionType):
        members = [m for m in info.types if not isinstance(m, types.NoneType)]
        return nested_row(members[0]) if len(members) == 1 else None
    return info if isinstance(info, types.StructType) else None


def fields_of(row: type[msgspec.Struct]) -> tuple[types.Field, ...]:
    """Return the declared fields of a row type with their resolved types."""
    return _info(row).fields


def narrow(
    row: type[msgspec.Struct],
    wanted: Callable[[Breadcrumb], bool],
    crumb: Breadcrumb = (),
) -> type[msgspec.Struct]:
    """Return the row type without its unwanted fields: what is not declared is not decoded.

    Fields of nested objects are asked for as well; objects inside lists are taken whole, as
    Singer catalogs have no entry for them. The type itself comes back when all is wanted.
    """
    kept: list[tuple[str, Any, Any]] = []
    changed = False
    for field, declared in zip(fields_of(row), msgspec.structs.fields(row), strict=True):
        here = (*crumb, field.encode_name)
        if not wanted(here):
            changed = True
            continue
        kind = declared.type
        nested = nested_row(field.type)
        if nested is not None:
            inner = narrow(nested.cls, wanted, here)
            if inner is not nested.cls:
                changed = True
                kind = inner | None if not field.required or _nullable(field.type) else inner
        default = msgspec.NODEFAULT if field.required else declared.default
        kept.append((field.encode_name, kind, default))
    if not changed:
        return row
    fields = [
        (name, kind) if default is msgspec.NODEFAULT else (name, kind, default)
        for name, kind, default in kept
    ]
    return row_type(row.__name__, fields, row.__doc__ or "")


def with_rescue(row: type[Row]) -> type[Row]:
    """Return the type of a table's rows: what one row holds, and the column `_rescued_data`."""
    declared = [
        (field.encode_name, field.type)
        if field.required
        else (field.encode_name, field.type, field.default)
        for field in msgspec.structs.fields(row)
        if field.encode_name != RESCUED
    ]
    rescued = (RESCUED, _RescuedText | None, None)
    return row_type(row.__name__, [*declared, rescued], row.__doc__ or "")


def attribute_of(name: str) -> str:
    """Return the attribute of a row that holds a field: its name, unless Python refuses that."""
    if name.isidentifier() and not name.startswith(("__", "field_")):
        return name
    return f"field_{name.encode().hex()}"


def row_type(
    name: str,
    fields: Sequence[Any],
    text: str,
    *,
    base: type[Row] = Row,
) -> type[Row]:
    """Return a row type made at run time.

    Args:
        name: its name.
        fields: tuples of a field's name and type, and of a default where a value may be missing.
        text: what a row is.
        base: a row type whose fields come before these.

    Its fields may be given in order where all that have no default come first.
    """
    renamed = {attribute_of(field[0]): field[0] for field in fields}
    optional = [len(field) > 2 for field in fields]  # noqa: PLR2004 - name, type and default
    made: type[Row] = msgspec.defstruct(  # type: ignore[assignment]  # of the base that is named
        name,
        [(attribute_of(field[0]), *field[1:]) for field in fields],
        bases=(base,),
        kw_only=bool(fields_of(base)) or optional != sorted(optional),
        gc=False,
        rename=renamed,
        namespace={"__doc__": text},
    )
    return made


def _nullable(info: types.Type) -> bool:
    return isinstance(info, types.UnionType) and info.includes_none
