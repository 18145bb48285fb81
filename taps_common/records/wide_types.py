"""Row types that are wider by what is known to be odd, so that drift costs little.

The type of a table's rows takes what is declared and nothing else, which costs nothing while all
fits. What turns out to be odd on the way gets a place of its own in a wider type, where it is not
decoded: it is taken apart alone, and the rest of the row as fast as ever.
"""

from __future__ import annotations

import re
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import UNSET

from taps_common.errors import ShapeError
from taps_common.records.leaving import Leaving
from taps_common.records.rescue import ITEM, rescue, spelled
from taps_common.records.row_types import RESCUED, fields_of
from taps_common.records.tolerant import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from taps_common.records.rescue import Path, Rescued
    from taps_common.records.row_types import Breadcrumb
    from taps_common.records.tolerant import Findings, ObjectReader, ValueReader

UNREAD: Any = msgspec.Raw | msgspec.UnsetType
"""The type of a member that may be absent and is not decoded."""

MANY = 50
"""Undeclared members of rows from which on their names are taken for data: more will come."""

_ESCAPED = re.compile(r'["\\\x00-\x1f]')
"""Signs that JSON escapes: msgspec declares no field with one in its name, so objects that have
such a member are always read one by one."""

_members = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])


class _Step(NamedTuple):
    """A step down from an object: to the one in a field of it, or to those in a list there.

    Attributes:
        title: the field's name.
        name: the same in Python.
        listed: whether it holds a list.
    """

    title: str
    name: str
    listed: bool


class _Place(NamedTuple):
    """A member that the wider type does not decode.

    Attributes:
        steps: what leads to the objects that have it.
        title: its name.
        name: the same in Python.
        reader: reads it; None for one that no type declares.
        required: whether it must be there.
        default: what stands for it where it is absent.
    """

    steps: tuple[_Step, ...]
    title: str
    name: str
    reader: ValueReader | None = None
    required: bool = False
    default: object = UNSET


class _Copy(NamedTuple):
    """Objects whose wider type has members that leave with none of them: they are copied.

    Attributes:
        steps: what leads to them.
        make: takes the values of the fields that stay, in their order.
        values: what gets those of an object.
    """

    steps: tuple[_Step, ...]
    make: Callable[..., Any]
    values: Sequence[Callable[[Any], Any]]

    def all(self, held: Sequence[Any]) -> list[Any]:
        """Return the copies of objects."""
        if not self.values:  # nobody wants any of their fields
            return [self.make() for _ in held]
        return [*map(self.make, *(map(value, held) for value in self.values))]


