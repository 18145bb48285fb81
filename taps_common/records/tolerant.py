"""Pages that do not fit their type: keep what fits, null what does not, say so.

A service may change a field overnight. Such a page is neither a crash nor a silence: every row
goes out, values that the declared type refuses become null, and their paths are reported.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

import msgspec
from msgspec import inspect as types

from taps_common.errors import ShapeError
from taps_common.records.row_types import fields_of, nested_row

S = TypeVar("S", bound=msgspec.Struct)


def read_tolerantly(
    body: bytes, row: type[S], *, lenient: bool = False
) -> tuple[list[S], set[str]]:
    """Return the rows of a page and the paths whose values became null.

    Args:
        body: the page.
        row: type of its rows.
        lenient: whether numbers and truth values may come as text, and texts as whole numbers.

    Raises:
        ShapeError: the body is not a JSON array of objects that have their keys.
    """
    page = parse_tolerantly(body)
    if not isinstance(page, list):
        raise ShapeError(f"expected a list of rows, got {_kind(page)}")
    reader = _Reader(lenient=lenient)
    rows = []
    for item in page:
        if not isinstance(item, dict):
            raise ShapeError(f"expected a list of objects, got a list with {_kind(item)}")
        rows.append(reader.fit(item, row, ""))
    return rows, reader.drifted


def survey(body: bytes, row: type[msgspec.Struct], limit: int) -> tuple[set[str], set[str]]:
    """Return which fields a page's first rows have: all at the top, and the undeclared paths.

    Args:
        body: the page.
        row: type of its rows.
        limit: how many rows are looked at.
    """
    try:
        raw = msgspec.json.decode(body, type=list[msgspec.Raw])[:limit]
        items = [msgspec.json.decode(item) for item in raw]
    except (msgspec.DecodeError, UnicodeDecodeError):
        page = parse_tolerantly(body)
        items = page[:limit] if isinstance(page, list) else []
    unknown: set[str] = set()
    for item in items:
        _collect_unknown(item, row, "", unknown)
    return set().union(*items), unknown


def parse_tolerantly(body: bytes) -> object:
    """Parse JSON the way the strict decoder refuses to: bad UTF-8 and lone surrogates replaced.

    Raises:
        ShapeError: the body is not JSON.
    """
    try:
        page = json.loads(
            body.decode("utf-8", "replace"), parse_float=Decimal, parse_constant=_refuse
        )
        return _without_surrogates(page)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise ShapeError("the answer is not JSON, or breaks off in the middle") from error


def _refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and Infinity are no JSON


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


class _Reader:
    """Reads values as their declared types, and notes the paths of those that became null."""

    def __init__(self, *, lenient: bool) -> None:
        self.drifted: set[str] = set()
        self._lenient = lenient

    def fit(self, item: dict[str, Any], row: type[S], path: str) -> S:
        """Return an object as its declared type."""
        values: dict[str, Any] = {}
        for field, declared in zip(fields_of(row), msgspec.structs.fields(row), strict=True):
            here = f"{path}{field.encode_name}"
            if field.encode_name in item:
                value = self._value(item[field.encode_name], declared.type, field.type, here)
                if value is None and field.required:
                    raise ShapeError(f"a row whose {here} is {_kind(item[field.encode_name])}")
                values[field.name] = value
            elif field.required:
                raise ShapeError(f"a row without {here}")
        return row(**values)

    def _value(
        self,
        value: object,
        declared: Any,  # noqa: ANN401 - a type expression
        info: types.Type,
        path: str,
    ) -> object:
        """Return the value as its declared type, what does not fit inside it as null."""
        for candidate in self._readings(value):
            try:
                return msgspec.convert(candidate, declared, strict=not self._lenient)
            except msgspec.ValidationError:
                continue
        nested = nested_row(info)
        if nested is not None and isinstance(value, dict):
            return self.fit(value, nested.cls, f"{path}.")
        listed = _list_of(info)
        if listed is not None and isinstance(value, list):
            item, optional = listed.item_type, _optional_item(declared)
            parts = [self._value(part, optional, item, f"{path}[]") for part in value]
            if isinstance(item, types.UnionType) and item.includes_none:
                return parts
            if None in value:
                self.drifted.add(f"{path}[]")
            return [part for part in parts if part is not None]
        self.drifted.add(path)
        return None

    def _readings(self, value: object) -> list[object]:
        """Return a value and what it may be meant as.

        5.0 is meant as 5, a timestamp may stand for its day and a day for its midnight, a number
        may be a name's (an enum's). A timestamp without a zone is UTC where the type asks for one.
        """
        readings = [value]
        if isinstance(value, Decimal) and value == value.to_integral_value():
            readings.append(int(value))
        if isinstance(value, str):
            day, mark, _ = value.partition("T")
            midnight = f"{value}T00:00:00"
            readings += [f"{value}Z", day] if mark else [midnight, f"{midnight}Z"]
        if self._lenient and type(value) is int:
            readings.append(str(value))
        return readings


def _list_of(info: types.Type) -> types.ListType | None:
    if isinstance(info, types.UnionType):
        lists = [member for member in info.types if isinstance(member, types.ListType)]
        return lists[0] if len(lists) == 1 else None
    return info if isinstance(info, types.ListType) else None


def _optional_item(declared: Any) -> Any:  # noqa: ANN401 - a type expression
    """Return the type of a list's items, or null, from the annotation of the list."""
    for part in (declared, *get_args(declared)):
        if get_origin(part) is list:
            return get_args(part)[0] | None
    return declared


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _collect_unknown(
    item: dict[str, Any], row: type[msgspec.Struct], path: str, found: set[str]
) -> None:
    declared = _declared(row)
    for name, value in item.items():
        if name not in declared:
            found.add(f"{path}{name}")
        elif nested := declared[name]:
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, dict):
                    _collect_unknown(part, nested, f"{path}{name}.", found)


@cache
def _declared(row: type[msgspec.Struct]) -> dict[str, type[msgspec.Struct] | None]:
    """Return the fields of a row type, each with the type of the objects in it, if any."""
    declared: dict[str, type[msgspec.Struct] | None] = {}
    for field in fields_of(row):
        listed = _list_of(field.type)
        nested = nested_row(listed.item_type if listed else field.type)
        declared[field.encode_name] = nested.cls if nested else None
    return declared
