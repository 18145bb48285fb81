"""CSV bodies: the delimiter told from the first rows, the rest checked in one pass."""

from __future__ import annotations

import csv
import re
from contextlib import suppress
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from tap_perform.cell_file import encoded, nul_fault
from tap_perform.json_window import LONGEST
from taps_common.errors import ShapeError

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tap_perform.cell_file import Cells, Found, NewFile

DELIMITERS = (",", ";", "\t", "|")
"""What may stand between cells, the likelier first."""

_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a |"}

_SAMPLE = 1 << 20
_SAMPLE_ROWS = 20

_QUOTED = re.compile(r'"[^"]*(?:"|\Z)')
_SEPARATOR = re.compile(r'"?[sS][eE][pP]=(?P<delimiter>[^"\w\s]|\t)"?[\r\n]*')
"""The line before the headings in which Excel is told the delimiter."""


def check_csv(
    text: Callable[[], io.TextIOWrapper], delimiter: str | None, new_file: NewFile
) -> Found:
    """Read CSV to its end and return what it holds.

    Args:
        text: starts reading from the beginning; lines end in line feeds, untranslated.
        delimiter: what stands between cells; None detects it.
        new_file: makes the file that the rows go to.

    Raises:
        ShapeError: it is malformed, cut or ragged, or the delimiter cannot be told.
        UnicodeDecodeError: it is not in the encoding that it is read with.
    """
    csv.field_size_limit(LONGEST)
    told, chosen, lines_of = _dialect(text, delimiter)
    found = new_file()
    try:
        headings, lines = _csv_rows(lines_of(), chosen)
        if told is None and len(headings) == 1:
            _check_one_column(lines_of)
        width = {len(headings)}
        for batch in found.cut(lines):
            if {*map(len, batch)} != width:
                _refuse_ragged(batch, found.rows, headings, told=told is not None)
            columns = list(map(_blanks_as_none, zip(*batch, strict=True)))
            found.add(len(batch), encoded(len(batch), columns))
    except csv.Error as error:
        _refuse_malformed(error, lines_of(), chosen)
    return "CSV", tuple(headings), found


def headings_of(sample: str, delimiter: str | None) -> list[str]:
    """Return the headings of CSV of which only the beginning is there, cut anywhere.

    Raises:
        ShapeError: it is malformed, or the delimiter cannot be told.
    """
    csv.field_size_limit(LONGEST)
    whole_lines = sample[: sample.rfind(_line_end(sample)) + 1]
    chosen = delimiter or _told(whole_lines) or _delimiter(whole_lines)
    try:
        return _csv_rows(_lines(whole_lines), chosen)[0]
    except csv.Error as error:
        _refuse_malformed(error, _lines(whole_lines), chosen)


def row_at_end(text: Callable[[], io.TextIOWrapper], delimiter: str | None) -> int | None:
    """Return the row in which text ends that was cut off; 0 is the headings, None is unknown.

    Args:
        text: starts reading from the beginning.
        delimiter: what stands between cells; None detects it.
    """
    csv.field_size_limit(LONGEST)
    row = -1
    try:
        _, chosen, lines_of = _dialect(text, delimiter)
        for record in _reader(_cut_lines(lines_of()), chosen, strict=False):
            row += bool(record)
    except (csv.Error, ShapeError):
        return None
    return row


class _Dialect(NamedTuple):
    """How CSV is spelled.

    Attributes:
        told: the delimiter, if a setting or a first line `sep=;` states it.
        delimiter: what stands between cells.
        lines: starts reading from the beginning, line by line.
    """

    told: str | None
    delimiter: str
    lines: Callable[[], io.TextIOWrapper]


def _dialect(text: Callable[[], io.TextIOWrapper], delimiter: str | None) -> _Dialect:
    sample = text().read(_SAMPLE)
    line_end = _line_end(sample)

    def lines() -> io.TextIOWrapper:
        found = text()
        found.reconfigure(newline=line_end)
        return found

    told = delimiter or _told(sample)
    return _Dialect(told, told or _delimiter(sample), lines)


def _line_end(sample: str) -> str:
    """Return what ends the lines: CR where none ends in LF, as old programs have it."""
    bare = _QUOTED.sub("", sample)
    return "\r" if "\r" in bare and "\n" not in bare else "\n"


def _lines(sample: str) -> Iterator[str]:
    end = _line_end(sample)
    return (line[0] for line in re.finditer(f"[^{end}]*{end}|[^{end}]+", sample))


def _told(sample: str) -> str | None:
    """Return the delimiter that a first line `sep=;` states."""
    line = next(_lines(sample[:16]), "")
    found = _SEPARATOR.fullmatch(line)
    return found and found["delimiter"]


def _reader(lines: Iterable[str], delimiter: str, *, strict: bool = True) -> Any:  # noqa: ANN401 - csv names no type
    """Return what reads the records; a first line `sep=;` is none."""
    left = iter(lines)
    first = next(left, "")
    if not _SEPARATOR.fullmatch(first):
        left = chain([first], left)
    return csv.reader(left, delimiter=delimiter, strict=strict)


