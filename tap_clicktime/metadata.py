"""From what `$metadata` declares to entity sets with row types."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from unicodedata import category

from msgspec import Meta
from msgspec import inspect as types

from tap_clicktime.csdl import MetadataError, read
from tap_clicktime.custom_fields import AS_OBJECT
from taps_common.errors import Kind, cleaned
from taps_common.records.row_types import Json, fields_of, json_schema, row_type

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from tap_clicktime.csdl import Document, Property, StructuredType
    from taps_common.records.row_types import Row

LARGEST = 2000
"""Nested properties of a set that are typed; a small document can declare millions."""

DEEPEST = 8
"""Levels of nested objects that are typed; what lies deeper is kept as it comes."""

_TIMESTAMP = (
    r"^(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,12})?)?"
    r"(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?\Z"
)

Timestamp = Annotated[
    str,
    Meta(pattern=_TIMESTAMP, extra_json_schema={"type": "string", "format": "date-time"}),
]
"""A timestamp, as text: services send up to 12 digits of a second, and 23:59:59.9999999, which
means the end of a day, must not be rounded to the next one. One without a zone stays so."""

ExactTimestamp = Annotated[str, Meta(pattern=_TIMESTAMP)]
"""A timestamp in a key, a text for targets, whose timestamps have six digits of a second at most:
rows that differ in the seventh would become one."""

_PRIMITIVES: dict[str, Any] = {
    "Edm.Binary": str,
    "Edm.Boolean": bool,
    "Edm.Byte": int,
    "Edm.Date": date,
    "Edm.DateTimeOffset": Timestamp,
    "Edm.Decimal": Decimal,
    "Edm.Double": float,
    "Edm.Duration": str,
    "Edm.Guid": str,
    "Edm.Int16": int,
    "Edm.Int32": int,
    "Edm.Int64": int,
    "Edm.SByte": int,
    "Edm.Single": float,
    "Edm.String": str,
    "Edm.TimeOfDay": str,
}
"""What a value is read as (OData CSDL 4.01, 3.3; JSON Format 4.01, 7.1)."""

_UNTYPED = {"Edm.Untyped", "Edm.PrimitiveType", "Edm.ComplexType"}
_IN_NO_ROW = {"Edm.Stream"}
_TIMESTAMP_KIND = "Edm.DateTimeOffset"
_UNSORTABLE = {"Edm.Binary"}


@dataclass(frozen=True)
class EntitySet:
    """One list of rows.

    Attributes:
        name: name of the set, as it stands in its address.
        row: type of its rows.
        key: parts of the key as pairs of path and name; a path leads into an object.
        timestamp_keys: names of those parts that are timestamps.
        kinds: the primitive type behind each property that has one, by name.
        nullable: names of the properties that may be null.
        properties: names of the properties that rows have on the wire.
        objects: names of those that hold objects of no fixed shape, at any depth.
        lists: whether any of them holds a list.
        has_subtypes: whether rows may be of types that extend the declared one.
    """

    name: str
    row: type[Row]
    key: tuple[tuple[str, str], ...]
    timestamp_keys: tuple[str, ...]
    kinds: dict[str, str]
    nullable: frozenset[str]
    properties: tuple[str, ...]
    objects: frozenset[str]
    lists: bool
    has_subtypes: bool

    @property
    def sortable(self) -> list[str]:
        """Names of the properties that any service can order by."""
        return [name for name, kind in self.kinds.items() if kind not in _UNSORTABLE]


def _nobody(text: str) -> None:
    del text


def entity_sets(
    body: bytes,
    wanted: Collection[str] = (),
    described: Document | None = None,
    warn: Callable[[str], None] = _nobody,
) -> list[EntitySet]:
    """Return the entity sets of a `$metadata` document, in its order.

    A set that cannot be a table keeps nobody from the others, unless it is wanted by name.

    Args:
        body: the document.
        wanted: names of the sets to return; none returns all.
        described: a document whose descriptions stand in where this one has none.
        warn: takes a sentence about each set that is left out, and each property without a type.

    Raises:
        MetadataError: the document does not say what rows look like, or lacks a wanted set.
    """
    document = read(body)
    if missing := [name for name in wanted if name not in document.sets]:
        raise MetadataError(
            f"entity_sets names {', '.join(missing)}, which the service does not have. It has "
            f"{', '.join(document.sets)}.",
            kind=Kind.SETTING,
        )
    chosen = [name for name in wanted or document.sets if wanted or name not in document.unlisted]
    if not chosen:
        raise MetadataError(
            "$metadata declares no entity set: the token's user may see none.", kind=Kind.PLAN
        )
    found: list[EntitySet] = []
    errors: list[MetadataError] = []
    for name, kind in document.sets.items():
        if name in chosen:
            try:
                texts = _lineage_of(described, name)
                found.append(_Builder(document, texts, warn).entity_set(name, kind))
            except MetadataError as error:
                if wanted:
                    raise
                errors.append(error)
                warn(f"The entity set {cleaned(name)} is left out. {error}")
    if not found:
        raise errors[0]
    return found


def _lineage_of(document: Document | None, entity_set: str) -> list[StructuredType]:
    """Return the type of a set and what it extends; nothing where a document lacks the set."""
    if document is None or entity_set not in document.sets:
        return []
    return document.lineage(document.sets[entity_set])


class _Builder:
    """Builds one set's row type."""

    def __init__(
        self,
        document: Document,
        described: Sequence[StructuredType],
        warn: Callable[[str], None],
    ) -> None:
        self._document = document
        self._warn = warn
        self._made = 0
        self._in_key = False
        self._texts = {
            name: one.description for kind in described for name, one in kind.properties.items()
        }
        self._doc = described[-1].description if described else None

    def entity_set(self, name: str, kind: str) -> EntitySet:
        """Return a set.

        Raises:
            MetadataError: a type it needs is not declared.
        """
        line = self._document.lineage(kind)
        properties = self._properties(line)
        _check_names(name, kind, properties)
        key = next((one.key for one in reversed(line) if one.key), ())
        doc = line[-1].description or self._doc or f"Rows of the entity set {name}."
        row = row_type(name, self._fields(kind, properties, key), doc)
        return EntitySet(
            name=name,
            row=row,
            key=key,
            timestamp_keys=tuple(
                alias
                for path, alias in key
                if self._primitive(self._resolve(path, kind, properties).type) == _TIMESTAMP_KIND
            ),
            kinds={
                one.name: primitive
                for declared_here in line
                for one in declared_here.properties.values()
                if not one.collection and (primitive := self._primitive(one.type))
            },
            nullable=frozenset(one.name for one in properties.values() if one.nullable),
            properties=tuple(properties),
            lists='"array"' in json.dumps(json_schema(row)),
            has_subtypes=bool(self._document.descendants(kind)),
            objects=frozenset(
                field.encode_name
                for field in fields_of(row)
                if field.encode_name in properties and _free(field.type)
            ),
        )

    def _fields(
        self, kind: str, properties: dict[str, Property], key: Sequence[tuple[str, str]]
    ) -> list[tuple[str, Any, Any] | tuple[str, Any]]:
        """Return the fields of a row: its properties, and parts of the key from inside of objects.

        Raises:
            MetadataError: a type that one of them needs is not declared.
        """
        required = {path.partition("/")[0] for path, _ in key}
        fields: list[tuple[str, Any, Any] | tuple[str, Any]] = []
        for one in properties.values():
            self._in_key = one.name in required
            declared = self._type_of(one, (kind,))
            text = one.description or self._texts.get(one.name)
            typed = Annotated[declared, Meta(description=text)] if text else declared
            if one.name in required:
                fields.append((one.name, typed))
            else:
                fields.append((one.name, typed | None, None))
        self._in_key = True
        for path, alias in key:
            leaf = self._resolve(path, kind, properties)
            if self._primitive(leaf.type) is None:
                raise MetadataError(
                    f"$metadata: the key of {kind} names {path}, whose type is not a primitive one."
                )
            if "/" in path:  # targets know keys at the top of a row only
                fields.append((alias, self._type_of(leaf, (kind,)) | None, None))
        return fields

    def _properties(self, line: Sequence[StructuredType]) -> dict[str, Property]:
        """Return all properties of a type: inherited ones, its own, and those of its subtypes.

        A row may be of a type that extends the declared one. What two subtypes declare differently
        is kept as it comes.
        """
        own = {name: one for kind in line for name, one in kind.properties.items()}
        found = dict(own)
        for subtype in self._document.descendants(line[-1].name):
            for name, one in subtype.properties.items():
                if name in own:  # narrowed: to a type whose properties the declared one has here
                    continue
                same = found.setdefault(name, one)
                if (same.type, same.collection) != (one.type, one.collection):
                    found[name] = replace(one, type="Edm.Untyped", collection=False)
        definitions = self._document.definitions
        return {
            name: one
            for name, one in found.items()
            if definitions.get(one.type, one.type) not in _IN_NO_ROW
        }

    def _type_of(self, one: Property, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - a type
        if one.name == AS_OBJECT and one.type in self._document.structured and not one.collection:
            return dict[str, Json]  # its members are free, whether or not it is declared open
        item = self._named(one.type, f"{path[-1]}.{one.name}", path)
        if not one.collection:
            return item
        may_be_null = one.nullable or item in {float, Decimal}  # infinities are sent as null
        return list[item | None] if may_be_null else list[item]  # type: ignore[valid-type]  # made at run time

    def _named(self, name: str, user: str, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - a type
        """Return the type that values of a named type are read as; JSON if it is not declared."""
        name = self._document.definitions.get(name, name)
        if self._in_key and name == _TIMESTAMP_KIND:
            return ExactTimestamp
        if name in _PRIMITIVES:
            return _PRIMITIVES[name]
        if name in _UNTYPED or name.startswith(("Edm.Geography", "Edm.Geometry")):
            return Json
        if name in self._document.enums:
            return str
        try:
            line = self._document.lineage(name)
        except MetadataError as error:
            self._warn(f"{error} {user} is kept as JSON.")
            return Json
        return self._object(name, line, path)

    def _object(self, name: str, line: Sequence[StructuredType], path: tuple[str, ...]) -> Any:  # noqa: ANN401 - a type
        """Return the type that values of a structured type are read as."""
        if any(one.open for one in (*line, *self._document.descendants(name))):
            return dict[str, Json]
        inner = self._properties(line)
        self._made += len(inner)
        # A type that holds itself, and one that would grow beyond measure, is kept as it comes.
        if name in path or len(path) > DEEPEST or self._made > LARGEST:
            return Json
        fields = [
            (one.name, self._type_of(one, (*path, name)) | None, None) for one in inner.values()
        ]
        return row_type(name.replace(".", "_"), fields, line[-1].description or "")

    def _primitive(self, name: str) -> str | None:
        name = self._document.definitions.get(name, name)
        if name in self._document.enums:
            return "Edm.Enum"
        return name if name in _PRIMITIVES else None

    def _resolve(self, path: str, kind: str, properties: dict[str, Property]) -> Property:
        """Return the property that a path of a key leads to.

        Raises:
            MetadataError: it leads nowhere.
        """
        head, _, rest = path.partition("/")
        found = properties.get(head)
        if found is None:
            raise MetadataError(f"$metadata: the key of {kind} names {head}, which it lacks.")
        if not rest:
            return found
        inner = {}
        if found.type in self._document.structured:
            inner = self._properties(self._document.lineage(found.type))
        return self._resolve(rest, kind, inner)


def _check_names(name: str, kind: str, properties: Iterable[str]) -> None:
    """Make sure that a set and its properties have names that can be asked for.

    Raises:
        MetadataError: one is not a name.
    """
    if not _is_identifier(name):
        raise MetadataError(f"$metadata: {name!r} is not a name of an entity set.")
    for used in properties:
        if not _is_identifier(used):
            raise MetadataError(
                f"$metadata: {kind} has a property named {used!r}, which is not a name."
            )


def _is_identifier(name: str) -> bool:
    """Return whether CSDL allows a name (SimpleIdentifier), which may hold signs of format."""
    return "".join(sign for sign in name if category(sign) != "Cf").isidentifier()


def _free(info: types.Type) -> bool:
    """Return whether values hold objects whose members are declared nowhere, at any depth."""
    if isinstance(info, types.Metadata):
        return _free(info.type)
    if isinstance(info, types.UnionType):
        return any(map(_free, info.types))
    if isinstance(info, types.ListType):
        return _free(info.item_type)
    if isinstance(info, types.StructType):
        return any(_free(field.type) for field in info.fields)
    return isinstance(info, types.DictType | types.AnyType)
