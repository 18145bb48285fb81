"""Bodies of dataclips, in whatever form they come, as tables of text."""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, NoReturn

from tap_perform.cell_file import Batch, CellFile, refuse_nul_in
from tap_perform.csv_reader import check_csv, headings_of, row_at_end
from tap_perform.json_reader import check_json
from tap_perform.json_window import EXACT, FAST, UNIQUE, RepeatedNameError, Window
from tap_perform.message_bodies import is_message, proves
from taps_common.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from tap_perform.cell_file import Found, NewFile

_HEAD = 1 << 16
_PIECE = 1 << 17
_LONGEST_UNIT = 4
"""Bytes of a line end, at most: it is UTF-32."""

_JSON = re.compile(r"""\[\s*(?:[\[\]{"0-9-]|true|false|null|$)|\{\s*(?:["}]|$)""")
"""How JSON begins; a heading may begin with a bracket too."""

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # begins as the next one does
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_UNMARKED = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_SIGNS = re.compile(r'[\n,;\t|"]')
"""What each table holds, whatever its cells."""
_WINDOWS = "cp1252"
_CHARSET = re.compile(r"""(?i)charset\s*=\s*["']?([\w.:+-]+)""")
_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
"""A character of several bytes as UTF-8 spells it."""
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
        nulls: cells that are blank, as the settings say.
    """

    form: str
    headings: tuple[str, ...]
    rows: int
    digest: str
    notes: list[str] = field(default_factory=list)
    nulls: frozenset[str] = frozenset()
    _cells: CellFile = field(default_factory=CellFile, repr=False)

    def batches(self, places: Sequence[int] | None = None, *, raw: bool = False) -> Iterator[Batch]:
        """Yield batches of cells in the order of the headings; blank and absent ones are None.

        That may be done as often as need be, until `close`.

        Args:
            places: positions of the columns that are wanted, instead of all.
            raw: whether cells that are blank as the settings say come as they are.
        """
        found = self._cells.read(places, len(self.headings))
        return found if raw or not self.nulls else map(self._without_nulls, found)

    def _without_nulls(self, batch: Batch) -> Batch:
        nulls = self.nulls
        columns = [[None if one in nulls else one for one in cells] for cells in batch.columns]
        return Batch(batch.rows, columns)

    def __iter__(self) -> Iterator[list[str | None]]:
        for rows, columns in self.batches():
            yield from map(list, zip(*columns, strict=True) if columns else repeat((), rows))

    def close(self) -> None:
        """Give the rows' temporary file back."""
        self._cells.close()


def open_table(
    body: BinaryIO,
    *,
    delimiter: str | None,
    encoding: str | None,
    content_type: str = "",
    known: AbstractSet[str] = frozenset(),
    complete: bool = True,
    records_path: Sequence[str] = (),
) -> Table:
    """Prove that a body is a complete table; it is read once to its end.

    Args:
        body: a seekable file.
        delimiter: what stands between cells of CSV; None detects it.
        encoding: a codec; None takes the byte order mark's, UTF-16 or UTF-32 where it looks so, the
            one that the response states, UTF-8, or Windows-1252.
        content_type: what the response says that its body is: a hint, but for its charset.
        known: names of columns that the table is known to have: they tell it from a message.
        complete: whether it is known to be all that was sent; else the last line of CSV needs its
            end.
        records_path: names that lead to the rows in a JSON object.

    Raises:
        ShapeError: the body is not a table or is not complete; the sentence says why.
    """
    codec = _encoding(body, encoding, content_type)
    text = partial(_text, body, len(codec.bom))
    try:
        table = _table(partial(text, codec.name), delimiter, content_type, records_path, known)
    except UnicodeDecodeError as error:
        if "end of data" in error.reason or "truncated" in error.reason:
            raise ShapeError(
                "The body ends in the middle of a character: it is not complete, or `encoding` has"
                " to be set."
            ) from None
        _refuse_unless_windows(body, codec, delimiter)
        table = _table(partial(text, _WINDOWS), delimiter, content_type, records_path, known)
        table.notes.append("The body is not valid UTF-8 and was read as Windows-1252.")
    csv = table.form == "CSV"
    told = csv and delimiter is not None and len(table.headings) == 1
    try:
        if csv and not (complete or _ends_in_line_end(body, codec)):
            _refuse_cut(table)
        if not (told or proves(table.headings, known)):
            _refuse_message(table, csv=csv)
    except ShapeError:
        table.close()
        raise
    return table


