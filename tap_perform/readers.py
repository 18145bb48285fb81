"""Bodies of dataclips, in whatever form they come, as tables of text."""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, Any, BinaryIO

from tap_perform.cell_file import CellFile
from tap_perform.csv_reader import check_csv, headings_of
from tap_perform.json_reader import check_json
from tap_perform.json_window import EXACT, FAST, UNIQUE, RepeatedNameError, Window
from taps_common.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_perform.cell_file import Batch, Found, NewFile

_HEAD = 1 << 16
_PIECE = 1 << 17

_JSON = re.compile(r"""\[\s*(?:[\[\]{"0-9-]|true|false|null|$)|\{\s*(?:["}]|$)""")
"""How JSON begins; a heading may begin with a bracket too."""

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_FOREIGN = {
    b"PK\x03\x04": "a spreadsheet (xlsx) or another zip archive",
    b"PK\x05\x06": "a spreadsheet (xlsx) or another zip archive",
    b"\xd0\xcf\x11\xe0": "a spreadsheet (xls)",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF-": "a PDF document",
}


@dataclass(frozen=True)
class Table:
    """A body that was read to its end and found to be a complete table.

    Attributes:
        form: what the body is, for messages.
        headings: the headings exactly as they came, equal and blank ones included.
        rows: number of rows.
        digest: of headings and cells; the same body has the same digest.
        notes: sentences for the log on what had to be assumed.
    """

    form: str
    headings: tuple[str, ...]
    rows: int
    digest: str
    notes: list[str] = field(default_factory=list)
    _cells: CellFile = field(default_factory=CellFile, repr=False)

    def batches(self, places: Sequence[int] | None = None) -> Iterator[Batch]:
        """Yield batches of raw cells in the order of the headings; blank and absent ones are None.

        That may be done as often as need be, until `close`.

        Args:
            places: positions of the columns that are wanted, instead of all.
        """
        return self._cells.read(places, len(self.headings))

    def __iter__(self) -> Iterator[list[str | None]]:
        for rows, columns in self.batches():
            yield from map(list, zip(*columns, strict=True) if columns else repeat((), rows))

    def close(self) -> None:
        """Give the rows' temporary file back."""
        self._cells.close()


def open_table(
    body: BinaryIO, *, delimiter: str | None, encoding: str | None, content_type: str = ""
) -> Table:
    """Prove that a body is a complete table; it is read once to its end.

    Args:
        body: a seekable file.
        delimiter: what stands between cells of CSV; None detects it.
        encoding: a codec; None takes UTF-8, UTF-16 with a byte order mark, or Windows-1252.
        content_type: what the answer says that its body is: only a hint.

    Raises:
        ShapeError: the body is no table or is not complete; the sentence says why.
    """
    bom, codec = _encoding(body, encoding)
    text = partial(_text, body, len(bom))
    try:
        return _table(partial(text, codec), delimiter, content_type)
    except UnicodeDecodeError as error:
        if "end of data" in error.reason or "truncated" in error.reason:
            raise ShapeError(
                "The body ends in the middle of a character: it is not complete, or `encoding` has"
                " to be set."
            ) from None
        if bom or encoding is not None:
            raise ShapeError(f"The body is not text in the encoding {codec}.") from None
    try:
        table = _table(partial(text, "cp1252"), delimiter, content_type)
    except UnicodeDecodeError:
        raise ShapeError("The body is neither UTF-8 nor Windows-1252: set `encoding`.") from None
    table.notes.append("The body is not valid UTF-8 and was read as Windows-1252.")
    return table


def peek(body: BinaryIO, *, delimiter: str | None, encoding: str | None) -> tuple[str, ...]:
    """Return the headings of CSV of which only the beginning is there.

    Args:
        body: a seekable file.
        delimiter: as `open_table` takes it.
        encoding: as `open_table` takes it.

    Raises:
        ShapeError: it is no CSV, or nothing can be told from its beginning.
    """
    bom, codec = _encoding(body, encoding)
    body.seek(len(bom))
    beginning = body.read()
    for one in (codec, "cp1252"):
        try:
            text = codecs.getincrementaldecoder(one)().decode(beginning)  # its end may be cut
        except UnicodeDecodeError:
            continue
        return tuple(headings_of(text, delimiter))
    raise ShapeError("The body is neither UTF-8 nor Windows-1252: set `encoding`.")


def is_json(beginning: bytes) -> bool:
    """Tell whether a body begins as JSON does, in whatever encoding."""
    bare = beginning.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return _JSON.match(bare.decode("latin-1")) is not None


def _encoding(body: BinaryIO, encoding: str | None) -> tuple[bytes, str]:
    """Return the byte order mark of a body and its codec, as set or as detected.

    Raises:
        ShapeError: it is no text, or there is no such encoding.
    """
    body.seek(0)
    head = body.read(_HEAD)
    bom, codec = next(
        ((bom, codec) for bom, codec in _BOMS.items() if head.startswith(bom)), (b"", "utf-8")
    )
    if foreign := next((name for magic, name in _FOREIGN.items() if head.startswith(magic)), None):
        raise ShapeError(f"The body is {foreign}, not CSV or JSON.")
    if encoding is not None:
        known = _codec(encoding)
        bom, codec = (bom, codec) if known in {codec, "utf-16"} else (b"", known)
    return bom, codec


def _codec(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name.removesuffix("-sig")
    except LookupError:
        raise ShapeError(f"There is no encoding {encoding!r}: correct `encoding`.") from None


class _Span(io.RawIOBase):
    """A body from some byte on, with a position of its own."""

    def __init__(self, body: BinaryIO, start: int) -> None:
        self._body, self._at = body, start

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        self._body.seek(self._at)
        piece = self._body.read(len(buffer))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _text(body: BinaryIO, start: int, codec: str) -> io.TextIOWrapper:
    """Return the text from its beginning; only a line feed ends a line."""
    span = io.BufferedReader(_Span(body, start), _PIECE)
    return io.TextIOWrapper(span, codec, "strict", newline="\n")


def _table(text: Callable[[], io.TextIOWrapper], delimiter: str | None, hint: str) -> Table:
    window = Window(text().read, FAST)
    first = window.peek()
    if not first:
        raise ShapeError("The body is empty: there is not even a heading.")
    if first == "<":
        raise ShapeError("The body is a web page (HTML), not CSV or JSON: perhaps a login page.")
    if not _JSON.match(window.text, window.at):
        return _found(lambda new_file: check_csv(text, delimiter, new_file))
    try:
        return _found(lambda new_file: check_json(text, UNIQUE, hint, new_file))
    except RepeatedNameError:  # rare, and slower: every number is marked, every member kept
        return _found(lambda new_file: check_json(text, EXACT, hint, new_file))


def _found(check: Callable[[NewFile], Found]) -> Table:
    """Return what a check finds; close all files but the one with its rows."""
    files: list[CellFile] = []

    def new_file() -> CellFile:
        files.append(CellFile())
        return files[-1]

    try:
        form, headings, cells = check(new_file)
        files.remove(cells)
    finally:
        for file in files:
            file.close()
    return Table(form, headings, cells.rows, cells.digest(headings), _cells=cells)
