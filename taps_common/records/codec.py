"""Pages to rows and rows to record lines: each byte is decoded once, each row encoded once."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cached_property
from itertools import chain
from math import isfinite
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from msgspec import inspect as types

from taps_common.records import tolerant as drift
from taps_common.records.row_types import Row, fields_of, narrow, nested_row
from taps_common.records.utc import Timestamps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from taps_common.records.row_types import Breadcrumb

PART = 100_000
"""Bytes of a page that become rows at once: few enough that all that is made of them, from rows to
lines, stays in the processor's cache."""

R = TypeVar("R", bound=Row)

_encoder = msgspec.json.Encoder(decimal_format="number")


class PageDecoder(Generic[R]):
    """Turns the bytes of a page, a JSON array of objects, into rows.

    Fields of `row` that nobody `wants` are not declared in the type that is compiled, so they
    never become objects. Numbers without a declared type keep their digits (`Decimal`). Timestamps
    are in UTC (UTC-OUT).

    Args:
        row: the type of a row.
        wants: returns whether a field is needed.
        lenient: whether numbers and truth values may come as text.

    Attributes:
        narrowed: the type of the rows that come out: `row` without what nobody wants.
        drifted: paths whose values did not fit the declared type, or have no place in UTC's
            calendar, since the last look.
    """

    def __init__(
        self, row: type[R], wants: Callable[[Breadcrumb], bool], *, lenient: bool = False
    ) -> None:
        self.row = row
        self._lenient = lenient
        self.drifted: set[str] = set()
        self.narrowed = narrow(row, wants)
        self._decoder: msgspec.json.Decoder[list[R]] = msgspec.json.Decoder(
            list[self.narrowed],  # type: ignore[name-defined]  # a type built at run time
            strict=not lenient,
            float_hook=Decimal,
        )

    def parts(self, body: bytes) -> Iterator[tuple[list[R], bytes]]:
        """Yield the rows of a page, some at a time, each time with the JSON array that they were.

        A page is cut where an object ends and the next one begins as the first row does. If that is
        inside of a row, what stands before it is no JSON, and the rest of the page is read at once.

        Raises:
            ShapeError: what is left of the body is not a JSON array of objects with their keys.
        """
        begin = 1
        for end in _ends_of_rows(body):
            part = b"[%b]" % body[begin:end]
            try:
                rows = self._decoder.decode(part)
            except _UNREADABLE:
                break
            yield self._in_utc(rows), part
            begin = end + 1
        rest = body if begin == 1 else b"[%b" % body[begin:]
        yield self.decode(rest), rest

    def decode(self, body: bytes) -> list[R]:
        """Return the rows of a page.

        Raises:
            ShapeError: the body is not a JSON array of objects that have their keys.
        """
        try:
            rows = self._decoder.decode(body)
        except _UNREADABLE:
            read, drifted = drift.read_tolerantly(body, self.narrowed, lenient=self._lenient)
            self.drifted |= drifted
            rows = read  # type: ignore[assignment]  # rows of the narrowed type
        return self._in_utc(rows)

    def _in_utc(self, rows: list[R]) -> list[R]:
        self.drifted |= self._timestamps.put_in_utc(rows)
        return rows

    @cached_property
    def _timestamps(self) -> Timestamps:
        return Timestamps(self.narrowed)

    def survey(self, body: bytes, limit: int) -> tuple[set[str], set[str]]:
        """Return the fields that a page's first rows have at the top, and the undeclared paths."""
        return drift.survey(body, self.row, limit)


def _ends_of_rows(body: bytes) -> Iterator[int]:
    """Yield where rows of a page seem to end: every `PART` bytes, and that far from its end."""
    found = _FIRST_NAME.match(body)
    if found and body.rstrip().endswith(b"]"):  # else it breaks off, and is refused as a whole
        between = b"},%b" % found[1]
        end = body.find(between, PART)
        while 0 <= end < len(body) - PART:
            yield end + 1
            end = body.find(between, end + PART)


_FIRST_NAME = re.compile(rb'\[(\{"[^"]*":)')

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError, RecursionError)
"""What decoding raises where a page does not fit its type, or is no JSON."""


