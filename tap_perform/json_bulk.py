"""JSON rows decoded many at a time, as long as there is nothing odd about them."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from tap_perform.cell_file import encoded
from tap_perform.json_window import COMMA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tap_perform.json_window import Name, Window

_MOST_MISSES = 3
"""Attempts in a row that fail; from then on rows are read one by one."""

_TEXT: Any = Annotated[str, msgspec.Meta(min_length=1)] | None
"""What cells hold where nothing has to be done to them."""
_FLAT = frozenset({str, type(None), UnsetType, bool, int})  # other numbers come as their digits
_MINUS_ZERO = re.compile(rb"[\s:,\[]-0[\s,\]}]")


class Bulk:
    """Takes runs of rows out of a window: several times as fast as one by one.

    What it takes is what reading one by one would give. Anything odd it leaves to that: new
    headings, a heading twice, cells that hold lists or objects, what is malformed.

    Args:
        window: stands behind a row whenever rows are asked for.
        lines: whether the rows are JSON lines instead of elements of an array.
    """

    def __init__(self, window: Window, *, lines: bool) -> None:
        self._window, self._lines = window, lines
        self._misses = 0
        self._cell: Any = _TEXT

    def rows(self, headings: tuple[Name, ...] | int) -> tuple[int, bytes] | None:
        """Return how many rows follow, as far as it can tell, and the batch of them, `encoded`.

        Args:
            headings: of the cells, in their order; their number for rows that are lists.
        """
        window = self._window
        if self._misses == _MOST_MISSES:
            return None
        window.more()
        start = window.at
        if not self._lines:
            comma = COMMA.match(window.text, start)
            start = comma.end() if comma else len(window.text)
        with suppress(msgspec.MsgspecError, ValueError, RecursionError):
            body = window.text.encode()  # texts are slow to cut, and decoding takes bytes anyway
            begin = len(window.text[:start].encode())
            end = body.rfind(b"]" if isinstance(headings, int) else b"}") + 1
            if found := self._batch(body[begin:end], headings):
                self._misses, window.at = 0, len(window.text) - len(body[end:].decode())
                return found
        self._misses += 1
        return None

    def _batch(self, text: bytes, headings: tuple[Name, ...] | int) -> tuple[int, bytes] | None:
        try:
            rows = self._decoded(text, headings)
        except msgspec.ValidationError:
            if self._cell is Any:
                raise
            self._cell = Any
            rows = self._decoded(text, headings)
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        present = [len(rows)] * len(columns)
        if self._cell is Any:
            if not _is_flat(columns, text):
                return None
            present = [len(rows) - column.count(UNSET) for column in columns]
            columns = [list(map(_text, column)) for column in columns]
        data = encoded(len(rows), columns)
        if isinstance(headings, int):
            alone = len(columns) == headings
        else:
            full = self._cell is not Any and not self._lines  # which may have nothing between them
            alone = (full and _is_shortest(text, data, headings, len(rows))) or _holds_no_more(
                text, data, zip(headings, present, strict=True)
            )
        return (len(rows), data) if rows and alone else None

    def _decoded(self, text: bytes, headings: tuple[Name, ...] | int) -> list[Sequence[Any]]:
        decode = _decoder(headings, self._cell, lines=self._lines)
        rows = decode(text if self._lines else b"[%b]" % text)
        return rows if isinstance(headings, int) else list(map(msgspec.structs.astuple, rows))


def _is_flat(columns: Sequence[Sequence[Any]], text: bytes) -> bool:
    """Return whether all cells are texts, numbers and the like that are written as they came."""
    types = {*map(type, chain.from_iterable(columns))}
    return types <= _FLAT and not (int in types and _MINUS_ZERO.search(text))


def _is_shortest(text: bytes, data: bytes, names: Sequence[Name], rows: int) -> bool:
    """Return whether rows of an array, which have all names, are as short as JSON can spell them.

    Then they hold nothing else. `data` spells the same cells, as shortly.
    """
    around_cells = len(b"[%d,[]]" % rows) + len(names) * (rows + 2) - 1
    around_row = len(_encode(dict.fromkeys(names, 0))) - len(names)
    return len(text.strip()) == len(data) - around_cells + rows * (around_row + 1) - 1


_encode = msgspec.json.Encoder().encode


def _holds_no_more(text: bytes, data: bytes, present: Iterable[tuple[Name, int]]) -> bool:
    """Return whether rows hold nothing but these headings, so many times each.

    Of a heading that comes twice in a row the decoder keeps one without a word: colons are counted.
    """
    members = sum(rows * (1 + name.count(":")) for name, rows in present)
    return text.count(b":") == members + data.count(b":") and b"\\u003" not in text


@lru_cache(4)
def _decoder(
    headings: tuple[Name, ...] | int,
    cell: Any,  # noqa: ANN401 - a type
    *,
    lines: bool,
) -> Callable[[bytes], list[Any]]:
    """Return what decodes rows with these headings, none of which has to be there.

    Raises:
        ValueError: there is none, as one of them comes twice in a row or has odd characters.
    """
    row: Any = list[cell]
    if not isinstance(headings, int):
        names = [name for name in headings if isinstance(name, str)]
        fields = [f"c{place}" for place in range(len(headings))]
        row = msgspec.defstruct(
            "Row",
            [(field, cell, UNSET) if cell is Any else (field, cell) for field in fields],
            rename=dict(zip(fields, names, strict=True)),
            forbid_unknown_fields=True,
            gc=False,
        )
    if lines:
        return msgspec.json.Decoder(row, float_hook=str).decode_lines
    return msgspec.json.Decoder(list[row], float_hook=str).decode


def _text(value: Any) -> str | None:  # noqa: ANN401 - a member of _FLAT
    if type(value) is str:
        return value or None
    return None if value is None or value is UNSET else str(value)
