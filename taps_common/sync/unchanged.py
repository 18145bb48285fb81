"""What the last run did not send as it is: all that goes out with `skip_unchanged`.

Rows that follow each other form groups, which end with a week where the table has a cursor, and
where the content of a row says so: inserted and removed rows change one group, and pages that are
cut elsewhere none. A group goes out unless the last run saw the same group, by a digest of its rows
in the state. The digests leave the state before anything that differs is sent, and come back at
the end of the reading: a run that is killed makes the next one send all that it reads.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from hashlib import blake2b
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING
from zlib import crc32

from msgspec.json import Encoder

from taps_common.sync.state import before
from taps_common.errors import TapError
from taps_common.records.row_types import json_schema
from taps_common.http.spool import room

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taps_common.sync.state import ScopeState, Window
    from taps_common.sync.outcome import Outcome
    from taps_common.records.row_types import Row
    from taps_common.sync.stream import Source, Table

WEEK = timedelta(days=7)

_MONDAY = datetime(1970, 1, 5, tzinfo=timezone.utc)

GROUP = 128
"""Rows of a group on average: an edit sends so many, and each group has a digest in the state."""

DIGEST = 8
"""Bytes of a digest: among a million groups, two are alike by chance once in 30 million runs."""

MAPPING = (
    *("stream_maps", "stream_map_config", "faker_config"),
    *("flattening_enabled", "flattening_max_depth", "flattening_max_key_length"),
)
"""Settings of the SDK that change what is sent of a row."""

_AT_ONCE = 1 << 20

_encode = Encoder(decimal_format="number").encode


def what_is_unsent(source: Source, tables: Sequence[Table], outcome: Outcome) -> Unsent | None:
    """Return what lets through what the last run did not send; None where all is sent.

    Digests that this run will not keep up to date leave the state before any row goes out.
    """
    skips = bool(tables) and source.skips_unchanged
    known = source.tap.state.get("bookmarks", {})
    others = [one for one in (source, *source.unwound()) if not skips or one is not tables[0]]
    outdated = [state for one in others if (state := known.get(one.name, {})).get("sent")]
    if tables and outdated:
        for state in outdated:
            state["sent"] = ""
        source.tap.save_state(now=True)
    return Unsent(source, tables, outcome) if skips else None


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
        self._whole = self._restarted = False
        self._held: IO[bytes] | None = None
        self._open: dict[str, _Group] = {}

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
            with suppress(OSError):  # without room for it, the table is sent
                self._hold(TemporaryFile())  # noqa: SIM115 - closed where it ends

    def among(self, rows: Sequence[Row], partition: str, window: Window | None) -> list[Row]:
        """Return the rows that go out of the groups that end on a page.

        Args:
            rows: of the page.
            partition: whose page it is: a group may begin on its page before.
            window: what part of the scope is read.
        """
        if window and window.since and window.since_for(partition) == window.since:
            rows = self._within(rows, window.since)
        moment = self._source.moment if self._weekly else None
        fresh: list[Row] = []
        group = self._open.get(partition) or _Group(self._salt)
        for row in rows:
            text = _encode(row)
            at = moment(row) if moment else None
            week = at and week_of(at)
            if group.rows and (week != group.week or crc32(text) % GROUP == 0):
                fresh += self._ended(group)
                group = _Group(self._salt)
            group.add(row, text, week)
        self._open[partition] = group
        return fresh

    def rest(self, partition: str) -> list[Row]:
        """Return the rows that go out of the last group of a walk, which ended."""
        group = self._open.pop(partition, None)
        return self._ended(group) if group and group.rows else []

    def begin_again(self) -> None:
        """Take note that a walk begins again: rows of it may come a second time, and differ."""
        self._restarted = True

    def end(self, windows: Iterable[Window | None]) -> bool:
        """Return whether anything changed, so that a table that is complete gets its version."""
        same = False
        if self._held is not None:
            same = self._outcome.complete and self._seen.keys() == self._last
            if same or not self._outcome.complete:
                self._drop()
            else:  # rows are gone
                try:
                    self._release()
                except TapError as error:
                    self._outcome.fail({}, error)
        self._bound(windows)
        return not same

    def keep(self, *, versioned: bool) -> None:
        """Have the next run skip what this one saw.

        Args:
            versioned: whether what was to get a version got it; if not, the next run has to send
                all of it again. So it has if rows came twice, or a walk began again, since one of
                them may be outdated.
        """
        once = not self._outcome.repeated and not self._restarted
        digests = sorted(self._seen) if versioned and once else ()
        self._state["sent"] = b64encode(b"".join(digests)).decode()  # states are merged: never gone

    def _within(self, rows: Sequence[Row], since: datetime) -> list[Row]:
        """Return the rows from a moment on: the service may send more than it was asked for."""
        moment = self._source.moment
        return [row for row in rows if (at := moment(row)) is None or at >= since]

    def _ended(self, group: _Group) -> list[Row]:
        """Return the rows of a group if they go out."""
        digest = group.digest
        self._seen[digest] = group.week
        known = digest in self._last
        if not known or (self._whole and self._held is None):
            self._release()
        if known and not self._whole:
            self._outcome.unchanged += len(group.rows)
            return []
        return group.rows

    def _forget(self) -> None:
        """Make sure that the target's copy of the state knows no digest, before rows go out."""
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
            with room():
                file.seek(0)
            while lines := file.read(_AT_ONCE):
                self._tables[0].write_lines(lines)
            file.close()

    def _drop(self) -> None:
        assert self._held is not None  # noqa: S101 - asked only then
        with suppress(OSError):  # no room for what nobody needs any more
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
        """What tells the group from others."""
        return self._hash.digest()


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
    except (ValueError, TypeError):
        return frozenset()
    return frozenset(joined[at : at + DIGEST] for at in range(0, len(joined), DIGEST))
