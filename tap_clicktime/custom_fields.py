"""Custom fields: an object of free names that comes as it is, as text, or as a list of pairs."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

AS_OBJECT = "CustomFields"
AS_TEXT = "CustomFieldsStr"
"""The two properties that hold them (help, "Power BI": one nested JSON blob, and its text)."""

_NAMES = ("Name", "name", "DisplayName", "Key", "key", "ID")
_VALUES = ("Value", "value")

_text_decoder = msgspec.json.Decoder(float_hook=Decimal)


def pairs(value: object) -> Iterator[tuple[str | None, object]]:
    """Return names and values of custom fields, in whichever form they came.

    What cannot be read comes without a name.
    """
    if isinstance(value, str):
        try:
            value = _text_decoder.decode(value) if value.strip() else None
            value = without_annotations(value)
        except (msgspec.DecodeError, RecursionError, ArithmeticError):
            yield None, value
            return
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        for item in value:
            yield _pair(item)
    elif value is not None:
        yield None, value


def _pair(item: object) -> tuple[str | None, object]:
    if isinstance(item, msgspec.Struct):
        item = msgspec.structs.asdict(item)
    if not isinstance(item, dict):
        return None, item
    name = next((item[key] for key in _NAMES if isinstance(item.get(key), str)), None)
    return name, next((item[key] for key in _VALUES if key in item), None)


def without_annotations(value: object) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value without what OData says about the members of its objects."""
    if isinstance(value, list):
        return [without_annotations(item) for item in value]
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            setattr(value, name, without_annotations(getattr(value, name)))
    if not isinstance(value, dict):
        return value
    return {
        name: without_annotations(item)
        for name, item in value.items()
        if not _is_annotation(name, value)
    }


def _is_annotation(name: str, value: Mapping[str, object]) -> bool:
    """Tell an annotation from a member that has an @ in its own name, as custom fields may."""
    owner, at, term = name.rpartition("@")
    if not at:
        return False
    known = term.removeprefix("odata.") in _CONTROL
    told_of = not owner or owner in value or term.endswith("Link")  # a link stands for its rows
    return (known and told_of) or (not owner and "." in term)


_CONTROL = frozenset(
    {
        *("context", "metadataEtag", "type", "count", "nextLink", "delta", "deltaLink", "id"),
        *("editLink", "readLink", "etag", "navigationLink", "associationLink", "removed"),
        *("mediaEditLink", "mediaReadLink", "mediaContentType", "mediaEtag"),
    }
)
"""Control information (OData JSON Format 4.01, 4.6), which any object may hold."""


def kind_of(value: object) -> str:
    """Return what JSON calls a value's type."""
    kinds = {str: "string", bool: "boolean", dict: "object", list: "array", type(None): "null"}
    return kinds.get(type(value), "number")
