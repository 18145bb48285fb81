"""CSV bodies: the delimiter told from the first rows, the rest checked in one pass."""

from __future__ import annotations

import csv
import io
from itertools import islice
from typing import TYPE_CHECKING

from tap_perform.cell_file import encoded
from tap_perform.json_window import LONGEST
from taps_common.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tap_perform.cell_file import Cells, Found, NewFile

DELIMITERS = (",", ";", "\t", "|")
"""What may stand between cells, the likelier first."""

SAYING = {"error", "errors", "message", "messages", "detail", "details", "title", "status", "code"}
"""Names under which messages stand, in lower case."""

_MESSAGE_LINES = 5

_SAMPLE = 1 << 20
_SAMPLE_ROWS = 20


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
    chosen = delimiter or _delimiter(text().read(_SAMPLE))
    found = new_file()
    try:
        headings, lines = _csv_rows(text(), chosen)
        width = {len(headings)}
        for batch in found.cut(lines):
            if {*map(len, batch)} != width:
                _refuse_ragged(batch, found.rows, len(headings))
            columns = list(map(_blanks_as_none, zip(*batch, strict=True)))
            found.add(len(batch), encoded(len(batch), columns))
    except csv.Error as error:
        raise ShapeError(_csv_fault(str(error), found.rows)) from None
    short = not found.rows or (found.rows <= _MESSAGE_LINES and headings[0].lower() in SAYING)
    if delimiter is None and len(headings) == 1 and short:
        raise ShapeError(
            "The body is a line of text or a few, a message rather than a table; set `delimiter` if"
            " it begins with a heading."
        )
    return "CSV", tuple(headings), found


def headings_of(sample: str, delimiter: str | None) -> list[str]:
    """Return the headings of CSV of which only the beginning is there, cut anywhere.

    Raises:
        ShapeError: it is malformed, or the delimiter cannot be told.
    """
    csv.field_size_limit(LONGEST)
    whole_lines = sample[: sample.rfind("\n") + 1]
    try:
        chosen = delimiter or _delimiter(whole_lines)
        return _csv_rows(io.StringIO(whole_lines, newline="\n"), chosen)[0]
    except csv.Error as error:
        raise ShapeError(_csv_fault(str(error), 0)) from None


def _csv_rows(lines: Iterable[str], delimiter: str) -> tuple[list[str], Iterator[list[str]]]:
    """Return headings and rows; an empty line is no row, save between those of one column."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
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


def _refuse_ragged(batch: Sequence[Sequence[object]], before: int, width: int) -> None:
    number, row = next((n, row) for n, row in enumerate(batch, before + 1) if len(row) != width)
    raise ShapeError(f"Row {number:,} has {len(row)} cells, but there are {width} headings.")


def _csv_fault(error: str, rows: int) -> str:
    where = f"after row {rows:,}" if rows else "near its beginning"
    if "end of data" in error:
        return f"The CSV ends inside quotes ({where} or later): the body is not complete."
    if "field limit" in error:
        return f"The CSV has a cell of more than {LONGEST:,} characters {where}: is a quote open?"
    if "new-line" in error:
        return f"The CSV has a carriage return outside quotes {where}: lines end in LF or CRLF."
    return f"The CSV is malformed {where}: a quote or a NUL stands where none may be."


def _delimiter(sample: str) -> str:
    """Return the delimiter that gives headings and first rows the same number of cells."""
    whole = len(sample) < _SAMPLE
    counts = {one: _counts(sample, one, whole=whole) for one in DELIMITERS}
    read = {one: found for one, found in counts.items() if found}
    if not any(counts.values()):
        if None in counts.values() and [] not in counts.values():
            raise ShapeError("The delimiter of the CSV cannot be told: set `delimiter`.")
        return ","  # the heading itself does not end: reading it says so
    same = {one: found[0] for one, found in read.items() if found[0] > 1 and len({*found}) == 1}
    if same:
        return max(same, key=lambda one: same[one])
    split = [one for one, found in read.items() if found[0] > 1]
    most = [one for one in split if read[one].count(read[one][0]) * 2 > len(read[one])]
    titled = [one for one, found in read.items() if len({*found[1:]}) == 1 and found[1] > 1]
    for chosen in (most, split, titled):
        if len(chosen) == 1:
            return chosen[0]
        if chosen:
            raise ShapeError("The delimiter of the CSV cannot be told: set `delimiter`.")
    return next((one for one, found in read.items() if {*found} == {1}), ",")


def _counts(sample: str, delimiter: str, *, whole: bool) -> list[int] | None:
    """Count the cells of headings and first rows; None if quotes do not fit the delimiter."""
    counts: list[int] = []
    try:
        headings, rows = _csv_rows(io.StringIO(sample, newline="\n"), delimiter)
        counts.append(len(headings))
        counts.extend(map(len, islice(rows, _SAMPLE_ROWS)))
    except csv.Error as error:
        return counts if "end of data" in str(error) else None
    finished = whole or len(counts) > _SAMPLE_ROWS or len(counts) == 1
    return counts if finished else counts[:-1]
