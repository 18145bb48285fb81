"""Rows that the last run sent as they are: with `skip_unchanged` they are not sent again.

Rows that follow each other form groups, which end with a week where the table has a cursor, and
where the content of a row says so: inserted and removed rows change one group, and pages that are
cut elsewhere none. A group goes out unless the last run saw the same group, by a digest of its rows
in the state. The digests leave the state before anything that differs is sent, and come back at
the end of the read: a run that is killed makes the next one send all that it reads.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import datetime, timedelta, timezone
from hashlib import blake2b
from typing import TYPE_CHECKING
from zlib import crc32

from msgspec.json import Encoder

from taps_common.digests import digest_of
from taps_common.records.row_types import json_schema
from taps_common.timestamps import before

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taps_common.records.row_types import Row
    from taps_common.sync.checkpoints import Checkpoints
    from taps_common.sync.outcome import Outcome
    from taps_common.sync.state import ScopeState, Window
    from taps_common.sync.stream import EndpointStream, RecordStream

WEEK = timedelta(days=7)

_MONDAY = datetime(1970, 1, 5, tzinfo=timezone.utc)

GROUP = 128
"""Rows of a group on average: an edit sends so many, and each group has a digest in the state."""

DIGEST = 8
"""Bytes of a digest: among a million groups, two are alike by chance once in 30 million runs."""

MAPPING = (
    *("stream_maps", "stream_map_config", "faker_config"),
    *("flattening_enabled", "flattening_max_depth", "flattening_max_key_length"),
    "flattening_separator",
    "json_columns",
)
"""Settings that change how a row is sent."""

_encode = Encoder(decimal_format="number").encode


def unchanged_rows(
    stream: EndpointStream,
    tables: Sequence[RecordStream],
    checkpoints: Checkpoints,
    outcome: Outcome,
) -> UnchangedRows | None:
    """Return what keeps back rows that the last run sent; None where all is sent.

    Digests that this run will not keep up to date leave the state before any row goes out.
    """
    asked = stream.compares_rows and stream.config.get("skip_unchanged", False)
    by_weeks = stream.bookmark is None or stream.lookback >= WEEK
    skips = bool(tables) and asked and by_weeks
    others = [one for one in (stream, *stream.children) if not skips or one is not tables[0]]
    outdated = [known for one in others if (known := one.known_state).get("sent")]
    if tables and outdated:
        for known in outdated:
            known["sent"] = ""
        checkpoints.write(now=True)
    return UnchangedRows(stream, tables, checkpoints, outcome) if skips else None


class UnchangedRows:
    """Lets the rows of one read through that the last run did not send.

    Args:
        stream: the stream that is read.
        tables: the tables that are made of it.
        checkpoints: writes the state before rows go out that differ.
        outcome: where rows that are not sent are counted.
    """

    def __init__(
        self,
        stream: EndpointStream,
        tables: Sequence[RecordStream],
        checkpoints: Checkpoints,
        outcome: Outcome,
    ) -> None:
        self._stream = stream
        self._checkpoints = checkpoints
        self._outcome = outcome
        self._state: ScopeState = tables[0].get_context_state(None)
        self._salt = _salt_of(stream, tables)
        self._last = _unpacked(self._state.get("sent", ""))
        self._seen: dict[bytes, datetime | None] = {}
        self._windows: list[Window] = []
        self._restarted = False
        self._open: dict[str, _Group] = {}

    def align(self, window: Window) -> None:
        """Begin a window with a week, so that its first group is the same on the days to come."""
        self._windows.append(window)
        if window.since is not None:
            monday = week_of(window.since)
            window.since = max(monday, window.start or monday)

    def changed(self, rows: Sequence[Row], partition: str, window: Window | None) -> list[Row]:
        """Return the rows that go out of the groups that end among some rows.

        Args:
            rows: some that follow those before.
            partition: whose they are: a group may begin among the rows before.
            window: what part of the scope is read.
        """
        if window and window.since and window.since_for(partition) == window.since:
            rows = self._within(rows, window.since)
        cursor_of = self._stream.cursor_of if self._stream.bookmark is not None else None
        fresh: list[Row] = []
        group = self._open.get(partition) or _Group(self._salt)
        for row in rows:
            text = _encode(row)
            at = cursor_of(row) if cursor_of else None
            week = at and week_of(at)
            if group.rows and (week != group.week or crc32(text) % GROUP == 0):
                fresh += self._ended(group)
                group = _Group(self._salt)
            group.add(row, text, week)
        self._open[partition] = group
        return fresh

    def rest(self, partition: str) -> list[Row]:
        """Return the rows that go out of the last group of a partition, which ended."""
        group = self._open.pop(partition, None)
        return self._ended(group) if group and group.rows else []

    def begin_again(self) -> None:
        """Note that a partition begins again: rows of it may come a second time, and differ."""
        self._restarted = True

    def keep(self) -> None:
        """Have the next run skip what this one saw.

        Nothing is skipped then if rows came twice, or a partition began again, since one of them
        may be outdated; nor are weeks that the next run will not read again.
        """
        self._bound()
        once = not self._outcome.repeated and not self._restarted
        digests = sorted(self._seen) if once else ()
        self._state["sent"] = b64encode(b"".join(digests)).decode()  # states are merged: never gone

    def _within(self, rows: Sequence[Row], since: datetime) -> list[Row]:
        """Return the rows from a time on: the service may send more than it was asked for."""
        cursor_of = self._stream.cursor_of
        return [row for row in rows if (at := cursor_of(row)) is None or at >= since]

    def _ended(self, group: _Group) -> list[Row]:
        """Return the rows of a group if they go out."""
        digest = group.digest
        self._seen[digest] = group.week
        if digest in self._last:
            self._outcome.unchanged += len(group.rows)
            return []
        self._forget()
        return group.rows

    def _forget(self) -> None:
        """Make sure that the target's copy of the state knows no digest, before rows go out."""
        if self._state.get("sent"):
            self._state["sent"] = ""
            self._checkpoints.write(now=True)

    def _bound(self) -> None:
        """Leave out the weeks that the next run will not read again."""
        lows = [
            before(min(window.latest, window.began), self._stream.lookback)
            for window in self._windows
            if window.latest
        ]
        if lows:
            low = week_of(min(lows))
            self._seen = {
                digest: week for digest, week in self._seen.items() if week is None or week >= low
            }


