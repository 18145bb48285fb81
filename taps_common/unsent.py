"""What the last run did not send as it is: all that goes out with `skip_unchanged`.

Rows are looked at in groups: a week of one page where the table has a cursor, else so many in a
row. A group goes out unless the last run saw the same group, by a digest of all its rows in the
state. The digests are emptied before anything else is sent, and are whole again once a reading
ended well: a run that was interrupted makes the next one send everything it reads.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from datetime import datetime, timedelta, timezone
from hashlib import blake2b
from itertools import groupby
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from msgspec.json import Encoder

from taps_common.bookmarks import before
from taps_common.rows import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from taps_common.bookmarks import ScopeState, Window
    from taps_common.outcome import Outcome
    from taps_common.rows import Row
    from taps_common.stream import Source, Table

WEEK = timedelta(days=7)

_MONDAY = datetime(1970, 1, 5, tzinfo=timezone.utc)

GROUP = 500
"""Rows of one group, where no cursor tells their week."""

DIGEST = 8
"""Bytes of a digest: among a million groups, two are alike by chance once in 30 million runs."""

MAPPING = (
    *("stream_maps", "stream_map_config", "faker_config"),
    *("flattening_enabled", "flattening_max_depth", "flattening_max_key_length"),
)
"""Settings of the SDK that change what is sent of a row."""

_AT_ONCE = 1 << 20

_encode = Encoder(decimal_format="number").encode


class Unsent:
    """Lets the rows of one reading through that the last run did not send.

    Where a table gets a version, it is sent as a whole or not at all: rows are held back in a
    temporary file until one shows that something changed.

    Args:
        source: the stream that is read.
        tables: the tables that are made of it.
        outcome: where rows that are not sent are counted.
    """

    def __init__(self, source: Source, tables: Sequence[Table], outcome: Outcome) -> None:
        self._source = source
        self._tables = tables
        self._outcome = outcome
        self._state: ScopeState = tables[0].get_context_state(None)
        self._salt = salt_of(source, tables)
        self._last = _unpacked(self._state.get("sent", ""))
        self._seen: dict[bytes, datetime | None] = {}
        self._weekly = source.bookmark is not None
        self._whole = False
        self._held: IO[bytes] | None = None

    def align(self, window: Window) -> None:
        """Begin a window with a week, so that its first group is the same on the days to come."""
        if window.since is not None:
            monday = week_of(window.since)
            window.since = max(monday, window.start or monday)

    def begin(self, version: int | None) -> None:
        """Get ready, with or without a table version."""
        self._whole = version is not None
        by_pages = all(table.takes_pages for table in self._tables)
        if self._whole and self._last and not self._weekly and by_pages:
            self._hold(TemporaryFile())  # noqa: SIM115 - closed where it ends

    def among(self, rows: Sequence[Row], partition: str, window: Window | None) -> Sequence[Row]:
        """Return the rows of a page that go out."""
        if window and window.since and window.since_for(partition) == window.since:
            rows = self._within(rows, window.since)
        fresh = [
            row for week, group in self._groups(rows) if self._is_new(week, group) for row in group
        ]
        if self._whole:
            if fresh or self._held is None:
                self._release()
            fresh = [*rows]
        elif fresh:
            self._forget()
        self._outcome.unchanged += len(rows) - len(fresh)
        return fresh

    def end(self, windows: Iterable[Window | None]) -> bool:
        """Return whether anything changed, so that a table that is complete gets its version."""
        same = False
        if self._held is not None:
            same = self._outcome.complete and self._seen.keys() == self._last
            if same or not self._outcome.complete:
                self._drop()
            else:  # rows are gone
                self._release()
        self._bound(windows)
        return not same

    def keep(self, *, versioned: bool) -> None:
        """Have the next run skip what this one saw.

        Args:
            versioned: whether what was to get a version got it; if not, the next run has to send
                all of it again. So it has if rows came twice, since one of them may be outdated.
        """
        self._state.pop("sent", None)
        if versioned and not self._outcome.repeated and self._seen:
            self._state["sent"] = b64encode(b"".join(sorted(self._seen))).decode()

    def _within(self, rows: Sequence[Row], since: datetime) -> list[Row]:
        """Return the rows from a moment on: the service may send more than it was asked for."""
        moment = self._source.moment
        return [row for row in rows if (at := moment(row)) is None or at >= since]

    def _groups(self, rows: Sequence[Row]) -> Iterator[tuple[datetime | None, list[Row]]]:
        if not self._weekly:
            for begin in range(0, len(rows), GROUP):
                yield None, [*rows[begin : begin + GROUP]]
            return
        moment = self._source.moment
        for week, group in groupby(rows, lambda row: (at := moment(row)) and week_of(at)):
            yield week, [*group]

    def _is_new(self, week: datetime | None, group: Sequence[Row]) -> bool:
        digest = blake2b(_encode(group), digest_size=DIGEST, key=self._salt).digest()
        self._seen[digest] = week
        return digest not in self._last

    def _forget(self) -> None:
        """Make sure that the target's copy of the state knows no digest, before rows differ."""
        if self._state.get("sent"):
            self._state["sent"] = ""
            self._source.tap.save_state(now=True)

    def _hold(self, file: IO[bytes] | None) -> None:
        self._held = file
        for table in self._tables:
            table.held = file

    def _release(self) -> None:
        self._forget()
        if file := self._held:
            self._hold(None)
            file.seek(0)
            while lines := file.read(_AT_ONCE):
                self._tables[0].write_lines(lines)
            file.close()

    def _drop(self) -> None:
        assert self._held is not None  # noqa: S101 - asked only then
        self._held.close()
        self._hold(None)
        self._outcome.unchanged = self._outcome.progress.rows
        for table in self._tables:
            table.count = 0

    def _bound(self, windows: Iterable[Window | None]) -> None:
        """Leave out the weeks that the next run will not read again."""
        lows = [
            before(min(window.latest, window.began), self._source.lookback)
            for window in windows
            if window and window.latest
        ]
        if lows:
            low = week_of(min(lows))
            self._seen = {
                digest: week for digest, week in self._seen.items() if week is None or week >= low
            }


def week_of(moment: datetime) -> datetime:
    """Return the Monday, UTC, that a moment's week begins with."""
    return _MONDAY + (moment - _MONDAY) // WEEK * WEEK


def salt_of(source: Source, tables: Iterable[Table]) -> bytes:
    """Return what digests depend on besides rows: all that decides what is sent of a row."""
    tap = source.tap
    parts = [
        tap.plugin_version,
        tap.config.get("emit_activate_version_messages"),
        [tap.config.get(name) for name in MAPPING],
        *(
            (table.name, table.own_keys, table.replication_method, json_schema(table.row))
            for table in tables
        ),
        *sorted((table.name, *crumb) for table in tables for crumb, on in table.mask.items() if on),
    ]
    return blake2b(json.dumps(parts, default=str).encode(), digest_size=32).digest()


def _unpacked(text: str) -> frozenset[bytes]:
    """Return the digests that a state holds; none where somebody changed it."""
    try:
        joined = b64decode(text, validate=True)
    except ValueError:
        return frozenset()
    return frozenset(joined[at : at + DIGEST] for at in range(0, len(joined), DIGEST))
