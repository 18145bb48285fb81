"""A `$metadata` document (CSDL XML, OData 4.0 and 4.01) as plain declarations.

Only what rows are made of is read: entity sets, types and their properties. Navigation, functions
and singletons never show in a list of rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from taps_common.errors import Kind, TapError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from xml.etree.ElementTree import Element

LARGEST = 16 * 1024 * 1024
"""Bytes; the largest public models (Dynamics 365, Microsoft Graph) have under ten million."""

NO_TYPE = "Edm.(none)"
"""What the type of a property is called that has none."""

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_CORE_DESCRIPTION = ".Description"  # Org.OData.Core.V1.Description, under any alias


_WEB_PAGE = re.compile(rb"(?i)(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+)?html")


class MetadataError(TapError):
    """A `$metadata` document that does not say what rows look like."""

    kind = Kind.SHAPE


@dataclass(frozen=True)
class Property:
    """A structural property.

    Attributes:
        name: its name, which is also its name in JSON.
        type: qualified name of its type, without `Collection()`.
        collection: whether it holds a list.
        nullable: whether a single value may be null.
        description: what the service says about it.
    """

    name: str
    type: str
    collection: bool = False
    nullable: bool = True
    description: str | None = None


@dataclass(frozen=True)
class StructuredType:
    """An entity type or a complex type, without what it inherits.

    Attributes:
        name: qualified name.
        base: qualified name of the type it extends.
        open: whether rows may have properties that are declared nowhere.
        properties: its own properties, by name.
        key: pairs of path and name of the parts of the key.
        description: what the service says about it.
    """

    name: str
    base: str | None
    open: bool
    properties: dict[str, Property]
    key: tuple[tuple[str, str], ...]
    description: str | None


@dataclass
class Document:
    """What a `$metadata` document declares; types by qualified name, sets by name.

    Sets that are `unlisted` stand in no list of the service's own: they are read if they are named.
    """

    sets: dict[str, str] = field(default_factory=dict)
    structured: dict[str, StructuredType] = field(default_factory=dict)
    enums: set[str] = field(default_factory=set)
    definitions: dict[str, str] = field(default_factory=dict)
    unlisted: set[str] = field(default_factory=set)

    def lineage(self, name: str) -> list[StructuredType]:
        """Return a type and what it extends, from the outermost base to the type itself.

        Raises:
            MetadataError: a type is not declared, or extends itself.
        """
        line: list[StructuredType] = []
        following: str | None = name
        while following is not None:
            if any(known.name == following for known in line):
                raise MetadataError(f"$metadata: the type {following} extends itself.")
            if following not in self.structured:
                user = f", which {line[-1].name} extends," if line else ""
                raise MetadataError(f"$metadata: the type {following}{user} is not declared.")
            line.append(self.structured[following])
            following = line[-1].base
        return line[::-1]

    def descendants(self, name: str) -> list[StructuredType]:
        """Return the types that extend a type, directly or not: rows may be of these as well."""
        found: list[StructuredType] = []
        wanted = {name}
        while wanted:
            found += [one for one in self.structured.values() if one.base in wanted]
            wanted = {one.name for one in found if one.base in wanted} - wanted
        return list({one.name: one for one in found}.values())


def read(body: bytes) -> Document:
    """Read a `$metadata` document.

    Raises:
        MetadataError: it is none, or of a version before 4.0, or not safe to read.
    """
    root = _parse(body)
    if _local(root) != "Edmx":
        raise MetadataError(
            f"$metadata is an XML document of another kind ({_local(root)}): check service_url."
        )
    if not root.tag.startswith(f"{{{_EDMX}}}"):
        raise MetadataError("$metadata is of OData version 1 to 3; this tap reads OData 4.")
    schemas = [node for node in root.iter() if _local(node) == "Schema"]
    aliases = {
        alias: schema.get("Namespace", "") for schema in schemas if (alias := schema.get("Alias"))
    }
    document = Document()
    apart = _descriptions_apart(schemas, aliases)
    for schema in schemas:
        _read_schema(schema, aliases, apart, document)
    _read_containers(schemas, aliases, document)
    return document


def _parse(body: bytes) -> Element:
    if len(body) > LARGEST:
        raise MetadataError(f"$metadata is larger than {LARGEST:,} bytes, and was not read.")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        raise MetadataError("$metadata came as JSON; this tap reads its XML form.")
    if _WEB_PAGE.match(body):
        raise MetadataError("$metadata is a web page: is service_url the OData service's address?")
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except ParseError:
        raise MetadataError("$metadata is not XML, or breaks off in the middle.") from None
    except DefusedXmlException:
        raise MetadataError(
            "$metadata holds a document type or entities, which OData does not have: not read."
        ) from None
    except (ValueError, LookupError):  # an encoding that is none
        raise MetadataError("$metadata is in an unknown character encoding.") from None
    return root


def _local(node: Element) -> str:
    """Return the name of an element without its namespace, which differs between versions."""
    return str(node.tag).rpartition("}")[2]


def _children(node: Element, *names: str) -> Iterator[Element]:
    return (child for child in node if _local(child) in names)


def _descriptions_apart(schemas: Iterable[Element], aliases: dict[str, str]) -> dict[str, str]:
    """Return descriptions that stand apart from what they describe, by its qualified path."""
    return {
        _qualified(node.get("Target", ""), aliases): text
        for schema in schemas
        for node in _children(schema, "Annotations")
        if (text := _description(node))
    }


def _read_schema(
    schema: Element, aliases: dict[str, str], apart: dict[str, str], document: Document
) -> None:
    namespace = _attribute(schema, "Namespace")
    for node in _children(schema, "EntityType", "ComplexType"):
        name = f"{namespace}.{_attribute(node, 'Name')}"
        base = node.get("BaseType")
        properties = [
            _property(child, aliases, apart, name) for child in _children(node, "Property")
        ]
        document.structured[name] = StructuredType(
            name=name,
            base=_qualified(base, aliases) if base else None,
            open=node.get("OpenType") == "true",
            properties={one.name: one for one in properties},
            key=tuple(_key(node)),
            description=_description(node) or apart.get(name),
        )
    for node in _children(schema, "EnumType"):
        document.enums.add(f"{namespace}.{_attribute(node, 'Name')}")
    for node in _children(schema, "TypeDefinition"):
        underlying = _qualified(_attribute(node, "UnderlyingType"), aliases)
        document.definitions[f"{namespace}.{_attribute(node, 'Name')}"] = underlying


def _property(
    node: Element, aliases: dict[str, str], apart: dict[str, str], owner: str
) -> Property:
    name, kind = _attribute(node, "Name"), node.get("Type") or NO_TYPE
    collection = kind.startswith("Collection(") and kind.endswith(")")
    return Property(
        name=name,
        type=_qualified(kind[len("Collection(") : -1] if collection else kind, aliases),
        collection=collection,
        nullable=node.get("Nullable") != "false",
        description=_description(node) or apart.get(f"{owner}/{name}"),
    )


def _key(node: Element) -> Iterator[tuple[str, str]]:
    for key in _children(node, "Key"):
        for part in _children(key, "PropertyRef"):
            path = _attribute(part, "Name")
            inside = "/" in path  # elsewhere an alias has no meaning
            yield path, (inside and part.get("Alias")) or path.replace("/", "_")


def _read_containers(
    schemas: Iterable[Element], aliases: dict[str, str], document: Document
) -> None:
    for schema in schemas:
        for container in _children(schema, "EntityContainer"):
            narrows = container.get("Extends") is not None
            for node in _children(container, "EntitySet"):
                name = _attribute(node, "Name")
                if node.get("IncludeInServiceDocument") == "false":
                    document.unlisted.add(name)
                if narrows or name not in document.sets:
                    kind = _qualified(_attribute(node, "EntityType"), aliases)
                    document.sets[name] = kind


def _description(node: Element) -> str | None:
    for annotation in _children(node, "Annotation"):
        if annotation.get("Term", "").endswith(_CORE_DESCRIPTION):
            inner = next(_children(annotation, "String"), None)
            text = annotation.get("String") or (inner is not None and inner.text) or ""
            return " ".join(text.split()) or None
    return None


def _attribute(node: Element, name: str) -> str:
    value = node.get(name)
    if not value:
        raise MetadataError(f"$metadata: an element {_local(node)} has no {name}.")
    return value


def _qualified(name: str, aliases: dict[str, str]) -> str:
    """Return a type's name under its schema's namespace instead of an alias."""
    schema, _, local = name.rpartition(".")
    return f"{aliases.get(schema, schema)}.{local}"
