"""Windows that were read to their end, as rows: what lies in one and did not come is gone.

The rules stand in docs/design.md, "Windows that were read completely".
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, ClassVar

from taps_common.sync.stream import RecordStream
from taps_common.timestamps import midnight_from

if TYPE_CHECKING:
    from taps_common.records.batch_files import Storage
    from taps_common.sync.steps import Scope, Span

EARLIEST = datetime(1970, 1, 1, tzinfo=timezone.utc)
LATEST = datetime(9999, 12, 31, tzinfo=timezone.utc)
"""What stands for a window without a beginning, and for one without an end."""

ALL = "*"
"""What stands for all partitions of a scope: a key must not be null, and target-duckdb takes an
empty text for null."""


class CompletedWindows(RecordStream):
    """The table of the windows; not selected unless somebody asks for it.

    Its row has the names of a scope, `partition`, and `stream`, `from`, `to` and `readAt`.

    Attributes:
        partition: the column of the partition, which is `ALL` where all of the scope was read;
            none where a scope is always read as a whole.
    """

    name = "completed_windows"
    selected_by_default = False
    partition: ClassVar[str | None] = None

    @property
    def is_whole_table(self) -> bool:
        """False: what earlier runs told stays true."""
        return False

    def read_alone(self) -> None:
        """Write the schema only: rows come with the tables that they tell of."""
        self.write_schema()

    def start(self, storage: Storage | None) -> None:
        """Write the schema, and get ready for rows."""
        self.write_schema()
        self.begin(self.row, None, storage)

    def add(
        self, table: str, scope: Scope, partition: str | None, span: Span, read_at: datetime
    ) -> None:
        """Write the row of a window, rounded so that the rows of a day replace each other.

        Args:
            table: what was read.
            scope: the part of the table that has one bookmark.
            partition: what was read of it; None for all.
            span: the first time of the window, and its end.
            read_at: when the read began, before all of its records.
        """
        since, until = span
        begins = EARLIEST if since is None else midnight_from(min(max(since, EARLIEST), LATEST))
        ends = LATEST if until is None else min(until, LATEST)
        if begins < ends:
            values: dict[str, object] = {"from": begins, "to": ends, "readAt": read_at}
            if self.partition:
                values[self.partition] = ALL if partition is None else partition
            self.emit([self.row(stream=table, **scope, **values)], read_at)
