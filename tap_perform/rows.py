"""Cells to rows: a batch at a time, column by column."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from contextlib import closing
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tap_perform.cell_file import CellFile, encoded
from tap_perform.cells import reader_of
from tap_perform.columns import EXTRA, PROJECT, ROW_ID, columns_of
from tap_perform.row_ids import Occurrences, row_ids
from taps_common.errors import ShapeError
from taps_common.records.row_types import RESCUED, fields_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import msgspec

    from tap_perform.cell_file import Batch, Cells
    from tap_perform.columns import Column
    from tap_perform.fields import Field
    from tap_perform.readers import Table
    from tap_perform.settings import Clip
    from taps_common.records.rescue import Rescued
    from taps_common.records.row_types import Row

    Maker: TypeAlias = "Callable[[_Numbered], Sequence[object]]"

_OTHER_DATE = re.compile(r" *[0-9]{1,2}([/.-])[0-9]{1,2}\1(?:[0-9]{4}|[0-9]{2})\b")
"""A date with year and day changed round, or with other signs than ISO has."""
_NO_FORMAT = (
    "its dates are not written like 2026-01-31: set date_format for the project or the clip, such "
    "as '%d/%m/%Y' for 31/01/2026 or '%m/%d/%Y' for 01/31/2026, or declare the column as string."
)
_LONGEST_QUOTE = 60
"""Characters of a cell that a message quotes."""


class Policy(NamedTuple):
    """What is done with what has no place in a table.

    Attributes:
        bad_value: with a cell that does not fit its type: fail, null or rescue.
        new_column: with a column that the catalog does not know: fail, warn, extra or rescue.
    """

    bad_value: str
    new_column: str


class _Numbered(NamedTuple):
    """Rows of cells that become rows together.

    Attributes:
        first: number of the first row, counted from 1.
        rows: how many there are.
        columns: their cells.
        ids: their ids; none where they have a key.
    """

    first: int
    rows: int
    columns: Sequence[Cells]
    ids: Cells


class Rows:
    """The rows of a table of cells, in batches.

    Args:
        clip: whose they are.
        table: the cells.
        row: type of the rows; its fields are what is made.
        fields: the columns that the catalog knows, by name.
        keys: names of the columns that tell rows apart; none gives each row an id.
        trusted: whether the keys are the user's own word: rows that share one are only counted.
        policy: what is done with what has no place.

    Attributes:
        columns: columns of the table.
        new: columns that the catalog does not know.
        missing: names of columns that are not there.

    Raises:
        ShapeError: a column of the key is not there.
    """

    def __init__(
        self,
        clip: Clip,
        table: Table,
        *,
        row: type[msgspec.Struct],
        fields: Mapping[str, Field],
        keys: Sequence[str],
        trusted: bool,
        policy: Policy,
    ) -> None:
        self._clip, self._table, self._keys = clip, table, keys
        self._fields = fields
        self._trusted, self._policy = trusted, policy
        self._new: Callable[..., Row] = row  # type: ignore[assignment]  # it has Row's fields
        titles = {name: one.heading for name, one in fields.items()}
        self.columns = columns_of(table.headings, titles)
        self._known = {column.name: column for column in self.columns}
        self.new = [column for name, column in self._known.items() if name not in fields]
        self.missing = [name for name in fields if name not in self._known]
        if absent := [name for name in keys if name not in self._known]:
            raise ShapeError(
                f"{clip} has no column {absent[0]}, which is part of its key: name other columns "
                "in primary_keys, and discover again."
            )
        self._places = [self._known[name].position for name in keys]
        kinds = [fields[name].type for name in keys]
        self._key_readers = [None if kind == "string" else self._reader_of(kind) for kind in kinds]
        self._ids_of = row_ids(table.headings)
        self._makers = [self._maker(one.encode_name, fields) for one in fields_of(row)]
        self._occurrences = Occurrences(table.rows)
        self._misfits: Counter[str] = Counter()
        self._lost: defaultdict[int, list[Rescued]] = defaultdict(list)
        self._blank = self._repeated = 0

    def __iter__(self) -> Iterator[list[Row]]:
        """Yield the rows, whose keys are looked at before the first one leaves.

        Raises:
            ShapeError: a cell does not fit its type, or a documented key is not unique.
        """
        places = self._places or None
        with closing(CellFile()) as noted:
            for batch in self._table.batches(places, raw=not places):
                keys = self._keys_of(batch)
                noted.add(batch.rows, encoded(batch.rows, keys))
                self._occurrences.note(zip(*keys, strict=True))
            first = 1
            batches = zip(self._table.batches(), noted.read(None, 1), strict=True)
            for (rows, columns), (_, keys) in batches:
                numbered = _Numbered(first, rows, columns, self._ids(keys, first))
                yield list(map(self._new, *(make(numbered) for make in self._makers)))
                first += rows

    def notes(self, *, rescued: bool) -> Iterator[str]:
        """Yield sentences on what was odd about the cells, for the log.

        Args:
            rescued: whether the table has the column of what is rescued.
        """
        yield from self.misfits(rescued=rescued).values()
        yield from self.about_keys()

    def misfits(self, *, rescued: bool) -> dict[str, str]:
        """Return sentences on cells that do not fit their type, by heading; see `notes`."""
        rescued = rescued and self._policy.bad_value == "rescue"
        sent = "do not fit their type and are sent as null"
        kept = f"{sent} and kept in {RESCUED}" if rescued else sent
        return {
            heading: f"{count:,} values of {heading} {kept}"
            for heading, count in self._misfits.items()
        }

    def about_keys(self) -> Iterator[str]:
        """Yield sentences on keys that are there more than once, or blank."""
        if self._repeated:
            yield (
                f"{self._repeated:,} rows have the key of another, and a target keeps one of each:"
                " name more columns in primary_keys, or none ([]) for an id per row"
            )
        if self._blank:
            yield f"{self._blank:,} rows have no value in a column of their key"

    # -- keys ------------------------------------------------------------------------------------

    def _keys_of(self, batch: Batch) -> Sequence[Cells]:
        """Return the columns of the key as values are written, or the rows' ids."""
        if not self._places:
            return [self._ids_of(batch)]
        pairs = zip(batch.columns, self._key_readers, strict=True)
        return [
            column if read is None else [_spelled(cell, read) for cell in column]
            for column, read in pairs
        ]

    def _ids(self, keys: Sequence[Cells], first: int) -> Cells:
        """Return the ids of rows that have no key; look at the keys of those that have."""
        numbers = self._occurrences.numbers(zip(*keys, strict=True))
        again = [row for row, number in enumerate(numbers, first) if number > 1]
        if not self._places:
            if not again:
                return keys[0]
            pairs = zip(keys[0], numbers, strict=True)
            return [f"{id_}-{number}" if number > 1 else str(id_) for id_, number in pairs]
        if again and not self._trusted:
            raise ShapeError(
                f"{self._clip}: row {again[0]:,} has the {' and '.join(self._keys)} of another row,"
                " by which Bentley tells them apart: name other columns in primary_keys, or none "
                "([]) for an id per row, and discover again."
            )
        self._repeated += len(again)
        self._blank += sum(None in key for key in zip(*keys, strict=True))
        return []

    # -- columns ---------------------------------------------------------------------------------

    def _maker(self, name: str, fields: Mapping[str, Field]) -> Maker:
        """Return what makes the values of one field."""
        own: dict[str, Maker] = {
            PROJECT: lambda batch: [self._clip.project] * batch.rows,
            ROW_ID: lambda batch: batch.ids,
            EXTRA: self._extra,
            RESCUED: self._rescued,  # the last one: by then the other columns are made
        }
        if name in own:
            return own[name]
        column = self._known.get(name)
        if column is None:
            return lambda batch: [None] * batch.rows
        place, key = column.position, name in self._keys
        if (kind := fields[name].type) != "string":
            read = self._reader_of(kind)
            return partial(self._typed, column, read, required=key)
        if key:  # which is never null
            return lambda batch: [cell or "" for cell in batch.columns[place]]
        return lambda batch: batch.columns[place]

    def _reader_of(self, kind: str) -> Callable[[str], object]:
        clip = self._clip
        signs = {"decimal_sign": clip.decimal_sign, "thousands_sign": clip.thousands_sign}
        return reader_of(kind, clip.date_format, **signs)

    def _typed(
        self, column: Column, read: Callable[[str], object], batch: _Numbered, *, required: bool
    ) -> Sequence[object]:
        cells = batch.columns[column.position]
        try:
            values = [None if cell is None else read(cell) for cell in cells]
        except ValueError:
            nulls = self._policy.bad_value != "fail" and not required
            values = [
                self._value(column, read, cell, row, nulls=nulls)
                for row, cell in enumerate(cells, batch.first)
            ]
        if required and None in values:
            row = batch.first + values.index(None)
            raise ShapeError(
                f"{self._clip}: row {row:,} has no value in {column.heading}, a column of its key."
            )
        return values

    def _value(
        self,
        column: Column,
        read: Callable[[str], object],
        cell: str | None,
        row: int,
        *,
        nulls: bool,
    ) -> object:
        try:
            return None if cell is None or not cell.strip(" ") else read(cell)
        except ValueError as error:
            if self._policy.bad_value != "null" and self._lacks_format(column, str(cell)):
                raise ShapeError(
                    f"{self._clip}: row {row:,}, column {column.heading}: {_NO_FORMAT}"
                ) from None
            if not nulls:
                quoted = repr(str(cell)[:_LONGEST_QUOTE])
                raise ShapeError(
                    f"{self._clip}: row {row:,}, column {column.heading}: {quoted} does not fit "
                    f"({error}). Correct its type, or the date_format, or set on_bad_value to null."
                ) from None
            self._misfits[column.heading] += 1
            if self._policy.bad_value == "rescue":
                self._lost[row].append(((column.name,), _json(cell)))
            return None

    def _lacks_format(self, column: Column, cell: str) -> bool:
        """Return whether a cell is a date as others will be, in a form that no setting names."""
        dated = self._fields[column.name].type in {"date", "date-time"}
        return dated and self._clip.date_format is None and bool(_OTHER_DATE.match(cell))

    def _extra(self, batch: _Numbered) -> Sequence[object]:
        """Return the cells of columns that the catalog does not know, as JSON text."""
        if not self.new:
            return [None] * batch.rows
        return [
            json.dumps(held, ensure_ascii=False) if held else None
            for held in self._new_cells(batch)
        ]

    def _rescued(self, batch: _Numbered) -> Sequence[object]:
        """Return what has no place in the other columns; see `taps_common.records.rescue`."""
        lost, self._lost = self._lost, defaultdict(list)
        if self._policy.new_column == "rescue" and self.new:
            for row, held in enumerate(self._new_cells(batch), batch.first):
                lost[row] += [((name,), _json(cell)) for name, cell in held.items()]
        return [lost.get(row) or None for row in range(batch.first, batch.first + batch.rows)]

    def _new_cells(self, batch: _Numbered) -> Iterator[dict[str, str]]:
        """Yield the cells of columns that the catalog does not know, by heading, row by row."""
        headings = Counter(one.heading for one in self.new)
        taken = {one.name for one in self.new}
        names = [
            one.name if headings[one.heading] > 1 or one.heading in taken else one.heading
            for one in self.new
        ]
        for cells in zip(*[batch.columns[one.position] for one in self.new], strict=True):
            yield {name: cell for name, cell in zip(names, cells, strict=True) if cell is not None}


def _json(cell: str | None) -> bytes:
    return json.dumps(cell, ensure_ascii=False).encode()


def _spelled(cell: str | None, read: Callable[[str], object]) -> str | None:
    """Return a cell of a key as its value is written: 1 and 01 are the same integer."""
    if cell is None:
        return None
    try:
        value = read(cell)
    except ValueError:  # said when its turn comes
        return cell
    return str(value.normalize() if isinstance(value, Decimal) else value)
