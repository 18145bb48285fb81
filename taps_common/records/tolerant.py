"""Pages that do not fit their type: keep what fits, rescue what does not, say so.

A service may change a field overnight. Such a page is neither a crash nor a silence: every row
goes out, values that the declared type refuses become null there, and they go, as members that no
type declares, to `_rescued_data` as they came.
"""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, get_args, get_origin

import msgspec
from msgspec import inspect as types

from taps_common.errors import ShapeError
from taps_common.records.json_text import as_json
from taps_common.records.leaving import Leaving, is_finite
from taps_common.records.rescue import pattern, place_of, rescue, spelled
from taps_common.records.row_types import RESCUED, fields_of, nested_row
from taps_common.records.utc import is_timestamp_text, moved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from taps_common.records.rescue import Path, Rescued
    from taps_common.records.row_types import Breadcrumb

Json: TypeAlias = msgspec.Raw | bytes
"""A value that was not read yet."""

_any = msgspec.json.Decoder(float_hook=Decimal)
_items = msgspec.json.Decoder(list[msgspec.Raw])
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])

NO_JSON = "the answer is not JSON, or breaks off in the middle"

MOST_KNOWN = 200
"""Odd places that are known of a stream: members whose names are data would have no end."""

_MISFIT = object()
"""Stands for a value that does not fit."""


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
        raise ShapeError(NO_JSON) from error


def mended(body: bytes) -> bytes:
    """Return JSON with bad UTF-8 and lone surrogates replaced.

    Raises:
        ShapeError: the body is not JSON.
    """
    try:
        return as_json(parse_tolerantly(body))
    except (ValueError, RecursionError) as error:  # a number that no decoder reads again
        raise ShapeError(NO_JSON) from error


def is_list(body: bytes) -> bool:
    """Return whether a body is a JSON array, whatever is in it."""
    try:
        _items.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


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


class Findings:
    """What was odd about some rows, beside what each of them lost.

    Args:
        expects: returns whether a member that no type declares is left out on purpose.

    Attributes:
        rescued: what was rescued of the present row.
        misfits: where values did not fit: the first path of each, by what messages call it.
        unknown: where undeclared members were, in the same way.
        odd: places of declared fields that took a second look.
        further: places of members that are not read.
    """

    def __init__(self, expects: Callable[[str], bool]) -> None:
        self._expects = expects
        self.rescued: list[Rescued] = []
        self.misfits: dict[str, Path] = {}
        self.unknown: dict[str, Path] = {}
        self.odd: set[Breadcrumb] = set()
        self.further: set[Breadcrumb] = set()

    def look_again(self, path: Path) -> None:
        """Note that the declared type does not take a value as it is."""
        self._know(self.odd, path)

    def misfit(self, path: Path, value: Json) -> None:
        """Rescue a value that does not fit its type."""
        self._name(self.misfits, path)
        self.rescue(path, value)

    def undeclared(self, path: Path, value: Json) -> None:
        """Rescue a member that no type declares, unless it is null, or left out on purpose."""
        self._know(self.further, path)
        if bytes(value) != b"null" and not self.is_expected(path):
            self._name(self.unknown, path)
            self.rescue(path, value)

    def deselected(self, path: Path) -> None:
        """Note a member that nobody wants."""
        self._know(self.further, path)

    @property
    def size(self) -> int:
        """How many odd places are known."""
        return len(self.odd) + len(self.further)

    def _know(self, known: set[Breadcrumb], path: Path) -> None:
        if self.size < MOST_KNOWN:
            known.add(place_of(path))

    def _name(self, named: dict[str, Path], path: Path) -> None:
        if len(named) < MOST_KNOWN:
            named.setdefault(pattern(path), path)

    def take(self) -> list[Rescued]:
        """Return what was rescued of the present row, and begin the next one."""
        found, self.rescued = self.rescued, []
        return found

    def is_expected(self, path: Path) -> bool:
        """Return whether a member that no type declares is left out on purpose."""
        return self._expects(".".join(part for part in path if isinstance(part, str)))

    def rescue(self, path: Path, raw: Json) -> None:
        """Keep a value that has no place, without what is left out on purpose; null is nothing."""
        if bytes(raw) == b"null" and not isinstance(path[-1], int):
            return
        value = _any.decode(raw)  # what is no JSON, or no Unicode, is seen here
        if isinstance(value, dict | list):
            kept = self._without_expected(value, path)
            raw = raw if kept == value else as_json(kept)
        self.rescued.append((path, bytes(raw)))

    def _without_expected(self, value: object, path: Path) -> object:
        if isinstance(value, list):
            return [self._without_expected(item, path) for item in value]
        if isinstance(value, dict):
            return {
                name: self._without_expected(item, (*path, name))
                for name, item in value.items()
                if not self.is_expected((*path, name))
            }
        return value