def _refuse_cut(table: Table) -> NoReturn:
    last = f"Row {table.rows:,}, the last one," if table.rows else "The line of headings"
    raise ShapeError(
        f"{last} has no line end, and the answer does not say how long it is: it may be cut. If its"
        " last line never has one, set `allow_unterminated: true`."
    )


def _refuse_message(table: Table, *, csv: bool) -> None:
    cells = (cell for batch in table.batches() for column in batch.columns for cell in column)
    if is_message(table.headings, table.rows, csv=csv, cells=cells):
        raise ShapeError(
            "The body is a line of text or a few, a message rather than a table. If it is a table,"
            " declare its headings in `columns`, or `delimiter` if it has but one."
        )


def peek(
    body: BinaryIO, *, delimiter: str | None, encoding: str | None, content_type: str = ""
) -> tuple[str, ...]:
    """Return the headings of CSV of which only the beginning is there.

    Args:
        body: a seekable file.
        delimiter: as `open_table` takes it.
        encoding: as `open_table` takes it.
        content_type: as `open_table` takes it.

    Raises:
        ShapeError: it is no CSV, or nothing can be told from its beginning.
    """
    codec = _encoding(body, encoding, content_type)
    body.seek(len(codec.bom))
    beginning = body.read()
    try:
        text = codecs.getincrementaldecoder(codec.name)().decode(beginning)  # its end may be cut
    except UnicodeDecodeError:
        _refuse_unless_windows(body, codec, delimiter)
        text = beginning.decode(_WINDOWS)
    headings = headings_of(text, delimiter)
    refuse_nul_in(headings)
    return tuple(headings)


def is_json(beginning: bytes) -> bool:
    """Return whether a body begins as JSON does, in whatever encoding."""
    bare = beginning.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return _JSON.match(bare.decode("latin-1")) is not None


# -- encodings -------------------------------------------------------------------------------------


class _Codec(NamedTuple):
    """How a body is encoded.

    Attributes:
        name: the codec.
        bom: the byte order mark that the body begins with.
        certain: whether something says so: a setting, the mark, or the response.
    """

    name: str
    bom: bytes = b""
    certain: bool = True


def _encoding(body: BinaryIO, encoding: str | None, content_type: str) -> _Codec:
    """Return how a body is encoded: as set, as marked, as the response states, or as is usual.

    Raises:
        ShapeError: it is not text, the encoding does not exist, or the stated one is wrong.
    """
    body.seek(0)
    head = body.read(_HEAD)
    if foreign := next((name for magic, name in _FOREIGN.items() if head.startswith(magic)), None):
        raise ShapeError(f"The body is {foreign}, not CSV or JSON.")
    marked = next((_Codec(name, bom) for bom, name in _BOMS.items() if head.startswith(bom)), None)
    seen = marked or _unmarked(head)
    if encoding is not None:
        known = _codec(encoding)
        if known is None:
            raise ShapeError(f"There is no encoding {encoding!r}: correct `encoding`.")
        return seen if seen and known in {seen.name, seen.name[:6]} else _Codec(known)
    if seen:
        return seen
    charset = _CHARSET.search(content_type)
    stated = _codec(charset[1]) if charset else None
    if stated in {None, "utf-8"}:  # which many services state whatever they send
        return _Codec("utf-8", certain=False)
    stated = _WINDOWS if stated == "iso8859-1" else stated  # as browsers take it
    if _first_misfit(body, _Codec("utf-8")) is None and _has_utf8(body):
        raise ShapeError(
            f"The answer states the encoding {stated}, but its body is UTF-8: set `encoding`."
        )
    return _Codec(stated)


def _unmarked(head: bytes) -> _Codec | None:
    """Return that a body is UTF-16 or UTF-32 without a byte order mark, if its signs say so."""
    if b"\0" not in head:
        return None
    signs = len(_SIGNS.findall(head.decode("latin-1")))
    found = {name: len(_SIGNS.findall(head.decode(name, "ignore"))) for name in _UNMARKED}
    return next((_Codec(name) for name in _UNMARKED if found[name] * 2 > signs), None)


def _codec(encoding: str) -> str | None:
    """Return the name of a codec for text; None if there is none."""
    try:
        "".encode(encoding)
        return codecs.lookup(encoding).name.removesuffix("-sig")
    except (LookupError, ValueError):
        return None


def _ends_in_line_end(body: BinaryIO, codec: _Codec) -> bool:
    body.seek(max(0, body.seek(0, io.SEEK_END) - _LONGEST_UNIT))
    return body.read().decode(codec.name, "ignore").endswith(("\n", "\r"))


