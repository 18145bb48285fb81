"""JSON bodies: each shape that is a table is checked in one pass and read again row by row."""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from tap_perform.cell_file import encoded
from tap_perform.json_bulk import Bulk
from tap_perform.json_window import Number, Pairs, Window, kind_of
from tap_perform.message_bodies import SAYING
from taps_common.errors import ShapeError

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Sequence

    from tap_perform.cell_file import CellFile, Cells, Found, NewFile
    from tap_perform.json_window import Decode, Name


def check_json(
    text: Callable[[], io.TextIOWrapper], decode: Decode, hint: str, new_file: NewFile
) -> Found:
    """Read a JSON body to its end and return what it holds.

    Args:
        text: starts reading from the beginning.
        decode: decodes values; tells equal names of an object.
        hint: what the response says that its body is.
        new_file: makes the files that rows go to.

    Raises:
        ShapeError: it is malformed, cut, or no table.
        RepeatedNameError: an object has two members of one name.
        UnicodeDecodeError: it is not in the encoding that it is read with.
    """
    body = _JsonBody(text, decode, new_file)
    if body.window().peek() == "[":
        return body.rows("a JSON array of objects")
    if _are_lines(body.window()):
        return body.rows("JSON lines", lines=True)
    try:
        return _check_object(body)
    except _NoTableError:
        if not any(map(hint.lower().count, _LINES)):
            raise
        return body.rows("JSON lines", lines=True)


class _NoTableError(ShapeError):
    """An object without a list that is a table; it may be a row."""


def _check_object(body: _JsonBody) -> Found:
    """Read an object to its end: its members may come in any order."""
    window = body.window()
    fields: list[Any] | None = None
    arrays: list[tuple[str, _Array]] = []
    others: dict[str, str] = {}
    for name in window.members():
        if window.peek() != "[":
            others[name] = kind_of(window.value())
        elif name == "fields":
            fields = window.value()
        else:
            arrays.append((name, body.array(window)))
    if window.peek() == "{":  # lines after all, the first one longer than the window
        return body.rows("JSON lines", lines=True)
    window.end()
    said = {name.lower() for name, kind in others.items() if kind != "null"}
    said |= {name.lower() for name, array in arrays if array.rows or fields is None}
    if reports := said & {"error", "errors"}:
        raise ShapeError(f"The body is a JSON object with a member `{min(reports)}`, not a table.")
    if fields is not None:
        return _with_fields(fields, [array for name, array in arrays if name == "values"])
    array = _only(arrays, others)
    if not array.rows and (reports := said & SAYING):
        raise ShapeError(f"The body has no row, but a member `{min(reports)}`: it is a message.")
    return "a JSON object with a list of rows", *array.table()


def _with_fields(fields: list[Any], values: list[_Array]) -> Found:
    """Put the headings of one list to the rows of another."""
    if len(values) != 1 or {*map(type, fields)} - {str}:
        raise ShapeError("The body is a JSON object with `fields` but without one list `values`.")
    if not fields:
        raise ShapeError("The body is a JSON object whose `fields` are empty: it is not a table.")
    (array,) = values
    array.refuse_all_but("a list")
    if odd := [(row, width) for width, row in array.widths.items() if width != len(fields)]:
        row, width = min(odd)
        raise ShapeError(f"Row {row:,} has {width} cells, but there are {len(fields)} headings.")
    array.name(fields)
    return "a JSON object with fields and values", *array.table()


def _are_lines(window: Window) -> bool:
    """Return whether the object that a body begins with is followed by another."""
    window.peek()
    return window.complete() and window.peek() == "{"


_LINES = ("ndjson", "jsonl", "json-lines")
"""What content types of JSON lines are called; only they make a single object a row."""


def _only(arrays: list[tuple[str, _Array]], others: dict[str, str]) -> _Array:
    """Return the one list of an object."""
    if not arrays:
        raise _NoTableError("The body is a JSON object without a list of rows.")
    if len(arrays) > 1 or "an object" in others.values():
        raise _NoTableError("The body is a JSON object with more in it than one list of rows.")
    ((_, array),) = arrays
    array.refuse_all_but("an object")
    return array


