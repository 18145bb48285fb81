"""From clips, and what is declared or found of their columns, to the tables of the tap."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from tap_perform.catalogue import CLIPS, documented_texts
from tap_perform.columns import EXTRA, PROJECT, ROW_ID
from tap_perform.fields import named
from tap_perform.streams import ClipStream
from taps_common.records.row_types import row_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_perform.fields import Declared, Field


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
    required: list[Any] = [(PROJECT, _described(str, "name of the project, from the settings."))]
    if not keys:
        required.append((ROW_ID, _described(str, _ROW_ID_IS)))
    texts = documented_texts(stream)
    types = {one.name: _typed(one, texts.get(one.heading) or texts.get(one.name)) for one in fields}
    required += [(name, kind) for name, kind in types.items() if name in keys]
    optional: list[Any] = [
        (name, kind | None, None) for name, kind in types.items() if name not in keys
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
    "digest of the row's headings and cells as they came, with a number behind it where the same "
    "row comes again: a row that changes is a new row."
)
_EXTRA_IS = "cells of columns that the catalog does not know, as JSON text by heading."

_PYTHON: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": Decimal,
    "boolean": bool,
    "date": date,
}


def _described(kind: Any, text: str) -> Any:  # noqa: ANN401 - a type expression
    return Annotated[kind, Meta(extra_json_schema={"description": text})]


def _typed(one: Field, text: str | None) -> Any:  # noqa: ANN401 - a type expression
    """Return the type of a column; texts with a form stay texts, with all their digits."""
    schema = {"title": one.heading, **({"description": text} if text else {})}
    if one.type in {"date-time", "time"}:
        return Annotated[str, Meta(extra_json_schema={**schema, "format": one.type})]
    return Annotated[_PYTHON[one.type], Meta(extra_json_schema=schema)]