class ValueReader:
    """Reads values of one type, and what is meant as such.

    Args:
        declared: the type.
        info: what msgspec says of it.
        full: where it is an object's, the same with all fields.
        lenient: whether numbers and truth values may come as text, and texts as whole numbers.

    Attributes:
        declared: the type.
        may_hold_null: whether it is a list in which null may be.
    """

    def __init__(
        self,
        declared: Any,  # noqa: ANN401 - a type expression
        info: types.Type,
        full: types.Type,
        *,
        lenient: bool,
    ) -> None:
        self.declared = declared
        self._info, self._full = info, full
        self._lenient = lenient
        listed = _list_of(info)
        self._item_type = listed and listed.item_type
        self.may_hold_null = isinstance(self._item_type, types.UnionType) and (
            self._item_type.includes_none
        )

    # Most pages fit: what follows is made where the first value does not.

    @cached_property
    def inner(self) -> ObjectReader | None:
        """Reads the value where it is an object."""
        nested, whole = nested_row(self._info), nested_row(self._full)
        return (
            ObjectReader(nested.cls, whole.cls, lenient=self._lenient) if nested and whole else None
        )

    @cached_property
    def items(self) -> ObjectReader | None:
        """Reads the items where the value is a list of objects and nothing else."""
        return None if self._item is None or _is_one_of_several(self._info) else self._item.inner

    @cached_property
    def _item(self) -> ValueReader | None:
        item = self._item_type
        if item is None:
            return None
        return ValueReader(_optional_item(self.declared), item, item, lenient=self._lenient)

    @cached_property
    def _decode(self) -> Callable[[Json], Any]:
        strict = not self._lenient
        return msgspec.json.Decoder(self.declared, strict=strict, float_hook=Decimal).decode

    @cached_property
    def _takes_days(self) -> bool:
        return _holds(self._info, types.DateType)

    @cached_property
    def _is_timestamp(self) -> bool:
        return is_timestamp_text(self._info)

    @cached_property
    def _takes_timestamps(self) -> bool:
        return self._is_timestamp or _holds(self._info, types.DateTimeType)

    @cached_property
    def _leaves_as_it_is(self) -> bool:
        return not self._is_timestamp and not _holds(self._info, _NEEDING_A_LOOK)

    def read(self, raw: Json, path: Path, found: Findings) -> object:
        """Return a value as it leaves; what does not fit, or fits inside of it, is rescued."""
        try:
            value = self._decode(raw)
        except msgspec.ValidationError:
            pass
        else:
            if self._leaves_as_it_is or (value := self._settled(value)) is not _MISFIT:
                return value
        first = bytes(memoryview(raw)[:1])
        if self.inner is not None and first == b"{":
            return self.inner.read(raw, path, found)
        if self._item is not None and first == b"[":
            return list(self._items_of(self._item, raw, path, found))
        found.look_again(path)
        if bytes(raw) == b"null":  # nothing came
            return None
        for candidate in self._meanings(_any.decode(raw)):
            try:
                value = msgspec.convert(candidate, self.declared, strict=not self._lenient)
            except msgspec.ValidationError:
                continue
            if (value := self._settled(value)) is not _MISFIT:
                return value
        found.misfit(path, raw)
        return None

    def _items_of(
        self, item: ValueReader, raw: Json, path: Path, found: Findings
    ) -> Iterator[object]:
        """Yield the items of a list that fit; others are left out where it may not hold null."""
        for place, one in enumerate(_items.decode(raw)):
            value = item.read(one, (*path, place), found)
            if value is None and not self.may_hold_null:
                if bytes(one) == b"null":
                    found.look_again(path)
                    found.misfit((*path, place), one)
            else:
                yield value

    def _settled(self, value: Any) -> Any:  # noqa: ANN401 - of the declared type
        """Return a value with its timestamps in UTC; `_MISFIT` if a part of it cannot leave."""
        if self.inner is not None:
            return value if value is None or self.inner.leaving.check([value]) else _MISFIT
        if self._item is not None and isinstance(value, list):
            items = [self._item._settled(one) for one in value]  # noqa: SLF001 - the same class
            return _MISFIT if any(one is _MISFIT for one in items) else items
        if isinstance(value, datetime) or (value and self._is_timestamp):
            return _MISFIT if (timestamp := moved(value)) is None else timestamp
        return value if is_finite(value) else _MISFIT

    def _meanings(self, value: object) -> list[object]:
        """Return what a value may be meant as, if not as itself.

        5.0 is meant as 5, a timestamp may stand for its day and a day for its midnight, a number
        may be a name's (an enum's). A timestamp without a zone is UTC where the type asks for one.
        """
        meanings: list[object] = []
        if isinstance(value, Decimal):
            meanings += [value, int(value)] if _is_whole(value) else [value]
        elif isinstance(value, str):
            day, mark, _ = value.partition("T")
            if self._takes_days:
                meanings += [day] if mark else []
            elif self._takes_timestamps:
                midnight = f"{value}T00:00:00"
                meanings += [f"{value}Z"] if mark else [midnight, f"{midnight}Z"]
        elif self._lenient and type(value) is int:
            meanings.append(str(value))
        return meanings


