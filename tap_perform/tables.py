"""From clips, and what is declared or found of their columns, to the tables of the tap."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from tap_perform.catalogue import CLIPS
from tap_perform.cells import TYPES
from tap_perform.columns import EXTRA, PROJECT, RESERVED, ROW_ID, columns_of, name_of
from tap_perform.streams import ClipStream
from taps_common.records.row_types import row_type

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


def clip_stream(
    stream: str,
    fields: Sequence[Field],
    keys: Sequence[str],
    declared: Declared,
    *,
    extra: bool,
) -> type[ClipStream]:
    """Return the table of a clip.

    Args:
        stream: its name.
        fields: its columns.
        keys: names of the columns that tell rows apart; none gives rows an id of their own.
        declared: what is declared of it.
        extra: whether columns that nobody knows are kept in one of their own.
    """
    known = CLIPS.get(stream)
    required: list[Any] = [(PROJECT, _described(str, "Name of the project, from the settings."))]
    if not keys:
        required.append((ROW_ID, _described(str, _ROW_ID_IS)))
    required += [(one.name, _typed(one)) for one in fields if one.name in keys]
    optional: list[Any] = [
        (one.name, _typed(one) | None, None) for one in fields if one.name not in keys
    ]
    if extra:
        optional.append((EXTRA, _described(str, _EXTRA_IS) | None, None))
    text = known.text if known else f"A row of the dataclip {stream}."
    name = "".join(map(str.capitalize, stream.split("_")))
    return type(
        name,
        (ClipStream,),
        {
            "__doc__": text,
            "name": stream,
            "row": row_type(name, [*required, *optional], text),
            "primary_keys": (PROJECT, *(keys or (ROW_ID,))),
            "declared": declared,
            "own": {name for heading in declared.own for name in named(heading, fields)},
            "fields": {one.name: one for one in fields},
        },
    )


_ROW_ID_IS = (
    "Digest of the row's headings and cells as they came, with a number behind it where the same "
    "row comes again: a row that changes is a new row."
)
_EXTRA_IS = "Cells of columns that the catalog does not know, as JSON text by heading."

_PYTHON: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": Decimal,
    "boolean": bool,
    "date": date,
}


def _described(kind: Any, text: str) -> Any:  # noqa: ANN401 - a type expression
    return Annotated[kind, Meta(extra_json_schema={"description": text})]


def _typed(one: Field) -> Any:  # noqa: ANN401 - a type expression
    """Return the type of a column; texts with a form stay texts, with all their digits."""
    schema = {"title": one.heading}
    if one.type in {"date-time", "time"}:
        return Annotated[str, Meta(extra_json_schema={**schema, "format": one.type})]
    return Annotated[_PYTHON[one.type], Meta(extra_json_schema=schema)]
