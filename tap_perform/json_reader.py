"""JSON bodies: each shape that is a table is checked in one pass and read again row by row."""

from __future__ import annotations

import json
from collections import deque
from functools import partial
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from tap_perform.json_window import EXACT, FAST, Number, Pairs, Window, kind_of
from taps_common.errors import ShapeError

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator, Sequence

    from tap_perform.json_window import Decode

    _Source: TypeAlias = Callable[[Window], Iterator[Any]]

Cells: TypeAlias = "list[str | None]"
Found: TypeAlias = "tuple[str, tuple[str, ...], int, str, Callable[[], Iterator[Cells]]]"
"""Form, headings, number of rows and digest of a table, and what reads its cells again."""
Name: TypeAlias = "str | tuple[str, int]"
"""A heading of objects, with a number where one object has it more than once."""

_BATCH = 128


class Digest:
    """The digest of headings and rows, unambiguously framed."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=16)
        self._encode = msgspec.msgpack.Encoder().encode

    def add(self, part: Sequence[object]) -> None:
        """Add headings or rows; UnicodeEncodeError where text holds half of a surrogate pair."""
        self._hash.update(self._encode(part))

    def hex(self) -> str:
        """Return the digest of all that was added: 32 hexadecimal digits."""
        return self._hash.hexdigest()


def check_json(text: Callable[[], io.TextIOWrapper], decode: Decode, hint: str) -> Found:
    """Read a JSON body to its end, with a decoder that tells equal names of an object."""
    reading = _Reading(text, decode)
    if reading.window().peek() == "[":
        return reading.rows("a JSON array of objects", Window.elements)
    if _are_lines(reading.window()):
        return reading.rows("JSON lines", Window.lines)
    try:
        return _check_object(reading)
    except _NoTableError:
        if not any(map(hint.lower().count, _LINES)):
            raise
        return reading.rows("JSON lines", Window.lines)


class _NoTableError(ShapeError):
    """An object without a list that is a table; it may be a row."""


def _check_object(reading: _Reading) -> Found:
    """Read an object to its end: its members may come in any order."""
    window = reading.window()
    fields: list[Any] | None = None
    arrays: list[tuple[str, _Array]] = []
    others: dict[str, str] = {}
    for name in window.members():
        if window.peek() != "[":
            others[name] = kind_of(window.value())
        elif name == "fields":
            fields = window.value()
        else:
            arrays.append((name, _Array(window, window.elements())))
    if window.peek() == "{":  # lines after all, the first one longer than the window
        return reading.rows("JSON lines", Window.lines)
    window.end()
    if fields is not None:
        return _with_fields(reading, fields, [array for name, array in arrays if name == "values"])
    if reports := {name.lower() for name in (*others, *dict(arrays))} & {"error", "errors"}:
        raise ShapeError(f"The body is a JSON object with a member `{min(reports)}`, not a table.")
    return reading.found("a JSON object with a list of rows", *_only(arrays, others))


def _with_fields(reading: _Reading, fields: list[Any], values: list[_Array]) -> Found:
    """Put the headings of one list to the rows of another."""
    if len(values) != 1 or {*map(type, fields)} - {str}:
        raise ShapeError("The body is a JSON object with `fields` but without one list `values`.")
    (array,) = values
    array.refuse_all_but("a list")
    if odd := [(row, width) for width, row in array.widths.items() if width != len(fields)]:
        row, width = min(odd)
        raise ShapeError(f"Row {row:,} has {width} cells, but there are {len(fields)} headings.")
    array.name(fields)
    return reading.found("a JSON object with fields and values", partial(_member, "values"), array)


def _are_lines(window: Window) -> bool:
    """Tell whether the object that a body begins with is followed by another."""
    window.peek()
    return window.complete() and window.peek() == "{"


_LINES = ("ndjson", "jsonl", "json-lines")
"""What content types of JSON lines are called; only they make a single object a row."""


def _only(arrays: list[tuple[str, _Array]], others: dict[str, str]) -> tuple[_Source, _Array]:
    """Return the one list of an object, and how to find it again."""
    if not arrays:
        raise _NoTableError("The body is a JSON object without a list of rows.")
    if len(arrays) > 1 or "an object" in others.values():
        raise _NoTableError("The body is a JSON object with more in it than one list of rows.")
    ((name, array),) = arrays
    array.refuse_all_but("an object")
    return partial(_member, name), array


def _member(wanted: str, window: Window) -> Iterator[Any]:
    """Yield the elements of a list of the object that a body is."""
    for name in window.members():
        if window.peek() != "[":
            window.value()
        elif name == wanted:
            yield from window.elements()
            return
        else:
            deque(window.elements(), maxlen=0)


class _Reading:
    """A JSON body and the way to decode it."""

    def __init__(self, text: Callable[[], io.TextIOWrapper], decode: Decode) -> None:
        self._text, self._decode = text, decode

    def window(self, decode: Decode | None = None) -> Window:
        """Begin anew."""
        return Window(self._text().read, decode or self._decode)

    def rows(self, form: str, source: _Source) -> Found:
        """Check a body that is nothing but objects."""
        window = self.window()
        array = _Array(window, source(window))
        window.end()
        array.refuse_all_but("an object")
        return self.found(form, source, array)

    def found(self, form: str, source: _Source, array: _Array) -> Found:
        """Return what was found, and how to read it again, the fast way if that keeps all."""
        decode = EXACT if self._decode is EXACT else FAST

        def cells() -> Iterator[Cells]:
            window = self.window(decode)
            again = Rows(window, array.reader.names, halves=array.reader.halves)
            return map(again.cells, source(window))

        return form, *array.summary(), cells


class _Array:
    """A list of a JSON body, read to its end.

    Attributes:
        widths: the first row of each number of cells, where rows are lists.
        reader: what knows the headings.
    """

    def __init__(self, window: Window, values: Iterator[Any]) -> None:
        self.widths: dict[int, int] = {}
        self.reader = Rows(window)
        self._kinds: dict[str, int] = {}
        self._rows = 0
        self._digest = Digest()
        cells = map(self._seen, values)
        while batch := list(islice(cells, _BATCH)):
            try:
                self._digest.add(batch)
            except UnicodeEncodeError:
                self.reader.halves = True
                self._digest.add([self.reader.whole(row) for row in batch])

    def _seen(self, value: Any) -> Cells:  # noqa: ANN401 - any JSON value
        self._rows += 1
        kind = kind_of(value)
        if kind not in self._kinds:
            self._kinds[kind] = self._rows
        if kind not in {"an object", "a list"}:
            return []
        cells = self.reader.cells(value)
        if kind == "a list" and len(cells) not in self.widths:
            self.widths[len(cells)] = self._rows
        return cells

    def refuse_all_but(self, wanted: str) -> None:
        """Raise ShapeError if there are elements of another kind."""
        odd = [(row, kind) for kind, row in self._kinds.items() if kind != wanted]
        if odd:
            row, kind = min(odd)
            raise ShapeError(f"Row {row:,} of the JSON is not {wanted} but {kind}.")

    def name(self, headings: Sequence[str]) -> None:
        """Take the headings of rows that are lists."""
        self.reader.names = tuple(headings)

    def summary(self) -> tuple[tuple[str, ...], int, str]:
        """Return headings, number of rows and digest."""
        headings = self.reader.headings()
        self._digest.add(headings)
        return headings, self._rows, self._digest.hex()


class Rows:
    """Turns decoded rows into cells; the headings of objects are gathered on the way."""

    def __init__(
        self, window: Window, names: tuple[Name, ...] = (), *, halves: bool = False
    ) -> None:
        self._window = window
        self.names = names
        self.halves = halves
        """Whether text holds halves of surrogate pairs, which no target can hold."""

    def cells(self, row: Any) -> Cells:  # noqa: ANN401 - an object or a list
        """Return a row's cells as text, blank ones as None."""
        values = self._values(row)
        if not _TEXTS.issuperset(map(type, values)):
            if not _FLAT.issuperset(map(type, values)):
                values = self._values(self._window.again())
            values = [_text(value) for value in values]
        cells: Cells = [value or None for value in values]
        return self.whole(cells) if self.halves else cells

    def whole(self, cells: Cells) -> Cells:
        """Return cells with a replacement character for each half of a surrogate pair."""
        return [cell and _repaired(cell) for cell in cells]

    def headings(self) -> tuple[str, ...]:
        """Return the headings as they came."""
        names = (name if isinstance(name, str) else name[0] for name in self.names)
        return tuple(map(_repaired, names))

    def _values(self, row: Any) -> list[Any]:  # noqa: ANN401 - an object or a list
        if isinstance(row, Pairs):
            row = _numbered(row)
        elif isinstance(row, list):
            return row
        if tuple(row) == self.names:
            return list(row.values())
        if row.keys() - self.names:
            self.names = tuple(dict.fromkeys((*self.names, *row)))
        return list(map(row.get, self.names))


_TEXTS = frozenset({str, type(None)})
_FLAT = _TEXTS | {bool, Number}


def _text(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    if value is None or type(value) is str:
        return value
    return str(value) if isinstance(value, (bool, Number)) else _compact(value)


def _compact(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return JSON text without blanks; numbers keep their digits."""
    if isinstance(value, Pairs):
        inner = (f"{_compact(name)}:{_compact(item)}" for name, item in value)
        return "{" + ",".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_compact, value)) + "]"
    return str(value) if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


def _numbered(pairs: Pairs) -> dict[Name, Any]:
    """Return members by name, those whose name came before by name and number."""
    found: dict[Name, Any] = {}
    for name, value in pairs:
        key: Name = name
        number = 1
        while key in found:
            number += 1
            key = (name, number)
        found[key] = value
    return found


def _repaired(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
