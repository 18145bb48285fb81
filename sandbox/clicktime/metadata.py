"""`$metadata`: the entity model in CSDL XML, in the shapes that different servers give it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.clicktime.edm import CUSTOM_FIELDS, ENUMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.clicktime.edm import EntityType, Property
    from sandbox.clicktime.model import EntitySet

EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
EDM = "http://docs.oasis-open.org/odata/ns/edm"

_LINKS = {
    "UserID": ("User", "User"),
    "JobID": ("Job", "Job"),
    "TaskID": ("Task", "Task"),
    "ClientID": ("Client", "Client"),
    "DivisionID": ("Division", "Division"),
}
"""Navigation property and type by foreign key."""

_NAMED = frozenset({"User", "Job", "Client", "Task", "Division"})


@dataclass(frozen=True)
class _Naming:
    """How one document names types and derives them."""

    types: str
    """Namespace or alias before the names of types."""
    bases: str = ""
    """The same for the abstract bases; empty where there are none."""
    definitions: bool = False
    """Whether IDs, money and days are TypeDefinitions."""
    untyped: bool = False
    """Whether CustomFields are Edm.Untyped."""

    def of(self, one: Property) -> str:
        """Name a property's type."""
        if one.type == CUSTOM_FIELDS:
            return "Edm.Untyped" if self.untyped else f"{self.types}.{CUSTOM_FIELDS}"
        if self.definitions and one.type == "Edm.Decimal":
            return f"{self.types}.Money"
        if self.definitions and one.type == "Edm.Date":
            return f"{self.types}.CalendarDay"
        if self.definitions and one.type == "Edm.String" and one.name.endswith("ID"):
            return f"{self.types}.EntityId"
        return f"{self.types}.{one.type}" if one.type in ENUMS else one.type


def document(style: str, sets: Iterable[EntitySet]) -> bytes:
    """Describe the sets in one style."""
    served = list(sets)
    schemas = _STYLES[style](served)
    version = "4.01" if style == "v401" else "4.0"
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<edmx:Edmx Version="{version}" xmlns:edmx="{EDMX}">{_REFERENCES.get(style, "")}'
        f"<edmx:DataServices>{''.join(schemas)}</edmx:DataServices></edmx:Edmx>"
    )
    return text.encode()


def _aspnet(sets: Sequence[EntitySet]) -> list[str]:
    naming = _Naming("ClickTime.OData.Models")
    types = _entity_types(sets, naming) + _shared_types(naming)
    return [
        _schema("ClickTime.OData.Models", types),
        _schema("Default", _container(sets, naming.types)),
    ]


def _aliases(sets: Sequence[EntitySet]) -> list[str]:
    naming = _Naming("T", bases="Base")
    bases = (
        '<EntityType Name="Entity" Abstract="true"><Key><PropertyRef Name="ID"/></Key>'
        '<Property Name="ID" Type="Edm.String" Nullable="false"/></EntityType>'
        '<EntityType Name="Named" BaseType="Base.Entity" Abstract="true">'
        '<Property Name="Name" Type="Edm.String" Nullable="false"/></EntityType>'
    )
    types = _entity_types(sets, naming) + _shared_types(naming)
    return [
        _schema("ClickTime.Facade.Service", _container(sets, naming.types)),
        _schema("ClickTime.Facade.Time", types, alias="T"),
        _schema("ClickTime.Facade.Base", bases, alias="Base"),
    ]


def _typedefs(sets: Sequence[EntitySet]) -> list[str]:
    naming = _Naming("Self", definitions=True)
    definitions = (
        '<TypeDefinition Name="EntityId" UnderlyingType="Edm.String" MaxLength="24"/>'
        '<TypeDefinition Name="Money" UnderlyingType="Edm.Decimal" Scale="variable"/>'
        '<TypeDefinition Name="CalendarDay" UnderlyingType="Edm.Date"/>'
    )
    inside = definitions + _entity_types(sets, naming) + _shared_types(naming)
    container = _container(sets, naming.types)
    return [_schema("ClickTime.Facade", inside + container, alias="Self")]


def _v401(sets: Sequence[EntitySet]) -> list[str]:
    naming = _Naming("ClickTime.V2", untyped=True)
    inside = _entity_types(sets, naming) + _shared_types(naming)
    return [_schema("ClickTime.V2", inside + _container(sets, naming.types))]


_STYLES = {"aspnet": _aspnet, "aliases": _aliases, "typedefs": _typedefs, "v401": _v401}

_REFERENCES = {
    "v401": (
        '<edmx:Reference Uri="https://oasis-tcs.github.io/odata-vocabularies/vocabularies/'
        'Org.OData.Core.V1.xml"><edmx:Include Namespace="Org.OData.Core.V1" Alias="Core"/>'
        "</edmx:Reference>"
    )
}


def _schema(namespace: str, inside: str, alias: str = "") -> str:
    named = f' Alias="{alias}"' if alias else ""
    return f'<Schema Namespace="{namespace}"{named} xmlns="{EDM}">{inside}</Schema>'


def _entity_types(sets: Sequence[EntitySet], naming: _Naming) -> str:
    return "".join(_entity_type(one.type, naming) for one in sets)


def _entity_type(entity: EntityType, naming: _Naming) -> str:
    inherited: set[str] = set()
    base = ""
    if naming.bases:
        named = entity.name in _NAMED
        inherited = {"ID", "Name"} if named else {"ID"}
        base = f' BaseType="{naming.bases}.{"Named" if named else "Entity"}"'
    key = "".join(f'<PropertyRef Name="{name}"/>' for name in entity.key)
    own = [one for one in entity.properties if one.name not in inherited]
    return (
        f'<EntityType Name="{entity.name}"{base}>'
        + (f"<Key>{key}</Key>" if key and not base else "")
        + "".join(_property(one, naming) for one in own)
        + "".join(_navigation(one, naming) for one in own if one.name in _LINKS)
        + "</EntityType>"
    )


def _property(one: Property, naming: _Naming) -> str:
    facets = "" if one.nullable else ' Nullable="false"'
    if one.type == "Edm.Decimal" and not naming.definitions:
        facets += ' Scale="variable"'
    return f'<Property Name="{one.name}" Type="{naming.of(one)}"{facets}/>'


def _navigation(one: Property, naming: _Naming) -> str:
    name, target = _LINKS[one.name]
    return (
        f'<NavigationProperty Name="{name}" Type="{naming.types}.{target}">'
        f'<ReferentialConstraint Property="{one.name}" ReferencedProperty="ID"/>'
        "</NavigationProperty>"
    )


def _shared_types(naming: _Naming) -> str:
    """Describe the free keys and the enumerations."""
    free = "" if naming.untyped else f'<ComplexType Name="{CUSTOM_FIELDS}" OpenType="true"/>'
    return free + "".join(
        f'<EnumType Name="{name}">'
        + "".join(f'<Member Name="{one}" Value="{place}"/>' for place, one in enumerate(members))
        + "</EnumType>"
        for name, members in ENUMS.items()
    )


def _container(sets: Sequence[EntitySet], types: str) -> str:
    names = {one.type.name: one.name for one in sets}
    inside = ""
    for one in sets:
        links = (_LINKS[each.name] for each in one.type.properties if each.name in _LINKS)
        bindings = "".join(
            f'<NavigationPropertyBinding Path="{path}" Target="{names[target]}"/>'
            for path, target in links
        )
        inside += f'<EntitySet Name="{one.name}" EntityType="{types}.{one.type.name}">'
        inside += f"{bindings}</EntitySet>"
    return f'<EntityContainer Name="Container">{inside}</EntityContainer>'
