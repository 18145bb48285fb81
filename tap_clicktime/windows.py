"""Parts of tables that were read to their end, so that what is gone can be told."""

from __future__ import annotations

from msgspec import field

from taps_common.records.row_types import Instant, Row
from taps_common.sync import completed_windows


class CompletedWindow(Row):
    """A part of a table that was read to its end: rows of it that did not come are gone.

    Attributes:
        stream: the table. Example: time_entries.
        from: where the part begins, by the replication key of the table; a midnight, UTC.
            Example: 2026-01-01T00:00:00Z.
        to: where the part ends, exclusive; in the year 9999 if nothing bounds it.
            Example: 9999-12-31T00:00:00Z.
        readAt: when the tap began to read it: rows of the part with an earlier _sdc_extracted_at
            did not come. Example: 2026-01-31T08:00:00Z.
    """

    stream: str
    from_: Instant = field(name="from")
    to: Instant
    readAt: Instant  # noqa: N815 - what other taps call it


class CompletedWindows(completed_windows.CompletedWindows):
    """Windows of dates that were read to their end, so that what is gone can be told."""

    row = CompletedWindow
    primary_keys = ("stream", "from", "to")
