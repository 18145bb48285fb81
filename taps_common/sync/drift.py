"""What is said, and done, about values and fields that have no place in the rows of a stream.

A warning names what the last run did not find; what it found too is a line of INFO.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from taps_common.errors import ShapeError
from taps_common.records.rescue import any_rescued, names_of, pattern, rescued_of
from taps_common.records.row_types import RESCUED, attribute_of, fields_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taps_common.records.codec import PageDecoder
    from taps_common.records.rescue import Path
    from taps_common.records.row_types import Row
    from taps_common.sync.stream import EndpointStream, RecordStream

MISFITS = (
    f"%s: values of %s are not of their type, sent as null and kept in {RESCUED}",
    "%s: values of %s are not of their type, sent as null",
)
UNKNOWN = (
    f"%s: fields unknown to this version, kept in {RESCUED}: %s",
    "%s: fields unknown to this version, left out: %s",
)
"""What is said of what a table keeps, and of what none keeps."""


class Drift:
    """Looks at the rows of one read.

    Args:
        stream: whose rows they are.
        tables: the tables that are made of them.
        decoder: what decodes them.

    Attributes:
        fails: whether something without a place is an error.
    """

    def __init__(
        self,
        stream: EndpointStream,
        tables: Sequence[RecordStream],
        decoder: PageDecoder[Any],
    ) -> None:
        self._stream = stream
        self._tables = tables
        self._decoder = decoder
        self.fails: bool = stream.config.get("on_drift") == "fail"
        self._reported: set[str] = set()
        columns = {one.encode_name for one in fields_of(decoder.narrowed)}
        self._unfilled = {*stream.never_null} & columns

    def see(self, rows: Sequence[Row]) -> None:
        """Look at some rows of a page, before they go out.

        Raises:
            ShapeError: something has no place in them, and `on_drift` is fail.
        """
        if self.fails and any_rescued(rows):
            self._refuse(rows)
        decoder = self._decoder
        if len(decoder.misfits) + len(decoder.unknown) > len(self._reported):
            self._report(decoder.misfits, *MISFITS)
            self._report(decoder.unknown, *UNKNOWN)
        for name in [*self._unfilled]:
            values = map(attrgetter(attribute_of(name)), rows)
            if any(value is not None for value in values):
                self._unfilled.remove(name)

    def unfilled(self) -> str | None:
        """Return a column that is never null at the service, and of which no value fits."""
        drifted = {names_of(path)[0] for path in self._decoder.misfits.values()}
        return min(self._unfilled & drifted, default=None)

    def _refuse(self, rows: Sequence[Row]) -> None:
        found = {
            pattern(path)
            for row in rows
            for path, _ in rescued_of(row) or ()
            if any(table.concerns(path) for table in self._tables)
        }
        if found:
            raise ShapeError(
                f"{', '.join(sorted(found))}: of another type, or unknown to this version, and "
                "on_drift is fail"
            )

    def _report(self, found: Mapping[str, Path], kept: str, lost: str) -> None:
        """Say once what is new among what was found, as far as a table is made of it."""
        fresh = {name: path for name, path in found.items() if name not in self._reported}
        self._reported.update(fresh)
        told = [
            (name, any(table.keeps(path) for table in self._tables))
            for name, path in sorted(fresh.items())
            if any(table.concerns(path) for table in self._tables)
        ]
        for sentence, keeps in ((kept, True), (lost, False)):
            if names := [name for name, is_kept in told if is_kept is keeps]:
                table = self._stream.name
                facts = [sentence % (table, name) for name in names]
                self._stream.tap.say(sentence % (table, ", ".join(names)), *facts)