class ObjectReader:
    """Reads objects member by member.

    Args:
        row: the type that comes out.
        full: the same with the fields that nobody wants.
        lenient: as in `ValueReader`.

    Attributes:
        row: the type that comes out.
        fields: what is read, each with what reads it.
        leaving: checks what came out.
        deselected: names of the fields that nobody wants.
        rescues: whether it has a column for what has no place.
    """

    def __init__(
        self, row: type[msgspec.Struct], full: type[msgspec.Struct], *, lenient: bool
    ) -> None:
        self.row = row
        self.leaving = Leaving(row)
        kinds = {one.encode_name: one.type for one in fields_of(full)}
        self.fields = [
            (
                field,
                ValueReader(declared.type, field.type, kinds[field.encode_name], lenient=lenient),
            )
            for field, declared in zip(fields_of(row), msgspec.structs.fields(row), strict=True)
            if field.encode_name != RESCUED
        ]
        self.rescues = any(field.encode_name == RESCUED for field in fields_of(row))
        self.deselected = kinds.keys() - {RESCUED} - {one.encode_name for one, _ in self.fields}

    def read(self, raw: Json, path: Path, found: Findings) -> msgspec.Struct:
        """Return an object; what does not fit, and what nobody declared, is rescued.

        Raises:
            ShapeError: it lacks a field that it must have.
        """
        members = _members.decode(raw)
        values: dict[str, Any] = {}
        for field, reader in self.fields:
            here = (*path, field.encode_name)
            member = members.pop(field.encode_name, None)
            if member is not None:
                value = values[field.name] = reader.read(member, here, found)
                if value is None and field.required:
                    raise ShapeError(f"a row whose {spelled(here)} is {kind_of(member)}")
            elif field.required:
                raise ShapeError(f"a row without {spelled(here)}")
        for name, member in members.items():
            if name in self.deselected:
                found.deselected((*path, name))
            else:
                found.undeclared((*path, name), member)
        return self.row(**values)

    def rows(self, page: bytes, found: Findings) -> list[Any]:
        """Return the rows of a page, each with what was rescued of it.

        Raises:
            msgspec.DecodeError: it is no JSON, or a text in it is no Unicode.
            ShapeError: the page is not a list of objects that have their keys.
        """
        if page.lstrip()[:1] != b"[":
            _any.decode(page)  # what is no JSON at all is another error
            raise ShapeError(f"expected a list of rows, got {kind_of(page)}")
        rows = []
        for raw in _items.decode(page):
            if bytes(memoryview(raw)[:1]) != b"{":
                raise ShapeError(f"expected a list of objects, got a list with {kind_of(raw)}")
            row: Any = self.read(raw, (), found)
            rescue(row, found.take())
            rows.append(row)
        return rows


_NEEDING_A_LOOK = types.DateTimeType | types.DecimalType | types.FloatType | types.StructType


def _holds(info: types.Type, kinds: Any) -> bool:  # noqa: ANN401 - a union of classes
    """Return whether a type is one of some kinds, through nullability and lists."""
    if isinstance(info, types.Metadata):
        return _holds(info.type, kinds)
    if isinstance(info, types.ListType):
        return _holds(info.item_type, kinds)
    if isinstance(info, types.UnionType):
        return any(_holds(member, kinds) for member in info.types)
    return isinstance(info, kinds)


def _is_whole(value: Decimal) -> bool:
    """Return whether a number is whole, and not one of thousands of digits."""
    return abs(value.adjusted()) < _MOST_DIGITS and value == value.to_integral_value()


_MOST_DIGITS = 100


def _list_of(info: types.Type) -> types.ListType | None:
    if isinstance(info, types.UnionType):
        lists = [member for member in info.types if isinstance(member, types.ListType)]
        return lists[0] if len(lists) == 1 else None
    return info if isinstance(info, types.ListType) else None


def _is_one_of_several(info: types.Type) -> bool:
    """Return whether values of a type may be of several kinds, null aside."""
    return isinstance(info, types.UnionType) and len(info.types) - info.includes_none > 1


def _optional_item(declared: Any) -> Any:  # noqa: ANN401 - a type expression
    """Return the type of a list's items, or null, from the annotation of the list."""
    for part in (declared, *get_args(declared)):
        if get_origin(part) is list:
            return get_args(part)[0] | None
    return declared


def kind_of(raw: Json) -> str:
    """Return what JSON text holds, in words."""
    names = {"{": "an object", "[": "a list", '"': "text", "t": "a boolean", "f": "a boolean"}
    first = bytes(memoryview(raw)[:64]).lstrip()[:1].decode("ascii", "replace")
    return names.get(first, "null" if first == "n" else "a number")