class WideDecoder:
    """Decodes parts of pages in which nothing is odd but what is known to be.

    Args:
        reader: reads the rows member by member, and knows their type.
        findings: what is odd, and where to say what is rescued.
        lenient: whether numbers and truth values may come as text.

    Attributes:
        size: how many odd places were known when it was made.
    """

    def __init__(self, reader: ObjectReader, findings: Findings, *, lenient: bool) -> None:
        self.size = findings.size
        self._findings = findings
        self._places: list[_Place] = []
        self._copies: list[_Copy] = []
        self._closed = True
        self._known = {RESCUED, *reader.deselected, *(one.encode_name for one, _ in reader.fields)}
        kind = self._widened(reader, (), ())
        self._leaving = Leaving(kind) if self.size else reader.leaving
        self._decoder = msgspec.json.Decoder(list[kind], strict=not lenient, float_hook=Decimal)  # type: ignore[valid-type]  # made at run time

    def decode(self, part: bytes) -> list[Any] | None:
        """Return the rows of a part; None if a value cannot leave that is not known to be odd.

        Raises:
            msgspec.DecodeError: the part is not a list of rows, or something odd in it is new.
            UnicodeDecodeError: a text is no Unicode.
            ShapeError: a row has not what it must have.
        """
        rows = self._decoder.decode(part)
        if not self._leaving.check(rows):
            return None
        rescued: dict[int, list[Rescued]] = {}
        for place in self._places:
            self._take_apart(place, rows, rescued)
        if not self._closed:
            self._take_further(part, rescued)
        for copy in self._copies:
            rows = _with_copies(copy, rows)
        for number, found in rescued.items():
            rescue(rows[number], found)
        return rows

    def _take_apart(
        self, place: _Place, rows: Sequence[Any], rescued: dict[int, list[Rescued]]
    ) -> None:
        """Read the values of one place, row by row."""
        _, title, name, reader, required, default = place
        findings = self._findings
        named = False
        for number, holder, above in _holders(place.steps, rows):
            raw = getattr(holder, name)
            if raw is UNSET:
                setattr(holder, name, default)
                continue
            path = (*above, title)
            if reader is None:
                (findings.rescue if named else findings.undeclared)(path, raw)
                named = named or bool(findings.rescued)
            else:
                value = reader.read(raw, path, findings)
                if value is None and required:
                    raise ShapeError(f"a row whose {spelled(path)} is {kind_of(raw)}")
                setattr(holder, name, value)
            if findings.rescued:
                rescued.setdefault(number, []).extend(findings.take())

    def _take_further(self, part: bytes, rescued: dict[int, list[Rescued]]) -> None:
        """Rescue the members of rows that no type declares, whatever their names are."""
        findings = self._findings
        for number, members in enumerate(_members.decode(part)):
            for name in members.keys() - self._known:
                findings.undeclared((name,), members[name])
            if findings.rescued:
                rescued.setdefault(number, []).extend(findings.take())

    def _widened(
        self, reader: ObjectReader, place: Breadcrumb, steps: tuple[_Step, ...]
    ) -> type[msgspec.Struct]:
        """Return the type of objects, with a place for each odd thing that is known of them."""
        fields: list[Any] = []
        names: dict[str, str] = {}
        for field, one in reader.fields:
            here = (*place, field.encode_name)
            names[field.name] = field.encode_name
            if here in self._findings.odd:
                default = () if field.required else (field.default,)
                self._places.append(
                    _Place(steps, field.encode_name, field.name, one, field.required, *default)
                )
                fields.append((field.name, msgspec.Raw if field.required else UNREAD))
            else:
                fields.append((field.name, self._widened_value(one, here, steps, field.name)))
            if not field.required:
                odd = here in self._findings.odd
                fields[-1] = (*fields[-1], UNSET if odd else field.default)
        further = {
            found[-1]
            for found in self._findings.further
            if found[:-1] == place and not _ESCAPED.search(found[-1])
        }
        if further & reader.deselected:  # they come, then the others do too
            further |= reader.deselected
        if not place and len(further - reader.deselected) > MANY:
            self._closed, further = False, set()
        if reader.rescues and RESCUED not in further:  # null only: it never comes from the wire
            fields.append((RESCUED, None, None))
        for number, title in enumerate(sorted(further)):
            name = f"field_further_{number}"
            names[name] = title
            fields.append((name, UNREAD, UNSET))
            if title not in reader.deselected and not self._findings.is_expected((*place, title)):
                self._places.append(_Place(steps, title, name))
        if further:
            values = [attrgetter(field.name) for field, _ in reader.fields]
            self._copies.append(_Copy(steps, _without_rules(reader.row), values))
        return msgspec.defstruct(
            reader.row.__name__,
            fields,
            kw_only=True,
            gc=False,
            rename=names,
            forbid_unknown_fields=self._closed or bool(place),
        )

    def _widened_value(
        self, reader: ValueReader, here: Breadcrumb, steps: tuple[_Step, ...], name: str
    ) -> Any:  # noqa: ANN401 - a type expression
        """Return the type of a field, wider where something inside of its objects is odd."""
        known = [*self._findings.odd, *self._findings.further]
        if not any(one[: len(here)] == here for one in known):
            return reader.declared
        listed = reader.inner is None
        inner = reader.items if listed else reader.inner
        below = (*here, ITEM) if listed else here
        if inner is None or not any(one[: len(below)] == below for one in known):
            return reader.declared
        kind: Any = self._widened(inner, below, (*steps, _Step(here[-1], name, listed)))
        if listed:
            kind = list[kind | None] if reader.may_hold_null else list[kind]
        return kind | None


def _holders(steps: Sequence[_Step], rows: Sequence[Any]) -> Iterator[tuple[int, Any, Path]]:
    """Yield the objects that steps lead to: the number of the row, the object, and its path."""
    if not any(step.listed for step in steps):
        path = tuple(step.title for step in steps)
        held: Sequence[Any] = rows
        for step in steps:
            get = attrgetter(step.name)
            held = [one and get(one) for one in held]
        yield from ((number, one, path) for number, one in enumerate(held) if one)
        return
    found: list[tuple[int, Any, Path]] = [(number, row, ()) for number, row in enumerate(rows)]
    for title, name, listed in steps:
        inner = [(number, getattr(one, name), (*path, title)) for number, one, path in found]
        found = [
            (number, item, (*path, place) if listed else path)
            for number, one, path in inner
            if one
            for place, item in enumerate(one if listed else (one,))
            if item is not None
        ]
    yield from found


def _with_copies(copy: _Copy, rows: list[Any]) -> list[Any]:
    """Return rows in which objects are replaced by their copies."""
    if not copy.steps:
        return copy.all(rows)
    *steps, (_, name, listed) = copy.steps
    for _, holder, _ in _holders(steps, rows):
        if held := getattr(holder, name):
            if not listed:
                (held,) = copy.all([held])
            elif None in held:
                held = [one if one is None else copy.all([one])[0] for one in held]
            else:
                held = copy.all(held)
            setattr(holder, name, held)
    return rows


def _without_rules(row: type[msgspec.Struct]) -> Callable[..., Any]:
    """Return a type with the fields of another that takes whatever is in them, in their order."""
    return msgspec.defstruct(
        row.__name__,
        [(field.name, Any, None) for field in fields_of(row)],
        gc=False,
        rename={field.name: field.encode_name for field in fields_of(row)},
    )