def _refuse_unless_windows(body: BinaryIO, codec: _Codec, delimiter: str | None) -> None:
    """Make sure that a body which does not fit its codec can only be Windows-1252.

    A single sequence that is valid UTF-8 shows that it is not: other cells would be misread.

    Raises:
        ShapeError: it is not; the sentence names the row and the byte.
    """
    windows = _Codec(_WINDOWS)
    if codec.certain:
        where = _misfit(body, codec, delimiter)
        raise ShapeError(f"The body is not text in the encoding {codec.name}: {where}.")
    if _has_utf8(body):
        where = _misfit(body, codec, delimiter)
        raise ShapeError(f"The body is UTF-8, but {where}: mend that cell, or set `encoding`.")
    if _first_misfit(body, windows) is not None:
        where = _misfit(body, windows, delimiter)
        raise ShapeError(f"The body is neither UTF-8 nor Windows-1252: {where}. Set `encoding`.")


def _has_utf8(body: BinaryIO) -> bool:
    """Return whether a body has a character of several bytes as UTF-8 spells it."""
    body.seek(0)
    rest = b""
    while piece := body.read(_PIECE):
        if _SEQUENCE.search(rest + piece):
            return True
        rest = piece[-3:]
    return False


def _first_misfit(body: BinaryIO, codec: _Codec) -> int | None:
    """Return where the first byte is that does not fit; an end within a character does."""
    decoder = codecs.getincrementaldecoder(codec.name)()
    at = len(codec.bom)
    body.seek(at)
    while piece := body.read(_PIECE):
        at += len(piece)
        try:
            decoder.decode(piece)
        except UnicodeDecodeError as error:  # what it holds begins before the piece
            return at - len(error.object) + error.start
    return None


def _misfit(body: BinaryIO, codec: _Codec, delimiter: str | None) -> str:
    """Name the first byte that does not fit, where it is in the body, and its row in CSV."""
    at = _first_misfit(body, codec)
    if at is None:
        return "it ends in the middle of a character"
    body.seek(at)
    byte = body.read(1).hex().upper()
    body.seek(0)
    row = None
    if not is_json(body.read(_HEAD)):
        text = partial(_text, body, len(codec.bom), codec.name, at)
        row = row_at_end(text, delimiter)
    place = "" if row is None else f" in row {row:,}" if row > 0 else " in the headings"
    return f"byte {byte}{place} does not fit (byte {at + 1:,})"


class _Span(io.RawIOBase):
    """A body from some byte on, or a part of it, with a position of its own."""

    def __init__(self, body: BinaryIO, start: int, end: int | None) -> None:
        self._body, self._at, self._end = body, start, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        self._body.seek(self._at)
        left = len(buffer) if self._end is None else min(len(buffer), self._end - self._at)
        piece = self._body.read(left)
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _text(body: BinaryIO, start: int, codec: str, end: int | None = None) -> io.TextIOWrapper:
    """Return the text from its beginning, up to a byte; only a line feed ends a line."""
    span = io.BufferedReader(_Span(body, start, end), _PIECE)
    return io.TextIOWrapper(span, codec, "strict", newline="\n")


def _table(
    text: Callable[[], io.TextIOWrapper],
    delimiter: str | None,
    hint: str,
    path: Sequence[str],
    known: AbstractSet[str],
) -> Table:
    window = Window(text().read, FAST)
    first = window.peek()
    if not first:
        raise ShapeError("The body is empty: there is not even a heading.")
    if first == "<":
        raise ShapeError("The body is a web page (HTML), not CSV or JSON: perhaps a login page.")
    if not _JSON.match(window.text, window.at):
        return _found(lambda new_file: check_csv(text, delimiter, new_file))
    try:
        return _found(lambda new_file: check_json(text, UNIQUE, hint, new_file, path, known))
    except RepeatedNameError:  # rare, and slower: every number is marked, every member kept
        return _found(lambda new_file: check_json(text, EXACT, hint, new_file, path, known))


def _found(check: Callable[[NewFile], Found]) -> Table:
    """Return what a check finds; close all files but the one with its rows."""
    files: list[CellFile] = []

    def new_file() -> CellFile:
        files.append(CellFile())
        return files[-1]

    try:
        form, headings, cells = check(new_file)
        refuse_nul_in(headings)
        files.remove(cells)
    finally:
        for file in files:
            file.close()
    return Table(form, headings, cells.rows, cells.digest(headings), _cells=cells)
