"""Table versions: after a complete reading, what lacks the version is gone at the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taps_common.sync.state import table_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taps_common.sync.state import Window
    from taps_common.sync.page_checks import Inspection
    from taps_common.sync.stream import Source, Table

NONE = "%s: no table version in this run: %s"


def version_of(source: Source, windows: Iterable[Window | None]) -> int | None:
    """Return the table version of a reading; None if it does not cover all that exists."""
    tap = source.tap
    if not tap.config.get("emit_activate_version_messages"):
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
    *,
    complete: bool,
    changed: bool,
) -> bool:
    """Give each table its version; return whether none went without that should have one.

    Args:
        version: what the records carry.
        tables: what was read.
        inspection: what was odd about it.
        complete: whether every row that exists was read (ABSENT-IS-NOT-DELETED).
        changed: whether it was sent.
    """
    every = True
    for table in tables:
        if not table.versioned:
            reason = "it holds a part of what exists"
        elif not changed:
            reason = "it is what the last run sent"
        elif inspection.trusts(table) and complete:
            table.activate_version(version)
            continue
        else:
            reason, every = "not all of it could be read", False
        table.logger.info(NONE, table.name, reason)
    return every
