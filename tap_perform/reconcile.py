"""`--reconcile`: rows in the body of each clip, against the rows that leave, downloaded twice.

A clip states no number of rows. What can be held against what leaves is the body itself, and a
second download of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from taps_common.cli.reconcile import table_of
from taps_common.errors import Kind, TapError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from taps_common.cli.reconcile import Row

HEADINGS = ("clip", "project", "in the body", "read", "digest")

SIZE = 16
"""Bytes of a digest."""

CHANGED = "another one the second time: {} rows, digest {}"


class ClipName(NamedTuple):
    """Whose rows they are: a table, and a project."""

    table: str
    project: str


@dataclass
class Left:
    """The rows of a clip that left.

    Attributes:
        rows: how many.
        sum: the sum of the digests of all rows: their order does not matter, their number does.
    """

    rows: int = 0
    sum: int = 0

    def add(self, record: msgspec.Raw) -> None:
        """Count a row."""
        self.rows += 1
        self.sum += int.from_bytes(blake2b(record, digest_size=SIZE).digest(), "big")

    @property
    def digest(self) -> str:
        """The digest as it is shown."""
        return f"{self.sum % (1 << SIZE * 8):0{SIZE * 2}x}"[:12]


class _Row(msgspec.Struct):
    project: str


class Pass:
    """What left in one run over all clips."""

    def __init__(self) -> None:
        self.left: defaultdict[ClipName, Left] = defaultdict(Left)

    def take(self, table: str, record: msgspec.Raw) -> None:
        """Count a row."""
        row = msgspec.json.decode(record, type=_Row)
        self.left[ClipName(table, row.project)].add(record)


class Downloaded(NamedTuple):
    """One download of all clips.

    Attributes:
        bodies: how many rows the body of each clip has.
        left: what left of each.
    """

    bodies: Mapping[ClipName, int]
    left: Mapping[ClipName, Left]


def compare(first: Downloaded, second: Downloaded) -> Iterator[str]:
    """Return all clips, and how many differ.

    Raises:
        TapError: other rows leave than a body has.
    """
    counts = Counter[str]()
    rows: list[Row] = []
    for clip, held in first.bodies.items():
        left, again = first.left.get(clip, Left()), second.left.get(clip, Left())
        changed = left != again
        counts["changed"] += changed
        counts["differ"] += held != left.rows or second.bodies.get(clip) != again.rows
        note = CHANGED.format(f"{again.rows:,}", again.digest) if changed else ""
        rows.append((*clip, f"{held:,}", f"{left.rows:,}", left.digest, note))
    yield from table_of(HEADINGS, rows)
    differ = counts["differ"]
    verb = "differs" if differ == 1 else "differ"
    equal = len(rows) - differ
    yield (
        f"{len(rows):,} clips: {equal:,} equal, {counts['changed']:,} of all changed between two "
        f"downloads, {differ:,} {verb}"
    )
    if differ:
        raise TapError(
            f"Of {differ:,} of {len(rows):,} clips other rows leave than their bodies have: "
            "report it with the log.",
            kind=Kind.DIFFERS,
        )