class _Group:
    """Rows that go out together, or not at all."""

    def __init__(self, salt: bytes) -> None:
        self.rows: list[Row] = []
        self.week: datetime | None = None
        self._hash = blake2b(digest_size=DIGEST, key=salt)

    def add(self, row: Row, text: bytes, week: datetime | None) -> None:
        """Add a row, which is this text."""
        self.rows.append(row)
        self.week = week
        self._hash.update(text)

    @property
    def digest(self) -> bytes:
        """The digest of all rows."""
        return self._hash.digest()


def week_of(timestamp: datetime) -> datetime:
    """Return the Monday, UTC, that a timestamp's week begins with."""
    return _MONDAY + (timestamp - _MONDAY) // WEEK * WEEK


def _salt_of(stream: EndpointStream, tables: Iterable[RecordStream]) -> bytes:
    """Return what digests depend on besides rows: all that decides what is sent of a row."""
    parts = [
        stream.tap_version,
        stream.config.get("emit_activate_version_messages"),  # off: as in earlier releases
        [stream.config.get(name) for name in MAPPING],
        *(
            (table.name, table.own_keys, table.replication_method, json_schema(table.row))
            for table in tables
        ),
        *sorted((table.name, *crumb) for table in tables for crumb, on in table.mask.items() if on),
    ]
    return bytes.fromhex(digest_of(parts, size=32))


def _unpacked(text: str) -> frozenset[bytes]:
    """Return the digests that a state holds; none where somebody changed it."""
    try:
        joined = b64decode(text, validate=True)
    except (ValueError, TypeError):
        return frozenset()
    return frozenset(joined[at : at + DIGEST] for at in range(0, len(joined), DIGEST))
