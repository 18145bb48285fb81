"""JSON bodies: each shape that is a table is checked in one pass and read again row by row."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from tap_perform.cell_file import encoded
from tap_perform.json_bulk import Bulk
from tap_perform.json_window import Number, Pairs, Window, kind_of
from tap_perform.message_bodies import NOTES, SAYING, is_list_of_messages, proves, says_nothing
from tap_perform.partial_bodies import refuse_part
from taps_common.errors import ShapeError

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

    from tap_perform.cell_file import CellFile, Cells, Found, NewFile
    from tap_perform.json_window import Decode, Name


def check_json(
    text: Callable[[], io.TextIOWrapper],
    decode: Decode,
    hint: str,
    new_file: NewFile,
    path: Sequence[str] = (),
    known: AbstractSet[str] = frozenset(),
) -> Found:
    """Read a JSON body to its end and return what it holds.

    Args:
        text: starts reading from the beginning.
        decode: decodes values; tells equal names of an object.
        hint: what the response says that its body is.
        new_file: makes the files that rows go to.
        path: names that lead to the list of rows, or to an object that has it.
        known: names of columns that the table is known to have.

    Raises:
        ShapeError: it is malformed, cut, or no table.
        RepeatedNameError: an object has two members of one name.
        UnicodeDecodeError: it is not in the encoding that it is read with.
    """
    body = _JsonBody(text, decode, new_file)
    if body.window().peek() == "[":
        return body.lists() if _holds_lists(body.window()) else body.rows(_OBJECTS)
    if _are_lines(body.window()):
        return body.rows("JSON lines", lines=True)
    try:
        return _check_object(body, path, known)
    except _NoTableError:
        if not any(map(hint.lower().count, _LINES)):
            raise
        return body.rows("JSON lines", lines=True)


_OBJECTS = "a JSON array of objects"
_LISTS = "a JSON list of lists"


class _NoTableError(ShapeError):
    """An object without a list that is a table; it may be a row."""


_HEADINGS = ("fields", "columns")
"""What lists of headings are called, beside a list of rows."""
_ROWS = ("values", "rows")
"""What those rows are called."""
_ERRORS = {"error", "errors"}
"""Members that a table has only if they are empty."""


@dataclass
class _Members:
    """Members of an object that was read to its end.

    Attributes:
        headings: lists that may be headings, by name.
        arrays: the lists that may be rows, by name, in their order.
        others: each other member, and lists of errors.
    """

    headings: dict[str, list[Any]] = field(default_factory=dict)
    arrays: list[tuple[str, _Array]] = field(default_factory=list)
    others: dict[str, Any] = field(default_factory=dict)

    @property
    def said(self) -> set[str]:
        """Names of what says something, in lower case."""
        there = {name.lower() for name, value in self.others.items() if not says_nothing(value)}
        return there | {
            name.lower() for name, array in self.arrays if array.rows or not self.headings
        }

    def drop_empty(self) -> None:
        """Drop lists and objects for messages that hold none, beside the list of rows."""
        kept = [one for one in self.arrays if one[1].rows or one[0].lower() not in NOTES]
        self.arrays = kept or self.arrays
        for name in [*self.others]:
            if name.lower() in NOTES and says_nothing(self.others[name]):
                del self.others[name]


def _check_object(
    body: _JsonBody, path: Sequence[str], known: AbstractSet[str], *, headed: bool = False
) -> Found:
    """Read an object to its end: its members may come in any order."""
    found = _read_object(body, path, _HEADINGS, headed=headed)
    called = (*_ROWS, *path[-1:])
    if (
        found
        and "columns" in found.headings
        and not any(name in called for name, _ in found.arrays)
    ):
        found = _read_object(body, path, ("fields",), headed=headed)  # they are the rows
    if found is None:
        return body.rows("JSON lines", lines=True)
    found.drop_empty()
    if reports := found.said & _ERRORS:
        raise ShapeError(f"The body is a JSON object with a member `{min(reports)}`, not a table.")
    refuse_part(found.others, sum(array.rows for _, array in found.arrays))
    lists = [array for name, array in found.arrays if name in called]
    if found.headings and not (
        found.headings.keys() == {"columns"} and lists[0].is_all("an object")
    ):
        return _with_headings(found.headings, lists)
    array = _only(found.arrays, {} if path else found.others)
    if array.is_all("a list") and not headed:
        return _check_object(body, path, known, headed=True)
    if not headed:
        array.refuse_all_but("an object")
    if not array.rows and (reports := found.said & SAYING):
        raise ShapeError(f"The body has no row, but a member `{min(reports)}`: it is a message.")
    headings, cells = array.table()
    name = found.arrays[0][0]
    if not (path or proves(headings, known)) and is_list_of_messages(name, array.rows):
        raise ShapeError(
            f"The rows of the JSON stand in `{name}`, as messages do. If it is a table, set "
            f"`records_path: {name}`."
        )
    return "a JSON object with a list of rows", headings, cells


def _read_object(
    body: _JsonBody, path: Sequence[str], headings: Sequence[str], *, headed: bool
) -> _Members | None:
    """Read a body that is an object; None for lines whose first one is longer than the window."""
    window = body.window()
    found = _members(body, window, path, headings, headed=headed)
    if window.peek() == "{":
        return None
    window.end()
    return found


def _members(
    body: _JsonBody, window: Window, path: Sequence[str], headings: Sequence[str], *, headed: bool
) -> _Members:
    """Read the object that begins here; return its members, or those at the end of a path."""
    found = _Members()
    inner: list[_Members] = []
    for name in window.members():
        first, leads = window.peek(), name in path[:1]
        if first == "{" and leads:
            inner.append(_members(body, window, path[1:], headings, headed=headed))
        elif first != "[" or (name.lower() in _ERRORS and not leads):
            found.others[name] = window.value()
        elif name in headings and len(path) <= 1 and not leads:
            found.headings[name] = window.value()
        elif not path or (leads and len(path) == 1):
            found.arrays.append((name, body.array(window, headed=headed)))
        else:
            window.skip_array()
    if path and len(inner) + len(found.arrays) != 1:
        raise ShapeError(f"The JSON has no list at `records_path` ({path[0]}): correct it.")
    for one in inner:
        one.others = found.others | one.others
    return inner[0] if inner else found


def _with_headings(headings: dict[str, list[Any]], lists: list[_Array]) -> Found:
    """Put the headings of one list to the rows of another."""
    name, given = next(iter(headings.items()))
    rows = "values" if name == "fields" else "rows"
    names: list[Any] = [
        dict(one).get("name") if isinstance(one, (dict, Pairs)) else one for one in given
    ]
    if len(headings) != 1 or len(lists) != 1 or {*map(type, names)} - {str}:
        raise ShapeError(f"The body is a JSON object with `{name}` but without one list `{rows}`.")
    if not names:
        raise ShapeError(f"The body is a JSON object whose `{name}` are empty: it is not a table.")
    (array,) = lists
    array.refuse_all_but("a list")
    array.name(names)
    return f"a JSON object with {name} and {rows}", *array.table()


def _holds_lists(window: Window) -> bool:
    """Return whether the array that a body begins with holds lists."""
    window.skip("[")
    return window.peek() == "["


def _are_lines(window: Window) -> bool:
    """Return whether the object that a body begins with is followed by another."""
    window.peek()
    return window.complete() and window.peek() == "{"


_LINES = ("ndjson", "jsonl", "json-lines")
"""What content types of JSON lines are called; only they make a single object a row."""


def _only(arrays: list[tuple[str, _Array]], others: dict[str, Any]) -> _Array:
    """Return the one list of an object."""
    if not arrays:
        raise _NoTableError(f"The body is a JSON object without a list of rows.{_DEEPER}")
    objects = [name for name, value in others.items() if kind_of(value) == "an object"]
    if len(arrays) > 1 or objects:
        raise _NoTableError(
            f"The body is a JSON object with more in it than one list of rows.{_DEEPER}"
        )
    ((_, array),) = arrays
    return array


_DEEPER = " If it is a table, set `records_path` to the names that lead to its rows."


class _JsonBody:
    """A JSON body, the way to decode it, and where its rows go."""

    def __init__(
        self, text: Callable[[], io.TextIOWrapper], decode: Decode, new_file: NewFile
    ) -> None:
        self._text, self._decode, self._new_file = text, decode, new_file

    def window(self) -> Window:
        """Begin anew."""
        return Window(self._text().read, self._decode)

    def array(self, window: Window, *, lines: bool = False, headed: bool = False) -> _Array:
        """Read a list, or lines, to the end."""
        return _Array(window, self._new_file(), lines=lines, headed=headed)

    def lists(self) -> Found:
        """Check a body that is a list of lists, the headings first."""
        window = self.window()
        array = self.array(window, headed=True)
        window.end()
        return "a JSON list of lists", *array.table()

    def rows(self, form: str, *, lines: bool = False) -> Found:
        """Check a body that is nothing but objects."""
        window = self.window()
        array = self.array(window, lines=lines)
        window.end()
        array.refuse_all_but("an object")
        return form, *array.table()


class _Array:
    """A list of a JSON body, read to its end.

    Args:
        headed: whether its first element is the headings.

    Attributes:
        widths: the first row of each number of cells, where rows are lists.
    """

    def __init__(self, window: Window, found: CellFile, *, lines: bool, headed: bool) -> None:
        self.widths: dict[int, int] = {}
        self._reader = _Rows(window)
        self._kinds: dict[str, int] = {}
        self._seen_rows = 0
        self._found = found
        bulk = Bulk(window, lines=lines)
        elements = window.lines() if lines else window.elements()
        if headed and (first := next(elements, None)) is not None:
            self.name(_headings_in(first, window))
        values = map(self._seen, elements)
        for batch in found.cut(values):
            ended = len(batch) < found.most
            found.add(len(batch), _encoded(batch))
            while not ended and (more := self._more(bulk)):
                found.add(*more)
        if headed:
            self.refuse_all_but("a list")

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

    def is_all(self, kind: str) -> bool:
        """Return whether there are elements, all of a kind."""
        return self._kinds.keys() == {kind}

    def name(self, headings: Sequence[str]) -> None:
        """Take the headings of rows that are lists."""
        self._reader.names = tuple(headings)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self._found.rows

    def table(self) -> tuple[tuple[str, ...], CellFile]:
        """Return headings and rows.

        Raises:
            ShapeError: a row is a list that has not as many cells as there are headings.
        """
        width = len(self._reader.names)
        if odd := [(row, cells) for cells, row in self.widths.items() if cells != width]:
            row, cells = min(odd)
            raise ShapeError(f"Row {row:,} has {cells} cells, but there are {width} headings.")
        return self._reader.headings(), self._found


def _headings_in(first: object, window: Window) -> list[str]:
    """Return the headings that a list of lists begins with."""
    found = window.again() if isinstance(first, list) else first  # marks what are numbers
    if not isinstance(found, list) or {*map(type, found)} != {str}:
        raise ShapeError(
            "The first list of the JSON is not one of headings, which are texts: ask Bentley for "
            "headings, or for objects."
        )
    return found


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
