"""What is odd about the pages of a source: rows that came twice, fields that changed."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from taps_common.errors import ShapeError
from taps_common.records.row_types import attribute_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taps_common.sync.state import Scope
    from taps_common.records.codec import PageDecoder
    from taps_common.http.session import Request
    from taps_common.sync.outcome import Outcome
    from taps_common.records.row_types import Row
    from taps_common.sync.stream import Source, Table

PROBED_ROWS = 1000
"""Rows of each stream that are searched for fields nobody declared."""


class Inspection:
    """Looks at the pages of one reading.

    Args:
        source: whose pages they are.
        decoder: what decodes them.
        outcome: where rows that came twice are counted.
    """

    def __init__(self, source: Source, decoder: PageDecoder[Any], outcome: Outcome) -> None:
        self._source = source
        self._decoder = decoder
        self._outcome = outcome
        self._logger = source.tap.logger
        self._keys = attrgetter(*map(attribute_of, source.own_keys)) if source.own_keys else None
        self._pages: dict[tuple[str, ...], set[int]] = {}
        self._trails: dict[tuple[str, ...], set[int]] = {}
        self._probed = 0
        self._reported: set[str] = set()
        self._present: set[str] = set()

    def keys_of(self, rows: Sequence[Row]) -> set[int]:
        """Return hashes of the keys of rows: a page's keys themselves are megabytes."""
        return set(map(hash, map(self._keys, rows))) if self._keys else set()

    def begin_page(self, request: Request, partition: Scope, keys: set[int]) -> None:
        """Refuse a page that begins as one before, before its rows go out again: a loop (NO-LOOP).

        Args:
            request: what was asked.
            partition: whose page it is.
            keys: hashes of the keys of its first part.

        Raises:
            ShapeError: the same page came before in this walk.
        """
        trail = self._trails.setdefault(tuple(partition.values()), set())
        beginning = hash(frozenset(keys))
        if keys and beginning in trail:
            raise ShapeError(f"{request} sent the same page twice: its paging does not advance.")
        trail.add(beginning)

    def end_page(self, partition: Scope, keys: set[int], count: int, *, last: bool) -> None:
        """Count rows that came twice.

        Args:
            partition: whose page it is.
            keys: hashes of all its keys.
            count: how many rows it has.
            last: whether it is known to be the last page of its walk.
        """
        if self._keys is None:  # nothing tells a row that came twice from two that are alike
            return
        walk = tuple(partition.values())
        before = self._pages.pop(walk, set())
        self._outcome.repeated += count - len(keys) + len(before & keys)
        if not last:  # only of walks that go on
            self._pages[walk] = keys

    def page_of(self, table: Table, rows: Sequence[Row]) -> Sequence[Row]:
        """Return a table's rows from a page, without those whose key no target could hold."""
        if table is self._source:
            return rows
        keys = attrgetter(*map(attribute_of, table.own_keys))
        unwound = table.rows_from(rows)
        whole = [row for row in unwound if None not in keys(row)]
        if blank := len(unwound) - len(whole):
            self._outcome.blank[table.name] = self._outcome.blank.get(table.name, 0) + blank
        return whole

    def end_walk(self, partition: Scope) -> bool:
        """Forget the pages of a walk; return whether there was any."""
        walk = tuple(partition.values())
        self._pages.pop(walk, None)
        return self._trails.pop(walk, None) is not None

    def trusts(self, table: Table) -> bool:
        """Tell whether an unwound table has all its rows: no field it is made of went missing."""
        for name in sorted(self._missing(table)):
            self._logger.warning("%s: no row of %s has %s", table.name, self._source.name, name)
        return not self.hides(table)

    def hides(self, table: Table) -> bool:
        """Tell whether an unwound table may have rows that the pages so far do not show."""
        if table is self._source:
            return False
        drifted = {path.partition(".")[0].partition("[")[0] for path in self._decoder.drifted}
        blank = table.name in self._outcome.blank
        return blank or bool(self._missing(table) or drifted & table.needs)

    def _missing(self, table: Table) -> frozenset[str]:
        """Return the fields that an unwound table is made of and no row had."""
        unwound = table is not self._source and self._present
        return table.needs - self._present if unwound else frozenset()

    def report_drift(self, text: bytes, count: int) -> None:
        """Say once which fields changed their type, and which are new."""
        name = self._source.name
        if drifted := self._decoder.drifted - self._reported:
            self._reported |= drifted
            paths = ", ".join(sorted(drifted))
            self._logger.warning(
                "%s: values of %s are not of their type, sent as null", name, paths
            )
        if (unseen := PROBED_ROWS - self._probed) <= 0:
            return
        self._probed += count
        present, undeclared = self._decoder.survey(text, unseen)
        self._present |= present
        unmentioned = {path for path in undeclared if not self._source.expects(path)}
        if unknown := unmentioned - self._reported:
            self._reported |= unknown
            paths = ", ".join(sorted(unknown))
            self._logger.warning("%s: fields unknown to this version, left out: %s", name, paths)
