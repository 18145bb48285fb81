"""Table versions: after a complete read, what lacks the version is gone at the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taps_common.sync.state import table_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taps_common.sync.max_shrink import RowCounts
    from taps_common.sync.page_checks import PageChecks
    from taps_common.sync.run import Run
    from taps_common.sync.state import Window
    from taps_common.sync.stream import EndpointStream, RecordStream

NONE = "%s: no table version in this run: %s"

PART = "it holds a part of what exists"


def version_of(
    stream: EndpointStream,
    tables: Sequence[RecordStream],
    windows: Iterable[Window | None],
    run: Run,
) -> int | None:
    """Return the version of a stream's tables; None if they do not cover all that exists."""
    if not stream.config.get("emit_activate_version_messages"):
        return None
    if not any(table.is_whole_table for table in tables):
        for table in tables:
            run.logger.info(NONE, table.name, PART)
        return None
    version = table_version(windows, run.clock.now(), bounded=run.end is not None)
    if isinstance(version, int):
        return version
    run.logger.info(NONE, stream.name, version)
    return None


def activate(
    version: int,
    tables: Sequence[RecordStream],
    checks: PageChecks,
    counts: RowCounts,
    *,
    complete: bool,
) -> None:
    """Give each table its version, or say why it gets none.

    Args:
        version: what the records carry.
        tables: what was read.
        checks: what was odd about it.
        counts: how many rows it has, and may have lost (DELETE-NEEDS-PROOF).
        complete: whether every row that exists was read (ABSENT-IS-NOT-DELETED).
    """
    for table in tables:
        if not table.is_whole_table:
            reason = PART
        elif not (checks.trusts(table) and complete):
            reason = "not all of it could be read"
        elif not counts.allow(table):
            reason = "it lost rows that may still exist"
        else:
            table.activate_version(version)
            counts.keep(table)
            continue
        table.logger.info(NONE, table.name, reason)