class _JsonBody:
    """A JSON body, the way to decode it, and where its rows go."""

    def __init__(
        self, text: Callable[[], io.TextIOWrapper], decode: Decode, new_file: NewFile
    ) -> None:
        self._text, self._decode, self._new_file = text, decode, new_file

    def window(self) -> Window:
        """Begin anew."""
        return Window(self._text().read, self._decode)

    def array(self, window: Window, *, lines: bool = False) -> _Array:
        """Read a list, or lines, to the end."""
        return _Array(window, self._new_file(), lines=lines)

    def rows(self, form: str, *, lines: bool = False) -> Found:
        """Check a body that is nothing but objects."""
        window = self.window()
        array = self.array(window, lines=lines)
        window.end()
        array.refuse_all_but("an object")
        return form, *array.table()


class _Array:
    """A list of a JSON body, read to its end.

    Attributes:
        widths: the first row of each number of cells, where rows are lists.
    """

    def __init__(self, window: Window, found: CellFile, *, lines: bool) -> None:
        self.widths: dict[int, int] = {}
        self._reader = _Rows(window)
        self._kinds: dict[str, int] = {}
        self._seen_rows = 0
        self._found = found
        bulk = Bulk(window, lines=lines)
        values = map(self._seen, window.lines() if lines else window.elements())
        for batch in found.cut(values):
            ended = len(batch) < found.most
            found.add(len(batch), _encoded(batch))
            while not ended and (more := self._more(bulk)):
                found.add(*more)

    def _more(self, bulk: Bulk) -> tuple[int, bytes] | None:
        """Return a batch of the kind that all rows before are of, encoded, and its rows."""
        if self._kinds.keys() == {"an object"}:
            found = bulk.rows(self._reader.names)
        elif self._kinds.keys() == {"a list"} and len(self.widths) == 1:
            found = bulk.rows(*self.widths)
        else:
            return None
        self._seen_rows += found[0] if found else 0
        return found

    def _seen(self, value: Any) -> list[str | None]:  # noqa: ANN401 - any JSON value
        self._seen_rows += 1
        kind = kind_of(value)
        if kind not in self._kinds:
            self._kinds[kind] = self._seen_rows
        if kind not in {"an object", "a list"}:
            return []
        cells = self._reader.cells(value)
        if kind == "a list" and len(cells) not in self.widths:
            self.widths[len(cells)] = self._seen_rows
        return cells

    def refuse_all_but(self, wanted: str) -> None:
        """Raise ShapeError if there are elements of another kind."""
        odd = [(row, kind) for kind, row in self._kinds.items() if kind != wanted]
        if odd:
            row, kind = min(odd)
            raise ShapeError(f"Row {row:,} of the JSON is not {wanted} but {kind}.")

    def name(self, headings: Sequence[str]) -> None:
        """Take the headings of rows that are lists."""
        self._reader.names = tuple(headings)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self._found.rows

    def table(self) -> tuple[tuple[str, ...], CellFile]:
        """Return headings and rows."""
        return self._reader.headings(), self._found


def _encoded(rows: Sequence[Cells]) -> bytes:
    columns = list(zip_longest(*rows))
    try:
        return encoded(len(rows), columns)
    except UnicodeEncodeError:
        repaired = [[cell and _repaired(cell) for cell in column] for column in columns]
        return encoded(len(rows), repaired)


class _Rows:
    """Turns decoded rows into cells; the headings of objects are gathered on the way."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self.names: tuple[Name, ...] = ()

    def cells(self, row: Any) -> list[str | None]:  # noqa: ANN401 - an object or a list
        """Return a row's cells as text, blank ones as None."""
        values = self._values(row)
        if not _TEXTS.issuperset(map(type, values)):
            if not _FLAT.issuperset(map(type, values)):
                values = self._values(self._window.again())
            values = [_text(value) for value in values]
        return [value or None for value in values]

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
