"""`$metadata`: the entity model in CSDL XML, in the shapes that different servers give it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.clicktime.edm import CUSTOM_FIELDS, ENUMS, EntityType, Property
from sandbox.clicktime.model import EntitySet

EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
EDM = "http://docs.oasis-open.org/odata/ns/edm"

_LINKS = {f"{name}ID": name for name in ("User", "Job", "Task", "Client", "Division")}
"""Navigation property, and its type, by foreign key."""

_BASES = (
    '<EntityType Name="Entity" Abstract="true"><Key><PropertyRef Name="ID"/></Key>'
    '<Property Name="ID" Type="Edm.String" Nullable="false"/></EntityType>'
    '<EntityType Name="Named" BaseType="Base.Entity" Abstract="true">'
    '<Property Name="Name" Type="Edm.String" Nullable="false"/></EntityType>'
)
_DEFINITIONS = (
    '<TypeDefinition Name="EntityId" UnderlyingType="Edm.String" MaxLength="24"/>'
    '<TypeDefinition Name="Money" UnderlyingType="Edm.Decimal" Scale="variable"/>'
    '<TypeDefinition Name="CalendarDay" UnderlyingType="Edm.Date"/>'
)
_REFERENCE = (
    '<edmx:Reference Uri="https://oasis-tcs.github.io/odata-vocabularies/vocabularies/'
    'Org.OData.Core.V1.xml"><edmx:Include Namespace="Org.OData.Core.V1" Alias="Core"/>'
    "</edmx:Reference>"
)


@dataclass(frozen=True)
class _Style:
    """How one server's document is built and names types."""

    types: str
    """Namespace or alias before the names of types."""
    schemas: tuple[tuple[str, str, str], ...]
    """Namespace, alias and contents of each schema."""
    based: bool = False
    """Types derive from abstract bases, which have the keys."""
    defined: bool = False
    """IDs, money and days are TypeDefinitions."""
    untyped: bool = False
    """CustomFields are Edm.Untyped."""
    version: str = "4.0"
    reference: str = ""

    def type_name(self, one: Property) -> str:
        if one.type == CUSTOM_FIELDS:
            return "Edm.Untyped" if self.untyped else f"{self.types}.{CUSTOM_FIELDS}"
        if self.defined and one.type == "Edm.String" and one.name.endswith("ID"):
            return f"{self.types}.EntityId"
        if self.defined and one.type in {"Edm.Decimal", "Edm.Date"}:
            return f"{self.types}.{'Money' if one.type == 'Edm.Decimal' else 'CalendarDay'}"
        return f"{self.types}.{one.type}" if one.type in ENUMS else one.type


_STYLES = {
    "aspnet": _Style(
        "ClickTime.OData.Models",
        (("ClickTime.OData.Models", "", "types"), ("Default", "", "container")),
    ),
    "aliases": _Style(
        "T",
        (
            ("ClickTime.Facade.Service", "", "container"),
            ("ClickTime.Facade.Time", "T", "types"),
            ("ClickTime.Facade.Base", "Base", "bases"),
        ),
        based=True,
    ),
    "typedefs": _Style(
        "Self", (("ClickTime.Facade", "Self", "definitions types container"),), defined=True
    ),
    "v401": _Style(
        "ClickTime.V2",
        (("ClickTime.V2", "", "types container"),),
        untyped=True,
        version="4.01",
        reference=_REFERENCE,
    ),
}


def document(name: str, sets: Sequence[EntitySet]) -> bytes:
    style = _STYLES[name]
    parts = {
        "bases": _BASES,
        "definitions": _DEFINITIONS,
        "types": "".join(_entity_type(one.type, style) for one in sets) + _shared_types(style),
        "container": _container(sets, style.types),
    }
    schemas = "".join(
        f'<Schema Namespace="{namespace}"{_attribute("Alias", alias)} xmlns="{EDM}">'
        f"{''.join(parts[part] for part in contents.split())}</Schema>"
        for namespace, alias, contents in style.schemas
    )
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<edmx:Edmx Version="{style.version}" xmlns:edmx="{EDMX}">{style.reference}'
        f"<edmx:DataServices>{schemas}</edmx:DataServices></edmx:Edmx>"
    )
    return text.encode()


def _attribute(name: str, value: str) -> str:
    return f' {name}="{value}"' if value else ""


def _entity_type(entity: EntityType, style: _Style) -> str:
    base, inherited = "", set()
    if style.based:
        named = entity.name in _LINKS.values()
        base = "Base.Named" if named else "Base.Entity"
        inherited = {"ID", "Name"} if named else {"ID"}
    keys = "".join(f'<PropertyRef Name="{name}"/>' for name in entity.key)
    own = [one for one in entity.properties if one.name not in inherited]
    return (
        f'<EntityType Name="{entity.name}"{_attribute("BaseType", base)}>'
        + (f"<Key>{keys}</Key>" if keys and not base else "")
        + "".join(_property(one, style) for one in own)
        + "".join(_navigation(one.name, style) for one in own if one.name in _LINKS)
        + "</EntityType>"
    )


def _property(one: Property, style: _Style) -> str:
    scaled = one.type == "Edm.Decimal" and not style.defined
    facets = _attribute("Nullable", "" if one.nullable else "false")
    facets += _attribute("Scale", "variable" if scaled else "")
    return f'<Property Name="{one.name}" Type="{style.type_name(one)}"{facets}/>'


def _navigation(key: str, style: _Style) -> str:
    name = _LINKS[key]
    return (
        f'<NavigationProperty Name="{name}" Type="{style.types}.{name}">'
        f'<ReferentialConstraint Property="{key}" ReferencedProperty="ID"/></NavigationProperty>'
    )


def _shared_types(style: _Style) -> str:
    text = "" if style.untyped else f'<ComplexType Name="{CUSTOM_FIELDS}" OpenType="true"/>'
    for name, members in ENUMS.items():
        places = enumerate(members)
        listed = "".join(f'<Member Name="{one}" Value="{place}"/>' for place, one in places)
        text += f'<EnumType Name="{name}">{listed}</EnumType>'
    return text


def _container(sets: Sequence[EntitySet], types: str) -> str:
    names = {one.type.name: one.name for one in sets}
    text = ""
    for one in sets:
        links = [_LINKS[each.name] for each in one.type.properties if each.name in _LINKS]
        bindings = "".join(
            f'<NavigationPropertyBinding Path="{link}" Target="{names[link]}"/>' for link in links
        )
        kind = f"{types}.{one.type.name}"
        text += f'<EntitySet Name="{one.name}" EntityType="{kind}">{bindings}</EntitySet>'
    return f'<EntityContainer Name="Container">{text}</EntityContainer>'