def _cut_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines and, after the last one, a sign of what was cut off."""
    last = ""
    for line in lines:
        if last:
            yield last
        last = line
    if last.endswith(("\n", "\r")):
        yield last
        last = ""
    yield f"{last}x"


def _csv_rows(lines: Iterable[str], delimiter: str) -> tuple[list[str], Iterator[list[str]]]:
    """Return headings and rows; an empty line is not a row, save between those of one column."""
    reader = _reader(lines, delimiter)
    headings: list[str] = next(filter(None, reader), [])
    return headings, filter(None, reader) if len(headings) > 1 else _column(reader)


def _column(reader: Iterable[list[str]]) -> Iterator[list[str]]:
    blank = 0
    for row in reader:
        if row:
            yield from ([""] for _ in range(blank))
            yield row
        blank = 0 if row else blank + 1


def _blanks_as_none(column: Cells) -> Cells:
    if all(column):
        return column
    return [cell or None for cell in column] if any(column) else [None] * len(column)


def _check_one_column(text: Callable[[], io.TextIOWrapper]) -> None:
    """Make sure that no delimiter stands outside of quotes: else there are several columns.

    Raises:
        ShapeError: one does.
    """
    row = -1  # the headings
    try:
        readers = [_reader(text(), one) for one in DELIMITERS]
        for records in zip(*readers, strict=False):  # they end alike unless one cuts a row
            row += row >= 0 or any(records)
            if (width := max(map(len, records))) > 1:
                raise ShapeError(_RAGGED.format(row, width, 1) + _TITLE)
    except csv.Error as error:
        raise ShapeError(_csv_fault(str(error), row + 1)) from None


_RAGGED = "Row {:,} has {} cells, but there are {} headings."
_TITLE = (
    " A title or a comment stands before the headings, or it is a message. If it is a table of one"
    " column, set `delimiter`."
)
_CORRECT = " Mend that row in Perform, or correct `delimiter`."
_SET = " Mend that row in Perform, or set `delimiter` if it was told wrongly."


def _refuse_ragged(
    batch: Sequence[Sequence[object]], before: int, headings: Sequence[str], *, told: bool
) -> NoReturn:
    width = len(headings)
    number, row = next((n, row) for n, row in enumerate(batch, before + 1) if len(row) != width)
    way_out = _TITLE if width == 1 and not told else _CORRECT if told else _SET
    raise ShapeError(_RAGGED.format(number, len(row), width) + way_out)


def _refuse_malformed(error: csv.Error, lines: Iterable[str], delimiter: str) -> NoReturn:
    """Say in which row CSV is malformed; rows are counted anew, as they are read in batches."""
    row = 0
    with suppress(csv.Error):
        for record in _reader(lines, delimiter):
            row += bool(record)
    raise ShapeError(_csv_fault(str(error), row)) from None


def _csv_fault(error: str, row: int) -> str:
    if "NUL" in error:  # Python 3.10 says so; later ones read it, and the file of cells refuses it
        return nul_fault(row)
    where = f"row {row:,}" if row > 0 else "the line of headings"
    if "end of data" in error:
        return f"The CSV ends inside quotes that {where} opens: the body is not complete."
    if "field limit" in error:
        return (
            f"The CSV has a cell of more than {LONGEST:,} characters in {where}: is a quote open?"
        )
    if "new-line" in error:
        return (
            f"The CSV has a carriage return outside quotes in {where}: all lines must end alike, in"
            " CRLF, LF or CR."
        )
    return (
        f"The CSV is malformed in {where}: a quote stands where none may be (inside of quotes it is"
        " doubled)."
    )


class _Counts(NamedTuple):
    """Cells of headings and first rows, as a delimiter cuts them; `broken` if quotes do not fit."""

    cells: list[int]
    broken: bool

    @property
    def consistent(self) -> bool:
        """Whether all have the same number of cells, and more than one."""
        return not self.broken and len({*self.cells}) == 1 and self.cells[0] > 1

    @property
    def mostly(self) -> bool:
        """Whether most rows have as many cells as there are headings."""
        return self.cells.count(self.cells[0]) * 2 > len(self.cells)


def _delimiter(sample: str) -> str:
    """Return the delimiter that gives headings and first rows the same number of cells.

    Where none does, the one that cuts the headings: reading on names the row that is amiss. Only
    where none cuts anything there may be one column.

    Raises:
        ShapeError: two do, as in `Surname, Name;Hours`.
    """
    whole = len(sample) < _SAMPLE
    counts = {one: _counts(sample, one, whole=whole) for one in DELIMITERS}
    same = [one for one, found in counts.items() if found.consistent]
    cutting = {one: found for one, found in counts.items() if max(found.cells, default=0) > 1}
    split = {one: found for one, found in cutting.items() if found.cells[0] > 1}
    most = [one for one, found in split.items() if found.mostly]
    for chosen in (same, most, [*split]):
        if len(chosen) == 1:
            return chosen[0]
        if chosen:
            raise ShapeError(
                "The delimiter of the CSV cannot be told, as the line of headings holds "
                f"{' and '.join(_NAMES[one] for one in chosen)}: set `delimiter`."
            )
    return max(cutting, key=lambda one: max(cutting[one].cells), default=",")


def _counts(sample: str, delimiter: str, *, whole: bool) -> _Counts:
    counts: list[int] = []
    try:
        headings, rows = _csv_rows(_lines(sample), delimiter)
        counts.append(len(headings))
        counts.extend(map(len, islice(rows, _SAMPLE_ROWS)))
    except csv.Error as error:
        return _Counts(counts, broken=whole or "end of data" not in str(error))
    finished = whole or len(counts) > _SAMPLE_ROWS or len(counts) == 1
    return _Counts(counts if finished else counts[:-1], broken=False)