class LineEncoder:
    """Turns rows into lines of one stream: RECORD messages, or those of batch files.

    Args:
        stream: name of the stream.
        row: type of the rows that will come.
        selected: returns whether the catalog selects a field; others are left out of the lines
            even where the rows have them, because another table needed them.
        version: table version of each record, if the stream is versioned.
    """

    def __init__(
        self,
        stream: str,
        row: type[msgspec.Struct],
        *,
        selected: Callable[[Breadcrumb], bool],
        version: int | None = None,
    ) -> None:
        self._head = b'{"type":"RECORD","stream":%b,"record":' % _encoder.encode(stream)
        self._version = b"" if version is None else b',"version":%d' % version
        paths = _paths(row)
        self._deselected = [names for path, names in paths if not selected(path)]
        self._bare = not any(selected(path) for path, _ in paths)
        self._decimals = [
            (field.name, *below) for field in fields_of(row) for below in _decimals(field.type)
        ]

    def lines(self, rows: Sequence[Row], time_extracted: str) -> bytes:
        """Return one RECORD per row, each ending in a newline; nothing for no rows.

        What all messages have in common is put between the rows at once, which takes half the time
        of encoding it with each.
        """
        if not rows:
            return b""
        bare = _encoder.encode_lines(self._ready(rows))  # newlines are between rows only
        head, stamp = self._head, _encoder.encode(time_extracted)
        tail = b'%b,"time_extracted":%b}\n' % (self._version, stamp)
        return b"%b%b%b" % (head, bare[:-1].replace(b"\n", tail + head), tail)

    def batch_lines(self, rows: Sequence[Row], time_extracted: str) -> bytes:
        """Return one object per row, each ending in a newline.

        Loaders hand them to the database as they are, so that each has `_sdc_extracted_at`, which
        a RECORD message tells.
        """
        lines = _encoder.encode_lines(self._ready(rows))
        comma = "" if self._bare else ","
        stamp = f'{comma}"_sdc_extracted_at":"{time_extracted}"}}\n'
        return lines.replace(b"}\n", stamp.encode())  # JSON has newlines between lines only

    def _ready(self, rows: Sequence[Row]) -> Sequence[object]:
        """Return what is encoded of rows: without what is deselected and what is not a number."""
        clear(rows, self._deselected)
        if all(_all_finite(rows, path) for path in self._decimals):
            return rows
        return records(rows)


def records(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return rows as the dictionaries that the SDK's own record path takes."""
    return [_finite(msgspec.to_builtins(row, builtin_types=(Decimal,))) for row in rows]


def _finite(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value with null for infinities and NaN, which JSON has no numbers for."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    return None if isinstance(value, float) and not isfinite(value) else value


def clear(rows: Iterable[Row], paths: Iterable[Breadcrumb]) -> None:
    """Unset fields of rows, so that they are left out when the rows are encoded."""
    for path in paths:
        *parents, name = path
        parent_of = attrgetter(".".join(parents)) if parents else None
        for row in rows:
            try:
                holder = parent_of(row) if parent_of else row
            except AttributeError:  # the field, or an object on the way to it, is not there
                continue
            if hasattr(holder, name):
                setattr(holder, name, msgspec.UNSET)


def _all_finite(rows: Iterable[Row], path: Iterable[str | None]) -> bool:
    """Return whether a field, by its path of `_decimals`, holds no infinity and no NaN in any row.

    Only decimals that came as text can be one: JSON has no such numbers.
    """
    values: Iterable[Any] = rows
    for name in path:
        inner = map(attrgetter(name), values) if name else chain.from_iterable(values)
        values = filter(None, inner)
    held = list(values)
    if Decimal not in set(map(type, held)):  # the usual case, told without a loop
        return True
    return all(value.is_finite() for value in held if type(value) is Decimal)


def _decimals(info: types.Type) -> Iterator[tuple[str | None, ...]]:
    """Yield where decimals are in values of a type: names that Python has, None for a list."""
    if isinstance(info, types.Metadata):
        yield from _decimals(info.type)
    elif isinstance(info, types.UnionType):
        for member in info.types:
            yield from _decimals(member)
    elif isinstance(info, types.ListType):
        yield from ((None, *below) for below in _decimals(info.item_type))
    elif isinstance(info, types.StructType):
        for field in info.fields:
            yield from ((field.name, *below) for below in _decimals(field.type))
    elif isinstance(info, types.DecimalType):
        yield ()


def _paths(
    row: type[msgspec.Struct], crumb: Breadcrumb = (), names: Breadcrumb = ()
) -> list[tuple[Breadcrumb, Breadcrumb]]:
    """Return the paths of all fields, as the service and as Python names them, innermost first."""
    paths: list[tuple[Breadcrumb, Breadcrumb]] = []
    for field in fields_of(row):
        here, name = (*crumb, field.encode_name), (*names, field.name)
        if nested := nested_row(field.type):
            paths += _paths(nested.cls, here, name)
        paths.append((here, name))
    return paths
