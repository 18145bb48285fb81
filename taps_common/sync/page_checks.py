"""What is odd about the pages of a stream: loops, rows that came twice, fields that are gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from taps_common.errors import ShapeError
from taps_common.records.row_types import attribute_of
from taps_common.records.tolerant import mended

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable, Sequence

    from taps_common.http.request import Request
    from taps_common.records.codec import PageDecoder
    from taps_common.records.row_types import Row
    from taps_common.sync.outcome import Outcome
    from taps_common.sync.steps import Page, Partition
    from taps_common.sync.stream import EndpointStream, RecordStream


@dataclass
class _Pages:
    """What is known of a partition's pages.

    Attributes:
        asked: the requests that were sent.
        beginnings: hashes of the keys of each page's first part.
        last_keys: hashes of the keys of the last page.
        empty: how many of the last pages have no row.
        largest: most rows on any page.
    """

    asked: set[int] = field(default_factory=set)
    beginnings: set[int] = field(default_factory=set)
    last_keys: set[int] = field(default_factory=set)
    empty: int = 0
    largest: int = 0


class PageChecks:
    """Looks at the pages of one read.

    Args:
        stream: whose pages they are.
        tables: the tables that are made of them.
        decoder: what decodes them.
        outcome: where rows that came twice are counted.
        logger: takes what is odd.
    """

    def __init__(
        self,
        stream: EndpointStream,
        tables: Iterable[RecordStream],
        decoder: PageDecoder[Any],
        outcome: Outcome,
        logger: logging.Logger,
    ) -> None:
        self._stream = stream
        self._decoder = decoder
        self._outcome = outcome
        self._logger = logger
        self._keys = attrgetter(*map(attribute_of, stream.own_keys)) if stream.own_keys else None
        self._pages: dict[tuple[str, ...], _Pages] = {}
        self._absent = _Absent(name for one in tables if one is not stream for name in one.needs)

    # -- pages -----------------------------------------------------------------------------------

    def begin_request(self, request: Request, partition: Partition) -> None:
        """Refuse a request that was sent before in the same partition: a loop (NO-LOOP).

        Raises:
            ShapeError: it was.
        """
        asked = self._of(partition).asked
        identity = hash(request.identity)
        if identity in asked:
            raise ShapeError(f"{request}: the link to the next page leads back.")
        asked.add(identity)

    def keys_of(self, rows: Sequence[Row]) -> set[int]:
        """Return hashes of the keys of rows: a page's keys themselves are megabytes."""
        return set(map(hash, map(self._keys, rows))) if self._keys else set()

    def begin_page(self, request: Request, partition: Partition, keys: set[int]) -> None:
        """Refuse a page that begins as one before, before its rows go out again (NO-LOOP).

        Args:
            request: what was asked.
            partition: whose page it is.
            keys: hashes of the keys of its first part.

        Raises:
            ShapeError: the same page came before in this partition.
        """
        beginnings = self._of(partition).beginnings
        beginning = hash(frozenset(keys))
        if keys and beginning in beginnings:
            raise ShapeError(f"{request} sent the same page twice: its paging does not advance.")
        beginnings.add(beginning)

    def end_page(self, request: Request, partition: Partition, page: Page, keys: set[int]) -> None:
        """Count rows that came twice, and pages without rows.

        Args:
            request: what was asked.
            partition: whose page it is.
            page: with the number of its rows; the largest page so far is noted there.
            keys: hashes of all its keys.

        Raises:
            ShapeError: too many pages in a row have no rows, and none is the last one.
        """
        pages = self._of(partition)
        pages.empty = 0 if page.count else pages.empty + 1
        pages.largest = page.largest = max(pages.largest, page.count)
        goes_on = page.last is False or page.link is not None
        if goes_on and pages.empty >= self._stream.max_empty_pages:
            raise ShapeError(
                f"{request}: {pages.empty} empty pages in a row, none of them the last."
            )
        if self._keys:  # or else nothing shows whether a row came twice, or two are alike
            self._outcome.repeated += page.count - len(keys) + len(pages.last_keys & keys)
            pages.last_keys = set() if page.last else keys

    def has_begun(self, partition: Partition) -> bool:
        """Return whether a page of a partition was read."""
        return bool(self._of(partition).beginnings)

    def end_partition(self, partition: Partition) -> bool:
        """Forget the pages of a partition; return whether there were any."""
        pages = self._pages.pop(tuple(partition.values()), None)
        return pages is not None and bool(pages.beginnings)

    def _of(self, partition: Partition) -> _Pages:
        return self._pages.setdefault(tuple(partition.values()), _Pages())

    # -- tables ----------------------------------------------------------------------------------

    def rows_of(self, table: RecordStream, rows: Sequence[Row]) -> Sequence[Row]:
        """Return a table's rows from a page, without those whose key no target could hold."""
        if table is self._stream:
            return rows
        keys = attrgetter(*map(attribute_of, table.own_keys))
        found = table.rows_of(rows)
        whole = [row for row in found if None not in keys(row)]
        if blank := len(found) - len(whole):
            self._outcome.blank[table.name] = self._outcome.blank.get(table.name, 0) + blank
        return whole

    def trusts(self, table: RecordStream) -> bool:
        """Return whether a child table has all its rows: no field it is made of went missing."""
        for name in sorted(self._missing(table)):
            self._logger.warning("%s: no row of %s has %s", table.name, self._stream.name, name)
        return not self.hides(table)

    def hides(self, table: RecordStream) -> bool:
        """Return whether a child table may have rows that the pages so far do not show."""
        if table is self._stream:
            return False
        drifted = {path.partition(".")[0].partition("[")[0] for path in self._decoder.drifted}
        blank = table.name in self._outcome.blank
        return blank or bool(self._missing(table) or drifted & table.needs)

    def _missing(self, table: RecordStream) -> frozenset[str]:
        """Return the fields that a child table is made of and no row had."""
        return table.needs & self._absent.names if self._absent.looked else frozenset()

    def see(self, text: bytes) -> None:
        """Note which fields that child tables are made of some rows have, by their JSON."""
        self._absent.look(text)


class _Absent:
    """Fields that no row has shown yet, not even as null.

    Args:
        names: of the fields.

    Attributes:
        names: those of them that no row had so far.
        looked: whether there were rows at all.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self.looked = False
        self._decoder = _decoder_of(self.names)

    def look(self, text: bytes) -> None:
        """Look at the JSON of some rows, as long as a name is left."""
        if not self.names:
            return
        try:
            rows = self._decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            rows = self._decoder.decode(mended(text))
        self.looked = self.looked or bool(rows)
        left = {name for name in self.names if all(_lacks(row, name) for row in rows)}
        if left != self.names:
            self.names = frozenset(left)
            self._decoder = _decoder_of(self.names)


def _decoder_of(names: Iterable[str]) -> msgspec.json.Decoder[list[msgspec.Struct]]:
    """Return what tells whether rows have some fields, and reads nothing else of them."""
    fields: list[Any] = [
        (attribute_of(name), msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for name in names
    ]
    kind = msgspec.defstruct("Names", fields, rename={attribute_of(name): name for name in names})
    return msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]  # made at run time


def _lacks(row: msgspec.Struct, name: str) -> bool:
    return getattr(row, attribute_of(name)) is msgspec.UNSET
