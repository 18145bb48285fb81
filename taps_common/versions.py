"""Table versions: after a complete reading, what lacks the version is gone at the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taps_common.bookmarks import table_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taps_common.bookmarks import Window
    from taps_common.inspection import Inspection
    from taps_common.plausible import RowCounts
    from taps_common.stream import Source, Table

NONE = "%s: no table version in this run: %s"


PART = "it holds a part of what exists"


def version_of(
    source: Source, tables: Sequence[Table], windows: Iterable[Window | None]
) -> int | None:
    """Return the version of a source's tables; None if they do not cover all that exists."""
    tap = source.tap
    if not tap.config.get("emit_activate_version_messages"):
        return None
    if not any(table.versioned for table in tables):
        for table in tables:
            tap.logger.info(NONE, table.name, PART)
        return None
    version = table_version(windows, tap.clock.now(), bounded=tap.end_date is not None)
    if isinstance(version, int):
        return version
    tap.logger.info(NONE, source.name, version)
    return None


def activate(
    version: int,
    tables: Sequence[Table],
    inspection: Inspection,
    counts: RowCounts,
    *,
    complete: bool,
    changed: bool,
) -> bool:
    """Give each table its version; return whether none went without that should have one.

    Args:
        version: what the records carry.
        tables: what was read.
        inspection: what was odd about it.
        counts: how many rows it has, and may have lost (DELETE-NEEDS-PROOF).
        complete: whether every row that exists was read (ABSENT-IS-NOT-DELETED).
        changed: whether it was sent.
    """
    every = True
    for table in tables:
        if not table.versioned:
            reason = PART
        elif not changed:
            reason = "it is what the last run sent"
            counts.keep(table)
        elif not (inspection.trusts(table) and complete):
            reason, every = "not all of it could be read", False
        elif not counts.allow(table):
            reason, every = "it lost rows that may still exist", False
        else:
            table.activate_version(version)
            counts.keep(table)
            continue
        table.logger.info(NONE, table.name, reason)
    return every
