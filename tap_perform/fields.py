"""What is known of a clip's columns: their names, headings and types."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tap_perform.catalogue import CLIPS
from tap_perform.cells import TYPES
from tap_perform.columns import RESERVED, columns_of, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from singer_sdk.singerlib.catalog import CatalogEntry

    from tap_perform.settings import Clip


@dataclass(frozen=True)
class Field:
    """A column of a table.

    Attributes:
        name: its name.
        heading: the heading that it comes from.
        type: one of `cells.TYPES`.
    """

    name: str
    heading: str
    type: str = "string"


@dataclass(frozen=True)
class Declared:
    """What is declared of a table, by its user or by Bentley.

    Attributes:
        types: type by heading.
        keys: headings of the columns that tell rows apart within a project; None where nothing is
            declared.
        own: headings that the user declared; one of them at least must come.
    """

    types: Mapping[str, str]
    keys: tuple[str, ...] | None
    own: frozenset[str]


def declarations(stream: str, clips: Iterable[Clip]) -> Declared:
    """Return what is declared of a table in any of its projects; the settings win."""
    known = CLIPS.get(stream)
    types = dict(known.types) if known else {}
    keys: tuple[str, ...] | None = None
    own: set[str] = set()
    for clip in clips:
        names = {*map(name_of, clip.types)}
        types = {heading: kind for heading, kind in types.items() if name_of(heading) not in names}
        types |= clip.types
        keys = keys if clip.primary_keys is None else clip.primary_keys
        own |= {*clip.columns, *clip.types, *(clip.primary_keys or ())}
    return Declared(types, keys, frozenset(own))


def named(heading: str, fields: Iterable[Field]) -> list[str]:
    """Return the names of the columns that a heading stands for: its own, or those named alike."""
    known = list(fields)
    exact = [one.name for one in known if one.heading == heading]
    return exact or [one.name for one in known if name_of(one.heading) == name_of(heading)]


def fields_from(headings: Iterable[Sequence[str]], types: Mapping[str, str]) -> list[Field]:
    """Return the columns of all projects' headings, in the order in which they come first."""
    found: dict[str, Field] = {}
    for one in headings:
        for name, heading, _ in columns_of(one, {name: at.heading for name, at in found.items()}):
            found.setdefault(name, Field(name, heading))
    for heading, kind in types.items():
        for name in named(heading, found.values()):
            found[name] = replace(found[name], type=kind)
    return list(found.values())


def fields_in(entry: CatalogEntry) -> list[Field]:
    """Return the columns that a catalog names, with its types: they are what SCHEMA states."""
    properties: dict[str, Any] = entry.schema.to_dict().get("properties", {})
    return [
        Field(name, described.get("title", name), _type_in(described))
        for name, described in properties.items()
        if name not in RESERVED
    ]


def _type_in(described: Mapping[str, Any]) -> str:
    """Return the type that a JSON schema stands for."""
    kinds = described.get("type", "string")
    for kind in ("boolean", "integer", "number"):
        if kind == kinds or kind in kinds:
            return kind
    form: str = described.get("format", "")
    return form if form in TYPES else "string"
