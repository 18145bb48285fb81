"""Pages to rows and rows to record lines: each byte is decoded once, each row encoded once."""

from __future__ import annotations

import re
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from taps_common.errors import ShapeError
from taps_common.records.json_text import write_texts
from taps_common.records.limits import check_values
from taps_common.records.row_types import Row, fields_of, narrow, nested_row
from taps_common.records.tolerant import NO_JSON, Findings, ObjectReader, is_list, mended
from taps_common.records.wide_types import WideDecoder

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from taps_common.records.flattening import Flattener
    from taps_common.records.rescue import Path
    from taps_common.records.row_types import Breadcrumb

PART = 100_000
"""Bytes of a page that become rows at once: few enough that all that is made of them, from rows to
lines, stays in the processor's cache."""

R = TypeVar("R", bound=Row)

_encoder = msgspec.json.Encoder(decimal_format="number")


class PageDecoder(Generic[R]):
    """Turns the bytes of a page, a JSON array of objects, into rows.

    Fields of `row` that nobody `wants` never become objects. Numbers without a declared type keep
    their digits (`Decimal`). Timestamps are in UTC (UTC-OUT). A part that does not fit is read
    member by member; what was odd there is known from then on, see `wide_types`.

    Args:
        row: the type of a row.
        wants: returns whether a field is needed.
        lenient: whether numbers and truth values may come as text.
        expects: returns whether a member that no type declares is left out on purpose.

    Attributes:
        narrowed: the fields of the rows that come out: `row` without what nobody wants.
    """

    def __init__(
        self,
        row: type[R],
        wants: Callable[[Breadcrumb], bool],
        *,
        lenient: bool = False,
        expects: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.narrowed = narrow(row, wants)
        self._lenient = lenient
        self._findings = Findings(expects)
        self._reader = ObjectReader(self.narrowed, row, lenient=lenient)
        self._wide = WideDecoder(self._reader, self._findings, lenient=lenient)

    @property
    def drifted(self) -> set[str]:
        """Where values did not fit their type, as messages call it."""
        return {*self._findings.misfits}

    @property
    def misfits(self) -> Mapping[str, Path]:
        """Where values did not fit their type: the first path, by what messages call it."""
        return self._findings.misfits

    @property
    def unknown(self) -> Mapping[str, Path]:
        """Where members were that no type declares: the first path, by what messages call it."""
        return self._findings.unknown

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
            rows = self._fitting(part)
            if rows is None:
                if not is_list(part):
                    break
                rows = self._one_by_one(part)
            yield rows, part
            begin = end + 1
        rest = body if begin == 1 else b"[%b" % body[begin:]
        yield self.decode(rest), rest

    def decode(self, body: bytes) -> list[R]:
        """Return the rows of a page.

        Raises:
            ShapeError: the body is not a JSON array of objects that have their keys.
        """
        rows = self._fitting(body)
        return self._one_by_one(body) if rows is None else rows

    def _fitting(self, part: bytes) -> list[R] | None:
        """Return the rows of a part; None if something odd is in it that is not known yet.

        Raises:
            ShapeError: a row has not what it must have, or the part is too large.
        """
        check_values(part)
        try:
            rows = self._wide.decode(part)
        except _UNREADABLE:
            rows = None
        self._findings.take()
        return rows

    def _one_by_one(self, part: bytes) -> list[R]:
        """Return the rows of a part with something odd in it, which is known from then on.

        Raises:
            ShapeError: the part is not a JSON array of objects that have their keys.
        """
        try:
            rows = self._reader.rows(part, self._findings)
        except _UNREADABLE:  # texts that are no Unicode, or no JSON at all
            self._findings.take()
            try:
                rows = self._reader.rows(mended(part), self._findings)
            except _UNREADABLE:
                raise ShapeError(NO_JSON) from None
        if self._findings.size > self._wide.size:
            self._wide = WideDecoder(self._reader, self._findings, lenient=self._lenient)
        return rows


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
        texts: names of the columns that leave as JSON text.
        flattener: flattens the rows of RECORD messages, where that is asked for.
    """

    def __init__(
        self,
        stream: str,
        row: type[msgspec.Struct],
        *,
        selected: Callable[[Breadcrumb], bool],
        version: int | None = None,
        texts: Collection[str] = (),
        flattener: Flattener | None = None,
    ) -> None:
        self._head = b'{"type":"RECORD","stream":%b,"record":' % _encoder.encode(stream)
        self._version = b"" if version is None else b',"version":%d' % version
        paths = _paths(row)
        self._deselected = [names for path, names in paths if not selected(path)]
        self._bare = not any(selected(path) for path, _ in paths)
        self._texts = [field.name for field in fields_of(row) if field.encode_name in texts]
        self._flattener = flattener

    def lines(self, rows: Sequence[Row], time_extracted: str) -> bytes:
        """Return one RECORD per row, each ending in a newline; nothing for no rows.

        What all messages have in common is put between the rows at once, which takes half the time
        of encoding it with each.
        """
        if not rows:
            return b""
        lines = self._flattener.lines if self._flattener else _encoder.encode_lines
        bare = lines(self.ready(rows))  # newlines are between rows only
        head, stamp = self._head, _encoder.encode(time_extracted)
        tail = b'%b,"time_extracted":%b}\n' % (self._version, stamp)
        return b"%b%b%b" % (head, bare[:-1].replace(b"\n", tail + head), tail)

    def batch_lines(self, rows: Sequence[Row], time_extracted: str) -> bytes:
        """Return one object per row, each ending in a newline.

        Loaders hand them to the database as they are, so that each has `_sdc_extracted_at`, which
        a RECORD message tells.
        """
        lines = _encoder.encode_lines(self.ready(rows))
        comma = "" if self._bare else ","
        stamp = f'{comma}"_sdc_extracted_at":"{time_extracted}"}}\n'
        return lines.replace(b"}\n", stamp.encode())  # JSON has newlines between lines only

    def ready(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return rows as they leave: without what is deselected, with texts for columns of JSON."""
        clear(rows, self._deselected)
        write_texts(rows, self._texts)
        return rows


def records(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return rows as the dictionaries that the SDK's own record path takes."""
    return [msgspec.to_builtins(row, builtin_types=(Decimal,)) for row in rows]


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
